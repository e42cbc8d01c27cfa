//! The closed loop from the line to the furnace, in eighteen steps: a batch is made, released, shipped, received, sold
//! once, disputed, recalled, brought back and destroyed, and every forbidden step between is refused and seen.

use crate::market::{Batch, Market, day, now_ms, plus, product, receipt, shipment, sm3};
use serde_json::{Value, json};

const PREFIXES: [&str; 2] = ["8100021", "8100023"];

/// 拒收: what failed the check of a receipt, with the reason.
fn refusal<'f>(number: &'f str, from: &'f str, shipped: &'f str) -> [(&'f str, &'f str); 6] {
    [
        ("单据编号", number),
        ("单据类型", "102"),
        ("发货企业", from),
        ("发货单编号", shipped),
        ("是否验证", "0"),
        ("未验证通过原因说明", "到货数量短少"),
    ]
}

fn sale(number: &str) -> [(&str, &str); 4] {
    [("单据编号", number), ("单据类型", "321"), ("处方号", "RX-20260001"), ("调剂药师", "药师甲")]
}

#[test]
fn eighteen_steps_from_the_line_to_the_furnace() {
    let market = Market::open();
    let batch = Batch::new("X", "B1", PREFIXES, 1, (1, 10));
    let (k, u) = (batch.cases[0].0.clone(), batch.cases[0].1.clone());
    let case = std::slice::from_ref(&k);
    let everything: Vec<&String> = u.iter().chain([&k]).collect();
    let made = market.registers("producer", &[product("X", "chemical", PREFIXES, 10)]);
    assert_eq!(made.code, 0, "{}", made.json);

    // 1: M activates ten boxes in a case.
    let said = market.commission("producer", &batch);
    assert_eq!((said.code, &said.json["codes"]), (0, &json!(11)), "{}", said.json);
    market.assert_state(everything.clone(), "commissioned");
    assert_eq!(market.code(&u[0])["parents"], json!([k]));

    // 2: not shipped before the release.
    let wholesaler = market.id("wholesaler");
    let early = market.stuck("producer", &shipment("S1", "201", &wholesaler), case, "not_released");
    market.assert_alarm(&early, "unreleased", "high");

    // 3: released by the 质量受权人, the whole batch at once.
    let released = market.release("producer", ("X", "B1", 10), &[]);
    assert_eq!(released.code, 0, "{}", released.json);
    market.assert_state(everything.clone(), "in_stock");

    // 4: shipped under the number that the refused bill left free.
    let shipped = market.ships("producer", "S1", "wholesaler", case);
    for code in &everything {
        let transit = market.code(code)["in_transit"].clone();
        assert_eq!((&transit["receiver"]["id"], &transit["document_no"]), (&json!(wholesaler), &json!("S1")));
    }

    // 5: another may not receive it, and is told who has it, who is to get it and who asked.
    let (producer, pharmacy) = (market.id("producer"), market.id("pharmacy"));
    let forged = market.stuck("pharmacy", &receipt("E1", "102", &producer, "S1"), case, "not_designated_receiver");
    let error = &forged["error"];
    assert_eq!((&error["expected"], &error["actual"]), (&json!(wholesaler), &json!(pharmacy)));
    for text in [&error["message_zh"], &error["message_en"]] {
        assert!(text.as_str().is_some_and(|t| t.contains(&producer)), "the recorded owner: {text}");
    }
    market.assert_alarm(&forged, "forged_receipt", "high");

    // 6, 7: received; the same file again is the same bill, and under another number it is not M's any more.
    market.receives("wholesaler", "E1", ("producer", "S1"), case);
    assert_eq!(market.code(&u[9])["custodian"]["id"], json!(wholesaler));
    let again = market.ships("producer", "S1", "wholesaler", case);
    assert_eq!((&again["height"], &again["index"]), (&shipped["height"], &shipped["index"]));
    let gone = market.stuck("producer", &shipment("S2", "201", &wholesaler), case, "not_custodian");
    market.assert_alarm(&gone, "not_in_custody", "low");

    // 8: U1 leaves the case.
    market.ships("wholesaler", "S2", "pharmacy", &u[..1]);
    assert_eq!(market.code(&k)["children"], 9);
    assert_eq!(market.code(&u[0])["parents"], json!([]));

    disputed(&market, &u[1]);
    sold_once(&market, &u[0]);
    recalled(&market, &k, &u);
    destroyed(&market, &u);
    expired(&market);
    market.assert_one_truth();
}

