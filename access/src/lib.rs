//! Who asks a node, what they may ask, and what their asking leaves behind.
//!
//! Forms that client and node share (request signatures, tokens, the access log), and the arithmetic of the node's door (rights,
//! rates, nonces). Everything is a function of its arguments: times, random bytes and states are passed in.

mod fields;
pub mod journal;
pub mod policy;
pub mod rates;
pub mod replay;
pub mod request;
pub mod token;

pub use journal::{Head, Journal};
pub use policy::{Reach, Right, Role};
pub use request::{Parameters, Request, SignatureError};
pub use token::{Token, TokenError, TokenRecord};
