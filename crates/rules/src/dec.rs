//! Exact decimals: 34 significant digits (as decimal128 and DMN ask), half-even where a result does not fit.
//!
//! A value is `coefficient × 10^-scale` with `scale ≥ 0`; trailing zeros are stripped, so equal numbers are equal bits.
//! Whole parts beyond 34 digits are an overflow (`None`), never a silent loss.

use std::cmp::Ordering;
use std::fmt;

const LIMIT: u128 = 10u128.pow(34);
const MAX_SCALE: i32 = 100;

/// How a number is made shorter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Rounding {
    /// Towards minus infinity.
    Floor,
    /// Towards plus infinity.
    Ceiling,
    /// To the nearest; a half goes away from zero.
    HalfUp,
    /// Towards zero.
    Down,
    /// Away from zero.
    Up,
}

/// An exact decimal number. The coefficient has at most 114 bits and the scale 8, so both stand in two words: values are copied
/// more often than anything else.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Dec {
    /// The upper half of the coefficient, above the scale.
    hi: i64,
    lo: u64,
}

/// How many bits of `hi` hold the scale.
const SCALE_BITS: u32 = 8;

/// Powers of ten, as far as they fit.
#[allow(clippy::indexing_slicing, reason = "worked out by the compiler")]
const POWERS: [u128; 39] = {
    let mut all = [1; 39];
    let mut n = 1;
    while n < 39 {
        all[n] = all[n - 1] * 10;
        n += 1;
    }
    all
};

fn pow10(k: u32) -> u128 {
    POWERS.get(k as usize).copied().unwrap_or(u128::MAX)
}

/// Quotient and rest. Nearly all numbers fit 64 bits, where dividing takes a fraction of the time.
#[inline]
fn divided(a: u128, b: u128) -> (u128, u128) {
    match (u64::try_from(a), u64::try_from(b)) {
        (Ok(a), Ok(b)) => (u128::from(a / b), u128::from(a % b)),
        _ => (a / b, a % b),
    }
}

/// Takes zeros off the end, not more than so many.
#[inline]
fn stripped(mag: u128, scale: i32) -> (u128, i32) {
    let (mut mag, mut scale) = (mag, scale);
    if let Ok(mut small) = u64::try_from(mag) {
        while scale > 0 && small != 0 && small.is_multiple_of(10) {
            small /= 10;
            scale -= 1;
        }
        return (u128::from(small), scale);
    }
    while scale > 0 && mag != 0 && mag.is_multiple_of(10) {
        mag /= 10;
        scale -= 1;
    }
    (mag, scale)
}

/// Divides by ten `k` times at once, leaving a last digit that tells a later half-even rounding what was cut off.
fn cut(mag: u128, k: u32) -> u128 {
    if k == 0 {
        return mag;
    }
    let divisor = if k > 38 { u128::MAX } else { pow10(k) };
    let (q, r) = (mag / divisor, mag % divisor);
    if r != 0 && q % 5 == 0 { q + 1 } else { q }
}

impl Dec {
    /// Zero.
    pub const ZERO: Dec = Dec { hi: 0, lo: 0 };

    #[inline]
    fn coef(self) -> i128 {
        (i128::from(self.hi >> SCALE_BITS) << 64) | i128::from(self.lo)
    }

    #[inline]
    fn scale(self) -> i32 {
        (self.hi & 0xff) as i32
    }

    /// A coefficient of not more than 34 digits over 10 to the scale.
    #[inline]
    fn of(coef: i128, scale: u8) -> Dec {
        Dec { hi: (((coef >> 64) as i64) << SCALE_BITS) | i64::from(scale), lo: coef as u64 }
    }

    fn pack(negative: bool, mag: u128, scale: i32) -> Option<Dec> {
        let (mut mag, mut scale) = stripped(mag, scale);
        if mag == 0 {
            return Some(Dec::ZERO);
        }
        if scale < 0 {
            mag = mag.checked_mul(pow10(scale.unsigned_abs()))?;
            scale = 0;
        }
        if mag >= LIMIT {
            return None;
        }
        let signed = i128::try_from(mag).ok()?;
        let signed = if negative { -signed } else { signed };
        Some(Dec::of(signed, u8::try_from(scale).ok()?))
    }

