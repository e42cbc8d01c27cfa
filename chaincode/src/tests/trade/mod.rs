//! Shipments with their accounting, disputes, returns, the border and orders: what is accepted, and what the counts say.

mod border;
mod routes;
mod shipments;
mod stock;

use super::world::*;
use crate::custody::Holds;
use crate::query::{self, ShipmentView};
use crate::receipt::Outcome;
use crate::registry::OrganisationRecord;
use crate::state::{BatchRef, OrgNo, ProductNo, key, load, to_record};
use crate::transaction::*;
use crate::{Operation, UnitKey};
use bencao_crypto::sm3;
use bencao_genesis::*;

/// [`genesis`] with further members and a product of each class that a rule asks about.
pub(super) fn wide() -> Genesis {
    use DrugClass::*;
    let mut base = genesis();
    let until = "2028-12-31";
    let scope = [Chemical, Biological, Vaccine, Narcotic, PsychotropicII, CrudeHerb];
    base.organisations[M].licences = vec![licence(LicenceKind::DrugProduction, &scope, until)];
    base.organisations[H].licences[0].scope = vec![Chemical, Narcotic, PsychotropicII, HospitalPreparation];
    base.organisations[H].licences.push(licence(LicenceKind::PreparationTransfer, &[HospitalPreparation], until));
    let mut further = vec![
        member(
            W2,
            "外省批发",
            Role::Wholesaler,
            vec![
                licence(LicenceKind::DrugWholesale, &[Chemical, Narcotic], until),
                licence(LicenceKind::NarcoticWholesaleNational, &[Narcotic], until),
            ],
        ),
        member(
            ABROAD,
            "境外持有人",
            Role::MarketingHolder,
            vec![licence(LicenceKind::DrugProduction, &[Chemical], until)],
        ),
        member(PORT, "口岸海关", Role::Customs, vec![]),
        member(
            H2,
            "外省医院",
            Role::Hospital,
            vec![
                licence(LicenceKind::MedicalInstitution, &[Chemical, Narcotic, HospitalPreparation], until),
                licence(LicenceKind::NarcoticPurchaseCard, &[Narcotic], until),
            ],
        ),
        member(KEEPER, "第三方物流", Role::Wholesaler, vec![licence(LicenceKind::DrugWholesale, &[Chemical], until)]),
    ];
    for index in [0, 3] {
        further[index].jurisdiction = RegionCode::parse("110105").unwrap();
    }
    base.organisations.extend(further);
    let made_by = |mut made: Product, holder: usize| {
        (made.holder, made.producer) = (org_id(holder), org_id(holder));
        made
    };
    base.products.extend([
        product("V", Vaccine, ["8200001", "8200003"], 10),
        product("S", PsychotropicII, ["8900021", "8900023"], 10),
        product("C", CrudeHerb, ["8100021", "8100023"], 10),
        product("L", Biological, ["8100031", "8100033"], 10),
        made_by(product("F", Chemical, ["8100041", "8100043"], 10), ABROAD),
        made_by(product("HP", HospitalPreparation, ["8100051", "8100053"], 10), H),
    ]);
    base
}

/// One released box of a product of [`wide`], with its maker.
pub(super) fn one_box(world: &mut World, maker: usize, product: &str, prefix: &str) -> UnitKey {
    let code = code(&format!("{prefix}{:013}", 1));
    let mut bill = commission("Z1", &[], &[code]);
    bill.product_id = ProductId(product.into());
    world.applied(maker, Operation::Commission(bill));
    if product == "C" {
        // Herbs and 饮片 are released with a passed test only.
        world.applied(maker, super::law_world::tested(product, "Z1", true));
    }
    let lot_release = if product == "V" { "批签1".into() } else { String::new() };
    let release = Release { product_id: ProductId(product.into()), lot_release, ..release("Z1", 1) };
    world.applied(maker, Operation::Release(release));
    code
}

