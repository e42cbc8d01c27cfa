//! `bencao product annual-report`: what the ledger knows of a holder's year, all parts put together.

use crate::access;
use crate::args::NodeArgs;
use crate::console::Console;
use crate::failure::{Failure, Report};
use bencao_client::api::Client;
use serde_json::Value;

/// Parts of one report: more than a holder's products of a lifetime; a node that leads on and on is given up.
const PARTS_MAX: usize = 10_000;
/// Counters that are summed from part to part.
const TOTALS: [&str; 13] = [
    "/totals/products",
    "/totals/batches",
    "/totals/released",
    "/totals/failed",
    "/totals/held",
    "/totals/declared_units",
    "/totals/units",
    "/totals/without_quantities",
    "/totals/quantities/shipped",
    "/totals/quantities/returned",
    "/totals/quantities/dispensed",
    "/totals/quantities/recovered",
    "/totals/quantities/disposed",
];

pub(crate) fn run(console: &Console, organisation: &str, year: u16, node: &NodeArgs) -> Result<Report, Failure> {
    let client = access::client(console, node)?;
    let report = whole(&client, organisation, year)?;
    let text = text(console, &report);
    Ok(Report::done(report, text))
}

fn whole(client: &Client, organisation: &str, year: u16) -> Result<Value, Failure> {
    let mut report = client.annual_report(organisation, year, None, None)?;
    for _ in 0..PARTS_MAX {
        let next = report.get("next").and_then(Value::as_str).map(str::to_owned);
        let recalls = report.get("recalls_next").and_then(Value::as_u64);
        let more = match (&next, recalls) {
            (Some(from), _) => client.annual_report(organisation, year, Some(from), None)?,
            (None, Some(before)) => client.annual_report(organisation, year, None, Some(before))?,
            (None, None) => {
                report["whole"] = Value::Bool(true);
                return Ok(report);
            }
        };
        append(&mut report, more, next.is_some());
    }
    Err(Failure::input("报告过长，节点一再给出后续部分", "the report does not end: the node leads on and on"))
}

/// Puts the next part behind what there is.
fn append(report: &mut Value, mut more: Value, products: bool) {
    let mut rows =
        |name: &str| more.get_mut(name).and_then(Value::as_array_mut).map(std::mem::take).unwrap_or_default();
    let (mut of_products, of_recalls) = (rows("products"), rows("recalls"));
    if let Some(told) = report.get_mut("products").and_then(Value::as_array_mut) {
        let continued = of_products.first().is_some_and(|row| row["continued"] == true);
        if continued && let Some(last) = told.last_mut() {
            let batches = of_products.remove(0).get_mut("batches").and_then(Value::as_array_mut).map(std::mem::take);
            if let Some(known) = last.get_mut("batches").and_then(Value::as_array_mut) {
                known.extend(batches.unwrap_or_default());
            }
        }
        told.extend(of_products);
    }
    if let Some(told) = report.get_mut("recalls").and_then(Value::as_array_mut) {
        told.extend(of_recalls);
    }
    for path in TOTALS {
        let sum = number(report, path).saturating_add(number(&more, path));
        if let Some(total) = report.pointer_mut(path) {
            *total = Value::from(sum);
        }
    }
    close(report);
    let cursor = if products { "next" } else { "recalls_next" };
    report[cursor] = more.get(cursor).cloned().unwrap_or(Value::Null);
    // The parts may be of different heights: the first and the last are told.
    report["last_height"] = more.get("height").cloned().unwrap_or(Value::Null);
}

/// What follows from the sums: recall rate = (recovered + disposed) / (shipped − returned − dispensed).
fn close(report: &mut Value) {
    let of = |name: &str| number(report, &format!("/totals/quantities/{name}"));
    let recallable = of("shipped").saturating_sub(of("returned")).saturating_sub(of("dispensed"));
    let reached = of("recovered").saturating_add(of("disposed")).min(recallable);
    let rate = reached.saturating_mul(1_000).checked_div(recallable);
    if let Some(quantities) = report.pointer_mut("/totals/quantities").and_then(Value::as_object_mut) {
        quantities.insert("recallable".into(), recallable.into());
        quantities.insert("outstanding".into(), recallable.saturating_sub(reached).into());
        quantities.insert("rate_permille".into(), rate.map_or(Value::Null, Value::from));
    }
}

