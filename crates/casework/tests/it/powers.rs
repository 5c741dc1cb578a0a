//! Who may act for whom, and what people agreed to.

use casework::application::draft::{self, Begin};
use casework::application::mandate::{self, Kind, NewMandate};
use casework::application::{Agreed, Content, Ground, consent, may_act};
use casework::case::{Channel, view};
use guard::{Action, Allowed, Decision, Policies, Purpose, Relation, Request, Resource, Who};
use kernel::{Date, Period, PersonId};
use registry::protection::{NewProtection, ProtectionError, protect};
use registry::{Origin, Pen};
use store::{params, transact};
use uuid::Uuid;

use crate::application::{BORN, Home, citizen, count, home, machine, may, stage};
use crate::desk::{Office, TODAY, family};
use crate::evidence::Eyes;

fn mandate(home: &Home, holder: PersonId, programmes: Option<&[&str]>) -> NewMandate {
    NewMandate {
        person: home.family.mother,
        holder,
        kind: Kind::Proxy,
        programmes: programmes.map(|list| list.iter().map(|p| (*p).to_owned()).collect()),
        valid_from: Date::constant(2026, 11, 1),
        valid_to: Some(Date::constant(2026, 12, 31)),
        ground: "signed at home on 1 November".into(),
    }
}

async fn empower(
    office: &Office,
    who: &Who,
    may: &[Allowed],
    new: NewMandate,
) -> Result<kernel::MandateId, mandate::Fault> {
    transact!(office.db, mandate::Fault, |tx| mandate::register(tx, &office.desk(), who, may, new.clone()).await)
}

#[tokio::test]
async fn a_proxy_acts_for_what_they_were_given_and_not_a_day_longer() {
    for office in Office::all(38).await {
        let home = home(&office, 1, BORN).await;
        let friend = family(&office, 2).await.mother;
        let (me, powers) = (citizen(home.family.mother), home.powers());
        let new = mandate(&home, friend, Some(&["child_allowance"]));
        let fault = async |change: &dyn Fn(&mut NewMandate)| {
            let mut other = new.clone();
            change(&mut other);
            empower(&office, &me, &powers, other).await.unwrap_err().to_string()
        };
        assert!(fault(&|m| m.kind = Kind::Guardian).await.contains("counter"));
        assert!(fault(&|m| m.valid_to = Some(Date::constant(2026, 10, 1))).await.contains("before"));
        assert!(fault(&|m| m.programmes = Some(vec!["nothing".into()])).await.contains("not a programme"));
        assert!(fault(&|m| m.holder = home.family.mother).await.contains("themselves"));
        assert!(fault(&|m| m.holder = PersonId(Uuid::from_u128(9))).await.contains("no such person"));
        assert!(fault(&|m| m.ground = "x".into()).await.contains("order"));
        // Nobody gives themselves a power over another.
        let theirs = empower(&office, &citizen(friend), &may(&[friend]), new.clone()).await;
        assert!(matches!(theirs, Err(mandate::Fault::NotAllowed)));
        let id = empower(&office, &me, &powers, new.clone()).await.unwrap();
        assert_eq!(empower(&office, &me, &powers, new).await.unwrap(), id, "told twice is told once");
        let begin = |programme: &str| Begin {
            person: home.family.mother,
            channel: Channel::Online,
            content: Content { chosen: vec![home.for_child(programme)], ..Content::default() },
        };
        let proxy = (citizen(friend), acting_for(&[home.family.mother]));
        let draft = home.begin_as(&office, &proxy.0, &proxy.1, begin("child_allowance")).await.unwrap();
        let more = home.begin_as(&office, &proxy.0, &proxy.1, begin("parent_benefit")).await;
        assert!(matches!(more, Err(draft::Fault::NotAllowedFor { .. })), "{more:?}");
        let done = home.send_as(&office, &proxy.0, &proxy.1, draft.id, 1).await.unwrap();
        assert_eq!(stage(&office, done.items[0].case).await.2, home.family.mother, "in the mother's name");
        let mut tx = office.db.read().await.unwrap();
        let ground = async |tx: &mut store::Tx, on| {
            may_act(tx, 19, friend, home.family.mother, Some("child_allowance"), on).await.unwrap()
        };
        assert_eq!(ground(&mut tx, TODAY).await, Some(Ground::Proxy(id)));
        assert_eq!(ground(&mut tx, Date::constant(2027, 1, 1)).await, None);
        drop(tx);
        transact!(office.db, mandate::Fault, |tx| {
            mandate::end(tx, &office.desk(), &me, &powers, home.family.mother, id).await
        })
        .unwrap();
        let after = home.begin_as(&office, &proxy.0, &proxy.1, begin("child_allowance")).await;
        assert!(matches!(after, Err(draft::Fault::NotAllowed)));
    }
}

/// What the real policies say to somebody with a mandate of these people.
fn acting_for(people: &[PersonId]) -> Vec<Allowed> {
    let policies = Policies::built_in().unwrap();
    let relation = Relation { mandated: true, ..Relation::default() };
    let decide = |person: &PersonId| {
        let (who, purpose) = (citizen(PersonId(Uuid::from_u128(3))), Purpose::own_affairs());
        let resource = Resource::person(*person, relation);
        let (look, now) = (Uuid::from_u128(9), kernel::Instant::start_of(TODAY));
        let action = Action::AcceptOffer;
        match policies.decide(&Request { look, now, who: &who, action, resource: &resource, purpose: &purpose }) {
            Decision::Allowed(allowed) => allowed,
            Decision::Denied(refusal) => panic!("{refusal:?}"),
        }
    };
    people.iter().map(decide).collect()
}

