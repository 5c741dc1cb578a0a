//! From the mother's tap to a released run, over the real server and agencies that fail and contradict, on both engines.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant as Since};

use app::config::Config;
use app::played::{self, Played};
use app::runtime::Runtime;
use app::{demo, serve};
use casework::Desk;
use casework::investigate::settle::{self, Follow};
use guard::account::{self, AccountError, SignedInBy};
use guard::log::Trust;
use guard::{Action, Purpose, PurposeKind, Relation, Resource, Who};
use kernel::{Currency, Date, PersonId, SessionId, TaskId};
use payment::model::Form;
use payment::run::{self, Payer, RunStatus};
use payment::{Calendar, ledger};
use serde_json::json;
use store::{StoreError, Tx, params, transact};
use tokio::task::JoinHandle;

use crate::harness::http::send;
use crate::harness::town::{free_port, fresh_schema, lean_pack};

/// How long anything may take.
const PATIENCE: Duration = Duration::from_secs(120);

/// The demonstration, running.
pub(crate) struct Show {
    pub(crate) runtime: Arc<Runtime>,
    pub(crate) home: tempfile::TempDir,
    told: demo::Told,
    pub(crate) port: u16,
    _played: Played,
    server: JoinHandle<()>,
}

impl Show {
    /// A small town, its agencies and its server.
    pub(crate) async fn open(postgres: Option<String>) -> Show {
        Show::open_with(postgres, quicker).await
    }

    /// With a pack changed so.
    async fn open_with(postgres: Option<String>, change: fn(&Path)) -> Show {
        let home = tempfile::tempdir().unwrap();
        let pack: PathBuf = home.path().join("pack");
        lean_pack(&pack);
        change(&pack);
        let port = free_port();
        let listen = format!("127.0.0.1:{port}");
        let database = match postgres {
            None => "sqlite:hearth.sqlite".to_owned(),
            Some(server) => fresh_schema(&server).await,
        };
        let data = home.path().join("data");
        let public_url = format!("http://{listen}");
        let mut config = Config { database, data, pack, listen, public_url, demo_provider: true, ..Config::default() };
        let played = played::start(&mut config, Arc::new(app::runtime::SystemClock))
            .await
            .unwrap()
            .expect("the pack plays agencies");
        let listener = serve::listen(&config.listen).await.unwrap();
        let runtime = Arc::new(Runtime::open(config).await.unwrap());
        let told = demo::prepare(&runtime, Some(120), Some(&played)).await.unwrap();
        let serving = runtime.clone();
        let server = tokio::spawn(async move { serve::with_worker(serving, listener).await.unwrap() });
        Show { runtime, home, told, port, _played: played, server }
    }

    pub(crate) fn person(&self, subject: &str) -> PersonId {
        let found = self.told.sign_ins.iter().find(|s| s.subject == subject);
        found.and_then(|s| s.person).expect("a sign-in of the town")
    }

    /// Somebody of the town, as they sign in.
    pub(crate) async fn who(&self, subject: &str) -> Who {
        let state = &self.runtime.state;
        let mut tx = state.db.read().await.unwrap();
        let account = account::of_subject(&mut tx, &demo::issuer(&self.runtime.config), subject).await.unwrap();
        let account = account.expect("an account");
        let duty = account.duties[0].clone();
        Who {
            account: account.id,
            session: SessionId::new(&*state.ids, state.now()),
            role: duty.role,
            organisation: duty.organisation,
            jurisdiction: duty.jurisdiction,
            person: account.person,
            strong: true,
            suspended: false,
            break_glass: false,
        }
    }

    pub(crate) async fn cookie(&self, subject: &str) -> String {
        let (state, who) = (&self.runtime.state, self.who(subject).await);
        let by = SignedInBy { strong: true, break_glass: false };
        let started = transact!(state.db, AccountError, |tx| {
            account::start_session(tx, &self.runtime.keys, &*state.ids, state.now(), who.account, None, by).await
        });
        format!("hearth_session={}", started.unwrap().token.as_str())
    }

    /// Accepts the open offer of a programme.
    pub(crate) async fn accept(&self, subject: &str, programme: &str) {
        self.accept_with(subject, programme, None).await;
    }

