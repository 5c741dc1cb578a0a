//! Who somebody is and whose, put right by a paper: at the counter, and by a program; the register keeps what was said before.

use std::path::Path;

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use guard::Role;
use guard::account::{self, Duty};
use kernel::PersonId;
use registry::AsOf;
use registry::kin::Relation;
use serde_json::{Value, json};
use web::{AppState, Session};

use crate::birth::{Browser, couple, session};
use crate::state::{installations, keep, send};
use crate::work::official;

const MOTHERS: &str = "950302-2000001";
const FATHERS: &str = "930701-1000001";
const PAPER: (&str, &str) = ("paper", "family relations certificate, 2026-11-03");

async fn names(state: &AppState, person: PersonId) -> String {
    let mut tx = state.db.read().await.unwrap();
    registry::read::names(&mut tx, [person], state.today()).await.unwrap().remove(&person).unwrap()
}

async fn ties(state: &AppState, person: PersonId) -> Vec<(Relation, PersonId, bool)> {
    let mut tx = state.db.read().await.unwrap();
    let all = registry::kin::standing(&mut tx, person).await.unwrap();
    all.iter().map(|k| (k.relation, k.other, k.stamp.valid.until.is_none())).collect()
}

async fn owner(state: &AppState, number: &str) -> Option<PersonId> {
    let identifier = registry::person::Identifier::new("rrn", number);
    let mut tx = state.db.read().await.unwrap();
    registry::person::owner(&mut tx, state.guard.keys(), &identifier).await.unwrap()
}

