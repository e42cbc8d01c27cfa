//! The certificates of a node: shown to peers, looked at for their end, read again when their files change.
//!
//! A certificate that ends is announced 90, 30 and 7 days before, and then every day; it never stops a node whose key is on the
//! chain (D15). A renewed one for the same key needs neither a restart nor a transaction: the file is read again within
//! [`crate::limits::DISK_INTERVAL`], or at once on SIGHUP.

use super::clock::Clock;
use crate::metrics::{Label, Metrics};
use bencao_crypto::tls::{Authorities, Identity};
use bencao_crypto::x509::{Certificate, ChainError, Expiry, Purpose, Roots, Standing, Validity, X509Error};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// What is watched, and where it lies.
pub(crate) struct Certificates {
    pub(crate) identity: Identity,
    pub(crate) authorities: Authorities,
    pub(crate) identity_path: PathBuf,
    pub(crate) authorities_path: PathBuf,
    pub(crate) clock: Clock,
    pub(crate) metrics: Arc<Metrics>,
    /// What was last said of each certificate.
    pub(crate) said: Mutex<Vec<Notice>>,
}

/// What was said of a certificate: which it is, and its warning with the days left, if there was one.
pub(crate) type Notice = (String, Option<(Expiry, i64)>);

/// What a certificate is to this node.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Place {
    /// Its own.
    Node,
    /// Between its own and an authority.
    Chain,
    /// An authority.
    Authority,
}

impl Place {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Place::Node => "node",
            Place::Chain => "chain",
            Place::Authority => "authority",
        }
    }
}

/// One certificate as it stands now.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Look {
    pub(crate) place: Place,
    pub(crate) name: String,
    pub(crate) validity: Validity,
    pub(crate) days_left: i64,
    pub(crate) expiry: Expiry,
}

