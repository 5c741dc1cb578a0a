//! The rules as SQL on PostgreSQL against the columnar machine: every programme, every subject, yes, no, open and error, and sums.
//!
//! `HEARTH_SQL_HOUSEHOLDS=3000 cargo nextest run -p catalogue -E 'test(sql)' --no-capture` is the long run and prints what it compared.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use catalogue::Pack;
use kernel::Date;
use rules::columns::{Columns, Machine};
use rules::outcome::Answer;
use rules::schema::Entity;
use rules::{Household, Program, sql};
use sqlx::{Connection, PgConnection, Row};

use crate::columns::people::Town;
use crate::loading::small_dir;

/// Household, member, and what came out for them.
type Answers = BTreeMap<(i64, Option<i32>), (Answer, Option<i64>)>;

/// How many answers of each kind.
type Tally = BTreeMap<Answer, usize>;

fn households() -> usize {
    std::env::var("HEARTH_SQL_HOUSEHOLDS").ok().and_then(|n| n.parse().ok()).unwrap_or(30)
}

/// A schema of this test's own; `None` where no server is named.
async fn connected(schema: &str) -> Option<PgConnection> {
    let server = std::env::var("HEARTH_TEST_POSTGRES").ok()?;
    let mut db = PgConnection::connect(&server).await.unwrap();
    let begin = format!(
        "DROP SCHEMA IF EXISTS {schema} CASCADE; CREATE SCHEMA {schema}; SET search_path = {schema};
         SET jit = off; SET join_collapse_limit = 1; SET from_collapse_limit = 1;"
    );
    run(&mut db, &begin).await;
    Some(db)
}

async fn run(db: &mut PgConnection, text: &str) {
    sqlx::raw_sql(sqlx::AssertSqlSafe(text.to_owned())).execute(db).await.unwrap();
}

async fn asked(db: &mut PgConnection, query: &str) -> Answers {
    let query =
        format!("SELECT household, member, answer, amount::text FROM (\n{}\n) AS q", query.trim_end_matches(";\n"));
    let rows = sqlx::raw_sql(sqlx::AssertSqlSafe(query.clone())).fetch_all(db).await;
    let rows = rows.unwrap_or_else(|e| panic!("{e}\n{query}"));
    let answer = |row: &sqlx::postgres::PgRow| match row.get::<&str, _>("answer") {
        "yes" => Answer::Yes,
        "no" => Answer::No,
        "error" => Answer::Error,
        "cannot_tell" => Answer::CannotTell,
        other => panic!("{other}"),
    };
    let one = |row: &sqlx::postgres::PgRow| {
        let amount = row.get::<Option<String>, _>("amount").map(|text| text.parse::<i64>().unwrap());
        ((row.get("household"), row.get("member")), (answer(row), amount))
    };
    rows.iter().map(one).collect()
}

/// What the columnar machine says, by programme.
fn in_columns(program: &Program, households: &[Household], on: Date, claim: Date) -> HashMap<String, Answers> {
    let columns = Columns::compile(program, on, claim).unwrap();
    let mut machine = Machine::new(&columns);
    let mut out: HashMap<String, Answers> = HashMap::new();
    let mut by_size: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (n, h) in households.iter().enumerate() {
        by_size.entry(h.members().len()).or_default().push(n);
    }
    for bucket in by_size.values() {
        for some in bucket.chunks(rules::columns::ROWS) {
            let batch: Vec<&Household> = some.iter().map(|n| &households[*n]).collect();
            let results = machine.run(&columns.batch(&batch).unwrap()).unwrap();
            for p in results.programmes() {
                let answers = out.entry(program.programmes()[p.programme].id.to_string()).or_default();
                for (slot, of) in p.slots.iter().enumerate() {
                    let member = (p.subject == Entity::Person).then(|| i32::try_from(slot).unwrap());
                    for (row, household) in some.iter().enumerate() {
                        if let Some(answer) = of.answer(row) {
                            let amount = of.amount(row).filter(|_| answer == Answer::Yes);
                            answers.insert((i64::try_from(*household).unwrap(), member), (answer, amount));
                        }
                    }
                }
            }
        }
    }
    out
}

