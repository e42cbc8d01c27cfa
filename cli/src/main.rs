//! The `bencao` program: reads its arguments, runs one command, maps the outcome to an exit code.

mod access;
mod annual_report;
mod args;
#[cfg(feature = "node")]
mod bench;
mod ca;
mod ceremony;
mod console;
#[cfg(feature = "node")]
mod demo;
mod digest;
mod doctor;
mod failure;
mod gov;
mod help;
mod init;
mod key;
mod keyring;
mod lot;
mod member;
#[cfg(feature = "node")]
mod network;
mod param;
mod passphrase;
mod product;
mod recall;
mod session;
#[cfg(all(unix, feature = "node"))]
mod signer;
#[cfg(feature = "node")]
mod start;
mod status;
mod template;
mod testnet;
mod trace;
mod tx;
mod verify;
mod version;
mod write;

use args::{Cli, Command, Output};
use clap::{CommandFactory, Parser};
use console::Console;
use failure::{Exit, Failure, Report};
use std::io::Write;
use std::process::ExitCode;

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return usage(&error),
    };
    let console = Console::new(cli.lang, cli.output);
    let exit = match run(&console, cli) {
        Ok(report) => {
            console.report(&report);
            report.exit
        }
        Err(failure) => {
            console.failure(&failure);
            failure.exit
        }
    };
    ExitCode::from(exit as u8)
}

fn run(console: &Console, cli: Cli) -> Result<Report, Failure> {
    match cli.command {
        Command::Version => Ok(version::run(console)),
        Command::Testnet(args) => testnet::run(console, &args),
        Command::Key(command) => key::run(console, command),
        Command::Init(args) => init::run(console, cli.home.as_deref(), &args),
        Command::Doctor(args) => doctor::run(console, cli.home.as_deref(), &args),
        Command::Status(args) => status::run(console, &args),
        Command::Ca(command) => ca::run(console, command),
        Command::Genesis(command) => ceremony::run(console, command),
        Command::Member(command) => member::run(console, command),
        Command::Param(command) => param::run(console, command),
        Command::Gov(command) => gov::run(console, command),
        Command::Product(command) => product::run(console, command),
        Command::Tx(command) => tx::run(console, command),
        Command::Recall(command) => recall::run(console, command),
        Command::Trace(args) => trace::run(console, &args),
        Command::Lot(command) => lot::run(console, &command),
        Command::Verify(args) => verify::run(console, &args),
        #[cfg(feature = "node")]
        Command::Start(args) => start::run(console, cli.home.as_deref(), &args),
        #[cfg(all(unix, feature = "node"))]
        Command::Signer(command) => signer::run(console, command),
        #[cfg(feature = "node")]
        Command::Demo(args) => demo::run(console, &args),
        #[cfg(feature = "node")]
        Command::Bench(args::BenchCommand::Network(args)) => bench::run(console, &args),
        #[cfg(feature = "node")]
        Command::Bench(args::BenchCommand::Crypto(args)) => bench::crypto::run(console, &args),
        Command::Digest(args) => digest::run(console, &args),
        Command::Token(command) => access::token::run(console, cli.home.as_deref(), command),
        #[cfg(feature = "node")]
        Command::AccessLog(command) => access::log::run(console, cli.home.as_deref(), command),
        Command::Template(command) => template::run(console, command),
        Command::Completion { shell } => completion(shell),
    }
}

fn completion(shell: clap_complete::Shell) -> Result<Report, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "bencao", &mut script);
    let text = String::from_utf8(script).map_err(|e| Failure::internal(&e))?;
    Ok(Report::done(serde_json::json!({ "script": text }), text))
}

/// Wrong arguments, `--help` or `--version`.
fn usage(error: &clap::Error) -> ExitCode {
    let text: Vec<String> = std::env::args().collect();
    let json =
        text.iter().any(|a| a == "--output=json") || text.windows(2).any(|w| w[0] == "--output" && w[1] == "json");
    let chinese = help::in_chinese(error, &text);
    if !error.use_stderr() {
        // Help was asked for; a reader that went away is no failure.
        let _ = chinese.map_or_else(|| error.print(), |help| write!(std::io::stdout(), "{help}"));
        return ExitCode::from(Exit::Done as u8);
    }
    if json {
        let message = error.to_string();
        let first = message.lines().next().unwrap_or_default().trim_start_matches("error: ");
        Console::new(None, Output::Json).failure(&Failure::input(format!("命令行参数有误：{first}"), first));
    } else {
        let _ = chinese.map_or_else(|| error.print(), |help| write!(std::io::stderr(), "{help}"));
    }
    ExitCode::from(Exit::Input as u8)
}
