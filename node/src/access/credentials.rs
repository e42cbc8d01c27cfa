//! From the headers of a request to who asks.

use super::asker::{Asker, Member};
use super::origin::Origin;
use crate::api::app::App;
use crate::api::error::{ApiError, Fault};
use crate::api::reading;
use crate::api::wait::shorten;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method};
use bencao_access::policy::{self, Right, Role};
use bencao_access::request::{self, CONTENT_DIGEST, MANDATE, PURPOSE, SIGNATURE, SIGNATURE_INPUT, unescape};
use bencao_access::token::TokenId;
use bencao_access::{Parameters, Request, SignatureError, Token, TokenError};
use bencao_chaincode::query::{self, QueryError};
use bencao_chaincode::transaction::DocumentNumber;
use bencao_crypto::{Digest, KeyId};
use bencao_genesis::{KeyPurpose, OrgId, TimestampMs};

/// How somebody proved who they are.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum By {
    /// With a signature.
    Key { id: KeyId, purpose: KeyPurpose },
    /// With a token for these rights; for all of the role if there are none.
    Token { id: TokenId, scopes: Vec<Right> },
}

impl By {
    /// As the access log shows it.
    pub(crate) fn show(&self) -> String {
        match self {
            By::Key { id, .. } => format!("key:{id}"),
            By::Token { id, .. } => format!("token:{id}"),
        }
    }

    /// Whether a key of this purpose, or a token of these scopes, is for this right.
    ///
    /// # Errors
    /// `key_not_accepted`, `outside_scope`.
    pub(crate) fn covers(&self, right: Right) -> Result<(), ApiError> {
        match self {
            By::Key { purpose, .. } if !policy::may_sign(*purpose, right) => {
                Err(ApiError::new(Fault::KeyNotAccepted).expected(right.name()).actual(purpose.name()))
            }
            By::Token { scopes, .. } if !scopes.is_empty() && !scopes.contains(&right) && !right.is_public() => {
                let held: Vec<&str> = scopes.iter().map(|s| s.name()).collect();
                Err(ApiError::new(Fault::OutsideScope).expected(right.name()).actual(held.join(", ")))
            }
            _ => Ok(()),
        }
    }
}

/// Somebody who proved who they are.
#[derive(Clone, Debug)]
pub(crate) struct Known {
    pub(crate) asker: Asker,
    pub(crate) by: By,
    /// What the body of the request must be.
    pub(crate) body: Option<Digest>,
}

/// What a request presents, before anything of it is believed.
#[derive(Debug)]
pub(crate) enum Presented {
    Token(Token),
    Signature(Box<Claim>),
}

/// A signature and what it is said to be of.
#[derive(Debug)]
pub(crate) struct Claim {
    parameters: Parameters,
    signature: String,
    method: String,
    authority: String,
    path: String,
    query: Option<String>,
    content_digest: Option<String>,
    purpose: Option<String>,
    mandate: Option<String>,
}

impl Presented {
    /// Reads the headers; `None` if they present nothing.
    ///
    /// # Errors
    /// `bad_token`, `bad_request_signature`, `bad_request` for both at once.
    pub(crate) fn of(parts: &Parts, origin: &Origin) -> Result<Option<Presented>, ApiError> {
        let headers = &parts.headers;
        let token = one(headers, AUTHORIZATION.as_str(), Fault::BadToken)?;
        let input = one(headers, SIGNATURE_INPUT, Fault::BadRequestSignature)?;
        let signature = one(headers, SIGNATURE, Fault::BadRequestSignature)?;
        match (token, input, signature) {
            (None, None, None) => Ok(None),
            (Some(token), None, None) => read_token(token).map(|token| Some(Presented::Token(token))),
            (None, Some(input), Some(signature)) => {
                let parameters = Parameters::parse(input).map_err(|e| signature_error(e, SIGNATURE_INPUT))?;
                let field = |name: &str| one(headers, name, Fault::BadRequestSignature).map(|f| f.map(str::to_owned));
                Ok(Some(Presented::Signature(Box::new(Claim {
                    parameters,
                    signature: signature.to_owned(),
                    method: parts.method.as_str().to_owned(),
                    authority: origin.authority.clone(),
                    path: parts.uri.path().to_owned(),
                    query: parts.uri.query().map(str::to_owned),
                    content_digest: field(CONTENT_DIGEST)?,
                    purpose: field(PURPOSE)?,
                    mandate: field(MANDATE)?,
                }))))
            }
            (None, None, Some(_)) => Err(ApiError::new(Fault::BadRequestSignature).at(SIGNATURE_INPUT)),
            (None, Some(_), None) => Err(ApiError::new(Fault::BadRequestSignature).at(SIGNATURE)),
            _ => Err(ApiError::bad_request("authorization", "a token or a signature, not both")),
        }
    }
}

