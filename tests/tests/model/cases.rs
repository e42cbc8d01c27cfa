//! Rules that a run of well-formed bills does not meet: what has the wrong form or the wrong key, what is bounded far
//! above what a run does, and what only a new law asks for. Each row sends what it needs and is refused at the end.

use crate::cast::*;
use crate::generate::{code20, sscc};
use crate::ledger::{Ledger, signed};
use crate::run::{body, receipted};
use crate::spec::{Outcome, Sent};
use bencao_chaincode::UnitKey;
use bencao_chaincode::codes::HerbCode;
use bencao_chaincode::law::{Chapter, Pilot, PilotLaw, RegistryLaw};
use bencao_chaincode::quality::HoldKind;
use bencao_chaincode::registry::{CodingScheme, StandardKind};
use bencao_chaincode::rejection::render_code_error;
use bencao_chaincode::tcm::{LocalNo, LossReason, LotId, LotKind, Weighing};
use bencao_chaincode::transaction::*;
use bencao_crypto::{LibraryKeys, sm3};
use bencao_genesis::*;

/// Somebody at a desk who sends one bill after another.
pub(crate) struct Desk {
    ledger: Ledger,
    documents: u32,
}

impl Desk {
    fn new() -> Desk {
        Desk { ledger: Ledger::new(), documents: 0 }
    }

    fn body(&mut self, by: usize, operation: Operation) -> Transaction {
        self.documents += 1;
        body(&Sent {
            id: TransactionId::default(),
            principal: id(by),
            mandate: None,
            valid_until: TimestampMs(self.ledger.time + HOUR),
            number: format!("C{}", self.documents),
            operation,
        })
    }

    fn bytes(&mut self, bytes: Vec<u8>) -> Outcome {
        receipted(&self.ledger.block(&[bytes]).expect("executed").receipts[0])
    }

    fn changed(&mut self, change: impl FnOnce(&mut Transaction)) -> Outcome {
        let mut body = self.body(M, label(1));
        change(&mut body);
        self.bytes(signed(body.to_bytes()))
    }

    fn send(&mut self, by: usize, operation: Operation) -> Outcome {
        let body = self.body(by, operation);
        self.bytes(signed(body.to_bytes()))
    }

    fn done(&mut self, by: usize, operation: Operation) {
        let said = format!("{operation:?}");
        assert_eq!(self.send(by, operation), Outcome::Applied, "{said}");
    }

    /// A rule set of the drug regulator, in force from the next block on.
    fn law(&mut self, chapter: Chapter) {
        let bill = AmendLaw {
            title: "试行办法".into(),
            basis: "公告".into(),
            region: RegionCode::parse("650000").expect("a region"),
            effective_on: self.today(),
            document: None,
            chapters: vec![chapter],
        };
        self.done(REG, Operation::AmendLaw(bill));
    }

    fn today(&self) -> CalendarDate {
        TimestampMs(self.ledger.time).china_date()
    }

    /// One box of a product, commissioned.
    fn unit(&mut self, product: &str, prefix: &str) -> UnitKey {
        let code = code20(prefix, 1);
        self.done(M, commission(product, "B1", vec![(code, 1)]));
        code
    }
}

fn commission(product: &str, batch: &str, units: Vec<(UnitKey, u8)>) -> Operation {
    let unit = |(code, level)| CommissionedUnit { code, level, parent: None, remainder: true };
    Operation::Commission(Commission {
        product_id: ProductId(product.into()),
        batch_no: batch.into(),
        made_on: date("2026-11-01"),
        expires_on: date("2027-10-31"),
        declared_units: 100,
        workshop: String::new(),
        line: String::new(),
        units: units.into_iter().map(unit).collect(),
    })
}

/// A bill that is always right: a label voided.
fn label(serial: u64) -> Operation {
    let codes = vec![code20("8100001", 5_000_000 + serial)];
    Operation::VoidCodes(VoidCodes { product_id: ProductId("X".into()), reason: "废标".into(), codes })
}

fn void(codes: Vec<UnitKey>) -> Operation {
    Operation::VoidCodes(VoidCodes { product_id: ProductId("X".into()), reason: "废标".into(), codes })
}

fn herb() -> HerbCode {
    HerbCode::new("06160411000000001").expect("17 digits")
}

