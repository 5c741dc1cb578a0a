//! Protected addresses: a canary in every field, every read and search as every kind of viewer.

use std::collections::BTreeMap;

use guard::{Action, Decision, PurposeKind, Request, Role};
use kernel::{HouseholdId, PersonId, SeededIds};
use registry::fact::{self, NewFact};
use registry::household::{self, HouseholdError, Joining, MemberRole};
use registry::newborn::Newborn;
use registry::person::{self, Detail, Identifier, Name, Script, Sex};
use registry::protection::{self, NewProtection};
use registry::residence::{self, Address};
use registry::search::{self, Query};
use registry::sight;
use registry::{AsOf, FactValue, Origin, Pen, Seen, Subject, read};
use store::{Db, StoreError, testing, transact};

use crate::base::{bear, couple, load, take_in};
use crate::support::*;

const CANARY: &str = "canary";

struct Town {
    db: Db,
    victim: PersonId,
    perpetrator: PersonId,
    child: PersonId,
    later: PersonId,
    neighbour: PersonId,
    former_home: HouseholdId,
    refuge: HouseholdId,
}

/// A mother flees with her child; everything recorded about their new life carries the canary.
async fn town(db: &Db) -> Town {
    let ids = SeededIds::new(11);
    let done = take_in(db, &ids, 0, &couple()).await;
    let (victim, perpetrator, child) = (done.persons[0], done.persons[1], done.persons[2]);
    let mut next_door = couple();
    next_door.members.iter_mut().for_each(|m| m.person.identifier = None);
    let next_door = take_in(db, &ids, 1, &next_door).await;
    let office = Origin::new("canary_office", "Domestic Violence Act art. 8", "canary_clerk");
    let quill = |n| Pen::new(&ids, keys(), at(n), &office);
    let refuge = transact!(db, HouseholdError, |tx| household::create(tx, quill(2)).await).unwrap();
    for (who, role) in [(victim, MemberRole::Head), (child, MemberRole::Child)] {
        let joining = Joining { person: who, household: refuge, role, valid: since("2026-11-02") };
        transact!(db, HouseholdError, |tx| household::transfer(tx, quill(3), joining).await).unwrap();
        let address = Address::new("kr-99-canary", "Canary-ro 99, 7", "canary-99");
        transact!(db, residence::MoveError, |tx| {
            residence::move_person(tx, quill(4), who, &address, since("2026-11-02")).await
        })
        .unwrap();
        for (item, value) in [
            ("school_id", FactValue::Code("canary-school".into())),
            ("note", FactValue::Text("sleeps at canary house".into())),
            ("wage", FactValue::Money(1_900_000)),
        ] {
            let new = NewFact {
                subject: Subject::Person(who),
                item: item.into(),
                value,
                valid: since("2026-11-02"),
                corrects: None,
            };
            transact!(db, fact::FactError, |tx| fact::record(tx, quill(5), &any, new.clone()).await).unwrap();
        }
        for detail in [Detail::Phone("051-canary-1".into()), Detail::Email("me@canary.example".into())] {
            let valid = since("2026-11-02");
            transact!(db, person::PersonError, |tx| person::set_detail(tx, quill(6), who, &detail, valid).await)
                .unwrap();
        }
    }
    let rent = NewFact {
        subject: Subject::Household(refuge),
        item: "note_of_landlord".into(),
        value: FactValue::Text("canary flat".into()),
        valid: since("2026-11-02"),
        corrects: None,
    };
    transact!(db, fact::FactError, |tx| fact::record(tx, quill(7), &any, rent.clone()).await).unwrap();
    let new = NewProtection {
        victim,
        perpetrators: vec![perpetrator],
        valid: since("2026-11-03"),
        reason: "order canary-17".into(),
    };
    transact!(db, protection::ProtectionError, |tx| protection::protect(tx, quill(8), &new).await).unwrap();
    // Born after the protection was recorded: covered by kinship alone, with the common father registered.
    let baby = person("도", "늦봄", ("Do", "Neutbom"), Sex::Male, "2026-11-19", "");
    let home = load(db, refuge, AsOf::latest(day("2026-11-19"))).await.unwrap();
    let newborn = Newborn {
        person: &baby,
        born: day("2026-11-19"),
        parents: &[victim, perpetrator],
        household: refuge,
        residence: home.member(victim).unwrap().person.residence.as_ref(),
        facts: &[("note".to_owned(), FactValue::Text("born at canary clinic".into()))],
    };
    let later = bear(db, quill(9), newborn).await;
    Town {
        db: db.clone(),
        victim,
        perpetrator,
        child,
        later,
        neighbour: next_door.persons[0],
        former_home: done.household,
        refuge,
    }
}

