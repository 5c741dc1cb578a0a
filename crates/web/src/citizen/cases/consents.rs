//! What a person agreed to, and taking it back.

use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Redirect, Response};
use casework::application::consent;
use guard::{Action, Purpose};
use kernel::{Instant, PersonId, Words};
use maud::{Markup, html};
use store::transact;

use super::{Home, done, permit};
use crate::components::field;
use crate::components::frame::{Frame, Width, back, page};
use crate::components::list::{Mark, tag};
use crate::components::message::{Tone, notice};
use crate::form::Form;
use crate::household::Want;
use crate::request::Session;
use crate::state::AppState;
use crate::viewer::{Trouble, Viewer};

/// One consent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Agreed {
    /// Who agreed: id, and the name where it is not the one who looks.
    pub person: (String, Option<String>),
    /// To what, by the pack's id.
    pub purpose: String,
    /// The words agreed to.
    pub words: Words,
    /// The law that asks for it.
    pub law: String,
    /// When it was given.
    pub given: Instant,
    /// When it was taken back.
    pub taken_back: Option<Instant>,
}

/// The page.
pub fn page_of(f: &Frame, list: &[Agreed], taken_back: bool, offset_hours: i8) -> Markup {
    let t = f.t;
    page(
        f,
        &t.t("consents-title"),
        Width::Reading,
        html! {
            (back(t, "/family"))
            @if taken_back { (notice(Tone::Done, &t.t("consents-done"), html! {})) }
            h1 { (t.t("consents-title")) }
            p.lead { (t.t("consents-lead")) }
            @if list.is_empty() { p { (t.t("consents-none")) } }
            ul.cards { @for c in list { li { article.card {
                div.card-head {
                    h2.h3 { (c.words.get(t.lang())) }
                    @match c.taken_back {
                        None => (tag(Mark::Yes, &t.t("consents-stands"))),
                        Some(_) => (tag(Mark::No, &t.t("consents-gone"))),
                    }
                }
                @if let Some(name) = &c.person.1 { p { (name) } }
                p.small.soft {
                    (t.with("consents-given", &[("when", t.moment(c.given, offset_hours).into())]))
                    @if let Some(when) = c.taken_back { ", " (t.with("consents-taken-back", &[("when", t.moment(when, offset_hours).into())])) }
                }
                p.small { span.law { (c.law) } }
                @if c.taken_back.is_none() {
                    form method="post" action="/consents" {
                        (field::hidden("person", &c.person.0))
                        (field::hidden("purpose", &c.purpose))
                        button.btn.btn--second.btn--small type="submit" {
                            (t.t("consents-take-back")) span.hidden-visually { ": " (c.words.get(t.lang())) }
                        }
                    }
                }
            } } } }
        },
    )
}

/// What the person, and the children they act for, agreed to.
pub(crate) async fn show(
    State(state): State<AppState>,
    session: Session,
    f: Frame,
    RawQuery(query): RawQuery,
) -> Response {
    let v = Viewer::new(&state, &session.who, Purpose::own_affairs());
    let made = async {
        let home = Home::open(&v, Want::Record).await?;
        let list = read(&v, &f, &home).await?;
        Ok::<_, Trouble>(page_of(&f, &list, done(query) == "taken-back", v.offset()).into_response())
    };
    made.await.unwrap_or_else(|trouble| trouble.response(&state, &f))
}

async fn read(v: &Viewer<'_>, f: &Frame, home: &Home) -> Result<Vec<Agreed>, Trouble> {
    let setting = v.setting();
    let sight = v.sight(&setting);
    let mut list = Vec::new();
    for person in home.own() {
        let mut tx = v.state.db.read().await?;
        let seen = consent::list(&mut tx, &sight, person).await?;
        drop(tx);
        let resource = seen.resource().showing(["consents"]);
        let open = v.state.guard.reveal(v.who, Action::ViewEntitlements, &resource, &v.purpose, seen.sealed).await?;
        let named = (person != home.me).then(|| home.name(person, f.t.lang()));
        list.extend(open.iter().map(|c| Agreed {
            person: (person.to_string(), named.clone()),
            purpose: c.purpose.clone(),
            words: c.words.clone(),
            law: c.law.clone(),
            given: c.given_at,
            taken_back: c.withdrawn_at,
        }));
    }
    list.sort_by_key(|c| (c.taken_back.is_some(), std::cmp::Reverse(c.given)));
    Ok(list)
}

/// Takes one back.
pub(crate) async fn take_back(State(state): State<AppState>, session: Session, f: Frame, mut form: Form) -> Response {
    let v = Viewer::new(&state, &session.who, Purpose::own_affairs());
    let made = async {
        let home = Home::open(&v, Want::Record).await?;
        let person = form.get("person").parse::<PersonId>().ok().filter(|p| home.own().contains(p));
        let person = person.ok_or(Trouble::Absent)?;
        let purpose = form.required(f.t, "purpose", 100);
        if !form.is_fine() {
            return Err(Trouble::Absent);
        }
        let allowed = [permit(&v, Action::AcceptOffer, &[person], "consent").await?];
        let taken = transact!(state.db, consent::Fault, |tx| {
            consent::withdraw(tx, &v.desk(), v.who, &allowed, person, &purpose).await
        });
        match taken {
            Ok(true) => Ok(Redirect::to("/consents?done=taken-back").into_response()),
            Ok(false) => Ok(Redirect::to("/consents").into_response()),
            Err(consent::Fault::Store(why)) => Err(Trouble::from(why)),
            Err(_) => Err(Trouble::Absent),
        }
    };
    made.await.unwrap_or_else(|trouble: Trouble| trouble.response(&state, &f))
}
