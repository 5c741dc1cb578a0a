//! A mother who fled with her child: her address protected by page and program, in no output for anybody, shown to whoever has
//! the case of it, and seen again when the protection is ended.

use std::path::Path;

use axum::Router;
use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use guard::Role;
use kernel::{HouseholdId, Period, PersonId};
use registry::household::{self, HouseholdError, Joining, MemberRole};
use registry::person::{self, Detail, PersonError};
use registry::residence::{self, Address, MoveError};
use registry::{Origin, Pen};
use serde_json::{Value, json};
use store::transact;
use web::{AppState, Session};

use crate::birth::{Browser, couple, session, values};
use crate::cases::{drain, newborn};
use crate::state::{Answer, installations, keep, send};
use crate::work::{a_case, child_of, nobody_answers, official};

const STREET: &str = "카나리아길 7";
const PHONE: &str = "010-7777-1111";

struct Town {
    state: AppState,
    app: Router,
    /// Where she fled to.
    refuge: HouseholdId,
    mother: PersonId,
    father: PersonId,
    child: PersonId,
    _folder: tempfile::TempDir,
}

impl Town {
    /// One on each engine at hand.
    async fn all() -> Vec<Town> {
        let pack = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packs/korea");
        let mut all = Vec::new();
        for (state, folder) in installations(&pack).await {
            let (home, mother, father) = couple(&state).await;
            let app = web::router(state.clone());
            newborn(&app, &state, home, mother, father).await;
            let child = child_of(&state, home).await;
            let refuge = flees(&state, &[mother, child]).await;
            all.push(Town { state, app, refuge, mother, father, child, _folder: folder });
        }
        all
    }

    fn browser(&self, session: &Session, purpose: &str) -> Browser<'_> {
        let cookie = format!("hearth_purpose={purpose}.she+is+here");
        Browser { app: &self.app, session: session.clone(), cookie, language: "en" }
    }

    fn citizen(&self, person: PersonId) -> Session {
        session(&self.state, Role::Citizen, Some(person), "김하윤")
    }

    fn home(&self) -> String {
        format!("/official/households/{}", self.refuge)
    }

    fn page(&self, what: &str, person: PersonId) -> String {
        format!("{}/{what}/{person}", self.home())
    }

    async fn call(&self, who: &Session, purpose: &str, what: (Method, &str), key: &str, body: &Value) -> (u16, Value) {
        let request = Request::builder().method(what.0).uri(what.1).header(header::CONTENT_TYPE, "application/json");
        let request = request.header("idempotency-key", key).header("hearth-reason", "she%20is%20here");
        let request = if purpose.is_empty() { request } else { request.header("hearth-purpose", purpose) };
        let mut request = request.body(Body::from(body.to_string())).expect("a request");
        request.extensions_mut().insert(who.clone());
        let answer = send(&self.app, request).await;
        (answer.status.as_u16(), serde_json::from_str(&answer.body).unwrap_or(Value::String(answer.body)))
    }

    async fn read(&self, who: &Session, purpose: &str, path: &str) -> (u16, Value) {
        self.call(who, purpose, (Method::GET, path), "", &json!({})).await
    }

    async fn recorded(&self) -> i64 {
        let mut tx = self.state.db.read().await.expect("a read");
        let sql = "select count(*) as n from protection where withdrawn_at is null";
        tx.one(sql, &[]).await.expect("a row").get("n").expect("n")
    }

    /// An open task of the office about her and her child.
    async fn case(&self) {
        a_case(&self.state, self.refuge, self.mother).await;
        drain(&self.state).await;
        nobody_answers(&self.state).await;
        drain(&self.state).await;
    }

    /// Everything that tells where people live, as this viewer gets it by pages and program.
    async fn everything(&self, who: &Session, purpose: &str) -> String {
        let browser = self.browser(who, purpose);
        let mut told = browser.get(&self.home()).await.body;
        for person in [self.mother, self.child] {
            told += &browser.get(&self.page("address", person)).await.body;
            told += &browser.get(&self.page("protection", person)).await.body;
            for path in ["", "/address", "/protections", "/drafts", "/trail"] {
                told += &self.read(who, purpose, &format!("/api/persons/{person}{path}")).await.1.to_string();
            }
            let patient = format!("/fhir/R4/Patient/{person}?_elements=name,address,telecom");
            told += &self.read(who, purpose, &patient).await.1.to_string();
        }
        for path in ["", "/facts", "/facts/history", "/events", "/entitlements", "/cases"] {
            told += &self.read(who, purpose, &format!("/api/households/{}{path}", self.refuge)).await.1.to_string();
        }
        for query in [json!({ "address": "카나리아길" }), json!({ "name": "김하윤" })] {
            let search = (Method::POST, "/api/persons/search");
            told += &self.call(who, purpose, search, "", &query).await.1.to_string();
        }
        told
    }

    async fn found_by_address(&self, who: &Session, purpose: &str) -> bool {
        let fields = [("purpose", purpose), ("reason", "she is here"), ("address", "카나리아길")];
        let page = self.browser(who, purpose).post("/official/search", &fields).await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.body);
        page.body.contains(&self.refuge.to_string())
    }
}

