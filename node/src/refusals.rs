//! Connections that were refused lately, by reason and address: what an operator asks for when nodes do not meet.

use crate::limits::REFUSALS_REMEMBERED_MAX;
use bencao_genesis::TimestampMs;
use bencao_network::Refusal;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Mutex, PoisonError};

/// Refusals of one kind from one address.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Refused {
    /// Stable name of the reason.
    pub(crate) reason: &'static str,
    /// The peer's address; without the port, which is a passing one, if it came to us.
    pub(crate) address: String,
    /// What was said last.
    pub(crate) detail: String,
    /// How often.
    pub(crate) count: u64,
    /// When last.
    pub(crate) last: TimestampMs,
}

/// The latest kinds, at most [`REFUSALS_REMEMBERED_MAX`].
#[derive(Debug, Default)]
pub(crate) struct Refusals(Mutex<BTreeMap<(&'static str, String), Refused>>);

impl Refusals {
    /// A connection was refused at `now`.
    pub(crate) fn note(&self, why: &Refusal, address: &str, now: TimestampMs) {
        let address = host(address);
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (why.name(), address.clone());
        if !known.contains_key(&key) && known.len() >= REFUSALS_REMEMBERED_MAX {
            let oldest = known.iter().min_by_key(|(_, r)| r.last).map(|(key, _)| key.clone());
            oldest.map(|key| known.remove(&key));
        }
        let fresh = || Refused { reason: why.name(), address, detail: String::new(), count: 0, last: now };
        let refused = known.entry(key).or_insert_with(fresh);
        refused.count = refused.count.saturating_add(1);
        refused.last = now;
        refused.detail = why.to_string();
    }

    /// All of them, the latest first.
    pub(crate) fn all(&self) -> Vec<Refused> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut all: Vec<Refused> = known.values().cloned().collect();
        all.sort_by_key(|r| std::cmp::Reverse(r.last));
        all
    }
}

/// The host of `host:port`; other forms as they are.
fn host(address: &str) -> String {
    match address.parse::<SocketAddr>() {
        Ok(socket) => socket.ip().to_string(),
        Err(_) => address.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bencao_crypto::KeyId;

    #[test]
    fn the_latest_kinds_are_remembered_and_counted() {
        let refusals = Refusals::default();
        let peer = KeyId([1; 20]);
        for port in 1..=3u16 {
            refusals.note(&Refusal::NotAllowed { peer }, &format!("10.0.0.1:{port}"), TimestampMs(port.into()));
        }
        refusals.note(&Refusal::Busy, "/unix/x", TimestampMs(9));
        let all = refusals.all();
        assert_eq!((all[0].reason, all[0].address.as_str(), all[0].count), ("busy", "/unix/x", 1));
        assert_eq!(
            (all[1].reason, all[1].address.as_str(), all[1].count, all[1].last.0),
            ("not_allowed", "10.0.0.1", 3, 3)
        );
        for n in 0..2 * REFUSALS_REMEMBERED_MAX as u64 {
            refusals.note(&Refusal::Busy, &format!("host-{n}"), TimestampMs(100 + n));
        }
        let all = refusals.all();
        assert_eq!(all.len(), REFUSALS_REMEMBERED_MAX);
        assert!(all.iter().all(|r| r.last.0 >= 100 + REFUSALS_REMEMBERED_MAX as u64), "the oldest went first");
    }
}
