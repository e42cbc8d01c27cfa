//! The HTTP API of `docs/contract.md`, typed.
//!
//! Every call has a deadline and a bound on the answer's size. A full or unreachable node costs a retry, at another node if
//! there is one: transactions are named by their content, so that sending one twice is sending it once.

mod error;
mod events;
mod identity;
mod model;
#[cfg(test)]
mod tests;
mod tls;

pub use error::{ApiError, Fault};
pub use events::{Event, Events};
pub use identity::{Credentials, Identity};
pub use model::{
    Accepted, Bill, Block, BlockSignature, BlockTransaction, CertificateInfo, Consensus, Finality, FinalityTimes,
    Heard, NodeLimits, Outcome, Peer, PeerCertificate, Peers, Prepared, RefusedConnections, SignerHealth, Status,
    Submitted, Totals, Until, ValidatorInfo, instant,
};

pub use tls::Tls;

use bencao_access::request::escape as escaped;
use identity::Speaker;
use serde::de::DeserializeOwned;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tls::TlsConnector;
use ureq::unversioned::resolver::DefaultResolver;
use ureq::unversioned::transport::{Connector as _, TcpConnector};

/// Longest answer, bytes. A block of the largest size, as JSON, is below it.
pub const ANSWER_BYTES_MAX: u64 = 64 << 20;
/// Time to connect.
const CONNECT: Duration = Duration::from_secs(3);
/// Time for an answer besides the `wait` that was asked for.
const ANSWER: Duration = Duration::from_secs(15);
/// Longest `wait` that a node keeps; longer ones are asked for in turns.
const WAIT_MAX: Duration = Duration::from_secs(20);
/// Bounds of the pause before a retry.
const PAUSE_MIN: Duration = Duration::from_millis(20);
const PAUSE_MAX: Duration = Duration::from_secs(5);

/// A client of one or more nodes of the same chain.
pub struct Client {
    agent: ureq::Agent,
    nodes: Vec<String>,
    speaker: Speaker,
    /// The node that answered last.
    current: AtomicUsize,
}

impl Client {
    /// A client of nodes given as `http://host:port`, tried in order, that says nothing about itself.
    ///
    /// # Errors
    /// [`ApiError::Address`] for an empty list or another form of address.
    pub fn new(nodes: &[String]) -> Result<Client, ApiError> {
        Client::open(nodes, Identity::default(), None)
    }

    /// A client of nodes given as `http://host:port`, or `https://host:port` with national algorithms, that says who it is.
    ///
    /// # Errors
    /// [`ApiError::Address`], [`ApiError::Authorities`].
    pub fn open(nodes: &[String], identity: Identity, tls: Option<&Tls>) -> Result<Client, ApiError> {
        if nodes.is_empty() {
            return Err(ApiError::Address(String::new()));
        }
        let checked = nodes.iter().map(|n| {
            let plain = n.trim_end_matches('/');
            let rest = plain.strip_prefix("http://").or_else(|| plain.strip_prefix("https://"));
            let rest = rest.filter(|r| !r.is_empty() && !r.contains(['/', '?', '#', '@']));
            rest.map(|_| plain.to_string()).ok_or_else(|| ApiError::Address(n.clone()))
        });
        let nodes = checked.collect::<Result<_, _>>()?;
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .proxy(None)
            .timeout_connect(Some(CONNECT))
            .user_agent(concat!("bencao/", env!("CARGO_PKG_VERSION")))
            .build();
        let tls = TlsConnector::new(tls).map_err(ApiError::Authorities)?;
        let connector = TcpConnector::default().chain(tls);
        let agent = ureq::Agent::with_parts(config, connector, DefaultResolver::default());
        Ok(Client { agent, nodes, speaker: Speaker::new(identity), current: AtomicUsize::new(0) })
    }

    /// `GET /v1/status`
    ///
    /// # Errors
    /// [`ApiError`], as for every call.
    pub fn status(&self) -> Result<Status, ApiError> {
        self.get("/v1/status", Duration::ZERO)
    }

