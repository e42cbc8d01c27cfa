//! Inspections, penalties, cases, results and notifications; lists and credit; triage and what consumers see.

use super::refusals::registry::*;
use super::refusals::{b1, stocked_with};
use super::world::*;
use crate::Operation;
use crate::law::{Chapter, ListEffect, OversightLaw};
use crate::oversight::*;
use crate::query;
use crate::registry::LicenceAction;
use crate::transaction::*;
use bencao_genesis::*;

fn with_authorities() -> World {
    let mut base = genesis();
    base.organisations.extend(authorities());
    stocked_with(base)
}

fn status(world: &World, author: usize, day: &str) -> (&'static str, bool) {
    let number = DocumentNumber("J-1".into());
    let view = query::dossier(world, &org_id(author), &number, date(day)).unwrap().unwrap();
    (view.status, view.overdue)
}

#[test]
fn an_inspection_goes_from_finding_to_rectification_to_its_close() {
    use DossierStep::*;
    let mut world = with_authorities();
    assert!(world.send_as(REG, "J-1", dossier(DossierKind::Inspection, |_| ())).is_applied());
    assert_eq!(status(&world, REG, "2026-12-23"), ("open", false));
    assert_eq!(status(&world, REG, "2026-12-24"), ("open", true), "the deadline is inclusive");
    assert_eq!(world.refused(REG, follow_up(REG, Accept)), "status_not_allowed");
    world.applied(W, follow_up(REG, Report));
    assert_eq!(world.refused(SAMR, follow_up(REG, Accept)), "no_authority", "another department");
    world.applied(REG, follow_up(REG, Refuse));
    world.applied(W, follow_up(REG, Report));
    world.applied(NMPA, follow_up(REG, Accept));
    assert_eq!(status(&world, REG, "2027-01-01"), ("closed", false));
    assert_eq!(world.refused(W, follow_up(REG, Report)), "status_not_allowed");
    let view = query::organisation(&world, &org_id(W), date("2026-11-23")).unwrap().unwrap();
    assert_eq!((view.inspections, view.penalties), (1, 0));
}

#[test]
fn what_is_not_put_right_in_time_is_told_once_a_term() {
    use DossierStep::*;
    let mut world = with_authorities();
    let next = |world: &World| world.outputs.last().unwrap().next_deadline.map(|t| t.to_string());
    assert!(world.send_as(REG, "J-1", dossier(DossierKind::Inspection, |_| ())).is_applied());
    // The deadline is 2026-12-23, inclusive.
    let begins = TimestampMs(date("2026-12-23").end_in_china().0);
    assert_eq!(begins.to_string(), "2026-12-24T00:00:00.000+08:00");
    let told = |world: &World| {
        let output = world.outputs.last().unwrap();
        let kinds: Vec<AlarmKind> = output.alarms.iter().map(|a| a.kind).collect();
        let events: Vec<&str> = output.events.iter().map(|e| e.body.name()).collect();
        (kinds, events)
    };
    world.time = begins.0 - 1;
    world.block(&[]);
    assert_eq!(told(&world), (vec![], vec![]), "still in time");
    world.time = begins.0;
    world.block(&[]);
    assert_eq!(told(&world), (vec![AlarmKind::RectificationOverdue], vec!["dossier_overdue"]));
    let alarm = &world.outputs.last().unwrap().alarms[0];
    assert_eq!((alarm.organisation, alarm.rule), (crate::state::OrgNo(W as u32 + 1), 0), "whom it is about");
    let event = &world.outputs.last().unwrap().events[0];
    assert_eq!(event.subject, crate::event::Subject::File(crate::state::OrgNo(W as u32 + 1)));
    world.block(&[]);
    assert_eq!(told(&world), (vec![], vec![]), "once");
    // Reported, refused after its day: overdue again, at once.
    world.applied(W, follow_up(REG, Report));
    world.applied(REG, follow_up(REG, Refuse));
    world.block(&[]);
    assert_eq!(told(&world).0, [AlarmKind::RectificationOverdue]);
    let number = DocumentNumber("J-1".into());
    let view = query::dossier(&world, &org_id(REG), &number, date("2026-12-24")).unwrap().unwrap();
    assert_eq!((view.overdue, view.times_overdue), (true, 2));
    world.applied(W, follow_up(REG, Report));
    world.applied(REG, follow_up(REG, Accept));
    world.time += 400 * DAY;
    world.block(&[]);
    assert_eq!(told(&world), (vec![], vec![]));
    assert!(next(&world).is_none());
}