/// 9: the hospital got none of one: U2 is on its way back, in nobody's stock.
fn disputed(market: &Market, u2: &str) {
    let (wholesaler, hospital) = (market.id("wholesaler"), market.id("hospital"));
    let codes = &[u2.to_owned()];
    market.ships("wholesaler", "S3", "hospital", codes);
    market.moves("hospital", &refusal("E3", &wholesaler, "S3"), codes);
    let seen = market.code(u2);
    assert_eq!((&seen["state"], &seen["holds"]), (&json!("in_transit"), &json!(["shipment_dispute"])));
    assert_eq!(seen["in_transit"]["receiver"]["id"], json!(wholesaler), "back to its sender");
    assert_eq!(seen["in_transit"]["disputed"], true);
    market.stuck("wholesaler", &shipment("S9", "201", &hospital), codes, "in_transit");
    market.stuck("hospital", &[("单据编号", "D9"), ("单据类型", "323")], codes, "not_custodian");
    let bill = market.read(&format!("/v1/organisations/{wholesaler}/bills/S3"));
    assert_eq!((&bill["shipment"]["disputed"], &bill["shipment"]["outstanding"]), (&json!(1), &json!(0)));
}

/// 10, 11: sold once on prescription; a second sale is refused and seen, and confirmed by the regulator.
fn sold_once(market: &Market, u1: &str) {
    let codes = &[u1.to_owned()];
    market.receives("pharmacy", "E2", ("wholesaler", "S2"), codes);
    market.stuck("pharmacy", &[("单据编号", "D1"), ("单据类型", "321")], codes, "prescription_required");
    market.moves("pharmacy", &sale("D1"), codes);
    let second = market.stuck("second-pharmacy", &sale("D1"), codes, "already_dispensed");
    let alarm = market.assert_alarm(&second, "used_elsewhere", "high");
    assert_eq!((&alarm["code"], &alarm["verdict"]), (&json!(u1), &Value::Null));
    let seen = market.code(u1);
    assert_eq!((&seen["verdict"], &seen["sale_count"]), (&json!("sold"), &json!(1)), "the accepted sale only");
    assert_eq!(seen["seller"]["id"], json!(market.id("pharmacy")));
    let triage = json!({"type": "triage_alarm", "height": second["height"], "index": second["index"],
        "verdict": "confirmed", "reason": "现场核查属实"});
    market.may_not("producer", "T1", &triage, "no_authority");
    market.does("regulator", "T1", &triage);
    assert_eq!(market.assert_alarm(&second, "used_elsewhere", "high")["verdict"], "confirmed");
    let kinds: Vec<Value> = history(&seen).map(|e| e["kind"].clone()).collect();
    let expected = ["commissioned", "released", "shipped", "received", "left", "shipped", "received", "dispensed"];
    assert_eq!(kinds, expected);
}

fn history(seen: &Value) -> impl Iterator<Item = &Value> {
    seen["history"].as_array().expect("a history").iter()
}

