//! Requests of the list of cases.

use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Response};
use casework::application::draft;
use casework::case::view::{self, CaseLine};
use guard::{Action, Purpose};

use super::{Home, done, list, programme};
use crate::components::frame::Frame;
use crate::household::Want;
use crate::request::Session;
use crate::state::AppState;
use crate::viewer::{Trouble, Viewer};

/// How many letters are shown.
const LETTERS: u32 = 20;

/// My cases.
pub(crate) async fn show(
    State(state): State<AppState>,
    session: Session,
    f: Frame,
    RawQuery(query): RawQuery,
) -> Response {
    let v = Viewer::new(&state, &session.who, Purpose::own_affairs());
    match cases(&v, &f).await {
        Ok(vm) => list::page_of(&f, &list::Cases { done: done(query), ..vm }).into_response(),
        Err(trouble) => trouble.response(&state, &f),
    }
}

async fn cases(v: &Viewer<'_>, f: &Frame) -> Result<list::Cases, Trouble> {
    let home = Home::open(v, Want::Record).await?;
    let setting = v.setting();
    let (sight, desk, lang) = (v.sight(&setting), v.desk(), f.t.lang());
    let mut tx = v.state.db.read().await?;
    let cases = view::of_household(&mut tx, &desk, &sight, home.household).await?.ok_or(Trouble::Absent)?;
    let letters = view::letters(&mut tx, &desk, &sight, home.household, LETTERS).await?;
    let drafts = draft::list(&mut tx, &desk, &sight, home.me).await?;
    let represented = view::of_represented(&mut tx, &desk, &sight, home.me).await?;
    drop(tx);
    let guard = &v.state.guard;
    let of_cases = cases.resource().showing(["cases"]);
    let of_letters = letters.resource().showing(["letters"]);
    let of_drafts = drafts.resource().showing(["drafts"]);
    let (cases, letters, drafts) = tokio::join!(
        guard.reveal(v.who, Action::ViewCase, &of_cases, &v.purpose, cases.sealed),
        guard.reveal(v.who, Action::ViewCase, &of_letters, &v.purpose, letters.sealed),
        guard.reveal(v.who, Action::ViewEntitlements, &of_drafts, &v.purpose, drafts.sealed),
    );
    let mut others = Vec::new();
    if !represented.about.is_empty() {
        let resource = represented.resource().showing(["cases"]);
        let open = guard.reveal(v.who, Action::ViewCase, &resource, &v.purpose, represented.sealed).await?;
        others.extend(open.iter().map(|r| list::Line { whose: Some(r.name.clone()), ..line(v, &home, lang, &r.line) }));
    }
    let own = home.own();
    let lines = cases?.into_inner().into_iter().rev().filter(|l| home.concerns(l.case.subject));
    let letters = letters?.into_inner().into_iter().filter(|l| own.contains(&l.person));
    let drafts = drafts?.into_inner();
    Ok(list::Cases {
        done: String::new(),
        lines: lines.map(|l| line(v, &home, lang, &l)).collect(),
        others,
        letters: letters
            .filter_map(|l| {
                let words = l.words.get(&lang).or_else(|| l.words.values().next())?.clone();
                let case = l.case.map(|c| c.to_string());
                Some(list::Letter { title: words.title, lead: words.lead, case, when: l.made_at })
            })
            .collect(),
        drafts: drafts
            .iter()
            .map(|d| list::Draft {
                id: d.id.to_string(),
                names: d.content.chosen.iter().map(|c| programme(v, &c.programme)).collect(),
                saved: d.saved_at,
            })
            .collect(),
        offset_hours: v.offset(),
    })
}

fn line(v: &Viewer<'_>, home: &Home, lang: kernel::Lang, l: &CaseLine) -> list::Line {
    list::Line {
        id: l.case.id.to_string(),
        name: programme(v, &l.case.programme),
        whose: home.whose(l.case.subject, lang),
        stage: l.case.stage,
        due: l.case.due_as_of(v.today()),
        asked: l.asked.iter().filter(|n| home.concerns(n.subject)).count(),
        waiting: l.requests.iter().filter(|r| r.status.is_open()).count(),
        decision: l.decision.as_ref().map(|d| (d.id.to_string(), d.content.kind)),
    }
}
