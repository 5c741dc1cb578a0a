//! The store on real SQLite and, when a server is named, real PostgreSQL.

use kernel::{Date, Instant, PersonId, SeededIds};
use store::{Begun, Packed, Row, Schema, Step, StoreError, StoredResponse, params, testing, transact};

const PEOPLE: Schema = Schema {
    room: "people",
    steps: &[Step {
        version: 1,
        name: "people",
        sql: "-- distribution: key(person_id)\ncreate table person (\n    person_id {uuid} not null,\n    born {date},\n    seen {int},\n    ok {bool},\n    tag {bytes},\n    name text,\n    primary key (person_id)\n);\n",
    }],
};
const SCHEMAS: &[Schema] = &[store::SCHEMA, PEOPLE];
const INSERT: &str = "insert into person (person_id, born, seen, ok, tag, name) values ($1, $2, $3, $4, $5, $6)";
const ALL: &str = "select person_id, born, seen, ok, tag, name from person order by person_id";

fn now() -> Instant {
    Instant::start_of(Date::constant(2026, 11, 21))
}

#[tokio::test]
async fn every_kind_of_value_comes_back_as_it_went_in_and_null_stays_null() {
    for db in testing::databases(SCHEMAS).await.unwrap() {
        let ids = SeededIds::new(1);
        let (a, b) = (PersonId::new(&ids, now()), PersonId::new(&ids, now()));
        transact!(db, StoreError, |tx| {
            let born = Date::constant(1912, 2, 29);
            tx.execute(INSERT, params![a, born, now(), true, vec![0u8, 255], "가나다 'x'"]).await?;
            let nothing = params![b, None::<Date>, None::<Instant>, None::<bool>, None::<Vec<u8>>, None::<String>];
            tx.execute(INSERT, nothing).await
        })
        .unwrap();
        let mut tx = db.read().await.unwrap();
        let rows = tx.all(ALL, &[]).await.unwrap();
        let (one, two) = if rows[0].get::<PersonId>("person_id").unwrap() == a {
            (&rows[0], &rows[1])
        } else {
            (&rows[1], &rows[0])
        };
        assert_eq!(one.get::<Date>("born").unwrap(), Date::constant(1912, 2, 29));
        assert_eq!(one.get::<Instant>("seen").unwrap(), now());
        assert!(one.get::<bool>("ok").unwrap());
        assert_eq!(one.get::<Vec<u8>>("tag").unwrap(), vec![0, 255]);
        assert_eq!(one.get::<String>("name").unwrap(), "가나다 'x'");
        assert_eq!(two.maybe::<Date>("born").unwrap(), None);
        assert!(matches!(two.get::<bool>("ok"), Err(StoreError::Inconsistent { .. })));
        assert!(
            tx.execute(INSERT, params![b, None::<Date>, now(), true, vec![1u8], "x"]).await.is_err(),
            "a reader wrote"
        );
    }
}

static PAGE: Packed = Packed::new("PAGE", ALL, &["person_id", "tag"], &["born", "seen", "ok", "name"]);

#[tokio::test]
async fn a_page_in_one_piece_holds_what_the_plain_query_gives_in_its_order() {
    for db in testing::databases(SCHEMAS).await.unwrap() {
        let ids = SeededIds::new(6);
        transact!(db, StoreError, |tx| {
            for (seen, name) in [(i64::MIN, "\"[1,2]\\ \u{1}\n가\u{10FFFF}"), (i64::MAX, ""), (0, "null"), (-1, "7")] {
                let born = Date::constant(1912, 2, 29);
                let row = params![PersonId::new(&ids, now()), born, seen, seen > 0, vec![0u8, 255], name];
                tx.execute(INSERT, row).await?;
                let nothing = Option::<String>::None;
                let id = PersonId::new(&ids, now());
                tx.execute(INSERT, params![id, None::<Date>, None::<i64>, None::<bool>, Vec::<u8>::new(), nothing])
                    .await?;
            }
            Ok(())
        })
        .unwrap();
        let mut tx = db.read().await.unwrap();
        let read = |row: &Row| {
            let id: PersonId = row.get("person_id").unwrap();
            let (born, seen): (Option<Date>, Option<i64>) = (row.maybe("born").unwrap(), row.maybe("seen").unwrap());
            let (ok, tag): (Option<bool>, Vec<u8>) = (row.maybe("ok").unwrap(), row.get("tag").unwrap());
            (id, born, seen, ok, tag, row.maybe::<String>("name").unwrap())
        };
        let plain: Vec<_> = tx.all(ALL, &[]).await.unwrap().iter().map(read).collect();
        let page = tx.page(&PAGE, &[]).await.unwrap();
        assert_eq!(page.iter().map(read).collect::<Vec<_>>(), plain);
        assert_eq!(plain.len(), 8);
        for row in &page {
            assert!(
                row.maybe::<i64>("name").is_err() || row.maybe::<String>("name").unwrap().is_none(),
                "no other kind"
            );
            assert!(row.maybe::<i64>("nobody").is_err(), "no column the query does not name");
        }
    }
}

