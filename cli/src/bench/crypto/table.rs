//! The figures as tables for people.

use super::{SIZES, SM3_PATHS};
use crate::console::Console;
use bencao_crypto::sm4;
use serde_json::Value;
use std::fmt::Write as _;

pub(super) fn text(console: &Console, json: &Value) -> String {
    let path = |name: &str| json["path"][name].as_str().unwrap_or_default();
    let mut text = format!(
        "{}: SM2 {}, SM3 {}, SM4 {}\n",
        console.pick("本机所选计算路径", "paths chosen on this machine"),
        path("verify"),
        path("sm3"),
        path("sm4")
    );
    for (zh, en, table, names) in [
        ("SM2 验签，微秒", "SM2 verify, µs", "sm2_verify_us", ["reference", "single", "batch", "vector"].as_slice()),
        ("SM2 签名，微秒", "SM2 sign, µs", "sm2_sign_us", &["reference", "tables"]),
        ("公钥倍点表构建，微秒", "tables of a key, µs to build", "table_build_us", &["comb", "table"]),
    ] {
        line(&mut text, format_args!("\n{}", console.pick(zh, en)));
        for name in names {
            line(&mut text, format_args!("  {name:<12}{:>10}", number(&json[table][name])));
        }
    }
    let sm3 = SM3_PATHS.map(|path| path.name());
    let sm4 = sm4::Path::ALL.map(sm4::Path::name);
    for (zh, en, table, names) in [
        (
            "SM3 多条消息，每条微秒；消息字节数",
            "SM3 of many messages, µs each; bytes of a message",
            "sm3_us",
            sm3.as_slice(),
        ),
        ("SM4-GCM 加密，MB/s；记录字节数", "SM4-GCM seal, MB/s; bytes of a record", "sm4_gcm_mb_per_s", &sm4),
    ] {
        line(&mut text, format_args!("\n{}", console.pick(zh, en)));
        line(&mut text, format_args!("{:<14}{}", "", row(SIZES.iter().map(ToString::to_string))));
        for name in names {
            let figures = row(SIZES.iter().map(|size| number(&json[table][name][size.to_string()])));
            line(&mut text, format_args!("  {name:<12}{figures}"));
        }
    }
    text
}

fn line(text: &mut String, line: std::fmt::Arguments<'_>) {
    writeln!(text, "{line}").expect("a string takes everything");
}

fn row(cells: impl Iterator<Item = String>) -> String {
    cells.map(|cell| format!("{cell:>10}")).collect()
}

/// Three digits or more; a dash for what this processor does not have.
fn number(figure: &Value) -> String {
    match figure.as_f64() {
        Some(figure) if figure >= 100.0 => format!("{figure:.0}"),
        Some(figure) => format!("{figure:.2}"),
        None => "–".to_string(),
    }
}
