-- distribution: key(subject_id)
-- A right to money or a thing over a time, as it stands now. next_period is the first period for which no instalment was
-- worked out yet; next_due the day its money is due, null when nothing more is to come.
create table entitlement (
    subject_id {uuid} not null,
    entitlement_id {uuid} not null,
    subject_kind text not null,
    case_id {uuid} not null,
    decision_id {uuid} not null,
    version {int} not null,
    programme text not null,
    agency text not null,
    payee_id {uuid} not null,
    form text not null,
    per text not null,
    currency text not null,
    slices text not null,
    pay_rule text not null,
    law text not null,
    effective_from {date} not null,
    effective_until {date},
    decided_on {date} not null,
    set_off_percent {int} not null,
    waive_up_to {int} not null,
    status text not null,
    status_reason text,
    next_period {int} not null,
    next_due {date},
    begun {bool} not null,
    granted_at {int} not null,
    changed_at {int} not null,
    primary key (subject_id, entitlement_id),
    unique (subject_id, case_id)
);
create index entitlement_by_id on entitlement (entitlement_id);
create index entitlement_of_payee on entitlement (payee_id);

-- distribution: lookup(decision_id)
-- Which decision became which version of which entitlement: told twice is once.
create table entitlement_decision (
    decision_id {uuid} not null,
    subject_id {uuid} not null,
    entitlement_id {uuid} not null,
    version {int} not null,
    digest text not null,
    primary key (decision_id)
);

-- distribution: key(subject_id)
-- Every version of an entitlement with what it said: granted, suspended, resumed, ended.
create table entitlement_version (
    subject_id {uuid} not null,
    entitlement_id {uuid} not null,
    version {int} not null,
    kind text not null,
    decision_id {uuid},
    slices text not null,
    effective_from {date} not null,
    effective_until {date},
    reason text,
    law text not null,
    account_id {uuid},
    recorded_at {int} not null,
    primary key (subject_id, entitlement_id, version)
);

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
    primary key (subject_id, entitlement_id, period, part)
);
create index instalment_of on instalment (entitlement_id, period, part);
create index instalment_open on instalment (entitlement_id, period, part) where open is not null;

-- distribution: key(person_id)
-- Where a person's money goes. Number, bank and holder are sealed. slot is cash or voucher while the row is current, null
-- once another replaced it. A redirect names another person, whose current account is used.
create table pay_account (
    person_id {uuid} not null,
    pay_account_id {uuid} not null,
    kind text not null,
    slot text,
    sealed {bytes},
    hint text not null,
    redirect_to {uuid},
    verified_at {int},
    verified_by {uuid},
    verification text,
    reason text,
    law text,
    account_id {uuid} not null,
    from_at {int} not null,
    ended_at {int},
    ended_reason text,
    primary key (person_id, pay_account_id),
    unique (person_id, slot)
);
create index pay_account_by_id on pay_account (pay_account_id);
create index pay_account_redirect on pay_account (redirect_to) where redirect_to is not null;

-- distribution: key(run_id)
-- A payment run: one bank file. revision counts changes of its lines, so that what was signed is what is released.
create table run (
    run_id {uuid} not null,
    pay_date {date} not null,
    agency text not null,
    form text not null,
    currency text not null,
    status text not null,
    revision {int} not null,
    lines {int} not null,
    minor {int} not null,
    set_off {int} not null,
    held {int} not null,
    hash text not null,
    previous_run {uuid},
    differences text not null,
    opened_by {uuid} not null,
    signed_by {uuid},
    signed_person {uuid},
    signed_at {int},
    released_by {uuid},
    released_at {int},
    cancelled_by {uuid},
    cancelled_reason text,
    payer text,
    bank_status text,
    bank_reason text,
    opened_at {int} not null,
    changed_at {int} not null,
    primary key (run_id)
);
create index run_by_date on run (pay_date, run_id);

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
);
create index run_line_of on run_line (entitlement_id, period, part);
create index run_line_odd on run_line (run_id, status, entitlement_id) where odd is not null;

-- distribution: key(run_id)
-- What a run keeps back of an instalment for a recovery: reserved when prepared, taken when released.
create table run_set_off (
    run_id {uuid} not null,
    entitlement_id {uuid} not null,
    period {int} not null,
    part {int} not null,
    recovery_id {uuid} not null,
    person_id {uuid} not null,
    minor {int} not null,
    primary key (run_id, entitlement_id, period, part, recovery_id)
);

