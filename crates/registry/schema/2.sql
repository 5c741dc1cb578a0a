-- Why a protection was ended before its time; null: it was not.
alter table protection add column ended_for text;
