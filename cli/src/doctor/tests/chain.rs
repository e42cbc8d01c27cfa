//! Faults that running nodes show.

use super::Fault;
use super::bench::{Bench, now};
use crate::doctor::Silence;
use bencao_client::api::{Consensus, PeerCertificate, RefusedConnections, SignerHealth};
use bencao_genesis::TimestampMs;

fn ago(ms: u64) -> String {
    TimestampMs(now().0 - ms).to_string()
}

/// A round under way since `since_ms`, with votes missing.
fn round(bench: &mut Bench, round: u32, since_ms: u64, missing: &[&str]) {
    let names = |all: &[&str]| all.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>();
    bench.status().consensus = Some(Consensus {
        height: 42,
        round,
        step: "prevote".into(),
        since: Some(ago(since_ms)),
        proposer: "node1".into(),
        proposed: true,
        prevotes: 4 - missing.len() as u64,
        precommits: 0,
        prevotes_missing: names(missing),
        precommits_missing: names(&["node0", "node1", "node2", "node3"]),
    });
}

fn silence(bench: &mut Bench, name: &str, ms: Option<u64>) {
    let validator = bench.status().validators.iter_mut().find(|v| v.name == name).unwrap();
    match (ms, &mut validator.last_heard) {
        (Some(ms), Some(heard)) => heard.time = ago(ms),
        (_, heard) => *heard = None,
    }
}

fn refuse(bench: &mut Bench, reason: &str) {
    let (address, detail) = ("10.0.0.9".to_owned(), "as it was said".to_owned());
    let last = now().to_string();
    bench.peers().refusals.push(RefusedConnections { reason: reason.into(), address, detail, count: 3, last });
}

fn warn(bench: &mut Bench, at: usize, warning: &str) {
    let certificate = &mut bench.status().certificates[at];
    certificate.warning = Some(warning.into());
    certificate.days_left = if warning == "expired" { -3 } else { 5 };
}

fn signer(bench: &mut Bench, reachable: bool) {
    let (socket, key_id) = ("/run/bencao/signer.sock".to_owned(), "00".repeat(20));
    let last_failure = Some("as it was said".to_owned());
    bench.status().signers.push(SignerHealth { socket, key_id, reachable, last_failure, failures: 7 });
}

const fn fault(name: &'static str, inject: fn(&mut Bench), found: &'static [&'static str]) -> Fault {
    Fault { name, inject, found }
}

pub(super) const FAULTS: &[Fault] = &[
    fault(
        "a node that was named does not answer",
        |b| {
            b.answer();
            b.scene.answers[0].named = true;
            b.scene.answers[0].status = Err(Silence::Unreachable("connection refused".into()));
        },
        &["node_unreachable"],
    ),
    fault(
        "a node answers with an error",
        |b| {
            b.answer();
            b.scene.answers[0].status = Err(Silence::Refused("busy".into()));
        },
        &["node_busy"],
    ),
    fault("another version", |b| b.status().version = "0.0.9".into(), &["version_mismatch"]),
    fault("another chain", |b| b.status().chain_id = "ab".repeat(32), &["chain_mismatch"]),
    fault(
        "two nodes on two chains",
        |b| {
            b.scene.home = None;
            b.answer();
            b.answer();
            if let Ok(status) = &mut b.scene.answers[1].status {
                status.chain_id = "ab".repeat(32);
            }
        },
        &["chain_mismatch"],
    ),
    fault("another result than certified", |b| b.status().diverged = true, &["diverged"]),
    fault("a validator that follows", |b| b.status().voting = false, &["not_voting"]),
    fault(
        "a validator that has left the set",
        |b| {
            b.status().voting = false;
            b.status().node_key_id = "ff".repeat(20);
        },
        &["not_seated"],
    ),
    fault("its signer is away", |b| signer(b, false), &["signer_unreachable"]),
    fault("its signer refuses", |b| signer(b, true), &["signer_refuses"]),
    fault("a node far behind", |b| b.status().behind = 500, &["lagging"]),
    fault(
        "a node whose clock is ahead",
        |b| b.status().time = TimestampMs(now().0 + 60_000).to_string(),
        &["clock_skew"],
    ),
    fault(
        "this clock is behind block time",
        |b| b.status().block_time = TimestampMs(now().0 + 60_000).to_string(),
        &["clock_behind_chain"],
    ),
    fault("its certificate has ended", |b| warn(b, 0, "expired"), &["certificate_expired"]),
    fault("its certificate ends", |b| warn(b, 0, "7_days"), &["certificate_ends_soon"]),
    fault("its certificate begins later", |b| warn(b, 0, "not_yet_valid"), &["certificate_not_yet_valid"]),
    fault("its authority has ended", |b| warn(b, 1, "expired"), &["authority_expired"]),
    fault("its authority ends", |b| warn(b, 1, "30_days"), &["authority_ends_soon"]),
    fault(
        "connected to nobody",
        |b| {
            b.status().peers_connected = 0;
            b.peers().peers.iter_mut().for_each(|p| (p.connected, p.certificate) = (false, None));
        },
        &["no_connections"],
    ),
    fault("a peer is away", |b| b.peers().peers[2].connected = false, &["peers_missing"]),
    fault(
        "a peer with an expired certificate",
        |b| b.peers().peers[1].certificate = Some(PeerCertificate { standing: "expired".into(), days: Some(4) }),
        &["peer_certificate_outdated"],
    ),
    fault("an observer of a chain that stands", |b| b.status().block_time = ago(3_600_000), &["stalled"]),
    fault(
        "two of four validators are away",
        |b| {
            round(b, 7, 40_000, &["node2", "node3"]);
            silence(b, "node2", Some(90_000));
            silence(b, "node3", None);
        },
        &["stalled", "no_quorum", "validator_silent"],
    ),
    fault("votes are missing, but everybody is heard", |b| round(b, 0, 60_000, &["node3"]), &["stalled"]),
    fault(
        "one of four is away and the chain stands all the same",
        |b| {
            round(b, 2, 60_000, &["node3"]);
            silence(b, "node3", Some(90_000));
        },
        &["stalled", "validator_silent"],
    ),
    fault("round follows round", |b| round(b, 5, 100, &["node3"]), &["rounds_climb"]),
    fault("a stranger knocks", |b| refuse(b, "not_allowed"), &["refused_not_allowed"]),
    fault("a wrong authority", |b| refuse(b, "unknown_authority"), &["refused_unknown_authority"]),
    fault(
        "an authority of the same name",
        |b| refuse(b, "wrong_certificate_signature"),
        &["refused_unknown_authority"],
    ),
    fault("an expired stranger", |b| refuse(b, "certificate_expired"), &["refused_certificate"]),
    fault("nobody takes its certificate", |b| refuse(b, "refused_by_peer"), &["refused_by_peer"]),
    fault("a peer of another chain", |b| refuse(b, "wrong_chain"), &["refused_wrong_chain"]),
    fault("a peer of another version", |b| refuse(b, "wrong_version"), &["refused_wrong_version"]),
    fault("another node at the address", |b| refuse(b, "wrong_peer"), &["refused_wrong_peer"]),
];
