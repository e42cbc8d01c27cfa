//! What a broken or hostile client gets: always a typed error, never a hung or dead node.

use crate::world::{World, commission, now, signed};
use bencao_client::bill::{Planned, Signer};
use bencao_genesis::ChainId;
use serde_json::Value;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};

/// Sends raw bytes and reads until the node closes.
fn raw(address: SocketAddr, request: &[u8]) -> (u16, String) {
    let mut stream = TcpStream::connect(address).unwrap();
    // The node may answer and close before everything is sent.
    let _ = stream.write_all(request);
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    let text = String::from_utf8_lossy(&answer);
    let status = text.split(' ').nth(1).and_then(|s| s.parse().ok()).unwrap_or(0);
    let body = text.split_once("\r\n\r\n").map(|(_, body)| body.to_owned()).unwrap_or_default();
    (status, body)
}

pub(crate) fn get(address: SocketAddr, path: &str) -> (u16, String) {
    let head = format!("GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n");
    raw(address, head.as_bytes())
}

pub(crate) fn post(address: SocketAddr, path: &str, media: &str, body: impl AsRef<[u8]>) -> (u16, String) {
    let body = body.as_ref();
    let length = body.len();
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\ncontent-type: {media}\r\ncontent-length: {length}\r\n\r\n"
    );
    raw(address, &[head.as_bytes(), body].concat())
}

fn name(answer: &(u16, String)) -> (u16, String) {
    let error: Value = serde_json::from_str(&answer.1).unwrap_or_else(|_| panic!("not an error object: {answer:?}"));
    assert_eq!(error.as_object().unwrap().len(), 10, "all ten fields: {error}");
    (answer.0, error["name"].as_str().unwrap().to_owned())
}

const JSON: &str = "application/json";
const BYTES: &str = "application/octet-stream";

#[test]
fn every_bad_request_gets_a_typed_answer_and_the_node_goes_on() {
    let world = World::new();
    let node = world.start();
    let at = node.address();
    let post = |path: &str, media: &str, body: &[u8]| name(&post(at, path, media, body));
    let get = |path: &str| name(&get(at, path));
    let tx = "/v1/transactions";
    let prepare = "/v1/transactions/prepare";
    let big = vec![b'0'; 5 << 20];
    let deep = "[".repeat(100_000);
    for (answer, expected) in [
        (get("/nothing"), (404, "not_found")),
        (get("/v1/transactions"), (405, "method_not_allowed")),
        (get("/v1/transactions/xyz"), (400, "bad_request")),
        (get("/v1/transactions/%ff"), (400, "bad_request")),
        (get(&format!("/v1/transactions/{}?wait=soon", "00".repeat(32))), (400, "bad_request")),
        (get(&format!("/v1/transactions/{}?weight=1s", "00".repeat(32))), (400, "bad_request")),
        (get("/v1/organisations/nobody/bills/1"), (400, "bad_request")),
        (get("/v1/codes/123"), (400, "not_a_trace_code")),
        (get("/v1/codes/6901234567892"), (400, "not_a_trace_code")),
        (get("/v1/codes/%00"), (400, "not_a_trace_code")),
        (get("/v1/codes/123/proof"), (400, "not_a_trace_code")),
        (get("/v1/blocks/minus"), (400, "bad_request")),
        (get("/v1/blocks/99999999999999999999999"), (400, "bad_request")),
        (get("/v1/blocks/+1"), (400, "bad_request")),
        (get("/v1/events?cursor=abc"), (400, "bad_request")),
        (post("/v1/status", JSON, b"{}"), (405, "method_not_allowed")),
        (post(tx, "text/plain", b"x"), (415, "unsupported_media_type")),
        (post(tx, JSON, b"{"), (400, "bad_request")),
        (post(tx, JSON, b"[]"), (400, "bad_request")),
        (post(tx, JSON, deep.as_bytes()), (400, "bad_request")),
        (post(tx, JSON, b"{\"body\": \"zz\", \"signature\": \"00\"}"), (400, "bad_request")),
        (post(tx, JSON, b"{\"body\": \"\", \"signature\": \"00\", \"more\": 1}"), (400, "bad_request")),
        (post(tx, JSON, b"\xff\xfe"), (400, "bad_request")),
        (post(tx, JSON, &big), (413, "too_large")),
        (post(tx, BYTES, &big), (413, "too_large")),
        (post(tx, BYTES, b""), (400, "malformed_transaction")),
        (post(tx, BYTES, &[0xff; 1000]), (400, "malformed_transaction")),
        (post(prepare, BYTES, b"x"), (415, "unsupported_media_type")),
        (post(prepare, JSON, b"{}"), (400, "bad_request")),
        (post(prepare, JSON, &big), (413, "too_large")),
    ] {
        assert_eq!((answer.0, answer.1.as_str()), expected);
    }
    assert!(node.client.status().unwrap().ready);
    node.stop();
}

