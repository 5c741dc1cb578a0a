//! Sessions, what is overdue, and what two wrote that nobody else reads.

use catalogue::model::SupervisionKind;
use guard::{Action, Decision, Relation, Resource, Role, Who};
use kernel::{Date, PersonId, ReflectionId, SubmissionId, SupervisionId};
use store::{params, transact};
use uuid::Uuid;
use visit::model::{EndingWord, Visit};
use visit::submit::About;
use workforce::Fault;
use workforce::reflection;
use workforce::supervision::{self, Content, Input, Seen, due};

use crate::office::{Office, TODAY, allowed, decide, pack};

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

fn session(number: u128, kind: SupervisionKind, nurses: &[&Who]) -> Input {
    Input {
        id: SupervisionId(Uuid::from_u128(number)),
        kind,
        nurses: nurses.iter().map(|n| n.account).collect(),
        on: day("2026-11-20"),
        minutes: 60,
        content: Content { topics: "어려운 방문 나누기".to_owned(), agreed: None, seen: Default::default() },
        visit: None,
    }
}

async fn hold(office: &Office, it: &Input) -> Result<(), Fault> {
    let (desk, may) = (office.desk(TODAY), office.manages());
    transact!(office.db, Fault, |tx| supervision::hold(tx, &desk, &office.lead, &may, it).await)
}

#[test]
fn what_was_never_held_is_due_and_the_last_day_still_counts() {
    let rules = pack().workforce().unwrap();
    let held = [(SupervisionKind::Individual, day("2026-10-21")), (SupervisionKind::Individual, day("2026-09-01"))];
    let of = |on: &str| due(rules, &held, day(on)).into_iter().find(|d| d.kind == SupervisionKind::Individual).unwrap();
    assert_eq!((of("2026-11-21").by, of("2026-11-21").overdue), (Some(day("2026-11-21")), false));
    assert!(of("2026-11-22").overdue);
    let team = due(rules, &held, TODAY).into_iter().find(|d| d.kind == SupervisionKind::Team).unwrap();
    assert_eq!((team.last, team.by, team.overdue), (None, None, true));
}

#[tokio::test]
async fn a_session_is_written_once_and_read_by_those_concerned() {
    for office in Office::all(31).await {
        let [a, b, c] = [&office.nurses[0], &office.nurses[1], &office.nurses[2]];
        let it = session(1, SupervisionKind::Individual, &[a]);
        let bad = |change: &dyn Fn(&mut Input)| {
            let mut other = it.clone();
            change(&mut other);
            other
        };
        assert!(matches!(hold(&office, &bad(&|i| i.nurses.push(b.account))).await, Err(Fault::People)));
        assert!(matches!(hold(&office, &bad(&|i| i.kind = SupervisionKind::Team)).await, Err(Fault::People)));
        assert!(matches!(hold(&office, &bad(&|i| i.nurses = vec![office.lead.account])).await, Err(Fault::NotTeam)));
        assert!(matches!(hold(&office, &bad(&|i| i.on = day("2026-11-22"))).await, Err(Fault::Ahead(_))));
        assert!(matches!(hold(&office, &bad(&|i| i.minutes = 4)).await, Err(Fault::Minutes)));
        assert!(matches!(hold(&office, &bad(&|i| i.content.topics = String::new())).await, Err(Fault::Words(_))));
        let checks = bad(&|i| i.content.seen = [("greets".to_owned(), Seen::Yes)].into());
        assert!(matches!(hold(&office, &checks).await, Err(Fault::NoCheck)), "nothing was observed");
        assert!(matches!(hold(&office, &bad(&|i| i.kind = SupervisionKind::Observed)).await, Err(Fault::NoVisit)));

        hold(&office, &it).await.unwrap();
        hold(&office, &it).await.unwrap();
        assert!(matches!(hold(&office, &bad(&|i| i.minutes = 90)).await, Err(Fault::OtherContent)));
        hold(&office, &session(2, SupervisionKind::Team, &[a, b])).await.unwrap();
        let desk = office.desk(TODAY);
        let mut tx = office.db.read().await.unwrap();
        assert_eq!(supervision::held(&mut tx, a.account).await.unwrap().len(), 2);
        assert_eq!(supervision::held(&mut tx, c.account).await.unwrap().len(), 0);
        let reads = async |tx: &mut store::Tx, who: &Who, of: &Who| {
            supervision::of_nurse(tx, &desk, who, of.account).await.unwrap().len()
        };
        assert_eq!(reads(&mut tx, a, a).await, 2);
        assert_eq!(reads(&mut tx, &office.lead, a).await, 2);
        assert_eq!(reads(&mut tx, b, a).await, 1, "her own team session, not the other's hour");
        assert_eq!(reads(&mut tx, c, a).await, 0);
        let elsewhere = Who { jurisdiction: Some("kr-47-730".to_owned()), ..office.lead.clone() };
        let elsewhere = Who { account: c.account, ..elsewhere };
        assert_eq!(reads(&mut tx, &elsewhere, a).await, 0, "another district's supervisor");
    }
}

