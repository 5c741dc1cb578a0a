//! What the law gives the drawn households: all programmes of the day in columns, combination rules household by household.

use std::collections::BTreeMap;

use catalogue::Pack;
use catalogue::model::population::Population;
use rules::columns::{Columns, Lender, Lent, Machine, Packed, ROWS, Values};
use rules::combine::{Side, Standing};
use rules::outcome::{Answer, Subject};
use rules::schema::{Entity, Per, Type, Value};
use rules::{Household, Val};

use crate::calendar::{date, number};
use crate::country::{Country, SynthError};
use crate::house::{Cell, House};

/// What somebody is entitled to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Grant {
    /// Index among the pack's programmes.
    pub programme: usize,
    /// The member; `None`: the household.
    pub member: Option<usize>,
    /// Minor units, where it is money and the sum is known.
    pub amount: Option<i64>,
}

/// How a column that rules read is filled.
#[derive(Debug)]
pub(crate) struct Filling {
    pub(crate) entity: Entity,
    /// The item.
    pub(crate) id: std::sync::Arc<str>,
    fact: Option<usize>,
    /// What each place lends.
    places: Vec<Cell>,
    pub(crate) ty: Type,
    /// For codes: their numbers in the layout.
    codes: Vec<u32>,
}

/// One combination rule: programmes of its `a` side, programmes of its `b` side, and named values on either.
#[derive(Debug)]
struct Tie {
    a: Vec<usize>,
    b: Vec<usize>,
    /// Indices among the named values.
    facts: Vec<usize>,
}

/// The rules of the day over drawn households.
#[derive(Debug)]
pub struct Law<'p> {
    pack: &'p Pack,
    population: &'p Population,
    on: kernel::Date,
    columns: Columns<'p>,
    fillings: Vec<Filling>,
    /// By entity and column of the layout: the filling.
    of_column: [Vec<Option<usize>>; 2],
    ties: Vec<Tie>,
    named: Vec<Entity>,
    pers: Vec<Option<Per>>,
}

impl<'p> Law<'p> {
    /// Compiles the pack's rules for the country's day.
    pub fn new(country: &Country<'p>) -> Result<Law<'p>, SynthError> {
        let (pack, population) = (country.pack(), country.population());
        let (ties, values) = ties(pack);
        let wanted: Vec<(Entity, &str)> = values.iter().map(|(e, id)| (*e, id.as_str())).collect();
        let columns = Columns::compile_with(pack.program(), country.on(), country.on(), &wanted)
            .map_err(|why| SynthError::Rules(why.to_string()))?;
        let mut fillings = Vec::new();
        let mut of_column = [Vec::new(), Vec::new()];
        for (entity, list) in [Entity::Household, Entity::Person].into_iter().zip(&mut of_column) {
            for column in pack.program().layout().columns(entity) {
                let filling = filling(pack, population, entity, column);
                list.push(filling.map(|it| {
                    fillings.push(it);
                    fillings.len() - 1
                }));
            }
        }
        Ok(Law {
            pack,
            population,
            on: country.on(),
            columns,
            fillings,
            of_column,
            ties,
            named: values.into_iter().map(|(e, _)| e).collect(),
            pers: pers(pack, country.on()),
        })
    }

    /// The period of a programme's sums on the day.
    pub fn per(&self, programme: usize) -> Option<Per> {
        self.pers.get(programme).copied().flatten()
    }

    /// What each household is entitled to for certain, in the order given.
    pub fn grants(&self, machine: &mut Machine<'_>, houses: &[&House]) -> Result<Vec<Vec<Grant>>, SynthError> {
        let mut out = vec![Vec::new(); houses.len()];
        let mut sizes: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (n, house) in houses.iter().enumerate() {
            sizes.entry(house.members.len()).or_default().push(n);
        }
        for (size, all) in sizes {
            for part in all.chunks(ROWS) {
                let here: Vec<&House> = part.iter().filter_map(|n| houses.get(*n).copied()).collect();
                for (n, grants) in part.iter().zip(self.batch(machine, &here, size)?) {
                    if let Some(place) = out.get_mut(*n) {
                        *place = grants;
                    }
                }
            }
        }
        Ok(out)
    }

    /// A machine to run these rules; one a thread.
    pub fn machine(&self) -> Machine<'_> {
        Machine::new(&self.columns)
    }

