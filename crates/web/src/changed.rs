//! What a decision, or a look of today, says otherwise than before: for the official's case page and the family's decision
//! page alike.

use casework::determine::{Changed, FactChange, Stretch, Truth, Turned};
use casework::household::PLACE;
use casework::model::{Prefilled, Subject};
use catalogue::Pack;
use kernel::{Currency, Money, Period, PersonId};
use maud::{Markup, html};
use text::Text;

use crate::components::entitlement::source;
use crate::components::list::table;
use crate::components::value::say;
use crate::explain::{Story, shown, type_of};
use crate::household::entity;

/// Everything shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shown {
    /// Months, before, after, difference.
    pub months: Vec<[String; 4]>,
    /// Conditions that turned or rest on other facts.
    pub reasons: Vec<Reason>,
    /// Other facts on which the sum may rest.
    pub facts: Vec<Fact>,
    /// Whether the law or its figures changed.
    pub law: bool,
}

/// A condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// What it says.
    pub words: String,
    /// The law.
    pub law: String,
    /// How it stood and how it stands; `None`: as before, on other facts.
    pub turned: Option<(String, String)>,
    /// The facts behind it.
    pub facts: Vec<Fact>,
}

/// A fact that is another now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    /// Which, and of whom.
    pub what: String,
    /// What it was.
    pub before: String,
    /// What it is.
    pub after: String,
    /// Where what it is comes from; where it is not known any more, where what it was came from.
    pub source: String,
}

/// The section; nothing when nothing is otherwise. `title` is the key of its heading.
pub fn section(t: Text, title: &str, c: &Shown) -> Markup {
    if *c == Shown::default() {
        return html! {};
    }
    let headings = ["changed-month", "changed-before", "changed-after", "changed-difference"];
    let headings = headings.map(|key| t.t(key).into_owned());
    let rows: Vec<Vec<Markup>> = c.months.iter().map(|row| row.iter().map(cell).collect()).collect();
    html! {
        section {
            h2 { (t.t(title)) }
            @if rows.is_empty() { p { (t.t("changed-no-sum")) } } @else { (table(&t.t(title), &headings, &rows)) }
            @if c.law { p { (t.t("changed-law")) } }
            @if !c.reasons.is_empty() {
                h3 { (t.t("changed-why")) }
                ul.tasks { @for reason in &c.reasons { li { div { (condition(t, reason)) } } } }
            }
            @if !c.facts.is_empty() {
                h3 { (t.t("changed-facts")) }
                (facts(t, &c.facts))
            }
        }
    }
}

fn cell(text: &String) -> Markup {
    html! { span.num { (text) } }
}

fn condition(t: Text, r: &Reason) -> Markup {
    html! {
        strong { (r.words) } " " span.law { (r.law) }
        @if let Some((before, after)) = &r.turned {
            p { (t.with("changed-turned", &[("before", before.into()), ("after", after.into())])) }
        } @else { p { (t.t("changed-as-before")) } }
        @if !r.facts.is_empty() { (facts(t, &r.facts)) }
    }
}

fn facts(t: Text, facts: &[Fact]) -> Markup {
    let said = |f: &Fact| {
        let args = [
            ("what", (&f.what).into()),
            ("before", (&f.before).into()),
            ("after", (&f.after).into()),
            ("source", (&f.source).into()),
        ];
        t.with("changed-fact", &args).into_owned()
    };
    html! { ul { @for f in facts { li { (said(f)) } } } }
}

/// Puts it into words.
pub(crate) struct Teller<'a> {
    /// The pack.
    pub(crate) pack: &'a Pack,
    /// The language.
    pub(crate) t: Text,
    /// The programme.
    pub(crate) programme: &'a str,
    /// The currency of the sums.
    pub(crate) currency: Currency,
    /// What people are called; `None`: not told here.
    pub(crate) name: &'a dyn Fn(PersonId) -> Option<String>,
    /// Whether facts that follow from the address are told.
    pub(crate) places: bool,
}

impl Teller<'_> {
    pub(crate) fn tell(&self, c: &Changed) -> Shown {
        Shown {
            months: c.months.iter().map(|s| self.stretch(s)).collect(),
            reasons: c.reasons.iter().map(|r| self.reason(r)).collect(),
            facts: c.facts.iter().filter_map(|f| self.fact(f)).collect(),
            law: c.law,
        }
    }

    fn stretch(&self, s: &Stretch) -> [String; 4] {
        let money = |minor| self.t.money(Money::new(minor, self.currency));
        // A stretch of whole months, as sums over time are said everywhere.
        let until = s.last.map(|last| last.last_of_month().tomorrow().unwrap_or(last));
        let months = self.t.period(Period { from: s.from, until });
        let more = s.after.saturating_sub(s.before);
        let sign = if more > 0 { "+" } else { "" };
        [months, money(s.before), money(s.after), format!("{sign}{}", money(more))]
    }

    fn reason(&self, r: &Turned) -> Reason {
        let programme = self.pack.programmes().get(self.programme);
        let mut versions = programme.iter().flat_map(|p| p.versions.iter().rev());
        let words = versions.find_map(|v| v.conditions.iter().find(|c| c.id == r.id));
        let truth = |truth| {
            let key = match truth {
                Truth::Holds => "cond-holds",
                Truth::Fails => "cond-fails",
                Truth::Open => "cond-open",
                Truth::Absent => "changed-absent",
            };
            self.t.t(key).into_owned()
        };
        Reason {
            words: words.map_or_else(|| r.id.clone(), |c| c.words.get(self.t.lang()).to_owned()),
            law: r.law.clone(),
            turned: (r.before != r.after).then(|| (truth(r.before), truth(r.after))),
            facts: r.facts.iter().filter_map(|f| self.fact(f)).collect(),
        }
    }

    /// `None` when it follows from an address that is not told.
    fn fact(&self, f: &FactChange) -> Option<Fact> {
        let told = f.after.as_ref().or(f.before.as_ref())?;
        let code = told.source.as_deref().unwrap_or_default();
        if code == PLACE && !self.places {
            return None;
        }
        let story = Story { pack: self.pack, names: &[] };
        Some(Fact {
            what: self.what(f.subject, &f.item),
            before: self.value(f.before.as_ref()),
            after: self.value(f.after.as_ref()),
            source: source(self.t, &story.source(code)),
        })
    }

    fn what(&self, subject: Subject, item: &str) -> String {
        let fact = self.pack.name_of(entity(subject), item).map_or(item, |words| words.get(self.t.lang()));
        match subject.person().and_then(self.name) {
            Some(name) => self.t.with("fact-of", &[("name", name.into()), ("fact", fact.into())]).into_owned(),
            None => fact.to_owned(),
        }
    }

    fn value(&self, fact: Option<&Prefilled>) -> String {
        let Some(fact) = fact else { return self.t.t("changed-unknown").into_owned() };
        let ty = type_of(self.pack, entity(fact.subject), &fact.item);
        say(self.t, &shown(self.pack, ty.as_ref(), Some(&fact.value)))
    }
}
