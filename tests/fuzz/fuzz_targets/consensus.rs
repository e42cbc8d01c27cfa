//! What peers send and proofs carry: blocks, batches, certificates, evidence, proposals, validator sets.
#![no_main]

use bencao_consensus::{
    Block, CommitCertificate, Evidence, SignedBatch, SignedProposal, SignedVote, Turns, ValidatorSet,
};
use bencao_crypto::{LibraryKeys, decode, encode};
use bencao_genesis::ChainId;
use libfuzzer_sys::fuzz_target;

const LIMIT: usize = 1 << 20;

macro_rules! canonical {
    ($type:ty, $bytes:expr) => {
        decode::<$type>($bytes, LIMIT).ok().inspect(|value| assert_eq!(encode(value), $bytes))
    };
}

fuzz_target!(|input: &[u8]| {
    let Some((choice, bytes)) = input.split_first() else { return };
    match choice % 8 {
        0 => drop(canonical!(Block, bytes).map(|block| (block.id(), block.body.root()))),
        1 => drop(canonical!(SignedBatch, bytes).map(|signed| signed.batch.id())),
        2 => drop(canonical!(CommitCertificate, bytes)),
        3 => drop(canonical!(SignedVote, bytes)),
        4 => drop(canonical!(SignedProposal, bytes)),
        5 => drop(canonical!(Turns, bytes)),
        6 => drop(canonical!(ValidatorSet, bytes)),
        _ => {
            let Some((evidence, set)) = canonical!((Evidence, ValidatorSet), bytes) else { return };
            let _ = evidence.verify(ChainId::default(), &set, &LibraryKeys);
        }
    }
});
