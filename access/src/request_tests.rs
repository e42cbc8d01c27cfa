use super::*;

fn key() -> SigningKey {
    SigningKey::from_bytes(&[7; 32]).unwrap()
}

fn get() -> Request<'static> {
    Request {
        method: "GET",
        authority: "127.0.0.1:26657",
        path: "/v1/codes/83857930000000000011",
        query: None,
        content_digest: None,
        purpose: Some("case%202026-17"),
        mandate: None,
    }
}

fn check(request: &Request<'_>, signed: &Signed) -> Result<(), SignatureError> {
    Parameters::parse(&signed.input)?.verify(request, &signed.signature, &key().public())
}

const BASE: &str = "\"@method\": GET\n\"@authority\": 127.0.0.1:26657\n\"@path\": /v1/codes/83857930000000000011\n\
                    \"@query\": ?\n\"bencao-purpose\": case%202026-17\n\"@signature-params\": ";

#[test]
fn the_signature_base_is_that_of_the_standard() {
    let signed = sign(&get(), &key(), 1_795_449_600, 60, &[0xab; 16]);
    let id = key().public().id();
    let text = format!(
        "(\"@method\" \"@authority\" \"@path\" \"@query\" \"bencao-purpose\");created=1795449600;expires=1795449660;\
         nonce=\"abababababababababababababababab\";keyid=\"{id}\";alg=\"sm2-sm3\""
    );
    assert_eq!(signed.input, format!("bencao={text}"));
    let parameters = Parameters::parse(&signed.input).unwrap();
    assert_eq!((parameters.created, parameters.expires, parameters.key), (1_795_449_600, 1_795_449_660, id));
    assert_eq!(parameters.base(&get()).unwrap(), format!("{BASE}{text}").into_bytes());
    assert_eq!(check(&get(), &signed), Ok(()));
}

#[test]
fn another_order_of_components_is_as_good() {
    let text = "(\"@query\" \"@path\" \"bencao-purpose\" \"@method\" \"@authority\");alg=\"sm2-sm3\";created=5;expires=9;\
                nonce=\"0123456789abcdef\"";
    let input = format!("bencao={text};keyid=\"{}\"", key().public().id());
    let parameters = Parameters::parse(&input).unwrap();
    let signature = fields::show_signature(&key().sign(&parameters.base(&get()).unwrap()));
    assert_eq!(parameters.verify(&get(), &signature, &key().public()), Ok(()));
}

#[test]
fn whatever_of_the_request_changes_the_signature_is_void() {
    let request =
        Request { query: Some("wait=30s"), content_digest: Some("sm3=:AA==:"), mandate: Some("a b"), ..get() };
    let signed = sign(&request, &key(), 1, 60, &[1; 16]);
    assert_eq!(check(&request, &signed), Ok(()));
    let changed = [
        Request { method: "POST", ..request },
        Request { authority: "127.0.0.1:26658", ..request },
        Request { path: "/v1/codes/83857930000000000012", ..request },
        Request { query: Some("wait=31s"), ..request },
        Request { content_digest: Some("sm3=:AB==:"), ..request },
        Request { purpose: Some("else"), ..request },
        Request { mandate: Some("a c"), ..request },
    ];
    for other in changed {
        assert_eq!(check(&other, &signed), Err(SignatureError::Signature), "{other:?}");
    }
    for (other, left_out) in [
        (Request { content_digest: None, ..request }, CONTENT_DIGEST),
        (Request { purpose: None, ..request }, PURPOSE),
        (Request { mandate: None, ..request }, MANDATE),
    ] {
        assert_eq!(check(&other, &signed), Err(SignatureError::Coverage(left_out)));
        // The other way round: the request has what its signature does not name.
        let bare = sign(&other, &key(), 1, 60, &[1; 16]);
        assert_eq!(check(&request, &bare), Err(SignatureError::Coverage(left_out)));
    }
    let stranger = SigningKey::from_bytes(&[8; 32]).unwrap();
    let parameters = Parameters::parse(&signed.input).unwrap();
    assert_eq!(parameters.verify(&request, &signed.signature, &stranger.public()), Err(SignatureError::Signature));
    let mut forged = signed.clone();
    forged.input = forged.input.replace("expires=61", "expires=62");
    assert_eq!(check(&request, &forged), Err(SignatureError::Signature));
}

