//! `bencao version`.

use crate::console::Console;
use crate::failure::Report;
use bencao_genesis::genesis::RULE_VERSION;
use serde_json::json;

pub(crate) fn run(console: &Console) -> Report {
    let version = env!("CARGO_PKG_VERSION");
    let json = json!({
        "version": version,
        "rule_version": RULE_VERSION,
        "node": cfg!(feature = "node"),
        "algorithms": ["SM2", "SM3", "SM4-GCM", "TLS_SM4_GCM_SM3"],
    });
    let text = format!(
        "bencao {version}\n{} {RULE_VERSION}\nSM2 · SM3 · SM4-GCM · TLS_SM4_GCM_SM3\n",
        console.pick("规则版本", "rule version")
    );
    Report::done(json, text)
}
