//! The worked example of `docs/exchange.md` is what crosses the border.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use axum::body::Bytes;
use axum::http::{Method, StatusCode, Uri, header::CONTENT_TYPE};
use axum::{Json, Router};
use exchange::simulate::Behaviour;
use exchange::{
    Agencies, AgencySettings, AmountPer, Exchange, Order, OrderAction, OrderKind, OrderOutcome, Outcome, Question,
    SubjectAsked, ValueKind,
};
use kernel::{Currency, Date, FixedClock, Instant, Money, OrderId, RequestId};
use serde_json::{Value, json};

use crate::town::{asks, now, person, write_secret};

const PAGE: &str = include_str!("../../../../docs/exchange.md");

/// The block that begins with these words.
fn block(head: &str) -> &'static str {
    let head = format!("```{head}\n");
    let start = PAGE.find(&head).unwrap_or_else(|| panic!("no block {head}")) + head.len();
    PAGE[start..].split("\n```").next().unwrap()
}

fn json_block(name: &str) -> Value {
    serde_json::from_str(block(&format!("json {name}"))).unwrap()
}

fn subject() -> SubjectAsked {
    SubjectAsked { name: None, ..person() }
}

fn question() -> Question {
    Question {
        request_id: RequestId("01890a5d-ac96-774b-bcce-b302099a8057".parse().unwrap()),
        agency: "tax_office".into(),
        subjects: vec![subject()],
        items: vec![
            asks("earned_income", ValueKind::Money),
            asks("insured", ValueKind::Boolean),
            asks("pension", ValueKind::Money),
        ],
        purpose: "benefit_decision".into(),
        law: "Act on Benefits, art. 7".into(),
        case_reference: "2026-000123".into(),
        reply_by: Instant::start_of(Date::constant(2026, 11, 25)),
    }
}

fn order() -> Order {
    Order {
        order_id: OrderId("01890a5d-ac96-774b-bcce-b302099a8058".parse().unwrap()),
        agency: "tax_office".into(),
        action: OrderAction::Start,
        kind: OrderKind::Discount,
        service: "heating".into(),
        subject: subject(),
        from: Date::constant(2026, 12, 1),
        until: Some(Date::constant(2027, 4, 1)),
        amount: Some(Money::new(16_000, Currency::KRW)),
        amount_per: Some(AmountPer::Month),
        earlier: None,
        law: "Act on Heating, art. 9".into(),
        case_reference: "2026-000123".into(),
    }
}

type Heard = Arc<Mutex<Vec<(String, Value)>>>;

/// An agency that follows the page to the letter: not yet, then the answer; then a refusal.
async fn agency(heard: Heard) -> String {
    let follow = move |method: Method, uri: Uri, body: Bytes| {
        let heard = heard.clone();
        async move {
            let path = uri.path().to_owned();
            if path == "/token" {
                return (
                    StatusCode::OK,
                    [(CONTENT_TYPE, "application/json")],
                    Json(json!({
                        "access_token": "t", "token_type": "bearer"
                    })),
                );
            }
            let body = serde_json::from_slice(&body).unwrap_or(Value::Null);
            let mut heard = heard.lock().unwrap();
            heard.push((format!("{method} {path}"), body));
            let (status, name) = match heard.len() {
                1 => (StatusCode::ACCEPTED, "pending"),
                2 => (StatusCode::OK, "answer"),
                3 => (StatusCode::FORBIDDEN, "refused"),
                _ => (StatusCode::OK, "confirmation"),
            };
            (status, [(CONTENT_TYPE, "application/json")], Json(json_block(name)))
        }
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, Router::new().fallback(follow)).await });
    format!("http://{address}")
}

#[tokio::test]
async fn the_page_is_what_crosses_the_border() {
    let folder = tempfile::tempdir().unwrap();
    let secret = folder.path().join("secret");
    write_secret(&secret, "x");
    let heard = Heard::default();
    let address = agency(heard.clone()).await;
    let mut settings = AgencySettings::new(address.clone(), format!("{address}/token"), "hearth", &secret);
    settings.callback = Some("https://hearth.example/api/agency-answers".into());
    let agencies = Agencies(BTreeMap::from([("tax_office".to_owned(), settings)]));
    let exchange = Exchange::new(agencies, Arc::new(FixedClock::at(now()))).unwrap();

    let pending = exchange.ask(&question()).await.unwrap();
    assert_eq!(pending, Outcome::Pending { look_again_at: now().plus_seconds(3_600) });
    let Outcome::Answered(answer) = exchange.look(&question()).await.unwrap() else { panic!("no answer") };
    assert_eq!((answer.facts[0].value.clone(), answer.no_entry.len(), answer.unknown.len()), (json!(1_850_000), 1, 1));
    let refused = exchange.ask(&question()).await.unwrap();
    assert!(matches!(refused, Outcome::Refused { code, .. } if code == "no_legal_basis"));
    let confirmed = exchange.order(&order()).await.unwrap();
    assert!(matches!(confirmed, OrderOutcome::Confirmed { reference, .. } if reference == "HEAT-4711"));

    let heard = heard.lock().unwrap();
    let paths: Vec<_> = heard.iter().map(|(path, _)| path.as_str()).collect();
    let look = format!("GET /questions/{}", question().request_id);
    assert_eq!(paths, ["POST /questions", &look, "POST /questions", "POST /orders"]);
    assert_eq!(heard[0].1, json_block("question"));
    assert_eq!(heard[3].1, json_block("order"));
}

#[test]
fn the_settings_of_the_page_are_read_and_their_defaults_are_the_defaults() {
    #[derive(serde::Deserialize)]
    struct File {
        agencies: Agencies,
    }
    let file: File = toml::from_str(block("toml settings")).unwrap();
    let shown = &file.agencies.0["tax_office"];
    let mut usual = AgencySettings::new(&*shown.base, &*shown.token_url, &shown.client_id, &shown.secret_file);
    usual.scope = shown.scope.clone();
    usual.ca_file = shown.ca_file.clone();
    usual.public_key = shown.public_key.clone();
    usual.items = shown.items.clone();
    usual.callback = shown.callback.clone();
    assert_eq!(shown, &usual);
}

#[test]
fn the_page_names_every_behaviour() {
    let wrong = serde_json::from_value::<Behaviour>(json!({ "does": "nothing of the kind" })).unwrap_err().to_string();
    let names: Vec<_> = wrong.split('`').skip(3).step_by(2).collect();
    assert!(names.len() > 20, "{wrong}");
    for name in names {
        assert!(PAGE.contains(&format!("`{name}`")), "{name}");
    }
}
