//! The disclosure log for the privacy officer's own tools: entries, and whether the log is whole. Reading it is a look too.

use axum::extract::{Path, State};
use axum::http::Uri;
use guard::Action;
use guard::log::{LogRow, Trust};
use kernel::PersonId;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::call::Call;
use super::problem::{Code, Fault};
use super::wire::moment;
use crate::privacy::handlers::{self, SHOWN, Wanted};
use crate::state::AppState;
use crate::viewer::Trouble;

/// Which entries.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct EntriesQuery {
    /// Only about this person.
    #[serde(default)]
    #[param(value_type = Option<Uuid>)]
    person: Option<String>,
    /// Only looks of accounts whose id holds this.
    #[serde(default)]
    account: Option<String>,
    /// From this day on.
    #[serde(default)]
    #[param(format = Date)]
    from: Option<String>,
    /// Until this day.
    #[serde(default)]
    #[param(format = Date)]
    to: Option<String>,
    /// From an earlier page: `YEAR-NUMBER`.
    #[serde(default)]
    #[param(pattern = "^[0-9]{4}-[0-9]{1,18}$")]
    before: Option<String>,
}

/// One entry.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EntryWire {
    /// The log's year.
    year: i16,
    /// Its place in the year.
    number: u64,
    /// When.
    #[schema(format = DateTime)]
    at: String,
    /// Whom it is about.
    person: Option<Uuid>,
    /// Whether the person's key of the year was destroyed: nothing below can be read any more.
    erased: bool,
    /// The account that looked.
    account: Option<Uuid>,
    /// In which role.
    role: Option<String>,
    /// Of which organisation.
    organisation: Option<String>,
    /// What was done; null for a sign-in.
    action: Option<String>,
    /// What was shown.
    items: Vec<String>,
    /// For what.
    purpose: Option<String>,
    /// In the viewer's words.
    reason: Option<String>,
    /// The case or application.
    case: Option<String>,
    /// The law.
    law: Option<String>,
    /// How many rows were shown.
    rows: u32,
    /// Whether it was allowed.
    allowed: bool,
    /// Hash of the leaf, in hexadecimal, to prove the entry by a checkpoint.
    leaf: Option<String>,
}

/// A page of entries.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EntryList {
    /// The newest first.
    entries: Vec<EntryWire>,
    /// To be sent as `before` for the next page; null at the end.
    next: Option<String>,
}

/// Whether the log is whole.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct VerifiedWire {
    /// Whether every entry is as it was written, in its place.
    sound: bool,
    /// How many entries were hashed again.
    entries: u64,
    /// What is wrong: which entry, edited, left out, exchanged or cut off.
    damage: Vec<String>,
}

fn entry(state: &AppState, year: i16, row: &LogRow) -> EntryWire {
    let body = row.body.as_ref();
    EntryWire {
        year,
        number: row.seq,
        at: moment(row.at),
        person: row.subject.map(|p| p.0),
        erased: body.is_none(),
        account: body.and_then(|b| b.account).map(|a| a.0),
        role: body.and_then(|b| b.role).map(|r| r.word().to_owned()),
        organisation: body.map(|b| b.organisation.clone()),
        action: body.and_then(|b| b.action).map(|a| a.word().to_owned()),
        items: body.map(|b| b.items.clone()).unwrap_or_default(),
        purpose: body.and_then(|b| b.purpose).map(|p| p.word().to_owned()),
        reason: body.map(|b| b.reason.clone()),
        case: body.and_then(|b| b.case.clone()),
        law: body.and_then(|b| b.law.clone()),
        rows: body.map_or(0, |b| b.rows),
        allowed: body.is_some_and(|b| b.allowed),
        leaf: state.guard.log().inclusion(year, row.seq).map(|proof| hex::encode(proof.leaf)),
    }
}

/// Entries of the disclosure log, the newest first. Searching by person, account or day reads at most 20,000 entries back.
#[utoipa::path(get, path = "/api/log/entries", tag = "oversight", params(EntriesQuery),
    responses((status = 200, body = EntryList), super::Faults))]
pub(crate) async fn list(State(state): State<AppState>, call: Call, uri: Uri) -> Result<axum::Json<EntryList>, Fault> {
    let asked: EntriesQuery = super::query(&uri)?;
    let day = |text: Option<&str>, name: &str| text.map(|t| super::query_day(t, name)).transpose();
    let person = asked.person.as_deref().map(|p| {
        Uuid::try_parse(p).map(PersonId).map_err(|_| Fault::field(Code::Invalid, "query:person", "expected a UUID"))
    });
    let wanted = Wanted {
        person: person.transpose()?,
        account: asked.account.unwrap_or_default().chars().take(40).collect::<String>().to_lowercase(),
        from: day(asked.from.as_deref(), "from")?,
        to: day(asked.to.as_deref(), "to")?,
    };
    let before = asked.before.as_deref().map(|text| {
        let parts = text.split_once('-').and_then(|(year, number)| Some((year.parse().ok()?, number.parse().ok()?)));
        parts.ok_or_else(|| Fault::field(Code::Invalid, "query:before", "expected what an earlier page gave as next"))
    });
    let found = handlers::rows(&call.viewer(&state), &wanted, before.transpose()?).await?;
    let next = found.last().filter(|_| found.len() == SHOWN).map(|(year, row)| format!("{year}-{}", row.seq));
    Ok(axum::Json(EntryList { entries: found.iter().map(|(year, row)| entry(&state, *year, row)).collect(), next }))
}

/// One entry.
#[utoipa::path(get, path = "/api/log/entries/{year}/{number}", tag = "oversight",
    params(("year" = i16, Path, description = "The log's year."), ("number" = u64, Path, description = "The entry's place in it.")),
    responses((status = 200, body = EntryWire), super::Faults))]
pub(crate) async fn one(
    State(state): State<AppState>,
    call: Call,
    Path((year, number)): Path<(String, String)>,
) -> Result<axum::Json<EntryWire>, Fault> {
    let (Ok(year), Ok(number)) = (year.parse::<i16>(), number.parse::<u64>()) else {
        return Err(Fault::field(Code::Invalid, "path:number", "expected a year and a number"));
    };
    let allowed = handlers::permit(&call.viewer(&state), Action::ViewLog).await?;
    let rows = state.guard.log().read(&allowed, year, Some(number.saturating_add(1)), 1).await;
    let row = rows.map_err(Trouble::from)?.into_iter().find(|row| row.seq == number);
    Ok(axum::Json(entry(&state, year, &row.ok_or_else(|| Fault::new(Code::NotFound))?)))
}

/// Hashes the whole running log again.
#[utoipa::path(post, path = "/api/log/verification", tag = "oversight",
    responses((status = 200, body = VerifiedWire), super::Faults))]
pub(crate) async fn verify(State(state): State<AppState>, call: Call) -> Result<axum::Json<VerifiedWire>, Fault> {
    let _verifying = handlers::permit(&call.viewer(&state), Action::VerifyLog).await?;
    let said = state.guard.log().verify(Trust::default()).await.map_err(Trouble::from)?;
    Ok(axum::Json(match said {
        Ok(sound) => VerifiedWire { sound: true, entries: sound.entries(), damage: Vec::new() },
        Err(damage) => {
            let damage = damage.iter().take(100).map(ToString::to_string).collect();
            VerifiedWire { sound: false, entries: 0, damage }
        }
    }))
}
