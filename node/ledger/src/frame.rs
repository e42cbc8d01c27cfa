//! Frames of a log file, and what may be believed of one after a crash.
//!
//! A frame is magic `bclg` (4), payload length (u32), generation (u32), flushed (u64), checksum (8), payload; integers
//! little endian. The checksum is the first 8 bytes of `SM3("bencao/log-frame/1" ‖ 0x00 ‖ offset (u64) ‖ the first 20
//! bytes ‖ payload)`, so a frame is valid at its own place only. *Generation* counts resets: frames of an earlier one are stale.
//! *Flushed* is how many bytes of the file were durable when the frame was appended.
//!
//! A crash may leave any part of the bytes after the last flush. So the first invalid frame ends the log, unless a later
//! valid frame says that the place had been flushed: then the medium lost durable bytes, which nobody may paper over.
//!
//! A log has two files. A reset moves to the other one and writes it from the start, so that the old records stay until
//! the first flush of the new ones; the file with the later generation counts.

use crate::error::StoreError;
use crate::log::LOG_RECORD_BYTES_MAX;
use bencao_crypto::tagged;

const MAGIC: [u8; 4] = *b"bclg";
/// Bytes before the payload.
pub const HEADER_BYTES: usize = 28;

/// Where the next frame goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Position {
    /// Counts resets.
    pub generation: u32,
    /// Bytes of whole frames so far.
    pub offset: u64,
    /// Bytes of them known to be durable.
    pub flushed: u64,
}

impl Position {
    /// An empty log.
    pub fn start() -> Position {
        Position { generation: 1, offset: 0, flushed: 0 }
    }

    /// The frame of `payload` at this position, which moves behind it.
    ///
    /// # Panics
    /// If the payload is longer than [`LOG_RECORD_BYTES_MAX`].
    pub fn frame(&mut self, payload: &[u8]) -> Vec<u8> {
        assert!(payload.len() <= LOG_RECORD_BYTES_MAX, "log records are bounded by their writers");
        let mut out = Vec::with_capacity(HEADER_BYTES + payload.len());
        out.extend_from_slice(&MAGIC);
        out.extend_from_slice(&(payload.len() as u32).to_le_bytes());
        out.extend_from_slice(&self.generation.to_le_bytes());
        out.extend_from_slice(&self.flushed.to_le_bytes());
        let sum = checksum(self.offset, &out, payload);
        out.extend_from_slice(&sum);
        out.extend_from_slice(payload);
        self.offset += out.len() as u64;
        out
    }

    /// Everything so far is durable.
    pub fn mark_flushed(&mut self) {
        self.flushed = self.offset;
    }

    /// The start of an emptied log.
    pub fn mark_reset(&mut self) {
        *self = Position { generation: self.generation.wrapping_add(1), offset: 0, flushed: 0 };
    }
}

fn checksum(offset: u64, header: &[u8], payload: &[u8]) -> [u8; 8] {
    let digest = tagged("bencao/log-frame/1", &[&offset.to_le_bytes(), header, payload]);
    let mut out = [0; 8];
    out.copy_from_slice(&digest.0[..8]);
    out
}

/// A valid frame.
struct Frame<'a> {
    generation: u32,
    flushed: u64,
    payload: &'a [u8],
}

fn read(bytes: &[u8], offset: usize) -> Option<Frame<'_>> {
    let rest = bytes.get(offset..)?;
    let (header, rest) = rest.split_at_checked(HEADER_BYTES)?;
    let (fields, sum) = header.split_at(HEADER_BYTES - 8);
    let number = |at: usize| u32::from_le_bytes([fields[at], fields[at + 1], fields[at + 2], fields[at + 3]]);
    let length = number(4) as usize;
    if fields[..4] != MAGIC || length > LOG_RECORD_BYTES_MAX {
        return None;
    }
    let payload = rest.get(..length)?;
    if checksum(offset as u64, fields, payload) != sum {
        return None;
    }
    let flushed = u64::from(number(12)) | u64::from(number(16)) << 32;
    Some(Frame { generation: number(8), flushed, payload })
}

