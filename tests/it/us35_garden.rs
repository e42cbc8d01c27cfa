//! 饮片 from a 定制药园: the sample documents of `docs/samples`, from seed to patient, then a batch of blended lots of two
//! fields of the garden with its share in the trace; weights that do not add up are refused and seen.

use crate::market::{Batch, Market, day, product, rejected, sm3};
use bencao_genesis::CalendarDate;
use serde_json::{Value, json};

/// The day on which the sample documents are up to date.
const SAMPLES_OF: &str = "2026-11-26";
/// A kilogram in milligrams.
const KG: u64 = 1_000_000;

/// Participants of the samples, by the codes that they have there.
const PARTICIPANTS: [(&str, &str); 6] = [
    ("91650100MA0000000Q", "producer"),
    ("91650100MA00001074", "grower"),
    ("91650100MA00001087", "trader"),
    ("91650100MA0000110F", "pieces"),
    ("91650100MA0000111J", "laboratory"),
    ("91650100MA00000032", "hospital"),
];

/// Documents of one sample file, with this consortium's participants and as many days later as today is.
fn sample(market: &Market, participant: &str) -> Vec<Value> {
    let path = format!("{}/../docs/samples/herbs-{participant}.json", env!("CARGO_MANIFEST_DIR"));
    let mut text = std::fs::read_to_string(path).expect("a sample");
    for (code, who) in PARTICIPANTS {
        text = text.replace(code, &market.id(who));
    }
    let days = |date: &str| CalendarDate::parse(date).map(|d| i64::from(d.days()));
    let later = days(&day(0)).expect("today") - days(SAMPLES_OF).expect("a date");
    let moved: Vec<String> = text
        .split('"')
        .map(|part| days(part).map_or_else(|| part.to_owned(), |_| crate::market::plus(part, later)))
        .collect();
    serde_json::from_str(&moved.join("\"")).expect("a list of documents")
}

/// Submits some of a sample file, all of which must be applied.
fn submit(market: &Market, who: &str, documents: &[Value]) {
    let path = market.file(&format!("{who}.json"), &json!(documents).to_string());
    let said = market.run(who, &["tx", "submit", &path]);
    assert_eq!((said.code, &said.json["applied"]), (0, &json!(documents.len())), "{who}: {}", said.json);
}

/// What a document would do with one change.
fn changed(document: &Value, change: impl FnOnce(&mut Value)) -> Value {
    let mut operation = document["operation"].clone();
    change(&mut operation);
    operation
}

#[test]
fn pieces_of_a_garden_are_traced_from_the_field_with_their_share() {
    let market = Market::open();
    law(&market);
    let mut piece = product("HH", "decoction_piece", ["8400011", "8400013"], 10);
    (piece["approval_number"], piece["prescription_only"], piece["generic_name"]) =
        (json!(""), json!(false), json!("红花"));
    // 10 g a bag.
    piece["content"] = json!(100_000);
    piece["details"] = json!({"ingredients": "红花", "holder_address": "新疆裕民县示例路1号",
        "producer_address": "新疆裕民县示例路2号"});
    let made = market.registers("pieces", &[piece]);
    assert_eq!(made.code, 0, "{}", made.json);
    let [regulator, sponsor, grower, laboratory, trader, producer, hospital] =
        ["regulator", "sponsor", "grower", "laboratory", "trader", "producer", "hospital"]
            .map(|who| sample(&market, who));

    submit(&market, "regulator", &regulator);
    submit(&market, "producer", &sponsor[..1]);
    submit(&market, "pieces", &producer[..1]);
    grown(&market, &grower, &laboratory);
    submit(&market, "producer", &sponsor[1..]);
    submit(&market, "trader", &trader);
    sliced(&market, &producer);
    submit(&market, "hospital", &hospital);
    traced(&market);
    blended(&market, &grower[1]["operation"]);
    outside_the_law(&market, &trader[1]["operation"]);
    market.assert_one_truth();
}

