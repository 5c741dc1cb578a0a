//! Accounts that come with an application, and money that goes on after a death.

use jiff::civil::date;
use kernel::{Instant, PersonId};
use payment::account::{self, Details, Holder, New};
use payment::grant::{self, Ground};
use payment::model::Form;
use payment::pass_on;
use store::{params, transact};

use crate::desk::{Office, clerk};

#[tokio::test]
async fn an_account_given_is_used_once_its_holder_is_the_payee() {
    for office in Office::all(71).await {
        let today = date(2026, 11, 2);
        let desk = office.desk(today);
        let person = PersonId(office.uuid());
        let details = |number: &str| Details { number: number.into(), bank: "088".into(), holder: "Kim Ha-na".into() };
        let give = async |number: &str| {
            transact!(office.db, account::Fault, |tx| {
                account::given(tx, &desk, person, (Form::Cash, &details(number)), clerk(1).account).await
            })
            .unwrap()
        };
        let named = async |id, name: &str| {
            let bears = |holder: &str| holder.eq_ignore_ascii_case(name);
            transact!(office.db, account::Fault, |tx| {
                account::verify_holder(tx, &desk, person, id, bears, "register").await
            })
            .unwrap()
        };
        office.grant(today, &office.monthly(person, date(2026, 11, 1), 100)).await;
        let id = give("110-222-333333").await.unwrap();
        assert!(named(id, "Park Ha-na").await == Holder::Differs("Kim Ha-na".into()), "as it was given");
        assert_eq!(office.prepared(date(2026, 11, 25)).await.held, 1, "somebody else's name: an official looks");
        assert!(named(id, "KIM HA-NA").await == Holder::Agrees);
        assert!(named(id, "Park Ha-na").await == Holder::Settled, "looked at once");
        let run = office.paid(date(2026, 11, 26)).await;
        assert_eq!((run.lines, run.held), (1, 0));
        // The same account given again stays as it is; another one is looked at anew.
        assert_eq!(give("110222333333").await, Some(id));
        let stands = "select count(*) as n from pay_account where person_id = $1 and slot is not null and verified_at is not null";
        assert_eq!(office.number(stands, params![person]).await.unwrap(), 1);
        let told = "select count(*) as n from outbox where topic = $1";
        assert_eq!(office.number(told, params![account::SET]).await.unwrap(), 1);
        let other = give("110-222-444444").await.unwrap();
        assert_ne!(other, id);
        assert_eq!(office.number(stands, params![person]).await.unwrap(), 0);
        // An official says what holds, of the account that stands and of no other.
        let settle = async |id, theirs: bool| {
            transact!(office.db, account::Fault, |tx| {
                account::settle_holder(tx, &desk, person, id, theirs, "the passbook was seen", clerk(1).account).await
            })
            .unwrap();
        };
        settle(id, false).await;
        settle(other, true).await;
        assert_eq!(office.number(stands, params![person]).await.unwrap(), 1);
        settle(other, false).await;
        let any = "select count(*) as n from pay_account where person_id = $1 and slot is not null";
        assert_eq!(office.number(any, params![person]).await.unwrap(), 0);
        // Whoever redirected the money takes that back; an application does not.
        let (reason, law) = ("cannot act".into(), "Civil Act, article 938".into());
        let new = New::Redirect { form: Form::Cash, to: PersonId(office.uuid()), reason, law };
        transact!(office.db, account::Fault, |tx| account::set(tx, &desk, person, &new, clerk(1).account).await)
            .unwrap();
        assert_eq!(give("110-222-333333").await, None);
        office.check().await;
    }
}

#[tokio::test]
async fn what_a_machine_held_at_a_death_goes_on_to_who_is_paid_now() {
    for office in Office::all(72).await {
        let today = date(2026, 11, 2);
        let desk = office.desk(today);
        let (mother, father) = (office.payee(today).await, office.payee(today).await);
        let kept = office.monthly(mother, date(2026, 11, 1), 100);
        let id = office.grant(today, &kept).await.entitlement;
        let ground = |by| Ground { reason: "a death was registered".into(), law: "the law".into(), by };
        transact!(office.db, grant::Fault, |tx| grant::suspend_all(tx, &desk, mother, &ground(None)).await).unwrap();
        assert_eq!(office.prepared(date(2026, 11, 25)).await.lines, 0, "nothing goes to the dead");
        let pass = async |to, known_at| {
            transact!(office.db, grant::Fault, |tx| pass_on::run(tx, &desk, id, to, known_at, &ground(None)).await)
                .unwrap()
        };
        // A decision of the day before knew nothing of the death.
        pass(father, Instant::start_of(date(2026, 11, 1))).await;
        assert_eq!(office.prepared(date(2026, 11, 26)).await.lines, 0);
        assert!(pass(father, desk.now).await.is_some());
        assert_eq!(pass(father, desk.now).await, None, "done again it changes nothing");
        let run = office.paid(date(2026, 11, 27)).await;
        let his = "select count(*) as n from run_line where run_id = $1 and payee_id = $2 and status = 'ready'";
        assert_eq!(office.number(his, params![run.id, father]).await.unwrap(), 1);
        // What an official holds is not let go by a machine.
        transact!(office.db, grant::Fault, |tx| grant::suspend(tx, &desk, id, &ground(Some(clerk(1).account))).await)
            .unwrap();
        assert_eq!(pass(father, desk.now).await, None);
        assert_eq!(office.prepared(date(2026, 12, 23)).await.lines, 0);
        // A death that was none: what a machine held flows again, once; what an official holds does not.
        let flow = async |person| {
            transact!(office.db, grant::Fault, |tx| pass_on::let_flow(tx, &desk, person, &ground(None)).await).unwrap()
        };
        assert_eq!(flow(father).await, 0);
        let again = office.monthly(mother, date(2026, 11, 1), 100);
        office.grant(today, &again).await;
        transact!(office.db, grant::Fault, |tx| grant::suspend_all(tx, &desk, mother, &ground(None)).await).unwrap();
        assert_eq!((flow(mother).await, flow(mother).await), (1, 0));
        office.check().await;
    }
}
