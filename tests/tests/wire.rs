//! Bytes that others wrote: the example of `docs/wire-format.md`, and transactions signed by a Python program that knows
//! nothing but that document.

use bencao_chaincode::transaction::{Dispense, DocumentNumber, Operation, Ship, Transaction};
use bencao_chaincode::{SignedTransaction, admit, codes};
use bencao_crypto::{Digest, KeyId, SigningKey, encode, keyfile};
use bencao_genesis::{ChainId, Limits, OrgId, TimestampMs};

const DOCUMENT: &str = include_str!("../../docs/wire-format.md");
/// Two lines that `tests/interop/sign_bill.py` printed: a shipment and a dispensing, signed with [`KEY`].
const SIGNED: &str = include_str!("../golden/wire/sign_bill.hex");
/// A key for this purpose only.
const KEY: &[u8] = include_bytes!("../golden/wire/sign_bill_key.pem");

fn transaction(key: KeyId, operation: Operation) -> Transaction {
    let writes_max = Transaction::writes_for(&operation);
    Transaction {
        version: 1,
        chain: ChainId(Digest([0xab; 32])),
        principal: member(),
        key,
        mandate: None,
        valid_until: TimestampMs(1_795_449_599_999),
        document_number: DocumentNumber("S-1".into()),
        writes_max,
        operation,
    }
}

fn member() -> OrgId {
    OrgId::parse("91350100M000100Y43").expect("its check character is right")
}

fn codes(texts: &[&str]) -> Vec<codes::UnitKey> {
    texts.iter().map(|text| codes::parse(text).expect("a good code").key).collect()
}

fn shipment() -> Operation {
    let codes = codes(&["83857930000879766660"]);
    Operation::Ship(Ship { bill_type: 201, receiver: member(), bill_time: None, details: None, terms: None, codes })
}

fn dispensing() -> Operation {
    let codes = codes(&["83857930000879766660", "81012350000000157474"]);
    Operation::Dispense(Dispense {
        bill_type: 323,
        bill_time: None,
        prescription: None,
        customer: None,
        vaccinator: None,
        platform: None,
        codes,
    })
}

fn key() -> SigningKey {
    keyfile::open(KEY, None).expect("a plain key file opens without a passphrase")
}

/// The bytes of the fenced block after `### Example`: hexadecimal, two or more spaces, a remark.
fn documented_example() -> Vec<u8> {
    let example = DOCUMENT.split("### Example").nth(1).expect("the document has an example");
    let block = example.split("```").nth(1).expect("in a fenced block");
    let digits: String = block.lines().filter_map(|line| line.split("  ").next()).collect();
    hex::decode(digits.replace(' ', "")).expect("hexadecimal before the remarks")
}

#[test]
fn the_documented_example_is_what_the_codec_writes() {
    let expected = transaction(KeyId::default(), shipment()).to_bytes();
    assert_eq!(hex::encode(documented_example()), hex::encode(expected));
}

#[test]
fn transactions_signed_in_python_are_canonical_and_verify() {
    let expected = [shipment(), dispensing()];
    assert_eq!(SIGNED.lines().count(), expected.len());
    for (line, operation) in SIGNED.lines().zip(expected) {
        let bytes = hex::decode(line).expect("hexadecimal");
        let (signed, body) = SignedTransaction::decode(&bytes, 1 << 20).expect("canonical");
        assert_eq!(body, transaction(key().public().id(), operation));
        assert_eq!(encode(&signed), bytes);
        assert!(key().public().verify(&signed.id().sign_message(), &signed.signature));
        let admitted =
            admit(&bytes, &Limits::default(), body.chain, TimestampMs(1_795_449_000_000)).expect("admissible");
        assert_eq!((admitted.id, admitted.key_id), (signed.id(), key().public().id()));
        assert!(!key().public().verify(b"another message", &signed.signature));
    }
}
