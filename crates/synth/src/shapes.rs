//! Shapes of households: who lives together, of which age, sex and kin. Drawn once from the pack's kinds, then weighed so that
//! the published margins come out, then drawn again and again.

use catalogue::model::population::{Children, HouseholdKind, Population, ROLES};

use crate::chance::{For, normal, real, stream, whole, years};

/// The pool is the same for every seed: it belongs to the pack, so that two countries of one pack differ by chance alone.
const SEED: u64 = 0x5eed_0f5a_9e5e_ed00;
/// A household that cannot be drawn in so many tries has no children.
const TRIES: usize = 40;

/// A member of a shape.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Member {
    pub(crate) role: i64,
    pub(crate) woman: bool,
    pub(crate) age: i64,
    pub(crate) spouse: Option<usize>,
    pub(crate) parents: [Option<usize>; 2],
    /// Born on the same day as the member before.
    pub(crate) twin: bool,
}

/// A household without facts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Shape {
    pub(crate) kind: usize,
    pub(crate) zone: usize,
    pub(crate) members: Vec<Member>,
}

fn role(word: &str) -> i64 {
    ROLES.iter().position(|r| *r == word).and_then(|n| i64::try_from(n).ok()).unwrap_or(0)
}

fn member(word: &str, woman: bool, age: i64) -> Member {
    Member { role: role(word), woman, age, spouse: None, parents: [None, None], twin: false }
}

/// All shapes of the pool, each with the same chance before fitting.
pub(crate) fn draw(population: &Population) -> Vec<Shape> {
    let total: f64 = population.kinds.iter().map(|k| k.share).sum();
    let zones = zone_shares(population);
    let mut out = Vec::with_capacity(population.shapes);
    for (kind, it) in population.kinds.iter().enumerate() {
        // As many of each kind as its share says: no kind is missed by chance.
        let n = whole(real(i64::try_from(population.shapes).unwrap_or(0)) * it.share / total.max(f64::MIN_POSITIVE));
        for _ in 0..n.max(1) {
            let mut rng = stream(SEED, For::Shapes, out.len() as u64);
            let zone = pick(&zones, rng.f64());
            out.push(Shape { kind, zone, members: members(&mut rng, it) });
        }
    }
    out
}

/// Sums of the zones' shares.
fn zone_shares(population: &Population) -> Vec<f64> {
    let mut weights = vec![0.0; population.zones.len()];
    for place in &population.places {
        if let Some(w) = weights.get_mut(place.zone) {
            *w += place.weight;
        }
    }
    sums(weights)
}

/// Running sums that end at 1.
pub(crate) fn sums(weights: Vec<f64>) -> Vec<f64> {
    let total: f64 = weights.iter().sum();
    let mut sum = 0.0;
    let add = |w: f64| {
        sum += w / total.max(f64::MIN_POSITIVE);
        sum
    };
    weights.into_iter().map(add).collect()
}

/// The index whose running sum is the first above `u`.
pub(crate) fn pick(sums: &[f64], u: f64) -> usize {
    sums.partition_point(|sum| *sum <= u).min(sums.len().saturating_sub(1))
}

fn members(rng: &mut fastrand::Rng, kind: &HouseholdKind) -> Vec<Member> {
    for _ in 0..TRIES {
        let mut all = adults(rng, kind);
        let had = match &kind.children {
            Some(children) => add_children(rng, children, &mut all).is_some(),
            None => true,
        };
        if had {
            add_elders(rng, kind, &mut all);
            add_others(rng, kind, &mut all);
            return all;
        }
    }
    adults(rng, kind)
}

fn adults(rng: &mut fastrand::Rng, kind: &HouseholdKind) -> Vec<Member> {
    let head = member("head", rng.f64() < kind.head_women, kind.head_age.at(rng.f64()));
    let Some(younger) = &kind.spouse_younger else { return vec![head] };
    let age = (head.age - years(rng, younger)).clamp(18, 109).max(head.age.min(18));
    let mut spouse = member("spouse", !head.woman, age);
    spouse.spouse = Some(0);
    vec![Member { spouse: Some(1), ..head }, spouse]
}

/// Children of the adults; `None` when adults of this age have none at home.
fn add_children(rng: &mut fastrand::Rng, how: &Children, all: &mut Vec<Member>) -> Option<()> {
    let count = how.count.at(rng.f64());
    let mother = all.iter().find(|m| m.woman).or(all.first()).map(|m| m.age)?;
    let father = all.iter().map(|m| m.age).min()?;
    let parents = [Some(0), (all.len() > 1).then_some(1)];
    let mut ages = Vec::new();
    let mut at = years(rng, &how.first_birth);
    // More births than children at home: the eldest may have left.
    for _ in 0..count + 6 {
        let age = mother - at;
        if age < 0 {
            break;
        }
        // No child whose other parent would be a child.
        if rng.f64() < home(how, age) && father - age >= 14 {
            ages.push(age);
        }
        at += years(rng, &how.apart);
    }
    let keep = usize::try_from(count).unwrap_or(0);
    if ages.len() < keep || keep == 0 {
        return None;
    }
    ages.truncate(keep);
    for age in ages {
        let twin = rng.f64() < how.twins;
        let one = Member { parents, ..member("child", rng.bool(), age) };
        all.push(one.clone());
        if twin {
            all.push(Member { twin: true, woman: rng.bool(), ..one });
        }
    }
    Some(())
}

/// The share of children of an age who live with their parents.
fn home(how: &Children, age: i64) -> f64 {
    let (all, none) = how.leave;
    if none <= all {
        f64::from(u8::from(real(age) <= all))
    } else {
        ((none - real(age)) / (none - all)).clamp(0.0, 1.0)
    }
}

fn add_elders(rng: &mut fastrand::Rng, kind: &HouseholdKind, all: &mut Vec<Member>) {
    let Some((count, older)) = &kind.elders else { return };
    let head = all.first().map_or(0, |m| m.age);
    let first = all.len();
    let n = usize::try_from(count.at(rng.f64())).unwrap_or(0).min(2);
    for one in 0..n {
        let age = (head + years(rng, older)).min(109);
        // Where one lives alone it is most often the mother.
        let woman = if n == 2 { one == 0 } else { rng.f64() < 0.8 };
        if age - head >= 14 {
            all.push(member("elder", woman, age));
        }
    }
    let elders = all.len() - first;
    if let (2, Some([a, b])) = (elders, all.get_mut(first..)) {
        (a.spouse, b.spouse) = (Some(first + 1), Some(first));
    }
    if let Some(head) = all.first_mut() {
        head.parents = [(elders > 0).then_some(first), (elders > 1).then_some(first + 1)];
    }
}

fn add_others(rng: &mut fastrand::Rng, kind: &HouseholdKind, all: &mut Vec<Member>) {
    let Some((count, about)) = &kind.others else { return };
    for _ in 0..count.at(rng.f64()) {
        let age = whole((about.mean + about.spread * normal(rng)).clamp(about.least, about.most));
        all.push(member("other", rng.bool(), age.clamp(0, 109)));
    }
}
