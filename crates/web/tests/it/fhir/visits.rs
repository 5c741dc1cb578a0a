//! A nurse's visit and its corrections; what is told alone.

use super::*;

pub(super) fn visit(episode: &str, mother: PersonId, id: &str) -> Value {
    json!({
        "resourceType": "Encounter",
        "extension": [{ "url": "urn:hearth:extension:next-steps", "valueString": "둘이 번갈아 재우기" }],
        "identifier": [{ "system": URI, "value": format!("urn:uuid:{id}") }],
        "status": "finished",
        "class": { "system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "HH" },
        "type": [{ "coding": [{ "system": "urn:hearth:code:visit", "code": "newborn" }] }],
        "subject": { "reference": format!("Patient/{mother}") },
        "episodeOfCare": [{ "reference": format!("EpisodeOfCare/{episode}") }],
        "period": { "start": "2026-11-21", "end": "2026-11-21" },
        "length": { "value": 75, "unit": "minutes", "system": "http://unitsofmeasure.org", "code": "min" },
    })
}

pub(super) fn measured(child: PersonId, code: &str, value: f64, unit: &str, encounter: &str) -> Value {
    json!({
        "resourceType": "Observation",
        "status": "final",
        "category": [{ "coding": [{ "system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": "vital-signs" }] }],
        "code": { "coding": [{ "system": "http://loinc.org", "code": code }] },
        "subject": { "reference": format!("Patient/{child}") },
        "encounter": { "reference": encounter },
        "effectiveDateTime": "2026-11-21",
        "valueQuantity": { "value": value, "unit": unit, "system": "http://unitsofmeasure.org", "code": unit },
    })
}

pub(super) fn answers(mother: PersonId, form: &str, items: Value) -> Value {
    json!({
        "resourceType": "QuestionnaireResponse",
        "questionnaire": format!("urn:hearth:questionnaire:{form}"),
        "status": "completed",
        "subject": { "reference": format!("Patient/{mother}") },
        "authored": "2026-11-21",
        "item": items,
    })
}

pub(super) const VISIT: &str = "0190b5d0-0000-7000-8000-0000000000a1";
pub(super) const FULL: &str = "urn:uuid:0190b5d0-0000-7000-8000-0000000000a1";

pub(super) fn transaction(entries: &[(&str, Value)]) -> Value {
    let entry = |(url, resource): &(&str, Value)| {
        let kind = resource["resourceType"].as_str().expect("a kind");
        let full = if kind == "Encounter" { json!(FULL) } else { Value::Null };
        let mut entry = json!({ "resource": resource, "request": { "method": "POST", "url": url } });
        if !full.is_null() {
            entry["fullUrl"] = full;
        }
        entry
    };
    json!({ "resourceType": "Bundle", "type": "transaction", "entry": entries.iter().map(entry).collect::<Vec<_>>() })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_visit_is_sent_once_corrected_and_read_in_every_version() {
    let town = Town::new().await;
    let (nurse, colleague) = (town.person(&town.nurse), town.person(&town.colleague));
    let episodes = nurse.get(&format!("/EpisodeOfCare?patient=Patient/{}", town.mother)).await.found();
    let episode = episodes[0]["id"].as_str().expect("an id").to_owned();
    assert_eq!((episodes.len(), &episodes[0]["status"]), (1, &json!("active")));
    // By a colleague not at all.
    assert_eq!(colleague.get(&format!("/EpisodeOfCare?patient={}", town.mother)).await.found().len(), 0);
    assert_eq!(colleague.get(&format!("/EpisodeOfCare/{episode}")).await.status, 404);
    let planned = nurse.get("/Location?_count=1").await;
    assert_eq!(planned.found().len(), 1);
    let next =
        planned.body["link"].as_array().expect("links").iter().find(|l| l["relation"] == "next").expect("a next page");
    let next = next["url"].as_str().expect("an address").split("/fhir/R4").nth(1).expect("ours").to_owned();
    let second = nurse.get(&next).await;
    assert_ne!(second.found()[0]["id"], planned.found()[0]["id"]);
    assert_eq!(second.body["total"], planned.body["total"]);

    // A visit with what was measured and answered is one transaction; a measurement alone is none.
    let weight = measured(town.child, "29463-7", 3.9, "kg", FULL);
    nurse.post("/Observation", &weight).await.refused(422, "Observation.encounter");
    let mut form = answers(
        town.mother,
        "mother-check",
        json!([{ "linkId": "m_general", "answer": [{ "valueCoding": { "code": "fine" } }] }]),
    );
    form["encounter"] = json!({ "reference": FULL });
    let bundle = transaction(&[
        ("Encounter", visit(&episode, town.mother, VISIT)),
        ("Observation", weight.clone()),
        ("Observation", measured(town.child, "8306-3", 0.52, "m", FULL)),
        ("QuestionnaireResponse", form),
    ]);
    // One part that cannot be, and nothing is written.
    let mut bad = bundle.clone();
    bad["entry"][1]["resource"]["valueQuantity"]["value"] = json!(390);
    nurse.post("", &bad).await.refused(422, "Bundle.entry[0].resource.valueQuantity");
    assert_eq!(nurse.get(&format!("/Encounter?patient={}", town.mother)).await.found().len(), 0);
    let done = nurse.post("", &bundle).await;
    assert_eq!(
        (done.status, &done.body["entry"][0]["response"]["status"]),
        (200, &json!("201 Created")),
        "{}",
        done.body
    );
    assert_eq!(done.body["entry"][3]["response"]["location"], format!("Encounter/{VISIT}/_history/1"));
    let again = nurse.post("", &bundle).await;
    assert_eq!(again.body["entry"][0]["response"]["status"], "200 OK", "sent again it is once: {}", again.body);

    // Read back: the visit, its figures with the WHO scores they give, the answers.
    let read = nurse.get(&format!("/Encounter/{VISIT}")).await;
    assert_eq!((read.status, read.etag()), (200, "W/\"1\"".to_owned()));
    assert_eq!(
        nurse.call(Method::GET, &format!("/Encounter/{VISIT}"), &[("if-none-match", "W/\"1\"")], None).await.status,
        304
    );
    let figures = nurse.get(&format!("/Observation?patient={}&encounter=Encounter/{VISIT}", town.child)).await.found();
    let of = |code: &str| {
        figures.iter().find(|f| f["code"]["coding"][0]["code"] == code).unwrap_or_else(|| panic!("no {code}"))
    };
    assert_eq!(
        (&of("29463-7")["valueQuantity"]["value"], &of("8306-3")["valueQuantity"]["value"]),
        (&json!(3.9), &json!(52.0))
    );
    let score = of("weight-for-age");
    assert!(score["derivedFrom"].is_array() && score["valueQuantity"]["value"].is_number(), "{score}");
    let said = nurse.get(&format!("/QuestionnaireResponse?encounter=Encounter/{VISIT}")).await.found();
    assert_eq!(said[0]["item"][0]["answer"][0]["valueCoding"]["code"], "fine");

    // A correction is another version: only against the newest, and what is not sent again stays.
    let mut wrong = read.body.clone();
    wrong["length"]["value"] = json!(90);
    let path = format!("/Encounter/{VISIT}");
    nurse.send(Method::PUT, &path, &[], &wrong).await.refused(412, "http.if-match");
    nurse.send(Method::PUT, &path, &[("if-match", "W/\"7\"")], &wrong).await.refused(412, "http.if-match");
    let corrected = nurse.send(Method::PUT, &path, &[("if-match", "W/\"1\"")], &wrong).await;
    assert_eq!((corrected.status, corrected.etag()), (200, "W/\"2\"".to_owned()), "{}", corrected.body);
    nurse.send(Method::PUT, &path, &[("if-match", "W/\"1\"")], &wrong).await.refused(412, "http.if-match");
    let patch = json!([{ "op": "replace", "path": "/length/value", "value": 95 }]).to_string();
    let kind = "application/json-patch+json";
    let patched = nurse.call(Method::PATCH, &path, &[("if-match", "W/\"2\"")], Some((kind, patch))).await;
    assert_eq!((patched.status, patched.etag()), (200, "W/\"3\"".to_owned()), "{}", patched.body);
    let versions = nurse.get(&format!("{path}/_history")).await.found();
    let minutes: Vec<&Value> = versions.iter().map(|v| &v["length"]["value"]).collect();
    assert_eq!(minutes, [&json!(95.0), &json!(90.0), &json!(75.0)]);
    assert_eq!(nurse.get(&format!("{path}/_history/1")).await.body, read.body, "as it was");
    let figures = nurse.get(&format!("/Observation?patient={}&code=29463-7", town.child)).await.found();
    assert_eq!((figures.len(), &figures[0]["status"]), (1, &json!("amended")));
    let told = nurse.get(&format!("/Provenance?target=Encounter/{VISIT}")).await.found();
    assert_eq!((told.len(), &told[0]["occurredDateTime"]), (3, &json!("2026-11-21")));

    // A colleague's visit to a family that is not hers is kept for the supervisor, and tells her nothing.
    let strange = visit(&episode, town.mother, "0190b5d0-0000-7000-8000-0000000000a2");
    let kept = colleague.post("/Encounter", &strange).await;
    assert!(kept.status == 202 && kept.body["issue"][0]["severity"] == "warning", "{}", kept.body);
    assert!(!kept.body.to_string().contains("김하윤"));
    // What nothing is kept of is not silently dropped.
    let mut more = visit(&episode, town.mother, "0190b5d0-0000-7000-8000-0000000000a3");
    more["hospitalization"] = json!({ "dietPreference": [{ "text": "none" }] });
    nurse.post("/Encounter", &more).await.refused(422, "Encounter.hospitalization");
    let mut later = visit(&episode, town.mother, "0190b5d0-0000-7000-8000-0000000000a4");
    later["period"]["start"] = json!("2027-01-01");
    nurse.post("/Encounter", &later).await.refused(422, "Encounter.period.start");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_told_alone_leaves_by_no_door_and_dark_answers_are_masked() {
    let town = Town::new().await;
    let (nurse, lead) = (town.person(&town.nurse), town.person(&town.lead));
    let desk = town.browser(town.nurse.clone());
    let page = town.page(&desk).await;
    // Alone at the desk: nothing of it is taken or given here.
    let form = format!("{page}/form/home-safety");
    let id = field(&desk.get(&form).await.body, "id");
    let told = [
        ("id", id.as_str()),
        ("do", "send"),
        ("alone", "yes"),
        ("q.home-safety.hurt", "true"),
        ("q.home-safety.strangle", "true"),
    ];
    assert_eq!(desk.post(&form, &told).await.status, StatusCode::SEE_OTHER);
    let alone =
        answers(town.mother, "home-safety", json!([{ "linkId": "strangle", "answer": [{ "valueBoolean": true }] }]));
    nurse.post("/QuestionnaireResponse", &alone).await.refused(422, "QuestionnaireResponse.questionnaire");
    let dark = json!([
        { "linkId": "phq9_1", "answer": [{ "valueCoding": { "code": "LA6570-1" } }] },
        { "linkId": "phq9_9", "answer": [{ "valueCoding": { "code": "LA6569-3" } }] },
    ]);
    let asked = answers(town.mother, "phq9", dark);
    let header = format!("identifier={URI}%7Curn:uuid:0190b5d0-0000-7000-8000-0000000000b1");
    for status in [201, 200] {
        let done = nurse.send(Method::POST, "/QuestionnaireResponse", &[("if-none-exist", &header)], &asked).await;
        assert_eq!(done.status, status, "{}", done.body);
    }
    let alerts = town.browser(town.lead.clone()).get("/visits/alerts").await;
    assert_eq!(values(&alerts.body, "href=\"/visits/alerts/").len(), 2, "both dangers were taken in");

    let kinds: Vec<&str> = fhir::surface::SURFACE.iter().map(|s| s.kind).collect();
    let me = town.person(&town.citizen(town.mother));
    let him = town.person(&town.citizen(town.father));
    for (name, who) in [("nurse", &nurse), ("supervisor", &lead), ("mother", &me), ("father", &him)] {
        for kind in &kinds {
            let query = match *kind {
                "Patient" => format!("?_id={}", town.mother),
                "RelatedPerson" => format!("?patient={}", town.mother),
                "Group" => format!("?member={}", town.mother),
                _ => String::new(),
            };
            let got = who.get(&format!("/{kind}{query}")).await;
            let text = got.body.to_string();
            let content = !["Questionnaire"].contains(kind);
            let canaries = ["home-safety", "strangle", "view_kept", "self_harm"];
            assert!(!content || canaries.iter().all(|c| !text.contains(c)), "{name} {kind}: {text}");
            assert!(!text.contains("은행나무로"), "{name} {kind}: an address nobody asked for");
            if *kind == "QuestionnaireResponse" && ["nurse", "supervisor"].contains(&name) {
                let items = got.found()[0]["item"].to_string();
                assert!(
                    items.contains("LA6570-1") && !items.contains("LA6569-3") && items.contains("masked"),
                    "{items}"
                );
            }
            if name == "father" && !["Patient", "Group", "RelatedPerson"].contains(kind) {
                let hers = format!("Patient/{}", town.mother);
                assert!(!text.contains(&hers), "{kind}: {text}");
            }
        }
    }
    // A masked answer is not lost by a client that sends back what it read.
    let read = nurse.get("/QuestionnaireResponse/0190b5d0-0000-7000-8000-0000000000b1").await;
    let sent = nurse.send(
        Method::PUT,
        "/QuestionnaireResponse/0190b5d0-0000-7000-8000-0000000000b1",
        &[("if-match", "W/\"1\"")],
        &read.body,
    );
    sent.await.refused(422, "QuestionnaireResponse.item[1].extension");
}
