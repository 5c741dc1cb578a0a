//! A family is asked, answers once, is heard without a name; one that mourns is left alone.

use guard::{Action, Role, Spent};
use kernel::{Date, InvitationId};
use store::{params, transact};
use survey::answer::{self, Fault, Led};
use survey::deliver;
use survey::model::{Invitation, Status, read_token};
use visit::instrument::{Answer, Answers};

use crate::office::{Family, Office, allowed, day, keys};

const OFFSET: i8 = 9;

fn answers(given: &[(&str, &str)]) -> Answers {
    given.iter().map(|(id, text)| ((*id).to_owned(), Answer::Text((*text).to_owned()))).collect()
}

/// The messages that wait.
async fn waiting(office: &Office, on: Date) -> Vec<Invitation> {
    let mut tx = office.db.read().await.unwrap();
    deliver::waiting(&mut tx, &office.desk(on), 10).await.unwrap()
}

async fn led(office: &Office, on: Date, token: &str) -> Led {
    let Some(link) = read_token(token, keys()) else { return Led::Nothing };
    let mut tx = office.db.read().await.unwrap();
    answer::follow(&mut tx, &office.desk(on), &link).await.unwrap()
}

async fn send(office: &Office, family: &Family, on: Date, id: InvitationId, given: &Answers) -> Result<(), Fault> {
    let (desk, may) = (office.desk(on), allowed(Role::Citizen, Action::AnswerSurvey, &[family.mother]));
    transact!(office.db, Fault, |tx| answer::run(tx, &desk, &may, id, given).await)
}

#[tokio::test]
async fn asked_once_and_answered_once() {
    for office in Office::all(1).await {
        let family = office.family().await;
        assert_eq!(office.night(day("2026-07-01")).await.asked, 0, "not on the day of the visit");
        assert_eq!(office.night(day("2026-07-05")).await.asked, 1);
        assert_eq!(office.night(day("2026-07-06")).await.asked, 0, "once an occasion");
        let all = waiting(&office, day("2026-07-06")).await;
        let it = all[0].clone();
        assert_eq!((all.len(), it.occasion.as_str(), it.status), (1, "visit/newborn", Status::Open));
        assert!(!format!("{:?}", it.words).contains("지우"), "no name in a message");
        let token = it.token(keys(), OFFSET);
        let on = day("2026-07-10");
        assert_eq!(led(&office, on, &token).await, Led::Good(Box::new(it.clone())));
        assert_eq!(led(&office, on, &token.replace('1', "2")).await, Led::Nothing, "changed");
        assert_eq!(led(&office, on, "rubbish").await, Led::Nothing);
        assert_eq!(led(&office, day("2026-08-01"), &token).await, Led::Spent(Spent::Late));

        // What cannot be is refused, and nothing is written.
        assert!(matches!(send(&office, &family, on, it.id, &answers(&[])).await, Err(Fault::Empty)));
        let eleven = answers(&[("satisfaction", "11")]);
        assert!(matches!(send(&office, &family, on, it.id, &eleven).await, Err(Fault::Answers(_))));
        let strange = answers(&[("bank_account", "1")]);
        assert!(matches!(send(&office, &family, on, it.id, &strange).await, Err(Fault::Answers(_))));
        let long = answers(&[("words", &"가".repeat(2_001))]);
        assert!(matches!(send(&office, &family, on, it.id, &long).await, Err(Fault::Answers(_))));
        let good = answers(&[("satisfaction", "9"), ("words", "늘 시간을 지켜 주셨어요.")]);
        assert!(matches!(send(&office, &family, day("2026-08-01"), it.id, &good).await, Err(Fault::Over)));
        let stranger = allowed(Role::Citizen, Action::AnswerSurvey, &[family.child]);
        let desk = office.desk(on);
        let other = transact!(office.db, Fault, |tx| answer::run(tx, &desk, &stranger, it.id, &good).await);
        assert!(matches!(other, Err(Fault::NotAllowed)));

        send(&office, &family, on, it.id, &good).await.unwrap();
        assert!(matches!(send(&office, &family, on, it.id, &good).await, Err(Fault::Over)));
        assert_eq!(led(&office, on, &token).await, Led::Spent(Spent::Answered));
        assert!(waiting(&office, on).await.is_empty(), "what is answered is not sent any more");
        let mut tx = office.db.read().await.unwrap();
        let row = tx.one("select sealed from survey_answer", params![]).await.unwrap();
        let sealed = String::from_utf8_lossy(&row.get::<Vec<u8>>("sealed").unwrap()).into_owned();
        assert!(!sealed.contains("시간") && !sealed.contains("satisfaction"), "under seal");
        let value: i64 = tx.one("select value from survey_value", params![]).await.unwrap().get("value").unwrap();
        assert_eq!(value, 9);
    }
}

#[tokio::test]
async fn the_link_is_good_until_midnight_in_the_country() {
    for office in Office::all(2).await {
        office.family().await;
        office.night(day("2026-07-05")).await;
        let it = waiting(&office, day("2026-07-06")).await.remove(0);
        let end = it.link(OFFSET).until;
        assert_eq!(it.closes, day("2026-07-31"));
        assert_eq!((end.date(OFFSET), end.plus_seconds(-1).date(OFFSET)), (day("2026-08-01"), day("2026-07-31")));
    }
}

#[tokio::test]
async fn a_family_that_mourns_is_left_alone_at_once() {
    for office in Office::all(3).await {
        let family = office.family().await;
        office.night(day("2026-07-05")).await;
        let it = waiting(&office, day("2026-07-06")).await.remove(0);
        let token = it.token(keys(), OFFSET);
        office.death(&family, "2026-07-08").await;
        // Before any round has seen it, the link says nothing, and nothing is taken.
        assert_eq!(led(&office, day("2026-07-08"), &token).await, Led::Quiet);
        let good = answers(&[("satisfaction", "9")]);
        assert!(matches!(send(&office, &family, day("2026-07-08"), it.id, &good).await, Err(Fault::Nothing)));
        let round = office.night(day("2026-07-09")).await;
        assert_eq!((round.asked, round.withdrawn), (0, 1));
        assert!(waiting(&office, day("2026-07-09")).await.is_empty(), "a message that was not sent yet is not sent");
        for on in ["2026-07-31", "2027-06-20", "2028-06-20"] {
            assert_eq!(office.night(day(on)).await.asked, 0, "{on}");
        }
    }
}

#[tokio::test]
async fn whoever_does_not_want_to_be_asked_is_not() {
    for office in Office::all(4).await {
        let family = office.family().await;
        office.night(day("2026-07-05")).await;
        let it = waiting(&office, day("2026-07-06")).await.remove(0);
        let (desk, may) =
            (office.desk(day("2026-07-06")), allowed(Role::Citizen, Action::AnswerSurvey, &[family.mother]));
        transact!(office.db, Fault, |tx| answer::refuse(tx, &desk, &may, it.id).await).unwrap();
        assert_eq!(led(&office, day("2026-07-07"), &it.token(keys(), OFFSET)).await, Led::Quiet);
        assert_eq!(office.night(day("2026-07-31")).await.asked, 0);
    }
}
