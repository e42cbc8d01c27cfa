//! Counter mode (RFC 8998, NIST SP 800-38D §6.5) on registers.
//!
//! Block i of the key stream is the encryption of nonce ‖ i + 1. Block 0, the mask of the tag, comes out of the first batch and costs
//! nothing by itself; the message begins with block 1. Where the key stream lay on the stack is wiped by the caller
//! (`engine::wipe_stack`).

use super::substitution::Substitution;
use super::{LANES_MAX, Vector};
use crate::add_words;
use crate::engine::Mask;
use crate::schedule::ROUNDS;
use zeroize::Zeroizing;

/// Most groups in flight: a last batch may be larger than the others rather than leave one group for a pass of its own.
const GROUPS_MAX: usize = 6;

/// Adds the key stream from block 1 on to `data`, unless `mask` does not fit: then `data` is as before, and the answer false.
#[inline(always)]
pub(crate) fn apply<V: Vector, S: Substitution<V>>(
    v: V,
    round_keys: &[u32; ROUNDS],
    nonce: &[u32; 3],
    mask: &mut Mask,
    data: &mut [u8],
) -> bool {
    let constants = S::load(v);
    let key = Key { round_keys, nonce, constants: &constants };
    let (mut counter, mut first, mut rest) = (1u32, Some(mask), data);
    loop {
        let lead = if first.is_some() { super::LANE_BYTES } else { 0 };
        let groups = match (lead + rest.len()).div_ceil(4 * V::BYTES) {
            all @ ..=GROUPS_MAX => all,
            _ => V::GROUPS,
        };
        let (now, later) = rest.split_at_mut(rest.len().min(groups * 4 * V::BYTES - lead));
        let fits = match groups {
            1 => batch::<V, S, 1>(v, &key, counter, first.take(), now),
            2 => batch::<V, S, 2>(v, &key, counter, first.take(), now),
            3 => batch::<V, S, 3>(v, &key, counter, first.take(), now),
            4 => batch::<V, S, 4>(v, &key, counter, first.take(), now),
            5 => batch::<V, S, 5>(v, &key, counter, first.take(), now),
            _ => batch::<V, S, GROUPS_MAX>(v, &key, counter, first.take(), now),
        };
        if !fits || later.is_empty() {
            return fits;
        }
        counter = counter.wrapping_add((groups * 4 * V::LANES) as u32);
        rest = later;
    }
}

/// What does not change from batch to batch.
struct Key<'a, S> {
    round_keys: &'a [u32; ROUNDS],
    nonce: &'a [u32; 3],
    constants: &'a S,
}

/// One batch of `G` groups. `data` ends with the message or with the batch.
#[inline(always)]
fn batch<V: Vector, S: Substitution<V>, const G: usize>(
    v: V,
    key: &Key<'_, S>,
    counter: u32,
    first: Option<&mut Mask>,
    data: &mut [u8],
) -> bool {
    let stream = key_stream::<V, S, G>(v, key, counter);
    add::<V, G>(v, &stream, first, data)
}

/// Adds a batch's key stream to `data`, which may be shorter; its first block, if it is the mask, goes where it belongs.
#[inline(always)]
fn add<V: Vector, const G: usize>(
    v: V,
    stream: &[[V::Register; 4]; G],
    first: Option<&mut Mask>,
    data: &mut [u8],
) -> bool {
    let (mut data, mut skipped) = (data, 0);
    if let Some(mask) = first {
        let words = Zeroizing::new(v.words(stream[0][0]));
        mask.is.copy_from_slice(&words[..2]);
        if !mask.fits() {
            return false;
        }
        let (head, rest) = data.split_at_mut(data.len().min(V::BYTES - super::LANE_BYTES));
        add_words(head, &words[2..]);
        (data, skipped) = (rest, 1);
    }
    let whole = data.len() / V::BYTES;
    let mut last = stream[0][0];
    for i in 0..4 * G {
        let register = stream[i / 4][i % 4];
        let at = i.wrapping_sub(skipped);
        if at < whole {
            let place = &mut data[at * V::BYTES..(at + 1) * V::BYTES];
            let sum = v.xor(register, v.load(place));
            v.store(sum, place);
        } else if at == whole {
            last = register;
        }
    }
    let part = &mut data[whole * V::BYTES..];
    if !part.is_empty() {
        add_words(part, Zeroizing::new(v.words(last)).as_slice());
    }
    true
}

