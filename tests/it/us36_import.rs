//! Imported drugs: received with 通关单 and declaration only, released with their papers by who is responsible for them here,
//! turned away at the border, and then returned or destroyed.

use crate::market::{Batch, Market, day, product, receipt, rejected, shipment, sm3};
use serde_json::{Value, json};

const PILLS: [&str; 2] = ["8100071", "8100073"];
const SERUM: [&str; 2] = ["8100081", "8100083"];

/// A receipt with the papers of an import.
fn cleared<'f>(number: &'f str, from: &'f str, shipped: &'f str) -> Vec<(&'f str, &'f str)> {
    let mut fields = receipt(number, "102", from, shipped).to_vec();
    fields.extend([("报关单号", "940320260000000001"), ("通关单号", "乌关药2026-17"), ("口岸", "阿拉山口")]);
    fields
}

#[test]
fn an_imported_drug_comes_in_with_its_papers_or_goes_back() {
    let market = Market::open();
    let imported = |id: &str, class: &str, number: &str, prefixes| {
        let mut product = product(id, class, prefixes, 5);
        product["approval_number"] = json!(number);
        product
    };
    let products = [
        imported("IC", "chemical", "国药准字HJ20260001", PILLS),
        imported("IB", "biological", "国药准字SJ20260002", SERUM),
    ];
    let made = market.registers("foreign-holder", &products);
    assert_eq!(made.code, 0, "{}", made.json);
    filed(&market);

    // Made and released abroad, where there are no papers of an import yet.
    let batch = Batch::new("IC", "K1", PILLS, 1, (4, 5));
    market.make("foreign-holder", &batch, &[]);
    let cases: Vec<String> = batch.cases.iter().map(|(case, _)| case.clone()).collect();
    let to_importer = market.id("importer");
    market.stuck("foreign-holder", &shipment("I1", "201", &to_importer), &cases, "responsible_required");
    let serum = Batch::new("IB", "S1", SERUM, 1, (1, 5));
    named(&market, &to_importer, &serum);
    market.ships("foreign-holder", "I1", "importer", &cases);

    // 《药品管理法》 Art. 64: no papers, no receipt, whoever asks.
    let (abroad, importer) = (market.id("foreign-holder"), market.id("importer"));
    market.stuck("importer", &receipt("E1", "102", &abroad, "I1"), &cases[..1], "import_papers_required");
    let forged = market.stuck("wholesaler", &cleared("E1", &abroad, "I1"), &cases[..1], "not_designated_receiver");
    market.assert_alarm(&forged, "forged_receipt", "high");
    let half: Vec<(&str, &str)> =
        cleared("E1", &abroad, "I1").into_iter().filter(|(name, _)| *name != "口岸").collect();
    let said = market.movement("importer", &half, &cases[..1]);
    assert_eq!((said.code, &said.json["field"]), (2, &json!("port")), "{}", said.json);
    market.moves("importer", &cleared("E1", &abroad, "I1"), &cases[..1]);
    market.ships("importer", "S1", "hospital", &batch.cases[0].1[..2]);
    market.receives("hospital", "E1", ("importer", "S1"), &batch.cases[0].1[..2]);

    turned_away(&market, &cases, (&abroad, &importer));
    responsible_here(&market, &importer, &serum);
    market.assert_one_truth();
}

/// Customs keeps the registers of who sends from abroad and who receives here.
fn filed(market: &Market) {
    let entry = |kind: &str, organisation: &str, number: &str| {
        json!({"type": "submit_filing", "kind": kind, "organisation": organisation, "number": number,
            "valid_from": day(-1), "valid_to": day(900)})
    };
    let (abroad, importer) = (market.id("foreign-holder"), market.id("importer"));
    let consignee = entry("domestic_consignee", &importer, "XJ-SHR-1");
    market.may_not("importer", "B0", &consignee, "no_authority");
    market.does("customs", "B1", &consignee);
    let mut exporter = entry("foreign_exporter", &abroad, "XJ-CKS-1");
    exporter["related"] = json!(importer);
    market.does("customs", "B2", &exporter);
    let shown = market.read(&format!("/v1/organisations/{abroad}"));
    assert_eq!(shown["filings"][0]["kind"], "foreign_exporter", "{shown}");
}