fn number(value: &Value, path: &str) -> u64 {
    value.pointer(path).and_then(Value::as_u64).unwrap_or(0)
}

fn field(value: &Value, path: &str) -> String {
    match value.pointer(path) {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}

fn rows<'v>(value: &'v Value, name: &str) -> impl Iterator<Item = &'v Value> {
    value.get(name).and_then(Value::as_array).into_iter().flatten()
}

fn text(console: &Console, report: &Value) -> String {
    let mut text = format!(
        "{} {}  {} ({})  #{} {}\n",
        console.pick("药品年度报告", "annual report"),
        field(report, "/year"),
        field(report, "/organisation/name"),
        field(report, "/organisation/id"),
        field(report, "/height"),
        field(report, "/block_time"),
    );
    let filed = match report.get("filed").filter(|filed| filed.is_object()) {
        Some(filed) => format!("{}  {}", field(filed, "/document"), field(filed, "/status")),
        None => console.pick("未提交", "none").to_owned(),
    };
    text += &format!("  {}: {filed}\n", console.pick("已提交的报告", "report filed"));
    for (zh, en, name) in [("监督检查", "inspections", "inspections"), ("行政处罚", "penalties", "penalties")] {
        let of_year = field(report, &format!("/{name}"));
        let of_year = if of_year.is_empty() { "-".to_owned() } else { of_year };
        let ever = field(report, &format!("/{name}_ever"));
        text += &format!("  {}: {of_year} ({} {ever})\n", console.pick(zh, en), console.pick("累计", "ever"));
    }
    for recall in rows(report, "recalls") {
        text += &format!(
            "  {} #{}  {}  {} {}  {} {}  {}  {}\n",
            console.pick("召回", "recall"),
            field(recall, "/recall_id"),
            field(recall, console.pick("/kind_zh", "/kind")),
            console.pick("级别", "class"),
            field(recall, "/class"),
            field(recall, "/product_id"),
            field(recall, "/generic_name"),
            field(recall, console.pick("/status_zh", "/status")),
            field(recall, "/decided_at"),
        );
    }
    for row in rows(report, "products") {
        text += &product(console, row);
    }
    text + &totals(console, report)
}

fn product(console: &Console, row: &Value) -> String {
    let mut text = format!(
        "{}  {}  {}  {}\n",
        field(row, "/product/id"),
        field(row, "/product/generic_name"),
        field(row, "/product/approval_number"),
        field(row, "/producer/name"),
    );
    for contract in rows(row, "contracts") {
        text += &format!(
            "  {}: {}  {} – {}\n",
            console.pick("委托生产", "contract"),
            field(contract, "/producer/name"),
            field(contract, "/valid_from"),
            field(contract, "/valid_to"),
        );
    }
    for batch in rows(row, "batches") {
        let released = match field(batch, "/released").as_str() {
            "true" => console.pick("已放行", "released"),
            _ => console.pick("未放行", "not released"),
        };
        let holds: Vec<&str> = rows(batch, "holds").filter_map(Value::as_str).collect();
        text += &format!(
            "  {}  {} – {}  {}/{}  {released}  {}  {} {}  {} {}  {}\n",
            field(batch, "/batch_no"),
            field(batch, "/made_on"),
            field(batch, "/expires_on"),
            field(batch, "/units"),
            field(batch, "/declared_units"),
            field(batch, console.pick("/test_zh", "/test")),
            console.pick("已发出", "shipped"),
            field(batch, "/quantities/shipped"),
            console.pick("已售出/使用", "dispensed"),
            field(batch, "/quantities/dispensed"),
            holds.join(", "),
        );
    }
    text
}

