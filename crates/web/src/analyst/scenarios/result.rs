//! What a comparison says: programmes, winners and losers, poverty, curves, overlap, what is not claimed.

use kernel::Currency;
use maud::{Markup, html};
use population::scenario::Progress;
use population::whatif::{Class, Curve, Grouping, Report};

use super::chart::{self, Bars, Lines};
use super::{count, group_name, money, one};
use crate::components::frame::{Frame, Width, back, page};
use crate::components::list::{pairs, table, tag};
use crate::components::message::{Tone, notice};
use crate::explain::plain;

/// The page's contents.
#[derive(Clone, Debug, PartialEq)]
pub struct Vm {
    /// The comparison.
    pub id: String,
    /// Its scenario.
    pub scenario: String,
    /// What the scenario was called.
    pub name: String,
    /// How far it is.
    pub progress: Progress,
    /// Households of the snapshot and how many are done.
    pub households: (i64, i64),
    /// Why it failed.
    pub why: Option<String>,
    /// What it says.
    pub report: Option<Report>,
    /// The currency of its sums.
    pub currency: Currency,
}

/// The page; one that waits looks again by itself.
pub fn page_of(f: &Frame, vm: &Vm) -> Markup {
    let t = f.t;
    let (mark, key) = one::progress(vm.progress);
    page(
        f,
        &vm.name,
        Width::Wide,
        html! {
            (back(t, &format!("/analyst/scenarios/{}", vm.scenario)))
            h1 { span.caption { (t.t("scenario-comparison")) } (vm.name) }
            @match (&vm.report, vm.progress) {
                (Some(report), _) => { (told(f, vm, report)) }
                (None, Progress::Failed) => {
                    (notice(Tone::Stop, &t.t("scenario-failed"), html! { p { (vm.why.as_deref().unwrap_or_default()) } }))
                }
                _ => {
                    p { (tag(mark, &t.t(key))) }
                    @if vm.households.0 > 0 {
                        progress max=(vm.households.0) value=(vm.households.1) aria-label=(t.t("scenario-progress")) {}
                        p { (t.with("scenario-at", &[("done", t.number(vm.households.1).into()), ("all", t.number(vm.households.0).into())])) }
                    }
                    p { a href=(format!("/analyst/comparisons/{}", vm.id)) { (t.t("scenario-look-again")) } }
                }
            }
        },
    )
}

fn told(f: &Frame, vm: &Vm, report: &Report) -> Markup {
    let t = f.t;
    let number = |n: u64| t.number(i64::try_from(n).unwrap_or(i64::MAX));
    html! {
        p.lead { (t.with("scenario-over", &[
            ("origin", report.origin.as_str().into()), ("day", t.date(report.on).into()),
            ("households", number(report.households).into()), ("persons", number(report.persons).into()),
        ])) }
        p.small.soft {
            (t.with("scenario-kept", &[("below", number(report.suppress_below).into())])) " "
            @if report.aside > 0 { (t.with("scenario-aside", &[("count", number(report.aside).into())])) }
        }
        @if !report.failed.is_empty() {
            (notice(Tone::Warn, &t.t("scenario-parts-failed"), html! { ul { @for why in &report.failed { li { (why) } } } }))
        }
        div.actions { a.btn.btn--second href=(format!("/analyst/comparisons/{}/table.csv", vm.id)) { (t.t("scenario-csv")) } }
        (programmes(f, vm.currency, report))
        (households(f, vm.currency, report))
        (poverty(f, vm.currency, report))
        (curves(f, vm.currency, report))
        (overlap(f, report))
        (unclaimed(f, report))
    }
}

fn arrow(before: &str, after: &str) -> Markup {
    html! { span.num { (before) } " → " strong.num { (after) } }
}

fn programmes(f: &Frame, currency: Currency, report: &Report) -> Markup {
    let t = f.t;
    let keys = [
        "programme",
        "scenario-entitled",
        "scenario-cost",
        "scenario-gained",
        "scenario-lost",
        "scenario-more",
        "scenario-less",
    ];
    let headings = keys.map(|k| t.t(k).into_owned());
    let rows: Vec<Vec<Markup>> = report
        .programmes
        .iter()
        .map(|p| {
            let number = |n| html! { span.num { (count(t, n)) } };
            vec![
                html! { a href=(format!("/programmes/{}", p.id)) { (p.name.get(t.lang())) } },
                arrow(&count(t, p.base.entitled), &count(t, p.changed.entitled)),
                arrow(&money(t, currency, p.base.cost), &money(t, currency, p.changed.cost)),
                number(p.gained),
                number(p.lost),
                number(p.more),
                number(p.less),
            ]
        })
        .collect();
    html! {
        h2 { (t.t("scenario-programmes")) }
        @if rows.is_empty() { p { (t.t("scenario-no-programme")) } }
        @else {
            p { (t.t("scenario-programmes-lead")) }
            (table(&t.t("scenario-programmes"), &headings, &rows))
        }
    }
}

