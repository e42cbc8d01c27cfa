//! Which code computes SM2 verdicts and SM3 digests: what the processor offers, and what the process has chosen.
//!
//! Every path gives the same verdicts and digests for all inputs; they differ in time only. A node chooses once, before
//! anything is computed, with [`choose`]; whoever does not ask gets [`CryptoPath::Auto`]. [`crate::selftest`] compares the
//! chosen path with the others at every start.

use crate::digest::{Digest, sm3};
use bencao_vector::{Messages, Sm3Lanes, SumLanes};
use std::fmt;
use std::sync::OnceLock;

/// What an operator may ask for (`--crypto-path`).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum CryptoPath {
    /// The fastest that this processor has.
    #[default]
    Auto,
    /// Tables of known keys, without vector instructions.
    Portable,
    /// Tables of known keys, batches in AVX-512 IFMA.
    Ifma,
    /// The library alone: the slowest, and the judge of all others.
    Reference,
}

/// How SM2 signatures are verified.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum VerifyPath {
    /// RustCrypto, without tables.
    Reference,
    /// Tables of known keys; batches share inversions.
    Portable,
    /// As `Portable`, and batches go eight side by side through AVX-512 IFMA.
    Ifma,
    /// The algorithm of `Ifma` on plain integers, slow, on every processor: for comparison in tests, not offered to operators.
    Model,
}

/// How SM3 of many messages is computed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DigestPath {
    /// RustCrypto, one by one.
    Reference,
    /// Eight side by side in AVX2.
    Avx2,
    /// Sixteen side by side in AVX-512.
    Avx512,
    /// Eight side by side in plain integers: for comparison in tests.
    Model,
}

/// A path for each, all available on this processor.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Paths {
    verify: VerifyPath,
    digest: DigestPath,
}

/// Why a path is refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum PathError {
    /// The processor lacks instructions.
    #[error("the path {path} needs {needs}, which this processor does not have")]
    Unavailable {
        /// The path asked for.
        path: &'static str,
        /// What it needs.
        needs: &'static str,
    },
    /// The process has chosen before, or has computed already without choosing.
    #[error("the process already uses the path {decided}, not {asked}")]
    Decided {
        /// What is in use.
        decided: Paths,
        /// What was asked for.
        asked: Paths,
    },
}

impl CryptoPath {
    /// All of them.
    pub const ALL: [CryptoPath; 4] = [CryptoPath::Auto, CryptoPath::Portable, CryptoPath::Ifma, CryptoPath::Reference];

    /// As on the command line.
    pub fn name(self) -> &'static str {
        match self {
            CryptoPath::Auto => "auto",
            CryptoPath::Portable => "portable",
            CryptoPath::Ifma => "ifma",
            CryptoPath::Reference => "reference",
        }
    }

    /// What it comes to on this processor. `Portable` and `Reference` use no vector instructions at all.
    ///
    /// # Errors
    /// [`PathError::Unavailable`].
    pub fn resolve(self) -> Result<Paths, PathError> {
        let fastest = |candidates: &[DigestPath]| {
            candidates.iter().copied().find(|path| path.is_available()).unwrap_or(DigestPath::Reference)
        };
        let widest = fastest(&[DigestPath::Avx512, DigestPath::Avx2]);
        match self {
            CryptoPath::Auto if VerifyPath::Ifma.is_available() => Paths::new(VerifyPath::Ifma, widest),
            CryptoPath::Auto => Paths::new(VerifyPath::Portable, widest),
            CryptoPath::Portable => Paths::new(VerifyPath::Portable, DigestPath::Reference),
            CryptoPath::Ifma => Paths::new(VerifyPath::Ifma, widest),
            CryptoPath::Reference => Paths::new(VerifyPath::Reference, DigestPath::Reference),
        }
    }
}

impl VerifyPath {
    /// All of them, the slowest first.
    pub const ALL: [VerifyPath; 4] = [VerifyPath::Reference, VerifyPath::Model, VerifyPath::Portable, VerifyPath::Ifma];

    /// For reports.
    pub fn name(self) -> &'static str {
        match self {
            VerifyPath::Reference => "reference",
            VerifyPath::Portable => "portable",
            VerifyPath::Ifma => "ifma",
            VerifyPath::Model => "model",
        }
    }

    /// Whether this processor has what it needs.
    pub fn is_available(self) -> bool {
        self != VerifyPath::Ifma || SumLanes::ifma().is_some()
    }

    /// The lanes of a batch, if the path has some.
    pub(crate) fn lanes(self) -> Option<SumLanes> {
        match self {
            VerifyPath::Reference | VerifyPath::Portable => None,
            VerifyPath::Ifma => SumLanes::ifma(),
            VerifyPath::Model => Some(SumLanes::arrays()),
        }
    }
}

impl DigestPath {
    /// All of them.
    pub const ALL: [DigestPath; 4] = [DigestPath::Reference, DigestPath::Model, DigestPath::Avx2, DigestPath::Avx512];

