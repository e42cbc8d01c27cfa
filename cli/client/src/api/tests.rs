use super::*;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::thread::JoinHandle;

/// Answers one request after the other with the given status and body; returns the requests it saw.
fn server(answers: Vec<(u16, String)>) -> (String, JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let thread = std::thread::spawn(move || {
        let mut seen = Vec::new();
        for (status, body) in answers {
            let (mut stream, _) = listener.accept().unwrap();
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            let (mut head, mut length) = (String::new(), 0);
            loop {
                let mut line = String::new();
                reader.read_line(&mut line).unwrap();
                if let Some(n) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                    length = n.trim().parse().unwrap();
                }
                if line.trim().is_empty() {
                    break;
                }
                head += &line;
            }
            let mut content = vec![0; length];
            reader.read_exact(&mut content).unwrap();
            seen.push(head.lines().next().unwrap().to_string() + " " + &hex::encode(content));
            let head = format!("HTTP/1.1 {status} x\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
            stream.write_all((head + &body).as_bytes()).unwrap();
        }
        seen
    });
    (address, thread)
}

fn busy(retry_after_ms: u64) -> (u16, String) {
    (503, format!(r#"{{"code":9015,"name":"busy","retry_after_ms":{retry_after_ms}}}"#))
}

fn accepted() -> (u16, String) {
    let body = r#"{"transaction_id":"ab","principal":"P","document_no":"1","status":"pending","durable":"this_node","node":"n"}"#;
    (202, body.into())
}

fn bill(status: &str, finality: &str) -> (u16, String) {
    (200, format!(r#"{{"transaction_id":"ab","status":"{status}","finality":{finality},"new_field":1}}"#))
}

#[test]
fn a_busy_node_is_asked_again_with_the_same_bytes() {
    let (node, thread) = server(vec![busy(1), accepted()]);
    let client = Client::new(&[node]).unwrap();
    let taken = client.submit(b"tx", Instant::now() + Duration::from_secs(30)).unwrap();
    assert_eq!(taken.transaction_id(), "ab");
    assert_eq!(thread.join().unwrap(), vec!["POST /v1/transactions HTTP/1.1 7478"; 2]);
}

#[test]
fn the_next_node_is_asked_when_one_is_unreachable() {
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let (node, thread) = server(vec![accepted()]);
    let client = Client::new(&[format!("http://{closed}"), node]).unwrap();
    client.submit(b"tx", Instant::now()).unwrap();
    assert_eq!(thread.join().unwrap().len(), 1);
    let client = Client::new(&[format!("http://{closed}")]).unwrap();
    assert!(matches!(client.status(), Err(ApiError::Unreachable { .. })));
}

#[test]
fn refusals_carry_the_nodes_reasons_and_are_not_repeated() {
    let refusal = r#"{"code":3007,"name":"not_designated_receiver","message_zh":"…","message_en":"…","expected":"A","actual":"B",
        "line":null,"field":"codes[3]","retry_after_ms":null,"transaction_id":null}"#;
    let (node, thread) = server(vec![(400, refusal.into()), (500, "<html>".into())]);
    let client = Client::new(&[node]).unwrap();
    let error = client.submit(b"tx", Instant::now() + Duration::from_secs(30)).unwrap_err();
    assert!(error.is("not_designated_receiver"));
    assert_eq!(error.fault().unwrap().expected.as_deref(), Some("A"));
    assert!(matches!(client.status(), Err(ApiError::Answer(_))));
    assert_eq!(thread.join().unwrap().len(), 2);
}

#[test]
fn waiting_ends_when_the_outcome_is_as_firm_as_asked() {
    let answers = vec![bill("pending", "null"), bill("applied", "\"final\""), bill("applied", "\"certified\"")];
    let (node, thread) = server(answers);
    let client = Client::new(&[node]).unwrap();
    let seen = client.bill("91", "a/b", Duration::from_secs(30), Until::Certified).unwrap();
    assert_eq!((seen.status, seen.finality), (Outcome::Applied, Some(Finality::Certified)));
    let requests = thread.join().unwrap();
    assert!(requests.iter().all(|r| r.starts_with("GET /v1/organisations/91/bills/a%2Fb?wait=")), "{requests:?}");
    assert!(requests[0].contains("&until=certified"));
}

#[test]
fn events_are_read_with_their_cursors() {
    let body = ": hello\n\nid: 3-0-1\nevent: shipped\ndata: {\"a\":\ndata: 1}\n\nid: 4-0-0\r\nevent: x\r\ndata:{}\r\n\r\nid: 5";
    let events: Vec<_> = Events::new(body.as_bytes()).take(3).collect();
    assert_eq!(events[0].as_ref().unwrap().cursor, "3-0-1");
    assert_eq!(events[0].as_ref().unwrap().data, serde_json::json!({"a": 1}));
    assert_eq!(events[1].as_ref().unwrap().kind, "x");
    assert!(events[2].is_err(), "the last line is cut off");
    let endless = Events::new(std::io::repeat(b'x')).next().unwrap();
    assert!(matches!(endless, Err(ApiError::Answer(_))));
}

#[test]
fn only_plain_addresses_are_taken() {
    for bad in ["", "127.0.0.1:1", "ftp://x", "https://", "http://", "http://a@b", "http://a/b"] {
        assert!(matches!(Client::new(&[bad.to_string()]), Err(ApiError::Address(_))), "{bad}");
    }
    assert!(Client::new(&["http://127.0.0.1:1/".into()]).is_ok());
    let unknown = Client::new(&["https://127.0.0.1:1".into()]).unwrap().status();
    assert!(matches!(unknown, Err(ApiError::Unreachable { .. })), "nobody to believe");
    assert_eq!(escaped("]d201 é"), "%5Dd201%20%C3%A9");
}

#[test]
fn times_are_read_as_they_are_written() {
    for ms in [0u64, 1_795_449_599_999, 1_795_449_600_000] {
        let time = bencao_genesis::TimestampMs(ms);
        assert_eq!(instant(&time.to_string()), Some(time));
    }
    for bad in [
        "",
        "2026-11-23T09:30:00.000Z",
        "2026-11-23T09:30:00+08:00",
        "2026-11-23T+9:30:00.000+08:00",
        "1970-01-01T00:00:00.000+08:00",
    ] {
        assert_eq!(instant(bad), None, "{bad}");
    }
}
