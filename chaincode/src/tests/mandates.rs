//! A mandate used, exceeded and revoked; a farmer behind a co-operative; a bank that reads.

use super::refusals::registry::*;
use super::refusals::{b1, stocked_with};
use super::world::*;
use crate::mandates::{MandateRecord, ReadScope, may_read};
use crate::oversight::AlarmKind;
use crate::query;
use crate::receipt::Outcome;
use crate::state::{OrgNo, key, load};
use crate::transaction::*;
use crate::{Operation, Subject};
use bencao_genesis::*;

fn with_authorities() -> World {
    let mut base = genesis();
    base.organisations.extend(authorities());
    stocked_with(base)
}

fn number_of(world: &World, member: usize) -> OrgNo {
    let place = world.genesis.organisations.iter().position(|o| o.id == org_id(member)).unwrap();
    OrgNo(place as u32 + 1)
}

fn mandate() -> DocumentNumber {
    DocumentNumber("MANDATE".into())
}

#[test]
fn both_identities_are_in_the_event_the_receipt_and_the_document() {
    let mut world = with_authorities();
    assert!(world.send_as(W, "MANDATE", give(&["custody"], |m| m.uses_max = Some(2))).is_applied());
    let receipt = by_agent(&mut world, W, "A-1", ship(P, &[b1(4)]));
    let agency = number_of(&world, AGENCY);
    let Outcome::Applied(done) = receipt.outcome else { panic!("{receipt:?}") };
    assert_eq!(done.agent, Some(agency));
    let event = world.events[&Subject::Unit(b1(4))].last().unwrap().clone();
    let signed_by = signing_key(AGENCY, KeyPurpose::Transact).public().id();
    assert_eq!((event.actor, event.agent, event.key), (number_of(&world, W), Some(agency), signed_by));
    let shown = world.view(&b1(4)).history.last().unwrap().clone();
    assert_eq!((shown.by.id, shown.agent.unwrap().id, shown.key_id), (org_id(W), org_id(AGENCY), signed_by));
    let bill = query::bill(&world, &org_id(W), &DocumentNumber("A-1".into())).unwrap().unwrap();
    assert_eq!((bill.agent.unwrap().id, bill.key_id), (org_id(AGENCY), signed_by));
    // The principal's own bill names no agent.
    world.applied(W, ship(P, &[b1(5)]));
    assert_eq!(world.view(&b1(5)).history.last().unwrap().agent, None);
}

#[test]
fn a_mandate_is_used_exceeded_and_revoked() {
    let mut world = with_authorities();
    assert!(world.send_as(W, "MANDATE", give(&["ship"], |m| m.uses_max = Some(2))).is_applied());
    assert!(by_agent(&mut world, W, "A-1", ship(P, &[b1(4)])).is_applied());
    // A refused bill uses nothing up.
    assert_eq!(refusal_name(&by_agent(&mut world, W, "A-2", ship(P, &[b1(4)]))), "in_transit");
    assert!(by_agent(&mut world, W, "A-2", ship(P, &[b1(5)])).is_applied());
    assert_eq!(refusal_name(&by_agent(&mut world, W, "A-3", ship(P, &[b1(6)]))), "mandate_used_up");
    let alarm = world.outputs.last().unwrap().alarms[0].clone();
    let (agency, firm) = (number_of(&world, AGENCY), number_of(&world, W));
    assert_eq!((alarm.kind, alarm.organisation), (AlarmKind::MandateMisuse, agency), "not the principal's fault");
    let view = query::mandate(&world, &org_id(W), &mandate(), date("2026-11-23")).unwrap().unwrap();
    assert_eq!((view.used, view.uses_max, view.in_force), (2, Some(2), true));
    world.applied(W, Operation::RevokeMandate(RevokeMandate { number: mandate(), participant: None }));
    assert_eq!(refusal_name(&by_agent(&mut world, W, "A-4", ship(P, &[b1(6)]))), "mandate_revoked");
    let record: MandateRecord = load(&world, &key::mandate(firm, &mandate())).unwrap().unwrap();
    assert!(record.revoked && record.used == 2);
    // Neither revoked twice, nor for another principal.
    let again = Operation::RevokeMandate(RevokeMandate { number: mandate(), participant: None });
    assert_eq!(world.refused(W, again), "mandate_revoked");
    assert_eq!(refusal_name(&by_agent(&mut world, M, "A-5", ship(W, &[case_code("B1", 2)]))), "unknown_mandate");
}

