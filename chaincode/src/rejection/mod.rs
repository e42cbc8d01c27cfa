//! Why a transaction is refused: stable numbers and names, typed arguments, texts in Chinese and English.
//!
//! Numbers: 1xxx form, signer, time and room (nothing is consumed: the same transaction may come again and be
//! applied); 2xxx document and execution; 3xxx custody; 4xxx registry; 5xxx codes and production; 6xxx dispensing; 70xx
//! quality; 71xx herbs and 饮片. A number is never reused. `docs/errors.md` is generated from [`CATALOGUE`] and compared by
//! a test.

mod rules;
mod view;

pub use rules::{CATALOGUE, Rejection};
pub use view::{ErrorView, render, render_code_error};

/// Rules from this number on settle the fate of a transaction id.
pub const SETTLING_FROM: u16 = 2000;

/// One row of `docs/errors.md`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Rule {
    /// Stable number.
    pub code: u16,
    /// Stable name.
    pub name: &'static str,
    /// Names of the arguments, in the order of the receipt.
    pub fields: &'static [&'static str],
    /// Chinese text with `{field}` in the place of arguments.
    pub zh: &'static str,
    /// English text likewise.
    pub en: &'static str,
}

/// The rule with this number.
pub fn rule(code: u16) -> Option<&'static Rule> {
    CATALOGUE.iter().find(|r| r.code == code)
}

impl Rejection {
    /// The package that the rule is about.
    pub fn unit(&self) -> Option<crate::UnitKey> {
        self.clone().refusal().args.iter().find_map(|arg| match arg {
            crate::Arg::Code(code) => Some(*code),
            _ => None,
        })
    }
}
