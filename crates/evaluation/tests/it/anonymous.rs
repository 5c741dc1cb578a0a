//! Nobody stands out.

use std::collections::BTreeMap;

use evaluation::anonymous::{band, kept};
use proptest::prelude::*;

fn rows(text: &[&str]) -> Vec<Vec<String>> {
    text.iter().map(|row| row.split(' ').map(str::to_owned).collect()).collect()
}

#[test]
fn the_last_values_go_first_and_who_stands_out_by_the_first_is_left_out() {
    let rows = rows(&["a x 1", "a x 1", "a x 2", "a y 1", "b x 1"]);
    assert_eq!(
        kept(&rows, 2),
        vec![Some(3), Some(3), Some(1), Some(1), None],
        "two rows of a are alike in nothing more"
    );
    let rows = self::rows(&["a x 1", "a x 1", "a x 2", "a x 3", "b x 1"]);
    assert_eq!(kept(&rows, 2), vec![Some(3), Some(3), Some(2), Some(2), None]);
    assert_eq!(kept(&[], 2), Vec::<Option<usize>>::new());
}

#[test]
fn bands_have_no_gap() {
    let bounds = [-10, 0, 20, 21];
    let all = [(-11.0, "<-10"), (-10.0, "-10..-1"), (-0.5, "-10..-1"), (0.0, "0..19"), (20.0, "20"), (21.0, "21+")];
    for (value, words) in all {
        assert_eq!(band(value, &bounds), words);
    }
    assert_eq!(band(1.0, &[]), "1");
}

proptest! {
    /// Whatever is kept of a row is kept, and blank from there on, of at least so many rows that say the same; and nothing is blanked that
    /// need not be.
    #[test]
    fn nobody_stands_out(rows in prop::collection::vec(prop::collection::vec("[abc]", 4), 0..80), alike in 1_usize..7) {
        let widths = kept(&rows, alike);
        prop_assert_eq!(widths.len(), rows.len());
        let mut classes: BTreeMap<(usize, &[String]), usize> = BTreeMap::new();
        for (row, width) in rows.iter().zip(&widths) {
            if let Some(width) = width {
                prop_assert!(*width >= 1);
                *classes.entry((*width, &row[..*width])).or_default() += 1;
            }
        }
        prop_assert!(classes.values().all(|n| *n >= alike));
        let mut left_out: BTreeMap<&str, usize> = BTreeMap::new();
        for (row, _) in rows.iter().zip(&widths).filter(|(_, w)| w.is_none()) {
            *left_out.entry(row[0].as_str()).or_default() += 1;
        }
        prop_assert!(left_out.values().all(|n| *n < alike));
    }
}
