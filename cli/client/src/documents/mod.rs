//! Movement documents (出入库单) and retail records from JSON, CSV and XLSX files, as `docs/contract.md` §7 says.
//!
//! Nothing is guessed or repaired: what a spreadsheet has damaged is refused with file, line, field and what would be right.
//! Memory is bounded by [`FILE_BYTES_MAX`] and [`UNPACKED_BYTES_MAX`], also for hostile files.

mod columns;
mod delimited;
mod error;
mod fields;
mod json;
mod table;
#[cfg(test)]
mod tests;
mod text;
mod values;
mod xlsx;

pub use columns::Column;
pub use error::{CODE_SAVED_AS_NUMBER_ZH, Expected, ImportError, ImportErrors, MISTAKES_SHOWN_MAX, Problem};
pub use values::{BillTime, DOCUMENT_NO_CHARS_MAX, bill_type, bill_type_name};

pub(crate) use error::{Place, shortened};
pub(crate) use text::Utf8Stream;
pub(crate) use values::{is_scientific, parse_date};

use bencao_chaincode::transaction::{Patient, ReturnReason};
use bencao_crypto::Digest;
use bencao_genesis::{CalendarDate, OrgId};
use std::collections::{BTreeMap, BTreeSet};
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
#[derive(Debug, Clone, Default, PartialEq, Eq)]
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
    /// 发货人
    pub from_person: Option<String>,
    /// 收货人
    pub to_person: Option<String>,
    /// 处方号
    pub rxno: Option<String>,
    /// 直调企业标识
    pub dest_user_id: Option<OrgId>,
    /// 单据委托企业
    pub ass_ent_id: Option<OrgId>,
    /// 药品类型: whether 特药
    pub physic_type: Option<bool>,
    /// 应收货总数量
    pub qu_receivable: Option<u64>,
    /// 是否验证
    pub xt_is_check: Option<bool>,
    /// 未验证通过原因
    pub xt_check_code: Option<String>,
    /// 未验证通过原因说明
    pub xt_check_code_desc: Option<String>,
    /// 退货原因
    pub return_reason_code: Option<ReturnReason>,
    /// 注销原因 (domain §3.2): 1 破损, 2 霉变, 3 过期失效, 4 其他
    pub cancel_reason_code: Option<u8>,
    /// 执行人姓名
    pub executer_name: Option<String>,
    /// 执行人证件号
    pub executer_code: Option<String>,
    /// 监督人姓名
    pub superviser_name: Option<String>,
    /// 监督人证件号
    pub superviser_code: Option<String>,
    /// 证件类型, by its number
    pub customer_id_type: Option<String>,
    /// 证件号
    pub customer_id: Option<String>,
    /// 互联网订单标志
    pub network_bill_flag: Option<bool>,
    /// 调剂药师
    pub medic_dispenser: Option<String>,
    /// 随货同行单摘要
    pub delivery_note: Option<Digest>,
    /// 温度记录摘要
    pub temperature_record: Option<Digest>,
    /// 最低温度, tenths of a degree
    pub temperature_min: Option<i16>,
    /// 最高温度, tenths of a degree
    pub temperature_max: Option<i16>,
    /// 报关单号
    pub declaration_no: Option<String>,
    /// 通关单号
    pub clearance_no: Option<String>,
    /// 口岸
    pub port: Option<String>,
    /// 口岸检验报告摘要
    pub inspection_report: Option<Digest>,
    /// 许可证明编号
    pub permit_no: Option<String>,
    /// 邮寄证明标志
    pub postal_flag: Option<bool>,
    /// 第三方平台
    pub platform_id: Option<OrgId>,
    /// 患者类别
    pub patient_type: Option<Patient>,
    /// 用药天数
    pub medic_days: Option<u16>,
    /// 处方数量, 10⁻⁴ of a smallest preparation unit
    pub rx_quantity: Option<u64>,
    /// 未成年人标志
    pub minor_flag: Option<bool>,
    /// 接种人员
    pub vaccinator: Option<String>,
    /// 指令有效期至
    pub valid_to: Option<CalendarDate>,
    /// 备注
    pub remark: Option<String>,
    /// Where fields stand, if not on the line where the document begins.
    pub lines: BTreeMap<Column, u64>,
    /// Fields that are there and wrong: noted, so not missing.
    pub damaged: BTreeSet<Column>,
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
    /// 拆零: how much of it, 10⁻⁴ of a smallest preparation unit.
    pub quantity: Option<u64>,
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
/// [`ImportErrors`]: all mistakes of the file.
pub fn read(path: &Path) -> Result<Documents, ImportErrors> {
    let draft = Draft::read(path)?;
    draft.place.finish(Ok(draft.documents))
}

/// Reads a document given as bytes; `name` names it in errors and its extension decides the form.
///
/// # Errors
/// As [`read`].
pub fn parse(name: &str, bytes: Vec<u8>) -> Result<Documents, ImportErrors> {
    let draft = Draft::parse(name, bytes)?;
    draft.place.finish(Ok(draft.documents))
}

/// A file read to its end with the mistakes noted, so that what its documents mean can be judged in the same run.
#[derive(Debug)]
pub struct Draft {
    pub(crate) place: Place,
    pub(crate) documents: Documents,
}

impl Draft {
    /// Reads a file by its extension.
    ///
    /// # Errors
    /// [`ImportErrors`] if there is nothing to go on with: unreadable, too large, not a file of its kind.
    pub fn read(path: &Path) -> Result<Draft, ImportErrors> {
        let name = path.display().to_string();
        let place = Place::new(&name);
        let bytes = read_bounded(&place, path)?;
        Draft::parse(&name, bytes)
    }

    /// Reads a file given as bytes.
    ///
    /// # Errors
    /// As [`Draft::read`].
    pub fn parse(name: &str, bytes: Vec<u8>) -> Result<Draft, ImportErrors> {
        let place = Place::new(name);
        if bytes.len() as u64 > FILE_BYTES_MAX {
            return Err(place.whole(Problem::TooLarge(FILE_BYTES_MAX)).into());
        }
        let parsed = match name.rsplit('.').next().unwrap_or_default().to_ascii_lowercase().as_str() {
            "json" => json::parse(&place, bytes),
            "csv" => delimited::parse(&place, bytes),
            "xlsx" => xlsx::parse(&place, bytes),
            _ => Err(place.whole(Problem::Format)),
        };
        match parsed {
            Ok(documents) => Ok(Draft { place, documents }),
            Err(error) => place.finish(Err(error)),
        }
    }

    /// Fields of the file that do not go on the ledger.
    pub fn off_ledger(&self) -> &[&'static str] {
        &self.documents.off_ledger
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
