//! The rules, once more: a deliberately simple reading of what the ledger must do, for comparison with the chaincode.
//!
//! It shares types of transactions with the chaincode and nothing else. Every package carries its whole state by itself:
//! moving a case moves each package inside, one by one, so that nothing has to be inherited, combined or counted along.
//! A bill is tried on a copy, and the copy is kept if no rule says no. Rules are named as in `docs/errors.md`, and stand
//! in the order in which they are asked. One file a module of the chaincode:
//!
//! | File | Rules of |
//! |---|---|
//! | `registry` | who may do what: roles, licences, products, prefixes |
//! | `production` | T1–T3, T15: codes, batches, packages |
//! | `custody` | T4–T7, T14: shipments and their accounts, stock, the border, orders |
//! | `bills` | the bill types of §3.1 |
//! | `dispensing` | T9, T10, T16 |
//! | `quality` | T8, T11–T13, T17, T18: holds, recalls, bills with two signatures |
//! | `mandates` | who acts for whom |
//! | `oversight` | attempts, lists, credit, dossiers |
//! | `tcm` | lots of herbs and their milligrams |

pub(crate) mod bills;
pub(crate) mod custody;
pub(crate) mod dispensing;
pub(crate) mod mandates;
pub(crate) mod oversight;
pub(crate) mod production;
pub(crate) mod quality;
pub(crate) mod registry;
pub(crate) mod tcm;

use bencao_chaincode::UnitKey;
use bencao_chaincode::registry::FilingKind;
use bencao_chaincode::transaction::{Operation, TransactionId};
use bencao_crypto::Digest;
use bencao_genesis::{CalendarDate, Genesis, OrgId, TimestampMs};
use quality::{Case, Hold, Target};
pub(crate) use registry::Firm;
use registry::Product;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// Name of the rule that says no.
pub(crate) type Refusal = &'static str;
/// What a bill comes to.
pub(crate) type Verdict = Result<(), Refusal>;
/// A firm, by its place in the genesis file, or of later registration.
pub(crate) type FirmNo = usize;
/// A product, likewise.
pub(crate) type ProductNo = usize;
/// A batch, by order of opening.
pub(crate) type BatchNo = usize;
/// A shipment: who sent it, and under which number.
pub(crate) type ShipmentId = (FirmNo, String);

/// `rule` unless the condition holds.
pub(crate) fn ensure(condition: bool, rule: Refusal) -> Verdict {
    if condition { Ok(()) } else { Err(rule) }
}

/// Lifecycle of a package (§3.10).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum State {
    InStock,
    InTransit,
    Partial,
    Dispensed,
    Blocked,
    Sampled,
    Destroyed,
    Lost,
    Exported,
    Consumed,
    Voided,
}

impl State {
    pub(crate) fn is_terminal(self) -> bool {
        use State::*;
        matches!(self, Dispensed | Sampled | Destroyed | Lost | Exported | Consumed | Voided)
    }
}

/// The way of a package that was shipped and has not arrived.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Way {
    /// Who may receive it; once it was refused, the sender.
    pub(crate) to: FirmNo,
    pub(crate) shipment: ShipmentId,
    pub(crate) was_blocked: bool,
    /// Refused by the receiver, and neither back nor given up.
    pub(crate) refused: bool,
    pub(crate) given_up_by: Option<FirmNo>,
}

/// One purchase on the way of a package: the seller, and who bought and sold on without having had it.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Leg {
    pub(crate) from: FirmNo,
    pub(crate) through: Option<FirmNo>,
}

#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) enum Condition {
    Sound,
    Damaged,
    Recovered,
}

#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Sale {
    pub(crate) seller: FirmNo,
    pub(crate) bill_type: u16,
    /// Of the first part.
    pub(crate) first: u64,
    /// Of the newest part.
    pub(crate) last: u64,
    /// If dispensed in parts: what is left, the newest part (0 once taken back), how many parts.
    pub(crate) parts: Option<(u64, u64, u32)>,
    /// The prescription of a class with a limit that the newest part went on.
    pub(crate) on: Option<Digest>,
}

