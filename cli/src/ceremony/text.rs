//! What the commands of a ceremony say in both languages.

use crate::args::Lang;
use crate::console::Console;
use crate::failure::{Exit, Failure};
use bencao_genesis::ceremony::{CeremonyError, Fact};
use std::path::Path;

/// A file of a ceremony that cannot be used.
pub(crate) fn failure(path: &Path, error: &CeremonyError) -> Failure {
    let shown = path.display();
    let mut failure = Failure::input(format!("{shown}：{}", error.message_zh()), format!("{shown}: {error}"));
    match error {
        CeremonyError::Unsigned(_) | CeremonyError::Altered | CeremonyError::WrongChainId { .. } => {
            failure.exit = Exit::Unverified;
        }
        CeremonyError::Join { organisation, .. } | CeremonyError::AlreadyIn { organisation } => {
            failure.fault.field = Some(organisation.to_string());
        }
        CeremonyError::Json { line, .. } => failure.fault.line = u64::try_from(*line).ok(),
        CeremonyError::OtherFile { expected, actual } => {
            failure.fault.expected = Some((*expected).into());
            failure.fault.actual = Some(actual.clone());
        }
        _ => {}
    }
    failure
}

/// Chinese for the names in a path of a fact.
const NAMES: [(&str, &str); 63] = [
    ("chain_name", "链名称"),
    ("time", "创世时间"),
    ("rule_version", "规则版本"),
    ("organisations", "单位"),
    ("name", "名称"),
    ("roles", "角色"),
    ("jurisdiction", "行政区划"),
    ("licences", "许可证"),
    ("kind", "种类"),
    ("number", "编号"),
    ("scope", "范围"),
    ("valid_from", "起"),
    ("valid_to", "止"),
    ("keys", "密钥"),
    ("nodes", "节点"),
    ("validator_key", "投票密钥"),
    ("node_key", "节点密钥"),
    ("power", "投票权"),
    ("address", "地址"),
    ("request", "申请指纹"),
    ("authorities", "证书机构"),
    ("key", "密钥"),
    ("error", "错误"),
    ("params", "参数"),
    ("limits", "上限"),
    ("products", "品种"),
    ("holder", "上市许可持有人"),
    ("producer", "生产企业"),
    ("class", "药品类别"),
    ("generic_name", "通用名称"),
    ("trade_name", "商品名"),
    ("dosage_form", "剂型"),
    ("strength", "规格"),
    ("approval_number", "批准文号"),
    ("standard_code", "本位码"),
    ("shelf_life_months", "有效期（月）"),
    ("prescription_only", "处方药"),
    ("packages", "包装"),
    ("prefix", "药品标识码"),
    ("level", "包装级别"),
    ("description", "包装规格"),
    ("letters", "分类码"),
    ("status", "状态"),
    ("content", "最小包装所含制剂单位数"),
    ("ratio_semantics", "包装比例含义"),
    ("details", "详细信息"),
    ("block_interval_ms", "出块间隔（毫秒）"),
    ("governance", "治理"),
    ("heartbeat_ms", "空闲出块间隔（毫秒）"),
    ("propose_timeout_ms", "提议超时（毫秒）"),
    ("vote_timeout_ms", "投票超时（毫秒）"),
    ("timeout_step_ms", "每轮超时增量（毫秒）"),
    ("clock_ahead_ms", "时钟可超前（毫秒）"),
    ("valid_until_ahead_ms", "单据有效期上限（毫秒）"),
    ("transaction_bytes_max", "单据字节数"),
    ("codes_per_bill_max", "每单追溯码数"),
    ("writes_per_transaction_max", "每单状态写入数"),
    ("batch_bytes_max", "每批字节数"),
    ("batch_transactions_max", "每批单据数"),
    ("block_batches_max", "每块批数"),
    ("block_bytes_max", "每块字节数"),
    ("block_writes_max", "每块状态写入数"),
    ("unordered_bytes_per_author_max", "每节点未排序字节数"),
];

/// `organisations[X].keys.admin[0]` → heading `单位 X` and label `密钥 admin[0]`.
pub(super) fn heading_and_label(console: &Console, path: &str) -> (String, String) {
    // A name in brackets may hold dots.
    let end = path.find(['.', '[']).unwrap_or(path.len());
    let (first, mut rest) = path.split_at(end);
    let mut heading = word(console, first);
    if let Some(close) = rest.strip_prefix('[').and_then(|r| r.find(']')) {
        heading += &format!(" {}", &rest[1..=close]);
        rest = &rest[close + 2..];
    }
    match rest.strip_prefix('.') {
        Some(rest) => (heading, label(console, rest)),
        None => (String::new(), heading),
    }
}

fn label(console: &Console, path: &str) -> String {
    let mut out: Vec<String> = Vec::new();
    let mut rest = path;
    while !rest.is_empty() {
        let end = rest.find(['.', '[']).unwrap_or(rest.len());
        let mut part = word(console, &rest[..end]);
        rest = &rest[end..];
        if let Some(close) = rest.strip_prefix('[').and_then(|r| r.find(']')) {
            part += &rest[..close + 2];
            rest = &rest[close + 2..];
        }
        rest = rest.strip_prefix('.').unwrap_or(rest);
        out.push(part);
    }
    out.join(" ")
}

fn word(console: &Console, name: &str) -> String {
    let known = NAMES.iter().find(|(en, _)| *en == name).filter(|_| console.lang == Lang::Zh);
    known.map_or_else(|| name.to_owned(), |(_, zh)| (*zh).to_owned())
}

/// Facts under their headings, one a line.
pub(super) fn facts(console: &Console, facts: &[Fact]) -> String {
    let (mut text, mut last) = (String::new(), String::new());
    for fact in facts {
        let (heading, label) = heading_and_label(console, &fact.path);
        if heading != last && !heading.is_empty() {
            text += &format!("{heading}\n");
        }
        let indent = if heading.is_empty() { "" } else { "  " };
        text += &format!("{indent}{label}: {}\n", fact.value);
        last = heading;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::Output;

    #[test]
    fn what_is_agreed_on_has_chinese_names() {
        let params = serde_json::to_value(bencao_genesis::Params::default()).unwrap();
        let limits = serde_json::to_value(bencao_genesis::Limits::default()).unwrap();
        for name in [params, limits].iter().flat_map(|v| v.as_object().unwrap().keys()) {
            assert!(NAMES.iter().any(|(en, _)| en == name), "{name}");
        }
    }

    #[test]
    fn a_path_becomes_a_heading_and_a_label() {
        let console = |lang| Console { lang, output: Output::Text };
        let zh = |path| heading_and_label(&console(Lang::Zh), path);
        let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
        assert_eq!(zh("organisations[91A].keys.admin[0]"), pair("单位 91A", "密钥 admin[0]"));
        assert_eq!(zh("organisations[91A].nodes[n.1].power"), pair("单位 91A", "节点[n.1] 投票权"));
        assert_eq!(zh("params.block_interval_ms"), pair("参数", "出块间隔（毫秒）"));
        assert_eq!(zh("chain_name"), pair("", "链名称"));
        assert_eq!(
            heading_and_label(&console(Lang::En), "products[X].packages[0].prefix"),
            pair("products X", "packages[0] prefix")
        );
        let all = [
            Fact { path: "time".into(), value: "1".into() },
            Fact { path: "params.a".into(), value: "2".into() },
            Fact { path: "params.b".into(), value: "3".into() },
        ];
        assert_eq!(facts(&console(Lang::En), &all), "time: 1\nparams\n  a: 2\n  b: 3\n");
    }
}