/// The records of a log file, and where to go on writing: bytes beyond that offset are to be cut off.
///
/// # Errors
/// [`StoreError::LogDamaged`].
pub fn recover(bytes: &[u8]) -> Result<(Vec<Vec<u8>>, Position), StoreError> {
    let mut records = Vec::new();
    let mut offset = 0;
    let mut generation = None;
    while let Some(frame) = read(bytes, offset) {
        if *generation.get_or_insert(frame.generation) != frame.generation {
            break;
        }
        records.push(frame.payload.to_vec());
        offset += HEADER_BYTES + frame.payload.len();
    }
    let was_flushed = |at: &usize| {
        read(bytes, *at).is_some_and(|f| f.flushed > offset as u64 && generation.is_none_or(|g| g == f.generation))
    };
    let later = offset + 1..bytes.len().saturating_sub(HEADER_BYTES - 1);
    if later.into_iter().any(|at| was_flushed(&at)) {
        return Err(StoreError::LogDamaged { offset: offset as u64 });
    }
    let generation = generation.unwrap_or(Position::start().generation);
    // What was read back is not known to be durable yet; the owner syncs after cutting the end.
    Ok((records, Position { generation, offset: offset as u64, flushed: 0 }))
}

/// What the two files of a log hold.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Found {
    /// Index of the file that counts.
    pub file: usize,
    /// Records in it.
    pub records: Vec<Vec<u8>>,
    /// Where to go on writing it.
    pub position: Position,
}

/// [`recover`] for the two files of a log.
///
/// # Errors
/// [`StoreError::LogDamaged`].
pub fn recover_pair(files: [&[u8]; 2]) -> Result<Found, StoreError> {
    let [a, b] = [recover(files[0])?, recover(files[1])?];
    let later = (!b.0.is_empty(), b.1.generation) > (!a.0.is_empty(), a.1.generation);
    let (file, (records, position)) = if later { (1, b) } else { (0, a) };
    Ok(Found { file, records, position })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log(records: &[&[u8]], flush_after: usize) -> Vec<u8> {
        let mut position = Position::start();
        let mut bytes = Vec::new();
        for (i, r) in records.iter().enumerate() {
            bytes.extend(position.frame(r));
            if i + 1 == flush_after {
                position.mark_flushed();
            }
        }
        bytes
    }

    #[test]
    fn frames_have_one_form() {
        let mut position = Position { generation: 7, offset: 28, flushed: 28 };
        let frame = position.frame(b"vote");
        let text: String = frame.iter().map(|b| format!("{b:02x}")).collect();
        assert_eq!(text, GOLDEN_FRAME);
        assert_eq!(position, Position { generation: 7, offset: 60, flushed: 28 });
    }

    const GOLDEN_FRAME: &str = "62636c6704000000070000001c000000000000002260603fe582e127766f7465";

    #[test]
    fn a_log_cut_anywhere_gives_the_whole_frames_before_the_cut() {
        let records: [&[u8]; 4] = [b"one", b"", b"three", b"four"];
        let bytes = log(&records, 2);
        for cut in 0..=bytes.len() {
            let (got, position) = recover(&bytes[..cut]).unwrap();
            assert!(got.iter().zip(&records).all(|(a, b)| a == b));
            assert!(position.offset as usize <= cut);
            let whole = (0..=4).rev().find(|n| log(&records[..*n], 2).len() <= cut).unwrap();
            assert_eq!(got.len(), whole);
        }
    }

    #[test]
    fn a_changed_bit_is_torn_after_the_last_flush_and_damage_before_it() {
        let records: [&[u8]; 4] = [b"one", b"two", b"three", b"four"];
        let bytes = log(&records, 2);
        let flushed = log(&records[..2], 2).len();
        for bit in 0..bytes.len() * 8 {
            let mut bad = bytes.clone();
            bad[bit / 8] ^= 1 << (bit % 8);
            match recover(&bad) {
                Ok((got, _)) => {
                    assert!(bit / 8 >= flushed, "bit {bit} of the flushed part was lost silently");
                    assert!(got.len() >= 2);
                }
                Err(StoreError::LogDamaged { offset }) => assert!(bit / 8 < flushed && offset < flushed as u64),
                Err(other) => panic!("{other}"),
            }
        }
    }

    #[test]
    fn frames_of_an_earlier_generation_are_not_believed() {
        let mut position = Position::start();
        let old = [position.frame(b"aaaa"), position.frame(b"bbbb")].concat();
        position.mark_reset();
        let mut bytes = position.frame(b"cccc");
        bytes.extend_from_slice(&old[bytes.len()..]);
        let (got, position) = recover(&bytes).unwrap();
        assert_eq!(got, [b"cccc"]);
        assert_eq!(position.generation, 2);
    }
}
