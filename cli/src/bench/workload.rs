//! What the load consists of: goods on their way, or batches to activate.

use crate::args::{Lang, PassphraseArgs, Shape};
use crate::console::Console;
use crate::failure::Failure;
use crate::network::Network;
use crate::passphrase;
use bencao_chaincode::UnitKey;
use bencao_chaincode::codes::parse;
use bencao_chaincode::transaction::{
    Commission, CommissionedUnit, DocumentNumber, Evidence, Operation, Receive, Release, Ship,
};
use bencao_client::api::{Client, Outcome, Status, Until};
use bencao_client::bill::{BusySigner, Planned, SignedBill, Signer};
use bencao_crypto::{Digest, sm3};
use bencao_genesis::{CalendarDate, ChainId, OrgId, ProductId, TimestampMs};
use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// The product that is moved, of `demo/products.json`.
const PRODUCT: &str = "ganmao-keli";
/// Its smallest unit's prefix.
const PREFIX: u64 = 8_100_001;
/// Codes of a commissioning bill.
pub(super) const COMMISSION_CODES: u64 = 1_000;
/// Steps of goods: shipped and received twice.
const STEPS: u8 = 4;
/// How long one preparing bill may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// Goods that move together, or a batch.
#[derive(Debug, Clone, Copy)]
pub(super) struct Goods {
    first: u64,
    step: u8,
}

/// What is to be sent.
pub(super) struct Workload {
    shape: Shape,
    /// Different for every run on the same chain: part of batch and document numbers.
    run: u64,
    members: [Signer; 3],
    valid_until: TimestampMs,
    pub(super) ready: VecDeque<Goods>,
    next_batch: u64,
}

impl Workload {
    /// Commissions and releases what `expected` transactions will move.
    pub(super) fn prepare(
        console: &Console,
        network: &Network,
        status: &Status,
        shape: Shape,
        expected: u64,
    ) -> Result<Workload, Failure> {
        let time = status.block_time().ok_or_else(|| Failure::internal(&"block_time is no time"))?;
        let signer = |name: &str| signer(console, network, status, name, false);
        let mut workload = Workload {
            shape,
            run: time.0 / 1_000,
            members: [signer("producer")?, signer("wholesaler")?, signer("pharmacy")?],
            valid_until: time.plus_ms(status.limits.valid_until_ahead_ms.min(24 * 3_600_000)),
            ready: VecDeque::new(),
            next_batch: 0,
        };
        if let Shape::Bill(codes) = shape {
            let goods = expected.div_ceil(u64::from(STEPS)) + 256;
            let release = self::signer(console, network, status, "producer", true)?;
            let nodes: Vec<String> = network.file.nodes.iter().map(|n| n.api.clone()).collect();
            workload.stock(console, &Client::new(&nodes)?, &release, goods * u64::from(codes))?;
            let firsts = (0..goods).map(|i| Goods { first: workload.serial(i * u64::from(codes)), step: 0 });
            workload.ready = firsts.collect();
        }
        Ok(workload)
    }

    /// First serial number of this run plus `offset`: runs on one chain do not meet.
    fn serial(&self, offset: u64) -> u64 {
        // 13 digits: seven of the run's second within half a year, six within the run; more carry over.
        (self.run % 10_000_000) * 1_000_000 + offset
    }

    fn stock(&mut self, console: &Console, client: &Client, release: &Signer, units: u64) -> Result<(), Failure> {
        let units = units.div_ceil(COMMISSION_CODES) * COMMISSION_CODES;
        let batch = format!("S{}", self.run);
        let bills = units / COMMISSION_CODES;
        match console.lang {
            Lang::Zh => console.note(&format!("准备：激活并放行 {units} 个追溯码"), ""),
            Lang::En => console.note("", &format!("preparing: {units} codes commissioned and released")),
        }
        let progress = console.progress(bills);
        // One after the other: the first opens the batch.
        for i in 0..bills {
            let declared = u32::try_from(units).map_err(|e| Failure::internal(&e))?;
            let operation = self.commission_of(&batch, declared, self.serial(i * COMMISSION_CODES))?;
            let planned = Planned { document_no: format!("bench-{}-{i}", self.run), operation };
            self.settle(client, &self.members[0].sign(&planned, self.valid_until))?;
            progress.inc(1);
        }
        progress.finish_and_clear();
        let operation = Operation::Release(Release {
            bill_type: 101,
            product_id: ProductId(PRODUCT.into()),
            batch_no: batch,
            declared_units: u32::try_from(units).map_err(|e| Failure::internal(&e))?,
            lot_release: String::new(),
            quality_file: None,
            import: None,
        });
        let planned = Planned { document_no: format!("bench-{}-release", self.run), operation };
        self.settle(client, &release.sign(&planned, self.valid_until))
    }

    fn settle(&self, client: &Client, bill: &SignedBill) -> Result<(), Failure> {
        client.submit(&bill.bytes, Instant::now() + PATIENCE)?;
        let outcome = client.transaction(&bill.id.to_string(), PATIENCE, Until::Final)?;
        match outcome.status {
            Outcome::Applied => Ok(()),
            _ => Err(Failure::internal(&format!("preparing bill {}: {:?}", bill.document_no, outcome.error))),
        }
    }

