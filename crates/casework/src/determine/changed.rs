//! What a determination says otherwise than the one before: month by month, which conditions turned, and which facts are
//! behind it, each with its source. Pure: both sides are frozen.

use std::collections::{BTreeMap, BTreeSet};

use kernel::Date;
use rules::schema::{Entity, Per};
use serde::{Deserialize, Serialize};

use super::basis::Basis;
use super::compare::compare;
use super::slices::{Slice, next_month};
use super::work::{Determined, Reason};
use crate::model::{Prefilled, Subject};
use crate::snapshot::FactStood;

/// Months one after the other, or the single payment, that change by the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stretch {
    /// First day of the first month.
    pub from: Date,
    /// First day of the last month; `None`: it goes on.
    pub last: Option<Date>,
    /// Minor units a month before.
    pub before: i64,
    /// Minor units a month now.
    pub after: i64,
}

/// How a condition stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Truth {
    /// It holds.
    Holds,
    /// It does not.
    Fails,
    /// Nobody can tell yet.
    Open,
    /// The version of the law has no such condition.
    Absent,
}

/// A fact that is another now.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FactChange {
    /// Whom it is about.
    pub subject: Subject,
    /// The item.
    pub item: String,
    /// What it was, with its source; `None`: not known then.
    pub before: Option<Prefilled>,
    /// What it is; `None`: not known any more.
    pub after: Option<Prefilled>,
}

/// A condition that turned, or rests on other facts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Turned {
    /// Its id in the pack.
    pub id: String,
    /// The law.
    pub law: String,
    /// Before.
    pub before: Truth,
    /// Now.
    pub after: Truth,
    /// The facts behind it that are others now.
    pub facts: Vec<FactChange>,
}

/// Everything that is otherwise.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Changed {
    /// Months whose sum changes, the earliest first.
    pub months: Vec<Stretch>,
    /// Conditions, in the order of the law.
    pub reasons: Vec<Turned>,
    /// Other facts the programme reads, on which the sum may rest.
    pub facts: Vec<FactChange>,
    /// The law and its figures are others than before.
    pub law: bool,
}

impl Changed {
    /// Whether nothing is otherwise.
    pub fn is_empty(&self) -> bool {
        *self == Changed::default()
    }
}

/// One side of the comparison.
#[derive(Clone, Copy, Debug)]
pub struct Side<'a> {
    /// What it rests on.
    pub basis: &'a Basis,
    /// What the rules said.
    pub determined: &'a Determined,
    /// What was, or would be, decided on it: an official may have decided otherwise than the rules.
    pub slices: &'a [Slice],
}

/// Holds one side against the other. `reads`: whether the programme reads an item; what it does not read explains nothing.
pub fn changed(before: Side<'_>, after: Side<'_>, per: Option<Per>, reads: impl Fn(Entity, &str) -> bool) -> Changed {
    let mut facts = facts(before.basis, after.basis, reads);
    let reasons = reasons(before.determined, after.determined, &mut facts);
    let months = stretches(before.slices, after.slices, per);
    let (old, new) = (before.determined, after.determined);
    // Another version of the law says so itself; another figure in it shows only in a sum that no fact explains.
    let unexplained = !months.is_empty() && reasons.is_empty() && facts.is_empty();
    let law = old.version != new.version || (unexplained && old.rule_set != new.rule_set);
    Changed { months, reasons, facts: facts.into_values().collect(), law }
}

/// Months that change alike are one line: nobody reads forty.
fn stretches(before: &[Slice], after: &[Slice], per: Option<Per>) -> Vec<Stretch> {
    let mut lines: Vec<Stretch> = Vec::new();
    for month in compare(before, after, per).months {
        match lines.last_mut() {
            Some(line)
                if (line.before, line.after) == (month.before, month.after)
                    && line.last.map(next_month) == Some(month.month) =>
            {
                line.last = Some(month.month);
            }
            _ => {
                let (from, before, after) = (month.month, month.before, month.after);
                lines.push(Stretch { from, last: Some(from), before, after });
            }
        }
    }
    // The comparison ends where the last slice begins; what an open one pays then it pays from then on.
    let edges = before.iter().chain(after).flat_map(|s| [Some(s.from), s.until]).flatten();
    let open = before.iter().chain(after).any(|s| s.until.is_none());
    if let (Some(line), Some(edge)) = (lines.last_mut(), edges.max())
        && open
        && per != Some(Per::Once)
        && line.last == Some(edge.first_of_month())
    {
        line.last = None;
    }
    lines
}

type Key = (Subject, String);

/// The facts that are others, by whom they are about and what they are.
fn facts(before: &Basis, after: &Basis, reads: impl Fn(Entity, &str) -> bool) -> BTreeMap<Key, FactChange> {
    let (old, new) = (stood(before, &reads), stood(after, &reads));
    let keys = old.keys().chain(new.keys());
    let change = |key: &Key| FactChange {
        subject: key.0,
        item: key.1.clone(),
        before: old.get(key).cloned(),
        after: new.get(key).cloned(),
    };
    let other = |key: &&Key| old.get(*key).map(|f| &f.value) != new.get(*key).map(|f| &f.value);
    keys.filter(other).map(|key| (key.clone(), change(key))).collect()
}

