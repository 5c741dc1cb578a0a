-- distribution: key(person_id)
-- A family was told of an action of its plan that is due; sent: whether there was anywhere to send it to.
create table visit_action_reminder (
    person_id {uuid} not null,
    case_id {uuid} not null,
    number {int} not null,
    due_on {date} not null,
    sent {bool} not null,
    recorded_at {int} not null,
    primary key (person_id, case_id, number, due_on)
);
create index visit_case_due on visit_case (due_on);
