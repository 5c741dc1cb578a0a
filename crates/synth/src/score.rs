//! How well findings hit what is known to be wrong in a synthetic country.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;

use crate::country::SynthError;

/// One kind of truth.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Row {
    /// How many there are.
    pub there: u64,
    /// How many were found, by the same word or another.
    pub found: u64,
    /// How many of these by another word.
    pub otherwise: u64,
}

/// Findings held against the truth.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Score {
    /// By what must be said and why.
    pub rows: BTreeMap<(String, String), Row>,
    /// Findings about programmes of the truth, in households of one home, that the truth does not know.
    pub beyond: u64,
}

impl Score {
    fn sum(&self, of: impl Fn(&Row) -> u64) -> u64 {
        self.rows.values().map(of).sum()
    }

    /// All that is there.
    pub fn there(&self) -> u64 {
        self.sum(|r| r.there)
    }

    /// What was found of it.
    pub fn found(&self) -> u64 {
        self.sum(|r| r.found)
    }

    /// What was found by another word.
    pub fn otherwise(&self) -> u64 {
        self.sum(|r| r.otherwise)
    }

    /// The share that was found.
    #[allow(clippy::cast_precision_loss)] // for reading
    pub fn recall(&self) -> f64 {
        self.found() as f64 / self.there().max(1) as f64
    }
}

/// Where a finding stands: household, person (empty: the household), programme.
type Place = (String, String, String);

const TWO_HOMES: &str = "two_homes";

/// Reads findings (columns `household,person,programme,kind`; more may stand there) and the truth, and holds them together. Households
/// with somebody who stands in two count for that alone: which of the two is right nobody can tell from the picture.
pub fn score(findings: &Path, truth: &Path) -> Result<Score, SynthError> {
    let mut found: HashMap<Place, String> = HashMap::new();
    let mut homes: HashSet<String> = HashSet::new();
    each(findings, ["household", "person", "programme", "kind"], |[household, person, programme, kind]| {
        if kind == TWO_HOMES {
            homes.insert(household);
        } else {
            found.insert((household, person, programme), kind);
        }
    })?;
    let mut score = Score::default();
    let (mut programmes, mut aside) = (HashSet::new(), HashSet::new());
    let columns = ["household", "person", "programme", "says", "because"];
    each(truth, columns, |[household, person, programme, says, because]| {
        let row = score.rows.entry((says.clone(), because)).or_default();
        row.there += 1;
        if says == TWO_HOMES {
            row.found += u64::from(homes.contains(&household));
            aside.insert(household);
            return;
        }
        programmes.insert(programme.clone());
        if let Some(kind) = found.remove(&(household, person, programme)) {
            row.found += 1;
            row.otherwise += u64::from(kind != says);
        }
    })?;
    let beyond =
        found.keys().filter(|(household, _, programme)| programmes.contains(programme) && !aside.contains(household));
    score.beyond = beyond.count() as u64;
    Ok(score)
}

fn each<const N: usize>(file: &Path, columns: [&str; N], mut take: impl FnMut([String; N])) -> Result<(), SynthError> {
    let fault = |why: &dyn std::fmt::Display| SynthError::Write(format!("{}: {why}", file.display()));
    let mut reader = csv::Reader::from_path(file).map_err(|e| fault(&e))?;
    let head = reader.headers().map_err(|e| fault(&e))?.clone();
    let mut at = [0; N];
    for (place, name) in at.iter_mut().zip(columns) {
        let found = head.iter().position(|h| h == name);
        *place =
            found.ok_or_else(|| fault(&format!("the column {name} is missing; expected {}", columns.join(", "))))?;
    }
    for record in reader.records() {
        let record = record.map_err(|e| fault(&e))?;
        take(at.map(|n| record.get(n).unwrap_or_default().to_owned()));
    }
    Ok(())
}
