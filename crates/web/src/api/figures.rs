//! How it goes, in figures without persons.

use axum::extract::State;
use axum::http::Uri;
use casework::case::model::plus_days;
use casework::follow::uptake::Days;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::call::Call;
use super::problem::{Code, Fault};
use crate::citizen::cases::figures_handlers::{DAYS, MOST_DAYS, count};
use crate::state::AppState;

/// Which days.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct FiguresQuery {
    /// The first day; left out: 90 days before the last.
    #[serde(default)]
    #[param(format = Date)]
    from: Option<String>,
    /// The last day; left out: today.
    #[serde(default)]
    #[param(format = Date)]
    to: Option<String>,
}

/// Days of a number of cases.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DaysWire {
    /// Of how many cases.
    cases: i64,
    /// Half took no longer.
    median: i64,
    /// Nine of ten took no longer.
    ninth: i64,
}

impl From<Days> for DaysWire {
    fn from(days: Days) -> DaysWire {
        DaysWire { cases: days.cases, median: days.median, ninth: days.ninth }
    }
}

/// Events of one kind. What would tell of few is null.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EventFigures {
    /// What happened, such as `birth`.
    event: String,
    /// Events with an offer.
    events: Option<i64>,
    /// Of these, every offer was taken.
    all_taken: Option<i64>,
    /// Of these, every offer was taken or refused.
    all_answered: Option<i64>,
    /// Offers.
    offers: Option<i64>,
    /// Of these taken.
    taken: Option<i64>,
    /// Days from the event to the first grant.
    to_decision: Option<DaysWire>,
    /// Days from the event to the first money.
    to_payment: Option<DaysWire>,
}

/// How it was for people at one office and in one way. What would tell of few is null.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OfficeFigures {
    /// The agency that decided.
    agency: String,
    /// The place of its office.
    jurisdiction: Option<String>,
    /// How it was decided.
    way: String,
    /// How many answered.
    people: Option<i64>,
    /// The mean of 0 to 10, in tenths.
    mean_tenths: Option<i64>,
    /// How many gave 9 or 10.
    glad: Option<i64>,
    /// How many gave 6 or less.
    sad: Option<i64>,
}

/// All figures of some days.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct FiguresWire {
    /// The first day.
    #[schema(format = Date)]
    from: String,
    /// The last.
    #[schema(format = Date)]
    to: String,
    /// By kind of event.
    events: Vec<EventFigures>,
    /// By office; a team lead's own agency alone.
    offices: Vec<OfficeFigures>,
    /// Visits that families were spared: one for each agency an application sent online went to.
    visits_spared: i64,
    /// Papers that families were spared: one for each question an agency answered by machine.
    papers_spared: i64,
    /// Papers they still had to hand in.
    papers_handed_in: i64,
}

/// Uptake, days to decision and money, what was spared, and how it was for people.
#[utoipa::path(get, path = "/api/figures", tag = "oversight", params(FiguresQuery),
    responses((status = 200, body = FiguresWire), super::Faults))]
pub(crate) async fn show(
    State(state): State<AppState>,
    call: Call,
    uri: Uri,
) -> Result<axum::Json<FiguresWire>, Fault> {
    let asked: FiguresQuery = super::query(&uri)?;
    let v = call.viewer(&state);
    let day = |text: Option<&str>, name: &str| text.map(|t| super::query_day(t, name)).transpose();
    let to = day(asked.to.as_deref(), "to")?.unwrap_or(v.today());
    let from = day(asked.from.as_deref(), "from")?.unwrap_or(plus_days(to, -DAYS));
    if from > to || (to - from).get_days() > MOST_DAYS {
        let words = format!("expected a day before the last, and at most {MOST_DAYS} days");
        return Err(Fault::field(Code::Invalid, "query:from", words));
    }
    let counted = count(&v, from, to).await?;
    let events = counted.uptake.lines.iter().map(|l| EventFigures {
        event: l.cause.word().to_owned(),
        events: l.counts.map(|c| c.events),
        all_taken: l.counts.map(|c| c.all_taken),
        all_answered: l.counts.map(|c| c.all_answered),
        offers: l.counts.map(|c| c.offers),
        taken: l.counts.map(|c| c.taken),
        to_decision: l.to_decision.map(Into::into),
        to_payment: l.to_payment.map(Into::into),
    });
    let offices = counted.said.iter().map(|l| OfficeFigures {
        agency: l.agency.clone(),
        jurisdiction: l.jurisdiction.clone(),
        way: l.step.word().to_owned(),
        people: l.said.map(|s| s.people),
        mean_tenths: l.said.map(|s| s.mean_tenths),
        glad: l.said.map(|s| s.glad),
        sad: l.said.map(|s| s.sad),
    });
    let spared = counted.uptake.spared;
    Ok(axum::Json(FiguresWire {
        from: from.to_string(),
        to: to.to_string(),
        events: events.collect(),
        offices: offices.collect(),
        visits_spared: spared.visits,
        papers_spared: spared.papers,
        papers_handed_in: spared.handed_in,
    }))
}
