//! Two of four validators are gone: the doctor says that the chain stands, since when, in which round, and whose votes are missing.

use crate::harness::{Consortium, bencao};
use serde_json::Value;

fn found(said: &Value, check: &str) -> Option<Value> {
    said["findings"].as_array().expect("findings").iter().find(|f| f["check"] == check).cloned()
}

#[test]
fn the_doctor_explains_a_chain_that_stands() {
    let mut net = Consortium::prepare(4, 1, &[]);
    // An idle chain that makes a block every second, so that its standing still is soon seen.
    let genesis = net.genesis();
    for file in (0..net.len()).map(|n| net.home_file(n, "genesis.json")).chain([genesis.clone().into()]) {
        let text = std::fs::read_to_string(&file).expect("a genesis");
        assert!(text.contains("\"heartbeat_ms\": 60000"));
        std::fs::write(&file, text.replace("\"heartbeat_ms\": 60000", "\"heartbeat_ms\": 1000")).expect("a genesis");
    }
    net.start_all();
    net.eventually("all are connected", || net.read(0, "/v1/status")["peers_connected"] == 4);
    let nodes = format!("{},{},{}", net.node(0, "api"), net.node(1, "api"), net.node(4, "api"));
    let well = bencao(&["doctor", "--node", &nodes, "--genesis", &genesis]);
    assert_eq!((well.code, &well.json["errors"]), (0, &Value::from(0)), "{}", well.json);

    net.await_height(2);
    net.kill(2);
    net.kill(3);
    let mut said = Value::Null;
    // Whose silence it is shows once the two that are left have heard each other in the round under way.
    net.eventually("the doctor sees it", || {
        said = bencao(&["doctor", "--node", &nodes, "--genesis", &genesis]).json;
        let part = |check: &str, part: &str| {
            found(&said, check).is_some_and(|f| f["evidence"].as_str().is_some_and(|e| e.contains(part)))
        };
        part("no_quorum", "2 of 4 voting power is silent: node2, node3")
            && part("stalled", "prevotes missing: node2, node3;")
            // By what node0 says, and not node1 alone while the other is busy.
            && part("stalled", "node1 was in height")
    });
    let stalled = found(&said, "stalled").expect("a stalled chain");
    let evidence = stalled["evidence"].as_str().expect("evidence");
    for part in ["round", "last block", "node1 was in height"] {
        assert!(evidence.contains(part), "{part}: {evidence}");
    }
    assert!(stalled["evidence_zh"].as_str().is_some_and(|e| e.contains("缺预投票：node2、node3")), "{stalled}");
    for silent in ["node2", "node3"] {
        let all = said["findings"].as_array().expect("findings");
        assert!(all.iter().any(|f| f["check"] == "validator_silent" && f["subject"] == silent), "{silent}: {said}");
    }

    // One is enough: it goes on, and the doctor is content with that.
    net.start_node(2);
    net.await_ready(2);
    net.eventually("the chain goes on", || {
        let said = bencao(&["doctor", "--node", &nodes, "--genesis", &genesis]).json;
        found(&said, "stalled").is_none() && found(&said, "no_quorum").is_none()
    });
}
