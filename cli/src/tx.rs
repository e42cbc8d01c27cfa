//! `bencao tx`: bills from files.

use crate::args::SignArgs;
use crate::console::Console;
use crate::failure::{Failure, Report};
use crate::passphrase;
use crate::recall::digest_of;
use crate::session::{self, Session};
use bencao_chaincode::transaction::{ImportClearance, Operation, Release};
use bencao_client::api::{Bill, Outcome};
use bencao_client::bill::Planned;
use bencao_client::documents::Draft;
use bencao_client::plan::{self, Movements, OPERATIONS_BYTES_MAX};
use bencao_client::relation::{Commission, CommissionBill, SplitError};
use bencao_genesis::ProductId;
use clap::{Args, Subcommand};
use std::fs::File;
use std::path::{Path, PathBuf};

#[derive(Subcommand, Debug)]
pub(crate) enum TxCommand {
    /// Activate the codes of a Relation XML of any size; run it again to resume.
    Commission {
        /// Relation XML.
        file: PathBuf,
        /// Document number before `_1`, `_2` …; the file's name by default.
        #[arg(long, value_name = "NO")]
        document_no: Option<String>,
        #[command(flatten)]
        sign: SignArgs,
    },
    /// Release a batch to the market, with a release key.
    Release {
        /// Product id.
        #[arg(long, value_name = "ID")]
        product: String,
        /// Batch number.
        #[arg(long, value_name = "NO")]
        batch: String,
        /// Smallest units of the batch.
        #[arg(long, value_name = "N")]
        units: u32,
        #[command(flatten)]
        papers: Box<ReleasePapers>,
        /// Document number; `release-PRODUCT-BATCH` by default.
        #[arg(long, value_name = "NO")]
        document_no: Option<String>,
        #[command(flatten)]
        sign: SignArgs,
    },
    /// Send movement documents (.csv, .xlsx, .json) or other operations (.json).
    Submit {
        /// What to send; `bencao template movement` writes one to fill in.
        file: PathBuf,
        #[command(flatten)]
        sign: SignArgs,
    },
}

/// A bill type that a release may have (domain §3.1).
fn release_bill_type(text: &str) -> Result<u16, String> {
    let found = bencao_chaincode::custody::BILL_TYPES.iter().filter(|b| b.operation == "release").map(|b| b.code);
    let known: Vec<u16> = found.collect();
    let given = text.parse().ok().filter(|code| known.contains(code));
    given.ok_or_else(|| format!("one of {}", known.iter().map(u16::to_string).collect::<Vec<_>>().join(", ")))
}

/// Papers that the release of some classes asks for.
#[derive(Args, Debug, Clone)]
pub(crate) struct ReleasePapers {
    /// 101 生产入库, or 119 新鲜制剂入库.
    #[arg(long, value_name = "TYPE", default_value = "101", value_parser = release_bill_type)]
    pub(crate) bill_type: u16,
    /// 批签发证明编号, of a vaccine.
    #[arg(long, value_name = "NO", default_value = "")]
    pub(crate) lot_release: String,
    /// The batch's quality file; its SM3 goes on the ledger.
    #[arg(long, value_name = "FILE")]
    pub(crate) quality_file: Option<PathBuf>,
    /// 进口药品通关单 of imported goods; with it port, declaration and origin.
    #[arg(long, value_name = "NO", requires_all = ["port", "declaration", "origin"])]
    pub(crate) clearance: Option<String>,
    /// 口岸
    #[arg(long, value_name = "NAME", requires = "clearance")]
    pub(crate) port: Option<String>,
    /// 报关单号
    #[arg(long, value_name = "NO", requires = "clearance")]
    pub(crate) declaration: Option<String>,
    /// Country of origin, two letters.
    #[arg(long, value_name = "CC", requires = "clearance")]
    pub(crate) origin: Option<String>,
    /// 口岸检验报告; its SM3 goes on the ledger.
    #[arg(long, value_name = "FILE", requires = "clearance")]
    pub(crate) inspection: Option<PathBuf>,
    /// 进口准许证 of narcotic and psychotropic drugs.
    #[arg(long = "import-permit", value_name = "NO", requires = "clearance")]
    pub(crate) permit: Option<String>,
}

pub(crate) fn run(console: &Console, command: TxCommand) -> Result<Report, Failure> {
    match command {
        TxCommand::Commission { file, document_no, sign } => commission(console, &file, document_no, &sign),
        TxCommand::Release { product, batch, units, papers, document_no, sign } => {
            let document_no = document_no.unwrap_or_else(|| format!("release-{product}-{batch}"));
            let operation = Operation::Release(Release {
                bill_type: papers.bill_type,
                product_id: ProductId(product),
                batch_no: batch,
                declared_units: units,
                lot_release: papers.lot_release.clone(),
                quality_file: digest_of(papers.quality_file.as_deref())?,
                import: clearance(&papers)?,
            });
            send_all(console, &sign, |_| Ok(vec![Planned { document_no, operation }]))
        }
        TxCommand::Submit { file, sign } => send_all(console, &sign, |session| read(console, &file, session)),
    }
}

