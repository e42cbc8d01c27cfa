//! A bill's way through the API: accepted, final, certified, traced, proven offline.

use crate::world::{Node, PATIENCE, World, code, commission, dispense, release, ship, signed};
use bencao_client::api::{Finality, Outcome, Submitted};
use bencao_crypto::LibraryKeys;
use serde_json::{Value, json};
use std::time::Instant;

fn prepared_batch(world: &World, node: &Node) {
    let bill = node.settle(&signed(&world.producer, "C-1", commission(1..4, 3)), Finality::Final);
    assert_eq!((bill.status, bill.codes, bill.operation.as_str()), (Outcome::Applied, 3, "commission"), "{bill:?}");
    let bill = node.settle(&signed(&world.releaser, "R-1", release(3)), Finality::Final);
    assert_eq!(bill.status, Outcome::Applied, "{bill:?}");
}

#[test]
fn a_bill_is_final_then_certified_and_its_code_is_proven_offline() {
    let world = World::new();
    let node = world.start();
    prepared_batch(&world, &node);
    let to = world.hospital.principal.clone();
    let shipped = node.settle(&signed(&world.producer, "S-1", ship(&to, 1)), Finality::Certified);
    assert_eq!((shipped.status, shipped.document_no.as_str()), (Outcome::Applied, "S-1"));

    let view = node.client.code(&code(1)).unwrap();
    assert_eq!(view["verdict"], "in_transit", "{view}");
    assert_eq!(view["in_transit"]["receiver"]["id"], to.to_string());
    let kinds: Vec<&str> = view["history"].as_array().unwrap().iter().map(|e| e["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["commissioned", "released", "shipped"]);
    assert_eq!(view["history"][2]["transaction_id"], shipped.transaction_id);
    assert_eq!(view["history"][2]["document_no"], "S-1");

    let file = node.client.proof(&code(1), PATIENCE).unwrap();
    let proven = bencao_client::verify::verify(&world.genesis, &file, &LibraryKeys).unwrap();
    assert!(proven.height.0 >= shipped.height.unwrap());
    let status = serde_json::to_value(proven.report.status.unwrap()).unwrap();
    for same in ["verdict", "state", "custodian", "in_transit", "batch", "parents"] {
        assert_eq!(status[same], view[same], "{same}");
    }
    let block = node.client.block(proven.height.0).unwrap();
    assert_eq!(block.state_root, proven.state_root.to_string());
    assert!(block.certified);

    let absent = node.client.proof(&code(999), PATIENCE).unwrap();
    assert!(!bencao_client::verify::verify(&world.genesis, &absent, &LibraryKeys).unwrap().report.commissioned);
    node.stop();
}

#[test]
fn the_same_bill_again_gets_the_first_answer_and_another_content_is_refused() {
    let world = World::new();
    let node = world.start();
    prepared_batch(&world, &node);
    let to = world.hospital.principal.clone();
    let bill = signed(&world.producer, "S-1", ship(&to, 1));
    let first = node.settle(&bill, Finality::Final);
    let again = node.client.submit(&bill.bytes, Instant::now() + PATIENCE).unwrap();
    let Submitted::Known(again) = again else { panic!("{again:?}") };
    assert_eq!((again.height, again.index), (first.height, first.index));

    let other = node.settle(&signed(&world.producer, "S-1", ship(&to, 2)), Finality::Final);
    assert_eq!(other.status, Outcome::Rejected);
    let error = other.error.unwrap();
    assert_eq!((error.name.as_str(), error.code), ("document_number_taken", 2001));
    assert_eq!(error.transaction_id.as_deref(), Some(other.transaction_id.as_str()));

    let by_number = node.client.bill(&world.producer.principal.to_string(), "S-1", PATIENCE, Finality::Final).unwrap();
    assert_eq!(by_number.transaction_id, first.transaction_id, "the applied bill has the number");
    node.stop();
}

#[test]
fn a_refused_bill_says_why_leaves_its_number_free_and_raises_an_alarm() {
    let world = World::new();
    let node = world.start();
    prepared_batch(&world, &node);
    let refused = node.settle(&signed(&world.hospital, "D-1", dispense(1)), Finality::Final);
    assert_eq!(refused.status, Outcome::Rejected);
    let error = refused.error.unwrap();
    assert_eq!(error.name, "not_custodian");
    assert_eq!(error.expected.as_deref(), Some(world.producer.principal.as_str()));
    assert_eq!(error.actual.as_deref(), Some(world.hospital.principal.as_str()));
    assert_eq!(error.field.as_deref(), Some("codes[0]"));
    assert!(!error.message_zh.is_empty() && !error.message_en.is_empty());
    let id = world.hospital.principal.to_string();
    let newest = node.client.bill(&id, "D-1", PATIENCE, Finality::Final).unwrap();
    assert_eq!(newest.transaction_id, refused.transaction_id);
    let status = node.client.status().unwrap();
    assert_eq!((status.totals.alarms, status.totals.rejected, status.totals.codes), (1, 1, 3));
    assert_eq!(status.totals.applied + status.totals.rejected, status.totals.transactions);
    assert_eq!(status.finality_ms.unwrap().count, 3);
    node.stop();
}

#[test]
fn a_program_without_our_codec_prepares_signs_and_submits() {
    let world = World::new();
    let node = world.start();
    let key = &world.producer.key;
    let request = json!({
        "principal": world.producer.principal, "key_id": key.public().id().to_string(), "document_no": "C-1",
        "operation": commission(1..2, 1),
    });
    let prepared = node.client.prepare(&request).unwrap();
    let body = hex::decode(&prepared.body).unwrap();
    assert_eq!(bencao_crypto::tagged("bencao/tx/1", &[&body]).to_string(), prepared.transaction_id);
    let message = hex::decode(&prepared.sign_message).unwrap();
    assert_eq!(key.public().message_digest(&message).to_string(), prepared.sm2_digest);
    let signature = key.sign(&message);
    let signed = json!({"body": prepared.body, "signature": hex::encode(signature.0)});
    let (status, answer) =
        crate::hostile::post(node.address(), "/v1/transactions", "application/json", signed.to_string());
    let answer: Value = serde_json::from_str(&answer).unwrap();
    assert_eq!((status, answer["durable"].as_str()), (202, Some("this_node")), "{answer}");
    let bill = node.client.transaction(&prepared.transaction_id, PATIENCE, Finality::Final).unwrap();
    assert_eq!(bill.status, Outcome::Applied, "{bill:?}");
    node.stop();
}

#[test]
fn events_come_in_order_and_resume_by_cursor() {
    let world = World::new();
    let node = world.start();
    prepared_batch(&world, &node);
    node.settle(&signed(&world.hospital, "D-1", dispense(1)), Finality::Final);
    let all: Vec<_> = node.client.events(Some("0-0-0")).unwrap().take(5).map(Result::unwrap).collect();
    let kinds: Vec<&str> = all.iter().map(|e| e.kind.as_str()).collect();
    assert_eq!(kinds, ["batch_opened", "commissioned", "batch_filled", "released", "alarm"]);
    assert_eq!(all[1].data["codes_count"], 3);
    assert_eq!(all[1].data["codes"].as_array().unwrap().len(), 3);
    assert_eq!(all[4].data["alarm"]["code"], code(1));
    for (i, event) in all.iter().enumerate().take(4) {
        let next = node.client.events(Some(&event.cursor)).unwrap().next().unwrap().unwrap();
        assert_eq!(next, all[i + 1]);
    }
    node.stop();
}

#[test]
fn what_is_unknown_is_not_found_with_its_own_name() {
    let world = World::new();
    let node = world.start();
    let unknown = |path: &str| {
        let (status, body) = crate::hostile::get(node.address(), path);
        let error: Value = serde_json::from_str(&body).unwrap();
        (status, error["name"].as_str().unwrap().to_owned())
    };
    let id = "00".repeat(32);
    let producer = &world.producer.principal;
    assert_eq!(unknown(&format!("/v1/transactions/{id}")), (404, "unknown_transaction".into()));
    assert_eq!(unknown(&format!("/v1/organisations/{producer}/bills/N")), (404, "unknown_bill".into()));
    assert_eq!(unknown(&format!("/v1/codes/{}", code(7))), (404, "unknown_code".into()));
    assert_eq!(unknown("/v1/blocks/999999"), (404, "unknown_block".into()));
    assert_eq!(unknown("/v1/blocks/0"), (404, "unknown_block".into()));
    let status = node.client.status().unwrap();
    assert!(status.ready && status.voting, "{status:?}");
    assert_eq!(crate::hostile::get(node.address(), "/readyz").0, 200);
    let (code, page) = crate::hostile::get(node.address(), "/");
    assert!(code == 200 && page.contains("药品追溯查询"));
    let (code, metrics) = crate::hostile::get(node.address(), "/metrics");
    assert!(code == 200 && metrics.contains("bencao_executed_height") && metrics.ends_with("# EOF\n"));
    node.stop();
}
