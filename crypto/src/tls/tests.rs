use super::*;
use crate::x509::{Authority, Subject, Validity};
use rustls::{ClientConnection, ServerConnection};
use std::io::{Read as _, Write as _};

const YEAR_S: u64 = 365 * 86_400;
const START_S: u64 = 1_795_000_000;
const VALID: Validity = Validity { not_before_s: START_S, not_after_s: START_S + YEAR_S };

fn key(seed: u8) -> SigningKey {
    SigningKey::from_bytes(&[seed; 32]).unwrap()
}

fn authority(seed: u8) -> Authority {
    Authority::create(Subject { common_name: "root", organisation: "consortium" }, key(seed), VALID).unwrap()
}

fn member(ca: &Authority, seed: u8) -> Identity {
    let subject = Subject { common_name: "node", organisation: "member" };
    let certificate = ca.issue(subject, &key(seed).public(), VALID).unwrap();
    Identity::new(vec![certificate], key(seed)).unwrap()
}

fn trust(ca: &Authority, known: &[&Identity], now_s: u64) -> Trust {
    let known: Vec<PublicKey> = known.iter().map(|i| i.public()).collect();
    Trust {
        authorities: Authorities::new(Roots::new(std::slice::from_ref(ca.certificate())).unwrap()),
        known: Arc::new(move |key| known.contains(key)),
        now_s: Arc::new(move || now_s),
    }
}

/// Moves bytes both ways until nothing moves.
fn pump(client: &mut ClientConnection, server: &mut ServerConnection) -> Result<(), rustls::Error> {
    loop {
        let (mut up, mut down) = (Vec::new(), Vec::new());
        while client.wants_write() {
            client.write_tls(&mut up).unwrap();
        }
        let mut rest = &up[..];
        while !rest.is_empty() {
            server.read_tls(&mut rest).unwrap();
            server.process_new_packets()?;
        }
        while server.wants_write() {
            server.write_tls(&mut down).unwrap();
        }
        let mut rest = &down[..];
        while !rest.is_empty() {
            client.read_tls(&mut rest).unwrap();
            client.process_new_packets()?;
        }
        if up.is_empty() && down.is_empty() {
            return Ok(());
        }
    }
}

type Side<'a> = (&'a Identity, &'a Trust);

fn handshake(client: Side, server: Side) -> Result<(ClientConnection, ServerConnection), rustls::Error> {
    let client = Arc::new(client_config(client.0, client.1).unwrap());
    let server = Arc::new(server_config(server.0, server.1).unwrap());
    let mut client = ClientConnection::new(client, any_server_name()).unwrap();
    let mut server = ServerConnection::new(server).unwrap();
    pump(&mut client, &mut server).map(|()| (client, server))
}

fn refusal(client: Side, server: Side) -> rustls::Error {
    handshake(client, server).map(drop).expect_err("the handshake must fail")
}

#[test]
fn members_meet_and_talk() {
    let ca = authority(1);
    let (a, b) = (member(&ca, 2), member(&ca, 3));
    let trust = trust(&ca, &[], START_S + 5);
    let (mut client, mut server) = handshake((&a, &trust), (&b, &trust)).unwrap();
    assert_eq!(server.negotiated_cipher_suite().unwrap().suite(), provider::TLS_SM4_GCM_SM3);
    assert_eq!(server.negotiated_key_exchange_group().unwrap().name(), provider::CURVE_SM2);
    assert_eq!(server.handshake_kind(), Some(rustls::HandshakeKind::Full));
    let seen = peer(&server, START_S + 5).unwrap();
    assert_eq!((seen.key, seen.standing), (a.public(), Standing::Valid { days_left: 364 }));
    assert_eq!(peer(&client, START_S + 5).unwrap().certificate, b.certificate());
    for length in [1, 16_000, 400, 16_000] {
        let data: Vec<u8> = (0..length).map(|i| i as u8).collect();
        client.writer().write_all(&data).unwrap();
        pump(&mut client, &mut server).unwrap();
        let mut got = vec![0; length];
        server.reader().read_exact(&mut got).unwrap();
        assert!(got == data);
    }
}