#[test]
fn a_report_in_time_ends_the_waiting_and_its_refusal_begins_it_anew() {
    use DossierStep::*;
    let mut world = with_authorities();
    let due = Some(date("2026-12-23").end_in_china());
    let next = |world: &World| world.outputs.last().unwrap().next_deadline;
    let before = next(&world);
    assert!(world.send_as(REG, "J-1", dossier(DossierKind::Inspection, |_| ())).is_applied());
    let with_due = before.into_iter().chain(due).min();
    assert_eq!(next(&world), with_due);
    world.applied(W, follow_up(REG, Report));
    assert_eq!(next(&world), before);
    world.applied(NMPA, follow_up(REG, Refuse));
    assert_eq!(next(&world), with_due);
    world.applied(REG, follow_up(REG, Withdraw));
    assert_eq!(next(&world), before);
    // Nothing to put right, nothing to wait for.
    let conforming = |d: &mut OpenDossier| (d.finding, d.deadline) = (Some(Finding::Conforming), None);
    assert!(world.send_as(REG, "J-2", dossier(DossierKind::Inspection, conforming)).is_applied());
    assert_eq!(next(&world), before);
}

#[test]
fn a_market_inspects_the_merchants_that_it_admitted() {
    let mut world = with_authorities();
    let inspect = || dossier(DossierKind::Inspection, |d| d.organisation = Some(org_id(COOP)));
    assert_eq!(world.refused(MARKET, inspect()), "no_authority");
    world.applied(MARKET, filing(crate::registry::FilingKind::MarketAdmission, COOP, |_| ()));
    world.applied(MARKET, inspect());
    // It stands in the file of the market, which was inspected by nobody.
    let beginning = query::ReportPart::Beginning;
    let report = query::annual_report(&world, &world, (&org_id(MARKET), 2026), beginning).unwrap().unwrap();
    assert_eq!(report.inspections, Some(0));
}

/// 《药品管理法》 Art. 62: a platform vets, manages and reports those who sell on it, and ends its service to them.
#[test]
fn a_platform_vets_inspects_reports_and_ends_its_service() {
    use crate::registry::FilingKind::PlatformAdmission;
    let mut world = with_authorities();
    let report = || {
        dossier(DossierKind::ViolationReport, |d| {
            (d.organisation, d.finding, d.deadline) = (Some(org_id(P)), None, None)
        })
    };
    let inspect = || dossier(DossierKind::Inspection, |d| d.organisation = Some(org_id(P)));
    assert_eq!(world.refused(PLATFORM, report()), "no_authority", "not its merchant");
    world.applied(PLATFORM, filing(PlatformAdmission, P, |_| ()));
    world.applied(PLATFORM, inspect());
    assert_eq!(world.refused(MARKET, report()), "no_authority");
    assert!(world.send_as(PLATFORM, "J-1", report()).is_applied());
    assert_eq!(world.refused(PLATFORM, follow_up(PLATFORM, DossierStep::Accept)), "no_authority");
    world.applied(REG, follow_up(PLATFORM, DossierStep::Accept));
    assert_eq!(status(&world, PLATFORM, "2026-11-23"), ("accepted", false));
    // A serious violation: no more service.
    let online = || {
        let Operation::Dispense(mut bill) = dispense(326, &[b1(1)]) else { unreachable!() };
        bill.platform = Some(org_id(PLATFORM));
        Operation::Dispense(bill)
    };
    world.applied(PLATFORM, refile(PlatformAdmission, P, LicenceAction::Revoke));
    assert_eq!(world.refused(P, online()), "not_admitted");
    assert_eq!(world.refused(PLATFORM, report()), "no_authority");
    world.applied(PLATFORM, filing(PlatformAdmission, P, |f| f.number = "F-2".into()));
    world.applied(P, online());
}

