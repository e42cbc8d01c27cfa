//! Documents that keep their word: links and paths lead somewhere, glossary terms exist in the code.

use std::collections::BTreeSet;
use std::path::Path;

use crate::lexer::tokens;
use crate::repository::{File, assert_none, files, root, rust_files};

/// Documents whose back-quoted paths are promises about this repository.
const MAPS: [&str; 4] = ["ARCHITECTURE.md", "README.md", "README.zh-CN.md", "docs/operations.md"];

/// The text between back quotes, outside fenced blocks, with its line.
fn quoted(text: &str) -> Vec<(usize, String)> {
    let mut fenced = false;
    let mut found = Vec::new();
    for (index, line) in text.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        } else if !fenced {
            found.extend(line.split('`').skip(1).step_by(2).map(|span| (index + 1, span.to_owned())));
        }
    }
    found
}

/// Targets of Markdown links that lead into the repository.
fn links(text: &str) -> Vec<(usize, String)> {
    let lines = text.lines().enumerate();
    let targets = lines.flat_map(|(index, line)| {
        let after_brackets = line.split("](").skip(1);
        after_brackets.filter_map(move |rest| Some((index + 1, rest.split(')').next()?.to_owned())))
    });
    targets.filter(|(_, target)| !target.contains("://") && !target.starts_with(['#', '<'])).collect()
}

fn broken_links(path: &str, text: &str, exists: &dyn Fn(&Path) -> bool) -> Vec<String> {
    let folder = Path::new(path).parent().unwrap_or(Path::new(""));
    let broken = links(text).into_iter().filter(|(_, target)| {
        let file = target.split('#').next().unwrap_or_default();
        !exists(&folder.join(file))
    });
    broken.map(|(line, target)| format!("{path}:{line}: link to {target} leads nowhere")).collect()
}

/// Back-quoted paths that start at an entry of the root folder but do not exist.
fn broken_paths(path: &str, text: &str, exists: &dyn Fn(&Path) -> bool) -> Vec<String> {
    let plain = |span: &str| span.chars().all(|c| c.is_ascii_alphanumeric() || "._-/".contains(c));
    let promised = quoted(text).into_iter().filter(|(_, span)| {
        let first = span.split('/').next().unwrap_or_default();
        let names_a_file = span.contains('/') || span.ends_with(".md") || span.ends_with(".toml");
        let promises = !first.is_empty() && first != "target" && (span.ends_with(".md") || exists(Path::new(first)));
        plain(span) && names_a_file && promises
    });
    let broken = promised.filter(|(_, span)| !exists(Path::new(span)));
    broken.map(|(line, span)| format!("{path}:{line}: `{span}` does not exist")).collect()
}

/// Identifiers of the glossary's second column: `| 中文 | `Identifier` | definition | source |`.
fn glossary_identifiers(text: &str) -> Vec<(usize, String)> {
    let rows = text.lines().enumerate().filter(|(_, line)| line.starts_with("| "));
    let columns = rows.filter_map(|(index, line)| Some((index + 1, line.split('|').nth(2)?.to_owned())));
    columns.flat_map(|(line, column)| quoted(&column).into_iter().map(move |(_, name)| (line, name))).collect()
}

fn unused_terms(glossary: &str, used: &BTreeSet<String>) -> Vec<String> {
    let known = |name: &str| name.split(['.', ':']).filter(|part| !part.is_empty()).all(|part| used.contains(part));
    let unused = glossary_identifiers(glossary).into_iter().filter(|(_, name)| !known(name));
    unused.map(|(line, name)| format!("docs/glossary.md:{line}: no source says `{name}`")).collect()
}

fn markdown() -> Vec<File> {
    files().into_iter().filter(|file| file.path.ends_with(".md")).collect()
}

fn exists(path: &Path) -> bool {
    root().join(path).exists()
}

#[test]
fn links_lead_somewhere() {
    assert_none(&markdown().iter().flat_map(|file| broken_links(&file.path, &file.text, &exists)).collect::<Vec<_>>());
}

#[test]
fn paths_in_maps_exist() {
    let all = markdown();
    for map in MAPS {
        let file = all.iter().find(|file| file.path == map).unwrap_or_else(|| panic!("{map} is missing"));
        assert_none(&broken_paths(map, &file.text, &exists));
    }
}

#[test]
fn glossary_terms_are_used() {
    let all = markdown();
    let glossary = all.iter().find(|file| file.path == "docs/glossary.md").expect("the glossary exists");
    let used = rust_files().iter().flat_map(|file| tokens(&file.text)).map(|token| token.text).collect();
    assert!(glossary_identifiers(&glossary.text).len() > 20, "the glossary's table is read");
    assert_none(&unused_terms(&glossary.text, &used));
}

#[test]
fn architecture_names_every_package() {
    let all = files();
    let text = &all.iter().find(|file| file.path == "ARCHITECTURE.md").expect("ARCHITECTURE.md exists").text;
    let manifests = all.iter().filter(|file| file.path.ends_with("/Cargo.toml"));
    let folders = manifests.map(|file| file.path.trim_end_matches("Cargo.toml").to_owned());
    let missing = folders.filter(|folder| !text.contains(&format!("`{folder}`")));
    assert_none(&missing.map(|folder| format!("ARCHITECTURE.md does not explain `{folder}`")).collect::<Vec<_>>());
}

#[cfg(test)]
mod rules {
    use super::*;

    fn only(known: &'static [&'static str]) -> impl Fn(&Path) -> bool {
        move |path| known.iter().any(|name| Path::new(name) == path)
    }

    #[test]
    fn broken_links_are_found() {
        let exists = only(&["docs/a.md", "docs"]);
        let broken = |text: &str| broken_links("docs/b.md", text, &exists).len();
        assert_eq!(broken("[a](a.md) [s](a.md#x) [w](https://a.b/c) [h](#here)"), 0);
        assert_eq!(broken("[a](c.md)\nx [b](../docs/z.md)"), 2);
    }

    #[test]
    fn broken_paths_are_found_only_where_a_path_is_meant() {
        let exists = only(&["crypto", "crypto/src"]);
        let broken = |text: &str| broken_paths("README.md", text, &exists).len();
        assert_eq!(broken("`crypto/src` `GET /v1/status` `v1/status` `make test`\n```\n`crypto/none`\n```"), 0);
        assert_eq!(broken("`crypto/none` and `NOWHERE.md`"), 2);
    }

    #[test]
    fn unused_terms_are_found() {
        let used: BTreeSet<_> = ["TraceCode", "Role", "Producer"].map(str::to_owned).into();
        assert!(
            unused_terms("| 追溯码 | `TraceCode` | `Other` |\n| 生产企业 | `Role::Producer` | |", &used).is_empty()
        );
        assert_eq!(unused_terms("| 追溯码 | `Tracer` | |\n| x | `Role::Nobody` | |", &used).len(), 2);
    }
}
