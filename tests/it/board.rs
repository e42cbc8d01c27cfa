//! Those who decide: administrators of all members of a test network, who propose and vote.

use crate::harness::{Consortium, Hand};
use bencao_chaincode::transaction::{Content, KeyGrant};
use bencao_crypto::SigningKey;
use bencao_genesis::{KeyPurpose, OrgId};
use serde_json::{Value, json};
use std::cell::Cell;
use std::time::{SystemTime, UNIX_EPOCH};

/// Members with a vote, in the order in which they vote. Most decisions need more than two thirds of the five, thus four.
const VOTERS: [&str; 5] = ["producer", "regulator", "wholesaler", "pharmacy", "hospital"];

/// Proposals follow one another: it alone makes them.
pub(crate) struct Board {
    administrators: Vec<Hand>,
    motions: Cell<u64>,
    documents: Cell<u64>,
}

impl Board {
    pub(crate) fn of(net: &Consortium) -> Board {
        let administrators = VOTERS.iter().map(|name| net.administrator(&net.member(name))).collect();
        Board { administrators, motions: Cell::new(0), documents: Cell::new(0) }
    }

    fn number(&self) -> String {
        self.documents.set(self.documents.get() + 1);
        format!("G-{}", self.documents.get())
    }

    /// The administrator of a member.
    pub(crate) fn administrator(&self, name: &str) -> &Hand {
        &self.administrators[VOTERS.iter().position(|v| *v == name).expect("a member with a vote")]
    }

    /// So many members are in favour of it, which are just enough. The height of the last vote: the next block executes it.
    pub(crate) fn decide(&self, net: &Consortium, node: usize, in_favour: usize, content: &Value) -> u64 {
        let parsed: Content = serde_json::from_value(content.clone()).expect("something to decide");
        let digest = parsed.digest().to_string();
        let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970");
        let ends = now.as_millis() as u64 + 3_600_000;
        let proposal = json!({"type": "submit_motion", "content": content, "reason": "story", "voting_ends": ends});
        let mut height = net.settle(node, &self.administrators[0], &self.number(), &proposal);
        self.motions.set(self.motions.get() + 1);
        let motion = self.motions.get();
        for voter in &self.administrators[1..in_favour] {
            let vote = json!({"type": "cast_vote", "motion": motion, "content": digest, "in_favour": true});
            height = net.settle(node, voter, &self.number(), &vote);
        }
        height
    }

    /// Changes keys of a member. The height.
    pub(crate) fn change_keys(&self, net: &Consortium, node: usize, administrator: &Hand, changes: &[Value]) -> u64 {
        let change = json!({"type": "change_keys", "changes": changes, "reason": "story"});
        net.settle(node, administrator, &self.number(), &change)
    }
}

/// A new key of an organisation, with the proof that whoever names it has it.
pub(crate) fn grant(net: &Consortium, uscc: &str, purpose: KeyPurpose, key: &SigningKey) -> Value {
    let genesis = std::fs::read_to_string(net.genesis()).expect("a genesis");
    let chain = bencao_genesis::Genesis::parse(&genesis).expect("a genesis").chain_id();
    let organisation = OrgId::parse(uscc).expect("an identifier");
    let message = KeyGrant::proof_message(chain, &organisation, purpose, &key.public());
    let grant = KeyGrant {
        purpose,
        public_key: key.public(),
        proof: Some(key.sign(&message)),
        scope: Vec::new(),
        valid_from: None,
        valid_to: None,
    };
    serde_json::to_value(grant).expect("plain data")
}
