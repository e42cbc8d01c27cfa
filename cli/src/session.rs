//! Signing and sending: a client, a key, and what the chain allows.

use crate::access;
use crate::args::SignArgs;
use crate::console::Console;
use crate::failure::{Exit, Failure, Local, Report};
use crate::passphrase;
use crate::testnet::MemberFile;
use bencao_chaincode::transaction::{DocumentNumber, Mandate};
use bencao_client::api::{ApiError, Bill, Client, Outcome, Status, Until};
use bencao_client::bill::{Planned, Signer};
use bencao_client::plan;
use bencao_crypto::Digest;
use bencao_genesis::{ChainId, OrgId, TimestampMs};
use serde_json::json;
use std::path::Path;
use std::time::{Duration, Instant};

/// Longest `member.json`, bytes.
const MEMBER_BYTES_MAX: usize = 64 << 10;
/// How long a bill stays valid after the block time at which it was signed, milliseconds: a day.
const VALID_MS: u64 = 24 * 3_600_000;

/// An open session with a chain.
pub(crate) struct Session {
    pub(crate) client: Client,
    pub(crate) signer: Signer,
    status: Status,
    wait: Duration,
}

impl Session {
    pub(crate) fn open(console: &Console, args: &SignArgs) -> Result<Session, Failure> {
        let principal = principal(args)?;
        let key = passphrase::open_key(console, &args.key, &args.passphrase)?;
        let client = access::signing_client(console, &args.node, &key)?;
        let status = client.status()?;
        let chain = Digest::from_hex(&status.chain_id).map(ChainId);
        let chain = chain.ok_or_else(|| ApiError::Answer("chain_id is no digest".into()))?;
        Ok(Session {
            client,
            signer: Signer { chain, principal, key, mandate: mandate(args)? },
            status,
            wait: args.wait,
        })
    }

    /// Block time when the session was opened.
    pub(crate) fn block_time(&self) -> Result<TimestampMs, Failure> {
        let time = self.status.block_time();
        Ok(time.ok_or_else(|| ApiError::Answer("block_time is no time".into()))?)
    }

    /// Most codes of one movement.
    pub(crate) fn moved_codes_max(&self) -> usize {
        let limits = self.status.limits;
        plan::moved_codes_max(limits.codes_per_bill_max, limits.writes_per_transaction_max)
    }

    /// Most codes of one commissioning bill.
    pub(crate) fn codes_max(&self) -> usize {
        let limits = self.status.limits;
        plan::codes_max(limits.codes_per_bill_max, limits.writes_per_transaction_max)
    }

    /// Signs, sends and waits until the bill is final or the time is over. A bill that the node refuses outright comes
    /// back as rejected.
    pub(crate) fn send(&self, planned: &Planned) -> Result<Bill, Failure> {
        let now = self.block_time()?;
        let ahead = VALID_MS.min(self.status.limits.valid_until_ahead_ms);
        let bill = self.signer.sign(planned, now.plus_ms(ahead));
        let deadline = Instant::now() + self.wait;
        let sent = self.client.submit(&bill.bytes, deadline);
        let outcome = sent.and_then(|_| {
            let left = deadline.saturating_duration_since(Instant::now());
            self.client.transaction(&bill.id.to_string(), left, Until::Final)
        });
        match outcome {
            Ok(mut outcome) => {
                // What a node does not say about a pending bill, this side knows.
                outcome.document_no = planned.document_no.clone();
                outcome.operation = planned.operation.name().into();
                outcome.codes = bill.codes as u64;
                Ok(outcome)
            }
            Err(ApiError::Refused { status: 400..=499, fault }) => {
                Ok(self.refused(planned, bill.id.to_string(), *fault))
            }
            Err(other) => Err(other.into()),
        }
    }

    fn refused(&self, planned: &Planned, id: String, fault: bencao_client::api::Fault) -> Bill {
        Bill {
            transaction_id: id,
            status: Outcome::Rejected,
            finality: None,
            principal: self.signer.principal.to_string(),
            document_no: planned.document_no.clone(),
            operation: planned.operation.name().into(),
            codes: planned.operation.codes_count() as u64,
            height: None,
            index: None,
            block_time: None,
            case: None,
            error: Some(fault),
        }
    }

