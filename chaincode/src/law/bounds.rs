//! What numbers an amended law may set: terms that end, shares that are shares. Whatever a rule set says, executing a block
//! under it takes bounded work (D6).

use super::Chapter;
use crate::rejection::Rejection;

/// The longest term, days: what is longer never comes.
const DAYS: u64 = 3_660;
const HOURS: u64 = DAYS * 24;
/// Longest time for which records are kept, or licences hold, years.
const YEARS: u64 = 100;
/// Working days to a report.
const WORKING_DAYS: u64 = 366;
/// Parts per million: ten times the whole.
const PPM: u64 = 10_000_000;

/// A number of a chapter: field, value, smallest, largest.
type Bound = (&'static str, u64, u64, u64);

impl Chapter {
    /// Refuses numbers beyond the table.
    ///
    /// # Errors
    /// [`Rejection::ParameterRange`] with the first field.
    pub(crate) fn check_numbers(&self) -> Result<(), Rejection> {
        let wrong = |(_, value, least, most): &Bound| !(*least..=*most).contains(value);
        match self.numbers().into_iter().find(wrong) {
            None => Ok(()),
            Some((field, ..)) => {
                let expected =
                    "days to 3660, hours to 87840, years to 100, working days to 366, shares to 10000000 ppm";
                Err(Rejection::ParameterRange { field: field.to_owned(), expected })
            }
        }
    }

    fn numbers(&self) -> Vec<Bound> {
        match self {
            Chapter::Registry(law) => vec![("licence_years_max", law.licence_years_max.into(), 1, YEARS)],
            Chapter::Custody(law) => vec![("receipt_days", law.receipt_days.into(), 0, DAYS)],
            Chapter::Dispensing(law) => {
                let mut numbers = vec![
                    ("reversal_hours", law.reversal_hours.into(), 0, HOURS),
                    ("vaccination_years", law.vaccination_years.into(), 0, YEARS),
                ];
                numbers.extend(law.limits.iter().map(|l| ("limits.days", l.days.into(), 0, DAYS)));
                numbers.extend(law.retention.iter().map(|r| ("retention.years", r.years.into(), 0, YEARS)));
                numbers
            }
            Chapter::Quality(law) => vec![
                ("freeze_decision_days", law.freeze_decision_days.into(), 1, DAYS),
                ("freeze_decision_after_test_days", law.freeze_decision_after_test_days.into(), 1, DAYS),
                ("control_opinion_days", law.control_opinion_days.into(), 1, DAYS),
                ("control_decision_days", law.control_decision_days.into(), 1, DAYS),
                ("proposal_hours_max", law.proposal_hours_max.into(), 1, HOURS),
            ],
            Chapter::Recall(law) => {
                let hours = |field, of: [u32; 3]| of.map(|hours| (field, u64::from(hours), 1, HOURS));
                let mut numbers = vec![(
                    "completion_report_working_days",
                    law.completion_report_working_days.into(),
                    0,
                    WORKING_DAYS,
                )];
                numbers.extend(hours("notice_hours", law.notice_hours));
                numbers.extend(hours("filing_hours", law.filing_hours));
                numbers.extend(hours("progress_hours", law.progress_hours));
                numbers
            }
            Chapter::Tcm(law) => [
                ("origin_yield_ppm_min", law.origin_yield_ppm_min),
                ("blend_yield_ppm_min", law.blend_yield_ppm_min),
                ("piece_yield_ppm_min", law.piece_yield_ppm_min),
                ("piece_yield_ppm_max", law.piece_yield_ppm_max),
                ("transit_loss_ppm_max", law.transit_loss_ppm_max),
                ("pack_tolerance_ppm", law.pack_tolerance_ppm),
            ]
            .map(|(field, ppm)| (field, u64::from(ppm), 0, PPM))
            .to_vec(),
            Chapter::Mandates(law) => vec![("days_max", law.days_max.into(), 1, DAYS)],
            Chapter::Production(_) | Chapter::Oversight(_) | Chapter::Catalogue(_) | Chapter::Pilot(_) => Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::law::{Law, RecallLaw};

    #[test]
    fn the_defaults_are_within_the_table() {
        let law = Law::default();
        let chapters = [
            Chapter::Registry(law.registry),
            Chapter::Custody(law.custody),
            Chapter::Dispensing(law.dispensing),
            Chapter::Quality(law.quality),
            Chapter::Recall(law.recall),
            Chapter::Tcm(law.tcm),
            Chapter::Mandates(law.mandates),
        ];
        assert!(chapters.iter().all(|chapter| chapter.check_numbers().is_ok() && !chapter.numbers().is_empty()));
    }

    #[test]
    fn a_term_without_end_is_refused() {
        let days = |n| Chapter::Recall(RecallLaw { completion_report_working_days: n, ..RecallLaw::default() });
        assert!(days(366).check_numbers().is_ok());
        for n in [367, u32::MAX] {
            assert_eq!(days(n).check_numbers().unwrap_err().name(), "parameter_range");
        }
        let never = Chapter::Recall(RecallLaw { progress_hours: [24, 0, 24], ..RecallLaw::default() });
        assert!(never.check_numbers().is_err());
    }
}
