//! What credentials must be, what is entered in the access log, rates, proxies and TLS.

use super::*;

#[test]
fn signatures_are_used_once_in_their_time_for_what_they_say() {
    let stage = Stage::new();
    let at = stage.at;
    let target = format!("/v1/codes/{}", code(2));
    let key = stage.query_key();
    let good = signature(at, &key, "GET", &target, &Extra::default(), None);
    let verdict = |headers: &[(&str, String)], target: &str| ask(at, "GET", target, headers, b"").verdict();
    assert_eq!(verdict(&good, &format!("/v1/codes/{}", code(1))), "401 bad_request_signature", "another path");
    assert_eq!(verdict(&good, &format!("{target}?x=1")), "401 bad_request_signature", "another query");
    assert_eq!(verdict(&good, &target), "200");
    assert_eq!(verdict(&good, &target), "401 request_replayed");
    let with = |change: &dyn Fn(&mut Fields)| {
        let mut headers = signature(at, &key, "GET", &target, &Extra::default(), None);
        change(&mut headers);
        verdict(&headers, &target)
    };
    assert_eq!(with(&|h| h.push((PURPOSE, "x".into()))), "401 bad_request_signature", "not covered");
    assert_eq!(with(&|h| h.push((SIGNATURE, h[1].1.clone()))), "401 bad_request_signature", "twice");
    assert_eq!(with(&|h| h.truncate(1)), "401 bad_request_signature");
    assert_eq!(with(&|h| h[0].1 = "bencao=()".into()), "401 bad_request_signature");
    assert_eq!(with(&|h| h[1].1 = "bencao=:AAAA:".into()), "401 bad_request_signature");
    assert_eq!(with(&|h| h.push(("authorization", "Bearer x".into()))), "400 bad_request", "two at once");
    let at_time = |created: u64| {
        let authority = at.to_string();
        let request = Request {
            method: "GET",
            authority: &authority,
            path: &target,
            query: None,
            content_digest: None,
            purpose: None,
            mandate: None,
        };
        let signed = sign(&request, &key, created, 60, &[created as u8; 16]);
        ask(at, "GET", &target, &[(SIGNATURE_INPUT, signed.input), (SIGNATURE, signed.signature)], b"")
    };
    let now_s = now().0 / 1_000;
    assert_eq!(at_time(now_s + 3_600).verdict(), "401 request_expired");
    let old = at_time(now_s - 3_600);
    assert_eq!(old.verdict(), "401 request_expired");
    assert!(bencao_client::api::instant(old.json()["actual"].as_str().unwrap()).is_some(), "the node says its time");
    assert!(old.header("www-authenticate").is_some());

    let stranger = Who::signs(stage.world.stranger.clone(), Extra::default());
    assert_eq!(stranger.get(at, &target).verdict(), "403 key_not_accepted");
    assert_eq!(stranger.get(at, "/v1/status").verdict(), "403 key_not_accepted", "bad credentials are none at all");

    // A body is signed by its digest.
    let body = signed(&stage.world.producer, "C-9", commission(9..10, 2)).bytes;
    let transact = stage.of_producer(KeyPurpose::Transact);
    let mut headers = signature(at, &transact, "POST", "/v1/transactions", &Extra::default(), Some(&body));
    headers.push(("content-type", "application/octet-stream".into()));
    let mut other = body.clone();
    other[10] ^= 1;
    assert_eq!(ask(at, "POST", "/v1/transactions", &headers, &other).verdict(), "400 body_changed");
    let mut bare = signature(at, &transact, "POST", "/v1/transactions", &Extra::default(), None);
    bare.push(("content-type", "application/octet-stream".into()));
    assert_eq!(ask(at, "POST", "/v1/transactions", &bare, &body).verdict(), "401 bad_request_signature");
    stage.node.stop();
}

