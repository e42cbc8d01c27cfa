//! The machine: disk, ports, limits, clock, and whether configured peers can be reached.

use super::Scene;
use super::finding::Findings;
use super::home::Known;
use bencao_crypto::PublicKey;
use bencao_genesis::{Genesis, Height, KeyPurpose};
use bencao_node::config::Config;
use bencao_node::disk::{Room, Space};
use bencao_node::inspect;
use std::io::ErrorKind;
use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream, ToSocketAddrs};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Files that a node may need open at once (the two stores keep at most 256 each).
const OPEN_FILES_MIN: u64 = 1_024;
/// Time for a peer's port to answer.
const REACH: Duration = Duration::from_secs(2);
/// How far this machine's time may lie before genesis, milliseconds, until it is the clock that is wrong: a genesis may be
/// planned for days ahead.
const BEFORE_GENESIS_MS: u64 = 365 * 86_400_000;

/// How to ask the machine. Tests ask another.
pub(crate) struct Machine {
    pub(crate) space: fn(&Path) -> std::io::Result<Space>,
    /// Files that may be open at once; `None` without a limit.
    pub(crate) open_files: Option<u64>,
}

impl Machine {
    pub(crate) fn real() -> Machine {
        let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile);
        Machine { space: |folder| Space::of(folder), open_files: limit.current }
    }
}

pub(super) fn examine(scene: &Scene, known: &Known, findings: &mut Findings) {
    if let Some(limit) = scene.machine.open_files.filter(|limit| *limit < OPEN_FILES_MIN) {
        let zh = format!("{limit}，至少需要 {OPEN_FILES_MIN}");
        findings.tell("open_files_low", "ulimit -n", zh, format!("{limit}, at least {OPEN_FILES_MIN} are needed"));
    }
    if let Some(genesis) = known.genesis.as_ref().or(scene.genesis.as_ref())
        && scene.now.0.saturating_add(BEFORE_GENESIS_MS) < genesis.time_ms.0
    {
        let (now, time) = (scene.now, genesis.time_ms);
        let (zh, en) = (format!("现在 {now}，创世 {time}"), format!("now {now}, genesis {time}"));
        findings.tell("clock_before_genesis", "clock", zh, en);
    }
    let Some(config) = &known.config else { return };
    disk(scene, config, findings);
    if !known.running {
        port("api_port_in_use", "api_listen", config.api_listen, config, findings);
        port("p2p_port_in_use", "p2p_listen", config.p2p_listen, config, findings);
    }
    if let Some(genesis) = &known.genesis {
        peers(scene, config, genesis, known.node, findings);
    }
}

fn disk(scene: &Scene, config: &Config, findings: &mut Findings) {
    let mut folder: PathBuf = config.data_dir.clone();
    while !folder.exists() && folder.pop() {}
    let Ok(space) = (scene.machine.space)(&folder) else { return };
    let check = match space.room() {
        Room::Enough => return,
        Room::Low => "disk_nearly_full",
        Room::Exhausted => "disk_full",
    };
    let (free, total) = (space.free >> 20, space.total >> 20);
    let (zh, en) = (format!("剩 {free} MiB，共 {total} MiB"), format!("{free} MiB free of {total} MiB"));
    findings.tell(check, folder.display(), zh, en);
}

fn port(in_use: &str, key: &str, address: SocketAddr, config: &Config, findings: &mut Findings) {
    let Err(error) = TcpListener::bind(address) else { return };
    let name = match error.kind() {
        // The home's own node, which has started since this was looked into: it holds its data before it listens.
        ErrorKind::AddrInUse if inspect::is_in_use(&config.data_dir) => return,
        ErrorKind::AddrInUse => in_use,
        ErrorKind::AddrNotAvailable => "address_not_local",
        ErrorKind::PermissionDenied => "address_forbidden",
        _ => return,
    };
    findings.add(name, format!("{key} {address}"), error);
}

fn peers(scene: &Scene, config: &Config, genesis: &Genesis, own: Option<PublicKey>, findings: &mut Findings) {
    let is_member = |key| {
        let mut all = genesis.organisations.iter();
        all.any(|o| o.key_at(key, KeyPurpose::Node, Height(1)).is_some())
    };
    if config.peers.is_empty() && genesis.validators.len() > 1 {
        let count = genesis.validators.len();
        let (zh, en) = (format!("链上有 {count} 个验证节点"), format!("the chain has {count} validators"));
        findings.tell("no_peers", "peers", zh, en);
    }
    if let Some(peer) = config.peers.iter().find(|p| is_elsewhere(&p.address))
        && config.p2p_listen.ip().is_loopback()
    {
        let (listen, name, address) = (config.p2p_listen, &peer.name, &peer.address);
        let zh = format!("监听 {listen}，{name} 在 {address}");
        findings.tell("p2p_on_loopback", "p2p_listen", zh, format!("listens at {listen}, {name} is at {address}"));
    }
    for peer in &config.peers {
        if Some(peer.node_key) == own {
            findings.key("peer_is_self", &peer.name, peer.node_key.id());
            continue;
        }
        if !is_member(peer.node_key.id()) {
            findings.key("peer_not_on_chain", &peer.name, peer.node_key.id());
        }
        if scene.reach {
            reach(&peer.name, &peer.address, findings);
        }
    }
}

/// Whether a peer's address is on another machine. A multiaddr is not looked into.
fn is_elsewhere(address: &str) -> bool {
    let Some((host, _)) = address.rsplit_once(':').filter(|_| !address.starts_with('/')) else { return false };
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host.parse::<IpAddr>().map_or(host != "localhost", |ip| !ip.is_loopback())
}

fn reach(name: &str, address: &str, findings: &mut Findings) {
    if address.starts_with('/') {
        // A multiaddr: the node's own dialling tells.
        return;
    }
    let Ok(found) = address.to_socket_addrs() else {
        findings.add("peer_address_unresolvable", name, address);
        return;
    };
    let mut last = None;
    for socket in found.take(4) {
        match TcpStream::connect_timeout(&socket, REACH) {
            Ok(_) => return,
            Err(error) => last = Some(error),
        }
    }
    let why = last.map_or_else(|| "no address".to_owned(), |e| e.to_string());
    findings.add("peer_unreachable", name, format!("{address}: {why}"));
}
