//! One refusing and one accepting transaction for every rule, differing in what the rule is about; and the order in
//! which rules complain.

mod custody;
mod dispensing;
mod form;
mod making;
mod orders;
mod production;
mod quality;
pub(super) mod registry;
mod standards;
mod trade;

use super::world::*;
use crate::custody::{Holds, Share, UnitRecord};
use crate::receipt::{Outcome, Receipt};
use crate::rejection::CATALOGUE;
use crate::state::{BatchRef, OrgNo, ProductNo, StateKey, key, load, to_record};
use crate::transaction::*;
use crate::{Operation, UnitKey};
use bencao_crypto::{Signature, sm3};
use bencao_genesis::*;
use std::collections::BTreeSet;

/// B1 released: case 1 with W (boxes 1–2 taken out for P, 3 for H), case 2 with M. B2 commissioned, not released.
fn stocked() -> World {
    stocked_with(genesis())
}

pub(super) fn stocked_with(genesis: Genesis) -> World {
    stocked_in(World::with(genesis))
}

pub(super) fn stocked_in(mut world: World) -> World {
    let (cases_1, boxes) = world.make_batch("B1", 20);
    assert!(world.send_as(M, "S1", ship(W, &cases_1[..1])).is_applied());
    world.applied(W, receive(M, "S1", &cases_1[..1]));
    assert!(world.send_as(W, "S2", ship(P, &boxes[..2])).is_applied());
    world.applied(P, receive(W, "S2", &boxes[..2]));
    assert!(world.send_as(W, "S3", ship(H, &boxes[2..3])).is_applied());
    world.applied(H, receive(W, "S3", &boxes[2..3]));
    let unreleased = commission("B2", &cases("B2", 10), &boxes_of("B2", 10));
    world.applied(M, Operation::Commission(unreleased));
    world
}

pub(super) fn b1(n: u32) -> UnitKey {
    box_code("B1", n)
}

/// Sends with changes to the body.
fn send_changed(
    world: &mut World,
    member: usize,
    operation: Operation,
    change: impl FnOnce(&mut Transaction),
) -> Receipt {
    let (mut body, key) = world.transaction(member, "CHANGED", operation);
    change(&mut body);
    world.submit(&body, &key)
}

fn edit(world: &mut World, unit: &UnitKey, change: impl FnOnce(&mut UnitRecord)) {
    let mut record = world.record(unit);
    change(&mut record);
    world.state.insert(key::unit(unit), to_record(&record));
}

fn new_batch(change: impl FnOnce(&mut Commission)) -> Operation {
    let mut bill = commission("B3", &[case_code("B3", 1)], &boxes_of("B3", 10));
    change(&mut bill);
    Operation::Commission(bill)
}

fn register(change: impl FnOnce(&mut Product)) -> Operation {
    let mut product = product("Y", DrugClass::Chemical, ["8100011", "8100013"], 10);
    change(&mut product);
    Operation::RegisterProduct(RegisterProduct { product })
}

fn released(change: impl FnOnce(&mut Release)) -> Operation {
    let mut operation = release("B2", 10);
    change(&mut operation);
    Operation::Release(operation)
}

fn more_of_b2(parent: Option<UnitKey>, n: u32, change: impl FnOnce(&mut Commission)) -> Operation {
    let mut bill = commission("B2", &[], &boxes_of("B2", 10));
    let code = box_code("B2", n);
    bill.units = vec![CommissionedUnit { code, level: 1, parent, remainder: false }];
    change(&mut bill);
    Operation::Commission(bill)
}

fn ship_type(bill_type: u16) -> Operation {
    let Operation::Ship(mut bill) = ship(P, &[b1(4)]) else { unreachable!() };
    bill.bill_type = bill_type;
    Operation::Ship(bill)
}

pub(in crate::tests) type Step = Box<dyn FnOnce(&mut World) -> Receipt>;

pub(in crate::tests) struct Row {
    name: &'static str,
    refused: Step,
    pub(in crate::tests) accepted: Step,
}

fn row(
    name: &'static str,
    refused: impl FnOnce(&mut World) -> Receipt + 'static,
    accepted: impl FnOnce(&mut World) -> Receipt + 'static,
) -> Row {
    Row { name, refused: Box::new(refused), accepted: Box::new(accepted) }
}

/// What W may do at any time.
fn plain(world: &mut World) -> Receipt {
    world.send(W, ship(P, &[b1(4)]))
}

fn more(change: impl FnOnce(&mut Commission)) -> Operation {
    new_batch(|b| {
        b.units = vec![CommissionedUnit { code: box_code("B3", 10), parent: None, ..b.units[0] }];
        change(b);
    })
}

fn short_case(remainder: bool) -> Operation {
    new_batch(|b| {
        b.units.retain(|u| u.code != box_code("B3", 10));
        b.units.iter_mut().for_each(|u| u.remainder = remainder && u.level == 2);
        b.declared_units = 9;
    })
}

