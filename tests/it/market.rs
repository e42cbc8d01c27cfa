//! A consortium with members of every trade, each with a node of its own to talk to, and short ways to send documents as
//! they would: files through the command line.

use crate::harness::{Consortium, Member, Said};
use bencao_genesis::{CalendarDate, TimestampMs};
use serde_json::{Value, json};
use std::cell::Cell;
use std::path::Path;
use std::time::{Duration, SystemTime};

/// Nodes that vote in these stories; one observer besides.
pub(crate) const VALIDATORS: usize = 4;

/// Patience of one command with a loaded machine.
const WAIT: &str = "120s";

/// The consortium, and how far its members have seen it come.
pub(crate) struct Market {
    pub(crate) net: Consortium,
    reached: Cell<u64>,
    files: Cell<u32>,
}

impl Market {
    /// Starts it: the five samples and those of `members.json`.
    pub(crate) fn open() -> Market {
        Market::with(&[])
    }

    /// The same with further members, in the form of `members.json`.
    pub(crate) fn with(further: &[Value]) -> Market {
        let text = std::fs::read_to_string(beside("members.json")).expect("members.json");
        let mut members: Vec<Value> = serde_json::from_str(&text).expect("a list of members");
        members.extend_from_slice(further);
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("members.json");
        std::fs::write(&path, Value::from(members).to_string()).expect("a file");
        let mut net = Consortium::prepare(VALIDATORS, 1, &["--members", path.to_str().expect("UTF-8")]);
        net.start_all();
        Market { net, reached: Cell::new(0), files: Cell::new(0) }
    }

    /// Stops all nodes and starts them with clocks that stand at so many seconds of a day in UTC+8.
    pub(crate) fn restart_at(&mut self, day: &str, seconds: u64) {
        (0..self.net.len()).for_each(|n| self.net.kill(n));
        let days = u64::from(CalendarDate::parse(day).expect("a date").days());
        let then = i64::try_from(days * 86_400 + seconds).expect("a date") - 8 * 3_600;
        let offset = then - i64::try_from(now_ms() / 1_000).expect("a time");
        (0..self.net.len()).for_each(|n| self.net.move_clock(n, offset));
        self.net.start_all();
        // The last block is old by these clocks, and that alone is a reason for the next.
        for n in 0..self.net.len() {
            self.net.eventually(&format!("node{n} has a block of {day}"), || {
                let status = self.net.read(n, "/v1/status");
                status["block_time"].as_str().is_some_and(|time| &time[..10] >= day)
            });
        }
    }

    /// Identifier of a member.
    pub(crate) fn id(&self, who: &str) -> String {
        self.net.member(who).uscc
    }

    /// A file of this story.
    pub(crate) fn file(&self, name: &str, text: &str) -> String {
        self.files.set(self.files.get() + 1);
        let path = self.net.folder().join(format!("{}-{name}", self.files.get()));
        std::fs::write(&path, text).expect("a file");
        path.to_str().expect("UTF-8").to_owned()
    }

    /// Runs a command that signs, with a key of `who`, at the node of that key's owner.
    fn signed(&self, who: &Member, key: &str, arguments: &[&str]) -> Said {
        let node = self.net.node(who.place % VALIDATORS, "api");
        let mut all = arguments.to_vec();
        all.extend(["--node", &node, "--key", key, "--passphrase-file", &who.passphrase_file, "--wait", WAIT]);
        let said = self.net.run(&all);
        let bills = said.json["bills"].as_array().into_iter().flatten();
        bills.filter_map(|bill| bill["height"].as_u64()).for_each(|height| self.saw(height));
        said
    }

    /// `bencao …` with the key for bills of `who`.
    pub(crate) fn run(&self, who: &str, arguments: &[&str]) -> Said {
        let member = self.net.member(who);
        self.signed(&member, &member.key, arguments)
    }

    /// The same, all of whose bills must be applied.
    pub(crate) fn done(&self, who: &str, arguments: &[&str]) -> Value {
        let said = self.run(who, arguments);
        assert_eq!(said.code, 0, "{who} {arguments:?}: {}", said.json);
        said.json
    }

    /// The same, whose last bill must be rejected by `rule`; that bill.
    pub(crate) fn refused(&self, who: &str, arguments: &[&str], rule: &str) -> Value {
        rejected(&self.run(who, arguments), &format!("{who} {arguments:?}"), rule)
    }

