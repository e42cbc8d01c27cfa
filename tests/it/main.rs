//! Story tests with real processes: each starts its own consortium on free loopback ports in its own folder.
//!
//! A module a story. Nothing here links the node: everything goes through the `bencao` command and HTTP, as a user would.

mod board;
mod harness;
mod load;
mod market;
mod us01_from_line_to_patient;
mod us02_killed_nodes;
mod us03_absent_validators;
mod us04_hostile_input;
mod us05_load;
mod us06_full_node;
mod us07_crypto_paths;
mod us31_closed_loop;
mod us32_vaccine;
mod us33_narcotic;
mod us34_mandate;
mod us35_garden;
mod us36_import;
mod us37_mass_recall;
mod us38_licence_at_midnight;
mod us41_genesis_ceremony;
mod us42_past_every_date;
mod us43_signer;
mod us44_stalled_chain;
mod us45_joining_and_leaving;
mod us46_key_rotation;
mod us47_pace_and_deadlines;
mod us48_access;
