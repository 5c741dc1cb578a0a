//! The agencies: what their registers hold, how each behaves, and how a question reaches them.

use std::collections::BTreeMap;
use std::sync::Arc;

use app::ask;
use casework::investigate::answer::{self, Effect, Reply};
use casework::investigate::ask::{Question, Send};
use catalogue::Pack;
use exchange::simulate::{Behaviour, Held, HeldFact, Holdings, Simulation, SimulationSettings};
use exchange::{ItemAsked, Outcome, SubjectAsked, SubjectKind, ValueKind};
use guard::{Processing, PurposeKind};
use kernel::{Clock as _, FixedClock, Instant, RequestId};
use rules::schema::{Entity, Type};
use serde_json::{Value, json};
use store::{JobRow, StoreError};

use crate::bugs::Bug;
use crate::world::{Fate, Stop, Tools, World};

/// How an agency plays in this run.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    pub(crate) behaviour: Behaviour,
}

impl Part {
    /// Whether what it says must not be used.
    fn lies(&self) -> bool {
        use Behaviour as B;
        matches!(
            self.behaviour,
            B::WrongPerson
                | B::WrongQuestion
                | B::WrongSchema
                | B::NotAsked
                | B::Incomplete
                | B::FutureDated { .. }
                | B::Unsigned
                | B::WronglySigned
                | B::Oversized
        )
    }
}

/// A question as it was first put to an agency.
#[derive(Clone)]
pub(crate) struct Put {
    pub(crate) question: Question,
    pub(crate) wire: exchange::Question,
    /// Whether the agency, when it was last asked, answers in a way that must not be used.
    pub(crate) tainted: bool,
}

/// A register that knows everybody and holds something plain of each item.
struct Registers {
    seed: u64,
    codes: BTreeMap<String, String>,
}

/// What the registers hold where one value would end every claim.
fn assumed(item: &str) -> Option<Value> {
    Some(match item {
        "birth_registered" | "resident_registered" | "electricity_residential" => json!(true),
        "nationality" => json!("korean"),
        "insurance_status" => json!("employee"),
        _ => return None,
    })
}

impl Registers {
    fn draw(&self, subject: &SubjectAsked, item: &str) -> u64 {
        use std::hash::{DefaultHasher, Hash as _, Hasher as _};
        let mut hash = DefaultHasher::new();
        let known = subject.identifier.as_ref().map(|i| i.value.clone());
        (self.seed, known, subject.birth_date.map(|d| d.to_string()), item).hash(&mut hash);
        hash.finish()
    }
}

impl Holdings for Registers {
    fn held(&self, _agency: &str, subject: &SubjectAsked, item: &ItemAsked) -> Held {
        let chance = self.draw(subject, &item.item) % 100;
        if chance < 4 {
            return Held::Unknown;
        }
        let value = match (assumed(&item.item), item.kind) {
            (Some(value), _) => value,
            (None, ValueKind::Boolean) => json!(false),
            (None, ValueKind::Integer) => json!(if chance < 90 { 0 } else { 100 }),
            (None, ValueKind::Money) => json!((chance % 5) * 400_000),
            (None, ValueKind::Decimal) => json!("0"),
            (None, ValueKind::Code) => match self.codes.get(&item.item) {
                Some(code) => json!(code),
                None => return Held::NoEntry,
            },
            (None, ValueKind::Date | ValueKind::Text) => return Held::NoEntry,
        };
        let long_ago = kernel::Date::constant(2020, 1, 1);
        let since = subject.birth_date.filter(|_| subject.kind == SubjectKind::Person).unwrap_or(long_ago);
        Held::Facts(vec![HeldFact { value, valid_from: since.max(long_ago), valid_to: None }])
    }
}

/// Agencies that nobody has told how to behave yet.
pub(crate) fn simulation(seed: u64, pack: &Pack, clock: Arc<FixedClock>) -> Simulation {
    let first = |list: &str| pack.code_lists().get(list).and_then(|l| l.codes.first()).map(|c| c.id.clone());
    let code = |item: &catalogue::model::Item| match &item.ty {
        Type::Code(list) => first(list).map(|code| (item.id.clone(), code)),
        _ => None,
    };
    let codes = pack.items().iter().filter_map(code).collect();
    let settings = SimulationSettings {
        seed,
        client_id: "hearth".into(),
        client_secret: "none".into(),
        token_seconds: 3600,
        callback_tokens: BTreeMap::new(),
    };
    Simulation::new(settings, Arc::new(Registers { seed, codes }), clock)
}

