-- distribution: key(requalification_id)
-- Everybody looked at again on a day: who asked, who approved, what it was of, how far it has come. asked_by and approved_by are
-- the signed-in accounts as the guard saw them.
create table requalification (
    requalification_id {uuid} not null,
    on_day {date} not null,
    reason text not null,
    law text not null,
    status text not null,
    asked_by text not null,
    approved_by text,
    asked_at {int} not null,
    approved_at {int},
    as_of {int},
    pack_hash text,
    run_hash text,
    summary text,
    ended_why text,
    ended_at {int},
    primary key (requalification_id)
);

-- distribution: key(household_id)
-- One difference between what is paid and what is due. finding_id follows from the run's hash, household, programme, subject
-- and kind, so that the same run told twice is told once. cause names the group.
create table finding (
    household_id {uuid} not null,
    finding_id {uuid} not null,
    requalification_id {uuid} not null,
    subject_id {uuid} not null,
    subject_kind text not null,
    person_id {uuid} not null,
    programme text not null,
    kind text not null,
    cause text not null,
    condition text,
    rules text,
    facts text,
    before_minor {int},
    after_minor {int},
    per text,
    case_id {uuid},
    agency text not null,
    jurisdiction text not null,
    status text not null,
    outcome text,
    act_id {uuid},
    decision_id {uuid},
    offer_id {uuid},
    changed_at {int} not null,
    primary key (household_id, finding_id)
);
create index finding_by_id on finding (finding_id);
create index finding_of_group on finding (requalification_id, cause, finding_id);

-- distribution: key(requalification_id)
-- One act on a group: proposed by one official, signed by another, carried out by the machine.
create table requalification_act (
    requalification_id {uuid} not null,
    act_id {uuid} not null,
    cause text not null,
    agency text not null,
    jurisdiction text not null,
    status text not null,
    planned text not null,
    proposed_by {uuid} not null,
    proposed_person {uuid},
    proposed_at {int} not null,
    signed_by {uuid},
    signed_person {uuid},
    signed_at {int},
    primary key (requalification_id, act_id)
);
create index requalification_act_by_id on requalification_act (act_id);