#[test]
fn a_transaction_of_the_wrong_chain_key_signature_or_time_is_refused_at_the_door() {
    let world = World::new();
    let node = world.start();
    let post = |bytes: &[u8]| name(&post(node.address(), "/v1/transactions", BYTES, bytes));
    let good = signed(&world.producer, "C-1", commission(1..2, 1));

    let mut bytes = good.bytes.clone();
    *bytes.last_mut().unwrap() ^= 1;
    assert_eq!(post(&bytes), (400, "bad_signature".into()));

    let with = |chain, key| Signer { chain, principal: world.producer.principal.clone(), key, mandate: None };
    let chain = world.genesis.chain_id();
    let other_chain = with(ChainId::default(), world.producer.key.clone());
    assert_eq!(post(&signed(&other_chain, "C-1", commission(1..2, 1)).bytes), (400, "wrong_chain".into()));
    let stranger = with(chain, world.stranger.clone());
    assert_eq!(post(&signed(&stranger, "C-1", commission(1..2, 1)).bytes), (403, "unknown_signer".into()));
    let other_member = with(chain, world.hospital.key.clone());
    assert_eq!(post(&signed(&other_member, "C-1", commission(1..2, 1)).bytes), (403, "unknown_signer".into()));

    for valid_until in [now().0 - 1_000, now().0 + 100 * 3_600_000] {
        let planned = Planned { document_no: "C-1".into(), operation: commission(1..2, 1) };
        let bill = world.producer.sign(&planned, bencao_genesis::TimestampMs(valid_until));
        assert_eq!(post(&bill.bytes), (400, "expired".into()));
    }
    for cut in [1, 8, 64, good.bytes.len() / 2] {
        assert_eq!(post(&good.bytes[..good.bytes.len() - cut]), (400, "malformed_transaction".into()));
    }
    let totals = node.client.status().unwrap().totals;
    assert_eq!(totals.transactions, 0, "nothing of it reached the chain");
    node.stop();
}

#[test]
fn other_hosts_broken_heads_and_half_requests_do_not_get_through() {
    let world = World::new();
    let node = world.start();
    let at = node.address();
    let rebound = raw(at, b"GET /v1/status HTTP/1.1\r\nhost: evil.example\r\nconnection: close\r\n\r\n");
    assert_eq!(name(&rebound), (400, "bad_request".into()));
    assert_eq!(raw(at, b"nonsense\r\n\r\n").0, 400);
    let long = format!("GET /{} HTTP/1.1\r\nhost: {at}\r\n\r\n", "a".repeat(100_000));
    assert!(matches!(raw(at, long.as_bytes()).0, 400..500));
    let announced = format!(
        "POST /v1/transactions HTTP/1.1\r\nhost: {at}\r\ncontent-type: {BYTES}\r\ncontent-length: 99999999999\r\n\r\n"
    );
    assert_eq!(name(&raw(at, announced.as_bytes())), (413, "too_large".into()));
    drop(TcpStream::connect(at).unwrap());
    assert!(node.client.status().unwrap().ready);
    node.stop();
}
