-- distribution: key(person_id)
-- Case management for a family. One row is how it stands; how it came to stand so is in visit_case_act, and follows from it.
create table visit_case (
    person_id {uuid} not null,
    case_id {uuid} not null,
    enrolment_id {uuid} not null,
    opening text not null,
    opened_on {date} not null,
    account_id {uuid} not null,
    step text,
    review_on {date},
    due_on {date},
    closed_on {date},
    revision {int} not null,
    recorded_at {int} not null,
    primary key (person_id, case_id)
);
create index visit_case_enrolment on visit_case (person_id, enrolment_id);

-- distribution: lookup(case_id)
create table visit_case_person (
    case_id {uuid} not null primary key,
    person_id {uuid} not null
);

-- distribution: key(person_id)
-- What was done, once and for ever; a correction is another row.
create table visit_case_act (
    person_id {uuid} not null,
    case_id {uuid} not null,
    number {int} not null,
    act_id {uuid} not null,
    act text not null,
    side text not null,
    account_id {uuid} not null,
    made_on {date} not null,
    recorded_at {int} not null,
    primary key (person_id, case_id, number),
    unique (person_id, act_id)
);

-- distribution: key(person_id)
-- Which agencies take part in a case that runs, as the family wants it now.
create table visit_case_partner (
    person_id {uuid} not null,
    case_id {uuid} not null,
    agency text not null,
    takes_part {bool} not null,
    primary key (person_id, case_id, agency)
);
create index visit_case_partner_agency on visit_case_partner (agency, takes_part);
