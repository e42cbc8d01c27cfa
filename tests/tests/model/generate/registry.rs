//! What departments and firms enter, and what firms let agents do.

use super::{Draft, Generator};
use crate::cast::*;
use crate::spec::Model;
use bencao_chaincode::registry::{CodingScheme, FilingKind, LicenceAction, StandardKind};
use bencao_chaincode::transaction::*;
use bencao_crypto::sm3;
use bencao_genesis::*;

/// Firms whose licences come and go: enough others keep theirs.
const LICENSED: [usize; 5] = [P, P2, KEEPER, SITE, H2];
const DEPARTMENTS: [usize; 8] = [REG, CITY, NATION, ELSEWHERE, SAMR, HEALTH, CUSTOMS, CERT];

impl Generator {
    fn day(&mut self, model: &Model, after: &[u32]) -> CalendarDate {
        CalendarDate::from_days(model.today().days() + self.random.pick(after) - 5)
    }

    pub(crate) fn grant_licence(&mut self, model: &Model) -> Draft {
        let kind = self.random.pick(&[
            LicenceKind::DrugRetail,
            LicenceKind::DrugWholesale,
            LicenceKind::Business,
            LicenceKind::InternetSale,
        ]);
        let number = format!("证-{}", self.random.below(6));
        let valid_from = self.day(model, &[0, 5, 5, 8]);
        let valid_to = CalendarDate::from_days(valid_from.days() + self.random.pick(&[2, 300, 1_500, 2_000]));
        let licence = Licence::new(kind, &number, &[DrugClass::Chemical], valid_from, valid_to);
        let bill = GrantLicence { organisation: self.somebody(&LICENSED), licence };
        let by = if kind == LicenceKind::Business { SAMR } else { self.random.pick(&[REG, CITY, NATION, ELSEWHERE]) };
        (self.mostly(model, by), Operation::GrantLicence(bill))
    }

    pub(crate) fn change_licence(&mut self, model: &Model) -> Draft {
        let firm = self.random.pick(&LICENSED);
        let known = self.random.pick_or(
            &model.firms[firm].licences,
            Licence::new(LicenceKind::DrugRetail, "证-9", &[], model.today(), model.today()),
        );
        use LicenceAction::*;
        let action = match known.status {
            LicenceStatus::Suspended if !self.random.one_in(4) => Restore,
            _ => self.random.pick(&[Renew, Renew, Narrow, Widen, Suspend, Suspend, Restore, Revoke]),
        };
        let mut scope = match action {
            Narrow => known.scope.iter().copied().skip(1).collect(),
            Widen => {
                let mut wider = known.scope.clone();
                wider.push(self.random.pick(&[DrugClass::Narcotic, DrugClass::Biological, DrugClass::Chemical]));
                wider
            }
            _ => Vec::new(),
        };
        if matches!(action, Narrow | Widen) && (scope.is_empty() || self.random.one_in(8)) {
            scope = vec![DrugClass::Radioactive];
        }
        scope.sort();
        scope.dedup();
        let bill = ChangeLicence {
            organisation: self.somebody(&[firm]),
            kind: known.kind,
            number: if self.random.one_in(15) { "证-9".into() } else { known.number.clone() },
            valid_to: Some(self.day(model, &[4, 300, 1_500, 2_500])).filter(|_| action == Renew),
            action,
            scope,
            basis: "决定书".into(),
        };
        let by = match known.kind {
            LicenceKind::MedicalInstitution | LicenceKind::NarcoticPurchaseCard => HEALTH,
            LicenceKind::Business => SAMR,
            _ => REG,
        };
        (self.mostly(model, by), Operation::ChangeLicence(bill))
    }

    fn seven_digits(&mut self) -> String {
        format!("88000{}1", self.random.below(10))
    }

    pub(crate) fn file_coding(&mut self, model: &Model) -> Draft {
        let prefix = if self.random.one_in(8) { "8100001".into() } else { self.seven_digits() };
        let (issuer, filing_no) = ("码上放心".into(), "备案-1".into());
        let bill = FileCodingRule { scheme: CodingScheme::Platform, issuer, filing_no, prefixes: vec![prefix] };
        let by = self.random.pick(&[M, M, M, IMPORTER, W]);
        (self.mostly(model, by), Operation::FileCodingRule(bill))
    }

