//! What is served, and how what is wrong is told.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn the_door_says_what_is_served_and_what_is_wrong() {
    let town = Town::new().await;
    let nurse = town.person(&town.nurse);
    let nobody = Client { app: &town.app, caller: Caller::Machine("hearth-client.none".to_owned()) };
    let statement = nobody.get("/metadata").await;
    let rest = &statement.body["rest"][0];
    assert_eq!(rest["resource"].as_array().map(Vec::len), Some(fhir::surface::SURFACE.len()), "{}", statement.body);
    assert_eq!(nobody.get("/Encounter").await.status, 401);
    nurse.get("/Medication").await.refused(404, "");
    nurse.get("/Encounter/none").await.refused(404, "");
    nurse.call(Method::DELETE, "/Encounter/none", &[], None).await.refused(405, "");
    nurse.call(Method::GET, "/Encounter", &[("accept", "application/fhir+xml")], None).await.refused(406, "");
    nurse.call(Method::POST, "/Encounter", &[], Some((JSON, "{".to_owned()))).await.refused(400, "");
    nurse
        .call(Method::POST, "/Encounter", &[], Some(("text/plain", "{}".to_owned())))
        .await
        .refused(415, "http.content-type");
    nurse.post("/Encounter", &json!({ "resourceType": "Patient" })).await.refused(422, "Encounter.resourceType");
    nurse
        .post("", &json!({ "resourceType": "Bundle", "type": "message", "entry": [] }))
        .await
        .refused(422, "Bundle.type");
    let got = nurse.call(Method::GET, "/Medication", &[("accept-language", "ru")], None).await;
    assert!(got.body["issue"][0]["details"]["text"].as_str().expect("words").contains("нет"), "{}", got.body);
    // A batch: each entry by itself.
    let entry = |url: &str| json!({ "request": { "method": "GET", "url": url } });
    let batch = json!({ "resourceType": "Bundle", "type": "batch", "entry": [entry("Organization?_count=1"), entry("Encounter/none"), entry("Questionnaire")] });
    let done = nurse.post("", &batch).await;
    let states: Vec<&str> = done.body["entry"]
        .as_array()
        .expect("entries")
        .iter()
        .map(|e| e["response"]["status"].as_str().expect("a status"))
        .collect();
    assert_eq!(states, ["200 OK", "404 Not Found", "200 OK"], "{}", done.body);
    for kind in [
        "Organization",
        "Location",
        "HealthcareService",
        "Questionnaire",
        "PlanDefinition",
        "Measure",
        "Practitioner",
        "PractitionerRole",
    ] {
        let found = nurse.get(&format!("/{kind}?_count=500")).await.found();
        assert!(!found.is_empty(), "{kind}");
        let id = found[0]["id"].as_str().expect("an id");
        assert_eq!(nurse.get(&format!("/{kind}/{id}")).await.body, found[0], "{kind}");
        let counted = nurse.get(&format!("/{kind}?_summary=count")).await;
        assert!(counted.found().is_empty() && counted.body["total"].as_u64().expect("a number") > 0);
    }
}
