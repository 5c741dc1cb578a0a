//! From exact counts to what may be shown.

use kernel::suppress::{self, Cell, is_small};
use sha2::{Digest, Sha256};

use super::groups::Groups;
use super::report::{Group, Grouping, Named, Overlap, Poverty, Programme, Report, Totals, Unclaimed};
use super::sums::{Answers, OfGroup, OfProgramme, Sums};
use super::touched::Changed;
use super::{Job, curve};

/// Keeps small numbers back and writes the report.
pub(crate) fn report(job: &Job<'_>, sums: Sums, failed: Vec<String>) -> Report {
    let below = job.measures.suppress_below;
    let manifest = job.base.reader().manifest();
    let programmes = job.touched.programmes.iter().zip(&sums.programmes);
    let (groups, all) = groupings(job.groups, &sums, below);
    let mut report = Report {
        origin: manifest.origin.clone(),
        snapshot: manifest.content_hash(),
        base: job.order.base.content_hash().to_owned(),
        changed: job.order.changed.content_hash().to_owned(),
        on: job.order.on,
        households: sums.households,
        persons: sums.persons,
        aside: sums.aside,
        explained: sums.explained,
        failed,
        suppress_below: below,
        programmes: programmes.clone().map(|(p, sum)| programme(job, p, sum, below)).collect(),
        all,
        groups,
        overlap: programmes.clone().flat_map(|(p, sum)| overlaps(job, p, sum, below)).collect(),
        unclaimed: programmes.flat_map(|(p, sum)| unclaimed(job.groups, p, sum, below)).collect(),
        poverty: job.measures.poverty.as_ref().map(|of| {
            let unknown = sums.homes.unknown;
            poverty(of, unknown, sums.homes.found(of), below)
        }),
        curves: curve::curves(job),
        hash: String::new(),
    };
    // Texts and whole numbers alone: it cannot fail, and says the same everywhere.
    let text = serde_json::to_string(&report).unwrap_or_default();
    report.hash = hex::encode(Sha256::digest(text));
    report
}

fn shown<T>(value: T, hidden: bool) -> Option<T> {
    Some(value).filter(|_| !hidden)
}

/// A programme: what it had and what came is what it has and what went.
fn programme(job: &Job<'_>, of: &Changed, sum: &OfProgramme, below: u64) -> Programme {
    let cell = |from: usize, value: u64, total: bool| Cell {
        from,
        to: 1 - from,
        value,
        hidden: is_small(value, below),
        total,
    };
    let mut cells = [
        cell(0, sum.base.yes, true),
        cell(0, sum.gained, false),
        cell(1, sum.changed.yes, true),
        cell(1, sum.lost, false),
    ];
    suppress::protect(&mut cells);
    let [base, gained, changed, lost] = cells.map(|c| c.hidden);
    let small = |n: u64| shown(n, is_small(n, below));
    // Who has more and who has less can be told from the change of the cost where one of them is one household's.
    let few = is_small(sum.more, below) || is_small(sum.less, below);
    let side = |a: &Answers, hidden: bool, cost: bool| Totals {
        entitled: shown(a.yes, hidden),
        cost: shown(a.cost, hidden || cost),
        open: small(a.open),
        errors: small(a.error),
    };
    let pack = if of.changed.is_some() { job.order.changed } else { job.order.base };
    let programme = pack.programmes().get(&of.id);
    let version = programme.and_then(|p| p.versions.iter().find(|v| v.covers(job.order.on)));
    Programme {
        id: of.id.clone(),
        name: programme.map(|p| p.name.clone()).unwrap_or_default(),
        per: version.and_then(|v| v.amount.as_ref()).map(|(_, per)| *per),
        base: side(&sum.base, base, false),
        changed: side(&sum.changed, changed, few),
        gained: shown(sum.gained, gained),
        lost: shown(sum.lost, lost),
        more: small(sum.more),
        less: small(sum.less),
    }
}

fn groupings(groups: &Groups, sums: &Sums, below: u64) -> (Vec<Grouping>, Group) {
    let mut all = Group::default();
    let ways = ["income_fifth", "household_type", "area"];
    let mut out = Vec::new();
    for ((by, names), counts) in ways.into_iter().zip(&groups.names).zip(&sums.groups) {
        let some: Vec<(&Named, &OfGroup)> =
            names.iter().zip(counts).filter(|(_, g)| g.households.iter().sum::<u64>() > 0).collect();
        let table: Vec<Vec<u64>> = some.iter().map(|(_, g)| g.households.to_vec()).collect();
        let kept = suppress::table(&table, below, &|_, _| false);
        let mut total = OfGroup::default();
        some.iter().for_each(|(_, g)| total.add(g));
        let rows = some.iter().zip(kept.cells.iter().zip(&kept.rows));
        let shown_rows = rows.map(|((name, g), (cells, row))| ((*name).clone(), group(g, cells, *row))).collect();
        let here = group(&total, &kept.columns, kept.total);
        // The same numbers stand below every table: what one of them keeps back, all do.
        all = if out.is_empty() { here } else { fewer(&all, &here) };
        out.push(Grouping { by: by.to_owned(), groups: shown_rows });
    }
    (out, all)
}

