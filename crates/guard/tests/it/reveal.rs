//! The one call a page makes: decided, logged, then opened; refused and logged otherwise.

use guard::log::Class;
use guard::{
    Action, Denied, Processing, ProtectedAddress, Purpose, PurposeKind, Reason, Relation, Resource, Role, Sealed,
    Withholding,
};

use crate::support::{guard_in, noon, person, who};

fn here() -> Relation {
    Relation { in_jurisdiction: true, ..Relation::default() }
}

fn counter() -> Purpose {
    Purpose::new(PurposeKind::CounterService, "asked at the counter")
}

#[tokio::test]
async fn a_look_and_a_refusal_are_both_in_the_persons_trail() {
    let dir = tempfile::tempdir().unwrap();
    let guard = guard_in(dir.path());
    let official = who(Role::CounterOfficial);
    let resource = Resource::person(person(1), here()).showing(["name"]);
    let shown =
        guard.reveal(&official, Action::ViewPerson, &resource, &counter(), Sealed::new("Kim", [person(1)])).await;
    assert_eq!(*shown.unwrap(), "Kim");
    let elsewhere = Resource::person(person(1), Relation::default());
    let refused =
        guard.reveal(&official, Action::ViewPerson, &elsewhere, &counter(), Sealed::new("Kim", [person(1)])).await;
    assert_eq!(refused.unwrap_err().refusal().unwrap().reason, Reason::NoGround);
    let trail = guard.log().trail(&[person(1)], noon(), None, 9).await.unwrap();
    trail.process(&Processing::new(PurposeKind::Oversight, "test").unwrap(), |t| {
        let seen: Vec<_> = t.entries.iter().map(|e| (e.class, e.allowed, e.organisation.as_deref())).collect();
        let office = Some("office-of-a-district");
        assert_eq!(seen, [(Class::Refusal, false, office), (Class::View, true, office)]);
        assert_eq!(t.entries[1].items, ["name"]);
    });
}

#[tokio::test]
async fn a_seal_that_holds_somebody_nobody_asked_about_stays_shut() {
    let dir = tempfile::tempdir().unwrap();
    let guard = guard_in(dir.path());
    let resource = Resource::person(person(1), here());
    let both = Sealed::new(("a", "b"), [person(1), person(2)]);
    let denied = guard.reveal(&who(Role::CounterOfficial), Action::ViewPerson, &resource, &counter(), both).await;
    assert!(matches!(denied, Err(Denied::Mismatch(_))));
}

#[tokio::test]
async fn the_strictest_relation_of_a_household_decides() {
    let dir = tempfile::tempdir().unwrap();
    let guard = guard_in(dir.path());
    let official = who(Role::CounterOfficial);
    let cousin = Relation { kin: true, ..here() };
    let household = Resource::people([(person(1), here()), (person(2), cousin)]);
    let denied = guard.permit(&official, Action::ViewHousehold, &household, &counter()).await.unwrap_err();
    assert_eq!(denied.refusal().unwrap().reason, Reason::Relative);
    assert_eq!(denied.refusal().unwrap().policies, ["forbid-relatives-to-staff"]);
    let neighbours = Resource::people([(person(1), here()), (person(2), here())]);
    assert!(guard.permit(&official, Action::ViewHousehold, &neighbours, &counter()).await.is_ok());
}

#[tokio::test]
async fn a_protected_address_opens_to_nothing_but_the_decision_to_view_an_address() {
    let dir = tempfile::tempdir().unwrap();
    let guard = guard_in(dir.path());
    let protected = Relation { protected: true, open_case: true, ..here() };
    let resource = Resource::person(person(1), protected);
    let address = || ProtectedAddress::new("a quiet street 7", [person(1)], true);
    assert_eq!(address().unless_protected(), None);
    assert_eq!(format!("{:?}", address()), "ProtectedAddress(shut)");
    let caseworker = who(Role::Caseworker);
    let protecting = Purpose::new(PurposeKind::Protection, "moving her to a shelter");
    let by_another_door =
        guard.reveal(&caseworker, Action::ViewPerson, &resource, &protecting, address().into_sealed()).await;
    assert!(matches!(by_another_door, Err(Denied::Mismatch(_))));
    let casework = Purpose::new(PurposeKind::Casework, "an application");
    let for_another_purpose =
        guard.reveal(&caseworker, Action::ViewAddress, &resource, &casework, address().into_sealed()).await;
    assert!(for_another_purpose.unwrap_err().as_if_absent());
    let rightly = guard.reveal(&caseworker, Action::ViewAddress, &resource, &protecting, address().into_sealed()).await;
    assert_eq!(*rightly.unwrap(), "a quiet street 7");
    // Her trail does not name the office that would say where she is.
    let trail = guard.log().trail(&[person(1)], noon(), None, 9).await.unwrap();
    trail.process(&Processing::new(PurposeKind::Oversight, "test").unwrap(), |t| {
        assert!(t.entries.iter().all(|e| e.organisation.is_none()));
        assert_eq!(t.entries.len(), 3);
    });
}