    /// For reports.
    pub fn name(self) -> &'static str {
        match self {
            DigestPath::Reference => "reference",
            DigestPath::Avx2 => "avx2",
            DigestPath::Avx512 => "avx512",
            DigestPath::Model => "model",
        }
    }

    /// Whether this processor has what it needs.
    pub fn is_available(self) -> bool {
        self == DigestPath::Reference || self.lanes().is_some()
    }

    fn lanes(self) -> Option<Sm3Lanes> {
        match self {
            DigestPath::Reference => None,
            DigestPath::Avx2 => Sm3Lanes::avx2(),
            DigestPath::Avx512 => Sm3Lanes::avx512(),
            DigestPath::Model => Some(Sm3Lanes::arrays()),
        }
    }
}

impl Paths {
    /// These two.
    ///
    /// # Errors
    /// [`PathError::Unavailable`].
    pub fn new(verify: VerifyPath, digest: DigestPath) -> Result<Paths, PathError> {
        let unavailable = |path, needs| Err(PathError::Unavailable { path, needs });
        if !verify.is_available() {
            return unavailable(verify.name(), "AVX-512 F and IFMA");
        }
        match digest {
            _ if digest.is_available() => Ok(Paths { verify, digest }),
            DigestPath::Avx2 => unavailable(digest.name(), "AVX2"),
            _ => unavailable(digest.name(), "AVX-512 F and BW"),
        }
    }

    /// How signatures are verified.
    pub fn verify(self) -> VerifyPath {
        self.verify
    }

    /// How many messages are digested.
    pub fn digest(self) -> DigestPath {
        self.digest
    }

    /// The SM3 digest of each message, in order.
    pub fn sm3_all(self, messages: &Messages) -> Vec<Digest> {
        match self.digest.lanes() {
            Some(lanes) => lanes.digests(messages).into_iter().map(Digest).collect(),
            None => messages.iter().map(sm3).collect(),
        }
    }
}

impl fmt::Display for Paths {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (SM3: {})", self.verify.name(), self.digest.name())
    }
}

static DECIDED: OnceLock<Paths> = OnceLock::new();

/// Decides for the whole process. The same choice may be made again.
///
/// # Errors
/// [`PathError`].
pub fn choose(asked: CryptoPath) -> Result<Paths, PathError> {
    decide(&DECIDED, asked)
}

/// What the process uses: its choice, or [`CryptoPath::Auto`] if it computes without having chosen.
pub fn chosen() -> Paths {
    *DECIDED.get_or_init(|| CryptoPath::Auto.resolve().expect("auto takes what there is"))
}

fn decide(decided: &OnceLock<Paths>, asked: CryptoPath) -> Result<Paths, PathError> {
    let asked = asked.resolve()?;
    let decided = *decided.get_or_init(|| asked);
    if decided == asked { Ok(decided) } else { Err(PathError::Decided { decided, asked }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_choice_is_made_once() {
        let decided = OnceLock::new();
        let portable = decide(&decided, CryptoPath::Portable).unwrap();
        assert_eq!(portable, Paths { verify: VerifyPath::Portable, digest: DigestPath::Reference });
        assert_eq!(decide(&decided, CryptoPath::Portable), Ok(portable));
        let reference = CryptoPath::Reference.resolve().unwrap();
        let refused = decide(&decided, CryptoPath::Reference);
        assert_eq!(refused, Err(PathError::Decided { decided: portable, asked: reference }));
        assert_eq!(
            refused.unwrap_err().to_string(),
            "the process already uses the path portable (SM3: reference), not reference (SM3: reference)"
        );
    }

    #[test]
    fn what_the_processor_lacks_is_refused() {
        for path in CryptoPath::ALL {
            let is_available = path != CryptoPath::Ifma || VerifyPath::Ifma.is_available();
            assert_eq!(path.resolve().is_ok(), is_available, "{}", path.name());
        }
        for verify in VerifyPath::ALL {
            for digest in DigestPath::ALL {
                let paths = Paths::new(verify, digest);
                assert_eq!(paths.is_ok(), verify.is_available() && digest.is_available(), "{paths:?}");
            }
        }
        let error = PathError::Unavailable { path: "ifma", needs: "AVX-512 F and IFMA" };
        assert_eq!(error.to_string(), "the path ifma needs AVX-512 F and IFMA, which this processor does not have");
    }

    #[test]
    fn every_path_digests_alike() {
        let mut messages = Messages::default();
        (0..200u8).for_each(|i| messages.push(&[&[i; 32], &vec![i; usize::from(i)]]));
        let expected: Vec<Digest> = messages.iter().map(sm3).collect();
        for digest in DigestPath::ALL.into_iter().filter(|path| path.is_available()) {
            let paths = Paths::new(VerifyPath::Portable, digest).unwrap();
            assert_eq!(paths.sm3_all(&messages), expected, "{paths}");
        }
    }
}
