//! Persons: names in several scripts, identifiers, birth, death, contact, language.

use std::fmt;

use guard::KeyError;
use kernel::{Date, Instant, Lang, Period, PersonId};
use serde::{Deserialize, Serialize};
use store::{AsConflict, Batch, Row, StoreError, Tx, Value, params};
use unicode_normalization::UnicodeNormalization;
use uuid::Uuid;

use crate::change::{Changes, Kind};
use crate::record::PersonRecord;
use crate::rows;
use crate::time::{AsOf, BEGINNING, Pen, Stamp};

/// A script, as its ISO 15924 code in lower case: `hang`, `latn`, `cyrl`, `hani`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Script {
    /// Hangul
    Hang,
    /// Latin
    Latn,
    /// Cyrillic
    Cyrl,
    /// Han
    Hani,
    /// Any other
    Zyyy,
}

/// Sex as registered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Sex {
    /// Female
    Female,
    /// Male
    Male,
    /// Registered as neither
    Other,
}

/// A word that is none of the closed set.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not {expected}")]
pub struct UnknownWord {
    /// What was given, cut at 40 characters.
    pub text: String,
    /// What would do.
    pub expected: &'static str,
}

macro_rules! words {
    ($name:ident, $expected:literal, $($value:ident = $word:literal),*) => {
        impl $name {
            /// The word it is stored and imported as.
            pub const fn word(self) -> &'static str {
                match self { $($name::$value => $word),* }
            }
        }
        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result { f.write_str(self.word()) }
        }
        impl ::std::str::FromStr for $name {
            type Err = $crate::person::UnknownWord;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                match text {
                    $($word => Ok($name::$value),)*
                    _ => Err($crate::person::UnknownWord { text: text.chars().take(40).collect(), expected: $expected }),
                }
            }
        }
    };
}
pub(crate) use words;

words!(
    Script,
    "a script: expected hang, latn, cyrl, hani or zyyy",
    Hang = "hang",
    Latn = "latn",
    Cyrl = "cyrl",
    Hani = "hani",
    Zyyy = "zyyy"
);
words!(Sex, "a sex: expected female, male or other", Female = "female", Male = "male", Other = "other");

/// A name in one script: family and given name, or only the full name where there is no such division.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Name {
    /// The script it is written in.
    pub script: Script,
    /// Family name; may be empty.
    pub family: String,
    /// Given name; may be empty.
    pub given: String,
    /// The whole name as it is to be shown.
    pub full: String,
}

impl Script {
    /// The script a name is written in, by its first letter.
    pub fn of(text: &str) -> Script {
        match text.chars().find(|c| c.is_alphabetic()) {
            Some('\u{ac00}'..='\u{d7a3}' | '\u{3131}'..='\u{318e}') => Script::Hang,
            Some('\u{400}'..='\u{52f}') => Script::Cyrl,
            Some('\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}') => Script::Hani,
            Some(c) if u32::from(c) < 0x250 || (0x1e00..0x1f00).contains(&u32::from(c)) => Script::Latn,
            _ => Script::Zyyy,
        }
    }
}

impl Name {
    /// A name of family and given part; Hangul and Han write them together, family first, others given first.
    pub fn new(script: Script, family: impl Into<String>, given: impl Into<String>) -> Self {
        let (family, given) = (family.into(), given.into());
        let full = match script {
            Script::Hang | Script::Hani => format!("{family}{given}"),
            _ => format!("{given} {family}").trim().to_owned(),
        };
        Name { script, family, given, full }
    }

    /// Whether somebody who writes this name writes their name, in one of the scripts in which it is known and in either order of
    /// its parts. Widths, capitals, spaces, hyphens and points do not matter; how one script sounds in another is not guessed.
    pub fn is_written(&self, written: &str) -> bool {
        let written = letters(written);
        let (family, given) = (letters(&self.family), letters(&self.given));
        let orders = [letters(&self.full), format!("{family}{given}"), format!("{given}{family}")];
        !written.is_empty() && orders.contains(&written)
    }

    /// A name that is not divided.
    pub fn whole(script: Script, full: impl Into<String>) -> Self {
        Name { script, family: String::new(), given: String::new(), full: full.into() }
    }
}

/// The letters and digits of a name in one width and without capitals.
fn letters(name: &str) -> String {
    name.nfkc().flat_map(char::to_lowercase).filter(|c| c.is_alphanumeric()).collect()
}

