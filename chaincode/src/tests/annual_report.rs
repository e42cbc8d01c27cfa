//! 药品年度报告: the numbers of a scripted history, and the same numbers however the answer is cut into parts.

use super::law_world::*;
use super::refusals::registry::{dossier, filing, follow_up, refile};
use super::trade::returned;
use super::world::*;
use crate::Operation;
use crate::limits::{BATCHES_PER_REPORT_MAX, PRODUCTS_PER_REPORT_MAX, RECALLS_PER_REPORT_MAX, TALLIES_PER_REPORT_MAX};
use crate::oversight::{DossierKind, DossierStep, Finding};
use crate::production::BatchRecord;
use crate::quality::{BatchTally, HoldKind, QualityCounters, RecallRecord};
use crate::query::{self, AnnualReportView, Quantities, ReportCursor, ReportPart, ReportedBatchView};
use crate::registry::{FilingKind, LicenceAction, ProductRecord};
use crate::state::{BatchRef, CaseNo, OrgNo, ProductNo, key, load, to_record};
use crate::transaction::*;
use bencao_genesis::*;

impl World {
    fn part(&self, member: usize, year: u32, part: ReportPart) -> AnnualReportView {
        query::annual_report(self, self, (&org_id(member), year), part).unwrap().unwrap()
    }

    fn report(&self, member: usize, year: u32) -> AnnualReportView {
        self.part(member, year, ReportPart::Beginning)
    }

    /// Opens a batch of ten boxes that was made on a day, without releasing it.
    fn opened(&mut self, batch_no: &str, made_on: &str, expires_on: &str) {
        let bill = commission(batch_no, &cases(batch_no, 10), &boxes_of(batch_no, 10));
        let bill = Commission { made_on: date(made_on), expires_on: date(expires_on), ..bill };
        self.applied(M, Operation::Commission(bill));
    }
}

fn annual(year: &str) -> impl FnOnce(&mut SubmitFiling) {
    let year = year.to_owned();
    move |filing| filing.number = year
}

/// Batch number, declared, commissioned, released, test, holds.
fn seen(batch: &ReportedBatchView) -> (&str, u32, u32, bool, &'static str, usize) {
    (&batch.batch_no, batch.declared_units, batch.units, batch.released, batch.test.name(), batch.holds.len())
}

/// B1 went out and came back in part; B2 failed its test; B3 is frozen; B0 is of the year before. K is made under
/// contract. One inspection, one penalty that was withdrawn, one recall.
fn history() -> World {
    let mut world = law_world();
    let (cases, boxes) = world.make_batch("B1", 10);
    world.opened("B2", "2026-03-01", "2027-02-28");
    world.applied(M, tested("X", "B2", false));
    world.opened("B3", "2026-01-01", "2026-12-31");
    world.applied(R, hold(HoldKind::RegulatorFreeze, on_batch("B3")));
    world.opened("B0", "2025-12-31", "2026-12-30");
    world.applied(M, contract("K", "2027-12-31"));
    world.applied(MAKER, one_box("K", "8300001", "K1"));
    world.applied(MAKER, go("K", "K1", |_| ()));
    world.applied(M, go("K", "K1", |_| ()));
    // Ten boxes to W, of which one is sold at P, two come back as returns, and three by the recall.
    world.send_as(M, "S1", ship(W, &cases));
    world.applied(W, receive(M, "S1", &cases));
    world.send_as(W, "S2", ship(P, &boxes[..1]));
    world.applied(P, receive(W, "S2", &boxes[..1]));
    world.applied(P, dispense(321, &boxes[..1]));
    world.send_as(W, "R1", ship_as(202, M, &boxes[1..3], returned));
    world.applied(M, receive_as(103, W, "R1", &boxes[1..3], |_| ()));
    world.applied(M, start(recall(1, &["B1"])));
    world.send_as(W, "R2", ship_as(211, M, &boxes[3..6], |_| ()));
    world.applied(M, receive_as(108, W, "R2", &boxes[3..6], |_| ()));
    world.applied(
        R,
        dossier(DossierKind::Inspection, |d| {
            (d.organisation, d.finding, d.deadline) = (Some(org_id(M)), Some(Finding::Conforming), None);
        }),
    );
    world.send_as(R, "J-1", dossier(DossierKind::Penalty, |d| d.organisation = Some(org_id(M))));
    world.applied(R, follow_up(R, DossierStep::Withdraw));
    world.applied(M, filing(FilingKind::AnnualReport, M, annual("2026")));
    world
}

