//! 上位法优先: what a wider region's law protects, a narrower one may tighten and never loosen. A county does not free a
//! vaccine of its 批签发, nor a province a narcotic of its transport permit; only the nation's rule set changes that.
//!
//! Everything else (windows of reversal, catalogues, schemas, effects of lists) is the narrower region's to set.

use super::{
    Access, ClassChannels, ColdChain, CustodyLaw, DispensingLaw, Law, ProductionLaw, QualityLaw, RecallLaw,
    RegistryLaw, TcmLaw,
};
use bencao_genesis::DrugClass;

impl Law {
    /// Takes back what this law loosens of `wider`.
    pub(super) fn keep(&mut self, wider: &Law) {
        self.registry.keep(&wider.registry);
        self.production.keep(&wider.production);
        self.custody.keep(&wider.custody);
        self.dispensing.keep(&wider.dispensing);
        self.quality.keep(&wider.quality);
        self.recall.keep(&wider.recall);
        self.tcm.keep(&wider.tcm);
    }
}

/// Classes of both, each once, in order.
fn join(own: &mut Vec<DrugClass>, wider: &[DrugClass]) {
    own.extend_from_slice(wider);
    own.sort();
    own.dedup();
}

fn shorten(own: &mut u32, wider: u32) {
    *own = (*own).min(wider);
}

impl RegistryLaw {
    fn keep(&mut self, wider: &RegistryLaw) {
        join(&mut self.contract_manufacture_banned, &wider.contract_manufacture_banned);
        self.coding_rule_required |= wider.coding_rule_required;
        self.trace_policy_required |= wider.trace_policy_required;
        self.licence_years_max = self.licence_years_max.min(wider.licence_years_max);
    }
}

impl ProductionLaw {
    fn keep(&mut self, wider: &ProductionLaw) {
        join(&mut self.lot_release_classes, &wider.lot_release_classes);
        join(&mut self.test_required_classes, &wider.test_required_classes);
        join(&mut self.contract_forbidden_classes, &wider.contract_forbidden_classes);
        join(&mut self.import_inspection_classes, &wider.import_inspection_classes);
        self.term_bounds_expiry |= wider.term_bounds_expiry;
    }
}

impl CustodyLaw {
    fn keep(&mut self, wider: &CustodyLaw) {
        join(&mut self.transport_permit, &wider.transport_permit);
        join(&mut self.import_permit, &wider.import_permit);
        join(&mut self.export_permit, &wider.export_permit);
        join(&mut self.export_documents, &wider.export_documents);
        self.delivery_note_required |= wider.delivery_note_required;
        self.regional_in_province |= wider.regional_in_province;
        for ColdChain { class, lowest, highest } in &wider.cold_chain {
            match self.cold_chain.iter_mut().find(|c| c.class == *class) {
                Some(own) => (own.lowest, own.highest) = (own.lowest.max(*lowest), own.highest.min(*highest)),
                None => self.cold_chain.push(ColdChain { class: *class, lowest: *lowest, highest: *highest }),
            }
        }
        // Ports that the nation opens; a province opens no other. None left would be any.
        if !wider.import_ports.is_empty() {
            self.import_ports.retain(|port| wider.import_ports.contains(port));
            if self.import_ports.is_empty() {
                self.import_ports.clone_from(&wider.import_ports);
            }
        }
        // A range of one product stands above that of its class: it is the wider region's to give.
        self.storage_ranges.clone_from(&wider.storage_ranges);
    }
}

/// The stricter of two cells: never, by its maker only, against a prescription, freely.
fn stricter(a: Access, b: Access) -> Access {
    let rank = |access| match access {
        Access::Forbidden => 0,
        Access::OwnOnly => 1,
        Access::Prescription => 2,
        Access::Allowed => 3,
    };
    if rank(a) <= rank(b) { a } else { b }
}

impl DispensingLaw {
    fn keep(&mut self, wider: &DispensingLaw) {
        for row in &wider.channels {
            match self.channels.iter_mut().find(|own| own.class == row.class) {
                Some(own) => {
                    *own = ClassChannels {
                        class: row.class,
                        retail: stricter(own.retail, row.retail),
                        online: stricter(own.online, row.online),
                        hospital: stricter(own.hospital, row.hospital),
                    };
                }
                None => self.channels.push(*row),
            }
        }
        self.retail_exceptions.retain(|own| wider.retail_exceptions.contains(own));
        for limit in &wider.limits {
            let same = |own: &&mut super::SupplyLimit| {
                (own.class, own.patient, own.form) == (limit.class, limit.patient, limit.form)
            };
            match self.limits.iter_mut().find(same) {
                Some(own) => own.days = own.days.min(limit.days),
                None => self.limits.push(*limit),
            }
        }
        for kept in &wider.retention {
            match self.retention.iter_mut().find(|own| own.class == kept.class) {
                Some(own) => own.years = own.years.max(kept.years),
                None => self.retention.push(*kept),
            }
        }
        join(&mut self.adults_only, &wider.adults_only);
        self.scan_exempt_classes.retain(|class| wider.scan_exempt_classes.contains(class));
        self.online_report_required |= wider.online_report_required;
        self.review_required |= wider.review_required;
        self.vaccination_years = self.vaccination_years.max(wider.vaccination_years);
    }
}