#[test]
fn a_signature_is_for_its_time_only() {
    let at = |created: u64, expires: u64| {
        let input = sign(&get(), &key(), created, expires.saturating_sub(created), &[1; 16]).input;
        Parameters::parse(&input.replace(&format!("expires={}", created.max(expires)), &format!("expires={expires}")))
    };
    let check = |created, expires, now| at(created, expires).unwrap().check_time(now, 500).is_ok();
    assert!(check(1_000, 1_060, 1_000) && check(1_000, 1_060, 1_090) && check(1_000, 1_060, 970));
    assert!(!check(1_000, 1_060, 1_091), "over");
    assert!(!check(1_000, 1_060, 969), "not begun");
    assert!(!check(1_000, 1_301, 1_000), "for too long");
    assert!(check(1_000, 1_300, 1_000));
    assert!(!check(1_000, 999, 1_000), "ends before it begins");
    assert!(check(500, 560, 520) && !check(499, 560, 520), "older than the node");
    assert_eq!(at(1_000, 1_060).unwrap().over_s(), 1_091);
    assert!(at(1_000, 1_060).unwrap().check_time(u64::MAX - CLOCK_TOLERANCE_S, 0).is_err());
}

/// The parsers are total: every prefix, every changed byte, and what a sloppy writer would send.
#[test]
fn hostile_fields_are_refused_without_harm() {
    let signed = sign(&get(), &key(), 1_795_449_600, 60, &[0xab; 16]);
    for cut in 0..signed.input.len() {
        assert_eq!(Parameters::parse(&signed.input[..cut]), Err(SignatureError::Form), "{cut}");
    }
    for cut in 0..signed.signature.len() {
        assert_eq!(fields::parse_signature(&signed.signature[..cut]), Err(SignatureError::Form), "{cut}");
    }
    for at in 0..signed.input.len() {
        for byte in [b' ', b'"', b'(', b';', b'=', b'\\', b'0', b'z', 0x7f, 0x00] {
            let mut bytes = signed.input.clone().into_bytes();
            if std::mem::replace(&mut bytes[at], byte) == byte {
                continue;
            }
            let text = String::from_utf8(bytes).unwrap();
            let verdict = Parameters::parse(&text).and_then(|p| p.verify(&get(), &signed.signature, &key().public()));
            assert!(verdict.is_err(), "{text}");
        }
    }
    let good = &signed.input;
    let bad = [
        String::new(),
        "bencao".into(),
        "bencao=".into(),
        good.replacen("bencao", "other", 1),
        format!("{good}, other=()"),
        format!(" {good}"),
        format!("{good};created=1795449600"),
        format!("{good};tag=\"x\""),
        good.replace("sm2-sm3", "ed25519"),
        good.replace("created=1795449600", "created=-1"),
        good.replace("created=1795449600", "created=01795449600"),
        good.replace("created=1795449600", "created=99999999999999999999"),
        good.replace("created=1795449600", "created="),
        good.replace("\"@method\" ", "\"@method\" \"@method\" "),
        good.replace("\"@method\" ", ""),
        good.replace("\"@method\"", "\"@status\""),
        good.replace("nonce=\"abab", "nonce=\"ab+b"),
        good.replace("abababababababababababababababab", "short"),
        good.replace("abababababababababababababababab", &"a".repeat(65)),
        good.replace(&key().public().id().to_string(), &key().public().id().to_string().to_uppercase()),
        format!("bencao=({}", "\"@method\" ".repeat(100_000)),
        "bencao=()".into(),
    ];
    for text in bad {
        let verdict = Parameters::parse(&text).and_then(|p| p.verify(&get(), &signed.signature, &key().public()));
        assert!(verdict.is_err(), "{text}");
    }
    for text in ["sm3=::", "sm3=:AAAA:", "sha-256=:AAAA:", "sm3=:", "sm3", &format!("sm3=:{}:", "A".repeat(5_000))] {
        assert_eq!(parse_content_digest(text), Err(SignatureError::Form), "{text}");
    }
    let digest = content_digest(b"body");
    assert_eq!(parse_content_digest(&digest), Ok(sm3(b"body")));
    assert_eq!(parse_content_digest(&format!("{digest},{digest}")), Err(SignatureError::Form));
}

#[test]
fn texts_travel_percent_encoded() {
    for text in ["案件 2026-17", "a b%c", "~", ""] {
        assert_eq!(unescape(&escape(text)).as_deref(), Some(text));
    }
    assert_eq!(unescape("plain text"), Some("plain text".into()));
    for bad in ["%", "%2", "%zz", "é", "a\nb", "%ff"] {
        assert_eq!(unescape(bad), None, "{bad}");
    }
    assert_eq!(parse_purpose(&escape(" 案件 ")), Ok("案件".into()));
    for bad in ["", "%20", "%0A", "a%00b", &"x".repeat(PURPOSE_CHARS_MAX + 1)] {
        assert_eq!(parse_purpose(bad), Err(SignatureError::Form), "{bad}");
    }
}
