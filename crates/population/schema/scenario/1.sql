-- distribution: reference
-- A set of changed files over one version of a pack. state: draft, submitted, published, discarded. Names of staff stand as
-- they were then; who may approve is told by the accounts.
create table scenario (
    scenario_id {uuid} not null,
    name text not null,
    base text not null,
    state text not null,
    author_id {uuid} not null,
    author text not null,
    made_at {int} not null,
    changed_at {int} not null,
    submitter_id {uuid},
    submitter text,
    approver_id {uuid},
    approver text,
    said text,
    published text,
    primary key (scenario_id)
);

-- distribution: reference
create table scenario_file (
    scenario_id {uuid} not null,
    path text not null,
    content text not null,
    editor_id {uuid} not null,
    changed_at {int} not null,
    primary key (scenario_id, path)
);

-- distribution: reference
-- A comparison of a scenario's files, as they were when it was asked for, with their base. state: waiting, running, done,
-- failed. report is what may be shown, JSON.
create table comparison (
    comparison_id {uuid} not null,
    scenario_id {uuid} not null,
    name text not null,
    base text not null,
    files text not null,
    content text not null,
    state text not null,
    asker_id {uuid} not null,
    asked_at {int} not null,
    ended_at {int},
    households {int} not null,
    done {int} not null,
    report text,
    why text,
    primary key (comparison_id)
);
create index comparison_of on comparison (scenario_id, asked_at);
