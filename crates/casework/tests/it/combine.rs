//! What a family has or asks for beside a programme: what was granted displaces, what was refused does not.

use casework::case::Case;
use casework::decide::{Override, Put, object};
use casework::determine::{self, Determined};
use guard::{Action, Role, Who};
use kernel::{Date, Period};
use registry::{FactValue, Origin};
use rules::outcome::Answer;
use rules::schema::Value;
use store::transact;

use crate::desk::{Family, Office, TODAY, child_of, family, tell};
use crate::flow::{accept, case_of, drain, may};

/// The electricity company says so of the home.
async fn company_says(office: &Office, home: &Family, item: &str, value: FactValue) {
    let (desk, origin) = (office.desk(), Origin::new("kepco", "전기사업법 제16조", "test"));
    transact!(office.db, registry::fact::FactError, |tx| {
        let pen = registry::Pen::new(desk.ids, desk.keys, desk.now, &origin);
        let check = |_: &registry::Subject, _: &str, _: &FactValue| Ok(());
        let new = registry::NewFact {
            subject: registry::Subject::Household(home.household),
            item: item.to_owned(),
            value: value.clone(),
            valid: Period { from: Date::constant(2026, 1, 5), until: None },
            corrects: None,
        };
        registry::fact::record(tx, pen, &check, new).await
    })
    .unwrap();
}

async fn worked_out(office: &Office, case: &Case) -> Determined {
    let mut tx = office.db.read().await.unwrap();
    let basis = determine::load(&mut tx, &office.desk(), case).await.unwrap().unwrap();
    determine::work_out(testing::pack(), &basis)
}

#[tokio::test]
async fn what_excludes_another_does_so_while_it_is_granted_and_no_longer_when_it_is_refused() {
    for office in Office::all(120).await {
        let home = family(&office, 1).await;
        company_says(&office, &home, "electricity_residential", FactValue::Boolean(true)).await;
        company_says(&office, &home, "electricity_bill", FactValue::Money(60_000)).await;
        let mut child = home.mother;
        for (number, born) in [("2022-1", (2022, 3, 1)), ("2024-1", (2024, 5, 6)), ("2026-1", (2026, 11, 3))] {
            let told = child_of(&home, number, Date::constant(born.0, born.1, born.2));
            let casework::register::Told::Registered(registered) =
                tell(&office, &office.desk(), &home, told).await.unwrap()
            else {
                panic!("told for the first time")
            };
            child = registered.person;
        }
        // An infant in the house, and three children: one discount on one bill at a time (rule I16).
        let number = || vec![("electricity_customer_number", Value::Text("0123456789".into()))];
        accept(&office, &home, child, &[("electricity_birth", number()), ("electricity_many_children", number())])
            .await;
        drain(&office, TODAY).await;
        let (infant, many) =
            (case_of(&office, "electricity_birth").await, case_of(&office, "electricity_many_children").await);
        let (first, second) = (worked_out(&office, &infant).await, worked_out(&office, &many).await);
        // The one goes first; the other would follow when it ends, and is not granted beside it.
        let (winner, loser, lost) =
            if first.excluded.is_none() { (infant, many, second) } else { (many, infant, first) };
        let rule = lost.excluded.as_ref().map(|e| e.rule.as_str());
        assert_eq!((lost.answer, rule), (Answer::No, Some("I16")), "{:?}", lost.slices);
        assert_eq!(loser.decision, None, "a refusal is no machine's");

        // A court takes the discount that was granted away again: the other is free.
        let decision = winner.decision.expect("a certain grant is made by the machine");
        let (judge, allowed) = may(Action::ApproveDecision, home.mother, Role::Approver);
        let judge = Who { organisation: winner.agency.clone(), ..judge };
        let order =
            Override { grant: false, slices: vec![], reason: "not their meter".into(), law: "Judgment 7".into() };
        let put = transact!(office.db, object::Fault, |tx| {
            object::court_order(tx, &office.desk(), &judge, &allowed, decision, order.clone()).await
        });
        assert!(matches!(put.unwrap(), Put::InForce(_)));
        let free = worked_out(&office, &loser).await;
        let begins = free.slices.first().map(|s| s.from);
        assert_eq!((free.answer, begins), (Answer::Yes, Some(Date::constant(2026, 11, 1))));
    }
}
