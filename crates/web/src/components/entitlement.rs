//! One programme for one family: the answer, the sum, why, what is missing, what would change it.

use kernel::{Date, Money, Words};
use maud::{Markup, html};
use rules::outcome::Answer;
use rules::schema::Per;
use text::Text;

use super::icon;
use super::list::{Mark, tag};
use super::value::{Shown, per_words, say};

/// A programme's result with all its words.
#[derive(Clone, Debug, PartialEq)]
pub struct Entitlement {
    /// The programme's id.
    pub programme: String,
    /// Its name.
    pub name: Words,
    /// One or two plain sentences.
    pub summary: Words,
    /// The agency that decides.
    pub agency: Words,
    /// Whose it is: a member's name; `None` for the household.
    pub whose: Option<String>,
    /// The answer.
    pub answer: Answer,
    /// The sum, if the programme has one; its money is `None` while unknown.
    pub amount: Option<(Option<Money>, Per)>,
    /// What it is, when there is no sum.
    pub benefit: Option<Words>,
    /// First day.
    pub from: Option<Date>,
    /// First day outside.
    pub until: Option<Date>,
    /// Last day to claim.
    pub claim_closes: Option<Date>,
    /// The law.
    pub law: String,
    /// What is simplified.
    pub note: Option<Words>,
    /// Every condition.
    pub conditions: Vec<Condition>,
    /// What would settle it.
    pub missing: Vec<Missing>,
    /// For a *no*: what would have to change.
    pub nearest: Option<Nearest>,
    /// What the combination rules did to it.
    pub combined: Vec<Combined>,
}

/// One condition with its truth.
#[derive(Clone, Debug, PartialEq)]
pub struct Condition {
    /// What it says.
    pub words: Words,
    /// Its law.
    pub law: String,
    /// `None`: cannot tell yet.
    pub holds: Option<bool>,
    /// It could not be worked out.
    pub error: Option<String>,
    /// Values compared.
    pub steps: Vec<(Words, Shown)>,
    /// Facts read.
    pub facts: Vec<Fact>,
}

/// A fact read, with its origin.
#[derive(Clone, Debug, PartialEq)]
pub struct Fact {
    /// Its name.
    pub name: Words,
    /// About whom, when not the household.
    pub whose: Option<String>,
    /// Its value.
    pub value: Shown,
    /// Who says so.
    pub source: Source,
    /// Since when.
    pub since: Option<Date>,
}

/// Who says so.
#[derive(Clone, Debug, PartialEq)]
pub enum Source {
    /// An agency.
    Agency(Words),
    /// The person.
    Person,
    /// A complete register has no entry.
    Silence(Words),
    /// Nobody yet.
    Nobody,
}

/// A fact that is missing.
#[derive(Clone, Debug, PartialEq)]
pub struct Missing {
    /// Its name.
    pub name: Words,
    /// About whom, when not the household.
    pub whose: Option<String>,
    /// The agency that could tell; `None`: only the person can.
    pub owner: Option<Words>,
}

/// What would turn a *no*.
#[derive(Clone, Debug, PartialEq)]
pub enum Nearest {
    /// It turns by itself on this day.
    Day(Date),
    /// A value would have to reach a threshold.
    Threshold {
        /// What is compared.
        name: Words,
        /// Now.
        value: Shown,
        /// Needed.
        needed: Shown,
    },
    /// A fact would have to be otherwise.
    Fact {
        /// Which.
        name: Words,
        /// About whom.
        whose: Option<String>,
        /// Now.
        value: Shown,
    },
}

/// What a combination rule did.
#[derive(Clone, Debug, PartialEq)]
pub struct Combined {
    /// How.
    pub effect: Effect,
    /// The rule's words.
    pub words: Words,
    /// Its law.
    pub law: String,
    /// The other programme.
    pub other: Option<Words>,
    /// Value of the other, over a year, when both could be had.
    pub other_amount: Option<(Money, Per)>,
}

/// How a combination rule changed a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// It is the better of two.
    Chosen,
    /// It gave way to the other.
    Dropped,
    /// Its sum is smaller because of the other.
    Lowered,
    /// The family must choose.
    Choice,
    /// Begins when the other ends.
    Later,
    /// An official must look.
    Check,
}

/// The answer as a tag.
pub fn answer_tag(t: Text, answer: Answer, dropped: bool) -> Markup {
    match answer {
        Answer::Yes if dropped => tag(Mark::No, &t.t("answer-dropped")),
        Answer::Yes => tag(Mark::Yes, &t.t("answer-yes")),
        Answer::No => tag(Mark::No, &t.t("answer-no")),
        Answer::CannotTell => tag(Mark::Open, &t.t("answer-open")),
        Answer::Error => tag(Mark::Fault, &t.t("answer-error")),
    }
}

