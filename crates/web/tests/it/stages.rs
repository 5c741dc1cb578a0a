//! The stages alone, as a ministry's machine uses them: docs/stages.md is sent word for word, and what comes back is held
//! against it. Then what must not be: programmes of others, people nobody knows, the same money twice.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests; the exemption for tests does not reach them"
)]

use std::collections::BTreeMap;

use axum::Router;
use axum::body::Body;
use axum::http::{Method, Request, header};
use casework::investigate::answer::{self, Reply, Said};
use casework::model::Subject;
use guard::{Role, Who};
use kernel::{AccountId, Date, PersonId, RequestId, SessionId};
use payment::account::{Details, New};
use registry::household::MemberRole;
use registry::intake::{NewHousehold, NewMember};
use registry::person::{Detail, Name, NewPerson, Script, Sex};
use registry::residence::Address;
use registry::{FactValue, Origin, Pen};
use rules::schema::Value as Fact;
use serde_json::{Value, json};
use store::transact;
use tower::ServiceExt;
use uuid::Uuid;
use web::{AppState, Config, Session, api};

use crate::state::installation;

pub(crate) struct Office {
    pub(crate) state: AppState,
    pub(crate) app: Router,
    pub(crate) ministry: String,
    pub(crate) household: Uuid,
    pub(crate) mother: PersonId,
    pub(crate) child: PersonId,
    _folder: tempfile::TempDir,
}

/// The ids of people in docs/stages.md.
const MOTHER: &str = "00000000-0000-4000-8000-00000000000a";
const CHILD: &str = "00000000-0000-4000-8000-00000000000c";
const HOME: &str = "00000000-0000-4000-8000-00000000000e";

pub(crate) async fn client(state: &AppState, organisation: &str) -> String {
    let now = state.now();
    transact!(state.db, api::client::ClientError, |tx| {
        api::client::create(tx, state.guard.keys(), &*state.ids, now, "machine", organisation, Some("kr")).await
    })
    .unwrap()
    .token
}

pub(crate) async fn office() -> Office {
    let (mut state, folder) = installation().await;
    let payer = payment::run::Payer { name: "Ministry".into(), account: "110-000-000001".into(), bank: "004".into() };
    state.config = std::sync::Arc::new(Config { payer: Some(payer), ..(*state.config).clone() });
    let origin = Origin::new("mois", "", "test");
    let member = |given: &str, sex, born, role, parents: &[usize], spouse| NewMember {
        person: NewPerson {
            names: vec![Name::new(Script::Hang, "한", given)],
            identifier: None,
            details: vec![Detail::Sex(sex), Detail::BirthDate(born)],
        },
        role,
        parents: parents.to_vec(),
        spouse,
        facts: vec![],
    };
    let new = NewHousehold {
        since: Date::constant(2024, 5, 1),
        address: Address::new("kr-11-680", "테헤란로 1", "06000"),
        members: vec![
            member("지우", Sex::Female, Date::constant(1995, 3, 2), MemberRole::Head, &[], Some(1)),
            member("도윤", Sex::Male, Date::constant(1993, 7, 9), MemberRole::Spouse, &[], None),
            member("하늘", Sex::Female, Date::constant(2024, 6, 10), MemberRole::Child, &[0, 1], None),
        ],
        facts: vec![],
    };
    let check = |_: &registry::Subject, _: &str, _: &FactValue| Ok(());
    let (household, persons) = transact!(state.db, registry::intake::IntakeError, |tx| {
        let pen = Pen::new(&*state.ids, state.guard.keys(), state.now(), &origin);
        registry::intake::run(tx, pen, &check, &new).await
    })
    .unwrap();
    let ministry = client(&state, "mohw").await;
    let app = web::router(state.clone());
    Office { state, app, ministry, household: household.0, mother: persons[0], child: persons[2], _folder: folder }
}

