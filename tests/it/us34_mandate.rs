//! A mandate used, exceeded and revoked: an agency acts for a wholesaler, a co-operative for a farmer without a key; a bank
//! is allowed to read.

use crate::harness::Said;
use crate::market::{Batch, Market, day, product, rejected, shipment, sm3};
use serde_json::{Value, json};

const X: [&str; 2] = ["8100051", "8100053"];
const Y: [&str; 2] = ["8100061", "8100063"];

fn give(agent: &str, operations: &[&str], change: impl FnOnce(&mut Value)) -> Value {
    let mut mandate = json!({"type": "give_mandate", "agent": agent, "operations": operations, "valid_from": day(-1),
        "valid_to": day(90), "document": sm3("授权委托书")});
    change(&mut mandate);
    mandate
}

/// A movement that the agency signs for `principal`.
fn by_agency(market: &Market, principal: &str, mandate: &str, fields: &[(&str, &str)], codes: &[String]) -> Said {
    let header: Vec<&str> = fields.iter().map(|(name, _)| *name).chain(["货主", "追溯码"]).collect();
    let cells: Vec<&str> = fields.iter().map(|(_, value)| *value).chain([principal, codes[0].as_str()]).collect();
    let path = market.file("by-agency.csv", &format!("{}\n{}\n", header.join(","), cells.join(",")));
    market.run("agency", &["tx", "submit", &path, "--principal", principal, "--mandate", mandate])
}

#[test]
fn a_mandate_is_used_exceeded_and_revoked() {
    let market = Market::open();
    let products = [product("X", "chemical", X, 10), product("Y", "chemical", Y, 10)];
    assert_eq!(market.registers("producer", &products).code, 0);
    let (x, y) = (Batch::new("X", "B1", X, 1, (1, 10)), Batch::new("Y", "B1", Y, 1, (1, 10)));
    for batch in [&x, &y] {
        market.make("producer", batch, &[]);
    }
    let cases = [x.cases[0].0.clone(), y.cases[0].0.clone()];
    market.ships("producer", "S1", "wholesaler", &cases);
    market.receives("wholesaler", "E1", ("producer", "S1"), &cases);
    let (boxes, others) = (&x.cases[0].1, &y.cases[0].1);
    let (wholesaler, pharmacy, agency) = (market.id("wholesaler"), market.id("pharmacy"), market.id("agency"));
    let ship =
        |number, codes: &[String]| by_agency(&market, &wholesaler, "M-1", &shipment(number, "201", &pharmacy), codes);

    // Nobody has given it yet: the agency's fault, not the principal's.
    let early = rejected(&ship("A1", &boxes[..1]), "without a mandate", "unknown_mandate");
    let alarm = market.assert_alarm(&early, "mandate_misuse", "low");
    assert_eq!(alarm["organisation"]["id"], json!(agency));
    let mandate = give(&agency, &["ship"], |m| (m["uses_max"], m["products"]) = (json!(2), json!(["X"])));
    market.may_not("wholesaler", "M-1", &give(&pharmacy, &["ship"], |_| ()), "role_not_allowed");
    market.does("wholesaler", "M-1", &mandate);

    // Used: both identities are in the history of the goods.
    assert_eq!(ship("A1", &boxes[..1]).code, 0);
    let seen = market.code(&boxes[0]);
    let last = seen["history"].as_array().and_then(|h| h.last()).cloned().unwrap_or_default();
    assert_eq!((&last["by"]["id"], &last["agent"]["id"]), (&json!(wholesaler), &json!(agency)), "{last}");
    // A refused bill uses nothing up.
    rejected(&ship("A2", &boxes[..1]), "shipped already", "in_transit");
    // Outside: another operation, another product, what is never delegated.
    let submit = |number: &str, operation: Value| {
        let request = json!({"document_no": number, "operation": operation});
        let path = market.file("outside.json", &request.to_string());
        market.run("agency", &["tx", "submit", &path, "--principal", &wholesaler, "--mandate", "M-1"])
    };
    let unpack = json!({"type": "disaggregate", "codes": [boxes[1]]});
    rejected(&submit("A2", unpack), "not in scope", "mandate_scope");
    rejected(&ship("A2", &others[..1]), "not this product", "mandate_product");
    rejected(&submit("A2", give(&agency, &["ship"], |_| ())), "a mandate for itself", "not_delegable");

    // Exceeded.
    assert_eq!(ship("A2", &boxes[1..2]).code, 0);
    let bill = rejected(&ship("A3", &boxes[2..3]), "a third use", "mandate_used_up");
    market.assert_alarm(&bill, "mandate_misuse", "low");
    let shown = market.read(&format!("/v1/organisations/{wholesaler}/mandates/M-1"));
    assert_eq!((&shown["used"], &shown["uses_max"], &shown["in_force"]), (&json!(2), &json!(2), &json!(true)));

    // Revoked.
    let revoke = json!({"type": "revoke_mandate", "number": "M-1"});
    market.may_not("agency", "V-1", &revoke, "unknown_mandate");
    market.does("wholesaler", "V-1", &revoke);
    rejected(&ship("A4", &boxes[2..3]), "revoked", "mandate_revoked");
    market.may_not("wholesaler", "V-2", &revoke, "mandate_revoked");
    let shown = market.read(&format!("/v1/organisations/{wholesaler}/mandates/M-1"));
    assert_eq!((&shown["revoked"], &shown["in_force"]), (&json!(true), &json!(false)));
    // One that begins tomorrow, and one for another principal.
    market.does("wholesaler", "M-2", &give(&agency, &["custody"], |m| m["valid_from"] = json!(day(2))));
    let later = by_agency(&market, &wholesaler, "M-2", &shipment("A5", "201", &pharmacy), &boxes[2..3]);
    rejected(&later, "not yet", "mandate_not_in_force");
    let stolen = by_agency(&market, &market.id("producer"), "M-1", &shipment("A6", "201", &wholesaler), &boxes[3..4]);
    rejected(&stolen, "another principal", "unknown_mandate");

    for_a_farmer(&market);
    for_a_bank(&market);
    market.assert_one_truth();
}