/// The one field of this name, as visible ASCII.
fn one<'a>(headers: &'a HeaderMap, name: &str, fault: Fault) -> Result<Option<&'a str>, ApiError> {
    let mut all = headers.get_all(name).iter();
    let Some(first) = all.next() else { return Ok(None) };
    let text = first.to_str().ok().filter(|_| all.next().is_none());
    text.map(Some).ok_or_else(|| ApiError::new(fault).at(name))
}

fn read_token(field: &str) -> Result<Token, ApiError> {
    let bad = || ApiError::new(Fault::BadToken).at("authorization").expected("Bearer bct1-…");
    let (scheme, text) = field.split_once(' ').ok_or_else(bad)?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(bad());
    }
    Token::parse(text.trim()).map_err(|_| bad())
}

fn signature_error(error: SignatureError, field: &str) -> ApiError {
    match error {
        SignatureError::Coverage(part) => ApiError::new(Fault::BadRequestSignature).at(part),
        SignatureError::Form | SignatureError::Signature => ApiError::new(Fault::BadRequestSignature).at(field),
        SignatureError::Time => ApiError::new(Fault::RequestExpired).at("created"),
    }
}

/// What an authority says that it asks for; the text of [`PURPOSE`].
///
/// # Errors
/// `bad_request`.
pub(crate) fn purpose(headers: &HeaderMap) -> Result<Option<String>, ApiError> {
    let bad = || ApiError::bad_request(PURPOSE, "1 to 200 characters, percent-encoded");
    let field = one(headers, PURPOSE, Fault::BadRequest)?;
    field.map(|text| request::parse_purpose(text).map_err(|_| bad())).transpose()
}

/// The consent that a request names; principal and number of [`MANDATE`].
///
/// # Errors
/// `bad_request`.
pub(crate) fn mandate(headers: &HeaderMap) -> Result<Option<(OrgId, DocumentNumber)>, ApiError> {
    let bad = || ApiError::bad_request(MANDATE, "principal, a space, and number, percent-encoded");
    let Some(field) = one(headers, MANDATE, Fault::BadRequest)? else { return Ok(None) };
    let text = unescape(field).ok_or_else(bad)?;
    let (principal, number) = text.split_once(' ').ok_or_else(bad)?;
    let principal = OrgId::parse(principal).map_err(|_| bad())?;
    let number = DocumentNumber(number.to_owned());
    if number.is_well_formed() { Ok(Some((principal, number))) } else { Err(bad()) }
}

/// Who presents this, by the state at the last final height. Reads the store and checks a signature.
///
/// # Errors
/// 401 for credentials that are not good, `key_not_accepted`, `forbidden`.
pub(crate) fn identify(app: &App, presented: &Presented, now: TimestampMs) -> Result<Known, ApiError> {
    match presented {
        Presented::Token(token) => of_token(app, token, now),
        Presented::Signature(claim) => of_signature(app, claim, now),
    }
}

