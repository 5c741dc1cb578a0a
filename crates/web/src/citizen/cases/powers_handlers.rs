//! Requests of powers: a citizen's own, and an official's at the counter for a household.

use axum::extract::{Path, RawQuery, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use casework::application::mandate::{self, Kind, Mandate, NewMandate};
use catalogue::identifier::Wrong;
use guard::{Action, Purpose};
use kernel::{Date, HouseholdId, MandateId, PersonId};
use registry::AsOf;
use registry::person::Identifier;
use store::transact;
use text::Text;

use super::powers::{self, Counter, OTHER, Power, Powers, Stands};
use super::{Home, done, permit, programme};
use crate::citizen::handlers::age;
use crate::components::frame::Frame;
use crate::form::Form;
use crate::household::{self, Opened, Want, name};
use crate::official::handlers::{identifier_name, scheme};
use crate::request::{Session, Stated};
use crate::state::AppState;
use crate::viewer::{Trouble, Viewer};

/// Whose powers the page is about, and who looks.
struct Desk {
    /// The citizen themselves; `None` at the counter.
    me: Option<PersonId>,
    opened: Opened,
}

impl Desk {
    /// Whose powers are listed: the citizen's, or every member's.
    fn whose(&self) -> Vec<PersonId> {
        match self.me {
            Some(me) => vec![me],
            None => self.opened.record.members.iter().map(|m| m.person.id).collect(),
        }
    }

    fn action(&self) -> Action {
        if self.me.is_some() { Action::AcceptOffer } else { Action::KeyInForPerson }
    }

    fn address(&self) -> String {
        match self.me {
            Some(_) => "/powers".to_owned(),
            None => format!("/official/households/{}/powers", self.opened.record.id),
        }
    }

    /// Living members who are of age, but the citizen themselves.
    fn grown(&self, v: &Viewer<'_>) -> Vec<PersonId> {
        let adult = i64::from(v.state.config.adult_age);
        let old = |born: Option<Date>| born.and_then(|b| age(b, v.today())).is_some_and(|years| years >= adult);
        let members = self.opened.record.members.iter().map(|m| &m.person);
        let grown = members.filter(|p| p.death_date.is_none() && old(p.birth_date) && Some(p.id) != self.me);
        grown.map(|p| p.id).collect()
    }

    fn named(&self, t: Text, people: &[PersonId]) -> Vec<(String, String)> {
        people.iter().map(|p| (p.to_string(), name(&self.opened.record, *p, t.lang()))).collect()
    }
}

/// A citizen's powers.
pub(crate) async fn show(
    State(state): State<AppState>,
    session: Session,
    f: Frame,
    RawQuery(query): RawQuery,
) -> Response {
    let v = Viewer::new(&state, &session.who, Purpose::own_affairs());
    let made = async {
        let desk = own(&v).await?;
        Ok::<_, Trouble>(
            powers::page_of(&f, &Form::default(), &read(&v, &f, &desk, done(query)).await?).into_response(),
        )
    };
    made.await.unwrap_or_else(|trouble| trouble.response(&state, &f))
}

async fn own(v: &Viewer<'_>) -> Result<Desk, Trouble> {
    let home = Home::open(v, Want::Record).await?;
    Ok(Desk { me: Some(home.me), opened: home.opened })
}

/// Gives, takes back or gives up a power.
pub(crate) async fn send(State(state): State<AppState>, session: Session, f: Frame, form: Form) -> Response {
    let v = Viewer::new(&state, &session.who, Purpose::own_affairs());
    let made = async { answer(&v, &f, &own(&v).await?, form).await };
    made.await.unwrap_or_else(|trouble: Trouble| trouble.response(&state, &f))
}

/// The powers over the members of a household, at the counter.
pub(crate) async fn at_counter(
    State(state): State<AppState>,
    session: Session,
    f: Frame,
    Stated(purpose): Stated,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Response {
    let Some(purpose) = purpose else { return Redirect::to("/official/search").into_response() };
    let made = async {
        let (v, desk) = counter(&state, &session, purpose, &id).await?;
        Ok::<_, Trouble>(
            powers::page_of(&f, &Form::default(), &read(&v, &f, &desk, done(query)).await?).into_response(),
        )
    };
    made.await.unwrap_or_else(|trouble| trouble.response(&state, &f))
}

/// Registers or ends a power for somebody at the counter.
pub(crate) async fn send_at_counter(
    State(state): State<AppState>,
    session: Session,
    f: Frame,
    Stated(purpose): Stated,
    Path(id): Path<String>,
    form: Form,
) -> Response {
    let Some(purpose) = purpose else { return Redirect::to("/official/search").into_response() };
    let made = async {
        let (v, desk) = counter(&state, &session, purpose, &id).await?;
        answer(&v, &f, &desk, form).await
    };
    made.await.unwrap_or_else(|trouble: Trouble| trouble.response(&state, &f))
}

async fn counter<'s>(
    state: &'s AppState,
    session: &'s Session,
    purpose: Purpose,
    id: &str,
) -> Result<(Viewer<'s>, Desk), Trouble> {
    let household: HouseholdId = id.parse().map_err(|_| Trouble::Absent)?;
    let v = Viewer::new(state, &session.who, purpose).concerning(household).await?;
    let opened = household::open(&v, household, AsOf::latest(v.today()), Want::Record).await?;
    Ok((v, Desk { me: None, opened }))
}

async fn read(v: &Viewer<'_>, f: &Frame, desk: &Desk, done: String) -> Result<Powers, Trouble> {
    let t = f.t;
    let setting = v.setting();
    let sight = v.sight(&setting);
    let (mut given, mut held) = (Vec::new(), Vec::new());
    for person in desk.whose() {
        let mut tx = v.state.db.read().await?;
        let seen = mandate::list(&mut tx, &sight, person).await?;
        drop(tx);
        let resource = seen.resource().showing(["mandates"]);
        let open = v.state.guard.reveal(v.who, Action::ViewPerson, &resource, &v.purpose, seen.sealed).await?;
        for m in open.iter() {
            let over = m.person == person;
            let power = power(v, t, desk, m, over);
            let list = if over { &mut given } else { &mut held };
            if !list.contains(&power) {
                list.push(power);
            }
        }
    }
    // What can be used stands first, the newest first.
    for list in [&mut given, &mut held] {
        list.sort_by_key(|p| (matches!(p.stands, Stands::Over | Stands::Ended), std::cmp::Reverse(p.from)));
    }
    let record = &desk.opened.record;
    let members: Vec<PersonId> = record.members.iter().map(|m| m.person.id).collect();
    let programmes = v.pack.programmes().iter().map(|p| (p.id.clone(), p.name.get(t.lang()).to_owned()));
    Ok(Powers {
        counter: desk.me.is_none().then(|| Counter {
            path: format!("/official/households/{}", record.id),
            name: record.members.first().map(|m| m.person.name(t.lang()).to_owned()).unwrap_or_default(),
            members: desk.named(t, &members),
        }),
        given,
        held,
        people: desk.named(t, &desk.grown(v)),
        programmes: programmes.collect(),
        identifier: identifier_name(&v.pack, f),
        done,
    })
}

fn power(v: &Viewer<'_>, t: Text, desk: &Desk, m: &Mandate, over: bool) -> Power {
    let today = v.today();
    let stands = match (m.ended_at, m.valid_to) {
        (Some(_), _) => Stands::Ended,
        (None, Some(last)) if last < today => Stands::Over,
        _ if today < m.valid_from => Stands::Later,
        _ => Stands::Holds,
    };
    let other = if over { m.holder } else { m.person };
    let known = Some(name(&desk.opened.record, other, t.lang())).filter(|n| !n.is_empty());
    // At the counter it matters over whom; a citizen knows that it is over them.
    let whose = name(&desk.opened.record, m.person, t.lang());
    let named = match desk.me {
        None if over => Some(format!("{whose} ← {}", known.as_deref().unwrap_or(&m.ground))),
        _ => known,
    };
    let open = matches!(stands, Stands::Holds | Stands::Later);
    Power {
        id: m.id.to_string(),
        person: m.person.to_string(),
        name: named,
        kind: m.kind,
        programmes: m.programmes.as_ref().map(|all| all.iter().map(|p| programme(v, p)).collect()),
        from: m.valid_from,
        until: m.valid_to,
        ground: m.ground.clone(),
        stands,
        // A guardian's power is not the ward's to end; who holds one may give it up.
        endable: open && (desk.me.is_none() || !over || m.kind == Kind::Proxy),
    }
}

async fn answer(v: &Viewer<'_>, f: &Frame, desk: &Desk, mut form: Form) -> Result<Response, Trouble> {
    let word = match form.get("do") {
        "give" => give(v, f, desk, &mut form).await?,
        "end" => end(v, f, desk, &mut form).await?,
        _ => return Err(Trouble::Absent),
    };
    if let Some(word) = word {
        return Ok(Redirect::to(&format!("{}?done={word}", desk.address())).into_response());
    }
    let vm = read(v, f, desk, String::new()).await?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, powers::page_of(f, &form, &vm)).into_response())
}

