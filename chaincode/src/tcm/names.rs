//! Names of lots and gardens: a number that an organisation gave, and the organisation.

use crate::codes::Token;
use crate::state::OrgNo;
use bencao_genesis::OrgId;
use bincode::{Decode, Encode};
use std::fmt;

/// Number that a maker gives one of its lots, or a sponsor one of its gardens: 1 to 24 characters of
/// `A–Z a–z 0–9 . _ -`.
pub type LocalNo = Token<24>;

macro_rules! local_name {
    ($(#[$meta:meta])* $name:ident, $(#[$rmeta:meta])* $reference:ident) => {
        $(#[$meta])*
        ///
        /// Written `number@organisation`; on the wire as that text. Parsed exactly, nothing is repaired.
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name {
            /// Its number.
            pub number: LocalNo,
            /// Whose number it is.
            pub organisation: OrgId,
        }

        impl $name {
            /// Reads `number@organisation`.
            pub fn parse(text: &str) -> Option<$name> {
                let (number, organisation) = text.split_once('@')?;
                Some($name { number: LocalNo::new(number)?, organisation: OrgId::parse(organisation).ok()? })
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}@{}", self.number, self.organisation)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl TryFrom<String> for $name {
            type Error = &'static str;
            fn try_from(text: String) -> Result<$name, Self::Error> {
                $name::parse(&text).ok_or("expected number@organisation, the number of 1-24 characters A-Z a-z 0-9 . _ -")
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> String {
                name.to_string()
            }
        }

        impl Encode for $name {
            fn encode<E: bincode::enc::Encoder>(&self, e: &mut E) -> Result<(), bincode::error::EncodeError> {
                self.to_string().encode(e)
            }
        }

        impl<C> Decode<C> for $name {
            fn decode<D: bincode::de::Decoder<Context = C>>(d: &mut D) -> Result<Self, bincode::error::DecodeError> {
                let text = String::decode(d)?;
                $name::parse(&text).ok_or(bincode::error::DecodeError::Other("not number@organisation"))
            }
        }

        bincode::impl_borrow_decode!($name);

        $(#[$rmeta])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Encode, Decode)]
        pub struct $reference {
            /// Whose number it is.
            pub organisation: OrgNo,
            /// Its number.
            pub number: LocalNo,
        }
    };
}

local_name! {
    /// 批次码: a lot by the organisation that made it and that organisation's own number (企业内部批次).
    LotId,
    /// A lot in records: the maker by its number on this chain.
    LotRef
}

local_name! {
    /// 药园编号: a 定制药园 by its sponsor and the sponsor's number for it.
    GardenId,
    /// A garden in records: the sponsor by its number on this chain.
    GardenRef
}
