//! A chain of one validator with real rules, real signatures and stores in memory.

use super::super::{StateStore, View};
use crate::blocks::BlockStore;
use crate::memory::MemoryKv;
use bencao_chaincode::quality::HoldKind;
use bencao_chaincode::transaction::{
    BatchTarget, Commission, CommissionedUnit, Disaggregate, DocumentNumber, HoldTarget, Release, SetHold, Ship,
};
use bencao_chaincode::{Operation, StateKey, StateView, Transaction, TransactionId, UnitKey, codes};
use bencao_consensus::{Batch, Block, Body, CommitCertificate, CommitSignature, Header, SignedBatch, Turns};
use bencao_crypto::{LibraryKeys, SigningKey};
use bencao_genesis::*;

pub(super) const MAKER: usize = 0;
pub(super) const WHOLESALER: usize = 1;

/// 2026-11-23T09:00:00+08:00
pub(super) const START: u64 = 1_795_395_600_000;

pub(super) fn org_id(n: usize) -> OrgId {
    let first17 = format!("91650100MA0000{n:03}");
    OrgId::parse(&format!("{first17}{}", ids::uscc_check_character(&first17).unwrap())).unwrap()
}

fn key_of(member: usize, purpose: KeyPurpose) -> SigningKey {
    SigningKey::from_bytes(&[1 + member as u8 * 16 + purpose as u8; 32]).unwrap()
}

/// Key number `n` of the validator: the founding one, and those that take its place.
pub(super) fn validator_key(n: u8) -> SigningKey {
    match n {
        0 => key_of(MAKER, KeyPurpose::Validator),
        n => SigningKey::from_bytes(&[100 + n; 32]).unwrap(),
    }
}

fn date(text: &str) -> CalendarDate {
    CalendarDate::parse(text).unwrap()
}

fn member(n: usize, role: Role, kind: LicenceKind) -> Organisation {
    let licence = Licence::new(kind, "1", &[DrugClass::Chemical], date("2024-01-01"), date("2029-12-31"));
    let purposes =
        [KeyPurpose::Transact, KeyPurpose::Release, KeyPurpose::Admin, KeyPurpose::Validator, KeyPurpose::Node];
    // The first member has the one vote.
    let purposes = purposes.iter().filter(|p| n == MAKER || **p != KeyPurpose::Admin);
    let key = |p: &KeyPurpose| KeyEntry {
        purpose: *p,
        public_key: key_of(n, *p).public(),
        valid_from: Height(0),
        valid_to: None,
    };
    Organisation {
        id: org_id(n),
        name: format!("member {n}"),
        roles: vec![role],
        jurisdiction: RegionCode::parse("650100").unwrap(),
        licences: vec![licence],
        keys: purposes.map(key).collect(),
    }
}

pub(super) fn genesis() -> Genesis {
    let package =
        |prefix: &str, level, holds| PackageSpec { prefix: prefix.into(), level, holds, description: "package".into() };
    let product = Product {
        id: ProductId("X".into()),
        holder: org_id(MAKER),
        producer: org_id(MAKER),
        class: DrugClass::Chemical,
        prescription_only: false,
        generic_name: "示例片".into(),
        trade_name: String::new(),
        dosage_form: "片剂".into(),
        strength: "0.1g".into(),
        approval_number: "国药准字H20260001".into(),
        standard_code: "86904879000126".into(),
        shelf_life_months: 12,
        content: 0,
        ratio_semantics: RatioSemantics::PerLevel,
        packages: vec![package("8100001", 1, 0), package("8100003", 2, 10)],
        details: ProductDetails::default(),
    };
    Genesis {
        version: 1,
        chain_name: "ledger".into(),
        time_ms: TimestampMs(START),
        rule_version: 1,
        params: Params::default(),
        limits: Limits::default(),
        organisations: vec![
            member(MAKER, Role::MarketingHolder, LicenceKind::DrugProduction),
            member(WHOLESALER, Role::Wholesaler, LicenceKind::DrugWholesale),
        ],
        validators: vec![ValidatorEntry {
            name: "one".into(),
            organisation: org_id(MAKER),
            validator_key: key_of(MAKER, KeyPurpose::Validator).public(),
            node_key: key_of(MAKER, KeyPurpose::Node).public(),
            power: 1,
        }],
        products: vec![product],
        authorities: vec![],
    }
}