/// A name as recorded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NameRow {
    /// The row.
    pub id: Uuid,
    /// The name.
    pub name: Name,
    /// The stamp.
    pub stamp: Stamp,
}

/// One of the details of a person that change rarely or never.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "value", rename_all = "snake_case")]
pub enum Detail {
    /// Sex as registered.
    Sex(Sex),
    /// Date of birth.
    BirthDate(Date),
    /// Date of death.
    DeathDate(Date),
    /// The language Hearth speaks to the person.
    Language(Lang),
    /// Telephone, as given.
    Phone(String),
    /// E-mail.
    Email(String),
}

impl Detail {
    /// The word for the kind.
    pub fn kind(&self) -> &'static str {
        match self {
            Detail::Sex(_) => "sex",
            Detail::BirthDate(_) => "birth_date",
            Detail::DeathDate(_) => "death_date",
            Detail::Language(_) => "language",
            Detail::Phone(_) => "phone",
            Detail::Email(_) => "email",
        }
    }

    /// The value as text.
    pub fn text(&self) -> String {
        match self {
            Detail::Sex(v) => v.to_string(),
            Detail::BirthDate(v) | Detail::DeathDate(v) => v.to_string(),
            Detail::Language(v) => v.to_string(),
            Detail::Phone(v) | Detail::Email(v) => v.clone(),
        }
    }

    /// The detail in a row whose columns `kind` and `value` are called so.
    pub(crate) fn of(row: &Row, kind: &str, value: &str) -> Result<Detail, StoreError> {
        Ok(match row.get::<String>(kind)?.as_str() {
            "sex" => Detail::Sex(row.parse(value)?),
            "birth_date" => Detail::BirthDate(row.parse(value)?),
            "death_date" => Detail::DeathDate(row.parse(value)?),
            "language" => Detail::Language(row.parse(value)?),
            "phone" => Detail::Phone(row.get(value)?),
            "email" => Detail::Email(row.get(value)?),
            other => return Err(StoreError::Inconsistent { column: kind.to_owned(), detail: other.to_owned() }),
        })
    }
}

/// A detail as recorded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DetailRow {
    /// The row.
    pub id: Uuid,
    /// The detail.
    pub detail: Detail,
    /// The stamp.
    pub stamp: Stamp,
}

/// A national identifier before it is encrypted. `Debug` does not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct Identifier {
    /// Which kind of number, as the pack calls it.
    pub scheme: String,
    /// The number; hyphens and spaces do not matter.
    pub number: String,
}

impl fmt::Debug for Identifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Identifier({}, hidden)", self.scheme)
    }
}

impl Identifier {
    /// An identifier.
    pub fn new(scheme: impl Into<String>, number: impl Into<String>) -> Self {
        Identifier { scheme: scheme.into(), number: number.into() }
    }

    /// The one canonical spelling: letters and digits, upper case.
    pub fn canonical(&self) -> String {
        self.number.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_uppercase).collect()
    }
}

/// A person to be registered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewPerson {
    /// At least one name.
    pub names: Vec<Name>,
    /// The national identifier, if there is one yet.
    pub identifier: Option<Identifier>,
    /// Sex, birth date, language, contact …
    pub details: Vec<Detail>,
}

/// Why a person was not registered or changed.
#[derive(Debug, thiserror::Error)]
pub enum PersonError {
    /// No name, or an empty one.
    #[error("a person needs at least one name that is not empty")]
    NoName,
    /// The identifier has no letter or digit.
    #[error("the identifier is empty: give its digits")]
    EmptyIdentifier,
    /// The identifier belongs to another record.
    #[error(
        "this identifier is registered for another person already: search for it, and merge the records if both are one human being"
    )]
    IdentifierTaken,
    /// No such person.
    #[error("there is no such person")]
    NoPerson,
    /// A date that cannot be.
    #[error("{0}")]
    Date(String),
    /// Keys.
    #[error(transparent)]
    Keys(#[from] KeyError),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl AsConflict for PersonError {
    fn is_conflict(&self) -> bool {
        matches!(self, PersonError::Store(e) if e.is_conflict())
    }
}

/// Names, many at a time.
pub(crate) static ADD_NAME: Batch = Batch::new(
    "ADD_NAME",
    "insert into person_name (person_id, name_id, script, family, given, full_name, valid_from, valid_until, recorded_at, source, law, recorded_by) values",
    12,
    "",
);
/// Details, many at a time.
pub(crate) static ADD_DETAIL: Batch = Batch::new(
    "ADD_DETAIL",
    "insert into person_detail (person_id, detail_id, kind, value, valid_from, valid_until, recorded_at, source, law, recorded_by) values",
    10,
    "",
);

