-- distribution: key(person_id)
-- Something that happened in a life, as it was registered. Corrected by a later row, withdrawn by its status; never deleted.
create table life_event (
    person_id {uuid} not null,
    event_id {uuid} not null,
    kind text not null,
    household_id {uuid} not null,
    occurred_on {date} not null,
    detail text not null,
    source text not null,
    register_number text,
    status text not null,
    corrects {uuid},
    reason text,
    account_id {uuid},
    pack_hash text not null,
    recorded_at {int} not null,
    primary key (person_id, event_id)
);
create index life_event_by_id on life_event (event_id);
create index life_event_of_household on life_event (household_id, recorded_at);

-- distribution: lookup(event_key)
-- What makes an event the same event when it is told twice: the register's own number, or mother, day and place in the birth.
create table event_key (
    event_key text not null,
    event_id {uuid} not null,
    person_id {uuid} not null,
    primary key (event_key)
);

-- distribution: key(household_id)
-- The facts of a household as they stood at one evaluation, under the hash of their content. Written once, never changed.
create table frozen_facts (
    household_id {uuid} not null,
    content_hash text not null,
    content text not null,
    pack_hash text not null,
    rule_set text not null,
    frozen_at {int} not null,
    primary key (household_id, content_hash)
);

-- distribution: key(household_id)
-- Where a household stood at its last evaluation, and the first day on which that turns by itself.
create table standing (
    household_id {uuid} not null,
    outcomes text not null,
    evaluated_on {date} not null,
    next_change {date},
    pack_hash text not null,
    rounds {int} not null,
    evaluated_at {int} not null,
    primary key (household_id)
);
create index standing_due on standing (next_change);

-- distribution: key(subject_id)
-- One programme offered to one subject (a person or a household) for one stretch of entitlement.
create table offer (
    subject_id {uuid} not null,
    offer_id {uuid} not null,
    subject_kind text not null,
    household_id {uuid} not null,
    programme text not null,
    period_key text not null,
    cause text not null,
    event_id {uuid},
    status text not null,
    revision {int} not null,
    digest text not null,
    content text not null,
    facts_hash text not null,
    pack_hash text not null,
    rule_set text not null,
    claim_closes {date},
    made_at {int} not null,
    changed_at {int} not null,
    primary key (subject_id, offer_id),
    unique (subject_id, programme, period_key)
);
create index offer_by_id on offer (offer_id);

-- distribution: key(subject_id)
-- Earlier revisions of offers, kept.
create table offer_past (
    subject_id {uuid} not null,
    offer_id {uuid} not null,
    revision {int} not null,
    status text not null,
    digest text not null,
    content text not null,
    facts_hash text not null,
    pack_hash text not null,
    rule_set text not null,
    changed_at {int} not null,
    superseded_at {int} not null,
    primary key (subject_id, offer_id, revision)
);

-- distribution: key(subject_id)
-- What people did with an offer: accepted, refused.
create table offer_act (
    subject_id {uuid} not null,
    offer_id {uuid} not null,
    act_id {uuid} not null,
    act text not null,
    revision {int} not null,
    account_id {uuid} not null,
    role text not null,
    reason text,
    acted_at {int} not null,
    primary key (subject_id, offer_id, act_id)
);

-- distribution: key(person_id)
-- One request of a person for one or several programmes.
create table application (
    person_id {uuid} not null,
    application_id {uuid} not null,
    household_id {uuid} not null,
    account_id {uuid} not null,
    role text not null,
    on_behalf_reason text,
    made_at {int} not null,
    primary key (person_id, application_id)
);
create index application_of_household on application (household_id, made_at);

-- distribution: key(subject_id)
-- One programme applied for, with everything it rested on. The key lets one offer be accepted once.
create table application_item (
    subject_id {uuid} not null,
    offer_id {uuid} not null,
    application_id {uuid} not null,
    applicant_id {uuid} not null,
    programme text not null,
    revision {int} not null,
    status text not null,
    content text not null,
    answers text not null,
    facts_hash text not null,
    pack_hash text not null,
    rule_set text not null,
    made_at {int} not null,
    primary key (subject_id, offer_id)
);
create index application_item_of on application_item (application_id);
