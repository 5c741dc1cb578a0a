//! Requests for one payment that waits.

use axum::extract::{Path, RawQuery, State};
use axum::response::{IntoResponse, Redirect, Response};
use guard::{Action, Resource, Sealed};
use kernel::{EntitlementId, PersonId};
use payment::account::{self, Details, New};
use payment::due::PeriodKey;
use payment::hold::{self, Which};
use payment::model::{Hold, Stand};
use payment::read::{self, Cursor, WaitingShown};
use registry::AsOf;
use registry::sight::{Seen, relations};
use store::transact;
use uuid::Uuid;

use super::run_handlers::{cursor, place};
use super::seen::opened;
use super::waiting::{self, Account, Waiting};
use super::{desk, money, programme, viewer, words};
use crate::components::frame::Frame;
use crate::form::Form;
use crate::request::Session;
use crate::state::AppState;
use crate::viewer::{Trouble, Viewer};

/// Instalments of one entitlement looked through for the one that is meant.
const MOST: u32 = 500;

/// The payment with its payee, whom the viewer may look at.
struct Found {
    it: WaitingShown,
    name: String,
    stand: Stand,
}

async fn find(v: &Viewer<'_>, at: Cursor) -> Result<Found, Trouble> {
    let before = EntitlementId(Uuid::from_u128(at.entitlement.0.as_u128().saturating_sub(1)));
    let after = Cursor { entitlement: before, period: PeriodKey(u32::MAX), part: u32::MAX };
    for stand in [Stand::Returned, Stand::Held, Stand::Due] {
        let setting = v.setting();
        let sight = v.sight(&setting);
        let mut tx = v.state.db.read().await?;
        let seen = read::waiting(&mut tx, &sight, stand, after, MOST).await?;
        drop(tx);
        // Only the payee of the one that is meant is looked at.
        let mut payee = None;
        let mut seen = seen.map(|all| {
            let one = all.into_iter().find(|w| w.at == at);
            payee = one.as_ref().map(|w| w.payee);
            one
        });
        let Some(payee) = payee else { continue };
        seen.about.retain(|(p, _)| *p == payee);
        let one = opened(v, "payments", seen, |one, names| one.clone().zip(names.of(payee))).await?;
        let (it, name) = one.ok_or(Trouble::Absent)?;
        return Ok(Found { it, name, stand });
    }
    Err(Trouble::Absent)
}

/// Who should get a payment that waits; the look at it is in the log.
pub(crate) async fn payee_of(v: &Viewer<'_>, at: Cursor) -> Result<PersonId, Trouble> {
    Ok(find(v, at).await?.it.payee)
}

/// The page.
pub(crate) async fn show(
    State(state): State<AppState>,
    session: Session,
    f: Frame,
    Path(at): Path<String>,
    RawQuery(raw): RawQuery,
) -> Response {
    let v = viewer(&state, &session, f.t, "fin-purpose-returns");
    let made = async {
        let found = find(&v, cursor(&at).ok_or(Trouble::Absent)?).await?;
        let vm = read(&v, &f, &found, Form::of_query(raw.as_deref()).get("done")).await?;
        Ok::<_, Trouble>(waiting::page_of(&f, &Form::default(), &vm).into_response())
    };
    made.await.unwrap_or_else(|trouble| trouble.response(&state, &f))
}

async fn read(v: &Viewer<'_>, f: &Frame, found: &Found, done: &str) -> Result<Waiting, Trouble> {
    let (t, it) = (f.t, &found.it);
    let setting = v.setting();
    let sight = v.sight(&setting);
    let mut tx = v.state.db.read().await?;
    let accounts = read::accounts(&mut tx, &sight, it.payee).await?;
    let home = registry::read::household_of(&mut tx, it.payee, AsOf::latest(v.today())).await?;
    let members = match home {
        Some(home) => casework::household::member_ids(&mut tx, &v.desk(), home).await?,
        None => Vec::new(),
    };
    let others: Vec<PersonId> = members.into_iter().filter(|p| *p != it.payee).collect();
    let about = relations(&mut tx, &sight, others.iter().copied()).await?.into_iter().collect();
    drop(tx);
    let family = Seen { sealed: Sealed::new((), others.iter().copied()), about };
    let guardians = opened(v, "names", family, |(), names| {
        others.iter().filter_map(|p| Some((p.to_string(), names.of(*p)?))).collect::<Vec<_>>()
    })
    .await?;
    let account = opened(v, "account", accounts, |all, names| {
        all.iter().find(|a| a.ended.is_none() && a.form == Some(it.form)).map(|a| Account {
            id: a.id.to_string(),
            hint: a.hint.clone(),
            verified: a.verified,
            redirected: a.redirect_to.map(|to| names.of(to)),
        })
    })
    .await?;
    let reason = it.reason.as_deref();
    Ok(Waiting {
        place: place(it.at),
        returned: found.stand == Stand::Returned,
        by_official: reason == Some(Hold::Official.word()),
        name: found.name.clone(),
        programme: programme(v, t, &it.programme),
        period: it.period.clone(),
        sum: money(t, it.minor, it.currency),
        due_on: it.due_on,
        reason: reason.map(|r| words::why(t, r)),
        attempts: it.attempt,
        account,
        guardians,
        done: done.to_owned(),
    })
}

