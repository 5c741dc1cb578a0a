//! Languages, and words that an official wrote in several of them.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// A language in which Hearth speaks to people.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Lang {
    /// Korean
    Ko,
    /// English
    En,
    /// Kazakh
    Kk,
    /// Russian
    Ru,
}

impl Lang {
    /// All languages, in the order in which they are shown.
    pub const ALL: [Lang; 4] = [Lang::Ko, Lang::En, Lang::Kk, Lang::Ru];

    /// The BCP 47 tag: `ko`, `en`, `kk`, `ru`.
    pub fn tag(self) -> &'static str {
        match self {
            Lang::Ko => "ko",
            Lang::En => "en",
            Lang::Kk => "kk",
            Lang::Ru => "ru",
        }
    }

    /// The language's name in itself.
    pub fn own_name(self) -> &'static str {
        match self {
            Lang::Ko => "한국어",
            Lang::En => "English",
            Lang::Kk => "Қазақша",
            Lang::Ru => "Русский",
        }
    }
}

impl fmt::Display for Lang {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.tag())
    }
}

/// A tag that is none of ours.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a language of this system: expected one of ko, en, kk, ru")]
pub struct UnknownLang(pub String);

impl FromStr for Lang {
    type Err = UnknownLang;
    fn from_str(tag: &str) -> Result<Self, UnknownLang> {
        let primary = tag.split(['-', '_']).next().unwrap_or(tag).to_ascii_lowercase();
        Lang::ALL.into_iter().find(|l| l.tag() == primary).ok_or_else(|| UnknownLang(tag.chars().take(20).collect()))
    }
}

/// The same words in several languages, as written in a pack. Shared: a page copies thousands of them.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Words(pub Arc<BTreeMap<Lang, String>>);

impl Words {
    /// The words in `lang`; else in English; else in whatever language there is; else the empty text.
    pub fn get(&self, lang: Lang) -> &str {
        self.0
            .get(&lang)
            .or_else(|| self.0.get(&Lang::En))
            .or_else(|| self.0.values().next())
            .map_or("", String::as_str)
    }

    /// Whether the words exist in this very language.
    pub fn has(&self, lang: Lang) -> bool {
        self.0.get(&lang).is_some_and(|w| !w.trim().is_empty())
    }
}

impl<const N: usize> From<[(Lang, &str); N]> for Words {
    fn from(pairs: [(Lang, &str); N]) -> Self {
        pairs.into_iter().map(|(l, w)| (l, w.to_owned())).collect()
    }
}

impl FromIterator<(Lang, String)> for Words {
    fn from_iter<I: IntoIterator<Item = (Lang, String)>>(pairs: I) -> Self {
        Words(Arc::new(pairs.into_iter().collect()))
    }
}
