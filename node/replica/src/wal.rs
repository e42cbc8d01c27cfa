//! Records of the consensus log: the engine's entries, and each block before the entry that names it.

use bencao_consensus::Block;
use bencao_crypto::{CodecError, codec};
use bincode::{Decode, Encode};

/// Largest record, bytes: a block with its body, or an engine entry.
pub const RECORD_BYTES_MAX: usize = 2 << 20;

/// One record. A version byte comes first on disk.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[allow(clippy::large_enum_variant, reason = "short-lived: encoded or taken apart at once")]
pub enum Record {
    /// A block built here or judged valid here.
    Block(Block),
    /// An entry of the engine, opaque.
    Engine(Vec<u8>),
}

const VERSION: u8 = 1;

impl Record {
    /// Version byte and canonical bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        codec::encode(&(VERSION, self))
    }

    /// # Errors
    /// [`CodecError`] for anything that [`Record::to_bytes`] does not write.
    pub fn from_bytes(bytes: &[u8]) -> Result<Record, CodecError> {
        let (version, record): (u8, Record) = codec::decode(bytes, RECORD_BYTES_MAX)?;
        if version == VERSION { Ok(record) } else { Err(CodecError::Malformed) }
    }
}
