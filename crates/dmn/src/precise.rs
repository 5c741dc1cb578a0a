//! Powers, roots and logarithms with more digits than a [`Number`] has, rounded once at the end.

use num_bigint::{BigInt, BigUint, Sign};
use num_integer::Integer;
use num_traits::{One, Signed, ToPrimitive, Zero};

use crate::number::Number;

/// Digits behind the point while working.
const WORK: u32 = 60;
/// Beyond, e^x leaves decimal128: ln(10^6145) is about 14149.
const MAX_EXPONENT: i64 = 14_500;

pub(crate) fn ten_to(k: u32) -> BigUint {
    BigUint::from(10u32).pow(k)
}

pub(crate) fn decimal_digits(n: &BigUint) -> u64 {
    if let Some(small) = n.to_u128() {
        return small.checked_ilog10().map_or(0, |d| u64::from(d) + 1);
    }
    // log10(2) from below and above; at most one off, which the comparison mends.
    let guess = (n.bits() - 1) * 30_103 / 100_000;
    let mut digits = guess.saturating_sub(1);
    let mut bound = ten_to(u32::try_from(digits).unwrap_or(u32::MAX));
    while *n >= bound {
        bound *= 10u32;
        digits += 1;
    }
    digits
}

fn unit() -> BigInt {
    BigInt::from(ten_to(WORK))
}

fn finish(fixed: &BigInt) -> Option<Number> {
    Number::fit_wide(fixed.is_negative(), fixed.magnitude(), -i64::from(WORK))
}

/// A number as fixed point; digits below the working ones are cut.
fn fixed(n: Number) -> Option<BigInt> {
    let (negative, coef, exp) = n.parts();
    let shift = i64::from(exp) + i64::from(WORK);
    let size = if shift >= 0 {
        BigUint::from(coef) * ten_to(u32::try_from(shift).ok()?)
    } else {
        BigUint::from(coef) / ten_to(u32::try_from(-shift).ok()?.min(200))
    };
    Some(BigInt::from_biguint(if negative { Sign::Minus } else { Sign::Plus }, size))
}

pub(crate) fn sqrt(n: Number) -> Option<Number> {
    let (negative, coef, exp) = n.parts();
    if negative {
        return None;
    }
    let shift: u32 = if exp % 2 == 0 { 80 } else { 81 };
    let raised = BigUint::from(coef) * ten_to(shift);
    let mut root = raised.sqrt();
    if &root * &root != raised && (&root % 5u32).is_zero() {
        root += 1u32;
    }
    Number::fit_wide(false, &root, (i64::from(exp) - i64::from(shift)) / 2)
}

/// `2 × atanh(numerator / denominator)`, the series behind every logarithm here.
fn twice_atanh(numerator: &BigInt, denominator: &BigInt) -> BigInt {
    let unit = unit();
    let x = numerator * &unit / denominator;
    let square = &x * &x / &unit;
    let (mut power, mut sum, mut k) = (x.clone(), x, 1u32);
    loop {
        power = power * &square / &unit;
        k += 2;
        let term = &power / k;
        if term.is_zero() {
            return sum * 2;
        }
        sum += term;
    }
}

fn ln_two() -> BigInt {
    twice_atanh(&BigInt::one(), &BigInt::from(3))
}

/// ln 10 = 3 ln 2 + ln 1.25.
fn ln_ten() -> BigInt {
    ln_two() * 3 + twice_atanh(&BigInt::one(), &BigInt::from(9))
}

fn ln_fixed(n: Number) -> Option<BigInt> {
    let (negative, coef, exp) = n.parts();
    if negative || coef == 0 {
        return None;
    }
    // coef × 10^exp = m × 10^e with 1 <= m < 10; then m is halved into [0.75, 1.5).
    let length = i64::try_from(decimal_digits(&BigUint::from(coef))).ok()?;
    let tens = i64::from(exp) + length - 1;
    let down = u32::try_from(length - 1).ok()?;
    let mut m = BigInt::from(coef) * unit() / BigInt::from(ten_to(down));
    let top = unit() * 3 / 2;
    let mut halved = 0;
    while m >= top {
        m /= 2;
        halved += 1;
    }
    let one = unit();
    let rest = twice_atanh(&(&m - &one), &(&m + &one));
    Some(rest + ln_two() * halved + ln_ten() * tens)
}

