//! SM4-GCM on every path of this processor against the library, with forgeries; blocks and chains. The body is shared with
//! the bounded test of the package.
#![no_main]

#[path = "../../../crypto/sm4/tests/sameness/case.rs"]
mod case;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| case::every_path_agrees(input));
