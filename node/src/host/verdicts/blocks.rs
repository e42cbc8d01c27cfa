//! The same transactions come to the same roots and receipts however they are cut into batches, by whichever route the
//! signatures are judged, on however many threads, while others ask about the same claims.

use super::*;
use bencao_chaincode::codes::{UnitKey, parse};
use bencao_chaincode::transaction::{
    Commission, CommissionedUnit, Disaggregate, DocumentNumber, Evidence, Operation, Receive, Release, Ship,
    Transaction,
};
use bencao_chaincode::{Outcome, Receipt, SignedTransaction, StateKey, StateView};
use bencao_consensus::{Batch, Block, Body, Header};
use bencao_crypto::{LibraryKeys, SigningKey, TableKeys};
use bencao_genesis::{CalendarDate, Genesis, Height, KeyPurpose, OrgId, ProductId, TimestampMs};
use bencao_ledger::StateStore;
use bencao_ledger::memory::MemoryKv;

const START: u64 = 1_795_000_000_000;
const FIRMS: [(&str, &str, &str); 2] = [
    ("91650100MA0000001U", r#""marketing_holder","producer""#, "drug_production"),
    ("91650100MA0000002Y", r#""wholesaler""#, "drug_wholesale"),
];
const MAKER: usize = 0;
const TRADER: usize = 1;
/// Batches of goods, each made, released, shipped, received and opened.
const GOODS: u64 = 6;

fn key(firm: usize, purpose: KeyPurpose) -> SigningKey {
    SigningKey::from_bytes(&[1 + 16 * purpose as u8 + firm as u8; 32]).unwrap()
}

fn genesis() -> Genesis {
    let firm = |(i, (id, roles, licence)): (usize, &(&str, &str, &str))| {
        let purposes = ["transact", "release", "validator", "node"].into_iter().zip([
            KeyPurpose::Transact,
            KeyPurpose::Release,
            KeyPurpose::Validator,
            KeyPurpose::Node,
        ]);
        let entry = |(name, purpose): (&str, KeyPurpose)| {
            format!(r#"{{"purpose":"{name}","public_key":"{}"}}"#, key(i, purpose).public())
        };
        let keys: Vec<String> = purposes.map(entry).collect();
        format!(
            r#"{{"id":"{id}","name":"firm {i}","roles":[{roles}],"jurisdiction":"650100","licences":[{{"kind":"{licence}",
            "number":"L{i}","scope":["chemical"],"valid_from":"2020-01-01","valid_to":"2040-01-01"}}],"keys":[{}]}}"#,
            keys.join(",")
        )
    };
    let firms: Vec<String> = FIRMS.iter().enumerate().map(firm).collect();
    let (validator, node) = (key(MAKER, KeyPurpose::Validator).public(), key(MAKER, KeyPurpose::Node).public());
    let holder = FIRMS[MAKER].0;
    let text = format!(
        r#"{{"version":1,"chain_name":"same","time_ms":{START},"rule_version":1,"organisations":[{}],"validators":[{{"name":
        "v","organisation":"{holder}","validator_key":"{validator}","node_key":"{node}","power":1}}],"products":[{{"id":"P",
        "holder":"{holder}","producer":"{holder}","class":"chemical","prescription_only":false,"generic_name":"药",
        "dosage_form":"片","strength":"1mg","approval_number":"国药准字H20200001","ratio_semantics":"per_level","packages":[
        {{"prefix":"8385793","level":1,"holds":0,"description":"盒"}},{{"prefix":"8385794","level":2,"holds":4,"description":"箱"}}]}}]}}"#,
        firms.join(",")
    );
    Genesis::parse(&text).unwrap()
}

fn org_id(firm: usize) -> OrgId {
    OrgId::parse(FIRMS[firm].0).unwrap()
}

fn unit(n: u64) -> UnitKey {
    parse(&format!("8385793{n:013}")).unwrap().key
}

fn case(n: u64) -> UnitKey {
    parse(&format!("8385794{n:013}")).unwrap().key
}

fn date(text: &str) -> CalendarDate {
    CalendarDate::parse(text).unwrap()
}

fn commission(n: u64) -> Operation {
    let package = |code, level, parent| CommissionedUnit { code, level, parent, remainder: false };
    let inner = (0..4).map(|i| package(unit(4 * n + i), 1, Some(case(n))));
    Operation::Commission(Commission {
        product_id: ProductId("P".into()),
        batch_no: format!("B{n}"),
        made_on: date("2026-10-24"),
        expires_on: date("2028-10-23"),
        declared_units: 4,
        workshop: String::new(),
        line: String::new(),
        units: inner.chain([package(case(n), 2, None)]).collect(),
    })
}

