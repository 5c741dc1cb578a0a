//! Charts as SVG, drawn on the server. Each stands beside a table that says the same; colours follow the page's.

use maud::{Markup, PreEscaped, html};
use plotters::prelude::*;

/// Width and height of a chart in its own units; the page scales it.
const SIZE: (u32, u32) = (720, 320);
/// Font and size of what is written.
const TEXT: (&str, i32) = ("sans-serif", 14);
/// As it is, and for what is lost.
const FIRST: RGBColor = RGBColor(0xb4, 0x53, 0x09);
/// As it would be, and for what is gained.
const SECOND: RGBColor = RGBColor(0x0f, 0x76, 0x6e);

/// A bar above and a bar below the line for each group, in thousandths; a group without numbers has none.
pub struct Bars<'a> {
    /// What the groups are called.
    pub names: &'a [String],
    /// Above and below, both from 0 up.
    pub values: &'a [(Option<i64>, Option<i64>)],
    /// What the axis measures.
    pub axis: &'a str,
}

/// Two lines over one axis.
pub struct Lines<'a> {
    /// Where, and how high before and after; all in the currency's own unit.
    pub points: &'a [(i64, i64, i64)],
    /// What the axes measure.
    pub axes: (&'a str, &'a str),
}

/// A picture with its words; what cannot be drawn leaves the words.
pub fn figure(svg: Option<String>, label: &str, caption: &str) -> Markup {
    html! {
        figure.chart {
            @if let Some(svg) = svg {
                div.scroll role="region" aria-label=(label) tabindex="0" { div role="img" aria-label=(label) { (PreEscaped(svg)) } }
            }
            figcaption.small.soft { (caption) }
        }
    }
}

impl Bars<'_> {
    /// The SVG; `None` where there is nothing to draw.
    pub fn svg(&self) -> Option<String> {
        let most = self.values.iter().flat_map(|(a, b)| [*a, *b]).flatten().max().filter(|n| *n > 0)?;
        let room = i32::try_from(most + most / 8 + 1).ok()?;
        let groups = i32::try_from(self.values.len()).ok()?;
        let mut svg = String::new();
        let drawn = (|| {
            let area = SVGBackend::with_string(&mut svg, SIZE).into_drawing_area();
            let mut chart = ChartBuilder::on(&area)
                .margin(8)
                .x_label_area_size(36)
                .y_label_area_size(64)
                .build_cartesian_2d((0..groups).into_segmented(), -room..room)?;
            let name = |at: &SegmentValue<i32>| match at {
                SegmentValue::CenterOf(n) => {
                    usize::try_from(*n).ok().and_then(|n| self.names.get(n)).cloned().unwrap_or_default()
                }
                _ => String::new(),
            };
            chart
                .configure_mesh()
                .label_style(TEXT)
                .axis_desc_style(TEXT)
                .disable_x_mesh()
                .x_labels(self.names.len())
                .x_label_formatter(&name)
                .y_label_formatter(&|n| format!("{} %", n.abs() / 10))
                .y_labels(7)
                .y_desc(self.axis)
                .draw()?;
            let bar = |n: i32, to: i64, color: RGBColor| {
                let to = i32::try_from(to).unwrap_or(0);
                let mut bar =
                    Rectangle::new([(SegmentValue::Exact(n), 0), (SegmentValue::Exact(n + 1), to)], color.filled());
                bar.set_margin(0, 0, 14, 14);
                bar
            };
            let all = (0..).zip(self.values);
            let up = all.clone().filter_map(|(n, (up, _))| Some(bar(n, (*up)?, SECOND)));
            chart.draw_series(up)?;
            let down = all.filter_map(|(n, (_, down))| Some(bar(n, -(*down)?, FIRST)));
            chart.draw_series(down)?;
            area.present()
        })();
        drawn.ok().map(|()| svg)
    }
}

impl Lines<'_> {
    /// The SVG; `None` where there is nothing to draw.
    pub fn svg(&self) -> Option<String> {
        let (from, to) = (self.points.first()?.0, self.points.last()?.0);
        let highest = self.points.iter().flat_map(|p| [p.1, p.2]).max()?;
        let lowest = self.points.iter().flat_map(|p| [p.1, p.2]).min()?.min(0);
        if from >= to || highest <= lowest {
            return None;
        }
        let mut svg = String::new();
        let drawn = (|| {
            let area = SVGBackend::with_string(&mut svg, SIZE).into_drawing_area();
            let mut chart = ChartBuilder::on(&area)
                .margin(8)
                .x_label_area_size(44)
                .y_label_area_size(84)
                .build_cartesian_2d(from..to, lowest..highest + (highest - lowest) / 10 + 1)?;
            chart
                .configure_mesh()
                .label_style(TEXT)
                .axis_desc_style(TEXT)
                .light_line_style(TRANSPARENT)
                .x_labels(6)
                .y_labels(6)
                .x_label_formatter(&|n| grouped(*n))
                .y_label_formatter(&|n| grouped(*n))
                .x_desc(self.axes.0)
                .y_desc(self.axes.1)
                .draw()?;
            let before = self.points.iter().map(|p| (p.0, p.1));
            chart.draw_series(DashedLineSeries::new(before, 8, 5, FIRST.stroke_width(2)))?;
            chart.draw_series(LineSeries::new(self.points.iter().map(|p| (p.0, p.2)), SECOND.stroke_width(3)))?;
            area.present()
        })();
        drawn.ok().map(|()| svg)
    }
}

/// Thousands apart, for the narrow labels of an axis.
fn grouped(n: i64) -> String {
    let digits = n.unsigned_abs().to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push('\u{a0}');
        }
        out.push(digit);
    }
    if n < 0 { format!("−{out}") } else { out }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chart_has_its_bars_and_nothing_where_there_is_nothing() {
        let names: Vec<String> = ["1", "2", "3"].map(str::to_owned).to_vec();
        let values = [(Some(120), Some(0)), (None, Some(35)), (Some(1), None)];
        let svg = Bars { names: &names, values: &values, axis: "%" }.svg().unwrap();
        assert!(svg.starts_with("<svg") && svg.matches("<rect").count() >= 3, "{svg}");
        // No page may carry styles of its own.
        assert!(!svg.contains("style="), "{svg}");
        assert_eq!(Bars { names: &names, values: &[(None, None)], axis: "" }.svg(), None);
    }

    #[test]
    fn a_curve_has_two_lines() {
        let points = [(0, 0, 0), (10, 50, 20), (20, 0, 60)];
        let svg = Lines { points: &points, axes: ("a", "b") }.svg().unwrap();
        assert!(svg.contains("<polyline") && !svg.contains("style="), "{svg}");
        assert_eq!(Lines { points: &[], axes: ("", "") }.svg(), None);
        assert_eq!(grouped(-1_234_567), "−1\u{a0}234\u{a0}567");
    }
}
