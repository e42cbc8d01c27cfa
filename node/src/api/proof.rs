//! Proof files as answers: of a code, of a lot (docs/contract.md §3).

use super::app::App;
use super::error::{ApiError, Fault};
use super::wait::{Wait, watch};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::http::{HeaderName, HeaderValue};
use axum::response::{IntoResponse, Response};
use bencao_chaincode::proof::About;
use bencao_consensus::AnchoredProof;
use bencao_genesis::Height;
use bencao_ledger::ProofBuildError;
use std::sync::Arc;

/// A file that proves what `look` names and covers its last event, whose height `look` says with it (0 without events) for
/// whom it concerns. `field` is the parameter that names it.
///
/// # Errors
/// `not_yet_certified` when the time to wait is over; what `look` and [`watch`] say.
pub(super) async fn covering(
    app: &Arc<App>,
    wait: Wait,
    field: &'static str,
    look: impl Fn(&App) -> Result<(About, Height), ApiError> + Clone + Send + 'static,
) -> Result<Response, ApiError> {
    let look = move |app: &App| {
        let (about, last) = look(app)?;
        let found = match app.state.status_proof(&app.blocks, about) {
            Ok(proof) if proven_height(&proof) >= last => Some(proof),
            Ok(_) | Err(ProofBuildError::NotCertified) => None,
            Err(error) => return Err(ApiError::internal(&error)),
        };
        let enough = found.is_some();
        Ok((found, enough))
    };
    let found = watch(app, wait, look).await?;
    let proof = found.ok_or_else(|| ApiError::new(Fault::NotYetCertified).at(field))?;
    Ok(file(&proof))
}

/// A header carries the results of the block before it.
fn proven_height(proof: &AnchoredProof) -> Height {
    proof.header.height.previous().unwrap_or(Height::GENESIS)
}

fn file(proof: &AnchoredProof) -> Response {
    let header = |text: String| HeaderValue::from_str(&text).expect("digits and ASCII signs");
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static("application/octet-stream")),
        (CONTENT_DISPOSITION, HeaderValue::from_static("attachment; filename=\"proof.bencao\"")),
        (HeaderName::from_static("bencao-height"), header(proven_height(proof).to_string())),
        (HeaderName::from_static("bencao-block-time"), header(proof.header.time.to_string())),
    ];
    (headers, proof.to_file()).into_response()
}
