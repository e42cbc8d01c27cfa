//! The one error object of the API (docs/contract.md §1): every answer from 400 upwards carries it.

use axum::Json;
use axum::http::header::{RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

/// What went wrong, for programs (`code`, `name`) and for people. All fields are always present.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct ErrorObject {
    /// Stable number.
    pub code: u16,
    /// Stable name.
    pub name: &'static str,
    /// What happened and what to do, in Chinese.
    pub message_zh: String,
    /// What happened and what to do, in English.
    pub message_en: String,
    /// What is on record, or would have been right.
    pub expected: Option<String>,
    /// What was found.
    pub actual: Option<String>,
    /// Line of the request, from 1.
    pub line: Option<u64>,
    /// Path of the field.
    pub field: Option<String>,
    /// When to come again, milliseconds.
    pub retry_after_ms: Option<u64>,
    /// The transaction in question.
    pub transaction_id: Option<String>,
}

/// The API's own errors: number, name, status and texts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fault {
    /// Not the documented JSON, query or path.
    BadRequest,
    /// Not the canonical bytes of a signed transaction.
    MalformedTransaction,
    /// The signature does not verify.
    BadSignature,
    /// Signed for another chain.
    WrongChain,
    /// Valid-until has passed or lies too far ahead.
    Expired,
    /// Not a valid key of the principal.
    UnknownSigner,
    /// No such path.
    NotFound,
    /// A transaction this node has not seen.
    UnknownTransaction,
    /// A document number this node has not seen.
    UnknownBill,
    /// Never commissioned.
    UnknownCode,
    /// Above the tip.
    UnknownBlock,
    /// Another method than the path has.
    MethodNotAllowed,
    /// Above the documented size.
    TooLarge,
    /// Neither JSON nor bytes.
    UnsupportedMediaType,
    /// A bounded queue is full.
    Busy,
    /// Starting, catching up, or stopped after a divergence.
    NotReady,
    /// Events before the cursor are no longer kept.
    StaleCursor,
    /// A fault of the node.
    Internal,
    /// No certified state yet.
    NotYetCertified,
    /// Nothing on record under that name.
    UnknownRecord,
    /// No recall under this number.
    UnknownRecall,
    /// Credentials are needed.
    CredentialsRequired,
    /// Not a token of this node.
    BadToken,
    /// The token's last moment has passed.
    TokenExpired,
    /// The signature of the request is not good.
    BadRequestSignature,
    /// Signed for another time.
    RequestExpired,
    /// The nonce was used.
    RequestReplayed,
    /// No key that signs such requests.
    KeyNotAccepted,
    /// The role may not.
    Forbidden,
    /// The token is for something else.
    OutsideScope,
    /// The record concerns others.
    NotConcerned,
    /// Another region or department.
    OutsideJurisdiction,
    /// No consent on the chain.
    ConsentRequired,
    /// An authority has to say what for.
    PurposeRequired,
    /// More than the rate allows.
    TooManyRequests,
    /// Nothing can be entered in the access log.
    AccessLogUnavailable,
    /// Past the proxy, or the proxy does not say whose request it is.
    NotThroughProxy,
    /// The body is not the one that was signed.
    BodyChanged,
}

impl Fault {
    /// Every fault, by number.
    pub const ALL: [Fault; 38] = [
        Fault::BadRequest,
        Fault::MalformedTransaction,
        Fault::BadSignature,
        Fault::WrongChain,
        Fault::Expired,
        Fault::UnknownSigner,
        Fault::NotFound,
        Fault::UnknownTransaction,
        Fault::UnknownBill,
        Fault::UnknownCode,
        Fault::UnknownBlock,
        Fault::MethodNotAllowed,
        Fault::TooLarge,
        Fault::UnsupportedMediaType,
        Fault::Busy,
        Fault::NotReady,
        Fault::StaleCursor,
        Fault::Internal,
        Fault::NotYetCertified,
        Fault::UnknownRecord,
        Fault::UnknownRecall,
        Fault::CredentialsRequired,
        Fault::BadToken,
        Fault::TokenExpired,
        Fault::BadRequestSignature,
        Fault::RequestExpired,
        Fault::RequestReplayed,
        Fault::KeyNotAccepted,
        Fault::Forbidden,
        Fault::OutsideScope,
        Fault::NotConcerned,
        Fault::OutsideJurisdiction,
        Fault::ConsentRequired,
        Fault::PurposeRequired,
        Fault::TooManyRequests,
        Fault::AccessLogUnavailable,
        Fault::NotThroughProxy,
        Fault::BodyChanged,
    ];

