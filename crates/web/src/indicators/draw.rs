//! The curve of an indicator and its map, drawn on the server as SVG. Each stands beside a table that says the same.

use maud::{Markup, html};
use plotters::prelude::*;

pub(crate) use crate::analyst::scenarios::chart::figure;

/// Width and height in units of its own; the page scales it.
const SIZE: (u32, u32) = (720, 320);
const TEXT: (&str, i32) = ("sans-serif", 14);
/// Replaced by the page's own colour (`hearth.css`).
const LINE: RGBColor = RGBColor(0x0f, 0x76, 0x6e);
/// A map is no higher than this.
const HIGHEST: i32 = 480;

/// A place on the map.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Area {
    /// Its name.
    pub name: String,
    /// Its corners.
    pub points: Vec<(i32, i32)>,
    /// How dark it is: 0 to 4, from the least to the most. `None`: kept back, or nothing counted.
    pub shade: Option<u8>,
    /// As it is written.
    pub written: String,
}

/// How dark each of some figures is, in fifths from 0 to the highest.
pub fn shades(values: &[Option<u64>]) -> Vec<Option<u8>> {
    let most = values.iter().flatten().copied().max().unwrap_or(0);
    let shade = |value: u64| (value * 5).checked_div(most).map_or(0, |fifth| u8::try_from(fifth.min(4)).unwrap_or(4));
    values.iter().map(|value| value.map(shade)).collect()
}

/// A curve over periods, in tenths; interrupted where a figure is kept back. `None`: nothing to draw.
pub fn curve(points: &[(String, Option<u64>)]) -> Option<String> {
    let most = points.iter().filter_map(|(_, value)| *value).max()?;
    let room = i32::try_from(most + most / 8 + 10).ok()?;
    let last = i32::try_from(points.len()).ok()? - 1;
    let mut svg = String::new();
    let drawn = (|| {
        let area = SVGBackend::with_string(&mut svg, SIZE).into_drawing_area();
        let mut chart = ChartBuilder::on(&area)
            .margin(12)
            .x_label_area_size(36)
            .y_label_area_size(72)
            .build_cartesian_2d(0..last.max(1), 0..room)?;
        let name = |at: &i32| {
            let at = usize::try_from(*at).ok();
            at.and_then(|at| points.get(at)).map_or_else(String::new, |(name, _)| name.clone())
        };
        chart
            .configure_mesh()
            .label_style(TEXT)
            .disable_x_mesh()
            .light_line_style(TRANSPARENT)
            .x_labels(points.len().min(7))
            .y_labels(6)
            .x_label_formatter(&name)
            .y_label_formatter(&|n| if n % 10 == 0 { format!("{}", n / 10) } else { format!("{}.{}", n / 10, n % 10) })
            .draw()?;
        let all = (0..).zip(points).map(|(at, (_, value))| Some((at, i32::try_from((*value)?).ok()?)));
        let all: Vec<Option<(i32, i32)>> = all.collect();
        for run in all.split(Option::is_none) {
            let run: Vec<(i32, i32)> = run.iter().flatten().copied().collect();
            chart.draw_series(LineSeries::new(run.clone(), LINE.stroke_width(3)))?;
            chart.draw_series(run.iter().map(|at| Circle::new(*at, 4, LINE.filled())))?;
        }
        area.present()
    })();
    drawn.ok().map(|()| svg)
}

/// A map: each place an outline, the darker the higher; hatched where nothing is told. `None`: nothing to draw.
pub fn map(areas: &[Area]) -> Option<String> {
    let corners = || areas.iter().flat_map(|a| a.points.iter());
    let (left, right) = (corners().map(|p| p.0).min()?, corners().map(|p| p.0).max()?);
    let (top, bottom) = (corners().map(|p| p.1).min()?, corners().map(|p| p.1).max()?);
    let (wide, high) = ((right - left).max(1), (bottom - top).max(1));
    // Coordinates of the pack are brought to the width of a page.
    let scale = |n: i32| n * 680 / wide.max(high * 680 / HIGHEST);
    let drawn: Markup = html! {
        svg xmlns="http://www.w3.org/2000/svg" viewBox=(format!("0 0 {} {}", scale(wide) + 8, scale(high) + 8)) {
            @for area in areas {
                @let at: Vec<(i32, i32)> = area.points.iter().map(|p| (4 + scale(p.0 - left), 4 + scale(p.1 - top))).collect();
                @let points = at.iter().map(|(x, y)| format!("{x},{y}")).collect::<Vec<_>>().join(" ");
                @let middle = middle(&at);
                @let class = area.shade.map_or_else(|| "map-none".to_owned(), |shade| format!("map-{shade}"));
                polygon class=(class) points=(points) {}
                text class="map-name" x=(middle.0) y=(middle.1 - 2) { (area.name) }
                text class="map-value" x=(middle.0) y=(middle.1 + 14) { (area.written) }
            }
        }
    };
    Some(drawn.into_string())
}

/// The middle of the corners.
fn middle(points: &[(i32, i32)]) -> (i32, i32) {
    let count = i32::try_from(points.len()).unwrap_or(1).max(1);
    let sum = points.iter().fold((0, 0), |sum, p| (sum.0 + p.0, sum.1 + p.1));
    (sum.0 / count, sum.1 / count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_curve_stops_where_a_figure_is_kept_back() {
        let point = |name: &str, value| (name.to_owned(), value);
        let points =
            [point("a", Some(10)), point("b", Some(20)), point("c", None), point("d", Some(5)), point("e", Some(0))];
        let svg = curve(&points).unwrap();
        assert_eq!(svg.matches("<circle").count(), 4, "{svg}");
        assert!(!svg.contains("style="), "no page may carry styles of its own: {svg}");
        assert_eq!(curve(&[point("a", None)]), None);
    }

    #[test]
    fn a_map_is_the_darker_the_higher_and_says_its_figures() {
        assert_eq!(shades(&[Some(0), Some(50), Some(100), None]), [Some(0), Some(2), Some(4), None]);
        assert_eq!(shades(&[None]), [None]);
        let area = |name: &str, x, shade| Area {
            name: name.to_owned(),
            points: vec![(x, 0), (x + 10, 0), (x + 10, 10), (x, 10)],
            shade,
            written: "50.0 %".to_owned(),
        };
        let svg = map(&[area("A & B", 0, Some(4)), area("C", 10, None)]).unwrap();
        assert!(svg.contains("A &amp; B</text>") && svg.contains("map-4") && svg.contains("map-none"), "{svg}");
        assert_eq!(map(&[]), None);
    }
}
