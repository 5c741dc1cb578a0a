//! The households that both sides are asked about, and our rules over them.

use std::path::Path;
use std::sync::Arc;

use kernel::{Currency, Date};
use rules::columns::{Batch, Columns, Lender, Lent, Packed, ROWS, Values};
use rules::schema::{self, *};
use rules::{Household, Program, compile};

use crate::rule::{self, Of, feel};

pub(crate) const ON: Date = Date::constant(2026, 6, 15);

/// How a fact is held.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Kind {
    Truth,
    Number,
    Money,
    Code,
}

pub(crate) const HOUSEHOLD: [(&str, Kind); 10] = [
    ("rent", Kind::Money),
    ("savings", Kind::Money),
    ("home_value", Kind::Money),
    ("car_value", Kind::Money),
    ("debt", Kind::Money),
    ("region", Kind::Code),
    ("energy", Kind::Code),
    ("owns_home", Kind::Truth),
    ("crisis", Kind::Truth),
    ("tenure", Kind::Number),
];

pub(crate) const PERSON: [(&str, Kind); 10] = [
    ("age", Kind::Number),
    ("wage", Kind::Money),
    ("business", Kind::Money),
    ("pension", Kind::Money),
    ("grade", Kind::Number),
    ("disabled", Kind::Truth),
    ("student", Kind::Truth),
    ("pregnant", Kind::Truth),
    ("veteran", Kind::Truth),
    ("carer", Kind::Truth),
];

/// Facts that are not known of one person or household in fifty when the price of that is asked.
const SOMETIMES_UNKNOWN: [&str; 4] = ["wage", "grade", "savings", "rent"];
const CODES: [(&str, usize); 2] = [("region", 17), ("energy", 4)];

/// The published tables; the key counts from 0.
pub(crate) fn table(name: &str) -> Vec<i64> {
    match name {
        "median" => (0..=12).map(|size| if size == 0 { 0 } else { 1_000_000 + 1_500_000 * size }).collect(),
        "basic_property" => (0..17).map(|r| [99_000_000, 80_000_000, 77_000_000, 53_000_000][r % 4]).collect(),
        _ => (0..17).map(|r| 190_000 + 10_000 * (r % 5)).collect(),
    }
}

/// Facts column by column; persons of one household stand together.
pub(crate) struct Town {
    pub(crate) household: Vec<Vec<i32>>,
    pub(crate) person: Vec<Vec<i32>>,
    /// Of how many persons each household is.
    pub(crate) sizes: Vec<usize>,
}

impl Town {
    pub(crate) fn new(households: usize, seed: u64) -> Town {
        let mut c = fastrand::Rng::with_seed(seed);
        let mut town = Town { household: vec![Vec::new(); 10], person: vec![Vec::new(); 10], sizes: Vec::new() };
        for _ in 0..households {
            let size = [1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 4, 4, 5][c.usize(0..16)];
            let adults = if size >= 2 && c.u32(0..10) < 8 { 2 } else { 1 };
            let lead = c.i32(if size > adults { 22..50 } else { 22..92 });
            let mut now_and_then = |percent: i32, value: i32| if c.i32(0..100) < percent { value } else { 0 };
            let owns = now_and_then(56, 1);
            let crisis = now_and_then(1, 1);
            let car = now_and_then(50, 1);
            let debt = now_and_then(40, 1);
            let facts = [
                (1 - owns) * c.i32(1..12) * 50_000,
                c.i32(0..300) * 100_000,
                owns * c.i32(5..40) * 10_000_000,
                car * c.i32(1..30) * 1_000_000,
                debt * c.i32(1..100) * 1_000_000,
                c.i32(0..17),
                c.i32(0..4),
                owns,
                crisis,
                c.i32(0..3),
            ];
            town.household.iter_mut().zip(facts).for_each(|(column, v)| column.push(v));
            for member in 0..size {
                let age = if member < adults { lead + c.i32(0..4) } else { c.i32(0..lead - 18) };
                let working = (19..66).contains(&age) && c.u32(0..10) < 7;
                let self_employed = working && c.u32(0..5) == 0;
                let disabled = c.u32(0..100) < 5;
                let facts = [
                    age,
                    if working && !self_employed { c.i32(8..60) * 100_000 } else { 0 },
                    if self_employed { c.i32(0..50) * 100_000 } else { 0 },
                    if age >= 62 { c.i32(0..12) * 100_000 } else { 0 },
                    if disabled { c.i32(1..7) } else { 9 },
                    i32::from(disabled),
                    i32::from((6..25).contains(&age) && c.u32(0..10) < 8),
                    i32::from((20..42).contains(&age) && c.u32(0..50) == 0),
                    i32::from(age >= 60 && c.u32(0..40) == 0),
                    i32::from(age >= 30 && c.u32(0..30) == 0),
                ];
                town.person.iter_mut().zip(facts).for_each(|(column, v)| column.push(v));
            }
            town.sizes.push(size);
        }
        town
    }

