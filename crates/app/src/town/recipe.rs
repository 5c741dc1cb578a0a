//! The recipe of a town, as the pack writes it.

use std::path::Path;

use serde::Deserialize;

/// Everything a town is drawn from.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recipe {
    /// Same seed, same day: same town.
    pub seed: u64,
    /// About how many people.
    pub people: usize,
    /// ISO 15924 script of the first spelling of a name.
    pub script: String,
    /// Script of the second spelling.
    pub second_script: String,
    /// Language people are addressed in.
    pub country_language: String,
    /// Telephone numbers; `{n}` is four digits.
    pub phone: String,
    /// How national identifiers look.
    pub identifier: Identifier,
    /// Where people live.
    pub place: Vec<Place>,
    /// What people are called.
    pub names: Names,
    /// Kinds of household.
    pub household: Vec<Kind>,
    /// Facts and how they are drawn.
    pub fact: Vec<FactRecipe>,
    /// What is behind a protected address; needed where there is one.
    pub protection: Option<Protection>,
    /// Families whose address nobody may learn.
    #[serde(default)]
    pub protected: Vec<Protected>,
    /// What happens in the town.
    pub events: Events,
    /// Who works in it.
    #[serde(default)]
    pub staff: Vec<Staff>,
    /// The mothers' groups of its offices.
    #[serde(default)]
    pub group: Vec<Meeting>,
    /// What its nurses did before the day it begins.
    pub past: Option<Past>,
}

/// Births of the months before the town begins, and what nurses made of them.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Past {
    /// How many whole months back.
    pub months: u32,
    /// The kind of household in which they happened; its last member is the child.
    pub kind: String,
    /// The offices.
    pub office: Vec<PastOffice>,
}

/// An office of nurses, and how it fared.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PastOffice {
    /// The place its supervisor and nurses work for.
    pub jurisdiction: String,
    /// Births a month for each thousand people of the whole town. Of fewer than [`PastOffice::LEAST`] a month nothing could be told, and none happen.
    pub births_per_thousand: u32,
    /// Of a hundred families, how many were visited when it was time.
    pub in_time: u32,
    /// How many were visited late; the others wanted no visits.
    pub late: u32,
    /// Of a hundred families that are visited, how many have risks.
    pub troubled: u32,
    /// How many are sent on to another service.
    pub sent_on: u32,
    /// Of a hundred times that a family is asked how it went, how often it answers.
    pub answered: u32,
}

impl PastOffice {
    /// Fewer births a month are told to nobody.
    pub const LEAST: usize = 5;

    /// Births a month in a town of so many people.
    pub fn births(&self, people: usize) -> usize {
        let births = usize::try_from(self.births_per_thousand).unwrap_or(0) * people / 1_000;
        if births < Self::LEAST { 0 } else { births }
    }
}

/// A mothers' group.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Meeting {
    /// The kind, as the pack's `groups.toml` names it.
    pub kind: String,
    /// The place whose supervisor opens it.
    pub jurisdiction: String,
    /// Where it meets, in words.
    pub venue: String,
    /// The time of day, as `14:00`.
    pub starts: String,
    /// What its sessions are about; the first is held today.
    pub topics: Vec<String>,
}

/// Somebody who serves the town.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Staff {
    /// Their name at the sign-in provider.
    pub subject: String,
    /// Their role.
    pub role: guard::Role,
    /// The office, in words.
    pub name: kernel::Words,
    /// The agency they work for.
    pub organisation: String,
    /// The place they work for.
    pub jurisdiction: String,
}

/// The form of the national identifier.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Identifier {
    /// `{yymmdd}`, `{sex_century}` and `{serial}` (six digits) or `{serial4}` are replaced; `{check}` at the end is worked out
    /// as `pack.toml` says.
    pub pattern: String,
    /// The digit for people born before 2000.
    pub sex_century_1900: BySex,
    /// The digit for people born since.
    pub sex_century_2000: BySex,
}

/// One text for each sex.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BySex {
    /// For men and boys.
    pub male: String,
    /// For women and girls.
    pub female: String,
}

/// One place and how its addresses look.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Place {
    /// A jurisdiction of the pack.
    pub id: String,
    /// `{n}`, `{m}`, `{f}` are replaced by numbers.
    pub street: String,
    /// Its weight among the places.
    pub weight: u32,
}

