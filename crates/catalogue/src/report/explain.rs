//! An explanation for a person.

use std::collections::BTreeMap;

use kernel::{Date, Lang};
use rules::Household;
use rules::combine::{Combined, Effect, Standing, What};
use rules::outcome::{Answer, ConditionResult, Explanation, NearestChange, ProgrammeResult, RulesHit, Step};
use text::Text;

use super::Question;
use super::words::Speaker;
use crate::pack::Pack;

/// All results of a household on a day, in words of `lang`: what it may get first, then what is not known yet, then what it
/// may not get; then what the combination rules did.
pub fn explain_report(pack: &Pack, household: &Household, question: impl Into<Question>, lang: Lang) -> String {
    let Question { on, claim } = question.into();
    let (explanation, combined) = pack.evaluate(household, on, claim);
    let speaker = Speaker { pack, household, lang, t: Text::new(lang) };
    let mut out = Page::default();
    head(&speaker, on, &mut out);
    for answer in [Answer::Yes, Answer::CannotTell, Answer::Error, Answer::No] {
        let of = explanation.results.iter().enumerate().filter(|(_, r)| r.answer == answer);
        of.for_each(|(n, r)| result(&speaker, r, combined.results.get(n).map(|c| c.standing), &mut out));
    }
    if explanation.results.is_empty() {
        out.line(0, speaker.t.t("report-nothing"));
    }
    together(&speaker, &explanation, &combined, &mut out);
    out.0
}

#[derive(Default)]
struct Page(String);

impl Page {
    fn line(&mut self, indent: usize, words: impl AsRef<str>) {
        self.0.push_str(&"  ".repeat(indent));
        self.0.push_str(words.as_ref());
        self.0.push('\n');
    }
}

fn head(s: &Speaker<'_>, on: Date, out: &mut Page) {
    let manifest = s.pack.manifest();
    let hash: String = s.pack.content_hash().chars().take(12).collect();
    let name = manifest.name.get(s.lang);
    out.line(0, s.t.with("report-title", &[("date", s.t.date(on).into())]));
    let about = [("name", name.into()), ("version", manifest.version.as_str().into()), ("hash", hash.into())];
    out.line(0, s.t.with("report-pack", &about));
}

fn answer_word(s: &Speaker<'_>, answer: Answer, standing: Option<Standing>) -> String {
    let key = match (answer, standing) {
        (Answer::Yes, Some(Standing::Dropped)) => "answer-dropped",
        (Answer::Yes, _) => "answer-yes",
        (Answer::No, _) => "answer-no",
        (Answer::CannotTell, _) => "answer-open",
        (Answer::Error, _) => "answer-error",
    };
    s.t.t(key).into_owned()
}

fn result(s: &Speaker<'_>, r: &ProgrammeResult, standing: Option<Standing>, out: &mut Page) {
    out.line(0, "");
    let (programme, subject) = (s.programme(&r.programme), s.subject(&r.subject));
    out.line(0, format!("{programme} · {subject}: {}", answer_word(s, r.answer, standing)));
    let version = s.pack.version(&r.programme, r.version);
    if let Some(law) = version.map(|v| v.law.as_str()).filter(|law| !law.is_empty()) {
        out.line(1, s.t.with("report-law", &[("law", law.into())]));
    }
    if matches!(r.answer, Answer::Yes | Answer::CannotTell) {
        promise(s, r, out);
    }
    for condition in &r.conditions {
        one_condition(s, r, condition, out);
    }
    for fact in &r.missing {
        let about = [("name", s.fact(fact).into()), ("owner", s.owner(fact).into())];
        out.line(1, s.t.with("report-missing", &about));
        if let Some(question) = s.question(fact).filter(|q| !q.is_empty()) {
            out.line(2, s.t.with("report-ask", &[("question", question.into())]));
        }
    }
    if let Some(words) = r.nearest.as_ref().and_then(|n| nearest(s, r, n)) {
        out.line(1, format!("→ {words}"));
    }
    if let Some(why) = &r.error {
        out.line(1, s.t.with("report-error", &[("why", why.into())]));
    }
    if let Some(note) = version.and_then(|v| v.note.as_ref()) {
        out.line(1, s.t.with("report-note", &[("note", note.get(s.lang).into())]));
    }
}

