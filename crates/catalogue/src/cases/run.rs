//! Holds the worked cases against the rules and says readably where they differ.

use std::fmt::Write as _;

use kernel::Currency;
use rules::combine::{Combined, Standing};
use rules::outcome::{Answer, Explanation, FactRef, ProgrammeResult, Subject};
use rules::schema::{Entity, Type, Value};
use rules::{Household, Named};
use serde::Serialize;

use super::{Case, Expected, ExpectedCombined, ExpectedValue};
use crate::pack::Pack;
use crate::read::value;

/// What came of all cases.
#[derive(Clone, Debug, Serialize)]
pub struct CaseReport {
    /// Ids of the cases that passed.
    pub passed: Vec<String>,
    /// The cases that failed.
    pub failed: Vec<FailedCase>,
}

/// A case that failed.
#[derive(Clone, Debug, Serialize)]
pub struct FailedCase {
    /// Its id.
    pub id: String,
    /// Its file.
    pub file: String,
    /// Its line.
    pub line: u32,
    /// Where its expectation comes from.
    pub source: String,
    /// What differs, one entry each.
    pub differences: Vec<Difference>,
}

/// One expectation that was not met.
#[derive(Clone, Debug, Serialize)]
pub struct Difference {
    /// The line of the expectation.
    pub line: u32,
    /// What differs, for a person.
    pub text: String,
}

impl CaseReport {
    /// For a terminal; the last line reads `N passed, N failed`.
    pub fn text(&self) -> String {
        let mut out = String::new();
        for case in &self.failed {
            let _ = writeln!(out, "FAILED {} ({}:{})", case.id, case.file, case.line);
            for difference in &case.differences {
                let _ = writeln!(out, "  line {}: {}", difference.line, difference.text.replace('\n', "\n    "));
            }
            if !case.source.is_empty() {
                let _ = writeln!(out, "  expectation from: {}", case.source);
            }
            out.push('\n');
        }
        let _ = writeln!(out, "{} passed, {} failed", self.passed.len(), self.failed.len());
        out
    }

    /// Whether every case passed.
    pub fn is_good(&self) -> bool {
        self.failed.is_empty()
    }
}

/// Runs the cases whose id, file or programmes contain `filter` (empty: all).
pub fn run_cases(pack: &Pack, filter: &str) -> CaseReport {
    let mut report = CaseReport { passed: Vec::new(), failed: Vec::new() };
    let wanted = |case: &&Case| {
        let programmes = case.expect.iter().map(|e| e.programme.as_str());
        let mut words = programmes.chain([case.id.as_str(), &case.origin.file]);
        filter.is_empty() || words.any(|w| w.contains(filter))
    };
    for case in pack.cases().iter().filter(wanted) {
        let differences = run(pack, case);
        if differences.is_empty() {
            report.passed.push(case.id.clone());
        } else {
            report.failed.push(FailedCase {
                id: case.id.clone(),
                file: case.origin.file.to_string(),
                line: case.origin.line,
                source: case.source.clone(),
                differences,
            });
        }
    }
    report
}

fn run(pack: &Pack, case: &Case) -> Vec<Difference> {
    let household = match case.household.build(pack) {
        Ok(household) => household,
        Err(why) => return vec![Difference { line: case.origin.line, text: why.to_string() }],
    };
    let mut out = Vec::new();
    let mut differ = |line: u32, text: Option<String>| out.extend(text.map(|text| Difference { line, text }));
    if !case.expect.is_empty() || !case.combined.is_empty() {
        let (explanation, combined) = pack.evaluate(&household, case.on, case.claim_date);
        let seen =
            Seen { household: &household, explanation: &explanation, combined: &combined, currency: pack.currency() };
        case.expect.iter().for_each(|e| differ(e.origin.line, single(&seen, e)));
        case.combined.iter().for_each(|e| differ(e.origin.line, after(&seen, e)));
    }
    case.values.iter().for_each(|v| differ(v.origin.line, named(pack, &household, case, v)));
    out
}

struct Seen<'a> {
    household: &'a Household,
    explanation: &'a Explanation,
    combined: &'a Combined,
    currency: Currency,
}

