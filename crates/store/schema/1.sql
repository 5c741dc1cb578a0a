-- distribution: local
-- Messages to other rooms, written in the transaction that caused them, handled once.
create table outbox (
    message_id {uuid} not null,
    topic text not null,
    payload text not null,
    created_at {int} not null,
    next_at {int} not null,
    attempts {int} not null,
    last_error text,
    primary key (message_id)
);
create index outbox_due on outbox (next_at, message_id);

-- distribution: local
-- Messages that failed too often wait here for a human being.
create table outbox_dead (
    message_id {uuid} not null,
    topic text not null,
    payload text not null,
    created_at {int} not null,
    buried_at {int} not null,
    attempts {int} not null,
    last_error text not null,
    primary key (message_id)
);

-- distribution: local
-- Units of work for `hearth work`, with a key so that the same work is queued once.
create table job (
    job_id {uuid} not null,
    kind text not null,
    unique_key text not null,
    payload text not null,
    priority {int} not null,
    run_at {int} not null,
    attempts {int} not null,
    leased_until {int},
    last_error text,
    primary key (job_id),
    unique (kind, unique_key)
);
create index job_due on job (run_at, priority);

-- distribution: lookup(idempotency_key)
-- What was answered to a request that carries an idempotency key, so that a repetition gets the same answer.
create table idempotency (
    idempotency_key text not null,
    scope text not null,
    request_hash text not null,
    status {int},
    body text,
    created_at {int} not null,
    primary key (idempotency_key, scope)
);