/// Why a changed file is not taken.
#[derive(Debug, thiserror::Error)]
enum ReadError {
    #[error("cannot be read: {0}")]
    File(#[from] std::io::Error),
    #[error("{0}")]
    Certificate(#[from] X509Error),
    #[error("does not lead to the authorities: {0}")]
    Chain(#[from] ChainError),
}

impl Certificates {
    /// Every certificate as it stands now, the node's own first.
    pub(crate) fn looks(&self) -> Vec<Look> {
        let now_s = self.clock.wall_s();
        let own = self.identity.chain().into_iter().enumerate();
        let own = own.map(|(i, c)| (if i == 0 { Place::Node } else { Place::Chain }, c));
        let roots = self.authorities.roots();
        let authorities = roots.certificates().iter().map(|c| (Place::Authority, c.clone()));
        own.chain(authorities).map(|(place, c)| look(place, &c, now_s)).collect()
    }

    /// Days until the node's own certificate ends; negative afterwards.
    pub(crate) fn days_left(&self) -> i64 {
        days_left(self.identity.certificate().validity(), self.clock.wall_s())
    }

    /// Reads both files again, takes what changed and is usable, and says what ends soon.
    pub(crate) fn refresh(&self) {
        if let Err(error) = self.refresh_authorities() {
            tracing::error!(%error, file = %self.authorities_path.display(), "authorities are not read again: those in use stay");
        }
        if let Err(error) = self.refresh_identity() {
            tracing::error!(%error, file = %self.identity_path.display(), "the certificate is not read again: the one in use stays");
        }
        self.announce();
    }

    fn refresh_authorities(&self) -> Result<(), ReadError> {
        let found = Certificate::authorities_from_pem(&read(&self.authorities_path)?)?;
        if self.authorities.roots().certificates() == found {
            return Ok(());
        }
        self.authorities.replace(Roots::new(&found)?);
        tracing::info!(authorities = found.len(), "the certificates of authorities were read again");
        Ok(())
    }

    /// A chain that no peer would accept is not taken; its dates are another matter.
    fn refresh_identity(&self) -> Result<(), ReadError> {
        let found = Certificate::chain_from_pem(&read(&self.identity_path)?)?;
        if self.identity.chain() == found {
            return Ok(());
        }
        let leaf = found.first().ok_or(X509Error::Malformed)?;
        if *leaf.key() != self.identity.public() {
            return Err(X509Error::OtherKey.into());
        }
        self.authorities.roots().verify_undated(&der(&found), Purpose::Server)?;
        self.identity.renew(found)?;
        let now = look(Place::Node, &self.identity.certificate(), self.clock.wall_s());
        tracing::info!(days_left = now.days_left, "the node's certificate was read again and is shown from now on");
        Ok(())
    }

    /// Logs each certificate that ends soon or has ended, whenever its warning changes and once a day; sets the gauges.
    fn announce(&self) {
        let looks = self.looks();
        self.metrics.certificate_days.set(self.days_left());
        for place in [Place::Node, Place::Chain, Place::Authority] {
            let least = looks.iter().filter(|l| l.place == place).map(|l| l.days_left).min();
            if let Some(days) = least {
                self.metrics.certificates.get_or_create(&Label { kind: place.name() }).set(days);
            }
        }
        let mut said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        let now = looks.iter().enumerate().map(|(i, l)| {
            let warning = l.expiry.warning().map(|_| (l.expiry, l.days_left));
            (format!("{i} {} {}", l.place.name(), l.name), warning)
        });
        let now: Vec<Notice> = now.collect();
        for ((look, key), warning) in looks.iter().zip(&now).map(|(l, (k, w))| ((l, k), w)) {
            let before = said.iter().find(|(k, _)| k == key).map(|(_, w)| w);
            if before == Some(warning) {
                continue;
            }
            self.say(look, warning.is_some());
        }
        *said = now;
    }

    fn say(&self, look: &Look, warn: bool) {
        let (place, name, days_left) = (look.place.name(), &look.name, look.days_left);
        match look.expiry.warning() {
            Some(warning) if warn && matches!(look.expiry, Expiry::Expired | Expiry::NotYetValid | Expiry::Days7) => {
                tracing::error!(
                    place,
                    name,
                    days_left,
                    warning,
                    "a certificate has ended, ends within days, or is not yet valid; \
                    keys on the chain keep their standing. Renew it: bencao ca renew, then replace the file"
                );
            }
            Some(warning) => {
                tracing::warn!(
                    place,
                    name,
                    days_left,
                    warning,
                    "a certificate ends soon. Renew it: bencao ca renew, then replace the file"
                );
            }
            None => tracing::debug!(place, name, days_left, "certificate"),
        }
    }
}

fn look(place: Place, certificate: &Certificate, now_s: u64) -> Look {
    Look {
        place,
        name: certificate.common_name().to_owned(),
        validity: certificate.validity(),
        days_left: days_left(certificate.validity(), now_s),
        expiry: certificate.standing(now_s).expiry(),
    }
}

/// How a peer's certificate stands, as a stable name and whole days: left while it is valid, since its end afterwards.
pub(crate) fn standing(standing: Standing) -> (&'static str, Option<u64>) {
    match standing {
        Standing::Valid { days_left } => ("valid", Some(days_left)),
        Standing::Expired { days_ago } => ("expired", Some(days_ago)),
        Standing::NotYetValid => ("not_yet_valid", None),
    }
}

/// Whole days until a certificate ends, negative afterwards.
pub(crate) fn days_left(validity: Validity, now_s: u64) -> i64 {
    let end = i64::try_from(validity.not_after_s).unwrap_or(i64::MAX);
    let now = i64::try_from(now_s).unwrap_or(i64::MAX);
    end.saturating_sub(now).div_euclid(86_400)
}

fn der(chain: &[Certificate]) -> Vec<bencao_crypto::tls::rustls::pki_types::CertificateDer<'_>> {
    chain.iter().map(|c| c.der().into()).collect()
}

fn read(path: &Path) -> Result<String, std::io::Error> {
    use std::io::Read as _;
    let mut text = String::new();
    std::fs::File::open(path)?.take(crate::home::SMALL_FILE_BYTES_MAX).read_to_string(&mut text)?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use bencao_crypto::SigningKey;
    use bencao_crypto::x509::{Authority, Subject};

    fn key(n: u8) -> SigningKey {
        SigningKey::from_bytes(&[n; 32]).unwrap()
    }

    fn authority(n: u8, days: u64) -> Authority {
        let now_s = Clock::start(0).wall_s();
        let validity = Validity { not_before_s: now_s - 100, not_after_s: now_s + days * 86_400 + 100 };
        Authority::create(Subject { common_name: "root", organisation: "c" }, key(n), validity).unwrap()
    }

    fn member(authority: &Authority, n: u8, days: u64) -> Certificate {
        let now_s = Clock::start(0).wall_s();
        let validity = Validity { not_before_s: now_s - 100, not_after_s: now_s + days * 86_400 + 100 };
        authority.issue(Subject { common_name: "node0", organisation: "m" }, &key(n).public(), validity).unwrap()
    }

    fn watched(folder: &Path, root: &Authority, own: &Certificate, offset_s: i64) -> Certificates {
        std::fs::write(folder.join("certificate.pem"), own.to_pem()).unwrap();
        std::fs::write(folder.join("authorities.pem"), root.certificate().to_pem()).unwrap();
        Certificates {
            identity: Identity::new(vec![own.clone()], key(2)).unwrap(),
            authorities: Authorities::new(Roots::new(std::slice::from_ref(root.certificate())).unwrap()),
            identity_path: folder.join("certificate.pem"),
            authorities_path: folder.join("authorities.pem"),
            clock: Clock::start(offset_s),
            metrics: Arc::new(Metrics::new(None, Arc::default())),
            said: Mutex::default(),
        }
    }

    #[test]
    fn an_expired_certificate_counts_backwards() {
        let validity = Validity { not_before_s: 0, not_after_s: 10 * 86_400 };
        let at = |days: u64| days_left(validity, days * 86_400);
        assert_eq!((at(0), at(9), at(10), at(11)), (10, 1, 0, -1));
    }

    #[test]
    fn a_changed_file_is_taken_if_it_is_of_the_same_key_and_an_authority_that_is_trusted() {
        let folder = tempfile::tempdir().unwrap();
        let root = authority(1, 500);
        let watched = watched(folder.path(), &root, &member(&root, 2, 20), 0);
        let put = |certificate: &Certificate| {
            std::fs::write(folder.path().join("certificate.pem"), certificate.to_pem()).unwrap();
            watched.refresh();
            watched.days_left()
        };
        assert_eq!((watched.days_left(), watched.looks()[0].expiry), (20, Expiry::Days30));
        assert_eq!(put(&member(&root, 3, 400)), 20, "another key");
        assert_eq!(put(&member(&authority(9, 500), 2, 400)), 20, "another authority of that name");
        assert_eq!(put(&member(&root, 2, 400)), 400);
        std::fs::write(folder.path().join("certificate.pem"), "half a fi").unwrap();
        watched.refresh();
        assert_eq!(watched.days_left(), 400, "what is in use stays");
        // A new authority first, then a certificate of it.
        let next = authority(9, 900);
        let both = root.certificate().to_pem() + &next.certificate().to_pem();
        std::fs::write(folder.path().join("authorities.pem"), both).unwrap();
        assert_eq!(put(&member(&next, 2, 600)), 600);
        assert_eq!(watched.looks().len(), 3);
        let text = watched.metrics.text().unwrap();
        assert!(text.contains("bencao_certificate_days_left 600"), "{text}");
        assert!(text.contains("bencao_certificates_days_left{kind=\"authority\"} 500"), "{text}");
    }

    #[test]
    fn a_clock_past_the_end_is_a_warning_of_every_certificate() {
        let folder = tempfile::tempdir().unwrap();
        let root = authority(1, 50);
        let watched = watched(folder.path(), &root, &member(&root, 2, 20), 60 * 86_400);
        watched.refresh();
        let expiries: Vec<_> = watched.looks().into_iter().map(|l| (l.place, l.expiry, l.days_left)).collect();
        assert_eq!(expiries, [(Place::Node, Expiry::Expired, -40), (Place::Authority, Expiry::Expired, -10)]);
        assert_eq!(watched.said.lock().unwrap().iter().filter(|(_, warning)| warning.is_some()).count(), 2);
    }
}
