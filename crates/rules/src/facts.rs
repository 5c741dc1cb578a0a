//! The facts of one household, laid out for a program: one column number per item, one slot per member.

use std::collections::HashMap;
use std::sync::Arc;

use crate::days;
use crate::dec::Dec;
use crate::ir::Relation;
use crate::outcome::Provenance;
use crate::schema::{Entity, Type, Value};
use crate::types::Ty;
use crate::value::{Bounds, Val};

/// One column of facts: an item, or a definition that may be stated.
#[derive(Clone, Debug)]
pub struct Column {
    /// The item's id.
    pub id: Arc<str>,
    /// Whom it is about.
    pub entity: Entity,
    /// Its declared type.
    pub ty: Type,
    /// What no entry means.
    pub absent: Option<Val>,
}

/// Which items there are and where their values go. Shared by a program and the households built against it.
#[derive(Debug, Default)]
pub struct Layout {
    /// Columns of the household.
    pub household: Vec<Column>,
    /// Columns of a person.
    pub person: Vec<Column>,
    /// All codes of all lists, in order: list and code.
    pub codes: Vec<(Arc<str>, Arc<str>)>,
    /// Texts written in rules.
    pub texts: Vec<Arc<str>>,
    pub(crate) by_name: HashMap<(Entity, Arc<str>), u32>,
    pub(crate) code_index: HashMap<(Arc<str>, Arc<str>), u32>,
    pub(crate) lists: HashMap<Arc<str>, Vec<Arc<str>>>,
}

impl Column {
    /// What is known of a value that is not known: a count is not below 0.
    pub(crate) fn unknown(&self) -> Val {
        if Ty::of(&self.ty).counts() { Val::Unknown(Bounds { lo: 0, hi: i64::MAX }) } else { Val::UNKNOWN }
    }

    fn empty(&self) -> Val {
        self.absent.unwrap_or_else(|| self.unknown())
    }
}

impl Layout {
    /// The column of an item.
    pub fn column(&self, entity: Entity, id: &str) -> Option<(u32, &Column)> {
        let n = *self.by_name.get(&(entity, Arc::from(id)))?;
        Some((n, self.columns(entity).get(n as usize)?))
    }

    /// The codes of a list, in order; empty for an unknown list.
    pub fn list(&self, list: &str) -> &[Arc<str>] {
        self.lists.get(list).map_or(&[], Vec::as_slice)
    }

    /// The number of a code among all codes.
    pub fn code(&self, list: &str, code: &str) -> Option<u32> {
        self.code_index.get(&(Arc::from(list), Arc::from(code))).copied()
    }

    /// Numbers the facts of the household, then of each member.
    #[inline]
    pub(crate) fn number(&self, (member, column): (Option<usize>, u32)) -> u32 {
        let before = member.map_or(0, |m| self.household.len() + m * self.person.len());
        u32::try_from(before).unwrap_or(u32::MAX).saturating_add(column)
    }

    /// The member and column of a number.
    pub(crate) fn place(&self, number: u32) -> (Option<usize>, u32) {
        let (n, person) = (number as usize, self.person.len().max(1));
        match n.checked_sub(self.household.len()) {
            None => (None, number),
            Some(n) => (Some(n / person), u32::try_from(n % person).unwrap_or(u32::MAX)),
        }
    }

    /// All columns of an entity.
    pub fn columns(&self, entity: Entity) -> &[Column] {
        match entity {
            Entity::Household => &self.household,
            Entity::Person => &self.person,
        }
    }
}

/// Why a fact cannot be taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FactError {
    /// No such item.
    #[error("there is no item `{item}` of a {entity}{}", hint(.near))]
    UnknownItem {
        /// As given.
        item: String,
        /// `person` or `household`.
        entity: &'static str,
        /// A similar id.
        near: Option<String>,
    },
    /// The value has another type.
    #[error("`{item}` cannot be {found}: expected {expected}")]
    WrongType {
        /// The item.
        item: String,
        /// What was given.
        found: String,
        /// What the item is.
        expected: String,
    },
    /// A code that is not in the list.
    #[error("`{item}` cannot be {code:?}: expected one of {expected}")]
    BadCode {
        /// The item.
        item: String,
        /// As given.
        code: String,
        /// The codes of the list.
        expected: String,
    },
    /// A negative count.
    #[error("`{item}` cannot be {value}: a count is never below 0")]
    Negative {
        /// The item.
        item: String,
        /// As given.
        value: String,
    },
    /// A member that is not there.
    #[error("there is no member {key:?} in this household")]
    UnknownMember {
        /// As given.
        key: String,
    },
    /// Two members with one key.
    #[error("there are two members {key:?}: give each its own id")]
    DuplicateMember {
        /// As given.
        key: String,
    },
    /// Somebody is their own parent or spouse.
    #[error("{key:?} cannot be their own parent or spouse")]
    OwnRelative {
        /// The member.
        key: String,
    },
}

