//! Messages to families: nothing leaves unless somebody said how, and then once, not to those who mourn or have no telephone.

use std::path::Path;
use std::sync::Arc;

use app::config::Messages;
use app::surveys::hand_over;
use kernel::{Date, EnrolmentId, Instant, InvitationId, Period, PersonId};
use registry::person::{Detail, PersonError, set_detail, withdraw_details};
use registry::{Origin, Pen};
use serde_json::{Value, json};
use store::{StoreError, params, transact};

use crate::clock::town;

const FAMILY: &str = "insert into visit_enrolment (person_id, enrolment_id, protocol, source, entered_on, organisation, place, dates, revision, recorded_at)
    values ($1, $2, 'universal@2026.1', 'own', $3, 'health_centre', 'kr-11-680', $4, 1, 0)";
const PERSON: &str = "insert into visit_enrolment_person (enrolment_id, person_id) values ($1, $2)";
const INVITED: &str = "insert into survey_invitation (person_id, invitation_id, enrolment_id, survey, wave, occasion, instrument, opens_on, closes_on, organisation, place, words, status, made_at)
    values ($1, $2, $3, 'home_visits', 'week_6', 'week_6', 'parent-voice@2026.1', $4, $5, 'health_centre', 'kr-11-680', $6, 'open', 0)";

fn files(spool: &Path) -> Vec<Value> {
    let Ok(all) = std::fs::read_dir(spool) else { return Vec::new() };
    all.map(|file| serde_json::from_slice(&std::fs::read(file.unwrap().path()).unwrap()).unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_leave_where_an_operator_says_how_and_once() {
    let mut town = town(Instant::start_of(Date::constant(2026, 11, 21))).await;
    let people: Vec<PersonId> = town.families.iter().take(3).map(|f| f.persons[0]).collect();
    let runtime = &town.runtime;
    let (state, today) = (&runtime.state, runtime.state.today());
    let origin = Origin::new("test", "", "test");
    let always = Period { from: Date::constant(1, 1, 1), until: None };
    // The first has a telephone, the second has one and lost her pregnancy, the third has none. What the town recorded
    // goes first: the clock stands still here, so two numbers said at one instant would differ by chance alone.
    for person in &people {
        for kind in ["phone", "email"] {
            transact!(state.db, PersonError, |tx| {
                let pen = Pen::new(&*state.ids, &runtime.keys, state.now(), &origin);
                withdraw_details(tx, pen, *person, kind).await
            })
            .unwrap();
        }
    }
    for person in &people[..2] {
        let phone = Detail::Phone("010-0000-1234".to_owned());
        transact!(state.db, PersonError, |tx| {
            let pen = Pen::new(&*state.ids, &runtime.keys, state.now(), &origin);
            set_detail(tx, pen, *person, &phone, always).await
        })
        .unwrap();
    }
    for (n, person) in people.iter().enumerate() {
        let (family, id) = (EnrolmentId::new(&*state.ids, state.now()), InvitationId(state.ids.uuid(state.now())));
        let lost = (n == 1).then_some(today);
        let dates = json!({ "due": "2027-01-20", "lost": lost, "children": [] }).to_string();
        let words = json!({ "ko": "어떠셨나요?", "en": "How was it?" }).to_string();
        transact!(state.db, StoreError, |tx| {
            tx.execute(FAMILY, params![*person, family, today, dates]).await?;
            tx.execute(PERSON, params![family, *person]).await?;
            tx.execute(INVITED, params![*person, id, family, today, today, words]).await
        })
        .unwrap();
    }
    assert_eq!(hand_over(runtime).await.unwrap(), 0, "nobody said how");
    let folder = tempfile::tempdir().unwrap();
    let spool = folder.path().join("out");
    Arc::get_mut(&mut town.runtime).unwrap().config.messages = Messages { spool: Some(spool.clone()) };
    assert_eq!(hand_over(&town.runtime).await.unwrap(), 1);
    assert_eq!(hand_over(&town.runtime).await.unwrap(), 0, "once");
    let all = files(&spool);
    assert_eq!(all.len(), 1, "{all:?}");
    let text = all[0]["text"].as_str().unwrap();
    assert!(all[0]["phone"] == "010-0000-1234" && text.contains("/s/"), "{all:?}");
    assert!(text.starts_with("어떠셨나요?") || text.starts_with("How was it?"), "{text}");
}