    /// `GET /v1/peers`
    ///
    /// # Errors
    /// [`ApiError`].
    pub fn peers(&self) -> Result<Peers, ApiError> {
        self.get("/v1/peers", Duration::ZERO)
    }

    /// `GET /v1/blocks/{height}`
    ///
    /// # Errors
    /// [`ApiError`].
    pub fn block(&self, height: u64) -> Result<Block, ApiError> {
        self.get(&format!("/v1/blocks/{height}"), Duration::ZERO)
    }

    /// `GET /v1/codes/{code}` as the node gave it.
    ///
    /// # Errors
    /// [`ApiError`].
    pub fn code(&self, code: &str) -> Result<serde_json::Value, ApiError> {
        self.get(&format!("/v1/codes/{}", escaped(code)), Duration::ZERO)
    }

    /// `GET /v1/codes/{code}/consumer` as the node gave it: what everybody may know.
    ///
    /// # Errors
    /// [`ApiError`].
    pub fn consumer(&self, code: &str) -> Result<serde_json::Value, ApiError> {
        self.get(&format!("/v1/codes/{}/consumer", escaped(code)), Duration::ZERO)
    }

    /// `GET /v1/access-log/head` as the node gave it.
    ///
    /// # Errors
    /// [`ApiError`].
    pub fn access_log_head(&self) -> Result<serde_json::Value, ApiError> {
        self.get("/v1/access-log/head", Duration::ZERO)
    }

    /// `GET /v1/lots/{id}`, or what it came from (`backward`) or went into (`forward`), as the node gave it.
    ///
    /// # Errors
    /// [`ApiError`].
    pub fn lot(&self, lot: &str, part: Option<&str>) -> Result<serde_json::Value, ApiError> {
        let part = part.map(|p| format!("/{p}")).unwrap_or_default();
        self.get(&format!("/v1/lots/{}{part}", escaped(lot)), Duration::ZERO)
    }

    /// `GET /v1/products/{id}/batches/{no}/herbs` as the node gave it.
    ///
    /// # Errors
    /// [`ApiError`].
    pub fn herbs(&self, product: &str, batch: &str) -> Result<serde_json::Value, ApiError> {
        self.get(&format!("/v1/products/{}/batches/{}/herbs", escaped(product), escaped(batch)), Duration::ZERO)
    }

    /// `GET /v1/recalls`, or the part of it before a number, as the node gave it.
    ///
    /// # Errors
    /// [`ApiError`].
    pub fn recalls(&self, before: Option<u32>) -> Result<serde_json::Value, ApiError> {
        let query = before.map(|n| format!("?before={n}")).unwrap_or_default();
        self.get(&format!("/v1/recalls{query}"), Duration::ZERO)
    }

    /// `GET /v1/recalls/{id}` as the node gave it.
    ///
    /// # Errors
    /// [`ApiError`]; `unknown_recall` if there is none.
    pub fn recall(&self, number: u32) -> Result<serde_json::Value, ApiError> {
        self.get(&format!("/v1/recalls/{number}"), Duration::ZERO)
    }

    /// `GET /v1/organisations/{id}` as the node gave it.
    ///
    /// # Errors
    /// [`ApiError`]; `unknown_record` if there is none.
    pub fn organisation(&self, id: &str) -> Result<serde_json::Value, ApiError> {
        self.get(&format!("/v1/organisations/{}", escaped(id)), Duration::ZERO)
    }

    /// `GET /v1/organisations/{id}/annual-report/{year}`, or a part of it that goes on with products or recalls, as the
    /// node gave it.
    ///
    /// # Errors
    /// [`ApiError`]; `unknown_record` if the organisation is not on record.
    pub fn annual_report(
        &self,
        id: &str,
        year: u16,
        from: Option<&str>,
        recalls_before: Option<u64>,
    ) -> Result<serde_json::Value, ApiError> {
        let query = match (from, recalls_before) {
            (Some(from), _) => format!("?from={}", escaped(from)),
            (None, Some(number)) => format!("?recalls_before={number}"),
            (None, None) => String::new(),
        };
        self.get(&format!("/v1/organisations/{}/annual-report/{year:04}{query}", escaped(id)), Duration::ZERO)
    }

