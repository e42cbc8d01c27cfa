//! 检验 and 合格证: what a lot must have before it leaves its origin, and before it may be 饮片 for sale
//! (《药品管理法》 Art. 44, 47; domain §8 rows 4, 12, 53).

use super::balance::Exit;
use super::events::{LotCertified, LotTested, TestRequested};
use super::lots::{
    Found, check_holds, check_loss, check_named, check_not_before, check_not_future, member, owned, present, row,
};
use super::records::{ExitCertificate, LotTest};
use super::state::{LotAction, LotState, Tolerated};
use crate::admission::check_text;
use crate::event::EventBody;
use crate::rejection::Rejection;
use crate::state::{Stop, Tx};
use crate::transaction::{Body, CertifyLot, RequestTest, TestLot};
use bencao_genesis::Role;

impl Body for RequestTest {
    /// The lot.
    fn writes_bound(&self) -> u32 {
        1
    }

    /// Order of checks: the owner's table, laboratory known, its role.
    fn execute(&self, tx: &mut Tx) -> Result<(), Stop> {
        let mut found = owned(tx, &self.lot, LotAction::RequestTest)?;
        let unknown = || Rejection::NoSuchMember { actual: self.laboratory.clone() };
        let laboratory = member(tx, &self.laboratory)?.ok_or_else(unknown)?;
        if !tx.organisation_record(laboratory)?.has_role(Role::Laboratory) {
            let organisation = self.laboratory.clone();
            return Err(Rejection::RoleRequired { organisation, expected: "laboratory" }.into());
        }
        found.record.laboratory = Some(laboratory);
        found.event(tx, EventBody::TestRequested(TestRequested { laboratory }));
        found.store(tx);
        Ok(())
    }
}

impl Body for TestLot {
    /// The lot.
    fn writes_bound(&self) -> u32 {
        1
    }

    fn check_form(&self) -> Result<(), Rejection> {
        check_named("method", &self.method)?;
        check_text("grade", &self.grade)?;
        check_loss("sample_mg", self.sample_mg)
    }

    /// Order of checks: the table, owner or named laboratory, dates; of a sample holds by others than the owner, stock. A
    /// held lot is tested, but what others hold does not leave as samples (rule 8 of domain §9).
    fn execute(&self, tx: &mut Tx) -> Result<(), Stop> {
        let mut found = present(tx, &self.lot, LotAction::Test)?;
        self.check_tester(tx, &found)?;
        check_not_future(tx, "tested_on", self.tested_on)?;
        check_not_before(&found, "tested_on", self.tested_on)?;
        found.record.test =
            Some(LotTest { passed: self.passed, by: tx.principal, report: self.report, tested_on: self.tested_on });
        found.record.state = match found.record.state {
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
        found.store(tx);
        Ok(())
    }
}

impl TestLot {
    /// Nobody reports on a lot unasked: neither a rival nor a laboratory that the owner did not name.
    fn check_tester(&self, tx: &mut Tx, found: &Found) -> Result<(), Stop> {
        let named = found.record.laboratory == Some(tx.principal) && tx.organisation.has_role(Role::Laboratory);
        if found.record.owner == tx.principal || named {
            return Ok(());
        }
        Err(Rejection::LaboratoryNotNamed { lot: found.name.clone(), actual: tx.organisation.id.clone() }.into())
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
