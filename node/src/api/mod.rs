//! The HTTP API of `docs/contract.md`: handlers, limits, typed errors for everything, OpenAPI from the handlers.

pub(crate) mod app;
pub(crate) mod bills;
pub(crate) mod blocks;
mod body;
pub(crate) mod codes;
pub mod error;
pub(crate) mod events;
pub(crate) mod governance;
mod guard;
mod journal;
pub(crate) mod lots;
mod page;
pub(crate) mod prepare;
mod proof;
pub(crate) mod reading;
pub(crate) mod recalls;
pub(crate) mod registry;
mod rejection;
pub(crate) mod reports;
pub(crate) mod serve;
pub(crate) mod status;
pub(crate) mod submit;
pub(crate) mod wait;

use app::App;
use axum::middleware;
use axum::routing::get;
use axum::{Json, Router};
use error::{ApiError, Fault};
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
        .layer(middleware::from_fn_with_state(app.clone(), guard::guard))
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
        .routes(routes!(reports::annual_report))
        .routes(routes!(registry::standard))
        .routes(routes!(registry::herb))
        .routes(routes!(registry::key_products))
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
        .routes(routes!(codes::consumer))
        .routes(routes!(lots::lot))
        .routes(routes!(lots::proof))
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
        .routes(routes!(journal::head))
        .routes(routes!(events::events))
        .routes(routes!(status::healthz))
        .routes(routes!(status::readyz))
        .routes(routes!(status::metrics_text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_path_has_a_right() {
        let (_, document) = described().split_for_parts();
        for path in document.paths.paths.keys().map(String::as_str).chain(["/", "/openapi.json"]) {
            assert!(guard::right_of(path).is_some(), "{path}");
        }
        assert_eq!(guard::right_of("/v1/everything"), None);
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
                "/v1/access-log/head",
                "/v1/alarms/{height}/{index}",
                "/v1/blocks/{height}",
                "/v1/codes/{code}",
                "/v1/codes/{code}/consumer",
                "/v1/codes/{code}/proof",
                "/v1/events",
                "/v1/gardens/{id}",
                "/v1/governance/parameters",
                "/v1/governance/proposals",
                "/v1/governance/proposals/{id}",
                "/v1/herbs/{code}",
                "/v1/households/{digest}/lots",
                "/v1/key-products",
                "/v1/law/{region}",
                "/v1/lots/{id}",
                "/v1/lots/{id}/backward",
                "/v1/lots/{id}/forward",
                "/v1/lots/{id}/proof",
                "/v1/organisations/{id}",
                "/v1/organisations/{id}/annual-report/{year}",
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
