//! Case management on the pages and for programs: opened by the nurse, agreed to by the mother, shared with an agency as long as she
//! wants, and closed to everybody else; and the nurse of a family refers it.

use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use guard::Role;
use serde_json::{Value, json};
use web::AppState;

use crate::birth::{Browser, couple, session, values};
use crate::stages::{As, client, send};
use crate::state::{installation, keep};
use crate::visits::{field, staff};

const GOAL: &str = "I want to sleep at night again";
const OTHER_GOAL: &str = "no more worry about the rent";
const MINUTES: &str = "All four agreed on a weekly talk";

/// A call of the API by somebody who is signed in.
pub(crate) async fn api(who: &Browser<'_>, method: Method, path: &str, key: &str, body: Value) -> (u16, Value) {
    let request = Request::builder().method(method).uri(path).header("content-type", "application/json");
    let request = request.header("idempotency-key", key).header("hearth-reason", "a%20test");
    let text = if body.is_null() { String::new() } else { body.to_string() };
    let answer = crate::state::send(who.app, who.request(request, Body::from(text))).await;
    (answer.status.as_u16(), serde_json::from_str(&answer.body).unwrap_or(Value::Null))
}

/// A social worker of another agency.
pub(crate) async fn social(state: &AppState, agency: &str, place: &str) -> web::request::Session {
    let mut it = staff(state, Role::Caseworker, "박서준").await;
    it.who.organisation = agency.to_owned();
    it.who.jurisdiction = Some(place.to_owned());
    it
}

