-- distribution: key(person_id)
-- A mother (or whoever carries the pregnancy, or brings up the child) under a visit protocol. One row is how it stands; how it came to
-- stand so is in visit_change.
create table visit_enrolment (
    person_id {uuid} not null,
    enrolment_id {uuid} not null,
    protocol text not null,
    source text not null,
    entered_on {date} not null,
    consented_at {int},
    pregnancy_id {uuid},
    organisation text not null,
    place text not null,
    nurse_id {uuid},
    left_on {date},
    left_why text,
    dates text not null,
    revision {int} not null,
    recorded_at {int} not null,
    primary key (person_id, enrolment_id)
);
create index visit_enrolment_nurse on visit_enrolment (nurse_id);
create index visit_enrolment_office on visit_enrolment (organisation, place);

-- distribution: lookup(enrolment_id)
create table visit_enrolment_person (
    enrolment_id {uuid} not null primary key,
    person_id {uuid} not null
);

-- distribution: key(person_id)
create table visit_change (
    person_id {uuid} not null,
    change_id {uuid} not null,
    enrolment_id {uuid} not null,
    kind text not null,
    content text not null,
    account_id {uuid},
    recorded_at {int} not null,
    primary key (person_id, change_id)
);

-- distribution: key(person_id)
-- What was sent once and stays as it was sent: assessments and visits. A correction is another row that names the one it replaces.
create table visit_submission (
    person_id {uuid} not null,
    submission_id {uuid} not null,
    enrolment_id {uuid} not null,
    kind text not null,
    subject text not null,
    made_on {date} not null,
    ending text,
    status text not null,
    reason text,
    content text not null,
    replaces_id {uuid},
    replaced_by {uuid},
    account_id {uuid} not null,
    received_at {int} not null,
    primary key (person_id, submission_id)
);
create index visit_submission_enrolment on visit_submission (person_id, enrolment_id);

-- distribution: lookup(submission_id)
create table visit_submission_key (
    submission_id {uuid} not null primary key,
    person_id {uuid} not null,
    content_hash {bytes} not null
);

-- distribution: key(person_id)
-- What is kept apart from everything else, under seal: answers given alone.
create table visit_kept (
    person_id {uuid} not null,
    submission_id {uuid} not null,
    enrolment_id {uuid} not null,
    sealed {bytes} not null,
    account_id {uuid} not null,
    received_at {int} not null,
    primary key (person_id, submission_id)
);

-- distribution: key(person_id)
create table visit_tier (
    person_id {uuid} not null,
    tier_id {uuid} not null,
    enrolment_id {uuid} not null,
    from_on {date} not null,
    protocol text not null,
    tier text,
    content text not null,
    account_id {uuid} not null,
    recorded_at {int} not null,
    primary key (person_id, tier_id)
);

-- distribution: key(person_id)
-- Somebody must see to a person's safety. What it is about is under seal.
create table visit_alert (
    person_id {uuid} not null,
    alert_id {uuid} not null,
    enrolment_id {uuid} not null,
    organisation text not null,
    place text not null,
    sealed {bytes} not null,
    status text not null,
    opened_at {int} not null,
    due_at {int} not null,
    taken_by {uuid},
    taken_at {int},
    closed_at {int},
    outcome {bytes},
    primary key (person_id, alert_id)
);
create index visit_alert_office on visit_alert (organisation, status);
