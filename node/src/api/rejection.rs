//! Rules of the ledger as error objects.

use super::error::{ApiError, ErrorObject, Fault};
use axum::http::StatusCode;
use bencao_chaincode::receipt::Refusal;
use bencao_chaincode::rejection::{ErrorView, render, render_code_error, rule};
use bencao_chaincode::{CodeError, Rejection, TransactionId};

/// The object of a rejected receipt. `codes` are those of the bill, to say which one is meant.
pub(crate) fn object(refusal: &Refusal, transaction: &TransactionId, codes: &[String]) -> ErrorObject {
    let view = render(refusal);
    let place = view.trace_code.as_ref().and_then(|code| codes.iter().position(|c| c == code));
    let mut object = from_view(view);
    object.field = object.field.or_else(|| place.map(|i| format!("codes[{i}]")));
    object.transaction_id = Some(transaction.to_string());
    object
}

/// What a stateless check refuses: the API's own names where it has them (docs/contract.md §1).
pub(crate) fn refused_at_the_door(rejection: Rejection, transaction: Option<TransactionId>) -> ApiError {
    let fault = match &rejection {
        Rejection::Malformed {} => Some(Fault::MalformedTransaction),
        Rejection::TransactionTooLarge { .. } => Some(Fault::TooLarge),
        Rejection::WrongChain { .. } => Some(Fault::WrongChain),
        Rejection::TransactionExpired { .. } | Rejection::ValidUntilTooFar { .. } => Some(Fault::Expired),
        Rejection::BadSignature {} => Some(Fault::BadSignature),
        _ => None,
    };
    let view = render(&rejection.refusal());
    let mut error = match fault {
        Some(fault) => ApiError::new(fault),
        None => ApiError { status: StatusCode::BAD_REQUEST, object: Box::new(from_view(view.clone())) },
    };
    error.object.expected = view.expected;
    error.object.actual = view.actual;
    error.object.transaction_id = transaction.map(|id| id.to_string());
    error
}

/// A text that is not a trace code.
pub(crate) fn bad_code(text: &str, error: CodeError) -> ApiError {
    let object = from_view(render_code_error(text, error));
    ApiError { status: StatusCode::BAD_REQUEST, object: Box::new(object) }
}

fn from_view(view: ErrorView) -> ErrorObject {
    ErrorObject {
        code: view.code,
        name: rule(view.code).map_or("unknown_rule", |rule| rule.name),
        message_zh: view.message_zh,
        message_en: view.message_en,
        field: view.arguments.get("field").cloned(),
        expected: view.expected,
        actual: view.actual,
        line: None,
        retry_after_ms: None,
        transaction_id: None,
    }
}
