//! The consortium of [`super::world`] with regulators, a notary, a contract producer and an importer; and short ways to
//! say operations of `quality` and `production`.

use super::world::*;
use crate::quality::{HoldKind, RecallKind};
use crate::state::CaseNo;
use crate::transaction::*;
use crate::{Operation, UnitKey};
use bencao_crypto::{Digest, sm3};
use bencao_genesis::*;

/// 自治区药监局
pub(super) const R: usize = 10;
/// 市药监局
pub(super) const CITY: usize = 11;
/// Of another province.
pub(super) const ELSEWHERE: usize = 12;
/// 公证处
pub(super) const NOTARY: usize = 13;
/// Makes product K for M.
pub(super) const MAKER: usize = 14;

/// Adds the members and the products V (vaccine), K (made under contract), D (饮片), CH (药材), I (imported), J (imported
/// biological).
pub(super) fn extend(genesis: &mut Genesis) {
    use DrugClass::*;
    let made = [Chemical, Biological, Vaccine, Narcotic, PsychotropicII, DecoctionPiece, CrudeHerb];
    genesis.organisations[M].licences = vec![licence(LicenceKind::DrugProduction, &made, "2028-12-31")];
    let regulators = [(R, "650000"), (CITY, "650100"), (ELSEWHERE, "110000")];
    for (n, region) in regulators {
        let mut authority = member(n, "药监局", Role::DrugRegulator, vec![]);
        authority.jurisdiction = RegionCode::parse(region).unwrap();
        genesis.organisations.push(authority);
    }
    genesis.organisations.push(member(NOTARY, "公证处", Role::Notary, vec![]));
    let maker = vec![licence(LicenceKind::DrugProduction, &[Chemical, Narcotic], "2028-12-31")];
    genesis.organisations.push(member(MAKER, "受托企业", Role::Producer, maker));
    let contract = |mut product: Product| {
        product.producer = org_id(MAKER);
        product
    };
    let imported = |mut product: Product| {
        product.approval_number = "国药准字HJ20260001".into();
        product
    };
    genesis.products.retain(|p| p.id.0 != "V");
    genesis.products.extend([
        product("V", Vaccine, ["8200001", "8200003"], 10),
        contract(product("K", Chemical, ["8300001", "8300003"], 10)),
        contract(product("KN", Narcotic, ["8930001", "8930003"], 10)),
        product("D", DecoctionPiece, ["8400001", "8400003"], 10),
        product("CH", CrudeHerb, ["8410001", "8410003"], 10),
        imported(product("I", Chemical, ["8500001", "8500003"], 10)),
        imported(product("J", Biological, ["8600001", "8600003"], 10)),
    ]);
}

pub(super) fn law_world() -> World {
    let mut genesis = genesis();
    extend(&mut genesis);
    World::with(genesis)
}

pub(super) fn digest(text: &str) -> Digest {
    sm3(text.as_bytes())
}

pub(super) fn on_codes(codes: &[UnitKey]) -> HoldTarget {
    HoldTarget::Codes(CodesTarget { codes: codes.to_vec() })
}

pub(super) fn on_batch(batch_no: &str) -> HoldTarget {
    HoldTarget::Batch(BatchTarget { product_id: ProductId("X".into()), batch_no: batch_no.into() })
}

pub(super) fn on_product(product: &str) -> HoldTarget {
    HoldTarget::Product(ProductTarget { product_id: ProductId(product.into()) })
}

pub(super) fn on_organisation(n: usize) -> HoldTarget {
    HoldTarget::Organisation(OrganisationTarget { organisation: org_id(n) })
}

pub(super) fn on_variety(herb: &str, region: &str) -> HoldTarget {
    let herb = crate::codes::HerbCode::new(herb).unwrap();
    HoldTarget::Herb(HerbTarget { herb, region: RegionCode::parse(region).unwrap() })
}

pub(super) fn hold(kind: HoldKind, target: HoldTarget) -> Operation {
    Operation::SetHold(SetHold { kind, target, reason: "检查发现问题".into(), evidence: None, until: None })
}