    /// Accepts it with an account, if the offer asks for one.
    async fn accept_with(&self, subject: &str, programme: &str, account: Option<&str>) {
        let person = self.person(subject);
        let sql =
            "select offer_id, revision, content from offer where programme = $1 and status = 'open' and household_id in
            (select household_id from person_membership where person_id = $2 and withdrawn_at is null)";
        let mut tx = self.runtime.state.db.read().await.unwrap();
        let row = tx.one(sql, params![programme, person]).await.unwrap();
        let (offer, revision): (kernel::OfferId, u32) = (row.get("offer_id").unwrap(), row.get("revision").unwrap());
        drop(tx);
        let content: casework::model::OfferContent = row.json("content").unwrap();
        let asked = content.needed.iter().filter(|n| ["bank_account", "voucher_card"].contains(&n.item.as_str()));
        let subject_id = |s: casework::model::Subject| json!({ s.kind(): s.uuid() });
        let answers: Vec<_> = asked
            .zip(account)
            .map(|(n, text)| json!({ "subject": subject_id(n.subject), "item": n.item, "value": text }))
            .collect();
        assert_eq!(answers.len(), usize::from(account.is_some()), "{programme}: {:?}", content.needed);
        let (cookie, key) = (self.cookie(subject).await, format!("accept-{offer}"));
        let headers = [("cookie", cookie.as_str()), ("idempotency-key", key.as_str())];
        let path = format!("/api/offers/{offer}/accept");
        let answer =
            send(self.port, "POST", &path, &headers, &json!({ "revision": revision, "answers": answers }).to_string())
                .await;
        let answer = answer.expect("an answer");
        assert_eq!(answer.status, 201, "{}", answer.body);
    }

