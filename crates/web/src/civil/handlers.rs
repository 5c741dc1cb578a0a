//! Requests to put right who somebody is.

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use casework::civil::{self, Correction, Fault};
use guard::{Action, Purpose};
use kernel::PersonId;
use registry::person::{Identifier, Name, PersonError, Script, Sex};
use registry::{AsOf, PersonRecord};
use store::transact;
use text::Text;

use super::page::{self, Of};
use crate::citizen::cases::permit;
use crate::components::frame::Frame;
use crate::form::Form;
use crate::household::{self, Opened, Want};
use crate::official::handlers::{identifier_name, scheme};
use crate::official::protection_handlers::ids;
use crate::request::{Session, Stated};
use crate::state::AppState;
use crate::viewer::{Trouble, Viewer};

/// A member of a household for whom the viewer may register events.
pub(super) struct Member<'s> {
    pub(super) v: Viewer<'s>,
    pub(super) person: PersonId,
    pub(super) opened: Opened,
    pub(super) of: Of,
}

/// Opens the household and finds the member; whoever may not act for them is refused, and that is logged.
pub(super) async fn member<'s>(
    state: &'s AppState,
    session: &'s Session,
    f: &Frame,
    purpose: Purpose,
    (household, person, form): (&str, &str, &str),
) -> Result<Member<'s>, Trouble> {
    let (household, person) = ids(household, person)?;
    let v = Viewer::new(state, &session.who, purpose).concerning(household).await?;
    let opened = household::open(&v, household, AsOf::latest(v.today()), Want::Record).await?;
    let found = opened.record.member(person).ok_or(Trouble::Absent)?;
    let name = found.person.name(f.t.lang()).to_owned();
    if !v.may(Action::RegisterEvent, opened.stands(person).unwrap_or_default()) {
        let _allowed = permit(&v, Action::RegisterEvent, &[person], "civil record").await?;
        return Err(Trouble::Absent);
    }
    let home = format!("/official/households/{household}");
    let of = Of { name, address: format!("{home}/{form}/{person}"), identifier: identifier_name(&v.pack, f), home };
    Ok(Member { v, person, opened, of })
}

/// The form as the register stands.
pub(crate) async fn show(
    State(state): State<AppState>,
    session: Session,
    f: Frame,
    Stated(purpose): Stated,
    Path((household, person)): Path<(String, String)>,
) -> Response {
    let Some(purpose) = purpose else { return Redirect::to("/official/search").into_response() };
    let made = async {
        let m = member(&state, &session, &f, purpose, (&household, &person, "record")).await?;
        let record = &m.opened.record.member(m.person).ok_or(Trouble::Absent)?.person;
        Ok::<_, Trouble>(page::record(&f, &filled(record), &m.of).into_response())
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
        let m = member(&state, &session, &f, purpose, (&household, &person, "record")).await?;
        sent(&m, &f, &mut form).await
    };
    made.await.unwrap_or_else(|trouble| trouble.response(&state, &f))
}

/// The name in the script of the country, and the one in Latin letters beside it.
fn both(record: &PersonRecord) -> [Option<&Name>; 2] {
    let latin = record.names.iter().find(|n| n.script == Script::Latn);
    match record.names.iter().find(|n| n.script != Script::Latn) {
        Some(own) => [Some(own), latin],
        None => [latin, None],
    }
}

/// Family and given part; a name that is not divided is all given.
fn parts(name: Option<&Name>) -> [String; 2] {
    name.map_or_else(Default::default, |n| {
        let undivided = n.family.is_empty() && n.given.is_empty();
        [n.family.clone(), if undivided { n.full.clone() } else { n.given.clone() }]
    })
}

fn filled(record: &PersonRecord) -> Form {
    let [own, latin] = both(record);
    let ([family, given], [latin_family, latin_given]) = (parts(own), parts(latin));
    let born = record.birth_date.map(|d| d.to_string()).unwrap_or_default();
    let sex = record.sex.map(|s| s.to_string()).unwrap_or_default();
    Form::of([
        ("family", family),
        ("given", given),
        ("latin_family", latin_family),
        ("latin_given", latin_given),
        ("birth_date", born),
        ("sex", sex),
    ])
}

