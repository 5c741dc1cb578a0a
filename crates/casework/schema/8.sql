-- Which look of the law an objection asks for: 1 at the office that decided, 2 at the office above.
alter table objection add column level {int} not null default 1;
