//! From a decision to money, and back.

use jiff::civil::date;
use kernel::{CaseId, DecisionId, HouseholdId, PersonId};
use payment::account::{self, New};
use payment::bank::Why;
use payment::ledger::Account;
use payment::model::{Form, Grant, PayRule, Per, Slice, Subject};
use payment::run::{self, DifferenceKind, RunStatus};
use payment::{grant, hold, order, recovery};
use store::{params, transact};

use crate::bank::{camt, line_names, pain_002, returned};
use crate::desk::{CALENDAR, Office, clerk};

#[tokio::test]
async fn a_grant_told_twice_is_once_and_another_content_under_its_number_is_refused() {
    for office in Office::all(1).await {
        let today = date(2026, 11, 2);
        let payee = office.payee(today).await;
        let told = office.monthly(payee, date(2026, 10, 1), 100);
        let first = office.grant(today, &told).await;
        let again = office.grant(today, &told).await;
        assert_eq!((again.entitlement, again.version, again.repeated), (first.entitlement, 1, true));
        let other = Grant { slices: vec![Slice { minor: 200, ..told.slices[0] }], ..told.clone() };
        assert!(matches!(office.try_grant(today, &other).await, Err(grant::Fault::OtherContent(_))));
        // A decision that comes before the one it replaces waits; nothing is paid twice meanwhile.
        let second = office.later(&told, 150);
        let third = office.later(&second, 160);
        assert!(matches!(office.try_grant(today, &third).await, Err(grant::Fault::OutOfOrder { .. })));
        office.grant(today, &second).await;
        assert_eq!(office.grant(today, &third).await.version, 3);
        let run = office.paid(date(2026, 11, 25)).await;
        assert_eq!((run.lines, run.minor), (2, 320), "October as arrears, and November");
        office.check().await;
    }
}

#[tokio::test]
async fn a_month_is_paid_once_and_the_next_run_pays_the_next_one() {
    for office in Office::all(2).await {
        let today = date(2026, 11, 2);
        let payee = office.payee(today).await;
        office.grant(today, &office.monthly(payee, date(2026, 11, 1), 100)).await;
        let early = office.prepared(date(2026, 11, 24)).await;
        assert_eq!(early.lines, 0, "the 25th is a working day: nothing is due before");
        let run = office.paid(date(2026, 11, 25)).await;
        assert_eq!((run.lines, run.minor), (1, 100));
        let extra = office.prepared(date(2026, 11, 30)).await;
        assert_eq!(extra.lines, 0);
        // 24 and 25 December are holidays: the run of the 23rd pays what is due on the 25th.
        assert_eq!(run::pay_date(date(2026, 12, 25), &CALENDAR), date(2026, 12, 23));
        let december = office.paid(date(2026, 12, 23)).await;
        assert_eq!((december.lines, december.minor), (1, 100));
        office.check().await;
        assert_eq!(office.balance(Account::Clearing).await, -200);
    }
}

#[tokio::test]
async fn what_is_paid_after_a_day_off_waits_for_the_working_day_after_it() {
    for office in Office::all(2).await {
        let today = date(2026, 12, 1);
        let (before, after) = (office.payee(today).await, office.payee(today).await);
        office.grant(today, &office.monthly(before, date(2026, 12, 1), 100)).await;
        let later = Grant { pay: PayRule::MonthlyAfter { day: 25 }, ..office.monthly(after, date(2026, 12, 1), 7) };
        office.grant(today, &later).await;
        // 24 to 27 December are days off: one is paid on the 23rd, the other on the 28th, and neither twice.
        let run = office.paid(date(2026, 12, 23)).await;
        assert_eq!((run.lines, run.minor), (1, 100));
        let run = office.paid(date(2026, 12, 28)).await;
        assert_eq!((run.lines, run.minor), (1, 7));
        assert_eq!(office.prepared(date(2026, 12, 31)).await.lines, 0);
        // On a working day both rules are one.
        assert_eq!(office.paid(date(2027, 1, 25)).await.lines, 2);
        office.check().await;
    }
}

