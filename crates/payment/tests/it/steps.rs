//! A database that was written before a schema step keeps everything over it.

use kernel::Date;
use store::{Schema, StoreError, params, transact};
use uuid::Uuid;

const FIRST: &[Schema] = &[Schema { room: "payment", steps: payment::SCHEMA.steps.split_at(1).0 }];
const ENTITLEMENT: &str = "insert into entitlement (subject_id, entitlement_id, subject_kind, case_id, decision_id, version, programme, agency, payee_id, form, per, currency, slices,
    pay_rule, law, effective_from, decided_on, set_off_percent, waive_up_to, status, next_period, next_due, begun, granted_at, changed_at)
    values ($1, $2, 'person', $2, $2, 1, 'money', 'town', $1, 'cash', 'month', 'KRW', '[]', $3, 'Act', $4, $4, 20, 0, 'active', 24323, $4, true, 1, 1)";
const INSTALMENT: &str = "insert into instalment (subject_id, entitlement_id, period, part, minor, set_off, due_on, status, open, reason, cause, run_id, attempt, bounced_account, made_at, changed_at)
    values ($1, $2, 24322, $3, 100, 7, $4, 'held', 1, 'official', 'new', $5, 2, $5, 3, 4)";
const LINE: &str = "insert into run_line (run_id, entitlement_id, period, part, attempt, subject_id, payee_id, pay_account_id, programme, agency, minor, set_off, pays, cause, status, odd, reason, changed_at)
    values ($4, $2, 24322, $3, 2, $1, $1, $4, 'money', 'town', 93, 3, 90, 'regular', 'returned', 1, 'AC04', 5)";
const INSTALMENTS: &str = "select count(*) as n, count(distinct part) as parts, cast(sum(minor + set_off + open + attempt + made_at + changed_at) as bigint) as sum
    from instalment where subject_id = $1 and entitlement_id = $2 and due_on = $3 and status = 'held' and reason = 'official' and cause = 'new' and run_id = $4 and bounced_account = $4";
const LINES: &str = "select count(*) as n, count(distinct part) as parts, cast(sum(minor + set_off + pays + odd + attempt + changed_at) as bigint) as sum
    from run_line where run_id = $3 and subject_id = $1 and entitlement_id = $2 and period = 24322 and payee_id = $1 and pay_account_id = $3 and cause = 'regular'
    and status = 'returned' and reason = 'AC04'";
const RULES: &str = "select pays_after, next_minor from entitlement where entitlement_id = $1";

#[tokio::test]
async fn instalments_lines_and_clocks_from_before_are_there_after() {
    let day = Date::constant(2026, 12, 25);
    for db in store::testing::databases(FIRST).await.unwrap() {
        let [person, before, after, run] = [1, 2, 3, 4].map(Uuid::from_u128);
        transact!(db, StoreError, |tx| {
            tx.execute(ENTITLEMENT, params![person, before, r#"{"monthly":{"day":25}}"#, day]).await?;
            tx.execute(ENTITLEMENT, params![person, after, r#"{"monthly_after":{"day":25}}"#, day]).await?;
            for part in 0..3 {
                tx.execute(INSTALMENT, params![person, before, part, day, run]).await?;
                tx.execute(LINE, params![person, before, part, run]).await?;
            }
            Ok(())
        })
        .unwrap();
        db.migrate(&[payment::SCHEMA]).await.unwrap();
        let mut tx = db.read().await.unwrap();
        let figures = |row: store::Row| ["n", "parts", "sum"].map(|column| row.get::<i64>(column).unwrap());
        let instalments = tx.one(INSTALMENTS, params![person, before, day, run]).await.unwrap();
        assert_eq!(figures(instalments), [3, 3, 3 * (100 + 7 + 1 + 2 + 3 + 4)]);
        let lines = tx.one(LINES, params![person, before, run]).await.unwrap();
        assert_eq!(figures(lines), [3, 3, 3 * (93 + 3 + 90 + 1 + 2 + 5)]);
        for (id, goes_after) in [(before, false), (after, true)] {
            let row = tx.one(RULES, params![id]).await.unwrap();
            assert_eq!(row.get::<bool>("pays_after").unwrap(), goes_after);
            assert_eq!(row.maybe::<i64>("next_minor").unwrap(), None, "not known");
        }
    }
}
