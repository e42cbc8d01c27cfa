use super::*;
use bencao_chance::Rng;
use std::convert::Infallible;
use std::fmt::Write as _;

fn items(xml: &str) -> Result<Vec<Item>, ImportError> {
    let mut reader = RelationReader::new("r.xml", xml.as_bytes())?;
    let mut items = Vec::new();
    while let Some(item) = reader.next_item()? {
        items.push(item);
    }
    Ok(items)
}

fn document(codes: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Document License=\"x\">\n<Relation productCode=\"X\" subTypeNo=\"1\" \
         cascade=\"1:10\" packageSpec=\"10盒\" comment=\"\">\n<Batch batchNo=\"B1\" madeDate=\"2026-10-24\" \
         validateDate=\"20271023\" workshop=\"一\">\n{codes}</Batch>\n</Relation>\n</Document>\n"
    )
}

fn line(code: &str, level: u8, parent: &str) -> String {
    format!("<Code curCode=\"{code}\" packLayer=\"{level}\" parentCode=\"{parent}\" flag=\"0\"/>\n")
}

/// A 20-digit code.
fn digits(n: usize) -> String {
    format!("8100001{n:013}")
}

/// `cases` cases of `size`, the small packages before their case, as many production lines write them.
fn children_first(cases: usize, size: usize) -> String {
    let mut text = String::new();
    for case in 0..cases {
        for unit in 0..size {
            text += &line(&digits(100_000 * case + unit), 1, &digits(1_000_000_000 + case));
        }
        text += &line(&digits(1_000_000_000 + case), 2, "");
    }
    document(&text)
}

#[test]
fn a_document_is_read_element_by_element() {
    let xml =
        document(&(line("81000030000000000001", 2, "0") + &line("81000010000000000001", 1, "81000030000000000001")));
    let read = items(&xml).unwrap();
    let header = BatchHeader {
        line: 4,
        product_id: "X".into(),
        batch_no: "B1".into(),
        made_on: CalendarDate::parse("2026-10-24").unwrap(),
        expires_on: CalendarDate::parse("2027-10-23").unwrap(),
        workshop: "一".into(),
        line_name: String::new(),
    };
    let unit = |line, code: &str, level, parent: Option<&str>| {
        Item::Code(CodeLine { line, code: code.into(), level, parent: parent.map(str::to_owned), remainder: false })
    };
    let expected = [
        Item::Batch(header),
        unit(5, "81000030000000000001", 2, None),
        unit(6, "81000010000000000001", 1, Some("81000030000000000001")),
    ];
    assert_eq!(read, expected);
    let declared = xml.replace("UTF-8", "GB18030");
    let (gb, _, _) = encoding_rs::GB18030.encode(&declared);
    let mut reader = RelationReader::new("r.xml", gb.as_ref()).unwrap();
    assert!(matches!(reader.next_item().unwrap(), Some(Item::Batch(_))));
}

#[test]
fn errors_name_line_and_attribute() {
    let refused = |codes: &str| {
        let error = items(&document(codes)).unwrap_err();
        (error.line, error.field, error.problem)
    };
    let field = |name: &str| Some(name.to_string());
    assert_eq!(refused("<Code packLayer=\"1\"/>"), (Some(5), field("curCode"), Problem::Missing));
    assert_eq!(refused(&line("8.38579E+19", 1, "")), (Some(5), field("curCode"), Problem::CodeSavedAsNumber));
    assert!(matches!(
        refused(&line(&digits(1), 7, "")),
        (Some(5), Some(_), Problem::Value { expected: Expected::Level, .. })
    ));
    assert_eq!(refused("<Kode/>"), (Some(5), None, Problem::Unknown("Kode".into())));
    assert_eq!(refused("text"), (Some(5), None, Problem::Unknown("text".into())));
    let dates = document("").replace("20271023", "23.10.2027");
    assert_eq!(items(&dates).unwrap_err().field, field("validateDate"));
    let cut = document("");
    assert!(matches!(items(&cut[..cut.len() - 20]).unwrap_err().problem, Problem::Malformed(_)));
    assert!(matches!(items("").unwrap_err().problem, Problem::Malformed(_)));
    assert!(matches!(items(&(document("") + "<Document/>")).unwrap_err().problem, Problem::Unknown(_)));
}