#[tokio::test]
async fn a_proxy_sees_the_cases_of_the_programmes_and_nothing_else() {
    for office in Office::all(81).await {
        let home = home(&office, 1, BORN).await;
        let friend = family(&office, 2).await.mother;
        let (mother, me) = (home.family.mother, citizen(home.family.mother));
        let done = home.apply(&office, vec![home.for_all("livelihood"), home.for_all("housing_rent")]).await;
        empower(&office, &me, &home.powers(), mandate(&home, friend, Some(&["livelihood"]))).await.unwrap();
        let eyes = Eyes::of(citizen(friend));
        let mut tx = office.db.read().await.unwrap();
        for item in &done.items {
            let seen = view::one(&mut tx, &office.desk(), &eyes.sight(), item.case).await.unwrap().unwrap();
            let opens = item.programme == "livelihood";
            assert!(seen.about.iter().all(|(_, r)| r.mandated == opens), "{} {:?}", item.programme, seen.about);
            assert!(seen.about.iter().any(|(p, _)| *p == mother), "the mother finds the look in her trail");
        }
        let seen = view::of_represented(&mut tx, &office.desk(), &eyes.sight(), friend).await.unwrap();
        assert_eq!(seen.about.iter().map(|(p, _)| *p).collect::<Vec<_>>(), [mother]);
        let list = seen.sealed.process(&machine(), Clone::clone);
        assert_eq!(list.iter().map(|r| r.line.case.programme.as_str()).collect::<Vec<_>>(), ["livelihood"]);
    }
}

#[tokio::test]
async fn whoever_a_child_is_protected_from_has_no_power_over_it() {
    for office in Office::all(39).await {
        let home = home(&office, 1, BORN).await;
        let (mother, father) = (home.family.mother, home.family.father);
        let acts = async |holder, on| {
            let mut tx = office.db.read().await.unwrap();
            may_act(&mut tx, 19, holder, home.child, None, on).await.unwrap()
        };
        assert_eq!(
            (acts(father, TODAY).await, acts(mother, TODAY).await),
            (Some(Ground::Parent), Some(Ground::Parent))
        );
        assert_eq!(acts(father, Date::constant(2045, 11, 18)).await, None, "a grown child acts alone");
        let given = NewMandate { person: mother, holder: father, ..mandate(&home, father, None) };
        empower(&office, &citizen(mother), &home.powers(), given.clone()).await.unwrap();
        let origin = Origin::new("protection_office", "Domestic Violence Act art. 8", "test");
        let new = NewProtection {
            victim: mother,
            perpetrators: vec![father],
            valid: Period { from: Date::constant(2026, 11, 1), until: None },
            reason: "order 1".into(),
        };
        let desk = office.desk();
        transact!(office.db, ProtectionError, |tx| {
            protect(tx, Pen::new(desk.ids, desk.keys, desk.now, &origin), &new).await
        })
        .unwrap();
        assert_eq!((acts(father, TODAY).await, acts(mother, TODAY).await), (None, Some(Ground::Parent)));
        let mut tx = office.db.read().await.unwrap();
        assert_eq!(may_act(&mut tx, 19, father, mother, None, TODAY).await.unwrap(), None, "nor by a mandate");
        drop(tx);
        let refused = empower(&office, &citizen(mother), &home.powers(), NewMandate { valid_to: None, ..given }).await;
        assert!(refused.is_err());
    }
}

#[tokio::test]
async fn a_consent_is_given_once_taken_back_by_date_and_stands_as_a_fact() {
    for office in Office::all(40).await {
        let home = home(&office, 1, BORN).await;
        let (mother, me, powers) = (home.family.mother, citizen(home.family.mother), home.powers());
        let give = async |purpose: &str, person| {
            let agreed = Agreed { person, purpose: purpose.into() };
            transact!(office.db, consent::Fault, |tx| {
                consent::give(tx, &office.desk(), &me, &powers, &agreed, None).await
            })
        };
        assert!(matches!(give("nothing", mother).await, Err(consent::Fault::NoPurpose(_))));
        assert!(matches!(give("financial_enquiry", home.family.father).await, Err(consent::Fault::NotAllowed)));
        for _ in 0..2 {
            give("financial_enquiry", mother).await.unwrap();
        }
        assert_eq!(count(&office, "select count(*) as n from consent").await, 1);
        let holds = async |value: &str| {
            let mut tx = office.db.read().await.unwrap();
            let sql = "select count(*) as n from person_fact where item = 'financial_consent' and value = $1";
            tx.one(sql, params![format!("{{\"type\":\"boolean\",\"value\":{value}}}")])
                .await
                .unwrap()
                .get::<i64>("n")
                .unwrap()
        };
        assert_eq!((holds("true").await, holds("false").await), (1, 0));
        let back = async || {
            transact!(office.db, consent::Fault, |tx| {
                consent::withdraw(tx, &office.desk(), &me, &powers, mother, "financial_enquiry").await
            })
        };
        assert_eq!((back().await.unwrap(), back().await.unwrap()), (true, false));
        assert_eq!(holds("false").await, 1);
        let mut tx = office.db.read().await.unwrap();
        assert!(!consent::stands(&mut tx, mother, "financial_enquiry").await.unwrap());
        let all = consent::list(&mut tx, &Eyes::official().sight(), mother).await.unwrap();
        let all = all.sealed.process(&machine(), Clone::clone);
        assert!(all[0].withdrawn_at.is_some() && all[0].words.has(kernel::Lang::Ko), "the words stay");
        drop(tx);
        // What needs every grown member's consent says whose is missing.
        let done = home.apply(&office, vec![home.for_all("livelihood")]).await;
        let mut missing: Vec<PersonId> = done.consents.iter().map(|w| w.person).collect();
        missing.sort();
        let mut grown = vec![mother, home.family.father];
        grown.sort();
        assert_eq!(missing, grown);
    }
}
