//! Protections of whereabouts: who records one, what is refused, whom it covers, who sees and ends it.

use std::collections::BTreeSet;

use casework::protection::{self, Ending, Fault, NewProtection, Protection};
use guard::{Action, Allowed, Decision, Purpose, PurposeKind, Relation, Request, Resource, Role, Who};
use kernel::{AccountId, Date, Instant, PersonId};
use registry::sight::Sight;
use store::transact;
use uuid::Uuid;

use crate::application::{BORN, Home, count, home, machine};
use crate::desk::{Office, TODAY, family, who};
use crate::evidence::Eyes;

const RECORDED: &str = "select count(*) as n from protection where withdrawn_at is null";

fn caseworker(number: u128) -> Who {
    Who { account: AccountId(Uuid::from_u128(number)), ..who(Role::Caseworker) }
}

fn eyes(who: &Who) -> Eyes {
    Eyes::for_purpose(who.clone(), Purpose::new(PurposeKind::Protection, "she came to the office"))
}

/// What the real policies say to somebody standing so.
fn decided(sight: &Sight<'_>, action: Action, person: PersonId, relation: Relation) -> Option<Allowed> {
    let resource = Resource::person(person, relation);
    let (look, now) = (Uuid::from_u128(9), Instant::start_of(TODAY));
    let request = Request { look, now, who: sight.who, action, resource: &resource, purpose: sight.purpose };
    match sight.policies.decide(&request) {
        Decision::Allowed(allowed) => Some(allowed),
        Decision::Denied(_) => None,
    }
}

fn may(sight: &Sight<'_>, action: Action, person: PersonId) -> Allowed {
    let relation = Relation { in_jurisdiction: true, open_case: true, ..Relation::default() };
    decided(sight, action, person, relation).unwrap()
}

fn order(home: &Home) -> NewProtection {
    NewProtection {
        person: home.family.mother,
        perpetrators: vec![home.family.father],
        from: Date::constant(2026, 11, 1),
        last: None,
        reason: "order 2026-17".into(),
        law: "Domestic Violence Act art. 8".into(),
    }
}

async fn record(office: &Office, sight: &Sight<'_>, new: &NewProtection) -> Result<Uuid, Fault> {
    let allowed = may(sight, Action::ProtectPerson, new.person);
    transact!(office.db, Fault, |tx| protection::record(tx, &office.desk(), sight, &allowed, new).await)
}

async fn end(office: &Office, sight: &Sight<'_>, ending: &Ending) -> Result<Uuid, Fault> {
    let allowed = may(sight, Action::EndProtection, ending.person);
    transact!(office.db, Fault, |tx| protection::end(tx, &office.desk(), sight, &allowed, ending).await)
}

async fn list(office: &Office, sight: &Sight<'_>, person: PersonId) -> (Relation, Vec<Protection>) {
    let mut tx = office.db.read().await.unwrap();
    let seen = protection::list(&mut tx, &office.desk(), sight, person).await.unwrap();
    let (relation, basis) = (seen.about[0].1, machine());
    (relation, seen.sealed.process(&basis, Clone::clone))
}

async fn protected(office: &Office, sight: &Sight<'_>, person: PersonId) -> bool {
    let mut tx = office.db.read().await.unwrap();
    registry::sight::relations(&mut tx, sight, [person]).await.unwrap()[&person].protected
}