/// Names in two scripts.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Names {
    /// Family names with weights.
    pub family: Vec<(String, String, u32)>,
    /// Endings of family names, and what women bear instead.
    #[serde(default)]
    pub endings: Vec<(String, String)>,
    /// Given names of women and girls.
    pub female: Vec<(String, String)>,
    /// Given names of men and boys.
    pub male: Vec<(String, String)>,
}

/// A kind of household.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Kind {
    /// Its name.
    pub kind: String,
    /// Its share per hundred households.
    pub share: u32,
    /// Who lives in it.
    pub members: Vec<MemberRecipe>,
}

/// How a member is drawn.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MemberRecipe {
    /// `head`, `spouse`, `child` or `parent` (of the head).
    pub role: super::Role,
    /// `male`, `female` or `any`.
    pub sex: String,
    /// Full years, inclusive.
    pub age: (u32, u32),
    /// How many of them, inclusive; one when left out.
    pub count: Option<(u32, u32)>,
    /// What facts go by.
    pub tags: Vec<String>,
}

/// How a fact is drawn.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FactRecipe {
    /// Members with this tag; `everyone`; or `household`.
    pub tag: String,
    /// Full years, inclusive.
    pub age: Option<(u32, u32)>,
    /// The item.
    pub item: String,
    /// The agency that says so.
    pub source: String,
    /// Share of those who have it; all when left out.
    pub chance: Option<f64>,
    /// The value.
    pub value: Option<toml::Value>,
    /// Values with weights.
    pub choice: Option<Vec<(toml::Value, u32)>>,
    /// A skewed sum.
    pub lognormal: Option<Lognormal>,
    /// Items that come with it: item, values with weights.
    #[serde(default)]
    pub with: Vec<(String, Vec<(toml::Value, u32)>)>,
}

/// A log-normal sum of money.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lognormal {
    /// Half have less.
    pub median: f64,
    /// Spread.
    pub sigma: f64,
    /// Rounded down to this.
    pub step: i64,
    /// Never more.
    pub max: i64,
}

/// By whom and why an address is protected, and what is on record about the people of such a family.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Protection {
    /// The agency that orders it.
    pub source: String,
    /// Its law.
    pub law: String,
    /// Item, value and source of the facts about each of them.
    #[serde(default)]
    pub facts: Vec<(String, toml::Value, String)>,
}

/// A family in hiding.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Protected {
    /// The word in every text of theirs.
    pub canary: String,
    /// Where they hide.
    pub place: String,
    /// The hidden address.
    pub street: String,
    /// Where they lived, and the perpetrator lives.
    pub former_place: String,
    /// The former address.
    pub former_street: String,
}

/// What happens in the town.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Events {
    /// The agency that tells of births.
    pub register: String,
    /// Facts about every newborn: item and value.
    pub newborn: Vec<(String, toml::Value)>,
    /// Pregnancies due around today, for the visitor to register.
    pub births_to_come: usize,
    /// Births registered through the front door.
    pub births_this_month: usize,
    /// The kinds of household they happen in: of a first child, of a further one.
    pub birth_kinds: (String, String),
    /// Other pregnancies.
    pub pregnancies: usize,
}

/// What is wrong with a recipe.
#[derive(Debug, thiserror::Error)]
pub enum RecipeError {
    /// The pack has no town.
    #[error("{path}: {why}; a pack needs demo/town.toml to be shown with `hearth demo`")]
    Missing {
        /// Where it was looked for.
        path: String,
        /// What the system said.
        why: std::io::Error,
    },
    /// The text is not a recipe.
    #[error("{path}: {why}")]
    Wrong {
        /// Which file.
        path: String,
        /// Line, column and what was expected.
        why: Box<toml::de::Error>,
    },
}

impl Recipe {
    /// Reads `demo/town.toml` of a pack.
    pub fn read(pack: &Path) -> Result<Recipe, RecipeError> {
        let path = pack.join("demo").join("town.toml");
        let shown = path.display().to_string();
        let text = std::fs::read_to_string(&path).map_err(|why| RecipeError::Missing { path: shown.clone(), why })?;
        toml::from_str(&text).map_err(|why| RecipeError::Wrong { path: shown, why: Box::new(why) })
    }
}
