//! What is wrong with a file: where, and what would be right, in Chinese and English.

use bencao_chaincode::CodeError;
use bencao_chaincode::rejection::render_code_error;
use std::cell::{Cell, RefCell};
use std::fmt;

/// The refusal of a code that a spreadsheet has turned into a number: its last digits are gone, nothing can repair it.
pub const CODE_SAVED_AS_NUMBER_ZH: &str = "追溯码被 Excel 按数字保存，末几位已丢失，请将该列设为文本后重新导出";

/// Why a file cannot be imported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportError {
    /// Name of the file, as given.
    pub file: String,
    /// Line from 1 (a row of a spreadsheet), where one applies.
    pub line: Option<u64>,
    /// Field, column or attribute, where one applies.
    pub field: Option<String>,
    /// What is wrong.
    pub problem: Problem,
}

/// Mistakes shown of one file; further ones are counted.
pub const MISTAKES_SHOWN_MAX: usize = 100;

/// Every mistake of a file, found in one run: in order of lines, at most [`MISTAKES_SHOWN_MAX`] of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportErrors {
    /// Never empty.
    pub errors: Vec<ImportError>,
    /// How many more there are.
    pub more: u64,
}

impl ImportErrors {
    /// The first.
    pub fn first(&self) -> &ImportError {
        self.errors.first().expect("made with at least one")
    }

    /// One line a mistake, in Chinese.
    pub fn message_zh(&self) -> String {
        let mut lines: Vec<String> = self.errors.iter().map(ImportError::message_zh).collect();
        if self.more > 0 {
            lines.push(format!("……另有 {} 处错误", self.more));
        }
        lines.join("\n")
    }
}

impl fmt::Display for ImportErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, error) in self.errors.iter().enumerate() {
            let end = if i == 0 { "" } else { "\n" };
            write!(f, "{end}{error}")?;
        }
        match self.more {
            0 => Ok(()),
            more => write!(f, "\n… and {more} more mistakes"),
        }
    }
}

impl std::error::Error for ImportErrors {}

impl From<ImportError> for ImportErrors {
    fn from(error: ImportError) -> ImportErrors {
        ImportErrors { errors: vec![error], more: 0 }
    }
}

/// What is wrong with a place of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    /// The file cannot be read.
    Unreadable(std::io::ErrorKind),
    /// Longer than this many bytes (for a spreadsheet: unpacked).
    TooLarge(u64),
    /// More of something than a file may hold.
    TooMany(u64),
    /// The name ends in none of the known extensions.
    Format,
    /// Neither UTF-8 nor GB18030.
    Encoding,
    /// Not a well-formed file of its kind; the parser's words.
    Malformed(String),
    /// A column, attribute or element that is not documented.
    Unknown(String),
    /// A column, attribute or element given twice.
    Repeated(String),
    /// A field that this document needs is absent or empty.
    Missing,
    /// A row says something else than the first row of its document.
    Differs {
        /// What the first row says.
        first: String,
        /// What this row says.
        actual: String,
    },
    /// [`CODE_SAVED_AS_NUMBER_ZH`].
    CodeSavedAsNumber,
    /// A value of the wrong form.
    Value {
        /// What would be right.
        expected: Expected,
        /// What was found, shortened.
        actual: String,
    },
    /// No document in the file.
    Empty,
    /// A document type declaration or entity, which no honest file has.
    Entities,
    /// Not a trace code.
    NotACode {
        /// Why.
        error: CodeError,
        /// What was found, shortened.
        actual: String,
    },
}

