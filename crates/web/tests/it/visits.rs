//! Home visiting on the pages: a mother asks, a supervisor gives, a nurse visits; what is told alone shows nowhere else.

use axum::http::StatusCode;
use guard::Role;
use guard::account::{self, AccountError, Duty};
use kernel::PersonId;
use store::transact;
use web::AppState;
use web::request::Session;

use crate::birth::{Browser, couple, session, values};
use crate::state::{installation, keep};

/// Somebody of the health centre of the family's district.
pub(crate) async fn staff(state: &AppState, role: Role, name: &str) -> Session {
    let duty = Duty { role, organisation: "health_centre".to_owned(), jurisdiction: Some("kr-11-680".to_owned()) };
    let mut it = session(state, role, None, name);
    it.who.organisation.clone_from(&duty.organisation);
    it.who.account = transact!(state.db, AccountError, |tx| {
        account::create(tx, &*state.ids, state.now(), name, None, std::slice::from_ref(&duty)).await
    })
    .expect("an account");
    it
}

pub(crate) fn field(page: &str, name: &str) -> String {
    values(page, &format!("name=\"{name}\" value=\"")).first().map(|v| (*v).to_owned()).unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mother_asks_is_given_a_nurse_and_is_visited_and_nothing_told_alone_leaks() {
    let (state, _folder) = installation().await;
    let (_, mother, father): (_, PersonId, PersonId) = couple(&state).await;
    let app = web::router(state.clone());
    let browser = |session| Browser { app: &app, session, cookie: String::new(), language: "en" };
    let me = browser(session(&state, Role::Citizen, Some(mother), "김하윤"));
    let him = browser(session(&state, Role::Citizen, Some(father), "박민준"));
    let lead = browser(staff(&state, Role::VisitSupervisor, "한지민").await);
    let nurse = browser(staff(&state, Role::Nurse, "정은지").await);
    let colleague = browser(staff(&state, Role::Nurse, "오세나").await);

    // Without consent nothing; with an impossible day a word beside the field; then she is in.
    let refused = me.post("/visits/join", &[("due", "2027-01-20")]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", refused.body);
    let refused = me.post("/visits/join", &[("due", "2035-01-20"), ("consent", "yes")]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", refused.body);
    let joined = me.post("/visits/join", &[("due", "2027-01-20"), ("consent", "yes")]).await;
    assert_eq!(joined.status, StatusCode::SEE_OTHER, "{}", joined.body);
    let page = me.get("/visits/join").await;
    assert!(page.body.contains("/visits/join/questions"), "{}", page.body);
    let form = me.get("/visits/join/questions").await;
    let id = field(&form.body, "id");
    let one = [("id", id.as_str()), ("do", "one")];
    assert!(me.post("/visits/join/questions", &one).await.body.contains("1 of"));
    let sent = [
        ("id", id.as_str()),
        ("do", "send"),
        ("q.perinatal-risk.low_income", "true"),
        ("q.perinatal-risk.single", "true"),
    ];
    assert_eq!(me.post("/visits/join/questions", &sent).await.status, StatusCode::SEE_OTHER);

    // The supervisor gives the family to a nurse of the office, and to nobody else.
    let list = lead.get("/visits/families").await;
    let href = values(&list.body, "href=\"/visits/family/")[0].to_owned();
    let family = format!("/visits/family/{href}");
    assert!(list.body.contains("김하윤"), "{}", list.body);
    let stranger = mother.to_string();
    assert_eq!(lead.post(&family, &[("do", "give"), ("nurse", &stranger)]).await.status, StatusCode::NOT_FOUND);
    assert_eq!(nurse.get(&family).await.status, StatusCode::NOT_FOUND, "not hers yet");
    let to = nurse.session.who.account.to_string();
    assert_eq!(lead.post(&family, &[("do", "give"), ("nurse", &to)]).await.status, StatusCode::SEE_OTHER);

    // The family on one screen, her address; the colleague and the husband see nothing.
    let file = nurse.get(&family).await;
    assert!(file.body.contains("은행나무로 12"), "{}", file.body);
    assert_eq!(colleague.get(&family).await.status, StatusCode::NOT_FOUND);
    assert_eq!(him.get(&family).await.status, StatusCode::FORBIDDEN);
    assert!(!him.get("/visits/join").await.body.contains("Universal"));

    // The decision on need follows the rule; otherwise only with a reason.
    let need = format!("{family}/need");
    let page = nurse.get(&need).await;
    assert!(page.body.contains("The weights are examples") && page.body.contains("2 points"), "{}", page.body);
    let otherwise = [("need", "universal"), ("from", "2026-11-21")];
    assert_eq!(nurse.post(&need, &otherwise).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    let decided = nurse.post(&need, &[("need", "sustained"), ("from", "2026-11-21")]).await;
    assert_eq!(decided.status, StatusCode::SEE_OTHER, "{}", decided.body);

    // Under the protocol that follows a visit is due, and is on her day.
    let day = nurse.get("/visits/day").await;
    assert!(day.body.contains("김하윤"), "{}", day.body);
    keep("flow-visits-day.en.html", &day.body);

    // A visit: what cannot be is said beside its field and what was typed stays; then it is taken, once.
    let record = format!("{family}/visit");
    let open = nurse.get(&format!("{record}?visit=pregnancy_30")).await;
    let id = field(&open.body, "id");
    let base = [("id", id.as_str()), ("visit", "pregnancy_30"), ("on", "2026-11-21"), ("minutes", "70")];
    let with = |more: &[(&'static str, &'static str)]| [&base[..], more].concat();
    let shut = nurse.post(&record, &with(&[("ending", "no_access"), ("steps", "우리 둘이 번갈아")])).await;
    assert_eq!(shut.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(shut.body.contains("우리 둘이 번갈아"), "{}", shut.body);
    let done = with(&[("ending", "done"), ("steps", "우리 둘이 번갈아"), ("q.mother-check.m_general", "fine")]);
    assert_eq!(nurse.post(&record, &done).await.status, StatusCode::SEE_OTHER);
    assert_eq!(nurse.post(&record, &done).await.status, StatusCode::SEE_OTHER, "sent again");
    let other = with(&[("ending", "done"), ("note", "another")]);
    assert_eq!(nurse.post(&record, &other).await.status, StatusCode::UNPROCESSABLE_ENTITY, "another under its name");
    let file = nurse.get(&family).await;
    assert!(file.body.contains("우리 둘이 번갈아"), "{}", file.body);
    keep("flow-visits-family.en.html", &file.body);
    // The colleague's visit to a family that is not hers is kept, and tells her nothing.
    let strange = [
        ("id", "0190b5d0-0000-7000-8000-000000000001"),
        ("visit", "newborn"),
        ("on", "2026-11-20"),
        ("ending", "done"),
    ];
    let kept = colleague.post(&record, &strange).await;
    assert!(kept.status == StatusCode::OK && !kept.body.contains("김하윤"), "{}", kept.body);
    assert!(lead.get(&family).await.body.contains("not in the sender"), "the supervisor sees that something came");

    // Mood with a dark thought, and what is told alone.
    let phq = format!("{family}/form/phq9");
    let id = field(&nurse.get(&phq).await.body, "id");
    let dark = [("id", id.as_str()), ("do", "send"), ("q.phq9.phq9_9", "LA6569-3")];
    let answer = nurse.post(&phq, &dark).await;
    let ipv = format!("{family}/form/home-safety");
    let id = field(&nurse.get(&ipv).await.body, "id");
    let told =
        [("id", id.as_str()), ("do", "send"), ("q.home-safety.hurt", "true"), ("q.home-safety.strangle", "true")];
    let not_alone = nurse.post(&ipv, &told).await;
    assert_eq!(not_alone.status, StatusCode::UNPROCESSABLE_ENTITY);
    let alone = [&told[..], &[("alone", "yes")]].concat();
    let quiet = nurse.post(&ipv, &alone).await;
    assert_eq!(quiet.status, StatusCode::SEE_OTHER);
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "the same words whatever was answered");

    // Nowhere but behind the question whether one is alone.
    let canaries =
        ["strangle", "hurt you", "Safety at home:", "self-harm", "Danger of", "Needs a safety plan", "No known danger"];
    let pages = [family.as_str(), "/visits/day", "/visits/families"];
    for (who, paths) in [(&nurse, &pages[..]), (&lead, &[family.as_str(), "/visits/families", "/visits/alerts"])] {
        for path in paths {
            let page = who.get(path).await;
            assert!(canaries.iter().all(|c| !page.body.contains(c)), "{path}: {}", page.body);
        }
    }
    for (who, paths) in [
        (&me, ["/visits/join", "/family", "/looked", "/offers", "/cases"]),
        (&him, ["/visits/join", "/family", "/looked", "/offers", "/cases"]),
    ] {
        for path in paths {
            let page = who.get(path).await;
            assert!(canaries.iter().all(|c| !page.body.contains(c)), "{path}: {}", page.body);
            assert!(!page.body.contains("kept apart") && !page.body.contains("view_kept"), "{path}: {}", page.body);
        }
    }
    let apart = format!("{family}/alone");
    assert_eq!(nurse.post(&apart, &[]).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(nurse.post(&apart, &[("alone", "yes")]).await.body.contains("strangle"));
    assert!(matches!(
        colleague.post(&apart, &[("alone", "yes")]).await.status,
        StatusCode::NOT_FOUND | StatusCode::FORBIDDEN
    ));

    // The supervisor sees to both.
    let alerts = lead.get("/visits/alerts").await;
    let paths: Vec<String> =
        values(&alerts.body, "href=\"/visits/alerts/").iter().map(|p| format!("/visits/alerts/{p}")).collect();
    assert_eq!(paths.len(), 2, "{}", alerts.body);
    assert_eq!(nurse.get("/visits/alerts").await.status, StatusCode::FORBIDDEN);
    let mut weak = staff(&state, Role::VisitSupervisor, "이하나").await;
    weak.who.strong = false;
    let weak = browser(weak);
    assert_eq!(weak.post(&paths[0], &[("alone", "yes"), ("do", "open")]).await.status, StatusCode::FORBIDDEN);
    let mut seen = Vec::new();
    for path in &paths {
        assert!(!lead.get(path).await.body.contains("Danger"), "shut");
        let open = lead.post(path, &[("alone", "yes"), ("do", "open")]).await;
        seen.push(open.body.contains("Danger of self-harm"));
        assert_eq!(lead.post(path, &[("alone", "yes"), ("do", "take")]).await.status, StatusCode::SEE_OTHER);
        let close = [("alone", "yes"), ("do", "close"), ("outcome", "Spoke with her; she is with her sister.")];
        assert_eq!(lead.post(path, &close).await.status, StatusCode::SEE_OTHER);
    }
    seen.sort_unstable();
    assert_eq!(seen, [false, true]);
    // She sees that the nurse looked, and not at what.
    let looked = me.get("/looked").await;
    assert!(looked.body.contains("Read notes of home visits"), "{}", looked.body);

    // The supervisor ends the visits: not on a day to come, not without saying why, not twice.
    let declined = ("left_why", "declined");
    for bad in [
        vec![("left_on", "2030-01-01"), declined],
        vec![("left_on", "2026-11-20")],
        vec![("left_on", "soon"), declined],
    ] {
        let refused = lead.post(&family, &[&[("do", "end")][..], &bad].concat()).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{bad:?}: {}", refused.body);
    }
    assert_eq!(
        nurse.post(&family, &[("do", "end"), ("left_on", "2026-11-20"), declined]).await.status,
        StatusCode::FORBIDDEN
    );
    let ended = lead.post(&family, &[("do", "end"), ("left_on", "2026-11-20"), declined]).await;
    assert_eq!(ended.status, StatusCode::SEE_OTHER, "{}", ended.body);
    assert!(lead.get(&family).await.body.contains("it wanted no more visits"));
    let again = lead.post(&family, &[("do", "end"), ("left_on", "2026-11-19"), declined]).await;
    assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY);
}