/// Into a household of their own, at an address nobody else has.
async fn flees(state: &AppState, people: &[PersonId]) -> HouseholdId {
    let origin = Origin::new("mois", "", "test");
    let pen = || Pen::new(&*state.ids, state.guard.keys(), state.now(), &origin);
    let valid = Period { from: jiff::civil::date(2026, 11, 19), until: None };
    let refuge = transact!(state.db, HouseholdError, |tx| household::create(tx, pen()).await).expect("a household");
    let address = Address::new("kr-11-680", STREET, "");
    for (index, person) in people.iter().enumerate() {
        let role = if index == 0 { MemberRole::Head } else { MemberRole::Child };
        let joining = Joining { person: *person, household: refuge, role, valid };
        transact!(state.db, HouseholdError, |tx| household::transfer(tx, pen(), joining).await).expect("joined");
        transact!(state.db, MoveError, |tx| residence::move_person(tx, pen(), *person, &address, valid).await)
            .expect("moved");
        let phone = Detail::Phone(PHONE.to_owned());
        transact!(state.db, PersonError, |tx| person::set_detail(tx, pen(), *person, &phone, valid).await)
            .expect("a telephone");
    }
    refuge
}

fn tells(text: &str) -> bool {
    text.contains(STREET)
        || text.contains("카나리아길") && !text.contains("value=\"카나리아길\"")
        || text.contains(PHONE)
}