fn promise(s: &Speaker<'_>, r: &ProgrammeResult, out: &mut Page) {
    let version = s.pack.version(&r.programme, r.version);
    if let Some(words) = version.and_then(|v| v.benefit.as_ref()).and_then(|b| b.words.as_ref()) {
        out.line(1, words.get(s.lang));
    }
    if let Some(amount) = &r.amount {
        out.line(1, s.amount(amount));
        amount.tables.iter().for_each(|step| out.line(2, named_value(s, step)));
        for fact in amount.missing.iter().filter(|f| !r.missing.contains(f)) {
            let about = [("name", s.fact(fact).into()), ("owner", s.owner(fact).into())];
            out.line(1, s.t.with("report-missing-amount", &about));
        }
    }
    if let Some(period) = stretch(s, r.from, r.until.and_then(|day| day.yesterday().ok())) {
        out.line(1, s.t.with("report-period", &[("period", period.into())]));
    }
    if let Some(period) = stretch(s, r.claim_opens, r.claim_closes) {
        out.line(1, s.t.with("report-claim", &[("period", period.into())]));
    }
}

/// From the first day to the last day inside.
fn stretch(s: &Speaker<'_>, from: Option<Date>, end: Option<Date>) -> Option<String> {
    let from = from.map(|d| s.t.with("period-open", &[("from", s.t.date(d).into())]).into_owned());
    let end = end.map(|d| s.t.with("report-last-day", &[("date", s.t.date(d).into())]).into_owned());
    match (from, end) {
        (None, None) => None,
        (Some(one), None) | (None, Some(one)) => Some(one),
        (Some(from), Some(end)) => Some(format!("{from} {end}")),
    }
}

fn one_condition(s: &Speaker<'_>, r: &ProgrammeResult, c: &ConditionResult, out: &mut Page) {
    let words = s.pack.version(&r.programme, r.version).and_then(|v| v.conditions.iter().find(|w| w.id == c.id));
    let (mark, key) = match c.holds {
        Some(true) => ("✓", "report-holds"),
        Some(false) => ("✗", "report-fails"),
        None => ("?", "report-open"),
    };
    let said = words.map_or(c.id.as_str(), |w| w.words.get(s.lang));
    out.line(1, format!("{mark} {said}: {}", s.t.t(key)));
    if let Some(law) = words.map(|w| w.law.as_str()).filter(|law| !law.is_empty()) {
        out.line(3, s.t.with("report-law", &[("law", law.into())]));
    }
    for step in &c.steps {
        let is_fact = c.facts.iter().any(|f| f.fact.item == step.name && f.fact.subject == step.subject);
        if !is_fact {
            out.line(3, named_value(s, step));
        }
    }
    facts(s, c, out);
    if let Some(why) = &c.error {
        out.line(3, s.t.with("report-error", &[("why", why.into())]));
    }
}

/// A named value, and the rules of the decision table that gave it.
fn named_value(s: &Speaker<'_>, step: &Step) -> String {
    let value = s.value(step.value.as_ref(), s.type_of(&step.name, &step.subject));
    let told = format!("{} = {value}", s.step(&step.name, &step.subject));
    match &step.table {
        Some(hit) => format!("{told} ({})", rules_hit(s, hit)),
        None => told,
    }
}

/// Which rules of a decision table gave a value.
fn rules_hit(s: &Speaker<'_>, hit: &RulesHit) -> String {
    let one = |(number, line): &(u32, u32)| {
        s.t.with("report-table-rule", &[("number", i64::from(*number).into()), ("line", i64::from(*line).into())])
            .into_owned()
    };
    let rules = hit.rules.iter().map(one).collect::<Vec<_>>().join(", ");
    let about = [("table", hit.name.as_ref().into()), ("rules", rules.into())];
    match hit.rules.is_empty() {
        true => s.t.with("report-table-none", &about).into_owned(),
        false => s.t.with("report-table", &about).into_owned(),
    }
}

/// Facts that somebody stated, one by one; what registers' silence says, a line each register. What is not known is told
/// once, where it matters.
fn facts(s: &Speaker<'_>, c: &ConditionResult, out: &mut Page) {
    let mut silent: BTreeMap<String, BTreeMap<String, Vec<String>>> = BTreeMap::new();
    for used in c.facts.iter().filter(|used| used.value.is_some()) {
        let value = s.value(used.value.as_ref(), s.type_of(&used.fact.item, &used.fact.subject));
        if !used.assumed_absent {
            let about =
                [("name", s.fact(&used.fact).into()), ("value", value.into()), ("source", s.origin(used).into())];
            out.line(3, s.t.with("report-fact", &about));
            continue;
        }
        let told = format!("{} = {value}", s.item(&used.fact));
        let lines = silent.entry(s.owner(&used.fact)).or_default();
        lines.entry(told).or_default().push(s.subject(&used.fact.subject));
    }
    for (owner, lines) in silent {
        let told: Vec<String> = lines.iter().map(|(told, who)| format!("{told} ({})", who.join(", "))).collect();
        let about = [("source", owner.into()), ("list", told.join("; ").into())];
        out.line(3, s.t.with("report-absent", &about));
    }
}

