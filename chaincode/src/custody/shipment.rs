//! The record of a shipment: every package of it is outstanding, received, in dispute, or settled, and the counts of all
//! of these together are what was shipped (domain §9 rule 6).

use super::{BillType, Holds, Move, Transit};
use crate::codes::UnitKey;
use crate::execute::{ComesDue, DocumentRecord, Due};
use crate::oversight::AlarmKind;
use crate::receipt::Position;
use crate::registry::{NumberRecord, OrganisationRecord};
use crate::rejection::Rejection;
use crate::state::{OrgNo, Stop, Tx, key};
use crate::transaction::DocumentNumber;
use bencao_genesis::{OrgId, TimestampMs};
use bincode::{Decode, Encode};

const DAY_MS: u64 = 86_400_000;

/// A shipment, kept in the record of the document that shipped it. Counts are of packages as the bill named them; a
/// package that turns out to be missing from inside another is counted by itself from then on.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct ShipmentRecord {
    /// 单据类型
    pub bill_type: u16,
    /// Block time of the bill.
    pub at: TimestampMs,
    /// Who had the goods.
    pub sender: OrgNo,
    /// Who alone may receive.
    pub receiver: OrgNo,
    /// 直调企业
    pub through: Option<OrgNo>,
    /// In whose name the sender keeps and sells the goods, if not its own (222, 223).
    pub consignor: Option<OrgNo>,
    /// Whether a CDC has named the receiver (《疫苗管理法》 Art. 36).
    pub designated: bool,
    /// Days after which it is overdue, by the law of that day; 0 if it never is.
    pub receipt_days: u32,
    /// Packages that left.
    pub shipped: u32,
    /// Arrived at the receiver.
    pub received: u32,
    /// Refused, neither back nor given up.
    pub disputed: u32,
    /// Refused and back at the sender.
    pub taken_back: u32,
    /// Refused and given up by both.
    pub lost: u32,
    /// Taken back by the sender before anything was received or refused, or when nobody is to answer any more.
    pub cancelled: u32,
}

impl ShipmentRecord {
    /// Packages that the receiver has said nothing about.
    pub fn outstanding(&self) -> u32 {
        let settled = [self.received, self.disputed, self.taken_back, self.lost, self.cancelled];
        settled.iter().fold(self.shipped, |left, count| left.saturating_sub(*count))
    }

    /// Whether packages are outstanding, or in a dispute that nobody has settled.
    pub fn is_open(&self) -> bool {
        self.outstanding().saturating_add(self.disputed) > 0
    }

    /// When it is overdue.
    pub(super) fn overdue_at(&self) -> Option<TimestampMs> {
        let days = u64::from(self.receipt_days);
        (days > 0).then(|| self.at.plus_ms(days.saturating_mul(DAY_MS)))
    }

    /// Whether the receiver has said something.
    pub fn is_answered(&self) -> bool {
        [self.received, self.disputed, self.taken_back, self.lost].iter().any(|count| *count > 0)
    }

    /// The line of the bill type.
    pub(super) fn bill(&self) -> Result<&'static BillType, Stop> {
        BillType::find(self.bill_type).ok_or(Stop::View(crate::state::ViewError::Damaged))
    }

    /// Who sells: the consignor, or the sender itself.
    pub(super) fn seller(&self) -> OrgNo {
        self.consignor.unwrap_or(self.sender)
    }
}

/// A shipment was to be received by now.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Encode, Decode)]
pub struct ReceiptOverdue {
    /// Who shipped.
    pub sender: OrgNo,
    /// Under which document.
    pub number: DocumentNumber,
}

impl ComesDue for ReceiptOverdue {
    /// One alarm if packages are outstanding, or in a dispute that nobody settles.
    fn come_due(&self, tx: &mut Tx) -> Result<(), Stop> {
        let document: DocumentRecord = tx.must_load(&key::document(self.sender, &self.number))?;
        if document.shipment.as_ref().is_some_and(ShipmentRecord::is_open) {
            tx.raise_about(AlarmKind::OverdueReceipt, tx.principal, tx.due_about);
        }
        Ok(())
    }
}

/// A shipment that an operation names.
pub(super) struct Shipment {
    pub(super) sender: OrgNo,
    pub(super) number: DocumentNumber,
    /// Position of the bill.
    pub(super) position: Position,
    pub(super) record: ShipmentRecord,
    document: DocumentRecord,
}

