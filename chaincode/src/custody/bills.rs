//! The bill types of domain §3.1 as data, line by line in the order of the document: who signs one, which operation
//! carries it, what it does to the goods, and which receipt answers which shipment. Whatever is not in the table, or not
//! for that role, is refused.

use crate::custody::Lifecycle;
use crate::registry::OrganisationRecord;
use crate::rejection::Rejection;
use bencao_genesis::Role;

/// The column *Custody effect on the uploader*.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Effect {
    /// Stock comes into being.
    Creates,
    /// + : custody comes with the receipt of a shipment.
    Receives,
    /// − → in transit to the receiver.
    Ships,
    /// A movement inside the house, or an end of stock without a receiver.
    Moves,
    /// The end at a person.
    Dispenses,
    /// – : an order to somebody; goods move by the bill that carries it out.
    Instructs,
}

/// One line of the document.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BillType {
    /// Number on the national platform.
    pub code: u16,
    /// Name there.
    pub zh: &'static str,
    /// What it does.
    pub effect: Effect,
    /// JSON name of the operation that carries it.
    pub operation: &'static str,
    /// Who may sign it: the role × bill-type allow-list.
    pub roles: &'static [Role],
    /// Where the goods are afterwards; `None` if the bill moves nothing.
    pub to: Option<Lifecycle>,
    /// For receipts: the shipments that they answer.
    pub answers: &'static [u16],
}

use Effect::*;
use Lifecycle::{Blocked, Consumed, Destroyed, Dispensed, InStock, InTransit, Lost, Sampled, Voided};
use Role::*;

/// Those who make.
const MAKERS: &[Role] = &[MarketingHolder, Producer, DecoctionProducer, Hospital];
/// Trade in drugs.
const TRADE: &[Role] = &[MarketingHolder, Producer, Wholesaler, Pharmacy, DecoctionProducer];
/// Those who sell on: the trade without shops, and for herbs those who grow and trade them (《药品管理法》 Art. 55, 60).
const SELLERS: &[Role] = &[MarketingHolder, Producer, Wholesaler, Grower, HerbTrader, DecoctionProducer];
/// Those who buy.
const BUYERS: &[Role] = &[
    MarketingHolder,
    Producer,
    Wholesaler,
    Pharmacy,
    Hospital,
    VaccinationSite,
    DiseaseControl,
    HerbTrader,
    DecoctionProducer,
];
/// Channel of hospitals and of disease control. Hospitals and vaccine institutions use 102, 103, 107, 202, 205, 206 and
/// 209 only, besides what ends at a person (domain §3.1).
const SUPPLIERS: &[Role] = &[MarketingHolder, Wholesaler, Hospital, DiseaseControl, DecoctionProducer];
const SUPPLIED: &[Role] = &[Hospital, VaccinationSite, DiseaseControl];
/// Those who label goods outside their line. Hospitals have a list of their own (domain §3.1), without it.
const LABELLERS: &[Role] = &[MarketingHolder, Producer, DecoctionProducer];
/// Those whose customers return goods.
const RETURNED_TO: &[Role] =
    &[MarketingHolder, Producer, Wholesaler, Hospital, DiseaseControl, Grower, HerbTrader, DecoctionProducer];
const RECALLED_TO: &[Role] = &[MarketingHolder, Producer, Wholesaler, DecoctionProducer];
const INSTITUTIONS: &[Role] = &[Hospital, VaccinationSite];
const CLINICAL: &[Role] = &[MarketingHolder, Producer, Hospital];
/// Anybody who may have stock.
const KEEPERS: &[Role] = &[
    MarketingHolder,
    Producer,
    Wholesaler,
    Pharmacy,
    Hospital,
    VaccinationSite,
    DiseaseControl,
    Grower,
    HerbTrader,
    DecoctionProducer,
];
/// Those who may entrust storage and transport to another (《药品管理法》 Art. 35).
const CONSIGNORS: &[Role] = &[MarketingHolder, Wholesaler, DecoctionProducer];

