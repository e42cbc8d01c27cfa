//! The access log: what authorities asked of a node, why and with what outcome, in a form from which nothing can be taken, and in
//! which nothing can be changed, without its being seen.
//!
//! It is text, in segments. A line is the *link* in hexadecimal, a space, a JSON object and a line feed, where
//! `link = SM3("bencao/access-line/1" ‖ 0x00 ‖ link of the line before (32) ‖ bytes of the object)`. Three kinds of lines:
//! `segment` opens a file and repeats where the file before it ended, so that old files can be removed; `query` is an entry; `seal`
//! is the node key's signature over the *head*: the number of entries so far and the link of the last.
//!
//! A chain alone does not show that its end is missing. So each answer to an authority carries the signed head of the moment: who
//! kept one can prove later that an entry was there. The node itself keeps the last head apart from the log.

use bencao_crypto::{Digest, PublicKey, Signature, tagged};
use bencao_genesis::ChainId;
use serde::{Deserialize, Serialize};

/// Longest line, bytes.
pub const LINE_BYTES_MAX: usize = 8 << 10;
/// A segment that has grown to this many bytes is closed.
pub const SEGMENT_BYTES_MAX: u64 = 4 << 20;
/// Segments kept: a quarter of a gibibyte, about half a million queries.
pub const SEGMENTS_MAX: usize = 64;
/// Format of the log.
pub const VERSION: u8 = 1;

const LINE_TAG: &str = "bencao/access-line/1";
const HEAD_TAG: &[u8] = b"bencao/access-head/1\0";
/// Digits of a link and the space after it.
const LINK_CHARS: usize = 65;

/// One query of an authority.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Query {
    /// The node's clock when the answer was ready, RFC 3339.
    pub time: String,
    /// Last final height then.
    pub height: u64,
    /// Who asked.
    pub organisation: String,
    /// GB/T 2260: the region it answers for.
    pub region: String,
    /// `key:` and the id of the key that signed, or `token:` and the id of the token.
    pub by: String,
    /// From where.
    pub address: String,
    /// Method.
    pub method: String,
    /// Path and query as sent.
    pub target: String,
    /// What for, in the asker's words; empty if it did not say, which is refused.
    pub purpose: String,
    /// HTTP status of the answer.
    pub status: u16,
    /// Name of the error, if it was one.
    pub error: Option<String>,
}

/// A line's object.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
enum Line {
    Segment {
        version: u8,
        chain: Digest,
        /// From 1.
        segment: u64,
        time: String,
        /// Entries in the segments before.
        entries: u64,
        /// Link of the last of them; zero if there is none.
        head: Digest,
        /// Link of the line before; zero in the first segment.
        previous: Digest,
    },
    Query {
        /// From 1, without gaps.
        entry: u64,
        #[serde(flatten)]
        query: QueryFields,
    },
    Seal {
        time: String,
        entries: u64,
        head: Digest,
        key: String,
        signature: String,
    },
}

/// As [`Query`]; serde cannot refuse unknown fields of what it flattens, so that the link is what keeps them out.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(transparent)]
struct QueryFields(Query);

/// Number and query of a line, if it is one; nothing is checked.
pub fn entry(line: &[u8]) -> Option<(u64, Query)> {
    let (_, object) = line.split_at_checked(LINK_CHARS)?;
    match serde_json::from_slice(object).ok()? {
        Line::Query { entry, query } => Some((entry, query.0)),
        Line::Segment { .. } | Line::Seal { .. } => None,
    }
}

/// How long the log is and how it ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Head {
    /// Entries so far.
    pub entries: u64,
    /// Link of the last; zero if there is none.
    pub link: Digest,
}

impl Head {
    /// What the node key signs: `"bencao/access-head/1" ‖ 0x00 ‖ chain id (32) ‖ entries (u64, little endian) ‖ link (32)`.
    pub fn message(&self, chain: ChainId) -> Vec<u8> {
        [HEAD_TAG, &chain.0.0, &self.entries.to_le_bytes(), &self.link.0].concat()
    }
}

