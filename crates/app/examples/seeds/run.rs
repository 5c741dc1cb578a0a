//! One life: acts drawn from the seed over some weeks, then everything comes to its end.

use std::collections::BTreeMap;

use kernel::Clock as _;
use payment::model::Form;

use crate::bugs::{self, Bug};
use crate::world::{Seen, Shared, Stop, Told, World};
use crate::{agency, bank, check, family, nurse, office, worker};

/// How a run ended.
pub(crate) struct Ended {
    pub(crate) stop: Option<Stop>,
    pub(crate) trace: Vec<String>,
    pub(crate) hash: u64,
    pub(crate) counts: BTreeMap<&'static str, u64>,
    pub(crate) refusals: BTreeMap<String, u32>,
    /// Whether the planted bug did anything.
    pub(crate) struck: bool,
}

impl Ended {
    /// It never began.
    pub(crate) fn broken(what: String) -> Ended {
        Ended {
            stop: Some(Stop::Broken(what)),
            trace: Vec::new(),
            hash: 0,
            counts: BTreeMap::new(),
            refusals: BTreeMap::new(),
            struck: false,
        }
    }
}

/// Plays one seed.
pub(crate) async fn live(shared: &Shared, seed: u64, bug: Option<Bug>) -> Ended {
    let mut w = match World::open(shared, seed, bug).await {
        Ok(world) => world,
        Err(stop) => return Ended::broken(format!("{stop:?}")),
    };
    let mut stop = whole(&mut w).await.err();
    let counts = match counts(&w).await {
        Ok(counts) => counts,
        Err(error) => {
            stop = stop.or(Some(error));
            BTreeMap::new()
        }
    };
    w.note(format!("{counts:?}"));
    let ended = Ended {
        stop,
        hash: w.hash(),
        counts,
        struck: w.bug_done,
        trace: std::mem::take(&mut w.trace),
        refusals: std::mem::take(&mut w.refusals),
    };
    w.close().await;
    ended
}

async fn whole(w: &mut World<'_>) -> Result<(), Stop> {
    let families = if w.dice.u8(..4) == 0 { 2 } else { 1 };
    for _ in 0..families {
        family::settle(w).await?;
    }
    for family in w.families.clone() {
        for form in [Form::Cash, Form::Voucher] {
            if w.dice.u8(..4) > 0 {
                family::account(w, family.mother, form).await?;
            }
        }
    }
    family::birth(w).await?;
    let mut backup = None;
    let restores = w.dice.u8(..12) == 0;
    for step in 0..w.dice.u32(18..32) {
        act(w).await?;
        if w.dice.u8(..3) == 0 {
            worker::work(w, 60).await?;
        }
        if restores && step == 8 {
            backup = Some(copy(w).await?);
        }
        if restores
            && step == 20
            && let Some(backup) = backup.take()
        {
            restore(w, backup).await?;
        }
        if step % 6 == 5 {
            check::all(w, false).await?;
            bugs::strike(w).await?;
        }
    }
    end(w).await
}

async fn act(w: &mut World<'_>) -> Result<(), Stop> {
    match w.dice.u8(..100) {
        0..6 => family::birth(w).await,
        6..20 => family::accept(w).await,
        20..28 => family::give(w).await,
        28..35 => agency::push(w).await,
        35..51 => office::one(w).await,
        51..55 => family::object(w).await,
        55..60 => family::change(w).await,
        60..63 => family::speak(w).await,
        63..71 => bank::pay(w, false).await,
        71..73 => bank::go_on(w).await,
        73..80 => bank::answer(w, false).await,
        80..82 => bank::pay_again(w).await,
        82..84 => family::other_account(w).await,
        84 => family::death(w).await,
        88 => family::moves(w).await,
        89 => family::take_back(w).await,
        90 => office::court(w).await,
        85 => {
            w.pass(-3600);
            w.note("the clock goes back an hour");
            Ok(())
        }
        86..88 => {
            w.note("the process is started anew");
            w.restart().await
        }
        93..98 => {
            for _ in 0..w.dice.u8(1..4) {
                nurse::one(w).await?;
            }
            Ok(())
        }
        91..93 => worker::work(w, 200).await.map(drop),
        _ => {
            let hours = if w.dice.bool() { w.dice.i64(1..30) } else { 24 * w.dice.i64(1..13) };
            w.pass(hours * 3600);
            w.note(format!("{hours} hours later"));
            Ok(())
        }
    }
}

