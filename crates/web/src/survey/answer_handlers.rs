//! Requests by a one-time link. Whoever holds it answers for the person who was asked; that they did is in the log as that person's act.

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use catalogue::model::Instrument;
use guard::{Action, Allowed, Purpose, Role, Spent, Tier, Who};
use kernel::{AccountId, PersonId, SessionId};
use registry::sight::relations;
use store::transact;
use survey::answer::{self, Fault, Led};
use survey::model::{Invitation, read_token};

use super::answer::{Asked, asked, told};
use crate::components::frame::{Frame, Place};
use crate::form::Form;
use crate::state::AppState;
use crate::viewer::{Trouble, Viewer};
use crate::visits::act_handlers::{first, next_screen, on_a_phone};
use crate::visits::decide::Screen;
use crate::visits::{desk, questions};

/// The person who was asked, as far as the link can tell.
fn whoever_was_asked(state: &AppState, person: PersonId) -> Who {
    let (ids, now) = (&*state.ids, state.now());
    Who {
        account: AccountId::new(ids, now),
        session: SessionId::new(ids, now),
        role: Role::Citizen,
        organisation: String::new(),
        jurisdiction: None,
        person: Some(person),
        strong: false,
        suspended: false,
        break_glass: false,
    }
}

/// What a link leads to, or the page that says why to nothing. No page says anything cheerful to a family that mourns, nor that it does.
async fn led(state: &AppState, f: &Frame, token: &str) -> Result<Invitation, Response> {
    let say = |status, title, words| (status, told(f, false, title, words)).into_response();
    let nobody = Who { person: None, ..whoever_was_asked(state, PersonId::new(&*state.ids, state.now())) };
    let v = Viewer::new(state, &nobody, Purpose::own_affairs());
    let found = async {
        let Some(link) = read_token(token, state.guard.keys()) else { return Ok(Led::Nothing) };
        let mut tx = state.db.read().await?;
        Ok::<_, Trouble>(answer::follow(&mut tx, &desk(&v), &link).await?)
    };
    match found.await.map_err(|trouble| trouble.response(state, f))? {
        Led::Good(it) => Ok(*it),
        Led::Quiet => Err(say(StatusCode::GONE, "survey-nothing", "survey-nothing-words")),
        Led::Spent(Spent::Late) => Err(say(StatusCode::GONE, "survey-late", "survey-late-words")),
        Led::Spent(Spent::Answered) => Err(say(StatusCode::GONE, "survey-answered", "survey-answered-words")),
        Led::Nothing => Err(say(StatusCode::NOT_FOUND, "survey-wrong", "survey-wrong-words")),
    }
}

/// What is asked; an instrument that the pack no longer has in this version cannot be answered.
fn instrument<'p>(v: &'p Viewer<'_>, it: &Invitation) -> Result<&'p Instrument, Trouble> {
    v.pack.instruments().get(&it.instrument).ok_or(Trouble::Absent)
}

fn view(v: &Viewer<'_>, f: &Frame, token: &str, it: &Invitation) -> Result<Asked, Trouble> {
    let lang = f.t.lang();
    let wave = v.pack.surveys().get(&it.survey).and_then(|s| s.wave(&it.wave));
    Ok(Asked {
        path: format!("/s/{token}"),
        wave: wave.map(|w| w.name.get(lang).to_owned()).unwrap_or_default(),
        instrument: instrument(v, it)?.clone(),
        screen: Screen::Whole,
    })
}

/// The questions: one a screen on a phone.
pub(crate) async fn show(
    State(state): State<AppState>,
    f: Frame,
    headers: HeaderMap,
    Path(token): Path<String>,
) -> Response {
    let it = match led(&state, &f, &token).await {
        Ok(it) => it,
        Err(told) => return told,
    };
    let who = whoever_was_asked(&state, it.person);
    let v = Viewer::new(&state, &who, Purpose::own_affairs());
    match view(&v, &f, &token, &it) {
        Ok(mut vm) => {
            if on_a_phone(&headers) {
                vm.screen = first(&vm.instrument);
            }
            asked(&f, &Form::default(), &vm).into_response()
        }
        Err(trouble) => trouble.response(&state, &f),
    }
}

