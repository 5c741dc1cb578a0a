//! Requests of the privacy officer. Reading the log is a look too, and stands in it.

use axum::extract::{Path, RawQuery, State};
use axum::response::{IntoResponse, Response};
use guard::log::{LogRow, Trust};
use guard::{Action, Allowed, Purpose, PurposeKind, Resource};
use kernel::{Date, PersonId};

use super::log::{self, Entry};
use crate::citizen::handlers::action_key;
use crate::components::frame::Frame;
use crate::explain::Story;
use crate::form::Form;
use crate::request::{Session, purpose_key, role_key};
use crate::state::AppState;
use crate::viewer::{Trouble, Viewer};

/// Entries on one page.
pub(crate) const SHOWN: usize = 50;
/// Entries read at once, and at most, while looking for those that fit.
const STEP: u32 = 500;
const MOST_READ: u64 = 20_000;

fn viewer<'s>(state: &'s AppState, session: &'s Session) -> Viewer<'s> {
    Viewer::new(state, &session.who, Purpose::new(PurposeKind::Oversight, "supervision of the disclosure log"))
}

pub(crate) async fn permit(v: &Viewer<'_>, action: Action) -> Result<Allowed, Trouble> {
    Ok(v.state.guard.permit(v.who, action, &Resource::thing("disclosure_log"), &v.purpose).await?)
}

/// What is looked for.
#[derive(Default)]
pub(crate) struct Wanted {
    /// Entries about this person.
    pub(crate) person: Option<PersonId>,
    /// Part of the account that looked, in lower case; empty: any.
    pub(crate) account: String,
    /// From this day on.
    pub(crate) from: Option<Date>,
    /// Until this day.
    pub(crate) to: Option<Date>,
}

impl Wanted {
    fn of(f: &Frame, form: &mut Form) -> Wanted {
        let person = form.optional(f.t, "person", 40);
        let parsed = person.as_deref().and_then(|p| p.parse().ok());
        if person.is_some() && parsed.is_none() {
            form.refuse("person", f.t.t("error-person-id"));
        }
        Wanted {
            person: parsed,
            account: form.optional(f.t, "account", 40).unwrap_or_default().to_lowercase(),
            from: form.date_if_any(f.t, "from"),
            to: form.date_if_any(f.t, "to"),
        }
    }

    fn fits(&self, v: &Viewer<'_>, row: &LogRow) -> bool {
        let day = row.at.date(v.offset());
        let account = row.body.as_ref().and_then(|b| b.account).map(|a| a.to_string()).unwrap_or_default();
        self.person.is_none_or(|p| row.subject == Some(p))
            && account.contains(&self.account)
            && self.from.is_none_or(|from| from <= day)
            && self.to.is_none_or(|to| day <= to)
    }
}

/// The newest entries, or those older than `before` in the address.
pub(crate) async fn list(
    State(state): State<AppState>,
    session: Session,
    f: Frame,
    RawQuery(query): RawQuery,
) -> Response {
    let asked = Form::of_query(query.as_deref());
    show(&state, &session, &f, asked).await
}

/// A search of the log.
pub(crate) async fn search(State(state): State<AppState>, session: Session, f: Frame, form: Form) -> Response {
    let f = f.of_form("/privacy/log", &form);
    show(&state, &session, &f, form).await
}

async fn show(state: &AppState, session: &Session, f: &Frame, mut form: Form) -> Response {
    let v = viewer(state, session);
    let wanted = Wanted::of(f, &mut form);
    let before = form.get("before").split_once('-').and_then(|(y, n)| Some((y.parse().ok()?, n.parse().ok()?)));
    match rows(&v, &wanted, before).await {
        Ok(found) => {
            let entries: Vec<Entry> = found.iter().map(|(year, row)| entry(&v, f, *year, row)).collect();
            let plain =
                wanted.person.is_none() && wanted.account.is_empty() && wanted.from.is_none() && wanted.to.is_none();
            let last = found.last().filter(|_| found.len() == SHOWN && plain);
            let older = last.map(|(year, row)| format!("/privacy/log?before={year}-{}", row.seq));
            (form.status(), log::list(f, &form, &entries, older.as_deref(), v.offset())).into_response()
        }
        Err(trouble) => trouble.response(state, f),
    }
}

