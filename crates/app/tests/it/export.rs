//! `hearth evaluation export` as the operator gives it: two people sign in on the standard input, the table tells who nobody is, and the log has it.

use app::config::Config;
use app::runtime::{Runtime, SystemClock};
use guard::Role;
use guard::account::{self, AccountError, Duty, LocalSecret, NewLocal};
use guard::log::{Trust, verify};
use kernel::{Clock as _, Date, Instant};
use serde_json::json;
use store::{StoreError, params, transact};
use uuid::Uuid;

use crate::harness::town::Place;
use crate::operator::{hearth, said};

/// Told nowhere: it stands wherever a place or a word could slip through.
const CANARY: &str = "kr-canary-refuge";
const PASSWORD: &str = "a long enough password";
const BORN: &str = "2026-01-10";
const ENROL: &str = "insert into visit_enrolment (person_id, enrolment_id, protocol, source, entered_on, consented_at, organisation, place, dates, revision, recorded_at)
    values ($1, $1, 'universal@2026.1', 'own', $2, $3, 'health_centre', $4, $5, 1, $3)";
const ASSESSED: &str = "insert into visit_submission (person_id, submission_id, enrolment_id, kind, subject, made_on, status, content, account_id, received_at)
    values ($1, $1, $1, 'assessment', 'perinatal-risk', $2, 'accepted', $3, $1, $4)";
const AGREED: &str = "insert into consent (person_id, consent_id, purpose, law, words, account_id, given_at) values ($1, $1, $2, 'act', '{}', $1, $3)";

/// Opens the installation, enrols families of the study and makes two people who may sign; gives their second factors.
async fn prepared(place: &Place) -> [LocalSecret; 2] {
    let config =
        Config { database: place.database.clone(), data: place.data().into(), pack: place.pack(), ..Config::default() };
    let runtime = Runtime::open(config).await.expect("the installation");
    let state = &runtime.state;
    let pack = state.packs.current();
    let study = pack.studies().get("sustained_visits").expect("the study");
    let entered: Date = "2025-10-01".parse().expect("a day");
    let then = Instant::start_of(entered);
    transact!(state.db, StoreError, |tx| {
        for n in 0..12_u128 {
            let id = Uuid::from_u128(0x1000 + n);
            let child = json!({ "person": id, "born": BORN, "female": null, "discharged": null, "died": null });
            let dates = json!({ "due": BORN, "lost": null, "children": [child] }).to_string();
            tx.execute(ENROL, params![id, entered, then, CANARY, dates]).await?;
            let answers = json!({ "age": 27, "single": false, "low_income": true });
            let made = json!({ "instrument": "perinatal-risk@2026.1", "answers": answers, "rule": "perinatal_risk_score@2026.1", "points": 2 });
            tx.execute(ASSESSED, params![id, entered, made.to_string(), then]).await?;
            // The last one does not agree.
            if n < 11 {
                tx.execute(AGREED, params![id, study.consent.clone(), then]).await?;
            }
        }
        Ok(())
    })
    .expect("families");
    let mut secrets = Vec::new();
    for (login, role) in [("orders", Role::Analyst), ("approves", Role::Approver)] {
        let duty = Duty { role, organisation: "mohw".to_owned(), jurisdiction: None };
        let secret = transact!(state.db, AccountError, |tx| {
            let duties = std::slice::from_ref(&duty);
            let account = account::create(tx, &*state.ids, state.now(), login, None, duties).await?;
            account::create_local(tx, &runtime.keys, &NewLocal { account, login, password: PASSWORD }).await
        });
        secrets.push(secret.expect("an account"));
    }
    state.db.close().await;
    secrets.try_into().expect("two")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_study_is_exported_by_two_and_tells_who_nobody_is() {
    let place = Place::settle(20, None).await;
    let secrets = prepared(&place).await;
    let code = |n: usize| secrets[n].code_at(SystemClock.now()).expect("a code");
    let words = ["evaluation", "export", "--study", "sustained_visits", "--out", "study"];
    let words = [&words[..], &["--reason", "the yearly paper", "--law", "the act, article 28-2"]].concat();
    let words = [&words[..], &["--by", "orders", "--approved-by", "approves"]].concat();
    let wrong = hearth(&place, &words, &format!("{PASSWORD}\n000000\n{PASSWORD}\n{}\n", code(1))).await;
    assert!(!wrong.status.success() && !place.home().join("study").exists(), "{}", said(&wrong));
    let typed = format!("{PASSWORD}\n{}\n{PASSWORD}\n{}\n", code(0), code(1));
    let done = hearth(&place, &words, &typed).await;
    assert!(done.status.success() && said(&done).contains("11 families"), "{}", said(&done));
    let table = std::fs::read_to_string(place.home().join("study/families.csv")).expect("the table");
    assert_eq!(table.lines().count(), 12, "a line a family that agreed: {table}");
    let dictionary = std::fs::read_to_string(place.home().join("study/dictionary.csv")).expect("the dictionary");
    for text in [&table, &dictionary] {
        assert!(!text.contains(CANARY) && !text.contains("00000000-0000-0000-0000-0000000010"), "{text}");
    }
    let log = verify(&place.data().join("log"), &Trust::default()).expect("a whole log");
    assert!(log.entries() >= 1);
}
