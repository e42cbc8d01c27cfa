//! What a network tells the node.

use crate::Class;
use bencao_crypto::KeyId;
use bencao_crypto::x509::Standing;

/// Something happened on the network.
#[derive(Clone, PartialEq, Debug)]
pub enum Event {
    /// This node listens. With port 0 configured, here is the real one.
    Listening {
        /// `ip:port`.
        address: String,
    },
    /// A peer of this chain is connected. Messages may be sent to it.
    Connected {
        /// Its node key.
        peer: KeyId,
        /// Height it told.
        height: u64,
        /// How its certificate's dates stand; anything but many days left deserves a warning, never more.
        certificate: Standing,
    },
    /// A connection is gone; what was queued for it is lost. Messages received before may still follow.
    Disconnected {
        /// Its node key.
        peer: KeyId,
    },
    /// A message.
    Message {
        /// Sender, proved by the handshake.
        peer: KeyId,
        /// Stream it came on.
        class: Class,
        /// Opaque bytes, at most [`crate::limits::frame_bytes_max`] of the class.
        bytes: Vec<u8>,
    },
    /// A connection was refused, by this node or because of what the peer sent. Failing to reach an address is not
    /// reported here; see [`crate::Metrics`].
    Refused {
        /// The reason.
        why: Refusal,
        /// The peer's `ip:port`.
        address: String,
    },
}

/// Why a connection was refused or ended by this node.
#[derive(Clone, PartialEq, Debug, thiserror::Error)]
pub enum Refusal {
    /// Too many unfinished handshakes, or too many connections.
    #[error("too many connections or unfinished handshakes")]
    Busy,
    /// One side did not trust the other: foreign authority, expired and unknown, no certificate.
    #[error("TLS handshake: {0}")]
    Tls(rustls::Error),
    /// The handshake ended early, timed out, or was not ours at all.
    #[error("no handshake")]
    Handshake,
    /// A certified key that is not on the allow-list.
    #[error("key {peer} is not allowed")]
    NotAllowed {
        /// Who it proved to be.
        peer: KeyId,
    },
    /// Another peer than the pinned one answered.
    #[error("expected key {expected} at this address")]
    WrongPeer {
        /// Pinned.
        expected: KeyId,
        /// Who answered, if it is a peer we know.
        actual: Option<KeyId>,
    },
    /// This node itself answered at a pinned address.
    #[error("the address is this node's own")]
    Own,
    /// A peer of another chain.
    #[error("peer {peer} is on another chain")]
    WrongChain {
        /// Who.
        peer: KeyId,
        /// Its chain.
        actual: [u8; 32],
    },
    /// A peer that speaks another version.
    #[error("peer {peer} speaks version {actual}, this node {expected}")]
    WrongVersion {
        /// Who.
        peer: KeyId,
        /// This node's.
        expected: u16,
        /// The peer's.
        actual: u16,
    },
    /// No first message in time, or not one.
    #[error("peer {peer} sent no proper first message")]
    NoHello {
        /// Who.
        peer: KeyId,
    },
    /// A frame longer than its class allows, or empty.
    #[error("peer {peer} announced a {class} frame of {actual} bytes")]
    FrameLength {
        /// Who.
        peer: KeyId,
        /// On which stream.
        class: Class,
        /// Announced length, bytes.
        actual: u32,
    },
    /// Malformed control messages, or streams out of order.
    #[error("peer {peer} broke the protocol")]
    Protocol {
        /// Who.
        peer: KeyId,
    },
    /// Nothing heard for [`crate::limits::SILENCE_MAX`].
    #[error("peer {peer} fell silent")]
    Silent {
        /// Who.
        peer: KeyId,
    },
}

impl Refusal {
    /// Stable name, for metrics and `peers`.
    pub fn name(&self) -> &'static str {
        use rustls::{CertificateError as C, Error as E};
        match self {
            Refusal::Busy => "busy",
            Refusal::Tls(E::InvalidCertificate(C::UnknownIssuer)) => "unknown_authority",
            Refusal::Tls(E::InvalidCertificate(C::BadSignature)) => "wrong_certificate_signature",
            Refusal::Tls(E::InvalidCertificate(C::Expired)) => "certificate_expired",
            Refusal::Tls(E::InvalidCertificate(C::NotValidYet)) => "certificate_not_yet_valid",
            Refusal::Tls(E::InvalidCertificate(C::InvalidPurpose)) => "certificate_wrong_use",
            Refusal::Tls(E::NoCertificatesPresented) => "no_certificate",
            Refusal::Tls(E::AlertReceived(_)) => "refused_by_peer",
            Refusal::Tls(_) => "tls",
            Refusal::Handshake => "no_handshake",
            Refusal::NotAllowed { .. } => "not_allowed",
            Refusal::WrongPeer { .. } => "wrong_peer",
            Refusal::Own => "own_address",
            Refusal::WrongChain { .. } => "wrong_chain",
            Refusal::WrongVersion { .. } => "wrong_version",
            Refusal::NoHello { .. } => "no_hello",
            Refusal::FrameLength { .. } => "frame_length",
            Refusal::Protocol { .. } => "protocol",
            Refusal::Silent { .. } => "silent",
        }
    }
}

/// Why a message was not queued.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum SendError {
    /// The peer takes its messages more slowly than they come. The newest is dropped, which is this one.
    #[error("queue full")]
    Full,
    /// No connection to this peer.
    #[error("not connected")]
    NotConnected,
    /// Longer than the class allows, or empty.
    #[error("empty, or longer than the class allows")]
    Length,
}

/// One connected peer, for `status` and metrics.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PeerInfo {
    /// Node key.
    pub key: KeyId,
    /// Its `ip:port`; for a connection that it opened, the port is a passing one.
    pub address: String,
    /// Whether this node dialled.
    pub dialled: bool,
    /// Height it told last.
    pub height: u64,
    /// Bytes of frames received over this connection.
    pub bytes_received: u64,
    /// Bytes of frames sent over this connection.
    pub bytes_sent: u64,
    /// Frames that wait to be sent.
    pub frames_queued: usize,
    /// Last measured round trip, microseconds.
    pub round_trip_us: Option<u64>,
    /// How its certificate's dates stood at the handshake.
    pub certificate: Standing,
}