    pub(crate) fn register_product(&mut self, model: &Model) -> Draft {
        let by = self.random.pick(&[M, M, M, IMPORTER, W]);
        let prefix = if self.random.one_in(12) { "8100001".into() } else { self.seven_digits() };
        let maker = id(by);
        let mut details = ProductDetails::default();
        if self.random.one_in(12) {
            details.extension.push(ExtensionField { name: "颜色".into(), value: "白".into() });
        }
        if self.random.one_in(4) {
            details.standard = self.standard_name(model);
        }
        let product = Product {
            id: ProductId(if self.random.one_in(12) { "X".into() } else { format!("P{}", self.random.below(8)) }),
            holder: if self.random.one_in(12) { id(H) } else { maker.clone() },
            producer: match self.random.below(6) {
                0 => id(MAKER),
                1 => id(self.random.pick(&[MAKER, H2, STRANGER])),
                _ => maker,
            },
            class: self.random.pick(&[DrugClass::Chemical, DrugClass::Chemical, DrugClass::BloodProduct]),
            prescription_only: false,
            generic_name: "新品".into(),
            trade_name: String::new(),
            dosage_form: "片剂".into(),
            strength: "0.1g".into(),
            approval_number: "国药准字H20260002".into(),
            standard_code: String::new(),
            shelf_life_months: 12,
            content: 0,
            ratio_semantics: RatioSemantics::PerLevel,
            packages: vec![PackageSpec { prefix, level: 1, holds: 0, description: String::new() }],
            details,
        };
        (self.mostly(model, by), Operation::RegisterProduct(RegisterProduct { product }))
    }

    pub(crate) fn update_product(&mut self, model: &Model) -> Draft {
        let product = &model.products[self.random.below(model.products.len())];
        let scan_exempt = product.scan_exempt != self.random.one_in(10);
        let mut details = ProductDetails { name_en: "tablet".into(), scan_exempt, ..ProductDetails::default() };
        if self.random.one_in(4) {
            details.temperature = Some(TemperatureRange { min_tenths: self.random.pick(&[20, 22]), max_tenths: 79 });
        }
        if self.random.one_in(3) {
            details.standard = self.standard_name(model);
        }
        if self.random.one_in(4) {
            details.extension.push(ExtensionField { name: "颜色".into(), value: "白".into() });
        }
        let product_id = if self.random.one_in(10) { ProductId("UNKNOWN".into()) } else { product.id.clone() };
        (self.mostly(model, product.holder), Operation::UpdateProduct(UpdateProduct { product_id, details }))
    }

    pub(crate) fn register_participant(&mut self, model: &Model) -> Draft {
        let n = self.random.below(12);
        let person = super::tcm::person(n);
        let foreign = OrgId::parse(&format!("FOREIGN:KZ:{n}")).expect("well formed");
        let firm = id(300 + n);
        let (participant, name, roles) = match self.random.below(4) {
            0 => (foreign, "进口商".into(), vec![Role::MarketingHolder]),
            1 => (firm, "经营户".into(), vec![Role::HerbTrader]),
            _ => (person, format!("NH-{n}"), vec![Role::Grower]),
        };
        let bill = RegisterParticipant {
            id: participant,
            name,
            roles,
            region: RegionCode::parse("650100").expect("a region"),
            key: None,
            consent: sm3(b"consent"),
            household: None,
            sealed: None,
        };
        let by = self.random.pick(&[AGENCY, AGENCY, MARKET, COOP, CUSTOMS, PIECES]);
        (self.mostly(model, by), Operation::RegisterParticipant(bill))
    }

    pub(crate) fn register_standard(&mut self, model: &Model) -> Draft {
        use StandardKind::*;
        let kind = self.random.pick(&[National, Industry, Local, Group, Enterprise]);
        let region = if kind == Local { "650000" } else { "000000" };
        let of = if self.random.one_in(8) { self.random.pick(&[National, Group, Enterprise]) } else { kind };
        let old = self.standard_number(of);
        let number = self.standard_number(kind);
        // Mostly about nothing that a run makes, so that what it makes goes on being made.
        let (mut herbs, mut classes) = (Vec::new(), Vec::new());
        match self.random.below(8) {
            0 => herbs.push(super::tcm::herb(1)),
            1 | 2 => herbs.push(super::tcm::herb(2)),
            3 => classes.push(DrugClass::BloodProduct),
            _ => {}
        }
        let bill = RegisterStandard {
            herbs,
            classes,
            replaces: if self.random.one_in(2) && old != number { old } else { String::new() },
            id: number,
            kind,
            title: "规范".into(),
            scope: String::new(),
            region: RegionCode::parse(region).expect("a region"),
            effective_on: self.day(model, &[4, 5, 5, 30]),
            document: None,
        };
        let by = match kind {
            Local => REG,
            Group => ASSOCIATION,
            Enterprise => self.random.pick(&[M, W]),
            _ => NATION,
        };
        (self.mostly(model, by), Operation::RegisterStandard(bill))
    }

