//! `config.toml` of a home: facts of this deployment, none of which the chain agrees on.
//!
//! Loading is in two steps: the file as written (unknown keys are errors), then [`Config`], in which every
//! path is absolute and every value checked. An error names the file, the key and the reason.

use crate::limits::{MEMBER_PER_SECOND, PUBLIC_PER_SECOND};
use bencao_crypto::{KeyError, PublicKey};
use bencao_signer::passphrase::Source;
use serde::Deserialize;
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

/// Name of the file in a home.
pub const FILE_NAME: &str = "config.toml";
/// Folder of a home with the tokens of its API.
pub const TOKENS_FOLDER: &str = "access";
/// Longest configuration file, bytes.
pub const FILE_BYTES_MAX: u64 = 1 << 20;
/// Longest name of a node, characters.
pub const NAME_CHARS_MAX: usize = 64;

/// What a node does (design §1).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Votes.
    Validator,
    /// Re-executes everything and serves audit questions.
    Observer,
    /// A member's own node: re-executes, and forwards its transactions to validators.
    Follower,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Kind::Validator => "validator",
            Kind::Observer => "observer",
            Kind::Follower => "follower",
        })
    }
}

/// Where the private keys are: encrypted PKCS#8, all under one passphrase.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KeyPaths {
    /// Key that votes; present for validators, absent otherwise.
    pub validator: Option<PathBuf>,
    /// Key that is to replace it: it votes from the height on at which the chain's set has it.
    pub validator_next: Option<PathBuf>,
    /// Key of the TLS identity and of batches.
    pub node: PathBuf,
    /// Where the passphrase that opens both comes from: a file or a command. Without either, the environment
    /// (`BENCAO_PASSPHRASE`) is looked at, and then whoever starts the node is asked; keys that are not encrypted need none.
    pub passphrase: Option<Source>,
    /// Socket of a signer that holds the private keys; the files above then hold the public halves.
    pub signer: Option<PathBuf>,
}

/// What a validator does once the chain's validator set has none of its keys any more.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnUnseated {
    /// Goes on as an observer, and votes again should the set take it up again.
    #[default]
    Follow,
    /// Stops, as if it had been told to.
    Stop,
}

/// A node to keep in touch with.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Peer {
    /// Name for people.
    pub name: String,
    /// The key that must answer.
    pub node_key: PublicKey,
    /// `host:port`.
    pub address: String,
}

/// Most names and proxies of an API.
pub const ACCESS_ENTRIES_MAX: usize = 64;

/// What the API's listener speaks.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Transport {
    /// HTTP in clear, on loopback.
    Plain,
    /// TLS 1.3 of RFC 8998 with the node's certificate.
    Tls,
    /// HTTP in clear from these addresses only, each of which says whose request it passes on.
    Proxies(Vec<IpAddr>),
}

/// Access control: without it the API serves on loopback only, and everybody there.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Access {
    /// How clients come.
    pub transport: Transport,
    /// Names by which clients may call the API, beside the address that it listens on: `host`, or `host:port`, lower case.
    pub names: Vec<String>,
    /// Requests a second from one address without credentials.
    pub public_per_second: u32,
    /// Requests a second of one key or token.
    pub member_per_second: u32,
}

/// A checked configuration. All paths are absolute or relative to the working directory, no longer to the home.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Config {
    /// Name for people.
    pub name: String,
    /// What the node does.
    pub kind: Kind,
    /// Address of the HTTP API: loopback, unless there is access control. Port 0 takes a free one.
    pub api_listen: SocketAddr,
    /// Access control of the API; `None`: everybody on loopback.
    pub access: Option<Access>,
    /// Tokens of the API, made by `bencao token`.
    pub tokens: PathBuf,
    /// Address for other nodes. Port 0 takes a free one.
    pub p2p_listen: SocketAddr,
    /// `genesis.json`.
    pub genesis: PathBuf,
    /// Everything the node writes.
    pub data_dir: PathBuf,
    /// Private keys.
    pub keys: KeyPaths,
    /// Certificate chain of the node key, PEM.
    pub certificate: PathBuf,
    /// Certificates of the consortium's authorities, PEM.
    pub authorities: PathBuf,
    /// Nodes to dial.
    pub peers: Vec<Peer>,
    /// What a validator does that has left the set.
    pub on_unseated: OnUnseated,
    /// Seconds by which this node takes the time to be later than it is: for tests of what time brings, on loopback only.
    pub clock_offset_s: i64,
}

