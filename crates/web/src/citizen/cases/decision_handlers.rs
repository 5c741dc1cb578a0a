//! Requests about one decision: reading it, objecting, saying how it was.

use axum::extract::{Path, RawQuery, State};
use axum::response::{IntoResponse, Redirect, Response};
use casework::decide::{self, DecisionStatus, object, way};
use casework::determine::{self, payable};
use casework::follow::satisfaction;
use guard::{Action, Purpose};
use kernel::{CaseId, Date, DecisionId, Money};
use rules::schema::Per;
use store::transact;

use super::case_handlers::{Open, is_told, open};
use super::{decision, done};
use crate::changed::{self, Teller};
use crate::components::frame::Frame;
use crate::form::Form;
use crate::request::Session;
use crate::state::AppState;
use crate::viewer::{Trouble, Viewer};

/// How many months are listed.
const MONTHS: usize = 12;

/// One decision.
pub(crate) async fn show(
    State(state): State<AppState>,
    session: Session,
    f: Frame,
    Path((case, id)): Path<(CaseId, DecisionId)>,
    RawQuery(query): RawQuery,
) -> Response {
    let v = Viewer::new(&state, &session.who, Purpose::own_affairs());
    let made = async {
        let (open, decision) = find(&v, case, id).await?;
        page(&v, &f, &open, &decision, &Form::default(), done(query)).await
    };
    made.await.unwrap_or_else(|trouble: Trouble| trouble.response(&state, &f))
}

/// A decision the family was told of.
async fn find(v: &Viewer<'_>, case: CaseId, id: DecisionId) -> Result<(Open, decide::Decision), Trouble> {
    let open = open(v, case).await?;
    let decision = open.view.decisions.iter().find(|d| d.id == id && is_told(d)).cloned().ok_or(Trouble::Absent)?;
    Ok((open, decision))
}

async fn page(
    v: &Viewer<'_>,
    f: &Frame,
    open: &Open,
    d: &decide::Decision,
    form: &Form,
    done: String,
) -> Result<Response, Trouble> {
    let mut tx = v.state.db.read().await?;
    let given = satisfaction::given(&mut tx, d, open.home.me).await?;
    drop(tx);
    let vm = model(v, f, open, d, given, done).ok_or(Trouble::Absent)?;
    Ok((form.status(), decision::page_of(f, form, &vm)).into_response())
}

fn model(
    v: &Viewer<'_>,
    f: &Frame,
    open: &Open,
    d: &decide::Decision,
    given: bool,
    done: String,
) -> Option<decision::Decision> {
    let lang = f.t.lang();
    let fallback = || d.notices.iter().find(|(l, _)| **l == kernel::Lang::En).or_else(|| d.notices.iter().next());
    let (notice_lang, notice) = d.notices.get_key_value(&lang).or_else(fallback)?;
    let in_force = d.status == DecisionStatus::InForce;
    let under_review = open.view.objections.iter().any(|o| o.decision == d.id && o.status == object::Status::Open);
    Some(decision::Decision {
        id: d.id.to_string(),
        case: d.case.to_string(),
        done,
        notice: notice.clone(),
        notice_lang: *notice_lang,
        kind: d.content.kind,
        decided: d.decided_at.map(|at| at.date(v.offset())),
        months: months(v, f, d),
        changed: open.view.changes.decisions.get(&d.id).map(|c| changed(v, f, open, d, c)).unwrap_or_default(),
        replaced: !in_force,
        objected: under_review,
        way: if in_force && open.acts() { way_of(v, f, open, d) } else { decision::Way::None },
        ask: in_force && !given,
    })
}

fn way_of(v: &Viewer<'_>, f: &Frame, open: &Open, d: &decide::Decision) -> decision::Way {
    let desk = v.desk();
    match way::way(&desk, d, &open.view.objections) {
        None => decision::Way::Exhausted,
        Some(way::Way { until: None, .. }) => decision::Way::None,
        Some(way::Way { until: Some(by), .. }) if by < v.today() => decision::Way::TooLate,
        Some(way::Way { level, until: Some(by) }) => {
            let above = way::office_name(&desk, f.t.lang(), &d.content.programme, level).filter(|_| level > 1);
            decision::Way::Open { by, above }
        }
    }
}

