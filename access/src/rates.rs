//! Token buckets: how many requests somebody may make a second, and how many at once. The table of buckets is bounded: a
//! bucket that is full again is forgotten, since a new one says the same; when all are in use, whoever is not in the table
//! shares one bucket with all others who are not.

use std::collections::BTreeMap;

/// Parts of a request that buckets count in.
const PARTS: u64 = 1_000;

/// How fast, and how much at once.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Rate {
    /// Requests a second.
    pub per_second: u32,
    /// Requests at once after a pause.
    pub burst: u32,
}

/// Room that somebody has left.
#[derive(Clone, Copy, Debug)]
struct Bucket {
    /// Thousandths of a request.
    parts: u64,
    /// When `parts` was right, milliseconds.
    at_ms: u64,
}

impl Bucket {
    fn full(rate: Rate, now_ms: u64) -> Bucket {
        Bucket { parts: u64::from(rate.burst) * PARTS, at_ms: now_ms }
    }

    /// A request a second is a part a millisecond.
    fn fill(&mut self, rate: Rate, now_ms: u64) {
        let grown = now_ms.saturating_sub(self.at_ms).saturating_mul(u64::from(rate.per_second));
        self.parts = self.parts.saturating_add(grown).min(u64::from(rate.burst) * PARTS);
        self.at_ms = self.at_ms.max(now_ms);
    }

    fn is_full(&self, rate: Rate) -> bool {
        self.parts >= u64::from(rate.burst) * PARTS
    }
}

/// Buckets by who asks, all of one rate.
#[derive(Debug)]
pub struct Rates<K> {
    rate: Rate,
    most: usize,
    buckets: BTreeMap<K, Bucket>,
    others: Bucket,
    swept_ms: u64,
}

impl<K: Ord + Clone> Rates<K> {
    /// At most `most` buckets.
    pub fn new(rate: Rate, most: usize) -> Rates<K> {
        Rates { rate, most, buckets: BTreeMap::new(), others: Bucket::full(rate, 0), swept_ms: 0 }
    }

    /// Takes `count` requests from the bucket of `who` at `now_ms` (a clock that does not go back).
    ///
    /// # Errors
    /// Milliseconds until there is room for them; nothing is taken then.
    pub fn take(&mut self, who: &K, count: u32, now_ms: u64) -> Result<(), u64> {
        let needed = u64::from(count) * PARTS;
        let rate = self.rate;
        let bucket = self.bucket(who, now_ms);
        bucket.fill(rate, now_ms);
        match bucket.parts.checked_sub(needed) {
            Some(left) => {
                bucket.parts = left;
                Ok(())
            }
            None => Err((needed - bucket.parts).div_ceil(u64::from(rate.per_second.max(1)))),
        }
    }

    /// Takes `count`, or as much as there is: for what has been done already.
    pub fn charge(&mut self, who: &K, count: u32, now_ms: u64) {
        let rate = self.rate;
        let bucket = self.bucket(who, now_ms);
        bucket.fill(rate, now_ms);
        bucket.parts = bucket.parts.saturating_sub(u64::from(count) * PARTS);
    }

    /// Puts back what was taken and not used.
    pub fn give_back(&mut self, who: &K, count: u32) {
        let most = u64::from(self.rate.burst) * PARTS;
        let bucket = self.buckets.get_mut(who).unwrap_or(&mut self.others);
        bucket.parts = bucket.parts.saturating_add(u64::from(count) * PARTS).min(most);
    }

    /// Buckets in the table.
    pub fn len(&self) -> usize {
        self.buckets.len()
    }

    /// Whether nobody has asked lately.
    pub fn is_empty(&self) -> bool {
        self.buckets.is_empty()
    }

    fn bucket(&mut self, who: &K, now_ms: u64) -> &mut Bucket {
        if !self.buckets.contains_key(who) && self.buckets.len() >= self.most {
            self.sweep(now_ms);
            if self.buckets.len() >= self.most {
                return &mut self.others;
            }
        }
        let rate = self.rate;
        self.buckets.entry(who.clone()).or_insert_with(|| Bucket::full(rate, now_ms))
    }

    /// Forgets full buckets, at most once a second: a full table must not cost a walk for each request.
    fn sweep(&mut self, now_ms: u64) {
        if now_ms.saturating_sub(self.swept_ms) < 1_000 {
            return;
        }
        self.swept_ms = now_ms;
        let rate = self.rate;
        self.buckets.retain(|_, bucket| {
            bucket.fill(rate, now_ms);
            !bucket.is_full(rate)
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: Rate = Rate { per_second: 10, burst: 3 };

    #[test]
    fn a_burst_then_the_rate() {
        let mut rates = Rates::new(RATE, 8);
        for _ in 0..3 {
            assert_eq!(rates.take(&1, 1, 5_000), Ok(()));
        }
        assert_eq!(rates.take(&1, 1, 5_000), Err(100), "the next comes in a tenth of a second");
        assert_eq!(rates.take(&1, 1, 5_099), Err(1));
        assert_eq!(rates.take(&1, 1, 5_100), Ok(()));
        assert_eq!(rates.take(&2, 3, 5_100), Ok(()), "others have their own");
        assert_eq!(rates.take(&1, 3, 999_999), Ok(()));
        assert_eq!(rates.take(&1, 1, 999_999), Err(100), "a pause fills no more than a burst");
        assert_eq!(rates.take(&1, 1, 0), Err(100), "a clock that goes back gives nothing");
    }

    #[test]
    fn a_charge_takes_what_there_is() {
        let mut rates = Rates::new(RATE, 8);
        rates.charge(&1, 100, 0);
        assert_eq!(rates.take(&1, 1, 0), Err(100));
        rates.charge(&1, 100, 200);
        assert_eq!(rates.take(&1, 1, 200), Err(100));
    }

    #[test]
    fn what_was_not_used_is_given_back() {
        let mut rates = Rates::new(RATE, 8);
        for _ in 0..10 {
            assert_eq!(rates.take(&1, 1, 0), Ok(()));
            rates.give_back(&1, 1);
        }
        assert_eq!(rates.take(&1, 3, 0), Ok(()));
        rates.give_back(&1, 100);
        assert_eq!(rates.take(&1, 4, 0), Err(100), "never more than a burst");
    }

    #[test]
    fn the_table_is_bounded_and_forgets_who_is_quiet() {
        let mut rates = Rates::new(RATE, 100);
        for who in 0..100 {
            assert_eq!(rates.take(&who, 1, 2_000), Ok(()));
        }
        for who in 100..103 {
            assert_eq!(rates.take(&who, 1, 2_000), Ok(()), "the bucket of all others");
        }
        for who in 103..10_000 {
            assert!(rates.take(&who, 1, 2_000).is_err());
        }
        assert_eq!(rates.len(), 100);
        assert_eq!(rates.take(&5, 1, 2_000), Ok(()), "who is in the table keeps its own");
        assert_eq!(rates.take(&77_777, 1, 60_000), Ok(()));
        assert_eq!(rates.len(), 1, "all others were full again");
    }
}
