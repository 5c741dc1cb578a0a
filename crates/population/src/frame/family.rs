//! One household on its way into a snapshot. Filled again and again: its memory is kept.

use std::sync::Arc;

use kernel::Date;
use rules::Dec;
use rules::schema::{Entity, Per, Value};

use super::fault::FamilyFault;
use super::shape::{Kind, Shape};
use super::{Key, MILLION};

/// What is known of one item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Cell {
    /// Nothing is recorded: where the pack says what a register's silence means, it means that.
    #[default]
    Silent,
    /// It is stated that the value is not known.
    Unknown,
    /// Yes or no.
    Truth(bool),
    /// A whole number, or money in minor units.
    Whole(i64),
    /// A decimal in millionths.
    Millionths(i64),
    /// A day.
    Date(Date),
    /// The place of a code in its list: see [`Shape::code`].
    Code(u16),
    /// A text, by the number that [`Family::text`] gave.
    Text(u32),
}

/// An award in force on the day of the snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Award {
    /// The member; `None`: the household.
    pub member: Option<usize>,
    /// The programme: see [`Shape::programme`].
    pub programme: u16,
    /// Minor units and their period; `None` for what is no money.
    pub amount: Option<(i64, Per)>,
    /// First day.
    pub from: Date,
    /// First day after it; `None`: open.
    pub until: Option<Date>,
    /// The place that pays: see [`Shape::place`]; `None`: paid wherever the family lives.
    pub place: Option<u16>,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Person {
    pub(crate) key: Key,
    pub(crate) spouse: Option<u16>,
    pub(crate) parents: Vec<u16>,
    pub(crate) stale: Vec<u16>,
}

/// A household with its members.
#[derive(Clone, Debug)]
pub struct Family {
    pub(crate) shape: Arc<Shape>,
    pub(crate) key: Key,
    pub(crate) place: Option<u16>,
    pub(crate) fifth: Option<u8>,
    pub(crate) facts: Vec<Cell>,
    pub(crate) stale: Vec<u16>,
    people: Vec<Person>,
    size: usize,
    /// By member, then by column.
    cells: Vec<Cell>,
    pub(crate) texts: Vec<String>,
    pub(crate) awards: Vec<Award>,
}

impl Family {
    pub(crate) fn new(shape: Arc<Shape>) -> Family {
        Family {
            facts: vec![Cell::Silent; shape.household.len()],
            shape,
            key: Key::default(),
            place: None,
            fifth: None,
            stale: Vec::new(),
            people: Vec::new(),
            size: 0,
            cells: Vec::new(),
            texts: Vec::new(),
            awards: Vec::new(),
        }
    }

    /// Empties it, for the household with this pseudonym.
    pub fn start(&mut self, key: Key) {
        (self.key, self.place, self.fifth, self.size) = (key, None, None, 0);
        self.facts.fill(Cell::Silent);
        self.stale.clear();
        self.cells.clear();
        self.texts.clear();
        self.awards.clear();
    }

    /// The place where it lives: see [`Shape::place`].
    pub fn live_in(&mut self, place: u16) -> Result<(), FamilyFault> {
        if usize::from(place) >= self.shape.places.len() {
            return Err(FamilyFault::NoPlace(place));
        }
        self.place = Some(place);
        Ok(())
    }

    /// The fifth of incomes to which it belongs, 1 to 5: for analysis, no rule reads it.
    pub fn income_fifth(&mut self, fifth: u8) {
        self.fifth = Some(fifth);
    }

    /// Adds a member and gives the slot.
    pub fn member(&mut self, key: Key) -> Result<usize, FamilyFault> {
        let slot = self.size;
        if slot >= usize::from(u16::MAX) {
            return Err(FamilyFault::TooMany);
        }
        if let Some(other) = self.people().iter().position(|p| p.key == key) {
            return Err(FamilyFault::SamePerson(other, slot));
        }
        match self.people.get_mut(slot) {
            Some(person) => {
                (person.key, person.spouse) = (key, None);
                person.parents.clear();
                person.stale.clear();
            }
            None => self.people.push(Person { key, ..Person::default() }),
        }
        self.size += 1;
        self.cells.resize(self.size * self.shape.person.len(), Cell::Silent);
        Ok(slot)
    }

    /// Makes two members each other's spouse.
    pub fn spouses(&mut self, a: usize, b: usize) -> Result<(), FamilyFault> {
        let (a16, b16) = self.pair(a, b)?;
        for (one, other) in [(a, b16), (b, a16)] {
            if let Some(person) = self.people.get_mut(one) {
                person.spouse = Some(other);
            }
        }
        Ok(())
    }

    /// Makes `parent` a parent of `child`.
    pub fn parent(&mut self, child: usize, parent: usize) -> Result<(), FamilyFault> {
        let (_, parent) = self.pair(child, parent)?;
        if let Some(person) = self.people.get_mut(child).filter(|p| !p.parents.contains(&parent)) {
            person.parents.push(parent);
        }
        Ok(())
    }

    fn pair(&self, a: usize, b: usize) -> Result<(u16, u16), FamilyFault> {
        let slot = |n: usize| match u16::try_from(n) {
            Ok(slot) if n < self.size => Ok(slot),
            _ => Err(FamilyFault::NoMember(n)),
        };
        let pair = (slot(a)?, slot(b)?);
        if a == b { Err(FamilyFault::OwnRelative(a)) } else { Ok(pair) }
    }

