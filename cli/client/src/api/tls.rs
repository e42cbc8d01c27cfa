//! `https` with national algorithms: TLS 1.3 of RFC 8998 under the HTTP client, with authorities that the user names.

use bencao_crypto::KeyId;
use bencao_crypto::tls::rustls::{ClientConfig, ClientConnection, StreamOwned};
use bencao_crypto::tls::{Authorities, Trust, any_server_name, open_client_config, peer};
use bencao_crypto::x509::{Certificate, Roots};
use std::fmt;
use std::io::{Read as _, Write as _};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};
use ureq::unversioned::transport::{
    Buffers, ConnectionDetails, Connector, Either, LazyBuffers, NextTimeout, Transport, TransportAdapter,
};

/// Whom a client believes to be a node.
#[derive(Clone)]
pub struct Tls {
    /// Certificates of the consortium's authorities.
    pub authorities: Vec<Certificate>,
    /// The one node key that may answer; any node's of the authorities if absent.
    pub node_key: Option<KeyId>,
}

fn wall_s() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

/// Wraps connections of `https` addresses.
pub(super) struct TlsConnector {
    /// None: no authorities were named, so that nobody can be believed.
    config: Option<Arc<ClientConfig>>,
    node_key: Option<KeyId>,
}

impl TlsConnector {
    pub(super) fn new(tls: Option<&Tls>) -> Result<TlsConnector, String> {
        let Some(tls) = tls else { return Ok(TlsConnector { config: None, node_key: None }) };
        let roots = Roots::new(&tls.authorities).map_err(|e| e.to_string())?;
        // The chain knows keys; this client knows dates only, so that they decide.
        let trust = Trust { authorities: Authorities::new(roots), known: Arc::new(|_| false), now_s: Arc::new(wall_s) };
        let mut config = open_client_config(&trust).map_err(|e| e.to_string())?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(TlsConnector { config: Some(Arc::new(config)), node_key: tls.node_key })
    }

    fn check(&self, connection: &ClientConnection) -> Result<(), String> {
        let found = peer(connection, wall_s()).map_err(|e| e.to_string())?.key.id();
        match self.node_key {
            Some(expected) if expected != found => Err(format!("node key {found} answers, not {expected}")),
            _ => Ok(()),
        }
    }
}

impl fmt::Debug for TlsConnector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TlsConnector").field("node_key", &self.node_key).finish_non_exhaustive()
    }
}

fn refused(reason: String) -> ureq::Error {
    ureq::Error::Io(std::io::Error::new(std::io::ErrorKind::PermissionDenied, reason))
}

impl<In: Transport> Connector<In> for TlsConnector {
    type Out = Either<In, TlsTransport>;

    fn connect(
        &self,
        details: &ConnectionDetails<'_>,
        chained: Option<In>,
    ) -> Result<Option<Either<In, TlsTransport>>, ureq::Error> {
        let Some(transport) = chained else { return Ok(None) };
        if !details.needs_tls() {
            return Ok(Some(Either::A(transport)));
        }
        let config = self.config.clone();
        let config = config.ok_or_else(|| refused("no authorities were named for https (--ca)".into()))?;
        let failed = |e: bencao_crypto::tls::rustls::Error| refused(e.to_string());
        let mut connection = ClientConnection::new(config, any_server_name()).map_err(failed)?;
        let mut socket = TransportAdapter::new(transport.boxed(), details.current_time.clone());
        socket.set_timeout(details.timeout);
        while connection.is_handshaking() {
            connection.complete_io(&mut socket)?;
        }
        self.check(&connection).map_err(refused)?;
        let buffers = LazyBuffers::new(details.config.input_buffer_size(), details.config.output_buffer_size());
        let stream = StreamOwned { conn: connection, sock: socket };
        Ok(Some(Either::B(TlsTransport { buffers, stream })))
    }
}

/// A connection inside TLS.
pub(super) struct TlsTransport {
    buffers: LazyBuffers,
    stream: StreamOwned<ClientConnection, TransportAdapter>,
}

impl fmt::Debug for TlsTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TlsTransport")
    }
}

impl Transport for TlsTransport {
    fn buffers(&mut self) -> &mut dyn Buffers {
        &mut self.buffers
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), ureq::Error> {
        self.stream.get_mut().set_timeout(timeout);
        self.stream.write_all(&self.buffers.output()[..amount])?;
        Ok(())
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, ureq::Error> {
        self.stream.get_mut().set_timeout(timeout);
        let amount = self.stream.read(self.buffers.input_append_buf())?;
        self.buffers.input_appended(amount);
        Ok(amount > 0)
    }

    fn is_open(&mut self) -> bool {
        self.stream.get_mut().get_mut().is_open()
    }

    fn is_tls(&self) -> bool {
        true
    }
}
