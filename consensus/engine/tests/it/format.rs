//! Bytes that other builds of this program read: log records and messages. A change here is a new format version.

use crate::keys::id;
use crate::rounds::*;
use bencao_consensus::VoteKind;
use bencao_crypto::{codec, sm3};
use bencao_engine::{
    CertificateKind, LogEntry, Message, PolkaCertificate, PolkaSignature, RoundCertificate, RoundSignature, TimeoutId,
    TimeoutKind,
};

fn polka() -> PolkaCertificate {
    let signature = |i| PolkaSignature { voter: id(i), signature: vote(i, VoteKind::Prevote, 2, None).signature };
    PolkaCertificate { height: H, round: 2, block: block("b"), signatures: (0..3).map(signature).collect() }
}

#[test]
fn log_records_have_these_bytes() {
    let timeout = LogEntry::Timeout(TimeoutId { kind: TimeoutKind::Precommit, height: H, round: 3 });
    let bytes = timeout.to_bytes();
    // version 1 ‖ variant 4 ‖ kind 2 ‖ height 1 ‖ round 3
    assert_eq!(bytes, [1, 4, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0]);
    let judged = LogEntry::Verdict {
        height: H,
        round: 1,
        valid_round: Some(0),
        proposer: id(1),
        block: block("b"),
        valid: true,
    };
    let all = [
        LogEntry::Vote(vote(1, VoteKind::Precommit, 1, Some(block("b")))),
        LogEntry::Proposal(proposal(1, Some(0), block("b"))),
        LogEntry::Polka(polka()),
        judged,
        timeout,
    ];
    let digests = all.each_ref().map(|e| {
        assert_eq!(LogEntry::from_bytes(&e.to_bytes()).as_ref(), Ok(e));
        sm3(&e.to_bytes()).to_string()
    });
    assert_eq!(
        digests,
        [
            "e4620df66773a10ac87d2dde49a6061d76d7c58acd0dd570cbceb110d10aafcf",
            "192967ab09bdf23869cabcba301138de8335e558639c283bb73a76c61fe70cf9",
            "607e4d791b77b6c787354cb5cd0fe41a3bf35b82d9478d58cf6bc0b67397af0b",
            "69cef0a3c4f2c9afcd95732318d14aec056e85e6df368f7fca6c98d3ff02f1bd",
            "bf5cdac348c4453189076f141da8db06239ca3c97887b22d7f15d797e59ebc82",
        ]
    );
}

#[test]
fn messages_have_these_bytes() {
    let signature = |i| RoundSignature {
        kind: VoteKind::Precommit,
        block: None,
        voter: id(i),
        signature: vote(i, VoteKind::Precommit, 2, None).signature,
    };
    let round = RoundCertificate {
        height: H,
        round: 2,
        kind: CertificateKind::Precommit,
        signatures: (0..3).map(signature).collect(),
    };
    let all = [
        Message::Vote(vote(1, VoteKind::Prevote, 0, None)),
        Message::Proposal(proposal(0, None, block("b"))),
        Message::Polka(polka()),
        Message::Round(round),
    ];
    let sizes = all.each_ref().map(|m| codec::encode(m).len());
    // 4 ‖ kind 4 ‖ height 8 ‖ round 4 ‖ none 1 ‖ voter 20 ‖ signature 64, and so on.
    assert_eq!(sizes, [105, 133, 4 + 8 + 4 + 32 + 8 + 3 * 84, 4 + 8 + 4 + 4 + 8 + 3 * 89]);
    let digests = all.each_ref().map(|m| sm3(&codec::encode(m)).to_string());
    assert_eq!(
        digests,
        [
            "f7ac944458a278cbd101f998d9e95a3bfcc90741ef562221ce0ee7cfd1103061",
            "9ce7db1ac32ba9268d8ed8a54751fb9eeaf0baa4e6fbb2cc66f5fb130561a34d",
            "22820f6fff56a7113d5fae9f8455ed644aa9169c64497e878405000dd2374bc3",
            "10509cb111a5e11897889d1b6d9387eae7e057e57a2e9ba4356ac00885cd4e3b",
        ]
    );
}
