//! From counts of districts to what may be told: by district, province and country, small numbers kept back with whatever they could
//! be worked out from. Each period stands alone: there are no sums over time from which one that is kept back could be taken.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use catalogue::Pack;
use catalogue::model::{Indicator, Indicators, Jurisdiction, Level, PlacePart};
use kernel::Date;
use kernel::tree::{Counts, Node, hidden, is_safe};
use rules::schema::Value;

use crate::count::{Counted, FIFTHS, Tally};
use crate::period::Period;

/// What is told of a place in a period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Figure {
    /// The period.
    pub period: Period,
    /// The place.
    pub place: String,
    /// The kind of districts within it, by id; empty: all of them.
    pub part: String,
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
    let tree = Places::new(pack, indicators, places);
    let lag = indicators.settle_days + indicator.measure.lag_days();
    let settled = counted.periods.iter().zip(&counted.tallies).filter(|(p, _)| p.is_settled(lag, today));
    let below = indicators.suppress_below;
    let mut all: Vec<Figure> =
        settled.flat_map(|(period, tallies)| tree.figures(*period, indicator, tallies, below)).collect();
    if indicators.incomes.is_some() && indicator.measure.has_incomes() {
        let country = |f: &&Figure| f.place == root(pack) && f.part.is_empty() && f.told.is_some();
        let told: BTreeSet<Period> = all.iter().filter(country).map(|f| f.period).collect();
        let share = indicator.measure.is_share();
        let periods = counted.periods.iter().zip(&counted.fifths).filter(|(p, _)| told.contains(p));
        all.extend(periods.flat_map(|(p, tallies)| fifths(pack, (*p, share, u64::from(below)), tallies)));
    }
    all
}

fn root(pack: &Pack) -> &str {
    &pack.manifest().root_jurisdiction
}

/// The name of the part of a fifth of income: `fifth_1` to `fifth_5`.
pub fn fifth(n: usize) -> String {
    format!("fifth_{n}")
}

/// The country by fifths of income, where its sum is told: some are kept back so that none of few can be worked out as the rest, and all where
/// that is not enough. Fifths are told of no smaller place, so districts and fifths share nothing but the country's sum.
fn fifths(pack: &Pack, (period, share, below): (Period, bool, u64), tallies: &[Tally; FIFTHS]) -> Vec<Figure> {
    let leaf = |t: &Tally| {
        let rest = t.of.saturating_sub(t.n);
        Node { parent: Some(0), counts: if share { [t.families, t.n, rest] } else { [t.families, 0, 0] }, never: false }
    };
    let mut nodes = vec![Node { parent: None, counts: [0; 3], never: false }];
    nodes.extend(tallies.iter().map(leaf));
    let hidden = hidden(&nodes, below);
    // The sum is told elsewhere, so it cannot be kept back here.
    let of_some = tallies.iter().skip(1).filter(|t| t.families > 0).count();
    if hidden.first() != Some(&false) || of_some < 2 {
        return Vec::new();
    }
    let figure = |(n, (tally, hidden)): (usize, (&Tally, &bool))| {
        let told = (!hidden).then_some((tally.n, tally.of));
        (n > 0 && tally.families > 0).then(|| Figure { period, place: root(pack).to_owned(), part: fifth(n), told })
    };
    tallies.iter().zip(hidden.iter().skip(1)).enumerate().filter_map(figure).collect()
}

/// A place that figures are of, or that lies around one.
struct Place {
    id: String,
    /// The number of the place around it.
    parent: Option<usize>,
    /// Whether it is told of at all.
    told: bool,
    /// The kind of district it is.
    part: Option<String>,
}

/// A kind of districts in a province.
type InProvince<'a> = (Option<usize>, Option<&'a str>);

/// Districts that were counted and everything around them.
struct Places {
    all: Vec<Place>,
    /// Where the districts of the columns stand.
    leaves: Vec<usize>,
}

impl Places {
    fn new(pack: &Pack, indicators: &Indicators, districts: &[String]) -> Places {
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
                    all.push(Place { id: j.id.clone(), parent, told: true, part: None });
                    all.len() - 1
                });
                parent = Some(at);
            }
            leaves.push(all.len());
            all.push(Place { id: district.clone(), parent, told, part: part(&around, indicators) });
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
        let mut figures = self.parts(period, tallies, (&nodes, &hidden, u64::from(below)));
        for ((place, sum), hidden) in self.all.iter().zip(sums).zip(hidden) {
            if place.told && sum.families > 0 {
                let told = (!hidden).then_some((sum.n, sum.of));
                figures.push(Figure { period, place: place.id.clone(), part: String::new(), told });
            }
        }
        figures
    }

    /// The country by kinds of districts. Nothing unless what is kept back of each kind in each province could be told together:
    /// then even who knew the sums of every kind in every province could work out none of it.
    fn parts(&self, period: Period, tallies: &[Tally], (nodes, hidden, below): (&[Node], &[bool], u64)) -> Vec<Figure> {
        let root = self.all.iter().position(|p| p.parent.is_none());
        let Some(root) = root.filter(|root| hidden.get(*root) == Some(&false)) else { return Vec::new() };
        let mut kept: BTreeMap<InProvince<'_>, (Counts, usize)> = BTreeMap::new();
        let mut parts: BTreeMap<Option<&str>, (Tally, Counts)> = BTreeMap::new();
        for (leaf, tally) in self.leaves.iter().zip(tallies).filter(|(_, tally)| tally.families > 0) {
            let (Some(place), Some(node)) = (self.all.get(*leaf), nodes.get(*leaf)) else { continue };
            let part = place.part.as_deref();
            let (sum, counts) = parts.entry(part).or_default();
            (sum.n, sum.of, sum.families) = (sum.n + tally.n, sum.of + tally.of, sum.families + tally.families);
            add(counts, &node.counts);
            if hidden.get(*leaf) != Some(&false) {
                let (counts, places) = kept.entry((place.parent, part)).or_default();
                add(counts, &node.counts);
                *places += 1;
            }
        }
        let safe = kept.values().all(|(counts, places)| is_safe(counts, *places, below));
        // Two, for they are enough: none of them is worked out as the rest.
        let enough = parts.values().all(|(_, counts)| is_safe(counts, 2, below));
        if !safe || !enough || parts.len() < 2 {
            return Vec::new();
        }
        let place = self.all.get(root).map(|p| p.id.clone()).unwrap_or_default();
        let figure = |(part, (sum, _)): (Option<&str>, (Tally, Counts))| {
            Some(Figure { period, place: place.clone(), part: part?.to_owned(), told: Some((sum.n, sum.of)) })
        };
        parts.into_iter().filter_map(figure).collect()
    }
}

fn add(sum: &mut Counts, counts: &Counts) {
    sum.iter_mut().zip(counts).for_each(|(sum, n)| *sum += n);
}

/// The kind of district a place is: the first whose item has its value here, or around here.
fn part(around: &[&Jurisdiction], indicators: &Indicators) -> Option<String> {
    let value = |item: &str| around.iter().find_map(|j| j.attributes.iter().find(|(it, _)| it == item)).map(|(_, v)| v);
    let is = |p: &&PlacePart| match value(&p.item) {
        Some(Value::Boolean(flag)) => p.is.parse() == Ok(*flag),
        Some(Value::Code(code) | Value::Text(code)) => *code == p.is,
        _ => false,
    };
    indicators.parts.iter().find(is).map(|p| p.id.clone())
}
