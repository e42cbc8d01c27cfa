//! Documents, children of a package, members and products.

use super::unit::product_view;
use super::views::{BillView, ChildView, ProductView, ShipmentView};
use super::{QueryError, party};
use crate::codes::UnitKey;
use crate::custody::{BillType, ShipmentRecord, UnitRecord};
use crate::execute::DocumentRecord;
use crate::registry::{NumberRecord, ProductRecord};
use crate::state::{OrgNo, ProductNo, StateView, ViewError, key, load};
use crate::transaction::{DocumentNumber, Operation};
use bencao_genesis::{OrgId, ProductId};

/// An applied document by organisation and number.
///
/// # Errors
/// [`QueryError`].
pub fn bill(view: &dyn StateView, principal: &OrgId, number: &DocumentNumber) -> Result<Option<BillView>, QueryError> {
    let organisation: Option<NumberRecord> = load(view, &key::organisation_number(principal))?;
    let Some(organisation) = organisation else { return Ok(None) };
    let record: Option<DocumentRecord> = load(view, &key::document(OrgNo(organisation.number), number))?;
    let Some(record) = record else { return Ok(None) };
    let operation = Operation::TAGS.iter().find(|(tag, _)| *tag == record.operation).map(|(_, name)| *name);
    let shipment = record.shipment.map(|s| shipment_view(view, &s)).transpose()?;
    Ok(Some(BillView {
        transaction_id: record.transaction,
        principal: principal.clone(),
        document_no: number.0.clone(),
        height: record.position.height,
        index: record.position.index,
        operation: operation.unwrap_or("unknown"),
        codes: record.codes,
        agent: record.agent.map(|agent| party(view, agent)).transpose()?,
        key_id: record.key,
        shipment,
    }))
}

fn shipment_view(view: &dyn StateView, record: &ShipmentRecord) -> Result<ShipmentView, QueryError> {
    Ok(ShipmentView {
        bill_type: record.bill_type,
        bill_type_zh: BillType::find(record.bill_type).map_or("", |b| b.zh),
        shipped_at: record.at,
        receiver: party(view, record.receiver)?,
        through: record.through.map(|n| party(view, n)).transpose()?,
        consignor: record.consignor.map(|n| party(view, n)).transpose()?,
        shipped: record.shipped,
        received: record.received,
        disputed: record.disputed,
        taken_back: record.taken_back,
        lost: record.lost,
        cancelled: record.cancelled,
        outstanding: record.outstanding(),
    })
}

/// Those of `candidates` that are inside `parent` now. The candidates come from an index of join and leave events,
/// which need not be trusted: each record is asked.
///
/// # Errors
/// [`QueryError`].
pub fn children(view: &dyn StateView, parent: &UnitKey, candidates: &[UnitKey]) -> Result<Vec<ChildView>, QueryError> {
    let package: Option<UnitRecord> = load(view, &key::unit(parent))?;
    let Some(instance) = package.and_then(|p| p.content).map(|c| c.instance) else { return Ok(Vec::new()) };
    let mut inside = Vec::new();
    for code in candidates {
        let record: Option<UnitRecord> = load(view, &key::unit(code))?;
        let Some(record) = record else { continue };
        if record.parent.is_some_and(|m| m.parent == *parent && m.instance == instance) {
            inside.push(ChildView { code: *code, level: record.level });
        }
    }
    Ok(inside)
}

/// Holder and producer of a product by name.
///
/// # Errors
/// [`QueryError`].
pub fn makers(view: &dyn StateView, id: &ProductId) -> Result<Option<(OrgId, OrgId)>, QueryError> {
    let number: Option<NumberRecord> = load(view, &key::product_number(id))?;
    let Some(number) = number else { return Ok(None) };
    let record: ProductRecord = load(view, &key::product(ProductNo(number.number)))?.ok_or(ViewError::Damaged)?;
    Ok(Some((party(view, record.holder)?.id, party(view, record.producer)?.id)))
}

/// A product by name, shown at its lowest level.
///
/// # Errors
/// [`QueryError`].
pub fn product(view: &dyn StateView, id: &ProductId) -> Result<Option<ProductView>, QueryError> {
    let number: Option<NumberRecord> = load(view, &key::product_number(id))?;
    let Some(number) = number else { return Ok(None) };
    let record: ProductRecord = load(view, &key::product(ProductNo(number.number)))?.ok_or(ViewError::Damaged)?;
    Ok(Some(product_view(&record, 1)))
}
