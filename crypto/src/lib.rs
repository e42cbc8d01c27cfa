//! The bytes that two strangers have to agree on: SM3 digests, SM2 signatures, the strict canonical codec and
//! Merkle trees; and, at the border, keys at rest, certificates and the RFC 8998 TLS 1.3 provider.
//!
//! Everything here is a pure function of its arguments, except what needs secrets that nobody can guess: new keys, salts,
//! envelopes and TLS handshakes take operating-system randomness through `getrandom`. Times are arguments. Secrets are
//! zeroised on drop and have no `Debug` that shows them.

mod asn1;
pub mod codec;
pub mod digest;
pub mod envelope;
pub mod enveloped_key;
pub mod hmac;
pub mod holder;
pub mod keyfile;
pub mod known;
pub mod merkle;
pub mod path;
pub mod selftest;
pub mod signer;
pub mod sm2;
pub mod sm4;
pub mod sparse;
pub mod tls;
mod vectors;
pub mod verify;
pub mod x509;

pub use codec::{CodecError, decode, encode};
pub use digest::{Digest, Hasher, Messages, sm3, sm3_all, tagged};
pub use holder::{Domain, KeyHolder};
pub use known::{DigestClaim, TableKeys};
pub use path::{CryptoPath, Paths};
pub use signer::TableSigner;
pub use sm2::{KeyError, KeyId, PublicKey, Signature, SigningKey};
pub use verify::{KnownKeys, LibraryKeys, VerifyItem};
