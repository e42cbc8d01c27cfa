//! `bencao bench crypto`: what the operations that a node is made of cost on this machine, by every path that its processor has.
//!
//! Figures are CPU time of one thread, so that other jobs on the machine do not count, and medians of rounds. Each gets an equal
//! share of the time asked for.

mod meter;
mod table;

use crate::args::BenchCryptoArgs;
use crate::console::Console;
use crate::failure::{Failure, Report};
use bencao_crypto::path::{DigestPath, Paths, VerifyPath};
use bencao_crypto::sm4::{self, Sm4Gcm};
use bencao_crypto::{CryptoPath, KnownKeys, LibraryKeys, Messages, SigningKey, TableKeys, TableSigner, VerifyItem};
use meter::Meter;
use serde_json::{Map, Value, json};
use std::hint::black_box;
use std::time::Duration;

/// Signers, each with a table: about as many as a block of a busy network has.
const KEYS: u8 = 32;
/// Claims of one batch.
const CLAIMS: usize = 256;
/// Memory for the tables of all signers, bytes.
const TABLES_BYTES: usize = 32 << 20;
/// Messages digested in one round.
const MESSAGES: usize = 64;
/// Sizes of messages and of records, bytes: two digests or a vote, a transaction, and up to the largest record of TLS.
const SIZES: [usize; 4] = [64, 400, 1024, 16384];
/// Paths of SM3 that operators meet.
const SM3_PATHS: [DigestPath; 3] = [DigestPath::Reference, DigestPath::Avx2, DigestPath::Avx512];
/// Associated data, as a record of TLS has it.
const AAD: [u8; 5] = [0x17, 3, 3, 1, 0xa1];
/// Figures in all: of verification, signing, tables, SM3 and SM4.
const FIGURES: usize = 4 + 2 + 2 + (SM3_PATHS.len() + sm4::Path::ALL.len()) * SIZES.len();

pub(crate) fn run(console: &Console, args: &BenchCryptoArgs) -> Result<Report, Failure> {
    let chosen = CryptoPath::Auto.resolve().map_err(|e| Failure::internal(&e))?;
    let meter = Meter::new(console.progress(FIGURES as u64), Duration::from_secs(args.seconds), FIGURES);
    let json = measure(&meter, chosen);
    drop(meter);
    let text = table::text(console, &json);
    Ok(Report::done(json, text))
}

fn measure(meter: &Meter, chosen: Paths) -> Value {
    let claims = claims();
    json!({
        "path": { "verify": chosen.verify().name(), "sm3": chosen.digest().name(), "sm4": sm4::Path::best().name() },
        "sm2_verify_us": verifying(meter, chosen.digest(), &claims),
        "sm2_sign_us": signing(meter),
        "table_build_us": building(meter, chosen, &claims[0]),
        "sm3_us": digesting(meter),
        "sm4_gcm_mb_per_s": sealing(meter),
    })
}

/// Valid claims on short messages, as the ledger signs them: a tag and a digest.
fn claims() -> Vec<VerifyItem> {
    let signers: Vec<TableSigner> = (1..=KEYS).map(|seed| TableSigner::new(key(seed))).collect();
    let claim = |(i, signer): (usize, &TableSigner)| {
        let message = message(i as u8);
        VerifyItem { key: signer.key().public(), signature: signer.sign(&message), message }
    };
    signers.iter().cycle().take(CLAIMS).enumerate().map(claim).collect()
}

fn key(seed: u8) -> SigningKey {
    SigningKey::from_bytes(&[seed; 32]).expect("less than the order of the group")
}

fn message(seed: u8) -> Vec<u8> {
    [&b"bencao/bench/1\0"[..], &[seed; 32]].concat()
}

/// By the library, and with tables: one by one, in batches, in batches side by side in vector registers.
fn verifying(meter: &Meter, digest: DigestPath, claims: &[VerifyItem]) -> Value {
    let with_tables = |verify| {
        let keys = TableKeys::on(Paths::new(verify, digest).ok()?, TABLES_BYTES);
        claims.iter().for_each(|claim| keys.expect_often(&claim.key));
        Some(keys)
    };
    let one_by_one = |keys: &dyn KnownKeys| {
        let mut claims = claims.iter().cycle();
        meter.us(1, || {
            let claim = claims.next().expect("a cycle goes on");
            assert!(keys.verify(black_box(claim)), "a valid signature");
        })
    };
    let together = |keys: TableKeys| {
        meter.us(CLAIMS, || {
            assert_eq!(keys.verify_batch(black_box(claims)), [true; CLAIMS], "valid signatures");
        })
    };
    let portable = with_tables(VerifyPath::Portable).expect("every processor has it");
    let (reference, single) = (one_by_one(&LibraryKeys), one_by_one(&portable));
    let batch = together(portable);
    let vector = with_tables(VerifyPath::Ifma).map(together);
    if vector.is_none() {
        meter.skip(1);
    }
    let vector = vector.map(rounded);
    json!({ "reference": rounded(reference), "single": rounded(single), "batch": rounded(batch), "vector": vector })
}