    pub(crate) fn persons(&self) -> usize {
        self.sizes.iter().sum()
    }

    /// A file a column: 32-bit numbers; `household` gives the household of each person.
    pub(crate) fn write(&self, folder: &Path) -> std::io::Result<()> {
        let put = |name: &str, column: &mut dyn Iterator<Item = i32>| {
            std::fs::write(folder.join(format!("{name}.i32")), column.flat_map(i32::to_le_bytes).collect::<Vec<_>>())
        };
        let all = HOUSEHOLD.iter().zip(&self.household).chain(PERSON.iter().zip(&self.person));
        for ((name, _), column) in all {
            put(name, &mut column.iter().copied())?;
        }
        let of = (0..).zip(&self.sizes).flat_map(|(h, size)| std::iter::repeat_n(h, *size));
        put("household", &mut { of })
    }

    /// Laid out by size for our machine; with `unknown` some facts are not known.
    pub(crate) fn batches(&self, columns: &Columns<'_>, unknown: bool) -> Vec<Batch> {
        let mut starts = Vec::with_capacity(self.sizes.len());
        self.sizes.iter().fold(0, |at, size| {
            starts.push(at);
            at + size
        });
        let mut all = Vec::new();
        for size in 1..=5 {
            let mut those: Vec<usize> = (0..self.sizes.len()).filter(|h| self.sizes[*h] == size).collect();
            if unknown {
                // As a snapshot is written: households of whom all is known first.
                those.sort_by_key(|h| self.incomplete(*h, starts[*h]));
            }
            for part in those.chunks(ROWS) {
                let bucket = Bucket::new(self, columns.program(), part, &starts, size, unknown);
                all.push(columns.take(part.len(), size, &bucket).expect("households of one size"));
            }
        }
        all
    }

    fn incomplete(&self, h: usize, first: usize) -> bool {
        let any = |facts: &[(&str, Kind)], at: usize| facts.iter().any(|(name, _)| hidden(name, at));
        any(&HOUSEHOLD, h) || (first..first + self.sizes[h]).any(|at| any(&PERSON, at))
    }

    pub(crate) fn household(&self, program: &Program, h: usize, first: usize) -> Household {
        let mut b = program.household();
        for member in 0..self.sizes[h] {
            b.member(&format!("m{member}")).expect("a member");
        }
        let value = |name: &str, kind: Kind, n: i32| {
            Some(match kind {
                Kind::Truth => Value::Boolean(n != 0),
                Kind::Number => Value::Integer(n.into()),
                Kind::Money => Value::Money(n.into()),
                Kind::Code => Value::Code(format!("{name}{n}")),
            })
        };
        for ((name, kind), column) in HOUSEHOLD.iter().zip(&self.household) {
            b.household_fact(name, value(name, *kind, column[h]), None).expect("a fact");
        }
        for member in 0..self.sizes[h] {
            for ((name, kind), column) in PERSON.iter().zip(&self.person) {
                b.person_fact(member, name, value(name, *kind, column[first + member]), None).expect("a fact");
            }
        }
        b.build()
    }
}

