//! The data folder and the signer's high-water mark.

use crate::doctor::finding::Findings;
use bencao_crypto::PublicKey;
use bencao_genesis::{Genesis, Height};
use bencao_node::config::{Config, Kind};
use bencao_node::inspect::{self, Data, Mark};
use std::path::Path;

pub(super) fn examine(
    home: &Path,
    config: &Config,
    genesis: Option<&Genesis>,
    validator: Option<PublicKey>,
    running: bool,
    findings: &mut Findings,
) {
    let data = &config.data_dir;
    if let Err(error) = writable(data) {
        findings.add("data_not_writable", data.display(), error);
        return;
    }
    let open = data.join("divergence/open.json");
    if let Ok(text) = std::fs::read_to_string(&open) {
        findings.add("diverged", open.display(), text.split_whitespace().collect::<Vec<_>>().join(" "));
    }
    // A running node has opened all of this and would not run otherwise.
    let Some(genesis) = genesis.filter(|_| !running) else { return };
    let chain = genesis.chain_id();
    let found = inspect::data(config, chain);
    match &found {
        Data::OtherChain => {
            let (zh, en) = (format!("创世文件为链 {chain}"), format!("genesis is of chain {chain}"));
            findings.tell("data_of_another_chain", data.display(), zh, en);
        }
        Data::Damaged(why) => findings.add("data_damaged", data.display(), why),
        Data::Absent | Data::InUse | Data::Tip(_) => {}
    }
    let Some(validator) = validator.filter(|_| config.kind == Kind::Validator) else { return };
    let folder = home.join("signer");
    match (inspect::mark(home, chain, validator.id()), found) {
        (Mark::Absent, Data::Tip(tip)) if tip > Height::GENESIS => {
            let (zh, en) = (format!("数据到高度 {tip}"), format!("data up to height {tip}"));
            findings.tell("mark_missing", folder.display(), zh, en);
        }
        (Mark::Other, _) => {
            let id = validator.id();
            findings.tell(
                "mark_of_another_key",
                folder.display(),
                format!("投票密钥 {id}"),
                format!("validator key {id}"),
            );
        }
        (Mark::Damaged(why), _) => findings.add("mark_damaged", folder.display(), why),
        (Mark::Absent | Mark::At(_), _) => {}
    }
}

/// Whether a file can be made in a folder, or, if that does not exist, in the one around it.
fn writable(folder: &Path) -> std::io::Result<()> {
    let mut place = folder;
    while !place.exists() {
        place = place.parent().ok_or(std::io::ErrorKind::NotFound)?;
    }
    if !place.is_dir() {
        return Err(std::io::ErrorKind::NotADirectory.into());
    }
    let probe = place.join(".bencao-doctor");
    std::fs::File::create(&probe)?;
    std::fs::remove_file(&probe)
}
