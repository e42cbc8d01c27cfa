use super::*;
use bencao_chance::Rng;
use bencao_crypto::sparse::{self, ProofLeaf, SparseProof, leaf_hash, value_hash};
use bencao_crypto::{Hasher, sm3};
use jmt::{JellyfishMerkleTree, KeyHash, SimpleHasher, mock::MockTreeStore};
use std::collections::BTreeMap;

type Stored = BTreeMap<PageKey, Vec<u8>>;

impl Pages for Stored {
    fn pages(&self, keys: &[PageKey]) -> Result<Vec<Option<Vec<u8>>>, StoreError> {
        Ok(keys.iter().map(|key| self.get(key).cloned()).collect())
    }
}

#[derive(Clone)]
struct JmtHasher(Hasher);

impl SimpleHasher for JmtHasher {
    fn new() -> Self {
        JmtHasher(Hasher::new())
    }
    fn update(&mut self, data: &[u8]) {
        self.0.update(data);
    }
    fn finalize(self) -> [u8; 32] {
        self.0.finish().0
    }
}

type Jmt<'a> = JellyfishMerkleTree<'a, MockTreeStore, JmtHasher>;

/// Keys that share their first `prefix` bytes in groups, as products make them do.
fn key(n: u64, prefix: usize) -> [u8; 32] {
    let mut key = sm3(&n.to_le_bytes()).0;
    key[..prefix].copy_from_slice(&sm3(&[(n % 3) as u8]).0[..prefix]);
    key
}

fn store(pages: &mut Stored, update: &Update) {
    for (key, value) in &update.pages {
        assert_eq!(update.before[key].as_ref(), pages.get(key), "content before");
        match value {
            Some(value) => drop(pages.insert(key.clone(), value.clone())),
            None => drop(pages.remove(key)),
        }
    }
    assert_eq!(update.before.len(), update.pages.len());
}

fn load(pages: &Stored) -> Result<Tree, StoreError> {
    let mut loader = Tree::load();
    let entries: Vec<Entry> = pages.iter().map(|(k, v)| (k.as_bytes().to_vec(), v.clone())).collect();
    let mut entries = entries;
    entries.sort();
    for part in entries.chunks(3) {
        loader.take(part)?;
    }
    loader.finish()
}

fn compact(proof: &jmt::proof::SparseMerkleProof<JmtHasher>) -> SparseProof {
    // The fields of the oracle's proof are private; its serialised form is the leaf option and the siblings, each with a tag.
    let bytes = borsh::to_vec(proof).unwrap();
    let mut rest = &bytes[..];
    let mut take = |n: usize| {
        let (head, tail) = rest.split_at(n);
        rest = tail;
        head.to_vec()
    };
    fn digest(bytes: Vec<u8>) -> Digest {
        Digest(bytes.try_into().unwrap())
    }
    let leaf = (take(1) == [1]).then(|| ProofLeaf { key: digest(take(32)).0, value_hash: digest(take(32)) });
    let count = u32::from_le_bytes(take(4).try_into().unwrap());
    let siblings: Vec<Digest> = (0..count)
        .map(|_| match take(1)[0] {
            0 => PLACEHOLDER,
            1 => {
                let left = digest(take(32));
                node_hash(&left, &digest(take(32)))
            }
            _ => {
                let key = digest(take(32));
                leaf_hash(&key.0, &digest(take(32)))
            }
        })
        .collect();
    SparseProof::new(leaf, &siblings).unwrap()
}

