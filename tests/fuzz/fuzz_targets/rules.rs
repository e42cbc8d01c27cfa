//! Bills against the rules: the input steers a small world of three firms, one product and a dozen codes, so that deep states
//! are reached. Every signature counts as good. No bill may panic (receipt `internal`), nondeterminism is a crash, and a
//! unit is dispensed at most once.
#![no_main]

use bencao_chaincode::codes::{UnitKey, parse};
use bencao_chaincode::receipt::Outcome;
use bencao_chaincode::transaction::{
    Commission, CommissionedUnit, Disaggregate, Dispense, DocumentNumber, Operation, Receive, Release, Ship,
    Transaction,
};
use bencao_chaincode::{BlockContext, SignedTransaction, StateKey, StateView, ViewError, execute_block, genesis_state};
use bencao_crypto::{KnownKeys, Signature, SigningKey, VerifyItem};
use bencao_genesis::{CalendarDate, ChainId, Genesis, Height, Limits, OrgId, Params, ProductId, TimestampMs};
use libfuzzer_sys::fuzz_target;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

const FIRMS: [(&str, &str, &str); 3] = [
    ("91650100MA0000001U", r#""marketing_holder","producer""#, "drug_production"),
    ("91650100MA0000002Y", r#""wholesaler""#, "drug_wholesale"),
    ("91650100MA00000032", r#""pharmacy""#, "drug_retail"),
];
const START_MS: u64 = 1_795_000_000_000;
const INTERNAL: u16 = 2004;
/// Most bills of one input: longer ones are slow and no deeper.
const BILLS_MAX: usize = 16;
const BILL_TYPES: [u16; 12] = [101, 102, 103, 104, 107, 201, 202, 203, 209, 320, 321, 322];

struct Trusting;
impl KnownKeys for Trusting {
    fn verify(&self, _: &VerifyItem) -> bool {
        true
    }
}

#[derive(Clone)]
struct World(BTreeMap<StateKey, Vec<u8>>);
impl StateView for World {
    fn get(&self, key: &StateKey) -> Result<Option<Vec<u8>>, ViewError> {
        Ok(self.0.get(key).cloned())
    }
    fn scan(&self, from: &StateKey, to: &StateKey, limit: usize) -> Result<Vec<(StateKey, Vec<u8>)>, ViewError> {
        Ok(self.0.range(from.clone()..to.clone()).take(limit).map(|(k, v)| (k.clone(), v.clone())).collect())
    }
}

fn key(firm: usize, purpose: u8) -> SigningKey {
    SigningKey::from_bytes(&[1 + 16 * purpose + firm as u8; 32]).expect("in range")
}

fn genesis() -> Genesis {
    let key_json = |firm, n, purpose| format!(r#"{{"purpose":"{purpose}","public_key":"{}"}}"#, key(firm, n).public());
    let firm = |(i, (id, roles, licence)): (usize, &(&str, &str, &str))| {
        let names = ["transact", "release", "validator", "node"];
        let keys: Vec<_> = (0u8..).zip(names).map(|(n, name)| key_json(i, n, name)).collect();
        format!(
            r#"{{"id":"{id}","name":"firm {i}","roles":[{roles}],"jurisdiction":"650100","licences":[{{"kind":"{licence}",
            "number":"L{i}","scope":["chemical"],"valid_from":"2020-01-01","valid_to":"2040-01-01"}}],"keys":[{}]}}"#,
            keys.join(",")
        )
    };
    let firms: Vec<_> = FIRMS.iter().enumerate().map(firm).collect();
    let (validator, node, holder) = (key(0, 2).public(), key(0, 3).public(), FIRMS[0].0);
    let text = format!(
        r#"{{"version":1,"chain_name":"fuzz","time_ms":{START_MS},"rule_version":1,"organisations":[{}],"validators":[{{"name":
        "v","organisation":"{holder}","validator_key":"{validator}","node_key":"{node}","power":1}}],"products":[{{"id":"P",
        "holder":"{holder}","producer":"{holder}","class":"chemical","prescription_only":false,"generic_name":"药",
        "dosage_form":"片","strength":"1mg","approval_number":"国药准字H20200001","ratio_semantics":"per_level","packages":[
        {{"prefix":"8385793","level":1,"holds":0,"description":"盒"}},{{"prefix":"8385794","level":2,"holds":3,"description":"箱"}}]}}]}}"#,
        firms.join(",")
    );
    Genesis::parse(&text).expect("a good genesis")
}

