//! Words for people: Fluent messages in Korean, English, Kazakh and Russian, and the formats of numbers, money and dates.
//!
//! ```text
//! let t = text::Text::new(Lang::Ko);
//! t.t("offers-lead");
//! t.with("section-yes", &[("count", 3_i64.into())]);
//! t.money(Money::new(1_000_000, Currency::KRW));      // 1,000,000원
//! ```
//!
//! Messages are compiled into the program (`locales/<lang>/*.ftl`). [`COMPLETE`] is the one place that says which languages
//! have every message; one that lacks a message falls back along [`fallbacks`]. Formats that differ by language (dates in words,
//! the place of a currency sign) are messages too, in `formats.ftl`.

mod bundles;
mod format;
mod particle;

pub use bundles::{COMPLETE, MISSING_MARK, fallbacks};
pub use format::shown_length;
pub use particle::{with_ending, with_particle};

use std::borrow::Cow;

use fluent_bundle::{FluentArgs, FluentValue};
use kernel::Lang;

/// A value put into a message.
#[derive(Clone, Debug, PartialEq)]
pub enum Arg<'a> {
    /// Words, or a number already formatted.
    Str(Cow<'a, str>),
    /// A count: selects the plural form. Shown without grouping, so format large numbers first.
    Count(i64),
}

impl<'a> From<&'a str> for Arg<'a> {
    fn from(words: &'a str) -> Self {
        Arg::Str(Cow::Borrowed(words))
    }
}

impl<'a> From<&'a String> for Arg<'a> {
    fn from(words: &'a String) -> Self {
        Arg::Str(Cow::Borrowed(words))
    }
}

impl From<String> for Arg<'_> {
    fn from(words: String) -> Self {
        Arg::Str(Cow::Owned(words))
    }
}

impl<'a> From<Cow<'a, str>> for Arg<'a> {
    fn from(words: Cow<'a, str>) -> Self {
        Arg::Str(words)
    }
}

impl From<i64> for Arg<'_> {
    fn from(count: i64) -> Self {
        Arg::Count(count)
    }
}

impl From<usize> for Arg<'_> {
    fn from(count: usize) -> Self {
        Arg::Count(i64::try_from(count).unwrap_or(i64::MAX))
    }
}

/// All messages and formats in one language. Costs nothing to copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Text {
    lang: Lang,
}

impl Text {
    /// The words of `lang`.
    pub fn new(lang: Lang) -> Self {
        Text { lang }
    }

    /// The language spoken.
    pub fn lang(self) -> Lang {
        self.lang
    }

    /// The message `key`. A key that exists nowhere comes back between [`MISSING_MARK`]s, which a test looks for.
    pub fn t(self, key: &str) -> Cow<'static, str> {
        self.with(key, &[])
    }

    /// The message `key` with its values.
    pub fn with(self, key: &str, args: &[(&str, Arg<'_>)]) -> Cow<'static, str> {
        let mut values = FluentArgs::with_capacity(args.len());
        for (name, value) in args {
            let value: FluentValue<'_> = match value {
                Arg::Str(words) => FluentValue::from(words.as_ref()),
                Arg::Count(count) => FluentValue::from(*count),
            };
            values.set((*name).to_owned(), value);
        }
        bundles::format(self.lang, key, &values)
    }

    /// Whether some language in the chain of fallbacks has the message.
    pub fn has(self, key: &str) -> bool {
        bundles::exists(self.lang, key)
    }
}

/// Every key of `lang` itself, without fallbacks, in the order of the files. For tests.
pub fn keys(lang: Lang) -> Vec<String> {
    bundles::keys(lang)
}
