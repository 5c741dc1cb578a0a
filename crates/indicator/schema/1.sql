-- distribution: reference
-- What may be told of a period that is over: written anew each night, of few never. numerator and denominator are missing where they
-- are kept back.
create table indicator_figure (
    indicator text not null,
    period text not null,
    place text not null,
    part text not null,
    numerator {int},
    denominator {int},
    primary key (indicator, period, place, part)
);
create index indicator_figure_place on indicator_figure (place);

-- distribution: reference
-- When an indicator was last counted, under which pack.
create table indicator_count (
    indicator text not null primary key,
    pack text not null,
    counted_at {int} not null
);
