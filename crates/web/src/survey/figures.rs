//! What families said, by nurse or district: figures of quarters that are over, small groups kept back.

use maud::{Markup, html};
use text::Text;

use crate::components::field;
use crate::components::frame::{Frame, Width, page};
use crate::components::list::table;
use crate::components::message::{Tone, error_summary, notice};
use crate::form::Form;

/// A line: a name, how many were asked and answered, and the mean of each measure in tenths. `None`: of too few to show.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// Nurse, district, or all.
    pub name: String,
    /// How many were asked.
    pub asked: u64,
    /// How many answered.
    pub answered: Option<u64>,
    /// Means in tenths.
    pub means: Vec<Option<u64>>,
}

/// Everything on the page.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Page {
    /// The survey's name.
    pub survey: String,
    /// Waves to choose from.
    pub waves: Vec<(String, String)>,
    /// Quarters to choose from.
    pub quarters: Vec<(String, String)>,
    /// Whether lines are nurses.
    pub by_nurse: bool,
    /// The names of the measures, each with the highest value.
    pub measures: Vec<String>,
    /// The lines; the last is all together.
    pub lines: Vec<Line>,
    /// Fewer answers than this are not shown.
    pub below: u32,
    /// What families wrote, for whoever answers for the visits of the district.
    pub words: Option<Vec<String>>,
}

/// The page. `form` holds what was chosen.
pub fn page_of(f: &Frame, form: &Form, p: &Page) -> Markup {
    let t = f.t;
    page(
        f,
        &t.t("survey-figures"),
        Width::Wide,
        html! {
            (error_summary(t, form))
            h1 { (t.t("survey-figures")) @if !p.survey.is_empty() { span.caption { (p.survey) } } }
            p.lead { (t.with("survey-figures-lead", &[("below", i64::from(p.below).into())])) }
            form.inline-form method="get" action="/visits/surveys" {
                (field::select(form, "wave", &t.t("survey-wave"), "", "", &p.waves))
                (field::select(form, "quarter", &t.t("survey-quarter"), "", "", &p.quarters))
                button.btn.btn--second type="submit" { (t.t("figures-show")) }
            }
            @if p.lines.iter().all(|l| l.asked == 0) {
                (notice(Tone::Info, &t.t("survey-figures-none"), html! {}))
            } @else { (lines(t, p)) }
            @if let Some(words) = &p.words {
                h2 { (t.t("survey-words")) }
                @if words.is_empty() { p { (t.t("survey-words-few")) } } @else { ul { @for text in words { li { (text) } } } }
            }
        },
    )
}

fn lines(t: Text, p: &Page) -> Markup {
    // Kept back because it is of few, or because those of few could be worked out from it.
    let few = || t.t("survey-kept-back").into_owned();
    let number = |n: u64| t.number(i64::try_from(n).unwrap_or(i64::MAX)).to_string();
    let mut headings: Vec<String> =
        [if p.by_nurse { "visits-nurse" } else { "survey-district" }, "survey-asked", "survey-answers", "survey-rate"]
            .map(|key| t.t(key).into_owned())
            .to_vec();
    headings.extend(p.measures.iter().cloned());
    let row = |l: &Line| {
        let rate = l.answered.and_then(|n| (n * 100 + l.asked / 2).checked_div(l.asked)).map(|n| format!("{n} %"));
        let mut cells = vec![
            html! { (l.name) },
            html! { (number(l.asked)) },
            html! { (l.answered.map_or_else(few, number)) },
            html! { (rate.unwrap_or_else(few)) },
        ];
        cells.extend(l.means.iter().map(|mean| match mean {
            Some(tenths) => html! { (t.decimal(&format!("{}.{}", tenths / 10, tenths % 10))) },
            None => html! { (few()) },
        }));
        cells
    };
    let rows: Vec<Vec<Markup>> = p.lines.iter().map(row).collect();
    table(&t.t("survey-figures"), &headings, &rows)
}