#[tokio::test]
async fn what_is_not_committed_is_not_there_and_a_second_row_with_the_key_is_refused() {
    for db in testing::databases(SCHEMAS).await.unwrap() {
        let id = PersonId::new(&SeededIds::new(2), now());
        let mut tx = db.begin().await.unwrap();
        tx.execute(INSERT, params![id, None::<Date>, now(), true, None::<Vec<u8>>, "x"]).await.unwrap();
        drop(tx);
        let mut tx = db.begin().await.unwrap();
        assert!(tx.all(ALL, &[]).await.unwrap().is_empty());
        tx.execute(INSERT, params![id, None::<Date>, now(), true, None::<Vec<u8>>, "x"]).await.unwrap();
        let again = tx.execute(INSERT, params![id, None::<Date>, now(), true, None::<Vec<u8>>, "x"]).await;
        assert!(matches!(again, Err(StoreError::Duplicate(_))), "{again:?}");
    }
}

#[tokio::test]
async fn a_counter_raised_by_sixteen_tasks_at_once_loses_no_step() {
    for db in testing::databases(SCHEMAS).await.unwrap() {
        let id = PersonId::new(&SeededIds::new(3), now());
        transact!(db, StoreError, |tx| {
            tx.execute(INSERT, params![id, None::<Date>, 0i64, true, None::<Vec<u8>>, "x"]).await
        })
        .unwrap();
        let tasks: Vec<_> = (0..16)
            .map(|_| {
                let db = db.clone();
                tokio::spawn(async move {
                    let read = "select seen from person where person_id = $1";
                    let set = "update person set seen = $2 where person_id = $1";
                    let mut done = 0;
                    while done < 5 {
                        let outcome = transact!(db, StoreError, |tx| {
                            let seen: i64 = tx.one(read, params![id]).await?.get("seen")?;
                            tx.execute(set, params![id, seen + 1]).await
                        });
                        match outcome {
                            Ok(_) => done += 1,
                            Err(StoreError::Conflict) => {}
                            Err(other) => panic!("{other}"),
                        }
                    }
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
        let mut tx = db.read().await.unwrap();
        assert_eq!(tx.one(ALL, &[]).await.unwrap().get::<i64>("seen").unwrap(), 80);
    }
}

#[tokio::test]
async fn a_message_is_handled_once_retried_with_pauses_and_buried_in_the_end() {
    for db in testing::databases(SCHEMAS).await.unwrap() {
        let ids = SeededIds::new(4);
        transact!(db, StoreError, |tx| tx.emit(&ids, now(), "x.happened", &42).await).unwrap();
        let mut at = now();
        for round in 0..12 {
            let mut tx = db.begin().await.unwrap();
            let message = tx.take_message(at).await.unwrap().expect("due");
            assert_eq!(
                (message.topic.as_str(), message.payload.as_str(), message.attempts),
                ("x.happened", "42", round)
            );
            drop(tx);
            transact!(db, StoreError, |tx| tx.message_failed(&message, at, "no").await).unwrap();
            let mut tx = db.begin().await.unwrap();
            assert!(tx.take_message(at).await.unwrap().is_none(), "a failed message must wait");
            drop(tx);
            at = at.plus_seconds(1 << 12);
        }
        let mut tx = db.read().await.unwrap();
        assert_eq!(tx.outbox_depth().await.unwrap(), (0, 1));
    }
}

#[tokio::test]
async fn the_same_request_twice_gets_the_first_answer_and_another_under_its_key_is_refused() {
    for db in testing::databases(SCHEMAS).await.unwrap() {
        let answer = StoredResponse { status: 201, body: "{}".into() };
        transact!(db, StoreError, |tx| {
            assert_eq!(tx.idempotent("k", "post /x", "h1", now()).await?, Begun::New);
            tx.idempotent_answer("k", "post /x", &answer).await
        })
        .unwrap();
        let mut tx = db.begin().await.unwrap();
        assert_eq!(tx.idempotent("k", "post /x", "h1", now()).await.unwrap(), Begun::Repeated(answer));
        assert_eq!(tx.idempotent("k", "post /x", "h2", now()).await.unwrap(), Begun::Mismatch);
        assert_eq!(tx.idempotent("k", "post /y", "h2", now()).await.unwrap(), Begun::New);
    }
}

#[tokio::test]
async fn work_is_queued_once_leased_and_comes_back_when_the_worker_dies() {
    let lease = std::time::Duration::from_secs(60);
    for db in testing::databases(SCHEMAS).await.unwrap() {
        let ids = SeededIds::new(5);
        let mut tx = db.begin().await.unwrap();
        assert!(tx.queue(&ids, now(), "recompute", "h1", 5, &1).await.unwrap());
        assert!(!tx.queue(&ids, now(), "recompute", "h1", 5, &1).await.unwrap());
        let job = tx.lease_job(now(), lease).await.unwrap().expect("due");
        assert!(tx.lease_job(now(), lease).await.unwrap().is_none());
        let again = tx.lease_job(now().plus_seconds(61), lease).await.unwrap().expect("lease over");
        assert_eq!((again.id, again.attempts), (job.id, 2));
        tx.job_done(again.id).await.unwrap();
        assert!(tx.lease_job(now().plus_seconds(999), lease).await.unwrap().is_none());
    }
}

#[tokio::test]
async fn steps_apply_once_and_an_edited_or_unknown_step_is_refused() {
    const EDITED: Schema = Schema { room: "people", steps: &[Step { version: 1, name: "people", sql: "select 1;" }] };
    const EMPTY: Schema = Schema { room: "people", steps: &[] };
    for db in testing::databases(SCHEMAS).await.unwrap() {
        db.migrate(SCHEMAS).await.unwrap();
        assert!(matches!(db.migrate(&[EDITED]).await, Err(StoreError::StepChanged { .. })));
        assert!(matches!(db.migrate(&[EMPTY]).await, Err(StoreError::FromTheFuture { .. })));
    }
}

#[tokio::test]
async fn every_statement_of_the_store_prepares_on_both_engines() {
    for db in testing::databases(SCHEMAS).await.unwrap() {
        testing::prepare_all(&db, store::STATEMENTS).await;
    }
}

#[test]
fn the_schema_lint_accepts_ours_and_catches_each_forbidden_thing() {
    assert_eq!(store::lint(&store::SCHEMA), Vec::<String>::new());
    for bad in [
        "create table a (\n    x text not null,\n    primary key (x)\n);\n",
        "-- distribution: key(person_id)\ncreate table a (\n    x text not null,\n    primary key (x)\n);\n",
        "-- distribution: key(x)\ncreate table a (\n    x text not null,\n    y text,\n    primary key (x),\n    unique (y)\n);\n",
        "-- distribution: local\ncreate table a (\n    x serial not null,\n    primary key (x)\n);\n",
        "-- distribution: somehow\ncreate table a (\n    x text not null,\n    primary key (x)\n);\n",
        "-- distribution: local\ncreate table a (\n    x text not null\n);\n",
    ] {
        let schema = Schema { room: "bad", steps: Box::leak(Box::new([Step { version: 1, name: "bad", sql: bad }])) };
        assert!(!store::lint(&schema).is_empty(), "not caught: {bad}");
        let clustered = bad.replace(");\n", "){clustered};\n");
        let sql = Box::leak(clustered.into_boxed_str());
        let schema = Schema { room: "bad", steps: Box::leak(Box::new([Step { version: 1, name: "bad", sql }])) };
        assert!(!store::lint(&schema).is_empty(), "not caught: {sql}");
    }
}
