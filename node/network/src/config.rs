//! What a network is started with, and what it refuses to start with.

use crate::limits;
use bencao_crypto::PublicKey;
use bencao_crypto::tls::{Authorities, Identity, TlsError};
use libp2p::Multiaddr;
use libp2p::multiaddr::Protocol;
use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

/// Which stream a message travels on. Each has its own queue, frame limit and flow control, so that votes never queue
/// behind batches.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash)]
pub enum Class {
    /// Votes and certificates: small, and first.
    Consensus,
    /// Proposed blocks.
    Proposal,
    /// Batches and their acknowledgements.
    Batch,
    /// Requests and old blocks.
    Sync,
}

impl Class {
    /// Every class, most urgent first.
    pub const ALL: [Class; 4] = [Class::Consensus, Class::Proposal, Class::Batch, Class::Sync];

    /// Position in [`Class::ALL`].
    pub const fn index(self) -> usize {
        self as usize
    }

    /// For metrics and logs.
    pub const fn name(self) -> &'static str {
        match self {
            Class::Consensus => "consensus",
            Class::Proposal => "proposal",
            Class::Batch => "batch",
            Class::Sync => "sync",
        }
    }
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Where a peer listens. Addresses live in node configuration; the key decides whether it is the peer.
#[derive(Clone, Debug)]
pub struct PeerAddress {
    /// The key that must answer.
    pub node_key: PublicKey,
    /// `host:port`, `1.2.3.4:port`, `[::1]:port`, or a multiaddr `/ip4/…/tcp/…`, `/ip6/…/tcp/…`, `/dns4/…/tcp/…`.
    pub address: String,
}

/// Caps an operator may need to change; the defaults are the constants of [`limits`].
#[derive(Clone, Debug)]
pub struct Limits {
    /// [`limits::HANDSHAKES_MAX`].
    pub handshakes_max: usize,
    /// [`limits::HANDSHAKES_PER_ADDRESS_MAX`]; raise it when many members come from one address.
    pub handshakes_per_address_max: usize,
    /// [`limits::HANDSHAKE_TIMEOUT`].
    pub handshake_timeout: Duration,
    /// [`limits::CONNECTIONS_MAX`].
    pub connections_max: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            handshakes_max: limits::HANDSHAKES_MAX,
            handshakes_per_address_max: limits::HANDSHAKES_PER_ADDRESS_MAX,
            handshake_timeout: limits::HANDSHAKE_TIMEOUT,
            connections_max: limits::CONNECTIONS_MAX,
        }
    }
}

/// Everything a network needs to start.
#[derive(Clone, Debug)]
pub struct NetworkConfig {
    /// `ip:port` or a multiaddr with an IP address; port 0 takes a free one, which [`crate::Event::Listening`] tells.
    pub listen: String,
    /// This node's certificate chain and key.
    pub identity: Identity,
    /// The consortium's certificate authorities; may be replaced while the network runs.
    pub authorities: Authorities,
    /// Hash of the genesis; peers of another chain are refused.
    pub chain_id: [u8; 32],
    /// Version of the messages that the frames carry; peers of another version are refused.
    pub protocol_version: u16,
    /// Height in this node's first messages; see [`crate::NetworkHandle::set_height`].
    pub height: u64,
    /// Seconds by which this node's idea of the time is ahead of the operating system's; 0 but in tests.
    pub clock_offset_s: i64,
    /// Peers to dial and to keep dialling. At most [`limits::PINNED_MAX`]; this node's own key is passed over.
    pub peers: Vec<PeerAddress>,
    /// Caps.
    pub limits: Limits,
}

/// Why a network does not start.
#[derive(Debug, thiserror::Error)]
pub enum NetworkError {
    /// Identity or authorities.
    #[error("TLS identity")]
    Tls(#[from] TlsError),
    /// Not one of the forms of [`PeerAddress::address`], or a name where only an IP address will do.
    #[error("address {address:?} is not host:port or a TCP multiaddr")]
    Address {
        /// As configured.
        address: String,
    },
    /// More than [`limits::PINNED_MAX`].
    #[error("{actual} pinned peers, at most {} allowed", limits::PINNED_MAX)]
    TooManyPeers {
        /// As configured.
        actual: usize,
    },
    /// The operating system does not let this node listen there.
    #[error("cannot listen on {address}")]
    Listen {
        /// As configured.
        address: String,
        /// What the operating system says.
        source: std::io::Error,
    },
    /// The operating system gave no randomness.
    #[error("no randomness from the operating system")]
    NoRandomness,
}

/// A parsed address.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Endpoint {
    /// Ready to dial.
    Numeric(IpAddr, u16),
    /// To be resolved at each dial.
    Named(String, u16),
}

