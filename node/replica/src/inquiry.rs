//! After a divergence: asking peers what the block did on their side (D18).
//!
//! An account (receipts and written records of one block) is opaque here and comes in parts. One peer is asked at a time; the
//! host checks the whole against the certified roots, so that a false account costs its sender nothing but the next one's
//! turn. A peer that is silent, or contradicts itself, is passed over.

use crate::limits::{ACCOUNT_BYTES_MAX, INQUIRIES_PER_PEER_MAX, REQUEST_TIMEOUT_MS};
use bencao_consensus::Results;
use bencao_crypto::KeyId;
use bencao_genesis::Height;
use std::collections::BTreeMap;

/// One diverged height, and who was asked about it.
#[derive(Debug)]
pub(crate) struct Inquiry {
    pub(crate) height: Height,
    pub(crate) certified: Results,
    asked: BTreeMap<KeyId, u32>,
    peer: Option<(KeyId, u64)>,
    received: Vec<u8>,
    judging: bool,
    settled: bool,
}

/// What a part of an account led to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// Not asked for, or the peer's last.
    Dropped,
    /// The next part begins here.
    Next(u64),
    /// All of it.
    Whole(Vec<u8>),
}

impl Inquiry {
    pub(crate) fn new(height: Height, certified: Results) -> Inquiry {
        Inquiry {
            height,
            certified,
            asked: BTreeMap::new(),
            peer: None,
            received: Vec::new(),
            judging: false,
            settled: false,
        }
    }

    /// Whom to ask now, from the first byte on: a peer that has the height, those asked least often first.
    pub(crate) fn next(&mut self, peers: impl Iterator<Item = (KeyId, Height)>, now_ms: u64) -> Option<KeyId> {
        let waiting = self.peer.is_some_and(|(_, at)| now_ms.saturating_sub(at) < REQUEST_TIMEOUT_MS);
        if self.settled || self.judging || waiting {
            return None;
        }
        self.peer = None;
        self.received = Vec::new();
        let times = |peer: &KeyId| self.asked.get(peer).copied().unwrap_or_default();
        let able = peers.filter(|(_, height)| *height >= self.height).map(|(peer, _)| peer);
        let peer = able.filter(|p| times(p) < INQUIRIES_PER_PEER_MAX).min_by_key(|p| (times(p), *p))?;
        *self.asked.entry(peer).or_default() += 1;
        self.peer = Some((peer, now_ms));
        Some(peer)
    }

    /// A part came.
    pub(crate) fn part(&mut self, from: KeyId, total: u64, offset: u64, bytes: &[u8], now_ms: u64) -> Part {
        let expected = self.peer.is_some_and(|(peer, _)| peer == from) && !self.judging;
        if !expected {
            return Part::Dropped;
        }
        let end = offset.saturating_add(bytes.len() as u64);
        if bytes.is_empty() || offset != self.received.len() as u64 || end > total || total > ACCOUNT_BYTES_MAX as u64 {
            self.peer = None;
            return Part::Dropped;
        }
        self.received.extend_from_slice(bytes);
        if end < total {
            self.peer = Some((from, now_ms));
            return Part::Next(end);
        }
        self.judging = true;
        Part::Whole(std::mem::take(&mut self.received))
    }

    /// What the host made of the last whole account.
    pub(crate) fn judged(&mut self, proven: bool) {
        self.judging = false;
        self.settled |= proven;
        self.peer = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peer(n: u8) -> KeyId {
        KeyId([n; 20])
    }

    fn peers() -> impl Iterator<Item = (KeyId, Height)> {
        [(peer(1), Height(9)), (peer(2), Height(9)), (peer(3), Height(4))].into_iter()
    }

    #[test]
    fn peers_that_have_the_height_are_asked_in_turn_and_not_for_ever() {
        let mut inquiry = Inquiry::new(Height(5), Results::default());
        let mut asked = Vec::new();
        for tick in 0..100 {
            asked.extend(inquiry.next(peers(), tick * REQUEST_TIMEOUT_MS / 2));
        }
        assert_eq!(asked.len() as u32, 2 * INQUIRIES_PER_PEER_MAX);
        assert_eq!(asked[..4], [peer(1), peer(2), peer(1), peer(2)]);
    }

    #[test]
    fn an_account_is_put_together_from_its_parts() {
        let mut inquiry = Inquiry::new(Height(5), Results::default());
        assert_eq!(inquiry.next(peers(), 0), Some(peer(1)));
        assert_eq!(inquiry.part(peer(2), 4, 0, b"ab", 0), Part::Dropped, "not asked");
        assert_eq!(inquiry.part(peer(1), 4, 0, b"ab", 0), Part::Next(2));
        assert_eq!(inquiry.part(peer(1), 4, 2, b"cd", 0), Part::Whole(b"abcd".to_vec()));
        assert_eq!(inquiry.next(peers(), 10 * REQUEST_TIMEOUT_MS), None, "being judged");
        inquiry.judged(false);
        assert_eq!(inquiry.next(peers(), 10 * REQUEST_TIMEOUT_MS), Some(peer(2)));
        assert_eq!(inquiry.part(peer(2), 1, 0, b"x", 0), Part::Whole(b"x".to_vec()));
        inquiry.judged(true);
        assert_eq!(inquiry.next(peers(), 99 * REQUEST_TIMEOUT_MS), None, "settled");
    }

    #[test]
    fn a_peer_that_sends_nonsense_is_passed_over() {
        let huge = ACCOUNT_BYTES_MAX as u64 + 1;
        for (total, offset, bytes) in
            [(4, 1, &b"a"[..]), (4, 0, b""), (1, 0, b"ab"), (huge, 0, b"a"), (4, u64::MAX, b"a")]
        {
            let mut inquiry = Inquiry::new(Height(5), Results::default());
            assert_eq!(inquiry.next(peers(), 0), Some(peer(1)));
            assert_eq!(inquiry.part(peer(1), total, offset, bytes, 0), Part::Dropped);
            assert_eq!(inquiry.next(peers(), 0), Some(peer(2)));
        }
    }
}
