//! Requests of the analysts' pages.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use catalogue::model::{Level, Programme, Version};
use catalogue::{HouseholdFile, Pack};
use guard::{Action, Purpose, PurposeKind, Resource};
use kernel::{Date, Words};
use rules::combine::Side;
use rules::schema::Entity;

use super::{attempt, parameters, programmes};
use crate::components::frame::Frame;
use crate::error::Fault;
use crate::explain::{Story, plain, shown};
use crate::form::Form;
use crate::request::Session;
use crate::state::AppState;

fn agency(pack: &Pack, id: &str) -> Words {
    pack.agencies().get(id).map_or_else(|| plain(id), |a| a.name.clone())
}

fn line(pack: &Pack, p: &Programme, today: Date) -> programmes::Line {
    programmes::Line {
        id: p.id.clone(),
        name: p.name.clone(),
        summary: p.summary.clone(),
        agency: agency(pack, &p.agency),
        versions: p.versions.len(),
        in_force: p.versions.iter().any(|v| v.covers(today)),
    }
}

/// All programmes.
pub(crate) async fn list(State(state): State<AppState>, f: Frame) -> Response {
    let pack = state.packs.current();
    let today = state.today();
    let lines: Vec<_> = pack.programmes().iter().map(|p| line(&pack, p, today)).collect();
    let left_out: Vec<_> = pack.left_out().iter().map(|l| (l.name.clone(), l.reason.clone())).collect();
    let set = programmes::RuleSet {
        name: pack.manifest().name.clone(),
        version: pack.manifest().version.clone(),
        hash: pack.content_hash().to_owned(),
    };
    programmes::list(&f, &set, &lines, &left_out).into_response()
}

/// One programme.
pub(crate) async fn one(State(state): State<AppState>, f: Frame, Path(id): Path<String>) -> Response {
    let pack = state.packs.current();
    let Some(programme) = pack.programmes().get(&id) else { return Fault::NotFound.response(&f) };
    let mut versions: Vec<_> = programme.versions.iter().map(|v| version(&pack, v)).collect();
    versions.sort_by_key(|v| std::cmp::Reverse(v.from));
    let vm = programmes::Programme {
        line: line(&pack, programme, state.today()),
        decided_by: agency(&pack, &programme.decided_by),
        versions,
        combinations: combinations(&pack, &id),
        file: programme.origin.file.to_string(),
    };
    programmes::one(&f, &vm).into_response()
}

fn version(pack: &Pack, v: &Version) -> programmes::Version {
    let claim = v.claim.as_ref();
    let item = |id: &String| {
        let name = pack.name_of(Entity::Person, id).or_else(|| pack.name_of(Entity::Household, id));
        name.cloned().unwrap_or_else(|| plain(id))
    };
    programmes::Version {
        from: v.valid_from,
        to: v.valid_to,
        law: v.law.clone(),
        note: v.note.clone(),
        applies: v.applies.clone(),
        conditions: v
            .conditions
            .iter()
            .map(|c| (c.id.clone(), c.words.clone(), c.law.clone(), c.when.clone()))
            .collect(),
        amount: v.amount.clone(),
        benefit: v.benefit.as_ref().and_then(|b| b.words.clone()),
        period: (v.from.clone(), v.until.clone()),
        claim: (claim.and_then(|c| c.opens.clone()), claim.and_then(|c| c.closes.clone())),
        evidence: claim.map(|c| c.evidence.iter().map(item).collect()).unwrap_or_default(),
        decision_days: claim.and_then(|c| c.decision_days).map(i64::from),
    }
}

fn programme_of(side: &Side) -> Option<&str> {
    match side {
        Side::Programme(id) => Some(id),
        _ => None,
    }
}

/// The combination rules a programme stands in: words, law, and the other programme's name.
fn combinations(pack: &Pack, id: &str) -> Vec<(Words, String, Option<Words>)> {
    pack.combinations()
        .iter()
        .filter_map(|c| {
            let sides: Vec<&str> = c
                .rule
                .a
                .iter()
                .chain(&c.rule.b)
                .filter_map(programme_of)
                .chain(c.rule.members.iter().map(String::as_str))
                .collect();
            let other = sides.iter().find(|s| **s != id).and_then(|s| pack.programmes().get(s)).map(|p| p.name.clone());
            sides.contains(&id).then(|| (c.words.clone(), c.law.clone(), other))
        })
        .collect()
}

fn parameter_line(p: &catalogue::model::Parameter) -> parameters::Line {
    parameters::Line {
        id: p.id.clone(),
        name: p.name.clone(),
        law: p.law.clone(),
        rows: p.rows.len(),
        file: p.file.clone(),
    }
}

