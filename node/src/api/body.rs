//! Reading request bodies within their limits, and JSON with errors that say where.

use super::error::{ApiError, Fault};
use super::wait::shorten;
use crate::limits::READ_TIMEOUT;
use axum::body::Bytes;
use axum::extract::{FromRequestParts, Query, Request};
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::request::Parts;
use bencao_crypto::{Digest, sm3};
use http_body_util::{BodyExt as _, Limited};
use serde::de::DeserializeOwned;

/// What a body claims to be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Media {
    /// `application/json`
    Json,
    /// `application/octet-stream`
    Bytes,
}

impl Media {
    fn of(request: &Request) -> Result<Media, ApiError> {
        let claimed = request.headers().get(CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
        match claimed.split(';').next().unwrap_or_default().trim().to_ascii_lowercase().as_str() {
            "application/json" => Ok(Media::Json),
            "application/octet-stream" => Ok(Media::Bytes),
            _ => Err(ApiError::new(Fault::UnsupportedMediaType).at("content-type").actual(shorten(claimed))),
        }
    }
}

/// What the body of a signed request must be: goes with the request inside the node.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct SignedBody(pub(crate) Digest);

/// The body of a request: at most `limit(media)` bytes, in time.
///
/// # Errors
/// `unsupported_media_type`, `too_large`, `bad_request` for a body that breaks off, `body_changed`.
pub(crate) async fn read(request: Request, limit: impl Fn(Media) -> usize) -> Result<(Media, Bytes), ApiError> {
    let media = Media::of(&request)?;
    let limit = limit(media);
    let signed = request.extensions().get::<SignedBody>().copied();
    let too_large = || ApiError::new(Fault::TooLarge).at("body").expected(format!("at most {limit} bytes"));
    let announced = request.headers().get(CONTENT_LENGTH).and_then(|v| v.to_str().ok()).and_then(|v| v.parse().ok());
    if announced.is_some_and(|length: u64| length > limit as u64) {
        return Err(too_large());
    }
    let broken = || ApiError::bad_request("body", "a whole body within 10 seconds");
    let collected = tokio::time::timeout(READ_TIMEOUT, Limited::new(request.into_body(), limit).collect()).await;
    let body = match collected.map_err(|_| broken())? {
        Ok(body) => body.to_bytes(),
        Err(e) if e.is::<http_body_util::LengthLimitError>() => return Err(too_large()),
        Err(_) => return Err(broken()),
    };
    match signed {
        Some(SignedBody(digest)) if sm3(&body) != digest => Err(ApiError::new(Fault::BodyChanged).at("content-digest")),
        _ => Ok((media, body)),
    }
}

/// JSON of the documented shape.
///
/// # Errors
/// `bad_request` with line and field.
pub(crate) fn parse_json<T: DeserializeOwned>(body: &[u8]) -> Result<T, ApiError> {
    serde_json::from_slice(body).map_err(|e| {
        let mut error = ApiError::bad_request("body", "JSON as documented").actual(shorten_reason(&e.to_string()));
        error.object.line = Some(e.line() as u64).filter(|line| *line > 0);
        error
    })
}

/// A parser's reason; long enough to name all expected fields.
pub(crate) fn shorten_reason(text: &str) -> String {
    const CHARS_MAX: usize = 300;
    text.chars().take(CHARS_MAX).collect()
}

/// The query of a request; anything undocumented in it is `bad_request`.
pub(crate) struct Parameters<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Parameters<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        match Query::<T>::from_request_parts(parts, state).await {
            Ok(Query(value)) => Ok(Parameters(value)),
            Err(e) => {
                Err(ApiError::bad_request("query", "parameters as documented").actual(shorten_reason(&e.body_text())))
            }
        }
    }
}

/// A path parameter as UTF-8 text.
pub(crate) struct PathText<T>(pub(crate) T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for PathText<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        match axum::extract::Path::<T>::from_request_parts(parts, state).await {
            Ok(axum::extract::Path(value)) => Ok(PathText(value)),
            Err(e) => Err(ApiError::bad_request("path", "a path as documented").actual(shorten_reason(&e.body_text()))),
        }
    }
}
