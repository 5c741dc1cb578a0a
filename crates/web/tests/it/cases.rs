//! What becomes of an application as the family sees it: applied for by themselves, followed agency by agency, decided,
//! objected to, paid to an account they changed; and what others of the household and strangers do not see.

use axum::Router;
use casework::investigate::answer::{self, Reply, Said};
use casework::{later, model::Subject};
use guard::Role;
use kernel::{PersonId, RequestId};
use rules::schema::{Entity, Type, Value};
use store::transact;
use web::AppState;

use crate::birth::{Browser, couple, session, values};
use crate::state::{Answer, installation, keep};
use axum::http::StatusCode;

/// Everything that waits in the outbox is handled.
pub(crate) async fn drain(state: &AppState) {
    for _ in 0..200 {
        let pack = state.packs.current();
        let desk = casework::Desk { pack: &pack, keys: state.guard.keys(), ids: &*state.ids, now: state.now() };
        let empty = transact!(state.db, casework::recompute::Fault, |tx| {
            match tx.take_message(desk.now.plus_seconds(3600)).await? {
                Some(message) => later::handle(tx, &desk, &message).await.map(|_| false),
                None => Ok(true),
            }
        });
        if empty.expect("a message is handled") {
            return;
        }
    }
    panic!("the outbox never empties");
}

/// Every agency that was asked answers what lets a child be entitled.
pub(crate) async fn agencies_answer(state: &AppState) {
    let pack = state.packs.current();
    let desk = casework::Desk { pack: &pack, keys: state.guard.keys(), ids: &*state.ids, now: state.now() };
    let mut tx = state.db.read().await.expect("a read");
    let rows =
        tx.all("select request_id, items from agency_request where status = 'waiting'", &[]).await.expect("rows");
    drop(tx);
    for row in rows {
        let request: RequestId = row.get("request_id").expect("an id");
        let items: Vec<(Subject, String)> = row.json("items").expect("items");
        let facts = items
            .into_iter()
            .map(|(subject, item)| {
                let entity = if subject.person().is_some() { Entity::Person } else { Entity::Household };
                let value = match &pack.item(entity, &item).expect("an item").ty {
                    Type::Boolean => Value::Boolean(false),
                    Type::Integer(_) => Value::Integer(0),
                    Type::Money(_) => Value::Money(0),
                    Type::Decimal(_) | Type::Ratio => Value::Decimal("0".into()),
                    Type::Date => Value::Date(jiff::civil::date(2026, 11, 18)),
                    Type::Text => Value::Text("x".into()),
                    Type::Code(list) => Value::Code(pack.code_lists().get(list).expect("codes").codes[0].id.clone()),
                };
                Said { subject, item, value, from: None, until: None }
            })
            .collect();
        let reply = Reply::Answered { facts, unknown: vec![], hash: "h".into() };
        transact!(state.db, answer::Fault, |tx| answer::run(tx, &desk, request, reply.clone()).await).expect("taken");
    }
}

pub(crate) async fn newborn(
    app: &Router,
    state: &AppState,
    home: kernel::HouseholdId,
    mother: PersonId,
    father: PersonId,
) {
    newborn_of(app, state, (home, mother, father), 7).await;
}

/// The same of one of several couples.
pub(crate) async fn newborn_of(
    app: &Router,
    state: &AppState,
    (home, mother, father): (kernel::HouseholdId, PersonId, PersonId),
    number: u8,
) {
    let key = format!("01890a5d-ac96-774b-bcce-b302099a805{number}");
    let official = Browser {
        app,
        session: session(state, Role::CounterOfficial, None, "박서준"),
        cookie: "hearth_purpose=counter_service.birth".to_owned(),
        language: "ko",
    };
    let (mother, father) = (mother.to_string(), father.to_string());
    let birth = [
        ("key", key.as_str()),
        ("mother", mother.as_str()),
        ("second", father.as_str()),
        ("name", "박서아"),
        ("born", "2026.11.18"),
        ("sex", "female"),
        ("order", "1"),
    ];
    let told = official.post(&format!("/official/households/{home}/events/birth"), &birth).await;
    assert_eq!(told.status, StatusCode::SEE_OTHER, "{}", told.body);
}

fn fine(name: &str, answer: &Answer) {
    assert_eq!(answer.status, StatusCode::OK, "{name}: {}", answer.body);
    assert!(!answer.body.contains(text::MISSING_MARK), "{name}: {:?}", answer.body.split(text::MISSING_MARK).nth(1));
    keep(&format!("flow-{name}.ko.html"), &answer.body);
}

