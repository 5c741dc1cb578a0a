//! Families and visits as columns: no names, no ids, one number a cell. Days are counted from 1970.

use std::collections::HashMap;
use std::hash::Hash;

use catalogue::Pack;
use catalogue::model::{Indicators, Measure, Protocol};
use jiff::ToSpan as _;
use kernel::{AccountId, Date, PersonId};
use visit::instrument::{Answer, Answers, score};
use visit::model::EndingWord;
use visit::whole::Contact;

use crate::period::number;

/// Never, or not yet.
pub const NEVER: i32 = i32::MAX;

/// What is known of one family before it goes into columns.
#[derive(Clone, Debug, Default)]
pub struct Family {
    /// The district.
    pub place: String,
    /// Its protocol as `id@version`.
    pub protocol: String,
    /// The fifth of income, 1 to 5, of its household when it was first counted; `None`: not known.
    pub fifth: Option<u8>,
    /// The day it came under it.
    pub entered: Date,
    /// The day it agreed to visits.
    pub agreed: Option<Date>,
    /// Its last day.
    pub left: Option<Date>,
    /// The day birth is or was expected.
    pub due: Option<Date>,
    /// The day a pregnancy was lost.
    pub lost: Option<Date>,
    /// Days of birth and death of its children.
    pub children: Vec<(Date, Option<Date>)>,
    /// Decisions on need in the order of their days: from when on, protocol as `id@version`, level within it.
    pub levels: Vec<(Date, String, Option<String>)>,
    /// Visits and assessments in the order of their days.
    pub contacts: Vec<Contact>,
}

/// Everything that is counted.
#[derive(Clone, Debug, Default)]
pub struct Columns {
    /// Districts by number.
    pub places: Vec<String>,
    /// Families.
    pub families: Families,
    /// Their visits and assessments.
    pub visits: Visits,
    /// Their children.
    pub children: Children,
    /// Their changes of level of care.
    pub changes: Changes,
    /// Referrals.
    pub referrals: Referrals,
}

/// A family a row. What belongs to it lies in other columns from its own number up to that of the next.
#[derive(Clone, Debug, Default)]
pub struct Families {
    /// District.
    pub place: Vec<u32>,
    /// Fifth of income; 0: not known.
    pub fifth: Vec<u8>,
    /// First and last day under visits: from when it agreed until it left, or its protocol ended.
    pub from: Vec<i32>,
    /// The last day.
    pub until: Vec<i32>,
    /// First day of birth.
    pub born: Vec<i32>,
    /// Since when it mourns.
    pub mourns: Vec<i32>,
    /// The day its protocol ended, for a family that stayed to the end of one with a dose.
    pub ended: Vec<i32>,
    /// Visits it needed, before and after birth.
    pub dose: Vec<(u8, u8)>,
    /// Its first visit or assessment.
    pub visits: Vec<u32>,
    /// Its first child.
    pub children: Vec<u32>,
    /// Its first change of level.
    pub changes: Vec<u32>,
}

/// A visit or an assessment a row, in the order of days within a family.
#[derive(Clone, Debug, Default)]
pub struct Visits {
    /// The day.
    pub day: Vec<i32>,
    /// Whether a visit took place.
    pub done: Vec<bool>,
    /// Minutes in the home; 0: not written down.
    pub minutes: Vec<u16>,
    /// The nurse, by number.
    pub nurse: Vec<u32>,
    /// Two bits for each indicator that is about answers or topics: asked, and so answered that it counts.
    pub marks: Vec<u64>,
}

/// A child a row.
#[derive(Clone, Debug, Default)]
pub struct Children {
    /// Day of birth.
    pub born: Vec<i32>,
    /// Day of death.
    pub died: Vec<i32>,
    /// Age at death in whole months.
    pub months: Vec<u16>,
}

/// A decision on need a row.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    /// From when on.
    pub day: Vec<i32>,
    /// The level's place among the pack's.
    pub level: Vec<u8>,
}

/// A referral a row, those of one person one after the other.
#[derive(Clone, Debug, Default)]
pub struct Referrals {
    /// District of the office that sent the family.
    pub place: Vec<u32>,
    /// Whose: a number that says no more than that two are of the same person.
    pub person: Vec<u32>,
    /// The day it was sent.
    pub sent: Vec<i32>,
    /// The day it was completed.
    pub completed: Vec<i32>,
}

