//! Keys in a device: a helper beside the vendor's library makes its calls; and a device in software for rehearsing.

use super::args::SoftDeviceArgs;
use crate::args::PassphraseArgs;
use crate::console::Console;
use crate::failure::{Failure, Report};
use crate::passphrase;
use bencao_signer::helper::{Helper, serve};
use bencao_signer::sdf::{SdfKey, sdr};
use bencao_signer::soft::SoftSession;
use bencao_signer::{Device, DeviceError};
use serde::{Deserialize, Serialize};
use serde_json::json;

/// `[device]` of `signer.toml`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DeviceConfig {
    /// The helper: program, then arguments; no shell is asked.
    pub(super) command: Vec<String>,
    /// Whether the device wants a passphrase before a private key is used.
    pub(super) passphrase: bool,
    /// Index of the key that votes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) validator_index: Option<u32>,
    /// Index of the key of batches and handshakes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) node_index: Option<u32>,
}

/// The key at an index, in a session of its own.
pub(super) fn open(
    console: &Console,
    config: &DeviceConfig,
    index: Option<u32>,
    args: &PassphraseArgs,
) -> Result<Option<Box<dyn Device>>, Failure> {
    let Some(index) = index else { return Ok(None) };
    let secret = if config.passphrase {
        let secret = passphrase::existing(console, args)?;
        Some(secret.ok_or_else(|| {
            Failure::input(
                "密码机需要口令：--passphrase-file、--passphrase-command 或环境变量 BENCAO_PASSPHRASE",
                "the device wants a passphrase: --passphrase-file, --passphrase-command or BENCAO_PASSPHRASE",
            )
        })?)
    } else {
        None
    };
    let words = config.command.clone();
    let opened = SdfKey::new(Box::new(move || Helper::start(&words)), index, secret);
    Ok(Some(Box::new(opened.map_err(|e| failure(index, &e))?)))
}

fn failure(index: u32, error: &DeviceError) -> Failure {
    let why = match error.code {
        sdr::COMMFAIL => "连不上密码机或其辅助程序",
        sdr::PRKRERR => "口令不正确，或私钥使用权限被拒绝",
        sdr::PARDENY => "没有私钥使用权限：需要口令",
        sdr::KEYNOTEXIST => "该索引没有密钥",
        sdr::KEYTYPEERR => "该索引不是 SM2 签名密钥",
        _ => "密码机报错",
    };
    Failure::input(format!("密码机第 {index} 号密钥：{why}（{error}）"), format!("key {index} of the device: {error}"))
}

/// `bencao signer soft-device`: answers a signer until its input ends.
pub(super) fn soft(console: &Console, args: &SoftDeviceArgs) -> Result<Report, Failure> {
    let keys = args.key.iter().map(|path| passphrase::open_key(console, path, &args.passphrase));
    let session = SoftSession::new(keys.collect::<Result<_, _>>()?, passphrase::existing(console, &args.passphrase)?);
    let (input, output) = (std::io::stdin(), std::io::stdout());
    serve(Ok(session), &mut input.lock(), &mut output.lock()).map_err(|e| Failure::internal(&e))?;
    Ok(Report::done(json!({ "stopped": true }), String::new()))
}
