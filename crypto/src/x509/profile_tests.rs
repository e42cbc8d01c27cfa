//! Profiles, renewal, and chains of several authorities.

use super::tests::{der, key};
use super::*;

const START_S: u64 = 1_795_000_000;
const VALID: Validity = Validity { not_before_s: START_S, not_after_s: START_S + 300 * DAY_S };
const NODE: Subject<'static> = Subject { common_name: "validator-1", organisation: "91110000100000000X" };

fn name(common_name: &'static str) -> Subject<'static> {
    Subject { common_name, organisation: "联盟" }
}

fn terms(usage: Usage) -> Terms<'static> {
    Terms { usage, validity: VALID, organisation_code: Some("91110000100000000X") }
}

#[test]
fn the_profiles_are_read_back() {
    let ca = Authority::create(name("CA"), key(1), VALID).unwrap();
    for usage in [Usage::Node, Usage::Sign, Usage::Encrypt] {
        let certificate = ca.issue_on(NODE, &key(2).public(), &terms(usage)).unwrap();
        assert_eq!(certificate.usage(), Some(usage));
        assert_eq!(certificate.organisation_code(), Some("91110000100000000X"));
        assert_eq!((certificate.levels(), certificate.issuer_name().as_str()), (None, "CA"));
        assert_eq!(Certificate::from_pem(&certificate.to_pem()).unwrap(), certificate);
    }
    assert_eq!((ca.certificate().levels(), ca.certificate().usage()), (Some(0), None));
    let serial = |usage| ca.issue_on(NODE, &key(2).public(), &terms(usage)).unwrap().serial();
    assert!(serial(Usage::Sign) != serial(Usage::Encrypt) && serial(Usage::Sign).len() == 32);
    for bad in ["", "中文", &"9".repeat(65)] {
        let terms = Terms { organisation_code: Some(bad), ..terms(Usage::Sign) };
        assert_eq!(ca.issue_on(NODE, &key(2).public(), &terms).unwrap_err(), X509Error::Name("organisation code"));
    }
}

#[test]
fn a_peer_must_have_a_nodes_certificate() {
    let ca = Authority::create(name("CA"), key(1), VALID).unwrap();
    let roots = Roots::new(std::slice::from_ref(ca.certificate())).unwrap();
    let node = ca.issue_on(NODE, &key(2).public(), &terms(Usage::Node)).unwrap();
    assert_eq!(roots.verify(&[der(&node)], Purpose::Server, START_S), Ok(()));
    // The signing half of an outside authority's pair has no extended key usage, which RFC 5280 reads as any use.
    let sign = ca.issue_on(NODE, &key(2).public(), &terms(Usage::Sign)).unwrap();
    assert_eq!(roots.verify(&[der(&sign)], Purpose::Server, START_S), Ok(()));
}

#[test]
fn renewal_changes_dates_only() {
    let ca = Authority::create(name("CA"), key(1), VALID).unwrap();
    let later = Validity { not_before_s: START_S + 200 * DAY_S, not_after_s: START_S + 900 * DAY_S };
    for usage in [Usage::Node, Usage::Sign, Usage::Encrypt] {
        let old = ca.issue_on(NODE, &key(2).public(), &terms(usage)).unwrap();
        let new = ca.renew(&old, later).unwrap();
        assert_eq!(new.validity(), later);
        assert_ne!(new.serial(), old.serial());
        assert_eq!(
            (new.key(), new.usage(), new.organisation_code()),
            (old.key(), old.usage(), old.organisation_code())
        );
        assert_eq!((new.common_name(), new.organisation()), (old.common_name(), old.organisation()));
        assert!(new.is_issued_by(ca.certificate()));
    }
    let other = Authority::create(name("CA"), key(9), VALID).unwrap();
    let foreign = other.issue(NODE, &key(2).public(), VALID).unwrap();
    assert_eq!(ca.renew(&foreign, later).unwrap_err(), X509Error::NotIssuer);
    assert!(!foreign.is_issued_by(ca.certificate()), "an authority of the same name, another key");
}