fn of_token(app: &App, token: &Token, now: TimestampMs) -> Result<Known, ApiError> {
    let bad = || ApiError::new(Fault::BadToken).at("authorization").actual(token.id().to_string());
    let tokens = app.door.tokens.current().ok_or_else(bad)?;
    let record = tokens.find(token, now).map_err(|error| match error {
        TokenError::Expired => ApiError::new(Fault::TokenExpired).at("authorization").actual(token.id().to_string()),
        _ => bad(),
    })?;
    let by = By::Token { id: record.id, scopes: record.scopes.clone() };
    let Some(organisation) = &record.organisation else {
        return Ok(Known { asker: Asker::admin(by.clone()), by, body: None });
    };
    let member = member(app, organisation)?;
    let role = member.as_ref().map(|m| m.role());
    // An authority is nothing else besides, so that none of its questions goes unrecorded.
    let fits = match record.role {
        Role::Regulator => role == Some(Role::Regulator),
        _ => matches!(role, Some(Role::Organisation | Role::Bank)),
    };
    match member {
        Some(member) if fits => Ok(Known { asker: Asker::of(member, false, by.clone()), by, body: None }),
        _ => Err(ApiError::new(Fault::Forbidden)
            .at("authorization")
            .expected(record.role.name())
            .actual(role.map_or("not a member of the chain", Role::name))),
    }
}

fn member(app: &App, id: &OrgId) -> Result<Option<Member>, ApiError> {
    let found = query::member(&app.state.view(), id).map_err(QueryError::from).map_err(reading::ReadError::from)?;
    Ok(found.map(|(number, record)| Member::of(number, record)))
}

fn of_signature(app: &App, claim: &Claim, now: TimestampMs) -> Result<Known, ApiError> {
    let parameters = &claim.parameters;
    let now_s = now.0 / 1_000;
    let in_time = parameters.check_time(now_s, app.door.since_s);
    in_time.map_err(|e| signature_error(e, SIGNATURE_INPUT).actual(now.to_string()))?;
    let with_body = claim.method == Method::POST.as_str();
    if with_body && claim.content_digest.is_none() {
        return Err(ApiError::new(Fault::BadRequestSignature).at(CONTENT_DIGEST));
    }
    let body = claim.content_digest.as_deref().map(request::parse_content_digest).transpose();
    let body = body.map_err(|e| signature_error(e, CONTENT_DIGEST))?;
    let id = parameters.key;
    let unknown = || ApiError::new(Fault::KeyNotAccepted).at("keyid").expected(shorten(&id.to_string()));
    let height = app.progress().executed.next();
    let (key, number, organisation) = reading::registered_key(app, &id, height)?.ok_or_else(unknown)?;
    let request = Request {
        method: &claim.method,
        authority: &claim.authority,
        path: &claim.path,
        query: claim.query.as_deref(),
        content_digest: claim.content_digest.as_deref(),
        purpose: claim.purpose.as_deref(),
        mandate: claim.mandate.as_deref(),
    };
    let checked = parameters.verify(&request, &claim.signature, &key.public_key);
    checked.map_err(|e| signature_error(e, SIGNATURE))?;
    app.door.take_nonce(id, &parameters.nonce, parameters.over_s(), now_s)?;
    // Only now, so that nobody learns the purposes of keys that are not theirs.
    let by = By::Key { id, purpose: key.purpose };
    let own = reading::registered_key(app, &app.facts.node, height)?.map(|(_, number, _)| number);
    let operates = key.purpose == KeyPurpose::Admin && own == Some(number);
    Ok(Known { asker: Asker::of(Member::of(number, organisation), operates, by.clone()), by, body })
}

/// Whether what somebody proved themselves with still counts: of answers that go on for hours.
pub(crate) fn still_count(app: &App, asker: &Asker) -> Result<bool, reading::ReadError> {
    match asker.by.as_deref() {
        None => Ok(true),
        Some(By::Key { id, .. }) => {
            let height = app.progress().executed.next();
            Ok(reading::registered_key(app, id, height)?.is_some())
        }
        Some(By::Token { id, .. }) => {
            Ok(app.door.tokens.current().is_some_and(|tokens| tokens.counts(*id, app.clock.wall())))
        }
    }
}

/// With the consent that the request names.
///
/// # Errors
/// `bad_request`.
pub(crate) fn with_mandate(known: Known, headers: &HeaderMap) -> Result<Known, ApiError> {
    let asker = known.asker.naming(mandate(headers)?);
    Ok(Known { asker, ..known })
}