    /// Numbers of associations begin with `T/`, those of enterprises with `Q/`, and no others do.
    fn standard_number(&mut self, kind: StandardKind) -> String {
        let series = match kind {
            StandardKind::Group => "T/XJ",
            StandardKind::Enterprise => "Q/M",
            _ => "GB/T",
        };
        format!("{series} {}", self.random.below(10))
    }

    /// A name of a standard on record, or free text.
    pub(crate) fn standard_name(&mut self, model: &Model) -> String {
        let known: Vec<String> = model.standards.keys().cloned().collect();
        let text = "中国药典2025".to_owned();
        if self.random.one_in(3) { self.random.pick_or(&known, text) } else { text }
    }

    pub(crate) fn withdraw_standard(&mut self, model: &Model) -> Draft {
        use StandardKind::*;
        let kind = self.random.pick(&[National, Group, Enterprise]);
        let number = self.standard_number(kind);
        let by = self.random.pick(&[NATION, REG, ELSEWHERE, ASSOCIATION, M, W]);
        (self.mostly(model, by), Operation::WithdrawStandard(WithdrawStandard { id: number, basis: "公告".into() }))
    }

    fn register(&mut self) -> (FilingKind, usize) {
        use FilingKind::*;
        let certifier = self.random.pick(&[CERT, REG]);
        self.random.pick(&[
            (Gmp, certifier),
            (Gsp, certifier),
            (Gap, certifier),
            (TraceSystemCertificate, SAMR),
            (ForeignExporter, CUSTOMS),
            (DomesticConsignee, CUSTOMS),
            (ExportProcessor, CUSTOMS),
            (ExportBase, CUSTOMS),
            (ExportDocument, W),
            (TracePolicy, W),
            (TraceSystem, REG),
            (AnnualReport, W),
            (StorageAgreement, W),
            (MarketAdmission, MARKET),
            (AssociationMember, ASSOCIATION),
            (PlatformAdmission, PLATFORM),
            (PlatformAdmission, PLATFORM),
        ])
    }

    pub(crate) fn submit_filing(&mut self, model: &Model) -> Draft {
        let (kind, by) = self.register();
        let growers = kind == FilingKind::Gap;
        let of: &[usize] = match kind {
            FilingKind::Gap => &[COOP, COOP, M],
            FilingKind::PlatformAdmission => &[P, P, P, P2, W],
            _ => &[W, W, W, COOP, TRADER, PIECES],
        };
        let bill = SubmitFiling {
            kind,
            organisation: self.somebody(of),
            number: match kind {
                FilingKind::AnnualReport => format!("20{}", self.random.below(15) + 20),
                _ => format!("F{}", self.random.below(20)),
            },
            scope: String::new(),
            classes: if self.random.one_in(6) { vec![DrugClass::Biological] } else { Vec::new() },
            owner: String::new(),
            base_no: if growers { self.random.pick(&["JD-1", "JD-1", "JD-2"]).into() } else { String::new() },
            related: Some(self.somebody(&[W, M])),
            valid_from: self.day(model, &[0, 5]),
            valid_to: self.day(model, &[8, 300, 900]),
            document: Some(sm3(b"document")),
        };
        (self.mostly(model, by), Operation::SubmitFiling(bill))
    }

    /// 委托储存、运输协议 of a firm with the keeper.
    pub(crate) fn agreement(&mut self, model: &Model, by: usize) -> Draft {
        let bill = SubmitFiling {
            kind: FilingKind::StorageAgreement,
            organisation: id(by),
            number: format!("A{}", self.random.below(40)),
            scope: String::new(),
            classes: Vec::new(),
            owner: String::new(),
            base_no: String::new(),
            related: Some(id(KEEPER)),
            valid_from: self.day(model, &[0]),
            valid_to: self.day(model, &[60, 900]),
            document: Some(sm3(b"agreement")),
        };
        (id(by), Operation::SubmitFiling(bill))
    }

