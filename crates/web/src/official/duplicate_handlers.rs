//! Requests about records that may be one human being.

use axum::extract::{Path, RawQuery, State};
use axum::response::{IntoResponse, Redirect, Response};
use guard::{Action, Disclosed, Purpose, PurposeKind, Tier};
use kernel::PersonId;
use registry::duplicate::{self, After, Comparison, DuplicateError, Finding, Proposal};
use registry::merge::{self, Merge, MergeError};
use registry::{Origin, Pen, PersonRecord};
use store::transact;
use uuid::Uuid;

use super::duplicates;
use super::handlers::relations;
use crate::components::frame::Frame;
use crate::form::Form;
use crate::request::Session;
use crate::state::AppState;
use crate::viewer::{Trouble, Viewer};

/// How many proposals a page shows.
const SHOWN: usize = 50;
/// How many joinings.
const RECENT: usize = 50;

fn viewer<'s>(state: &'s AppState, session: &'s Session, reason: &str) -> Viewer<'s> {
    Viewer::new(state, &session.who, Purpose::new(PurposeKind::DataQuality, reason))
}

/// The open proposals.
pub(crate) async fn list(
    State(state): State<AppState>,
    session: Session,
    f: Frame,
    RawQuery(query): RawQuery,
) -> Response {
    let v = viewer(&state, &session, "the list of possible doubles");
    let done = Form::of_query(query.as_deref());
    let after = done.get("after").split_once('.').and_then(|(a, b)| Some((a.parse().ok()?, b.parse().ok()?)));
    let said = match done.get("done") {
        "different" => Some("duplicates-done-different"),
        "unmerged" => Some("duplicates-done-unmerged"),
        _ => None,
    };
    let made = async {
        let ((open, next), joined) = (queue(&v, after).await?, merges(&v).await?);
        let more = next.map(|(a, b)| format!("/official/duplicates?after={a}.{b}"));
        let joined: Vec<duplicates::Joined> = joined.iter().map(|m| joined_line(&v, &f, m)).collect();
        Ok::<_, Trouble>(
            duplicates::list(&f, (&open, more), &joined, said.map(|key| f.t.t(key)).as_deref()).into_response(),
        )
    };
    made.await.unwrap_or_else(|trouble| trouble.response(&state, &f))
}

fn joined_line(v: &Viewer<'_>, f: &Frame, merge: &Merge) -> duplicates::Joined {
    duplicates::Joined {
        path: format!("/official/duplicates/joined/{}/{}", merge.survivor, merge.id),
        when: f.t.moment(merge.recorded_at, v.offset()),
    }
}

/// The latest joinings that hold and that the viewer may see.
pub(crate) async fn merges(v: &Viewer<'_>) -> Result<Disclosed<Vec<Merge>>, Trouble> {
    let setting = v.setting();
    let sight = v.sight(&setting);
    let mut tx = v.state.db.read().await?;
    let seen = merge::recent(&mut tx, &sight, RECENT).await?;
    drop(tx);
    let resource = seen.resource().at(Tier::Contact).showing(["duplicates"]);
    Ok(v.state.guard.reveal(v.who, Action::ViewPerson, &resource, &v.purpose, seen.sealed).await?)
}

async fn queue(v: &Viewer<'_>, after: Option<After>) -> Result<(Vec<duplicates::Proposal>, Option<After>), Trouble> {
    let (open, next) = proposals(v, after).await?;
    Ok((open.iter().map(|p| proposal(p.person, p.other, p.score, p.findings.iter().copied())).collect(), next))
}

/// The open proposals that the viewer may see behind `after`, and where to go on.
pub(crate) async fn proposals(
    v: &Viewer<'_>,
    after: Option<After>,
) -> Result<(Disclosed<Vec<Proposal>>, Option<After>), Trouble> {
    let setting = v.setting();
    let sight = v.sight(&setting);
    let mut tx = v.state.db.read().await?;
    let (seen, next) = duplicate::queue(&mut tx, &sight, after, SHOWN).await?;
    drop(tx);
    let resource = seen.resource().at(Tier::Contact).showing(["duplicates"]);
    let open = v.state.guard.reveal(v.who, Action::ViewPerson, &resource, &v.purpose, seen.sealed).await?;
    Ok((open, next))
}

