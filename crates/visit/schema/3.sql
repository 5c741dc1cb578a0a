-- Who takes a family over, and from which day on.
alter table visit_enrolment add column next_nurse_id {uuid};
alter table visit_enrolment add column next_from {date};
create index visit_enrolment_next on visit_enrolment (next_nurse_id);
create index visit_enrolment_next_from on visit_enrolment (next_from);

-- distribution: lookup(handover_id)
-- Families given from one nurse to another: once, with the reason, for both to read. Which families they were is in visit_change.
create table visit_handover (
    handover_id {uuid} not null primary key,
    organisation text not null,
    from_id {uuid} not null,
    to_id {uuid} not null,
    from_on {date} not null,
    families {int} not null,
    reason text not null,
    content_hash {bytes} not null,
    account_id {uuid} not null,
    recorded_at {int} not null
);
create index visit_handover_from on visit_handover (from_id);
create index visit_handover_to on visit_handover (to_id);