/// 红花 may be bought of who is not in the system until its day in the catalogue.
fn law(market: &Market) {
    let rules = json!({
        "title": "新药监2026-1", "basis": "重要产品追溯动态目录", "region": "650000", "effective_on": day(0),
        "chapters": [{"type": "catalogue", "entries": [
            {"class": "decoction_piece", "since": "2025-08-01", "tracing": "lot"},
            {"class": "crude_herb", "since": day(1_000), "tracing": "lot"},
        ]}],
    });
    let path = market.file("catalogue.json", &rules.to_string());
    market.refused("producer", &["param", "amend", &path], "no_authority");
    market.done("regulator", &["param", "amend", &path]);
    market.read("/v1/status");
    let node = market.net.node(crate::market::VALIDATORS, "api");
    let shown = market.net.run(&["param", "show", "--region", "650100", "--node", &node]);
    let since = &shown.json["law"]["catalogue"]["entries"][1]["since"];
    assert_eq!((shown.code, since), (0, &json!(day(1_000))), "{}", shown.json);
    let history = market.net.run(&["param", "history", "--node", &node]);
    assert_eq!(history.code, 0, "{}", history.json);
    assert!(history.json.to_string().contains("新药监2026-1"), "{}", history.json);
}

/// 选种、大田栽培、田间管理、采收、产地初加工, 检验, 合格证, 包装: five of the seven stages, and what may not pass.
fn grown(market: &Market, grower: &[Value], laboratory: &[Value]) {
    submit(market, "grower", &grower[..1]);
    let too_much = changed(&grower[1], |o| o["seeds"][0]["weight_mg"] = json!(10 * KG + 1));
    let bill = market.may_not("grower", "ZZ-X", &too_much, "lot_stock_exceeded");
    market.assert_alarm(&bill, "mass_balance_breach", "high");
    let stranger = changed(&grower[1], |o| o["household"] = json!(sm3("别村农户")));
    market.may_not("grower", "ZZ-X", &stranger, "not_garden_member");
    submit(market, "grower", &grower[1..2]);
    let poison = changed(&grower[2], |o| o["name"] = json!("甲胺磷"));
    let bill = market.may_not("grower", "ZZ-X", &poison, "banned_pesticide");
    market.assert_alarm(&bill, "pesticide_misuse", "high");
    submit(market, "grower", &grower[2..4]);
    // M3: what comes out and what is lost is what went in.
    let vanished = changed(&grower[4], |o| o["loss_mg"] = json!(299 * KG));
    let bill = market.may_not("grower", "ZZ-X", &vanished, "mass_balance");
    market.assert_alarm(&bill, "mass_balance_breach", "high");
    submit(market, "grower", &grower[4..6]);
    submit(market, "laboratory", laboratory);
    // 产地准出: no certificate, no way out.
    let bill = market.may_not("grower", "ZZ-X", &grower[8]["operation"], "lot_state");
    assert!(bill["error"]["message_zh"].is_string());
    submit(market, "grower", &grower[6..]);
    let lot = market.read(&format!("/v1/lots/C1@{}", market.id("grower")));
    assert_eq!((&lot["claims"]["garden"], &lot["chain_incomplete"]), (&json!(true), &json!(false)), "{lot}");
    assert_eq!(lot["balance"]["sampled"], 100_000);
}

/// 炮制、包装: methods inside the scope, weights that add up, a yield inside the band, no package without a passed test.
fn sliced(market: &Market, producer: &[Value]) {
    submit(market, "pieces", &producer[1..3]);
    let make = &producer[3];
    let honey = changed(make, |o| {
        let step = json!({"method": "bake_honey", "operator": sm3("操作员")});
        o["steps"].as_array_mut().expect("steps").push(step);
    });
    let bill = market.may_not("pieces", "YP-X", &honey, "method_out_of_scope");
    market.assert_alarm(&bill, "processing_out_of_scope", "high");
    let weights =
        |made: u64, lost: u64| changed(make, |o| (o["weight_mg"], o["loss_mg"]) = (json!(made * KG), json!(lost * KG)));
    market.may_not("pieces", "YP-X", &weights(95, 10), "mass_balance");
    let bill = market.may_not("pieces", "YP-X", &weights(60, 40), "yield_out_of_band");
    market.assert_alarm(&bill, "mass_balance_breach", "high");
    submit(market, "pieces", &producer[3..4]);
    market.may_not("pieces", "YP-X", &producer[5]["operation"], "lot_state");
    submit(market, "pieces", &producer[4..5]);
    // M4: packages hold what the lot has, a box what its packs weigh.
    let heavy = changed(&producer[5], |o| o["packs"][0]["weight_mg"] = json!(21 * KG));
    market.may_not("pieces", "YP-X", &heavy, "pack_weight");
    submit(market, "pieces", &producer[5..]);
}