    fn batch(&self, machine: &mut Machine<'_>, houses: &[&House], size: usize) -> Result<Vec<Vec<Grant>>, SynthError> {
        let fault = |why: rules::columns::ColumnsError| SynthError::Rules(why.to_string());
        let table = Table::of(self, houses, size);
        let results = machine.run(&self.columns.take(houses.len(), size, &table).map_err(fault)?).map_err(fault)?;
        let mut out = vec![Vec::new(); houses.len()];
        // Open entitlements count for ties: what may be given may stand in the way.
        let mut open: Vec<Vec<(usize, Option<usize>)>> = vec![Vec::new(); houses.len()];
        for columns in results.programmes().iter().filter(|c| c.programme < self.pers.len()) {
            for (slot, answers) in columns.slots.iter().enumerate() {
                let member = (columns.subject == Entity::Person).then_some(slot);
                for row in answers.yes.rows() {
                    if let Some(grants) = out.get_mut(row) {
                        grants.push(Grant { programme: columns.programme, member, amount: answers.amount(row) });
                    }
                }
                for row in answers.open().rows() {
                    if let Some(open) = open.get_mut(row) {
                        open.push((columns.programme, member));
                    }
                }
            }
        }
        for (row, ((house, grants), open)) in houses.iter().zip(&mut out).zip(&open).enumerate() {
            let named = |n: usize| {
                let slots = if self.named.get(n) == Some(&Entity::Person) { 0..size } else { 0..1 };
                slots.into_iter().any(|slot| !is_nothing(results.value(n, slot, row)))
            };
            if self.tied(grants, open, &named) {
                *grants = self.combined(house)?;
            }
        }
        Ok(out)
    }

    /// Whether two of what a household has, or one and a fact, stand in one rule.
    fn tied(&self, grants: &[Grant], open: &[(usize, Option<usize>)], named: &dyn Fn(usize) -> bool) -> bool {
        let has = |list: &[usize]| {
            grants.iter().any(|g| list.contains(&g.programme)) || open.iter().any(|(p, _)| list.contains(p))
        };
        self.ties.iter().any(|tie| {
            let (a, b) = (has(&tie.a), has(&tie.b));
            (a && b) || ((a || b) && tie.facts.iter().any(|n| named(*n)))
        })
    }

    /// One household explained and combined.
    fn combined(&self, house: &House) -> Result<Vec<Grant>, SynthError> {
        let household = self.household(house)?;
        let (explanation, combined) = self.pack.evaluate_today(&household, self.on);
        let mut out = Vec::new();
        for (result, after) in explanation.results.iter().zip(&combined.results) {
            let kept = match after.standing {
                Standing::Single | Standing::Kept | Standing::Shortened => true,
                Standing::Dropped | Standing::Choice => false,
            };
            let programme = self.pack.programmes().iter().position(|p| p.id == result.programme);
            if let (true, Answer::Yes, Some(programme)) = (kept, result.answer, programme) {
                let amount = after.amount.as_ref().or(result.amount.as_ref()).and_then(|a| a.minor);
                let member = match result.subject {
                    Subject::Household => None,
                    Subject::Person(n) => Some(n),
                };
                out.push(Grant { programme, member, amount });
            }
        }
        Ok(out)
    }