macro_rules! bills {
    ($($code:literal $zh:literal $effect:ident $operation:literal $roles:ident -> $to:expr, [$($answers:literal),*];)+) => {
        /// Domain §3.1, line by line.
        pub const BILL_TYPES: &[BillType] = &[
            $(BillType {
                code: $code, zh: $zh, effect: $effect, operation: $operation, roles: $roles, to: $to,
                answers: &[$($answers),*],
            },)+
        ];
    };
}

bills! {
    101 "生产入库" Creates "release" MAKERS -> Some(InStock), [];
    102 "采购入库" Receives "receive" BUYERS -> Some(InStock), [201, 207];
    103 "退货入库" Receives "receive" RETURNED_TO -> Some(Blocked), [202, 237];
    104 "调拨入库" Receives "receive" TRADE -> Some(InStock), [203];
    106 "零头入库" Receives "receive" TRADE -> Some(InStock), [201, 203];
    107 "供应入库" Receives "receive" SUPPLIED -> Some(InStock), [209];
    108 "召回入库" Receives "receive" RECALLED_TO -> Some(Blocked), [211];
    109 "打标入库" Receives "receive" LABELLERS -> Some(InStock), [203];
    110 "赠品入库" Receives "receive" TRADE -> Some(InStock), [212];
    111 "盘盈入库" Moves "move_stock" KEEPERS -> Some(Blocked), [];
    112 "报废入库" Moves "move_stock" KEEPERS -> Some(Blocked), [];
    113 "其他入库" Receives "receive" TRADE -> Some(InStock), [217];
    114 "临床-采购入库" Receives "receive" CLINICAL -> Some(InStock), [201, 209];
    115 "临床-退货入库" Receives "receive" CLINICAL -> Some(Blocked), [218];
    116 "消费者退货入库" Dispenses "consumer_return" SELLERS_TO_PERSONS -> Some(Blocked), [];
    117 "临床-替换入库" Receives "receive" CLINICAL -> Some(InStock), [201, 209];
    118 "报溢入库" Moves "move_stock" KEEPERS -> Some(Blocked), [];
    119 "新鲜制剂入库" Creates "release" MAKERS -> Some(InStock), [];
    120 "委托退货入库指令" Instructs "instruct" CONSIGNORS -> None, [];
    201 "销售出库" Ships "ship" SELLERS -> Some(InTransit), [];
    202 "退货出库" Ships "ship" BUYERS -> Some(InTransit), [];
    203 "调拨出库" Ships "ship" TRADE -> Some(InTransit), [];
    204 "返工出库" Moves "rework" MAKERS -> Some(Voided), [];
    205 "销毁出库" Moves "destroy" KEEPERS -> Some(Destroyed), [];
    206 "抽检出库" Moves "sample" KEEPERS -> Some(Sampled), [];
    207 "直调出库" Ships "ship" SELLERS -> Some(InTransit), [];
    208 "生产出库" Moves "move_stock" MAKERS -> Some(Consumed), [];
    209 "供应出库" Ships "ship" SUPPLIERS -> Some(InTransit), [];
    211 "召回出库" Ships "ship" TRADE -> Some(InTransit), [];
    212 "赠品出库" Ships "ship" SELLERS -> Some(InTransit), [];
    214 "盘亏出库" Moves "report_loss" KEEPERS -> Some(Lost), [];
    215 "损坏出库" Moves "report_loss" KEEPERS -> Some(Blocked), [];
    216 "报废出库" Moves "destroy" KEEPERS -> Some(Destroyed), [];
    217 "其他出库" Ships "ship" TRADE -> Some(InTransit), [];
    218 "临床-退货出库" Ships "ship" CLINICAL -> Some(InTransit), [];
    219 "临床-销毁出库" Moves "destroy" CLINICAL -> Some(Destroyed), [];
    220 "报损出库" Moves "report_loss" KEEPERS -> Some(Blocked), [];
    221 "冻存出库至清洗" Moves "move_stock" CLINICAL -> Some(Consumed), [];
    222 "委托调拨出库指令" Instructs "instruct" CONSIGNORS -> None, [];
    223 "委托销售出库指令" Instructs "instruct" CONSIGNORS -> None, [];
    237 "直调退货" Ships "ship" TRADE -> Some(InTransit), [];
    320 "内部使用" Moves "move_stock" USERS -> Some(Consumed), [];
    321 "零售出库" Dispenses "dispense" SELLERS_TO_PERSONS -> Some(Dispensed), [];
    322 "疫苗接种" Dispenses "dispense" VACCINATORS -> Some(Dispensed), [];
    323 "使用出库" Dispenses "dispense" INSTITUTIONS -> Some(Dispensed), [];
    326 "B2C出库" Dispenses "dispense" SHOPS -> Some(Dispensed), [];
    327 "临床-领药出库" Dispenses "dispense" HOSPITALS -> Some(Dispensed), [];
}

