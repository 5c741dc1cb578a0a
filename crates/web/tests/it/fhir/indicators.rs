//! What is counted, and what may be told of it; of few the counts are masked.

use super::*;
use crate::indicators::{counted, of_country};

#[tokio::test(flavor = "multi_thread")]
async fn reports_of_a_place_hold_what_may_be_told_and_mask_the_rest() {
    let town = Town::new().await;
    counted(&town.state).await;
    let analyst = town.person(&of_country(&town.state));
    let measures = analyst.get("/Measure?url=urn:hearth:indicator:coverage_4w").await.found();
    assert_eq!(measures[0]["scoring"]["coding"][0]["code"], "proportion", "{measures:?}");
    let path = "/MeasureReport?measure=urn:hearth:indicator:coverage_4w&subject=Location/";
    let found = analyst.get(&format!("{path}kr-11-710")).await.found();
    let group = &found[0]["group"][0];
    assert_eq!((&group["measureScore"]["value"], &group["population"][1]["count"]), (&json!(40.0), &json!(50)));
    assert_eq!(found[0]["period"], json!({ "start": "2026-08-01", "end": "2026-08-31" }));
    let id = found[0]["id"].as_str().unwrap();
    assert_eq!(analyst.get(&format!("/MeasureReport/{id}")).await.body, found[0]);
    let few = analyst.get(&format!("{path}kr-11-740")).await.body.to_string();
    assert!(few.contains("masked") && !few.contains("\"count\""), "{few}");
    let all = analyst.get("/MeasureReport?_count=500&period=ge2026-01-01").await.found();
    assert!(all.iter().any(|r| r["measure"] == "urn:hearth:indicator:cost_visit"), "{all:?}");

    // Another's district, no place at all, and those who see none.
    let lead = town.person(&staff(&town.state, Role::VisitSupervisor, "한지민").await);
    assert_eq!(lead.get("/MeasureReport?_summary=count").await.status, 200);
    lead.get(&format!("{path}kr-11-710")).await.refused(422, "MeasureReport?subject");
    lead.get(&format!("/MeasureReport/{id}")).await.refused(422, "MeasureReport?subject");
    analyst.get(&format!("{path}nowhere")).await.refused(422, "MeasureReport?subject");
    assert_eq!(town.person(&town.nurse).get(&format!("{path}kr-11-710")).await.status, 403);
}
