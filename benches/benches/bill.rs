//! Bills of 10,000 codes, the largest that the default limits take: CPU time of one thread for each code, from the bytes
//! of a transaction to receipts, writes and events. Signatures are taken as verified; state is a map in memory.
//!
//! `cargo bench -p bencao-benches --bench bill`

use bencao_chaincode::codes::parse;
use bencao_chaincode::transaction::{
    Commission, CommissionedUnit, DocumentNumber, Evidence, Operation, Receive, Release, Ship, Transaction,
};
use bencao_chaincode::{BlockContext, StateKey, StateView, UnitKey, ViewError, execute_block, genesis_state};
use bencao_crypto::{KnownKeys, SigningKey, VerifyItem, sm3};
use bencao_genesis::*;
use rustix::time::{ClockId, clock_gettime};
use std::collections::BTreeMap;

/// Codes of one bill.
const CODES: u32 = 10_000;
/// Batches, each commissioned, released, shipped and received; the median counts.
const ROUNDS: u32 = 5;
/// 2026-11-23T09:00:00+08:00
const START: u64 = 1_795_395_600_000;

struct Trusting;

impl KnownKeys for Trusting {
    fn verify(&self, _: &VerifyItem) -> bool {
        true
    }
}

#[derive(Default)]
struct State(BTreeMap<StateKey, Vec<u8>>);

impl StateView for State {
    fn get(&self, key: &StateKey) -> Result<Option<Vec<u8>>, ViewError> {
        Ok(self.0.get(key).cloned())
    }

    fn scan(&self, from: &StateKey, to: &StateKey, limit: usize) -> Result<Vec<(StateKey, Vec<u8>)>, ViewError> {
        Ok(self.0.range(from..to).take(limit).map(|(k, v)| (k.clone(), v.clone())).collect())
    }
}

struct Chain {
    genesis: Genesis,
    state: State,
    height: u64,
}

impl Chain {
    /// Executes one bill in a block of its own; microseconds of CPU time for each code.
    fn play(&mut self, member: usize, number: &str, operation: Operation) -> f64 {
        let purpose = match operation {
            Operation::Release(_) => KeyPurpose::Release,
            _ => KeyPurpose::Transact,
        };
        let key = signing_key(member, purpose);
        self.height += 1;
        let time = TimestampMs(START + self.height * 1_000);
        let body = Transaction {
            version: 1,
            chain: self.genesis.chain_id(),
            principal: org_id(member),
            key: key.public().id(),
            mandate: None,
            valid_until: time.plus_ms(60_000),
            document_number: DocumentNumber(number.into()),
            writes_max: Transaction::writes_for(&operation),
            operation,
        };
        let bytes = body.sign(&key).to_bytes();
        let context = BlockContext {
            chain: self.genesis.chain_id(),
            height: Height(self.height),
            time,
            rule_version: 1,
            limits: self.genesis.limits.clone(),
            params: self.genesis.params.clone(),
        };
        let before = cpu_us();
        let output = execute_block(&self.state, &context, &[&bytes], &Trusting).expect("the state is in memory");
        let spent = cpu_us() - before;
        assert!(output.receipts[0].is_applied(), "{number}: {:?}", output.receipts[0].outcome);
        for (key, value) in output.writes {
            match value {
                Some(value) => self.state.0.insert(key, value),
                None => self.state.0.remove(&key),
            };
        }
        spent / f64::from(CODES)
    }
}

fn main() {
    let genesis = genesis();
    let state = State(genesis_state(&genesis).expect("the genesis is right"));
    let mut chain = Chain { genesis, state, height: 0 };
    let mut rows: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    for round in 0..ROUNDS {
        let codes: Vec<UnitKey> = (0..CODES).map(|n| code(round * CODES + n)).collect();
        let batch_no = format!("B{round}");
        let shipment = format!("S{round}");
        let steps = [
            ("commission", 0, Operation::Commission(commission(&batch_no, &codes))),
            ("release", 0, Operation::Release(release(&batch_no))),
            ("ship", 0, Operation::Ship(ship(&codes))),
            ("receive", 1, Operation::Receive(receive(&shipment, &codes))),
        ];
        for (name, member, operation) in steps {
            let number = if name == "ship" { shipment.clone() } else { format!("{name}-{round}") };
            let spent = chain.play(member, &number, operation);
            rows.entry(name).or_default().push(spent);
        }
    }
    for name in ["commission", "ship", "receive"] {
        let mut spent = rows.remove(name).expect("played above");
        spent.sort_by(f64::total_cmp);
        println!("bill/{name}/codes={CODES}: {:.2} µs a code", spent[spent.len() / 2]);
    }
}

