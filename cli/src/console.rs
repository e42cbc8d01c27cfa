//! How a command speaks: language, output form, progress.

use crate::args::{Lang, Output};
use crate::failure::{Failure, Report};
use std::io::{IsTerminal, Write};

/// Language and form of what is printed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Console {
    pub(crate) lang: Lang,
    pub(crate) output: Output,
}

impl Console {
    /// `lang`, else the locale's: Chinese if it begins with `zh`.
    pub(crate) fn new(lang: Option<Lang>, output: Output) -> Console {
        Console { lang: lang.unwrap_or_else(by_locale), output }
    }

    /// The text in this language.
    pub(crate) fn pick<'a>(&self, zh: &'a str, en: &'a str) -> &'a str {
        match self.lang {
            Lang::Zh => zh,
            Lang::En => en,
        }
    }

    /// A line for people, on standard error. A closed standard error is no reason to stop.
    pub(crate) fn note(&self, zh: &str, en: &str) {
        let _ = writeln!(std::io::stderr(), "{}", self.pick(zh, en));
    }

    /// A progress bar when a person watches, else nothing visible.
    pub(crate) fn progress(&self, length: u64) -> indicatif::ProgressBar {
        if self.output == Output::Json || !std::io::stderr().is_terminal() {
            return indicatif::ProgressBar::hidden();
        }
        indicatif::ProgressBar::new(length)
    }

    pub(crate) fn report(&self, report: &Report) {
        match self.output {
            Output::Json => print_line(&report.json.to_string()),
            Output::Text => print_line(report.text.trim_end()),
        }
    }

    pub(crate) fn failure(&self, failure: &Failure) {
        let fault = &failure.fault;
        if self.output == Output::Json {
            print_line(&serde_json::to_string(fault).expect("plain data serialises"));
        }
        let mut text = format!("{}: {}", fault.name, self.pick(&fault.message_zh, &fault.message_en));
        for (name, value) in [("expected", &fault.expected), ("actual", &fault.actual), ("field", &fault.field)] {
            if let Some(value) = value {
                text += &format!("\n  {name}: {value}");
            }
        }
        let _ = writeln!(std::io::stderr(), "{text}");
    }
}

/// Chinese if the locale begins with `zh`.
pub(crate) fn by_locale() -> Lang {
    let locale = ["LC_ALL", "LC_MESSAGES", "LANG"]
        .into_iter()
        .filter_map(|name| std::env::var(name).ok())
        .find(|value| !value.is_empty());
    if locale.is_some_and(|l| l.starts_with("zh")) { Lang::Zh } else { Lang::En }
}

/// A reader that went away (`| head`) is no reason to fail.
fn print_line(text: &str) {
    let _ = writeln!(std::io::stdout(), "{text}");
}