/// Opens a seal as a machine would and writes everything out.
fn text<T: serde::Serialize>(seen: Option<Seen<T>>) -> String {
    seen.map(|s| s.sealed.process(&basis(), |v| serde_json::to_string(v).unwrap())).unwrap_or_default()
}

/// Everything this viewer can read and find, written out; what is only opened for `view_address` apart.
async fn everything(town: &Town, viewer: &Viewer) -> (String, String) {
    let sight = viewer.sight();
    let mut tx = town.db.read().await.unwrap();
    let (mut out, mut apart) = (String::new(), String::new());
    let people = [town.victim, town.perpetrator, town.child, town.later, town.neighbour];
    let moments = [
        AsOf::latest(day("2026-11-21")),
        AsOf::new(day("2026-11-21"), at(7)),
        AsOf::latest(day("2026-11-10")),
        AsOf::latest(day("2027-06-01")),
    ];
    for as_of in moments {
        for id in people {
            out += &text(sight::person(&mut tx, &sight, id, as_of).await.unwrap());
            out += &text(sight::history(&mut tx, &sight, id, as_of.recorded).await.unwrap());
            let Some(place) = sight::whereabouts(&mut tx, &sight, id, as_of).await.unwrap() else { continue };
            let resource = place.resource();
            let request = Request {
                look: id.0,
                now: at(0),
                who: &viewer.who,
                action: Action::ViewAddress,
                resource: &resource,
                purpose: &viewer.purpose,
            };
            if matches!(policies().decide(&request), Decision::Allowed(_)) {
                apart += &text(Some(place));
            }
        }
        for home in [town.former_home, town.refuge] {
            out += &text(sight::household(&mut tx, &sight, home, as_of).await.unwrap());
            out += &text(sight::household_history(&mut tx, &sight, home, as_of.recorded).await.unwrap());
        }
    }
    for query in queries() {
        let page = search::search(&mut tx, &sight, keys(), &query).await.unwrap();
        out += &text(Some(page));
    }
    (out.to_lowercase(), apart.to_lowercase())
}

fn queries() -> Vec<Query> {
    let address = |a: &str| Query { address: Some(a.into()), ..Query::default() };
    let name = |n: &str| Query { name: Some(n.into()), ..Query::default() };
    vec![
        name("한빛나"),
        name("도새봄"),
        name("Han Bitna"),
        address("Canary-ro 99"),
        address("canary"),
        Query { name: Some("한빛나".into()), ..address("Canary-ro") },
        Query { birth_date: Some(day("1995-03-02")), ..Query::default() },
        Query { birth_date: Some(day("2026-11-19")), ..Query::default() },
        Query { identifier: Some(Identifier::new("resident_number", "9503022000001")), ..Query::default() },
    ]
}

