//! Bills that take effect only when a second party has countersigned them.
//!
//! One party proposes the bill ([`super::Propose`]), the other signs the same bill again ([`super::Countersign`]); its
//! rules are checked both times, and only then is anything done. A module adds a bill by one line in the table and
//! [`Countersigned`] for it.

use super::{Destroy, DestroyLot, Sample};
use crate::codes::UnitKey;
use crate::quality::Parties;
use crate::rejection::Rejection;
use crate::state::{Stop, Tx};
use bencao_crypto::{Digest, tagged};

/// What a bill with two signatures says of itself.
pub(crate) trait Countersigned {
    /// Whether it is a bill of codes, which must name at least one.
    fn names_codes(&self) -> bool {
        true
    }

    /// The codes in the order of the bill.
    fn codes(&self) -> Vec<UnitKey>;

    /// The bill type of domain §3.1.
    fn bill_type(&self) -> Option<u16> {
        None
    }

    /// State writes at most.
    fn writes_bound(&self) -> u32;

    /// What its fields must look like, whatever the state.
    fn check_form(&self) -> Result<(), Rejection> {
        Ok(())
    }

    /// Executes it for both parties; also tried, and undone, when it is proposed. It checks that the two may sign it
    /// together, says by [`Tx::act_as`] whose bill it is, and runs its rules.
    fn execute(&self, tx: &mut Tx, parties: &Parties) -> Result<(), Stop>;
}

/// [`json_tagged_enum`] of such bills.
macro_rules! countersigned {
    ($($(#[$meta:meta])* $variant:ident = $tag:literal as $text:literal,)+) => {
        json_tagged_enum! {
            /// One bill: u16 tag, then its fields.
            #[derive(Clone, PartialEq, Eq, Debug)]
            pub enum CountersignedBill: u16 {
                $($(#[$meta])* $variant($variant) = $tag as $text,)+
            }
        }

        impl CountersignedBill {
            pub(crate) fn body(&self) -> &dyn Countersigned {
                match self { $(CountersignedBill::$variant(o) => o,)+ }
            }
        }
    };
}

countersigned! {
    // quality
    /// 销毁、报废, supervised by a regulator or a notary
    Destroy = 0x0581 as "destroy",
    /// 抽检
    Sample = 0x0582 as "sample",

    // tcm
    /// 批次销毁, supervised by a regulator or a notary
    DestroyLot = 0x0781 as "destroy_lot",
}

impl CountersignedBill {
    /// `SM3("bencao/countersigned/1" ‖ 0x00 ‖ canonical bill)`: what both parties sign.
    pub fn content(&self) -> Digest {
        tagged("bencao/countersigned/1", &[&bencao_crypto::encode(self)])
    }
}
