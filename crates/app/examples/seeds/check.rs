//! The invariants, each a checker by its name. They read the database with their own statements wherever they can.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use casework::decide::file;
use guard::{Processing, PurposeKind};
use kernel::{ApplicationId, CaseId, Date, DecisionId, Instant, SubmissionId};
use store::{Tx, params};
use uuid::Uuid;

use crate::nurse;
use crate::world::{Stop, World, found};

/// All names, for the overview.
pub(crate) const NAMES: [&str; 13] = [
    "I1 applications",
    "I1 told once",
    "I2 once",
    "I2 ledger",
    "I3 visits",
    "I4 questions",
    "I5 answers",
    "I6 legal day",
    "I10 replay",
    "I11 outbox",
    "I11 whole",
    "notices",
    "unchanged",
];

/// Holds everything against everything. `end`: nothing is on its way any more.
pub(crate) async fn all(w: &mut World<'_>, end: bool) -> Result<(), Stop> {
    let mut tx = w.db().read().await?;
    ledger(w, &mut tx).await?;
    if w.restored {
        return Ok(());
    }
    applications(w, &mut tx).await?;
    acts(w, &mut tx).await?;
    visits(w, &mut tx).await?;
    questions(w, &mut tx, end).await?;
    answers(w, &mut tx).await?;
    whole(&mut tx).await?;
    unchanged(w, &mut tx).await?;
    let waiting: i64 = tx.one("select count(*) as n from outbox", &[]).await?.get("n")?;
    if waiting == 0 {
        legal_day(w, &mut tx).await?;
        granted(&mut tx).await?;
    }
    outbox(&mut tx, end).await?;
    drop(tx);
    if end {
        replay(w).await?;
    }
    Ok(())
}

/// The hash of everything that was applied for.
pub(crate) async fn application_hash(w: &World<'_>, id: ApplicationId) -> Result<u64, Stop> {
    hash_of(&mut w.db().read().await?, id).await
}

async fn hash_of(tx: &mut Tx, id: ApplicationId) -> Result<u64, Stop> {
    let sql =
        "select a.person_id, a.household_id, a.account_id, a.made_at, i.subject_id, i.offer_id, i.programme, i.content,
        i.answers, i.facts_hash from application a left join (select * from application_item union select * from application_item_past) i
            on i.application_id = a.application_id
        where a.application_id = $1 order by i.offer_id, i.subject_id";
    let mut hash = DefaultHasher::new();
    for row in &tx.all(sql, params![id]).await? {
        let ids: [Option<Uuid>; 5] = [
            row.maybe("person_id")?,
            row.maybe("household_id")?,
            row.maybe("account_id")?,
            row.maybe("subject_id")?,
            row.maybe("offer_id")?,
        ];
        let texts: [Option<String>; 4] =
            [row.maybe("programme")?, row.maybe("content")?, row.maybe("answers")?, row.maybe("facts_hash")?];
        (ids, texts, row.get::<i64>("made_at")?).hash(&mut hash);
    }
    Ok(hash.finish())
}

/// I1: every acknowledged application exists once with the same content, and has exactly one case an item.
async fn applications(w: &World<'_>, tx: &mut Tx) -> Result<(), Stop> {
    const NAME: &str = "I1 applications";
    for (id, hash) in &w.told.applications {
        let count: i64 =
            tx.one("select count(*) as n from application where application_id = $1", params![*id]).await?.get("n")?;
        if count != 1 {
            return found(NAME, format!("the acknowledged application {id} exists {count} times"));
        }
        if hash_of(tx, *id).await? != *hash {
            return found(NAME, format!("the acknowledged application {id} says something else now"));
        }
    }
    let sql = "select i.application_id, i.offer_id, i.programme, (select count(*) from benefit_case c where c.offer_id = i.offer_id
        and c.application_id = i.application_id) as n from application_item i order by i.offer_id";
    for row in &tx.all(sql, &[]).await? {
        let n: i64 = row.get("n")?;
        if n != 1 {
            let (id, programme): (ApplicationId, String) = (row.get("application_id")?, row.get("programme")?);
            return found(NAME, format!("{programme} of the application {id} has {n} cases"));
        }
    }
    let orphans = "select count(*) as n from benefit_case c where not exists
        (select 1 from application a where a.application_id = c.application_id)";
    match tx.one(orphans, &[]).await?.get::<i64>("n")? {
        0 => Ok(()),
        n => found(NAME, format!("{n} cases have no application")),
    }
}