/// 12–14: recalled in one block wherever the goods are; nothing goes anywhere but back.
fn recalled(market: &Market, k: &str, u: &[String]) {
    let report = market.file("调查评估报告.txt", "含量测定不合格");
    let said = market.done(
        "producer",
        &[
            "recall",
            "start",
            "--product",
            "X",
            "--batch",
            "B1",
            "--class",
            "1",
            "--reason",
            "含量不合格",
            "--report",
            &report,
            "--document-no",
            "RC-1",
        ],
    );
    assert_eq!((&said["recall_id"], &said["bills"][0]["case"]), (&json!(1), &json!(1)), "{said}");
    for code in u[1..].iter().map(String::as_str).chain([k]) {
        let seen = market.code(code);
        assert_eq!(seen["verdict"], "recalled", "{code}");
        assert!(seen["holds"].as_array().is_some_and(|holds| holds.contains(&json!("recall_1"))), "{seen}");
    }
    let sold = market.code(&u[0]);
    assert_eq!((&sold["state"], &sold["sale_count"]), (&json!("dispensed"), &json!(1)), "listed, not changed");
    let recall = market.read("/v1/recalls/1");
    assert_eq!(
        (&recall["class"], &recall["kind"], &recall["scope"]["batches"]),
        (&json!(1), &json!("voluntary"), &json!(["B1"]))
    );
    assert_eq!(recall["quantities"]["dispensed"], 1, "for outreach");
    // A class I recall: notice, filing, publication and the first progress report within a day.
    let decided = recall["decided_at"].as_str().expect("a time");
    let due = plus(&decided[..10], 1) + &decided[10..];
    let duties: Vec<(&Value, &Value)> =
        recall["duties"].as_array().expect("duties").iter().map(|d| (&d["duty"], &d["due"])).collect();
    let due = json!(due);
    let all = ["notice", "filing", "publication", "progress"].map(|d| json!(d));
    assert_eq!(duties, all.iter().map(|duty| (duty, &due)).collect::<Vec<_>>());

    let parties = ["wholesaler", "pharmacy", "hospital"].map(|who| market.id(who));
    let publication = market.file("召回公告.txt", "一级召回");
    let plan = market.file("召回计划.txt", "全部召回");
    let mut notice = vec!["recall", "notice", "1", "--publication", &publication, "--plan", &plan, "--report", &report];
    parties.iter().for_each(|party| notice.extend(["--party", party]));
    notice.extend(["--document-no", "RC-1-N"]);
    market.done("producer", &notice);
    market.done("wholesaler", &["recall", "acknowledge", "1", "--on-hand", "8", "--document-no", "RA-1"]);
    let told = market.read("/v1/recalls/1");
    assert_eq!((&told["notified"], &told["acknowledged"], &told["on_hand"]), (&json!(3), &json!(1), &json!(8)));

    // 13, 14
    let (producer, pharmacy) = (market.id("producer"), market.id("pharmacy"));
    let sent = market.stuck("wholesaler", &shipment("S4", "201", &pharmacy), &u[2..3], "held");
    market.assert_alarm(&sent, "held_goods", "high");
    market.moves("wholesaler", &shipment("RS-1", "211", &producer), &u[2..]);
    let wholesaler = market.id("wholesaler");
    market.moves("producer", &receipt("RE-1", "108", &wholesaler, "RS-1"), &u[2..]);
    for code in &u[2..] {
        let seen = market.code(code);
        assert_eq!((&seen["state"], &seen["custodian"]["id"]), (&json!("blocked"), &json!(producer)));
    }
    let accept = json!({"type": "quality_accept", "record": sm3("验收记录"), "codes": &u[2..]});
    market.may_not("producer", "QA-1", &accept, "held");
}

/// 15–17: destroyed by two persons before the regulator; the rate; no code comes back.
fn destroyed(market: &Market, u: &[String]) {
    let (executor, supervisor) = (sm3("执行人"), sm3("监督人"));
    let bill = |supervisor: &str| {
        json!({"type": "destroy", "bill_type": 205, "reason": 4, "executor": executor, "supervisor": supervisor,
            "codes": &u[2..]})
    };
    let regulator = market.id("regulator");
    let lapses_at = now_ms() + 86_400_000;
    let propose = |supervisor: &str| json!({"type": "propose", "countersigner": regulator, "lapses_at": lapses_at, "bill": bill(supervisor)});
    market.may_not("producer", "X-1", &bill(&executor), "same_person");
    market.may_not("producer", "X-1", &propose(&executor), "same_person");
    market.may_not("producer", "X-1", &bill(&supervisor), "countersignature_required");
    let proposed = market.does("producer", "X-1", &propose(&supervisor));
    market.assert_state(&u[2..], "blocked");
    let case = proposed["case"].as_u64().expect("the number of the proposal");
    let found = market.read(&format!("/v1/organisations/{}/bills/X-1", market.id("producer")));
    assert_eq!(found["case"], json!(case), "the regulator finds it");
    let countersign =
        |bill: Value| json!({"type": "countersign", "proposal": case, "evidence": sm3("现场记录"), "bill": bill});
    market.may_not("notary", "Y-1", &countersign(bill(&supervisor)), "not_countersigner");
    market.may_not("regulator", "Y-1", &countersign(bill(&executor)), "another_bill");
    market.does("regulator", "Y-1", &countersign(bill(&supervisor)));
    market.assert_state(&u[2..], "destroyed");

    let quantities = market.read("/v1/recalls/1")["quantities"].clone();
    let counts = ["shipped", "dispensed", "recovered", "recallable", "outstanding", "rate_permille"];
    let counts: Vec<&Value> = counts.iter().map(|name| &quantities[*name]).collect();
    assert_eq!(counts, [10, 1, 8, 9, 1, 888], "8 of 9: U2 is outstanding");
    let report = market.file("进展报告.txt", "已召回八盒");
    market.done("producer", &["recall", "progress", "1", "--report", &report, "--document-no", "RC-1-P"]);
    let shown = market.net.run(&["recall", "show", "1", "--node", &market.net.node(0, "api")]);
    assert_eq!((shown.code, &shown.json["overdue"]), (0, &json!(0)), "{}", shown.json);
    reported(market, &quantities);

    // 17
    let mut reused = Batch::new("X", "B9", PREFIXES, 900, (1, 1));
    reused.cases[0].1 = vec![u[2].clone()];
    let said = market.commission("producer", &reused);
    let bill = crate::market::rejected(&said, "a used code", "code_exists");
    market.assert_alarm(&bill, "code_reused", "high");
}