#[test]
fn tokens_count_until_they_expire_or_are_revoked() {
    let stage = Stage::new();
    let at = stage.at;
    let producer = stage.world.producer.principal.clone();
    let code = format!("/v1/codes/{}", code(2));
    let erp = |r: &mut TokenRecord| (r.role, r.organisation) = (policy::Role::Organisation, Some(producer.clone()));
    let bearer = |token: &str| Who::Bearer(token.to_owned(), Extra::default());
    let whole = bearer(&stage.token(1, erp));
    assert_eq!(whole.get(at, &code).verdict(), "200");
    assert_eq!(whole.get(at, "/v1/peers").verdict(), "403 forbidden");
    let scoped = bearer(&stage.token(2, |r| (erp(r), r.scopes = vec![Right::Bills]).1));
    assert_eq!(scoped.get(at, &code).verdict(), "403 outside_scope");
    assert_eq!(scoped.get(at, &format!("/v1/organisations/{producer}/bills/S-1")).verdict(), "200");
    assert_eq!(scoped.get(at, "/v1/status").verdict(), "200", "what everybody may is in every scope");
    let ended = bearer(&stage.token(3, |r| (erp(r), r.expires_ms = Some(now().0 - 1)).1));
    assert_eq!(ended.get(at, &code).verdict(), "401 token_expired");
    let scraper = bearer(&stage.token(4, |r| r.scopes = vec![Right::Metrics]));
    assert_eq!(scraper.get(at, "/metrics").verdict(), "200");
    assert_eq!(scraper.get(at, "/v1/peers").verdict(), "403 outside_scope");
    // What an organisation is, the chain says.
    let posing = bearer(&stage.token(5, |r| (erp(r), r.role = policy::Role::Regulator).1));
    assert_eq!(posing.get(at, &code).verdict(), "403 forbidden");
    let hidden = organisation_id("11650000MB0000001");
    let hiding = bearer(&stage.token(6, |r| (r.role, r.organisation) = (policy::Role::Organisation, Some(hidden))));
    assert_eq!(hiding.get(at, &code).verdict(), "403 forbidden", "an authority cannot ask as something else");
    let unknown = organisation_id("91650100MA0000009");
    let unknown = bearer(&stage.token(7, |r| (r.role, r.organisation) = (policy::Role::Organisation, Some(unknown))));
    assert_eq!(unknown.get(at, &code).verdict(), "403 forbidden");
    for bad in ["", "x", "bct1-00", &format!("bct1-{}-{}", "01".repeat(8), "02".repeat(32))] {
        assert_eq!(bearer(bad).get(at, &code).verdict(), "401 bad_token", "{bad:?}");
    }
    let basic = ask(at, "GET", &code, &[("authorization", "Basic eDp5".into())], b"");
    assert_eq!(basic.verdict(), "401 bad_token");
    std::fs::remove_file(stage.world.path("access/tokens.toml")).unwrap();
    assert_eq!(whole.get(at, &code).verdict(), "401 bad_token", "revoked at once");
    stage.node.stop();
}

