//! `bencao tx`: bills from files.

use crate::args::{ReleasePapers, SignArgs, TxCommand};
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
use std::fs::File;
use std::path::Path;

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