/// All parameter tables.
pub(crate) async fn parameter_list(State(state): State<AppState>, f: Frame) -> Response {
    let pack = state.packs.current();
    let lines: Vec<_> = pack.parameters().iter().map(parameter_line).collect();
    parameters::list(&f, &lines).into_response()
}

/// One parameter table.
pub(crate) async fn parameter(State(state): State<AppState>, f: Frame, Path(id): Path<String>) -> Response {
    let pack = state.packs.current();
    let Some(table) = pack.parameters().get(&id) else { return Fault::NotFound.response(&f) };
    let mut rows: Vec<_> = table
        .rows
        .iter()
        .map(|r| parameters::Row {
            from: r.valid_from,
            to: r.valid_to,
            keys: r.keys.iter().map(|k| shown(&pack, None, Some(k))).collect(),
            value: shown(&pack, Some(&table.ty), Some(&r.value)),
            sources: r.sources.join(", "),
            note: r.note.clone(),
        })
        .collect();
    rows.sort_by_key(|r| std::cmp::Reverse(r.from));
    parameters::one(&f, &parameter_line(table), &table.keys, &rows).into_response()
}

/// The household that stands in the form when it is opened: a small family of the place the pack begins with.
fn example(pack: &Pack, today: Date) -> String {
    let place = pack.jurisdictions().iter().find(|j| j.level == Level::District).map_or("", |j| j.id.as_str());
    let birth = pack.schema().roles.birth_date.as_deref().unwrap_or("birth_date");
    let child = today.saturating_sub(jiff::Span::new().days(20));
    let adult = today.saturating_sub(jiff::Span::new().years(31));
    format!(
        "household:\n  place: {place}\n  facts: {{}}\n  members:\n    - id: mother\n      spouse: father\n      facts: {{ {birth}: {adult} }}\n    \
         - id: father\n      facts: {{ {birth}: {adult} }}\n    - id: child\n      parents: [mother, father]\n      facts: {{ {birth}: {child} }}\n"
    )
}

/// The empty form.
pub(crate) async fn try_form(State(state): State<AppState>, _: Session, f: Frame) -> Response {
    let today = state.today();
    let form = Form::of([("on", today.to_string()), ("household", example(&state.packs.current(), today))]);
    attempt::page_of(&f, &form, None).into_response()
}

/// A household tried. Nothing is stored; that somebody tried is in the log.
pub(crate) async fn try_it(State(state): State<AppState>, session: Session, f: Frame, mut form: Form) -> Response {
    let purpose = Purpose::new(PurposeKind::Statistics, "try a household");
    let asked =
        state.guard.permit(&session.who, Action::TryHousehold, &Resource::thing("try_household"), &purpose).await;
    if let Err(denied) = asked {
        return crate::error::denied(&f, &denied);
    }
    let pack = state.packs.current();
    let f = f.of_form("/analyst/try", &form);
    let on = form.date(f.t, "on");
    let household = HouseholdFile::parse(&pack, "household", form.get("household"));
    let household = household.map_err(|faults| faults.iter().map(fault_line).collect::<Vec<_>>().join(" · "));
    let built = household.and_then(|file| {
        let names: Vec<String> = file.members.iter().map(|m| m.id.clone()).collect();
        file.build(&pack).map(|household| (household, names)).map_err(|e| e.to_string())
    });
    let (household, names) = match built {
        Ok(built) => built,
        Err(why) => {
            form.refuse("household", f.t.with("error-yaml", &[("why", why.into())]));
            return (StatusCode::UNPROCESSABLE_ENTITY, attempt::page_of(&f, &form, None)).into_response();
        }
    };
    let Some(on) = on else {
        return (StatusCode::UNPROCESSABLE_ENTITY, attempt::page_of(&f, &form, None)).into_response();
    };
    let before = std::time::Instant::now();
    let (explanation, combined) = pack.evaluate(&household, on, None);
    let micros = i64::try_from(before.elapsed().as_micros()).unwrap_or(i64::MAX);
    let list = Story { pack: &pack, names: &names }.all(&explanation, &combined);
    attempt::page_of(&f, &form, Some((&list, micros))).into_response()
}

/// A fault of a pasted file in one line.
fn fault_line(fault: &rules::schema::Fault) -> String {
    let hint = if fault.hint.is_empty() { String::new() } else { format!(" ({})", fault.hint) };
    format!("{}:{} {} – {}{hint}", fault.line, fault.column, fault.message, fault.expected)
}