/// The chain of a message that [`Head::message`] gives; `None` for any other bytes.
pub fn chain_of_message(message: &[u8]) -> Option<ChainId> {
    let (chain, rest) = message.strip_prefix(HEAD_TAG)?.split_first_chunk::<32>()?;
    (rest.len() == 8 + 32).then_some(ChainId(Digest(*chain)))
}

/// A head with the signature of the node key.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SignedHead {
    /// What is signed.
    pub head: Head,
    /// By whom.
    pub key: PublicKey,
    /// Over [`Head::message`].
    pub signature: Signature,
}

impl SignedHead {
    /// Whether the signature is that of the key.
    pub fn verifies(&self, chain: ChainId) -> bool {
        self.key.verify(&self.head.message(chain), &self.signature)
    }

    /// `entries:link:key:signature`, as the header field `bencao-access-head` carries it.
    pub fn show(&self) -> String {
        let (Head { entries, link }, key) = (self.head, self.key);
        format!("{entries}:{link}:{key}:{}", hex::encode(self.signature.0))
    }

    /// Reads what [`SignedHead::show`] gives.
    pub fn parse(text: &str) -> Option<SignedHead> {
        let parts: Vec<&str> = text.trim().split(':').collect();
        let [entries, link, key, signature] = parts.as_slice() else { return None };
        let digits = !entries.is_empty() && entries.len() <= 19 && entries.bytes().all(|b| b.is_ascii_digit());
        let entries = entries.parse().ok().filter(|_| digits)?;
        let mut bytes = [0; 64];
        hex::decode_to_slice(signature, &mut bytes).ok()?;
        Some(SignedHead {
            head: Head { entries, link: Digest::from_hex(link)? },
            key: PublicKey::from_hex(key).ok()?,
            signature: Signature(bytes),
        })
    }
}

/// Where a log is: makes the next line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Journal {
    chain: ChainId,
    segment: u64,
    head: Head,
    /// Link of the last line of any kind.
    link: Digest,
}

impl Journal {
    /// Before the first segment.
    pub fn new(chain: ChainId) -> Journal {
        let head = Head { entries: 0, link: Digest::ZERO };
        Journal { chain, segment: 0, head, link: Digest::ZERO }
    }

    /// The head of the moment.
    pub fn head(&self) -> Head {
        self.head
    }

    /// Number of the open segment, from 1; 0 before the first.
    pub fn segment(&self) -> u64 {
        self.segment
    }

    /// The first line of a new segment.
    pub fn open_segment(&mut self, time: &str) -> String {
        self.segment += 1;
        let (Head { entries, link: head }, chain) = (self.head, self.chain.0);
        let (segment, previous) = (self.segment, self.link);
        self.line(&Line::Segment { version: VERSION, chain, segment, time: time.to_owned(), entries, head, previous })
    }

    /// The line of a query, which becomes the last entry.
    pub fn query(&mut self, query: Query) -> String {
        let entry = self.head.entries + 1;
        let line = self.line(&Line::Query { entry, query: QueryFields(query) });
        self.head = Head { entries: entry, link: self.link };
        line
    }

    /// The line of a signature over the head.
    pub fn seal(&mut self, time: &str, signed: &SignedHead) -> String {
        let (Head { entries, link: head }, key) = (signed.head, signed.key.to_string());
        self.line(&Line::Seal { time: time.to_owned(), entries, head, key, signature: hex::encode(signed.signature.0) })
    }

    fn line(&mut self, line: &Line) -> String {
        let object = serde_json::to_string(line).expect("texts and numbers");
        self.link = tagged(LINE_TAG, &[&self.link.0, object.as_bytes()]);
        format!("{} {object}\n", self.link)
    }
}

/// What is wrong with a log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("segment {segment}, line {line}: {reason}")]
pub struct Damage {
    /// Number of the segment, as its place says.
    pub segment: u64,
    /// From 1; 0 for the segment as a whole.
    pub line: u64,
    /// What.
    pub reason: Reason,
}

