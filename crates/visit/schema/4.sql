-- distribution: key(person_id)
-- Where a nurse or her supervisor put a visit of a week: a day and a place in its order, or out of the week (no day).
create table visit_week_stop (
    person_id {uuid} not null,
    enrolment_id {uuid} not null,
    nurse_id {uuid} not null,
    week_on {date} not null,
    visit text not null,
    on_day {date},
    place {int} not null,
    account_id {uuid} not null,
    recorded_at {int} not null,
    primary key (person_id, enrolment_id, week_on, visit)
);
create index visit_week_stop_nurse on visit_week_stop (nurse_id, week_on);

-- distribution: key(nurse_id)
-- Days on which a nurse does not visit.
create table visit_away (
    nurse_id {uuid} not null,
    day {date} not null,
    account_id {uuid} not null,
    recorded_at {int} not null,
    primary key (nurse_id, day)
);
