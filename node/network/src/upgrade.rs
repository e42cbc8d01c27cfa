//! TCP, TLS 1.3 of RFC 8998 and yamux as one libp2p transport (design D16).

use crate::admission::Admission;
use crate::config::NetworkConfig;
use crate::limits;
use crate::metrics::{Metrics, count};
use crate::muxer::Yamux;
use bencao_crypto::KeyId;
use bencao_crypto::tls::{self, TlsError, Trust};
use futures::future::BoxFuture;
use futures::{AsyncRead, AsyncWrite, FutureExt as _};
use futures_rustls::{TlsAcceptor, TlsConnector, TlsStream};
use libp2p::core::UpgradeInfo;
use libp2p::core::muxing::StreamMuxerBox;
use libp2p::core::transport::{Boxed, upgrade::Version};
use libp2p::core::upgrade::{InboundConnectionUpgrade, OutboundConnectionUpgrade};
use libp2p::{PeerId, Transport as _, tcp};
use rustls::{ClientConfig, CommonState, ServerConfig};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};
use std::{io, iter};

/// Named in clear before the handshake. It is the only one offered, so there is nothing to downgrade to.
const PROTOCOL: &str = "/bencao/sm-tls/1";
/// Named inside the handshake: a certificate shown here is not shown to a web server.
const ALPN: &[u8] = b"bencao/1";

/// Why a handshake failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum HandshakeError {
    /// TLS, or the connection under it.
    #[error("TLS")]
    Tls(#[source] io::Error),
    /// The peer's certificate cannot be read back. The verifier should have refused it.
    #[error("peer certificate")]
    Peer(#[source] TlsError),
    /// A certified key that is not on the allow-list.
    #[error("not allowed")]
    NotAllowed(KeyId),
}

/// Both directions of the handshake, with the allow-list as its last step.
#[derive(Clone)]
pub(crate) struct SmTls {
    server: Arc<ServerConfig>,
    client: Arc<ClientConfig>,
    admission: Arc<Admission>,
    metrics: Arc<Metrics>,
    offset_s: i64,
}

impl SmTls {
    pub(crate) fn new(
        config: &NetworkConfig,
        admission: Arc<Admission>,
        metrics: Arc<Metrics>,
    ) -> Result<SmTls, TlsError> {
        let (known, offset_s) = (admission.clone(), config.clock_offset_s);
        let trust = Trust {
            authorities: config.authorities.clone(),
            known: Arc::new(move |key| known.is_member(key)),
            now_s: Arc::new(move || now_s(offset_s)),
        };
        let mut server = tls::server_config(&config.identity, &trust)?;
        let mut client = tls::client_config(&config.identity, &trust)?;
        server.alpn_protocols = vec![ALPN.to_vec()];
        client.alpn_protocols = vec![ALPN.to_vec()];
        Ok(SmTls { server: Arc::new(server), client: Arc::new(client), admission, metrics, offset_s })
    }

    /// A certified stranger gets no further than this: the stream is dropped before a byte of ours is sent in it.
    fn admit(&self, state: &CommonState) -> Result<PeerId, HandshakeError> {
        let peer = tls::peer(state, now_s(self.offset_s)).map_err(HandshakeError::Peer)?;
        let admitted = self.admission.admit(&peer).ok_or(HandshakeError::NotAllowed(peer.key.id()))?;
        count(&self.metrics.handshakes);
        Ok(admitted)
    }
}

/// Unix seconds. A clock before 1970 is as good as none: certificates are then "not yet valid" and only warn.
fn now_s(offset_s: i64) -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs()).saturating_add_signed(offset_s)
}

impl UpgradeInfo for SmTls {
    type Info = &'static str;
    type InfoIter = iter::Once<&'static str>;

    fn protocol_info(&self) -> Self::InfoIter {
        iter::once(PROTOCOL)
    }
}

impl<C: AsyncRead + AsyncWrite + Send + Unpin + 'static> InboundConnectionUpgrade<C> for SmTls {
    type Output = (PeerId, TlsStream<C>);
    type Error = HandshakeError;
    type Future = BoxFuture<'static, Result<Self::Output, Self::Error>>;

    fn upgrade_inbound(self, socket: C, _: Self::Info) -> Self::Future {
        async move {
            let stream = TlsAcceptor::from(self.server.clone()).accept(socket).await.map_err(HandshakeError::Tls)?;
            Ok((self.admit(stream.get_ref().1)?, stream.into()))
        }
        .boxed()
    }
}

impl<C: AsyncRead + AsyncWrite + Send + Unpin + 'static> OutboundConnectionUpgrade<C> for SmTls {
    type Output = (PeerId, TlsStream<C>);
    type Error = HandshakeError;
    type Future = BoxFuture<'static, Result<Self::Output, Self::Error>>;

    fn upgrade_outbound(self, socket: C, _: Self::Info) -> Self::Future {
        async move {
            let connector = TlsConnector::from(self.client.clone());
            let stream = connector.connect(tls::any_server_name(), socket).await.map_err(HandshakeError::Tls)?;
            Ok((self.admit(stream.get_ref().1)?, stream.into()))
        }
        .boxed()
    }
}

/// The whole transport. Its timeout covers everything from TCP to the multiplexer.
pub(crate) fn transport(tls: SmTls, limits: &crate::Limits) -> Boxed<(PeerId, StreamMuxerBox)> {
    tcp::tokio::Transport::new(tcp::Config::new().nodelay(true))
        .upgrade(Version::V1Lazy)
        .authenticate(tls)
        .multiplex(Yamux::new(limits::STREAMS_MAX))
        .timeout(limits.handshake_timeout)
        .boxed()
}

/// Finds an error of type `E` in what libp2p makes of it. `io::Error` hides the error it wraps from `source`.
pub(crate) fn find_cause<'a, E: std::error::Error + 'static>(
    mut error: &'a (dyn std::error::Error + 'static),
) -> Option<&'a E> {
    loop {
        if let Some(found) = error.downcast_ref::<E>() {
            return Some(found);
        }
        let inner = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        error = match inner {
            Some(inner) => inner,
            None => error.source()?,
        };
    }
}
