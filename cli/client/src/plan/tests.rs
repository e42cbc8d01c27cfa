use super::*;
use crate::bill::Signer;
use crate::documents;
use bencao_chaincode::transaction::RefusalReason;
use bencao_crypto::{Digest, SigningKey};
use bencao_genesis::{ChainId, TimestampMs};

const SENDER: &str = "91650100MA0000002Y";
const RECEIVER: &str = "91650102MA0000003Y";

fn signer() -> Signer {
    Signer {
        chain: ChainId::default(),
        principal: OrgId::parse(SENDER).unwrap(),
        key: SigningKey::from_bytes(&[3; 32]).unwrap(),
        mandate: None,
    }
}

fn plan(rows: &str, codes_max: usize) -> Result<Vec<Planned>, ImportError> {
    let head = "bill_code,bill_type,bill_time,from_user_id,to_user_id,from_bill_code,to_address,rxno,trace_code\n";
    let documents = documents::parse("b.csv", format!("{head}{rows}").into_bytes()).unwrap();
    let signer = signer();
    let commitments = signer.commitment_key();
    let movements = Movements { file: "b.csv", principal: &signer.principal, codes_max, commitments: &commitments };
    movements.plan(&documents).map_err(|errors| errors.first().clone())
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
    let limits = bencao_genesis::Limits::default();
    let most = moved_codes_max(limits.codes_per_bill_max.into(), limits.writes_per_transaction_max.into());
    assert_eq!(most, 10_000, "a movement of the largest bill that the chain takes");
    assert_eq!(codes_max(100, 20_000), 100);
    assert_eq!(codes_max(3_500, 0), 3_500);
    assert_eq!(codes_max(3_500, 1), 1);
}

/// A file with at least one document of every kind that files carry.
const SAMPLE: &str = include_str!("../../testdata/movements.csv");
const SAMPLE_JSON: &str = include_str!("../../testdata/movements.json");

fn plan_file(name: &str, text: &str) -> Result<Vec<Planned>, crate::documents::ImportErrors> {
    let draft = documents::Draft::parse(name, text.as_bytes().to_vec())?;
    let signer = signer();
    let commitments = signer.commitment_key();
    let movements =
        Movements { file: name, principal: &signer.principal, codes_max: 10_000, commitments: &commitments };
    movements.plan_draft(&draft)
}

#[test]
fn the_sample_holds_every_bill_type_that_files_carry() {
    use bencao_chaincode::custody::BILL_TYPES;
    let bills = plan_file("movements.csv", SAMPLE).unwrap();
    let carried =
        ["ship", "receive", "move_stock", "dispense", "consumer_return", "instruct", "destroy", "report_loss"];
    let expected: std::collections::BTreeSet<u16> =
        BILL_TYPES.iter().filter(|b| carried.contains(&b.operation)).map(|b| b.code).collect();
    let found: std::collections::BTreeSet<u16> = bills.iter().filter_map(|b| b.operation.bill_type()).collect();
    assert_eq!(found, expected);
    let names: std::collections::BTreeSet<&str> = bills.iter().map(|b| b.operation.name()).collect();
    assert!(names.contains("refuse") && names.contains("dispense_part"), "{names:?}");
    // Each is what the ledger takes: its form is right.
    let (signer, limits, now) = (signer(), bencao_genesis::Limits::default(), TimestampMs(1_795_449_600_000));
    for planned in &bills {
        let bill = signer.sign(planned, now.plus_ms(3_600_000));
        let admitted = bencao_chaincode::admit(&bill.bytes, &limits, signer.chain, now);
        assert!(admitted.is_ok(), "{}: {admitted:?}", planned.document_no);
        for person in ["张发货", "李收货", "赵执行", "钱监督", "65010219900101123", "E12345678", "李护士"]
        {
            let found = bill.bytes.windows(person.len()).any(|w| w == person.as_bytes());
            assert!(!found, "{}: persons go as keyed digests only", planned.document_no);
        }
    }
    let Operation::Ship(first) = &bills[0].operation else { panic!("a shipment") };
    assert!(first.details.is_some(), "who handed over and who took over is committed to");
}

