use super::*;
use bencao_crypto::SigningKey;

const CHAIN: ChainId = ChainId(Digest([3; 32]));
const TIME: &str = "2026-11-24T09:30:00.000+08:00";

fn key() -> SigningKey {
    SigningKey::from_bytes(&[7; 32]).unwrap()
}

fn query(target: &str) -> Query {
    Query {
        time: TIME.into(),
        height: 41,
        organisation: "11650000MB00000000".into(),
        region: "650000".into(),
        by: "key:00".into(),
        address: "10.0.0.1".into(),
        method: "GET".into(),
        target: target.into(),
        purpose: "案件".into(),
        status: 200,
        error: None,
    }
}

fn sign(head: Head) -> SignedHead {
    SignedHead { head, key: key().public(), signature: key().sign(&head.message(CHAIN)) }
}

/// Three segments of two entries and a seal each, and the heads after each entry.
fn log() -> (Vec<Vec<u8>>, Vec<Head>) {
    let mut journal = Journal::new(CHAIN);
    let (mut segments, mut heads) = (Vec::new(), Vec::new());
    for n in 0..3 {
        let mut text = journal.open_segment(TIME);
        for m in 0..2 {
            text += &journal.query(query(&format!("/v1/codes/{n}{m}")));
            heads.push(journal.head());
        }
        let signed = sign(journal.head());
        text += &journal.seal(TIME, &signed);
        segments.push(text.into_bytes());
    }
    (segments, heads)
}

fn verify(first: u64, segments: &[Vec<u8>], expected: &[Head]) -> Result<(Verified, Option<Journal>), Damage> {
    let mut verifier = Verifier::new(Some(CHAIN), expected.to_vec());
    for (number, bytes) in (first..).zip(segments) {
        verifier.segment(number, bytes)?;
    }
    verifier.finish()
}

#[test]
fn a_whole_log_verifies_and_can_be_continued() {
    let (mut segments, heads) = log();
    let (verified, journal) = verify(1, &segments, &heads).unwrap();
    let expected =
        Verified { first_entry: 1, head: heads[5], segments: 3, sealed: 6, keys: vec![key().public()], torn_bytes: 0 };
    assert_eq!(verified, expected);
    let mut journal = journal.unwrap();
    let line = journal.query(query("/v1/recalls"));
    segments[2].extend_from_slice(line.as_bytes());
    let (verified, again) = verify(1, &segments, &[journal.head()]).unwrap();
    assert_eq!((verified.head.entries, verified.sealed), (7, 6));
    assert_eq!(again, Some(journal));
}

#[test]
fn every_changed_byte_and_every_line_taken_out_is_seen() {
    let (segments, _) = log();
    for (n, segment) in segments.iter().enumerate() {
        for at in (0..segment.len()).filter(|at| at % 3 == n || at + 1 == segment.len()) {
            let mut damaged = segments.clone();
            damaged[n][at] ^= 1;
            // Only the very last line feed may be missing: then the last line counts as not yet written.
            let last = n == 2 && at == segment.len() - 1;
            assert_eq!(verify(1, &damaged, &[]).is_ok(), last, "segment {n}, byte {at}");
        }
        let lines: Vec<&[u8]> = segment.split_inclusive(|b| *b == b'\n').collect();
        for out in 0..lines.len() {
            let mut damaged = segments.clone();
            damaged[n] = lines.iter().enumerate().filter(|(i, _)| *i != out).flat_map(|(_, l)| l.to_vec()).collect();
            let end = n == 2 && out == lines.len() - 1;
            assert_eq!(verify(1, &damaged, &[]).is_ok(), end, "segment {n} without line {out}");
            let mut damaged = segments.clone();
            damaged[n].extend_from_slice(lines[out]);
            assert!(verify(1, &damaged, &[]).is_err(), "segment {n} with line {out} twice");
        }
    }
}

#[test]
fn a_missing_end_is_seen_by_whoever_kept_a_head() {
    let (segments, heads) = log();
    // Each line's end, and places inside lines.
    let ends = (0..segments[2].len()).filter(|i| segments[2][*i] == b'\n').flat_map(|i| [i, i + 1]);
    let inside = (0..segments[2].len()).step_by(97);
    for cut in ends.chain(inside).filter(|cut| *cut < segments[2].len()) {
        let mut short = segments.clone();
        short[2].truncate(cut);
        assert!(verify(1, &short, &[]).is_ok(), "a chain alone does not see it");
        let lines = short[2].iter().filter(|b| **b == b'\n').count();
        let held = 4 + lines.saturating_sub(1).min(2);
        for (i, head) in heads.iter().enumerate() {
            let verdict = verify(1, &short, &[*head]);
            assert_eq!(verdict.is_ok(), i < held, "cut {cut}, head {i}");
        }
    }
    let missing = verify(1, &segments[..2], &[heads[5]]).unwrap_err();
    assert_eq!(missing, Damage { segment: 2, line: 0, reason: Reason::Missing(6) });
    let mut other = heads[2];
    other.link = Digest([9; 32]);
    assert_eq!(verify(1, &segments, &[other]).unwrap_err().reason, Reason::Missing(3));
}