impl Shipment {
    /// Finds one by sender and document number.
    pub(super) fn find(tx: &Tx, sender: &OrgId, number: &DocumentNumber) -> Result<Shipment, Stop> {
        let unknown = || Rejection::UnknownShipment { sender: sender.clone(), document: number.0.clone() };
        let organisation: Option<NumberRecord> = tx.load(&key::organisation_number(sender))?;
        let organisation = OrgNo(organisation.ok_or_else(unknown)?.number);
        let document: Option<DocumentRecord> = tx.load(&key::document(organisation, number))?;
        let mut document = document.ok_or_else(unknown)?;
        let record = document.shipment.take().ok_or_else(unknown)?;
        let (number, position) = (number.clone(), document.position);
        Ok(Shipment { sender: organisation, number, position, record, document })
    }

    /// Finds one of the principal's own.
    pub(super) fn own(tx: &Tx, number: &DocumentNumber) -> Result<Shipment, Stop> {
        Shipment::find(tx, &tx.organisation.id.clone(), number)
    }

    /// Writes the counts back; once nothing is open any more, nobody waits for it. At most two writes.
    pub(super) fn store(self, tx: &mut Tx) -> Result<(), Stop> {
        if let Some(at) = self.record.overdue_at().filter(|_| !self.record.is_open()) {
            let due = ReceiptOverdue { sender: self.sender, number: self.number.clone() };
            tx.clear_deadline(at, &Due::ReceiptOverdue(due))?;
        }
        let document = DocumentRecord { shipment: Some(self.record), ..self.document };
        tx.store(key::document(self.sender, &self.number), &document);
        Ok(())
    }

    /// Refuses whoever is not the designated receiver, with the recorded owner and both parties.
    pub(super) fn check_receiver(&self, tx: &mut Tx) -> Result<(), Stop> {
        if self.record.receiver == tx.principal {
            return Ok(());
        }
        let owner = tx.organisation_record(self.sender)?.id.clone();
        let expected = tx.organisation_record(self.record.receiver)?.id.clone();
        let (document, actual) = (self.number.0.clone(), tx.organisation.id.clone());
        Err(Rejection::NotDesignatedReceiver { document, owner, expected, actual }.into())
    }

    /// The code's way in this shipment, if it is on it: not refused, or refused as `disputed` says.
    pub(super) fn transit_of(&self, unit: &Move, disputed: bool) -> Result<Transit, Rejection> {
        let code = unit.standing.code;
        let document = || self.number.0.clone();
        let transit = unit.standing.transit().filter(|t| t.shipment == self.position);
        let transit = transit.ok_or_else(|| Rejection::NotInShipment { code, document: document() })?;
        let is_disputed = transit.receiver == self.record.sender;
        match (disputed, is_disputed) {
            (true, false) => Err(Rejection::NotDisputed { code, document: document() }),
            (false, true) => Err(Rejection::NotInShipment { code, document: document() }),
            _ => Ok(transit),
        }
    }

    /// [`Shipment::transit_of`] of a code that was shipped by itself and not refused.
    pub(super) fn outstanding(&self, unit: &Move) -> Result<Transit, Rejection> {
        self.by_itself(unit, false)
    }

    /// [`Shipment::transit_of`] of a code that was refused by itself: what is inside a refused package is settled with it.
    pub(super) fn refused(&self, unit: &Move) -> Result<Transit, Rejection> {
        self.by_itself(unit, true)
    }

    fn by_itself(&self, unit: &Move, disputed: bool) -> Result<Transit, Rejection> {
        let transit = self.transit_of(unit, disputed)?;
        if !unit.standing.ancestors.is_empty() {
            let (code, expected) = (unit.standing.code, unit.standing.root_code());
            return Err(Rejection::InsidePackage { code, expected });
        }
        Ok(transit)
    }
}

/// The organisation named `id`, which must be a member.
pub(super) fn member(tx: &Tx, id: &OrgId) -> Result<Option<OrgNo>, Stop> {
    let number: Option<NumberRecord> = tx.load(&key::organisation_number(id))?;
    Ok(number.map(|n| OrgNo(n.number)))
}

/// What suspends an organisation: a freeze by a regulator, or the lock of its licence.
pub(super) fn suspensions(organisation: &OrganisationRecord) -> Holds {
    Holds(organisation.holds.0 & Holds::SUSPENSIONS.0)
}

/// Refuses a party that is suspended: frozen by a regulator, or its licence locked (domain §9 rule 7).
pub(crate) fn check_active(organisation: &OrganisationRecord) -> Result<(), Rejection> {
    match suspensions(organisation) {
        Holds::NONE => Ok(()),
        actual => Err(Rejection::PartySuspended { organisation: organisation.id.clone(), actual: actual.to_string() }),
    }
}

/// One code more in a count.
pub(super) fn count_one(count: &mut u32) {
    *count = count.saturating_add(1);
}

/// Codes of a bill.
pub(super) fn codes_of(codes: &[UnitKey]) -> u32 {
    u32::try_from(codes.len()).unwrap_or(u32::MAX)
}