    pub(crate) fn change_filing(&mut self, model: &Model) -> Draft {
        let known: Vec<_> = model.filings.iter().flat_map(|(of, all)| all.iter().map(move |e| (*of, e))).collect();
        if known.is_empty() {
            return self.submit_filing(model);
        }
        let ((firm, kind), entry) = self.random.pick(&known);
        let bill = ChangeFiling {
            kind,
            organisation: model.firms[firm].id.clone(),
            number: if self.random.one_in(10) { "F99".into() } else { entry.number.clone() },
            action: self.random.pick(&[LicenceAction::Suspend, LicenceAction::Restore, LicenceAction::Revoke]),
            basis: "决定书".into(),
        };
        let by = self.random.pick(&[entry.issuer, entry.issuer, REG, SAMR, ELSEWHERE]);
        (self.mostly(model, by), Operation::ChangeFiling(bill))
    }

    // Mandates.

    pub(crate) fn give_mandate(&mut self, model: &Model) -> Draft {
        let hosted: Vec<usize> = (0..model.firms.len()).filter(|f| model.firms[*f].host.is_some()).collect();
        let (by, participant) = match self.random.one_in(4) && !hosted.is_empty() {
            true => {
                let firm = self.random.pick(&hosted);
                (model.firms[firm].host.unwrap_or(M), Some(model.firms[firm].id.clone()))
            }
            false => (self.random.pick(&[M, W, W, P, H, COOP]), None),
        };
        let participant = if self.random.one_in(40) { Some(self.somebody(&[W, P])) } else { participant };
        let reads_only = self.random.one_in(8);
        let operations: &[&[&str]] = &[
            &["custody"],
            &["custody", "dispensing"],
            &["receive", "ship"],
            &["dispensing", "production", "quality", "registry"],
            &["commission", "release"],
        ];
        let operations = self.random.pick(operations).iter().map(|o| (*o).to_owned()).collect();
        let products = match self.random.below(4) {
            0 => vec![ProductId("X".into())],
            1 => vec![ProductId("N".into()), ProductId("S".into())],
            _ => Vec::new(),
        };
        let valid_from = self.day(model, &[5, 5, 5, 6]);
        let bill = GiveMandate {
            agent: self.somebody(&[AGENCY, AGENCY, AGENCY, MARKET, COOP, ASSOCIATION, BANK, W]),
            participant,
            operations: if reads_only { Vec::new() } else { operations },
            products,
            reads: if reads_only { vec![bencao_chaincode::mandates::ReadScope::Stock] } else { Vec::new() },
            valid_from,
            valid_to: CalendarDate::from_days(match self.random.below(12) {
                0 => model.today().days() - 1,
                1 => valid_from.days() + 1_900,
                2 | 3 => valid_from.days() + 2,
                _ => valid_from.days() + 200,
            })
            .max(valid_from),
            uses_max: self.random.pick(&[None, None, Some(1), Some(3)]),
            document: None,
        };
        (self.mostly(model, by), Operation::GiveMandate(bill))
    }

    pub(crate) fn revoke_mandate(&mut self, model: &Model) -> Draft {
        let known: Vec<_> = model.mandates.keys().cloned().collect();
        if known.is_empty() {
            return self.give_mandate(model);
        }
        let (principal, number) = self.random.pick(&known);
        let firm = &model.firms[principal];
        let number = DocumentNumber(if self.random.one_in(15) { "A0".into() } else { number });
        let bill = RevokeMandate { number, participant: firm.host.map(|_| firm.id.clone()) };
        (self.mostly(model, firm.host.unwrap_or(principal)), Operation::RevokeMandate(bill))
    }

    /// An agent and a mandate under which it may say that it acts for a principal.
    pub(crate) fn mandate(&mut self, model: &Model, principal: &OrgId) -> Option<(OrgId, String)> {
        let firm = model.firm(principal)?;
        let mut given: Vec<(OrgId, String)> = Vec::new();
        for ((of, number), mandate) in &model.mandates {
            if *of == firm {
                given.push((model.firms[mandate.agent].id.clone(), number.clone()));
            }
        }
        let hosted = model.firms[firm].host.is_some();
        if !hosted && (given.is_empty() || !self.random.one_in(3)) {
            return None;
        }
        if hosted && self.random.one_in(3) {
            return None;
        }
        let wrong = (id(AGENCY), "A0".to_owned());
        let (agent, number) = if self.random.one_in(15) { wrong } else { self.random.pick_or(&given, wrong) };
        Some((if self.random.one_in(20) { self.somebody(&[AGENCY, MARKET]) } else { agent }, number))
    }

    pub(crate) fn department(&mut self) -> usize {
        self.random.pick(&DEPARTMENTS)
    }
}
