//! Help in Chinese. Commands describe themselves in English where they are declared; `zh.txt` has the same texts in Chinese.
//!
//! Only what is shown is another: the command line is read by the commands as they are declared.

use crate::args::{Cli, Lang};
use crate::console;
use clap::error::ErrorKind;
use clap::{Arg, ArgAction, Command, CommandFactory, ValueEnum};
use std::collections::BTreeMap;

const TABLE: &str = include_str!("zh.txt");
const TEMPLATE: &str = "{about-with-newline}\n用法：{usage}\n\n{all-args}";
/// What the library says about its own flags and command.
const OWN: [&str; 3] = ["Print help", "Print version", "Print this message or the help of the given subcommand(s)"];
/// Options of every command whose value follows as a word of its own: no name of a command.
const WITH_VALUE: [&str; 3] = ["--home", "--output", "--lang"];

/// English texts with their Chinese.
type Table = BTreeMap<&'static str, &'static str>;

/// The help that `error` is, in Chinese, if these words (the program's name first) or the locale ask for Chinese.
pub(crate) fn in_chinese(error: &clap::Error, words: &[String]) -> Option<String> {
    let is_help = matches!(
        error.kind(),
        ErrorKind::DisplayHelp | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand | ErrorKind::MissingSubcommand
    );
    (is_help && language(words) == Lang::Zh).then(|| help(words))
}

fn language(words: &[String]) -> Lang {
    let apart = words.windows(2).find(|w| w[0] == "--lang").map(|w| w[1].clone());
    let joined = || words.iter().find_map(|w| w.strip_prefix("--lang=")).map(str::to_owned);
    let asked = apart.or_else(joined).or_else(|| std::env::var("BENCAO_LANG").ok());
    asked.and_then(|text| Lang::from_str(&text, false).ok()).unwrap_or_else(console::by_locale)
}

/// Long for `--help` and `help`, short for `-h` and where a command is missing.
fn help(words: &[String]) -> String {
    let mut shown = localised(Cli::command(), &table());
    shown.build();
    let mut at = &mut shown;
    let mut rest = words.iter().skip(1);
    while let Some(word) = rest.next() {
        if WITH_VALUE.contains(&word.as_str()) {
            rest.next();
        } else if word != "help" && at.find_subcommand(word).is_some() {
            at = at.find_subcommand_mut(word).expect("just found");
        }
    }
    let long = words.iter().any(|word| word == "--help" || word == "help");
    let text = if long { at.render_long_help() } else { at.render_help() };
    text.to_string()
}

fn table() -> Table {
    let mut lines = TABLE.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    std::iter::from_fn(|| Some((lines.next()?, lines.next()?))).collect()
}

fn localised(command: Command, table: &Table) -> Command {
    let about = command.get_about().and_then(|text| table.get(text.to_string().as_str()));
    let own = |name: &'static str, text: usize| {
        let heading = table.get("Options of every command").copied().unwrap_or("选项");
        Arg::new(name).long(name).help(table.get(OWN[text]).copied().unwrap_or(OWN[text])).help_heading(heading)
    };
    let has_commands = command.has_subcommands();
    let mut command = command
        .disable_help_flag(true)
        .disable_version_flag(true)
        .disable_help_subcommand(true)
        .subcommand_help_heading("命令")
        .help_template(TEMPLATE)
        .mut_args(|arg| spoken(arg, table))
        .mut_subcommands(|below| localised(below, table))
        .arg(own("help", 0).short('h').action(ArgAction::Help))
        .arg(own("version", 1).short('V').action(ArgAction::Version));
    if let Some(about) = about {
        command = command.about(*about);
    }
    match table.get(OWN[2]) {
        Some(text) if has_commands => command.subcommand(Command::new("help").about(*text)),
        _ => command,
    }
}

/// An argument with its text, values, default and variable in Chinese.
fn spoken(arg: Arg, table: &Table) -> Arg {
    let translated = |text: &str| table.get(text).copied();
    let mut text = arg.get_help().map(|help| {
        let english = help.to_string();
        translated(&english).map_or(english, str::to_owned)
    });
    let mut notes = Vec::new();
    let takes_values = arg.get_action().takes_values();
    if takes_values {
        let values = arg.get_possible_values();
        let value = |v: &clap::builder::PossibleValue| {
            let meaning = v.get_help().map(ToString::to_string).and_then(|help| translated(&help));
            v.get_name().to_owned() + &meaning.map(|m| format!("（{m}）")).unwrap_or_default()
        };
        if !values.is_empty() {
            notes.push(format!("可选 {}", values.iter().map(value).collect::<Vec<_>>().join("、")));
        }
        let defaults: Vec<_> = arg.get_default_values().iter().map(|v| v.to_string_lossy()).collect();
        if !defaults.is_empty() {
            notes.push(format!("默认 {}", defaults.join(",")));
        }
    }
    notes.extend(arg.get_env().map(|name| format!("环境变量 {}", name.to_string_lossy())));
    if let Some(text) = text.as_mut().filter(|_| !notes.is_empty()) {
        *text += &format!("［{}］", notes.join("；"));
    }
    let plain = if arg.is_positional() { "参数" } else { "选项" };
    let heading = arg.get_help_heading().and_then(translated).unwrap_or(plain);
    let mut arg = arg.help_heading(heading);
    if takes_values {
        arg = arg.hide_possible_values(true).hide_default_value(true).hide_env(true);
    }
    match text {
        Some(text) => arg.help(text),
        None => arg,
    }
}

#[cfg(test)]
mod tests;