store::sql! {
    ADD = "insert into person (person_id, created_at, revised_at) values ($1, $2, $2)";
    TOUCH = "update person set revised_at = case when revised_at > $2 then revised_at else $2 end where person_id = $1 returning revised_at";
    WITHDRAW_NAME = "update person_name set withdrawn_at = $3 where person_id = $1 and name_id = $2 and withdrawn_at is null";
    WITHDRAW_KIND = "update person_detail set withdrawn_at = $3 where person_id = $1 and kind = $2 and withdrawn_at is null";
    WITHDRAW_DETAIL = "update person_detail set withdrawn_at = $3 where person_id = $1 and detail_id = $2 and withdrawn_at is null";
    CLAIM_IDENTIFIER = "insert into identifier_owner (tag, scheme, person_id) values ($1, $2, $3) on conflict (tag, scheme) do nothing";
    OWNER = "select person_id from identifier_owner where tag = $1 and scheme = $2";
    ADD_IDENTIFIER = "insert into person_identifier (person_id, identifier_id, scheme, sealed, tag, valid_from, recorded_at, source, law, recorded_by)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    WITHDRAW_IDENTIFIER = "update person_identifier set withdrawn_at = $3 where person_id = $1 and scheme = $2 and withdrawn_at is null";
    RELEASE_IDENTIFIER = "delete from identifier_owner where person_id = $1 and scheme = $2";
    IDENTIFIERS = "select identifier_id, scheme, sealed from person_identifier
        where person_id = $1 and recorded_at <= $2 and (withdrawn_at is null or withdrawn_at > $2) order by recorded_at";
}

/// Takes the person's row, so that two writers meet, and gives the moment to record at: never before what was already
/// recorded, even when the clock went back. `None` when there is no such person.
pub(crate) async fn touch_person(tx: &mut Tx, id: PersonId, now: Instant) -> Result<Option<Instant>, StoreError> {
    tx.all(TOUCH, params![id, now]).await?.first().map(|row| row.get("revised_at")).transpose()
}

/// Registers a person.
pub async fn create(tx: &mut Tx, pen: Pen<'_>, new: &NewPerson) -> Result<PersonId, PersonError> {
    let mut changes = Changes::default();
    let id = create_quietly(tx, pen, new, &mut changes).await?;
    changes.emit(tx, pen).await?;
    Ok(id)
}

pub(crate) async fn create_quietly(
    tx: &mut Tx,
    pen: Pen<'_>,
    new: &NewPerson,
    changes: &mut Changes,
) -> Result<PersonId, PersonError> {
    if new.names.is_empty() || new.names.iter().any(|n| n.full.trim().is_empty()) {
        return Err(PersonError::NoName);
    }
    dates_make_sense(&new.details)?;
    let id = PersonId::new(pen.ids, pen.now);
    tx.execute(ADD, params![id, pen.now]).await?;
    changes.made(id, pen.now);
    let always = Period { from: BEGINNING, until: None };
    let names = new.names.iter().map(|name| name_values(pen, id, name, always, pen.now));
    ADD_NAME.insert(tx, names.collect()).await?;
    let details = new.details.iter().map(|detail| detail_values(pen, id, detail, always, pen.now));
    ADD_DETAIL.insert(tx, details.collect()).await?;
    if let Some(identifier) = &new.identifier {
        claim(tx, pen, id, identifier, pen.now).await?;
    }
    changes.person(id, Kind::Person);
    Ok(id)
}

/// Brings a person up to what a register now says: what differs is recorded, what is not mentioned stays.
pub(crate) async fn update_quietly(
    tx: &mut Tx,
    pen: Pen<'_>,
    id: PersonId,
    new: &NewPerson,
    changes: &mut Changes,
) -> Result<(), PersonError> {
    let as_of = AsOf::latest(pen.now.date(0));
    let people = rows::read(tx, [id], as_of.recorded).await?;
    let rows = people.values().next().ok_or(PersonError::NoPerson)?;
    let (id, known) = (rows.id, PersonRecord::at(rows, as_of, false));
    let now = touch_person(tx, id, pen.now).await?.ok_or(PersonError::NoPerson)?;
    let always = Period { from: BEGINNING, until: None };
    let mut changed = false;
    for name in new.names.iter().filter(|n| !known.names.contains(n)) {
        add_name(tx, pen, id, name, always, now).await?;
        changed = true;
    }
    let standing: Vec<&Detail> = rows
        .details
        .iter()
        .map(|d| &d.row)
        .filter(|d| d.stamp.stood(as_of.recorded) && d.stamp.valid.contains(as_of.valid))
        .map(|d| &d.detail)
        .collect();
    for detail in &new.details {
        // The last one of the kind is the one that holds.
        let holds = standing.iter().rev().find(|d| d.kind() == detail.kind());
        if holds != Some(&detail) {
            add_detail(tx, pen, id, detail, always, now).await?;
            changed = true;
        }
    }
    if let Some(identifier) = &new.identifier {
        claim(tx, pen, id, identifier, now).await?;
    }
    if changed {
        changes.person(id, Kind::Detail);
    }
    Ok(())
}