/// One box of a new batch B4 into B3's case.
fn into_case_of_b3() -> Operation {
    new_batch(|b| {
        b.batch_no = "B4".into();
        b.declared_units = 1;
        let code = box_code("B4", 1);
        b.units = vec![CommissionedUnit { code, level: 1, parent: Some(case_code("B3", 1)), remainder: false }];
    })
}

fn vaccine() -> Operation {
    new_batch(|b| {
        b.product_id = ProductId("V".into());
        b.declared_units = 1;
        let code = code("82000010000000000001");
        b.units = vec![CommissionedUnit { code, level: 1, parent: None, remainder: false }];
    })
}

fn vaccine_release(lot_release: &str) -> Release {
    Release { product_id: ProductId("V".into()), lot_release: lot_release.into(), ..release("B3", 1) }
}

/// Commissions and releases two boxes of a narcotic.
fn narcotics(world: &mut World) -> Vec<UnitKey> {
    let codes = vec![code("89000010000000000001"), code("89000010000000000002")];
    let bill = new_batch(|b| {
        b.product_id = ProductId("N".into());
        b.declared_units = 2;
        let unit = |code: &UnitKey| CommissionedUnit { code: *code, level: 1, parent: None, remainder: false };
        b.units = codes.iter().map(unit).collect();
    });
    world.applied(M, bill);
    world.applied(M, Operation::Release(Release { product_id: ProductId("N".into()), ..release("B3", 2) }));
    codes
}

fn permitted(terms: &mut ShipTerms) {
    terms.permit = "运输证明 2026-1".into();
}

fn posted(terms: &mut ShipTerms) {
    (terms.permit, terms.postal) = ("邮寄证明 2026-1".into(), true);
}

fn change_org(world: &mut World, member: usize, change: impl FnOnce(&mut crate::registry::OrganisationRecord)) {
    let name = key::organisation(OrgNo(member as u32 + 1));
    let mut record = load(&*world, &name).unwrap().unwrap();
    change(&mut record);
    world.state.insert(name, to_record(&record));
}

pub(in crate::tests) fn rows() -> Vec<Row> {
    let mut rows = form::form_rows();
    rows.extend(custody::custody_rows());
    rows.extend(production::production_rows());
    rows.extend(registry::registry_rows());
    rows.extend(standards::standard_rows());
    rows.extend(trade::trade_rows());
    rows.extend(orders::order_rows());
    rows.extend(dispensing::dispensing_rows());
    rows.extend(quality::quality_rows());
    rows.extend(making::making_rows());
    rows
}

/// Every member that the rows name.
pub(in crate::tests) fn wide_genesis() -> Genesis {
    let mut base = super::trade::wide();
    base.organisations.extend(authorities());
    super::law_world::extend(&mut base);
    base
}

#[test]
fn every_rule_refuses_and_lets_its_twin_pass() {
    let base = stocked_with(wide_genesis());
    let mut covered = BTreeSet::new();
    for row in rows() {
        let mut world = base.clone();
        let before = world.state.clone();
        let receipt = (row.refused)(&mut world);
        assert!(!receipt.is_applied(), "{} is not refused", row.name);
        assert_eq!(refusal_name(&receipt), row.name);
        assert_eq!(receipt.events, 0);
        let output = world.outputs.last().unwrap();
        let beyond = |k: &&StateKey| !(k.key[0] == 5 || k.key[0] == 9 || (k.key[0] == 0 && k.key[1] == 1));
        assert_eq!(
            output.writes.keys().find(beyond),
            None,
            "{}: only live id, alarm layer and deadlines run",
            row.name
        );
        assert!(!before.is_empty());
        let mut world = base.clone();
        let receipt = (row.accepted)(&mut world);
        assert!(receipt.is_applied(), "{}: {:?}", row.name, receipt.outcome);
        covered.insert(row.name);
    }
    // Tested by themselves below, with the herbs, and in the codes module.
    let elsewhere = [
        "key_not_valid",
        "block_full",
        "internal",
        "record_too_large",
        "tracing_mandatory",
        "not_a_trace_code",
        "expiry_beyond_lots",
    ];
    // Those of herbs and of governance have tables of their own (tests/tcm, tests/governance).
    let here = CATALOGUE.iter().filter(|r| {
        !(7100..7300).contains(&r.code) && !(7400..7600).contains(&r.code) && !(1018..=1020).contains(&r.code)
    });
    let missing: Vec<_> = here.map(|r| r.name).filter(|n| !covered.contains(n)).collect();
    assert_eq!(missing, elsewhere);
}