#[test]
fn what_an_authority_asks_is_entered_before_it_is_answered() {
    use bencao_access::journal::{SignedHead, Verifier};
    let stage = Stage::new();
    let at = stage.at;
    let target = format!("/v1/codes/{}", code(2));
    let ask = |with: Extra| Who::signs(stage.regulator.clone(), with).get(at, &target);
    assert_eq!(ask(Extra::default()).verdict(), "400 purpose_required");
    let first = ask(Extra::purpose("案件 2026-17"));
    assert_eq!(first.verdict(), "200");
    let receipt = SignedHead::parse(&first.header("bencao-access-head").unwrap()).unwrap();
    assert!(receipt.verifies(stage.world.genesis.chain_id()));
    let outside = Who::signs(stage.distant.clone(), Extra::purpose("y")).get(at, &target);
    assert_eq!(outside.verdict(), "403 outside_jurisdiction");
    assert!(outside.header("bencao-access-head").is_some(), "a refusal is entered, too");
    let public = Who::signs(stage.regulator.clone(), Extra::default()).get(at, "/v1/status");
    assert_eq!((public.verdict().as_str(), public.header("bencao-access-head")), ("200", None));
    let member = Who::signs(stage.query_key(), Extra::default()).get(at, &target);
    assert_eq!(member.header("bencao-access-head"), None, "a member's own questions are its own affair");

    let log = stage.world.path("data/access/00000001.log");
    let text = std::fs::read_to_string(&log).unwrap();
    let entries: Vec<Value> = text
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(&line[65..]).ok())
        .filter(|line| line["type"] == "query")
        .collect();
    let seen: Vec<(u64, u64, &str)> = entries
        .iter()
        .map(|e| (e["entry"].as_u64().unwrap(), e["status"].as_u64().unwrap(), e["purpose"].as_str().unwrap()))
        .collect();
    assert_eq!(seen, [(1, 400, ""), (2, 200, "案件 2026-17"), (3, 403, "y")]);
    assert_eq!(entries[1]["organisation"], organisation_id("11650000MB0000001").to_string());
    assert_eq!((entries[1]["target"].as_str(), entries[1]["region"].as_str()), (Some(target.as_str()), Some("650000")));
    assert_eq!(entries[2]["error"], "outside_jurisdiction");

    // A restart goes on with the same chain.
    let Stage { world, node, regulator, .. } = stage;
    node.stop();
    let node = world.start();
    let again = Who::signs(regulator.clone(), Extra::purpose("z")).get(node.address(), &target);
    assert_eq!(again.verdict(), "200");
    let last = SignedHead::parse(&again.header("bencao-access-head").unwrap()).unwrap();
    assert_eq!(last.head.entries, 4);
    let verify = |bytes: &[u8]| {
        let mut verifier = Verifier::new(Some(world.genesis.chain_id()), vec![receipt.head, last.head]);
        verifier.segment(1, bytes)?;
        verifier.finish().map(|(verified, _)| verified.sealed)
    };
    let whole = std::fs::read(&log).unwrap();
    assert_eq!(verify(&whole), Ok(4));
    node.stop();

    // Without its last entry the log is no log, and authorities are not answered; everybody else is.
    let cut = String::from_utf8(whole.clone()).unwrap();
    let cut: Vec<&str> = cut.split_inclusive('\n').collect();
    std::fs::write(&log, cut[..cut.len() - 2].concat()).unwrap();
    assert!(verify(&std::fs::read(&log).unwrap()).is_err());
    let node = world.start();
    let refused = Who::signs(regulator.clone(), Extra::purpose("z")).get(node.address(), &target);
    assert_eq!(refused.verdict(), "503 access_log_unavailable");
    assert_eq!(Who::Nobody.get(node.address(), "/v1/status").verdict(), "200");
    node.stop();
    std::fs::write(&log, whole).unwrap();
    let node = world.start();
    assert_eq!(Who::signs(regulator, Extra::purpose("z")).get(node.address(), &target).verdict(), "200");
    node.stop();
}

#[test]
fn rates_are_kept_by_address_and_by_identity() {
    let stage = Stage::configured("[access]\npublic_per_second = 1\nmember_per_second = 1000\n");
    let at = stage.at;
    let mut refused = None;
    for _ in 0..100 {
        let answer = Who::Nobody.get(at, "/healthz");
        if answer.status == 429 {
            refused = Some(answer);
            break;
        }
    }
    let refused = refused.expect("a hundred requests are more than five and one a second");
    assert_eq!(refused.verdict(), "429 too_many_requests");
    assert!(refused.json()["retry_after_ms"].as_u64().unwrap() <= 1_000);
    assert!(refused.header("retry-after").is_some());
    stage.node.stop();
}

#[test]
fn on_loopback_without_access_control_everybody_may_do_everything_and_bad_credentials_nothing() {
    let stage = Stage::configured("");
    let at = stage.at;
    for target in [format!("/v1/codes/{}", code(2)), "/v1/peers".into(), "/metrics".into(), "/v1/blocks/latest".into()]
    {
        assert_eq!(Who::Nobody.get(at, &target).verdict(), "200", "{target}");
    }
    let trader = Who::signs(stage.trader.clone(), Extra::default());
    assert_eq!(trader.get(at, &format!("/v1/codes/{}", code(2))).verdict(), "403 not_concerned");
    let unknown = Who::Bearer(format!("bct1-{}-{}", "01".repeat(8), "02".repeat(32)), Extra::default());
    assert_eq!(unknown.get(at, "/v1/status").verdict(), "401 bad_token");
    stage.node.stop();
}

