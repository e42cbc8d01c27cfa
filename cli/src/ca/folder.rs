//! The folder of an authority.

use super::{read_chain, wrong};
use crate::args::PassphraseArgs;
use crate::console::Console;
use crate::failure::Failure;
use crate::{passphrase, write};
use bencao_crypto::x509::{Authority, Certificate};
use std::path::{Path, PathBuf};

/// Most certificates that are listed.
const ISSUED_MAX: usize = 100_000;

/// Where an authority's files are.
pub(super) struct Folder(PathBuf);

impl Folder {
    pub(super) fn at(dir: &Path) -> Folder {
        Folder(dir.to_path_buf())
    }

    pub(super) fn certificate_path(&self) -> PathBuf {
        self.0.join("certificate.pem")
    }

    fn issued_path(&self) -> PathBuf {
        self.0.join("issued")
    }

    /// The folder must hold nothing yet.
    pub(super) fn refuse_used(&self) -> Result<(), Failure> {
        write::folder(&self.0)?;
        let mut entries = std::fs::read_dir(&self.0).map_err(|e| Failure::file(&self.0, &e))?;
        if entries.next().is_none() {
            return Ok(());
        }
        let shown = self.0.display();
        Err(Failure::input(format!("目录 {shown} 不为空"), format!("{shown} is not empty")))
    }

    /// Writes a new authority; the certificate comes last.
    pub(super) fn create(&self, certificate: &Certificate, key: &[u8]) -> Result<(), Failure> {
        write::folder(&self.issued_path())?;
        write::new_secret(&self.0.join("key.pem"), key)?;
        write::new_file(&self.certificate_path(), certificate.to_pem().as_bytes())
    }

    /// Its certificate, followed by those above it if it is not a root.
    pub(super) fn chain(&self) -> Result<Vec<Certificate>, Failure> {
        read_chain(&self.certificate_path())
    }

    /// Its own certificate.
    pub(super) fn certificate(&self) -> Result<Certificate, Failure> {
        let chain = self.chain()?;
        chain.into_iter().next().ok_or_else(|| Failure::internal(&"an empty chain"))
    }

    /// Opens the authority.
    pub(super) fn open(&self, console: &Console, args: &PassphraseArgs) -> Result<Authority, Failure> {
        let key = passphrase::open_key(console, &self.0.join("key.pem"), args)?;
        Authority::load(self.certificate()?, key).map_err(wrong(&self.0.display().to_string()))
    }

    /// Remembers what was issued. The same certificate again is one.
    pub(super) fn keep(&self, certificate: &Certificate) -> Result<(), Failure> {
        let path = self.issued_path().join(format!("{}.pem", certificate.serial()));
        write::folder(&self.issued_path())?;
        write::replace(&path, certificate.to_pem().as_bytes())
    }

    /// What was issued, in no order.
    pub(super) fn issued(&self) -> Result<Vec<Certificate>, Failure> {
        let path = self.issued_path();
        let failed = |e: std::io::Error| Failure::file(&path, &e);
        let mut found = Vec::new();
        for entry in std::fs::read_dir(&path).map_err(failed)?.take(ISSUED_MAX) {
            let file = entry.map_err(failed)?.path();
            if file.extension().is_some_and(|e| e == "pem") {
                found.extend(read_chain(&file)?.into_iter().next());
            }
        }
        Ok(found)
    }
}