/// A hold that is the decision of an authority, with its paper.
pub(super) fn decided(kind: HoldKind, target: HoldTarget) -> Operation {
    let Operation::SetHold(mut hold) = hold(kind, target) else { unreachable!() };
    hold.evidence = Some(digest("决定书"));
    Operation::SetHold(hold)
}

pub(super) fn hold_until(kind: HoldKind, target: HoldTarget, until: u64) -> Operation {
    let Operation::SetHold(mut hold) = hold(kind, target) else { unreachable!() };
    hold.until = Some(TimestampMs(until));
    Operation::SetHold(hold)
}

pub(super) fn lift(case: u32) -> Operation {
    Operation::LiftHold(LiftHold { hold: CaseNo(case), reason: "问题已排除".into() })
}

pub(super) fn recall(class: u8, batches: &[&str]) -> StartRecall {
    StartRecall {
        kind: RecallKind::Voluntary,
        class,
        product_id: ProductId("X".into()),
        batches: batches.iter().map(|b| (*b).to_owned()).collect(),
        codes: vec![],
        territory: vec![],
        sold_from: None,
        sold_to: None,
        reason: "含量不合格".into(),
        report: None,
        plan: None,
    }
}

pub(super) fn start(recall: StartRecall) -> Operation {
    Operation::StartRecall(recall)
}

pub(super) fn notify(case: u32, parties: &[usize]) -> NotifyRecall {
    NotifyRecall {
        recall: CaseNo(case),
        parties: parties.iter().map(|n| org_id(*n)).collect(),
        publication: None,
        report: None,
        plan: None,
    }
}

pub(super) fn acknowledge(case: u32, on_hand: u32) -> Operation {
    Operation::AcknowledgeRecall(AcknowledgeRecall { recall: CaseNo(case), on_hand, note: None })
}

pub(super) fn progress(case: u32) -> Operation {
    Operation::ReportRecallProgress(ReportRecallProgress { recall: CaseNo(case), report: digest("进展") })
}

pub(super) fn complete(case: u32, report: Option<&str>) -> Operation {
    Operation::CompleteRecall(CompleteRecall { recall: CaseNo(case), report: report.map(digest) })
}

pub(super) fn destroy(codes: &[UnitKey]) -> Destroy {
    Destroy {
        bill_type: 205,
        reason: 4,
        executor: digest("甲"),
        supervisor: digest("乙"),
        evidence: None,
        codes: codes.to_vec(),
    }
}

/// Without a witness.
pub(super) fn destroy_alone(codes: &[UnitKey]) -> Operation {
    Operation::Destroy(destroy(codes))
}

/// Without a witness, with a record of 无害化处理.
pub(super) fn destroy_recorded(codes: &[UnitKey]) -> Operation {
    Operation::Destroy(Destroy { evidence: Some(digest("无害化处理记录")), ..destroy(codes) })
}

pub(super) fn sample(codes: &[UnitKey]) -> CountersignedBill {
    CountersignedBill::Sample(Sample { document: digest("抽样凭证"), codes: codes.to_vec() })
}

pub(super) fn propose(world: &World, countersigner: usize, bill: CountersignedBill) -> Operation {
    let lapses_at = TimestampMs(world.time + DAY);
    Operation::Propose(Propose { countersigner: org_id(countersigner), lapses_at, bill })
}

pub(super) fn countersign(case: u32, bill: CountersignedBill) -> Operation {
    Operation::Countersign(Countersign { proposal: CaseNo(case), evidence: Some(digest("现场记录")), bill })
}

pub(super) fn close(case: u32) -> Operation {
    Operation::CloseProposal(CloseProposal { proposal: CaseNo(case), reason: "不再需要".into() })
}

pub(super) fn loss(bill_type: u16, codes: &[UnitKey]) -> Operation {
    Operation::ReportLoss(ReportLoss { bill_type, reason: "盘点".into(), codes: codes.to_vec() })
}

