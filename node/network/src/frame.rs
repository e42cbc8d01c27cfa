//! Frames: a length (u32, big endian) and as many bytes. Zero is not a length.

use crate::limits::READ_STEP_BYTES;
use futures::{AsyncRead, AsyncReadExt as _};
use std::io;

/// Bytes before each frame.
pub(crate) const LENGTH_BYTES: usize = 4;

/// Why no frame could be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FrameError {
    /// The stream failed or ended, between frames or inside one.
    #[error("stream ended")]
    Stream(#[from] io::Error),
    /// The peer announced a length that it may not.
    #[error("frame of {actual} bytes, at most {limit} allowed")]
    Length {
        /// Announced.
        actual: u32,
        /// The stream's limit.
        limit: usize,
    },
}

/// Reads and judges a length; nothing is allocated.
pub(crate) async fn read_length<R: AsyncRead + Unpin>(reader: &mut R, limit: usize) -> Result<usize, FrameError> {
    let mut length = [0; LENGTH_BYTES];
    reader.read_exact(&mut length).await?;
    let actual = u32::from_be_bytes(length);
    match usize::try_from(actual) {
        Ok(length) if (1..=limit).contains(&length) => Ok(length),
        _ => Err(FrameError::Length { actual, limit }),
    }
}

/// Reads `length` bytes. Memory grows with what has arrived, not with what was announced.
pub(crate) async fn read_body<R: AsyncRead + Unpin>(reader: &mut R, length: usize) -> Result<Vec<u8>, FrameError> {
    let mut body = Vec::new();
    while body.len() < length {
        let start = body.len();
        let step = start.max(READ_STEP_BYTES).min(length - start);
        body.reserve_exact(step);
        body.resize(start + step, 0);
        reader.read_exact(&mut body[start..]).await?;
    }
    Ok(body)
}

/// Appends one frame to a buffer.
pub(crate) fn append(buffer: &mut Vec<u8>, body: &[u8]) {
    buffer.extend_from_slice(&header(body));
    buffer.extend_from_slice(body);
}

/// The length that precedes `body`, which senders have checked against a limit far below 4 GiB.
pub(crate) fn header(body: &[u8]) -> [u8; LENGTH_BYTES] {
    u32::try_from(body.len()).expect("checked against the class limit").to_be_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::executor::block_on;

    async fn read(mut input: &[u8], limit: usize) -> Result<Vec<u8>, FrameError> {
        let length = read_length(&mut input, limit).await?;
        read_body(&mut input, length).await
    }

    #[test]
    fn frames_have_their_golden_form() {
        let mut bytes = Vec::new();
        append(&mut bytes, b"abc");
        append(&mut bytes, &[7; 300]);
        assert_eq!(bytes[..9], [0, 0, 0, 3, b'a', b'b', b'c', 0, 0]);
        assert_eq!(bytes[7..11], [0, 0, 1, 44]);
        assert_eq!(block_on(read(&bytes, 3)).unwrap(), b"abc");
    }

    #[test]
    fn large_frames_arrive_whole() {
        for length in [READ_STEP_BYTES - 1, READ_STEP_BYTES, READ_STEP_BYTES + 1, 5 * READ_STEP_BYTES + 3] {
            let body: Vec<u8> = (0..length).map(|i| i as u8).collect();
            let mut bytes = Vec::new();
            append(&mut bytes, &body);
            assert!(block_on(read(&bytes, length)).unwrap() == body);
        }
    }

    #[test]
    fn lengths_are_judged_before_anything_is_read() {
        for (announced, limit) in [(0, 10), (11, 10), (u32::MAX, 1 << 20)] {
            let error = block_on(read(&announced.to_be_bytes(), limit)).unwrap_err();
            assert!(matches!(error, FrameError::Length { actual, limit: l } if actual == announced && l == limit));
        }
    }

    #[test]
    fn an_announced_length_reserves_one_step_only() {
        let mut nothing: &[u8] = &[];
        let error = block_on(read_body(&mut nothing, 8 << 20)).unwrap_err();
        assert!(matches!(error, FrameError::Stream(e) if e.kind() == io::ErrorKind::UnexpectedEof));
    }
}