fn like_jmt(seed: u64, prefix: usize, universe: u64, versions: u64) -> usize {
    let oracle = MockTreeStore::new(true);
    let mut rng = Rng(seed);
    let (mut tree, mut pages) = (Tree::default(), Stored::new());
    let mut total = 0;
    for version in 0..versions {
        let most = rng.pick(&[1, 3, 40, 400]);
        let removals = [5, 50, 95][(version / 6 % 3) as usize];
        let mut changes = BTreeMap::new();
        for _ in 0..=rng.range(0, most) {
            let n = rng.range(0, universe);
            let value = (rng.range(0, 100) >= removals).then(|| [n.to_le_bytes(), version.to_le_bytes()].concat());
            changes.insert(key(n, prefix), value);
        }
        total += changes.len();
        let set: Vec<_> = changes.iter().map(|(k, v)| (KeyHash(*k), v.clone())).collect();
        let (root, batch) = Jmt::new(&oracle).put_value_set(set, version).unwrap();
        oracle.write_tree_update_batch(batch).unwrap();
        let list: Vec<Change> =
            changes.iter().map(|(k, v)| Change { key: *k, value: v.as_ref().map(|v| value_hash(v)) }).collect();
        let update = tree.update(&pages, &list).unwrap();
        assert_eq!(update.tree.root().0, root.0, "seed {seed}, version {version}");
        let (old_tree, old_pages) = (tree.clone(), pages.clone());
        store(&mut pages, &update);
        tree = update.tree;
        assert_eq!(load(&pages).unwrap().root(), tree.root(), "seed {seed}, version {version}, reopened");

        let probes = (0..6).map(|_| key(rng.range(0, universe * 2), prefix)).chain(changes.keys().take(3).copied());
        for probe in probes.collect::<Vec<_>>() {
            let (value, want) = Jmt::new(&oracle).get_with_proof(KeyHash(probe), version).unwrap();
            let proof = tree.prove(&pages, &probe).unwrap();
            assert_eq!(proof, compact(&want), "seed {seed}, version {version}");
            assert_eq!(proof.root_of(&probe, value.as_deref()), Some(tree.root()));
            if version > 0 {
                let (value, want) = Jmt::new(&oracle).get_with_proof(KeyHash(probe), version - 1).unwrap();
                let proof = old_tree.prove(&old_pages, &probe).unwrap();
                assert_eq!(proof, compact(&want), "seed {seed}, version before {version}");
                assert_eq!(proof.root_of(&probe, value.as_deref()), Some(old_tree.root()));
            }
        }
    }
    total
}

#[test]
fn roots_and_proofs_are_those_of_jmt() {
    let mut changes = 0;
    for seed in 1..=4 {
        changes += like_jmt(seed, 0, 3000, 60);
        changes += like_jmt(seed + 10, 0, 12, 40);
        changes += like_jmt(seed + 20, 3, 2000, 40);
        changes += like_jmt(seed + 30, 31, 250, 30);
    }
    assert!(changes > 10_000, "only {changes} changes");
}

#[test]
fn the_root_depends_on_the_content_only() {
    let leaves: BTreeMap<[u8; 32], Digest> = (0..500).map(|n| (key(n, 3), value_hash(&[n as u8]))).collect();
    let plain: Vec<ProofLeaf> = leaves.iter().map(|(k, v)| ProofLeaf { key: *k, value_hash: *v }).collect();
    let all: Vec<Change> = leaves.iter().map(|(k, v)| Change { key: *k, value: Some(*v) }).collect();
    let whole = Tree::default().update(&Stored::new(), &all).unwrap();
    assert_eq!(whole.tree.root(), sparse::root(&plain));

    // One by one, in another order, with detours.
    let (mut tree, mut pages) = (Tree::default(), Stored::new());
    let mut order = all.clone();
    order.sort_by_key(|change| sm3(&change.key));
    for change in &order {
        let detour = Change { key: sm3(&change.key).0, value: Some(Digest::ZERO) };
        let remove = Change { value: None, ..detour };
        for step in [detour, *change, remove] {
            let update = tree.update(&pages, &[step]).unwrap();
            store(&mut pages, &update);
            tree = update.tree;
        }
    }
    assert_eq!(tree.root(), whole.tree.root());

    let none: Vec<Change> = all.iter().map(|change| Change { value: None, ..*change }).collect();
    let update = tree.update(&pages, &none).unwrap();
    store(&mut pages, &update);
    assert_eq!((update.tree.root(), pages.len()), (PLACEHOLDER, 0));
    let again = update.tree.update(&pages, &none).unwrap();
    assert!(again.pages.is_empty(), "removing nothing changes nothing");
}