/// A package of any level, with all that is true of it.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Unit {
    pub(crate) level: u8,
    pub(crate) batch: BatchNo,
    pub(crate) inside: Option<UnitKey>,
    pub(crate) state: State,
    pub(crate) custodian: FirmNo,
    pub(crate) way: Option<Way>,
    /// Numbers of the holds set on this very code.
    pub(crate) holds: BTreeSet<u32>,
    pub(crate) import_rejected: bool,
    pub(crate) sale: Option<Sale>,
    pub(crate) bought: Vec<Leg>,
    /// Whose it is, if not the custodian's.
    pub(crate) kept_for: Option<FirmNo>,
    pub(crate) condition: Condition,
    /// Direct children of a full package; 0 at the smallest level.
    pub(crate) capacity: u32,
    /// 零头
    pub(crate) remainder: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct Batch {
    pub(crate) product: ProductNo,
    pub(crate) number: String,
    pub(crate) made_on: CalendarDate,
    pub(crate) expires_on: CalendarDate,
    pub(crate) opened_on: CalendarDate,
    pub(crate) workshop: String,
    pub(crate) line: String,
    pub(crate) producer: FirmNo,
    pub(crate) declared_units: u32,
    pub(crate) producer_released: bool,
    pub(crate) released: bool,
    pub(crate) test_passed: Option<bool>,
    /// Whose finding that is.
    pub(crate) tested_by: Option<FirmNo>,
    /// Named by holder or producer.
    pub(crate) laboratory: Option<FirmNo>,
    pub(crate) holds: BTreeSet<u32>,
}

/// Packages of a shipment by what became of them.
#[derive(Clone, PartialEq, Debug, Default)]
pub(crate) struct Shipment {
    pub(crate) bill_type: u16,
    pub(crate) receiver: FirmNo,
    pub(crate) through: Option<FirmNo>,
    pub(crate) consignor: Option<FirmNo>,
    pub(crate) designated: bool,
    /// When it left.
    pub(crate) at: u64,
    pub(crate) shipped: u32,
    pub(crate) received: u32,
    pub(crate) disputed: u32,
    pub(crate) taken_back: u32,
    pub(crate) lost: u32,
    pub(crate) cancelled: u32,
}

/// A signed transaction, as far as the rules look at it.
#[derive(Clone, Debug)]
pub(crate) struct Sent {
    pub(crate) id: TransactionId,
    pub(crate) principal: OrgId,
    /// Who signs for the principal, and under which mandate.
    pub(crate) mandate: Option<(OrgId, String)>,
    pub(crate) valid_until: TimestampMs,
    pub(crate) number: String,
    pub(crate) operation: Operation,
}

/// What must become of a transaction.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Outcome {
    Applied,
    Refused(Refusal),
    /// Seen before: the earlier receipt counts.
    Repeated,
}

/// What was sent, and what it came to.
#[derive(Debug)]
pub(crate) struct Chain {
    pub(crate) model: Model,
    /// What each firm's applied documents said.
    documents: BTreeMap<(FirmNo, String), Operation>,
    /// Refused transactions: the same bytes are not executed again.
    refused: BTreeSet<TransactionId>,
}

/// All that is known.
#[derive(Clone, Debug)]
pub(crate) struct Model {
    pub(crate) now: u64,
    pub(crate) firms: Vec<Rc<Firm>>,
    pub(crate) products: Vec<Rc<Product>>,
    pub(crate) batches: Vec<Batch>,
    pub(crate) units: BTreeMap<UnitKey, Unit>,
    pub(crate) shipments: BTreeMap<ShipmentId, Shipment>,
    pub(crate) production: production::Papers,
    pub(crate) orders: BTreeMap<(FirmNo, String), custody::Order>,
    pub(crate) cases: BTreeMap<u32, Case>,
    pub(crate) mandates: BTreeMap<(FirmNo, String), mandates::MandateGiven>,
    pub(crate) files: oversight::Files,
    /// Who filed the coding rule of a prefix.
    pub(crate) coding: BTreeMap<String, FirmNo>,
    /// Prescriptions of classes with a limit that an institution has filled.
    pub(crate) filled: BTreeMap<(FirmNo, Digest), dispensing::Filled>,
    /// 邮寄证明 that a sender has used.
    pub(crate) posted: BTreeSet<(FirmNo, String)>,
    pub(crate) filings: BTreeMap<(FirmNo, FilingKind), Vec<registry::Entry>>,
    pub(crate) standards: BTreeMap<String, registry::Standard>,
    pub(crate) herbs: tcm::Herbs,
    /// The number of the document at work.
    pub(crate) document: String,
    /// The block at work.
    pub(crate) height: u64,
}

/// Furthest that a transaction's end may lie ahead: 72 hours.
const AHEAD_MS: u64 = 72 * 3_600_000;

