//! Findings: what was found, about what, with which evidence.

use super::checks::{Check, Level, named};
use crate::console::Console;
use serde_json::{Value, json};
use std::fmt::Display;

/// One finding.
#[derive(Debug)]
pub(crate) struct Finding {
    pub(crate) check: &'static Check,
    /// File, node or address.
    pub(crate) subject: String,
    /// What was seen.
    pub(crate) evidence: String,
    /// The same in Chinese.
    pub(crate) evidence_zh: String,
}

/// All findings of one visit.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    home: String,
    list: Vec<Finding>,
}

impl Findings {
    /// None yet; `home` is what `{home}` in a mend stands for.
    pub(crate) fn new(home: Option<&std::path::Path>) -> Findings {
        Findings { home: home.map_or_else(|| "DIR".into(), |h| h.display().to_string()), list: Vec::new() }
    }

    /// Something was found; what was seen reads the same in both languages: a number, a name, a system's own message. The same
    /// of the same subject counts once.
    pub(crate) fn add(&mut self, name: &str, subject: impl Display, evidence: impl Display) {
        let evidence = evidence.to_string();
        self.tell(name, subject, evidence.clone(), evidence);
    }

    /// Something was found, with what was seen in Chinese and in English.
    pub(crate) fn tell(&mut self, name: &str, subject: impl Display, zh: impl Into<String>, en: impl Into<String>) {
        let (check, subject) = (named(name), subject.to_string());
        if !self.list.iter().any(|f| f.check.name == name && f.subject == subject) {
            self.list.push(Finding { check, subject, evidence: en.into(), evidence_zh: zh.into() });
        }
    }

    /// Something was found about a key.
    #[cfg(feature = "node")]
    pub(crate) fn key(&mut self, name: &str, subject: impl Display, key: bencao_crypto::KeyId) {
        self.tell(name, subject, format!("密钥 {key}"), format!("key {key}"));
    }

    /// Worst first.
    pub(crate) fn sorted(mut self) -> Findings {
        self.list.sort_by_key(|f| std::cmp::Reverse(f.check.level));
        self
    }

    #[cfg(test)]
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Finding> {
        self.list.iter()
    }

    /// How many of a level.
    pub(crate) fn count(&self, level: Level) -> usize {
        self.list.iter().filter(|f| f.check.level == level).count()
    }

    /// The command of a finding with its places filled in.
    fn command(&self, finding: &Finding) -> String {
        finding.check.command.replace("{home}", &self.home).replace("{subject}", &finding.subject)
    }

    pub(crate) fn json(&self) -> Vec<Value> {
        let one = |f: &Finding| {
            json!({
                "check": f.check.name,
                "level": f.check.level.name(),
                "subject": f.subject,
                "evidence": f.evidence,
                "evidence_zh": f.evidence_zh,
                "message_zh": f.check.zh,
                "message_en": f.check.en,
                "mend_zh": f.check.mend_zh,
                "mend_en": f.check.mend_en,
                "command": self.command(f),
            })
        };
        self.list.iter().map(one).collect()
    }

    pub(crate) fn text(&self, console: &Console) -> String {
        let mut text = String::new();
        for f in &self.list {
            let mark = match f.check.level {
                Level::Error => console.pick("错误", "error"),
                Level::Warning => console.pick("警告", "warning"),
                Level::Note => console.pick("提示", "note"),
            };
            text += &format!("{mark}  {}  {}\n", f.check.name, console.pick(f.check.zh, f.check.en));
            for (label, value) in [
                (console.pick("对象", "about"), f.subject.as_str()),
                (console.pick("依据", "evidence"), console.pick(&f.evidence_zh, &f.evidence)),
                (console.pick("处理", "mend"), console.pick(f.check.mend_zh, f.check.mend_en)),
                (console.pick("命令", "command"), &self.command(f)),
            ] {
                if !value.is_empty() {
                    text += &format!("    {label}: {value}\n");
                }
            }
        }
        text
    }
}