/// Why there is no configuration.
#[derive(Debug, thiserror::Error)]
#[error("{}: {}{reason}", .file.display(), At(.key))]
pub struct ConfigError {
    /// The file.
    pub file: PathBuf,
    /// Path of the key, empty if the file as a whole is meant.
    pub key: String,
    /// What is wrong with it.
    pub reason: Reason,
}

/// What is wrong with a key of the configuration.
#[derive(Debug, thiserror::Error)]
pub enum Reason {
    /// The file cannot be read.
    #[error("cannot be read: {0}")]
    Unreadable(#[from] std::io::Error),
    /// Longer than [`FILE_BYTES_MAX`].
    #[error("larger than {FILE_BYTES_MAX} bytes")]
    TooLarge,
    /// Not TOML of the documented shape: also an unknown key, and a missing one.
    #[error("line {line}: {message}")]
    Toml {
        /// Line from 1; 0 if the parser names none.
        line: usize,
        /// What the parser expected.
        message: String,
    },
    /// An empty or too long name.
    #[error("expected 1 to {NAME_CHARS_MAX} printable characters")]
    Name,
    /// Not `ip:port`.
    #[error("{actual:?} is not ip:port")]
    Address {
        /// As configured.
        actual: String,
    },
    /// The API without access control would be open to the network.
    #[error("{actual} is not a loopback address; that needs [access] with `tls = true` or `trusted_proxies`")]
    NotLoopback {
        /// As configured.
        actual: SocketAddr,
    },
    /// Both ways at once.
    #[error("either TLS here, or proxies that end it: not both")]
    TwoTransports,
    /// Not an IP address.
    #[error("{actual:?} is not an ip address")]
    Ip {
        /// As configured.
        actual: String,
    },
    /// Not a name that clients can call.
    #[error("{actual:?} is not a host name in lower case, with or without a port")]
    HostName {
        /// As configured.
        actual: String,
    },
    /// No requests at all, or a list that is too long.
    #[error("expected {expected}")]
    Count {
        /// What is allowed.
        expected: &'static str,
    },
    /// A false clock outside a test.
    #[error("only for tests on loopback, but p2p_listen is {actual}")]
    TestingInTheOpen {
        /// As configured.
        actual: SocketAddr,
    },
    /// Not a public key.
    #[error("expected 128 hexadecimal digits of a public key: {0}")]
    PublicKey(#[from] KeyError),
    /// A validator without its key.
    #[error("a validator needs the key that votes")]
    ValidatorKeyMissing,
    /// A key that must not lie on this node.
    #[error("only a validator has this key; a second copy of it may vote twice")]
    ValidatorKeyUnused,
    /// A file and a command.
    #[error("a passphrase comes from a file or from a command, not from both")]
    TwoPassphrases,
    /// The signer opens the keys, not the node.
    #[error("with a signer the node needs no passphrase: the signer opens the keys")]
    PassphraseBesideSigner,
    /// A command without words.
    #[error("expected a program and its arguments")]
    NoCommand,
    /// The same peer twice.
    #[error("the same key twice")]
    Repeated,
}

/// `key: `, or nothing.
struct At<'a>(&'a str);

impl fmt::Display for At<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() { Ok(()) } else { write!(f, "{}: ", self.0) }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    name: String,
    kind: Kind,
    api_listen: String,
    p2p_listen: String,
    genesis: PathBuf,
    data_dir: PathBuf,
    certificate: PathBuf,
    authorities: PathBuf,
    keys: RawKeys,
    #[serde(default)]
    on_unseated: OnUnseated,
    #[serde(default)]
    peers: Vec<RawPeer>,
    #[serde(default)]
    testing: RawTesting,
    access: Option<RawAccess>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawAccess {
    #[serde(default)]
    tls: bool,
    #[serde(default)]
    trusted_proxies: Vec<String>,
    #[serde(default)]
    names: Vec<String>,
    public_per_second: Option<u32>,
    member_per_second: Option<u32>,
}

impl RawAccess {
    fn check(self) -> Result<Access, (String, Reason)> {
        let at = |key: &str| format!("access.{key}");
        for (key, list) in [("trusted_proxies", &self.trusted_proxies), ("names", &self.names)] {
            if list.len() > ACCESS_ENTRIES_MAX {
                return Err((at(key), Reason::Count { expected: "at most 64" }));
            }
        }
        let ip = |text: &String| text.parse().map_err(|_| Reason::Ip { actual: text.clone() });
        let proxies: Result<Vec<IpAddr>, Reason> = self.trusted_proxies.iter().map(ip).collect();
        let proxies = proxies.map_err(|reason| (at("trusted_proxies"), reason))?;
        let transport = match (self.tls, proxies.is_empty()) {
            (true, false) => return Err((at("tls"), Reason::TwoTransports)),
            (true, true) => Transport::Tls,
            (false, false) => Transport::Proxies(proxies),
            (false, true) => Transport::Plain,
        };
        if let Some(actual) = self.names.iter().find(|name| !is_host_name(name)) {
            return Err((at("names"), Reason::HostName { actual: actual.clone() }));
        }
        let rate = |key: &str, given: Option<u32>, otherwise| match given.unwrap_or(otherwise) {
            0 => Err((at(key), Reason::Count { expected: "at least one request a second" })),
            rate => Ok(rate),
        };
        Ok(Access {
            transport,
            names: self.names,
            public_per_second: rate("public_per_second", self.public_per_second, PUBLIC_PER_SECOND)?,
            member_per_second: rate("member_per_second", self.member_per_second, MEMBER_PER_SECOND)?,
        })
    }
}

fn is_host_name(text: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'.' | b'-' | b':' | b'[' | b']');
    (1..=255).contains(&text.len()) && text.bytes().all(allowed)
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct RawTesting {
    #[serde(default)]
    clock_offset_s: i64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawKeys {
    validator: Option<PathBuf>,
    validator_next: Option<PathBuf>,
    node: PathBuf,
    passphrase_file: Option<PathBuf>,
    passphrase_command: Option<Vec<String>>,
    signer: Option<PathBuf>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawPeer {
    name: String,
    node_key: String,
    address: String,
}

impl Config {
    /// Reads and checks `config.toml` in `home`.
    ///
    /// # Errors
    /// [`ConfigError`].
    pub fn load(home: &Path) -> Result<Config, ConfigError> {
        let file = home.join(FILE_NAME);
        let at = |reason: Reason| ConfigError { file: file.clone(), key: String::new(), reason };
        let length = std::fs::metadata(&file).map_err(|e| at(e.into()))?.len();
        if length > FILE_BYTES_MAX {
            return Err(at(Reason::TooLarge));
        }
        let text = std::fs::read_to_string(&file).map_err(|e| at(e.into()))?;
        Config::parse(&text, home)
    }

    /// Checks the text of a `config.toml` in `home`.
    ///
    /// # Errors
    /// [`ConfigError`].
    pub fn parse(text: &str, home: &Path) -> Result<Config, ConfigError> {
        let fail = |(key, reason): (String, Reason)| ConfigError { file: home.join(FILE_NAME), key, reason };
        let raw: Raw = toml::from_str(text).map_err(|e| fail((String::new(), toml_reason(text, &e))))?;
        raw.check(home).map_err(fail)
    }
}

fn toml_reason(text: &str, error: &toml::de::Error) -> Reason {
    let before = error.span().and_then(|span| text.get(..span.start));
    let line = before.map_or(0, |before| before.matches('\n').count() + 1);
    Reason::Toml { line, message: error.message().to_owned() }
}

impl Raw {
    fn check(self, home: &Path) -> Result<Config, (String, Reason)> {
        let at = |key: &str| {
            let key = key.to_owned();
            move |reason: Reason| (key, reason)
        };
        check_name(&self.name).map_err(at("name"))?;
        let api_listen = socket(&self.api_listen).map_err(at("api_listen"))?;
        let access = self.access.map(RawAccess::check).transpose()?;
        let closed = access.as_ref().is_some_and(|access| access.transport != Transport::Plain);
        if !api_listen.ip().is_loopback() && !closed {
            return Err(at("api_listen")(Reason::NotLoopback { actual: api_listen }));
        }
        match (self.kind, &self.keys.validator) {
            (Kind::Validator, None) => return Err(at("keys.validator")(Reason::ValidatorKeyMissing)),
            (Kind::Observer | Kind::Follower, Some(_)) => {
                return Err(at("keys.validator")(Reason::ValidatorKeyUnused));
            }
            _ => {}
        }
        if self.kind != Kind::Validator && self.keys.validator_next.is_some() {
            return Err(at("keys.validator_next")(Reason::ValidatorKeyUnused));
        }
        let p2p_listen = socket(&self.p2p_listen).map_err(at("p2p_listen"))?;
        if self.testing.clock_offset_s != 0 && !p2p_listen.ip().is_loopback() {
            return Err(at("testing.clock_offset_s")(Reason::TestingInTheOpen { actual: p2p_listen }));
        }
        let peers = check_peers(self.peers)?;
        let absolute = |path: PathBuf| home.join(path);
        let passphrase = match (self.keys.passphrase_file, self.keys.passphrase_command) {
            (Some(_), Some(_)) => return Err(at("keys.passphrase_command")(Reason::TwoPassphrases)),
            (None, Some(command)) if command.is_empty() => {
                return Err(at("keys.passphrase_command")(Reason::NoCommand));
            }
            (Some(_), None) | (None, Some(_)) if self.keys.signer.is_some() => {
                return Err(at("keys.signer")(Reason::PassphraseBesideSigner));
            }
            (file, command) => file.map(|f| Source::File(absolute(f))).or(command.map(Source::Command)),
        };
        Ok(Config {
            name: self.name,
            kind: self.kind,
            api_listen,
            access,
            tokens: home.join(TOKENS_FOLDER),
            p2p_listen,
            genesis: absolute(self.genesis),
            data_dir: absolute(self.data_dir),
            keys: KeyPaths {
                validator: self.keys.validator.map(absolute),
                validator_next: self.keys.validator_next.map(absolute),
                node: absolute(self.keys.node),
                passphrase,
                signer: self.keys.signer.map(absolute),
            },
            certificate: absolute(self.certificate),
            authorities: absolute(self.authorities),
            on_unseated: self.on_unseated,
            peers,
            clock_offset_s: self.testing.clock_offset_s,
        })
    }
}

fn check_peers(raw: Vec<RawPeer>) -> Result<Vec<Peer>, (String, Reason)> {
    let mut peers: Vec<Peer> = Vec::with_capacity(raw.len());
    for (i, peer) in raw.into_iter().enumerate() {
        let at = |name: &str| format!("peers[{i}].{name}");
        check_name(&peer.name).map_err(|reason| (at("name"), reason))?;
        let node_key = PublicKey::from_hex(&peer.node_key).map_err(|e| (at("node_key"), e.into()))?;
        if peers.iter().any(|p| p.node_key == node_key) {
            return Err((at("node_key"), Reason::Repeated));
        }
        if peer.address.is_empty() {
            return Err((at("address"), Reason::Address { actual: peer.address }));
        }
        peers.push(Peer { name: peer.name, node_key, address: peer.address });
    }
    Ok(peers)
}

fn check_name(name: &str) -> Result<(), Reason> {
    let printable = !name.chars().any(char::is_control);
    if printable && (1..=NAME_CHARS_MAX).contains(&name.chars().count()) { Ok(()) } else { Err(Reason::Name) }
}

fn socket(text: &str) -> Result<SocketAddr, Reason> {
    text.parse().map_err(|_| Reason::Address { actual: text.to_owned() })
}

#[cfg(test)]
mod tests;
