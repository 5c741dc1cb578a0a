//! Possible doubles: found, explained, compared, merged, parted.

use guard::{PurposeKind, Role};
use registry::duplicate::{self, Finding};
use registry::merge::{self, MergeError};
use registry::person::{self, Detail, Name, PersonError, Script, Sex};
use registry::protection::{self, NewProtection};
use registry::residence::{self, Address};
use registry::search::{self, Query};
use registry::{AsOf, read};
use store::{StoreError, testing, transact};

use crate::base::{couple, load, take_in};
use crate::support::*;

fn clerk() -> Viewer {
    Viewer::new(who(Role::Caseworker, None, "kr"), PurposeKind::DataQuality)
}

#[tokio::test]
async fn doubles_are_found_with_reasons_twins_are_not_and_a_dismissed_pair_stays_dismissed() {
    for db in testing::databases(SCHEMAS).await.unwrap() {
        let ids = ids();
        let mut home = couple();
        let twin = |given: &str, latin: &str| {
            let mut twin = home.members[2].clone();
            twin.person = person("도", given, ("Do", latin), Sex::Female, "2023-02-02", "");
            twin.person.details.push(Detail::Phone("010-1234-5678".into()));
            twin
        };
        let twins = [twin("가람", "Garam"), twin("가란", "Garan")];
        home.members.extend(twins);
        let done = take_in(&db, &ids, 0, &home).await;
        // The mother again, from another office: name romanised, no number, the same street.
        let mut again = person("", "", ("", ""), Sex::Female, "1995-03-02", "");
        again.names = vec![Name::new(Script::Latn, "Han", "Bit-na")];
        let double = transact!(db, PersonError, |tx| person::create(tx, pen(&ids, 1), &again).await).unwrap();
        let address = Address::new("kr-11-680", "Garam-ro 12, 304", "");
        transact!(db, residence::MoveError, |tx| {
            residence::move_person(tx, pen(&ids, 2), double, &address, since("2026-01-01")).await
        })
        .unwrap();
        // A stranger of the same birthday.
        let stranger = person("배", "다온", ("Bae", "Daon"), Sex::Female, "1995-03-02", "");
        transact!(db, PersonError, |tx| person::create(tx, pen(&ids, 3), &stranger).await).unwrap();

        let (mut after, mut new) = (None, 0);
        loop {
            let (next, found) =
                transact!(db, StoreError, |tx| duplicate::sweep(tx, pen(&ids, 4), after).await).unwrap();
            new += found;
            if next.is_none() {
                break;
            }
            after = next;
        }
        assert_eq!(new, 1, "on {:?}", db.engine());
        let viewer = clerk();
        let mut tx = db.read().await.unwrap();
        let (queue, next) = duplicate::queue(&mut tx, &viewer.sight(), None, 10).await.unwrap();
        assert_eq!(next, None, "one proposal, one page");
        let proposals = queue.sealed.process(&basis(), Clone::clone);
        assert_eq!(
            (proposals[0].person, proposals[0].other),
            (done.persons[0].min(double), done.persons[0].max(double))
        );
        for finding in [Finding::NameSame, Finding::BirthSame, Finding::SexSame] {
            assert!(proposals[0].findings.contains(&finding), "{finding:?} in {:?}", proposals[0].findings);
        }
        // The two share an address, and the policies do not let this purpose see one.
        assert!(!proposals[0].findings.contains(&Finding::AddressSame));
        let pair = duplicate::compare(&mut tx, &viewer.sight(), done.persons[0], double).await.unwrap().unwrap();
        pair.sealed.process(&basis(), |c| {
            assert_eq!(c.left.id, done.persons[0]);
            assert_eq!(c.right.id, double);
            assert_eq!(c.findings.iter().map(|(_, w)| w).sum::<i32>(), proposals[0].score);
        });
        drop(tx);
        transact!(db, duplicate::DuplicateError, |tx| {
            duplicate::dismiss(tx, pen(&ids, 5), double, done.persons[0]).await
        })
        .unwrap();
        let again = transact!(db, StoreError, |tx| duplicate::find(tx, pen(&ids, 6), double).await).unwrap();
        assert_eq!(again, 0, "a dismissed pair was proposed again");
    }
}

#[tokio::test]
async fn an_office_of_a_large_country_finds_its_own_doubles_behind_everybody_elses() {
    for db in testing::databases(SCHEMAS).await.unwrap() {
        let ids = ids();
        let mut people = Vec::new();
        for (n, place) in ["kr-26-350", "kr-11-680", "kr-11-680", "kr-11-680"].into_iter().enumerate() {
            let day = format!("198{n}-01-0{}", n + 1);
            let new = person("구", "하나", ("Gu", "Hana"), Sex::Female, &day, "");
            let id = transact!(db, PersonError, |tx| person::create(tx, pen(&ids, 1), &new).await).unwrap();
            let address = Address::new(place, "Garam-ro 12, 304", "");
            transact!(db, residence::MoveError, |tx| {
                residence::move_person(tx, pen(&ids, 2), id, &address, since("2020-01-01")).await
            })
            .unwrap();
            people.push(id);
        }
        // Eleven hundred that are more certain, all of another city.
        let mut pairs: Vec<_> =
            (0..1_100).map(|n| (people[0], kernel::PersonId(uuid::Uuid::from_u128(n + 1)), 5_000)).collect();
        pairs.extend([(people[1], people[2], 300), (people[1], people[3], 200), (people[2], people[3], 200)]);
        let add = "insert into duplicate (person_id, other_id, duplicate_id, score, evidence, state, found_at)
            values ($1, $2, $3, $4, '[]', 'open', 0)";
        transact!(db, StoreError, |tx| {
            for (n, (a, b, score)) in (0_i64..).zip(&pairs) {
                let id = uuid::Uuid::from_u128(u128::from(n.unsigned_abs()) + 10_000);
                tx.execute(add, store::params![*a, *b, id, i64::from(*score)]).await?;
            }
            Ok(())
        })
        .unwrap();
        let viewer = Viewer::new(who(Role::Caseworker, None, "kr-11-680"), PurposeKind::DataQuality);
        let mut tx = db.read().await.unwrap();
        let (mut after, mut seen) = (None, Vec::new());
        for _ in 0..4 {
            let (page, next) = duplicate::queue(&mut tx, &viewer.sight(), after, 2).await.unwrap();
            seen.push(page.sealed.process(&basis(), |all| all.iter().map(|p| (p.person, p.other)).collect::<Vec<_>>()));
            after = next;
            if after.is_none() {
                break;
            }
        }
        let mine: Vec<_> = pairs[1_100..].iter().map(|(a, b, _)| (*a, *b)).collect();
        assert_eq!(seen, [mine[..2].to_vec(), mine[2..].to_vec()], "on {:?}", db.engine());
    }
}