/// Choices taken from the input; zeros when it is used up.
struct Choices<'a>(&'a [u8]);
impl Choices<'_> {
    fn below(&mut self, bound: usize) -> usize {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        usize::from(*first) % bound
    }
    fn code(&mut self) -> UnitKey {
        numbered(self.below(12))
    }
    fn codes(&mut self) -> Vec<UnitKey> {
        (0..1 + self.below(4)).map(|_| self.code()).collect()
    }
    fn firm(&mut self) -> OrgId {
        OrgId::parse(FIRMS[self.below(3)].0).expect("a good identifier")
    }
    fn document(&mut self) -> DocumentNumber {
        DocumentNumber(format!("D{}", self.below(6)))
    }
    fn bill_type(&mut self) -> u16 {
        BILL_TYPES[self.below(BILL_TYPES.len())]
    }
    fn operation(&mut self) -> Operation {
        let product_id = ProductId("P".into());
        let batch_no = format!("B{}", self.below(2));
        let declared_units = 1 + self.below(4) as u32;
        match self.below(6) {
            0 => {
                let unit = |_| {
                    let code = self.code();
                    let level = if code.prefix().as_deref() == Some("8385794") { 2 } else { 1 };
                    let parent = (self.below(2) == 1).then(|| self.code());
                    CommissionedUnit { code, level, parent, remainder: self.below(3) == 0 }
                };
                let units = (0..1 + declared_units).map(unit).collect();
                let made_on = CalendarDate::parse("2026-10-24").expect("a date");
                let expires_on = CalendarDate::parse("2028-10-23").expect("a date");
                let (workshop, line) = (String::new(), String::new());
                let bill =
                    Commission { product_id, batch_no, made_on, expires_on, declared_units, workshop, line, units };
                Operation::Commission(bill)
            }
            1 => {
                let lot_release = String::new();
                Operation::Release(Release { product_id, batch_no, declared_units, lot_release, quality_file: None, import: None })
            }
            2 => {
                let (bill_type, receiver, codes) = (self.bill_type(), self.firm(), self.codes());
                Operation::Ship(Ship { bill_type, receiver, bill_time: None, details: None, codes })
            }
            3 => {
                let (bill_type, sender, shipment_no) = (self.bill_type(), self.firm(), self.document());
                let (verified, codes) = (self.below(8) > 0, self.codes());
                let (bill_time, details) = (None, None);
                Operation::Receive(Receive { bill_type, sender, shipment_no, verified, bill_time, details, codes })
            }
            4 => Operation::Disaggregate(Disaggregate { codes: self.codes() }),
            _ => {
                let (bill_type, codes) = (self.bill_type(), self.codes());
                let (bill_time, prescription, customer) = (None, None, None);
                Operation::Dispense(Dispense { bill_type, bill_time, prescription, customer, codes })
            }
        }
    }
}

/// Code number `n` of the twelve: nine boxes, three cases.
fn numbered(n: usize) -> UnitKey {
    let prefix = if n < 9 { 8385793 } else { 8385794 };
    parse(&format!("{prefix}{n:013}")).expect("a good code").key
}

/// The chain up to some height, with the units that were dispensed.
#[derive(Clone)]
struct Chain {
    chain: ChainId,
    params: Params,
    limits: Limits,
    height: u64,
    records: World,
    sold: BTreeSet<UnitKey>,
}

impl Chain {
    fn start() -> Chain {
        let genesis = genesis();
        let records = World(genesis_state(&genesis).expect("a checked genesis has a state"));
        let (chain, params, limits) = (genesis.chain_id(), genesis.params, genesis.limits);
        Chain { chain, params, limits, height: 0, records, sold: BTreeSet::new() }
    }

