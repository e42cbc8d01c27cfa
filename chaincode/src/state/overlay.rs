//! Writes of a block over a view, and of one transaction over the block; dropping the latter undoes it.

use super::{Record, StateKey, StateView, ViewError, from_record, key, to_record};
use crate::codes::UnitKey;
use crate::custody::{Holds, ShipmentRecord};
use crate::event::{EventBody, EventId, EventRecord, History, Subject};
use crate::execute::{BlockContext, Due, deadline_record};
use crate::governance::{FrozenOperations, FrozenRecord};
use crate::law::{Law, LawBook};
use crate::limits::RECORD_BYTES_MAX;
use crate::oversight::{AlarmKind, AlarmRecord};
use crate::production::BatchRecord;
use crate::quality::variety_holds_of_batch;
use crate::receipt::Position;
use crate::registry::{OrganisationRecord, ProductRecord};
use crate::rejection::Rejection;
use crate::state::{BatchRef, OrgNo, ProductNo};
use crate::transaction::DocumentNumber;
use bencao_crypto::KeyId;
use bencao_genesis::{CalendarDate, RegionCode, TimestampMs};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

/// Why a transaction goes no further: a rule says no, or the state cannot be read.
#[derive(Debug)]
pub(crate) enum Stop {
    Rejected(Box<Rejection>),
    View(ViewError),
}

impl From<Rejection> for Stop {
    fn from(rejection: Rejection) -> Stop {
        Stop::Rejected(Box::new(rejection))
    }
}

impl From<ViewError> for Stop {
    fn from(error: ViewError) -> Stop {
        Stop::View(error)
    }
}

/// The view with the writes of the transactions executed so far.
pub(crate) struct BlockState<'a> {
    view: &'a dyn StateView,
    law: LawBook,
    read: RefCell<BTreeMap<StateKey, Option<Vec<u8>>>>,
    /// What emergency freezes stop during the block's transactions.
    pub(crate) frozen: Vec<FrozenOperations>,
    pub(crate) writes: BTreeMap<StateKey, Option<Vec<u8>>>,
}

impl<'a> BlockState<'a> {
    pub(crate) fn new(view: &'a dyn StateView, law: LawBook) -> BlockState<'a> {
        BlockState { view, law, read: RefCell::default(), frozen: Vec::new(), writes: BTreeMap::new() }
    }

    /// Takes note of what is stopped, after what ran before the block's transactions.
    pub(crate) fn read_frozen(&mut self) -> Result<(), ViewError> {
        let record: Option<FrozenRecord> = self.load(&key::frozen())?;
        self.frozen = record.map(|r| r.frozen).unwrap_or_default();
        Ok(())
    }

    /// The parameters in force on the day of the block in `region`.
    pub(crate) fn law(&self, region: RegionCode) -> Rc<Law> {
        self.law.of(region)
    }

    pub(crate) fn bytes(&self, key: &StateKey) -> Result<Option<Vec<u8>>, ViewError> {
        if let Some(written) = self.writes.get(key) {
            return Ok(written.clone());
        }
        if let Some(read) = self.read.borrow().get(key) {
            return Ok(read.clone());
        }
        let value = self.view.get(key)?;
        self.read.borrow_mut().insert(key.clone(), value.clone());
        Ok(value)
    }

    pub(crate) fn load<R: Record>(&self, key: &StateKey) -> Result<Option<R>, ViewError> {
        self.bytes(key)?.map(|bytes| from_record(&bytes)).transpose()
    }

    pub(crate) fn store<R: Record>(&mut self, key: StateKey, record: &R) {
        self.writes.insert(key, Some(to_record(record)));
    }
}

/// A batch with what stands above it: everything that a movement of its units has to ask.
pub(crate) struct Facts {
    pub(crate) reference: BatchRef,
    pub(crate) batch: BatchRecord,
    pub(crate) product: ProductRecord,
    pub(crate) holder: OrganisationRecord,
    /// Holds on the variety of herb that it is made of, for 饮片.
    pub(crate) variety: Holds,
}

/// Who acts, and who answers for it: kept in every event.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Actor {
    pub(crate) principal: OrgNo,
    /// Who signed for the principal, under a mandate.
    pub(crate) agent: Option<OrgNo>,
    /// The key that signed.
    pub(crate) key: KeyId,
}