fn hint(near: &Option<String>) -> String {
    near.as_ref().map(|n| format!("; did you mean `{n}`?")).unwrap_or_default()
}

/// One fact as held.
#[derive(Clone, Debug, Default)]
pub(crate) struct Slot {
    pub(crate) given: Option<Option<Value>>,
    pub(crate) provenance: Option<Arc<Provenance>>,
}

/// A member with relations as indices into the household's members.
#[derive(Clone, Debug)]
pub struct Member {
    /// The key by which the caller knows the member.
    pub key: String,
    /// Index of the spouse.
    pub spouse: Option<usize>,
    /// Indices of the parents.
    pub parents: Vec<usize>,
    /// Indices of the children.
    pub children: Vec<usize>,
}

/// One household's facts. Made by [`HouseholdBuilder`].
#[derive(Clone, Debug)]
pub struct Household {
    pub(crate) layout: Arc<Layout>,
    pub(crate) members: Vec<Member>,
    pub(crate) everyone: Vec<usize>,
    pub(crate) texts: Vec<Arc<str>>,
    /// Values of the household, then of each member, column by column.
    pub(crate) household_values: Vec<Val>,
    pub(crate) person_values: Vec<Val>,
    household_slots: Vec<Slot>,
    person_slots: Vec<Slot>,
}

impl Household {
    /// The members, in the order in which they were added.
    pub fn members(&self) -> &[Member] {
        &self.members
    }

    /// The member with this key.
    pub fn member(&self, key: &str) -> Option<usize> {
        self.members.iter().position(|m| m.key == key)
    }

    pub(crate) fn fact(&self, column: u32, member: Option<usize>) -> Val {
        match member {
            None => self.household_values.get(column as usize),
            Some(m) => self.person_values.get(m * self.layout.person.len() + column as usize),
        }
        .copied()
        .unwrap_or(Val::UNKNOWN)
    }

    pub(crate) fn slot(&self, column: u32, member: Option<usize>) -> Option<&Slot> {
        match member {
            None => self.household_slots.get(column as usize),
            Some(m) => self.person_slots.get(m * self.layout.person.len() + column as usize),
        }
    }

    /// A recorded fact: `None` when nothing is stated, `Some(None)` when it is stated to be unknown.
    pub fn stated(&self, entity: Entity, item: &str, member: Option<usize>) -> Option<Option<&Value>> {
        let (column, _) = self.layout.column(entity, item)?;
        self.slot(column, member)?.given.as_ref().map(Option::as_ref)
    }

    pub(crate) fn related(&self, relation: Relation, person: usize) -> &[usize] {
        let member = self.members.get(person);
        match relation {
            Relation::Members => &self.everyone,
            Relation::Children => member.map_or(&[], |m| m.children.as_slice()),
            Relation::Parents => member.map_or(&[], |m| m.parents.as_slice()),
            Relation::Spouse => member.map_or(&[], |m| m.spouse.as_slice()),
        }
    }

    /// The same household laid out for another program; items the other does not know, or knows with another type, are left out.
    pub(crate) fn laid_out_for(&self, layout: &Arc<Layout>) -> Household {
        let mut b = HouseholdBuilder { layout: layout.clone(), it: Household::empty(layout.clone()) };
        for m in &self.members {
            b.push_member(m.key.clone());
        }
        b.it.members.clone_from(&self.members);
        let mut copy = |entity, columns: &[Column], member: Option<usize>| {
            for (n, column) in columns.iter().enumerate() {
                let slot = u32::try_from(n).ok().and_then(|n| self.slot(n, member));
                if let Some(Slot { given: Some(value), provenance }) = slot {
                    // What the other program cannot hold is unknown to it.
                    let _ = b.put(entity, member, &column.id, value.clone(), provenance.clone());
                }
            }
        };
        copy(Entity::Household, &self.layout.household, None);
        for m in 0..self.members.len() {
            copy(Entity::Person, &self.layout.person, Some(m));
        }
        b.it
    }

