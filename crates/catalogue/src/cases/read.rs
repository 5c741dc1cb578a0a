//! The worked cases of a pack: `cases/*.yaml`.

use std::collections::{BTreeMap, HashMap};

use kernel::{Date, Lang, Words};
use rules::outcome::Answer;
use rules::schema::{Origin, Per, Type};

use crate::household::{self, HouseholdEdit, HouseholdFile, check_relations};
use crate::load::Content;
use crate::read::fault::{Faults, did_you_mean, one_of, shown};
use crate::read::files::Files;
use crate::read::source::Source;
use crate::read::value;
use crate::read::yaml::{self, Node};

/// One worked case.
#[derive(Clone, Debug)]
pub struct Case {
    /// Unique within the pack.
    pub id: String,
    /// What it shows.
    pub title: Words,
    /// The day asked about.
    pub on: Date,
    /// The day of the claim; `None`: the day asked about.
    pub claim_date: Option<Date>,
    /// The household.
    pub household: HouseholdFile,
    /// Expected single results.
    pub expect: Vec<Expected>,
    /// Expected results after combination.
    pub combined: Vec<ExpectedCombined>,
    /// Expected named values.
    pub values: Vec<ExpectedValue>,
    /// Where the expectation comes from.
    pub source: String,
    /// Where it stands.
    pub origin: Origin,
}

/// What a programme should say of a subject.
#[derive(Clone, Debug)]
pub struct Expected {
    /// The programme.
    pub programme: String,
    /// A member's id, or `household`.
    pub subject: String,
    /// The answer; `None` stands for *not applicable*: no result at all.
    pub result: Option<Answer>,
    /// The sum.
    pub amount: Option<i64>,
    /// Its period.
    pub per: Option<Per>,
    /// Conditions that fail, among others.
    pub because: Vec<String>,
    /// Exactly the facts missing, as `household.item` or `member.item`.
    pub missing: Option<Vec<String>>,
    /// Expected days: `from`, `until`, `claim_opens`, `claim_closes`.
    pub days: BTreeMap<&'static str, Date>,
    /// Where it stands.
    pub origin: Origin,
}

/// What should be left after the combination rules.
#[derive(Clone, Debug)]
pub struct ExpectedCombined {
    /// The programme.
    pub programme: String,
    /// A member's id, or `household`.
    pub subject: String,
    /// kept, dropped, shortened, choice or check.
    pub standing: Option<String>,
    /// The sum left.
    pub amount: Option<i64>,
    /// Rules that did it, among others.
    pub by: Vec<String>,
    /// Days of the first period left: `from`, `until`.
    pub days: BTreeMap<&'static str, Date>,
    /// Where it stands.
    pub origin: Origin,
}

/// A named value of the day.
#[derive(Clone, Debug)]
pub struct ExpectedValue {
    /// As written: `household.id`, `member.id`, or `table(key, …)`.
    pub name: String,
    /// As written.
    pub value: String,
    /// Where it stands.
    pub origin: Origin,
}

/// How many cases may rest on one another.
const LONGEST_CHAIN: usize = 50;

struct Draft {
    edit: HouseholdEdit,
    case: Case,
}

/// Reads all cases; what one case takes from another is put in.
pub(crate) fn read(files: &Files, content: &Content, faults: &Faults) -> Vec<Case> {
    let mut drafts: Vec<Draft> = Vec::new();
    let mut index: HashMap<String, usize> = HashMap::new();
    let is_case = |path: &str| path.starts_with("cases/") && (path.ends_with(".yaml") || path.ends_with(".yml"));
    for (path, _) in files.iter().filter(|(path, _)| is_case(path)) {
        let Some(source) = Source::open(files, path, faults) else { continue };
        let Some(root) = yaml::parse(&source, faults) else { continue };
        let keys = Node::root(&source, faults, &root).keys();
        for node in keys.need("cases").map(|n| n.list()).unwrap_or_default() {
            let Some(draft) = case(content, &node) else { continue };
            if index.insert(draft.case.id.clone(), drafts.len()).is_some() {
                let message = format!("the case \"{}\" stands twice", shown(&draft.case.id));
                node.fault("duplicate-id", message, "every case id once in the pack", "rename one of the two");
            }
            drafts.push(draft);
        }
        keys.finish();
    }
    let resolved: Vec<Option<HouseholdFile>> =
        (0..drafts.len()).map(|n| resolve(n, &drafts, &index, faults, 0)).collect();
    let mut out = Vec::new();
    for (draft, household) in drafts.into_iter().zip(resolved) {
        let Some(household) = household else { continue };
        check_relations(&household, faults, &draft.edit.places);
        check_subjects(&draft.case, &household, faults);
        out.push(Case { household, ..draft.case });
    }
    out
}

