//! A group from its opening to what is told of it.

use group::model::{Fault, SAY_DAYS, Status};
use group::plan::{NewGroup, NewSession, call_off, close, meet, open as opens};
use group::read::{Member, Own};
use group::{presence, read, take_part};
use guard::{Action, Who};
use kernel::{Date, GroupId, GroupSessionId, PersonId};
use store::{params, transact};

use crate::office::{Eyes, Office, TODAY, allowed, day, may, mother, open, setting};

const VENUE: &str = "보건소 3층";

async fn group(office: &Office, seats: u32) -> GroupId {
    let id = GroupId(office.id());
    let new =
        NewGroup { id, kind: "new_mothers".into(), venue: VENUE.into(), facilitator: office.nurse.account, seats };
    let (desk, lead) = (office.desk(TODAY), &office.lead);
    transact!(office.db, Fault, |tx| opens(tx, &desk, lead, &may(lead), &new).await).unwrap();
    id
}

async fn session(office: &Office, group: GroupId, on: &str) -> Result<GroupSessionId, Fault> {
    let (id, held_on) = (GroupSessionId(office.id()), day(on));
    let new = NewSession { id, group, held_on, starts: "09:30".into(), topic: "재우기".into() };
    let (desk, nurse) = (office.desk(TODAY), &office.nurse);
    transact!(office.db, Fault, |tx| meet(tx, &desk, nurse, &may(nurse), &new).await)?;
    Ok(id)
}

async fn ask(office: &Office, who: &Who, group: GroupId, person: PersonId, joins: bool) -> Result<(), Fault> {
    let (desk, allowed) = (office.desk(TODAY), allowed(who, Action::WorkGroup, &[person]));
    transact!(office.db, Fault, |tx| take_part::ask(tx, &desk, who, &allowed, (group, person), joins).await)
}

async fn answer(office: &Office, group: GroupId, person: PersonId, joins: bool) -> Result<(), Fault> {
    let (desk, allowed) = (office.desk(TODAY), allowed(&mother(), Action::JoinGroup, &[person]));
    transact!(office.db, Fault, |tx| take_part::answer(tx, &desk, &allowed, (group, person), joins).await)
}

async fn members(office: &Office, who: &Who, group: GroupId) -> Vec<Member> {
    let (desk, eyes, setting) = (office.desk(TODAY), Eyes::of(who), setting());
    let mut tx = office.db.read().await.unwrap();
    let whole = read::one(&mut tx, &desk, who, group).await.unwrap().unwrap();
    open(&read::members(&mut tx, &desk, &eyes.sight(&setting), &whole.group).await.unwrap())
}

async fn own(office: &Office, person: PersonId, on: Date) -> Vec<Own> {
    let (desk, setting) = (office.desk(on), setting());
    let eyes = Eyes::of(&Who { person: Some(person), ..mother() });
    let mut tx = office.db.read().await.unwrap();
    open(&read::own(&mut tx, &desk, &eyes.sight(&setting), person).await.unwrap())
}

async fn said(office: &Office, group: GroupId, on: Date) -> Option<(i64, i64)> {
    let mut tx = office.db.read().await.unwrap();
    read::one(&mut tx, &office.desk(on), &office.lead, group).await.unwrap().unwrap().said
}