/// Gives every agency its part.
pub(crate) fn cast(dice: &mut fastrand::Rng, all: &[String], agencies: &Simulation) -> BTreeMap<String, Part> {
    let mut parts = BTreeMap::new();
    for id in all {
        let part = Part { behaviour: draw(dice) };
        agencies.behave(id, part.behaviour.clone());
        parts.insert(id.clone(), part);
    }
    parts
}

fn draw(dice: &mut fastrand::Rng) -> Behaviour {
    use Behaviour as B;
    match dice.u8(..40) {
        0..18 => B::Prompt,
        18 | 19 => B::Pending { looks: dice.u32(1..4) },
        20 | 21 => B::Callback { after_millis: 1, times: dice.u32(1..4) },
        22 => B::Late { seconds: dice.u32(1..400_000) },
        23 => B::Fails { times: dice.u32(1..6), status: 503 },
        24 => B::Throttled { times: dice.u32(1..4), retry_after_seconds: dice.u32(1..4000) },
        25 => B::Flaky { percent: dice.u8(10..80) },
        26 => B::NeverAnswers,
        27 => B::Truncated,
        28 => B::Oversized,
        29..32 => B::Contradicts { value: None },
        32 => B::WrongPerson,
        33 => B::WrongQuestion,
        34 => B::WrongSchema,
        35 => B::NotAsked,
        36 => B::Incomplete,
        37 => B::FutureDated { days: 3 },
        38 => {
            if dice.bool() {
                B::Unsigned
            } else {
                B::WronglySigned
            }
        }
        _ => B::Refuses { code: "no_ground".into(), words: "this may not be told".into() },
    }
}

/// From now on every agency answers at once and rightly.
pub(crate) fn all_well(w: &mut World<'_>) {
    for (id, part) in &mut w.parts {
        part.behaviour = Behaviour::Prompt;
        w.agencies.behave(id, Behaviour::Prompt);
    }
    w.note("all agencies answer from now on");
}

/// What was read of a question that is still open.
async fn read(w: &mut World<'_>, request: RequestId) -> Result<Option<Question>, Stop> {
    let tools = w.tools();
    let mut tx = w.db().read().await?;
    let sealed = casework::investigate::ask::question(&mut tx, &tools.desk(), request).await?;
    let basis =
        Processing::new(PurposeKind::DataExchange, "a simulated run").map_err(|e| Stop::Broken(e.to_string()))?;
    Ok(sealed.map(|sealed| sealed.process(&basis, Question::clone)))
}

/// What came back for a question of a job, and when to look again.
struct Heard {
    reply: Reply,
    again: Option<Instant>,
}

/// Puts a question to its agency, or looks again.
fn put(w: &mut World<'_>, question: &Question) -> Heard {
    let pack = w.shared.pack.clone();
    let mut wire = match ask::wire(&pack, &w.office, question) {
        Ok(wire) => wire,
        Err(words) => return Heard { reply: Reply::Refused { words }, again: None },
    };
    let again = w.asked.contains_key(&wire.request_id);
    if again && w.sabotage_now(Bug::AgencyFreshKey) {
        wire.request_id = RequestId::new(&*w.ids, wire.reply_by);
    }
    let tainted = w.parts.get(&wire.agency).is_some_and(Part::lies);
    let put = Put { question: question.clone(), wire: wire.clone(), tainted };
    // Put again, because the worker died with a bad answer in its hands, it may be answered well.
    w.asked.entry(wire.request_id).and_modify(|before| before.tainted = tainted).or_insert(put);
    let mut outcome = w.agencies.outcome(&wire);
    if w.sabotaged(Bug::WrongPersonTaken)
        && matches!(outcome, Outcome::Faulty(_))
        && let Some(honest) = unchecked(w, &wire)
    {
        w.bug_done = true;
        outcome = honest;
    }
    w.note(format!("  {} on {}: {}", wire.agency, wire.request_id, outcome.word()));
    let (reply, again) = ask::understood(&pack, question, Ok(outcome));
    // Weeks are played here: nobody looks every other second.
    let soonest = w.clock.now().plus_seconds(w.dice.i64(600..30_000));
    Heard { reply, again: again.map(|at| at.max(soonest)) }
}