pub(super) fn refuse(sender: usize, number: &str, codes: &[UnitKey]) -> Operation {
    Operation::Refuse(Refuse {
        sender: org_id(sender),
        shipment_no: DocumentNumber(number.into()),
        reason: RefusalReason::Shortage,
        note: String::new(),
        details: None,
        codes: codes.to_vec(),
    })
}

pub(super) fn take_back(number: &str, codes: &[UnitKey]) -> Operation {
    Operation::TakeBack(TakeBack { shipment_no: DocumentNumber(number.into()), details: None, codes: codes.to_vec() })
}

pub(super) fn accept_loss(sender: usize, number: &str, codes: &[UnitKey]) -> Operation {
    let shipment_no = DocumentNumber(number.into());
    Operation::AcceptLoss(AcceptLoss { sender: org_id(sender), shipment_no, details: None, codes: codes.to_vec() })
}

pub(super) fn cancel(number: &str, codes: &[UnitKey]) -> Operation {
    Operation::CancelShipment(CancelShipment { shipment_no: DocumentNumber(number.into()), codes: codes.to_vec() })
}

pub(super) fn move_stock(bill_type: u16, codes: &[UnitKey]) -> Operation {
    Operation::MoveStock(MoveStock { bill_type, reason: "月度盘点".into(), details: None, codes: codes.to_vec() })
}

pub(super) fn export(codes: &[UnitKey]) -> Operation {
    Operation::Export(Export {
        declaration: "310120260001".into(),
        destination: "KZ".into(),
        filing: "出备 650001".into(),
        permit: String::new(),
        quarantine: None,
        traceability: None,
        codes: codes.to_vec(),
    })
}

pub(super) fn reject_import(sender: usize, number: &str, codes: &[UnitKey]) -> Operation {
    Operation::RejectImport(RejectImport {
        sender: org_id(sender),
        shipment_no: DocumentNumber(number.into()),
        declaration: "310120260002".into(),
        reason: "口岸检验不合格".into(),
        report: Some(sm3(b"report")),
        codes: codes.to_vec(),
    })
}

/// 委托储存、运输协议 of a firm with [`KEEPER`].
pub(super) fn agree(world: &mut World, by: usize) {
    let with_keeper = |f: &mut crate::transaction::SubmitFiling| f.related = Some(org_id(KEEPER));
    world
        .applied(by, super::refusals::registry::filing(crate::registry::FilingKind::StorageAgreement, by, with_keeper));
}

pub(super) fn instruct(bill_type: u16, executor: usize, partner: usize, codes: &[UnitKey]) -> Operation {
    Operation::Instruct(Instruct {
        bill_type,
        executor: org_id(executor),
        partner: org_id(partner),
        valid_to: date("2026-12-31"),
        product_id: None,
        codes: codes.to_vec(),
    })
}

pub(super) fn under_order(terms: &mut ShipTerms, by: usize, number: &str) {
    terms.order = Some(OrderRef { by: org_id(by), number: DocumentNumber(number.into()) });
}

pub(super) fn returned(terms: &mut ShipTerms) {
    terms.reason = Some(ReturnReason::SlowMoving);
}

/// Import papers beside the delivery note.
pub(super) fn cleared(evidence: &mut Evidence) {
    let text = |t: &str| t.to_owned();
    evidence.import = Some(ImportPapers {
        declaration: text("310120260003"),
        clearance: text("通关单 2026-17"),
        port: text("上海口岸"),
        permit: String::new(),
        inspection_report: None,
    });
}

/// The number of a member, wherever it stands in the file.
pub(super) fn number_of(world: &World, member: usize) -> OrgNo {
    let index = world.genesis.organisations.iter().position(|o| o.id == org_id(member)).unwrap();
    OrgNo(index as u32 + 1)
}

pub(super) fn change_member(world: &mut World, member: usize, change: impl FnOnce(&mut OrganisationRecord)) {
    let name = key::organisation(number_of(world, member));
    let mut record: OrganisationRecord = load(&*world, &name).unwrap().unwrap();
    change(&mut record);
    world.state.insert(name, to_record(&record));
}

