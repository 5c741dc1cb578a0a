//! Requests for a new referral: the directory searched by need and place, and the sending.

use axum::extract::{Path, RawQuery, State};
use axum::response::{IntoResponse, Redirect, Response};
use catalogue::model::NEED;
use guard::{Action, Relation, Resource, Tier};
use kernel::{HouseholdId, PersonId, ReferralId};
use referral::model::Shares;
use referral::{MOST_WORDS, request};
use registry::AsOf;
use store::transact;

use super::handlers::viewer;
use super::new::{self, Choice, New};
use super::{desk, need};
use crate::components::frame::Frame;
use crate::form::Form;
use crate::household::name;
use crate::official::work_case_handlers::forbidden;
use crate::request::Session;
use crate::state::AppState;
use crate::viewer::{Trouble, Viewer};

/// The household a referral is made from, opened.
struct Home {
    id: HouseholdId,
    people: Vec<(PersonId, String)>,
    about: Vec<(PersonId, Relation)>,
    place: Option<String>,
}

async fn home(v: &Viewer<'_>, f: &Frame, id: HouseholdId) -> Result<Home, Trouble> {
    let setting = v.setting();
    let mut tx = v.state.db.read().await?;
    let seen = registry::sight::household(&mut tx, &v.sight(&setting), id, AsOf::latest(v.today())).await?;
    drop(tx);
    let seen = seen.ok_or(Trouble::Absent)?;
    let (resource, about) = (seen.resource().showing(["household"]), seen.about.clone());
    let record = v.state.guard.reveal(v.who, Action::ViewHousehold, &resource, &v.purpose, seen.sealed).await?;
    let people = record.members.iter().map(|m| (m.person.id, name(&record, m.person.id, f.t.lang()))).collect();
    let place = record.members.iter().find_map(|m| m.person.residence.as_ref()).map(|r| r.address.jurisdiction.clone());
    // Whose address is hidden is served by what serves the office's own place.
    let place = place.or_else(|| v.who.jurisdiction.clone());
    Ok(Home { id, people, about, place })
}

fn page(v: &Viewer<'_>, f: &Frame, form: &Form, home: &Home, id: ReferralId) -> Response {
    let lang = f.t.lang();
    let place = home.place.as_deref().unwrap_or_default();
    let list = v.pack.code_lists().get(NEED).map(|l| l.codes.as_slice()).unwrap_or_default();
    let asked = Some(form.get("need")).filter(|n| list.iter().any(|c| c.id == *n));
    let choice = |s: &catalogue::model::HelpService| Choice {
        id: s.id.clone(),
        name: s.name.get(lang).to_owned(),
        agency: v.pack.agencies().get(&s.agency).map_or(s.agency.as_str(), |a| a.name.get(lang)).to_owned(),
        contact: s.contact.clone(),
        days: (s.clocks.receive + s.clocks.answer, s.clocks.finish),
        illustrative: s.illustrative,
    };
    let services = match asked {
        Some(need) => v.pack.services_for(Some(need), place).into_iter().map(choice).collect(),
        None => Vec::new(),
    };
    let vm = New {
        household: home.id.to_string(),
        id: id.to_string(),
        people: home.people.iter().map(|(p, name)| (p.to_string(), name.clone())).collect(),
        needs: list.iter().map(|c| (c.id.clone(), need(&v.pack, &c.id, lang))).collect(),
        need: asked.map(str::to_owned),
        services,
        instead_of: Some(form.get("instead_of")).filter(|o| !o.is_empty()).map(str::to_owned),
        protected: home.about.iter().any(|(_, r)| r.protected),
    };
    (form.status(), new::page_of(f, form, &vm)).into_response()
}

