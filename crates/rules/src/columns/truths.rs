//! Steps that give truths: Kleene's logic on two sets of rows, those known to hold and those known not to hold.

use super::bits::Bits;
use super::column::{Column, Kind, Lane, Truths, View};
use super::odd;
use super::plan::Work;
use super::run::Job;
use crate::ast::Cmp;
use crate::ir::Op;
use crate::value::Val;

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

fn kleene(job: &Job<'_>, out: &mut Truths, odd: &mut Bits, decisive: bool) {
    // Rows that one operand settles, and rows that no operand settles or leaves open.
    let (settled, other) = if decisive { (&mut out.yes, &mut out.no) } else { (&mut out.no, &mut out.yes) };
    settled.fill(0);
    other.fill(u64::MAX);
    for view in job.views {
        match view {
            View::Column(Column::Truth(t)) => {
                let (here, rest) = if decisive { (&t.yes, &t.no) } else { (&t.no, &t.yes) };
                settled.add(here);
                other.keep(rest);
                if t.trouble.any {
                    odd.add(&t.trouble.rows);
                }
            }
            View::Same(Val::Bool(b)) if *b != decisive => {}
            View::Same(v) => {
                other.fill(0);
                if *v == Val::Bool(decisive) {
                    settled.fill(u64::MAX);
                } else if v.is_error() {
                    odd.fill(u64::MAX);
                }
            }
            View::Column(Column::Number(_)) => odd.fill(u64::MAX),
        }
    }
    odd.take_out(settled);
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

/// Sixty-four comparisons as a word.
#[inline]
fn mask(a: Lane<'_>, b: Lane<'_>, f: impl Fn(i64, i64) -> bool) -> u64 {
    let mut bytes = [0_u8; 64];
    match (a, b) {
        (Lane::Each(a), Lane::Each(b)) => {
            bytes.iter_mut().zip(a).zip(b).for_each(|((o, a), b)| *o = u8::from(f(*a, *b)));
        }
        (Lane::Each(a), Lane::Same(b)) => bytes.iter_mut().zip(a).for_each(|(o, a)| *o = u8::from(f(*a, b))),
        (Lane::Same(a), Lane::Each(b)) => bytes.iter_mut().zip(b).for_each(|(o, b)| *o = u8::from(f(a, *b))),
        (Lane::Same(a), Lane::Same(b)) => bytes.fill(u8::from(f(a, b))),
    }
    let mut word = 0;
    for (n, eight) in bytes.as_chunks::<8>().0.iter().enumerate() {
        // Each byte is 0 or 1; the product gathers them in the topmost byte.
        let packed = u64::from_le_bytes(*eight).wrapping_mul(0x0102_0408_1020_4080) >> 56;
        word |= packed << (8 * n);
    }
    word
}

fn compare(cmp: Cmp, job: &Job<'_>, out: &mut Truths, odd: &mut Bits) {
    for view in job.views {
        view.add_odd(odd);
    }
    let (mut s, mut t) = (Vec::new(), Vec::new());
    let (a, b) = match job.common {
        0 => {
            odd.fill(u64::MAX);
            return;
        }
        1 => (job.own_lane(0), job.own_lane(1)),
        den => (job.lane(0, Kind::Dec(den), &mut s, odd), job.lane(1, Kind::Dec(den), &mut t, odd)),
    };
    match cmp {
        Cmp::Eq => masks(a, b, out, |a, b| a == b),
        Cmp::Ne => masks(a, b, out, |a, b| a != b),
        Cmp::Lt => masks(a, b, out, |a, b| a < b),
        Cmp::Le => masks(a, b, out, |a, b| a <= b),
        Cmp::Gt => masks(a, b, out, |a, b| a > b),
        Cmp::Ge => masks(a, b, out, |a, b| a >= b),
    }
    out.yes.take_out(odd);
    out.no.take_out(odd);
    odd::compare(cmp, job, out, job.present(odd));
}

fn masks(a: Lane<'_>, b: Lane<'_>, out: &mut Truths, f: impl Fn(i64, i64) -> bool) {
    for (n, (yes, no)) in out.yes.words_mut().iter_mut().zip(out.no.words_mut()).enumerate() {
        let word = mask(a.chunk(n), b.chunk(n), &f);
        (*yes, *no) = (word, !word);
    }
}
