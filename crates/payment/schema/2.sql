-- Instalments and lines lie in the order in which runs go through them: by entitlement, whose ids are sorted by the time of their
-- decision. Ordered by subject, every new instalment fell on another page of the index.
alter table instalment rename to instalment_before;
alter table run_line rename to run_line_before;

-- distribution: key(subject_id)
-- Money due for one period of an entitlement. part 0 is what was due at first, later parts are supplements.
-- open is 1 while it waits for a run (due, held, returned), null otherwise. status run: its line in run_id tells the rest.
create table instalment (
    subject_id {uuid} not null,
    entitlement_id {uuid} not null,
    period {int} not null,
    part {int} not null,
    minor {int} not null,
    set_off {int} not null,
    due_on {date} not null,
    status text not null,
    open {int},
    reason text,
    cause text not null,
    run_id {uuid},
    attempt {int} not null,
    bounced_account {uuid},
    made_at {int} not null,
    changed_at {int} not null,
    primary key (entitlement_id, period, part, subject_id)
){clustered};

-- distribution: key(run_id)
-- One attempt to pay one instalment. ready in a released run: at the bank; in a settled run: paid. odd is 1 for what a
-- person has to look at (held, rejected, returned).
create table run_line (
    run_id {uuid} not null,
    entitlement_id {uuid} not null,
    period {int} not null,
    part {int} not null,
    attempt {int} not null,
    subject_id {uuid} not null,
    payee_id {uuid} not null,
    pay_account_id {uuid},
    programme text not null,
    agency text not null,
    minor {int} not null,
    set_off {int} not null,
    pays {int} not null,
    cause text not null,
    status text not null,
    odd {int},
    reason text,
    changed_at {int} not null,
    primary key (run_id, entitlement_id, period, part)
){clustered};

insert into instalment (subject_id, entitlement_id, period, part, minor, set_off, due_on, status, open, reason, cause, run_id, attempt, bounced_account, made_at, changed_at)
    select subject_id, entitlement_id, period, part, minor, set_off, due_on, status, open, reason, cause, run_id, attempt, bounced_account, made_at, changed_at
    from instalment_before order by entitlement_id, period, part;
insert into run_line (run_id, entitlement_id, period, part, attempt, subject_id, payee_id, pay_account_id, programme, agency, minor, set_off, pays, cause, status, odd, reason, changed_at)
    select run_id, entitlement_id, period, part, attempt, subject_id, payee_id, pay_account_id, programme, agency, minor, set_off, pays, cause, status, odd, reason, changed_at
    from run_line_before order by run_id, entitlement_id, period, part;
drop table instalment_before;
drop table run_line_before;
create index instalment_open on instalment (entitlement_id, period, part) where open is not null;
create index run_line_of on run_line (entitlement_id, period, part);
create index run_line_odd on run_line (run_id, status, entitlement_id) where odd is not null;

-- What is due next, at a glance: the first instalment that was not worked out yet (null: not known, because it was written before
-- this step), and whether it goes out after a day off instead of before.
alter table entitlement add column next_minor {int};
alter table entitlement add column pays_after {bool} not null default false;
update entitlement set pays_after = true where pay_rule like '{"monthly_after"%';
create index entitlement_due on entitlement (pays_after, form, currency, next_due, next_minor) where next_due is not null;
