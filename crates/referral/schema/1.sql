-- distribution: key(person_id)
-- A family sent on to another service, as it stands. What was done to it is referral_step; a row is only ever changed together
-- with a new step, and `steps` tells two who change it at once apart.
create table referral (
    person_id {uuid} not null,
    referral_id {uuid} not null,
    service text not null,
    agency text not null,
    need text not null,
    reason text not null,
    contact text,
    shares text not null,
    agreed_by {uuid} not null,
    agreed_on {date} not null,
    sensitive {bool} not null,
    discreet {bool} not null,
    clocks text not null,
    from_agency text not null,
    from_place text not null,
    account_id {uuid} not null,
    instead_of {uuid},
    status text not null,
    revision {int} not null,
    steps {int} not null,
    since {date} not null,
    clock text,
    due_on {date},
    reminded {bool} not null,
    escalated_at {int},
    expected_on {date},
    declined text,
    outcome text,
    said text,
    requested_at {int} not null,
    ended_at {int},
    closed_at {int},
    primary key (person_id, referral_id)
);
create index referral_by_id on referral (referral_id);
create index referral_due on referral (due_on, referral_id);
create index referral_of_office on referral (from_agency, from_place, due_on);
create index referral_to_agency on referral (agency, due_on);

-- distribution: key(person_id)
-- Everything that was done to a referral, in order; never changed.
create table referral_step (
    person_id {uuid} not null,
    referral_id {uuid} not null,
    number {int} not null,
    act text not null,
    before text not null,
    after text not null,
    by_whom text not null,
    account_id {uuid},
    at {int} not null,
    primary key (person_id, referral_id, number)
);
