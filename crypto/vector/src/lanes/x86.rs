//! Lanes of x86-64, with the compiler's names for the instructions.
//!
//! The only unsafe code of the project. There are three kinds of it, each with its reason beside it:
//!
//! 1. An instruction is used although the build as a whole may not assume it. Whoever calls holds a value of the type of the
//!    lanes, which detection made after the processor said that it has the instruction and the system that it saves the
//!    registers.
//! 2. A kernel is entered that is compiled for such instructions: the same reason.
//! 3. Memory is read or written through a pointer: it comes from a reference to at least that many bytes, and the instructions
//!    used do not ask for alignment.
#![allow(unsafe_code)]

mod avx2;
mod avx512;
mod ifma;

pub(crate) use avx2::Avx2;
pub(crate) use avx512::Avx512;
pub(crate) use ifma::Ifma;

use crate::point::Point;
use core::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};

/// Fetches the cache line of a point.
#[inline(always)]
pub(crate) fn prefetch(point: &Point) {
    // SAFETY: every x86-64 processor has this instruction, and it never faults, wherever the pointer leads.
    unsafe { _mm_prefetch::<_MM_HINT_T0>(core::ptr::from_ref(point).cast()) }
}