fn refused_at(answer: &Answer, field: &str) {
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{field}: {}", answer.body);
    assert!(answer.body.contains(&format!("f-{field}-error")), "{field}: {}", answer.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_is_protected_on_a_page_shown_to_whoever_has_the_case_and_opened_again() {
    for town in Town::all().await {
        let me = official(&town.state, Role::Caseworker, None, "이수진").await;
        let colleague = official(&town.state, Role::Caseworker, None, "오지호").await;
        let counter = official(&town.state, Role::CounterOfficial, None, "박서준").await;
        let mut far = official(&town.state, Role::Caseworker, None, "한결").await;
        far.who.jurisdiction = Some("kr-47-730".to_owned());
        let (mother, father) = (town.mother.to_string(), town.father.to_string());
        let protection = town.page("protection", town.mother);
        let (casework, office) = (town.browser(&me, "casework"), town.browser(&counter, "counter_service"));

        // Before: a look of its own, and offered to whoever may.
        let screen = casework.get(&town.home()).await;
        assert!(screen.body.contains(&protection) && screen.body.contains(&town.page("address", town.child)));
        keep("flow-household-caseworker.en.html", &screen.body);
        let at_counter = office.get(&town.home()).await.body;
        assert!(tells(&at_counter) && at_counter.contains("/address/") && !at_counter.contains("/protection/"));
        let look = office.get(&town.page("address", town.mother)).await;
        assert!(look.body.contains(STREET) && look.body.contains(PHONE), "{}", look.body);
        keep("flow-address.en.html", &look.body);
        assert!(town.found_by_address(&counter, "counter_service").await);

        // Not for the counter, another place, another household, her husband; nothing on bad input.
        let full = [("do", "record"), ("reason", "2026느단17"), ("law", "Act 8"), ("from", "2026-11-01")];
        for (who, purpose, status) in [
            (&counter, "counter_service", StatusCode::FORBIDDEN),
            (&far, "casework", StatusCode::FORBIDDEN),
            (&me, "data_quality", StatusCode::FORBIDDEN),
        ] {
            let browser = town.browser(who, purpose);
            assert_eq!(browser.get(&protection).await.status, status, "{purpose}");
            assert_eq!(browser.post(&protection, &full).await.status, status, "{purpose}");
        }
        let elsewhere = town.page("protection", town.father);
        assert_eq!(casework.post(&elsewhere, &full).await.status, StatusCode::NOT_FOUND);
        let page = casework.get(&protection).await;
        assert!(page.status == StatusCode::OK && page.body.contains("open case of the family"), "{}", page.body);
        for (name, value, field) in [
            ("law", "", "law"),
            ("law", "x", "law"),
            ("reason", "", "reason"),
            ("from", "soon", "from"),
            ("from", "2199-01-01", "from"),
            ("until", "2026-10-31", "until"),
            ("until", "2026-11-20", "until"),
            ("perpetrator", &mother, "perpetrator"),
            ("perpetrator", &father, "perpetrator"),
            ("number", "930701-1000001", "name"),
            ("name", "박민준", "number"),
            ("reason", "a\u{0}bcd", "reason"),
        ] {
            let mut fields = full.to_vec();
            fields.retain(|(n, _)| *n != name);
            fields.push((name, value));
            refused_at(&casework.post(&protection, &fields).await, field);
        }
        assert_eq!(casework.post(&protection, &[("do", "nothing")]).await.status, StatusCode::NOT_FOUND);
        assert_eq!(town.recorded().await, 0);

        // Recorded, once; who recorded it sees it, a colleague without a case does not.
        for _ in 0..2 {
            let done = casework.post(&protection, &full).await;
            assert_eq!(
                (done.status, &*done.location),
                (StatusCode::SEE_OTHER, &*format!("{protection}?done=recorded"))
            );
        }
        assert_eq!(town.recorded().await, 1);
        let page = casework.get(&format!("{protection}?done=recorded")).await;
        assert!(page.body.contains("The address is protected") && page.body.contains("2026느단17"), "{}", page.body);
        keep("flow-protection.en.html", &page.body);
        let id = values(&page.body, "name=\"protection\" value=\"")[0].to_owned();
        let theirs = town.browser(&colleague, "casework").get(&protection).await;
        assert!(theirs.status == StatusCode::OK && !theirs.body.contains("2026느단17"), "{}", theirs.body);
        let end = [("do", "end"), ("protection", id.as_str()), ("why", "the court lifted it")];
        assert_eq!(town.browser(&colleague, "casework").post(&protection, &end).await.status, StatusCode::FORBIDDEN);

        // Nobody is told any more: hers is as if none were recorded.
        for (who, purpose) in
            [(&counter, "counter_service"), (&me, "casework"), (&colleague, "casework"), (&far, "casework")]
        {
            let told = town.everything(who, purpose).await;
            assert!(!tells(&told), "{purpose}: {:?}", told.split("카나리아").next().map(|t| t.len()));
        }
        let none = office.get(&town.page("address", town.mother)).await;
        assert!(none.status == StatusCode::OK && none.body.contains("Nothing is on record"), "{}", none.body);
        assert!(office.get(&town.home()).await.body.contains("/address/"), "the look is offered as before");
        assert!(!town.found_by_address(&counter, "counter_service").await);
        assert_eq!(town.browser(&me, "approval").get(&town.page("address", town.mother)).await.status, 403);

        // With an open case, for protection, after a second factor.
        town.case().await;
        let search = [("purpose", "protection"), ("reason", "a shelter"), ("q", "김하윤")];
        let found = town.browser(&colleague, "protection").post("/official/search", &search).await;
        assert!(found.status == StatusCode::OK && found.body.contains(&town.home()), "{}", found.body);
        let protector = town.browser(&colleague, "protection");
        assert!(!tells(&protector.get(&town.home()).await.body), "the household's page tells nobody");
        for person in [town.mother, town.child] {
            let look = protector.get(&town.page("address", person)).await;
            assert!(look.body.contains(STREET) && look.body.contains(PHONE), "{}", look.body);
        }
        assert!(!tells(&town.browser(&colleague, "casework").get(&town.page("address", town.mother)).await.body));
        let mut weak = colleague.clone();
        weak.who.strong = false;
        let unsure = town.browser(&weak, "protection");
        assert!(!tells(&unsure.get(&town.page("address", town.mother)).await.body));
        let page = unsure.get(&protection).await;
        assert!(
            page.body.contains("2026느단17") && page.body.contains("Sign in with a second factor"),
            "{}",
            page.body
        );
        assert_eq!(unsure.post(&protection, &end).await.status, StatusCode::FORBIDDEN);

        // Ended for a reason, from a day on that can be.
        refused_at(&protector.post(&protection, &[("do", "end"), ("why", "lifted")]).await, "protection");
        refused_at(&protector.post(&protection, &end[..2]).await, "why");
        for day in ["yesterday", "2026-11-20"] {
            refused_at(&protector.post(&protection, &[&end[..], &[("on", day)]].concat()).await, "on");
        }
        let done = protector.post(&protection, &end).await;
        assert_eq!((done.status, &*done.location), (StatusCode::SEE_OTHER, &*format!("{protection}?done=ended")));
        let page = protector.get(&format!("{protection}?done=ended")).await;
        assert!(page.body.contains("The protection is ended") && page.body.contains("None."), "{}", page.body);
        assert_eq!(protector.post(&protection, &end).await.status, StatusCode::NOT_FOUND, "once");
        assert!(office.get(&town.page("address", town.mother)).await.body.contains(STREET));
        assert!(
            tells(&office.get(&town.home()).await.body) && town.found_by_address(&counter, "counter_service").await
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_protects_an_address_and_the_one_she_fled_from_finds_nobody() {
    for town in Town::all().await {
        let me = official(&town.state, Role::Caseworker, None, "이수진").await;
        let colleague = official(&town.state, Role::Caseworker, None, "오지호").await;
        let counter = official(&town.state, Role::CounterOfficial, None, "박서준").await;
        let mut far = official(&town.state, Role::Caseworker, None, "한결").await;
        far.who.jurisdiction = Some("kr-47-730".to_owned());
        let (her, him) = (town.citizen(town.mother), town.citizen(town.father));
        let path = format!("/api/persons/{}/protections", town.mother);
        let body = json!({
            "perpetrators": [town.father.0], "valid_from": "2026-11-01", "reason": "2026느단17", "law": "Act 8"
        });
        let post =
            async |who: &Session, key: &str, body: &Value| town.call(who, "", (Method::POST, &path), key, body).await;
        for (index, who) in [&counter, &far, &her, &him].into_iter().enumerate() {
            let (status, told) = post(who, &format!("wrong-{index:04}"), &body).await;
            assert_eq!(status, 403, "{index}: {told}");
        }
        let nobody = uuid::Uuid::from_u128(7);
        let unknown = format!("/api/persons/{nobody}/protections");
        assert_eq!(town.call(&me, "", (Method::POST, &unknown), "unknown-01", &body).await.0, 403);
        for (index, (field, value, pointer)) in [
            ("law", json!(""), "/law"),
            ("law", json!("x"), "/law"),
            ("law", Value::Null, "/law"),
            ("reason", json!("x"), "/reason"),
            ("perpetrators", json!([town.mother.0]), "/perpetrators"),
            ("perpetrators", json!([nobody]), "/perpetrators"),
            ("perpetrators", json!(vec![town.father.0; 21]), "/perpetrators"),
            ("valid_from", json!("2026-02-30"), "/valid_from"),
            ("valid_from", json!("2199-01-01"), "/valid_from"),
            ("valid_to", json!("2026-10-31"), "/valid_to"),
        ]
        .into_iter()
        .enumerate()
        {
            let mut wrong = body.clone();
            wrong[field] = value;
            let (status, told) = post(&me, &format!("refused-{index:04}"), &wrong).await;
            assert!(matches!(status, 400 | 422), "{pointer}: {status} {told}");
            assert_eq!(told["errors"][0]["pointer"], pointer, "{told}");
        }
        assert_eq!(town.recorded().await, 0);

        let (status, made) = post(&me, "protect-0001", &body).await;
        assert_eq!(status, 201, "{made}");
        assert_eq!(post(&me, "protect-0001", &body).await, (201, made.clone()), "the same key is the same act");
        assert_eq!(post(&me, "protect-0002", &body).await, (201, made.clone()), "told twice is told once");
        let other = json!({ "valid_from": "2026-11-02", "reason": "2026느단17", "law": "Act 8" });
        assert_eq!(post(&me, "protect-0001", &other).await.0, 422, "the key belongs to another act");
        assert_eq!(town.recorded().await, 1);

        // To him she and the child are nobody; to the others they are nowhere; to herself nothing has changed.
        let told = town.everything(&him, "").await;
        assert!(!tells(&told) && !told.contains("2026느단17"));
        for person in [town.mother, town.child] {
            for what in ["", "/address", "/protections"] {
                assert_eq!(town.read(&him, "", &format!("/api/persons/{person}{what}")).await.0, 404, "{what}");
            }
        }
        let him_at_work = Session { who: guard::Who { person: Some(town.father), ..me.who.clone() }, ..me.clone() };
        assert_eq!(post(&him_at_work, "his-own-01", &other).await.0, 404, "and none at his office either");
        for (who, purpose) in
            [(&counter, "counter_service"), (&me, "casework"), (&me, "protection"), (&far, "casework")]
        {
            assert!(!tells(&town.everything(who, purpose).await), "{purpose}");
        }
        let address = format!("/api/persons/{}/address", town.mother);
        let (status, own) = town.read(&her, "", &address).await;
        assert_eq!((status, &own["line"], &own["phone"]), (200, &json!(STREET), &json!(PHONE)), "{own}");
        let (status, none) = town.read(&counter, "", &address).await;
        assert_eq!((status, &none["line"], &none["phone"]), (200, &Value::Null, &Value::Null), "{none}");
        assert_eq!(town.read(&far, "", &address).await.0, 403);
        let (status, held) = town.read(&me, "", &path).await;
        assert_eq!((status, held["protections"].as_array().map(Vec::len)), (200, Some(1)), "{held}");
        assert_eq!(held["protections"][0]["perpetrators"][0]["person"], json!(town.father.0), "{held}");
        assert_eq!(town.read(&colleague, "", &path).await.0, 403);

        // Her trail tells it, his says nothing.
        let trail = async |who: &Session, person: PersonId| {
            town.read(who, "", &format!("/api/persons/{person}/trail")).await.1.to_string()
        };
        assert!(trail(&her, town.mother).await.contains("protect_person"));
        assert!(!trail(&him, town.father).await.contains("protect"));

        // Shown for protection to whoever has the case; ended there, once.
        town.case().await;
        let (status, shown) = town.read(&colleague, "protection", &address).await;
        assert_eq!((status, &shown["line"]), (200, &json!(STREET)), "{shown}");
        let over = format!("{path}/{}/end", made["protection"].as_str().expect("an id"));
        let end = async |who: &Session, key: &str, body: Value| {
            town.call(who, "protection", (Method::POST, &over), key, &body).await
        };
        let why = json!({ "reason": "the court lifted it" });
        let (status, told) = end(&colleague, "end-00001", json!({ "reason": "lifted", "on": "2026-11-20" })).await;
        assert_eq!((status, &told["errors"][0]["pointer"]), (422, &json!("/on")), "{told}");
        assert_eq!(end(&colleague, "end-00002", json!({ "reason": "x" })).await.0, 422);
        assert_eq!(end(&counter, "end-00003", why.clone()).await.0, 403);
        assert_eq!(end(&him, "end-00004", why.clone()).await.0, 404);
        let (status, ended) = end(&colleague, "end-00005", why.clone()).await;
        assert_eq!(status, 200, "{ended}");
        assert_eq!(end(&colleague, "end-00005", why.clone()).await, (200, ended), "the same key is the same act");
        assert_eq!(end(&colleague, "end-00006", why).await.0, 404, "once");
        assert_eq!(town.read(&counter, "", &address).await.1["line"], json!(STREET));
        assert_eq!(town.read(&him, "", &format!("/api/persons/{}", town.child)).await.0, 200, "his child again");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_official_with_an_open_case_of_both_sees_neither_of_them_afterwards() {
    let pack = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packs/korea");
    for (state, _folder) in installations(&pack).await {
        let (home, mother, father) = couple(&state).await;
        let app = web::router(state.clone());
        newborn(&app, &state, home, mother, father).await;
        a_case(&state, home, mother).await;
        drain(&state).await;
        nobody_answers(&state).await;
        drain(&state).await;
        let me = official(&state, Role::Caseworker, None, "이수진").await;
        let cookie = "hearth_purpose=casework.order".to_owned();
        let browser = Browser { app: &app, session: me, cookie, language: "en" };
        let path = format!("/official/households/{home}/protection/{mother}");
        let page = browser.get(&path).await;
        assert!(page.body.contains("Do they still stand in one household?"), "{}", page.body);
        keep("flow-protection-together.en.html", &page.body);
        let father = father.to_string();
        let fields = [("do", "record"), ("perpetrator", &*father), ("reason", "2026느단17"), ("law", "Act 8")];
        let done = browser.post(&path, &fields).await;
        assert_eq!((done.status, &*done.location), (StatusCode::SEE_OTHER, "/official/search?done=protected"));
        let page = browser.get(&done.location).await;
        assert!(page.status == StatusCode::OK && page.body.contains("you do not see them any more"), "{}", page.body);
        assert_eq!(browser.get(&format!("/official/households/{home}")).await.status, StatusCode::NOT_FOUND);
        assert!(!page.body.contains("Danger to life"), "no purpose is offered that opens nothing");
    }
}