#[tokio::test]
async fn no_canary_reaches_anybody_who_is_not_entitled() {
    for db in testing::databases(SCHEMAS).await.unwrap() {
        let town = town(&db).await;
        let citizen = |p| Viewer::new(who(Role::Citizen, Some(p), ""), PurposeKind::OwnAffairs);
        let staff = |role, place, purpose| Viewer::new(who(role, None, place), purpose);
        let viewers: Vec<(&str, Viewer)> = vec![
            ("the perpetrator", citizen(town.perpetrator)),
            ("a neighbour", citizen(town.neighbour)),
            ("nobody known", Viewer::new(who(Role::Citizen, None, ""), PurposeKind::OwnAffairs)),
            ("counter of the refuge", staff(Role::CounterOfficial, "kr-99-canary", PurposeKind::CounterService)),
            ("counter of the former home", staff(Role::CounterOfficial, "kr-11", PurposeKind::CounterService)),
            ("counter elsewhere", staff(Role::CounterOfficial, "kr-50", PurposeKind::CounterService)),
            ("caseworker without case", staff(Role::Caseworker, "kr-99-canary", PurposeKind::Casework)),
            (
                "caseworker with case, ordinary work",
                staff(Role::Caseworker, "kr-99-canary", PurposeKind::Casework).with_case(town.victim),
            ),
            (
                "caseworker of the perpetrator",
                staff(Role::Caseworker, "kr-99-canary", PurposeKind::Protection).with_case(town.perpetrator),
            ),
            (
                "caseworker of both",
                staff(Role::Caseworker, "kr-99-canary", PurposeKind::Protection)
                    .with_case(town.perpetrator)
                    .with_case(town.victim),
            ),
            ("approver", staff(Role::Approver, "kr-99-canary", PurposeKind::Approval).with_case(town.victim)),
            ("finance", staff(Role::Finance, "", PurposeKind::Payment).with_case(town.victim)),
            ("analyst", staff(Role::Analyst, "", PurposeKind::Statistics)),
            ("nurse without case", staff(Role::Nurse, "kr-99-canary", PurposeKind::HomeVisit)),
            ("privacy officer", staff(Role::PrivacyOfficer, "", PurposeKind::Oversight)),
            ("administrator", staff(Role::Administrator, "", PurposeKind::Administration)),
            ("agency", staff(Role::AgencySystem, "", PurposeKind::DataExchange)),
        ];
        for (name, viewer) in &viewers {
            let (out, apart) = everything(&town, viewer).await;
            let near = |text: &str| {
                text.find(CANARY).map(|i| text[i.saturating_sub(120)..(i + 40).min(text.len())].to_owned())
            };
            assert_eq!(near(&out), None, "{name} on {:?}", db.engine());
            assert_eq!(near(&apart), None, "{name} was let see an address on {:?}", db.engine());
        }
        // The perpetrator's side learns neither the household nor that the later child exists anywhere.
        for (name, viewer) in viewers.iter().filter(|(n, _)| n.contains("perpetrator")) {
            let (out, _) = everything(&town, viewer).await;
            assert!(!out.contains(&town.refuge.to_string()), "{name} learns the household");
            let mut tx = db.read().await.unwrap();
            for id in [town.victim, town.child, town.later] {
                let seen = sight::person(&mut tx, &viewer.sight(), id, AsOf::latest(day("2026-11-21"))).await.unwrap();
                assert!(seen.is_none(), "{name} sees a record");
            }
            let relations = sight::relations(&mut tx, &viewer.sight(), [town.child, town.later]).await.unwrap();
            assert!(relations.values().all(|r| r.perpetrator_side && r.protected));
        }
    }
}

