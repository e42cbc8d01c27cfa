//! Batches, blocks and certificates: the synced instance, from which everything else can be computed again.
//!
//! - A batch is stored once, before its author hears an acknowledgement, and is *unordered* until a committed block names it.
//! - A block is committed with its certificate, the turns of the next height, the new tip and the end of its batches' and
//!   evidence's waiting in one synced write.
//! - Only the tip's certificate is this node's own copy. Below the tip the copy in the next block's body serves: it
//!   was checked before that block got a vote.

#[cfg(test)]
mod tests;

use crate::error::{Damage, StoreError};
use crate::kv::{Durability, Kv, Order, Space, WriteBatch};
use crate::record::{load, must, number_key, open, seal};
use bencao_consensus::{Batch, BatchId, Block, BlockId, Body, CommitCertificate, Evidence, Header, SignedBatch, Turns};
use bencao_crypto::{encode, tagged};
use bencao_genesis::{ChainId, Height};
use bincode::{Decode, Encode};

/// Records read by one scan.
const SCAN_LIMIT: usize = 1024;

const CHAIN: &[u8] = b"chain";
const TIP: &[u8] = b"tip";

/// The last committed block.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
pub struct Tip {
    /// Its height.
    pub height: Height,
    /// Its id.
    pub block: BlockId,
}

/// Why a block was not committed. Everything but [`CommitError::Store`] means that the caller skipped a check.
#[derive(Debug, thiserror::Error)]
pub enum CommitError {
    /// Not the height after the tip.
    #[error("block {actual} does not follow tip {tip}")]
    Height {
        /// Last committed height; 0 if none.
        tip: Height,
        /// Height of the block given.
        actual: Height,
    },
    /// Its parent is not the tip.
    #[error("parent {actual} is not the tip {expected}")]
    Parent {
        /// Id of the tip.
        expected: BlockId,
        /// Parent named by the block.
        actual: BlockId,
    },
    /// The body is not the one that the header names.
    #[error("body does not match the header")]
    Body,
    /// The certificate is for another block.
    #[error("certificate is for another block or height")]
    Certificate,
    /// Batches of the block that are not stored.
    #[error("{} batches are missing", .0.len())]
    MissingBatches(Vec<BatchId>),
    /// The store failed or holds damaged records.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why a block store does not open.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The store belongs to another chain.
    #[error("store holds chain {actual}, expected {expected}")]
    OtherChain {
        /// From this node's genesis.
        expected: ChainId,
        /// In the store.
        actual: ChainId,
    },
    /// The store failed or holds damaged records.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Blocks and batches over a [`Kv`] with [`Space::BLOCKS`]. Any thread may read; one thread commits.
#[derive(Debug)]
pub struct BlockStore<K> {
    kv: K,
}

impl<K: Kv> BlockStore<K> {
    /// Opens the store of a chain, or makes an empty one.
    ///
    /// # Errors
    /// [`OpenError`].
    pub fn open(kv: K, chain: ChainId) -> Result<BlockStore<K>, OpenError> {
        claim_chain(&kv, Space::BlockMeta, chain)?;
        Ok(BlockStore { kv })
    }

    /// Stores batches in one synced write; those already stored are left alone. The caller has checked authors and limits.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn put_batches<'a>(&self, batches: impl IntoIterator<Item = &'a SignedBatch>) -> Result<(), StoreError> {
        let mut write = WriteBatch::new();
        for signed in batches {
            let id = signed.batch.id();
            if !self.has_batch(&id)? {
                write.put(Space::Batches, id.0.0, seal(signed));
                write.put(Space::Unordered, id.0.0, Vec::new());
            }
        }
        if write.is_empty() { Ok(()) } else { self.kv.write(write, Durability::Synced) }
    }

