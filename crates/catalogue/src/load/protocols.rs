//! `protocols/*.toml`: visit protocols, each version a file.

use std::collections::HashSet;
use std::ops::RangeInclusive;

use kernel::Lang;
use rules::schema::Origin;

use super::context::Context;
use crate::model::{Dose, Entry, LossVisit, Point, Protocol, Rhythm, Topic, VisitType};
use crate::read::fault::{did_you_mean, one_of};
use crate::read::toml_doc::{Located, Table, document};

const WEEKS: RangeInclusive<u32> = 1..=42;
/// Protocols go from conception to school age.
const DAYS: RangeInclusive<u32> = 0..=2_600;
const MONTHS: RangeInclusive<u32> = 1..=84;

/// Reads all protocols.
pub(crate) fn read(cx: &mut Context<'_>) {
    let faults = cx.faults;
    for source in cx.folder("protocols", ".toml") {
        document(&source, faults, |root| protocol(cx, root));
    }
}

fn protocol(cx: &mut Context<'_>, root: &Table<'_>) {
    let complete = cx.complete();
    let id = root.need_text("id");
    let version = root.need_text("version");
    let from = root.date("from");
    if from.is_none() && !root.has("from") {
        cx.faults.error("missing-key", &root.place("from"), "\"from\" is missing", "from = 2026-01-01", "");
    }
    let owner = root.need_text("owner");
    owner.iter().for_each(|agency| cx.check_agency(agency));
    let topics: Vec<Topic> = root.tables("topic").iter().filter_map(|t| topic(cx, t, &complete)).collect();
    let reader = Reader { cx, complete: &complete, topics: &topics };
    let visits: Vec<VisitType> = root.tables("visit").iter().filter_map(|t| reader.visit(t)).collect();
    let rhythms: Vec<Rhythm> = root.tables("rhythm").iter().filter_map(|t| reader.rhythm(t)).collect();
    let loss = root.table("loss").and_then(|t| reader.loss(&t));
    let entry = root.table("entry").map(|t| reader.entry(&t)).unwrap_or_default();
    let dose = root.table("dose").map(|t| reader.dose(&t, &visits));
    let ends = root.table("ends").and_then(|t| reader.only_point(&t));
    if ends.is_none() && !root.has("ends") {
        let hint = "the day on which a family has come to the end";
        cx.faults.error("missing-key", &root.place("ends"), "[ends] is missing", "[ends] birth_months = 24", hint);
    }
    if entry == Entry::default() {
        let message = "nobody can enter";
        cx.faults.error("nobody", &root.place("entry"), message, "[entry] from_week = 20, until_day = 56, or one", "");
    }
    let minutes = (root.count("minutes_least"), root.count("minutes_most"));
    let version = version.map(|t| t.it).unwrap_or_default();
    let protocol = Protocol {
        key: format!("{}@{version}", id.as_ref().map_or("", |t| t.it.as_str())),
        universal: root.flag("universal"),
        name: root.need_words("name", &complete),
        law: root.text("law").map(|t| t.it).unwrap_or_default(),
        owner: owner.map(|t| t.it).unwrap_or_default(),
        entry,
        dose,
        catch_up_days: reader.count(root, "catch_up_days", DAYS).unwrap_or(0),
        loss,
        minutes: minutes.0.zip(minutes.1),
        sources: cx.checked_sources([root.ids("sources"), root.ids("source")].concat()),
        confidence: root.text("confidence").and_then(|c| cx.confidence(&c)),
        id: id.as_ref().map(|t| t.it.clone()).unwrap_or_default(),
        version,
        from: from.unwrap_or_default(),
        ends: ends.unwrap_or(Point::BirthDays(0)),
        topics,
        visits,
        rhythms,
    };
    root.finish();
    let Some(id) = id else { return };
    cx.check_id(&id.it, &id.at);
    check(cx, &protocol, root);
    let key = protocol.key.clone();
    if !cx.content.protocols.add(&key, protocol) {
        cx.twice("version of a protocol", &key, &id.at);
    }
}

