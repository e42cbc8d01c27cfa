//! Runs commands of this program and says so.

use crate::args::Lang;
use crate::console::Console;
use crate::failure::{Exit, Failure};
use serde_json::{Value, json};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Instant;

/// Where the commands of a demo run.
pub(super) struct Stage<'a> {
    console: &'a Console,
    program: PathBuf,
    headings: usize,
    /// What was run, for the JSON report.
    pub(super) steps: Vec<Value>,
}

/// A command under way.
pub(super) struct Running {
    child: Child,
    shown: String,
    begun: Instant,
}

impl<'a> Stage<'a> {
    pub(super) fn new(console: &'a Console) -> Result<Stage<'a>, Failure> {
        let program = std::env::current_exe().map_err(|e| Failure::internal(&e))?;
        Ok(Stage { console, program, headings: 0, steps: Vec::new() })
    }

    pub(super) fn heading(&mut self, zh: &str, en: &str) {
        self.headings += 1;
        let number = self.headings;
        self.console.note(&format!("\n{number}. {zh}"), &format!("\n{number}. {en}"));
    }

    /// Prints a command.
    pub(super) fn show(&self, arguments: &[&str]) {
        let line = shown(arguments);
        self.console.note(&format!("$ {line}"), &format!("$ {line}"));
    }

    /// Says that something held.
    pub(super) fn held(&self, zh: &str, en: &str) {
        self.console.note(&format!("  ✓ {zh}"), &format!("  ✓ {en}"));
    }

    /// What a `tx` command reported, from its JSON.
    pub(super) fn say_sent(&self, sent: &Value) {
        let number = |name: &str| sent.get(name).and_then(Value::as_u64).unwrap_or_default();
        let (applied, rejected, codes) = (number("applied"), number("rejected"), number("codes"));
        self.held(
            &format!("{applied} 张单据生效，{rejected} 张被拒绝，{codes} 个追溯码"),
            &format!("{applied} bills applied, {rejected} rejected, {codes} codes"),
        );
        let errors = sent.get("bills").and_then(Value::as_array).into_iter().flatten().filter_map(|b| b.get("error"));
        let text = |error: &Value, name: &str| error.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        for error in errors.filter(|e| !e.is_null()) {
            let message = text(error, if self.console.lang == Lang::Zh { "message_zh" } else { "message_en" });
            let line = format!("    {}: {message}", text(error, "name"));
            self.console.note(&line, &line);
        }
    }

    /// A condition of the story.
    pub(super) fn expect(&self, held: bool, what: &str) -> Result<(), Failure> {
        if held { Ok(()) } else { Err(Failure::internal(&format!("the demo expected {what}"))) }
    }

    /// Prints and runs a command with JSON output, and insists on its exit code.
    pub(super) fn command(&mut self, arguments: &[&str], expected: Exit) -> Result<Value, Failure> {
        let owned: Vec<String> = arguments.iter().map(|s| (*s).to_string()).collect();
        let running = self.begin(&owned)?;
        self.finish(running, expected)
    }

    /// Prints and starts a command.
    pub(super) fn begin(&self, arguments: &[String]) -> Result<Running, Failure> {
        let mut arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        arguments.extend(["--output", "json"]);
        self.show(&arguments);
        let mut command = Command::new(&self.program);
        command.args(&arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let child = command.spawn().map_err(|e| Failure::file(&self.program, &e))?;
        Ok(Running { child, shown: shown(&arguments), begun: Instant::now() })
    }

    /// Waits for a command and insists on its exit code.
    pub(super) fn finish(&mut self, running: Running, expected: Exit) -> Result<Value, Failure> {
        let Running { child, shown, begun } = running;
        let output = child.wait_with_output().map_err(|e| Failure::internal(&e))?;
        let exit = output.status.code();
        self.steps.push(json!({
            "command": shown, "exit": exit, "milliseconds": u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX),
        }));
        let answer = serde_json::from_slice(&output.stdout);
        match answer {
            Ok(value) if exit == Some(expected as i32) => Ok(value),
            _ => {
                let said = String::from_utf8_lossy(&output.stderr);
                let printed = String::from_utf8_lossy(&output.stdout);
                let expected = expected as i32;
                Err(Failure::internal(&format!("{shown}\n  exit {exit:?}, expected {expected}\n{printed}{said}")))
            }
        }
    }
}

/// As typed: arguments with characters of the shell in quotes.
fn shown(arguments: &[&str]) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=,+@".contains(c);
    let quoted =
        |a: &&str| if a.chars().all(plain) { (*a).to_string() } else { format!("'{}'", a.replace('\'', "'\\''")) };
    std::iter::once("bencao".to_string()).chain(arguments.iter().map(quoted)).collect::<Vec<_>>().join(" ")
}
