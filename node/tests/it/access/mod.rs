//! The tables of docs/access.md through real sockets: every path for every kind of asker, every right for every purpose of key;
//! and what credentials must be, what is entered in the access log, rates and proxies.

mod credentials;
mod tables;

use crate::world::{
    Node, PATIENCE, World, code, commission, dispense, entry, key, now, organisation_id, release, ship, signed,
};
use bencao_access::policy::{self, Right};
use bencao_access::request::{self, CONTENT_DIGEST, MANDATE, PURPOSE, SIGNATURE, SIGNATURE_INPUT, escape, sign};
use bencao_access::token::{TokenFile, TokenRecord};
use bencao_access::{Request, Token};
use bencao_chaincode::Operation;
use bencao_chaincode::mandates::ReadScope;
use bencao_chaincode::transaction::GiveMandate;
use bencao_client::api::{Finality, Outcome};
use bencao_client::bill::Signer;
use bencao_crypto::SigningKey;
use bencao_genesis::{CalendarDate, KeyPurpose, OrgId, Organisation, RegionCode, Role};
use serde_json::Value;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};

/// An answer as it came.
#[derive(Debug)]
struct Answer {
    status: u16,
    head: String,
    body: String,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("no JSON: {self:?}"))
    }

    /// Status, and the error's name if it is one.
    fn verdict(&self) -> String {
        if self.status < 400 {
            return self.status.to_string();
        }
        format!("{} {}", self.status, self.json()["name"].as_str().unwrap())
    }

    fn header(&self, name: &str) -> Option<String> {
        let line = self.head.lines().find(|l| l.to_ascii_lowercase().starts_with(&format!("{name}:")))?;
        Some(line.split_once(':').unwrap().1.trim().to_owned())
    }
}

