-- distribution: reference
-- What a study found, once a quarter and for ever: while families come and go within one, whoever looked twice would see what one said.
create table evaluation_report (
    study text not null,
    quarter text not null,
    content text not null,
    made_at {int} not null,
    primary key (study, quarter)
);
