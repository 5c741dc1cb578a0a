//! A nurse's week: on which day and in which order to visit whom, as it is proposed or as she wants it.

use kernel::Date;
use maud::{Markup, html};
use text::Text;

use super::day::{self, Due};
use crate::components::field::{self, Look};
use crate::components::frame::{Frame, Width, back, page};
use crate::components::list::{Mark, tag};
use crate::components::message::{Tone, error_summary, notice};
use crate::form::Form;

/// A visit of the week, or one that is in none of its days.
#[derive(Clone, Debug, PartialEq)]
pub struct Stop {
    /// The family, in the fields of the form.
    pub family: String,
    /// Whom, why, in which window, what to bring.
    pub due: Due,
    /// The days of the week on which the visit may be made.
    pub days: Vec<Date>,
    /// Where it stands.
    pub at: At,
}

/// Where a visit stands.
#[derive(Clone, Debug, PartialEq)]
pub enum At {
    /// On a day.
    Day {
        /// Minutes after midnight at the door, and when she goes.
        time: (u32, u32),
        /// Metres and minutes of the way there; `None`: where the family lives is told to nobody.
        way: Option<(u32, u32)>,
        /// Whether somebody put it there.
        kept: bool,
        /// Whose family it is, where she makes the visit in place of its nurse.
        of: Option<String>,
    },
    /// It cannot wait, and a colleague has room.
    Proposed {
        /// The colleague's id and name, and the day.
        to: (String, String, Date),
        /// How many other visits she has then.
        others: usize,
        /// By how many minutes it makes her day longer.
        longer: u32,
        /// Minutes after midnight when she is back.
        back: u32,
    },
    /// A colleague makes it.
    Covered {
        /// Her name.
        to: String,
        /// The day.
        on: Date,
    },
    /// In none.
    Out {
        /// The message that says why.
        why: &'static str,
        /// Until when it may wait, where that is after this week.
        until: Option<Date>,
    },
}

/// A day.
#[derive(Clone, Debug, PartialEq)]
pub struct WeekDay {
    /// The day.
    pub date: Date,
    /// Whether she is away.
    pub away: bool,
    /// Visits in their order.
    pub stops: Vec<Stop>,
    /// Minutes after midnight back at the office, and whether that is later than the working day.
    pub back: (u32, bool),
}

/// The week.
#[derive(Clone, Debug, PartialEq)]
pub struct Week {
    /// The nurse's id and name where her supervisor looks.
    pub nurse: Option<(String, String)>,
    /// Its Monday.
    pub monday: Date,
    /// The Mondays before and after.
    pub around: (Date, Date),
    /// The working days that are left.
    pub days: Vec<WeekDay>,
    /// What is in none of them.
    pub left_out: Vec<Stop>,
    /// While she is away: visits that cannot wait, and who has room for them.
    pub proposals: Vec<Stop>,
    /// Visits to her families that a colleague makes.
    pub covered: Vec<Stop>,
    /// What was just done.
    pub done: Option<&'static str>,
}

impl Week {
    fn address(&self, monday: Date) -> String {
        let nurse = self.nurse.as_ref().map_or_else(String::new, |(id, _)| format!("&nurse={id}"));
        format!("/visits/week?monday={monday}{nurse}")
    }
}

/// Whose week a supervisor wants to see.
pub fn choose(f: &Frame, nurses: &[(String, String)]) -> Markup {
    let t = f.t;
    page(
        f,
        &t.t("week-title"),
        Width::Reading,
        html! {
            h1 { (t.t("week-title")) }
            @if nurses.is_empty() { p { (t.t("team-none")) } }
            @else { ul.plain { @for (id, name) in nurses { li { a href=(format!("/visits/week?nurse={id}")) { (name) } } } } }
        },
    )
}

/// The page; `form` holds where each visit stands, as it is or as it was typed.
pub fn page_of(f: &Frame, form: &Form, week: &Week) -> Markup {
    let t = f.t;
    let empty = week.left_out.is_empty() && week.days.iter().all(|d| d.stops.is_empty());
    let nothing = empty && week.covered.is_empty();
    page(
        f,
        &t.t("week-title"),
        Width::Wide,
        html! {
            @if week.nurse.is_some() { (back(t, "/visits/week")) }
            (error_summary(t, form))
            @if let Some(key) = week.done { (notice(Tone::Done, &t.t(key), html! {})) }
            h1 { (t.t("week-title")) span.caption {
                @if let Some((_, name)) = &week.nurse { (name) " · " }
                (t.with("week-of", &[("date", t.date(week.monday).into())]))
            } }
            p.lead { (t.t("week-lead")) }
            p.facts-line {
                a href=(week.address(week.around.0)) { (t.t("week-before")) }
                a href=(week.address(week.around.1)) { (t.t("week-after")) }
            }
            @if nothing { p { (t.t("week-none")) } }
            @if !week.proposals.is_empty() {
                h2 { (t.t("week-proposals")) }
                p { (t.t("week-proposals-lead")) }
                ul.cards { @for stop in &week.proposals { li { (elsewhere(f, week, stop)) } } }
            }
            form method="post" action="/visits/week" novalidate {
                (whose(week))
                @for day in &week.days { (one_day(f, form, day)) }
                @if !week.left_out.is_empty() {
                    h2 { (t.t("week-left-out")) }
                    ul.cards { @for stop in &week.left_out { li { (card(f, form, stop)) } } }
                }
                @if !empty { div.actions {
                    button.btn type="submit" name="do" value="keep" { (t.t("week-keep")) }
                    button.btn.btn--second type="submit" name="do" value="anew" { (t.t("week-anew")) }
                } }
            }
            @if !week.covered.is_empty() {
                h2 { (t.t("week-covered")) }
                ul.cards { @for stop in &week.covered { li { (elsewhere(f, week, stop)) } } }
            }
            @if !week.days.is_empty() { (away(t, form, week)) }
        },
    )
}