#[tokio::test]
async fn what_cannot_be_a_protection_is_refused_and_leaves_nothing() {
    for office in Office::all(71).await {
        let home = home(&office, 1, BORN).await;
        let me = caseworker(1);
        let eyes = eyes(&me);
        let sight = eyes.sight();
        let refused = async |change: &dyn Fn(&mut NewProtection)| {
            let mut other = order(&home);
            change(&mut other);
            let fault = record(&office, &sight, &other).await.unwrap_err();
            assert_eq!(count(&office, RECORDED).await, 0, "{fault}");
            fault
        };
        let nobody = PersonId(Uuid::from_u128(77));
        assert!(matches!(refused(&|n| n.law = "  ".into()).await, Fault::NoLaw));
        assert!(matches!(refused(&|n| n.reason = "x".into()).await, Fault::NoReason));
        assert!(matches!(refused(&|n| n.person = nobody).await, Fault::NoPerson));
        assert!(matches!(refused(&|n| n.perpetrators.push(nobody)).await, Fault::NoPerpetrator));
        assert!(matches!(refused(&|n| n.perpetrators.push(n.person)).await, Fault::FromSelf));
        assert!(matches!(refused(&|n| n.perpetrators = vec![n.perpetrators[0]; 21]).await, Fault::TooMany));
        let days = |from, last| move |n: &mut NewProtection| (n.from, n.last) = (from, last);
        let (first, passed) = (Date::constant(2026, 12, 1), Date::constant(2026, 11, 20));
        let before = refused(&days(first, Some(Date::constant(2026, 11, 30)))).await;
        assert!(matches!(before, Fault::Backwards { .. }), "{before}");
        assert!(matches!(refused(&days(Date::constant(2026, 1, 1), Some(passed))).await, Fault::Backwards { .. }));
        assert!(matches!(refused(&days(Date::constant(2126, 11, 1), None)).await, Fault::BadDay(_)));
        assert!(matches!(refused(&days(Date::constant(1850, 1, 1), None)).await, Fault::BadDay(_)));

        // Another permission, or one about somebody else.
        let new = order(&home);
        for allowed in [
            may(&sight, Action::ProtectPerson, home.family.father),
            may(&sight, Action::EditPerson, home.family.mother),
            may(&sight, Action::EndProtection, home.family.mother),
        ] {
            let told = transact!(office.db, Fault, |tx| {
                protection::record(tx, &office.desk(), &sight, &allowed, &new).await
            });
            assert!(matches!(told, Err(Fault::NotAllowed)), "{told:?}");
        }
        // An official who is named, or whose family is: a colleague's matter.
        for person in [home.family.father, home.child] {
            let own = Who { person: Some(person), ..caseworker(2) };
            let eyes = self::eyes(&own);
            let told = record(&office, &eyes.sight(), &new).await;
            assert!(matches!(told, Err(Fault::OwnFamily)), "{told:?}");
        }
        assert_eq!(count(&office, RECORDED).await, 0);
    }
}

