//! A vaccine: 批签发 before its release, the only way that the law leaves open, a temperature record at every receipt, and
//! the record of a vaccination.

use crate::market::{Batch, Market, product, receipt, shipment, sm3};
use serde_json::{Value, json};

const PREFIXES: [&str; 2] = ["8100031", "8100033"];

/// A receipt with the temperatures on the way.
fn cooled<'f>(receipt: [(&'f str, &'f str); 5], record: &'f str, range: [&'f str; 2]) -> Vec<(&'f str, &'f str)> {
    let mut fields = receipt.to_vec();
    fields.extend([("温度记录摘要", record), ("最低温度", range[0]), ("最高温度", range[1])]);
    fields
}

fn vaccination(number: &str) -> Vec<(&str, &str)> {
    vec![("单据编号", number), ("单据类型", "322"), ("证件类型", "5"), ("证件号", "YM-0001"), ("接种人员", "护士甲")]
}

#[test]
fn a_vaccine_is_kept_cold_from_its_lot_release_to_the_vaccination() {
    let market = Market::open();
    let batch = Batch::new("V", "V1", PREFIXES, 1, (2, 5));
    let (cases, doses): (Vec<String>, Vec<Vec<String>>) = batch.cases.iter().cloned().unzip();
    let made = market.registers("producer", &[product("V", "vaccine", PREFIXES, 5)]);
    assert_eq!(made.code, 0, "{}", made.json);

    // Made by who is licensed for vaccines, released with 批签发 only.
    let bill = crate::market::rejected(&market.commission("producer", &batch), "no vaccine licence", "out_of_scope");
    market.assert_alarm(&bill, "unlicensed", "low");
    market.grants("regulator", "producer", ("drug_production", "新20260101"), "vaccine", "As");
    assert_eq!(market.commission("producer", &batch).code, 0);
    let release = |papers: &[&str]| market.release("producer", ("V", "V1", 10), papers);
    crate::market::rejected(&release(&[]), "no 批签发", "lot_release_required");
    let file = market.file("批检验记录.txt", "合格");
    let said = release(&["--lot-release", "批签中检20260001", "--quality-file", &file]);
    assert_eq!(said.code, 0, "{}", said.json);

    // MAH → CDC; nobody else.
    let (wholesaler, clinic, cdc) = (market.id("wholesaler"), market.id("clinic"), market.id("cdc"));
    let route = market.stuck("producer", &shipment("V1", "201", &wholesaler), &cases[..1], "route_not_allowed");
    market.assert_alarm(&route, "unlicensed", "low");
    let direct = market.stuck("producer", &shipment("V1", "209", &clinic), &cases[..1], "designation_required");
    market.assert_alarm(&direct, "unlicensed", "low");
    market.moves("producer", &shipment("V1", "209", &cdc), &cases[..1]);

    kept_cold(&market, &cases[..1]);
    market.moves("cdc", &shipment("Z1", "209", &clinic), &doses[0][..3]);
    let record = sm3("运输温度记录 Z1");
    market.moves("clinic", &cooled(receipt("J1", "107", &cdc, "Z1"), &record, ["2.0", "8.0"]), &doses[0][..3]);

    vaccinated(&market, &doses[0]);
    delivered_to_whom_a_cdc_names(&market, &cases[1..]);

    // Back to its supplier, as cold as it came; it goes to nobody from quarantine.
    let mut back = shipment("R1", "202", &cdc).to_vec();
    back.push(("退货原因", "5"));
    market.moves("clinic", &back, &doses[0][1..2]);
    market.stuck("cdc", &receipt("J2", "103", &clinic, "R1"), &doses[0][1..2], "temperature_required");
    market.moves("cdc", &cooled(receipt("J2", "103", &clinic, "R1"), &record, ["3.5", "6.0"]), &doses[0][1..2]);
    market.assert_state(&doses[0][1..2], "blocked");
    market.stuck("cdc", &shipment("Z2", "209", &clinic), &doses[0][1..2], "wrong_state");
    market.assert_one_truth();
}

