//! FEEL numbers: decimal128 as IEEE 754-2008 has it. 34 significant digits, half-even, exponents from -6176 to 6111.
//!
//! `rules::Dec` refuses what has more than 34 whole digits and knows no exponents, on purpose: money has neither. A foreign
//! model may have both (`1.2E+500`), so this type rounds where that one refuses.

use std::cmp::Ordering;
use std::fmt;

use num_bigint::BigUint;
use num_integer::Integer;
use num_traits::{ToPrimitive, Zero};

use crate::precise;

/// 10^34: no coefficient reaches it.
const LIMIT: u128 = 10u128.pow(34);
const DIGITS: i64 = 34;
const MAX_EXP: i64 = 6111;
const MIN_EXP: i64 = -6176;

/// How a number is made shorter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rounding {
    /// To the nearest, a half to the even neighbour: `decimal`.
    HalfEven,
    /// Towards minus infinity.
    Floor,
    /// Towards plus infinity.
    Ceiling,
    /// Away from zero.
    Up,
    /// Towards zero.
    Down,
    /// To the nearest, a half away from zero.
    HalfUp,
    /// To the nearest, a half towards zero.
    HalfDown,
}

/// A decimal128 number. Equal numbers are equal bits: a fraction has no trailing zeros, and the exponent is positive only
/// where the coefficient already has 34 digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Number {
    negative: bool,
    coef: u128,
    exp: i32,
}

pub(crate) fn pow10(k: u32) -> u128 {
    10u128.checked_pow(k).unwrap_or(u128::MAX)
}

fn digits(n: u128) -> u32 {
    n.checked_ilog10().map_or(0, |d| d + 1)
}

/// Whether a quotient goes up, from its last digit's oddness and how the remainder compares with a half.
fn goes_up(how: Rounding, negative: bool, odd: bool, exact: bool, half: Ordering) -> bool {
    if exact {
        return false;
    }
    match how {
        Rounding::Floor => negative,
        Rounding::Ceiling => !negative,
        Rounding::Up => true,
        Rounding::Down => false,
        Rounding::HalfUp => half.is_ge(),
        Rounding::HalfDown => half.is_gt(),
        Rounding::HalfEven => half.is_gt() || (half.is_eq() && odd),
    }
}

impl Number {
    /// Zero.
    pub const ZERO: Number = Number { negative: false, coef: 0, exp: 0 };
    /// One.
    pub const ONE: Number = Number { negative: false, coef: 1, exp: 0 };

    /// Brings a coefficient below 10^34 into the one form; `None` beyond decimal128's exponents.
    fn pack(negative: bool, coef: u128, exp: i64) -> Option<Number> {
        let (mut coef, mut exp) = (coef, exp);
        if coef == 0 {
            return Some(Number::ZERO);
        }
        while exp < 0 && coef.is_multiple_of(10) {
            coef /= 10;
            exp += 1;
        }
        if exp > 0 {
            let room = (DIGITS - i64::from(digits(coef))).min(exp).max(0);
            coef = coef.checked_mul(pow10(u32::try_from(room).ok()?))?;
            exp -= room;
        }
        (exp <= MAX_EXP).then_some(())?;
        Some(Number { negative, coef, exp: i32::try_from(exp).ok()? })
    }

    /// Rounds half-even to 34 digits (and to the smallest exponent).
    fn fit(negative: bool, coef: u128, exp: i64) -> Option<Number> {
        if coef < LIMIT && exp >= MIN_EXP {
            return Number::pack(negative, coef, exp);
        }
        Number::fit_wide(negative, &BigUint::from(coef), exp)
    }

    /// The same for any width. A caller that cut digits off must have left a last digit that says so.
    pub(crate) fn fit_wide(negative: bool, coef: &BigUint, exp: i64) -> Option<Number> {
        if coef.is_zero() {
            return Some(Number::ZERO);
        }
        let length = i64::try_from(precise::decimal_digits(coef)).ok()?;
        let drop = (length - DIGITS).max(MIN_EXP - exp).max(0);
        if drop == 0 {
            return Number::pack(negative, coef.to_u128()?, exp);
        }
        if drop > length + 1 {
            return Some(Number::ZERO);
        }
        let rounded = divide_rounded(coef, u32::try_from(drop).ok()?, negative, Rounding::HalfEven).to_u128()?;
        // 9999…9 may have become 10^34.
        if rounded >= LIMIT {
            return Number::pack(negative, rounded / 10, exp + drop + 1);
        }
        Number::pack(negative, rounded, exp + drop)
    }

