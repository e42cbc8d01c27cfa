//! `POST /v1/transactions/prepare`: canonical bytes for programs without our codec, or whose key is in a 密码机.

use super::app::App;
use super::body::{self, Media};
use super::error::{ApiError, ErrorObject, Fault};
use super::{reading, rejection};
use crate::limits::JSON_BYTES_MAX;
use axum::Json;
use axum::extract::{Request, State};
use bencao_chaincode::transaction::{DocumentNumber, Mandate, TRANSACTION_VERSION};
use bencao_chaincode::{Operation, SignedTransaction, Transaction, admit};
use bencao_crypto::{KeyId, Signature};
use bencao_genesis::{OrgId, TimestampMs};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::sync::Arc;
use utoipa::ToSchema;

/// Validity of a transaction when none is asked for, milliseconds: a day.
const VALID_FOR_MS: u64 = 24 * 3_600_000;

/// What is to be signed.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PrepareRequest {
    /// On whose behalf.
    #[schema(example = "91650100MA00000016")]
    principal: String,
    /// Who signs for the principal, and under which mandate of it; the principal itself if absent.
    mandate: Option<MandateRequest>,
    /// Which key will sign, 40 hexadecimal digits.
    key_id: String,
    /// Document number, unique for the principal.
    document_no: String,
    /// Last block time at which it may be executed, RFC 3339 with +08:00; a day from now if absent.
    valid_until: Option<String>,
    /// The operation with its `type`.
    #[schema(value_type = Object)]
    operation: Value,
}

/// Under which mandate an agent signs.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MandateRequest {
    /// The agent, whose key signs.
    agent: String,
    /// Number of the mandate.
    number: String,
}

/// Bytes to sign.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Prepared {
    /// SM3 of the tagged body.
    transaction_id: String,
    /// Canonical bytes of the body, hexadecimal.
    body: String,
    /// SM2's message M, hexadecimal.
    sign_message: String,
    /// `SM3(Z ‖ M)`, hexadecimal, for devices that sign a digest.
    sm2_digest: String,
    /// State writes declared.
    writes_max: u32,
    /// RFC 3339.
    valid_until: String,
    /// What it says, in Chinese.
    summary_zh: String,
    /// What it says, in English.
    summary_en: String,
}

/// Builds the canonical body of a bill, to be signed elsewhere. Nothing is stored.
#[utoipa::path(
    post, path = "/v1/transactions/prepare", tag = "bills",
    request_body = PrepareRequest,
    responses(
        (status = 200, description = "bytes to sign", body = Prepared),
        (status = 400, description = "refused by a stateless check", body = ErrorObject),
        (status = 403, description = "unknown signer", body = ErrorObject),
        (status = 413, description = "too large", body = ErrorObject),
    )
)]
pub(crate) async fn prepare(State(app): State<Arc<App>>, request: Request) -> Result<Json<Prepared>, ApiError> {
    let (media, body) = body::read(request, |_| JSON_BYTES_MAX).await?;
    if media != Media::Json {
        return Err(ApiError::new(Fault::UnsupportedMediaType).at("content-type").expected("application/json"));
    }
    let request: PrepareRequest = body::parse_json(&body)?;
    app.read(move |app| build(app, request)).await.map(Json)
}

fn build(app: &App, request: PrepareRequest) -> Result<Prepared, ApiError> {
    let principal = OrgId::parse(&request.principal).map_err(|e| {
        ApiError::bad_request("principal", e.to_string()).actual(super::wait::shorten(&request.principal))
    })?;
    let mut key = KeyId::default();
    hex::decode_to_slice(&request.key_id, &mut key.0)
        .map_err(|_| ApiError::bad_request("key_id", "40 hexadecimal digits"))?;
    let now = app.clock.wall();
    let valid_until = match &request.valid_until {
        None => now.plus_ms(VALID_FOR_MS.min(app.facts.genesis.params.valid_until_ahead_ms)),
        Some(text) => parse_time(text).ok_or_else(|| {
            ApiError::bad_request("valid_until", "RFC 3339, such as 2026-11-24T09:30:00.000+08:00")
                .actual(super::wait::shorten(text))
        })?,
    };
    let mandate = request.mandate.map(mandate).transpose()?;
    let operation = parse_operation(request.operation)?;
    let transaction = Transaction {
        version: TRANSACTION_VERSION,
        chain: app.facts.chain,
        principal,
        key,
        mandate,
        valid_until,
        document_number: DocumentNumber(request.document_no),
        writes_max: Transaction::writes_for(&operation),
        operation,
    };
    let body = transaction.to_bytes();
    let unsigned = SignedTransaction { body, signature: Signature([0; 64]) };
    let id = unsigned.id();
    let admitted = admit(&unsigned.to_bytes(), &app.facts.genesis.limits, app.facts.chain, now);
    let admitted = admitted.map_err(|error| rejection::refused_at_the_door(error.0, Some(id)))?;
    let height = app.progress().executed.next();
    let public = reading::signing_key(app, &key, &admitted.signer, height)?.ok_or_else(|| {
        ApiError::new(Fault::UnknownSigner).at("key_id").expected(admitted.signer.to_string()).actual(key.to_string())
    })?;
    let (codes, no) = (admitted.codes, &admitted.document_number);
    Ok(Prepared {
        transaction_id: id.to_string(),
        body: hex::encode(&unsigned.body),
        sign_message: hex::encode(&admitted.message),
        sm2_digest: public.message_digest(&admitted.message).to_string(),
        writes_max: admitted.writes_max,
        valid_until: admitted.valid_until.to_string(),
        summary_zh: format!("{} 以单据号 {no} 提交 {}，共 {codes} 个追溯码", admitted.principal, admitted.operation),
        summary_en: format!(
            "{} submits {} under document number {no}, {codes} codes",
            admitted.principal, admitted.operation
        ),
    })
}