fn release(n: u64) -> Operation {
    Operation::Release(Release {
        bill_type: 101,
        product_id: ProductId("P".into()),
        batch_no: format!("B{n}"),
        declared_units: 4,
        lot_release: String::new(),
        quality_file: None,
        import: None,
    })
}

fn ship(n: u64) -> Operation {
    let (receiver, codes) = (org_id(TRADER), vec![case(n)]);
    Operation::Ship(Ship { bill_type: 201, receiver, bill_time: None, details: None, terms: None, codes })
}

fn receive(n: u64) -> Operation {
    let evidence = Evidence { delivery_note: Some(bencao_crypto::sm3(b"note")), ..Evidence::default() };
    Operation::Receive(Receive {
        bill_type: 102,
        sender: org_id(MAKER),
        shipment_no: DocumentNumber(format!("S{n}")),
        verified: true,
        bill_time: None,
        details: None,
        evidence: Some(evidence),
        order: None,
        codes: vec![case(n)],
    })
}

fn open(n: u64) -> Operation {
    Operation::Disaggregate(Disaggregate { codes: vec![unit(4 * n), unit(4 * n + 1)] })
}

fn signed(chain: &Genesis, firm: usize, number: &str, operation: Operation) -> Vec<u8> {
    let purpose = if matches!(operation, Operation::Release(_)) { KeyPurpose::Release } else { KeyPurpose::Transact };
    let key = key(firm, purpose);
    let body = Transaction {
        version: 1,
        chain: chain.chain_id(),
        principal: org_id(firm),
        key: key.public().id(),
        mandate: None,
        valid_until: TimestampMs(START + 3_600_000),
        document_number: DocumentNumber(number.into()),
        writes_max: Transaction::writes_for(&operation),
        operation,
    };
    body.sign(&key).to_bytes()
}

/// Transactions of each block, in order: goods from maker to trader, and between them bills that a rule refuses, forged
/// ones, repeated ones, and bytes that are no transaction. What comes later in a block builds on what came before.
fn blocks(chain: &Genesis) -> Vec<Vec<Vec<u8>>> {
    let mut all = Vec::new();
    for round in 0..GOODS / 2 {
        let goods = [2 * round, 2 * round + 1];
        let mut making = Vec::new();
        for n in goods {
            making.push(signed(chain, MAKER, &format!("C{n}"), commission(n)));
            making.push(signed(chain, TRADER, &format!("X{n}"), commission(n)));
            making.push(signed(chain, MAKER, &format!("R{n}"), release(n)));
            making.push(signed(chain, MAKER, &format!("S{n}"), ship(n)));
        }
        let mut forged = signed(chain, MAKER, "F", open(0));
        let last = forged.len() - 1;
        forged[last] ^= 1;
        making.extend([forged, b"no transaction".to_vec(), making[0].clone()]);
        let mut trading = Vec::new();
        for n in goods {
            trading.push(signed(chain, MAKER, &format!("T{n}"), ship(n)));
            trading.push(signed(chain, TRADER, &format!("E{n}"), receive(n)));
            trading.push(signed(chain, TRADER, &format!("O{n}"), open(n)));
            trading.push(signed(chain, TRADER, &format!("O{n}"), open(n)));
        }
        all.extend([making, trading, Vec::new()]);
    }
    all
}

/// How the transactions of a block are cut into batches.
type Cut = fn(usize, usize) -> usize;
const CUTS: [Cut; 4] = [|_, all| all, |_, _| 1, |block, _| 2 + block % 2, |block, all| 1 + (7 * block + all / 2) % all];

fn batches(block: usize, transactions: &[Vec<u8>], cut: Cut) -> Vec<Batch> {
    let size = cut(block, transactions.len().max(1)).max(1);
    let author = key(MAKER, KeyPurpose::Node).public().id();
    let batch = |(i, part): (usize, &[Vec<u8>])| {
        let sequence = (100 * block + i) as u64;
        Batch { version: 1, author, sequence, transactions: part.to_vec() }
    };
    transactions.chunks(size).enumerate().map(batch).collect()
}

