//! Enums whose wire tags are written out, so that reordering a source file never changes bytes (D12).

/// An enum of one-payload variants, encoded as its tag in the named integer type, then the payload.
macro_rules! tagged_enum {
    ($(#[$meta:meta])* pub enum $name:ident : $tag:ty {
        $($(#[$vmeta:meta])* $variant:ident($payload:ty) = $value:literal as $text:literal,)+
    }) => {
        $(#[$meta])*
        pub enum $name {
            $($(#[$vmeta])* $variant($payload),)+
        }

        tagged_enum!(@codec $name : $tag { $($variant($payload) = $value as $text,)+ });
    };
    (@codec $name:ident : $tag:ty { $($variant:ident($payload:ty) = $value:literal as $text:literal,)+ }) => {
        impl $name {
            /// Every tag with its name, in order of tags.
            pub const TAGS: &'static [($tag, &'static str)] = &[$(($value, $text),)+];

            /// The number on the wire.
            pub fn tag(&self) -> $tag {
                match self { $($name::$variant(_) => $value,)+ }
            }

            /// The name of the variant in JSON and texts.
            pub fn name(&self) -> &'static str {
                match self { $($name::$variant(_) => $text,)+ }
            }
        }

        impl bincode::Encode for $name {
            fn encode<E: bincode::enc::Encoder>(&self, e: &mut E) -> Result<(), bincode::error::EncodeError> {
                bincode::Encode::encode(&self.tag(), e)?;
                match self { $($name::$variant(payload) => bincode::Encode::encode(payload, e),)+ }
            }
        }

        impl<C> bincode::Decode<C> for $name {
            fn decode<D: bincode::de::Decoder<Context = C>>(d: &mut D) -> Result<Self, bincode::error::DecodeError> {
                match <$tag as bincode::Decode<C>>::decode(d)? {
                    $($value => Ok($name::$variant(bincode::Decode::decode(d)?)),)+
                    _ => Err(bincode::error::DecodeError::Other("unknown tag")),
                }
            }
        }

        bincode::impl_borrow_decode!($name);
    };
}

/// [`tagged_enum`] that is read and written as JSON, with the variant's name in the field `type`.
macro_rules! json_tagged_enum {
    ($(#[$meta:meta])* pub enum $name:ident : $tag:ty {
        $($(#[$vmeta:meta])* $variant:ident($payload:ty) = $value:literal as $text:literal,)+
    }) => {
        $(#[$meta])*
        #[derive(serde::Serialize, serde::Deserialize)]
        #[serde(tag = "type")]
        pub enum $name {
            $($(#[$vmeta])* #[serde(rename = $text)] $variant($payload),)+
        }

        tagged_enum!(@codec $name : $tag { $($variant($payload) = $value as $text,)+ });
    };
}

/// An enum without payloads, encoded as one byte.
macro_rules! byte_enum {
    ($(#[$meta:meta])* pub enum $name:ident {
        $($(#[$vmeta:meta])* $variant:ident = $value:literal as $text:literal, $zh:literal,)+
    }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, serde::Serialize, serde::Deserialize)]
        pub enum $name {
            $($(#[$vmeta])* #[serde(rename = $text)] $variant,)+
        }

        impl $name {
            /// Every value, in order of bytes.
            pub const ALL: &'static [$name] = &[$($name::$variant,)+];

            /// The byte on the wire.
            pub fn byte(self) -> u8 {
                match self { $($name::$variant => $value,)+ }
            }

            /// Name in JSON and English texts.
            pub fn name(self) -> &'static str {
                match self { $($name::$variant => $text,)+ }
            }

            /// Name in Chinese texts.
            pub fn name_zh(self) -> &'static str {
                match self { $($name::$variant => $zh,)+ }
            }
        }

        impl bincode::Encode for $name {
            fn encode<E: bincode::enc::Encoder>(&self, e: &mut E) -> Result<(), bincode::error::EncodeError> {
                bincode::Encode::encode(&self.byte(), e)
            }
        }

        impl<C> bincode::Decode<C> for $name {
            fn decode<D: bincode::de::Decoder<Context = C>>(d: &mut D) -> Result<Self, bincode::error::DecodeError> {
                match <u8 as bincode::Decode<C>>::decode(d)? {
                    $($value => Ok($name::$variant),)+
                    _ => Err(bincode::error::DecodeError::Other("unknown value")),
                }
            }
        }

        bincode::impl_borrow_decode!($name);
    };
}