/// Whether a fact of the household or person at a place is one of those not known.
fn hidden(name: &str, at: usize) -> bool {
    let seed = |n: usize| 0x9e37_79b9_u64.wrapping_mul(at as u64 + 1) ^ ((n as u64 + 1) << 40);
    SOMETIMES_UNKNOWN.iter().position(|n| *n == name).is_some_and(|n| fastrand::Rng::with_seed(seed(n)).u32(0..50) == 0)
}

/// Columns of some households of one size, persons slot-major, by number in the program's layout.
struct Bucket {
    household: Vec<Option<Stored>>,
    person: Vec<Option<Stored>>,
    codes: Vec<Vec<u32>>,
}

struct Stored {
    kind: Kind,
    whole: Vec<i64>,
    packed: Vec<u8>,
    places: Vec<u16>,
    unknown: Vec<u32>,
    list: usize,
}

impl Bucket {
    fn new(
        town: &Town,
        program: &Program,
        part: &[usize],
        starts: &[usize],
        size: usize,
        some_unknown: bool,
    ) -> Bucket {
        let stored = |name: &str, kind: Kind, values: &mut dyn Iterator<Item = (usize, i32)>| {
            let (places, whole): (Vec<usize>, Vec<i64>) = values.map(|(at, v)| (at, i64::from(v))).unzip();
            let bit = |n: &i64| u8::from(*n != 0);
            let byte = |eight: &[i64]| eight.iter().rev().fold(0, |byte, n| byte << 1 | bit(n));
            Stored {
                kind,
                packed: if kind == Kind::Truth { whole.chunks(8).map(byte).collect() } else { Vec::new() },
                places: if kind == Kind::Code { whole.iter().map(|n| *n as u16).collect() } else { Vec::new() },
                unknown: (0..)
                    .zip(&places)
                    .filter(|(_, at)| some_unknown && hidden(name, **at))
                    .map(|(n, _)| n)
                    .collect(),
                list: CODES.iter().position(|(list, _)| *list == name).unwrap_or(0),
                whole,
            }
        };
        let layout = program.layout();
        let mut household: Vec<Option<Stored>> = Vec::new();
        for column in layout.columns(Entity::Household) {
            let at = HOUSEHOLD.iter().position(|(name, _)| *name == column.id.as_ref());
            household.push(at.map(|at| {
                stored(HOUSEHOLD[at].0, HOUSEHOLD[at].1, &mut part.iter().map(|h| (*h, town.household[at][*h])))
            }));
        }
        let mut person: Vec<Option<Stored>> = Vec::new();
        for column in layout.columns(Entity::Person) {
            let at = PERSON.iter().position(|(name, _)| *name == column.id.as_ref());
            person.push(at.map(|at| {
                let mut slots = (0..size).flat_map(|slot| part.iter().map(move |h| starts[*h] + slot));
                let mut slots = slots.by_ref().map(|p| (p, town.person[at][p]));
                stored(PERSON[at].0, PERSON[at].1, &mut slots)
            }));
        }
        let code = |list: &str, n: usize| layout.code(list, &format!("{list}{n}")).expect("a code");
        let codes = CODES.iter().map(|(list, count)| (0..*count).map(|n| code(list, n)).collect()).collect();
        Bucket { household, person, codes }
    }
}

impl Lender for Bucket {
    fn column(&self, entity: Entity, column: u32) -> Option<Lent<'_>> {
        let all = if entity == Entity::Household { &self.household } else { &self.person };
        let stored = all.get(column as usize)?.as_ref()?;
        let values = match stored.kind {
            Kind::Truth => Values::Truths(Packed { bytes: &stored.packed, first: 0 }),
            Kind::Code => Values::Codes(&stored.places, &self.codes[stored.list]),
            Kind::Number | Kind::Money => Values::Whole(&stored.whole),
        };
        Some(Lent { values, known: None, unknown: &stored.unknown })
    }

    fn spouse(&self, _: usize) -> Option<usize> {
        None
    }

    fn parents(&self, _: usize) -> &[u16] {
        &[]
    }
}