#[test]
fn entities_and_endless_elements_are_refused() {
    let declared = "<!DOCTYPE d [<!ENTITY a \"aaaa\">]>\n<Document/>";
    assert_eq!(items(declared).unwrap_err().problem, Problem::Entities);
    assert_eq!(items(&document("&a;")).unwrap_err().problem, Problem::Entities);
    assert_eq!(items(&document("<Code curCode=\"&a;\" packLayer=\"1\"/>")).unwrap_err().problem, Problem::Entities);
    let long = document(&line(&"1".repeat(300), 1, ""));
    assert!(matches!(items(&long).unwrap_err().problem, Problem::TooMany(_)));
    struct Endless(bool);
    impl Read for Endless {
        fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
            out.fill(b'a');
            if !std::mem::replace(&mut self.0, true) {
                out[0] = b'<';
            }
            Ok(out.len())
        }
    }
    let error = RelationReader::new("r.xml", Endless(false)).unwrap().next_item().unwrap_err();
    assert_eq!(error.problem, Problem::TooLarge(ELEMENT_BYTES_MAX as u64));
}

fn split(xml: &str, codes_max: usize) -> Vec<CommissionBill> {
    let commission = Commission::scan("r.xml", xml.as_bytes()).unwrap();
    let mut bills = Vec::new();
    let result: Result<(), SplitError<Infallible>> = commission.split(
        codes_max,
        || Ok(xml.as_bytes()),
        |bill| {
            bills.push(bill);
            Ok(())
        },
    );
    result.unwrap();
    assert_eq!(bills.len() as u64, commission.bills_count(codes_max));
    bills
}

#[test]
fn bills_are_bounded_complete_and_put_parents_first() {
    let xml = children_first(30, 20);
    for codes_max in [1, 7, 50, 600, 629, 630, 10_000] {
        let bills = split(&xml, codes_max);
        assert_eq!(bills, split(&xml, codes_max), "the same cut every time");
        let mut seen = std::collections::BTreeSet::new();
        for (i, bill) in bills.iter().enumerate() {
            assert_eq!((bill.number as usize, bill.declared_units), (i + 1, 600));
            assert!(bill.units.len() <= codes_max);
            for unit in &bill.units {
                assert!(unit.parent.as_ref().is_none_or(|p| seen.contains(p)), "a parent comes first");
                assert!(seen.insert(unit.code.clone()));
            }
        }
        assert_eq!(seen.len(), 630);
    }
    assert_eq!(split(&xml, 630).len(), 1);
}

#[test]
fn small_batches_take_one_bill_each_and_large_ones_several() {
    let small = children_first(1, 3);
    let batch = |xml: &str, no: &str| {
        let start = xml.find("<Batch").unwrap();
        // Codes of its own.
        let prefix = format!("81000{:02}", no.bytes().map(usize::from).sum::<usize>() % 100);
        xml[start..xml.find("</Batch>").unwrap() + 8].replace("B1", no).replace("8100001", &prefix)
    };
    let large = children_first(3, 4);
    let xml = format!(
        "<Document><Relation productCode=\"X\">{}{}{}</Relation></Document>",
        batch(&small, "S1"),
        batch(&large, "L1"),
        batch(&small, "S2")
    );
    let bills = split(&xml, 5);
    let summary: Vec<_> = bills.iter().map(|b| (b.batch.batch_no.as_str(), b.units[0].level, b.units.len())).collect();
    assert_eq!(summary, [("S1", 2, 4), ("S2", 2, 4), ("L1", 2, 3), ("L1", 1, 5), ("L1", 1, 5), ("L1", 1, 2)]);
}

#[test]
fn mistakes_of_the_file_are_found() {
    let scan = |xml: &str| Commission::scan("r.xml", xml.as_bytes());
    assert_eq!(scan(&document("")).unwrap_err().first().problem, Problem::Empty);
    assert_eq!(scan("<Document/>").unwrap_err().first().problem, Problem::Empty);
    let field = |xml: &str| scan(xml).unwrap_err().first().field.clone().unwrap_or_default();
    let (one, two) = (digits(1), digits(2));
    assert_eq!(field(&document(&line(&one, 1, &one))), "parentCode");
    assert_eq!(field(&document(&line(&one, 5, &two))), "parentCode", "nothing is outside the outermost level");
    let twice = scan(&document(&(line(&one, 1, "") + &line(&one, 1, "")))).unwrap_err();
    assert_eq!(twice.first().problem, Problem::Repeated(one.clone()));
    assert_eq!(field(&document(&(line(&two, 1, "") + &line(&one, 1, &two)))), "parentCode");
    assert!(scan(&document(&line(&one, 1, &two))).is_ok(), "a parent may have been activated before");
    let (first, second) = (document(&line(&one, 1, "")), document(&line(&one, 1, "")).replace("B1", "B2"));
    let changed = scan(&first).unwrap().split(9, || Ok(second.as_bytes()), |_| Ok::<(), Infallible>(()));
    assert!(matches!(changed, Err(SplitError::Import(_))));
    // A bill is checked by itself too: of a file of any size nobody remembers every code.
    let second = document(&(line(&one, 1, "") + &line(&one, 1, "")));
    let changed = scan(&first).unwrap().split(9, || Ok(second.as_bytes()), |_| Ok::<(), Infallible>(()));
    assert!(matches!(changed, Err(SplitError::Import(e)) if e.problem == Problem::Repeated(one)));
}

