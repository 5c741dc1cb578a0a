//! The office's side with the server down: what was decided is paid, and nothing twice.

use guard::{Keys, Role, Who};
use kernel::{AccountId, Clock as _, Currency, Ids as _, SessionId};
use payment::model::Form;
use payment::run::{self, Payer};
use payment::{Calendar, Desk, hold, ledger};
use store::{Db, StoreError, Tx, transact};

use app::runtime::{SystemClock, SystemIds};

use crate::harness::town::Place;

/// Every acknowledged application has its case, one an item; every granted decision its entitlement.
pub(crate) async fn cases(tx: &mut Tx, wrong: &mut Vec<String>) -> Result<(), StoreError> {
    for (what, sql) in [
        (
            "items of applications without exactly one case",
            "select count(*) as n from (select i.offer_id from application_item i left join benefit_case c on c.offer_id = i.offer_id
                group by i.offer_id having count(c.case_id) <> 1) t",
        ),
        (
            "cases with two decisions in force",
            "select count(*) as n from (select case_id from decision where status = 'in_force' group by case_id having count(*) > 1) t",
        ),
        (
            "cases with two entitlements",
            "select count(*) as n from (select case_id from entitlement group by case_id having count(*) > 1) t",
        ),
        (
            "entitlements without a decision",
            "select count(*) as n from entitlement where decision_id not in (select decision_id from decision)",
        ),
        (
            "periods paid twice",
            "select count(*) as n from (select l.entitlement_id, l.period, l.part from run_line l join run r on r.run_id = l.run_id
                where r.status in ('released', 'settled') and l.status in ('ready', 'accepted', 'paid')
                group by l.entitlement_id, l.period, l.part having count(*) > 1) t",
        ),
    ] {
        let found: i64 = tx.one(sql, &[]).await?.get("n")?;
        if found > 0 {
            wrong.push(format!("{found} {what}"));
        }
    }
    let report = ledger::check::check(tx).await?;
    wrong.extend(report.faults.iter().map(|fault| format!("ledger: {fault}")));
    Ok(())
}

/// With no work left: every decision in force that grants something has its entitlement.
pub(crate) async fn all_granted(place: &Place) -> Vec<String> {
    let db = Db::open(&place.database).await.expect("the database");
    let mut tx = db.read().await.expect("a transaction");
    let sql = "select count(*) as n from decision where status = 'in_force' and kind in ('grant', 'change')
        and decision_id not in (select decision_id from entitlement)";
    let lost: i64 = tx.one(sql, &[]).await.expect("a row").get("n").expect("a number");
    let granted: i64 =
        tx.one("select count(*) as n from entitlement", &[]).await.expect("a row").get("n").expect("a number");
    drop(tx);
    db.close().await;
    let mut wrong = vec![];
    if lost > 0 {
        wrong.push(format!("{lost} decisions that grant something have no entitlement"));
    }
    if granted == 0 {
        wrong.push("nothing was granted at all: the harness looked at nothing".to_owned());
    }
    wrong
}

fn official() -> Who {
    let now = SystemClock.now();
    Who {
        account: AccountId::new(&SystemIds, now),
        session: SessionId(SystemIds.uuid(now)),
        role: Role::Finance,
        organisation: "finance".into(),
        jurisdiction: None,
        person: None,
        strong: true,
        suspended: false,
        break_glass: false,
    }
}

/// Two officials prepare, sign and release a run; the payees' accounts are missing, so some of it is held.
pub(crate) async fn pay(place: &Place, form: Form) {
    let db = Db::open(&place.database).await.expect("the database");
    let keys = Keys::open(&place.data().join("keys")).expect("the keys");
    let now = SystemClock.now();
    let desk = Desk { keys: &keys, ids: &SystemIds, now, today: now.date(9) };
    let calendar = Calendar { holidays: &[] };
    give_accounts(&db, &desk, form).await;
    let (first, second) = (official(), official());
    let day = run::pay_date(desk.today.last_of_month(), &calendar);
    let input = run::Input { pay_date: day, agency: None, form, currency: Currency::KRW };
    let id = transact!(db, run::Fault, |tx| run::open(tx, &desk, first.account, &calendar, &input).await);
    let id = id.expect("a run");
    let prepared = run::prepare(&db, &desk, &calendar, id).await.expect("a prepared run");
    let revision = prepared.revision;
    if prepared.lines > 0 {
        transact!(db, run::Fault, |tx| run::sign(tx, &desk, &first, id, revision).await).expect("a signature");
        let payer = Payer { name: "Office".into(), account: "1234567890".into(), bank: "004".into() };
        transact!(db, run::Fault, |tx| run::release(tx, &desk, &second, id, revision, &payer).await)
            .expect("a release");
    } else {
        transact!(db, run::Fault, |tx| run::cancel(tx, &desk, &first, id, "nothing to pay").await)
            .expect("a cancelled run");
    }
    db.close().await;
}

