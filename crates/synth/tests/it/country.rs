//! What is drawn: repeatable, sane, and like the country.

use std::collections::HashSet;
use std::fs;

use synth::{House, MARGINS, Survey, TRUTH};

use crate::{country, packs};

#[test]
fn the_same_seed_makes_the_same_files_on_any_number_of_threads() {
    for pack in packs() {
        let made = [(7, 1), (7, 2), (8, 1)].map(|(seed, threads)| {
            let dir = tempfile::tempdir().unwrap();
            let made = synth::make(&country(&pack, seed), 4_000, dir.path(), threads, &|_| {}).unwrap();
            assert!(made.persons >= 4_000 && made.awards > 200, "{made:?}");
            (made.hash, fs::read(dir.path().join(TRUTH)).unwrap(), fs::read(dir.path().join(MARGINS)).unwrap())
        });
        let [one, two, other] = made;
        assert!(one == two, "{pack:?}");
        assert!(one.0 != other.0 && one.1 != other.1, "{pack:?}");
    }
}

#[test]
fn a_smaller_country_is_the_beginning_of_a_larger_one() {
    for pack in packs() {
        let country = country(&pack, 7);
        let truth = |persons: u64| {
            let dir = tempfile::tempdir().unwrap();
            synth::make(&country, persons, dir.path(), 1, &|_| {}).unwrap();
            fs::read(dir.path().join(TRUTH)).unwrap()
        };
        let (small, large) = (truth(3_000), truth(12_000));
        assert!(large.starts_with(&small) && large.len() > 2 * small.len());
    }
}

#[test]
fn the_number_of_households_and_their_sizes_are_known_before_they_are_drawn() {
    for pack in packs() {
        let country = country(&pack, 3);
        let mut house = country.empty();
        let mut people = 0;
        let households = country.households(5_000);
        for n in 0..households {
            assert!(people < 5_000);
            country.draw(n, &mut house);
            assert_eq!(house.members.len(), country.size(n));
            people += house.members.len() as u64;
        }
        assert!(people >= 5_000);
    }
}

/// Nobody is their own forebear, parents are old enough, couples are two who name each other.
fn sane(house: &House, day: i64) {
    for (n, person) in house.members.iter().enumerate() {
        assert!(person.birth <= day && (0..120).contains(&person.age), "{house:?}");
        assert_eq!(person.months / 12, person.age, "{house:?}");
        for parent in person.parents.iter().flatten() {
            let years = (person.birth - house.members[*parent].birth) as f64 / 365.25;
            assert!(years > 11.0, "a parent of {years} years: {house:?}");
        }
        let [a, b] = person.parents;
        assert!(a.is_none() || a != b, "{house:?}");
        if let Some(spouse) = person.spouse {
            assert_eq!(house.members[spouse].spouse, Some(n), "{house:?}");
            assert!(spouse != n && person.age >= 14 && !person.parents.contains(&Some(spouse)), "{house:?}");
        }
    }
    for mother in 0..house.members.len() {
        let mut births: Vec<i64> = house.children(mother).map(|c| house.members[c].birth).collect();
        births.sort_unstable();
        let close = births.windows(2).find(|w| (1..200).contains(&(w[1] - w[0])));
        assert!(close.is_none(), "births {close:?}: {house:?}");
    }
}

#[test]
fn kinship_is_sane_and_nobody_has_the_number_of_another() {
    for pack in packs() {
        let country = country(&pack, 11);
        let day = (crate::ON - kernel::Date::constant(1970, 1, 1)).get_days();
        let mut house = country.empty();
        let mut keys = HashSet::new();
        for n in 0..30_000 {
            country.draw(n, &mut house);
            sane(&house, i64::from(day));
            assert!(house.members.iter().all(|p| keys.insert(p.key)));
        }
    }
}

#[test]
fn the_margins_that_shapes_are_fitted_to_come_out() {
    for pack in packs() {
        let country = country(&pack, 5);
        let mut survey = Survey::new(country.population());
        let mut house = country.empty();
        for n in 0..country.households(100_000) {
            country.draw(n, &mut house);
            survey.count(country.population(), &house, &|_, _| false);
        }
        let lines = survey.lines(country.population());
        assert!(lines.iter().filter(|l| l.fitted).count() >= 10);
        let missed: Vec<_> = lines.iter().filter(|l| l.fitted && !l.is_met()).collect();
        assert!(missed.is_empty(), "{pack:?}: {missed:#?}");
    }
}
