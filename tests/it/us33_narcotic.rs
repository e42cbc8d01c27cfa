//! A narcotic: made, carried, sold and used by who is licensed for it only, within the limits of a prescription, and never
//! lost or destroyed unseen.

use crate::market::{Batch, Market, now_ms, product, shipment, sm3};
use serde_json::{Value, json};

const PREFIXES: [&str; 2] = ["8900041", "8900043"];
/// What a box of [`narcotic`] holds, as a prescription states it.
const TEN_TABLETS: &str = "10";

/// Tablets, ten a box.
fn narcotic() -> Value {
    let mut product = product("N", "narcotic", PREFIXES, 10);
    product["content"] = json!(100_000);
    product
}

/// A shipment under a 运输证明.
fn escorted<'f>(number: &'f str, to: &'f str) -> Vec<(&'f str, &'f str)> {
    let mut fields = shipment(number, "201", to).to_vec();
    fields.extend([("药品类型", "2"), ("许可证明编号", "运输证明2026-1")]);
    fields
}

/// Use in the hospital: prescription, patient (0 ordinary, 1 chronic pain, 2 inpatient), days; for one box.
fn used<'f>(number: &'f str, prescription: &'f str, patient: &'f str, days: &'f str) -> Vec<(&'f str, &'f str)> {
    let mut fields =
        vec![("单据编号", number), ("单据类型", "323"), ("处方号", prescription), ("处方数量", TEN_TABLETS)];
    fields.extend([("患者类别", patient), ("用药天数", days)]);
    fields
}

#[test]
fn a_narcotic_goes_its_narrow_way_and_no_other() {
    let market = Market::open();
    let batch = Batch::new("N", "N1", PREFIXES, 1, (1, 10));
    let boxes = batch.cases[0].1.clone();
    let pieces = market.id("pieces");
    let mut contract = narcotic();
    contract["producer"] = json!(pieces);
    let banned = market.registers("producer", &[contract]);
    let bill = crate::market::rejected(&banned, "made by another", "contract_banned");
    market.assert_alarm(&bill, "banned_contract", "high");
    let made = market.registers("producer", &[narcotic()]);
    assert_eq!(made.code, 0, "{}", made.json);

    // The maker's licence: its scope, and the class letter t.
    crate::market::rejected(&market.commission("producer", &batch), "no licence", "out_of_scope");
    market.grants("regulator", "producer", ("drug_production", "新20260201"), "narcotic", "Ah");
    crate::market::rejected(&market.commission("producer", &batch), "no letter t", "out_of_scope");
    market.grants("regulator", "producer", ("drug_production", "新20260202"), "narcotic", "At");
    market.make("producer", &batch, &[]);
    assert_eq!(market.code(&boxes[0])["special"], true);

    to_the_wholesalers(&market, &boxes);
    to_the_hospital(&market, &boxes);
    within_limits(&market, &boxes);
    never_unseen(&market, &boxes);
    market.assert_one_truth();
}

/// Maker → national wholesaler → regional wholesaler, each licensed on both sides, with a 运输证明.
fn to_the_wholesalers(market: &Market, boxes: &[String]) {
    let id = |who| market.id(who);
    let (hospital, pharmacy, national, regional) =
        (id("hospital"), id("pharmacy"), id("national-wholesaler"), id("wholesaler"));
    for to in [&hospital, &pharmacy] {
        let bill = market.stuck("producer", &escorted("N1", to), boxes, "route_not_allowed");
        market.assert_alarm(&bill, "unlicensed", "low");
    }
    market.stuck("producer", &escorted("N1", &regional), boxes, "not_licensed");
    market.stuck("producer", &shipment("N1", "201", &national), boxes, "permit_required");
    // 普药 on the paper, 特药 in the code: a mistake of the file.
    let wrong: Vec<(&str, &str)> =
        shipment("N1", "201", &national).into_iter().chain([("药品类型", "3"), ("许可证明编号", "1")]).collect();
    let said = market.movement("producer", &wrong, boxes);
    assert_eq!((said.code, &said.json["field"]), (2, &json!("physic_type")), "{}", said.json);
    market.moves("producer", &escorted("N1", &national), boxes);
    market.receives("national-wholesaler", "N1", ("producer", "N1"), boxes);

    let bill = market.stuck("national-wholesaler", &escorted("N2", &regional), boxes, "not_licensed");
    market.assert_alarm(&bill, "unlicensed", "low");
    let grant = |who: &str| {
        let (from, until) = (crate::market::day(-1), crate::market::day(1_000));
        market.run(
            who,
            &[
                "member",
                "grant",
                "--to",
                &regional,
                "--kind",
                "narcotic_wholesale_regional",
                "--number",
                "新麻批1",
                "--scope",
                "narcotic",
                "--from",
                &from,
                "--until",
                &until,
            ],
        )
    };
    let bill = crate::market::rejected(&grant("far-regulator"), "another province", "no_authority");
    market.assert_alarm(&bill, "false_authority", "high");
    let granted = grant("regulator");
    assert_eq!(granted.code, 0, "{}", granted.json);
    market.moves("national-wholesaler", &escorted("N2", &regional), boxes);
    market.receives("wholesaler", "N2", ("national-wholesaler", "N2"), boxes);
}

