//! Mass balance in whole milligrams (domain §4.4): nothing is created, nothing vanishes, nothing is rounded.

use bincode::{Decode, Encode};
use serde::Serialize;

/// Where weight of a lot goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Exit {
    /// Into other lots or a production batch.
    Used,
    /// Dispensed, exported, or sold to a party outside the system.
    Sold,
    /// On the way, in storage.
    Lost,
    /// Into a laboratory.
    Sampled,
    /// Destroyed under supervision.
    Destroyed,
}

/// What became of the weight of one lot, milligrams. Always `received = used + sold + lost + sampled + destroyed + stock`
/// (M1, M2; a lot has one holder at a time).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Encode, Decode, Serialize)]
pub struct Balance {
    /// What the lot began with.
    pub received: u64,
    /// Gone into other lots or batches.
    pub used: u64,
    /// Dispensed, exported, sold out of the system.
    pub sold: u64,
    /// Lost.
    pub lost: u64,
    /// Taken as samples.
    pub sampled: u64,
    /// Destroyed.
    pub destroyed: u64,
    /// Still there.
    pub stock: u64,
}

impl Balance {
    /// A lot begins.
    pub(crate) fn new(received: u64) -> Balance {
        Balance { received, stock: received, ..Balance::default() }
    }

    /// Moves `mg` out of stock; `None` if there is less, and nothing is changed.
    pub(crate) fn take(&mut self, exit: Exit, mg: u64) -> Option<()> {
        let stock = self.stock.checked_sub(mg)?;
        let place = match exit {
            Exit::Used => &mut self.used,
            Exit::Sold => &mut self.sold,
            Exit::Lost => &mut self.lost,
            Exit::Sampled => &mut self.sampled,
            Exit::Destroyed => &mut self.destroyed,
        };
        *place = place.checked_add(mg)?;
        self.stock = stock;
        Some(())
    }

    /// Whether the equation holds.
    pub fn is_balanced(&self) -> bool {
        let parts = [self.used, self.sold, self.lost, self.sampled, self.destroyed, self.stock];
        parts.iter().try_fold(0u64, |sum, part| sum.checked_add(*part)) == Some(self.received)
    }
}

/// Exact sum. Each weight is at most [`crate::limits::WEIGHT_MG_MAX`], and no list holds ten thousand of them: 64 bits are
/// never full.
pub(crate) fn sum(weights: impl IntoIterator<Item = u64>) -> u64 {
    weights.into_iter().fold(0u64, u64::saturating_add)
}

/// Whether `output / input` lies within `min ..= max` parts per million, exactly.
pub(crate) fn within_yield(output: u64, input: u64, min_ppm: u32, max_ppm: u32) -> bool {
    let scaled = u128::from(output).saturating_mul(1_000_000);
    let bound = |ppm: u32| u128::from(input).saturating_mul(u128::from(ppm));
    bound(min_ppm) <= scaled && scaled <= bound(max_ppm)
}

/// Whether `part` is at most `ppm` parts per million of `whole`, exactly.
pub(crate) fn within_share(part: u64, whole: u64, ppm: u32) -> bool {
    within_yield(part, whole, 0, ppm)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weight_moves_and_never_vanishes() {
        let mut balance = Balance::new(1_000);
        for (exit, mg) in [(Exit::Used, 100), (Exit::Sold, 200), (Exit::Lost, 1), (Exit::Sampled, 9)] {
            balance.take(exit, mg).unwrap();
            assert!(balance.is_balanced());
        }
        let before = balance;
        assert_eq!((balance.take(Exit::Destroyed, 691), balance), (None, before), "one milligram more than there is");
        balance.take(Exit::Destroyed, 690).unwrap();
        assert!(balance.is_balanced() && balance.stock == 0);
        assert!(!Balance { used: 1, ..Balance::new(5) }.is_balanced());
    }

    #[test]
    fn yields_are_compared_without_rounding() {
        assert!(within_yield(250_000, 1_000_000, 250_000, 250_000));
        assert!(!within_yield(249_999, 1_000_000, 250_000, 1_000_000));
        assert!(!within_yield(1, 3, 333_334, 1_000_000) && within_yield(1, 3, 333_333, 1_000_000));
        assert!(within_yield(u64::MAX, u64::MAX, 1_000_000, 1_000_000));
        assert!(within_share(20, 1_000, 20_000) && !within_share(21, 1_000, 20_000));
        assert_eq!(sum([crate::limits::WEIGHT_MG_MAX; 10_000]), 10_000 * crate::limits::WEIGHT_MG_MAX);
    }
}