#[test]
fn behind_a_proxy_only_what_it_passes_on_is_answered() {
    let stage = World::new();
    stage.configure("[access]\ntrusted_proxies = [\"127.0.0.1\"]\nnames = [\"trace.example.cn\"]\n");
    let node = stage.start();
    let at = node.address();
    let get = |headers: &[(&str, String)]| ask(at, "GET", "/v1/status", headers, b"").verdict();
    assert_eq!(get(&[]), "403 not_through_proxy");
    assert_eq!(get(&[("x-forwarded-for", "1.2.3.4".into())]), "200");
    assert_eq!(get(&[("x-forwarded-for", "127.0.0.1".into())]), "403 not_through_proxy");
    let named = |host: &str| {
        let head =
            format!("GET /v1/status HTTP/1.1\r\nhost: {host}\r\nx-forwarded-for: 1.2.3.4\r\nconnection: close\r\n\r\n");
        let mut stream = TcpStream::connect(at).unwrap();
        stream.write_all(head.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer.split(' ').nth(1).unwrap().to_owned()
    };
    assert_eq!((named("trace.example.cn").as_str(), named("Trace.example.cn:443").as_str()), ("200", "200"));
    assert_eq!(named("evil.example"), "400");
    node.stop();
    stage.configure("[access]\ntrusted_proxies = [\"10.0.0.2\"]\n");
    let node = stage.start();
    let past = ask(node.address(), "GET", "/v1/status", &[("x-forwarded-for", "1.2.3.4".into())], b"");
    assert_eq!(past.verdict(), "403 not_through_proxy");
    node.stop();
}

#[test]
fn a_client_signs_for_itself_and_reaches_a_node_over_national_tls() {
    use bencao_client::api::{Client, Credentials, Identity, Tls};
    let world = World::new();
    world.configure("[access]\ntls = true\n");
    let node = world.start();
    let pem = std::fs::read_to_string(world.path("authorities.pem")).unwrap();
    let authorities = bencao_crypto::x509::Certificate::chain_from_pem(&pem).unwrap();
    let of = |purpose| world.of_producer.iter().find(|(p, _)| *p == purpose).unwrap().1.clone();
    let node_key = of(KeyPurpose::Node).public().id();
    let url = [format!("https://{}", node.address())];
    let open = |tls: &Tls, key: SigningKey| {
        let identity = Identity { credentials: Some(Credentials::Key(Box::new(key))), ..Identity::default() };
        Client::open(&url, identity, Some(tls)).unwrap()
    };
    let tls = Tls { authorities, node_key: Some(node_key) };
    let client = open(&tls, of(KeyPurpose::Transact));
    let bill = signed(&world.producer, "C-1", commission(1..3, 2));
    client.submit(&bill.bytes, std::time::Instant::now() + PATIENCE).unwrap();
    let outcome = client.transaction(&bill.id.to_string(), PATIENCE, Finality::Final).unwrap();
    assert_eq!(outcome.status, Outcome::Applied, "{outcome:?}");
    assert_eq!(client.code(&code(1)).unwrap()["custodian"]["id"], world.producer.principal.to_string());
    assert!(client.block(1).is_ok());
    let public = Client::open(&url, Identity::default(), Some(&tls)).unwrap();
    assert!(public.consumer(&code(1)).is_ok());
    assert!(public.code(&code(1)).unwrap_err().is("credentials_required"));
    let other = Tls { node_key: Some(of(KeyPurpose::Query).public().id()), ..tls.clone() };
    assert!(open(&other, of(KeyPurpose::Query)).status().is_err(), "another node's key");
    let plain = Client::new(&[format!("http://{}", node.address())]).unwrap();
    assert!(plain.status().is_err(), "no clear text here");
    node.stop();
}