/// Fills in one form of the case, with its own fresh id.
async fn fill(who: &Browser<'_>, form: &str, fields: &[(&str, &str)]) -> crate::state::Answer {
    let open = who.get(form).await;
    assert_eq!(open.status, StatusCode::OK, "{form}: {}", open.body);
    let hidden = ["id", "number", "version", "agency"].map(|name| (name, field(&open.body, name)));
    let given = |name: &str| fields.iter().any(|(known, _)| *known == name);
    let mut all: Vec<(&str, &str)> =
        hidden.iter().filter(|(n, v)| !v.is_empty() && !given(n)).map(|(n, v)| (*n, v.as_str())).collect();
    all.extend_from_slice(fields);
    who.post(form.split('?').next().unwrap_or(form), &all).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_case_is_led_agreed_shared_withdrawn_and_told_to_nobody_else() {
    let (state, _folder) = installation().await;
    let (_, mother, father) = couple(&state).await;
    let app = web::router(state.clone());
    let browser = |session| Browser { app: &app, session, cookie: String::new(), language: "en" };
    let me = browser(session(&state, Role::Citizen, Some(mother), "김하윤"));
    let him = browser(session(&state, Role::Citizen, Some(father), "박민준"));
    let lead = browser(staff(&state, Role::VisitSupervisor, "한지민").await);
    let nurse = browser(staff(&state, Role::Nurse, "정은지").await);
    let colleague = browser(staff(&state, Role::Nurse, "오세나").await);
    let worker = browser(social(&state, "family_centre", "kr-11-680").await);
    let far = browser(social(&state, "family_centre", "kr-26-350").await);
    let other = browser(social(&state, "municipality", "kr-11-680").await);
    assert_eq!(
        me.post("/visits/join", &[("due", "2027-01-20"), ("consent", "yes")]).await.status,
        StatusCode::SEE_OTHER
    );
    let family =
        format!("/visits/family/{}", values(&lead.get("/visits/families").await.body, "href=\"/visits/family/")[0]);
    let to = nurse.session.who.account.to_string();
    assert_eq!(lead.post(&family, &[("do", "give"), ("nurse", &to)]).await.status, StatusCode::SEE_OTHER);
    // What she told alone, for nobody but nurse and supervisor.
    let ipv = format!("{family}/form/home-safety");
    let id = field(&nurse.get(&ipv).await.body, "id");
    let told = [
        ("id", id.as_str()),
        ("do", "send"),
        ("q.home-safety.hurt", "true"),
        ("q.home-safety.strangle", "true"),
        ("alone", "yes"),
    ];
    assert_eq!(nurse.post(&ipv, &told).await.status, StatusCode::SEE_OTHER);

    // Opened with a reason, once.
    let plan = format!("{family}/plan");
    assert_eq!(colleague.get(&plan).await.status, StatusCode::NOT_FOUND);
    assert!(me.get("/plan").await.body.contains("no plan with your nurse"));
    let open = nurse.get(&plan).await;
    let id = field(&open.body, "id");
    assert_eq!(nurse.post(&plan, &[("id", &id), ("why", " ")]).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    let begin = [("id", id.as_str()), ("why", "several risks at once")];
    for _ in 0..2 {
        assert_eq!(nurse.post(&plan, &begin).await.status, StatusCode::SEE_OTHER);
    }
    let page = nurse.get(&plan).await.body;
    assert!(page.contains("step 1 of 9") && page.contains("a risk assessment"), "{page}");
    let early = fill(&nurse, &format!("{plan}/sign"), &[("words", "it is there")]).await;
    assert!(early.status == StatusCode::UNPROCESSABLE_ENTITY && early.body.contains("Still missing"), "{}", early.body);
    assert!(
        nurse.get("/visits/plans").await.body.contains("김하윤")
            && lead.get("/visits/plans").await.body.contains("김하윤")
    );
    assert!(!colleague.get("/visits/plans").await.body.contains("김하윤"));

    // Goals in her words, an agency that is asked; nothing for an agency she was not asked about.
    let act = |what: &str| format!("{plan}/{what}");
    for words in [GOAL, OTHER_GOAL] {
        let done = fill(&nurse, &act("goal"), &[("voice", "own"), ("words", words)]).await;
        assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.body);
    }
    let bad = fill(&nurse, &act("goal"), &[("words", GOAL)]).await;
    assert!(bad.status == StatusCode::UNPROCESSABLE_ENTITY && bad.body.contains(GOAL), "what was typed stays");
    let centre = [("agency", "family_centre"), ("words", "talks with her once a week"), ("due", "2026-12-20")];
    let early = fill(&nurse, &format!("{}?number=1", act("action")), &centre).await;
    assert_eq!(early.status, StatusCode::UNPROCESSABLE_ENTITY, "without consent nothing");
    let crisis = fill(&nurse, &act("ask"), &[("agency", "mogef"), ("why", "to help her")]).await;
    assert_eq!(crisis.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(!nurse.get(&act("ask")).await.body.contains("value=\"mogef\""), "discreet help is not offered");
    let asked = fill(&nurse, &act("ask"), &[("agency", "family_centre"), ("why", "care of her sleep")]).await;
    assert_eq!(asked.status, StatusCode::SEE_OTHER, "{}", asked.body);
    assert!(!worker.get("/work/plans").await.body.contains("김하윤"), "she was not asked yet");
    let hers = me.get("/plan").await.body;
    assert!(hers.contains(GOAL) && hers.contains("care of her sleep"), "{hers}");
    let consent = [("do", "consent"), ("agency", "family_centre")];
    assert_eq!(him.post("/plan", &consent).await.status, StatusCode::NOT_FOUND, "hers alone");
    assert_eq!(me.post("/plan", &consent).await.status, StatusCode::SEE_OTHER);
    let late = [("agency", "family_centre"), ("words", "talks with her"), ("due", "2020-01-01")];
    let form = format!("{}?number=1", act("action"));
    assert!(fill(&nurse, &form, &late).await.body.contains("within three years"));
    assert_eq!(fill(&nurse, &form, &centre).await.status, StatusCode::SEE_OTHER);
    let confer = [
        ("on", "2026-11-21"),
        ("name-1", "김하윤"),
        ("name-2", "정은지"),
        ("of-2", "health_centre"),
        ("minutes", MINUTES),
        ("goal-1", "2"),
        ("agency-1", ""),
        ("words-1", "asks the landlord for time"),
        ("due-1", "2026-12-01"),
    ];
    let done = fill(&nurse, &act("confer"), &confer).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.body);
    keep("flow-plan-nurse.en.html", &nurse.get(&plan).await.body);

    // She agrees to what she has read, and not to what was changed since.
    let version = |page: &str| field(page, "version");
    let read = version(&me.get("/plan").await.body);
    let correct = fill(&nurse, &format!("{}?number=1", act("correct")), &[("why", "misheard")]).await;
    assert_eq!(correct.status, StatusCode::UNPROCESSABLE_ENTITY, "no words");
    let correct = [("words", GOAL), ("why", "misheard")];
    assert_eq!(fill(&nurse, &format!("{}?number=1", act("correct")), &correct).await.status, StatusCode::SEE_OTHER);
    me.post("/plan", &[("do", "agree"), ("version", &read)]).await;
    assert!(nurse.get(&plan).await.body.contains("has not agreed yet"));
    let read = version(&me.get("/plan").await.body);
    me.post("/plan", &[("do", "agree"), ("version", &read)]).await;
    assert!(nurse.get(&plan).await.body.contains("agreed to the plan as it stands"));
    keep("flow-plan-own.en.html", &me.get("/plan").await.body);

    // The centre of the district sees its part, the goal it is for, and no more; the others nothing.
    let list = worker.get("/work/plans").await.body;
    let part = format!("/work/plans/{}", values(&list, "href=\"/work/plans/")[0]);
    let seen = worker.get(&part).await.body;
    assert!(seen.contains(GOAL) && seen.contains("talks with her once a week"), "{seen}");
    assert!(!seen.contains(OTHER_GOAL) && !seen.contains(MINUTES) && !seen.contains("landlord"), "{seen}");
    assert!(!seen.contains("은행나무로"), "not where she lives");
    keep("flow-plan-part.en.html", &seen);
    for stranger in [&far, &other] {
        assert!(!stranger.get("/work/plans").await.body.contains("김하윤"));
        assert_eq!(stranger.get(&part).await.status, StatusCode::NOT_FOUND);
    }
    assert_eq!(him.get("/work/plans").await.status, StatusCode::FORBIDDEN);
    let action =
        format!("/work/plans/{}", values(&seen, "href=\"/work/plans/").iter().find(|p| p.contains('/')).unwrap());
    assert_eq!(fill(&worker, &action, &[("words", "she came")]).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(worker.get(&format!("{part}/1")).await.status, StatusCode::NOT_FOUND, "a goal is not theirs to end");

    // The same by programs, each as far as the pages.
    let case = part.rsplit('/').next().unwrap().to_owned();
    let path = format!("/api/plans/{case}");
    let (_, whole) = api(&nurse, Method::GET, &path, "", Value::Null).await;
    assert_eq!((&whole["step"], whole["actions"].as_array().map(Vec::len)), (&json!("notice"), Some(2)), "{whole}");
    assert_eq!(api(&colleague, Method::GET, &path, "", Value::Null).await.0, 404);
    assert_eq!(api(&him, Method::GET, &path, "", Value::Null).await.0, 404);
    let machine = client(&state, "family_centre").await;
    let (status, parts) = send(&app, Method::GET, "/api/plans", &As::Machine(&machine), "", String::new()).await;
    assert_eq!((status, parts["plans"][0]["goals"].as_array().map(Vec::len)), (200, Some(1)), "{parts}");
    let number = parts["plans"][0]["actions"][0]["number"].clone();
    let acts = format!("{path}/acts");
    let end = json!({ "act": "end", "number": number, "how": "done", "words": "She sleeps." });
    assert_eq!(api(&him, Method::POST, &acts, "plan-act-0", end.clone()).await.0, 404);
    assert_eq!(api(&nurse, Method::POST, &acts, "plan-act-1", json!({ "act": "end", "number": 1 })).await.0, 422);
    assert_eq!(api(&nurse, Method::POST, &acts, "plan-act-2", json!({ "act": "dance" })).await.0, 422);
    let decline = json!({ "act": "decline", "why": "no more" });
    assert_eq!(api(&nurse, Method::POST, &acts, "plan-act-3", decline.clone()).await.0, 403);
    let by = As::Machine(&machine);
    let (status, done) = send(&app, Method::POST, &acts, &by, "plan-act-4", end.to_string()).await;
    assert_eq!(status, 200, "{done}");
    assert_eq!(send(&app, Method::POST, &acts, &by, "plan-act-4", end.to_string()).await.1, done, "once");
    assert_eq!(send(&app, Method::POST, &acts, &by, "plan-act-5", end.to_string()).await.0, 422, "it ended");
    let person = format!("/api/persons/{mother}/plan");
    let again = api(&nurse, Method::POST, &person, "plan-new-1", json!({ "why": "once more" })).await;
    assert_eq!(again.0, 409, "{}", again.1);

    // Consent taken back closes it at once.
    assert_eq!(
        me.post("/plan", &[("do", "withdraw"), ("agency", "family_centre")]).await.status,
        StatusCode::SEE_OTHER
    );
    assert_eq!(worker.get(&part).await.status, StatusCode::NOT_FOUND);
    assert_eq!(send(&app, Method::GET, "/api/plans", &by, "", String::new()).await.1["plans"], json!([]));
    // What she told alone stands nowhere here.
    let canaries = ["strangle", "hurt you", "safety plan", "home-safety"];
    for (who, path) in
        [(&nurse, plan.as_str()), (&lead, &plan), (&me, "/plan"), (&worker, "/work/plans"), (&nurse, "/visits/plans")]
    {
        let page = who.get(path).await.body;
        assert!(canaries.iter().all(|c| !page.contains(c)), "{path}: {page}");
    }
    // The supervisor notes that she wants no more: nothing stays open.
    assert_eq!(fill(&lead, &act("decline"), &[("why", "she has her sister now")]).await.status, StatusCode::SEE_OTHER);
    let over = nurse.get(&plan).await.body;
    assert!(over.contains("wanted no more of it") && over.contains("given up"), "{over}");
    assert!(me.get("/plan").await.body.contains("This plan is closed"));
    let looked = me.get("/looked").await.body;
    assert!(looked.contains("Read the family plan") && looked.contains("Worked on the family plan"), "{looked}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_nurse_of_a_family_refers_it_and_no_other_nurse() {
    let (state, _folder) = installation().await;
    let (home, mother, _) = couple(&state).await;
    let app = web::router(state.clone());
    let browser = |session| Browser { app: &app, session, cookie: String::new(), language: "en" };
    let me = browser(session(&state, Role::Citizen, Some(mother), "김하윤"));
    let lead = browser(staff(&state, Role::VisitSupervisor, "한지민").await);
    let nurse = browser(staff(&state, Role::Nurse, "정은지").await);
    let colleague = browser(staff(&state, Role::Nurse, "오세나").await);
    me.post("/visits/join", &[("due", "2027-01-20"), ("consent", "yes")]).await;
    let family =
        format!("/visits/family/{}", values(&lead.get("/visits/families").await.body, "href=\"/visits/family/")[0]);
    let new = format!("/work/referrals/household/{home}/new");
    assert_eq!(nurse.get(&new).await.status, StatusCode::FORBIDDEN, "not hers yet");
    let to = nurse.session.who.account.to_string();
    assert_eq!(lead.post(&family, &[("do", "give"), ("nurse", &to)]).await.status, StatusCode::SEE_OTHER);
    let file = nurse.get(&family).await.body;
    assert!(file.contains("/refer"), "{file}");
    assert_eq!(nurse.get(&format!("{family}/refer")).await.status, StatusCode::SEE_OTHER);
    assert_eq!(colleague.get(&format!("{family}/refer")).await.status, StatusCode::NOT_FOUND);
    assert_eq!(colleague.get(&new).await.status, StatusCode::FORBIDDEN);
    let page = nurse.get(&format!("{new}?need=depression")).await.body;
    let her = mother.to_string();
    let id = field(&page, "id");
    let fields = [
        ("id", id.as_str()),
        ("need", "depression"),
        ("service", "mental_health_gangnam"),
        ("person", &her),
        ("reason", "She wants to talk to somebody."),
        ("agreed_by", &her),
    ];
    assert_eq!(nurse.post(&new, &fields).await.status, StatusCode::SEE_OTHER, "health too: she is her nurse");
    assert_eq!(colleague.post(&new, &fields).await.status, StatusCode::FORBIDDEN);
    assert!(me.get("/referrals").await.body.contains("She wants to talk to somebody."));
}
