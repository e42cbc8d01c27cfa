//! What a stranger can send to the ports of a running node: typed errors, no harm, and the chain goes on.

use crate::harness::{Consortium, demo_product, get, one_unit, post};
use bencao_chance::Rng;
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

/// Sends bytes to a port and reads until the other side closes or is silent for a while.
fn shout(address: &str, bytes: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(address).expect("the port is open");
    stream.set_read_timeout(Some(Duration::from_secs(5))).expect("a time-out");
    let _ = stream.write_all(bytes);
    let _ = stream.shutdown(std::net::Shutdown::Write);
    let mut answer = Vec::new();
    let _ = stream.take(1 << 16).read_to_end(&mut answer);
    answer
}

#[test]
fn strangers_get_typed_errors_and_the_chain_goes_on() {
    let net = Consortium::start(4, 0);
    let (api, p2p) = (net.node(0, "api"), net.node(0, "p2p"));
    let port = api.strip_prefix("http://").expect("a URL");

    for (path, status, name) in [
        ("/v1/nothing", 404, "not_found"),
        ("/v1/transactions/zz", 400, "bad_request"),
        (&format!("/v1/transactions/{}", "0".repeat(64)), 404, "unknown_transaction"),
        ("/v1/blocks/999999999", 404, "unknown_block"),
        ("/v1/blocks/-1", 400, "bad_request"),
        ("/v1/codes/6924561884074", 400, "not_a_trace_code"),
        ("/v1/codes/8385793000087976666O", 400, "not_a_trace_code"),
        ("/v1/codes/010692456188407521A1", 400, "check_digit"),
        ("/v1/codes/81000010000009999999", 404, "unknown_code"),
    ] {
        let (actual, body) = get(&api, path).expect("an answer");
        let error: Value = serde_json::from_str(&body).expect("JSON");
        assert_eq!((actual, &error["name"]), (status, &json!(name)), "{path}: {body}");
        for field in [
            "code",
            "message_zh",
            "message_en",
            "expected",
            "actual",
            "line",
            "field",
            "retry_after_ms",
            "transaction_id",
        ] {
            assert!(error.get(field).is_some(), "{path}: no {field}");
        }
    }
    for body in [
        json!(null),
        json!([]),
        json!({"body": "zz", "signature": ""}),
        json!({"body": "00", "signature": "00", "x": 1}),
    ] {
        let error = post(&api, "/v1/transactions", &body).expect_err("refused");
        assert!(
            ["bad_request", "malformed_transaction"].contains(&error["name"].as_str().unwrap_or_default()),
            "{body}: {error}"
        );
    }
    let raw = "POST /v1/transactions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/octet-stream\r\nContent-Length: 999999999\r\n\r\n";
    let answer = shout(port, raw.as_bytes());
    assert!(String::from_utf8_lossy(&answer).starts_with("HTTP/1.1 413"), "{}", String::from_utf8_lossy(&answer));

    for seed in 1..20 {
        let noise = Rng(seed).bytes(2_000);
        shout(port, &noise);
        shout(&p2p, &noise);
    }
    // The p2p port's own greeting, then nothing that a member would say.
    shout(&p2p, b"\x13/multistream/1.0.0\n\x14/sm-tls/rfc8998/1\n\x16\x03\x01\x02\x00\x01\x00");

    let hand = net.hand(&net.member("producer"));
    let (product, prefix) = demo_product();
    let id = net.submit(0, &hand, "H-1", &one_unit(&product, &prefix, "H1", 1)).expect("accepted");
    let receipt = net.read(0, &format!("/v1/transactions/{id}?wait=60s"));
    assert_eq!(receipt["status"], "applied", "{receipt}");
    assert_eq!(net.read(0, "/v1/status")["peers_connected"], 3);
}
