//! A consortium in memory: five members with keys, two products, and a chain of blocks.

use crate::codes::{UnitKey, parse};
use crate::custody::UnitRecord;
use crate::event::{EventRecord, EventSource, Subject};
use crate::execute::{BlockContext, BlockOutput, execute_block};
use crate::query::UnitView;
use crate::receipt::{Outcome, Receipt};
use crate::rejection::rule;
use crate::state::{StateKey, StateView, ViewError, key};
use crate::transaction::*;
use bencao_crypto::{KnownKeys, LibraryKeys, SigningKey, VerifyItem};
use bencao_genesis::*;
use std::collections::BTreeMap;

pub(super) const M: usize = 0;
pub(super) const W: usize = 1;
pub(super) const P: usize = 2;
pub(super) const H: usize = 3;
pub(super) const P2: usize = 4;
pub(super) const CDC: usize = 5;
pub(super) const SITE: usize = 6;
/// Members that [`super::trade::wide`] adds.
pub(super) const W2: usize = 15;
pub(super) const ABROAD: usize = 16;
pub(super) const PORT: usize = 17;
pub(super) const H2: usize = 18;
pub(super) const KEEPER: usize = 7;

/// 2026-11-23T09:00:00+08:00
pub(super) const START: u64 = 1_795_395_600_000;
pub(super) const DAY: u64 = 86_400_000;

/// All signatures are right: for tests about rules with many transactions.
pub(super) struct Trusting;

impl KnownKeys for Trusting {
    fn verify(&self, _: &VerifyItem) -> bool {
        true
    }
}

pub(super) fn date(text: &str) -> CalendarDate {
    CalendarDate::parse(text).unwrap()
}

pub(super) fn org_id(n: usize) -> OrgId {
    if n == ABROAD {
        return OrgId::parse("FOREIGN:DE:HRB-12345").unwrap();
    }
    let first17 = format!("91650100MA0000{n:03}");
    OrgId::parse(&format!("{first17}{}", ids::uscc_check_character(&first17).unwrap())).unwrap()
}

pub(super) fn signing_key(member: usize, purpose: KeyPurpose) -> SigningKey {
    let number = 1 + member * 8 + purpose as usize;
    let mut secret = [number as u8; 32];
    secret[31] ^= (number >> 8 << 7) as u8;
    SigningKey::from_bytes(&secret).unwrap()
}

pub(super) fn licence(kind: LicenceKind, scope: &[DrugClass], to: &str) -> Licence {
    Licence::new(kind, "证-1", scope, date("2024-01-01"), date(to))
}

pub(super) fn member(n: usize, name: &str, role: Role, licences: Vec<Licence>) -> Organisation {
    let purposes = [KeyPurpose::Transact, KeyPurpose::Release];
    let keys = purposes.iter().map(|p| KeyEntry {
        purpose: *p,
        public_key: signing_key(n, *p).public(),
        valid_from: Height(0),
        valid_to: None,
    });
    Organisation {
        id: org_id(n),
        name: name.into(),
        roles: vec![role],
        jurisdiction: RegionCode::parse("650100").unwrap(),
        licences,
        keys: keys.collect(),
    }
}

pub(super) fn product(id: &str, class: DrugClass, prefixes: [&str; 2], holds: u32) -> Product {
    let package = |prefix: &str, level, holds| PackageSpec {
        prefix: prefix.into(),
        level,
        holds,
        description: format!("{level} 级包装"),
    };
    Product {
        id: ProductId(id.into()),
        holder: org_id(M),
        producer: org_id(M),
        class,
        prescription_only: true,
        generic_name: "示例片".into(),
        trade_name: String::new(),
        dosage_form: "片剂".into(),
        strength: "0.1g".into(),
        approval_number: "国药准字H20260001".into(),
        standard_code: "86904879000126".into(),
        shelf_life_months: 12,
        content: 100_000,
        ratio_semantics: RatioSemantics::PerLevel,
        packages: vec![package(prefixes[0], 1, 0), package(prefixes[1], 2, holds)],
        details: ProductDetails::default(),
    }
}