#[test]
fn destruction_names_two_persons_and_no_person_is_named() {
    let head = "bill_code,bill_type,cancel_reason_code,executer_name,executer_code,superviser_name,superviser_code,\
                remark,trace_code\n";
    let one = |row: &str| plan_file("b.csv", &format!("{head}{row},81000010000000000001\n"));
    let bills = one("X-1,205,过期失效,赵执行,65010219900101123x,钱监督,E12345678,").unwrap();
    let Operation::Destroy(destroy) = &bills[0].operation else { panic!("a destruction") };
    assert_eq!((destroy.bill_type, destroy.reason), (205, 3));
    // As `bencao digest` writes a person: the same papers are the same person, however they are typed.
    let commitments = signer().commitment_key();
    assert_eq!(destroy.executor, commitments.commit("person", &["65010219900101123X"]));
    assert_ne!(destroy.executor, destroy.supervisor);
    assert!(destroy.evidence.is_some());
    let refused = |row: &str| {
        let error = one(row).unwrap_err().first().clone();
        (error.field.unwrap(), error.problem)
    };
    let own = refused("X-2,205,3,赵执行,65010219900101123x,赵执行,65010219900101123X,");
    assert_eq!(own, ("superviser_code".into(), Problem::Repeated("executer_code".into())));
    assert_eq!(refused("X-3,216,3,赵执行,1,,2,"), ("superviser_name".into(), Problem::Missing));
    assert_eq!(refused("X-4,219,,赵执行,1,钱监督,2,"), ("cancel_reason_code".into(), Problem::Missing));
    assert_eq!(refused("X-5,214,,,,,,"), ("remark".into(), Problem::Missing));
    assert!(matches!(refused("X-6,206,,,,,,").1, Problem::Value { .. }), "samples are countersigned");
    let bills = one("X-7,220,,,,,,跌落破损").unwrap();
    assert!(matches!(&bills[0].operation, Operation::ReportLoss(loss) if loss.reason == "跌落破损"));
}

#[test]
fn json_carries_the_same_conditions() {
    let bills = plan_file("movements.json", SAMPLE_JSON).unwrap();
    let Operation::Receive(receive) = &bills[0].operation else { panic!("a receipt") };
    let evidence = receive.evidence.as_ref().unwrap();
    assert_eq!(evidence.temperature.map(|t| (t.lowest, t.highest)), Some((25, 79)));
    let import = evidence.import.as_ref().unwrap();
    assert_eq!((import.port.as_str(), import.inspection_report), ("上海口岸", Some(Digest([0xef; 32]))));
    let Operation::DispensePart(part) = &bills[1].operation else { panic!("a sale in parts") };
    assert_eq!(part.parts[0].quantity, 125_000);
    let prescription = part.prescription.as_ref().unwrap();
    assert!(prescription.reviewer.is_some() && part.customer.is_some());
    assert_eq!(prescription.quantity, Some(125_000));
    let wire = bencao_crypto::encode(&bills[1].operation);
    for secret in ["650102199001011234", "RX-2026-7", "王药师"] {
        let found = wire.windows(secret.len()).any(|w| w == secret.as_bytes());
        assert!(!found, "persons and prescriptions go as keyed digests only");
    }
    let Operation::Refuse(refuse) = &bills[2].operation else { panic!("a refusal") };
    assert_eq!((refuse.reason, refuse.note.as_str()), (RefusalReason::WrongGoods, "货单不符"));
}

/// Twenty mistakes in one file, no two alike: all are named in one run, with line, field and what would be right.
#[test]
fn twenty_mistakes_of_one_file_are_reported_in_one_run() {
    let errors = plan_file("twenty-mistakes.csv", include_str!("../../testdata/twenty-mistakes.csv")).unwrap_err();
    let expected: [(u64, &str, &str); 20] = [
        (1, "", "unknown field “仓位”"),
        (2, "bill_type", "the number or Chinese name of a bill type"),
        (3, "bill_time", "a date such as 2026-11-23"),
        (4, "to_user_id", "a unified social credit code"),
        (5, "to_user_id", "required and missing"),
        (6, "trace_code", "saved as a number"),
        (7, "trace_code", "is not a trace code"),
        (9, "trace_code", "“81000010000000000007” given twice"),
        (11, "bill_type", "the first row of this document says “201”, this one “202”"),
        (12, "return_reason_code", "required and missing"),
        (13, "return_reason_code", "a reason of return"),
        (14, "dest_user_id", "required and missing"),
        (15, "from_bill_code", "required and missing"),
        (16, "temperature_min", "degrees Celsius"),
        (17, "xt_check_code_desc", "required and missing"),
        (18, "sel_retn_cnt", "a quantity above 0"),
        (19, "bill_type", "bill type 326"),
        (20, "bill_code", "required and missing"),
        (21, "bill_code", "“M-01” given twice"),
        (22, "physic_type", "the type that the code says"),
    ];
    let shown: Vec<String> = errors.errors.iter().map(ToString::to_string).collect();
    assert_eq!(shown.len(), expected.len(), "{}", shown.join("\n"));
    for (error, (line, field, right)) in errors.errors.iter().zip(expected) {
        assert_eq!((error.line, error.field.as_deref().unwrap_or("")), (Some(line), field), "{error}");
        assert!(error.to_string().contains(right), "{error}");
        assert!(error.to_string().starts_with(&format!("twenty-mistakes.csv:{line}:")), "{error}");
        assert!(!error.message_zh().is_ascii(), "in both languages");
    }
    assert_eq!(errors.more, 0);
    assert_eq!(errors.message_zh().lines().count(), 20);
}

