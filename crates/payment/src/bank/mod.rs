//! The bank: files to it (pain.001.001.09) and what it answers (pain.002.001.03 to .14, camt.054.001.02 to .13), all streamed.

pub(crate) mod apply;
mod entries;
pub(crate) mod file;
pub mod message;
mod scan;
pub(crate) mod sent;

pub use apply::{Applied, BOUNCED, Bounced, Fault as ApplyFault, Outcome, Why, apply, resolve};
pub use entries::{Entries, Entry, EntryKind, MessageKind};
pub use file::{Fault as FileFault, Written, write};
pub use scan::{Fault as ReadFault, Limits};

use kernel::{Currency, RunId};
use uuid::Uuid;

/// The number of a run's file: the message id the bank answers to.
pub fn message_id(run: RunId) -> String {
    run.0.simple().to_string().to_uppercase()
}

/// The number of the only payment block in it.
fn block_id(run: RunId) -> String {
    format!("P{}", message_id(run))
}

/// The run a bank's answer speaks of, by either number.
pub(crate) fn run_of(text: &str) -> Option<RunId> {
    let number = text.strip_prefix('P').filter(|rest| rest.len() == 32).unwrap_or(text);
    if number.len() != 32 {
        return None;
    }
    Uuid::try_parse(number).ok().map(RunId)
}

/// Minor units as the decimal text of files: `150000`, `1500.50`.
pub(crate) fn decimal(minor: i64, currency: Currency) -> String {
    let decimals = usize::try_from(currency.decimals()).unwrap_or(0);
    let digits = format!("{:0width$}", minor.unsigned_abs(), width = decimals + 1);
    let (whole, rest) = digits.split_at(digits.len() - decimals);
    let sign = if minor < 0 { "-" } else { "" };
    if decimals == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{rest}") }
}

/// The way back; `None` for what is no amount of the currency: signs, exponents, parts of a minor unit.
pub(crate) fn minor(text: &str, currency: Currency) -> Option<i64> {
    let (whole, rest) = text.trim().split_once('.').unwrap_or((text.trim(), ""));
    let digits = |t: &str| t.bytes().all(|b| b.is_ascii_digit());
    if (whole.is_empty() && rest.is_empty()) || !digits(whole) || !digits(rest) || whole.len() + rest.len() > 18 {
        return None;
    }
    let decimals = usize::try_from(currency.decimals()).ok()?;
    let rest = rest.trim_end_matches('0');
    if rest.len() > decimals {
        return None;
    }
    format!("{whole}{rest:0<decimals$}").parse().ok().or((whole.is_empty() && rest.is_empty()).then_some(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_go_out_and_come_back_as_the_same_minor_units() {
        for (amount, currency, text) in [
            (150_000, Currency::KRW, "150000"),
            (0, Currency::KRW, "0"),
            (150_050, Currency::KZT, "1500.50"),
            (5, Currency::KZT, "0.05"),
        ] {
            assert_eq!(decimal(amount, currency), text);
            assert_eq!(minor(text, currency), Some(amount));
        }
        assert_eq!(minor("1500.5", Currency::KZT), Some(150_050));
        assert_eq!(minor("150000.00", Currency::KRW), Some(150_000));
        assert_eq!(minor(".5", Currency::KZT), Some(50));
        for odd in ["", ".", "-1", "1e3", "0.001", "1,000", "99999999999999999999", "٣"] {
            assert_eq!(minor(odd, Currency::KZT), None, "{odd}");
        }
        assert_eq!(minor("0.5", Currency::KRW), None);
    }

    #[test]
    fn a_run_is_found_by_both_of_its_numbers() {
        let run = RunId(Uuid::from_u128(0x0192_3456_789a_7bcd_8def_0123_4567_89ab));
        assert_eq!(run_of(&message_id(run)), Some(run));
        assert_eq!(run_of(&block_id(run)), Some(run));
        assert_eq!((run_of("NOTPROVIDED"), run_of(&"é".repeat(16)), run_of("")), (None, None, None));
    }
}