/// 18: usable on its last day, expired on the day after. Batches that end today and ended yesterday.
fn expired(market: &Market) {
    let last_day = |batch_no: &str, first: u64, expires_on: String| {
        let mut batch = Batch::new("X", batch_no, PREFIXES, first, (1, 10));
        (batch.made_on, batch.expires_on) = (day(-365), expires_on);
        market.make("producer", &batch, &[]);
        batch
    };
    let (old, ending) = (last_day("B7", 700, day(-1)), last_day("B8", 800, day(0)));
    let wholesaler = market.id("wholesaler");
    let late = market.stuck("producer", &shipment("S7", "201", &wholesaler), &old.cases[0].1[..1], "expired");
    market.assert_alarm(&late, "expired_goods", "high");
    let seen = market.code(&old.cases[0].0);
    assert_eq!((&seen["verdict"], &seen["expired"]), (&json!("expired"), &json!(true)));
    // Midnight may fall between making the batch and shipping it: the chain's own day decides.
    let said = market.movement("producer", &shipment("S8", "201", &wholesaler), &ending.cases[0].1[..1]);
    let bill = &said.json["bills"][0];
    let on_its_day = bill["block_time"].as_str().is_some_and(|time| time[..10] <= *ending.expires_on);
    assert_eq!(bill["status"], if on_its_day { "applied" } else { "rejected" }, "{bill}");
}

/// 药品年度报告 of the holder (《药品管理法》 Art. 37): what was filed, and the facts that the ledger generates, the same on
/// every node.
fn reported(market: &Market, quantities: &Value) {
    let producer = market.id("producer");
    let year_of = |date: &Value| date.as_str().expect("a date")[..4].to_owned();
    let year = year_of(&market.code(&format!("{}{:013}", PREFIXES[0], 1))["batch"]["made_on"]);
    let document = sm3("年度报告");
    let filing = json!({"type": "submit_filing", "kind": "annual_report", "organisation": producer, "number": year,
        "valid_from": day(-1), "valid_to": day(400), "document": document});
    market.may_not("regulator", "NB-X", &filing, "no_authority");
    market.does("producer", "NB-1", &filing);
    market.read("/v1/status");
    let ask = |node, year: &str| {
        let node = market.net.node(node, "api");
        let said = market.net.run(&["product", "annual-report", &producer, year, "--node", &node]);
        assert_eq!(said.code, 0, "{}", said.json);
        said.json
    };
    let report = ask(crate::market::VALIDATORS, &year);
    assert_eq!((&report["filed"]["document"], &report["whole"]), (&json!(document), &json!(true)), "{report}");
    // In January a batch of thirty days ago is of the year before.
    let decided = ask(crate::market::VALIDATORS, &year_of(&market.read("/v1/recalls/1")["decided_at"]));
    let recalls: Vec<(&Value, &Value)> =
        decided["recalls"].as_array().expect("recalls").iter().map(|r| (&r["class"], &r["product_id"])).collect();
    assert_eq!(recalls, [(&json!(1), &json!("X"))]);
    let products = report["products"].as_array().expect("products");
    let row = products.iter().find(|p| p["product"]["id"] == "X").expect("its product");
    let batch = &row["batches"][0];
    assert_eq!((&batch["batch_no"], &batch["units"], &batch["released"]), (&json!("B1"), &json!(10), &json!(true)));
    assert_eq!((&batch["quantities"], &report["totals"]["quantities"]), (quantities, quantities), "as of its recall");
    assert_eq!(ask(0, &year)["products"], report["products"]);
}
