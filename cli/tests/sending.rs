//! Commands that send bills, against a node of one process with the real rules.

mod solo;

use bencao_genesis::{Genesis, Limits};
use serde_json::Value;
use solo::Solo;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A network's files, and a node.
struct World {
    dir: PathBuf,
    node: Solo,
}

impl World {
    /// Bills of at most `codes_max` codes, so that sample files are split.
    fn new(name: &str, codes_max: u32) -> World {
        let dir = std::env::temp_dir().join(format!("bencao-sending-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&dir);
        let arguments = ["testnet", "--validators", "1", "--observers", "0", "--dir"].map(String::from);
        let made = run(&[&arguments[..], &[dir.display().to_string()]].concat());
        assert_eq!(made.0, 0);
        let text = std::fs::read_to_string(dir.join("genesis.json")).unwrap();
        let mut genesis = Genesis::parse(&text).unwrap();
        genesis.limits = Limits { codes_per_bill_max: codes_max, ..Limits::default() };
        World { dir, node: Solo::start(genesis) }
    }

    fn tx(&self, member: &str, key: &str, arguments: &[&str]) -> (i32, Value) {
        let folder = self.dir.join("members").join(member);
        let mut all: Vec<String> = arguments.iter().map(|s| (*s).to_string()).collect();
        let path = |name: &str| folder.join(name).display().to_string();
        all.extend(["--key".into(), path(key), "--passphrase-file".into(), path("passphrase")]);
        all.extend(["--node".into(), self.node.address.clone(), "--wait".into(), "1s".into()]);
        run(&all)
    }

    fn write(&self, name: &str, text: &str) -> String {
        let path = self.dir.join(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    }
}

impl Drop for World {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.dir);
    }
}

fn run(arguments: &[String]) -> (i32, Value) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bencao"));
    command.args(arguments).args(["--output", "json"]).stdin(Stdio::null());
    let output = command.output().unwrap();
    let json = serde_json::from_slice(&output.stdout);
    (output.status.code().unwrap(), json.unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr))))
}

fn demo(file: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../demo").join(file).display().to_string()
}

const RELEASE: [&str; 8] = ["tx", "release", "--product", "ganmao-keli", "--batch", "G250310", "--units", "2000"];

#[test]
fn an_interrupted_commission_goes_on_where_it_stopped() {
    let world = World::new("resume", 500);
    let file = demo("relation-ganmao.xml");
    // 20 cases, then 2000 boxes: five bills. The node is gone after two.
    world.node.gone_after(2);
    let (exit, failure) = world.tx("producer", "transact.pem", &["tx", "commission", &file]);
    assert_eq!((exit, failure["name"].as_str()), (4, Some("unreachable")));
    world.node.gone_after(usize::MAX);
    let (exit, refused) = world.tx("producer", "release.pem", &RELEASE);
    assert_eq!((exit, refused["rejected"].as_u64()), (3, Some(1)), "release waits for the declared count: {refused}");
    let (exit, report) = world.tx("producer", "transact.pem", &["tx", "commission", &file]);
    assert_eq!((exit, report["applied"].as_u64(), report["codes"].as_u64()), (0, Some(5), Some(2020)), "{report}");
    let numbers = world.node.executed();
    let commissioned: Vec<&str> = numbers.iter().map(String::as_str).filter(|n| n.starts_with("relation")).collect();
    let expected: Vec<String> = (1..=5).map(|i| format!("relation-ganmao_{i}")).collect();
    assert_eq!(commissioned, expected, "every bill once");
    let (exit, report) = world.tx("producer", "release.pem", &RELEASE);
    assert_eq!((exit, report["applied"].as_u64()), (0, Some(1)), "{report}");
}

