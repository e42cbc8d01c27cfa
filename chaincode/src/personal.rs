//! Least disclosure (D20; domain §7.6, §9 rule 15): personal data never in clear on the ledger.
//!
//! [`check`] walks every text of an operation, whichever module it is of, and refuses what is a plain 18-digit identity
//! number (GB 11643, check character verified), a mobile number of the mainland, or, where a field asks for a person or
//! a department, a personal name. Digits are compared in their ASCII form, also across single spaces and hyphens.
//!
//! It is a net against mistakes, not a proof: it does not know names inside longer texts, passports, 15-digit identity
//! numbers, landlines or addresses, nor digits spelt as words; and numbers of bills, batches and licences may look like
//! a mobile number, so that only identity numbers are looked for in them. Codes, digests, keys, dates and organisation
//! identifiers have types of their own and hold no free text.

use crate::rejection::Rejection;
use crate::transaction::Operation;
use serde::ser::{
    Serialize, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
    SerializeTupleStruct, SerializeTupleVariant, Serializer,
};
use std::fmt;

/// What is found, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Found {
    field: &'static str,
    what: &'static str,
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.field, self.what)
    }
}

impl std::error::Error for Found {}

impl serde::ser::Error for Found {
    /// No value of an operation complains while it is walked.
    fn custom<T: fmt::Display>(_: T) -> Found {
        Found { field: "operation", what: "unreadable" }
    }
}

/// Refuses an operation with personal data in clear in any of its texts.
pub(crate) fn check(operation: &Operation) -> Result<(), Rejection> {
    let walk = operation.serialize(Walk { field: "operation" });
    walk.map_err(|found| Rejection::PersonalData { field: found.field, actual: found.what })
}

/// Refuses a document number that is a plain identity number: a bill numbered by its patient.
pub(crate) fn check_document_number(number: &str) -> Result<(), Rejection> {
    match disclosed("number", number) {
        Some(actual) => Err(Rejection::PersonalData { field: "document_no", actual }),
        None => Ok(()),
    }
}

/// Fields that hold numbers of documents and things, which may look like a mobile number.
const IDENTIFIERS: [&str; 12] = [
    "batch_no",
    "filing_no",
    "id",
    "lot_release",
    "national_id",
    "number",
    "prefix",
    "prefixes",
    "product_code",
    "product_id",
    "shipment_no",
    "standard_code",
];

/// Fields that ask who answers for something: a department, or a keyed digest, never a name.
const PERSONS: [&str; 10] = [
    "contact",
    "doctor",
    "executor",
    "inspector",
    "manager",
    "operator",
    "owner",
    "person",
    "responsible",
    "supervisor",
];

/// What a text of `field` discloses.
fn disclosed(field: &str, text: &str) -> Option<&'static str> {
    let digits = runs_of_digits(text);
    if digits.iter().any(|run| is_identity_number(run)) {
        return Some("identity number");
    }
    if !IDENTIFIERS.contains(&field) && digits.iter().any(|run| is_mobile_number(run)) {
        return Some("mobile number");
    }
    let asks_for_a_person = PERSONS.iter().any(|name| field == *name || field.ends_with(&format!("_{name}")));
    (asks_for_a_person && is_personal_name(text)).then_some("name")
}

/// Runs of digits (with a final X) that stand by themselves: as written, and joined across single spaces and hyphens.
fn runs_of_digits(text: &str) -> Vec<String> {
    let mut runs = Vec::new();
    let (mut part, mut joined) = (String::new(), String::new());
    let mut gap = 0u8;
    let mut letters = false;
    for c in text.chars().map(to_ascii).chain(['\n']) {
        match c {
            '0'..='9' => {
                part.push(c);
                joined.push(c);
                gap = 0;
            }
            // The check character ends a number.
            'X' | 'x' if part.len() == 17 || joined.len() == 17 => {
                part.push('X');
                joined.push('X');
                gap = 0;
            }
            ' ' | '-' if gap == 0 && !joined.is_empty() => {
                runs.push(std::mem::take(&mut part));
                gap = 1;
                // Digits inside a word of letters are part of an identifier, such as the digest of a file.
                if letters {
                    runs.pop();
                    joined.clear();
                    (letters, gap) = (false, 0);
                }
            }
            _ => {
                let word = c.is_ascii_alphabetic();
                if !letters && !word {
                    runs.push(std::mem::take(&mut part));
                    runs.push(std::mem::take(&mut joined));
                }
                part.clear();
                joined.clear();
                letters = word;
                gap = 0;
                continue;
            }
        }
    }
    runs.retain(|run| !run.is_empty());
    runs
}