fn local(text: &str) -> LocalNo {
    LocalNo::new(text).expect("letters and digits")
}

fn lot(text: &str) -> LotId {
    LotId { number: local(text), organisation: id(COOP) }
}

fn register_herb(desk: &mut Desk) {
    let herb = Herb {
        code: herb(),
        name: "红花".into(),
        species: "Carthamus tinctorius L.".into(),
        part: "花".into(),
        newly_introduced: false,
        approval_number: String::new(),
    };
    desk.done(REG, Operation::RegisterHerbs(RegisterHerbs { herbs: vec![herb] }));
}

fn bought(desk: &Desk, number: &str, place: &str) -> Operation {
    Operation::BuyUntraced(BuyUntraced {
        lot_no: local(number),
        kind: LotKind::Harvest,
        herb: herb(),
        weight_mg: 1_000,
        weighing: Weighing::Manual,
        region: RegionCode::parse("650100").expect("a region"),
        place: place.into(),
        bought_on: desk.today(),
        seller: sm3(b"seller"),
        evidence: sm3(b"evidence"),
    })
}

fn blend(desk: &Desk, into: &str, from: &[String]) -> Operation {
    let inputs = from.iter().map(|n| LotUse { lot: lot(n), weight_mg: 1 }).collect();
    Operation::BlendLots(BlendLots { lot_no: local(into), inputs, loss_mg: 0, done_on: desk.today() })
}

fn product(change: impl FnOnce(&mut Product)) -> Operation {
    let mut product = GENESIS.products[0].clone();
    product.id = ProductId("NEW".into());
    product.packages.truncate(1);
    product.packages[0].prefix = "8800001".into();
    change(&mut product);
    Operation::RegisterProduct(RegisterProduct { product })
}

fn participant(change: impl FnOnce(&mut RegisterParticipant)) -> Operation {
    let mut bill = RegisterParticipant {
        id: id(301),
        name: "经营户".into(),
        roles: vec![Role::HerbTrader],
        region: RegionCode::parse("650100").expect("a region"),
        key: None,
        consent: sm3(b"consent"),
        household: None,
        sealed: None,
    };
    change(&mut bill);
    Operation::RegisterParticipant(bill)
}

fn standard(id: &str, kind: StandardKind, change: impl FnOnce(&mut RegisterStandard)) -> Operation {
    let region = if kind == StandardKind::Local { "650000" } else { "000000" };
    let mut bill = RegisterStandard {
        id: id.into(),
        kind,
        title: "标准".into(),
        scope: String::new(),
        region: RegionCode::parse(region).expect("a region"),
        herbs: Vec::new(),
        classes: Vec::new(),
        effective_on: date("2026-01-01"),
        replaces: String::new(),
        document: None,
    };
    change(&mut bill);
    Operation::RegisterStandard(bill)
}

/// Product X is made to a standard from now on.
fn made_to(standard: &str) -> Operation {
    let details = ProductDetails { standard: standard.into(), ..ProductDetails::default() };
    Operation::UpdateProduct(UpdateProduct { product_id: ProductId("X".into()), details })
}

fn coding(scheme: CodingScheme, prefix: &str) -> Operation {
    let prefixes = vec![prefix.to_owned()];
    Operation::FileCodingRule(FileCodingRule { scheme, issuer: "机构".into(), filing_no: "备案".into(), prefixes })
}