pub(super) fn accept(codes: &[UnitKey]) -> Operation {
    Operation::QualityAccept(QualityAccept { record: digest("验收记录"), codes: codes.to_vec() })
}

/// 盘盈: lost goods found again.
pub(super) fn found(codes: &[UnitKey]) -> Operation {
    super::trade::move_stock(111, codes)
}

pub(super) fn range(prefix: &str, from: u64, to: u64) -> Operation {
    let ranges = vec![CodeRange { prefix: prefix.into(), from, to }];
    Operation::AllocateCodes(AllocateCodes { product_id: ProductId("X".into()), ranges, codes: vec![] })
}

pub(super) fn allocate(codes: &[UnitKey]) -> Operation {
    let product_id = ProductId("X".into());
    Operation::AllocateCodes(AllocateCodes { product_id, ranges: vec![], codes: codes.to_vec() })
}

pub(super) fn pack(parent: UnitKey, codes: &[UnitKey]) -> Operation {
    Operation::Pack(Pack { parent, codes: codes.to_vec() })
}

pub(super) fn void(codes: &[UnitKey]) -> Operation {
    let product_id = ProductId("X".into());
    Operation::VoidCodes(VoidCodes { product_id, reason: "废标".into(), codes: codes.to_vec() })
}

pub(super) fn replace(old: UnitKey, new: UnitKey) -> Operation {
    let replacements = vec![Replacement { old, new }];
    Operation::ReplaceCodes(ReplaceCodes { reason: "标签破损".into(), replacements })
}

pub(super) fn rework(into_batch: &str, codes: &[UnitKey]) -> Operation {
    let (product_id, into_batch) = (ProductId("X".into()), into_batch.into());
    Operation::Rework(Rework { product_id, into_batch, reason: "更换标签".into(), codes: codes.to_vec() })
}

pub(super) fn responsible(organisation: OrgId) -> Operation {
    Operation::NameResponsible(NameResponsible { organisation, authorisation: digest("授权文书") })
}

pub(super) fn contract(product: &str, to: &str) -> Operation {
    Operation::RegisterContract(RegisterContract {
        product_id: ProductId(product.into()),
        producer: org_id(MAKER),
        agreement: digest("委托协议"),
        valid_from: date("2026-01-01"),
        valid_to: date(to),
    })
}

/// One box of a batch of another product, whose prefix it has.
pub(super) fn one_box(product: &str, prefix: &str, batch_no: &str) -> Operation {
    let mut bill = commission(batch_no, &[], &[code(&format!("{prefix}{:013}", 1))]);
    bill.product_id = ProductId(product.into());
    Operation::Commission(bill)
}

pub(super) fn go(product: &str, batch_no: &str, change: impl FnOnce(&mut Release)) -> Operation {
    let mut release = Release { product_id: ProductId(product.into()), ..release(batch_no, 1) };
    change(&mut release);
    Operation::Release(release)
}

pub(super) fn clearance(inspected: bool) -> Option<ImportClearance> {
    Some(ImportClearance {
        port: "阿拉山口".into(),
        clearance_no: "通关单1".into(),
        declaration_no: "报关单1".into(),
        origin: "KZ".into(),
        inspection_report: inspected.then(|| digest("口岸检验")),
        permit: String::new(),
    })
}

pub(super) fn tested(product: &str, batch_no: &str, passed: bool) -> Operation {
    Operation::RecordBatchTest(RecordBatchTest {
        product_id: ProductId(product.into()),
        batch_no: batch_no.into(),
        passed,
        report: digest("检验报告"),
    })
}

pub(super) fn test_by(laboratory: usize, product: &str, batch_no: &str) -> Operation {
    Operation::RequestBatchTest(RequestBatchTest {
        product_id: ProductId(product.into()),
        batch_no: batch_no.into(),
        laboratory: org_id(laboratory),
    })
}

pub(super) fn sscc(n: u64) -> UnitKey {
    let body = format!("{n:017}");
    let check = crate::codes::mod10(body.as_bytes());
    UnitKey::parse_canonical(&format!("SSCC:{body}{}", char::from(check))).unwrap()
}
