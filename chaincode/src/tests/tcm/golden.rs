//! Bytes of herbs that never change: operations, records, events; JSON of operations; codes.

use super::*;
use crate::codes::{CodeError, Reason, TcmCode, parse};
use bencao_crypto::{decode, encode};

/// One of each operation.
fn operations() -> Vec<Operation> {
    let herb = || lot(G, "C1");
    let (reason, document) = (LotHoldReason::RegulatorFreeze, digest("decision"));
    let (weighing, buyer) = (Weighing::Manual, digest("buyer"));
    let reason_text = || "重量不符".to_owned();
    let number_of = || DocumentNumber("G-1".into());
    let packs = vec![packed("X1", PackKind::Box, KG, None), packed("K1", PackKind::Bag, KG, Some("X1"))];
    let part = LotPart { lot_no: number("C1-1"), weight_mg: KG, packs: vec![tcm_code("X1")] };
    let auxiliaries = vec![Auxiliary { name: "黄酒".into(), weight_mg: KG }];
    vec![
        RegisterHerbs { herbs: vec![self::herb(safflower(), "红花")] }.op(),
        piece("HH", safflower()).op(),
        scope(D, &[Craft::Cleaning, Craft::Levigating]).op(),
        garden().op(),
        AmendGarden {
            garden_no: number("YY-1"),
            households_added: vec![household(2)],
            households_removed: vec![household(0)],
            contract_to: date("2029-12-31"),
            contract: digest("supplement"),
        }
        .op(),
        RecordBenefit {
            garden: garden_id(),
            kind: BenefitKind::TaxRelief,
            household: Some(household(0)),
            granted_on: date("2026-11-01"),
            details: digest("amount"),
        }
        .op(),
        seed("S1", KG).op(),
        plant("P1", vec![uses(lot(G, "S1"), KG)]).op(),
        field_work(lot(G, "P1"), FieldWorkKind::Pesticide, "苦参碱", 14).op(),
        harvest("H1", lot(G, "P1"), KG).op(),
        dry("C1", vec![uses(lot(G, "H1"), 4 * KG)], KG, 3 * KG).op(),
        RequestTest { lot: herb(), laboratory: org_id(L) }.op(),
        test(herb(), true).op(),
        certify(herb()).op(),
        blend("B1", vec![uses(herb(), KG), uses(lot(T, "U1"), KG)]).op(),
        SplitLot { lot: herb(), parts: vec![part.clone()] }.op(),
        ProcessPieces { auxiliaries, ..make_pieces("HH1", vec![uses(herb(), KG)], KG, KG) }.op(),
        PackLot {
            packs,
            ..pack(herb(), Label { gap_audit: Some(digest("supplier audit")), ..piece_label("新疆裕民") })
        }
        .op(),
        ShipLots { market: Some(org_id(MK)), lines: vec![LotLine { lot: herb(), part: Some(part) }], ..sell(T, &[]) }
            .op(),
        take_in(G, "G-1", &[(herb(), KG)]).op(),
        RefuseLots { sender: org_id(G), shipment_no: number_of(), reason: reason_text(), lots: vec![herb()] }.op(),
        buy_untraced("U1", KG).op(),
        SellUntraced { lot: herb(), weight_mg: KG, weighing, buyer }.op(),
        dispense_lots(vec![uses(lot(D, "HH1"), 70_000)]).op(),
        WriteOffLot { lot: herb(), weight_mg: 1, reason: LossReason::Insects }.op(),
        SampleLot { lot: herb(), weight_mg: 1, document }.op(),
        DestroyLot {
            lot: herb(),
            reason: LossReason::Mould,
            executor: digest("executor"),
            supervisor: digest("supervisor"),
            destroyed_on: date("2026-11-23"),
            document,
        }
        .op(),
        super::rules::export(herb()).op(),
        HoldLot { lot: herb(), reason, document, packs: vec![] }.op(),
        LiftLotHold { lot: herb(), reason, document, packs: vec![] }.op(),
        UseLots { product_id: ProductId("ZY".into()), batch_no: "Z1".into(), inputs: vec![uses(herb(), KG)] }.op(),
    ]
}

