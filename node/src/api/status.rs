//! `GET /v1/status`, `/v1/peers`, `/healthz`, `/readyz`, `/metrics`.

use super::app::{App, behind};
use super::error::{ApiError, ErrorObject, Fault};
use crate::host::certificates::{Look, standing};
use crate::metrics;
use crate::refusals::Refused;
use axum::Json;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use bencao_crypto::x509::Standing;
use bencao_crypto::{KeyHolder as _, KeyId};
use bencao_engine::{RoundStatus, Step};
use bencao_genesis::{Genesis, TimestampMs};
use bencao_signer::Remote;
use bencao_signer::client::Health;
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
    /// The undecided height as this node sees it; `null` while it takes no part in one.
    consensus: Option<Consensus>,
    /// This node's clock.
    time: String,
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
    /// The node's own certificate, those between it and an authority, and the authorities'.
    certificates: Vec<Certificate>,
    /// Keys that a signer holds; empty if the node holds its keys itself.
    signers: Vec<SignerHealth>,
}

/// A key that another process holds, and how the last call was.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct SignerHealth {
    socket: String,
    key_id: String,
    reachable: bool,
    /// Why the last call gave no signature; `null` if it did.
    last_failure: Option<String>,
    /// Calls that gave no signature since the start.
    failures: u64,
}

impl SignerHealth {
    fn of(remote: &Remote) -> SignerHealth {
        let Health { reachable, last_failure, failures } = remote.health();
        let (socket, key_id) = (remote.socket().display().to_string(), remote.public().id().to_string());
        SignerHealth { socket, key_id, reachable, last_failure, failures }
    }
}

/// A certificate that this node uses.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Certificate {
    /// `node`, `chain` or `authority`
    place: &'static str,
    name: String,
    not_before: String,
    not_after: String,
    /// Negative once it has expired.
    days_left: i64,
    /// `90_days`, `30_days`, `7_days`, `expired` or `not_yet_valid`
    warning: Option<&'static str>,
}

impl Certificate {
    fn of(look: Look) -> Certificate {
        let time = |s: u64| TimestampMs(s.saturating_mul(1_000)).to_string();
        Certificate {
            place: look.place.name(),
            name: look.name,
            not_before: time(look.validity.not_before_s),
            not_after: time(look.validity.not_after_s),
            days_left: look.days_left,
            warning: look.expiry.warning(),
        }
    }
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
    /// The newest statement that this node has heard from it; `null` for none, and for the node itself.
    last_heard: Option<Heard>,
}

/// A validator's statement.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Heard {
    height: u64,
    round: u32,
    /// `proposal`, `prevote` or `precommit`
    said: &'static str,
    time: String,
}

/// Who is in which round, and whose votes are missing.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Consensus {
    height: u64,
    round: u32,
    /// `unstarted`, `propose`, `prevote`, `precommit` or `commit`
    step: &'static str,
    /// When this round began here.
    since: Option<String>,
    /// Whose turn it is.
    proposer: String,
    /// Whether its proposal is here and judged.
    proposed: bool,
    prevotes: u64,
    precommits: u64,
    /// Validators without a prevote in this round, by name.
    prevotes_missing: Vec<String>,
    /// Validators without a precommit in this round, by name.
    precommits_missing: Vec<String>,
}

impl Consensus {
    fn of(state: &RoundStatus, since: Option<TimestampMs>, genesis: &Genesis) -> Consensus {
        let name = |id: &KeyId| {
            let known = genesis.validators.iter().find(|v| v.validator_key.id() == *id);
            known.map_or_else(|| id.to_string(), |v| v.name.clone())
        };
        let names = |ids: &[KeyId]| {
            let mut names: Vec<String> = ids.iter().map(name).collect();
            names.sort();
            names
        };
        Consensus {
            height: state.height.0,
            round: state.round,
            step: match state.step {
                Step::Unstarted => "unstarted",
                Step::Propose => "propose",
                Step::Prevote => "prevote",
                Step::Precommit => "precommit",
                Step::Commit => "commit",
            },
            since: since.map(|t| t.to_string()),
            proposer: name(&state.proposer),
            proposed: state.proposal.is_some(),
            prevotes: state.prevotes.len() as u64,
            precommits: state.precommits.len() as u64,
            prevotes_missing: names(&state.prevotes_missing),
            precommits_missing: names(&state.precommits_missing),
        }
    }
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
    let heard = |id: KeyId| {
        let sight = status.sights.iter().find(|s| s.validator == id)?;
        let (height, round, said) = (sight.height.0, sight.round, sight.said.name());
        Some(Heard { height, round, said, time: sight.time.to_string() })
    };
    let validator = |v: &bencao_genesis::ValidatorEntry| Validator {
        name: v.name.clone(),
        key_id: v.validator_key.id().to_string(),
        power: v.power,
        last_heard: heard(v.validator_key.id()),
    };
    // A height that is decided and waits for the next is no height under way.
    let undecided = status.round_state.as_ref().filter(|r| r.height > status.tip);
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
        consensus: undecided.map(|state| Consensus::of(state, status.round_since, genesis)),
        time: app.clock.wall().to_string(),
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
        certificate_days_left: app.certificates.days_left(),
        crypto: Crypto { verify: facts.crypto.verify().name(), sm3: facts.crypto.digest().name() },
        certificates: app.certificates.looks().into_iter().map(Certificate::of).collect(),
        signers: app.signers.iter().map(|remote| SignerHealth::of(remote)).collect(),
    })
}

/// Nodes known to this one.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Peers {
    peers: Vec<Peer>,
    /// Connections refused since the start, by reason and address, the latest first; at most 64 kinds.
    refusals: Vec<RefusedConnections>,
}

/// Connections refused for one reason.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct RefusedConnections {
    /// `not_allowed`, `unknown_authority`, `wrong_chain` … (docs/contract.md)
    reason: &'static str,
    address: String,
    detail: String,
    count: u64,
    last: String,
}

impl RefusedConnections {
    fn of(refused: Refused) -> RefusedConnections {
        let Refused { reason, address, detail, count, last } = refused;
        RefusedConnections { reason, address, detail, count, last: last.to_string() }
    }
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
    /// How its certificate stood when it connected; `null` while it is not connected.
    certificate: Option<PeerCertificate>,
}

/// A peer whose key is on the chain connects with a certificate outside its dates, too, and is marked here.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub(crate) struct PeerCertificate {
    /// `valid`, `expired` or `not_yet_valid`
    standing: &'static str,
    /// Days left while it is valid, days since its end once it has expired.
    days: Option<u64>,
}

impl PeerCertificate {
    fn of(certificate: Standing) -> PeerCertificate {
        let (standing, days) = standing(certificate);
        PeerCertificate { standing, days }
    }
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
    let certificate_of = |key| {
        let info = connected.iter().find(|c| c.key == key)?;
        Some(PeerCertificate::of(info.certificate))
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
            certificate: certificate_of(key),
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
            certificate: Some(PeerCertificate::of(c.certificate)),
        }
    });
    let refusals = app.refusals.all().into_iter().map(RefusedConnections::of).collect();
    Json(Peers { peers: configured.chain(others).collect(), refusals })
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
    app.metrics.certificate_days.set(app.certificates.days_left());
    let outdated = app.network.connected().iter().filter(|c| !matches!(c.certificate, Standing::Valid { .. })).count();
    app.metrics.peers_outdated.set(i64::try_from(outdated).unwrap_or(i64::MAX));
    let text = app.metrics.text().map_err(|e| ApiError::internal(&e))?;
    Ok(([(CONTENT_TYPE, metrics::CONTENT_TYPE)], text).into_response())
}
