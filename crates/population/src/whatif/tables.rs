//! A report as one table: a row a number, before and after.

use std::fmt::Display;

use super::report::{Group, Report};

/// What stands for a number that is kept back.
const KEPT_BACK: &str = "x";

/// The report as CSV: `table,programme,group_by,group,measure,before,after`. `x` stands for what is kept back; sums are in
/// minor units a year.
pub fn csv(report: &Report) -> Result<String, csv::Error> {
    let mut rows = Rows { writer: csv::Writer::from_writer(Vec::new()) };
    rows.writer.write_record(["table", "programme", "group_by", "group", "measure", "before", "after"])?;
    let of = |of: &dyn Display| of.to_string();
    rows.add(["about", "", "", "", "snapshot"], &of(&report.snapshot), "")?;
    rows.add(["about", "", "", "", "pack"], &report.base, &report.changed)?;
    rows.add(["about", "", "", "", "day"], &of(&report.on), "")?;
    rows.add(["about", "", "", "", "households"], &of(&report.households), "")?;
    rows.add(["about", "", "", "", "persons"], &of(&report.persons), "")?;
    rows.add(["about", "", "", "", "set_aside"], &of(&report.aside), "")?;
    rows.add(["about", "", "", "", "kept_back_below"], &of(&report.suppress_below), "")?;
    for p in &report.programmes {
        let (a, b) = (&p.base, &p.changed);
        let mut add = |measure: &str, before: String, after: String| {
            rows.add(["programme", &p.id, "", "", measure], &before, &after)
        };
        add("entitled", number(a.entitled), number(b.entitled))?;
        add("cost", number(a.cost), number(b.cost))?;
        add("open", number(a.open), number(b.open))?;
        add("errors", number(a.errors), number(b.errors))?;
        for (measure, n) in [("gained", p.gained), ("lost", p.lost), ("more", p.more), ("less", p.less)] {
            add(measure, String::new(), number(n))?;
        }
    }
    rows.group("", "", &report.all)?;
    for grouping in &report.groups {
        for (name, group) in &grouping.groups {
            rows.group(&grouping.by, &name.id, group)?;
        }
    }
    if let Some(p) = &report.poverty {
        let ([poor, poor_after], [gap, gap_after]) = (p.poor, p.gap);
        rows.add(["poverty", "", "", "", "line"], &of(&p.line), &of(&p.line))?;
        rows.add(["poverty", "", "", "", "persons"], &of(&p.persons), &of(&p.persons))?;
        rows.add(["poverty", "", "", "", "income_unknown"], &of(&p.unknown), &of(&p.unknown))?;
        rows.add(["poverty", "", "", "", "poor"], &number(poor), &number(poor_after))?;
        rows.add(["poverty", "", "", "", "gap"], &number(gap), &number(gap_after))?;
        let [share, share_after] = p.gap_permille;
        rows.add(["poverty", "", "", "", "gap_permille"], &number(share), &number(share_after))?;
    }
    for o in &report.overlap {
        let [before, after] = o.households;
        rows.add(["overlap", &o.programme, "receives", &o.other.id, "households"], &number(before), &number(after))?;
    }
    for u in &report.unclaimed {
        for (measure, [before, after]) in [("entitled", u.entitled), ("unclaimed", u.unclaimed)] {
            let place = ["unclaimed", u.programme.as_str(), "area", u.area.id.as_str(), measure];
            rows.add(place, &number(before), &number(after))?;
        }
    }
    for curve in &report.curves {
        for point in &curve.points {
            let [before, after] = point.benefits;
            let place = ["curve", "", curve.id.as_str(), &of(&point.income), "benefits"];
            rows.add(place, &of(&before), &of(&after))?;
        }
    }
    let bytes = rows.writer.into_inner().map_err(|e| std::io::Error::other(e.to_string()))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

struct Rows {
    writer: csv::Writer<Vec<u8>>,
}

impl Rows {
    fn add(&mut self, place: [&str; 5], before: &str, after: &str) -> Result<(), csv::Error> {
        self.writer.write_record(place.into_iter().chain([before, after]))
    }

    fn group(&mut self, by: &str, group: &str, of: &Group) -> Result<(), csv::Error> {
        let counts = [
            ("households", number(of.households)),
            ("winners", number(of.winners)),
            ("losers", number(of.losers)),
            ("unchanged", number(of.unchanged)),
            ("cannot_tell", number(of.cannot_tell)),
            ("gain", number(of.gain)),
            ("loss", number(of.loss)),
        ];
        counts.iter().try_for_each(|(measure, n)| self.add(["households", "", by, group, measure], "", n))
    }
}

fn number<T: Display>(n: Option<T>) -> String {
    n.map_or_else(|| KEPT_BACK.to_owned(), |n| n.to_string())
}
