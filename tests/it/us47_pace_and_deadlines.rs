//! The members decide on another block interval and other recall deadlines, and running nodes keep to them.

use crate::board::Board;
use crate::harness::{Consortium, demo_product, one_unit};
use serde_json::{Value, json};

/// Milliseconds between two block times.
fn gap(net: &Consortium, node: usize, first: u64) -> u64 {
    let time = |height: u64| {
        let block = net.block(node, height);
        millis(block["time"].as_str().expect("a time"))
    };
    time(first + 1) - time(first)
}

/// Milliseconds of a day: the blocks compared lie within one, or the chain was started at midnight.
fn millis(text: &str) -> u64 {
    let (date, clock) = text.strip_suffix("+08:00").and_then(|t| t.split_once('T')).expect("RFC 3339");
    let days = u64::from(bencao_genesis::CalendarDate::parse(date).expect("a date").days());
    let (clock, ms) = clock.split_once('.').expect("milliseconds");
    let seconds = clock.split(':').fold(0, |sum, part| 60 * sum + part.parse::<u64>().expect("digits"));
    (86_400 * days + seconds) * 1_000 + ms.parse::<u64>().expect("digits")
}

fn interval(net: &Consortium, node: usize) -> Value {
    net.read(node, "/v1/status")["block_interval_ms"].clone()
}

#[test]
fn the_block_interval_and_recall_deadlines_change_on_running_nodes() {
    let net = Consortium::start(4, 1);
    let board = Board::of(&net);
    let hand = net.hand(&net.member("producer"));
    let (product, prefix) = demo_product();
    assert_eq!(interval(&net, 0), 200);

    let slower = json!({"type": "change_parameters", "set": [{"name": "block_interval_ms", "value": 3_000}]});
    board.decide(&net, 0, 4, &slower);
    for node in 0..net.len() {
        net.eventually("every node knows", || interval(&net, node) == 3_000);
    }
    // A bill, and one interval later the empty block that certifies it.
    for bill in 1..=2 {
        let height = net.settle(1, &hand, &format!("P-{bill}"), &one_unit(&product, &prefix, "P1", bill));
        net.await_height(height + 1);
        let gap = gap(&net, 4, height);
        // Between the starts of two heights; block times are set a moment later, by whoever builds.
        assert!(gap >= 2_000, "{gap} ms after height {height}");
    }

    let before = net.read(0, "/v1/law/650000");
    assert_eq!(before["law"]["recall"]["notice_hours"], json!([24, 72, 168]), "{before}");
    let today = net.read(0, "/v1/status")["block_time"].as_str().expect("a time")[..10].to_owned();
    let shorter = json!({
        "type": "amend_law", "title": "召回时限", "basis": "药品召回管理办法", "region": "650000", "effective_on": today,
        "chapters": [{
            "type": "recall", "notice_hours": [12, 36, 84], "filing_hours": [24, 72, 168],
            "progress_hours": [24, 72, 168], "published": [true, true, false], "completion_report_working_days": 10,
        }],
    });
    board.decide(&net, 2, 3, &shorter);
    for node in 0..net.len() {
        net.eventually("every node has the new deadlines", || {
            net.read(node, "/v1/law/650000")["law"]["recall"]["notice_hours"] == json!([12, 36, 84])
        });
    }
}
