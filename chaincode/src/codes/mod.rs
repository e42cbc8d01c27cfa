//! 药品追溯码 and its relatives: strict parsing, canonical keys, check digits (NMPAB/T 1002-2019, GS1 General
//! Specifications; domain §1).
//!
//! The parser is total: any text gives a key or a typed error. It removes separators from 20-digit codes and turns
//! full-width forms into ASCII; nothing else is repaired, no digit is guessed, no missing FNC1 is supplied.

mod check_digit;
mod gs1;
mod key;
mod parse;
#[cfg(test)]
mod tests;
mod token;
pub use check_digit::{approval_number_is_well_formed, mod10, mod10_is_valid, standard_code_is_valid};
pub use gs1::{Attributes, ShortDate};
pub use key::{Digits, Serial, UnitKey};
pub use parse::{CodeError, ParsedCode, Reason, parse, parse_bytes, parse_msfx};
pub use token::{HerbCode, TcmCode, Token};
