//! Parameters of `custody`.

use crate::rejection::Rejection;
use bencao_genesis::{DrugClass, ProductId};
use bincode::{Decode, Encode};
use serde::{Deserialize, Serialize};

/// Temperatures of a class on the way, tenths of a degree Celsius, both inclusive.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ColdChain {
    /// Of which class a receipt needs the record.
    pub class: DrugClass,
    /// Lowest.
    pub lowest: i16,
    /// Highest.
    pub highest: i16,
}

/// Temperatures of one product, where they are not those of its class.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StorageRange {
    /// The product.
    pub product_id: ProductId,
    /// Lowest, tenths of a degree Celsius.
    pub lowest: i16,
    /// Highest, tenths of a degree Celsius.
    pub highest: i16,
}

/// Parameters of `custody`.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CustodyLaw {
    /// Whether a receipt needs the digest of the 随货同行单 (GSP 附录《药品经营企业计算机系统》, domain §5.4 G6; 《药品管理法》
    /// Art. 56, 70).
    pub delivery_note_required: bool,
    /// Classes whose receipt needs the temperature record of the transport: vaccines by 《疫苗管理法》 Art. 39; the range
    /// is that of most vaccines, others by [`CustodyLaw::storage_ranges`].
    pub cold_chain: Vec<ColdChain>,
    /// Products with another range than their class.
    pub storage_ranges: Vec<StorageRange>,
    /// Products of foreign approval that may come in for 临床急需: bought and used by an institution with the 批件 only,
    /// a licence `urgent_import` of their class (《药品管理法》 Art. 65).
    pub urgent_imports: Vec<ProductId>,
    /// 允许药品进口的口岸, as the papers of an import name them; any if it is empty (《药品管理法》 Art. 64).
    pub import_ports: Vec<String>,
    /// Days after which a shipment that is not wholly received or refused is an alarm: no unit leaves one stock without
    /// arriving in another (domain §8 row 34). 0 sets no deadline. The number is this ledger's own.
    pub receipt_days: u32,
    /// Classes that travel under a 运输证明 or 邮寄证明 (《麻醉药品和精神药品管理条例》, domain §5.4).
    pub transport_permit: Vec<DrugClass>,
    /// Whether a regional wholesaler of narcotics sells inside its own province only (《麻醉药品和精神药品管理条例》).
    pub regional_in_province: bool,
    /// Classes imported with a 进口准许证 (《药品管理法》 Art. 66).
    pub import_permit: Vec<DrugClass>,
    /// Classes exported with a 出口准许证 (《药品管理法》 Art. 66).
    pub export_permit: Vec<DrugClass>,
    /// Classes exported with the documents of 防疫体系 and 溯源管理 (domain §5.6, §8 row 26).
    pub export_documents: Vec<DrugClass>,
}

impl Default for CustodyLaw {
    fn default() -> CustodyLaw {
        use DrugClass::*;
        CustodyLaw {
            delivery_note_required: true,
            cold_chain: vec![ColdChain { class: Vaccine, lowest: 20, highest: 80 }],
            storage_ranges: Vec::new(),
            urgent_imports: Vec::new(),
            import_ports: Vec::new(),
            receipt_days: 30,
            transport_permit: vec![Narcotic, PsychotropicI],
            regional_in_province: true,
            import_permit: vec![Narcotic, PsychotropicI, PsychotropicII],
            export_permit: vec![Narcotic, PsychotropicI, PsychotropicII],
            export_documents: vec![DecoctionPiece, CrudeHerb],
        }
    }
}

impl CustodyLaw {
    /// Whether drugs come in by a port.
    ///
    /// # Errors
    /// [`Rejection::PortNotApproved`].
    pub(crate) fn check_port(&self, port: &str) -> Result<(), Rejection> {
        if self.import_ports.is_empty() || self.import_ports.iter().any(|p| p == port) {
            return Ok(());
        }
        Err(Rejection::PortNotApproved { port: port.to_owned() })
    }

    /// The range of the law that the temperature record of a product must keep; `None` if the law needs no record.
    pub fn temperature_range(&self, product: &ProductId, class: DrugClass) -> Option<(i16, i16)> {
        let own = self.storage_ranges.iter().find(|r| r.product_id == *product).map(|r| (r.lowest, r.highest));
        own.or_else(|| self.cold_chain.iter().find(|c| c.class == class).map(|c| (c.lowest, c.highest)))
    }
}