    /// Reads `-12.50`, `.5`, `1.2E+3`. More than 34 digits are rounded half-even.
    pub fn parse(text: &str) -> Option<Number> {
        let (negative, rest) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let (mantissa, exponent) = match rest.split_once(['e', 'E']) {
            Some((m, e)) => (m, e.parse::<i64>().ok().filter(|e| e.abs() < 1_000_000)?),
            None => (rest, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let plain = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
        if (whole.is_empty() && fraction.is_empty()) || !plain(whole) || !plain(fraction) || mantissa.ends_with('.') {
            return None;
        }
        let exp = exponent - i64::try_from(fraction.len()).ok()?;
        let joined = format!("{whole}{fraction}");
        let joined = joined.trim_start_matches('0');
        if joined.len() <= 38 {
            let coef = if joined.is_empty() { 0 } else { joined.parse().ok()? };
            return Number::fit(negative, coef, exp);
        }
        // Digits far behind the 34th matter only as "there was something".
        let kept: String = joined.chars().take(80).collect();
        let cut = joined.get(kept.len()..).unwrap_or("");
        let mut coef = BigUint::parse_bytes(kept.as_bytes(), 10)? * 10u32;
        if cut.bytes().any(|b| b != b'0') {
            coef += 1u32;
        }
        Number::fit_wide(negative, &coef, exp + i64::try_from(cut.len()).ok()? - 1)
    }

    /// Whether it is below zero.
    pub fn is_negative(self) -> bool {
        self.negative
    }

    /// Whether it is zero.
    pub fn is_zero(self) -> bool {
        self.coef == 0
    }

    /// Whether it has no fraction.
    pub fn is_whole(self) -> bool {
        self.exp >= 0
    }

    pub(crate) fn parts(self) -> (bool, u128, i32) {
        (self.negative, self.coef, self.exp)
    }

    /// The number with its sign turned.
    pub fn negated(self) -> Number {
        Number { negative: !self.negative && self.coef != 0, ..self }
    }

    /// The number without its sign.
    pub fn abs(self) -> Number {
        Number { negative: false, ..self }
    }

    /// The sum; `None` where it overflows.
    pub fn plus(self, other: Number) -> Option<Number> {
        let (a, b) = if self.exp >= other.exp { (self, other) } else { (other, self) };
        let gap = u32::try_from(a.exp - b.exp).ok()?;
        let exp = i64::from(b.exp);
        if let Some(raised) = (gap < 38).then(|| a.coef.checked_mul(pow10(gap))).flatten() {
            let (sum, negative) = if a.negative == b.negative {
                (raised.checked_add(b.coef)?, a.negative)
            } else if raised >= b.coef {
                (raised - b.coef, a.negative)
            } else {
                (b.coef - raised, b.negative)
            };
            return Number::fit(negative, sum, exp);
        }
        if a.coef == 0 {
            return Some(b);
        }
        // Where the smaller one lies far below the last digit, it is only "a little more" or "a little less".
        let (gap, low, exp) = if gap > 80 {
            (72, BigUint::from(u8::from(b.coef != 0)), i64::from(a.exp) - 72)
        } else {
            (gap, BigUint::from(b.coef), exp)
        };
        let raised = BigUint::from(a.coef) * precise::ten_to(gap);
        let (sum, negative) =
            if a.negative == b.negative { (raised + low, a.negative) } else { (raised - low, a.negative) };
        Number::fit_wide(negative, &sum, exp)
    }

    /// The difference.
    pub fn minus(self, other: Number) -> Option<Number> {
        self.plus(other.negated())
    }

    /// The product.
    pub fn times(self, other: Number) -> Option<Number> {
        let negative = self.negative != other.negative;
        let exp = i64::from(self.exp) + i64::from(other.exp);
        match self.coef.checked_mul(other.coef) {
            Some(coef) => Number::fit(negative, coef, exp),
            None => Number::fit_wide(negative, &(BigUint::from(self.coef) * other.coef), exp),
        }
    }

    /// The quotient; `None` also where the divisor is zero.
    pub fn over(self, other: Number) -> Option<Number> {
        if other.coef == 0 {
            return None;
        }
        let negative = self.negative != other.negative;
        let exp = i64::from(self.exp) - i64::from(other.exp);
        if self.coef.is_multiple_of(other.coef) {
            return Number::fit(negative, self.coef / other.coef, exp);
        }
        let raise = 40 + digits(other.coef);
        let (mut q, r) = (BigUint::from(self.coef) * precise::ten_to(raise)).div_rem(&BigUint::from(other.coef));
        if !r.is_zero() && (&q % 5u32).is_zero() {
            q += 1u32;
        }
        Number::fit_wide(negative, &q, exp - i64::from(raise))
    }

    /// The remainder with the sign of the divisor: `a - b × floor(a / b)`.
    pub fn modulo(self, other: Number) -> Option<Number> {
        if other.coef == 0 {
            return None;
        }
        // Exact: floor of a rounded quotient would be wrong for long numbers.
        let exp = self.exp.min(other.exp);
        let (ga, gb) = (u32::try_from(self.exp - exp).ok()?, u32::try_from(other.exp - exp).ok()?);
        let a = BigUint::from(self.coef) * precise::ten_to(ga);
        let b = BigUint::from(other.coef) * precise::ten_to(gb);
        let r = a % &b;
        if r.is_zero() {
            return Some(Number::ZERO);
        }
        let r = if self.negative == other.negative { r } else { b - r };
        Number::fit_wide(other.negative, &r, i64::from(exp))
    }

    /// Shortens to `scale` decimals (negative: tens, hundreds …).
    pub fn round(self, how: Rounding, scale: i64) -> Option<Number> {
        let drop = -i64::from(self.exp) - scale;
        if drop <= 0 || self.coef == 0 {
            return Some(self);
        }
        let drop = u32::try_from(drop.min(60)).ok()?;
        let exp = -scale;
        let coef = if drop <= 38 {
            let unit = if drop == 38 { 10u128.pow(38) } else { pow10(drop) };
            let (q, r) = (self.coef / unit, self.coef % unit);
            q + u128::from(goes_up(how, self.negative, q % 2 == 1, r == 0, r.cmp(&(unit - r))))
        } else {
            u128::from(goes_up(how, self.negative, false, false, Ordering::Less))
        };
        Number::fit(self.negative, coef, exp)
    }

    /// Rounds half-even to as many significant digits.
    pub fn to_significant(self, count: u32) -> Number {
        let excess = digits(self.coef).saturating_sub(count);
        self.round(Rounding::HalfEven, -i64::from(self.exp) - i64::from(excess)).unwrap_or(self)
    }

    /// How many digits it is written with.
    pub fn significant(self) -> u32 {
        digits(self.coef)
    }

    /// The whole number, if it is one and fits.
    pub fn whole(self) -> Option<i64> {
        if self.exp != 0 {
            return None;
        }
        let n = i64::try_from(self.coef).ok()?;
        Some(if self.negative { -n } else { n })
    }

    /// The part before the point, if it fits.
    pub fn truncated(self) -> Option<i64> {
        self.round(Rounding::Down, 0)?.whole()
    }

    /// Any whole number up to 34 digits.
    pub fn from_i128(n: i128) -> Option<Number> {
        Number::fit(n < 0, n.unsigned_abs(), 0)
    }

    /// `n × 10^-scale`.
    pub fn scaled(n: i128, scale: u32) -> Option<Number> {
        Number::fit(n < 0, n.unsigned_abs(), -i64::from(scale))
    }

    /// `n × 10^9` as a whole number, cut towards zero: seconds to nanoseconds.
    pub fn in_billionths(self) -> Option<i128> {
        let n = self.round(Rounding::Down, 9)?;
        let raise = u32::try_from(i64::from(n.exp) + 9).ok()?;
        let value = i128::try_from(n.coef.checked_mul(10u128.checked_pow(raise)?)?).ok()?;
        Some(if n.negative { -value } else { value })
    }

    /// The power; `None` where it is not a real number or overflows.
    pub fn power(self, exponent: Number) -> Option<Number> {
        precise::power(self, exponent)
    }

    /// The square root; `None` below zero.
    pub fn sqrt(self) -> Option<Number> {
        precise::sqrt(self)
    }

    /// The natural logarithm; `None` at and below zero.
    pub fn ln(self) -> Option<Number> {
        precise::ln(self)
    }

    /// e to this power.
    pub fn exp(self) -> Option<Number> {
        precise::exp(self)
    }
}

/// Divides by 10^drop under a rounding.
fn divide_rounded(coef: &BigUint, drop: u32, negative: bool, how: Rounding) -> BigUint {
    let unit = precise::ten_to(drop);
    let (q, r) = coef.div_rem(&unit);
    let half = (&r * 2u32).cmp(&unit);
    let up = goes_up(how, negative, q.is_odd(), r.is_zero(), half);
    if up { q + 1u32 } else { q }
}

impl From<i64> for Number {
    fn from(n: i64) -> Number {
        Number { negative: n < 0, coef: u128::from(n.unsigned_abs()), exp: 0 }
    }
}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Number) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Number {
    fn cmp(&self, other: &Number) -> Ordering {
        match (self.negative, other.negative) {
            (true, false) => return Ordering::Less,
            (false, true) => return Ordering::Greater,
            _ => {}
        }
        let size = if self.exp == other.exp {
            self.coef.cmp(&other.coef)
        } else {
            // The place of the first digit decides; only where it is the same are the coefficients raised.
            let lead = |n: &Number| if n.coef == 0 { i64::MIN } else { i64::from(digits(n.coef)) + i64::from(n.exp) };
            lead(self).cmp(&lead(other)).then_with(|| {
                let gap = self.exp.abs_diff(other.exp);
                let raise =
                    |c: u128| c.checked_mul(pow10(gap)).map_or(BigUint::from(c) * precise::ten_to(gap), BigUint::from);
                if self.exp > other.exp {
                    raise(self.coef).cmp(&BigUint::from(other.coef))
                } else {
                    BigUint::from(self.coef).cmp(&raise(other.coef))
                }
            })
        };
        if self.negative { size.reverse() } else { size }
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.negative { "-" } else { "" };
        if self.exp >= 0 {
            let zeros = usize::try_from(self.exp).unwrap_or(0);
            return write!(f, "{sign}{}{:0<zeros$}", self.coef, "");
        }
        let scale = usize::try_from(self.exp.unsigned_abs()).unwrap_or(0);
        let all = format!("{:0>width$}", self.coef, width = scale + 1);
        let (whole, fraction) = all.split_at(all.len() - scale);
        write!(f, "{sign}{whole}.{fraction}")
    }
}

impl fmt::Debug for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn n(text: &str) -> Number {
        Number::parse(text).unwrap_or_else(|| panic!("{text}"))
    }

