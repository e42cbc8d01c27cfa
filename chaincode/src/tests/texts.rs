//! Numbers, names and texts of refusals; `docs/errors.md`.

use crate::codes::parse;
use crate::receipt::{Arg, Refusal};
use crate::rejection::{CATALOGUE, render, render_code_error};
use std::fmt::Write as _;

#[test]
fn numbers_ascend_names_differ_and_texts_use_known_fields() {
    assert!(CATALOGUE.is_sorted_by(|a, b| a.code < b.code));
    let names: std::collections::BTreeSet<_> = CATALOGUE.iter().map(|r| r.name).collect();
    assert_eq!(names.len(), CATALOGUE.len());
    for rule in CATALOGUE {
        for text in [rule.zh, rule.en] {
            let mut rest = text;
            while let Some((_, tail)) = rest.split_once('{') {
                let (field, after) = tail.split_once('}').unwrap();
                assert!(rule.fields.contains(&field), "{}: {field}", rule.name);
                rest = after;
            }
            assert!(!text.is_empty());
        }
    }
}

#[test]
fn the_names_that_the_contract_fixes_exist() {
    let fixed = [
        "already_dispensed",
        "not_designated_receiver",
        "not_custodian",
        "not_released",
        "unknown_prefix",
        "code_exists",
        "document_number_taken",
        "not_a_trace_code",
        "check_digit",
    ];
    assert!(fixed.iter().all(|name| CATALOGUE.iter().any(|r| r.name == *name)));
}

#[test]
fn a_refusal_is_rendered_with_expected_and_actual() {
    let owner = super::world::org_id(0);
    let claimed = super::world::org_id(2);
    let code = super::world::box_code("B1", 1);
    let rejection = crate::Rejection::NotCustodian { code, expected: owner.clone(), actual: claimed.clone() };
    let view = render(&rejection.refusal());
    assert_eq!((view.code, view.name.as_str()), (3003, "not_custodian"));
    assert_eq!(view.expected.unwrap(), owner.to_string());
    assert_eq!(view.actual.unwrap(), claimed.to_string());
    assert!(view.message_zh.contains(owner.as_str()) && view.message_en.contains(&code.to_string()));
    let unknown = render(&Refusal { code: 8999, args: vec![Arg::Number(7)] });
    assert_eq!(unknown.arguments["argument_0"], "7");
}

#[test]
fn parser_errors_have_the_same_shape() {
    let view = |text: &str| render_code_error(text, parse(text).unwrap_err());
    assert_eq!(view("6924561884074").name, "not_a_trace_code");
    let check = view("010692456188407521A1");
    assert_eq!(
        (check.name.as_str(), check.expected.as_deref(), check.actual.as_deref()),
        ("check_digit", Some("4"), Some("5"))
    );
    assert!(view(&"x".repeat(5_000)).message_en.len() < 400);
}

/// The rows of `docs/errors.md` between its markers.
fn table() -> String {
    let mut out = String::from("| Number | Name | Arguments | 中文 | English |\n|---|---|---|---|---|\n");
    for rule in CATALOGUE {
        let fields: Vec<String> = rule.fields.iter().map(|f| format!("`{f}`")).collect();
        let cell = |text: &str| text.replace('|', "\\|");
        writeln!(
            out,
            "| {} | `{}` | {} | {} | {} |",
            rule.code,
            rule.name,
            fields.join(", "),
            cell(rule.zh),
            cell(rule.en)
        )
        .unwrap();
    }
    out
}

fn alarms() -> String {
    let mut out = String::from("| Type | Name | Level | 中文 |\n|---|---|---|---|\n");
    for kind in crate::oversight::AlarmKind::ALL {
        let level = if kind.is_high() { "high" } else { "low" };
        writeln!(out, "| {} | `{}` | {level} | {} |", kind.byte(), kind.name(), kind.name_zh()).unwrap();
    }
    out
}

#[test]
fn the_list_of_errors_is_the_list_of_rules() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/errors.md");
    let text = include_str!("../../../docs/errors.md");
    let section = |name: &str| {
        let (begin, end) = (format!("<!-- {name}: begin -->\n"), format!("<!-- {name}: end -->"));
        text.split_once(&begin).and_then(|(_, rest)| rest.split_once(&end)).map(|(body, _)| body.to_owned())
    };
    for (name, expected) in [("rules", table()), ("alarms", alarms())] {
        assert!(section(name).as_deref() == Some(expected.as_str()), "{path}, section {name} must read:\n{expected}");
    }
}
