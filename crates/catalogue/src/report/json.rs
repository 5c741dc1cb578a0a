//! An explanation for a program. The shape is documented in docs/pack-format.md and stays stable: keys are only added.

use kernel::{Date, Lang};
use rules::Household;
use rules::combine::{Alternative, Combined, CombinedResult, Effect, Stretch};
use rules::outcome::{Amount, ConditionResult, Explanation, FactRef, FactUsed, NearestChange, ProgrammeResult, Step};
use serde_json::{Value as Json, json};
use text::Text;

use super::Question;
use super::words::{Speaker, entity};
use crate::pack::Pack;

/// All results of a household on a day with reasons, sources, law and combination rules; words in `lang`.
pub fn explain_json(pack: &Pack, household: &Household, question: impl Into<Question>, lang: Lang) -> Json {
    let Question { on, claim } = question.into();
    let (explanation, combined) = pack.evaluate(household, on, claim);
    let speaker = Speaker { pack, household, lang, t: Text::new(lang) };
    document(&speaker, &explanation, &combined, claim.unwrap_or(on))
}

/// The same from results worked out before.
fn document(s: &Speaker<'_>, explanation: &Explanation, combined: &Combined, claim_date: Date) -> Json {
    let manifest = s.pack.manifest();
    let results = explanation.results.iter().zip(&combined.results);
    json!({
        "on": explanation.on,
        "claim_date": claim_date,
        "language": s.lang.tag(),
        "pack": { "id": manifest.id, "version": manifest.version, "hash": s.pack.content_hash() },
        "rule_set": explanation.rule_set,
        "currency": s.pack.currency(),
        "members": s.household.members().iter().map(|m| m.key.as_str()).collect::<Vec<_>>(),
        "results": results.map(|(r, c)| result(s, r, c)).collect::<Vec<_>>(),
        "effects": combined.effects.iter().map(|e| effect(s, explanation, e)).collect::<Vec<_>>(),
        "alternatives": combined.alternatives.iter().map(|a| alternative(s, explanation, a)).collect::<Vec<_>>(),
        "yearly": combined.yearly,
    })
}

fn result(s: &Speaker<'_>, r: &ProgrammeResult, after: &CombinedResult) -> Json {
    let version = s.pack.version(&r.programme, r.version);
    let claim = version.and_then(|v| v.claim.as_ref());
    let conditions = r.conditions.iter().map(|c| condition(s, r, c)).collect::<Vec<_>>();
    json!({
        "programme": r.programme,
        "name": s.programme(&r.programme),
        "subject": s.subject_id(&r.subject),
        "answer": r.answer,
        "amount": r.amount.as_ref().map(|a| amount(s, a)),
        "from": r.from,
        "until": r.until,
        "law": version.map(|v| v.law.as_str()),
        "version": {
            "index": r.version,
            "valid_from": version.and_then(|v| v.valid_from),
            "valid_to": version.and_then(|v| v.valid_to),
            "confidence": version.and_then(|v| v.confidence),
            "note": version.and_then(|v| v.note.as_ref()).map(|n| n.get(s.lang)),
        },
        "benefit": version.and_then(|v| v.benefit.as_ref()).map(|b| json!({
            "form": b.form,
            "words": b.words.as_ref().map(|w| w.get(s.lang)),
        })),
        "claim": claim.map(|c| json!({
            "who": c.who,
            "opens": r.claim_opens,
            "closes": r.claim_closes,
            "evidence": c.evidence,
            "decision_days": c.decision_days,
        })),
        "conditions": conditions,
        "missing": r.missing.iter().map(|f| missing(s, f)).collect::<Vec<_>>(),
        "nearest": r.nearest.as_ref().map(|n| nearest(s, r, n)),
        "error": r.error,
        "combined": {
            "standing": after.standing,
            "amount": after.amount.as_ref().map(|a| amount(s, a)),
            "periods": after.periods.iter().map(|Stretch { from, until }| json!({ "from": from, "until": until })).collect::<Vec<_>>(),
            "by": after.by,
            "check": after.check,
        },
    })
}

fn amount(s: &Speaker<'_>, a: &Amount) -> Json {
    json!({
        "minor": a.minor,
        "per": a.per,
        "text": s.amount(a),
        "tables": a.tables.iter().map(|step| one_step(s, step)).collect::<Vec<_>>(),
        "missing": a.missing.iter().map(|f| missing(s, f)).collect::<Vec<_>>(),
    })
}