#[test]
fn an_open_server_takes_clients_without_certificates_and_they_check_it() {
    let (ca, foreign) = (authority(1), authority(9));
    let server = member(&ca, 3);
    let meet = |trust: &Trust| {
        let dialling = Arc::new(open_client_config(trust).unwrap());
        let listening = Arc::new(open_server_config(&server, trust).unwrap());
        let mut client = ClientConnection::new(dialling, any_server_name()).unwrap();
        let mut server = ServerConnection::new(listening).unwrap();
        pump(&mut client, &mut server).map(|()| (client, server))
    };
    let (mut client, mut accepted) = meet(&trust(&ca, &[], START_S)).unwrap();
    assert_eq!(peer(&client, START_S).unwrap().key, server.public());
    assert!(matches!(peer(&accepted, START_S), Err(TlsError::NoPeer)));
    client.writer().write_all(b"hello").unwrap();
    pump(&mut client, &mut accepted).unwrap();
    let mut got = [0; 5];
    accepted.reader().read_exact(&mut got).unwrap();
    assert_eq!(&got, b"hello");
    assert!(meet(&trust(&foreign, &[], START_S)).is_err(), "an authority that the client does not trust");
    assert!(meet(&trust(&ca, &[], START_S + 2 * YEAR_S)).is_err(), "a certificate that has expired");
}

#[test]
fn no_session_is_resumed() {
    let ca = authority(1);
    let (a, b) = (member(&ca, 2), member(&ca, 3));
    let trust = trust(&ca, &[], START_S);
    let config = Arc::new(client_config(&a, &trust).unwrap());
    let listening = Arc::new(server_config(&b, &trust).unwrap());
    for _ in 0..2 {
        let mut client = ClientConnection::new(config.clone(), any_server_name()).unwrap();
        let mut server = ServerConnection::new(listening.clone()).unwrap();
        pump(&mut client, &mut server).unwrap();
        assert_eq!(client.tls13_tickets_received(), 0);
        assert_eq!(server.handshake_kind(), Some(rustls::HandshakeKind::Full));
    }
}

#[test]
fn strangers_are_refused_by_either_side() {
    let (ca, foreign) = (authority(1), authority(9));
    let (a, stranger) = (member(&ca, 2), member(&foreign, 3));
    // Even a key that the chain knows must show our authority's certificate.
    let ours = trust(&ca, &[&stranger], START_S);
    let theirs = trust(&foreign, &[], START_S);
    let expected = rustls::Error::InvalidCertificate(rustls::CertificateError::BadSignature);
    assert_eq!(refusal((&stranger, &ours), (&a, &ours)), expected, "an authority of the same name, another key");
    assert_eq!(refusal((&a, &ours), (&stranger, &ours)), expected);
    assert_eq!(refusal((&a, &ours), (&a, &theirs)), expected);
}

#[test]
fn a_client_without_certificate_is_refused() {
    let ca = authority(1);
    let trust = trust(&ca, &[], START_S);
    let server = Arc::new(server_config(&member(&ca, 3), &trust).unwrap());
    let anonymous = ClientConfig::builder_with_details(Arc::new(provider::provider()), Arc::new(trust.clone()))
        .with_protocol_versions(&[&TLS13])
        .unwrap()
        .dangerous()
        .with_custom_certificate_verifier(verifier::PeerVerifier::new(trust))
        .with_no_client_auth();
    let mut client = ClientConnection::new(Arc::new(anonymous), any_server_name()).unwrap();
    let mut server = ServerConnection::new(server).unwrap();
    let refused = pump(&mut client, &mut server).unwrap_err();
    assert_eq!(refused, rustls::Error::NoCertificatesPresented);
    assert!(matches!(peer(&server, START_S), Err(TlsError::NoPeer)));
}

/// One who shows the victim's chain and signs with another key.
fn thief(victim: &Identity, seed: u8) -> Identity {
    let chain = victim.chain();
    let der = chain.iter().map(|c| CertificateDer::from(c.der().to_vec())).collect();
    let certified = Arc::new(CertifiedKey::new(der, Arc::new(signer::HandshakeKey::new(Arc::new(key(seed))))));
    Identity { shown: Arc::new(RwLock::new(Arc::new(Shown { chain, certified }))), public: key(seed).public() }
}