    fn commission_of(&self, batch: &str, declared: u32, first: u64) -> Result<Operation, Failure> {
        let made = CalendarDate::new(2025, 3, 10).zip(CalendarDate::new(2035, 3, 9));
        let (made_on, expires_on) = made.ok_or_else(|| Failure::internal(&"no such day"))?;
        let unit = |i| Ok(CommissionedUnit { code: code(first + i)?, level: 1, parent: None, remainder: false });
        Ok(Operation::Commission(Commission {
            product_id: ProductId(PRODUCT.into()),
            batch_no: batch.into(),
            made_on,
            expires_on,
            declared_units: declared,
            workshop: String::new(),
            line: String::new(),
            units: (0..COMMISSION_CODES).map(unit).collect::<Result<_, Failure>>()?,
        }))
    }

    /// The next goods to send, if any are ready.
    pub(super) fn next(&mut self) -> Option<Goods> {
        if self.shape == Shape::Commission {
            self.next_batch += 1;
            return Some(Goods { first: self.serial((self.next_batch - 1) * COMMISSION_CODES), step: 0 });
        }
        self.ready.pop_front()
    }

    /// The bill of `goods`, to be signed outside any lock.
    pub(super) fn task(&self, goods: Goods) -> Result<Task, Failure> {
        let (producer, wholesaler, pharmacy) = (&self.members[0], &self.members[1], &self.members[2]);
        let run = self.run;
        let number = |step: u8| format!("b{run}-{}-{step}", goods.first);
        let operation = match (self.shape, goods.step) {
            (Shape::Commission, _) => {
                let declared = u32::try_from(COMMISSION_CODES).map_err(|e| Failure::internal(&e))?;
                self.commission_of(&format!("C{}", goods.first), declared, goods.first)?
            }
            (Shape::Bill(codes), 0) => ship(&wholesaler.principal, goods.first, codes)?,
            (Shape::Bill(codes), 1) => receive(&producer.principal, number(0), goods.first, codes)?,
            (Shape::Bill(codes), 2) => ship(&pharmacy.principal, goods.first, codes)?,
            (Shape::Bill(codes), _) => receive(&wholesaler.principal, number(2), goods.first, codes)?,
        };
        let signer = [0, 1, 1, 2][usize::from(goods.step.min(STEPS - 1))];
        let signer = if self.shape == Shape::Commission { 0 } else { signer };
        let planned = Planned { document_no: number(goods.step), operation };
        Ok(Task { planned, signer, valid_until: self.valid_until })
    }

    /// Keys for senders, which sign without holding the workload.
    pub(super) fn signers(&self) -> Vec<BusySigner> {
        let copy = |s: &Signer| {
            BusySigner::new(Signer {
                chain: s.chain,
                principal: s.principal.clone(),
                key: s.key.clone(),
                mandate: None,
            })
        };
        self.members.iter().map(copy).collect()
    }

    /// `goods` moved one step: they may move again.
    pub(super) fn moved(&mut self, goods: Goods) {
        if self.shape != Shape::Commission && goods.step + 1 < STEPS {
            self.ready.push_back(Goods { step: goods.step + 1, ..goods });
        }
    }

    /// `goods` were not taken: the same step again.
    pub(super) fn again(&mut self, goods: Goods) {
        self.ready.push_front(goods);
    }
}

/// A bill to be signed.
pub(super) struct Task {
    planned: Planned,
    signer: usize,
    valid_until: TimestampMs,
}

impl Task {
    pub(super) fn sign(&self, signers: &[BusySigner]) -> SignedBill {
        signers[self.signer].sign(&self.planned, self.valid_until)
    }
}

fn signer(console: &Console, network: &Network, status: &Status, name: &str, release: bool) -> Result<Signer, Failure> {
    let member = network.member(name)?;
    let key = if release { member.release_key.as_ref() } else { Some(&member.key) };
    let key = key.ok_or_else(|| Failure::internal(&format!("{name} has no release key")))?;
    let passphrase = PassphraseArgs { passphrase_file: member.passphrase_file.clone(), passphrase_command: None };
    let chain = Digest::from_hex(&status.chain_id).ok_or_else(|| Failure::internal(&"chain_id is no digest"))?;
    Ok(Signer {
        chain: ChainId(chain),
        principal: OrgId::parse(&member.uscc).map_err(|e| Failure::internal(&e))?,
        key: passphrase::open_key(console, key, &passphrase)?,
        mandate: None,
    })
}

fn code(serial: u64) -> Result<UnitKey, Failure> {
    parse(&format!("{PREFIX}{:013}", serial % 10_000_000_000_000)).map(|p| p.key).map_err(|e| Failure::internal(&e))
}

fn codes(first: u64, count: u16) -> Result<Vec<UnitKey>, Failure> {
    (0..u64::from(count)).map(|i| code(first + i)).collect()
}

fn ship(receiver: &OrgId, first: u64, count: u16) -> Result<Operation, Failure> {
    Ok(Operation::Ship(Ship {
        bill_type: 201,
        receiver: receiver.clone(),
        bill_time: None,
        details: None,
        terms: None,
        codes: codes(first, count)?,
    }))
}

fn receive(sender: &OrgId, shipment_no: String, first: u64, count: u16) -> Result<Operation, Failure> {
    Ok(Operation::Receive(Receive {
        bill_type: 102,
        sender: sender.clone(),
        shipment_no: DocumentNumber(shipment_no),
        verified: true,
        bill_time: None,
        details: None,
        evidence: Some(Evidence { delivery_note: Some(sm3(b"delivery note")), ..Evidence::default() }),
        order: None,
        codes: codes(first, count)?,
    }))
}
