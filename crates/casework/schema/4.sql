-- distribution: key(person_id)
-- An account for payments that somebody gave in an application or a draft of one. The number stands here alone, sealed, until
-- payments have taken it; then it is emptied. Drafts, answers, facts and decisions hold `masked`.
create table account_given (
    person_id {uuid} not null,
    given_id {uuid} not null,
    subject_id {uuid} not null,
    subject_kind text not null,
    masked text not null,
    sealed {bytes},
    account_id {uuid} not null,
    given_at {int} not null,
    taken_at {int},
    primary key (person_id, given_id)
);
create index account_given_about on account_given (person_id, subject_id, given_at);