#[tokio::test]
async fn a_day_off_is_no_pay_date() {
    for office in Office::all(3).await {
        let desk = office.desk(date(2026, 12, 1));
        let input = run::Input {
            pay_date: date(2026, 12, 25),
            agency: None,
            form: Form::Cash,
            currency: kernel::Currency::KRW,
        };
        let refused =
            transact!(office.db, run::Fault, |tx| run::open(tx, &desk, clerk(1).account, &CALENDAR, &input).await);
        assert!(matches!(refused, Err(run::Fault::DayOff { instead, .. }) if instead == date(2026, 12, 23)));
    }
}

#[tokio::test]
async fn two_persons_release_and_neither_is_paid_by_it() {
    for office in Office::all(4).await {
        let today = date(2026, 11, 2);
        let payee = office.payee(today).await;
        office.grant(today, &office.monthly(payee, date(2026, 11, 1), 100)).await;
        let run = office.prepared(date(2026, 11, 25)).await;
        let themselves = guard::Who { person: Some(payee), ..clerk(3) };
        assert!(matches!(office.sign(&run, &themselves).await, Err(run::Fault::OwnMoney)));
        assert!(matches!(office.release(&run, &clerk(2)).await, Err(run::Fault::Status { .. })), "not signed");
        let signer = guard::Who { person: Some(PersonId(office.uuid())), ..clerk(1) };
        office.sign(&run, &signer).await.unwrap();
        assert!(matches!(office.release(&run, &signer).await, Err(run::Fault::SamePerson)));
        let second_account = guard::Who { person: signer.person, ..clerk(9) };
        assert!(matches!(office.release(&run, &second_account).await, Err(run::Fault::SamePerson)));
        assert!(matches!(office.release(&run, &themselves).await, Err(run::Fault::OwnMoney)));
        office.release(&run, &clerk(2)).await.unwrap();
        assert!(matches!(office.release(&run, &clerk(2)).await, Err(run::Fault::Status { .. })));
        office.check().await;
    }
}

#[tokio::test]
async fn a_change_after_the_first_signature_takes_the_line_out_and_the_signature_with_it() {
    for office in Office::all(5).await {
        let today = date(2026, 11, 2);
        let (a, b) = (office.payee(today).await, office.payee(today).await);
        let changing = office.monthly(a, date(2026, 11, 1), 100);
        office.grant(today, &changing).await;
        office.grant(today, &office.monthly(b, date(2026, 11, 1), 70)).await;
        let run = office.prepared(date(2026, 11, 25)).await;
        office.sign(&run, &clerk(1)).await.unwrap();
        office.grant(today, &office.later(&changing, 130)).await;
        assert!(matches!(office.release(&run, &clerk(2)).await, Err(run::Fault::Status { .. })));
        let desk = office.desk(today);
        let again = run::prepare(&office.db, &desk, &CALENDAR, run.id).await.unwrap();
        assert_eq!((again.lines, again.minor, again.signed_by), (2, 200, None));
        assert!(
            matches!(office.sign(&run, &clerk(1)).await, Err(run::Fault::Changed { .. })),
            "the old sum is not signed"
        );
        office.sign(&again, &clerk(1)).await.unwrap();
        // Another account does the same.
        office.account(today, b).await;
        assert!(office.release(&again, &clerk(2)).await.is_err());
        let last = run::prepare(&office.db, &office.desk(today), &CALENDAR, run.id).await.unwrap();
        office.sign(&last, &clerk(1)).await.unwrap();
        office.release(&last, &clerk(2)).await.unwrap();
        assert_eq!(office.check().await.sent, 200);
    }
}