/// Root, an authority under it, a member.
fn three() -> (Authority, Authority, Certificate) {
    let root = Authority::create_above(name("root"), key(1), VALID, 1).unwrap();
    let middle = root.issue_authority(name("issuing"), &key(5).public(), VALID, 0).unwrap();
    let issuing = Authority::load(middle, key(5)).unwrap();
    let leaf = issuing.issue(NODE, &key(2).public(), VALID).unwrap();
    (root, issuing, leaf)
}

#[test]
fn a_chain_through_an_authority_in_the_middle() {
    let (root, issuing, leaf) = three();
    let roots = Roots::new(std::slice::from_ref(root.certificate())).unwrap();
    let chain = [der(&leaf), der(issuing.certificate())];
    for now_s in [START_S, START_S + 300 * DAY_S] {
        assert_eq!(roots.verify(&chain, Purpose::Client, now_s), Ok(()));
    }
    assert_eq!(roots.verify(&chain, Purpose::Client, START_S + 301 * DAY_S), Err(ChainError::Expired));
    assert_eq!(roots.verify_undated(&chain, Purpose::Client), Ok(()));
    assert_eq!(roots.verify_undated(&chain[..1], Purpose::Client), Err(ChainError::UnknownIssuer));
    // The root itself in the chain is superfluous and does no harm.
    let longer = [der(&leaf), der(issuing.certificate()), der(root.certificate())];
    assert_eq!(roots.verify_undated(&longer, Purpose::Client), Ok(()));
    assert_eq!(roots.verify_undated(&[], Purpose::Client), Err(ChainError::Malformed));
    assert_eq!(roots.verify_undated(&vec![der(&leaf); 5], Purpose::Client), Err(ChainError::TooLong));
}

#[test]
fn who_may_not_issue_is_refused_with_and_without_dates() {
    let (root, issuing, leaf) = three();
    let roots = Roots::new(std::slice::from_ref(root.certificate())).unwrap();
    assert_eq!(
        issuing.issue_authority(name("x"), &key(6).public(), VALID, 0).unwrap_err(),
        X509Error::NotAuthority,
        "no authority below one of level 0"
    );
    // One who does it anyway, and a member that plays authority.
    let forged = Authority::create(name("issuing"), key(5), VALID).unwrap();
    let below = Authority::load(
        Authority::create_above(name("issuing"), key(5), VALID, 1)
            .unwrap()
            .issue_authority(name("below"), &key(6).public(), VALID, 0)
            .unwrap(),
        key(6),
    )
    .unwrap();
    let deep = below.issue(NODE, &key(7).public(), VALID).unwrap();
    let chain = [der(&deep), der(below.certificate()), der(issuing.certificate())];
    assert!(roots.verify(&chain, Purpose::Client, START_S).is_err());
    assert_eq!(roots.verify_undated(&chain, Purpose::Client), Err(ChainError::WrongUse));
    let self_signed = [der(&leaf), der(forged.certificate())];
    assert!(roots.verify(&self_signed, Purpose::Client, START_S).is_err());
    assert_eq!(roots.verify_undated(&self_signed, Purpose::Client), Err(ChainError::UnknownIssuer));
    let rogue = Authority::create(NODE, key(2), VALID).unwrap();
    let issued = rogue.issue(name("x"), &key(3).public(), VALID).unwrap();
    let chain = [der(&issued), der(&leaf), der(issuing.certificate())];
    assert_eq!(roots.verify_undated(&chain, Purpose::Client), Err(ChainError::UnknownIssuer));
}

#[test]
fn every_byte_of_a_chain_is_covered_without_dates() {
    let (root, issuing, leaf) = three();
    let roots = Roots::new(std::slice::from_ref(root.certificate())).unwrap();
    for (at, certificate) in [&leaf, issuing.certificate()].into_iter().enumerate() {
        for i in 0..certificate.der().len() {
            let mut chain = [leaf.der().to_vec(), issuing.certificate().der().to_vec()];
            chain[at][i] ^= 1;
            let chain = chain.map(rustls::pki_types::CertificateDer::from);
            assert!(roots.verify_undated(&chain, Purpose::Client).is_err(), "certificate {at}, byte {i}");
        }
    }
}