/// The sabotage: an answer that failed a check is taken as if it had passed.
fn unchecked(w: &World<'_>, wire: &exchange::Question) -> Option<Outcome> {
    let other = simulation(1, &w.shared.pack, w.clock.clone());
    other.behave(&wire.agency, Behaviour::Prompt);
    match other.outcome(wire) {
        it @ Outcome::Answered(_) => Some(it),
        _ => None,
    }
}

/// Works on the job that sends a question.
pub(crate) async fn send(w: &mut World<'_>, job: &JobRow) -> Result<(), Stop> {
    let Send { request } = serde_json::from_str(&job.payload).map_err(|e| Stop::Broken(e.to_string()))?;
    let heard = read(w, request).await?.map(|question| put(w, &question));
    let fate = w.fate();
    let tools = w.tools();
    let mut tx = w.db().begin().await?;
    let outcome = end(&mut tx, &tools, job, request, heard).await;
    match (outcome, fate) {
        (Ok(_), Fate::DiesBefore | Fate::Full) => {
            drop(tx);
            w.note("  the worker dies with the answer in its hands");
        }
        (Ok(effect), _) => {
            tx.commit().await?;
            w.note(format!("  question {request}: {effect:?}"));
        }
        (Err(error), _) => {
            drop(tx);
            failed(w, job, &error.to_string()).await?;
        }
    }
    Ok(())
}

async fn end(
    tx: &mut store::Tx,
    tools: &Tools,
    job: &JobRow,
    request: RequestId,
    heard: Option<Heard>,
) -> Result<Option<Effect>, answer::Fault> {
    let Some(Heard { reply, again }) = heard else {
        tx.job_done(job.id).await?;
        return Ok(None);
    };
    let effect = answer::run(tx, &tools.desk(), request, reply).await?;
    match again.filter(|_| effect == Effect::StaysOpen) {
        Some(at) => tx.job_again(job.id, at).await?,
        None => tx.job_done(job.id).await?,
    }
    Ok(Some(effect))
}

/// A job that could not be done is put off.
pub(crate) async fn failed(w: &mut World<'_>, job: &JobRow, why: &str) -> Result<(), Stop> {
    w.note(format!("  job {} failed: {why}", job.kind));
    *w.refusals.entry(format!("JOB {}: {why}", job.kind)).or_default() += 1;
    let tools = w.tools();
    let mut tx = w.db().begin().await?;
    tx.job_failed(job, tools.now, why).await?;
    Ok::<(), StoreError>(tx.commit().await?)?;
    Ok(())
}

/// An agency pushes an answer to a question it was once asked, whether it is still open or not, and often twice.
pub(crate) async fn push(w: &mut World<'_>) -> Result<(), Stop> {
    let all: Vec<RequestId> = w.asked.keys().copied().collect();
    let Some(request) = w.pick(&all) else { return Ok(()) };
    let Some(it) = w.asked.get(&request).cloned() else { return Ok(()) };
    // Whatever the agency would say now: its callback, or the answer it gave before.
    let outcome = w.agencies.pushed(&it.wire).unwrap_or_else(|| w.agencies.outcome(&it.wire));
    if matches!(outcome, Outcome::Pending { .. } | Outcome::Unavailable { .. }) {
        return Ok(());
    }
    w.note(format!("{} pushes on {request}: {}", it.wire.agency, outcome.word()));
    let (reply, _) = ask::understood(&w.shared.pack, &it.question, Ok(outcome));
    if w.sabotage_now(Bug::LateReply) {
        reopen(w, request).await?;
    }
    for _ in 0..w.dice.u8(1..3) {
        let said = w
            .once("a pushed answer", false, async |tx, tools| {
                answer::run(tx, &tools.desk(), request, reply.clone()).await
            })
            .await?;
        if let Ok(effects) = said {
            w.note(format!("  {effects:?}"));
        }
    }
    Ok(())
}

/// The sabotage: an ended question is open again.
async fn reopen(w: &mut World<'_>, request: RequestId) -> Result<(), Stop> {
    let mut tx = w.db().begin().await?;
    let sql = "update agency_request set status = 'waiting', ended_at = null where request_id = $1
        and status not in ('waiting', 'pending')";
    let touched = tx.execute(sql, store::params![request]).await?;
    tx.commit().await?;
    w.bug_done = touched == 1;
    Ok(())
}

/// Which kind of subject an item is about.
pub(crate) fn entity(subject: casework::model::Subject) -> Entity {
    match subject {
        casework::model::Subject::Household(_) => Entity::Household,
        casework::model::Subject::Person(_) => Entity::Person,
    }
}
