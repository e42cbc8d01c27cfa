use super::*;
use bencao_chance::Rng;

const PHARMACY: &str = "91350100M000100Y43";

/// The first mistake of a file.
fn read(name: &str, bytes: Vec<u8>) -> Result<Documents, ImportError> {
    parse(name, bytes).map_err(|errors| errors.first().clone())
}

fn csv(text: &str) -> Result<Documents, ImportError> {
    read("bill.csv", text.as_bytes().to_vec())
}

fn sample(codes: &[&str]) -> String {
    let head = "单据编号,单据类型,单据时间,收货企业,追溯码\r\n";
    let rows = codes.iter().enumerate().map(|(i, code)| match i {
        0 => format!("S-1,销售出库,2026/11/23,{PHARMACY},{code}\r\n"),
        _ => format!("S-1,,,,{code}\r\n"),
    });
    std::iter::once(head.to_string()).chain(rows).collect()
}

#[test]
fn a_csv_of_either_language_encoding_and_separator_is_one_document() {
    let chinese = sample(&["83857930000879766660", "83857930000879766661"]);
    let expected = csv(&chinese).unwrap();
    assert_eq!(expected.movements.len(), 1);
    let bill = &expected.movements[0];
    assert_eq!((bill.bill_code.as_str(), bill.bill_type, bill.line), ("S-1", 201, 2));
    assert_eq!(bill.bill_time.unwrap().to_string(), "2026-11-23");
    assert_eq!(bill.to_user_id.as_ref().unwrap().as_str(), PHARMACY);
    assert_eq!(bill.trace_codes[1], MovementCode { line: 3, code: "83857930000879766661".into(), quantity: None });
    let english = chinese
        .replace("单据编号,单据类型,单据时间,收货企业,追溯码", "bill_code,bill_type,bill_time,to_user_id,trace_code");
    let (gb, _, _) = encoding_rs::GB18030.encode(&chinese);
    for bytes in [
        english.clone().into_bytes(),
        format!("\u{feff}{chinese}").into_bytes(),
        gb.into_owned(),
        chinese.replace("\r\n", "\n").into_bytes(),
        chinese.replace(',', ";").into_bytes(),
        chinese.replace(',', "\t").into_bytes(),
        english.replace("销售出库", "201").into_bytes(),
    ] {
        assert_eq!(read("bill.csv", bytes).unwrap(), expected);
    }
}

#[test]
fn json_gives_the_same_document() {
    let text = format!(
        r#"[{{"bill_code": "S-1", "bill_type": 201, "bill_time": "20261123", "to_user_id": "{PHARMACY}", "warehouse_id": "x",
             "trace_codes": ["83857930000879766660", "83857930000879766661"]}}]"#
    );
    let list = read("b.json", text.clone().into_bytes()).unwrap();
    assert_eq!(list.off_ledger, ["warehouse_id"]);
    let mut expected = csv(&sample(&["83857930000879766660", "83857930000879766661"])).unwrap().movements;
    expected[0].line = 1;
    expected[0].trace_codes.iter_mut().for_each(|c| c.line = 2);
    assert_eq!(list.movements, expected);
    let one = text.trim_start_matches('[').trim_end_matches(']').to_string();
    assert_eq!(read("b.json", one.into_bytes()).unwrap().movements, expected);
}

