//! Requests that the tests of faults send.

use serde_json::{Value, json};

use crate::harness::http::{Answer, send};
use crate::harness::town::Place;

/// A birth of the mother with this number, `days` ago, under this key.
pub(crate) async fn birth(place: &Place, mother: usize, days: i64, key: &str) -> Option<Answer> {
    let them = &place.mothers[mother];
    let now = kernel::Clock::now(&app::runtime::SystemClock);
    let mut parents = vec![json!({ "person": { "id": them.id }, "role": "mother" })];
    parents.extend(them.father.map(|f| json!({ "person": { "id": f }, "role": "father" })));
    let body = json!({
        "names": [{ "script": "latn", "family": "Test", "given": key }],
        "birth_date": now.plus_seconds(-days * 86_400).date(0).to_string(),
        "parents": parents,
        "teller": { "register_number": key },
    });
    let headers = [("authorization", place.token.as_str()), ("idempotency-key", key)];
    send(place.port, "POST", "/api/events/birth", &headers, &body.to_string()).await
}

/// The answer must be a problem of this status, in words and with what to do.
pub(crate) fn assert_problem(answer: &Answer, status: u16) {
    assert_eq!(answer.status, status, "{}", answer.body);
    let problem: Value = answer.json();
    let text = |name: &str| problem.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    assert!(text("type").starts_with("urn:hearth:problem:"), "{}", answer.body);
    assert!(text("title").len() > 3 && text("detail").len() > 10, "{}", answer.body);
    for secret in ["sqlx", "panicked", "/tmp", "postgres://"] {
        assert!(!answer.body.contains(secret), "{} leaks {secret}", answer.body);
    }
}
