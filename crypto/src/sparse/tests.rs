use super::*;
use crate::codec::{CodecError, decode, encode};
use bencao_chance::Rng;
use jmt::storage::{LeafNode, Node, NodeKey, TreeReader};
use jmt::{JellyfishMerkleTree, KeyHash, OwnedValue, RootHash, SimpleHasher, Version};
use std::collections::BTreeMap;

/// SM3 for `jmt`, which wants the previous generation of the `digest` traits.
struct Sm3Hasher(crate::digest::Hasher);

impl SimpleHasher for Sm3Hasher {
    fn new() -> Self {
        Sm3Hasher(Hasher::new())
    }
    fn update(&mut self, data: &[u8]) {
        self.0.update(data);
    }
    fn finalize(self) -> [u8; 32] {
        self.0.finish().0
    }
}

/// All nodes and values of a `jmt` tree in memory, for one version.
#[derive(Default)]
struct Memory {
    nodes: BTreeMap<NodeKey, Node>,
    values: BTreeMap<KeyHash, OwnedValue>,
}

impl TreeReader for Memory {
    fn get_node_option(&self, key: &NodeKey) -> anyhow::Result<Option<Node>> {
        Ok(self.nodes.get(key).cloned())
    }
    fn get_value_option(&self, _: Version, key: KeyHash) -> anyhow::Result<Option<OwnedValue>> {
        Ok(self.values.get(&key).cloned())
    }
    fn get_rightmost_leaf(&self) -> anyhow::Result<Option<(NodeKey, LeafNode)>> {
        Ok(None)
    }
}

/// A key sharing its first `shared` bytes with all others.
fn key(rng: &mut Rng, shared: usize) -> [u8; 32] {
    let mut key = [0x5a; 32];
    key[shared..].fill_with(|| rng.draw() as u8);
    key
}

fn sample(count: usize, shared: usize, seed: u64) -> BTreeMap<[u8; 32], Vec<u8>> {
    let mut rng = Rng(seed);
    (0..count).map(|i| (key(&mut rng, shared), vec![i as u8; i % 50])).collect()
}

fn leaves(map: &BTreeMap<[u8; 32], Vec<u8>>) -> Vec<ProofLeaf> {
    map.iter().map(|(key, value)| ProofLeaf { key: *key, value_hash: value_hash(value) }).collect()
}

fn oracle(map: &BTreeMap<[u8; 32], Vec<u8>>) -> (Memory, RootHash) {
    let mut memory = Memory::default();
    let updates: Vec<_> = map.iter().map(|(k, v)| (KeyHash(*k), Some(v.clone()))).collect();
    let tree = JellyfishMerkleTree::<_, Sm3Hasher>::new(&memory);
    let (root, batch) = tree.put_value_set(updates, 0).unwrap();
    memory.nodes = batch.node_batch.nodes().clone();
    memory.values = map.iter().map(|(k, v)| (KeyHash(*k), v.clone())).collect();
    (memory, root)
}

#[test]
fn roots_and_proofs_are_those_of_jmt() {
    for (count, shared) in [(1, 0), (2, 0), (2, 31), (3, 30), (17, 0), (60, 0), (60, 29), (200, 3)] {
        let map = sample(count, shared, count as u64);
        let (memory, expected) = oracle(&map);
        let leaves = leaves(&map);
        assert_eq!(root(&leaves).0, expected.0, "{count} keys, {shared} bytes shared");
        let tree = JellyfishMerkleTree::<_, Sm3Hasher>::new(&memory);
        let mut rng = Rng(99);
        let absent: Vec<_> = (0..40).map(|i| key(&mut rng, if i % 2 == 0 { shared } else { 0 })).collect();
        for key in map.keys().chain(&absent) {
            let proof = prove(&leaves, key);
            let value = map.get(key).map(Vec::as_slice);
            assert_eq!(proof.root_of(key, value).unwrap().0, expected.0);
            let (_, theirs) = tree.get_with_proof(KeyHash(*key), 0).unwrap();
            theirs.verify(expected, KeyHash(*key), value).unwrap();
            // jmt writes its leaf as key ‖ value hash after a borsh option tag.
            let bytes = borsh::to_vec(&theirs).unwrap();
            match proof.leaf() {
                None => assert_eq!(bytes[0], 0),
                Some(leaf) => assert_eq!(bytes[..65], [&[1][..], &leaf.key, &leaf.value_hash.0].concat()),
            }
            let count_at = if proof.leaf().is_some() { 65 } else { 1 };
            assert_eq!(bytes[count_at..count_at + 4], (proof.depth() as u32).to_le_bytes());
        }
    }
}

