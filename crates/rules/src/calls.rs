//! The built-in functions: their arguments and what they give.

use crate::ast::{Ast, Kind, Span};
use crate::dec::Rounding;
use crate::faults::nearest_name;
use crate::ir::{Aggregate, DatePart, Id, Op, TimeUnit};
use crate::lower::{Compiler, Cx, People};
use crate::schema::Per;
use crate::types::{Ty, Unit};
use crate::value::Val;

/// Name, fewest and most arguments, how it is written.
const BUILT_IN: [(&str, usize, usize, &str); 28] = [
    ("count", 1, 1, "count(list)"),
    ("sum", 1, usize::MAX, "sum(list.item)"),
    ("min", 1, usize::MAX, "min(a, b) or min(list.item)"),
    ("max", 1, usize::MAX, "max(a, b) or max(list.item)"),
    ("date", 1, 3, "date(\"2024-01-31\") or date(2024, 1, 31)"),
    ("duration", 1, 1, "duration(\"P2Y\")"),
    ("years between", 2, 2, "years between(from, to)"),
    ("months between", 2, 2, "months between(from, to)"),
    ("days between", 2, 2, "days between(from, to)"),
    ("start of month", 1, 1, "start of month(date)"),
    ("end of month", 1, 1, "end of month(date)"),
    ("year", 1, 1, "year(date)"),
    ("month", 1, 1, "month(date)"),
    ("day", 1, 1, "day(date)"),
    ("floor", 1, 2, "floor(x, scale)"),
    ("ceiling", 1, 2, "ceiling(x, scale)"),
    ("round half up", 1, 2, "round half up(x, scale)"),
    ("round down", 1, 2, "round down(x, scale)"),
    ("round up", 1, 2, "round up(x, scale)"),
    ("abs", 1, 1, "abs(x)"),
    ("is known", 1, 1, "is known(x)"),
    ("entitled", 1, 2, "entitled(\"programme\")"),
    ("amount of", 1, 2, "amount of(\"programme\")"),
    ("any entitled", 2, 2, "any entitled(\"programme\", household.members)"),
    ("per year", 1, 1, "per year(monthly sum)"),
    ("per month", 1, 1, "per month(yearly sum)"),
    ("once", 1, 1, "once(sum)"),
    ("not", 1, 1, "not(condition)"),
];