#[tokio::test]
async fn who_takes_part_is_seen_by_whoever_leads_and_of_protected_people_by_their_own_nurse_alone() {
    for office in Office::all(61).await {
        let id = group(&office, 10).await;
        let mine = office.family("지우", &office.nurse).await;
        let theirs = office.family("서연", &office.other).await;
        let hidden = office.family("하린", &office.other).await;
        for (nurse, person) in [(&office.nurse, mine), (&office.other, theirs), (&office.other, hidden)] {
            ask(&office, nurse, id, person, true).await.unwrap();
        }
        office.protects(hidden).await;
        let names = |all: Vec<Member>| all.into_iter().map(|m| m.name).collect::<Vec<_>>();
        assert_eq!(names(members(&office, &office.nurse, id).await), ["한서연", "한지우"], "who leads it");
        assert_eq!(names(members(&office, &office.other, id).await), ["한서연", "한하린"], "her own families");
        assert_eq!(
            names(members(&office, &office.lead, id).await),
            ["한서연", "한지우", "한하린"],
            "who answers for all"
        );
        // Hers shows the place of the group and nobody else.
        let own = own(&office, hidden, TODAY).await;
        assert_eq!((own.len(), own[0].status, own[0].group.venue.as_str()), (1, Status::Joined, VENUE));
        // Only the own nurse asks, once, and nobody of another agency sees that there is a group.
        assert!(matches!(ask(&office, &office.nurse, id, theirs, true).await, Err(Fault::NotAllowed)));
        assert!(matches!(ask(&office, &office.nurse, id, mine, true).await, Err(Fault::Again)));
        let stranger = Who { organisation: "municipality".into(), ..office.nurse.clone() };
        let mut tx = office.db.read().await.unwrap();
        assert!(read::one(&mut tx, &office.desk(TODAY), &stranger, id).await.unwrap().is_none());
        assert!(read::groups(&mut tx, &office.desk(TODAY), &stranger).await.unwrap().is_empty());
        assert_eq!(read::groups(&mut tx, &office.desk(TODAY), &office.other).await.unwrap().len(), 1);
    }
}

#[tokio::test]
async fn seats_are_never_more_than_there_are_and_come_back() {
    for office in Office::all(62).await {
        let id = group(&office, 2).await;
        let mut people = Vec::new();
        for given in ["하나", "둘이", "세나"] {
            people.push(office.family(given, &office.nurse).await);
            ask(&office, &office.nurse, id, people[people.len() - 1], false).await.unwrap();
        }
        answer(&office, id, people[0], true).await.unwrap();
        answer(&office, id, people[0], true).await.unwrap();
        answer(&office, id, people[1], true).await.unwrap();
        assert!(matches!(answer(&office, id, people[2], true).await, Err(Fault::Full)), "two seats, two people");
        answer(&office, id, people[0], false).await.unwrap();
        answer(&office, id, people[0], false).await.unwrap();
        answer(&office, id, people[2], true).await.unwrap();
        let status = |all: &[Member], p: PersonId| all.iter().find(|m| m.person == p).unwrap().status;
        let all = members(&office, &office.nurse, id).await;
        assert_eq!(
            people.iter().map(|p| status(&all, *p)).collect::<Vec<_>>(),
            [Status::Left, Status::Joined, Status::Joined]
        );
        let mut tx = office.db.read().await.unwrap();
        let whole = read::one(&mut tx, &office.desk(TODAY), &office.lead, id).await.unwrap().unwrap();
        assert_eq!((whole.group.taken, whole.group.seats), (2, 2));
    }
}

