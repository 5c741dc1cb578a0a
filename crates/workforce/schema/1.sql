-- distribution: key(account_id)
-- The training ledger. What was written by mistake is taken back by another row that names it.
create table workforce_training (
    account_id {uuid} not null,
    training_id {uuid} not null,
    course text not null,
    hours {int} not null,
    ended_on {date} not null,
    cohort_id {uuid},
    withdraws_id {uuid},
    confirmed_by {uuid} not null,
    recorded_at {int} not null,
    primary key (account_id, training_id),
    unique (account_id, cohort_id),
    unique (account_id, withdraws_id)
);

-- distribution: lookup(cohort_id)
create table workforce_cohort (
    cohort_id {uuid} not null primary key,
    organisation text not null,
    course text not null,
    place text not null,
    starts_on {date} not null,
    ends_on {date} not null,
    seats {int} not null,
    account_id {uuid} not null,
    recorded_at {int} not null
);
create index workforce_cohort_office on workforce_cohort (organisation, starts_on);

-- distribution: key(cohort_id)
create table workforce_seat (
    cohort_id {uuid} not null,
    account_id {uuid} not null,
    recorded_at {int} not null,
    primary key (cohort_id, account_id)
);

-- distribution: lookup(supervision_id)
create table workforce_supervision (
    supervision_id {uuid} not null primary key,
    organisation text not null,
    place text not null,
    kind text not null,
    lead_id {uuid} not null,
    held_on {date} not null,
    minutes {int} not null,
    content text not null,
    submission_id {uuid},
    content_hash {bytes} not null,
    recorded_at {int} not null
);

-- distribution: key(account_id)
create table workforce_present (
    account_id {uuid} not null,
    supervision_id {uuid} not null,
    kind text not null,
    held_on {date} not null,
    primary key (account_id, supervision_id)
);
create index workforce_present_supervision on workforce_present (supervision_id);

-- distribution: key(supervision_id)
-- What the two of a supervision wrote about it. Who wrote, and for whom, is under the seal with the words.
create table workforce_reflection (
    supervision_id {uuid} not null,
    reflection_id {uuid} not null,
    sealed {bytes} not null,
    recorded_at {int} not null,
    primary key (supervision_id, reflection_id)
);
