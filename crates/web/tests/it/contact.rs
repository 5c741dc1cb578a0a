//! How somebody is reached: said by themselves on a telephone, at the counter, and by a program; of somebody protected nothing shows.

use std::path::Path;

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use guard::Role;
use kernel::PersonId;
use serde_json::{Value, json};
use web::{AppState, Session};

use crate::birth::{Browser, couple, session};
use crate::state::{installations, keep, send};
use crate::work::official;

async fn known(state: &AppState, person: PersonId) -> Vec<(String, String)> {
    let mut tx = state.db.read().await.unwrap();
    let sql = "select kind, value from person_detail where person_id = $1 and withdrawn_at is null and kind in ('phone', 'email', 'language')
        order by kind, recorded_at";
    let rows = tx.all(sql, &[store::ToValue::to_value(&person)]).await.unwrap();
    rows.iter().map(|row| (row.get("kind").unwrap(), row.get("value").unwrap())).collect()
}

fn pairs(all: &[(String, String)]) -> Vec<(&str, &str)> {
    all.iter().map(|(kind, value)| (kind.as_str(), value.as_str())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_contact_is_said_corrected_and_taken_back() {
    let pack = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packs/korea");
    for (state, _folder) in installations(&pack).await {
        let (home, mother, father) = couple(&state).await;
        let app = web::router(state.clone());
        let browser =
            |session: Session, cookie: &str| Browser { app: &app, session, cookie: cookie.to_owned(), language: "en" };
        let me = browser(session(&state, Role::Citizen, Some(mother), "김하윤"), "");
        let form = |phone: &'static str, email: &'static str, language: &'static str| {
            [("phone", phone), ("email", email), ("language", language)]
        };
        let wrong = me.post("/family/contact", &form("call me", "nobody", "tlh")).await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
        for said in ["f-phone-error", "f-email-error", "f-language-error", "value=\"call me\""] {
            assert!(wrong.body.contains(said), "{said}: {}", wrong.body);
        }
        assert_eq!(known(&state, mother).await, [], "nothing half done");
        let right = me.post("/family/contact", &form("010-1234-5678", "hayun@example.org", "ko")).await;
        assert_eq!((right.status, right.location.as_str()), (StatusCode::SEE_OTHER, "/family?done=contact"));
        assert!(me.get("/family?done=contact").await.body.contains("The contact is kept."));
        let page = me.get("/family/contact").await.body;
        keep("flow-contact.en.html", &page);
        assert!(page.contains("value=\"010-1234-5678\"") && page.contains("value=\"hayun@example.org\""), "{page}");
        assert_eq!(me.post("/family/contact", &form("010-1234-5678", "", "ko")).await.status, StatusCode::SEE_OTHER);
        assert_eq!(
            pairs(&known(&state, mother).await),
            [("language", "ko"), ("phone", "010-1234-5678")],
            "the e-mail is taken back, the rest said once"
        );

        // At the counter, on her word; the look at what was known is one of its own, and hers to see.
        let counter = browser(
            official(&state, Role::CounterOfficial, None, "박서준").await,
            "hearth_purpose=counter_service.new+number",
        );
        let screen = counter.get(&format!("/official/households/{home}")).await.body;
        let path = format!("/official/households/{home}/contact/{mother}");
        assert!(screen.contains(&path), "{screen}");
        assert!(counter.get(&path).await.body.contains("010-1234-5678"));
        assert_eq!(counter.post(&path, &form("010-9999-0000", "", "en")).await.status, StatusCode::SEE_OTHER);
        let now = known(&state, mother).await;
        assert_eq!(now.last().map(|(_, value)| value.as_str()), Some("010-9999-0000"));
        let looked = me.get("/looked").await.body;
        assert!(looked.contains("Changed the record · Saw the address"), "{looked}");
        let mut far = official(&state, Role::CounterOfficial, None, "정하린").await;
        far.who.jurisdiction = Some("kr-26-350".to_owned());
        assert_eq!(browser(far, "hearth_purpose=counter_service.x").get(&path).await.status, StatusCode::FORBIDDEN);
        let stranger = browser(session(&state, Role::Citizen, Some(father), "박민준"), "");
        assert_eq!(stranger.get(&path).await.status, StatusCode::SEE_OTHER, "no page of a citizen's");

        // By a program, once a key.
        let api = format!("/api/persons/{mother}/contact");
        let call = async |who: &Session, key: &str, body: Value| {
            let request =
                Request::post(&api).header(header::CONTENT_TYPE, "application/json").header("idempotency-key", key);
            let mut request =
                request.header("hearth-reason", "she%20called").body(Body::from(body.to_string())).unwrap();
            request.extensions_mut().insert(who.clone());
            let answer = send(&app, request).await;
            (answer.status, serde_json::from_str::<Value>(&answer.body).unwrap_or_default())
        };
        let (status, told) = call(&me.session, "contact-1", json!({ "phone": "nobody" })).await;
        assert_eq!(
            (status, told["errors"][0]["pointer"].as_str()),
            (StatusCode::UNPROCESSABLE_ENTITY, Some("/phone")),
            "{told}"
        );
        for _ in 0..2 {
            assert_eq!(
                call(&me.session, "contact-2", json!({ "clear": ["phone"], "email": "a@example.org" })).await.0,
                StatusCode::OK
            );
        }
        let said = known(&state, mother).await;
        assert!(!said.iter().any(|(kind, _)| kind == "phone"), "{said:?}");
        assert_eq!(said.iter().filter(|(kind, _)| kind == "email").count(), 1, "{said:?}");
        assert_eq!(
            call(&stranger.session, "contact-3", json!({ "phone": "010-0000-0000" })).await.0,
            StatusCode::FORBIDDEN,
            "not her husband's to say"
        );
    }
}
