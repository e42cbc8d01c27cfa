//! `bencao recall`: from the decision to the final report, and how much has come back.

use crate::access;
use crate::args::{NodeArgs, RecallCommand, RecallDocument, RecallStartArgs};
use crate::console::Console;
use crate::failure::{Failure, Report};
use crate::session::{self, Session};
use crate::{passphrase, tx};
use bencao_chaincode::codes;
use bencao_chaincode::quality::RecallKind;
use bencao_chaincode::state::CaseNo;
use bencao_chaincode::transaction::{
    AcknowledgeRecall, CompleteRecall, NotifyRecall, Operation, ReportRecallProgress, StartRecall,
};
use bencao_client::api::Outcome;
use bencao_client::bill::Planned;
use bencao_crypto::{Digest, sm3};
use bencao_genesis::{CalendarDate, OrgId, ProductId, RegionCode};
use serde_json::Value;
use std::path::Path;

/// Longest document whose digest goes on the ledger, bytes.
const DOCUMENT_BYTES_MAX: usize = 256 << 20;

pub(crate) fn run(console: &Console, command: RecallCommand) -> Result<Report, Failure> {
    match command {
        RecallCommand::Start(args) => start(console, args),
        RecallCommand::Notice { recall, parties, publication, report, plan, document } => {
            let parties = parties.iter().map(|text| organisation(text)).collect::<Result<_, _>>()?;
            let operation = Operation::NotifyRecall(NotifyRecall {
                recall: CaseNo(recall),
                parties,
                publication: digest_of(publication.as_deref())?,
                report: digest_of(report.as_deref())?,
                plan: digest_of(plan.as_deref())?,
            });
            send(console, document, operation)
        }
        RecallCommand::Acknowledge { recall, on_hand, note, document } => {
            let note = digest_of(note.as_deref())?;
            let operation = Operation::AcknowledgeRecall(AcknowledgeRecall { recall: CaseNo(recall), on_hand, note });
            send(console, document, operation)
        }
        RecallCommand::Progress { recall, report, document } => {
            let report = digest(&report)?;
            let operation = Operation::ReportRecallProgress(ReportRecallProgress { recall: CaseNo(recall), report });
            send(console, document, operation)
        }
        RecallCommand::Complete { recall, report, document } => {
            let report = digest_of(report.as_deref())?;
            let operation = Operation::CompleteRecall(CompleteRecall { recall: CaseNo(recall), report });
            send(console, document, operation)
        }
        RecallCommand::Show { recall, node } => show(console, recall, &node),
    }
}

fn send(console: &Console, document: RecallDocument, operation: Operation) -> Result<Report, Failure> {
    let RecallDocument { document_no, sign } = document;
    tx::send_all(console, &sign, |_| Ok(vec![Planned { document_no, operation }]))
}

/// Sends the decision and says the number that the ledger gave it.
fn start(console: &Console, args: RecallStartArgs) -> Result<Report, Failure> {
    let codes = args.codes.iter().map(|text| {
        let parsed = codes::parse(text);
        parsed
            .map(|code| code.key)
            .map_err(|e| Failure::input(format!("--code {text}：{e}"), format!("--code {text}: {e}")))
    });
    let regions = args.territory.iter().map(|text| {
        RegionCode::parse(text).map_err(|e| {
            Failure::input(format!("--territory {text}：应为六位区划代码"), format!("--territory {text}: {e}"))
        })
    });
    let operation = Operation::StartRecall(StartRecall {
        kind: if args.ordered { RecallKind::Ordered } else { RecallKind::Voluntary },
        class: args.class,
        product_id: ProductId(args.product.clone()),
        batches: args.batches.clone(),
        codes: codes.collect::<Result<_, _>>()?,
        territory: regions.collect::<Result<_, _>>()?,
        sold_from: date("--sold-from", args.sold_from.as_deref())?,
        sold_to: date("--sold-to", args.sold_to.as_deref())?,
        reason: args.reason.clone(),
        report: digest_of(args.report.as_deref())?,
        plan: digest_of(args.plan.as_deref())?,
    });
    let RecallDocument { document_no, sign } = args.document;
    let session = Session::open(console, &sign)?;
    let bill = session.send(&Planned { document_no: document_no.clone(), operation })?;
    let applied = bill.status == Outcome::Applied;
    let mut report = session::report(console, vec![bill]);
    if applied && let Some(number) = find(&session, &document_no)? {
        report.text += &format!("{} {number}\n", console.pick("召回编号", "recall"));
        if let Some(object) = report.json.as_object_mut() {
            object.insert("recall_id".into(), Value::from(number));
        }
    }
    Ok(report)
}