    /// Rounds a magnitude half-even to 34 digits.
    fn fit(negative: bool, mag: u128, scale: i32) -> Option<Dec> {
        if mag < LIMIT && scale <= MAX_SCALE {
            return Dec::pack(negative, mag, scale);
        }
        let mut drop = scale.saturating_sub(MAX_SCALE).max(0).unsigned_abs();
        while mag / pow10(drop.min(38)) >= LIMIT {
            drop += 1;
        }
        if drop == 0 {
            return Dec::pack(negative, mag, scale);
        }
        let divisor = pow10(drop.min(38));
        let (q, r) = (mag / divisor, mag % divisor);
        let up = match r.cmp(&(divisor / 2)) {
            Ordering::Greater => true,
            Ordering::Equal => q % 2 == 1,
            Ordering::Less => false,
        };
        Dec::pack(negative, q + u128::from(up), scale - i32::try_from(drop).ok()?)
    }

    /// A whole number.
    pub fn from_i64(n: i64) -> Dec {
        Dec::of(i128::from(n), 0)
    }

    /// Reads `-12.50`; no exponent. `None` if it is not a number or has more than 34 significant digits.
    pub fn parse(text: &str) -> Option<Dec> {
        let text = text.trim();
        let (negative, digits) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        if whole.is_empty() && fraction.is_empty() {
            return None;
        }
        let mut mag: u128 = 0;
        for c in whole.chars().chain(fraction.chars()) {
            mag = mag.checked_mul(10)?.checked_add(u128::from(c.to_digit(10)?))?;
        }
        let scale = i32::try_from(fraction.len()).ok()?;
        Dec::pack(negative, mag, scale).filter(|_| scale <= MAX_SCALE)
    }

    /// The sum.
    pub fn plus(self, other: Dec) -> Option<Dec> {
        let (a, b) = if self.scale() >= other.scale() { (self, other) } else { (other, self) };
        if b == Dec::ZERO {
            return Some(a);
        }
        // `b` has the smaller scale and is raised; where it cannot be raised so far, `a` is cut with a sticky digit.
        let gap = u32::try_from(a.scale() - b.scale()).ok()?;
        let mut raise = gap;
        while b.coef().unsigned_abs().checked_mul(pow10(raise.min(38))).is_none_or(|m| m > LIMIT * 1000) && raise > 0 {
            raise -= 1;
        }
        let raised = b.coef().checked_mul(i128::try_from(pow10(raise)).ok()?)?;
        let kept = i128::try_from(cut(a.coef().unsigned_abs(), gap - raise)).ok()?;
        let kept = if a.coef() < 0 { -kept } else { kept };
        let sum = raised.checked_add(kept)?;
        Dec::fit(sum < 0, sum.unsigned_abs(), a.scale() - i32::try_from(gap - raise).ok()?)
    }

    /// The number with its sign turned.
    pub fn negated(self) -> Dec {
        let c = self.coef();
        Dec::pack(c > 0, c.unsigned_abs(), self.scale()).unwrap_or(Dec::ZERO)
    }

    /// The difference.
    pub fn minus(self, other: Dec) -> Option<Dec> {
        self.plus(other.negated())
    }

    /// The product.
    pub fn times(self, other: Dec) -> Option<Dec> {
        let (a, b) = (self.coef(), other.coef());
        let negative = (a < 0) != (b < 0);
        let scale = self.scale() + other.scale();
        let (a, b) = (a.unsigned_abs(), b.unsigned_abs());
        match a.checked_mul(b) {
            Some(mag) => Dec::fit(negative, mag, scale),
            None => {
                let (mag, dropped) = wide_product(a, b);
                Dec::fit(negative, mag, scale - dropped)
            }
        }
    }

    /// The quotient to 34 digits; `None` also when dividing by zero.
    pub fn over(self, other: Dec) -> Option<Dec> {
        let (a, b) = (self.coef(), other.coef());
        if b == 0 {
            return None;
        }
        let negative = (a < 0) != (b < 0);
        let (a, b) = (a.unsigned_abs(), b.unsigned_abs());
        let mut scale = self.scale() - other.scale();
        let (mut q, mut r) = divided(a, b);
        // Two digits more than needed, then a sticky one.
        match (u64::try_from(r), u64::try_from(b)) {
            // What is left and ten times it fit 64 bits, only the quotient grows.
            (Ok(mut left), Ok(by)) if by < u64::MAX / 10 => {
                while left != 0 && q < LIMIT * 10 && scale < MAX_SCALE + 2 {
                    left *= 10;
                    q = q * 10 + u128::from(left / by);
                    left %= by;
                    scale += 1;
                }
                r = u128::from(left);
            }
            _ => {
                while r != 0 && q < LIMIT * 10 && scale < MAX_SCALE + 2 {
                    r *= 10;
                    q = q * 10 + r / b;
                    r %= b;
                    scale += 1;
                }
            }
        }
        if r != 0 && q.is_multiple_of(5) {
            q += 1;
        }
        Dec::fit(negative, q, scale)
    }