#[tokio::test]
async fn without_a_usable_account_an_instalment_is_held_and_says_why() {
    for office in Office::all(6).await {
        let today = date(2026, 11, 2);
        let (child, guardian) = (PersonId(office.uuid()), PersonId(office.uuid()));
        let grant = office.monthly(child, date(2026, 11, 1), 100);
        office.grant(today, &grant).await;
        let why = "select count(*) as n from instalment where reason = $1";
        let held = |reason: &'static str| params![reason].to_vec();
        let run = office.prepared(date(2026, 11, 25)).await;
        assert_eq!((run.lines, run.held), (0, 1));
        assert_eq!(office.number(why, &held("no_account")).await.unwrap(), 1);
        assert!(matches!(office.sign(&run, &clerk(1)).await, Err(run::Fault::Empty)));
        // The money goes to a guardian who has no account either, then one that nobody verified, then a good one.
        let to_guardian = New::Redirect {
            form: Form::Cash,
            to: guardian,
            reason: "the child is three years old".into(),
            law: "Civil Act, article 911".into(),
        };
        let desk = office.desk(today);
        transact!(office.db, account::Fault, |tx| account::set(tx, &desk, child, &to_guardian, clerk(1).account).await)
            .unwrap();
        assert_eq!(office.prepared(date(2026, 11, 26)).await.held, 1);
        assert_eq!(office.number(why, &held("no_guardian_account")).await.unwrap(), 1);
        let back = New::Redirect { form: Form::Cash, to: child, reason: "circle".into(), law: "none".into() };
        let desk = office.desk(today);
        let circle =
            transact!(office.db, account::Fault, |tx| account::set(tx, &desk, guardian, &back, clerk(1).account).await);
        assert!(matches!(circle, Err(account::Fault::Circle(_))));
        office.account(today, guardian).await;
        let run = office.paid(date(2026, 11, 27)).await;
        assert_eq!((run.lines, run.held, run.minor), (1, 0, 100));
        assert_eq!(run.differences.by[0].kind, DifferenceKind::Unheld);
        // What is newly due goes to the guardian at once, and waits when the guardian's account is closed.
        let run = office.paid(date(2026, 12, 23)).await;
        assert_eq!((run.lines, run.held, run.minor), (1, 0, 100));
        let theirs = "select count(*) as n from run_line l join pay_account a on a.pay_account_id = l.pay_account_id
            where l.run_id = $1 and a.person_id = $2";
        assert_eq!(office.number(theirs, params![run.id, guardian]).await.unwrap(), 1);
        let desk = office.desk(date(2026, 12, 28));
        transact!(office.db, account::Fault, |tx| account::end(tx, &desk, guardian, Form::Cash, "closed").await)
            .unwrap();
        assert_eq!(office.prepared(date(2027, 1, 25)).await.held, 1);
        assert_eq!(office.number(why, &held("no_guardian_account")).await.unwrap(), 1);
        office.check().await;
    }
}

#[tokio::test]
async fn suspended_money_is_held_and_comes_when_it_is_resumed() {
    for office in Office::all(7).await {
        let today = date(2026, 10, 1);
        let payee = office.payee(today).await;
        let id = office.grant(today, &office.monthly(payee, date(2026, 10, 1), 100)).await.entitlement;
        office.paid(date(2026, 10, 23)).await;
        let ground = grant::Ground {
            reason: "abroad for 90 days".into(),
            law: "Act, article 9".into(),
            by: Some(clerk(1).account),
        };
        let desk = office.desk(date(2026, 11, 1));
        transact!(office.db, grant::Fault, |tx| grant::suspend(tx, &desk, id, &ground).await).unwrap();
        let run = office.prepared(date(2026, 11, 25)).await;
        assert_eq!((run.lines, run.held), (0, 1));
        let held = run.differences.by.iter().find(|d| d.kind == DifferenceKind::Held).unwrap();
        assert_eq!(held.minor, -100);
        let desk = office.desk(date(2026, 12, 1));
        transact!(office.db, grant::Fault, |tx| grant::resume(tx, &desk, id, &ground).await).unwrap();
        let run = office.paid(date(2026, 12, 23)).await;
        assert_eq!((run.lines, run.minor), (2, 200));
        office.check().await;
    }
}

