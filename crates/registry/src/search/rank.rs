//! How well a record matches what was asked for. Pure.

use std::collections::BTreeMap;

use kernel::{Date, PersonId};
use strsim::normalized_damerau_levenshtein as alike;

use super::index::{Entry, NameForms};
use super::{LONGEST, Query, SearchError, fold, hangul};

/// Below this, in thousandths, a criterion does not match.
const ENOUGH: u32 = 620;

/// A query in the forms compared.
#[derive(Clone, Debug, Default)]
pub(crate) struct Asked {
    pub(crate) name: Option<NameForms>,
    pub(crate) initials: Option<String>,
    pub(crate) birth_date: Option<Date>,
    pub(crate) address: Option<Vec<String>>,
    by_identifier: bool,
}

impl Asked {
    /// The query's forms, or why it cannot be searched for.
    pub(crate) fn new(query: &Query) -> Result<Asked, SearchError> {
        let text = |t: &Option<String>| t.as_deref().map(str::trim).filter(|t| !t.is_empty()).map(str::to_owned);
        let (name, address) = (text(&query.name), text(&query.address));
        if [&name, &address].into_iter().flatten().any(|t| t.chars().count() > LONGEST) {
            return Err(SearchError::TooLong(LONGEST));
        }
        let letters = |t: &String| t.chars().filter(|c| c.is_alphanumeric()).count();
        let by_text = [&name, &address].into_iter().flatten().any(|t| letters(t) >= 2);
        let by_identifier = query.identifier.as_ref().is_some_and(|i| !i.canonical().is_empty());
        if !by_text && !by_identifier && query.birth_date.is_none() {
            return Err(SearchError::TooLittle);
        }
        let initials: Option<String> = name
            .as_ref()
            .map(|n| n.chars().filter(|c| !c.is_whitespace()).collect::<String>())
            .filter(|n| n.chars().all(hangul::is_initial));
        Ok(Asked {
            name: name.filter(|_| initials.is_none()).map(|n| NameForms::typed(&n)),
            initials,
            birth_date: query.birth_date,
            address: address.map(|a| fold::words(&a)),
            by_identifier,
        })
    }

    /// Whether an address is among the criteria.
    pub(crate) fn uses_address(&self) -> bool {
        self.address.is_some()
    }

    /// The score of a record in thousandths: the mean over the criteria; `None` when one of them does not match.
    fn score(&self, entry: &Entry) -> Option<u32> {
        let mut scores = Vec::with_capacity(4);
        if self.by_identifier {
            scores.push(1000);
        }
        if let Some(birth) = self.birth_date {
            scores.push(if entry.birth_date == Some(birth) { 1000 } else { 0 });
        }
        if let Some(initials) = &self.initials {
            scores.push(entry.names.iter().map(|n| initials_score(initials, &n.initials)).max().unwrap_or(0));
        }
        if let Some(name) = &self.name {
            scores.push(entry.names.iter().map(|n| name_score(name, n)).max().unwrap_or(0));
        }
        if let Some(words) = &self.address {
            scores.push(entry.addresses.iter().map(|a| words_score(words, a)).max().unwrap_or(0));
        }
        let all = scores.iter().all(|s| *s >= ENOUGH);
        let count = u32::try_from(scores.len()).unwrap_or(1).max(1);
        all.then(|| scores.iter().sum::<u32>() / count)
    }
}

/// A record with its score.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ranked {
    pub(crate) score: u32,
    pub(crate) person: PersonId,
}

/// The matching people, best first; records merged into one count once, with the better score.
pub(crate) fn ranked(
    entries: &mut BTreeMap<PersonId, Entry>,
    ends: &BTreeMap<PersonId, PersonId>,
    asked: &Asked,
) -> Vec<Ranked> {
    let mut best: BTreeMap<PersonId, u32> = BTreeMap::new();
    for (record, entry) in entries.iter() {
        if let Some(score) = asked.score(entry) {
            let person = ends.get(record).copied().unwrap_or(*record);
            best.entry(person).and_modify(|s| *s = (*s).max(score)).or_insert(score);
        }
    }
    let mut all: Vec<Ranked> = best.into_iter().map(|(person, score)| Ranked { score, person }).collect();
    all.sort_by(|a, b| b.score.cmp(&a.score).then(a.person.cmp(&b.person)));
    all
}

fn thousandths(ratio: f64) -> u32 {
    // A ratio between 0 and 1; the cast saturates.
    (ratio * 1000.0).round() as u32
}

/// Initial consonants: the whole name, its beginning, or the given name.
fn initials_score(asked: &str, name: &str) -> u32 {
    match name {
        _ if name == asked => 1000,
        _ if name.starts_with(asked) => 900,
        _ if name.ends_with(asked) => 850,
        _ if name.contains(asked) => 800,
        _ => 0,
    }
}

/// How alike two names are, in thousandths: letter by letter in Hangul, word by word by sound otherwise.
pub(crate) fn name_score(asked: &NameForms, name: &NameForms) -> u32 {
    let by_jamo = if asked.jamo.is_empty() || name.jamo.is_empty() {
        0
    } else if asked.jamo == name.jamo {
        1000
    } else if name.jamo.starts_with(&asked.jamo) || name.jamo.ends_with(&asked.jamo) {
        900
    } else {
        thousandths(alike(&asked.jamo, &name.jamo)).min(890)
    };
    // By sound a little less than letter by letter: many names sound alike.
    let by_sound = words_score(&asked.sounds, &name.sounds).max(joined_score(&asked.sounds, &name.sounds));
    by_jamo.max(by_sound.saturating_sub(30))
}

/// Words run together or parted elsewhere (한빛나, 한 빛나, Bitna Han, hanbitna).
fn joined_score(asked: &[String], name: &[String]) -> u32 {
    let typed: String = asked.concat();
    let turned: String = name.iter().rev().map(String::as_str).collect();
    let score = |whole: &str| if whole == typed { 980 } else { thousandths(alike(&typed, whole)).min(880) };
    if typed.is_empty() || name.is_empty() { 0 } else { score(&name.concat()).max(score(&turned)) }
}

/// The mean over the words asked for of the best matching word; a word that only begins so counts a little less.
fn words_score(asked: &[String], have: &[String]) -> u32 {
    if asked.is_empty() || have.is_empty() {
        return 0;
    }
    let one = |word: &String| {
        let best = have.iter().map(|h| {
            if h == word {
                1000
            } else if word.chars().count() >= 2 && h.starts_with(word.as_str()) {
                850
            } else {
                thousandths(alike(word, h)).min(840)
            }
        });
        best.max().unwrap_or(0)
    };
    let scores: Vec<u32> = asked.iter().map(one).collect();
    // One word far off is another name, however well the others fit.
    if scores.iter().any(|s| *s < 500) {
        return 0;
    }
    let count = u32::try_from(scores.len()).unwrap_or(1).max(1);
    // Asking for fewer words than there are is allowed, but ranks below the whole.
    let missing = u32::try_from(have.len().saturating_sub(asked.len())).unwrap_or(0).min(2) * 20;
    (scores.iter().sum::<u32>() / count).saturating_sub(missing)
}
