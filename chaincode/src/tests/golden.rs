//! Bytes that never change: everything hashed, signed or stored.

use super::world::*;
use crate::oversight::{AlarmKind, AlarmRecord, AttemptsRecord, QuotaRecord};
use crate::receipt::{Arg, Done, Earlier, Outcome, Position, Receipt, Refusal};
use crate::state::key;
use crate::transaction::*;
use crate::{Operation, UnitKey};
use bencao_crypto::{decode, encode, sm3};
use bencao_genesis::*;

fn unit() -> UnitKey {
    code("83857930000879766660")
}

fn body(operation: Operation) -> Transaction {
    Transaction {
        version: 1,
        chain: ChainId(sm3(b"chain")),
        principal: OrgId::parse("91350100M000100Y43").unwrap(),
        key: signing_key(M, KeyPurpose::Transact).public().id(),
        mandate: None,
        valid_until: TimestampMs(1_795_449_600_000),
        document_number: DocumentNumber("S-0001".into()),
        writes_max: 6,
        operation,
    }
}

fn ship_one() -> Operation {
    let receiver = OrgId::parse("91350100M000100Y43").unwrap();
    Operation::Ship(Ship { bill_type: 201, receiver, bill_time: None, details: None, terms: None, codes: vec![unit()] })
}

#[test]
fn a_transaction_in_full() {
    let body = body(ship_one());
    assert_eq!(hex::encode(body.to_bytes()), SHIP_BODY);
    assert_eq!(body.id().to_string(), SHIP_ID);
    let message = body.id().sign_message();
    assert_eq!(message.len(), 49);
    assert!(message.starts_with(b"bencao/tx-sign/1\0"));
    assert!(message.ends_with(&body.id().0.0));
    let signed = body.sign(&signing_key(M, KeyPurpose::Transact));
    let wire = signed.to_bytes();
    assert_eq!(wire.len(), 8 + body.to_bytes().len() + 64);
    assert_eq!(wire[..8], (body.to_bytes().len() as u64).to_le_bytes());
    let (read, again) = SignedTransaction::decode(&wire, 1 << 20).unwrap();
    assert_eq!((read, again), (signed, body));
}

#[test]
fn every_type_keeps_its_bytes() {
    let mut world = World::new();
    world.trusting = false;
    let (cases, boxes) = world.make_batch("B1", 10);
    world.send_as(M, "S1", ship(W, &cases));
    world.applied(W, receive(M, "S1", &cases));
    world.send_as(W, "S2", ship(P, &boxes[..1]));
    world.applied(P, receive(W, "S2", &boxes[..1]));
    world.applied(P, dispense(321, &boxes[..1]));
    world.applied(W, disaggregate(&boxes[1..2]));
    world.refused(P2, dispense(321, &boxes[..1]));
    let product = product("Y", DrugClass::Chemical, ["8100011", "8100013"], 10);
    world.applied(M, Operation::RegisterProduct(RegisterProduct { product }));
    // Receipts, events and records of a chain that uses every operation.
    let mut all = Vec::new();
    for output in &world.outputs {
        all.extend(encode(&output.receipts));
        all.extend(encode(&output.events));
    }
    let mut rows = vec![("receipts and events".to_owned(), all)];
    let records: Vec<u8> =
        world.state.iter().flat_map(|(k, v)| [k.to_bytes(), k.map_key().to_vec(), v.clone()].concat()).collect();
    rows.push(("records".to_owned(), records));
    rows.push(("box".to_owned(), world.state[&key::unit(&boxes[2])].clone()));
    rows.push(("sold box".to_owned(), world.state[&key::unit(&boxes[0])].clone()));
    rows.push(("case".to_owned(), world.state[&key::unit(&cases[0])].clone()));
    rows.push(("proof".to_owned(), crate::proof::collect(&world, &world, &boxes[0]).unwrap().1.to_bytes()));
    for (name, bytes) in
        [("commission", commission("B1", &cases, &boxes[..2]))].map(|(n, c)| (n, encode(&Operation::Commission(c))))
    {
        rows.push((name.to_owned(), bytes));
    }
    rows.push(("release".to_owned(), encode(&Operation::Release(release("B1", 10)))));
    rows.push(("receive".to_owned(), encode(&receive(M, "S1", &cases))));
    rows.push(("dispense".to_owned(), encode(&dispense(321, &boxes[..1]))));
    rows.push(("disaggregate".to_owned(), encode(&disaggregate(&boxes[..1]))));
    rows.extend(super::trade::every_operation().into_iter().map(|(name, operation)| (name, encode(&operation))));
    rows.extend(small_values());
    let actual: Vec<(String, usize, String)> =
        rows.into_iter().map(|(name, bytes)| (name, bytes.len(), sm3(&bytes).to_string()[..16].to_owned())).collect();
    let expected: Vec<(String, usize, String)> =
        GOLDEN.iter().map(|(name, length, hash)| ((*name).to_owned(), *length, (*hash).to_owned())).collect();
    assert_eq!(actual, expected);
}