const SELLERS_TO_PERSONS: &[Role] = &[Pharmacy, Hospital];
const VACCINATORS: &[Role] = &[VaccinationSite];
const SHOPS: &[Role] = &[Pharmacy];
const HOSPITALS: &[Role] = &[Hospital];
const USERS: &[Role] = &[Pharmacy, Hospital, VaccinationSite];

impl BillType {
    /// The line of a number.
    pub fn find(code: u16) -> Option<&'static BillType> {
        BILL_TYPES.iter().find(|b| b.code == code)
    }

    /// Whether the goods come back the way they went: from the original sale only, and never into saleable stock.
    pub fn is_return(&self) -> bool {
        matches!(self.code, 103 | 108 | 115 | 202 | 211 | 218 | 237)
    }

    /// The line of `code` if `operation` carries it.
    ///
    /// # Errors
    /// [`Rejection::BillTypeNotAllowed`].
    pub(crate) fn carried_by(operation: &'static str, code: u16) -> Result<&'static BillType, Rejection> {
        let found = BillType::find(code).filter(|b| b.operation == operation);
        found.ok_or(Rejection::BillTypeNotAllowed { expected: allowed_text(operation), actual: code })
    }

    /// Refuses a receiver whose roles allow none of the receipts that answer this shipment.
    ///
    /// # Errors
    /// [`Rejection::RoleNotAllowed`], with the roles of the first receipt of the table.
    pub(crate) fn check_receiver(&self, organisation: &OrganisationRecord) -> Result<(), Rejection> {
        let mut first = None;
        for receipt in BILL_TYPES.iter().filter(|b| b.answers.contains(&self.code)) {
            match receipt.check_role(organisation) {
                Ok(()) => return Ok(()),
                Err(refusal) => first = first.or(Some(refusal)),
            }
        }
        first.map_or(Ok(()), Err)
    }

    /// Refuses a signer without any of the roles.
    ///
    /// # Errors
    /// [`Rejection::RoleNotAllowed`].
    pub(crate) fn check_role(&self, organisation: &OrganisationRecord) -> Result<(), Rejection> {
        if self.roles.iter().any(|r| organisation.has_role(*r)) {
            return Ok(());
        }
        let expected = roles_text(self.roles);
        Err(Rejection::RoleNotAllowed { organisation: organisation.id.clone(), expected, bill_type: self.code })
    }
}

/// What an operation takes, for its refusal.
fn allowed_text(operation: &str) -> &'static str {
    match operation {
        "ship" => "201, 202, 203, 207, 209, 211, 212, 217, 218, 237",
        "receive" => "102, 103, 104, 106, 107, 108, 109, 110, 113, 114, 115, 117",
        "move_stock" => "111, 112, 118, 208, 221, 320",
        "dispense" => "321, 322, 323, 326, 327",
        "release" => "101, 119",
        "destroy" => "205, 216, 219",
        "report_loss" => "214, 215, 220",
        _ => "120, 207, 209, 222, 223",
    }
}