impl Entitlement {
    /// Whether a combination rule took it away.
    pub fn dropped(&self) -> bool {
        self.combined.iter().any(|c| c.effect == Effect::Dropped)
    }

    /// Whether it runs only when another has ended.
    pub fn comes_later(&self) -> bool {
        self.combined.iter().any(|c| c.effect == Effect::Later)
    }

    /// The sum in words; `None` when the programme has none.
    pub fn sum(&self, t: Text) -> Option<String> {
        let (money, per) = self.amount?;
        Some(match money {
            Some(money) => per_words(t, &t.money(money), per),
            None => t.t("amount-unknown").into_owned(),
        })
    }
}

/// Heading, answer, sum and dates.
pub fn head(t: Text, e: &Entitlement) -> Markup {
    let lang = t.lang();
    html! {
        div.card-head { h3 { (e.name.get(lang)) } (answer_tag(t, e.answer, e.dropped())) }
        @match (e.sum(t), &e.benefit) {
            (Some(sum), _) if matches!(e.answer, Answer::Yes | Answer::CannotTell) => p.amount { (sum) },
            (None, Some(benefit)) if e.answer == Answer::Yes => p.amount { (benefit.get(lang)) },
            _ => {}
        }
        p.facts-line {
            @if let Some(whose) = &e.whose { span { (t.with("for-whom", &[("name", whose.into())])) } }
            @else { span { (t.t("for-household")) } }
            @if e.answer != Answer::No {
                @if let Some(from) = e.from { span { (t.period(kernel::Period { from, until: e.until })) } }
                @if let Some(last) = e.claim_closes { span { (t.with("claim-until", &[("date", t.date(last).into())])) } }
            }
        }
    }
}

/// What the combination rules did, told before the reasons: it is what the family must weigh.
pub fn combinations(t: Text, e: &Entitlement) -> Markup {
    let lang = t.lang();
    html! {
        @for c in &e.combined {
            @let other = c.other.as_ref().map_or("", |o| o.get(lang));
            div.best {
                p {
                    strong { @match c.effect {
                        Effect::Chosen => (t.with("combined-chosen", &[("other", other.into())])),
                        Effect::Dropped => (t.with("combined-dropped", &[("other", other.into())])),
                        Effect::Lowered => (t.with("combined-lowered", &[("other", other.into())])),
                        Effect::Choice => (t.with("combined-choice", &[("other", other.into())])),
                        Effect::Later => (t.with("combined-later", &[("other", other.into())])),
                        Effect::Check => (t.t("combined-check")),
                    } }
                    @if let Some((money, per)) = c.other_amount {
                        " " (t.with("combined-alternative", &[("other", other.into()), ("amount", per_words(t, &t.money(money), per).into())]))
                    }
                }
                p.small { (c.words.get(lang)) " " span.law { (c.law) } }
            }
        }
    }
}

/// The facts still missing: whose, which, and who could tell.
pub fn missing(t: Text, list: &[Missing]) -> Markup {
    let lang = t.lang();
    html! {
        @if !list.is_empty() {
            p { strong { (t.t("missing-title")) } }
            ul {
                @for m in list { li {
                    @if let Some(whose) = &m.whose { (t.with("fact-of", &[("name", whose.into()), ("fact", m.name.get(lang).into())])) }
                    @else { (m.name.get(lang)) }
                    @if let Some(owner) = &m.owner { " " span.soft { (t.with("missing-owner", &[("agency", owner.get(lang).into())])) } }
                    @else { " " span.soft { (t.t("missing-person")) } }
                } }
            }
        }
    }
}

/// What would turn a *no* into something else.
pub fn nearest(t: Text, nearest: Option<&Nearest>) -> Markup {
    let lang = t.lang();
    html! {
        @match nearest {
            None => {}
            Some(Nearest::Day(day)) => p { strong { (t.with("nearest-day", &[("date", t.date(*day).into())])) } },
            Some(Nearest::Threshold { name, value, needed }) => p {
                strong { (t.with("nearest-threshold", &[
                    ("name", name.get(lang).into()), ("value", say(t, value).into()), ("needed", say(t, needed).into()),
                ])) }
            },
            Some(Nearest::Fact { name, whose, value }) => p {
                @let fact = match whose {
                    Some(whose) => t.with("fact-of", &[("name", whose.into()), ("fact", name.get(lang).into())]).into_owned(),
                    None => name.get(lang).to_owned(),
                };
                strong { (t.with("nearest-fact", &[("fact", fact.into()), ("value", say(t, value).into())])) }
            },
        }
    }
}