/// Which block's word each 32-bit element of a register holds, so that the transposition at the end needs no step across
/// lanes: element p of lane l belongs to block p · LANES + l.
const fn block_of_element(lanes: usize) -> [u8; 4 * 4 * LANES_MAX] {
    let (mut words, mut i) = ([0; 4 * 4 * LANES_MAX], 0);
    while i < 4 * lanes {
        words[4 * i] = (i % 4 * lanes + i / 4) as u8;
        i += 1;
    }
    words
}

/// The encryptions of nonce ‖ counter and on, 4 · LANES blocks in the four registers of a group, in order.
#[inline(always)]
fn key_stream<V: Vector, S: Substitution<V>, const G: usize>(
    v: V,
    key: &Key<'_, S>,
    counter: u32,
) -> [[V::Register; 4]; G] {
    let s = key.constants;
    let mut fixed = [v.splat(0); 4];
    for (register, word) in fixed.iter_mut().zip(key.nonce) {
        *register = s.enter(v, v.splat(*word));
    }
    let order = v.load(&const { block_of_element(V::LANES) });
    let mut x = [fixed; G];
    for (g, group) in x.iter_mut().enumerate() {
        let counters = v.add32(order, v.splat(counter.wrapping_add((g * 4 * V::LANES) as u32)));
        group[3] = s.enter(v, counters);
    }
    for keys in key.round_keys.as_chunks::<4>().0 {
        round::<V, S, G, 0>(v, s, keys, &mut x);
        round::<V, S, G, 1>(v, s, keys, &mut x);
        round::<V, S, G, 2>(v, s, keys, &mut x);
        round::<V, S, G, 3>(v, s, keys, &mut x);
    }
    let swap = v.broadcast(&[3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12]);
    for group in &mut x {
        *group = blocks(v, s, swap, group);
    }
    x
}

/// Round `I` mod 4 of all groups.
#[inline(always)]
fn round<V: Vector, S: Substitution<V>, const G: usize, const I: usize>(
    v: V,
    s: &S,
    keys: &[u32; 4],
    x: &mut [[V::Register; 4]; G],
) {
    let key = v.splat(keys[I]);
    for group in x {
        let [b, c, d] = [group[(I + 1) % 4], group[(I + 2) % 4], group[(I + 3) % 4]];
        // The newest word last: the others do not wait for it.
        let u = v.xor(v.xor3(b, c, key), d);
        group[I] = s.round(v, group[I], u);
    }
}

/// Out of the domain, words to blocks (the last word comes first), in big-endian bytes.
#[inline(always)]
fn blocks<V: Vector, S: Substitution<V>>(v: V, s: &S, swap: V::Register, x: &[V::Register; 4]) -> [V::Register; 4] {
    let mut y = *x;
    for i in 0..4 {
        y[i] = v.shuffle(s.leave(v, x[3 - i]), swap);
    }
    let (low_01, low_23) = (v.unpack_low32(y[0], y[1]), v.unpack_low32(y[2], y[3]));
    let (high_01, high_23) = (v.unpack_high32(y[0], y[1]), v.unpack_high32(y[2], y[3]));
    [
        v.unpack_low64(low_01, low_23),
        v.unpack_high64(low_01, low_23),
        v.unpack_low64(high_01, high_23),
        v.unpack_high64(high_01, high_23),
    ]
}

/// One block: the last word takes the place of the counter.
#[inline(always)]
pub(crate) fn encrypt_block<V: Vector, S: Substitution<V>>(
    v: V,
    round_keys: &[u32; ROUNDS],
    block: &[u32; 4],
) -> Zeroizing<[u64; 2]> {
    let constants = S::load(v);
    let key = Key { round_keys, nonce: &[block[0], block[1], block[2]], constants: &constants };
    let stream = key_stream::<V, S, 1>(v, &key, block[3]);
    let words = Zeroizing::new(v.words(stream[0][0]));
    Zeroizing::new([words[0], words[1]])
}
