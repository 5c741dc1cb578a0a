//! Officials at work: the list, a gap filled, a decision against the rules signed by a second person, sent back and settled
//! with others, two who act at once, and what an official does not see of their own family.

use std::path::Path;

use axum::http::{Method, StatusCode};
use casework::case::open::{self, Opening, OpeningItem};
use casework::case::{Actor, Channel};
use casework::investigate::answer::{self, Reply};
use casework::model::Subject;
use guard::Role;
use guard::account::{self, AccountError, Duty};
use kernel::{AccountId, ApplicationId, CaseId, HouseholdId, PersonId, RequestId};
use store::transact;
use web::{AppState, Session};

use crate::birth::{Browser, couple, session, values};
use crate::cases::{agencies_answer, drain, newborn, newborn_of};
use crate::scenarios::copied;
use crate::stages::{As, send as send_api};
use crate::state::{Answer, installation, installations, keep};

/// A signed-in official of the town with an account of their own.
pub(crate) async fn official(state: &AppState, role: Role, person: Option<PersonId>, name: &str) -> Session {
    let duty = Duty { role, organisation: "municipality".to_owned(), jurisdiction: Some("kr-11-680".to_owned()) };
    let mut it = session(state, role, person, name);
    it.who.organisation = duty.organisation.clone();
    it.who.account = transact!(state.db, AccountError, |tx| {
        account::create(tx, &*state.ids, state.now(), name, person, std::slice::from_ref(&duty)).await
    })
    .expect("an account");
    it
}

/// Somebody leaves the office: from then on their record is no colleague's any more.
pub(crate) async fn leaves(state: &AppState, who: &Session) {
    let (account, role) = (who.who.account, who.who.role);
    transact!(state.db, AccountError, |tx| account::drop_duty(tx, account, role).await).expect("left");
}

/// A case of the newborn's child allowance, applied for at the counter.
pub(crate) async fn a_case(state: &AppState, home: HouseholdId, mother: PersonId) -> CaseId {
    a_case_of(state, home, mother, "child_allowance").await
}

/// The youngest of a household.
pub(crate) async fn child_of(state: &AppState, home: HouseholdId) -> PersonId {
    let pack = state.packs.current();
    let desk = casework::Desk { pack: &pack, keys: state.guard.keys(), ids: &*state.ids, now: state.now() };
    let mut tx = state.db.read().await.expect("a read");
    let members = casework::household::member_ids(&mut tx, &desk, home).await.expect("members");
    *members.last().expect("the child is the last to come")
}

/// A case of a programme for the newborn, applied for at the counter.
async fn a_case_of(state: &AppState, home: HouseholdId, mother: PersonId, programme: &str) -> CaseId {
    let pack = state.packs.current();
    let desk = casework::Desk { pack: &pack, keys: state.guard.keys(), ids: &*state.ids, now: state.now() };
    let child = child_of(state, home).await;
    let opening = Opening {
        application: ApplicationId::new(&*state.ids, state.now()),
        applicant: mother,
        household: home,
        channel: Channel::Counter,
        items: vec![OpeningItem {
            subject: Subject::Person(child),
            programme: programme.to_owned(),
            period_key: String::new(),
            offer: None,
            applied_on: desk.today(),
            answers: Vec::new(),
        }],
    };
    let ids = transact!(state.db, open::Fault, |tx| open::run(tx, &desk, Actor::MACHINE, &opening).await);
    ids.expect("a case")[0]
}

/// No agency can say anything.
pub(crate) async fn nobody_answers(state: &AppState) {
    let pack = state.packs.current();
    let desk = casework::Desk { pack: &pack, keys: state.guard.keys(), ids: &*state.ids, now: state.now() };
    let mut tx = state.db.read().await.expect("a read");
    let rows = tx.all("select request_id from agency_request where status = 'waiting'", &[]).await.expect("rows");
    drop(tx);
    for row in rows {
        let request: RequestId = row.get("request_id").expect("an id");
        let reply = Reply::Refused { words: "the register is closed".to_owned() };
        transact!(state.db, answer::Fault, |tx| answer::run(tx, &desk, request, reply.clone()).await).expect("taken");
    }
}

fn fine(name: &str, answer: &Answer) {
    assert_eq!(answer.status, StatusCode::OK, "{name}: {}", answer.body);
    assert!(!answer.body.contains(text::MISSING_MARK), "{name}: {:?}", answer.body.split(text::MISSING_MARK).nth(1));
    keep(&format!("flow-work-{name}.en.html"), &answer.body);
}