    #[test]
    fn thirty_four_digits_half_even() {
        assert_eq!(n("0.1").plus(n("0.2")), Some(n("0.3")));
        assert_eq!(n("1").over(n("3")).unwrap().to_string(), "0.3333333333333333333333333333333333");
        assert_eq!(n("2").over(n("3")).unwrap().to_string(), "0.6666666666666666666666666666666667");
        assert_eq!(
            n("12345678901234567890123456789012345").to_string(),
            "12345678901234567890123456789012340",
            "a half goes to the even neighbour"
        );
        assert_eq!(n("9999999999999999999999999999999999").plus(n("1")), Some(n("1E34")));
        assert_eq!(n("1E34").plus(n("1")), Some(n("1E34")));
        assert_eq!(n("1E6144").times(n("10")), None);
        assert_eq!(n("1E-6176").over(n("10")), Some(Number::ZERO));
        assert_eq!(n("1E500").minus(n("1E-500")), Some(n("1E500")));
        assert_eq!(n("1").over(Number::ZERO), None);
    }

    #[test]
    fn equal_numbers_are_equal_bits_and_ordered() {
        assert_eq!(n("1.50"), n("1.5"));
        assert_eq!(n("1E3"), n("1000"));
        assert_eq!(n("1E40"), n("10E39"));
        assert_eq!(n("-0"), Number::ZERO);
        assert!(n("1E40") > n("9999999999999999999999999999999999"));
        assert!(n("-1E40") < n("0.1"));
        assert!(n("0.1") < n("0.11") && Number::ZERO < n("1E-6000"));
    }

