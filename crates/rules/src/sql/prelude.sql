-- The rule language on PostgreSQL 14 or later: what each operation does with what is known, not known, or wrong.
--
-- A value is known (s = 0: the number, truth 0 or 1, or day since 1970-01-01 in v; a code or text in t), not known (s = 1; lo and hi are
-- bounds where there are any) or an error (s = 2; v is the operation at which it happened). Numbers are exact, 34 significant digits.

CREATE TYPE hv AS (s smallint, v numeric, t text, lo numeric, hi numeric);

CREATE TABLE hv_row (tab int, seq int, k numeric[], c text[], f numeric, u numeric, v hv);

CREATE FUNCTION hv_num(x numeric) RETURNS hv LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN x IS NULL THEN ROW(1, NULL, NULL, NULL, NULL)::hv ELSE ROW(0, x, NULL, floor(x), ceil(x))::hv END $$;
CREATE FUNCTION hv_count(x numeric) RETURNS hv LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN x IS NULL THEN ROW(1, NULL, NULL, 0, NULL)::hv ELSE ROW(0, x, NULL, floor(x), ceil(x))::hv END $$;
CREATE FUNCTION hv_date(x date) RETURNS hv LANGUAGE sql IMMUTABLE AS $$ SELECT hv_num(x - date '1970-01-01') $$;
CREATE FUNCTION hv_truth(x boolean) RETURNS hv LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN x IS NULL THEN ROW(1, NULL, NULL, NULL, NULL)::hv ELSE ROW(0, x::int, NULL, NULL, NULL)::hv END $$;
CREATE FUNCTION hv_text(x text) RETURNS hv LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN x IS NULL THEN ROW(1, NULL, NULL, NULL, NULL)::hv ELSE ROW(0, NULL, x, NULL, NULL)::hv END $$;
CREATE FUNCTION hv_unknown(lo numeric, hi numeric) RETURNS hv LANGUAGE sql IMMUTABLE AS $$ SELECT ROW(1, NULL, NULL, lo, hi)::hv $$;
CREATE FUNCTION hv_error(node int) RETURNS hv LANGUAGE sql IMMUTABLE AS $$ SELECT ROW(2, node, NULL, NULL, NULL)::hv $$;

-- Bounds beyond 64 bits are none.
CREATE FUNCTION hv_end(x numeric) RETURNS numeric LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN abs(x) < 9223372036854775807 THEN x END $$;
CREATE FUNCTION hv_between(lo numeric, hi numeric) RETURNS hv LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
  lo := hv_end(lo);
  hi := hv_end(hi);
  RETURN CASE WHEN lo = hi THEN hv_num(lo) ELSE hv_unknown(lo, hi) END;
END $$;

-- To 34 significant digits, a half to the even neighbour.
CREATE FUNCTION hv_34(x numeric) RETURNS numeric LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE whole text; places int; down numeric; unit numeric;
BEGIN
  IF x = trunc(x) AND abs(x) < 1e34 THEN RETURN trunc(x); END IF;
  whole := trunc(abs(x))::text;
  IF whole <> '0' THEN
    places := 34 - length(whole);
  ELSE
    places := 34 + length(substring(split_part(trim(abs(x)::text), '.', 2) from '^0*'));
  END IF;
  IF scale(x) <= places THEN RETURN trim_scale(x); END IF;
  unit := ('1e' || (-places))::numeric;
  down := trunc(x, places);
  IF abs(x - down) * 2 > unit OR (abs(x - down) * 2 = unit AND mod(trunc(abs(down) * ('1e' || places)::numeric), 2) = 1) THEN
    RETURN trim_scale(down + sign(x) * unit);
  END IF;
  RETURN trim_scale(down);
END $$;

CREATE FUNCTION hv_settled(a hv, x boolean) RETURNS hv LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN (a).s = 1 THEN hv_truth(x) ELSE a END $$;
CREATE FUNCTION hv_not(a hv) RETURNS hv LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN (a).s = 0 THEN hv_truth((a).v = 0) ELSE a END $$;
CREATE FUNCTION hv_is_known(a hv) RETURNS hv LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN (a).s = 2 THEN a ELSE hv_truth((a).s = 0) END $$;

