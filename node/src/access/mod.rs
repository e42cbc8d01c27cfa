//! The door of the API: who asks (`credentials`), from where (`origin`), how often, and what of the records they may see (`asker`);
//! and the access log of what authorities asked (`journal`). Rules and forms are in `bencao-access`; here are the node's
//! state, files and clock beside them.

pub(crate) mod asker;
pub(crate) mod credentials;
pub mod journal;
pub(crate) mod origin;
pub(crate) mod tokens;

use crate::api::error::ApiError;
use crate::config::{Access, Transport};
use crate::limits::{
    BURST_SECONDS, FAILED_ATTEMPT_COST, MEMBER_PER_SECOND, NONCES_MAX, NONCES_OF_KEY_MAX, PUBLIC_PER_SECOND, RATES_MAX,
};
use bencao_access::rates::{Rate, Rates};
use bencao_access::replay::{NonceError, Nonces};
use bencao_access::token::TokenId;
use bencao_crypto::KeyId;
use credentials::By;
use journal::JournalHandle;
use origin::Origin;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokens::TokenStore;

/// What the API asks before it answers.
#[derive(Debug)]
pub(crate) struct Door {
    /// Access control is configured: who brings no credentials is the public. Otherwise whoever is on loopback may do everything.
    pub(crate) guarded: bool,
    /// Names by which clients may call the API, beside its addresses.
    pub(crate) names: Vec<String>,
    /// Only these may connect, and say whose requests they pass on.
    pub(crate) proxies: Option<Vec<IpAddr>>,
    pub(crate) tokens: TokenStore,
    pub(crate) journal: JournalHandle,
    /// Unix seconds at which the node began to remember nonces.
    pub(crate) since_s: u64,
    rates: Mutex<Buckets>,
    nonces: Mutex<Nonces>,
}

#[derive(Debug)]
struct Buckets {
    addresses: Rates<IpAddr>,
    members: Rates<Identity>,
}

/// Whose bucket a request is taken from.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Identity {
    Key(KeyId),
    Token(TokenId),
}

impl Door {
    /// As configured; `since_s` is the node's time, Unix seconds.
    pub(crate) fn new(access: Option<&Access>, tokens: TokenStore, journal: JournalHandle, since_s: u64) -> Door {
        let rate = |per_second: u32| Rate { per_second, burst: per_second.saturating_mul(BURST_SECONDS) };
        let public = access.map_or(PUBLIC_PER_SECOND, |a| a.public_per_second);
        let member = access.map_or(MEMBER_PER_SECOND, |a| a.member_per_second);
        let buckets =
            Buckets { addresses: Rates::new(rate(public), RATES_MAX), members: Rates::new(rate(member), RATES_MAX) };
        Door {
            guarded: access.is_some(),
            names: access.map(|a| a.names.clone()).unwrap_or_default(),
            proxies: access.and_then(|a| match &a.transport {
                Transport::Proxies(proxies) => Some(proxies.clone()),
                Transport::Plain | Transport::Tls => None,
            }),
            tokens,
            journal,
            since_s,
            rates: Mutex::new(buckets),
            nonces: Mutex::new(Nonces::new(NONCES_MAX, NONCES_OF_KEY_MAX)),
        }
    }

    /// Takes a request without credentials from the bucket of its address.
    ///
    /// # Errors
    /// `too_many_requests`.
    pub(crate) fn take_public(&self, origin: &Origin, now_ms: u64) -> Result<(), ApiError> {
        if !self.guarded {
            return Ok(());
        }
        self.buckets().addresses.take(&origin.rated(), 1, now_ms).map_err(ApiError::too_many)
    }

    /// Refuses an address whose bucket is empty before its credentials are looked at, which costs more than a refusal.
    ///
    /// # Errors
    /// `too_many_requests`.
    pub(crate) fn may_try(&self, origin: &Origin, now_ms: u64) -> Result<(), ApiError> {
        let (address, mut buckets) = (origin.rated(), self.buckets());
        buckets.addresses.take(&address, 1, now_ms).map_err(ApiError::too_many)?;
        // Whoever is right pays with the bucket of the identity instead.
        buckets.addresses.give_back(&address, 1);
        Ok(())
    }

    /// Charges an address for credentials that were not good.
    pub(crate) fn failed(&self, origin: &Origin, now_ms: u64) {
        self.buckets().addresses.charge(&origin.rated(), FAILED_ATTEMPT_COST, now_ms);
    }

    /// Takes a request from the bucket of an identity.
    ///
    /// # Errors
    /// `too_many_requests`.
    pub(crate) fn take_member(&self, by: &By, now_ms: u64) -> Result<(), ApiError> {
        let identity = match by {
            By::Key { id, .. } => Identity::Key(*id),
            By::Token { id, .. } => Identity::Token(*id),
        };
        self.buckets().members.take(&identity, 1, now_ms).map_err(ApiError::too_many)
    }

    /// Takes a nonce, once.
    ///
    /// # Errors
    /// `request_replayed`, `busy`.
    pub(crate) fn take_nonce(&self, key: KeyId, nonce: &str, over_s: u64, now_s: u64) -> Result<(), ApiError> {
        let mut nonces = self.nonces.lock().unwrap_or_else(PoisonError::into_inner);
        nonces.take(key, nonce, over_s, now_s).map_err(|error| match error {
            NonceError::Used => ApiError::new(crate::api::error::Fault::RequestReplayed).at("nonce").actual(nonce),
            NonceError::Full { until_s } => ApiError::busy(until_s.saturating_sub(now_s).saturating_mul(1_000).max(1)),
        })
    }

    fn buckets(&self) -> MutexGuard<'_, Buckets> {
        self.rates.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
