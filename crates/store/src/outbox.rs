//! Messages to other rooms and work for later, written in the transaction that causes them.
//!
//! A handler runs in the same transaction in which the message is taken out, so its effect in the database happens
//! exactly once however often the process dies.

use std::time::Duration;

use kernel::{Ids, Instant, JobId, MessageId};

use crate::{Engine, StoreError, Tx, params};

crate::sql! {
    ADD = "insert into outbox (message_id, topic, payload, created_at, next_at, attempts) values ($1, $2, $3, $4, $4, 0)";
    NEXT = "select message_id, topic, payload, created_at, attempts from outbox where next_at <= $1 order by next_at, message_id limit 1";
    REMOVE = "delete from outbox where message_id = $1";
    RETRY = "update outbox set attempts = attempts + 1, next_at = $2, last_error = $3 where message_id = $1";
    BURY = "insert into outbox_dead (message_id, topic, payload, created_at, buried_at, attempts, last_error)
        select message_id, topic, payload, created_at, $2, attempts + 1, $3 from outbox where message_id = $1";
    WAITING = "select count(*) as n from outbox";
    DEAD = "select count(*) as n from outbox_dead";
    QUEUE = "insert into job (job_id, kind, unique_key, payload, priority, run_at, attempts) values ($1, $2, $3, $4, $5, $6, 0)
        on conflict (kind, unique_key) do nothing";
    DUE = "select job_id, kind, unique_key, payload, attempts from job
        where run_at <= $1 and (leased_until is null or leased_until < $1) and attempts < $2 order by priority, run_at limit 1";
    LEASE = "update job set leased_until = $2, attempts = attempts + 1
        where job_id = $1 and (leased_until is null or leased_until < $3)";
    HOLD = "update job set leased_until = $2 where job_id = $1 and leased_until is not null";
    DONE = "delete from job where job_id = $1";
    FAILED = "update job set leased_until = null, run_at = $2, last_error = $3 where job_id = $1";
    HELD = "update job set leased_until = $2 where job_id = $1";
    AGAIN = "update job set leased_until = null, run_at = $2, attempts = 0 where job_id = $1";
    PARKED_MESSAGES = "select message_id, topic, payload, buried_at, attempts, last_error from outbox_dead order by buried_at, message_id";
    UNBURY = "insert into outbox (message_id, topic, payload, created_at, next_at, attempts)
        select message_id, topic, payload, created_at, $2, 0 from outbox_dead where message_id = $1";
    UNBURIED = "delete from outbox_dead where message_id = $1";
    PARKED_JOBS = "select job_id, kind, unique_key, run_at, attempts, last_error from job
        where attempts >= $1 and (leased_until is null or leased_until < $2) order by run_at, job_id";
    RETRY_JOB = "update job set leased_until = null, run_at = $2, attempts = 0
        where job_id = $1 and attempts >= $3 and (leased_until is null or leased_until < $2)";
}

/// PostgreSQL workers skip what another worker holds; SQLite has one writer and needs no lock.
const NEXT_POSTGRES: &str = "select message_id, topic, payload, created_at, attempts from outbox where next_at <= $1
    order by next_at, message_id limit 1 for update skip locked";

/// After so many failures a message or job waits for a human being. For a job a worker that died with it counts too.
const MAX_ATTEMPTS: u32 = 12;

/// A message taken from the outbox.
#[derive(Clone, Debug)]
pub struct Message {
    /// Its id: also the idempotency key of whatever leaves the building because of it.
    pub id: MessageId,
    /// What it is about, such as `event.registered`.
    pub topic: String,
    /// JSON.
    pub payload: String,
    /// When it was written.
    pub created_at: Instant,
    /// How often it failed so far.
    pub attempts: u32,
}

/// A job that is due.
#[derive(Clone, Debug)]
pub struct JobRow {
    /// Its id.
    pub id: JobId,
    /// What to do.
    pub kind: String,
    /// Same kind and key: the same work.
    pub unique_key: String,
    /// JSON.
    pub payload: String,
    /// How often it was tried.
    pub attempts: u32,
}

/// Work that failed too often and waits for a human being.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parked {
    /// Its id, for [`Tx::retry_parked`].
    pub id: uuid::Uuid,
    /// The topic of the message or the kind of the job.
    pub what: String,
    /// The payload of the message or the key of the job: ids, never data of people.
    pub about: String,
    /// When it last failed.
    pub at: Instant,
    /// How often.
    pub attempts: u32,
    /// Why.
    pub why: String,
}

impl Tx {
    /// Writes a message into the outbox.
    pub async fn emit<T: serde::Serialize + Sync>(
        &mut self,
        ids: &dyn Ids,
        now: Instant,
        topic: &str,
        payload: &T,
    ) -> Result<MessageId, StoreError> {
        let id = MessageId::new(ids, now);
        let json = serde_json::to_string(payload).map_err(|e| StoreError::Driver(e.to_string()))?;
        self.execute(ADD, params![id, topic, json, now]).await?;
        Ok(id)
    }

    /// Takes the next due message out; gone when this transaction commits.
    pub async fn take_message(&mut self, now: Instant) -> Result<Option<Message>, StoreError> {
        let sql = match self.engine() {
            Engine::Sqlite => NEXT,
            Engine::Postgres => NEXT_POSTGRES,
        };
        let Some(row) = self.maybe(sql, params![now]).await? else { return Ok(None) };
        let message = Message {
            id: row.get("message_id")?,
            topic: row.get("topic")?,
            payload: row.get("payload")?,
            created_at: row.get("created_at")?,
            attempts: row.get("attempts")?,
        };
        self.execute(REMOVE, params![message.id]).await?;
        Ok(Some(message))
    }