/// Pays again, lets go, or changes where the money goes.
pub(crate) async fn act(
    State(state): State<AppState>,
    session: Session,
    f: Frame,
    Path(at): Path<String>,
    mut form: Form,
) -> Response {
    let v = viewer(&state, &session, f.t, "fin-purpose-returns");
    let made = async {
        let found = find(&v, cursor(&at).ok_or(Trouble::Absent)?).await?;
        if let Some(word) = does(&v, &f, &found, &mut form).await? {
            return Ok(Redirect::to(&format!("/finance/payment/{at}?done={word}")).into_response());
        }
        let vm = read(&v, &f, &found, "").await?;
        Ok((form.status(), waiting::page_of(&f, &form, &vm)).into_response())
    };
    made.await.unwrap_or_else(|trouble: Trouble| trouble.response(&state, &f))
}

async fn permit(v: &Viewer<'_>, action: Action, people: &[PersonId], what: &str) -> Result<(), Trouble> {
    let setting = v.setting();
    let sight = v.sight(&setting);
    let mut tx = v.state.db.read().await?;
    let about = relations(&mut tx, &sight, people.iter().copied()).await?;
    drop(tx);
    if !people.iter().all(|p| about.contains_key(p)) {
        return Err(Trouble::Absent);
    }
    let resource = Resource::people(about).showing([what]);
    let _allowed = v.state.guard.permit(v.who, action, &resource, &v.purpose).await?;
    Ok(())
}

/// The word for what was done; `None` when it was refused.
async fn does(v: &Viewer<'_>, f: &Frame, found: &Found, form: &mut Form) -> Result<Option<&'static str>, Trouble> {
    match form.get("do") {
        "again" => instalment(v, f, found, form, true).await,
        "let_go" => instalment(v, f, found, form, false).await,
        "account" => another(v, f, found, form).await,
        "verify" => verify(v, f, found, form).await,
        "redirect" => redirect(v, f, found, form).await,
        _ => Err(Trouble::Absent),
    }
}

async fn instalment(
    v: &Viewer<'_>,
    f: &Frame,
    found: &Found,
    form: &mut Form,
    again: bool,
) -> Result<Option<&'static str>, Trouble> {
    let field = if again { "again_reason" } else { "go_reason" };
    let reason = form.required(f.t, field, 500);
    if !form.is_fine() {
        return Ok(None);
    }
    permit(v, Action::ManageRun, &[found.it.payee], "payments").await?;
    let Cursor { entitlement, period, part } = found.it.at;
    let (which, desk, by) = (Which { entitlement, period, part }, desk(v), v.who.account);
    let done = transact!(v.state.db, hold::Fault, |tx| {
        if again {
            hold::pay_again(tx, &desk, which, &reason, by).await
        } else {
            hold::let_go(tx, &desk, which, &reason, by).await
        }
    });
    match done {
        Ok(()) => Ok(Some(if again { "again" } else { "let_go" })),
        Err(fault) => {
            form.refuse(field, words::hold(f.t, fault)?);
            Ok(None)
        }
    }
}

async fn another(v: &Viewer<'_>, f: &Frame, found: &Found, form: &mut Form) -> Result<Option<&'static str>, Trouble> {
    let details = Details {
        bank: form.required(f.t, "bank", 35),
        number: form.required(f.t, "number", 60),
        holder: form.required(f.t, "holder", 140),
    };
    if !form.is_fine() {
        return Ok(None);
    }
    permit(v, Action::ChangeAccount, &[found.it.payee], "account").await?;
    let new = New::Own { form: found.it.form, details };
    set(v, f, found, form, ("number", &new)).await.map(|done| done.then_some("account"))
}

async fn redirect(v: &Viewer<'_>, f: &Frame, found: &Found, form: &mut Form) -> Result<Option<&'static str>, Trouble> {
    let to: Option<PersonId> = form.id(f.t, "guardian");
    let (reason, law) = (form.required(f.t, "redirect_reason", 500), form.required(f.t, "redirect_law", 200));
    let (Some(to), true) = (to, form.is_fine()) else { return Ok(None) };
    permit(v, Action::ChangeAccount, &[found.it.payee, to], "account").await?;
    let new = New::Redirect { form: found.it.form, to, reason, law };
    set(v, f, found, form, ("guardian", &new)).await.map(|done| done.then_some("redirected"))
}

async fn set(
    v: &Viewer<'_>,
    f: &Frame,
    found: &Found,
    form: &mut Form,
    (field, new): (&str, &New),
) -> Result<bool, Trouble> {
    let (desk, by, payee) = (desk(v), v.who.account, found.it.payee);
    match transact!(v.state.db, account::Fault, |tx| account::set(tx, &desk, payee, new, by).await) {
        Ok(_) => Ok(true),
        Err(fault) => {
            form.refuse(field, words::account(f.t, fault)?);
            Ok(false)
        }
    }
}

async fn verify(v: &Viewer<'_>, f: &Frame, found: &Found, form: &mut Form) -> Result<Option<&'static str>, Trouble> {
    let how = form.required(f.t, "how", 200);
    let account = form.get("account").parse().map_err(|_| Trouble::Absent)?;
    if !form.is_fine() {
        return Ok(None);
    }
    permit(v, Action::ChangeAccount, &[found.it.payee], "account").await?;
    let (desk, by, payee) = (desk(v), Some(v.who.account), found.it.payee);
    let done = transact!(v.state.db, account::Fault, |tx| account::verify(tx, &desk, payee, account, &how, by).await);
    match done {
        Ok(()) => Ok(Some("verified")),
        Err(fault) => {
            form.refuse("how", words::account(f.t, fault)?);
            Ok(None)
        }
    }
}
