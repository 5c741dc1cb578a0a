-- Decisions that end soon, for reminders.
create index decision_ending on decision (status, effective_until);
-- Decisions and offers by day, for figures.
create index decision_by_day on decision (decided_at);
create index offer_by_day on offer (made_at);
