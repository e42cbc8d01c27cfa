//! What firms send: random bills, of which about two thirds are right and the rest slightly wrong.
//!
//! Each kind of bill is made sloppily, several times; the model says which of these would be accepted, and mostly the
//! first such is sent. So a run goes on through all states, and what is refused is mostly refused for one small thing.

mod custody;
mod dispensing;
mod oversight;
mod production;
mod quality;
mod registry;
mod tcm;

use crate::cast::{DAY, HOUR, STRANGER, id};
use crate::random::Random;
use crate::spec::{FirmNo, Model, Sent, Unit};
use bencao_chaincode::UnitKey;
use bencao_chaincode::transaction::{Operation, TransactionId};
use bencao_crypto::{Digest, sm3};
use bencao_genesis::{OrgId, TimestampMs};
use std::collections::BTreeMap;

/// A bill and who signs it.
pub(crate) type Draft = (OrgId, Operation);
/// Makes one kind of bill.
type Maker = fn(&mut Generator, &Model) -> Draft;

/// Kinds of bills, by how often they are made.
const KINDS: &[(usize, Maker)] = &[
    (12, Generator::commission),
    (8, Generator::release),
    (2, Generator::allocate),
    (5, Generator::pack),
    (2, Generator::void),
    (3, Generator::replace),
    (2, Generator::rework),
    (1, Generator::contract),
    (2, Generator::request_batch_test),
    (2, Generator::test),
    (1, Generator::file),
    (1, Generator::responsible),
    (20, Generator::ship),
    (18, Generator::receive),
    (4, Generator::disaggregate),
    (5, Generator::refuse),
    (4, Generator::take_back),
    (4, Generator::accept_loss),
    (3, Generator::cancel),
    (5, Generator::move_stock),
    (2, Generator::export),
    (2, Generator::reject_import),
    (3, Generator::instruct),
    (10, Generator::dispense),
    (6, Generator::dispense_part),
    (4, Generator::reverse),
    (3, Generator::consumer_return),
    (4, Generator::set_hold),
    (6, Generator::lift_hold),
    (1, Generator::decide_freeze),
    (2, Generator::start_recall),
    (5, Generator::follow_recall),
    (4, Generator::propose),
    (4, Generator::countersign),
    (1, Generator::close_proposal),
    (4, Generator::destroy),
    (3, Generator::report_loss),
    (5, Generator::accept),
    (2, Generator::grant_licence),
    (3, Generator::change_licence),
    (1, Generator::file_coding),
    (3, Generator::register_product),
    (1, Generator::update_product),
    (2, Generator::register_participant),
    (2, Generator::register_standard),
    (1, Generator::withdraw_standard),
    (3, Generator::submit_filing),
    (2, Generator::change_filing),
    (4, Generator::give_mandate),
    (2, Generator::revoke_mandate),
    (3, Generator::triage),
    (2, Generator::list),
    (2, Generator::unlist),
    (1, Generator::credit),
    (3, Generator::open_dossier),
    (5, Generator::follow_up),
    (3, Generator::register_herbs),
    (3, Generator::define_piece),
    (3, Generator::set_scope),
    (2, Generator::register_garden),
    (1, Generator::amend_garden),
    (1, Generator::record_benefit),
    (3, Generator::record_seed),
    (5, Generator::plant),
    (4, Generator::field_work),
    (6, Generator::harvest),
    (5, Generator::process_at_origin),
    (3, Generator::request_test),
    (9, Generator::test_lot),
    (5, Generator::certify),
    (3, Generator::blend),
    (4, Generator::split),
    (7, Generator::process_pieces),
    (9, Generator::pack_lot),
    (12, Generator::ship_lots),
    (11, Generator::receive_lots),
    (2, Generator::refuse_lots),
    (4, Generator::buy_untraced),
    (2, Generator::sell_untraced),
    (5, Generator::dispense_lots),
    (2, Generator::write_off),
    (2, Generator::sample_lot),
    (2, Generator::destroy_lot),
    (3, Generator::export_lot),
    (3, Generator::hold_lot),
    (4, Generator::lift_lot_hold),
    (4, Generator::use_lots),
];

/// More packages make a run slow and no richer.
const PACKAGES_MAX: usize = 120;

pub(crate) struct Generator {
    pub(crate) random: Random,
    serials: BTreeMap<String, u64>,
    documents: u32,
    batches: u32,
    sent: Vec<Sent>,
}

impl Generator {
    pub(crate) fn new(random: Random) -> Generator {
        let (serials, sent) = (BTreeMap::new(), Vec::new());
        Generator { random, serials, documents: 0, batches: 0, sent }
    }

    /// Time from one block to the next, milliseconds.
    pub(crate) fn pause(&mut self) -> u64 {
        match self.random.below(500) {
            0 => 30 * DAY,
            1..=6 => DAY,
            7..=26 => HOUR * (1 + self.random.below(12) as u64),
            _ => 1000,
        }
    }

    /// The next transaction; now and then one that was sent before.
    pub(crate) fn next(&mut self, model: &Model, name: impl Fn(&Sent) -> TransactionId) -> Sent {
        if !self.sent.is_empty() && self.random.one_in(60) {
            let recent = self.sent.len().saturating_sub(40);
            return self.random.pick(&self.sent[recent..]);
        }
        let (principal, operation) = self.draft(model);
        self.documents += 1;
        let number = match self.random.below(60) {
            // Taken by another document of somebody.
            0 => self.random.pick_or(&self.sent, self.nobody(&principal, &operation)).number,
            _ => format!("D{}", self.documents),
        };
        let valid_until = TimestampMs(match self.random.below(150) {
            0 => model.now - 1,
            1 => model.now + 73 * HOUR,
            _ => model.now + HOUR,
        });
        let mandate = self.mandate(model, &principal);
        let unnamed = Sent { id: TransactionId::default(), principal, mandate, valid_until, number, operation };
        let sent = Sent { id: name(&unnamed), ..unnamed };
        self.sent.push(sent.clone());
        sent
    }