fn dates_make_sense(details: &[Detail]) -> Result<(), PersonError> {
    let birth = details.iter().find_map(|d| if let Detail::BirthDate(v) = d { Some(*v) } else { None });
    let death = details.iter().find_map(|d| if let Detail::DeathDate(v) = d { Some(*v) } else { None });
    match (birth, death) {
        (Some(birth), Some(death)) if death < birth => Err(PersonError::Date(format!(
            "the death date {death} lies before the birth date {birth}: correct one of them"
        ))),
        _ => Ok(()),
    }
}

/// Records a name from a day on (a marriage, a corrected spelling); the earlier one stays in the history.
pub async fn rename(tx: &mut Tx, pen: Pen<'_>, id: PersonId, name: &Name, valid: Period) -> Result<(), PersonError> {
    if name.full.trim().is_empty() {
        return Err(PersonError::NoName);
    }
    let now = touch_person(tx, id, pen.now).await?.ok_or(PersonError::NoPerson)?;
    add_name(tx, pen, id, name, valid, now).await?;
    announce(tx, pen, id).await
}

/// Records a detail for a period; an earlier one on the same days is superseded and kept.
pub async fn set_detail(
    tx: &mut Tx,
    pen: Pen<'_>,
    id: PersonId,
    detail: &Detail,
    valid: Period,
) -> Result<(), PersonError> {
    let now = touch_person(tx, id, pen.now).await?.ok_or(PersonError::NoPerson)?;
    add_detail(tx, pen, id, detail, valid, now).await?;
    announce(tx, pen, id).await
}

/// Withdraws a name or detail that should never have been recorded; it stays readable in the history.
pub async fn withdraw(tx: &mut Tx, pen: Pen<'_>, id: PersonId, row: Uuid) -> Result<(), PersonError> {
    let now = touch_person(tx, id, pen.now).await?.ok_or(PersonError::NoPerson)?;
    let touched = tx.execute(WITHDRAW_NAME, params![id, row, now]).await?
        + tx.execute(WITHDRAW_DETAIL, params![id, row, now]).await?;
    if touched == 0 { Err(StoreError::NotFound.into()) } else { announce(tx, pen, id).await }
}

/// Withdraws every statement of one kind (see [`Detail::kind`]) that stands: nothing of the kind is known any more. What
/// was said stays readable in the history. Says how many there were.
pub async fn withdraw_details(tx: &mut Tx, pen: Pen<'_>, id: PersonId, kind: &str) -> Result<u64, PersonError> {
    let now = touch_person(tx, id, pen.now).await?.ok_or(PersonError::NoPerson)?;
    let withdrawn = tx.execute(WITHDRAW_KIND, params![id, kind, now]).await?;
    announce(tx, pen, id).await?;
    Ok(withdrawn)
}

/// Puts another number of its scheme in the place of one that was written down wrongly: from now on the wrong one names nobody,
/// and may be given to whom it belongs. What was said stays in the history. Says whether there was one in its place.
pub async fn correct_identifier(
    tx: &mut Tx,
    pen: Pen<'_>,
    id: PersonId,
    identifier: &Identifier,
) -> Result<bool, PersonError> {
    let now = touch_person(tx, id, pen.now).await?.ok_or(PersonError::NoPerson)?;
    let mut replaced = 0;
    if owner(tx, pen.keys, identifier).await?.is_none_or(|owner| owner != id) {
        replaced = tx.execute(WITHDRAW_IDENTIFIER, params![id, identifier.scheme, now]).await?;
        tx.execute(RELEASE_IDENTIFIER, params![id, identifier.scheme]).await?;
        claim(tx, pen, id, identifier, now).await?;
    }
    announce(tx, pen, id).await?;
    Ok(replaced > 0)
}