fn resolve(
    n: usize,
    drafts: &[Draft],
    index: &HashMap<String, usize>,
    faults: &Faults,
    depth: usize,
) -> Option<HouseholdFile> {
    let draft = drafts.get(n)?;
    let Some((other, at)) = &draft.edit.same_as else { return Some(draft.edit.own.clone()) };
    let Some(base) = index.get(other) else {
        let message = format!("there is no case \"{}\"", shown(other));
        let hint = did_you_mean(other, index.keys().map(String::as_str));
        faults.error("unknown-case", at, message, "the id of another case", hint);
        return None;
    };
    if depth > LONGEST_CHAIN {
        let message = format!("the case \"{}\" rests on itself, or on too long a chain", shown(&draft.case.id));
        faults.error("cycle", at, message, format!("at most {LONGEST_CHAIN} cases, each resting on another one"), "");
        return None;
    }
    let base = resolve(*base, drafts, index, faults, depth + 1)?;
    Some(base.edited(draft.edit.clone()))
}

fn case(content: &Content, node: &Node<'_>) -> Option<Draft> {
    let keys = node.keys();
    let id = keys.need("id").and_then(|n| n.text());
    let title = keys.get("title").map(|n| title(&n)).unwrap_or_default();
    let on = keys.need("on").and_then(|n| household::date(&n));
    let claim_date = keys.get("claim_date").and_then(|n| household::date(&n));
    let edit = keys.need("household").map(|n| household::read(content, &n));
    let expect = keys.get("expect").map(|n| subjects(content, &n, expected)).unwrap_or_default();
    let combined = keys.get("combined").map(|n| subjects(content, &n, expected_combined)).unwrap_or_default();
    let values = keys.get("expect_values").map(|n| values(&n)).unwrap_or_default();
    let source = keys.get("source").and_then(|n| n.text()).unwrap_or_default().to_owned();
    keys.finish();
    let nothing = expect.is_empty() && combined.is_empty() && values.is_empty();
    if nothing {
        node.fault("missing-key", "the case expects nothing", "expect, combined or expect_values", "");
    }
    let household = HouseholdFile::default();
    let origin = node.at();
    let case =
        Case { id: id?.to_owned(), title, on: on?, claim_date, household, expect, combined, values, source, origin };
    Some(Draft { edit: edit?, case })
}

fn title(node: &Node<'_>) -> Words {
    if !node.is_map() {
        return node.text().map(|text| (Lang::En, text.to_owned())).into_iter().collect();
    }
    let mut words = Vec::new();
    for (value, lang) in node.entries() {
        match lang.parse::<Lang>() {
            Ok(lang) => words.extend(value.text().map(|text| (lang, text.to_owned()))),
            Err(why) => value.fault("unknown-key", why.to_string(), one_of(Lang::ALL.map(Lang::tag)), ""),
        }
    }
    words.into_iter().collect()
}

/// `programme: { subject: { … } }`
fn subjects<T>(content: &Content, node: &Node<'_>, read: fn(&Content, &Node<'_>, &str, &str) -> T) -> Vec<T> {
    let mut out = Vec::new();
    for (by_subject, programme) in node.entries() {
        if content.programmes.get(programme).is_none() {
            let hint = did_you_mean(programme, content.programmes.ids());
            let message = format!("there is no programme \"{}\"", shown(programme));
            by_subject.fault("unknown-programme", message, "the id of a programme", hint);
            continue;
        }
        for (entry, subject) in by_subject.entries() {
            out.push(read(content, &entry, programme, subject));
        }
    }
    out
}

const RESULTS: [(&str, Option<Answer>); 7] = [
    ("yes", Some(Answer::Yes)),
    ("no", Some(Answer::No)),
    ("true", Some(Answer::Yes)),
    ("false", Some(Answer::No)),
    ("cannot_tell", Some(Answer::CannotTell)),
    ("error", Some(Answer::Error)),
    ("not_applicable", None),
];

fn expected(content: &Content, node: &Node<'_>, programme: &str, subject: &str) -> Expected {
    let keys = node.keys();
    let result = keys.need("result").and_then(|n| choice(&n, &RESULTS)).flatten();
    let amount = keys.get("amount").and_then(|n| sum(content, &n));
    let per = keys.get("per").and_then(|n| {
        let per = value::per(n.text()?);
        if per.is_none() {
            n.fault("bad-value", "this is no period", "once, month, year or use", "");
        }
        per
    });
    let because = keys.get("because").map(|n| conditions(content, &n, programme)).unwrap_or_default();
    let missing = keys.get("missing").map(|n| texts(&n));
    let days = days(&keys, &["from", "until", "claim_opens", "claim_closes"]);
    keys.finish();
    Expected {
        programme: programme.to_owned(),
        subject: subject.to_owned(),
        result,
        amount,
        per,
        because,
        missing,
        days,
        origin: node.at(),
    }
}