/// I3: every visit a nurse was told is taken stands once, as she sent it, corrected or not; and what corrects one names it.
async fn visits(w: &World<'_>, tx: &mut Tx) -> Result<(), Stop> {
    const NAME: &str = "I3 visits";
    for (id, sent) in &w.told.visits {
        match nurse::content(tx, *id).await? {
            None => return found(NAME, format!("the visit {id} was taken and is not there once")),
            Some(now) if now != sent.content => return found(NAME, format!("the visit {id} says something else now")),
            Some(_) => {}
        }
        let sql = "select replaced_by from visit_submission where submission_id = $1";
        let by: Option<SubmissionId> = tx.one(sql, params![*id]).await?.maybe("replaced_by")?;
        if by != sent.replaced_by {
            return found(NAME, format!("the visit {id} is replaced by {by:?}, told was {:?}", sent.replaced_by));
        }
    }
    Ok(())
}

/// I1: what else people were told was done stands exactly as often as they were told.
async fn acts(w: &World<'_>, tx: &mut Tx) -> Result<(), Stop> {
    for (kind, told) in &w.told.acts {
        let sql = match *kind {
            "settled" => {
                "select count(*) as n from task where kind in ('contradiction', 'gap') and status = 'done' and $1 <> ''"
            }
            "holder settled" => {
                "select count(*) as n from task where kind = 'account_holder' and status = 'done' and $1 <> ''"
            }
            "objected" => "select count(*) as n from objection where kind = 'objection' and $1 <> ''",
            "reviewed" => {
                "select count(*) as n from objection where kind = 'objection' and status <> 'open' and outcome_reason <> 'as the court ordered' and $1 <> ''"
            }
            "ordered" => "select count(*) as n from objection where kind = 'court_order' and $1 <> ''",
            "moved" => "select count(*) as n from life_event where kind = 'move' and $1 <> ''",
            _ => "select count(*) as n from case_step where kind = $1",
        };
        let stands: i64 = tx.one(sql, params![*kind]).await?.get("n")?;
        if stands != *told {
            return found(
                "I1 told once",
                format!("{kind}: people were told {told} times that it is done, it stands {stands} times"),
            );
        }
    }
    for (number, child) in &w.told.births {
        let sql =
            "select count(*) as n from life_event where kind = 'birth' and register_number = $1 and person_id = $2";
        let n: i64 = tx.one(sql, params![number, *child]).await?.get("n")?;
        if n != 1 {
            return found("I1 told once", format!("birth {number} stands {n} times"));
        }
    }
    Ok(())
}

/// I2: the ledger has no fault; what it says is on its way or paid is what the bank has been told and has not sent back.
async fn ledger(w: &World<'_>, tx: &mut Tx) -> Result<(), Stop> {
    let report = payment::ledger::check::check(tx).await?;
    if let Some(fault) = report.faults.first() {
        return found("I2 ledger", format!("{fault} (of {})", report.faults.len()));
    }
    let stands: i64 = w.bank.stands.values().sum();
    if !w.restored && report.pending + report.confirmed != stands {
        let (p, c) = (report.pending, report.confirmed);
        return found("I2 ledger", format!("{p} on its way and {c} paid by the ledger, {stands} by the bank"));
    }
    Ok(())
}

/// I4: every question ends in exactly one way and nothing changes after that.
async fn questions(w: &mut World<'_>, tx: &mut Tx, end: bool) -> Result<(), Stop> {
    const NAME: &str = "I4 questions";
    let sql = "select request_id, status, coalesce(ended_at, 0) as ended, attempts, coalesce(answer, '') as answer,
        coalesce(answer_hash, '') as hash, coalesce(problem, '') as problem, items, agency from agency_request order by request_id";
    let mut known = std::collections::BTreeSet::new();
    for row in &tx.all(sql, &[]).await? {
        let id: Uuid = row.get("request_id")?;
        known.insert(id);
        let (status, ended): (String, i64) = (row.get("status")?, row.get("ended")?);
        let text = format!(
            "{status} {ended} {} {} {} {} {} {}",
            row.get::<i64>("attempts")?,
            row.get::<String>("answer")?,
            row.get::<String>("hash")?,
            row.get::<String>("problem")?,
            row.get::<String>("items")?,
            row.get::<String>("agency")?
        );
        let open = matches!(status.as_str(), "waiting" | "pending");
        let ends = matches!(status.as_str(), "answered" | "timed_out" | "refused" | "cancelled");
        if open == ends || open != (ended == 0) {
            return found(NAME, format!("question {id} is {status}, ended at {ended}"));
        }
        match w.seen.ended.get(&id) {
            Some(before) if *before != text => {
                return found(NAME, format!("question {id} had ended and changed: {before} became {text}"));
            }
            Some(_) => {}
            None if ends => drop(w.seen.ended.insert(id, text)),
            None if end => return found(NAME, format!("question {id} never ended: {status}")),
            None => {}
        }
    }
    if let Some(id) = w.seen.ended.keys().find(|id| !known.contains(*id)) {
        return found(NAME, format!("question {id} is gone"));
    }
    match w.asked.keys().find(|id| !known.contains(&id.0)) {
        Some(id) => found(NAME, format!("an agency was asked {id}, which is no question of ours")),
        None => Ok(()),
    }
}

