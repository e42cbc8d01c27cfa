use super::*;
use std::time::Duration;

const LOW: KeyId = KeyId([1; 20]);
const HIGH: KeyId = KeyId([2; 20]);

/// The two connections as one end sees them: whether it dialled the old one and the new one.
fn origins(old_dialled: bool, new_dialled: bool, apart: Duration, restarted: bool) -> (Origin, Origin) {
    let now = Instant::now();
    let old = Origin { dialled: old_dialled, since: now, instance: 7 };
    (old, Origin { dialled: new_dialled, since: now + apart, instance: if restarted { 8 } else { 7 } })
}

#[test]
fn both_ends_of_a_race_keep_the_same_connection() {
    let apart = Duration::from_millis(1);
    // Each end may see the two connections in either order. "Kept" is whether it is the one that LOW dialled.
    for low_sees_own_first in [true, false] {
        let (old, new) = origins(low_sees_own_first, !low_sees_own_first, apart, false);
        let kept = if replaces(LOW, HIGH, old, new) { new } else { old };
        assert!(kept.dialled, "LOW keeps what it dialled");
        let kept = if replaces(HIGH, LOW, old, new) { new } else { old };
        assert!(!kept.dialled, "HIGH keeps what LOW dialled");
    }
}

#[test]
fn a_peer_that_lost_its_connection_gets_the_new_one() {
    let (soon, late) = (Duration::from_millis(1), DIAL_RACE);
    for (own, peer) in [(LOW, HIGH), (HIGH, LOW)] {
        for dialled in [true, false] {
            let (old, new) = origins(dialled, !dialled, soon, true);
            assert!(replaces(own, peer, old, new), "restarted");
            let (old, new) = origins(dialled, dialled, soon, false);
            assert!(replaces(own, peer, old, new), "dialled again");
            let (old, new) = origins(dialled, !dialled, late, false);
            assert!(replaces(own, peer, old, new), "too late for a race");
        }
    }
}
