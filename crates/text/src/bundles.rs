//! The compiled-in message files, parsed once.

use std::borrow::Cow;
use std::sync::LazyLock;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use kernel::Lang;
use unic_langid::LanguageIdentifier;

use crate::particle::{with_ending, with_particle};

/// The languages that have every message: all of them.
pub const COMPLETE: [Lang; 4] = Lang::ALL;

/// Stands on both sides of a key that exists nowhere.
pub const MISSING_MARK: &str = "⟦missing⟧";

/// Where a message comes from when `lang` does not have it, first choice first, `lang` itself included.
pub fn fallbacks(lang: Lang) -> &'static [Lang] {
    match lang {
        Lang::Ko => &[Lang::Ko, Lang::En],
        Lang::En => &[Lang::En],
        Lang::Ru => &[Lang::Ru, Lang::En],
        Lang::Kk => &[Lang::Kk, Lang::Ru, Lang::En],
    }
}

macro_rules! locale {
    ($tag:literal: $($file:literal),+ $(,)?) => {
        &[$((concat!($tag, "/", $file), include_str!(concat!("../locales/", $tag, "/", $file, ".ftl")))),+]
    };
}

/// Name and text of each file of a language: every language has every file.
fn files(lang: Lang) -> &'static [(&'static str, &'static str)] {
    macro_rules! all {
        ($tag:literal) => {
            locale!(
                $tag: "formats", "common", "citizen", "official", "analyst", "privacy", "errors", "work", "explain", "api", "notice", "cases", "finance",
                "visit", "requalify", "vouchers", "changed", "scenario", "visits", "week", "referral", "plan", "survey", "indicator", "study", "group", "fhir", "team", "demo", "protection", "life", "account", "contact", "civil"
            )
        };
    }
    match lang {
        Lang::Ko => all!("ko"),
        Lang::En => all!("en"),
        Lang::Kk => all!("kk"),
        Lang::Ru => all!("ru"),
    }
}

struct Bundles {
    ko: FluentBundle<FluentResource>,
    en: FluentBundle<FluentResource>,
    kk: FluentBundle<FluentResource>,
    ru: FluentBundle<FluentResource>,
}

impl Bundles {
    fn of(&self, lang: Lang) -> &FluentBundle<FluentResource> {
        match lang {
            Lang::Ko => &self.ko,
            Lang::En => &self.en,
            Lang::Kk => &self.kk,
            Lang::Ru => &self.ru,
        }
    }
}

static BUNDLES: LazyLock<Bundles> =
    LazyLock::new(|| Bundles { ko: load(Lang::Ko), en: load(Lang::En), kk: load(Lang::Kk), ru: load(Lang::Ru) });

/// Parses the files of `lang`. Faulty messages are left out here and found by the tests of this crate.
fn load(lang: Lang) -> FluentBundle<FluentResource> {
    let id: LanguageIdentifier = lang.tag().parse().unwrap_or_default();
    let mut bundle = FluentBundle::new_concurrent(vec![id]);
    bundle.set_use_isolating(false);
    // The only failure is a second function of the same name, which there is not.
    let _ = bundle.add_function("JOSA", josa);
    let _ = bundle.add_function("ENDING", ending);
    for (_, source) in files(lang) {
        let resource = match FluentResource::try_new((*source).to_owned()) {
            Ok(resource) | Err((resource, _)) => resource,
        };
        bundle.add_resource_overriding(resource);
    }
    bundle
}

/// `{ JOSA($name, "은/는") }`: the value with the Korean particle that its last sound asks for.
fn josa<'a>(positional: &[FluentValue<'a>], _: &FluentArgs<'_>) -> FluentValue<'a> {
    FluentValue::from(with_particle(&words(positional.first()), &words(positional.get(1))))
}

/// `{ ENDING($date, "ға") }`: the value with the Kazakh case ending that its sounds ask for.
fn ending<'a>(positional: &[FluentValue<'a>], _: &FluentArgs<'_>) -> FluentValue<'a> {
    FluentValue::from(with_ending(&words(positional.first()), &words(positional.get(1))))
}

