//! One run: a seed, a chain, a model beside it; after every step both must say the same.

use crate::cast::GENESIS;
use crate::compare;
use crate::coverage::Coverage;
use crate::generate::Generator;
use crate::ledger::{Ledger, signed};
use crate::random::Random;
use crate::spec::{Chain, Outcome, Sent};
use bencao_chaincode::rejection::rule;
use bencao_chaincode::transaction::{DocumentNumber, Mandate, Operation, Transaction};
use bencao_chaincode::{Outcome as Receipted, Receipt, StateKey};
use bencao_genesis::{KeyPurpose, OrgId};
use std::collections::BTreeSet;

/// Everything is compared after so many steps; in between, what the step touched.
pub(crate) const EVERYTHING_EVERY: usize = 50;

/// The body that the signer signs, with its key of the purpose.
pub(crate) fn body(sent: &Sent) -> Transaction {
    let release = matches!(sent.operation, Operation::Release(_));
    let purpose = if release { KeyPurpose::Release } else { KeyPurpose::Transact };
    let signer = sent.mandate.as_ref().map_or(&sent.principal, |(agent, _)| agent);
    let firm = GENESIS.organisations.iter().find(|o| o.id == *signer);
    let key = firm.and_then(|f| f.keys.iter().find(|k| k.purpose == purpose)).map(|k| k.id()).unwrap_or_default();
    let mandate = |(agent, number): (OrgId, String)| Mandate { agent, number: DocumentNumber(number) };
    Transaction {
        version: 1,
        chain: GENESIS.chain_id(),
        principal: sent.principal.clone(),
        key,
        mandate: sent.mandate.clone().map(mandate),
        valid_until: sent.valid_until,
        document_number: DocumentNumber(sent.number.clone()),
        writes_max: Transaction::writes_for(&sent.operation),
        operation: sent.operation.clone(),
    }
}

pub(crate) fn receipted(receipt: &Receipt) -> Outcome {
    match &receipt.outcome {
        Receipted::Applied(_) => Outcome::Applied,
        Receipted::Repeated(_) => Outcome::Repeated,
        Receipted::Rejected(refusal) => Outcome::Refused(rule(refusal.code).map_or("unknown rule", |r| r.name)),
    }
}

/// Runs a seed; the error says what differed at which step, with what led to it.
pub(crate) fn run(seed: u64, steps: usize, every: usize, coverage: &mut Coverage) -> Result<(), String> {
    let again = format!("again: BENCAO_MODEL_SEED={seed} cargo test -p bencao-tests --test model -- --ignored replay");
    drive(Generator::new(Random::new(seed)), |_| true, steps, every, coverage).map_err(|e| format!("{e}\n{again}"))
}

/// Runs what the bytes say, as far as they reach.
pub(crate) fn run_steered(bytes: &[u8], steps: usize, coverage: &mut Coverage) -> Result<(), String> {
    let generator = Generator::new(Random::steered(bytes.to_vec()));
    drive(generator, |generator| generator.random.is_steered(), steps, EVERYTHING_EVERY, coverage)
}

fn drive(
    mut generator: Generator,
    goes_on: impl Fn(&Generator) -> bool,
    steps: usize,
    every: usize,
    coverage: &mut Coverage,
) -> Result<(), String> {
    let mut ledger = Ledger::new();
    let mut chain = Chain::new(&GENESIS);
    for step in 0..steps {
        if !goes_on(&generator) {
            break;
        }
        ledger.time += generator.pause();
        let before = chain.model.clone();
        chain.model.begin_block(ledger.time);
        let sent = generator.next(&chain.model, |unnamed| body(unnamed).id());
        let complain = |what: String| format!("{what}\nat step {step}: {} of {:?}", describe(&sent), sent.principal);
        let expected = chain.submit(&sent);
        let model = &chain.model;
        let transaction = signed(body(&sent).to_bytes());
        let output = ledger.block(&[transaction]).map_err(|error| complain(format!("the chain stops: {error}")))?;
        let actual = receipted(&output.receipts[0]);
        if expected != actual {
            return Err(complain(format!(
                "model {expected:?}, chaincode {actual:?}: {:?}",
                output.receipts[0].outcome
            )));
        }
        coverage.note(&before, model, &sent, expected);
        let written: BTreeSet<&StateKey> = output.writes.keys().collect();
        let touched = compare::touched(&before, model, &written);
        compare::packages(model, &ledger, touched.iter()).map_err(complain)?;
        compare::lots(model, &ledger, Some(&written)).map_err(complain)?;
        if step % every == 0 || step + 1 == steps {
            compare::everything(model, &ledger).map_err(complain)?;
        }
    }
    Ok(())
}

fn describe(sent: &Sent) -> String {
    format!("{} {:?} {:?}", sent.number, sent.mandate, sent.operation)
}