pub(super) fn unit(n: u64) -> UnitKey {
    codes::parse(&format!("8100001{n:013}")).unwrap().key
}

pub(super) fn case(n: u64) -> UnitKey {
    codes::parse(&format!("8100003{n:013}")).unwrap().key
}

/// One case of ten boxes: boxes 10·n … 10·n + 9.
pub(super) fn commission(batch_no: &str, n: u64) -> Operation {
    let outer = CommissionedUnit { code: case(n), level: 2, parent: None, remainder: false };
    let inner =
        (0..10).map(|i| CommissionedUnit { code: unit(10 * n + i), level: 1, parent: Some(case(n)), remainder: false });
    Operation::Commission(Commission {
        product_id: ProductId("X".into()),
        batch_no: batch_no.into(),
        made_on: date("2026-11-01"),
        expires_on: date("2027-10-31"),
        workshop: String::new(),
        line: String::new(),
        declared_units: 10,
        units: std::iter::once(outer).chain(inner).collect(),
    })
}

pub(super) fn release(batch_no: &str) -> Operation {
    Operation::Release(Release {
        bill_type: 101,
        product_id: ProductId("X".into()),
        batch_no: batch_no.into(),
        declared_units: 10,
        lot_release: String::new(),
        quality_file: None,
        import: None,
    })
}

pub(super) fn ship(codes: Vec<UnitKey>) -> Operation {
    Operation::Ship(Ship {
        bill_type: 201,
        receiver: org_id(WHOLESALER),
        bill_time: None,
        details: None,
        terms: None,
        codes,
    })
}

/// A hold that ends by itself.
pub(super) fn hold(batch_no: &str, until: u64) -> Operation {
    Operation::SetHold(SetHold {
        kind: HoldKind::QualitySuspect,
        target: HoldTarget::Batch(BatchTarget { product_id: ProductId("X".into()), batch_no: batch_no.into() }),
        reason: "suspect".into(),
        evidence: None,
        until: Some(TimestampMs(until)),
    })
}

pub(super) fn open_case(n: u64) -> Operation {
    Operation::Disaggregate(Disaggregate { codes: vec![unit(10 * n)] })
}

pub(super) fn transaction(member: usize, number: &str, time: u64, operation: Operation) -> (TransactionId, Vec<u8>) {
    let purpose = match operation {
        Operation::Release(_) => KeyPurpose::Release,
        Operation::SubmitMotion(_) | Operation::ChangeKeys(_) => KeyPurpose::Admin,
        _ => KeyPurpose::Transact,
    };
    let key = key_of(member, purpose);
    let body = Transaction {
        version: 1,
        chain: genesis().chain_id(),
        principal: org_id(member),
        key: key.public().id(),
        mandate: None,
        valid_until: TimestampMs(time + 5_000),
        document_number: DocumentNumber(number.into()),
        writes_max: Transaction::writes_for(&operation),
        operation,
    };
    let signed = body.sign(&key);
    (signed.id(), signed.to_bytes())
}

/// A chain and the state that was computed while it grew.
pub(super) struct Chain {
    pub(super) genesis: Genesis,
    pub(super) blocks: BlockStore<MemoryKv>,
    pub(super) state_kv: MemoryKv,
    pub(super) state: StateStore<MemoryKv>,
}

impl Chain {
    pub(super) fn new() -> Chain {
        let (genesis, state_kv) = (genesis(), MemoryKv::new());
        let blocks = BlockStore::open(MemoryKv::new(), genesis.chain_id()).unwrap();
        let state = StateStore::open(state_kv.clone(), &genesis).unwrap();
        Chain { genesis, blocks, state_kv, state }
    }

    /// Time of the next block.
    pub(super) fn time(&self) -> u64 {
        START + 1_000 * (self.state.tip().height.0 + 1)
    }

