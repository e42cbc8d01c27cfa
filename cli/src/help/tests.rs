//! Every text has its Chinese, and help in Chinese is all of it.

use super::*;
use std::collections::BTreeSet;

fn texts(command: &Command, into: &mut BTreeSet<String>) {
    into.extend(command.get_about().map(ToString::to_string));
    for arg in command.get_arguments() {
        into.extend(arg.get_help().map(ToString::to_string));
        into.extend(arg.get_help_heading().map(str::to_owned));
        if arg.get_action().takes_values() {
            into.extend(arg.get_possible_values().iter().filter_map(|v| v.get_help()).map(ToString::to_string));
        }
    }
    command.get_subcommands().for_each(|below| texts(below, into));
}

#[test]
#[cfg(all(unix, feature = "node"))]
fn every_text_has_its_chinese_and_no_line_is_left_over() {
    let mut english: BTreeSet<String> = OWN.iter().map(|text| (*text).to_owned()).collect();
    texts(&Cli::command(), &mut english);
    let table = table();
    let missing: Vec<&String> = english.iter().filter(|text| !table.contains_key(text.as_str())).collect();
    let left_over: Vec<&&str> = table.keys().filter(|text| !english.contains(**text)).collect();
    assert!(missing.is_empty() && left_over.is_empty(), "missing {missing:#?}\nleft over {left_over:#?}");
    let lines = TABLE.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).count();
    assert_eq!(lines, 2 * table.len(), "each text once");
}

fn said(line: &str) -> String {
    help(&line.split(' ').map(str::to_owned).collect::<Vec<_>>())
}

#[test]
fn help_is_that_of_the_command_named() {
    let all = said("bencao --lang zh --help");
    assert!(all.starts_with("本草") && all.contains("用法：bencao [OPTIONS] <COMMAND>"), "{all}");
    assert!(all.contains("命令:") && all.contains("显示本说明"), "{all}");
    let submit = said("bencao tx submit -h");
    assert!(submit.contains("用法：bencao tx submit") && submit.contains("出入库单据"), "{submit}");
    assert!(submit.contains("默认 30s") && submit.contains("环境变量 BENCAO_KEY"), "{submit}");
    assert_eq!(said("bencao help tx submit"), said("bencao tx submit --help"));
    assert_eq!(said("bencao --home tx trace -h"), said("bencao trace -h"), "a folder called tx");
    for english in ["Options", "default:", "possible values"] {
        assert!(!submit.contains(english), "{submit}");
    }
}

#[test]
fn the_command_line_decides_on_the_language_before_anything_else() {
    let words = |line: &str| line.split(' ').map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(language(&words("bencao --lang zh -h")), Lang::Zh);
    assert_eq!(language(&words("bencao tx --lang=zh -h")), Lang::Zh);
    assert_eq!(language(&words("bencao --lang en -h")), Lang::En);
}