/// Who is to act: a grown member of the household, or somebody whose number and name are both right.
async fn holder(v: &Viewer<'_>, f: &Frame, desk: &Desk, form: &mut Form) -> Result<Option<PersonId>, Trouble> {
    let t = f.t;
    match form.get("holder") {
        OTHER => {}
        id => {
            let member = id.parse().ok().filter(|p| desk.grown(v).contains(p));
            if member.is_none() {
                form.refuse("holder", t.t("error-choose"));
            }
            return Ok(member);
        }
    }
    somebody(v, f, form).await
}

/// Somebody whose number and name are both right. A wrong number and a wrong name are refused alike, so that nobody learns whose
/// a number is.
pub(crate) async fn somebody(v: &Viewer<'_>, f: &Frame, form: &mut Form) -> Result<Option<PersonId>, Trouble> {
    let t = f.t;
    let (written, number) = (form.required(t, "name", 140), form.required(t, "number", 40));
    let known = v.pack.manifest().identifier.as_ref();
    if let Some((known, wrong)) = known.and_then(|k| k.accepts(&number).err().map(|w| (k, w)))
        && !number.is_empty()
    {
        let why = match wrong {
            Wrong::Shape => t.with("identifier-error-shape", &[("shape", known.shape.as_str().into())]),
            Wrong::Check => t.t("identifier-error-check"),
        };
        form.refuse("number", why);
    }
    if form.error("name").is_some() || form.error("number").is_some() {
        return Ok(None);
    }
    let identifier = Identifier::new(scheme(&v.pack), number);
    let mut tx = v.state.db.read().await?;
    let found = mandate::holder(&mut tx, &v.desk(), &identifier, &written).await?;
    if found.is_none() {
        form.refuse("number", t.t("power-error-nobody"));
    }
    Ok(found)
}

