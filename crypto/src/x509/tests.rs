use super::*;
use crate::sm2::SigningKey;
use rustls::pki_types::CertificateDer;

const START_S: u64 = 1_795_000_000;
const VALID: Validity = Validity { not_before_s: START_S, not_after_s: START_S + 30 * DAY_S };
const NODE: Subject<'static> = Subject { common_name: "validator-1", organisation: "91110000100000000X" };

pub(super) fn key(seed: u8) -> SigningKey {
    SigningKey::from_bytes(&[seed; 32]).unwrap()
}

fn authority() -> Authority {
    Authority::create(Subject { common_name: "本草 CA, \"测试\"+1", organisation: "联盟" }, key(1), VALID).unwrap()
}

pub(super) fn der(certificate: &Certificate) -> CertificateDer<'_> {
    CertificateDer::from(certificate.der())
}

#[test]
fn an_issued_certificate_is_read_back_and_verifies() {
    let ca = authority();
    assert!(ca.certificate().is_authority());
    assert_eq!(ca.certificate().common_name(), "本草 CA, \"测试\"+1");
    let member = ca.issue(NODE, &key(2).public(), VALID).unwrap();
    assert_eq!(*member.key(), key(2).public());
    assert_eq!((member.common_name(), member.organisation()), ("validator-1", "91110000100000000X"));
    assert_eq!(member.validity(), VALID);
    assert!(!member.is_authority());
    assert_eq!(Certificate::from_pem(&member.to_pem()).unwrap(), member);
    assert_eq!(ca.issue(NODE, &key(2).public(), VALID).unwrap(), member, "issuing is a function of its arguments");
    let roots = Roots::new(std::slice::from_ref(ca.certificate())).unwrap();
    for purpose in [Purpose::Client, Purpose::Server] {
        assert_eq!(roots.verify(&[der(&member)], purpose, START_S), Ok(()));
        assert_eq!(roots.verify(&[der(&member)], purpose, START_S + 30 * DAY_S), Ok(()));
        assert_eq!(roots.verify(&[der(&member)], purpose, START_S - 1), Err(ChainError::NotYetValid));
        assert_eq!(roots.verify(&[der(&member)], purpose, START_S + 30 * DAY_S + 1), Err(ChainError::Expired));
        assert_eq!(roots.verify_undated(&[der(&member)], purpose), Ok(()));
    }
}

#[test]
fn golden_certificate() {
    let member = authority().issue(NODE, &key(2).public(), VALID).unwrap();
    assert_eq!(
        crate::sm3(member.der()).to_string(),
        "6681815206d48954142fbe29dd7af2af58da4341349ce9adcdef47afdeb9803d"
    );
}

#[test]
fn foreign_chains_are_refused() {
    let ca = authority();
    let other = Authority::create(NODE, key(7), VALID).unwrap();
    let impostor =
        Authority::create(Subject { common_name: "本草 CA, \"测试\"+1", organisation: "联盟" }, key(8), VALID).unwrap();
    let roots = Roots::new(std::slice::from_ref(ca.certificate())).unwrap();
    let verdict = |issuer: &Authority| {
        let certificate = issuer.issue(NODE, &key(2).public(), VALID).unwrap();
        roots.verify(&[der(&certificate)], Purpose::Client, START_S)
    };
    assert_eq!(verdict(&other), Err(ChainError::UnknownIssuer));
    assert_eq!(verdict(&impostor), Err(ChainError::BadSignature));
    let own = der(ca.certificate());
    assert_eq!(roots.verify(&[own], Purpose::Client, START_S), Err(ChainError::WrongUse), "an authority is no peer");
    let member = ca.issue(NODE, &key(2).public(), VALID).unwrap();
    assert_eq!(roots.verify(&vec![der(&member); 5], Purpose::Client, START_S), Err(ChainError::TooLong));
    assert_eq!(roots.verify(&[], Purpose::Client, START_S), Err(ChainError::Malformed));
    assert_eq!(Roots::new(&[]).unwrap_err(), X509Error::NotAuthority);
    assert_eq!(Roots::new(&[member]).unwrap_err(), X509Error::NotAuthority);
}

#[test]
fn a_member_cannot_issue() {
    let ca = authority();
    let member = ca.issue(NODE, &key(2).public(), VALID).unwrap();
    assert_eq!(Authority::load(member.clone(), key(2)).map(drop), Err(X509Error::NotAuthority));
    assert_eq!(Authority::load(ca.certificate().clone(), key(2)).map(drop), Err(X509Error::OtherKey));
    // One who does it anyway: an authority with the member's key and name, whose certificate is the member's.
    let rogue = Authority::create(NODE, key(2), VALID).unwrap();
    let issued = rogue.issue(Subject { common_name: "x", organisation: "y" }, &key(3).public(), VALID).unwrap();
    let roots = Roots::new(std::slice::from_ref(ca.certificate())).unwrap();
    let verdict = roots.verify(&[der(&issued), der(&member)], Purpose::Client, START_S);
    assert!(matches!(verdict, Err(ChainError::WrongUse | ChainError::UnknownIssuer)), "{verdict:?}");
}