/// The guard's decision on an answer of the person: in the log before anything is written.
pub(crate) async fn permit(v: &Viewer<'_>, person: PersonId) -> Result<Allowed, Trouble> {
    let setting = v.setting();
    let mut tx = v.state.db.read().await?;
    let person = registry::read::surviving(&mut tx, person).await?;
    let about = relations(&mut tx, &v.sight(&setting), [person]).await?;
    drop(tx);
    let resource = guard::Resource::people(about).at(Tier::Benefits).showing(["survey"]);
    Ok(v.state.guard.permit(v.who, Action::AnswerSurvey, &resource, &v.purpose).await?)
}

/// Takes the answers; the link is spent with them.
pub(crate) async fn send(
    State(state): State<AppState>,
    f: Frame,
    Path(token): Path<String>,
    mut form: Form,
) -> Response {
    let f = f.of_form(&format!("/s/{token}"), &form);
    let it = match led(&state, &f, &token).await {
        Ok(it) => it,
        Err(told) => return told,
    };
    let who = whoever_was_asked(&state, it.person);
    let v = Viewer::new(&state, &who, Purpose::own_affairs());
    let made = async {
        let mut vm = view(&v, &f, &token, &it)?;
        let id = it.id;
        let done = match form.get("do") {
            "send" => {
                let answers = questions::answers(f.t, &mut form, &vm.instrument);
                if !form.is_fine() {
                    return Ok((StatusCode::UNPROCESSABLE_ENTITY, asked(&f, &form, &vm)).into_response());
                }
                let allowed = permit(&v, it.person).await?;
                transact!(state.db, Fault, |tx| answer::run(tx, &desk(&v), &allowed, id, &answers).await)
                    .map(|()| ("survey-thanks", "survey-thanks-words"))
            }
            "refuse" => {
                let allowed = permit(&v, it.person).await?;
                transact!(state.db, Fault, |tx| answer::refuse(tx, &desk(&v), &allowed, id).await)
                    .map(|()| ("survey-refused", "survey-refused-words"))
            }
            _ => {
                vm.screen = next_screen(&f, &mut form, &vm.instrument).unwrap_or(Screen::Whole);
                return Ok(asked(&f, &form, &vm).into_response());
            }
        };
        // The answer is not sent again by a change of the language.
        let f = Frame { place: Place::Address("/".to_owned()), ..f.clone() };
        match done {
            Ok((title, words)) => Ok(told(&f, true, title, words).into_response()),
            Err(fault) => refused(&f, &mut form, &vm, fault),
        }
    };
    made.await.unwrap_or_else(|trouble: Trouble| trouble.response(&state, &f))
}

fn refused(f: &Frame, form: &mut Form, vm: &Asked, fault: Fault) -> Result<Response, Trouble> {
    match fault {
        Fault::Store(why) => return Err(why.into()),
        Fault::Keys(why) => return Err(store::StoreError::Driver(why.to_string()).into()),
        Fault::NotAllowed | Fault::Nothing => return Err(Trouble::Absent),
        Fault::Over => {
            return Ok((StatusCode::GONE, told(f, false, "survey-answered", "survey-answered-words")).into_response());
        }
        Fault::Answers(faults) => questions::refuse(f.t, form, &vm.instrument, &faults),
        Fault::Empty => {
            let asked =
                vm.instrument.questions().into_iter().find(|q| !matches!(q.kind, catalogue::model::AnswerKind::Group));
            let name = asked.map(|q| questions::name(&vm.instrument, &q.id)).unwrap_or_default();
            form.refuse(&name, f.t.t("survey-empty"));
        }
    }
    Ok((StatusCode::UNPROCESSABLE_ENTITY, asked(f, form, vm)).into_response())
}
