-- Everything that can change is a statement with a stamp: the days it is valid for, when it was recorded, when it was
-- withdrawn (if it was), and where it comes from. Rows are added, never rewritten; only withdrawn_at is set, once.

-- distribution: key(person_id)
-- A human being's record. Every write to a person takes this row, so that two at once meet.
create table person (
    person_id {uuid} not null,
    created_at {int} not null,
    revised_at {int} not null,
    primary key (person_id)
);

-- distribution: key(person_id)
-- Names, one row a script.
create table person_name (
    person_id {uuid} not null,
    name_id {uuid} not null,
    script text not null,
    family text not null,
    given text not null,
    full_name text not null,
    valid_from {date} not null,
    valid_until {date},
    recorded_at {int} not null,
    withdrawn_at {int},
    source text not null,
    law text not null,
    recorded_by text not null,
    primary key (person_id, name_id)
);

-- distribution: key(person_id)
-- Sex, birth date, death date, language, phone, e-mail: kind and value as text.
create table person_detail (
    person_id {uuid} not null,
    detail_id {uuid} not null,
    kind text not null,
    value text not null,
    valid_from {date} not null,
    valid_until {date},
    recorded_at {int} not null,
    withdrawn_at {int},
    source text not null,
    law text not null,
    recorded_by text not null,
    primary key (person_id, detail_id)
);

-- distribution: key(person_id)
-- National identifiers, encrypted; the tag is the keyed blind index.
create table person_identifier (
    person_id {uuid} not null,
    identifier_id {uuid} not null,
    scheme text not null,
    sealed {bytes} not null,
    tag {bytes} not null,
    valid_from {date} not null,
    valid_until {date},
    recorded_at {int} not null,
    withdrawn_at {int},
    source text not null,
    law text not null,
    recorded_by text not null,
    primary key (person_id, identifier_id)
);

-- distribution: lookup(tag)
-- Whose identifier it is: global uniqueness.
create table identifier_owner (
    tag {bytes} not null,
    scheme text not null,
    person_id {uuid} not null,
    primary key (tag, scheme)
);

-- distribution: key(person_id)
-- Kinship as edges, a row on each side: relation says what the other is to the person.
create table kin (
    person_id {uuid} not null,
    kin_id {uuid} not null,
    other_id {uuid} not null,
    relation text not null,
    valid_from {date} not null,
    valid_until {date},
    recorded_at {int} not null,
    withdrawn_at {int},
    source text not null,
    law text not null,
    recorded_by text not null,
    primary key (person_id, kin_id, relation)
);

-- distribution: key(person_id)
-- Where a person lives. People who moved together share the address_id.
create table residence (
    person_id {uuid} not null,
    residence_id {uuid} not null,
    address_id {uuid} not null,
    jurisdiction text not null,
    line text not null,
    postcode text not null,
    valid_from {date} not null,
    valid_until {date},
    recorded_at {int} not null,
    withdrawn_at {int},
    source text not null,
    law text not null,
    recorded_by text not null,
    primary key (person_id, residence_id)
);

-- distribution: key(household_id)
-- People who share a registration and a livelihood.
create table household (
    household_id {uuid} not null,
    created_at {int} not null,
    revised_at {int} not null,
    primary key (household_id)
);

-- distribution: key(household_id)
-- Who belongs to a household, seen from the household.
create table membership (
    household_id {uuid} not null,
    membership_id {uuid} not null,
    person_id {uuid} not null,
    role text not null,
    valid_from {date} not null,
    valid_until {date},
    recorded_at {int} not null,
    withdrawn_at {int},
    source text not null,
    law text not null,
    recorded_by text not null,
    primary key (household_id, membership_id)
);

-- distribution: key(person_id)
-- The same rows seen from the person: the key under which a person's memberships never overlap.
create table person_membership (
    person_id {uuid} not null,
    membership_id {uuid} not null,
    household_id {uuid} not null,
    role text not null,
    valid_from {date} not null,
    valid_until {date},
    recorded_at {int} not null,
    withdrawn_at {int},
    source text not null,
    law text not null,
    recorded_by text not null,
    primary key (person_id, membership_id)
);

-- distribution: key(person_id)
-- Facts about a person: item and value (JSON).
create table person_fact (
    person_id {uuid} not null,
    fact_id {uuid} not null,
    item text not null,
    value text not null,
    corrects {uuid},
    valid_from {date} not null,
    valid_until {date},
    recorded_at {int} not null,
    withdrawn_at {int},
    source text not null,
    law text not null,
    recorded_by text not null,
    primary key (person_id, fact_id)
);