    /// `bencao tx release …` with the release key of `who`.
    pub(crate) fn release(&self, who: &str, batch: (&str, &str, usize), papers: &[&str]) -> Said {
        let member = self.net.member(who);
        let key = member.release_key.clone().expect("a releasing member");
        let (product, batch_no, units) = (batch.0, batch.1, batch.2.to_string());
        let mut arguments = vec!["tx", "release", "--product", product, "--batch", batch_no, "--units", &units];
        arguments.extend(papers);
        self.signed(&member, &key, &arguments)
    }

    /// Activates one batch by Relation XML: outer packages with what is in them.
    pub(crate) fn commission(&self, who: &str, batch: &Batch) -> Said {
        let name = format!("{}-{}.xml", batch.product, batch.batch_no);
        let path = self.file(&name, &batch.relation());
        let number = format!("C-{}-{}", batch.product, batch.batch_no);
        self.run(who, &["tx", "commission", &path, "--document-no", &number])
    }

    /// Activates and releases one batch.
    pub(crate) fn make(&self, who: &str, batch: &Batch, papers: &[&str]) {
        let said = self.commission(who, batch);
        assert_eq!(said.code, 0, "{}", said.json);
        let said = self.release(who, (&batch.product, &batch.batch_no, batch.units()), papers);
        assert_eq!(said.code, 0, "{}", said.json);
    }

    /// Sends one operation of docs/contract.md §2; the bill as the command shows it.
    pub(crate) fn send(&self, who: &str, number: &str, operation: &Value) -> Said {
        let path = self.file(&format!("{number}.json"), &request(number, operation).to_string());
        self.run(who, &["tx", "submit", &path])
    }

    /// Sends one operation that must be applied; its bill.
    pub(crate) fn does(&self, who: &str, number: &str, operation: &Value) -> Value {
        let said = self.send(who, number, operation);
        assert_eq!(said.code, 0, "{who} {number}: {}", said.json);
        said.json["bills"][0].clone()
    }

    /// Sends operations of one file, all of which must be applied.
    pub(crate) fn does_all(&self, who: &str, operations: &[(String, Value)]) {
        let list: Vec<Value> = operations.iter().map(|(number, operation)| request(number, operation)).collect();
        let path = self.file("operations.json", &Value::Array(list).to_string());
        let said = self.run(who, &["tx", "submit", &path]);
        assert_eq!((said.code, &said.json["applied"]), (0, &json!(operations.len())), "{who}: {}", said.json);
    }

    /// Sends one operation that must be rejected by `rule`; its bill.
    pub(crate) fn may_not(&self, who: &str, number: &str, operation: &Value, rule: &str) -> Value {
        rejected(&self.send(who, number, operation), &format!("{who} {number}"), rule)
    }

    /// Sends a movement document as CSV with Chinese headers: one bill, a row a code.
    pub(crate) fn movement(&self, who: &str, fields: &[(&str, &str)], codes: &[String]) -> Said {
        let header: Vec<&str> = fields.iter().map(|(name, _)| *name).chain(["追溯码"]).collect();
        let mut text = header.join(",") + "\n";
        for (i, code) in codes.iter().enumerate() {
            // Below the first row of a bill, its number says that it goes on; the other columns may be empty.
            let cells = fields.iter().enumerate().map(|(at, (_, value))| if i == 0 || at == 0 { *value } else { "" });
            text += &(cells.chain([code.as_str()]).collect::<Vec<_>>().join(",") + "\n");
        }
        let path = self.file("movement.csv", &text);
        self.run(who, &["tx", "submit", &path])
    }

    /// A movement that must be applied; its bill.
    pub(crate) fn moves(&self, who: &str, fields: &[(&str, &str)], codes: &[String]) -> Value {
        let said = self.movement(who, fields, codes);
        assert_eq!(said.code, 0, "{who} {fields:?}: {}", said.json);
        said.json["bills"][0].clone()
    }

    /// A movement that must be rejected by `rule`; its bill.
    pub(crate) fn stuck(&self, who: &str, fields: &[(&str, &str)], codes: &[String], rule: &str) -> Value {
        rejected(&self.movement(who, fields, codes), &format!("{who} {fields:?}"), rule)
    }

    /// 201: ships.
    pub(crate) fn ships(&self, who: &str, number: &str, to: &str, codes: &[String]) -> Value {
        self.moves(who, &shipment(number, "201", &self.id(to)), codes)
    }

