//! What a member submits: transactions, and codes as scanners give them.
#![no_main]

use bencao_chaincode::codes::{UnitKey, parse_bytes};
use bencao_chaincode::{SignedTransaction, admit};
use bencao_genesis::{ChainId, Limits, TimestampMs};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let _ = admit(input, &Limits::default(), ChainId::default(), TimestampMs(1_795_000_000_000));
    if let Ok((signed, body)) = SignedTransaction::decode(input, 1 << 20) {
        assert_eq!(signed.to_bytes(), input);
        assert_eq!(body.to_bytes(), signed.body);
    }
    if let Ok(parsed) = parse_bytes(input) {
        assert_eq!(UnitKey::parse_canonical(&parsed.key.canonical()), Some(parsed.key));
        assert_eq!(parse_bytes(parsed.key.to_string().as_bytes()).map(|again| again.key), Ok(parsed.key));
    }
});
