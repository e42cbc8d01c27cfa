//! 指纹: a name of a genesis that people read to each other over the telephone.
//!
//! 32 decimal digits in groups of four, 106 bits. Digits are one syllable each in Chinese and are understood in any dialect and by
//! any machine. The digest is stretched by [`STEPS`] hashes first, so that finding two drafts with one fingerprint, which a
//! coordinator who makes both could try, costs about 2⁵³ · 2¹⁸ hashes, and finding one that fits a given fingerprint 2¹²⁴.
//! Signatures are over the chain id itself; a fingerprint never stands in for it.

use bencao_crypto::{Digest, Hasher, tagged};
use std::fmt;

/// Hashes between digest and digits: a quarter of a second on a slow machine.
pub(crate) const STEPS: u32 = 1 << 18;
/// Digits of a fingerprint.
pub(crate) const DIGITS: usize = 32;
/// Digits that are read in one breath.
pub(crate) const GROUP: usize = 4;

/// A fingerprint: 32 decimal digits.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fingerprint(String);

/// Text that is no fingerprint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a fingerprint has {DIGITS} digits, this has {actual}")]
pub struct FingerprintError {
    /// Digits found; other characters than digits, spaces and hyphens count as none.
    pub actual: usize,
}

impl Fingerprint {
    /// The fingerprint of a digest: chain id, or id of a request to join.
    pub fn of(digest: &Digest) -> Fingerprint {
        let mut stretched = tagged("bencao/fingerprint/1", &[&digest.0]);
        for _ in 0..STEPS {
            let mut next = Hasher::new();
            next.update(&stretched.0);
            next.update(&digest.0);
            stretched = next.finish();
        }
        let mut head = [0; 16];
        head.copy_from_slice(&stretched.0[..16]);
        // 2^128 is more than three million times 10^32: the bias of the remainder is of no use to anybody.
        Fingerprint(format!("{:032}", u128::from_be_bytes(head) % 10u128.pow(32)))
    }

    /// Reads digits as people type them: ASCII or full-width, with spaces or hyphens anywhere.
    ///
    /// # Errors
    /// [`FingerprintError`].
    pub fn parse(text: &str) -> Result<Fingerprint, FingerprintError> {
        let mut digits = String::with_capacity(DIGITS);
        let mut foreign = false;
        for c in text.chars() {
            match c {
                '0'..='9' => digits.push(c),
                '０'..='９' => digits.extend(char::from_digit(c as u32 - '０' as u32, 10)),
                ' ' | '-' | '\t' | '\n' | '\r' | '\u{3000}' | '－' => {}
                _ => foreign = true,
            }
        }
        if foreign || digits.len() != DIGITS {
            return Err(FingerprintError { actual: if foreign { 0 } else { digits.len() } });
        }
        Ok(Fingerprint(digits))
    }

    /// The first group, from 1, in which two fingerprints differ: what was misheard, or a different genesis.
    pub fn first_difference(&self, other: &Fingerprint) -> Option<usize> {
        let groups = |f: &Fingerprint| f.0.as_bytes().chunks(GROUP).map(<[u8]>::to_vec).collect::<Vec<_>>();
        groups(self).iter().zip(groups(other)).position(|(a, b)| *a != b).map(|i| i + 1)
    }
}

/// Groups of four digits with spaces between them.
impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, digit) in self.0.chars().enumerate() {
            if i > 0 && i % GROUP == 0 {
                f.write_str(" ")?;
            }
            write!(f, "{digit}")?;
        }
        Ok(())
    }
}
