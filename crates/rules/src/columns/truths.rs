//! Steps that give truths: Kleene's logic on two sets of rows, those known to hold and those known not to hold.

use std::cmp::Ordering;

use pulp::{Simd, WithSimd};

use super::bits::Bits;
use super::column::{Column, Kind, Numbers, Truths};
use super::numbers::Input;
use super::plan::Work;
use super::run::Job;
use super::view::{Lane, View};
use super::{loops, odd};
use crate::ast::Cmp;
use crate::ir::Op;
use crate::value::{Bounds, Val};

/// Works a step out for all rows.
pub(crate) fn work(job: &Job<'_>, out: &mut Truths) {
    let mut odd = Bits::none(job.words());
    match job.work {
        Work::Stated(..) => stated(job, out, &mut odd),
        Work::Settle(_, truth) => settle(*truth, job, out, &mut odd),
        Work::Op(Op::Not(_)) => not(job, out, &mut odd),
        Work::Op(Op::And(_)) => kleene(job, out, &mut odd, false),
        Work::Op(Op::Or(_)) => kleene(job, out, &mut odd, true),
        Work::Op(Op::If(..)) => branch(job, out, &mut odd),
        Work::Op(Op::IsKnown(_)) => is_known(job, out, &mut odd),
        Work::Op(Op::Compare(cmp, ..)) if job.views.iter().all(|v| is_truth(*v)) => {
            compare_truths(*cmp, job, out, &mut odd);
        }
        Work::Op(Op::Compare(cmp, ..)) => compare(*cmp, job, out, &mut odd),
        _ => odd.fill(u64::MAX),
    }
    if odd.is_empty() {
        return;
    }
    for row in job.present(&mut odd).rows() {
        out.put(row, job.scalar(row));
    }
}

fn is_truth(view: View<'_>) -> bool {
    view.truths().is_some() || matches!(view, View::Same(Val::Bool(_)))
}

/// Goes over the words of rows; `f` gives those that hold, those that do not, and those to work out one by one.
fn by_words(out: &mut Truths, odd: &mut Bits, f: impl Fn(usize) -> (u64, u64, u64)) {
    let all = out.yes.words_mut().iter_mut().zip(out.no.words_mut()).zip(odd.words_mut());
    for (n, ((yes, no), odd)) in all.enumerate() {
        let (y, f, o) = f(n);
        (*yes, *no, *odd) = (y & !o, f & !o, o);
    }
}

fn not(job: &Job<'_>, out: &mut Truths, odd: &mut Bits) {
    let [a] = job.views else { return };
    by_words(out, odd, |n| {
        let (y, f) = a.truth_word(n);
        (f, y, a.trouble_word(n))
    });
}

/// Rows that one operand settles, and rows that no operand settles or leaves open.
struct Kleene<'a> {
    views: &'a [View<'a>],
    settled: &'a mut Bits,
    other: &'a mut Bits,
    odd: &'a mut Bits,
    decisive: bool,
}

impl WithSimd for Kleene<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let Kleene { views, settled, other, odd, decisive } = self;
        settled.fill(0);
        other.fill(u64::MAX);
        for view in views {
            let here = view.bools();
            let (settles, rest) = if decisive { (here.yes, here.no) } else { (here.no, here.yes) };
            settled.add(settles);
            other.keep(rest);
            if let Some(trouble) = here.trouble {
                odd.add(trouble);
            }
        }
        settled.trim();
        odd.take_out(settled);
    }
}

fn kleene(job: &Job<'_>, out: &mut Truths, odd: &mut Bits, decisive: bool) {
    let (settled, other) = if decisive { (&mut out.yes, &mut out.no) } else { (&mut out.no, &mut out.yes) };
    loops::arch().dispatch(Kleene { views: job.views, settled, other, odd, decisive });
}

fn branch(job: &Job<'_>, out: &mut Truths, odd: &mut Bits) {
    let [cond, a, b] = job.views else { return };
    by_words(out, odd, |n| {
        let ((cy, cn), (ay, an), (by, bn)) = (cond.truth_word(n), a.truth_word(n), b.truth_word(n));
        let open = !(cy | cn);
        let (ta, tb) = (a.trouble_word(n), b.trouble_word(n));
        let odd = cond.trouble_word(n) | (cy & ta) | (cn & tb) | (open & ta & tb);
        ((cy & ay) | (cn & by) | (open & ay & by), (cy & an) | (cn & bn) | (open & an & bn), odd)
    });
}