/// What a chain came to: roots of each block, its receipts, and every record at the end.
type Came = (Vec<(String, Vec<Receipt>)>, Vec<(StateKey, Vec<u8>)>);

fn execute(chain: &Genesis, blocks: &[Vec<Vec<u8>>], cut: Cut, keys: &dyn KnownKeys) -> Came {
    let state = StateStore::open(MemoryKv::new(), chain).unwrap();
    let mut came = Vec::new();
    for (number, transactions) in blocks.iter().enumerate() {
        let batches = batches(number, transactions, cut);
        let tip = state.tip();
        let height = tip.height.next();
        let ids = batches.iter().map(Batch::id).collect();
        let body = Body { batches: ids, previous_certificate: None, evidence: vec![] };
        let header = Header {
            version: 1,
            chain_id: chain.chain_id(),
            height,
            time: TimestampMs(START + 1_000 * height.0),
            proposer: key(MAKER, KeyPurpose::Validator).public().id(),
            parent: tip.block,
            body_root: body.root(),
            previous_results: tip.results,
            validators_hash: state.terms(height).unwrap().validators_hash(),
            next_validators_hash: state.terms(height.next()).unwrap().validators_hash(),
            rule_version: 1,
        };
        let executed = state.execute(&Block { header, body }, &batches, keys).unwrap();
        let roots = format!("{} {}", executed.results.state_root, executed.results.receipts_root);
        came.push((roots, executed.receipts));
    }
    let view = state.view();
    let end = StateKey { locality: [0xff; 3], key: vec![0xff; 200] };
    let records = view.scan(&StateKey { locality: [0; 3], key: vec![] }, &end, 100_000).unwrap();
    assert_eq!(view.height(), Height(blocks.len() as u64));
    (came, records)
}

/// The claim of each transaction that is one, as whoever decodes it asks about it.
fn claims(chain: &Genesis, transactions: &[Vec<u8>]) -> Vec<VerifyItem> {
    let limit = chain.limits.transaction_bytes_max as usize;
    let claim = |bytes: &Vec<u8>| {
        let (signed, body) = SignedTransaction::decode(bytes, limit).ok()?;
        let firm = (0..FIRMS.len()).find(|firm| org_id(*firm) == body.principal)?;
        let purpose = [KeyPurpose::Transact, KeyPurpose::Release].into_iter();
        let key = purpose.map(|p| key(firm, p).public()).find(|key| key.id() == body.key)?;
        Some(VerifyItem { key, message: signed.id().sign_message(), signature: signed.signature })
    };
    transactions.iter().filter_map(claim).collect()
}

#[test]
fn batches_and_threads_change_no_root_and_no_receipt() {
    let chain = genesis();
    let blocks = blocks(&chain);
    let expected = execute(&chain, &blocks, CUTS[0], &LibraryKeys);
    let receipts = || expected.0.iter().flat_map(|(_, receipts)| receipts);
    let count = |is: fn(&Outcome) -> bool| receipts().filter(|receipt| is(&receipt.outcome)).count() as u64;
    assert_eq!(count(|o| matches!(o, Outcome::Applied(_))), 5 * GOODS, "made, released, shipped, received, opened");
    assert_eq!(count(|o| matches!(o, Outcome::Repeated(_))), GOODS + GOODS / 2);
    assert!(count(|o| matches!(o, Outcome::Rejected(_))) > GOODS, "and much is refused");
    for cut in CUTS {
        assert_eq!(execute(&chain, &blocks, cut, &LibraryKeys), expected);
        for desks in [1, 2, 8] {
            let tables = TableKeys::new(16 << 20);
            let memory = NonZeroUsize::new(if desks == 2 { 3 } else { 10_000 }).unwrap();
            let verdicts = Verdicts::new(tables, NonZeroUsize::new(desks).unwrap(), memory);
            // Others ask about the same claims meanwhile, from the other end and one by one.
            let came = std::thread::scope(|scope| {
                for asker in 0..3 {
                    let (chain, blocks, verdicts) = (&chain, &blocks, &verdicts);
                    scope.spawn(move || {
                        for block in blocks.iter().rev().skip(asker) {
                            for claim in claims(chain, block) {
                                assert_eq!(verdicts.verify(&claim), LibraryKeys.verify(&claim));
                            }
                        }
                    });
                }
                execute(&chain, &blocks, cut, &verdicts)
            });
            assert_eq!(came, expected, "{desks} desks");
        }
    }
}
