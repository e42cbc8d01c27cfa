//! One of four validators absent costs a round now and then; two absent stop the chain safely until one returns.

use crate::harness::{Consortium, one_unit};

/// Submits one bill and waits until it is final.
fn one_more(net: &Consortium, hand: &crate::harness::Hand, node: usize, n: u64) -> u64 {
    let (product, prefix) = crate::harness::demo_product();
    let id = net.submit(node, hand, &format!("A-{n}"), &one_unit(&product, &prefix, "A1", n)).expect("accepted");
    let receipt = net.read(node, &format!("/v1/transactions/{id}?wait=60s"));
    assert_eq!(receipt["status"], "applied", "{receipt}");
    receipt["height"].as_u64().expect("a height")
}

#[test]
fn with_one_of_four_down_a_hundred_heights_decide_in_round_0_once_its_turns_are_skipped() {
    let mut net = Consortium::start(4, 0);
    let producer = net.member("producer");
    let hand = net.hand(&producer);
    let together = one_more(&net, &hand, 0, 1);
    net.kill(3);

    // Until the first height that needed a second round, and the block that carries its certificate.
    let (mut n, mut skipped_from) = (2, None);
    while skipped_from.is_none() {
        let tip = one_more(&net, &hand, 0, n);
        n += 1;
        skipped_from = (together + 1..=tip).find(|h| round_of(&net, *h) > 0);
        assert!(tip < together + 60, "the absent validator had a turn by now");
    }
    let first = skipped_from.expect("found") + 2;
    let mut tip = 0;
    while tip < first + 100 {
        tip = one_more(&net, &hand, (n % 3) as usize, n);
        n += 1;
    }
    for height in first..first + 100 {
        assert_eq!(round_of(&net, height), 0, "height {height}");
    }

    // Two absent: promises are still given, nothing is decided, nothing breaks.
    net.kill(2);
    let before = net.height(0).expect("answers");
    let (product, prefix) = crate::harness::demo_product();
    let open = net.submit(0, &hand, &format!("A-{n}"), &one_unit(&product, &prefix, "A1", n)).expect("accepted");
    let pending = net.read(0, &format!("/v1/transactions/{open}?wait=3s"));
    assert_eq!(pending["status"], "pending");
    assert!(net.height(0).expect("answers") <= before + 1, "at most what was under way");

    net.start_node(2);
    let kept = net.read(0, &format!("/v1/transactions/{open}?wait=60s"));
    assert_eq!(kept["status"], "applied", "{kept}");
    net.start_node(3);
    let tip = kept["height"].as_u64().expect("a height");
    net.await_height(tip);
    net.assert_same_at(tip);
}

fn round_of(net: &Consortium, height: u64) -> u64 {
    net.block(0, height)["round"].as_u64().expect("a round")
}
