//! The absences: what the packages of the deterministic core never name, and what layers never know of each other.

use crate::lexer::{Token, tokens, without_tests};
use crate::repository::{File, assert_none, rust_files};

/// Folders of the packages that are functions of their arguments.
const PURE: [&str; 10] = [
    "crypto",
    "crypto/vector",
    "crypto/sm4",
    "genesis",
    "access",
    "consensus",
    "consensus/engine",
    "chaincode",
    "node/replica",
    "node/ledger",
];

/// Identifiers that bring in a clock, randomness, a runtime, a float or an unordered map.
const AMBIENT: [&str; 17] = [
    "Instant",
    "SystemTime",
    "UNIX_EPOCH",
    "HashMap",
    "HashSet",
    "RandomState",
    "DefaultHasher",
    "f32",
    "f64",
    "tokio",
    "rand",
    "thread_rng",
    "OsRng",
    "SysRng",
    "getrandom",
    "chrono",
    "rayon",
];

/// Modules of the standard library that touch the world.
const WORLD: [&str; 6] = ["fs", "net", "thread", "env", "process", "os"];

/// An exemption: where, which word, and why it does no harm there.
const EXEMPT: [(&str, &str, &str); 4] = [
    ("crypto/src/", "getrandom", "key generation and salts take operating-system randomness; nothing agreed on does"),
    ("chaincode/src/personal.rs", "f32", "serde's Serializer asks for the method; no operation holds one"),
    ("chaincode/src/personal.rs", "f64", "serde's Serializer asks for the method; no operation holds one"),
    ("crypto/src/tls/", "std::net", "the address type that rustls takes as a name; no socket"),
];

/// Production code: not a test file, not a bench, not an example.
fn is_production(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let test_file = name == "tests.rs" || name.ends_with("_tests.rs") || name.ends_with("_test.rs");
    !test_file && path.contains("src/") && !path.contains("/tests/") && !path.contains("/benches/")
}

/// The folder among [`PURE`] whose `src` holds `path`.
fn pure_package(path: &str) -> Option<&'static str> {
    PURE.into_iter().find(|folder| path.strip_prefix(folder).is_some_and(|rest| rest.starts_with("/src/")))
}

fn exempt(path: &str, word: &str) -> bool {
    EXEMPT.iter().any(|(folder, exempted, _)| path.starts_with(folder) && *exempted == word)
}

/// Impure names in the production code of one file.
fn impurities(path: &str, source: &str) -> Vec<String> {
    let code = without_tests(&tokens(source));
    let mut found: Vec<String> = Vec::new();
    let mut report = |token: &Token, what: &str| {
        if !exempt(path, what) {
            found.push(format!("{path}:{}: `{what}` in a pure package", token.line));
        }
    };
    for (at, token) in code.iter().enumerate() {
        if AMBIENT.contains(&token.text.as_str()) {
            report(token, &token.text);
        }
        if is_float(&token.text) {
            report(token, &token.text);
        }
        if token.text == "std" {
            for module in roots_of_path(&code[at + 1..]).into_iter().filter(|name| WORLD.contains(&name.as_str())) {
                report(token, &format!("std::{module}"));
            }
        }
    }
    found
}

fn is_float(text: &str) -> bool {
    let number = text.starts_with(|c: char| c.is_ascii_digit()) && !text.starts_with("0x");
    number && (text.contains('.') || text.ends_with("f32") || text.ends_with("f64"))
}

/// The names directly after a crate name: one for `::fs::read`, several for `::{fs, net::TcpStream}`.
fn roots_of_path(after: &[Token]) -> Vec<String> {
    if after.len() < 3 || after[0].text != ":" || after[1].text != ":" {
        return Vec::new();
    }
    if after[2].text != "{" {
        return vec![after[2].text.clone()];
    }
    let (mut depth, mut expects, mut names) = (0_usize, false, Vec::new());
    for token in &after[2..] {
        match token.text.as_str() {
            "{" => (depth, expects) = (depth + 1, depth == 0),
            "}" if depth == 1 => break,
            "}" => depth -= 1,
            "," => expects = depth == 1,
            name => {
                if expects {
                    names.push(name.to_owned());
                }
                expects = false;
            }
        }
    }
    names
}