fn words(value: Option<&FluentValue<'_>>) -> String {
    match value {
        Some(FluentValue::String(words)) => words.to_string(),
        Some(FluentValue::Number(number)) => number.as_string().into_owned(),
        _ => String::new(),
    }
}

/// The message along the chain of fallbacks, or the key between marks.
pub(crate) fn format(lang: Lang, key: &str, args: &FluentArgs<'_>) -> Cow<'static, str> {
    for candidate in fallbacks(lang) {
        let bundle = BUNDLES.of(*candidate);
        if let Some(pattern) = bundle.get_message(key).and_then(|message| message.value()) {
            let mut faults = Vec::new();
            let words = bundle.format_pattern(pattern, Some(args), &mut faults);
            debug_assert!(faults.is_empty(), "message {key} in {candidate}: {faults:?}");
            return Cow::Owned(words.into_owned());
        }
    }
    Cow::Owned(format!("{MISSING_MARK}{key}{MISSING_MARK}"))
}

/// Whether the chain of fallbacks has the message.
pub(crate) fn exists(lang: Lang, key: &str) -> bool {
    fallbacks(lang).iter().any(|candidate| BUNDLES.of(*candidate).has_message(key))
}

/// Message ids as they stand in the files of `lang`.
pub(crate) fn keys(lang: Lang) -> Vec<String> {
    files(lang).iter().flat_map(|(_, source)| source.lines().filter_map(message_id)).map(str::to_owned).collect()
}

/// The id when a line begins a message.
fn message_id(line: &str) -> Option<&str> {
    let (id, _) = line.split_once('=')?;
    let id = id.trim_end();
    let plain = id.starts_with(|c: char| c.is_ascii_lowercase())
        && id.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
    plain.then_some(id)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_file_parses_and_no_message_stands_twice() {
        for lang in Lang::ALL {
            for (name, source) in files(lang) {
                if let Err((_, faults)) = FluentResource::try_new((*source).to_owned()) {
                    panic!("{name}.ftl: {faults:?}");
                }
            }
            let mut seen = BTreeSet::new();
            for key in keys(lang) {
                assert!(seen.insert(key.clone()), "{lang}: {key} stands twice");
                assert!(BUNDLES.of(lang).has_message(&key), "{lang}: {key} is not a message");
            }
        }
    }

    #[test]
    fn all_languages_have_the_same_messages() {
        let all: BTreeSet<String> = COMPLETE.iter().flat_map(|lang| keys(*lang)).collect();
        for lang in COMPLETE {
            let own: BTreeSet<String> = keys(lang).into_iter().collect();
            let missing: Vec<_> = all.difference(&own).collect();
            assert!(missing.is_empty(), "{lang} lacks {missing:?}");
        }
    }

    /// The placeholders of a message, so that a translation neither loses nor invents one.
    fn placeholders(lang: Lang) -> std::collections::BTreeMap<String, BTreeSet<String>> {
        let mut found = std::collections::BTreeMap::new();
        let mut current = String::new();
        for line in files(lang).iter().flat_map(|(_, source)| source.lines()) {
            if let Some(id) = message_id(line) {
                current = id.to_owned();
                found.insert(current.clone(), BTreeSet::new());
            }
            for part in line.split('$').skip(1) {
                let name: String = part.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
                found.entry(current.clone()).or_default().insert(name);
            }
        }
        found
    }

    #[test]
    fn translations_use_the_same_placeholders() {
        let english = placeholders(Lang::En);
        for lang in [Lang::Ko, Lang::Ru, Lang::Kk] {
            for (key, names) in placeholders(lang) {
                assert_eq!(Some(&names), english.get(&key), "{lang}: {key}");
            }
        }
    }

    #[test]
    fn a_missing_key_is_marked() {
        let nothing = FluentArgs::new();
        assert!(format(Lang::Ko, "no-such-key", &nothing).contains(MISSING_MARK));
        assert!(exists(Lang::Kk, "yes") && !exists(Lang::Kk, "no-such-key"));
    }
}
