//! Who is in favour, and whether that is enough.

use super::records::{GovernanceRecord, MotionRecord};
use crate::rejection::Rejection;
use crate::state::{Stop, Tx};
use bencao_genesis::Role;

/// How a vote stands.
pub(super) enum Verdict {
    /// What is missing.
    Open(Rejection),
    Approved,
    /// It cannot be approved any more.
    Rejected(Rejection),
}

/// Counts the votes of those who still have one. Votes needed are of the whole electorate; once so many are against it
/// that the rest could not reach them, it is rejected. Where a regulator has to be in favour, it answers for the region
/// that the proposal is about.
pub(super) fn verdict(tx: &mut Tx, motion: &MotionRecord, governance: &GovernanceRecord) -> Result<Verdict, Stop> {
    let electors = count(motion.electorate.len());
    let needed = motion.approval.share.needed(electors);
    let counted = || motion.ballots.iter().filter(|b| governance.votes(b.organisation));
    let favour = count(counted().filter(|b| b.in_favour).count());
    let against = count(counted().filter(|b| !b.in_favour).count());
    if electors.saturating_sub(against) < needed {
        return Ok(Verdict::Rejected(Rejection::NotEnoughVotes { expected: needed, actual: favour }));
    }
    if favour < needed {
        return Ok(Verdict::Open(Rejection::NotEnoughVotes { expected: needed, actual: favour }));
    }
    if motion.approval.regulator {
        let region = motion.content.region(tx)?;
        let voters: Vec<_> = counted().filter(|b| b.in_favour).map(|b| b.organisation).collect();
        for voter in voters {
            let organisation = tx.organisation_record(voter)?;
            let answers = region.is_none_or(|r| organisation.jurisdiction.contains(&r));
            if organisation.has_role(Role::DrugRegulator) && answers {
                return Ok(Verdict::Approved);
            }
        }
        let region = region.map_or_else(String::new, |r| r.to_string());
        return Ok(Verdict::Open(Rejection::NoRegulator { region }));
    }
    Ok(Verdict::Approved)
}

fn count(value: usize) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}
