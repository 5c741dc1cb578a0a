-- distribution: key(account_id)
-- Somebody who signs in. A citizen's account names their own record; an official's too when it is known, so that self
-- and relatives can be refused.
create table account (
    account_id {uuid} not null,
    display_name text not null,
    person_id {uuid},
    suspended {bool} not null,
    created_at {int} not null,
    primary key (account_id)
);

-- distribution: key(account_id)
-- What an account may act as: one role in one organisation and jurisdiction a row.
create table account_duty (
    account_id {uuid} not null,
    role text not null,
    organisation text not null,
    jurisdiction text,
    primary key (account_id, role)
);

-- distribution: lookup(subject)
-- The identity provider's name of an account: issuer and subject, one line each.
create table account_subject (
    subject text not null,
    account_id {uuid} not null,
    primary key (subject)
);

-- distribution: lookup(login)
-- Local accounts for times when the identity provider is away. The second factor's secret is encrypted.
create table account_local (
    login text not null,
    account_id {uuid} not null,
    password text not null,
    totp {bytes} not null,
    last_step {int} not null,
    primary key (login)
);

-- distribution: lookup(source)
-- Failed attempts by login and by network, for delays that grow.
create table sign_in_attempt (
    source text not null,
    failures {int} not null,
    last_at {int} not null,
    primary key (source)
);

-- distribution: lookup(token)
-- Signed-in browsers. Only a keyed hash of the cookie is stored.
create table session (
    token {bytes} not null,
    session_id {uuid} not null,
    account_id {uuid} not null,
    role text not null,
    strong {bool} not null,
    break_glass {bool} not null,
    created_at {int} not null,
    seen_at {int} not null,
    ended_at {int},
    primary key (token)
);
create index session_account on session (account_id);