#[tokio::test]
async fn back_dated_decisions_pay_arrears_and_claim_what_was_too_much() {
    for office in Office::all(8).await {
        let today = date(2026, 9, 1);
        let payee = office.payee(today).await;
        let first = office.monthly(payee, date(2026, 9, 1), 1000);
        let id = office.grant(today, &first).await.entitlement;
        for day in [date(2026, 9, 25), date(2026, 10, 23)] {
            office.paid(day).await;
        }
        // More from August on: one new month and two supplements.
        let mut more = office.later(&first, 1200);
        more.slices[0].from = date(2026, 8, 1);
        more.effective_from = date(2026, 8, 1);
        office.grant(date(2026, 11, 2), &more).await;
        office.check().await;
        let run = office.paid(date(2026, 11, 25)).await;
        assert_eq!((run.lines, run.minor), (4, 1200 + 200 + 200 + 1200));
        // Less from October on: October and November come back, from what is paid later at most a fifth each.
        let mut less = office.later(&more, 1200);
        less.slices = vec![
            Slice { from: date(2026, 8, 1), until: Some(date(2026, 10, 1)), minor: 1200 },
            Slice { from: date(2026, 10, 1), until: None, minor: 900 },
        ];
        office.grant(date(2026, 12, 1), &less).await;
        office.check().await;
        assert_eq!(office.balance(Account::Receivable).await, 600);
        let run = office.prepared(date(2026, 12, 23)).await;
        assert_eq!((run.minor, run.set_off), (720, 180));
        assert_eq!(office.balance(Account::Receivable).await, 600, "only reserved until it is released");
        office.sign(&run, &clerk(1)).await.unwrap();
        office.release(&run, &clerk(2)).await.unwrap();
        assert_eq!(office.balance(Account::Receivable).await, 420);
        // A court says that the higher sum was right: what is still owed is dropped, what was kept back is paid again.
        let right = office.later(&more, 1200);
        let right = Grant { supersedes: Some(less.decision), ..right };
        office.grant(date(2027, 1, 4), &right).await;
        assert_eq!(office.balance(Account::Receivable).await, 0);
        let run = office.paid(date(2027, 1, 25)).await;
        assert_eq!(run.minor, 180 + 300 + 1200, "October's 180 again, December's 300, January");
        let report = office.check().await;
        assert_eq!(report.sent, 2000 + 2800 + 720 + 1680);
        assert_eq!(report.sent, 6 * 1200, "August to January, to the won");
        let ended = grant::Ground { reason: "died on 10 January".into(), law: "Act, article 5".into(), by: None };
        let desk = office.desk(date(2027, 1, 26));
        transact!(office.db, grant::Fault, |tx| grant::end(tx, &desk, id, date(2027, 1, 1), &ended).await).unwrap();
        assert_eq!(office.balance(Account::Receivable).await, 1200);
        assert_eq!(office.prepared(date(2027, 2, 25)).await.lines, 0);
        office.check().await;
    }
}

#[tokio::test]
async fn a_returned_payment_waits_for_another_account_and_goes_out_under_another_name() {
    for office in Office::all(9).await {
        let today = date(2026, 11, 2);
        let payee = office.payee(today).await;
        office.grant(today, &office.monthly(payee, date(2026, 11, 1), 100)).await;
        let run = office.paid(date(2026, 11, 25)).await;
        let name = line_names(&office.file(run.id).await)[0].clone();
        let back = camt("B1", &[returned(&name, "100", "AC04")]);
        let told = office.feed(date(2026, 11, 27), &back).await;
        assert_eq!((told.applied, told.unmatched), (1, 0));
        assert_eq!(office.feed(date(2026, 11, 27), &back).await.repeated, 1, "the same file again");
        let other_number = back.replace("B1", "B2");
        assert_eq!(office.feed(date(2026, 11, 27), &other_number).await.repeated, 1, "under another number");
        office.check().await;
        assert_eq!(office.balance(Account::Returned).await, -100);
        assert_eq!(office.prepared(date(2026, 11, 27)).await.lines, 0, "not to the account it came back from");
        office.account(date(2026, 11, 28), payee).await;
        let second = office.paid(date(2026, 11, 30)).await;
        let again = line_names(&office.file(second.id).await)[0].clone();
        assert_ne!(name, again);
        assert_eq!(name[..31], again[..31]);
        assert_eq!(office.balance(Account::Returned).await, 0);
        // A late confirmation of the first attempt fits nothing any more and is kept for somebody to look at.
        let late = office.feed(date(2026, 12, 1), &camt("B3", &[crate::bank::paid(&name, "100")])).await;
        assert_eq!(late.unmatched, 1);
        let mut tx = office.db.read().await.unwrap();
        let open = payment::read::unmatched(&mut tx, None, 10).await.unwrap();
        assert_eq!(open[0].why.as_deref(), Some(Why::CameBack.word()));
        drop(tx);
        office.check().await;
    }
}