fn stood(basis: &Basis, reads: &impl Fn(Entity, &str) -> bool) -> BTreeMap<Key, Prefilled> {
    let Some(now) = basis.now() else { return BTreeMap::new() };
    let of = |subject: Subject, f: &FactStood| {
        let fact = Prefilled {
            subject,
            item: f.item.clone(),
            value: f.value.clone(),
            source: Some(f.source.clone()),
            valid_from: f.valid_from,
            recorded: f.recorded.clone(),
            law: f.law.clone(),
        };
        ((subject, f.item.clone()), fact)
    };
    let home = Subject::Household(now.household);
    let household = now.facts.iter().filter(|f| reads(Entity::Household, &f.item)).map(|f| of(home, f));
    let members = now.members.iter().flat_map(|m| m.facts.iter().map(move |f| (Subject::Person(m.person), f)));
    let members = members.filter(|(_, f)| reads(Entity::Person, &f.item)).map(|(who, f)| of(who, f));
    household.chain(members).collect()
}

/// The conditions that turned or rest on other facts, with those facts, which are taken out of `facts`.
fn reasons(before: &Determined, after: &Determined, facts: &mut BTreeMap<Key, FactChange>) -> Vec<Turned> {
    fn of<'d>(d: &'d Determined, id: &str) -> Option<&'d Reason> {
        d.reasons.iter().find(|r| r.id == id)
    }
    let gone = before.reasons.iter().filter(|r| of(after, &r.id).is_none());
    let mut turned = Vec::new();
    for reason in after.reasons.iter().chain(gone) {
        let sides = [of(before, &reason.id), of(after, &reason.id)];
        let read = sides.iter().flatten().flat_map(|r| &r.facts).map(|f| (f.subject, f.item.clone()));
        let read: BTreeSet<Key> = read.collect();
        let it = Turned {
            id: reason.id.clone(),
            law: reason.law.clone(),
            before: truth(sides[0]),
            after: truth(sides[1]),
            facts: read.iter().filter_map(|key| facts.get(key).cloned()).collect(),
        };
        if it.before != it.after || !it.facts.is_empty() {
            turned.push(it);
        }
    }
    let behind: Vec<Key> = turned.iter().flat_map(|t| &t.facts).map(|f| (f.subject, f.item.clone())).collect();
    facts.retain(|key, _| !behind.contains(key));
    turned
}

