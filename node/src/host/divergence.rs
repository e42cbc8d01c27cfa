//! A node whose results differ from certified ones (D18): what it did is written down for people, and it does not vote until
//! executing the block again gives what was certified.
//!
//! `DATA/divergence/HEIGHT.json` says what this node computed and, once a peer has given its account of the same block, which
//! records and receipts differ (docs/operations.md). `DATA/divergence/open.json` names the height as long as it is not
//! mended: at every start that block is taken back and executed again.

use crate::error::{Durable, NodeError};
use crate::home::Home;
use bencao_chaincode::{Outcome, Receipt, rejection};
use bencao_consensus::Results;
use bencao_crypto::{Digest, KeyId};
use bencao_genesis::Height;
use bencao_ledger::{Account, Comparison, Kv, RecordChange, StateError, StateStore, StoreError};
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

/// Folder of the reports, in the data folder.
const FOLDER: &str = "divergence";
/// Names the height that is not mended.
const MARKER: &str = "open.json";

/// Writes reports.
#[derive(Clone, Debug)]
pub(crate) struct Reports {
    folder: PathBuf,
    node: String,
    chain: String,
}

/// A height whose results differ from these.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Open {
    pub(crate) height: Height,
    pub(crate) certified: Results,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Roots {
    state_root: String,
    receipts_root: String,
}

impl Roots {
    fn of(results: &Results) -> Roots {
        Roots { state_root: results.state_root.to_string(), receipts_root: results.receipts_root.to_string() }
    }

    fn results(&self) -> Option<Results> {
        Some(Results {
            state_root: Digest::from_hex(&self.state_root)?,
            receipts_root: Digest::from_hex(&self.receipts_root)?,
        })
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Marker {
    height: u64,
    certified: Roots,
}

#[derive(Serialize)]
struct Report<'a> {
    version: u8,
    node: &'a str,
    chain_id: &'a str,
    software: &'static str,
    height: u64,
    block: String,
    block_time: String,
    certified: Roots,
    own: Roots,
    comparison: Option<Compared>,
    transactions: Vec<Transaction>,
    writes: Vec<Written>,
}

/// A peer's account beside this node's.
#[derive(Serialize)]
struct Compared {
    peer: String,
    /// The peer's records, put over the state before the block, give the certified state root.
    state_proven: bool,
    /// The peer's receipts have the certified root.
    receipts_proven: bool,
    differing_records: Vec<Differing>,
    /// Indexes of transactions.
    differing_receipts: Vec<u32>,
}

#[derive(Serialize)]
struct Differing {
    #[serde(flatten)]
    key: Key,
    own_digest: Option<String>,
    certified_digest: Option<String>,
}

#[derive(Serialize)]
struct Transaction {
    index: u32,
    transaction_id: String,
    outcome: &'static str,
    rule: Option<&'static str>,
    leaf: String,
}

#[derive(Serialize)]
struct Written {
    #[serde(flatten)]
    key: Key,
    before: Option<String>,
    after: Option<String>,
}

/// A record key (docs/wire-format.md §5), taken apart.
#[derive(Serialize)]
struct Key {
    locality: String,
    module: Option<u8>,
    kind: Option<u8>,
    key: String,
}

impl Key {
    fn of(raw: &[u8]) -> Key {
        let (locality, key) = raw.split_at(raw.len().min(3));
        Key {
            locality: hex::encode(locality),
            module: key.first().copied(),
            kind: key.get(1).copied(),
            key: hex::encode(key),
        }
    }
}

impl Reports {
    pub(crate) fn of(home: &Home) -> Reports {
        Reports {
            folder: home.config.data_dir.join(FOLDER),
            node: home.config.name.clone(),
            chain: home.chain.to_string(),
        }
    }

    /// The height that is not mended, if any.
    pub(crate) fn open(&self) -> Result<Option<Open>, NodeError> {
        let path = self.folder.join(MARKER);
        let bytes = match std::fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(NodeError::File { path, source }),
        };
        let marker: Option<Marker> = serde_json::from_slice(&bytes).ok();
        let open = marker.and_then(|m| Some(Open { height: Height(m.height), certified: m.certified.results()? }));
        match open {
            Some(open) => Ok(Some(open)),
            None => Err(NodeError::File { path, source: std::io::ErrorKind::InvalidData.into() }),
        }
    }

    /// The height is mended; its report stays.
    pub(crate) fn close(&self) -> Result<(), NodeError> {
        let path = self.folder.join(MARKER);
        std::fs::remove_file(&path).map_err(|source| NodeError::File { path, source })
    }

