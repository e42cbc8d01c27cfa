//! A node of one process for tests of the commands: the real rules behind the few calls of the API that sending bills needs.
//! Every bill is a block. Real nodes are tested by `bencao demo` and the story tests.

use bencao_chaincode::event::{EventRecord, EventSource, Subject};
use bencao_chaincode::execute::{BlockContext, execute_block};
use bencao_chaincode::query;
use bencao_chaincode::state::{StateKey, StateView, ViewError};
use bencao_chaincode::transaction::DocumentNumber;
use bencao_chaincode::{Admitted, Outcome, admit, genesis_state, rejection};
use bencao_crypto::LibraryKeys;
use bencao_genesis::{Genesis, Height, OrgId};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

struct Memory(BTreeMap<StateKey, Vec<u8>>);

impl StateView for Memory {
    fn get(&self, key: &StateKey) -> Result<Option<Vec<u8>>, ViewError> {
        Ok(self.0.get(key).cloned())
    }

    fn scan(&self, from: &StateKey, to: &StateKey, limit: usize) -> Result<Vec<(StateKey, Vec<u8>)>, ViewError> {
        Ok(self.0.range(from..to).take(limit).map(|(k, v)| (k.clone(), v.clone())).collect())
    }
}

#[derive(Default)]
struct Events(BTreeMap<Subject, Vec<EventRecord>>);

impl EventSource for Events {
    fn events(&self, subject: &Subject, limit: usize) -> Result<Vec<EventRecord>, ViewError> {
        Ok(self.0.get(subject).into_iter().flatten().take(limit).cloned().collect())
    }
}

struct Chain {
    genesis: Genesis,
    state: Memory,
    events: Events,
    height: u64,
    bills: Vec<Value>,
    /// How many more bills are taken before the node is gone.
    left: usize,
}

/// A running node.
pub(crate) struct Solo {
    pub(crate) address: String,
    chain: Arc<Mutex<Chain>>,
}

impl Solo {
    pub(crate) fn start(genesis: Genesis) -> Solo {
        let state = Memory(genesis_state(&genesis).unwrap());
        let events = Events::default();
        let chain = Chain { genesis, state, events, height: 0, bills: Vec::new(), left: usize::MAX };
        let chain = Arc::new(Mutex::new(chain));
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let served = Arc::clone(&chain);
        // Ends with the test's process.
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                serve(stream.unwrap(), &mut served.lock().unwrap());
            }
        });
        Solo { address, chain }
    }

    /// After this many more bills, every connection breaks.
    pub(crate) fn gone_after(&self, bills: usize) {
        self.chain.lock().unwrap().left = bills;
    }

    /// Numbers of all bills that were executed, in order.
    pub(crate) fn executed(&self) -> Vec<String> {
        let chain = self.chain.lock().unwrap();
        chain.bills.iter().map(|b| b["document_no"].as_str().unwrap().to_owned()).collect()
    }
}

fn serve(mut stream: TcpStream, chain: &mut Chain) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let (mut first, mut length) = (String::new(), 0);
    reader.read_line(&mut first).unwrap();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        if let Some(n) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = n.trim().parse().unwrap();
        }
        if line.trim().is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    if chain.left == 0 {
        return;
    }
    let mut words = first.split_whitespace();
    let (method, path) = (words.next().unwrap(), words.next().unwrap().split('?').next().unwrap());
    let (status, answer) = chain.answer(method, path, &body);
    let text = answer.to_string();
    let head = format!("HTTP/1.1 {status} x\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", text.len());
    stream.write_all((head + &text).as_bytes()).unwrap();
}

fn fault(code: u16, name: &str) -> Value {
    json!({ "code": code, "name": name, "message_zh": name, "message_en": name })
}

impl Chain {
    fn answer(&mut self, method: &str, path: &str, body: &[u8]) -> (u16, Value) {
        let parts: Vec<&str> = path.split('/').skip(2).collect();
        let found = |bill: Option<&Value>, code, name| bill.map_or((404, fault(code, name)), |b| (200, b.clone()));
        match (method, parts.as_slice()) {
            ("GET", ["status"]) => (200, self.status()),
            ("POST", ["transactions"]) => self.take(body),
            ("GET", ["transactions", id]) => {
                found(self.bills.iter().find(|b| b["transaction_id"] == *id), 9008, "unknown_transaction")
            }
            ("GET", ["organisations", who, "bills", no]) => {
                let ours = |b: &&Value| b["principal"] == *who && b["document_no"] == *no;
                found(self.bills.iter().rev().find(ours), 9009, "unknown_bill")
            }
            _ => match self.governance(&parts) {
                Some(view) => (200, view),
                None => (404, fault(9020, "unknown_record")),
            },
        }
    }