#[test]
fn cases_are_shared_results_judged_and_notifications_recorded() {
    let mut world = with_authorities();
    let shared = |d: &mut OpenDossier| {
        d.parties = vec![org_id(SAMR), org_id(CUSTOMS)];
        d.parties.sort();
    };
    assert!(world.send_as(REG, "J-1", dossier(DossierKind::Case, shared)).is_applied());
    world.applied(CUSTOMS, follow_up(REG, DossierStep::Note));
    assert_eq!(world.refused(HEALTH, follow_up(REG, DossierStep::Note)), "no_authority");
    assert_eq!(world.refused(SAMR, follow_up(REG, DossierStep::Close)), "no_authority");
    world.applied(REG, follow_up(REG, DossierStep::Close));
    let firm = |d: &mut OpenDossier| d.parties = vec![org_id(W)];
    assert_eq!(world.refused(REG, dossier(DossierKind::Case, firm)), "no_authority", "firms share no case");

    let result = |d: &mut OpenDossier| d.finding = Some(Finding::Conforming);
    assert_eq!(world.refused(W, dossier(DossierKind::ThirdPartyResult, result)), "no_authority");
    assert!(world.send_as(LAB, "J-1", dossier(DossierKind::ThirdPartyResult, result)).is_applied());
    assert_eq!(world.refused(LAB, follow_up(LAB, DossierStep::Accept)), "no_authority");
    world.applied(REG, follow_up(LAB, DossierStep::Accept));
    assert_eq!(status(&world, LAB, "2026-11-23"), ("accepted", false));
    // What was accepted stands in the firm's file; so does that it was taken back.
    let told = |world: &World| world.events[&crate::event::Subject::File(crate::state::OrgNo(W as u32 + 1))].len();
    let before = told(&world);
    world.applied(LAB, follow_up(LAB, DossierStep::Withdraw));
    assert_eq!((status(&world, LAB, "2026-11-23"), told(&world)), (("withdrawn", false), before + 1));

    let about = |d: &mut OpenDossier| {
        (d.organisation, d.product, d.batch_no) = (None, Some(ProductId("X".into())), "B1".into());
    };
    assert_eq!(world.refused(W, dossier(DossierKind::ForeignNotification, about)), "no_authority");
    assert!(world.send_as(CUSTOMS, "J-1", dossier(DossierKind::ForeignNotification, about)).is_applied());
    assert_eq!(status(&world, CUSTOMS, "2026-11-23"), ("open", false));
    let unknown = |d: &mut OpenDossier| (d.organisation, d.product) = (None, Some(ProductId("Z".into())));
    assert_eq!(world.refused(CUSTOMS, dossier(DossierKind::ForeignNotification, unknown)), "unknown_product");
}

#[test]
fn a_penalty_is_counted_and_withdrawn_by_a_superior() {
    let mut world = with_authorities();
    let fine = |d: &mut OpenDossier| d.amount_fen = 10_000_000;
    assert!(world.send_as(REG, "J-1", dossier(DossierKind::Penalty, fine)).is_applied());
    world.applied(REG, follow_up(REG, DossierStep::Close));
    world.applied(NMPA, follow_up(REG, DossierStep::Withdraw));
    assert_eq!(status(&world, REG, "2026-11-23"), ("withdrawn", false));
    let view = query::organisation(&world, &org_id(W), date("2026-11-23")).unwrap().unwrap();
    assert_eq!(view.penalties, 1, "history stays");
}

#[test]
fn lists_bar_from_what_the_law_says_until_they_end() {
    use PublicList::SeriousViolation;
    let mut world = with_authorities();
    world.applied(SAMR, list(W, SeriousViolation));
    assert_eq!(world.refused(W, ship(P, &[b1(4)])), "barred");
    assert_eq!(world.outputs.last().unwrap().alarms[0].kind, AlarmKind::BarredFirm);
    // What the list does not name stays open to it.
    world.applied(W, disaggregate(&[b1(4)]));
    let public = query::organisation(&world, &org_id(W), date("2026-11-23")).unwrap().unwrap().listings;
    assert_eq!((public[0].list_zh, public[0].until), ("严重违法失信名单", date("2027-11-22")));
    assert_eq!(public[0].bars, ["register_product", "ship", "instruct", "ship_lots", "sell_untraced"]);
    assert_eq!(world.refused(REG, delist(W, SeriousViolation)), "no_authority", "another department listed it");
    // The law of the region changes the effect.
    let effects = vec![ListEffect { list: SeriousViolation, operation: "disaggregate".into(), bill_types: vec![] }];
    world.applied(REG, amend(|a| a.chapters = vec![Chapter::Oversight(OversightLaw { effects })]));
    world.applied(W, ship(P, &[b1(4)]));
    assert_eq!(world.refused(W, disaggregate(&[b1(5)])), "barred");
    world.applied(SAMR, list(P, PublicList::Abnormal));
    world.applied(SAMR, delist(P, PublicList::Abnormal));
    assert!(query::organisation(&world, &org_id(P), date("2026-11-23")).unwrap().unwrap().listings.is_empty());
    // It ends by itself after its last day.
    world.time = START + 365 * DAY;
    assert_eq!(world.context().time.china_date(), date("2027-11-23"));
    assert!(query::organisation(&world, &org_id(W), date("2027-11-23")).unwrap().unwrap().listings.is_empty());
}