/// Puts families into columns, one after the other.
pub struct Builder<'a> {
    pack: &'a Pack,
    indicators: &'a Indicators,
    /// Indicators about answers and topics; the first has the lowest two bits.
    marked: Vec<&'a Measure>,
    places: Numbers<String>,
    nurses: Numbers<AccountId>,
    people: Numbers<PersonId>,
    columns: Columns,
}

impl<'a> Builder<'a> {
    /// Nothing yet.
    pub fn new(pack: &'a Pack, indicators: &'a Indicators) -> Self {
        let marked = indicators.all.iter().map(|i| &i.measure).filter(|m| is_marked(m)).collect();
        let (places, nurses, people) = (Numbers::default(), Numbers::default(), Numbers::default());
        Builder { pack, indicators, marked, places, nurses, people, columns: Columns::default() }
    }

    /// One more family.
    pub fn family(&mut self, family: &Family) {
        let place = self.places.of(&family.place);
        let protocol = self.pack.protocols().get(&family.protocol);
        let born = family.children.iter().map(|c| c.0).min();
        let end = protocol.and_then(|p| ends(p, born, family.due));
        let stayed = family.left.is_none_or(|left| end.is_some_and(|end| left >= end));
        let died: Option<Date> = family.children.iter().filter_map(|c| c.1).min();
        let mourns = [family.lost, died].into_iter().flatten().min();
        let last = [family.left, end].into_iter().flatten().min();
        let dose = protocol.and_then(|p| p.dose).unwrap_or(catalogue::model::Dose { before_birth: 0, after_birth: 0 });
        let early = born.is_some_and(|born| family.entered < born);
        let small = |n: u32| u8::try_from(n).unwrap_or(u8::MAX);
        let needed = (if early { small(dose.before_birth) } else { 0 }, small(dose.after_birth));
        let whole = needed.1 > 0 && stayed && family.agreed.is_some();
        let columns = &mut self.columns;
        let f = &mut columns.families;
        f.place.push(place);
        f.fifth.push(family.fifth.filter(|n| (1..=5).contains(n)).unwrap_or(0));
        f.from.push(day(family.agreed.map(|agreed| agreed.max(family.entered))));
        f.until.push(day(last));
        f.born.push(day(born));
        f.mourns.push(day(mourns));
        f.ended.push(day(end.filter(|_| whole && born.is_some())));
        f.dose.push(needed);
        f.visits.push(row(columns.visits.day.len()));
        f.children.push(row(columns.children.born.len()));
        f.changes.push(row(columns.changes.day.len()));
        for (born, died) in &family.children {
            columns.children.born.push(number(*born));
            columns.children.died.push(day(*died));
            columns.children.months.push(died.map_or(u16::MAX, |died| months(*born, died)));
        }
        for (from, protocol, tier) in &family.levels {
            let Some(level) = level(self.indicators, protocol, tier.as_deref()) else { continue };
            columns.changes.day.push(number(*from));
            columns.changes.level.push(level);
        }
        for contact in &family.contacts {
            let marks = self.marks(contact, family);
            let nurse = self.nurses.of(&contact.account);
            let v = &mut self.columns.visits;
            v.day.push(number(contact.on));
            v.done.push(contact.ending == Some(EndingWord::Done));
            v.minutes.push(contact.minutes.map_or(0, |m| u16::try_from(m).unwrap_or(u16::MAX)));
            v.nurse.push(nurse);
            v.marks.push(marks);
        }
    }

    /// One more referral, after all others of the same person that came before.
    pub fn referral(&mut self, place: &str, person: PersonId, sent: Date, completed: Option<Date>) {
        let (place, person) = (self.places.of(&place.to_owned()), self.people.of(&person));
        let r = &mut self.columns.referrals;
        r.place.push(place);
        r.person.push(person);
        r.sent.push(number(sent));
        r.completed.push(day(completed));
    }

    /// All of it.
    pub fn columns(mut self) -> Columns {
        self.columns.places = self.places.all;
        self.columns
    }