fn cpu_us() -> f64 {
    let now = clock_gettime(ClockId::ThreadCPUTime);
    now.tv_sec as f64 * 1e6 + now.tv_nsec as f64 / 1e3
}

fn code(n: u32) -> UnitKey {
    parse(&format!("8100001{n:013}")).expect("twenty digits").key
}

fn date(text: &str) -> CalendarDate {
    CalendarDate::parse(text).expect("a date")
}

fn org_id(n: usize) -> OrgId {
    let first17 = format!("91650100MA0000{n:03}");
    let check = ids::uscc_check_character(&first17).expect("17 allowed characters");
    OrgId::parse(&format!("{first17}{check}")).expect("with its check character")
}

fn signing_key(member: usize, purpose: KeyPurpose) -> SigningKey {
    SigningKey::from_bytes(&[1 + member as u8 * 8 + purpose as u8; 32]).expect("in range")
}

fn member(n: usize, role: Role, kind: LicenceKind) -> Organisation {
    let entry = |purpose: KeyPurpose| KeyEntry {
        purpose,
        public_key: signing_key(n, purpose).public(),
        valid_from: Height(0),
        valid_to: None,
    };
    let purposes = [KeyPurpose::Transact, KeyPurpose::Release, KeyPurpose::Validator, KeyPurpose::Node];
    Organisation {
        id: org_id(n),
        name: format!("成员{n}"),
        roles: vec![role],
        jurisdiction: RegionCode::parse("650100").expect("six digits"),
        licences: vec![Licence::new(kind, "证-1", &[DrugClass::Chemical], date("2024-01-01"), date("2028-12-31"))],
        keys: purposes.map(entry).into(),
    }
}

fn genesis() -> Genesis {
    let package = PackageSpec { prefix: "8100001".into(), level: 1, holds: 0, description: "盒".into() };
    Genesis {
        version: 1,
        chain_name: "计时链".into(),
        time_ms: TimestampMs(START),
        rule_version: 1,
        params: Params::default(),
        limits: Limits::default(),
        organisations: vec![
            member(0, Role::MarketingHolder, LicenceKind::DrugProduction),
            member(1, Role::Wholesaler, LicenceKind::DrugWholesale),
        ],
        validators: vec![ValidatorEntry {
            name: "node0".into(),
            organisation: org_id(0),
            validator_key: signing_key(0, KeyPurpose::Validator).public(),
            node_key: signing_key(0, KeyPurpose::Node).public(),
            power: 1,
        }],
        products: vec![Product {
            id: ProductId("X".into()),
            holder: org_id(0),
            producer: org_id(0),
            class: DrugClass::Chemical,
            prescription_only: false,
            generic_name: "示例片".into(),
            trade_name: String::new(),
            dosage_form: "片剂".into(),
            strength: "0.1g".into(),
            approval_number: "国药准字H20260001".into(),
            standard_code: String::new(),
            shelf_life_months: 12,
            content: 0,
            ratio_semantics: RatioSemantics::PerLevel,
            packages: vec![package],
            details: ProductDetails::default(),
        }],
        authorities: vec![],
    }
}

fn commission(batch_no: &str, codes: &[UnitKey]) -> Commission {
    let unit = |code: &UnitKey| CommissionedUnit { code: *code, level: 1, parent: None, remainder: false };
    Commission {
        product_id: ProductId("X".into()),
        batch_no: batch_no.into(),
        made_on: date("2026-10-24"),
        expires_on: date("2027-10-23"),
        declared_units: CODES,
        workshop: String::new(),
        line: String::new(),
        units: codes.iter().map(unit).collect(),
    }
}

fn release(batch_no: &str) -> Release {
    Release {
        bill_type: 101,
        product_id: ProductId("X".into()),
        batch_no: batch_no.into(),
        declared_units: CODES,
        lot_release: String::new(),
        quality_file: None,
        import: None,
    }
}

fn ship(codes: &[UnitKey]) -> Ship {
    Ship { bill_type: 201, receiver: org_id(1), bill_time: None, details: None, terms: None, codes: codes.to_vec() }
}

fn receive(shipment: &str, codes: &[UnitKey]) -> Receive {
    Receive {
        bill_type: 102,
        sender: org_id(0),
        shipment_no: DocumentNumber(shipment.into()),
        verified: true,
        bill_time: None,
        details: None,
        evidence: Some(Evidence { delivery_note: Some(sm3(b"note")), ..Evidence::default() }),
        order: None,
        codes: codes.to_vec(),
    }
}
