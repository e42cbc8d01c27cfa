//! Taking bills: `POST /v1/transactions` and `…/prepare` (docs/contract.md §2).

use super::app::App;
use super::bills::{self, TransactionObject};
use super::body::{self, Media};
use super::error::{ApiError, ErrorObject, Fault};
use super::rejection;
use crate::bills::Pending;
use crate::host::inputs::Submission;
use axum::Json;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use bencao_chaincode::{Admitted, SignedTransaction, TransactionId, admit};
use bencao_crypto::{Signature, VerifyItem};
use bencao_replica::{Refusal, SubmitOutcome};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use tokio::sync::mpsc::{self, error::TrySendError};
use tokio::sync::oneshot;
use utoipa::ToSchema;

/// What `prepare` gave, and a signature.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SignedBody {
    /// Canonical body, hexadecimal.
    pub(crate) body: String,
    /// `r ‖ s`, 128 hexadecimal digits.
    pub(crate) signature: String,
}

/// A bill that is durable here.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Accepted {
    /// Name of the transaction.
    pub(crate) transaction_id: String,
    /// On whose behalf.
    pub(crate) principal: String,
    /// Document number.
    pub(crate) document_no: String,
    /// `pending`
    pub(crate) status: &'static str,
    /// `this_node`
    pub(crate) durable: &'static str,
    /// Name of this node.
    pub(crate) node: String,
    /// What that means, in Chinese.
    pub(crate) message_zh: &'static str,
    /// What that means, in English.
    pub(crate) message_en: &'static str,
}

/// Bytes of the signed form beside the body: length and signature.
const ENVELOPE_BYTES: usize = 8 + 64;

/// Sends a signed transaction. Sending one again is always safe: its id is its content.
#[utoipa::path(
    post, path = "/v1/transactions", tag = "bills",
    request_body(content(
        (SignedBody = "application/json"),
        (Vec<u8> = "application/octet-stream"),
    )),
    responses(
        (status = 202, description = "durable in this node's ingress log", body = Accepted),
        (status = 200, description = "final already", body = TransactionObject),
        (status = 400, description = "refused by a stateless check", body = ErrorObject),
        (status = 403, description = "unknown signer", body = ErrorObject),
        (status = 413, description = "too large", body = ErrorObject),
        (status = 503, description = "busy or not ready; nothing was taken", body = ErrorObject),
    )
)]
pub(crate) async fn submit(State(app): State<Arc<App>>, request: Request) -> Result<Response, ApiError> {
    let bytes_max = app.facts.genesis.limits.transaction_bytes_max as usize;
    let limit = |media| match media {
        Media::Bytes => bytes_max,
        Media::Json => 2 * bytes_max + 1024,
    };
    let (media, body) = body::read(request, limit).await?;
    let bytes = match media {
        Media::Bytes => body.to_vec(),
        Media::Json => assemble(body::parse_json(&body)?, bytes_max)?,
    };
    let (admitted, bytes, earlier) = app.read(move |app| check(app, bytes)).await?;
    match earlier {
        Some(settled) => Ok((StatusCode::OK, Json(settled)).into_response()),
        None => enqueue(&app, admitted, bytes).await,
    }
}

fn assemble(signed: SignedBody, bytes_max: usize) -> Result<Vec<u8>, ApiError> {
    if signed.body.len() / 2 + ENVELOPE_BYTES > bytes_max {
        return Err(ApiError::new(Fault::TooLarge).at("body").expected(format!("at most {bytes_max} bytes")));
    }
    let body = hex::decode(&signed.body).map_err(|_| ApiError::bad_request("body", "hexadecimal digits"))?;
    let mut signature = [0; 64];
    hex::decode_to_slice(&signed.signature, &mut signature)
        .map_err(|_| ApiError::bad_request("signature", "128 hexadecimal digits"))?;
    Ok(SignedTransaction { body, signature: Signature(signature) }.to_bytes())
}

/// Everything that needs no queue: form, signer, signature, and whether it is final already.
fn check(app: &App, bytes: Vec<u8>) -> Result<(Admitted, Vec<u8>, Option<TransactionObject>), ApiError> {
    let genesis = &app.facts.genesis;
    let admitted = admit(&bytes, &genesis.limits, app.facts.chain, app.clock.wall());
    let admitted = admitted.map_err(|error| rejection::refused_at_the_door(error.0, transaction_id(&bytes)))?;
    if let Some(object) = bills::settled(app, &admitted.id)? {
        return Ok((admitted, bytes, Some(object)));
    }
    check_signer(app, &admitted)?;
    Ok((admitted, bytes, None))
}