    /// The household as the explaining evaluator takes it.
    pub fn household(&self, house: &House) -> Result<Household, SynthError> {
        let fault = |why: rules::FactError| SynthError::Rules(format!("household {}: {why}", house.number));
        let mut builder = self.pack.program().household();
        for person in &house.members {
            builder.member(&person.key.to_string()).map_err(fault)?;
        }
        for (n, person) in house.members.iter().enumerate() {
            if let Some(spouse) = person.spouse.filter(|s| *s > n) {
                builder.spouses(n, spouse).map_err(fault)?;
            }
            for parent in person.parents.iter().flatten() {
                builder.parent(n, *parent).map_err(fault)?;
            }
        }
        for (entity, list) in [Entity::Household, Entity::Person].into_iter().zip(&self.of_column) {
            for (column, filling) in self.pack.program().layout().columns(entity).iter().zip(list) {
                let Some(filling) = filling.and_then(|n| self.fillings.get(n)) else { continue };
                let slots = if entity == Entity::Person { house.members.len() } else { 1 };
                for slot in 0..slots {
                    let value = match filling.cell(house, slot) {
                        Cell::Silent => continue,
                        Cell::Unknown => None,
                        Cell::Is(n) => Some(self.value(filling, n)),
                    };
                    match entity {
                        Entity::Household => builder.household_fact(&column.id, value, None),
                        Entity::Person => builder.person_fact(slot, &column.id, value, None),
                    }
                    .map_err(fault)?;
                }
            }
        }
        Ok(builder.build())
    }

    fn value(&self, filling: &Filling, n: i64) -> Value {
        let layout = self.pack.program().layout();
        match &filling.ty {
            Type::Boolean => Value::Boolean(n != 0),
            Type::Money(_) => Value::Money(n),
            Type::Date => Value::Date(date(n)),
            Type::Code(_) => {
                let code = usize::try_from(n).ok().and_then(|n| filling.codes.get(n));
                let code = code.and_then(|c| layout.codes.get(*c as usize));
                Value::Code(code.map(|(_, code)| code.to_string()).unwrap_or_default())
            }
            Type::Integer(_) | Type::Decimal(_) | Type::Ratio | Type::Text => Value::Integer(n),
        }
    }

    /// The programmes' ids, in the pack's order.
    pub(crate) fn programmes(&self) -> impl Iterator<Item = &'p str> {
        self.pack.programmes().iter().map(|p| p.id.as_str())
    }

    /// The codes of a list, in the order of their numbers here.
    pub(crate) fn codes(&self, list: &str) -> Vec<String> {
        let codes = self.pack.code_lists().get(list).map(|l| l.codes.as_slice()).unwrap_or_default();
        codes.iter().map(|c| c.id.clone()).collect()
    }

    /// How the columns that rules read are filled.
    pub(crate) fn fillings(&self) -> &[Filling] {
        &self.fillings
    }

    /// What the pack says of its people.
    pub fn population(&self) -> &'p Population {
        self.population
    }
}

/// Whether a named value is known to be nothing: false, or 0.
fn is_nothing(value: Option<Val>) -> bool {
    matches!(value, Some(Val::Bool(false) | Val::Int(0)))
}

/// The rules that act between what a household has, and the facts on their sides.
fn ties(pack: &Pack) -> (Vec<Tie>, Vec<(Entity, String)>) {
    let mut values: Vec<(Entity, String)> = Vec::new();
    let mut ties = Vec::new();
    for rule in pack.combinations().iter().map(|c| &c.rule).filter(|r| r.kind.is_carried_out_here()) {
        let mut facts = Vec::new();
        let mut programmes = |side: &Option<Side>| match side {
            Some(Side::Programme(id)) => pack.programmes().iter().position(|p| p.id == *id).into_iter().collect(),
            // What no programme reads has no column: it is silent here, and silence is nothing.
            Some(Side::Fact { entity, item }) if pack.program().knows(*entity, item) => {
                let known = values.iter().position(|(e, id)| e == entity && id == item);
                facts.push(known.unwrap_or_else(|| {
                    values.push((*entity, item.clone()));
                    values.len() - 1
                }));
                Vec::new()
            }
            Some(Side::Fact { .. }) | None => Vec::new(),
        };
        let (mut a, b) = (programmes(&rule.a), programmes(&rule.b));
        a.extend(rule.members.iter().filter_map(|id| pack.programmes().iter().position(|p| p.id == *id)));
        let b = if rule.members.is_empty() { b } else { a.clone() };
        ties.push(Tie { a, b, facts });
    }
    (ties, values)
}

