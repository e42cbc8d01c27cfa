//! Rule sets by region and date; licences, standards, filings and participants as they stand afterwards.

use super::refusals::registry::*;
use super::refusals::{b1, stocked_with};
use super::world::*;
use crate::law::{Chapter, DispensingLaw, Law, Pilot, PilotLaw, RegistryLaw, Tracing};
use crate::query;
use crate::registry::*;
use crate::transaction::*;
use crate::{Operation, Subject};
use bencao_genesis::*;

fn with_authorities() -> World {
    let mut base = genesis();
    base.organisations.extend(authorities());
    stocked_with(base)
}

fn region(text: &str) -> RegionCode {
    RegionCode::parse(text).unwrap()
}

fn hours(world: &World, place: &str, day: &str) -> u32 {
    query::law(world, region(place), date(day)).unwrap().dispensing.reversal_hours
}

fn hours_of(hours: u32, place: &str, day: &str) -> Operation {
    amend(|a| {
        (a.region, a.effective_on) = (region(place), date(day));
        a.chapters = vec![Chapter::Dispensing(DispensingLaw { reversal_hours: hours, ..DispensingLaw::default() })];
    })
}

#[test]
fn the_most_specific_region_wins_then_the_newest_date() {
    let mut world = with_authorities();
    assert_eq!(hours(&world, "650102", "2026-11-23"), Law::default().dispensing.reversal_hours);
    world.applied(NMPA, hours_of(48, "000000", "2027-01-01"));
    world.applied(REG, hours_of(12, "650100", "2026-12-01"));
    world.applied(NMPA, hours_of(6, "000000", "2028-01-01"));
    for (place, day, expected) in [
        ("650102", "2026-11-30", 24),
        ("650102", "2026-12-01", 12),
        ("650102", "2029-01-01", 12),
        ("650202", "2026-12-31", 24),
        ("650202", "2027-01-01", 48),
        ("110000", "2028-01-01", 6),
        ("650000", "2027-12-31", 48),
    ] {
        assert_eq!(hours(&world, place, day), expected, "{place} on {day}");
    }
    // Of two with one date the later wins; the earlier stays on record.
    world.applied(REG, hours_of(10, "650100", "2026-12-01"));
    assert_eq!(hours(&world, "650102", "2026-12-01"), 10);
    let (count, sets) = query::rule_sets(&world, 1, 10).unwrap();
    assert_eq!((count, sets.len()), (4, 4));
    assert_eq!((sets[1].number, sets[1].authority.id.clone()), (2, org_id(REG)));
    assert_eq!(sets[1].rule_set.basis, "《药品管理法》第三十六条");
    assert_eq!(query::rule_sets(&world, 4, 1).unwrap().1.len(), 1);
    // The file of the authority has one event a rule set, chained like any other.
    let number =
        crate::state::OrgNo(world.genesis.organisations.iter().position(|o| o.id == org_id(REG)).unwrap() as u32 + 1);
    assert_eq!(world.events[&Subject::File(number)].len(), 2);
}

#[test]
fn a_rule_set_counts_from_the_block_after_it() {
    let mut world = with_authorities();
    let law = RegistryLaw { contract_manufacture_banned: vec![], ..RegistryLaw::default() };
    let of = |region| amend(|a| (a.chapters, a.region) = (vec![Chapter::Registry(law.clone())], region));
    let mut contracted = product("Y", DrugClass::Narcotic, ["8900011", "8900013"], 10);
    contracted.producer = org_id(W);
    let register = |w: &mut World, no: &str| {
        let operation = Operation::RegisterProduct(RegisterProduct { product: contracted.clone() });
        let (body, key) = w.transaction(M, no, operation);
        body.sign(&key).to_bytes()
    };
    // A province tightens what the nation protects and never loosens it (《药品管理法》 Art. 32).
    world.applied(REG, of(RegionCode::parse("650000").unwrap()));
    let still = register(&mut world, "P-0");
    assert_eq!(refusal_name(&world.block(&[still]).receipts[0]), "contract_banned");
    let (amending, key) = world.transaction(NMPA, "L-1", of(RegionCode::NATION));
    let bytes = [amending.sign(&key).to_bytes(), register(&mut world, "P-1")];
    let receipts = world.block(&bytes).receipts.clone();
    assert!(receipts[0].is_applied());
    assert_eq!(refusal_name(&receipts[1]), "contract_banned", "the order within a block does not matter");
    let again = register(&mut world, "P-2");
    assert!(world.block(&[again]).receipts[0].is_applied());
}

