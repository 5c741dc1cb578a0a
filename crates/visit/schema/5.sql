-- Who makes a family's next visit in place of its nurse, on which day, and which visit that is.
alter table visit_enrolment add column cover_nurse_id {uuid};
alter table visit_enrolment add column cover_on {date};
alter table visit_enrolment add column cover_visit text;
create index visit_enrolment_cover on visit_enrolment (cover_nurse_id);

-- distribution: key(person_id)
-- A family was told of a visit that has its day; sent: whether there was anywhere to send it to.
create table visit_reminder (
    person_id {uuid} not null,
    enrolment_id {uuid} not null,
    visit text not null,
    on_day {date} not null,
    sent {bool} not null,
    recorded_at {int} not null,
    primary key (person_id, enrolment_id, visit, on_day)
);
create index visit_week_stop_day on visit_week_stop (on_day);