    /// Stable number, name and HTTP status.
    pub const fn identity(self) -> (u16, &'static str, StatusCode) {
        match self {
            Fault::BadRequest => (9001, "bad_request", StatusCode::BAD_REQUEST),
            Fault::MalformedTransaction => (9002, "malformed_transaction", StatusCode::BAD_REQUEST),
            Fault::BadSignature => (9003, "bad_signature", StatusCode::BAD_REQUEST),
            Fault::WrongChain => (9004, "wrong_chain", StatusCode::BAD_REQUEST),
            Fault::Expired => (9005, "expired", StatusCode::BAD_REQUEST),
            Fault::UnknownSigner => (9006, "unknown_signer", StatusCode::FORBIDDEN),
            Fault::NotFound => (9007, "not_found", StatusCode::NOT_FOUND),
            Fault::UnknownTransaction => (9008, "unknown_transaction", StatusCode::NOT_FOUND),
            Fault::UnknownBill => (9009, "unknown_bill", StatusCode::NOT_FOUND),
            Fault::UnknownCode => (9010, "unknown_code", StatusCode::NOT_FOUND),
            Fault::UnknownBlock => (9011, "unknown_block", StatusCode::NOT_FOUND),
            Fault::MethodNotAllowed => (9012, "method_not_allowed", StatusCode::METHOD_NOT_ALLOWED),
            Fault::TooLarge => (9013, "too_large", StatusCode::PAYLOAD_TOO_LARGE),
            Fault::UnsupportedMediaType => (9014, "unsupported_media_type", StatusCode::UNSUPPORTED_MEDIA_TYPE),
            Fault::Busy => (9015, "busy", StatusCode::SERVICE_UNAVAILABLE),
            Fault::NotReady => (9016, "not_ready", StatusCode::SERVICE_UNAVAILABLE),
            Fault::StaleCursor => (9017, "stale_cursor", StatusCode::GONE),
            Fault::Internal => (9018, "internal", StatusCode::INTERNAL_SERVER_ERROR),
            Fault::NotYetCertified => (9019, "not_yet_certified", StatusCode::SERVICE_UNAVAILABLE),
            Fault::UnknownRecord => (9020, "unknown_record", StatusCode::NOT_FOUND),
            Fault::UnknownRecall => (9030, "unknown_recall", StatusCode::NOT_FOUND),
            Fault::CredentialsRequired => (9040, "credentials_required", StatusCode::UNAUTHORIZED),
            Fault::BadToken => (9041, "bad_token", StatusCode::UNAUTHORIZED),
            Fault::TokenExpired => (9042, "token_expired", StatusCode::UNAUTHORIZED),
            Fault::BadRequestSignature => (9043, "bad_request_signature", StatusCode::UNAUTHORIZED),
            Fault::RequestExpired => (9044, "request_expired", StatusCode::UNAUTHORIZED),
            Fault::RequestReplayed => (9045, "request_replayed", StatusCode::UNAUTHORIZED),
            Fault::KeyNotAccepted => (9046, "key_not_accepted", StatusCode::FORBIDDEN),
            Fault::Forbidden => (9047, "forbidden", StatusCode::FORBIDDEN),
            Fault::OutsideScope => (9048, "outside_scope", StatusCode::FORBIDDEN),
            Fault::NotConcerned => (9049, "not_concerned", StatusCode::FORBIDDEN),
            Fault::OutsideJurisdiction => (9050, "outside_jurisdiction", StatusCode::FORBIDDEN),
            Fault::ConsentRequired => (9051, "consent_required", StatusCode::FORBIDDEN),
            Fault::PurposeRequired => (9052, "purpose_required", StatusCode::BAD_REQUEST),
            Fault::TooManyRequests => (9053, "too_many_requests", StatusCode::TOO_MANY_REQUESTS),
            Fault::AccessLogUnavailable => (9054, "access_log_unavailable", StatusCode::SERVICE_UNAVAILABLE),
            Fault::NotThroughProxy => (9055, "not_through_proxy", StatusCode::FORBIDDEN),
            Fault::BodyChanged => (9056, "body_changed", StatusCode::BAD_REQUEST),
        }
    }

