//! Unsafe code lies in the few folders that are named here, each with its reason, and nowhere else.

use crate::lexer::tokens;
use crate::repository::{File, assert_none, files, rust_files};

/// A package that may hold unsafe code, the folder in it where, and what it is worth.
const PLACES: [(&str, &str, &str); 2] = [
    (
        "crypto/vector",
        "src/lanes/x86",
        "vector instructions, which SM2 verification and SM3 of many messages gain from",
    ),
    ("crypto/sm4", "src/x86", "vector instructions, which make SM4-GCM some ten to fifty times faster"),
];

/// Whether the package of this manifest may hold unsafe code, and so states its lints itself.
pub(crate) fn states_its_lints(manifest: &str) -> bool {
    PLACES.iter().any(|(package, _, _)| manifest.strip_suffix("/Cargo.toml") == Some(package))
}

/// `src/a` holds `src/a.rs` and all below `src/a/`.
fn is_allowed(path: &str) -> bool {
    PLACES.iter().any(|(package, folder, _)| {
        let rest = path.strip_prefix(package).and_then(|rest| rest.strip_prefix('/')?.strip_prefix(folder));
        rest.is_some_and(|rest| rest == ".rs" || rest.starts_with('/'))
    })
}

fn unsafe_words(path: &str, source: &str) -> Vec<String> {
    if is_allowed(path) {
        return Vec::new();
    }
    let code = tokens(source);
    let words = code.iter().filter(|token| token.text == "unsafe" || token.text == "unsafe_code");
    words.map(|token| format!("{path}:{}: `{}` outside the places for it", token.line, token.text)).collect()
}

/// The lints of a manifest that states them: those of the root manifest, with unsafe code denied instead of forbidden, so that
/// a module can allow it by name.
fn strange_lints(root: &toml::Table, manifest: &File) -> Vec<String> {
    let own: toml::Table = manifest.text.parse().expect("cargo reads this manifest, so it parses");
    let mut expected = root["workspace"]["lints"].as_table().expect("the root manifest states lints").clone();
    expected["rust"]["unsafe_code"] = "deny".into();
    let same = own.get("lints").and_then(toml::Value::as_table) == Some(&expected);
    if same { Vec::new() } else { vec![format!("{}: lints differ from the root manifest's", manifest.path)] }
}

#[test]
fn unsafe_code_lies_where_it_may() {
    assert_none(&rust_files().iter().flat_map(|file| unsafe_words(&file.path, &file.text)).collect::<Vec<_>>());
}

#[test]
fn places_hold_unsafe_code_and_are_linted_alike() {
    let all = files();
    let root = all.iter().find(|file| file.path == "Cargo.toml").expect("the root manifest exists");
    let root: toml::Table = root.text.parse().expect("cargo reads this manifest, so it parses");
    for (package, _, reason) in PLACES {
        assert!(reason.split_whitespace().count() > 3, "{package}: a reason");
        let manifest = all.iter().find(|file| file.path == format!("{package}/Cargo.toml")).expect("a package");
        assert_none(&strange_lints(&root, manifest));
    }
    let held = |file: &&File| is_allowed(&file.path) && tokens(&file.text).iter().any(|token| token.text == "unsafe");
    assert!(rust_files().iter().filter(held).count() >= PLACES.len(), "a place that nobody needs");
}

#[cfg(test)]
mod rules {
    use super::*;

    #[test]
    fn unsafe_words_are_found() {
        assert_eq!(unsafe_words("crypto/src/a.rs", "fn a() { unsafe { b() } }").len(), 1);
        assert_eq!(unsafe_words("crypto/vector/src/a.rs", "#![allow(unsafe_code)]").len(), 1);
        assert!(unsafe_words("crypto/src/a.rs", "// unsafe\nlet a = \"unsafe\";").is_empty());
        for allowed in ["crypto/vector/src/lanes/x86.rs", "crypto/vector/src/lanes/x86/avx2.rs"] {
            assert!(unsafe_words(allowed, "unsafe {}").is_empty());
        }
        assert_eq!(unsafe_words("crypto/vector/src/lanes/x86_other.rs", "unsafe {}").len(), 1);
        assert_eq!(unsafe_words("crypto/sm4/src/a.rs", "#![allow(unsafe_code)]").len(), 1);
        for allowed in ["crypto/sm4/src/x86.rs", "crypto/sm4/src/x86/avx2.rs"] {
            assert!(unsafe_words(allowed, "unsafe {}").is_empty());
        }
        assert_eq!(unsafe_words("crypto/sm4/src/x86_other.rs", "unsafe {}").len(), 1);
    }

    #[test]
    fn lints_have_to_be_the_workspaces() {
        let root = "[workspace.lints.rust]\nunsafe_code = 'forbid'\na = 'warn'".parse().expect("parses");
        let strange = |text: &str| {
            !strange_lints(&root, &File { path: "x/Cargo.toml".to_owned(), text: text.to_owned() }).is_empty()
        };
        assert!(!strange("[lints.rust]\nunsafe_code = 'deny'\na = 'warn'"));
        assert!(strange("[lints.rust]\nunsafe_code = 'allow'\na = 'warn'"));
        assert!(strange("[lints.rust]\nunsafe_code = 'deny'") && strange(""));
        assert!(states_its_lints("crypto/vector/Cargo.toml") && !states_its_lints("crypto/Cargo.toml"));
        assert!(states_its_lints("crypto/sm4/Cargo.toml") && !states_its_lints("crypto/Cargo.toml"));
    }
}
