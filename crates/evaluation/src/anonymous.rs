//! Rows in which nobody stands out: whatever somebody could be recognised by is shared by at least so many rows (k-anonymity; Sweeney,
//! *Int J Uncertain Fuzz* 2002). Values are blanked from the last on until that is so; a row that stands out even by its first is left out.

use std::collections::BTreeMap;

/// How many leading values of each row are kept; `None`: the row is left out. Whoever sees the values that are kept, and that the rest
/// is blank, has at least `alike` rows before them. At least the first value is always kept.
pub fn kept(rows: &[Vec<String>], alike: usize) -> Vec<Option<usize>> {
    let mut kept: Vec<Option<usize>> = vec![None; rows.len()];
    let widest = rows.iter().map(Vec::len).max().unwrap_or(0);
    for width in (1..=widest).rev() {
        let mut classes: BTreeMap<&[String], Vec<usize>> = BTreeMap::new();
        for (n, row) in rows.iter().enumerate() {
            if let (Some(None), Some(start)) = (kept.get(n), row.get(..width)) {
                classes.entry(start).or_default().push(n);
            }
        }
        for class in classes.into_values().filter(|class| class.len() >= alike) {
            for n in class {
                if let Some(one) = kept.get_mut(n) {
                    *one = Some(width);
                }
            }
        }
    }
    kept
}

/// The band a number lies in: `<20`, `20..24`, `40+`; without bands the number itself.
pub fn band(value: f64, bounds: &[i64]) -> String {
    let below = bounds.iter().rposition(|b| *b as f64 <= value);
    match (below, bounds) {
        (_, []) => format!("{value}"),
        (None, [first, ..]) => format!("<{first}"),
        (Some(n), _) => match (bounds.get(n), bounds.get(n + 1)) {
            (Some(from), Some(next)) if next - from == 1 => from.to_string(),
            (Some(from), Some(next)) => format!("{from}..{}", next - 1),
            (Some(from), None) => format!("{from}+"),
            (None, _) => String::new(),
        },
    }
}
