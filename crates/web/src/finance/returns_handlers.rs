//! Requests around what the bank answers.

use axum::extract::multipart::MultipartError;
use axum::extract::{Multipart, RawQuery, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use guard::Action;
use kernel::Currency;
use payment::bank::{self, ApplyFault, Limits};
use payment::model::Stand;
use payment::read::{self, Cursor, Unmatched, WaitingShown};
use store::transact;

use super::returns::{self, Back, Entry, Message, Returns};
use super::run_handlers::{cursor, place};
use super::seen::opened;
use super::{desk, money, permit, programme, viewer, with, words};
use crate::components::frame::Frame;
use crate::error::Fault;
use crate::form::Form;
use crate::request::Session;
use crate::state::AppState;
use crate::viewer::{Trouble, Viewer};

/// Rows of each list.
const ROWS: u32 = 25;
/// Files listed.
const FILES: u32 = 10;
/// The largest file, in bytes.
pub(crate) const LARGEST: usize = returns::MOST_MIB << 20;

/// The page.
pub(crate) async fn show(
    State(state): State<AppState>,
    session: Session,
    f: Frame,
    RawQuery(raw): RawQuery,
) -> Response {
    let v = viewer(&state, &session, f.t, "fin-purpose-returns");
    let made = async {
        permit(&v, Action::ManageRun, "bank_answers").await?;
        let vm = read(&v, &f, &Form::of_query(raw.as_deref())).await?;
        Ok::<_, Trouble>(returns::page_of(&f, &Form::default(), &vm).into_response())
    };
    made.await.unwrap_or_else(|trouble| trouble.response(&state, &f))
}

async fn read(v: &Viewer<'_>, f: &Frame, asked: &Form) -> Result<Returns, Trouble> {
    let (m, n, d) = (asked.get("um"), asked.get("un").parse().ok(), asked.get("ud"));
    let after = n.map(|n: u32| (m, n, d));
    let mut tx = v.state.db.read().await?;
    let unmatched = read::unmatched(&mut tx, after, ROWS).await?;
    let messages = read::messages(&mut tx, None, FILES).await?;
    drop(tx);
    let full = u32::try_from(unmatched.len()).is_ok_and(|n| n == ROWS);
    let more = unmatched.last().filter(|_| full).map(|u| {
        let pairs = [("um", u.message.as_str()), ("un", &u.entry.to_string()), ("ud", &u.digest)];
        format!("{}#unmatched", with("/finance/returns", &pairs))
    });
    Ok(Returns {
        applied: None,
        unmatched: (unmatched.iter().map(|u| entry(f, u)).collect(), more),
        back: waiting(v, f, Stand::Returned, ("back", asked.get("back"))).await?,
        held: waiting(v, f, Stand::Held, ("held", asked.get("held"))).await?,
        messages: messages
            .into_iter()
            .map(|m| Message {
                number: m.message,
                kind: m.kind,
                entries: m.entries,
                at: m.received_at,
                finished: m.finished_at.is_some(),
            })
            .collect(),
        offset: v.offset(),
        done: asked.get("done").to_owned(),
    })
}

fn entry(f: &Frame, u: &Unmatched) -> Entry {
    let currency = u.currency.as_deref().and_then(|c| c.parse::<Currency>().ok());
    Entry {
        key: (u.message.clone(), u.entry, u.digest.clone()),
        kind: u.kind.parse().ok(),
        reference: u.reference.clone(),
        sum: u.minor.zip(currency).map(|(minor, currency)| money(f.t, minor, currency)),
        code: u.reason.clone(),
        booked_on: u.booked_on,
        why: u.why.as_deref().and_then(|w| w.parse().ok()),
        run: u.run.map(|r| r.to_string()),
    }
}

async fn waiting(
    v: &Viewer<'_>,
    f: &Frame,
    stand: Stand,
    (param, after): (&str, &str),
) -> Result<(Vec<Back>, Option<String>), Trouble> {
    let setting = v.setting();
    let sight = v.sight(&setting);
    let mut tx = v.state.db.read().await?;
    let seen = read::waiting(&mut tx, &sight, stand, cursor(after).unwrap_or(Cursor::START), ROWS).await?;
    drop(tx);
    let (rows, last) = opened(v, "payments", seen, |all, names| {
        let rows: Vec<Back> = all.iter().map(|w| back(v, f, w, names.of(w.payee))).collect();
        (rows, all.last().map(|w| w.at))
    })
    .await?;
    let full = u32::try_from(rows.len()).is_ok_and(|n| n == ROWS);
    let more = last.filter(|_| full).map(|at| format!("{}#{param}", with("/finance/returns", &[(param, &place(at))])));
    Ok((rows, more))
}

fn back(v: &Viewer<'_>, f: &Frame, w: &WaitingShown, name: Option<String>) -> Back {
    Back {
        href: name.is_some().then(|| format!("/finance/payment/{}", place(w.at))),
        name,
        programme: programme(v, f.t, &w.programme),
        period: w.period.clone(),
        sum: money(f.t, w.minor, w.currency),
        reason: w.reason.as_deref().map(|r| words::why(f.t, r)),
    }
}

/// Reads a file of the bank.
pub(crate) async fn send(State(state): State<AppState>, session: Session, f: Frame, sent: Multipart) -> Response {
    let v = viewer(&state, &session, f.t, "fin-purpose-returns");
    let made = async {
        permit(&v, Action::ManageRun, "bank_answers").await?;
        let file = match file(sent).await {
            Ok(file) => file,
            Err(error) if error.status() == StatusCode::PAYLOAD_TOO_LARGE => {
                return Ok(Fault::TooLarge.response(&f));
            }
            Err(_) => return Ok(Fault::Refused.response(&f)),
        };
        let mut form = Form::default();
        let mut applied = None;
        if file.is_empty() {
            form.refuse("file", f.t.t("fin-upload-empty"));
        } else {
            let limits = Limits { bytes: LARGEST as u64, ..Limits::default() };
            let by = Some(v.who.account);
            match bank::apply(&state.db, &desk(&v), by, limits, || Ok(file.as_slice())).await {
                Ok(done) => applied = Some(done),
                Err(fault) => form.refuse("file", words::apply(f.t, fault, &file)?),
            }
        }
        let vm = Returns { applied, ..read(&v, &f, &Form::default()).await? };
        Ok((form.status(), returns::page_of(&f, &form, &vm)).into_response())
    };
    made.await.unwrap_or_else(|trouble: Trouble| trouble.response(&state, &f))
}

async fn file(mut sent: Multipart) -> Result<Vec<u8>, MultipartError> {
    while let Some(field) = sent.next_field().await? {
        if field.name() == Some("file") {
            return Ok(field.bytes().await?.to_vec());
        }
    }
    Ok(Vec::new())
}

/// The entry a request names.
async fn find(v: &Viewer<'_>, form: &Form) -> Result<Unmatched, Trouble> {
    let (message, digest) = (form.get("m"), form.get("d"));
    let number: u32 = form.get("n").parse().map_err(|_| Trouble::Absent)?;
    let mut tx = v.state.db.read().await?;
    let near = read::unmatched(&mut tx, Some((message, number, "")), ROWS).await?;
    near.into_iter().find(|u| u.message == message && u.entry == number && u.digest == digest).ok_or(Trouble::Absent)
}

/// The form that settles an entry.
pub(crate) async fn entry_form(
    State(state): State<AppState>,
    session: Session,
    f: Frame,
    RawQuery(raw): RawQuery,
) -> Response {
    let v = viewer(&state, &session, f.t, "fin-purpose-returns");
    let made = async {
        permit(&v, Action::ManageRun, "bank_answers").await?;
        let found = find(&v, &Form::of_query(raw.as_deref())).await?;
        Ok::<_, Trouble>(returns::entry(&f, &Form::default(), &entry(&f, &found)).into_response())
    };
    made.await.unwrap_or_else(|trouble| trouble.response(&state, &f))
}

/// Settles an entry.
pub(crate) async fn settle(State(state): State<AppState>, session: Session, f: Frame, mut form: Form) -> Response {
    let v = viewer(&state, &session, f.t, "fin-purpose-returns");
    let made = async {
        permit(&v, Action::ManageRun, "bank_answers").await?;
        let found = find(&v, &form).await?;
        let words = form.required(f.t, "resolution", 1000);
        if form.is_fine() {
            let (desk, by) = (desk(&v), v.who.account);
            let key = (found.message.as_str(), found.entry, found.digest.as_str());
            match transact!(state.db, ApplyFault, |tx| bank::resolve(tx, &desk, key, &words, by).await) {
                Ok(()) => return Ok(Redirect::to("/finance/returns?done=settled").into_response()),
                Err(fault) => form.refuse("resolution", words::apply(f.t, fault, &[])?),
            }
        }
        Ok((form.status(), returns::entry(&f, &form, &entry(&f, &found))).into_response())
    };
    made.await.unwrap_or_else(|trouble: Trouble| trouble.response(&state, &f))
}
