use super::*;
use bencao_chance::Rng;

fn key(text: &str) -> UnitKey {
    parse(text).unwrap().key
}

fn reason(text: &str) -> Reason {
    match parse(text) {
        Err(CodeError::NotATraceCode { reason }) => reason,
        other => panic!("{text}: {other:?}"),
    }
}

/// Domain §1.1.4, row by row.
#[test]
fn the_accept_and_reject_table_of_the_domain_document() {
    let unit = key("83857930000879766660");
    assert_eq!(unit.canonical(), "T20:83857930000879766660");
    assert_eq!(unit.prefix().unwrap(), "8385793");
    assert!(!unit.says_special());
    for same in ["8385793-0000879766660", "8385793 0000879766660", "８３８５７９３００００８７９７６６６６０"]
    {
        assert_eq!(key(same), unit, "{same}");
    }
    assert!(key("89012340000157474123").says_special());
    assert_eq!(reason("8385793000087976666"), Reason::Length { actual: 19 });
    assert_eq!(reason("838579300008797666600"), Reason::Length { actual: 21 });
    assert_eq!(reason("8385793000087976666O"), Reason::Character { position: 19 });
    assert!(parse("91012350000157474123").is_ok());
    let msfx = |text| parse_msfx(text).map(|p| p.key);
    assert_eq!(msfx("91012350000157474123"), Err(CodeError::NotATraceCode { reason: Reason::Scheme }));
    assert_eq!(msfx("83857930000879766660"), Ok(unit));
    assert_eq!(reason("6924561884074"), Reason::RetailBarcode);
    assert_eq!(reason("0106924561884074"), Reason::NoSerial);
    assert_eq!(parse("010692456188407521A1"), Err(CodeError::CheckDigit { expected: '4', actual: '5' }));
    assert_eq!(reason(&format!("010692456188407421{}", "7".repeat(21))), Reason::SerialLength);
    // Without FNC1 the serial is swallowed by the batch; nothing is repaired.
    assert_eq!(reason("010692456188407410L121A1"), Reason::NoSerial);
    let attributes = gs1::parse_elements("010692456188407410L121A1\u{1d}21S").unwrap().1;
    assert_eq!(attributes.batch.as_deref(), Some("L121A1"));
}

/// Domain §1.1.2, the worked example.
#[test]
fn a_gs1_element_string_gives_identity_and_attributes() {
    let text = "]d2010692456188407421A1B2C3D4\u{1d}1727100010L2510A";
    for raw in [text.to_owned(), text.replace("]d2", "\u{1d}"), text.replace("]d2", "]C1"), text.replace("]d2", "")] {
        let parsed = parse(&raw).unwrap();
        assert_eq!(parsed.key.canonical(), "GS1:06924561884074:A1B2C3D4");
        assert_eq!(parsed.key.prefix().unwrap(), "06924561884074");
        assert_eq!(parsed.attributes.batch.as_deref(), Some("L2510A"));
        let today = bencao_genesis::CalendarDate::parse("2026-11-23").unwrap();
        assert_eq!(parsed.attributes.expiry.unwrap().resolve(today).unwrap().to_string(), "2027-10-31");
    }
}

#[test]
fn two_digit_years_lie_within_fifty_years_of_block_time() {
    let resolve = |today: &str, yymmdd: &str| {
        let parsed = parse(&format!("]d20106924561884074{}11{yymmdd}", "21A\u{1d}")).unwrap();
        let today = bencao_genesis::CalendarDate::parse(today).unwrap();
        parsed.attributes.made.unwrap().resolve(today).map(|d| d.to_string())
    };
    assert_eq!(resolve("2026-11-23", "760101").unwrap(), "2076-01-01");
    assert_eq!(resolve("2026-11-23", "770101").unwrap(), "1977-01-01");
    assert_eq!(resolve("2060-01-01", "100101").unwrap(), "2110-01-01");
    assert_eq!(resolve("2060-01-01", "111231").unwrap(), "2011-12-31");
    assert_eq!(resolve("2026-11-23", "260230"), None);
}

#[test]
fn element_strings_are_refused_for_the_right_reason() {
    let cases = [
        ("]d2", Reason::NoProduct),
        ("]d2990106924561884074", Reason::UnknownIdentifier),
        ("]d201069245618840742", Reason::UnknownIdentifier),
        ("]d20106924561884074", Reason::NoSerial),
        ("]d20106924561884074210\u{1d}21B", Reason::RepeatedIdentifier),
        ("]d2010692456188407421\u{1d}", Reason::SerialLength),
        ("]d2010692456188407421A B", Reason::Character { position: 1 }),
        ("]d2010692456188407421A\u{1d}17271300", Reason::Date),
        ("]d2010692456188407421A\u{1d}1727", Reason::Truncated),
        ("]d20106924561A84074", Reason::Character { position: 8 }),
        ("]d2010692456188407410\u{1d}21A", Reason::ValueLength),
        ("(01)06924561884074(21)A1", Reason::Character { position: 0 }),
        ("", Reason::Empty),
        (" -　", Reason::Empty),
        ("8385793000087976666é", Reason::Character { position: 19 }),
    ];
    for (text, expected) in cases {
        assert_eq!(reason(text), expected, "{text:?}");
    }
    assert_eq!(reason(&"8".repeat(513)), Reason::TooLong);
    assert!(parse_bytes(&[0xff, 0xfe]).is_err());
}

