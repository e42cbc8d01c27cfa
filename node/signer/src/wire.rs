//! What node and signer say to each other: frames of a `u32` length (big endian, at most [`FRAME_BYTES_MAX`]), a version byte and
//! canonical bytes. The node asks, the signer answers, one after the other.

use crate::guard::{MESSAGE_BYTES_MAX, Purpose, Refusal};
use bencao_crypto::{KeyId, PublicKey, Signature, decode, encode};
use bencao_genesis::ChainId;
use bincode::{Decode, Encode};
use std::io::{Error, ErrorKind, Read, Result, Write};

/// Longest frame, bytes: a message and its circumstances, or the keys of a signer.
pub const FRAME_BYTES_MAX: usize = 2 * MESSAGE_BYTES_MAX;
/// Most keys of one signer.
pub const KEYS_MAX: usize = 16;
const VERSION: u8 = 1;

/// From the node.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub enum Request {
    /// Which keys are here?
    Keys,
    /// Sign this.
    Sign {
        /// With which key.
        key: KeyId,
        /// Under the identifier of TLS handshakes rather than the ledger's.
        handshake: bool,
        /// What, at most [`MESSAGE_BYTES_MAX`].
        message: Vec<u8>,
    },
}

/// From the signer.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub enum Response {
    /// These keys, for this chain.
    Keys {
        /// Whose statements are signed.
        chain: ChainId,
        /// At most [`KEYS_MAX`].
        keys: Vec<(PublicKey, Purpose)>,
    },
    /// Signed.
    Signed(Signature),
    /// Not signed.
    Refused(Refusal),
}

/// Writes one frame.
///
/// # Errors
/// What the stream says.
pub fn write<T: Encode>(stream: &mut impl Write, message: &T) -> Result<()> {
    let body = encode(&(VERSION, message));
    let length = u32::try_from(body.len()).ok().filter(|_| body.len() <= FRAME_BYTES_MAX);
    let length = length.ok_or(ErrorKind::InvalidInput)?;
    stream.write_all(&[&length.to_be_bytes()[..], &body].concat())?;
    stream.flush()
}

/// Reads one frame; `None` if the stream ended before one began.
///
/// # Errors
/// What the stream says, [`ErrorKind::InvalidData`] for what is no such frame.
pub fn read<T: Encode + Decode<()>>(stream: &mut impl Read) -> Result<Option<T>> {
    let mut length = [0; 4];
    let mut got = 0;
    while got < length.len() {
        match stream.read(&mut length[got..]) {
            Ok(0) if got == 0 => return Ok(None),
            Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
            Ok(n) => got += n,
            Err(e) if e.kind() == ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
    let length = u32::from_be_bytes(length) as usize;
    if length == 0 || length > FRAME_BYTES_MAX {
        return Err(Error::new(ErrorKind::InvalidData, "frame length"));
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body)?;
    match decode::<(u8, T)>(&body, FRAME_BYTES_MAX) {
        Ok((VERSION, message)) => Ok(Some(message)),
        _ => Err(Error::new(ErrorKind::InvalidData, "not a message of this version")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bencao_crypto::{Digest, SigningKey};

    #[test]
    fn golden_frames() {
        let frame = |write_it: &dyn Fn(&mut Vec<u8>)| {
            let mut out = Vec::new();
            write_it(&mut out);
            hex(&out)
        };
        assert_eq!(frame(&|out| write(out, &Request::Keys).unwrap()), "000000050100000000");
        let sign = Request::Sign { key: KeyId([1; 20]), handshake: true, message: vec![7, 8] };
        let expected = format!("000000240101000000{}010200000000000000{}", "01".repeat(20), "0708");
        assert_eq!(frame(&|out| write(out, &sign).unwrap()), expected);
        let refused = Response::Refused(Refusal::UnknownKey(KeyId([1; 20])));
        assert_eq!(
            frame(&|out| write(out, &refused).unwrap()),
            format!("0000001d010200000000000000{}", "01".repeat(20))
        );
    }

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|b| format!("{b:02x}")).collect()
    }

    #[test]
    fn what_is_no_frame_is_refused_and_lengths_are_bounded() {
        let mut frame = Vec::new();
        write(&mut frame, &Request::Keys).unwrap();
        let read_it = |bytes: &[u8]| read::<Request>(&mut &*bytes);
        assert_eq!(read_it(&frame).unwrap(), Some(Request::Keys));
        assert_eq!(read_it(&[]).unwrap(), None);
        for cut in 1..frame.len() {
            assert!(read_it(&frame[..cut]).is_err());
        }
        for (at, value) in [(0, 0x7f), (3, 0), (4, 2), (5, 9)] {
            let mut bad = frame.clone();
            bad[at] = value;
            assert!(read_it(&bad).is_err(), "byte {at}");
        }
        let long = Request::Sign { key: KeyId([1; 20]), handshake: false, message: vec![0; FRAME_BYTES_MAX] };
        assert!(write(&mut Vec::new(), &long).is_err());
        let key = SigningKey::from_bytes(&[3; 32]).unwrap().public();
        let keys = Response::Keys { chain: ChainId(Digest([1; 32])), keys: vec![(key, Purpose::Node); KEYS_MAX] };
        let mut out = Vec::new();
        write(&mut out, &keys).unwrap();
        assert_eq!(read::<Response>(&mut &out[..]).unwrap(), Some(keys));
    }
}