/// Names of roles, for refusals: a list of its own for each group of the table.
fn roles_text(roles: &[Role]) -> &'static str {
    let groups: [(&[Role], &str); 16] = [
        (MAKERS, "marketing_holder, producer, decoction_producer, hospital"),
        (LABELLERS, "marketing_holder, producer, decoction_producer"),
        (TRADE, "marketing_holder, producer, wholesaler, pharmacy, decoction_producer"),
        (SELLERS, "marketing_holder, producer, wholesaler, grower, herb_trader, decoction_producer"),
        (
            BUYERS,
            "marketing_holder, producer, wholesaler, pharmacy, hospital, vaccination_site, disease_control, herb_trader, decoction_producer",
        ),
        (SUPPLIERS, "marketing_holder, wholesaler, hospital, disease_control, decoction_producer"),
        (SUPPLIED, "hospital, vaccination_site, disease_control"),
        (
            RETURNED_TO,
            "marketing_holder, producer, wholesaler, hospital, disease_control, grower, herb_trader, decoction_producer",
        ),
        (RECALLED_TO, "marketing_holder, producer, wholesaler, decoction_producer"),
        (INSTITUTIONS, "hospital, vaccination_site"),
        (CLINICAL, "marketing_holder, producer, hospital"),
        (CONSIGNORS, "marketing_holder, wholesaler, decoction_producer"),
        (SELLERS_TO_PERSONS, "pharmacy, hospital"),
        (VACCINATORS, "vaccination_site"),
        (SHOPS, "pharmacy"),
        (HOSPITALS, "hospital"),
    ];
    let found = groups.iter().find(|(group, _)| *group == roles);
    found.map_or("pharmacy, hospital, vaccination_site, or another keeper of drugs", |(_, text)| text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transaction::Operation;

    #[test]
    fn the_table_holds_the_document_once_and_its_links_lead_somewhere() {
        assert_eq!(BILL_TYPES.len(), 47);
        assert!(BILL_TYPES.is_sorted_by(|a, b| a.code < b.code));
        for bill in BILL_TYPES {
            assert!(
                bill.answers.iter().all(|a| BillType::find(*a).is_some_and(|b| b.effect == Ships)),
                "{}",
                bill.code
            );
            assert_eq!(bill.effect == Receives, !bill.answers.is_empty(), "{}", bill.code);
            assert!(!bill.roles.is_empty());
            assert!(!bill.to.is_some_and(Lifecycle::is_terminal) || !matches!(bill.effect, Ships | Receives));
            // A receipt of returned goods, and only one, is blocked until it has been inspected (domain §3.10 T5).
            if bill.effect == Receives {
                assert_eq!(bill.is_return(), bill.to == Some(Blocked), "{}", bill.code);
            }
        }
        // Every shipment has a receipt.
        for ship in BILL_TYPES.iter().filter(|b| b.effect == Ships) {
            assert!(BILL_TYPES.iter().any(|b| b.answers.contains(&ship.code)), "{}", ship.code);
        }
    }

    #[test]
    fn refusals_name_what_the_table_allows() {
        for operation in ["release", "ship", "receive", "move_stock", "dispense", "destroy", "report_loss"] {
            let codes: Vec<String> =
                BILL_TYPES.iter().filter(|b| b.operation == operation).map(|b| b.code.to_string()).collect();
            assert_eq!(codes.join(", "), allowed_text(operation));
            assert!(Operation::TAGS.iter().any(|(_, name)| *name == operation));
        }
    }

    #[test]
    fn hospitals_and_vaccine_institutions_have_the_list_of_the_document() {
        let signed = |role: Role| -> Vec<u16> {
            let trade = |b: &&BillType| matches!(b.effect, Ships | Receives);
            BILL_TYPES.iter().filter(trade).filter(|b| b.roles.contains(&role)).map(|b| b.code).collect()
        };
        let without_clinical =
            |codes: Vec<u16>| -> Vec<u16> { codes.into_iter().filter(|c| ![114, 115, 117, 218].contains(c)).collect() };
        assert_eq!(without_clinical(signed(Hospital)), [102, 103, 107, 202, 209]);
        assert_eq!(without_clinical(signed(VaccinationSite)), [102, 107, 202]);
        assert_eq!(without_clinical(signed(DiseaseControl)), [102, 103, 107, 202, 209]);
    }
}
