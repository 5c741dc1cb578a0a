//! One group of entitlements that ties hold together: time is cut into stretches, each is solved, and single sums are
//! decided over all of them.

use kernel::Date;

use super::choice::{self, Best, is};
use super::links::{Conflict, Links};
use super::net;
use super::yearly;

/// One stretch of days with what runs on it.
#[derive(Clone, Debug)]
pub(super) struct Slice {
    pub(super) from: Date,
    pub(super) until: Date,
    /// By node of all links.
    pub(super) chosen: Vec<bool>,
    /// Sums left, by node.
    pub(super) sums: Vec<Option<i64>>,
}

/// Another lawful choice.
#[derive(Clone, Debug)]
pub(super) struct Other {
    pub(super) take: Vec<usize>,
    pub(super) give_up: Vec<usize>,
    pub(super) yearly: i64,
    pub(super) yearly_chosen: i64,
}

/// A solved group.
#[derive(Clone, Debug)]
pub(super) struct Solved {
    pub(super) nodes: Vec<usize>,
    pub(super) slices: Vec<Slice>,
    pub(super) others: Vec<Other>,
    /// Whether the search looked at everything and every choice had a lawful reason.
    pub(super) exact: bool,
}

/// One stretch before it is solved.
pub(super) struct Scene<'l> {
    pub(super) links: &'l Links,
    pub(super) nodes: Vec<usize>,
    from: Date,
    until: Date,
    /// Single sums in conflict that are had, by node.
    whole: &'l [bool],
}

impl Scene<'_> {
    fn runs(&self, n: usize) -> bool {
        self.links.nodes.get(n).is_some_and(|node| node.barred.is_none() && node.runs(self.from, self.until))
    }

    /// Conflicts between two that run here.
    pub(super) fn conflicts(&self) -> impl Iterator<Item = &Conflict> {
        self.links.conflicts.iter().filter(|c| self.nodes.contains(&c.a) && self.runs(c.a) && self.runs(c.b))
    }

    /// Nodes about which this stretch decides.
    pub(super) fn open(&self) -> Vec<usize> {
        let decided_here = |n: &usize| self.runs(*n) && self.contested(*n) && !once(self.links, *n);
        self.nodes.iter().copied().filter(decided_here).collect()
    }

    fn contested(&self, n: usize) -> bool {
        self.links.conflicts.iter().any(|c| c.other(n).is_some())
    }

    /// What runs whatever is decided here.
    pub(super) fn fixed(&self) -> Vec<bool> {
        let runs_anyway = |n: usize| match (self.contested(n), once(self.links, n)) {
            (false, _) => true,
            (true, true) => is(self.whole, n),
            (true, false) => false,
        };
        (0..self.links.nodes.len()).map(|n| self.nodes.contains(&n) && self.runs(n) && runs_anyway(n)).collect()
    }

    /// Whether something chosen excludes the node.
    pub(super) fn is_excluded(&self, n: usize, chosen: &[bool]) -> bool {
        self.conflicts().any(|c| c.other(n).is_some_and(|other| is(chosen, other)))
    }

    /// Whether any neighbour could push the node out.
    pub(super) fn could_be_out(&self, n: usize) -> bool {
        self.conflicts().any(|c| c.other(n).is_some_and(|other| c.may_win(other)))
    }

    /// Whether something chosen lawfully pushes the node out.
    pub(super) fn has_reason(&self, n: usize, chosen: &[bool]) -> bool {
        self.conflicts().any(|c| c.other(n).is_some_and(|other| is(chosen, other) && c.may_win(other)))
    }
}

fn once(links: &Links, n: usize) -> bool {
    links.nodes.get(n).is_some_and(super::links::Node::once)
}