impl Seen<'_> {
    fn find(&self, programme: &str, subject: &str) -> Option<(usize, &ProgrammeResult)> {
        let wanted = match subject {
            "household" => Subject::Household,
            member => Subject::Person(self.household.member(member)?),
        };
        self.explanation.results.iter().enumerate().find(|(_, r)| r.programme == programme && r.subject == wanted)
    }

    fn name(&self, fact: &FactRef) -> String {
        match fact.subject {
            Subject::Household => format!("household.{}", fact.item),
            Subject::Person(n) => {
                let key = self.household.members().get(n).map_or("?", |m| m.key.as_str());
                format!("{key}.{}", fact.item)
            }
        }
    }

    /// The result in one line, with the conditions that decided it.
    fn told(&self, result: &ProgrammeResult) -> String {
        let mut out = word(Some(result.answer)).to_owned();
        let currency = self.currency;
        if let Some(amount) = &result.amount {
            let sum = amount.minor.map_or("an unknown sum".to_owned(), |m| currency.plain(m));
            let _ = write!(out, ", {sum} per {}", value::per_word(amount.per));
        }
        if let Some(error) = &result.error {
            let _ = write!(out, ": {error}");
        }
        for condition in result.conditions.iter().filter(|c| c.holds != Some(true)) {
            let holds = if condition.holds.is_none() { "is open" } else { "does not hold" };
            let steps = condition.steps.iter().map(|s| {
                let value = s.value.as_ref().map_or("unknown".to_owned(), |v| value::plain(v, currency));
                format!("{} = {value}", s.name)
            });
            let _ = write!(out, "\ncondition {} {holds}: {}", condition.id, steps.collect::<Vec<_>>().join(", "));
        }
        if !result.missing.is_empty() {
            let names: Vec<String> = result.missing.iter().map(|f| self.name(f)).collect();
            let _ = write!(out, "\nmissing: {}", names.join(", "));
        }
        out
    }
}

fn word(answer: Option<Answer>) -> &'static str {
    match answer {
        Some(Answer::Yes) => "yes",
        Some(Answer::No) => "no",
        Some(Answer::CannotTell) => "cannot_tell",
        Some(Answer::Error) => "error",
        None => "not_applicable",
    }
}

fn single(seen: &Seen<'_>, expected: &Expected) -> Option<String> {
    let what = format!("{} of {}", expected.programme, expected.subject);
    let Some((_, got)) = seen.find(&expected.programme, &expected.subject) else {
        let wanted = word(expected.result);
        return expected.result.map(|_| format!("{what}: expected {wanted}, got not_applicable"));
    };
    let wrong = wrong_parts(seen, expected, got);
    (!wrong.is_empty()).then(|| format!("{what}: expected {}; got {}", wrong.join(", "), seen.told(got)))
}

fn wrong_parts(seen: &Seen<'_>, expected: &Expected, got: &ProgrammeResult) -> Vec<String> {
    let mut wrong = Vec::new();
    if expected.result != Some(got.answer) {
        wrong.push(word(expected.result).to_owned());
    }
    let amount = got.amount.as_ref();
    if let Some(sum) = expected.amount.filter(|sum| amount.and_then(|a| a.minor) != Some(*sum)) {
        wrong.push(format!("the sum {}", seen.currency.plain(sum)));
    }
    if let Some(per) = expected.per.filter(|per| amount.map(|a| a.per) != Some(*per)) {
        wrong.push(format!("a sum per {}", value::per_word(per)));
    }
    for id in &expected.because {
        if !got.conditions.iter().any(|c| c.id == *id && c.holds == Some(false)) {
            wrong.push(format!("that condition {id} does not hold"));
        }
    }
    if let Some(missing) = &expected.missing {
        let mut wanted = missing.clone();
        let mut found: Vec<String> = got.missing.iter().map(|f| seen.name(f)).collect();
        wanted.sort();
        found.sort();
        if wanted != found {
            wrong.push(format!("exactly these facts missing: {}", wanted.join(", ")));
        }
    }
    for (name, day) in &expected.days {
        let found = match *name {
            "from" => got.from,
            "until" => got.until,
            "claim_opens" => got.claim_opens,
            _ => got.claim_closes,
        };
        if found != Some(*day) {
            let found = found.map_or("none".to_owned(), |d| d.to_string());
            wrong.push(format!("{name} {day} (not {found})"));
        }
    }
    wrong
}

fn standing_word(standing: Standing) -> &'static str {
    match standing {
        Standing::Single => "single",
        Standing::Kept => "kept",
        Standing::Shortened => "shortened",
        Standing::Dropped => "dropped",
        Standing::Choice => "choice",
    }
}

