//! What officials do about a case beside deciding it: a task that asks for a look, an account in another name, payments held
//! and let go.

use casework::case::worklist;
use casework::decide::official;
use casework::follow;
use casework::investigate::settle;
use guard::Action;
use kernel::TaskId;
use payment::grant::{self, Ground};
use payment::model::Standing;
use store::transact;
use text::Text;

use super::work_case_handlers::Read;
use super::work_deeds::{Deed, Said, of_settle, of_store, refused, words};
use crate::form::Form;
use crate::viewer::{Trouble, Viewer};

/// Says whose an account is whose holder bears another name.
pub(super) async fn holder(v: &Viewer<'_>, t: Text, read: &Read, form: &mut Form) -> Result<Deed, Trouble> {
    let task: TaskId = form.get("task").parse().map_err(|_| Trouble::Absent)?;
    let [whose, words] = ["holder", "holder-words"].map(|part| format!("{part}-{}", form.get("number")));
    let said = form.required(t, &words, settle::LONGEST);
    let theirs = match form.get(&whose) {
        "yes" => true,
        "no" => false,
        _ => {
            form.refuse(&whose, t.t("error-choose"));
            false
        }
    };
    if !form.is_fine() {
        return Ok(Deed::Refused);
    }
    if !read.view.tasks.iter().any(|known| known.id == task) {
        return Err(Trouble::Absent);
    }
    let allowed = read.permit(v, Action::WorkCase).await?;
    let desk = v.desk();
    let run = transact!(v.state.db, settle::Fault, |tx| {
        follow::holder::settle(tx, &desk, v.who, &allowed, task, theirs, &said).await
    });
    match run {
        Ok(()) => Ok(Deed::Done("settled", false)),
        Err(fault) => Ok(refused(form, of_settle(t, fault)?)),
    }
}

/// Closes a task that asks for a look and nothing else.
pub(super) async fn looked(v: &Viewer<'_>, t: Text, read: &Read, form: &mut Form) -> Result<Deed, Trouble> {
    let task: TaskId = form.get("task").parse().map_err(|_| Trouble::Absent)?;
    let field = format!("looked-{}", form.get("number"));
    let said = form.required(t, &field, settle::LONGEST);
    if !form.is_fine() {
        return Ok(Deed::Refused);
    }
    if !read.view.tasks.iter().any(|known| known.id == task) {
        return Err(Trouble::Absent);
    }
    let allowed = read.permit(v, Action::WorkCase).await?;
    let desk = v.desk();
    let run =
        transact!(v.state.db, settle::Fault, |tx| worklist::looked(tx, &desk, v.who, &allowed, task, &said).await);
    match run {
        Ok(()) => Ok(Deed::Done("settled", false)),
        Err(fault) => Ok(refused(form, of_settle(t, fault)?)),
    }
}

/// Holds what the case pays, or lets it flow again; reason and law stand with the entitlement and are told to the payee.
pub(super) async fn pay(v: &Viewer<'_>, t: Text, read: &Read, form: &mut Form, hold: bool) -> Result<Deed, Trouble> {
    let prefix = if hold { "hold" } else { "flow" };
    let reason = form.required(t, &format!("{prefix}-reason"), 500);
    let law = form.required(t, &format!("{prefix}-law"), 300);
    if !form.is_fine() {
        return Ok(Deed::Refused);
    }
    let Some((id, standing)) = read.paid else { return Err(Trouble::Absent) };
    let needs = if hold { Standing::Active } else { Standing::Suspended };
    if standing != needs {
        return Ok(refused(form, Said::Changed(t.t("work-fault-changed").into_owned())));
    }
    let _allowed = read.permit(v, Action::ApproveDecision).await?;
    if !official::theirs(&v.desk(), v.who, &read.view.case) {
        return Ok(refused(form, words(t, "work-fault-not-allowed")));
    }
    let ground = Ground { reason, law, by: Some(v.who.account) };
    let desk = crate::finance::desk(v);
    let run = transact!(v.state.db, grant::Fault, |tx| {
        match hold {
            true => grant::suspend(tx, &desk, id, &ground).await,
            false => grant::resume(tx, &desk, id, &ground).await,
        }
    });
    match run {
        Ok(_) => Ok(Deed::Done(if hold { "held" } else { "flows" }, true)),
        Err(grant::Fault::Store(why)) => Ok(refused(form, of_store(t, why)?)),
        Err(grant::Fault::NoReason) => Ok(refused(form, words(t, "work-fault-ground"))),
        Err(_) => Ok(refused(form, Said::Changed(t.t("work-fault-changed").into_owned()))),
    }
}