#[tokio::test]
async fn an_official_may_pay_again_to_the_same_account_and_hold_what_is_due() {
    for office in Office::all(10).await {
        let today = date(2026, 11, 2);
        let payee = office.payee(today).await;
        let id = office.grant(today, &office.monthly(payee, date(2026, 11, 1), 100)).await.entitlement;
        let run = office.paid(date(2026, 11, 25)).await;
        let name = line_names(&office.file(run.id).await)[0].clone();
        office.feed(today, &pain_002("R1", &run, None, &[(&name, "RJCT", Some("AC06"))])).await;
        let period = payment::due::PeriodKey::of(Per::Month, date(2026, 11, 1));
        let which = hold::Which { entitlement: id, period, part: 0 };
        let desk = office.desk(today);
        transact!(office.db, hold::Fault, |tx| {
            hold::pay_again(tx, &desk, which, "the bank opened it again", clerk(1).account).await
        })
        .unwrap();
        let run = office.prepared(date(2026, 11, 26)).await;
        assert_eq!(run.lines, 1);
        transact!(office.db, hold::Fault, |tx| hold::hold(tx, &desk, which, "a doubt", clerk(1).account).await)
            .unwrap();
        let run = run::prepare(&office.db, &office.desk(today), &CALENDAR, run.id).await.unwrap();
        assert_eq!((run.lines, run.held), (0, 1));
        transact!(office.db, hold::Fault, |tx| hold::let_go(tx, &desk, which, "no doubt", clerk(1).account).await)
            .unwrap();
        assert_eq!(office.paid(date(2026, 11, 27)).await.lines, 1);
        office.check().await;
    }
}

#[tokio::test]
async fn a_cancelled_run_leaves_everything_as_it_was() {
    for office in Office::all(11).await {
        let today = date(2026, 9, 1);
        let payee = office.payee(today).await;
        let first = office.monthly(payee, date(2026, 9, 1), 1000);
        office.grant(today, &first).await;
        office.paid(date(2026, 9, 25)).await;
        office.grant(today, &office.later(&first, 900)).await;
        let run = office.prepared(date(2026, 10, 23)).await;
        assert_eq!((run.minor, run.set_off), (800, 100));
        office.sign(&run, &clerk(1)).await.unwrap();
        let desk = office.desk(today);
        transact!(office.db, run::Fault, |tx| run::cancel(tx, &desk, &clerk(1), run.id, "wrong day").await).unwrap();
        office.check().await;
        assert!(office.release(&run, &clerk(2)).await.is_err());
        let next = office.paid(date(2026, 10, 23)).await;
        assert_eq!((next.minor, next.set_off), (800, 100));
        let refused = transact!(office.db, run::Fault, |tx| run::cancel(tx, &desk, &clerk(1), next.id, "late").await);
        assert!(matches!(refused, Err(run::Fault::Status { is: RunStatus::Released, .. })));
        office.check().await;
    }
}