/// A farmer without a key, hosted by the co-operative, which acts in the farmer's name.
fn for_a_farmer(market: &Market) {
    let (farmer, grower) = (format!("PERSON:{}", sm3("农户")), market.id("grower"));
    let register = json!({"type": "register_participant", "id": farmer, "name": "NH-0007", "roles": ["grower"],
        "region": "654225", "consent": sm3("入社协议"), "household": sm3("户号")});
    market.may_not("wholesaler", "H-1", &register, "role_not_allowed");
    market.does("grower", "H-1", &register);
    let itself = give(&grower, &["registry", "tcm"], |m| m["participant"] = json!(farmer));
    market.does("grower", "HM-1", &itself);
    let policy = json!({"type": "submit_filing", "kind": "trace_policy", "organisation": farmer, "number": "ZS-1",
        "valid_from": day(-1), "valid_to": day(300), "document": sm3("追溯管理制度")});
    let request = json!({"document_no": "F-1", "operation": policy});
    let path = market.file("policy.json", &request.to_string());
    market.done("grower", &["tx", "submit", &path, "--principal", &farmer, "--mandate", "HM-1"]);
    let shown = market.read(&format!("/v1/organisations/{farmer}"));
    assert_eq!(
        (&shown["host"]["id"], &shown["filings"][0]["kind"]),
        (&json!(grower), &json!("trace_policy")),
        "{shown}"
    );
}

/// A bank may be allowed to read, never to act.
fn for_a_bank(market: &Market) {
    let (wholesaler, bank) = (market.id("wholesaler"), market.id("bank"));
    market.may_not("wholesaler", "BK-1", &give(&bank, &["ship"], |_| ()), "role_not_allowed");
    market.does("wholesaler", "BK-1", &give(&bank, &[], |m| m["reads"] = json!(["stock", "lots"])));
    let consent = market.read(&format!("/v1/organisations/{wholesaler}/mandates/BK-1"));
    assert_eq!((&consent["reads"], &consent["agent"]["id"]), (&json!(["stock", "lots"]), &json!(bank)));
    market.does("wholesaler", "BK-2", &json!({"type": "revoke_mandate", "number": "BK-1"}));
    assert_eq!(market.read(&format!("/v1/organisations/{wholesaler}/mandates/BK-1"))["in_force"], false);
}
