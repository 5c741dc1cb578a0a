//! Powers on the pages: given, used, seen and taken back by the person; registered by an official at the counter.

use axum::http::{Method, StatusCode};
use casework::application::consent;
use guard::Role;
use kernel::PersonId;
use store::params;

use crate::birth::{Browser, couple, session, values};
use crate::stages::{As, office, send};
use crate::state::{installation, keep};

#[tokio::test]
async fn programs_take_consents_back_and_hold_payments() {
    let o = office().await;
    let (mother, nobody) = (As::Citizen(o.mother), uuid::Uuid::nil());
    let post = async |who: &As<'_>, path: &str, key: &str, body: serde_json::Value| {
        send(&o.app, Method::POST, path, who, key, body.to_string()).await
    };
    let path = format!("/api/persons/{}/consents", o.mother);
    let (status, none) = send(&o.app, Method::GET, &path, &mother, "", String::new()).await;
    assert_eq!((status, &none["consents"]), (200, &serde_json::json!([])), "{none}");
    let back = format!("{path}/financial_enquiry/withdrawal");
    let (status, stood) = post(&mother, &back, "consent-01", serde_json::json!({})).await;
    assert_eq!((status, &stood["stood"]), (200, &serde_json::json!(false)), "{stood}");
    assert_eq!(post(&mother, &format!("{path}/%00/withdrawal"), "consent-02", serde_json::json!({})).await.0, 404);
    let (other, hold) = (As::Person(Role::Analyst, 24), format!("/api/cases/{nobody}/payments-hold"));
    assert!(matches!(post(&other, &back, "consent-03", serde_json::json!({})).await.0, 403 | 404));
    let body = serde_json::json!({ "hold": true, "reason": "She is abroad", "law": "Act 12" });
    assert_eq!(post(&As::Person(Role::Approver, 22), &hold, "hold-0001", body).await.0, 404);
    let lawless = serde_json::json!({ "hold": true, "reason": "She is abroad", "law": "" });
    let (status, told) = post(&As::Person(Role::Approver, 22), &hold, "hold-0002", lawless).await;
    assert_eq!((status, &told["errors"][0]["pointer"]), (422, &serde_json::json!("/law")), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_consent_is_seen_and_taken_back() {
    let (state, _folder) = installation().await;
    let (_, mother, _) = couple(&state).await;
    let app = web::router(state.clone());
    let me = Browser {
        app: &app,
        session: session(&state, Role::Citizen, Some(mother), "김하윤"),
        cookie: String::new(),
        language: "en",
    };
    assert!(me.get("/consents").await.body.contains("Nothing yet."));
    let pack = state.packs.current();
    let desk = casework::Desk { pack: &pack, keys: state.guard.keys(), ids: &*state.ids, now: state.now() };
    let own = guard::Relation { own: true, ..guard::Relation::default() };
    let (resource, purpose) = (guard::Resource::person(mother, own), guard::Purpose::own_affairs());
    let allowed = state.guard.permit(&me.session.who, guard::Action::AcceptOffer, &resource, &purpose).await;
    let allowed = [allowed.expect("her own affair")];
    let agreed = casework::application::Agreed { person: mother, purpose: "financial_enquiry".into() };
    store::transact!(state.db, consent::Fault, |tx| {
        consent::give(tx, &desk, &me.session.who, &allowed, &agreed, None).await
    })
    .expect("given");
    let page = me.get("/consents").await;
    assert!(page.status == StatusCode::OK && page.body.contains("Take it back"), "{}", page.body);
    keep("flow-consents.en.html", &page.body);
    let person = mother.to_string();
    let back = [("person", person.as_str()), ("purpose", "financial_enquiry")];
    let other = PersonId(uuid::Uuid::from_u128(7)).to_string();
    let foreign = [("person", other.as_str()), ("purpose", "financial_enquiry")];
    assert_eq!(me.post("/consents", &foreign).await.status, StatusCode::NOT_FOUND, "nobody else's");
    assert_eq!(me.post("/consents", &back).await.status, StatusCode::SEE_OTHER);
    let page = me.get("/consents?done=taken-back").await;
    assert!(page.body.contains("taken back") && !page.body.contains("Take it back"), "{}", page.body);
    let mut tx = state.db.read().await.expect("a read");
    assert!(!consent::stands(&mut tx, mother, "financial_enquiry").await.expect("read"), "nothing rests on it");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_power_is_given_used_within_its_programmes_and_taken_back() {
    let (state, _folder) = installation().await;
    let (home, mother, father) = couple(&state).await;
    let app = web::router(state.clone());
    let browser = |role, person, name: &str| Browser {
        app: &app,
        session: session(&state, role, person, name),
        cookie: "hearth_purpose=counter_service.power".to_owned(),
        language: "en",
    };
    let me = browser(Role::Citizen, Some(mother), "김하윤");
    let him = browser(Role::Citizen, Some(father), "김민준");
    assert!(me.get("/family").await.body.contains("href=\"/powers\""));
    let page = me.get("/powers").await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.body);
    assert!(page.body.contains("Nobody.") && page.body.contains(&father.to_string()), "{}", page.body);
    keep("flow-powers.en.html", &page.body);

    // What is missing or cannot be is said at its field, and nothing is given.
    let to = father.to_string();
    for (fields, at) in [
        (vec![("do", "give")], "f-holder-error"),
        (vec![("do", "give"), ("holder", "other")], "f-number-error"),
        (vec![("do", "give"), ("holder", "other"), ("name", "x"), ("number", "1")], "f-number-error"),
        (vec![("do", "give"), ("holder", &to), ("until", "2020-01-01")], "f-until-error"),
        (vec![("do", "give"), ("holder", &to), ("from", "soon")], "f-from-error"),
        (vec![("do", "give"), ("holder", &to), ("programme", "no_such_thing")], "f-programme-error"),
    ] {
        let refused = me.post("/powers", &fields).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{fields:?}");
        assert!(refused.body.contains(at), "{fields:?}: {}", refused.body);
    }
    let count = async || {
        let mut tx = state.db.read().await.expect("a read");
        tx.one("select count(*) as n from mandate where ended_at is null", &[])
            .await
            .expect("a row")
            .get::<i64>("n")
            .expect("n")
    };
    assert_eq!(count().await, 0);

    let give = [("do", "give"), ("holder", to.as_str()), ("programme", "first_meeting"), ("until", "2027-06-30")];
    assert_eq!(me.post("/powers", &give).await.status, StatusCode::SEE_OTHER);
    assert_eq!(me.post("/powers", &give).await.status, StatusCode::SEE_OTHER, "sent twice it is one");
    assert_eq!(count().await, 1);
    let page = me.get("/powers?done=given").await;
    assert!(page.body.contains("The power is given") && page.body.contains("First-meeting voucher"), "{}", page.body);
    let his = him.get("/powers").await;
    assert!(his.body.contains("For whom you may act") && his.body.contains("Give it up"), "{}", his.body);
    // It opens what it names and nothing else.
    let for_her = async |programme: &str| {
        let whom = him.get(&format!("/apply/for/{programme}")).await;
        whom.body.contains("value=\"power ")
    };
    assert!(for_her("first_meeting").await && !for_her("child_allowance").await);

    // Taken back by her; by a stranger never.
    let power = values(&page.body, "name=\"power\" value=\"")[0].to_owned();
    let (person, other) = (mother.to_string(), PersonId(uuid::Uuid::from_u128(7)));
    let end = [("do", "end"), ("person", person.as_str()), ("power", power.as_str())];
    let stranger = browser(Role::Citizen, Some(other), "x");
    assert_ne!(stranger.post("/powers", &end).await.status, StatusCode::SEE_OTHER);
    assert_eq!(me.post("/powers", &end).await.status, StatusCode::SEE_OTHER);
    assert_eq!(me.post("/powers", &end).await.status, StatusCode::NOT_FOUND, "once");
    assert!(!for_her("first_meeting").await && count().await == 0);
    assert!(me.get("/powers").await.body.contains("Ended"));

    // At the counter: a guardian needs an order; ended there, not by the ward.
    let official = browser(Role::CounterOfficial, None, "박서준");
    let path = format!("/official/households/{home}/powers");
    let page = official.get(&path).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.body);
    keep("flow-powers-counter.en.html", &page.body);
    let mut guardian = vec![("do", "give"), ("person", person.as_str()), ("holder", to.as_str()), ("kind", "guardian")];
    let refused = official.post(&path, &guardian).await;
    assert!(
        refused.status == StatusCode::UNPROCESSABLE_ENTITY && refused.body.contains("f-ground-error"),
        "{}",
        refused.body
    );
    guardian.push(("ground", "2026느단1234"));
    let done = official.post(&path, &guardian).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.body);
    let page = official.get(&path).await;
    assert!(page.body.contains("2026느단1234"), "{}", page.body);
    let mut tx = state.db.read().await.expect("a read");
    let row = tx.one("select mandate_id from mandate where kind = $1", params!["guardian"]).await.expect("a row");
    let id = row.get::<kernel::MandateId>("mandate_id").expect("an id").to_string();
    drop(tx);
    let end = [("do", "end"), ("person", person.as_str()), ("power", id.as_str())];
    assert_eq!(me.post("/powers", &end).await.status, StatusCode::NOT_FOUND, "not the ward's to end");
    assert_eq!(official.post(&path, &end).await.status, StatusCode::SEE_OTHER);
    assert_eq!(me.get(&path).await.status, StatusCode::FORBIDDEN, "the counter's page is no citizen's");
}