#[test]
fn errors_name_file_line_field_and_what_would_be_right() {
    let error = csv(&sample(&["83857930000879766660", "8.38579E+19"])).unwrap_err();
    assert_eq!(
        (error.file.as_str(), error.line, error.field.as_deref(), &error.problem),
        ("bill.csv", Some(3), Some("trace_code"), &Problem::CodeSavedAsNumber)
    );
    assert_eq!(
        error.message_zh(),
        "bill.csv:3: trace_code: 追溯码被 Excel 按数字保存，末几位已丢失，请将该列设为文本后重新导出"
    );
    let refused = |text: &str| csv(text).unwrap_err().problem;
    assert_eq!(refused("单据编号,单据类型,追溯妈\n"), Problem::Unknown("追溯妈".into()));
    assert_eq!(refused("单据编号,bill_code,单据类型,追溯码\n"), Problem::Repeated("bill_code".into()));
    assert_eq!(refused("单据编号,单据类型\n"), Problem::Missing);
    assert_eq!(refused(""), Problem::Empty);
    assert_eq!(refused("单据编号,单据类型,追溯码\n\n"), Problem::Empty);
    let row = |row: &str| refused(&format!("单据编号,单据类型,单据时间,收货企业,追溯码\n{row}\n"));
    assert!(matches!(row("S,999,,,1"), Problem::Value { expected: Expected::BillType, .. }));
    assert!(matches!(row("S,201,23.11.2026,,1"), Problem::Value { expected: Expected::Date, .. }));
    assert!(matches!(row("S,201,,91350100M000100Y44,1"), Problem::Value { expected: Expected::Organisation, .. }));
    assert_eq!(row(",201,,,1"), Problem::Missing);
    assert_eq!(row("S,,,,1"), Problem::Missing);
    assert_eq!(row("S,201,,,"), Problem::Missing);
    assert!(matches!(row("S,201,,,1\nS,102,,,2"), Problem::Differs { .. }));
    assert_eq!(row("S,201,,,1\nT,201,,,1\nS,201,,,2"), Problem::Repeated("S".into()));
    assert_eq!(read("bill.xls", vec![]).unwrap_err().problem, Problem::Format);
}