    /// `GET /v1/law/{region}` on a day, or today, as the node gave it.
    ///
    /// # Errors
    /// [`ApiError`].
    pub fn law(&self, region: &str, on: Option<&str>) -> Result<serde_json::Value, ApiError> {
        let query = on.map(|day| format!("?on={}", escaped(day))).unwrap_or_default();
        self.get(&format!("/v1/law/{}{query}", escaped(region)), Duration::ZERO)
    }

    /// `GET /v1/standards/{id}` as the node gave it.
    ///
    /// # Errors
    /// [`ApiError`]; `unknown_record` if there is none.
    pub fn standard(&self, id: &str) -> Result<serde_json::Value, ApiError> {
        self.get(&format!("/v1/standards/{}", escaped(id)), Duration::ZERO)
    }

    /// `GET /v1/herbs/{code}` as the node gave it.
    ///
    /// # Errors
    /// [`ApiError`]; `unknown_record` if there is none.
    pub fn herb(&self, code: &str) -> Result<serde_json::Value, ApiError> {
        self.get(&format!("/v1/herbs/{}", escaped(code)), Duration::ZERO)
    }

    /// `GET /v1/key-products` of a region from a product on, as the node gave it.
    ///
    /// # Errors
    /// [`ApiError`].
    pub fn key_products(&self, region: &str, from: u32) -> Result<serde_json::Value, ApiError> {
        self.get(&format!("/v1/key-products?region={}&from={from}", escaped(region)), Duration::ZERO)
    }

    /// `GET /v1/rule-sets` from a number on, as the node gave it.
    ///
    /// # Errors
    /// [`ApiError`].
    pub fn rule_sets(&self, from: u32) -> Result<serde_json::Value, ApiError> {
        self.get(&format!("/v1/rule-sets?from={from}"), Duration::ZERO)
    }

    /// `GET /v1/governance/proposals`, or the part of it before a number, as the node gave it.
    ///
    /// # Errors
    /// [`ApiError`].
    pub fn proposals(&self, before: Option<u32>) -> Result<serde_json::Value, ApiError> {
        let query = before.map(|n| format!("?before={n}")).unwrap_or_default();
        self.get(&format!("/v1/governance/proposals{query}"), Duration::ZERO)
    }

    /// `GET /v1/governance/proposals/{id}` as the node gave it.
    ///
    /// # Errors
    /// [`ApiError`]; `unknown_record` if there is none.
    pub fn proposal(&self, number: u32) -> Result<serde_json::Value, ApiError> {
        self.get(&format!("/v1/governance/proposals/{number}"), Duration::ZERO)
    }

    /// `GET /v1/governance/parameters` as the node gave it.
    ///
    /// # Errors
    /// [`ApiError`].
    pub fn parameters(&self) -> Result<serde_json::Value, ApiError> {
        self.get("/v1/governance/parameters", Duration::ZERO)
    }

    /// `GET /v1/validators` as the node gave it.
    ///
    /// # Errors
    /// [`ApiError`].
    pub fn validators(&self) -> Result<serde_json::Value, ApiError> {
        self.get("/v1/validators", Duration::ZERO)
    }

    /// `GET /v1/organisations/{id}/keys` as the node gave it.
    ///
    /// # Errors
    /// [`ApiError`]; `unknown_record` if there is none.
    pub fn keys(&self, id: &str) -> Result<serde_json::Value, ApiError> {
        self.get(&format!("/v1/organisations/{}/keys", escaped(id)), Duration::ZERO)
    }

    /// `GET /v1/organisations/{id}/key-orders/{no}` as the node gave it.
    ///
    /// # Errors
    /// [`ApiError`]; `unknown_record` if there is none.
    pub fn key_order(&self, id: &str, order: &str) -> Result<serde_json::Value, ApiError> {
        self.get(&format!("/v1/organisations/{}/key-orders/{}", escaped(id), escaped(order)), Duration::ZERO)
    }