fn truth(reason: Option<&Reason>) -> Truth {
    match reason.map(|r| r.holds) {
        Some(Some(true)) => Truth::Holds,
        Some(Some(false)) => Truth::Fails,
        Some(None) => Truth::Open,
        None => Truth::Absent,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::{MemberStood, Snapshot};
    use jiff::civil::date;
    use kernel::{HouseholdId, PersonId};
    use rules::outcome::Answer;
    use rules::schema::Value;
    use uuid::Uuid;

    const HOME: HouseholdId = HouseholdId(Uuid::from_u128(1));
    const MOTHER: PersonId = PersonId(Uuid::from_u128(2));

    fn fact(item: &str, value: Value, source: &str) -> FactStood {
        let (item, source) = (item.to_owned(), source.to_owned());
        FactStood { item, value, source, valid_from: None, recorded: None, law: None }
    }

    /// A mother with these wages and this many rooms, on a day.
    fn basis(wages: Option<i64>, rooms: i64) -> Basis {
        let wages = wages.map(|won| fact("wages", Value::Money(won), "tax_office"));
        let member = MemberStood { person: MOTHER, parents: vec![], spouse: None, facts: wages.into_iter().collect() };
        let facts = Snapshot {
            household: HOME,
            on: date(2026, 6, 1),
            place: None,
            facts: vec![fact("rooms", Value::Integer(rooms), "self")],
            members: vec![member],
        };
        Basis {
            programme: "housing".into(),
            subject: Subject::Household(HOME),
            household: HOME,
            on: date(2026, 6, 1),
            claim: date(2026, 1, 1),
            since: None,
            facts: vec![super::super::basis::FactsOn { from: date(2026, 6, 1), facts }],
            claimed: vec![],
        }
    }

    fn determined(holds: Option<bool>, basis: &Basis) -> Determined {
        let wages = stood(basis, &|_, item| item == "wages").into_values().collect();
        let reason = Reason { id: "poor".into(), law: "§ 3".into(), holds, error: None, steps: vec![], facts: wages };
        Determined {
            answer: Answer::Yes,
            version: 0,
            law: "§ 1".into(),
            reasons: vec![reason],
            missing: vec![],
            amount: None,
            slices: vec![],
            from: None,
            until: None,
            excluded: None,
            touches: vec![],
            official_looks: false,
            nearest: None,
            error: None,
            rule_set: "a".into(),
        }
    }

    fn slice(from: Date, until: Option<Date>, minor: i64) -> Slice {
        Slice { from, until, minor }
    }

    /// Everything is read but the rooms.
    fn held(before: (&Basis, &Determined, &[Slice]), after: (&Basis, &Determined, &[Slice]), per: Per) -> Changed {
        let side = |(basis, determined, slices)| Side { basis, determined, slices };
        changed(side(before), side(after), Some(per), |_, item| item != "rooms")
    }

    #[test]
    fn months_that_change_alike_are_one_line_and_the_last_of_an_open_slice_goes_on() {
        let (basis, both) = (basis(Some(1), 1), determined(Some(true), &basis(Some(1), 1)));
        let before = [slice(date(2026, 1, 1), None, 100)];
        // 120 from January to March, 90 from April on.
        let after = [slice(date(2026, 1, 1), Some(date(2026, 4, 1)), 120), slice(date(2026, 4, 1), None, 90)];
        let it = held((&basis, &both, &before), (&basis, &both, &after), Per::Month);
        let line = |from, last, before, after| Stretch { from, last, before, after };
        assert_eq!(
            it.months,
            [line(date(2026, 1, 1), Some(date(2026, 3, 1)), 100, 120), line(date(2026, 4, 1), None, 100, 90),]
        );
        assert!(it.reasons.is_empty() && it.facts.is_empty() && !it.law);
        assert!(held((&basis, &both, &before), (&basis, &both, &before), Per::Month).is_empty());
    }

    #[test]
    fn an_end_is_told_month_by_month_until_what_ran_would_have_ended() {
        let (basis, both) = (basis(None, 1), determined(None, &basis(None, 1)));
        let before = [slice(date(2026, 1, 1), Some(date(2026, 12, 1)), 100)];
        let after = [slice(date(2026, 1, 1), Some(date(2026, 7, 1)), 100)];
        let it = held((&basis, &both, &before), (&basis, &both, &after), Per::Month);
        let expected = Stretch { from: date(2026, 7, 1), last: Some(date(2026, 11, 1)), before: 100, after: 0 };
        assert_eq!(it.months, [expected]);
    }

    #[test]
    fn a_condition_that_turned_stands_with_the_fact_behind_it_and_its_sources() {
        let (poor, rich) = (basis(Some(1_000), 2), basis(Some(9_000), 3));
        let it = held(
            (&poor, &determined(Some(true), &poor), &[]),
            (&rich, &determined(Some(false), &rich), &[]),
            Per::Month,
        );
        let turned = it.reasons.first().unwrap();
        assert_eq!((it.reasons.len(), turned.id.as_str()), (1, "poor"));
        assert_eq!((turned.before, turned.after), (Truth::Holds, Truth::Fails));
        let wages = turned.facts.first().unwrap();
        let value = |f: &Option<Prefilled>| f.as_ref().map(|f| f.value.clone());
        assert_eq!(value(&wages.before), Some(Value::Money(1_000)));
        assert_eq!(value(&wages.after), Some(Value::Money(9_000)));
        assert_eq!(wages.after.as_ref().unwrap().source.as_deref(), Some("tax_office"));
        assert!(it.facts.is_empty(), "the rooms are not read by it, the wages are told with their condition");
    }

    #[test]
    fn a_fact_that_came_or_went_is_told_and_so_is_one_no_condition_rests_on() {
        let (unknown, known) = (basis(None, 1), basis(Some(1_000), 1));
        let it = held(
            (&unknown, &determined(None, &unknown), &[]),
            (&known, &determined(Some(true), &known), &[]),
            Per::Month,
        );
        let turned = it.reasons.first().unwrap();
        assert_eq!((turned.before, turned.after), (Truth::Open, Truth::Holds));
        assert!(turned.facts.first().is_some_and(|f| f.before.is_none() && f.after.is_some()));
        // The same conditions, but the sum rests on a fact none of them reads.
        let bare = |basis: &Basis| Determined { reasons: vec![], ..determined(None, basis) };
        let richer = basis(Some(2_000), 1);
        let it = held((&known, &bare(&known), &[]), (&richer, &bare(&richer), &[]), Per::Month);
        assert_eq!((it.reasons.len(), it.facts.len()), (0, 1));
    }

    #[test]
    fn a_sum_that_no_fact_explains_follows_from_the_figures_of_the_law() {
        let basis = basis(Some(1), 1);
        let old = determined(Some(true), &basis);
        let new = Determined { rule_set: "b".into(), ..old.clone() };
        let (less, more) = ([slice(date(2026, 1, 1), None, 100)], [slice(date(2026, 1, 1), None, 110)]);
        assert!(held((&basis, &old, &less), (&basis, &new, &more), Per::Month).law);
        assert!(!held((&basis, &old, &less), (&basis, &new, &less), Per::Month).law, "another figure elsewhere");
        let version = Determined { version: 1, ..old.clone() };
        assert!(held((&basis, &old, &less), (&basis, &version, &less), Per::Month).law);
    }
}
