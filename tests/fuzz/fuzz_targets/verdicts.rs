//! Every path of SM2 verification on the same claims (key, e, r, s): RustCrypto's verdict or a crash.
#![no_main]

#[path = "../../../crypto/tests/sameness/claims.rs"]
mod claims;

use bencao_chance::Rng;
use bencao_crypto::TableKeys;
use bencao_crypto::path::{DigestPath, Paths, VerifyPath};
use claims::{Keys, from_bytes, reference};
use libfuzzer_sys::fuzz_target;
use std::sync::OnceLock;

/// Keys, and tables of them on every path of this processor, with much memory and with little.
fn subjects() -> &'static (Keys, Vec<TableKeys>) {
    static SUBJECTS: OnceLock<(Keys, Vec<TableKeys>)> = OnceLock::new();
    SUBJECTS.get_or_init(|| {
        let keys = Keys::new(&mut Rng(1));
        let available =
            VerifyPath::ALL.into_iter().filter(|path| *path != VerifyPath::Reference && path.is_available());
        let tables = available.flat_map(|path| {
            let paths = Paths::new(path, DigestPath::Reference).expect("available");
            let ample = TableKeys::on(paths, 64 << 20);
            keys.publics().for_each(|key| ample.expect_often(key));
            [ample, TableKeys::on(paths, 1_000_000)]
        });
        let tables = tables.collect();
        (keys, tables)
    })
}

fuzz_target!(|input: &[u8]| {
    let (keys, tables) = subjects();
    let claims = from_bytes(keys, input);
    let expected = reference(&claims);
    for tables in tables {
        assert_eq!(tables.verify_digests(&claims), expected, "{}", tables.paths());
    }
});