    /// Writes down what the last executed block did here.
    pub(crate) fn dump<K: Kv>(
        &self,
        state: &StateStore<K>,
        height: Height,
        certified: Results,
    ) -> Result<(), NodeError> {
        let marker = Marker { height: height.0, certified: Roots::of(&certified) };
        self.write(MARKER, &marker)?;
        self.report(state, &certified, None)
    }

    /// Compares with a peer's account, writes down what differs, and says whether the account is the certified one.
    pub(crate) fn compare<K: Kv>(
        &self,
        state: &StateStore<K>,
        peer: KeyId,
        certified: Results,
        account: &[u8],
    ) -> Result<bool, NodeError> {
        let Ok(theirs) = Account::from_bytes(account) else {
            tracing::warn!(%peer, "its account of a block is malformed");
            return Ok(false);
        };
        let comparison = match state.compare(&certified, &theirs) {
            Ok(comparison) => comparison,
            Err(StateError::NotNext { actual, .. }) => {
                tracing::warn!(%peer, height = %actual, "its account is of another block");
                return Ok(false);
            }
            Err(StateError::Store(source)) => return Err(failed(source)),
            Err(source) => return Err(NodeError::Execute { height: theirs.height, source }),
        };
        let (records, receipts) = (comparison.records.len(), comparison.receipts.len());
        let (state_proven, receipts_proven) = (comparison.state_proven, comparison.receipts_proven);
        tracing::error!(%peer, state_proven, receipts_proven, records, receipts, "compared with a peer's account");
        if state_proven || receipts_proven {
            self.report(state, &certified, Some(compared(peer, &comparison)))?;
        }
        Ok(state_proven && receipts_proven)
    }

    fn report<K: Kv>(
        &self,
        state: &StateStore<K>,
        certified: &Results,
        comparison: Option<Compared>,
    ) -> Result<(), NodeError> {
        let tip = state.tip();
        let receipts = state.receipts(tip.height).map_err(failed)?;
        let writes = state.changes_of_tip().map_err(failed)?;
        let report = Report {
            version: 1,
            node: &self.node,
            chain_id: &self.chain,
            software: env!("CARGO_PKG_VERSION"),
            height: tip.height.0,
            block: tip.block.to_string(),
            block_time: tip.time.to_string(),
            certified: Roots::of(certified),
            own: Roots::of(&tip.results),
            comparison,
            transactions: receipts.iter().map(transaction).collect(),
            writes: writes.into_iter().map(written).collect(),
        };
        let name = format!("{}.json", tip.height.0);
        self.write(&name, &report)?;
        tracing::error!(report = %self.folder.join(name).display(), "what this node computed is written down");
        Ok(())
    }

    /// Durable, and whole or not at all.
    fn write(&self, name: &str, value: &impl Serialize) -> Result<(), NodeError> {
        let at = |path: &Path| {
            let path = path.to_owned();
            move |source| NodeError::File { path, source }
        };
        std::fs::create_dir_all(&self.folder).map_err(at(&self.folder))?;
        let (path, temporary) = (self.folder.join(name), self.folder.join(format!("{name}.new")));
        let write = || -> std::io::Result<()> {
            let mut out = BufWriter::new(File::create(&temporary)?);
            serde_json::to_writer_pretty(&mut out, value)?;
            out.flush()?;
            out.get_ref().sync_all()?;
            std::fs::rename(&temporary, &path)?;
            File::open(&self.folder)?.sync_all()
        };
        write().map_err(at(&path))
    }
}

fn failed(source: StoreError) -> NodeError {
    NodeError::Durable { what: Durable::State, source }
}

fn compared(peer: KeyId, comparison: &Comparison) -> Compared {
    let text = |digest: Option<Digest>| digest.map(|d| d.to_string());
    let differing = comparison.records.iter().map(|record| Differing {
        key: Key::of(&record.key),
        own_digest: text(record.own),
        certified_digest: text(record.theirs),
    });
    Compared {
        peer: peer.to_string(),
        state_proven: comparison.state_proven,
        receipts_proven: comparison.receipts_proven,
        differing_records: differing.collect(),
        differing_receipts: comparison.receipts.clone(),
    }
}

fn transaction(receipt: &Receipt) -> Transaction {
    let (outcome, rule) = match &receipt.outcome {
        Outcome::Applied(_) => ("applied", None),
        Outcome::Rejected(refusal) => ("rejected", rejection::rule(refusal.code).map(|rule| rule.name)),
        Outcome::Repeated(_) => ("repeated", None),
    };
    Transaction {
        index: receipt.position.index,
        transaction_id: receipt.transaction.to_string(),
        outcome,
        rule,
        leaf: receipt.leaf().to_string(),
    }
}

fn written(change: RecordChange) -> Written {
    let text = |value: Option<Vec<u8>>| value.map(hex::encode);
    Written { key: Key::of(&change.key), before: text(change.before), after: text(change.after) }
}