#[tokio::test]
async fn the_victim_and_the_assigned_caseworker_see_what_they_need_and_machines_compute_on_all_of_it() {
    for db in testing::databases(SCHEMAS).await.unwrap() {
        let town = town(&db).await;
        let victim = Viewer::new(who(Role::Citizen, Some(town.victim), ""), PurposeKind::OwnAffairs);
        let (out, apart) = everything(&town, &victim).await;
        assert!(
            out.contains("canary-ro 99, 7") && apart.contains("canary-ro 99, 7"),
            "her own address is kept from her"
        );
        let protector =
            Viewer::new(who(Role::Caseworker, None, "kr-50"), PurposeKind::Protection).with_case(town.victim);
        let (out, apart) = everything(&town, &protector).await;
        assert!(!out.contains(CANARY), "an address outside the action view_address");
        assert!(apart.contains("canary-ro 99, 7"), "the assigned caseworker cannot reach her");
        let mut tx = db.read().await.unwrap();
        let whole = read::household(&mut tx, town.refuge, AsOf::latest(day("2026-11-21"))).await.unwrap().unwrap();
        whole.process(&basis(), |home| {
            assert_eq!(home.members.len(), 3);
            assert_eq!(home.jurisdiction.as_deref(), Some("kr-99-canary"));
        });
        assert_eq!(format!("{whole:?}"), "Whole(shut)");
    }
}

#[tokio::test]
async fn the_one_she_flees_from_keeps_his_own_record_without_a_trace_of_her() {
    for db in testing::databases(SCHEMAS).await.unwrap() {
        let town = town(&db).await;
        let viewer = Viewer::new(who(Role::Citizen, Some(town.perpetrator), ""), PurposeKind::OwnAffairs);
        let mut tx = db.read().await.unwrap();
        let as_of = AsOf::latest(day("2026-11-21"));
        let own = sight::household(&mut tx, &viewer.sight(), town.former_home, as_of).await.unwrap().unwrap();
        own.sealed.process(&basis(), |home| {
            assert_eq!(home.members.len(), 1);
            assert_eq!(home.members[0].person.residence.as_ref().unwrap().address.line, "Garam-ro 12, 304");
        });
        assert!(sight::household(&mut tx, &viewer.sight(), town.refuge, as_of).await.unwrap().is_none());
        // By the true address and by a wrong one: the same answer, nothing.
        for line in ["Canary-ro 99", "Nowhere-ro 1"] {
            let query = Query { address: Some(line.into()), ..Query::default() };
            let page = search::search(&mut tx, &viewer.sight(), keys(), &query).await.unwrap();
            page.sealed.process(&basis(), |p| assert_eq!(*p, search::Page::default()));
        }
    }
}

#[tokio::test]
async fn after_the_order_ends_what_was_hidden_then_stays_hidden() {
    for db in testing::databases(SCHEMAS).await.unwrap() {
        let town = town(&db).await;
        let ids = SeededIds::new(12);
        let mut tx = db.begin().await.unwrap();
        let order: uuid::Uuid =
            tx.one("select protection_id from protection", &[]).await.unwrap().get("protection_id").unwrap();
        protection::end(&mut tx, pen(&ids, 20), town.victim, order, day("2026-11-20"), "lifted").await.unwrap();
        let near = Viewer::new(who(Role::CounterOfficial, None, "kr-99-canary"), PurposeKind::CounterService);
        let seen = sight::history(&mut tx, &near.sight(), town.victim, at(99)).await.unwrap();
        assert!(text(seen).contains("Canary-ro 99, 7"), "where she lives today is no secret any more");
        let address = Address::new("kr-50-110", "Open-gil 1", "63000");
        residence::move_person(&mut tx, pen(&ids, 21), town.victim, &address, since("2026-11-20")).await.unwrap();
        tx.commit().await.unwrap();
        let counter = Viewer::new(who(Role::CounterOfficial, None, "kr-50"), PurposeKind::CounterService);
        let mut tx = db.read().await.unwrap();
        let seen = sight::history(&mut tx, &counter.sight(), town.victim, at(99)).await.unwrap();
        let out = text(seen).to_lowercase();
        assert!(out.contains("open-gil 1"), "the address of today is no secret any more");
        assert!(!out.contains("canary-ro"), "the refuge is told");
    }
}