-- All of them (any: false), or one of them (any: true). One that decides settles it; else an error, else what is not known.
CREATE FUNCTION hv_kleene(list hv[], decisive boolean) RETURNS hv LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE one hv; failed hv; open boolean := false;
BEGIN
  FOREACH one IN ARRAY list LOOP
    IF one.s = 0 THEN
      IF (one.v = 1) = decisive THEN RETURN one; END IF;
    ELSIF one.s = 2 THEN
      IF failed IS NULL OR failed.s IS NULL THEN failed := one; END IF;
    ELSE
      open := true;
    END IF;
  END LOOP;
  IF failed.s = 2 THEN RETURN failed; END IF;
  IF open THEN RETURN hv_unknown(NULL, NULL); END IF;
  RETURN hv_truth(NOT decisive);
END $$;

CREATE FUNCTION hv_compare(op text, a hv, b hv) RETURNS hv LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE less boolean; greater boolean; never_greater boolean; never_less boolean;
BEGIN
  IF a.s = 2 THEN RETURN a; END IF;
  IF b.s = 2 THEN RETURN b; END IF;
  IF a.s = 0 AND b.s = 0 THEN
    RETURN hv_truth(CASE op
      WHEN '=' THEN a.v IS NOT DISTINCT FROM b.v AND a.t IS NOT DISTINCT FROM b.t
      WHEN '!=' THEN a.v IS DISTINCT FROM b.v OR a.t IS DISTINCT FROM b.t
      WHEN '<' THEN a.v < b.v WHEN '<=' THEN a.v <= b.v WHEN '>' THEN a.v > b.v ELSE a.v >= b.v END);
  END IF;
  less := coalesce(a.hi < b.lo, false);
  greater := coalesce(a.lo > b.hi, false);
  never_greater := coalesce(a.hi <= b.lo, false);
  never_less := coalesce(a.lo >= b.hi, false);
  RETURN hv_truth(CASE
    WHEN op = '<' AND less OR op = '<=' AND never_greater OR op = '>' AND greater OR op = '>=' AND never_less THEN true
    WHEN op = '<' AND never_less OR op = '<=' AND greater OR op = '>' AND never_greater OR op = '>=' AND less THEN false
    WHEN op = '=' AND (less OR greater) THEN false
    WHEN op = '!=' AND (less OR greater) THEN true END);
END $$;

-- What a choice comes to whose condition is not known.
CREATE FUNCTION hv_either(a hv, b hv) RETURNS hv LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN a IS NOT DISTINCT FROM b THEN a
    WHEN (a).s = 2 OR (b).s = 2 OR (a).lo IS NULL OR (b).lo IS NULL THEN
      CASE WHEN (a).s <> 2 AND (b).s <> 2 AND (a).hi IS NOT NULL AND (b).hi IS NOT NULL
        THEN hv_unknown(NULL, greatest((a).hi, (b).hi)) ELSE hv_unknown(NULL, NULL) END
    ELSE hv_unknown(least((a).lo, (b).lo),
      CASE WHEN (a).hi IS NOT NULL AND (b).hi IS NOT NULL THEN greatest((a).hi, (b).hi) END) END $$;
CREATE FUNCTION hv_if(c hv, a hv, b hv) RETURNS hv LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN (c).s = 2 THEN c WHEN (c).s = 1 THEN hv_either(a, b) WHEN (c).v = 1 THEN a ELSE b END $$;

