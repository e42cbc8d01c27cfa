//! `GET /v1/access-log/head`: how the access log ends, signed by the node, for whoever wants to prove later that it was there.

use super::RETRY_AFTER_MS;
use super::app::App;
use super::error::{ApiError, ErrorObject, Fault};
use crate::access::journal::NotEntered;
use axum::Json;
use axum::extract::State;
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;

/// The end of the access log.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct HeadObject {
    /// Entries so far.
    entries: u64,
    /// Link of the last, 64 hexadecimal digits; zeros if there is none.
    link: String,
    /// The node key that signed, 128 hexadecimal digits.
    key: String,
    /// Over the head, 128 hexadecimal digits.
    signature: String,
    /// The four joined by colons, as `bencao access-log verify --head` takes it.
    head: String,
}

/// The signed head of the access log.
#[utoipa::path(
    get, path = "/v1/access-log/head", tag = "node",
    responses(
        (status = 200, description = "the head", body = HeadObject),
        (status = 503, description = "the log is out of use", body = ErrorObject),
    )
)]
pub(crate) async fn head(State(app): State<Arc<App>>) -> Result<Json<HeadObject>, ApiError> {
    let signed = app.door.journal.head().await.map_err(|error| match error {
        NotEntered::Busy => ApiError::busy(RETRY_AFTER_MS),
        NotEntered::Unavailable => ApiError::new(Fault::AccessLogUnavailable),
    })?;
    let signed = signed.ok_or_else(|| ApiError::new(Fault::NotReady))?;
    Ok(Json(HeadObject {
        entries: signed.head.entries,
        link: signed.head.link.to_string(),
        key: signed.key.to_string(),
        signature: hex::encode(signed.signature.0),
        head: signed.show(),
    }))
}
