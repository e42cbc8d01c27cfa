//! Texts for people. Nothing here is hashed.

use super::rule;
use crate::codes::CodeError;
use crate::receipt::{Arg, Refusal};
use crate::rejection::Rejection;
use serde::Serialize;
use std::collections::BTreeMap;

/// A rejection as people and programs read it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct ErrorView {
    /// Stable number.
    pub code: u16,
    /// Stable name.
    pub name: String,
    /// Chinese text: what was found and what to do.
    pub message_zh: String,
    /// English text.
    pub message_en: String,
    /// The recorded or allowed value.
    pub expected: Option<String>,
    /// The claimed or found value.
    pub actual: Option<String>,
    /// The trace code of the bill that the rule is about.
    pub trace_code: Option<String>,
    /// All arguments by name.
    pub arguments: BTreeMap<String, String>,
}

/// Renders a refusal of any version: an unknown number keeps its arguments.
pub fn render(refusal: &Refusal) -> ErrorView {
    let known = rule(refusal.code);
    let fields = known.map(|r| r.fields).unwrap_or_default();
    let mut arguments = BTreeMap::new();
    for (i, arg) in refusal.args.iter().enumerate() {
        let name = fields.get(i).map_or_else(|| format!("argument_{i}"), |f| (*f).to_owned());
        arguments.insert(name, arg.to_string());
    }
    let fill = |template: &str| {
        arguments.iter().fold(template.to_owned(), |text, (name, value)| text.replace(&format!("{{{name}}}"), value))
    };
    let trace_code = refusal.args.iter().find_map(|a| match a {
        Arg::Code(code) => Some(code.to_string()),
        _ => None,
    });
    ErrorView {
        code: refusal.code,
        name: known.map_or_else(|| "unknown_rule".to_owned(), |r| r.name.to_owned()),
        message_zh: known.map_or_else(|| "规则未知，请升级客户端。".to_owned(), |r| fill(r.zh)),
        message_en: known.map_or_else(|| "Unknown rule; update the client.".to_owned(), |r| fill(r.en)),
        expected: arguments.get("expected").cloned(),
        actual: arguments.get("actual").cloned(),
        trace_code,
        arguments,
    }
}

/// Renders what the parser said about a text: `not_a_trace_code` or `check_digit`.
pub fn render_code_error(text: &str, error: CodeError) -> ErrorView {
    // A hostile text must not make a long answer.
    let shown: String = text.chars().take(64).collect();
    let rejection = match error {
        CodeError::NotATraceCode { reason } => Rejection::NotATraceCode { actual: shown, reason: reason.to_string() },
        CodeError::CheckDigit { expected, actual } => {
            Rejection::CheckDigit { code: shown, expected: expected.to_string(), actual: actual.to_string() }
        }
    };
    render(&rejection.refusal())
}
