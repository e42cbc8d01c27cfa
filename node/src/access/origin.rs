//! From where a request comes: the other end of its connection, or what a trusted proxy says.

use super::Door;
use crate::api::error::{ApiError, Fault};
use crate::api::wait::shorten;
use axum::http::header::HOST;
use axum::http::{HeaderMap, Uri};
use std::net::{IpAddr, Ipv6Addr, SocketAddr};

/// Where proxies write the address of whose request they pass on, each after the ones before it.
const FORWARDED_FOR: &str = "x-forwarded-for";

/// Both ends of a connection, which goes with each of its requests.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Ends {
    /// The other.
    pub(crate) peer: SocketAddr,
    /// This node's.
    pub(crate) local: SocketAddr,
}

/// Where a request comes from, and by which name it calls the node.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Origin {
    pub(crate) address: IpAddr,
    /// Host and port as the client wrote them, lower case.
    pub(crate) authority: String,
}

impl Origin {
    /// Reads it off a request.
    ///
    /// # Errors
    /// `not_through_proxy`, `bad_request` for a host that is not this node.
    pub(crate) fn of(door: &Door, ends: Ends, headers: &HeaderMap, uri: &Uri) -> Result<Origin, ApiError> {
        let address = match &door.proxies {
            None => plain(ends.peer.ip()),
            Some(proxies) => forwarded(plain(ends.peer.ip()), proxies, headers)?,
        };
        let named = headers.get(HOST).and_then(|v| v.to_str().ok());
        let host = named.or_else(|| uri.authority().map(|a| a.as_str())).unwrap_or_default();
        let authority = host.to_ascii_lowercase();
        // A page of some website must not read this node through a name that points to it.
        if is_local(&authority) || is_named(&authority, door, ends.local.ip()) {
            return Ok(Origin { address, authority });
        }
        Err(ApiError::bad_request("host", "a name or address of this node").actual(shorten(host)))
    }

    /// What shares a rate: an IPv6 network of 64 bits is one subscriber.
    pub(crate) fn rated(&self) -> IpAddr {
        match self.address {
            IpAddr::V4(_) => self.address,
            IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() >> 64 << 64)),
        }
    }
}

/// An IPv4 address is one, however the socket writes it.
fn plain(address: IpAddr) -> IpAddr {
    address.to_canonical()
}

/// The last address in the list that is none of ours: whoever sends a request can write the ones before.
fn forwarded(peer: IpAddr, proxies: &[IpAddr], headers: &HeaderMap) -> Result<IpAddr, ApiError> {
    let past = |actual: &str| ApiError::new(Fault::NotThroughProxy).at(FORWARDED_FOR).actual(shorten(actual));
    if !proxies.contains(&peer) {
        return Err(past(&peer.to_string()));
    }
    let mut last = None;
    // The fields of one name are one list, in order.
    for field in headers.get_all(FORWARDED_FOR) {
        let text = field.to_str().map_err(|_| past(""))?;
        for entry in text.split(',') {
            let address: IpAddr = entry.trim().parse().map_err(|_| past(entry.trim()))?;
            let address = plain(address);
            if !proxies.contains(&address) {
                last = Some(address);
            }
        }
    }
    last.ok_or_else(|| past(""))
}

/// Whether `host`, with or without a port, is this machine. HTTP/1.0 names none.
fn is_local(host: &str) -> bool {
    let name = without_port(host);
    name.is_empty() || name == "localhost" || name.parse().is_ok_and(|ip: IpAddr| ip.is_loopback())
}

fn is_named(host: &str, door: &Door, local: IpAddr) -> bool {
    let name = without_port(host);
    let configured = door.names.iter().any(|n| n == host || n == name);
    configured || (door.guarded && name.parse().is_ok_and(|ip: IpAddr| plain(ip) == plain(local)))
}

fn without_port(host: &str) -> &str {
    match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn only_names_of_this_machine_are_local() {
        for host in ["", "localhost", "localhost:26657", "127.0.0.1", "127.0.0.1:80", "[::1]:26657", "[::1]"] {
            assert!(is_local(host), "{host}");
        }
        for host in ["evil.example", "evil.example:26657", "127.0.0.1.evil.example", "10.0.0.1", "[2001:db8::1]:1"] {
            assert!(!is_local(host), "{host}");
        }
    }

    #[test]
    fn a_proxy_says_for_whom_it_asks_and_nobody_else_does() {
        let proxies = [ip("10.0.0.2"), ip("10.0.0.3")];
        let from = |peer: &str, fields: &[&str]| {
            let mut headers = HeaderMap::new();
            for field in fields {
                headers.append(FORWARDED_FOR, HeaderValue::from_str(field).unwrap());
            }
            forwarded(plain(ip(peer)), &proxies, &headers).map_err(|e| e.object.name)
        };
        assert_eq!(from("10.0.0.2", &["1.2.3.4"]), Ok(ip("1.2.3.4")));
        assert_eq!(from("::ffff:10.0.0.2", &["1.2.3.4"]), Ok(ip("1.2.3.4")));
        assert_eq!(
            from("10.0.0.2", &["6.6.6.6, 1.2.3.4, 10.0.0.3"]),
            Ok(ip("1.2.3.4")),
            "what a client writes comes first"
        );
        assert_eq!(from("10.0.0.2", &["6.6.6.6", "2001:db8::1"]), Ok(ip("2001:db8::1")));
        for bad in [
            from("10.0.0.9", &["1.2.3.4"]),
            from("10.0.0.2", &[]),
            from("10.0.0.2", &[""]),
            from("10.0.0.2", &["unknown"]),
            from("10.0.0.2", &["1.2.3.4, x"]),
            from("10.0.0.2", &["1.2.3.4:80"]),
            from("10.0.0.2", &["10.0.0.3"]),
        ] {
            assert_eq!(bad, Err("not_through_proxy"));
        }
    }

    #[test]
    fn a_subscribers_network_is_one_address() {
        let rated = |text: &str| Origin { address: ip(text), authority: String::new() }.rated();
        assert_eq!(rated("2001:db8:1:2:3:4:5:6"), ip("2001:db8:1:2::"));
        assert_eq!(rated("10.1.2.3"), ip("10.1.2.3"));
    }
}
