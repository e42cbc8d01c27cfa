//! Who does what: domain §4.2's table of sub-systems and operations, with the roles of this chain.

use super::state::LotAction;
use crate::rejection::Rejection;
use crate::state::Tx;
use bencao_genesis::{RegionCode, Role};

/// Sub-system 1 产地: growers, co-operatives, and firms with bases of their own.
pub(super) const GROWERS: &[Role] = &[Role::Grower, Role::DecoctionProducer, Role::MarketingHolder, Role::Producer];
/// Sub-systems 1, 2 and 4: who treats and mixes crude herb.
const HANDLERS: &[Role] =
    &[Role::Grower, Role::HerbTrader, Role::DecoctionProducer, Role::MarketingHolder, Role::Producer];
/// Sub-systems 2 to 6: who may have crude herb.
const HERB_BUYERS: &[Role] = &[
    Role::Grower,
    Role::HerbTrader,
    Role::MarketOperator,
    Role::DecoctionProducer,
    Role::MarketingHolder,
    Role::Producer,
    Role::Hospital,
];
/// Sub-system 4 饮片生产, and hospitals for their own use (《中医药法》 Art. 28).
const PIECE_MAKERS: &[Role] = &[Role::DecoctionProducer, Role::Hospital];
/// Sub-systems 5 and 6: who dispenses 饮片.
const DISPENSERS: &[Role] = &[Role::Hospital, Role::Pharmacy];
/// Sub-system 7 监管.
pub(super) const REGULATORS: &[Role] = &[
    Role::DrugRegulator,
    Role::MarketRegulator,
    Role::AgricultureAuthority,
    Role::HealthAuthority,
    Role::CommerceAuthority,
    Role::Customs,
];

/// Roles of an action, and how a refusal names them. What is not listed asks for ownership alone.
const ROLES: &[(LotAction, &[Role], &str)] = &[
    (LotAction::RecordSeed, GROWERS, "grower, decoction_producer, marketing_holder, producer"),
    (LotAction::Plant, GROWERS, "grower, decoction_producer, marketing_holder, producer"),
    (LotAction::FieldWork, GROWERS, "grower, decoction_producer, marketing_holder, producer"),
    (LotAction::Harvest, GROWERS, "grower, decoction_producer, marketing_holder, producer"),
    (LotAction::ProcessAtOrigin, HANDLERS, "grower, herb_trader, decoction_producer, marketing_holder, producer"),
    (LotAction::Blend, HANDLERS, "grower, herb_trader, decoction_producer, marketing_holder, producer"),
    (LotAction::SellUntraced, HANDLERS, "grower, herb_trader, decoction_producer, marketing_holder, producer"),
    (LotAction::Process, PIECE_MAKERS, "decoction_producer, hospital"),
    (LotAction::Dispense, DISPENSERS, "hospital, pharmacy"),
    (LotAction::Sample, REGULATORS, "a regulator"),
    (
        LotAction::Ship,
        HERB_BUYERS,
        "grower, herb_trader, market_operator, decoction_producer, marketing_holder, producer, hospital",
    ),
];

/// Whether the principal's roles allow the action.
pub(super) fn require_role(tx: &Tx, action: LotAction) -> Result<(), Rejection> {
    match ROLES.iter().find(|(listed, _, _)| *listed == action) {
        Some((_, roles, expected)) => require_one_of(tx, roles, expected),
        None => Ok(()),
    }
}

/// Whether `organisation` may have crude herb.
pub(super) fn may_hold_herb(organisation: &crate::registry::OrganisationRecord) -> bool {
    HERB_BUYERS.iter().any(|role| organisation.has_role(*role))
}

/// Whether the principal has one of these roles.
pub(super) fn require_one_of(tx: &Tx, roles: &[Role], expected: &'static str) -> Result<(), Rejection> {
    if roles.iter().any(|role| tx.organisation.has_role(*role)) {
        return Ok(());
    }
    Err(Rejection::RoleRequired { organisation: tx.organisation.id.clone(), expected })
}

/// Whether the principal answers for one of these regions.
pub(super) fn require_jurisdiction(tx: &Tx, regions: &[RegionCode]) -> Result<(), Rejection> {
    if regions.iter().any(|region| tx.organisation.jurisdiction.contains(region)) {
        return Ok(());
    }
    let expected = regions.iter().map(RegionCode::to_string).collect::<Vec<_>>().join(", ");
    let actual = tx.organisation.jurisdiction.to_string();
    Err(Rejection::OutsideJurisdiction { organisation: tx.organisation.id.clone(), expected, actual })
}
