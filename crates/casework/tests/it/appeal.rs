//! How often a family may object, to whom, and who must not review: two looks, then only a court.

use casework::Desk;
use casework::case::TaskKind;
use casework::case::worklist::{self, Filter, Scope};
use casework::decide::object::{self, Outcome};
use casework::decide::{Put, official, way};
use catalogue::{Files, Pack};
use guard::{Action, Role, Who};
use kernel::{AccountId, Date, DecisionId, ObjectionId, PersonId};
use store::{StoreError, params, transact};
use uuid::Uuid;

use crate::desk::{Office, TODAY, allowed, who};
use crate::evidence::Eyes;
use crate::flow::{case_of, decided, may, open_tasks};

async fn raise(office: &Office, day: Date, child: PersonId, on: DecisionId) -> Result<ObjectionId, object::Fault> {
    let (citizen, allowed) =
        (Who { account: account(50), ..who(Role::Citizen) }, allowed(Action::ObjectDecision, &[child]));
    transact!(office.db, object::Fault, |tx| {
        object::raise(tx, &office.desk_on(day), &citizen, &allowed, on, "the sum is too low").await
    })
}

async fn review(
    office: &Office,
    day: Date,
    child: PersonId,
    (reviewer, organisation): (u128, &str),
    objection: ObjectionId,
    outcome: Outcome,
) -> Result<Option<Put>, object::Fault> {
    let (me, allowed) = may(Action::ApproveDecision, child, Role::Approver);
    let me = Who { account: account(reviewer), organisation: organisation.into(), ..me };
    transact!(office.db, object::Fault, |tx| {
        object::review(
            tx,
            &office.desk_on(day),
            &me,
            &allowed,
            objection,
            outcome.clone(),
            "the sum is what the law says",
        )
        .await
    })
}

fn account(number: u128) -> AccountId {
    AccountId(Uuid::from_u128(number))
}

fn days(after: i64) -> Date {
    TODAY.saturating_add(jiff::Span::new().days(after))
}

#[tokio::test]
async fn a_family_objects_twice_and_the_second_time_to_the_office_above() {
    for office in Office::all(34).await {
        let (_, child, case) = decided(&office).await;
        let decision = case.decision.unwrap();
        let first = raise(&office, TODAY, child, decision).await.unwrap();
        let stands = review(&office, days(10), child, (70, "municipality"), first, Outcome::Stands).await.unwrap();
        assert!(stands.is_none());
        // The letter says why, to whom one may object once more and until when: ninety days from now, not from the decision.
        let mut tx = office.db.read().await.unwrap();
        let row = tx.one("select content from letter where kind = 'upheld'", &[]).await.unwrap();
        let said: serde_json::Value = row.json("content").unwrap();
        drop(tx);
        let lead = said["en"]["lead"].as_str().unwrap();
        for part in ["the sum is what the law says", "the Ministry of Health and Welfare", "2027"] {
            assert!(lead.to_lowercase().contains(&part.to_lowercase()), "{part} in {lead}");
        }
        // A day too late for the second, which the first one's end had opened.
        let late = raise(&office, days(101), child, decision).await;
        assert!(matches!(late, Err(object::Fault::TooLate(last)) if last == days(100)), "{late:?}");
        let second = raise(&office, days(100), child, decision).await.unwrap();
        let tasks = open_tasks(&office, TaskKind::Objection).await;
        assert_eq!(tasks.len(), 1);
        let mut tx = office.db.read().await.unwrap();
        let row = tx
            .one("select agency, barred_account from task where kind = 'objection' and status = 'open'", params![])
            .await
            .unwrap();
        assert_eq!(row.get::<String>("agency").unwrap(), "mohw");
        assert_eq!(row.get::<AccountId>("barred_account").unwrap(), account(70));
        drop(tx);
        // Neither who looked before, nor anybody of the office that decided.
        let day = days(101);
        let again = review(&office, day, child, (70, "mohw"), second, Outcome::Stands).await;
        assert!(matches!(again, Err(object::Fault::TookPart)), "{again:?}");
        let below = review(&office, day, child, (71, "municipality"), second, Outcome::Stands).await;
        assert!(matches!(below, Err(object::Fault::OtherOffice(o)) if o == "mohw"));
        review(&office, day, child, (72, "mohw"), second, Outcome::Stands).await.unwrap();
        let third = raise(&office, day, child, decision).await;
        assert!(matches!(third, Err(object::Fault::Exhausted)), "{third:?}");
    }
}