fn after(seen: &Seen<'_>, expected: &ExpectedCombined) -> Option<String> {
    let what = format!("combined {} of {}", expected.programme, expected.subject);
    let Some((n, single)) = seen.find(&expected.programme, &expected.subject) else {
        return Some(format!("{what}: got not_applicable"));
    };
    let got = seen.combined.results.get(n)?;
    let mut wrong = Vec::new();
    if let Some(standing) = &expected.standing {
        let right = match standing.as_str() {
            "check" => got.check,
            word => word == standing_word(got.standing),
        };
        if !right {
            wrong.push(standing.clone());
        }
    }
    let sum = got.amount.as_ref().and_then(|a| a.minor);
    if let Some(wanted) = expected.amount.filter(|wanted| sum != Some(*wanted)) {
        wrong.push(format!("the sum {}", seen.currency.plain(wanted)));
    }
    let acted = |id: &String| {
        got.by.contains(id)
            || seen.combined.effects.iter().any(|e| e.rule == *id && (e.loser == Some(n) || e.winner == Some(n)))
    };
    wrong.extend(expected.by.iter().filter(|id| !acted(id)).map(|id| format!("by rule {id}")));
    let first = got.periods.first();
    for (name, day) in &expected.days {
        let found = first.and_then(|p| if *name == "from" { p.from } else { p.until });
        if found != Some(*day) {
            wrong.push(format!("{name} {day}"));
        }
    }
    if wrong.is_empty() {
        return None;
    }
    let sum = sum.map_or("no sum".to_owned(), |s| seen.currency.plain(s));
    let by = if got.by.is_empty() { String::new() } else { format!(" by {}", got.by.join(", ")) };
    let standing = standing_word(got.standing);
    Some(format!(
        "{what}: expected {}; got {standing}, {sum}{by}\nsingle result: {}",
        wrong.join(", "),
        seen.told(single)
    ))
}

fn named(pack: &Pack, household: &Household, case: &Case, expected: &ExpectedValue) -> Option<String> {
    let got = match expected.name.split_once('.') {
        Some((who, id)) if !expected.name.contains('(') => {
            let member = if who == "household" { None } else { household.member(who) };
            let entity = if who == "household" { Entity::Household } else { Entity::Person };
            match pack.program().value(household, (entity, id), member, case.on) {
                Ok(Named::Known(Value::Decimal(minor))) if is_money(pack, entity, id) => {
                    pack.currency().plain_exact(&minor)
                }
                Ok(Named::Known(value)) => value::plain(&value, pack.currency()),
                Ok(Named::Unknown { .. }) => "unknown".to_owned(),
                Ok(Named::Error(why)) => format!("error: {why}"),
                Err(why) => why.to_string(),
            }
        }
        _ => parameter(pack, &expected.name, case.on),
    };
    let same = got == expected.value || numbers_equal(&got, &expected.value);
    (!same).then(|| format!("{}: expected {}; got {got}", expected.name, expected.value))
}

fn is_money(pack: &Pack, entity: Entity, id: &str) -> bool {
    pack.definition(entity, id).is_some_and(|d| matches!(d.ty, Some(Type::Money(_))))
}

/// `0.30` and `0.3` are the same number.
fn numbers_equal(a: &str, b: &str) -> bool {
    let plain = |t: &str| -> Option<String> {
        t.parse::<f64>().ok().filter(|n| n.is_finite())?;
        let (whole, part) = t.split_once('.').unwrap_or((t, ""));
        Some(format!("{}.{}", whole, part.trim_end_matches('0')))
    };
    plain(a).is_some_and(|a| plain(b) == Some(a))
}

/// `table` or `table(key, …)` on the day.
fn parameter(pack: &Pack, name: &str, on: kernel::Date) -> String {
    let (table, keys) = name.split_once('(').unwrap_or((name, ")"));
    let keys: Vec<String> = keys
        .trim_end_matches(')')
        .split(',')
        .map(|k| k.trim().trim_matches(['"', '\'']).to_owned())
        .filter(|k| !k.is_empty())
        .collect();
    let Some(parameter) = pack.parameters().get(table.trim()) else { return format!("no table {table}") };
    let typed = pack.schema().tables.iter().find(|t| *t.id == *parameter.id);
    let valid = parameter.rows.iter().filter(|r| r.valid_from <= on && r.valid_to.is_none_or(|to| on <= to));
    let fits = |row: &&crate::model::ParameterRow| {
        row.keys.len() == keys.len()
            && row.keys.iter().zip(&keys).enumerate().all(|(n, (key, asked))| {
                let floor =
                    typed.and_then(|t| t.keys.get(n)).is_some_and(|k| k.floor && matches!(k.ty, Type::Integer(_)));
                let number = |t: &str| t.parse::<i64>().ok();
                let plain = value::plain(key, pack.currency());
                if floor { number(&plain).zip(number(asked)).is_some_and(|(k, a)| k <= a) } else { plain == *asked }
            })
    };
    let rank = |row: &&crate::model::ParameterRow| -> Vec<i64> {
        row.keys.iter().map(|k| value::plain(k, pack.currency()).parse().unwrap_or(0)).collect()
    };
    let found = valid.filter(fits).max_by_key(rank);
    found.map_or_else(|| "no row on this day".to_owned(), |row| value::plain(&row.value, pack.currency()))
}
