//! Form, signer, time, room and documents: 1xxx and 2xxx.

use super::*;

pub(super) fn form_rows() -> Vec<Row> {
    vec![
        row("malformed", |w| w.block(&[vec![1, 2, 3]]).receipts[0].clone(), plain),
        row(
            "transaction_too_large",
            |w| {
                let size = w.genesis.limits.transaction_bytes_max as usize + 1;
                w.block(&[vec![0; size]]).receipts[0].clone()
            },
            plain,
        ),
        row("unsupported_version", |w| send_changed(w, W, ship(P, &[b1(4)]), |t| t.version = 2), plain),
        row("wrong_chain", |w| send_changed(w, W, ship(P, &[b1(4)]), |t| t.chain = ChainId::default()), plain),
        row(
            "field_form",
            |w| w.send_as(W, "two words", ship(P, &[b1(4)])),
            |w| w.send_as(W, "单据-1", ship(P, &[b1(4)])),
        ),
        row("field_form", |w| w.send(M, new_batch(|b| b.batch_no = String::new())), |w| w.send(M, new_batch(|_| ()))),
        row("field_form", |w| w.send(M, new_batch(|b| b.declared_units = 0)), |w| w.send(M, new_batch(|_| ()))),
        row("field_form", |w| w.send(M, register(|p| p.approval_number.clear())), |w| w.send(M, register(|_| ()))),
        row(
            "field_form",
            |w| w.send(M, register(|p| p.packages[1].holds = 0)),
            |w| w.send(M, register(|p| p.packages[1].holds = 1)),
        ),
        row("too_many_codes", |w| w.send(W, disaggregate(&vec![b1(4); 10_001])), |w| w.send(W, disaggregate(&[b1(4)]))),
        row("no_codes", |w| w.send(W, ship(P, &[])), plain),
        row("writes_declared", |w| send_changed(w, W, ship(P, &[b1(4)]), |t| t.writes_max = 3), plain),
        row("unknown_organisation", |w| send_changed(w, W, ship(P, &[b1(4)]), |t| t.principal = org_id(99)), plain),
        row(
            "unknown_key",
            |w| {
                let (mut body, _) = w.transaction(W, "K", ship(P, &[b1(4)]));
                let key = signing_key(P, KeyPurpose::Transact);
                body.key = key.public().id();
                w.submit(&body, &key)
            },
            plain,
        ),
        row(
            "key_purpose",
            |w| {
                let key = signing_key(M, KeyPurpose::Transact);
                let (mut body, _) = w.transaction(M, "K", released(|_| ()));
                body.key = key.public().id();
                w.submit(&body, &key)
            },
            |w| w.send(M, released(|_| ())),
        ),
        row(
            "bad_signature",
            |w| {
                w.trusting = false;
                let (body, key) = w.transaction(W, "K", ship(P, &[b1(4)]));
                let mut signed = body.sign(&key);
                let mut bytes = signed.signature.0;
                bytes[40] ^= 1;
                signed.signature = Signature(bytes);
                w.block(&[signed.to_bytes()]).receipts[0].clone()
            },
            |w| {
                w.trusting = false;
                plain(w)
            },
        ),
        row(
            "transaction_expired",
            |w| {
                let now = w.time;
                send_changed(w, W, ship(P, &[b1(4)]), |t| t.valid_until = TimestampMs(now - 1))
            },
            |w| {
                let now = w.time;
                send_changed(w, W, ship(P, &[b1(4)]), |t| t.valid_until = TimestampMs(now))
            },
        ),
        row(
            "valid_until_too_far",
            |w| {
                let latest = w.time + w.genesis.params.valid_until_ahead_ms;
                send_changed(w, W, ship(P, &[b1(4)]), |t| t.valid_until = TimestampMs(latest + 1))
            },
            |w| {
                let latest = w.time + w.genesis.params.valid_until_ahead_ms;
                send_changed(w, W, ship(P, &[b1(4)]), |t| t.valid_until = TimestampMs(latest))
            },
        ),
        row(
            "unknown_mandate",
            |w| {
                let agent = Mandate { agent: org_id(W), number: DocumentNumber("A-1".into()) };
                send_changed(w, W, ship(P, &[b1(4)]), |t| t.mandate = Some(agent))
            },
            plain,
        ),
        row(
            "writes_exceeded",
            |w| send_changed(w, W, ship(P, &[b1(4), b1(5), b1(6), b1(7)]), |t| t.writes_max = 6),
            |w| send_changed(w, W, ship(P, &[b1(4), b1(5), b1(6), b1(7)]), |t| t.writes_max = 7),
        ),
        row(
            "document_number_taken",
            |w| w.send_as(W, "S2", ship(P, &[b1(4)])),
            |w| w.send_as(W, "S4", ship(P, &[b1(4)])),
        ),
    ]
}