/// Who calls: a machine by its token, an official by role and number, a citizen.
pub(crate) enum As<'a> {
    Machine(&'a str),
    Person(Role, u128),
    /// Signed in with an account that is there.
    In(&'a Session),
    Citizen(PersonId),
}

pub(crate) async fn send(
    app: &Router,
    method: Method,
    path: &str,
    caller: &As<'_>,
    key: &str,
    body: String,
) -> (u16, Value) {
    let (status, bytes) = raw(app, method, path, caller, key, "application/json", body).await;
    (status, serde_json::from_slice(&bytes).unwrap_or(Value::Null))
}

pub(crate) async fn raw(
    app: &Router,
    method: Method,
    path: &str,
    caller: &As<'_>,
    key: &str,
    kind: &str,
    body: impl Into<Body>,
) -> (u16, Vec<u8>) {
    let mut request = Request::builder().method(method).uri(path);
    request = request.header("content-type", kind).header("idempotency-key", key);
    if let As::Machine(token) = caller {
        request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
    }
    request = request.header("hearth-reason", "a%20test");
    let mut request = request.body(body.into()).unwrap();
    if let As::In(session) = caller {
        request.extensions_mut().insert((*session).clone());
    }
    let (role, number, person) = match caller {
        As::Machine(_) | As::In(_) => (None, 0, None),
        As::Person(role, number) => (Some(*role), *number, None),
        As::Citizen(person) => (Some(Role::Citizen), 500, Some(*person)),
    };
    if let Some(role) = role {
        let office = if person.is_some() { "" } else { "municipality" };
        let who = Who {
            account: AccountId(Uuid::from_u128(number)),
            session: SessionId(Uuid::from_u128(number + 1000)),
            role,
            organisation: office.into(),
            jurisdiction: Some("kr-11-680".into()).filter(|_| person.is_none()),
            person,
            strong: true,
            suspended: false,
            break_glass: false,
        };
        request.extensions_mut().insert(Session { who, name: "test".into(), others: Vec::new() });
    }
    let response = app.clone().oneshot(request).await.unwrap();
    let status = response.status().as_u16();
    (status, axum::body::to_bytes(response.into_body(), 16 << 20).await.unwrap().to_vec())
}

/// What the document shows: a request and the answer to it.
struct Example {
    method: Method,
    path: String,
    body: Value,
    status: u16,
    answer: Value,
}

fn examples() -> Vec<Example> {
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/stages.md")).unwrap();
    let blocks: Vec<(&str, &str)> = text
        .split("```http\n")
        .skip(1)
        .map(|rest| rest.split_once("```").unwrap().0)
        .map(|block| block.split_once('\n').unwrap())
        .collect();
    let json = |text: &str| if text.trim().is_empty() { Value::Null } else { serde_json::from_str(text).unwrap() };
    let pair = |pair: &[(&str, &str)]| {
        let (method, path) = pair[0].0.split_once(' ').unwrap();
        Example {
            method: method.parse().unwrap(),
            path: path.to_owned(),
            body: json(pair[0].1),
            status: pair[1].0.parse().unwrap(),
            answer: json(pair[1].1),
        }
    };
    blocks.chunks(2).map(pair).collect()
}

/// Ids of the document and what they are here.
type Ids = BTreeMap<String, String>;

fn ours(text: &str, ids: &Ids) -> String {
    ids.iter().fold(text.to_owned(), |text, (theirs, here)| text.replace(theirs, here))
}

/// Holds an answer against the document: ids are bound where they first stand, hashes need only be hashes, and "…" leaves out.
fn same(shown: &Value, here: &Value, ids: &mut Ids, at: &str) {
    match (shown, here) {
        (Value::Object(shown), Value::Object(here)) => {
            let partial = shown.contains_key("…");
            for (name, value) in shown.iter().filter(|(name, _)| *name != "…") {
                let found = here.get(name).unwrap_or_else(|| panic!("{at}/{name} is missing"));
                same(value, found, ids, &format!("{at}/{name}"));
            }
            let more: Vec<_> = here.keys().filter(|k| !shown.contains_key(*k)).collect();
            assert!(partial || more.is_empty(), "{at}: the document leaves out {more:?}");
        }
        (Value::Array(shown), Value::Array(here)) => {
            let partial = shown.last() == Some(&json!("…"));
            let shown = if partial { &shown[..shown.len() - 1] } else { &shown[..] };
            assert!(here.len() == shown.len() || (partial && here.len() > shown.len()), "{at}: {here:#?}");
            for (n, (a, b)) in shown.iter().zip(here).enumerate() {
                same(a, b, ids, &format!("{at}/{n}"));
            }
        }
        (Value::String(a), Value::String(b)) if Uuid::try_parse(a).is_ok() && Uuid::try_parse(b).is_ok() => {
            assert_eq!(ids.entry(a.clone()).or_insert_with(|| b.clone()), b, "{at}");
        }
        (Value::String(a), Value::String(b)) if a.len() == 64 && a.chars().all(|c| c.is_ascii_hexdigit()) => {
            assert!(b.len() == 64 && b.chars().all(|c| c.is_ascii_hexdigit()), "{at}: {b}");
        }
        (a, b) => assert_eq!(a, b, "{at}"),
    }
}

/// The agency that was asked answers, as the worker takes it.
async fn agency_answers(o: &Office, request: RequestId) {
    let pack = o.state.packs.current();
    let now = o.state.now();
    let desk = casework::Desk { pack: &pack, keys: o.state.guard.keys(), ids: &*o.state.ids, now };
    let value = Fact::Code("korean".into());
    let subject = Subject::Person(o.child);
    let facts = vec![Said { subject, item: "nationality".into(), value, from: None, until: None }];
    let reply = Reply::Answered { facts, unknown: vec![], hash: "0".repeat(64) };
    transact!(o.state.db, answer::Fault, |tx| answer::run(tx, &desk, request, reply.clone()).await).unwrap();
}

#[tokio::test]
async fn the_document_is_true_word_for_word() {
    let o = office().await;
    let mut ids = Ids::new();
    ids.insert(MOTHER.into(), o.mother.to_string());
    ids.insert(CHILD.into(), o.child.to_string());
    ids.insert(HOME.into(), o.household.to_string());
    let all = examples();
    let mut stages = std::collections::BTreeSet::new();
    for (n, example) in all.iter().enumerate() {
        let path = ours(&example.path, &ids);
        if let Some(request) = path.strip_prefix("/api/stages/investigation/") {
            agency_answers(&o, RequestId(request.parse().unwrap())).await;
        }
        let body = if example.body.is_null() { String::new() } else { ours(&example.body.to_string(), &ids) };
        let key = format!("document-{n:04}");
        let machine = As::Machine(&o.ministry);
        let (status, here) = send(&o.app, example.method.clone(), &path, &machine, &key, body.clone()).await;
        assert_eq!(status, example.status, "{path}: {here:#}");
        same(&example.answer, &here, &mut ids, &path);
        // The same key again is the same answer.
        let (status, again) = send(&o.app, example.method.clone(), &path, &machine, &key, body).await;
        assert_eq!((status, &again), (example.status, &here), "{path}");
        stages.extend(path.split('/').nth(3).map(str::to_owned));
    }
    let wanted = ["application", "decision", "determination", "investigation", "payment"];
    assert!(stages.iter().eq(wanted.iter()), "{stages:?}");
}

fn pays(o: &Office, number: u128) -> Value {
    json!({
        "decision": Uuid::from_u128(number), "case": Uuid::from_u128(77), "subject": { "person": o.child },
        "payee": o.mother, "programme": "child_allowance", "form": "cash", "per": "month",
        "slices": [{ "from": "2026-11-01", "minor": 100_000 }], "from": "2026-11-01",
        "pay": { "monthly_day": 25 }, "law": "the law"
    })
}

#[tokio::test]
async fn a_ministry_touches_its_own_programmes_and_people_who_are_known() {
    let o = office().await;
    let stranger = client(&o.state, "court_administration").await;
    let with = |mut body: Value, name: &str, value: Value| {
        body[name] = value;
        body
    };
    let nobody = Uuid::from_u128(4242);
    let apply = json!({
        "applicant": o.mother,
        "programmes": [{ "programme": "child_allowance", "subject": { "person": o.child } }]
    });
    let ask = json!({
        "programme": "child_allowance", "person": o.child, "law": "the law",
        "items": [{ "subject": { "person": o.child }, "item": "nationality" }]
    });
    let determine = json!({
        "programme": "child_allowance", "subject": { "person": o.child }, "household": o.household, "claim": "2026-11-21"
    });
    let all = [
        ("application", apply.clone()),
        ("investigation", ask.clone()),
        ("determination", determine.clone()),
        ("payment", pays(&o, 1)),
    ];
    for (n, (stage, body)) in all.iter().enumerate() {
        let path = format!("/api/stages/{stage}");
        for (caller, why) in
            [(As::Machine(&stranger), "another agency"), (As::Person(Role::Caseworker, 7), "no machine")]
        {
            let (status, told) =
                send(&o.app, Method::POST, &path, &caller, &format!("strange-{n}"), body.to_string()).await;
            assert_eq!(status, 403, "{stage} by {why}: {told}");
        }
    }
    let wrong = [
        ("application", with(apply.clone(), "applicant", json!(nobody)), "/applicant"),
        ("application", with(apply.clone(), "programmes", json!([])), "/programmes"),
        (
            "application",
            with(
                apply.clone(),
                "answers",
                json!([{ "subject": { "person": o.child }, "item": "nothing", "value": 1 }]),
            ),
            "/answers/0/item",
        ),
        ("investigation", with(ask.clone(), "items", json!([])), "/items"),
        ("investigation", with(ask.clone(), "case", json!(nobody)), ""),
        ("determination", with(determine.clone(), "household", json!(nobody)), "/household"),
        ("determination", with(determine.clone(), "subject", json!({ "person": nobody })), "/subject"),
        ("determination", with(determine.clone(), "on", json!("9999-12-31")), "/on"),
        ("payment", with(pays(&o, 1), "payee", json!(nobody)), "/payee"),
        ("payment", with(pays(&o, 1), "pay", json!({})), "/pay"),
        ("payment", with(pays(&o, 1), "slices", json!([{ "from": "2026-11-01", "minor": -1 }])), "/slices/0/minor"),
        ("payment", with(pays(&o, 1), "programme", json!("nothing")), "/programme"),
    ];
    for (n, (stage, body, at)) in wrong.iter().enumerate() {
        let path = format!("/api/stages/{stage}");
        let machine = As::Machine(&o.ministry);
        let (status, told) =
            send(&o.app, Method::POST, &path, &machine, &format!("wrong-{n:03}"), body.to_string()).await;
        assert_eq!((status, told["errors"][0]["pointer"].as_str()), (422, Some(*at)), "{stage}: {told}");
    }
    // A question is read by who put it, and by nobody else.
    let machine = As::Machine(&o.ministry);
    let (_, asked) =
        send(&o.app, Method::POST, "/api/stages/investigation", &machine, "ask-00001", ask.to_string()).await;
    let path = format!("/api/stages/investigation/{}", asked["questions"][0]["request"].as_str().unwrap());
    let (status, _) = send(&o.app, Method::GET, &path, &As::Machine(&stranger), "", String::new()).await;
    assert_eq!(status, 404);
    // A case of ours is paid by its own decision, not by a number that happens to be the same.
    let (_, applied) =
        send(&o.app, Method::POST, "/api/stages/application", &machine, "apply-001", apply.to_string()).await;
    let clash = with(pays(&o, 1), "case", applied["cases"][0]["case"].clone());
    let (status, told) =
        send(&o.app, Method::POST, "/api/stages/payment", &machine, "clash-001", clash.to_string()).await;
    assert_eq!(status, 409, "{told}");
}

#[tokio::test]
async fn what_a_ministry_decided_is_paid_once_and_the_ledger_balances() {
    let o = office().await;
    let machine = As::Machine(&o.ministry);
    let pay = async |key: &str, body: Value| {
        send(&o.app, Method::POST, "/api/stages/payment", &machine, key, body.to_string()).await
    };
    let (status, first) = pay("pay-00001", pays(&o, 1)).await;
    assert_eq!(status, 201, "{first}");
    let (status, again) = pay("pay-00002", pays(&o, 1)).await;
    assert_eq!((status, &again["repeated"], &again["entitlement"]), (200, &json!(true), &first["entitlement"]));
    let mut other = pays(&o, 1);
    other["slices"][0]["minor"] = json!(200_000);
    assert_eq!(pay("pay-00003", other.clone()).await.0, 409, "another content under the same number");
    other["decision"] = json!(Uuid::from_u128(2));
    assert_eq!(pay("pay-00004", other).await.0, 409, "a second decision that does not say what it replaces");
    let details = Details { number: "110123456789".into(), bank: "004".into(), holder: "한지우".into() };
    let desk =
        payment::Desk { keys: o.state.guard.keys(), ids: &*o.state.ids, now: o.state.now(), today: o.state.today() };
    let by = AccountId(Uuid::from_u128(5));
    let new = New::Own { form: payment::model::Form::Cash, details };
    transact!(o.state.db, payment::account::Fault, |tx| {
        let id = payment::account::set(tx, &desk, o.mother, &new, by).await?;
        payment::account::verify(tx, &desk, o.mother, id, "test", None).await
    })
    .unwrap();
    // Finance: opened and prepared by one, signed by one, released by another.
    let (one, two) = (As::Person(Role::Finance, 11), As::Person(Role::Finance, 12));
    let act = async |who: &As<'_>, path: String, key: &str, body: Value| {
        send(&o.app, Method::POST, &path, who, key, body.to_string()).await
    };
    let opens = json!({ "pay_date": "2026-11-25", "form": "cash" });
    assert_eq!(act(&machine, "/api/runs".into(), "run-00000", opens.clone()).await.0, 403, "a machine runs nothing");
    let sunday = json!({ "pay_date": "2026-11-22", "form": "cash" });
    assert_eq!(act(&one, "/api/runs".into(), "run-00002", sunday).await.1["errors"][0]["pointer"], "/pay_date");
    let (status, opened) = act(&one, "/api/runs".into(), "run-00001", opens).await;
    assert_eq!(status, 201, "{opened}");
    let run = format!("/api/runs/{}", opened["run"].as_str().unwrap());
    let (status, prepared) = act(&one, format!("{run}/prepare"), "run-00003", Value::Null).await;
    assert_eq!((status, &prepared["minor"], &prepared["lines"]), (200, &json!(100_000), &json!(1)), "{prepared}");
    let shown = json!({ "revision": prepared["revision"] });
    assert_eq!(send(&o.app, Method::GET, &format!("{run}/file"), &one, "", String::new()).await.0, 409, "not released");
    assert_eq!(act(&one, format!("{run}/signature"), "run-00004", shown.clone()).await.0, 200);
    assert_eq!(act(&one, format!("{run}/release"), "run-00005", shown.clone()).await.0, 403, "the same person");
    let (status, told) = act(&two, format!("{run}/release"), "run-00006", shown.clone()).await;
    assert_eq!(status, 200, "{told}");
    let (status, file) = raw(&o.app, Method::GET, &format!("{run}/file"), &two, "", "", String::new()).await;
    let file = String::from_utf8(file).unwrap();
    assert!(status == 200 && file.contains("<CtrlSum>100000</CtrlSum>"), "{file}");
    let message = file.split_once("<MsgId>").unwrap().1.split_once('<').unwrap().0;
    let confirms = format!(
        "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:pain.002.001.10\"><CstmrPmtStsRpt><GrpHdr><MsgId>B1</MsgId>\
         <CreDtTm>2026-11-25T09:00:00Z</CreDtTm></GrpHdr><OrgnlGrpInfAndSts><OrgnlMsgId>{message}</OrgnlMsgId>\
         <OrgnlMsgNmId>pain.001.001.09</OrgnlMsgNmId><GrpSts>ACSC</GrpSts></OrgnlGrpInfAndSts></CstmrPmtStsRpt></Document>"
    );
    let xml = "application/xml";
    let tell = async |key: &str, body: String| {
        let (status, bytes) = raw(&o.app, Method::POST, "/api/bank-messages", &one, key, xml, body).await;
        (status, serde_json::from_slice::<Value>(&bytes).unwrap())
    };
    let (status, applied) = tell("bank-00001", confirms.clone()).await;
    assert_eq!((status, &applied["applied"]), (200, &json!(1)), "{applied}");
    assert_eq!(tell("bank-00002", confirms).await.1["applied"], 0, "told twice");
    assert_eq!(tell("bank-00003", "<!DOCTYPE x><x/>".into()).await.0, 422);
    let path = format!("/api/stages/payment/{}", first["entitlement"].as_str().unwrap());
    let (_, paid) = send(&o.app, Method::GET, &path, &machine, "", String::new()).await;
    assert_eq!(
        (&paid["instalments"][0]["status"], &paid["instalments"][0]["minor"]),
        (&json!("paid"), &json!(100_000))
    );
    let (_, ledger) = send(&o.app, Method::GET, "/api/ledger", &two, "", String::new()).await;
    let sum =
        |side: &str| ledger["balances"].as_array().unwrap().iter().map(|b| b[side].as_i64().unwrap()).sum::<i64>();
    assert!(sum("debit") == sum("credit") && sum("debit") > 0, "{ledger}");
    let (status, checked) = send(&o.app, Method::GET, "/api/ledger/check", &two, "", String::new()).await;
    assert_eq!((status, &checked["faults"], &checked["confirmed"]), (200, &json!([]), &json!(100_000)), "{checked}");
    let (_, runs) = send(&o.app, Method::GET, "/api/runs?limit=1", &two, "", String::new()).await;
    assert_eq!(runs["runs"][0]["status"], "settled", "{runs}");
    let next = format!("/api/runs?limit=1&before={}", runs["next"].as_str().unwrap());
    assert_eq!(send(&o.app, Method::GET, &next, &two, "", String::new()).await.1["runs"], json!([]));
}