#[test]
fn credit_adds_up_on_both_sides() {
    let mut world = with_authorities();
    let credit = |kind, points| {
        Operation::RecordCredit(RecordCredit {
            organisation: org_id(W),
            kind,
            category: "追溯制度落实".into(),
            points,
            basis: "考核通报".into(),
            document: None,
        })
    };
    world.applied(REG, credit(CreditKind::Positive, 5));
    world.applied(SAMR, credit(CreditKind::Positive, 7));
    world.applied(REG, credit(CreditKind::Negative, 3));
    assert_eq!(world.refused(W, credit(CreditKind::Positive, 1)), "no_authority");
    assert_eq!(world.refused(REG, credit(CreditKind::Positive, 0)), "field_form");
    let view = query::organisation(&world, &org_id(W), date("2026-11-23")).unwrap().unwrap();
    assert_eq!((view.credit_positive, view.credit_negative, view.events), (12, 3, 3));
}

#[test]
fn consumers_see_attempts_that_a_regulator_confirmed() {
    let mut world = with_authorities();
    let height = second_sale(&mut world);
    let public = |world: &World| {
        let (_, confirmed) = query::attempts(world, &b1(1)).unwrap();
        query::consumer(&b1(1), Some(&world.view(&b1(1))), confirmed).confirmed_attempts
    };
    assert_eq!((query::attempts(&world, &b1(1)).unwrap(), public(&world)), ((1, 0), 0));
    assert_eq!(world.refused(SAMR, triage(height, TriageVerdict::Confirmed)), "no_authority");
    world.applied(REG, triage(height, TriageVerdict::Confirmed));
    assert_eq!(public(&world), 1);
    let position = crate::receipt::Position { height, index: 0 };
    let alarm = query::alarm(&world, position).unwrap().unwrap();
    assert_eq!(
        (alarm.kind, alarm.verdict, alarm.authority.unwrap().id),
        ("used_elsewhere", Some("confirmed"), org_id(REG))
    );
    // A superior decides otherwise; the lower authority no longer may.
    world.applied(NMPA, triage(height, TriageVerdict::Dismissed));
    assert_eq!(public(&world), 0);
    assert_eq!(world.refused(REG, triage(height, TriageVerdict::Confirmed)), "no_authority");
}

#[test]
fn every_refusal_that_is_an_attempt_has_a_type_and_a_level() {
    for rule in crate::rejection::CATALOGUE {
        let Some(kind) = alarm_of(rule.code) else { continue };
        assert!(AlarmKind::ALL.contains(&kind));
    }
    for (rule, high) in [
        ("no_authority", true),
        ("barred", true),
        ("contract_banned", true),
        ("mandate_scope", false),
        ("route_not_allowed", false),
    ] {
        let code = crate::rejection::CATALOGUE.iter().find(|r| r.name == rule).unwrap().code;
        assert_eq!(alarm_of(code).map(AlarmKind::is_high), Some(high), "{rule}");
    }
}

#[test]
fn what_was_told_without_being_an_attempt_is_triaged_too() {
    let mut world = with_authorities();
    let narcotic = super::law_world::one_box("N", "8900001", "N1");
    world.applied(M, narcotic);
    let code = code(&format!("8900001{:013}", 1));
    world.applied(M, super::law_world::loss(214, &[code]));
    let height = Height(world.outputs.len() as u64);
    assert_eq!(world.outputs.last().unwrap().alarms[0].kind, AlarmKind::SpecialDrugLoss);
    world.applied(REG, triage(height, TriageVerdict::Confirmed));
    assert_eq!(query::attempts(&world, &code).unwrap(), (0, 0), "nobody tried anything");
}
