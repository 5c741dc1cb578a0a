//! A visit that has its day is told of: once a day it is put on, where an operator said how, and never to those who mourn or are protected.

use std::path::Path;
use std::sync::Arc;

use app::config::Messages;
use app::reminders::hand_over;
use jiff::ToSpan as _;
use kernel::{Date, EnrolmentId, Instant, Period, PersonId};
use registry::person::{Detail, PersonError, set_detail, withdraw_details};
use registry::protection::{NewProtection, ProtectionError, protect};
use registry::{Origin, Pen};
use serde_json::{Value, json};
use store::{StoreError, params, transact};

use crate::clock::town;

const FAMILY: &str = "insert into visit_enrolment (person_id, enrolment_id, protocol, source, entered_on, consented_at, organisation, place, dates, revision, recorded_at)
    values ($1, $2, 'universal@2026.1', 'own', $3, 1, 'health_centre', 'kr-11-680', $4, 1, 0)";
const PERSON: &str = "insert into visit_enrolment_person (enrolment_id, person_id) values ($1, $2)";
const STOP: &str = "insert into visit_week_stop (person_id, enrolment_id, nurse_id, week_on, visit, on_day, place, account_id, recorded_at)
    values ($1, $2, $2, $3, $4, $5, 1, $2, 0)";

fn files(spool: &Path) -> Vec<Value> {
    let Ok(all) = std::fs::read_dir(spool) else { return Vec::new() };
    all.map(|file| serde_json::from_slice(&std::fs::read(file.unwrap().path()).unwrap()).unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_visit_that_has_its_day_is_told_of_once() {
    let mut town = town(Instant::start_of(Date::constant(2026, 11, 21))).await;
    let people: Vec<PersonId> = town.families.iter().take(4).map(|f| f.persons[0]).collect();
    let runtime = &town.runtime;
    let (state, today) = (&runtime.state, runtime.state.today());
    let (pack, origin) = (state.packs.current(), Origin::new("test", "Act 1", "test"));
    let always = Period { from: Date::constant(1, 1, 1), until: None };
    let visits: Vec<String> =
        pack.protocols().get("universal@2026.1").unwrap().visits.iter().map(|v| v.id.clone()).collect();
    // One is told; one mourns, one is protected, one has no telephone. Everybody has every visit of the protocol on a day, so only the next one counts.
    let mut families = Vec::new();
    for (n, person) in people.iter().enumerate() {
        for kind in ["phone", "email"] {
            transact!(state.db, PersonError, |tx| {
                let pen = Pen::new(&*state.ids, &runtime.keys, state.now(), &origin);
                withdraw_details(tx, pen, *person, kind).await
            })
            .unwrap();
        }
        if n < 3 {
            let phone = Detail::Phone("010-0000-1234".to_owned());
            transact!(state.db, PersonError, |tx| {
                let pen = Pen::new(&*state.ids, &runtime.keys, state.now(), &origin);
                set_detail(tx, pen, *person, &phone, always).await
            })
            .unwrap();
        }
        let family = EnrolmentId::new(&*state.ids, state.now());
        let lost = (n == 1).then_some(today);
        let due = json!({ "due": "2027-01-20", "lost": lost, "children": [] }).to_string();
        transact!(state.db, StoreError, |tx| {
            tx.execute(FAMILY, params![*person, family, today, due]).await?;
            tx.execute(PERSON, params![family, *person]).await?;
            for visit in &visits {
                let (monday, on) = (visit::week::monday(today), today.saturating_add(2.days()));
                tx.execute(STOP, params![*person, family, monday, visit.clone(), on]).await?;
            }
            Ok(())
        })
        .unwrap();
        families.push(family);
    }
    let new = NewProtection {
        victim: people[2],
        perpetrators: vec![],
        valid: Period { from: today, until: None },
        reason: "violence".to_owned(),
    };
    transact!(state.db, ProtectionError, |tx| {
        let pen = Pen::new(&*state.ids, &runtime.keys, state.now(), &origin);
        protect(tx, pen, &new).await
    })
    .unwrap();
    assert_eq!(hand_over(runtime).await.unwrap(), 0, "nobody said how");
    let folder = tempfile::tempdir().unwrap();
    let spool = folder.path().join("out");
    Arc::get_mut(&mut town.runtime).unwrap().config.messages = Messages { spool: Some(spool.clone()) };
    assert_eq!(hand_over(&town.runtime).await.unwrap(), 1);
    assert_eq!(hand_over(&town.runtime).await.unwrap(), 0, "once");
    let all = files(&spool);
    assert_eq!(all.len(), 1, "{all:?}");
    let text = all[0]["text"].as_str().unwrap();
    assert!(all[0]["phone"] == "010-0000-1234" && text.contains("/visits/join") && text.contains("23"), "{text}");
    for word in ["visit", "nurse", "baby", "방문", "간호", "아기"] {
        assert!(!text.replace("/visits/join", "").contains(word), "{word} tells what it is about: {text}");
    }
    // Put on another day, it is told of again.
    let state = &town.runtime.state;
    let moved = "update visit_week_stop set on_day = $3 where person_id = $1 and enrolment_id = $2";
    transact!(state.db, StoreError, |tx| {
        tx.execute(moved, params![people[0], families[0], today.saturating_add(1.days())]).await
    })
    .unwrap();
    assert_eq!(hand_over(&town.runtime).await.unwrap(), 1);
    assert_eq!(files(&spool).len(), 2);
}