    /// `GET /v1/codes/{code}/proof`: the bytes of a proof file.
    ///
    /// # Errors
    /// [`ApiError`].
    pub fn proof(&self, code: &str, wait: Duration) -> Result<Vec<u8>, ApiError> {
        let path = format!("/v1/codes/{}/proof?wait={}", escaped(code), text_of(wait.min(WAIT_MAX)));
        let (_, bytes) = self.call(&Request::Get(&path), Instant::now() + wait, wait)?;
        Ok(bytes)
    }

    /// `GET /v1/lots/{id}/proof`: the bytes of a proof file.
    ///
    /// # Errors
    /// [`ApiError`].
    pub fn lot_proof(&self, lot: &str, wait: Duration) -> Result<Vec<u8>, ApiError> {
        let path = format!("/v1/lots/{}/proof?wait={}", escaped(lot), text_of(wait.min(WAIT_MAX)));
        let (_, bytes) = self.call(&Request::Get(&path), Instant::now() + wait, wait)?;
        Ok(bytes)
    }

    /// `POST /v1/transactions` with the bytes of a signed transaction, repeated until a node takes it or `deadline` is over.
    ///
    /// # Errors
    /// [`ApiError`].
    pub fn submit(&self, transaction: &[u8], deadline: Instant) -> Result<Submitted, ApiError> {
        let request = Request::PostBytes("/v1/transactions", transaction);
        let (status, bytes) = self.call(&request, deadline, Duration::ZERO)?;
        if status == 202 {
            return Ok(Submitted::Accepted(parse(&bytes)?));
        }
        Ok(Submitted::Known(Box::new(parse(&bytes)?)))
    }

    /// `POST /v1/transactions/prepare`
    ///
    /// # Errors
    /// [`ApiError`].
    pub fn prepare(&self, request: &serde_json::Value) -> Result<Prepared, ApiError> {
        let body = request.to_string();
        let (_, bytes) =
            self.call(&Request::PostJson("/v1/transactions/prepare", body.as_bytes()), Instant::now(), Duration::ZERO)?;
        parse(&bytes)
    }

    /// `GET /v1/transactions/{id}`, asked again until `until` is reached or `wait` is over.
    ///
    /// # Errors
    /// [`ApiError`]; `unknown_transaction` if no node asked knows it.
    pub fn transaction(&self, id: &str, wait: Duration, until: Until) -> Result<Bill, ApiError> {
        self.wait_for(&format!("/v1/transactions/{id}"), wait, until)
    }

    /// `GET /v1/organisations/{id}/bills/{no}`, asked again until `until` is reached or `wait` is over.
    ///
    /// # Errors
    /// [`ApiError`]; `unknown_bill` if there is none.
    pub fn bill(&self, organisation: &str, document_no: &str, wait: Duration, until: Until) -> Result<Bill, ApiError> {
        let path = format!("/v1/organisations/{}/bills/{}", escaped(organisation), escaped(document_no));
        self.wait_for(&path, wait, until)
    }

    fn wait_for(&self, path: &str, wait: Duration, until: Until) -> Result<Bill, ApiError> {
        let deadline = Instant::now() + wait;
        loop {
            let left = deadline.saturating_duration_since(Instant::now()).min(WAIT_MAX);
            let bill: Bill = self.get(&format!("{path}?wait={}&until={}", text_of(left), until.name()), left)?;
            if bill.has_reached(until) || Instant::now() >= deadline {
                return Ok(bill);
            }
        }
    }

