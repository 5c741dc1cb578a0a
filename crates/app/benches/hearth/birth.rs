//! From a birth to durable offers, beside the bare database doing the same number of durable writes.

use std::sync::Arc;
use std::time::{Duration, Instant};

use store::{Db, StoreError, Value, params, transact};

use crate::statements;
use crate::table::{Table, median, shown, spread};
use crate::town::Place;

/// Births one after another in one round.
const ALONE: usize = 12;
/// Births at the same moment.
const AT_ONCE: usize = 16;
/// Waves of them in one round.
const WAVES: usize = 2;
/// Births whose rows and statements are counted, before anything is timed.
const COUNTED: usize = 8;

/// How many families a run of so many rounds needs.
pub(crate) fn families(rounds: usize) -> usize {
    1 + COUNTED + WAVES * AT_ONCE + rounds * (ALONE + WAVES * AT_ONCE)
}

/// The writes of one birth, as counted.
#[derive(Clone, Copy, Debug)]
struct Writes {
    /// Rows of the registry's and casework's tables.
    rows: i64,
    /// How many of them carry a long text: offers and frozen facts.
    long: i64,
    /// Its mean length, in characters.
    length: i64,
}

pub(crate) async fn run(table: &mut Table, place: &Arc<Place>, rounds: usize) {
    let writes = counted(table, place).await;
    let db = &place.runtime.state.db;
    let (mut births, mut logs, mut single, mut batched) = (vec![], vec![], vec![], vec![]);
    let (mut births16, mut single16) = (vec![], vec![]);
    // A server's connections know their statements; sixteen new ones would prepare each of them first.
    for _ in 0..WAVES {
        births_at_once(place).await;
        bare_at_once(db, writes).await;
    }
    for _ in 0..rounds {
        for _ in 0..ALONE {
            births.push(timed(place.birth()).await);
            single.push(timed(bare(db, writes)).await);
            batched.push(timed(bare_batched(db, writes)).await);
        }
        logs.push(timed(look(place)).await);
        for _ in 0..WAVES {
            births16.push(timed(births_at_once(place)).await / AT_ONCE as u32);
            single16.push(timed(bare_at_once(db, writes)).await / AT_ONCE as u32);
        }
    }
    let ratio = |a: &[Duration], b: &[Duration]| median(a).as_secs_f64() / median(b).as_secs_f64();
    let engine = place.engine;
    let beside =
        |bare: &[Duration], births: &[Duration]| format!("bare {}: {:.2} ×", spread(bare), ratio(births, bare));
    table.row(&format!("{engine}: birth to durable offers, alone"), spread(&births), beside(&single, &births), "≤ 3 ×");
    let hard = format!("bare, rows in one statement, {}: {:.2} ×", shown(median(&batched)), ratio(&births, &batched));
    table.row("  of it the disclosure log's entry", spread(&logs), hard, "");
    let words = format!("{engine}: birth to durable offers, {AT_ONCE} at once, each");
    table.row(&words, spread(&births16), beside(&single16, &births16), "≤ 3 ×");
}

/// Counts rows and statements of some births, and says where the time goes.
async fn counted(table: &mut Table, place: &Place) -> Writes {
    let long = "select count(*) as n from offer";
    let length = "select coalesce(sum(length(content)), 0) as n from";
    let before = (place.rows().await, place.number(long.into()).await);
    place.birth().await;
    statements::start();
    let started = Instant::now();
    for _ in 0..COUNTED {
        place.birth().await;
    }
    let took = started.elapsed();
    let seen = statements::stop();
    let births = COUNTED as i64 + 1;
    let rows = (place.rows().await - before.0) / births;
    let offers = place.number(long.into()).await - before.1;
    let text = place.number(format!("{length} offer")).await + place.number(format!("{length} frozen_facts")).await;
    let writes = Writes { rows, long: offers / births + 1, length: text / (offers + births).max(1) };
    let count: u32 = seen.iter().map(|(_, s)| s.count).sum();
    let seconds: f64 = seen.iter().map(|(_, s)| s.seconds).sum();
    let per = |n: f64| n / COUNTED as f64;
    table.row(
        &format!("{}: what one birth writes", place.engine),
        format!("{rows} rows, {} of them offers", offers / births),
        format!("{:.0} statements", per(f64::from(count))),
        "",
    );
    let statements = Duration::from_secs_f64(per(seconds));
    println!("    while counting: {} a birth, {} of it in statements", shown(took / COUNTED as u32), shown(statements));
    for (what, s) in seen.iter().take(14) {
        println!(
            "    {:>6.1} × {:>9}  {what}",
            per(f64::from(s.count)),
            shown(Duration::from_secs_f64(per(s.seconds)))
        );
    }
    writes
}

async fn timed<T>(work: impl Future<Output = T>) -> Duration {
    let start = Instant::now();
    let _ = work.await;
    start.elapsed()
}

