//! What authorities do about firms.

use super::{Draft, Generator};
use crate::cast::*;
use crate::spec::Model;
use bencao_chaincode::oversight::{CreditKind, DossierKind, DossierStep, Finding, PublicList, TriageVerdict};
use bencao_chaincode::transaction::*;
use bencao_genesis::{CalendarDate, Height, ProductId};

impl Generator {
    pub(crate) fn triage(&mut self, model: &Model) -> Draft {
        let known: Vec<u64> = model.files.alarms.keys().copied().collect();
        let recent = known.len().saturating_sub(30);
        let height = self.random.pick_or(&known[recent..], 1);
        let bill = TriageAlarm {
            height: Height(if self.random.one_in(12) { 1 } else { height }),
            index: u32::from(self.random.one_in(30)),
            verdict: self.random.pick(&[TriageVerdict::Confirmed, TriageVerdict::Dismissed]),
            reason: "核查".into(),
        };
        let by = self.random.pick(&[REG, REG, CITY, NATION, ELSEWHERE, SAMR]);
        (self.mostly(model, by), Operation::TriageAlarm(bill))
    }

    pub(crate) fn list(&mut self, model: &Model) -> Draft {
        let organisation = self.somebody(&[W, P, KEEPER, IMPORTER]);
        let days = self.random.pick(&[0, 1, 1, 3]);
        let bill = ListOrganisation {
            organisation,
            list: self.random.pick(&[PublicList::Abnormal, PublicList::SeriousViolation]),
            reason: "未按规定报告".into(),
            basis: "决定书".into(),
            until: CalendarDate::from_days(model.today().days() + days - u32::from(self.random.one_in(12))),
        };
        let by = self.random.pick(&[SAMR, REG, CITY, ELSEWHERE]);
        (self.mostly(model, by), Operation::ListOrganisation(bill))
    }

    pub(crate) fn unlist(&mut self, model: &Model) -> Draft {
        let listed: Vec<_> = model.firms.iter().flat_map(|f| f.listings.iter().map(|l| (f.id.clone(), *l))).collect();
        if listed.is_empty() {
            return self.list(model);
        }
        let (organisation, (list, author, _)) = self.random.pick(&listed);
        let list = if self.random.one_in(6) { PublicList::Abnormal } else { list };
        let by = self.random.pick(&[author, author, NATION, SAMR]);
        let bill = RemoveFromList { organisation, list, reason: "已整改".into() };
        (self.mostly(model, by), Operation::RemoveFromList(bill))
    }

    pub(crate) fn credit(&mut self, model: &Model) -> Draft {
        let bill = RecordCredit {
            organisation: self.somebody(&[W, P]),
            kind: self.random.pick(&[CreditKind::Positive, CreditKind::Negative]),
            category: "检查".into(),
            points: 1 + self.random.below(9) as u16,
            basis: "决定书".into(),
            document: None,
        };
        let by = self.department();
        (self.mostly(model, by), Operation::RecordCredit(bill))
    }

    pub(crate) fn open_dossier(&mut self, model: &Model) -> Draft {
        use DossierKind::*;
        let kinds = [Inspection, Inspection, Penalty, Case, ThirdPartyResult, ForeignNotification, ViolationReport];
        let kind = self.random.pick(&kinds);
        let finding = self.random.pick(&[Finding::Conforming, Finding::Defects, Finding::Defects]);
        let finding = Some(finding).filter(|_| matches!(kind, Inspection | ThirdPartyResult));
        let rectify = kind == Inspection && finding != Some(Finding::Conforming);
        let day = model.today().days() + 10 - if self.random.one_in(12) { 11 } else { 0 };
        let mut parties = vec![self.somebody(&[SAMR, SAMR, CUSTOMS, W])];
        parties.retain(|_| kind == Case);
        let bill = OpenDossier {
            kind,
            organisation: Some(self.somebody(&[W, P, COOP])),
            product: match self.random.below(6) {
                0 => Some(ProductId("UNKNOWN".into())),
                1 => Some(ProductId("X".into())),
                _ => None,
            },
            batch_no: String::new(),
            subject: "检查".into(),
            text: "记录".into(),
            finding,
            deadline: Some(CalendarDate::from_days(day)).filter(|_| rectify),
            amount_fen: 0,
            parties,
            document: None,
        };
        let by = match kind {
            ThirdPartyResult => self.random.pick(&[LAB, CERT]),
            ForeignNotification => self.random.pick(&[CUSTOMS, REG]),
            ViolationReport => self.random.pick(&[PLATFORM, PLATFORM, MARKET]),
            Inspection => self.random.pick(&[REG, SAMR, MARKET, PLATFORM]),
            _ => self.random.pick(&[REG, SAMR, ELSEWHERE]),
        };
        (self.mostly(model, by), Operation::OpenDossier(bill))
    }

    pub(crate) fn follow_up(&mut self, model: &Model) -> Draft {
        let known: Vec<_> = model.files.dossiers.iter().collect();
        if known.is_empty() {
            return self.open_dossier(model);
        }
        let ((author, number), dossier) = self.random.pick(&known);
        use DossierStep::*;
        let bill = FollowUp {
            author: model.firms[*author].id.clone(),
            number: DocumentNumber(if self.random.one_in(15) { "J0".into() } else { number.clone() }),
            step: self.random.pick(&[Note, Report, Accept, Refuse, Close, Withdraw]),
            text: "办理".into(),
            document: None,
        };
        let subject = dossier.about.unwrap_or(W);
        let by = self.random.pick(&[*author, *author, subject, REG, NATION, SAMR]);
        (self.mostly(model, by), Operation::FollowUp(bill))
    }
}