/// The period of each programme's sum on a day.
fn pers(pack: &Pack, on: kernel::Date) -> Vec<Option<Per>> {
    let of = |id: &str| {
        let programme = pack.schema().programmes.iter().find(|p| p.id.as_ref() == id)?;
        let inside = |v: &&rules::schema::Dated<rules::schema::Version>| {
            v.valid_from.is_none_or(|d| d <= on) && v.valid_to.is_none_or(|d| on <= d)
        };
        programme.versions.iter().find(inside)?.it.amount.as_ref().map(|(_, per)| *per)
    };
    pack.programmes().iter().map(|p| of(&p.id)).collect()
}

fn filling(pack: &Pack, population: &Population, entity: Entity, column: &rules::Column) -> Option<Filling> {
    let drawn = |f: &catalogue::model::population::DrawnFact| f.item && f.entity == entity && f.id == column.id;
    let fact = population.facts.iter().position(drawn);
    let codes: Vec<u32> = match &column.ty {
        Type::Code(list) => {
            let codes = pack.code_lists().get(list).map(|l| l.codes.as_slice()).unwrap_or_default();
            codes.iter().map(|c| pack.program().layout().code(list, &c.id).unwrap_or(u32::MAX)).collect()
        }
        _ => Vec::new(),
    };
    let lent = |place: &str| {
        let own = |j: &&catalogue::model::Jurisdiction| j.attributes.iter().any(|(item, _)| *item == *column.id);
        let around = pack.ancestors(place);
        let value = around.iter().find(|j| own(j)).and_then(|j| j.attributes.iter().find(|(i, _)| *i == *column.id));
        value.map_or(Cell::Silent, |(_, value)| cell(pack, &column.ty, value))
    };
    let places: Vec<Cell> = match entity {
        Entity::Household => population.places.iter().map(|p| lent(&p.place)).collect(),
        Entity::Person => Vec::new(),
    };
    let any = fact.is_some() || places.iter().any(|c| *c != Cell::Silent);
    any.then(|| Filling { entity, id: column.id.clone(), fact, places, ty: column.ty.clone(), codes })
}

fn cell(pack: &Pack, ty: &Type, value: &Value) -> Cell {
    match (value, ty) {
        (Value::Boolean(b), _) => Cell::Is(i64::from(*b)),
        (Value::Integer(n) | Value::Money(n), _) => Cell::Is(*n),
        (Value::Date(d), _) => Cell::Is(number(*d)),
        (Value::Code(code), Type::Code(list)) => {
            let codes = pack.code_lists().get(list).map(|l| l.codes.as_slice()).unwrap_or_default();
            let at = codes.iter().position(|c| c.id == *code).and_then(|n| i64::try_from(n).ok());
            at.map_or(Cell::Silent, Cell::Is)
        }
        _ => Cell::Silent,
    }
}

impl Filling {
    /// What is known of a member (or, whatever the slot, of the household), with what the place lends.
    pub(crate) fn cell(&self, house: &House, slot: usize) -> Cell {
        let member = (self.entity == Entity::Person).then_some(slot);
        let own = self.fact.map_or(Cell::Silent, |fact| house.cell(fact, member));
        match own {
            Cell::Silent => self.places.get(house.place).copied().unwrap_or_default(),
            own => own,
        }
    }
}

/// Columns of a batch, slot by slot.
struct Table<'a> {
    law: &'a Law<'a>,
    columns: Vec<Laid>,
    spouses: Vec<Option<usize>>,
    parents: Vec<Vec<u16>>,
}

#[derive(Default)]
struct Laid {
    whole: Vec<i64>,
    days: Vec<i32>,
    codes: Vec<u16>,
    bits: Vec<u8>,
    known: Vec<u8>,
    unknown: Vec<u32>,
}

