//! `combinations.toml`

use std::sync::Arc;

use rules::combine::{Choose, Kind, Rule, Scope, Side};
use rules::schema::{Dated, Entity, Expr, Per};

use super::context::{Context, key};
use super::programmes::PERIODS;
use crate::model::Combination;
use crate::read::fault::{did_you_mean, one_of, shown};
use crate::read::toml_doc::{Located, Table, document};

const SCOPES: [(&str, Scope); 3] =
    [("same_person", Scope::SamePerson), ("household", Scope::Household), ("couple", Scope::Couple)];

const CHOICES: [(&str, Choose); 4] =
    [("best", Choose::Best), ("a", Choose::A), ("b", Choose::B), ("family", Choose::Family)];

/// The programme under which the limit of a ceiling is compiled; no id of a pack can hold a colon.
pub(crate) fn limit_programme(rule: &str) -> String {
    format!("ceiling:{rule}")
}

/// Reads all rules; gives back the limits of ceilings.
pub(crate) fn read(cx: &mut Context<'_>) -> Vec<(String, Expr)> {
    let mut limits = Vec::new();
    let Some(source) = cx.open_if_there("combinations.toml") else { return limits };
    let faults = cx.faults;
    document(&source, faults, |root| {
        for entry in root.tables("rule") {
            if let Some(limit) = rule(cx, &entry) {
                limits.push(limit);
            }
            entry.finish();
        }
    });
    limits
}

fn rule(cx: &mut Context<'_>, entry: &Table<'_>) -> Option<(String, Expr)> {
    let complete = cx.complete();
    let id = entry.need_text("id");
    let kind = entry.need_text("kind").and_then(|t| cx.choice(&t, &Kind::WORDS));
    let (a, b) = (side(cx, entry, "a"), side(cx, entry, "b"));
    let members = entry.texts("members");
    members.iter().for_each(|m| cx.check_programme(m));
    let limit = entry.expr("limit");
    let limit_per = entry.text("limit_per").and_then(|t| cx.choice(&t, &PERIODS)).unwrap_or(Per::Month);
    let scope = entry.need_text("scope").and_then(|t| cx.choice(&t, &SCOPES));
    let choose = entry.text("choose").and_then(|t| cx.choice(&t, &CHOICES)).unwrap_or(Choose::Best);
    let enforced_by = entry.texts("enforced_by");
    enforced_by.iter().for_each(|place| check_place(cx, place));
    let law = entry.text("law").map(|t| t.it).unwrap_or_default();
    let words = entry.need_words("words", &complete);
    let sources = cx.checked_sources([entry.ids("source"), entry.ids("sources")].concat());
    let confidence = entry.text("confidence").and_then(|c| cx.confidence(&c));
    let (id, kind, scope) = (id?, kind?, scope?);
    check_shape(cx, entry, kind, &enforced_by, limit.is_some(), !members.is_empty());
    let rule = Rule {
        id: id.it.clone(),
        kind,
        a,
        b,
        members: members.into_iter().map(|m| m.it).collect(),
        limit_per,
        scope,
        choose,
    };
    let enforced_by = enforced_by.into_iter().map(|t| t.it).collect();
    let combination = Combination { rule, enforced_by, law, words, sources, confidence, origin: id.at.clone() };
    if !cx.content.combinations.add(&id.it, combination) {
        cx.twice("rule", &id.it, &id.at);
        return None;
    }
    (kind == Kind::Ceiling).then_some(())?;
    limit.map(|limit| (id.it, limit))
}

/// A programme, or `fact:person.item`.
fn side(cx: &Context<'_>, entry: &Table<'_>, name: &'static str) -> Option<Side> {
    let text = entry.text(name)?;
    let Some(fact) = text.it.strip_prefix("fact:") else {
        cx.check_programme(&text);
        return Some(Side::Programme(text.it));
    };
    let (entity, item) = match fact.split_once('.') {
        Some(("person", item)) => (Entity::Person, item),
        Some(("household", item)) => (Entity::Household, item),
        _ => {
            let message = format!("\"{}\" names no fact", shown(&text.it));
            cx.faults.error("bad-value", &text.at, message, "fact:person.item or fact:household.item", "");
            return None;
        }
    };
    cx.check_fact(entity, &Located { it: item.to_owned(), at: text.at })
        .then(|| Side::Fact { entity, item: item.to_owned() })
}

