//! A referral from request to close.

use super::*;

fn referral(mother: PersonId, id: &str) -> Value {
    json!({
        "resourceType": "ServiceRequest",
        "extension": [
            { "url": "urn:hearth:extension:shares", "valueString": "name" },
            { "url": "urn:hearth:extension:agreed-by", "valueReference": { "reference": format!("Patient/{mother}") } },
            { "url": "urn:hearth:extension:contact", "valueString": "010-0000-1234" },
        ],
        "identifier": [{ "system": URI, "value": format!("urn:uuid:{id}") }],
        "status": "active",
        "intent": "order",
        "code": { "coding": [{ "system": "urn:hearth:code:need", "code": "parenting" }] },
        "subject": { "reference": format!("Patient/{mother}") },
        "performer": [{ "reference": "HealthcareService/family.centre.gangnam" }],
        "reasonCode": [{ "text": "Would like to join a parents' group." }],
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_referral_goes_round_as_service_request_and_task() {
    let town = Town::new().await;
    let nurse = town.person(&town.nurse);
    let centre = town.machine("family_centre").await;
    let stranger = town.machine("court_administration").await;
    let id = "0190b5d0-0000-7000-8000-0000000000c1";
    let services = nurse.get("/HealthcareService?service-category=parenting&_count=100").await.found();
    assert!(services.iter().any(|s| s["id"] == "family.centre.gangnam"));
    let mut other = referral(town.mother, id);
    other["code"]["coding"][0]["code"] = json!("housing");
    nurse.post("/ServiceRequest", &other).await.refused(422, "ServiceRequest.code");
    for status in [201, 200] {
        let sent = nurse.post("/ServiceRequest", &referral(town.mother, id)).await;
        assert_eq!(sent.status, status, "{}", sent.body);
    }

    // The service sees the part that was agreed, and by no id who it is.
    let open = centre.get("/Task?status=requested&_include=Task:focus").await;
    let text = open.body.to_string();
    assert_eq!(open.found().len(), 2, "{text}");
    assert!(text.contains("김하윤") && text.contains("010-0000-1234"), "{text}");
    assert!(
        !text.contains(&town.mother.to_string()) && !text.contains("1995") && !text.contains("은행나무로"),
        "{text}"
    );
    assert_eq!(stranger.get("/Task").await.found().len(), 0);
    assert_eq!(stranger.get(&format!("/Task/{id}")).await.status, 404);
    assert_eq!(centre.get("/Encounter").await.status, 403);

    // Every step against the version that was read; what does not fit is refused, and nothing but the answer can be changed.
    let path = format!("/Task/{id}");
    let put = async |who: &Client<'_>, change: Value| {
        let read = who.get(&path).await;
        let mut task = read.body.clone();
        for (name, value) in change.as_object().expect("an object") {
            task[name] = value.clone();
        }
        who.send(Method::PUT, &path, &[("if-match", &read.etag())], &task).await
    };
    put(&centre, json!({ "status": "in-progress" })).await.refused(409, "Task.status");
    put(&centre, json!({ "status": "accepted", "intent": "plan" })).await.refused(422, "Task.intent");
    put(&centre, json!({ "status": "rejected", "statusReason": { "text": "No room." } }))
        .await
        .refused(422, "Task.statusReason.coding");
    assert_eq!(put(&centre, json!({ "status": "received" })).await.status, 200);
    let read = centre.get(&path).await;
    let waiting = json!([
        { "op": "replace", "path": "/status", "value": "accepted" },
        { "op": "add", "path": "/businessStatus", "value": { "coding": [{ "system": "urn:hearth:code:referral-status", "code": "waiting-list" }] } },
        { "op": "add", "path": "/executionPeriod", "value": { "start": "2026-12-10" } },
    ]);
    let patch = ("application/json-patch+json", waiting.to_string());
    let patched = centre.call(Method::PATCH, &path, &[("if-match", &read.etag())], Some(patch.clone())).await;
    assert_eq!((patched.status, patched.etag()), (200, "W/\"3\"".to_owned()), "{}", patched.body);
    let stale = centre.call(Method::PATCH, &path, &[("if-match", &read.etag())], Some(patch)).await;
    stale.refused(412, "http.if-match");
    assert_eq!(put(&centre, json!({ "status": "in-progress", "businessStatus": {} })).await.status, 200);
    put(&centre, json!({ "status": "completed", "statusReason": { "text": "She came four times." } }))
        .await
        .refused(422, "Task.output");
    let output = json!([{ "type": { "text": "outcome" }, "valueCodeableConcept": { "coding": [{ "system": "urn:hearth:code:outcome", "code": "met" }] } }]);
    let done = put(
        &centre,
        json!({ "status": "completed", "statusReason": { "text": "She came four times." }, "output": output }),
    )
    .await;
    assert_eq!(done.status, 200, "{}", done.body);
    assert_eq!(centre.get(&path).await.status, 404, "over, it is the service's no more");

    // The nurse reads every version and closes the loop; the mother sees it too, a colleague does not.
    let versions = nurse.get(&format!("{path}/_history")).await.found();
    let states: Vec<&str> = versions.iter().map(|v| v["status"].as_str().expect("a status")).collect();
    assert_eq!(states, ["completed", "in-progress", "accepted", "received", "requested"]);
    assert_eq!(nurse.get(&format!("{path}/_history/3")).await.body["executionPeriod"]["start"], "2026-12-10");
    assert_eq!(
        town.person(&town.citizen(town.mother)).get("/Task").await.found()[0]["statusReason"]["text"],
        "She came four times."
    );
    let closed = json!({
        "statusReason": { "text": "She sleeps better; nothing more to do." },
        "businessStatus": { "coding": [{ "system": "urn:hearth:code:referral-status", "code": "closed" }] },
    });
    let done = put(&nurse, closed).await;
    assert_eq!(done.status, 200, "{}", done.body);
    let last = nurse.get(&path).await;
    assert_eq!(last.body["businessStatus"]["coding"][0]["code"], "closed", "{}", last.body);

    // The family refuses another one; a third is taken back.
    let other = "0190b5d0-0000-7000-8000-0000000000c2";
    assert_eq!(nurse.post("/ServiceRequest", &referral(town.mother, other)).await.status, 201);
    let me = town.person(&town.citizen(town.mother));
    let read = me.get(&format!("/Task/{other}")).await;
    let mut task = read.body.clone();
    task["status"] = json!("cancelled");
    let refused = me.send(Method::PUT, &format!("/Task/{other}"), &[("if-match", &read.etag())], &task).await;
    assert_eq!(refused.status, 200, "{}", refused.body);
    assert_eq!(
        nurse.get(&format!("/Task/{other}")).await.body["businessStatus"]["coding"][0]["code"],
        "refused-by-family"
    );
}