async fn give(v: &Viewer<'_>, f: &Frame, desk: &Desk, form: &mut Form) -> Result<Option<&'static str>, Trouble> {
    let t = f.t;
    let person = match desk.me {
        Some(me) => Some(me),
        None => form.id::<PersonId>(t, "person").filter(|p| desk.whose().contains(p)),
    };
    let kind = match (desk.me, form.get("kind").parse::<Kind>()) {
        (Some(_), _) => Some(Kind::Proxy),
        (None, Ok(kind)) => Some(kind),
        (None, Err(_)) => {
            form.refuse("kind", t.t("error-choose"));
            None
        }
    };
    let to = holder(v, f, desk, form).await?;
    let chosen: Vec<String> = form.all("programme").filter(|p| !p.is_empty()).map(str::to_owned).collect();
    let from = form.date_if_any(t, "from").unwrap_or(v.today());
    let until = form.date_if_any(t, "until");
    let ground = match desk.me {
        // Both sides read it: it names them as they named each other.
        Some(me) => {
            let named = match form.get("name") {
                typed if form.get("holder") == OTHER => typed.to_owned(),
                _ => to.map(|p| name(&desk.opened.record, p, t.lang())).unwrap_or_default(),
            };
            let own = name(&desk.opened.record, me, t.lang());
            t.with("power-ground-online", &[("person", own.into()), ("holder", named.into())]).into_owned()
        }
        None => form.required(t, "ground", 2_000),
    };
    let (Some(person), Some(kind), Some(holder), true) = (person, kind, to, form.is_fine()) else { return Ok(None) };
    let new = NewMandate {
        person,
        holder,
        kind,
        programmes: (!chosen.is_empty()).then_some(chosen),
        valid_from: from,
        valid_to: until,
        ground,
    };
    let allowed = [permit(v, desk.action(), &[person], "mandate").await?];
    let made = transact!(v.state.db, mandate::Fault, |tx| {
        mandate::register(tx, &v.desk(), v.who, &allowed, new.clone()).await
    });
    match made {
        Ok(_) => Ok(Some("given")),
        Err(fault) => refused(t, form, fault).map(|()| None),
    }
}

async fn end(v: &Viewer<'_>, f: &Frame, desk: &Desk, form: &mut Form) -> Result<Option<&'static str>, Trouble> {
    let person: PersonId = form.get("person").parse().map_err(|_| Trouble::Absent)?;
    let power: MandateId = form.get("power").parse().map_err(|_| Trouble::Absent)?;
    // The holder gives up, and the person takes back, with their own word; an official acts about the person.
    let about = desk.me.unwrap_or(person);
    let allowed = [permit(v, desk.action(), &[about], "mandate").await?];
    let done = transact!(v.state.db, mandate::Fault, |tx| {
        mandate::end(tx, &v.desk(), v.who, &allowed, person, power).await
    });
    match done {
        Ok(()) => Ok(Some("ended")),
        Err(mandate::Fault::NoMandate) => Err(Trouble::Absent),
        Err(fault) => refused(f.t, form, fault).map(|()| None),
    }
}

/// Says what is wrong at its field.
fn refused(t: Text, form: &mut Form, fault: mandate::Fault) -> Result<(), Trouble> {
    use mandate::Fault as F;
    let (field, key) = match fault {
        F::Store(why) => return Err(why.into()),
        F::NoMandate | F::NotAllowed => return Err(Trouble::Absent),
        F::NoPerson => ("holder", "power-error-nobody"),
        F::Self_ => ("holder", "power-error-self"),
        F::Dead => ("holder", "power-error-dead"),
        F::Protected => ("holder", "power-error-protected"),
        F::ByOfficialOnly => ("kind", "power-error-official"),
        F::NoGround => ("ground", "error-reason-short"),
        F::Backwards { .. } => ("until", "power-error-days"),
        F::NoProgramme(_) => ("programme", "error-choose"),
    };
    form.refuse(field, t.t(key));
    Ok(())
}