#[test]
fn old_segments_may_go_and_middle_ones_may_not() {
    let (segments, heads) = log();
    let (verified, _) = verify(2, &segments[1..], &heads).unwrap();
    assert_eq!((verified.first_entry, verified.head, verified.segments), (3, heads[5], 2));
    let without_middle = vec![segments[0].clone(), segments[2].clone()];
    assert_eq!(verify(1, &without_middle, &[]).unwrap_err().reason, Reason::Form, "numbers are part of a segment");
    let mut verifier = Verifier::new(None, Vec::new());
    verifier.segment(1, &segments[0]).unwrap();
    assert_eq!(verifier.segment(3, &segments[2]).unwrap_err().reason, Reason::Segment);
    let swapped = vec![segments[1].clone(), segments[0].clone()];
    assert!(verify(1, &swapped, &[]).is_err());
}

#[test]
fn seals_and_chains_are_checked() {
    let (segments, _) = log();
    let mut verifier = Verifier::new(Some(ChainId(Digest([4; 32]))), Vec::new());
    assert_eq!(verifier.segment(1, &segments[0]).unwrap_err().reason, Reason::Chain);
    let mut journal = Journal::new(CHAIN);
    let mut text = journal.open_segment(TIME);
    text += &journal.query(query("/"));
    let mut forged = sign(journal.head());
    forged.head.entries = 0;
    let by_other = SignedHead { key: SigningKey::from_bytes(&[8; 32]).unwrap().public(), ..sign(journal.head()) };
    for bad in [forged, by_other] {
        let mut copy = journal.clone();
        let bytes = (text.clone() + &copy.seal(TIME, &bad)).into_bytes();
        assert_eq!(verify(1, &[bytes], &[]).unwrap_err().reason, Reason::Seal);
    }
}

#[test]
fn heads_travel_as_text() {
    let signed = sign(Head { entries: 17, link: Digest([5; 32]) });
    assert!(signed.verifies(CHAIN));
    let message = signed.head.message(CHAIN);
    assert_eq!(chain_of_message(&message), Some(CHAIN));
    assert_eq!((chain_of_message(&message[1..]), chain_of_message(&message[..message.len() - 1])), (None, None));
    assert!(!signed.verifies(ChainId::default()));
    let text = signed.show();
    assert_eq!(SignedHead::parse(&text), Some(signed));
    for cut in 0..text.len() {
        assert_eq!(SignedHead::parse(&text[..cut]), None);
    }
    for bad in [format!("{text}:"), text.replacen("17", "+17", 1), text.replacen("17", "", 1), text.replace(':', ";")] {
        assert_eq!(SignedHead::parse(&bad), None, "{bad}");
    }
}

#[test]
fn lines_have_their_golden_form() {
    let mut journal = Journal::new(CHAIN);
    let first = journal.open_segment(TIME);
    let chain = CHAIN.to_string();
    let zero = Digest::ZERO.to_string();
    let object = format!(
        "{{\"type\":\"segment\",\"version\":1,\"chain\":\"{chain}\",\"segment\":1,\"time\":\"{TIME}\",\"entries\":0,\
         \"head\":\"{zero}\",\"previous\":\"{zero}\"}}"
    );
    let link = tagged("bencao/access-line/1", &[&[0; 32], object.as_bytes()]);
    assert_eq!(first, format!("{link} {object}\n"));
    let line = journal.query(query("/v1/recalls"));
    assert_eq!(entry(line.trim_end().as_bytes()), Some((1, query("/v1/recalls"))));
    assert_eq!((entry(first.as_bytes()), entry(b"")), (None, None));
    assert_eq!(
        &line[LINK_CHARS..],
        "{\"type\":\"query\",\"entry\":1,\"time\":\"2026-11-24T09:30:00.000+08:00\",\"height\":41,\
         \"organisation\":\"11650000MB00000000\",\"region\":\"650000\",\"by\":\"key:00\",\"address\":\"10.0.0.1\",\
         \"method\":\"GET\",\"target\":\"/v1/recalls\",\"purpose\":\"案件\",\"status\":200,\"error\":null}\n"
    );
}
