//! A wholesaler whose licence ends at midnight: on its last day everything, a moment later nothing that needs it, on either
//! side of a shipment; what needs no licence goes on, and a renewal opens the way again.

use crate::market::{Batch, Market, day, plus, product, receipt, shipment};
use serde_json::{Value, json};

const PREFIXES: [&str; 2] = ["8100025", "8100027"];

/// The licence that ends.
const NUMBER: &str = "新AA9910009";

#[test]
fn a_licence_ends_at_midnight() {
    let mut market = Market::open();
    let last = day(1);
    let batch = Batch::new("X", "B1", PREFIXES, 1, (6, 10));
    assert_eq!(market.registers("producer", &[product("X", "chemical", PREFIXES, 10)]).code, 0);
    market.make("producer", &batch, &[]);
    replace_licence(&market, &last);
    let cases: Vec<String> = batch.cases.iter().map(|(case, _)| case.clone()).collect();
    let boxes = &batch.cases[0].1;
    market.ships("producer", "S1", "wholesaler", &cases[..3]);
    market.receives("wholesaler", "E1", ("producer", "S1"), &cases[..3]);

    // Ten minutes before midnight.
    market.restart_at(&last, 86_400 - 600);
    let sold = market.ships("wholesaler", "S2", "pharmacy", &boxes[..2]);
    assert_eq!(day_of(&sold), last);
    market.ships("producer", "S2", "wholesaler", &cases[3..4]);
    market.receives("wholesaler", "E2", ("producer", "S2"), &cases[3..4]);
    market.ships("producer", "S3", "wholesaler", &cases[4..5]);
    assert_eq!(in_force(&market), json!(true));

    // Bill after bill over midnight: each is judged by the time of its own block.
    market.restart_at(&last, 86_400 - 3);
    let pharmacy = market.id("pharmacy");
    let mut number = 10;
    let refused = loop {
        let document = format!("S{number}");
        let said = market.movement("wholesaler", &shipment(&document, "201", &pharmacy), &batch.cases[1].1[..1]);
        let bill = said.json["bills"][0].clone();
        if day_of(&bill) > last {
            assert_eq!(bill["error"]["name"], "licence_not_in_force", "{bill}");
            break bill;
        }
        assert_eq!(bill["status"], "applied", "{bill}");
        market.does(
            "wholesaler",
            &format!("U{number}"),
            &json!({"type": "cancel_shipment", "shipment_no": document,
            "codes": &batch.cases[1].1[..1]}),
        );
        number += 1;
    };
    assert_eq!((&refused["error"]["expected"], &refused["error"]["actual"]), (&json!(last), &json!(plus(&last, 1))));
    market.assert_alarm(&refused, "unlicensed", "low");
    assert_eq!(in_force(&market), json!(false));

    // Neither bought nor received any more; what was sold in time arrives, and goods go back.
    let (producer, wholesaler) = (market.id("producer"), market.id("wholesaler"));
    market.stuck("producer", &shipment("S4", "201", &wholesaler), &cases[5..], "licence_not_in_force");
    market.stuck("wholesaler", &receipt("E3", "102", &producer, "S3"), &cases[4..5], "licence_not_in_force");
    market.receives("pharmacy", "E1", ("wholesaler", "S2"), &boxes[..2]);
    let back: Vec<(&str, &str)> = shipment("R1", "202", &producer).into_iter().chain([("退货原因", "3")]).collect();
    market.moves("wholesaler", &back, &cases[2..3]);
    market.moves("producer", &receipt("RE1", "103", &wholesaler, "R1"), &cases[2..3]);
    market.assert_state(&cases[2..3], "blocked");

    // Renewed by the department that granted it.
    let until = plus(&last, 365);
    let renew = [
        "member",
        "change",
        "--of",
        &wholesaler,
        "--kind",
        "drug_wholesale",
        "--number",
        NUMBER,
        "--action",
        "renew",
        "--until",
        &until,
        "--basis",
        "换发",
    ];
    market.refused("wholesaler", &renew, "no_authority");
    market.done("regulator", &renew);
    assert_eq!(in_force(&market), json!(true));
    market.receives("wholesaler", "E3", ("producer", "S3"), &cases[4..5]);
    market.ships("wholesaler", "S100", "pharmacy", &batch.cases[1].1[..1]);
    market.assert_one_truth();
}

/// The wholesaler's licence gives way to one that ends on `last`.
fn replace_licence(market: &Market, last: &str) {
    let (wholesaler, from) = (market.id("wholesaler"), day(-1_000));
    market.done(
        "regulator",
        &[
            "member",
            "grant",
            "--to",
            &wholesaler,
            "--kind",
            "drug_wholesale",
            "--number",
            NUMBER,
            "--scope",
            "chemical",
            "--from",
            &from,
            "--until",
            last,
        ],
    );
    market.done(
        "regulator",
        &[
            "member",
            "change",
            "--of",
            &wholesaler,
            "--kind",
            "drug_wholesale",
            "--number",
            "新AA9910001",
            "--action",
            "revoke",
            "--basis",
            "换证",
        ],
    );
}

/// Whether the licence counts, by `member show`.
fn in_force(market: &Market) -> Value {
    market.read("/v1/status");
    let node = market.net.node(crate::market::VALIDATORS, "api");
    let shown = market.net.run(&["member", "show", &market.id("wholesaler"), "--node", &node]);
    let licences = shown.json["licences"].as_array().cloned().unwrap_or_default();
    let ours = licences.iter().find(|l| l["number"] == NUMBER).unwrap_or_else(|| panic!("{}", shown.json));
    ours["in_force"].clone()
}

/// The day of a bill's block in UTC+8.
fn day_of(bill: &Value) -> String {
    bill["block_time"].as_str().expect("a time")[..10].to_owned()
}