/// Puts a unit into somebody's stock without the way there.
pub(super) fn give(world: &mut World, code: &UnitKey, member: usize) {
    let mut record = world.record(code);
    record.custodian = number_of(world, member);
    world.state.insert(key::unit(code), to_record(&record));
}

/// Gives product X a range of 2–8 °C in its master data.
pub(super) fn within_degrees(world: &mut World) {
    let range = TemperatureRange { min_tenths: 20, max_tenths: 80 };
    let details = ProductDetails { temperature: Some(range), ..ProductDetails::default() };
    let product_id = ProductId("X".into());
    world.applied(M, Operation::UpdateProduct(UpdateProduct { product_id, details }));
}

pub(super) fn recall_b1(world: &mut World) {
    let name = key::batch(BatchRef { product: ProductNo(1), number: 1 });
    let mut batch: crate::production::BatchRecord = load(&*world, &name).unwrap().unwrap();
    batch.holds = Holds::RECALL_1;
    world.state.insert(name, to_record(&batch));
}

/// Each operation of custody and dispensing with every optional field.
pub(super) fn every_operation() -> Vec<(String, Operation)> {
    use super::dispensing::{consumer_return, part, reverse};
    let codes = [box_code("B1", 1)];
    let full_terms = |terms: &mut ShipTerms| {
        under_order(terms, W, "O1");
        (terms.through, terms.carrier) = (Some(org_id(W)), Some(org_id(KEEPER)));
        (terms.reason, terms.permit) = (Some(ReturnReason::Damaged), "运输证明 2026-1".into());
    };
    let full_evidence = |evidence: &mut Evidence| {
        cooled(evidence);
        cleared(evidence);
        evidence.inspector = Some(sm3(b"inspector"));
    };
    let list = [
        ("ship in full", ship_as(237, M, &codes, full_terms)),
        ("receive in full", receive_as(102, M, "S1", &codes, full_evidence)),
        ("refuse", refuse(W, "S1", &codes)),
        ("take back", take_back("S1", &codes)),
        ("accept loss", accept_loss(W, "S1", &codes)),
        ("cancel shipment", cancel("S1", &codes)),
        ("move stock", move_stock(112, &codes)),
        ("export", export(&codes)),
        ("reject import", reject_import(ABROAD, "S1", &codes)),
        ("instruct", instruct(223, KEEPER, P, &codes)),
        ("dispense part", part(321, codes[0], 120_000)),
        ("reverse sale", reverse(&codes)),
        ("consumer return", consumer_return(&codes)),
    ];
    list.into_iter().map(|(name, operation)| (name.to_owned(), operation)).collect()
}

#[test]
fn every_operation_reads_and_writes_as_json() {
    for (name, operation) in every_operation() {
        let text = serde_json::to_string(&operation).unwrap();
        assert_eq!(serde_json::from_str::<Operation>(&text).unwrap(), operation, "{name}");
        assert!(operation.codes_count() == 1 && operation.codes() == [box_code("B1", 1)], "{name}");
    }
}

fn shipment(world: &World, sender: usize, number: &str) -> ShipmentView {
    query::bill(world, &org_id(sender), &DocumentNumber(number.into())).unwrap().unwrap().shipment.unwrap()
}

/// Shipped, received, disputed, taken back, lost, cancelled, outstanding.
fn counts(world: &World, sender: usize, number: &str) -> [u32; 7] {
    let s = shipment(world, sender, number);
    let counts = [s.shipped, s.received, s.disputed, s.taken_back, s.lost, s.cancelled, s.outstanding];
    assert_eq!(counts[0], counts[1..].iter().sum::<u32>(), "every package is in exactly one of them");
    counts
}

/// Case 1 of ten boxes at the wholesaler.
fn at_wholesaler() -> (World, UnitKey, Vec<UnitKey>) {
    let mut world = World::with(wide());
    let (cases, boxes) = world.make_batch("B1", 10);
    world.send_as(M, "S1", ship(W, &cases));
    world.applied(W, receive(M, "S1", &cases));
    (world, cases[0], boxes)
}
