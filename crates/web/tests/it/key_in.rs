//! An official keys in an application: at the counter, and from a letter that arrived when the time to claim had passed.

use axum::http::StatusCode;
use guard::Role;

use crate::birth::{Browser, couple, session};
use crate::cases::newborn;
use crate::state::{installation, keep};

#[tokio::test(flavor = "multi_thread")]
async fn an_application_is_keyed_in_at_the_counter_and_from_a_letter() {
    let (state, _folder) = installation().await;
    let (home, mother, father) = couple(&state).await;
    let app = web::router(state.clone());
    newborn(&app, &state, home, mother, father).await;
    let official = Browser {
        app: &app,
        session: session(&state, Role::CounterOfficial, None, "박서준"),
        cookie: "hearth_purpose=counter_service.letter".to_owned(),
        language: "en",
    };
    let path = format!("/official/households/{home}/apply");
    assert!(official.get(&format!("/official/households/{home}")).await.body.contains(&path));
    let page = official.get(&path).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.body);
    keep("flow-key-in.en.html", &page.body);
    let mut tx = state.db.read().await.expect("a read");
    let row = tx.one("select person_id from person_membership where role = 'child'", &[]).await.expect("the child");
    let child = row.get::<kernel::PersonId>("person_id").expect("an id").to_string();
    drop(tx);
    let mother = mother.to_string();
    assert!(!page.body.contains(&format!("name=\"applicant\" value=\"{child}\"")), "no child applies");

    let full = [
        ("applicant", mother.as_str()),
        ("whom", child.as_str()),
        ("channel", "post"),
        ("received", "2026-11-19"),
        ("reason", "her letter"),
        ("programme", "child_allowance"),
        ("other", "livelihood"),
    ];
    for (left_out, at) in [
        ("applicant", "f-applicant-error"),
        ("whom", "f-whom-error"),
        ("channel", "f-channel-error"),
        ("received", "f-received-error"),
        ("reason", "f-reason-error"),
        ("programme", "f-programme-error"),
    ] {
        let missing = |name: &str| name == left_out || (left_out == "programme" && name == "other");
        let some: Vec<(&str, &str)> = full.iter().copied().filter(|(name, _)| !missing(name)).collect();
        let refused = official.post(&path, &some).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{left_out}");
        assert!(refused.body.contains(at), "{left_out}: {}", refused.body);
    }
    let count = async |sql: &'static str| {
        let mut tx = state.db.read().await.expect("a read");
        tx.one(sql, &[]).await.expect("a row").get::<i64>("n").expect("a number")
    };
    assert_eq!(count("select count(*) as n from application").await, 0, "nothing of what was refused is left");
    let taken = official.post(&path, &full).await;
    assert_eq!(taken.status, StatusCode::SEE_OTHER, "{}", taken.body);
    // The child's programme is the child's, the household's the household's; both count from the day the letter came.
    let cases = "select count(*) as n from benefit_case where channel = 'post' and applied_on = '2026-11-19'";
    assert_eq!(count(cases).await, 2);
    assert_eq!(count("select count(*) as n from benefit_case where subject_kind = 'household'").await, 1);
    let again = official.post(&path, &full).await;
    assert_eq!(again.status, StatusCode::SEE_OTHER, "{}", again.body);
    assert_eq!(count("select count(*) as n from benefit_case").await, 2, "what runs is not opened twice");
    let long_ago = full.map(|(n, v)| if n == "received" { (n, "2024-01-01") } else { (n, v) });
    assert!(official.post(&path, &long_ago).await.body.contains("f-received-error"));
    // The family sees it as it sees any other, and that an official keyed it in.
    let me = Browser { session: session(&state, Role::Citizen, Some(mother.parse().expect("an id")), "x"), ..official };
    assert!(me.get("/cases").await.body.contains("Child allowance"));
    assert!(me.get(&path).await.status.is_redirection() || me.get(&path).await.status.is_client_error());
}
