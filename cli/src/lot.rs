//! `bencao lot`: herbs and 饮片, from seed to slice.

use crate::access;
use crate::args::{LotArgs, LotCommand, LotShowArgs};
use crate::console::Console;
use crate::failure::{Failure, Report};
use crate::write;
use serde_json::Value;

pub(crate) fn run(console: &Console, command: &LotCommand) -> Result<Report, Failure> {
    let ask = |args: &LotArgs, part| Ok::<Value, Failure>(access::client(console, &args.node)?.lot(&args.lot, part)?);
    match command {
        LotCommand::Show(args) => show(console, args),
        LotCommand::Backward(args) => {
            let trace = ask(args, Some("backward"))?;
            let text = shown_trace(console, &trace, "←");
            Ok(Report::done(trace, text))
        }
        LotCommand::Forward(args) => {
            let trace = ask(args, Some("forward"))?;
            let text = shown_trace(console, &trace, "→");
            Ok(Report::done(trace, text))
        }
        LotCommand::Share { product, batch, node } => {
            let herbs = access::client(console, node)?.herbs(product, batch)?;
            let text = shown_share(console, &herbs);
            Ok(Report::done(herbs, text))
        }
    }
}

/// A lot, and on request the file that proves what is said of it, or that there never was one.
fn show(console: &Console, args: &LotShowArgs) -> Result<Report, Failure> {
    let client = access::client(console, &args.lot.node)?;
    let proof = match &args.proof {
        Some(path) => {
            let bytes = client.lot_proof(&args.lot.lot, args.wait)?;
            write::new_file(path, &bytes)?;
            Some((path, bytes.len()))
        }
        None => None,
    };
    let (mut view, mut text) = match client.lot(&args.lot.lot, None) {
        // The proof of absence was asked for, and is written.
        Err(error) if error.is("unknown_record") && proof.is_some() => {
            let fault = error.fault().cloned().unwrap_or_default();
            let text = format!("{}\n", console.pick("本链上从无此批次", "no such lot was ever made on this chain"));
            (serde_json::to_value(fault).map_err(|e| Failure::internal(&e))?, text)
        }
        other => {
            let view = other?;
            let text = shown_lot(console, &view);
            (view, text)
        }
    };
    if let Some((path, length)) = proof {
        let shown = path.display();
        text += &format!("{} {shown} ({length} bytes)\n", console.pick("证明已写入", "proof written to"));
        if let Some(object) = view.as_object_mut() {
            object.insert("proof_file".into(), Value::String(shown.to_string()));
            object.insert("proof_bytes".into(), Value::from(length));
        }
    }
    Ok(Report::done(view, text))
}

fn field(value: &Value, path: &str) -> String {
    match value.pointer(path) {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}

fn list<'a>(value: &'a Value, name: &str) -> impl Iterator<Item = &'a Value> {
    value.get(name).and_then(Value::as_array).into_iter().flatten()
}

/// Milligrams as kilograms, exactly: `12.345678 kg`.
fn kilograms(value: &Value, path: &str) -> String {
    let mg = value.pointer(path).and_then(Value::as_u64).unwrap_or(0);
    let text = format!("{}.{:06}", mg / 1_000_000, mg % 1_000_000);
    format!("{} kg", text.trim_end_matches('0').trim_end_matches('.'))
}