    /// 102: receives what `from` shipped.
    pub(crate) fn receives(&self, who: &str, number: &str, (from, shipped): (&str, &str), codes: &[String]) -> Value {
        self.moves(who, &receipt(number, "102", &self.id(from), shipped), codes)
    }

    /// A bill was final at this height.
    pub(crate) fn saw(&self, height: u64) {
        self.reached.set(self.reached.get().max(height));
    }

    /// A JSON answer of a node that has executed all that was seen so far.
    pub(crate) fn read(&self, path: &str) -> Value {
        let node = VALIDATORS;
        self.net.eventually("the observer has caught up", || {
            self.net.height(node).is_some_and(|height| height >= self.reached.get())
        });
        self.net.read(node, path)
    }

    /// `GET /v1/codes/{code}`.
    pub(crate) fn code(&self, code: &str) -> Value {
        self.read(&format!("/v1/codes/{code}"))
    }

    /// Asserts the lifecycle state of codes.
    pub(crate) fn assert_state<'c>(&self, codes: impl IntoIterator<Item = &'c String>, state: &str) {
        for code in codes {
            assert_eq!(self.code(code)["state"], state, "{code}");
        }
    }

    /// The alarm that a rejected bill left, which must be of this kind and level.
    pub(crate) fn assert_alarm(&self, bill: &Value, kind: &str, level: &str) -> Value {
        let alarm = self.read(&format!("/v1/alarms/{}/{}", bill["height"], bill["index"]));
        assert_eq!((&alarm["kind"], &alarm["level"]), (&json!(kind), &json!(level)), "{alarm}");
        alarm
    }

    /// Reads the event stream from the block of a bill on until it tells of an event of this kind that the bill made.
    pub(crate) fn assert_event(&self, bill: &Value, kind: &str) -> Value {
        let height = bill["height"].as_u64().expect("a final bill");
        let path = format!("/v1/events?cursor={}-{last}-{last}", height - 1, last = u32::MAX);
        let events = crate::harness::stream(&self.net.node(VALIDATORS, "api"), &path);
        for event in events {
            assert!(event["height"].as_u64() <= Some(height), "no {kind} of {bill}");
            if event["transaction_id"] == bill["transaction_id"] && event["kind"] == kind {
                return event;
            }
        }
        panic!("the stream ended before {kind} of {bill}");
    }

    /// All nodes have the same blocks and results up to all that was seen.
    pub(crate) fn assert_one_truth(&self) {
        let last = self.reached.get();
        assert!(last > 0);
        self.net.await_height(last);
        (1..=last).for_each(|height| self.net.assert_same_at(height));
    }
}

/// Fields of a shipment.
pub(crate) fn shipment<'f>(number: &'f str, bill_type: &'f str, to: &'f str) -> [(&'f str, &'f str); 3] {
    [("单据编号", number), ("单据类型", bill_type), ("收货企业", to)]
}

/// Fields of a receipt.
pub(crate) fn receipt<'f>(
    number: &'f str,
    bill_type: &'f str,
    from: &'f str,
    shipped: &'f str,
) -> [(&'f str, &'f str); 5] {
    [("单据编号", number), ("单据类型", bill_type), ("发货企业", from), ("发货单编号", shipped), ("是否验证", "1")]
}

fn request(number: &str, operation: &Value) -> Value {
    json!({"document_no": number, "operation": operation})
}

/// The last bill of what a command said, which must be rejected by `rule`.
pub(crate) fn rejected(said: &Said, what: &str, rule: &str) -> Value {
    let last = said.json["bills"].as_array().and_then(|bills| bills.last()).cloned().unwrap_or_default();
    assert_eq!((said.code, &last["error"]["name"]), (3, &json!(rule)), "{what}: {}", said.json);
    last
}

/// A file that lies beside the stories.
fn beside(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/it").join(name);
    path.to_str().expect("UTF-8").to_owned()
}

/// Today in UTC+8, by this machine's clock, so many days later.
pub(crate) fn day(later: i64) -> String {
    let today = TimestampMs(now_ms()).china_date();
    plus(&today.to_string(), later)
}

fn since_1970() -> Duration {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("after 1970")
}

/// This machine's time, milliseconds since 1970.
pub(crate) fn now_ms() -> u64 {
    u64::try_from(since_1970().as_millis()).expect("before the year 500 million")
}