/// Kinds of damage.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// Not a line of a log.
    #[error("not a line of an access log")]
    Form,
    /// The line, or one before it, was changed, moved or taken out.
    #[error("the link does not continue the chain: this line or one before it was changed, moved or removed")]
    Link,
    /// A segment is missing, or stands elsewhere.
    #[error("the segment before this one is missing or ended differently")]
    Segment,
    /// A segment of another chain.
    #[error("of another chain")]
    Chain,
    /// Entries are not numbered one after the other.
    #[error("expected entry {expected}, found {actual}")]
    Entry {
        /// Next number.
        expected: u64,
        /// Number on the line.
        actual: u64,
    },
    /// A signature that is not over the head of its place, or does not verify.
    #[error("the seal does not verify")]
    Seal,
    /// The log ends before an entry that was promised to be there, or has another in its place.
    #[error("the log does not hold entry {0} as it was signed: its end is missing, or it was rewritten")]
    Missing(u64),
}

/// What a verified log is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// Number of the first entry: 1, unless older segments were removed.
    pub first_entry: u64,
    /// How it ends.
    pub head: Head,
    /// Segments read.
    pub segments: u64,
    /// Entries up to and including this one are under a seal.
    pub sealed: u64,
    /// Keys that sealed.
    pub keys: Vec<PublicKey>,
    /// Bytes after the last line: being written, or torn off by a crash before they were acknowledged.
    pub torn_bytes: u64,
}

/// Walks over a log, segment after segment.
#[derive(Debug)]
pub struct Verifier {
    chain: Option<ChainId>,
    signatures: bool,
    state: Option<Journal>,
    verified: Verified,
    /// Heads that must have been there, ascending.
    expected: Vec<Head>,
    next_expected: usize,
}

impl Verifier {
    /// Of the log of a chain, or of the chain that it says, which must hold these heads.
    pub fn new(chain: Option<ChainId>, mut expected: Vec<Head>) -> Verifier {
        expected.sort_by_key(|head| head.entries);
        let head = Head { entries: 0, link: Digest::ZERO };
        let verified = Verified { first_entry: 1, head, segments: 0, sealed: 0, keys: Vec::new(), torn_bytes: 0 };
        Verifier { chain, signatures: true, state: None, verified, expected, next_expected: 0 }
    }

    /// Leaves the signatures of seals unchecked: a node that goes on with its own log looks at the chain only.
    #[must_use]
    pub fn without_signatures(self) -> Verifier {
        Verifier { signatures: false, ..self }
    }

    /// Takes the next segment.
    ///
    /// # Errors
    /// [`Damage`].
    pub fn segment(&mut self, number: u64, bytes: &[u8]) -> Result<(), Damage> {
        let at = |line: u64| move |reason| Damage { segment: number, line, reason };
        if self.verified.torn_bytes > 0 {
            return Err(at(0)(Reason::Segment));
        }
        let mut rest = bytes;
        let mut count = 0;
        while let Some(end) = rest.iter().position(|b| *b == b'\n') {
            count += 1;
            let (line, after) = (&rest[..end], &rest[end + 1..]);
            self.line(number, count, line).map_err(at(count))?;
            rest = after;
        }
        if count == 0 && self.state.is_some() {
            // A crash may leave a segment that was just made.
            self.verified.torn_bytes = rest.len() as u64 + 1;
            return Ok(());
        }
        self.verified.torn_bytes = rest.len() as u64;
        self.verified.segments += 1;
        Ok(())
    }