fn small_values() -> Vec<(String, Vec<u8>)> {
    let position = Position { height: Height(7), index: 3 };
    let transaction = TransactionId(sm3(b"tx"));
    let args = vec![
        Arg::Code(unit()),
        Arg::Organisation(OrgId::parse("91350100M000100Y43").unwrap()),
        Arg::Text("B1".into()),
        Arg::Number(9),
        Arg::Date(date("2027-10-23")),
        Arg::Time(TimestampMs(1)),
        Arg::Digest(sm3(b"")),
    ];
    let receipt = |outcome| Receipt { version: 1, transaction, position, outcome, events: 2 };
    let applied = receipt(Outcome::Applied(Done { writes: 3, agent: None }));
    let rejected = receipt(Outcome::Rejected(Refusal { code: 3003, args }));
    let repeated = receipt(Outcome::Repeated(Earlier { transaction, position }));
    for r in [&applied, &rejected, &repeated] {
        assert_eq!(decode::<Receipt>(&encode(r), 1 << 16).unwrap(), *r);
    }
    let alarm = AlarmRecord {
        version: 1,
        kind: AlarmKind::UsedElsewhere,
        rule: 6001,
        operation: 0x0401,
        organisation: crate::state::OrgNo(5),
        agent: None,
        code: Some(unit()),
        position,
        time: TimestampMs(1),
    };
    let mandate = Mandate { agent: OrgId::parse("91350100M000100Y43").unwrap(), number: DocumentNumber("A".into()) };
    vec![
        ("receipt applied".into(), encode(&applied)),
        ("receipt rejected".into(), encode(&rejected)),
        ("receipt repeated".into(), encode(&repeated)),
        ("alarm".into(), encode(&alarm)),
        ("attempts".into(), encode(&AttemptsRecord { version: 1, count: 2, confirmed: 1, last: position })),
        ("quota".into(), encode(&QuotaRecord { version: 1, hour: 9, recorded: 1, suppressed: 0 })),
        ("mandate".into(), encode(&Some(mandate))),
    ]
}

#[test]
fn operations_read_and_write_as_json() {
    let text = serde_json::to_string(&ship_one()).unwrap();
    assert_eq!(
        text,
        r#"{"type":"ship","bill_type":201,"receiver":"91350100M000100Y43","codes":["83857930000879766660"]}"#
    );
    assert_eq!(serde_json::from_str::<Operation>(&text).unwrap(), ship_one());
    let spaced = text.replace("83857930000879766660", "8385793-0000879766660");
    assert_eq!(serde_json::from_str::<Operation>(&spaced).unwrap(), ship_one());
    assert!(serde_json::from_str::<Operation>(&text.replace("bill_type", "bil_type")).is_err());
    let error = serde_json::from_str::<Operation>(&text.replace("83857930000879766660", "6924561884074")).unwrap_err();
    assert!(error.to_string().contains("retail barcode"), "{error}");
}

