//! Every clock stands past the end of every certificate, the authority's included: the chain goes on, the warnings are there, and
//! certificates are renewed without a restart.

use crate::harness::{Consortium, bencao, demo_product, get, one_unit};
use serde_json::Value;

/// Certificates are valid for 30 days; every node believes that 40 have passed.
const OFFSET_S: i64 = 40 * 86_400;

fn find<'a>(list: &'a Value, key: &str, value: &str) -> &'a Value {
    let all = list.as_array().expect("a list");
    all.iter().find(|v| v[key] == value).unwrap_or_else(|| panic!("no {key} {value} in {list}"))
}

fn applied(net: &Consortium, number: &str, serial: u64) {
    let hand = net.hand(&net.member("producer"));
    let (product, prefix) = demo_product();
    let id = net.submit(0, &hand, number, &one_unit(&product, &prefix, "E1", serial)).unwrap_or_else(|e| panic!("{e}"));
    let receipt = net.read(0, &format!("/v1/transactions/{id}?wait=60s"));
    assert_eq!(receipt["status"], "applied", "{receipt}");
}

#[test]
fn the_chain_goes_on_past_every_date() {
    let mut net = Consortium::prepare(4, 1, &["--certificate-days", "30"]);
    (0..net.len()).for_each(|n| net.move_clock(n, OFFSET_S));
    net.start_all();
    net.eventually("all are connected", || net.read(0, "/v1/status")["peers_connected"] == 4);
    applied(&net, "E-1", 1);

    // The warnings: status, peers, metrics, log, doctor.
    let status = net.read(0, "/v1/status");
    assert!(status["certificate_days_left"].as_i64().expect("a number") < 0, "{status}");
    for place in ["node", "authority"] {
        assert_eq!(find(&status["certificates"], "place", place)["warning"], "expired");
    }
    let peers = net.read(0, "/v1/peers");
    for peer in peers["peers"].as_array().expect("peers") {
        assert_eq!(peer["certificate"]["standing"], "expired", "{peer}");
    }
    let (_, metrics) = get(&net.node(0, "api"), "/metrics").expect("metrics");
    assert!(metrics.contains("bencao_peers_certificate_outdated 4"), "{metrics}");
    assert!(metrics.lines().any(|l| l.starts_with("bencao_certificate_days_left -")), "{metrics}");
    net.eventually("the log says so", || {
        let log = net.log(0);
        log.contains("a certificate has ended") && log.contains("certificate outside its dates")
    });
    let home = net.node(0, "home");
    let doctor = bencao(&["--home", &home, "doctor"]);
    for check in ["certificate_expired", "authority_expired", "peer_certificate_outdated", "testing_clock"] {
        find(&doctor.json["findings"], "check", check);
    }

    // A node that comes back gets in all the same.
    net.kill(3);
    net.start_node(3);
    net.await_ready(3);
    net.eventually("it is connected again", || net.read(3, "/v1/status")["peers_connected"] == 4);
    applied(&net, "E-2", 2);

    let bills = |net: &Consortium| net.read(2, "/v1/status")["totals"]["transactions"].clone();
    net.eventually("node 2 has executed both", || bills(&net) == 2);
    let before = bills(&net);
    renew(&mut net);
    assert_eq!(bills(&net), before, "nothing was written on the chain");
    applied(&net, "E-3", 3);
}

/// A new authority, a new certificate for node 0's old key: files replaced, SIGHUP, no restart, no transaction.
fn renew(net: &mut Consortium) {
    let path = |name: &str| net.folder().join(name).display().to_string();
    let (ca, request, fresh, passphrase) = (path("ca"), path("node0.csr"), path("node0.pem"), path("passphrase"));
    std::fs::write(&passphrase, "the office's own\n").expect("a passphrase");
    let done = |arguments: &[&str]| {
        let said = bencao(arguments);
        assert_eq!(said.code, 0, "{}", said.json);
    };
    done(&[
        "ca",
        "new",
        "--dir",
        &ca,
        "--name",
        "second",
        "--organisation",
        "consortium",
        "--passphrase-file",
        &passphrase,
    ]);
    let second = std::fs::read_to_string(path("ca/certificate.pem")).expect("an authority");
    for n in 0..net.len() {
        let file = net.home_file(n, "authorities.pem");
        let both = std::fs::read_to_string(&file).expect("authorities") + &second;
        std::fs::write(&file, both).expect("authorities");
        net.hang_up(n);
    }
    let trusts = |n: usize| net.read(n, "/v1/status")["certificates"].as_array().expect("a list").len() == 3;
    net.eventually("everybody trusts the new authority", || (0..net.len()).all(trusts));
    let (key, own) = (net.home_file(0, "keys/node.pem"), net.home_file(0, "keys/passphrase"));
    let (key, own) = (key.display().to_string(), own.display().to_string());
    done(&[
        "ca",
        "request",
        "--key",
        &key,
        "--name",
        "node0",
        "--organisation",
        "x",
        "--out",
        &request,
        "--passphrase-file",
        &own,
    ]);
    done(&["ca", "issue", "--dir", &ca, &request, "--out", &fresh, "--passphrase-file", &passphrase]);
    let pids = net.pids();
    std::fs::copy(&fresh, net.home_file(0, "certificate.pem")).expect("a certificate");
    net.hang_up(0);
    net.eventually("node 0 shows its new certificate", || {
        net.read(0, "/v1/status")["certificate_days_left"].as_i64().is_some_and(|days| days > 0)
    });
    assert_eq!(net.pids(), pids, "nobody was restarted");
    // Whoever connects anew sees it.
    net.kill(1);
    net.start_node(1);
    net.await_ready(1);
    net.eventually("node 1 sees a valid certificate", || {
        find(&net.read(1, "/v1/peers")["peers"], "name", "node0")["certificate"]["standing"] == "valid"
    });
}
