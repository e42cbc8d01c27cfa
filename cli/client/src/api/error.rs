//! What a call may end with.

use serde::{Deserialize, Serialize};
use std::time::Duration;

/// The error object of `docs/contract.md` §1.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Fault {
    /// Stable number.
    pub code: u16,
    /// Stable name.
    pub name: String,
    /// For people who read Chinese.
    #[serde(default)]
    pub message_zh: String,
    /// For people who read English.
    #[serde(default)]
    pub message_en: String,
    /// The value on record, or what would be right.
    #[serde(default)]
    pub expected: Option<String>,
    /// The value claimed or found.
    #[serde(default)]
    pub actual: Option<String>,
    /// Line from 1.
    #[serde(default)]
    pub line: Option<u64>,
    /// Field.
    #[serde(default)]
    pub field: Option<String>,
    /// When to come again, milliseconds.
    #[serde(default)]
    pub retry_after_ms: Option<u64>,
    /// Which transaction.
    #[serde(default)]
    pub transaction_id: Option<String>,
}

/// Why a call gave no answer of the expected kind.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    /// Neither `http://host:port` nor `https://host:port`.
    #[error("“{0}” is not a node address such as http://127.0.0.1:26657")]
    Address(String),
    /// Certificates that cannot be those of authorities.
    #[error("authorities for https: {0}")]
    Authorities(String),
    /// The operating system gives no random bytes, which a signature needs.
    #[error("no random bytes from the operating system")]
    NoRandomness,
    /// No connection, or it broke, or no answer in time.
    #[error("{node}: {reason}")]
    Unreachable {
        /// Address.
        node: String,
        /// Why.
        reason: String,
    },
    /// The node refused, with its reasons.
    #[error("{}: {}", .fault.name, .fault.message_en)]
    Refused {
        /// HTTP status.
        status: u16,
        /// The node's error object.
        fault: Box<Fault>,
    },
    /// Not the documented JSON: another program answers at this address, or another version.
    #[error("unexpected answer: {0}")]
    Answer(String),
}

impl ApiError {
    pub(crate) fn unreachable(node: &str, error: &ureq::Error) -> ApiError {
        ApiError::Unreachable { node: node.into(), reason: error.to_string() }
    }

    pub(crate) fn from_answer(status: u16, body: &[u8]) -> ApiError {
        match serde_json::from_slice::<Fault>(body) {
            Ok(fault) => ApiError::Refused { status, fault: Box::new(fault) },
            Err(error) => ApiError::Answer(format!("status {status}: {error}")),
        }
    }

    /// The node's error object, if it sent one.
    pub fn fault(&self) -> Option<&Fault> {
        match self {
            ApiError::Refused { fault, .. } => Some(fault),
            _ => None,
        }
    }

    /// Whether the node's error has this name.
    pub fn is(&self, name: &str) -> bool {
        self.fault().is_some_and(|f| f.name == name)
    }

    /// How long to wait before trying again; `None` if trying again is of no use.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            ApiError::Unreachable { .. } => Some(Duration::from_millis(200)),
            ApiError::Refused { status: 429 | 503, fault } => {
                Some(Duration::from_millis(fault.retry_after_ms.unwrap_or(500)))
            }
            _ => None,
        }
    }
}