fn expr(text: String) -> Expr {
    Expr { text, origin: Origin::default() }
}

fn always<T>(it: T) -> Vec<Dated<T>> {
    vec![Dated { valid_from: None, valid_to: None, it }]
}

fn items(of: Entity, facts: &[(&str, Kind)]) -> Vec<Item> {
    let item = |(name, kind): &(&str, Kind)| {
        let ty = match kind {
            Kind::Truth => Type::Boolean,
            Kind::Number => Type::Integer("".into()),
            Kind::Money => Type::Money(Per::Month),
            Kind::Code => Type::Code((*name).into()),
        };
        Item { id: (*name).into(), entity: of, ty, absent: None, origin: Origin::default() }
    };
    facts.iter().map(item).collect()
}

fn published(name: &str, key: &str, ty: Type) -> Table {
    let value = |n: usize| match &ty {
        Type::Code(list) => Value::Code(format!("{list}{n}")),
        _ => Value::Integer(n.try_into().expect("a small number")),
    };
    let row = |(n, v): (usize, i64)| Row {
        valid_from: Date::constant(2020, 1, 1),
        valid_to: None,
        keys: vec![value(n)],
        value: Value::Money(v),
        origin: Origin::default(),
    };
    let rows = table(name).into_iter().enumerate().map(row).collect();
    let keys = vec![Key { name: key.into(), ty: ty.clone(), floor: false }];
    Table { id: name.into(), ty: Type::Money(Per::Month), keys, rows, origin: Origin::default() }
}

/// Our program of some of the programmes.
pub(crate) fn program(all: &[rule::Programme], only: &dyn Fn(usize) -> bool) -> Program {
    let entity = |of: Of| if of == Of::Household { Entity::Household } else { Entity::Person };
    let person = "person.";
    let definition = |(of, id, e): &(Of, &str, crate::rule::E)| Definition {
        id: (*id).into(),
        entity: entity(*of),
        ty: None,
        may_be_stated: false,
        versions: always(expr(feel(e, person)).into()),
        origin: Origin::default(),
    };
    let programme = |(n, p): (usize, &rule::Programme)| schema::Programme {
        id: format!("p{n}").into(),
        versions: always(Version {
            subject: entity(p.of),
            applies: None,
            conditions: (0..)
                .zip(&p.conditions)
                .map(|(n, e)| Condition {
                    id: format!("c{n}").into(),
                    when: expr(feel(e, person)),
                    origin: Origin::default(),
                })
                .collect(),
            amount: Some((expr(feel(&p.amount, person)), Per::Month)),
            from: None,
            until: None,
            claim_opens: None,
            claim_closes: None,
            origin: Origin::default(),
        }),
        origin: Origin::default(),
    };
    let code_list = |(id, count): &(&str, usize)| CodeList {
        id: (*id).into(),
        codes: (0..*count).map(|n| Arc::from(format!("{id}{n}").as_str())).collect(),
        origin: Origin::default(),
    };
    let schema = Schema {
        currency: Currency::KRW,
        roles: Roles::default(),
        code_lists: CODES.iter().map(code_list).collect(),
        items: items(Entity::Household, &HOUSEHOLD).into_iter().chain(items(Entity::Person, &PERSON)).collect(),
        tables: vec![
            published("median", "size", Type::Integer("persons".into())),
            published("basic_property", "region", Type::Code("region".into())),
            published("rent_line", "region", Type::Code("region".into())),
        ],
        definitions: crate::programmes::definitions().iter().map(definition).collect(),
        programmes: all.iter().enumerate().filter(|(n, _)| only(*n)).map(programme).collect(),
    };
    match compile(&schema) {
        Ok(compiled) => compiled.program,
        Err(faults) => panic!("{faults:#?}"),
    }
}
