//! The programming interface through the whole router: a machine tells a birth, a mother accepts, an official is asked for a reason,
//! hostile input is refused at its field.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests; the exemption for tests does not reach them"
)]

use axum::Router;
use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use guard::{Role, Who};
use kernel::{AccountId, Date, PersonId, SessionId};
use registry::household::MemberRole;
use registry::intake::{NewHousehold, NewMember};
use registry::person::{Detail, Name, NewPerson, Script, Sex};
use registry::residence::Address;
use registry::{FactValue, Origin, Pen};
use serde_json::{Value, json};
use store::transact;
use tower::ServiceExt;
use uuid::Uuid;
use web::{AppState, Session, api};

use crate::state::installation;

struct Office {
    app: Router,
    token: String,
    household: Uuid,
    mother: PersonId,
    _folder: tempfile::TempDir,
}

async fn office() -> Office {
    let (state, folder) = installation().await;
    let (household, mother) = family(&state).await;
    let now = state.now();
    let client = transact!(state.db, api::client::ClientError, |tx| {
        let keys = state.guard.keys();
        api::client::create(tx, keys, &*state.ids, now, "civil register", "court_administration", Some("kr")).await
    })
    .unwrap();
    Office { app: web::router(state), token: client.token, household, mother, _folder: folder }
}

async fn family(state: &AppState) -> (Uuid, PersonId) {
    let origin = Origin::new("mois", "", "test");
    let member = |given: &str, sex, born, role, spouse| NewMember {
        person: NewPerson {
            names: vec![Name::new(Script::Hang, "한", given)],
            identifier: None,
            details: vec![Detail::Sex(sex), Detail::BirthDate(born)],
        },
        role,
        parents: vec![],
        spouse,
        facts: vec![],
    };
    let new = NewHousehold {
        since: Date::constant(2024, 5, 1),
        address: Address::new("kr-11-680", "테헤란로 1", "06000"),
        members: vec![
            member("지우", Sex::Female, Date::constant(1995, 3, 2), MemberRole::Head, Some(1)),
            member("도윤", Sex::Male, Date::constant(1993, 7, 9), MemberRole::Spouse, None),
        ],
        facts: vec![],
    };
    let check = |_: &registry::Subject, _: &str, _: &FactValue| Ok(());
    let (household, persons) = transact!(state.db, registry::intake::IntakeError, |tx| {
        let pen = Pen::new(&*state.ids, state.guard.keys(), state.now(), &origin);
        registry::intake::run(tx, pen, &check, &new).await
    })
    .unwrap();
    (household.0, persons[0])
}

fn who(role: Role, person: Option<PersonId>) -> Session {
    let who = Who {
        account: AccountId(Uuid::from_u128(role as u128 + 100)),
        session: SessionId(Uuid::from_u128(role as u128 + 200)),
        role,
        organisation: if role == Role::Citizen { String::new() } else { "community_centre".into() },
        jurisdiction: Some("kr-11-680".into()),
        person,
        strong: true,
        suspended: false,
        break_glass: false,
    };
    Session { who, name: "test".into(), others: Vec::new() }
}

/// Who calls.
enum As<'a> {
    Nobody,
    Machine(&'a str),
    Person(Session),
}

struct Sent {
    status: StatusCode,
    kind: String,
    json: Value,
}

async fn send(
    app: &Router,
    method: Method,
    path: &str,
    caller: &As<'_>,
    headers: &[(&str, &str)],
    body: impl Into<Body>,
) -> Sent {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    if let As::Machine(token) = caller {
        request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
    }
    let mut request = request.body(body.into()).unwrap();
    if let As::Person(session) = caller {
        request.extensions_mut().insert(session.clone());
    }
    let response = app.clone().oneshot(request).await.unwrap();
    let status = response.status();
    let kind = response.headers().get(header::CONTENT_TYPE).map(|v| v.to_str().unwrap().to_owned()).unwrap_or_default();
    let bytes = axum::body::to_bytes(response.into_body(), 16 << 20).await.unwrap();
    Sent { status, kind, json: serde_json::from_slice(&bytes).unwrap_or(Value::Null) }
}