    /// Executes a block of one bill, twice, and checks what must hold of any bill. Whether it was applied.
    fn execute(&mut self, firm: usize, purpose: u8, document_number: DocumentNumber, operation: Operation) -> bool {
        self.height += 1;
        let transaction = Transaction {
            version: 1,
            chain: self.chain,
            principal: OrgId::parse(FIRMS[firm].0).expect("a good identifier"),
            key: key(firm, purpose).public().id(),
            mandate: None,
            valid_until: TimestampMs(START_MS + 3_600_000),
            document_number,
            writes_max: Transaction::writes_for(&operation),
            operation,
        };
        let context = BlockContext {
            chain: self.chain,
            height: Height(self.height),
            time: TimestampMs(START_MS + 1_000 * self.height),
            rule_version: 1,
            limits: self.limits.clone(),
            params: self.params.clone(),
        };
        let bytes = SignedTransaction { body: transaction.to_bytes(), signature: Signature([7; 64]) }.to_bytes();
        let run = || execute_block(&self.records, &context, &[&bytes], &Trusting).expect("the view does not fail");
        let (output, again) = (run(), run());
        assert_eq!((&output.receipts, &output.writes, &output.events), (&again.receipts, &again.writes, &again.events));
        let outcome = &output.receipts[0].outcome;
        if let Outcome::Rejected(refusal) = outcome {
            assert_ne!(refusal.code, INTERNAL, "{:?}", transaction.operation);
        }
        let applied = matches!(outcome, Outcome::Applied(_));
        if let (true, Operation::Dispense(bill)) = (applied, &transaction.operation) {
            assert!(bill.codes.iter().all(|code| self.sold.insert(*code)), "sold twice: {bill:?}");
        }
        for (key, value) in output.writes {
            match value {
                Some(value) => drop(self.records.0.insert(key, value)),
                None => drop(self.records.0.remove(&key)),
            }
        }
        applied
    }

    fn must(&mut self, firm: usize, purpose: u8, number: &str, operation: Operation) {
        let text = format!("{operation:?}");
        assert!(self.execute(firm, purpose, DocumentNumber(number.into()), operation), "refused: {text}");
    }
}

/// Where inputs start: an empty chain, a released batch, the batch at the wholesaler, the batch at the pharmacy.
fn stages() -> [Chain; 4] {
    let firm = |n: usize| OrgId::parse(FIRMS[n].0).expect("a good identifier");
    let cases = vec![numbered(9), numbered(10)];
    let ship = |bill_type, to| {
        Operation::Ship(Ship { bill_type, receiver: firm(to), bill_time: None, details: None, codes: cases.clone() })
    };
    let receive = |bill_type, from, number: &str| {
        let (sender, shipment_no, codes) = (firm(from), DocumentNumber(number.into()), cases.clone());
        let (bill_time, details) = (None, None);
        Operation::Receive(Receive { bill_type, sender, shipment_no, verified: true, bill_time, details, codes })
    };
    let unit = |n, level, parent: Option<usize>| {
        let parent = parent.map(numbered);
        CommissionedUnit { code: numbered(n), level, parent, remainder: false }
    };
    let boxes = (0..6).map(|n| unit(n, 1, Some(9 + n / 3)));
    let commission = Commission {
        product_id: ProductId("P".into()),
        batch_no: "B0".into(),
        made_on: CalendarDate::parse("2026-10-24").expect("a date"),
        expires_on: CalendarDate::parse("2028-10-23").expect("a date"),
        declared_units: 6,
        workshop: String::new(),
        line: String::new(),
        units: boxes.chain([unit(9, 2, None), unit(10, 2, None)]).collect(),
    };
    let release = Release {
        product_id: ProductId("P".into()),
        batch_no: "B0".into(),
        declared_units: 6,
        lot_release: String::new(),
        quality_file: None,
        import: None,
    };
    let empty = Chain::start();
    let mut released = empty.clone();
    released.must(0, 0, "C", Operation::Commission(commission));
    released.must(0, 1, "R", Operation::Release(release));
    let mut wholesale = released.clone();
    wholesale.must(0, 0, "S0", ship(201, 1));
    wholesale.must(1, 0, "E1", receive(102, 0, "S0"));
    let mut retail = wholesale.clone();
    retail.must(1, 0, "S1", ship(201, 2));
    retail.must(2, 0, "E2", receive(102, 1, "S1"));
    [empty, released, wholesale, retail]
}

fuzz_target!(|input: &[u8]| {
    static STAGES: OnceLock<[Chain; 4]> = OnceLock::new();
    let mut choices = Choices(input);
    let mut chain = STAGES.get_or_init(stages)[choices.below(4)].clone();
    for _ in 0..BILLS_MAX {
        if choices.0.is_empty() {
            break;
        }
        let (firm, purpose) = (choices.below(3), choices.below(2) as u8);
        let (operation, document_number) = (choices.operation(), choices.document());
        chain.execute(firm, purpose, document_number, operation);
    }
});
