//! `bencao member`: organisations and their licences.

use crate::access;
use crate::args::{ChangeArgs, GrantArgs, MemberCommand};
use crate::console::Console;
use crate::failure::{Failure, Report};
use crate::tx;
use bencao_chaincode::transaction::Operation;
use bencao_client::bill::Planned;
use serde_json::{Value, json};

pub(crate) fn run(console: &Console, command: MemberCommand) -> Result<Report, Failure> {
    match command {
        MemberCommand::Show { id, node } => {
            let view = access::client(console, &node)?.organisation(&id)?;
            let text = text(console, &view);
            Ok(Report::done(view, text))
        }
        MemberCommand::Grant(args) => grant(console, &args),
        MemberCommand::Change(args) => change(console, &args),
    }
}

fn grant(console: &Console, args: &GrantArgs) -> Result<Report, Failure> {
    let operation = json!({
        "type": "grant_licence",
        "organisation": args.to,
        "licence": {
            "kind": args.kind, "number": args.number, "scope": args.scope, "letters": args.letters,
            "valid_from": args.from, "valid_to": args.until,
        },
    });
    let document_no = document_no(args.document_no.as_deref(), "grant", &args.to, &args.number);
    send(console, &args.sign, document_no, operation)
}

fn change(console: &Console, args: &ChangeArgs) -> Result<Report, Failure> {
    let mut operation = json!({
        "type": "change_licence",
        "organisation": args.of, "kind": args.kind, "number": args.number, "action": args.action,
        "scope": args.scope, "basis": args.basis,
    });
    if let (Some(until), Some(fields)) = (&args.until, operation.as_object_mut()) {
        fields.insert("valid_to".into(), Value::String(until.clone()));
    }
    let document_no = document_no(args.document_no.as_deref(), &args.action, &args.of, &args.number);
    send(console, &args.sign, document_no, operation)
}

fn document_no(given: Option<&str>, action: &str, organisation: &str, number: &str) -> String {
    given.map_or_else(|| format!("{action}-{organisation}-{number}"), str::to_owned)
}

/// Signs and sends one operation, written as the contract writes it.
pub(crate) fn send(
    console: &Console,
    sign: &crate::args::SignArgs,
    document_no: String,
    operation: Value,
) -> Result<Report, Failure> {
    let operation: Operation = serde_json::from_value(operation)
        .map_err(|e| Failure::input(format!("参数有误：{e}"), format!("wrong argument: {e}")))?;
    tx::send_all(console, sign, |_| Ok(vec![Planned { document_no, operation }]))
}

fn text(console: &Console, view: &Value) -> String {
    let field = |value: &Value, name: &str| match value.get(name) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Null) | None => String::new(),
        Some(other) => other.to_string(),
    };
    let list = |name: &str| view.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
    let mut text = format!("{}  {}  {}\n", field(view, "id"), field(view, "name"), field(view, "region"));
    for licence in list("licences") {
        let state = if licence.get("in_force") == Some(&Value::Bool(true)) { "✓" } else { "✗" };
        text += &format!(
            "  {state} {} {}  {} … {}\n",
            field(&licence, "name_zh"),
            field(&licence, "number"),
            field(&licence, "valid_from"),
            field(&licence, "valid_to"),
        );
    }
    for filing in list("filings") {
        let name = field(&filing, console.pick("kind_zh", "kind"));
        text += &format!("  {name} {}  {}\n", field(&filing, "number"), field(&filing, "status"));
    }
    for listing in list("listings") {
        let name = field(&listing, console.pick("list_zh", "list"));
        text += &format!("  ! {name}  {} … {}\n", field(&listing, "since"), field(&listing, "until"));
    }
    text
}