pub(super) fn genesis() -> Genesis {
    use DrugClass::*;
    let made = [Chemical, Vaccine, Narcotic, PsychotropicII];
    let traded = [Chemical, Narcotic, PsychotropicII];
    let mut organisations = vec![
        member(M, "药企", Role::MarketingHolder, vec![licence(LicenceKind::DrugProduction, &made, "2028-12-31")]),
        member(
            W,
            "批发",
            Role::Wholesaler,
            vec![
                licence(LicenceKind::DrugWholesale, &traded, "2028-12-31"),
                licence(LicenceKind::NarcoticWholesaleRegional, &[Narcotic], "2028-12-31"),
            ],
        ),
        member(
            P,
            "药店",
            Role::Pharmacy,
            vec![
                licence(LicenceKind::DrugRetail, &[Chemical, Narcotic], "2026-12-31"),
                licence(LicenceKind::InternetSale, &[Chemical], "2028-12-31"),
            ],
        ),
        member(
            H,
            "医院",
            Role::Hospital,
            vec![
                licence(LicenceKind::MedicalInstitution, &traded, "2028-12-31"),
                licence(LicenceKind::NarcoticPurchaseCard, &[Narcotic], "2028-12-31"),
            ],
        ),
        member(P2, "另一药店", Role::Pharmacy, vec![licence(LicenceKind::DrugRetail, &[Chemical], "2028-12-31")]),
        member(CDC, "疾控", Role::DiseaseControl, vec![]),
        member(
            SITE,
            "接种点",
            Role::VaccinationSite,
            vec![
                licence(LicenceKind::MedicalInstitution, &[Vaccine], "2028-12-31"),
                licence(LicenceKind::VaccinationPoint, &[Vaccine], "2028-12-31"),
            ],
        ),
    ];
    let validator = SigningKey::from_bytes(&[201; 32]).unwrap().public();
    let node = SigningKey::from_bytes(&[202; 32]).unwrap().public();
    for (purpose, public_key) in [(KeyPurpose::Validator, validator), (KeyPurpose::Node, node)] {
        organisations[M].keys.push(KeyEntry { purpose, public_key, valid_from: Height(0), valid_to: None });
    }
    Genesis {
        version: 1,
        chain_name: "测试链".into(),
        time_ms: TimestampMs(START - DAY),
        rule_version: 1,
        params: Params::default(),
        limits: Limits::default(),
        organisations,
        validators: vec![ValidatorEntry {
            name: "node0".into(),
            organisation: org_id(M),
            validator_key: validator,
            node_key: node,
            power: 1,
        }],
        products: vec![
            product("X", Chemical, ["8100001", "8100003"], 10),
            product("N", Narcotic, ["8900001", "8900003"], 2),
        ],
        authorities: vec![],
    }
}

pub(super) const MAH2: usize = 19;
pub(super) const REG: usize = 20;
pub(super) const NMPA: usize = 21;
pub(super) const SAMR: usize = 22;
pub(super) const HEALTH: usize = 23;
pub(super) const CUSTOMS: usize = 24;
pub(super) const CERT: usize = 26;
pub(super) const LAB: usize = 27;
pub(super) const AGENCY: usize = 28;
pub(super) const MARKET: usize = 29;
pub(super) const BANK: usize = 30;
pub(super) const COOP: usize = 31;
pub(super) const PLATFORM: usize = 32;
pub(super) const AGRI: usize = 33;

/// Authorities and services: 自治区 departments, one of the nation, and who serves the trade.
pub(super) fn authorities() -> Vec<Organisation> {
    let mut all = vec![
        member(MAH2, "另一药企", Role::MarketingHolder, vec![]),
        member(REG, "自治区药监局", Role::DrugRegulator, vec![]),
        member(NMPA, "国家药监局", Role::DrugRegulator, vec![]),
        member(SAMR, "自治区市场监管局", Role::MarketRegulator, vec![]),
        member(HEALTH, "自治区卫健委", Role::HealthAuthority, vec![]),
        member(CUSTOMS, "海关", Role::Customs, vec![]),
        member(CERT, "认证机构", Role::Certifier, vec![]),
        member(LAB, "检验机构", Role::Laboratory, vec![]),
        member(AGENCY, "第三方技术机构", Role::Agency, vec![]),
        member(MARKET, "专业市场", Role::MarketOperator, vec![]),
        member(BANK, "银行", Role::FinancialInstitution, vec![]),
        member(COOP, "合作社", Role::Grower, vec![]),
        member(AGRI, "自治区农业农村厅", Role::AgricultureAuthority, vec![]),
        member(
            PLATFORM,
            "网络交易平台",
            Role::TradingPlatform,
            vec![licence(LicenceKind::InternetPlatform, &[], "2028-12-31")],
        ),
    ];
    for organisation in &mut all {
        let nation = organisation.id == org_id(NMPA);
        let province = [REG, SAMR, HEALTH, CUSTOMS, AGRI].iter().any(|n| organisation.id == org_id(*n));
        let text = if nation { "000000" } else { "650000" };
        if nation || province {
            organisation.jurisdiction = RegionCode::parse(text).unwrap();
        }
    }
    all
}

