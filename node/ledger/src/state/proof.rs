//! Status proofs (D8, D23): records of a certified version with their paths, and the certificate above them.

use super::{StateStore, View};
use crate::blocks::BlockStore;
use crate::error::{Damage, StoreError};
use crate::kv::{Kv, Space};
use crate::record::number_key;
use bencao_chaincode::proof::About;
use bencao_chaincode::query::QueryError;
use bencao_chaincode::{StateKey, StateView, ViewError, proof};
use bencao_consensus::proof::{Anchor, AnchoredProof, MapEntry};
use bencao_consensus::{CommitCertificate, Header};
use bencao_genesis::Height;

/// Why there is no proof.
#[derive(Debug, thiserror::Error)]
pub enum ProofBuildError {
    /// No block carries the results of a version that is still readable. The next block mends it.
    #[error("no certified version of the state is at hand yet")]
    NotCertified,
    /// The records could not be put together.
    #[error(transparent)]
    Query(#[from] QueryError),
    /// A record could not be read.
    #[error(transparent)]
    View(#[from] ViewError),
    /// A store failed or is damaged.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl<K: Kv> StateStore<K> {
    /// The newest readable version whose root a committed header carries, with that header and its certificate.
    ///
    /// # Errors
    /// [`ProofBuildError::NotCertified`] or [`ProofBuildError::Store`].
    pub fn certified<B: Kv>(
        &self,
        blocks: &BlockStore<B>,
    ) -> Result<(View<K>, Header, CommitCertificate), ProofBuildError> {
        let views: Vec<View<K>> = self.read_views().iter().rev().cloned().collect();
        for view in views {
            let height = self.certifying_height(&view)?;
            let Some((block, certificate)) = blocks.decided(height)? else { continue };
            if block.header.previous_results.state_root != view.tree().root() {
                return Err(StoreError::damaged(Space::Blocks, &number_key(height.0), Damage::Root).into());
            }
            return Ok((view, block.header, certificate));
        }
        Err(ProofBuildError::NotCertified)
    }

    /// The block whose header carries a version's root: the next one, or, if the version's own block changed nothing (an idle
    /// chain ends with such a block), that one.
    fn certifying_height(&self, view: &View<K>) -> Result<Height, StoreError> {
        let Some(before) = view.height().previous() else { return Ok(view.height().next()) };
        let same = self.height_record(before)?.is_some_and(|r| r.results.state_root == view.tree().root());
        Ok(if same { view.height() } else { view.height().next() })
    }

    /// Proves what the records say about a code or a lot, or that there never was such a one.
    ///
    /// # Errors
    /// [`ProofBuildError`].
    pub fn status_proof<B: Kv>(
        &self,
        blocks: &BlockStore<B>,
        about: impl Into<About>,
    ) -> Result<AnchoredProof, ProofBuildError> {
        let (view, header, certificate) = self.certified(blocks)?;
        let (keys, payload) = proof::collect(&view, &view, about)?;
        let entries = keys.iter().map(|key| entry(&view, key)).collect::<Result<Vec<_>, _>>()?;
        let changes = self.set_changes(blocks, header.height)?;
        Ok(AnchoredProof::new(Anchor::Genesis(self.chain), changes, (header, certificate), entries, payload.to_bytes()))
    }
}

fn entry<K: Kv>(view: &View<K>, key: &StateKey) -> Result<MapEntry, ProofBuildError> {
    let map_key = key.map_key();
    let path = view.tree().prove(view, &map_key)?;
    Ok(MapEntry { key: map_key, value: view.get(key)?, path })
}