-- distribution: key(person_id)
-- Money that was paid and must come back. Open: claimed - recovered - waived; reserved of it by runs not released yet.
create table recovery (
    person_id {uuid} not null,
    recovery_id {uuid} not null,
    subject_id {uuid} not null,
    entitlement_id {uuid} not null,
    version {int} not null,
    programme text not null,
    agency text not null,
    currency text not null,
    claimed {int} not null,
    recovered {int} not null,
    waived {int} not null,
    reserved {int} not null,
    status text not null,
    by_set_off {bool} not null,
    plan text,
    reason text not null,
    law text not null,
    opened_at {int} not null,
    changed_at {int} not null,
    primary key (person_id, recovery_id)
);
create index recovery_by_id on recovery (recovery_id);
create index recovery_of_entitlement on recovery (entitlement_id);
create index recovery_open on recovery (status, recovery_id);

-- distribution: key(person_id)
-- What of a recovery belongs to which period.
create table recovery_claim (
    person_id {uuid} not null,
    recovery_id {uuid} not null,
    period {int} not null,
    minor {int} not null,
    primary key (person_id, recovery_id, period)
);

-- distribution: key(person_id)
-- Everything that happened to a recovery, in order. act_id is made of the reference, so that told twice is once.
create table recovery_act (
    person_id {uuid} not null,
    act_id {uuid} not null,
    recovery_id {uuid} not null,
    kind text not null,
    minor {int} not null,
    reference text not null,
    reason text,
    law text,
    account_id {uuid},
    at {int} not null,
    primary key (person_id, act_id)
);
create index recovery_act_of on recovery_act (recovery_id, at);

-- distribution: key(subject_id)
-- A thing, service or discount another agency is asked to give instead of money.
create table benefit_order (
    subject_id {uuid} not null,
    order_id {uuid} not null,
    entitlement_id {uuid} not null,
    version {int} not null,
    action text not null,
    programme text not null,
    agency text not null,
    person_id {uuid} not null,
    form text not null,
    valid_from {date} not null,
    valid_until {date},
    status text not null,
    reference text,
    reason text,
    made_at {int} not null,
    sent_at {int},
    closed_at {int},
    primary key (subject_id, order_id),
    unique (subject_id, entitlement_id, version)
);
create index benefit_order_by_id on benefit_order (order_id);
create index benefit_order_by_status on benefit_order (status, order_id);

-- distribution: key(journal_id)
-- One entry of the ledger. Its id is made of kind and reference, so that one act posts once.
create table journal (
    journal_id {uuid} not null,
    kind text not null,
    reference text not null,
    run_id {uuid},
    account_id {uuid},
    day {date} not null,
    at {int} not null,
    primary key (journal_id)
);
create index journal_of_run on journal (run_id, at);

-- distribution: key(journal_id)
-- A posting: debit positive, credit negative. The postings of a journal add up to zero in each currency.
create table posting (
    journal_id {uuid} not null,
    line {int} not null,
    account text not null,
    programme text not null,
    agency text not null,
    currency text not null,
    minor {int} not null,
    primary key (journal_id, line)
);
create index posting_of_account on posting (account, programme);

-- distribution: lookup(message_id)
-- Files that came from the bank, by the bank's number and the digest of their bytes.
create table bank_message (
    message_id text not null,
    digest text not null,
    kind text not null,
    entries {int} not null,
    account_id {uuid},
    received_at {int} not null,
    finished_at {int},
    primary key (message_id, digest)
);

-- distribution: key(message_id)
-- Every entry of such a file with what became of it. open is 1 for what fits nothing and nobody has settled yet.
create table bank_entry (
    message_id text not null,
    entry_no {int} not null,
    digest text not null,
    kind text not null,
    reference text not null,
    minor {int},
    currency text,
    reason_code text,
    booked_on {date},
    outcome text not null,
    open {int},
    why text,
    run_id {uuid},
    subject_id {uuid},
    entitlement_id {uuid},
    at {int} not null,
    resolved_at {int},
    resolved_by {uuid},
    resolution text,
    primary key (message_id, entry_no, digest)
);
create index bank_entry_open on bank_entry (message_id, entry_no) where open is not null;

-- distribution: key(subject_id)
-- What an official did with one instalment, and why.
create table instalment_note (
    subject_id {uuid} not null,
    note_id {uuid} not null,
    entitlement_id {uuid} not null,
    period {int} not null,
    part {int} not null,
    kind text not null,
    reason text not null,
    account_id {uuid} not null,
    at {int} not null,
    primary key (subject_id, note_id)
);
create index instalment_note_of on instalment_note (entitlement_id, period, part);
