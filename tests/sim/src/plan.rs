//! What a seed draws: size of the cluster, weather, cuts, crashes, clock errors, load.

use crate::network::Weather;
use crate::prng::Prng;

/// A defect put in on purpose, to see that the checker finds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(not(test), allow(dead_code, reason = "only tests put defects in"))]
pub(crate) enum Sabotage {
    /// None: the product as it is.
    Nothing,
    /// A crash loses the whole consensus log, and the high-water mark that would notice.
    LoseLogAndMark,
    /// A crash loses what the ingress log had made durable.
    LoseIngress,
}

/// Everything that is decided before the first event.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    /// Validators.
    pub(crate) validators: usize,
    /// Nodes that follow.
    pub(crate) observers: usize,
    /// Mean virtual milliseconds between decisions about validators and pace; 0 = none.
    pub(crate) govern_every_ms: u64,
    /// Heights that the rules ask to lie between changes of different validators.
    pub(crate) settle_heights: u64,
    /// Network until the faults end.
    pub(crate) weather: Weather,
    /// Mean virtual milliseconds between crashes of any node; 0 = none.
    pub(crate) crash_every_ms: u64,
    /// Mean virtual milliseconds between cuts; 0 = none.
    pub(crate) cut_every_ms: u64,
    /// Largest error of a node's clock, milliseconds.
    pub(crate) skew_ms: u64,
    /// Mean virtual milliseconds between submissions.
    pub(crate) submit_every_ms: u64,
    /// Virtual time during which faults happen.
    pub(crate) faults_ms: u64,
    /// Virtual time after that in which everything must be made good.
    pub(crate) recovery_ms: u64,
    /// Defect under test.
    pub(crate) sabotage: Sabotage,
}

impl Plan {
    /// The plan of a seed.
    pub(crate) fn draw(rng: &mut Prng) -> Plan {
        let quiet = rng.chance(100);
        let governed = rng.chance(500);
        Plan {
            validators: *rng.pick(&[4, 4, 4, 4, 5, 7]),
            observers: if governed { rng.between(1, 3) } else { rng.below(2) } as usize,
            govern_every_ms: if governed { rng.between(300, 3_000) } else { 0 },
            settle_heights: *rng.pick(&[0, 1, 4, 10]),
            weather: if quiet { Weather::calm() } else { Weather::draw(rng) },
            crash_every_ms: if quiet || rng.chance(250) { 0 } else { rng.between(400, 4_000) },
            cut_every_ms: if quiet || rng.chance(500) { 0 } else { rng.between(4_000, 12_000) },
            skew_ms: if rng.chance(500) { 0 } else { rng.between(1, 5_000) },
            submit_every_ms: rng.between(20, 400),
            faults_ms: rng.between(8_000, 25_000),
            recovery_ms: 240_000,
            sabotage: Sabotage::Nothing,
        }
    }
}
