//! Who a client says it is: a token, or a key that signs each request.

use super::ApiError;
use bencao_access::request::{self, CONTENT_DIGEST, MANDATE, PURPOSE, SIGNATURE, SIGNATURE_INPUT};
use bencao_access::{Request, Token};
use bencao_crypto::SigningKey;
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};
use zeroize::Zeroizing;

/// How long a signature is good for, seconds: longer than any connection takes.
const LIFE_S: u64 = 30;

/// How a client proves who it is.
pub enum Credentials {
    /// A token of the node.
    Token(Token),
    /// A key that the chain knows.
    Key(Box<SigningKey>),
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Credentials::Token(token) => write!(f, "{token:?}"),
            Credentials::Key(key) => write!(f, "Key({})", key.public().id()),
        }
    }
}

/// Who asks, what for, and under which consent.
#[derive(Debug, Default)]
pub struct Identity {
    /// None: the public.
    pub credentials: Option<Credentials>,
    /// Whether to keep them until a node asks for them.
    pub when_asked: bool,
    /// What an authority asks for.
    pub purpose: Option<String>,
    /// Principal and number of the consent that is read under.
    pub mandate: Option<(String, String)>,
}

/// An [`Identity`] at work.
#[derive(Debug, Default)]
pub(super) struct Speaker {
    credentials: Option<Credentials>,
    purpose: Option<String>,
    mandate: Option<String>,
    /// Whether credentials are shown: at once, or since a node has asked for them.
    shown: AtomicBool,
    /// Seconds by which nodes' clocks are ahead of ours, once one has said so.
    ahead_s: AtomicI64,
}

impl Speaker {
    pub(super) fn new(identity: Identity) -> Speaker {
        let Identity { credentials, when_asked, purpose, mandate } = identity;
        Speaker {
            shown: AtomicBool::new(!when_asked),
            credentials,
            purpose: purpose.map(|text| request::escape(&text)),
            mandate: mandate.map(|(principal, number)| request::escape(&format!("{principal} {number}"))),
            ahead_s: AtomicI64::new(0),
        }
    }

    /// The header fields of one request.
    pub(super) fn headers(
        &self,
        method: &str,
        authority: &str,
        target: &str,
        body: Option<&[u8]>,
    ) -> Result<Vec<(&'static str, Zeroizing<String>)>, ApiError> {
        let mut headers = Vec::new();
        let mut add = |name: &'static str, value: &str| headers.push((name, Zeroizing::new(value.to_owned())));
        if let Some(purpose) = &self.purpose {
            add(PURPOSE, purpose);
        }
        if let Some(mandate) = &self.mandate {
            add(MANDATE, mandate);
        }
        match self.credentials.as_ref().filter(|_| self.shown.load(Ordering::Relaxed)) {
            None => {}
            Some(Credentials::Token(token)) => {
                headers.push(("authorization", Zeroizing::new(format!("Bearer {}", *token.show()))));
            }
            Some(Credentials::Key(key)) => {
                let digest = body.map(request::content_digest);
                if let Some(digest) = &digest {
                    add(CONTENT_DIGEST, digest);
                }
                let (path, query) = match target.split_once('?') {
                    None => (target, None),
                    Some((path, query)) => (path, Some(query)),
                };
                let authority = authority.to_ascii_lowercase();
                let request = Request {
                    method,
                    authority: &authority,
                    path,
                    query,
                    content_digest: digest.as_deref(),
                    purpose: self.purpose.as_deref(),
                    mandate: self.mandate.as_deref(),
                };
                let mut nonce = [0; 16];
                getrandom::fill(&mut nonce).map_err(|_| ApiError::NoRandomness)?;
                let signed = request::sign(&request, key, self.now_s(), LIFE_S, &nonce);
                add(SIGNATURE_INPUT, &signed.input);
                add(SIGNATURE, &signed.signature);
            }
        }
        Ok(headers)
    }

    /// Whether a refused request is worth another try, since the node has said what was missing.
    pub(super) fn learn(&self, error: &ApiError) -> bool {
        let asked = error.is("credentials_required") && self.credentials.is_some();
        (asked && !self.shown.swap(true, Ordering::Relaxed)) || self.learn_time(error)
    }

