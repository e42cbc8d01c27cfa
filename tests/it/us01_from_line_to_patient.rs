//! From a producer's line to a patient's hand: commission, release, ship, receive, dispense once; a proof that checks
//! offline and refuses every changed byte; nothing listens outside loopback.

use crate::harness::{Consortium, Hand, demo_product, get};
use serde_json::{Value, json};

fn applied(net: &Consortium, hand: &Hand, node: usize, number: &str, operation: &Value) -> Value {
    let receipt = outcome(net, hand, node, number, operation);
    assert_eq!(receipt["status"], "applied", "{number}: {receipt}");
    receipt
}

fn rejected(net: &Consortium, hand: &Hand, node: usize, number: &str, operation: &Value) -> Value {
    let receipt = outcome(net, hand, node, number, operation);
    assert_eq!(receipt["status"], "rejected", "{number}: {receipt}");
    receipt["error"].clone()
}

fn outcome(net: &Consortium, hand: &Hand, node: usize, number: &str, operation: &Value) -> Value {
    let id = net.submit(node, hand, number, operation).unwrap_or_else(|e| panic!("{number}: {e}"));
    net.read(node, &format!("/v1/transactions/{id}?wait=60s"))
}

#[test]
fn a_box_goes_from_the_line_to_a_patient_once() {
    let net = Consortium::start(4, 1);
    let (product, unit_prefix) = demo_product();
    let case_prefix = "8100003";
    let member = |name| net.member(name);
    let (producer, wholesaler, pharmacy, hospital) =
        (member("producer"), member("wholesaler"), member("pharmacy"), member("hospital"));
    let hand = |m| net.hand(m);
    let (m, w, p, h) = (hand(&producer), hand(&wholesaler), hand(&pharmacy), hand(&hospital));
    let releaser = net.releasing_hand(&producer);

    // One case of a hundred boxes.
    let case = format!("{case_prefix}{:013}", 1);
    let unit = |n: u64| format!("{unit_prefix}{n:013}");
    let mut units = vec![json!({"code": case, "level": 2})];
    units.extend((1..=100).map(|n| json!({"code": unit(n), "level": 1, "parent": case})));
    let commission = json!({"type": "commission", "product_id": product, "batch_no": "B1", "made_on": "2026-10-24",
        "expires_on": "2028-10-23", "declared_units": 100, "units": units});
    applied(&net, &m, 0, "C-1", &commission);

    let ship = |to: &str, codes: Value| json!({"type": "ship", "bill_type": 201, "receiver": to, "codes": codes});
    let evidence = json!({"delivery_note": "5d".repeat(32)});
    let receive = |from: &str, no: &str, codes: Value| {
        let mut bill = json!({"type": "receive", "bill_type": 102, "sender": from, "shipment_no": no, "codes": codes});
        bill["evidence"] = evidence.clone();
        bill
    };
    let early = rejected(&net, &m, 0, "S-0", &ship(&wholesaler.uscc, json!([case])));
    assert_eq!(early["name"], "not_released");
    assert!(early["message_zh"].is_string() && early["message_en"].is_string());

    let release = json!({"type": "release", "product_id": product, "batch_no": "B1", "declared_units": 100});
    applied(&net, &releaser, 1, "R-1", &release);
    applied(&net, &m, 0, "S-1", &ship(&wholesaler.uscc, json!([case])));

    let stranger = rejected(&net, &p, 2, "E-0", &receive(&producer.uscc, "S-1", json!([case])));
    assert_eq!(stranger["name"], "not_designated_receiver");
    assert_eq!(stranger["expected"], wholesaler.uscc, "who was designated");
    assert_eq!(stranger["actual"], pharmacy.uscc, "who came");

    applied(&net, &w, 1, "E-1", &receive(&producer.uscc, "S-1", json!([case])));
    let again = rejected(&net, &m, 0, "S-2", &ship(&wholesaler.uscc, json!([case])));
    assert_eq!(again["name"], "not_custodian");

    // One box leaves its case; the other goes to the hospital.
    applied(&net, &w, 1, "S-3", &ship(&pharmacy.uscc, json!([unit(1)])));
    applied(&net, &w, 1, "S-4", &ship(&hospital.uscc, json!([unit(2)])));
    assert_eq!(net.read(1, &format!("/v1/codes/{}", unit(1)))["parents"], json!([]));
    applied(&net, &p, 2, "E-2", &receive(&wholesaler.uscc, "S-3", json!([unit(1)])));
    applied(&net, &h, 3, "E-3", &receive(&wholesaler.uscc, "S-4", json!([unit(2)])));
    let dispense = |code: String| json!({"type": "dispense", "bill_type": 321, "codes": [code]});
    applied(&net, &h, 3, "D-1", &dispense(unit(2)));

    // The pharmacy sells a box that the hospital dispensed: refused, and seen.
    // Asked of the node that gave the receipt: another may be a block behind.
    let before = net.read(2, "/v1/status")["totals"]["alarms"].as_u64().expect("a number");
    let second = rejected(&net, &p, 2, "D-2", &dispense(unit(2)));
    assert_eq!(second["name"], "already_dispensed");
    assert_eq!(net.read(2, "/v1/status")["totals"]["alarms"].as_u64(), Some(before + 1));
    let seen = net.read(2, &format!("/v1/codes/{}", unit(2)));
    assert_eq!((&seen["sale_count"], &seen["seller"]["id"]), (&json!(1), &json!(hospital.uscc)));

    // Document numbers: the same content again is the first receipt; another content is refused.
    let first = net.read(0, &format!("/v1/organisations/{}/bills/S-1?wait=30s", producer.uscc));
    let same = outcome(&net, &m, 0, "S-1", &ship(&wholesaler.uscc, json!([case])));
    assert_eq!(same["height"], first["height"]);
    let other = rejected(&net, &m, 0, "S-1", &ship(&hospital.uscc, json!([case])));
    assert_eq!(other["name"], "document_number_taken");

    proof_checks_offline(&net, &unit(2));
    nothing_listens_outside_loopback(&net);
}

