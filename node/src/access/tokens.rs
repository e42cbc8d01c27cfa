//! The tokens of a home, read again when their file has changed, so that a revoked one ends at once.

use crate::limits::TOKEN_FILE_BYTES_MAX;
use bencao_access::token::{KEY_BYTES, TokenFile, Tokens};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use zeroize::Zeroizing;

/// File of the list.
pub(crate) const LIST: &str = "tokens.toml";
/// File with the key of digests: 64 hexadecimal digits.
pub(crate) const KEY: &str = "token-key";

/// Which version of a file: replaced files differ in their inode, changed ones in time or length.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Stamp {
    inode: u64,
    length: u64,
    changed: (i64, i64),
}

/// The list as it was read last.
#[derive(Debug)]
pub(crate) struct TokenStore {
    folder: PathBuf,
    last: Mutex<(Option<Stamp>, Option<Arc<Tokens>>)>,
}

impl TokenStore {
    /// Tokens in `folder`, which need not exist.
    pub(crate) fn new(folder: &Path) -> TokenStore {
        TokenStore { folder: folder.to_owned(), last: Mutex::default() }
    }

    /// The tokens of the moment; none if there is no list, or one that cannot be read: then the log says so.
    pub(crate) fn current(&self) -> Option<Arc<Tokens>> {
        let stamp = self.stamp();
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if last.0 != stamp {
            let tokens = stamp.and_then(|_| match self.read() {
                Ok(tokens) => Some(Arc::new(tokens)),
                Err(reason) => {
                    tracing::error!(folder = %self.folder.display(), reason, "no token counts until this is mended");
                    None
                }
            });
            *last = (stamp, tokens);
        }
        last.1.clone()
    }

    fn stamp(&self) -> Option<Stamp> {
        let about = std::fs::metadata(self.folder.join(LIST)).ok()?;
        Some(Stamp { inode: about.ino(), length: about.len(), changed: (about.ctime(), about.ctime_nsec()) })
    }

    fn read(&self) -> Result<Tokens, String> {
        let text = |name: &str| {
            let path = self.folder.join(name);
            let length = std::fs::metadata(&path).map_err(|e| format!("{name}: {e}"))?.len();
            if length > TOKEN_FILE_BYTES_MAX {
                return Err(format!("{name}: too large"));
            }
            std::fs::read_to_string(&path).map(Zeroizing::new).map_err(|e| format!("{name}: {e}"))
        };
        let mut key = Zeroizing::new([0; KEY_BYTES]);
        let digits = text(KEY)?;
        hex::decode_to_slice(digits.trim(), &mut key[..])
            .map_err(|_| format!("{KEY}: expected 64 hexadecimal digits"))?;
        let list: TokenFile = toml::from_str(&text(LIST)?).map_err(|e| format!("{LIST}: {}", e.message()))?;
        Tokens::new(key, list).map_err(|e| format!("{LIST}: {e}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_read_again_when_it_is_replaced_and_a_bad_one_counts_for_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let store = TokenStore::new(folder.path());
        assert!(store.current().is_none());
        let replace = |name: &str, text: &str| {
            let fresh = folder.path().join("fresh");
            std::fs::write(&fresh, text).unwrap();
            std::fs::rename(&fresh, folder.path().join(name)).unwrap();
        };
        replace(KEY, &"07".repeat(KEY_BYTES));
        replace(LIST, "");
        let first = store.current().unwrap();
        assert!(Arc::ptr_eq(&first, &store.current().unwrap()), "read once");
        for bad in ["tokens = 1", "[[tokens]]\nid = \"zz\"\n", "surplus = true"] {
            replace(LIST, bad);
            assert!(store.current().is_none(), "{bad}");
        }
        replace(LIST, "\n");
        assert!(store.current().is_some());
    }
}
