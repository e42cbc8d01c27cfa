//! The operations of `vector` on x86-64, and its kernels compiled for the instruction sets.
//!
//! This module and its children are the only ones of the package with `unsafe`. There are two reasons for it:
//!
//! * **Instructions.** A value of one of the types here exists only if the processor has all features in the type's list: the
//!   field is private, and the only constructor, `detect`, asks the processor. So operations that take such a value may use them.
//! * **Memory.** Loads and stores of registers go through references to arrays of the register's size, and need no alignment.

#![allow(unsafe_code)]

mod avx2;
mod avx512;
mod sse;

pub(crate) use avx2::{Avx2, Gfni, Halves, Vaes};
pub(crate) use avx512::Avx512Gfni;
pub(crate) use sse::AesNi;

/// For a type whose values prove that the processor has the listed features: its constructor, and the kernels with a way of
/// substitution, compiled for those features. The list stands once, so that what is asked for is what is compiled for.
macro_rules! compiled_for {
    ($name:ty, $proof:expr, $substitution:ident, [$($feature:tt),+]) => {
        impl $name {
            /// The proof, if the processor has the features (and the operating system keeps their registers).
            pub(crate) fn detect() -> Option<$name> {
                ($(std::arch::is_x86_feature_detected!($feature))&&+).then_some($proof)
            }
        }

        impl $crate::vector::engine::Compiled for $name {
            fn counter_mode(
                self,
                round_keys: &[u32; $crate::schedule::ROUNDS],
                nonce: &[u32; 3],
                mask: &mut $crate::engine::Mask,
                data: &mut [u8],
            ) -> bool {
                #[target_feature($(enable = $feature),+)]
                fn compiled(
                    v: $name,
                    round_keys: &[u32; $crate::schedule::ROUNDS],
                    nonce: &[u32; 3],
                    mask: &mut $crate::engine::Mask,
                    data: &mut [u8],
                ) -> bool {
                    $crate::vector::counter::apply::<$name, $substitution<_>>(v, round_keys, nonce, mask, data)
                }
                // SAFETY: `self` proves the features that the function is compiled for.
                unsafe { compiled(self, round_keys, nonce, mask, data) }
            }

            fn encrypt_block(
                self,
                round_keys: &[u32; $crate::schedule::ROUNDS],
                block: &[u32; 4],
            ) -> zeroize::Zeroizing<[u64; 2]> {
                #[target_feature($(enable = $feature),+)]
                fn compiled(
                    v: $name,
                    round_keys: &[u32; $crate::schedule::ROUNDS],
                    block: &[u32; 4],
                ) -> zeroize::Zeroizing<[u64; 2]> {
                    $crate::vector::counter::encrypt_block::<$name, $substitution<_>>(v, round_keys, block)
                }
                // SAFETY: `self` proves the features that the function is compiled for.
                unsafe { compiled(self, round_keys, block) }
            }

            fn hash(
                self,
                powers: &$crate::vector::ghash::Powers,
                aad: &[u8],
                text: &[u8],
            ) -> zeroize::Zeroizing<[u64; 2]> {
                #[target_feature($(enable = $feature),+)]
                fn compiled(
                    v: $name,
                    powers: &$crate::vector::ghash::Powers,
                    aad: &[u8],
                    text: &[u8],
                ) -> zeroize::Zeroizing<[u64; 2]> {
                    $crate::vector::ghash::hash(v, powers, aad, text)
                }
                // SAFETY: `self` proves the features that the function is compiled for.
                unsafe { compiled(self, powers, aad, text) }
            }

            fn fill_powers(self, hash_key: &[u8; 16], powers: &mut $crate::vector::ghash::Powers) {
                #[target_feature($(enable = $feature),+)]
                fn compiled(v: $name, hash_key: &[u8; 16], powers: &mut $crate::vector::ghash::Powers) {
                    $crate::vector::ghash::fill_powers(v, hash_key, powers)
                }
                // SAFETY: `self` proves the features that the function is compiled for.
                unsafe { compiled(self, hash_key, powers) }
            }
        }
    };
}
use compiled_for;