-- Arithmetic; whole numbers must fit 64 bits, others 34 digits.
CREATE FUNCTION hv_arith(node int, op text, whole boolean, a hv, b hv) RETURNS hv LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE r numeric; x numeric[]; y numeric[]; p numeric; lo numeric; hi numeric;
BEGIN
  IF a.s = 2 THEN RETURN a; END IF;
  IF b.s = 2 THEN RETURN b; END IF;
  IF op = '/' AND b.s = 0 AND b.v = 0 THEN RETURN hv_error(node); END IF;
  IF a.s = 0 AND b.s = 0 THEN
    r := CASE op WHEN '+' THEN a.v + b.v WHEN '-' THEN a.v - b.v WHEN '*' THEN a.v * b.v ELSE round(a.v, 100) / b.v END;
    IF whole THEN
      RETURN CASE WHEN r BETWEEN -9223372036854775808 AND 9223372036854775807 THEN hv_num(r) ELSE hv_error(node) END;
    END IF;
    RETURN CASE WHEN abs(r) < 1e34 THEN hv_num(hv_34(r)) ELSE hv_error(node) END;
  END IF;
  IF op = '+' THEN RETURN hv_between(a.lo + b.lo, a.hi + b.hi); END IF;
  IF op = '-' THEN RETURN hv_between(a.lo - b.hi, a.hi - b.lo); END IF;
  IF op = '/' THEN
    IF b.s = 1 THEN RETURN hv_unknown(NULL, NULL); END IF;
    IF b.v < 0 THEN RETURN hv_between(floor(hv_34(round(-a.hi, 100) / -b.v)), ceil(hv_34(round(-a.lo, 100) / -b.v))); END IF;
    RETURN hv_between(floor(hv_34(round(a.lo, 100) / b.v)), ceil(hv_34(round(a.hi, 100) / b.v)));
  END IF;
  x := ARRAY[coalesce(a.lo, '-Infinity'), coalesce(a.hi, 'Infinity')];
  y := ARRAY[coalesce(b.lo, '-Infinity'), coalesce(b.hi, 'Infinity')];
  FOR i IN 1..2 LOOP
    FOR j IN 1..2 LOOP
      p := CASE WHEN x[i] = 0 OR y[j] = 0 THEN 0 ELSE x[i] * y[j] END;
      lo := least(lo, p);
      hi := greatest(hi, p);
    END LOOP;
  END LOOP;
  RETURN hv_between(lo, hi);
END $$;

CREATE FUNCTION hv_negate(a hv) RETURNS hv LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE (a).s WHEN 0 THEN hv_num(-(a).v) WHEN 1 THEN hv_between(-(a).hi, -(a).lo) ELSE a END $$;
CREATE FUNCTION hv_abs(a hv) RETURNS hv LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE lo numeric := coalesce(a.lo, '-Infinity'); hi numeric := coalesce(a.hi, 'Infinity');
BEGIN
  IF a.s = 0 THEN RETURN hv_num(abs(a.v)); END IF;
  IF a.s = 2 THEN RETURN a; END IF;
  RETURN hv_unknown(hv_end(CASE WHEN lo >= 0 OR hi <= 0 THEN greatest(lo, -hi) ELSE 0 END), hv_end(greatest(hi, -lo)));
END $$;

-- Rounds to units of 1 / m.
CREATE FUNCTION hv_rounded(how text, m numeric, x numeric) RETURNS numeric LANGUAGE sql IMMUTABLE AS $$
  SELECT trim_scale(CASE how WHEN 'floor' THEN floor(x * m) WHEN 'ceiling' THEN ceil(x * m) WHEN 'half up' THEN round(x * m)
    WHEN 'down' THEN trunc(x * m) ELSE sign(x) * ceil(abs(x * m)) END / m) $$;
CREATE FUNCTION hv_round(node int, how text, m numeric, a hv) RETURNS hv LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE r numeric;
BEGIN
  IF a.s = 2 THEN RETURN a; END IF;
  IF a.s = 1 THEN
    RETURN hv_unknown(hv_end(hv_rounded(how, least(m, 1), a.lo)), hv_end(hv_rounded(how, least(m, 1), a.hi)));
  END IF;
  r := hv_rounded(how, m, a.v);
  IF m <= 1 AND NOT r BETWEEN -9223372036854775808 AND 9223372036854775807 THEN RETURN hv_error(node); END IF;
  RETURN hv_num(r);