#[test]
fn a_changed_proof_proves_nothing() {
    let changes: BTreeMap<[u8; 32], Digest> = (0..200).map(|n| (key(n, 0), value_hash(&[n as u8]))).collect();
    let list: Vec<Change> = changes.iter().map(|(k, v)| Change { key: *k, value: Some(*v) }).collect();
    let update = Tree::default().update(&Stored::new(), &list).unwrap();
    let mut pages = Stored::new();
    store(&mut pages, &update);
    for (n, value) in [(7, Some(&[7u8][..])), (777, None)] {
        let proof = update.tree.prove(&pages, &key(n, 0)).unwrap();
        let bytes = bencao_crypto::encode(&proof);
        for bit in 0..bytes.len() * 8 {
            let mut bad = bytes.clone();
            bad[bit / 8] ^= 1 << (bit % 8);
            let root =
                bencao_crypto::decode::<SparseProof>(&bad, bad.len()).ok().and_then(|p| p.root_of(&key(n, 0), value));
            assert_ne!(root, Some(update.tree.root()), "bit {bit}");
        }
        assert_ne!(proof.root_of(&key(n, 0), Some(b"other")), Some(update.tree.root()));
        assert_ne!(proof.root_of(&key(n + 1, 0), value), Some(update.tree.root()));
    }
}

#[test]
fn damaged_pages_are_errors_and_never_panics() {
    let changes: BTreeMap<[u8; 32], Digest> = (0..60).map(|n| (key(n, 0), value_hash(&[n as u8]))).collect();
    let list: Vec<Change> = changes.iter().map(|(k, v)| Change { key: *k, value: Some(*v) }).collect();
    let update = Tree::default().update(&Stored::new(), &list).unwrap();
    let (tree, mut pages) = (update.tree.clone(), Stored::new());
    store(&mut pages, &update);
    let (page, content) = pages.first_key_value().map(|(k, v)| (k.clone(), v.clone())).unwrap();
    let inside = *page.path();

    let try_all = |pages: &Stored| {
        let change = Change { key: inside, value: Some(Digest::ZERO) };
        let read = tree.prove(pages, &inside).map(drop).and(tree.update(pages, &[change]).map(drop));
        (read.is_ok(), load(pages).is_ok_and(|t| t.root() == tree.root()))
    };
    assert_eq!(try_all(&pages), (true, true));
    let mut missing = pages.clone();
    missing.remove(&page);
    assert_eq!(try_all(&missing), (false, false));
    for length in [0, 1, content.len() / 2, content.len() - 1] {
        let mut cut = pages.clone();
        cut.insert(page.clone(), content[..length].to_vec());
        assert!(!try_all(&cut).1);
    }
    for at in 0..content.len() {
        let mut flipped = pages.clone();
        flipped.get_mut(&page).unwrap()[at] ^= 0x80;
        assert!(!try_all(&flipped).1, "byte {at}");
    }
    let mut extra = pages.clone();
    let inner = PageKey::of(&inside, page.depth() + 1);
    extra.insert(inner.clone(), content.clone());
    assert!(load(&extra).is_err(), "pages that overlap");
    assert!(
        PageKey::parse(&[]).is_none()
            && PageKey::parse(&[0xff, 0, 8]).is_none()
            && PageKey::parse(&[0xff, 3]).is_none()
    );
}

#[test]
fn stored_pages_do_not_change_unnoticed() {
    let changes: BTreeMap<[u8; 32], Digest> = (0..40).map(|n| (key(n, 3), value_hash(&[n as u8]))).collect();
    let list: Vec<Change> = changes.iter().map(|(k, v)| Change { key: *k, value: Some(*v) }).collect();
    let update = Tree::default().update(&Stored::new(), &list).unwrap();
    let mut all = Vec::new();
    for (page, content) in &update.pages {
        all.extend(bencao_crypto::encode(&(page.as_bytes().to_vec(), content.clone())));
    }
    assert_eq!(sm3(&all).to_string(), "9d3692ec14b15d9ff915d31addf75b61e14e27662a36ed4981e66eefb36b0f8a");
    assert_eq!(update.tree.root().to_string(), "25aba28d424959b8b935d8e104255f0831053da2f50092e89fd35a7325926cfe");
}
