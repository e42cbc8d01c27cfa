//! `kill -9` of any one node, twenty times at random moments under load: no accepted bill lost, no fork, same roots.

use crate::harness::Consortium;
use crate::load::{Load, StopOnDrop};
use std::sync::RwLock;

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
    let load = Load::on(&[0, 1, 2, 3, 4]);

    std::thread::scope(|scope| {
        scope.spawn(|| load.run(&consortium, &hand));
        let _stop = StopOnDrop(&load);
        let mut state = SEED;
        for _ in 0..20 {
            let victim = (next(&mut state) % 5) as usize;
            // A moment under load: so many more bills accepted since the last kill.
            load.go_on(&consortium.read().unwrap(), 1 + (next(&mut state) % 30) as usize);
            let mut net = consortium.write().unwrap();
            net.kill(victim);
            net.start_node(victim);
            drop(net);
            consortium.read().unwrap().await_ready(victim);
        }
    });

    let net = consortium.into_inner().unwrap();
    let (codes, last) = load.kept(&net, 0);
    net.await_height(last);
    (1..=last).for_each(|height| net.assert_same_at(height));
    for n in 0..net.len() {
        for code in codes.iter().step_by(17) {
            assert_eq!(net.read(n, &format!("/v1/codes/{code}"))["state"], "commissioned", "node{n}: {code}");
        }
    }
}
