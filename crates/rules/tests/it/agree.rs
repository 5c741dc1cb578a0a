//! The explaining evaluator and the columnar machine, held against each other value by value.

use std::collections::{BTreeMap, HashMap};

use kernel::Date;
use rules::columns::{Columns, Deciding, Machine, ProgrammeColumns, Results};
use rules::ir::Id;
use rules::outcome::{Answer, ProgrammeResult, Subject};
use rules::schema::{Entity, Value};
use rules::{Household, Named, Program, Record, Trouble, Val};

/// How much was compared, by answer.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) households: usize,
    pub(crate) answers: BTreeMap<Answer, usize>,
    pub(crate) values: usize,
}

impl Tally {
    #[allow(dead_code, reason = "not every test that includes this file adds tallies up")]
    pub(crate) fn add(&mut self, other: &Tally) {
        self.households += other.households;
        self.values += other.values;
        for (answer, n) in &other.answers {
            *self.answers.entry(*answer).or_default() += n;
        }
    }
}

/// Runs all households both ways; panics at the first difference. Named values are compared for every `values_every`-th household.
pub(crate) fn agree(program: &Program, households: &[Household], on: Date, claim: Date, values_every: usize) -> Tally {
    let names: Vec<(Entity, &str)> = program.definitions().iter().map(|d| (d.entity, d.id.as_ref())).collect();
    let names = if values_every == 0 || claim != on { Vec::new() } else { names };
    let columns = Columns::compile_with(program, on, claim, &names).unwrap();
    let mut machine = Machine::new(&columns);
    let mut by_size: BTreeMap<usize, Vec<&Household>> = BTreeMap::new();
    for h in households {
        by_size.entry(h.members().len()).or_default().push(h);
    }
    let mut tally = Tally::default();
    for bucket in by_size.values() {
        for some in bucket.chunks(rules::columns::ROWS) {
            let results = machine.run(&columns.batch(some).unwrap()).unwrap();
            for (row, household) in some.iter().enumerate() {
                tally.households += 1;
                programmes(program, household, &results, row, (on, claim), &mut tally);
                if values_every > 0 && row % values_every == 0 {
                    named(program, household, &results, row, on, &names, &mut tally);
                }
            }
        }
    }
    tally
}

/// One household's results out of a batch; panics at the first difference.
pub(crate) fn programmes(
    program: &Program,
    household: &Household,
    results: &Results,
    row: usize,
    (on, claim): (Date, Date),
    tally: &mut Tally,
) {
    let record = program.record_today(household, on, claim);
    let explained = record.read().results;
    recorded(program, &record, &explained);
    let mut expected: HashMap<(&str, Subject), &ProgrammeResult> =
        explained.iter().map(|r| ((r.programme.as_str(), r.subject.clone()), r)).collect();
    for p in results.programmes() {
        let id = program.programmes()[p.programme].id.as_ref();
        for (slot, columns) in p.slots.iter().enumerate() {
            let subject = if p.subject == Entity::Household { Subject::Household } else { Subject::Person(slot) };
            let one = expected.remove(&(id, subject.clone()));
            let who = || format!("{id} for {subject:?} on {on}, row {row}, {:?}", household.members());
            assert_eq!(columns.answer(row), one.map(|r| r.answer), "{}", who());
            let Some(one) = one else { continue };
            *tally.answers.entry(one.answer).or_default() += 1;
            assert_eq!(p.version, one.version, "{}", who());
            assert_eq!(columns.amount(row), one.amount.as_ref().and_then(|a| a.minor), "{}", who());
            assert_eq!(decided(program, p, columns.deciding(row), one), Ok(()), "{}", who());
            let trouble = columns.troubles.iter().find(|(r, _)| *r == row).map(|(_, t)| words(program, *t));
            assert_eq!(trouble.is_some(), one.error.is_some(), "{}", who());
            if let (Some(ours), Some(theirs)) = (trouble, &one.error) {
                assert!(theirs.starts_with(&ours), "{ours} is not {theirs}: {}", who());
            }
        }
    }
    assert!(expected.is_empty(), "not run: {:?}", expected.keys());
}