/// e^x as a fixed-point mantissa and a power of ten.
fn exp_fixed(x: &BigInt) -> Option<(BigInt, i64)> {
    let ten = ln_ten();
    let (tens, rest) = x.div_mod_floor(&ten);
    let tens = tens.to_i64()?;
    // rest < ln 10; divided by 2^6 the series is short, then squared six times.
    let unit = unit();
    let small = rest / 64;
    let (mut term, mut sum, mut k) = (unit.clone(), unit.clone(), 0u32);
    loop {
        k += 1;
        term = term * &small / &unit / k;
        if term.is_zero() {
            break;
        }
        sum += &term;
    }
    for _ in 0..6 {
        sum = &sum * &sum / &unit;
    }
    Some((sum, tens))
}

fn finish_exp(x: &BigInt) -> Option<Number> {
    let (mantissa, tens) = exp_fixed(x)?;
    Number::fit_wide(false, mantissa.magnitude(), tens - i64::from(WORK))
}

pub(crate) fn ln(n: Number) -> Option<Number> {
    finish(&ln_fixed(n)?)
}

pub(crate) fn exp(n: Number) -> Option<Number> {
    if n > Number::from(MAX_EXPONENT) {
        return None;
    }
    if n < Number::from(-MAX_EXPONENT) {
        return Some(Number::ZERO);
    }
    if n.is_zero() {
        return Some(Number::ONE);
    }
    finish_exp(&fixed(n)?)
}

pub(crate) fn power(base: Number, exponent: Number) -> Option<Number> {
    if exponent.is_zero() {
        return Some(Number::ONE);
    }
    if base.is_zero() {
        return if exponent.is_negative() { None } else { Some(Number::ZERO) };
    }
    if let Some(n) = exponent.whole().filter(|n| n.unsigned_abs() <= 1_000_000) {
        return whole_power(base, n);
    }
    if exponent.is_whole() {
        let odd = !exponent.modulo(Number::from(2))?.is_zero();
        let size = by_logarithm(base.abs(), exponent)?;
        return Some(if base.is_negative() && odd { size.negated() } else { size });
    }
    by_logarithm(base, exponent)
}

fn by_logarithm(base: Number, exponent: Number) -> Option<Number> {
    let ln = ln_fixed(base)?;
    let product = ln * fixed(exponent)? / unit();
    let limit = unit() * MAX_EXPONENT;
    if product > limit {
        return None;
    }
    if product < -limit {
        return Some(Number::ZERO);
    }
    // A root that comes out even (4 ** 0.5) must be even: rounding to 34 digits of 60 sees to that.
    finish_exp(&product)
}

/// By squaring, with 90 digits kept.
fn whole_power(base: Number, exponent: i64) -> Option<Number> {
    const KEEP: u64 = 90;
    let shorten = |c: BigUint, e: i64| {
        let drop = decimal_digits(&c).saturating_sub(KEEP);
        (c / ten_to(u32::try_from(drop).unwrap_or(0)), e + i64::try_from(drop).unwrap_or(0))
    };
    let (negative, coef, exp) = base.parts();
    let (mut square, mut square_exp) = (BigUint::from(coef), i64::from(exp));
    let (mut result, mut result_exp) = (BigUint::one(), 0i64);
    let mut left = exponent.unsigned_abs();
    loop {
        if left % 2 == 1 {
            (result, result_exp) = shorten(result * &square, result_exp + square_exp);
        }
        left /= 2;
        if left == 0 {
            break;
        }
        (square, square_exp) = shorten(&square * &square, square_exp * 2);
        if result_exp.abs().max(square_exp.abs()) > 1 << 40 {
            break;
        }
    }
    let sign = negative && exponent % 2 != 0;
    if exponent > 0 {
        return Number::fit_wide(sign, &result, result_exp);
    }
    let raise = u32::try_from(decimal_digits(&result)).ok()? + 60;
    let quotient = ten_to(raise) / result;
    Number::fit_wide(sign, &quotient, -i64::from(raise) - result_exp)
}