/// The right form of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expected {
    /// A calendar date, with or without time.
    Date,
    /// An organisation identifier.
    Organisation,
    /// A bill type number or name.
    BillType,
    /// Text of 1 to 64 characters.
    DocumentNumber,
    /// A trace code as text.
    Code,
    /// Text (a spreadsheet holds a number that cannot be read back exactly).
    Text,
    /// A package level 1–5.
    Level,
    /// The same value as elsewhere in the file.
    Consistent,
    /// A package that contains this one, on a higher level.
    Parent,
    /// An identifier of a product.
    ProductCode,
    /// A batch number.
    BatchNumber,
    /// A date of expiry after that of production.
    AfterProduction,
    /// Whether a package may be incomplete.
    Flag,
    /// A bill type that a movement document can have.
    MovementType,
    /// The organisation in whose name the bill is sent.
    Principal,
    /// A 退货原因.
    ReturnReason,
    /// A 注销原因.
    CancelReason,
    /// A kind of identity paper.
    IdType,
    /// The sum of codeCount in drug_list.
    DrugListCount,
    /// 0 or 1.
    YesNo,
    /// 2 for 特药, 3 for 普药.
    PhysicType,
    /// The 药品类型 that the code itself says.
    PhysicTypeOfCode,
    /// A quantity of at most four decimals, more than 0.
    Quantity,
    /// Degrees Celsius of at most one decimal.
    Celsius,
    /// 64 hexadecimal digits of SM3.
    Sm3,
    /// A kind of patient.
    Patient,
    /// Days of treatment.
    Days,
    /// At least as many as the document has codes.
    CodeCount,
    /// Bill type 326 of an internet order.
    Online,
    /// Text that names no person.
    PublicText,
}

impl Expected {
    /// Chinese and English.
    pub fn texts(self) -> (&'static str, &'static str) {
        match self {
            Expected::Date => (
                "日期，如 2026-11-23、2026/11/23 或 20261123，可带时间 09:30:00",
                "a date such as 2026-11-23, 2026/11/23 or 20261123, with or without a time 09:30:00",
            ),
            Expected::Organisation => (
                "18 位统一社会信用代码（校验位正确）",
                "a unified social credit code of 18 characters with a right check character",
            ),
            Expected::BillType => (
                "单据类型编号或名称，如 201 或 销售出库",
                "the number or Chinese name of a bill type, such as 201 or 销售出库",
            ),
            Expected::DocumentNumber => ("1 至 64 个字符的单据编号", "a document number of 1 to 64 characters"),
            Expected::Code => ("文本格式的追溯码", "a trace code, as text"),
            Expected::Text => ("文本格式的单元格", "a cell formatted as text"),
            Expected::Level => {
                ("包装级别 1 至 5（1 为最小销售包装）", "a package level 1 to 5, 1 being the smallest sales unit")
            }
            Expected::Consistent => ("与文件中其他位置一致", "the same value as elsewhere in the file"),
            Expected::Parent => ("上级包装的追溯码，且其级别更高", "the code of a package on a higher level"),
            Expected::ProductCode => (
                "品种标识：1 至 32 个字符，A-Z a-z 0-9 . _ -",
                "the identifier of a product: 1 to 32 characters of A-Z a-z 0-9 . _ -",
            ),
            Expected::BatchNumber => {
                ("1 至 30 个可见 ASCII 字符的批号", "a batch number of 1 to 30 printable ASCII characters")
            }
            Expected::AfterProduction => ("晚于生产日期的有效期", "a date of expiry after the date of production"),
            Expected::Flag => ("0 或 1（1 为零头）", "0, or 1 for an incomplete package (零头)"),
            Expected::MovementType => (
                "出库、入库、零售、使用、销毁或报损的单据类型（放行用 tx release，激活用 tx commission，抽检须会签）",
                "a type of shipment, receipt, sale, use, destruction or loss (release with tx release, activate with tx \
                 commission, samples are countersigned)",
            ),
            Expected::ReturnReason => (
                "退货原因 1 破损、2 召回、3 滞销、4 过期失效、5 近效期、6 其他",
                "a reason of return: 1 damaged, 2 recall, 3 slow moving, 4 expired, 5 near expiry, 6 other",
            ),
            Expected::CancelReason => (
                "注销原因 1 破损、2 霉变、3 过期失效、4 其他",
                "a reason of destruction: 1 damaged, 2 mouldy, 3 expired, 4 other",
            ),
            Expected::IdType => (
                "证件类型 1 身份证、2 护照、3 军官证、4 医保卡、5 接种卡、6 学生证、9 其它",
                "a kind of paper: 1 identity card, 2 passport, 3 officer's card, 4 medical insurance card, 5 vaccination \
                 card, 6 student card, 9 other",
            ),
            Expected::DrugListCount => (
                "品种汇总中 codeCount 之和，等于本单据追溯码的个数",
                "codeCounts in drug_list that add up to the number of codes of the document",
            ),
            Expected::YesNo => ("0 或 1", "0 or 1"),
            Expected::PhysicType => ("药品类型 2 特药 或 3 普药", "2 (特药) or 3 (普药)"),
            Expected::PhysicTypeOfCode => (
                "与追溯码一致的药品类型（89 开头为 2 特药，其余为 3 普药）",
                "the type that the code says: 2 (特药) if it begins with 89, else 3 (普药)",
            ),
            Expected::Quantity => ("大于 0、最多四位小数的数量", "a quantity above 0 with at most four decimals"),
            Expected::Celsius => ("最多一位小数的摄氏度", "degrees Celsius with at most one decimal"),
            Expected::Sm3 => ("64 位十六进制的 SM3 摘要", "64 hexadecimal digits of an SM3 digest"),
            Expected::Patient => (
                "患者类别 0 一般、1 癌症及慢性疼痛、2 住院",
                "a kind of patient: 0 ordinary, 1 chronic pain, 2 inpatient",
            ),
            Expected::Days => ("用药天数（0 为一次常用量）", "days of treatment, 0 for one single dose"),
            Expected::CodeCount => ("不小于本单据追溯码的个数", "at least the number of codes of the document"),
            Expected::Online => ("互联网订单的单据类型 326", "bill type 326, for an internet order"),
            Expected::PublicText => (
                "不含电话和证件号码的说明，最多 128 字",
                "at most 128 characters without telephone or identity numbers",
            ),
            Expected::Principal => ("提交单位的统一社会信用代码", "the code of the organisation that sends the bill"),
        }
    }
}

