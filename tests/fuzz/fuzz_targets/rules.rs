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
use bencao_chaincode::{BlockContext, StateKey, StateView, ViewError, execute_block, genesis_state};
use bencao_crypto::{KnownKeys, SigningKey, VerifyItem};
use bencao_genesis::{CalendarDate, Genesis, Height, OrgId, ProductId, TimestampMs};
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
        let n = self.below(12);
        let prefix = if n < 9 { 8385793 } else { 8385794 };
        parse(&format!("{prefix}{n:013}")).expect("a good code").key
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
                Operation::Release(Release { product_id, batch_no, declared_units, lot_release, quality_file: None })
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

fuzz_target!(|input: &[u8]| {
    static START: OnceLock<(Genesis, World)> = OnceLock::new();
    let (genesis, start) = START.get_or_init(|| {
        let genesis = genesis();
        let state = genesis_state(&genesis).expect("a checked genesis has a state");
        (genesis, World(state))
    });
    let (mut world, mut choices, mut sold) = (start.clone(), Choices(input), BTreeSet::new());
    for height in 1..40 {
        if choices.0.is_empty() {
            break;
        }
        let firm = choices.below(3);
        let signer = key(firm, choices.below(2) as u8);
        let operation = choices.operation();
        let transaction = Transaction {
            version: 1,
            chain: genesis.chain_id(),
            principal: OrgId::parse(FIRMS[firm].0).expect("a good identifier"),
            key: signer.public().id(),
            mandate: None,
            valid_until: TimestampMs(START_MS + 3_600_000),
            document_number: choices.document(),
            writes_max: Transaction::writes_for(&operation),
            operation: operation.clone(),
        };
        let signed = bencao_chaincode::SignedTransaction {
            body: transaction.to_bytes(),
            signature: bencao_crypto::Signature([7; 64]),
        };
        let context = BlockContext {
            chain: genesis.chain_id(),
            height: Height(height),
            time: TimestampMs(START_MS + 1_000 * height),
            rule_version: 1,
            limits: genesis.limits.clone(),
            params: genesis.params.clone(),
        };
        let bytes = signed.to_bytes();
        let run = || execute_block(&world, &context, &[&bytes], &Trusting).expect("the view does not fail");
        let output = run();
        let again = run();
        assert_eq!((&output.receipts, &output.writes, &output.events), (&again.receipts, &again.writes, &again.events));
        match &output.receipts[0].outcome {
            Outcome::Rejected(refusal) => assert_ne!(refusal.code, INTERNAL, "{operation:?}"),
            Outcome::Applied(_) => {
                if let Operation::Dispense(bill) = &operation {
                    assert!(bill.codes.iter().all(|code| sold.insert(*code)), "sold twice: {operation:?}");
                }
            }
            Outcome::Repeated(_) => {}
        }
        for (key, value) in output.writes {
            match value {
                Some(value) => drop(world.0.insert(key, value)),
                None => drop(world.0.remove(&key)),
            }
        }
    }
});