#[test]
fn the_report_of_a_year_has_the_numbers_of_its_history() {
    let world = history();
    let report = world.report(M, 2026);
    assert_eq!((report.organisation.id.clone(), report.year), (org_id(M), 2026));
    let filed = report.filed.clone().unwrap();
    assert_eq!((filed.document, filed.status, filed.issuer.id), (Some(digest("document")), "in_force", org_id(M)));
    let counts = (report.inspections, report.penalties, report.inspections_ever, report.penalties_ever);
    assert_eq!(counts, (Some(1), Some(0), 1, 1), "a penalty that was withdrawn is none of the year's");
    let recalls: Vec<_> = report.recalls.iter().map(|r| (r.class, r.kind.name(), r.status.name(), r.batches)).collect();
    assert_eq!(recalls, [(1, "voluntary", "open", 1)]);
    assert_eq!((report.recalls[0].product_id.as_str(), report.recalls_next), ("X", None));
    // All products of M, in order of registration, whether anything of them was made or not.
    let products: Vec<&str> = report.products.iter().map(|p| p.product.id.as_str()).collect();
    let of_m = world.genesis.products.iter().filter(|p| p.holder == org_id(M));
    assert_eq!(products, of_m.map(|p| p.id.0.as_str()).collect::<Vec<_>>());
    let row = |id: &str| report.products.iter().find(|p| p.product.id == id).unwrap();
    let batches: Vec<_> = row("X").batches.iter().map(seen).collect();
    let expected =
        [("B1", 10, 10, true, "untested", 1), ("B2", 10, 10, false, "failed", 0), ("B3", 10, 10, false, "untested", 1)];
    assert_eq!(batches, expected, "B0 was made the year before");
    let quantities = Quantities {
        shipped: 10,
        returned: 2,
        dispensed: 1,
        recovered: 3,
        disposed: 0,
        recallable: 7,
        outstanding: 4,
        rate_permille: Some(428),
    };
    assert_eq!(row("X").batches[0].quantities, Some(quantities));
    assert_eq!(row("X").batches[1].quantities, Some(Quantities::default()));
    let made: Vec<_> = row("K").batches.iter().map(|b| (b.batch_no.as_str(), b.producer.id.clone())).collect();
    assert_eq!(made, [("K1", org_id(MAKER))]);
    let contracts: Vec<_> = row("K").contracts.iter().map(|c| (c.producer.id.clone(), c.agreement)).collect();
    assert_eq!(contracts, [(org_id(MAKER), digest("委托协议"))]);
    assert!(row("X").contracts.is_empty());
    let totals = &report.totals;
    assert_eq!((totals.products, totals.batches, totals.released), (products.len() as u64, 4, 2));
    assert_eq!((totals.failed, totals.held, totals.without_quantities), (1, 2, 0));
    assert_eq!((totals.declared_units, totals.units, totals.quantities), (31, 31, quantities));
    assert_eq!((report.whole, report.next), (true, None));
    // The year before: only what was made in it, and nothing of what was decided since.
    let before = world.report(M, 2025);
    assert_eq!((before.totals.batches, before.recalls.len(), before.filed), (1, 0, None));
    assert_eq!((before.inspections, before.inspections_ever), (Some(0), 1));
    let k = before.products.iter().find(|p| p.product.id == "K").unwrap();
    assert!(k.contracts.is_empty(), "the contract began in 2026");
    // Others have their own, and a stranger none.
    assert!(world.report(W, 2026).products.is_empty());
    assert_eq!(query::annual_report(&world, &world, (&org_id(99), 2026), ReportPart::Beginning).unwrap(), None);
}

#[test]
fn a_report_depends_on_the_state_and_the_year_alone() {
    let mut world = history();
    let report = world.report(M, 2026);
    assert_eq!(world.report(M, 2026), report);
    // A year later nothing of it has changed but what became of its recall, of its batches and of the filing.
    world.time += 365 * DAY;
    world.applied(M, refile_of("2026"));
    let after = world.report(M, 2026);
    assert_eq!(after.filed.unwrap().status, "revoked");
    assert_eq!((&after.totals, &after.products), (&report.totals, &report.products));
    let mut later = recall(2, &["B1"]);
    later.reason = "another".into();
    world.applied(
        R,
        dossier(DossierKind::Inspection, |d| {
            (d.organisation, d.finding, d.deadline) = (Some(org_id(M)), Some(Finding::Conforming), None);
        }),
    );
    world.applied(M, start(later));
    let told: Vec<u32> = world.report(M, 2026).recalls.iter().map(|r| r.recall_id).collect();
    assert_eq!(told, [report.recalls[0].recall_id], "the other was decided in the next year");
    let next = world.report(M, 2027);
    assert_eq!((next.recalls.len(), next.inspections, next.inspections_ever), (1, Some(1), 2));
    assert_eq!((next.totals.batches, next.totals.products), (0, report.totals.products));
}

fn refile_of(year: &str) -> Operation {
    let Operation::ChangeFiling(change) = refile(FilingKind::AnnualReport, M, LicenceAction::Revoke) else {
        unreachable!()
    };
    Operation::ChangeFiling(ChangeFiling { number: year.into(), ..change })
}

