//! Requests that show: the day, the families, one family, its growth.

use std::collections::{BTreeMap, BTreeSet};

use axum::extract::{Path, RawQuery, State};
use axum::response::{IntoResponse, Response};
use catalogue::model::{AnswerKind, Instrument, Protocol};
use guard::{Action, Role, Tier, account};
use kernel::{AccountId, Lang};
use visit::instrument::{Answer, Answers};
use visit::model::{Assessment, EndingWord, Refusal, TierDecision};
use visit::read;
use visit::schedule::{Planned, State as Standing};
use visit::week::covers;
use visit::words::Speaker;

use super::day::{self, Day, Due};
use super::families::{self, Line};
use super::family::{self, Ask, Decision, Family, Made, Past, Step};
use super::growth::{self, Child, Point};
use super::{Opened, desk, open, viewer};
use crate::components::frame::Frame;
use crate::components::list::Mark;
use crate::form::Form;
use crate::official::work_case_handlers::{forbidden, staff_names, trouble};
use crate::request::Session;
use crate::state::AppState;
use crate::viewer::{Trouble, Viewer};

/// How far ahead a nurse's day looks, in days.
const SOON: i32 = 14;

/// All families in the viewer's hands, opened.
pub(crate) async fn listed(v: &Viewer<'_>) -> Result<Vec<read::Line>, Trouble> {
    let setting = v.setting();
    let sight = v.sight(&setting);
    let mut tx = v.state.db.read().await?;
    let seen = read::families(&mut tx, &desk(v), &sight).await?;
    drop(tx);
    let resource = seen.resource().at(Tier::Sensitive).showing(["visits"]);
    Ok(v.state.guard.reveal(v.who, Action::ViewVisits, &resource, &v.purpose, seen.sealed).await?.into_inner())
}

/// The nurse's day.
pub(crate) async fn day(State(state): State<AppState>, session: Session, f: Frame) -> Response {
    let Some(v) = viewer(&state, &session, &f).filter(|v| v.who.role == Role::Nurse) else { return forbidden(&f) };
    let made = async {
        let lines = listed(&v).await?;
        let mut tx = state.db.read().await?;
        let others = lines.iter().filter_map(|l| covers(l, v.today())).map(|c| c.nurse).collect();
        let names = staff_names(&mut tx, others).await?;
        drop(tx);
        Ok::<_, Trouble>(day::page_of(&f, &the_day(&v, &f, &lines, &names)).into_response())
    };
    made.await.unwrap_or_else(|trouble| trouble.response(&state, &f))
}

fn the_day(v: &Viewer<'_>, f: &Frame, lines: &[read::Line], names: &BTreeMap<AccountId, String>) -> Day {
    let mut day = Day { today: v.today(), families: lines.len(), ..Day::default() };
    for line in lines {
        let Some(next) = &line.next else { continue };
        // What a colleague makes is not hers to make, be she back at work or not.
        if let Some(c) = covers(line, v.today()).filter(|c| c.nurse != v.who.account) {
            let name = names.get(&c.nurse).cloned().unwrap_or_default();
            day.covered.extend(due(v, f, line, next).map(|due| (due, name, c.on)));
            continue;
        }
        let ahead = (next.window.opens - v.today()).get_days();
        let into = match next.state {
            Standing::Ahead if ahead > SOON => continue,
            Standing::Ahead => &mut day.soon,
            _ => &mut day.now,
        };
        into.extend(due(v, f, line, next));
    }
    day
}

pub(super) fn due(v: &Viewer<'_>, f: &Frame, line: &read::Line, next: &Planned) -> Option<Due> {
    let protocol = v.pack.protocols().get(&line.enrolment.protocol)?;
    let speaker = Speaker { protocol, lang: f.t.lang() };
    Some(Due {
        href: format!("/visits/family/{}", line.enrolment.id),
        name: line.name.clone(),
        visit: speaker.name(next),
        state: speaker.state(next),
        late: matches!(next.state, Standing::Late { .. }),
        window: speaker.window(next),
        why: speaker.why(next),
        topics: topics(protocol, f.t.lang(), next.topics.iter().chain(&next.carried)),
        bring: forms(v, protocol, next).iter().map(|i| i.title.get(f.t.lang()).to_owned()).collect(),
        tier: line.tier.clone(),
        last: line.last,
        steps: line.steps.clone(),
    })
}