/// By the library, and with a table of the base point.
fn signing(meter: &Meter) -> Value {
    let (key, message) = (key(1), message(1));
    let signer = TableSigner::new(key.clone());
    let reference = meter.us(1, || _ = black_box(key.sign(black_box(&message))));
    let tables = meter.us(1, || _ = black_box(signer.sign(black_box(&message))));
    json!({ "reference": rounded(reference), "tables": rounded(tables) })
}

/// Of what is kept for a key that is seen, and for one that is seen often.
fn building(meter: &Meter, paths: Paths, claim: &VerifyItem) -> Value {
    let comb = meter.us(1, || TableKeys::on(paths, TABLES_BYTES).expect(black_box(&claim.key)));
    let table = meter.us(1, || TableKeys::on(paths, TABLES_BYTES).expect_often(black_box(&claim.key)));
    json!({ "comb": rounded(comb), "table": rounded(table) })
}

/// Of many messages of one size, which the reference takes one by one.
fn digesting(meter: &Meter) -> Value {
    let of_path = |digest: DigestPath| {
        let paths = Paths::new(VerifyPath::Portable, digest).ok()?;
        Some(by_size(|size| {
            let mut messages = Messages::with_capacity(MESSAGES, size);
            (0..MESSAGES).for_each(|i| messages.push(&[&vec![i as u8; size]]));
            meter.us(MESSAGES, || _ = black_box(paths.sm3_all(black_box(&messages))))
        }))
    };
    by_path(meter, SM3_PATHS.map(|path| (path.name(), of_path(path))))
}

fn sealing(meter: &Meter) -> Value {
    let of_path = |path: sm4::Path| {
        let cipher = Sm4Gcm::with_path(path, &[9; sm4::KEY_BYTES]).ok()?;
        Some(by_size(|size| {
            let (mut record, mut number) = (vec![7; size], 0u64);
            let us = meter.us(1, || {
                number += 1;
                let mut nonce = [0; sm4::NONCE_BYTES];
                nonce[4..].copy_from_slice(&number.to_be_bytes());
                _ = black_box(cipher.seal_in_place(&nonce, &AAD, black_box(&mut record)));
            });
            // Bytes a microsecond are megabytes a second.
            size as f64 / us
        }))
    };
    by_path(meter, sm4::Path::ALL.map(|path| (path.name(), of_path(path))))
}

/// `null` for a path that this processor does not have.
fn by_path<const N: usize>(meter: &Meter, figures: [(&str, Option<Value>); N]) -> Value {
    let figure = |(name, figures): (&str, Option<Value>)| {
        if figures.is_none() {
            meter.skip(SIZES.len());
        }
        (name.to_string(), figures.unwrap_or_default())
    };
    Value::Object(figures.into_iter().map(figure).collect::<Map<_, _>>())
}

fn by_size(mut figure: impl FnMut(usize) -> f64) -> Value {
    Value::Object(SIZES.iter().map(|size| (size.to_string(), rounded(figure(*size)).into())).collect())
}

/// To three places: the rest is noise.
fn rounded(figure: f64) -> f64 {
    (figure * 1e3).round() / 1e3
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::{Lang, Output};
    use indicatif::ProgressBar;

    #[test]
    fn every_figure_is_taken_or_null_where_the_processor_lacks_the_path() {
        let bar = ProgressBar::hidden();
        let chosen = CryptoPath::Auto.resolve().unwrap();
        let json = measure(&Meter::new(bar.clone(), Duration::ZERO, FIGURES), chosen);
        assert_eq!(bar.position(), FIGURES as u64);
        let is_figure = |path: &str, is_there: bool| {
            let figure = json.pointer(path).unwrap_or_else(|| panic!("{path} is missing"));
            assert_eq!(figure.as_f64().is_some_and(|figure| figure > 0.0), is_there, "{path}: {figure}");
        };
        for name in ["sm2_verify_us/reference", "sm2_verify_us/single", "sm2_verify_us/batch", "sm2_sign_us/reference"]
        {
            is_figure(&format!("/{name}"), true);
        }
        for name in ["sm2_sign_us/tables", "table_build_us/comb", "table_build_us/table"] {
            is_figure(&format!("/{name}"), true);
        }
        is_figure("/sm2_verify_us/vector", VerifyPath::Ifma.is_available());
        for (table, name, is_there) in SM3_PATHS
            .map(|path| ("sm3_us", path.name(), path.is_available()))
            .into_iter()
            .chain(sm4::Path::ALL.map(|path| ("sm4_gcm_mb_per_s", path.name(), path.is_available())))
        {
            assert_eq!(json[table][name].is_null(), !is_there, "{table}: {name}");
            if is_there {
                SIZES.iter().for_each(|size| is_figure(&format!("/{table}/{name}/{size}"), true));
            }
        }
        assert_eq!(json["path"]["verify"], chosen.verify().name());
        assert_eq!(json["path"]["sm4"], sm4::Path::best().name());

        let text = table::text(&Console { lang: Lang::En, output: Output::Text }, &json);
        for name in ["portable", "reference", "16384", "SM2 verify", "table"] {
            assert!(text.contains(name), "{name}: {text}");
        }
        let rows = text.lines().filter(|line| line.starts_with("  ") && !line.starts_with("   ")).count();
        assert_eq!(rows, 4 + 2 + 2 + SM3_PATHS.len() + sm4::Path::ALL.len());
    }
}