/// Every condition with its truth, values, facts, sources and law.
pub fn reasons(t: Text, e: &Entitlement) -> Markup {
    html! {
        ul.conds { @for c in &e.conditions { (condition(t, c)) } }
        @if let Some(note) = &e.note { p.small.soft { (t.t("note-simplified")) " " (note.get(t.lang())) } }
        p.law { (t.t("decided-by")) " " (e.agency.get(t.lang())) " · " (e.law) }
    }
}

fn condition(t: Text, c: &Condition) -> Markup {
    let lang = t.lang();
    let (class, icon, said) = match (c.holds, &c.error) {
        (_, Some(_)) => ("fails", icon::alert(), "cond-error"),
        (Some(true), None) => ("holds", icon::tick(), "cond-holds"),
        (Some(false), None) => ("fails", icon::cross(), "cond-fails"),
        (None, None) => ("unsure", icon::question(), "cond-open"),
    };
    html! {
        li {
            span class=(class) { (icon) }
            div {
                p { span.hidden-visually { (t.t(said)) ": " } (c.words.get(lang)) }
                @if !c.steps.is_empty() {
                    ul.steps { @for (name, value) in &c.steps { li { (name.get(lang)) ": " (say(t, value)) } } }
                }
                @if !c.facts.is_empty() {
                    ul.steps { @for f in &c.facts { li { (fact_line(t, f)) } } }
                }
                p.law { (c.law) }
            }
        }
    }
}

/// `Birth date of 하은: 2 January 2025 (Ministry, since 3 January 2025)`.
fn fact_line(t: Text, f: &Fact) -> Markup {
    let lang = t.lang();
    let name = f.name.get(lang);
    html! {
        @match &f.whose {
            Some(whose) => (t.with("fact-of", &[("name", whose.into()), ("fact", name.into())])),
            None => (name),
        }
        ": " (say(t, &f.value)) " – " (source(t, &f.source))
        @if let Some(since) = f.since { ", " (t.with("since", &[("date", t.date(since).into())])) }
    }
}

/// Who says so, in words.
pub fn source(t: Text, source: &Source) -> String {
    let lang = t.lang();
    match source {
        Source::Agency(name) => name.get(lang).to_owned(),
        Source::Person => t.t("source-person").into_owned(),
        Source::Silence(name) if name.get(lang).is_empty() => t.t("source-nobody").into_owned(),
        Source::Silence(name) => t.with("source-silence", &[("agency", name.get(lang).into())]).into_owned(),
        Source::Nobody => t.t("source-nobody").into_owned(),
    }
}

/// The whole card, reasons folded away.
pub fn card(t: Text, e: &Entitlement) -> Markup {
    html! {
        article.card {
            (head(t, e))
            p { (e.summary.get(t.lang())) }
            (combinations(t, e))
            @if e.answer == Answer::CannotTell { (missing(t, &e.missing)) }
            @if e.answer == Answer::No { (nearest(t, e.nearest.as_ref())) }
            @if e.answer == Answer::Error { p { (t.t("answer-error-explain")) } }
            details {
                summary { (t.t("why")) span.hidden-visually { ": " (e.name.get(t.lang())) } }
                (reasons(t, e))
            }
        }
    }
}

/// Totals of the best set: what comes once and what comes each month (yearly sums apart).
pub fn totals(list: &[Entitlement]) -> Vec<(Money, Per)> {
    let mut sums: Vec<(Money, Per)> = Vec::new();
    for e in list.iter().filter(|e| e.answer == Answer::Yes && !e.dropped() && !e.comes_later()) {
        let Some((Some(money), per)) = e.amount else { continue };
        if per == Per::Use {
            continue;
        }
        match sums.iter_mut().find(|(sum, p)| *p == per && sum.currency == money.currency) {
            Some((sum, _)) => *sum = sum.plus(money).unwrap_or(*sum),
            None => sums.push((money, per)),
        }
    }
    sums.sort_by_key(|(_, per)| *per);
    sums
}

/// The totals as a strip.
pub fn total_strip(t: Text, list: &[Entitlement]) -> Markup {
    let sums = totals(list);
    html! {
        @if !sums.is_empty() {
            dl.total {
                @for (money, per) in &sums {
                    div {
                        dt { @match per {
                            Per::Once | Per::Use => (t.t("total-once")),
                            Per::Month => (t.t("total-month")),
                            Per::Year => (t.t("total-year")),
                        } }
                        dd { (t.money(*money)) }
                    }
                }
            }
        }
    }
}
