//! The longer time the law gives for a decision: its form on the page of a case, and the act.

use casework::case::extend::{self, Fault};
use guard::Action;
use maud::{Markup, html};
use store::transact;
use text::Text;

use super::work_acts::{act, button};
use super::work_case::Case;
use super::work_case_handlers::Read;
use super::work_deeds::{Deed, Said, of_official, of_store, refused, words};
use crate::components::field;
use crate::form::Form;
use crate::viewer::{Trouble, Viewer};

/// The form; `days` is by how many days the law lets the time grow.
pub(super) fn form(t: Text, form: &Form, c: &Case, days: u32) -> Markup {
    act(
        c,
        "extend",
        &html! {
            p { (t.with("work-extend-words", &[("days", i64::from(days).into())])) }
            (field::area(form, "extend-words", &t.t("work-extend-why"), "", 3))
            (button(&t.t("work-extend-go")))
        },
    )
}

/// Takes the longer time.
pub(super) async fn extend(v: &Viewer<'_>, t: Text, read: &Read, form: &mut Form) -> Result<Deed, Trouble> {
    let reason = form.required(t, "extend-words", 2_000);
    let revision = form.get("revision").parse().unwrap_or(0);
    if !form.is_fine() {
        return Ok(Deed::Refused);
    }
    let allowed = read.permit(v, Action::WorkCase).await?;
    let (desk, case) = (v.desk(), read.view.case.id);
    let run =
        transact!(v.state.db, Fault, |tx| extend::run(tx, &desk, v.who, &allowed, (case, revision), &reason).await);
    let said = match run {
        Ok(_) => return Ok(Deed::Done("extended", true)),
        Err(Fault::NoLonger) => words(t, "work-fault-no-longer-time"),
        Err(Fault::Already) => Said::Changed(t.t("work-fault-extended").into_owned()),
        Err(Fault::Over(_)) => words(t, "work-fault-time-over"),
        Err(Fault::NoWords) => words(t, "work-fault-no-words"),
        Err(Fault::Official(fault)) => of_official(t, fault)?,
        Err(Fault::Store(why)) => of_store(t, why)?,
    };
    Ok(refused(form, said))
}
