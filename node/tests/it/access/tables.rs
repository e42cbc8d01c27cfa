//! The tables of docs/access.md: every path for every kind of asker, every right for every purpose of key.

use super::*;

#[test]
fn every_path_answers_every_kind_of_asker_as_written() {
    let stage = Stage::new();
    let (producer, hospital) = (stage.producer(), stage.world.hospital.principal.to_string());
    let consent = Extra { purpose: None, mandate: Some(escape(&format!("{producer} M-1"))) };
    let because = Extra::purpose("日常检查");
    // public, who it concerns, another member, the receiver, a bank, the same with consent, regulators: in its region, of
    // another region, of another department; who runs the node.
    let askers = [
        Who::Nobody,
        Who::signs(stage.query_key(), Extra::default()),
        Who::signs(stage.trader.clone(), Extra::default()),
        Who::signs(stage.world.hospital.key.clone(), Extra::default()),
        Who::signs(stage.bank.clone(), Extra::default()),
        Who::signs(stage.bank.clone(), consent),
        Who::signs(stage.regulator.clone(), because.clone()),
        Who::signs(stage.distant.clone(), because.clone()),
        Who::signs(stage.health.clone(), because),
        stage.admin(),
    ];
    let (ok, none) = ("200", "401 credentials_required");
    let (role, not, consent) = ("403 forbidden", "403 not_concerned", "403 consent_required");
    let (out, missing) = ("403 outside_jurisdiction", "404 unknown_record");
    let c1 = code(1);
    let transaction = &stage.shipment;
    let everybody = [ok; 10];
    let operator = [none, role, role, role, role, role, role, role, role, ok];
    // Code 1 was made by the producer and is on its way to the hospital, for which the health authority answers, too.
    let trace = [none, ok, not, ok, consent, ok, ok, out, ok, role];
    // Code 2 has never left the producer.
    let own = [none, ok, not, not, consent, ok, ok, out, out, role];
    let absent_herbs = [none, missing, not, not, consent, missing, missing, out, out, role];
    let absent = [none, missing, missing, missing, missing, missing, missing, missing, missing, role];
    let members = [none, ok, ok, ok, ok, ok, ok, ok, ok, role];
    let table: Vec<(String, [&str; 10])> = vec![
        ("/".into(), everybody),
        ("/healthz".into(), everybody),
        ("/readyz".into(), everybody),
        ("/openapi.json".into(), everybody),
        ("/v1/status".into(), everybody),
        (format!("/v1/codes/{c1}/consumer"), everybody),
        (format!("/v1/codes/{}/consumer", code(999)), everybody),
        ("/v1/law/650100".into(), everybody),
        ("/v1/rule-sets".into(), everybody),
        ("/v1/standards/none".into(), [missing; 10]),
        (format!("/v1/codes/{c1}"), trace),
        (format!("/v1/codes/{}", code(2)), own),
        (format!("/v1/codes/{c1}/proof?wait=60s"), trace),
        (format!("/v1/codes/{}/proof?wait=60s", code(999)), members),
        (format!("/v1/lots/L-1@{producer}"), absent),
        (format!("/v1/lots/L-1@{producer}/backward"), absent),
        (format!("/v1/lots/L-1@{producer}/forward"), absent),
        (format!("/v1/gardens/G-1@{producer}"), absent),
        (format!("/v1/households/{}/lots", "00".repeat(32)), members),
        ("/v1/products/X/batches/B1/herbs".into(), absent_herbs),
        (format!("/v1/transactions/{transaction}"), trace),
        (format!("/v1/organisations/{producer}/bills/S-1"), trace),
        (format!("/v1/organisations/{producer}/bills/C-1"), own),
        (
            format!("/v1/organisations/{producer}/bills/none"),
            own.map(|cell| if cell == ok { "404 unknown_bill" } else { cell }),
        ),
        (format!("/v1/organisations/{producer}"), [none, ok, ok, ok, consent, ok, ok, out, out, role]),
        (format!("/v1/organisations/{hospital}"), [none, ok, ok, ok, consent, consent, ok, out, ok, role]),
        (format!("/v1/organisations/{producer}/mandates/M-1"), [none, ok, not, not, ok, ok, ok, out, out, role]),
        // Of the authorities only drug regulators, and no bank, whatever it may read.
        (
            format!("/v1/organisations/{producer}/annual-report/2026"),
            [none, ok, not, not, consent, consent, ok, out, out, role],
        ),
        (
            format!("/v1/organisations/{hospital}/annual-report/2026"),
            [none, not, not, ok, consent, consent, ok, out, out, role],
        ),
        (
            format!("/v1/organisations/{producer}/dossiers/none"),
            [none, missing, not, not, consent, consent, missing, out, out, role],
        ),
        (stage.alarm.clone(), [none, not, not, ok, not, not, ok, out, ok, role]),
        ("/v1/validators".into(), everybody),
        ("/v1/governance/parameters".into(), everybody),
        ("/v1/governance/proposals".into(), members.map(|cell| if cell == role { ok } else { cell })),
        ("/v1/governance/proposals/1".into(), absent.map(|cell| if cell == role { missing } else { cell })),
        (format!("/v1/organisations/{producer}/keys"), members.map(|cell| if cell == role { ok } else { cell })),
        (
            format!("/v1/organisations/{producer}/key-orders/none"),
            absent.map(|cell| if cell == role { missing } else { cell }),
        ),
        ("/v1/recalls".into(), members),
        ("/v1/recalls/1".into(), members.map(|cell| if cell == ok { "404 unknown_recall" } else { cell })),
        ("/v1/blocks/latest".into(), members),
        ("/v1/events?cursor=0-0-0".into(), members),
        ("/v1/access-log/head".into(), [none, role, role, role, role, role, ok, ok, ok, ok]),
        ("/v1/peers".into(), operator),
        ("/metrics".into(), operator),
        ("/nothing".into(), ["404 not_found"; 10]),
    ];
    for (target, expected) in &table {
        for (n, (asker, cell)) in askers.iter().zip(expected).enumerate() {
            let answer = asker.get(stage.at, target);
            assert_eq!(answer.verdict(), *cell, "{target} for asker {n}: {answer:?}");
        }
    }
    // The two that take bodies: whoever may, is told what is wrong with them. The producer asks with a key for questions.
    for target in ["/v1/transactions", "/v1/transactions/prepare"] {
        for (n, asker) in askers.iter().enumerate() {
            let expected = match n {
                0 => none,
                1 => "403 key_not_accepted",
                9 => role,
                _ => "400 bad_request",
            };
            assert_eq!(
                asker.post(stage.at, target, "application/json", b"{").verdict(),
                expected,
                "{target}, asker {n}"
            );
        }
    }
    stage.node.stop();
}

