//! A level of need that was decided, and a family plan: whole for nurse and mother, in part for an agency.

use super::*;
use crate::plans::{api, social};

#[tokio::test(flavor = "multi_thread")]
async fn need_and_plan_are_read_by_those_who_take_part() {
    let town = Town::new().await;
    let (nurse, colleague) = (town.person(&town.nurse), town.person(&town.colleague));
    let me = town.person(&town.citizen(town.mother));
    let worker = town.person(&social(&town.state, "family_centre", "kr-11-680").await);
    let other = town.person(&social(&town.state, "municipality", "kr-11-680").await);

    // She answers at registration herself, in her own client; the nurse decides on it.
    let yes = json!([{ "valueBoolean": true }]);
    let items = json!([{ "linkId": "low_income", "answer": yes }, { "linkId": "single", "answer": yes }]);
    let mut risk = visits::answers(town.mother, "perinatal-risk", items);
    risk["item"][0]["answer"] = json!([{ "valueString": "yes" }]);
    me.post("/QuestionnaireResponse", &risk).await.refused(422, "QuestionnaireResponse.item");
    risk["item"][0]["answer"] = json!([{ "valueBoolean": true }]);
    let sent = me.post("/QuestionnaireResponse", &risk).await;
    assert_eq!(sent.status, 201, "{}", sent.body);
    let him = town.person(&town.citizen(town.father));
    assert_eq!(him.post("/QuestionnaireResponse", &risk).await.status, 404);
    let desk = town.browser(town.nurse.clone());
    let page = town.page(&desk).await;
    let decided = desk.post(&format!("{page}/need"), &[("need", "sustained"), ("from", "2026-11-21")]).await;
    assert_eq!(decided.status, StatusCode::SEE_OTHER, "{}", decided.body);
    let needs = nurse.get(&format!("/RiskAssessment?patient={}", town.mother)).await.found();
    assert_eq!(needs.len(), 1);
    let basis = needs[0]["basis"][0]["reference"].as_str().expect("a basis");
    assert_eq!(nurse.get(&format!("/{basis}")).await.body["extension"][0]["valueInteger"], 2);
    let id = needs[0]["id"].as_str().expect("an id");
    assert_eq!(nurse.get(&format!("/RiskAssessment/{id}")).await.status, 200);
    assert_eq!(colleague.get(&format!("/RiskAssessment/{id}")).await.status, 404);
    assert_eq!(me.get("/RiskAssessment").await.found().len(), 0, "told by the nurse, not by a client");
    assert!(!me.get("/Appointment").await.found().is_empty());

    // A plan with a goal of hers, an agency she agreed to, and one that was only asked.
    let person = format!("/api/persons/{}/plan", town.mother);
    let (status, made) =
        api(&desk, Method::POST, &person, "fhir-plan-1", json!({ "why": "several risks at once" })).await;
    assert_eq!(status, 201, "{made}");
    let case = made["case"].as_str().expect("a case");
    let acts = format!("/api/plans/{case}/acts");
    let done = async |key: &str, act: Value| {
        let (status, told) = api(&desk, Method::POST, &acts, key, act).await;
        assert_eq!(status, 200, "{told}");
    };
    done("fhir-act-1", json!({ "act": "goal", "voice": "own", "words": "I want to sleep at night again" })).await;
    done("fhir-act-2", json!({ "act": "goal", "voice": "own", "words": "no more worry about the rent" })).await;
    done("fhir-act-3", json!({ "act": "ask", "agency": "family_centre", "why": "care of her sleep", "agreed": true }))
        .await;
    done("fhir-act-4", json!({ "act": "ask", "agency": "municipality", "why": "help with the rent", "agreed": false }))
        .await;
    let action = json!({ "act": "action", "goal": 1, "agency": "family_centre", "words": "talks with her once a week", "due_on": "2026-12-20" });
    done("fhir-act-5", action).await;

    for who in [&nurse, &me] {
        let plan = who.get(&format!("/CarePlan/{case}")).await;
        assert_eq!((plan.status, &plan.body["status"]), (200, &json!("draft")), "{}", plan.body);
        assert_eq!(plan.body["activity"][0]["detail"]["description"], "talks with her once a week");
        let goals = who.get(&format!("/Goal?patient={}", town.mother)).await.found();
        assert_eq!(goals.len(), 2);
        assert_eq!(goals[0]["description"]["text"], "I want to sleep at night again");
        let goal = goals[0]["id"].as_str().expect("an id");
        assert_eq!(who.get(&format!("/Goal/{goal}")).await.status, 200);
        let consents = who.get(&format!("/Consent?patient={}&status=active", town.mother)).await.found();
        assert_eq!(consents.len(), 2, "to visits, and to the one agency she agreed to");
        let agreed = consents[0]["id"].as_str().expect("an id");
        assert_eq!(who.get(&format!("/Consent/{agreed}")).await.status, 200);
    }
    // The agency sees its own action and the goal it serves, her name, and not who she is here.
    let part = worker.get("/CarePlan").await;
    let text = format!("{} {}", part.body, worker.get("/Goal").await.body);
    assert!(text.contains("sleep at night") && text.contains("김하윤"), "{text}");
    assert!(
        !text.contains("rent") && !text.contains(&town.mother.to_string()) && !text.contains("은행나무로"),
        "{text}"
    );
    for who in [&other, &colleague, &him] {
        assert_eq!(who.get("/CarePlan").await.found().len(), 0);
        assert_eq!(who.get(&format!("/CarePlan/{case}")).await.status, 404);
    }
    assert_eq!(worker.get("/Encounter").await.status, 403);
}