/// 《疫苗管理法》 Art. 39: without the full record, or out of range, nothing is received, and it is seen.
fn kept_cold(market: &Market, case: &[String]) {
    let producer = market.id("producer");
    let note = receipt("J1", "107", &producer, "V1");
    let missing = market.stuck("cdc", &note, case, "temperature_required");
    market.assert_alarm(&missing, "cold_chain", "high");
    let record = sm3("运输温度记录 V1");
    for range in [["1.9", "7.0"], ["2.5", "8.1"]] {
        let warm = market.stuck("cdc", &cooled(note, &record, range), case, "temperature_out_of_range");
        assert_eq!(warm["error"]["expected"], "2.0…8.0 °C");
        market.assert_alarm(&warm, "cold_chain", "high");
    }
    market.assert_state(case, "in_transit");
    // Half a record is a mistake of the file: nothing is sent.
    let half: Vec<(&str, &str)> = note.into_iter().chain([("最低温度", "2.5")]).collect();
    let said = market.movement("cdc", &half, case);
    assert_eq!((said.code, &said.json["field"]), (2, &json!("temperature_record_sm3")), "{}", said.json);
    market.moves("cdc", &cooled(note, &record, ["2.5", "7.9"]), case);
    assert_eq!(market.code(&case[0])["custodian"]["id"], json!(market.id("cdc")));
}

fn vaccinated(market: &Market, doses: &[String]) {
    let without: Vec<(&str, &str)> = vaccination("YM-1").into_iter().filter(|(name, _)| *name != "接种人员").collect();
    let said = market.movement("clinic", &without, &doses[..1]);
    assert_eq!((said.code, &said.json["field"]), (2, &json!("vaccinator")), "{}", said.json);
    let used = market.stuck("clinic", &[("单据编号", "YM-1"), ("单据类型", "323")], &doses[..1], "channel_forbidden");
    market.assert_alarm(&used, "forbidden_channel", "high");
    market.moves("clinic", &vaccination("YM-1"), &doses[..1]);
    let seen = market.code(&doses[0]);
    assert_eq!(
        (&seen["state"], &seen["platform_status"], &seen["sale_count"]),
        (&json!("dispensed"), &json!("O"), &json!(1))
    );
    let last = seen["history"].as_array().and_then(|h| h.last()).cloned().unwrap_or_default();
    assert_eq!((&last["kind"], &last["bill_type"]), (&json!("dispensed"), &json!(322)), "{last}");
    assert!(!seen.to_string().contains("YM-0001"), "who was vaccinated stays with the clinic");
    let second = market.stuck("clinic", &vaccination("YM-2"), &doses[..1], "already_dispensed");
    market.assert_alarm(&second, "used_elsewhere", "high");
    // What still lies with the CDC is nobody else's to give, and a clinic supplies nobody.
    market.stuck("clinic", &vaccination("YM-3"), &doses[3..4], "not_custodian");
    let cdc = market.id("cdc");
    market.stuck("clinic", &shipment("S1", "209", &cdc), &doses[1..2], "role_not_allowed");
}

/// 《疫苗管理法》 Art. 36: the holder delivers to a vaccination site that a CDC has named.
fn delivered_to_whom_a_cdc_names(market: &Market, case: &[String]) {
    let (producer, clinic, cdc) = (market.id("producer"), market.id("clinic"), market.id("cdc"));
    let named = json!({"type": "instruct", "bill_type": 209, "executor": producer, "partner": clinic,
        "valid_to": crate::market::day(30), "codes": []});
    market.may_not("hospital", "ZP-1", &named, "role_not_allowed");
    let order: Vec<(&str, &str)> = shipment("V2", "209", &clinic)
        .into_iter()
        .chain([("单据委托企业", cdc.as_str()), ("订货单编号", "ZP-1")])
        .collect();
    market.stuck("producer", &order, case, "unknown_order");
    market.does("cdc", "ZP-1", &named);
    market.moves("producer", &order, case);
    let record = sm3("运输温度记录 V2");
    market.moves("clinic", &cooled(receipt("J3", "107", &producer, "V2"), &record, ["4.0", "5.5"]), case);
    let seen: Value = market.code(&case[0]);
    assert_eq!((&seen["custodian"]["id"], &seen["state"]), (&json!(clinic), &json!("in_stock")));
}