#[tokio::test]
async fn recoveries_are_paid_back_once_spread_waived_by_two_and_petty_sums_are_not_asked() {
    for office in Office::all(12).await {
        let today = date(2026, 9, 1);
        let payee = office.payee(today).await;
        let first = office.monthly(payee, date(2026, 9, 1), 1000);
        office.grant(today, &first).await;
        office.paid(date(2026, 9, 25)).await;
        let less = office.later(&first, 400);
        office.grant(today, &less).await;
        let mut tx = office.db.read().await.unwrap();
        let row = tx.one("select recovery_id from recovery", &[]).await.unwrap();
        let id: kernel::RecoveryId = row.get("recovery_id").unwrap();
        drop(tx);
        let (desk, by) = (office.desk(today), clerk(1).account);
        let pay = async |minor, receipt| {
            transact!(office.db, recovery::Fault, |tx| recovery::repaid(tx, &desk, id, minor, receipt, Some(by)).await)
        };
        assert!(pay(100, "receipt 1").await.unwrap());
        assert!(!pay(100, "receipt 1").await.unwrap(), "told twice is once");
        assert!(matches!(pay(90, "receipt 1").await, Err(recovery::Fault::OtherAmount(_))));
        assert!(matches!(pay(501, "receipt 2").await, Err(recovery::Fault::TooMuch { .. })));
        let plan = transact!(office.db, recovery::Fault, |tx| {
            recovery::plan(tx, &desk, id, 3, date(2026, 10, 1), (12, false), by).await
        })
        .unwrap();
        assert_eq!(plan.iter().map(|p| p.minor).collect::<Vec<_>>(), [168, 166, 166]);
        assert_eq!(office.prepared(date(2026, 10, 23)).await.set_off, 0, "the plan runs instead");
        let waiver = recovery::Waiver {
            minor: 500,
            reason: "no income".into(),
            law: "Act, article 22".into(),
            by,
            alone_up_to: 100,
        };
        let asked = transact!(office.db, recovery::Fault, |tx| recovery::waive(tx, &desk, id, &waiver).await).unwrap();
        let recovery::Waived::NeedsSecond(proposal) = asked else { panic!("above the limit of one person") };
        let same =
            transact!(office.db, recovery::Fault, |tx| recovery::grant_waiver(tx, &desk, id, proposal, by).await);
        assert!(matches!(same, Err(recovery::Fault::SamePerson)));
        let second = clerk(2).account;
        let give = async || {
            transact!(office.db, recovery::Fault, |tx| recovery::grant_waiver(tx, &desk, id, proposal, second).await)
        };
        give().await.unwrap();
        assert!(matches!(give().await, Err(recovery::Fault::NoProposal)));
        office.check().await;
        assert_eq!((office.balance(Account::WrittenOff).await, office.balance(Account::Receivable).await), (500, 0));
        // A correction upwards does not pay out again what was waived; only what was really paid back.
        office.grant(today, &office.later(&less, 1000)).await;
        office.check().await;
        assert_eq!(office.balance(Account::WrittenOff).await, 0);
        // So little that nothing is asked.
        let other = office.payee(today).await;
        let mut petty = office.monthly(other, date(2026, 9, 1), 1000);
        petty.recovery.waive_up_to_minor = 50;
        office.grant(today, &petty).await;
        office.paid(date(2026, 9, 30)).await;
        office.grant(today, &office.later(&petty, 960)).await;
        assert_eq!((office.balance(Account::WrittenOff).await, office.balance(Account::Receivable).await), (40, 0));
        office.check().await;
    }
}

#[tokio::test]
async fn once_is_once_a_voucher_has_its_own_run_and_a_use_is_paid_by_its_number() {
    for office in Office::all(13).await {
        let today = date(2026, 11, 2);
        let payee = office.payee(today).await;
        let once =
            Grant { per: Per::Once, pay: PayRule::Within { working_days: 14 }, ..office.monthly(payee, today, 2000) };
        office.grant(today, &once).await;
        let voucher = Grant { form: Form::Voucher, ..office.monthly(payee, today, 300) };
        let voucher = Grant { case: CaseId(office.uuid()), decision: DecisionId(office.uuid()), ..voucher };
        office.grant(today, &voucher).await;
        let uses = Grant { per: Per::Use, ..office.monthly(payee, today, 50) };
        let uses = office.grant(today, &uses).await.entitlement;
        let desk = office.desk(today);
        let used = async |number, minor| {
            transact!(office.db, grant::Fault, |tx| grant::used(tx, &desk, uses, number, minor, date(2026, 11, 3))
                .await)
        };
        assert!(used(1, 40).await.unwrap());
        assert!(!used(1, 40).await.unwrap(), "the same use");
        assert!(used(2, 51).await.is_err(), "more than a use is worth");
        let run = office.paid(date(2026, 11, 4)).await;
        assert_eq!((run.lines, run.minor), (2, 2040));
        assert_eq!(office.paid_or_empty(date(2026, 11, 25)).await, 0, "cash does not pay vouchers");
        let input = run::Input {
            pay_date: date(2026, 11, 25),
            agency: None,
            form: Form::Voucher,
            currency: kernel::Currency::KRW,
        };
        let id = transact!(office.db, run::Fault, |tx| run::open(tx, &desk, clerk(1).account, &CALENDAR, &input).await)
            .unwrap();
        let run = run::prepare(&office.db, &desk, &CALENDAR, id).await.unwrap();
        assert_eq!((run.lines, run.held), (0, 1), "a bank account is no voucher");
        office.check().await;
    }
}