#[tokio::test]
async fn an_observed_visit_is_one_she_made_that_day() {
    for office in Office::all(32).await {
        let [a, b] = [&office.nurses[0], &office.nurses[1]];
        let family = office.family(1, a.account).await;
        let (desk, on) = (office.desk(day("2026-11-20")), day("2026-11-20"));
        let id = SubmissionId(Uuid::from_u128(500));
        let about = About { id, enrolment: family.enrolment, on, replaces: None };
        let may = office.about(a, Action::RecordVisit, &[family.mother]);
        let visit = Visit {
            visit: "pregnancy".to_owned(),
            ending: EndingWord::Done,
            minutes: Some(60),
            topics: vec![],
            next_steps: None,
            note: None,
            why: None,
            discharged: vec![],
            measured: vec![],
            forms: vec![],
        };
        let name = pack().protocols().iter().find(|p| p.universal).unwrap().visits[0].id.clone();
        let visit = Visit { visit: name, ..visit };
        let made = transact!(office.db, visit::submit::Fault, |tx| {
            visit::record::run(tx, &desk, a, Some(&may), about, &visit).await
        });
        assert!(matches!(made, Ok(visit::submit::Outcome::Taken)), "{made:?}");
        let mut it = session(1, SupervisionKind::Observed, &[b]);
        it.visit = Some(id);
        it.content.seen.insert("greets".to_owned(), Seen::Partly);
        assert!(matches!(hold(&office, &it).await, Err(Fault::NoVisit)), "another nurse's visit");
        it.nurses = vec![a.account];
        it.on = day("2026-11-19");
        assert!(matches!(hold(&office, &it).await, Err(Fault::NoVisit)), "another day");
        it.on = on;
        it.content.seen.insert("sings".to_owned(), Seen::Yes);
        assert!(matches!(hold(&office, &it).await, Err(Fault::NoCheck)));
        it.content.seen.remove("sings");
        hold(&office, &it).await.unwrap();
        let mut tx = office.db.read().await.unwrap();
        let known = supervision::one(&mut tx, &office.desk(TODAY), a, it.id).await.unwrap().unwrap();
        assert_eq!((known.visit, known.content.seen["greets"]), (Some(id), Seen::Partly));
    }
}

const SECRET: &str = "그 집에서 울고 나왔어요";