    /// `GET /v1/events` of the current node, from after `cursor`; from the next event on without one.
    ///
    /// # Errors
    /// [`ApiError`].
    pub fn events(&self, cursor: Option<&str>) -> Result<Events, ApiError> {
        let node = &self.nodes[self.current.load(Ordering::Relaxed) % self.nodes.len()];
        let query = cursor.map(|c| format!("?cursor={}", escaped(c))).unwrap_or_default();
        let path = format!("/v1/events{query}");
        loop {
            let mut request = self.agent.get(format!("{node}{path}"));
            for (name, value) in self.speaker.headers("GET", authority(node), &path, None)? {
                request = request.header(name, value.as_str());
            }
            let sent = request.config().timeout_recv_response(Some(ANSWER)).build().call();
            let mut response = sent.map_err(|e| ApiError::unreachable(node, &e))?;
            let status = response.status().as_u16();
            if status == 200 {
                return Ok(Events::new(response.into_body().into_reader()));
            }
            let bytes = response.body_mut().with_config().limit(1 << 20).read_to_vec();
            let error = ApiError::from_answer(status, &bytes.unwrap_or_default());
            if !self.speaker.learn(&error) {
                return Err(error);
            }
        }
    }

    fn get<T: DeserializeOwned>(&self, path: &str, wait: Duration) -> Result<T, ApiError> {
        // A read is tried at each node once; within `wait` it is tried again.
        let (_, bytes) = self.call(&Request::Get(path), Instant::now() + wait, wait)?;
        parse(&bytes)
    }

    /// One call with retries: at the next node when one is unreachable or busy, until every node was asked once and
    /// `deadline` is over.
    fn call(&self, request: &Request<'_>, deadline: Instant, wait: Duration) -> Result<(u16, Vec<u8>), ApiError> {
        let mut asked = 0;
        loop {
            let index = self.current.load(Ordering::Relaxed) % self.nodes.len();
            let error = match self.once(&self.nodes[index], request, wait) {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            if self.speaker.learn(&error) {
                continue;
            }
            asked += 1;
            let Some(pause) = error.retry_after() else { return Err(error) };
            self.current.store(index + 1, Ordering::Relaxed);
            if asked < self.nodes.len() {
                continue;
            }
            let pause = pause.clamp(PAUSE_MIN, PAUSE_MAX);
            if Instant::now() + pause > deadline {
                return Err(error);
            }
            std::thread::sleep(pause);
        }
    }

    fn once(&self, node: &str, request: &Request<'_>, wait: Duration) -> Result<(u16, Vec<u8>), ApiError> {
        let timeout = Some(ANSWER + wait.min(WAIT_MAX));
        let url = |path: &str| format!("{node}{path}");
        let sent = match request {
            Request::Get(path) => {
                let mut get = self.agent.get(url(path));
                for (name, value) in self.speaker.headers("GET", authority(node), path, None)? {
                    get = get.header(name, value.as_str());
                }
                get.config().timeout_global(timeout).build().call()
            }
            Request::PostBytes(path, body) | Request::PostJson(path, body) => {
                let media = match request {
                    Request::PostJson(..) => "application/json",
                    _ => "application/octet-stream",
                };
                let mut post = self.agent.post(url(path));
                for (name, value) in self.speaker.headers("POST", authority(node), path, Some(body))? {
                    post = post.header(name, value.as_str());
                }
                post.config().timeout_global(timeout).build().content_type(media).send(*body)
            }
        };
        let mut response = sent.map_err(|e| ApiError::unreachable(node, &e))?;
        let status = response.status().as_u16();
        let body = response.body_mut().with_config().limit(ANSWER_BYTES_MAX).read_to_vec();
        let body = body.map_err(|e| ApiError::unreachable(node, &e))?;
        if (200..300).contains(&status) { Ok((status, body)) } else { Err(ApiError::from_answer(status, &body)) }
    }
}

enum Request<'a> {
    Get(&'a str),
    PostBytes(&'a str, &'a [u8]),
    PostJson(&'a str, &'a [u8]),
}

/// Host and port of an address.
fn authority(node: &str) -> &str {
    node.split_once("://").map_or(node, |(_, authority)| authority)
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ApiError> {
    serde_json::from_slice(bytes).map_err(|e| ApiError::Answer(e.to_string()))
}

fn text_of(wait: Duration) -> String {
    format!("{}ms", wait.as_millis())
}