fn first<'a>(page: &'a str, after: &str) -> &'a str {
    values(page, after).into_iter().next().unwrap_or_else(|| panic!("{after} is not in {page}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_family_applies_follows_is_decided_and_objects() {
    let (state, _folder) = installation().await;
    let (home, mother, father) = couple(&state).await;
    let app = web::router(state.clone());
    newborn(&app, &state, home, mother, father).await;
    let family = |person, name| Browser {
        app: &app,
        session: session(&state, Role::Citizen, Some(person), name),
        cookie: String::new(),
        language: "ko",
    };
    let me = family(mother, "김하윤");
    fine("cases-none", &me.get("/cases").await);
    fine("payments-none", &me.get("/payments").await);

    // Found, begun, come back to, sent.
    let found = me.get("/apply?q=%EC%95%84%EB%8F%99%EC%88%98%EB%8B%B9").await;
    assert!(found.body.contains("/apply/for/child_allowance"), "{}", found.body);
    let whom = me.get("/apply/for/child_allowance").await;
    fine("apply-whom", &whom);
    let people = values(&whom.body, "name=\"subject\" value=\"");
    assert_eq!(people.len(), 2, "the mother and the child, and not the father: {}", whom.body);
    let nobody = me.post("/apply/for/child_allowance", &[("subject", &father.to_string())]).await;
    assert_eq!(nobody.status, StatusCode::UNPROCESSABLE_ENTITY, "not for another adult");
    let child = people.iter().find(|p| **p != mother.to_string()).expect("the child");
    let begun = me.post("/apply/for/child_allowance", &[("subject", child)]).await;
    assert_eq!(begun.status, StatusCode::SEE_OTHER, "{}", begun.body);
    let list = me.get("/cases").await;
    let draft = format!("/apply/{}", first(&list.body, "href=\"/apply/"));
    let screen = me.get(&draft).await;
    fine("apply-questions", &screen);
    let account = first(&screen.body, "name=\"q-").to_owned();
    let account = format!("q-{account}");
    let account = account.trim_end_matches("-bank").to_owned();
    assert!(account.ends_with("bank_account"), "{account}");
    let revision = first(&screen.body, "name=\"revision\" value=\"").to_owned();
    let typed = [("revision", revision.as_str()), (account.as_str(), "110-222-333333"), ("do", "later")];
    let nameless = me.post(&draft, &typed).await;
    assert_eq!(nameless.status, StatusCode::UNPROCESSABLE_ENTITY, "a number without its bank");
    let (bank, holder) = (format!("{account}-bank"), format!("{account}-holder"));
    let short = [typed[0], (account.as_str(), "110"), (bank.as_str(), "088"), (holder.as_str(), "김하윤"), typed[2]];
    let short = me.post(&draft, &short).await;
    assert!(short.body.contains("숫자 10~16자리"), "{}", short.body);
    let typed = [typed[0], typed[1], (bank.as_str(), "088"), (holder.as_str(), "김하윤"), typed[2]];
    assert_eq!(me.post(&draft, &typed).await.status, StatusCode::SEE_OTHER);
    let again = me.get(&draft).await;
    assert!(again.body.contains("•••••••••333"), "what was said is there, hidden: {}", again.body);
    assert!(!again.body.contains("110-222") && !again.body.contains("110222"), "{}", again.body);
    let stale = me.post(&draft, &[("revision", revision.as_str()), ("do", "next")]).await;
    assert_eq!(stale.status, StatusCode::UNPROCESSABLE_ENTITY, "another tab saved meanwhile");
    let last = me.get(&format!("{draft}?step=99")).await;
    fine("apply-last", &last);
    let revision = first(&last.body, "name=\"revision\" value=\"").to_owned();
    let sent = me.post(&format!("{draft}?step=99"), &[("revision", revision.as_str()), ("do", "send")]).await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.body);

    // Followed agency by agency: what nobody knows is asked of who holds it.
    let begun = me.post("/apply/for/livelihood", &[("subject", "household")]).await;
    assert_eq!(begun.status, StatusCode::SEE_OTHER, "{}", begun.body);
    let list = me.get("/cases").await;
    let second = format!("/apply/{}", first(&list.body, "href=\"/apply/"));
    fine("apply-consents", &me.get(&format!("{second}?step=3")).await);
    let sent = me.post(&format!("{second}?step=99"), &[("revision", "1"), ("do", "send")]).await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.body);
    drain(&state).await;
    let list = me.get("/cases?done=sent").await;
    fine("cases", &list);
    let links = values(&list.body, "<h3><a href=\"/cases/");
    assert_eq!(links.len(), 2, "{}", list.body);
    let mut asked = 0;
    for link in &links {
        let id = link.split('/').next().unwrap_or_default();
        let page = me.get(&format!("/cases/{id}")).await;
        fine(&format!("case-{}", asked), &page);
        asked += page.body.matches("물었습니다").count();
    }
    assert!(asked > 0, "agencies were asked");
    let mut tx = state.db.read().await.expect("a read");
    let row =
        tx.one("select case_id from benefit_case where programme = 'child_allowance'", &[]).await.expect("a case");
    let case = format!("/cases/{}", row.get::<kernel::CaseId>("case_id").expect("an id"));
    drop(tx);
    // The father sees nothing of a stranger's child, and as a parent what is the child's; others see nothing.
    assert_eq!(family(father, "박민준").get(&case).await.status, StatusCode::OK);
    let (other, stranger, _) = couple(&state).await;
    assert_ne!(other, home);
    for path in [case.as_str(), draft.as_str()] {
        let answer = family(stranger, "모르는 사람").get(path).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}: {}", answer.body);
        assert!(!answer.body.contains("아동수당"), "{path}");
    }
    let staff = Browser { session: session(&state, Role::Analyst, None, "x"), ..family(mother, "x") };
    assert!(staff.get(&case).await.status.is_client_error());

    // Decided, read, objected to once, and asked how it was once.
    agencies_answer(&state).await;
    drain(&state).await;
    let page = me.get(&case).await;
    let decision = format!("{case}/decisions/{}", first(&page.body, &format!("{case}/decisions/")));
    let page = me.get(&decision).await;
    fine("decision", &page);
    for sure in ["아동수당", "100,000원", "2027년 2월 19일", "2026년 12월"] {
        assert!(page.body.contains(sure), "{sure} is not in {}", page.body);
    }
    assert_eq!(me.post(&format!("{decision}/rate"), &[("score", "11")]).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(me.post(&format!("{decision}/rate"), &[("score", "9")]).await.status, StatusCode::SEE_OTHER);
    assert!(!me.get(&decision).await.body.contains("name=\"score\""), "asked once");
    let object = format!("{decision}/object");
    assert_eq!(me.post(&object, &[("reason", "x")]).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    for _ in 0..2 {
        assert_eq!(me.post(&object, &[("reason", "금액이 적어요")]).await.status, StatusCode::SEE_OTHER);
    }
    let mut tx = state.db.read().await.expect("a read");
    let row = tx.one("select count(*) as n from objection", &[]).await.expect("a row");
    assert_eq!(row.get::<i64>("n").expect("a number"), 1);
    drop(tx);
    fine("case-decided", &me.get(&format!("{case}?done=objected")).await);
    let looked = me.get("/looked").await;
    assert!(looked.body.contains("사건 기록을 봄"), "{}", looked.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_complaints_accounts_and_figures() {
    let (state, _folder) = installation().await;
    let (home, mother, father) = couple(&state).await;
    let app = web::router(state.clone());
    newborn(&app, &state, home, mother, father).await;
    let me = Browser {
        app: &app,
        session: session(&state, Role::Citizen, Some(mother), "김하윤"),
        cookie: String::new(),
        language: "ko",
    };
    fine("report", &me.get("/report").await);
    let form = me.get("/report?kind=income").await;
    fine("report-details", &form);
    let id = first(&form.body, "name=\"id\" value=\"").to_owned();
    let who = mother.to_string();
    let base = [("id", id.as_str()), ("kind", "income"), ("who", who.as_str())];
    let empty = me.post("/report", &base).await;
    assert_eq!(empty.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(empty.body.contains("href=\"#f-on\""), "{}", empty.body);
    let full: Vec<_> = base.into_iter().chain([("on", "2026.11.20"), ("words", "월급이 줄었어요")]).collect();
    for _ in 0..2 {
        assert_eq!(me.post("/report", &full).await.status, StatusCode::SEE_OTHER);
    }
    let mut others = full.clone();
    let father = father.to_string();
    others[2] = ("who", father.as_str());
    assert_eq!(me.post("/report", &others).await.status, StatusCode::UNPROCESSABLE_ENTITY, "not for another adult");
    let page = me.get("/report?done=0").await;
    assert_eq!(page.body.matches("2026년 11월 20일").count(), 1, "sent twice is once: {}", page.body);

    let form = me.get("/complain").await;
    let id = first(&form.body, "name=\"id\" value=\"").to_owned();
    let said = [("id", id.as_str()), ("kind", "delay"), ("words", "전화를 받지 않아요")];
    assert_eq!(me.post("/complain", &said[..2]).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(me.post("/complain", &said).await.status, StatusCode::SEE_OTHER);
    let page = me.get("/complain").await;
    fine("complain", &page);
    assert!(page.body.contains("전화를 받지 않아요"));

    let account = [("who", who.as_str()), ("bank", "004"), ("number", "123-456-789012"), ("holder", "김하윤")];
    let mut wrong = account;
    wrong[2] = ("number", "!!");
    let refused = me.post("/payments/account", &wrong).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.body.contains("href=\"#f-number\""), "{}", refused.body);
    let mut theirs = account;
    theirs[0] = ("who", father.as_str());
    assert_eq!(me.post("/payments/account", &theirs).await.status, StatusCode::FORBIDDEN, "another adult's money");
    assert_eq!(me.post("/payments/account", &account).await.status, StatusCode::SEE_OTHER);
    let page = me.get("/payments?done=account").await;
    fine("payments", &page);
    assert!(page.body.contains("•••012") && !page.body.contains("789012"), "{}", page.body);

    assert_eq!(me.get("/figures").await.status, StatusCode::FORBIDDEN);
    let analyst = Browser { session: session(&state, Role::Analyst, None, "이도윤"), ..me };
    let page = analyst.get("/figures").await;
    fine("figures", &page);
    assert!(page.body.contains("5 미만"), "one birth is nobody's figure: {}", page.body);
    let backwards = analyst.get("/figures?from=2026-11-20&to=2026-11-01").await;
    assert_eq!(backwards.status, StatusCode::UNPROCESSABLE_ENTITY);
}
