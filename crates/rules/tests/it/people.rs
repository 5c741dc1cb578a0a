//! Households made by chance, in the shapes that rules ask about: couples, children, elders, pregnancies, all sizes, ages
//! and sums just below, at and above the limits of the tables, and facts that are missing.

use std::sync::Arc;

use jiff::{Span, ToSpan};
use kernel::Date;
use rules::schema::{Type, Value};
use rules::{Column, Household, HouseholdBuilder, Program};

pub(crate) struct Town<'a> {
    program: &'a Program,
    chance: fastrand::Rng,
    sums: Vec<i64>,
}

/// How well a household is known.
#[derive(Clone, Copy)]
struct Knowledge {
    /// In a hundred: facts of which nothing is recorded.
    silent: u32,
    /// In a hundred: facts stated to be unknown.
    unknown: u32,
    /// In a hundred: definitions that an agency has worked out.
    stated: u32,
}

impl<'a> Town<'a> {
    pub(crate) fn new(program: &'a Program, seed: u64) -> Self {
        let mut sums = vec![0, 1, 9_999, 10_000, 100_000, 1_000_000, 10_000_000, 300_000_000];
        sums.extend(program.tables().iter().flat_map(|t| [t.bounds().lo, t.bounds().hi]).filter(|n| n.abs() < 1 << 40));
        Town { program, chance: fastrand::Rng::with_seed(seed), sums }
    }

    fn hit(&mut self, in_a_hundred: u32) -> bool {
        self.chance.u32(0..100) < in_a_hundred
    }

    fn pick<T: Clone>(&mut self, list: &[T]) -> T {
        list[self.chance.usize(0..list.len())].clone()
    }

    /// A day asked about and the day of the claim.
    pub(crate) fn days(&mut self) -> (Date, Date) {
        let on = Date::new(self.chance.i16(2018..=2027), self.chance.i8(1..=12), self.chance.i8(1..=28)).unwrap();
        let on = if self.hit(20) { on.last_of_month() } else { on };
        let claim = if self.hit(70) { on } else { on.saturating_sub(Span::new().days(self.chance.i64(1..200))) };
        (on, claim)
    }

    pub(crate) fn household(&mut self, on: Date) -> Household {
        let knowledge = self.pick(&[
            Knowledge { silent: 60, unknown: 0, stated: 3 },
            Knowledge { silent: 30, unknown: 5, stated: 5 },
            Knowledge { silent: 0, unknown: 0, stated: 0 },
            Knowledge { silent: 0, unknown: 40, stated: 5 },
            Knowledge { silent: 80, unknown: 10, stated: 30 },
            Knowledge { silent: 50, unknown: 50, stated: 10 },
        ]);
        let mut b = self.program.household();
        let size = self.pick(&[1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 7, 8, 9, 12, 0]);
        let ages = self.family(&mut b, size);
        let layout = self.program.layout().clone();
        for column in &layout.household {
            if let Some(value) = self.fact(column, knowledge, on, None) {
                b.household_fact(&column.id, value, None).unwrap();
            }
        }
        for (member, age) in ages.into_iter().enumerate() {
            for column in &layout.person {
                if let Some(value) = self.fact(column, knowledge, on, Some(age)) {
                    b.person_fact(member, &column.id, value, None).unwrap();
                }
            }
        }
        b.build()
    }