#[test]
fn a_report_is_filed_once_for_a_year_that_has_begun_and_again_if_it_was_revoked() {
    let mut world = law_world();
    let file = |year: &str| filing(FilingKind::AnnualReport, M, annual(year));
    for wrong in ["26", "02026", "2026年", "+026", "1969", "0000"] {
        assert_eq!(world.refused(M, file(wrong)), "field_form", "{wrong}");
    }
    assert_eq!(world.refused(M, file("2027")), "date_in_future");
    world.applied(M, file("2025"));
    world.applied(M, file("2026"));
    assert_eq!(world.refused(M, file("2026")), "filing_exists");
    world.applied(M, refile_of("2026"));
    let corrected = filing(FilingKind::AnnualReport, M, |filing| {
        (filing.number, filing.document) = ("2026".into(), Some(digest("corrected")));
    });
    world.applied(M, corrected);
    let filed = world.report(M, 2026).filed.unwrap();
    assert_eq!((filed.status, filed.document), ("in_force", Some(digest("corrected"))));
    // Of every other register a number stays taken.
    world.applied(M, filing(FilingKind::TracePolicy, M, |_| ()));
    world.applied(M, refile(FilingKind::TracePolicy, M, LicenceAction::Revoke));
    assert_eq!(world.refused(M, filing(FilingKind::TracePolicy, M, |_| ())), "filing_exists");
}

/// All parts of a report, each after the one before.
fn parts(world: &World, year: u32) -> Vec<AnnualReportView> {
    let mut all = vec![world.report(M, year)];
    while let Some(next) = all.last().unwrap().next {
        all.push(world.part(M, year, ReportPart::Products(next)));
        assert!(all.len() < 100, "it ends");
    }
    all
}

/// So many batches of product X, as the first one that was made; every `n`th was made in 2025.
fn with_batches(count: u32, n: u32) -> World {
    let mut world = law_world();
    world.make_batch("B1", 10);
    let product = ProductNo(1);
    let first: BatchRecord = load(&world, &key::batch(BatchRef { product, number: 1 })).unwrap().unwrap();
    for number in 2..=count {
        let made_on = if number % n == 0 { date("2025-06-01") } else { first.made_on };
        let batch = BatchRecord { batch_no: format!("N{number}"), made_on, ..first.clone() };
        world.state.insert(key::batch(BatchRef { product, number }), to_record(&batch));
    }
    let record: ProductRecord = load(&world, &key::product(product)).unwrap().unwrap();
    world.state.insert(key::product(product), to_record(&ProductRecord { batches: count, ..record }));
    world
}

#[test]
fn parts_together_are_the_whole_with_each_batch_once() {
    let count = 2 * BATCHES_PER_REPORT_MAX + 500;
    let world = with_batches(count, 3);
    let parts = parts(&world, 2026);
    assert!(parts.len() >= 3);
    assert!(parts.iter().all(|p| !p.whole), "each says that it is not all");
    assert!(parts[1..].iter().all(|p| p.recalls.is_empty() && p.inspections.is_none()));
    let of_x = parts.iter().flat_map(|p| &p.products).filter(|p| p.product.id == "X");
    let continued: Vec<bool> = of_x.clone().map(|p| p.continued).collect();
    assert_eq!(continued, [false, true, true]);
    let told: Vec<&str> = of_x.flat_map(|p| &p.batches).map(|b| b.batch_no.as_str()).collect();
    let expected: Vec<String> =
        (1..=count).filter(|n| n % 3 != 0).map(|n| if n == 1 { "B1".into() } else { format!("N{n}") }).collect();
    assert_eq!(told, expected);
    let sum = |of: fn(&AnnualReportView) -> u64| parts.iter().map(of).sum::<u64>();
    assert_eq!(sum(|p| p.totals.batches), expected.len() as u64);
    assert_eq!(sum(|p| p.totals.units), 10 * expected.len() as u64);
    let of_m = world.genesis.products.iter().filter(|p| p.holder == org_id(M)).count() as u64;
    assert_eq!(sum(|p| p.totals.products), of_m, "one that goes on counts once");
}

#[test]
fn many_products_are_told_a_hundred_at_a_time() {
    let mut genesis = genesis();
    extend(&mut genesis);
    let before = genesis.products.iter().filter(|p| p.holder == org_id(M)).count();
    for n in 0..2 * PRODUCTS_PER_REPORT_MAX {
        let prefixes = [format!("87{n:04}1"), format!("87{n:04}3")];
        let prefixes = [prefixes[0].as_str(), prefixes[1].as_str()];
        genesis.products.push(product(&format!("P{n}"), DrugClass::Chemical, prefixes, 10));
    }
    let world = World::with(genesis);
    let parts = parts(&world, 2026);
    let told: Vec<usize> = parts.iter().map(|p| p.products.len()).collect();
    assert_eq!(told, [PRODUCTS_PER_REPORT_MAX, PRODUCTS_PER_REPORT_MAX, before]);
    let mut ids: Vec<&str> = parts.iter().flat_map(|p| &p.products).map(|p| p.product.id.as_str()).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), before + 2 * PRODUCTS_PER_REPORT_MAX);
}