/// The state of a chain, its events and receipts.
#[derive(Clone)]
pub(super) struct World {
    pub(super) genesis: Genesis,
    pub(super) state: BTreeMap<StateKey, Vec<u8>>,
    pub(super) events: BTreeMap<Subject, Vec<EventRecord>>,
    pub(super) outputs: Vec<BlockOutput>,
    pub(super) time: u64,
    pub(super) trusting: bool,
    /// Applied transactions with the state before them, if somebody asks for them.
    pub(super) recorded: Option<Vec<Recorded>>,
    numbers: u32,
}

/// An applied transaction and what it was executed on.
#[derive(Clone)]
pub(super) struct Recorded {
    pub(super) state: BTreeMap<StateKey, Vec<u8>>,
    pub(super) context: BlockContext,
    pub(super) body: Transaction,
}

impl StateView for Recorded {
    fn get(&self, key: &StateKey) -> Result<Option<Vec<u8>>, ViewError> {
        Ok(self.state.get(key).cloned())
    }

    fn scan(&self, from: &StateKey, to: &StateKey, limit: usize) -> Result<Vec<(StateKey, Vec<u8>)>, ViewError> {
        Ok(self.state.range(from..to).take(limit).map(|(k, v)| (k.clone(), v.clone())).collect())
    }
}

impl StateView for World {
    fn get(&self, key: &StateKey) -> Result<Option<Vec<u8>>, ViewError> {
        Ok(self.state.get(key).cloned())
    }

    fn scan(&self, from: &StateKey, to: &StateKey, limit: usize) -> Result<Vec<(StateKey, Vec<u8>)>, ViewError> {
        Ok(self.state.range(from..to).take(limit).map(|(k, v)| (k.clone(), v.clone())).collect())
    }
}

impl EventSource for World {
    fn events(&self, subject: &Subject, limit: usize) -> Result<Vec<EventRecord>, ViewError> {
        Ok(self.events.get(subject).map(|e| e.iter().take(limit).cloned().collect()).unwrap_or_default())
    }
}

impl World {
    pub(super) fn new() -> World {
        World::with(genesis())
    }

    pub(super) fn with(genesis: Genesis) -> World {
        let state = crate::genesis_state(&genesis).unwrap();
        let (events, outputs) = (BTreeMap::new(), Vec::new());
        World { genesis, state, events, outputs, time: START, trusting: true, recorded: None, numbers: 0 }
    }

    /// The same, with nothing recorded yet.
    pub(super) fn clone_recording(&self) -> World {
        World { recorded: Some(Vec::new()), ..self.clone() }
    }

    pub(super) fn context(&self) -> BlockContext {
        let height = Height(self.outputs.len() as u64 + 1);
        let membership = crate::governance::membership(self).unwrap();
        let settings = membership.settings_at(height).unwrap();
        BlockContext {
            chain: self.genesis.chain_id(),
            height,
            time: TimestampMs(self.time),
            rule_version: settings.rule_version,
            limits: settings.limits.clone(),
            params: settings.params.clone(),
        }
    }

    pub(super) fn transaction(
        &mut self,
        member: usize,
        number: &str,
        operation: Operation,
    ) -> (Transaction, SigningKey) {
        let key = signing_key(member, operation.purpose());
        let body = Transaction {
            version: 1,
            chain: self.genesis.chain_id(),
            principal: org_id(member),
            key: key.public().id(),
            mandate: None,
            valid_until: TimestampMs(self.time + 3_600_000),
            document_number: DocumentNumber(number.into()),
            writes_max: Transaction::writes_for(&operation),
            operation,
        };
        (body, key)
    }

    pub(super) fn block(&mut self, transactions: &[Vec<u8>]) -> &BlockOutput {
        let context = self.context();
        let slices: Vec<&[u8]> = transactions.iter().map(Vec::as_slice).collect();
        let keys: &dyn KnownKeys = if self.trusting { &Trusting } else { &LibraryKeys };
        let output = execute_block(&*self, &context, &slices, keys).unwrap();
        for (key, value) in &output.writes {
            match value {
                Some(value) => self.state.insert(key.clone(), value.clone()),
                None => self.state.remove(key),
            };
        }
        for event in &output.events {
            self.events.entry(event.subject).or_default().push(event.clone());
        }
        self.time += 1000;
        self.outputs.push(output);
        self.outputs.last().unwrap()
    }

