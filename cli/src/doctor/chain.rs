//! What running nodes tell: their own state, the chain's, and what they have refused.

use super::finding::Findings;
use super::{Answer, Scene, Silence};
use bencao_client::api::{Consensus, Peers, RefusedConnections, Status, instant};
use bencao_genesis::{Genesis, Params, TimestampMs};
use std::collections::BTreeSet;

/// Heights that a node may lack while blocks are on their way.
const BEHIND_MAX: u64 = 3;
/// Difference of clocks that is worth a word, milliseconds.
const SKEW_MS: u64 = 5_000;
/// Rounds of one height from which on something is wrong.
const ROUNDS_MAX: u32 = 3;
/// Time without progress from which on a chain stands, beyond what its parameters allow, milliseconds.
const PATIENCE_MS: u64 = 10_000;

pub(super) fn examine(scene: &Scene, genesis: Option<&Genesis>, has_home: bool, findings: &mut Findings) {
    for answer in &scene.answers {
        match &answer.status {
            Ok(status) => node(scene, genesis, answer, status, findings),
            Err(Silence::Unreachable(why)) if has_home && !answer.named => {
                findings.add("node_not_running", &answer.url, why);
            }
            Err(Silence::Unreachable(why)) => findings.add("node_unreachable", &answer.url, why),
            Err(Silence::Refused(why)) => findings.add("node_busy", &answer.url, why),
        }
    }
    together(scene, findings);
}

/// What nodes say of each other's versions and chains.
fn together(scene: &Scene, findings: &mut Findings) {
    let answered = || scene.answers.iter().filter_map(|a| a.status.as_ref().ok().map(|s| (a, s)));
    let Some((_, first)) = answered().next() else { return };
    for (answer, status) in answered().skip(1) {
        if status.chain_id != first.chain_id {
            let zh = format!("{} 在链 {}，{} 在链 {}", status.node, status.chain_id, first.node, first.chain_id);
            let en = format!("{} is on {}, {} on {}", status.node, status.chain_id, first.node, first.chain_id);
            findings.tell("chain_mismatch", &answer.url, zh, en);
        }
        if status.version != first.version {
            let zh = format!("{} 为 {}，{} 为 {}", status.node, status.version, first.node, first.version);
            let en = format!("{} has {}, {} has {}", status.node, status.version, first.node, first.version);
            findings.tell("version_mismatch", &answer.url, zh, en);
        }
    }
}

fn node(scene: &Scene, genesis: Option<&Genesis>, answer: &Answer, status: &Status, findings: &mut Findings) {
    let url = &answer.url;
    let version = env!("CARGO_PKG_VERSION");
    if status.version != version {
        let zh = format!("节点为 {}，本程序为 {version}", status.version);
        findings.tell(
            "version_mismatch",
            url,
            zh,
            format!("the node has {}, this program is {version}", status.version),
        );
    }
    if let Some(genesis) = genesis.filter(|g| g.chain_id().to_string() != status.chain_id) {
        let zh = format!("节点在链 {}，创世文件为链 {}", status.chain_id, genesis.chain_id());
        let en = format!("the node is on {}, the genesis gives {}", status.chain_id, genesis.chain_id());
        findings.tell("chain_mismatch", url, zh, en);
        return;
    }
    if status.diverged {
        let zh = format!("高度 {}，状态根 {}", status.height, status.state_root);
        findings.tell("diverged", url, zh, format!("height {}, state root {}", status.height, status.state_root));
    } else if status.kind == "validator" && !status.voting {
        let is_seated = status.validators.iter().any(|v| v.node_key_id == status.node_key_id);
        let name = if is_seated { "not_voting" } else { "not_seated" };
        let zh = format!("{} 在高度 {}", status.node, status.height);
        findings.tell(name, url, zh, format!("{} at height {}", status.node, status.height));
    }
    if status.behind > BEHIND_MAX {
        let zh = format!("高度 {}，落后 {} 个区块", status.height, status.behind);
        findings.tell("lagging", url, zh, format!("height {}, {} behind", status.height, status.behind));
    }
    for signer in &status.signers {
        let Some(why) = &signer.last_failure else { continue };
        let name = if signer.reachable { "signer_refuses" } else { "signer_unreachable" };
        let zh = format!("密钥 {}：{why}（{} 次）", signer.key_id, signer.failures);
        findings.tell(name, &signer.socket, zh, format!("key {}: {why} ({} times)", signer.key_id, signer.failures));
    }
    clock(scene, url, status, findings);
    certificates(url, status, findings);
    let params = genesis.map(|g| g.params.clone()).unwrap_or_default();
    progress(scene, url, status, &params, findings);
    if let Some(peers) = &answer.peers {
        connections(url, status, peers, findings);
    }
}