fn shown_lot(console: &Console, view: &Value) -> String {
    let mut text = format!("{}  {}", field(view, "/lot"), field(view, console.pick("/state_zh", "/state")));
    if field(view, "/chain_incomplete") == "true" {
        text += console.pick("  链条不完整", "  chain incomplete");
    }
    text.push('\n');
    let rows = [
        ("品名", "herb", field(view, "/herb/name")),
        ("基源", "species", field(view, "/herb/species")),
        ("类别", "kind", field(view, console.pick("/kind_zh", "/kind"))),
        ("饮片", "product", field(view, "/product_name")),
        ("执行标准", "standard", field(view, "/standard")),
        ("持有单位", "owner", field(view, "/owner/name")),
        ("运往", "on its way to", field(view, "/receiver/name")),
        ("日期", "made on", field(view, "/made_on")),
        ("保质期至", "best before", field(view, "/best_before")),
        ("入", "in", kilograms(view, "/balance/received")),
        ("库存", "stock", kilograms(view, "/balance/stock")),
        ("定制药园", "garden", field(view, "/claims/garden")),
        ("符合GAP", "GAP", field(view, "/claims/gap")),
        ("检验合格", "test passed", field(view, "/test/passed")),
    ];
    for (zh, en, value) in rows.iter().filter(|(_, _, value)| !value.is_empty()) {
        text += &format!("  {}: {value}\n", console.pick(zh, en));
    }
    for origin in list(view, "origins") {
        let (place, lot) = (field(origin, "/place"), field(origin, "/lot"));
        text += &format!("  {}: {place} {} {lot}\n", console.pick("产地", "origin"), field(origin, "/region"));
    }
    for level in list(view, "held") {
        let holds: Vec<&str> = list(level, "holds").filter_map(Value::as_str).collect();
        let name = field(level, console.pick("/level_zh", "/level"));
        text += &format!("  {}: {name} {}\n", console.pick("冻结级别", "freeze level"), holds.join(", "));
    }
    for hold in list(view, "holds") {
        let reason = field(hold, console.pick("/reason_zh", "/reason"));
        text += &format!("  {}: {reason} {}\n", console.pick("锁定", "held"), field(hold, "/lot"));
    }
    if field(view, "/truncated") == "true" {
        text += console.pick("  ……更早的记录未列出\n", "  … what was before is not listed\n");
    }
    for event in list(view, "history") {
        let kind = field(event, console.pick("/kind_zh", "/kind"));
        let weight = match event.get("weight_mg").and_then(Value::as_u64) {
            Some(mg) if mg > 0 => kilograms(event, "/weight_mg"),
            _ => String::new(),
        };
        text += &format!(
            "  #{:<6} {}  {kind}  {weight}  {} {}  {}\n",
            field(event, "/height"),
            field(event, "/time"),
            field(event, "/by/name"),
            field(event, "/into"),
            field(event, "/document_no")
        );
    }
    text
}

fn shown_trace(console: &Console, trace: &Value, arrow: &str) -> String {
    let mut text = String::new();
    for lot in list(trace, "lots") {
        let depth = lot.get("depth").and_then(Value::as_u64).unwrap_or(0);
        let indent = "  ".repeat(usize::try_from(depth).unwrap_or(0).min(20));
        let incomplete = match field(lot, "/chain_incomplete").as_str() {
            "true" => console.pick("  链条不完整", "  chain incomplete"),
            _ => "",
        };
        text += &format!(
            "{indent}{}  {} {}  {} {}  {}{incomplete}\n",
            field(lot, "/lot"),
            field(lot, "/herb"),
            field(lot, console.pick("/kind_zh", "/kind")),
            field(lot, "/made_on"),
            field(lot, "/region"),
            field(lot, "/owner/name")
        );
        for other in list(lot, "lots") {
            text += &format!("{indent}  {arrow} {}  {}\n", field(other, "/lot"), kilograms(other, "/weight_mg"));
        }
        for batch in list(lot, "batches") {
            let (product, number) = (field(batch, "/product_id"), field(batch, "/batch_no"));
            text += &format!("{indent}  {arrow} {product} {number}  {}\n", kilograms(batch, "/weight_mg"));
        }
        if field(lot, "/truncated") == "true" {
            text += &format!("{indent}  {arrow} {}\n", console.pick("……未全部列出", "… not all are listed"));
        }
    }
    if field(trace, "/truncated") == "true" {
        text += console.pick("……批次或去向过多，未全部列出\n", "… more follows than is listed\n");
    }
    text
}

fn shown_share(console: &Console, herbs: &Value) -> String {
    let mut text = format!(
        "{}: {} / {}\n",
        console.pick("定制药园药材", "from gardens"),
        kilograms(herbs, "/garden_mg"),
        kilograms(herbs, "/total_mg")
    );
    if field(herbs, "/chain_incomplete") == "true" {
        text += console.pick("  链条不完整\n", "  chain incomplete\n");
    }
    for place in list(herbs, "places") {
        let (name, region) = (field(place, "/place"), field(place, "/region"));
        let days = ["/harvested/first", "/harvested/last"].map(|path| field(place, path)).join(" – ");
        let days =
            if days.len() > 3 { format!("  {} {days}", console.pick("采收期", "harvested")) } else { String::new() };
        text += &format!("  {}: {name} {region}{days}\n", console.pick("产地", "origin"));
    }
    for input in list(herbs, "inputs") {
        text += &format!("  ← {}  {}\n", field(input, "/lot"), kilograms(input, "/weight_mg"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn milligrams_are_shown_as_kilograms_without_rounding() {
        let value = serde_json::json!({"a": 12_345_678_u64, "b": 90_000_000_u64, "c": 1_u64, "d": 0});
        let shown = ["/a", "/b", "/c", "/d"].map(|path| kilograms(&value, path));
        assert_eq!(shown, ["12.345678 kg", "90 kg", "0.000001 kg", "0 kg"]);
    }
}
