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

/// An exact decimal number. Sixteen bytes of coefficient kept in halves so that values stay 8-byte aligned and small.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Dec {
    hi: i64,
    lo: u64,
    scale: i16,
}

fn pow10(k: u32) -> u128 {
    10u128.checked_pow(k).unwrap_or(u128::MAX)
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
    pub const ZERO: Dec = Dec { hi: 0, lo: 0, scale: 0 };

    fn coef(self) -> i128 {
        (i128::from(self.hi) << 64) | i128::from(self.lo)
    }

    fn pack(negative: bool, mag: u128, scale: i32) -> Option<Dec> {
        let (mut mag, mut scale) = (mag, scale);
        while scale > 0 && mag != 0 && mag.is_multiple_of(10) {
            mag /= 10;
            scale -= 1;
        }
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
        let lo = u64::try_from(signed & i128::from(u64::MAX)).ok()?;
        Some(Dec { hi: i64::try_from(signed >> 64).ok()?, lo, scale: i16::try_from(scale).ok()? })
    }

    /// Rounds a magnitude half-even to 34 digits.
    fn fit(negative: bool, mag: u128, scale: i32) -> Option<Dec> {
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
        Dec::pack(n < 0, u128::from(n.unsigned_abs()), 0).unwrap_or(Dec::ZERO)
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
        let (a, b) = if self.scale >= other.scale { (self, other) } else { (other, self) };
        // `b` has the smaller scale and is raised; where it cannot be raised so far, `a` is cut with a sticky digit.
        let gap = u32::try_from(i32::from(a.scale) - i32::from(b.scale)).ok()?;
        let mut raise = gap;
        while b.coef().unsigned_abs().checked_mul(pow10(raise.min(38))).is_none_or(|m| m > LIMIT * 1000) && raise > 0 {
            raise -= 1;
        }
        let raised = b.coef().checked_mul(i128::try_from(pow10(raise)).ok()?)?;
        let kept = i128::try_from(cut(a.coef().unsigned_abs(), gap - raise)).ok()?;
        let kept = if a.coef() < 0 { -kept } else { kept };
        let sum = raised.checked_add(kept)?;
        Dec::fit(sum < 0, sum.unsigned_abs(), i32::from(a.scale) - i32::try_from(gap - raise).ok()?)
    }

    /// The number with its sign turned.
    pub fn negated(self) -> Dec {
        let c = self.coef();
        Dec::pack(c > 0, c.unsigned_abs(), i32::from(self.scale)).unwrap_or(Dec::ZERO)
    }

    /// The difference.
    pub fn minus(self, other: Dec) -> Option<Dec> {
        self.plus(other.negated())
    }

    /// The product.
    pub fn times(self, other: Dec) -> Option<Dec> {
        let (a, b) = (self.coef(), other.coef());
        let negative = (a < 0) != (b < 0);
        let scale = i32::from(self.scale) + i32::from(other.scale);
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
        let (mut q, mut r) = (a / b, a % b);
        let mut scale = i32::from(self.scale) - i32::from(other.scale);
        // Two digits more than needed, then a sticky one.
        while r != 0 && q < LIMIT * 10 && scale < MAX_SCALE + 2 {
            r *= 10;
            q = q * 10 + r / b;
            r %= b;
            scale += 1;
        }
        if r != 0 && q.is_multiple_of(5) {
            q += 1;
        }
        Dec::fit(negative, q, scale)
    }

    /// Shortens to `scale` decimals (negative: tens, hundreds …).
    pub fn round(self, how: Rounding, scale: i32) -> Option<Dec> {
        let drop = i32::from(self.scale).checked_sub(scale)?;
        if drop <= 0 {
            return Some(self);
        }
        let (c, drop) = (self.coef(), drop.unsigned_abs());
        let negative = c < 0;
        let divisor = if drop > 38 { u128::MAX } else { pow10(drop) };
        let (q, r) = (c.unsigned_abs() / divisor, c.unsigned_abs() % divisor);
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
        if self.scale == 0 { i64::try_from(self.coef()).ok() } else { None }
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
        if (a < 0) != (b < 0) || self.scale == other.scale {
            return a.cmp(&b);
        }
        let raise =
            |c: i128, by: i16| i128::try_from(pow10(u32::from(by.unsigned_abs()))).ok().and_then(|p| c.checked_mul(p));
        let gap = self.scale - other.scale;
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
        let scale = usize::from(self.scale.unsigned_abs());
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
}
