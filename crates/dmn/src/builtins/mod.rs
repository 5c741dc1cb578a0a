//! FEEL's own functions (DMN 1.5, 10.3.4). An `Err` is the reason why the result is null.

mod context;
mod convert;
mod list;
mod number;
mod order;
mod pattern;
mod range;
mod temporal;
mod text;

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, LazyLock};

use crate::eval::Eval;
use crate::operate::R;
use crate::value::Value;

pub(crate) use convert::at_literal;

/// A function of FEEL's own.
pub struct Builtin {
    /// Its name.
    pub(crate) name: &'static str,
    /// The parameters of each overload; `?` behind a name: may be left out.
    forms: &'static [&'static [&'static str]],
    /// Takes any number of arguments besides: `max(1, 2, 3)`.
    variadic: bool,
    pub(crate) run: fn(&Eval<'_>, &[Value]) -> R,
}

impl fmt::Debug for Builtin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

const fn f(
    name: &'static str,
    forms: &'static [&'static [&'static str]],
    run: fn(&Eval<'_>, &[Value]) -> R,
) -> Builtin {
    Builtin { name, forms, variadic: false, run }
}

const fn many(
    name: &'static str,
    forms: &'static [&'static [&'static str]],
    run: fn(&Eval<'_>, &[Value]) -> R,
) -> Builtin {
    Builtin { name, forms, variadic: true, run }
}

const POINTS: &[&[&str]] = &[&["point1", "point2"], &["point", "range"], &["range", "point"], &["range1", "range2"]];
const TWO_RANGES: &[&[&str]] = &[&["range1", "range2"]];

static ALL: &[Builtin] = &[
    f("date", &[&["from"], &["year", "month", "day"]], convert::date),
    f(
        "date and time",
        &[
            &["from"],
            &["date", "time"],
            &["year", "month", "day", "hour", "minute", "second", "offset?"],
            &["year", "month", "day", "hour", "minute", "second", "timezone"],
        ],
        convert::date_and_time,
    ),
    f("time", &[&["from"], &["hour", "minute", "second", "offset?"]], convert::time),
    f("duration", &[&["from"]], convert::duration),
    f("years and months duration", &[&["from", "to"]], convert::years_and_months_duration),
    f("number", &[&["from"], &["from", "grouping separator?", "decimal separator?"]], convert::number),
    f("string", &[&["from"]], convert::string),
    f("range", &[&["from"]], convert::range),
    f("not", &[&["negand"]], list::not),
    f("substring", &[&["string", "start position", "length?"]], text::substring),
    f("string length", &[&["string"]], text::string_length),
    f("upper case", &[&["string"]], text::upper_case),
    f("lower case", &[&["string"]], text::lower_case),
    f("substring before", &[&["string", "match"]], text::substring_before),
    f("substring after", &[&["string", "match"]], text::substring_after),
    f("replace", &[&["input", "pattern", "replacement", "flags?"]], pattern::replace),
    f("contains", &[&["string", "match"]], text::contains),
    f("starts with", &[&["string", "match"]], text::starts_with),
    f("ends with", &[&["string", "match"]], text::ends_with),
    f("matches", &[&["input", "pattern", "flags?"]], pattern::matches),
    f("split", &[&["string", "delimiter"]], pattern::split),
    f("string join", &[&["list", "delimiter?"]], text::string_join),
    f("list contains", &[&["list", "element"]], list::list_contains),
    f("count", &[&["list"]], list::count),
    many("min", &[&["list"]], number::min),
    many("max", &[&["list"]], number::max),
    many("sum", &[&["list"]], number::sum),
    many("product", &[&["list"]], number::product),
    many("mean", &[&["list"]], number::mean),
    many("median", &[&["list"]], number::median),
    many("stddev", &[&["list"]], number::stddev),
    many("mode", &[&["list"]], number::mode),
    many("all", &[&["list"]], list::all),
    many("any", &[&["list"]], list::any),
    f("sublist", &[&["list", "start position", "length?"]], list::sublist),
    many("append", &[&["list", "item"]], list::append),
    many("concatenate", &[&["list"]], list::concatenate),
    f("insert before", &[&["list", "position", "newItem"]], list::insert_before),
    f("remove", &[&["list", "position"]], list::remove),
    f("list replace", &[&["list", "position", "newItem"], &["list", "match", "newItem"]], list::list_replace),
    f("reverse", &[&["list"]], list::reverse),
    f("index of", &[&["list", "match"]], list::index_of),
    many("union", &[&["list"]], list::union),
    f("distinct values", &[&["list"]], list::distinct_values),
    f("flatten", &[&["list"]], list::flatten),
    f("sort", &[&["list", "precedes?"]], order::sort),
    f("decimal", &[&["n", "scale"]], number::decimal),
    f("floor", &[&["n", "scale?"]], number::floor),
    f("ceiling", &[&["n", "scale?"]], number::ceiling),
    f("round up", &[&["n", "scale"]], number::round_up),
    f("round down", &[&["n", "scale"]], number::round_down),
    f("round half up", &[&["n", "scale"]], number::round_half_up),
    f("round half down", &[&["n", "scale"]], number::round_half_down),
    f("abs", &[&["n"]], number::abs),
    f("modulo", &[&["dividend", "divisor"]], number::modulo),
    f("sqrt", &[&["number"]], number::sqrt),
    f("log", &[&["number"]], number::log),
    f("exp", &[&["number"]], number::exp),
    f("odd", &[&["number"]], number::odd),
    f("even", &[&["number"]], number::even),
    f("is", &[&["value1", "value2"], &["value1?", "value2?"]], order::is),
    f("before", POINTS, range::before),
    f("after", POINTS, range::after),
    f("meets", TWO_RANGES, range::meets),
    f("met by", TWO_RANGES, range::met_by),
    f("overlaps", TWO_RANGES, range::overlaps),
    f("overlaps before", TWO_RANGES, range::overlaps_before),
    f("overlaps after", TWO_RANGES, range::overlaps_after),
    f("finishes", POINTS, range::finishes),
    f("finished by", POINTS, range::finished_by),
    f("includes", POINTS, range::includes),
    f("during", POINTS, range::during),
    f("starts", POINTS, range::starts),
    f("started by", POINTS, range::started_by),
    f("coincides", POINTS, range::coincides),
    f("day of year", &[&["date"]], temporal::day_of_year),
    f("day of week", &[&["date"]], temporal::day_of_week),
    f("month of year", &[&["date"]], temporal::month_of_year),
    f("week of year", &[&["date"]], temporal::week_of_year),
    f("now", &[&[]], temporal::now),
    f("today", &[&[]], temporal::today),
    f("get value", &[&["m", "key"], &["context", "key"]], context::get_value),
    f("get entries", &[&["m"], &["context"]], context::get_entries),
    f("context", &[&["entries"]], context::context),
    f("context put", &[&["context", "key", "value"], &["context", "keys", "value"]], context::context_put),
    f("context merge", &[&["contexts"]], context::context_merge),
];

static BY_NAME: LazyLock<HashMap<&str, &Builtin>> = LazyLock::new(|| ALL.iter().map(|b| (b.name, b)).collect());

/// The function under a name.
pub(crate) fn find(name: &str) -> Option<&'static Builtin> {
    BY_NAME.get(name).copied()
}

/// All names.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    ALL.iter().map(|b| b.name)
}

fn bare(param: &str) -> &str {
    param.trim_end_matches('?')
}

impl Builtin {
    /// Whether it may be called with as many arguments.
    pub(crate) fn check_count(&self, count: usize) -> Result<(), String> {
        let least = |form: &[&str]| form.iter().filter(|p| !p.ends_with('?')).count();
        let fits = |form: &&[&str]| (least(form)..=form.len()).contains(&count);
        if self.name == "is" && count != 2 {
            return Err("is compares two values".into());
        }
        if (self.variadic && count > 0) || self.forms.iter().any(fits) {
            return Ok(());
        }
        let forms: Vec<String> = self.forms.iter().map(|form| format!("{}({})", self.name, form.join(", "))).collect();
        Err(format!("{} does not take {count} arguments; it is {}", self.name, forms.join(" or ")))
    }

    /// For each parameter, up to the last one given, which of the named arguments it is. `None` if no overload has these names, or
    /// one before the last is left out.
    pub(crate) fn order_of<'n>(&self, named: impl Iterator<Item = &'n str>) -> Option<Vec<usize>> {
        let named: Vec<&str> = named.collect();
        let at = |param: &&str| named.iter().position(|n| *n == bare(param));
        let fits = |form: &&&[&str]| {
            named.iter().all(|n| form.iter().any(|p| bare(p) == *n))
                && form.iter().all(|p| p.ends_with('?') || at(p).is_some())
        };
        let form = self.forms.iter().find(fits)?;
        form.iter().take(named.len()).map(at).collect()
    }

    /// Named arguments in the order of the parameters.
    pub(crate) fn by_name(&self, named: &[(Arc<str>, Value)]) -> Result<Vec<Value>, String> {
        let given = |param: &str| named.iter().find(|(n, _)| **n == *bare(param)).map(|(_, v)| v.clone());
        let fits = |form: &&&[&str]| {
            named.iter().all(|(n, _)| form.iter().any(|p| bare(p) == &**n))
                && form.iter().all(|p| p.ends_with('?') || given(p).is_some())
        };
        let Some(form) = self.forms.iter().find(fits) else {
            let forms: Vec<String> = self.forms.iter().map(|form| form.join(", ")).collect();
            return Err(format!("{} has no such parameters; they are {}", self.name, forms.join(" or ")));
        };
        if named.iter().any(|(n, v)| &**n == "key" && matches!(v, Value::List(_))) {
            return Err("`key` is one key; a list of them is `keys`".into());
        }
        // `is` compares with null what was left out.
        if self.name == "is" {
            return Ok(form.iter().map(|p| given(p).unwrap_or_default()).collect());
        }
        let last = form.iter().rposition(|p| given(p).is_some()).map_or(0, |i| i + 1);
        Ok(form.iter().take(last).map(|p| given(p).unwrap_or_default()).collect())
    }
}

/// An argument by its place; null where it was left out.
pub(crate) fn arg(args: &[Value], at: usize) -> &Value {
    static NULL: Value = Value::Null;
    args.get(at).unwrap_or(&NULL)
}

fn wrong(what: &str, value: &Value) -> String {
    format!("expected {what}, not {}", value.kind())
}

/// An argument that must be a number.
fn num(args: &[Value], at: usize) -> Result<crate::number::Number, String> {
    match arg(args, at) {
        Value::Number(n) => Ok(*n),
        Value::List(l) => match l.as_slice() {
            [Value::Number(n)] => Ok(*n),
            _ => Err(wrong("a number", arg(args, at))),
        },
        other => Err(wrong("a number", other)),
    }
}

/// An argument that must be a whole number.
fn int(args: &[Value], at: usize) -> Result<i64, String> {
    num(args, at)?.truncated().ok_or_else(|| "the number is too large here".into())
}

/// An argument that must be a text.
fn text(args: &[Value], at: usize) -> Result<Arc<str>, String> {
    match arg(args, at) {
        Value::Text(t) => Ok(t.clone()),
        Value::List(l) => match l.as_slice() {
            [Value::Text(t)] => Ok(t.clone()),
            _ => Err(wrong("a string", arg(args, at))),
        },
        other => Err(wrong("a string", other)),
    }
}

/// An argument that must be a list; one value stands for a list of it.
fn list(args: &[Value], at: usize) -> Result<Arc<Vec<Value>>, String> {
    match arg(args, at) {
        Value::List(l) => Ok(l.clone()),
        Value::Null => Err(wrong("a list", &Value::Null)),
        one => Ok(Arc::new(vec![one.clone()])),
    }
}

/// The elements of `f(list)` or `f(a, b, c)`.
fn elements(args: &[Value]) -> Result<Arc<Vec<Value>>, String> {
    if args.len() == 1 { list(args, 0) } else { Ok(Arc::new(args.to_vec())) }
}