#[test]
fn a_stolen_certificate_is_no_use_without_its_key() {
    let ca = authority(1);
    let (a, victim) = (member(&ca, 2), member(&ca, 3));
    assert_eq!(Identity::new(victim.chain(), key(4)).unwrap_err(), X509Error::OtherKey);
    let thief = thief(&victim, 4);
    let trust = trust(&ca, &[&victim], START_S);
    let expected = rustls::Error::InvalidCertificate(rustls::CertificateError::BadSignature);
    assert_eq!(refusal((&thief, &trust), (&a, &trust)), expected);
    assert_eq!(refusal((&a, &trust), (&thief, &trust)), expected);
}

#[test]
fn dates_decide_only_about_keys_that_the_chain_does_not_know() {
    let ca = authority(1);
    let (a, b) = (member(&ca, 2), member(&ca, 3));
    let late = START_S + YEAR_S + 3 * 86_400;
    for (now_s, refused, standing) in [
        (late, rustls::CertificateError::Expired, Standing::Expired { days_ago: 3 }),
        (0, rustls::CertificateError::NotValidYet, Standing::NotYetValid),
    ] {
        let nobody = trust(&ca, &[], now_s);
        let both = trust(&ca, &[&a, &b], now_s);
        let error = refusal((&a, &both), (&b, &nobody));
        assert_eq!(error, rustls::Error::InvalidCertificate(refused));
        let (client, server) = handshake((&a, &both), (&b, &both)).unwrap();
        assert_eq!(peer(&client, now_s).unwrap().standing, standing);
        assert_eq!(peer(&server, now_s).unwrap().standing, standing);
    }
}

#[test]
fn dates_set_aside_leave_the_chain_checked() {
    let (ca, foreign) = (authority(1), authority(9));
    let (a, stranger) = (member(&ca, 2), member(&foreign, 3));
    let late = trust(&ca, &[&a, &stranger], START_S + 2 * YEAR_S);
    let expected = rustls::Error::InvalidCertificate(rustls::CertificateError::BadSignature);
    assert_eq!(refusal((&stranger, &late), (&a, &late)), expected);
    let thief = thief(&a, 4);
    assert_eq!(refusal((&thief, &late), (&a, &late)), expected);
}

#[test]
fn a_renewed_certificate_is_shown_from_the_next_handshake_on() {
    let ca = authority(1);
    let (a, b) = (member(&ca, 2), member(&ca, 3));
    let trust = trust(&ca, &[], START_S);
    let (dialling, listening) =
        (Arc::new(client_config(&a, &trust).unwrap()), Arc::new(server_config(&b, &trust).unwrap()));
    let meet = || {
        let mut client = ClientConnection::new(dialling.clone(), any_server_name()).unwrap();
        let mut server = ServerConnection::new(listening.clone()).unwrap();
        pump(&mut client, &mut server).unwrap();
        let seen = |side: &CommonState| peer(side, START_S).unwrap().standing;
        (seen(&server), seen(&client))
    };
    assert_eq!(meet(), (Standing::Valid { days_left: 365 }, Standing::Valid { days_left: 365 }));
    let longer = Validity { not_before_s: START_S, not_after_s: START_S + 2 * YEAR_S };
    for identity in [&a, &b] {
        identity.renew(vec![ca.renew(&identity.certificate(), longer).unwrap()]).unwrap();
        assert_eq!(identity.clone().certificate().validity(), longer);
    }
    assert_eq!(meet(), (Standing::Valid { days_left: 730 }, Standing::Valid { days_left: 730 }));
    // Another key's certificate is refused, and the chain stays.
    assert_eq!(a.renew(b.chain()), Err(X509Error::OtherKey));
    assert_eq!(a.renew(vec![]), Err(X509Error::Malformed));
    assert_eq!(meet().0, Standing::Valid { days_left: 730 });
}

