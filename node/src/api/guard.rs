//! Around every request: from where it comes and who asks, whether it may, how long it may take, what is counted, and what of it
//! is entered in the access log before the answer leaves.

use super::RETRY_AFTER_MS;
use super::app::App;
use super::body::SignedBody;
use super::error::{ApiError, ErrorName, Fault};
use crate::access::asker::Asker;
use crate::access::credentials::{self, Known, Presented};
use crate::access::journal::NotEntered;
use crate::access::origin::{Ends, Origin};
use crate::limits::{ANSWER_TIMEOUT, TARGET_BYTES_MAX, WAIT_MAX};
use crate::metrics::Label;
use axum::extract::{MatchedPath, Request, State};
use axum::http::header::{CACHE_CONTROL, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderName, HeaderValue, Method};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use bencao_access::journal::Query;
use bencao_access::policy::Right;
use bencao_access::request::PURPOSE;
use std::sync::Arc;

/// Header field of an answer to an authority: the signed head of the access log after its query was entered.
const ACCESS_LOG_HEAD: HeaderName = HeaderName::from_static("bencao-access-head");

/// What a path is about. A path that is not here does not exist.
pub(crate) fn right_of(path: &str) -> Option<Right> {
    Some(match path {
        "/" | "/healthz" | "/readyz" | "/openapi.json" => Right::Health,
        "/v1/status" | "/v1/validators" | "/v1/governance/parameters" => Right::Status,
        "/v1/codes/{code}/consumer" => Right::Consumer,
        "/v1/law/{region}" | "/v1/rule-sets" | "/v1/standards/{id}" | "/v1/herbs/{code}" | "/v1/key-products" => {
            Right::Law
        }
        "/v1/codes/{code}" | "/v1/codes/{code}/proof" => Right::Trace,
        "/v1/lots/{id}"
        | "/v1/lots/{id}/proof"
        | "/v1/lots/{id}/backward"
        | "/v1/lots/{id}/forward"
        | "/v1/gardens/{id}"
        | "/v1/households/{digest}/lots"
        | "/v1/products/{id}/batches/{no}/herbs" => Right::Lots,
        "/v1/transactions/{id}" | "/v1/organisations/{id}/bills/{no}" => Right::Bills,
        "/v1/transactions" | "/v1/transactions/prepare" => Right::Submit,
        "/v1/organisations/{id}"
        | "/v1/organisations/{id}/mandates/{no}"
        | "/v1/organisations/{id}/dossiers/{no}"
        | "/v1/organisations/{id}/annual-report/{year}" => Right::Registry,
        "/v1/alarms/{height}/{index}" => Right::Alarms,
        "/v1/recalls" | "/v1/recalls/{id}" => Right::Recalls,
        "/v1/blocks/{height}" | "/v1/events" => Right::Chain,
        "/v1/governance/proposals"
        | "/v1/governance/proposals/{id}"
        | "/v1/organisations/{id}/keys"
        | "/v1/organisations/{id}/key-orders/{no}" => Right::Governance,
        "/v1/access-log/head" => Right::Journal,
        "/v1/peers" => Right::Operate,
        "/metrics" => Right::Metrics,
        _ => return None,
    })
}

/// The middleware.
pub(crate) async fn guard(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let mut response = enter(&app, request, next).await;
    let headers = response.headers_mut();
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    let kind = match response.status().as_u16() {
        200..300 => "2xx",
        300..400 => "3xx",
        400..500 => "4xx",
        _ => "5xx",
    };
    app.metrics.requests.get_or_create(&Label { kind }).inc();
    response
}

async fn enter(app: &Arc<App>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let ends = *parts.extensions.get::<Ends>().expect("every connection says what its ends are");
    let origin = match Origin::of(&app.door, ends, &parts.headers, &parts.uri) {
        Ok(origin) => origin,
        Err(error) => return error.into_response(),
    };
    // A path that nothing matches shows nothing.
    let path = parts.extensions.get::<MatchedPath>();
    let right = path.map_or(Some(Right::Health), |path| right_of(path.as_str()));
    let Some(right) = right else { return ApiError::new(Fault::NotFound).into_response() };
    let known = match who(app, &parts, &origin).await {
        Ok(known) => known,
        Err(error) => return error.into_response(),
    };
    let Some(known) = known else {
        let asker = if app.door.guarded { Asker::public() } else { Asker::local() };
        let allowed = app.door.take_public(&origin, app.clock.mono_ms()).and_then(|()| asker.may(right));
        parts.extensions.insert(asker);
        return match allowed {
            Ok(()) => answer(Request::from_parts(parts, body), next).await,
            Err(error) => error.into_response(),
        };
    };
    let recorded = known.asker.is_regulator() && !right.is_public();
    let mut query = recorded.then(|| query(app, &known, &origin, &parts));
    let allowed = may(&known, right, &parts, query.as_mut());
    parts.extensions.insert(known.asker);
    if let Some(digest) = known.body {
        parts.extensions.insert(SignedBody(digest));
    }
    let response = match allowed {
        Ok(()) => answer(Request::from_parts(parts, body), next).await,
        Err(error) => error.into_response(),
    };
    match query {
        Some(query) => record(app, query, response).await,
        None => response,
    }
}

