//! Clients: a producer's commissions, some of them wrong, repeated or contradicting, through the real chaincode.

use crate::keys::FastSigner;
use crate::node::{Setup, WALL_START_MS};
use crate::prng::Prng;
use bencao_chaincode::codes::UnitKey;
use bencao_chaincode::quality::HoldKind;
use bencao_chaincode::transaction::{
    Commission, CommissionedUnit, DocumentNumber, HoldTarget, ProductTarget, SetHold, TRANSACTION_VERSION,
};
use bencao_chaincode::{Operation, SignedTransaction, Transaction};
use bencao_crypto::{Digest, PublicKey};
use bencao_engine::Signer;
use bencao_genesis::genesis::RULE_VERSION;
use bencao_genesis::{
    CalendarDate, DrugClass, Genesis, Height, KeyEntry, KeyPurpose, Licence, LicenceKind, Limits, OrgId, Organisation,
    PackageSpec, Params, Product, ProductDetails, ProductId, RatioSemantics, RegionCode, Role, TimestampMs,
    ValidatorEntry,
};
use bencao_replica::{Payload, Peek};
use std::sync::Arc;

/// The one organisation of a simulation: holder and producer of the one product, and owner of all nodes.
const PRODUCER: &str = "91350100M000100Y43";
const PREFIX: &str = "8100001";
/// Number of the producer's key for bills.
const TRANSACT: u32 = 2001;

/// What a replica may know of a transaction, by the product's own decoder.
pub(crate) struct Transactions;

impl Payload for Transactions {
    fn peek(&self, transaction: &[u8]) -> Option<Peek> {
        let limit = Limits::default().transaction_bytes_max as usize;
        let (signed, body) = SignedTransaction::decode(transaction, limit).ok()?;
        Some(Peek { id: signed.id().0, valid_until: body.valid_until, writes: body.writes_max })
    }
}

/// A signed transaction.
#[derive(Clone)]
pub(crate) struct Submission {
    pub(crate) id: Digest,
    pub(crate) bytes: Vec<u8>,
}

/// A client with a random mind.
pub(crate) struct Workload {
    setup: Arc<Setup>,
    rng: Prng,
    documents: u64,
    codes: u64,
    sent: Vec<Submission>,
}

impl Workload {
    /// A client of that consortium.
    pub(crate) fn new(setup: Arc<Setup>, rng: Prng) -> Workload {
        Workload { setup, rng, documents: 0, codes: 0, sent: Vec::new() }
    }

    /// The next thing to submit.
    pub(crate) fn next(&mut self, wall_ms: u64) -> Submission {
        if !self.sent.is_empty() && self.rng.chance(100) {
            // Sent again, perhaps to another node: still one transaction.
            return self.rng.pick(&self.sent).clone();
        }
        if self.documents == 0 || self.rng.chance(900) {
            self.documents += 1;
        }
        let operation = if self.rng.chance(50) {
            hold(wall_ms + self.rng.between(100, 3_000))
        } else {
            commission((0..self.rng.between(1, 3)).map(|_| self.unit()).collect())
        };
        let submission = self.sign(self.documents, operation, wall_ms);
        self.sent.push(submission.clone());
        submission
    }

    fn unit(&mut self) -> CommissionedUnit {
        // Now and then a code that was used before: refused by the rules, yet in the chain.
        if self.codes == 0 || self.rng.chance(900) {
            self.codes += 1;
        }
        let code = UnitKey::parse_canonical(&format!("T20:{PREFIX}{:013}", self.codes)).expect("a well-formed code");
        CommissionedUnit { code, level: 1, parent: None, remainder: false }
    }

    fn sign(&self, document: u64, operation: Operation, wall_ms: u64) -> Submission {
        let signer = FastSigner::numbered(TRANSACT);
        let body = Transaction {
            version: TRANSACTION_VERSION,
            chain: self.setup.genesis.chain_id(),
            principal: OrgId::parse(PRODUCER).expect("well-formed"),
            key: signer.public().id(),
            mandate: None,
            valid_until: TimestampMs(wall_ms + 3_600_000),
            document_number: DocumentNumber(format!("C-{document}")),
            writes_max: Transaction::writes_for(&operation),
            operation,
        };
        let id = body.id();
        let signed = SignedTransaction {
            body: body.to_bytes(),
            signature: signer.sign(&id.sign_message()).expect("it always signs"),
        };
        Submission { id: id.0, bytes: signed.to_bytes() }
    }
}

