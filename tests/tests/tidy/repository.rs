//! The files of this repository, as the rules see them.

use std::fs;
use std::path::{Path, PathBuf};

/// A text file: its path from the root with forward slashes, and its content.
pub(crate) struct File {
    pub(crate) path: String,
    pub(crate) text: String,
}

/// What holds nothing written by hand.
const SKIPPED: [&str; 7] = [".git", "target", "node_modules", ".venv", "__pycache__", "corpus", "artifacts"];

pub(crate) fn root() -> PathBuf {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    manifest.parent().expect("the tests package lies in the root folder").to_path_buf()
}

/// Every text file of the repository, ordered by path.
pub(crate) fn files() -> Vec<File> {
    let root = root();
    let mut found = Vec::new();
    collect(&root, &root, &mut found);
    found.sort_by(|a, b| a.path.cmp(&b.path));
    assert!(found.iter().any(|file| file.path == "Cargo.toml"), "the walk has to start at the root");
    found
}

/// The Rust files among [`files`].
pub(crate) fn rust_files() -> Vec<File> {
    let mut files = files();
    files.retain(|file| file.path.ends_with(".rs"));
    files
}

fn collect(root: &Path, folder: &Path, found: &mut Vec<File>) {
    for entry in fs::read_dir(folder).expect("a folder of the repository is readable") {
        let path = entry.expect("a directory entry is readable").path();
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        // `.git` is a file where the repository has several work trees.
        if SKIPPED.contains(&name.as_str()) {
            continue;
        }
        if path.is_dir() {
            collect(root, &path, found);
        } else if let Ok(text) = fs::read_to_string(&path) {
            let relative = path.strip_prefix(root).expect("found below the root").to_string_lossy().replace('\\', "/");
            found.push(File { path: relative, text });
        }
    }
}

/// Fails with one finding a line.
#[track_caller]
pub(crate) fn assert_none(findings: &[String]) {
    assert!(findings.is_empty(), "{} finding(s):\n  {}\n", findings.len(), findings.join("\n  "));
}