#[tokio::test]
async fn a_case_kept_for_a_ministry_is_decided_by_nobody_else() {
    for kept in [false, true] {
        let o = office().await;
        let machine = As::Machine(&o.ministry);
        let apply = json!({
            "applicant": o.mother, "own_decision": kept,
            "programmes": [{ "programme": "child_allowance", "subject": { "person": o.child } }],
            "answers": [{ "subject": { "person": o.child }, "item": "bank_account", "value": "004 110222333333 Mother" }]
        });
        let (status, applied) =
            send(&o.app, Method::POST, "/api/stages/application", &machine, "apply-001", apply.to_string()).await;
        assert_eq!(status, 201, "{applied}");
        crate::cases::drain(&o.state).await;
        crate::cases::agencies_answer(&o.state).await;
        crate::cases::drain(&o.state).await;
        let case = applied["cases"][0]["case"].as_str().unwrap();
        let path = format!("/api/stages/application/{case}");
        let (status, stands) = send(&o.app, Method::GET, &path, &machine, "", String::new()).await;
        assert_eq!((status, &stands["own_decision"]), (200, &json!(kept)), "{stands}");
        let stranger = client(&o.state, "court_administration").await;
        assert_eq!(send(&o.app, Method::GET, &path, &As::Machine(&stranger), "", String::new()).await.0, 404);
        if !kept {
            // The machine of the programme was faster.
            assert_eq!(stands["stage"], "decided", "{stands}");
            continue;
        }
        assert_eq!((&stands["stage"], &stands["decision"]), (&json!("official"), &json!(null)), "{stands}");
        let worker = As::Person(Role::Caseworker, 21);
        let (_, read) = send(&o.app, Method::GET, &format!("/api/cases/{case}"), &worker, "", String::new()).await;
        assert!(!read["tasks"].as_array().unwrap().iter().any(|t| t["kind"] == "decide"), "{read}");
        let decide = json!({ "revision": read["case"]["revision"] }).to_string();
        let official = format!("/api/cases/{case}/decision");
        let (status, told) = send(&o.app, Method::POST, &official, &worker, "decide-001", decide).await;
        assert_eq!(status, 409, "{told}");
        let own = json!({
            "case": case, "grant": true, "slices": [{ "from": "2026-11-01", "minor": 100_000 }],
            "reason": "The ministry's own examination.", "law": "the law"
        });
        let (status, put) =
            send(&o.app, Method::POST, "/api/stages/decision", &machine, "decide-002", own.to_string()).await;
        assert_eq!(status, 201, "{put}");
    }
}

