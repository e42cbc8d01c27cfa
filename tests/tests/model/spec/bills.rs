//! The bill types of §3.1: who signs one, and which receipt answers which shipment.

use super::{Firm, State, Verdict, ensure};
use State::{Blocked, Consumed, Destroyed, Dispensed, InStock, InTransit, Lost, Sampled, Voided};
use bencao_genesis::Role::{self, *};

/// What carries a bill type.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Carrier {
    Release,
    Ship,
    Receive,
    MoveStock,
    Rework,
    Destroy,
    Sample,
    Loss,
    Dispense,
    ConsumerReturn,
    Instruct,
}

/// One bill type: number, carrier, signers, state of the goods afterwards, shipments that a receipt answers.
pub(crate) type Bill = (u16, Carrier, &'static [Role], State, &'static [u16]);

const MAKERS: &[Role] = &[MarketingHolder, Producer, DecoctionProducer, Hospital];
const TRADE: &[Role] = &[MarketingHolder, Producer, Wholesaler, Pharmacy, DecoctionProducer];
const SELLERS: &[Role] = &[MarketingHolder, Producer, Wholesaler, Grower, HerbTrader, DecoctionProducer];
const SUPPLIERS: &[Role] = &[MarketingHolder, Wholesaler, Hospital, DiseaseControl, DecoctionProducer];
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
const SUPPLIED: &[Role] = &[Hospital, VaccinationSite, DiseaseControl];
const RETURNED_TO: &[Role] =
    &[MarketingHolder, Producer, Wholesaler, Hospital, DiseaseControl, Grower, HerbTrader, DecoctionProducer];
const RECALLED_TO: &[Role] = &[MarketingHolder, Producer, Wholesaler, DecoctionProducer];
const CLINICAL: &[Role] = &[MarketingHolder, Producer, Hospital];
const CONSIGNORS: &[Role] = &[MarketingHolder, Wholesaler, DecoctionProducer];
const USERS: &[Role] = &[Pharmacy, Hospital, VaccinationSite];

/// §3.1, line by line. Hospitals and vaccine institutions have their own list there.
pub(crate) const BILLS: [Bill; 47] = [
    (101, Carrier::Release, MAKERS, InStock, &[]),
    (102, Carrier::Receive, BUYERS, InStock, &[201, 207]),
    (103, Carrier::Receive, RETURNED_TO, Blocked, &[202, 237]),
    (104, Carrier::Receive, TRADE, InStock, &[203]),
    (106, Carrier::Receive, TRADE, InStock, &[201, 203]),
    (107, Carrier::Receive, SUPPLIED, InStock, &[209]),
    (108, Carrier::Receive, RECALLED_TO, Blocked, &[211]),
    (109, Carrier::Receive, &[MarketingHolder, Producer, DecoctionProducer], InStock, &[203]),
    (110, Carrier::Receive, TRADE, InStock, &[212]),
    (111, Carrier::MoveStock, KEEPERS, Blocked, &[]),
    (112, Carrier::MoveStock, KEEPERS, Blocked, &[]),
    (113, Carrier::Receive, TRADE, InStock, &[217]),
    (114, Carrier::Receive, CLINICAL, InStock, &[201, 209]),
    (115, Carrier::Receive, CLINICAL, Blocked, &[218]),
    (116, Carrier::ConsumerReturn, &[Pharmacy, Hospital], Blocked, &[]),
    (117, Carrier::Receive, CLINICAL, InStock, &[201, 209]),
    (118, Carrier::MoveStock, KEEPERS, Blocked, &[]),
    (119, Carrier::Release, MAKERS, InStock, &[]),
    (120, Carrier::Instruct, CONSIGNORS, InStock, &[]),
    (201, Carrier::Ship, SELLERS, InTransit, &[]),
    (202, Carrier::Ship, BUYERS, InTransit, &[]),
    (203, Carrier::Ship, TRADE, InTransit, &[]),
    (204, Carrier::Rework, MAKERS, Voided, &[]),
    (205, Carrier::Destroy, KEEPERS, Destroyed, &[]),
    (206, Carrier::Sample, KEEPERS, Sampled, &[]),
    (207, Carrier::Ship, SELLERS, InTransit, &[]),
    (208, Carrier::MoveStock, MAKERS, Consumed, &[]),
    (209, Carrier::Ship, SUPPLIERS, InTransit, &[]),
    (211, Carrier::Ship, TRADE, InTransit, &[]),
    (212, Carrier::Ship, SELLERS, InTransit, &[]),
    (214, Carrier::Loss, KEEPERS, Lost, &[]),
    (215, Carrier::Loss, KEEPERS, Blocked, &[]),
    (216, Carrier::Destroy, KEEPERS, Destroyed, &[]),
    (217, Carrier::Ship, TRADE, InTransit, &[]),
    (218, Carrier::Ship, CLINICAL, InTransit, &[]),
    (219, Carrier::Destroy, CLINICAL, Destroyed, &[]),
    (220, Carrier::Loss, KEEPERS, Blocked, &[]),
    (221, Carrier::MoveStock, CLINICAL, Consumed, &[]),
    (222, Carrier::Instruct, CONSIGNORS, InStock, &[]),
    (223, Carrier::Instruct, CONSIGNORS, InStock, &[]),
    (237, Carrier::Ship, TRADE, InTransit, &[]),
    (320, Carrier::MoveStock, USERS, Consumed, &[]),
    (321, Carrier::Dispense, &[Pharmacy, Hospital], Dispensed, &[]),
    (322, Carrier::Dispense, &[VaccinationSite], Dispensed, &[]),
    (323, Carrier::Dispense, &[Hospital, VaccinationSite], Dispensed, &[]),
    (326, Carrier::Dispense, &[Pharmacy], Dispensed, &[]),
    (327, Carrier::Dispense, &[Hospital], Dispensed, &[]),
];

/// The bill type if the operation carries it, signed by somebody who may.
pub(crate) fn bill(code: u16, carrier: Carrier, signer: &Firm) -> Result<&'static Bill, super::Refusal> {
    let found = BILLS.iter().find(|b| b.0 == code && b.1 == carrier).ok_or("bill_type_not_allowed")?;
    ensure(signer.is_one_of(found.2), "role_not_allowed")?;
    Ok(found)
}

/// A receiver whose roles allow one of the receipts that answer a shipment.
pub(crate) fn may_receive(shipment: u16, receiver: &Firm) -> Verdict {
    let mut receipts = BILLS.iter().filter(|b| b.4.contains(&shipment));
    ensure(receipts.any(|b| receiver.is_one_of(b.2)), "role_not_allowed")
}

/// Goods that go back the way they came: recalled, expired and blocked ones too.
pub(crate) fn is_return(code: u16) -> bool {
    matches!(code, 202 | 211 | 218 | 237)
}
