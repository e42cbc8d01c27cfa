//! `bencao doctor`: finds what is wrong with a home, its machine and running nodes, shows the evidence, and says how it is
//! mended. It changes nothing.
//!
//! Looking is apart from judging: [`Scene`] holds what was gathered or how to gather it, so that tests can put any fault into it.

pub(crate) mod args;
mod chain;
mod checks;
mod finding;
#[cfg(feature = "node")]
mod home;
#[cfg(feature = "node")]
mod machine;
#[cfg(all(test, feature = "node"))]
mod tests;

pub(crate) use args::DoctorArgs;

use crate::console::Console;
use crate::failure::{Exit, Failure, Report};
use bencao_client::api::{Client, Identity, Peers, Status, Tls};
use bencao_genesis::{Genesis, TimestampMs};
use checks::Level;
use finding::Findings;
use serde_json::json;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// What the doctor looks at.
pub(crate) struct Scene {
    pub(crate) home: Option<PathBuf>,
    /// Genesis that nodes must have, if it was given by itself.
    pub(crate) genesis: Option<Genesis>,
    pub(crate) now: TimestampMs,
    #[cfg(feature = "node")]
    pub(crate) machine: machine::Machine,
    /// What the nodes that were asked have said.
    pub(crate) answers: Vec<Answer>,
    /// Try to reach configured peers.
    pub(crate) reach: bool,
}

/// A node's answer.
pub(crate) struct Answer {
    pub(crate) url: String,
    /// The operator has named it: silence is an error. The node of the home is looked at without being named.
    pub(crate) named: bool,
    pub(crate) status: Result<Status, Silence>,
    pub(crate) peers: Option<Peers>,
}

/// Why a node has no status to tell.
#[derive(Debug)]
pub(crate) enum Silence {
    /// Nobody answers.
    Unreachable(String),
    /// It answers something else.
    Refused(String),
}

pub(crate) fn run(console: &Console, home: Option<&Path>, args: &DoctorArgs) -> Result<Report, Failure> {
    let genesis = args.genesis.as_deref().map(crate::verify::load_genesis).transpose()?;
    let urls = if args.offline { Vec::new() } else { addresses(home, args) };
    if home.is_none() && urls.is_empty() {
        return Err(Failure::input("缺少 --home 或 --node", "--home or --node is needed"));
    }
    let answers = urls.into_iter().map(ask).collect::<Result<Vec<_>, _>>()?;
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let scene = Scene {
        home: home.map(Path::to_path_buf),
        genesis,
        now: TimestampMs(u64::try_from(since.as_millis()).unwrap_or(u64::MAX)),
        #[cfg(feature = "node")]
        machine: machine::Machine::real(),
        answers,
        reach: !args.offline,
    };
    Ok(report(console, &examine(&scene)))
}

/// A node to ask.
struct Address {
    url: String,
    named: bool,
    /// Whom to believe at an `https` address.
    tls: Option<Tls>,
}

/// The nodes to ask: the one of the home, then those named.
fn addresses(home: Option<&Path>, args: &DoctorArgs) -> Vec<Address> {
    let mut all: Vec<Address> = own(home).into_iter().collect();
    for node in &args.node {
        match all.iter_mut().find(|known| known.url == *node) {
            Some(known) => known.named = true,
            None => all.push(Address { url: node.clone(), named: true, tls: None }),
        }
    }
    all
}

/// The node of the home, and the home's authorities.
fn own(home: Option<&Path>) -> Option<Address> {
    #[cfg(feature = "node")]
    if let Some(config) = home.and_then(|h| bencao_node::config::Config::load(h).ok()) {
        use bencao_node::config::Transport;
        let is_tls = config.access.is_some_and(|access| access.transport == Transport::Tls);
        let tls = if is_tls { crate::access::authorities(&config.authorities).ok() } else { None };
        let mut address = config.api_listen;
        if address.ip().is_unspecified() {
            address.set_ip(std::net::Ipv4Addr::LOCALHOST.into());
        }
        let url = format!("{}://{address}", if is_tls { "https" } else { "http" });
        return Some(Address { url, named: false, tls });
    }
    let _ = home;
    None
}

fn ask(Address { url, named, tls }: Address) -> Result<Answer, Failure> {
    use bencao_client::api::ApiError;
    let client = Client::open(std::slice::from_ref(&url), Identity::default(), tls.as_ref())?;
    let silence = |error: ApiError| match error {
        ApiError::Unreachable { reason, .. } => Silence::Unreachable(reason),
        other => Silence::Refused(other.to_string()),
    };
    let status = client.status().map_err(silence);
    let peers = if status.is_ok() { client.peers().ok() } else { None };
    Ok(Answer { url, named, status, peers })
}

/// Everything that is wrong in a scene.
pub(crate) fn examine(scene: &Scene) -> Findings {
    let mut findings = Findings::new(scene.home.as_deref());
    #[cfg(feature = "node")]
    let known = match &scene.home {
        Some(home) => home::examine(home, scene, &mut findings),
        None => home::Known::default(),
    };
    #[cfg(feature = "node")]
    machine::examine(scene, &known, &mut findings);
    #[cfg(feature = "node")]
    let (genesis, config) = (known.genesis.as_ref().or(scene.genesis.as_ref()), known.config.is_some());
    #[cfg(not(feature = "node"))]
    let (genesis, config) = (scene.genesis.as_ref(), false);
    chain::examine(scene, genesis, config, &mut findings);
    findings.sorted()
}

fn report(console: &Console, findings: &Findings) -> Report {
    let (errors, warnings) = (findings.count(Level::Error), findings.count(Level::Warning));
    let checked = checks::all().count();
    let mut text = findings.text(console);
    text += &match console.lang {
        crate::args::Lang::Zh => format!("检查 {checked} 项：错误 {errors}，警告 {warnings}\n"),
        crate::args::Lang::En => format!("{checked} checks: {errors} errors, {warnings} warnings\n"),
    };
    let json = json!({
        "healthy": errors == 0,
        "checks": checked,
        "errors": errors,
        "warnings": warnings,
        "findings": findings.json(),
    });
    Report { json, text, exit: if errors == 0 { Exit::Done } else { Exit::Unverified } }
}
