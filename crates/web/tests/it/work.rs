//! Officials at work: the list, a gap filled, a decision against the rules signed by a second person, sent back and settled
//! with others, two who act at once, and what an official does not see of their own family.

use axum::http::StatusCode;
use casework::case::open::{self, Opening, OpeningItem};
use casework::case::{Actor, Channel};
use casework::investigate::answer::{self, Reply};
use casework::model::Subject;
use guard::Role;
use guard::account::{self, AccountError, Duty};
use kernel::{ApplicationId, CaseId, HouseholdId, PersonId, RequestId};
use store::transact;
use web::{AppState, Session};

use crate::birth::{Browser, couple, session, values};
use crate::cases::{drain, newborn};
use crate::state::{Answer, installation, keep};

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

/// A case of the newborn's child allowance, applied for at the counter.
async fn a_case(state: &AppState, home: HouseholdId, mother: PersonId) -> CaseId {
    let pack = state.packs.current();
    let desk = casework::Desk { pack: &pack, keys: state.guard.keys(), ids: &*state.ids, now: state.now() };
    let mut tx = state.db.read().await.expect("a read");
    let members = casework::household::member_ids(&mut tx, &desk, home).await.expect("members");
    drop(tx);
    let child = *members.last().expect("the child is the last to come");
    let opening = Opening {
        application: ApplicationId::new(&*state.ids, state.now()),
        applicant: mother,
        household: home,
        channel: Channel::Counter,
        items: vec![OpeningItem {
            subject: Subject::Person(child),
            programme: "child_allowance".to_owned(),
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
async fn nobody_answers(state: &AppState) {
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
