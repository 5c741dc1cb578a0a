//! To which groups a household belongs.

use catalogue::Pack;
use catalogue::model::Level;
use catalogue::model::measures::Measures;
use rules::Val;
use rules::columns::Results;

use super::report::Named;
use crate::frame::{Chunk, Manifest};

/// Ways of grouping households, in the order of [`Groups::of`].
pub(crate) const WAYS: usize = 3;

/// All groups by way: fifth of income, kind of household, area; and the small areas.
#[derive(Debug)]
pub(crate) struct Groups {
    /// By way, the groups; the last of each is of those of whom it is not known.
    pub(crate) names: [Vec<Named>; WAYS],
    pub(crate) small: Vec<Named>,
    area_of: Vec<usize>,
    small_of: Vec<usize>,
    /// Which of the named values are the kinds, from here on.
    first_type: usize,
}

/// The group of those of whom it is not known.
pub(crate) const UNKNOWN: &str = "unknown";

impl Groups {
    pub(crate) fn new(pack: &Pack, measures: &Measures, manifest: &Manifest) -> Groups {
        let named = |id: &str, name: kernel::Words| Named { id: id.to_owned(), name };
        let unknown = || named(UNKNOWN, kernel::Words::default());
        let fifths = (1..=5).map(|n| named(&n.to_string(), kernel::Words::default()));
        let types = measures.household_types.iter().map(|t| named(&t.id, t.name.clone()));
        let (areas, area_of) = places(pack, manifest, measures.area);
        let (small, small_of) = places(pack, manifest, measures.small_area);
        Groups {
            names: [
                fifths.chain([unknown()]).collect(),
                types.chain([named("other", kernel::Words::default())]).collect(),
                areas,
            ],
            small,
            area_of,
            small_of,
            first_type: usize::from(measures.poverty.is_some()),
        }
    }

    /// The groups of a household, one for each way.
    pub(crate) fn of(&self, chunk: &Chunk<'_>, results: &Results, row: usize) -> [usize; WAYS] {
        let last = |way: &[Named]| way.len().saturating_sub(1);
        let [fifths, types, areas] = &self.names;
        let fifth = chunk.income_fifth(row).map(usize::from).filter(|n| (1..=5).contains(n));
        let holds = |n: &usize| results.value(self.first_type + n, 0, row).and_then(Val::truth) == Some(true);
        let kind = (0..last(types)).find(holds);
        [
            fifth.map_or(last(fifths), |n| n - 1),
            kind.unwrap_or(last(types)),
            self.at(&self.area_of, chunk, row).unwrap_or(last(areas)),
        ]
    }

    /// The small area of a household.
    pub(crate) fn small(&self, chunk: &Chunk<'_>, row: usize) -> usize {
        self.at(&self.small_of, chunk, row).unwrap_or(self.small.len().saturating_sub(1))
    }

    fn at(&self, of: &[usize], chunk: &Chunk<'_>, row: usize) -> Option<usize> {
        of.get(usize::from(chunk.place_of(row)?)).copied()
    }
}

/// The places of a level with one more for what lies nowhere, and the place of each place of the snapshot.
fn places(pack: &Pack, manifest: &Manifest, level: Level) -> (Vec<Named>, Vec<usize>) {
    let of_level = pack.jurisdictions().iter().filter(|j| j.level == level);
    let mut names: Vec<Named> = of_level.map(|j| Named { id: j.id.clone(), name: j.name.clone() }).collect();
    let all = &manifest.shape.places;
    let of = |id: &String| {
        let around = pack.ancestors(id);
        let found = around.iter().find(|j| j.level == level)?;
        names.iter().position(|n| n.id == found.id)
    };
    let of: Vec<usize> = all.iter().map(|id| of(id).unwrap_or(names.len())).collect();
    names.push(Named { id: UNKNOWN.to_owned(), name: kernel::Words::default() });
    (names, of)
}
