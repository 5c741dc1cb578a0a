//! A real pack in columns: nanoseconds of processor time for one household and one programme.
//!
//! `cargo bench -p catalogue --bench columns`; the processor's wider registers count: also
//! `RUSTFLAGS=-Ctarget-cpu=native`. Prints its conditions. Laying households out is not counted: columns come from a snapshot.

use std::path::Path;
use std::time::Instant;

use catalogue::Pack;
use kernel::Date;
use rules::columns::{Batch, Columns, Machine, ROWS};
use rules::schema::{Entity, Type, Value};
use rules::{Column, Household, HouseholdBuilder, Program};

const ON: Date = Date::constant(2026, 6, 15);
/// Batches by household size, much as households are: of sixteen, six of one person, four of two …
const SIZES: [usize; 16] = [1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 4, 4, 5];
const ROUNDS: usize = 9;

fn main() {
    let pack = match Pack::load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packs/korea")) {
        Ok(loaded) => loaded.pack,
        Err(faults) => panic!("{faults:#?}"),
    };
    let program = pack.program();
    let start = Instant::now();
    let columns = match Columns::compile(program, ON, ON) {
        Ok(columns) => columns,
        Err(e) => panic!("{e}"),
    };
    let compiled = start.elapsed();
    let (of_household, of_person) = columns.operations();
    let known = batches(&columns, 0, ROWS);
    let first = known.first().and_then(|b| Machine::new(&columns).run(b).ok());
    let programmes = first.map_or(0, |r| r.programmes().len());
    let households: usize = known.iter().map(Batch::rows).sum();
    let persons: usize = known.iter().map(|b| b.rows() * b.size()).sum();
    println!("{households} households, {persons} persons, {programmes} programmes, batches of {ROWS}, {}", cpu());
    println!("compiled in {compiled:?}; operations: {of_household} a household, {of_person} a person");
    let per_household = of_household as f64 + of_person as f64 * persons as f64 / households as f64;
    println!("operations a household and programme: {:.1}", per_household / programmes as f64);
    let unit = |ns: f64| ns / households as f64 / programmes as f64;

    let one = measured(&columns, &known);
    println!(
        "all facts known: {:.2} ns a household and programme, {:.3} ns an operation",
        unit(one),
        one / households as f64 / per_household
    );
    for rows in [256, 512] {
        let smaller = measured(&columns, &batches(&columns, 0, rows));
        println!("the same in batches of {rows}: {:.2} ns", unit(smaller));
    }
    for share in [1, 10] {
        let nulls = batches(&columns, share, ROWS);
        let with = measured(&columns, &nulls);
        println!("{share} % of facts unknown: {:.2} ns, {:.2} times", unit(with), with / one);
    }
    println!("explaining evaluator, answers only: {:.0} ns", unit(answers(program) * households as f64));
    let (single, double) = (together(&columns, &known, 1), together(&columns, &known, 2));
    println!(
        "2 threads at once: {:.2} times the work of one in the same processor time each, {:.2} times by the clock",
        2.0 * single.0 / double.0,
        2.0 * single.1 / double.1
    );
}

fn cpu() -> String {
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let name = info.lines().find_map(|l| l.strip_prefix("model name")).unwrap_or("").trim_matches([':', ' ', '\t']);
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let wide = if cfg!(target_feature = "avx2") { "AVX2" } else { "no AVX2" };
    format!("{name}, compiled with {wide}, load {}", load.split(' ').next().unwrap_or("?"))
}

/// Processor time of this thread, in nanoseconds.
fn used() -> f64 {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    stat.split(' ').next().and_then(|n| n.parse().ok()).unwrap_or(0.0)
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times.get(times.len() / 2).copied().unwrap_or(0.0)
}

fn measured(columns: &Columns<'_>, batches: &[Batch]) -> f64 {
    let mut machine = Machine::new(columns);
    let mut round = || {
        let before = used();
        for batch in batches {
            let _ = std::hint::black_box(machine.run(batch));
        }
        used() - before
    };
    round();
    median((0..ROUNDS).map(|_| round()).collect())
}

/// Processor time of a thread and time by the clock, when so many run at once, each over all batches.
fn together(columns: &Columns<'_>, batches: &[Batch], threads: usize) -> (f64, f64) {
    let one = || {
        let before = used();
        let mut machine = Machine::new(columns);
        for batch in batches {
            let _ = std::hint::black_box(machine.run(batch));
        }
        used() - before
    };
    let round = || {
        let start = Instant::now();
        let each: Vec<f64> = std::thread::scope(|scope| {
            let all: Vec<_> = (0..threads).map(|_| scope.spawn(one)).collect();
            all.into_iter().filter_map(|t| t.join().ok()).collect()
        });
        (each.iter().sum::<f64>() / threads as f64, start.elapsed().as_nanos() as f64)
    };
    let rounds: Vec<(f64, f64)> = (0..ROUNDS).map(|_| round()).collect();
    let clock = rounds.iter().map(|r| r.1).fold(f64::MAX, f64::min);
    (median(rounds.iter().map(|r| r.0).collect()), clock)
}