/// Header fields.
type Fields = Vec<(&'static str, String)>;

/// One request on a connection of its own. An event stream is read until its head is there.
fn ask(at: SocketAddr, method: &str, target: &str, headers: &[(&str, String)], body: &[u8]) -> Answer {
    let mut text = format!("{method} {target} HTTP/1.1\r\nhost: {at}\r\nconnection: close\r\n");
    for (name, value) in headers {
        text += &format!("{name}: {value}\r\n");
    }
    if method == "POST" {
        text += &format!("content-length: {}\r\n", body.len());
    }
    let mut stream = TcpStream::connect(at).unwrap();
    stream.write_all(&[text.as_bytes(), b"\r\n", body].concat()).unwrap();
    let (mut answer, mut byte) = (Vec::new(), [0]);
    while !answer.ends_with(b"\r\n\r\n") && stream.read(&mut byte).unwrap_or(0) == 1 {
        answer.push(byte[0]);
    }
    let head = String::from_utf8(answer).unwrap();
    let mut body = Vec::new();
    if !head.contains("text/event-stream") {
        // The node closes after its answer.
        let _ = stream.read_to_end(&mut body);
    }
    let status = head.split(' ').nth(1).and_then(|s| s.parse().ok()).unwrap_or(0);
    Answer { status, head, body: String::from_utf8_lossy(&body).into_owned() }
}

/// Header fields of a request signed with a key.
fn signature(
    at: SocketAddr,
    key: &SigningKey,
    method: &str,
    target: &str,
    with: &Extra,
    body: Option<&[u8]>,
) -> Fields {
    let digest = body.map(request::content_digest);
    let (path, query) = match target.split_once('?') {
        None => (target, None),
        Some((path, query)) => (path, Some(query)),
    };
    let request = Request {
        method,
        authority: &at.to_string(),
        path,
        query,
        content_digest: digest.as_deref(),
        purpose: with.purpose.as_deref(),
        mandate: with.mandate.as_deref(),
    };
    let nonce = bencao_crypto::sm3(format!("{target}{:?}", std::time::Instant::now()).as_bytes());
    let created = now().0 / 1_000;
    let signed = sign(&request, key, created, 60, nonce.0[..16].try_into().unwrap());
    let mut headers = vec![(SIGNATURE_INPUT, signed.input), (SIGNATURE, signed.signature)];
    headers.extend(digest.map(|d| (CONTENT_DIGEST, d)));
    headers.extend(with.fields());
    headers
}

/// What goes with a request beside its credentials, percent-encoded.
#[derive(Clone, Debug, Default)]
struct Extra {
    purpose: Option<String>,
    mandate: Option<String>,
}

impl Extra {
    fn purpose(text: &str) -> Extra {
        Extra { purpose: Some(escape(text)), mandate: None }
    }

    fn fields(&self) -> impl Iterator<Item = (&'static str, String)> + '_ {
        let purpose = self.purpose.iter().map(|p| (PURPOSE, p.clone()));
        purpose.chain(self.mandate.iter().map(|m| (MANDATE, m.clone())))
    }
}

/// Somebody who asks.
enum Who {
    Nobody,
    Key(Box<SigningKey>, Extra),
    Bearer(String, Extra),
}

impl Who {
    fn signs(key: SigningKey, with: Extra) -> Who {
        Who::Key(Box::new(key), with)
    }

    fn get(&self, at: SocketAddr, target: &str) -> Answer {
        let headers = match self {
            Who::Nobody => Vec::new(),
            Who::Key(key, with) => signature(at, key, "GET", target, with, None),
            Who::Bearer(token, with) => {
                std::iter::once(("authorization", format!("Bearer {token}"))).chain(with.fields()).collect()
            }
        };
        ask(at, "GET", target, &headers, b"")
    }

    fn post(&self, at: SocketAddr, target: &str, media: &str, body: &[u8]) -> Answer {
        let mut headers = match self {
            Who::Nobody => Vec::new(),
            Who::Key(key, with) => signature(at, key, "POST", target, with, Some(body)),
            Who::Bearer(token, with) => {
                std::iter::once(("authorization", format!("Bearer {token}"))).chain(with.fields()).collect()
            }
        };
        headers.push(("content-type", media.to_owned()));
        ask(at, "POST", target, &headers, body)
    }
}

fn outsider(name: &str, first: &str, role: Role, region: &str, key: &SigningKey) -> Organisation {
    Organisation {
        id: organisation_id(first),
        name: name.into(),
        roles: vec![role],
        jurisdiction: RegionCode::parse(region).unwrap(),
        licences: vec![],
        keys: vec![entry(KeyPurpose::Transact, key)],
    }
}

/// A chain with members of every kind, and what happened on it.
struct Stage {
    world: World,
    node: Node,
    at: SocketAddr,
    trader: SigningKey,
    bank: SigningKey,
    regulator: SigningKey,
    distant: SigningKey,
    health: SigningKey,
    bank_id: OrgId,
    alarm: String,
    shipment: String,
}

const ADMIN: &str = "operator";
/// Rates that tests of rights do not reach.
const GUARDED: &str = "[access]\npublic_per_second = 100000\n";

impl Stage {
    fn new() -> Stage {
        Stage::configured(GUARDED)
    }

    fn configured(lines: &str) -> Stage {
        let [trader, bank, regulator, distant, health] = [key(), key(), key(), key(), key()];
        let more = vec![
            outsider("北疆医药", "91650100MA0000002", Role::Wholesaler, "650100", &trader),
            outsider("天山银行", "91650100MA0000003", Role::FinancialInstitution, "650100", &bank),
            outsider("自治区药监局", "11650000MB0000001", Role::DrugRegulator, "650000", &regulator),
            outsider("外省药监局", "11110000MB0000002", Role::DrugRegulator, "110000", &distant),
            outsider("自治区卫健委", "11650000MB0000003", Role::HealthAuthority, "650000", &health),
        ];
        let bank_id = more[1].id.clone();
        let world = World::with(more);
        world.configure(lines);
        let node = world.start();
        let at = node.address();
        let mut stage = Stage {
            world,
            node,
            at,
            trader,
            bank,
            regulator,
            distant,
            health,
            bank_id,
            alarm: String::new(),
            shipment: String::new(),
        };
        stage.act();
        stage
    }

    /// Two codes made and released, one on its way to the hospital, an illegal attempt, a consent.
    fn act(&mut self) {
        let producer = &self.world.producer;
        let hospital = self.world.hospital.principal.clone();
        self.apply(producer, "C-1", commission(1..3, 2));
        self.apply(&self.world.releaser, "R-1", release(2));
        let shipped = self.apply(producer, "S-1", ship(&hospital, 1));
        let consent = GiveMandate {
            agent: self.bank_id.clone(),
            participant: None,
            operations: vec![],
            products: vec![],
            reads: vec![ReadScope::Stock, ReadScope::Lots, ReadScope::Bills, ReadScope::File],
            valid_from: now().china_date(),
            valid_to: CalendarDate::from_days(now().china_date().days() + 30),
            uses_max: None,
            document: None,
        };
        self.apply(producer, "M-1", Operation::GiveMandate(consent));
        let refused = self.send(&self.world.hospital, "D-1", dispense(2));
        assert_eq!(refused["status"], "rejected", "{refused}");
        self.alarm = format!("/v1/alarms/{}/{}", refused["height"], refused["index"]);
        self.shipment = shipped["transaction_id"].as_str().unwrap().to_owned();
    }

    /// Sends a bill in its signer's own name and waits until it is final.
    fn send(&self, signer: &Signer, no: &str, operation: Operation) -> Value {
        self.send_for(signer, no, operation, Extra::default())
    }

    /// The same of an authority, which says what for.
    fn send_for(&self, signer: &Signer, no: &str, operation: Operation, with: Extra) -> Value {
        let bill = signed(signer, no, operation);
        let who = Who::signs(signer.key.clone(), with);
        let sent = who.post(self.at, "/v1/transactions", "application/octet-stream", &bill.bytes);
        assert_eq!(sent.status, 202, "{sent:?}");
        let wait = format!("/v1/transactions/{}?wait={}s", bill.id, PATIENCE.as_secs());
        loop {
            let answer = who.get(self.at, &wait).json();
            if answer["status"] != "pending" {
                return answer;
            }
        }
    }

    fn apply(&self, signer: &Signer, no: &str, operation: Operation) -> Value {
        let outcome = self.send(signer, no, operation);
        assert_eq!(outcome["status"], "applied", "{outcome}");
        outcome
    }

    fn producer(&self) -> String {
        self.world.producer.principal.to_string()
    }

    /// A token of the node, as `bencao token new` makes it.
    fn token(&self, seed: u8, change: impl FnOnce(&mut TokenRecord)) -> String {
        let token = Token::from_random(&zeroize::Zeroizing::new([seed; 40]));
        let folder = self.world.path("access");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("token-key"), "09".repeat(32)).unwrap();
        let mut record = TokenRecord {
            id: token.id(),
            name: "test".into(),
            role: policy::Role::Admin,
            organisation: None,
            scopes: vec![],
            created_ms: 1,
            expires_ms: None,
            digest: token.digest(&[9; 32]),
        };
        change(&mut record);
        let list = folder.join("tokens.toml");
        let text = std::fs::read_to_string(&list).unwrap_or_default();
        let mut file: TokenFile = toml::from_str(&text).unwrap();
        file.tokens.push(record);
        std::fs::write(folder.join("fresh"), toml::to_string(&file).unwrap()).unwrap();
        std::fs::rename(folder.join("fresh"), list).unwrap();
        token.show().to_string()
    }

    fn admin(&self) -> Who {
        Who::Bearer(self.token(1, |r| r.name = ADMIN.into()), Extra::default())
    }

    fn query_key(&self) -> SigningKey {
        self.of_producer(KeyPurpose::Query)
    }

    fn of_producer(&self, purpose: KeyPurpose) -> SigningKey {
        self.world.of_producer.iter().find(|(p, _)| *p == purpose).unwrap().1.clone()
    }
}