    fn empty(layout: Arc<Layout>) -> Household {
        Household {
            household_values: layout.household.iter().map(Column::empty).collect(),
            household_slots: vec![Slot::default(); layout.household.len()],
            person_values: Vec::new(),
            person_slots: Vec::new(),
            members: Vec::new(),
            everyone: Vec::new(),
            texts: Vec::new(),
            layout,
        }
    }
}

/// Builds a [`Household`] for a program, refusing what the program's items cannot hold.
#[derive(Debug)]
pub struct HouseholdBuilder {
    layout: Arc<Layout>,
    it: Household,
}

impl HouseholdBuilder {
    /// An empty household for the program with this layout.
    pub fn with_layout(layout: Arc<Layout>) -> Self {
        HouseholdBuilder { it: Household::empty(layout.clone()), layout }
    }

    /// Adds a member and gives its index.
    pub fn member(&mut self, key: &str) -> Result<usize, FactError> {
        if self.it.member(key).is_some() {
            return Err(FactError::DuplicateMember { key: key.to_owned() });
        }
        Ok(self.push_member(key.to_owned()))
    }

    fn push_member(&mut self, key: String) -> usize {
        let index = self.it.members.len();
        self.it.members.push(Member { key, spouse: None, parents: Vec::new(), children: Vec::new() });
        self.it.everyone.push(index);
        let columns = &self.layout.person;
        self.it.person_values.extend(columns.iter().map(Column::empty));
        self.it.person_slots.resize(self.it.members.len() * columns.len(), Slot::default());
        index
    }

    /// Makes two members each other's spouse.
    pub fn spouses(&mut self, a: usize, b: usize) -> Result<(), FactError> {
        self.pair(a, b)?;
        for (one, other) in [(a, b), (b, a)] {
            if let Some(m) = self.it.members.get_mut(one) {
                m.spouse = Some(other);
            }
        }
        Ok(())
    }

    /// Makes `parent` a parent of `child`.
    pub fn parent(&mut self, child: usize, parent: usize) -> Result<(), FactError> {
        self.pair(child, parent)?;
        if let Some(m) = self.it.members.get_mut(child)
            && !m.parents.contains(&parent)
        {
            m.parents.push(parent);
        }
        if let Some(m) = self.it.members.get_mut(parent)
            && !m.children.contains(&child)
        {
            m.children.push(child);
        }
        Ok(())
    }

    fn pair(&self, a: usize, b: usize) -> Result<(), FactError> {
        for index in [a, b] {
            if index >= self.it.members.len() {
                return Err(FactError::UnknownMember { key: format!("number {index}") });
            }
        }
        match self.it.members.get(a) {
            Some(m) if a == b => Err(FactError::OwnRelative { key: m.key.clone() }),
            _ => Ok(()),
        }
    }

    /// Records a fact of the household; `None` states that it is not known.
    pub fn household_fact(
        &mut self,
        item: &str,
        value: Option<Value>,
        from: Option<Arc<Provenance>>,
    ) -> Result<(), FactError> {
        self.put(Entity::Household, None, item, value, from)
    }

    /// Records a fact of a member; `None` states that it is not known.
    pub fn person_fact(
        &mut self,
        member: usize,
        item: &str,
        value: Option<Value>,
        from: Option<Arc<Provenance>>,
    ) -> Result<(), FactError> {
        if member >= self.it.members.len() {
            return Err(FactError::UnknownMember { key: format!("number {member}") });
        }
        self.put(Entity::Person, Some(member), item, value, from)
    }

    /// The household.
    pub fn build(self) -> Household {
        self.it
    }

    fn put(
        &mut self,
        entity: Entity,
        member: Option<usize>,
        item: &str,
        value: Option<Value>,
        from: Option<Arc<Provenance>>,
    ) -> Result<(), FactError> {
        let layout = self.layout.clone();
        let Some((n, column)) = layout.column(entity, item) else {
            let ids = layout.columns(entity).iter().map(|c| c.id.as_ref());
            let near = crate::faults::nearest_name(item, ids).map(str::to_owned);
            let entity = if entity == Entity::Person { "person" } else { "household" };
            return Err(FactError::UnknownItem { item: item.to_owned(), entity, near });
        };
        let val = match &value {
            None => column.unknown(),
            Some(v) => self.read(column, v)?,
        };
        let at = n as usize + member.unwrap_or(0) * layout.person.len();
        let (values, slots) = match entity {
            Entity::Household => (&mut self.it.household_values, &mut self.it.household_slots),
            Entity::Person => (&mut self.it.person_values, &mut self.it.person_slots),
        };
        if let (Some(v), Some(s)) = (values.get_mut(at), slots.get_mut(at)) {
            *v = val;
            *s = Slot { given: Some(value), provenance: from };
        }
        Ok(())
    }

