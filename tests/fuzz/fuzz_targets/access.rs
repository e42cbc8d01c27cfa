//! Header fields of requests, tokens and lines of the access log.
#![no_main]

use bencao_access::journal::{SignedHead, Verifier, entry};
use bencao_access::request::{parse_content_digest, parse_purpose, unescape};
use bencao_access::{Parameters, Token};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let Some((choice, bytes)) = input.split_first() else { return };
    let text = std::str::from_utf8(bytes).unwrap_or_default();
    match choice % 5 {
        0 => {
            if let Ok(parameters) = Parameters::parse(text) {
                assert_eq!(format!("bencao={}", parameters.text), text);
                let _ = parameters.check_time(1_795_449_600, 0);
            }
        }
        1 => {
            if let Ok(token) = Token::parse(text) {
                assert_eq!(*token.show(), text);
            }
        }
        2 => {
            let _ = (parse_content_digest(text), parse_purpose(text), unescape(text));
        }
        3 => {
            if let Some(head) = SignedHead::parse(text) {
                assert_eq!(SignedHead::parse(&head.show()), Some(head));
            }
        }
        _ => {
            let _ = entry(bytes);
            let mut verifier = Verifier::new(None, Vec::new());
            if verifier.segment(1, bytes).is_ok() {
                let _ = verifier.finish();
            }
        }
    }
});