END $$;

CREATE FUNCTION hv_extreme(largest boolean, a hv, b hv) RETURNS hv LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE said hv;
BEGIN
  IF a.s = 2 THEN RETURN a; END IF;
  IF b.s = 2 THEN RETURN b; END IF;
  IF a.s = 0 AND b.s = 0 THEN RETURN CASE WHEN (a.v <= b.v) = largest THEN b ELSE a END; END IF;
  said := hv_compare(CASE WHEN largest THEN '>=' ELSE '<=' END, a, b);
  IF said.s = 0 AND said.v = 1 AND a.s = 0 THEN RETURN a; END IF;
  IF said.s = 0 AND said.v = 0 AND b.s = 0 THEN RETURN b; END IF;
  IF largest THEN
    RETURN hv_between(greatest(a.lo, b.lo), CASE WHEN a.hi IS NOT NULL AND b.hi IS NOT NULL THEN greatest(a.hi, b.hi) END);
  END IF;
  RETURN hv_between(CASE WHEN a.lo IS NOT NULL AND b.lo IS NOT NULL THEN least(a.lo, b.lo) END, least(a.hi, b.hi));
END $$;
CREATE FUNCTION hv_extremes(largest boolean, list hv[]) RETURNS hv LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE one hv; out hv;
BEGIN
  FOREACH one IN ARRAY list LOOP
    out := CASE WHEN out.s IS NULL THEN one ELSE hv_extreme(largest, out, one) END;
  END LOOP;
  RETURN out;
END $$;

-- The year before year 1 is year 0.
CREATE FUNCTION hv_year(x date) RETURNS numeric LANGUAGE sql IMMUTABLE AS $$
  SELECT extract(year FROM x) + (extract(year FROM x) < 0)::int $$;
CREATE FUNCTION hv_months(a numeric, b numeric) RETURNS numeric LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE x date; y date;
BEGIN
  IF b < a THEN RETURN -hv_months(b, a); END IF;
  x := date '1970-01-01' + a::int;
  y := date '1970-01-01' + b::int;
  RETURN (hv_year(y) - hv_year(x)) * 12 + extract(month FROM y) - extract(month FROM x)
    - (extract(day FROM y) < extract(day FROM x))::int;
END $$;
CREATE FUNCTION hv_elapsed(unit text, a numeric, b numeric) RETURNS numeric LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE unit WHEN 'days' THEN b - a WHEN 'months' THEN hv_months(a, b) ELSE trunc(hv_months(a, b) / 12) END $$;
CREATE FUNCTION hv_since(unit text, a hv, b hv) RETURNS hv LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
  IF a.s = 2 THEN RETURN a; END IF;
  IF b.s = 2 THEN RETURN b; END IF;
  RETURN hv_between(hv_elapsed(unit, a.hi, b.lo), hv_elapsed(unit, a.lo, b.hi));
END $$;

-- Only to days of the years 1 to 9999.
CREATE FUNCTION hv_moved(unit text, d numeric, n numeric) RETURNS numeric LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE x date; r numeric := d + n;
BEGIN
  IF unit <> 'days' THEN
    x := date '1970-01-01' + d::int;
    n := n * CASE unit WHEN 'years' THEN 12 ELSE 1 END;
    IF hv_year(x) * 12 + extract(month FROM x) - 1 + n NOT BETWEEN 12 AND 119999 THEN RETURN NULL; END IF;
    r := (x + make_interval(months => n::int))::date - date '1970-01-01';
  END IF;
  RETURN CASE WHEN r BETWEEN -719162 AND 2932896 THEN r END;
END $$;
CREATE FUNCTION hv_shift(node int, unit text, d hv, n hv) RETURNS hv LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE r numeric;
BEGIN
  IF d.s = 2 THEN RETURN d; END IF;
  IF n.s = 2 THEN RETURN n; END IF;
  IF d.s = 0 AND n.s = 0 THEN
    r := hv_moved(unit, d.v, n.v);
    RETURN CASE WHEN r IS NULL THEN hv_error(node) ELSE hv_num(r) END;
  END IF;
  RETURN hv_between(hv_moved(unit, d.lo, n.lo), hv_moved(unit, d.hi, n.hi));