/// Papers of an import, if the release names a 通关单.
fn clearance(papers: &ReleasePapers) -> Result<Option<ImportClearance>, Failure> {
    let Some(clearance_no) = papers.clearance.clone() else { return Ok(None) };
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    Ok(Some(ImportClearance {
        port: text(&papers.port),
        clearance_no,
        declaration_no: text(&papers.declaration),
        origin: text(&papers.origin),
        inspection_report: digest_of(papers.inspection.as_deref())?,
        permit: text(&papers.permit),
    }))
}

/// Opens a session, plans the bills and sends them one after the other.
pub(crate) fn send_all(
    console: &Console,
    sign: &SignArgs,
    plan: impl FnOnce(&Session) -> Result<Vec<Planned>, Failure>,
) -> Result<Report, Failure> {
    let session = Session::open(console, sign)?;
    let bills = plan(&session)?;
    let progress = console.progress(bills.len() as u64);
    let sent = bills.iter().map(|planned| {
        let bill = session.send(planned);
        progress.inc(1);
        bill
    });
    let sent = sent.collect::<Result<Vec<Bill>, _>>()?;
    progress.finish_and_clear();
    Ok(session::report(console, sent))
}

/// Movement documents of any form, or operations as JSON.
fn read(console: &Console, file: &Path, session: &Session) -> Result<Vec<Planned>, Failure> {
    let name = file.display().to_string();
    if file.extension().is_some_and(|e| e.eq_ignore_ascii_case("json")) {
        let bytes = passphrase::read(file, OPERATIONS_BYTES_MAX)?;
        if let Some(operations) = plan::operations(&name, &bytes) {
            return Ok(operations?);
        }
    }
    let draft = Draft::read(file)?;
    if !draft.off_ledger().is_empty() {
        let fields = draft.off_ledger().join(", ");
        console.note(
            &format!("提示：以下字段不上链：{fields}"),
            &format!("note: these fields stay off the ledger: {fields}"),
        );
    }
    let commitments = session.signer.commitment_key();
    let movements = Movements {
        file: &name,
        principal: &session.signer.principal,
        codes_max: session.moved_codes_max(),
        commitments: &commitments,
    };
    Ok(movements.plan_draft(&draft)?)
}

fn commission(console: &Console, file: &Path, document_no: Option<String>, sign: &SignArgs) -> Result<Report, Failure> {
    let name = file.display().to_string();
    let document_no = match document_no {
        Some(number) => number,
        None => file.file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default(),
    };
    let open = || File::open(file);
    let source = open().map_err(|e| Failure::file(file, &e))?;
    let counted = Commission::scan(&name, source)?;
    let session = Session::open(console, sign)?;
    let codes_max = session.codes_max();
    let progress = console.progress(counted.codes());
    let mut sent = Vec::new();
    let result = counted.split(codes_max, open, |bill| {
        let outcome = commission_one(&session, &name, &document_no, &bill)?;
        progress.inc(bill.units.len() as u64);
        let status = outcome.status;
        sent.push(outcome);
        match status {
            Outcome::Applied => Ok(()),
            // Later bills name packages of this one.
            Outcome::Rejected => Err(Stop::Rejected),
            Outcome::Pending => Err(Stop::Failed(Box::new(session::not_final(sent.last().expect("pushed above"))))),
        }
    });
    progress.finish_and_clear();
    match result {
        Ok(()) | Err(SplitError::Receiver(Stop::Rejected)) => Ok(session::report(console, sent)),
        Err(SplitError::Receiver(Stop::Failed(failure))) => Err(*failure),
        Err(SplitError::Import(error)) => Err(error.into()),
    }
}

/// Why no more bills of a file are sent.
enum Stop {
    Rejected,
    Failed(Box<Failure>),
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Stop {
        Stop::Failed(Box::new(failure))
    }
}

/// Sends one bill of a file, unless an earlier run did.
fn commission_one(session: &Session, file: &str, document_no: &str, bill: &CommissionBill) -> Result<Bill, Stop> {
    let number = format!("{document_no}_{}", bill.number);
    let planned = plan::commission(file, &number, bill).map_err(Failure::from)?;
    let before = session.applied(&number)?;
    match before.filter(|b| b.codes == bill.units.len() as u64) {
        Some(applied) => Ok(applied),
        // A number with another content is for the ledger to refuse.
        None => Ok(session.send(&planned)?),
    }
}
