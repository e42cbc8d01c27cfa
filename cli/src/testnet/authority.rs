//! The certificate authority of a test network, kept so that `init` can issue for one more node.

use super::{Strength, random_passphrase, write_key};
use crate::failure::Failure;
use crate::passphrase::read;
use crate::write;
use bencao_crypto::keyfile::{self, Passphrase};
use bencao_crypto::x509::{Authority, Certificate, Subject, Validity};
use bencao_crypto::{PublicKey, SigningKey};
use std::path::{Path, PathBuf};

/// Longest file of an authority, bytes.
const FILE_BYTES_MAX: usize = 64 << 10;

/// `authority/` of a test network: `certificate.pem`, `key.pem`, `passphrase`.
pub(crate) struct AuthorityFiles(PathBuf);

impl AuthorityFiles {
    pub(crate) fn at(dir: &Path) -> AuthorityFiles {
        AuthorityFiles(dir.to_path_buf())
    }

    pub(super) fn write(&self, authority: &Authority, key: &SigningKey) -> Result<(), Failure> {
        write::folder(&self.0)?;
        let passphrase = random_passphrase()?;
        write::new_secret(&self.0.join("passphrase"), format!("{passphrase}\n").as_bytes())?;
        write_key(&self.0.join("key.pem"), key, &passphrase, Strength::TEST)?;
        write::new_file(&self.0.join("certificate.pem"), authority.certificate().to_pem().as_bytes())
    }

    /// A certificate for a node key, valid as long as the authority's own.
    pub(crate) fn issue(&self, name: &str, organisation: &str, key: &PublicKey) -> Result<String, Failure> {
        let path = |name: &str| self.0.join(name);
        let wrong = |e: &dyn std::fmt::Display| {
            let shown = self.0.display();
            Failure::input(
                format!("{shown}：不是证书机构目录：{e}"),
                format!("{shown}: not an authority's folder: {e}"),
            )
        };
        let pem = String::from_utf8(read(&path("certificate.pem"), FILE_BYTES_MAX)?).map_err(|e| wrong(&e))?;
        let certificate = Certificate::from_pem(&pem).map_err(|e| wrong(&e))?;
        let passphrase = Passphrase::new(read(&path("passphrase"), FILE_BYTES_MAX)?).map_err(|e| wrong(&e))?;
        let file = read(&path("key.pem"), FILE_BYTES_MAX)?;
        let own = keyfile::open(&file, Some(&passphrase)).map_err(|e| wrong(&e))?;
        let Validity { not_before_s, not_after_s } = certificate.validity();
        let authority = Authority::load(certificate, own).map_err(|e| wrong(&e))?;
        let subject = Subject { common_name: name, organisation };
        let issued = authority.issue(subject, key, Validity { not_before_s, not_after_s });
        issued.map(|c| c.to_pem()).map_err(|e| wrong(&e))
    }
}