END $$;

CREATE FUNCTION hv_part_of(part text, d numeric) RETURNS numeric LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE x date;
BEGIN
  IF d IS NULL THEN RETURN NULL; END IF;
  x := date '1970-01-01' + d::int;
  RETURN CASE part WHEN 'year' THEN hv_year(x) WHEN 'month' THEN extract(month FROM x) WHEN 'day' THEN extract(day FROM x)
    WHEN 'start' THEN date_trunc('month', x)::date - date '1970-01-01'
    ELSE (date_trunc('month', x) + interval '1 month')::date - 1 - date '1970-01-01' END;
END $$;
CREATE FUNCTION hv_part(part text, a hv) RETURNS hv LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
  IF a.s = 2 THEN RETURN a; END IF;
  IF a.s = 0 THEN RETURN hv_num(hv_part_of(part, a.v)); END IF;
  -- Months and days run in circles unless both ends lie in one year or one month.
  IF part IN ('month', 'day') AND (a.lo IS NULL OR a.hi IS NULL OR hv_part_of('year', a.lo) <> hv_part_of('year', a.hi)
      OR (part = 'day' AND hv_part_of('month', a.lo) <> hv_part_of('month', a.hi))) THEN
    RETURN hv_unknown(1, CASE part WHEN 'month' THEN 12 ELSE 31 END);
  END IF;
  RETURN hv_between(hv_part_of(part, a.lo), hv_part_of(part, a.hi));
END $$;

-- The values of members as one. c says who counts.
CREATE FUNCTION hv_fold(node int, how text, whole boolean, c hv[], v hv[]) RETURNS hv LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE one hv; out hv; failed hv; open boolean := false; perhaps boolean := false; plo numeric; phi numeric; lo numeric; hi numeric;
BEGIN
  IF how IN ('count', 'sum') THEN out := hv_num(0); END IF;
  FOR i IN 1 .. coalesce(array_length(c, 1), 0) LOOP
    CONTINUE WHEN c[i].s = 0 AND c[i].v = 0;
    one := v[i];
    IF how IN ('any', 'every') THEN
      IF c[i].s = 0 AND one.s = 0 AND (one.v = 1) = (how = 'any') THEN RETURN one; END IF;
      CONTINUE WHEN one.s = 0 AND (one.v = 1) <> (how = 'any');
      IF c[i].s = 2 THEN failed := c[i]; ELSIF one.s = 2 THEN failed := one; ELSE open := true; END IF;
    ELSIF c[i].s = 2 THEN
      failed := c[i];
    ELSIF one.s = 2 AND c[i].s = 0 THEN
      failed := one;
    ELSIF how IN ('count', 'sum') THEN
      IF c[i].s = 1 THEN one := hv_between(least(one.lo, CASE WHEN one.lo IS NULL THEN NULL ELSE 0 END), CASE WHEN one.hi IS NULL THEN NULL ELSE greatest(one.hi, 0) END); END IF;
      out := hv_arith(node, '+', whole, out, one);
      IF out.s = 2 THEN RETURN out; END IF;
    ELSIF c[i].s = 1 THEN
      IF perhaps THEN
        plo := CASE WHEN plo IS NULL OR one.lo IS NULL THEN NULL ELSE least(plo, one.lo) END;
        phi := CASE WHEN phi IS NULL OR one.hi IS NULL THEN NULL ELSE greatest(phi, one.hi) END;
      ELSE
        plo := one.lo;
        phi := one.hi;
      END IF;
      perhaps := true;
    ELSE
      out := CASE WHEN out.s IS NULL THEN one ELSE hv_extreme(how = 'max', out, one) END;
    END IF;
  END LOOP;
  IF failed.s = 2 THEN RETURN failed; END IF;
  IF how IN ('any', 'every') THEN
    RETURN CASE WHEN open THEN hv_unknown(NULL, NULL) ELSE hv_truth(how = 'every') END;
  END IF;
  IF how IN ('count', 'sum') OR NOT perhaps THEN
    RETURN CASE WHEN out.s IS NULL THEN hv_error(node) ELSE out END;
  END IF;
  IF out.s IS NULL THEN RETURN hv_unknown(plo, phi); END IF;
  lo := out.lo;
  hi := out.hi;
  IF how = 'max' THEN hi := CASE WHEN hi IS NULL OR phi IS NULL THEN NULL ELSE greatest(hi, phi) END;
  ELSE lo := CASE WHEN lo IS NULL OR plo IS NULL THEN NULL ELSE least(lo, plo) END; END IF;
  IF lo IS NOT DISTINCT FROM out.lo AND hi IS NOT DISTINCT FROM out.hi THEN RETURN out; END IF;
  RETURN hv_unknown(lo, hi);
