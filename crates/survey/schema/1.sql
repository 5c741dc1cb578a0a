-- distribution: key(person_id)
-- A family asked once, by a message with a link. It stays as it was sent: the words, the instrument's version, the nurse and district of
-- that day. sent_at: when it was handed over for sending; none while nobody sends.
create table survey_invitation (
    person_id {uuid} not null,
    invitation_id {uuid} not null,
    enrolment_id {uuid} not null,
    survey text not null,
    wave text not null,
    occasion text not null,
    instrument text not null,
    opens_on {date} not null,
    closes_on {date} not null,
    organisation text not null,
    place text not null,
    nurse_id {uuid},
    words text not null,
    status text not null,
    made_at {int} not null,
    sent_at {int},
    ended_at {int},
    primary key (person_id, invitation_id),
    unique (person_id, enrolment_id, survey, occasion)
);
create index survey_invitation_by_id on survey_invitation (invitation_id);
create index survey_invitation_closes on survey_invitation (survey, wave, closes_on);

-- distribution: key(person_id)
-- What was answered, under seal: free words may say anything.
create table survey_answer (
    person_id {uuid} not null,
    invitation_id {uuid} not null,
    sealed {bytes} not null,
    wrote {bool} not null,
    answered_at {int} not null,
    primary key (person_id, invitation_id)
);

-- distribution: key(person_id)
-- What answers count, by measure of the survey.
create table survey_value (
    person_id {uuid} not null,
    invitation_id {uuid} not null,
    measure text not null,
    value {int} not null,
    primary key (person_id, invitation_id, measure)
);

-- distribution: key(person_id)
-- Somebody does not want to be asked any more.
create table survey_silence (
    person_id {uuid} not null primary key,
    since {int} not null
);
