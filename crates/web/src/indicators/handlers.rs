//! Requests for indicators.

use std::collections::BTreeMap;

use axum::extract::{Path, RawQuery, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use catalogue::Pack;
use catalogue::model::{Indicator, Indicators, Jurisdiction, Level};
use guard::{Action, Purpose, PurposeKind, Resource, Role, Who};
use indicator::period::Period;
use indicator::read::{self, Told, value};
use store::StoreError;
use survey::figures::{self, Figures, Group};

use super::draw::{Area, shades};
use super::{one, overview, parts, written};
use crate::components::frame::Frame;
use crate::form::Form;
use crate::official::work_case_handlers::forbidden;
use crate::request::Session;
use crate::state::AppState;
use crate::survey::figures_handlers;
use crate::viewer::{Trouble, Viewer};
use crate::visits::desk;

/// How many periods are shown unless somebody asks for more.
const SHOWN: usize = 13;

/// For which purpose somebody in this role looks; `None`: they do not.
pub(crate) fn purpose_kind(role: Role) -> Option<PurposeKind> {
    match role {
        Role::VisitSupervisor => Some(PurposeKind::HomeVisit),
        Role::Approver => Some(PurposeKind::Approval),
        Role::Analyst => Some(PurposeKind::Statistics),
        _ => None,
    }
}

/// The place somebody answers for: figures of it and of the places within it are theirs to see.
pub(crate) fn own_place(pack: &Pack, who: &Who) -> String {
    let place = who.jurisdiction.clone().unwrap_or_else(|| pack.manifest().root_jurisdiction.clone());
    // Figures are of districts; of a part of one its district is the nearest.
    pack.district(&place).to_owned()
}

/// Whether a place's figures are somebody's to see.
pub(crate) fn may_see(pack: &Pack, who: &Who, place: &str) -> bool {
    pack.within(place, &own_place(pack, who))
}

fn viewer<'s>(state: &'s AppState, session: &'s Session, f: &Frame) -> Option<Viewer<'s>> {
    let kind = purpose_kind(session.who.role)?;
    Some(Viewer::new(state, &session.who, Purpose::new(kind, f.t.t("indicator-purpose"))))
}

async fn permit(v: &Viewer<'_>) -> Result<(), Trouble> {
    let resource = Resource::thing("indicators");
    let _allowed = v.state.guard.permit(v.who, Action::ViewIndicators, &resource, &v.purpose).await?;
    Ok(())
}

/// All indicators of a place.
pub(crate) async fn all(
    State(state): State<AppState>,
    session: Session,
    f: Frame,
    RawQuery(query): RawQuery,
) -> Response {
    let Some(v) = viewer(&state, &session, &f) else { return forbidden(&f) };
    let form = Form::of_query(query.as_deref());
    all_of(&v, &f, form).await.unwrap_or_else(|trouble| trouble.response(&state, &f))
}

/// One indicator.
pub(crate) async fn one(
    State(state): State<AppState>,
    session: Session,
    f: Frame,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Response {
    let Some(v) = viewer(&state, &session, &f) else { return forbidden(&f) };
    let form = Form::of_query(query.as_deref());
    one_of(&v, &f, &id, form).await.unwrap_or_else(|trouble| trouble.response(&state, &f))
}

/// One indicator as CSV: all places that are theirs to see, all periods.
pub(crate) async fn table(
    State(state): State<AppState>,
    session: Session,
    f: Frame,
    Path(id): Path<String>,
) -> Response {
    let Some(v) = viewer(&state, &session, &f) else { return forbidden(&f) };
    csv(&v, &f, &id).await.unwrap_or_else(|trouble| trouble.response(&state, &f))
}

/// The chosen place, or their own; a place that is not theirs is refused.
fn chosen(v: &Viewer<'_>, f: &Frame, form: &mut Form) -> String {
    let own = own_place(&v.pack, v.who);
    let asked = form.get("place").to_owned();
    if asked.is_empty() {
        form.set("place", own.clone());
        return own;
    }
    if v.pack.jurisdictions().get(&asked).is_some() && may_see(&v.pack, v.who, &asked) {
        return asked;
    }
    form.refuse("place", f.t.t("error-choose"));
    own
}

/// Places of a size of which figures are told, their own first.
fn places(v: &Viewer<'_>, f: &Frame) -> Vec<(String, String)> {
    let lang = f.t.lang();
    let own = own_place(&v.pack, v.who);
    let told = |j: &&Jurisdiction| {
        matches!(j.level, Level::Country | Level::Province | Level::District) && may_see(&v.pack, v.who, &j.id)
    };
    let mut all: Vec<&Jurisdiction> = v.pack.jurisdictions().iter().filter(told).collect();
    all.sort_by_key(|j| j.id != own);
    let name = |j: &Jurisdiction| match (j.level, &j.parent) {
        (Level::District, Some(parent)) if *parent != own => {
            let around = v.pack.jurisdictions().get(parent).map(|p| p.name.get(lang)).unwrap_or_default();
            format!("{around} · {}", j.name.get(lang))
        }
        _ => j.name.get(lang).to_owned(),
    };
    all.into_iter().map(|j| (j.id.clone(), name(j))).collect()
}

async fn all_of(v: &Viewer<'_>, f: &Frame, mut form: Form) -> Result<Response, Trouble> {
    permit(v).await?;
    let Some(indicators) = v.pack.indicators() else {
        return Ok(overview::page_of(f, &form, &overview::Page::default()).into_response());
    };
    let place = chosen(v, f, &mut form);
    let mut tx = v.state.db.read().await?;
    let told = read::of_place(&mut tx, &place).await?;
    let counted = read::counted_at(&mut tx).await?;
    drop(tx);
    let said = said(v, f, &place).await?;
    let (t, currency) = (f.t, v.pack.currency());
    let none = BTreeMap::new();
    let line = |i: &Indicator| {
        let figures = told.get(&i.id).unwrap_or(&none);
        let mut newest = figures.iter().rev();
        let (last, before) = (newest.next(), newest.next());
        let absent = || t.t("indicator-none").into_owned();
        overview::Line {
            id: i.id.clone(),
            name: i.name.get(t.lang()).to_owned(),
            illustrative: i.illustrative,
            period: last.map_or_else(String::new, |(period, _)| period.to_string()),
            value: last.map_or_else(absent, |(_, told)| written(t, i.unit, currency, *told)),
            parts: last.map_or_else(String::new, |(_, told)| parts(t, i.unit, currency, *told)),
            before: before.map_or_else(String::new, |(_, told)| written(t, i.unit, currency, *told)),
        }
    };
    let vm = overview::Page {
        places: places(v, f),
        lines: indicators.all.iter().map(line).collect(),
        said,
        counted: counted.values().max().map_or_else(String::new, |at| t.moment(*at, v.offset())),
        below: indicators.suppress_below,
        settle: indicators.settle_days,
        place,
    };
    Ok((form.status(), overview::page_of(f, &form, &vm)).into_response())
}

/// What families of a place said in the newest quarter that is over. It is read from where the page of surveys reads it, grouped as that page groups it
/// for this viewer: a second table of the same answers would give away what either keeps back.
async fn said(v: &Viewer<'_>, f: &Frame, place: &str) -> Result<Vec<(String, String, String)>, Trouble> {
    let _allowed = v.state.guard.permit(v.who, Action::ViewSurveys, &Resource::thing("surveys"), &v.purpose).await?;
    let (t, own) = (f.t, own_place(&v.pack, v.who) == place);
    let Some(quarter) = figures::quarters(v.today(), 1).first().copied() else { return Ok(Vec::new()) };
    let by = figures_handlers::by(v);
    let mut all = Vec::new();
    let mut tx = v.state.db.read().await?;
    for survey in v.pack.surveys().iter() {
        for wave in &survey.waves {
            let found = figures::figures(&mut tx, &desk(v), survey, &wave.id, &by, quarter).await?;
            let of_place = |f: &Figures| {
                let inner = f.lines.iter().find(|(group, _)| *group == Group::District(place.to_owned()));
                if own { Some(f.total.clone()) } else { inner.map(|(_, line)| line.clone()) }
            };
            let Some(line) = found.as_ref().and_then(of_place).filter(|line| line.asked > 0) else { continue };
            for (measure, mean) in survey.measures.iter().zip(&line.means) {
                let what = format!("{} · {}", measure.name.get(t.lang()), wave.name.get(t.lang()));
                let figure = match mean {
                    Some(tenths) => t.decimal(&format!("{}.{}", tenths / 10, tenths % 10)),
                    None => t.t("survey-kept-back").into_owned(),
                };
                all.push((what, quarter.to_string(), figure));
            }
        }
    }
    Ok(all)
}

fn found<'p>(v: &'p Viewer<'_>, id: &str) -> Result<(&'p Indicators, &'p Indicator), Trouble> {
    let indicators = v.pack.indicators().ok_or(Trouble::Absent)?;
    let indicator = indicators.all.iter().find(|i| i.id == id).ok_or(Trouble::Absent)?;
    Ok((indicators, indicator))
}

async fn one_of(v: &Viewer<'_>, f: &Frame, id: &str, mut form: Form) -> Result<Response, Trouble> {
    permit(v).await?;
    let (indicators, indicator) = found(v, id)?;
    let place = chosen(v, f, &mut form);
    let mut tx = v.state.db.read().await?;
    let told = read::figures(&mut tx, id).await?;
    let by_part = read::parts(&mut tx, id, &place).await?;
    drop(tx);
    let (t, lang, currency) = (f.t, f.t.lang(), v.pack.currency());
    let line = |name: String, told: Told| one::Line {
        name,
        value: told.and_then(|told| value(indicator.unit, told)),
        written: written(t, indicator.unit, currency, told),
        parts: parts(t, indicator.unit, currency, told),
    };
    let own: Vec<(Period, Told)> =
        told.iter().filter(|((_, at), _)| *at == place).map(|((p, _), told)| (*p, *told)).collect();
    let periods: Vec<Period> = own.iter().map(|(period, _)| *period).collect();
    let shown = span(&periods, f, &mut form);
    let over_time: Vec<one::Line> = own
        .iter()
        .filter(|(p, _)| shown.is_some_and(|(from, to)| from <= *p && *p <= to))
        .map(|(p, told)| line(p.to_string(), *told))
        .collect();
    let last = shown.map(|(_, to)| to);
    let inner: Vec<&Jurisdiction> =
        v.pack.jurisdictions().iter().filter(|j| j.parent.as_ref() == Some(&place)).collect();
    let figure = |j: &Jurisdiction| last.and_then(|last| told.get(&(last, j.id.clone())).copied());
    let within: Vec<(&Jurisdiction, one::Line)> =
        inner.iter().filter_map(|j| Some((*j, line(j.name.get(lang).to_owned(), figure(j)?)))).collect();
    let part = |p: &catalogue::model::PlacePart| {
        Some(line(p.name.get(lang).to_owned(), *by_part.get(&(last?, p.id.clone()))?))
    };
    let fifth = |n: usize| {
        let told = *by_part.get(&(last?, indicator::publish::fifth(n)))?;
        Some(line(t.with("scenario-fifth", &[("n", n.into())]).into_owned(), told))
    };
    let map = areas(&v.pack, &inner, &within, f);
    let source = |id: &String| v.pack.sources().get(id).map(|s| s.title.clone());
    let name = v.pack.jurisdictions().get(&place).map_or_else(String::new, |j| j.name.get(lang).to_owned());
    let vm = one::Page {
        id: id.to_owned(),
        name: indicator.name.get(lang).to_owned(),
        counts: (indicator.numerator.get(lang).to_owned(), indicator.denominator.get(lang).to_owned()),
        sources: indicator.sources.iter().filter_map(source).collect(),
        law: indicators.law.clone(),
        note: indicators.costs.as_ref().filter(|_| indicator.measure.is_assumed()).map(|c| c.note.clone()),
        places: places(v, f),
        place: (place, name),
        periods: periods.iter().rev().map(|p| (p.to_string(), p.to_string())).collect(),
        over_time,
        period: last.map_or_else(String::new, |p| p.to_string()),
        parts: indicators.parts.iter().filter_map(part).collect(),
        incomes: (1..=5).filter_map(fifth).collect(),
        illustrative: map.1,
        map: map.0,
        within: within.into_iter().map(|(_, line)| line).collect(),
        below: indicators.suppress_below,
    };
    Ok((form.status(), one::page_of(f, &form, &vm)).into_response())
}

/// The outlines the pack has of places, with their figures; and whether one of them is none of a real place. Places without a
/// figure are drawn too, or neighbours could not be told.
fn areas(pack: &Pack, inner: &[&Jurisdiction], within: &[(&Jurisdiction, one::Line)], f: &Frame) -> (Vec<Area>, bool) {
    let shapes: Vec<_> = inner.iter().filter_map(|j| Some((*j, pack.shapes().get(&j.id)?))).collect();
    let line = |j: &Jurisdiction| within.iter().find(|(at, _)| at.id == j.id).map(|(_, line)| line);
    let values: Vec<Option<u64>> = shapes.iter().map(|(j, _)| line(j).and_then(|l| l.value)).collect();
    let area = |((j, shape), shade): ((&Jurisdiction, &catalogue::model::Shape), Option<u8>)| Area {
        name: j.name.get(f.t.lang()).to_owned(),
        points: shape.points.clone(),
        shade,
        written: line(j).map_or_else(|| f.t.t("indicator-none").into_owned(), |l| l.written.clone()),
    };
    let illustrative = shapes.iter().any(|(_, shape)| shape.illustrative);
    (shapes.into_iter().zip(shades(&values)).map(area).collect(), illustrative)
}

/// The first and last period shown; what was chosen and is none is refused.
fn span(periods: &[Period], f: &Frame, form: &mut Form) -> Option<(Period, Period)> {
    let usual = periods.len().saturating_sub(SHOWN);
    let mut pick = |field: &str, usual: Option<&Period>| {
        let asked = form.get(field).parse::<Period>().ok().filter(|p| periods.contains(p));
        if form.has(field) && asked.is_none() {
            form.refuse(field, f.t.t("error-choose"));
        }
        let picked = asked.or(usual.copied())?;
        form.set(field, picked.to_string());
        Some(picked)
    };
    let (from, to) = (pick("since", periods.get(usual))?, pick("until", periods.last())?);
    if from > to {
        form.refuse("until", f.t.t("indicator-order"));
        return None;
    }
    Some((from, to))
}

async fn csv(v: &Viewer<'_>, f: &Frame, id: &str) -> Result<Response, Trouble> {
    permit(v).await?;
    let (_, indicator) = found(v, id)?;
    let mut tx = v.state.db.read().await?;
    let mut told: BTreeMap<(Period, String, String), Told> = BTreeMap::new();
    let of_place = read::figures(&mut tx, id).await?;
    told.extend(of_place.into_iter().map(|((period, place), figure)| ((period, place, String::new()), figure)));
    // Kinds of districts and fifths of income are told of the whole country alone.
    let root = &v.pack.manifest().root_jurisdiction;
    let of_parts = read::parts(&mut tx, id, root).await?;
    told.extend(of_parts.into_iter().map(|((period, part), figure)| ((period, root.clone(), part), figure)));
    drop(tx);
    let text = lines(v, f, indicator, &told).map_err(|e| Trouble::Store(StoreError::Driver(e.to_string())))?;
    let kind = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{id}.csv\"")),
    ];
    Ok((kind, text).into_response())
}

