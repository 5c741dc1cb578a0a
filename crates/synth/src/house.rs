//! One household as drawn.

use std::sync::Arc;

use rules::schema::Entity;

/// What a register says of a fact.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Cell {
    /// Nothing.
    #[default]
    Silent,
    /// That it is not known.
    Unknown,
    /// A value: 0 or 1, a number, minor units, days since 1970-01-01, or the number of a code.
    Is(i64),
}

/// A member and their kin, by index among the members.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// The person's own number: the same in every household in which the person stands.
    pub key: u64,
    /// Number in [`catalogue::model::population::ROLES`].
    pub role: i64,
    /// Whether a woman.
    pub woman: bool,
    /// Full years.
    pub age: i64,
    /// Full months.
    pub months: i64,
    /// Day of birth, as days since 1970-01-01.
    pub birth: i64,
    /// The spouse.
    pub spouse: Option<usize>,
    /// The parents who live here.
    pub parents: [Option<usize>; 2],
}

/// Which column of its entity each drawn fact is.
#[derive(Debug, Default)]
pub(crate) struct Columns {
    pub(crate) of_fact: Vec<(Entity, usize)>,
    pub(crate) household: usize,
    pub(crate) person: usize,
}

/// A household with its facts.
#[derive(Clone, Debug)]
pub struct House {
    /// Its number.
    pub number: u64,
    /// Index of its kind.
    pub kind: usize,
    /// Index of its place.
    pub place: usize,
    /// The members, the head first.
    pub members: Vec<Person>,
    /// Sums of the household with their rank from 0 to 1 (one half where not ranked).
    pub(crate) variables: Vec<(f64, f64)>,
    columns: Arc<Columns>,
    household: Vec<Cell>,
    /// Member by member.
    person: Vec<Cell>,
}

impl House {
    pub(crate) fn new(columns: Arc<Columns>) -> House {
        let household = vec![Cell::Silent; columns.household];
        House {
            number: 0,
            kind: 0,
            place: 0,
            members: Vec::new(),
            variables: Vec::new(),
            columns,
            household,
            person: Vec::new(),
        }
    }

    /// Forgets all facts and has room for the members.
    pub(crate) fn clear(&mut self) {
        self.household.fill(Cell::Silent);
        self.person.clear();
        self.person.resize(self.columns.person * self.members.len(), Cell::Silent);
        self.variables.clear();
    }

    fn at(&self, fact: usize, member: Option<usize>) -> Option<(Entity, usize)> {
        let (entity, column) = self.columns.of_fact.get(fact).copied()?;
        match (entity, member) {
            (Entity::Household, _) => Some((entity, column)),
            (Entity::Person, Some(m)) => Some((entity, m * self.columns.person + column)),
            (Entity::Person, None) => None,
        }
    }

    /// A drawn fact (by its index in the pack's list) of the household or of a member.
    pub fn cell(&self, fact: usize, member: Option<usize>) -> Cell {
        let cells = match self.at(fact, member) {
            Some((Entity::Household, n)) => self.household.get(n),
            Some((Entity::Person, n)) => self.person.get(n),
            None => None,
        };
        cells.copied().unwrap_or_default()
    }

    /// Puts a fact in place of what was there.
    pub fn put(&mut self, fact: usize, member: Option<usize>, cell: Cell) {
        let place = match self.at(fact, member) {
            Some((Entity::Household, n)) => self.household.get_mut(n),
            Some((Entity::Person, n)) => self.person.get_mut(n),
            None => None,
        };
        if let Some(place) = place {
            *place = cell;
        }
    }

    /// Adds a member with the same facts.
    pub(crate) fn add(&mut self, person: Person, facts: impl Iterator<Item = Cell>) {
        self.members.push(person);
        self.person.extend(facts.take(self.columns.person));
        self.person.resize(self.columns.person * self.members.len(), Cell::Silent);
    }

    /// All facts of a member, in the order of their columns.
    pub(crate) fn facts_of(&self, member: usize) -> impl Iterator<Item = Cell> + '_ {
        let start = member * self.columns.person;
        self.person.get(start..start + self.columns.person).unwrap_or_default().iter().copied()
    }

    /// The children of a member who live here.
    pub fn children(&self, member: usize) -> impl Iterator<Item = usize> + '_ {
        self.members.iter().enumerate().filter(move |(_, p)| p.parents.contains(&Some(member))).map(|(n, _)| n)
    }
}
