//! A node's libp2p name as text, for people and logs: base58 of the identity multihash of `"smid1:" ‖ SM3(SPKI)`.

use bencao_crypto::PublicKey;
use bencao_crypto::tls::peer_key_bytes;

/// Bitcoin's base58 alphabet, as libp2p writes peer ids.
const ALPHABET: &[u8; 58] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

/// The peer id of a node key.
pub(crate) fn of(key: &PublicKey) -> String {
    let name = peer_key_bytes(key);
    // Multihash: code 0 (identity), length, bytes.
    let mut bytes = vec![0, name.len() as u8];
    bytes.extend_from_slice(&name);
    base58(&bytes)
}

fn base58(bytes: &[u8]) -> String {
    let zeros = bytes.iter().take_while(|b| **b == 0).count();
    let mut digits: Vec<u8> = Vec::new();
    for byte in bytes {
        let mut carry = u32::from(*byte);
        for digit in &mut digits {
            carry += u32::from(*digit) << 8;
            *digit = (carry % 58) as u8;
            carry /= 58;
        }
        while carry > 0 {
            digits.push((carry % 58) as u8);
            carry /= 58;
        }
    }
    let head = std::iter::repeat_n('1', zeros);
    head.chain(digits.iter().rev().map(|d| ALPHABET[usize::from(*d)] as char)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base58_follows_its_published_vectors() {
        // draft-msporny-base58 §5.
        assert_eq!(base58(b"Hello World!"), "2NEpo7TZRRrLZSi2U");
        assert_eq!(base58(&[0, 0, 0x28, 0x7f, 0xb4, 0xcd]), "11233QC4");
        assert_eq!(base58(&[]), "");
    }
}