/// I5: no fact comes from an answer that failed a check, or from a question that was not answered.
async fn answers(w: &World<'_>, tx: &mut Tx) -> Result<(), Stop> {
    const NAME: &str = "I5 answers";
    let sql =
        "select f.item, f.recorded_by, f.source from person_fact f where f.recorded_by like 'question %' or f.recorded_by like 'late answer %'
        union all select f.item, f.recorded_by, f.source from household_fact f
            where f.recorded_by like 'question %' or f.recorded_by like 'late answer %'";
    for row in &tx.all(sql, &[]).await? {
        let (item, by): (String, String) = (row.get("item")?, row.get("recorded_by")?);
        let late = by.strip_prefix("late answer ");
        let id = late.or(by.strip_prefix("question ")).and_then(|id| id.parse::<kernel::RequestId>().ok());
        let Some(id) = id else { return found(NAME, format!("{item} is from {by:?}")) };
        let status = tx.maybe("select status from agency_request where request_id = $1", params![id]).await?;
        let status: Option<String> = status.map(|r| r.get("status")).transpose()?;
        let fits = match status.as_deref() {
            Some("answered") => late.is_none(),
            Some("timed_out" | "refused" | "cancelled") => late.is_some(),
            _ => false,
        };
        if !fits {
            return found(NAME, format!("{item} is from question {id}, which is {status:?}"));
        }
        if w.asked.get(&id).is_none_or(|put| late.is_none() && put.tainted) {
            return found(NAME, format!("{item} is from question {id}, whose answer fails a check"));
        }
    }
    Ok(())
}

/// I6: no case waits past its legal day without somebody or something that must move it.
async fn legal_day(w: &World<'_>, tx: &mut Tx) -> Result<(), Stop> {
    let today = w.today();
    let sql =
        "select c.case_id, c.stage, c.due_on, c.paused_on, c.programme from benefit_case c where c.closed_at is null
        and not exists (select 1 from task t where t.case_id = c.case_id and t.status = 'open')
        and not exists (select 1 from case_request q join agency_request r on r.request_id = q.request_id
            where q.case_id = c.case_id and r.status in ('waiting', 'pending')) order by c.case_id";
    for row in &tx.all(sql, &[]).await? {
        let (id, stage): (CaseId, String) = (row.get("case_id")?, row.get("stage")?);
        let paused: Option<Date> = row.maybe("paused_on")?;
        let due: Option<Date> = row.maybe("due_on")?;
        // While the clock stands the day moves with it.
        if paused.is_none() && due.is_none_or(|due| due < today) {
            let programme: String = row.get("programme")?;
            return found(
                "I6 legal day",
                format!("case {id} ({programme}, {stage}) was due on {due:?}, today is {today}"),
            );
        }
        if paused.is_none() && stage != "received" {
            return found("I6 legal day", format!("case {id} is {stage} and nobody has anything to do"));
        }
    }
    Ok(())
}

/// I11: what a room was told is what it did.
async fn granted(tx: &mut Tx) -> Result<(), Stop> {
    let sql =
        "select d.decision_id from decision d where d.decided_at is not null and d.content like '%\"granted\":true%'
        and not exists (select 1 from entitlement_decision e where e.decision_id = d.decision_id) limit 1";
    if let Some(row) = tx.maybe(sql, &[]).await? {
        let id: DecisionId = row.get("decision_id")?;
        return found("I11 outbox", format!("decision {id} grants something and payments were never told"));
    }
    let sql = "select e.decision_id from entitlement_decision e left join decision d on d.decision_id = e.decision_id
        where d.decided_at is null limit 1";
    match tx.maybe(sql, &[]).await? {
        Some(row) => {
            found("I11 outbox", format!("payments act on {}, which is not in force", row.get::<Uuid>("decision_id")?))
        }
        None => Ok(()),
    }
}

