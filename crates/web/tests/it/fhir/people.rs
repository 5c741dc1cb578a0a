//! Searches of people, and a protected address.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn people_are_found_as_the_office_may_and_a_protected_address_never_leaves() {
    let town = Town::new().await;
    let mut clerk = staff(&town.state, Role::CounterOfficial, "정하린").await;
    clerk.who.organisation = "municipality".to_owned();
    let counter = town.person(&clerk);
    // By post, so that the name stands in no address; by get as FHIR has it.
    let form =
        ("application/x-www-form-urlencoded", "name=%EA%B9%80%ED%95%98%EC%9C%A4&birthdate=1995-03-02".to_owned());
    let found = counter.call(Method::POST, "/Patient/_search", &[], Some(form)).await.found();
    assert_eq!((found.len(), &found[0]["id"]), (1, &json!(town.mother.to_string())));
    assert_eq!(counter.get("/Patient?birthdate=1995-03-02").await.found().len(), 1);
    counter.get("/Patient?birthdate=ge1995").await.refused(422, "Patient?birthdate");
    counter.get("/Patient?family=Kim").await.refused(422, "Patient?family");
    counter.get("/Patient").await.refused(422, "Patient");
    let read = counter.get(&format!("/Patient/{}", town.mother)).await;
    assert!(read.body["address"].is_null() && read.body["name"][0]["text"] == "김하윤", "{}", read.body);
    let same =
        counter.call(Method::GET, &format!("/Patient/{}", town.mother), &[("if-none-match", &read.etag())], None).await;
    assert_eq!(same.status, 304);
    let whole = format!("/Patient/{}?_elements=name,address,telecom", town.mother);
    let read = counter.get(&whole).await;
    assert_eq!(read.body["address"][0]["line"][0], "은행나무로 12, 304호", "{}", read.body);
    let kin = counter.get(&format!("/RelatedPerson?patient={}", town.child)).await.found();
    assert_eq!(kin.len(), 2);
    assert_eq!(counter.get(&format!("/RelatedPerson/{}", kin[0]["id"].as_str().expect("an id"))).await.status, 200);
    let home = counter.get(&format!("/Group?member=Patient/{}", town.child)).await.found();
    assert_eq!(home[0]["member"].as_array().map(Vec::len), Some(3));

    // Somebody new, once.
    let new = json!({
        "resourceType": "Patient",
        "identifier": [{ "system": "urn:hearth:identifier:rrn", "value": "990821-2000002" }],
        "name": [{ "family": "서", "given": ["은하"] }],
        "gender": "female",
        "birthDate": "1999-08-21",
        "communication": [{ "language": { "coding": [{ "system": "urn:ietf:bcp:47", "code": "ko" }] }, "preferred": true }],
    });
    let made = counter.post("/Patient", &new).await;
    assert_eq!(made.status, 201, "{}", made.body);
    counter.post("/Patient", &new).await.refused(409, "Patient.identifier");
    let mut wrong = new.clone();
    wrong["identifier"][0]["value"] = json!("99082-1");
    counter.post("/Patient", &wrong).await.refused(422, "Patient.identifier[0].value");
    wrong = new.clone();
    wrong["maritalStatus"] = json!({ "text": "single" });
    counter.post("/Patient", &wrong).await.refused(422, "Patient.maritalStatus");

    // Protected: no address for anybody, and for him as if she were not there.
    let origin = Origin::new("police", "Act 1", "test");
    store::transact!(town.state.db, registry::protection::ProtectionError, |tx| {
        let pen = Pen::new(&*town.state.ids, town.state.guard.keys(), town.state.now(), &origin);
        let new = NewProtection {
            victim: town.mother,
            reason: "violence".to_owned(),
            perpetrators: vec![town.father],
            valid: Period { from: jiff::civil::date(2026, 11, 1), until: None },
        };
        registry::protection::protect(tx, pen, &new).await
    })
    .expect("protected");
    let him = town.person(&town.citizen(town.father));
    for who in
        [&counter, &town.person(&town.nurse), &town.person(&town.lead), &him, &town.person(&town.citizen(town.mother))]
    {
        for path in [whole.clone(), format!("/Patient?_id={}&_elements=address,telecom", town.mother)] {
            let text = who.get(&path).await.body.to_string();
            assert!(!text.contains("은행나무로") && !text.contains("010-2222-3333"), "{path}: {text}");
        }
    }
    assert_eq!(him.get(&format!("/Patient/{}", town.mother)).await.status, 404);
    // She sees that they looked.
    let looks = town.person(&town.citizen(town.mother)).get("/AuditEvent").await.found();
    assert!(
        looks.len() > 3
            && looks.iter().all(|l| l["entity"][0]["what"]["reference"] == format!("Patient/{}", town.mother))
    );
}