#[tokio::test]
async fn what_a_review_decided_is_objected_to_above_and_what_that_decided_no_more() {
    for office in Office::all(35).await {
        let (_, child, case) = decided(&office).await;
        let order = |minor| casework::decide::Override {
            grant: true,
            slices: vec![casework::determine::Slice { from: Date::constant(2026, 11, 1), until: None, minor }],
            reason: "the regional extra is due".into(),
            law: "Act 4".into(),
        };
        let first = raise(&office, TODAY, child, case.decision.unwrap()).await.unwrap();
        let otherwise = Outcome::Otherwise(order(130_000));
        review(&office, TODAY, child, (70, "municipality"), first, otherwise).await.unwrap();
        let half = case_of(&office, "child_allowance").await.decision.unwrap();
        assert!(told(&office, half).await.contains("Ministry of Health and Welfare (second objection)"));
        let second = raise(&office, TODAY, child, half).await.unwrap();
        review(&office, TODAY, child, (72, "mohw"), second, Outcome::Otherwise(order(140_000))).await.unwrap();
        let last = case_of(&office, "child_allowance").await.decision.unwrap();
        assert!(told(&office, last).await.contains("Only a court can change the decision now"));
        assert!(matches!(raise(&office, TODAY, child, last).await, Err(object::Fault::Exhausted)));
        // Both files replay to their bytes, what they say of the way included.
        for id in [half, last] {
            let mut tx = office.db.read().await.unwrap();
            let sealed = casework::decide::file::export(&mut tx, &office.desk(), id).await.unwrap().unwrap();
            let basis = guard::Processing::new(guard::PurposeKind::Casework, "law").unwrap();
            sealed.process(&basis, |f| casework::decide::file::replay(crate::desk::pack(), f).unwrap());
        }
    }
}

#[tokio::test]
async fn whoever_objects_does_not_lose_by_it_and_nobody_reviews_much_money_alone() {
    for office in Office::all(39).await {
        let (_, child, case) = decided(&office).await;
        let order = |grant, minor| casework::decide::Override {
            grant,
            slices: vec![casework::determine::Slice { from: Date::constant(2026, 11, 1), until: None, minor }],
            reason: "looked at again".into(),
            law: "Act 4".into(),
        };
        let objection = raise(&office, TODAY, child, case.decision.unwrap()).await.unwrap();
        let by = (70, "municipality");
        for worse in [order(true, 50_000), casework::decide::Override { slices: vec![], ..order(false, 0) }] {
            let refused = review(&office, TODAY, child, by, objection, Outcome::Otherwise(worse)).await;
            assert!(matches!(refused, Err(object::Fault::Worse)), "{refused:?}");
        }
        assert_eq!(case_of(&office, "child_allowance").await.decision, case.decision);
        // Four million a month: the reviewer is the first to sign, and not the only one.
        let much = Outcome::Otherwise(order(true, 4_000_000));
        let put = review(&office, TODAY, child, by, objection, much).await.unwrap();
        let Some(Put::Approval(waits)) = put else { panic!("{put:?}") };
        let sign = async |account: AccountId| {
            let (me, allowed) = may(Action::ApproveDecision, child, Role::Approver);
            let me = Who { account, ..me };
            transact!(office.db, official::Fault, |tx| {
                official::approve(tx, &office.desk(), &me, &allowed, waits, true, "").await
            })
        };
        assert!(matches!(sign(account(70)).await, Err(official::Fault::SamePerson)));
        assert_eq!(sign(account(71)).await.unwrap(), Put::InForce(waits));
        assert_eq!(case_of(&office, "child_allowance").await.decision, Some(waits));
    }
}