#[test]
fn counters_are_summed_within_bounds_and_a_batch_beyond_them_is_told_without() {
    let mut world = with_batches(4, 1_000);
    let tally = |world: &mut World, number: u32, count: usize| {
        let record = BatchTally { version: 1, shipped: 2, dispensed: 1, ..BatchTally::default() };
        for n in 1..=count {
            let name = key::tally(BatchRef { product: ProductNo(1), number }, OrgNo(n as u32));
            world.state.insert(name, to_record(&record));
        }
    };
    let max = TALLIES_PER_REPORT_MAX;
    tally(&mut world, 1, 10);
    tally(&mut world, 2, max);
    tally(&mut world, 3, max + 1);
    tally(&mut world, 4, 5);
    let parts = parts(&world, 2026);
    let of_x: Vec<Vec<(&str, Option<u64>)>> = parts
        .iter()
        .map(|part| {
            let rows = part.products.iter().filter(|p| p.product.id == "X").flat_map(|p| &p.batches);
            rows.map(|b| (b.batch_no.as_str(), b.quantities.map(|q| q.shipped))).collect()
        })
        .collect();
    let full = Some(2 * max as u64);
    assert_eq!(
        of_x,
        [vec![("B1", Some(20))], vec![("N2", full)], vec![("N3", None)], vec![("N4", Some(10))]],
        "a batch that does not fit begins the next part"
    );
    let without: u64 = parts.iter().map(|p| p.totals.without_quantities).sum();
    assert_eq!((without, parts[1].totals.quantities.dispensed), (1, max as u64));
}

#[test]
fn recalls_go_on_where_the_answer_before_ended() {
    let mut world = law_world();
    world.make_batch("B1", 10);
    world.applied(M, start(recall(1, &["B1"])));
    let first: RecallRecord = load(&world, &key::recall(CaseNo(1))).unwrap().unwrap();
    let count = u32::try_from(RECALLS_PER_REPORT_MAX).unwrap() + 200;
    for number in 2..=count {
        // Every fourth is of another holder.
        let holder = if number % 4 == 0 { OrgNo(W as u32 + 1) } else { first.holder };
        let recall = RecallRecord { holder, previous: CaseNo(number - 1), ..first.clone() };
        world.state.insert(key::recall(CaseNo(number)), to_record(&recall));
    }
    let counters: QualityCounters = load(&world, &key::quality_counters()).unwrap().unwrap();
    let counters = QualityCounters { last_recall: CaseNo(count), ..counters };
    world.state.insert(key::quality_counters(), to_record(&counters));
    let beginning = world.report(M, 2026);
    let next = beginning.recalls_next.unwrap();
    let rest = world.part(M, 2026, ReportPart::Recalls(CaseNo(next)));
    assert_eq!((rest.recalls_next, rest.products.len(), rest.whole), (None, 0, false));
    let told: Vec<u32> = beginning.recalls.iter().chain(&rest.recalls).map(|r| r.recall_id).collect();
    let expected: Vec<u32> = (1..=count).rev().filter(|n| n % 4 != 0).collect();
    assert_eq!(told, expected);
    // None before a year was decided in it: the walk ends at once.
    assert_eq!(world.report(M, 2027).recalls_next, None);
}

#[test]
fn a_cursor_is_two_numbers_from_one_on() {
    for (text, product, batch) in [("1.1", 1, 1), ("12.4000", 12, 4_000), ("4294967295.4294967295", u32::MAX, u32::MAX)]
    {
        let cursor = ReportCursor { product, batch };
        assert_eq!((ReportCursor::parse(text), cursor.to_string().as_str()), (Some(cursor), text));
    }
    for wrong in ["", ".", "1", "1.", ".1", "0.1", "1.0", "+1.1", "1.-1", "1.1.1", "4294967296.1", "１.1", " 1.1"] {
        assert_eq!(ReportCursor::parse(wrong), None, "{wrong}");
    }
    // One from beyond the end of what there is leads nowhere, and no further.
    let world = law_world();
    for beyond in [ReportCursor { product: u32::MAX, batch: u32::MAX }, ReportCursor { product: 1, batch: 7 }] {
        let part = world.part(M, 2026, ReportPart::Products(beyond));
        assert_eq!((part.totals.batches, part.next, part.whole), (0, None, false));
    }
}
