use super::*;
use crate::kv::{Entry, KvRead};
use crate::memory::MemoryKv;
use bencao_consensus::{CommitSignature, Results, SignedVote, Vote, VoteKind};
use bencao_crypto::{Digest, KeyId, Signature};
use bencao_genesis::TimestampMs;

const CHAIN_ID: ChainId = ChainId(Digest([9; 32]));

fn batch(sequence: u64) -> SignedBatch {
    let transactions = vec![vec![sequence as u8; 5], vec![]];
    let batch = Batch { version: 1, author: KeyId([3; 20]), sequence, transactions };
    SignedBatch { batch, signature: Signature([4; 64]) }
}

fn evidence(round: u32) -> Evidence {
    let vote = |block| {
        let vote = Vote { kind: VoteKind::Prevote, height: Height(1), round, block, voter: KeyId([5; 20]) };
        SignedVote { vote, signature: Signature([6; 64]) }
    };
    Evidence { first: vote(None), second: vote(Some(BlockId::default())) }
}

fn block(
    parent: Option<&(Block, CommitCertificate)>,
    batches: &[u64],
    evidence: Vec<Evidence>,
) -> (Block, CommitCertificate) {
    let body = Body {
        batches: batches.iter().map(|n| batch(*n).batch.id()).collect(),
        previous_certificate: parent.map(|(_, certificate)| certificate.clone()),
        evidence,
    };
    let height = Height(parent.map_or(1, |(b, _)| b.header.height.0 + 1));
    let header = Header {
        version: 1,
        chain_id: CHAIN_ID,
        height,
        time: TimestampMs(height.0 * 1000),
        proposer: KeyId([1; 20]),
        parent: parent.map_or(BlockId::default(), |(b, _)| b.id()),
        body_root: body.root(),
        previous_results: Results::default(),
        validators_hash: Digest::ZERO,
        next_validators_hash: Digest::ZERO,
        rule_version: 1,
    };
    let block = Block { header, body };
    let signatures = vec![CommitSignature { voter: KeyId([7; 20]), signature: Signature([8; 64]) }];
    let certificate = CommitCertificate { height, round: 2, block: block.id(), signatures };
    (block, certificate)
}

fn store(kv: &MemoryKv) -> BlockStore<MemoryKv> {
    BlockStore::open(kv.clone(), CHAIN_ID).unwrap()
}

#[test]
fn batches_wait_until_a_block_names_them_or_they_are_removed() {
    let kv = MemoryKv::new();
    let blocks = store(&kv);
    blocks.put_batches(&[batch(1), batch(2), batch(3)]).unwrap();
    let writes = kv.writes();
    blocks.put_batches(&[batch(2), batch(1)]).unwrap();
    assert_eq!(kv.writes(), writes, "stored once");
    kv.crash(|_| 0);
    let mut ids: Vec<BatchId> = (1..=3).map(|n| batch(n).batch.id()).collect();
    ids.sort();
    assert_eq!(blocks.unordered().unwrap(), ids);

    let first = block(None, &[2], vec![]);
    blocks.commit(&first.0, &first.1, &Turns::default()).unwrap();
    blocks.put_batches(&[batch(2)]).unwrap();
    blocks.remove_batches(&[batch(1).batch.id(), batch(2).batch.id(), batch(9).batch.id()]).unwrap();
    assert_eq!(blocks.unordered().unwrap(), [batch(3).batch.id()]);
    assert_eq!(blocks.batch(&batch(2).batch.id()).unwrap(), Some(batch(2)), "ordered batches are history");
    assert_eq!(blocks.batch(&batch(1).batch.id()).unwrap(), None);
    assert_eq!(blocks.batches_of(&first.0.body).unwrap(), [batch(2).batch]);
}

#[test]
fn commit_refuses_what_does_not_follow_the_tip() {
    let kv = MemoryKv::new();
    let blocks = store(&kv);
    let turns = Turns::default();
    let first = block(None, &[], vec![]);
    let second = block(Some(&first), &[1, 2], vec![]);
    assert!(matches!(blocks.commit(&second.0, &second.1, &turns), Err(CommitError::Height { .. })));
    assert!(matches!(blocks.commit(&first.0, &second.1, &turns), Err(CommitError::Certificate)));
    let mut other = first.clone();
    other.0.body.batches.push(BatchId::default());
    assert!(matches!(blocks.commit(&other.0, &other.1, &turns), Err(CommitError::Body)));
    assert_eq!(blocks.tip().unwrap(), None);
    blocks.commit(&first.0, &first.1, &turns).unwrap();
    assert!(matches!(blocks.commit(&first.0, &first.1, &turns), Err(CommitError::Height { .. })));
    let mut orphan = second.0.clone();
    orphan.header.parent = BlockId::default();
    assert!(matches!(blocks.commit(&orphan, &second.1, &turns), Err(CommitError::Parent { .. })));
    blocks.put_batches(&[batch(2)]).unwrap();
    let missing = vec![batch(1).batch.id()];
    match blocks.commit(&second.0, &second.1, &turns) {
        Err(CommitError::MissingBatches(ids)) => assert_eq!(ids, missing),
        other => panic!("{other:?}"),
    }
    assert_eq!(blocks.missing_batches(&second.0.body).unwrap(), missing);
}