#[tokio::test]
async fn a_month_has_one_sum_whoever_orders_it() {
    let office = Office::all(41).await.remove(0);
    let (_, child, case) = decided(&office).await;
    let slice = |from: (i16, i8, i8), until: Option<(i16, i8, i8)>, minor| casework::determine::Slice {
        from: Date::constant(from.0, from.1, from.2),
        until: until.map(|u| Date::constant(u.0, u.1, u.2)),
        minor,
    };
    let (me, allowed) = may(Action::ApproveDecision, child, Role::Approver);
    let ordered = async |slices: Vec<casework::determine::Slice>| {
        let order =
            casework::decide::Override { grant: true, slices, reason: "ordered".into(), law: "Judgment 7".into() };
        transact!(office.db, object::Fault, |tx| {
            object::court_order(tx, &office.desk(), &me, &allowed, case.decision.unwrap(), order.clone()).await
        })
    };
    // The notice would tell of both sums of November, and one would be paid.
    let twice = vec![slice((2026, 11, 1), Some((2026, 11, 16)), 100_000), slice((2026, 11, 16), None, 120_000)];
    let refused = ordered(twice).await;
    assert!(matches!(refused, Err(object::Fault::Official(official::Fault::BadSlices))), "{refused:?}");
    let apart = vec![slice((2026, 11, 1), Some((2026, 12, 1)), 100_000), slice((2026, 12, 1), None, 120_000)];
    assert!(matches!(ordered(apart).await.unwrap(), Put::InForce(_)));
}

/// The English notice as one text.
async fn told(office: &Office, decision: DecisionId) -> String {
    let read: Result<_, StoreError> = async {
        let mut tx = office.db.read().await?;
        casework::case::view::decided(&mut tx, decision).await
    }
    .await;
    let (_, decision) = read.unwrap().unwrap();
    serde_json::to_string(&decision.notices[&kernel::Lang::En]).unwrap()
}

/// The pack of the tests with a province between the town that decides and the ministry.
fn with_provinces() -> Pack {
    let mut files = Files::read(&testing::pack_dir()).unwrap();
    let agencies = String::from_utf8(files.take("agencies.csv").unwrap()).unwrap();
    files.put("agencies.csv", format!("{}\nprovince,시·도,Provincial office,municipal,GK\n", agencies.trim_end()));
    let path = "programmes/child_allowance.toml";
    let text = String::from_utf8(files.take(path).unwrap()).unwrap();
    let reviews = "[process]
first_review = \"province\"
objection_to.ko = \"시·도지사(이의신청)\"
objection_to.en = \"The province (objection)\"
second_review = \"mohw\"
second_objection_to.ko = \"보건복지부 장관(다시 이의신청)\"
second_objection_to.en = \"The Minister of Health and Welfare (second objection)\"
";
    let more = text.replacen("[process]\n", reviews, 1);
    assert_ne!(text, more);
    files.put(path, more);
    Pack::from_files(files).unwrap_or_else(|f| panic!("{f:#?}")).pack
}