#[test]
fn what_a_document_says_of_its_products_is_compared_with_its_codes() {
    let with = |list: &str| {
        let codes = r#"["83857930000879766660", "83857930000879766661"]"#;
        let head = r#"{"bill_code": "S-1", "bill_type": 201, "to_user_id": "91350100M000100Y43","#;
        read("b.json", format!("{head}\n\"drug_list\": {list},\n\"trace_codes\": {codes}}}").into_bytes())
    };
    let entry = |count: &str| format!(r#"{{"physicInfo": "感冒颗粒", "codeCount": {count}, "produceBatchNo": "B1"}}"#);
    for right in [format!("[{}]", entry("2")), format!("[{}, {}]", entry("1"), entry("\"1\""))] {
        assert_eq!(with(&right).unwrap().off_ledger, ["drug_list"], "{right}");
    }
    // What counts nothing says nothing.
    for silent in ["null", "\"\"", "{}", "[{\"physicInfo\": \"x\"}]", "[1]", "[[2]]", "7"] {
        assert!(with(silent).is_ok(), "{silent}");
    }
    let wrong = with(&format!("[{}, {}]", entry("2"), entry("1"))).unwrap_err();
    let problem = Problem::Value { expected: Expected::DrugListCount, actual: "3".into() };
    assert_eq!((wrong.line, wrong.field.as_deref(), wrong.problem), (Some(2), Some("drug_list"), problem));
}

#[test]
fn json_errors_have_lines() {
    let refused = |text: &str| read("b.json", text.as_bytes().to_vec()).unwrap_err();
    let error = refused("{\"bill_code\": \"S\",\n\"bill_type\": 201,\n\"trace_codes\": [83857930000879766660]}");
    assert_eq!((error.line, &error.problem), (Some(3), &Problem::CodeSavedAsNumber));
    let errors = parse("b.json", b"{\"bill_code\": \"S\",\n\"bil_type\": 201}".to_vec()).unwrap_err();
    let found: Vec<_> = errors.errors.iter().map(|e| (e.line.unwrap(), e.field.as_deref().unwrap())).collect();
    assert_eq!(found, [(1, "bill_type"), (1, "trace_codes"), (2, "bil_type")]);
    assert_eq!(refused("{\"bill_code\": \"S\", \"bill_type\": 201}").problem, Problem::Missing);
    assert_eq!(refused("[]").problem, Problem::Empty);
    assert!(matches!(refused("[").problem, Problem::Malformed(_)));
    assert!(matches!(refused(&"[".repeat(10_000)).problem, Problem::Malformed(_)));
    assert!(matches!(refused("{} {}").problem, Problem::Missing | Problem::Malformed(_)));
}

/// A minimal workbook: one sheet of the given `sheetData`.
fn workbook(sheet_data: &str) -> Vec<u8> {
    use std::io::Write;
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default();
    for (name, text) in [
        ("[Content_Types].xml", r#"<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>"#.to_string()),
        ("_rels/.rels", r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>"#.into()),
        ("xl/workbook.xml", r#"<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="单据" sheetId="1" r:id="rId1"/></sheets></workbook>"#.into()),
        ("xl/_rels/workbook.xml.rels", r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/styles" Target="styles.xml"/></Relationships>"#.into()),
        ("xl/styles.xml", r#"<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs></styleSheet>"#.into()),
        ("xl/worksheets/sheet1.xml", format!(r#"<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{sheet_data}</sheetData></worksheet>"#)),
    ] {
        zip.start_file(name, options).unwrap();
        zip.write_all(text.as_bytes()).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn row(number: u32, cells: &[&str]) -> String {
    let cells = cells.iter().enumerate().map(|(i, cell)| {
        let name = format!("{}{number}", (b'A' + i as u8) as char);
        match cell.strip_prefix('#') {
            Some(number) => format!("<c r=\"{name}\"><v>{number}</v></c>"),
            None => match cell.strip_prefix('@') {
                Some(date) => format!("<c r=\"{name}\" s=\"1\"><v>{date}</v></c>"),
                None => format!("<c r=\"{name}\" t=\"inlineStr\"><is><t>{cell}</t></is></c>"),
            },
        }
    });
    format!("<row r=\"{number}\">{}</row>", cells.collect::<String>())
}

const TITLES: [&str; 5] = ["单据编号", "单据类型", "单据时间", "收货企业", "追溯码"];

#[test]
fn xlsx_gives_the_same_document_and_its_dates_are_dates() {
    let sheet = [
        row(1, &TITLES),
        row(2, &["S-1", "#201", "@46349", PHARMACY, "83857930000879766660"]),
        row(3, &["S-1", "", "", "", "83857930000879766661"]),
    ];
    let sheet = read("bill.xlsx", workbook(&sheet.concat())).unwrap();
    assert_eq!(sheet, csv(&sample(&["83857930000879766660", "83857930000879766661"])).unwrap());
}

#[test]
fn numeric_code_cells_are_refused_in_the_words_that_help() {
    for number in ["#8.3857930000879766E+19", "#83857930000879766660", "#1"] {
        let sheet = row(1, &TITLES) + &row(2, &["S-1", "#201", "", "", number]);
        let error = read("bill.xlsx", workbook(&sheet)).unwrap_err();
        assert_eq!((error.line, &error.problem), (Some(2), &Problem::CodeSavedAsNumber));
        assert!(error.message_zh().ends_with(CODE_SAVED_AS_NUMBER_ZH));
    }
}

#[test]
fn archives_that_unpack_to_much_and_cells_far_away_take_no_memory() {
    let bomb = format!("<!--{}-->", " ".repeat(UNPACKED_BYTES_MAX as usize));
    let packed = workbook(&bomb);
    assert!(packed.len() < 1 << 20);
    assert_eq!(read("b.xlsx", packed).unwrap_err().problem, Problem::TooLarge(UNPACKED_BYTES_MAX));
    let far = row(1, &TITLES) + "<row r=\"1048576\"><c r=\"XFD1048576\"><v>1</v></c></row>";
    assert_eq!(read("b.xlsx", workbook(&far)).unwrap_err().problem, Problem::TooMany(COLUMNS_MAX as u64));
    assert_eq!(read("b.xlsx", workbook("")).unwrap_err().problem, Problem::Empty);
    assert!(matches!(read("b.xlsx", b"PK\x03\x04".to_vec()).unwrap_err().problem, Problem::Malformed(_)));
}

#[test]
fn damaged_files_are_refused_or_read_and_never_panic() {
    let sheet = row(1, &TITLES) + &row(2, &["S-1", "#201", "@46349", PHARMACY, "83857930000879766660"]);
    let json =
        r#"[{"bill_code": "S-1", "bill_type": 201, "bill_time": "20261123", "trace_codes": ["83857930000879766660"]}]"#;
    let seeds: [(&str, Vec<u8>, usize); 3] = [
        ("b.csv", sample(&["83857930000879766660", "1"]).into_bytes(), 3_000),
        ("b.json", json.as_bytes().to_vec(), 3_000),
        ("b.xlsx", workbook(&sheet), 800),
    ];
    let mut rng = Rng(1);
    for (name, seed, rounds) in seeds {
        for _ in 0..rounds {
            let _ = read(name, rng.changed(&seed, 4));
        }
    }
}
