//! The mark of one validator key, on disk before a signature leaves the signer.
//!
//! One file of two slots of [`SLOT_BYTES`], written in turn, so that a crash while one is written leaves the other:
//!
//! ```text
//! "bencao-signer-mark/1\n" (21) ‖ length (u32, LE) ‖ canonical bytes of Record ‖ SM3 of everything before (32) ‖ zeros
//! ```
//!
//! The newer slot that is whole counts. A file without one is damage: then nothing is signed.

use crate::guard::{STATEMENTS_MAX, Signed};
use bencao_crypto::{Digest, KeyId, decode, encode, sm3};
use bencao_genesis::{ChainId, Height};
use bincode::{Decode, Encode};
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;

/// Bytes of a slot.
pub const SLOT_BYTES: usize = 8_192;
const MAGIC: &[u8] = b"bencao-signer-mark/1\n";
const HEAD_BYTES: usize = MAGIC.len() + 4;
/// 100 bytes of names and counts, and 45 a statement.
const RECORD_BYTES_MAX: usize = 128 + 48 * STATEMENTS_MAX;

/// What a slot holds.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
struct Record {
    version: u8,
    /// Rises with each write.
    sequence: u64,
    chain: ChainId,
    key: KeyId,
    signed: Signed,
}

/// Why there is no mark.
#[derive(Debug, thiserror::Error)]
pub enum MarkError {
    /// The file cannot be read, written or made.
    #[error("mark file")]
    File(#[from] std::io::Error),
    /// Neither slot is whole.
    #[error("the mark is damaged: nothing may be signed with this key any more")]
    Damaged,
    /// A mark of another chain or key.
    #[error("the mark belongs to another chain or key")]
    Other,
    /// Another signer uses it.
    #[error("another signer uses this mark")]
    InUse,
}

/// The mark, locked against other signers.
#[derive(Debug)]
pub struct Mark {
    file: File,
    record: Record,
}

impl Mark {
    /// Makes a mark that is not there yet: nothing below `height` will be signed.
    ///
    /// # Errors
    /// [`MarkError::File`], also if there is one.
    pub fn create(path: &Path, chain: ChainId, key: KeyId, height: Height) -> Result<(), MarkError> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(path)?;
        let record = Record { version: 1, sequence: 0, chain, key, signed: Signed::from(height) };
        file.write_all(&slot(&record))?;
        file.write_all(&slot(&record))?;
        file.sync_all()?;
        // The name, too, must outlive a crash.
        if let Some(folder) = path.parent() {
            File::open(if folder.as_os_str().is_empty() { Path::new(".") } else { folder })?.sync_all()?;
        }
        Ok(())
    }

    /// Opens the mark of a key.
    ///
    /// # Errors
    /// [`MarkError`].
    pub fn open(path: &Path, chain: ChainId, key: KeyId) -> Result<Mark, MarkError> {
        let mut file = OpenOptions::new().read(true).write(true).open(path)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(MarkError::InUse),
            Err(TryLockError::Error(error)) => return Err(error.into()),
        }
        let mut bytes = Vec::with_capacity(2 * SLOT_BYTES);
        (&mut file).take(2 * SLOT_BYTES as u64 + 1).read_to_end(&mut bytes)?;
        let record = newest(&bytes)?;
        if (record.chain, record.key) != (chain, key) {
            return Err(MarkError::Other);
        }
        Ok(Mark { file, record })
    }

    /// What was signed.
    pub fn signed(&self) -> &Signed {
        &self.record.signed
    }

    /// Remembers `signed`, durably.
    ///
    /// # Errors
    /// [`MarkError::File`]; the mark must not be used again.
    pub fn store(&mut self, signed: Signed) -> Result<(), MarkError> {
        let sequence = self.record.sequence + 1;
        let record = Record { sequence, signed, ..self.record.clone() };
        self.file.seek(SeekFrom::Start(sequence % 2 * SLOT_BYTES as u64))?;
        self.file.write_all(&slot(&record))?;
        self.file.sync_data()?;
        self.record = record;
        Ok(())
    }
}

/// Reads a mark without taking it: whose it is, and what was signed. A signer that runs may be ahead the next moment.
///
/// # Errors
/// [`MarkError`].
pub fn peek(path: &Path) -> Result<(KeyId, Signed), MarkError> {
    let mut bytes = Vec::new();
    File::open(path)?.take(2 * SLOT_BYTES as u64 + 1).read_to_end(&mut bytes)?;
    newest(&bytes).map(|record| (record.key, record.signed))
}

fn newest(bytes: &[u8]) -> Result<Record, MarkError> {
    if bytes.len() != 2 * SLOT_BYTES {
        return Err(MarkError::Damaged);
    }
    let records = bytes.chunks_exact(SLOT_BYTES).filter_map(read);
    records.max_by_key(|r| r.sequence).ok_or(MarkError::Damaged)
}

fn slot(record: &Record) -> Vec<u8> {
    let body = encode(record);
    let length = u32::try_from(body.len()).expect("a record is small");
    let mut out = [MAGIC, &length.to_le_bytes(), &body].concat();
    let check = sm3(&out);
    out.extend_from_slice(&check.0);
    assert!(out.len() <= SLOT_BYTES, "a record of {STATEMENTS_MAX} statements fits into a slot");
    out.resize(SLOT_BYTES, 0);
    out
}

