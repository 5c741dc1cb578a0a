//! Keeps small numbers back, and as many others as are needed so that nobody can work them out by adding and subtracting.
//!
//! A table is a network: every number is an edge between two places at which what comes in is what goes out (a cell leaves its
//! row and enters its column; the total of a row enters the row; the total of a column leaves the column). Published numbers
//! are known; a number kept back can be one more or one less exactly when the edges kept back hold another way around. Whoever
//! knows that only numbers above 0 are kept back may not be able to tell either: no number goes below 1 on the way.
//! Where there is no way around, the numbers on the cheapest one are kept back too; totals only where nothing else helps.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

/// A number between two places.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cell {
    /// The place it leaves.
    pub from: usize,
    /// The place it enters.
    pub to: usize,
    /// The number.
    pub value: u64,
    /// Whether it is kept back.
    pub hidden: bool,
    /// A sum of others: kept back only where nothing else helps.
    pub total: bool,
}

/// Keeps further numbers back until none that is kept back can be worked out.
pub fn protect(cells: &mut [Cell]) {
    // Where there is no way at all, nothing that is published leads there either.
    let mut given_up = vec![false; cells.len()];
    while let Some(bare) = (0..cells.len()).find(|n| !given_up.get(*n).copied().unwrap_or(true) && is_bare(cells, *n)) {
        let Some(one) = cells.get(bare).copied() else { return };
        let more = way(cells, bare, one.to, one.from, true);
        let less = way(cells, bare, one.from, one.to, true).filter(|_| one.value > 1);
        match more.into_iter().chain(less).min_by_key(|(cost, _)| *cost) {
            Some((_, path)) => {
                for n in path {
                    if let Some(cell) = cells.get_mut(n) {
                        cell.hidden = true;
                    }
                }
            }
            None => given_up.iter_mut().skip(bare).take(1).for_each(|g| *g = true),
        }
    }
}

/// Whether a number that is kept back can be worked out from those that are not.
fn is_bare(cells: &[Cell], n: usize) -> bool {
    let Some(cell) = cells.get(n).filter(|c| c.hidden) else { return false };
    let more = way(cells, n, cell.to, cell.from, false);
    let less = way(cells, n, cell.from, cell.to, false).filter(|_| cell.value > 1);
    more.is_none() && less.is_none()
}

/// The cheapest way for one more from a place to another, without the n-th number: along a number that grows, against one that
/// shrinks and stays above 0. Numbers kept back cost nothing; published ones, if they may be used, what is lost with them.
fn way(cells: &[Cell], n: usize, from: usize, to: usize, published: bool) -> Option<(u64, Vec<usize>)> {
    let mut open = BinaryHeap::from([(Reverse(0_u64), from)]);
    let mut best: BTreeMap<usize, (u64, Option<(usize, usize)>)> = BTreeMap::from([(from, (0, None))]);
    while let Some((Reverse(cost), place)) = open.pop() {
        if place == to {
            break;
        }
        if best.get(&place).is_some_and(|(least, _)| *least < cost) {
            continue;
        }
        for (m, cell) in cells.iter().enumerate().filter(|(m, c)| *m != n && (c.hidden || (published && c.value > 0))) {
            let onward = match () {
                () if cell.from == place => cell.to,
                () if cell.to == place && cell.value > 1 => cell.from,
                () => continue,
            };
            let cost = cost.saturating_add(if cell.hidden { 0 } else { cell.cost() });
            if best.get(&onward).is_none_or(|(least, _)| cost < *least) {
                best.insert(onward, (cost, Some((place, m))));
                open.push((Reverse(cost), onward));
            }
        }
    }
    let (cost, _) = *best.get(&to)?;
    let (mut path, mut at) = (Vec::new(), to);
    while let Some((_, Some((before, cell)))) = best.get(&at).filter(|_| at != from) {
        path.push(*cell);
        at = *before;
    }
    Some((cost, path))
}

impl Cell {
    /// What is lost when it is kept back: a total is worth more than any sum of cells.
    fn cost(&self) -> u64 {
        if self.total { (1 << 50) + self.value.min(1 << 49) } else { 1 + self.value.min(1 << 40) }
    }
}

/// Whether a count is of so few that it is told to nobody.
pub fn is_small(count: u64, below: u64) -> bool {
    count > 0 && count < below
}

/// Which numbers of a table with totals are kept back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// By row and column.
    pub cells: Vec<Vec<bool>>,
    /// Totals of rows.
    pub rows: Vec<bool>,
    /// Totals of columns.
    pub columns: Vec<bool>,
    /// The total of all.
    pub total: bool,
}

/// Keeps small numbers of a table back. `also` names cells (row, column) to be kept back for other reasons.
pub fn table(rows: &[Vec<u64>], below: u64, also: &dyn Fn(usize, usize) -> bool) -> Kept {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let (above, under) = (rows.len() + columns, rows.len() + columns + 1);
    let mut cells = Vec::new();
    let mut add = |from: usize, to: usize, value: u64, total: bool, also: bool| {
        cells.push(Cell { from, to, value, hidden: value > 0 && (also || is_small(value, below)), total });
    };
    for (r, row) in rows.iter().enumerate() {
        for (c, value) in row.iter().enumerate() {
            add(r, rows.len() + c, *value, false, also(r, c));
        }
    }
    for (r, row) in rows.iter().enumerate() {
        add(above, r, row.iter().sum(), true, false);
    }
    for c in 0..columns {
        add(rows.len() + c, under, rows.iter().filter_map(|row| row.get(c)).sum(), true, false);
    }
    add(under, above, rows.iter().flatten().sum(), true, false);
    protect(&mut cells);
    let mut hidden = cells.into_iter().map(|c| c.hidden);
    let mut take = |n: usize| -> Vec<bool> { hidden.by_ref().take(n).collect() };
    Kept {
        cells: rows.iter().map(|row| take(row.len())).collect(),
        rows: take(rows.len()),
        columns: take(columns),
        total: take(1).first().copied().unwrap_or(false),
    }
}

/// The words without those that hold four or more digits (telephones, identifiers, accounts) or look like an e-mail address, so
/// that what people write can be read by others than they wrote to.
pub fn without_numbers(words: &str) -> String {
    let hidden = |word: &str| {
        let digits = word.chars().filter(char::is_ascii_digit).count();
        digits >= 4 || (word.contains('@') && word.contains('.'))
    };
    words.split_whitespace().map(|word| if hidden(word) { "…" } else { word }).collect::<Vec<_>>().join(" ")
}