#[tokio::test]
async fn a_search_is_logged_with_a_keyed_hash_even_when_it_finds_nobody() {
    let dir = tempfile::tempdir().unwrap();
    let guard = guard_in(dir.path());
    let official = who(Role::CounterOfficial);
    let nothing = Resource::search("hong gildong", []);
    let found =
        guard.reveal(&official, Action::SearchPerson, &nothing, &counter(), Sealed::new(Vec::<u8>::new(), [])).await;
    assert!(found.unwrap().is_empty());
    let officer = who(Role::PrivacyOfficer);
    let oversight = Purpose::new(PurposeKind::Oversight, "monthly review");
    let allowed = guard.permit(&officer, Action::ViewLog, &Resource::thing("log"), &oversight).await.unwrap();
    let rows = guard.log().read(&allowed, 2026, None, 10).await.unwrap();
    let search = rows.iter().find(|r| r.class == Class::Search).unwrap();
    let query = search.body.as_ref().unwrap().query.clone().unwrap();
    assert_eq!(query, hex::encode(guard.keys().query_hash("hong gildong")));
    assert_eq!(search.subject, None);
    let other = guard.permit(&officer, Action::VerifyLog, &Resource::thing("log"), &oversight).await.unwrap();
    assert!(guard.log().read(&other, 2026, None, 10).await.is_err(), "another decision must not open the log");
}

#[test]
fn a_perpetrator_is_dropped_from_lists_before_they_are_counted() {
    let dir = tempfile::tempdir().unwrap();
    let guard = guard_in(dir.path());
    let official = who(Role::CounterOfficial);
    let against = Relation { perpetrator_side: true, ..here() };
    assert!(guard.may_list(&official, &counter(), here()));
    assert!(!guard.may_list(&official, &counter(), against));
    assert!(!guard.may_list(&official, &counter(), Relation::default()));
    assert!(!guard.may_list(&who(Role::Citizen), &Purpose::own_affairs(), here()));
}

#[test]
fn a_seal_keeps_its_people_through_every_change_of_form() {
    let seal = Sealed::new("Kim", [person(1)]);
    assert_eq!(format!("{seal:?}"), "Sealed(1 persons)");
    let joined = seal.map(str::len).zip(Sealed::new(1, [person(2)]));
    assert_eq!(joined.persons(), [person(1), person(2)]);
}

#[tokio::test]
async fn the_number_of_a_closed_case_is_no_reason_to_open_it_again() {
    let dir = tempfile::tempdir().unwrap();
    let guard = guard_in(dir.path());
    let worker = who(Role::Caseworker);
    let closed = Relation { closed_case: true, ..Relation::default() };
    let resource = Resource::person(person(1), closed).at(guard::Tier::Sensitive);
    let review = |reason: &str| Purpose::new(PurposeKind::CaseReview, reason).with_case("2026-7");
    let silent = guard.permit(&worker, Action::ViewCase, &resource, &review("")).await.unwrap_err();
    assert_eq!(silent.refusal().unwrap().reason, Reason::NoReasonGiven);
    assert!(guard.permit(&worker, Action::ViewCase, &resource, &review("audit 7")).await.is_ok());
    // Read, and nothing else.
    for action in [Action::WorkCase, Action::ViewFacts, Action::ViewAddress] {
        assert!(guard.permit(&worker, action, &resource, &review("audit 7")).await.is_err(), "{action}");
    }
}

#[tokio::test]
async fn a_mandate_opens_its_programmes_and_is_told_as_what_it_is() {
    let dir = tempfile::tempdir().unwrap();
    let guard = guard_in(dir.path());
    let citizen = who(Role::Citizen);
    let mandated = Relation { mandated: true, ..Relation::default() };
    let resource = Resource::person(person(1), mandated).showing(["case"]);
    let own = Purpose::own_affairs();
    let allowed = guard.permit(&citizen, Action::ViewCase, &resource, &own).await.unwrap();
    assert!(allowed.is_by_mandate());
    assert!(guard.permit(&citizen, Action::ViewFacts, &resource, &own).await.is_err());
    let mother = Relation { own: true, ..Relation::default() };
    let theirs = guard.permit(&citizen, Action::ViewCase, &Resource::person(person(1), mother), &own).await.unwrap();
    assert!(!theirs.is_by_mandate());
    let trail = guard.log().trail(&[person(1)], noon(), None, 9).await.unwrap();
    trail.process(&Processing::new(PurposeKind::Oversight, "test").unwrap(), |t| {
        let told: Vec<_> = t.entries.iter().map(|e| (e.allowed, e.by_mandate)).collect();
        assert_eq!(told, [(true, false), (false, false), (true, true)]);
    });
}

#[tokio::test]
async fn officials_looks_for_a_purpose_are_kept_back_for_its_days_and_nobody_elses() {
    let dir = tempfile::tempdir().unwrap();
    let withheld = Withholding { purpose: PurposeKind::Casework, days: 30, law: "article 35".into() };
    let guard = guard_in(dir.path()).withholding(vec![withheld]);
    let resource = Resource::person(person(1), here());
    let casework = Purpose::new(PurposeKind::Casework, "an investigation");
    let _ = guard.permit(&who(Role::Caseworker), Action::ViewPerson, &resource, &casework).await.unwrap();
    let _ = guard.permit(&who(Role::CounterOfficial), Action::ViewPerson, &resource, &counter()).await.unwrap();
    let basis = Processing::new(PurposeKind::Oversight, "test").unwrap();
    let over = noon().plus_seconds(30 * 86_400);
    guard.log().trail(&[person(1)], noon(), None, 9).await.unwrap().process(&basis, |t| {
        let kept: Vec<_> = t.withheld.iter().map(|w| (w.count, w.until, &*w.law)).collect();
        assert_eq!((t.entries.len(), kept), (1, vec![(1, over, "article 35")]));
    });
    guard.log().trail(&[person(1)], over, None, 9).await.unwrap().process(&basis, |t| {
        assert_eq!((t.entries.len(), t.withheld.len()), (2, 0));
    });
}
