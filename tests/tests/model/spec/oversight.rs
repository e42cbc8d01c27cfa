//! Attempts and their triage, lists, credit, dossiers (D9; §8.1 rows 3–5, 21, 22, 25, 28; §8.3 rows 55–60).

use super::registry::{DEPARTMENTS, Entry};
use super::{FirmNo, Model, Refusal, Verdict, ensure};
use bencao_chaincode::oversight::{CreditKind, DossierKind, DossierStep, Finding, PublicList, TriageVerdict};
use bencao_chaincode::registry::FilingKind;
use bencao_chaincode::tcm::LotMovement;
use bencao_chaincode::transaction::*;
use bencao_genesis::{CalendarDate, DrugClass, Role};
use std::collections::BTreeMap;

/// Refusals that are attempts (D9).
const ATTEMPTS: [&str; 64] = [
    "unknown_mandate",
    "not_delegable",
    "mandate_not_in_force",
    "mandate_revoked",
    "mandate_scope",
    "mandate_product",
    "mandate_used_up",
    "unknown_code",
    "not_custodian",
    "not_released",
    "expired",
    "not_designated_receiver",
    "held",
    "not_licensed",
    "licence_not_in_force",
    "out_of_scope",
    "route_not_allowed",
    "responsible_required",
    "not_kept_for",
    "no_authority",
    "licence_suspended",
    "coding_rule_not_filed",
    "contract_banned",
    "unknown_prefix",
    "code_exists",
    "already_dispensed",
    "barred",
    "temperature_required",
    "temperature_out_of_range",
    "retired",
    "code_voided",
    "party_suspended",
    "not_supplier",
    "designation_required",
    "other_province",
    "channel_forbidden",
    "own_preparation_only",
    "minor_patient",
    "days_exceeded",
    "quantity_exceeded",
    "prescription_exceeded",
    "prescription_used",
    "not_seller",
    "not_lot_owner",
    "lot_held",
    "lot_stock_exceeded",
    "mass_balance",
    "yield_out_of_band",
    "herb_not_approved",
    "not_garden_grower",
    "banned_pesticide",
    "safety_interval",
    "lot_test_required",
    "lot_test_failed",
    "exit_certificate_required",
    "no_processing_scope",
    "method_out_of_scope",
    "lot_expired",
    "lot_weight_gained",
    "lot_transit_loss",
    "own_use_only",
    "packs_exceed_lot",
    "gap_filing_required",
    "gap_not_carried",
];
/// Alarms recorded for one signer within one hour.
const QUOTA: u32 = 60;

/// What oversight has on record.
#[derive(Clone, Debug, Default)]
pub(crate) struct Files {
    /// By height: who tried, and what a triage said, by whom.
    pub(crate) alarms: BTreeMap<u64, (FirmNo, Option<(TriageVerdict, FirmNo)>)>,
    /// Alarms recorded for a signer in an hour.
    quota: BTreeMap<(FirmNo, u64), u32>,
    pub(crate) dossiers: BTreeMap<(FirmNo, String), Dossier>,
    /// Points of 守信 and 失信 events.
    pub(crate) credit: BTreeMap<FirmNo, (u32, u32)>,
}

/// An entry of a list: which, by whom, until when.
pub(crate) type Listing = (PublicList, FirmNo, CalendarDate);

#[derive(Clone, Debug)]
pub(crate) struct Dossier {
    pub(crate) kind: DossierKind,
    pub(crate) state: Stand,
    pub(crate) about: Option<FirmNo>,
    pub(crate) parties: Vec<FirmNo>,
}

/// Bills by which a firm of the 严重违法失信名单 would sell.
fn sells(bill_type: u16) -> bool {
    matches!(bill_type, 201 | 207 | 209 | 212)
}

/// Where a dossier stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Stand {
    Open,
    Reported,
    Accepted,
    Refused,
    Closed,
    Withdrawn,
}

enum Who {
    Author,
    Subject,
    Party,
    Authority,
}

