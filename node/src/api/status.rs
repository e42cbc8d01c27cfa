//! `GET /v1/status`, `/v1/peers`, `/healthz`, `/readyz`, `/metrics`.

use super::app::{App, behind};
use super::error::{ApiError, ErrorObject, Fault};
use crate::host::clock;
use crate::metrics;
use axum::Json;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use bencao_crypto::x509::Validity;
use bencao_genesis::TimestampMs;
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;

/// Where the node stands.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Status {
    version: &'static str,
    chain_id: String,
    chain_name: String,
    node: String,
    /// `validator`, `observer` or `follower`
    kind: String,
    node_key_id: String,
    /// At the tip and taking bills.
    ready: bool,
    /// Takes part in votes.
    voting: bool,
    /// Its results differ from certified ones.
    diverged: bool,
    /// Last final block.
    height: u64,
    /// Last block whose results are provable offline.
    certified_height: u64,
    /// Of `height`; of genesis at height 0.
    block_time: String,
    /// After `height`.
    state_root: String,
    /// Consensus round under way.
    round: u32,
    peers_connected: u64,
    /// Heights that the best known peer is ahead.
    behind: u64,
    pending_transactions: u64,
    unordered_bytes: u64,
    validators: Vec<Validator>,
    limits: Limits,
    totals: Totals,
    finality_ms: Option<FinalityMs>,
    /// Negative once it has expired; it then still serves.
    certificate_days_left: i64,
    crypto: Crypto,
}

/// Which code computes; all give the same results.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub(crate) struct Crypto {
    /// SM2 verification: `reference`, `portable` or `ifma`
    verify: &'static str,
    /// SM3 of many messages: `reference`, `avx2` or `avx512`
    sm3: &'static str,
}

/// A validator of the current set.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Validator {
    name: String,
    key_id: String,
    power: u64,
}

/// What a client must keep to.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Limits {
    transaction_bytes_max: u32,
    codes_per_bill_max: u32,
    writes_per_transaction_max: u32,
    valid_until_ahead_ms: u64,
}

/// Counts of the chain since genesis.
#[derive(Clone, Copy, Debug, Default, Serialize, ToSchema)]
pub(crate) struct Totals {
    pub(crate) blocks: u64,
    pub(crate) transactions: u64,
    pub(crate) applied: u64,
    pub(crate) rejected: u64,
    pub(crate) codes: u64,
    pub(crate) alarms: u64,
}

/// From acceptance to execution at this node.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub(crate) struct FinalityMs {
    count: u64,
    p50: u64,
    p90: u64,
    p99: u64,
}

/// Where this node stands.
#[utoipa::path(
    get, path = "/v1/status", tag = "node",
    responses((status = 200, description = "status", body = Status), (status = 503, body = ErrorObject, description = "busy"))
)]
pub(crate) async fn status(State(app): State<Arc<App>>) -> Result<Json<Status>, ApiError> {
    app.read(build).await.map(Json)
}

fn build(app: &App) -> Result<Status, ApiError> {
    let status = app.status.borrow().clone();
    let progress = app.progress();
    let summary = super::reading::summary(app, progress.executed)?;
    let facts = &app.facts;
    let genesis = &facts.genesis;
    let validator = |v: &bencao_genesis::ValidatorEntry| Validator {
        name: v.name.clone(),
        key_id: v.validator_key.id().to_string(),
        power: v.power,
    };
    let finality = app.metrics.percentiles();
    Ok(Status {
        version: env!("CARGO_PKG_VERSION"),
        chain_id: facts.chain.to_string(),
        chain_name: genesis.chain_name.clone(),
        node: facts.name.clone(),
        kind: facts.kind.to_string(),
        node_key_id: facts.node.to_string(),
        ready: app.is_ready(),
        voting: status.voting,
        diverged: status.diverged,
        height: progress.executed.0,
        certified_height: progress.certified.0,
        block_time: summary.block_time.to_string(),
        state_root: summary.state_root.to_string(),
        round: status.round.map_or(0, |(_, round)| round),
        peers_connected: app.network.connected().len() as u64,
        behind: behind(&status),
        pending_transactions: status.pending_transactions as u64,
        unordered_bytes: status.unordered_bytes,
        validators: genesis.validators.iter().map(validator).collect(),
        limits: Limits {
            transaction_bytes_max: genesis.limits.transaction_bytes_max,
            codes_per_bill_max: genesis.limits.codes_per_bill_max,
            writes_per_transaction_max: genesis.limits.writes_per_transaction_max,
            valid_until_ahead_ms: genesis.params.valid_until_ahead_ms,
        },
        totals: summary.totals,
        finality_ms: finality.map(|p| FinalityMs { count: p.count, p50: p.p50, p90: p.p90, p99: p.p99 }),
        certificate_days_left: days_left(facts.certificate, clock::wall()),
        crypto: Crypto { verify: facts.crypto.verify().name(), sm3: facts.crypto.digest().name() },
    })
}