/// I11: nothing is parked; at the end nothing waits.
async fn outbox(tx: &mut Tx, end: bool) -> Result<(), Stop> {
    if let Some(parked) = tx.parked(Instant::from_micros(i64::MAX)).await?.into_iter().next() {
        return found("I11 outbox", format!("{} {} is parked: {}", parked.what, parked.about, parked.why));
    }
    let waiting: i64 = tx.one("select count(*) as n from outbox", &[]).await?.get("n")?;
    if end && waiting > 0 {
        return found("I11 outbox", format!("{waiting} messages wait at the end"));
    }
    Ok(())
}

/// I11: stages, tasks and decisions fit together.
async fn whole(tx: &mut Tx) -> Result<(), Stop> {
    const NAME: &str = "I11 whole";
    let checks = [
        (
            "select t.task_id as id from task t join benefit_case c on c.case_id = t.case_id where t.status = 'open'
                and c.closed_at is not null and t.kind not in ('objection', 'report', 'order_refused', 'account_holder')
                and not (t.kind = 'contradiction' and c.stage = 'decided') limit 1",
            "is an open task in a closed case",
        ),
        (
            "select case_id as id from benefit_case where (closed_at is null) = (stage in ('decided', 'withdrawn', 'void')) limit 1",
            "is closed at a stage that is open, or open at one that is closed",
        ),
        (
            "select case_id as id from decision where status = 'in_force' group by case_id having count(*) > 1 limit 1",
            "is a case with two decisions in force",
        ),
        (
            "select c.case_id as id from benefit_case c where c.decision_id is not null and not exists
                (select 1 from decision d where d.decision_id = c.decision_id and d.status = 'in_force') limit 1",
            "is a case whose decision is not in force",
        ),
        (
            "select d.decision_id as id from decision d join benefit_case c on c.case_id = d.case_id
                where d.status = 'in_force' and (c.decision_id is null or c.decision_id <> d.decision_id) limit 1",
            "is a decision in force that its case does not know",
        ),
        (
            "select d.decision_id as id from decision d join benefit_case c on c.case_id = d.case_id
                where d.status in ('proposed', 'hearing') and c.stage not in ('approval', 'hearing') limit 1",
            "is a prepared decision that nobody waits for",
        ),
        (
            "select c.case_id as id from benefit_case c where c.stage in ('approval', 'hearing', 'official') and not exists
                (select 1 from task t where t.case_id = c.case_id and t.status = 'open') limit 1",
            "is a case that waits for an official without a task",
        ),
        (
            "select t.task_id as id from task t join benefit_case c on c.case_id = t.case_id where t.status = 'open'
                and t.kind = 'decide' and c.stage <> 'official' limit 1",
            "is a task to decide what cannot be decided now",
        ),
        (
            "select o.objection_id as id from objection o where o.status = 'open' and not exists
                (select 1 from task t where t.case_id = o.case_id and t.status = 'open' and t.kind = 'objection') limit 1",
            "is an open objection without a task",
        ),
        (
            "select o.objection_id as id from objection o where o.kind = 'objection' and (o.level not between 1 and 2 or (o.level = 2
                and not exists (select 1 from objection f where f.case_id = o.case_id and f.level = 1 and f.kind = 'objection'
                    and f.status in ('rejected', 'granted')))) limit 1",
            "is a second objection without a first that was reviewed",
        ),
        (
            "select o.objection_id as id from objection o where o.kind = 'objection' and o.level = 2 and o.reviewer is not null
                and o.outcome_reason <> 'as the court ordered'
                and exists (select 1 from objection f where f.decision_id = o.decision_id and f.level = 1
                    and f.reviewer = o.reviewer) limit 1",
            "is a second objection reviewed by the one who reviewed the first",
        ),
        (
            "select t.task_id as id from task t where t.status = 'done' and t.closed_by is null limit 1",
            "is a task that nobody did",
        ),
        (
            "select t.task_id as id from task t where t.status = 'done' and t.closed_by = t.barred_account limit 1",
            "is a task done by the one who must not",
        ),
        (
            "select t.task_id as id from task t where t.status = 'done' and not exists (select 1 from case_step s
                where s.case_id = t.case_id and s.account_id = t.closed_by and s.at = t.closed_at) limit 1",
            "is a task closed without an act",
        ),
        (
            "select d.decision_id as id from decision d where d.prepared_by is not null and d.prepared_by = d.decided_by
                and exists (select 1 from task t where t.case_id = d.case_id and t.kind = 'approve' and t.detail like '%' || lower(
                substr(hex(d.decision_id), 1, 8)) || '%') limit 1",
            "was signed by who prepared it",
        ),
    ];
    for (sql, what) in checks {
        if let Some(row) = tx.maybe(sql, &[]).await? {
            return found(NAME, format!("{} {what}", row.get::<Uuid>("id")?));
        }
    }
    Ok(())
}