/// What it says otherwise than the one before. What follows from an address is not told: a screen may be read by others.
fn changed(v: &Viewer<'_>, f: &Frame, open: &Open, d: &decide::Decision, c: &determine::Changed) -> changed::Shown {
    let name = |person| Some(open.home.name(person, f.t.lang()));
    let (programme, currency) = (d.content.programme.as_str(), d.content.currency);
    Teller { pack: &v.pack, t: f.t, programme, currency, name: &name, places: false }.tell(c)
}

/// What the coming months pay, for what comes monthly.
fn months(v: &Viewer<'_>, f: &Frame, d: &decide::Decision) -> Vec<(Date, String)> {
    let content = &d.content;
    let (Some(Per::Month), Some(from)) = (content.per, content.from) else { return Vec::new() };
    let first = from.max(v.today()).first_of_month();
    let month = |n: usize| {
        let months = jiff::Span::new().try_months(i64::try_from(n).ok()?).ok()?;
        Some(first.saturating_add(months))
    };
    let inside = |month: &Date| content.until.is_none_or(|until| *month < until);
    let sum = |month: Date| f.t.money(Money::new(payable(&content.slices, month), content.currency));
    (0..MONTHS).filter_map(month).filter(inside).map(|m| (m, sum(m))).collect()
}

/// Takes an objection.
pub(crate) async fn object(
    State(state): State<AppState>,
    session: Session,
    f: Frame,
    Path((case, id)): Path<(CaseId, DecisionId)>,
    mut form: Form,
) -> Response {
    let v = Viewer::new(&state, &session.who, Purpose::own_affairs());
    let made = async {
        let (open, decision) = find(&v, case, id).await?;
        let reason = form.required(f.t, "reason", 4_000);
        if form.is_fine() {
            let allowed = open.permit(&v, Action::ObjectDecision, &[open.person()], "decision").await?;
            let raised: Result<_, object::Fault> = transact!(state.db, object::Fault, |tx| {
                object::raise(tx, &v.desk(), v.who, &allowed, id, &reason).await
            });
            match raised {
                Ok(_) | Err(object::Fault::Already) => {
                    return Ok(Redirect::to(&format!("/cases/{case}?done=objected")).into_response());
                }
                Err(object::Fault::Store(why)) => return Err(why.into()),
                Err(object::Fault::Exhausted) => form.refuse("reason", f.t.t("decision-exhausted")),
                Err(object::Fault::TooLate(_)) => form.refuse("reason", f.t.t("decision-too-late")),
                Err(object::Fault::NoWords) => form.refuse("reason", f.t.t("error-reason-short")),
                Err(_) => form.refuse("reason", f.t.t("case-error-over")),
            }
        }
        page(&v, &f, &open, &decision, &form, String::new()).await
    };
    made.await.unwrap_or_else(|trouble: Trouble| trouble.response(&state, &f))
}

/// Takes the answer to the one question.
pub(crate) async fn rate(
    State(state): State<AppState>,
    session: Session,
    f: Frame,
    Path((case, id)): Path<(CaseId, DecisionId)>,
    mut form: Form,
) -> Response {
    let v = Viewer::new(&state, &session.who, Purpose::own_affairs());
    let made = async {
        let (open, decision) = find(&v, case, id).await?;
        let score = form.get("score").parse::<u8>().ok().filter(|n| *n <= satisfaction::BEST);
        let words = form.optional(f.t, "more", casework::follow::MOST_WORDS).unwrap_or_default();
        match score {
            None => form.refuse("score", f.t.t("error-choose")),
            Some(score) if form.is_fine() => {
                let allowed = open.permit(&v, Action::ViewCase, &[open.person()], "satisfaction").await?;
                let given: Result<bool, satisfaction::Fault> = transact!(state.db, satisfaction::Fault, |tx| {
                    satisfaction::give(tx, &v.desk(), v.who, &allowed, id, score, &words).await
                });
                match given {
                    Ok(_) => {
                        return Ok(Redirect::to(&format!("/cases/{case}/decisions/{id}?done=rated")).into_response());
                    }
                    Err(satisfaction::Fault::Store(why)) => return Err(why.into()),
                    Err(_) => form.refuse("score", f.t.t("case-error-over")),
                }
            }
            Some(_) => {}
        }
        page(&v, &f, &open, &decision, &form, String::new()).await
    };
    made.await.unwrap_or_else(|trouble: Trouble| trouble.response(&state, &f))
}
