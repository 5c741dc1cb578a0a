//! How a child grows: its points among the WHO's lines, as a picture and as a table.

use kernel::Date;
use maud::{Markup, html};
use visit::growth::{Sex, Standard, lines};

use crate::components::frame::{Frame, Width, back, page};
use crate::components::list::{Mark, table, tag};

/// One measurement.
#[derive(Clone, Debug, PartialEq)]
pub struct Point {
    /// The day.
    pub on: Date,
    /// Age in days, corrected for a child born early.
    pub age_days: Option<u32>,
    /// Whether the age is corrected.
    pub corrected: bool,
    /// Kilograms and z-score.
    pub weight: Option<(f64, Option<f64>)>,
    /// Centimetres and z-score.
    pub length: Option<(f64, Option<f64>)>,
    /// Weight for length.
    pub for_length: Option<f64>,
    /// Head: centimetres and z-score.
    pub head: Option<(f64, Option<f64>)>,
    /// Whether a score lies where measurements hardly can.
    pub doubtful: bool,
}

/// A child.
#[derive(Clone, Debug, PartialEq)]
pub struct Child {
    /// Its name.
    pub name: String,
    /// By which lines; `None`: its sex is not known, and there are none.
    pub sex: Option<Sex>,
    /// What was measured, the oldest first.
    pub points: Vec<Point>,
}

/// The page.
pub fn page_of(f: &Frame, id: &str, children: &[Child]) -> Markup {
    let t = f.t;
    page(
        f,
        &t.t("visits-growth"),
        Width::Wide,
        html! {
            (back(t, &format!("/visits/family/{id}")))
            h1 { (t.t("visits-growth")) }
            p.lead { (t.t("visits-growth-lead")) }
            @for child in children {
                h2 { (child.name) }
                @if child.points.is_empty() { p { (t.t("visits-growth-none")) } } @else {
                    @if let Some(sex) = child.sex {
                        div.grid-2 {
                            (chart(f, child, sex, Standard::WeightForAge, "visits-weight", |p| p.weight.map(|w| w.0)))
                            (chart(f, child, sex, Standard::LengthForAge, "visits-length", |p| p.length.map(|l| l.0)))
                        }
                    } @else { p { (t.t("visits-growth-no-sex")) } }
                    (rows(f, child))
                }
            }
        },
    )
}

const WIDTH: f64 = 480.0;
const HEIGHT: f64 = 320.0;
/// Room for the figures at the left and below.
const LEFT: f64 = 40.0;
const BELOW: f64 = 30.0;
/// The lines drawn, in standard deviations.
const LINES: [f64; 5] = [-3.0, -2.0, 0.0, 2.0, 3.0];
/// A month, in days.
const MONTH: f64 = 30.4375;