#[test]
fn the_catalogue_follows_its_default_schedule_and_pilots_come_earlier() {
    let firm = org_id(W);
    let law = Law::default();
    let on = |class, day| law.mandatory(class, &firm, date(day));
    assert_eq!(on(DrugClass::Chemical, "2019-11-30"), None);
    assert_eq!(on(DrugClass::Chemical, "2019-12-01"), Some(Tracing::Serial));
    assert_eq!(on(DrugClass::DecoctionPiece, "2025-07-31"), None);
    assert_eq!(on(DrugClass::DecoctionPiece, "2025-08-01"), Some(Tracing::Lot));
    assert_eq!(on(DrugClass::CrudeHerb, "2027-12-31"), None);
    assert_eq!(on(DrugClass::CrudeHerb, "2028-01-01"), Some(Tracing::Lot));
    let pilot = Pilot {
        feature: crate::law::PILOT_MANDATORY.into(),
        class: Some(DrugClass::CrudeHerb),
        organisations: vec![firm.clone()],
        from: date("2026-01-01"),
        to: date("2026-12-31"),
    };
    let law = Law { pilot: PilotLaw { pilots: vec![pilot] }, ..Law::default() };
    assert_eq!(law.mandatory(DrugClass::CrudeHerb, &firm, date("2026-11-23")), Some(Tracing::Lot));
    assert_eq!(law.mandatory(DrugClass::CrudeHerb, &org_id(P), date("2026-11-23")), None);
    assert_eq!(law.mandatory(DrugClass::CrudeHerb, &firm, date("2027-01-01")), None);
}

#[test]
fn licences_are_renewed_narrowed_and_revoked_for_ever() {
    use LicenceKind::DrugWholesale;
    let mut world = with_authorities();
    let mut change = |action, edit: fn(&mut ChangeLicence)| {
        let mut operation = relicense(W, DrugWholesale, action);
        edit(&mut operation);
        world.send(REG, Operation::ChangeLicence(operation))
    };
    assert!(change(LicenceAction::Renew, |c| c.valid_to = Some(date("2031-11-22"))).is_applied());
    assert_eq!(refusal_name(&change(LicenceAction::Renew, |c| c.valid_to = Some(date("2030-01-01")))), "past_dated");
    assert_eq!(refusal_name(&change(LicenceAction::Renew, |c| c.valid_to = Some(date("2031-11-24")))), "too_long");
    assert!(change(LicenceAction::Narrow, |c| c.scope = vec![DrugClass::Narcotic]).is_applied());
    assert!(change(LicenceAction::Widen, |c| c.scope = vec![DrugClass::Chemical, DrugClass::Narcotic]).is_applied());
    assert!(change(LicenceAction::Revoke, |_| ()).is_applied());
    assert_eq!(refusal_name(&change(LicenceAction::Restore, |_| ())), "status_not_allowed");
    assert_eq!(refusal_name(&world.send(W, ship(P, &[b1(4)]))), "licence_suspended");
    let view = query::organisation(&world, &org_id(W), date("2026-11-23")).unwrap().unwrap();
    assert_eq!((view.licences.len(), view.licences[0].in_force, view.events), (2, false, 4));
    world.applied(REG, grant(W, DrugWholesale, |_| ()));
    world.applied(W, ship(P, &[b1(4)]));
}

#[test]
fn standards_keep_their_versions_and_precedence() {
    let mut world = with_authorities();
    world.applied(REG, standard("DB65/T 1-2026", |_| ()));
    let newer = |s: &mut RegisterStandard| {
        (s.replaces, s.effective_on) = ("DB65/T 1-2026".into(), date("2027-01-01"));
    };
    world.applied(REG, standard("DB65/T 1-2027", newer));
    let nation = region("000000");
    assert_eq!(
        refusal_name(
            &world.send(REG, standard("GB/T 9-2026", |s| (s.kind, s.region) = (StandardKind::National, nation)))
        ),
        "no_authority"
    );
    let enterprise = |s: &mut RegisterStandard| (s.kind, s.region) = (StandardKind::Enterprise, nation);
    world.applied(W, standard("Q/SL 1-2026", enterprise));
    let view = |id: &str, day: &str| query::standard(&world, id, date(day)).unwrap().unwrap();
    let old = view("DB65/T 1-2026", "2026-12-31");
    assert_eq!((old.in_force, old.replaced_by.as_str()), (true, "DB65/T 1-2027"));
    assert!(!view("DB65/T 1-2026", "2027-01-01").in_force && view("DB65/T 1-2027", "2027-01-01").in_force);
    assert!(old.precedence < view("Q/SL 1-2026", "2026-12-31").precedence, "local before enterprise");
    let withdraw = Operation::WithdrawStandard(WithdrawStandard { id: "Q/SL 1-2026".into(), basis: "停用".into() });
    assert_eq!(world.refused(M, withdraw.clone()), "no_authority");
    world.applied(W, withdraw);
    assert!(!query::standard(&world, "Q/SL 1-2026", date("2026-11-23")).unwrap().unwrap().in_force);
}