fn households(f: &Frame, currency: Currency, report: &Report) -> Markup {
    let t = f.t;
    let all = &report.all;
    html! {
        h2 { (t.t("scenario-winners-losers")) }
        p { (t.t("scenario-winners-lead")) }
        (pairs(&[
            (t.t("scenario-winners").into_owned(), html! { (count(t, all.winners)) " · " (money(t, currency, all.gain)) }),
            (t.t("scenario-losers").into_owned(), html! { (count(t, all.losers)) " · " (money(t, currency, all.loss)) }),
            (t.t("scenario-unchanged").into_owned(), html! { (count(t, all.unchanged)) }),
            (t.t("scenario-open").into_owned(), html! { (count(t, all.cannot_tell)) }),
            (t.t("scenario-net").into_owned(), html! { strong { (money(t, currency, all.net())) } }),
        ]))
        @for grouping in &report.groups { (grouped(f, currency, grouping)) }
    }
}

/// The heading of a way of grouping.
fn by(grouping: &Grouping) -> &'static str {
    match grouping.by.as_str() {
        "income_fifth" => "scenario-by-income-fifth",
        "household_type" => "scenario-by-household-type",
        _ => "scenario-by-area",
    }
}

fn grouped(f: &Frame, currency: Currency, grouping: &Grouping) -> Markup {
    let t = f.t;
    let keys = [
        "scenario-group",
        "scenario-households",
        "scenario-winners",
        "scenario-losers",
        "scenario-unchanged",
        "scenario-open",
        "scenario-gain",
        "scenario-loss",
    ];
    let headings = keys.map(|k| t.t(k).into_owned());
    let names: Vec<String> = grouping.groups.iter().map(|(name, _)| group_name(t, &grouping.by, name)).collect();
    let rows: Vec<Vec<Markup>> = grouping
        .groups
        .iter()
        .zip(&names)
        .map(|((_, g), name)| {
            let counts = [g.households, g.winners, g.losers, g.unchanged, g.cannot_tell];
            let mut row = vec![html! { (name) }];
            row.extend(counts.map(|n| html! { span.num { (count(t, n)) } }));
            row.extend([g.gain, g.loss].map(|sum| html! { span.num { (money(t, currency, sum)) } }));
            row
        })
        .collect();
    let title = t.t(by(grouping));
    let share = |n: Option<u64>, of: Option<u64>| i64::try_from((n? * 1_000).checked_div(of?)?).ok();
    let values: Vec<(Option<i64>, Option<i64>)> = grouping
        .groups
        .iter()
        .map(|(_, g)| (share(g.of(Class::Winner), g.households), share(g.of(Class::Loser), g.households)))
        .collect();
    html! {
        h3 { (title) }
        @if grouping.by == "income_fifth" {
            (chart::figure(
                Bars { names: &names, values: &values, axis: &t.t("scenario-axis-share") }.svg(),
                &t.t("scenario-chart-fifths"),
                &t.t("scenario-chart-fifths-caption"),
            ))
        }
        (table(&title, &headings, &rows))
    }
}

fn poverty(f: &Frame, currency: Currency, report: &Report) -> Markup {
    let t = f.t;
    html! {
        @if let Some(p) = &report.poverty {
            h2 { (t.t("scenario-poverty")) }
            p { (t.with("scenario-poverty-lead", &[
                ("percent", t.number(p.percent).into()), ("line", money(t, currency, Some(p.line.into())).into()),
                ("persons", t.number(i64::try_from(p.persons).unwrap_or(i64::MAX)).into()),
                ("unknown", t.number(i64::try_from(p.unknown).unwrap_or(i64::MAX)).into()),
            ])) }
            @let ([poor, poor_after], [gap, gap_after], [share, share_after]) = (p.poor, p.gap, p.gap_permille);
            (pairs(&[
                (t.t("scenario-poor").into_owned(), arrow(&count(t, poor), &count(t, poor_after))),
                (t.t("scenario-gap").into_owned(), arrow(&money(t, currency, gap), &money(t, currency, gap_after))),
                (t.t("scenario-gap-share").into_owned(), arrow(&tenths(share), &tenths(share_after))),
            ]))
        }
    }
}

/// Thousandths as percent with one place.
fn tenths(permille: Option<i64>) -> String {
    permille.map_or_else(|| "–".to_owned(), |n| format!("{}.{} %", n / 10, n % 10))
}

fn curves(f: &Frame, currency: Currency, report: &Report) -> Markup {
    let t = f.t;
    html! {
        @if !report.curves.is_empty() {
            h2 { (t.t("scenario-curves")) }
            p { (t.t("scenario-curves-lead")) }
            @for curve in &report.curves { (curve_of(f, currency, curve)) }
        }
    }
}

