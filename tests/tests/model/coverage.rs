//! What the runs have shown: rules that said no, and rows of the state table that were taken.

use crate::spec::{Model, Outcome, Sent, State};
use bencao_chaincode::custody::{Availability, Lifecycle, Origin, TRANSITIONS};
use bencao_chaincode::transaction::{CountersignedBill, Operation};
use std::collections::{BTreeMap, BTreeSet};

/// Bill types that so many steps may come to or not: goods sent out to be labelled that come back to their maker, and
/// vaccines, which reach a site in the third hand. `chaincode/src/tests/dispensing.rs` sends the latter.
const SELDOM: [u16; 2] = [109, 322];

#[derive(Default)]
pub(crate) struct Coverage {
    pub(crate) steps: usize,
    pub(crate) applied: usize,
    /// How often each rule said no.
    pub(crate) refusals: BTreeMap<&'static str, usize>,
    /// Applied operations by name.
    pub(crate) operations: BTreeMap<&'static str, usize>,
    /// Row, state before, state after: of each package whose state changed.
    moves: BTreeSet<(&'static str, &'static str, &'static str)>,
    /// Row and bill type.
    bills: BTreeSet<(&'static str, u16)>,
}

impl std::fmt::Display for Coverage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "{} of {} applied: {:?}", self.applied, self.steps, self.operations)?;
        write!(f, "refused: {:?}", self.refusals)
    }
}

impl Coverage {
    /// What another thread has shown.
    pub(crate) fn add(&mut self, other: Coverage) {
        self.steps += other.steps;
        self.applied += other.applied;
        for (rule, count) in other.refusals {
            *self.refusals.entry(rule).or_default() += count;
        }
        for (operation, count) in other.operations {
            *self.operations.entry(operation).or_default() += count;
        }
        self.moves.extend(other.moves);
        self.bills.extend(other.bills);
    }

    pub(crate) fn note(&mut self, before: &Model, after: &Model, sent: &Sent, outcome: Outcome) {
        self.steps += 1;
        match outcome {
            Outcome::Refused(rule) => *self.refusals.entry(rule).or_default() += 1,
            Outcome::Repeated => *self.refusals.entry("(repeated)").or_default() += 1,
            Outcome::Applied => {
                self.applied += 1;
                *self.operations.entry(sent.operation.name()).or_default() += 1;
                self.moved(before, after, &sent.operation);
            }
        }
    }

    fn moved(&mut self, before: &Model, after: &Model, operation: &Operation) {
        let Some(row) = row_of(operation) else { return };
        if let Some(bill_type) = operation.bill_type() {
            self.bills.insert((row, bill_type));
        }
        let whole = row;
        for (code, unit) in &after.units {
            let to = state(after, code, unit.state);
            // The first part of a unit leaves stock as a whole one does.
            let begun = before.units.get(code).is_some_and(|u| u.state == State::Partial);
            let row = if whole == "T10" && !begun { "T9" } else { whole };
            match before.units.get(code) {
                None => {
                    self.moves.insert((row, "nothing", to));
                }
                Some(old) => {
                    let from = state(before, code, old.state);
                    let changed = from != to || old.sale != unit.sale || old.way != unit.way || old.holds != unit.holds;
                    if changed {
                        self.moves.insert((row, from, to));
                    }
                }
            }
        }
        if row == "T1" {
            self.moves.insert((row, "nothing", "allocated"));
        }
        if row == "T17" || row == "T18" {
            self.moves.insert((row, "held", "held"));
        }
    }

    /// Rows of §3.10, or parts of them, that no run took.
    pub(crate) fn missing_transitions(&self) -> Vec<String> {
        let mut missing = Vec::new();
        for transition in &TRANSITIONS {
            let row = transition.row;
            let taken = |from: &str, to: &str| {
                self.moves.iter().any(|(r, f, t)| *r == row && (from == "*" || *f == from) && (to == "*" || *t == to))
            };
            if !taken("*", "*") {
                missing.push(format!("{row} was never taken"));
            }
            if let Origin::States(states) = transition.from {
                let none = states.iter().filter(|s| !taken(s.name(), "*"));
                missing.extend(none.map(|s| format!("{row} never left {}", s.name())));
            }
            let none = transition.to.iter().filter(|s| !taken("*", s.name()));
            missing.extend(none.map(|s| format!("{row} never led to {}", s.name())));
            if let Availability::Now(bills) = transition.availability {
                let none = bills.iter().filter(|b| !SELDOM.contains(b) && !self.bills.contains(&(row, **b)));
                missing.extend(none.map(|b| format!("{row} was never taken by {b}")));
            }
        }
        missing
    }
}

fn state(model: &Model, code: &bencao_chaincode::UnitKey, state: State) -> &'static str {
    let lifecycle = match state {
        State::InStock if !model.is_released(code) => Lifecycle::Commissioned,
        State::InStock => Lifecycle::InStock,
        State::InTransit => Lifecycle::InTransit,
        State::Partial => Lifecycle::Partial,
        State::Dispensed => Lifecycle::Dispensed,
        State::Blocked => Lifecycle::Blocked,
        State::Sampled => Lifecycle::Sampled,
        State::Destroyed => Lifecycle::Destroyed,
        State::Lost => Lifecycle::Lost,
        State::Exported => Lifecycle::Exported,
        State::Consumed => Lifecycle::Consumed,
        State::Voided => Lifecycle::Voided,
    };
    lifecycle.name()
}

/// The row that an operation takes.
fn row_of(operation: &Operation) -> Option<&'static str> {
    use Operation::*;
    Some(match operation {
        AllocateCodes(_) => "T1",
        Commission(_) => "T2",
        Release(_) => "T3",
        Ship(_) => "T4",
        Receive(_) => "T5",
        Refuse(_) | TakeBack(_) | AcceptLoss(_) => "T6",
        CancelShipment(_) => "T7",
        QualityAccept(_) => "T8",
        Dispense(_) => "T9",
        DispensePart(_) => "T10",
        MoveStock(bill) if bill.bill_type == 320 => "T9",
        Countersign(bill) => match &bill.bill {
            CountersignedBill::Sample(_) => "T11",
            CountersignedBill::Destroy(_) => "T12",
            // Of a lot, which has a table of its own.
            CountersignedBill::DestroyLot(_) => return None,
        },
        Destroy(_) => "T12",
        ReportLoss(_) => "T13",
        Export(_) => "T14",
        VoidCodes(_) | ReplaceCodes(_) | Rework(_) => "T15",
        ConsumerReturn(_) => "T16",
        SetHold(_) | StartRecall(_) => "T17",
        LiftHold(_) => "T18",
        _ => return None,
    })
}