/// Full-width digits and X, as their ASCII forms.
fn to_ascii(c: char) -> char {
    match c {
        '０'..='９' | 'Ｘ' | 'ｘ' => char::from_u32(u32::from(c).saturating_sub(0xFEE0)).unwrap_or(c),
        _ => c,
    }
}

/// GB 11643: 6 digits region, 8 digits date of birth, 3 digits sequence, check character by weights 2^(17−i) mod 11.
fn is_identity_number(run: &str) -> bool {
    let bytes = run.as_bytes();
    let (Some(body), Some(check), 18) = (bytes.get(..17), bytes.get(17), bytes.len()) else { return false };
    let number = |from: usize, to: usize| run.get(from..to).and_then(|t| t.parse::<u32>().ok()).unwrap_or(0);
    let (province, year) = (number(0, 2), number(6, 10));
    // Dates of the ledger begin in 1970; leap years repeat after 400.
    let like = if year < 1970 { year.saturating_add(400) } else { year };
    let born = bencao_genesis::CalendarDate::new(like, number(10, 12), number(12, 14));
    if !(11..=91).contains(&province) || !(1900..=2099).contains(&year) || born.is_none() {
        return false;
    }
    const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    const CHECKS: &[u8; 11] = b"10X98765432";
    let digit = |b: &u8| u32::from(b.saturating_sub(b'0'));
    let sum: u32 = body.iter().zip(WEIGHTS).map(|(b, w)| digit(b).saturating_mul(w)).sum();
    CHECKS.get((sum % 11) as usize) == Some(check)
}

/// 11 digits beginning 13 to 19, with or without the country code.
fn is_mobile_number(run: &str) -> bool {
    let local = run.strip_prefix("0086").or_else(|| run.strip_prefix("86")).filter(|l| l.len() == 11).unwrap_or(run);
    let mut bytes = local.bytes();
    local.len() == 11 && bytes.next() == Some(b'1') && bytes.next().is_some_and(|b| (b'3'..=b'9').contains(&b))
}

/// Most common family names of one character, and of two.
const FAMILY_NAMES: &str = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘\
                            杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文";
const FAMILY_NAMES_OF_TWO: [&str; 8] = ["欧阳", "司马", "上官", "诸葛", "司徒", "皇甫", "尉迟", "东方"];
/// Endings of departments and firms.
const DEPARTMENTS: [&str; 10] = ["部", "处", "科", "室", "办", "组", "局", "中心", "公司", "车间"];

/// Two to four Han characters that begin with a family name and do not end like a department; or parts joined by `·`.
fn is_personal_name(text: &str) -> bool {
    let text = text.trim();
    let han = |c: char| ('\u{4E00}'..='\u{9FFF}').contains(&c);
    if DEPARTMENTS.iter().any(|end| text.ends_with(end)) {
        return false;
    }
    if text.contains('·') {
        return text.chars().all(|c| han(c) || c == '·');
    }
    let length = text.chars().take(5).count();
    let family = text.chars().next().is_some_and(|c| FAMILY_NAMES.contains(c))
        || FAMILY_NAMES_OF_TWO.iter().any(|name| text.starts_with(name));
    (2..=4).contains(&length) && text.chars().all(han) && family
}

/// Visits the texts of a value. Values of types with a form of their own write themselves by `collect_str` and are
/// passed over.
#[derive(Clone, Copy)]
struct Walk {
    field: &'static str,
}

macro_rules! passed_over {
    ($($method:ident($($value:ty)?)),+ $(,)?) => {
        $(fn $method(self $(, _: $value)?) -> Result<(), Found> {
            Ok(())
        })+
    };
}

impl Serializer for Walk {
    type Ok = ();
    type Error = Found;
    type SerializeSeq = Walk;
    type SerializeTuple = Walk;
    type SerializeTupleStruct = Walk;
    type SerializeTupleVariant = Walk;
    type SerializeMap = Walk;
    type SerializeStruct = Walk;
    type SerializeStructVariant = Walk;

