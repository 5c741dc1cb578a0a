//! Requests to put right whose parent, child, spouse or partner somebody is.

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use casework::civil::{self, Fault, Tie};
use guard::Action;
use kernel::{Lang, PersonId};
use registry::kin::{Kin, KinError, Relation};
use registry::time::BEGINNING;
use store::transact;
use text::Text;
use uuid::Uuid;

use super::handlers::{Member, member};
use super::page::{self, TieLine, Ties};
use crate::citizen::cases::permit;
use crate::citizen::cases::powers_handlers::somebody;
use crate::components::frame::Frame;
use crate::form::Form;
use crate::request::{Session, Stated};
use crate::state::AppState;
use crate::viewer::Trouble;

/// The family as the register knows it.
pub(crate) async fn show(
    State(state): State<AppState>,
    session: Session,
    f: Frame,
    Stated(purpose): Stated,
    Path((household, person)): Path<(String, String)>,
) -> Response {
    let Some(purpose) = purpose else { return Redirect::to("/official/search").into_response() };
    let made = async {
        let m = member(&state, &session, &f, purpose, (&household, &person, "ties")).await?;
        let known = known(&m, f.t.lang()).await?;
        Ok::<_, Trouble>(page::ties(&f, &Form::default(), &m.of, &known).into_response())
    };
    made.await.unwrap_or_else(|trouble| trouble.response(&state, &f))
}

/// What was put right.
pub(crate) async fn send(
    State(state): State<AppState>,
    session: Session,
    f: Frame,
    Stated(purpose): Stated,
    Path((household, person)): Path<(String, String)>,
    mut form: Form,
) -> Response {
    let Some(purpose) = purpose else { return Redirect::to("/official/search").into_response() };
    let made = async {
        let m = member(&state, &session, &f, purpose, (&household, &person, "ties")).await?;
        sent(&m, &f, &mut form).await
    };
    made.await.unwrap_or_else(|trouble| trouble.response(&state, &f))
}

/// The ties of a member; those with people for whom the viewer may not act are only counted.
async fn known(m: &Member<'_>, lang: Lang) -> Result<Ties, Trouble> {
    let mut tx = m.v.state.db.read().await?;
    let (ties, others) = super::ties(&mut tx, &m.v, m.person).await?;
    let names = registry::read::names(&mut tx, ties.iter().map(|k| k.other), m.v.today()).await?;
    drop(tx);
    let line = |k: &Kin| {
        // Within the household in the reader's letters, as on its page.
        let inside = m.opened.record.member(k.other).map(|x| x.person.name(lang).to_owned());
        let name = inside.or(names.get(&k.other).cloned())?;
        let since = Some(k.stamp.valid.from).filter(|day| *day > BEGINNING);
        Some(TieLine { id: k.id.to_string(), key: relation_key(k.relation), name, since, until: k.stamp.valid.until })
    };
    let lines: Vec<TieLine> = ties.iter().filter_map(line).collect();
    let members = m.opened.record.members.iter().filter(|x| x.person.id != m.person);
    let members = members.map(|x| (x.person.id.to_string(), x.person.name(lang).to_owned())).collect();
    Ok(Ties { others: others + ties.len() - lines.len(), lines, members })
}

fn relation_key(relation: Relation) -> &'static str {
    match relation {
        Relation::Parent => "civil-is-parent",
        Relation::Child => "civil-is-child",
        Relation::Spouse => "civil-is-spouse",
        Relation::Partner => "civil-is-partner",
    }
}

async fn sent(m: &Member<'_>, f: &Frame, form: &mut Form) -> Result<Response, Trouble> {
    let (v, t) = (&m.v, f.t);
    let begins = form.get("do") == "begin";
    let tie = if begins { beginning(m, f, form).await? } else { ending(m, t, form).await? };
    let paper = form.required(t, if begins { "paper_new" } else { "paper" }, civil::LONGEST_PAPER);
    if let Some((tie, other)) = tie.filter(|_| form.is_fine()) {
        let allowed = permit(v, Action::RegisterEvent, &[m.person, other], "family ties").await?;
        let done = transact!(v.state.db, Fault, |tx| {
            civil::tie(tx, &v.desk(), (v.who, &allowed), m.person, tie, &paper).await
        });
        match done {
            Ok(()) => return Ok(Redirect::to(&format!("{}?done=civil", m.of.home)).into_response()),
            Err(fault) => refuse(form, t, fault, begins)?,
        }
    }
    let known = known(m, t.lang()).await?;
    Ok((form.status(), page::ties(f, form, &m.of, &known)).into_response())
}

/// A tie that ended or never was, and the other side of it.
async fn ending(m: &Member<'_>, t: Text, form: &mut Form) -> Result<Option<(Tie, PersonId)>, Trouble> {
    let tie = form.id::<Uuid>(t, "tie");
    let never = match form.get("how") {
        "ended" => false,
        "never" => true,
        _ => {
            form.refuse("how", t.t("error-choose"));
            return Ok(None);
        }
    };
    let on = if never { None } else { form.date(t, "ended_on") };
    let Some(tie) = tie.filter(|_| never || on.is_some()) else { return Ok(None) };
    let found = civil::other_of(&mut m.v.state.db.read().await?, m.person, tie).await;
    match (found, on) {
        (Ok(other), Some(on)) => Ok(Some((Tie::Ends { tie, on }, other))),
        (Ok(other), None) => Ok(Some((Tie::NeverWas { tie }, other))),
        (Err(Fault::Store(why)), _) => Err(why.into()),
        (Err(_), _) => {
            form.refuse("tie", t.t("error-choose"));
            Ok(None)
        }
    }
}

/// A new tie, and the other side of it: a member of the household, or somebody whose name and number are both right.
async fn beginning(m: &Member<'_>, f: &Frame, form: &mut Form) -> Result<Option<(Tie, PersonId)>, Trouble> {
    let t = f.t;
    let relation = form.get("relation").parse::<Relation>().ok();
    if relation.is_none() {
        form.refuse("relation", t.t("error-choose"));
    }
    let other = if form.get("member").is_empty() {
        somebody(&m.v, f, form).await?
    } else {
        form.id::<PersonId>(t, "member").filter(|id| m.opened.record.member(*id).is_some())
    };
    let since = matches!(relation, Some(Relation::Spouse | Relation::Partner));
    let from = if since { form.date(t, "from") } else { None };
    Ok(relation.zip(other).map(|(relation, other)| (Tie::Begins { relation, other, from }, other)))
}

fn refuse(form: &mut Form, t: Text, fault: Fault, begins: bool) -> Result<(), Trouble> {
    let day = if begins { "from" } else { "ended_on" };
    match fault {
        Fault::Store(why) | Fault::Kin(KinError::Store(why)) => return Err(why.into()),
        Fault::Day(_) | Fault::NoDay => form.refuse(day, t.t("error-date-far")),
        Fault::Kin(KinError::Backwards { from, .. }) => {
            form.refuse(day, t.with("civil-error-backwards", &[("date", t.date(from).into())]));
        }
        Fault::Married => form.refuse("relation", t.t("civil-error-married")),
        Fault::Known => form.refuse("relation", t.t("civil-error-known")),
        Fault::Kin(KinError::Circle | KinError::Self_(_)) => form.refuse("relation", t.t("civil-error-circle")),
        Fault::Kin(KinError::NoKin) => form.refuse("tie", t.t("error-choose")),
        fault => {
            tracing::info!(%fault, "a tie was not put right");
            form.refuse(if begins { "paper_new" } else { "paper" }, t.t("case-error-answer"));
        }
    }
    Ok(())
}