/// Gives a person the national identifier they did not have yet.
pub async fn identify(tx: &mut Tx, pen: Pen<'_>, id: PersonId, identifier: &Identifier) -> Result<(), PersonError> {
    let now = touch_person(tx, id, pen.now).await?.ok_or(PersonError::NoPerson)?;
    claim(tx, pen, id, identifier, now).await?;
    announce(tx, pen, id).await
}

async fn announce(tx: &mut Tx, pen: Pen<'_>, id: PersonId) -> Result<(), PersonError> {
    let mut changes = Changes::default();
    changes.person(id, Kind::Detail);
    Ok(changes.emit(tx, pen).await?)
}

async fn add_name(
    tx: &mut Tx,
    pen: Pen<'_>,
    id: PersonId,
    name: &Name,
    valid: Period,
    now: Instant,
) -> Result<(), StoreError> {
    ADD_NAME.insert(tx, vec![name_values(pen, id, name, valid, now)]).await.map(drop)
}

fn name_values(pen: Pen<'_>, id: PersonId, name: &Name, valid: Period, now: Instant) -> Vec<Value> {
    let o = pen.origin;
    params![
        id,
        pen.ids.uuid(now),
        name.script.word(),
        name.family,
        name.given,
        name.full,
        valid.from,
        valid.until,
        now,
        o.source,
        o.law,
        o.by
    ]
    .to_vec()
}

async fn add_detail(
    tx: &mut Tx,
    pen: Pen<'_>,
    id: PersonId,
    detail: &Detail,
    valid: Period,
    now: Instant,
) -> Result<(), StoreError> {
    ADD_DETAIL.insert(tx, vec![detail_values(pen, id, detail, valid, now)]).await.map(drop)
}

fn detail_values(pen: Pen<'_>, id: PersonId, detail: &Detail, valid: Period, now: Instant) -> Vec<Value> {
    let o = pen.origin;
    let row = pen.ids.uuid(now);
    params![id, row, detail.kind(), detail.text(), valid.from, valid.until, now, o.source, o.law, o.by].to_vec()
}

/// The keyed fingerprint under which an identifier is found.
pub(crate) fn tag(keys: &guard::Keys, identifier: &Identifier) -> Vec<u8> {
    keys.blind_index(&identifier.scheme, &identifier.canonical()).to_vec()
}

async fn claim(
    tx: &mut Tx,
    pen: Pen<'_>,
    id: PersonId,
    identifier: &Identifier,
    now: Instant,
) -> Result<(), PersonError> {
    let canonical = identifier.canonical();
    if canonical.is_empty() {
        return Err(PersonError::EmptyIdentifier);
    }
    let tag = tag(pen.keys, identifier);
    if tx.execute(CLAIM_IDENTIFIER, params![tag, identifier.scheme, id]).await? == 0 {
        let owner: PersonId = tx.one(OWNER, params![tag, identifier.scheme]).await?.get("person_id")?;
        return if owner == id { Ok(()) } else { Err(PersonError::IdentifierTaken) };
    }
    let row_id = pen.ids.uuid(now);
    let sealed = pen.keys.seal_field("person_identifier", "sealed", row_id, canonical.as_bytes())?;
    let o = pen.origin;
    let row = params![id, row_id, identifier.scheme, sealed, tag, BEGINNING, now, o.source, o.law, o.by];
    tx.execute(ADD_IDENTIFIER, row).await?;
    Ok(())
}

/// Whose identifier this is (the record it was given to, before any merge).
pub async fn owner(tx: &mut Tx, keys: &guard::Keys, identifier: &Identifier) -> Result<Option<PersonId>, StoreError> {
    let row = tx.maybe(OWNER, params![tag(keys, identifier), identifier.scheme]).await?;
    row.map(|r| r.get("person_id")).transpose()
}

/// The identifiers of a person in clear, as they stood at `at`.
pub(crate) async fn identifiers(
    tx: &mut Tx,
    keys: &guard::Keys,
    id: PersonId,
    at: Instant,
) -> Result<Vec<Identifier>, PersonError> {
    let mut all = Vec::new();
    for row in tx.all(IDENTIFIERS, params![id, at]).await? {
        let sealed: Vec<u8> = row.get("sealed")?;
        let clear = keys.open_field("person_identifier", "sealed", row.get("identifier_id")?, &sealed)?;
        all.push(Identifier::new(row.get::<String>("scheme")?, String::from_utf8_lossy(&clear)));
    }
    Ok(all)
}