impl Chain {
    pub(crate) fn new(genesis: &Genesis) -> Chain {
        Chain { model: Model::new(genesis), documents: BTreeMap::new(), refused: BTreeSet::new() }
    }

    /// Time, repetition, document number, then the rules of the operation.
    pub(crate) fn submit(&mut self, sent: &Sent) -> Outcome {
        let model = &mut self.model;
        let Some(by) = model.firm(&sent.principal) else { return Outcome::Refused("unknown_organisation") };
        let agent = sent.mandate.as_ref().map(|(agent, _)| model.firm(agent));
        let Some(signer) = agent.unwrap_or(Some(by)) else { return Outcome::Refused("unknown_organisation") };
        if model.firms[signer].host.is_some() {
            return Outcome::Refused("unknown_key");
        }
        if sent.valid_until.0 < model.now {
            return Outcome::Refused("transaction_expired");
        }
        if sent.valid_until.0 > model.now + AHEAD_MS {
            return Outcome::Refused("valid_until_too_far");
        }
        if self.refused.contains(&sent.id) {
            return Outcome::Repeated;
        }
        let document = (by, sent.number.clone());
        let verdict = match self.documents.get(&document) {
            Some(first) if *first == sent.operation => return Outcome::Repeated,
            Some(_) => Err("document_number_taken"),
            None => {
                let mut copy = model.clone();
                copy.document = sent.number.clone();
                copy.run(by, agent.flatten(), sent).map(|()| *model = copy)
            }
        };
        match verdict {
            Ok(()) => {
                self.documents.insert(document, sent.operation.clone());
                Outcome::Applied
            }
            Err(rule) => {
                self.refused.insert(sent.id);
                model.attempted(by, agent.flatten(), rule);
                Outcome::Refused(rule)
            }
        }
    }
}

impl Model {
    pub(crate) fn new(genesis: &Genesis) -> Model {
        let firms: Vec<Rc<Firm>> = genesis.organisations.iter().map(Firm::new).map(Rc::new).collect();
        let place = |id: &OrgId| firms.iter().position(|f| f.id == *id).expect("a firm of the genesis file");
        let product = |p: &bencao_genesis::Product| Rc::new(Product::new(p, place(&p.holder), place(&p.producer)));
        Model {
            now: genesis.time_ms.0,
            coding: genesis.products.iter().flat_map(|p| filed(p, place(&p.holder))).collect(),
            products: genesis.products.iter().map(product).collect(),
            firms,
            batches: Vec::new(),
            units: BTreeMap::new(),
            shipments: BTreeMap::new(),
            production: production::Papers::default(),
            orders: BTreeMap::new(),
            cases: BTreeMap::new(),
            mandates: BTreeMap::new(),
            files: oversight::Files::default(),
            filled: BTreeMap::new(),
            posted: BTreeSet::new(),
            filings: BTreeMap::new(),
            standards: BTreeMap::new(),
            herbs: tcm::Herbs::default(),
            document: String::new(),
            height: 0,
        }
    }

    pub(crate) fn today(&self) -> CalendarDate {
        TimestampMs(self.now).china_date()
    }

    /// A block begins: what has come due by its time happens first.
    pub(crate) fn begin_block(&mut self, now: u64) {
        self.now = now;
        self.height += 1;
        self.come_due();
    }

    /// Mandate, lists, then the operation's own rules.
    pub(crate) fn run(&mut self, by: FirmNo, agent: Option<FirmNo>, sent: &Sent) -> Verdict {
        if let (Some(agent), Some((_, number))) = (agent, &sent.mandate) {
            self.under_mandate(by, agent, number, &sent.operation)?;
        }
        self.not_barred(by, &sent.operation)?;
        self.execute(by, &sent.operation)
    }

