//! What many bills add up to stays within a record.

use super::*;
use crate::limits::{INPUTS_PER_LOT_MAX, ORIGINS_PER_LOT_MAX, TEXT_CHARS_MAX};

/// Four bytes a character: the longest text that a form lets pass.
fn longest_text(n: usize) -> String {
    let own = format!("{n:02}");
    let filler = "\u{20000}".repeat(TEXT_CHARS_MAX - own.len());
    format!("{own}{filler}")
}

/// A lot whose origins, each within its bounds, are too long together is refused, and what it would have been made of is
/// as it was: no bill leaves a record that no node could read again.
#[test]
fn origins_with_long_names_do_not_outgrow_a_record() {
    let mut world = World::with_herbs();
    let mut halves = Vec::new();
    for half in 0..ORIGINS_PER_LOT_MAX / INPUTS_PER_LOT_MAX {
        let mut inputs = Vec::new();
        for n in half * INPUTS_PER_LOT_MAX..(half + 1) * INPUTS_PER_LOT_MAX {
            let (plants, crop) = (format!("P{n}"), format!("H{n}"));
            let grown = Plant { base_no: longest_text(n), ..plant_elsewhere(&plants, &longest_text(n), vec![]) };
            world.applied(G, Operation::Plant(grown));
            world.applied(G, Operation::Harvest(harvest(&crop, lot(G, &plants), 1_000_000)));
            inputs.push(uses(lot(G, &crop), 1_000_000));
        }
        let mixed = format!("B{half}");
        world.applied(G, Operation::BlendLots(blend(&mixed, inputs)));
        halves.push(uses(lot(G, &mixed), 1_000_000));
    }
    assert_eq!(world.refused(G, Operation::BlendLots(blend("ALL", halves.clone()))), "record_too_large");
    // The chain goes on, with these lots too.
    let dried = ProcessAtOrigin { done_on: date("2026-11-23"), ..dry("ONE", halves[..1].to_vec(), 900_000, 100_000) };
    world.applied(G, Operation::ProcessAtOrigin(dried));
}