/// The names of topics.
pub(super) fn topics<'a>(protocol: &Protocol, lang: Lang, ids: impl Iterator<Item = &'a String>) -> Vec<String> {
    let name = |id: &String| {
        let topic = protocol.topics.iter().find(|t| t.id == *id);
        topic.map_or_else(|| id.clone(), |t| t.name.get(lang).to_owned())
    };
    ids.map(name).collect()
}

/// The instruments a visit asks for. What is asked alone is not named before she is alone.
pub(super) fn forms<'a>(v: &'a Viewer<'_>, protocol: &Protocol, planned: &Planned) -> Vec<&'a Instrument> {
    let id = planned.visit.split('/').next().unwrap_or_default();
    let visit = protocol.visits.iter().find(|visit| visit.id == id);
    let named = visit.map(|visit| visit.forms.as_slice()).unwrap_or_default();
    named.iter().filter_map(|form| v.pack.instrument(form)).filter(|i| !i.alone_only).collect()
}

/// The families.
pub(crate) async fn families(State(state): State<AppState>, session: Session, f: Frame) -> Response {
    let Some(v) = viewer(&state, &session, &f) else { return forbidden(&f) };
    let made = async {
        let lines = listed(&v).await?;
        let mut tx = state.db.read().await?;
        let nurses =
            staff_names(&mut tx, lines.iter().filter_map(|l| l.enrolment.nurse_on(v.today())).collect()).await?;
        drop(tx);
        Ok::<_, Trouble>(lines.iter().map(|l| line(&v, &f, l, &nurses)).collect::<Vec<_>>())
    };
    match made.await {
        Ok(lines) => families::page_of(&f, v.who.role == Role::VisitSupervisor, &lines).into_response(),
        Err(trouble) => trouble.response(&state, &f),
    }
}

fn line(v: &Viewer<'_>, f: &Frame, l: &read::Line, nurses: &BTreeMap<AccountId, String>) -> Line {
    let (lang, e) = (f.t.lang(), &l.enrolment);
    let protocol = v.pack.protocols().get(&e.protocol);
    let next = protocol.zip(l.next.as_ref()).map(|(protocol, next)| {
        let late = matches!(next.state, Standing::Late { .. });
        (Speaker { protocol, lang }.name(next), next.window.closes, late)
    });
    Line {
        href: format!("/visits/family/{}", e.id),
        name: l.name.clone(),
        protocol: protocol.map_or_else(|| e.protocol.clone(), |p| p.name.get(lang).to_owned()),
        tier: l.tier.as_deref().map(|tier| tier_name(v, lang, tier)),
        next,
        last: l.last,
        nurse: e.nurse_on(v.today()).map(|n| nurses.get(&n).cloned().unwrap_or_default()),
        agreed: e.consented_at.is_some(),
        place: v.pack.jurisdictions().get(&e.place).map_or_else(|| e.place.clone(), |j| j.name.get(lang).to_owned()),
    }
}

/// What a level of need is called: the name of the band that proposes it.
pub(crate) fn tier_name(v: &Viewer<'_>, lang: Lang, tier: &str) -> String {
    let bands = v.pack.scores().iter().flat_map(|s| &s.bands);
    let named = bands.filter(|b| b.tier.as_deref() == Some(tier)).map(|b| b.name.get(lang).to_owned()).next();
    named.unwrap_or_else(|| tier.to_owned())
}