#[test]
fn keys_count_by_height() {
    let mut genesis = genesis();
    genesis.organisations[W].keys[0].valid_to = Some(Height(9));
    let mut world = stocked_with(genesis);
    assert_eq!(world.context().height, Height(10), "one block a step so far");
    let receipt = plain(&mut world);
    assert_eq!(refusal_name(&receipt), "key_not_valid");
    assert!(!receipt.settles());
}

#[test]
fn declared_writes_beyond_the_block_wait_for_another() {
    let mut genesis = genesis();
    genesis.limits.block_writes_max = 20_000;
    genesis.limits.writes_per_transaction_max = 20_000;
    let mut world = stocked_with(genesis);
    let bytes: Vec<Vec<u8>> = [4, 5, 6]
        .iter()
        .map(|n| {
            let (mut body, key) = world.transaction(W, &format!("F{n}"), ship(P, &[b1(*n)]));
            body.writes_max = 10_000;
            body.sign(&key).to_bytes()
        })
        .collect();
    let receipts = world.block(&bytes).receipts.clone();
    assert!(receipts[0].is_applied() && receipts[1].is_applied());
    assert_eq!(refusal_name(&receipts[2]), "block_full");
    assert!(!receipts[2].settles());
    assert!(world.block(&bytes[2..]).receipts[0].is_applied(), "the same bytes, later");
}

/// A view that panics once, inside the rules.
pub(super) struct Panicking<'a>(pub(super) &'a World, pub(super) StateKey);

impl crate::StateView for Panicking<'_> {
    fn get(&self, key: &StateKey) -> Result<Option<Vec<u8>>, crate::ViewError> {
        assert!(*key != self.1, "deliberate");
        self.0.get(key)
    }

    fn scan(&self, from: &StateKey, to: &StateKey, limit: usize) -> Result<Vec<(StateKey, Vec<u8>)>, crate::ViewError> {
        self.0.scan(from, to, limit)
    }
}

#[test]
fn a_panic_in_one_transaction_leaves_the_others_alone() {
    let mut world = stocked();
    let bad = world.transaction(W, "BAD", ship(P, &[b1(4)]));
    let good = world.transaction(P, "GOOD", dispense(321, &[b1(1)]));
    let bytes: Vec<Vec<u8>> = [bad, good].iter().map(|(body, key)| body.sign(key).to_bytes()).collect();
    let slices: Vec<&[u8]> = bytes.iter().map(Vec::as_slice).collect();
    let view = Panicking(&world, key::unit(&b1(4)));
    let output = crate::execute_block(&view, &world.context(), &slices, &Trusting).unwrap();
    assert_eq!(refusal_name(&output.receipts[0]), "internal");
    assert!(output.receipts[1].is_applied());
}

#[test]
fn the_first_failing_check_decides() {
    let mut world = stocked();
    // Wrong chain and wrong codes count: chain first. Unknown organisation before key, key before signature.
    let receipt = send_changed(&mut world, W, ship(P, &[]), |t| t.chain = ChainId::default());
    assert_eq!(refusal_name(&receipt), "wrong_chain");
    // Sold and in somebody else's custody: the sale is said.
    world.applied(P, dispense(321, &[b1(1)]));
    assert_eq!(world.refused(W, ship(H, &[b1(1)])), "already_dispensed");
    // Not released and not mine: custody first.
    assert_eq!(world.refused(W, ship(H, &[box_code("B2", 1)])), "not_custodian");
    // The first bad code of the bill decides, in the order of the bill.
    let receipt = world.send(W, ship(P, &[b1(4), b1(99), b1(1)]));
    let Outcome::Rejected(refusal) = receipt.outcome else { panic!() };
    assert_eq!(refusal.args[0], crate::Arg::Code(b1(99)));
    assert_eq!(world.view(&b1(4)).state, "in_stock", "all or nothing");
}

#[test]
fn only_what_a_vaccine_may_do() {
    let mut base = genesis();
    base.products.push(product("V", DrugClass::Vaccine, ["8200001", "8200003"], 10));
    let mut world = stocked_with(base);
    let dose = code("82000010000000000001");
    world.applied(M, vaccine());
    world.applied(M, Operation::Release(vaccine_release("批签1")));
    assert_eq!(world.refused(M, ship(SITE, &[dose])), "designation_required", "a CDC supplies or names the site");
    assert_eq!(world.refused(M, ship(W, &[dose])), "route_not_allowed");
    assert!(world.send_as(M, "V1", ship(CDC, &[dose])).is_applied());
    world.applied(CDC, receive_as(102, M, "V1", &[dose], cooled));
    assert!(world.send_as(CDC, "V2", ship_as(209, SITE, &[dose], |_| ())).is_applied());
    world.applied(SITE, receive_as(107, CDC, "V2", &[dose], cooled));
    world.applied(SITE, dispense(322, &[dose]));
    assert_eq!(world.refused(H, dispense(321, &[dose])), "already_dispensed");
    assert_eq!(sm3(b"").0.len(), 32);
}