/// Who asks, if the request says so.
async fn who(app: &Arc<App>, parts: &axum::http::request::Parts, origin: &Origin) -> Result<Option<Known>, ApiError> {
    let (door, now_ms) = (&app.door, app.clock.mono_ms());
    let refused = |error: ApiError| {
        door.failed(origin, now_ms);
        error
    };
    let presented = match Presented::of(parts, origin) {
        Ok(None) => return Ok(None),
        Ok(Some(presented)) => presented,
        Err(error) => return Err(refused(error)),
    };
    door.may_try(origin, now_ms)?;
    let now = app.clock.wall();
    let identified = app.read(move |app| credentials::identify(app, &presented, now)).await;
    let known = identified.map_err(|error| match error.status.is_client_error() {
        true => refused(error),
        false => error,
    })?;
    door.take_member(&known.by, now_ms)?;
    credentials::with_mandate(known, &parts.headers).map(Some)
}

/// Whether somebody known may ask this. What an authority asks for becomes part of its entry.
fn may(
    known: &Known,
    right: Right,
    parts: &axum::http::request::Parts,
    query: Option<&mut Query>,
) -> Result<(), ApiError> {
    let purpose = credentials::purpose(&parts.headers)?;
    if let Some(query) = query {
        query.purpose = purpose.ok_or_else(|| ApiError::new(Fault::PurposeRequired).at(PURPOSE))?;
        if query.target.len() > TARGET_BYTES_MAX {
            query.target.truncate(TARGET_BYTES_MAX);
            return Err(ApiError::bad_request("path", format!("at most {TARGET_BYTES_MAX} bytes with its query")));
        }
    }
    known.by.covers(right)?;
    known.asker.may(right)
}

/// The entry of a question, as far as it is known before the answer.
fn query(app: &App, known: &Known, origin: &Origin, parts: &axum::http::request::Parts) -> Query {
    let member = known.asker.member.as_ref();
    Query {
        time: String::new(),
        height: 0,
        organisation: member.map(|m| m.id.to_string()).unwrap_or_default(),
        region: member.map(|m| m.region.to_string()).unwrap_or_default(),
        by: known.by.show(),
        address: origin.address.to_string(),
        method: parts.method.to_string(),
        // A URI is ASCII, so that it can be cut anywhere.
        target: parts.uri.path_and_query().map_or_else(|| app.facts.name.clone(), ToString::to_string),
        purpose: String::new(),
        status: 0,
        error: None,
    }
}

/// Enters a question with its outcome; the answer leaves afterwards, with a receipt.
async fn record(app: &Arc<App>, mut query: Query, mut response: Response) -> Response {
    query.time = app.clock.wall().to_string();
    query.height = app.progress().executed.0;
    query.status = response.status().as_u16();
    query.error = response.extensions().get::<ErrorName>().map(|name| name.0.to_owned());
    match app.door.journal.enter(query).await {
        Ok(Some(head)) => {
            let value = HeaderValue::from_str(&head.show()).expect("digits and colons");
            response.headers_mut().insert(ACCESS_LOG_HEAD, value);
            response
        }
        Ok(None) => response,
        Err(NotEntered::Busy) => ApiError::busy(RETRY_AFTER_MS).into_response(),
        Err(NotEntered::Unavailable) => ApiError::new(Fault::AccessLogUnavailable).into_response(),
    }
}

async fn answer(request: Request, next: Next) -> Response {
    // Longer than any documented wait: only a fault of the node takes this long.
    let limit = ANSWER_TIMEOUT + WAIT_MAX;
    let head = request.method() == Method::HEAD;
    match tokio::time::timeout(limit, next.run(request)).await {
        Ok(response) if head => response.map(|_| axum::body::Body::empty()),
        Ok(response) => response,
        Err(_) => ApiError::busy(RETRY_AFTER_MS).into_response(),
    }
}