/// The form; with `need` in the address, the services for it.
pub(crate) async fn form(
    State(state): State<AppState>,
    session: Session,
    f: Frame,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Response {
    let Some(v) = viewer(&state, &session, &f) else { return forbidden(&f) };
    let asked = Form::of_query(query.as_deref());
    let made = async {
        let id: HouseholdId = id.parse().map_err(|_| Trouble::Absent)?;
        let v = v.concerning(id).await?;
        let home = home(&v, &f, id).await?;
        Ok::<_, Trouble>(page(&v, &f, &asked, &home, ReferralId::new(&*state.ids, v.now)))
    };
    made.await.unwrap_or_else(|trouble| trouble.response(&state, &f))
}

/// Sends it.
pub(crate) async fn send(
    State(state): State<AppState>,
    session: Session,
    f: Frame,
    Path(id): Path<String>,
    form: Form,
) -> Response {
    let Some(v) = viewer(&state, &session, &f) else { return forbidden(&f) };
    let made = async {
        let id: HouseholdId = id.parse().map_err(|_| Trouble::Absent)?;
        let v = v.concerning(id).await?;
        let home = home(&v, &f, id).await?;
        sent(&v, &f, &home, form).await
    };
    made.await.unwrap_or_else(|trouble| trouble.response(&state, &f))
}

async fn sent(v: &Viewer<'_>, f: &Frame, home: &Home, mut form: Form) -> Result<Response, Trouble> {
    let t = f.t;
    let id: ReferralId = form.get("id").parse().unwrap_or_else(|_| ReferralId::new(&*v.state.ids, v.now));
    let member = |form: &mut Form, field: &str| {
        let person = form.id::<PersonId>(t, field);
        person.filter(|p| home.people.iter().any(|(known, _)| known == p))
    };
    let (person, agreed_by) = (member(&mut form, "person"), member(&mut form, "agreed_by"));
    let reason = form.required(t, "reason", MOST_WORDS);
    let contact = form.optional(t, "contact", 200);
    let service = v.pack.services().get(form.get("service"));
    if service.is_none() {
        form.refuse("service", t.t("error-choose"));
    }
    let (Some(person), Some(service), true) = (person, service, form.is_fine()) else {
        return Ok(page(v, f, &form, home, id));
    };
    let shared = |what: &str| form.all("shares").any(|s| s == what);
    let input = request::Input {
        id,
        person,
        service: service.id.clone(),
        need: form.get("need").to_owned(),
        reason,
        contact,
        shares: Shares { name: shared("name"), birth_date: shared("birth_date") },
        agreed_by,
        instead_of: form.get("instead_of").parse().ok(),
    };
    let tier = if service.sensitive || service.discreet { Tier::Sensitive } else { Tier::Benefits };
    let about = home.about.iter().copied().filter(|(p, _)| *p == person);
    let resource = Resource::people(about).at(tier).showing(["referral"]);
    let allowed = v.state.guard.permit(v.who, Action::Refer, &resource, &v.purpose).await?;
    let setting = v.setting();
    let done = transact!(v.state.db, request::Fault, |tx| {
        request::run(tx, &desk(v), &v.sight(&setting), &allowed, &input).await
    });
    use request::Fault as F;
    let (field, key) = match done {
        Ok(_) => {
            let to = format!("/work/referrals/household/{}?done=sent", home.id);
            return Ok(Redirect::to(&to).into_response());
        }
        Err(F::Store(why)) => return Err(why.into()),
        Err(F::NotAllowed | F::Nobody) => return Err(Trouble::Absent),
        Err(F::NoWords) => ("reason", "referral-fault-words"),
        Err(F::TooLong(_)) => ("reason", "referral-fault-long"),
        Err(F::NotAgreed | F::AgreedByStranger) => ("agreed_by", "referral-fault-not-agreed"),
        Err(F::OutOfArea(_)) => ("service", "referral-fault-area"),
        Err(F::NoService(_) | F::NotItsNeed { .. }) => ("service", "error-choose"),
        Err(F::Protected) => ("contact", "referral-protected-words"),
        Err(F::OtherReferral | F::Instead(_)) => ("service", "referral-fault-moved"),
    };
    form.refuse(field, t.t(key));
    Ok(page(v, f, &form, home, id))
}