fn whose(week: &Week) -> Markup {
    html! {
        (field::hidden("monday", &week.monday.to_string()))
        @if let Some((id, _)) = &week.nurse { (field::hidden("nurse", id)) }
    }
}

fn named(t: Text, day: Date) -> String {
    format!("{} {}", t.t(&format!("week-day-{}", day.weekday().to_monday_one_offset())), t.date(day))
}

fn clock(minutes: u32) -> String {
    format!("{:02}:{:02}", minutes / 60, minutes % 60)
}

fn one_day(f: &Frame, form: &Form, day: &WeekDay) -> Markup {
    let t = f.t;
    html! {
        h2 { (named(t, day.date)) }
        @if day.away { p { (tag(Mark::Plain, &t.t("week-is-away"))) } }
        @else if day.stops.is_empty() { p { (t.t("week-day-none")) } }
        @else {
            ul.cards { @for stop in &day.stops { li { (card(f, form, stop)) } } }
            p.soft {
                (t.with("week-back", &[("time", clock(day.back.0).into())]))
                @if day.back.1 { " " (tag(Mark::Fault, &t.t("week-late"))) }
            }
        }
    }
}

fn card(f: &Frame, form: &Form, stop: &Stop) -> Markup {
    let t = f.t;
    let above = match &stop.at {
        At::Day { time, way, kept, of } => html! {
            p.facts-line {
                strong { (clock(time.0)) "–" (clock(time.1)) }
                @if let Some((metres, minutes)) = way {
                    span { (t.with("week-way", &[
                        ("km", t.decimal(&format!("{}.{}", metres / 1000, metres % 1000 / 100)).into()),
                        ("minutes", i64::from(*minutes).into()),
                    ])) }
                }
                span { (t.t(if *kept { "week-kept" } else { "week-proposed" })) }
            }
            @if let Some(nurse) = of { p { (tag(Mark::Plain, &t.with("week-stand-in", &[("nurse", nurse.as_str().into())]))) } }
        },
        At::Proposed { .. } | At::Covered { .. } => html! {},
        At::Out { why, until } => html! {
            p {
                (t.t(why))
                @if let Some(day) = until { " " (t.with("week-until", &[("date", t.date(*day).into())])) }
            }
        },
    };
    day::card(f, &stop.due, &above, &change(t, form, stop))
}

/// A visit that a colleague could make, or makes.
fn elsewhere(f: &Frame, week: &Week, stop: &Stop) -> Markup {
    let t = f.t;
    let (above, button) = match &stop.at {
        At::Proposed { to: (id, name, on), others, longer, back } => (
            html! { p {
                (t.with("week-proposal", &[("nurse", name.as_str().into()), ("day", named(t, *on).into())])) " "
                (t.with("week-proposal-why", &[
                    ("visits", (*others).into()), ("minutes", i64::from(*longer).into()), ("time", clock(*back).into()),
                ]))
            } },
            html! {
                (field::hidden("to", id)) (field::hidden("on", &on.to_string()))
                button.btn type="submit" name="do" value="cover" { (t.with("week-cover", &[("nurse", name.as_str().into())])) span.hidden-visually { " " (stop.due.name) } }
            },
        ),
        At::Covered { to, on } => (
            html! { p { (t.with("week-covered-by", &[("nurse", to.as_str().into()), ("day", named(t, *on).into())])) } },
            html! { @if week.nurse.is_some() {
                button.btn.btn--second type="submit" name="do" value="uncover" { (t.t("week-uncover")) span.hidden-visually { " " (stop.due.name) } }
            } },
        ),
        At::Day { .. } | At::Out { .. } => return card(f, &Form::default(), stop),
    };
    let form = html! {
        form method="post" action="/visits/week" novalidate { (whose(week)) (field::hidden("family", &stop.family)) div.actions { (button) } }
    };
    day::card(f, &stop.due, &above, &form)
}

/// Another day, or another place in its order.
fn change(t: Text, form: &Form, stop: &Stop) -> Markup {
    let (day, order) = (format!("day.{}", stop.family), format!("order.{}", stop.family));
    let mut options: Vec<(String, String)> = stop.days.iter().map(|d| (d.to_string(), named(t, *d))).collect();
    options.push(("out".to_owned(), t.t("week-put-out").into_owned()));
    let wrong = form.error(&day).is_some() || form.error(&order).is_some();
    html! {
        details open[wrong] {
            summary { (t.t("week-change")) " " span.hidden-visually { (stop.due.name) } }
            (field::hidden("family", &stop.family))
            (field::select(form, &day, &t.t("week-on"), "", &t.t("week-let"), &options))
            (field::line(form, &order, &t.t("week-order"), Look { width: "w-s", keyboard: "numeric", ..Look::default() }))
        }
    }
}

/// The days on which she does not visit.
fn away(t: Text, form: &Form, week: &Week) -> Markup {
    let options: Vec<(String, String)> = week.days.iter().map(|d| (d.date.to_string(), named(t, d.date))).collect();
    html! {
        details {
            summary { (t.t("week-away")) }
            form method="post" action="/visits/week" novalidate {
                (whose(week))
                (field::hidden("do", "away"))
                (field::boxes(form, "away", &t.t("week-away-which"), &t.t("week-away-hint"), &options))
                div.actions { button.btn.btn--second type="submit" { (t.t("week-away-save")) } }
            }
            @if let Some((id, _)) = &week.nurse {
                p { a href=(format!("/visits/team/handover?from={id}")) { (t.t("team-handover")) } }
            }
        }
    }
}