/// Each kind of rule needs its own keys.
fn check_shape(
    cx: &Context<'_>,
    entry: &Table<'_>,
    kind: Kind,
    enforced_by: &[Located<String>],
    limit: bool,
    members: bool,
) {
    let need = |key: &str, there: bool| {
        if !there {
            let message = format!("a rule of kind {} needs \"{key}\"", kind.word());
            cx.faults.error("missing-key", &entry.at, message, format!("\"{key}\""), "");
        }
    };
    match kind {
        Kind::Ceiling => {
            need("members", members);
            need("limit", limit);
        }
        Kind::Exclusive | Kind::EitherOr | Kind::Offset | Kind::Succession | Kind::Independent | Kind::Check => {
            need("a", entry.has("a"));
            need("b", entry.has("b"));
        }
        Kind::Opens | Kind::Recover => need("a", entry.has("a")),
        _ => {
            need("a", entry.has("a"));
            need("enforced_by", !enforced_by.is_empty());
        }
    }
}

/// `programme.condition`, `programme.amount`, `programme.claim`, `programme.period`, `programme.applies` or `definition:<id>`.
fn check_place(cx: &Context<'_>, place: &Located<String>) {
    let content = &cx.content;
    let nowhere = |expected: String, hint: String| {
        let message = format!("\"{}\" points nowhere", shown(&place.it));
        cx.faults.error("unknown-place", &place.at, message, expected, hint);
    };
    if let Some(id) = place.it.strip_prefix("definition:") {
        let bare = id.strip_prefix("person.").or_else(|| id.strip_prefix("household.")).unwrap_or(id);
        let there =
            [Entity::Person, Entity::Household].iter().any(|e| content.definitions.get(&key(*e, bare)).is_some());
        if !there {
            let known = content.definitions.iter().map(|d| d.id.as_str());
            nowhere("the id of a definition".to_owned(), did_you_mean(bare, known));
        }
        return;
    }
    let (programme, part) = place.it.split_once('.').unwrap_or((&place.it, ""));
    let Some(found) = content.programmes.get(programme) else {
        return nowhere(
            "programme.condition, or definition:id".to_owned(),
            did_you_mean(programme, content.programmes.ids()),
        );
    };
    let there = found.versions.iter().any(|v| match part {
        "amount" => v.amount.is_some(),
        "claim" => v.claim.is_some(),
        "period" => v.from.is_some() || v.until.is_some(),
        "applies" => v.applies.is_some(),
        condition => v.conditions.iter().any(|c| c.id == condition),
    });
    if !there {
        let known: Vec<&str> = found.versions.iter().flat_map(|v| v.conditions.iter().map(|c| c.id.as_str())).collect();
        let expected =
            format!("{programme}. followed by amount, claim, period, applies or {}", one_of(known.iter().copied()));
        nowhere(expected, did_you_mean(part, known));
    }
}

/// Lets the compiler check and the evaluator work out the limits: each becomes a programme of the household that always
/// holds, with the limit as its amount.
pub(crate) fn add_limits(cx: &mut Context<'_>, limits: Vec<(String, Expr)>) {
    for (rule, limit) in limits {
        let Some(per) = cx.content.combinations.get(&rule).map(|c| c.rule.limit_per) else { continue };
        let origin = limit.origin.clone();
        let version = rules::schema::Version {
            subject: Entity::Household,
            applies: None,
            conditions: Vec::new(),
            amount: Some((limit, per)),
            from: None,
            until: None,
            claim_opens: None,
            claim_closes: None,
            origin: origin.clone(),
        };
        let versions = vec![Dated { valid_from: None, valid_to: None, it: version }];
        let id = Arc::from(limit_programme(&rule));
        cx.content.schema.programmes.push(rules::schema::Programme { id, versions, origin });
    }
}