#[test]
fn foreign_exporters_merchants_and_policies_are_filed_by_whom_the_table_says() {
    let mut world = with_authorities();
    let exporter = OrgId::parse("FOREIGN:KZ:100240").unwrap();
    let foreign = participant(1, |p| {
        (p.id, p.name, p.roles) = (exporter.clone(), "Example Herbs LLP".into(), vec![]);
        p.household = None;
    });
    assert_eq!(world.refused(COOP, foreign.clone()), "role_not_allowed");
    world.applied(CUSTOMS, foreign);
    let file = |f: &mut SubmitFiling| (f.organisation, f.related) = (exporter.clone(), Some(org_id(W)));
    world.applied(CUSTOMS, filing(FilingKind::ForeignExporter, W, file));
    world.applied(CUSTOMS, filing(FilingKind::DomesticConsignee, W, |_| ()));
    world.applied(W, filing(FilingKind::TracePolicy, W, |f| f.number = "v1.2".into()));
    world.applied(MARKET, filing(FilingKind::MarketAdmission, COOP, |_| ()));
    world.applied(COOP, participant(7, |p| p.sealed = Some(Sealed::new(vec![7; 40]).unwrap())));
    assert_eq!(world.refused(P, refile(FilingKind::MarketAdmission, COOP, LicenceAction::Revoke)), "no_authority");
    world.applied(SAMR, refile(FilingKind::MarketAdmission, COOP, LicenceAction::Suspend));
    let view = |id: &OrgId| query::organisation(&world, id, date("2026-11-23")).unwrap().unwrap();
    let exporter = view(&exporter);
    assert_eq!(
        (exporter.host.unwrap().id, exporter.filings[0].related.as_ref().unwrap().id.clone()),
        (org_id(CUSTOMS), org_id(W))
    );
    let kinds: Vec<_> = view(&org_id(W)).filings.iter().map(|f| (f.kind, f.in_force)).collect();
    assert_eq!(kinds, [("domestic_consignee", true), ("trace_policy", true)]);
    let merchant = &view(&org_id(COOP)).filings[0];
    assert_eq!((merchant.kind, merchant.status, merchant.in_force), ("market_admission", "suspended", false));
    assert_eq!(view(&person(7)).name, "NH-0007");
}

#[test]
fn master_data_grow_without_a_change_of_identity() {
    let mut world = with_authorities();
    let details = ProductDetails {
        unit_name: "片".into(),
        package_unit_name: "盒".into(),
        ingredients: "示例素。辅料：淀粉、硬脂酸镁。".into(),
        holder_address: "新疆乌鲁木齐市示例区一路1号".into(),
        producer_address: "新疆昌吉市示例区二路2号".into(),
        key_traced: true,
        temperature: Some(TemperatureRange { min_tenths: 20, max_tenths: 80 }),
        ..ProductDetails::default()
    };
    let update = |details| Operation::UpdateProduct(UpdateProduct { product_id: ProductId("X".into()), details });
    assert_eq!(world.refused(W, update(details.clone())), "not_holder");
    let upside_down = Some(TemperatureRange { min_tenths: 80, max_tenths: 20 });
    assert_eq!(world.refused(M, update(ProductDetails { temperature: upside_down, ..details.clone() })), "field_form");
    world.applied(M, update(details.clone()));
    let name = crate::state::key::product(crate::state::ProductNo(1));
    let record: ProductRecord = crate::state::load(&world, &name).unwrap().unwrap();
    assert_eq!((&record.master.details, record.history.count), (&details, 1));
    // What the label has to say everybody may read with the code (《药品管理法》 Art. 49).
    let shown = crate::query::public(&world, &b1(4), TimestampMs(world.time)).unwrap().product.unwrap();
    assert_eq!(
        [&shown.ingredients, &shown.holder_address, &shown.producer_address],
        [&details.ingredients, &details.holder_address, &details.producer_address]
    );
    assert_eq!(shown.shelf_life_months, 12);
    type Text = fn(&mut ProductDetails) -> &mut String;
    let texts: [Text; 3] = [|d| &mut d.ingredients, |d| &mut d.holder_address, |d| &mut d.producer_address];
    for text in texts {
        let with = |value: String| {
            let mut changed = details.clone();
            *text(&mut changed) = value;
            update(changed)
        };
        assert_eq!(world.refused(M, with("路".repeat(129))), "field_form");
        assert_eq!(world.refused(M, with("一路\n1号".into())), "field_form");
        world.applied(M, with("路".repeat(128)));
    }
    assert_eq!(world.view(&b1(4)).state, "in_stock", "its chain of events still fits");
}