    /// Texts, Chinese and English: what happened, then what to do.
    const fn texts(self) -> (&'static str, &'static str) {
        match self {
            Fault::BadRequest => (
                "请求不符合接口文档；请按 field 与 line 所指处更正",
                "the request is not as documented; correct it where field and line say",
            ),
            Fault::MalformedTransaction => (
                "不是规范编码的已签名交易；请用 prepare 生成，或按编码文档检查",
                "not the canonical bytes of a signed transaction; use prepare, or compare with the wire format",
            ),
            Fault::BadSignature => (
                "签名与所称密钥不符；请确认签名的是 sign_message，且 ID 为默认值",
                "the signature does not verify under the named key; sign sign_message with the default ID",
            ),
            Fault::WrongChain => ("交易是为另一条链签名的", "the transaction was signed for another chain"),
            Fault::Expired => (
                "有效期已过，或超出允许的提前量；请重新生成并签名",
                "valid-until has passed or lies too far ahead; build and sign it again",
            ),
            Fault::UnknownSigner => (
                "该密钥不是该主体当前有效的相应用途密钥",
                "the key is not a valid key of the principal for this purpose",
            ),
            Fault::NotFound => ("没有这个路径", "no such path"),
            Fault::UnknownTransaction => (
                "本节点未见过该交易；如曾提交，可安全地再次提交",
                "this node has not seen the transaction; sending it again is safe",
            ),
            Fault::UnknownBill => ("本节点未见过该单据号", "this node has not seen a bill under this number"),
            Fault::UnknownCode => (
                "截至本节点当前高度，该追溯码从未在本链上赋码激活",
                "this code was never commissioned on this chain, as far as this node has come",
            ),
            Fault::UnknownBlock => ("尚无该高度的区块", "no block at this height yet"),
            Fault::MethodNotAllowed => ("该路径不支持此方法", "this path does not take this method"),
            Fault::TooLarge => ("请求超出大小上限", "the request is larger than allowed"),
            Fault::UnsupportedMediaType => (
                "请使用 application/json 或 application/octet-stream",
                "use application/json or application/octet-stream",
            ),
            Fault::Busy => (
                "节点繁忙，本次未受理；请在 retry_after_ms 之后重试",
                "the node is busy and took nothing; try again after retry_after_ms",
            ),
            Fault::NotReady => (
                "节点尚未就绪：正在启动、追赶区块，或因状态不一致而停止受理",
                "the node is not ready: starting, catching up, or stopped after a divergence",
            ),
            Fault::StaleCursor => (
                "游标之前的事件已不再保留；请从 expected 所示游标继续",
                "events before the cursor are no longer kept; go on from the cursor in expected",
            ),
            Fault::Internal => (
                "节点内部故障，已记录日志；请联系节点管理员",
                "a fault of the node, which it has logged; tell its operator",
            ),
            Fault::NotYetCertified => (
                "该状态尚未被后续区块认证；请稍候或加 wait 参数",
                "the state is not certified by a later block yet; come again, or use wait",
            ),
            Fault::UnknownRecord => {
                ("链上没有该记录；请核对标识或编号", "nothing is on record under that name; check identifier or number")
            }
            Fault::UnknownRecall => ("没有该编号的召回", "there is no recall under this number"),
            Fault::CredentialsRequired => (
                "此查询需要身份凭证：请使用令牌，或用本单位密钥签名请求",
                "this needs credentials: a token, or a request signed with a key of your organisation",
            ),
            Fault::BadToken => (
                "令牌无效或已撤销；请向节点管理员申请新的令牌",
                "the token is unknown or revoked; ask the node's operator for one",
            ),
            Fault::TokenExpired => (
                "令牌已过期；请向节点管理员申请新的令牌",
                "the token has expired; ask the node's operator for a new one",
            ),
            Fault::BadRequestSignature => (
                "请求签名不正确；请按接口文档对方法、主机、路径、查询与正文摘要签名",
                "the request's signature is not good; sign method, authority, path, query and body digest as documented",
            ),
            Fault::RequestExpired => (
                "请求签名不在有效时间内；请校准时钟后重新签名",
                "the request was signed for another time; set the clock and sign again",
            ),
            Fault::RequestReplayed => (
                "该请求签名已使用过；请换用新的 nonce 重新签名",
                "this signature was used before; sign again with a new nonce",
            ),
            Fault::KeyNotAccepted => (
                "该密钥未登记、未生效，或其用途不能用于此类请求",
                "the key is not registered, not in force, or its purpose does not sign such requests",
            ),
            Fault::Forbidden => ("该角色无权进行此操作", "this role may not do this"),
            Fault::OutsideScope => ("令牌的用途范围不含此操作", "the token's scopes do not cover this"),
            Fault::NotConcerned => ("该记录与本单位无关，不能查看", "the record does not concern your organisation"),
            Fault::OutsideJurisdiction => (
                "该记录不在本部门、本辖区的职权范围内",
                "the record is outside the region or department of your authority",
            ),
            Fault::ConsentRequired => (
                "需要对方在链上的授权（读取范围见 expected）；请在 bencao-mandate 中注明授权单位与编号",
                "a consent on the chain is needed that covers what expected says; name principal and number in bencao-mandate",
            ),
            Fault::PurposeRequired => (
                "监管查询须注明用途：请在 bencao-purpose 中填写事由",
                "an authority says what for it asks: give the reason in bencao-purpose",
            ),
            Fault::TooManyRequests => {
                ("请求过于频繁；请在 retry_after_ms 之后重试", "too many requests; come again after retry_after_ms")
            }
            Fault::AccessLogUnavailable => (
                "监管查询日志不可用，监管查询暂停；请联系节点管理员",
                "the access log cannot be written, so that authorities are not answered; tell the node's operator",
            ),
            Fault::NotThroughProxy => (
                "请求未经受信任的代理转发，或代理未注明来源地址",
                "the request did not come through a trusted proxy, or the proxy did not say from where",
            ),
            Fault::BodyChanged => ("请求正文与签名的摘要不一致", "the body is not the one whose digest was signed"),
        }
    }
}