#[test]
fn bills_of_files_are_applied_or_refused_with_the_rules_reasons() {
    let world = World::new("bills", 3_500);
    let commission = demo("relation-ganmao.xml");
    let header = "单据编号,单据类型,收货企业,追溯码\n";
    let row = "S-1,销售出库,91650100MA0000002Y,81000030000000012190\n";
    let ship = world.write("ship.csv", &format!("{header}{row}"));
    assert_eq!(world.tx("producer", "transact.pem", &["tx", "commission", &commission]).0, 0);
    let (exit, early) = world.tx("producer", "transact.pem", &["tx", "submit", &ship]);
    assert_eq!((exit, early["bills"][0]["error"]["name"].as_str()), (3, Some("not_released")));
    assert_eq!(world.tx("producer", "release.pem", &RELEASE).0, 0);
    let (exit, sent) = world.tx("producer", "transact.pem", &["tx", "submit", &ship]);
    assert_eq!((exit, sent["applied"].as_u64()), (0, Some(1)), "a rejected bill leaves its number free: {sent}");
    let (exit, other) = world.tx("pharmacy", "transact.pem", &["tx", "submit", &ship]);
    assert_eq!((exit, other["bills"][0]["error"]["name"].as_str()), (3, Some("role_not_allowed")), "{other}");
    let receive = world.write(
        "receive.csv",
        "bill_code,bill_type,from_user_id,from_bill_code,trace_code\nR-1,102,91650100MA0000001U,S-1,81000030000000012190\n",
    );
    let (exit, wrong) = world.tx("pharmacy", "transact.pem", &["tx", "submit", &receive]);
    assert_eq!((exit, wrong["bills"][0]["error"]["name"].as_str()), (3, Some("not_designated_receiver")));
    assert_eq!(world.tx("wholesaler", "transact.pem", &["tx", "submit", &receive]).0, 0);
}

/// Files with twenty different mistakes, by the commands that send them: every one is said, with its line, and nothing goes
/// out.
#[test]
fn files_of_twenty_mistakes_are_reported_line_by_line_and_nothing_is_sent() {
    let world = World::new("twenty", 3_500);
    for (command, extension) in [("submit", "csv"), ("submit", "json"), ("commission", "xml")] {
        let name = format!("twenty-mistakes.{extension}");
        let file = format!("{}/client/testdata/{name}", env!("CARGO_MANIFEST_DIR"));
        let (exit, failure) = world.tx("producer", "transact.pem", &["tx", command, &file]);
        assert_eq!(exit, 2, "{failure}");
        for text in ["message_zh", "message_en"] {
            let said: Vec<&str> = failure[text].as_str().unwrap().lines().collect();
            assert_eq!(said.len(), 20, "{name}: {said:#?}");
            let line = |said: &&str| -> u64 {
                let after = said.split(&format!("{name}:")).nth(1).unwrap();
                after.split(':').next().unwrap().parse().unwrap()
            };
            let lines: Vec<u64> = said.iter().map(line).collect();
            assert!(lines.is_sorted(), "{name}: {lines:?}");
            assert_eq!(failure["line"].as_u64(), lines.first().copied(), "{name}");
        }
    }
    assert!(world.node.executed().is_empty());
}

#[test]
fn mistakes_of_a_file_are_found_before_anything_is_sent() {
    let world = World::new("mistakes", 3_500);
    let damaged = world.write("b.csv", "单据编号,单据类型,追溯码\nX,321,8.38579E+19\n");
    let (exit, failure) = world.tx("pharmacy", "transact.pem", &["tx", "submit", &damaged]);
    assert_eq!((exit, failure["name"].as_str(), failure["line"].as_u64()), (2, Some("code_saved_as_number"), Some(2)));
    let words = "追溯码被 Excel 按数字保存，末几位已丢失，请将该列设为文本后重新导出";
    assert!(failure["message_zh"].as_str().unwrap().ends_with(words));
    let retail = world.write("r.csv", "单据编号,单据类型,追溯码\nX,321,6924561884074\n");
    let (exit, failure) = world.tx("pharmacy", "transact.pem", &["tx", "submit", &retail]);
    assert_eq!((exit, failure["name"].as_str()), (2, Some("not_a_trace_code")));
    let gtin = world.write("g.csv", "单据编号,单据类型,追溯码\nX,321,010692456188407521A1\n");
    let (exit, failure) = world.tx("pharmacy", "transact.pem", &["tx", "submit", &gtin]);
    assert_eq!((exit, failure["name"].as_str(), failure["expected"].as_str()), (2, Some("check_digit"), Some("4")));
    assert!(world.node.executed().is_empty());
}