fn group(of: &OfGroup, hidden: &[bool], total: bool) -> Group {
    let is_hidden = |class: usize| hidden.get(class).copied().unwrap_or(false);
    let [winners, losers, unchanged, cannot_tell] = of.households;
    Group {
        households: shown(of.households.iter().sum(), total),
        winners: shown(winners, is_hidden(0)),
        losers: shown(losers, is_hidden(1)),
        unchanged: shown(unchanged, is_hidden(2)),
        cannot_tell: shown(cannot_tell, is_hidden(3)),
        gain: shown(of.gain, is_hidden(0)),
        loss: shown(of.loss, is_hidden(1)),
    }
}

fn fewer(a: &Group, b: &Group) -> Group {
    fn both<T>(a: Option<T>, b: Option<T>) -> Option<T> {
        a.filter(|_| b.is_some())
    }
    Group {
        households: both(a.households, b.households),
        winners: both(a.winners, b.winners),
        losers: both(a.losers, b.losers),
        unchanged: both(a.unchanged, b.unchanged),
        cannot_tell: both(a.cannot_tell, b.cannot_tell),
        gain: both(a.gain, b.gain),
        loss: both(a.loss, b.loss),
    }
}

/// A change by so few that it tells of them.
fn is_slight(before: u64, after: u64, below: u64) -> bool {
    is_small(before.abs_diff(after), below)
}

fn poverty(
    of: &catalogue::model::measures::Poverty,
    unknown: u64,
    found: super::poverty::Found,
    below: u64,
) -> Poverty {
    let [before, after] = found.poor;
    let [few_before, few_after] = [before, after].map(|n| is_small(n, below) || is_small(found.persons - n, below));
    let hidden = [few_before, few_after || is_slight(before, after, below)];
    let hide = |n: usize| hidden.get(n).copied().unwrap_or(true);
    let (gap, permille) = (found.gap(), found.gap_permille());
    Poverty {
        percent: of.line_percent,
        median: found.median,
        line: found.line(),
        persons: found.persons,
        unknown,
        poor: [shown(before, hide(0)), shown(after, hide(1))],
        gap: [shown(gap[0], hide(0)), shown(gap[1], hide(1))],
        gap_permille: [permille[0].filter(|_| !hide(0)), permille[1].filter(|_| !hide(1))],
    }
}

fn overlaps(job: &Job<'_>, of: &Changed, sum: &OfProgramme, below: u64) -> Vec<Overlap> {
    let ids = &job.base.reader().manifest().shape.programmes;
    let few = |n: u64, all: u64| is_small(n, below) || is_small(all.saturating_sub(n), below);
    let [all_before, all_after] = sum.households;
    let one = |(other, counts): (&u16, &[u64; 2])| {
        let id = ids.get(usize::from(*other))?;
        let [before, after] = *counts;
        let hide_before = few(before, all_before);
        let hide_after = few(after, all_after) || is_slight(before, after, below);
        let name = job.order.base.programmes().get(id).map(|p| p.name.clone()).unwrap_or_default();
        Some(Overlap {
            programme: of.id.clone(),
            other: Named { id: id.clone(), name },
            households: [shown(before, hide_before), shown(after, hide_after)],
        })
    };
    sum.overlap.iter().filter_map(one).collect()
}

/// By area: receiving and not receiving, before and after; each side a table of its own.
fn unclaimed(groups: &Groups, of: &Changed, sum: &OfProgramme, below: u64) -> Vec<Unclaimed> {
    let some = groups.small.iter().zip(&sum.take_up).filter(|(_, n)| n.iter().any(|n| *n > 0));
    let some: Vec<(&Named, &[u64; 4])> = some.collect();
    let rows = |side: usize| -> Vec<Vec<u64>> {
        let pair = |n: &[u64; 4]| [n.get(2 * side), n.get(2 * side + 1)].map(|x| x.copied().unwrap_or(0));
        some.iter().map(|(_, n)| pair(n)).map(|[entitled, paid]| vec![paid, entitled.saturating_sub(paid)]).collect()
    };
    let (before, after) = (rows(0), rows(1));
    let at = |table: &[Vec<u64>], r: usize, c: usize| table.get(r).and_then(|row| row.get(c)).copied().unwrap_or(0);
    let slight = |r: usize, c: usize| is_slight(at(&before, r, c), at(&after, r, c), below);
    let kept = [suppress::table(&before, below, &|_, _| false), suppress::table(&after, below, &slight)];
    some.iter()
        .enumerate()
        .map(|(r, (area, _))| {
            let hidden = |side: usize| {
                let kept = kept.get(side);
                let cell = kept.and_then(|k| k.cells.get(r)?.get(1).copied()).unwrap_or(true);
                (kept.and_then(|k| k.rows.get(r).copied()).unwrap_or(true), cell)
            };
            let side = |n: usize, table: &[Vec<u64>]| {
                let (total, cell) = hidden(n);
                let unclaimed = at(table, r, 1);
                (shown(at(table, r, 0) + unclaimed, total), shown(unclaimed, cell))
            };
            let ((entitled_before, before), (entitled_after, after)) = (side(0, &before), side(1, &after));
            Unclaimed {
                programme: of.id.clone(),
                area: (*area).clone(),
                entitled: [entitled_before, entitled_after],
                unclaimed: [before, after],
            }
        })
        .collect()
}