fn lines(
    v: &Viewer<'_>,
    f: &Frame,
    indicator: &Indicator,
    told: &BTreeMap<(Period, String, String), Told>,
) -> Result<Vec<u8>, csv::Error> {
    let mut out = csv::Writer::from_writer(Vec::new());
    let heads =
        ["indicator", "period", "place", "place_name", "part", "numerator", "denominator", "value", "kept_back"];
    out.write_record(heads)?;
    for ((period, place, part), told) in told.iter().filter(|((_, place, _), _)| may_see(&v.pack, v.who, place)) {
        let name = v.pack.jurisdictions().get(place).map(|j| j.name.get(f.t.lang())).unwrap_or_default();
        let number = |n: Option<u64>| n.map_or_else(String::new, |n| n.to_string());
        let value = told.and_then(|told| value(indicator.unit, told));
        let value = match indicator.unit {
            catalogue::model::Unit::Money => number(value),
            _ => value.map_or_else(String::new, |v| format!("{}.{}", v / 10, v % 10)),
        };
        out.write_record([
            indicator.id.as_str(),
            &period.to_string(),
            place,
            name,
            part,
            &number(told.map(|t| t.0)),
            &number(told.map(|t| t.1)),
            &value,
            if told.is_none() { "true" } else { "false" },
        ])?;
    }
    out.into_inner().map_err(|e| csv::Error::from(std::io::Error::other(e.to_string())))
}