    /// Shortens to `scale` decimals (negative: tens, hundreds …).
    pub fn round(self, how: Rounding, scale: i32) -> Option<Dec> {
        let drop = self.scale().checked_sub(scale)?;
        if drop <= 0 {
            return Some(self);
        }
        let (c, drop) = (self.coef(), drop.unsigned_abs());
        let negative = c < 0;
        let divisor = if drop > 38 { u128::MAX } else { pow10(drop) };
        let (q, r) = divided(c.unsigned_abs(), divisor);
        let up = r != 0
            && match how {
                Rounding::Down => false,
                Rounding::Up => true,
                Rounding::Floor => negative,
                Rounding::Ceiling => !negative,
                Rounding::HalfUp => r >= divisor - r,
            };
        Dec::pack(negative, q + u128::from(up), scale)
    }

    /// The whole number, if it is one and fits.
    pub fn whole(self) -> Option<i64> {
        if self.scale() == 0 { i64::try_from(self.coef()).ok() } else { None }
    }

    /// Largest whole number not above, clamped to 64 bits.
    pub fn floor_i64(self) -> i64 {
        self.clamped(Rounding::Floor)
    }

    /// Smallest whole number not below, clamped to 64 bits.
    pub fn ceil_i64(self) -> i64 {
        self.clamped(Rounding::Ceiling)
    }

    fn clamped(self, how: Rounding) -> i64 {
        let c = self.round(how, 0).unwrap_or(Dec::ZERO).coef();
        i64::try_from(c).unwrap_or(if c < 0 { i64::MIN } else { i64::MAX })
    }
}

/// `a × b` cut to at most 37 digits with a sticky last one, and how many digits were cut.
fn wide_product(a: u128, b: u128) -> (u128, i32) {
    let limb = |n: u128, i: u32| (n >> (64 * i)) & u128::from(u64::MAX);
    let low = limb(a, 0) * limb(b, 0);
    let mid1 = limb(a, 1) * limb(b, 0) + limb(low, 1);
    let mid2 = limb(a, 0) * limb(b, 1) + limb(mid1, 0);
    let mut hi = limb(a, 1) * limb(b, 1) + limb(mid1, 1) + limb(mid2, 1);
    let mut lo = (limb(mid2, 0) << 64) | limb(low, 0);
    let (mut dropped, mut sticky) = (0, false);
    while hi != 0 || lo >= LIMIT * 1000 {
        let (qh, rh) = (hi / 10, hi % 10);
        let upper = (rh << 64) | limb(lo, 1);
        let lower = ((upper % 10) << 64) | limb(lo, 0);
        sticky |= lower % 10 != 0;
        hi = qh;
        lo = ((upper / 10) << 64) | (lower / 10);
        dropped += 1;
    }
    (if sticky && lo.is_multiple_of(5) { lo + 1 } else { lo }, dropped)
}

impl PartialOrd for Dec {
    fn partial_cmp(&self, other: &Dec) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Dec {
    fn cmp(&self, other: &Dec) -> Ordering {
        let (a, b) = (self.coef(), other.coef());
        if (a < 0) != (b < 0) || self.scale() == other.scale() {
            return a.cmp(&b);
        }
        let raise = |c: i128, by: i32| i128::try_from(pow10(by.unsigned_abs())).ok().and_then(|p| c.checked_mul(p));
        let gap = self.scale() - other.scale();
        // Where raising overflows, the raised one is the larger in magnitude (unless it is zero, which never overflows).
        if gap > 0 {
            match raise(b, gap) {
                Some(b) => a.cmp(&b),
                None if b == 0 => a.cmp(&0),
                None => 0.cmp(&b),
            }
        } else {
            match raise(a, gap) {
                Some(a) => a.cmp(&b),
                None if a == 0 => 0.cmp(&b),
                None => a.cmp(&0),
            }
        }
    }
}

impl fmt::Display for Dec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let c = self.coef();
        let sign = if c < 0 { "-" } else { "" };
        let scale = self.scale().unsigned_abs() as usize;
        if scale == 0 {
            return write!(f, "{sign}{}", c.unsigned_abs());
        }
        let digits = format!("{:0>width$}", c.unsigned_abs(), width = scale + 1);
        let (whole, fraction) = digits.split_at(digits.len() - scale);
        write!(f, "{sign}{whole}.{fraction}")
    }
}

