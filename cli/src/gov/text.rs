//! Proposals, validators, parameters and keys for people.

use crate::console::Console;
use serde_json::Value;

fn field(view: &Value, path: &str) -> String {
    match view.pointer(path) {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}

fn items<'a>(view: &'a Value, name: &str) -> impl Iterator<Item = &'a Value> {
    view.get(name).and_then(Value::as_array).into_iter().flatten()
}

/// One line an element of a list.
pub(super) fn list(console: &Console, view: &Value, name: &str, line: fn(&Console, &Value) -> String) -> String {
    items(view, name).map(|element| line(console, element)).collect()
}

/// One proposal in a line: number, kind, state, votes.
pub(super) fn line(console: &Console, view: &Value) -> String {
    format!(
        "#{}  {}  {}  {} {}/{} ({} {})  {} {}\n",
        field(view, "/motion"),
        field(view, console.pick("/kind_zh", "/kind")),
        field(view, console.pick("/status_zh", "/status")),
        console.pick("赞成", "for"),
        field(view, "/in_favour"),
        field(view, "/needed"),
        console.pick("反对", "against"),
        field(view, "/against"),
        console.pick("提案方", "by"),
        field(view, "/proposer/name"),
    )
}

/// What a proposal is to do, as JSON.
pub(super) fn content(view: &Value) -> String {
    let content = view.get("content").cloned().unwrap_or_default();
    serde_json::to_string_pretty(&content).unwrap_or_default()
}

pub(super) fn proposal(console: &Console, view: &Value) -> String {
    let rows = [
        ("事由", "reason", "/reason"),
        ("内容摘要", "content", "/content_digest"),
        ("通过条件", "needs", console.pick("/share_zh", "/share")),
        ("须监管部门赞成", "regulator's vote needed", "/regulator"),
        ("表决截止", "voting ends", "/voting_ends"),
        ("执行高度", "effective", "/effective"),
        ("办结高度", "settled at", "/settled/height"),
        ("失败原因", "failure", console.pick("/settled/failure/message_zh", "/settled/failure/message_en")),
        ("现在执行将失败", "would fail now", console.pick("/would_fail/message_zh", "/would_fail/message_en")),
    ];
    let mut text = line(console, view);
    for (zh, en, path) in rows {
        let value = match view.pointer(path) {
            Some(Value::Bool(true)) => console.pick("是", "yes").to_owned(),
            Some(Value::Bool(false)) => console.pick("否", "no").to_owned(),
            _ => field(view, path),
        };
        if !value.is_empty() {
            text += &format!("  {}: {value}\n", console.pick(zh, en));
        }
    }
    for ballot in items(view, "ballots") {
        let vote = match ballot.get("in_favour") == Some(&Value::Bool(true)) {
            true => console.pick("赞成", "for    "),
            false => console.pick("反对", "against"),
        };
        text += &format!("  {vote}  {}  #{}\n", field(ballot, "/organisation/name"), field(ballot, "/height"));
    }
    for party in items(view, "missing") {
        text += &format!("  {}  {}\n", console.pick("未投", "missing"), field(party, "/name"));
    }
    text + &content(view) + "\n"
}

pub(super) fn parameters(console: &Console, view: &Value) -> String {
    let names = |name: &str| items(view, name).map(|p| field(p, "/name")).collect::<Vec<_>>().join("、");
    let mut text = format!("{}: {}\n", console.pick("有表决权", "voters"), names("voters"));
    let resting = names("resting");
    if !resting.is_empty() {
        text += &format!("{}: {resting}\n", console.pick("表决权中止", "resting"));
    }
    for settings in items(view, "settings") {
        let version = field(settings, "/rule_version");
        text += &format!(
            "{} {}  {} {version}\n",
            console.pick("自高度", "from height"),
            field(settings, "/since"),
            console.pick("规则版本", "rules")
        );
        for (name, value) in settings.get("parameters").and_then(Value::as_object).into_iter().flatten() {
            text += &format!("  {name} = {value}\n");
        }
        for (name, value) in settings.get("approvals").and_then(Value::as_object).into_iter().flatten() {
            let regulator = match value.get("regulator") == Some(&Value::Bool(true)) {
                true => console.pick(" + 监管部门", " + regulator"),
                false => "",
            };
            text += &format!("  {name}: {}{regulator}\n", field(value, "/share"));
        }
    }
    text
}

pub(super) fn validators(console: &Console, view: &Value) -> String {
    let mut text = String::new();
    for validator in items(view, "validators") {
        let until = field(validator, "/until");
        text += &format!(
            "{}  {} {}  {}  {}  #{}{}\n",
            field(validator, "/name"),
            console.pick("权重", "power"),
            field(validator, "/power"),
            field(validator, "/organisation"),
            field(validator, "/validator_key_id"),
            field(validator, "/since"),
            if until.is_empty() { String::new() } else { format!(" … #{until}") },
        );
    }
    for node in items(view, "observers") {
        let name = console.pick("观察节点", "observer");
        text += &format!("{name}  {}  {:.16}…\n", field(node, "/organisation"), field(node, "/node_key"));
    }
    text + &format!("{} {}\n", console.pick("总权重", "total power"), field(view, "/total_power"))
}