    /// Members with their kinship; gives their ages.
    fn family(&mut self, b: &mut HouseholdBuilder, size: usize) -> Vec<i64> {
        let members: Vec<usize> = (0..size).map(|n| b.member(&format!("m{n}")).unwrap()).collect();
        if self.hit(15) {
            // Anything that the register can hold, however odd.
            for _ in 0..size {
                let (x, y) = (self.chance.usize(0..size), self.chance.usize(0..size));
                let _ = if self.hit(70) { b.parent(x, y) } else { b.spouses(x, y) };
            }
            return members.iter().map(|_| self.chance.i64(0..110)).collect();
        }
        let couple = size >= 2 && self.hit(60);
        if couple {
            b.spouses(0, 1).unwrap();
        }
        let adults = if couple { 2 } else { 1 };
        let parent = self.chance.i64(16..50);
        let mut ages: Vec<i64> = (0..size.min(adults)).map(|_| parent + self.chance.i64(-2..8)).collect();
        if size <= adults && self.hit(50) {
            ages.iter_mut().for_each(|a| *a = self.chance.i64(18..100));
        }
        for n in adults..size {
            if self.hit(85) {
                for p in 0..adults {
                    b.parent(n, p).unwrap();
                }
                ages.push(self.chance.i64(0..(parent - 15).max(1)));
            } else {
                if self.hit(50) {
                    b.parent(0, n).unwrap();
                }
                ages.push(self.chance.i64(60..100));
            }
        }
        ages
    }

    /// `None`: nothing recorded; `Some(None)`: stated to be unknown.
    fn fact(&mut self, column: &Column, known: Knowledge, on: Date, age: Option<i64>) -> Option<Option<Value>> {
        let definition = self.program.definitions().iter().any(|d| d.entity == column.entity && d.id == column.id);
        if definition {
            if !self.hit(known.stated) {
                return None;
            }
        } else if column.id.as_ref() == "birth_date" && self.hit(90) {
            return Some(Some(self.birth(on, age.unwrap_or(0))));
        } else if self.hit(known.silent) {
            return None;
        }
        if self.hit(known.unknown) {
            return Some(None);
        }
        Some(Some(self.value(column, on)))
    }

    /// Birthdays lie thick around the day asked about.
    fn birth(&mut self, on: Date, age: i64) -> Value {
        let born = on.saturating_sub(age.years());
        let days = match self.chance.u32(0..10) {
            0..4 => self.chance.i64(-2..=2),
            4..6 => self.chance.i64(-40..=40),
            _ => self.chance.i64(-364..=0),
        };
        Value::Date(born.saturating_add(days.days()))
    }

    fn value(&mut self, column: &Column, on: Date) -> Value {
        match &column.ty {
            Type::Boolean => Value::Boolean(self.hit(40)),
            Type::Integer(_) => Value::Integer(match self.chance.u32(0..10) {
                0..8 => self.chance.i64(0..20),
                8 => self.chance.i64(0..400),
                _ => self.pick(&[90, 180, 2_000, 2_500, i64::MAX / 3]),
            }),
            Type::Decimal(_) | Type::Ratio => {
                let fractions = ["0", "1", "0.5", "12.25", "0.333", "1234.56789", "99999999999999999999.5"];
                Value::Decimal(self.pick(&fractions).to_owned())
            }
            Type::Money(_) => Value::Money(self.money()),
            Type::Date => {
                let days = match self.chance.u32(0..10) {
                    0..4 => self.chance.i64(-400..400),
                    4..7 => self.chance.i64(-3..=3),
                    7..9 => self.chance.i64(-9_000..1_000),
                    _ => self.pick(&[-800_000, -700_000, 2_000_000, 2_900_000]),
                };
                Value::Date(on.saturating_add(Span::new().days(days)))
            }
            Type::Text => Value::Text(self.pick(&["", "a", "b"]).to_owned()),
            Type::Code(list) => {
                let codes: Vec<Arc<str>> =
                    self.program.layout().codes.iter().filter(|(l, _)| l == list).map(|(_, c)| c.clone()).collect();
                Value::Code(self.pick(&codes).to_string())
            }
        }
    }

    fn money(&mut self) -> i64 {
        match self.chance.u32(0..100) {
            0..25 => 0,
            25..60 => self.chance.i64(0..6_000_000),
            60..75 => self.chance.i64(0..400_000_000),
            75..97 => {
                let sums = std::mem::take(&mut self.sums);
                let sum = self.pick(&sums) + self.chance.i64(-1..=1);
                self.sums = sums;
                sum
            }
            97..99 => self.chance.i64(-1_000_000..0),
            _ => self.pick(&[i64::MAX, i64::MAX / 2, i64::MIN + 1, i64::MIN, 1 << 53]),
        }
    }
}