/// Name of the rule, and what is refused by it.
type Case = (&'static str, fn(&mut Desk) -> Outcome);

/// Each refused for the one thing that its rule is about.
pub(crate) const CASES: &[Case] = &[
    // Form and signer.
    ("malformed", |desk| desk.bytes(vec![7; 40])),
    ("transaction_too_large", |desk| desk.bytes(vec![0; (1 << 20) + 1])),
    ("unsupported_version", |desk| desk.changed(|body| body.version = 2)),
    ("wrong_chain", |desk| desk.changed(|body| body.chain = ChainId(sm3(b"another chain")))),
    ("field_form", |desk| desk.changed(|body| body.document_number = DocumentNumber("with a space".into()))),
    ("too_many_codes", |desk| desk.send(M, void((0..10_001).map(|n| code20("8100001", n)).collect()))),
    ("no_codes", |desk| desk.send(M, void(Vec::new()))),
    ("writes_declared", |desk| desk.changed(|body| body.writes_max = 3)),
    ("key_not_valid", |desk| {
        let ended = GENESIS.organisations[LAB].keys.last().expect("a key that has ended").id();
        let mut body = desk.body(LAB, label(1));
        body.key = ended;
        desk.bytes(signed(body.to_bytes()))
    }),
    ("key_purpose", |desk| {
        let release = GENESIS.organisations[M].keys[1].id();
        desk.changed(|body| body.key = release)
    }),
    ("bad_signature", |desk| {
        let body = desk.body(M, label(1));
        let output = desk.ledger.block_with(&[signed(body.to_bytes())], &LibraryKeys).expect("executed");
        receipted(&output.receipts[0])
    }),
    ("block_full", |desk| {
        let bytes = |n| {
            let mut body = desk.body(M, label(n));
            body.writes_max = 24_000;
            signed(body.to_bytes())
        };
        let block: Vec<Vec<u8>> = (1..=3).map(bytes).collect();
        receipted(&desk.ledger.block(&block).expect("executed").receipts[2])
    }),
    ("personal_data", |desk| {
        let person = OrgId::parse(&format!("PERSON:{}", sm3(b"a person"))).expect("well formed");
        desk.send(AGENCY, participant(|p| (p.id, p.name, p.roles) = (person, "张三".into(), vec![Role::Grower])))
    }),
    ("writes_exceeded", |desk| {
        let codes = (0..20).map(|n| code20("8100001", 6_000_000 + n)).collect();
        let mut body = desk.body(M, void(codes));
        body.writes_max = 20;
        desk.bytes(signed(body.to_bytes()))
    }),
    // Texts that are no codes are told by name, without a transaction.
    ("not_a_trace_code", |_| told("6924561884074")),
    ("check_digit", |desk| desk.send(M, coding(CodingScheme::Gs1, "06924561884075"))),
    ("special_prefix", |desk| desk.send(M, product(|p| p.packages[0].prefix = "8900077".into()))),
    ("key_exists", |desk| {
        let known = GENESIS.organisations[W].keys[0].public_key;
        let abroad = OrgId::parse("FOREIGN:KZ:1").expect("well formed");
        let by_customs = participant(|p| (p.id, p.roles, p.key) = (abroad, vec![Role::MarketingHolder], Some(known)));
        desk.send(CUSTOMS, by_customs)
    }),
    // Bounds.
    ("register_full", |desk| {
        let licence =
            |n| Licence::new(LicenceKind::Business, &format!("证-{n}"), &[], date("2026-01-01"), date("2027-01-01"));
        let grant = |n| Operation::GrantLicence(GrantLicence { organisation: id(BANK), licence: licence(n) });
        (0..32).for_each(|n| desk.done(SAMR, grant(n)));
        desk.send(SAMR, grant(32))
    }),
    ("too_many_ranges", |desk| {
        let range = |n: u64| CodeRange { prefix: "8100021".into(), from: n * 10, to: n * 10 + 1 };
        let allocate = |from: u64| {
            let ranges = (from..from + 64).map(range).collect();
            Operation::AllocateCodes(AllocateCodes { product_id: ProductId("Y".into()), ranges, codes: Vec::new() })
        };
        (0..8).for_each(|n| desk.done(M, allocate(n * 64)));
        desk.send(M, allocate(8 * 64))
    }),
    ("too_many_holds", |desk| {
        let code = desk.unit("X", "8100001");
        let hold = || {
            let target = HoldTarget::Codes(CodesTarget { codes: vec![code] });
            let (kind, reason) = (HoldKind::QualitySuspect, "可疑".into());
            Operation::SetHold(SetHold { kind, target, reason, evidence: None, until: None })
        };
        (0..16).for_each(|_| desk.done(M, hold()));
        desk.send(M, hold())
    }),
    ("too_many_batches", |desk| {
        let boxes: Vec<UnitKey> = (1..=5).map(|n| code20("8100001", n)).collect();
        for (n, code) in boxes.iter().enumerate() {
            desk.done(M, commission("X", &format!("B{n}"), vec![(*code, 1)]));
        }
        desk.send(M, Operation::Pack(Pack { parent: sscc(1), codes: boxes }))
    }),
    ("entry_count", |desk| {
        let one = [String::from("L1")];
        let bill = blend(desk, "L2", &one);
        desk.send(COOP, bill)
    }),
    ("lot_too_mixed", |desk| {
        register_herb(desk);
        let name = |n: usize| format!("L{n}");
        for n in 0..66 {
            let bill = bought(desk, &name(n), &format!("地{n}"));
            desk.done(COOP, bill);
        }
        for half in 0..2 {
            let inputs: Vec<String> = (half * 32..half * 32 + 32).map(name).collect();
            let bill = blend(desk, &format!("M{half}"), &inputs);
            desk.done(COOP, bill);
        }
        let bill = blend(desk, "N0", &["M0".into(), "M1".into(), name(64)]);
        desk.send(COOP, bill)
    }),
    ("supervisor_is_executor", |desk| {
        let bill = DestroyLot {
            lot: lot("L1"),
            reason: LossReason::Mould,
            executor: sm3(b"one"),
            supervisor: sm3(b"one"),
            destroyed_on: desk.today(),
            document: sm3(b"record"),
        };
        desk.send(COOP, Operation::DestroyLot(bill))
    }),
    // Standards that are kept.
    ("standard_not_in_force", |desk| {
        let tomorrow = CalendarDate::from_days(desk.today().days() + 1);
        desk.done(NATION, standard("YP 1", StandardKind::National, |s| s.effective_on = tomorrow));
        desk.send(M, made_to("YP 1"))
    }),
    ("standard_out_of_scope", |desk| {
        desk.done(NATION, standard("YP 1", StandardKind::National, |s| s.classes = vec![DrugClass::Vaccine]));
        desk.send(M, made_to("YP 1"))
    }),
    ("standard_outranked", |desk| {
        register_herb(desk);
        desk.done(REG, standard("DBY65/1", StandardKind::Local, |s| s.herbs = vec![herb()]));
        desk.done(NATION, standard("YP 红花", StandardKind::National, |s| s.herbs = vec![herb()]));
        let bill = DefinePiece {
            product_id: ProductId("HH".into()),
            herb: herb(),
            standard: "DBY65/1".into(),
            yield_ppm_min: 400_000,
            yield_ppm_max: 1_200_000,
        };
        desk.send(PIECES, Operation::DefinePiece(bill))
    }),
    ("gap_not_carried", |desk| {
        register_herb(desk);
        let bill = bought(desk, "L1", "裕民");
        desk.done(COOP, bill);
        let label = Label {
            name: "红花".into(),
            specification: String::new(),
            origin: "新疆裕民".into(),
            date: desk.today(),
            supplier: GENESIS.organisations[COOP].name.clone(),
            quality_mark: true,
            standard: String::new(),
            storage: String::new(),
            best_before: None,
            gap_audit: Some(sm3(b"audit")),
        };
        desk.send(COOP, Operation::PackLot(PackLot { lot: lot("L1"), label, packs: Vec::new() }))
    }),
    // What a new law asks for.
    ("trace_policy_required", |desk| {
        desk.law(Chapter::Registry(RegistryLaw { trace_policy_required: true, ..RegistryLaw::default() }));
        desk.send(M, commission("X", "B1", vec![(code20("8100001", 1), 1)]))
    }),
    ("tracing_mandatory", |desk| {
        register_herb(desk);
        let pilot = Pilot {
            feature: "mandatory".into(),
            class: Some(DrugClass::CrudeHerb),
            organisations: Vec::new(),
            from: desk.today(),
            to: desk.today(),
        };
        desk.law(Chapter::Pilot(PilotLaw { pilots: vec![pilot] }));
        let bill = bought(desk, "L1", "裕民");
        desk.send(COOP, bill)
    }),
];

/// What the parser says of a text, by name.
fn told(text: &str) -> Outcome {
    let error = bencao_chaincode::codes::parse(text).expect_err("no code");
    let name = render_code_error(text, error).name;
    Outcome::Refused(CASES.iter().find(|(n, _)| *n == name).map_or("another rule", |(n, _)| n))
}

#[test]
fn each_rule_that_no_run_meets_is_met_here() {
    for (rule, case) in CASES {
        assert_eq!(case(&mut Desk::new()), Outcome::Refused(rule), "{rule}");
    }
}
