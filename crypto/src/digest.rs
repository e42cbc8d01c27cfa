//! SM3 (GM/T 0004-2012 = GB/T 32905-2016), 256 bit.

use bincode::{Decode, Encode};
use sm3::Digest as _;
use std::fmt;

pub use bencao_vector::Messages;

/// 32 bytes of SM3 output. Displays as lower-case hexadecimal.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Encode, Decode)]
pub struct Digest(pub [u8; 32]);

impl Digest {
    /// All zero bytes: "no parent", "no results yet".
    pub const ZERO: Digest = Digest([0; 32]);

    /// The bytes, for hashing and comparing.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Parses exactly 64 lower- or upper-case hexadecimal digits.
    pub fn from_hex(text: &str) -> Option<Digest> {
        let mut out = [0; 32];
        hex::decode_to_slice(text, &mut out).ok()?;
        Some(Digest(out))
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}…", hex::encode(&self.0[..6]))
    }
}

impl serde::Serialize for Digest {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for Digest {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(d)?;
        Digest::from_hex(&text).ok_or_else(|| serde::de::Error::custom("expected 64 hexadecimal digits"))
    }
}

/// Incremental SM3.
#[derive(Clone, Default)]
pub struct Hasher(sm3::Sm3);

impl Hasher {
    /// An empty message.
    pub fn new() -> Hasher {
        Hasher::default()
    }

    /// Appends `bytes` to the message.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The digest of everything appended.
    pub fn finish(self) -> Digest {
        Digest(self.0.finalize().into())
    }
}

/// SM3 of one message.
pub fn sm3(message: &[u8]) -> Digest {
    Digest(sm3::Sm3::digest(message).into())
}

/// SM3 of each message, in order, on the path that the process has chosen: many at a time if the processor can.
pub fn sm3_all(messages: &Messages) -> Vec<Digest> {
    crate::path::chosen().sm3_all(messages)
}

/// Domain-separated SM3: `SM3(tag ‖ 0x00 ‖ part₁ ‖ part₂ ‖ …)`.
///
/// Tags are ASCII without NUL (`bencao/tx/1`), so no tag is a prefix of another tag's input. Parts must be of fixed
/// length, except the last, or carry their own lengths.
pub fn tagged(tag: &str, parts: &[&[u8]]) -> Digest {
    let mut h = Hasher::new();
    h.update(tag.as_bytes());
    h.update(&[0]);
    for part in parts {
        h.update(part);
    }
    h.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vectors;

    #[test]
    fn known_answers() {
        let upper = |digest: Digest| hex::encode_upper(digest.0);
        assert_eq!(upper(sm3(b"")), "1AB21D8355CFA17F8E61194831E81A8F22BEC8C728FEFB747ED035EB5082AA2B");
        assert_eq!(upper(sm3(b"abc")), vectors::SM3_ABC);
        assert_eq!(upper(sm3(&b"abcd".repeat(16))), vectors::SM3_ABCD);
        let mut h = Hasher::new();
        b"abcd".repeat(16).chunks(7).for_each(|part| h.update(part));
        assert_eq!(upper(h.finish()), vectors::SM3_ABCD);
    }

    #[test]
    fn text_form() {
        let digest = sm3(b"abc");
        assert_eq!(digest.to_string(), vectors::SM3_ABC.to_lowercase());
        assert_eq!(Digest::from_hex(vectors::SM3_ABC), Some(digest));
        for bad in ["", "66", &vectors::SM3_ABC[1..], &format!("{}00", vectors::SM3_ABC), &"g".repeat(64)] {
            assert_eq!(Digest::from_hex(bad), None);
        }
        let json = serde_json::to_string(&digest).unwrap();
        assert_eq!(serde_json::from_str::<Digest>(&json).unwrap(), digest);
        assert!(serde_json::from_str::<Digest>("\"66\"").is_err());
    }
}
