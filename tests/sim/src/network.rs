//! A network that loses, delays, reorders and is cut in two, all from the seed.

use crate::prng::Prng;
use std::collections::BTreeSet;

/// How bad it is.
#[derive(Clone, Debug)]
pub(crate) struct Weather {
    /// Messages lost, per mille.
    pub(crate) loss: u64,
    /// Least delay, milliseconds.
    pub(crate) delay_min_ms: u64,
    /// Most delay of an ordinary message, milliseconds.
    pub(crate) delay_max_ms: u64,
    /// Messages delayed much more (and so reordered), per mille.
    pub(crate) slow: u64,
    /// Most delay of those, milliseconds.
    pub(crate) slow_max_ms: u64,
}

impl Weather {
    /// A quiet local network.
    pub(crate) fn calm() -> Weather {
        Weather { loss: 0, delay_min_ms: 1, delay_max_ms: 2, slow: 0, slow_max_ms: 2 }
    }

    /// Some mix of faults.
    pub(crate) fn draw(rng: &mut Prng) -> Weather {
        Weather {
            loss: rng.between(0, 60),
            delay_min_ms: rng.between(1, 10),
            delay_max_ms: rng.between(11, 60),
            slow: rng.between(0, 60),
            slow_max_ms: rng.between(100, 1_500),
        }
    }
}

/// Links between nodes, by index.
#[derive(Debug)]
pub(crate) struct Network {
    weather: Weather,
    rng: Prng,
    /// Nodes on the far side of a cut.
    cut: BTreeSet<usize>,
    /// Messages that were lost, for the report.
    pub(crate) lost: u64,
}

impl Network {
    /// A network with its own random stream.
    pub(crate) fn new(weather: Weather, rng: Prng) -> Network {
        Network { weather, rng, cut: BTreeSet::new(), lost: 0 }
    }

    /// Separates `side` from the others; an empty side heals.
    pub(crate) fn cut(&mut self, side: BTreeSet<usize>) {
        self.cut = side;
    }

    /// From now on, other weather.
    pub(crate) fn change(&mut self, weather: Weather) {
        self.weather = weather;
    }

    /// Delay of one message, or `None` if it is lost.
    pub(crate) fn deliver(&mut self, from: usize, to: usize) -> Option<u64> {
        let w = &self.weather;
        if self.cut.contains(&from) != self.cut.contains(&to) || self.rng.chance(w.loss) {
            self.lost += 1;
            return None;
        }
        let slow = self.rng.chance(w.slow);
        Some(self.rng.between(w.delay_min_ms, if slow { w.slow_max_ms.max(w.delay_max_ms) } else { w.delay_max_ms }))
    }
}