/// Two records for whoever may see both.
pub(crate) async fn both(v: &Viewer<'_>, left: PersonId, right: PersonId) -> Result<Disclosed<Comparison>, Trouble> {
    let setting = v.setting();
    let sight = v.sight(&setting);
    let mut tx = v.state.db.read().await?;
    let seen = duplicate::compare(&mut tx, &sight, left, right).await?.ok_or(Trouble::Absent)?;
    drop(tx);
    let resource = seen.resource().at(Tier::Contact).showing(["name", "birth", "contact"]);
    Ok(v.state.guard.reveal(v.who, Action::ViewPerson, &resource, &v.purpose, seen.sealed).await?)
}

/// The guard's word on joining records, or saying that they are two.
pub(crate) async fn may_join(v: &Viewer<'_>, people: &[PersonId]) -> Result<(), Trouble> {
    let resource = guard::Resource::people(relations(v, people).await?).at(Tier::Contact).showing(["duplicates"]);
    let _allowed = v.state.guard.permit(v.who, Action::MergePersons, &resource, &v.purpose).await?;
    Ok(())
}

fn proposal(a: PersonId, b: PersonId, score: i32, findings: impl Iterator<Item = Finding>) -> duplicates::Proposal {
    // The score is in hundredths of a bit: a bit doubles the odds.
    let bits = u32::try_from(score.max(0) / 100).unwrap_or(0).min(40);
    duplicates::Proposal {
        path: format!("/official/duplicates/{a}/{b}"),
        odds: 1_i64 << bits,
        findings: findings.map(finding_key).collect(),
    }
}

fn finding_key(finding: Finding) -> &'static str {
    match finding {
        Finding::NameSame => "finding-name-same",
        Finding::NameNear => "finding-name-near",
        Finding::NameOther => "finding-name-other",
        Finding::BirthSame => "finding-birth-same",
        Finding::BirthNear => "finding-birth-near",
        Finding::BirthOther => "finding-birth-other",
        Finding::SexSame => "finding-sex-same",
        Finding::SexOther => "finding-sex-other",
        Finding::PhoneSame => "finding-phone-same",
        Finding::AddressSame => "finding-address-same",
        Finding::IdentifierOther => "finding-identifier-other",
        Finding::SameHousehold => "finding-same-household",
    }
}

/// Two records side by side.
pub(crate) async fn compare(
    State(state): State<AppState>,
    session: Session,
    f: Frame,
    Path((left, right)): Path<(String, String)>,
) -> Response {
    show(&state, &session, &f, &left, &right, Form::default()).await
}

async fn show(state: &AppState, session: &Session, f: &Frame, left: &str, right: &str, form: Form) -> Response {
    let v = viewer(state, session, "comparing two records");
    match beside(&v, f, left, right).await {
        Ok(vm) => (form.status(), duplicates::compare(f, &form, &vm)).into_response(),
        Err(trouble) => trouble.response(state, f),
    }
}

fn two(left: &str, right: &str) -> Result<(PersonId, PersonId), Trouble> {
    Ok((left.parse().map_err(|_| Trouble::Absent)?, right.parse().map_err(|_| Trouble::Absent)?))
}

async fn beside(v: &Viewer<'_>, f: &Frame, left: &str, right: &str) -> Result<duplicates::Comparison, Trouble> {
    let (left, right) = two(left, right)?;
    let both = both(v, left, right).await?;
    let score = both.findings.iter().map(|(_, weight)| *weight).sum();
    Ok(duplicates::Comparison {
        proposal: proposal(left, right, score, both.findings.iter().map(|(finding, _)| *finding)),
        rows: rows(f, &both),
        ids: (left.to_string(), right.to_string()),
    })
}

fn sex_key(sex: registry::person::Sex) -> &'static str {
    use registry::person::Sex;
    match sex {
        Sex::Female => "sex-female",
        Sex::Male => "sex-male",
        Sex::Other => "sex-other",
    }
}

fn rows(f: &Frame, both: &Comparison) -> Vec<(String, String, String)> {
    let t = f.t;
    let row = |key: &str, tell: &dyn Fn(&PersonRecord) -> String| {
        (t.t(key).into_owned(), tell(&both.left), tell(&both.right))
    };
    let or_dash = |text: Option<String>| text.filter(|s| !s.is_empty()).unwrap_or_else(|| "–".to_owned());
    vec![
        row("name", &|p| p.names.iter().map(|n| n.full.as_str()).collect::<Vec<_>>().join(", ")),
        row("birth-date", &|p| or_dash(p.birth_date.map(|d| t.date(d)))),
        row("event-sex", &|p| or_dash(p.sex.map(|s| t.t(sex_key(s)).into_owned()))),
        row("address", &|p| or_dash(p.residence.as_ref().map(|r| r.address.line.clone()))),
        row("telephone", &|p| or_dash(p.phone.clone())),
        row("facts", &|p| t.number(i64::try_from(p.facts.len()).unwrap_or(i64::MAX))),
    ]
}

