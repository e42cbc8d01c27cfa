//! Story tests with real processes: each starts its own consortium on free loopback ports in its own folder.
//!
//! A module a story. Nothing here links the node: everything goes through the `bencao` command and HTTP, as a user would.

mod harness;
mod us01_from_line_to_patient;
mod us02_killed_nodes;
mod us03_absent_validators;
mod us04_hostile_input;
mod us05_load;
mod us06_full_node;
mod us41_genesis_ceremony;
mod us42_past_every_date;
mod us43_signer;
mod us44_stalled_chain;