#[test]
fn a_chain_survives_a_crash_with_certificates_and_turns_of_every_height() {
    let kv = MemoryKv::new();
    let blocks = store(&kv);
    let first = block(None, &[], vec![]);
    let second = block(Some(&first), &[], vec![]);
    let third = block(Some(&second), &[], vec![]);
    for (b, c) in [&first, &second, &third] {
        blocks.commit(b, c, &Turns::default()).unwrap();
    }
    kv.crash(|_| 0);
    let blocks = store(&kv);
    assert_eq!(blocks.tip().unwrap(), Some(Tip { height: Height(3), block: third.0.id() }));
    for (b, c) in [&first, &second, &third] {
        let height = b.header.height;
        assert_eq!(blocks.decided(height).unwrap().as_ref(), Some(&(b.clone(), c.clone())));
        assert_eq!(blocks.height_of(&b.id()).unwrap(), Some(height));
        assert_eq!(blocks.turns(height.next()).unwrap(), Some(Turns::default()));
    }
    assert_eq!(kv.scan(Space::Certificates, &[], &[], 9, Order::Ascending).unwrap().len(), 1);
    assert_eq!(blocks.block(Height(4)).unwrap(), None);
    assert_eq!(blocks.turns(Height(5)).unwrap(), None);
    assert_eq!(blocks.height_of(&BlockId::default()).unwrap(), None);
}

#[test]
fn a_crash_at_any_write_leaves_a_store_that_goes_on() {
    let first = block(None, &[1], vec![]);
    for writes in 0..4 {
        let kv = MemoryKv::new();
        kv.fail_after(writes);
        let run = || -> Result<(), Box<dyn std::error::Error>> {
            let blocks = BlockStore::open(kv.clone(), CHAIN_ID)?;
            blocks.put_batches(&[batch(1)])?;
            Ok(blocks.commit(&first.0, &first.1, &Turns::default())?)
        };
        assert_eq!(run().is_ok(), writes >= 3);
        kv.crash(|_| 0);
        if writes < 3 {
            run().unwrap();
        }
        assert_eq!(store(&kv).tip().unwrap().unwrap().block, first.0.id());
    }
}

#[test]
fn evidence_waits_until_a_block_carries_it() {
    let blocks = store(&MemoryKv::new());
    blocks.put_evidence(&evidence(1)).unwrap();
    blocks.put_evidence(&evidence(1)).unwrap();
    blocks.put_evidence(&evidence(2)).unwrap();
    assert_eq!(blocks.pending_evidence(9).unwrap().len(), 2);
    let first = block(None, &[], vec![evidence(1), evidence(7)]);
    blocks.commit(&first.0, &first.1, &Turns::default()).unwrap();
    assert_eq!(blocks.pending_evidence(9).unwrap(), [evidence(2)]);
}

#[test]
fn a_store_of_another_chain_is_refused() {
    let kv = MemoryKv::new();
    store(&kv);
    let other = BlockStore::open(kv, ChainId(Digest([8; 32])));
    assert!(matches!(other, Err(OpenError::OtherChain { .. })));
}

fn filled() -> MemoryKv {
    let kv = MemoryKv::new();
    let blocks = store(&kv);
    blocks.put_batches(&[batch(1), batch(2)]).unwrap();
    blocks.put_evidence(&evidence(2)).unwrap();
    let first = block(None, &[1], vec![]);
    let second = block(Some(&first), &[], vec![evidence(1)]);
    blocks.commit(&first.0, &first.1, &Turns::default()).unwrap();
    blocks.commit(&second.0, &second.1, &Turns::default()).unwrap();
    kv
}

fn read_all(kv: &MemoryKv) -> Result<(), StoreError> {
    let blocks = match BlockStore::open(kv.clone(), CHAIN_ID) {
        Ok(blocks) => blocks,
        Err(OpenError::Store(error)) => return Err(error),
        Err(OpenError::OtherChain { .. }) => return Ok(()),
    };
    blocks.tip()?;
    blocks.unordered()?;
    blocks.pending_evidence(9)?;
    for n in 1..=3 {
        blocks.batch(&batch(n).batch.id())?;
        blocks.decided(Height(n))?;
        blocks.turns(Height(n))?;
    }
    Ok(())
}

#[test]
fn damaged_records_are_errors_and_never_panics() {
    read_all(&filled()).unwrap();
    for (space, key, value) in filled().dump() {
        if matches!(space, Space::Unordered | Space::BlockIds) {
            continue; // nothing in their values is read, or any eight bytes are a height
        }
        let cut = filled();
        cut.corrupt(space, &key, |v| v.truncate(v.len() / 2));
        assert!(matches!(read_all(&cut), Err(StoreError::Damaged { .. })), "{space} cut");
        let version = filled();
        version.corrupt(space, &key, |v| v[0] = 2);
        let error = read_all(&version);
        assert!(matches!(error, Err(StoreError::Damaged { damage: Damage::Version(2), .. })), "{space} {error:?}");
        for at in (1..value.len()).step_by(7) {
            let flipped = filled();
            flipped.corrupt(space, &key, |v| v[at] ^= 0x40);
            let _ = read_all(&flipped);
        }
    }
}

#[test]
fn stored_bytes_do_not_change_unnoticed() {
    let mut all = Vec::new();
    for (space, key, value) in filled().dump() {
        let entry: Entry = (key, value);
        all.extend_from_slice(space.name().as_bytes());
        all.extend(encode(&entry));
    }
    assert_eq!(
        bencao_crypto::sm3(&all).to_string(),
        "9fdc2c4d0135b1ab44f40833cd680c8f7c65a240dfabf44f97a9b9e4542e286c"
    );
}
