//! Showing and moving the clock; the telephones.

use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use kernel::Date;

use super::{FARTHEST, Hands, Time, page_of, phones};
use crate::components::frame::Frame;
use crate::error::Fault;
use crate::form::Form;
use crate::state::AppState;

/// A day, in seconds.
const DAY: u32 = 86_400;

/// The page; while the clock is on its way it comes again by itself.
pub(crate) async fn show(State(state): State<AppState>, f: Frame) -> Response {
    let Some(travel) = &state.config.travel else { return Fault::NotFound.response(&f) };
    let time = time(&state, &*travel.0);
    let page = page_of(&f, &Form::default(), time).into_response();
    if time.goal.is_none() { page } else { ([("refresh", "2")], page).into_response() }
}

fn time(state: &AppState, hands: &dyn Hands) -> Time {
    let offset = state.packs.current().manifest().utc_offset_hours;
    Time { today: state.today(), goal: hands.goes_to().map(|goal| goal.date(offset)) }
}

/// Sends the clock forward.
pub(crate) async fn send(State(state): State<AppState>, f: Frame, mut form: Form) -> Response {
    let Some(travel) = &state.config.travel else { return Fault::NotFound.response(&f) };
    let today = state.today();
    let Some(days) = days(&f, &mut form, today) else {
        let page = page_of(&f, &form, time(&state, &*travel.0));
        return (StatusCode::UNPROCESSABLE_ENTITY, page).into_response();
    };
    match travel.0.send(days.saturating_mul(DAY)) {
        Ok(()) => Redirect::to("/demo/time").into_response(),
        Err(why) => {
            tracing::error!(%why, "the demonstration's clock cannot be written down");
            Fault::Busy(String::new()).response(&f)
        }
    }
}

/// How many days are asked for; nothing where it is none, with the reason beside the field.
fn days(f: &Frame, form: &mut Form, today: Date) -> Option<u32> {
    let until = |day: Date| (day - today).get_days();
    let days = match form.get("do") {
        "day" => 1,
        "week" => 7,
        "month" => until(today.saturating_add(jiff::Span::new().months(1))),
        _ => until(form.date(f.t, "date")?),
    };
    if days <= 0 {
        form.refuse("date", f.t.t("demo-time-back"));
        return None;
    }
    if days > FARTHEST {
        form.refuse("date", f.t.t("demo-time-far"));
        return None;
    }
    u32::try_from(days).ok()
}

/// What would be on the families' telephones.
pub(crate) async fn messages(State(state): State<AppState>, f: Frame, RawQuery(query): RawQuery) -> Response {
    let Some(post) = &state.config.post else { return Fault::NotFound.response(&f) };
    let form = Form::of_query(query.as_deref());
    let phones = post.0.clone();
    // Files are read beside the server's other work.
    let read = tokio::task::spawn_blocking(move || phones.sent()).await;
    match read.map_err(std::io::Error::other).flatten() {
        Ok(all) => {
            let fits = all.into_iter().filter(|sent| phones::fits(sent, form.get("who")));
            let shown: Vec<phones::Sent> = fits.take(phones::MOST).collect();
            let offset = state.packs.current().manifest().utc_offset_hours;
            phones::page_of(&f, &form, &shown, offset).into_response()
        }
        Err(why) => {
            tracing::error!(%why, "the demonstration's messages cannot be read");
            Fault::Busy(String::new()).response(&f)
        }
    }
}