fn record(name: [&'static str; 2], more: &[(&'static str, &'static str)]) -> Vec<(&'static str, &'static str)> {
    let mut form = vec![("family", name[0]), ("given", name[1]), ("birth_date", "1995-03-02"), ("sex", "female")];
    form.retain(|(key, _)| !more.iter().any(|(other, _)| other == key));
    form.extend(more);
    form
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_a_number_and_a_day_of_birth_are_put_right_by_a_paper() {
    let pack = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packs/korea");
    for (mut state, _folder) in installations(&pack).await {
        let (home, mother, father) = couple(&state).await;
        // Of two statements of one moment none is the later.
        state.clock = std::sync::Arc::new(kernel::FixedClock::at(state.now().plus_seconds(86_400)));
        let app = web::router(state.clone());
        let at = |session: Session| Browser {
            app: &app,
            session,
            cookie: "hearth_purpose=counter_service.wrong+name".to_owned(),
            language: "en",
        };
        let counter = at(official(&state, Role::CounterOfficial, None, "박서준").await);
        let path = |person: PersonId| format!("/official/households/{home}/record/{person}");
        let (hers, his) = (path(mother), path(father));
        assert!(counter.get(&format!("/official/households/{home}")).await.body.contains(&hers));
        let form = counter.get(&hers).await.body;
        keep("flow-civil.en.html", &form);
        assert!(form.contains("value=\"하윤\"") && form.contains("value=\"1995-03-02\""), "{form}");

        let same = counter.post(&hers, &record(["김", "하윤"], &[PAPER])).await;
        assert!(
            same.status == StatusCode::UNPROCESSABLE_ENTITY && same.body.contains("Nothing differs"),
            "{}",
            same.body
        );
        let wrong = [("birth_date", "2095-03-02"), ("sex", "none"), ("identifier", "12"), ("names_from", "soon")];
        let refused = counter.post(&hers, &record(["", "하은"], &wrong)).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        for said in ["f-sex-error", "f-identifier-error", "f-names_from-error", "f-paper-error", "value=\"하은\""] {
            assert!(refused.body.contains(said), "{said}: {}", refused.body);
        }
        let future = counter.post(&hers, &record(["김", "하윤"], &[("birth_date", "2095-03-02"), PAPER])).await;
        assert!(future.body.contains("f-birth_date-error"), "{}", future.body);
        assert_eq!(names(&state, mother).await, "김하윤", "nothing half done");

        let beside = counter.post(&hers, &record(["Kim", "Haeun"], &[PAPER])).await;
        assert!(beside.body.contains("f-family-error"), "{}", beside.body);
        let beside = counter.post(&hers, &record(["김", "하윤"], &[("latin_family", "김"), PAPER])).await;
        assert!(beside.body.contains("f-latin_family-error"), "{}", beside.body);
        assert_eq!(names(&state, mother).await, "김하윤");
        let right = [("latin_family", "Kim"), ("latin_given", "Haeun"), ("identifier", MOTHERS), PAPER];
        let done = counter.post(&hers, &record(["김", "하은"], &right)).await;
        assert_eq!(done.location, format!("/official/households/{home}?done=civil"), "{}", done.body);
        assert_eq!(names(&state, mother).await, "김하은");
        assert_eq!(owner(&state, MOTHERS).await, Some(mother));
        let shown = counter.get(&done.location).await.body;
        assert!(shown.contains("It is put right"), "{shown}");
        let taken = [("birth_date", "1993-07-01"), ("sex", "male"), ("identifier", MOTHERS), PAPER];
        let taken = counter.post(&his, &record(["박", "민준"], &taken)).await;
        assert!(taken.body.contains("f-identifier-error") && taken.body.contains("Another person"), "{}", taken.body);
        // It was his after all: hers is another, this one is free again, and he is no longer taken for her. An official who is
        // her keeps the job.
        let duty = |role, office: &str| Duty { role, organisation: office.to_owned(), jurisdiction: None };
        let (his_account, her_job) = store::transact!(state.db, account::AccountError, |tx| {
            let (ids, now) = (&*state.ids, state.now());
            let his = account::create(tx, ids, now, "김하은", Some(mother), &[duty(Role::Citizen, "")]).await?;
            account::link(tx, "https://id.example", "his", his).await?;
            let job = [duty(Role::Caseworker, "nhis"), duty(Role::Citizen, "")];
            Ok((his, account::create(tx, ids, now, "김하은", Some(mother), &job).await?))
        })
        .unwrap();
        let other = counter.post(&hers, &record(["김", "하은"], &[("identifier", "950302-2000019"), PAPER])).await;
        assert_eq!(other.status, StatusCode::SEE_OTHER, "{}", other.body);
        assert_eq!(owner(&state, MOTHERS).await, None);
        let mut tx = state.db.read().await.unwrap();
        let linked = account::of_subject(&mut tx, "https://id.example", "his").await.unwrap();
        let shut = account::by_id(&mut tx, his_account).await.unwrap().unwrap();
        let works = account::by_id(&mut tx, her_job).await.unwrap().unwrap();
        drop(tx);
        assert!(linked.is_none() && shut.suspended && shut.person.is_none(), "{shut:?}");
        assert!(
            !works.suspended && works.person.is_none() && works.is_a(Role::Caseworker) && !works.is_a(Role::Citizen),
            "{works:?}"
        );
        let his_number = [("birth_date", "1993-07-01"), ("sex", "male"), ("identifier", FATHERS), PAPER];
        assert_eq!(counter.post(&his, &record(["박", "민준"], &his_number)).await.status, StatusCode::SEE_OTHER);
        assert_eq!(owner(&state, FATHERS).await, Some(father));
        // The register keeps what was said before.
        let mut tx = state.db.read().await.unwrap();
        let sql = "select count(*) as n from person_name where person_id = $1 and full_name = '김하윤'";
        let kept = tx.one(sql, &[store::ToValue::to_value(&mother)]).await.unwrap().get::<i64>("n").unwrap();
        drop(tx);
        assert_eq!(kept, 1);

        let born = counter.post(&hers, &record(["김", "하은"], &[("birth_date", "1995-03-12"), PAPER])).await;
        assert_eq!(born.status, StatusCode::SEE_OTHER, "{}", born.body);
        let mut tx = state.db.read().await.unwrap();
        let basis = guard::Processing::new(guard::PurposeKind::DataQuality, "test").unwrap();
        let read = registry::read::person(&mut tx, mother, AsOf::latest(state.today())).await.unwrap().unwrap();
        assert_eq!(read.process(&basis, |p| p.birth_date), Some("1995-03-12".parse().unwrap()));
        drop(tx);

        let mut far = official(&state, Role::CounterOfficial, None, "정하린").await;
        far.who.jurisdiction = Some("kr-26-350".to_owned());
        assert_eq!(at(far).get(&hers).await.status, StatusCode::FORBIDDEN);
        for role in [Role::Finance, Role::Analyst, Role::PrivacyOfficer, Role::Administrator] {
            let other = at(official(&state, role, None, "오지호").await);
            let sent = other.post(&hers, &record(["김", "가짜"], &[PAPER])).await;
            assert_ne!(sent.location, done.location, "{role}");
        }
        let me = session(&state, Role::Citizen, Some(mother), "김하은");
        assert_ne!(at(me.clone()).post(&hers, &record(["김", "가짜"], &[PAPER])).await.location, done.location);
        assert_eq!(names(&state, mother).await, "김하은");
        let api = format!("/api/persons/{mother}/record");
        let body = json!({ "paper": "x", "names": [{ "script": "hang", "family": "김", "given": "가짜" }] });
        assert_eq!(call(&app, &me, &api, "own-name", &body).await.0, StatusCode::FORBIDDEN, "not one's own to say");
        let looked = at(me).get("/looked").await.body;
        assert!(looked.contains("put the register right"), "{looked}");
    }
}

async fn call(app: &axum::Router, who: &Session, path: &str, key: &str, body: &Value) -> (StatusCode, Value) {
    let request = Request::post(path).header(header::CONTENT_TYPE, "application/json").header("idempotency-key", key);
    let mut request = request.header("hearth-reason", "a%20paper").body(Body::from(body.to_string())).unwrap();
    request.extensions_mut().insert(who.clone());
    let answer = send(app, request).await;
    (answer.status, serde_json::from_str(&answer.body).unwrap_or_default())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_marriage_ends_and_a_parent_is_added_by_name_and_number() {
    let pack = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packs/korea");
    for (state, _folder) in installations(&pack).await {
        let (home, mother, father) = couple(&state).await;
        let (other_home, _, stranger) = couple(&state).await;
        let app = web::router(state.clone());
        let counter = Browser {
            app: &app,
            session: official(&state, Role::CounterOfficial, None, "박서준").await,
            cookie: "hearth_purpose=counter_service.family".to_owned(),
            language: "en",
        };
        let numbered = format!("/official/households/{other_home}/record/{stranger}");
        let his = [("birth_date", "1993-07-01"), ("sex", "male"), ("identifier", FATHERS), PAPER];
        assert_eq!(counter.post(&numbered, &record(["박", "민준"], &his)).await.status, StatusCode::SEE_OTHER);

        let path = format!("/official/households/{home}/ties/{mother}");
        let page = counter.get(&path).await.body;
        keep("flow-civil-ties.en.html", &page);
        assert!(page.contains("Spouse: 박민준") || page.contains("Spouse: Minjun Park"), "{page}");
        assert_eq!(ties(&state, mother).await, [(Relation::Spouse, father, true)]);
        let tie = {
            let mut tx = state.db.read().await.unwrap();
            registry::kin::standing(&mut tx, mother).await.unwrap()[0].id.to_string()
        };
        let today = state.today().to_string();
        let again = [("do", "begin"), ("relation", "spouse"), ("member", &father.to_string()), ("from", &today)];
        let again: Vec<(&str, &str)> = again.into_iter().chain([("paper_new", PAPER.1)]).collect();
        let refused = counter.post(&path, &again).await;
        assert!(
            refused.body.contains("f-relation-error") && refused.body.contains("in the register already"),
            "{}",
            refused.body
        );
        let empty = counter.post(&path, &[("do", "end")]).await;
        assert_eq!(empty.status, StatusCode::UNPROCESSABLE_ENTITY);
        for said in ["f-tie-error", "f-how-error", "f-paper-error"] {
            assert!(empty.body.contains(said), "{said}: {}", empty.body);
        }
        let end = |on: &'static str, paper: &'static str| {
            [("do", "end"), ("tie", tie.clone().leak() as &str), ("how", "ended"), ("ended_on", on), ("paper", paper)]
        };
        assert!(counter.post(&path, &end("2095-01-01", "decree")).await.body.contains("f-ended_on-error"));
        assert!(counter.post(&path, &end("2024-01-10", "")).await.body.contains("f-paper-error"));
        assert_eq!(ties(&state, mother).await, [(Relation::Spouse, father, true)], "nothing half done");
        let done = counter.post(&path, &end("2024-01-10", "divorce decree")).await;
        assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.body);
        assert_eq!(ties(&state, mother).await, [(Relation::Spouse, father, false)]);
        assert_eq!(ties(&state, father).await, [(Relation::Spouse, mother, false)], "both sides");

        // A new husband, found by name and number; nobody by a wrong one; then a child who is none of hers.
        let new = |name: &'static str, number: &'static str, relation: &'static str| {
            let who = [("do", "begin"), ("relation", relation), ("member", ""), ("name", name), ("number", number)];
            who.into_iter().chain([("from", "2025-05-01"), ("paper_new", "marriage certificate")]).collect::<Vec<_>>()
        };
        let nobody = counter.post(&path, &new("최수빈", FATHERS, "spouse")).await;
        assert!(nobody.body.contains("f-number-error"), "{}", nobody.body);
        // He is married still.
        let married = counter.post(&path, &new("박민준", FATHERS, "spouse")).await;
        assert!(married.body.contains("has a spouse or partner"), "{}", married.body);
        assert_eq!(counter.post(&path, &new("박민준", FATHERS, "child")).await.status, StatusCode::SEE_OTHER);
        let circle = counter.post(&path, &new("박민준", FATHERS, "parent")).await;
        assert!(circle.body.contains("f-relation-error"), "{}", circle.body);
        assert!(ties(&state, stranger).await.contains(&(Relation::Parent, mother, true)));

        // By a program: the wrong child is taken back, once a key.
        let api = format!("/api/persons/{mother}/ties");
        let who = &counter.session;
        let child = {
            let mut tx = state.db.read().await.unwrap();
            let all = registry::kin::standing(&mut tx, mother).await.unwrap();
            all.iter().find(|k| k.relation == Relation::Child).unwrap().id
        };
        let mut request = Request::get(&api).header("hearth-reason", "a%20paper").body(Body::empty()).unwrap();
        request.extensions_mut().insert(who.clone());
        let listed: Value = serde_json::from_str(&send(&app, request).await.body).unwrap();
        assert_eq!(listed["ties"].as_array().map(Vec::len), Some(2), "{listed}");
        let both = json!({ "paper": "p", "never_was": child, "ends": { "tie": child, "on": "2025-01-01" } });
        assert_eq!(call(&app, who, &api, "tie-key-1", &both).await.0, StatusCode::UNPROCESSABLE_ENTITY);
        for _ in 0..2 {
            let (status, told) = call(&app, who, &api, "tie-key-2", &json!({ "paper": "p", "never_was": child })).await;
            assert_eq!(status, StatusCode::OK, "{told}");
        }
        let gone = call(&app, who, &api, "tie-key-3", &json!({ "paper": "p", "never_was": child })).await;
        assert_eq!(
            (gone.0, gone.1["errors"][0]["pointer"].as_str()),
            (StatusCode::UNPROCESSABLE_ENTITY, Some("/never_was"))
        );
        assert_eq!(ties(&state, stranger).await.iter().filter(|t| t.0 == Relation::Parent).count(), 0);
        let unpaid = json!({ "paper": "p", "begins": { "relation": "spouse", "other": stranger } });
        let (status, told) = call(&app, who, &api, "tie-key-4", &unpaid).await;
        assert_eq!(
            (status, told["errors"][0]["pointer"].as_str()),
            (StatusCode::UNPROCESSABLE_ENTITY, Some("/begins/from"))
        );
        let father_says = session(&state, Role::Citizen, Some(father), "박민준");
        let lie = json!({ "paper": "p", "begins": { "relation": "child", "other": stranger } });
        assert_eq!(
            call(&app, &father_says, &format!("/api/persons/{father}/ties"), "tie-key-5", &lie).await.0,
            StatusCode::FORBIDDEN
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_reads_a_household_as_it_stood_and_as_it_was_known() {
    let pack = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packs/korea");
    for (mut state, _folder) in installations(&pack).await {
        let (home, mother, _) = couple(&state).await;
        let made_on = state.today();
        let later = state.now().plus_seconds(3 * 86_400);
        state.clock = std::sync::Arc::new(kernel::FixedClock::at(later));
        let app = web::router(state.clone());
        let who = official(&state, Role::CounterOfficial, None, "박서준").await;
        let name = json!({ "script": "hang", "family": "김", "given": "하은" });
        let body = json!({ "paper": "certificate", "names": [name] });
        let (status, told) = call(&app, &who, &format!("/api/persons/{mother}/record"), "as-known-1", &body).await;
        assert_eq!(status, StatusCode::OK, "{told}");
        let read = async |query: &str| {
            let path = format!("/api/households/{home}{query}");
            let mut request = Request::get(&path).header("hearth-reason", "a%20paper").body(Body::empty()).unwrap();
            request.extensions_mut().insert(who.clone());
            let answer = send(&app, request).await;
            (answer.status, serde_json::from_str::<Value>(&answer.body).unwrap_or_default())
        };
        let given = |told: &Value| {
            let members = told["members"].as_array().cloned().unwrap_or_default();
            let of = members.iter().find(|m| m["person"]["id"] == json!(mother.0)).cloned().unwrap_or_default();
            let names = of["person"]["names"].as_array().cloned().unwrap_or_default();
            names.iter().find(|n| n["script"] == "hang").map(|n| n["given"].as_str().unwrap().to_owned())
        };
        let (status, now) = read("").await;
        assert_eq!((status, given(&now).as_deref()), (StatusCode::OK, Some("하은")), "{now}");
        // A mistake that was put right was one on every day; what was known then is asked for by the other word.
        let (_, then) = read(&format!("?on={made_on}")).await;
        assert_eq!(given(&then).as_deref(), Some("하은"), "{then}");
        let (_, known) = read(&format!("?on={made_on}&known={made_on}")).await;
        assert_eq!(given(&known).as_deref(), Some("하윤"), "{known}");
        for (query, at) in
            [("?on=2095-01-01", "query:on"), ("?known=2095-01-01", "query:known"), ("?on=soon", "query:on")]
        {
            let (status, told) = read(query).await;
            assert_eq!(
                (status, told["errors"][0]["pointer"].as_str()),
                (StatusCode::UNPROCESSABLE_ENTITY, Some(at)),
                "{told}"
            );
        }
        let facts = read(&format!("/facts?on={made_on}")).await;
        assert!(facts.0 == StatusCode::OK && facts.1["facts"].is_array(), "{}", facts.1);
    }
}
