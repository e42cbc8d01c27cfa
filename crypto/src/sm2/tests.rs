use super::*;
use crate::codec::{CodecError, decode, encode};
use crate::digest::{Digest, sm3};
use crate::vectors::{self, bytes};
use sm2::elliptic_curve::bigint::U256;
use sm2::elliptic_curve::ops::Reduce as _;
use sm2::elliptic_curve::sec1::ToSec1Point as _;
use sm2::{ProjectivePoint, Scalar};

const N: &str = "FFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123";
const A: &str = "FFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFC";
const B: &str = "28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93";
const G: &str = "32C4AE2C1F1981195F9904466A39C9948FE30BBFF2660BE1715A4589334C74C7\
                 BC3736A2F4F6779C59BDCEE36B692153D0A9877CC62A474002DF32E52139F0A0";
const K: &str = "59276E27D506861A16680F3AD9C02DCCEF3CC1FA3CDBE4CE6D54B80DEAC1BC21";

fn scalar(hex: &str) -> Scalar {
    Scalar::reduce(&U256::from_be_hex(hex))
}

fn standard_signature() -> Signature {
    Signature(bytes(vectors::SM2_SIGNATURE).try_into().unwrap())
}

fn accepts(signature: [u8; 64]) -> bool {
    vectors::key().public().verify(b"message digest", &Signature(signature))
}

/// GM/T 0003.5-2012 annex A, every intermediate value: Z and e with our SM3, r and s by the formulas of GM/T 0003.2 §6.1.
#[test]
fn the_standards_signature_step_by_step() {
    let id = DEFAULT_ID.as_bytes();
    let z = sm3(&[&[0, 128], id, &bytes(A), &bytes(B), &bytes(G), &bytes(vectors::SM2_PUBLIC)].concat());
    assert_eq!(hex::encode_upper(z.0), "B2E14C5C79C6DF5B85F4FE7ED8DB7A262B9DA7E07CCB0EA9F4747B8CCDA8A4F3");
    let e = sm3(&[&z.0[..], b"message digest"].concat());
    assert_eq!(hex::encode_upper(e.0), "F0B43E94BA45ACCAACE692ED534382EB17E6AB5A19CE7B31F4486FDFC0D28640");
    assert_eq!(vectors::key().public().message_digest(b"message digest"), e);
    let (d, k) = (scalar(vectors::SM2_SECRET), scalar(K));
    let point = (ProjectivePoint::GENERATOR * k).to_affine().to_sec1_point(false);
    let r = scalar(&hex::encode(e.0)) + scalar(&hex::encode(point.x().unwrap()));
    let s = (Scalar::ONE + d).invert().unwrap() * (k - r * d);
    let signature = [r.to_bytes(), s.to_bytes()].concat();
    assert_eq!(signature, standard_signature().0);
    assert!(accepts(standard_signature().0));
}

#[test]
fn verification_is_strict_about_r_and_s() {
    let good = standard_signature().0;
    let (r, s) = good.split_at(32);
    let n = bytes(N);
    let minus = |x: &[u8]| (-scalar(&hex::encode(x))).to_bytes().to_vec();
    let join = |r: &[u8], s: &[u8]| <[u8; 64]>::try_from([r, s].concat()).unwrap();
    let zero = [0; 32];
    for (name, bad) in [
        ("r = 0", join(&zero, s)),
        ("s = 0", join(r, &zero)),
        ("r = n", join(&n, s)),
        ("s = n", join(r, &n)),
        ("r = 2^256 - 1", join(&[0xff; 32], s)),
        ("s = 2^256 - 1", join(r, &[0xff; 32])),
        ("both 0", [0; 64]),
        ("t = r + s = 0", join(&minus(s), s)),
        ("-s, the twin that ECDSA has", join(r, &minus(s))),
        ("-r", join(&minus(r), s)),
        ("swapped", join(s, r)),
    ] {
        assert!(!accepts(bad), "{name}");
    }
    for bit in 0..512 {
        let mut bad = good;
        bad[bit / 8] ^= 1 << (bit % 8);
        assert!(!accepts(bad), "bit {bit}");
    }
}

#[test]
fn signatures_cover_message_key_and_id() {
    let (key, other) = (vectors::key(), SigningKey::from_bytes(&[7; 32]).unwrap());
    let signature = key.sign(b"m");
    assert!(key.public().verify(b"m", &signature));
    assert!(!key.public().verify(b"n", &signature));
    assert!(!other.public().verify(b"m", &signature));
    for id in ["", "1234567812345679", "TLSv1.3+GM+Cipher+Suite"] {
        let verifier = sm2::dsa::VerifyingKey::from_sec1_bytes(id, &key.public().to_sec1()).unwrap();
        let signature = sm2::dsa::Signature::from_slice(&signature.0).unwrap();
        assert!(verifier.verify(b"m", &signature).is_err(), "{id}");
    }
    let long = vec![1; 100_000];
    assert!(key.public().verify(&long, &key.sign(&long)));
    let fresh = SigningKey::generate().unwrap();
    assert!(fresh.public().verify(b"", &fresh.sign(b"")));
    assert_ne!(fresh.public(), SigningKey::generate().unwrap().public());
}