/// Who may take a step, and where it leads; nobody anywhere if not said.
fn step(kind: DossierKind, from: Stand, step: DossierStep) -> Option<(Who, Stand)> {
    use DossierKind::*;
    use DossierStep::*;
    use Stand::{Accepted, Closed, Open, Refused, Reported, Withdrawn};
    Some(match (kind, from, step) {
        (Inspection | Penalty, Open, Note) => (Who::Author, Open),
        (Inspection, Open, Report) => (Who::Subject, Reported),
        (Inspection, Reported, Accept) => (Who::Author, Closed),
        (Inspection, Reported, Refuse) => (Who::Author, Open),
        (Case, Open, Note) => (Who::Party, Open),
        (ForeignNotification, Open, Note) => (Who::Authority, Open),
        (ThirdPartyResult | ViolationReport, Open, Accept) => (Who::Authority, Accepted),
        (ThirdPartyResult | ViolationReport, Open, Refuse) => (Who::Authority, Refused),
        (ViolationReport, Open, Withdraw) => (Who::Author, Withdrawn),
        (ViolationReport, _, _) => return None,
        (ThirdPartyResult, Accepted, Withdraw) | (Penalty, Closed, Withdraw) => (Who::Author, Withdrawn),
        (ThirdPartyResult, _, _) => return None,
        (_, Open, Close) => (Who::Author, Closed),
        (Inspection | Penalty | ForeignNotification, Open, Withdraw) => (Who::Author, Withdrawn),
        _ => return None,
    })
}

impl Model {
    /// D9: an attempt leaves one alarm, up to the quota of its signer.
    pub(crate) fn attempted(&mut self, by: FirmNo, agent: Option<FirmNo>, rule: Refusal) {
        if !ATTEMPTS.contains(&rule) {
            return;
        }
        let signer = agent.unwrap_or(by);
        let count = self.files.quota.entry((signer, self.now / 3_600_000)).or_default();
        if *count < QUOTA {
            *count += 1;
            // Where the mandate itself was refused it is the agent's attempt, so that nobody smears a principal.
            let of_mandate = rule.starts_with("mandate_") || matches!(rule, "unknown_mandate" | "not_delegable");
            let whose = if of_mandate { signer } else { by };
            self.files.alarms.insert(self.height, (whose, None));
        }
    }

    /// Something that is allowed and yet told at once.
    pub(crate) fn tell(&mut self, by: FirmNo) {
        self.files.alarms.insert(self.height, (by, None));
    }

    pub(crate) fn triage(&mut self, by: FirmNo, bill: &TriageAlarm) -> Verdict {
        let found = self.files.alarms.get(&bill.height.0).filter(|_| bill.index == 0);
        let (whose, earlier) = *found.ok_or("unknown_alarm")?;
        let over = earlier.map_or(whose, |(_, authority)| authority);
        self.authority(by, &[Role::DrugRegulator], self.firms[over].region)?;
        ensure(earlier.map(|(verdict, _)| verdict) != Some(bill.verdict), "triage_unchanged")?;
        self.files.alarms.insert(bill.height.0, (whose, Some((bill.verdict, by))));
        Ok(())
    }

    // Lists.

    /// 联合惩戒: firms of the 严重违法失信名单 register nothing and sell nothing wholesale.
    pub(crate) fn not_barred(&self, by: FirmNo, operation: &Operation) -> Verdict {
        let serious = |(list, _, until): &Listing| *list == PublicList::SeriousViolation && self.today() <= *until;
        let barred = match operation {
            Operation::RegisterProduct(_) => true,
            Operation::Ship(bill) => sells(bill.bill_type),
            Operation::Instruct(bill) => matches!(bill.bill_type, 207 | 223),
            Operation::ShipLots(bill) => bill.movement == LotMovement::Sale,
            Operation::SellUntraced(_) => true,
            _ => false,
        };
        ensure(!barred || !self.firms[by].listings.iter().any(serious), "barred")
    }

    /// Who stands behind a sale is asked as well.
    pub(crate) fn may_stand_behind(&self, firm: FirmNo, bill_type: u16) -> Verdict {
        let serious = |(list, _, until): &Listing| *list == PublicList::SeriousViolation && self.today() <= *until;
        ensure(!sells(bill_type) || !self.firms[firm].listings.iter().any(serious), "barred")
    }

    fn on_list(&self, firm: FirmNo, list: PublicList) -> Option<Listing> {
        self.firms[firm].listings.iter().find(|(l, _, until)| *l == list && *until >= self.today()).copied()
    }

    pub(crate) fn list(&mut self, by: FirmNo, bill: &ListOrganisation) -> Verdict {
        let firm = self.member(&bill.organisation)?;
        self.authority(by, &[Role::MarketRegulator, Role::DrugRegulator], self.firms[firm].region)?;
        ensure(bill.until >= self.today(), "past_dated")?;
        ensure(self.on_list(firm, bill.list).is_none(), "already_listed")?;
        self.firm_mut(firm).listings.push((bill.list, by, bill.until));
        Ok(())
    }

    pub(crate) fn unlist(&mut self, by: FirmNo, bill: &RemoveFromList) -> Verdict {
        let firm = self.member(&bill.organisation)?;
        let (_, author, _) = self.on_list(firm, bill.list).ok_or("not_listed")?;
        ensure(author == by || self.is_superior(by, author), "no_authority")?;
        self.firm_mut(firm).listings.retain(|(list, _, _)| *list != bill.list);
        Ok(())
    }