/// What a record says without words is what it says in words, one result at a time too.
fn recorded(program: &Program, record: &Record<'_>, read: &[ProgrammeResult]) {
    assert_eq!(record.results().count(), read.len());
    for (ours, theirs) in record.results().zip(read) {
        let programme = &program.programmes()[ours.programme()];
        assert_eq!(programme.id.as_ref(), theirs.programme);
        assert_eq!((ours.version(), ours.answer()), (theirs.version, theirs.answer));
        assert_eq!(ours.subject(), theirs.subject);
        assert_eq!(ours.amount(), theirs.amount.as_ref().and_then(|a| a.minor));
        let conditions = &theirs.conditions;
        let first = conditions.iter().position(|c| match theirs.answer {
            Answer::Yes => false,
            Answer::No => c.holds == Some(false),
            Answer::CannotTell => c.holds.is_none() && c.error.is_none(),
            Answer::Error => c.error.is_some(),
        });
        assert_eq!(ours.decided_by(), first, "{}", theirs.programme);
        assert_eq!(conditions.len(), programme.versions[ours.version()].conditions.len());
        assert_eq!(ours.read().as_ref(), Some(theirs));
    }
}

/// An error as the explanation words it, without the place in the file.
fn words(program: &Program, trouble: Trouble) -> String {
    let source = program.arena().node(Id(trouble.node)).source;
    let expression = program.expressions().get(source.expression as usize);
    let text = expression.and_then(|e| e.text.get(source.start as usize..source.end as usize)).unwrap_or("");
    format!("{}: `{text}`", trouble.kind.words())
}

/// Whether the deciding condition is the first that does what the answer says.
fn decided(
    program: &Program,
    p: &ProgrammeColumns,
    ours: Option<Deciding>,
    one: &ProgrammeResult,
) -> Result<(), String> {
    let first = |f: &dyn Fn(&rules::outcome::ConditionResult) -> bool| one.conditions.iter().position(f);
    let condition = match one.answer {
        Answer::Yes => return if ours.is_none() { Ok(()) } else { Err(format!("a yes is decided by {ours:?}")) },
        Answer::No => first(&|c| c.holds == Some(false)),
        Answer::CannotTell => first(&|c| c.holds.is_none() && c.error.is_none()),
        Answer::Error => first(&|c| c.error.is_some()),
    };
    let version = &program.programmes()[p.programme].versions[p.version];
    let good = match (ours, condition) {
        (Some(Deciding::Condition(n)), Some(at)) => usize::from(n) == at,
        (Some(Deciding::Applies), _) => version.applies.is_some() && one.answer != Answer::No,
        (Some(Deciding::Amount), None) => one.answer == Answer::Error,
        _ => false,
    };
    if good { Ok(()) } else { Err(format!("decided by {ours:?}, expected condition {condition:?}")) }
}

fn named(
    program: &Program,
    household: &Household,
    results: &Results,
    row: usize,
    on: Date,
    names: &[(Entity, &str)],
    tally: &mut Tally,
) {
    for (n, (entity, name)) in names.iter().enumerate() {
        let slots = if *entity == Entity::Household { 1 } else { household.members().len() };
        for slot in 0..slots {
            let member = (*entity == Entity::Person).then_some(slot);
            let theirs = program.value(household, (*entity, name), member, on).unwrap();
            let ours = results.value(n, slot, row).unwrap();
            tally.values += 1;
            let same = match (ours, &theirs) {
                (Val::Unknown(b), Named::Unknown { least, most }) => {
                    // The explanation leaves open ends out.
                    let some = |n: i64| Some(n).filter(|n| *n != i64::MIN && *n != i64::MAX);
                    (*least, *most) == (some(b.lo), some(b.hi))
                }
                (Val::Error(t), Named::Error(text)) => text.starts_with(&words(program, t)),
                (v, Named::Known(value)) => known(program, v, value),
                _ => false,
            };
            assert!(same, "{name} of {member:?} on {on}: {ours:?} is not {theirs:?}");
        }
    }
}

fn known(program: &Program, ours: Val, theirs: &Value) -> bool {
    match (ours, theirs) {
        (Val::Bool(a), Value::Boolean(b)) => a == *b,
        (Val::Int(a), Value::Integer(b) | Value::Money(b)) => a == *b,
        (Val::Dec(a), Value::Decimal(b)) => a.to_string() == *b,
        (Val::Date(a), Value::Date(b)) => {
            // The explanation shows a day outside the years 1 to 9999 as the nearest within them.
            let days = |d: Date| i64::from((d - Date::constant(1970, 1, 1)).get_days());
            days(*b) == a.clamp(days(Date::constant(1, 1, 1)), days(Date::constant(9999, 12, 31)))
        }
        (Val::Code(a), Value::Code(b)) => program.layout().codes[a as usize].1.as_ref() == b,
        (Val::Text(_), Value::Text(_)) => true,
        _ => false,
    }
}
