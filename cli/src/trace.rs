//! `bencao trace`: one code, its state and history, and a proof on request.

use crate::access;
use crate::args::{Lang, TraceArgs};
use crate::console::Console;
use crate::failure::{Failure, Report};
use crate::write;
use serde_json::Value;

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
    ] {
        let value = field(path);
        if !value.is_empty() {
            text += &format!("  {}: {value}\n", console.pick(zh, en));
        }
    }
    text
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
