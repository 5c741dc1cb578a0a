-- distribution: lookup(group_id)
-- A mothers' group: where it meets is the same for everybody and says nothing about where anybody lives.
create table group_series (
    group_id {uuid} not null primary key,
    kind text not null,
    organisation text not null,
    place text not null,
    venue text not null,
    facilitator_id {uuid} not null,
    seats {int} not null,
    taken {int} not null,
    closed_at {int},
    account_id {uuid} not null,
    recorded_at {int} not null
);
create index group_series_office on group_series (organisation, place);

-- distribution: lookup(session_id)
create table group_session (
    session_id {uuid} not null primary key,
    group_id {uuid} not null,
    held_on {date} not null,
    starts text not null,
    topic text not null,
    cancelled_at {int},
    account_id {uuid} not null,
    recorded_at {int} not null
);
create index group_session_group on group_session (group_id, held_on);

-- distribution: key(person_id)
create table group_member (
    person_id {uuid} not null,
    group_id {uuid} not null,
    status text not null,
    invited_by {uuid} not null,
    invited_at {int} not null,
    changed_at {int} not null,
    primary key (person_id, group_id)
);
create index group_member_group on group_member (group_id);

-- distribution: key(person_id)
-- Whether somebody came, and how it was for her.
create table group_presence (
    person_id {uuid} not null,
    session_id {uuid} not null,
    came {bool} not null,
    points {int},
    noted_by {uuid} not null,
    noted_at {int} not null,
    primary key (person_id, session_id)
);
create index group_presence_session on group_presence (session_id);