#[test]
fn release_and_acts_of_authorities_are_never_delegated() {
    let mut world = with_authorities();
    assert!(world.send_as(M, "MANDATE", give(&["production"], |_| ())).is_applied());
    let (mut body, _) = world.transaction(M, "R-1", Operation::Release(release("B2", 10)));
    let key = signing_key(AGENCY, KeyPurpose::Release);
    body.key = key.public().id();
    body.mandate = Some(Mandate { agent: org_id(AGENCY), number: mandate() });
    assert_eq!(refusal_name(&world.submit(&body, &key)), "not_delegable");
    for operation in [
        amend(|_| ()),
        grant(W, LicenceKind::DrugWholesale, |_| ()),
        list(W, crate::oversight::PublicList::Abnormal),
        give(&["ship"], |_| ()),
    ] {
        assert!(!operation.body().delegable(), "{}", operation.name());
    }
    assert_eq!(world.refused(M, give(&["governance"], |_| ())), "field_form", "no such scope");
    // A regulator's own acts neither, whatever it signs away: an agency of both sides would sign a bill twice.
    use super::law_world::{hold, on_organisation};
    let freeze = hold(crate::quality::HoldKind::RegulatorFreeze, on_organisation(W));
    assert!(world.send_as(REG, "MANDATE", give(&["quality"], |_| ())).is_applied());
    assert_eq!(refusal_name(&by_agent(&mut world, REG, "F-1", freeze.clone())), "not_delegable");
    world.applied(REG, freeze);
}

#[test]
fn a_co_operative_acts_for_a_farmer_without_a_key() {
    let mut world = with_authorities();
    world.applied(COOP, participant(1, |_| ()));
    let to_itself = |m: &mut GiveMandate| (m.agent, m.participant) = (org_id(COOP), Some(person(1)));
    assert!(world.send_as(COOP, "MANDATE", give(&["registry", "tcm"], to_itself)).is_applied());
    // The farmer's trace policy, signed by the co-operative.
    let operation = filing(crate::registry::FilingKind::TracePolicy, COOP, |f| f.organisation = person(1));
    let (mut body, key) = world.transaction(COOP, "T-1", operation);
    body.principal = person(1);
    body.mandate = Some(Mandate { agent: org_id(COOP), number: mandate() });
    assert!(world.submit(&body, &key).is_applied());
    let farmer = query::organisation(&world, &person(1), date("2026-11-23")).unwrap().unwrap();
    assert_eq!((farmer.filings.len(), farmer.host.unwrap().id), (1, org_id(COOP)));
    let revoke = RevokeMandate { number: mandate(), participant: Some(person(1)) };
    world.applied(COOP, Operation::RevokeMandate(revoke));
    body.document_number = DocumentNumber("T-2".into());
    assert_eq!(refusal_name(&world.submit(&body, &key)), "mandate_revoked");
}

#[test]
fn a_bank_reads_with_consent_until_it_is_withdrawn() {
    let mut world = with_authorities();
    let to_bank = |m: &mut GiveMandate| (m.agent, m.reads) = (org_id(BANK), vec![ReadScope::Stock]);
    assert!(world.send_as(W, "MANDATE", give(&[], to_bank)).is_applied());
    let (firm, bank) = (number_of(&world, W), number_of(&world, BANK));
    let reads =
        |world: &World, who, scope, day: &str| may_read(world, (firm, &mandate()), who, scope, date(day)).unwrap();
    assert!(reads(&world, bank, ReadScope::Stock, "2026-11-23"));
    assert!(!reads(&world, bank, ReadScope::Bills, "2026-11-23"));
    assert!(!reads(&world, firm, ReadScope::Stock, "2026-11-23"));
    assert!(!reads(&world, bank, ReadScope::Stock, "2027-01-01"));
    world.applied(W, Operation::RevokeMandate(RevokeMandate { number: mandate(), participant: None }));
    assert!(!reads(&world, bank, ReadScope::Stock, "2026-11-23"));
    // Reading is not acting.
    assert_eq!(refusal_name(&world.send(W, give(&["ship"], |m| m.agent = org_id(BANK)))), "role_not_allowed");
}

/// A limit to products is one to goods, whatever they are packed in.
#[test]
fn nothing_passes_a_mandate_in_a_pallet() {
    use super::law_world::{go, one_box, pack, sscc};
    let mut world = with_authorities();
    let narcotic = code(&format!("8900001{:013}", 1));
    world.applied(M, one_box("N", "8900001", "N1"));
    world.applied(M, go("N", "N1", |_| ()));
    world.applied(M, pack(sscc(1), &[b1(11), narcotic]));
    world.applied(M, pack(sscc(2), &[b1(12)]));
    let permit = |terms: &mut ShipTerms| terms.permit = "运输证明 2026-1".into();
    assert!(world.send_as(M, "P-1", ship_as(201, W, &[sscc(1), sscc(2)], permit)).is_applied());
    world.applied(W, receive(M, "P-1", &[sscc(1), sscc(2)]));
    let only = |m: &mut GiveMandate| m.products = vec![ProductId("X".into())];
    assert!(world.send_as(W, "MANDATE", give(&["custody"], only)).is_applied());
    let mut send = |number: &str, codes: &[crate::UnitKey]| by_agent(&mut world, W, number, ship(P, codes));
    assert_eq!(refusal_name(&send("A-1", &[b1(4), sscc(1)])), "mandate_product");
    assert_eq!(refusal_name(&send("A-2", &[sscc(1)])), "mandate_product");
    assert_eq!(refusal_name(&send("A-3", &[sscc(9)])), "mandate_product");
    assert!(send("A-4", &[b1(4), sscc(2)]).is_applied());
}
