//! `bencao template`: files to fill in.

use crate::args::{TableFormat, TemplateCommand};
use crate::console::Console;
use crate::failure::{Failure, Report};
use crate::write;
use bencao_client::documents::Column;
use rust_xlsxwriter::{Format, Workbook, XlsxError};
use serde_json::json;

/// One example row for each column of [`Column::all`]; whoever fills in the template replaces it.
fn example(column: Column) -> &'static str {
    match column {
        Column::BillCode => "XS-20261123-001",
        Column::BillType => "201",
        Column::BillTime => "2026-11-23",
        Column::ToUserId => "91650102MA0000003Y",
        Column::TraceCode => "81000010000000000001",
        _ => "",
    }
}

pub(crate) fn run(console: &Console, command: TemplateCommand) -> Result<Report, Failure> {
    let TemplateCommand::Movement { format, out } = command;
    let bytes = match format {
        // With BOM: without it Excel reads UTF-8 as the system's code page.
        TableFormat::Csv => csv().into_bytes(),
        TableFormat::Xlsx => xlsx().map_err(|e| Failure::internal(&e))?,
    };
    match (out, format) {
        (Some(path), _) => {
            write::new_file(&path, &bytes)?;
            let text = format!("{} {}\n", console.pick("已写入", "wrote"), path.display());
            Ok(Report::done(json!({ "file": path.display().to_string() }), text))
        }
        (None, TableFormat::Csv) => Ok(Report::done(json!({ "csv": csv() }), csv())),
        (None, TableFormat::Xlsx) => Err(Failure::input("XLSX 需要 --out", "xlsx needs --out")),
    }
}

fn csv() -> String {
    let titles: Vec<&str> = Column::all().map(Column::title_zh).collect();
    let row: Vec<&str> = Column::all().map(example).collect();
    format!("\u{feff}{}\r\n{}\r\n", titles.join(","), row.join(","))
}

fn xlsx() -> Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    // Every cell is text, so that no code is ever turned into a number.
    let text = Format::new().set_num_format("@");
    let sheet = book.add_worksheet().set_name("单据")?;
    for (i, column) in (0u16..).zip(Column::all()) {
        sheet.set_column_format(i, &text)?;
        sheet.set_column_width(i, 24)?;
        sheet.write_string_with_format(0, i, column.title_zh(), &text)?;
        sheet.write_string_with_format(1, i, example(column), &text)?;
    }
    book.save_to_buffer()
}

#[cfg(test)]
mod tests {
    use super::*;
    use bencao_client::documents;

    #[test]
    fn what_a_template_holds_is_imported() {
        let read = documents::parse("t.csv", csv().into_bytes()).unwrap();
        let sheet = documents::parse("t.xlsx", xlsx().unwrap()).unwrap();
        assert_eq!(read, sheet);
        assert_eq!(read.movements[0].bill_type, 201);
        assert_eq!(read.movements[0].trace_codes[0].code, "81000010000000000001");
    }
}
