//! 检验 and 合格证: what a lot must have before it leaves its origin, and before it may be 饮片 for sale
//! (《药品管理法》 Art. 44, 47; domain §8 rows 4, 12, 53).

use super::balance::Exit;
use super::events::{LotCertified, LotTested, TestRequested};
use super::holding::{doubt, trust};
use super::lots::{
    Found, check_count, check_holds, check_loss, check_named, check_not_before, check_not_future, check_present,
    check_wherever, find, member, owned, row,
};
use super::records::{ExitCertificate, LotRecord, LotTest};
use super::state::{LotAction, LotState, Tolerated};
use crate::admission::check_text;
use crate::event::EventBody;
use crate::limits::LABORATORIES_PER_LOT_MAX;
use crate::rejection::Rejection;
use crate::state::{Stop, Tx};
use crate::transaction::{Body, CertifyLot, RequestTest, TestLot};
use bencao_genesis::Role;

impl Body for RequestTest {
    /// The lot.
    fn writes_bound(&self) -> u32 {
        1
    }

    /// Order of checks: the owner's table, laboratory known, its role, room for one more that has not reported.
    fn execute(&self, tx: &mut Tx) -> Result<(), Stop> {
        let mut found = owned(tx, &self.lot, LotAction::RequestTest)?;
        let unknown = || Rejection::NoSuchMember { actual: self.laboratory.clone() };
        let laboratory = member(tx, &self.laboratory)?.ok_or_else(unknown)?;
        if !tx.organisation_record(laboratory)?.has_role(Role::Laboratory) {
            let organisation = self.laboratory.clone();
            return Err(Rejection::RoleRequired { organisation, expected: "laboratory" }.into());
        }
        found.record.ask(laboratory);
        check_count("laboratories", found.record.laboratories.len(), 1, LABORATORIES_PER_LOT_MAX)?;
        found.event(tx, EventBody::TestRequested(TestRequested { laboratory }));
        found.store(tx);
        Ok(())
    }
}

impl Body for TestLot {
    /// The lot and its holds.
    fn writes_bound(&self) -> u32 {
        2
    }

    fn check_form(&self) -> Result<(), Rejection> {
        check_named("method", &self.method)?;
        check_text("grade", &self.grade)?;
        check_loss("sample_mg", self.sample_mg)
    }

    /// Order of checks: the table, owner or named laboratory, a failure that stands, dates; of a sample holds by others
    /// than the owner, stock. A held lot is tested, but what others hold does not leave as samples (rule 8 of domain
    /// §9).
    fn execute(&self, tx: &mut Tx) -> Result<(), Stop> {
        let mut found = find(tx, &self.lot)?;
        let asked = tx.organisation.has_role(Role::Laboratory) && found.record.asks(tx.principal, self.passed);
        let late = asked && self.is_late(&found.record);
        match late {
            true => check_wherever(tx, &found, LotAction::Report)?,
            false => check_present(tx, &found, LotAction::Test)?,
        }
        self.check_tester(tx, &found, asked)?;
        check_not_future(tx, "tested_on", self.tested_on)?;
        check_not_before(&found, "tested_on", self.tested_on)?;
        let again = found.record.failed_by() == Some(tx.principal);
        found.record.laboratories.retain(|named| *named != tx.principal);
        found.record.test =
            Some(LotTest { passed: self.passed, by: tx.principal, report: self.report, tested_on: self.tested_on });
        found.record.state = match found.record.state {
            same if late => same,
            _ if !self.passed => LotState::Blocked,
            LotState::Harvested | LotState::InitialProcessed | LotState::Processed => LotState::Tested,
            same => same,
        };
        if self.sample_mg > 0 {
            check_holds(tx, &found, Tolerated::OwnersOwn)?;
            found.take(Exit::Sampled, self.sample_mg, row(LotAction::Test)?)?;
        }
        let body = LotTested {
            passed: self.passed,
            method: self.method.clone(),
            grade: self.grade.clone(),
            report_kind: self.report_kind,
            report: self.report,
            sample_mg: self.sample_mg,
        };
        found.event(tx, EventBody::LotTested(body));
        match self.passed {
            false => doubt(tx, &mut found, self.report)?,
            true if again => trust(tx, &mut found, self.report)?,
            true => {}
        }
        found.store(tx);
        Ok(())
    }
}

impl TestLot {
    /// Whether it is about what is no longer in stock as it was when a laboratory was asked: who moves faster than the
    /// laboratory, ships, uses up or blocks the rest before its report, is reported on all the same. Of what was
    /// destroyed as a whole nothing is left to be said. A sample is taken of what is there only.
    fn is_late(&self, record: &LotRecord) -> bool {
        let balance = &record.balance;
        let moved_on = match record.state {
            LotState::Blocked => !self.passed,
            LotState::Destroyed => balance.used > 0 || balance.sold > 0,
            state => state.is_terminal() || record.transit.is_some(),
        };
        moved_on && self.sample_mg == 0
    }

    /// Nobody reports on a lot unasked: neither a rival nor a laboratory that no owner named. 不合格 stands until who
    /// found it finds otherwise: no owner tests it away, nor names another laboratory for that (《药品管理法》 Art. 47;
    /// rule 5 of domain §9).
    fn check_tester(&self, tx: &Tx, found: &Found, asked: bool) -> Result<(), Rejection> {
        let lot = || found.name.clone();
        if !asked && found.record.owner != tx.principal {
            return Err(Rejection::LaboratoryNotNamed { lot: lot(), actual: tx.organisation.id.clone() });
        }
        if self.passed && found.record.failed_by().is_some_and(|by| by != tx.principal) {
            return Err(Rejection::LotTestFailed { lot: lot() });
        }
        Ok(())
    }
}

impl Body for CertifyLot {
    /// The lot.
    fn writes_bound(&self) -> u32 {
        1
    }

    /// Order of checks: the owner's table, still at its origin.
    fn execute(&self, tx: &mut Tx) -> Result<(), Stop> {
        let mut found = owned(tx, &self.lot, LotAction::Certify)?;
        if found.record.handed_over {
            return Err(Rejection::LotLeftOrigin { lot: found.name }.into());
        }
        let (certificate, qr_payload) = (self.certificate, self.qr_payload);
        found.record.certificate = Some(ExitCertificate { certificate, qr_payload });
        found.event(tx, EventBody::LotCertified(LotCertified { certificate, qr_payload }));
        found.store(tx);
        Ok(())
    }
}

/// 产地准出: a lot of crude herb leaves its origin with a 合格证 only.
pub(super) fn check_exit(tx: &Tx, found: &Found) -> Result<(), Rejection> {
    let record = &found.record;
    let at_origin = record.kind.is_crude_herb() && !record.handed_over;
    if at_origin && record.certificate.is_none() && tx.law(record.region).tcm.exit_certificate_required {
        return Err(Rejection::ExitCertificateRequired { lot: found.name.clone() });
    }
    Ok(())
}