fn clock(scene: &Scene, url: &str, status: &Status, findings: &mut Findings) {
    if let Some(theirs) = instant(&status.time) {
        let skew = theirs.0.abs_diff(scene.now.0);
        if skew > SKEW_MS {
            let zh = format!("节点为 {theirs}，本机为 {}，相差 {} 秒", scene.now, skew / 1_000);
            let en = format!("the node says {theirs}, this machine {}: {} s apart", scene.now, skew / 1_000);
            findings.tell("clock_skew", url, zh, en);
        }
    }
    if let Some(block) = status.block_time().filter(|block| block.0 > scene.now.0.saturating_add(SKEW_MS)) {
        let zh = format!("区块 {} 的时间为 {block}，本机为 {}", status.height, scene.now);
        let en = format!("block {} is of {block}, this machine says {}", status.height, scene.now);
        findings.tell("clock_behind_chain", url, zh, en);
    }
}

fn certificates(url: &str, status: &Status, findings: &mut Findings) {
    for c in &status.certificates {
        let name = match (c.place.as_str(), c.warning.as_deref()) {
            (_, None) => continue,
            (_, Some("not_yet_valid")) => "certificate_not_yet_valid",
            ("authority" | "chain", Some("expired")) => "authority_expired",
            ("authority" | "chain", Some(_)) => "authority_ends_soon",
            (_, Some("expired")) => "certificate_expired",
            (_, Some(_)) => "certificate_ends_soon",
        };
        let zh = format!("{} 的 {}：到 {}，剩 {} 天", status.node, c.name, c.not_after, c.days_left);
        let en = format!("{} of {}: until {}, {} days left", c.name, status.node, c.not_after, c.days_left);
        findings.tell(name, url, zh, en);
    }
}

/// Whether the chain goes on, and if not, who keeps it.
fn progress(scene: &Scene, url: &str, status: &Status, params: &Params, findings: &mut Findings) {
    // The node's own clock measures its own waiting.
    let now = instant(&status.time).unwrap_or(scene.now);
    let round_ms = params.propose_timeout_ms + 2 * params.vote_timeout_ms;
    let block_age = status.block_time().map_or(0, |t| now.0.saturating_sub(t.0));
    let idle_ms = params.heartbeat_ms + 5 * round_ms + PATIENCE_MS;
    let Some(c) = &status.consensus else {
        if block_age > idle_ms && status.height > 0 {
            let zh = format!("最后的区块 {} 是 {} 秒前的", status.height, block_age / 1_000);
            findings.tell("stalled", url, zh, format!("last block {} is {} s old", status.height, block_age / 1_000));
        }
        return;
    };
    let since = c.since.as_deref().and_then(instant);
    let round_age = since.map_or(0, |t| now.0.saturating_sub(t.0));
    let limit_ms = round_ms + u64::from(c.round) * 3 * params.timeout_step_ms + PATIENCE_MS;
    // An old block alone is not enough: in the first round of a height that has just begun, the chain is about to go on.
    if round_age > limit_ms || (block_age > idle_ms && c.round > 0) {
        let (zh, en) = (stall_zh(status, c, round_age, block_age), stall_en(status, c, round_age, block_age));
        findings.tell("stalled", url, zh, en);
        quorum(url, status, c, now, limit_ms, findings);
    } else if c.round >= ROUNDS_MAX {
        let zh = format!("高度 {}，第 {} 轮，提议者 {}", c.height, c.round, c.proposer);
        findings.tell(
            "rounds_climb",
            url,
            zh,
            format!("height {}, round {}, proposer {}", c.height, c.round, c.proposer),
        );
    }
}

/// By name: the set's own order is that of key ids, which says nothing to a reader.
fn in_order(names: &[String]) -> Vec<String> {
    let mut sorted = names.to_vec();
    sorted.sort();
    sorted
}

/// Who is in which round, which votes are missing, since when.
fn stall_en(status: &Status, c: &Consensus, round_age_ms: u64, block_age_ms: u64) -> String {
    let list = |names: &[String]| if names.is_empty() { "none".to_owned() } else { in_order(names).join(", ") };
    let mut text = format!(
        "height {} round {} ({}) for {} s, last block {} s ago; proposer {} {}; prevotes missing: {}; precommits missing: {}",
        c.height,
        c.round,
        c.step,
        round_age_ms / 1_000,
        block_age_ms / 1_000,
        c.proposer,
        if c.proposed { "has proposed" } else { "has not proposed" },
        list(&c.prevotes_missing),
        list(&c.precommits_missing),
    );
    for v in &status.validators {
        if let Some(h) = &v.last_heard {
            text += &format!("; {} was in height {} round {} ({}) at {}", v.name, h.height, h.round, h.said, h.time);
        }
    }
    text
}

