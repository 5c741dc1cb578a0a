//! Bulk data: as the standard asks for it, and under pseudonyms.

use super::*;

/// The resources of a file, one a line.
async fn lines(who: &Client<'_>, url: &str) -> Vec<Value> {
    let path = url.split("/fhir/R4").nth(1).expect("ours");
    let mut request = Request::get(format!("/fhir/R4{path}"))
        .header("hearth-reason", "a%20test")
        .body(Body::empty())
        .expect("a request");
    if let Caller::Person(session) = &who.caller {
        request.extensions_mut().insert(session.clone());
    }
    let response = who.app.clone().oneshot(request).await.expect("the router answers");
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(response.headers()[header::CONTENT_TYPE], "application/fhir+ndjson");
    let bytes = axum::body::to_bytes(response.into_body(), 16 << 20).await.expect("a body");
    let text = String::from_utf8(bytes.to_vec()).expect("text");
    let all: Vec<Value> = text.lines().map(|l| serde_json::from_str(l).expect("JSON")).collect();
    all.iter().for_each(keep);
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn families_are_exported_to_whom_they_are_entrusted_and_counted_under_pseudonyms() {
    let town = Town::new().await;
    let (nurse, lead, colleague) = (town.person(&town.nurse), town.person(&town.lead), town.person(&town.colleague));
    let episode = nurse.get("/EpisodeOfCare").await.found()[0]["id"].as_str().expect("an id").to_owned();
    let bundle = visits::transaction(&[
        ("Encounter", visits::visit(&episode, town.mother, visits::VISIT)),
        ("Observation", visits::measured(town.child, "29463-7", 3.9, "kg", visits::FULL)),
    ]);
    assert_eq!(nurse.post("", &bundle).await.status, 200);

    lead.get("/Patient/$export").await.refused(400, "http.prefer");
    let ask = [("prefer", "respond-async")];
    let started = lead.call(Method::GET, "/Patient/$export?_type=Patient,Medication", &ask, None).await;
    started.refused(422, "$export?_type");
    let me = town.person(&town.citizen(town.mother));
    assert_eq!(me.call(Method::GET, "/Patient/$export", &ask, None).await.status, 403);
    for (who, families) in [(&nurse, 1), (&lead, 1), (&colleague, 0)] {
        let started = who.call(Method::GET, "/Patient/$export?_type=EpisodeOfCare,Patient", &ask, None).await;
        assert_eq!(started.status, 202, "{}", started.body);
        let at = started.headers[header::CONTENT_LOCATION]
            .to_str()
            .expect("text")
            .split("/fhir/R4")
            .nth(1)
            .expect("ours")
            .to_owned();
        let ready = who.get(&at).await;
        let outputs = ready.body["output"].as_array().expect("outputs").clone();
        assert_eq!(outputs.len(), 2, "{}", ready.body);
        let of = |kind: &str| {
            outputs.iter().find(|o| o["type"] == kind).expect("a file")["url"].as_str().expect("an address").to_owned()
        };
        assert_eq!(lines(who, &of("EpisodeOfCare")).await.len(), families);
        assert_eq!(lines(who, &of("Patient")).await.len(), families * 2);
        assert_eq!(who.call(Method::DELETE, &at, &[], None).await.status, 202);
    }

    // Under pseudonyms the same people are the same in every file, and nobody.
    let file = |kind: &str| format!("/fhir/R4/$export-file/{kind}.ndjson?pseudonymous=true");
    let mut all = Vec::new();
    for kind in fhir::export::kinds() {
        all.extend(lines(&lead, &file(kind)).await);
    }
    let text = serde_json::to_string(&all).expect("JSON");
    let real = [town.mother, town.child, town.father].map(|p| p.to_string());
    assert!(real.iter().all(|id| !text.contains(id)) && !text.contains(&episode), "{text}");
    for word in ["김하윤", "하늘", "번갈아", "은행나무로", "Practitioner", "2026-10-30"] {
        assert!(!text.contains(word), "{word}: {text}");
    }
    let child = all.iter().find(|r| r["birthDate"] == "2026-10").expect("the child");
    let weight = all.iter().find(|r| r["code"]["coding"][0]["code"] == "29463-7").expect("the weight");
    assert_eq!(weight["subject"]["reference"], format!("Patient/{}", child["id"].as_str().expect("an id")));
    assert_eq!(weight["valueQuantity"]["value"], 3.9);
    let later = lines(&lead, "/fhir/R4/$export-file/Encounter.ndjson?_since=2026-12-01T00:00:00Z").await;
    assert_eq!(later.len(), 0, "nothing was changed since");
}