fn digest_of(bytes: &[u8]) -> (usize, String) {
    (bytes.len(), sm3(bytes).to_string()[..16].to_owned())
}

/// A chain that makes a record of every kind and most events.
fn chain() -> World {
    let mut world = World::with_herbs();
    let pieces = world.at_hospital();
    world.done(H, dispense_lots(vec![uses(pieces.clone(), KG)]));
    world.done(H, WriteOffLot { lot: pieces.clone(), weight_mg: KG, reason: LossReason::Damage });
    world.done(R, SampleLot { lot: pieces.clone(), weight_mg: KG, document: digest("sampling") });
    world.done(
        R,
        HoldLot { lot: pieces, reason: LotHoldReason::RegulatorFreeze, document: digest("decision"), packs: vec![] },
    );
    world.done(G, field_work(lot(G, "P1"), FieldWorkKind::Other, "除草", 0));
    world.done(T, buy_untraced("U1", 4 * KG));
    let packs = vec![packed("X1", PackKind::Box, KG, None)];
    world.done(T, PackLot { packs, ..pack(lot(T, "U1"), label_by(T, "新疆额敏")) });
    world.done(T, test(lot(T, "U1"), true));
    world.filed_for_export(T);
    world.done(T, super::rules::export(lot(T, "U1")));
    let (weighing, buyer) = (Weighing::Manual, digest("buyer"));
    world.done(T, SellUntraced { lot: lot(T, "U1"), weight_mg: KG, weighing, buyer });
    world
}

#[test]
fn every_type_of_herbs_keeps_its_bytes() {
    let all = operations();
    let tags: Vec<u16> = all.iter().map(Operation::tag).collect();
    let known: Vec<u16> = Operation::TAGS.iter().map(|(tag, _)| *tag).filter(|tag| tag >> 8 == 7).collect();
    assert_eq!(tags, known, "one of each");
    let mut bytes = Vec::new();
    for operation in &all {
        let wire = encode(operation);
        assert_eq!(decode::<Operation>(&wire, 1 << 16).unwrap(), *operation);
        let text = serde_json::to_string(operation).unwrap();
        assert_eq!(serde_json::from_str::<Operation>(&text).unwrap(), *operation, "{text}");
        bytes.extend(wire);
    }
    let world = chain();
    let mut events = Vec::new();
    for output in &world.outputs {
        events.extend(encode(&output.receipts));
        events.extend(encode(&output.events));
    }
    let of_module = world.state.iter().filter(|(k, _)| k.key[0] == 7);
    let records: Vec<u8> =
        of_module.flat_map(|(k, v)| [k.to_bytes(), k.map_key().to_vec(), v.clone()].concat()).collect();
    let law = encode(&crate::law::TcmLaw::default());
    let place = Place {
        region: RegionCode::parse("654225").unwrap(),
        place: "新疆裕民".into(),
        harvested: Some(HarvestPeriod { first: date("2026-08-20"), last: date("2026-08-28") }),
        harvest_unknown: true,
    };
    let fed = encode(&BatchLotsRecord {
        version: 1,
        inputs: vec![],
        garden_mg: KG,
        total_mg: 2 * KG,
        incomplete: true,
        places: vec![place],
        standards: vec!["《中国药典》2025年版一部".into()],
        best_before: Some(date("2028-11-20")),
        herb: Some(safflower()),
    });
    let actual = [&bytes, &events, &records, &law, &fed].map(|b| digest_of(b));
    let expected = GOLDEN.map(|(length, hash)| (length, hash.to_owned()));
    assert_eq!(actual, expected);
}

/// Operations; receipts and events; records; parameters of the law; what a batch is made of. A change here is a change of the chain's format.
const GOLDEN: [(usize, &str); 5] = [
    (3507, "212edb2d9c969cca"),
    (7128, "24c76335539003e2"),
    (3792, "ba8c97297974efc7"),
    (1196, "867aeba94ef39e2a"),
    (132, "e136ef7c8e926094"),
];