    /// A stored batch, ordered or not.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn batch(&self, id: &BatchId) -> Result<Option<SignedBatch>, StoreError> {
        let Some(signed) = load::<SignedBatch>(&self.kv, Space::Batches, &id.0.0)? else { return Ok(None) };
        if signed.batch.id() != *id {
            return Err(StoreError::damaged(Space::Batches, &id.0.0, Damage::Name));
        }
        Ok(Some(signed))
    }

    /// Whether a batch is stored.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn has_batch(&self, id: &BatchId) -> Result<bool, StoreError> {
        // Batches are large, ordering entries empty: look there first.
        Ok(self.kv.get(Space::Unordered, &id.0.0)?.is_some() || self.kv.get(Space::Batches, &id.0.0)?.is_some())
    }

    /// Batches named by a body that are not stored.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn missing_batches(&self, body: &Body) -> Result<Vec<BatchId>, StoreError> {
        let mut missing = Vec::new();
        for id in &body.batches {
            if !self.has_batch(id)? {
                missing.push(*id);
            }
        }
        Ok(missing)
    }

    /// All batches of a body, in order.
    ///
    /// # Errors
    /// [`StoreError`]; a missing batch is [`Damage::Missing`], since a committed block has all.
    pub fn batches_of(&self, body: &Body) -> Result<Vec<Batch>, StoreError> {
        let one = |id: &BatchId| Ok(must(self.batch(id)?, Space::Batches, &id.0.0)?.batch);
        body.batches.iter().map(one).collect()
    }

    /// Stored batches that no committed block names, by id. Read at start, to be offered again.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn unordered(&self) -> Result<Vec<BatchId>, StoreError> {
        let (mut ids, mut from) = (Vec::new(), Vec::new());
        loop {
            let page = self.kv.scan(Space::Unordered, &from, &[], SCAN_LIMIT, Order::Ascending)?;
            for (key, _) in &page {
                let id = <[u8; 32]>::try_from(&key[..]);
                let id = id.map_err(|_| StoreError::damaged(Space::Unordered, key, Damage::Form))?;
                ids.push(BatchId(bencao_crypto::Digest(id)));
            }
            match page.last() {
                Some((last, _)) if page.len() == SCAN_LIMIT => from = [&last[..], &[0]].concat(),
                _ => return Ok(ids),
            }
        }
    }

    /// Forgets batches whose transactions have all expired. Ordered batches stay: they are history.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn remove_batches(&self, ids: &[BatchId]) -> Result<(), StoreError> {
        let mut write = WriteBatch::new();
        for id in ids {
            if self.kv.get(Space::Unordered, &id.0.0)?.is_some() {
                write.delete(Space::Unordered, id.0.0);
                write.delete(Space::Batches, id.0.0);
            }
        }
        if write.is_empty() { Ok(()) } else { self.kv.write(write, Durability::Buffered) }
    }

    /// Keeps an equivocation until a committed block carries it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn put_evidence(&self, evidence: &Evidence) -> Result<(), StoreError> {
        let mut write = WriteBatch::new();
        write.put(Space::Evidence, evidence_key(evidence), seal(evidence));
        self.kv.write(write, Durability::Synced)
    }

    /// Equivocations that no committed block carries yet, at most `limit`.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn pending_evidence(&self, limit: usize) -> Result<Vec<Evidence>, StoreError> {
        let entries = self.kv.scan(Space::Evidence, &[], &[], limit, Order::Ascending)?;
        entries.iter().map(|(key, value)| open(Space::Evidence, key, value)).collect()
    }

    /// Commits the block after the tip, synced: block, certificate, turns in force at the next height, and the new tip.
    ///
    /// # Errors
    /// [`CommitError`]; nothing is written then.
    pub fn commit(
        &self,
        block: &Block,
        certificate: &CommitCertificate,
        turns_next: &Turns,
    ) -> Result<(), CommitError> {
        let id = block.id();
        self.check_commit(block, id, certificate)?;
        let height = block.header.height;
        let mut write = WriteBatch::new();
        write.put(Space::Blocks, number_key(height.0), seal(block));
        write.put(Space::BlockIds, id.0.0, number_key(height.0));
        write.put(Space::Certificates, number_key(height.0), seal(certificate));
        if let Some(previous) = height.previous() {
            write.delete(Space::Certificates, number_key(previous.0));
        }
        write.put(Space::Turns, number_key(height.next().0), seal(turns_next));
        for batch in &block.body.batches {
            write.delete(Space::Unordered, batch.0.0);
        }
        for evidence in &block.body.evidence {
            write.delete(Space::Evidence, evidence_key(evidence));
        }
        write.put(Space::BlockMeta, TIP, seal(&Tip { height, block: id }));
        Ok(self.kv.write(write, Durability::Synced)?)
    }

    fn check_commit(&self, block: &Block, id: BlockId, certificate: &CommitCertificate) -> Result<(), CommitError> {
        let header = &block.header;
        let tip = self.tip()?;
        let (tip_height, tip_id) = tip.map_or((Height::GENESIS, BlockId::default()), |t| (t.height, t.block));
        if header.height != tip_height.next() {
            return Err(CommitError::Height { tip: tip_height, actual: header.height });
        }
        if header.parent != tip_id {
            return Err(CommitError::Parent { expected: tip_id, actual: header.parent });
        }
        if block.body.root() != header.body_root {
            return Err(CommitError::Body);
        }
        if certificate.height != header.height || certificate.block != id {
            return Err(CommitError::Certificate);
        }
        let missing = self.missing_batches(&block.body)?;
        if missing.is_empty() { Ok(()) } else { Err(CommitError::MissingBatches(missing)) }
    }

    /// The last committed block, `None` before the first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn tip(&self) -> Result<Option<Tip>, StoreError> {
        load(&self.kv, Space::BlockMeta, TIP)
    }

    /// The block at a height, `None` above the tip and at genesis.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn block(&self, height: Height) -> Result<Option<Block>, StoreError> {
        let key = number_key(height.0);
        let Some(block) = load::<Block>(&self.kv, Space::Blocks, &key)? else { return Ok(None) };
        if block.header.height != height || block.body.root() != block.header.body_root {
            return Err(StoreError::damaged(Space::Blocks, &key, Damage::Name));
        }
        Ok(Some(block))
    }

    /// The header at a height.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn header(&self, height: Height) -> Result<Option<Header>, StoreError> {
        Ok(self.block(height)?.map(|block| block.header))
    }

    /// The height of a committed block.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn height_of(&self, id: &BlockId) -> Result<Option<Height>, StoreError> {
        let Some(bytes) = self.kv.get(Space::BlockIds, &id.0.0)? else { return Ok(None) };
        let bytes = <[u8; 8]>::try_from(&bytes[..]);
        let bytes = bytes.map_err(|_| StoreError::damaged(Space::BlockIds, &id.0.0, Damage::Form))?;
        Ok(Some(Height(u64::from_be_bytes(bytes))))
    }

    /// A certificate of the committed block at a height: this node's own at the tip, below it the copy in the next block.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn certificate(&self, height: Height) -> Result<Option<CommitCertificate>, StoreError> {
        let own = load(&self.kv, Space::Certificates, &number_key(height.0))?;
        if own.is_some() {
            return Ok(own);
        }
        Ok(self.block(height.next())?.and_then(|next| next.body.previous_certificate))
    }

    /// The committed block at a height with a certificate.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn decided(&self, height: Height) -> Result<Option<(Block, CommitCertificate)>, StoreError> {
        let Some(block) = self.block(height)? else { return Ok(None) };
        let key = number_key(height.0);
        let certificate = must(self.certificate(height)?, Space::Certificates, &key)?;
        if certificate.block != block.id() {
            return Err(StoreError::damaged(Space::Certificates, &key, Damage::Name));
        }
        Ok(Some((block, certificate)))
    }

    /// Turns in force at a height up to the one after the tip; empty at height 1.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn turns(&self, height: Height) -> Result<Option<Turns>, StoreError> {
        if height == Height(1) {
            return Ok(Some(Turns::default()));
        }
        load(&self.kv, Space::Turns, &number_key(height.0))
    }
}

fn evidence_key(evidence: &Evidence) -> Vec<u8> {
    tagged("bencao/stored-evidence/1", &[&encode(evidence)]).0.to_vec()
}

/// Writes the chain's name into an empty instance, or compares it.
pub(crate) fn claim_chain(kv: &impl Kv, space: Space, chain: ChainId) -> Result<(), OpenError> {
    match load::<ChainId>(kv, space, CHAIN)? {
        Some(actual) if actual == chain => Ok(()),
        Some(actual) => Err(OpenError::OtherChain { expected: chain, actual }),
        None => {
            let mut write = WriteBatch::new();
            write.put(space, CHAIN, seal(&chain));
            Ok(kv.write(write, Durability::Synced)?)
        }
    }
}