#[tokio::test]
async fn how_it_was_is_told_of_enough_and_only_when_nobody_can_add_to_it() {
    for office in Office::all(63).await {
        let id = group(&office, 10).await;
        let held = session(&office, id, "2026-11-25").await.unwrap();
        let later = session(&office, id, "2026-12-02").await.unwrap();
        let mut people = Vec::new();
        for given in ["하나", "둘이", "세나", "네온", "다섯", "여섯"] {
            let person = office.family(given, &office.nurse).await;
            ask(&office, &office.nurse, id, person, true).await.unwrap();
            people.push(person);
        }
        let note = async |on: &str, session, who: &Who| {
            let all: Vec<(PersonId, bool)> = people.iter().enumerate().map(|(n, p)| (*p, n != 5)).collect();
            let may = allowed(who, Action::WorkGroup, &people);
            let desk = office.desk(day(on));
            transact!(office.db, Fault, |tx| presence::note(tx, &desk, who, &may, session, &all).await)
        };
        assert!(matches!(note("2026-11-24", held, &office.nurse).await, Err(Fault::NotThen)), "not yet");
        assert!(matches!(note("2026-11-25", held, &office.other).await, Err(Fault::NotAllowed)), "not hers");
        note("2026-11-25", held, &office.nurse).await.unwrap();
        let say = async |on: &str, person: PersonId, points: i64| {
            let desk = office.desk(day(on));
            let may = allowed(&mother(), Action::JoinGroup, &[person]);
            transact!(office.db, Fault, |tx| presence::say(tx, &desk, &may, (held, person), points).await)
        };
        assert_eq!(own(&office, people[0], day("2026-11-26")).await[0].asked.len(), 1);
        assert!(matches!(say("2026-11-26", people[0], 11).await, Err(Fault::Points)));
        assert!(matches!(say("2026-11-26", people[5], 9).await, Err(Fault::Nothing)), "she did not come");
        for person in &people[..4] {
            say("2026-11-26", *person, 9).await.unwrap();
        }
        assert!(matches!(say("2026-11-26", people[0], 2).await, Err(Fault::Nothing)), "once");
        assert!(own(&office, people[0], day("2026-11-26")).await[0].asked.is_empty());
        let end = day("2026-11-25").saturating_add(jiff::Span::new().days(SAY_DAYS + 1));
        assert_eq!(said(&office, id, end).await, None, "four are too few");
        say("2026-12-09", people[4], 6).await.unwrap();
        assert_eq!(said(&office, id, day("2026-12-09")).await, None, "somebody could still answer");
        assert_eq!(said(&office, id, end).await, Some((5, 84)), "(4×9 + 6) / 5");
        // A session that was called off is asked of nobody.
        let (desk, nurse) = (office.desk(TODAY), &office.nurse);
        transact!(office.db, Fault, |tx| call_off(tx, &desk, nurse, &may(nurse), later).await).unwrap();
        assert!(own(&office, people[0], day("2026-12-01")).await[0].ahead.is_empty());
    }
}

#[tokio::test]
async fn what_cannot_be_is_refused_with_the_field() {
    let office = Office::all(64).await.remove(0);
    let (desk, lead, nurse) = (office.desk(TODAY), &office.lead, &office.nurse);
    let new = NewGroup {
        id: GroupId(office.id()),
        kind: "play".into(),
        venue: VENUE.into(),
        facilitator: nurse.account,
        seats: 5,
    };
    let refused = async |who: &Who, new: NewGroup| {
        transact!(office.db, Fault, |tx| opens(tx, &desk, who, &may(who), &new).await).unwrap_err()
    };
    assert!(matches!(refused(lead, NewGroup { kind: "choir".into(), ..new.clone() }).await, Fault::NoKind));
    assert!(matches!(refused(lead, NewGroup { venue: " ".into(), ..new.clone() }).await, Fault::Words("venue")));
    assert!(matches!(refused(lead, NewGroup { seats: 99, ..new.clone() }).await, Fault::Seats(12)));
    assert!(matches!(refused(lead, NewGroup { facilitator: lead.account, ..new.clone() }).await, Fault::NoFacilitator));
    assert!(matches!(refused(nurse, new.clone()).await, Fault::NotAllowed), "a nurse opens none");
    let id = group(&office, 5).await;
    assert!(matches!(session(&office, id, "2026-11-20").await, Err(Fault::When("held_on"))));
    assert!(matches!(session(&office, GroupId(office.id()), "2026-11-25").await, Err(Fault::Nothing)));

    // A family that mourns is asked for nothing and shown nothing.
    let person = office.family("지우", nurse).await;
    ask(&office, nurse, id, person, false).await.unwrap();
    let mut tx = office.db.begin().await.unwrap();
    let lost = serde_json::json!({ "due": "2027-01-20", "lost": "2026-11-20", "children": [] }).to_string();
    tx.execute("update visit_enrolment set dates = $2 where person_id = $1", params![person, lost]).await.unwrap();
    tx.commit().await.unwrap();
    assert!(own(&office, person, TODAY).await.is_empty());
    let other = group(&office, 5).await;
    assert!(matches!(ask(&office, nurse, other, person, false).await, Err(Fault::NotNow)));

    // A closed group takes nobody in.
    let second = office.family("서연", nurse).await;
    transact!(office.db, Fault, |tx| close(tx, &desk, nurse, &may(nurse), other).await).unwrap();
    assert!(matches!(ask(&office, nurse, other, second, true).await, Err(Fault::Nothing)));
}