    fn nobody(&self, principal: &OrgId, operation: &Operation) -> Sent {
        Sent {
            id: TransactionId::default(),
            principal: principal.clone(),
            mandate: None,
            valid_until: TimestampMs(0),
            number: "D1".into(),
            operation: operation.clone(),
        }
    }

    /// A kind by weight, made until the model would accept it, a few times, mostly.
    fn draft(&mut self, model: &Model) -> Draft {
        let total: usize = KINDS.iter().map(|(weight, _)| weight).sum();
        let mut at = self.random.below(total);
        let kind = KINDS.iter().find(|(weight, _)| {
            let here = at < *weight;
            at = at.saturating_sub(*weight);
            here
        });
        let (_, make) = kind.expect("weights add up");
        let tries = if self.random.below(10) < 7 { 6 } else { 1 };
        let mut draft = make(self, model);
        for _ in 1..tries {
            if is_right(model, &draft) {
                break;
            }
            draft = make(self, model);
        }
        draft
    }

    // Parts of bills.

    /// A member; now and then somebody who is none.
    fn somebody(&mut self, of: &[usize]) -> OrgId {
        if self.random.one_in(80) { id(STRANGER) } else { id(self.random.pick(of)) }
    }

    /// Mostly the one who should, sometimes anybody.
    fn mostly(&mut self, model: &Model, firm: FirmNo) -> OrgId {
        match self.random.below(300) {
            0 => id(STRANGER),
            1..=25 => self.anybody(model),
            _ => model.firms[firm].id.clone(),
        }
    }

    fn anybody(&mut self, model: &Model) -> OrgId {
        model.firms[self.random.below(model.firms.len())].id.clone()
    }

    fn digest(&mut self) -> Digest {
        sm3(&[self.random.below(2) as u8])
    }

    /// One code that fits, or any known one.
    fn code(&mut self, model: &Model, fits: impl Fn(&UnitKey, &Unit) -> bool) -> UnitKey {
        let all: Vec<UnitKey> = model.units.keys().copied().collect();
        let fitting: Vec<UnitKey> = model.units.iter().filter(|(c, u)| fits(c, u)).map(|(c, _)| *c).collect();
        if self.random.one_in(60) {
            return self.unheard_of();
        }
        let fallback = self.random.pick_or(&all, code20("8100001", 9_000_000));
        self.random.pick_or(&fitting, fallback)
    }

    /// One or more codes that fit and lie with one custodian; now and then one that does not belong there.
    fn codes(&mut self, model: &Model, fits: impl Fn(&UnitKey, &Unit) -> bool) -> Vec<UnitKey> {
        let first = self.code(model, &fits);
        let mut codes = vec![first];
        let Some(unit) = model.units.get(&first) else { return codes };
        let with = |c: &UnitKey, u: &Unit| u.custodian == unit.custodian && u.way == unit.way && fits(c, u);
        while codes.len() < 4 && self.random.one_in(3) {
            let next = self.code(model, with);
            if !codes.contains(&next) {
                codes.push(next);
            }
        }
        if self.random.one_in(30) {
            codes.push(self.code(model, |_, _| true));
        }
        if self.random.one_in(80) {
            codes.push(first);
        }
        codes
    }

    /// Never commissioned, or not even of a registered prefix.
    fn unheard_of(&mut self) -> UnitKey {
        let prefix = self.random.pick(&["8100001", "8100003", "8999991", "8777771"]);
        code20(prefix, 9_000_000 + self.random.below(20) as u64)
    }

    fn custodian(&self, model: &Model, codes: &[UnitKey]) -> FirmNo {
        codes.iter().find_map(|c| model.units.get(c)).map_or(0, |u| u.custodian)
    }

    fn note(&mut self) -> String {
        self.random.pick(&["盘点", "外包装破损", "质量问题"]).to_owned()
    }
}

/// Whether the rules would let it pass.
fn is_right(model: &Model, (principal, operation): &Draft) -> bool {
    let Some(by) = model.firm(principal) else { return false };
    let sent = Sent {
        id: TransactionId::default(),
        principal: principal.clone(),
        mandate: None,
        valid_until: TimestampMs(model.now),
        number: String::new(),
        operation: operation.clone(),
    };
    model.clone().run(by, None, &sent).is_ok()
}

/// A 20-digit code.
pub(crate) fn code20(prefix: &str, serial: u64) -> UnitKey {
    UnitKey::parse_canonical(&format!("T20:{prefix}{serial:013}")).expect("20 digits")
}

/// A logistic code, with its check digit (§1.2).
pub(crate) fn sscc(serial: u64) -> UnitKey {
    let body = format!("{serial:017}");
    let sum: u32 = body.bytes().rev().zip([3, 1].into_iter().cycle()).map(|(b, w)| u32::from(b - b'0') * w).sum();
    UnitKey::parse_canonical(&format!("SSCC:{body}{}", (10 - sum % 10) % 10)).expect("18 digits")
}