fn proof_checks_offline(net: &Consortium, code: &str) {
    let file = net.folder().join("unit.proof");
    let path = file.to_str().expect("UTF-8");
    let traced = net.run(&["trace", code, "--proof", path, "--node", &net.node(4, "api")]);
    assert_eq!(traced.code, 0, "{}", traced.json);
    let verified = net.run(&["verify", path, "--genesis", &net.genesis()]);
    assert_eq!(verified.code, 0, "{}", verified.json);
    assert_eq!(verified.json["verified"], true);
    let names: Vec<&str> =
        verified.json["checks"].as_array().expect("checks").iter().filter_map(|c| c["name"].as_str()).collect();
    for expected in ["form", "anchor", "certificate", "quorum", "header", "state_path", "history"] {
        assert!(names.contains(&expected), "{expected} is not among {names:?}");
    }

    let genesis = std::fs::read_to_string(net.genesis()).expect("genesis");
    let genesis = bencao_genesis::Genesis::parse(&genesis).expect("sound");
    let keys = bencao_crypto::TableKeys::default();
    let whole = std::fs::read(&file).expect("proof");
    assert!(bencao_client::verify::verify(&genesis, &whole, &keys).is_ok());
    for i in 0..whole.len() {
        let mut changed = whole.clone();
        changed[i] ^= 1 << (i % 8);
        assert!(bencao_client::verify::verify(&genesis, &changed, &keys).is_err(), "byte {i} of {}", whole.len());
    }
    std::fs::write(&file, &whole[..whole.len() - 1]).expect("writes");
    let cut = net.run(&["verify", path, "--genesis", &net.genesis()]);
    assert_eq!((cut.code, &cut.json["verified"]), (5, &json!(false)), "{}", cut.json);
}

/// Every listening TCP socket of every node is bound to 127.0.0.1 or ::1 (proc(5), `/proc/PID/net/tcp`).
fn nothing_listens_outside_loopback(net: &Consortium) {
    for pid in net.pids() {
        let inodes: Vec<String> = std::fs::read_dir(format!("/proc/{pid}/fd"))
            .expect("ours")
            .filter_map(|fd| std::fs::read_link(fd.ok()?.path()).ok()?.to_str().map(str::to_owned))
            .filter_map(|l| Some(l.strip_prefix("socket:[")?.strip_suffix(']')?.to_owned()))
            .collect();
        let mut listening = 0;
        for table in ["tcp", "tcp6"] {
            for line in std::fs::read_to_string(format!("/proc/{pid}/net/{table}")).unwrap_or_default().lines().skip(1)
            {
                let fields: Vec<&str> = line.split_whitespace().collect();
                if fields[3] != "0A" || !inodes.iter().any(|i| i == fields[9]) {
                    continue;
                }
                listening += 1;
                let address = fields[1].split(':').next().expect("address:port");
                assert!(address == "0100007F" || address == "00000000000000000000000001000000", "{line}");
            }
        }
        assert_eq!(listening, 2, "one port for peers, one for the API");
    }
    assert_eq!(get(&net.node(0, "api"), "/healthz").map(|r| r.0), Some(200));
}
