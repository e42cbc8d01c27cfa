//! Server-sent events with a cursor.

use super::ApiError;
use std::io::{BufRead, BufReader, Read};

/// Longest line of the stream, bytes.
const LINE_BYTES_MAX: u64 = 1 << 20;

/// One event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Where to resume after it.
    pub cursor: String,
    /// Kind of the event.
    pub kind: String,
    /// The documented object.
    pub data: serde_json::Value,
}

/// A stream of events. It ends when the node cuts it off; resume with the cursor of the last event.
pub struct Events {
    reader: BufReader<Box<dyn Read + Send>>,
}

impl Events {
    pub(crate) fn new(reader: impl Read + Send + 'static) -> Events {
        Events { reader: BufReader::new(Box::new(reader)) }
    }

    fn read(&mut self) -> Result<Option<Event>, ApiError> {
        let broken = |reason: String| ApiError::Unreachable { node: "event stream".into(), reason };
        let (mut cursor, mut kind, mut data) = (String::new(), String::new(), String::new());
        loop {
            let mut line = String::new();
            let read = (&mut self.reader).take(LINE_BYTES_MAX).read_line(&mut line);
            if read.map_err(|e| broken(e.to_string()))? == 0 {
                return Ok(None);
            }
            if !line.ends_with('\n') {
                return Err(ApiError::Answer("a line of the event stream is too long or cut off".into()));
            }
            let line = line.trim_end_matches(['\r', '\n']);
            match line.split_once(':').map(|(name, value)| (name, value.strip_prefix(' ').unwrap_or(value))) {
                Some(("id", value)) => cursor = value.into(),
                Some(("event", value)) => kind = value.into(),
                Some(("data", value)) => data.push_str(value),
                _ if line.is_empty() && !data.is_empty() => {
                    let data = serde_json::from_str(&data).map_err(|e| ApiError::Answer(e.to_string()))?;
                    return Ok(Some(Event { cursor, kind, data }));
                }
                _ => {}
            }
            if data.len() as u64 > LINE_BYTES_MAX {
                return Err(ApiError::Answer("an event is too long".into()));
            }
        }
    }
}

impl Iterator for Events {
    type Item = Result<Event, ApiError>;
    fn next(&mut self) -> Option<Self::Item> {
        self.read().transpose()
    }
}
