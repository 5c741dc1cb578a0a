//! Types and units of operators. What does not go together is a fault with both sides named, never null.

use crate::ast::{Ast, Binary, Cmp, Span};
use crate::dec::Dec;
use crate::ir::{Arith, Id, Op, TimeUnit};
use crate::lower::{Compiler, Cx};
use crate::types::{self, Ty, Unit};
use crate::value::Val;

impl Compiler<'_> {
    /// The value as `want`, or a fault: codes are checked against their list, whole numbers widened.
    pub(crate) fn fitted(&mut self, cx: &Cx, span: Span, id: Id, want: &Ty, what: &str) -> Option<Id> {
        let found = self.ty(id);
        match (&found, want) {
            _ if found == *want => Some(id),
            (Ty::Text, Ty::Code(list)) => self.coded(cx, span, id, list),
            (Ty::Num { whole, unit }, Ty::Num { whole: want_whole, unit: want_unit }) => {
                if types::common(unit, want_unit).is_none() {
                    return self.fault(
                        cx,
                        span,
                        "unit-mismatch",
                        format!("{what} is {found}"),
                        want.to_string(),
                        unit_hint(unit, want_unit),
                    );
                }
                let (id, whole) = self.priced(cx, span, id, want_unit).map_or((id, *whole), |(id, whole)| (id, whole));
                match (whole, want_whole) {
                    (true, false) => Some(self.widened(cx, span, id)),
                    (false, true) => self.fault(
                        cx,
                        span,
                        "not-whole",
                        format!("{what} may have decimals"),
                        "a whole number",
                        "round it by name: floor(…), round half up(…)",
                    ),
                    _ => Some(id),
                }
            }
            _ => self.fault(cx, span, "wrong-type", format!("{what} is {found}"), want.to_string(), ""),
        }
    }

    /// A text as a code of a list; looks into both branches of a choice.
    fn coded(&mut self, cx: &Cx, span: Span, id: Id, list: &std::sync::Arc<str>) -> Option<Id> {
        let ty = Ty::Code(list.clone());
        match self.arena.node(id).op.clone() {
            Op::Const(Val::Text(n)) => {
                let text = self.layout.texts.get(n as usize)?.clone();
                if let Some(code) = self.layout.code_index.get(&(list.clone(), text.clone())).copied() {
                    return Some(self.add(cx, span, Op::Const(Val::Code(code)), ty));
                }
                let codes = self.layout.lists.get(list).cloned().unwrap_or_default();
                let near = crate::faults::nearest_name(&text, codes.iter().map(AsRef::as_ref));
                let hint = near.map(|n| format!("did you mean \"{n}\"?")).unwrap_or_default();
                self.fault(
                    cx,
                    span,
                    "unknown-code",
                    format!("{text:?} is not a code of the list `{list}`"),
                    format!("one of {}", codes.join(", ")),
                    hint,
                )
            }
            Op::If(c, yes, no) => {
                let yes = self.coded(cx, span, yes, list)?;
                let no = self.coded(cx, span, no, list)?;
                Some(self.add(cx, span, Op::If(c, yes, no), ty))
            }
            _ if self.ty(id) == ty => Some(id),
            _ => self.fault(
                cx,
                span,
                "wrong-type",
                "this is a text",
                ty.to_string(),
                "only texts written in the rule can be codes",
            ),
        }
    }

    pub(crate) fn widened(&mut self, cx: &Cx, span: Span, id: Id) -> Id {
        match self.ty(id) {
            Ty::Num { whole: true, unit } => self.add(cx, span, Op::Widen(id), Ty::Num { whole: false, unit }),
            _ => id,
        }
    }

    /// Two values made comparable: same type, one lane.
    pub(crate) fn aligned(&mut self, cx: &Cx, a: (Id, Span), b: (Id, Span), verb: &str) -> Option<(Id, Id, Ty)> {
        let ((a, at), (b, bt)) = (a, b);
        let (ta, tb) = (self.ty(a), self.ty(b));
        let span = Span { start: at.start, end: bt.end };
        match (&ta, &tb) {
            (Ty::Code(list), Ty::Text) => {
                let b = self.coded(cx, bt, b, list)?;
                Some((a, b, ta))
            }
            (Ty::Text, Ty::Code(list)) => {
                let a = self.coded(cx, at, a, list)?;
                Some((a, b, tb))
            }
            (Ty::Num { whole: wa, unit: ua }, Ty::Num { whole: wb, unit: ub }) => {
                let Some(unit) = types::common(ua, ub) else {
                    return self.fault(
                        cx,
                        span,
                        "unit-mismatch",
                        format!("{ta} cannot be {verb} {tb}"),
                        format!("{ta} on both sides"),
                        unit_hint(ua, ub),
                    );
                };
                let (a, wa) = self.priced(cx, at, a, &unit).unwrap_or((a, *wa));
                let (b, wb) = self.priced(cx, bt, b, &unit).unwrap_or((b, *wb));
                let whole = wa && wb;
                if !whole {
                    let (a, b) = (self.widened(cx, at, a), self.widened(cx, bt, b));
                    return Some((a, b, Ty::Num { whole, unit }));
                }
                Some((a, b, Ty::Num { whole, unit }))
            }
            _ if ta == tb => Some((a, b, ta)),
            _ => self.fault(
                cx,
                span,
                "wrong-type",
                format!("{ta} cannot be {verb} {tb}"),
                format!("{ta} on both sides"),
                "",
            ),
        }
    }

    /// A bare number that turns out to be a sum of money: written in the currency's own unit, worked with in minor units.
    /// `None` where nothing changes; else the sum and whether it is whole.
    pub(crate) fn priced(&mut self, cx: &Cx, span: Span, id: Id, becomes: &Unit) -> Option<(Id, bool)> {
        let Ty::Num { whole, unit: Unit::Any } = self.ty(id) else { return None };
        let times = self.schema.currency.unit();
        if times == 1 || !becomes.is_money() {
            return None;
        }
        let written = match self.arena.node(id).op {
            Op::Const(Val::Int(n)) => n.checked_mul(times).map(Val::Int),
            Op::Const(Val::Dec(d)) => d.times(Dec::from_i64(times)).map(|d| d.whole().map_or(Val::Dec(d), Val::Int)),
            _ => None,
        };
        if let Some(value) = written {
            let whole = matches!(value, Val::Int(_));
            return Some((self.add(cx, span, Op::Const(value), Ty::Num { whole, unit: becomes.clone() }), whole));
        }
        let factor = self.add(cx, span, Op::Const(Val::Int(times)), Ty::Num { whole: true, unit: Unit::Any });
        let factor = if whole { factor } else { self.widened(cx, span, factor) };
        let ty = Ty::Num { whole, unit: becomes.clone() };
        Some((self.add(cx, span, Op::Arith(Arith::Mul, id, factor), ty), whole))
    }

    pub(crate) fn negate(&mut self, cx: &mut Cx, span: Span, a: &Ast) -> Option<Id> {
        let id = self.scalar(cx, a)?;
        match self.ty(id) {
            Ty::Num { .. } | Ty::MonthSpan | Ty::DaySpan => {}
            ty => return self.fault(cx, span, "wrong-type", format!("`-` before {ty}"), "a number or a duration", ""),
        }
        let ty = self.ty(id);
        if let Op::Const(v) = self.arena.node(id).op
            && let Ok(turned) = crate::apply::negate(v, crate::value::Lane::Int)
        {
            return Some(self.add(cx, span, Op::Const(turned), ty));
        }
        Some(self.add(cx, span, Op::Negate(id), ty))
    }

    pub(crate) fn binary(&mut self, cx: &mut Cx, span: Span, op: Binary, a: &Ast, b: &Ast) -> Option<Id> {
        match op {
            Binary::And | Binary::Or => {
                // Both sides are looked at even when one is faulty.
                let (x, y) = (self.condition(cx, a), self.condition(cx, b));
                let mut list = Vec::new();
                for id in [x?, y?] {
                    match (&self.arena.node(id).op, op) {
                        (Op::And(inner), Binary::And) | (Op::Or(inner), Binary::Or) => {
                            list.extend(inner.iter().copied())
                        }
                        _ => list.push(id),
                    }
                }
                let op = if op == Binary::And { Op::And(list.into()) } else { Op::Or(list.into()) };
                Some(self.add(cx, span, op, Ty::Bool))
            }
            Binary::Compare(cmp) => {
                let (x, y) = (self.scalar(cx, a), self.scalar(cx, b));
                self.compare(cx, span, cmp, (x?, a.span), (y?, b.span))
            }
            Binary::Add | Binary::Sub => {
                let (x, y) = (self.scalar(cx, a), self.scalar(cx, b));
                self.sum(cx, span, op == Binary::Sub, (x?, a.span), (y?, b.span))
            }
            Binary::Mul | Binary::Div => {
                let (x, y) = (self.scalar(cx, a), self.scalar(cx, b));
                self.scaled(cx, span, op == Binary::Div, (x?, a.span), (y?, b.span))
            }
            Binary::Pow => self.power(cx, span, a, b),
        }
    }

    pub(crate) fn compare(&mut self, cx: &Cx, span: Span, cmp: Cmp, a: (Id, Span), b: (Id, Span)) -> Option<Id> {
        let (x, y, ty) = self.aligned(cx, a, b, "compared with")?;
        let ordered = matches!(ty, Ty::Num { .. } | Ty::Date | Ty::MonthSpan | Ty::DaySpan);
        if !ordered && !matches!(cmp, Cmp::Eq | Cmp::Ne) {
            return self.fault(
                cx,
                span,
                "wrong-type",
                format!("{ty} has no order"),
                "`=` or `!=`",
                "for several codes: x in (\"a\", \"b\")",
            );
        }
        Some(self.add(cx, span, Op::Compare(cmp, x, y), Ty::Bool))
    }

    fn sum(&mut self, cx: &Cx, span: Span, minus: bool, a: (Id, Span), b: (Id, Span)) -> Option<Id> {
        let (ta, tb) = (self.ty(a.0), self.ty(b.0));
        let unit = |ty: &Ty| if *ty == Ty::MonthSpan { TimeUnit::Months } else { TimeUnit::Days };
        match (&ta, &tb) {
            (Ty::Date, Ty::MonthSpan | Ty::DaySpan) => {
                let by = if minus { self.turned(cx, b.1, b.0) } else { b.0 };
                Some(self.add(cx, span, Op::Shift(unit(&tb), a.0, by), Ty::Date))
            }
            (Ty::MonthSpan | Ty::DaySpan, Ty::Date) if !minus => {
                Some(self.add(cx, span, Op::Shift(unit(&ta), b.0, a.0), Ty::Date))
            }
            (Ty::Date, Ty::Date) if minus => {
                Some(self.add(cx, span, Op::Between(TimeUnit::Days, b.0, a.0), Ty::DaySpan))
            }
            (Ty::Num { .. }, Ty::Num { .. }) | (Ty::MonthSpan, Ty::MonthSpan) | (Ty::DaySpan, Ty::DaySpan) => {
                let (x, y, ty) = self.aligned(cx, a, b, if minus { "lessened by" } else { "added to" })?;
                let op = if minus { Arith::Sub } else { Arith::Add };
                Some(self.add(cx, span, Op::Arith(op, x, y), ty))
            }
            (Ty::Date, Ty::Num { .. }) => self.fault(
                cx,
                span,
                "wrong-type",
                "a number was added to a date",
                "a duration",
                "write duration(\"P30D\") or duration(\"P2Y\")",
            ),
            _ => self.fault(
                cx,
                span,
                "wrong-type",
                format!("{tb} cannot be {} {ta}", if minus { "taken from" } else { "added to" }),
                "two numbers of one unit, or a date and a duration",
                "",
            ),
        }
    }

    fn turned(&mut self, cx: &Cx, span: Span, id: Id) -> Id {
        let ty = self.ty(id);
        match self.arena.node(id).op {
            Op::Const(Val::Int(n)) => self.add(cx, span, Op::Const(Val::Int(n.saturating_neg())), ty),
            _ => self.add(cx, span, Op::Negate(id), ty),
        }
    }

    fn literal(&self, id: Id) -> Option<i64> {
        match (&self.arena.node(id).op, &self.arena.node(id).ty) {
            (Op::Const(Val::Int(n)), Ty::Num { unit: Unit::Any, .. }) => Some(*n),
            _ => None,
        }
    }

    fn scaled(&mut self, cx: &Cx, span: Span, divide: bool, a: (Id, Span), b: (Id, Span)) -> Option<Id> {
        let (ta, tb) = (self.ty(a.0), self.ty(b.0));
        let (Ty::Num { whole: wa, unit: ua }, Ty::Num { whole: wb, unit: ub }) = (&ta, &tb) else {
            let span_times =
                matches!((&ta, &tb), (Ty::MonthSpan | Ty::DaySpan, Ty::Num { whole: true, .. })) && !divide;
            if span_times {
                return Some(self.add(cx, span, Op::Arith(Arith::Mul, a.0, b.0), ta));
            }
            let verb = if divide { "divided by" } else { "multiplied by" };
            return self.fault(cx, span, "wrong-type", format!("{ta} cannot be {verb} {tb}"), "two numbers", "");
        };
        let unit = if divide {
            types::quotient(ua, ub, self.literal(b.0))
        } else {
            types::product(ua, ub, self.literal(a.0) == Some(12) || self.literal(b.0) == Some(12))
        };
        let Some(unit) = unit else {
            let verb = if divide { "divided by" } else { "multiplied by" };
            return self.fault(
                cx,
                span,
                "unit-mismatch",
                format!("{ta} cannot be {verb} {tb}"),
                "a unit that means something",
                unit_hint(ua, ub),
            );
        };
        if divide && self.literal(b.0) == Some(0) {
            return self.fault(cx, b.1, "division-by-zero", "this divides by zero", "another divisor", "");
        }
        // A number divided by a sum is a sum itself.
        let (a, wa) = match self.priced(cx, a.1, a.0, ub).filter(|_| divide) {
            Some((id, whole)) => ((id, a.1), whole),
            None => (a, *wa),
        };
        if !divide && wa && *wb {
            return Some(self.add(cx, span, Op::Arith(Arith::Mul, a.0, b.0), Ty::Num { whole: true, unit }));
        }
        let (x, y) = (self.widened(cx, a.1, a.0), self.widened(cx, b.1, b.0));
        let op = if divide { Arith::Div } else { Arith::Mul };
        Some(self.add(cx, span, Op::Arith(op, x, y), Ty::Num { whole: false, unit }))
    }

    fn power(&mut self, cx: &mut Cx, span: Span, a: &Ast, b: &Ast) -> Option<Id> {
        let (x, y) = (self.scalar(cx, a), self.scalar(cx, b));
        let (x, y) = (x?, y?);
        let ty = self.ty(x);
        let plain = matches!(ty.unit(), Some(Unit::Any | Unit::Plain | Unit::Ratio));
        let exponent = self.literal(y).filter(|n| (1..=16).contains(n));
        let (true, Some(exponent)) = (plain, exponent) else {
            return self.fault(
                cx,
                span,
                "wrong-type",
                "this power cannot be taken",
                "a plain number to a whole number from 1 to 16",
                "",
            );
        };
        let mut product = x;
        for _ in 1..exponent {
            product = self.add(cx, span, Op::Arith(Arith::Mul, product, x), ty.clone());
        }
        Some(product)
    }

    pub(crate) fn in_range(
        &mut self,
        cx: &mut Cx,
        span: Span,
        x: &Ast,
        lo: (&Ast, bool),
        hi: (&Ast, bool),
    ) -> Option<Id> {
        let (v, l, h) = (self.scalar(cx, x), self.scalar(cx, lo.0), self.scalar(cx, hi.0));
        let (v, l, h) = (v?, l?, h?);
        let low = self.compare(cx, span, if lo.1 { Cmp::Ge } else { Cmp::Gt }, (v, x.span), (l, lo.0.span));
        let high = self.compare(cx, span, if hi.1 { Cmp::Le } else { Cmp::Lt }, (v, x.span), (h, hi.0.span));
        Some(self.add(cx, span, Op::And(Box::new([low?, high?])), Ty::Bool))
    }

    pub(crate) fn in_list(&mut self, cx: &mut Cx, span: Span, x: &Ast, list: &[Ast]) -> Option<Id> {
        let v = self.scalar(cx, x)?;
        let mut any = Vec::new();
        let mut sound = true;
        for element in list {
            let hit = self
                .scalar(cx, element)
                .and_then(|e| self.compare(cx, element.span, Cmp::Eq, (v, x.span), (e, element.span)));
            sound &= hit.is_some();
            any.extend(hit);
        }
        match any.as_slice() {
            _ if !sound => None,
            [one] => Some(*one),
            _ => Some(self.add(cx, span, Op::Or(any.into()), Ty::Bool)),
        }
    }

    pub(crate) fn choice(&mut self, cx: &mut Cx, span: Span, c: &Ast, yes: &Ast, no: &Ast) -> Option<Id> {
        let (cond, a, b) = (self.condition(cx, c), self.scalar(cx, yes), self.scalar(cx, no));
        let (cond, a, b) = (cond?, a?, b?);
        let (a, b, ty) = self.aligned(cx, (a, yes.span), (b, no.span), "an alternative to")?;
        Some(self.add(cx, span, Op::If(cond, a, b), ty))
    }
}

/// What may have been meant where units clash.
pub(crate) fn unit_hint(a: &Unit, b: &Unit) -> String {
    use crate::schema::Per;
    match (a, b) {
        (Unit::Money(Per::Month), Unit::Money(Per::Year)) | (Unit::Money(Per::Year), Unit::Money(Per::Month)) => {
            "multiply the monthly sum by 12, or divide the yearly one by 12".into()
        }
        (Unit::MoneyPercent(_), _) | (_, Unit::MoneyPercent(_)) => "divide by 100".into(),
        (Unit::Percent, Unit::Ratio) | (Unit::Ratio, Unit::Percent) => {
            "30 percent is the ratio 0.3: divide by 100".into()
        }
        (Unit::Named(a), Unit::Named(b))
            if [a.as_ref(), b.as_ref()].iter().all(|u| ["years", "months", "days"].contains(u)) =>
        {
            format!("ask for both in one unit: {b} between(…)")
        }
        (Unit::Money(_), Unit::Money(_)) => "say over which time the sums are".into(),
        _ => String::new(),
    }
}