/// Sixteen at the same moment, on all cores.
async fn at_once<F: Future<Output = ()> + Send + 'static>(one: impl Fn() -> F) {
    let mut all = tokio::task::JoinSet::new();
    for _ in 0..AT_ONCE {
        all.spawn(one());
    }
    all.join_all().await;
}

async fn births_at_once(place: &Arc<Place>) {
    at_once(|| {
        let place = place.clone();
        async move { place.birth().await }
    })
    .await;
}

async fn bare_at_once(db: &Db, writes: Writes) {
    at_once(|| {
        let db = db.clone();
        async move { bare(&db, writes).await }
    })
    .await;
}

const ROW: &str = "insert into bare (person_id, row_id, item, value, corrects, valid_from, valid_until, recorded_at, withdrawn_at, source, law, recorded_by)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";

/// The same number of durable writes without anything of ours: one commit for the look, one for all rows, a statement a row.
async fn bare(db: &Db, writes: Writes) {
    let ids = app::runtime::SystemIds;
    let done = async {
        transact!(db, StoreError, |tx| tx.execute(ROW, &row(&ids, 300)).await)?;
        transact!(db, StoreError, |tx| {
            for n in 0..writes.rows {
                let length = if n < writes.long { writes.length } else { 12 };
                tx.execute(ROW, &row(&ids, length as usize)).await?;
            }
            Ok(())
        })
    };
    done.await.expect("bare writes");
}

/// So many rows in one durable transaction, a statement a row; how long it took.
pub(crate) async fn bare_rows(db: &Db, rows: i64) -> Duration {
    let ids = app::runtime::SystemIds;
    let start = Instant::now();
    let done = transact!(db, StoreError, |tx| {
        for _ in 0..rows {
            tx.execute(ROW, &row(&ids, 300)).await?;
        }
        Ok(())
    });
    done.expect("bare writes");
    start.elapsed()
}

/// The same with all rows in statements of 16 rows each: the least the database can do.
async fn bare_batched(db: &Db, writes: Writes) {
    use std::sync::OnceLock;
    static BATCH: OnceLock<&'static str> = OnceLock::new();
    let sql = BATCH.get_or_init(|| {
        let head = ROW.split("values").next().unwrap_or_default();
        let tuple = |n: usize| {
            let holes: Vec<String> = (1..=12).map(|c| format!("${}", n * 12 + c)).collect();
            format!("({})", holes.join(", "))
        };
        let tuples: Vec<String> = (0..16).map(tuple).collect();
        format!("{head} values {}", tuples.join(", ")).leak()
    });
    let ids = app::runtime::SystemIds;
    let done = async {
        transact!(db, StoreError, |tx| tx.execute(ROW, &row(&ids, 300)).await)?;
        transact!(db, StoreError, |tx| {
            for batch in 0..(writes.rows + 15) / 16 {
                let rows = (0..16).flat_map(|n| {
                    let long = batch * 16 + n < writes.long;
                    row(&ids, if long { writes.length as usize } else { 12 })
                });
                tx.execute(sql, &rows.collect::<Vec<_>>()).await?;
            }
            Ok(())
        })
    };
    done.await.expect("bare writes");
}

fn row(ids: &dyn kernel::Ids, length: usize) -> Vec<Value> {
    let now = kernel::Clock::now(&app::runtime::SystemClock);
    let (none, day) = (None::<uuid::Uuid>, kernel::Date::constant(2026, 11, 20));
    let (no_day, no_time) = (None::<kernel::Date>, None::<kernel::Instant>);
    let text = "x".repeat(length);
    let account = ids.uuid(now).to_string();
    let values = params![
        ids.uuid(now),
        ids.uuid(now),
        "an_item_of_a_pack",
        text,
        none,
        day,
        no_day,
        now,
        no_time,
        "an_agency",
        "an act, article 9",
        account
    ];
    values.to_vec()
}

/// What the guard does before a birth is registered: decides, logs, waits until the entry is durable.
async fn look(place: &Place) {
    use guard::{Action, Purpose, PurposeKind, Relation, Resource, Role, Who};
    let state = &place.runtime.state;
    let (ids, now) = (&*state.ids, state.now());
    let who = Who {
        account: kernel::AccountId::new(ids, now),
        session: kernel::SessionId::new(ids, now),
        role: Role::AgencySystem,
        organisation: place.recipe.events.register.clone(),
        jurisdiction: None,
        person: None,
        strong: true,
        suspended: false,
        break_glass: false,
    };
    let relation = Relation { in_jurisdiction: true, ..Relation::default() };
    let parents = [kernel::PersonId::new(ids, now), kernel::PersonId::new(ids, now)];
    let resource = Resource::people(parents.into_iter().map(|id| (id, relation)));
    let purpose = Purpose::new(PurposeKind::DataExchange, "birth entered in the civil register");
    let allowed = state.guard.permit(&who, Action::RegisterEvent, &resource, &purpose).await;
    drop(allowed.expect("allowed"));
}
