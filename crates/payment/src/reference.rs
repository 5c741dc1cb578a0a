//! Names derived from ids: references in bank files, and ids made of what they stand for. The same act told again, or
//! done again on a restored backup, has the same name.

use kernel::EntitlementId;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::due::PeriodKey;

const DIGITS: &[u8; 36] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";

/// An id that depends on nothing but these parts.
pub(crate) fn derived(parts: &[&[u8]]) -> Uuid {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    let digest: [u8; 32] = hash.finalize().into();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}

/// One attempt to pay one instalment, as the bank knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EndToEnd {
    /// The entitlement.
    pub entitlement: EntitlementId,
    /// The period.
    pub period: PeriodKey,
    /// 0, or the number of the supplement.
    pub part: u32,
    /// How often it came back before.
    pub attempt: u32,
}

/// Characters of the entitlement, the period, the part and the attempt.
const WIDTHS: [usize; 4] = [25, 3, 3, 2];

fn write(text: &mut String, mut number: u128, width: usize) {
    let at = text.len();
    for _ in 0..width {
        let digit = usize::try_from(number % 36).unwrap_or(0);
        text.insert(at, char::from(DIGITS.get(digit).copied().unwrap_or(b'0')));
        number /= 36;
    }
}

fn read(text: &str) -> Option<u128> {
    text.bytes().try_fold(0u128, |sum, byte| {
        let digit = DIGITS.iter().position(|d| *d == byte)?;
        sum.checked_mul(36)?.checked_add(digit as u128)
    })
}

impl EndToEnd {
    /// The reference in files: 33 characters 0–9 A–Z (at most 35 are allowed).
    pub fn text(&self) -> String {
        let mut text = String::with_capacity(33);
        let numbers = [self.entitlement.0.as_u128(), self.period.0.into(), self.part.into(), self.attempt.into()];
        for (number, width) in numbers.into_iter().zip(WIDTHS) {
            write(&mut text, number, width);
        }
        text
    }

    /// The way back; `None` for anything we did not write.
    pub fn read(text: &str) -> Option<EndToEnd> {
        if text.len() != WIDTHS.iter().sum::<usize>() || !text.is_ascii() {
            return None;
        }
        let mut numbers = [0u128; 4];
        let mut rest = text;
        for (number, width) in numbers.iter_mut().zip(WIDTHS) {
            let (head, tail) = rest.split_at_checked(width)?;
            *number = read(head)?;
            rest = tail;
        }
        let [entitlement, period, part, attempt] = numbers;
        Some(EndToEnd {
            entitlement: EntitlementId(Uuid::from_u128(entitlement)),
            period: PeriodKey(u32::try_from(period).ok()?),
            part: u32::try_from(part).ok()?,
            attempt: u32::try_from(attempt).ok()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_leads_back_to_what_was_paid_and_nothing_else_does() {
        for id in [0, 1, u128::MAX, 0x0192_3456_789a_7bcd_8def_0123_4567_89ab] {
            for (period, part, attempt) in [(0, 0, 0), (24_322, 3, 1), (36_011, 46_655, 1295)] {
                let it = EndToEnd {
                    entitlement: EntitlementId(Uuid::from_u128(id)),
                    period: PeriodKey(period),
                    part,
                    attempt,
                };
                assert_eq!(it.text().len(), 33);
                assert_eq!(EndToEnd::read(&it.text()), Some(it));
            }
        }
        for odd in ["", "NOTPROVIDED", &"z".repeat(33), &"Z".repeat(33), &"0".repeat(34), &"é".repeat(17)] {
            assert_eq!(EndToEnd::read(odd), None, "{odd}");
        }
    }

    #[test]
    fn derived_ids_depend_on_every_part() {
        assert_eq!(derived(&[b"a", b"b"]), derived(&[b"a", b"b"]));
        assert_ne!(derived(&[b"a", b"b"]), derived(&[b"ab", b""]));
    }
}
