//! Division of many numbers by one, without dividing.

use crate::value::Bounds;

/// Whole numbers within this are exact as floats, and so are sums of two of them.
pub(crate) const EXACT: i64 = 1 << 50;
/// 2^52 + 2^51: a float of this size has its whole part in its low bits.
const SHIFT: f64 = 6_755_399_441_055_744.0;
const SHIFT_BITS: i64 = 0x4338_0000_0000_0000;

/// Division of numbers within ±[`EXACT`] by a number below 2^31 known before the loop. A product with the inverse as a float
/// is off by less than one; the remainder, which is exact, puts that right, so that the quotient is exact.
#[derive(Clone, Copy)]
pub(crate) struct Divisor {
    by: f64,
    inverse: f64,
}

impl Divisor {
    pub(crate) fn new(by: i64) -> Option<Divisor> {
        (by > 0 && by < 1 << 31).then(|| Divisor { by: by as f64, inverse: 1.0 / by as f64 })
    }

    /// The quotient rounded down, and what is left: a whole number held as a float.
    #[inline]
    pub(crate) fn divide(self, n: i64) -> (i64, f64) {
        let float = f64::from_bits(n.wrapping_add(SHIFT_BITS) as u64) - SHIFT;
        let near = float * self.inverse + SHIFT;
        let left = float - (near - SHIFT) * self.by;
        let q = (near.to_bits() as i64).wrapping_sub(SHIFT_BITS);
        if left < 0.0 { (q.wrapping_sub(1), left + self.by) } else { (q, left) }
    }
}

/// `(n × times + plus) / by`, rounded down, for numbers known before the loop to lie within a span: a multiplication with an
/// inverse held as a whole number over a power of two, so fine that no number of the span is rounded wrongly.
#[derive(Clone, Copy)]
pub(crate) struct Quotient {
    times: i64,
    plus: i64,
    shift: u32,
    below: i64,
}

impl Quotient {
    /// `None` where 64 bits do not hold what is needed.
    pub(crate) fn new(span: Bounds, times: i64, plus: i64, by: i64) -> Option<Quotient> {
        if by <= 0 || span.lo > span.hi {
            return None;
        }
        let ends = [span.lo.checked_mul(times)?.checked_add(plus)?, span.hi.checked_mul(times)?.checked_add(plus)?];
        let (least, most) = (ends[0].min(ends[1]), ends[0].max(ends[1]));
        // Numbers below 0 are moved up by a multiple of the divisor, and the quotient down again.
        let below = if least < 0 { least.div_euclid(by).checked_neg()? } else { 0 };
        let moved = below.checked_mul(by)?;
        let most = most.checked_add(moved)?;
        // inverse = 2^shift / by + error / by, and most × error < 2^shift.
        for shift in 0..62_u32 {
            let power = 1_i64 << shift;
            let inverse = power / by + 1;
            let error = i128::from(inverse) * i128::from(by) - i128::from(power);
            if i128::from(most) * error < i128::from(power) {
                most.checked_mul(inverse)?;
                let times = times.checked_mul(inverse)?;
                let plus = plus.checked_add(moved)?.checked_mul(inverse)?;
                return Some(Quotient { times, plus, shift, below });
            }
        }
        None
    }

    /// Of a number of the span.
    #[inline(always)]
    pub(crate) fn of(self, n: i64) -> i64 {
        let product = n.wrapping_mul(self.times).wrapping_add(self.plus);
        ((product as u64 >> self.shift) as i64).wrapping_sub(self.below)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotients_by_multiplication_are_exact() {
        let mut made = 0;
        for (lo, hi) in
            [(0, 10), (-7, 7), (0, 2_000_000_000), (-2_147_483_648, 2_147_483_647), (-5_000_000_000, -3), (9, 9)]
        {
            for by in [1, 2, 3, 7, 12, 97, 100, 1_000, 10_000, 999_983] {
                for (times, plus) in [(1, 0), (1, by - 1), (3, by / 2), (-4, 0), (150, 1)] {
                    let Some(quotient) = Quotient::new(Bounds { lo, hi }, times, plus, by) else { continue };
                    made += 1;
                    let step = ((hi - lo) / 1_000).max(1);
                    let near = (0..=1_000).map(|n| lo + n * step).chain([hi]);
                    let edges = near.flat_map(|n| [n, n / by * by - 1, n / by * by, n / by * by + 1, n - 1]);
                    for n in edges.filter(|n| (lo..=hi).contains(n)) {
                        assert_eq!(
                            quotient.of(n),
                            (n * times + plus).div_euclid(by),
                            "({n} × {times} + {plus}) / {by}"
                        );
                    }
                }
            }
        }
        assert!(made > 150, "{made}");
    }

    #[test]
    fn quotients_are_exact() {
        let mut n = 1_i64;
        let mut numbers = vec![0, 1, EXACT, EXACT - 1, EXACT / 3];
        for _ in 0..2_000 {
            n = n.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            numbers.extend([n % EXACT, n % 1_000_003]);
        }
        for by in [1, 2, 3, 7, 10, 12, 97, 100, 365, 1_000, 10_000, 999_983, (1 << 31) - 1] {
            let divisor = Divisor::new(by).unwrap();
            let edges = numbers.iter().flat_map(|n| [*n, n / by * by, n / by * by - 1, n / by * by + 1]);
            for n in edges.flat_map(|n| [n, -n]).filter(|n| n.abs() <= EXACT) {
                let (q, left) = divisor.divide(n);
                assert_eq!((q, left as i64), (n.div_euclid(by), n.rem_euclid(by)), "{n} / {by}");
            }
        }
    }
}