impl Compiler<'_> {
    pub(crate) fn call(&mut self, cx: &mut Cx, span: Span, name: &str, args: &[Ast]) -> Option<Id> {
        if let Some((_, least, most, how)) = BUILT_IN.into_iter().find(|b| b.0 == name) {
            if args.len() < least || args.len() > most {
                return self.fault(
                    cx,
                    span,
                    "wrong-arguments",
                    format!("`{name}` was given {} arguments", args.len()),
                    how,
                    "",
                );
            }
            return self.built_in(cx, span, name, args);
        }
        if let Some(table) = self.table_names.get(name).copied() {
            return self.param(cx, span, table, None, args);
        }
        let tables = self.schema.tables.iter().map(|t| t.id.as_ref());
        let near = nearest_name(name, BUILT_IN.iter().map(|b| b.0).chain(tables));
        let hint = near.map(|n| format!("did you mean `{n}`?")).unwrap_or_default();
        self.fault(
            cx,
            span,
            "unknown-name",
            format!("there is no function or table `{name}`"),
            "a function of the language or a table of the pack",
            hint,
        )
    }

    fn built_in(&mut self, cx: &mut Cx, span: Span, name: &str, args: &[Ast]) -> Option<Id> {
        let first = args.first()?;
        match name {
            "count" => {
                let People { relation, of, filter, .. } = self.people(cx, first)?;
                let op = Op::Aggregate { how: Aggregate::Count, relation, of, filter, value: None };
                Some(self.add(cx, span, op, Ty::count("persons")))
            }
            "sum" => self.sum_of(cx, span, args),
            "min" | "max" => self.extreme_of(cx, span, name == "max", args),
            "date" => self.date_of(cx, span, args),
            "duration" => self.duration_of(cx, first),
            "years between" => self.between_dates(cx, span, TimeUnit::Years, args),
            "months between" => self.between_dates(cx, span, TimeUnit::Months, args),
            "days between" => self.between_dates(cx, span, TimeUnit::Days, args),
            "start of month" => self.date_part(cx, span, DatePart::StartOfMonth, first, Ty::Date),
            "end of month" => self.date_part(cx, span, DatePart::EndOfMonth, first, Ty::Date),
            "year" | "month" | "day" => {
                let part = match name {
                    "year" => DatePart::Year,
                    "month" => DatePart::Month,
                    _ => DatePart::Day,
                };
                self.date_part(cx, span, part, first, Ty::Num { whole: true, unit: Unit::Plain })
            }
            "floor" => self.rounded(cx, span, Rounding::Floor, args),
            "ceiling" => self.rounded(cx, span, Rounding::Ceiling, args),
            "round half up" => self.rounded(cx, span, Rounding::HalfUp, args),
            "round down" => self.rounded(cx, span, Rounding::Down, args),
            "round up" => self.rounded(cx, span, Rounding::Up, args),
            "abs" => {
                let a = self.number_arg(cx, first)?;
                let ty = self.ty(a);
                Some(self.add(cx, span, Op::Abs(a), ty))
            }
            "is known" => {
                let a = self.scalar(cx, first)?;
                Some(self.add(cx, span, Op::IsKnown(a), Ty::Bool))
            }
            "per year" | "per month" | "once" => self.converted(cx, span, name, first),
            "not" => {
                let a = self.condition(cx, first)?;
                Some(self.add(cx, span, Op::Not(a), Ty::Bool))
            }
            _ => self.other_programme(cx, span, name, args),
        }
    }

    fn number_arg(&mut self, cx: &mut Cx, ast: &Ast) -> Option<Id> {
        let id = self.scalar(cx, ast)?;
        match self.ty(id) {
            Ty::Num { .. } => Some(id),
            ty => self.fault(cx, ast.span, "wrong-type", format!("this is {ty}"), "a number", ""),
        }
    }

    fn date_arg(&mut self, cx: &mut Cx, ast: &Ast) -> Option<Id> {
        let id = self.scalar(cx, ast)?;
        self.fitted(cx, ast.span, id, &Ty::Date, "this")
    }

    /// The list an aggregate works on, with a value of each: `list.item` or `for m in list return …`. The smallest and
    /// the largest may be taken of dates, too.
    fn values(&mut self, cx: &mut Cx, ast: &Ast, dates: bool) -> Option<(People, Id, Ty)> {
        let people = self.people(cx, ast)?;
        let Some(value) = people.value else {
            return self.fault(
                cx,
                ast.span,
                "wrong-type",
                "this is a list of people, not of values",
                "a value of each, such as `household.members.income`",
                "",
            );
        };
        let ty = self.ty(value);
        if !(matches!(ty, Ty::Num { .. }) || dates && ty == Ty::Date) {
            return self.fault(
                cx,
                ast.span,
                "wrong-type",
                format!("each of these is {ty}"),
                if dates { "numbers or dates" } else { "numbers" },
                "to count people use count(list[condition])",
            );
        }
        Some((people, value, ty))
    }

    fn sum_of(&mut self, cx: &mut Cx, span: Span, args: &[Ast]) -> Option<Id> {
        let [list] = args else {
            return self.fault(
                cx,
                span,
                "wrong-arguments",
                "`sum` was given several arguments",
                "sum(list.item)",
                "single values are added with `+`",
            );
        };
        let (People { relation, of, filter, .. }, value, ty) = self.values(cx, list, false)?;
        let op = Op::Aggregate { how: Aggregate::Sum, relation, of, filter, value: Some(value) };
        Some(self.add(cx, span, op, ty))
    }

    fn extreme_of(&mut self, cx: &mut Cx, span: Span, largest: bool, args: &[Ast]) -> Option<Id> {
        let is_list = |a: &Ast| matches!(a.kind, Kind::Path(..) | Kind::For(..) | Kind::Filter(..));
        if let [one] = args {
            if !is_list(one) {
                return self.fault(
                    cx,
                    span,
                    "wrong-arguments",
                    "the smallest or largest of one value",
                    "min(a, b) or min(list.item)",
                    "",
                );
            }
            let (People { relation, of, filter, .. }, value, ty) = self.values(cx, one, true)?;
            let how = if largest { Aggregate::Max } else { Aggregate::Min };
            return Some(self.add(cx, span, Op::Aggregate { how, relation, of, filter, value: Some(value) }, ty));
        }
        let mut ids = Vec::new();
        for arg in args {
            ids.push((self.scalar(cx, arg)?, arg.span));
        }
        let (first, at) = *ids.first()?;
        // Each is held against the one whose unit is known: written numbers have none of their own.
        let (anchor, anchor_at) = ids
            .iter()
            .copied()
            .find(|(id, _)| !matches!(self.arena.node(*id).ty, Ty::Num { unit: Unit::Any | Unit::Plain, .. }))
            .unwrap_or((first, at));
        let mut ty = self.ty(anchor);
        let mut whole = true;
        for (id, span) in &mut ids {
            (_, *id, ty) = self.aligned(cx, (anchor, anchor_at), (*id, *span), "set beside")?;
            if !matches!(ty, Ty::Num { .. } | Ty::Date) {
                return self.fault(cx, *span, "wrong-type", format!("{ty} has no order"), "numbers or dates", "");
            }
            whole &= ty.is_whole() || ty == Ty::Date;
        }
        if let Ty::Num { whole: w, .. } = &mut ty {
            *w = whole;
        }
        let list: Vec<Id> = ids.iter().map(|(id, s)| if whole { *id } else { self.widened(cx, *s, *id) }).collect();
        let op = if largest { Op::Greatest(list.into()) } else { Op::Least(list.into()) };
        Some(self.add(cx, span, op, ty))
    }

    fn date_of(&mut self, cx: &mut Cx, span: Span, args: &[Ast]) -> Option<Id> {
        let expected = "date(\"2024-01-31\") or date(2024, 1, 31)";
        let kinds: Vec<&Kind> = args.iter().map(|a| &a.kind).collect();
        let text = match kinds.as_slice() {
            [Kind::Text(t)] => t.clone(),
            [Kind::Number(y), Kind::Number(m), Kind::Number(d)] => format!("{y:0>4}-{m:0>2}-{d:0>2}"),
            _ => return self.fault(cx, span, "wrong-arguments", "`date` needs a date written down", expected, ""),
        };
        match text.parse::<kernel::Date>() {
            Ok(date) => Some(self.add(cx, span, Op::Const(Val::Date(crate::days::of(date))), Ty::Date)),
            Err(_) => self.fault(cx, span, "bad-date", format!("{text:?} is not a day of the calendar"), expected, ""),
        }
    }

    fn duration_of(&mut self, cx: &mut Cx, arg: &Ast) -> Option<Id> {
        let parsed = match &arg.kind {
            Kind::Text(t) => duration(t),
            _ => None,
        };
        match parsed {
            Some((n, ty)) => Some(self.add(cx, arg.span, Op::Const(Val::Int(n)), ty)),
            None => self.fault(
                cx,
                arg.span,
                "bad-duration",
                "this is not a duration",
                "\"P2Y\", \"P6M\", \"P1Y6M\", \"P30D\" or \"P2W\", without time of day",
                "years and months do not mix with days",
            ),
        }
    }

    fn between_dates(&mut self, cx: &mut Cx, span: Span, unit: TimeUnit, args: &[Ast]) -> Option<Id> {
        let [a, b] = args else { return None };
        let (a, b) = (self.date_arg(cx, a), self.date_arg(cx, b));
        let name = match unit {
            TimeUnit::Years => "years",
            TimeUnit::Months => "months",
            TimeUnit::Days => "days",
        };
        Some(self.add(cx, span, Op::Between(unit, a?, b?), Ty::count(name)))
    }

    fn date_part(&mut self, cx: &mut Cx, span: Span, part: DatePart, arg: &Ast, ty: Ty) -> Option<Id> {
        let a = self.date_arg(cx, arg)?;
        Some(self.add(cx, span, Op::Part(part, a), ty))
    }

    fn rounded(&mut self, cx: &mut Cx, span: Span, how: Rounding, args: &[Ast]) -> Option<Id> {
        let a = self.number_arg(cx, args.first()?)?;
        let scale = match args.get(1) {
            None => 0,
            Some(ast) => {
                let id = self.scalar(cx, ast)?;
                match self.arena.node(id).op {
                    Op::Const(Val::Int(n)) if (-18..=30).contains(&n) => i32::try_from(n).ok()?,
                    _ => {
                        return self.fault(
                            cx,
                            ast.span,
                            "wrong-type",
                            "the scale of a rounding must be written down",
                            "a whole number: 0 for units, -1 for tens, 2 for hundredths",
                            "",
                        );
                    }
                }
            }
        };
        let ty = self.ty(a);
        let Ty::Num { whole, unit } = ty.clone() else { return None };
        // Places are counted in the currency's own unit, sums are minor units.
        let decimals = i32::try_from(self.schema.currency.decimals()).unwrap_or(0);
        let scale = if unit.is_money() { scale - decimals } else { scale };
        if whole && scale >= 0 {
            return Some(a);
        }
        Some(self.add(cx, span, Op::Round(how, scale, a), Ty::Num { whole: scale <= 0, unit }))
    }

    fn converted(&mut self, cx: &mut Cx, span: Span, name: &str, arg: &Ast) -> Option<Id> {
        let a = self.number_arg(cx, arg)?;
        let a = match name {
            "per month" => self.priced(cx, span, a, &Unit::Money(Per::Year)).map_or(a, |it| it.0),
            "once" => self.priced(cx, span, a, &Unit::Money(Per::Once)).map_or(a, |it| it.0),
            _ => a,
        };
        let twelve = self.add(cx, span, Op::Const(Val::Int(12)), Ty::Num { whole: true, unit: Unit::Any });
        match (name, self.ty(a).unit()) {
            ("per year", Some(Unit::Money(Per::Month) | Unit::Any)) => self.times_twelve(cx, span, a, twelve),
            ("per month", Some(Unit::Money(Per::Year) | Unit::Any)) => {
                let (x, y) = (self.widened(cx, span, a), self.widened(cx, span, twelve));
                let ty = Ty::Num { whole: false, unit: Unit::Money(Per::Month) };
                Some(self.add(cx, span, Op::Arith(crate::ir::Arith::Div, x, y), ty))
            }
            ("per month", Some(Unit::Money(Per::Once))) | ("per year", Some(Unit::Money(Per::Once))) => {
                // A share of a stock that counts as a flow (property × monthly rate): the same number under another unit.
                let per = if name == "per month" { Per::Month } else { Per::Year };
                let ty = Ty::Num { whole: self.ty(a).is_whole(), unit: Unit::Money(per) };
                Some(self.add(cx, span, Op::Least(Box::new([a])), ty))
            }
            ("once", Some(Unit::Money(_) | Unit::Any)) => {
                // A sum of one period taken as a single sum: the same number under another unit.
                let ty = Ty::Num { whole: self.ty(a).is_whole(), unit: Unit::Money(Per::Once) };
                Some(self.add(cx, span, Op::Least(Box::new([a])), ty))
            }
            _ => {
                let found = self.ty(a);
                self.fault(
                    cx,
                    arg.span,
                    "unit-mismatch",
                    format!("`{name}` was given {found}"),
                    "a sum of the other period",
                    "",
                )
            }
        }
    }

    fn times_twelve(&mut self, cx: &Cx, span: Span, a: Id, twelve: Id) -> Option<Id> {
        let whole = self.ty(a).is_whole();
        let b = if whole { twelve } else { self.widened(cx, span, twelve) };
        let ty = Ty::Num { whole, unit: Unit::Money(Per::Year) };
        Some(self.add(cx, span, Op::Arith(crate::ir::Arith::Mul, a, b), ty))
    }
}

/// Reads `P1Y6M`, `P30D`, `P2W`.
fn duration(text: &str) -> Option<(i64, Ty)> {
    let (sign, rest) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text),
    };
    let mut rest = rest.strip_prefix('P')?;
    let (mut months, mut days, mut any) = (None::<i64>, None::<i64>, false);
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        let n: i64 = rest.get(..digits)?.parse().ok().filter(|n| *n <= 1_000_000)?;
        let unit = rest.get(digits..)?.chars().next()?;
        match unit {
            'Y' => months = Some(months.unwrap_or(0) + n * 12),
            'M' => months = Some(months.unwrap_or(0) + n),
            'W' => days = Some(days.unwrap_or(0) + n * 7),
            'D' => days = Some(days.unwrap_or(0) + n),
            _ => return None,
        }
        any = true;
        rest = rest.get(digits + 1..)?;
    }
    match (months, days) {
        (Some(m), None) if any => Some((sign * m, Ty::MonthSpan)),
        (None, Some(d)) if any => Some((sign * d, Ty::DaySpan)),
        _ => None,
    }
}
