//! Messages between nodes, of every class.
#![no_main]

use bencao_replica::message::{Class, Message};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let Some((choice, bytes)) = input.split_first() else { return };
    let class = [Class::Consensus, Class::Proposal, Class::Batch, Class::Sync][usize::from(choice % 4)];
    if let Ok(message) = Message::from_bytes(bytes, class) {
        assert_eq!(message.to_bytes(), bytes);
        if let Message::Engine(message) = message {
            let _ = (message.height(), message.round(), message.sender());
        }
    }
});