    /// Records what is known of an item, of a member or (`None`) of the household. The column is that of
    /// [`Shape::column`]; a wrong kind of value is refused.
    pub fn set(&mut self, member: Option<usize>, column: usize, cell: Cell) -> Result<(), FamilyFault> {
        let of = if member.is_some() { &self.shape.person } else { &self.shape.household };
        let about = of.get(column).ok_or(FamilyFault::NoColumn(column))?;
        let fits = match (&about.kind, cell) {
            (_, Cell::Silent | Cell::Unknown) | (Kind::Truth, Cell::Truth(_)) => true,
            (Kind::Date, Cell::Date(day)) => {
                if day.year() < 1 {
                    let number = super::bucket::day_number(day);
                    return Err(FamilyFault::NoDay { item: about.item.clone(), slot: member, number });
                }
                true
            }
            (Kind::Whole { counts }, Cell::Whole(n)) | (Kind::Decimal { counts }, Cell::Millionths(n)) => {
                if *counts && n < 0 {
                    return Err(FamilyFault::Negative { item: about.item.clone(), slot: member, value: n });
                }
                true
            }
            (Kind::Code { codes, .. }, Cell::Code(place)) => {
                if usize::from(place) >= codes.len() {
                    return Err(FamilyFault::NoCode { item: about.item.clone(), slot: member, place });
                }
                true
            }
            (Kind::Text, Cell::Text(n)) => (n as usize) < self.texts.len(),
            _ => false,
        };
        if !fits {
            return Err(FamilyFault::WrongKind { item: about.item.clone(), expected: about.kind.words() });
        }
        let slot = match member {
            None => self.facts.get_mut(column),
            Some(m) if m < self.size => self.cells.get_mut(m * self.shape.person.len() + column),
            Some(m) => return Err(FamilyFault::NoMember(m)),
        };
        if let Some(slot) = slot {
            *slot = cell;
        }
        Ok(())
    }

    /// The number of a text, for [`Cell::Text`].
    pub fn text(&mut self, text: &str) -> u32 {
        let at = self.texts.iter().position(|t| t == text).unwrap_or_else(|| {
            self.texts.push(text.to_owned());
            self.texts.len() - 1
        });
        u32::try_from(at).unwrap_or(u32::MAX)
    }

    /// Records a value as facts carry it; `None`: stated to be unknown.
    pub fn value(&mut self, member: Option<usize>, column: usize, value: Option<&Value>) -> Result<(), FamilyFault> {
        let entity = if member.is_some() { Entity::Person } else { Entity::Household };
        let about = self.shape.columns(entity).get(column).ok_or(FamilyFault::NoColumn(column))?;
        let decimal = |text: &str| {
            let fine = || FamilyFault::TooFine { item: about.item.clone(), value: text.to_owned() };
            let whole = Dec::parse(text).and_then(|d| d.times(Dec::from_i64(MILLION))).and_then(Dec::whole);
            whole.filter(|n| n.unsigned_abs() < 1_000_000_000_000_000_000).map(Cell::Millionths).ok_or_else(fine)
        };
        let cell =
            match value {
                None => Cell::Unknown,
                Some(Value::Boolean(b)) => Cell::Truth(*b),
                Some(Value::Integer(n)) if matches!(about.kind, Kind::Decimal { .. }) => decimal(&n.to_string())?,
                Some(Value::Integer(n) | Value::Money(n)) => Cell::Whole(*n),
                Some(Value::Decimal(text)) => decimal(text)?,
                Some(Value::Date(day)) => Cell::Date(*day),
                Some(Value::Text(text)) if about.kind == Kind::Text => {
                    let text = text.clone();
                    Cell::Text(self.text(&text))
                }
                Some(Value::Code(code) | Value::Text(code)) => {
                    let place = self.shape.code(entity, column, code);
                    Cell::Code(place.ok_or_else(|| FamilyFault::WrongKind {
                        item: about.item.clone(),
                        expected: about.kind.words(),
                    })?)
                }
            };
        self.set(member, column, cell)
    }

    /// Says that what is recorded of an item is older than its law allows.
    pub fn stale(&mut self, member: Option<usize>, column: usize) -> Result<(), FamilyFault> {
        let of = if member.is_some() { self.shape.person.len() } else { self.shape.household.len() };
        let at = u16::try_from(column).ok().filter(|_| column < of).ok_or(FamilyFault::NoColumn(column))?;
        let list = match member {
            None => &mut self.stale,
            Some(m) => {
                let person = self.people.get_mut(m).filter(|_| m < self.size);
                &mut person.ok_or(FamilyFault::NoMember(m))?.stale
            }
        };
        list.push(at);
        Ok(())
    }

    /// Adds an award in force.
    pub fn award(&mut self, award: Award) -> Result<(), FamilyFault> {
        if award.member.is_some_and(|m| m >= self.size) {
            return Err(FamilyFault::NoMember(award.member.unwrap_or_default()));
        }
        if usize::from(award.programme) >= self.shape.programmes.len() {
            return Err(FamilyFault::Award(format!("programme number {}, which there is not", award.programme)));
        }
        if let Some(place) = award.place.filter(|p| usize::from(*p) >= self.shape.places.len()) {
            return Err(FamilyFault::NoPlace(place));
        }
        self.awards.push(award);
        Ok(())
    }

    /// How many members there are.
    pub fn size(&self) -> usize {
        self.size
    }

    pub(crate) fn people(&self) -> &[Person] {
        self.people.get(..self.size).unwrap_or(&[])
    }

    /// What is known of a member.
    pub(crate) fn cells(&self, member: usize) -> &[Cell] {
        let width = self.shape.person.len();
        self.cells.get(member * width..(member + 1) * width).unwrap_or(&[])
    }
}