/// 进口药品不合格: by customs or by the consignee; 退运 to who sent it, or 销毁 by two persons.
fn turned_away(market: &Market, cases: &[String], (abroad, importer): (&str, &str)) {
    let reject = |codes: &[String]| {
        json!({"type": "reject_import", "sender": abroad, "shipment_no": "I1", "declaration": "940320260000000001",
            "reason": "口岸检验含量不合格", "report": sm3("口岸检验报告"), "codes": codes})
    };
    market.may_not("hospital", "J0", &reject(&cases[1..2]), "not_designated_receiver");
    market.does("customs", "J1", &reject(&cases[1..2]));
    market.does("importer", "J1", &reject(&cases[2..3]));
    for case in &cases[1..3] {
        let seen = market.code(case);
        assert_eq!((&seen["state"], &seen["holds"]), (&json!("blocked"), &json!(["import_rejected"])), "{seen}");
        assert_eq!(seen["custodian"]["id"], json!(importer));
    }
    // It is not let in by another door.
    market.stuck("importer", &cleared("E2", abroad, "I1"), &cases[1..2], "not_in_shipment");
    let hospital = market.id("hospital");
    market.stuck("importer", &shipment("S2", "201", &hospital), &cases[1..2], "wrong_state");
    let accept = json!({"type": "quality_accept", "record": sm3("验收记录"), "codes": &cases[1..2]});
    market.may_not("importer", "Q1", &accept, "held");

    // 退运
    let wholesaler = market.id("wholesaler");
    let back = |to| shipment("R1", "202", to).into_iter().chain([("退货原因", "6")]).collect::<Vec<_>>();
    let bill = market.stuck("importer", &back(&wholesaler), &cases[1..2], "not_supplier");
    market.assert_alarm(&bill, "foreign_return", "high");
    market.moves("importer", &back(abroad), &cases[1..2]);
    market.moves("foreign-holder", &receipt("E1", "103", importer, "R1"), &cases[1..2]);
    assert_eq!(market.code(&cases[1])["custodian"]["id"], json!(abroad));

    // 销毁
    let destroy = |supervisor: &str| {
        json!({"type": "destroy", "bill_type": 205, "reason": 4, "executor": sm3("执行人"), "supervisor": sm3(supervisor),
            "codes": &cases[2..3]})
    };
    market.may_not("importer", "X1", &destroy("执行人"), "same_person");
    market.does("importer", "X1", &destroy("监督人"));
    market.assert_state(&cases[2..3], "destroyed");
    let bill = market.read(&format!("/v1/organisations/{abroad}/bills/I1"));
    let counts = ["shipped", "received", "outstanding"].map(|name| bill["shipment"][name].as_u64());
    assert_eq!(counts, [Some(4), Some(3), Some(1)], "one case is still on its way: {bill}");
}

/// 《药品管理法》 Art. 38: before anything of it comes in, the holder abroad names who is responsible here.
fn named(market: &Market, importer: &str, batch: &Batch) {
    rejected(&market.commission("importer", batch), "not yet responsible", "not_producer");
    let name = json!({"type": "name_responsible", "organisation": importer, "authorisation": sm3("授权书")});
    market.may_not("producer", "N1", &name, "not_abroad");
    market.does("foreign-holder", "N1", &name);
}

/// That organisation releases with 通关单, and a biological with the inspection report of the port (Art. 64, 68).
fn responsible_here(market: &Market, importer: &str, batch: &Batch) {
    let said = market.commission("importer", batch);
    assert_eq!(said.code, 0, "{}", said.json);
    let release = |papers: &[&str]| market.release("importer", ("IB", "S1", 5), papers);
    rejected(&release(&[]), "no 通关单", "import_clearance_required");
    let papers =
        ["--clearance", "乌关药2026-18", "--port", "阿拉山口", "--declaration", "940320260000000002", "--origin", "KZ"];
    rejected(&release(&papers), "not inspected", "import_inspection_required");
    let report = market.file("口岸检验报告.txt", "合格");
    let said = release(&[&papers[..], &["--inspection", &report]].concat());
    assert_eq!(said.code, 0, "{}", said.json);
    let seen: Value = market.code(&batch.cases[0].1[0]);
    assert_eq!((&seen["state"], &seen["custodian"]["id"]), (&json!("in_stock"), &json!(importer)), "{seen}");
    let bill = said.json["bills"][0].clone();
    market.assert_event(&bill, "imported");
}
