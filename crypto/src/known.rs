//! SM2 verification with tables of multiples of known keys, some twenty times faster than without.
//!
//! A signature r ‖ s of a message with digest e is valid for the public key P if sG + tP, t = r + s, has the x-coordinate
//! r − e mod n (GM/T 0003.2-2012 §7.1). With tables for G and P that sum is 54 to 86 additions of points and no doubling.
//!
//! From the bottom up: `curve` (constants), `limbs` (256-bit integers), `field` (mod p), `scalar` (mod n), `point` (affine and
//! XYZZ), `table`, `claim` (one verdict), `batch` (many), `lanes` (many, side by side in vector registers), `cache`
//! ([`TableKeys`]).
//!
//! Only public data passes here, so time may depend on it. Signing and everything secret stays with the library in
//! [`crate::sm2`]. The verdict is, for every input, that of [`crate::PublicKey::verify`]; the tests compare the two, and a
//! difference would be a fork.

mod batch;
mod cache;
mod claim;
mod curve;
mod field;
mod lanes;
mod limbs;
mod point;
mod scalar;
mod table;
#[cfg(test)]
mod tests;

pub use cache::{DigestClaim, TableCounts, TableKeys};
