//! Importing a file: the form, and the report with every refused row.

use maud::{Markup, html};
use registry::import::{RefusedRow, Summary, Table};

use crate::components::field::{self, Look};
use crate::components::frame::{Frame, Width, page};
use crate::components::list::{pairs, table};
use crate::components::message::{Tone, error_summary, notice};
use crate::form::Form;

/// What came of an import.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The counts.
    pub summary: Summary,
    /// Every refused row.
    pub refused: Vec<RefusedRow>,
}

/// What a file may hold, in the order in which files are imported, with the key of the word for it.
pub const TABLES: [(Table, &str); 5] = [
    (Table::Persons, "import-table-persons"),
    (Table::Households, "import-table-households"),
    (Table::Kinship, "import-table-kinship"),
    (Table::Addresses, "import-table-addresses"),
    (Table::Facts, "import-table-facts"),
];

/// The page; `agencies`: id and name.
pub fn page_of(f: &Frame, form: &Form, agencies: &[(String, String)], report: Option<&Report>) -> Markup {
    let t = f.t;
    let tables = TABLES.map(|(table, key)| (table.word().to_owned(), t.t(key).into_owned()));
    page(
        f,
        &t.t("import-title"),
        Width::Wide,
        html! {
            (error_summary(t, form))
            h1 { (t.t("import-title")) }
            p.lead { (t.t("import-lead")) }
            @if let Some(report) = report { (told(f, report)) }
            form method="post" action="/admin/import" enctype="multipart/form-data" novalidate {
                (field::radios(form, "table", &t.t("import-table"), "", &tables))
                (field::select(form, "source", &t.t("import-source"), "", &t.t("choose"), agencies))
                (field::line(form, "law", &t.t("import-law"), Look { hint: &t.t("search-optional"), ..Look::default() }))
                (field::file(form, "file", &t.t("import-file"), &t.t("import-file-hint"), ".csv,text/csv"))
                (field::tick_box(form, "dry", "yes", &t.t("import-dry")))
                button.btn type="submit" { (t.t("import-go")) }
            }
        },
    )
}

fn told(f: &Frame, report: &Report) -> Markup {
    let t = f.t;
    let counts = &report.summary.counts;
    let number = |n: u64| html! { (t.number(i64::try_from(n).unwrap_or(i64::MAX))) };
    let headings = ["import-line", "import-reference", "import-why"].map(|key| t.t(key).into_owned());
    let rows: Vec<Vec<Markup>> = report
        .refused
        .iter()
        .map(|r| vec![number(r.line), html! { code { (r.reference) } }, html! { (r.reason) }])
        .collect();
    html! {
        h2 { (t.t("import-report")) }
        @if report.summary.dry_run { (notice(Tone::Info, &t.t("import-was-dry"), html! {})) }
        @else { (notice(Tone::Done, &t.t("import-done"), html! {})) }
        (pairs(&[
            (t.t("import-rows").into_owned(), number(counts.rows)),
            (t.t("import-accepted").into_owned(), number(counts.accepted)),
            (t.t("import-unchanged").into_owned(), number(counts.unchanged)),
            (t.t("import-refused").into_owned(), number(counts.refused)),
        ]))
        @if rows.is_empty() { p { (t.t("import-all-fine")) } } @else { (table(&t.t("import-refused"), &headings, &rows)) }
    }
}