    /// Waits until a query finds a row.
    pub(crate) async fn until(&self, sql: &'static str, values: &[store::Value]) -> store::Row {
        let since = Since::now();
        loop {
            let mut tx = self.runtime.state.db.read().await.unwrap();
            if let Some(row) = tx.maybe(sql, values).await.unwrap() {
                return row;
            }
            drop(tx);
            assert!(since.elapsed() < PATIENCE, "never came: {sql}\n{}", self.stands().await);
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }

    /// Where everything stands, for a test that failed.
    async fn stands(&self) -> String {
        let mut tx = self.runtime.state.db.read().await.unwrap();
        let mut all = String::new();
        for sql in [
            "select programme || ' ' || stage as t from benefit_case",
            "select agency || ' ' || status || ' ' || coalesce(problem, '') as t from agency_request",
            "select programme || ' ' || kind || ' ' || status || ' ' || detail as t from task",
            "select kind || ' ' || coalesce(last_error, '') as t from job",
            "select topic || ' ' || coalesce(last_error, '') as t from outbox",
        ] {
            for row in tx.all(sql, &[]).await.unwrap() {
                all.push_str(&row.get::<String>("t").unwrap());
                all.push('\n');
            }
        }
        all
    }

    async fn number(&self, sql: &'static str) -> i64 {
        let mut tx = self.runtime.state.db.read().await.unwrap();
        tx.one(sql, &[]).await.unwrap().get("n").unwrap()
    }

    /// The server goes away; what it holds stays.
    pub(crate) async fn close(self) -> tempfile::TempDir {
        self.server.abort();
        let _ = self.server.await;
        self.runtime.state.db.close().await;
        self.home
    }
}

/// The agencies of the demonstration, with less waiting: one fails once.
fn quicker(pack: &Path) {
    let path = pack.join("demo").join("agencies.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.contains("times = 3"), "the demonstration has an agency that fails");
    std::fs::write(&path, text.replace("times = 3", "times = 1")).unwrap();
}

/// A ministry that gives vaccinations by itself: its process here ends with the decision.
fn gives_itself(pack: &Path) {
    quicker(pack);
    let path = pack.join("programmes").join("immunisation.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    let stages = "[process]\nstages = [\"application\", \"investigation\", \"determination\", \"decision\"]";
    std::fs::write(&path, text.replacen("[process]", stages, 1)).unwrap();
}

/// The official follows what the family said.
async fn settle(show: &Show, task: TaskId) {
    let (runtime, who) = (&show.runtime, show.who("caseworker").await);
    let state = &runtime.state;
    let pack = state.packs.current();
    let desk = Desk { pack: &pack, keys: &runtime.keys, ids: &*state.ids, now: state.now() };
    let mut tx = state.db.read().await.unwrap();
    let case = casework::case::view::case_of_task(&mut tx, task).await.unwrap().unwrap();
    let (_, person) = casework::case::view::concerned(&mut tx, case).await.unwrap().unwrap();
    drop(tx);
    let relation = Relation { in_jurisdiction: true, ..Relation::default() };
    let resource = Resource::people([(person, relation)]);
    let purpose = Purpose::new(PurposeKind::Casework, "passport seen").with_case(case.to_string());
    let allowed = state.guard.permit(&who, Action::WorkCase, &resource, &purpose).await.unwrap();
    transact!(state.db, settle::Fault, |tx| {
        settle::contradiction(tx, &desk, &who, &allowed, task, Follow::Held, "passport seen").await
    })
    .unwrap();
}

/// Prepares, signs and releases the run of a form; gives its lines and sum.
pub(crate) async fn pay(show: &Show, form: Form) -> (u32, i64) {
    let runtime = &show.runtime;
    let state = &runtime.state;
    let pack = state.packs.current();
    let calendar = Calendar { holidays: pack.holidays() };
    let (now, today) = (state.now(), state.today());
    let desk = payment::Desk { keys: &runtime.keys, ids: &*state.ids, now, today };
    let (first, second) = (show.who("finance").await, show.who("finance-2").await);
    let input = run::Input { pay_date: pay_date(today, &calendar), agency: None, form, currency: Currency::KRW };
    let id =
        transact!(state.db, run::Fault, |tx| run::open(tx, &desk, first.account, &calendar, &input).await).unwrap();
    let prepared = run::prepare(&state.db, &desk, &calendar, id).await.unwrap();
    assert_eq!(prepared.status, RunStatus::Prepared);
    let revision = prepared.revision;
    transact!(state.db, run::Fault, |tx| run::sign(tx, &desk, &first, id, revision).await).unwrap();
    let payer = Payer { name: "City".into(), account: "1234567890".into(), bank: "004".into() };
    let alone = transact!(state.db, run::Fault, |tx| run::release(tx, &desk, &first, id, revision, &payer).await);
    assert!(matches!(alone, Err(run::Fault::SamePerson)), "{alone:?}");
    transact!(state.db, run::Fault, |tx| run::release(tx, &desk, &second, id, revision, &payer).await).unwrap();
    (prepared.lines, prepared.minor)
}

/// The whole of this month and the next is due by then.
pub(crate) fn pay_date(today: Date, calendar: &Calendar<'_>) -> Date {
    run::pay_date(today.last_of_month().tomorrow().unwrap().last_of_month(), calendar)
}

async fn balanced(tx: &mut Tx) -> Result<(), StoreError> {
    let report = ledger::check::check(tx).await?;
    assert_eq!(report.faults, Vec::<String>::new());
    assert!(report.entitlements >= 2, "{report:?}");
    Ok(())
}

async fn whole_flow(postgres: Option<String>) {
    let show = Show::open(postgres).await;
    show.accept("mother-2", "first_meeting").await;
    show.accept("mother-2", "child_allowance").await;
    show.accept("mother-2", "immunisation").await;
    // The voucher needs nobody; the allowance waits for an agency that is down, and then says otherwise than the family.
    show.until("select 1 as one from entitlement where programme = 'first_meeting'", &[]).await;
    let row = show
        .until("select task_id from task where kind = 'contradiction' and programme = 'child_allowance'", &[])
        .await;
    assert_eq!(show.number("select count(*) as n from entitlement where programme = 'child_allowance'").await, 0);
    settle(&show, row.get("task_id").unwrap()).await;
    show.until("select 1 as one from entitlement where programme = 'child_allowance'", &[]).await;
    // What is no money is ordered from the agency that gives it, and confirmed.
    show.until("select 1 as one from benefit_order where programme = 'immunisation' and status = 'confirmed'", &[])
        .await;
    a_refusal_is_looked_at(&show).await;
    let (lines, minor) = pay(&show, Form::Cash).await;
    assert!(lines >= 1 && minor >= 100_000, "{lines} lines, {minor}");
    assert_eq!(pay(&show, Form::Voucher).await.0, 1);
    let twice = "select count(*) as n from (select entitlement_id, period, part from run_line where status <> 'held' and status <> 'dropped'
        group by entitlement_id, period, part having count(*) > 1) t";
    assert_eq!(show.number(twice).await, 0);
    assert_eq!(show.number("select count(*) as n from outbox_dead").await, 0);
    let mut tx = show.runtime.state.db.read().await.unwrap();
    balanced(&mut tx).await.unwrap();
    drop(tx);
    let home = show.close().await;
    guard::log::verify(&home.path().join("data").join("log"), &Trust::default()).unwrap();
}

/// The newborn's parents say once, with the offer, where the money goes; nothing else is asked before it is paid.
async fn account_once(postgres: Option<String>) {
    let show = Show::open_with(postgres, gives_itself).await;
    show.accept("mother-4", "immunisation").await;
    let mother = show.person("mother-4");
    let state = &show.runtime.state;
    let mut tx = state.db.read().await.unwrap();
    let holder = registry::read::names(&mut tx, [mother], state.today()).await.unwrap().remove(&mother).unwrap();
    drop(tx);
    show.accept_with("mother-4", "child_allowance", Some(&format!("088 110-444-000044 {holder}"))).await;
    let entitled = "select 1 as one from entitlement where programme = 'child_allowance' and payee_id = $1";
    show.until(entitled, params![mother]).await;
    let known = "select 1 as one from pay_account where person_id = $1 and slot = 'cash' and verified_at is not null";
    show.until(known, params![mother]).await;
    let hidden = "select 1 as one from person_fact where person_id = $1 and item = 'bank_account' and value like '%088 •••••••••044%'";
    show.until(hidden, params![mother]).await;
    // Nobody is asked for it again.
    let mut tx = state.db.read().await.unwrap();
    let again = "select content from offer where status = 'open' and household_id in
        (select household_id from person_membership where person_id = $1 and withdrawn_at is null)";
    for row in tx.all(again, params![mother]).await.unwrap() {
        let content: casework::model::OfferContent = row.json("content").unwrap();
        let asks = content.needed.iter().filter(|n| n.item == "bank_account");
        assert_eq!(asks.filter(|n| n.subject == casework::model::Subject::Person(mother)).count(), 0);
    }
    drop(tx);
    assert_eq!(show.number("select count(*) as n from account_given where sealed is not null").await, 0);
    assert!(pay(&show, Form::Cash).await.0 >= 1);
    let mut tx = state.db.read().await.unwrap();
    let line = "select run_id, status from run_line where payee_id = $1";
    let row = tx.one(line, params![mother]).await.unwrap();
    assert_eq!(row.get::<String>("status").unwrap(), "ready");
    drop(tx);
    let mut file = Vec::new();
    payment::bank::write(&state.db, &show.runtime.keys, row.get("run_id").unwrap(), &mut file).await.unwrap();
    let file = String::from_utf8(file).unwrap();
    assert!(file.contains("110444000044") && file.contains(&holder), "the account she gave is in the file");
    onto_the_card(&show, mother, &holder).await;
    // Where the ministry gives it, who is entitled is on record and nothing is ordered.
    show.until("select 1 as one from entitlement where programme = 'immunisation' and form = 'status'", &[]).await;
    assert_eq!(show.number("select count(*) as n from benefit_order where programme = 'immunisation'").await, 0);
    death_passes_it_on(&show, mother).await;
    assert_eq!(show.number("select count(*) as n from outbox_dead").await, 0);
    show.close().await;
}

/// The voucher of the same child: she says with the offer onto which card, and it is loaded there, to be used until a day.
async fn onto_the_card(show: &Show, mother: PersonId, holder: &str) {
    let state = &show.runtime.state;
    show.accept_with("mother-4", "first_meeting", Some(&format!("bc 9410-1234-5678-9012 {holder}"))).await;
    let entitled = "select effective_until from entitlement where programme = 'first_meeting' and payee_id = $1";
    let row = show.until(entitled, params![mother]).await;
    let until: Date = row.get("effective_until").unwrap();
    assert!(until > state.today(), "{until}");
    let known =
        "select 1 as one from pay_account where person_id = $1 and slot = 'voucher' and verified_at is not null";
    show.until(known, params![mother]).await;
    let hidden = "select 1 as one from person_fact where person_id = $1 and item = 'voucher_card' and value like '%bc •••••••••••••012%'";
    show.until(hidden, params![mother]).await;
    assert_eq!(show.number("select count(*) as n from account_given where sealed is not null").await, 0);
    // The account for money is still the one she gave before.
    let cash = "select 1 as one from pay_account where person_id = $1 and slot = 'cash' and hint like '%044'";
    show.until(cash, params![mother]).await;
    assert!(pay(show, Form::Voucher).await.0 >= 1);
    let line = "select l.run_id from run_line l join run r on r.run_id = l.run_id where l.payee_id = $1 and r.form = 'voucher' and l.status = 'ready'";
    let row = show.until(line, params![mother]).await;
    let mut file = Vec::new();
    payment::bank::write(&state.db, &show.runtime.keys, row.get("run_id").unwrap(), &mut file).await.unwrap();
    let file = String::from_utf8(file).unwrap();
    assert!(file.contains("9410123456789012"), "the card she gave is in the file");
    let cookie = show.cookie("mother-4").await;
    let page = send(show.port, "GET", "/payments", &[("cookie", &cookie), ("accept-language", "en")], "").await;
    let page = page.expect("an answer").body;
    assert!(page.contains("Can be used until") && !page.contains("9410123456789012"), "{page}");
    let form = send(show.port, "GET", "/payments/account?for=voucher", &[("cookie", &cookie)], "").await;
    assert_eq!(form.expect("an answer").status, 200);
}

/// The mother dies: at once nothing goes to her, and the money of the child goes on to the father without anybody asking him
/// to apply again.
async fn death_passes_it_on(show: &Show, mother: PersonId) {
    let state = &show.runtime.state;
    let pack = state.packs.current();
    let desk = Desk { pack: &pack, keys: &show.runtime.keys, ids: &*state.ids, now: state.now() };
    let who = show.who("counter").await;
    let relation = Relation { in_jurisdiction: true, ..Relation::default() };
    let resource = Resource::people([(mother, relation)]);
    let purpose = Purpose::new(PurposeKind::CounterService, "death certificate seen");
    let allowed = state.guard.permit(&who, Action::RegisterEvent, &resource, &purpose).await.unwrap();
    let input = casework::death::Input {
        person: casework::household::PersonRef::Id(mother),
        on: state.today(),
        teller: casework::register::Teller { source: "self".into(), register_number: Some("death 4".into()) },
    };
    transact!(state.db, casework::register::Fault, |tx| {
        casework::death::run(tx, &desk, &who, &allowed, input.clone()).await
    })
    .unwrap();
    let passed = "select e.payee_id, e.status from entitlement e where programme = 'child_allowance' and payee_id <> $1
        and status = 'active' and case_id in (select case_id from case_step where kind = 'settled' and detail like '%carried_on_by%')";
    let row = show.until(passed, params![mother]).await;
    assert_ne!(row.get::<PersonId>("payee_id").unwrap(), mother);
    // Her cases are gone through one after the other, and the one above need not be the last.
    show.until("select 1 as one where not exists (select 1 from outbox where topic = 'case.after_death')", params![])
        .await;
    let mut tx = state.db.read().await.unwrap();
    let dead = "select count(*) as n from entitlement where payee_id = $1 and status = 'active'";
    assert_eq!(tx.one(dead, params![mother]).await.unwrap().get::<i64>("n").unwrap(), 0);
    drop(tx);
    // What is still owed and stays held has somebody who must look, when the last of her cases was gone through.
    let seen_to =
        "select 1 as one where not exists (select 1 from entitlement e where e.status = 'suspended' and e.next_due is not null
        and not exists (select 1 from task t where t.case_id = e.case_id and t.kind = 'applicant_died' and t.status = 'open'))";
    show.until(seen_to, &[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_given_with_an_offer_is_paid_to() {
    account_once(None).await;
    if let Ok(server) = std::env::var("HEARTH_TEST_POSTGRES") {
        account_once(Some(server)).await;
    }
}

/// An agency that says no to an order leaves an official a task in the case, once however often it is told.
async fn a_refusal_is_looked_at(show: &Show) {
    let state = &show.runtime.state;
    let row = show.until("select order_id from benefit_order where programme = 'immunisation'", &[]).await;
    let id = row.get("order_id").unwrap();
    let mut tx = state.db.begin().await.unwrap();
    let order = payment::order::by_id(&mut tx, id).await.unwrap().unwrap();
    let said = payment::order::Order { reason: Some("no such child here".into()), ..order };
    for _ in 0..2 {
        tx.emit(&*state.ids, state.now(), payment::order::REFUSED, &said).await.unwrap();
    }
    tx.commit().await.unwrap();
    let task = "select 1 as one from task where kind = 'order_refused' and status = 'open' and detail like '%no such child here%'";
    show.until(task, &[]).await;
    show.until("select 1 as one where not exists (select 1 from outbox where topic = 'payment.order_refused')", &[])
        .await;
    assert_eq!(show.number("select count(*) as n from task where kind = 'order_refused'").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_accepted_offer_is_asked_about_settled_decided_and_paid() {
    whole_flow(None).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_on_postgresql() {
    // The server for tests is named by the environment, as for every other test on PostgreSQL.
    if let Ok(server) = std::env::var("HEARTH_TEST_POSTGRES") {
        whole_flow(Some(server)).await;
    }
}