    #[test]
    fn rounding_has_seven_ways() {
        let all = |x: &str, scale| {
            use Rounding::*;
            [HalfEven, Floor, Ceiling, Up, Down, HalfUp, HalfDown]
                .map(|how| n(x).round(how, scale).unwrap().to_string())
                .join(" ")
        };
        assert_eq!(all("2.5", 0), "2 2 3 3 2 3 2");
        assert_eq!(all("-2.5", 0), "-2 -3 -2 -3 -2 -3 -2");
        assert_eq!(all("15", -1), "20 10 20 20 10 20 10");
        assert_eq!(all("0.01", 0), "0 0 1 1 0 0 0");
    }

    #[test]
    fn a_remainder_has_the_divisors_sign() {
        let m = |a, b| n(a).modulo(n(b)).unwrap().to_string();
        assert_eq!(m("10", "4"), "2");
        assert_eq!(m("10", "-4"), "-2");
        assert_eq!(m("-10", "4"), "2");
        assert_eq!(m("-10.1", "-4.5"), "-1.1");
    }

    #[test]
    fn powers_roots_and_logarithms() {
        assert_eq!(n("2").power(n("10")), Some(n("1024")));
        assert_eq!(n("10").power(n("-5")), Some(n("0.00001")));
        assert_eq!(n("-2").power(n("3")), Some(n("-8")));
        assert_eq!(n("4").power(n("0.5")), Some(n("2")));
        assert_eq!(n("0").power(n("-1")), None);
        assert_eq!(n("-4").power(n("0.5")), None);
        assert_eq!(n("2").sqrt().unwrap().to_string(), "1.414213562373095048801688724209698");
        assert_eq!(n("16").sqrt(), Some(n("4")));
        assert_eq!(n("10").ln().unwrap().to_string(), "2.302585092994045684017991454684364");
        assert_eq!(n("1").ln(), Some(Number::ZERO));
        assert_eq!(n("1").exp().unwrap().to_string(), "2.718281828459045235360287471352662");
        assert_eq!(n("-1").exp().unwrap().to_string(), "0.3678794411714423215955237701614609");
        assert_eq!(n("1E9").exp(), None);
        assert_eq!(n("-1E9").exp(), Some(Number::ZERO));
    }
}