async fn sent(m: &Member<'_>, f: &Frame, form: &mut Form) -> Result<Response, Trouble> {
    let (v, t) = (&m.v, f.t);
    let record = &m.opened.record.member(m.person).ok_or(Trouble::Absent)?.person;
    let correction = correction(v, t, record, form);
    let paper = form.required(t, "paper", civil::LONGEST_PAPER);
    if form.is_fine() {
        let allowed = permit(v, Action::RegisterEvent, &[m.person], "civil record").await?;
        let done = transact!(v.state.db, Fault, |tx| {
            civil::correct(tx, &v.desk(), (v.who, &allowed), m.person, &correction, &paper).await
        });
        match done {
            Ok(()) => return Ok(Redirect::to(&format!("{}?done=civil", m.of.home)).into_response()),
            Err(fault) => refuse(form, t, fault, &correction)?,
        }
    }
    Ok((form.status(), page::record(f, form, &m.of)).into_response())
}

/// What the form says otherwise than the register.
fn correction(v: &Viewer<'_>, t: Text, record: &PersonRecord, form: &mut Form) -> Correction {
    let mut names = Vec::new();
    for (known, [family, given]) in both(record).into_iter().zip([["family", "given"], ["latin_family", "latin_given"]])
    {
        let typed =
            [form.optional(t, family, 100).unwrap_or_default(), form.optional(t, given, 100).unwrap_or_default()];
        if typed == parts(known) || (typed == ["", ""] && family != "family") {
            continue;
        }
        let script = Script::of(&typed.concat());
        // Latin letters in the place of the country's would stand beside the name, not for it.
        let beside = script == Script::Latn && known.is_some_and(|known| known.script != Script::Latn);
        let latin = family == "latin_family" && script != Script::Latn;
        if typed == ["", ""] || script == Script::Zyyy || beside || latin {
            form.refuse(family, t.t("civil-error-name"));
        }
        let [family, given] = typed;
        names.push(Name::new(script, family, given));
    }
    let names_from = form.date_if_any(t, "names_from");
    let birth_date = form.date(t, "birth_date").filter(|day| record.birth_date != Some(*day));
    let sex = match form.get("sex") {
        "" => None,
        word => match word.parse::<Sex>() {
            Ok(sex) => Some(sex).filter(|sex| record.sex != Some(*sex)),
            Err(_) => {
                form.refuse("sex", t.t("error-choose"));
                None
            }
        },
    };
    let number = form.optional(t, "identifier", 40);
    let identifier = number.map(|number| {
        if let Err(words) = v.pack.identifier_fits(scheme(&v.pack), &number) {
            form.refuse("identifier", words);
        }
        Identifier::new(scheme(&v.pack), number)
    });
    Correction { names_from: names_from.filter(|_| !names.is_empty()), names, identifier, sex, birth_date }
}

fn refuse(form: &mut Form, t: Text, fault: Fault, correction: &Correction) -> Result<(), Trouble> {
    match fault {
        Fault::Store(why) | Fault::Person(PersonError::Store(why)) => return Err(why.into()),
        Fault::Day(day) if correction.birth_date == Some(day) => form.refuse("birth_date", t.t("error-date-far")),
        Fault::Day(_) => form.refuse("names_from", t.t("error-date-far")),
        Fault::AfterDeath(died) => {
            form.refuse("birth_date", t.with("civil-error-after-death", &[("date", t.date(died).into())]));
        }
        Fault::Nothing => form.refuse("family", t.t("civil-error-nothing")),
        Fault::Person(PersonError::IdentifierTaken) => form.refuse("identifier", t.t("civil-error-taken")),
        fault => {
            tracing::info!(%fault, "a record was not put right");
            form.refuse("paper", t.t("case-error-answer"));
        }
    }
    Ok(())
}