    fn execute(&mut self, by: FirmNo, operation: &Operation) -> Verdict {
        use Operation::*;
        match operation {
            RegisterProduct(bill) => self.register_product(by, bill),
            UpdateProduct(bill) => self.update_product(by, bill),
            GrantLicence(bill) => self.grant_licence(by, bill),
            ChangeLicence(bill) => self.change_licence(by, bill),
            FileCodingRule(bill) => self.file_coding(by, bill),
            RegisterStandard(bill) => self.register_standard(by, bill),
            WithdrawStandard(bill) => self.withdraw_standard(by, bill),
            SubmitFiling(bill) => self.submit_filing(by, bill),
            ChangeFiling(bill) => self.change_filing(by, bill),
            RegisterParticipant(bill) => self.register_participant(by, bill),
            GiveMandate(bill) => self.give_mandate(by, bill),
            RevokeMandate(bill) => self.revoke_mandate(by, bill),
            TriageAlarm(bill) => self.triage(by, bill),
            RecordCredit(bill) => self.record_credit(by, bill),
            ListOrganisation(bill) => self.list(by, bill),
            RemoveFromList(bill) => self.unlist(by, bill),
            OpenDossier(bill) => self.open_dossier(by, bill),
            FollowUp(bill) => self.follow_up(by, bill),
            Commission(bill) => self.commission(by, bill),
            Release(bill) => self.release(by, bill),
            AllocateCodes(bill) => self.allocate(by, bill),
            Pack(bill) => self.pack(by, bill),
            VoidCodes(bill) => self.void(by, bill),
            ReplaceCodes(bill) => self.replace(by, bill),
            Rework(bill) => self.rework(by, bill),
            RegisterContract(bill) => self.register_contract(by, bill),
            RequestBatchTest(bill) => self.request_batch_test(by, bill),
            RecordBatchTest(bill) => self.record_test(by, bill),
            FileQualityDocument(bill) => self.file_document(by, bill),
            NameResponsible(bill) => self.name_responsible(by, bill),
            Ship(bill) => self.ship(by, bill),
            Receive(bill) => self.receive(by, bill),
            Disaggregate(bill) => self.disaggregate(by, &bill.codes),
            Refuse(bill) => self.refuse(by, bill),
            TakeBack(bill) => self.take_back(by, bill),
            AcceptLoss(bill) => self.accept_loss(by, bill),
            CancelShipment(bill) => self.cancel(by, bill),
            MoveStock(bill) => self.move_stock(by, bill),
            Export(bill) => self.export(by, bill),
            RejectImport(bill) => self.reject_import(by, bill),
            Instruct(bill) => self.instruct(by, bill),
            Dispense(bill) => self.dispense(by, bill),
            DispensePart(bill) => self.dispense_part(by, bill),
            ReverseSale(bill) => self.reverse(by, &bill.codes),
            ConsumerReturn(bill) => self.consumer_return(by, &bill.codes),
            SetHold(bill) => self.set_hold(by, bill),
            LiftHold(bill) => self.lift_hold(by, bill.hold.0),
            DecideFreeze(bill) => self.decide_freeze(by, bill),
            StartRecall(bill) => self.start_recall(by, bill),
            NotifyRecall(bill) => self.notify(by, bill),
            AcknowledgeRecall(bill) => self.acknowledge(by, bill.recall.0),
            ReportRecallProgress(bill) => self.report_progress(by, bill.recall.0),
            CompleteRecall(bill) => self.complete(by, bill),
            Propose(bill) => self.propose(by, bill),
            Countersign(bill) => self.countersign(by, bill),
            CloseProposal(bill) => self.close_proposal(by, bill.proposal.0),
            Destroy(bill) => self.destroy(by, bill, false),
            ReportLoss(bill) => self.report_loss(by, bill),
            QualityAccept(bill) => self.accept(by, &bill.codes),
            RegisterHerbs(bill) => self.register_herbs(by, bill),
            DefinePiece(bill) => self.define_piece(by, bill),
            SetProcessingScope(bill) => self.set_scope(by, bill),
            RegisterGarden(bill) => self.register_garden(by, bill),
            AmendGarden(bill) => self.amend_garden(by, bill),
            RecordBenefit(bill) => self.record_benefit(by, bill),
            RecordSeed(bill) => self.record_seed(by, bill),
            Plant(bill) => self.plant(by, bill),
            FieldWork(bill) => self.field_work(by, bill),
            Harvest(bill) => self.harvest(by, bill),
            ProcessAtOrigin(bill) => self.process_at_origin(by, bill),
            RequestTest(bill) => self.request_test(by, bill),
            TestLot(bill) => self.test_lot(by, bill),
            CertifyLot(bill) => self.certify(by, bill),
            BlendLots(bill) => self.blend(by, bill),
            SplitLot(bill) => self.split(by, bill),
            ProcessPieces(bill) => self.process_pieces(by, bill),
            PackLot(bill) => self.pack_lot(by, bill),
            ShipLots(bill) => self.ship_lots(by, bill),
            ReceiveLots(bill) => self.receive_lots(by, bill),
            RefuseLots(bill) => self.refuse_lots(by, bill),
            BuyUntraced(bill) => self.buy_untraced(by, bill),
            SellUntraced(bill) => self.sell_untraced(by, bill),
            DispenseLots(bill) => self.dispense_lots(by, bill),
            WriteOffLot(bill) => self.write_off(by, bill),
            SampleLot(bill) => self.sample_lot(by, bill),
            DestroyLot(bill) => self.destroy_lot(by, bill, None),
            ExportLot(bill) => self.export_lot(by, bill),
            HoldLot(bill) => self.hold_lot(by, bill),
            LiftLotHold(bill) => self.lift_lot_hold(by, bill),
            UseLots(bill) => self.use_lots(by, bill),
            other => panic!("{} is not modelled", other.name()),
        }
    }