fn stated(job: &Job<'_>, out: &mut Truths, odd: &mut Bits) {
    let [fact, value] = job.views else { return };
    by_words(out, odd, |n| {
        let ((fy, fn_), (vy, vn)) = (fact.truth_word(n), value.truth_word(n));
        let open = !(fy | fn_ | fact.trouble_word(n));
        (fy | (open & vy), fn_ | (open & vn), fact.trouble_word(n) | (open & value.trouble_word(n)))
    });
}

fn settle(truth: bool, job: &Job<'_>, out: &mut Truths, odd: &mut Bits) {
    let [a] = job.views else { return };
    by_words(out, odd, |n| {
        let ((yes, no), trouble) = (a.truth_word(n), a.trouble_word(n));
        if truth { (!(no | trouble), no, trouble) } else { (yes, !(yes | trouble), trouble) }
    });
}

fn is_known(job: &Job<'_>, out: &mut Truths, odd: &mut Bits) {
    let [a] = job.views else { return };
    by_words(out, odd, |n| {
        let trouble = a.trouble_word(n);
        let unknown = match a {
            View::Same(Val::Unknown(_)) => u64::MAX,
            View::Same(_) => 0,
            View::Column(Column::Truth(_)) => {
                let (yes, no) = a.truth_word(n);
                !(yes | no | trouble)
            }
            View::Column(super::column::Column::Number(c)) if c.any_odd => c.unknown.word(n),
            View::Column(_) => 0,
        };
        (!(unknown | trouble), unknown, trouble)
    });
}

fn compare_truths(cmp: Cmp, job: &Job<'_>, out: &mut Truths, odd: &mut Bits) {
    let [a, b] = job.views else { return };
    let holds = |order| if cmp.holds(order) { u64::MAX } else { 0 };
    let (less, same, more) =
        (holds(std::cmp::Ordering::Less), holds(std::cmp::Ordering::Equal), holds(std::cmp::Ordering::Greater));
    by_words(out, odd, |n| {
        let ((ay, an), (by, bn)) = (a.truth_word(n), b.truth_word(n));
        let (lt, eq, gt) = (an & by, (ay & by) | (an & bn), ay & bn);
        let yes = (lt & less) | (eq & same) | (gt & more);
        (yes, (lt | eq | gt) & !yes, a.trouble_word(n) | b.trouble_word(n))
    });
}

/// What a comparison with a number comes to for every row, where the spans alone tell.
fn told(cmp: Cmp, a: Bounds, b: Bounds) -> Option<bool> {
    match () {
        () if a.hi < b.lo => Some(cmp.holds(Ordering::Less)),
        () if a.lo > b.hi => Some(cmp.holds(Ordering::Greater)),
        () if a.lo == a.hi && a == b => Some(cmp.holds(Ordering::Equal)),
        () if a.hi <= b.lo && matches!(cmp, Cmp::Le | Cmp::Gt) => Some(cmp == Cmp::Le),
        () if a.lo >= b.hi && matches!(cmp, Cmp::Ge | Cmp::Lt) => Some(cmp == Cmp::Ge),
        () => None,
    }
}

/// The limit against which the numbers of a lane are held when they times `factor` are held against `limit`; `None`: no
/// whole number is equal to it.
fn scaled(cmp: Cmp, limit: i64, factor: i64) -> Option<i64> {
    let (low, rest) = (limit.div_euclid(factor), limit.rem_euclid(factor));
    match cmp {
        Cmp::Le | Cmp::Gt => Some(low),
        Cmp::Lt | Cmp::Ge => low.checked_add(i64::from(rest != 0)),
        Cmp::Eq | Cmp::Ne => (rest == 0).then_some(low),
    }
}

fn compare(cmp: Cmp, job: &Job<'_>, out: &mut Truths, odd: &mut Bits) {
    for view in job.views {
        if view.has_odd() {
            view.add_odd(odd);
        }
    }
    let [left, right] = job.views else { return };
    let (mut s, mut t) = (Vec::new(), Vec::new());
    let kind = Kind::Dec(job.common);
    let factor = |n: usize| job.common.checked_div(job.den(n)).filter(|f| *f > 0);
    match (job.common, left, right) {
        (0, ..) => return odd.fill(u64::MAX),
        (1, ..) => masks(cmp, job.own(0), job.own(1), out),
        // A number is brought to the lane, not the lane to the number.
        (_, View::Column(_), View::Same(_)) => {
            limited(cmp, job.own(0), factor(0), job.lane(1, kind, &mut t, odd), out, odd);
        }
        (_, View::Same(_), View::Column(_)) => {
            limited(cmp.turned(), job.own(1), factor(1), job.lane(0, kind, &mut s, odd), out, odd);
        }
        _ => masks(cmp, job.lane(0, kind, &mut s, odd), job.lane(1, kind, &mut t, odd), out),
    }
    if odd.is_empty() {
        return;
    }
    out.yes.take_out(odd);
    out.no.take_out(odd);
    match (left.unknown(), right.unknown()) {
        (Some(a), None) => within(cmp, job, a, *right, out, odd),
        (None, Some(b)) => within(cmp.turned(), job, b, *left, out, odd),
        _ => {}
    }
    odd::compare(cmp, job, out, job.present(odd));
}