    fn line(&mut self, number: u64, count: u64, line: &[u8]) -> Result<(), Reason> {
        let (link, object) = line.split_at_checked(LINK_CHARS).ok_or(Reason::Form)?;
        let text = std::str::from_utf8(link).ok().and_then(|l| l.strip_suffix(' ')).ok_or(Reason::Form)?;
        let link = Digest::from_hex(text).filter(|link| link.to_string() == text).ok_or(Reason::Form)?;
        let parsed: Line = serde_json::from_slice(object).map_err(|_| Reason::Form)?;
        if count == 1 {
            self.first_line(number, &parsed)?;
        }
        let state = self.state.as_mut().ok_or(Reason::Form)?;
        if tagged(LINE_TAG, &[&state.link.0, object]) != link {
            return Err(Reason::Link);
        }
        state.link = link;
        match parsed {
            Line::Segment { .. } if count > 1 => return Err(Reason::Form),
            Line::Segment { .. } => {}
            Line::Query { entry, .. } => {
                let expected = state.head.entries + 1;
                if entry != expected {
                    return Err(Reason::Entry { expected, actual: entry });
                }
                state.head = Head { entries: entry, link };
                self.verified.head = state.head;
                self.confirm()?;
            }
            Line::Seal { entries, head, key, signature, .. } => {
                let chain = state.chain;
                let signed = seal(Head { entries, link: head }, &key, &signature).ok_or(Reason::Seal)?;
                if signed.head != state.head || (self.signatures && !signed.verifies(chain)) {
                    return Err(Reason::Seal);
                }
                self.verified.sealed = entries;
                if !self.verified.keys.contains(&signed.key) {
                    self.verified.keys.push(signed.key);
                }
            }
        }
        Ok(())
    }

    /// A segment continues the one before it; the first that is there says what was before.
    fn first_line(&mut self, number: u64, line: &Line) -> Result<(), Reason> {
        let Line::Segment { version, chain, segment, entries, head, previous, .. } = line else {
            return Err(Reason::Form);
        };
        if *version != VERSION || *segment != number {
            return Err(Reason::Form);
        }
        if self.chain.is_some_and(|c| c.0 != *chain) {
            return Err(Reason::Chain);
        }
        let head = Head { entries: *entries, link: *head };
        match &mut self.state {
            Some(state) => {
                let continues = state.chain.0 == *chain
                    && state.segment + 1 == *segment
                    && state.link == *previous
                    && state.head == head;
                if !continues {
                    return Err(Reason::Segment);
                }
                state.segment = *segment;
            }
            None => {
                self.state = Some(Journal { chain: ChainId(*chain), segment: *segment, head, link: *previous });
                self.verified.first_entry = entries + 1;
                self.verified.head = head;
                // What was removed with old segments cannot be looked up any more.
                while self.expected.get(self.next_expected).is_some_and(|e| e.entries < *entries) {
                    self.next_expected += 1;
                }
                self.confirm()?;
            }
        }
        Ok(())
    }

    /// Compares the head with those that must have been there.
    fn confirm(&mut self) -> Result<(), Reason> {
        while let Some(expected) = self.expected.get(self.next_expected) {
            if expected.entries > self.verified.head.entries {
                break;
            }
            if *expected != self.verified.head {
                return Err(Reason::Missing(expected.entries));
            }
            self.next_expected += 1;
        }
        Ok(())
    }

    /// The verdict, and the journal to go on with.
    ///
    /// # Errors
    /// [`Damage`] if a head that must be there is not.
    pub fn finish(self) -> Result<(Verified, Option<Journal>), Damage> {
        let unmet = self.expected.get(self.next_expected).filter(|e| e.entries > 0);
        if let Some(missing) = unmet {
            let segment = self.state.as_ref().map_or(0, |s| s.segment);
            return Err(Damage { segment, line: 0, reason: Reason::Missing(missing.entries) });
        }
        Ok((self.verified, self.state))
    }
}

fn seal(head: Head, key: &str, signature: &str) -> Option<SignedHead> {
    let mut bytes = [0; 64];
    hex::decode_to_slice(signature, &mut bytes).ok()?;
    Some(SignedHead { head, key: PublicKey::from_hex(key).ok()?, signature: Signature(bytes) })
}

#[cfg(test)]
#[path = "journal_tests.rs"]
mod tests;
