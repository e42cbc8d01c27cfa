//! `GET /v1/blocks/{height}`.

use super::app::App;
use super::bills::TransactionStatus;
use super::body::PathText;
use super::error::{ApiError, ErrorObject, Fault};
use super::reading::{self, ReadError};
use super::wait::shorten;
use crate::access::asker::Asker;
use crate::bills::Facts;
use crate::stores::View;
use axum::Json;
use axum::extract::State;
use bencao_access::policy::Right;
use bencao_chaincode::rejection::rule;
use bencao_chaincode::{Outcome, Receipt};
use bencao_genesis::Height;
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;

/// A final block. The roots are the results of this block; the next header carries them.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct BlockObject {
    height: u64,
    id: String,
    time: String,
    /// Validator key id.
    proposer: String,
    /// Round in which it was decided.
    round: u32,
    /// Id of the block before it.
    parent: String,
    rule_version: u32,
    state_root: String,
    receipts_root: String,
    validators_hash: String,
    /// The next block is decided: the results are provable offline.
    certified: bool,
    /// Those that concern who asks.
    transactions: Vec<BlockTransaction>,
    /// How many of the block are not shown, since they concern others.
    withheld: u64,
    /// A quorum of precommits.
    signatures: Vec<BlockSignature>,
}

/// A transaction in a block.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct BlockTransaction {
    transaction_id: String,
    status: TransactionStatus,
    /// Name of the rule that refused it.
    name: Option<&'static str>,
    principal: String,
    document_no: String,
    operation: String,
    codes: u64,
}

/// A precommit.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct BlockSignature {
    /// Validator key id.
    voter: String,
    signature: String,
}

/// A final block by height; `latest` is the last one.
#[utoipa::path(
    get, path = "/v1/blocks/{height}", tag = "chain",
    params(("height" = String, Path, description = "height from 1, or `latest`")),
    responses(
        (status = 200, description = "the block", body = BlockObject),
        (status = 404, description = "above the tip", body = ErrorObject),
    )
)]
pub(crate) async fn block(
    State(app): State<Arc<App>>,
    asker: Asker,
    PathText(text): PathText<String>,
) -> Result<Json<BlockObject>, ApiError> {
    let asked = if text == "latest" { None } else { Some(parse(&text)?) };
    app.read(move |app| describe(app, &asker, asked)).await.map(Json)
}

fn parse(text: &str) -> Result<Height, ApiError> {
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let height = text.parse().ok().filter(|_| digits).map(Height);
    height.ok_or_else(|| ApiError::bad_request("height", "digits, or latest").actual(shorten(text)))
}

fn describe(app: &App, asker: &Asker, asked: Option<Height>) -> Result<BlockObject, ApiError> {
    let progress = app.progress();
    let height = asked.unwrap_or(progress.executed);
    let unknown = || {
        ApiError::new(Fault::UnknownBlock)
            .at("height")
            .expected(format!("1 to {}", progress.executed))
            .actual(height.to_string())
    };
    if height == Height::GENESIS || height > progress.executed {
        return Err(unknown());
    }
    let missing = |what| ReadError::Missing { what, height };
    let (block, certificate) = app.blocks.decided(height).map_err(ReadError::from)?.ok_or_else(unknown)?;
    let record = app.state.height_record(height).map_err(ReadError::from)?.ok_or(missing("record"))?;
    let receipts = app.state.receipts(height).map_err(ReadError::from)?;
    let mut bytes = Vec::with_capacity(receipts.len());
    for id in &block.body.batches {
        bytes.extend(reading::transactions_of(app, id, height)?);
    }
    let view = app.state.view();
    let shown = receipts.iter().zip(&bytes).map(|(receipt, bytes)| transaction(&view, asker, receipt, bytes));
    let transactions = shown.filter_map(Result::transpose).collect::<Result<Vec<_>, ReadError>>()?;
    let withheld = (receipts.len() - transactions.len()) as u64;
    let header = &block.header;
    Ok(BlockObject {
        height: height.0,
        id: block.id().to_string(),
        time: header.time.to_string(),
        proposer: header.proposer.to_string(),
        round: certificate.round,
        parent: header.parent.to_string(),
        rule_version: header.rule_version,
        state_root: record.results.state_root.to_string(),
        receipts_root: record.results.receipts_root.to_string(),
        validators_hash: header.validators_hash.to_string(),
        certified: height <= progress.certified,
        transactions,
        withheld,
        signatures: certificate
            .signatures
            .iter()
            .map(|s| BlockSignature { voter: s.voter.to_string(), signature: hex::encode(s.signature.0) })
            .collect(),
    })
}

/// A transaction, if it concerns who asks. Bytes that hold none are nobody's.
fn transaction(
    view: &View,
    asker: &Asker,
    receipt: &Receipt,
    bytes: &[u8],
) -> Result<Option<BlockTransaction>, ReadError> {
    let facts = Facts::read(bytes).map(|(_, facts)| facts);
    let who: Vec<_> = facts.iter().flat_map(|f| [&f.principal, &f.signer]).collect();
    if !asker.sees(view, Right::Chain, &who)? {
        return Ok(None);
    }
    let (status, name) = match &receipt.outcome {
        Outcome::Rejected(refusal) => (TransactionStatus::Rejected, rule(refusal.code).map(|r| r.name)),
        Outcome::Applied(_) | Outcome::Repeated(_) => (TransactionStatus::Applied, None),
    };
    Ok(Some(BlockTransaction {
        transaction_id: receipt.transaction.to_string(),
        status,
        name,
        codes: facts.as_ref().map_or(0, |f| f.codes.len() as u64),
        principal: facts.as_ref().map(|f| f.principal.to_string()).unwrap_or_default(),
        document_no: facts.as_ref().map(|f| f.document_number.to_string()).unwrap_or_default(),
        operation: facts.map(|f| f.operation.to_owned()).unwrap_or_default(),
    }))
}