/// So that runs find somebody to pay, with the server down: whoever has none gets an account, and what came back may go out
/// again. Says of which form most is to be paid.
pub(crate) async fn supply(place: &Place, db: &Db) -> Form {
    let keys = Keys::open(&place.data().join("keys")).expect("the keys");
    let now = SystemClock.now();
    let desk = Desk { keys: &keys, ids: &SystemIds, now, today: now.date(9) };
    for form in [Form::Cash, Form::Voucher] {
        give_accounts(db, &desk, form).await;
    }
    let mut tx = db.read().await.expect("a transaction");
    let sql =
        "select entitlement_id, period, part from instalment where status = 'returned' and bounced_account is not null";
    let rows = tx.all(sql, &[]).await.expect("what came back");
    drop(tx);
    for row in rows {
        let which = hold::Which {
            entitlement: row.get("entitlement_id").expect("an entitlement"),
            period: payment::due::PeriodKey(row.get("period").expect("a period")),
            part: row.get("part").expect("a part"),
        };
        let by = AccountId::new(&SystemIds, now);
        transact!(db, hold::Fault, |tx| hold::pay_again(tx, &desk, which, "the bank was wrong", by).await)
            .expect("what came back can go out again");
    }
    let mut tx = db.read().await.expect("a transaction");
    let sql = "select count(*) as n from entitlement where form = $1 and (next_due is not null
        or entitlement_id in (select entitlement_id from instalment where status in ('due', 'returned')))";
    let mut most = (0, Form::Cash);
    for form in [Form::Cash, Form::Voucher] {
        let found: i64 = tx.one(sql, store::params![form]).await.expect("a row").get("n").expect("a number");
        most = if found > most.0 { (found, form) } else { most };
    }
    most.1
}

/// Whether an entitlement has something due.
pub(crate) async fn due(place: &Place) -> bool {
    let db = Db::open(&place.database).await.expect("the database");
    let mut tx = db.read().await.expect("a transaction");
    let row = tx.one("select count(*) as n from entitlement where next_due is not null", &[]).await.expect("a row");
    row.get::<i64>("n").expect("a number") > 0
}

/// Mothers whose account is known beforehand: of them no application asks for it.
const WITH_ACCOUNT: usize = 80;

/// Before anybody comes: some mothers have an account.
pub(crate) async fn accounts(place: &Place) {
    let db = Db::open(&place.database).await.expect("the database");
    let keys = Keys::open(&place.data().join("keys")).expect("the keys");
    let now = SystemClock.now();
    let desk = Desk { keys: &keys, ids: &SystemIds, now, today: now.date(9) };
    for mother in place.mothers.iter().take(WITH_ACCOUNT) {
        for form in [Form::Cash, Form::Voucher] {
            give(&db, &desk, mother.id, form).await;
        }
    }
    db.close().await;
}

async fn give_accounts(db: &Db, desk: &Desk<'_>, form: Form) {
    let mut tx = db.read().await.expect("a transaction");
    let sql = "select distinct payee_id from entitlement where payee_id not in (select person_id from pay_account where slot is not null and slot = $1)";
    let rows = tx.all(sql, store::params![form.word()]).await.expect("payees");
    drop(tx);
    for row in rows {
        give(db, desk, row.get("payee_id").expect("a payee"), form).await;
    }
}

async fn give(db: &Db, desk: &Desk<'_>, person: kernel::PersonId, form: Form) {
    let (digits, bank) = if form == Form::Voucher { (16, "bc") } else { (12, "004") };
    let number = format!("{:0digits$}", person.0.as_u128() % 1_000_000_000_000);
    let details = payment::account::Details { number, bank: bank.into(), holder: "Payee".into() };
    let new = payment::account::New::Own { form, details };
    transact!(db, payment::account::Fault, |tx| {
        let id = payment::account::set(tx, desk, person, &new, AccountId::new(desk.ids, desk.now)).await?;
        payment::account::verify(tx, desk, person, id, "harness", None).await
    })
    .expect("an account");
}