async fn post(app: &Router, path: &str, caller: &As<'_>, key: &str, body: &Value) -> Sent {
    let headers = [("content-type", "application/json"), ("idempotency-key", key)];
    send(app, Method::POST, path, caller, &headers, body.to_string()).await
}

async fn get(app: &Router, path: &str, caller: &As<'_>) -> Sent {
    send(app, Method::GET, path, caller, &[], Body::empty()).await
}

fn birth(o: &Office) -> Value {
    json!({
        "names": [{ "script": "hang", "family": "한", "given": "하늘" }],
        "sex": "female",
        "birth_date": "2026-11-18",
        "parents": [{ "person": { "id": o.mother.0 }, "role": "mother" }],
        "order": 1,
        "facts": [{ "item": "nationality", "value": "korean" }],
        "teller": { "register_number": "2026-000001" }
    })
}

#[tokio::test]
async fn a_machine_tells_a_birth_once_and_the_mother_accepts_what_is_offered() {
    let o = office().await;
    let machine = As::Machine(&o.token);
    let first = post(&o.app, "/api/events/birth", &machine, "key-00001", &birth(&o)).await;
    assert_eq!(first.status, StatusCode::CREATED, "{}", first.json);
    assert!(!first.json["offers_made"].as_array().unwrap().is_empty());
    let repeated = post(&o.app, "/api/events/birth", &machine, "key-00001", &birth(&o)).await;
    assert_eq!((repeated.status, &repeated.json), (StatusCode::CREATED, &first.json));
    let told_again = post(&o.app, "/api/events/birth", &machine, "key-00002", &birth(&o)).await;
    assert_eq!((told_again.status, told_again.json["outcome"].as_str()), (StatusCode::OK, Some("already")));
    let mut other = birth(&o);
    other["order"] = json!(2);
    let reused = post(&o.app, "/api/events/birth", &machine, "key-00001", &other).await;
    assert_eq!(
        (reused.status, reused.json["type"].as_str()),
        (StatusCode::UNPROCESSABLE_ENTITY, Some("urn:hearth:problem:key-reused"))
    );

    let mother = As::Person(who(Role::Citizen, Some(o.mother)));
    let list = get(&o.app, &format!("/api/households/{}/offers", o.household), &mother).await;
    assert_eq!(list.status, StatusCode::OK, "{}", list.json);
    let offers = list.json["offers"].as_array().unwrap();
    let voucher = offers.iter().find(|x| x["programme"] == "first_meeting").unwrap();
    assert_eq!(voucher["content"]["amount"]["minor"], 2_000_000);
    let path = format!("/api/offers/{}/accept", voucher["id"].as_str().unwrap());
    let taken = post(&o.app, &path, &mother, "tap-00001", &json!({ "revision": voucher["revision"] })).await;
    assert_eq!(taken.status, StatusCode::CREATED, "{}", taken.json);
    let again = post(&o.app, &path, &mother, "tap-00002", &json!({ "revision": voucher["revision"] })).await;
    assert_eq!((again.status, &again.json["items"]), (StatusCode::OK, &taken.json["items"]));

    let may = get(&o.app, &format!("/api/households/{}/entitlements", o.household), &mother).await;
    assert_eq!(may.status, StatusCode::OK, "{}", may.json);
    let history = get(&o.app, &format!("/api/households/{}/events?limit=1", o.household), &mother).await;
    assert_eq!(history.json["events"][0]["kind"], "birth", "{}", history.json);
    let looked = get(&o.app, &format!("/api/persons/{}/trail", o.mother), &mother).await;
    assert_eq!(looked.status, StatusCode::OK, "{}", looked.json);
    assert!(looked.json["looks"].as_array().unwrap().iter().any(|l| l["role"] == "agency_system"));
}

