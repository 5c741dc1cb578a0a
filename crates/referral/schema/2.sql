-- distribution: key(person_id)
-- What a family is told when the service it was sent to is reminded. It says nothing of the need or the service; of a discreet
-- referral there is none.
create table referral_message (
    person_id {uuid} not null,
    message_id {uuid} not null,
    referral_id {uuid} not null,
    agency text not null,
    due_on {date} not null,
    made_at {int} not null,
    sent_at {int},
    primary key (person_id, message_id)
);
create index referral_message_unsent on referral_message (sent_at, due_on);