#[test]
fn operations_on_lots_read_as_they_are_documented() {
    let text = r#"{"type":"test_lot","lot":"C1@91650100MA00000075","method":"药典","grade":"一等","report_kind":"inspection",
        "report":"1ab21d8355cfa17f8e61194831e81a8f22bec8c728fefb747ed035eb5082aa2b","passed":true,"tested_on":"2026-11-23"}"#;
    let text = text.replace("91650100MA00000075", org_id(G).as_str());
    assert_eq!(serde_json::from_str::<Operation>(&text).unwrap().name(), "test_lot");
    for bad in ["C1", "C1@", "@91650100MA00000075", "C 1@91650100MA00000075", "C1@91650100MA00000076"] {
        let wrong = text.replace(&format!("C1@{}", org_id(G)), bad);
        assert!(serde_json::from_str::<Operation>(&wrong).is_err(), "{bad}");
    }
    assert!(serde_json::from_str::<HerbCode>("\"0616041100000000\"").is_err(), "16 digits");
    assert_eq!(serde_json::to_string(&safflower()).unwrap(), "\"06160411000000008\"");
}

#[test]
fn tcm_codes_have_one_form() {
    let key = parse("TCM:A1b2").unwrap().key;
    assert_eq!((key.canonical().as_str(), key.to_string().as_str(), key.prefix()), ("TCM:A1b2", "TCM:A1b2", None));
    assert_eq!(decode::<UnitKey>(&encode(&key), 64).unwrap(), key);
    assert_eq!(parse("ＴＣＭ：A1b2").unwrap().key, key, "full-width forms become ASCII");
    let longest = "7".repeat(32);
    assert!(parse(&format!("TCM:{longest}")).is_ok() && TcmCode::new(&longest).is_some());
    for bad in ["TCM:", "TCM:a-b", "TCM:a b", "TCM:药", "tcm:A1", &format!("TCM:{longest}7")] {
        assert!(matches!(parse(bad), Err(CodeError::NotATraceCode { reason: Reason::Character { .. } })), "{bad}");
    }
    // The wire form of a name that is not one does not decode.
    let mut wire = encode(&key);
    *wire.last_mut().unwrap() = b'-';
    assert!(decode::<UnitKey>(&wire, 64).is_err());
    wire[1] = 33;
    assert!(decode::<UnitKey>(&wire, 64).is_err());
}

#[test]
fn the_sample_documents_are_operations() {
    #[derive(serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Sample {
        document_no: String,
        operation: Operation,
    }
    let files = [
        include_str!("../../../../docs/samples/herbs-regulator.json"),
        include_str!("../../../../docs/samples/herbs-sponsor.json"),
        include_str!("../../../../docs/samples/herbs-grower.json"),
        include_str!("../../../../docs/samples/herbs-laboratory.json"),
        include_str!("../../../../docs/samples/herbs-trader.json"),
        include_str!("../../../../docs/samples/herbs-producer.json"),
        include_str!("../../../../docs/samples/herbs-hospital.json"),
    ];
    for sample in files.iter().flat_map(|text| serde_json::from_str::<Vec<Sample>>(text).unwrap()) {
        let checked = sample.operation.body().check_form();
        assert_eq!(checked, Ok(()), "{}", sample.document_no);
    }
}

#[test]
fn what_a_batch_was_made_of_keeps_its_bytes() {
    let place = Place {
        region: RegionCode::parse("654225").unwrap(),
        place: "新疆裕民".into(),
        harvested: Some(HarvestPeriod { first: date("2026-08-20"), last: date("2026-08-28") }),
        harvest_unknown: true,
    };
    let fed = encode(&BatchLotsRecord {
        version: 1,
        inputs: vec![],
        garden_mg: KG,
        total_mg: 2 * KG,
        incomplete: true,
        places: vec![place],
        standards: vec!["《中国药典》2025年版一部".into()],
        best_before: Some(date("2028-11-20")),
        herb: Some(safflower()),
    });
    assert_eq!(digest_of(&fed), (132, "e136ef7c8e926094".to_owned()));
    assert_eq!(encode(&decode::<BatchLotsRecord>(&fed, 1 << 16).unwrap()), fed);
}