/// `bencao lot`: from the hospital's package back to the field, the seeds and the fair, and on from the field.
fn traced(market: &Market) {
    market.read("/v1/status");
    let node = market.net.node(crate::market::VALIDATORS, "api");
    let ask = |arguments: &[&str]| {
        let said = market.net.run(&[&["lot"], arguments, &["--node", &node]].concat());
        assert_eq!(said.code, 0, "{arguments:?}: {}", said.json);
        said.json
    };
    // By the code of a pack inside the box that the hospital got.
    let shown = ask(&["show", "TCM:K0001"]);
    let (hospital, pieces) = (market.id("hospital"), market.id("pieces"));
    assert_eq!(shown["lot"], json!(format!("HH2601-1@{pieces}")));
    assert_eq!((&shown["owner"]["id"], &shown["state"]), (&json!(hospital), &json!("distributed")), "{shown}");
    assert_eq!((&shown["balance"]["stock"], &shown["balance"]["sold"]), (&json!(20 * KG - 70_000), &json!(70_000)));
    assert_eq!((&shown["chain_zh"], &shown["claims"]["garden"]), (&json!("链条不完整"), &json!(false)));
    let numbers = |trace: &Value| -> Vec<String> {
        let lots = trace["lots"].as_array().expect("lots").iter();
        lots.filter_map(|l| l["lot"].as_str()).map(|l| l.split('@').next().unwrap_or_default().to_owned()).collect()
    };
    let back = ask(&["backward", "TCM:K0001"]);
    assert_eq!(numbers(&back), ["HH2601-1", "HH2601", "B1", "C1", "U1", "H1", "P1", "S1"]);
    let grower = market.id("grower");
    let forward = ask(&["forward", &format!("P1@{grower}")]);
    let lots = forward["lots"].as_array().expect("lots");
    let last = lots.iter().find(|l| l["lot"] == shown["lot"]).expect("the hospital's lot");
    assert_eq!(last["sold_mg"], 70_000);
    assert!(
        last["holders"].as_array().is_some_and(|h| h.iter().any(|holder| holder["id"] == json!(hospital))),
        "{last}"
    );
    public_pack(market);
    let garden = market.read(&format!("/v1/gardens/YY-1@{}", market.id("producer")));
    assert_eq!((&garden["benefits"], &garden["households"]), (&json!(1), &json!(1)), "{garden}");
    let (status, _) = crate::harness::get(&node, &format!("/v1/lots/NO-1@{grower}")).expect("an answer");
    assert_eq!(status, 404);
    proven(market, &shown);
}

/// Whoever holds a pack reads where its herbs grew, when they were harvested, and that a part came from outside the system.
fn public_pack(market: &Market) {
    let node = market.net.node(crate::market::VALIDATORS, "api");
    let shown = market.net.run(&["trace", "TCM:K0001", "--consumer", "--node", &node]);
    assert_eq!((shown.code, &shown.json["status"]), (0, &json!("normal")), "{}", shown.json);
    let field = crate::market::plus(&day(0), -98);
    let expected = json!([
        {"region": "654221", "place": "新疆额敏", "harvested": null, "harvest_unknown": true},
        {"region": "654225", "place": "新疆裕民", "harvested": {"first": field, "last": field}, "harvest_unknown": false},
    ]);
    let herbs = &shown.json["herbs"];
    assert_eq!((&herbs["origins"], &herbs["chain_zh"]), (&expected, &json!("链条不完整")));
    assert_eq!(shown.json["batch"]["batch_no"], "HH2601", "as its label says");
    assert_eq!(shown.json["product"]["producer_address"], "新疆裕民县示例路2号");
    nobody_named(market, &shown.json);
}

