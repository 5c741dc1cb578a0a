//! Looking at everybody again by the programming interface alone: asked, approved by another, read group by group, settled by two.

use serde_json::{Value, json};

use crate::flow::Show;
use crate::harness::http::{Answer, send};
use crate::requests::assert_problem;

/// Why they look: who gives no reason is refused.
const REASON: (&str, &str) = ("hearth-reason", "the yearly look");

/// Somebody signed in, and the next key of their changes.
struct Caller {
    port: u16,
    cookie: String,
    keys: std::cell::Cell<u32>,
}

impl Caller {
    async fn of(show: &Show, subject: &str) -> Caller {
        Caller { port: show.port, cookie: show.cookie(subject).await, keys: std::cell::Cell::new(0) }
    }

    async fn get(&self, path: &str) -> Answer {
        send(self.port, "GET", path, &[("cookie", &self.cookie), REASON], "").await.unwrap()
    }

    async fn post(&self, path: &str, body: &Value) -> Answer {
        self.keys.set(self.keys.get() + 1);
        let key = format!("requalify-{}", self.keys.get());
        let headers = [("cookie", self.cookie.as_str()), ("idempotency-key", &key), REASON];
        send(self.port, "POST", path, &headers, &body.to_string()).await.unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn by_the_programming_interface_alone() {
    let show = Show::open(None).await;
    let [analyst, approver, caseworker, mother, administrator] =
        ["analyst", "approver", "caseworker", "mother-1", "administrator"].map(|subject| Caller::of(&show, subject));
    let (analyst, approver, caseworker, mother, administrator) =
        (analyst.await, approver.await, caseworker.await, mother.await, administrator.await);
    let today = show.runtime.state.today().to_string();
    let order = json!({ "on": today, "reason": "the yearly look", "law": "the act, article 9" });
    assert_problem(&mother.post("/api/requalifications", &order).await, 403);
    assert_problem(
        &analyst.post("/api/requalifications", &json!({ "on": "soon", "reason": "why", "law": "law" })).await,
        422,
    );
    let made = analyst.post("/api/requalifications", &order).await;
    assert_eq!(made.status, 201, "{}", made.body);
    let id = made.json()["requalification"].as_str().unwrap().to_owned();
    let acts = format!("/api/requalifications/{id}/acts");

    // Who asked does not approve; who does not know what to say is told.
    assert_problem(&analyst.post(&acts, &json!({ "act": "approve" })).await, 403);
    assert_problem(&administrator.post(&acts, &json!({ "act": "hurry" })).await, 422);
    let approved = administrator.post(&acts, &json!({ "act": "approve" })).await;
    assert_eq!(approved.status, 200, "{}", approved.body);
    let found = "select 1 as one from requalification where status in ('found', 'failed')";
    show.until(found, &[]).await;
    let listed = analyst.get("/api/requalifications").await.json();
    assert_eq!(listed["requalifications"][0]["status"], "found", "{listed}");
    assert_problem(&mother.get(&format!("/api/requalifications/{id}")).await, 403);

    // An office sees and settles what is its own.
    let whole = analyst.get(&format!("/api/requalifications/{id}")).await.json();
    let own = caseworker.get(&format!("/api/requalifications/{id}")).await.json();
    let count = |of: &Value| of["groups"].as_array().unwrap().iter().map(|g| g["count"].as_u64().unwrap()).sum::<u64>();
    assert_eq!(count(&whole), listed["requalifications"][0]["findings"].as_u64().unwrap());
    assert!(0 < count(&own) && count(&own) < count(&whole), "{} of {}", count(&own), count(&whole));
    let cause = own["groups"][0]["cause"].as_str().unwrap();
    let group = format!("/api/requalifications/{id}/groups/{cause}");
    assert_problem(&mother.get(&group).await, 403);
    assert_problem(&caseworker.get(&format!("/api/requalifications/{id}/groups/nothing")).await, 404);
    let page = caseworker.get(&group).await.json();
    let planned: u64 = page["planned"].as_object().unwrap().values().map(|n| n.as_u64().unwrap()).sum();
    assert_eq!(planned, own["groups"][0]["open"].as_u64().unwrap(), "{page}");

    // One finding says what the run said.
    let finding = &page["findings"][0];
    let explained = caseworker.get(&format!("/api/findings/{}", finding["id"].as_str().unwrap())).await.json();
    assert_eq!(&explained["finding"], finding);
    assert!(explained["results"].as_array().unwrap().iter().any(|r| r["subject"] == finding["subject"]), "{explained}");

    // One proposes, another signs.
    let proposed = caseworker.post(&format!("{group}/acts"), &json!({ "act": "propose" })).await;
    assert_eq!(proposed.status, 200, "{}", proposed.body);
    let act = proposed.json()["act"].clone();
    let sign = json!({ "act": "sign", "proposal": act });
    assert_problem(&caseworker.post(&format!("{group}/acts"), &sign).await, 403);
    let signed = approver.post(&format!("{group}/acts"), &sign).await;
    assert_eq!(signed.status, 200, "{}", signed.body);
    show.until("select 1 as one from requalification_act where status = 'done'", &[]).await;
    let after = caseworker.get(&group).await.json();
    assert_eq!(after["group"]["open"], 0, "{after}");
    assert!(after["findings"].as_array().unwrap().iter().all(|f| f["status"] != "open"), "{after}");

    // And the whole is taken back.
    assert_problem(&analyst.post(&acts, &json!({ "act": "roll_back" })).await, 422);
    let back = analyst.post(&acts, &json!({ "act": "roll_back", "reason": "a wrong parameter" })).await;
    assert_eq!(back.status, 200, "{}", back.body);
    show.until("select 1 as one from requalification where status = 'rolled_back'", &[]).await;
    show.close().await;
}
