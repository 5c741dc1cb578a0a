//! Time travel in a demonstration: a visitor sends the clock forward, and everything that follows from time follows; and the messages that
//! would be on its families' telephones by then ([`phones`]). There are no such pages where people are real.

pub(crate) mod handlers;
pub mod phones;

use std::sync::Arc;

use kernel::{Date, Instant};
use maud::{Markup, html};

use crate::components::field::{self, Look};
use crate::components::frame::{Frame, Width, page};
use crate::components::message::{Tone, error_summary, notice};
use crate::form::Form;

/// The hands of a demonstration's clock.
pub trait Hands: Send + Sync {
    /// Where the clock is on its way to; `None`: it goes as the machine's does.
    fn goes_to(&self) -> Option<Instant>;

    /// Sends the clock forward by so many seconds from where it stands. Nothing calls it back.
    ///
    /// # Errors
    /// It cannot be written down.
    fn send(&self, seconds: u32) -> std::io::Result<()>;

    /// Takes the clock a day on its way, or less for the last step; `false`: it is where it was sent. For the worker, when all that was due is done.
    ///
    /// # Errors
    /// It cannot be written down.
    fn step(&self) -> std::io::Result<bool>;
}

/// A demonstration's clock, as the configuration holds it.
#[derive(Clone)]
pub struct Travel(pub Arc<dyn Hands>);

impl std::fmt::Debug for Travel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Travel")
    }
}

/// The most days of one journey: three years.
pub const FARTHEST: i32 = 1_096;

/// What the page shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Time {
    /// The day in the demonstration.
    pub today: Date,
    /// The day to which the clock is on its way.
    pub goal: Option<Date>,
}

/// The page.
pub fn page_of(f: &Frame, form: &Form, c: Time) -> Markup {
    let t = f.t;
    page(
        f,
        &t.t("demo-time"),
        Width::Reading,
        html! {
            (error_summary(t, form))
            h1 { (t.t("demo-time")) span.caption { (t.date(c.today)) } }
            @if let Some(goal) = c.goal {
                div role="status" { (notice(Tone::Info, &t.with("demo-time-goes", &[("date", t.date(goal).into())]), html! { p { (t.t("demo-time-goes-words")) } })) }
            }
            p.lead { (t.t("demo-time-lead")) }
            form method="post" action="/demo/time" novalidate {
                div.actions {
                    @for (value, key) in [("day", "demo-time-day"), ("week", "demo-time-week"), ("month", "demo-time-month")] {
                        button.btn.btn--second type="submit" name="do" value=(value) { (t.t(key)) }
                    }
                }
            }
            form method="post" action="/demo/time" novalidate {
                (field::line(form, "date", &t.t("demo-time-date"), Look { hint: &t.t("date-hint"), width: "w-m", ..Look::default() }))
                div.actions { button.btn type="submit" name="do" value="date" { (t.t("demo-time-go")) } }
            }
            h2 { (t.t("demo-time-why")) }
            ul { @for key in ["demo-time-forward", "demo-time-order", "demo-time-session"] { li { (t.t(key)) } } }
        },
    )
}
