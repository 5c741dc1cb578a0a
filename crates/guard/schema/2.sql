-- The accounts of a person: whom somebody is who signs in for the first time, and who works where an official does.
create index account_person on account (person_id);