#[tokio::test]
async fn a_protection_is_recorded_once_covers_the_child_and_is_ended_by_whoever_has_the_case() {
    for office in Office::all(72).await {
        let home = home(&office, 1, BORN).await;
        let stranger = family(&office, 2).await.father;
        let (mother, me, colleague) = (home.family.mother, caseworker(1), caseworker(2));
        let (mine, theirs) = (eyes(&me), eyes(&colleague));
        let (mine, theirs) = (mine.sight(), theirs.sight());
        let new = NewProtection { perpetrators: vec![home.family.father, stranger], ..order(&home) };
        let id = record(&office, &mine, &new).await.unwrap();
        let turned = NewProtection { perpetrators: vec![stranger, home.family.father], ..new.clone() };
        assert_eq!(record(&office, &theirs, &turned).await.unwrap(), id, "told twice is told once");
        assert_eq!(count(&office, RECORDED).await, 1);
        assert!(protected(&office, &theirs, mother).await && protected(&office, &theirs, home.child).await);

        // Whoever recorded it has the case of it; nobody else without an open case of the family.
        let (relation, held) = list(&office, &mine, mother).await;
        assert!(relation.open_case && held.len() == 1 && held[0].id == id, "{held:?}");
        let named: BTreeSet<&str> = held[0].from.iter().map(|(_, name)| name.as_str()).collect();
        assert_eq!((named.len(), held[0].valid_to), (1, None), "both are called alike: {named:?}");
        assert_eq!(held[0].source, "municipality");
        let (relation, held) = list(&office, &theirs, mother).await;
        assert!(!relation.open_case && held.is_empty());
        assert!(decided(&theirs, Action::ViewProtection, mother, relation).is_none());
        let ending = Ending { person: mother, protection: id, on: None, why: "the court lifted it".into() };
        assert!(matches!(end(&office, &theirs, &ending).await, Err(Fault::NoProtection)));
        let cases: BTreeSet<PersonId> = [mother].into();
        let assigned = Sight { open_cases: &cases, ..theirs };
        let (relation, held) = list(&office, &assigned, mother).await;
        assert!(relation.open_case && held.len() == 1);
        assert!(decided(&assigned, Action::ViewProtection, mother, relation).is_some());

        let bad = async |change: &dyn Fn(&mut Ending)| {
            let mut other = ending.clone();
            change(&mut other);
            end(&office, &assigned, &other).await.unwrap_err()
        };
        assert!(matches!(bad(&|e| e.why = " ".into()).await, Fault::NoReason));
        assert!(matches!(bad(&|e| e.on = Some(Date::constant(2026, 11, 20))).await, Fault::BadEnd(_)));
        assert!(matches!(bad(&|e| e.protection = Uuid::from_u128(5)).await, Fault::NoProtection));
        let allowed = may(&assigned, Action::ProtectPerson, mother);
        let told =
            transact!(office.db, Fault, |tx| protection::end(tx, &office.desk(), &assigned, &allowed, &ending).await);
        assert!(matches!(told, Err(Fault::NotAllowed)), "{told:?}");
        assert!(protected(&office, &theirs, mother).await);

        // To a later day first: it holds until then, and cannot be made longer again.
        let later = Ending { on: Some(Date::constant(2026, 12, 1)), ..ending.clone() };
        let rest = end(&office, &assigned, &later).await.unwrap();
        assert!(protected(&office, &theirs, mother).await);
        let (_, held) = list(&office, &assigned, mother).await;
        assert_eq!((held.len(), held[0].id, held[0].valid_to), (1, rest, Some(Date::constant(2026, 11, 30))));
        assert_eq!(held[0].law, new.law, "its law stays");
        let longer = Ending { protection: rest, on: Some(Date::constant(2027, 1, 1)), ..ending.clone() };
        assert!(matches!(end(&office, &assigned, &longer).await, Err(Fault::BadEnd(_))));
        end(&office, &assigned, &Ending { protection: rest, ..ending.clone() }).await.unwrap();
        assert!(!protected(&office, &theirs, mother).await && !protected(&office, &theirs, home.child).await);
        assert!(list(&office, &assigned, mother).await.1.is_empty());
        let why = "select count(*) as n from protection where ended_for = 'the court lifted it'";
        assert_eq!(count(&office, why).await, 2, "why stands with what it ended");
        assert!(matches!(end(&office, &assigned, &ending).await, Err(Fault::NoProtection)), "once");
    }
}

#[tokio::test]
async fn only_a_caseworker_of_the_place_or_with_the_case_protects() {
    let person = PersonId(Uuid::from_u128(1));
    let here = Relation { in_jurisdiction: true, ..Relation::default() };
    let case = Relation { open_case: true, ..Relation::default() };
    let asks = |who: &Who, purpose, action, relation| {
        let eyes = Eyes::for_purpose(who.clone(), Purpose::new(purpose, "she came to the office"));
        decided(&eyes.sight(), action, person, relation).is_some()
    };
    use PurposeKind::{Casework, CounterService, DataQuality, Protection};
    let me = caseworker(1);
    for purpose in [Casework, Protection] {
        assert!(asks(&me, purpose, Action::ProtectPerson, here) && asks(&me, purpose, Action::ProtectPerson, case));
        assert!(!asks(&me, purpose, Action::ProtectPerson, Relation::default()), "of another place");
        assert!(!asks(&me, purpose, Action::EndProtection, here) && asks(&me, purpose, Action::EndProtection, case));
        let weak = Who { strong: false, ..me.clone() };
        assert!(asks(&weak, purpose, Action::ProtectPerson, here), "to hide needs no second factor");
        assert!(!asks(&weak, purpose, Action::EndProtection, case));
        for theirs in [
            Relation { own: true, ..here },
            Relation { kin: true, ..here },
            Relation { own_household: true, ..case },
            Relation { perpetrator_side: true, open_case: true, ..here },
        ] {
            for action in [Action::ProtectPerson, Action::ViewProtection, Action::EndProtection] {
                assert!(!asks(&me, purpose, action, theirs), "{action} {theirs:?}");
            }
        }
    }
    assert!(!asks(&me, DataQuality, Action::ProtectPerson, case));
    let both = Relation { open_case: true, ..here };
    for (role, purpose) in [(Role::CounterOfficial, CounterService), (Role::Approver, PurposeKind::Approval)] {
        assert!(!asks(&who(role), purpose, Action::ProtectPerson, both), "{role}");
    }
}