#[test]
fn every_purpose_of_key_signs_for_the_rights_of_the_table() {
    let stage = Stage::new();
    let producer = stage.producer();
    let paths = |right| match right {
        Right::Health => "/healthz".to_owned(),
        Right::Status => "/v1/status".to_owned(),
        Right::Consumer => format!("/v1/codes/{}/consumer", code(1)),
        Right::Law => "/v1/rule-sets".to_owned(),
        Right::Trace => format!("/v1/codes/{}", code(1)),
        Right::Lots => "/v1/products/X/batches/B1/herbs".to_owned(),
        Right::Bills => format!("/v1/organisations/{producer}/bills/S-1"),
        Right::Submit => "/v1/transactions".to_owned(),
        Right::Registry => format!("/v1/organisations/{producer}"),
        Right::Alarms => "/v1/alarms/1/0".to_owned(),
        Right::Recalls => "/v1/recalls".to_owned(),
        Right::Chain => "/v1/blocks/latest".to_owned(),
        Right::Governance => format!("/v1/organisations/{producer}/keys"),
        Right::Journal => "/v1/access-log/head".to_owned(),
        Right::Operate => "/v1/peers".to_owned(),
        Right::Metrics => "/metrics".to_owned(),
    };
    for (purpose, key) in &stage.world.of_producer {
        let who = Who::signs(key.clone(), Extra::default());
        for right in Right::ALL {
            let answer = match right {
                Right::Submit => who.post(stage.at, &paths(right), "application/json", b"{"),
                _ => who.get(stage.at, &paths(right)),
            };
            let refused = answer.verdict() == "403 key_not_accepted";
            assert_eq!(!refused, policy::may_sign(*purpose, right), "{purpose:?} for {right:?}: {answer:?}");
            // The organisation runs this node: its admin key does what its operator may.
            let of_operator = matches!(right, Right::Journal | Right::Operate | Right::Metrics);
            if of_operator && !refused {
                let expected = if *purpose == KeyPurpose::Admin { "200" } else { "403 forbidden" };
                assert_eq!(answer.verdict(), expected, "{purpose:?} for {right:?}");
            }
        }
    }
    stage.node.stop();
}