fn condition(s: &Speaker<'_>, r: &ProgrammeResult, c: &ConditionResult) -> Json {
    let version = s.pack.version(&r.programme, r.version);
    let words = version.and_then(|v| v.conditions.iter().find(|w| w.id == c.id));
    json!({
        "id": c.id,
        "words": words.map(|w| w.words.get(s.lang)),
        "law": words.map(|w| w.law.as_str()),
        "holds": c.holds,
        "error": c.error,
        "steps": c.steps.iter().map(|step| one_step(s, step)).collect::<Vec<_>>(),
        "facts": c.facts.iter().map(|f| fact_used(s, f)).collect::<Vec<_>>(),
    })
}

fn one_step(s: &Speaker<'_>, step: &Step) -> Json {
    json!({
        "name": step.name,
        "label": s.step(&step.name, &step.subject),
        "subject": s.subject_id(&step.subject),
        "value": step.value,
        "text": s.value(step.value.as_ref(), s.type_of(&step.name, &step.subject)),
        "table": step.table.as_ref().map(|hit| json!({
            "name": hit.name,
            "rules": hit.rules.iter().map(|(number, line)| json!({ "number": number, "line": line })).collect::<Vec<_>>(),
        })),
    })
}

fn fact_used(s: &Speaker<'_>, f: &FactUsed) -> Json {
    let provenance = f.provenance.as_ref();
    json!({
        "subject": s.subject_id(&f.fact.subject),
        "item": f.fact.item,
        "label": s.item(&f.fact),
        "value": f.value,
        "text": s.value(f.value.as_ref(), s.type_of(&f.fact.item, &f.fact.subject)),
        "source": provenance.map(|p| p.source.as_str()),
        "source_name": provenance.map(|p| s.agency(&p.source)),
        "valid_from": provenance.and_then(|p| p.valid_from),
        "recorded": provenance.and_then(|p| p.recorded.as_deref()),
        "law": provenance.and_then(|p| p.law.as_deref()),
        "assumed_absent": f.assumed_absent,
    })
}

fn missing(s: &Speaker<'_>, f: &FactRef) -> Json {
    json!({
        "subject": s.subject_id(&f.subject),
        "item": f.item,
        "label": s.item(f),
        "owner": s.pack.item(entity(&f.subject), &f.item).and_then(|i| i.owner.as_deref()),
        "owner_name": s.owner(f),
        "ask": s.question(f),
    })
}

fn nearest(s: &Speaker<'_>, r: &ProgrammeResult, n: &NearestChange) -> Json {
    let mut out = serde_json::to_value(n).unwrap_or(Json::Null);
    if let (Some(fields), Some(words)) = (out.as_object_mut(), super::explain::nearest(s, r, n)) {
        fields.insert("text".to_owned(), Json::String(words));
    }
    out
}

fn which(s: &Speaker<'_>, explanation: &Explanation, n: Option<usize>) -> Json {
    let found = n.and_then(|n| explanation.results.get(n));
    found.map_or(Json::Null, |r| json!({ "programme": r.programme, "subject": s.subject_id(&r.subject) }))
}

fn effect(s: &Speaker<'_>, explanation: &Explanation, e: &Effect) -> Json {
    let rule = s.pack.combinations().get(&e.rule);
    json!({
        "rule": e.rule,
        "kind": e.kind,
        "what": e.what,
        "words": rule.map(|r| r.words.get(s.lang)),
        "law": rule.map(|r| r.law.as_str()),
        "winner": which(s, explanation, e.winner),
        "loser": which(s, explanation, e.loser),
        "fact": e.fact.as_ref().map(|f| json!({ "subject": s.subject_id(&f.subject), "item": f.item, "label": s.item(f) })),
        "before": e.before,
        "after": e.after,
        "from": e.from,
        "uncertain": e.uncertain,
    })
}

fn alternative(s: &Speaker<'_>, explanation: &Explanation, a: &Alternative) -> Json {
    let all = |list: &[usize]| list.iter().map(|n| which(s, explanation, Some(*n))).collect::<Vec<_>>();
    json!({
        "take": all(&a.take),
        "give_up": all(&a.give_up),
        "yearly": a.yearly,
        "yearly_chosen": a.yearly_chosen,
    })
}
