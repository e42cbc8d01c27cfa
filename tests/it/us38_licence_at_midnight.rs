//! A wholesaler whose licence ends at midnight: on its last day everything, a moment later nothing that needs it, on either
//! side of a shipment; what needs no licence goes on, and a renewal opens the way again.

use crate::market::{Batch, Market, VALIDATORS, day, plus, product, receipt, shipment};
use serde_json::{Value, json};
use std::time::Instant;

const PREFIXES: [&str; 2] = ["8100025", "8100027"];
const KIND: &str = "drug_wholesale";
/// The licence that ends.
const NUMBER: &str = "新AA9910009";
/// Seconds of a day.
const DAY_S: u64 = 86_400;

#[test]
fn a_licence_ends_at_midnight() {
    let last = day(1);
    let licence = json!({"kind": KIND, "number": NUMBER, "scope": ["chemical"], "valid_to": last});
    let mut market = Market::with(&[json!({"name": "ending", "title": "示例到期医药公司", "id": "91650100MA0000030U",
        "region": "650100", "roles": ["wholesaler"], "licences": [licence]})]);
    let batch = Batch::new("X", "B1", PREFIXES, 1, (6, 10));
    assert_eq!(market.registers("producer", &[product("X", "chemical", PREFIXES, 10)]).code, 0);
    market.make("producer", &batch, &[]);
    let cases: Vec<String> = batch.cases.iter().map(|(case, _)| case.clone()).collect();
    let boxes = &batch.cases[0].1;
    market.ships("producer", "S1", "ending", &cases[..3]);
    market.receives("ending", "E1", ("producer", "S1"), &cases[..3]);

    // Noon of its last day.
    let begun = Instant::now();
    market.restart_at(&last, DAY_S / 2);
    let restart_s = begun.elapsed().as_secs();
    let sold = market.ships("ending", "S2", "pharmacy", &boxes[..2]);
    assert_eq!(day_of(&sold), last);
    market.ships("producer", "S2", "ending", &cases[3..4]);
    market.receives("ending", "E2", ("producer", "S2"), &cases[3..4]);
    market.ships("producer", "S3", "ending", &cases[4..5]);
    assert_eq!(in_force(&market), json!(true));

    // The nodes are up some seconds before midnight, whatever this machine needs for that.
    market.restart_at(&last, DAY_S - 2 * restart_s - 5);
    over_midnight(&market, &last, &batch.cases[1].1[0]);
    assert_eq!(in_force(&market), json!(false));

    // Neither bought nor received any more; what was sold in time arrives, and goods go back.
    let (producer, ending) = (market.id("producer"), market.id("ending"));
    let buy = market.stuck("producer", &shipment("S4", "201", &ending), &cases[5..], "licence_not_in_force");
    market.assert_alarm(&buy, "unlicensed", "low");
    let late = receipt("E3", "102", &producer, "S3");
    market.stuck("ending", &late, &cases[4..5], "licence_not_in_force");
    market.receives("pharmacy", "E1", ("ending", "S2"), &boxes[..2]);
    let back: Vec<(&str, &str)> = shipment("R1", "202", &producer).into_iter().chain([("退货原因", "3")]).collect();
    market.moves("ending", &back, &cases[2..3]);
    market.moves("producer", &receipt("RE1", "103", &ending, "R1"), &cases[2..3]);
    market.assert_state(&cases[2..3], "blocked");

    // Renewed by the department that granted it.
    let until = plus(&last, 365);
    market.refused("ending", &renew(&ending, &until), "no_authority");
    market.done("regulator", &renew(&ending, &until));
    assert_eq!(in_force(&market), json!(true));
    market.moves("ending", &late, &cases[4..5]);
    market.ships("ending", "S100", "pharmacy", &batch.cases[1].1[..1]);
    market.assert_one_truth();
}

/// Bill after bill, each judged by the time of its own block, until one is refused because of the hour.
fn over_midnight(market: &Market, last: &str, code: &String) {
    let (pharmacy, codes) = (market.id("pharmacy"), std::slice::from_ref(code));
    for number in 10.. {
        let document = format!("S{number}");
        let said = market.movement("ending", &shipment(&document, "201", &pharmacy), codes);
        let bill = &said.json["bills"][0];
        if day_of(bill) == last {
            assert_eq!(bill["status"], "applied", "{bill}");
            let cancel = json!({"type": "cancel_shipment", "shipment_no": document, "codes": codes});
            market.does("ending", &format!("U{number}"), &cancel);
            continue;
        }
        let error = &bill["error"];
        assert_eq!(error["name"], "licence_not_in_force", "{bill}");
        assert_eq!((&error["expected"], &error["actual"]), (&json!(last), &json!(plus(last, 1))), "{bill}");
        market.assert_alarm(bill, "unlicensed", "low");
        return;
    }
}

/// Arguments that renew the licence.
fn renew<'a>(of: &'a str, until: &'a str) -> [&'a str; 14] {
    [
        "member", "change", "--of", of, "--kind", KIND, "--number", NUMBER, "--action", "renew", "--until", until,
        "--basis", "换发",
    ]
}

/// Whether the licence counts, by `member show`.
fn in_force(market: &Market) -> Value {
    // The observer has executed all that was seen.
    market.read("/v1/status");
    let node = market.net.node(VALIDATORS, "api");
    let shown = market.net.run(&["member", "show", &market.id("ending"), "--node", &node]);
    let licences = shown.json["licences"].as_array().cloned().unwrap_or_default();
    let ours = licences.iter().find(|l| l["number"] == NUMBER).unwrap_or_else(|| panic!("{}", shown.json));
    ours["in_force"].clone()
}

/// The day of a bill's block in UTC+8.
fn day_of(bill: &Value) -> &str {
    &bill["block_time"].as_str().unwrap_or_else(|| panic!("no block: {bill}"))[..10]
}