/// The nearest change in words.
pub(super) fn nearest(s: &Speaker<'_>, r: &ProgrammeResult, n: &NearestChange) -> Option<String> {
    match n {
        NearestChange::Day { on } => {
            Some(s.t.with("report-nearest-day", &[("date", s.t.date(*on).into())]).into_owned())
        }
        NearestChange::Threshold { name, value, needed, condition } => {
            let steps = r.conditions.iter().filter(|c| c.id == *condition).flat_map(|c| &c.steps);
            let subject = steps.into_iter().find(|step| step.name == *name).map_or(&r.subject, |step| &step.subject);
            let ty = s.type_of(name, subject);
            let about = [
                ("name", s.step(name, subject).into()),
                ("value", s.value(Some(value), ty).into()),
                ("needed", s.value(Some(needed), ty).into()),
            ];
            Some(s.t.with("report-nearest-threshold", &about).into_owned())
        }
        NearestChange::Fact { fact, value, .. } => {
            let ty = s.type_of(&fact.item, &fact.subject);
            let about = [("name", s.fact(fact).into()), ("value", s.value(value.as_ref(), ty).into())];
            Some(s.t.with("report-nearest-fact", &about).into_owned())
        }
    }
}

fn together(s: &Speaker<'_>, explanation: &Explanation, combined: &Combined, out: &mut Page) {
    let told: Vec<&Effect> = combined.effects.iter().collect();
    out.line(0, "");
    if !told.is_empty() {
        out.line(0, s.t.t("report-combined"));
    }
    let name = |n: Option<usize>| {
        let result = n.and_then(|n| explanation.results.get(n));
        result.map_or(String::new(), |r| format!("{} · {}", s.programme(&r.programme), s.subject(&r.subject)))
    };
    for effect in told {
        let rule = s.pack.combinations().get(&effect.rule);
        let words = rule.map_or("", |r| r.words.get(s.lang));
        let law = rule.map_or("", |r| r.law.as_str());
        out.line(1, format!("[{}] {words}", effect.rule));
        if let Some(line) = effect_line(s, effect, &name) {
            out.line(2, line);
        }
        if effect.uncertain {
            out.line(2, s.t.t("report-uncertain"));
        }
        if !law.is_empty() {
            out.line(2, s.t.with("report-law", &[("law", law.into())]));
        }
    }
    for other in &combined.alternatives {
        let take: Vec<String> = other.take.iter().map(|n| name(Some(*n))).collect();
        let about = [
            ("take", take.join(", ").into()),
            ("yearly", s.money(other.yearly).into()),
            ("chosen", s.money(other.yearly_chosen).into()),
        ];
        out.line(1, s.t.with("report-alternative", &about));
    }
    out.line(0, s.t.with("report-yearly", &[("sum", s.money(combined.yearly).into())]));
}

fn effect_line(s: &Speaker<'_>, effect: &Effect, name: &dyn Fn(Option<usize>) -> String) -> Option<String> {
    let (winner, loser) = (name(effect.winner), name(effect.loser));
    let money = |sum: Option<i64>| sum.map_or_else(|| s.t.t("report-unknown").into_owned(), |m| s.money(m));
    let line = match (effect.what, &effect.fact) {
        (What::Explained, _) => return None,
        (What::Dropped, Some(fact)) => {
            s.t.with("report-dropped-fact", &[("loser", loser.into()), ("fact", s.fact(fact).into())])
        }
        (What::Lowered, _) => {
            let (before, after) = (money(effect.before), money(effect.after));
            s.t.with("report-lowered", &[("loser", loser.into()), ("before", before.into()), ("after", after.into())])
        }
        (What::Pending, Some(fact)) => s.t.with("report-pending", &[("loser", s.fact(fact).into())]),
        (What::Pending, None) => s.t.with("report-pending", &[("loser", loser.into())]),
        (What::Check, _) => {
            let both = if winner.is_empty() { loser } else { format!("{winner}, {loser}") };
            s.t.with("report-check", &[("loser", both.into())])
        }
        (What::Dropped, None) => s.t.with("report-dropped", &[("winner", winner.into()), ("loser", loser.into())]),
        (What::Shortened, _) => s.t.with("report-shortened", &[("winner", winner.into()), ("loser", loser.into())]),
        (What::Choice, _) => s.t.with("report-choice", &[("winner", winner.into()), ("loser", loser.into())]),
    };
    Some(line.into_owned())
}
