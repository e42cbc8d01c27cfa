use super::*;
use crate::genesis::RULE_VERSION;
use crate::ids::{OrgId, RegionCode, uscc_check_character};
use crate::organisation::{KeyEntry, KeyPurpose, Organisation, Role};
use crate::{Genesis, GenesisError, Height, TimestampMs};
use bencao_crypto::x509::{Authority, CertificateRequest, Subject, Validity};
use bencao_crypto::{Digest, KeyId, PublicKey, Signature, SigningKey, encode};

fn key(seed: u8) -> SigningKey {
    SigningKey::from_bytes(&[seed; 32]).unwrap()
}

fn id(n: u8) -> OrgId {
    let first = format!("91650100MA000000{n}");
    OrgId::parse(&format!("{first}{}", uscc_check_character(&first).unwrap())).unwrap()
}

/// Seeds of an organisation's keys: admin, transact, validator, node.
fn seeds(n: u8) -> [u8; 4] {
    [1, 2, 3, 4].map(|k| 10 * n + k)
}

fn sign_with(seeds: &[u8]) -> impl FnMut(&PublicKey, &[u8]) -> Option<Signature> {
    let keys: Vec<SigningKey> = seeds.iter().map(|s| key(*s)).collect();
    move |public, message| keys.iter().find(|k| k.public() == *public).map(|k| k.sign(message))
}

fn body(n: u8) -> JoinBody {
    let seeds = seeds(n);
    let purposes = [KeyPurpose::Admin, KeyPurpose::Transact, KeyPurpose::Validator, KeyPurpose::Node];
    let entry = |(seed, purpose): (&u8, KeyPurpose)| KeyEntry {
        purpose,
        public_key: key(*seed).public(),
        valid_from: Height(0),
        valid_to: None,
    };
    let organisation = id(n).to_string();
    let subject = Subject { common_name: "node", organisation: &organisation };
    JoinBody {
        version: 1,
        chain_name: "天山链".into(),
        organisation: Organisation {
            id: id(n),
            name: format!("单位{n}"),
            roles: vec![if n == 4 { Role::DrugRegulator } else { Role::Wholesaler }],
            jurisdiction: RegionCode::parse("650100").unwrap(),
            licences: vec![],
            keys: seeds.iter().zip(purposes).map(entry).collect(),
        },
        nodes: vec![NodeRequest {
            name: format!("node{n}"),
            validator_key: Some(key(seeds[2]).public()),
            node_key: key(seeds[3]).public(),
            power: 1,
            address: format!("10.0.0.{n}:26656"),
            certificate_request: CertificateRequest::create(subject, &key(seeds[3])).unwrap().to_pem(),
        }],
    }
}

fn join(n: u8) -> Join {
    body(n).prove(sign_with(&seeds(n))).unwrap()
}

fn empty() -> Draft {
    let validity = Validity { not_before_s: 1_795_000_000, not_after_s: 2_000_000_000 };
    let subject = Subject { common_name: "天山链 CA", organisation: "联盟" };
    let authority = Authority::create(subject, key(200), validity).unwrap();
    let mut draft = Draft::new("天山链".into(), TimestampMs(1_795_449_600_000), RULE_VERSION);
    draft.authorities.push(authority.certificate().to_pem());
    draft
}

fn draft() -> Draft {
    let mut draft = empty();
    (1..=4).for_each(|n| assert_eq!(draft.add(join(n), false), Ok(Added::New)));
    draft
}

fn signature(draft: &Draft, n: u8) -> FounderSignature {
    let chain_id = draft.genesis().chain_id();
    let admin = key(seeds(n)[0]);
    let key_id = admin.public().id();
    FounderSignature::new(chain_id, id(n), key_id, admin.sign(&FounderSignature::message(chain_id, key_id)))
}

fn signatures(draft: &Draft) -> Vec<FounderSignature> {
    (1..=4).map(|n| signature(draft, n)).collect()
}