    /// One transaction in a block of its own.
    pub(super) fn submit(&mut self, body: &Transaction, key: &SigningKey) -> Receipt {
        let before = self.recorded.is_some().then(|| Recorded {
            state: self.state.clone(),
            context: self.context(),
            body: body.clone(),
        });
        let receipt = self.block(&[body.sign(key).to_bytes()]).receipts[0].clone();
        if let (Some(recorded), Some(before)) = (&mut self.recorded, before.filter(|_| receipt.is_applied())) {
            recorded.push(before);
        }
        receipt
    }

    pub(super) fn send(&mut self, member: usize, operation: Operation) -> Receipt {
        self.numbers += 1;
        let number = format!("D{}", self.numbers);
        self.send_as(member, &number, operation)
    }

    pub(super) fn send_as(&mut self, member: usize, number: &str, operation: Operation) -> Receipt {
        if let Operation::RegisterProduct(registered) = &operation {
            self.file_coding_rule(registered);
        }
        let (body, key) = self.transaction(member, number, operation);
        self.submit(&body, &key)
    }

    /// As if the holder had filed the coding rule of a product's prefixes, as far as nobody else has.
    fn file_coding_rule(&mut self, registered: &RegisterProduct) {
        let holder = self.state.get(&key::organisation_number(&registered.product.holder)).cloned();
        let Some(holder) = holder.map(|bytes| crate::state::from_record::<crate::registry::NumberRecord>(&bytes))
        else {
            return;
        };
        for package in &registered.product.packages {
            let record = crate::registry::CodingRecord {
                version: 1,
                holder: crate::state::OrgNo(holder.as_ref().unwrap().number),
                scheme: crate::registry::CodingScheme::Platform,
                issuer: "码上放心".into(),
                filing_no: "备案-1".into(),
            };
            self.state.entry(key::coding(&package.prefix)).or_insert_with(|| crate::state::to_record(&record));
        }
    }

    /// Name of the rule that refuses it.
    pub(super) fn refused(&mut self, member: usize, operation: Operation) -> &'static str {
        refusal_name(&self.send(member, operation))
    }

    pub(super) fn applied(&mut self, member: usize, operation: Operation) -> Receipt {
        let receipt = self.send(member, operation);
        assert!(receipt.is_applied(), "{:?}", receipt.outcome);
        receipt
    }

    pub(super) fn view(&self, code: &UnitKey) -> UnitView {
        crate::query::unit(self, self, code, TimestampMs(self.time)).unwrap().unwrap()
    }

    pub(super) fn state_of(&self, code: &UnitKey) -> &'static str {
        self.view(code).state
    }

    pub(super) fn record(&self, code: &UnitKey) -> UnitRecord {
        crate::state::load(self, &key::unit(code)).unwrap().unwrap()
    }

    /// Commissions and releases `boxes` boxes in cases of ten, 零头 for the last.
    pub(super) fn make_batch(&mut self, batch_no: &str, boxes: u32) -> (Vec<UnitKey>, Vec<UnitKey>) {
        let (cases, units) = (cases(batch_no, boxes), boxes_of(batch_no, boxes));
        self.applied(M, Operation::Commission(commission(batch_no, &cases, &units)));
        self.applied(M, Operation::Release(release(batch_no, boxes)));
        (cases, units)
    }
}

pub(super) fn refusal_name(receipt: &Receipt) -> &'static str {
    match &receipt.outcome {
        Outcome::Rejected(refusal) => rule(refusal.code).unwrap().name,
        other => panic!("not refused: {other:?}"),
    }
}

/// Distinct serials a batch.
fn serial(batch_no: &str, n: u32) -> u64 {
    let batch: u64 = batch_no.bytes().fold(0, |a, b| (a * 31 + u64::from(b)) % 1_000_000);
    batch * 1_000_000 + u64::from(n)
}

pub(super) fn code(text: &str) -> UnitKey {
    parse(text).unwrap().key
}

pub(super) fn box_code(batch_no: &str, n: u32) -> UnitKey {
    code(&format!("8100001{:013}", serial(batch_no, n)))
}

pub(super) fn case_code(batch_no: &str, n: u32) -> UnitKey {
    code(&format!("8100003{:013}", serial(batch_no, n)))
}