/// Twenty mistakes in one file, no two alike: all are named in one run, with line, attribute and what would be right.
#[test]
fn twenty_mistakes_of_one_file_are_reported_in_one_run() {
    let text = include_str!("../../testdata/twenty-mistakes.xml");
    let errors = Commission::scan("twenty-mistakes.xml", text.as_bytes()).unwrap_err();
    let expected: [(u64, &str, &str); 20] = [
        (4, "productCode", "the identifier of a product"),
        (5, "batchNo", "required and missing"),
        (5, "madeDate", "a date such as 2026-11-23"),
        (9, "validateDate", "after the date of production"),
        (10, "curCode", "required and missing"),
        (11, "curCode", "saved as a number"),
        (12, "curCode", "is not a trace code"),
        (13, "curCode", "is not a trace code"),
        (14, "packLayer", "a package level 1 to 5"),
        (15, "packLayer", "required and missing"),
        (16, "parentCode", "is not a trace code"),
        (17, "parentCode", "the code of a package on a higher level"),
        (18, "flag", "0, or 1 for an incomplete package"),
        (19, "", "unknown field “Kode”"),
        (20, "curCode", "“81000010000000000020” given twice"),
        (21, "parentCode", "the code of a package on a higher level"),
        (22, "curCode", "more than 200"),
        (25, "", "unknown field “text”"),
        (27, "batchNo", "“B1” given twice"),
        (30, "productCode", "required and missing"),
    ];
    let shown: Vec<String> = errors.errors.iter().map(ToString::to_string).collect();
    assert_eq!(shown.len(), expected.len(), "{}", shown.join("\n"));
    for (error, (line, field, right)) in errors.errors.iter().zip(expected) {
        assert_eq!((error.line, error.field.as_deref().unwrap_or("")), (Some(line), field), "{error}");
        assert!(error.to_string().contains(right), "{error}");
        assert!(error.to_string().starts_with(&format!("twenty-mistakes.xml:{line}:")), "{error}");
        assert!(!error.message_zh().is_ascii(), "in both languages");
    }
    assert_eq!(errors.more, 0);
}

#[test]
fn what_ends_the_reading_is_told_after_what_was_found_before() {
    let xml = document(&(line(&digits(1), 9, "") + "<Kode><Sub>x</Sub></Kode>\n" + &line(&digits(2), 1, "")));
    let cut = &xml[..xml.len() - 20];
    let errors = Commission::scan("r.xml", cut.as_bytes()).unwrap_err();
    let lines: Vec<Option<u64>> = errors.errors.iter().map(|e| e.line).collect();
    assert_eq!(lines, [Some(5), Some(6), Some(9)]);
    assert!(matches!(errors.errors[2].problem, Problem::Malformed(_)));
    let many: String = (0..3_000).map(|n| line(&digits(n), 9, "")).collect();
    let errors = Commission::scan("r.xml", document(&many).as_bytes()).unwrap_err();
    assert_eq!(errors.errors.len(), crate::documents::MISTAKES_SHOWN_MAX);
    assert_eq!(errors.errors.len() as u64 + errors.more, 3_000, "bounded, and counted");
}

#[test]
fn damaged_files_never_panic() {
    let seed = children_first(2, 3).into_bytes();
    let mut rng = Rng(1);
    let mut refusals = String::new();
    for _ in 0..4_000 {
        let mut bytes = rng.changed(&seed, 2);
        // Signs of XML come in as well as any other change.
        for _ in 0..rng.below(3) {
            bytes.insert(rng.below(bytes.len()), rng.pick(b"<>&\"'/![]"));
        }
        match Commission::scan("r.xml", bytes.as_slice()) {
            Err(error) => writeln!(refusals, "{error}").unwrap(),
            Ok(commission) => {
                let _ = commission.split(2, || Ok(bytes.as_slice()), |_| Ok::<(), Infallible>(()));
            }
        }
    }
    assert!(refusals.lines().count() > 1_000);
}