/// The same of JSON, where a mistake is named by the line on which it stands, not by that of its document.
#[test]
fn twenty_mistakes_of_a_json_file_are_reported_in_one_run() {
    let errors = plan_file("twenty-mistakes.json", include_str!("../../testdata/twenty-mistakes.json")).unwrap_err();
    let expected: [(u64, &str, &str); 20] = [
        (3, "仓位", "unknown field “仓位”"),
        (5, "bill_type", "the number or Chinese name of a bill type"),
        (7, "bill_time", "a date such as 2026-11-23"),
        (9, "to_user_id", "a unified social credit code"),
        (10, "to_user_id", "required and missing"),
        (13, "trace_codes", "saved as a number"),
        (14, "trace_code", "is not a trace code"),
        (15, "trace_code", "“8100001-0000000000006” given twice"),
        (16, "return_reason_code", "required and missing"),
        (17, "dest_user_id", "required and missing"),
        (18, "from_bill_code", "required and missing"),
        (19, "xt_check_code_desc", "required and missing"),
        (22, "sel_retn_cnt", "a quantity above 0"),
        (24, "bill_type", "bill type 326"),
        (25, "bill_code", "required and missing"),
        (27, "单据类型", "“单据类型” given twice"),
        (28, "cancel_reason_code", "a reason of destruction"),
        (30, "superviser_code", "“executer_code” given twice"),
        (32, "bill_code", "“J-01” given twice"),
        (34, "drug_list", "codeCounts in drug_list"),
    ];
    let shown: Vec<String> = errors.errors.iter().map(ToString::to_string).collect();
    assert_eq!(shown.len(), expected.len(), "{}", shown.join("\n"));
    for (error, (line, field, right)) in errors.errors.iter().zip(expected) {
        assert_eq!((error.line, error.field.as_deref().unwrap_or("")), (Some(line), field), "{error}");
        assert!(error.to_string().contains(right), "{error}");
        assert!(!error.message_zh().is_ascii(), "in both languages");
    }
    assert_eq!(errors.more, 0);
}

#[test]
fn the_report_of_a_file_of_mistakes_is_bounded() {
    use crate::documents::MISTAKES_SHOWN_MAX;
    let rows: String = (0..5_000).map(|n| format!("X-{n},999,2026-11-23,,,,,,1\n")).collect();
    let head = "bill_code,bill_type,bill_time,from_user_id,to_user_id,from_bill_code,to_address,rxno,trace_code\n";
    let errors = plan_file("many.csv", &format!("{head}{rows}")).unwrap_err();
    assert_eq!(errors.errors.len(), MISTAKES_SHOWN_MAX);
    assert_eq!(errors.errors.len() as u64 + errors.more, 10_000, "a bad bill type and a bad code a row");
    assert!(errors.to_string().ends_with("more mistakes"));
}

#[test]
fn a_busy_signer_makes_the_same_bills() {
    let bills = plan(&format!("S-1,201,2026-11-23,,{RECEIVER},,,,81000010000000000001\n"), 10).unwrap();
    let valid_until = bencao_genesis::TimestampMs(1_800_000_000_000);
    let (plain, busy) = (signer().sign(&bills[0], valid_until), crate::bill::BusySigner::new(signer()));
    assert_eq!(busy.sign(&bills[0], valid_until).bytes, plain.bytes);
}
