//! `bencao start`: runs the node of a home until SIGTERM or SIGINT.

use crate::args::{self, PassphraseArgs, StartArgs};
use crate::console::Console;
use crate::failure::{Failure, Local, Report};
use crate::passphrase;
use bencao_crypto::CryptoPath;
use bencao_node::NodeError;
use serde_json::json;
use std::path::Path;

pub(crate) fn run(console: &Console, home: Option<&Path>, args: &StartArgs) -> Result<Report, Failure> {
    let home = home.ok_or_else(|| Failure::input("缺少 --home", "--home is needed"))?;
    log();
    let options = bencao_node::Options { accept_risk: args.accept_risk, crypto: path(args.crypto_path) };
    let passphrase = match bencao_node::home::needs_passphrase(home).map_err(|error| failure(&error))? {
        true => passphrase::existing(console, &PassphraseArgs::default())?,
        false => None,
    };
    match bencao_node::run(home, options, passphrase.as_ref()) {
        Ok(()) => Ok(Report::done(json!({ "stopped": true }), console.pick("已停止", "stopped").to_string())),
        Err(error) => Err(failure(&error)),
    }
}

/// What the operator can mend in the home is input; everything else stopped the node from within.
fn failure(error: &NodeError) -> Failure {
    let text = chain(error);
    match error {
        NodeError::File { .. } => Failure::new(Local::File, text.clone(), text),
        NodeError::Key { .. } => Failure::new(Local::BadKeyFile, text.clone(), text),
        NodeError::Config(_)
        | NodeError::Genesis { .. }
        | NodeError::Certificate { .. }
        | NodeError::Tls(_)
        | NodeError::InUse { .. }
        | NodeError::Listen { .. } => Failure::input(text.clone(), text),
        _ => Failure::internal(&text),
    }
}

fn path(asked: args::CryptoPath) -> CryptoPath {
    match asked {
        args::CryptoPath::Auto => CryptoPath::Auto,
        args::CryptoPath::Portable => CryptoPath::Portable,
        args::CryptoPath::Ifma => CryptoPath::Ifma,
        args::CryptoPath::Reference => CryptoPath::Reference,
    }
}

/// What is logged by default. The consensus library has a line for every vote: at five heights a second a gigabyte a day.
const LOG: &str = "info,arc_malachitebft_core_consensus=warn,arc_malachitebft_core_driver=warn";

/// Log lines go to standard error; `BENCAO_LOG` filters them.
pub(crate) fn log() {
    let filter = tracing_subscriber::EnvFilter::try_from_env("BENCAO_LOG");
    let filter = filter.unwrap_or_else(|_| tracing_subscriber::EnvFilter::new(LOG));
    let colours = std::io::IsTerminal::is_terminal(&std::io::stderr());
    tracing_subscriber::fmt().with_env_filter(filter).with_ansi(colours).with_writer(std::io::stderr).init();
}

/// An error with its causes.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text += &format!(": {cause}");
        source = cause.source();
    }
    text
}