fn first<'a>(page: &'a str, after: &str) -> &'a str {
    values(page, after).into_iter().next().unwrap_or_else(|| panic!("{after} is not in {page}"))
}

/// The lead's program says who is away, for how long, and hands the one task on; nobody else's does.
async fn hands_on_by_api(app: &axum::Router, worker: &Session, lead: &Session) {
    use serde_json::json;
    let call = async |who: &Session, method: Method, path: &str, key: &str, body: serde_json::Value| {
        send_api(app, method, path, &As::In(who), key, body.to_string()).await
    };
    let hers = worker.who.account;
    let away = |first: &str, last: &str| json!({ "official": hers, "first": first, "last": last });
    let path = "/api/absences";
    assert_eq!(call(worker, Method::POST, path, "away-0001", away("2026-12-01", "2026-12-04")).await.0, 403);
    let (status, told) = call(lead, Method::POST, path, "away-0002", away("2026-12-04", "2026-12-01")).await;
    assert_eq!((status, &told["errors"][0]["pointer"]), (422, &json!("/last")), "{told}");
    let stranger =
        json!({ "official": AccountId(uuid::Uuid::from_u128(5)), "first": "2026-12-01", "last": "2026-12-04" });
    assert_eq!(call(lead, Method::POST, path, "away-0003", stranger).await.0, 422, "of another office");
    let (status, noted) = call(lead, Method::POST, path, "away-0004", away("2026-12-01", "2026-12-04")).await;
    assert_eq!(status, 201, "{noted}");
    let again = call(lead, Method::POST, path, "away-0004", away("2026-12-01", "2026-12-04")).await;
    assert_eq!(again, (201, noted.clone()), "told twice is told once");
    let (_, list) = call(lead, Method::GET, path, "", json!({})).await;
    assert_eq!(list["absences"], json!([noted]), "{list}");
    let over = format!("{path}/{}/end", noted["id"].as_str().unwrap());
    for (key, expected) in [("away-0005", 200), ("away-0006", 404)] {
        assert_eq!(call(lead, Method::POST, &over, key, json!({ "official": hers })).await.0, expected);
    }
    let hand = format!("/api/officials/{hers}/handing-on");
    assert_eq!(call(worker, Method::POST, &hand, "hand-0001", json!({ "to": null })).await.0, 403);
    assert_eq!(call(lead, Method::POST, &hand, "hand-0002", json!({ "to": uuid::Uuid::from_u128(5) })).await.0, 422);
    assert_eq!(call(lead, Method::POST, &hand, "hand-0003", json!({ "to": null })).await, (200, json!({ "tasks": 1 })));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_case_goes_from_the_list_to_a_decision_by_two_people() {
    let (state, _folder) = installation().await;
    let (home, mother, father) = couple(&state).await;
    let app = web::router(state.clone());
    newborn(&app, &state, home, mother, father).await;
    let case = a_case(&state, home, mother).await;
    drain(&state).await;
    nobody_answers(&state).await;
    drain(&state).await;
    let browser = |session: &Session| Browser {
        app: &app,
        session: session.clone(),
        cookie: "hearth_purpose=approval.sign".to_owned(),
        language: "en",
    };
    let worker = official(&state, Role::Caseworker, None, "박서준").await;
    let lead = official(&state, Role::Approver, None, "최지우").await;
    let (me, chief) = (browser(&worker), browser(&lead));

    // The list: one task, with its legal day in words and in a shape; narrowing leaves it out.
    let list = me.get("/work").await;
    fine("list", &list);
    assert!(list.body.contains("Find out what nobody could say") && list.body.contains(" days left"), "{}", list.body);
    assert!(!me.get("/work?kind=objection").await.body.contains("/work/case/"));
    let to = format!("/work/case/{case}");
    assert!(list.body.contains(&to), "{}", list.body);
    let task = first(&list.body, "name=\"take\" value=\"").to_owned();
    assert_eq!(me.post("/work", &[("take", &task)]).await.status, StatusCode::SEE_OTHER);
    assert!(me.get("/work?scope=mine").await.body.contains(&to), "it is mine now");
    hands_on_by_api(&app, &worker, &lead).await;
    assert!(!me.get("/work?scope=mine").await.body.contains(&to), "handed back to the pile");
    assert_eq!(me.post("/work", &[("take", &task)]).await.status, StatusCode::SEE_OTHER);

    // The case: reasons with facts and sources, the silent agency, the gap to fill.
    let page = me.get(&to).await;
    fine("case", &page);
    for sure in ["Refused", "the register is closed", "Ministry", "no entry at"] {
        assert!(page.body.contains(sure), "{sure} is not in {}", page.body);
    }
    let field = |page: &str, form: &str| {
        let names = values(page, "name=\"").into_iter();
        let mut fields: Vec<String> = names.filter(|n| n.starts_with(form)).map(str::to_owned).collect();
        fields.dedup();
        fields
    };
    let gaps: Vec<String> =
        field(&page.body, "gap-").into_iter().filter(|n| n.trim_start_matches("gap-").parse::<u32>().is_ok()).collect();
    assert!(!gaps.is_empty(), "{}", page.body);
    let gap = first(&page.body, "value=\"gap\"><input type=\"hidden\" name=\"revision\" value=\"");
    let gap = gap.to_owned();
    let empty = me.post(&to, &[("do", "gap"), ("revision", &gap), ("task", &task), ("gap-how", "visit")]).await;
    assert_eq!(empty.status, StatusCode::UNPROCESSABLE_ENTITY, "no words");

    // Against the rules, while it waits: stale, without ground, then prepared.
    let revision = first(&page.body, "name=\"revision\" value=\"").to_owned();
    let otherwise = |revision: &str, law: &'static str| {
        vec![
            ("do".to_owned(), "otherwise".to_owned()),
            ("revision".to_owned(), revision.to_owned()),
            ("other-grant".to_owned(), "yes".to_owned()),
            ("other-reason".to_owned(), "Seen at home".to_owned()),
            ("other-law".to_owned(), law.to_owned()),
            ("other-from-0".to_owned(), "2026-11-01".to_owned()),
            ("other-last-0".to_owned(), "2027-10-31".to_owned()),
            ("other-sum-0".to_owned(), "100,000".to_owned()),
        ]
    };
    let send = async |who: &Browser<'_>, fields: &[(String, String)]| {
        let fields: Vec<(&str, &str)> = fields.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        who.post(&to, &fields).await
    };
    let stale = send(&me, &otherwise("1", "Act 4")).await;
    assert_eq!(stale.status, StatusCode::CONFLICT, "{}", stale.body);
    assert!(stale.body.contains("Nothing was done") && stale.body.contains("Seen at home"), "what was typed is there");
    let groundless = send(&me, &otherwise(&revision, "")).await;
    assert_eq!(groundless.status, StatusCode::UNPROCESSABLE_ENTITY);
    let prepared = send(&me, &otherwise(&revision, "Act 4")).await;
    assert_eq!(prepared.status, StatusCode::SEE_OTHER, "{}", prepared.body);
    let page = me.get(&to).await;
    fine("case-prepared", &page);
    assert!(page.body.contains("Somebody else must sign it"), "{}", page.body);

    // The second person sees it in the list, sends it back, and the first settles it as the rules say.
    let list = chief.get("/work").await;
    fine("list-lead", &list);
    assert!(list.body.contains("Sign as second person"), "{}", list.body);
    let page = chief.get(&to).await;
    fine("case-sign", &page);
    let decision = first(&page.body, "name=\"decision\" value=\"").to_owned();
    let wordless = chief.post(&to, &[("do", "sign"), ("decision", &decision), ("agrees", "no")]).await;
    assert_eq!(wordless.status, StatusCode::UNPROCESSABLE_ENTITY);
    let not_hers = me.post(&to, &[("do", "sign"), ("decision", &decision), ("agrees", "yes")]).await;
    assert_eq!(not_hers.status, StatusCode::FORBIDDEN, "who prepares does not sign");
    let signed = chief.post(&to, &[("do", "sign"), ("decision", &decision), ("agrees", "yes")]).await;
    assert_eq!(signed.status, StatusCode::SEE_OTHER, "{}", signed.body);
    let twice = chief.post(&to, &[("do", "sign"), ("decision", &decision), ("agrees", "yes")]).await;
    assert_eq!(twice.status, StatusCode::CONFLICT, "{}", twice.body);
    let page = me.get(&to).await;
    fine("case-decided", &page);
    assert!(page.body.contains("In force") && page.body.contains("Seen at home (Act 4)"), "{}", page.body);
    let file = me.get(&format!("{to}/decision/{decision}")).await;
    assert!(file.body.contains("hearth-decision/1"), "{}", file.body);

    // What it pays is held by a second person for a reason, and flows again; by nobody else.
    let paid = payment::model::Grant {
        case,
        decision: decision.parse().expect("an id"),
        subject: payment::model::Subject::Person(child_of(&state, home).await),
        ..crate::finance::monthly(&state, mother, 100_000)
    };
    crate::finance::grant(&state, &paid).await;
    let standing = async || {
        let mut tx = state.db.read().await.expect("a read");
        let row =
            tx.one("select status from entitlement where case_id = $1", store::params![case]).await.expect("a row");
        row.get::<String>("status").expect("a word")
    };
    let hold = [("do", "hold-pay"), ("hold-reason", "The mother is abroad"), ("hold-law", "Act 12")];
    assert!(chief.get(&to).await.body.contains("Hold the payments") && !me.get(&to).await.body.contains("Hold the"));
    assert_eq!(chief.post(&to, &hold[..2]).await.status, StatusCode::UNPROCESSABLE_ENTITY, "no law");
    assert!(me.post(&to, &hold).await.status.is_client_error(), "who prepares does not hold");
    assert_eq!(standing().await, "active");
    assert_eq!(chief.post(&to, &hold).await.status, StatusCode::SEE_OTHER);
    assert_eq!((standing().await.as_str(), chief.post(&to, &hold).await.status), ("suspended", StatusCode::CONFLICT));
    let page = chief.get(&to).await;
    fine("case-held", &page);
    let flow = [("do", "let-flow"), ("flow-reason", "She is back"), ("flow-law", "Act 12")];
    assert_eq!(chief.post(&to, &flow).await.status, StatusCode::SEE_OTHER);
    assert_eq!(standing().await, "active");

    // The household's page leads to its cases; an approver looks at the household only while something is open.
    fine("household", &me.get(&format!("/work/household/{home}")).await);
    assert_eq!(me.get("/work/office").await.status, StatusCode::FORBIDDEN, "for team leads");
    let office = chief.get("/work/office").await;
    fine("office", &office);
    assert!(
        office.body.contains("Child allowance") && office.body.contains("박서준"),
        "time to decision: {}",
        office.body
    );
    let away = [("do", "away"), ("official", &worker.who.account.to_string()), ("first", "2026-11-20")];
    assert_eq!(chief.post("/work/office", &away).await.status, StatusCode::UNPROCESSABLE_ENTITY, "no last day");
    let mut away = away.to_vec();
    away.push(("last", "2026-12-01"));
    assert_eq!(chief.post("/work/office", &away).await.status, StatusCode::SEE_OTHER);
    assert!(chief.get("/work/office").await.body.contains("away today"));
    assert_eq!(chief.get(&format!("/official/households/{home}")).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_sent_back_is_settled_with_others_and_own_families_are_not_there() {
    let (state, _folder) = installation().await;
    let (home, mother, father) = couple(&state).await;
    let app = web::router(state.clone());
    newborn(&app, &state, home, mother, father).await;
    let case = a_case(&state, home, mother).await;
    drain(&state).await;
    nobody_answers(&state).await;
    drain(&state).await;
    let to = format!("/work/case/{case}");
    let worker = official(&state, Role::Caseworker, None, "박서준").await;
    let lead = official(&state, Role::Approver, None, "최지우").await;
    let own = official(&state, Role::Caseworker, Some(father), "박민준").await;
    let browser = |session: &Session| Browser {
        app: &app,
        session: session.clone(),
        cookie: "hearth_purpose=approval.sign".to_owned(),
        language: "en",
    };
    let (me, chief, father) = (browser(&worker), browser(&lead), browser(&own));

    let list = father.get("/work").await;
    assert_eq!(list.status, StatusCode::OK, "{}", list.body);
    assert!(!list.body.contains("/work/case/"), "an official's own family is not in their list: {}", list.body);
    assert!(father.get(&to).await.status.is_client_error());

    // An approver with an open task in the office may look at the household.
    let look = chief.get(&format!("/official/households/{home}")).await;
    assert_eq!(look.status, StatusCode::OK, "{}", look.body);

    // Given to a colleague by the lead; not to somebody unknown.
    let list = chief.get("/work").await;
    let task = first(&list.body, "name=\"task\" value=\"").to_owned();
    let colleague = worker.who.account.to_string();
    let given = chief.post("/work", &[("task", &task), ("do", "give"), ("to", &colleague)]).await;
    assert_eq!(given.status, StatusCode::SEE_OTHER, "{}", given.body);
    assert!(me.get("/work?scope=mine").await.body.contains(&to));
    let none = chief.post("/work", &[("do", "give"), ("to", &colleague)]).await;
    assert_eq!(none.status, StatusCode::UNPROCESSABLE_ENTITY, "nothing is ticked");

    // Alone it must be decided: something is open.
    let together = me.post("/work", &[("task", &task), ("do", "together")]).await;
    fine("together-none", &together);
    assert!(together.body.contains("None of these can be settled together"), "{}", together.body);
    let forced = me.post("/work/together", &[("case", &format!("{case} 3"))]).await;
    assert!(forced.body.contains("Not done"), "{}", forced.body);

    // What was found at a visit fills the gap; the case goes on by itself.
    let page = me.get(&to).await;
    let revision = first(&page.body, "name=\"revision\" value=\"").to_owned();
    let mut fields = vec![("do".to_owned(), "gap".to_owned()), ("revision".to_owned(), revision)];
    fields.push(("task".to_owned(), task.clone()));
    fields.push(("gap-how".to_owned(), "visit".to_owned()));
    fields.push(("gap-words".to_owned(), "Saw the passport".to_owned()));
    for name in values(&page.body, "name=\"gap-") {
        if name.parse::<u32>().is_ok() && !fields.iter().any(|(n, _)| *n == format!("gap-{name}")) {
            // The first code of a list, no to a question of yes and no, and nothing of what only the family can say.
            let field = format!("name=\"gap-{name}\"");
            let select =
                page.body.split(&field).nth(1).filter(|_| page.body.contains(&format!("<select id=\"f-gap-{name}\"")));
            let code = select.and_then(|rest| values(rest, "<option value=\"").into_iter().find(|v| !v.is_empty()));
            let truth = page.body.contains(&format!("{field} value=\"yes\""));
            let value = code.unwrap_or(if truth { "no" } else { "" });
            fields.push((format!("gap-{name}"), value.to_owned()));
        }
    }
    let pairs: Vec<(&str, &str)> = fields.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    leaves(&state, &own).await;
    let filled = me.post(&to, &pairs).await;
    assert_eq!(filled.status, StatusCode::SEE_OTHER, "{:?} {}", pairs, filled.body);
    drain(&state).await;
    let again = me.post(&to, &pairs).await;
    assert_eq!(again.status, StatusCode::CONFLICT, "{}", again.body);
    let page = me.get(&to).await;
    fine("case-filled", &page);
    assert!(page.body.contains("Saw the passport") && page.body.contains("Visit at home"), "{}", page.body);
    let next = me.get(&format!("/work/next/{case}?done=settled&was={case}")).await;
    assert_eq!(next.status, StatusCode::SEE_OTHER);
}

/// Two newborns' allowances, in a pack in which officials decide them: ticked, looked at and settled together; a third that was
/// settled meanwhile stops neither.
#[tokio::test(flavor = "multi_thread")]
async fn two_alike_cases_are_settled_together() {
    let packs = tempfile::tempdir().expect("a folder");
    by_officials(packs.path());
    for (state, _folder) in installations(packs.path()).await {
        let app = web::router(state.clone());
        let mut cases = Vec::new();
        for number in 1..=2 {
            let (home, mother, father) = couple(&state).await;
            newborn_of(&app, &state, (home, mother, father), number).await;
            cases.push(a_case(&state, home, mother).await);
        }
        drain(&state).await;
        agencies_answer(&state).await;
        drain(&state).await;
        let worker = official(&state, Role::Caseworker, None, "박서준").await;
        let cookie = "hearth_purpose=approval.sign".to_owned();
        let me = Browser { app: &app, session: worker, cookie, language: "en" };
        let list = me.get("/work").await;
        let tasks = values(&list.body, "name=\"task\" value=\"");
        assert_eq!(tasks.len(), 2, "{}", list.body);
        let ticked: Vec<(&str, &str)> = tasks.iter().map(|task| ("task", *task)).chain([("do", "together")]).collect();
        let looked = me.post("/work", &ticked).await;
        fine("together-two", &looked);
        let pairs: Vec<&str> = values(&looked.body, "name=\"case\" value=\"");
        assert_eq!(pairs.len(), 2, "{}", looked.body);
        assert!(looked.body.contains("100,000"), "each sum is seen before anything is decided: {}", looked.body);
        let chosen: Vec<(&str, &str)> = pairs.iter().map(|pair| ("case", *pair)).collect();
        let done = me.post("/work/together", &chosen).await;
        fine("together-settled", &done);
        assert!(!done.body.contains("Not done"), "{}", done.body);
        for case in &cases {
            assert!(done.body.contains(&format!("/work/case/{case}")), "{}", done.body);
        }
        let count = async |sql| {
            let mut tx = state.db.read().await.expect("a read");
            tx.one(sql, &[]).await.expect("a row").get::<i64>("n").expect("a number")
        };
        let granted = "select count(*) as n from decision where status = 'in_force' and kind = 'grant'";
        assert_eq!(count(granted).await, 2);
        // The same form sent again decides nothing twice, and says so of each.
        let again = me.post("/work/together", &chosen).await;
        assert_eq!(again.body.matches("Not done").count(), 2, "{}", again.body);
        assert_eq!(count("select count(*) as n from decision").await, 2);
    }
}

/// The pack of the tests with a child allowance that officials decide, and that asks the family nothing.
fn by_officials(to: &Path) {
    copied(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packs/korea"), to);
    let path = to.join("programmes/child_allowance.toml");
    let text = std::fs::read_to_string(&path).expect("a programme");
    let more = text.replacen("automatic = true", "automatic = false", 1);
    assert_ne!(text, more);
    // The account is a matter between the family and the office that pays, and not of this test.
    let evidence = "evidence = [\"bank_account\"]\n";
    assert!(more.contains(evidence));
    std::fs::write(path, more.replace(evidence, "")).expect("a file");
}

/// What a case of a disabled child rests on is of the most sensitive kind: once it is closed it opens again only for a stated
/// reason, to the office that handled it, with a second factor; and the words stand with the look.
#[tokio::test(flavor = "multi_thread")]
async fn a_closed_case_that_rests_on_health_opens_again_only_for_a_reason() {
    let (state, _folder) = installation().await;
    let (home, mother, father) = couple(&state).await;
    let app = web::router(state.clone());
    newborn(&app, &state, home, mother, father).await;
    disabled(&state, home).await;
    let case = a_case_of(&state, home, mother, "disabled_child_allowance").await;
    drain(&state).await;
    nobody_answers(&state).await;
    drain(&state).await;
    let browser = |session: &Session, cookie: &str| Browser {
        app: &app,
        session: session.clone(),
        cookie: cookie.to_owned(),
        language: "en",
    };
    let worker = official(&state, Role::Caseworker, None, "박서준").await;
    let lead = official(&state, Role::Approver, None, "최지우").await;
    let (me, chief) = (browser(&worker, ""), browser(&lead, ""));
    let to = format!("/work/case/{case}");
    let page = me.get(&to).await;
    assert_eq!(page.status, StatusCode::OK, "while it is open it is the office's to see: {}", page.body);
    assert!(page.body.contains("isability"), "{}", page.body);
    let revision = first(&page.body, "name=\"revision\" value=\"").to_owned();
    let otherwise = [
        ("do", "otherwise"),
        ("revision", revision.as_str()),
        ("other-grant", "yes"),
        ("other-reason", "Seen at home"),
        ("other-law", "Act 50"),
        ("other-from-0", "2026-11-01"),
        ("other-last-0", "2027-10-31"),
        ("other-sum-0", "100,000"),
    ];
    let prepared = me.post(&to, &otherwise).await;
    assert_eq!(prepared.status, StatusCode::SEE_OTHER, "{}", prepared.body);
    let page = chief.get(&to).await;
    let decision = first(&page.body, "name=\"decision\" value=\"").to_owned();
    let signed = chief.post(&to, &[("do", "sign"), ("decision", &decision), ("agrees", "yes")]).await;
    assert_eq!(signed.status, StatusCode::SEE_OTHER, "{}", signed.body);

    // Closed: the office is asked for what; nothing of the case is on that page.
    let asked = me.get(&to).await;
    assert!(asked.body.contains(&format!("action=\"{to}/review\"")), "{} {}", asked.status, asked.body);
    assert!(!asked.body.contains("Seen at home") && !asked.body.contains("박서아"), "{}", asked.body);
    keep("flow-work-closed-sensitive.en.html", &asked.body);
    let wordless = me.post(&format!("{to}/review"), &[("ground", "question"), ("why", "")]).await;
    assert_eq!(wordless.status, StatusCode::UNPROCESSABLE_ENTITY);
    let why = [("ground", "question"), ("why", "the mother asks about the sum")];
    assert_eq!(me.post(&format!("{to}/review"), &why).await.status, StatusCode::SEE_OTHER);
    let said = "hearth_review=A+question+of+the+family%3A+the+mother+asks+about+the+sum";
    let page = browser(&worker, said).get(&to).await;
    fine("closed-again", &page);
    assert!(page.body.contains("Seen at home") && page.body.contains("isability"), "{}", page.body);
    // The family reads that somebody looked again, and that the look without a reason was refused.
    let looked = browser(&session(&state, Role::Citizen, Some(mother), "김하윤"), "").get("/looked").await;
    assert!(looked.body.contains("Looking again at a closed case"), "{}", looked.body);
    assert!(looked.body.contains("this was refused and nothing was shown"), "{}", looked.body);

    // Nobody else: another office, the counter, somebody signed in without a second factor – with the same words.
    let mut elsewhere = worker.clone();
    elsewhere.who.jurisdiction = Some("kr-26-350".to_owned());
    let mut other = worker.clone();
    other.who.organisation = "public_health_center".to_owned();
    let mut weak = worker.clone();
    weak.who.strong = false;
    let counter = official(&state, Role::CounterOfficial, None, "윤서연").await;
    for (who, session) in [("elsewhere", elsewhere), ("another office", other), ("weak", weak), ("counter", counter)] {
        let refused = browser(&session, said).get(&to).await;
        assert!(refused.status.is_client_error(), "{who}: {}", refused.body);
        assert!(!refused.body.contains("Seen at home") && !refused.body.contains("박서아"), "{who}: {}", refused.body);
    }
}

/// The newborn's severe disability, as the ministry's register has it.
async fn disabled(state: &AppState, home: HouseholdId) {
    let origin = registry::Origin::new("mohw", "장애인복지법 제32조", "test");
    let child = child_of(state, home).await;
    transact!(state.db, registry::fact::FactError, |tx| {
        let fact = registry::NewFact {
            subject: registry::Subject::Person(child),
            item: "disability_severity".to_owned(),
            value: registry::FactValue::Code("severe".to_owned()),
            valid: kernel::Period { from: jiff::civil::date(2026, 11, 18), until: None },
            corrects: None,
        };
        let check = |_: &registry::Subject, _: &str, _: &registry::FactValue| Ok(());
        let pen = registry::Pen::new(&*state.ids, state.guard.keys(), state.now(), &origin);
        registry::fact::record(tx, pen, &check, fact).await.map(drop)
    })
    .expect("a fact");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_colleagues_record_opens_only_with_a_case_of_it() {
    let (state, _folder) = installation().await;
    let (home, mother, father) = couple(&state).await;
    let app = web::router(state.clone());
    newborn(&app, &state, home, mother, father).await;
    let worker = official(&state, Role::Caseworker, None, "박서준").await;
    let me =
        Browser { app: &app, session: worker, cookie: "hearth_purpose=casework.a+look".to_owned(), language: "en" };
    let page = format!("/official/households/{home}");
    assert_eq!(me.get(&page).await.status, StatusCode::OK, "a family of the town");
    // Its mother begins to work at the same office; elsewhere it would not matter.
    let colleague = official(&state, Role::Finance, Some(mother), "김하윤").await;
    assert_eq!(me.get(&page).await.status, StatusCode::FORBIDDEN);
    let search = [("purpose", "casework"), ("reason", "a look"), ("q", "김하윤")];
    assert!(!me.post("/official/search", &search).await.body.contains(&home.to_string()), "nor is she found");
    a_case(&state, home, mother).await;
    drain(&state).await;
    nobody_answers(&state).await;
    drain(&state).await;
    assert_eq!(me.get(&page).await.status, StatusCode::OK, "there is a case now");
    leaves(&state, &colleague).await;
    assert_eq!(me.get(&page).await.status, StatusCode::OK);
}