impl Problem {
    /// For people who read Chinese.
    pub fn message_zh(&self) -> String {
        match self {
            Problem::Unreadable(kind) => format!("无法读取文件：{kind}"),
            Problem::TooLarge(limit) => format!("文件过大，上限 {limit} 字节"),
            Problem::TooMany(limit) => format!("数量过多，上限 {limit}"),
            Problem::Format => "文件扩展名应为 .json、.csv、.xlsx 或 .xml".into(),
            Problem::Encoding => "文件编码应为 UTF-8 或 GB18030".into(),
            Problem::Malformed(detail) => format!("文件格式错误：{detail}"),
            Problem::Unknown(name) => format!("未知的字段“{name}”"),
            Problem::Repeated(name) => format!("“{name}”重复"),
            Problem::Missing => "缺少必填内容".into(),
            Problem::Differs { first, actual } => format!("同一单据内应为“{first}”，此处为“{actual}”"),
            Problem::CodeSavedAsNumber => CODE_SAVED_AS_NUMBER_ZH.into(),
            Problem::Value { expected, actual } => format!("应为{}，实为“{actual}”", expected.texts().0),
            Problem::Empty => "文件中没有单据".into(),
            Problem::Entities => "不允许 DTD 或实体声明".into(),
            Problem::NotACode { error, actual } => render_code_error(actual, *error).message_zh,
        }
    }

    /// What would be right, if one value would.
    pub fn expected(&self) -> Option<String> {
        match self {
            Problem::Value { expected, .. } => Some(expected.texts().1.into()),
            Problem::Differs { first, .. } => Some(first.clone()),
            Problem::TooLarge(limit) | Problem::TooMany(limit) => Some(limit.to_string()),
            Problem::NotACode { error: CodeError::CheckDigit { expected, .. }, .. } => Some(expected.to_string()),
            _ => None,
        }
    }

    /// What was found.
    pub fn actual(&self) -> Option<String> {
        match self {
            Problem::Value { actual, .. } | Problem::Differs { actual, .. } => Some(actual.clone()),
            Problem::Unknown(name) | Problem::Repeated(name) => Some(name.clone()),
            Problem::NotACode { actual, .. } => Some(actual.clone()),
            _ => None,
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Problem::Unreadable(kind) => write!(f, "cannot read the file: {kind}"),
            Problem::TooLarge(limit) => write!(f, "more than {limit} bytes"),
            Problem::TooMany(limit) => write!(f, "more than {limit}"),
            Problem::Format => f.write_str("the file name should end in .json, .csv, .xlsx or .xml"),
            Problem::Encoding => f.write_str("neither UTF-8 nor GB18030"),
            Problem::Malformed(detail) => write!(f, "malformed file: {detail}"),
            Problem::Unknown(name) => write!(f, "unknown field “{name}”"),
            Problem::Repeated(name) => write!(f, "“{name}” given twice"),
            Problem::Missing => f.write_str("required and missing"),
            Problem::Differs { first, actual } => {
                write!(f, "the first row of this document says “{first}”, this one “{actual}”")
            }
            Problem::CodeSavedAsNumber => f.write_str(
                "the trace code was saved as a number and its last digits are lost; format the column as text and export again",
            ),
            Problem::Value { expected, actual } => write!(f, "expected {}, found “{actual}”", expected.texts().1),
            Problem::Empty => f.write_str("no document in the file"),
            Problem::Entities => f.write_str("a DTD or entity declaration is not allowed"),
            Problem::NotACode { error, actual } => f.write_str(&render_code_error(actual, *error).message_en),
        }
    }
}