    fn read(&mut self, column: &Column, value: &Value) -> Result<Val, FactError> {
        if let (Type::Text, Value::Text(t)) = (&column.ty, value) {
            let known = self.layout.texts.iter().chain(&self.it.texts).position(|x| x.as_ref() == t);
            let index = known.unwrap_or_else(|| {
                self.it.texts.push(t.as_str().into());
                self.layout.texts.len() + self.it.texts.len() - 1
            });
            return Ok(Val::Text(u32::try_from(index).unwrap_or(u32::MAX)));
        }
        convert(&self.layout, &column.ty, value).map_err(|e| e.of(&column.id))
    }
}

/// A value of a declared type as the machine holds it.
pub(crate) fn convert(layout: &Layout, ty: &Type, value: &Value) -> Result<Val, FactError> {
    let wrong = || FactError::WrongType { item: String::new(), found: shown(value), expected: Ty::of(ty).to_string() };
    let counted = |n: bool, v: Val| {
        if n && Ty::of(ty).counts() {
            Err(FactError::Negative { item: String::new(), value: shown(value) })
        } else {
            Ok(v)
        }
    };
    match (ty, value) {
        (Type::Boolean, Value::Boolean(b)) => Ok(Val::Bool(*b)),
        (Type::Integer(_), Value::Integer(n)) => counted(*n < 0, Val::Int(*n)),
        (Type::Decimal(_) | Type::Ratio, Value::Integer(n)) => counted(*n < 0, Val::Dec(Dec::from_i64(*n))),
        (Type::Decimal(_) | Type::Ratio, Value::Decimal(t)) => {
            let d = Dec::parse(t).ok_or_else(wrong)?;
            counted(d < Dec::ZERO, Val::Dec(d))
        }
        (Type::Money(_), Value::Money(n) | Value::Integer(n)) => Ok(Val::Int(*n)),
        (Type::Date, Value::Date(d)) => Ok(Val::Date(days::of(*d))),
        (Type::Code(list), Value::Code(c) | Value::Text(c)) => {
            let key = (list.clone(), Arc::from(c.as_str()));
            layout.code_index.get(&key).map(|n| Val::Code(*n)).ok_or_else(|| FactError::BadCode {
                item: String::new(),
                code: c.clone(),
                expected: layout.lists.get(list).map(|l| l.join(", ")).unwrap_or_default(),
            })
        }
        _ => Err(wrong()),
    }
}

impl FactError {
    fn of(mut self, id: &str) -> Self {
        match &mut self {
            FactError::WrongType { item, .. } | FactError::BadCode { item, .. } | FactError::Negative { item, .. } => {
                item.clear();
                item.push_str(id);
            }
            _ => {}
        }
        self
    }
}

fn shown(value: &Value) -> String {
    match value {
        Value::Boolean(b) => b.to_string(),
        Value::Integer(n) => format!("the number {n}"),
        Value::Money(n) => format!("the sum {n}"),
        Value::Decimal(t) => format!("the number {t}"),
        Value::Date(d) => format!("the date {d}"),
        Value::Text(t) => format!("the text {t:?}"),
        Value::Code(c) => format!("the code {c:?}"),
    }
}

/// A machine value as a fact would carry it; `None` for unknown and error.
pub(crate) fn readable(layout: &Layout, texts: &[Arc<str>], ty: &Ty, val: Val) -> Option<Value> {
    Some(match val {
        Val::Bool(b) => Value::Boolean(b),
        Val::Int(n) if matches!(ty, Ty::Num { unit: crate::types::Unit::Money(_), .. }) => Value::Money(n),
        Val::Int(n) => Value::Integer(n),
        Val::Dec(d) => Value::Decimal(d.to_string()),
        Val::Date(d) => Value::Date(days::date(d)),
        Val::Code(c) => Value::Code(layout.codes.get(c as usize)?.1.to_string()),
        Val::Text(t) => {
            let t = t as usize;
            Value::Text(layout.texts.get(t).or_else(|| texts.get(t.checked_sub(layout.texts.len())?))?.to_string())
        }
        Val::Unknown(_) | Val::Error(_) => return None,
    })
}