#[test]
fn key_products_are_traced_whatever_the_day_of_their_class() {
    use crate::law::{CatalogueEntry, CatalogueLaw, RegistryLaw, Tracing};
    let mut world = with_authorities();
    // 化学药 are not in the catalogue yet; who is traced must have filed a policy.
    let catalogue = |products: &[&str]| {
        let key_products = products.iter().map(|p| ProductId((*p).into())).collect();
        let entry = CatalogueEntry { class: DrugClass::Chemical, since: date("2030-01-01"), tracing: Tracing::Serial };
        Chapter::Catalogue(CatalogueLaw { entries: vec![entry], key_products })
    };
    let law = |chapter| {
        let registry = RegistryLaw { trace_policy_required: true, ..RegistryLaw::default() };
        amend(|a| a.chapters = vec![Chapter::Registry(registry), chapter])
    };
    world.applied(REG, law(catalogue(&[])));
    let bill = |batch: &str| {
        let (cases, boxes) = (cases(batch, 10), boxes_of(batch, 10));
        Operation::Commission(commission(batch, &cases, &boxes))
    };
    world.applied(M, bill("K1"));
    world.applied(REG, law(catalogue(&["X"])));
    assert_eq!(world.refused(M, bill("K2")), "trace_policy_required");
    world.applied(M, filing(FilingKind::TracePolicy, M, |_| ()));
    world.applied(M, bill("K2"));
    assert_eq!(world.refused(REG, law(catalogue(&["X", "N"]))), "field_form", "ascending");
    // By its holder's own word, and then never exempt from scanning.
    let update = |details| Operation::UpdateProduct(UpdateProduct { product_id: ProductId("N".into()), details });
    let key = ProductDetails { key_traced: true, ..ProductDetails::default() };
    assert_eq!(world.refused(M, update(ProductDetails { scan_exempt: true, ..key.clone() })), "field_form");
    world.applied(M, update(key));
    let region = RegionCode::parse("650100").unwrap();
    let list = |from| query::key_products(&world, region, date("2026-11-23"), from).unwrap();
    let (found, next) = list(1);
    let named: Vec<(&str, &str)> = found.iter().map(|p| (p.product_id.as_str(), p.named_by)).collect();
    assert_eq!((named, next), (vec![("X", "catalogue"), ("N", "holder")], None));
    assert_eq!(list(2).0.len(), 1);
    let nation = RegionCode::parse("000000").unwrap();
    assert_eq!(query::key_products(&world, nation, date("2026-11-23"), 1).unwrap().0.len(), 1, "the region's own list");
}

