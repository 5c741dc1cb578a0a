-- distribution: key(person_id)
-- The fifth of income of a family's household on the day it came under visits, as known when it was first counted; none where it could not be told. It says
-- no sum, and nobody is shown it: only the counts of many are.
create table indicator_income (
    person_id {uuid} not null,
    enrolment_id {uuid} not null,
    fifth {int},
    counted_at {int} not null,
    primary key (person_id, enrolment_id)
);