-- distribution: key(household_id)
-- Facts about a household.
create table household_fact (
    household_id {uuid} not null,
    fact_id {uuid} not null,
    item text not null,
    value text not null,
    corrects {uuid},
    valid_from {date} not null,
    valid_until {date},
    recorded_at {int} not null,
    withdrawn_at {int},
    source text not null,
    law text not null,
    recorded_by text not null,
    primary key (household_id, fact_id)
);

-- distribution: key(person_id)
-- Pregnancies; a later row of the same pregnancy replaces the earlier. Valid from confirmation to the end.
create table pregnancy (
    person_id {uuid} not null,
    pregnancy_id {uuid} not null,
    version_id {uuid} not null,
    due_date {date} not null,
    unborn {int} not null,
    outcome text,
    valid_from {date} not null,
    valid_until {date},
    recorded_at {int} not null,
    withdrawn_at {int},
    source text not null,
    law text not null,
    recorded_by text not null,
    primary key (person_id, version_id)
);

-- distribution: key(person_id)
-- Protection of a victim of violence; covers the victim's children by kinship.
create table protection (
    person_id {uuid} not null,
    protection_id {uuid} not null,
    reason text not null,
    valid_from {date} not null,
    valid_until {date},
    recorded_at {int} not null,
    withdrawn_at {int},
    source text not null,
    law text not null,
    recorded_by text not null,
    primary key (person_id, protection_id)
);

-- distribution: key(person_id)
-- From whom the victim is protected (seen from the victim).
create table protection_from (
    person_id {uuid} not null,
    protection_id {uuid} not null,
    perpetrator_id {uuid} not null,
    primary key (person_id, protection_id, perpetrator_id)
);

-- distribution: key(person_id)
-- The same seen from the perpetrator.
create table perpetrator (
    person_id {uuid} not null,
    protection_id {uuid} not null,
    victim_id {uuid} not null,
    primary key (person_id, protection_id)
);

-- distribution: key(person_id)
-- A record that was found to be the same human being as another: follow to survivor_id.
create table redirect (
    person_id {uuid} not null,
    survivor_id {uuid} not null,
    merge_id {uuid} not null,
    recorded_at {int} not null,
    withdrawn_at {int},
    reason text not null,
    recorded_by text not null,
    primary key (person_id, merge_id)
);

-- distribution: key(person_id)
-- The same seen from the surviving record.
create table absorbed (
    person_id {uuid} not null,
    merged_id {uuid} not null,
    merge_id {uuid} not null,
    recorded_at {int} not null,
    withdrawn_at {int},
    reason text not null,
    recorded_by text not null,
    primary key (person_id, merge_id)
);

-- distribution: lookup(search_key)
-- Normalised keys and trigrams of names, birth dates, phones and addresses. Derived: can be rebuilt at any time.
create table search_key (
    search_key text not null,
    kind text not null,
    person_id {uuid} not null,
    primary key (search_key, kind, person_id)
);
create index search_key_person on search_key (person_id);

-- distribution: key(person_id)
-- What a search hit is scored by: the current forms of one person's names. Derived.
create table search_entry (
    person_id {uuid} not null,
    entry text not null,
    primary key (person_id)
);

-- distribution: key(person_id)
-- Proposals that two records are one human being; person_id is the smaller of the two ids.
create table duplicate (
    person_id {uuid} not null,
    other_id {uuid} not null,
    duplicate_id {uuid} not null,
    score {int} not null,
    evidence text not null,
    state text not null,
    found_at {int} not null,
    settled_at {int},
    settled_by text,
    primary key (person_id, other_id)
);
create index duplicate_open on duplicate (state, score, duplicate_id);

-- distribution: lookup(reference)
-- The record that an agency calls by its own reference: what makes an import repeatable.
create table outside_reference (
    reference text not null,
    source text not null,
    kind text not null,
    target_id {uuid} not null,
    primary key (reference, source, kind)
);

-- distribution: lookup(row_key)
-- Rows of imported files that were taken over already.
create table imported_row (
    row_key text not null,
    import_id {uuid} not null,
    recorded_at {int} not null,
    primary key (row_key)
);

-- distribution: local
-- Imports of files: how far each came.
create table import_run (
    import_id {uuid} not null,
    file_hash text not null,
    kind text not null,
    source text not null,
    rows_done {int} not null,
    accepted {int} not null,
    unchanged {int} not null,
    refused {int} not null,
    state text not null,
    started_at {int} not null,
    finished_at {int},
    started_by text not null,
    primary key (import_id)
);
