//! Letters to a person beside the notices of decisions: what is planned, what is asked, what ends soon. Once each.

use std::collections::BTreeMap;

use kernel::{CaseId, Date, HouseholdId, Instant, Lang, LetterId, PersonId, words};
use serde::{Deserialize, Serialize};
use store::{Row, StoreError, Tx, params};

use crate::case::Case;
use crate::decide::speak::Speech;
use crate::decide::way::Way;
use crate::desk::Desk;
use crate::rows::json;

store::sql! {
    ADD = "insert into letter (person_id, letter_id, letter_key, household_id, case_id, kind, content, made_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (person_id, letter_key) do nothing";
    OF_HOUSEHOLD = "select person_id, letter_id, household_id, case_id, kind, content, made_at, read_at from letter
        where household_id = $1 order by made_at desc, letter_id desc limit $2";
    READ = "update letter set read_at = $3 where person_id = $1 and letter_id = $2 and read_at is null";
}

words! {
    /// What a letter is.
    Kind as "letter" {
        /// A worse decision is planned; speak until the day.
        Hearing = "hearing",
        /// What was planned is not planned any more.
        HearingOver = "hearing_over",
        /// Only the family can say it.
        Asked = "asked",
        /// An entitlement ends soon.
        Reminder = "reminder",
        /// The account that was given is not theirs: another is asked for.
        Account = "account",
        /// It takes longer, as the law allows.
        Extended = "extended",
        /// A decision was objected to, and stands.
        Upheld = "upheld",
    }
}

/// A letter in one language.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Words {
    /// What it is about.
    pub title: String,
    /// What it says.
    pub lead: String,
}

/// A letter as the database holds it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Letter {
    /// Its id.
    pub id: LetterId,
    /// To whom.
    pub person: PersonId,
    /// The household.
    pub household: HouseholdId,
    /// The case.
    pub case: Option<CaseId>,
    /// What it is.
    pub kind: Kind,
    /// In each language.
    pub words: BTreeMap<Lang, Words>,
    /// When it was written.
    pub made_at: Instant,
    /// When it was first opened.
    pub read_at: Option<Instant>,
}

/// What a letter says beside the programme.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Said<'a> {
    /// The day it turns on.
    pub(crate) date: Date,
    /// An official's words.
    pub(crate) reason: &'a str,
    /// How one may object next.
    pub(crate) next: Option<Way>,
}

impl From<Date> for Said<'_> {
    fn from(date: Date) -> Self {
        Said { date, reason: "", next: None }
    }
}

/// Writes a letter to the applicant, once a key; says whether it is new.
pub(crate) async fn write(
    tx: &mut Tx,
    desk: &Desk<'_>,
    case: &Case,
    kind: Kind,
    key: &str,
    said: Said<'_>,
) -> Result<bool, StoreError> {
    let complete = desk.pack.manifest().complete.iter();
    let words: BTreeMap<Lang, Words> =
        complete.map(|lang| (*lang, in_language(desk, case, kind, *lang, said))).collect();
    let id = LetterId::new(desk.ids, desk.now);
    let key = format!("{} {key}", kind.word());
    let values = params![case.applicant, id, key, case.household, case.id, kind.word(), json(&words)?, desk.now];
    Ok(tx.execute(ADD, values).await? == 1)
}

fn in_language(desk: &Desk<'_>, case: &Case, kind: Kind, lang: Lang, said: Said<'_>) -> Words {
    let s = Speech::new(desk.pack, lang);
    let office = said.next.and_then(|way| Some((s.objection_office(&case.programme, way.level)?, way.until?)));
    let (title, lead) = match kind {
        Kind::Hearing => ("hearing-title", "hearing-lead"),
        Kind::HearingOver => ("hearing-over-title", "hearing-over-lead"),
        Kind::Asked => ("asked-title", "asked-lead"),
        Kind::Reminder => ("reminder-title", "reminder-lead"),
        Kind::Account => ("account-refused-title", "account-refused-lead"),
        Kind::Extended => ("extended-title", "extended-lead"),
        Kind::Upheld if office.is_some() => ("upheld-title", "upheld-lead"),
        Kind::Upheld => ("upheld-title", "upheld-lead-last"),
    };
    let (office, date) = office.unwrap_or((String::new(), said.date));
    let args = [
        ("programme", s.programme(&case.programme).into()),
        ("date", s.t.date(date).into()),
        ("reason", said.reason.into()),
        ("office", office.into()),
    ];
    Words { title: s.t.with(title, &args).into_owned(), lead: s.t.with(lead, &args).into_owned() }
}

/// Letters to a household's people, the newest first.
pub(crate) async fn of_household(tx: &mut Tx, household: HouseholdId, most: u32) -> Result<Vec<Letter>, StoreError> {
    let read = |row: &Row| {
        Ok(Letter {
            id: row.get("letter_id")?,
            person: row.get("person_id")?,
            household: row.get("household_id")?,
            case: row.maybe("case_id")?,
            kind: row.parse("kind")?,
            words: row.json("content")?,
            made_at: row.get("made_at")?,
            read_at: row.maybe("read_at")?,
        })
    };
    tx.all(OF_HOUSEHOLD, params![household, most]).await?.iter().map(read).collect()
}

/// Notes that a letter was opened.
pub async fn opened(tx: &mut Tx, person: PersonId, id: LetterId, now: Instant) -> Result<(), StoreError> {
    tx.execute(READ, params![person, id, now]).await.map(drop)
}
