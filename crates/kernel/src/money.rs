//! Money as whole minor units of one currency. Never a float: 0.1 + 0.2 is not 0.3 there, and a ledger notices.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// An ISO 4217 currency code, three capital letters.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Currency([u8; 3]);

impl Currency {
    /// South Korean won; no minor unit in use.
    pub const KRW: Currency = Currency(*b"KRW");
    /// Kazakhstani tenge; two decimals.
    pub const KZT: Currency = Currency(*b"KZT");

    /// The three letters.
    pub fn code(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("???")
    }

    /// Decimals between the unit people speak of and the minor unit we store (ISO 4217 exponent).
    pub fn decimals(&self) -> u32 {
        match &self.0 {
            b"KRW" | b"JPY" | b"VND" | b"CLP" | b"ISK" | b"UGX" | b"PYG" | b"XAF" | b"XOF" => 0,
            b"KWD" | b"BHD" | b"OMR" | b"JOD" | b"TND" | b"IQD" | b"LYD" => 3,
            _ => 2,
        }
    }

    /// Minor units in one of the unit people speak of: 1 won, 100 tiyn.
    pub fn unit(&self) -> i64 {
        10_i64.pow(self.decimals())
    }

    /// The minor units of a sum written in the unit people speak of, without separators: `24912`, `-3`, and `24912.5`
    /// where the currency has decimals. `None` when it is no such sum or does not fit.
    pub fn minor(&self, text: &str) -> Option<i64> {
        let decimals = usize::try_from(self.decimals()).ok()?;
        let (whole, part) = text.split_once('.').unwrap_or((text, ""));
        let point = text.len() > whole.len();
        if point && (part.is_empty() || part.len() > decimals || !part.bytes().all(|b| b.is_ascii_digit())) {
            return None;
        }
        if whole.is_empty() || whole == "-" || whole.starts_with('+') {
            return None;
        }
        // Side by side `24912` and `50` are the minor units of 24912.50; the sign stays in front.
        format!("{whole}{part:0<decimals$}").parse().ok()
    }

    /// A sum that may have parts of a minor unit, given as the text of a decimal number, in the unit people speak of.
    pub fn plain_exact(&self, minor: &str) -> String {
        let (sign, digits) = minor.strip_prefix('-').map_or(("", minor), |rest| ("-", rest));
        let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
        let decimals = usize::try_from(self.decimals()).unwrap_or(0);
        let whole = format!("{whole:0>width$}", width = decimals + 1);
        let (front, back) = whole.split_at_checked(whole.len() - decimals).unwrap_or((&whole, ""));
        let part = format!("{back}{part}");
        let part = part.trim_end_matches('0');
        if part.is_empty() { format!("{sign}{front}") } else { format!("{sign}{front}.{part}") }
    }

    /// The sum as [`Currency::minor`] reads it, without empty decimals.
    pub fn plain(&self, minor: i64) -> String {
        let (whole, part) = (minor / self.unit(), (minor % self.unit()).unsigned_abs());
        let sign = if minor < 0 && whole == 0 { "-" } else { "" };
        let width = usize::try_from(self.decimals()).unwrap_or(0);
        if part == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{part:0width$}") }
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl FromStr for Currency {
    type Err = MoneyError;
    fn from_str(text: &str) -> Result<Self, MoneyError> {
        match text.as_bytes() {
            [a, b, c] if [a, b, c].into_iter().all(u8::is_ascii_uppercase) => Ok(Currency([*a, *b, *c])),
            _ => Err(MoneyError::NotACurrency(text.chars().take(10).collect())),
        }
    }
}

impl Serialize for Currency {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(self.code())
    }
}

impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        String::deserialize(d)?.parse().map_err(serde::de::Error::custom)
    }
}

/// ISO 13616: the number, its first four characters moved to the end, letters as two digits, is 1 modulo 97.
pub fn iban_adds_up(number: &str) -> bool {
    let Some((head, tail)) = number.split_at_checked(4) else { return false };
    let digits = tail.chars().chain(head.chars()).map(|c| c.to_digit(36).unwrap_or(0));
    digits.fold(0u32, |sum, d| if d < 10 { (sum * 10 + d) % 97 } else { (sum * 100 + d) % 97 }) == 1
}

/// What can go wrong with money.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// Two currencies met in one sum.
    #[error("cannot add {0} and {1}: different currencies")]
    Mixed(Currency, Currency),
    /// The result does not fit into 64 bits of minor units.
    #[error("the amount is larger than the system can hold")]
    Overflow,
    /// Not three capital letters.
    #[error("{0:?} is not a currency: expected three capital letters of ISO 4217, such as KRW")]
    NotACurrency(String),
}

/// An amount in minor units (won, tiyn) of one currency.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Money {
    /// Minor units; may be negative in corrections.
    pub minor: i64,
    /// The currency of the minor units.
    pub currency: Currency,
}

impl Money {
    /// `minor` units of `currency`.
    pub fn new(minor: i64, currency: Currency) -> Self {
        Money { minor, currency }
    }

    /// The sum, or why there is none.
    pub fn plus(self, other: Money) -> Result<Money, MoneyError> {
        if self.currency != other.currency {
            return Err(MoneyError::Mixed(self.currency, other.currency));
        }
        let minor = self.minor.checked_add(other.minor).ok_or(MoneyError::Overflow)?;
        Ok(Money { minor, ..self })
    }
}

impl fmt::Debug for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.minor, self.currency)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_refuse_other_currencies_and_overflow() {
        let won = Money::new(5, Currency::KRW);
        assert_eq!(won.plus(Money::new(6, Currency::KRW)), Ok(Money::new(11, Currency::KRW)));
        assert!(matches!(won.plus(Money::new(1, Currency::KZT)), Err(MoneyError::Mixed(..))));
        assert_eq!(won.plus(Money::new(i64::MAX, Currency::KRW)), Err(MoneyError::Overflow));
        assert!("krw".parse::<Currency>().is_err());
    }

    #[test]
    fn sums_are_written_in_the_unit_people_speak_of() {
        for (text, currency, minor) in [
            ("24912", Currency::KRW, Some(24_912)),
            ("24912.5", Currency::KRW, None),
            ("24912", Currency::KZT, Some(2_491_200)),
            ("29453.25", Currency::KZT, Some(2_945_325)),
            ("-0.5", Currency::KZT, Some(-50)),
            ("0.505", Currency::KZT, None),
            ("1.", Currency::KZT, None),
            (".5", Currency::KZT, None),
            ("1.-5", Currency::KZT, None),
            ("+1", Currency::KZT, None),
            ("1,000", Currency::KZT, None),
            ("", Currency::KZT, None),
            ("92233720368547758.08", Currency::KZT, None),
        ] {
            assert_eq!(currency.minor(text), minor, "{text} {currency}");
        }
        for (minor, text) in [(2_491_200, "24912"), (2_945_325, "29453.25"), (-5, "-0.05"), (-105, "-1.05"), (0, "0")] {
            assert_eq!(Currency::KZT.plain(minor), text);
            assert_eq!(Currency::KZT.minor(text), Some(minor));
        }
        assert_eq!(Currency::KRW.plain(-7), "-7");
        for (minor, text) in
            [("3559570", "35595.7"), ("3559570.25", "35595.7025"), ("-5.0", "-0.05"), ("100", "1"), ("0", "0")]
        {
            assert_eq!(Currency::KZT.plain_exact(minor), text);
        }
        assert_eq!(Currency::KRW.plain_exact("1234.50"), "1234.5");
    }
}