impl Endpoint {
    pub(crate) fn parse(address: &str) -> Result<Endpoint, NetworkError> {
        let refuse = || NetworkError::Address { address: address.chars().take(limits::ADDRESS_BYTES_MAX).collect() };
        if address.len() > limits::ADDRESS_BYTES_MAX {
            return Err(refuse());
        }
        let endpoint = if address.starts_with('/') { parse_multiaddr(address) } else { parse_pair(address) };
        endpoint.ok_or_else(refuse)
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Endpoint::Numeric(ip, port) => std::net::SocketAddr::new(*ip, *port).fmt(f),
            Endpoint::Named(host, port) => write!(f, "{host}:{port}"),
        }
    }
}

/// `/ip4/…/tcp/…` or `/ip6/…/tcp/…`.
pub(crate) fn multiaddr(ip: IpAddr, port: u16) -> Multiaddr {
    Multiaddr::from(ip).with(Protocol::Tcp(port))
}

/// An address as people write it; whatever is not IP and TCP, as libp2p writes it. The peer's name at the end is left out.
pub(crate) fn readable(address: &Multiaddr) -> String {
    let address: Multiaddr = address.iter().filter(|part| !matches!(part, Protocol::P2p(_))).collect();
    parse_multiaddr(&address.to_string()).map_or_else(|| address.to_string(), |endpoint| endpoint.to_string())
}

fn parse_multiaddr(text: &str) -> Option<Endpoint> {
    let address: Multiaddr = text.parse().ok()?;
    let mut parts = address.iter();
    let endpoint = match (parts.next()?, parts.next()?) {
        (Protocol::Ip4(ip), Protocol::Tcp(port)) => Endpoint::Numeric(ip.into(), port),
        (Protocol::Ip6(ip), Protocol::Tcp(port)) => Endpoint::Numeric(ip.into(), port),
        (Protocol::Dns(host) | Protocol::Dns4(host) | Protocol::Dns6(host), Protocol::Tcp(port)) => {
            Endpoint::Named(host.into_owned(), port)
        }
        _ => return None,
    };
    parts.next().is_none().then_some(endpoint)
}

fn parse_pair(text: &str) -> Option<Endpoint> {
    if let Ok(socket) = text.parse::<std::net::SocketAddr>() {
        return Some(Endpoint::Numeric(socket.ip(), socket.port()));
    }
    let (host, port) = text.rsplit_once(':')?;
    let is_name = !host.is_empty() && host.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b));
    is_name.then_some(Endpoint::Named(host.to_owned(), port.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_in_every_form() {
        for (text, shown) in [
            ("127.0.0.1:26656", "127.0.0.1:26656"),
            ("[::1]:0", "[::1]:0"),
            ("/ip4/10.0.0.7/tcp/26656", "10.0.0.7:26656"),
            ("/ip6/::1/tcp/9", "[::1]:9"),
            ("/dns4/node.hospital.example/tcp/26656", "node.hospital.example:26656"),
            ("node-1.example:26656", "node-1.example:26656"),
        ] {
            assert_eq!(Endpoint::parse(text).unwrap().to_string(), shown, "{text}");
        }
    }

    #[test]
    fn other_addresses_are_refused() {
        let long = format!("{}:1", "a".repeat(limits::ADDRESS_BYTES_MAX));
        for text in ["", ":1", "host", "host:", "host:99999", "ho st:1", "/ip4/1.2.3.4/udp/1", "/ip4/1.2.3.4", &long] {
            assert!(matches!(Endpoint::parse(text), Err(NetworkError::Address { .. })), "{text}");
        }
        assert!(Endpoint::parse("/ip4/1.2.3.4/tcp/1/ws").is_err());
    }
}