/// Rows that fit, newest first, over the years backwards.
pub(crate) async fn rows(
    v: &Viewer<'_>,
    wanted: &Wanted,
    before: Option<(i16, u64)>,
) -> Result<Vec<(i16, LogRow)>, Trouble> {
    let allowed = permit(v, Action::ViewLog).await?;
    let source = v.state.guard.log();
    let mut found = Vec::new();
    let mut read = 0_u64;
    let mut years: Vec<i16> = source.sizes().into_iter().map(|(year, _)| year).collect();
    years.sort_unstable_by(|a, b| b.cmp(a));
    for year in years.into_iter().filter(|y| before.is_none_or(|(last, _)| *y <= last)) {
        let mut end = before.filter(|(last, _)| *last == year).map(|(_, seq)| seq);
        loop {
            let step = source.read(&allowed, year, end, STEP).await?;
            let Some(last) = step.last().map(|row| row.seq) else { break };
            read += step.len() as u64;
            found.extend(step.into_iter().filter(|row| wanted.fits(v, row)).map(|row| (year, row)));
            if found.len() >= SHOWN || read >= MOST_READ {
                found.truncate(SHOWN);
                return Ok(found);
            }
            end = Some(last);
        }
    }
    Ok(found)
}

fn entry(v: &Viewer<'_>, f: &Frame, year: i16, row: &LogRow) -> Entry {
    let body = row.body.as_ref();
    let story = Story { pack: &v.pack, names: &[] };
    let leaf = v.state.guard.log().inclusion(year, row.seq).map(|proof| hex::encode(proof.leaf));
    Entry {
        year,
        number: row.seq,
        when: row.at,
        account: body.and_then(|b| b.account).map(|a| a.to_string()).unwrap_or_default(),
        role_key: body.and_then(|b| b.role).map_or("log-nobody", role_key),
        organisation: body.map(|b| story.agency(&b.organisation).get(f.t.lang()).to_owned()).unwrap_or_default(),
        action_key: match body {
            None => "log-erased",
            Some(b) => b.action.map_or("log-sign-in", action_key),
        },
        purpose_key: body.and_then(|b| b.purpose).map_or("log-no-purpose", purpose_key),
        reason: body.map(|b| b.reason.clone()).unwrap_or_default(),
        case: body.and_then(|b| b.case.clone()),
        law: body.and_then(|b| b.law.clone()),
        rows: body.map_or(0, |b| i64::from(b.rows)),
        person: row.subject.map(|p| p.to_string()),
        denied: body.is_some_and(|b| !b.allowed),
        hash: leaf.unwrap_or_default(),
    }
}

/// One entry.
pub(crate) async fn one(
    State(state): State<AppState>,
    session: Session,
    f: Frame,
    Path((year, number)): Path<(i16, u64)>,
) -> Response {
    let v = viewer(&state, &session);
    let found = async {
        let allowed = permit(&v, Action::ViewLog).await?;
        let rows = v.state.guard.log().read(&allowed, year, Some(number.saturating_add(1)), 1).await?;
        rows.into_iter().find(|row| row.seq == number).ok_or(Trouble::Absent)
    };
    match found.await {
        Ok(row) => log::one(&f, &entry(&v, &f, year, &row), v.offset()).into_response(),
        Err(trouble) => trouble.response(&state, &f),
    }
}

/// The page before anybody asked for a verification.
pub(crate) async fn verify_form(_: Session, f: Frame) -> Response {
    log::verify(&f, &log::Verified::NotYet, 0).into_response()
}

/// Verifies the running log.
pub(crate) async fn verify(State(state): State<AppState>, session: Session, f: Frame) -> Response {
    let v = viewer(&state, &session);
    let done = async {
        let _verifying = permit(&v, Action::VerifyLog).await?;
        Ok::<_, Trouble>(v.state.guard.log().verify(Trust::default()).await?)
    };
    let result = match done.await {
        Ok(Ok(sound)) => log::Verified::Sound {
            entries: sound.entries(),
            root: sound.years.last().map(|y| hex::encode(y.root)).unwrap_or_default(),
            head: Some(v.now),
        },
        Ok(Err(damage)) => log::Verified::Broken {
            what: damage.iter().take(20).map(ToString::to_string).collect::<Vec<_>>().join(" · "),
        },
        Err(trouble) => return trouble.response(&state, &f),
    };
    log::verify(&f, &result, v.offset()).into_response()
}