impl fmt::Debug for Dec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn d(text: &str) -> Dec {
        Dec::parse(text).unwrap_or_else(|| panic!("{text}"))
    }

    #[test]
    fn the_usual_traps() {
        assert_eq!(d("0.1").plus(d("0.2")), Some(d("0.3")));
        assert_eq!(d("1").over(d("3")).map(|q| q.to_string()), Some("0.3333333333333333333333333333333333".into()));
        assert_eq!(d("2").over(d("3")).map(|q| q.to_string()), Some("0.6666666666666666666666666666666667".into()));
        assert_eq!(d("1.50"), d("1.5"));
        assert_eq!(d("-2.5").round(Rounding::HalfUp, 0), Some(d("-3")));
        assert_eq!(d("-2.5").round(Rounding::Floor, 0), Some(d("-3")));
        assert_eq!(d("-2.5").round(Rounding::Down, 0), Some(d("-2")));
        assert_eq!(d("15").round(Rounding::HalfUp, -1), Some(d("20")));
        assert_eq!(d("19").round(Rounding::Down, -1), Some(d("10")));
        assert_eq!(d("1").over(Dec::ZERO), None);
    }

    #[test]
    fn the_34th_digit_is_rounded_half_even() {
        let big = d("9999999999999999999999999999999999");
        assert_eq!(big.plus(d("1")), None, "35 whole digits overflow");
        assert_eq!(big.plus(d("0.4")), Some(big));
        assert_eq!(
            d("1.000000000000000000000000000000001").times(d("1.000000000000000000000000000000001")),
            Some(d("1.000000000000000000000000000000002"))
        );
        assert_eq!(
            d("1234567890123456789").times(d("1000000000.000000001")).map(|x| x.to_string()),
            Some("1234567890123456790234567890.123457".into())
        );
        assert_eq!(big.cmp(&d("0.0000000000000000000000000000000001")), Ordering::Greater);
        assert_eq!(d("-1").cmp(&d("-0.0000000000000000000000000000000001")), Ordering::Less);
    }

    /// Numbers that fit 64 bits go a shorter way; the same times a power of ten do not, and the quotient is the same.
    #[test]
    fn the_short_way_divides_as_the_long_one() {
        let mut r = fastrand::Rng::with_seed(5);
        let number = |r: &mut fastrand::Rng| {
            let digits = r.u32(1..17);
            i64::try_from(r.u64(1..10_u64.pow(digits))).unwrap() * if r.bool() { 1 } else { -1 }
        };
        for _ in 0..20_000 {
            let (a, b) = (number(&mut r), number(&mut r));
            let long = |n: i64| d(&format!("{n}00000000000000000"));
            let (short, wide) = (Dec::from_i64(a).over(Dec::from_i64(b)), long(a).over(long(b)));
            assert_eq!(short, wide, "{a} / {b}");
            assert_eq!(Dec::from_i64(a), d(&a.to_string()));
            let scale = r.i32(0..20);
            for how in [Rounding::Floor, Rounding::Ceiling, Rounding::HalfUp, Rounding::Down, Rounding::Up] {
                let near = short.unwrap().round(how, scale).unwrap();
                let step = d(&format!("0.{:0>width$}", 1, width = scale.unsigned_abs() as usize + 1));
                let off = near.minus(short.unwrap()).unwrap();
                let off = if off < Dec::ZERO { off.negated() } else { off };
                assert!(off < step.times(d("10")).unwrap(), "{a} / {b} to {scale}: {near}");
            }
        }
        for n in [0, 1, -1, i64::MAX, i64::MIN] {
            assert_eq!(Dec::from_i64(n), d(&n.to_string()));
        }
    }
}