/// The same in Chinese.
fn stall_zh(status: &Status, c: &Consensus, round_age_ms: u64, block_age_ms: u64) -> String {
    let list = |names: &[String]| if names.is_empty() { "无".to_owned() } else { in_order(names).join("、") };
    let mut text = format!(
        "高度 {} 第 {} 轮（{}）已 {} 秒，最后的区块在 {} 秒前；提议者 {} {}；缺预投票：{}；缺预提交：{}",
        c.height,
        c.round,
        c.step,
        round_age_ms / 1_000,
        block_age_ms / 1_000,
        c.proposer,
        if c.proposed { "已提议" } else { "没有提议" },
        list(&c.prevotes_missing),
        list(&c.precommits_missing),
    );
    for v in &status.validators {
        if let Some(h) = &v.last_heard {
            text += &format!("；{} 于 {} 在高度 {} 第 {} 轮（{}）", v.name, h.time, h.height, h.round, h.said);
        }
    }
    text
}

/// Whether those who have been heard lately, the node itself included, are a quorum.
fn quorum(url: &str, status: &Status, c: &Consensus, now: TimestampMs, limit_ms: u64, findings: &mut Findings) {
    let total: u128 = status.validators.iter().map(|v| u128::from(v.power)).sum();
    let silent = |name: &str, heard: Option<TimestampMs>| {
        let missing = c.prevotes_missing.iter().chain(&c.precommits_missing).any(|n| n == name);
        missing && heard.is_none_or(|at| now.0.saturating_sub(at.0) > limit_ms)
    };
    let mut absent = Vec::new();
    let mut power = 0u128;
    for v in status.validators.iter().filter(|v| v.name != status.node) {
        let heard = v.last_heard.as_ref().and_then(|h| instant(&h.time));
        if silent(&v.name, heard) {
            power += u128::from(v.power);
            let when = |never: &str| v.last_heard.as_ref().map_or_else(|| never.to_owned(), |h| h.time.clone());
            let zh = format!("{} 最近听到它：{}", status.node, when("从未"));
            findings.tell("validator_silent", &v.name, zh, format!("last heard by {}: {}", status.node, when("never")));
            absent.push(v.name.clone());
        }
    }
    if (total - power) * 3 <= total * 2 {
        let absent = in_order(&absent);
        let zh = format!("投票权 {total} 中有 {power} 没有声音：{}", absent.join("、"));
        let en = format!("{power} of {total} voting power is silent: {}", absent.join(", "));
        findings.tell("no_quorum", url, zh, en);
    }
}

fn connections(url: &str, status: &Status, peers: &Peers, findings: &mut Findings) {
    let away: Vec<&str> = peers.peers.iter().filter(|p| !p.connected).map(|p| p.name.as_str()).collect();
    let alone = status.validators.len() <= 1 && peers.peers.is_empty();
    if status.peers_connected == 0 && !alone {
        let count = peers.peers.len();
        findings.tell("no_connections", url, format!("{count} 个对等节点都没有连上"), format!("none of {count} peers"));
    } else if !away.is_empty() {
        findings.add("peers_missing", url, away.join(", "));
    }
    for p in &peers.peers {
        let Some(c) = p.certificate.as_ref().filter(|c| c.standing != "valid") else { continue };
        let (zh, en) = match c.days {
            Some(days) => (format!("{days} 天前到期"), format!("{}, {days} days ago", c.standing)),
            None => ("尚未生效".to_owned(), c.standing.clone()),
        };
        findings.tell("peer_certificate_outdated", &p.name, zh, en);
    }
    let mut told = BTreeSet::new();
    for refusal in &peers.refusals {
        if let Some(name) = refused(&refusal.reason)
            && told.insert((name, refusal.address.clone()))
        {
            let (zh, en) = evidence(refusal);
            findings.tell(name, &refusal.address, zh, en);
        }
    }
}

fn refused(reason: &str) -> Option<&'static str> {
    Some(match reason {
        "not_allowed" => "refused_not_allowed",
        "unknown_authority" | "wrong_certificate_signature" => "refused_unknown_authority",
        "certificate_expired" | "certificate_not_yet_valid" | "certificate_wrong_use" | "no_certificate" => {
            "refused_certificate"
        }
        "refused_by_peer" => "refused_by_peer",
        "wrong_chain" => "refused_wrong_chain",
        "wrong_version" => "refused_wrong_version",
        "wrong_peer" => "refused_wrong_peer",
        // Passing: strangers, restarts, broken lines.
        _ => return None,
    })
}

/// In Chinese and in English.
fn evidence(refusal: &RefusedConnections) -> (String, String) {
    let RefusedConnections { count, last, detail, .. } = refusal;
    (format!("{count} 次，最近在 {last}：{detail}"), format!("{count} times, last {last}: {detail}"))
}