/// Whole days until a certificate ends, negative afterwards.
pub(crate) fn days_left(validity: Validity, now: TimestampMs) -> i64 {
    let end = i64::try_from(validity.not_after_s).unwrap_or(i64::MAX);
    let now = i64::try_from(now.0 / 1000).unwrap_or(i64::MAX);
    end.saturating_sub(now).div_euclid(86_400)
}

/// Nodes known to this one.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Peers {
    peers: Vec<Peer>,
}

/// One of them.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Peer {
    name: String,
    /// `validator`, or `observer` for every other.
    kind: &'static str,
    node_key_id: String,
    peer_id: String,
    address: String,
    connected: bool,
    /// Height it told last; `null` while it is not connected.
    height: Option<u64>,
}

/// Configured peers and whoever else is connected.
#[utoipa::path(get, path = "/v1/peers", tag = "node", responses((status = 200, description = "peers", body = Peers)))]
pub(crate) async fn peers(State(app): State<Arc<App>>) -> Json<Peers> {
    let connected = app.network.connected();
    let heights = app.status.borrow().peers.clone();
    let genesis = &app.facts.genesis;
    let height_of = |key| {
        let told = heights.iter().find(|(k, _)| *k == key).map(|(_, height)| height.0);
        let info = connected.iter().find(|c| c.key == key)?;
        Some(told.unwrap_or(0).max(info.height))
    };
    let kind = |key: bencao_crypto::KeyId| {
        if genesis.validators.iter().any(|v| v.node_key.id() == key) { "validator" } else { "observer" }
    };
    let configured = app.facts.peers.iter().map(|p| {
        let key = p.node_key.id();
        let height = height_of(key);
        Peer {
            name: p.name.clone(),
            kind: kind(key),
            node_key_id: key.to_string(),
            peer_id: bencao_network::peer_id(&p.node_key).to_string(),
            address: p.address.clone(),
            connected: height.is_some(),
            height,
        }
    });
    let is_configured = |key| app.facts.peers.iter().any(|p| p.node_key.id() == key);
    let others = connected.iter().filter(|c| !is_configured(c.key)).map(|c| {
        let entry = genesis.validators.iter().find(|v| v.node_key.id() == c.key);
        Peer {
            name: entry.map_or_else(|| c.key.to_string(), |v| v.name.clone()),
            kind: kind(c.key),
            node_key_id: c.key.to_string(),
            peer_id: entry.map_or_else(String::new, |v| bencao_network::peer_id(&v.node_key).to_string()),
            address: c.address.clone(),
            connected: true,
            height: height_of(c.key),
        }
    });
    Json(Peers { peers: configured.chain(others).collect() })
}

/// The process runs.
#[utoipa::path(get, path = "/healthz", tag = "node", responses((status = 200, description = "ok", body = String)))]
pub(crate) async fn healthz() -> &'static str {
    "ok"
}

/// At the tip and taking bills.
#[utoipa::path(
    get, path = "/readyz", tag = "node",
    responses((status = 200, description = "ready", body = String), (status = 503, description = "not ready", body = ErrorObject))
)]
pub(crate) async fn readyz(State(app): State<Arc<App>>) -> Result<&'static str, ApiError> {
    if app.is_ready() && !app.room.is_exhausted() { Ok("ready") } else { Err(ApiError::new(Fault::NotReady)) }
}

/// OpenMetrics text.
#[utoipa::path(get, path = "/metrics", tag = "node", responses((status = 200, description = "OpenMetrics", body = String)))]
pub(crate) async fn metrics_text(State(app): State<Arc<App>>) -> Result<Response, ApiError> {
    let days = days_left(app.facts.certificate, clock::wall());
    app.metrics.certificate_days.set(days);
    let text = app.metrics.text().map_err(|e| ApiError::internal(&e))?;
    Ok(([(CONTENT_TYPE, metrics::CONTENT_TYPE)], text).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expired_certificate_counts_backwards() {
        let validity = Validity { not_before_s: 0, not_after_s: 10 * 86_400 };
        let at = |days: u64| days_left(validity, TimestampMs(days * 86_400_000));
        assert_eq!((at(0), at(9), at(10), at(11)), (10, 1, 0, -1));
    }
}