    /// Notes that handling failed (in a transaction of its own, after the handler's was rolled back): tries again later
    /// with a doubling pause, and after [`MAX_ATTEMPTS`] buries it for a human being.
    pub async fn message_failed(&mut self, message: &Message, now: Instant, error: &str) -> Result<(), StoreError> {
        if message.attempts + 1 >= MAX_ATTEMPTS {
            self.execute(BURY, params![message.id, now, error]).await?;
            self.execute(REMOVE, params![message.id]).await?;
        } else {
            let next = now.plus_seconds(1 << message.attempts.min(11));
            self.execute(RETRY, params![message.id, next, error]).await?;
        }
        Ok(())
    }

    /// How many messages wait, and how many are buried.
    pub async fn outbox_depth(&mut self) -> Result<(i64, i64), StoreError> {
        let waiting = self.one(WAITING, &[]).await?.get("n")?;
        let dead = self.one(DEAD, &[]).await?.get("n")?;
        Ok((waiting, dead))
    }

    /// Queues work once per (kind, key); says whether it was new.
    pub async fn queue<T: serde::Serialize + Sync>(
        &mut self,
        ids: &dyn Ids,
        now: Instant,
        kind: &str,
        key: &str,
        priority: i32,
        payload: &T,
    ) -> Result<bool, StoreError> {
        let json = serde_json::to_string(payload).map_err(|e| StoreError::Driver(e.to_string()))?;
        let id = JobId::new(ids, now);
        Ok(self.execute(QUEUE, params![id, kind, key, json, priority, now]).await? == 1)
    }

    /// Leases the next due job for `lease`; another worker may take it when the lease runs out.
    pub async fn lease_job(&mut self, now: Instant, lease: Duration) -> Result<Option<JobRow>, StoreError> {
        let Some(row) = self.maybe(DUE, params![now, MAX_ATTEMPTS]).await? else { return Ok(None) };
        let attempts: u32 = row.get("attempts")?;
        let job = JobRow {
            id: row.get("job_id")?,
            kind: row.get("kind")?,
            unique_key: row.get("unique_key")?,
            payload: row.get("payload")?,
            attempts: attempts + 1,
        };
        let until = now.plus_seconds(i64::try_from(lease.as_secs()).unwrap_or(i64::MAX));
        let taken = self.execute(LEASE, params![job.id, until, now]).await? == 1;
        Ok(taken.then_some(job))
    }

    /// Holds a leased job longer: it takes its time, and no other worker shall begin it.
    pub async fn hold_job(&mut self, id: JobId, until: Instant) -> Result<(), StoreError> {
        self.execute(HOLD, params![id, until]).await.map(drop)
    }

    /// The job is done: in the transaction that holds its effect.
    pub async fn job_done(&mut self, id: JobId) -> Result<(), StoreError> {
        self.execute(DONE, params![id]).await.map(drop)
    }

    /// The job is still at work: nobody else takes it before then.
    pub async fn job_held(&mut self, id: JobId, until: Instant) -> Result<(), StoreError> {
        self.execute(HELD, params![id, until]).await.map(drop)
    }

    /// The job goes on later, and has not failed: somebody else needs time.
    pub async fn job_again(&mut self, id: JobId, run_at: Instant) -> Result<(), StoreError> {
        self.execute(AGAIN, params![id, run_at]).await.map(drop)
    }

    /// Messages and jobs that failed too often, the oldest first.
    pub async fn parked(&mut self, now: Instant) -> Result<Vec<Parked>, StoreError> {
        let mut parked = Vec::new();
        for row in self.all(PARKED_MESSAGES, &[]).await? {
            parked.push(Parked {
                id: row.get("message_id")?,
                what: row.get("topic")?,
                about: row.get("payload")?,
                at: row.get("buried_at")?,
                attempts: row.get("attempts")?,
                why: row.get("last_error")?,
            });
        }
        for row in self.all(PARKED_JOBS, params![MAX_ATTEMPTS, now]).await? {
            parked.push(Parked {
                id: row.get("job_id")?,
                what: row.get("kind")?,
                about: row.get("unique_key")?,
                at: row.get("run_at")?,
                attempts: row.get("attempts")?,
                why: row
                    .maybe("last_error")?
                    .unwrap_or_else(|| "every worker that took it ended before it was done".into()),
            });
        }
        parked.sort_by_key(|p| p.at);
        Ok(parked)
    }

    /// Lets parked work run again from the first attempt; says whether it was parked. What it does is done at most once all
    /// the same, because its effect and its end are one transaction.
    pub async fn retry_parked(&mut self, id: uuid::Uuid, now: Instant) -> Result<bool, StoreError> {
        if self.execute(UNBURY, params![id, now]).await? == 1 {
            self.execute(UNBURIED, params![id]).await?;
            return Ok(true);
        }
        Ok(self.execute(RETRY_JOB, params![id, now, MAX_ATTEMPTS]).await? == 1)
    }

    /// The job failed: again after a pause, and after [`MAX_ATTEMPTS`] not before a human being says so.
    pub async fn job_failed(&mut self, job: &JobRow, now: Instant, error: &str) -> Result<(), StoreError> {
        let next = now.plus_seconds(1 << job.attempts.min(12));
        self.execute(FAILED, params![job.id, next, error]).await.map(drop)
    }
}