#[tokio::test]
async fn who_may_not_look_is_refused_and_an_official_says_why() {
    let o = office().await;
    let path = format!("/api/households/{}", o.household);
    let stranger = As::Person(who(Role::Citizen, Some(PersonId(Uuid::from_u128(4)))));
    for caller in [As::Machine(&o.token), stranger, As::Person(who(Role::Analyst, None))] {
        let refused = get(&o.app, &path, &caller).await;
        assert!(matches!(refused.status.as_u16(), 403 | 404), "{} {}", refused.status, refused.json);
        assert_eq!(refused.kind, "application/problem+json");
    }
    let official = As::Person(who(Role::CounterOfficial, None));
    assert_eq!(get(&o.app, &path, &official).await.status, StatusCode::FORBIDDEN, "no reason given");
    let reason = [("hearth-reason", "the%20mother%20asks%20at%20the%20counter")];
    let seen = send(&o.app, Method::GET, &path, &official, &reason, Body::empty()).await;
    assert_eq!(seen.status, StatusCode::OK, "{}", seen.json);
    assert_eq!(seen.json["members"].as_array().unwrap().len(), 2);
    assert!(!seen.json.to_string().contains("테헤란로"), "an address left without its own look");
    assert_eq!(get(&o.app, &path, &As::Nobody).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(get(&o.app, &path, &As::Machine("hearth-client.x.y")).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn hostile_input_is_a_problem_at_its_field_and_changes_nothing() {
    let o = office().await;
    let machine = As::Machine(&o.token);
    let with = |pointer: &str, value: Value| {
        let mut body = birth(&o);
        match body.pointer_mut(pointer) {
            Some(place) => *place = value,
            None => drop(body.as_object_mut().unwrap().insert(pointer.trim_start_matches('/').to_owned(), value)),
        }
        body
    };
    let bodies = [
        (with("/birth_date", json!("2026-02-30")), "/birth_date"),
        (with("/birth_date", json!("9999-12-31")), "/birth_date"),
        (with("/birth_date", json!("-9999-01-01")), "/birth_date"),
        (with("/birth_date", json!(5)), "/birth_date"),
        (with("/names", json!([])), "/names"),
        (with("/names/0/given", json!("x".repeat(101))), "/names/0"),
        (with("/names/0/script", json!("runic")), "/names/0/script"),
        (with("/parents", json!([])), "/parents"),
        (with("/parents/0/role", json!("uncle")), "/parents/0/role"),
        (with("/parents/0/person", json!({})), "/parents/0/person"),
        (with("/parents/0/person/id", json!("not-a-uuid")), "/parents/0/person/id"),
        (with("/parents/0/person/id", json!(Uuid::nil())), "/parents/0/person"),
        (with("/number", json!(4_294_967_296_i64)), "/number"),
        (with("/number", json!(9)), "/number"),
        (with("/order", json!(0)), "/order"),
        (with("/facts/0/item", json!("no_such_item")), "/facts/0/item"),
        (with("/parents/0", json!([{ "id": o.mother.0 }, "mother"])), "/parents/0"),
        (with("/teller", json!(["mois", null])), "/teller"),
        (with("/facts/0/value", json!({ "a": 1 })), "/facts/0/value"),
        (with("/facts/0/value", json!("martian")), "/facts/nationality"),
        (with("/teller/register_number", json!("")), "/teller/register_number"),
        (with("/surprise", json!(1)), "/surprise"),
    ];
    for (n, (body, at)) in bodies.iter().enumerate() {
        let sent = post(&o.app, "/api/events/birth", &machine, &format!("hostile-{n}"), body).await;
        assert_eq!(sent.status, StatusCode::UNPROCESSABLE_ENTITY, "{at}: {}", sent.json);
        assert_eq!(sent.json["errors"][0]["pointer"].as_str(), Some(*at), "{}", sent.json);
        assert_eq!(sent.kind, "application/problem+json");
    }
    let kind = ("content-type", "application/json");
    let key = ("idempotency-key", "hostile-key");
    type Sent<'a> = (&'a [(&'a str, &'a str)], Vec<u8>, u16);
    let raw: [Sent<'_>; 8] = [
        (&[key], b"{}".to_vec(), 415),
        (&[kind, key], b"{".to_vec(), 400),
        (&[kind, key], b"\xff\xfe".to_vec(), 400),
        (&[kind, key], b"{\"of\":1,\"of\":2}".to_vec(), 400),
        (&[kind, key], "[".repeat(100_000).into_bytes(), 400),
        (&[kind, key], vec![b' '; 5 << 20], 413),
        (&[kind], birth(&o).to_string().into_bytes(), 400),
        (&[kind, ("idempotency-key", "short")], birth(&o).to_string().into_bytes(), 400),
    ];
    for (headers, body, status) in raw {
        let sent = send(&o.app, Method::POST, "/api/events/birth", &machine, headers, body).await;
        assert_eq!((sent.status.as_u16(), sent.kind.as_str()), (status, "application/problem+json"), "{}", sent.json);
    }
    for (method, path, status) in [
        (Method::GET, "/api/nowhere", 404),
        (Method::GET, "/api/persons/%FF", 400),
        (Method::GET, "/api/persons/not-a-uuid", 422),
        (Method::DELETE, "/api/persons", 405),
        (Method::GET, "/api/programmes/nothing", 404),
        (Method::GET, "/api/log/checkpoint", 403),
    ] {
        let sent = send(&o.app, method, path, &machine, &[("accept-language", "ko")], Body::empty()).await;
        assert_eq!(
            (sent.status.as_u16(), sent.kind.as_str()),
            (status, "application/problem+json"),
            "{path}: {}",
            sent.json
        );
    }
    let told = post(&o.app, "/api/events/birth", &machine, "good-00001", &birth(&o)).await;
    assert_eq!(told.status, StatusCode::CREATED, "something hostile left a trace: {}", told.json);
}

#[tokio::test]
async fn anybody_may_read_the_catalogue_and_try_a_household() {
    let o = office().await;
    let document = get(&o.app, "/api/openapi.json", &As::Nobody).await;
    assert!(document.json["openapi"].as_str().unwrap().starts_with("3.1"));
    let list = get(&o.app, "/api/programmes", &As::Nobody).await;
    let id = list.json["programmes"][0]["id"].as_str().unwrap().to_owned();
    assert_eq!(get(&o.app, &format!("/api/programmes/{id}"), &As::Nobody).await.status, StatusCode::OK);
    let tables = get(&o.app, "/api/parameters", &As::Nobody).await;
    let id = tables.json["parameters"][0]["id"].as_str().unwrap().to_owned();
    assert_eq!(get(&o.app, &format!("/api/parameters/{id}"), &As::Nobody).await.status, StatusCode::OK);
    let household = json!({
        "place": "kr-11-680",
        "members": [
            { "id": "mother", "facts": { "birth_date": "1995-03-02", "sex": "female" } },
            { "id": "child", "parents": ["mother"], "facts": { "birth_date": "2026-11-18", "nationality": "korean" } }
        ]
    });
    let asked = json!({ "household": household, "on": "2026-11-21" });
    let kind = [("content-type", "application/json")];
    let told = send(&o.app, Method::POST, "/api/explain", &As::Nobody, &kind, asked.to_string()).await;
    assert_eq!(told.status, StatusCode::OK, "{}", told.json);
    assert!(told.json.to_string().contains("child_allowance"));
    for wrong in [
        json!({ "members": [{ "spouse": "x" }] }),
        json!({ "members": [{ "id": "a", "facts": { "nothing": 1 } }] }),
        json!({ "x": 1 }),
    ] {
        let sent =
            send(&o.app, Method::POST, "/api/explain", &As::Nobody, &kind, json!({ "household": wrong }).to_string())
                .await;
        assert_eq!(sent.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", sent.json);
    }
}

fn family_of_three(born: &str) -> Value {
    let person = |given: &str, born: &str| json!({ "names": [{ "script": "hang", "family": "서", "given": given }], "birth_date": born });
    json!({
        "since": "2020-01-01",
        "address": { "jurisdiction": "kr-11-680", "line": "테헤란로 9" },
        "members": [
            { "person": person("은하", "1990-01-02"), "role": "head", "spouse": 1,
              "facts": [{ "item": "wage", "value": 2_400_000, "from": "2026-01-01" }] },
            { "person": person("도하", "1991-01-02"), "role": "spouse" },
            { "person": person("하늘", born), "role": "child", "parents": [0, 1] }
        ]
    })
}

const REASON: (&str, &str) = ("hearth-reason", "the%20family%20is%20at%20the%20counter");

async fn counter(o: &Office, method: Method, path: &str, key: &str, body: &Value) -> Sent {
    let official = As::Person(who(Role::CounterOfficial, None));
    let headers = [("content-type", "application/json"), ("idempotency-key", key), REASON];
    let body = if method == Method::GET { Body::empty() } else { Body::from(body.to_string()) };
    send(&o.app, method, path, &official, &headers, body).await
}

#[tokio::test]
async fn a_household_is_registered_whole_and_what_is_known_of_it_is_corrected_and_withdrawn() {
    let o = office().await;
    let family = family_of_three("2025-03-04");
    let made = counter(&o, Method::POST, "/api/households", "household-1", &family).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.json);
    let again = counter(&o, Method::POST, "/api/households", "household-1", &family).await;
    assert_eq!(again.json, made.json, "once, whatever is sent twice");
    let home = format!("/api/households/{}", made.json["household"].as_str().unwrap());
    let seen = counter(&o, Method::GET, &home, "none-00001", &Value::Null).await;
    assert_eq!(seen.json["members"].as_array().unwrap().len(), 3, "{}", seen.json);
    assert_eq!(seen.json["members"][2]["parents"].as_array().unwrap().len(), 2);

    let head = format!("/api/persons/{}/facts", made.json["persons"][0].as_str().unwrap());
    let told =
        |value: i64| json!({ "facts": [{ "item": "wage", "value": value, "from": "2026-06-01" }], "source": "self" });
    let first = counter(&o, Method::POST, &head, "facts-00001", &told(1_000_000)).await;
    assert_eq!(first.status, StatusCode::CREATED, "{}", first.json);
    let id = first.json["facts"][0].as_str().unwrap().to_owned();
    let mut right = told(1_100_000);
    right["facts"][0]["corrects"] = json!(id);
    let second = counter(&o, Method::POST, &head, "facts-00002", &right).await;
    assert_eq!(second.status, StatusCode::CREATED, "{}", second.json);
    let history = counter(&o, Method::GET, &format!("{home}/facts/history"), "none-00001", &Value::Null).await;
    let earlier = history.json["facts"].as_array().unwrap();
    assert_eq!(earlier.len(), 2, "what was wrong, and what held before: {}", history.json);
    assert!(earlier.iter().any(|f| f["id"] == json!(id) && f["withdrawn"].is_string()));
    let standing = second.json["facts"][0].as_str().unwrap();
    let gone = format!("{head}/{standing}/withdrawal");
    let reason = json!({ "reason": "another person's pay" });
    let withdrawn = counter(&o, Method::POST, &gone, "facts-00003", &reason).await;
    assert_eq!(withdrawn.status, StatusCode::OK, "{}", withdrawn.json);
    let twice = counter(&o, Method::POST, &gone, "facts-00004", &reason).await;
    assert_eq!(twice.status, StatusCode::NOT_FOUND, "it does not stand any more");
    let facts = counter(&o, Method::GET, &format!("{home}/facts"), "none-00001", &Value::Null).await;
    assert_eq!(facts.json["facts"][0]["value"], 2_400_000, "what held before holds again: {}", facts.json);

    let with = |pointer: &str, value: Value| {
        let mut body = family_of_three("2025-03-05");
        *body.pointer_mut(pointer).unwrap() = value;
        body
    };
    for (n, (body, at)) in [
        (with("/since", json!("2999-01-01")), "/since"),
        (with("/address/jurisdiction", json!("nowhere")), "/address/jurisdiction"),
        (with("/members", json!([])), "/members"),
        (with("/members/0/spouse", json!(0)), "/members/0/spouse"),
        (with("/members/2/parents", json!([7])), "/members/2/parents/0"),
        (with("/members/1/person", json!([])), "/members/1/person"),
        (with("/members/1/person/birth_date", json!("2026-13-01")), "/members/1/person/birth_date"),
        (
            with(
                "/members/1/person",
                json!({ "names": [{ "script": "hang", "family": "서", "given": "도하" }],
                "identifier": { "scheme": "rrn", "number": "910102-123" } }),
            ),
            "/members/1/person/identifier/number",
        ),
        (with("/members/0/facts/0/item", json!("no_such_item")), "/members/0/facts/0/item"),
        (with("/members/0/facts/0/value", json!("much")), "/members/0/facts/0/value"),
    ]
    .iter()
    .enumerate()
    {
        let sent = counter(&o, Method::POST, "/api/households", &format!("refused-{n}"), body).await;
        assert_eq!(sent.status, StatusCode::UNPROCESSABLE_ENTITY, "{at}: {}", sent.json);
        assert_eq!(sent.json["errors"][0]["pointer"].as_str(), Some(*at), "{}", sent.json);
    }
    let elsewhere =
        counter(&o, Method::POST, "/api/households", "elsewhere-1", &with("/address/jurisdiction", json!("kr-26-350")))
            .await;
    assert_eq!(elsewhere.status, StatusCode::FORBIDDEN, "another office's place: {}", elsewhere.json);
    let stranger = As::Person(who(Role::Analyst, None));
    let refused = post(&o.app, &head, &stranger, "facts-00009", &told(1)).await;
    assert!(matches!(refused.status.as_u16(), 403 | 404), "{}", refused.json);
}

#[tokio::test]
async fn an_administrator_makes_machines_and_accounts_and_imports_while_the_server_runs() {
    let o = office().await;
    let admin = As::Person(who(Role::Administrator, None));
    let json_of = |key: &'static str| [("content-type", "application/json"), ("idempotency-key", key), REASON];
    let new = json!({ "name": "register", "organisation": "court_administration" });
    let made = send(&o.app, Method::POST, "/api/agencies", &admin, &json_of("agency-01"), new.to_string()).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.json);
    let token = made.json["token"].as_str().unwrap().to_owned();
    let told = post(&o.app, "/api/events/birth", &As::Machine(&token), "birth-0001", &birth(&o)).await;
    assert_eq!(told.status, StatusCode::CREATED, "the new machine works: {}", told.json);
    let again = send(&o.app, Method::POST, "/api/agencies", &admin, &json_of("agency-01"), new.to_string()).await;
    assert_eq!((again.status, &again.json["token"]), (StatusCode::CREATED, &Value::Null), "a token is shown once");

    let account = |login: &str, password: &str, role: &str| {
        json!({ "login": login, "name": "N", "role": role, "organisation": "mohw", "password": password }).to_string()
    };
    let good = account("night", "a long enough one", "caseworker");
    let made = send(&o.app, Method::POST, "/api/accounts", &admin, &json_of("account-1"), good).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.json);
    assert!(made.json["second_factor"].as_str().unwrap().len() >= 16);
    for (key, body, status, at) in [
        ("account-2", account("night", "a long enough one", "caseworker"), 409, "/login"),
        ("account-3", account("other", "short", "caseworker"), 422, "/password"),
        ("account-4", account("other", "a long enough one", "citizen"), 422, "/role"),
    ] {
        let sent = send(&o.app, Method::POST, "/api/accounts", &admin, &json_of(key), body).await;
        assert_eq!(
            (sent.status.as_u16(), sent.json["errors"][0]["pointer"].as_str()),
            (status, Some(at)),
            "{}",
            sent.json
        );
    }

    let file = "ref,family,given,birth_date\nP1,서,하나,1990-01-02\nP2,서,둘,tomorrow\n";
    let csv = [("content-type", "text/csv"), ("idempotency-key", "import-001"), REASON];
    let import = async |query: &str| {
        let path = format!("/api/import/persons?source=mois{query}");
        send(&o.app, Method::POST, &path, &admin, &csv, file).await
    };
    for (query, accepted, unchanged) in [("&dry_run=true", 1, 0), ("", 1, 0), ("", 0, 1)] {
        let report = import(query).await;
        assert_eq!(report.status, StatusCode::OK, "{}", report.json);
        assert_eq!((&report.json["accepted"], &report.json["unchanged"]), (&json!(accepted), &json!(unchanged)));
        assert_eq!(report.json["refused"][0]["pointer"], "line:3", "{}", report.json);
    }
    assert_eq!(import("&dry_run=maybe").await.json["errors"][0]["pointer"], "query:dry_run");
    for (path, role) in [("/api/agencies", Role::CounterOfficial), ("/api/accounts", Role::Analyst)] {
        let other = As::Person(who(role, None));
        let body = if path == "/api/agencies" { new.to_string() } else { account("x", "a long enough one", "nurse") };
        let sent = send(&o.app, Method::POST, path, &other, &json_of("refused-1"), body).await;
        assert_eq!(sent.status, StatusCode::FORBIDDEN, "{path}: {}", sent.json);
    }
}

