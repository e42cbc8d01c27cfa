//! What the law may change without a change of code (D19): deadlines, windows, limits, yield bands.
//!
//! A [`Law`] is data with a legal basis, in chapters. The rules read the one in force on the day of the block in the
//! region of the organisation that the rule is about, by `Tx::law`; they never name a number of it
//! themselves. The values here are those of domain §5, with their source at each field, and hold until a rule set of
//! [`crate::transaction::AmendLaw`] is in force: each chapter by itself, the most specific region first, then the newest
//! effective date.

mod book;
mod bounds;
mod catalogue;
mod custody;
mod dispensing;
mod hierarchy;
mod mandates;
mod oversight;
mod production;
mod quality;
mod registry;

pub(crate) use book::{LawBook, RegionsRecord, RulesRecord};
pub use book::{RuleInForce, RuleSetRecord};
pub use catalogue::{CatalogueEntry, CatalogueLaw, PILOT_MANDATORY, Pilot, PilotLaw, Tracing};
pub use custody::{ColdChain, CustodyLaw, StorageRange};
pub use dispensing::{Access, ClassChannels, DispensingLaw, Form, RetailException, Retention, SupplyLimit};
pub use mandates::MandateLaw;
pub use oversight::{ListEffect, OversightLaw};
pub use production::{LotReleaseExemption, ProductionLaw};
pub use quality::{QualityLaw, RecallLaw};
pub use registry::{ExtensionRule, ExtensionSchema, RegistryLaw};
mod tcm;

pub use tcm::TcmLaw;

use bincode::{Decode, Encode};
use serde::{Deserialize, Serialize};

/// One structure a module: a field of [`Law`], and a [`Chapter`] by which a rule set replaces it.
macro_rules! chapters {
    ($($(#[$meta:meta])* $field:ident: $variant:ident($chapter:ty) = $tag:literal as $text:literal,)+) => {
        /// Parameters of the rules, one structure a module.
        #[derive(Clone, PartialEq, Eq, Debug, Default, Encode, Decode, Serialize, Deserialize)]
        #[serde(deny_unknown_fields, default)]
        pub struct Law {
            $($(#[$meta])* pub $field: $chapter,)+
        }

        json_tagged_enum! {
            /// One chapter of a rule set: u16 tag, then the whole chapter. What a rule set leaves out is the default of
            /// the chapter, not what was in force before.
            #[derive(Clone, PartialEq, Eq, Debug)]
            pub enum Chapter: u16 {
                $($(#[$meta])* $variant($chapter) = $tag as $text,)+
            }
        }

        impl Law {
            /// Replaces one chapter.
            fn apply(&mut self, chapter: &Chapter) {
                match chapter {
                    $(Chapter::$variant(new) => self.$field = new.clone(),)+
                }
            }
        }
    };
}

chapters! {
    /// Of `registry`.
    registry: Registry(RegistryLaw) = 1 as "registry",
    /// Of `production`.
    production: Production(ProductionLaw) = 2 as "production",
    /// Of `custody`.
    custody: Custody(CustodyLaw) = 3 as "custody",
    /// Of `dispensing`.
    dispensing: Dispensing(DispensingLaw) = 4 as "dispensing",
    /// Of `quality`: holds and countersigned bills.
    quality: Quality(QualityLaw) = 5 as "quality",
    /// Of `oversight`.
    oversight: Oversight(OversightLaw) = 6 as "oversight",
    /// Of `tcm`.
    tcm: Tcm(TcmLaw) = 7 as "tcm",
    /// Of `quality`: recalls.
    recall: Recall(RecallLaw) = 15 as "recall",
    /// Of `mandates`.
    mandates: Mandates(MandateLaw) = 16 as "mandates",
    /// 动态目录
    catalogue: Catalogue(CatalogueLaw) = 17 as "catalogue",
    /// 试点
    pilot: Pilot(PilotLaw) = 18 as "pilot",
}