/// One family.
pub(crate) async fn one(
    State(state): State<AppState>,
    session: Session,
    f: Frame,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Response {
    let Some(v) = viewer(&state, &session, &f) else { return forbidden(&f) };
    let said = crate::citizen::cases::done(query);
    show(&v, &f, &id, &Form::default(), &said).await.unwrap_or_else(|trouble| trouble.response(&state, &f))
}

pub(super) async fn show(v: &Viewer<'_>, f: &Frame, id: &str, form: &Form, said: &str) -> Result<Response, Trouble> {
    let opened = open(v, id).await?;
    let mut vm = the_family(v, f, &opened).await?;
    vm.done = match said {
        "visit" | "form" | "need" => Some("visits-saved"),
        "nurse" | "end" | "taken_in" => Some("visits-given-done"),
        "doubt" => Some("team-given-over"),
        _ => None,
    };
    Ok((form.status(), family::page_of(f, form, &vm)).into_response())
}

async fn the_family(v: &Viewer<'_>, f: &Frame, opened: &Opened) -> Result<Family, Trouble> {
    let (lang, file) = (f.t.lang(), &opened.file);
    let e = &file.enrolment;
    let supervisor = v.who.role == Role::VisitSupervisor;
    let mut tx = v.state.db.read().await?;
    let mut accounts: BTreeSet<AccountId> = e.nurse_on(v.today()).into_iter().collect();
    accounts.extend(file.tiers.iter().map(|t| t.account));
    let names = staff_names(&mut tx, accounts).await?;
    let protocol_id = e.protocol.split('@').next();
    let nurses = match supervisor {
        true => {
            let known = nurses(&mut tx, v, &e.place).await?;
            Some(crate::team::handlers::load_words(&mut tx, v, f, known, protocol_id).await?)
        }
        false => None,
    };
    drop(tx);
    let protocol = v.pack.protocols().get(&e.protocol);
    let speaker = protocol.map(|protocol| Speaker { protocol, lang });
    let name = |id: &kernel::PersonId| file.names.get(id).cloned().unwrap_or_default();
    Ok(Family {
        id: e.id.to_string(),
        mother: name(&e.person),
        address: if supervisor { None } else { address(v, opened).await? },
        due: e.dates.due,
        loss: e.family(&file.tiers, &[]).loss().is_some(),
        children: e.dates.children.iter().map(|c| (name(&c.person), c.born, c.died.is_some())).collect(),
        protocol: protocol.map_or_else(|| e.protocol.clone(), |p| p.name.get(lang).to_owned()),
        tier: e.family(&file.tiers, &[]).tier(v.today()).map(|tier| tier_name(v, lang, tier)),
        nurse: e.nurse_on(v.today()).map(|n| names.get(&n).cloned().unwrap_or_default()),
        agreed: e.consented_at.is_some(),
        steps: speaker.map(|s| file.schedule.iter().map(|p| step(&s, p)).collect()).unwrap_or_default(),
        fidelity: speaker.map(|s| s.fidelity(&file.fidelity).into_iter().flatten().collect()).unwrap_or_default(),
        impossible: file.impossible.clone(),
        past: past(v, f, opened, protocol),
        ask: asks(v, f, opened, protocol),
        made: file.assessments().rev().map(|(s, a)| made(v, lang, s.made_on, a)).collect(),
        decisions: file.tiers.iter().rev().map(|d| decision(v, lang, d, &names)).collect(),
        refused: if supervisor { refused(v, f, opened).await? } else { Vec::new() },
        nurses,
        left: e.left.map(|(day, why)| (day, f.t.t(family::left_key(why)).into_owned())),
        stands_in: !desk(v).responsible(v.who, e),
        done: None,
    })
}

/// Where she lives: a look of its own, which the policies may refuse; then the page goes without.
async fn address(v: &Viewer<'_>, opened: &Opened) -> Result<Option<String>, Trouble> {
    let person = opened.file.enrolment.person;
    let setting = v.setting();
    let open_cases: BTreeSet<kernel::PersonId> = [person].into();
    let sight = registry::sight::Sight { open_cases: &open_cases, ..v.sight(&setting) };
    let mut tx = v.state.db.read().await?;
    let as_of = registry::AsOf::latest(v.today());
    let Some(seen) = registry::sight::whereabouts(&mut tx, &sight, person, as_of).await? else { return Ok(None) };
    drop(tx);
    let resource = seen.resource().showing(["address"]);
    match v.state.guard.reveal(v.who, Action::ViewAddress, &resource, &v.purpose, seen.sealed).await {
        Ok(place) => Ok(place.residence.as_ref().map(|r| r.address.line.clone())),
        Err(guard::Denied::Refused(_)) => Ok(None),
        Err(other) => Err(other.into()),
    }
}

/// Nurses of the supervisor's agency who work for this place.
pub(crate) async fn nurses(tx: &mut store::Tx, v: &Viewer<'_>, place: &str) -> Result<Vec<(String, String)>, Trouble> {
    let staff = account::staff(tx, &v.who.organisation).await.map_err(trouble)?;
    let here = |duty: &account::Duty| {
        duty.role == Role::Nurse && duty.jurisdiction.as_deref().is_some_and(|j| v.pack.within(place, j))
    };
    Ok(staff.into_iter().filter(|(_, _, duty)| here(duty)).map(|(id, name, _)| (id.to_string(), name)).collect())
}

fn step(s: &Speaker<'_>, p: &Planned) -> Step {
    let mark = match &p.state {
        Standing::Due => Mark::Open,
        Standing::Late { .. } | Standing::Missed { .. } => Mark::Fault,
        Standing::Done { .. } => Mark::Yes,
        Standing::Ahead | Standing::NotNeeded(_) => Mark::Plain,
    };
    Step {
        id: p.visit.clone(),
        visit: s.name(p),
        window: s.window(p),
        why: s.why(p),
        illustrative: s.illustrative(p),
        state: s.state(p),
        mark,
        open: matches!(p.state, Standing::Due | Standing::Late { .. }),
    }
}

fn past(v: &Viewer<'_>, f: &Frame, opened: &Opened, protocol: Option<&Protocol>) -> Vec<Past> {
    let (t, file) = (f.t, &opened.file);
    let observes = v.who.role == Role::VisitSupervisor && v.pack.workforce().is_some();
    let all = file.submissions.iter().rev().filter_map(|(s, content)| match content {
        read::Content::Visit(visit) => Some((s, visit)),
        read::Content::Assessment(_) => None,
    });
    all.map(|(s, visit)| {
        let id = visit.visit.split('/').next().unwrap_or_default();
        let name = protocol
            .and_then(|p| p.visit_name(id))
            .or_else(|| v.pack.protocols().iter().find_map(|p| p.visit_name(id)));
        let key = format!("visits-ending-{}", visit.ending.word().replace('_', "-"));
        Past {
            observed: observes.then(|| format!("/visits/team/session?visit={}", s.id)).filter(|_| s.counts()),
            correct: s.counts().then(|| format!("/visits/family/{}/visit?replaces={}", file.enrolment.id, s.id)),
            on: s.made_on,
            visit: name.map_or_else(|| id.to_owned(), |words| words.get(t.lang()).to_owned()),
            ending: (visit.ending != EndingWord::Done)
                .then(|| (t.t(&key).into_owned(), visit.why.clone().unwrap_or_default())),
            minutes: visit.minutes,
            topics: protocol.map(|p| topics(p, t.lang(), visit.topics.iter())).unwrap_or_default(),
            steps: visit.next_steps.clone(),
            note: visit.note.clone(),
            answers: visit.forms.iter().flat_map(|(key, answers)| told(v, f, key, answers)).collect(),
        }
    })
    .collect()
}

/// Questions and answers in words.
pub(super) fn told(v: &Viewer<'_>, f: &Frame, instrument: &str, answers: &Answers) -> Vec<(String, String)> {
    let Some(instrument) = v.pack.instruments().get(instrument) else { return Vec::new() };
    let (t, lang) = (f.t, f.t.lang());
    let mut all = Vec::new();
    for question in instrument.questions() {
        let Some(answer) = answers.get(&question.id) else { continue };
        let option = |code: &String| match &question.kind {
            AnswerKind::Choice { options, .. } => {
                options.iter().find(|o| o.code == *code).map_or_else(|| code.clone(), |o| o.text.get(lang).to_owned())
            }
            _ => code.clone(),
        };
        let words = match answer {
            Answer::Flag(flag) => t.t(if *flag { "yes" } else { "no" }).into_owned(),
            Answer::Integer(n) => n.to_string(),
            Answer::Decimal(n) => n.to_string(),
            Answer::Text(text) => option(text),
            Answer::Many(codes) => codes.iter().map(option).collect::<Vec<_>>().join(", "),
        };
        all.push((question.text.get(lang).to_owned(), words));
    }
    all
}

/// The forms of a family's file: scored ones and what is asked alone; others belong to a visit.
fn asks(v: &Viewer<'_>, f: &Frame, opened: &Opened, protocol: Option<&Protocol>) -> Vec<Ask> {
    let file = &opened.file;
    let open = file.schedule.iter().filter(|p| matches!(p.state, Standing::Due | Standing::Late { .. }));
    let now: Vec<&Instrument> =
        protocol.map(|p| open.flat_map(|planned| forms(v, p, planned)).collect()).unwrap_or_default();
    let mut ids: Vec<&str> = v.pack.scores().iter().map(|s| s.instrument.as_str()).collect();
    ids.sort_unstable();
    ids.dedup();
    let all = ids.into_iter().filter_map(|id| v.pack.instrument(id));
    all.map(|i| Ask {
        href: format!("/visits/family/{}/form/{}", file.enrolment.id, i.id),
        title: i.title.get(f.t.lang()).to_owned(),
        now: now.iter().any(|own| own.id == i.id),
    })
    .collect()
}

pub(super) fn made(v: &Viewer<'_>, lang: Lang, on: kernel::Date, a: &Assessment) -> Made {
    let title =
        v.pack.instruments().get(&a.instrument).map_or_else(|| a.instrument.clone(), |i| i.title.get(lang).to_owned());
    let band = visit::tier::band_of(&desk(v), a).map(|b| b.name.get(lang).to_owned());
    Made { on, title, result: a.points.zip(band) }
}

fn decision(v: &Viewer<'_>, lang: Lang, d: &TierDecision, names: &BTreeMap<AccountId, String>) -> Decision {
    let protocol =
        v.pack.protocols().get(&d.protocol).map_or_else(|| d.protocol.clone(), |p| p.name.get(lang).to_owned());
    let what = match &d.tier {
        Some(tier) => format!("{protocol} · {}", tier_name(v, lang, tier)),
        None => protocol,
    };
    let rule = d.grounds.rule.as_ref().map(|(_, rule)| rule.clone());
    Decision {
        from: d.from,
        what,
        score: d.grounds.points.zip(rule),
        overridden: d.grounds.overridden,
        reason: d.grounds.reason.clone(),
        by: names.get(&d.account).cloned().unwrap_or_default(),
    }
}

/// What was sent for the family and not taken in.
async fn refused(v: &Viewer<'_>, f: &Frame, opened: &Opened) -> Result<Vec<(String, kernel::Date, String)>, Trouble> {
    let setting = v.setting();
    let sight = v.sight(&setting);
    let mut tx = v.state.db.read().await?;
    let seen = read::not_taken_in(&mut tx, &desk(v), &sight, opened.file.enrolment.id).await?.ok_or(Trouble::Absent)?;
    drop(tx);
    let resource = seen.resource().at(Tier::Sensitive).showing(["visits"]);
    let all = v.state.guard.reveal(v.who, Action::ViewVisits, &resource, &v.purpose, seen.sealed).await?;
    let words = |r: Refusal| f.t.t(&format!("visits-refused-{}", r.word().replace('_', "-"))).into_owned();
    Ok(all.iter().filter_map(|s| Some((s.id.to_string(), s.made_on, words(s.refused?)))).collect())
}

/// How the children grow.
pub(crate) async fn growth(
    State(state): State<AppState>,
    session: Session,
    f: Frame,
    Path(id): Path<String>,
) -> Response {
    let Some(v) = viewer(&state, &session, &f) else { return forbidden(&f) };
    match open(&v, &id).await {
        Ok(opened) => growth::page_of(&f, &id, &children(&opened)).into_response(),
        Err(trouble) => trouble.response(&state, &f),
    }
}

fn children(opened: &Opened) -> Vec<Child> {
    let file = &opened.file;
    let dates = &file.enrolment.dates;
    let of = |child: &visit::model::ChildDates| {
        let measured = file.visits().flat_map(|(s, visit)| visit.measured.iter().map(move |m| (s.made_on, m)));
        let mut points: Vec<Point> = measured
            .filter(|(_, m)| m.child == child.person && !m.is_empty())
            .map(|(on, m)| point(child, dates.due, on, m))
            .collect();
        points.sort_by_key(|p| p.on);
        let sex = child.female.map(|female| if female { visit::growth::Sex::Female } else { visit::growth::Sex::Male });
        Child { name: file.names.get(&child.person).cloned().unwrap_or_default(), sex, points }
    };
    dates.children.iter().map(of).collect()
}

fn point(
    child: &visit::model::ChildDates,
    due: Option<kernel::Date>,
    on: kernel::Date,
    m: &visit::model::Measured,
) -> Point {
    let scores = m.scores(child, due, on);
    let z = |pick: fn(&visit::growth::Scores) -> Option<f64>| scores.as_ref().and_then(pick);
    let gestation = due.map(|due| 280 + (child.born - due).get_days());
    let age = visit::growth::corrected_age(child.born, gestation, on);
    Point {
        on,
        age_days: age,
        corrected: age != visit::growth::corrected_age(child.born, None, on),
        weight: m.weight_kg.map(|kg| (kg, z(|s| s.weight_for_age.ok().map(|z| z.rounded())))),
        length: m.length_cm.map(|cm| (cm, z(|s| s.length_for_age.ok().map(|z| z.rounded())))),
        for_length: z(|s| s.weight_for_length.ok().map(|z| z.rounded())),
        head: m.head_cm.map(|cm| (cm, z(|s| s.head_for_age.ok().map(|z| z.rounded())))),
        doubtful: scores.as_ref().is_some_and(visit::submit::is_doubtful),
    }
}
