//! 授权委托: who acts for whom, within which bounds (§8.2 rows 44, 45, 48; D15).

use super::{FirmNo, Model, Verdict, ensure};
use bencao_chaincode::UnitKey;
use bencao_chaincode::oversight::{DossierKind, DossierStep};
use bencao_chaincode::tcm::LotHoldReason;
use bencao_chaincode::transaction::*;
use bencao_genesis::{CalendarDate, OrgId, ProductId, Role};

/// A mandate under principal and number.
#[derive(Clone, Debug)]
pub(crate) struct MandateGiven {
    pub(crate) agent: FirmNo,
    pub(crate) operations: Vec<String>,
    pub(crate) products: Vec<ProductId>,
    pub(crate) valid_from: CalendarDate,
    pub(crate) valid_to: CalendarDate,
    pub(crate) uses_left: Option<u32>,
    pub(crate) revoked: bool,
}

/// Who may act for others; who may also be allowed to read.
const AGENTS: [Role; 4] = [Role::Grower, Role::MarketOperator, Role::Agency, Role::Association];
const READERS: [Role; 3] = [Role::FinancialInstitution, Role::Hospital, Role::MarketingHolder];
/// Who acts by itself.
const AUTHORITIES: [Role; 8] = [
    Role::DrugRegulator,
    Role::MarketRegulator,
    Role::HealthAuthority,
    Role::CommerceAuthority,
    Role::IndustryAuthority,
    Role::AgricultureAuthority,
    Role::Customs,
    Role::Notary,
];
/// Longest validity, days.
const DAYS_MAX: u32 = 1_827;
/// Modules by the high byte of an operation's tag.
const MODULES: [(u16, &str); 6] =
    [(1, "registry"), (2, "production"), (3, "custody"), (4, "dispensing"), (5, "quality"), (7, "tcm")];

/// Never release, law, licences or governance, and a mandate gives no mandates; what authorities do is not delegated.
fn may_be_delegated(operation: &Operation) -> bool {
    use Operation::*;
    match operation {
        Release(_) | GiveMandate(_) | RevokeMandate(_) | GrantLicence(_) | ChangeLicence(_) | AmendLaw(_) => false,
        RegisterParticipant(_) | RegisterStandard(_) | WithdrawStandard(_) => false,
        RecordCredit(_) | ListOrganisation(_) | RemoveFromList(_) | TriageAlarm(_) => false,
        RegisterHerbs(_) | SetProcessingScope(_) | SampleLot(_) => false,
        // A custodian's own suspicion; the other reasons are those of authorities.
        HoldLot(bill) => bill.reason == LotHoldReason::QualitySuspect,
        LiftLotHold(bill) => bill.reason == LotHoldReason::QualitySuspect,
        OpenDossier(bill) => bill.kind == DossierKind::ThirdPartyResult,
        FollowUp(bill) => bill.step == DossierStep::Report,
        _ => true,
    }
}

fn product_named(operation: &Operation) -> Option<&ProductId> {
    use Operation::*;
    match operation {
        RegisterProduct(bill) => Some(&bill.product.id),
        UpdateProduct(bill) => Some(&bill.product_id),
        Commission(bill) => Some(&bill.product_id),
        OpenDossier(bill) => bill.product.as_ref(),
        _ => None,
    }
}

impl Model {
    /// Before anything else of a bill that an agent signs.
    pub(crate) fn under_mandate(&mut self, by: FirmNo, agent: FirmNo, number: &str, bill: &Operation) -> Verdict {
        let id = (by, number.to_owned());
        let mandate = self.mandates.get(&id).filter(|m| m.agent == agent).ok_or("unknown_mandate")?;
        ensure(!self.firms[by].is_one_of(&AUTHORITIES) && may_be_delegated(bill), "not_delegable")?;
        ensure(!mandate.revoked, "mandate_revoked")?;
        ensure((mandate.valid_from..=mandate.valid_to).contains(&self.today()), "mandate_not_in_force")?;
        let module = MODULES.iter().find(|(high, _)| *high == bill.tag() >> 8).map_or("", |(_, name)| name);
        ensure(mandate.operations.iter().any(|o| o == bill.name() || o == module), "mandate_scope")?;
        ensure(self.of_products(&mandate.products, bill), "mandate_product")?;
        ensure(mandate.uses_left != Some(0), "mandate_used_up")?;
        if let Some(left) = self.mandates.get_mut(&id).and_then(|m| m.uses_left.as_mut()) {
            *left -= 1;
        }
        Ok(())
    }

    /// Whether all that a bill is about is among these products; what names no product is outside any limit.
    fn of_products(&self, products: &[ProductId], bill: &Operation) -> bool {
        if products.is_empty() {
            return true;
        }
        if let Some(product) = product_named(bill) {
            return products.contains(product);
        }
        let named = |product: usize| products.contains(&self.products[product].id);
        let of = |code: &UnitKey| match code.prefix() {
            Some(_) => self.prefix(code).is_some_and(|(product, _)| named(product)),
            // An SSCC is of whatever is inside.
            None => self.units.contains_key(code) && self.products_in(code).into_iter().all(named),
        };
        let codes = bill.codes();
        !codes.is_empty() && codes.iter().all(of)
    }

    /// The principal itself, or a participant without a key that it hosts.
    fn on_behalf(&self, by: FirmNo, participant: Option<&OrgId>) -> Result<FirmNo, super::Refusal> {
        let Some(id) = participant else { return Ok(by) };
        let firm = self.firm(id).ok_or("unknown_member")?;
        ensure(self.firms[firm].host == Some(by), "not_host")?;
        Ok(firm)
    }

    pub(crate) fn give_mandate(&mut self, by: FirmNo, bill: &GiveMandate) -> Verdict {
        let principal = self.on_behalf(by, bill.participant.as_ref())?;
        let agent = self.firm(&bill.agent).ok_or("unknown_member")?;
        ensure(agent != principal, "receiver_is_sender")?;
        let reads_only = bill.operations.is_empty();
        let firm = &self.firms[agent];
        ensure(firm.is_one_of(&AGENTS) || (reads_only && firm.is_one_of(&READERS)), "role_not_allowed")?;
        ensure(bill.valid_to >= self.today(), "past_dated")?;
        ensure(bill.valid_to.days() <= bill.valid_from.days() + DAYS_MAX, "too_long")?;
        let mandate = MandateGiven {
            agent,
            operations: bill.operations.clone(),
            products: bill.products.clone(),
            valid_from: bill.valid_from,
            valid_to: bill.valid_to,
            uses_left: bill.uses_max,
            revoked: false,
        };
        self.mandates.insert((principal, self.document.clone()), mandate);
        Ok(())
    }

    pub(crate) fn revoke_mandate(&mut self, by: FirmNo, bill: &RevokeMandate) -> Verdict {
        let principal = self.on_behalf(by, bill.participant.as_ref())?;
        let mandate = self.mandates.get_mut(&(principal, bill.number.0.clone())).ok_or("unknown_mandate")?;
        ensure(!mandate.revoked, "mandate_revoked")?;
        mandate.revoked = true;
        Ok(())
    }
}