    fn marks(&self, contact: &Contact, family: &Family) -> u64 {
        let mark = |measure: &Measure| match measure {
            Measure::Topic { topic } => {
                (contact.ending == Some(EndingWord::Done)).then(|| contact.topics.contains(topic))
            }
            Measure::Answered { instrument, question, codes, months: ages } => {
                let fits = ages.is_none_or(|(from, to)| {
                    let born = family.children.iter().map(|c| c.0).max();
                    let age = born.filter(|born| *born <= contact.on).map(|born| u32::from(months(born, contact.on)));
                    age.is_some_and(|age| (from..to).contains(&age))
                });
                let answer = answers(contact, instrument).and_then(|(_, answers)| answers.get(question));
                answer.filter(|_| fits).map(|answer| codes.iter().any(|code| is(answer, code)))
            }
            Measure::Screened { instrument, at_least, before_birth } => {
                let born = family.children.iter().map(|c| c.0).min();
                let before = born.is_none_or(|born| contact.on < born);
                let (key, answers) = answers(contact, instrument).filter(|_| before == *before_birth)?;
                let rule = self.pack.score_on(instrument, contact.on)?;
                let scored = score(rule, self.pack.instruments().get(key)?, answers);
                // Where questions were skipped and the rest is not enough, nobody knows.
                (scored.points >= *at_least || scored.skipped.is_empty()).then_some(scored.points >= *at_least)
            }
            _ => None,
        };
        let bits = self.marked.iter().enumerate().map(|(n, measure)| match mark(measure) {
            None => 0,
            Some(counts) => (1 | u64::from(counts) << 1) << (2 * n),
        });
        bits.fold(0, |all, bits| all | bits)
    }
}

/// Whether a measure is about answers or topics, and so has two bits.
pub(crate) fn is_marked(measure: &Measure) -> bool {
    matches!(measure, Measure::Answered { .. } | Measure::Screened { .. } | Measure::Topic { .. })
}

/// The answers to an instrument, whatever its version.
fn answers<'c>(contact: &'c Contact, instrument: &str) -> Option<(&'c str, &'c Answers)> {
    let of = |key: &str| key.split('@').next() == Some(instrument);
    contact.answers.iter().find(|(key, _)| of(key)).map(|(key, answers)| (key.as_str(), answers))
}

fn is(answer: &Answer, code: &str) -> bool {
    match answer {
        Answer::Flag(flag) => code.parse() == Ok(*flag),
        Answer::Text(own) => own == code,
        Answer::Many(all) => all.iter().any(|own| own == code),
        Answer::Integer(_) | Answer::Decimal(_) => false,
    }
}

/// The level of care a decision leads to; `None`: the pack names none such.
fn level(indicators: &Indicators, protocol: &str, tier: Option<&str>) -> Option<u8> {
    let id = protocol.split('@').next().unwrap_or_default();
    let at = indicators.levels.iter().position(|l| l.protocol == id && l.tier.as_deref() == tier)?;
    u8::try_from(at).ok()
}

/// The day a protocol ends for a family.
fn ends(protocol: &Protocol, born: Option<Date>, due: Option<Date>) -> Option<Date> {
    use catalogue::model::Point;
    match protocol.ends {
        Point::BirthDays(days) => born.or(due).map(|day| day.saturating_add(i64::from(days).days())),
        Point::BirthMonths(months) => born.or(due).map(|day| day.saturating_add(i64::from(months).months())),
        Point::PregnancyWeek(_) | Point::DischargeDays(_) => None,
    }
}

/// Whole months from one day to another.
fn months(from: Date, to: Date) -> u16 {
    let whole = (i32::from(to.year()) - i32::from(from.year())) * 12 + i32::from(to.month()) - i32::from(from.month());
    let whole = if to.day() < from.day() { whole - 1 } else { whole };
    u16::try_from(whole).unwrap_or(0)
}

fn day(day: Option<Date>) -> i32 {
    day.map_or(NEVER, number)
}

fn row(len: usize) -> u32 {
    u32::try_from(len).unwrap_or(u32::MAX)
}

/// A number for each of many things, in the order in which they come.
struct Numbers<T> {
    all: Vec<T>,
    known: HashMap<T, u32>,
}

impl<T> Default for Numbers<T> {
    fn default() -> Self {
        Numbers { all: Vec::new(), known: HashMap::new() }
    }
}

impl<T: Clone + Eq + Hash> Numbers<T> {
    fn of(&mut self, thing: &T) -> u32 {
        if let Some(n) = self.known.get(thing) {
            return *n;
        }
        let n = row(self.all.len());
        self.all.push(thing.clone());
        self.known.insert(thing.clone(), n);
        n
    }
}
