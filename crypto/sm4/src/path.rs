//! The ways to compute, and which of them the processor has.

use std::fmt;

/// A way to compute SM4-GCM. All give the same bytes; they differ in the instructions they need and in speed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Path {
    /// AVX-512 with the Galois-field instructions: 16 blocks a group. Intel since 2019 (Ice Lake), AMD since 2022 (Zen 4).
    Avx512Gfni,
    /// AVX2 with the Galois-field instructions: 8 blocks a group. Intel without AVX-512 since 2021 (Alder Lake).
    Avx2Gfni,
    /// AVX2 with AES instructions of 256 bits: 8 blocks a group. AMD since 2020 (Zen 3).
    Avx2Vaes,
    /// AVX2 with AES instructions of 128 bits on each half of a register. Intel since 2013 (Haswell), AMD since 2017 (Zen).
    Avx2Aes,
    /// SSSE3 with the AES instructions: 4 blocks a group. Nearly every x86-64 processor since 2010.
    AesNi,
    /// Bitsliced, 16 blocks at a time, on any processor; no `unsafe`.
    Portable,
}

impl Path {
    /// All paths, the widest first.
    pub const ALL: [Path; 6] =
        [Path::Avx512Gfni, Path::Avx2Gfni, Path::Avx2Vaes, Path::Avx2Aes, Path::AesNi, Path::Portable];

    /// The paths of this processor, the widest first; the portable one is always the last.
    pub fn available() -> impl Iterator<Item = Path> {
        Path::ALL.into_iter().filter(|path| path.is_available())
    }

    /// The widest path of this processor.
    pub fn best() -> Path {
        Path::available().next().unwrap_or(Path::Portable)
    }

    /// Whether this processor has the path's instructions.
    #[cfg(target_arch = "x86_64")]
    pub fn is_available(self) -> bool {
        use crate::x86::{AesNi, Avx2, Avx512Gfni, Gfni, Halves, Vaes};
        match self {
            Path::Avx512Gfni => Avx512Gfni::detect().is_some(),
            Path::Avx2Gfni => Avx2::<Gfni>::detect().is_some(),
            Path::Avx2Vaes => Avx2::<Vaes>::detect().is_some(),
            Path::Avx2Aes => Avx2::<Halves>::detect().is_some(),
            Path::AesNi => AesNi::detect().is_some(),
            Path::Portable => true,
        }
    }

    /// Whether this processor has the path's instructions.
    #[cfg(not(target_arch = "x86_64"))]
    pub fn is_available(self) -> bool {
        self == Path::Portable
    }

    /// A short name for tables and options: `avx512-gfni`, `avx2-gfni`, `avx2-vaes`, `avx2-aes`, `aes-ni`, `portable`.
    pub fn name(self) -> &'static str {
        match self {
            Path::Avx512Gfni => "avx512-gfni",
            Path::Avx2Gfni => "avx2-gfni",
            Path::Avx2Vaes => "avx2-vaes",
            Path::Avx2Aes => "avx2-aes",
            Path::AesNi => "aes-ni",
            Path::Portable => "portable",
        }
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// This processor does not have the instructions of a path that was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unavailable(
    /// The path.
    pub Path,
);

impl fmt::Display for Unavailable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "this processor does not have the instructions of {}", self.0)
    }
}

impl std::error::Error for Unavailable {}