    /// A node that finds a signature out of time says what its time is: the next is made for that.
    fn learn_time(&self, error: &ApiError) -> bool {
        let told = error.fault().filter(|f| f.name == "request_expired").and_then(|f| f.actual.as_deref());
        let Some(node) = told.and_then(super::instant) else { return false };
        let ahead = i64::try_from(node.0 / 1_000).unwrap_or(i64::MAX).saturating_sub_unsigned(wall_s());
        // A signature that fails although it was made for the node's time will not get better.
        self.ahead_s.swap(ahead, Ordering::Relaxed) != ahead
    }

    fn now_s(&self) -> u64 {
        wall_s().saturating_add_signed(self.ahead_s.load(Ordering::Relaxed))
    }
}

fn wall_s() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

#[cfg(test)]
mod tests {
    use super::*;
    use bencao_access::Parameters;

    fn identity(credentials: Option<Credentials>) -> Identity {
        let mandate = Some(("91".into(), "M-1".into()));
        Identity { credentials, when_asked: false, purpose: Some("案件 1".into()), mandate }
    }

    #[test]
    fn a_key_signs_all_that_a_request_says() {
        let key = SigningKey::from_bytes(&[7; 32]).unwrap();
        let speaker = Speaker::new(identity(Some(Credentials::Key(Box::new(key.clone())))));
        let headers = speaker.headers("POST", "Node:1", "/v1/transactions?x=1", Some(b"body")).unwrap();
        let field = |name: &str| headers.iter().find(|(n, _)| *n == name).map(|(_, v)| v.as_str());
        let request = Request {
            method: "POST",
            authority: "node:1",
            path: "/v1/transactions",
            query: Some("x=1"),
            content_digest: field(CONTENT_DIGEST),
            purpose: field(PURPOSE),
            mandate: field(MANDATE),
        };
        assert_eq!((field(PURPOSE), field(MANDATE)), (Some("%E6%A1%88%E4%BB%B6%201"), Some("91%20M-1")));
        let parameters = Parameters::parse(field(SIGNATURE_INPUT).unwrap()).unwrap();
        parameters.verify(&request, field(SIGNATURE).unwrap(), &key.public()).unwrap();
        let again = speaker.headers("POST", "Node:1", "/v1/transactions?x=1", Some(b"body")).unwrap();
        assert_ne!(again, headers, "each request has its own nonce");
    }

    #[test]
    fn a_token_is_presented_as_it_is() {
        let token = Token::from_random(&Zeroizing::new([0xab; 40]));
        let text = token.show();
        let speaker = Speaker::new(Identity { credentials: Some(Credentials::Token(token)), ..Identity::default() });
        let headers = speaker.headers("GET", "n", "/", None).unwrap();
        assert_eq!(headers, [("authorization", Zeroizing::new(format!("Bearer {}", *text)))]);
        assert!(Speaker::default().headers("GET", "n", "/", None).unwrap().is_empty());
    }

    #[test]
    fn credentials_are_kept_until_a_node_asks() {
        let token = Token::from_random(&Zeroizing::new([0xab; 40]));
        let credentials = Some(Credentials::Token(token));
        let speaker = Speaker::new(Identity { credentials, when_asked: true, ..Identity::default() });
        let count = || speaker.headers("GET", "n", "/", None).unwrap().len();
        assert_eq!(count(), 0);
        let fault = super::super::Fault { name: "credentials_required".into(), ..Default::default() };
        let error = ApiError::Refused { status: 401, fault: Box::new(fault) };
        assert!(speaker.learn(&error));
        assert_eq!(count(), 1);
        assert!(!speaker.learn(&error), "they were not enough");
        assert!(!Speaker::default().learn(&error), "there are none");
    }

    #[test]
    fn a_nodes_clock_is_believed_once() {
        let speaker = Speaker::default();
        let node = bencao_genesis::TimestampMs((wall_s() + 5_000) * 1_000).to_string();
        let fault = super::super::Fault { name: "request_expired".into(), actual: Some(node), ..Default::default() };
        let error = ApiError::Refused { status: 401, fault: Box::new(fault) };
        assert!(speaker.learn_time(&error));
        assert!(speaker.now_s() >= wall_s() + 4_999);
        let other = ApiError::Answer(String::new());
        assert!(!speaker.learn_time(&other));
    }
}
