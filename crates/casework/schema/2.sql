-- distribution: key(person_id)
-- Answers a person has begun to give and not sent yet.
create table application_draft (
    person_id {uuid} not null,
    draft_id {uuid} not null,
    household_id {uuid} not null,
    account_id {uuid} not null,
    channel text not null,
    content text not null,
    revision {int} not null,
    status text not null,
    application_id {uuid},
    made_at {int} not null,
    saved_at {int} not null,
    primary key (person_id, draft_id)
);
create index application_draft_by_id on application_draft (draft_id);

-- distribution: key(person_id)
-- What was said with an application or after it, word for word. Where an agency's value stands against it, or nobody asked
-- the person, it became no fact and stands here alone.
create table application_answer (
    person_id {uuid} not null,
    answer_id {uuid} not null,
    application_id {uuid} not null,
    subject_id {uuid} not null,
    subject_kind text not null,
    item text not null,
    value text not null,
    against text,
    fact_id {uuid},
    account_id {uuid} not null,
    said_at {int} not null,
    primary key (person_id, answer_id)
);
create index application_answer_of on application_answer (application_id, said_at);

-- distribution: key(person_id)
-- The right of one person (holder) to act for another (person), for some or all programmes.
create table mandate (
    person_id {uuid} not null,
    mandate_id {uuid} not null,
    holder_id {uuid} not null,
    kind text not null,
    programmes text,
    valid_from {date} not null,
    valid_to {date},
    ground text not null,
    account_id {uuid} not null,
    registered_at {int} not null,
    ended_at {int},
    primary key (person_id, mandate_id)
);
create index mandate_of_holder on mandate (holder_id);

-- distribution: key(person_id)
-- A person's consent to one purpose of the pack; withdrawn by date, never deleted.
create table consent (
    person_id {uuid} not null,
    consent_id {uuid} not null,
    purpose text not null,
    law text not null,
    words text not null,
    application_id {uuid},
    account_id {uuid} not null,
    given_at {int} not null,
    withdrawn_at {int},
    primary key (person_id, consent_id)
);

-- distribution: key(person_id)
-- A paper or picture handed in. The content is sealed under the installation's keys and opens in its own row only.
create table evidence (
    person_id {uuid} not null,
    evidence_id {uuid} not null,
    case_id {uuid},
    application_id {uuid},
    item text not null,
    media_type text not null,
    size {int} not null,
    content_hash text not null,
    content {bytes} not null,
    scan text not null,
    note text,
    account_id {uuid} not null,
    received_at {int} not null,
    removed_at {int},
    primary key (person_id, evidence_id)
);
create index evidence_by_id on evidence (evidence_id);

-- distribution: key(subject_id)
-- One programme applied for by one subject, on its way from application to decision and beyond.
create table benefit_case (
    subject_id {uuid} not null,
    case_id {uuid} not null,
    subject_kind text not null,
    household_id {uuid} not null,
    applicant_id {uuid} not null,
    application_id {uuid} not null,
    offer_id {uuid},
    programme text not null,
    period_key text not null,
    channel text not null,
    agency text not null,
    jurisdiction text,
    stage text not null,
    revision {int} not null,
    applied_on {date} not null,
    due_on {date},
    paused_on {date},
    assigned_to {uuid},
    determination_id {uuid},
    decision_id {uuid},
    opened_at {int} not null,
    changed_at {int} not null,
    closed_at {int},
    primary key (subject_id, case_id),
    unique (subject_id, programme, period_key)
);
create index benefit_case_by_id on benefit_case (case_id);
create index benefit_case_of_household on benefit_case (household_id, opened_at);
create index benefit_case_of_application on benefit_case (application_id);
create index benefit_case_of_official on benefit_case (assigned_to, closed_at);

-- distribution: key(subject_id)
-- What happened to a case, in order: the family's timeline and the office's.
create table case_step (
    subject_id {uuid} not null,
    step_id {uuid} not null,
    case_id {uuid} not null,
    kind text not null,
    account_id {uuid},
    role text,
    detail text not null,
    at {int} not null,
    primary key (subject_id, step_id)
);
create index case_step_of on case_step (case_id, at);

-- distribution: key(person_id)
-- One question to one agency for exactly the facts that matter to an application. Ends in exactly one of answered,
-- timed_out, refused, cancelled.
create table agency_request (
    person_id {uuid} not null,
    request_id {uuid} not null,
    household_id {uuid} not null,
    ask_key text not null,
    agency text not null,
    items text not null,
    purpose text not null,
    law text not null,
    status text not null,
    attempts {int} not null,
    asked_at {int} not null,
    reply_by {int} not null,
    ended_at {int},
    answer text,
    answer_hash text,
    problem text,
    primary key (person_id, request_id),
    unique (person_id, ask_key)
);
create index agency_request_by_id on agency_request (request_id);
create index agency_request_due on agency_request (status, reply_by);

-- distribution: key(subject_id)
-- Which cases wait for which question.
create table case_request (
    subject_id {uuid} not null,
    case_id {uuid} not null,
    request_id {uuid} not null,
    primary key (subject_id, case_id, request_id)
);
create index case_request_of on case_request (request_id);

