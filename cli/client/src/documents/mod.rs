//! Movement documents (出入库单) and retail records from JSON, CSV and XLSX files, as `docs/contract.md` §7 says.
//!
//! Nothing is guessed or repaired: what a spreadsheet has damaged is refused with file, line, field and what would be right.
//! Memory is bounded by [`FILE_BYTES_MAX`] and [`UNPACKED_BYTES_MAX`], also for hostile files.

mod columns;
mod delimited;
mod error;
mod json;
mod table;
#[cfg(test)]
mod tests;
mod text;
mod values;
mod xlsx;

pub use columns::Column;
pub use error::{CODE_SAVED_AS_NUMBER_ZH, Expected, ImportError, Problem};
pub use values::{BillTime, DOCUMENT_NO_CHARS_MAX, bill_type, bill_type_name};

pub(crate) use error::{Place, shortened};
pub(crate) use text::Utf8Stream;
pub(crate) use values::{is_scientific, parse_date};

use bencao_genesis::OrgId;
use std::io::Read;
use std::path::Path;

/// Longest movement file, bytes.
pub const FILE_BYTES_MAX: u64 = 64 << 20;
/// All parts of an XLSX file together, unpacked, bytes.
pub const UNPACKED_BYTES_MAX: u64 = 64 << 20;
/// Codes of all documents of one file.
pub const CODES_MAX: u64 = 1_000_000;
/// Columns of a table.
pub const COLUMNS_MAX: usize = 256;

/// One movement document as a file gives it: names checked, meaning not yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Movement {
    /// Line or row where it begins.
    pub line: u64,
    /// 单据编号
    pub bill_code: String,
    /// 单据类型
    pub bill_type: u16,
    /// 单据时间
    pub bill_time: Option<BillTime>,
    /// 货主
    pub ref_user_id: Option<OrgId>,
    /// 发货企业
    pub from_user_id: Option<OrgId>,
    /// 收货企业
    pub to_user_id: Option<OrgId>,
    /// 发货单编号
    pub from_bill_code: Option<String>,
    /// 订货单编号
    pub order_code: Option<String>,
    /// 药品配送企业
    pub dis_ent_id: Option<OrgId>,
    /// 发货地址
    pub from_address: Option<String>,
    /// 收货地址
    pub to_address: Option<String>,
    /// 处方号
    pub rxno: Option<String>,
    /// 追溯码
    pub trace_codes: Vec<MovementCode>,
}

/// A code with the line it stands on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MovementCode {
    /// Line or row from 1.
    pub line: u64,
    /// The code as written.
    pub code: String,
}

/// What a file held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Documents {
    /// Documents in file order, at least one.
    pub movements: Vec<Movement>,
    /// Documented fields of the file that do not go on the ledger.
    pub off_ledger: Vec<&'static str>,
}

/// Reads a file by its extension: `.json`, `.csv` or `.xlsx`.
///
/// # Errors
/// [`ImportError`].
pub fn read(path: &Path) -> Result<Documents, ImportError> {
    let name = path.display().to_string();
    let place = Place::new(&name);
    let extension = path.extension().and_then(|e| e.to_str()).unwrap_or_default().to_ascii_lowercase();
    let parse: fn(&Place, Vec<u8>) -> Result<Documents, ImportError> = match extension.as_str() {
        "json" => json::parse,
        "csv" => delimited::parse,
        "xlsx" => xlsx::parse,
        _ => return Err(place.whole(Problem::Format)),
    };
    parse(&place, read_bounded(&place, path)?)
}

/// Reads a document given as bytes; `name` names it in errors and its extension decides the form.
///
/// # Errors
/// As [`read`].
pub fn parse(name: &str, bytes: Vec<u8>) -> Result<Documents, ImportError> {
    let place = Place::new(name);
    if bytes.len() as u64 > FILE_BYTES_MAX {
        return Err(place.whole(Problem::TooLarge(FILE_BYTES_MAX)));
    }
    match name.rsplit('.').next().unwrap_or_default() {
        "json" => json::parse(&place, bytes),
        "csv" => delimited::parse(&place, bytes),
        "xlsx" => xlsx::parse(&place, bytes),
        _ => Err(place.whole(Problem::Format)),
    }
}

fn read_bounded(place: &Place, path: &Path) -> Result<Vec<u8>, ImportError> {
    let unreadable = |e: std::io::Error| place.whole(Problem::Unreadable(e.kind()));
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path).map_err(unreadable)?;
    file.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > FILE_BYTES_MAX {
        return Err(place.whole(Problem::TooLarge(FILE_BYTES_MAX)));
    }
    Ok(bytes)
}
