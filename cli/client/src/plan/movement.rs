//! One movement document to its operations (domain §3.1, §3.2, §3.4, §3.7). Every mistake is noted and the rest is judged
//! all the same; what was there and could not be read is not reported as missing besides.

use super::Movements;
use crate::bill::Planned;
use crate::documents::{BillTime, Column, Expected, Movement, Place, Problem, shortened};
use bencao_chaincode::UnitKey;
use bencao_chaincode::codes::parse;
use bencao_chaincode::custody::BillType;
use bencao_chaincode::transaction::{
    ConsumerReturn, Destroy, Dispense, DispensePart, DocumentNumber, Evidence, ImportPapers, Instruct, MoveStock,
    Operation, OrderRef, Part, Patient, Prescription, Receive, RefusalReason, Refuse, ReportLoss, Ship, ShipTerms,
    Temperature,
};
use bencao_crypto::Digest;
use bencao_genesis::TimestampMs;
use std::collections::BTreeMap;

/// 疫苗接种
const VACCINATION: u16 = 322;
/// B2C出库
const ONLINE: u16 = 326;

pub(super) struct MovementPlan<'a> {
    pub(super) movements: &'a Movements<'a>,
    pub(super) place: &'a Place,
    pub(super) movement: &'a Movement,
}

/// A code of the document, and what part of it.
struct Named {
    code: UnitKey,
    quantity: Option<u64>,
}

