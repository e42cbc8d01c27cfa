//! Everything that the doctor can find: stable names with what they mean and how they are mended.
//!
//! `{home}` and `{subject}` in a mend stand for the home and for what the finding is about. `docs/doctor.md` shows these tables; a
//! test compares them.

mod chain;
mod home;
mod machine;

/// How bad a finding is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Level {
    /// Worth knowing.
    Note,
    /// Will hurt, or hurts already without stopping anything.
    Warning,
    /// The node cannot start, or does not do its work.
    Error,
}

impl Level {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Level::Note => "note",
            Level::Warning => "warning",
            Level::Error => "error",
        }
    }
}

/// A kind of finding.
#[derive(Debug)]
pub(crate) struct Check {
    /// Stable name.
    pub(crate) name: &'static str,
    pub(crate) level: Level,
    /// What it means.
    pub(crate) zh: &'static str,
    pub(crate) en: &'static str,
    /// What to do.
    pub(crate) mend_zh: &'static str,
    pub(crate) mend_en: &'static str,
    /// The command that mends it, or shows more.
    pub(crate) command: &'static str,
}

/// All of them, in the order in which they are looked for.
pub(crate) fn all() -> impl Iterator<Item = &'static Check> {
    home::CHECKS.iter().chain(machine::CHECKS).chain(chain::CHECKS)
}

/// The check with this name.
///
/// # Panics
/// If there is none: names are written in this program only.
pub(crate) fn named(name: &str) -> &'static Check {
    all().find(|check| check.name == name).unwrap_or_else(|| panic!("no check {name}"))
}