fn fault(result: Result<impl std::fmt::Debug, CeremonyError>) -> JoinFault {
    match result.unwrap_err() {
        CeremonyError::Join { fault, .. } => fault,
        other => panic!("{other:?}"),
    }
}

fn standing_of(error: CeremonyError) -> Vec<(OrgId, Standing)> {
    match error {
        CeremonyError::Unsigned(all) => all.into_iter().map(|f| (f.organisation, f.standing)).collect(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn golden_forms() {
    let join = join(1);
    let forms = [
        bencao_crypto::sm3(&encode(&join.body)).to_string(),
        join.body.id().to_string(),
        draft().genesis().chain_id().to_string(),
        Fingerprint::of(&Digest([9; 32])).to_string(),
    ];
    assert_eq!(forms, GOLDEN);
    let message = join.body.proof_message(KeyId([7; 20]));
    assert_eq!(message, [&b"bencao/genesis-join-sign/1\0"[..], &join.body.id().0, &[7; 20]].concat());
    let chain = crate::ChainId(Digest([9; 32]));
    let message = FounderSignature::message(chain, KeyId([7; 20]));
    assert_eq!(message, [&b"bencao/genesis-sign/1\0"[..], &[9; 32], &[7; 20]].concat());
}

/// SM3 of a request's canonical bytes, its id, a chain id, a fingerprint.
const GOLDEN: [&str; 4] = [
    "2c3bea0d07ccf81506277151d3fbbef414d54e8a3d8254dada8a4cab98e9b3c5",
    "6b2694f879067032d82798ed41e3e7af8779207311ab9d60fd04869c3bb3f3cf",
    "d170f2485a6f61b1d3178ffa2b8af6814bd355726ea6aabd2e6396fb5e1520b4",
    "9329 8339 1281 9615 3095 4865 4756 1604",
];

#[test]
fn a_ceremony_from_the_first_draft_to_the_sealed_genesis() {
    let draft = draft();
    let sealed = Sealed::seal(&draft, &signatures(&draft)).unwrap();
    let text = sealed.to_json();
    assert_eq!(Sealed::parse(&text).unwrap(), sealed);
    assert_eq!(sealed.draft(), draft);
    // Whoever reads a genesis reads a sealed one, too, and the chain id is that of the plain form.
    let read = Genesis::parse(&text).unwrap();
    assert_eq!(read, sealed.genesis);
    assert_eq!(Genesis::parse(&read.to_json()).unwrap().chain_id(), sealed.chain_id);
}

#[test]
fn the_order_of_requests_does_not_matter() {
    let mut other = empty();
    [3, 1, 4, 2].into_iter().for_each(|n| assert_eq!(other.add(join(n), false), Ok(Added::New)));
    assert_eq!(other, draft());
    assert_eq!(Draft::parse(&other.to_json()).unwrap(), other);
}

#[test]
fn a_request_is_taken_once_and_replaced_only_on_purpose() {
    let mut draft = draft();
    assert_eq!(draft.add(join(2), false), Ok(Added::Unchanged));
    let mut changed = body(2);
    changed.nodes[0].address = "10.9.9.9:26656".into();
    let changed = changed.prove(sign_with(&seeds(2))).unwrap();
    let refused = draft.add(changed.clone(), false);
    assert_eq!(refused, Err(CeremonyError::AlreadyIn { organisation: id(2) }));
    assert_eq!(draft.add(changed, true), Ok(Added::Replaced));
    let mut elsewhere = body(2);
    elsewhere.chain_name = "昆仑链".into();
    let elsewhere = elsewhere.prove(sign_with(&seeds(2))).unwrap();
    assert!(matches!(draft.add(elsewhere, true), Err(CeremonyError::OtherChain { .. })));
}

#[test]
fn nothing_in_a_request_can_be_changed_by_who_carries_it() {
    type Edit = fn(&mut JoinBody);
    let edits: [Edit; 10] = [
        |b| b.organisation.name.push('x'),
        |b| b.organisation.roles = vec![Role::MarketingHolder],
        |b| b.organisation.jurisdiction = RegionCode::parse("110000").unwrap(),
        |b| b.organisation.id = id(9),
        |b| b.nodes[0].power = 100,
        |b| b.nodes[0].name.push('x'),
        |b| b.nodes[0].address = "6.6.6.6:26656".into(),
        |b| b.nodes[0].certificate_request = String::new(),
        |b| b.organisation.keys.swap(0, 1),
        |b| b.chain_name.push('x'),
    ];
    for (i, edit) in edits.into_iter().enumerate() {
        let mut changed = join(1);
        edit(&mut changed.body);
        assert!(matches!(fault(changed.check()), JoinFault::WrongProof(_)), "edit {i}");
    }
}

#[test]
fn somebody_elses_key_cannot_be_put_in() {
    // The attacker holds every key of the request but one, which is another organisation's.
    let mut stolen = body(1);
    stolen.organisation.keys[1].public_key = key(seeds(2)[1]).public();
    let id = stolen.organisation.keys[1].id();
    assert_eq!(stolen.clone().prove(sign_with(&seeds(1))), None, "it has no key to sign with");
    let mut forged = stolen.prove(|_, message| Some(key(seeds(1)[0]).sign(message))).unwrap();
    assert!(matches!(fault(forged.check()), JoinFault::WrongProof(_)));
    forged.proofs.clear();
    assert!(matches!(fault(forged.check()), JoinFault::NoProof(_)));
    // Taken from the other's own request, the proof is one of that request.
    let mut borrowed = join(1);
    borrowed.body.organisation.keys[1].public_key = key(seeds(2)[1]).public();
    borrowed.proofs[1] = join(2).proofs[1];
    assert_eq!(borrowed.proofs[1].key_id, id);
    assert!(matches!(fault(borrowed.check()), JoinFault::WrongProof(_)));
    let mut more = join(1);
    more.proofs.push(join(2).proofs[0]);
    assert_eq!(fault(more.check()), JoinFault::StrayProof(key(seeds(2)[0]).public().id()));
    more.proofs[4] = more.proofs[0];
    assert_eq!(fault(more.check()), JoinFault::StrayProof(more.proofs[0].key_id));
}

#[test]
fn each_fault_of_a_request_is_named() {
    type Case = (fn(&mut JoinBody), fn(&JoinFault) -> bool);
    let cases: [Case; 12] = [
        (|b| _ = b.organisation.keys.remove(0), |f| *f == JoinFault::NoAdminKey),
        (|b| b.organisation.name.clear(), |f| matches!(f, JoinFault::Organisation(_))),
        (|b| b.organisation.keys[0].valid_from = Height(5), |f| matches!(f, JoinFault::KeyHeights(_))),
        (|b| b.organisation.keys[0].valid_to = Some(Height(5)), |f| matches!(f, JoinFault::KeyHeights(_))),
        (|b| b.nodes[0].name = "a\nb".into(), |f| matches!(f, JoinFault::NodeName(_))),
        (|b| b.nodes.push(b.nodes[0].clone()), |f| matches!(f, JoinFault::NodeName(_))),
        (|b| b.nodes[0].address = "nowhere".into(), |f| matches!(f, JoinFault::Address { .. })),
        (|b| b.nodes[0].power = 0, |f| matches!(f, JoinFault::Power(_))),
        (|b| b.nodes[0].validator_key = None, |f| matches!(f, JoinFault::Power(_))),
        (
            |b| b.nodes[0].node_key = b.organisation.keys[1].public_key,
            |f| matches!(f, JoinFault::NodeKey { purpose: "node", .. }),
        ),
        (|b| b.nodes.clear(), |f| matches!(f, JoinFault::Owner(_))),
        (
            |b| b.nodes[0].certificate_request = "-----BEGIN CERTIFICATE REQUEST-----".into(),
            |f| matches!(f, JoinFault::Request { .. }),
        ),
    ];
    for (i, (edit, expected)) in cases.into_iter().enumerate() {
        let mut body = body(1);
        edit(&mut body);
        let found = fault(body.prove(sign_with(&seeds(1))).unwrap().check());
        assert!(expected(&found), "case {i}: {found:?}");
        assert!(found.message_zh().chars().any(|c| c > '\u{2e80}') && !found.to_string().is_empty());
    }
    let mut body = body(1);
    body.version = 2;
    assert_eq!(body.prove(sign_with(&seeds(1))).unwrap().check(), Err(CeremonyError::Version(2)));
    let wrong_key = {
        let mut b = self::body(1);
        let subject = Subject { common_name: "x", organisation: "y" };
        b.nodes[0].certificate_request = CertificateRequest::create(subject, &key(99)).unwrap().to_pem();
        b.prove(sign_with(&seeds(1))).unwrap()
    };
    assert!(matches!(fault(wrong_key.check()), JoinFault::Request { .. }));
}

#[test]
fn two_organisations_cannot_share_a_key_or_a_node_name() {
    let mut shared = body(2);
    shared.organisation.keys[1].public_key = key(seeds(1)[1]).public();
    // An accomplice, who does hold the key.
    let shared = shared.prove(sign_with(&[seeds(1), seeds(2)].concat())).unwrap();
    let mut draft = empty();
    draft.add(join(1), false).unwrap();
    draft.add(shared, false).unwrap();
    assert!(matches!(draft.check(), Err(CeremonyError::Genesis(GenesisError::Repeated { .. }))));
    let mut named = body(2);
    named.nodes[0].name = "node1".into();
    let mut draft = empty();
    draft.add(join(1), false).unwrap();
    draft.add(named.prove(sign_with(&seeds(2))).unwrap(), false).unwrap();
    assert!(matches!(draft.check(), Err(CeremonyError::Genesis(GenesisError::Repeated { .. }))));
}

#[test]
fn a_missing_or_wrong_signature_says_whose() {
    let draft = draft();
    let good = signatures(&draft);
    let refused = |signatures: &[FounderSignature]| standing_of(Sealed::seal(&draft, signatures).unwrap_err());
    assert_eq!(refused(&good[..3]), [(id(4), Standing::Missing)]);
    assert_eq!(refused(&[]).len(), 4);

    let mut wrong = good.clone();
    wrong[1].signature.0[5] ^= 1;
    assert_eq!(refused(&wrong), [(id(2), Standing::WrongSignature { key_id: good[1].key_id })]);
    // A founder's word in another's name.
    let mut taken = good.clone();
    taken[1].signature = good[0].signature;
    taken[1].key_id = good[0].key_id;
    assert_eq!(refused(&taken), [(id(2), Standing::NotAdminKey { key_id: good[0].key_id })]);
    // Signed with the key for bills.
    let transact = key(seeds(2)[1]);
    let (chain, key_id) = (good[1].chain_id, transact.public().id());
    let mut weak = good.clone();
    weak[1] = FounderSignature::new(chain, id(2), key_id, transact.sign(&FounderSignature::message(chain, key_id)));
    assert_eq!(refused(&weak), [(id(2), Standing::NotAdminKey { key_id })]);
    weak.push(good[1].clone());
    assert!(Sealed::seal(&draft, &weak).is_ok(), "a good signature beside a bad one counts");

    let mut stranger = good.clone();
    stranger.push(FounderSignature::new(chain, id(9), key_id, good[0].signature));
    assert_eq!(Sealed::seal(&draft, &stranger), Err(CeremonyError::Stranger { organisation: id(9) }));
}

#[test]
fn who_was_shown_another_draft_has_not_signed_this_one() {
    let honest = draft();
    let mut shown = honest.clone();
    shown.params.block_interval_ms = 10;
    let mut all = signatures(&honest);
    all[2] = signature(&shown, 3);
    let other = shown.genesis().chain_id();
    let standings = standing_of(Sealed::seal(&honest, &all).unwrap_err());
    assert_eq!(standings, [(id(3), Standing::OtherGenesis { chain_id: other })]);
    // Relabelled, it is still a signature of another genesis.
    all[2].chain_id = honest.genesis().chain_id();
    let standings = standing_of(Sealed::seal(&honest, &all).unwrap_err());
    assert!(matches!(standings[..], [(_, Standing::WrongSignature { .. })]));
}

#[test]
fn a_sealed_genesis_bears_no_change() {
    let draft = draft();
    let sealed = Sealed::seal(&draft, &signatures(&draft)).unwrap();
    type Case = (fn(&mut Sealed), fn(&CeremonyError) -> bool);
    let cases: [Case; 10] = [
        (|s| s.genesis.params.heartbeat_ms += 1, |e| matches!(e, CeremonyError::WrongChainId { .. })),
        (
            |s| {
                s.genesis.params.heartbeat_ms += 1;
                s.chain_id = s.genesis.chain_id();
            },
            |e| matches!(e, CeremonyError::Unsigned(all) if all.len() == 4),
        ),
        (|s| s.genesis.organisations[0].name.push('x'), |e| *e == CeremonyError::Altered),
        (|s| s.genesis.validators[0].power = 9, |e| *e == CeremonyError::Altered),
        (|s| drop(s.genesis.organisations.pop()), |e| matches!(e, CeremonyError::Genesis(_) | CeremonyError::Altered)),
        (|s| drop(s.founders.pop()), |e| *e == CeremonyError::Altered),
        (|s| s.founders.swap(0, 1), |e| *e == CeremonyError::Order),
        (|s| drop(s.signatures.pop()), |e| matches!(e, CeremonyError::Unsigned(_))),
        (|s| s.founders[0].body.nodes[0].address.clear(), |e| matches!(e, CeremonyError::Join { .. })),
        (|s| s.chain_id.0.0[0] ^= 1, |e| matches!(e, CeremonyError::WrongChainId { .. })),
    ];
    for (i, (edit, expected)) in cases.into_iter().enumerate() {
        let mut changed = sealed.clone();
        edit(&mut changed);
        let error = Sealed::parse(&changed.to_json()).unwrap_err();
        assert!(expected(&error), "case {i}: {error}");
        assert!(Genesis::parse(&changed.to_json()).is_err(), "case {i}");
    }
}

#[test]
fn files_are_not_taken_for_each_other() {
    let draft = draft();
    let files = [
        (JOIN_KIND, join(1).to_json()),
        (DRAFT_KIND, draft.to_json()),
        (SIGNATURE_KIND, signature(&draft, 1).to_json()),
        (SEALED_KIND, Sealed::seal(&draft, &signatures(&draft)).unwrap().to_json()),
    ];
    for (kind, text) in &files {
        let verdicts = [
            Join::parse(text).map(drop),
            Draft::parse(text).map(drop),
            FounderSignature::parse(text).map(drop),
            Sealed::parse(text).map(drop),
        ];
        for ((expected, _), verdict) in files.iter().zip(verdicts) {
            match verdict {
                Ok(()) => assert_eq!(kind, expected),
                Err(error) => assert_eq!(error, CeremonyError::OtherFile { expected, actual: (*kind).into() }),
            }
        }
        let as_genesis = Genesis::parse(text);
        match *kind {
            SEALED_KIND => assert!(as_genesis.is_ok()),
            other => assert_eq!(as_genesis, Err(GenesisError::OtherFile { kind: other.into() })),
        }
        let misspelt = text.replacen("\"version\"", "\"verison\"", 1);
        assert!(
            Draft::parse(&misspelt).is_err() && Join::parse(&misspelt).is_err() && Sealed::parse(&misspelt).is_err()
        );
    }
    assert!(matches!(Join::parse("{"), Err(CeremonyError::Json { .. })));
    assert_eq!(Join::parse(&" ".repeat(16 << 20 | 1)), Err(CeremonyError::TooLarge));
}

#[test]
fn authorities_are_certificates_of_authorities() {
    let mut draft = draft();
    draft.authorities.push("no certificate".into());
    assert!(matches!(draft.check(), Err(CeremonyError::Authority { index: 1, .. })));
}

#[test]
fn fingerprints_are_read_back_however_they_are_typed() {
    let print = Fingerprint::of(&Digest([1; 32]));
    let shown = print.to_string();
    assert_eq!(shown.split(' ').map(str::len).collect::<Vec<_>>(), [4; 8]);
    let wide: String =
        shown.chars().map(|c| c.to_digit(10).map_or('　', |d| char::from_u32('０' as u32 + d).unwrap())).collect();
    for text in [shown.clone(), shown.replace(' ', ""), shown.replace(' ', "-"), format!(" {shown}\n"), wide] {
        assert_eq!(Fingerprint::parse(&text), Ok(print.clone()), "{text}");
    }
    let short = &shown[..shown.len() - 1];
    assert_eq!(Fingerprint::parse(short), Err(FingerprintError { actual: 31 }));
    assert_eq!(Fingerprint::parse(&format!("{shown}0")), Err(FingerprintError { actual: 33 }));
    assert_eq!(Fingerprint::parse(&shown.replacen(' ', "x", 1)), Err(FingerprintError { actual: 0 }));
    let other = Fingerprint::of(&Digest([2; 32]));
    assert!(print.first_difference(&other).is_some());
    assert_eq!(print.first_difference(&print.clone()), None);
    let mut misheard = shown.replace(' ', "").into_bytes();
    misheard[9] = if misheard[9] == b'0' { b'1' } else { b'0' };
    let misheard = Fingerprint::parse(std::str::from_utf8(&misheard).unwrap()).unwrap();
    assert_eq!(print.first_difference(&misheard), Some(3));
}

#[test]
fn a_review_tells_every_difference() {
    let before = draft();
    let facts = review(&before);
    let find = |path: &str| facts.iter().find(|f| f.path == path).map(|f| f.value.clone());
    assert_eq!(find("chain_name"), Some("天山链".into()));
    assert_eq!(
        find(&format!("organisations[{}].keys.admin[0]", id(1))),
        Some(key(seeds(1)[0]).public().id().to_string())
    );
    assert_eq!(find(&format!("organisations[{}].nodes[node2].power", id(2))), Some("1".into()));
    assert_eq!(find("params.block_interval_ms"), Some("200".into()));
    assert_eq!(compare(&facts, &facts), []);
    let mut after = before.clone();
    after.params.block_interval_ms = 500;
    after.authorities.clear();
    let changes = compare(&facts, &review(&after));
    let interval = changes.iter().find(|c| c.path == "params.block_interval_ms").unwrap();
    assert_eq!((interval.before.as_deref(), interval.after.as_deref()), (Some("200"), Some("500")));
    let gone = changes.iter().find(|c| c.path == "authorities[0].name").unwrap();
    assert_eq!((gone.before.is_some(), &gone.after), (true, &None));
    assert_eq!(changes.len(), 5);
}

#[test]
fn what_a_founder_should_notice_is_remarked() {
    assert_eq!(remarks(&draft()), []);
    let mut odd = empty();
    odd.authorities.clear();
    odd.params.block_interval_ms = 50;
    let mut strong = body(1);
    strong.nodes[0].power = 5;
    odd.add(strong.prove(sign_with(&seeds(1))).unwrap(), false).unwrap();
    odd.add(join(2), false).unwrap();
    let mut homeless = body(3);
    homeless.nodes.clear();
    homeless.organisation.keys.truncate(2);
    odd.add(homeless.prove(sign_with(&seeds(3))).unwrap(), false).unwrap();
    let names: Vec<&str> = remarks(&odd).iter().map(Remark::name).collect();
    assert_eq!(names, ["few_validators", "concentration", "no_regulator", "no_authority", "no_node", "unusual"]);
    for remark in remarks(&odd) {
        assert!(remark.text_zh().chars().any(|c| c > '\u{2e80}') && remark.text_en().is_ascii());
    }
}