#[tokio::test]
async fn a_file_of_births_sent_twice_registers_once_and_names_every_faulty_row() {
    let (state, _folder) = installation().await;
    let (household, mother) = family(&state).await;
    let now = state.now();
    let client = transact!(state.db, api::client::ClientError, |tx| {
        let keys = state.guard.keys();
        api::client::create(tx, keys, &*state.ids, now, "civil register", "court_administration", Some("kr")).await
    })
    .unwrap();
    let origin = Origin::new("mois", "", "test");
    transact!(state.db, registry::person::PersonError, |tx| {
        let pen = Pen::new(&*state.ids, state.guard.keys(), now, &origin);
        let number = registry::person::Identifier::new("rrn", "950302-2000001");
        registry::person::identify(tx, pen, mother, &number).await
    })
    .unwrap();
    let app = web::router(state.clone());
    let file = "register_number,birth_date,family_name,given_name,sex,mother,number,fact:nationality\n\
        1,2026-11-18,한,하늘,female,950302-2000001,1,korean\n\
        2,2026-13-18,한,바다,female,950302-2000001,1,korean\n\
        3,2026-11-18,한,산,male,990101-2999999,1,korean\n";
    let path = "/api/events/births-file?scheme=rrn";
    let machine = As::Machine(&client.token);
    let mut told = Vec::new();
    for key in ["births-file-1", "births-file-2"] {
        let headers = [("content-type", "text/csv"), ("idempotency-key", key)];
        let sent = send(&app, Method::POST, path, &machine, &headers, file).await;
        assert_eq!(sent.status, StatusCode::OK, "{}", sent.json);
        let refused = sent.json["refused"].as_array().unwrap().clone();
        let at: Vec<_> = refused.iter().map(|r| r["pointer"].as_str().unwrap().to_owned()).collect();
        assert!(at.iter().any(|p| p == "line:3/birth_date") && at.iter().any(|p| p.starts_with("line:4")), "{at:?}");
        assert_eq!(at.len(), 2, "{at:?}");
        assert!(refused.iter().all(|r| !r["message"].as_str().unwrap().is_empty()), "{refused:?}");
        told.push((sent.json["registered"].as_u64(), sent.json["already"].as_u64()));
    }
    assert_eq!(told, [(Some(1), Some(0)), (Some(0), Some(1))]);
    let mut tx = state.db.read().await.unwrap();
    let members = registry::read::members(&mut tx, kernel::HouseholdId(household), state.today()).await.unwrap();
    drop(tx);
    assert_eq!(members.len(), 3, "one child, once");
    let headers = [("content-type", "text/csv"), ("idempotency-key", "births-file-3")];
    for wrong in ["", "a,b\n1,2\n", "\u{0}"] {
        let sent = send(&app, Method::POST, path, &machine, &headers, wrong).await;
        assert!(sent.status.is_client_error(), "{wrong:?}: {}", sent.json);
    }
    let plain = [("content-type", "text/plain"), ("idempotency-key", "births-file-4")];
    let sent = send(&app, Method::POST, path, &machine, &plain, file).await;
    assert_eq!(sent.status, StatusCode::UNSUPPORTED_MEDIA_TYPE, "{}", sent.json);
}