#[test]
fn an_answer_shows_what_concerns_the_asker_and_no_more() {
    let stage = Stage::new();
    let at = stage.at;
    let producer = stage.producer();
    let own = Who::signs(stage.query_key(), Extra::default());
    let trader = Who::signs(stage.trader.clone(), Extra::default());
    let hospital = Who::signs(stage.world.hospital.key.clone(), Extra::default());
    let regulator = Who::signs(stage.regulator.clone(), Extra::purpose("x"));

    let consumer = Who::Nobody.get(at, &format!("/v1/codes/{}/consumer", code(1))).json();
    assert_eq!((consumer["status"].as_str(), consumer["sale_count"].as_u64()), (Some("normal"), Some(0)));
    for hidden in ["history", "custodian", "in_transit", "parents"] {
        assert!(consumer.get(hidden).is_none(), "{consumer}");
    }

    let path = format!("/v1/organisations/{producer}");
    let (whole, partly) = (own.get(at, &path).json(), trader.get(at, &path).json());
    assert_eq!(whole["licences"], partly["licences"]);
    for field in ["credit_positive", "credit_negative", "inspections", "penalties", "events"] {
        assert!(whole[field].is_u64() && partly[field].is_null(), "{field}: {whole} {partly}");
    }

    let batch = own.get(at, &format!("/v1/codes/{}", code(1))).json()["batch"]["made_on"].clone();
    let path = format!("/v1/organisations/{producer}/annual-report/{}", &batch.as_str().unwrap()[..4]);
    for who in [&own, &regulator] {
        let report = who.get(at, &path).json();
        let product = &report["products"][0];
        assert_eq!((&product["product"]["id"], &product["batches"][0]["batch_no"]), (&"X".into(), &"B1".into()));
        assert_eq!((&report["totals"]["batches"], &report["whole"]), (&1.into(), &true.into()), "{report}");
        assert!(product["batches"][0]["quantities"]["shipped"].as_u64() > Some(0), "{report}");
    }
    let before = own.get(at, &format!("/v1/organisations/{producer}/annual-report/1999")).json();
    assert_eq!((&before["totals"]["batches"], &before["products"][0]["batches"]), (&0.into(), &Value::Array(vec![])));
    for (wrong, field) in [("26", "year"), ("2026?from=1", "from"), ("2026?from=1.1&recalls_before=3", "from")] {
        let answer = own.get(at, &format!("/v1/organisations/{producer}/annual-report/{wrong}"));
        assert_eq!((answer.verdict().as_str(), &answer.json()["field"]), ("400 bad_request", &field.into()), "{wrong}");
    }

    let height = own.get(at, &format!("/v1/organisations/{producer}/bills/S-1")).json()["height"].clone();
    let block = |who: &Who| who.get(at, &format!("/v1/blocks/{height}")).json();
    let count = |block: &Value| (block["transactions"].as_array().unwrap().len(), block["withheld"].as_u64().unwrap());
    assert_eq!(count(&block(&own)), (1, 0));
    assert_eq!(count(&block(&trader)), (0, 1));
    assert_eq!(count(&block(&regulator)), (1, 0));
    assert_eq!(block(&trader)["state_root"], block(&own)["state_root"]);

    // The hospital sees what was shipped to it and its own attempt; the trader sees nothing at all.
    let kinds = |who: &Who, last: &str| events(stage.at, who, last);
    assert_eq!(kinds(&hospital, "alarm"), ["shipped", "alarm"]);
    let of_producer = kinds(&own, "mandate_given");
    assert!(
        of_producer.contains(&"shipped".to_owned()) && !of_producer.contains(&"alarm".to_owned()),
        "{of_producer:?}"
    );
    assert!(kinds(&regulator, "alarm").contains(&"released".to_owned()));
    stage.node.stop();
}

/// Kinds of the events of a stream from genesis, up to and including the first of kind `last`.
fn events(at: SocketAddr, who: &Who, last: &str) -> Vec<String> {
    let target = "/v1/events?cursor=0-0-0";
    let headers = match who {
        Who::Key(key, with) => signature(at, key, "GET", target, with, None),
        _ => panic!("streams are asked for with keys here"),
    };
    let mut text = format!("GET {target} HTTP/1.1\r\nhost: {at}\r\n");
    headers.iter().for_each(|(name, value)| text += &format!("{name}: {value}\r\n"));
    let mut stream = TcpStream::connect(at).unwrap();
    stream.write_all((text + "\r\n").as_bytes()).unwrap();
    let mut kinds = Vec::new();
    for line in std::io::BufRead::lines(std::io::BufReader::new(stream)) {
        if let Some(kind) = line.unwrap().strip_prefix("event: ") {
            kinds.push(kind.to_owned());
            if kind == last {
                break;
            }
        }
    }
    kinds
}

