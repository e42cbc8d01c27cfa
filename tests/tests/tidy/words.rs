//! Words that do not belong into the repository, and files that grew too long.

use crate::lexer::tokens;
use crate::repository::{File, assert_none, files};

/// Notes to oneself. Put together here, so that this file does not contain them.
const NOTES: [&str; 3] = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X")];

/// Macros that stand for code not written.
const ABSENT: [&str; 2] = [concat!("to", "do"), concat!("unim", "plemented")];

/// Absolute paths of a particular machine, and settings that choose a package registry for everybody.
const PLACES: [&str; 12] = [
    concat!("/wo", "rk/"),
    concat!("/ro", "ot/"),
    concat!("/ho", "me/"),
    concat!("/Use", "rs/"),
    concat!("/tmp", "/bt"),
    concat!("[sou", "rce."),
    concat!("[regis", "tries"),
    concat!("replace", "-with"),
    concat!("index", "-url"),
    concat!("index.crates", ".io"),
    concat!("registry.npm", "js.org"),
    concat!("proxy.", "golang.org"),
];

/// Longest source file that nobody has to justify, lines.
const LINES_MAX: usize = 800;

/// A longer file, and why it is one.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct LongFile {
    path: String,
    lines_max: usize,
    reason: String,
}

#[derive(Debug, Default, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct LongFiles {
    #[serde(default)]
    file: Vec<LongFile>,
}

fn is_word_at(line: &str, at: usize, word: &str) -> bool {
    let inside = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
    !inside(line[..at].chars().next_back()) && !inside(line[at + word.len()..].chars().next())
}

fn notes(path: &str, text: &str) -> Vec<String> {
    let mut findings = Vec::new();
    for (index, line) in text.lines().enumerate() {
        for note in NOTES {
            if line.match_indices(note).any(|(at, _)| is_word_at(line, at, note)) {
                findings.push(format!("{path}:{}: {note}", index + 1));
            }
        }
    }
    findings
}

fn absent_code(path: &str, source: &str) -> Vec<String> {
    let code = tokens(source);
    let calls = code.windows(2).filter(|pair| ABSENT.contains(&pair[0].text.as_str()) && pair[1].text == "!");
    calls.map(|pair| format!("{path}:{}: {}!", pair[0].line, pair[0].text)).collect()
}

/// Home folders are made up in tests of paths.
const MADE_UP_IN_TESTS: &str = concat!("/ho", "me/");

fn places(path: &str, text: &str) -> Vec<String> {
    let lines = text.lines().enumerate();
    let is_test = path.ends_with("tests.rs") || path.contains("/tests/");
    let hits = lines.flat_map(|(index, line)| {
        let found = PLACES.into_iter().filter(move |place| line.contains(place));
        found.filter(move |place| !(is_test && *place == MADE_UP_IN_TESTS)).map(move |place| (index + 1, place))
    });
    hits.map(|(line, place)| format!("{path}:{line}: {place}")).collect()
}

fn long_files(sizes: &[(String, usize)], allowed: &[LongFile]) -> Vec<String> {
    let mut findings = Vec::new();
    for (path, lines) in sizes {
        let bound = allowed.iter().find(|file| file.path == *path).map_or(LINES_MAX, |file| file.lines_max);
        if *lines > bound {
            findings.push(format!("{path}: {lines} lines, at most {bound}; split it by concept"));
        }
    }
    for file in allowed {
        let size = sizes.iter().find(|(path, _)| *path == file.path).map_or(0, |(_, lines)| *lines);
        if size <= LINES_MAX {
            findings.push(format!("{}: no longer needs its exemption", file.path));
        }
        if file.reason.split_whitespace().count() < 4 {
            findings.push(format!("{}: an exemption without a reason", file.path));
        }
    }
    findings
}

/// Text that people write: everything except the lock files, the licence and recorded data.
fn written() -> Vec<File> {
    let mut written = files();
    written.retain(|file| {
        !file.path.ends_with("Cargo.lock") && file.path != "LICENSE" && !file.path.contains("/testdata/")
    });
    written
}

#[test]
fn no_notes_to_oneself() {
    assert_none(&written().iter().flat_map(|file| notes(&file.path, &file.text)).collect::<Vec<_>>());
}

#[test]
fn no_code_left_for_later() {
    let rust = written().into_iter().filter(|file| file.path.ends_with(".rs"));
    assert_none(&rust.flat_map(|file| absent_code(&file.path, &file.text)).collect::<Vec<_>>());
}

#[test]
fn no_machine_or_registry_is_named() {
    assert_none(&written().iter().flat_map(|file| places(&file.path, &file.text)).collect::<Vec<_>>());
}

#[test]
fn files_stay_readable() {
    let rust = written().into_iter().filter(|file| file.path.ends_with(".rs"));
    let sizes: Vec<_> = rust.map(|file| (file.path, file.text.lines().count())).collect();
    let allowed: LongFiles = toml::from_str(include_str!("../../golden/long-files.toml")).expect("the list parses");
    assert_none(&long_files(&sizes, &allowed.file));
}

#[cfg(test)]
mod rules {
    use super::*;

    #[test]
    fn notes_are_found_as_whole_words() {
        for note in NOTES {
            assert_eq!(notes("a.md", &format!("fine\n// {note}(me): later")).len(), 1, "{note}");
            assert!(notes("a.md", &format!("A{note}B")).is_empty(), "{note} inside a word");
        }
    }

    #[test]
    fn missing_code_is_found_and_prose_is_not() {
        for name in ABSENT {
            assert_eq!(absent_code("a.rs", &format!("fn a() {{ {name}!() }}")).len(), 1);
            assert!(absent_code("a.rs", &format!("// {name}!()\nlet {name} = 1;")).is_empty());
        }
    }

    #[test]
    fn places_are_found() {
        for place in PLACES {
            assert_eq!(places("a.sh", &format!("cd x\ncat {place}y")).len(), 1, "{place}");
        }
        let made_up = format!("open({MADE_UP_IN_TESTS}x)");
        assert!(places("node/src/config/tests.rs", &made_up).is_empty() && !places("a.rs", &made_up).is_empty());
        assert!(places("a.sh", "cat /var/lib/bencao /tmp/x https://example.org").is_empty());
    }

    #[test]
    fn long_files_need_a_reason_and_exemptions_a_need() {
        let sizes = |lines: usize| [("a.rs".to_owned(), lines)];
        let allow = |reason: &str| [LongFile { path: "a.rs".to_owned(), lines_max: 900, reason: reason.to_owned() }];
        let good = "one table, read as a whole";
        assert_eq!(long_files(&sizes(801), &[]).len(), 1);
        assert!(long_files(&sizes(800), &[]).is_empty() && long_files(&sizes(900), &allow(good)).is_empty());
        assert_eq!(long_files(&sizes(901), &allow(good)).len(), 1);
        assert_eq!(long_files(&sizes(500), &allow(good)).len(), 1, "an exemption that nobody needs");
        assert_eq!(long_files(&sizes(900), &allow("big")).len(), 1);
    }
}