#[tokio::test]
async fn what_is_no_money_is_ordered_from_another_agency_and_its_answer_noted_once() {
    for office in Office::all(14).await {
        let today = date(2026, 11, 2);
        let child = PersonId(office.uuid());
        let household = Subject::Household(HouseholdId(office.uuid()));
        let discount = Grant {
            form: Form::Discount,
            subject: household,
            slices: Vec::new(),
            ..office.monthly(child, date(2026, 11, 1), 0)
        };
        let granted = office.grant(today, &discount).await;
        let desk = office.desk(today);
        let mut tx = office.db.read().await.unwrap();
        let nobody = kernel::OrderId(uuid::Uuid::nil());
        let placed = order::by_status(&mut tx, order::OrderStatus::Placed, nobody, 10).await.unwrap();
        drop(tx);
        assert_eq!((placed.len(), placed[0].action.as_str()), (1, "start"));
        let id = placed[0].id;
        let sent = transact!(office.db, order::Fault, |tx| order::sent(tx, &desk, id, Some("E-1")).await).unwrap();
        assert!(sent);
        assert!(transact!(office.db, order::Fault, |tx| order::confirmed(tx, &desk, id, None).await).unwrap());
        assert!(!transact!(office.db, order::Fault, |tx| order::confirmed(tx, &desk, id, None).await).unwrap());
        let late = transact!(office.db, order::Fault, |tx| order::refused(tx, &desk, id, "no").await);
        assert!(matches!(late, Err(order::Fault::Closed(_))));
        let ground = grant::Ground { reason: "moved away".into(), law: "Act, article 3".into(), by: None };
        transact!(office.db, grant::Fault, |tx| {
            grant::end(tx, &desk, granted.entitlement, date(2026, 12, 1), &ground).await
        })
        .unwrap();
        let mut tx = office.db.read().await.unwrap();
        let stop = order::by_status(&mut tx, order::OrderStatus::Placed, nobody, 10).await.unwrap();
        assert_eq!((stop.len(), stop[0].action.as_str(), stop[0].valid_until), (1, "stop", Some(date(2026, 12, 1))));
        drop(tx);
        assert_eq!(office.prepared(date(2026, 11, 25)).await.lines, 0);
        office.check().await;
    }
}