/// The day so many days after another.
pub(crate) fn plus(day: &str, later: i64) -> String {
    let days = i64::from(CalendarDate::parse(day).expect("a date").days()) + later;
    CalendarDate::from_days(u32::try_from(days).expect("after 1970")).to_string()
}

/// Digest of a document that stays with its owner.
pub(crate) fn sm3(text: &str) -> String {
    bencao_crypto::sm3(text.as_bytes()).to_string()
}

/// One batch: packages of level 2 with what is in them.
#[derive(Clone)]
pub(crate) struct Batch {
    pub(crate) product: String,
    pub(crate) batch_no: String,
    pub(crate) made_on: String,
    pub(crate) expires_on: String,
    pub(crate) cases: Vec<(String, Vec<String>)>,
}

impl Batch {
    /// `cases` cases of `holds` boxes, serials from `first` on, made thirty days ago for a year.
    pub(crate) fn new(
        product: &str,
        batch_no: &str,
        prefixes: [&str; 2],
        first: u64,
        (cases, holds): (u64, u64),
    ) -> Batch {
        let code = |prefix: &str, serial: u64| format!("{prefix}{serial:013}");
        let case = |n: u64| {
            let boxes = (0..holds).map(|i| code(prefixes[0], first + n * holds + i)).collect();
            (code(prefixes[1], first + n), boxes)
        };
        Batch {
            product: product.to_owned(),
            batch_no: batch_no.to_owned(),
            made_on: day(-30),
            expires_on: day(335),
            cases: (0..cases).map(case).collect(),
        }
    }

    /// Smallest units.
    pub(crate) fn units(&self) -> usize {
        self.cases.iter().map(|(_, boxes)| boxes.len()).sum()
    }

    fn relation(&self) -> String {
        let Batch { product, batch_no, made_on, expires_on, cases } = self;
        let mut text = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Document License=\"示例\">\n\
             <Relation productCode=\"{product}\" subTypeNo=\"1\" cascade=\"1:10\" packageSpec=\"箱\" comment=\"\">\n\
             <Batch batchNo=\"{batch_no}\" madeDate=\"{made_on}\" validateDate=\"{expires_on}\" workshop=\"一车间\" \
             lineName=\"1号线\" lineManager=\"\">\n"
        );
        for (case, boxes) in cases {
            text += &format!("<Code curCode=\"{case}\" packLayer=\"2\" parentCode=\"\" flag=\"0\"/>\n");
            for code in boxes {
                text += &format!("<Code curCode=\"{code}\" packLayer=\"1\" parentCode=\"{case}\" flag=\"0\"/>\n");
            }
        }
        text + "</Batch>\n</Relation>\n</Document>\n"
    }
}

/// A product of two package levels for `product register`, made by whoever registers it.
pub(crate) fn product(id: &str, class: &str, prefixes: [&str; 2], holds: u32) -> Value {
    json!({
        "id": id, "holder": "producer", "producer": "producer", "class": class, "prescription_only": true,
        "generic_name": "示例药品", "trade_name": "", "dosage_form": "片剂", "strength": "0.1g",
        "approval_number": "国药准字H65020009", "standard_code": "", "shelf_life_months": 24, "ratio_semantics": "per_level",
        "packages": [
            {"prefix": prefixes[0], "level": 1, "holds": 0, "description": "盒"},
            {"prefix": prefixes[1], "level": 2, "holds": holds, "description": "箱"},
        ],
    })
}

impl Market {
    /// Registers products under a filed coding rule.
    pub(crate) fn registers(&self, who: &str, products: &[Value]) -> Said {
        let path = self.file("products.json", &Value::Array(products.to_vec()).to_string());
        self.run(who, &["product", "register", &path, "--coding-filing", "备案-2026-1", "--issuer", "码上放心"])
    }

    /// Grants a licence from last year for five years, as the department of its kind.
    pub(crate) fn grants(&self, who: &str, to: &str, (kind, number): (&str, &str), scope: &str, letters: &str) {
        let (to, from, until) = (self.id(to), day(-300), day(1_400));
        let mut arguments = vec!["member", "grant", "--to", &to, "--kind", kind, "--number", number, "--scope", scope];
        arguments.extend(["--from", &from, "--until", &until]);
        if !letters.is_empty() {
            arguments.extend(["--letters", letters]);
        }
        self.done(who, &arguments);
    }
}