fn totals(console: &Console, report: &Value) -> String {
    let scope = match report.get("whole") == Some(&Value::Bool(true)) {
        true => console.pick("合计", "totals"),
        false => console.pick("部分合计", "totals of this part"),
    };
    let rows = [
        ("品种", "products", "products"),
        ("批次", "batches", "batches"),
        ("已放行", "released", "released"),
        ("检验不合格", "failed", "failed"),
        ("锁定", "held", "held"),
        ("申报数量", "declared units", "declared_units"),
        ("赋码数量", "units", "units"),
        ("已发出", "shipped", "quantities/shipped"),
        ("已售出/使用", "dispensed", "quantities/dispensed"),
        ("已召回", "recovered", "quantities/recovered"),
    ];
    let rows =
        rows.map(|(zh, en, name)| format!("{} {}", console.pick(zh, en), field(report, &format!("/totals/{name}"))));
    format!("{scope}: {}\n", rows.join("  "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::{Lang, Output};
    use serde_json::json;

    fn part(height: u64, continued: bool, batch: &str, shipped: u64) -> Value {
        json!({"height": height, "block_time": "t", "year": 2026, "organisation": {"id": "91", "name": "示例"},
            "filed": null, "inspections": 1, "penalties": 0, "inspections_ever": 2, "penalties_ever": 0,
            "recalls": [], "recalls_next": null, "next": null, "whole": false,
            "products": [{"product": {"id": "X", "generic_name": "示例片", "approval_number": "国药准字"},
                "producer": {"name": "示例"}, "contracts": [], "continued": continued,
                "batches": [{"batch_no": batch, "made_on": "2026-01-02", "expires_on": "2028-01-01", "units": 5,
                    "declared_units": 5, "released": true, "test": "passed", "test_zh": "合格", "holds": [],
                    "quantities": {"shipped": shipped, "dispensed": 1}}]}],
            "totals": {"products": u64::from(!continued), "batches": 1, "released": 1, "failed": 0, "held": 0,
                "declared_units": 5, "units": 5, "without_quantities": 0,
                "quantities": {"shipped": shipped, "returned": 0, "dispensed": 1, "recovered": 1, "disposed": 0,
                    "recallable": shipped - 1, "outstanding": shipped - 2, "rate_permille": null}}})
    }

    #[test]
    fn parts_are_one_report_with_sums_of_all() {
        let mut report = part(7, false, "B1", 4);
        report["next"] = json!("1.2");
        append(&mut report, part(9, true, "B2", 3), true);
        assert_eq!((&report["height"], &report["last_height"], &report["next"]), (&json!(7), &json!(9), &Value::Null));
        let products = report["products"].as_array().unwrap();
        assert_eq!(products.len(), 1, "one product goes on");
        let numbers: Vec<&Value> = products[0]["batches"].as_array().unwrap().iter().map(|b| &b["batch_no"]).collect();
        assert_eq!(numbers, ["B1", "B2"]);
        let totals = &report["totals"];
        assert_eq!((&totals["products"], &totals["batches"], &totals["units"]), (&json!(1), &json!(2), &json!(10)));
        let expected = json!({"shipped": 7, "returned": 0, "dispensed": 2, "recovered": 2, "disposed": 0,
            "recallable": 5, "outstanding": 3, "rate_permille": 400});
        assert_eq!(totals["quantities"], expected);
    }

    #[test]
    fn a_report_is_read_in_both_languages() {
        let mut report = part(7, false, "B1", 4);
        report["whole"] = json!(true);
        let said = |lang| text(&Console { lang, output: Output::Text }, &report);
        let (zh, en) = (said(Lang::Zh), said(Lang::En));
        for line in [
            "已提交的报告: 未提交",
            "监督检查: 1 (累计 2)",
            "2026-01-02 – 2028-01-01  5/5  已放行  合格",
            "合计: 品种 1  批次 1",
        ] {
            assert!(zh.contains(line), "{line} in\n{zh}");
        }
        for line in
            ["report filed: none", "inspections: 1 (ever 2)", "released  passed  shipped 4", "totals: products 1"]
        {
            assert!(en.contains(line), "{line} in\n{en}");
        }
        report["whole"] = json!(false);
        assert!(text(&Console { lang: Lang::En, output: Output::Text }, &report).contains("totals of this part"));
    }
}
