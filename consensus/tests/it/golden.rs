//! Bytes and hashes that are consensus. A change here is a fork, or a new format version.

use crate::chain::*;
use bencao_consensus::{
    Batch, BatchId, Block, Body, Evidence, Proposal, SignedBatch, SignedProposal, Terms, Turns, ValidatorSet, VoteKind,
};
use bencao_crypto::{codec, sm3};
use bencao_genesis::{ChainId, Height};
use bincode::{Decode, Encode};

fn chain() -> ChainId {
    ChainId(digest("chain"))
}

fn evidence() -> Evidence {
    let vote = |name| signed(chain(), 1, VoteKind::Prevote, 3, 0, Some(block(name)));
    Evidence::new(vote("a"), vote("b")).expect("a double vote")
}

fn body() -> Body {
    Body {
        batches: vec![BatchId(digest("batch 1")), BatchId(digest("batch 2"))],
        previous_certificate: Some(certificate(chain(), 6, 1, block("b"), &[0, 1, 2])),
        evidence: vec![evidence()],
    }
}

/// Length and SM3 of the canonical bytes, after a round trip.
fn bytes_of<T: Encode + Decode<()> + PartialEq + std::fmt::Debug>(value: &T) -> (usize, String) {
    let bytes = codec::encode(value);
    assert_eq!(codec::decode::<T>(&bytes, 1 << 20).as_ref(), Ok(value));
    (bytes.len(), sm3(&bytes).to_string())
}

#[test]
fn headers_and_bodies() {
    let header = header(7, digest("state"), &set(0..4), &set(1..5));
    assert_eq!(bytes_of(&header), (265, "7b81332a44e5f5a2eb94491c7558911e35d095bf6ff727ef8e2fe3d458456c49".into()));
    assert_eq!(header.id().to_string(), "513acf1079728aa099f2f498fcba638c1e5e5bc7083fa9e6e1e221f8e1a92f8f");
    assert_eq!(bytes_of(&body()), (651, "60d6db5fb971232802878146fea01a2bea3767af4957e7f91ff2f538a601f619".into()));
    assert_eq!(body().root().to_string(), "f37a62d65138ff5e0c1ec8e6b5b5968a1ced230f9dc10f6a12dfbb4887d91a0b");
    assert_eq!(Body::default().root().to_string(), "2b4feffe66fadc6d1c0b60f8c39188045cb81ee9974cea87138cb8e09985e65d");
    assert_eq!(
        bytes_of(&Block { header, body: body() }),
        (916, "bffb58a773b02694011ed14d464de9d2d28ce235c5a12bd9c6c786b26abc7814".into())
    );
}

#[test]
fn votes_and_proposals() {
    let vote = signed(chain(), 1, VoteKind::Precommit, 3, 2, Some(block("b")));
    assert_eq!(
        hex(&vote.vote.sign_bytes(chain())),
        "62656e63616f2f766f74652f3100443cefdbe6928e35c519576e2f089208bb4c9493f1ed837b86da39e699ced8de0103000000000000000200000001f1b016add11ae807ac09bc137529d17d474212caf205f4f88dfcb9a704b59d33bcf1de8709cd1f7f86d95b3168da27798fab6e98"
    );
    let none = signed(chain(), 1, VoteKind::Prevote, 3, 2, None);
    assert_eq!(
        hex(&none.vote.sign_bytes(chain())),
        "62656e63616f2f766f74652f3100443cefdbe6928e35c519576e2f089208bb4c9493f1ed837b86da39e699ced8de0003000000000000000200000000bcf1de8709cd1f7f86d95b3168da27798fab6e98"
    );
    assert_eq!(bytes_of(&vote), (133, "e656faa4748f6a848611bc2abbfa8d0073f6a6357eaf7698df95fa03bbcfaa7c".into()));
    let proposal = Proposal { height: Height(3), round: 2, pol_round: Some(1), block: block("b"), proposer: id(1) };
    assert_eq!(
        hex(&proposal.sign_bytes(chain())),
        "62656e63616f2f70726f706f73616c2f3100443cefdbe6928e35c519576e2f089208bb4c9493f1ed837b86da39e699ced8de0300000000000000020000000101000000f1b016add11ae807ac09bc137529d17d474212caf205f4f88dfcb9a704b59d33bcf1de8709cd1f7f86d95b3168da27798fab6e98"
    );
    let fresh = Proposal { pol_round: None, ..proposal.clone() };
    assert_eq!(
        hex(&fresh.sign_bytes(chain())),
        "62656e63616f2f70726f706f73616c2f3100443cefdbe6928e35c519576e2f089208bb4c9493f1ed837b86da39e699ced8de03000000000000000200000000f1b016add11ae807ac09bc137529d17d474212caf205f4f88dfcb9a704b59d33bcf1de8709cd1f7f86d95b3168da27798fab6e98"
    );
    let signature = key(1).sign(&proposal.sign_bytes(chain()));
    assert_eq!(
        bytes_of(&SignedProposal { proposal, signature }),
        (133, "1d233a4c8c0799c1dcce3b3968d4a6e692750f90a39da602f124f1507f722b42".into())
    );
}

