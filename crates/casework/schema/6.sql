-- distribution: key(subject_id)
-- What an application said whose offer was taken back: the row of the offer is written anew when it is accepted again, and what was
-- acknowledged must still be there.
create table application_item_past (
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
    primary key (subject_id, offer_id, application_id)
);
create index application_item_past_of on application_item_past (application_id);