fn curve_of(f: &Frame, currency: Currency, curve: &Curve) -> Markup {
    let t = f.t;
    let name = curve.name.get(t.lang());
    let income = curve.income.get(t.lang());
    let unit = currency.unit().max(1);
    let net = |p: &population::whatif::Point, side: usize| {
        p.income.saturating_add(p.benefits.get(side).copied().unwrap_or(0)) / unit
    };
    let points: Vec<(i64, i64, i64)> = curve.points.iter().map(|p| (p.income / unit, net(p, 0), net(p, 1))).collect();
    let headings =
        ["scenario-curve-income", "scenario-curve-before", "scenario-curve-after", "scenario-curve-marginal"];
    let headings = headings.map(|k| t.t(k).into_owned());
    let percent =
        |n: usize, side: usize| curve.marginal_percent(n, side).map_or("–".to_owned(), |p| format!("{p} %"));
    let rows: Vec<Vec<Markup>> = curve
        .points
        .iter()
        .enumerate()
        .map(|(n, p)| {
            let [before, after] = p.benefits;
            let sum = |minor: i64| money(t, currency, Some(minor.into()));
            vec![
                html! { span.num { (sum(p.income)) } },
                html! { span.num { (sum(before)) } },
                html! { span.num { (sum(after)) } },
                arrow(&percent(n, 0), &percent(n, 1)),
            ]
        })
        .collect();
    let cliffs = |side: usize| {
        let all = curve.cliffs(side).into_iter().map(|(n, fall)| {
            let at = curve.points.get(n).map_or(0, |p| p.income);
            let (at, fall) = (money(t, currency, Some(at.into())), money(t, currency, Some(fall.into())));
            t.with("scenario-cliff", &[("at", at.into()), ("fall", fall.into())]).into_owned()
        });
        all.collect::<Vec<String>>()
    };
    let open = curve.points.iter().any(|p| p.open.contains(&true));
    html! {
        h3 { (name) }
        (chart::figure(
            Lines { points: &points, axes: (&t.with("scenario-axis-income", &[("income", income.into())]), &t.t("scenario-axis-has")) }.svg(),
            &t.with("scenario-chart-curve", &[("name", name.into())]),
            &t.t("scenario-chart-curve-caption"),
        ))
        @if open { p.small.soft { (t.t("scenario-curve-open")) } }
        @for (side, key) in [(0, "scenario-cliffs-before"), (1, "scenario-cliffs-after")] {
            @let cliffs = cliffs(side);
            p { (t.with(key, &[("count", cliffs.len().into())])) }
            @if !cliffs.is_empty() { ul { @for line in &cliffs { li { (line) } } } }
        }
        details { summary { (t.t("scenario-curve-table")) span.hidden-visually { ": " (name) } } (table(name, &headings, &rows)) }
    }
}

fn overlap(f: &Frame, report: &Report) -> Markup {
    let t = f.t;
    let headings = ["programme", "scenario-receives", "scenario-households"].map(|k| t.t(k).into_owned());
    let name = |id: &str| {
        let found = report.programmes.iter().find(|p| p.id == id);
        found.map_or_else(|| plain(id), |p| p.name.clone()).get(t.lang()).to_owned()
    };
    let rows: Vec<Vec<Markup>> = report
        .overlap
        .iter()
        .map(|o| {
            let [before, after] = o.households;
            let other = Some(o.other.name.get(t.lang())).filter(|n| !n.is_empty()).unwrap_or(&o.other.id);
            vec![html! { (name(&o.programme)) }, html! { (other) }, arrow(&count(t, before), &count(t, after))]
        })
        .collect();
    html! {
        @if !rows.is_empty() {
            h2 { (t.t("scenario-overlap")) }
            p { (t.t("scenario-overlap-lead")) }
            (table(&t.t("scenario-overlap"), &headings, &rows))
        }
    }
}

fn unclaimed(f: &Frame, report: &Report) -> Markup {
    let t = f.t;
    let headings = ["scenario-area", "scenario-entitled", "scenario-not-claimed"].map(|k| t.t(k).into_owned());
    html! {
        @if !report.unclaimed.is_empty() {
            h2 { (t.t("scenario-unclaimed")) }
            p { (t.t("scenario-unclaimed-lead")) }
            @for p in &report.programmes {
                @let name = p.name.get(t.lang());
                @let rows: Vec<Vec<Markup>> = report.unclaimed.iter().filter(|u| u.programme == p.id).map(|u| {
                    let ([entitled, then], [before, after]) = (u.entitled, u.unclaimed);
                    vec![
                        html! { (group_name(t, "area", &u.area)) },
                        arrow(&count(t, entitled), &count(t, then)),
                        arrow(&count(t, before), &count(t, after)),
                    ]
                }).collect();
                @if !rows.is_empty() { details { summary { (name) } (table(name, &headings, &rows)) } }
            }
        }
    }
}
