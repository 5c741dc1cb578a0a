//! Figures by nurse and district: nothing of few, nor what it could be worked out from.

use kernel::{AccountId, Ids, Instant};
use store::{Tx, params};
use survey::figures::{By, Figures, Group, Quarter, figures, words};
use uuid::Uuid;

use crate::office::{DISTRICT, Office, day, keys, pack};

const INVITED: &str = "insert into survey_invitation (person_id, invitation_id, enrolment_id, survey, wave, occasion, instrument, opens_on, closes_on, organisation, place, nurse_id, words, status, made_at)
    values ($1, $2, $3, 'home_visits', $4, $4, 'parent-voice@2026.1', $5, $5, 'health_centre', $6, $7, '{}', $8, 0)";
const VALUE: &str = "insert into survey_value (person_id, invitation_id, measure, value) values ($1, $2, $3, $4)";
const WROTE: &str =
    "insert into survey_answer (person_id, invitation_id, sealed, wrote, answered_at) values ($1, $2, $3, $4, 0)";

/// One family of a nurse that was asked, and what it answered: satisfaction and words.
async fn asked(office: &Office, tx: &mut Tx, nurse: u128, place: &str, said: Option<(i64, &str)>) {
    let id = || office.ids.uuid(Instant::from_micros(0));
    let (person, invitation) = (id(), id());
    let (on, status) = (day("2026-08-13"), if said.is_some() { "answered" } else { "open" });
    let values = params![person, invitation, id(), "week_6", on, place, AccountId(Uuid::from_u128(nurse)), status];
    tx.execute(INVITED, values).await.unwrap();
    let Some((score, text)) = said else { return };
    tx.execute(VALUE, params![person, invitation, "satisfaction", score]).await.unwrap();
    let kept = serde_json::json!({ "instrument": "parent-voice@2026.1", "answers": { "words": text } });
    let sealed = keys().seal_field("survey_answer", "sealed", invitation, kept.to_string().as_bytes()).unwrap();
    tx.execute(WROTE, params![person, invitation, sealed, !text.is_empty()]).await.unwrap();
}

fn quarter(text: &str) -> Quarter {
    text.parse().unwrap()
}

async fn of_nurses(office: &Office, on: &str, at: &str) -> Option<Figures> {
    let by = By::Nurse { organisation: "health_centre".to_owned(), place: DISTRICT.to_owned() };
    let survey = pack().surveys().get("home_visits").unwrap();
    let mut tx = office.db.read().await.unwrap();
    figures(&mut tx, &office.desk(day(on)), survey, "week_6", &by, quarter(at)).await.unwrap()
}