/// What holds is never changed again: decisions in force, closed tasks.
async fn unchanged(w: &mut World<'_>, tx: &mut Tx) -> Result<(), Stop> {
    const NAME: &str = "unchanged";
    let languages: Vec<String> = w.shared.pack.manifest().complete.iter().map(ToString::to_string).collect();
    let sql = "select decision_id, content, notice, content_hash, automatic, decided_at, object_by, determination_id
        from decision where decided_at is not null";
    let mut known = 0;
    for row in &tx.all(sql, &[]).await? {
        known += 1;
        let id: Uuid = row.get("decision_id")?;
        let notice: String = row.get("notice")?;
        let text = format!(
            "{} {notice} {} {} {} {:?} {}",
            row.get::<String>("content")?,
            row.get::<String>("content_hash")?,
            row.get::<bool>("automatic")?,
            row.get::<i64>("decided_at")?,
            row.maybe::<Date>("object_by")?,
            row.get::<Uuid>("determination_id")?
        );
        match w.seen.forced.get(&id) {
            Some(before) if *before != text => {
                return found(NAME, format!("decision {id} changed after it came into force"));
            }
            Some(_) => {}
            None => {
                let notices: std::collections::BTreeMap<String, serde_json::Value> = row.json("notice")?;
                if let Some(language) = languages.iter().find(|l| !notices.contains_key(*l)) {
                    return found("notices", format!("decision {id} has no notice in {language}"));
                }
                if notice.contains("missing") {
                    return found("notices", format!("the notice of decision {id} has words missing"));
                }
                w.seen.forced.insert(id, text);
            }
        }
    }
    if known != w.seen.forced.len() {
        return found(NAME, format!("{} decisions came into force, {known} are there", w.seen.forced.len()));
    }
    let sql = "select task_id, status, closed_at, outcome from task where status <> 'open'";
    for row in &tx.all(sql, &[]).await? {
        let id: Uuid = row.get("task_id")?;
        let (status, at): (String, Option<i64>) = (row.get("status")?, row.maybe("closed_at")?);
        let text = format!("{status} {at:?} {:?}", row.maybe::<String>("outcome")?);
        if w.seen.tasks.get(&id).is_some_and(|before| *before != text) {
            return found(NAME, format!("task {id} changed after it was closed"));
        }
        w.seen.tasks.insert(id, text);
    }
    Ok(())
}

/// I10: every decision that came into force replays to the same bytes.
async fn replay(w: &mut World<'_>) -> Result<(), Stop> {
    let mut tx = w.db().read().await?;
    let sql = "select decision_id from decision where decided_at is not null order by decision_id";
    let mut all: Vec<DecisionId> = Vec::new();
    for row in &tx.all(sql, &[]).await? {
        all.push(row.get("decision_id")?);
    }
    drop(tx);
    let basis = Processing::new(PurposeKind::Casework, "a simulated run").map_err(|e| Stop::Broken(e.to_string()))?;
    for id in all {
        let tools = w.tools();
        let mut tx = w.db().read().await?;
        let sealed = match file::export(&mut tx, &tools.desk(), id).await {
            Ok(Some(sealed)) => sealed,
            Ok(None) => return found("I10 replay", format!("decision {id} has no file")),
            Err(error) => return found("I10 replay", format!("decision {id} has no file: {error}")),
        };
        if let Err(differs) = sealed.process(&basis, |file| file::replay(&w.shared.pack, file)) {
            return found("I10 replay", format!("decision {id}: {differs}"));
        }
    }
    Ok(())
}