    /// The applied bill under this number, if there is one.
    pub(crate) fn applied(&self, document_no: &str) -> Result<Option<Bill>, Failure> {
        let principal = self.signer.principal.as_str();
        match self.client.bill(principal, document_no, Duration::ZERO, Until::Final) {
            Ok(bill) if bill.status == Outcome::Applied => Ok(Some(bill)),
            Ok(_) => Ok(None),
            Err(error) if error.is("unknown_bill") => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}

fn principal(args: &SignArgs) -> Result<OrgId, Failure> {
    let text = match &args.principal {
        Some(text) => text.clone(),
        None => beside(&args.key)?,
    };
    OrgId::parse(&text).map_err(|e| {
        let zh = e.message_zh();
        Failure::input(format!("--principal：{text} 不是统一社会信用代码：{zh}"), format!("--principal {text}: {e}"))
    })
}

/// The mandate under which the organisation beside the key signs for the principal.
fn mandate(args: &SignArgs) -> Result<Option<Mandate>, Failure> {
    let Some(number) = &args.mandate else { return Ok(None) };
    let agent = OrgId::parse(&beside(&args.key)?).map_err(|e| Failure::internal(&e))?;
    Ok(Some(Mandate { agent, number: DocumentNumber(number.clone()) }))
}

/// The organisation of `member.json` beside a key.
fn beside(key: &Path) -> Result<String, Failure> {
    let path = key.with_file_name("member.json");
    let missing = || {
        Failure::input(
            "缺少 --principal（密钥旁没有 member.json）",
            "--principal is needed: there is no member.json beside the key",
        )
    };
    let bytes = passphrase::read(&path, MEMBER_BYTES_MAX).map_err(|_| missing())?;
    let member: MemberFile = serde_json::from_slice(&bytes).map_err(|_| missing())?;
    Ok(member.uscc)
}

/// What a command that sent bills says.
pub(crate) fn report(console: &Console, bills: Vec<Bill>) -> Report {
    let count = |outcome| bills.iter().filter(|b| b.status == outcome).count();
    let (applied, rejected, pending) = (count(Outcome::Applied), count(Outcome::Rejected), count(Outcome::Pending));
    let codes: u64 = bills.iter().filter(|b| b.status == Outcome::Applied).map(|b| b.codes).sum();
    let exit = match (rejected, pending) {
        (0, 0) => Exit::Done,
        (0, _) => Exit::Unreachable,
        _ => Exit::Rejected,
    };
    let mut text: String = bills.iter().map(|b| line(console, b)).collect();
    text += &match console.lang {
        crate::args::Lang::Zh => format!("已生效 {applied}，被拒绝 {rejected}，待定 {pending}；追溯码 {codes}\n"),
        crate::args::Lang::En => format!("{applied} applied, {rejected} rejected, {pending} pending; {codes} codes\n"),
    };
    let json = json!({
        "bills": bills, "applied": applied, "rejected": rejected, "pending": pending, "codes": codes,
    });
    Report { json, text, exit }
}

fn line(console: &Console, bill: &Bill) -> String {
    let state = match bill.status {
        Outcome::Applied => console.pick("已生效", "applied "),
        Outcome::Rejected => console.pick("被拒绝", "rejected"),
        Outcome::Pending => console.pick("待定  ", "pending "),
    };
    let height = bill.height.map(|h| format!("  #{h}")).unwrap_or_default();
    let case = bill.case.map(|n| format!("  {} {n}", console.pick("案号", "case"))).unwrap_or_default();
    let mut text =
        format!("{state}  {}  {}  {}{height}{case}\n", bill.document_no, bill.operation, bill.transaction_id);
    if let Some(fault) = &bill.error {
        text += &format!("  {} {}: {}\n", fault.code, fault.name, console.pick(&fault.message_zh, &fault.message_en));
    }
    text
}

/// A bill that is still pending when the time is over, as a failure for commands that cannot go on without it.
pub(crate) fn not_final(bill: &Bill) -> Failure {
    let no = &bill.document_no;
    let mut failure = Failure::new(
        Local::NotFinalInTime,
        format!("单据 {no} 在等待时间内尚未生效；可重新运行以继续"),
        format!("bill {no} was not final in time; run the command again to go on"),
    );
    failure.fault.transaction_id = Some(bill.transaction_id.clone());
    failure
}