fn topic(cx: &Context<'_>, table: &Table<'_>, complete: &[Lang]) -> Option<Topic> {
    let id = table.need_text("id");
    let name = table.need_words("name", complete);
    table.finish();
    let id = id?;
    cx.check_id(&id.it, &id.at);
    Some(Topic { id: id.it, name })
}

/// What holds for the parts of one file.
struct Reader<'a, 'c> {
    cx: &'a Context<'c>,
    complete: &'a [Lang],
    topics: &'a [Topic],
}

impl Reader<'_, '_> {
    fn count(&self, table: &Table<'_>, key: &'static str, within: RangeInclusive<u32>) -> Option<u32> {
        let n = table.count(key)?;
        if within.contains(&n) {
            return Some(n);
        }
        let expected = format!("a whole number from {} to {}", within.start(), within.end());
        self.cx.faults.error("out-of-range", &table.place(key), format!("{n} is no {key}"), expected, "");
        None
    }

    fn id(&self, table: &Table<'_>) -> Option<Located<String>> {
        let id = table.need_text("id")?;
        self.cx.check_id(&id.it, &id.at);
        Some(id)
    }

    fn topics(&self, table: &Table<'_>) -> Vec<String> {
        let known = || self.topics.iter().map(|t| t.id.as_str());
        let named = table.texts("topics");
        for topic in named.iter().filter(|t| known().all(|k| k != t.it)) {
            let message = format!("there is no topic \"{}\"", topic.it);
            let hint = did_you_mean(&topic.it, known());
            self.cx.faults.error("unknown-topic", &topic.at, message, one_of(known()), hint);
        }
        named.into_iter().map(|t| t.it).collect()
    }

    fn forms(&self, table: &Table<'_>) -> Vec<String> {
        let known = || self.cx.content.instruments.iter().map(|i| i.id.as_str());
        let named = table.texts("forms");
        for form in named.iter().filter(|f| known().all(|k| k != f.it)) {
            let message = format!("there is no instrument \"{}\"", form.it);
            let hint = did_you_mean(&form.it, known());
            self.cx.faults.error("unknown-instrument", &form.at, message, one_of(known()), hint);
        }
        named.into_iter().map(|t| t.it).collect()
    }

    /// Exactly one of the four ways to name a day.
    fn point(&self, table: &Table<'_>) -> Option<Point> {
        let points = [
            self.count(table, "pregnancy_week", WEEKS).map(Point::PregnancyWeek),
            self.count(table, "birth_days", DAYS).map(Point::BirthDays),
            self.count(table, "birth_months", MONTHS).map(Point::BirthMonths),
            self.count(table, "discharge_days", DAYS).map(Point::DischargeDays),
        ];
        let mut named = points.into_iter().flatten();
        match (named.next(), named.next()) {
            (Some(point), None) => Some(point),
            (first, _) => {
                let message = if first.is_none() { "no day is named" } else { "two days are named" };
                let expected = "one of pregnancy_week, birth_days, birth_months, discharge_days";
                self.cx.faults.error("one-day", &table.place("id"), message, expected, "");
                None
            }
        }
    }

    fn only_point(&self, table: &Table<'_>) -> Option<Point> {
        let point = self.point(table);
        table.finish();
        point
    }

    fn entry(&self, table: &Table<'_>) -> Entry {
        let entry =
            Entry { from_week: self.count(table, "from_week", WEEKS), until_day: self.count(table, "until_day", DAYS) };
        table.finish();
        entry
    }