/// Regional wholesaler → a hospital of its province with a 印鉴卡, which the health authority grants.
fn to_the_hospital(market: &Market, boxes: &[String]) {
    let (far, national, hospital) =
        (market.id("far-hospital"), market.id("national-wholesaler"), market.id("hospital"));
    market.stuck("wholesaler", &escorted("N3", &far), boxes, "other_province");
    market.stuck("wholesaler", &escorted("N3", &national), boxes, "route_not_allowed");
    market.stuck("wholesaler", &escorted("N3", &hospital), boxes, "not_licensed");
    let card = ("narcotic_purchase_card", "新印鉴1");
    let (from, until) = (crate::market::day(-1), crate::market::day(700));
    market.refused(
        "regulator",
        &[
            "member", "grant", "--to", &hospital, "--kind", card.0, "--number", card.1, "--scope", "narcotic",
            "--from", &from, "--until", &until,
        ],
        "no_authority",
    );
    market.grants("health", "hospital", card, "narcotic", "");
    market.moves("wholesaler", &escorted("N3", &hospital), boxes);
    market.receives("hospital", "N3", ("wholesaler", "N3"), boxes);
    let shown = market.net.run(&["member", "show", &hospital, "--node", &market.net.node(0, "api")]);
    let licences = shown.json["licences"].as_array().cloned().unwrap_or_default();
    assert!(licences.iter().any(|l| l["kind"] == card.0 && l["in_force"] == true), "{}", shown.json);
}

/// 处方管理办法: tablets for 3 days, 7 in chronic pain, 1 for an inpatient.
fn within_limits(market: &Market, boxes: &[String]) {
    let without = [("单据编号", "D1"), ("单据类型", "323")];
    market.stuck("hospital", &without, &boxes[..1], "prescription_required");
    let undated = [("单据编号", "D1"), ("单据类型", "323"), ("处方号", "MZ-0001"), ("患者类别", "0")];
    market.stuck("hospital", &undated, &boxes[..1], "days_not_stated");
    for (i, (patient, days)) in [("0", 3_u32), ("1", 7), ("2", 1)].into_iter().enumerate() {
        let (number, paper) = (format!("D{i}"), format!("MZ-000{i}"));
        let (over, most) = ((days + 1).to_string(), days.to_string());
        let bill = market.stuck("hospital", &used(&number, &paper, patient, &over), &boxes[i..=i], "days_exceeded");
        market.assert_alarm(&bill, "over_limit", "high");
        market.moves("hospital", &used(&number, &paper, patient, &most), &boxes[i..=i]);
    }
    // A prescription is filled once in its term, and for no more than it states.
    let again = market.stuck("hospital", &used("D8", "MZ-0000", "0", "3"), &boxes[3..4], "prescription_used");
    market.assert_alarm(&again, "over_limit", "high");
    let more = market.stuck("hospital", &used("D8", "MZ-0008", "0", "3"), &boxes[3..5], "prescription_exceeded");
    market.assert_alarm(&more, "over_limit", "high");
    market.assert_state(&boxes[..3], "dispensed");
    let online = [("单据编号", "D9"), ("单据类型", "326"), ("处方号", "MZ-0001")];
    market.stuck("hospital", &online, &boxes[3..4], "role_not_allowed");
}

/// A loss is told at once; destruction has a witness.
fn never_unseen(market: &Market, boxes: &[String]) {
    let loss = json!({"type": "report_loss", "bill_type": 214, "reason": "月度盘点短少", "codes": &boxes[3..4]});
    let bill = market.does("hospital", "L1", &loss);
    let alarm = market.assert_alarm(&bill, "special_drug_loss", "high");
    assert_eq!(alarm["organisation"]["id"], json!(market.id("hospital")));
    market.assert_state(&boxes[3..4], "lost");
    let destroy = json!({"type": "destroy", "bill_type": 205, "reason": 1, "executor": sm3("执行人"),
        "supervisor": sm3("监督人"), "codes": &boxes[4..5]});
    market.may_not("hospital", "X1", &destroy, "countersignature_required");
    let propose = |countersigner: &str| {
        json!({"type": "propose", "countersigner": market.id(countersigner), "lapses_at": now_ms() + 3_600_000,
            "bill": destroy})
    };
    market.may_not("hospital", "X1", &propose("far-regulator"), "not_supervisor");
    market.may_not("hospital", "X1", &propose("wholesaler"), "not_supervisor");
    let proposed: Value = market.does("hospital", "X1", &propose("notary"));
    let countersign =
        json!({"type": "countersign", "proposal": proposed["case"], "evidence": sm3("公证书"), "bill": destroy});
    market.does("notary", "G1", &countersign);
    market.assert_state(&boxes[4..5], "destroyed");
}