/// Days are cut wherever an entitlement begins or ends.
fn stretches(links: &Links, nodes: &[usize]) -> Vec<(Date, Date)> {
    let ends = nodes.iter().filter_map(|n| links.nodes.get(*n)).filter(|n| n.start < n.end);
    let mut cuts: Vec<Date> = ends.flat_map(|n| [n.start, n.end]).collect();
    cuts.sort_unstable();
    cuts.dedup();
    cuts.windows(2).filter_map(|pair| if let [a, b] = pair { Some((*a, *b)) } else { None }).collect()
}

/// A way through all stretches.
struct Way {
    slices: Vec<Best>,
    rank: (i128, i64, i64),
    exact: bool,
}

/// Solves one group.
pub(super) fn solve(links: &Links, nodes: &[usize], on: Date) -> Solved {
    let stretches = stretches(links, nodes);
    let way = best_way(links, nodes, &stretches, on, None);
    let exact = way.as_ref().is_some_and(|w| w.exact);
    let slices: Vec<Slice> = way.map(|way| slices(links, &stretches, way)).unwrap_or_default();
    let mut others = Vec::<Other>::new();
    for node in nodes.iter().copied().filter(|n| links.conflicts.iter().any(|c| c.other(*n).is_some())) {
        let barred = links.nodes.get(node).is_none_or(|n| n.barred.is_some());
        if barred || slices.iter().any(|s| is(&s.chosen, node)) {
            continue;
        }
        if let Some(other) = instead(links, nodes, &stretches, on, node, &slices)
            && others.iter().all(|o| o.take != other.take)
        {
            others.push(other);
        }
    }
    Solved { nodes: nodes.to_vec(), slices, others, exact }
}

fn slices(links: &Links, stretches: &[(Date, Date)], way: Way) -> Vec<Slice> {
    let solved = stretches.iter().zip(way.slices);
    let slice = |((from, until), best): (&(Date, Date), Best)| {
        let sums = net::sums(links, &best.chosen);
        Slice { from: *from, until: *until, chosen: best.chosen, sums }
    };
    solved.map(slice).collect()
}

/// The best choice that holds `node`, seen on the first stretch on which it runs.
fn instead(
    links: &Links,
    nodes: &[usize],
    stretches: &[(Date, Date)],
    on: Date,
    node: usize,
    chosen: &[Slice],
) -> Option<Other> {
    let way = best_way(links, nodes, stretches, on, Some(node))?;
    let slices = slices(links, stretches, way);
    let (mine, best) = slices.iter().zip(chosen).find(|(mine, _)| is(&mine.chosen, node))?;
    let contested = |n: &usize| links.conflicts.iter().any(|c| c.other(*n).is_some());
    let has = |slice: &Slice, n: usize| is(&slice.chosen, n);
    Some(Other {
        take: nodes.iter().copied().filter(contested).filter(|n| has(mine, *n)).collect(),
        give_up: nodes.iter().copied().filter(|n| has(best, *n) && !has(mine, *n)).collect(),
        yearly: value(links, nodes, &mine.sums),
        yearly_chosen: value(links, nodes, &best.sums),
    })
}

/// Yearly value of the sums of the nodes.
pub(super) fn value(links: &Links, nodes: &[usize], sums: &[Option<i64>]) -> i64 {
    let per = |n: usize| links.nodes.get(n).and_then(|node| node.sum).map(|(_, per)| per);
    let worth = nodes.iter().filter_map(|n| Some(yearly(sums.get(*n).copied().flatten()?, per(*n)?)));
    worth.fold(0, i64::saturating_add)
}