impl QualityLaw {
    fn keep(&mut self, wider: &QualityLaw) {
        shorten(&mut self.freeze_decision_days, wider.freeze_decision_days);
        shorten(&mut self.freeze_decision_after_test_days, wider.freeze_decision_after_test_days);
        shorten(&mut self.control_opinion_days, wider.control_opinion_days);
        shorten(&mut self.control_decision_days, wider.control_decision_days);
        self.expired_supervised |= wider.expired_supervised;
    }
}

impl RecallLaw {
    fn keep(&mut self, wider: &RecallLaw) {
        let pairs = [
            (&mut self.notice_hours, wider.notice_hours),
            (&mut self.filing_hours, wider.filing_hours),
            (&mut self.progress_hours, wider.progress_hours),
        ];
        for (own, wider) in pairs {
            own.iter_mut().zip(wider).for_each(|(own, wider)| shorten(own, wider));
        }
        self.published.iter_mut().zip(wider.published).for_each(|(own, wider)| *own |= wider);
        shorten(&mut self.completion_report_working_days, wider.completion_report_working_days);
    }
}

impl TcmLaw {
    fn keep(&mut self, wider: &TcmLaw) {
        let new = wider.banned_pesticides.iter().filter(|name| !self.banned_pesticides.contains(name));
        let new: Vec<String> = new.cloned().collect();
        self.banned_pesticides.extend(new);
        self.exit_certificate_required |= wider.exit_certificate_required;
        self.best_before_mandatory_from = self.best_before_mandatory_from.min(wider.best_before_mandatory_from);
        // What weight may be made of nothing, or be lost without a word.
        shorten(&mut self.transit_loss_ppm_max, wider.transit_loss_ppm_max);
        shorten(&mut self.pack_tolerance_ppm, wider.pack_tolerance_ppm);
        shorten(&mut self.piece_yield_ppm_max, wider.piece_yield_ppm_max);
        let least = [
            (&mut self.origin_yield_ppm_min, wider.origin_yield_ppm_min),
            (&mut self.blend_yield_ppm_min, wider.blend_yield_ppm_min),
            (&mut self.piece_yield_ppm_min, wider.piece_yield_ppm_min),
        ];
        least.into_iter().for_each(|(own, wider)| *own = (*own).max(wider));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A law that asks for nothing that it may leave out.
    fn lax() -> Law {
        let mut law = Law::default();
        law.production.lot_release_classes.clear();
        law.production.import_inspection_classes.clear();
        law.custody.transport_permit.clear();
        law.custody.cold_chain.clear();
        law.custody.delivery_note_required = false;
        law.dispensing.channels.clear();
        law.dispensing.limits.clear();
        law.dispensing.adults_only.clear();
        law.quality.freeze_decision_days = 3_660;
        law.quality.expired_supervised = false;
        law.recall.notice_hours = [8_000; 3];
        law.recall.published = [false; 3];
        law.tcm.banned_pesticides.clear();
        law.tcm.transit_loss_ppm_max = 1_000_000;
        law.tcm.pack_tolerance_ppm = 1_000_000;
        law.tcm.piece_yield_ppm_max = 9_000_000;
        law.tcm.blend_yield_ppm_min = 0;
        law
    }

    #[test]
    fn nothing_that_the_nation_protects_is_loosened() {
        let (nation, mut region) = (Law::default(), lax());
        region.keep(&nation);
        let mut sorted = nation.clone();
        for classes in [&mut sorted.custody.transport_permit, &mut sorted.dispensing.adults_only] {
            classes.sort();
        }
        for law in [&mut region, &mut sorted] {
            law.production.import_inspection_classes.sort();
            law.production.contract_forbidden_classes.sort();
            law.registry.contract_manufacture_banned.sort();
            law.production.test_required_classes.sort();
            law.custody.export_documents.sort();
            law.custody.import_permit.sort();
            law.custody.export_permit.sort();
        }
        assert_eq!(region, sorted);
    }

    #[test]
    fn a_region_opens_no_port_that_the_nation_keeps_shut() {
        let of = |ports: &[&str]| CustodyLaw {
            import_ports: ports.iter().map(|port| (*port).to_owned()).collect(),
            ..CustodyLaw::default()
        };
        let kept = |region: &[&str], nation: &[&str]| {
            let mut law = of(region);
            law.keep(&of(nation));
            law.import_ports
        };
        assert_eq!(kept(&[], &["上海口岸"]), ["上海口岸"]);
        assert_eq!(kept(&["上海口岸", "喀什口岸"], &["上海口岸", "广州口岸"]), ["上海口岸"]);
        assert_eq!(kept(&["喀什口岸"], &["上海口岸"]), ["上海口岸"]);
        assert_eq!(kept(&["喀什口岸"], &[]), ["喀什口岸"]);
    }

    #[test]
    fn a_region_tightens_and_sets_what_is_its_own() {
        let nation = Law::default();
        let mut region = nation.clone();
        region.production.lot_release_classes.push(DrugClass::BloodProduct);
        region.recall.notice_hours = [12, 24, 48];
        region.dispensing.reversal_hours = 1;
        region.custody.cold_chain.push(ColdChain { class: DrugClass::Biological, lowest: 20, highest: 80 });
        region.keep(&nation);
        assert_eq!(region.production.lot_release_classes, [DrugClass::Vaccine, DrugClass::BloodProduct]);
        assert_eq!(region.recall.notice_hours, [12, 24, 48]);
        assert_eq!(region.dispensing.reversal_hours, 1);
        assert_eq!(region.custody.cold_chain.len(), 2);
    }
}