#[test]
fn authorities_are_replaced_without_new_configurations() {
    let (old, new) = (authority(1), authority(9));
    let (a, b) = (member(&old, 2), member(&new, 3));
    let both = Roots::new(&[old.certificate().clone(), new.certificate().clone()]).unwrap();
    let trust = trust(&old, &[], START_S);
    assert!(handshake((&a, &trust), (&b, &trust)).is_err());
    trust.authorities.replace(both);
    assert!(handshake((&a, &trust), (&b, &trust)).is_ok());
}

#[test]
fn a_lapsed_authority_in_the_middle_parts_nobody() {
    const DAY_S: u64 = 86_400;
    let root = Authority::create_above(Subject { common_name: "root", organisation: "c" }, key(1), VALID, 1).unwrap();
    let short = Validity { not_before_s: START_S, not_after_s: START_S + 10 * DAY_S };
    let name = Subject { common_name: "issuing", organisation: "c" };
    let middle = root.issue_authority(name, &key(5).public(), short, 0).unwrap();
    let issuing = Authority::load(middle.clone(), key(5)).unwrap();
    // Issued when the authority's own certificate had lapsed: there is no moment at which both are valid.
    let later = Validity { not_before_s: START_S + 20 * DAY_S, not_after_s: START_S + 50 * DAY_S };
    let subject = Subject { common_name: "node", organisation: "member" };
    let leaf = issuing.issue(subject, &key(2).public(), later).unwrap();
    let a = Identity::new(vec![leaf, middle], key(2)).unwrap();
    let b = member(&root, 3);
    let now_s = START_S + 30 * DAY_S;
    let nobody = trust(&root, &[], now_s);
    let both = trust(&root, &[&a, &b], now_s);
    assert!(handshake((&a, &both), (&b, &both)).is_ok());
    let error = refusal((&a, &both), (&b, &nobody));
    assert_eq!(error, rustls::Error::InvalidCertificate(rustls::CertificateError::Expired));
}

#[test]
fn peer_key_bytes_have_their_golden_form() {
    let bytes = peer_key_bytes(&key(2).public());
    assert_eq!(&bytes[..6], b"smid1:");
    assert_eq!(hex::encode(&bytes[6..]), "7bde163fb2b7db0b51be547d3273a7a7091dda61328470abf0345a94d10e7044");
    let identity = member(&authority(1), 2);
    assert_eq!(certificate_key(identity.certificate().der()).unwrap(), identity.public());
}

#[test]
fn damaged_handshakes_end_in_errors() {
    let ca = authority(1);
    let (a, b) = (member(&ca, 2), member(&ca, 3));
    let trust = trust(&ca, &[], START_S);
    let (dialling, listening) =
        (Arc::new(client_config(&a, &trust).unwrap()), Arc::new(server_config(&b, &trust).unwrap()));
    // Damages one byte of the client's first flight, of the server's answer, or of the client's last flight.
    let mut completed = 0;
    for step in 0..900 {
        let mut client = ClientConnection::new(dialling.clone(), any_server_name()).unwrap();
        let mut server = ServerConnection::new(listening.clone()).unwrap();
        let (stage, position) = (step % 3, step / 3 * 7);
        let mut failed = false;
        for flight in 0..3 {
            let mut bytes = Vec::new();
            let sent = if flight == 1 { server.write_tls(&mut bytes) } else { client.write_tls(&mut bytes) };
            sent.unwrap();
            if flight == stage {
                let at = position % bytes.len();
                bytes[at] ^= 0x11;
            }
            let mut rest = &bytes[..];
            while !rest.is_empty() && !failed {
                failed = match flight {
                    1 => client.read_tls(&mut rest).is_err() || client.process_new_packets().is_err(),
                    _ => server.read_tls(&mut rest).is_err() || server.process_new_packets().is_err(),
                };
            }
            if failed {
                break;
            }
        }
        completed += usize::from(!failed && !server.is_handshaking());
        assert!(failed || server.is_handshaking() || peer(&server, START_S).unwrap().key == a.public());
    }
    // A record header's legacy version is not authenticated and not looked at (RFC 8446 §5.1); everything else is.
    assert!(completed < 30, "{completed} damaged handshakes completed");
}