    // Packages.

    /// A package that must be known: an unregistered prefix is said first.
    pub(crate) fn unit(&self, code: &UnitKey) -> Result<&Unit, Refusal> {
        match self.units.get(code) {
            Some(unit) => Ok(unit),
            None if self.prefix(code).is_none() => Err("unknown_prefix"),
            None => Err("unknown_code"),
        }
    }

    /// Direct children.
    pub(crate) fn children(&self, code: &UnitKey) -> Vec<UnitKey> {
        self.units.iter().filter(|(_, u)| u.inside == Some(*code)).map(|(c, _)| *c).collect()
    }

    /// The package and all that is inside it, at whatever depth.
    pub(crate) fn with_contents(&self, code: &UnitKey) -> Vec<UnitKey> {
        let mut all = vec![*code];
        let mut next = 0;
        while next < all.len() {
            all.extend(self.children(&all[next]));
            next += 1;
        }
        all
    }

    /// Packages around it, nearest first.
    pub(crate) fn around(&self, code: &UnitKey) -> Vec<UnitKey> {
        let mut all = Vec::new();
        let mut next = self.units[code].inside;
        while let Some(parent) = next {
            all.push(parent);
            next = self.units[&parent].inside;
        }
        all
    }

    /// Batches of the smallest units in a package, its own first; of an empty one its own.
    pub(crate) fn batches_in(&self, code: &UnitKey) -> Vec<BatchNo> {
        let own = self.units[code].batch;
        let smallest = self.with_contents(code).into_iter().filter(|c| self.units[c].level == 1);
        let mut batches: Vec<BatchNo> = smallest.map(|c| self.units[&c].batch).collect();
        if batches.is_empty() {
            return vec![own];
        }
        batches.sort_by_key(|b| (*b != own, self.batches[*b].product, *b));
        batches.dedup();
        batches
    }

    /// Smallest units of each batch in a package.
    pub(crate) fn units_in(&self, code: &UnitKey) -> BTreeMap<BatchNo, u32> {
        let mut counts = BTreeMap::new();
        for inside in self.with_contents(code).iter().map(|c| &self.units[c]).filter(|u| u.level == 1) {
            *counts.entry(inside.batch).or_default() += 1;
        }
        counts
    }

    /// Products of what is in a package, its own first.
    pub(crate) fn products_in(&self, code: &UnitKey) -> Vec<ProductNo> {
        let mut products = Vec::new();
        for batch in self.batches_in(code) {
            if !products.contains(&self.batches[batch].product) {
                products.push(self.batches[batch].product);
            }
        }
        products
    }

    /// Changes a package and all that is inside it.
    pub(crate) fn each(&mut self, code: &UnitKey, change: impl Fn(&mut Unit)) {
        for inside in self.with_contents(code) {
            change(self.units.get_mut(&inside).expect("listed above"));
        }
    }

    /// H6: what moves alone leaves the package around it.
    pub(crate) fn take_out(&mut self, code: &UnitKey) {
        let sale = self.sale_of(code);
        let unit = self.units.get_mut(code).expect("known");
        (unit.inside, unit.sale) = (None, sale);
    }

    /// Its sale, or that of a package around it which was handed out by quantity.
    pub(crate) fn sale_of(&self, code: &UnitKey) -> Option<Sale> {
        let around = self.around(code);
        self.units[code].sale.or_else(|| around.iter().find_map(|c| self.units[c].sale))
    }

    pub(crate) fn is_empty_package(&self, code: &UnitKey) -> bool {
        self.units[code].level > 1 && self.children(code).is_empty()
    }

    pub(crate) fn is_released(&self, code: &UnitKey) -> bool {
        self.batches_in(code).iter().all(|b| self.batches[*b].released)
    }

    /// §5.5: the date is inclusive.
    pub(crate) fn not_expired(&self, code: &UnitKey) -> Verdict {
        ensure(self.batches_in(code).iter().all(|b| self.today() <= self.batches[*b].expires_on), "expired")
    }