#[tokio::test]
async fn a_merge_joins_both_histories_follows_old_references_and_can_be_undone_exactly() {
    for db in testing::databases(SCHEMAS).await.unwrap() {
        let ids = ids();
        let done = take_in(&db, &ids, 0, &couple()).await;
        let mut second = person("한", "빈나", ("Han", "Binna"), Sex::Female, "1995-03-02", "");
        second.details.push(Detail::Email("bitna@mail.example".into()));
        let double = transact!(db, PersonError, |tx| person::create(tx, pen(&ids, 1), &second).await).unwrap();
        let mother = done.persons[0];
        let as_of = AsOf::latest(day("2026-11-21"));
        let before = load(&db, done.household, as_of).await;
        let id = transact!(db, MergeError, |tx| merge::merge(tx, pen(&ids, 10), mother, double, "same woman").await)
            .unwrap();
        let again = transact!(db, MergeError, |tx| merge::merge(tx, pen(&ids, 11), double, mother, "again").await);
        assert!(matches!(again, Err(MergeError::Same)), "{again:?}");

        let mut tx = db.read().await.unwrap();
        // The old reference leads to the survivor, who has the own name and birth date and the other's e-mail.
        let whole = read::person(&mut tx, double, as_of).await.unwrap().unwrap();
        whole.process(&basis(), |p| {
            assert_eq!(p.id, mother);
            assert_eq!(p.names[0].full, "한빛나");
            assert_eq!(p.email.as_deref(), Some("bitna@mail.example"));
        });
        // Read as of before the merge, they are two.
        let then = read::person(&mut tx, double, AsOf::new(day("2026-11-21"), at(9))).await.unwrap().unwrap();
        then.process(&basis(), |p| assert_eq!(p.id, double));
        // Found by the merged record's spelling; one hit, not two.
        let viewer = clerk();
        let query = Query { name: Some("한빈나".into()), ..Query::default() };
        let page = search::search(&mut tx, &viewer.sight(), keys(), &query).await.unwrap();
        page.sealed.process(&basis(), |p| {
            assert_eq!(p.hits.iter().map(|h| h.person).collect::<Vec<_>>(), vec![mother]);
        });
        drop(tx);
        transact!(db, MergeError, |tx| merge::unmerge(tx, pen(&ids, 12), mother, id).await).unwrap();
        assert_eq!(load(&db, done.household, as_of).await, before);
        let undone = transact!(db, MergeError, |tx| merge::unmerge(tx, pen(&ids, 13), mother, id).await);
        assert!(matches!(undone, Err(MergeError::NoMerge)));
        let mut tx = db.read().await.unwrap();
        assert_eq!(merge::merges(&mut tx, mother).await.unwrap().len(), 1, "the merge itself is kept");
    }
}

#[tokio::test]
async fn protection_follows_a_merge_and_victim_and_perpetrator_cannot_become_one() {
    for db in testing::databases(SCHEMAS).await.unwrap() {
        let ids = ids();
        let done = take_in(&db, &ids, 0, &couple()).await;
        let (mother, father) = (done.persons[0], done.persons[1]);
        let alias = person("도", "해슬", ("Do", "Haeseul"), Sex::Male, "1993-08-15", "");
        let alias = transact!(db, PersonError, |tx| person::create(tx, pen(&ids, 1), &alias).await).unwrap();
        let new = NewProtection {
            victim: mother,
            perpetrators: vec![alias],
            valid: since("2026-11-01"),
            reason: "order 5".into(),
        };
        transact!(db, protection::ProtectionError, |tx| protection::protect(tx, pen(&ids, 2), &new).await).unwrap();
        let opposed = transact!(db, MergeError, |tx| merge::merge(tx, pen(&ids, 3), mother, alias, "error").await);
        assert!(matches!(opposed, Err(MergeError::Opposed)), "{opposed:?}");
        // The order names the alias; once alias and father are one, the father stands on that side.
        let viewer = Viewer::new(who(Role::Citizen, Some(father), ""), PurposeKind::OwnAffairs);
        let side = async |n: &str| {
            let mut tx = db.read().await.unwrap();
            let all = registry::sight::relations(&mut tx, &viewer.sight(), [mother]).await.unwrap();
            assert!(all[&mother].protected, "{n}");
            all[&mother].perpetrator_side
        };
        assert!(!side("before").await);
        transact!(db, MergeError, |tx| merge::merge(tx, pen(&ids, 4), father, alias, "same man").await).unwrap();
        assert!(side("after").await);
    }
}