impl ImportError {
    /// `file:line: field: message`, in Chinese.
    pub fn message_zh(&self) -> String {
        format!("{}{}", self.place(), self.problem.message_zh())
    }

    fn place(&self) -> String {
        let line = self.line.map(|l| format!(":{l}")).unwrap_or_default();
        let field = self.field.as_ref().map(|f| format!("{f}: ")).unwrap_or_default();
        format!("{}{line}: {field}", self.file)
    }
}

impl fmt::Display for ImportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.place(), self.problem)
    }
}

impl std::error::Error for ImportError {}

/// A file under import, to name in errors, with the mistakes found in it so far.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    pub(crate) file: String,
    noted: RefCell<Vec<ImportError>>,
    more: Cell<u64>,
}

/// Mistakes kept until they are sorted: the first lines of a file are read first, but their documents are judged last.
const MISTAKES_KEPT_MAX: usize = 10 * MISTAKES_SHOWN_MAX;

impl Place {
    pub(crate) fn new(file: &str) -> Place {
        Place { file: file.into(), noted: RefCell::default(), more: Cell::default() }
    }

    /// Keeps a mistake and goes on: the rest of the file is read as if it were not there.
    pub(crate) fn note(&self, error: ImportError) {
        let mut noted = self.noted.borrow_mut();
        if noted.len() < MISTAKES_KEPT_MAX {
            noted.push(error);
        } else {
            self.more.set(self.more.get().saturating_add(1));
        }
    }

    /// The first mistake noted so far.
    pub(crate) fn first(&self) -> Option<ImportError> {
        self.noted.borrow().first().cloned()
    }

    /// Whether no mistake was noted so far.
    pub(crate) fn is_clean(&self) -> bool {
        self.noted.borrow().is_empty()
    }

    /// Keeps the mistake of a result.
    pub(crate) fn noted<T>(&self, result: Result<T, ImportError>) -> Option<T> {
        result.map_err(|error| self.note(error)).ok()
    }

    /// `value` if nothing was noted; else all that was, in order of lines.
    pub(crate) fn finish<T>(&self, result: Result<T, ImportError>) -> Result<T, ImportErrors> {
        let value = self.noted(result);
        let mut errors = self.noted.take();
        match value {
            Some(value) if errors.is_empty() => Ok(value),
            _ => {
                errors.sort_by_key(|error| error.line);
                errors.dedup();
                let beyond = errors.len().saturating_sub(MISTAKES_SHOWN_MAX) as u64;
                errors.truncate(MISTAKES_SHOWN_MAX);
                Err(ImportErrors { errors, more: self.more.get().saturating_add(beyond) })
            }
        }
    }

    pub(crate) fn whole(&self, problem: Problem) -> ImportError {
        ImportError { file: self.file.clone(), line: None, field: None, problem }
    }

    pub(crate) fn line(&self, line: u64, problem: Problem) -> ImportError {
        ImportError { line: Some(line), ..self.whole(problem) }
    }

    pub(crate) fn field(&self, line: u64, field: &str, problem: Problem) -> ImportError {
        ImportError { field: Some(field.into()), ..self.line(line, problem) }
    }
}

/// At most 40 characters of `text`, for a message.
pub(crate) fn shortened(text: &str) -> String {
    let mut out: String = text.chars().take(40).map(|c| if c.is_control() { '·' } else { c }).collect();
    if text.chars().nth(40).is_some() {
        out.push('…');
    }
    out
}
