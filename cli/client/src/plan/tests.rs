use super::*;
use crate::bill::Signer;
use crate::documents;
use bencao_crypto::SigningKey;
use bencao_genesis::ChainId;

const SENDER: &str = "91650100MA0000002Y";
const RECEIVER: &str = "91650102MA0000003Y";

fn signer() -> Signer {
    Signer {
        chain: ChainId::default(),
        principal: OrgId::parse(SENDER).unwrap(),
        key: SigningKey::from_bytes(&[3; 32]).unwrap(),
    }
}

fn plan(rows: &str, codes_max: usize) -> Result<Vec<Planned>, ImportError> {
    let head = "bill_code,bill_type,bill_time,from_user_id,to_user_id,from_bill_code,to_address,rxno,trace_code\n";
    let documents = documents::parse("b.csv", format!("{head}{rows}").into_bytes()).unwrap();
    let signer = signer();
    let commitments = signer.commitment_key();
    Movements { file: "b.csv", principal: &signer.principal, codes_max, commitments: &commitments }.plan(&documents)
}

#[test]
fn bill_types_become_operations() {
    let bills = plan(
        &format!(
            "S-1,201,2026-11-23,,{RECEIVER},,,,81000010000000000001\nR-1,102,,{RECEIVER},,S-9,,,8100001-0000000000002\n\
             D-1,321,2026-11-23 09:30,,,,,RX1,81000010000000000003\n"
        ),
        10,
    )
    .unwrap();
    let Operation::Ship(ship) = &bills[0].operation else { panic!("a shipment") };
    assert_eq!((ship.bill_type, ship.receiver.as_str(), ship.details), (201, RECEIVER, None));
    assert_eq!(ship.bill_time.unwrap().to_string(), "2026-11-23T00:00:00.000+08:00");
    let Operation::Receive(receive) = &bills[1].operation else { panic!("a receipt") };
    assert_eq!((receive.shipment_no.0.as_str(), receive.sender.as_str(), receive.verified), ("S-9", RECEIVER, true));
    assert_eq!(receive.codes[0].to_string(), "81000010000000000002");
    let Operation::Dispense(dispense) = &bills[2].operation else { panic!("a sale") };
    assert!(dispense.prescription.is_some());
    assert_eq!(dispense.bill_time.unwrap().to_string(), "2026-11-23T09:30:00.000+08:00");
}

#[test]
fn long_documents_are_split_and_addresses_become_commitments() {
    let rows = |address: &str| -> String {
        (0..5).map(|i| format!("S-1,201,,,{RECEIVER},,{address},,8100001000000000000{i}\n")).collect()
    };
    let bills = plan(&rows("乌鲁木齐"), 2).unwrap();
    let numbers: Vec<_> = bills.iter().map(|b| (b.document_no.as_str(), b.operation.codes_count())).collect();
    assert_eq!(numbers, [("S-1_1", 2), ("S-1_2", 2), ("S-1_3", 1)]);
    let details = |bill: &Planned| match &bill.operation {
        Operation::Ship(ship) => ship.details,
        _ => None,
    };
    assert!(details(&bills[0]).is_some());
    assert_ne!(details(&bills[0]), details(&bills[1]), "equal addresses do not show as equal");
    assert_eq!(bills, plan(&rows("乌鲁木齐"), 2).unwrap(), "the same file gives the same bills");
    assert_ne!(details(&bills[0]), details(&plan(&rows("喀什"), 2).unwrap()[0]));
}

#[test]
fn what_is_missing_or_wrong_is_named() {
    let refused = |row: &str| {
        let error = plan(row, 10).unwrap_err();
        (error.line, error.field.unwrap(), error.problem)
    };
    let missing = |field: &str| (Some(2), field.to_string(), Problem::Missing);
    assert_eq!(refused("S,201,,,,,,,81000010000000000001\n"), missing("to_user_id"));
    assert_eq!(refused("S,102,,,,,,,81000010000000000001\n"), missing("from_user_id"));
    assert_eq!(refused(&format!("S,102,,{RECEIVER},,,,,81000010000000000001\n")), missing("from_bill_code"));
    assert!(matches!(refused("S,101,,,,,,,81000010000000000001\n").2, Problem::Value { .. }));
    assert!(matches!(refused("S 1,321,,,,,,,81000010000000000001\n").2, Problem::Value { .. }));
    let retail = refused("S,321,,,,,,,6924561884074\n");
    assert!(matches!(retail, (Some(2), _, Problem::NotACode { .. })), "{retail:?}");
}

#[test]
fn operations_as_json_are_told_from_movement_documents() {
    let text = r#"{"document_no": "X-1", "operation": {"type": "disaggregate", "codes": ["81000010000000000001"]}}"#;
    let planned = operations("o.json", text.as_bytes()).unwrap().unwrap();
    assert_eq!((planned[0].document_no.as_str(), planned[0].operation.name()), ("X-1", "disaggregate"));
    assert_eq!(operations("o.json", format!("[{text}]").as_bytes()).unwrap().unwrap(), planned);
    assert!(operations("o.json", br#"{"bill_code": "S"}"#).is_none());
    assert!(operations("o.json", b"{").is_none());
    let wrong = operations("o.json", text.replace("codes", "kodes").as_bytes()).unwrap().unwrap_err();
    assert!(matches!(wrong.problem, Problem::Malformed(_)));
}

#[test]
fn a_signed_bill_is_admitted_by_the_rules() {
    let signer = signer();
    let planned = &plan(&format!("S-1,201,,,{RECEIVER},,,,81000010000000000001\n"), 10).unwrap()[0];
    let now = TimestampMs(1_795_449_600_000);
    let bill = signer.sign(planned, now.plus_ms(3_600_000));
    let limits = bencao_genesis::Limits::default();
    let admitted = bencao_chaincode::admit(&bill.bytes, &limits, signer.chain, now).unwrap();
    assert_eq!((admitted.id, admitted.codes, admitted.principal), (bill.id, 1, signer.principal.clone()));
    assert!(signer.key.public().verify(&admitted.message, &admitted.signature));
}

#[test]
fn the_limits_of_the_chain_bound_a_bill() {
    assert_eq!(codes_max(3_500, 20_000), 3_332);
    assert_eq!(codes_max(100, 20_000), 100);
    assert_eq!(codes_max(3_500, 0), 3_500);
    assert_eq!(codes_max(3_500, 1), 1);
}

#[test]
fn a_busy_signer_makes_the_same_bills() {
    let bills = plan(&format!("S-1,201,2026-11-23,,{RECEIVER},,,,81000010000000000001\n"), 10).unwrap();
    let valid_until = bencao_genesis::TimestampMs(1_800_000_000_000);
    let (plain, busy) = (signer().sign(&bills[0], valid_until), crate::bill::BusySigner::new(signer()));
    assert_eq!(busy.sign(&bills[0], valid_until).bytes, plain.bytes);
}
