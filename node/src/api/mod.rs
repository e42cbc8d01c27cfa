//! The HTTP API of `docs/contract.md`: handlers, limits, typed errors for everything, OpenAPI from the handlers.

pub(crate) mod app;
pub(crate) mod bills;
pub(crate) mod blocks;
mod body;
pub(crate) mod codes;
pub mod error;
pub(crate) mod events;
pub(crate) mod governance;
pub(crate) mod lots;
mod page;
pub(crate) mod prepare;
pub(crate) mod reading;
pub(crate) mod recalls;
pub(crate) mod registry;
mod rejection;
pub(crate) mod serve;
pub(crate) mod status;
pub(crate) mod submit;
pub(crate) mod wait;

use crate::limits::ANSWER_TIMEOUT;
use crate::metrics::Label;
use app::App;
use axum::extract::{Request, State};
use axum::http::header::{CACHE_CONTROL, HOST, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderValue, Method};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use error::{ApiError, Fault};
use std::net::IpAddr;
use std::sync::Arc;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// What `busy` tells a client to wait, milliseconds.
pub(crate) const RETRY_AFTER_MS: u64 = 500;

#[derive(OpenApi)]
#[openapi(info(
    title = "Bencao 本草",
    description = "Permissioned ledger for drug traceability. See docs/contract.md.",
    license(name = "Apache-2.0")
))]
struct Api;

/// Every path.
pub(crate) fn router(app: Arc<App>) -> Router {
    let (router, document) = described().split_for_parts();
    let openapi = Json(document);
    router
        .route("/openapi.json", get(move || async move { openapi.clone() }))
        .route("/", get(page::index))
        .fallback(|| async { ApiError::new(Fault::NotFound) })
        .method_not_allowed_fallback(|| async { ApiError::new(Fault::MethodNotAllowed) })
        .layer(middleware::from_fn_with_state(app.clone(), around))
        .with_state(app)
}

fn described() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::with_openapi(Api::openapi())
        .routes(routes!(submit::submit))
        .routes(routes!(prepare::prepare))
        .routes(routes!(bills::by_id))
        .routes(routes!(bills::by_number))
        .routes(routes!(registry::organisation))
        .routes(routes!(registry::mandate))
        .routes(routes!(registry::dossier))
        .routes(routes!(registry::standard))
        .routes(routes!(registry::alarm))
        .routes(routes!(registry::law))
        .routes(routes!(registry::rule_sets))
        .routes(routes!(governance::list))
        .routes(routes!(governance::show))
        .routes(routes!(governance::parameters))
        .routes(routes!(governance::validators))
        .routes(routes!(governance::keys))
        .routes(routes!(governance::key_order))
        .routes(routes!(codes::code))
        .routes(routes!(codes::proof))
        .routes(routes!(lots::lot))
        .routes(routes!(lots::backward))
        .routes(routes!(lots::forward))
        .routes(routes!(lots::batch))
        .routes(routes!(lots::garden))
        .routes(routes!(lots::household))
        .routes(routes!(blocks::block))
        .routes(routes!(recalls::list))
        .routes(routes!(recalls::show))
        .routes(routes!(status::status))
        .routes(routes!(status::peers))
        .routes(routes!(events::events))
        .routes(routes!(status::healthz))
        .routes(routes!(status::readyz))
        .routes(routes!(status::metrics_text))
}

/// Around every request: who is asked, how long it may take, what is counted.
async fn around(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let mut response = match check_host(&request) {
        Ok(()) => answer(request, next).await,
        Err(error) => error.into_response(),
    };
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

async fn answer(request: Request, next: Next) -> Response {
    // Longer than any documented wait: only a fault of the node takes this long.
    let limit = ANSWER_TIMEOUT + crate::limits::WAIT_MAX;
    let head = request.method() == Method::HEAD;
    match tokio::time::timeout(limit, next.run(request)).await {
        Ok(response) if head => response.map(|_| axum::body::Body::empty()),
        Ok(response) => response,
        Err(_) => ApiError::busy(RETRY_AFTER_MS).into_response(),
    }
}

/// A page of some website must not read this node through a name that points to loopback.
fn check_host(request: &Request) -> Result<(), ApiError> {
    let named = request.headers().get(HOST).and_then(|v| v.to_str().ok());
    let host = named.or_else(|| request.uri().authority().map(|a| a.as_str())).unwrap_or_default();
    if is_local(host) {
        return Ok(());
    }
    Err(ApiError::bad_request("host", "localhost or a loopback address").actual(wait::shorten(host)))
}

/// Whether `host`, with or without a port, is this machine. HTTP/1.0 names none.
fn is_local(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    name.is_empty() || name.eq_ignore_ascii_case("localhost") || name.parse().is_ok_and(|ip: IpAddr| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_this_machine_are_answered() {
        for host in ["", "localhost", "LOCALHOST:26657", "127.0.0.1", "127.0.0.1:80", "[::1]:26657", "[::1]"] {
            assert!(is_local(host), "{host}");
        }
        for host in ["evil.example", "evil.example:26657", "127.0.0.1.evil.example", "10.0.0.1", "[2001:db8::1]:1"] {
            assert!(!is_local(host), "{host}");
        }
    }

    #[test]
    fn the_openapi_document_has_every_path_of_the_contract() {
        let (_, document) = described().split_for_parts();
        let paths: Vec<&String> = document.paths.paths.keys().collect();
        assert_eq!(
            paths,
            [
                "/healthz",
                "/metrics",
                "/readyz",
                "/v1/alarms/{height}/{index}",
                "/v1/blocks/{height}",
                "/v1/codes/{code}",
                "/v1/codes/{code}/proof",
                "/v1/events",
                "/v1/gardens/{id}",
                "/v1/governance/parameters",
                "/v1/governance/proposals",
                "/v1/governance/proposals/{id}",
                "/v1/households/{digest}/lots",
                "/v1/law/{region}",
                "/v1/lots/{id}",
                "/v1/lots/{id}/backward",
                "/v1/lots/{id}/forward",
                "/v1/organisations/{id}",
                "/v1/organisations/{id}/bills/{no}",
                "/v1/organisations/{id}/dossiers/{no}",
                "/v1/organisations/{id}/key-orders/{no}",
                "/v1/organisations/{id}/keys",
                "/v1/organisations/{id}/mandates/{no}",
                "/v1/peers",
                "/v1/products/{id}/batches/{no}/herbs",
                "/v1/recalls",
                "/v1/recalls/{id}",
                "/v1/rule-sets",
                "/v1/standards/{id}",
                "/v1/status",
                "/v1/transactions",
                "/v1/transactions/prepare",
                "/v1/transactions/{id}",
                "/v1/validators",
            ]
        );
    }
}