/// Tries every set of single sums that may be had together, each with the best of every stretch.
fn best_way(links: &Links, nodes: &[usize], stretches: &[(Date, Date)], on: Date, must: Option<usize>) -> Option<Way> {
    let contested = |n: usize| links.conflicts.iter().any(|c| c.other(n).is_some());
    let free = |n: &usize| links.nodes.get(*n).is_some_and(|node| node.barred.is_none() && node.start < node.end);
    let whole: Vec<usize> = nodes.iter().copied().filter(|n| once(links, *n) && contested(*n)).filter(free).collect();
    let mut sets = vec![vec![false; links.nodes.len()]];
    let mut all_tried = true;
    for n in &whole {
        let with: Vec<Vec<bool>> = sets
            .iter()
            .filter(|set| {
                !links.conflicts.iter().any(|c| c.other(*n).is_some_and(|o| is(set, o) && meet(links, *n, o)))
            })
            .map(|set| set.iter().enumerate().map(|(m, had)| *had || m == *n).collect())
            .collect();
        // sets that hold the earlier nodes come first, so that they win ties
        sets = if must == Some(*n) { with } else { with.into_iter().chain(sets).collect() };
        all_tried &= sets.len() <= 256;
        sets.truncate(256);
    }
    for reasons in [true, false] {
        let ways = sets.iter().filter_map(|set| way(links, nodes, stretches, on, set, &whole, must, reasons));
        let best = ways.reduce(|best, next| if next.rank > best.rank { next } else { best });
        if let Some(way) = best {
            return Some(Way { exact: way.exact && reasons && all_tried, ..way });
        }
    }
    None
}

/// Whether two entitlements share a day.
fn meet(links: &Links, a: usize, b: usize) -> bool {
    let (Some(a), Some(b)) = (links.nodes.get(a), links.nodes.get(b)) else { return false };
    a.start < b.end && b.start < a.end
}

#[expect(clippy::too_many_arguments, reason = "one step of a search over exactly these")]
fn way(
    links: &Links,
    nodes: &[usize],
    stretches: &[(Date, Date)],
    on: Date,
    set: &[bool],
    whole: &[usize],
    must: Option<usize>,
    reasons: bool,
) -> Option<Way> {
    let window = year_from(nodes.iter().filter_map(|n| links.nodes.get(*n)).map(|n| n.start).min().unwrap_or(on));
    let mut rank = (0_i128, 0_i64, 0_i64);
    let mut exact = true;
    let mut out = Vec::new();
    let mut had = must.is_none();
    for (from, until) in stretches {
        let scene = Scene { links, nodes: nodes.to_vec(), from: *from, until: *until, whole: set };
        let wanted = must.filter(|n| scene.open().contains(n));
        let found = match wanted.and_then(|n| choice::best(&scene, Some(n))) {
            Some(best) => Some(best),
            None => choice::best(&scene, None),
        };
        let best = found?;
        had |= must.is_some_and(|n| is(&best.chosen, n));
        exact &= best.exact;
        let flows: Vec<usize> = nodes.iter().copied().filter(|n| !whole.contains(n)).collect();
        let worth = value(links, &flows, &net::sums(links, &best.chosen));
        rank.0 += i128::from(worth) * i128::from(days_within(*from, *until, window));
        rank.1 = rank.1.saturating_add(worth);
        rank.2 += best.worth.a_sides;
        out.push(best);
    }
    let reason = |n: usize| {
        let pushed = |slice: &Best| {
            links.conflicts.iter().any(|c| {
                c.other(n).is_some_and(|other| is(&slice.chosen, other) && c.may_win(other) && meet(links, n, other))
            })
        };
        out.iter().any(pushed)
    };
    if !had || (reasons && whole.iter().any(|n| !is(set, *n) && !reason(*n))) {
        return None;
    }
    for n in whole.iter().filter(|n| is(set, **n)) {
        let sum = links.nodes.get(*n).and_then(|node| node.sum).map_or(0, |(sum, _)| sum);
        rank.0 += i128::from(sum) * 365;
    }
    Some(Way { slices: out, rank, exact })
}

fn year_from(day: Date) -> (Date, Date) {
    (day, day.checked_add(jiff::Span::new().days(365)).unwrap_or(Date::MAX))
}

fn days_within(from: Date, until: Date, window: (Date, Date)) -> i32 {
    let (from, until) = (from.max(window.0), until.min(window.1));
    if until <= from { 0 } else { (until - from).get_days() }
}