#[tokio::test]
async fn a_move_changes_which_office_may_see_and_the_former_one_has_some_days() {
    for db in testing::databases(SCHEMAS).await.unwrap() {
        let ids = ids();
        let done = take_in(&db, &ids, 0, &couple()).await;
        let address = Address::new("kr-26-350", "Haneul-gil 7", "48001");
        transact!(db, residence::MoveError, |tx| {
            residence::move_household(tx, pen(&ids, 1), done.household, &address, day("2026-11-10")).await
        })
        .unwrap();
        let office = |place| Viewer::new(who(Role::CounterOfficial, None, place), PurposeKind::CounterService);
        let mut by_office = BTreeMap::new();
        for place in ["kr-11", "kr-26", "kr-50"] {
            let viewer = office(place);
            for (today, label) in [("2026-11-21", "soon"), ("2027-01-21", "later")] {
                let sight = sight::Sight { today: day(today), ..viewer.sight() };
                let mut tx = db.read().await.unwrap();
                let relation = sight::relations(&mut tx, &sight, [done.persons[0]]).await.unwrap()[&done.persons[0]];
                by_office.insert((place, label), (relation.in_jurisdiction, relation.prior_jurisdiction));
                let seen = sight::person(&mut tx, &sight, done.persons[0], AsOf::latest(day(today))).await.unwrap();
                let told = text(seen).contains("Haneul-gil");
                assert_eq!(
                    told,
                    place == "kr-26",
                    "{place} {label}: an office that may not view the address is told it"
                );
                let query = Query { name: Some("한빛나".into()), ..Query::default() };
                let listed = search::search(&mut tx, &sight, keys(), &query);
                let hits = listed.await.unwrap().about.len();
                assert_eq!(
                    hits,
                    usize::from(place == "kr-26" || (place, label) == ("kr-11", "soon")),
                    "{place} {label}"
                );
            }
        }
        assert_eq!(by_office[&("kr-11", "soon")], (false, true));
        assert_eq!(by_office[&("kr-11", "later")], (false, false));
        assert_eq!(by_office[&("kr-26", "soon")], (true, false));
        assert_eq!(by_office[&("kr-50", "soon")], (false, false));
    }
}

#[tokio::test]
async fn parents_act_for_children_until_they_are_grown_and_officials_meet_their_relatives_as_kin() {
    for db in testing::databases(SCHEMAS).await.unwrap() {
        let ids = ids();
        let done = take_in(&db, &ids, 0, &couple()).await;
        let grand = person("한", "가온", ("Han", "Gaon"), Sex::Female, "1966-01-01", "");
        let grand = transact!(db, person::PersonError, |tx| person::create(tx, pen(&ids, 1), &grand).await).unwrap();
        let kin = registry::kin::NewKin {
            person: done.persons[0],
            relation: registry::kin::Relation::Parent,
            other: grand,
            valid: since("0001-01-01"),
        };
        transact!(db, registry::kin::KinError, |tx| registry::kin::relate(tx, pen(&ids, 2), kin).await).unwrap();
        let mut tx = db.read().await.unwrap();
        let father = Viewer::new(who(Role::Citizen, Some(done.persons[1]), ""), PurposeKind::OwnAffairs);
        let grown = sight::Sight { today: day("2041-04-09"), ..father.sight() };
        let now = sight::relations(&mut tx, &father.sight(), [done.persons[2], grand]).await.unwrap();
        assert!(now[&done.persons[2]].ward && now[&done.persons[2]].own_household && now[&grand].kin);
        assert!(!sight::relations(&mut tx, &grown, [done.persons[2]]).await.unwrap()[&done.persons[2]].ward);
        let official = Viewer::new(who(Role::CounterOfficial, Some(grand), "kr-11"), PurposeKind::CounterService);
        let all = sight::relations(&mut tx, &official.sight(), done.persons.clone()).await.unwrap();
        assert!(all[&done.persons[0]].kin && all[&done.persons[1]].kin && all[&done.persons[2]].kin);
    }
}