/// The truth of the rows of `a` that are unknown, from their bounds, where the other side is known: two more comparisons for
/// all rows are less work than one for each that needs it.
fn within(cmp: Cmp, job: &Job<'_>, a: &Numbers, other: View<'_>, out: &mut Truths, odd: &mut Bits) {
    // The whole numbers around the other side, over 1 as the bounds are.
    let (below, above) = match other {
        View::Same(Val::Int(n) | Val::Date(n)) => (Lane::Same(*n), Lane::Same(*n)),
        View::Same(Val::Dec(d)) => (Lane::Same(d.floor_i64()), Lane::Same(d.ceil_i64())),
        View::Column(Column::Number(b)) if b.is_whole() && !b.any_odd => (b.numbers(), b.numbers()),
        _ => return,
    };
    let closed = |s: Bounds| s.lo > i64::MIN && s.hi < i64::MAX;
    let ends = match (below, above) {
        (Lane::Same(lo), Lane::Same(hi)) => Bounds { lo, hi },
        _ => other.span(Kind::Int),
    };
    if !closed(ends) {
        return;
    }
    let (least, most) = a.ends();
    // Where no row's bounds reach the other side there is nothing to compare.
    let under = |cmp: Cmp, out: &mut Bits| {
        if a.reach().hi <= ends.hi {
            loops::masks(cmp, Lane::Each(most), below, out.words_mut());
        }
    };
    let over = |cmp: Cmp, out: &mut Bits| {
        if a.reach().lo >= ends.lo {
            loops::masks(cmp, Lane::Each(least), above, out.words_mut());
        }
    };
    let (mut yes, mut no) = (Bits::none(job.words()), Bits::none(job.words()));
    match cmp {
        Cmp::Lt => {
            under(Cmp::Lt, &mut yes);
            over(Cmp::Ge, &mut no);
        }
        Cmp::Le => {
            under(Cmp::Le, &mut yes);
            over(Cmp::Gt, &mut no);
        }
        Cmp::Gt => {
            over(Cmp::Gt, &mut yes);
            under(Cmp::Le, &mut no);
        }
        Cmp::Ge => {
            over(Cmp::Ge, &mut yes);
            under(Cmp::Lt, &mut no);
        }
        Cmp::Eq | Cmp::Ne => {
            under(Cmp::Lt, &mut yes);
            over(Cmp::Gt, &mut no);
            no.add(&yes);
            yes.fill(0);
        }
    }
    yes.keep(&a.unknown);
    no.keep(&a.unknown);
    let (yes, no) = if cmp == Cmp::Ne { (no, yes) } else { (yes, no) };
    out.yes.add(&yes);
    out.no.add(&no);
    odd.take_out(&a.unknown);
}

fn limited(cmp: Cmp, a: Input<'_>, factor: Option<i64>, limit: Input<'_>, out: &mut Truths, odd: &mut Bits) {
    let (Lane::Same(limit), Some(factor)) = (limit.lane, factor) else { return odd.fill(u64::MAX) };
    match scaled(cmp, limit, factor) {
        Some(n) => masks(cmp, a, Input { lane: Lane::Same(n), span: Bounds { lo: n, hi: n } }, out),
        None => whole(cmp == Cmp::Ne, out),
    }
}

/// The same for all rows.
fn whole(truth: bool, out: &mut Truths) {
    out.yes.fill(if truth { u64::MAX } else { 0 });
    out.no.fill(if truth { 0 } else { u64::MAX });
}

fn masks(cmp: Cmp, a: Input<'_>, b: Input<'_>, out: &mut Truths) {
    if let Some(truth) = told(cmp, a.span, b.span) {
        return whole(truth, out);
    }
    loops::masks(cmp, a.lane, b.lane, out.yes.words_mut());
    out.no.words_mut().iter_mut().zip(out.yes.words()).for_each(|(no, yes)| *no = !yes);
}
