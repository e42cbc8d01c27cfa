//! SM2 verification with tables of multiples of known keys, some twenty times faster than without.
//!
//! A signature r ‖ s of a message with digest e is valid for the public key P if sG + tP, t = r + s, has the x-coordinate
//! r − e mod n (GM/T 0003.2-2012 §7.1). With tables for G and P that sum is 54 additions of points and no doubling; with a comb
//! for P, a sixtieth of a table's memory, it is 74 additions and 12 doublings.
//!
//! From the bottom up: `curve` (constants), `limbs` (256-bit integers), `field` (mod p), `scalar` (mod n), `point` (affine and
//! XYZZ), `table` and `comb` (multiples of a key), `claim` (one verdict), `batch` (many), `lanes` (many, side by side in vector registers), `cache`
//! ([`TableKeys`]).
//!
//! Only public data passes here, so time may depend on it; except through `base`, which multiplies G by secrets in constant
//! time, for [`crate::TableSigner`]. The verdict is, for every input, that of [`crate::PublicKey::verify`]; the tests compare the two, and a
//! difference would be a fork.

pub(crate) mod base;
mod batch;
mod cache;
mod claim;
mod comb;
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