#[test]
fn standing_counts_days() {
    let member = authority().issue(NODE, &key(2).public(), VALID).unwrap();
    assert_eq!(member.standing(START_S - 1), Standing::NotYetValid);
    assert_eq!(member.standing(START_S + 1), Standing::Valid { days_left: 29 });
    assert_eq!(member.standing(START_S + 30 * DAY_S), Standing::Valid { days_left: 0 });
    assert_eq!(member.standing(START_S + 32 * DAY_S), Standing::Expired { days_ago: 2 });
}

#[test]
fn warnings_begin_ninety_days_before_the_end() {
    let warning = |days_left| Standing::Valid { days_left }.expiry().warning();
    assert_eq!((warning(91), warning(90), warning(31)), (None, Some("90_days"), Some("90_days")));
    assert_eq!(
        (warning(30), warning(8), warning(7), warning(0)),
        (Some("30_days"), Some("30_days"), Some("7_days"), Some("7_days"))
    );
    assert_eq!(Standing::Expired { days_ago: 0 }.expiry().warning(), Some("expired"));
    assert_eq!(Standing::NotYetValid.expiry().warning(), Some("not_yet_valid"));
}

#[test]
fn bad_names_and_dates_are_refused() {
    let ca = authority();
    let issue = |common_name: &str, validity| {
        let subject = Subject { common_name, organisation: "o" };
        ca.issue(subject, &key(2).public(), validity).map(drop)
    };
    assert_eq!(issue("", VALID), Err(X509Error::Name("common name")));
    assert_eq!(issue(&"字".repeat(65), VALID), Err(X509Error::Name("common name")));
    assert_eq!(issue("a\nb", VALID), Err(X509Error::Name("common name")));
    assert_eq!(issue(&"字".repeat(64), VALID), Ok(()));
    assert_eq!(issue("#04024869", VALID), Ok(()));
    assert_eq!(issue("x", Validity { not_before_s: 2, not_after_s: 1 }), Err(X509Error::Dates));
    assert_eq!(issue("x", Validity { not_before_s: 0, not_after_s: u64::MAX }), Err(X509Error::Dates));
    // After 2049 a date is written as GeneralizedTime.
    assert_eq!(issue("x", Validity { not_before_s: 0, not_after_s: 4_000_000_000 }), Ok(()));
}

#[test]
fn what_is_not_one_sm2_certificate_is_refused() {
    let ca = authority();
    let member = ca.issue(NODE, &key(2).public(), VALID).unwrap();
    let mut longer = member.der().to_vec();
    longer.push(0);
    assert_eq!(Certificate::from_der(&longer), Err(X509Error::Malformed));
    assert_eq!(Certificate::from_der(&member.der()[..100]), Err(X509Error::Malformed));
    assert_eq!(Certificate::from_der(&vec![0x30; CERTIFICATE_BYTES_MAX + 1]), Err(X509Error::TooLarge));
    // Another curve in the subject's key: 1.2.156.10197.1.301 becomes …302.
    let mut curve = member.der().to_vec();
    let at = curve.windows(4).position(|w| w == [0x55, 1, 0x82, 0x2d]).unwrap();
    curve[at + 3] = 0x2e;
    assert_eq!(Certificate::from_der(&curve), Err(X509Error::Key(KeyError::Malformed)));
    // Another signature algorithm, in the signed part, outside it, and in both.
    let algorithm = [0x55, 1, 0x83, 0x75];
    let places: Vec<usize> = (0..member.der().len()).filter(|i| member.der()[*i..].starts_with(&algorithm)).collect();
    assert_eq!(places.len(), 2);
    for changed in [&places[..1], &places[1..], &places[..]] {
        let mut other = member.der().to_vec();
        changed.iter().for_each(|at| other[at + 3] = 0x76);
        assert_eq!(Certificate::from_der(&other), Err(X509Error::NotSm2));
    }
    let pair = format!("{}preamble\n{}", member.to_pem(), ca.certificate().to_pem());
    assert_eq!(Certificate::chain_from_pem(&pair).unwrap().len(), 2);
    assert_eq!(Certificate::from_pem(&pair), Err(X509Error::Malformed));
    assert_eq!(Certificate::chain_from_pem(&pair.repeat(3)), Err(X509Error::TooLarge));
    assert_eq!(Certificate::chain_from_pem("nothing"), Err(X509Error::Malformed));
    assert_eq!(Certificate::chain_from_pem("-----END CERTIFICATE-----"), Err(X509Error::Malformed));
}

#[test]
fn every_byte_of_a_certificate_is_covered_by_the_chain() {
    let ca = authority();
    let roots = Roots::new(std::slice::from_ref(ca.certificate())).unwrap();
    let member = ca.issue(NODE, &key(2).public(), VALID).unwrap();
    for i in 0..member.der().len() {
        let mut bytes = member.der().to_vec();
        bytes[i] ^= 1;
        let verdict = roots.verify(&[CertificateDer::from(bytes)], Purpose::Client, START_S);
        assert!(verdict.is_err(), "byte {i} is not covered");
    }
}
