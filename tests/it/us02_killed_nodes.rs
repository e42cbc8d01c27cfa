//! `kill -9` of any one node, twenty times at random moments under load: no accepted bill lost, no fork, same roots.

use crate::harness::{Consortium, one_unit};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, RwLock};

/// Fixed, so that the order of victims is the same in every run; the moments are the machine's.
const SEED: u64 = 0x5eed_0002;

fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    *state >> 33
}

#[test]
fn twenty_kills_under_load_lose_no_accepted_bill_and_fork_nothing() {
    let consortium = RwLock::new(Consortium::start(4, 1));
    let producer = consortium.read().unwrap().member("producer");
    let hand = consortium.read().unwrap().hand(&producer);
    let (product, prefix) = crate::harness::demo_product();
    let (done, serial, accepted) = (AtomicBool::new(false), AtomicU64::new(1), Mutex::new(Vec::new()));

    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                let n = serial.fetch_add(1, Ordering::Relaxed);
                let net = consortium.read().unwrap();
                let node = (n % 5) as usize;
                if let Ok(id) = net.submit(node, &hand, &format!("K-{n}"), &one_unit(&product, &prefix, "K1", n)) {
                    accepted.lock().unwrap().push((id, format!("{prefix}{n:013}")));
                }
            }
        });
        let mut state = SEED;
        for round in 0..20 {
            let victim = (next(&mut state) % 5) as usize;
            // A moment under load: so many more bills accepted since the last kill.
            let goal = accepted.lock().unwrap().len() + 1 + (next(&mut state) % 30) as usize;
            let net = consortium.read().unwrap();
            net.eventually(&format!("bills are accepted before kill {round}"), || {
                accepted.lock().unwrap().len() >= goal
            });
            drop(net);
            let mut net = consortium.write().unwrap();
            net.kill(victim);
            net.start_node(victim);
            drop(net);
            consortium.read().unwrap().await_ready(victim);
        }
        done.store(true, Ordering::Relaxed);
    });

    let net = consortium.into_inner().unwrap();
    let accepted = accepted.into_inner().unwrap();
    assert!(accepted.len() >= 20, "{} bills under load", accepted.len());
    let mut heights = Vec::new();
    for (id, code) in &accepted {
        let receipt = net.read(0, &format!("/v1/transactions/{id}?wait=60s"));
        assert_eq!(receipt["status"], "applied", "{code}: {receipt}");
        heights.push(receipt["height"].as_u64().expect("a height"));
    }
    let last = heights.into_iter().max().expect("some");
    net.await_height(last);
    for height in 1..=last {
        net.assert_same_at(height);
    }
    for n in 0..net.len() {
        for (_, code) in accepted.iter().step_by(17) {
            assert_eq!(net.read(n, &format!("/v1/codes/{code}"))["state"], "commissioned", "node{n}: {code}");
        }
    }
}
