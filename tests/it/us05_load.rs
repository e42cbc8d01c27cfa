//! A load generator against a running network: named by one node's address, it finds the rest by itself.

use crate::harness::Consortium;

#[test]
fn a_running_network_is_measured_by_the_address_of_one_node() {
    let net = Consortium::start(4, 1);
    let (api, before) = (net.node(1, "api"), net.height(1).expect("answers"));
    let said =
        net.run(&["bench", "network", "--node", &api, "--shape", "transfer", "--in-flight", "8", "--seconds", "2"]);
    assert_eq!(said.code, 0, "{}", said.json);
    let number =
        |path: &str| said.json.pointer(path).and_then(serde_json::Value::as_f64).unwrap_or_else(|| panic!("{path}"));
    for path in
        ["/tx_per_s", "/codes_per_s", "/latency_ms/p50", "/latency_ms/p90", "/latency_ms/p99", "/client_cpu_ms_per_tx"]
    {
        assert!(number(path) > 0.0, "{path}: {}", said.json);
    }
    for path in ["/server_cpu_ms_per_tx", "/disk_bytes_per_tx_per_node", "/rss_mib"] {
        assert!(number(path) > 0.0, "{path}, from the operating system: {}", said.json);
    }
    assert_eq!((number("/nodes"), number("/rejected"), number("/errors"), number("/unfinished")), (5.0, 0.0, 0.0, 0.0));
    assert!(net.height(1).expect("still runs") > before);
    let stranger = net.run(&["bench", "network", "--node", "http://127.0.0.1:1", "--seconds", "1"]);
    assert_eq!(stranger.code, 2, "{}", stranger.json);
}
