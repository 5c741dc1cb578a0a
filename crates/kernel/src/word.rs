//! Enums of plain words.

/// A word from the database or from outside that this program does not know.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not a {kind}")]
pub struct UnknownWord {
    /// What the word should have named.
    pub kind: &'static str,
    /// The word, cut at 40 characters.
    pub text: String,
}

/// An enum of plain words, kept in the database and sent over the wire as such.
#[macro_export]
macro_rules! words {
    ($(#[$doc:meta])* $name:ident as $kind:literal { $($(#[$vdoc:meta])* $value:ident = $word:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, ::serde::Serialize, ::serde::Deserialize)]
        pub enum $name { $($(#[$vdoc])* #[serde(rename = $word)] $value,)* }

        impl $name {
            /// All values in their order.
            pub const ALL: &'static [$name] = &[$($name::$value,)*];

            /// The word.
            pub const fn word(self) -> &'static str {
                match self { $($name::$value => $word,)* }
            }
        }
        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result { f.write_str(self.word()) }
        }
        impl ::std::str::FromStr for $name {
            type Err = $crate::UnknownWord;
            fn from_str(text: &str) -> Result<Self, $crate::UnknownWord> {
                $name::ALL.iter().copied().find(|v| v.word() == text)
                    .ok_or_else(|| $crate::UnknownWord { kind: $kind, text: text.chars().take(40).collect() })
            }
        }
    };
}