impl<'a> Table<'a> {
    fn of(law: &'a Law<'a>, houses: &[&House], size: usize) -> Table<'a> {
        let rows = houses.len();
        let mut table = Table {
            law,
            columns: law.fillings.iter().map(|_| Laid::default()).collect(),
            spouses: vec![None; rows * size],
            parents: vec![Vec::new(); rows * size],
        };
        for (entity, list) in [Entity::Household, Entity::Person].into_iter().zip(&law.of_column) {
            for read in law.columns.reads(entity) {
                let Some(n) = list.get(*read as usize).copied().flatten() else { continue };
                if let (Some(filling), Some(laid)) = (law.fillings.get(n), table.columns.get_mut(n)) {
                    *laid = Laid::of(filling, houses, if entity == Entity::Person { size } else { 1 });
                }
            }
        }
        for (row, house) in houses.iter().enumerate() {
            for (slot, person) in house.members.iter().enumerate() {
                let at = slot * rows + row;
                if let (Some(spouse), Some(parents)) = (table.spouses.get_mut(at), table.parents.get_mut(at)) {
                    *spouse = person.spouse;
                    parents.extend(person.parents.iter().flatten().filter_map(|p| u16::try_from(*p).ok()));
                }
            }
        }
        table
    }
}

impl Laid {
    fn of(filling: &Filling, houses: &[&House], slots: usize) -> Laid {
        let mut laid = Laid::default();
        let count = houses.len() * slots;
        laid.known = vec![0; count.div_ceil(8)];
        match filling.ty {
            Type::Boolean => laid.bits = vec![0; count.div_ceil(8)],
            Type::Date => laid.days = vec![0; count],
            Type::Code(_) => laid.codes = vec![0; count],
            _ => laid.whole = vec![0; count],
        }
        let houses_by_slot = (0..slots).flat_map(|slot| houses.iter().map(move |house| (slot, *house)));
        for (at, (slot, house)) in houses_by_slot.enumerate() {
            match filling.cell(house, slot) {
                Cell::Silent => {}
                Cell::Unknown => laid.unknown.push(u32::try_from(at).unwrap_or(u32::MAX)),
                Cell::Is(n) => laid.put(at, n),
            }
        }
        laid
    }

    fn put(&mut self, at: usize, n: i64) {
        if let Some(byte) = self.known.get_mut(at / 8) {
            *byte |= 1 << (at % 8);
        }
        if n != 0
            && let Some(byte) = self.bits.get_mut(at / 8)
        {
            *byte |= 1 << (at % 8);
        }
        if let Some(lane) = self.whole.get_mut(at) {
            *lane = n;
        }
        if let Some(lane) = self.days.get_mut(at) {
            *lane = i32::try_from(n).unwrap_or(i32::MAX);
        }
        if let Some(lane) = self.codes.get_mut(at) {
            *lane = u16::try_from(n).unwrap_or(u16::MAX);
        }
    }
}

impl Lender for Table<'_> {
    fn column(&self, entity: Entity, column: u32) -> Option<Lent<'_>> {
        let [household, person] = &self.law.of_column;
        let list = if entity == Entity::Household { household } else { person };
        let n = list.get(column as usize).copied().flatten()?;
        let (filling, laid) = (self.law.fillings.get(n)?, self.columns.get(n)?);
        let values = match filling.ty {
            Type::Boolean => Values::Truths(Packed { bytes: &laid.bits, first: 0 }),
            Type::Date => Values::Days(&laid.days),
            Type::Code(_) => Values::Codes(&laid.codes, &filling.codes),
            _ => Values::Whole(&laid.whole),
        };
        Some(Lent { values, known: Some(Packed { bytes: &laid.known, first: 0 }), unknown: &laid.unknown })
    }

    fn spouse(&self, at: usize) -> Option<usize> {
        self.spouses.get(at).copied().flatten()
    }

    fn parents(&self, at: usize) -> &[u16] {
        self.parents.get(at).map_or(&[], Vec::as_slice)
    }
}