/// A session of two, and what the nurse wrote about it.
async fn written(office: &Office) -> SupervisionId {
    let nurse = &office.nurses[0];
    let it = session(1, SupervisionKind::Individual, &[nurse]);
    hold(office, &it).await.unwrap();
    let desk = office.desk(TODAY);
    let mut tx = office.db.read().await.unwrap();
    let known = supervision::one(&mut tx, &desk, nurse, it.id).await.unwrap().unwrap();
    drop(tx);
    let resource = Resource::people(reflection::relation(nurse, &known).unwrap());
    let may = allowed(nurse, Action::WriteReflection, &resource);
    let name = ReflectionId(Uuid::from_u128(900));
    for _ in 0..2 {
        transact!(office.db, Fault, |tx| reflection::write(tx, &desk, nurse, &may, (it.id, name), SECRET).await)
            .unwrap();
    }
    it.id
}

async fn seen(office: &Office, who: &Who, id: SupervisionId) -> Option<Vec<String>> {
    let desk = office.desk(TODAY);
    let mut tx = office.db.read().await.unwrap();
    let seen = reflection::read(&mut tx, &desk, who, id).await.unwrap()?;
    let resource = Resource::people(seen.about.iter().copied());
    assert!(matches!(decide(who, Action::ViewReflection, &resource), Decision::Allowed(_)));
    let basis = guard::Processing::new(guard::PurposeKind::HomeVisit, "a test").unwrap();
    Some(seen.sealed.process(&basis, |all| all.iter().map(|r| r.words.clone()).collect()))
}

#[tokio::test]
async fn what_the_two_wrote_opens_to_these_two_alone() {
    for office in Office::all(33).await {
        let id = written(&office).await;
        assert_eq!(seen(&office, &office.nurses[0], id).await.unwrap(), [SECRET]);
        assert_eq!(seen(&office, &office.lead, id).await.unwrap(), [SECRET]);
        // The colleague, the next supervisor of the same district, and everybody else whatever they are.
        assert_eq!(seen(&office, &office.nurses[1], id).await, None);
        for role in Role::ALL {
            let other = office.somebody(*role, "다른 사람").await;
            assert_eq!(seen(&office, &other, id).await, None, "{role}");
            // Nor would the policies let anybody who is not one of the two, and most not even then.
            let person = PersonId(other.account.0);
            let stranger = Relation { in_jurisdiction: true, own: *role == Role::Citizen, ..Relation::default() };
            let denied = decide(&other, Action::ViewReflection, &Resource::person(person, stranger));
            assert!(matches!(denied, Decision::Denied(_)), "{role}");
            let pair = Relation { open_case: true, ..Relation::default() };
            let open =
                matches!(decide(&other, Action::ViewReflection, &Resource::person(person, pair)), Decision::Allowed(_));
            assert_eq!(open, matches!(role, Role::Nurse | Role::VisitSupervisor), "{role}");
        }
        let weak = Who { strong: false, ..office.nurses[0].clone() };
        let pair = Resource::person(PersonId(weak.account.0), Relation { open_case: true, ..Relation::default() });
        assert!(matches!(decide(&weak, Action::ViewReflection, &pair), Decision::Denied(_)), "without a second factor");

        // In clear it stands nowhere; and whoever changes the rows beside the seal still opens nothing to somebody else.
        let other = office.nurses[1].clone();
        transact!(office.db, store::StoreError, |tx| {
            let row = tx.one("select sealed from workforce_reflection", params![]).await?;
            let sealed = String::from_utf8_lossy(&row.get::<Vec<u8>>("sealed")?).into_owned();
            assert!(!sealed.contains("울고"), "under seal");
            tx.execute("update workforce_present set account_id = $1", params![other.account]).await
        })
        .unwrap();
        assert_eq!(seen(&office, &other, id).await, Some(Vec::new()));
    }
}

#[tokio::test]
async fn of_a_team_session_there_is_nothing_between_two() {
    for office in Office::all(34).await {
        let [a, b] = [&office.nurses[0], &office.nurses[1]];
        let it = session(2, SupervisionKind::Team, &[a, b]);
        hold(&office, &it).await.unwrap();
        assert_eq!(seen(&office, a, it.id).await, None);
        assert_eq!(seen(&office, &office.lead, it.id).await, None);
    }
}