fn days(keys: &yaml::Keys<'_>, names: &[&'static str]) -> BTreeMap<&'static str, Date> {
    names.iter().filter_map(|name| Some((*name, keys.get(name).and_then(|n| household::date(&n))?))).collect()
}

fn texts(node: &Node<'_>) -> Vec<String> {
    node.list().iter().filter_map(|n| n.text().map(str::to_owned)).collect()
}

fn conditions(content: &Content, node: &Node<'_>, programme: &str) -> Vec<String> {
    let known = || {
        let versions = content.programmes.get(programme).into_iter().flat_map(|p| &p.versions);
        versions.flat_map(|v| v.conditions.iter().map(|c| c.id.as_str()))
    };
    for entry in node.list() {
        let Some(id) = entry.text() else { continue };
        if !known().any(|k| k == id) {
            let message = format!("{programme} has no condition \"{}\"", shown(id));
            entry.fault("unknown-condition", message, one_of(known()), did_you_mean(id, known()));
        }
    }
    texts(node)
}

const STANDINGS: [(&str, &str); 6] = [
    ("kept", "kept"),
    ("yes", "kept"),
    ("dropped", "dropped"),
    ("shortened", "shortened"),
    ("choice", "choice"),
    ("check", "check"),
];

fn expected_combined(content: &Content, node: &Node<'_>, programme: &str, subject: &str) -> ExpectedCombined {
    let keys = node.keys();
    let standing = keys.get("result").and_then(|n| choice(&n, &STANDINGS)).map(str::to_owned);
    let amount = keys.get("amount").and_then(|n| sum(content, &n));
    let by = keys.get("by").map(|n| rules(content, &n)).unwrap_or_default();
    let days = days(&keys, &["from", "until"]);
    keys.finish();
    if standing.is_none() && amount.is_none() && by.is_empty() && days.is_empty() {
        node.fault("missing-key", "nothing is expected here", "result, amount, by, from or until", "");
    }
    let (programme, subject) = (programme.to_owned(), subject.to_owned());
    ExpectedCombined { programme, subject, standing, amount, by, days, origin: node.at() }
}

fn rules(content: &Content, node: &Node<'_>) -> Vec<String> {
    for entry in node.list() {
        let Some(id) = entry.text() else { continue };
        if content.combinations.get(id).is_none() {
            let hint = did_you_mean(id, content.combinations.ids());
            let message = format!("there is no rule \"{}\"", shown(id));
            entry.fault("unknown-rule", message, "the id of a rule in combinations.toml", hint);
        }
    }
    texts(node)
}

fn values(node: &Node<'_>) -> Vec<ExpectedValue> {
    let entries = node.entries().into_iter();
    let all = entries.filter_map(|(entry, name)| {
        let value = entry.text()?.to_owned();
        Some(ExpectedValue { name: name.trim().to_owned(), value, origin: entry.at() })
    });
    all.collect()
}

fn choice<T: Copy>(node: &Node<'_>, words: &[(&str, T)]) -> Option<T> {
    let text = node.text()?;
    let found = words.iter().find(|(word, _)| *word == text).map(|(_, it)| *it);
    if found.is_none() {
        let known = || words.iter().map(|(word, _)| *word).filter(|w| *w != "true" && *w != "false");
        let message = format!("\"{}\" is not a choice here", shown(text));
        node.fault("bad-value", message, one_of(known()), did_you_mean(text, known()));
    }
    found
}

fn sum(content: &Content, node: &Node<'_>) -> Option<i64> {
    let text = node.text()?;
    let minor = content.manifest.currency.minor(text);
    if minor.is_none() {
        let expected = value::looks_like(&Type::Money(Per::Once));
        node.fault("bad-value", format!("\"{}\" is not a sum", shown(text)), expected, "");
    }
    minor
}

/// Expectations may only name members of the household, or the household itself.
fn check_subjects(case: &Case, household: &HouseholdFile, faults: &Faults) {
    let ids = || household.members.iter().map(|m| m.id.as_str()).chain(["household"]);
    let single = case.expect.iter().map(|e| (e.subject.as_str(), &e.origin));
    let combined = case.combined.iter().map(|e| (e.subject.as_str(), &e.origin));
    let missing = case.expect.iter().flat_map(|e| {
        let names = e.missing.iter().flatten();
        names.map(|m| (m.split_once('.').map_or(m.as_str(), |(who, _)| who), &e.origin))
    });
    for (subject, at) in single.chain(combined).chain(missing) {
        if !ids().any(|id| id == subject) {
            let message = format!("\"{}\" is no member of this household", shown(subject));
            faults.error("unknown-member", at, message, one_of(ids()), did_you_mean(subject, ids()));
        }
    }
}