impl MovementPlan<'_> {
    /// Appends the bills of the document, unless something is wrong with it.
    pub(super) fn bills(&self, bills: &mut Vec<Planned>) {
        let movement = self.movement;
        if let Some(owner) = movement.ref_user_id.as_ref().filter(|o| *o != self.movements.principal) {
            self.wrong(Column::RefUserId, Expected::Principal, owner.as_str());
        }
        let named = self.codes();
        let split = named.len() > self.movements.codes_max;
        for (i, part) in named.chunks(self.movements.codes_max.max(1)).enumerate() {
            let suffix = if split { format!("_{}", i + 1) } else { String::new() };
            let document_no = format!("{}{suffix}", movement.bill_code);
            if !movement.damaged.contains(&Column::BillCode) && !DocumentNumber(document_no.clone()).is_well_formed() {
                self.wrong(Column::BillCode, Expected::DocumentNumber, &document_no);
            }
            // The first part says all that is wrong with the document.
            match self.operation(&document_no, part) {
                Some(operation) => bills.push(Planned { document_no, operation }),
                None => return,
            }
        }
        if named.is_empty() {
            self.operation(&movement.bill_code, &[]);
        }
    }

    fn note(&self, column: Column, problem: Problem) {
        let line = self.movement.lines.get(&column).copied().unwrap_or(self.movement.line);
        self.place.note(self.place.field(line, column.name(), problem));
    }

    fn wrong(&self, column: Column, expected: Expected, actual: &str) {
        self.note(column, Problem::Value { expected, actual: shortened(actual) });
    }

    /// A field that this kind of document needs.
    fn needed<T>(&self, column: Column, value: Option<T>) -> Option<T> {
        if value.is_none() && !self.movement.damaged.contains(&column) {
            self.note(column, Problem::Missing);
        }
        value
    }

    /// Codes that can be read, each once, of the declared kind of drug.
    fn codes(&self) -> Vec<Named> {
        let mut lines: BTreeMap<UnitKey, u64> = BTreeMap::new();
        let mut named = Vec::with_capacity(self.movement.trace_codes.len());
        for written in &self.movement.trace_codes {
            let note = |problem| self.place.note(self.place.field(written.line, Column::TraceCode.name(), problem));
            let code = match parse(&written.code) {
                Ok(parsed) => parsed.key,
                Err(error) => {
                    note(Problem::NotACode { error, actual: shortened(&written.code) });
                    continue;
                }
            };
            if lines.insert(code, written.line).is_some() {
                note(Problem::Repeated(shortened(&written.code)));
                continue;
            }
            let is_20_digits = matches!(code, UnitKey::T20(_));
            if let Some(special) = self.movement.physic_type.filter(|s| is_20_digits && *s != code.says_special()) {
                let actual = if special { "2" } else { "3" };
                let problem = Problem::Value { expected: Expected::PhysicTypeOfCode, actual: actual.into() };
                self.place.note(self.place.field(written.line, Column::PhysicType.name(), problem));
            }
            named.push(Named { code, quantity: written.quantity });
        }
        let count = self.movement.trace_codes.len() as u64;
        if let Some(receivable) = self.movement.qu_receivable.filter(|r| *r < count) {
            self.wrong(Column::QuReceivable, Expected::CodeCount, &receivable.to_string());
        }
        named
    }

    fn operation(&self, document_no: &str, named: &[Named]) -> Option<Operation> {
        let bill = BillType::find(self.movement.bill_type);
        if self.movement.damaged.contains(&Column::BillType) {
            return None;
        }
        match bill.map(|b| b.operation) {
            Some("ship") => self.ship(document_no, codes(named)),
            Some("receive") if self.movement.xt_is_check == Some(false) => self.refuse(document_no, codes(named)),
            Some("receive") => self.receive(document_no, codes(named)),
            Some("move_stock") => self.move_stock(document_no, codes(named)),
            Some("dispense") => self.dispense(named),
            Some("consumer_return") => self.consumer_return(document_no, codes(named)),
            Some("instruct") => self.instruct(codes(named)),
            Some("destroy") => self.destroy(document_no, codes(named)),
            Some("report_loss") => self.report_loss(codes(named)),
            _ => {
                self.wrong(Column::BillType, Expected::MovementType, &self.movement.bill_type.to_string());
                None
            }
        }
    }

    fn ship(&self, document_no: &str, codes: Vec<UnitKey>) -> Option<Operation> {
        let movement = self.movement;
        let bill_type = movement.bill_type;
        let receiver = self.needed(Column::ToUserId, movement.to_user_id.clone());
        let mut whole = true;
        let mut for_types = |types: &[u16], column, present: bool| {
            if types.contains(&bill_type) && !present {
                whole &= self.needed(column, None::<()>).is_some();
            }
        };
        for_types(&[202, 218, 237], Column::ReturnReasonCode, movement.return_reason_code.is_some());
        for_types(&[207, 237], Column::DestUserId, movement.dest_user_id.is_some());
        if movement.postal_flag == Some(true) {
            for_types(&[bill_type], Column::PermitNo, movement.permit_no.is_some());
        }
        let order = self.order();
        let terms = ShipTerms {
            through: movement.dest_user_id.clone().filter(|_| matches!(bill_type, 207 | 237)),
            reason: movement.return_reason_code.filter(|_| matches!(bill_type, 202 | 218 | 237)),
            order: order?,
            carrier: movement.dis_ent_id.clone(),
            permit: movement.permit_no.clone().unwrap_or_default(),
            postal: movement.postal_flag == Some(true),
        };
        Some(Operation::Ship(Ship {
            bill_type,
            receiver: receiver.filter(|_| whole)?,
            bill_time: movement.bill_time.map(instant),
            details: self.details(document_no),
            terms: Some(terms).filter(|t| *t != ShipTerms::default()),
            codes,
        }))
    }

    /// The order of a consignor, or for 207 of the firm in between, named by its number. `None` if it is named by half.
    fn order(&self) -> Option<Option<OrderRef>> {
        let through = self.movement.dest_user_id.clone().filter(|_| self.movement.bill_type == 207);
        let Some(by) = self.movement.ass_ent_id.clone().or(through) else { return Some(None) };
        let number = self.needed(Column::OrderCode, self.movement.order_code.clone())?;
        Some(Some(OrderRef { by, number: DocumentNumber(number) }))
    }

    fn shipment_no(&self) -> Option<DocumentNumber> {
        self.needed(Column::FromBillCode, self.movement.from_bill_code.clone()).map(DocumentNumber)
    }

    fn receive(&self, document_no: &str, codes: Vec<UnitKey>) -> Option<Operation> {
        let movement = self.movement;
        let (sender, shipment_no) =
            (self.needed(Column::FromUserId, movement.from_user_id.clone()), self.shipment_no());
        let (temperature, import, order) = (self.temperature(), self.import(), self.order());
        let (sender, shipment_no) = (sender?, shipment_no?);
        let evidence = Evidence {
            delivery_note: Some(movement.delivery_note.unwrap_or_else(|| self.delivery_note(&shipment_no))),
            inspector: None,
            temperature: temperature?,
            import: import?,
        };
        Some(Operation::Receive(Receive {
            bill_type: movement.bill_type,
            sender,
            shipment_no,
            verified: true,
            bill_time: movement.bill_time.map(instant),
            details: self.details(document_no),
            evidence: Some(evidence),
            order: order?,
            codes,
        }))
    }

    /// The 随货同行单 as it is identified, if the file does not give its digest: a commitment that can be opened with the
    /// note in hand.
    fn delivery_note(&self, shipment_no: &DocumentNumber) -> Digest {
        let sender = self.movement.from_user_id.as_ref().map_or("", |id| id.as_str());
        self.movements.commitments.commit("delivery-note", &[sender, &shipment_no.0])
    }

    fn temperature(&self) -> Option<Option<Temperature>> {
        let movement = self.movement;
        let parts = (movement.temperature_record, movement.temperature_min, movement.temperature_max);
        let none = matches!(parts, (None, None, None));
        let columns = [Column::TemperatureRecord, Column::TemperatureMin, Column::TemperatureMax];
        if none && !columns.iter().any(|c| movement.damaged.contains(c)) {
            return Some(None);
        }
        let record = self.needed(Column::TemperatureRecord, parts.0);
        let lowest = self.needed(Column::TemperatureMin, parts.1);
        let highest = self.needed(Column::TemperatureMax, parts.2);
        Some(Some(Temperature { record: record?, lowest: lowest?, highest: highest? }))
    }

    fn import(&self) -> Option<Option<ImportPapers>> {
        let movement = self.movement;
        if movement.declaration_no.is_none() && movement.clearance_no.is_none() && movement.port.is_none() {
            return Some(None);
        }
        let declaration = self.needed(Column::DeclarationNo, movement.declaration_no.clone());
        let clearance = self.needed(Column::ClearanceNo, movement.clearance_no.clone());
        let port = self.needed(Column::Port, movement.port.clone());
        let permit = movement.permit_no.clone().unwrap_or_default();
        let inspection_report = movement.inspection_report;
        let (declaration, clearance, port) = (declaration?, clearance?, port?);
        Some(Some(ImportPapers { declaration, clearance, port, permit, inspection_report }))
    }

    /// xt_is_check = 0: the goods failed the check, and their sender is told why. A reason that the ledger knows by name is
    /// said as that: goods that came too warm or broken are not sold again.
    fn refuse(&self, document_no: &str, codes: Vec<UnitKey>) -> Option<Operation> {
        let movement = self.movement;
        let (sender, shipment_no) =
            (self.needed(Column::FromUserId, movement.from_user_id.clone()), self.shipment_no());
        let note = movement.xt_check_code_desc.clone().or_else(|| movement.xt_check_code.clone());
        let note = self.needed(Column::XtCheckCodeDesc, note);
        let named = |reason: &&RefusalReason| movement.xt_check_code.as_deref() == Some(reason.name_zh());
        let reason = RefusalReason::ALL.iter().find(named).copied().unwrap_or(RefusalReason::CheckFailed);
        Some(Operation::Refuse(Refuse {
            sender: sender?,
            shipment_no: shipment_no?,
            reason,
            note: note?,
            details: self.details(document_no),
            codes,
        }))
    }

    fn move_stock(&self, document_no: &str, codes: Vec<UnitKey>) -> Option<Operation> {
        let bill_type = self.movement.bill_type;
        let name = BillType::find(bill_type).map_or("", |b| b.zh);
        let reason = self.movement.remark.clone().unwrap_or_else(|| name.to_owned());
        let details = self.details(document_no);
        if self.movement.damaged.contains(&Column::Remark) {
            return None;
        }
        Some(Operation::MoveStock(MoveStock { bill_type, reason, details, codes }))
    }

    fn consumer_return(&self, document_no: &str, codes: Vec<UnitKey>) -> Option<Operation> {
        let reason = self.needed(Column::Remark, self.movement.remark.clone())?;
        Some(Operation::ConsumerReturn(ConsumerReturn { reason, details: self.details(document_no), codes }))
    }

    /// Two persons, by their papers; nobody is named on the ledger (domain §3.2).
    fn destroy(&self, document_no: &str, codes: Vec<UnitKey>) -> Option<Operation> {
        let movement = self.movement;
        let reason = self.needed(Column::CancelReasonCode, movement.cancel_reason_code);
        let names = [
            self.needed(Column::ExecuterName, movement.executer_name.as_deref()),
            self.needed(Column::SuperviserName, movement.superviser_name.as_deref()),
        ];
        let [executer, superviser] = [
            self.needed(Column::ExecuterCode, movement.executer_code.as_deref()),
            self.needed(Column::SuperviserCode, movement.superviser_code.as_deref()),
        ]
        .map(|papers| papers.map(str::to_ascii_uppercase));
        if executer.is_some() && executer == superviser {
            self.note(Column::SuperviserCode, Problem::Repeated(Column::ExecuterCode.name().into()));
            return None;
        }
        let ([executer_name, superviser_name], remark) = (names, movement.remark.as_deref().unwrap_or(""));
        let evidence = [document_no, executer_name?, superviser_name?, remark];
        Some(Operation::Destroy(Destroy {
            bill_type: movement.bill_type,
            reason: reason?,
            executor: self.person(&[&executer?]),
            supervisor: self.person(&[&superviser?]),
            evidence: Some(self.movements.commitments.commit("destruction", &evidence)),
            codes,
        }))
    }

    fn report_loss(&self, codes: Vec<UnitKey>) -> Option<Operation> {
        let reason = self.needed(Column::Remark, self.movement.remark.clone())?;
        Some(Operation::ReportLoss(ReportLoss { bill_type: self.movement.bill_type, reason, codes }))
    }

    fn instruct(&self, codes: Vec<UnitKey>) -> Option<Operation> {
        let movement = self.movement;
        let executor = self.needed(Column::DisEntId, movement.dis_ent_id.clone());
        let partner = match movement.bill_type {
            120 => self.needed(Column::FromUserId, movement.from_user_id.clone()),
            _ => self.needed(Column::ToUserId, movement.to_user_id.clone()),
        };
        let valid_to = self.needed(Column::ValidTo, movement.valid_to);
        Some(Operation::Instruct(Instruct {
            bill_type: movement.bill_type,
            executor: executor?,
            partner: partner?,
            valid_to: valid_to?,
            product_id: None,
            codes,
        }))
    }

    fn dispense(&self, named: &[Named]) -> Option<Operation> {
        let movement = self.movement;
        let bill_type = movement.bill_type;
        let platform = movement.platform_id.clone();
        if (movement.network_bill_flag == Some(true) || platform.is_some()) && bill_type != ONLINE {
            self.wrong(Column::BillType, Expected::Online, &bill_type.to_string());
        }
        let customer = movement.customer_id.as_deref().map(|id| self.person(&[self.id_type(), id]));
        let vaccinator = movement.vaccinator.as_deref().map(|name| self.person(&["vaccinator", name]));
        let (customer, vaccinator) = match bill_type {
            VACCINATION => {
                let customer = self.needed(Column::CustomerId, customer);
                let vaccinator = self.needed(Column::Vaccinator, vaccinator);
                (Some(customer?), Some(vaccinator?))
            }
            _ => (customer, None),
        };
        let (bill_time, prescription) = (movement.bill_time.map(instant), self.prescription());
        let parts = named.iter().filter_map(|n| n.quantity.map(|quantity| Part { code: n.code, quantity }));
        let parts: Vec<Part> = parts.collect();
        if parts.is_empty() {
            let codes = codes(named);
            return Some(Operation::Dispense(Dispense {
                bill_type,
                bill_time,
                prescription,
                customer,
                vaccinator,
                platform,
                codes,
            }));
        }
        if parts.len() != named.len() {
            // One bill is of whole packages or of parts: its number stands for one operation.
            self.note(Column::TrdnFlag, Problem::Differs { first: "1".into(), actual: "0".into() });
            return None;
        }
        Some(Operation::DispensePart(DispensePart {
            bill_type,
            bill_time,
            prescription,
            customer,
            vaccinator,
            platform,
            parts,
        }))
    }

    fn id_type(&self) -> &str {
        self.movement.customer_id_type.as_deref().unwrap_or("")
    }

    /// A keyed digest of a person; the number itself never leaves the house.
    fn person(&self, parts: &[&str]) -> Digest {
        self.movements.commitments.commit("person", parts)
    }

    fn prescription(&self) -> Option<Prescription> {
        let movement = self.movement;
        let number = movement.rxno.as_deref()?;
        Some(Prescription {
            number: self.movements.commitments.commit("prescription", &[number]),
            reviewer: movement.medic_dispenser.as_deref().map(|name| self.person(&["pharmacist", name])),
            patient: movement.patient_type.unwrap_or(Patient::Ordinary),
            days: movement.medic_days,
            quantity: movement.rx_quantity,
            minor: movement.minor_flag.unwrap_or(false),
        })
    }

    /// A commitment to what stays off the ledger; `None` if the document says nothing of the kind. The document number is
    /// part of it, so that equal addresses of two bills do not show as equal.
    fn details(&self, document_no: &str) -> Option<Digest> {
        let movement = self.movement;
        let carrier = movement.dis_ent_id.as_ref().map(|id| id.as_str());
        let texts = [
            movement.order_code.as_deref(),
            carrier,
            movement.from_address.as_deref(),
            movement.to_address.as_deref(),
            movement.from_person.as_deref(),
            movement.to_person.as_deref(),
        ];
        if texts.iter().all(Option::is_none) {
            return None;
        }
        let mut parts = vec![document_no];
        parts.extend(texts.map(Option::unwrap_or_default));
        Some(self.movements.commitments.commit("details", &parts))
    }
}

fn codes(named: &[Named]) -> Vec<UnitKey> {
    named.iter().map(|n| n.code).collect()
}

/// A time in UTC+8; a date without time is its first instant.
fn instant(time: BillTime) -> TimestampMs {
    let (hour, minute, second) = time.time.unwrap_or_default();
    let seconds = u64::from(hour) * 3_600 + u64::from(minute) * 60 + u64::from(second);
    let local_ms = (u64::from(time.date.days()) * 86_400 + seconds) * 1_000;
    TimestampMs(local_ms.saturating_sub(8 * 3_600_000))
}