/// Every operation of registry, mandates and oversight, once.
pub(super) fn every_operation(world: &mut World) -> Vec<Operation> {
    use crate::oversight::{CreditKind, DossierKind, DossierStep, PublicList, TriageVerdict};
    let height = second_sale(world);
    let details = ProductDetails { name_en: "tablets".into(), ..ProductDetails::default() };
    let registered = product("Y", DrugClass::Chemical, ["8100011", "8100013"], 10);
    let mandate = |participant| RevokeMandate { number: DocumentNumber("MANDATE".into()), participant };
    let mut suspend = relicense(W, LicenceKind::DrugWholesale, LicenceAction::Renew);
    suspend.valid_to = Some(date("2030-01-01"));
    let steps: Vec<(usize, &str, Operation)> = vec![
        (M, "O-01", Operation::RegisterProduct(RegisterProduct { product: registered })),
        (REG, "O-02", amend(|_| ())),
        (M, "O-03", Operation::UpdateProduct(UpdateProduct { product_id: ProductId("X".into()), details })),
        (REG, "O-04", grant(W, LicenceKind::InternetSale, |_| ())),
        (REG, "O-05", Operation::ChangeLicence(suspend)),
        (M, "O-06", coding(&["8100021", "8100023"])),
        (REG, "O-07", standard("DB65/T 1-2026", |_| ())),
        (
            REG,
            "O-08",
            Operation::WithdrawStandard(WithdrawStandard { id: "DB65/T 1-2026".into(), basis: "停用".into() }),
        ),
        (W, "O-09", filing(FilingKind::TracePolicy, W, |_| ())),
        (W, "O-10", refile(FilingKind::TracePolicy, W, LicenceAction::Revoke)),
        (COOP, "O-11", participant(1, |p| p.sealed = Some(Sealed::new(vec![7; 40]).unwrap()))),
        (W, "MANDATE", give(&["custody"], |m| m.products = vec![ProductId("X".into())])),
        (W, "O-12", Operation::RevokeMandate(mandate(None))),
        (REG, "O-13", triage(height, TriageVerdict::Confirmed)),
        (
            REG,
            "O-14",
            Operation::RecordCredit(RecordCredit {
                organisation: org_id(W),
                kind: CreditKind::Positive,
                category: "追溯".into(),
                points: 5,
                basis: "通报".into(),
                document: None,
            }),
        ),
        (SAMR, "O-15", list(P, PublicList::Abnormal)),
        (SAMR, "O-16", delist(P, PublicList::Abnormal)),
        (REG, "J-1", dossier(DossierKind::Inspection, |_| ())),
        (W, "O-17", follow_up(REG, DossierStep::Report)),
    ];
    for (by, number, operation) in &steps {
        let receipt = world.send_as(*by, number, operation.clone());
        assert!(receipt.is_applied(), "{number}: {:?}", receipt.outcome);
    }
    steps.into_iter().map(|(_, _, operation)| operation).collect()
}

#[test]
fn operations_events_and_records_keep_their_bytes_and_write_within_their_bounds() {
    use bencao_crypto::{decode, encode, sm3};
    let mut world = with_authorities();
    let from = world.outputs.len() + 2;
    let operations = every_operation(&mut world);
    let tags: std::collections::BTreeSet<u16> = operations.iter().map(Operation::tag).collect();
    let mine = |tag: &u16| matches!(tag >> 8, 1 | 6);
    let all: Vec<u16> = Operation::TAGS.iter().map(|(tag, _)| *tag).filter(mine).collect();
    assert_eq!(tags.into_iter().collect::<Vec<_>>(), all, "each operation of these modules once");
    let bytes: Vec<u8> = operations.iter().flat_map(encode).collect();
    for (operation, output) in operations.iter().zip(&world.outputs[from..]) {
        assert_eq!(decode::<Operation>(&encode(operation), 1 << 16).unwrap(), *operation);
        let text = serde_json::to_string(operation).unwrap();
        assert_eq!(serde_json::from_str::<Operation>(&text).unwrap(), *operation, "{text}");
        let crate::Outcome::Applied(done) = &output.receipts[0].outcome else { panic!() };
        assert!(done.writes <= Transaction::writes_for(operation), "{}", operation.name());
    }
    let events: Vec<u8> = world.outputs[from..].iter().flat_map(|o| encode(&o.events)).collect();
    let records: Vec<u8> = world
        .state
        .iter()
        .filter(|(name, _)| matches!((name.key[0], name.key[1]), (1, 16..) | (5, _)))
        .flat_map(|(name, record)| [name.to_bytes(), record.clone()].concat())
        .collect();
    let actual: Vec<(usize, String)> =
        [bytes, events, records].iter().map(|b| (b.len(), sm3(b).to_string()[..16].to_owned())).collect();
    let expected = GOLDEN.map(|(length, hash)| (length, hash.to_owned()));
    assert_eq!(actual, expected, "a change here is a change of the chain's format");
}

/// Length and first 16 digits of SM3 of all operations, events and records of [`every_operation`].
const GOLDEN: [(usize, &str); 3] = [(2280, "15e53a477f331a17"), (2159, "246b0ea0c350080d"), (2486, "c13191d191a15c53")];