#[test]
fn a_later_version_or_an_unknown_tag_does_not_decode_as_this_one() {
    let bytes = body(ship_one()).to_bytes();
    let tag_at = bytes.len() - encode(&ship_one()).len();
    let mut unknown = bytes.clone();
    unknown[tag_at] = 0xff;
    assert!(decode::<Transaction>(&unknown, 1 << 16).is_err());
    // Those of herbs have golden bytes of their own (tests/tcm).
    let tags: Vec<u16> = Operation::TAGS.iter().map(|(tag, _)| *tag).filter(|tag| tag >> 8 != 7).collect();
    let expected: Vec<u16> = (0x0101..=0x010b)
        .chain([0x0110, 0x0111])
        .chain(0x0201..=0x020c)
        .chain(0x0301..=0x030b)
        .chain(0x0401..=0x0404)
        .chain(0x0501..=0x050e)
        .chain(0x0601..=0x0606)
        .chain(0x0801..=0x0805)
        .collect();
    assert_eq!(tags, expected);
}

const SHIP_BODY: &str = "015c9a868de4af75c3d27cb7f615168c5e35686524f106aa2c8de6582e64fb2b80120000000000000039313335303130304d30303031303059343363a8f05f332946b28045374d491071675691742d0000b82209a20100000600000000000000532d30303031060000000103c900120000000000000039313335303130304d30303031303059343300000001000000000000000083857930000879766660";
const SHIP_ID: &str = "354a5ee1eb8dc738fa2fd0d86f1e42d24fe0816668de00e1d52ab06ec823397f";

/// Name, bytes, first 16 digits of SM3. A change here is a change of the chain's format.
const GOLDEN: [(&str, usize, &str); 31] = [
    ("receipts and events", 3569, "fe6e8ce8ec326b3b"),
    ("records", 11806, "ae0454f5d1bcf6c8"),
    ("box", 83, "809af3261bedc98a"),
    ("sold box", 96, "37ba70fdc0441deb"),
    ("case", 116, "51614bcdfb1a0bd6"),
    ("proof", 1349, "016ab74c658436bb"),
    ("commission", 131, "4b9cebe75b0cd791"),
    ("release", 37, "418ac2463b946e19"),
    ("receive", 100, "6f9c140c97685b83"),
    ("dispense", 169, "788d80318d3df17b"),
    ("disaggregate", 21, "26bfd43adc6d8506"),
    ("ship in full", 173, "dd39acc41b7036ee"),
    ("receive in full", 242, "b40f855bcb108d3f"),
    ("refuse", 67, "3d4271916ad6d478"),
    ("take back", 32, "9991adee4af54031"),
    ("accept loss", 58, "9bfe8689d3bd46bf"),
    ("cancel shipment", 31, "69a705bef9b70934"),
    ("move stock", 44, "3e7063d6de78b8f8"),
    ("export", 82, "e75e7060432ce1a1"),
    ("reject import", 141, "8e313af51f281b5b"),
    ("instruct", 80, "08238eaec57cd662"),
    ("dispense part", 177, "53e65918b5a7997f"),
    ("reverse sale", 41, "857469ded1de2429"),
    ("consumer return", 45, "0ce753c072fd17b0"),
    ("receipt applied", 55, "52ad5bbb245bfbb5"),
    ("receipt rejected", 166, "a85ce76fcbc8c363"),
    ("receipt repeated", 94, "d9ce65af3ddc45de"),
    ("alarm", 43, "c476bb6d2c626156"),
    ("attempts", 17, "5f0fa203ea59e707"),
    ("quota", 15, "67f4943923972a19"),
    ("mandate", 36, "ca6af648d2c91297"),
];
