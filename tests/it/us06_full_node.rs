//! A node that can take no more says so at once, and keeps what it has taken.

use crate::harness::{Consortium, Hand};
use serde_json::{Value, json};

/// Codes of one bill, the most that the chain takes.
const CODES: usize = 10_000;

/// Ships units that nobody has ever made: well-formed, large, and refused by the first rule that looks.
fn heavy(receiver: &str) -> Value {
    let codes: Vec<String> = (0..CODES).map(|n| format!("010692456188407421{n:020}")).collect();
    json!({"type": "ship", "bill_type": 201, "receiver": receiver, "codes": codes})
}

fn outcome(net: &Consortium, node: usize, id: &str) -> String {
    let mut status = serde_json::Value::Null;
    net.eventually("the bill is decided", || {
        status = net.read(node, &format!("/v1/transactions/{id}?wait=30s"))["status"].clone();
        status != "pending"
    });
    status.as_str().expect("a status").to_owned()
}

/// 64 MiB of bills: half a minute in a release build, nine in a development build, so it runs when asked for:
/// `cargo test --release -p bencao-cli --test it us06 -- --ignored`.
#[test]
#[ignore = "minutes in a development build"]
fn a_full_node_answers_busy_and_loses_nothing_that_it_accepted() {
    let mut net = Consortium::start(4, 0);
    let hand: Hand = net.hand(&net.member("producer"));
    let receiver = net.member("wholesaler").uscc;
    let bill = heavy(&receiver);
    // Without two of four nothing is decided, so that accepted bills stay.
    net.kill(2);
    net.kill(3);

    let (mut accepted, mut refused) = (Vec::new(), None);
    while refused.is_none() {
        match net.submit(0, &hand, &format!("F-{}", accepted.len()), &bill) {
            Ok(id) => accepted.push(id),
            Err(error) => refused = Some(error),
        }
        assert!(accepted.len() < 2_000, "a bound was reached by now");
    }
    let refused = refused.expect("the loop's condition");
    assert_eq!(refused["name"], "busy", "after {}: {refused}", accepted.len());
    assert!(refused["retry_after_ms"].as_u64().is_some_and(|ms| ms > 0), "{refused}");
    assert!(!accepted.is_empty());
    // Reading goes on meanwhile.
    assert_eq!(net.read(0, "/v1/status")["ready"], true);

    net.start_node(2);
    net.start_node(3);
    for id in &accepted {
        assert_eq!(outcome(&net, 0, id), "rejected");
    }
    // There is room again for the bill that was not taken.
    let number = format!("F-{}", accepted.len());
    let id = net.submit(0, &hand, &number, &bill).expect("room again");
    assert_eq!(outcome(&net, 0, &id), "rejected");
    let tip = net.read(0, &format!("/v1/transactions/{id}"))["height"].as_u64().expect("a height");
    net.await_height(tip);
    net.assert_same_at(tip);
}