#[test]
fn a_proof_speaks_of_one_key_and_one_value() {
    let map = sample(40, 0, 7);
    let leaves = leaves(&map);
    let top = root(&leaves);
    let (key, value) = map.iter().next().unwrap();
    let (other, other_value) = map.iter().nth(1).unwrap();
    let proof = prove(&leaves, key);
    assert_eq!(proof.root_of(key, Some(value)), Some(top));
    assert_eq!(proof.root_of(key, None), None, "a present key cannot be shown absent");
    assert_eq!(proof.root_of(key, Some(b"another value")), None);
    assert_eq!(proof.root_of(other, Some(other_value)), None);
    let mut absent = *key;
    absent[31] ^= 1;
    assert_eq!(prove(&leaves, &absent).root_of(&absent, None), Some(top), "absent because another leaf is there");
    let mut far = *key;
    far[0] ^= 0x80;
    assert_eq!(proof.root_of(&far, None), None, "a leaf off the path says nothing");
    let slot = SparseProof::new(None, &[top]).unwrap();
    assert_ne!(slot.root_of(&absent, None), Some(top), "an invented empty slot does not lead to the root");
}

#[test]
fn the_empty_map_and_one_leaf() {
    let key = [3; 32];
    assert_eq!(root(&[]), PLACEHOLDER);
    assert_eq!(prove(&[], &key).root_of(&key, None), Some(PLACEHOLDER));
    let one = [ProofLeaf { key, value_hash: value_hash(b"v") }];
    assert_eq!(root(&one), leaf_hash(&key, &value_hash(b"v")));
    assert_eq!(prove(&one, &key).root_of(&key, Some(b"v")), Some(root(&one)));
    assert_eq!(prove(&one, &[9; 32]).root_of(&[9; 32], None), Some(root(&one)));
}

#[test]
fn the_deepest_path_has_256_positions() {
    let (low, mut high) = ([0; 32], [0; 32]);
    high[31] = 1;
    let leaves = [low, high].map(|key| ProofLeaf { key, value_hash: value_hash(&key) });
    let proof = prove(&leaves, &high);
    assert_eq!((proof.depth(), proof.siblings().len()), (256, 1));
    assert_eq!(proof.root_of(&high, Some(&high)), Some(root(&leaves)));
    assert_eq!(decode::<SparseProof>(&encode(&proof), 1 << 10).unwrap(), proof);
    assert!(SparseProof::new(None, &[Digest::ZERO; 257]).is_none());
}

#[test]
fn only_the_well_formed_shape_decodes() {
    let shape = |depth: u16, bitmap: &[u8], siblings: &[Digest]| {
        let proof = SparseProof { leaf: None, depth, bitmap: bitmap.to_vec(), siblings: siblings.to_vec() };
        decode::<SparseProof>(&encode(&proof), 1 << 16).err()
    };
    let s = Digest([1; 32]);
    assert_eq!(shape(3, &[0b1010_0000], &[s, s]), None);
    let malformed = Some(CodecError::Malformed);
    assert_eq!(shape(3, &[0b0010_0000], &[s]), malformed, "the lowest sibling cannot be empty");
    assert_eq!(shape(3, &[0b1010_0000], &[s]), malformed, "bitmap and siblings disagree");
    assert_eq!(shape(3, &[0b1011_0000], &[s, s, s]), malformed, "bit beyond the depth");
    assert_eq!(shape(3, &[0b1010_0000, 0], &[s, s]), malformed, "bitmap too long");
    assert_eq!(shape(9, &[0b1010_0000], &[s, s]), malformed, "bitmap too short");
    assert_eq!(shape(3, &[0b1010_0000], &[s, PLACEHOLDER]), malformed, "a placeholder is never sent");
    assert_eq!(shape(257, &[0xff; 33], &[s; 264]), malformed, "deeper than a key");
}

#[test]
fn golden_bytes() {
    let map = sample(5, 0, 1);
    let leaves = leaves(&map);
    assert_eq!(root(&leaves).to_string(), "f9778e9efafd5d2f5d200ca004f97e1ff2e0d3f8c3df20f9fb9135356305caac");
    let proof = prove(&leaves, map.keys().next().unwrap());
    assert_eq!(sm3(&encode(&proof)).to_string(), "bce759d027055a5a6dec68646b8c7265046295d4ddf72c851f735e367eba2991");
}

#[test]
fn many_subtrees_at_once_are_each_what_the_definition_says() {
    let mut rng = Rng(77);
    for shared in [0, 1, 3, 30] {
        let mut all: Vec<Vec<ProofLeaf>> = vec![vec![]];
        for count in [1, 2, 3, 8, 40, 200] {
            let keys: std::collections::BTreeSet<[u8; 32]> = (0..count).map(|_| key(&mut rng, shared)).collect();
            all.push(keys.into_iter().map(|key| ProofLeaf { key, value_hash: value_hash(&key) }).collect());
        }
        // All keys agree in the bits that they share, so a subtree may start anywhere above them.
        for depth in [0, 8 * shared] {
            let list: Vec<(&[ProofLeaf], usize)> = all.iter().map(|leaves| (&leaves[..], depth)).collect();
            let expected: Vec<Digest> = all.iter().map(|leaves| subtree(leaves, depth)).collect();
            assert_eq!(subtrees(&list), expected, "{shared} bytes shared, from {depth}");
        }
    }
    assert!(subtrees(&[]).is_empty());
    let values: [&[u8]; 3] = [b"", b"a", &[7; 200]];
    assert_eq!(value_hashes(values), values.map(value_hash));
}