END $$;

-- The value of a dated table. Where keys or day are not exactly known: the bounds over all rows that may apply.
CREATE FUNCTION hv_param(node int, of int, at hv, keys hv[], bands boolean[]) RETURNS hv LANGUAGE plpgsql STABLE AS $$
DECLARE n int := coalesce(array_length(keys, 1), 0); exact boolean := true; steady boolean; out hv; lows numeric[]; highs numeric[];
  codes text[]; first numeric := coalesce(at.lo, -1e18); last numeric := coalesce(at.hi, 1e18); cnt bigint; numbers boolean;
BEGIN
  IF at.s = 2 THEN RETURN at; END IF;
  FOR i IN 1 .. n LOOP
    IF keys[i].s = 2 THEN RETURN keys[i]; END IF;
    exact := exact AND (keys[i].t IS NOT NULL OR coalesce(keys[i].lo = keys[i].hi, false));
    lows[i] := coalesce(keys[i].lo, '-Infinity');
    highs[i] := coalesce(keys[i].hi, 'Infinity');
    codes[i] := keys[i].t;
  END LOOP;
  SELECT coalesce(bool_and(r.f <= first AND r.u >= last), true) INTO steady FROM hv_row r
    WHERE r.tab = of AND r.f <= last AND r.u >= first AND hv_may(r.k, r.c, lows, highs, codes, bands);
  IF exact AND (first = last OR steady) THEN
    SELECT (r.v).* INTO out FROM hv_row r
      WHERE r.tab = of AND r.f <= first AND r.u >= first AND hv_may(r.k, r.c, lows, highs, codes, bands)
      ORDER BY CASE WHEN true = ANY(bands) THEN -r.seq ELSE r.seq END LIMIT 1;
    RETURN CASE WHEN out.s IS NULL THEN hv_error(node) ELSE out END;
  END IF;
  SELECT count(*), min((r.v).lo), max((r.v).hi), bool_and((r.v).lo IS NOT NULL) INTO cnt, first, last, numbers FROM hv_row r
    WHERE r.tab = of AND r.f <= last AND r.u >= first AND hv_may(r.k, r.c, lows, highs, codes, bands);
  IF cnt = 0 THEN RETURN hv_error(node); END IF;
  RETURN CASE WHEN numbers THEN hv_unknown(first, last) ELSE hv_unknown(NULL, NULL) END;
END $$;

CREATE FUNCTION hv_may(k numeric[], c text[], lows numeric[], highs numeric[], codes text[], bands boolean[]) RETURNS boolean
LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
  FOR i IN 1 .. coalesce(array_length(bands, 1), 0) LOOP
    IF c[i] IS NOT NULL THEN
      IF codes[i] IS NOT NULL AND codes[i] <> c[i] THEN RETURN false; END IF;
    ELSIF NOT (k[i] <= highs[i] AND (bands[i] OR k[i] >= lows[i])) THEN
      RETURN false;
    END IF;
  END LOOP;
  RETURN true;
END $$;