#[tokio::test]
async fn a_ministry_without_a_case_of_ours_reads_what_sources_say_differently() {
    let o = office().await;
    let machine = As::Machine(&o.ministry);
    let said =
        json!({ "facts": [{ "item": "nationality", "value": "foreign", "from": "2024-06-10" }], "source": "self" });
    let facts = format!("/api/persons/{}/facts", o.child);
    let counter = As::Person(Role::CounterOfficial, 31);
    let (status, told) = send(&o.app, Method::POST, &facts, &counter, "facts-001", said.to_string()).await;
    assert_eq!(status, 201, "{told}");
    let ask = json!({
        "programme": "child_allowance", "person": o.child, "law": "the law",
        "items": [{ "subject": { "person": o.child }, "item": "nationality" }]
    });
    let (_, asked) =
        send(&o.app, Method::POST, "/api/stages/investigation", &machine, "ask-00001", ask.to_string()).await;
    let request = asked["questions"][0]["request"].as_str().unwrap();
    agency_answers(&o, RequestId(request.parse().unwrap())).await;
    let path = format!("/api/stages/investigation/{request}");
    let (status, answered) = send(&o.app, Method::GET, &path, &machine, "", String::new()).await;
    assert_eq!(status, 200, "{answered}");
    let differs = &answered["contradictions"][0];
    assert_eq!(
        (&differs["held"], &differs["source"], &differs["said"]),
        (&json!("foreign"), &json!("self"), &json!("korean")),
        "{answered}"
    );
}