/// All agencies answer, all tasks are done, all money is paid; then nothing may be left.
async fn end(w: &mut World<'_>) -> Result<(), Stop> {
    w.weather = 0;
    w.note("to the end");
    agency::all_well(w);
    for _ in 0..6 {
        if !worker::to_the_end(w, 200).await? {
            return Err(Stop::Violation { checker: "I11 outbox", what: "the work never ends".into() });
        }
        bugs::strike(w).await?;
        let tasks = office::all(w).await?;
        let cases = family::give_all(w).await?;
        if tasks + cases == 0 {
            break;
        }
        // Past every time to speak and every time to answer.
        w.pass(12 * 86_400);
    }
    w.pass(12 * 86_400);
    if !worker::to_the_end(w, 200).await? {
        return Err(Stop::Violation { checker: "I11 outbox", what: "the work never ends".into() });
    }
    bank::go_on(w).await?;
    bank::pay_again(w).await?;
    bank::pay(w, true).await?;
    bank::answer(w, true).await?;
    worker::to_the_end(w, 200).await?;
    bugs::strike(w).await?;
    check::all(w, true).await
}

/// What was told and seen up to a backup.
struct Backup {
    told: Told,
    seen: Seen,
}

async fn copy(w: &mut World<'_>) -> Result<Backup, Stop> {
    w.note("a backup is made");
    w.db().close().await;
    let backup = format!("{}.backup", w.path.display());
    std::fs::copy(&w.path, backup).map_err(|e| Stop::Broken(e.to_string()))?;
    w.reopen().await?;
    Ok(Backup { told: w.told.clone(), seen: w.seen.clone() })
}

/// The backup comes back: what happened since is lost here, and has happened at the bank all the same.
async fn restore(w: &mut World<'_>, backup: Backup) -> Result<(), Stop> {
    w.note("the backup is restored");
    w.db().close().await;
    for suffix in ["-wal", "-shm"] {
        // Where the log was written back there is none.
        let _ = std::fs::remove_file(format!("{}{suffix}", w.path.display()));
    }
    let from = format!("{}.backup", w.path.display());
    std::fs::copy(from, &w.path).map_err(|e| Stop::Broken(e.to_string()))?;
    w.reopen().await?;
    (w.told, w.seen) = (backup.told, backup.seen);
    w.restored = true;
    Ok(())
}

/// What happened, for the overview: a run in which nothing happens proves nothing.
async fn counts(w: &World<'_>) -> Result<BTreeMap<&'static str, u64>, Stop> {
    let mut tx = w.db().read().await?;
    let mut counts = BTreeMap::new();
    for (name, sql) in [
        ("applications", "select count(*) as n from application"),
        ("cases", "select count(*) as n from benefit_case"),
        ("decided", "select count(*) as n from benefit_case where stage = 'decided'"),
        ("questions", "select count(*) as n from agency_request"),
        ("answered", "select count(*) as n from agency_request where status = 'answered'"),
        ("timed out", "select count(*) as n from agency_request where status = 'timed_out'"),
        ("refused", "select count(*) as n from agency_request where status = 'refused'"),
        ("tasks", "select count(*) as n from task"),
        ("contradictions", "select count(*) as n from task where kind = 'contradiction'"),
        ("hearings", "select count(*) as n from task where kind = 'hearing'"),
        ("decisions", "select count(*) as n from decision where decided_at is not null"),
        ("automatic", "select count(*) as n from decision where decided_at is not null and automatic = 1"),
        ("superseded", "select count(*) as n from decision where status = 'superseded'"),
        ("objections", "select count(*) as n from objection"),
        ("second objections", "select count(*) as n from objection where level = 2"),
        ("visits", "select count(*) as n from visit_submission"),
        ("visits corrected", "select count(*) as n from visit_submission where replaced_by is not null"),
        ("entitlements", "select count(*) as n from entitlement"),
        ("orders", "select count(*) as n from benefit_order"),
        ("runs released", "select count(*) as n from run where status in ('released', 'settled')"),
        ("recoveries", "select count(*) as n from recovery"),
    ] {
        let n: i64 = tx.one(sql, &[]).await?.get("n")?;
        counts.insert(name, u64::try_from(n).unwrap_or(0));
    }
    counts.insert("payments", w.bank.told.len() as u64);
    counts.insert("restored", u64::from(w.restored));
    counts.insert("acts", u64::from(w.number));
    counts.insert("days", u64::try_from((w.clock.now().micros() / 86_400_000_000) - 20_778).unwrap_or(0));
    Ok(counts)
}
