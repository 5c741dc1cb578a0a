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
}