/// No grower, trader or buyer, no household, no weight.
fn nobody_named(market: &Market, shown: &Value) {
    let text = shown.to_string();
    for who in ["grower", "trader", "laboratory", "hospital"] {
        assert!(!text.contains(&market.id(who)), "{who}: {text}");
    }
    for secret in ["_mg", "household", "合作社", "YY-1"] {
        assert!(!text.contains(secret), "{secret}: {text}");
    }
}

/// A file proves what is said of a lot, and that another never was, to whoever has the genesis; every byte counts.
fn proven(market: &Market, shown: &Value) {
    let node = market.net.node(crate::market::VALIDATORS, "api");
    let (path, none) = (market.net.folder().join("lot.proof"), market.net.folder().join("no-lot.proof"));
    let (path, none) = (path.to_str().expect("UTF-8"), none.to_str().expect("UTF-8"));
    let said = market.net.run(&["lot", "show", "TCM:K0001", "--proof", path, "--node", &node]);
    assert_eq!(said.code, 0, "{}", said.json);
    let verified = market.net.run(&["verify", path, "--genesis", &market.net.genesis()]);
    assert_eq!(verified.code, 0, "{}", verified.json);
    let status = &verified.json["status"];
    assert_eq!((&status["lot"], &status["commissioned"]), (&shown["lot"], &json!(true)));
    for part in ["state", "owner", "balance", "origins", "held", "history"] {
        assert_eq!(status["status"][part], shown[part], "{part}");
    }
    let absent = format!("NO-1@{}", market.id("grower"));
    let said = market.net.run(&["lot", "show", &absent, "--proof", none, "--node", &node]);
    assert_eq!(said.code, 0, "{}", said.json);
    let verified = market.net.run(&["verify", none, "--genesis", &market.net.genesis()]);
    assert_eq!((verified.code, &verified.json["status"]["commissioned"]), (0, &json!(false)), "{}", verified.json);
    let mut bytes = std::fs::read(path).expect("the proof");
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    std::fs::write(path, bytes).expect("written");
    assert_eq!(market.net.run(&["verify", path, "--genesis", &market.net.genesis()]).code, 5);
}