/// Which words are strange to a layer, and why.
type Stranger = (fn(&str) -> bool, &'static str);

/// What the layer at `path` must not know of others.
fn strangers(path: &str) -> Option<Stranger> {
    if path.starts_with("consensus/") {
        let transactions = |word: &str| word == "bencao_chaincode" || word.contains("Transaction") || word == "Receipt";
        return Some((transactions, "consensus does not know what a transaction is"));
    }
    if path.starts_with("chaincode/") {
        const VOTES: [&str; 8] = [
            "bencao_consensus",
            "bencao_engine",
            "Vote",
            "SignedVote",
            "VoteKind",
            "CommitCertificate",
            "CommitSignature",
            "ValidatorSet",
        ];
        return Some((|word: &str| VOTES.contains(&word), "chaincode does not know what a vote is"));
    }
    if path.starts_with("cli/client/") {
        const NODE: [&str; 6] =
            ["bencao_node", "bencao_replica", "bencao_ledger", "bencao_store", "bencao_network", "bencao_engine"];
        return Some((|word: &str| NODE.contains(&word), "the client links nothing of a node"));
    }
    if !path.starts_with("consensus/engine/") && path.contains("src/") {
        return Some((|word: &str| word.starts_with("malachite"), "only the engine names the algorithm's crate"));
    }
    None
}

/// Names of one layer in another that has to stay ignorant of it. Tests are held to it as well.
fn acquaintances(path: &str, source: &str) -> Vec<String> {
    let Some((is_strange, reason)) = strangers(path) else { return Vec::new() };
    let code = tokens(source);
    let strange = code.iter().filter(|token| token.is_identifier() && is_strange(&token.text));
    strange.map(|token| format!("{path}:{}: `{}`: {reason}", token.line, token.text)).collect()
}

fn over_all(rule: fn(&str, &str) -> Vec<String>, applies: fn(&File) -> bool) -> Vec<String> {
    let files: Vec<_> = rust_files().into_iter().filter(applies).collect();
    assert!(!files.is_empty(), "the rule applies to nothing");
    files.iter().flat_map(|file| rule(&file.path, &file.text)).collect()
}

#[test]
fn pure_packages_touch_nothing() {
    assert_none(&over_all(impurities, |file| pure_package(&file.path).is_some() && is_production(&file.path)));
}

#[test]
fn every_pure_package_has_sources() {
    let files = rust_files();
    for folder in PURE {
        assert!(files.iter().any(|file| pure_package(&file.path) == Some(folder)), "{folder} holds no sources");
    }
}

#[test]
fn layers_stay_strangers() {
    assert_none(&over_all(acquaintances, |_| true));
}

#[cfg(test)]
mod rules {
    use super::*;

    fn refused(source: &str) -> bool {
        !impurities("chaincode/src/lib.rs", source).is_empty()
    }

    #[test]
    fn ambient_names_are_found() {
        for word in AMBIENT {
            assert!(refused(&format!("fn a() {{ {word} }}")), "{word}");
        }
        for module in WORLD {
            assert!(refused(&format!("use std::{module}::x;")), "{module}");
            assert!(refused(&format!("use std::{{sync::{{Arc, Mutex}}, {module}::x}};")), "{module} in a group");
        }
        assert!(refused("let a = 1.5;") && refused("let a = 2f64;"));
    }

    #[test]
    fn innocent_code_passes() {
        assert!(!refused(
            "use std::collections::BTreeMap; use std::{sync::Arc, time::Duration}; // HashMap\n let a = 0..5;"
        ));
        assert!(!refused("use std::{fmt::{self, net}};"), "a name deeper in the tree is another module");
        assert!(!refused("#[cfg(test)] mod tests { use std::fs; }"));
    }

    #[test]
    fn exemptions_hold_only_where_they_are_made() {
        assert!(impurities("crypto/src/sm2.rs", "getrandom::fill(&mut b);").is_empty());
        assert!(refused("getrandom::fill(&mut b);"));
    }

    #[test]
    fn test_files_and_pure_folders_are_recognised() {
        assert!(is_production("crypto/src/sm2.rs") && !is_production("crypto/src/x509/tests.rs"));
        assert!(!is_production("genesis/src/genesis_tests.rs") && !is_production("node/ledger/tests/crash.rs"));
        assert_eq!(pure_package("consensus/engine/src/lib.rs"), Some("consensus/engine"));
        assert_eq!(pure_package("node/src/lib.rs"), None);
    }

    #[test]
    fn strangers_are_found() {
        let finds = |path: &str, source: &str| !acquaintances(path, source).is_empty();
        assert!(
            finds("consensus/src/a.rs", "struct SignedTransaction;") && finds("consensus/engine/src/a.rs", "Receipt")
        );
        assert!(finds("chaincode/src/a.rs", "use bencao_consensus::Vote;"));
        assert!(finds("cli/client/src/a.rs", "use bencao_ledger::x;"));
        assert!(finds("node/src/a.rs", "use malachite_types::x;") && !finds("consensus/engine/src/a.rs", "malachite"));
        assert!(!finds("consensus/src/a.rs", "// a transaction is opaque\nstruct Batch;"));
    }
}