/// Joins two records, or says that they are two people.
pub(crate) async fn decide(
    State(state): State<AppState>,
    session: Session,
    f: Frame,
    Path((left, right)): Path<(String, String)>,
    mut form: Form,
) -> Response {
    let reason = form.required(f.t, "reason", 200);
    if !reason.is_empty() && reason.chars().count() < 3 {
        form.refuse("reason", f.t.t("error-reason-short"));
    }
    let merging = form.get("do") == "merge";
    let keep = form.get("keep").to_owned();
    if merging && keep != left && keep != right {
        form.refuse("keep", f.t.t("error-choose"));
    }
    if !form.is_fine() {
        return show(&state, &session, &f, &left, &right, form).await;
    }
    let v = viewer(&state, &session, &reason);
    match settle(&v, &left, &right, merging.then_some(keep.as_str()), &reason).await {
        Ok(Ok(to)) => Redirect::to(&to).into_response(),
        Ok(Err(why)) => {
            form.refuse("keep", f.t.with("error-registry", &[("why", why.into())]));
            show(&state, &session, &f, &left, &right, form).await
        }
        Err(trouble) => trouble.response(&state, &f),
    }
}

/// Where to go after; or in words why not.
async fn settle(
    v: &Viewer<'_>,
    left: &str,
    right: &str,
    keep: Option<&str>,
    reason: &str,
) -> Result<Result<String, String>, Trouble> {
    let (left, right) = two(left, right)?;
    may_join(v, &[left, right]).await?;
    let origin = origin(v);
    let Some(keep) = keep else {
        let done =
            transact!(v.state.db, DuplicateError, |tx| duplicate::dismiss(tx, pen(v, &origin), left, right).await);
        return match done {
            Ok(()) => Ok(Ok("/official/duplicates?done=different".to_owned())),
            Err(DuplicateError::Store(why)) => Err(why.into()),
            Err(fault) => Ok(Err(fault.to_string())),
        };
    };
    let (survivor, merged) = if keep == left.to_string() { (left, right) } else { (right, left) };
    let done =
        transact!(v.state.db, MergeError, |tx| merge::merge(tx, pen(v, &origin), survivor, merged, reason).await);
    match done {
        Ok(id) => Ok(Ok(format!("/official/duplicates/joined/{survivor}/{id}"))),
        Err(MergeError::Store(why)) => Err(why.into()),
        Err(fault) => Ok(Err(fault.to_string())),
    }
}

pub(crate) fn origin(v: &Viewer<'_>) -> Origin {
    Origin::new(v.who.organisation.clone(), "", v.who.account.to_string())
}

pub(crate) fn pen<'a>(v: &'a Viewer<'_>, origin: &'a Origin) -> Pen<'a> {
    Pen::new(&*v.state.ids, v.state.guard.keys(), v.now, origin)
}

/// After joining.
pub(crate) async fn joined(_: Session, f: Frame, Path((survivor, id)): Path<(String, String)>) -> Response {
    let (Ok(survivor), Ok(id)) = (survivor.parse::<PersonId>(), id.parse::<Uuid>()) else {
        return crate::error::Fault::NotFound.response(&f);
    };
    duplicates::joined(&f, &Form::default(), &format!("/official/duplicates/joined/{survivor}/{id}")).into_response()
}

/// Undoes a joining.
pub(crate) async fn undo(
    State(state): State<AppState>,
    session: Session,
    f: Frame,
    Path((survivor, id)): Path<(String, String)>,
) -> Response {
    let v = viewer(&state, &session, "undoing a joining of records");
    let undone = async {
        let survivor: PersonId = survivor.parse().map_err(|_| Trouble::Absent)?;
        let id: Uuid = id.parse().map_err(|_| Trouble::Absent)?;
        may_join(&v, &[survivor]).await?;
        let origin = origin(&v);
        let done = transact!(state.db, MergeError, |tx| merge::unmerge(tx, pen(&v, &origin), survivor, id).await);
        match done {
            Ok(()) => Ok(()),
            Err(MergeError::Store(why)) => Err(why.into()),
            Err(_) => Err(Trouble::Absent),
        }
    };
    match undone.await {
        Ok(()) => Redirect::to("/official/duplicates?done=unmerged").into_response(),
        Err(trouble) => trouble.response(&state, &f),
    }
}
