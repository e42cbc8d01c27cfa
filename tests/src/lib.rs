//! Tests that belong to no single package: house rules over the whole repository and stories with real processes.
//!
//! The library itself is empty; the test binaries in `tests/` are the package.