/// One transaction at work.
pub(crate) struct Tx<'a> {
    pub(crate) block: &'a BlockState<'a>,
    pub(crate) context: &'a BlockContext,
    pub(crate) position: Position,
    pub(crate) principal: OrgNo,
    pub(crate) actor: Actor,
    pub(crate) organisation: OrganisationRecord,
    pub(crate) document: DocumentNumber,
    /// Tag of the operation; 0 while a deadline runs.
    pub(crate) operation: u16,
    /// The code that the deadline which runs is about.
    pub(crate) due_about: Option<UnitKey>,
    /// `None` removes a record.
    pub(crate) writes: BTreeMap<StateKey, Option<Vec<u8>>>,
    pub(crate) events: Vec<EventRecord>,
    /// What an applied transaction tells the regulator at once: at most one.
    pub(crate) alarm: Option<AlarmRecord>,
    /// What the document's record will say about a shipment.
    pub(crate) shipment: Option<ShipmentRecord>,
    facts: BTreeMap<BatchRef, Rc<Facts>>,
    organisations: BTreeMap<OrgNo, Rc<OrganisationRecord>>,
}

impl<'a> Tx<'a> {
    pub(crate) fn new(
        block: &'a BlockState<'a>,
        context: &'a BlockContext,
        position: Position,
        (actor, organisation): (Actor, OrganisationRecord),
        document: DocumentNumber,
    ) -> Tx<'a> {
        Tx {
            block,
            context,
            position,
            principal: actor.principal,
            actor,
            organisation,
            document,
            operation: 0,
            due_about: None,
            writes: BTreeMap::new(),
            events: Vec::new(),
            alarm: None,
            shipment: None,
            facts: BTreeMap::new(),
            organisations: BTreeMap::new(),
        }
    }

    /// The parameters in force today in `region`.
    pub(crate) fn law(&self, region: RegionCode) -> Rc<Law> {
        self.block.law(region)
    }

    /// The date of the block in UTC+8.
    pub(crate) fn today(&self) -> CalendarDate {
        self.context.time.china_date()
    }

    pub(crate) fn load<R: Record>(&self, key: &StateKey) -> Result<Option<R>, Stop> {
        match self.writes.get(key) {
            Some(Some(written)) => {
                check_size(written)?;
                Ok(Some(from_record(written)?))
            }
            Some(None) => Ok(None),
            None => Ok(self.block.load(key)?),
        }
    }

    /// Refuses what leaves a record too large to be read again: forms bound what a bill adds, not what many bills add up
    /// to, such as the origins of a lot with long names.
    ///
    /// # Errors
    /// [`Rejection::RecordTooLarge`].
    pub(crate) fn check_sizes(&self) -> Result<(), Rejection> {
        self.writes.values().flatten().try_for_each(|written| check_size(written))
    }

    /// The bytes of a record.
    pub(crate) fn bytes(&self, key: &StateKey) -> Result<Option<Vec<u8>>, Stop> {
        match self.writes.get(key) {
            Some(written) => Ok(written.clone()),
            None => Ok(self.block.bytes(key)?),
        }
    }

    /// A record that another record points to.
    pub(crate) fn must_load<R: Record>(&self, key: &StateKey) -> Result<R, Stop> {
        self.load(key)?.ok_or(Stop::View(ViewError::Damaged))
    }

    pub(crate) fn exists(&self, key: &StateKey) -> Result<bool, Stop> {
        match self.writes.get(key) {
            Some(written) => Ok(written.is_some()),
            None => Ok(self.block.bytes(key)?.is_some()),
        }
    }

    pub(crate) fn store<R: Record>(&mut self, key: StateKey, record: &R) {
        self.writes.insert(key, Some(to_record(record)));
    }

    /// Removes a record.
    pub(crate) fn remove(&mut self, key: StateKey) {
        self.writes.insert(key, None);
    }

    /// Asks for `due` to run in the first block whose time is `at` or later, in the name of the principal and document
    /// of this transaction (D4). One write.
    pub(crate) fn set_deadline(&mut self, at: TimestampMs, due: Due) {
        self.set_deadline_about(at, due, None);
    }

    /// [`Tx::set_deadline`] with a code for the alarm, by which it is not named.
    pub(crate) fn set_deadline_about(&mut self, at: TimestampMs, due: Due, code: Option<UnitKey>) {
        let record = deadline_record(self.principal, self.document.clone(), due, code);
        self.store(key::deadline(at, &record.due), &record);
    }

    /// Takes back what [`Tx::set_deadline`] asked for, if it has not run. At most one write.
    pub(crate) fn clear_deadline(&mut self, at: TimestampMs, due: &Due) -> Result<(), Stop> {
        let name = key::deadline(at, due);
        if self.exists(&name)? {
            self.remove(name);
        }
        Ok(())
    }

    /// From here on the bill is that of `number`: its principal, under `document`.
    pub(crate) fn act_as(&mut self, number: OrgNo, document: DocumentNumber) -> Result<(), Stop> {
        self.organisation = self.must_load(&key::organisation(number))?;
        self.principal = number;
        self.document = document;
        Ok(())
    }

    /// Runs `work` to see whether its rules let it pass, and undoes what it did.
    pub(crate) fn attempt(&mut self, work: impl FnOnce(&mut Tx<'a>) -> Result<(), Stop>) -> Result<(), Stop> {
        let (writes, events) = (self.writes.clone(), self.events.len());
        let (alarm, shipment) = (self.alarm.clone(), self.shipment.clone());
        let actor = (self.principal, self.organisation.clone(), self.document.clone());
        let outcome = work(self);
        self.writes = writes;
        self.events.truncate(events);
        (self.alarm, self.shipment) = (alarm, shipment);
        (self.principal, self.organisation, self.document) = actor;
        // What was read meanwhile may have been written meanwhile.
        self.facts.clear();
        self.organisations.clear();
        outcome
    }

    /// Tells the regulator at once of something that the rules allow and yet is an alarm: one record, kept only if the
    /// transaction is applied. A second one of the same transaction says nothing new and is dropped.
    pub(crate) fn raise(&mut self, kind: AlarmKind, code: UnitKey) {
        self.raise_about(kind, self.principal, Some(code));
    }

    /// [`Tx::raise`] about an organisation, and a package if it is about one.
    pub(crate) fn raise_about(&mut self, kind: AlarmKind, organisation: OrgNo, code: Option<UnitKey>) {
        if self.alarm.is_some() {
            return;
        }
        let alarm = AlarmRecord {
            version: 1,
            kind,
            rule: 0,
            operation: self.operation,
            organisation,
            agent: self.actor.agent,
            code,
            position: self.position,
            time: self.context.time,
        };
        self.store(key::alarm(self.position), &alarm);
        self.alarm = Some(alarm);
    }

    /// Batch, product and holder, read once a transaction: operations that change a batch do not use this.
    pub(crate) fn facts(&mut self, batch: BatchRef) -> Result<Rc<Facts>, Stop> {
        if let Some(facts) = self.facts.get(&batch) {
            return Ok(Rc::clone(facts));
        }
        let record: BatchRecord = self.must_load(&key::batch(batch))?;
        let product: ProductRecord = self.must_load(&key::product(batch.product))?;
        let holder: OrganisationRecord = self.must_load(&key::organisation(product.holder))?;
        let variety = self.variety_holds(&product, batch, holder.jurisdiction)?;
        let facts = Rc::new(Facts { reference: batch, batch: record, product, holder, variety });
        self.facts.insert(batch, Rc::clone(&facts));
        Ok(facts)
    }

    /// Holds on the variety of herb that a batch is made of.
    pub(crate) fn variety_holds(
        &self,
        product: &ProductRecord,
        batch: BatchRef,
        holder: RegionCode,
    ) -> Result<Holds, Stop> {
        variety_holds_of_batch(product, batch, holder, |name| self.bytes(name))
    }

    /// An organisation by number, read once a transaction.
    pub(crate) fn organisation_record(&mut self, number: OrgNo) -> Result<Rc<OrganisationRecord>, Stop> {
        if let Some(record) = self.organisations.get(&number) {
            return Ok(Rc::clone(record));
        }
        let record: Rc<OrganisationRecord> = Rc::new(self.must_load(&key::organisation(number))?);
        self.organisations.insert(number, Rc::clone(&record));
        Ok(record)
    }

    /// The product with this number.
    pub(crate) fn product(&self, number: ProductNo) -> Result<ProductRecord, Stop> {
        self.must_load(&key::product(number))
    }

    /// Appends an event to a record's own chain.
    pub(crate) fn event(&mut self, subject: Subject, history: &mut History, body: EventBody) {
        let number = u32::try_from(self.events.len()).unwrap_or(u32::MAX);
        let id = EventId { height: self.position.height, transaction: self.position.index, event: number };
        let record = EventRecord {
            version: 1,
            id,
            time: self.context.time,
            actor: self.principal,
            agent: self.actor.agent,
            key: self.actor.key,
            document: self.document.clone(),
            subject,
            sequence: history.count.saturating_add(1),
            body,
        };
        history.append(&record);
        self.events.push(record);
    }
}

fn check_size(record: &[u8]) -> Result<(), Rejection> {
    let (expected, actual) = (RECORD_BYTES_MAX as u64, record.len() as u64);
    if actual > expected {
        return Err(Rejection::RecordTooLarge { expected, actual });
    }
    Ok(())
}
