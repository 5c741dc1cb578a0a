//! A service without an account answers by a signed link. Whoever holds it acts for that service, in this one referral and in the
//! state it is in now; every look is in the log as that agency's.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use guard::{Action, Purpose, PurposeKind, Resource, Role, Spent, Who};
use kernel::{AccountId, SessionId};
use referral::link::Link;
use referral::model::{Act, Outcome, Reason};
use referral::read::{self, ForPartner, Led};
use referral::{MOST_WORDS, change};
use store::transact;

use super::partner::{self, Asked};
use super::{desk, fault_key, need, office, service};
use crate::components::frame::{Frame, Place};
use crate::form::Form;
use crate::state::AppState;
use crate::viewer::{Trouble, Viewer};

/// The service as the viewer.
fn agency(state: &AppState, organisation: String) -> Who {
    let (ids, now) = (&*state.ids, state.now());
    Who {
        account: AccountId::new(ids, now),
        session: SessionId::new(ids, now),
        role: Role::AgencySystem,
        organisation,
        jurisdiction: None,
        person: None,
        strong: false,
        suspended: false,
        break_glass: false,
    }
}

/// What a link leads to: the agency for which its holder acts, or the page that says why not.
async fn led(state: &AppState, f: &Frame, token: &str) -> Result<(Link, String), Response> {
    let nothing = || {
        let page = partner::told(f, false, "referral-link-wrong", "referral-link-wrong-do", None);
        (StatusCode::NOT_FOUND, page).into_response()
    };
    let link = Link::read(token, state.guard.keys()).ok_or_else(nothing)?;
    let pack = state.packs.current();
    let desk = referral::Desk { pack: &pack, ids: &*state.ids, now: state.now() };
    let followed = async {
        let mut tx = state.db.read().await?;
        Ok::<_, Trouble>(read::follow(&mut tx, &desk, &link).await?)
    };
    match followed.await.map_err(|trouble| trouble.response(state, f))? {
        Led::Good(agency) => Ok((link, agency)),
        Led::Nothing => Err(nothing()),
        Led::Spent(why) => {
            let (title, todo) = match why {
                Spent::Late => ("referral-link-late", "referral-link-late-do"),
                Spent::Answered => ("referral-link-used", "referral-link-used-do"),
            };
            Err((StatusCode::GONE, partner::told(f, false, title, todo, None)).into_response())
        }
    }
}

fn purpose(f: &Frame) -> Purpose {
    Purpose::new(PurposeKind::DataExchange, f.t.t("referral-purpose-link"))
}

async fn open(v: &Viewer<'_>, link: &Link) -> Result<(ForPartner, Resource), Trouble> {
    let setting = v.setting();
    let mut tx = v.state.db.read().await?;
    let found = read::for_partner(&mut tx, &desk(v), &v.sight(&setting), link.referral).await?;
    drop(tx);
    let (seen, tier) = found.ok_or(Trouble::Absent)?;
    let resource = read::resource(&seen, tier);
    let open = v.state.guard.reveal(v.who, Action::ViewReferral, &resource, &v.purpose, seen.sealed).await?;
    Ok((open.into_inner(), resource))
}

fn page(v: &Viewer<'_>, f: &Frame, form: &Form, token: &str, it: ForPartner) -> Response {
    let lang = f.t.lang();
    let vm = Asked {
        path: format!("/r/{token}"),
        service: service(&v.pack, &it.service, lang),
        need: need(&v.pack, &it.need, lang),
        from: office(&v.pack, &it.from, lang),
        reason: it.reason,
        name: it.name,
        birth_date: it.birth_date,
        contact: it.contact,
        due: it.now.due.map(|(_, day)| day),
        now: it.now,
    };
    (form.status(), partner::asked(f, form, &vm)).into_response()
}

/// What is asked.
pub(crate) async fn show(State(state): State<AppState>, f: Frame, Path(token): Path<String>) -> Response {
    let (link, organisation) = match led(&state, &f, &token).await {
        Ok(led) => led,
        Err(told) => return told,
    };
    let who = agency(&state, organisation);
    let v = Viewer::new(&state, &who, purpose(&f));
    match open(&v, &link).await {
        Ok((it, _)) => page(&v, &f, &Form::default(), &token, it),
        Err(trouble) => trouble.response(&state, &f),
    }
}

/// The answer as typed; what is missing is said beside its field.
pub(crate) fn act(f: &Frame, form: &mut Form) -> Option<Act> {
    let t = f.t;
    let act = match form.get("do") {
        "receive" => Act::Receive,
        "accept" => Act::Accept,
        "start" => Act::Start,
        "wait" => Act::Wait { expected_on: form.date_if_any(t, "expected") },
        "decline" => {
            let Ok(reason) = form.get("reason").parse::<Reason>() else {
                form.refuse("reason", t.t("error-choose"));
                return None;
            };
            Act::Decline { reason, words: form.required(t, "words", MOST_WORDS) }
        }
        "complete" => {
            let Ok(outcome) = form.get("outcome").parse::<Outcome>() else {
                form.refuse("outcome", t.t("error-choose"));
                return None;
            };
            Act::Complete { outcome, words: form.required(t, "words", MOST_WORDS) }
        }
        _ => {
            form.refuse("do", t.t("error-choose"));
            return None;
        }
    };
    form.is_fine().then_some(act)
}

/// Takes the answer; the link is spent with it, and the page gives the next one while more is expected.
pub(crate) async fn send(
    State(state): State<AppState>,
    f: Frame,
    Path(token): Path<String>,
    mut form: Form,
) -> Response {
    let f = f.of_form(&format!("/r/{token}"), &form);
    let (link, organisation) = match led(&state, &f, &token).await {
        Ok(led) => led,
        Err(told) => return told,
    };
    let who = agency(&state, organisation);
    let v = Viewer::new(&state, &who, purpose(&f));
    let made = async {
        let (it, resource) = open(&v, &link).await?;
        // The language switch sends the form without an answer.
        let switched = !form.has("do") && form.has("lang");
        let Some(act) = act(&f, &mut form).filter(|_| !switched) else { return Ok(page(&v, &f, &form, &token, it)) };
        let allowed = state.guard.permit(v.who, Action::AnswerReferral, &resource, &v.purpose).await?;
        let done = transact!(state.db, change::Fault, |tx| {
            change::run(tx, &desk(&v), v.who, &allowed, link.referral, Some(link.revision), &act).await
        });
        match done {
            Ok(done) => {
                let next = if done.status.is_over() { None } else { next(&v, &link).await? };
                // The answer is not sent again by a change of the language.
                let place = Place::Address(next.clone().unwrap_or_else(|| "/".to_owned()));
                let f = Frame { place, ..f.clone() };
                let page = partner::told(&f, true, "referral-thanks", "referral-thanks-do", next.as_deref());
                Ok(page.into_response())
            }
            Err(change::Fault::Store(why)) => Err(why.into()),
            Err(why) => {
                let field = if matches!(why, change::Fault::BadDay) { "expected" } else { "words" };
                form.refuse(field, f.t.t(fault_key(&why).ok_or(Trouble::Absent)?));
                Ok(page(&v, &f, &form, &token, it))
            }
        }
    };
    made.await.unwrap_or_else(|trouble: Trouble| trouble.response(&state, &f))
}

/// The link to the state after the answer.
async fn next(v: &Viewer<'_>, link: &Link) -> Result<Option<String>, Trouble> {
    let mut tx = v.state.db.read().await?;
    let next = read::next_link(&mut tx, link.referral).await?;
    Ok(next.map(|l| format!("/r/{}", l.token(v.state.guard.keys()))))
}