    /// Reads that commands of governance ask for.
    fn governance(&self, parts: &[&str]) -> Option<Value> {
        let height = Height(self.height);
        let shown = |value: Result<Value, serde_json::Error>| Some(value.unwrap());
        match parts {
            ["governance", "proposals"] => {
                let all = query::motions(&self.state, None, 50).unwrap();
                Some(json!({ "height": self.height, "proposals": all }))
            }
            ["governance", "proposals", number] => {
                let context = self.context(self.height + 1);
                let number = number.parse().ok()?;
                shown(serde_json::to_value(query::motion(&self.state, &self.events, &context, number).unwrap()?))
            }
            ["governance", "parameters"] => {
                shown(serde_json::to_value(query::parameters(&self.state, height).unwrap()))
            }
            ["validators"] => shown(serde_json::to_value(query::validators(&self.state, height).unwrap())),
            ["organisations", who, "keys"] => {
                let id = OrgId::parse(who).ok()?;
                shown(serde_json::to_value(query::keys(&self.state, &id, height).unwrap()?))
            }
            ["organisations", who, "key-orders", no] => {
                let (id, number) = (OrgId::parse(who).ok()?, DocumentNumber((*no).to_owned()));
                shown(serde_json::to_value(query::key_order(&self.state, &id, &number).unwrap()?))
            }
            _ => None,
        }
    }

    fn context(&self, height: u64) -> BlockContext {
        BlockContext {
            chain: self.genesis.chain_id(),
            height: Height(height),
            time: self.genesis.time_ms.plus_ms(height),
            rule_version: 1,
            limits: self.genesis.limits.clone(),
            params: self.genesis.params.clone(),
        }
    }

    /// Executes a block and keeps what it gives.
    fn execute(&mut self, transactions: &[&[u8]]) -> Vec<Outcome> {
        self.height += 1;
        let output = execute_block(&self.state, &self.context(self.height), transactions, &LibraryKeys).unwrap();
        for (key, value) in output.writes {
            match value {
                Some(value) => self.state.0.insert(key, value),
                None => self.state.0.remove(&key),
            };
        }
        for event in output.events {
            self.events.0.entry(event.subject).or_default().push(event);
        }
        output.receipts.into_iter().map(|r| r.outcome).collect()
    }

    fn time(&self) -> bencao_genesis::TimestampMs {
        self.genesis.time_ms.plus_ms(self.height)
    }

    fn status(&self) -> Value {
        let limits = &self.genesis.limits;
        json!({
            "version": "0", "chain_id": self.genesis.chain_id().to_string(), "chain_name": "solo", "node": "solo",
            "kind": "validator", "crypto": {"verify": "portable", "sm3": "reference"}, "ready": true, "voting": true, "diverged": false, "height": self.height,
            "certified_height": self.height, "block_time": self.time().to_string(), "state_root": "",
            "peers_connected": 0, "behind": 0, "pending_transactions": 0, "validators": [],
            "limits": {
                "transaction_bytes_max": limits.transaction_bytes_max, "codes_per_bill_max": limits.codes_per_bill_max,
                "writes_per_transaction_max": limits.writes_per_transaction_max,
                "valid_until_ahead_ms": self.genesis.params.valid_until_ahead_ms,
            },
            "totals": { "blocks": self.height, "transactions": 0, "applied": 0, "rejected": 0, "codes": 0, "alarms": 0 },
            "finality_ms": null,
        })
    }

    fn take(&mut self, bytes: &[u8]) -> (u16, Value) {
        let admitted = match admit(bytes, &self.genesis.limits, self.genesis.chain_id(), self.time()) {
            Ok(admitted) => admitted,
            Err(refused) => return (400, error(refused.0.refusal())),
        };
        self.left -= 1;
        let outcomes = self.execute(&[bytes]);
        self.bills.push(self.bill(&admitted, &outcomes[0]));
        if admitted.operation == "submit_motion" || admitted.operation == "cast_vote" {
            // The block in which what was approved is carried out.
            self.execute(&[]);
        }
        let accepted = json!({
            "transaction_id": admitted.id.to_string(), "principal": admitted.principal, "status": "pending",
            "document_no": admitted.document_number.0, "durable": "this_node", "node": "solo",
        });
        (202, accepted)
    }

    fn bill(&self, admitted: &Admitted, outcome: &Outcome) -> Value {
        let (status, error) = match outcome {
            Outcome::Rejected(refusal) => ("rejected", error(refusal.clone())),
            _ => ("applied", Value::Null),
        };
        json!({
            "transaction_id": admitted.id.to_string(), "status": status, "finality": "final",
            "principal": admitted.principal, "document_no": admitted.document_number.0,
            "operation": admitted.operation, "codes": admitted.codes, "height": self.height, "index": 0,
            "block_time": self.time().to_string(), "error": error,
        })
    }
}

fn error(refusal: bencao_chaincode::receipt::Refusal) -> Value {
    let view = rejection::render(&refusal);
    json!({
        "code": view.code, "name": view.name, "message_zh": view.message_zh, "message_en": view.message_en,
        "expected": view.expected, "actual": view.actual, "line": null, "field": null, "retry_after_ms": null,
        "transaction_id": null,
    })
}