fn commission(units: Vec<CommissionedUnit>) -> Operation {
    Operation::Commission(Commission {
        product_id: ProductId("X".into()),
        batch_no: "B1".into(),
        made_on: date("2026-10-24"),
        expires_on: date("2028-10-23"),
        declared_units: 1_000_000,
        workshop: String::new(),
        line: String::new(),
        units,
    })
}

/// A hold that ends by itself: a deadline, for which an idle chain makes a block.
fn hold(until_ms: u64) -> Operation {
    Operation::SetHold(SetHold {
        kind: HoldKind::QualitySuspect,
        target: HoldTarget::Product(ProductTarget { product_id: ProductId("Y".into()) }),
        reason: "simulation".into(),
        evidence: None,
        until: Some(TimestampMs(until_ms)),
    })
}

fn date(text: &str) -> CalendarDate {
    CalendarDate::parse(text).expect("a date")
}

/// A consortium of one producer whose nodes vote (validator key, node key) or follow.
pub(crate) fn genesis(founding: &[(PublicKey, PublicKey)], following: &[PublicKey]) -> Genesis {
    let id = OrgId::parse(PRODUCER).expect("well-formed");
    let validators = founding.iter().enumerate().map(|(i, (v, n))| ValidatorEntry {
        name: format!("node{i}"),
        organisation: id.clone(),
        validator_key: *v,
        node_key: *n,
        power: 1,
    });
    let genesis = Genesis {
        version: 1,
        chain_name: "simulation".into(),
        time_ms: TimestampMs(WALL_START_MS - 60_000),
        rule_version: RULE_VERSION,
        params: Params::default(),
        limits: Limits::default(),
        organisations: vec![producer(&id, founding, following)],
        validators: validators.collect(),
        products: vec![product(&id, "X", PREFIX), product(&id, "Y", "8100002")],
        authorities: vec![],
    };
    genesis.check().expect("a sound genesis");
    genesis
}

fn producer(id: &OrgId, founding: &[(PublicKey, PublicKey)], following: &[PublicKey]) -> Organisation {
    let entry = |purpose, public_key| KeyEntry { purpose, public_key, valid_from: Height(0), valid_to: None };
    let mut keys = vec![entry(KeyPurpose::Transact, FastSigner::numbered(TRANSACT).public())];
    for (validator, node) in founding {
        keys.extend([entry(KeyPurpose::Validator, *validator), entry(KeyPurpose::Node, *node)]);
    }
    keys.extend(following.iter().map(|n| entry(KeyPurpose::Node, *n)));
    Organisation {
        id: id.clone(),
        name: "simulation".into(),
        roles: vec![Role::MarketingHolder, Role::Producer],
        jurisdiction: RegionCode::parse("650000").expect("a region"),
        licences: vec![Licence::new(
            LicenceKind::DrugProduction,
            "1",
            &[DrugClass::Chemical],
            date("2020-01-01"),
            date("2040-01-01"),
        )],
        keys,
    }
}

fn product(holder: &OrgId, id: &str, prefix: &str) -> Product {
    Product {
        id: ProductId(id.into()),
        holder: holder.clone(),
        producer: holder.clone(),
        class: DrugClass::Chemical,
        prescription_only: false,
        generic_name: "示例".into(),
        trade_name: String::new(),
        dosage_form: "片剂".into(),
        strength: "1g".into(),
        approval_number: "国药准字H65020002".into(),
        standard_code: String::new(),
        shelf_life_months: 24,
        content: 0,
        ratio_semantics: RatioSemantics::PerLevel,
        packages: vec![PackageSpec { prefix: prefix.into(), level: 1, holds: 0, description: "盒".into() }],
        details: ProductDetails::default(),
    }
}
