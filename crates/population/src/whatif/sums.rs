//! What is counted, exactly; nothing of it leaves the crate before small numbers are kept back.

use std::collections::BTreeMap;

use super::groups::{Groups, WAYS};
use super::poverty::Homes;
use super::report::CLASSES;
use super::touched::Touched;

/// One side of a programme.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Answers {
    pub(crate) yes: u64,
    pub(crate) open: u64,
    pub(crate) error: u64,
    /// Minor units a year.
    pub(crate) cost: i128,
}

/// One programme, by its single results.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct OfProgramme {
    pub(crate) base: Answers,
    pub(crate) changed: Answers,
    pub(crate) gained: u64,
    pub(crate) lost: u64,
    pub(crate) more: u64,
    pub(crate) less: u64,
    /// Households with an entitlement: before and after.
    pub(crate) households: [u64; 2],
    /// By number of the other programme in the snapshot: households that receive it and are entitled, before and after.
    pub(crate) overlap: BTreeMap<u16, [u64; 2]>,
    /// By small area: entitled before, of them receiving, entitled after, of them receiving.
    pub(crate) take_up: Vec<[u64; 4]>,
}

/// One group.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct OfGroup {
    /// By class.
    pub(crate) households: [u64; CLASSES],
    /// Minor units a year that winners gain.
    pub(crate) gain: i128,
    /// Minor units a year that losers lose, above 0.
    pub(crate) loss: i128,
}

/// Everything.
#[derive(Debug)]
pub(crate) struct Sums {
    pub(crate) households: u64,
    pub(crate) persons: u64,
    pub(crate) aside: u64,
    pub(crate) explained: u64,
    pub(crate) programmes: Vec<OfProgramme>,
    pub(crate) groups: [Vec<OfGroup>; WAYS],
    pub(crate) homes: Homes,
}

impl OfGroup {
    pub(crate) fn add(&mut self, other: &OfGroup) {
        self.households.iter_mut().zip(other.households).for_each(|(a, b)| *a += b);
        self.gain += other.gain;
        self.loss += other.loss;
    }
}

impl OfProgramme {
    fn add(&mut self, other: OfProgramme) {
        for (a, b) in [(&mut self.base, other.base), (&mut self.changed, other.changed)] {
            a.yes += b.yes;
            a.open += b.open;
            a.error += b.error;
            a.cost += b.cost;
        }
        self.gained += other.gained;
        self.lost += other.lost;
        self.more += other.more;
        self.less += other.less;
        self.households.iter_mut().zip(other.households).for_each(|(a, b)| *a += b);
        for (programme, counts) in other.overlap {
            let here = self.overlap.entry(programme).or_default();
            here.iter_mut().zip(counts).for_each(|(a, b)| *a += b);
        }
        for (here, there) in self.take_up.iter_mut().zip(other.take_up) {
            here.iter_mut().zip(there).for_each(|(a, b)| *a += b);
        }
    }
}

impl Sums {
    pub(crate) fn new(touched: &Touched, groups: &Groups) -> Sums {
        let programme = || OfProgramme { take_up: vec![[0; 4]; groups.small.len()], ..OfProgramme::default() };
        Sums {
            households: 0,
            persons: 0,
            aside: 0,
            explained: 0,
            programmes: touched.programmes.iter().map(|_| programme()).collect(),
            groups: groups.names.each_ref().map(|names| vec![OfGroup::default(); names.len()]),
            homes: Homes::default(),
        }
    }

    pub(crate) fn add(&mut self, other: Sums) {
        self.households += other.households;
        self.persons += other.persons;
        self.aside += other.aside;
        self.explained += other.explained;
        self.programmes.iter_mut().zip(other.programmes).for_each(|(a, b)| a.add(b));
        for (here, there) in self.groups.iter_mut().zip(other.groups) {
            here.iter_mut().zip(there).for_each(|(a, b)| a.add(&b));
        }
        self.homes.add(other.homes);
    }
}