/// The number of the recall that this document started.
fn find(session: &Session, document_no: &str) -> Result<Option<u64>, Failure> {
    let principal = session.signer.principal.as_str();
    let mut before = None;
    loop {
        let page = session.client.recalls(before)?;
        let recalls = page.get("recalls").and_then(Value::as_array).cloned().unwrap_or_default();
        let ours = |recall: &&Value| {
            let starter = recall.pointer("/started_by/id").and_then(Value::as_str);
            let document = recall.get("document_no").and_then(Value::as_str);
            starter == Some(principal) && document == Some(document_no)
        };
        let number = |recall: &Value| recall.get("recall_id").and_then(Value::as_u64);
        if let Some(found) = recalls.iter().find(ours) {
            return Ok(number(found));
        }
        match recalls.last().and_then(number).and_then(|n| u32::try_from(n).ok()) {
            Some(last) => before = Some(last),
            None => return Ok(None),
        }
    }
}

fn show(console: &Console, recall: Option<u32>, node: &NodeArgs) -> Result<Report, Failure> {
    let client = access::client(console, node)?;
    match recall {
        Some(number) => {
            let view = client.recall(number)?;
            let text = line(console, &view) + &details(console, &view);
            Ok(Report::done(view, text))
        }
        None => {
            let list = client.recalls(None)?;
            let recalls = list.get("recalls").and_then(Value::as_array);
            let text = recalls.into_iter().flatten().map(|view| line(console, view)).collect();
            Ok(Report::done(list, text))
        }
    }
}

fn field(view: &Value, path: &str) -> String {
    match view.pointer(path) {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}

/// One recall in a line: number, class, product, state, rate.
fn line(console: &Console, view: &Value) -> String {
    let rate = view.pointer("/quantities/rate_permille").and_then(Value::as_u64);
    let rate = rate.map(|r| format!("{}.{}%", r / 10, r % 10)).unwrap_or_else(|| "-".into());
    format!(
        "#{}  {} {}  {}  {}  {} {rate}  {} {}\n",
        field(view, "/recall_id"),
        console.pick("级别", "class"),
        field(view, "/class"),
        field(view, "/product/generic_name"),
        field(view, console.pick("/status_zh", "/status")),
        console.pick("召回率", "rate"),
        console.pick("逾期", "overdue"),
        field(view, "/overdue"),
    )
}

fn details(console: &Console, view: &Value) -> String {
    let rows = [
        ("决定时间", "decided at", "/decided_at"),
        ("原因", "reason", "/reason"),
        ("已发出", "shipped", "/quantities/shipped"),
        ("已售出/使用", "dispensed", "/quantities/dispensed"),
        ("已召回", "recovered", "/quantities/recovered"),
        ("就地销毁", "disposed", "/quantities/disposed"),
        ("未到位", "outstanding", "/quantities/outstanding"),
        ("已通知", "notified", "/notified"),
        ("已确认", "acknowledged", "/acknowledged"),
    ];
    let mut text = String::new();
    for (zh, en, path) in rows {
        let value = field(view, path);
        if !value.is_empty() {
            text += &format!("  {}: {value}\n", console.pick(zh, en));
        }
    }
    let duties = view.get("duties").and_then(Value::as_array);
    for duty in duties.into_iter().flatten() {
        let done = field(duty, "/done");
        let state = if done.is_empty() { console.pick("未完成", "open").to_string() } else { done };
        let name = field(duty, console.pick("/duty_zh", "/duty"));
        text += &format!("  {name}: {} {}  {state}\n", console.pick("期限", "due"), field(duty, "/due"));
    }
    text
}

fn organisation(text: &str) -> Result<OrgId, Failure> {
    OrgId::parse(text).map_err(|e| {
        Failure::input(
            format!("--party：{text} 不是统一社会信用代码：{}", e.message_zh()),
            format!("--party {text}: {e}"),
        )
    })
}

fn date(flag: &str, text: Option<&str>) -> Result<Option<CalendarDate>, Failure> {
    let Some(text) = text else { return Ok(None) };
    let wrong = || Failure::input(format!("{flag} {text}：应为 2026-11-23 形式"), format!("{flag} {text}: not a date"));
    CalendarDate::parse(text).map(Some).ok_or_else(wrong)
}

/// SM3 of a document that stays here.
pub(crate) fn digest_of(file: Option<&Path>) -> Result<Option<Digest>, Failure> {
    file.map(digest).transpose()
}

fn digest(file: &Path) -> Result<Digest, Failure> {
    Ok(sm3(&passphrase::read(file, DOCUMENT_BYTES_MAX)?))
}
