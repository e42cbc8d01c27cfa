//! The genesis file and the identifiers in it.
#![no_main]

use bencao_genesis::{CalendarDate, Genesis, OrgId, RegionCode};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let Ok(text) = std::str::from_utf8(input) else { return };
    if let Ok(genesis) = Genesis::parse(text) {
        let again = Genesis::parse(&genesis.to_json()).expect("what we write we read");
        assert_eq!(again.chain_id(), genesis.chain_id());
    }
    if let Ok(id) = OrgId::parse(text) {
        assert_eq!(id.as_str(), text);
    }
    if let Ok(region) = RegionCode::parse(text) {
        assert_eq!(region.to_string(), text);
    }
    if let Some(date) = CalendarDate::parse(text) {
        assert_eq!(date.to_string(), text);
    }
});