fn mandate(request: MandateRequest) -> Result<Mandate, ApiError> {
    let agent = OrgId::parse(&request.agent).map_err(|e| {
        ApiError::bad_request("mandate.agent", e.to_string()).actual(super::wait::shorten(&request.agent))
    })?;
    Ok(Mandate { agent, number: DocumentNumber(request.number) })
}

/// The operation; a code that is none is refused with its own name and place.
fn parse_operation(value: Value) -> Result<Operation, ApiError> {
    check_codes(&value)?;
    serde_json::from_value(value).map_err(|e| {
        ApiError::bad_request("operation", "an operation as documented").actual(body::shorten_reason(&e.to_string()))
    })
}

fn check_codes(operation: &Value) -> Result<(), ApiError> {
    let list = |name: &str| operation.get(name).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    for (i, code) in list("codes").iter().enumerate() {
        check_code(code, || format!("codes[{i}]"))?;
    }
    for (i, unit) in list("units").iter().enumerate() {
        for name in ["code", "parent"] {
            let code = unit.get(name).unwrap_or(&Value::Null);
            if name == "code" || !code.is_null() {
                check_code(code, || format!("units[{i}].{name}"))?;
            }
        }
    }
    Ok(())
}

fn check_code(code: &Value, field: impl Fn() -> String) -> Result<(), ApiError> {
    let text = code.as_str().ok_or_else(|| ApiError::bad_request(field(), "a trace code as a string"))?;
    match bencao_chaincode::codes::parse(text) {
        Ok(_) => Ok(()),
        Err(error) => Err(rejection::bad_code(text, error).at(field())),
    }
}

/// `YYYY-MM-DDThh:mm:ss[.mmm]+08:00`, exactly.
fn parse_time(text: &str) -> Option<TimestampMs> {
    const OFFSET: &str = "+08:00";
    let local = text.strip_suffix(OFFSET)?;
    let (date, time) = local.split_once('T')?;
    let days = bencao_genesis::CalendarDate::parse(date)?.days();
    let (clock, ms) = match time.split_once('.') {
        None => (time, 0),
        Some((clock, fraction)) if fraction.len() == 3 => (clock, digits(fraction)?),
        Some(_) => return None,
    };
    let parts: Vec<&str> = clock.split(':').collect();
    let [h, m, s] = parts.as_slice() else { return None };
    if [h, m, s].iter().any(|part| part.len() != 2) {
        return None;
    }
    let (h, m, s) = (digits(h)?, digits(m)?, digits(s)?);
    if h > 23 || m > 59 || s > 59 {
        return None;
    }
    let in_day = ((h * 60 + m) * 60 + s) * 1000 + ms;
    (u64::from(days) * 86_400_000 + in_day).checked_sub(8 * 3_600_000).map(TimestampMs)
}

fn digits(text: &str) -> Option<u64> {
    if text.bytes().all(|b| b.is_ascii_digit()) { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn instants_are_read_as_they_are_shown() {
        for ms in [0, 1_795_449_599_999, 1_795_449_600_000] {
            let t = TimestampMs(ms);
            assert_eq!(parse_time(&t.to_string()), Some(t));
        }
        assert_eq!(parse_time("2026-11-24T00:00:00+08:00"), Some(TimestampMs(1_795_449_600_000)));
        for bad in [
            "",
            "2026-11-24",
            "2026-11-24T00:00:00Z",
            "2026-11-24T00:00:00",
            "2026-11-24T24:00:00+08:00",
            "2026-11-24T00:00:00.1+08:00",
            "2026-11-24T0:00:000+08:00",
            "2026-11-24T00:00:+1+08:00",
            "1969-12-31T00:00:00+08:00",
        ] {
            assert_eq!(parse_time(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_code_that_is_none_is_named_with_its_place() {
        let name_at = |operation| {
            let error = parse_operation(operation).unwrap_err();
            (error.object.name, error.object.field.unwrap())
        };
        let good = "83857930000000000011";
        assert_eq!(name_at(json!({"type": "ship", "codes": [good, "8385"]})), ("not_a_trace_code", "codes[1]".into()));
        assert_eq!(name_at(json!({"type": "ship", "codes": [8385]})), ("bad_request", "codes[0]".into()));
        let units = json!([{"code": good, "level": 1, "parent": "x"}]);
        assert_eq!(
            name_at(json!({"type": "commission", "units": units})),
            ("not_a_trace_code", "units[0].parent".into())
        );
        assert_eq!(name_at(json!({"type": "fly", "codes": [good]})), ("bad_request", "operation".into()));
    }
}