/// Processor time of the explaining evaluator for one household of the same kind.
fn answers(program: &Program) -> f64 {
    let mut town = Town { program, chance: fastrand::Rng::with_seed(3), unknown: 0 };
    let some: Vec<Household> = SIZES.iter().cycle().take(512).map(|size| town.household(*size)).collect();
    let round = || {
        let before = used();
        for household in &some {
            std::hint::black_box(program.answers(household, ON, ON));
        }
        (used() - before) / some.len() as f64
    };
    median((0..ROUNDS).map(|_| round()).collect())
}

/// The same number of households whatever the batches.
fn batches(columns: &Columns<'_>, unknown: u32, rows: usize) -> Vec<Batch> {
    let mut town = Town { program: columns.program(), chance: fastrand::Rng::with_seed(7), unknown };
    let mut all = Vec::new();
    for size in SIZES {
        let some: Vec<Household> = (0..ROWS).map(|_| town.household(size)).collect();
        for part in some.chunks(rows) {
            match columns.batch(&part.iter().collect::<Vec<_>>()) {
                Ok(batch) => all.push(batch),
                Err(e) => panic!("{e}"),
            }
        }
    }
    all
}

/// Households as they are: couples, children, elders; most registers silent, sums in the usual ranges.
struct Town<'a> {
    program: &'a Program,
    chance: fastrand::Rng,
    /// In a hundred: facts stated to be unknown.
    unknown: u32,
}

impl Town<'_> {
    fn household(&mut self, size: usize) -> Household {
        let mut b = self.program.household();
        let layout = self.program.layout().clone();
        let couple = size >= 2 && self.chance.bool();
        let adults = if couple { 2 } else { 1 };
        for n in 0..size {
            let _ = b.member(&format!("m{n}"));
        }
        if couple {
            let _ = b.spouses(0, 1);
        }
        for child in adults..size {
            (0..adults).for_each(|parent| {
                let _ = b.parent(child, parent);
            });
        }
        let lead = self.chance.i64(if size > adults { 22..50 } else { 22..90 });
        layout.household.iter().for_each(|c| self.put(&mut b, c, None, lead));
        for n in 0..size {
            let age = if n < adults { lead + self.chance.i64(0..4) } else { self.chance.i64(0..lead - 18) };
            layout.person.iter().for_each(|c| self.put(&mut b, c, Some(n), age));
        }
        b.build()
    }

    fn put(&mut self, b: &mut HouseholdBuilder, column: &Column, member: Option<usize>, age: i64) {
        let worked_out = self.program.definitions().iter().any(|d| d.entity == column.entity && d.id == column.id);
        let silent = column.absent.is_some() && self.chance.u32(0..100) >= 10;
        if worked_out || silent && self.unknown == 0 {
            return;
        }
        let value = if self.chance.u32(0..100) < self.unknown {
            None
        } else if silent {
            return;
        } else {
            Some(self.value(column, age))
        };
        let put = match (column.entity, member) {
            (Entity::Person, Some(n)) => b.person_fact(n, &column.id, value, None),
            _ => b.household_fact(&column.id, value, None),
        };
        if let Err(e) = put {
            panic!("{e}");
        }
    }

    fn value(&mut self, column: &Column, age: i64) -> Value {
        match &column.ty {
            Type::Boolean => Value::Boolean(self.chance.u32(0..100) < 20),
            Type::Integer(_) => Value::Integer(self.chance.i64(0..30)),
            Type::Decimal(_) | Type::Ratio => Value::Decimal("0.5".into()),
            Type::Money(_) => Value::Money(self.chance.i64(0..40) * 100_000),
            Type::Date if column.id.as_ref() == "birth_date" => {
                Value::Date(ON.saturating_sub(jiff::Span::new().days(age * 365 + self.chance.i64(0..366))))
            }
            Type::Date => Value::Date(ON.saturating_sub(jiff::Span::new().days(self.chance.i64(-200..2_000)))),
            Type::Text => Value::Text("a".into()),
            Type::Code(list) => {
                let codes: Vec<_> = self.program.layout().codes.iter().filter(|(l, _)| l == list).collect();
                Value::Code(codes.get(self.chance.usize(0..codes.len())).map(|c| c.1.to_string()).unwrap_or_default())
            }
        }
    }
}