    passed_over! {
        serialize_bool(bool), serialize_i8(i8), serialize_i16(i16), serialize_i32(i32), serialize_i64(i64),
        serialize_u8(u8), serialize_u16(u16), serialize_u32(u32), serialize_u64(u64), serialize_f32(f32),
        serialize_f64(f64), serialize_char(char), serialize_bytes(&[u8]), serialize_none(), serialize_unit(),
        serialize_unit_struct(&'static str),
    }

    fn serialize_str(self, text: &str) -> Result<(), Found> {
        match disclosed(self.field, text) {
            Some(what) => Err(Found { field: self.field, what }),
            None => Ok(()),
        }
    }

    fn collect_str<T: fmt::Display + ?Sized>(self, _: &T) -> Result<(), Found> {
        Ok(())
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Found> {
        value.serialize(self)
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, _: &'static str) -> Result<(), Found> {
        Ok(())
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Result<(), Found> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        value: &T,
    ) -> Result<(), Found> {
        value.serialize(self)
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Walk, Found> {
        Ok(self)
    }

    fn serialize_tuple(self, _: usize) -> Result<Walk, Found> {
        Ok(self)
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Walk, Found> {
        Ok(self)
    }

    fn serialize_tuple_variant(self, _: &'static str, _: u32, _: &'static str, _: usize) -> Result<Walk, Found> {
        Ok(self)
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Walk, Found> {
        Ok(self)
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Walk, Found> {
        Ok(self)
    }

    fn serialize_struct_variant(self, _: &'static str, _: u32, _: &'static str, _: usize) -> Result<Walk, Found> {
        Ok(self)
    }
}

macro_rules! elements {
    ($($part:ident: $method:ident),+ $(,)?) => {
        $(impl $part for Walk {
            type Ok = ();
            type Error = Found;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Found> {
                value.serialize(*self)
            }

            fn end(self) -> Result<(), Found> {
                Ok(())
            }
        })+
    };
}

elements! {
    SerializeSeq: serialize_element, SerializeTuple: serialize_element, SerializeTupleStruct: serialize_field,
    SerializeTupleVariant: serialize_field,
}

macro_rules! fields {
    ($($part:ident),+) => {
        $(impl $part for Walk {
            type Ok = ();
            type Error = Found;

            fn serialize_field<T: Serialize + ?Sized>(
                &mut self,
                field: &'static str,
                value: &T,
            ) -> Result<(), Found> {
                value.serialize(Walk { field })
            }

            fn end(self) -> Result<(), Found> {
                Ok(())
            }
        })+
    };
}

fields!(SerializeStruct, SerializeStructVariant);

impl SerializeMap for Walk {
    type Ok = ();
    type Error = Found;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Found> {
        key.serialize(*self)
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Found> {
        value.serialize(*self)
    }

    fn end(self) -> Result<(), Found> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identity_numbers_are_found_by_their_check_character() {
        // Made-up numbers with right check characters.
        for text in [
            "11010519491231002X",
            "身份证11010519491231002x，",
            "110105 19491231 002X",
            "110105-19491231-002X",
            "１１０１０５１９４９１２３１００２Ｘ",
            "440524188001010014, 650102199003078517",
        ] {
            assert_eq!(disclosed("text", text), Some("identity number"), "{text}");
        }
        for text in [
            "110105194912310021",
            "440524188001010014",
            "a11010519491231002X",
            "91650100MA0000001U",
            "83857930000879766660",
            "X",
            "",
            "20261123",
        ] {
            assert_eq!(disclosed("text", text), None, "{text}");
        }
    }

    #[test]
    fn mobile_numbers_are_found_except_among_document_numbers() {
        for text in
            ["13800138000", "电话:138 0013 8000", "+86 13800138000", "0086-138-0013-8000", "１３８００１３８０００"]
        {
            assert_eq!(disclosed("text", text), Some("mobile number"), "{text}");
        }
        for text in ["12800138000", "1380013800", "138001380001", "a13800138000b", "2026-11-23 138"] {
            assert_eq!(disclosed("text", text), None, "{text}");
        }
        assert_eq!(disclosed("batch_no", "13800138000"), None);
        assert_eq!(disclosed("batch_no", "11010519491231002X"), Some("identity number"));
    }

    #[test]
    fn names_are_found_where_a_person_is_asked_for() {
        for text in ["张三", "欧阳小明", "买买提·阿不都", " 李四 "] {
            assert_eq!(disclosed("owner", text), Some("name"), "{text}");
            assert_eq!(disclosed("line_manager", text), Some("name"), "{text}");
            assert_eq!(disclosed("subject", text), None, "free text is not asked for a person");
        }
        for text in ["质量部", "高新车间", "信息中心", "QA", "", "黄芪饮片生产质量管理"] {
            assert_eq!(disclosed("owner", text), None, "{text}");
        }
    }

    #[test]
    fn any_text_is_walked_to_its_end() {
        let long = "1".repeat(100_000);
        assert_eq!(disclosed("text", &long), None);
        assert_eq!(disclosed("owner", &"·".repeat(10_000)), Some("name"));
        for text in ["-", " - ", "1-", "--1--", "\u{0}\u{10FFFF}", "17\u{FF38}"] {
            assert_eq!(disclosed("text", text), None, "{text:?}");
        }
    }
}