/// Two fields of the garden, blended: the claim survives; with a kilogram of the other lot in the batch it is two thirds.
fn blended(market: &Market, planted: &Value) {
    let (grower, sponsor, pieces) = (market.id("grower"), market.id("producer"), market.id("pieces"));
    let (of_grower, of_pieces) = (|lot: &str| format!("{lot}@{grower}"), |lot: &str| format!("{lot}@{pieces}"));
    let second = sm3("第二户");
    let amend = json!({"type": "amend_garden", "garden_no": "YY-1", "households_added": [second],
        "contract_to": day(700), "contract": sm3("补充协议")});
    market.does("producer", "YY-2", &amend);
    let step = |number: &str, operation: Value| (number.to_owned(), operation);
    let mut documents = vec![];
    for (n, household) in [("2", planted["household"].clone()), ("3", json!(second))] {
        let lot = |kind: &str| format!("{kind}{n}");
        let mut plant = planted.clone();
        (plant["lot_no"], plant["household"]) = (json!(lot("P")), household);
        plant["seeds"][0]["weight_mg"] = json!(KG);
        documents.push(step(&lot("Z-P"), plant));
        documents.push(step(
            &lot("Z-H"),
            json!({"type": "harvest", "lot_no": lot("H"), "plants": of_grower(&lot("P")),
            "harvested_on": day(-90), "expected_mg": 40 * KG, "weight_mg": 40 * KG}),
        ));
        documents.push(step(
            &lot("Z-C"),
            json!({"type": "process_at_origin", "lot_no": lot("C"),
            "inputs": [{"lot": of_grower(&lot("H")), "weight_mg": 40 * KG}], "method": "阴干", "weight_mg": 10 * KG,
            "loss_mg": 30 * KG, "done_on": day(-80), "operator": sm3("操作员")}),
        ));
        documents.push(step(&lot("Z-T"), json!({"type": "test_lot", "lot": of_grower(&lot("C")), "method": "性状",
            "grade": "一等", "report_kind": "origin", "report": sm3("产地报告"), "passed": true, "tested_on": day(-79)})));
        documents.push(step(
            &lot("Z-G"),
            json!({"type": "certify_lot", "lot": of_grower(&lot("C")),
            "certificate": sm3("合格证"), "qr_payload": sm3("二维码")}),
        ));
        documents.push(step(
            &lot("Z-K"),
            json!({"type": "pack_lot", "lot": of_grower(&lot("C")), "label": {"name": "红花",
            "origin": "新疆裕民", "date": day(-79), "supplier": "示例红花种植合作社", "quality_mark": true}}),
        ));
    }
    let lines: Vec<Value> = ["C2", "C3"].map(|lot| json!({"lot": of_grower(lot)})).to_vec();
    documents.push(step(
        "Z-S",
        json!({"type": "ship_lots", "movement": "sale", "receiver": pieces,
        "weighing": "certified_scale", "lines": lines}),
    ));
    market.does_all("grower", &documents);

    let weighed: Vec<Value> = ["C2", "C3"].map(|lot| json!({"lot": of_grower(lot), "weight_mg": 10 * KG})).to_vec();
    let gained = |mg: u64| {
        json!({"type": "receive_lots", "sender": grower, "shipment_no": "Z-S", "verified": true,
        "evidence": sm3("随货单据"), "weighing": "certified_scale",
        "lines": [weighed[0], {"lot": of_grower("C3"), "weight_mg": mg}]})
    };
    let bill = market.may_not("pieces", "Q-X", &gained(10 * KG + 1), "lot_weight_gained");
    market.assert_alarm(&bill, "mass_balance_breach", "high");
    let test = |lot: &str| {
        json!({"type": "test_lot", "lot": of_pieces(lot), "method": "《中国药典》红花项", "grade": "一等",
        "report_kind": "inspection", "report": sm3("检验报告"), "passed": true, "tested_on": day(-9)})
    };
    let steps: Vec<Value> = ["removing_parts", "drying_low", "sieving"]
        .map(|method| json!({"method": method, "operator": sm3(method)}))
        .to_vec();
    let (boxes, made_on) = (Batch::new("HH", "HH2602", ["8400011", "8400013"], 1, (1, 10)), day(-10));
    let label = json!({"name": "红花", "specification": "1kg", "origin": "新疆裕民", "date": made_on,
        "supplier": "示例天山饮片厂", "quality_mark": true, "standard": "《中国药典》2025年版一部", "storage": "置阴凉干燥处",
        "best_before": day(700)});
    market.does_all(
        "pieces",
        &[
            step("Q-R", gained(10 * KG)),
            step("Q-B", json!({"type": "blend_lots", "lot_no": "BB1", "inputs": weighed, "done_on": day(-12)})),
            step("Q-T", test("BB1")),
            step(
                "Q-P",
                json!({"type": "process_pieces", "lot_no": "HH2602", "product_id": "HH",
                "inputs": [{"lot": of_pieces("BB1"), "weight_mg": 20 * KG}], "steps": steps, "weight_mg": 18 * KG,
                "loss_mg": 2 * KG, "made_on": made_on, "best_before": day(700), "technologist": sm3("工艺员"),
                "manager": sm3("生产部经理"), "quality_person": sm3("QA")}),
            ),
            step("Q-U", test("HH2602")),
            step("Q-K", json!({"type": "pack_lot", "lot": of_pieces("HH2602"), "label": label})),
        ],
    );
    let made = market.read(&format!("/v1/lots/{}", of_pieces("HH2602")));
    assert_eq!((&made["claims"]["garden"], &made["chain_incomplete"]), (&json!(true), &json!(false)), "{made}");
    let fields: Vec<&Value> = made["origins"].as_array().expect("origins").iter().map(|o| &o["lot"]).collect();
    assert_eq!(fields, [&json!(of_grower("P2")), &json!(of_grower("P3"))]);
    let grown = market.read(&format!("/v1/households/{second}/lots"));
    assert_eq!(grown["lots"], json!([of_grower("P3")]), "household → lot → sale");

    // A batch of boxes: released with its lots only, and not to outlive them (the first keeps for 684 days); two thirds
    // of it are the garden's.
    let mut batch = boxes;
    (batch.made_on, batch.expires_on) = (day(-9), day(680));
    assert_eq!(market.commission("pieces", &batch).code, 0);
    rejected(&market.release("pieces", ("HH", "HH2602", 10), &[]), "nothing tested", "test_required");
    let fed = json!({"type": "use_lots", "product_id": "HH", "batch_no": "HH2602", "inputs": [
        {"lot": of_pieces("HH2601"), "weight_mg": KG}, {"lot": of_pieces("HH2602"), "weight_mg": 2 * KG}]});
    market.does("pieces", "Q-F", &fed);
    let released = market.release("pieces", ("HH", "HH2602", 10), &[]);
    assert_eq!(released.code, 0, "{}", released.json);
    let seen = market.code(&batch.cases[0].1[0]);
    let share =
        |herbs: &Value| (herbs["garden_mg"].as_u64(), herbs["total_mg"].as_u64(), herbs["chain_incomplete"].as_bool());
    let expected = (Some(2 * KG), Some(3 * KG), Some(true));
    assert_eq!(share(&seen["herbs"]), expected, "{seen}");
    let node = market.net.node(crate::market::VALIDATORS, "api");
    let said = market.net.run(&["lot", "share", "--product", "HH", "--batch", "HH2602", "--node", &node]);
    assert_eq!((said.code, share(&said.json)), (0, expected), "{}", said.json);
    // Everybody reads 产地, 采收期, 执行标准 and 保质期 of it, and that its chain is not complete.
    let public = market.read(&format!("/v1/codes/{}/consumer", batch.cases[0].1[0]));
    let herbs = &public["herbs"];
    let grown = |days: i64| crate::market::plus(&day(0), days);
    let places = json!([
        {"region": "654221", "place": "新疆额敏", "harvested": null, "harvest_unknown": true},
        {"region": "654225", "place": "新疆裕民", "harvested": {"first": grown(-98), "last": grown(-90)},
         "harvest_unknown": false},
    ]);
    assert_eq!((&herbs["origins"], &herbs["chain_incomplete"]), (&places, &json!(true)), "{public}");
    assert_eq!((&herbs["standards"], &herbs["shelf_life_months"]), (&json!(["《中国药典》2025年版一部"]), &json!(24)));
    assert!(herbs["best_before"].is_string() && public["product"]["ingredients"] == "红花", "{public}");
    nobody_named(market, &public);
    // The same share with a proof that checks offline.
    let file = market.net.folder().join("share.proof");
    let path = file.to_str().expect("UTF-8");
    let traced = market.net.run(&["trace", &batch.cases[0].1[0], "--proof", path, "--node", &node]);
    assert_eq!(traced.code, 0, "{}", traced.json);
    let verified = market.net.run(&["verify", path, "--genesis", &market.net.genesis()]);
    assert_eq!((verified.code, share(&verified.json["status"]["status"]["herbs"])), (0, expected), "{}", verified.json);
    assert_eq!(garden_of(market, &sponsor)["households"], 2);
}

fn garden_of(market: &Market, sponsor: &str) -> Value {
    market.read(&format!("/v1/gardens/YY-1@{sponsor}"))
}

/// A pilot makes tracing mandatory for one trader: herb from outside the system is no longer taken.
fn outside_the_law(market: &Market, bought: &Value) {
    let rules = json!({
        "title": "新药监2026-2", "basis": "边试点边推进", "region": "650100", "effective_on": day(0),
        "chapters": [{"type": "pilot", "pilots": [{"feature": "mandatory", "class": "crude_herb",
            "organisations": [market.id("trader")], "from": day(-1), "to": day(100)}]}],
    });
    let path = market.file("pilot.json", &rules.to_string());
    market.done("regulator", &["param", "amend", &path]);
    let mut again = bought.clone();
    again["lot_no"] = json!("U2");
    market.may_not("trader", "JX-X", &again, "tracing_mandatory");
}