#[tokio::test]
async fn a_nurse_with_few_answers_is_hidden_and_so_is_what_would_tell_of_her() {
    for office in Office::all(11).await {
        let mut tx = office.db.begin().await.unwrap();
        // Nurse 1: twelve answers of 9; nurse 2: six of 8; nurse 3: two of 1; two more who were asked did not answer.
        for (nurse, answers, score) in [(1, 12, 9), (2, 6, 8), (3, 2, 1)] {
            for n in 0..answers {
                let text = if n < 2 { "전화는 010-1234-5678 이에요" } else { "" };
                asked(&office, &mut tx, nurse, DISTRICT, Some((score, text))).await;
            }
            asked(&office, &mut tx, nurse, DISTRICT, None).await;
        }
        asked(&office, &mut tx, 9, "kr-26-350", Some((5, ""))).await;
        tx.commit().await.unwrap();

        let found = of_nurses(&office, "2026-10-01", "2026-Q3").await.unwrap();
        let line = |n: u128| found.lines.iter().find(|(g, _)| *g == Group::Nurse(Some(AccountId(Uuid::from_u128(n)))));
        let line = |n: u128| line(n).unwrap().1.clone();
        assert_eq!(found.lines.len(), 3, "another district's is not there");
        assert_eq!((line(1).asked, line(1).answered, line(1).means[0]), (13, Some(12), Some(90)));
        // The third nurse is hidden, and the second with her: all less the others would be the third.
        assert_eq!((line(3).asked, line(3).answered, line(3).means[0]), (3, None, None));
        assert_eq!((line(2).answered, line(2).means[0]), (None, None));
        // (12×9 + 6×8 + 2×1) / 20 = 7.9; the eight kept back are enough to be told of together.
        assert_eq!((found.total.asked, found.total.answered, found.total.means[0]), (23, Some(20), Some(79)));
        assert_eq!(found.total.means[1], None, "nobody answered the other measure");

        // Nothing while answers can still come in, and nothing in a quarter without any.
        assert!(of_nurses(&office, "2026-09-30", "2026-Q3").await.is_none());
        assert!(of_nurses(&office, "2026-10-01", "2026-Q2").await.unwrap().lines.is_empty());

        // Words of six families are shown without numbers, those of a place with one family are not.
        let survey = pack().surveys().get("home_visits").unwrap();
        let mut tx = office.db.read().await.unwrap();
        let desk = office.desk(day("2026-10-01"));
        let at = ("health_centre", DISTRICT);
        let all = words(&mut tx, &desk, survey, "week_6", at, quarter("2026-Q3")).await.unwrap();
        assert_eq!(all, vec!["전화는 … 이에요"; 6]);
        let desk = office.desk(day("2026-09-30"));
        assert!(words(&mut tx, &desk, survey, "week_6", at, quarter("2026-Q3")).await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn means_are_kept_back_while_those_behind_them_are_few() {
    for office in Office::all(12).await {
        let mut tx = office.db.begin().await.unwrap();
        // One district with twenty answers, one with three: the mean of both would tell that of the three.
        for _ in 0..20 {
            asked(&office, &mut tx, 1, DISTRICT, Some((9, "good"))).await;
        }
        for _ in 0..3 {
            asked(&office, &mut tx, 2, "kr-26-350", Some((2, "bad"))).await;
        }
        tx.commit().await.unwrap();
        let survey = pack().surveys().get("home_visits").unwrap();
        let desk = office.desk(day("2026-10-01"));
        let mut tx = office.db.read().await.unwrap();
        let by = By::District { within: "kr".to_owned() };
        let found = figures(&mut tx, &desk, survey, "week_6", &by, quarter("2026-Q3")).await.unwrap().unwrap();
        assert_eq!(found.lines.len(), 2);
        assert!(found.lines.iter().all(|(_, l)| l.answered.is_none() && l.means[0].is_none()), "{found:?}");
        assert_eq!((found.total.answered, found.total.means[0]), (Some(23), Some(81)), "(20×9 + 3×2) / 23");
        let one = By::District { within: "kr-11".to_owned() };
        let found = figures(&mut tx, &desk, survey, "week_6", &one, quarter("2026-Q3")).await.unwrap().unwrap();
        assert_eq!(found.total.answered, Some(20));
        let at = ("health_centre", "kr-26-350");
        assert!(words(&mut tx, &desk, survey, "week_6", at, quarter("2026-Q3")).await.unwrap().is_empty());
    }
}

#[test]
fn quarters_are_read_as_they_are_written_and_nothing_else_is() {
    for text in ["2026-Q1", "2026-Q4", "1999-Q2"] {
        assert_eq!(quarter(text).to_string(), text);
    }
    for text in ["2026-Q0", "2026-Q5", "2026Q1", "26-Q1", "2026-Q01", "", "-Q1", "2026-Q1 "] {
        assert!(text.parse::<Quarter>().is_err(), "{text}");
    }
    assert_eq!(quarter("2026-Q1").before(), quarter("2025-Q4"));
    assert!(quarter("2026-Q3").is_over(day("2026-10-01")) && !quarter("2026-Q3").is_over(day("2026-09-30")));
}