pub(super) fn boxes_of(batch_no: &str, boxes: u32) -> Vec<UnitKey> {
    (1..=boxes).map(|n| box_code(batch_no, n)).collect()
}

pub(super) fn cases(batch_no: &str, boxes: u32) -> Vec<UnitKey> {
    (1..=boxes.div_ceil(10)).map(|n| case_code(batch_no, n)).collect()
}

pub(super) fn commission(batch_no: &str, cases: &[UnitKey], boxes: &[UnitKey]) -> Commission {
    let outer = cases.iter().enumerate().map(|(i, code)| CommissionedUnit {
        code: *code,
        level: 2,
        parent: None,
        remainder: (i + 1) * 10 > boxes.len(),
    });
    let inner = boxes.iter().enumerate().map(|(i, code)| CommissionedUnit {
        code: *code,
        level: 1,
        parent: cases.get(i / 10).copied(),
        remainder: false,
    });
    Commission {
        product_id: ProductId("X".into()),
        batch_no: batch_no.into(),
        made_on: date("2026-10-24"),
        expires_on: date("2027-10-23"),
        declared_units: boxes.len() as u32,
        workshop: "一车间".into(),
        line: "1".into(),
        units: inner.chain(outer).collect(),
    }
}

pub(super) fn release(batch_no: &str, declared_units: u32) -> Release {
    Release {
        bill_type: 101,
        product_id: ProductId("X".into()),
        batch_no: batch_no.into(),
        declared_units,
        lot_release: String::new(),
        quality_file: None,
        import: None,
    }
}

pub(super) fn ship(receiver: usize, codes: &[UnitKey]) -> Operation {
    ship_as(201, receiver, codes, |_| ())
}

/// A shipment of any bill type, with what only some state.
pub(super) fn ship_as(
    bill_type: u16,
    receiver: usize,
    codes: &[UnitKey],
    terms: impl FnOnce(&mut ShipTerms),
) -> Operation {
    let mut stated = ShipTerms::default();
    terms(&mut stated);
    Operation::Ship(Ship {
        bill_type,
        receiver: org_id(receiver),
        bill_time: None,
        details: None,
        terms: Some(stated).filter(|t| *t != ShipTerms::default()),
        codes: codes.to_vec(),
    })
}

pub(super) fn receive(sender: usize, number: &str, codes: &[UnitKey]) -> Operation {
    receive_as(102, sender, number, codes, |_| ())
}

/// A receipt of any bill type, with more evidence than a delivery note.
pub(super) fn receive_as(
    bill_type: u16,
    sender: usize,
    number: &str,
    codes: &[UnitKey],
    evidence: impl FnOnce(&mut Evidence),
) -> Operation {
    let mut found = Evidence { delivery_note: Some(bencao_crypto::sm3(b"delivery note")), ..Evidence::default() };
    evidence(&mut found);
    Operation::Receive(Receive {
        bill_type,
        sender: org_id(sender),
        shipment_no: DocumentNumber(number.into()),
        verified: true,
        bill_time: None,
        details: None,
        evidence: Some(found),
        order: None,
        codes: codes.to_vec(),
    })
}

/// A cold chain within 2 to 8 °C.
pub(super) fn cooled(evidence: &mut Evidence) {
    let record = bencao_crypto::sm3(b"temperature record");
    evidence.temperature = Some(Temperature { record, lowest: 25, highest: 79 });
}

/// One of these codes' own, for one smallest unit each.
pub(super) fn prescription(codes: &[UnitKey]) -> Prescription {
    Prescription {
        number: bencao_crypto::sm3(&bencao_crypto::encode(&codes.to_vec())),
        reviewer: Some(bencao_crypto::sm3(b"pharmacist")),
        patient: Patient::Ordinary,
        days: None,
        quantity: Some(100_000 * codes.len() as u64),
        minor: false,
    }
}

pub(super) fn dispense(bill_type: u16, codes: &[UnitKey]) -> Operation {
    Operation::Dispense(Dispense {
        bill_type,
        bill_time: None,
        prescription: Some(prescription(codes)),
        customer: Some(bencao_crypto::sm3(b"customer")),
        vaccinator: Some(bencao_crypto::sm3(b"vaccinator")),
        platform: None,
        codes: codes.to_vec(),
    })
}

pub(super) fn disaggregate(codes: &[UnitKey]) -> Operation {
    Operation::Disaggregate(Disaggregate { codes: codes.to_vec() })
}