/// Lines and points as plain SVG. All of it is in the table too. Each element is closed by itself: inside SVG an open `line`
/// swallows what comes after it, and nothing is drawn.
fn chart(
    f: &Frame,
    child: &Child,
    sex: Sex,
    standard: Standard,
    key: &str,
    value: impl Fn(&Point) -> Option<f64>,
) -> Markup {
    let t = f.t;
    let points: Vec<(f64, f64)> =
        child.points.iter().filter_map(|p| Some((f64::from(p.age_days?), value(p)?))).collect();
    let oldest = points.iter().map(|p| p.0).fold(0.0, f64::max);
    // To the end of the half-year after the last measurement.
    let until = ((oldest / (6.0 * MONTH)).floor() + 1.0) * 6.0 * MONTH;
    let curve: Vec<(f64, Vec<f64>)> =
        lines(standard, sex, &LINES, 7).into_iter().filter(|(age, _)| *age <= until).collect();
    let all = || curve.iter().flat_map(|(_, v)| v.iter().copied()).chain(points.iter().map(|p| p.1));
    let (low, high) = (all().fold(f64::MAX, f64::min).floor(), all().fold(f64::MIN, f64::max).ceil());
    let x = |age: f64| LEFT + (WIDTH - LEFT - 8.0) * age / until;
    let y = |v: f64| (HEIGHT - BELOW) - (HEIGHT - BELOW - 8.0) * (v - low) / (high - low).max(1.0);
    let path = |line: usize| {
        let at = curve.iter().filter_map(|(age, v)| v.get(line).map(|v| format!("{:.1},{:.1}", x(*age), y(*v))));
        at.collect::<Vec<_>>().join(" ")
    };
    let months = (0..=(until / MONTH).round() as u32).step_by(if until > 400.0 { 6 } else { 1 });
    let step = if high - low > 30.0 {
        10
    } else if high - low > 12.0 {
        5
    } else {
        1
    };
    let marks = (low as i32..=high as i32).filter(|v| v.rem_euclid(step) == 0);
    let name = t.t(key);
    html! {
        figure.growth {
            figcaption { (name) }
            svg viewBox=(format!("0 0 {WIDTH} {HEIGHT}")) role="img" aria-label=(t.with("visits-chart", &[("what", name.clone().into()), ("child", child.name.as_str().into())])) {
                @for month in months {
                    line.growth-grid x1=(x(f64::from(month) * MONTH)) x2=(x(f64::from(month) * MONTH)) y1="8" y2=(HEIGHT - BELOW) {}
                    text.growth-figure x=(x(f64::from(month) * MONTH)) y=(HEIGHT - 10.0) text-anchor="middle" { (month) }
                }
                @for mark in marks {
                    line.growth-grid x1=(LEFT) x2=(WIDTH - 8.0) y1=(y(f64::from(mark))) y2=(y(f64::from(mark))) {}
                    text.growth-figure x=(LEFT - 6.0) y=(y(f64::from(mark)) + 4.0) text-anchor="end" { (mark) }
                }
                @for (n, z) in LINES.iter().enumerate() {
                    polyline class=(if *z == 0.0 { "growth-median" } else if z.abs() < 3.0 { "growth-two" } else { "growth-three" }) points=(path(n)) {}
                }
                polyline.growth-own points=(points.iter().map(|(a, v)| format!("{:.1},{:.1}", x(*a), y(*v))).collect::<Vec<_>>().join(" ")) {}
                @for (age, v) in &points { circle.growth-point cx=(format!("{:.1}", x(*age))) cy=(format!("{:.1}", y(*v))) r="5" {} }
            }
            p.small.soft { (t.t("visits-chart-lines")) }
        }
    }
}

fn rows(f: &Frame, child: &Child) -> Markup {
    let t = f.t;
    let z = |z: Option<f64>| html! { @if let Some(z) = z { " " span.soft { "z " (format!("{z:.2}")) } @if z < -3.0 { " " (tag(Mark::Fault, &t.t("visits-z-severe"))) } @else if z < -2.0 { " " (tag(Mark::Open, &t.t("visits-z-low"))) } } };
    let measured =
        |m: Option<(f64, Option<f64>)>| html! { @match m { Some((v, score)) => { (v) (z(score)) }, None => { "–" } } };
    let cells = |p: &Point| {
        vec![
            html! { (t.date(p.on)) @if p.doubtful { " " (tag(Mark::Fault, &t.t("visits-doubtful"))) } },
            html! { @match p.age_days { Some(days) => { (t.with("visits-age-days", &[("days", i64::from(days).into())])) }, None => { "–" } } @if p.corrected { " " span.soft { (t.t("visits-age-corrected")) } } },
            measured(p.weight),
            measured(p.length),
            html! { @match p.for_length { Some(score) => { (format!("z {score:.2}")) }, None => { "–" } } },
            measured(p.head),
        ]
    };
    let headings = ["date", "visits-age", "visits-weight", "visits-length", "visits-weight-for-length", "visits-head"];
    table(&child.name, &headings.map(|k| t.t(k).into_owned()), &child.points.iter().map(cells).collect::<Vec<_>>())
}