#[tokio::test]
async fn a_province_reviews_first_and_the_ministry_second_where_the_pack_says_so() {
    let pack = with_provinces();
    for office in Office::all(37).await {
        let (_, child, case) = decided(&office).await;
        let decision = case.decision.unwrap();
        let desk = Desk { pack: &pack, ..office.desk() };
        let (citizen, objects) =
            (Who { account: account(50), ..who(Role::Citizen) }, allowed(Action::ObjectDecision, &[child]));
        let raise = async || {
            transact!(office.db, object::Fault, |tx| {
                object::raise(tx, &desk, &citizen, &objects, decision, "the sum is too low").await
            })
        };
        let review = async |number: u128, organisation: &str, objection| {
            let (me, may) = may(Action::ApproveDecision, child, Role::Approver);
            let me = Who { account: account(number), organisation: organisation.into(), ..me };
            transact!(office.db, object::Fault, |tx| {
                object::review(tx, &desk, &me, &may, objection, Outcome::Stands, "it is as the law says").await
            })
        };
        let waits = async || {
            let mut tx = office.db.read().await.unwrap();
            let sql = "select agency from task where kind = 'objection' and status = 'open'";
            tx.one(sql, &[]).await.unwrap().get::<String>("agency").unwrap()
        };
        let name = |level| way::office_name(&desk, kernel::Lang::En, "child_allowance", level).unwrap();
        assert!(name(1).contains("province") && name(2).contains("Minister"));
        let first = raise().await.unwrap();
        assert_eq!(waits().await, "province");
        // The town that decided looks at no objection any more, and the ministry not yet.
        for other in ["municipality", "mohw"] {
            let refused = review(71, other, first).await;
            assert!(matches!(refused, Err(object::Fault::OtherOffice(ref o)) if o == "province"), "{refused:?}");
        }
        assert!(review(72, "province", first).await.unwrap().is_none());
        let second = raise().await.unwrap();
        assert_eq!(waits().await, "mohw");
        let refused = review(73, "province", second).await;
        assert!(matches!(refused, Err(object::Fault::OtherOffice(ref o)) if o == "mohw"), "{refused:?}");
        assert!(review(74, "mohw", second).await.unwrap().is_none());
        assert!(matches!(raise().await, Err(object::Fault::Exhausted)));
    }
}

#[tokio::test]
async fn an_official_of_a_province_lists_the_offices_of_that_province_alone() {
    let pack = with_provinces();
    for office in Office::all(38).await {
        let (_, child, case) = decided(&office).await;
        let desk = Desk { pack: &pack, ..office.desk() };
        let objects = allowed(Action::ObjectDecision, &[child]);
        transact!(office.db, object::Fault, |tx| {
            object::raise(tx, &desk, &who(Role::Citizen), &objects, case.decision.unwrap(), "too low").await
        })
        .unwrap();
        for (place, lines) in [("kr-11", 1), ("kr-26", 0), ("kr", 1)] {
            let me = Who { organisation: "province".into(), jurisdiction: Some(place.into()), ..who(Role::Approver) };
            let purpose = guard::Purpose::new(guard::PurposeKind::Approval, "an objection to review");
            let eyes = Eyes::for_purpose(me, purpose);
            let mut tx = office.db.read().await.unwrap();
            let agencies = ["province".to_owned()];
            let all = Filter::default();
            let seen =
                worklist::list(&mut tx, &desk, &eyes.sight(), &agencies, Scope::Office, &all, "", 1).await.unwrap();
            let basis = guard::Processing::new(guard::PurposeKind::Approval, "law").unwrap();
            // Nor is a page filled with what is left out of it: there would be a next page and nothing on this one.
            let listed = seen.sealed.process(&basis, |listed| (listed.lines.len(), listed.next.is_some()));
            assert_eq!(listed, (lines, lines == 1), "{place}");
        }
    }
}

#[tokio::test]
async fn where_the_law_knows_one_look_there_is_no_second() {
    let office = Office::all(36).await.remove(0);
    let (_, _, case) = decided(&office).await;
    let desk = office.desk();
    let name = |programme: &str, level| way::office_name(&desk, kernel::Lang::En, programme, level);
    // The urgent help of a week has no second look in the pack; the child allowance has.
    assert!(name("emergency", 1).is_some() && name("emergency", 2).is_none());
    assert!(name("child_allowance", 2).is_some() && name("child_allowance", 3).is_none());
    assert_eq!(way::office(&desk, &case, 1), "municipality");
    assert_eq!(way::office(&desk, &case, 2), "mohw");
}