    // Holds.

    /// Holds on a package from every side but its custodian: itself and the packages around it, the batches inside, their
    /// products, and the holders of these.
    pub(crate) fn holds_on(&self, code: &UnitKey) -> BTreeSet<Hold> {
        let mut holds = self.holds_on_package(code);
        for batch in self.batches_in(code) {
            let batch = &self.batches[batch];
            let product = &self.products[batch.product];
            for cases in [&batch.holds, &product.holds, &self.firms[product.holder].holds] {
                holds.extend(self.kinds(cases));
            }
            holds.extend(self.kinds(&self.variety_holds_of(batch)));
        }
        holds
    }

    /// Holds on the package itself and on those around it.
    pub(crate) fn holds_on_package(&self, code: &UnitKey) -> BTreeSet<Hold> {
        let mut holds = self.own_holds(code);
        for around in self.around(code) {
            holds.extend(self.own_holds(&around));
        }
        holds
    }

    /// Holds on this very package: cases, a dispute over it, and its refusal at the border.
    pub(crate) fn own_holds(&self, code: &UnitKey) -> BTreeSet<Hold> {
        let unit = &self.units[code];
        let mut holds = self.kinds(&unit.holds);
        // The dispute is over the package that was refused; what is inside is held by being inside.
        if unit.inside.is_none() && unit.way.as_ref().is_some_and(|w| w.refused) {
            holds.insert(Hold::Dispute);
        }
        if unit.import_rejected {
            holds.insert(Hold::ImportRejected);
        }
        holds
    }

    pub(crate) fn kinds(&self, cases: &BTreeSet<u32>) -> BTreeSet<Hold> {
        cases.iter().map(|case| self.cases[case].as_hold().expect("a hold").kind).collect()
    }

    /// Rule 8: nothing slips out of a package that is on hold.
    pub(crate) fn not_inside_held(&self, code: &UnitKey) -> Verdict {
        ensure(self.around(code).iter().all(|c| self.own_holds(c).is_empty()), "held")
    }

    /// Whether anything inside is on hold by itself.
    pub(crate) fn holds_held_unit(&self, code: &UnitKey) -> bool {
        self.with_contents(code)[1..].iter().any(|inside| !self.own_holds(inside).is_empty())
    }

    pub(crate) fn holds_of_firm(&self, firm: FirmNo) -> BTreeSet<Hold> {
        self.kinds(&self.firms[firm].holds)
    }

    /// Holds on the firm whose goods these are, if another keeps them.
    pub(crate) fn holds_of_owner(&self, code: &UnitKey) -> BTreeSet<Hold> {
        self.units[code].kept_for.map(|owner| self.holds_of_firm(owner)).unwrap_or_default()
    }

    /// [`Model::holds_on`], those on who has it, and those on whose it is.
    pub(crate) fn holds_with_owner(&self, by: FirmNo, code: &UnitKey) -> BTreeSet<Hold> {
        let mut holds = self.holds_on(code);
        holds.extend(self.holds_of_firm(by));
        holds.extend(self.holds_of_owner(code));
        holds
    }

    pub(crate) fn firm_mut(&mut self, firm: FirmNo) -> &mut Firm {
        Rc::make_mut(&mut self.firms[firm])
    }

    /// The list of holds on a target.
    pub(crate) fn holds_at(&mut self, target: &Target) -> &mut BTreeSet<u32> {
        match target {
            Target::Code(code) => &mut self.units.get_mut(code).expect("known").holds,
            Target::Batch(batch) => &mut self.batches[*batch].holds,
            Target::Product(product) => &mut Rc::make_mut(&mut self.products[*product]).holds,
            Target::Firm(firm) => &mut self.firm_mut(*firm).holds,
            Target::Herb(herb, region) => self.herbs.frozen.entry((herb.clone(), *region)).or_default(),
        }
    }
}

/// The founding document is the filing of its products' coding rules.
fn filed(product: &bencao_genesis::Product, holder: FirmNo) -> Vec<(String, FirmNo)> {
    product.packages.iter().map(|p| (p.prefix.clone(), holder)).collect()
}

/// Refuses a bill that names a code twice.
pub(crate) fn codes_differ(codes: &[UnitKey]) -> Verdict {
    let distinct: BTreeSet<&UnitKey> = codes.iter().collect();
    ensure(distinct.len() == codes.len(), "code_repeated")
}