    /// The next block, with all transactions in one batch.
    pub(super) fn next(&self, transactions: Vec<Vec<u8>>) -> (Block, CommitCertificate, Vec<SignedBatch>) {
        let tip = self.state.tip();
        let height = tip.height.next();
        let seated = self.state.terms(height).unwrap();
        let validator = (0..4).map(validator_key).find(|key| seated.seat(&key.public().id()).is_some()).unwrap();
        let author = key_of(MAKER, KeyPurpose::Node);
        let batches: Vec<SignedBatch> = if transactions.is_empty() {
            vec![]
        } else {
            let batch = Batch { version: 1, author: author.public().id(), sequence: height.0, transactions };
            let signature = author.sign(&SignedBatch::sign_bytes(self.genesis.chain_id(), &batch.id()));
            vec![SignedBatch { batch, signature }]
        };
        let body = Body {
            batches: batches.iter().map(|b| b.batch.id()).collect(),
            previous_certificate: self.blocks.certificate(tip.height).unwrap(),
            evidence: vec![],
        };
        let terms = |height: Height| self.state.terms(height).unwrap();
        let header = Header {
            version: 1,
            chain_id: self.genesis.chain_id(),
            height,
            time: TimestampMs(self.time()),
            proposer: validator.public().id(),
            parent: tip.block,
            body_root: body.root(),
            previous_results: tip.results,
            validators_hash: terms(height).validators_hash(),
            next_validators_hash: terms(height.next()).validators_hash(),
            rule_version: 1,
        };
        let block = Block { header, body };
        let mut certificate = CommitCertificate { height, round: 0, block: block.id(), signatures: vec![] };
        let voter = validator.public().id();
        let message = certificate.precommit(voter).sign_bytes(self.genesis.chain_id());
        certificate.signatures.push(CommitSignature { voter, signature: validator.sign(&message) });
        (block, certificate, batches)
    }

    pub(super) fn extend(&self, transactions: Vec<Vec<u8>>) -> super::super::Executed {
        let (block, certificate, batches) = self.next(transactions);
        self.blocks.put_batches(&batches).unwrap();
        self.blocks.commit(&block, &certificate, &Turns::default()).unwrap();
        let batches: Vec<Batch> = batches.into_iter().map(|b| b.batch).collect();
        self.state.execute(&block, &batches, &LibraryKeys).unwrap()
    }

    /// One transaction in a block of its own.
    pub(super) fn send(&self, member: usize, number: &str, operation: Operation) -> TransactionId {
        let (id, bytes) = transaction(member, number, self.time(), operation);
        self.extend(vec![bytes]);
        id
    }

    /// Goods are made, released, opened and shipped; a refusal leaves an alarm and a live id, which a later block prunes; the
    /// last block is empty.
    pub(super) fn story() -> Chain {
        let chain = Chain::new();
        chain.send(MAKER, "C1", commission("B1", 1));
        chain.send(MAKER, "R1", release("B1"));
        chain.send(WHOLESALER, "S1", ship(vec![unit(15)]));
        chain.send(MAKER, "O1", open_case(1));
        for n in 2..8 {
            chain.send(MAKER, &format!("C{n}"), commission(&format!("B{n}"), n));
        }
        chain.send(MAKER, "S2", ship(vec![unit(10), unit(11)]));
        chain.extend(vec![]);
        chain
    }
}

/// All records of a version, in parts of `limit`.
pub(super) fn records(view: &View<MemoryKv>, limit: usize) -> Vec<(StateKey, Vec<u8>)> {
    let end = StateKey { locality: [0xff; 3], key: vec![0xff; 200] };
    let mut from = StateKey { locality: [0; 3], key: vec![] };
    let mut all = Vec::new();
    loop {
        let part = view.scan(&from, &end, limit).unwrap();
        let Some((last, _)) = part.last() else { return all };
        from = StateKey { locality: last.locality, key: [&last.key[..], &[0]].concat() };
        let is_last = part.len() < limit;
        all.extend(part);
        if is_last {
            return all;
        }
    }
}