#[test]
fn only_points_of_the_curve_are_keys() {
    let good: [u8; 64] = bytes(vectors::SM2_PUBLIC).try_into().unwrap();
    assert_eq!(PublicKey::from_bytes(good).unwrap(), vectors::key().public());
    let p = "FFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFF";
    for bad in [[0; 64], [0xff; 64], bytes(&p.repeat(2)).try_into().unwrap()] {
        assert_eq!(PublicKey::from_bytes(bad), Err(KeyError::NotOnCurve));
    }
    for i in 0..64 {
        let mut bad = good;
        bad[i] ^= 1;
        assert_eq!(PublicKey::from_bytes(bad), Err(KeyError::NotOnCurve), "byte {i}");
        assert_eq!(decode::<PublicKey>(&bad, 64), Err(CodecError::Malformed));
    }
    let text = hex::encode(good);
    assert_eq!(PublicKey::from_hex(&format!("04{text}")), PublicKey::from_hex(&text));
    for bad in ["", "04", &text[1..], &format!("03{text}"), &format!("{text}00"), &text.replace('0', "g"), "¼"] {
        assert_eq!(PublicKey::from_hex(bad), Err(KeyError::Malformed), "{bad}");
    }
}

#[test]
fn golden_bytes() {
    let key = vectors::key();
    assert_eq!(hex::encode_upper(encode(&key.public())), vectors::SM2_PUBLIC);
    assert_eq!(encode(&standard_signature()), bytes(vectors::SM2_SIGNATURE));
    assert_eq!(key.public().id().to_string(), "6360d8a4b3e5516106d70b5e258ceccf00229a5c");
    assert_eq!(encode(&key.public().id()), key.public().id().0);
    assert_eq!(encode(&Digest([7; 32])), [7; 32]);
    assert_eq!(
        hex::encode(key.sign(b"bencao").0),
        "1069918bdc5ff947f622780ace144790e3d54a3684bcbc972b72477d9a1f41774ea556ad79a88ba67a2e6f313f97ff8585e8ec2757a14b5f1486cec4cfbc90ed"
    );
    let tagged = crate::tagged("bencao/tx/1", &[b"a", b"b"]);
    assert_eq!(tagged, sm3(b"bencao/tx/1\0ab"));
    let json = format!("\"{}\"", key.public());
    assert_eq!(serde_json::from_str::<PublicKey>(&json).unwrap(), key.public());
    assert_eq!(serde_json::to_string(&key.public()).unwrap(), json);
    let id = serde_json::to_string(&key.public().id()).unwrap();
    assert_eq!(serde_json::from_str::<KeyId>(&id).unwrap(), key.public().id());
}

#[test]
fn the_subject_public_key_info_is_the_librarys() {
    use sm2::pkcs8::{DecodePublicKey as _, EncodePublicKey as _};
    let public = vectors::key().public();
    let theirs = vectors::key().secret().public_key().to_public_key_der().unwrap();
    assert_eq!(public.to_spki_der()[..], *theirs.as_bytes());
    assert_eq!(PublicKey::from_spki_der(theirs.as_bytes()), Ok(public));
    assert!(sm2::PublicKey::from_public_key_der(&public.to_spki_der()).is_ok());
}

#[test]
fn der_signatures_are_strict() {
    let signature = standard_signature();
    let der = signature.to_der();
    assert_eq!(der[..5], [0x30, 0x46, 0x02, 0x21, 0x00]);
    assert_eq!(Signature::from_der(&der), Some(signature));
    assert_eq!(der, sm2::dsa::Signature::from_slice(&signature.0).unwrap().to_der().as_bytes());
    let short = Signature([[0; 31].as_slice(), &[5], &[0; 32]].concat().try_into().unwrap());
    assert_eq!(short.to_der(), [0x30, 6, 2, 1, 5, 2, 1, 0]);
    assert_eq!(Signature::from_der(&short.to_der()), Some(short));
    for bad in [
        &[0x30, 6, 2, 1, 0x85, 2, 1, 0][..],
        &[0x30, 7, 2, 2, 0, 5, 2, 1, 0],
        &[0x30, 3, 2, 1, 5],
        &[0x30, 9, 2, 1, 5, 2, 1, 0, 2, 1, 0],
        &[0x30, 6, 2, 1, 5, 2, 1, 0, 0],
        &[0x30, 0x81, 6, 2, 1, 5, 2, 1, 0],
        &[0x31, 6, 2, 1, 5, 2, 1, 0],
        &[[0x30, 38, 2, 33].as_slice(), &[1; 33], &[2, 1, 0]].concat(),
        &[],
    ] {
        assert_eq!(Signature::from_der(bad), None, "{}", hex::encode(bad));
    }
    for cut in 0..der.len() {
        assert_eq!(Signature::from_der(&der[..cut]), None);
    }
}