#[test]
fn evidence_certificates_sets_and_turns() {
    assert_eq!(bytes_of(&evidence()), (266, "89bd1e0d5b190ba8504650eae82617c00d2b909d217e61f225d1839d9f08245d".into()));
    assert_eq!(
        bytes_of(&certificate(chain(), 6, 1, block("b"), &[0, 1, 2])),
        (304, "eff9df134872cd2fcfe997bbc7dc8012c6a631af57cc017cbcc11ca67e76ca3e".into())
    );
    let set: ValidatorSet = set(0..4);
    assert_eq!(bytes_of(&set), (376, "ac4bb135d97e6f8df9066a72493e3ef64668098e7d49f9af6f1e4540f9655063".into()));
    assert_eq!(set.hash().to_string(), "7cf551570d59d2ffc0287523a5e98cf9a384b0bc7256f2e6b94ad74e7a5573cc");
    assert_eq!(genesis().chain_id().to_string(), "cb829a87a433657ef502ac0645b05155c156a5aa1142cef97ae5838328210431");
    assert_eq!(ValidatorSet::from_genesis(&genesis()), set);
    let turns = Turns::default().after(&set, Height(5), 2, &Turns::default());
    assert_eq!(bytes_of(&turns), (82, "c0d8f652995f8545d7ebf7e1462b9c8dfaeccabb0790c16a740ea86578ab5c07".into()));
}

#[test]
fn terms_of_a_height() {
    assert_eq!(
        bytes_of(&Terms::from_genesis(&genesis())),
        (914, "23e334bd0c5d8f2f5a732b1f7fc37b232063d215f3e3dc29af033a3a4f25804d".into())
    );
}

#[test]
fn no_two_kinds_of_signed_bytes_meet() {
    let vote = signed(chain(), 1, VoteKind::Precommit, 3, 2, Some(block("b"))).vote.sign_bytes(chain());
    let proposal = Proposal { height: Height(3), round: 2, pol_round: None, block: block("b"), proposer: id(1) };
    assert!(vote.starts_with(b"bencao/vote/1\0") && proposal.sign_bytes(chain()).starts_with(b"bencao/proposal/1\0"));
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

#[test]
fn batches() {
    let batch = Batch { version: 1, author: id(20), sequence: 7, transactions: vec![b"one".to_vec(), vec![]] };
    assert_eq!(bytes_of(&batch), (56, "f939ba9accdd570b2c326962ae22a7f0806b511df78c52f7a3a964b5546985d7".into()));
    assert_eq!(batch.id().to_string(), "338e64e866b8a7d17e0cacbc7f5db7d87102c23d13c1d220946693f18db4e1ea");
    let message = SignedBatch::sign_bytes(chain(), &batch.id());
    assert_eq!(
        hex(&message),
        "62656e63616f2f62617463682d7369676e2f3100443cefdbe6928e35c519576e2f089208bb4c9493f1ed837b86da39e699ced8de338e64e866b8a7d17e0cacbc7f5db7d87102c23d13c1d220946693f18db4e1ea"
    );
    assert_eq!(
        bytes_of(&SignedBatch { batch, signature: key(20).sign(&message) }),
        (120, "4d69ab2562fa0218fce005badcf24fb17b5c0864d54644ff294a97a390f7cfae".into())
    );
}