#[tokio::test]
async fn every_won_of_the_difference_to_last_month_is_explained() {
    for office in Office::all(15).await {
        let today = date(2026, 10, 1);
        let mut grants = Vec::new();
        for minor in [100, 200, 300, 400, 500] {
            let payee = office.payee(today).await;
            let grant = office.monthly(payee, date(2026, 10, 1), minor);
            grants.push((office.grant(today, &grant).await.entitlement, grant, payee));
        }
        office.paid(date(2026, 10, 23)).await;
        let november = date(2026, 11, 2);
        // 100 goes on, 200 becomes 250 (and 50 of arrears), 300 ends, 400 loses its account, 500 comes back and is paid again.
        office.grant(november, &office.later(&grants[1].1, 250)).await;
        let ground = grant::Ground { reason: "moved abroad".into(), law: "Act, article 5".into(), by: None };
        let desk = office.desk(november);
        transact!(office.db, grant::Fault, |tx| grant::end(tx, &desk, grants[2].0, november, &ground).await).unwrap();
        transact!(office.db, account::Fault, |tx| account::end(tx, &desk, grants[3].2, Form::Cash, "closed").await)
            .unwrap();
        let newcomer = office.payee(november).await;
        office.grant(november, &office.monthly(newcomer, november, 70)).await;
        let run = office.paid(date(2026, 11, 25)).await;
        let by = |kind| run.differences.by.iter().find(|d| d.kind == kind).map(|d| (d.lines, d.minor));
        assert_eq!(by(DifferenceKind::New), Some((1, 70)));
        assert_eq!(by(DifferenceKind::Held), Some((1, -400)));
        assert_eq!(by(DifferenceKind::Changed), Some((1, 50)));
        assert_eq!(by(DifferenceKind::Arrears), Some((1, 50)));
        // The end on 2 November leaves November whole: it is due until the month is over.
        assert_eq!(by(DifferenceKind::Ended), None);
        let sum: i64 = run.differences.by.iter().map(|d| d.minor).sum();
        assert_eq!(run.differences.previous_minor + sum, run.minor);
        let december = office.paid(date(2026, 12, 23)).await;
        let by = |kind| december.differences.by.iter().find(|d| d.kind == kind).map(|d| (d.lines, d.minor));
        assert_eq!(by(DifferenceKind::Ended), Some((1, -300)));
        assert_eq!(by(DifferenceKind::NotRepeated), Some((1, -50)));
        let sum: i64 = december.differences.by.iter().map(|d| d.minor).sum();
        assert_eq!(december.differences.previous_minor + sum, december.minor);
        office.check().await;
    }
}

#[tokio::test]
async fn a_file_the_restored_database_forgot_becomes_its_run_again_and_is_not_paid_twice() {
    use payment::bank::Limits;
    // The database that released the file, and the one restored from the backup of the day before.
    for (before, after) in Office::all(40).await.into_iter().zip(Office::all(41).await) {
        let today = date(2026, 10, 1);
        let mut grants = Vec::new();
        for minor in [100, 200, 300] {
            let grant = before.monthly(before.payee(today).await, date(2026, 9, 1), minor);
            before.grant(today, &grant).await;
            grants.push(grant);
        }
        let run = before.paid(date(2026, 10, 23)).await;
        assert_eq!(run.lines, 6);
        let file = before.file(run.id).await;
        // The backup holds the grants and accounts and nothing of the run; one grant came after it and is lost.
        for grant in &grants[..2] {
            after.account(today, grant.payee).await;
            after.grant(today, grant).await;
        }
        let by = clerk(1).account;
        let desk = after.desk(today);
        let adopt = async |text: &str| {
            run::adopt(&after.db, &desk, by, Form::Cash, Limits::default(), || Ok(text.as_bytes())).await
        };
        assert!(adopt(&file[..file.len() - 9]).await.is_err(), "cut off");
        let adopted = adopt(&file).await.unwrap();
        assert_eq!((adopted.run, adopted.lines, adopted.minor, adopted.left.len()), (run.id, 6, 1200, 2));
        let mut tx = after.db.read().await.unwrap();
        let back = run::by_id(&mut tx, run.id).await.unwrap().unwrap();
        drop(tx);
        assert_eq!((back.lines, back.minor, back.status), (4, 600, RunStatus::Prepared));
        after.sign(&back, &clerk(1)).await.unwrap();
        after.release(&back, &clerk(2)).await.unwrap();
        after.check().await;
        assert!(matches!(adopt(&file).await, Err(run::AdoptFault::Known(RunStatus::Released))));
        assert_eq!(after.paid_or_empty(date(2026, 10, 23)).await, 0, "nothing of it goes out again");
        // The bank's answers fit again.
        let names = line_names(&after.file(run.id).await);
        assert!(names.iter().all(|n| line_names(&file).contains(n)));
        assert_eq!(after.feed(today, &pain_002("S1", &back, Some("ACSC"), &[])).await.applied, 1);
        after.check().await;
    }
}
