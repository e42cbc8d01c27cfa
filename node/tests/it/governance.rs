//! Decisions and keys through the API: proposed, executed in the next block, and counting two heights later.

use crate::world::{Node, World, now, signed};
use bencao_chaincode::Operation;
use bencao_chaincode::governance::Parameter;
use bencao_chaincode::transaction::{
    ChangeKeys, ChangeParameters, Content, KeyChange, KeyGrant, ParameterValue, SubmitMotion,
};
use bencao_client::api::{Finality, Outcome};
use bencao_crypto::SigningKey;
use bencao_genesis::KeyPurpose;
use serde_json::Value;

fn get(node: &Node, path: &str) -> (u16, Value) {
    let (status, body) = crate::hostile::get(node.address(), path);
    (status, serde_json::from_str(&body).unwrap())
}

/// The first event of a kind.
fn event(node: &Node, kind: &str) -> Value {
    let mut events = node.client.events(Some("0-0-0")).unwrap();
    events.find_map(|e| e.ok().filter(|e| e.kind == kind)).unwrap().data
}

#[test]
fn the_only_voter_changes_the_block_interval() {
    let world = World::new();
    let node = world.start();
    let (_, validators) = get(&node, "/v1/validators");
    assert_eq!((validators["revision"].as_u64(), validators["total_power"].as_u64()), (Some(0), Some(1)));
    assert_eq!(validators["validators"][0]["name"], "node0");
    assert_eq!(validators["observers"][0]["organisation"], world.hospital.principal.to_string());
    assert_eq!(get(&node, "/v1/governance/proposals/1").1["name"], "unknown_record");
    assert_eq!(get(&node, "/v1/governance/proposals/x").1["name"], "bad_request");

    let set = vec![ParameterValue { name: Parameter::BlockIntervalMs, value: 150 }];
    let content = Content::ChangeParameters(ChangeParameters { set });
    let digest = content.digest();
    let voting_ends = now().plus_ms(3_600_000);
    let motion = SubmitMotion { content, reason: "提速".into(), voting_ends, effective: None };
    let bill = node.settle(&signed(&world.administrator, "G-1", Operation::SubmitMotion(motion)), Finality::Final);
    assert_eq!(bill.status, Outcome::Applied, "{bill:?}");
    let settled = event(&node, "motion_settled");
    assert_eq!((settled["motion"].as_u64(), settled["transaction_id"].as_str()), (Some(1), None));
    let done = settled["height"].as_u64().unwrap();
    assert_eq!(done, bill.height.unwrap() + 1);

    let proposal = node.client.proposal(1).unwrap();
    assert_eq!((proposal["status"].as_str(), proposal["status_zh"].as_str()), (Some("executed"), Some("已执行")));
    assert_eq!(proposal["content_digest"], digest.to_string());
    assert_eq!((proposal["needed"].as_u64(), proposal["in_favour"].as_u64()), (Some(1), Some(1)));
    assert_eq!(proposal["settled"]["height"], done);
    let history: Vec<&str> =
        proposal["history"].as_array().unwrap().iter().map(|e| e["kind"].as_str().unwrap()).collect();
    assert_eq!(history, ["motion_submitted", "vote_cast", "motion_approved", "motion_settled"]);
    let list = node.client.proposals(None).unwrap();
    assert_eq!(list["proposals"].as_array().unwrap().len(), 1);
    assert_eq!(list["proposals"][0]["history"], Value::Null);
    let parameters = node.client.parameters().unwrap();
    let newest = parameters["settings"].as_array().unwrap().last().unwrap();
    assert_eq!(
        (newest["since"].as_u64(), newest["parameters"]["block_interval_ms"].as_u64()),
        (Some(done + 2), Some(150))
    );
    assert_eq!(parameters["voters"][0]["id"], world.producer.principal.to_string());
    node.stop();
}

#[test]
fn an_administrator_adds_a_key_that_signs_from_the_next_block_on() {
    let world = World::new();
    let node = world.start();
    let organisation = &world.producer.principal;
    let query = SigningKey::generate().unwrap();
    let message = KeyGrant::proof_message(world.genesis.chain_id(), organisation, KeyPurpose::Query, &query.public());
    let grant = KeyGrant {
        purpose: KeyPurpose::Query,
        public_key: query.public(),
        proof: Some(query.sign(&message)),
        scope: vec![],
        valid_from: None,
        valid_to: None,
    };
    let changes = vec![KeyChange::Add(grant)];
    let operation = Operation::ChangeKeys(ChangeKeys { changes, reason: "查询".into() });
    let bill = node.settle(&signed(&world.administrator, "K-1", operation.clone()), Finality::Final);
    assert_eq!(bill.status, Outcome::Applied, "{bill:?}");
    let keys = node.client.keys(organisation.as_str()).unwrap();
    let all = keys["keys"].as_array().unwrap();
    let added = all.iter().find(|k| k["key_id"] == query.public().id().to_string()).unwrap();
    assert_eq!((added["purpose"].as_str(), added["in_force"].as_bool()), (Some("query"), Some(true)));
    assert_eq!((keys["standing"].as_str(), keys["votes"].as_bool()), (Some("active"), Some(true)));
    let refused = node.settle(&signed(&world.administrator, "K-2", operation), Finality::Final);
    assert_eq!(refused.error.unwrap().name, "key_exists");
    let order = get(&node, &format!("/v1/organisations/{organisation}/key-orders/K-1"));
    assert_eq!((order.0, order.1["name"].as_str()), (404, Some("unknown_record")), "nothing waited");
    node.stop();
}
