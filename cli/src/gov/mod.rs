//! `bencao gov`: proposals, votes, and what they have decided.

mod args;
mod text;

pub(crate) use args::GovCommand;

use crate::access;
use crate::args::NodeArgs;
use crate::console::Console;
use crate::failure::{Failure, Report};
use crate::session::{self, Session};
use crate::{passphrase, tx};
use args::{ProposeArgs, Terms, VoteArgs};
use bencao_chaincode::governance::Parameter;
use bencao_chaincode::transaction::{
    CastVote, ChangeParameters, Content, Operation, ParameterValue, SubmitMotion, WithdrawMotion,
};
use bencao_client::api::{ApiError, Client, Outcome};
use bencao_client::bill::Planned;
use bencao_crypto::Digest;
use bencao_genesis::Height;
use serde_json::Value;

/// Longest file of a proposal, bytes.
const CONTENT_BYTES_MAX: usize = 1 << 20;

pub(crate) fn run(console: &Console, command: GovCommand) -> Result<Report, Failure> {
    match command {
        GovCommand::Propose(ProposeArgs { file, terms }) => {
            let bytes = passphrase::read(&file, CONTENT_BYTES_MAX)?;
            let shown = file.display();
            let content: Content = serde_json::from_slice(&bytes)
                .map_err(|e| Failure::input(format!("{shown}：{e}"), format!("{shown}: {e}")))?;
            propose(console, content, terms)
        }
        GovCommand::Set { values, terms } => propose(console, parameters(&values)?, terms),
        GovCommand::Vote(args) => vote(console, args),
        GovCommand::Withdraw { number, reason, document_no, sign } => {
            let document_no = document_no.unwrap_or_else(|| format!("withdraw-{number}"));
            let operation = Operation::WithdrawMotion(WithdrawMotion { motion: number, reason });
            tx::send_all(console, &sign, |_| Ok(vec![Planned { document_no, operation }]))
        }
        GovCommand::Show { number, node } => {
            shown(console, &node, |c| c.proposal(number), |v| text::proposal(console, v))
        }
        GovCommand::List { before, node } => {
            shown(console, &node, |c| c.proposals(before), |v| text::list(console, v, "proposals", text::line))
        }
        GovCommand::Parameters { node } => shown(console, &node, Client::parameters, |v| text::parameters(console, v)),
        GovCommand::Validators { node } => shown(console, &node, Client::validators, |v| text::validators(console, v)),
    }
}

fn shown(
    console: &Console,
    node: &NodeArgs,
    ask: impl FnOnce(&Client) -> Result<Value, ApiError>,
    text: impl FnOnce(&Value) -> String,
) -> Result<Report, Failure> {
    let view = ask(&access::client(console, node)?)?;
    let text = text(&view);
    Ok(Report::done(view, text))
}

/// `NAME=VALUE`, in the order of the ledger.
fn parameters(values: &[String]) -> Result<Content, Failure> {
    let one = |text: &String| {
        let wrong = |zh: &str, en: &str| Failure::input(format!("{text}：{zh}"), format!("{text}: {en}"));
        let (name, value) = text.split_once('=').ok_or_else(|| wrong("应为 名称=数值", "expected NAME=VALUE"))?;
        let name = Parameter::ALL.iter().find(|p| p.name() == name);
        let name = *name.ok_or_else(|| wrong("没有这个参数", "there is no such parameter"))?;
        let value = value.parse().map_err(|_| wrong("数值应为整数", "the value is no whole number"))?;
        Ok(ParameterValue { name, value })
    };
    let mut set = values.iter().map(one).collect::<Result<Vec<_>, Failure>>()?;
    set.sort_by_key(|p| p.name);
    Ok(Content::ChangeParameters(ChangeParameters { set }))
}

/// Sends the proposal and says the number that the ledger gave it.
fn propose(console: &Console, content: Content, terms: Terms) -> Result<Report, Failure> {
    let digest = content.digest();
    let session = Session::open(console, &terms.sign)?;
    let now = session.block_time()?;
    let operation = Operation::SubmitMotion(SubmitMotion {
        content,
        reason: terms.reason,
        voting_ends: now.plus_ms(terms.hours.saturating_mul(3_600_000)),
        effective: terms.effective.map(Height),
    });
    let short = digest.to_string();
    let document_no = terms.document_no.unwrap_or_else(|| format!("motion-{}-{}", &short[..12], now.0 / 1_000));
    let bill = session.send(&Planned { document_no: document_no.clone(), operation })?;
    let applied = bill.status == Outcome::Applied;
    let mut report = session::report(console, vec![bill]);
    report.text += &format!("{} {digest}\n", console.pick("内容摘要", "content"));
    if let Some(object) = report.json.as_object_mut() {
        object.insert("content_digest".into(), Value::from(short));
    }
    if applied && let Some(number) = find(&session, &document_no)? {
        report.text += &format!("{} {number}\n", console.pick("提案编号", "proposal"));
        if let Some(object) = report.json.as_object_mut() {
            object.insert("motion".into(), Value::from(number));
        }
    }
    Ok(report)
}

/// The number of the proposal that this document made: looked for among the newest.
fn find(session: &Session, document_no: &str) -> Result<Option<u64>, Failure> {
    let page = session.client.proposals(None)?;
    let principal = session.signer.principal.as_str();
    let ours = |view: &&Value| {
        let proposer = view.pointer("/proposer/id").and_then(Value::as_str);
        proposer == Some(principal) && view.get("document_no").and_then(Value::as_str) == Some(document_no)
    };
    let proposals = page.get("proposals").and_then(Value::as_array);
    let found = proposals.into_iter().flatten().find(ours);
    Ok(found.and_then(|view| view.get("motion")).and_then(Value::as_u64))
}

/// Votes on the content that the node shows, whose digest is computed here; or on the one that was named.
fn vote(console: &Console, args: VoteArgs) -> Result<Report, Failure> {
    let named = args.content.as_deref().map(|text| {
        Digest::from_hex(text).ok_or_else(|| {
            Failure::input(format!("--content {text}：不是摘要"), format!("--content {text}: no digest"))
        })
    });
    let session = Session::open(console, &args.sign)?;
    let view = session.client.proposal(args.number)?;
    let content: Content = view
        .get("content")
        .cloned()
        .and_then(|v| serde_json::from_value(v).ok())
        .ok_or_else(|| ApiError::Answer("content is no proposal of this version".into()))?;
    let digest = content.digest();
    if let Some(named) = named.transpose()?.filter(|d| *d != digest) {
        return Err(Failure::input(
            format!("第 {} 号提案的内容摘要为 {digest}，不是 {named}", args.number),
            format!("the content of proposal {} has digest {digest}, not {named}", args.number),
        ));
    }
    console.note(&text::content(&view), &text::content(&view));
    let document_no = args.document_no.unwrap_or_else(|| format!("vote-{}", args.number));
    let operation = Operation::CastVote(CastVote {
        motion: args.number,
        content: digest,
        in_favour: args.yes && !args.no,
        reason: args.reason,
    });
    let bill = session.send(&Planned { document_no, operation })?;
    let mut report = session::report(console, vec![bill]);
    let after = session.client.proposal(args.number)?;
    report.text += &text::line(console, &after);
    if let Some(object) = report.json.as_object_mut() {
        object.insert("proposal".into(), after);
    }
    Ok(report)
}