#[test]
fn logistic_units_need_their_symbology_identifier() {
    let sscc = key("]C100069012345000000011");
    assert_eq!(sscc.canonical(), "SSCC:069012345000000011");
    assert_eq!(key("SSCC:069012345000000011"), sscc);
    assert_eq!(parse("]C100069012345000000012"), Err(CodeError::CheckDigit { expected: '1', actual: '2' }));
    // Twenty digits are a 20-digit code, always.
    assert_eq!(key("00069012345000000011").canonical(), "T20:00069012345000000011");
}

#[test]
fn every_key_reads_back_from_its_text_its_canonical_form_and_its_bytes() {
    let texts = [
        "83857930000879766660",
        "]d2010692456188407421A1B2C3D4",
        "]d20106924561884074219\"%/:_",
        "]d201069245618840742112",
        "]d2010692456188407421a-B.9",
        "]C100069012345000000011",
    ];
    for text in texts {
        let unit = key(text);
        assert_eq!(key(&unit.to_string()), unit, "{unit}");
        assert_eq!(UnitKey::parse_canonical(&unit.canonical()), Some(unit));
        let bytes = bencao_crypto::encode(&unit);
        assert_eq!(bencao_crypto::decode::<UnitKey>(&bytes, 64).unwrap(), unit);
        assert_eq!(serde_json::from_str::<UnitKey>(&serde_json::to_string(&unit).unwrap()).unwrap(), unit);
    }
    assert_eq!(bencao_crypto::encode(&key("83857930000879766660")), hex::decode("0083857930000879766660").unwrap());
    let gs1 = bencao_crypto::encode(&key("]d2010692456188407421A1"));
    assert_eq!(hex::encode(gs1), "010692456188407402".to_owned() + "4131");
}

#[test]
fn malformed_keys_do_not_decode() {
    let refused = |hex_text: &str| bencao_crypto::decode::<UnitKey>(&hex::decode(hex_text).unwrap(), 64).is_err();
    assert!(refused("008385793000087976666a"), "half byte above nine");
    assert!(refused("0106924561884075024131"), "check digit");
    assert!(refused("010692456188407400"), "empty serial");
    assert!(refused(&("010692456188407415".to_owned() + &"41".repeat(21))), "long serial");
    assert!(refused("0106924561884074022041"), "space in serial");
    assert!(refused("02069012345000000012"), "check digit of a logistic unit");
    assert!(refused("03"), "unknown scheme");
}

/// Domain §1.2.
#[test]
fn check_digits_follow_mod_10() {
    for valid in ["86904879000126", "6924561884074", "06924561884074", "16924561884071", "26924561884078"] {
        assert!(mod10_is_valid(valid.as_bytes()), "{valid}");
    }
    assert!(mod10_is_valid(b"069012345000000011"));
    for wrong in ["86904879000125", "86904879000162", "", "8690487900012x"] {
        assert!(!mod10_is_valid(wrong.as_bytes()), "{wrong}");
    }
    assert!(standard_code_is_valid("86904879000126"));
    assert!(!standard_code_is_valid("06924561884074"));
}

#[test]
fn approval_numbers_have_one_form() {
    for ok in ["国药准字Z45021428", "国药准字H20200001", "国药准字HC20200001", "国药准字SJ20210002"] {
        assert!(approval_number_is_well_formed(ok), "{ok}");
    }
    for bad in
        ["Z45021428", "国药准字Z4502142", "国药准字ZZ20200001", "国药准字BC20200001", "国药准字A20200001", "国药准字"]
    {
        assert!(!approval_number_is_well_formed(bad), "{bad}");
    }
}

/// The parser is total: seeded texts of code-like and arbitrary characters, none of which may panic; what parses reads
/// back.
#[test]
fn no_text_breaks_the_parser() {
    let alphabet: Vec<char> = "0123456789012345678901210017AZaz-\u{1d}%()]Cd２３　 éO國".chars().collect();
    let mut rng = Rng(1);
    let prefixes = [
        "",
        "]d2",
        "]C1",
        "\u{1d}",
        "0106924561884074",
        "]d2010692456188407421",
        "]d20106924561884074",
        "T20:",
        "GS1:",
        "8385793",
    ];
    let mut parsed = 0;
    for _ in 0..60_000 {
        let mut text = rng.pick(&prefixes).to_owned();
        for _ in 0..rng.below(30) {
            text.push(rng.pick(&alphabet));
        }
        if let Ok(found) = parse(&text) {
            parsed += 1;
            assert_eq!(key(&found.key.to_string()), found.key, "{text:?}");
        }
        let length = rng.below(40);
        let _ = parse_bytes(&rng.bytes(length));
    }
    assert!(parsed > 100, "the generator hits well-formed codes too: {parsed}");
}
