//! The search keys of one record: derived from its names, birth date, telephone and addresses, rewritten whenever they change.

use std::collections::BTreeSet;

use kernel::{Date, PersonId};
use serde::{Deserialize, Serialize};
use store::{Batch, StoreError, Tx, params};

use super::{fold, hangul};
use crate::person::{Detail, DetailRow, Name, NameRow};
use crate::residence::Residence;
use crate::rows;

store::sql! {
    KEYS = "select search_key, kind from search_key where person_id = $1";
    REMOVE = "delete from search_key where search_key = $1 and kind = $2 and person_id = $3";
    ENTRY = "insert into search_entry (person_id, entry) values ($1, $2)
        on conflict (person_id) do update set entry = excluded.entry";
}

/// New keys, many at a time.
pub(crate) static ADD: Batch = Batch::new(
    "ADD",
    "insert into search_key (person_id, search_key, kind) values",
    3,
    " on conflict (search_key, kind, person_id) do nothing",
);

/// As many keys as one statement takes.
const FULL: usize = 32;

/// What a search hit is scored by.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Entry {
    /// Each name as jamo words (Hangul) and as folded words.
    pub(crate) names: Vec<NameForms>,
    pub(crate) birth_date: Option<Date>,
    pub(crate) phones: Vec<String>,
    pub(crate) addresses: Vec<Vec<String>>,
    pub(crate) sex: Option<String>,
}

/// One name in the forms compared.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct NameForms {
    /// Hangul taken apart, spaces left out; empty for other scripts.
    pub(crate) jamo: String,
    /// Initial consonants; empty for other scripts.
    pub(crate) initials: String,
    /// Words folded by sound.
    pub(crate) sounds: Vec<String>,
}

impl NameForms {
    /// The forms of a name as recorded.
    pub(crate) fn of(name: &Name) -> NameForms {
        let mut words = fold::words(&format!("{} {}", name.family, name.given));
        if words.is_empty() {
            words = fold::words(&name.full);
        }
        NameForms::from_words(&words)
    }

    /// The forms of a name as typed.
    pub(crate) fn typed(text: &str) -> NameForms {
        NameForms::from_words(&fold::words(text))
    }

    fn from_words(words: &[String]) -> NameForms {
        let joined = words.concat();
        let hangul = joined.chars().any(hangul::is_syllable);
        NameForms {
            jamo: if hangul { hangul::jamo(&joined) } else { String::new() },
            initials: if hangul { hangul::initials(&joined) } else { String::new() },
            sounds: words.iter().map(|w| fold::sound(w)).filter(|w| !w.is_empty()).collect(),
        }
    }

    /// The keys under which the name is found: pieces of the jamo and of each folded word.
    pub(crate) fn keys(&self) -> BTreeSet<String> {
        let mut keys: BTreeSet<String> = BTreeSet::new();
        if !self.jamo.is_empty() {
            keys.extend(fold::trigrams(&self.jamo).into_iter().map(|t| format!("j{t}")));
        }
        for word in &self.sounds {
            keys.extend(fold::trigrams(word).into_iter().map(|t| format!("l{t}")));
        }
        keys
    }
}

/// The kinds of keys.
pub(crate) const NAME: &str = "name";
pub(crate) const INITIALS: &str = "initials";
pub(crate) const BIRTH: &str = "birth";
pub(crate) const PHONE: &str = "phone";
pub(crate) const ADDRESS: &str = "address";

/// The digits of a telephone number from the end, so that a country prefix does not matter.
pub(crate) fn phone_key(phone: &str) -> Option<String> {
    let digits: Vec<char> = phone.chars().filter(char::is_ascii_digit).collect();
    let tail = digits.len().saturating_sub(8);
    (digits.len() >= 7).then(|| digits.into_iter().skip(tail).collect())
}

/// The words of an address and, for longer ones, how they begin.
pub(crate) fn address_keys(words: &[String]) -> BTreeSet<String> {
    let begin = |w: &String| (w.chars().count() > 3).then(|| format!("{}*", w.chars().take(3).collect::<String>()));
    words.iter().cloned().chain(words.iter().filter_map(begin)).collect()
}

/// Rewrites the keys of one record. Withdrawn statements are not found any more; ended ones (a former name) are.
pub(crate) async fn refresh(tx: &mut Tx, person: PersonId) -> Result<(), StoreError> {
    let (names, details, homes) = rows::searched(tx, person).await?;
    let entry = entry(&names, &details, &homes);
    let wanted = keys(&entry);
    let mut present = BTreeSet::new();
    for row in tx.all(KEYS, params![person]).await? {
        present.insert((row.get::<String>("search_key")?, row.get::<String>("kind")?));
    }
    for (key, kind) in present.difference(&wanted) {
        tx.execute(REMOVE, params![key, kind, person]).await?;
    }
    let mut fresh: Vec<_> =
        wanted.difference(&present).map(|(key, kind)| params![person, key, kind].to_vec()).collect();
    // A longer list is filled up with its last key, which the conflict clause drops: one statement instead of four.
    if let Some(last) = fresh.last().filter(|_| fresh.len() % FULL > FULL / 4).cloned() {
        fresh.resize(fresh.len().next_multiple_of(FULL), last);
    }
    ADD.insert(tx, fresh).await?;
    let json = serde_json::to_string(&entry)
        .map_err(|e| StoreError::Inconsistent { column: "entry".into(), detail: e.to_string() })?;
    tx.execute(ENTRY, params![person, json]).await.map(drop)
}

fn entry(names: &[NameRow], details: &[DetailRow], homes: &[Residence]) -> Entry {
    let latest = |kind: &str| {
        details
            .iter()
            .filter(|d| d.detail.kind() == kind)
            .max_by_key(|d| (d.stamp.recorded_at, d.id))
            .map(|d| &d.detail)
    };
    let mut phones: Vec<String> =
        details.iter().filter_map(|d| if let Detail::Phone(p) = &d.detail { phone_key(p) } else { None }).collect();
    phones.sort_unstable();
    phones.dedup();
    let mut forms: Vec<NameForms> = Vec::new();
    for name in names {
        let form = NameForms::of(&name.name);
        if !forms.contains(&form) {
            forms.push(form);
        }
    }
    Entry {
        names: forms,
        birth_date: if let Some(Detail::BirthDate(d)) = latest("birth_date") { Some(*d) } else { None },
        phones,
        // Only where the person lives now or will: a former address finds whoever lives there today.
        addresses: homes
            .iter()
            .filter(|h| h.stamp.valid.until.is_none())
            .max_by_key(|h| (h.stamp.recorded_at, h.stamp.valid.from, h.id))
            .map(|h| fold::words(&h.address.line))
            .into_iter()
            .collect(),
        sex: latest("sex").map(Detail::text),
    }
}

fn keys(entry: &Entry) -> BTreeSet<(String, String)> {
    let mut keys = BTreeSet::new();
    let mut add = |key: String, kind: &str| keys.insert((key, kind.to_owned()));
    for name in &entry.names {
        for key in name.keys() {
            add(key, NAME);
        }
        let initials: Vec<char> = name.initials.chars().collect();
        for start in 0..initials.len().min(2) {
            for end in start + 2..=initials.len() {
                add(initials.iter().skip(start).take(end - start).collect(), INITIALS);
            }
        }
    }
    if let Some(birth) = entry.birth_date {
        add(birth.to_string(), BIRTH);
    }
    for phone in &entry.phones {
        add(phone.clone(), PHONE);
    }
    for words in &entry.addresses {
        for key in address_keys(words) {
            add(key, ADDRESS);
        }
    }
    keys
}
