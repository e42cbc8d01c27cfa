//! Writing the few DER structures of this package, and PEM around them.
//!
//! Reading goes through the `der` crate, which is strict; writing is easier to compare with a standard when it has the
//! shape of the structure.

/// Tag of INTEGER.
pub(crate) const INTEGER: u8 = 0x02;
/// Tag of OCTET STRING.
pub(crate) const OCTETS: u8 = 0x04;
/// Tag of NULL.
pub(crate) const NULL: u8 = 0x05;
/// Tag of OBJECT IDENTIFIER.
pub(crate) const OID: u8 = 0x06;
/// Tag of SEQUENCE.
pub(crate) const SEQUENCE: u8 = 0x30;

/// One DER element: tag, minimal definite length, the concatenation of `parts`.
pub(crate) fn element(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let length: usize = parts.iter().map(|p| p.len()).sum();
    let mut out = vec![tag];
    if length < 0x80 {
        out.push(length as u8);
    } else {
        let bytes = length.to_be_bytes();
        let skip = bytes.iter().take_while(|b| **b == 0).count();
        out.push(0x80 | (bytes.len() - skip) as u8);
        out.extend_from_slice(&bytes[skip..]);
    }
    parts.iter().for_each(|p| out.extend_from_slice(p));
    out
}

/// A non-negative INTEGER from big-endian bytes.
pub(crate) fn unsigned(big_endian: &[u8]) -> Vec<u8> {
    let skip = big_endian.iter().take_while(|b| **b == 0).count();
    let digits = &big_endian[skip..];
    let pad: &[u8] = if digits.first().is_none_or(|b| b & 0x80 != 0) { &[0] } else { &[] };
    element(INTEGER, &[pad, digits])
}

/// An OBJECT IDENTIFIER.
pub(crate) fn oid(oid: &der::asn1::ObjectIdentifier) -> Vec<u8> {
    element(OID, &[oid.as_bytes()])
}

/// Header and content of the DER element that `der` begins with; lengths of up to 4 bytes.
fn split(der: &[u8]) -> Option<(usize, usize)> {
    let (first, rest) = (usize::from(*der.get(1)?), der.get(2..)?);
    if first < 0x80 {
        return Some((2, first));
    }
    let digits = rest.get(..first - 0x80).filter(|d| (1..=4).contains(&d.len()))?;
    let length = digits.iter().fold(0usize, |length, digit| length << 8 | usize::from(*digit));
    Some((2 + digits.len(), length))
}

/// The content of the one element that `der` is.
pub(crate) fn content(der: &[u8]) -> Option<&[u8]> {
    let (header, length) = split(der)?;
    der.get(header..).filter(|content| content.len() == length)
}

/// The first of several elements, with its header.
pub(crate) fn first_element(der: &[u8]) -> Option<&[u8]> {
    let (header, length) = split(der)?;
    der.get(..header.checked_add(length)?)
}

/// PEM with LF line ends.
pub(crate) fn to_pem(label: &'static str, der: &[u8]) -> String {
    der::pem::encode_string(label, der::pem::LineEnding::LF, der).expect("labels of this package are valid")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_and_integers_are_minimal() {
        assert_eq!(element(OCTETS, &[&[7; 2]]), [4, 2, 7, 7]);
        assert_eq!(element(OCTETS, &[&[0; 127]])[..2], [4, 127]);
        assert_eq!(element(OCTETS, &[&[0; 100], &[0; 28]])[..3], [4, 0x81, 128]);
        assert_eq!(element(OCTETS, &[&[0; 256]])[..4], [4, 0x82, 1, 0]);
        assert_eq!(unsigned(&[0, 0, 0x7f]), [2, 1, 0x7f]);
        assert_eq!(unsigned(&[0, 0x80]), [2, 2, 0, 0x80]);
        assert_eq!(unsigned(&[0, 0]), [2, 1, 0]);
    }

    #[test]
    fn elements_are_cut_out_as_they_were_put_in() {
        for length in [0, 1, 127, 128, 255, 256, 70_000] {
            let inner = element(OCTETS, &[&vec![7; length]]);
            let outer = element(SEQUENCE, &[&inner, &[5, 0]]);
            assert_eq!(first_element(content(&outer).unwrap()), Some(&inner[..]));
            assert_eq!(content(&outer[..outer.len() - 1]), None);
        }
        for bad in [&[][..], &[0x30], &[0x30, 0x80], &[0x30, 0x85, 0, 0, 0, 0, 1], &[0x30, 0x82, 1], &[4, 9, 1]] {
            assert_eq!((content(bad), first_element(bad)), (None, None), "{bad:?}");
        }
    }
}