/// An answer from 400 upwards.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ApiError {
    /// HTTP status.
    pub status: StatusCode,
    /// Body.
    pub object: Box<ErrorObject>,
}

impl ApiError {
    /// The fault without details.
    pub fn new(fault: Fault) -> ApiError {
        let (code, name, status) = fault.identity();
        let (message_zh, message_en) = fault.texts();
        let object = ErrorObject {
            code,
            name,
            message_zh: message_zh.to_owned(),
            message_en: message_en.to_owned(),
            expected: None,
            actual: None,
            line: None,
            field: None,
            retry_after_ms: None,
            transaction_id: None,
        };
        ApiError { status, object: Box::new(object) }
    }

    /// [`Fault::BadRequest`] at a field.
    pub fn bad_request(field: impl Into<String>, expected: impl Into<String>) -> ApiError {
        ApiError::new(Fault::BadRequest).at(field).expected(expected)
    }

    /// [`Fault::Busy`].
    pub fn busy(retry_after_ms: u64) -> ApiError {
        let mut error = ApiError::new(Fault::Busy);
        error.object.retry_after_ms = Some(retry_after_ms);
        error
    }

    /// [`Fault::TooManyRequests`].
    pub fn too_many(retry_after_ms: u64) -> ApiError {
        let mut error = ApiError::new(Fault::TooManyRequests);
        error.object.retry_after_ms = Some(retry_after_ms);
        error
    }

    /// [`Fault::Internal`]; the cause goes to the log, not to the client.
    pub fn internal(cause: &(dyn std::error::Error + 'static)) -> ApiError {
        tracing::error!(error = %crate::error::Chain(cause), "a request failed");
        ApiError::new(Fault::Internal)
    }

    /// With the path of the field.
    #[must_use]
    pub fn at(mut self, field: impl Into<String>) -> ApiError {
        self.object.field = Some(field.into());
        self
    }

    /// With what would have been right.
    #[must_use]
    pub fn expected(mut self, expected: impl Into<String>) -> ApiError {
        self.object.expected = Some(expected.into());
        self
    }

    /// With what was found.
    #[must_use]
    pub fn actual(mut self, actual: impl Into<String>) -> ApiError {
        self.object.actual = Some(actual.into());
        self
    }

    /// With the transaction's id.
    #[must_use]
    pub fn transaction(mut self, id: impl ToString) -> ApiError {
        self.object.transaction_id = Some(id.to_string());
        self
    }
}

/// Goes with an answer inside the node: the name of its error.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct ErrorName(pub(crate) &'static str);

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let retry_after_s = self.object.retry_after_ms.map(|ms| ms.div_ceil(1_000));
        let (status, name) = (self.status, ErrorName(self.object.name));
        let mut response = (status, Json(self.object)).into_response();
        response.extensions_mut().insert(name);
        if status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"bencao\""));
        }
        if let Some(seconds) = retry_after_s {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn numbers_and_names_are_those_of_the_contract() {
        let contract = include_str!("../../../docs/contract.md");
        let rows: BTreeSet<String> = contract
            .lines()
            .filter(|line| line.starts_with("| 90"))
            .map(|line| line.split('|').map(str::trim).take(4).collect::<Vec<_>>().join("|"))
            .collect();
        let ours: BTreeSet<String> = Fault::ALL
            .iter()
            .map(|fault| {
                let (code, name, status) = fault.identity();
                format!("|{code}|`{name}`|{}", status.as_u16())
            })
            .collect();
        assert_eq!(rows, ours);
    }

    #[test]
    fn all_fields_are_present_and_busy_says_when_to_come_again() {
        let response = ApiError::busy(1_500).into_response();
        assert_eq!(response.headers()[RETRY_AFTER], "2");
        let json = serde_json::to_value(&*ApiError::bad_request("codes[3]", "digits").object).unwrap();
        let names: Vec<&String> = json.as_object().unwrap().keys().collect();
        assert_eq!(
            names,
            [
                "code",
                "name",
                "message_zh",
                "message_en",
                "expected",
                "actual",
                "line",
                "field",
                "retry_after_ms",
                "transaction_id"
            ]
        );
        assert_eq!(json["line"], serde_json::Value::Null);
    }
}
