-- Who makes a family's next visit in place of its nurse, on which day, and which visit that is.
alter table visit_enrolment add column cover_nurse_id {uuid};
alter table visit_enrolment add column cover_on {date};
alter table visit_enrolment add column cover_visit text;
create index visit_enrolment_cover on visit_enrolment (cover_nurse_id);