    /// Of a department of the other, with a larger region.
    fn is_superior(&self, by: FirmNo, other: FirmNo) -> bool {
        let (own, other) = (&self.firms[by], &self.firms[other]);
        let shared = DEPARTMENTS.iter().any(|role| own.is(*role) && other.is(*role));
        shared && own.region != other.region && own.region.contains(&other.region)
    }

    pub(crate) fn record_credit(&mut self, by: FirmNo, bill: &RecordCredit) -> Verdict {
        let firm = self.member(&bill.organisation)?;
        self.authority(by, &DEPARTMENTS, self.firms[firm].region)?;
        let (positive, negative) = self.files.credit.entry(firm).or_default();
        match bill.kind {
            CreditKind::Positive => *positive += u32::from(bill.points),
            CreditKind::Negative => *negative += u32::from(bill.points),
        }
        Ok(())
    }

    // Dossiers.

    pub(crate) fn open_dossier(&mut self, by: FirmNo, bill: &OpenDossier) -> Verdict {
        let about = bill.organisation.as_ref().map(|id| self.member(id)).transpose()?;
        if let Some(product) = &bill.product {
            self.product(product)?;
        }
        let region = self.firms[about.unwrap_or(by)].region;
        let own = &self.firms[by];
        match bill.kind {
            DossierKind::ThirdPartyResult => {
                ensure(own.is_one_of(&[Role::Laboratory, Role::Certifier]), "no_authority")?;
            }
            DossierKind::ForeignNotification => {
                ensure(own.is_one_of(&[Role::Customs, Role::DrugRegulator]), "no_authority")?;
            }
            DossierKind::ViolationReport => {
                let admitted = about.is_some_and(|merchant| self.admitted_by(by, merchant));
                ensure(admitted, "no_authority")?;
            }
            DossierKind::Inspection if own.is_one_of(&[Role::MarketOperator, Role::TradingPlatform]) => {
                let admitted = about.is_some_and(|merchant| self.admitted_by(by, merchant));
                ensure(admitted, "no_authority")?;
            }
            _ => self.authority(by, &DEPARTMENTS, region)?,
        }
        ensure(bill.deadline.is_none_or(|day| day >= self.today()), "past_dated")?;
        let mut parties = Vec::new();
        for id in &bill.parties {
            let party = self.member(id)?;
            ensure(self.firms[party].is_one_of(&DEPARTMENTS), "no_authority")?;
            parties.push(party);
        }
        let conforming = bill.kind == DossierKind::Inspection && bill.finding == Some(Finding::Conforming);
        let state = if conforming { Stand::Closed } else { Stand::Open };
        let dossier = Dossier { kind: bill.kind, state, about, parties };
        self.files.dossiers.insert((by, self.document.clone()), dossier);
        Ok(())
    }

    /// By the operator of the market or the platform.
    fn admitted_by(&self, operator: FirmNo, merchant: FirmNo) -> bool {
        let firm = &self.firms[operator];
        (firm.is(Role::MarketOperator) && self.admits(operator, merchant, FilingKind::MarketAdmission, None))
            || (firm.is(Role::TradingPlatform) && self.admits(operator, merchant, FilingKind::PlatformAdmission, None))
    }

    /// An entry of its own in force that covers a class, or any.
    pub(crate) fn admits(
        &self,
        operator: FirmNo,
        merchant: FirmNo,
        kind: FilingKind,
        class: Option<DrugClass>,
    ) -> bool {
        let entries = self.filings.get(&(merchant, kind)).map(Vec::as_slice).unwrap_or_default();
        let admits = |f: &Entry| f.issuer == operator && f.counts(self.today());
        entries.iter().any(|f| admits(f) && class.is_none_or(|class| f.covers(class)))
    }

    pub(crate) fn follow_up(&mut self, by: FirmNo, bill: &FollowUp) -> Verdict {
        let author = self.member(&bill.author)?;
        let id = (author, bill.number.0.clone());
        let dossier = self.files.dossiers.get(&id).ok_or("unknown_dossier")?.clone();
        let (who, to) = step(dossier.kind, dossier.state, bill.step).ok_or("status_not_allowed")?;
        let may = match who {
            Who::Author => author == by || self.is_superior(by, author),
            Who::Subject => dossier.about == Some(by),
            Who::Party => author == by || dossier.parties.contains(&by),
            Who::Authority => {
                let region = self.firms[dossier.about.unwrap_or(author)].region;
                self.authority(by, &DEPARTMENTS, region).is_ok()
            }
        };
        ensure(may, "no_authority")?;
        self.files.dossiers.get_mut(&id).expect("found above").state = to;
        Ok(())
    }
}