-- distribution: key(subject_id)
-- Something an official has to do. The worklist reads this table and nothing else.
create table task (
    subject_id {uuid} not null,
    task_id {uuid} not null,
    case_id {uuid} not null,
    kind text not null,
    programme text not null,
    agency text not null,
    jurisdiction text,
    status text not null,
    due_on {date},
    sort_key text not null,
    assigned_to {uuid},
    barred_account {uuid},
    detail text not null,
    opened_at {int} not null,
    closed_at {int},
    closed_by {uuid},
    outcome text,
    primary key (subject_id, task_id)
);
create index task_by_id on task (task_id);
create index task_of_case on task (case_id, status);
create index task_of_agency on task (agency, status, sort_key);
create index task_of_office on task (agency, jurisdiction, status, sort_key);
create index task_of_official on task (assigned_to, status, sort_key);

-- distribution: key(subject_id)
-- A result worked out once, with hashes of everything it rests on. Never changed.
create table determination (
    subject_id {uuid} not null,
    determination_id {uuid} not null,
    case_id {uuid} not null,
    household_id {uuid} not null,
    on_day {date} not null,
    claim_day {date} not null,
    answer text not null,
    facts_hash text not null,
    pack_hash text not null,
    rule_set text not null,
    content text not null,
    content_hash text not null,
    account_id {uuid},
    made_at {int} not null,
    primary key (subject_id, determination_id)
);
create index determination_of on determination (case_id, made_at);

-- distribution: key(subject_id)
-- What was decided, and the notice word for word. Replaced by a later row, never changed but in status.
create table decision (
    subject_id {uuid} not null,
    decision_id {uuid} not null,
    case_id {uuid} not null,
    determination_id {uuid} not null,
    household_id {uuid} not null,
    programme text not null,
    kind text not null,
    status text not null,
    automatic {bool} not null,
    content text not null,
    notice text not null,
    content_hash text not null,
    effective_from {date},
    effective_until {date},
    object_by {date},
    supersedes {uuid},
    prepared_by {uuid},
    decided_by {uuid},
    prepared_at {int} not null,
    decided_at {int},
    primary key (subject_id, decision_id)
);
create index decision_by_id on decision (decision_id);
create index decision_of on decision (case_id, prepared_at);
create index decision_of_household on decision (household_id, decided_at);

-- distribution: key(subject_id)
-- An objection to a decision, or a court's order about it; reviewed by somebody else.
create table objection (
    subject_id {uuid} not null,
    objection_id {uuid} not null,
    case_id {uuid} not null,
    decision_id {uuid} not null,
    kind text not null,
    reason text not null,
    person_id {uuid},
    account_id {uuid} not null,
    received_on {date} not null,
    due_on {date} not null,
    status text not null,
    reviewer {uuid},
    outcome_reason text,
    new_decision_id {uuid},
    received_at {int} not null,
    closed_at {int},
    primary key (subject_id, objection_id)
);
create index objection_by_id on objection (objection_id);
create index objection_of on objection (case_id, received_at);

-- distribution: key(person_id)
-- A change a person reports as the law asks.
create table change_report (
    person_id {uuid} not null,
    report_id {uuid} not null,
    household_id {uuid} not null,
    kind text not null,
    occurred_on {date} not null,
    detail text not null,
    account_id {uuid} not null,
    made_at {int} not null,
    primary key (person_id, report_id)
);
create index change_report_of on change_report (household_id, made_at);

-- distribution: key(person_id)
-- A letter: hearing, reminder, answer. Notices of decisions stand with the decision.
create table letter (
    person_id {uuid} not null,
    letter_id {uuid} not null,
    letter_key text not null,
    household_id {uuid} not null,
    case_id {uuid},
    kind text not null,
    content text not null,
    made_at {int} not null,
    read_at {int},
    primary key (person_id, letter_id),
    unique (person_id, letter_key)
);
create index letter_of_household on letter (household_id, made_at);

-- distribution: key(person_id)
-- A complaint about how somebody was treated; not an objection.
create table grievance (
    person_id {uuid} not null,
    grievance_id {uuid} not null,
    case_id {uuid},
    agency text not null,
    jurisdiction text,
    kind text not null,
    words text not null,
    status text not null,
    due_on {date} not null,
    account_id {uuid} not null,
    answered_by {uuid},
    answer text,
    made_at {int} not null,
    closed_at {int},
    primary key (person_id, grievance_id)
);
create index grievance_by_id on grievance (grievance_id);
create index grievance_of_office on grievance (agency, status, due_on);

-- distribution: key(subject_id)
-- One answer of 0 to 10 about one decision, by the person it was told to.
create table satisfaction (
    subject_id {uuid} not null,
    decision_id {uuid} not null,
    person_id {uuid} not null,
    programme text not null,
    agency text not null,
    jurisdiction text,
    step text not null,
    score {int} not null,
    words text,
    given_at {int} not null,
    primary key (subject_id, decision_id, person_id)
);
create index satisfaction_of_office on satisfaction (agency, step);

-- distribution: key(account_id)
-- Days on which an official is away; new work goes to others.
create table absence (
    account_id {uuid} not null,
    absence_id {uuid} not null,
    first_day {date} not null,
    last_day {date} not null,
    noted_by {uuid} not null,
    noted_at {int} not null,
    primary key (account_id, absence_id)
);
