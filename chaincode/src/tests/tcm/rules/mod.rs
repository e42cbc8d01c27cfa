//! Every rule about herbs: once refused, once accepted, differing in what the rule is about. One table a file:
//!
//! | File | Rules of |
//! |---|---|
//! | `growing` | what is on record first, 定制药园, plants and harvest |
//! | `weight` | weight, and lots made of lots |
//! | `trade` | who owns, sells and receives lots |
//! | `pieces` | tests, 炮制 and what becomes of 饮片 |
//! | `packing` | packages and labels |
//! | `ending` | ends and holds |
//! | `testing` | laboratories, wherever a lot has got to |

mod ending;
mod growing;
mod packing;
mod pieces;
mod testing;
mod trade;
mod weight;

use super::*;
use crate::rejection::CATALOGUE;
use crate::state::StateKey;
pub(super) use ending::export;
pub(super) use pieces::{batch_test, bought_namesake};
use std::collections::BTreeSet;
pub(super) use weight::herbs_traced_since;

pub(in crate::tests) type Step = Box<dyn FnOnce(&mut World) -> Receipt>;

struct Row {
    name: &'static str,
    refused: Step,
    accepted: Step,
}

fn row(
    name: &'static str,
    refused: impl FnOnce(&mut World) -> Receipt + 'static,
    accepted: impl FnOnce(&mut World) -> Receipt + 'static,
) -> Row {
    Row { name, refused: Box::new(refused), accepted: Box::new(accepted) }
}

fn send(world: &mut World, member: usize, operation: impl AsOperation) -> Receipt {
    world.send(member, operation.op())
}

fn rows() -> impl Iterator<Item = Row> {
    let tables = [growing::rows(), weight::rows(), trade::rows(), pieces::rows(), packing::rows(), ending::rows()];
    tables.into_iter().flatten().chain(testing::rows())
}

/// What every row lets pass.
pub(in crate::tests) fn accepted() -> impl Iterator<Item = Step> {
    rows().map(|row| row.accepted)
}

#[test]
fn every_rule_about_herbs_refuses_and_lets_its_twin_pass() {
    let mut covered = BTreeSet::new();
    for row in rows() {
        let mut world = World::with_herbs();
        let receipt = (row.refused)(&mut world);
        assert_eq!(refusal_name(&receipt), row.name);
        assert_eq!(receipt.events, 0);
        let output = world.outputs.last().unwrap();
        let beyond = |k: &&StateKey| !(k.key[0] == 5 || (k.key[0] == 0 && k.key[1] == 1));
        assert_eq!(output.writes.keys().find(beyond), None, "{}: only live id and alarm layer", row.name);
        let mut world = World::with_herbs();
        let receipt = (row.accepted)(&mut world);
        assert!(receipt.is_applied(), "{}: {:?}", row.name, receipt.outcome);
        covered.insert(row.name);
    }
    let here = CATALOGUE.iter().filter(|r| (7100..7300).contains(&r.code));
    let missing: Vec<_> = here.map(|r| r.name).filter(|n| !covered.contains(n)).collect();
    assert_eq!(missing, Vec::<&str>::new());
}
