//! `bencao trace`: one code, its state and history, and a proof on request.

use crate::access;
use crate::args::{Lang, TraceArgs};
use crate::console::Console;
use crate::failure::{Failure, Report};
use crate::write;
use serde_json::Value;

/// Days to the last day in which goods are shown as 近效期: six months, as wholesalers count.
const NEAR_EXPIRY_DAYS: std::ops::RangeInclusive<i64> = 0..=180;

pub(crate) fn run(console: &Console, args: &TraceArgs) -> Result<Report, Failure> {
    let client = access::client(console, &args.node)?;
    if args.consumer {
        let view = client.consumer(&args.code)?;
        let text = consumer(console, &view);
        return Ok(Report::done(view, text));
    }
    let proof = match &args.proof {
        Some(path) => {
            let bytes = client.proof(&args.code, args.wait)?;
            write::new_file(path, &bytes)?;
            Some((path, bytes.len()))
        }
        None => None,
    };
    let mut view = match client.code(&args.code) {
        // The proof of absence was asked for, and is written.
        Err(error) if error.is("unknown_code") && proof.is_some() => {
            let fault = error.fault().cloned().unwrap_or_default();
            serde_json::to_value(fault).map_err(|e| Failure::internal(&e))?
        }
        other => other?,
    };
    let mut text = text(console, &view);
    if let Some((path, length)) = proof {
        let shown = path.display();
        text += &match console.lang {
            Lang::Zh => format!("证明已写入 {shown}（{length} 字节）\n"),
            Lang::En => format!("proof written to {shown} ({length} bytes)\n"),
        };
        if let Some(object) = view.as_object_mut() {
            object.insert("proof_file".into(), Value::String(shown.to_string()));
            object.insert("proof_bytes".into(), Value::from(length));
        }
    }
    Ok(Report::done(view, text))
}

fn consumer(console: &Console, view: &Value) -> String {
    let field = |path: &str| view.pointer(path).map(shown).unwrap_or_default();
    let mut text = format!("{}  {}\n", field("/code"), field(console.pick("/status_zh", "/status")));
    for (zh, en, path) in [
        ("品名", "product", "/product/generic_name"),
        ("规格", "package", "/product/package"),
        ("持有人", "holder", "/holder"),
        ("生产企业", "producer", "/producer"),
        ("批号", "batch", "/batch/batch_no"),
        ("有效期至", "expires on", "/batch/expires_on"),
        ("售出次数", "sales", "/sale_count"),
        ("首次售出", "first sale", "/first_sale_time"),
        ("售出单位", "seller", "/seller"),
        ("成份", "ingredients", "/product/ingredients"),
        ("持有人地址", "holder's address", "/product/holder_address"),
        ("生产企业地址", "producer's address", "/product/producer_address"),
    ] {
        let value = field(path);
        if !value.is_empty() {
            text += &format!("  {}: {value}\n", console.pick(zh, en));
        }
    }
    text + &herbs(console, view, "origins")
}

/// 产地, 采收期, 执行标准, 保质期 of herbs; `places` is the name of the list of 产地. That the chain is not complete is
/// always said.
fn herbs(console: &Console, view: &Value, places: &str) -> String {
    let Some(herbs) = view.get("herbs").filter(|herbs| herbs.is_object()) else { return String::new() };
    let field = |value: &Value, path: &str| value.pointer(path).map(shown).unwrap_or_default();
    let list = |value: &Value, name: &str| value.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
    let mut rows = vec![(console.pick("品种", "herb"), field(herbs, "/herb/name"))];
    for origin in list(herbs, places) {
        let mut harvest: Vec<String> = ["/harvested/first", "/harvested/last"].map(|path| field(&origin, path)).into();
        harvest.dedup();
        harvest.retain(|day| !day.is_empty());
        let mut harvest = harvest.join(" – ");
        if field(&origin, "/harvest_unknown") == "true" {
            let unknown = match harvest.is_empty() {
                true => console.pick("无采收记录", "harvest not on record"),
                false => console.pick("（部分无采收记录）", " (in part not on record)"),
            };
            harvest += unknown;
        }
        let (place, region) = (field(&origin, "/place"), field(&origin, "/region"));
        rows.push((console.pick("产地", "origin"), format!("{place} {region}")));
        rows.push((console.pick("采收期", "harvested"), harvest));
    }
    let of_lots = list(herbs, "standards");
    let of_product = view.pointer("/product/standard").cloned();
    let standards = if of_lots.is_empty() { of_product.into_iter().collect() } else { of_lots };
    rows.extend(standards.iter().map(|standard| (console.pick("执行标准", "standard"), shown(standard))));
    rows.push((console.pick("保质期至", "best before"), field(herbs, "/best_before")));
    let months = field(view, "/product/shelf_life_months");
    let months = Some(months).filter(|m| !m.is_empty() && m != "0");
    let months = months.map(|m| format!("{m} {}", console.pick("个月", "months"))).unwrap_or_default();
    rows.push((console.pick("保质期", "shelf life"), months));
    let chain = match field(herbs, "/chain_incomplete").as_str() {
        "true" => console.pick("链条不完整", "incomplete"),
        _ => console.pick("链条完整", "complete"),
    };
    rows.push((console.pick("追溯链条", "chain"), chain.to_owned()));
    let rows = rows.into_iter().filter(|(_, value)| !value.is_empty());
    rows.map(|(name, value)| format!("  {name}: {value}\n")).collect()
}