    /// A dose that the visits of the file cannot reach is a fault: no family would ever have it.
    fn dose(&self, table: &Table<'_>, visits: &[VisitType]) -> Dose {
        let before = |v: &&VisitType| matches!(v.at, Point::PregnancyWeek(_));
        let there = visits.iter().filter(before).count();
        let dose = Dose {
            before_birth: self.count(table, "before_birth", 0..=100).unwrap_or(0),
            after_birth: self.count(table, "after_birth", 0..=200).unwrap_or(0),
        };
        let parts =
            [("before_birth", dose.before_birth, there), ("after_birth", dose.after_birth, visits.len() - there)];
        for (key, needed, there) in parts {
            if usize::try_from(needed).is_ok_and(|needed| needed > there) {
                let message = format!("{needed} visits are needed and the file has {there}");
                self.cx.faults.error("dose", &table.place(key), message, format!("at most {there}"), "");
            }
        }
        table.finish();
        dose
    }

    fn visit(&self, table: &Table<'_>) -> Option<VisitType> {
        let id = self.id(table);
        let at = self.point(table);
        let visit = VisitType {
            id: id.map(|t| t.it).unwrap_or_default(),
            name: table.need_words("name", self.complete),
            at: at.unwrap_or(Point::BirthDays(0)),
            early_days: self.count(table, "early_days", DAYS).unwrap_or(0),
            late_days: self.count(table, "late_days", DAYS).unwrap_or(0),
            topics: self.topics(table),
            forms: self.forms(table),
            corrected_age: table.flag("corrected_age"),
            illustrative: table.flag("illustrative"),
        };
        table.finish();
        at.map(|_| visit)
    }

    fn rhythm(&self, table: &Table<'_>) -> Option<Rhythm> {
        let id = self.id(table);
        let tier = table.need_text("tier");
        let every = self.count(table, "every_days", 1..=366);
        if every.is_none() && !table.has("every_days") {
            self.cx.faults.error("missing-key", &table.place("id"), "\"every_days\" is missing", "every_days = 14", "");
        }
        let rhythm = Rhythm {
            id: id.map(|t| t.it).unwrap_or_default(),
            name: table.need_words("name", self.complete),
            tier: tier.map(|t| t.it).unwrap_or_default(),
            first_days: self.count(table, "first_days", DAYS).unwrap_or(0),
            every_days: every.unwrap_or(1),
            spread_days: self.count(table, "spread_days", DAYS).unwrap_or(0),
            topics: self.topics(table),
            illustrative: table.flag("illustrative"),
        };
        table.finish();
        every.map(|_| rhythm)
    }

    fn loss(&self, table: &Table<'_>) -> Option<LossVisit> {
        let id = self.id(table);
        let visit = LossVisit {
            id: id.map(|t| t.it).unwrap_or_default(),
            name: table.need_words("name", self.complete),
            within_days: self.count(table, "within_days", DAYS).unwrap_or(14),
            topics: self.topics(table),
        };
        table.finish();
        Some(visit)
    }
}

/// What no single part can tell: ids given twice, visits after the end.
fn check(cx: &Context<'_>, protocol: &Protocol, root: &Table<'_>) {
    let at: Origin = root.place("visit");
    let mut seen = HashSet::new();
    let visits = protocol.visits.iter().map(|v| &v.id);
    let others = protocol.rhythms.iter().map(|r| &r.id).chain(protocol.loss.iter().map(|l| &l.id));
    for id in visits.chain(others).filter(|id| !seen.insert(id.as_str())) {
        cx.twice("visit", id, &at);
    }
    let end = rough_days(protocol.ends);
    for visit in protocol.visits.iter().filter(|v| rough_days(v.at) > end + 1) {
        let message = format!("the visit \"{}\" is after the end of the protocol", visit.id);
        cx.faults.error("after-the-end", &at, message, "a day before [ends]", "");
    }
}

/// Days from birth, near enough to compare two points of one protocol.
fn rough_days(point: Point) -> i64 {
    match point {
        Point::PregnancyWeek(week) => (i64::from(week) - 40) * 7,
        Point::BirthDays(days) | Point::DischargeDays(days) => i64::from(days),
        Point::BirthMonths(months) => i64::from(months) * 304_375 / 10_000,
    }
}
