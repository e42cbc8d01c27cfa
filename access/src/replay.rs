//! Nonces of signed requests that were used: a signature is used once. Each is kept until nobody can use its signature any more,
//! and there is room for so many of one key and of all.

use bencao_crypto::KeyId;
use std::collections::{BTreeMap, BTreeSet};

/// Why a nonce was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NonceError {
    /// Used before.
    Used,
    /// No room until the earliest of those kept is over.
    Full {
        /// That second.
        until_s: u64,
    },
}

/// Nonces by key, with the second in which each is forgotten.
#[derive(Debug)]
pub struct Nonces {
    most: usize,
    most_of_key: usize,
    seen: BTreeSet<(KeyId, String)>,
    /// In order of their ends.
    ends: BTreeSet<(u64, KeyId, String)>,
    by_key: BTreeMap<KeyId, usize>,
}

impl Nonces {
    /// Room for `most`, of which one key gets `most_of_key`.
    pub fn new(most: usize, most_of_key: usize) -> Nonces {
        Nonces { most, most_of_key, seen: BTreeSet::new(), ends: BTreeSet::new(), by_key: BTreeMap::new() }
    }

    /// Takes a nonce whose signature is over at `over_s`.
    ///
    /// # Errors
    /// [`NonceError`].
    pub fn take(&mut self, key: KeyId, nonce: &str, over_s: u64, now_s: u64) -> Result<(), NonceError> {
        self.forget(now_s);
        let entry = (key, nonce.to_owned());
        if self.seen.contains(&entry) {
            return Err(NonceError::Used);
        }
        let of_key = self.by_key.get(&key).copied().unwrap_or(0);
        if self.seen.len() >= self.most || of_key >= self.most_of_key {
            let first = self.ends.iter().find(|(_, k, _)| self.seen.len() >= self.most || *k == key);
            return Err(NonceError::Full { until_s: first.map_or(now_s, |(end, ..)| *end) });
        }
        *self.by_key.entry(key).or_default() += 1;
        self.ends.insert((over_s, key, entry.1.clone()));
        self.seen.insert(entry);
        Ok(())
    }

    /// Nonces kept.
    pub fn len(&self) -> usize {
        self.seen.len()
    }

    /// Whether none is kept.
    pub fn is_empty(&self) -> bool {
        self.seen.is_empty()
    }

    fn forget(&mut self, now_s: u64) {
        while let Some((end, key, nonce)) = self.ends.pop_first() {
            if end > now_s {
                self.ends.insert((end, key, nonce));
                return;
            }
            self.seen.remove(&(key, nonce));
            if let Some(count) = self.by_key.get_mut(&key) {
                *count -= 1;
                if *count == 0 {
                    self.by_key.remove(&key);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: KeyId = KeyId([1; 20]);
    const B: KeyId = KeyId([2; 20]);

    #[test]
    fn a_nonce_is_taken_once_by_each_key_until_its_signature_is_over() {
        let mut nonces = Nonces::new(10, 10);
        assert_eq!(nonces.take(A, "n", 100, 50), Ok(()));
        assert_eq!(nonces.take(A, "n", 100, 99), Err(NonceError::Used));
        assert_eq!(nonces.take(B, "n", 100, 99), Ok(()));
        assert_eq!(nonces.take(A, "n", 200, 100), Ok(()), "nobody can use the first any more");
        assert_eq!(nonces.len(), 1);
    }

    #[test]
    fn one_key_does_not_take_the_room_of_others() {
        let mut nonces = Nonces::new(10, 4);
        for n in 0..4 {
            assert_eq!(nonces.take(A, &format!("{n}"), 100 + n, 50), Ok(()));
        }
        assert_eq!(nonces.take(A, "4", 200, 50), Err(NonceError::Full { until_s: 100 }));
        for n in 0..4 {
            assert_eq!(nonces.take(B, &format!("{n}"), 300, 50), Ok(()));
        }
        let others = (3..u8::MAX).map(|n| nonces.take(KeyId([n; 20]), "x", 300, 50));
        assert_eq!(others.filter(Result::is_ok).count(), 2);
        assert_eq!(nonces.len(), 10);
        assert_eq!(nonces.take(KeyId([9; 20]), "y", 300, 50), Err(NonceError::Full { until_s: 100 }));
        assert_eq!(nonces.take(A, "4", 400, 101), Ok(()));
        assert_eq!(nonces.take(A, "x", 400, 1_000), Ok(()));
        assert_eq!((nonces.len(), nonces.by_key.len(), nonces.ends.len()), (1, 1, 1));
    }
}