/// The id, if there is a body to take it from.
fn transaction_id(bytes: &[u8]) -> Option<TransactionId> {
    bencao_crypto::decode::<SignedTransaction>(bytes, bytes.len()).ok().map(|signed| signed.id())
}

/// The key must count for its organisation at the next height; execution looks again.
fn check_signer(app: &App, admitted: &Admitted) -> Result<(), ApiError> {
    let height = app.progress().executed.next();
    let unknown = || {
        ApiError::new(Fault::UnknownSigner)
            .expected(admitted.signer.to_string())
            .actual(admitted.key_id.to_string())
            .transaction(admitted.id)
    };
    let key = super::reading::signing_key(app, &admitted.key_id, &admitted.signer, height)?.ok_or_else(unknown)?;
    let item = VerifyItem { key, message: admitted.message.clone(), signature: admitted.signature };
    if app.keys.verify(&item) { Ok(()) } else { Err(ApiError::new(Fault::BadSignature).transaction(admitted.id)) }
}

/// Into the main loop's queue, and back when the ingress log is durable.
async fn enqueue(app: &Arc<App>, admitted: Admitted, bytes: Vec<u8>) -> Result<Response, ApiError> {
    let id = admitted.id;
    if app.room.is_exhausted() || app.stop.is_requested() {
        return Err(ApiError::new(Fault::NotReady).transaction(id));
    }
    let (reply, answer) = oneshot::channel();
    let submission = Submission { id, bill: Pending::of(&admitted), transaction: Arc::new(bytes), reply };
    offer(&app.submissions, submission).map_err(|error| error.transaction(id))?;
    let Ok(outcome) = answer.await else { return Err(ApiError::new(Fault::NotReady).transaction(id)) };
    match outcome {
        SubmitOutcome::Accepted | SubmitOutcome::AlreadyPending => Ok(accepted(app, &admitted)),
        SubmitOutcome::Refused(Refusal::Busy { retry_after_ms }) => Err(ApiError::busy(retry_after_ms).transaction(id)),
        SubmitOutcome::Refused(Refusal::Malformed) => Err(ApiError::new(Fault::MalformedTransaction).transaction(id)),
        SubmitOutcome::Refused(Refusal::Expired) => Err(ApiError::new(Fault::Expired)
            .expected("valid_until after the last block's time")
            .actual(admitted.valid_until.to_string())
            .transaction(id)),
        SubmitOutcome::Refused(Refusal::Diverged) => Err(ApiError::new(Fault::NotReady).transaction(id)),
    }
}

/// Into the queue or back to the client at once: nobody waits for room.
fn offer(queue: &mpsc::Sender<Submission>, submission: Submission) -> Result<(), ApiError> {
    match queue.try_send(submission) {
        Ok(()) => Ok(()),
        Err(TrySendError::Full(_)) => Err(ApiError::busy(super::RETRY_AFTER_MS)),
        Err(TrySendError::Closed(_)) => Err(ApiError::new(Fault::NotReady)),
    }
}

fn accepted(app: &App, admitted: &Admitted) -> Response {
    let body = Accepted {
        transaction_id: admitted.id.to_string(),
        principal: admitted.principal.to_string(),
        document_no: admitted.document_number.to_string(),
        status: "pending",
        durable: "this_node",
        node: app.facts.name.clone(),
        message_zh: "已落盘于本节点；在批次扩散到其他节点之前，该承诺依赖本节点的磁盘。",
        message_en: "Stored on this node's disk; until its batch has spread, the promise depends on this disk.",
    };
    (StatusCode::ACCEPTED, Json(body)).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_queue_is_busy_at_once_and_a_closed_one_not_ready() {
        let submission = || Submission {
            id: TransactionId::default(),
            bill: crate::bills::tests::bill(1).1,
            transaction: Arc::default(),
            reply: oneshot::channel().0,
        };
        let (queue, waiting) = mpsc::channel(2);
        assert_eq!(offer(&queue, submission()), Ok(()));
        assert_eq!(offer(&queue, submission()), Ok(()));
        let busy = offer(&queue, submission()).unwrap_err();
        assert_eq!((busy.status, busy.object.name), (StatusCode::SERVICE_UNAVAILABLE, "busy"));
        assert_eq!(busy.object.retry_after_ms, Some(crate::api::RETRY_AFTER_MS));
        drop(waiting);
        assert_eq!(offer(&queue, submission()).unwrap_err().object.name, "not_ready");
    }
}