fn text(console: &Console, view: &Value) -> String {
    if view.get("code").is_some_and(Value::is_number) {
        // An error object: the code was never commissioned.
        let field = |name: &str| view.get(name).map(shown).unwrap_or_default();
        let message = field(console.pick("message_zh", "message_en"));
        return format!("{message} ({} {})\n", console.pick("高度", "height"), field("actual"));
    }
    let field = |path: &str| view.pointer(path).map(shown).unwrap_or_default();
    let zh_or_en = |name: &str| console.pick(&format!("/{name}_zh"), &format!("/{name}")).to_string();
    let mut text = format!("{}  {}\n", field("/code"), field(&zh_or_en("verdict")));
    let rows = [
        ("状态", "state", zh_or_en("state")),
        ("品名", "product", "/product/generic_name".into()),
        ("规格", "package", "/product/package".into()),
        ("持有人", "holder", "/holder/name".into()),
        ("批号", "batch", "/batch/batch_no".into()),
        ("有效期至", "expires on", "/batch/expires_on".into()),
        ("持有单位", "custodian", "/custodian/name".into()),
    ];
    for (zh, en, path) in rows {
        let value = field(&path);
        if !value.is_empty() {
            text += &format!("  {}: {value}\n", console.pick(zh, en));
        }
    }
    let days = view.get("days_left").and_then(Value::as_i64);
    if let Some(days) = days.filter(|days| NEAR_EXPIRY_DAYS.contains(days)) {
        text += &format!("  {}: {days}\n", console.pick("近效期，剩余天数", "near its expiry, days left"));
    }
    text += &herbs(console, view, "places");
    if field("/truncated") == "true" {
        text += console.pick("  ……更早的记录未列出\n", "  … what was before is not listed\n");
    }
    let history = view.get("history").and_then(Value::as_array);
    for event in history.into_iter().flatten() {
        let part = |name: &str| event.pointer(name).map(shown).unwrap_or_default();
        let kind = part(console.pick("/kind_zh", "/kind"));
        text += &format!(
            "  #{:<6} {}  {kind}  {} {}  {}\n",
            part("/height"),
            part("/time"),
            part("/by/name"),
            part("/to/name"),
            part("/document_no")
        );
    }
    text
}

fn shown(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::Output;
    use serde_json::json;

    fn view(incomplete: bool) -> Value {
        json!({"code": "84000010000000000001", "status": "normal", "status_zh": "正常",
            "product": {"generic_name": "红花", "ingredients": "红花", "standard": "企业标准", "shelf_life_months": 24},
            "herbs": {"herb": null, "standards": ["《中国药典》2025年版一部"], "best_before": "2028-11-20",
                "origins": [
                    {"region": "654221", "place": "新疆额敏", "harvested": null, "harvest_unknown": true},
                    {"region": "654225", "place": "新疆裕民",
                     "harvested": {"first": "2026-08-20", "last": "2026-08-28"}, "harvest_unknown": incomplete}],
                "chain_incomplete": incomplete}})
    }

    #[test]
    fn herbs_are_told_with_their_origin_and_whether_the_chain_is_complete() {
        let console = |lang| Console { lang, output: Output::Text };
        let text = consumer(&console(Lang::Zh), &view(true));
        for line in [
            "成份: 红花",
            "产地: 新疆额敏 654221\n  采收期: 无采收记录",
            "产地: 新疆裕民 654225\n  采收期: 2026-08-20 – 2026-08-28（部分无采收记录）",
            "执行标准: 《中国药典》2025年版一部",
            "保质期至: 2028-11-20",
            "保质期: 24 个月",
            "追溯链条: 链条不完整",
        ] {
            assert!(text.contains(&format!("  {line}\n")), "{line} in\n{text}");
        }
        assert!(!text.contains("企业标准"), "that of its lots is what it was made to:\n{text}");
        let text = consumer(&console(Lang::En), &view(false));
        assert!(text.contains("  harvested: 2026-08-20 – 2026-08-28\n  standard"), "{text}");
        assert!(text.contains("  chain: complete\n"), "{text}");
    }

    #[test]
    fn what_expires_within_six_months_is_told_so() {
        let console = Console { lang: Lang::Zh, output: Output::Text };
        let told = |days: i64| text(&console, &json!({"code": "8", "days_left": days})).contains("近效期，剩余天数");
        assert_eq!([-1, 0, 180, 181].map(told), [false, true, true, false]);
    }

    #[test]
    fn a_history_that_is_cut_is_told_so() {
        let console = Console { lang: Lang::Zh, output: Output::Text };
        let told = |cut: bool| text(&console, &json!({"code": "8", "truncated": cut})).contains("更早的记录未列出");
        assert_eq!([true, false].map(told), [true, false]);
    }

    #[test]
    fn what_has_no_herbs_says_nothing_of_them() {
        let console = Console { lang: Lang::Zh, output: Output::Text };
        let mut view = view(false);
        view["herbs"] = Value::Null;
        assert!(!consumer(&console, &view).contains("链条"));
    }
}