#[test]
fn a_consent_counts_for_its_reader_owner_and_time() {
    let stage = Stage::new();
    let producer = stage.producer();
    let read = |key: &SigningKey, mandate: &str| {
        let with = Extra { purpose: None, mandate: Some(escape(mandate)) };
        Who::signs(key.clone(), with).get(stage.at, &format!("/v1/codes/{}", code(2))).verdict()
    };
    let named = format!("{producer} M-1");
    assert_eq!(read(&stage.bank, &named), "200");
    assert_eq!(read(&stage.bank, &format!("{producer} M-2")), "403 consent_required");
    assert_eq!(read(&stage.bank, &format!("{} M-1", stage.world.hospital.principal)), "403 consent_required");
    assert_eq!(read(&stage.trader, &named), "403 not_concerned", "it was given to another");
    assert_eq!(read(&stage.bank, "nonsense"), "400 bad_request");
    let number = bencao_chaincode::transaction::DocumentNumber("M-1".into());
    let revoke = bencao_chaincode::transaction::RevokeMandate { number, participant: None };
    stage.apply(&stage.world.producer, "M-1-end", Operation::RevokeMandate(revoke));
    assert_eq!(read(&stage.bank, &named), "403 consent_required");
    stage.node.stop();
}

/// A consent is about the lots of who gave it: whom they went to, and what became of them there, is theirs to show.
#[test]
fn a_consent_to_lots_does_not_reach_those_of_others() {
    let stage = Stage::new();
    let (producer, hospital) = (stage.producer(), stage.world.hospital.principal.to_string());
    let digest = bencao_crypto::sm3(b"document").to_string();
    let today = now().china_date().to_string();
    let herb = "06160411000000008";
    let operation = |value: serde_json::Value| serde_json::from_value::<Operation>(value).unwrap();
    let chain = stage.world.producer.chain;
    let principal = organisation_id("11650000MB0000001");
    let signer = Signer { chain, principal, key: stage.regulator.clone(), mandate: None };
    let name = serde_json::json!({"type": "register_herbs",
        "herbs": [{"code": herb, "name": "红花", "species": "红花", "part": "花"}]});
    let named = stage.send_for(&signer, "H-1", operation(name), Extra::purpose("品种登记"));
    assert_eq!(named["status"], "applied", "{named}");
    let bought = serde_json::json!({"type": "buy_untraced", "lot_no": "U1", "kind": "initial", "herb": herb, "weight_mg": 2_000_000,
        "weighing": "manual", "region": "654221", "place": "新疆额敏", "bought_on": today, "seller": digest, "evidence": digest});
    stage.apply(&stage.world.producer, "L-1", operation(bought));
    let lot = format!("U1@{producer}");
    let tested = serde_json::json!({"type": "test_lot", "lot": lot, "method": "药典", "grade": "合格", "report_kind": "inspection",
        "report": digest, "passed": true, "tested_on": today});
    stage.apply(&stage.world.producer, "L-2", operation(tested));
    let members = &stage.world.genesis.organisations;
    let supplier = &members.iter().find(|o| o.id == stage.world.producer.principal).unwrap().name;
    let packed = serde_json::json!({"type": "pack_lot", "lot": lot, "label": {"name": "红花", "origin": "新疆额敏", "date": today,
        "supplier": supplier, "quality_mark": true}});
    stage.apply(&stage.world.producer, "L-3", operation(packed));
    let sold = serde_json::json!({"type": "ship_lots", "movement": "sale", "receiver": hospital, "weighing": "manual",
        "lines": [{"lot": lot, "part": {"lot_no": "U2", "weight_mg": 500_000}}]});
    stage.apply(&stage.world.producer, "L-4", operation(sold));
    let part = format!("U2@{producer}");
    let received = serde_json::json!({"type": "receive_lots", "sender": producer, "shipment_no": "L-4", "verified": true,
        "evidence": digest, "weighing": "manual", "lines": [{"lot": part, "weight_mg": 500_000}]});
    stage.apply(&stage.world.hospital, "L-5", operation(received));
    let seen = |who: &Who| {
        let answer = who.get(stage.at, &format!("/v1/lots/{lot}/forward"));
        let trace = answer.json();
        let lots: Vec<String> =
            trace["lots"].as_array().unwrap().iter().map(|n| n["lot"].as_str().unwrap().to_owned()).collect();
        (lots, trace["truncated"].as_bool().unwrap(), answer.body.contains(&hospital))
    };
    let consent = Extra { purpose: None, mandate: Some(escape(&format!("{producer} M-1"))) };
    assert_eq!(seen(&Who::signs(stage.query_key(), Extra::default())), (vec![lot.clone(), part], false, true));
    assert_eq!(seen(&Who::signs(stage.bank.clone(), consent)), (vec![lot.clone()], true, false));
    stage.node.stop();
}