/// Compares all programmes in force on a day; gives how many answers of each kind were the same.
async fn compare(db: &mut PgConnection, pack: &Pack, mut town: Town<'_>, days: (Date, Date), count: usize) -> Tally {
    let program = pack.program();
    let (on, claim) = days;
    let households: Vec<Household> = (0..count).map(|_| town.household(on)).collect();
    run(db, "DROP TABLE IF EXISTS household, person").await;
    run(db, &sql::facts(program, &households)).await;
    run(db, "ANALYZE household, person").await;
    let expected = in_columns(program, &households, on, claim);
    let (mut tally, mut different) = (Tally::new(), Vec::new());
    for programme in program.programmes() {
        let id = programme.id.as_ref();
        let query = match sql::programme(program, id, on, claim) {
            Ok(query) => query,
            Err(sql::SqlRefusal::NotInForce { .. }) => {
                assert!(!expected.contains_key(id), "{id} is in force on {on}");
                continue;
            }
            Err(refusal) => panic!("{refusal}"),
        };
        let ours = asked(db, &query).await;
        let theirs = expected.get(id).cloned().unwrap_or_default();
        for subject in ours.keys().chain(theirs.keys()) {
            if ours.get(subject) != theirs.get(subject) {
                let (ours, theirs) = (ours.get(subject), theirs.get(subject));
                different.push(format!("{id} for {subject:?}: {ours:?} in SQL, {theirs:?} in columns"));
                break;
            }
        }
        for (answer, _) in theirs.values() {
            *tally.entry(*answer).or_default() += 1;
        }
    }
    assert!(different.is_empty(), "on {on}, claimed on {claim}:\n{}", different.join("\n"));
    tally
}

/// Whether any programme has a version in force.
fn any_law(program: &Program, on: Date) -> bool {
    program
        .programmes()
        .iter()
        .any(|p| !matches!(sql::programme(program, &p.id, on, on), Err(sql::SqlRefusal::NotInForce { .. })))
}

async fn check(dir: &Path, schema: &str, days: usize, count: usize) {
    let Some(mut db) = connected(schema).await else { return };
    let pack = Pack::load(dir).unwrap_or_else(|f| panic!("{f:#?}")).pack;
    run(&mut db, sql::prelude()).await;
    run(&mut db, &sql::tables(pack.program())).await;
    let mut tally = Tally::new();
    // Most days of a town lie before a small pack's law.
    let towns = (100..).map(|seed| {
        let mut town = Town::new(pack.program(), seed);
        let days = town.days();
        (town, days)
    });
    for (town, day) in towns.filter(|(_, (on, _))| any_law(pack.program(), *on)).take(days) {
        for (answer, n) in compare(&mut db, &pack, town, day, count).await {
            *tally.entry(answer).or_default() += n;
        }
    }
    println!("{}: {days} days, {count} households each: {tally:?}", dir.display());
    for answer in [Answer::Yes, Answer::No, Answer::CannotTell] {
        assert!(tally.get(&answer).is_some_and(|n| *n > 20), "too few {answer:?}: {tally:?}");
    }
    run(&mut db, &format!("DROP SCHEMA {schema} CASCADE")).await;
}

#[tokio::test]
async fn every_programme_says_the_same_in_sql() {
    let korea = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packs/korea");
    check(&korea, "hearth_sql_korea", 1, households()).await;
}

#[tokio::test]
async fn a_decision_table_says_the_same_in_sql() {
    check(&small_dir(), "hearth_sql_small", 4, households()).await;
}

#[test]
fn what_has_no_query_is_said() {
    let pack = Pack::load(&small_dir()).unwrap_or_else(|f| panic!("{f:#?}")).pack;
    let day = Date::constant(2025, 6, 15);
    let refused = |id: &str, on| sql::programme(pack.program(), id, on, on).unwrap_err().to_string();
    assert_eq!(refused("no_such", day), "there is no programme no_such");
    let early = Date::constant(2001, 1, 1);
    assert_eq!(refused("child_benefit", early), "child_benefit: no version is in force on 2001-01-01");
}