#[tokio::test]
async fn a_child_who_lives_with_him_stays_his_to_care_for_but_tells_no_place() {
    for db in testing::databases(SCHEMAS).await.unwrap() {
        let ids = ids();
        let done = take_in(&db, &ids, 0, &couple()).await;
        let (mother, father, child) = (done.persons[0], done.persons[1], done.persons[2]);
        transact!(db, StoreError, |tx| {
            let away = household::create(tx, pen(&ids, 1)).await.map_err(|_| StoreError::NotFound)?;
            let valid = since("2026-11-02");
            let joining = Joining { person: mother, household: away, role: MemberRole::Head, valid };
            household::transfer(tx, pen(&ids, 1), joining).await.map_err(|_| StoreError::NotFound)?;
            let new = NewProtection { victim: mother, perpetrators: vec![father], valid, reason: "order".into() };
            protection::protect(tx, pen(&ids, 2), &new).await.map_err(|_| StoreError::NotFound)
        })
        .unwrap();
        let school = NewFact {
            subject: Subject::Person(child),
            item: "school_id".into(),
            value: FactValue::Code("new-school-7".into()),
            valid: since("2026-11-05"),
            corrects: None,
        };
        transact!(db, fact::FactError, |tx| fact::record(tx, pen(&ids, 3), &any, school.clone()).await).unwrap();
        let mut tx = db.read().await.unwrap();
        let as_of = AsOf::latest(day("2026-11-21"));
        let viewer = Viewer::new(who(Role::Citizen, Some(father), ""), PurposeKind::OwnAffairs);
        let out = text(sight::household(&mut tx, &viewer.sight(), done.household, as_of).await.unwrap());
        assert!(out.contains(&child.to_string()), "a father's own household lost the child");
        assert!(!out.contains("new-school-7"), "the school the mother may have chosen is told");
        let relation = sight::relations(&mut tx, &viewer.sight(), [child]).await.unwrap()[&child];
        assert!(relation.ward && !relation.perpetrator_side);
        let name = Name::new(Script::Hang, "도", "새봄");
        assert_eq!(name.full, "도새봄");
    }
}

#[tokio::test]
async fn a_merge_does_not_open_what_was_read_before_it() {
    for db in testing::databases(SCHEMAS).await.unwrap() {
        let town = town(&db).await;
        let ids = SeededIds::new(5_000_000);
        let mut tx = db.begin().await.unwrap();
        let double = person("한", "빛나", ("Han", "Bitna"), Sex::Female, "1995-03-02", "");
        let double = person::create(&mut tx, pen(&ids, 20), &double).await.unwrap();
        registry::merge::merge(&mut tx, pen(&ids, 30), double, town.victim, "same woman").await.unwrap();
        tx.commit().await.unwrap();
        let office = Viewer::new(who(Role::CounterOfficial, None, "kr-99-canary"), PurposeKind::CounterService);
        let him = Viewer::new(who(Role::Citizen, Some(town.perpetrator), ""), PurposeKind::OwnAffairs);
        for (name, viewer) in [("the office", office), ("the perpetrator", him)] {
            let mut tx = db.read().await.unwrap();
            for moment in [at(25), at(40)] {
                let as_of = AsOf::new(day("2026-11-21"), moment);
                let mut out = text(sight::household(&mut tx, &viewer.sight(), town.refuge, as_of).await.unwrap());
                out += &text(sight::household_history(&mut tx, &viewer.sight(), town.refuge, moment).await.unwrap());
                out += &text(sight::person(&mut tx, &viewer.sight(), town.victim, as_of).await.unwrap());
                assert!(!out.to_lowercase().contains(CANARY), "{name} as of {moment:?}");
                assert_eq!(out.is_empty(), name == "the perpetrator", "{name} as of {moment:?}");
            }
        }
    }
}
