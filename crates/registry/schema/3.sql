-- The latest merges, of whatever office.
create index absorbed_recent on absorbed (recorded_at, merge_id);