fn read(slot: &[u8]) -> Option<Record> {
    let length: [u8; 4] = slot.strip_prefix(MAGIC)?.get(..4)?.try_into().ok()?;
    let length = usize::try_from(u32::from_le_bytes(length)).ok().filter(|l| *l <= RECORD_BYTES_MAX)?;
    let end = HEAD_BYTES + length;
    let check = Digest(slot.get(end..end + 32)?.try_into().ok()?);
    if sm3(slot.get(..end)?) != check {
        return None;
    }
    decode::<Record>(slot.get(HEAD_BYTES..end)?, RECORD_BYTES_MAX).ok().filter(|r| r.version == 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::guard::{Kind, Place, statement};

    const CHAIN: ChainId = ChainId(Digest([1; 32]));
    const KEY: KeyId = KeyId([2; 20]);

    fn at(round: u32) -> Signed {
        let place = Place { height: Height(9), round, kind: Kind::Prevote };
        Signed::from(Height(9)).with(statement(place, &[7])).unwrap().unwrap()
    }

    #[test]
    fn a_mark_outlives_its_signer_and_belongs_to_one_key() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mark");
        Mark::create(&path, CHAIN, KEY, Height(4)).unwrap();
        assert!(matches!(Mark::create(&path, CHAIN, KEY, Height(0)), Err(MarkError::File(_))), "never written over");
        let mut mark = Mark::open(&path, CHAIN, KEY).unwrap();
        assert_eq!(*mark.signed(), Signed::from(Height(4)));
        assert!(matches!(Mark::open(&path, CHAIN, KEY), Err(MarkError::InUse)));
        (0..3).for_each(|round| mark.store(at(round)).unwrap());
        drop(mark);
        assert_eq!(*Mark::open(&path, CHAIN, KEY).unwrap().signed(), at(2));
        assert!(matches!(Mark::open(&path, CHAIN, KeyId([3; 20])), Err(MarkError::Other)));
        assert!(matches!(Mark::open(&path, ChainId(Digest([3; 32])), KEY), Err(MarkError::Other)));
        assert!(matches!(Mark::open(&folder.path().join("none"), CHAIN, KEY), Err(MarkError::File(_))));
    }

    /// A child that another test starts holds the lock from its fork to its exec.
    fn open(path: &Path) -> Mark {
        loop {
            match Mark::open(path, CHAIN, KEY) {
                Err(MarkError::InUse) => std::thread::yield_now(),
                opened => return opened.unwrap(),
            }
        }
    }

    #[test]
    fn a_torn_write_leaves_what_was_signed_before() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mark");
        Mark::create(&path, CHAIN, KEY, Height(4)).unwrap();
        let mut mark = open(&path);
        (0..2).for_each(|round| mark.store(at(round)).unwrap());
        drop(mark);
        let whole = std::fs::read(&path).unwrap();
        // The third write goes to the second slot; it stops somewhere.
        let mut third = open(&path);
        third.store(at(2)).unwrap();
        drop(third);
        let written = std::fs::read(&path).unwrap();
        for cut in (0..400).chain([SLOT_BYTES - 1]) {
            let mut torn = whole.clone();
            torn[SLOT_BYTES..SLOT_BYTES + cut].copy_from_slice(&written[SLOT_BYTES..SLOT_BYTES + cut]);
            std::fs::write(&path, &torn).unwrap();
            let signed = open(&path).signed().clone();
            assert!(signed == at(1) || signed == at(2), "cut at {cut}: {signed:?}");
        }
    }

    #[test]
    fn a_file_without_a_whole_slot_is_damage() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mark");
        Mark::create(&path, CHAIN, KEY, Height(4)).unwrap();
        let good = std::fs::read(&path).unwrap();
        let verdict = |bytes: &[u8]| {
            std::fs::write(&path, bytes).unwrap();
            Mark::open(&path, CHAIN, KEY).map(drop)
        };
        assert!(verdict(&good).is_ok());
        for bad in [&good[..SLOT_BYTES], &[], &good[1..], &[0; 2 * SLOT_BYTES], &[&good[..], &[0]].concat()] {
            assert!(matches!(verdict(bad), Err(MarkError::Damaged)));
        }
        let mut both = good.clone();
        (both[30], both[SLOT_BYTES + 30]) = (both[30] ^ 1, both[SLOT_BYTES + 30] ^ 1);
        assert!(matches!(verdict(&both), Err(MarkError::Damaged)));
    }

    #[test]
    fn the_largest_record_fits() {
        let mut signed = Signed::from(Height(u64::MAX));
        for round in 0..2 * STATEMENTS_MAX as u32 {
            let place = Place { height: Height(u64::MAX), round, kind: Kind::Precommit };
            signed = signed.with(statement(place, b"m")).unwrap().unwrap();
        }
        let record = Record { version: 1, sequence: u64::MAX, chain: CHAIN, key: KEY, signed };
        assert!(encode(&record).len() <= RECORD_BYTES_MAX);
        assert_eq!(read(&slot(&record)), Some(record));
    }
}
