//! From counts of districts to what may be told: by district, province and country, small numbers kept back with whatever they could
//! be worked out from. Each period stands alone: there are no sums over time from which one that is kept back could be taken.

use std::collections::HashMap;

use catalogue::Pack;
use catalogue::model::{Indicator, Indicators, Level};
use kernel::Date;
use kernel::tree::{Node, hidden};

use crate::count::{Counted, Tally};
use crate::period::Period;

/// What is told of a place in a period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Figure {
    /// The period.
    pub period: Period,
    /// The place.
    pub place: String,
    /// What counts, and over what; `None`: kept back.
    pub told: Option<(u64, u64)>,
}

/// What may be told of an indicator on a day, of every place in which anything was counted.
pub fn publish(
    pack: &Pack,
    indicators: &Indicators,
    indicator: &Indicator,
    (places, counted): (&[String], &Counted),
    today: Date,
) -> Vec<Figure> {
    let tree = Places::new(pack, places);
    let lag = indicators.settle_days + indicator.measure.lag_days();
    let settled = counted.periods.iter().zip(&counted.tallies).filter(|(p, _)| p.is_settled(lag, today));
    settled.flat_map(|(period, tallies)| tree.figures(*period, indicator, tallies, indicators.suppress_below)).collect()
}

/// A place that figures are of, or that lies around one.
struct Place {
    id: String,
    /// The number of the place around it.
    parent: Option<usize>,
    /// Whether it is told of at all.
    told: bool,
}

/// Districts that were counted and everything around them.
struct Places {
    all: Vec<Place>,
    /// Where the districts of the columns stand.
    leaves: Vec<usize>,
}

impl Places {
    fn new(pack: &Pack, districts: &[String]) -> Places {
        let mut all: Vec<Place> = Vec::new();
        let mut known: HashMap<String, usize> = HashMap::new();
        let mut leaves = Vec::with_capacity(districts.len());
        for district in districts {
            let around = pack.ancestors(district);
            // A family of which no more than the province is known is told of within the province alone.
            let told = around.first().is_some_and(|j| j.level == Level::District);
            let mut parent = None;
            for j in around.iter().rev().filter(|j| !told || j.id != *district) {
                let at = *known.entry(j.id.clone()).or_insert_with(|| {
                    all.push(Place { id: j.id.clone(), parent, told: true });
                    all.len() - 1
                });
                parent = Some(at);
            }
            leaves.push(all.len());
            all.push(Place { id: district.clone(), parent, told });
        }
        Places { all, leaves }
    }

    fn figures(&self, period: Period, indicator: &Indicator, tallies: &[Tally], below: u32) -> Vec<Figure> {
        let share = indicator.measure.is_share();
        let node = |p: &Place| Node { parent: p.parent, counts: [0; 3], never: !p.told };
        let mut nodes: Vec<Node> = self.all.iter().map(node).collect();
        let mut sums = vec![Tally::default(); self.all.len()];
        for (leaf, tally) in self.leaves.iter().zip(tallies) {
            let rest = tally.of.saturating_sub(tally.n);
            if let Some(node) = nodes.get_mut(*leaf) {
                node.counts = if share { [tally.families, tally.n, rest] } else { [tally.families, 0, 0] };
            }
            let mut at = Some(*leaf);
            while let Some(sum) = at.and_then(|at| sums.get_mut(at)) {
                (sum.n, sum.of, sum.families) = (sum.n + tally.n, sum.of + tally.of, sum.families + tally.families);
                at = at.and_then(|at| self.all.get(at)).and_then(|p| p.parent);
            }
        }
        let hidden = hidden(&nodes, u64::from(below));
        let mut figures = Vec::new();
        for ((place, sum), hidden) in self.all.iter().zip(sums).zip(hidden) {
            if place.told && sum.families > 0 {
                let told = (!hidden).then_some((sum.n, sum.of));
                figures.push(Figure { period, place: place.id.clone(), told });
            }
        }
        figures
    }
}
