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

/// An id that depends on nothing but these parts and is sorted by the time in `born` (a UUIDv7): rows made one after the other
/// lie beside each other, and a run that goes through them in order goes through the disk in order.
pub(crate) fn derived_in_time(born: Uuid, parts: &[&[u8]]) -> Uuid {
    let mut bytes = derived(parts).into_bytes();
    for (byte, time) in bytes.iter_mut().zip(born.into_bytes()).take(6) {
        *byte = time;
    }
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

/// 36¹²: the largest power of 36 that fits, so that most divisions are of 64 bits.
const LIMB: u128 = 36u128.pow(12);

/// Writes a number right-aligned into its field.
fn write(field: &mut [u8], mut number: u128) {
    for limb in field.rchunks_mut(12) {
        let mut low = u64::try_from(number % LIMB).unwrap_or(0);
        number /= LIMB;
        for place in limb.iter_mut().rev() {
            let digit = usize::try_from(low % 36).unwrap_or(0);
            *place = DIGITS.get(digit).copied().unwrap_or(b'0');
            low /= 36;
        }
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
        let mut text = [b'0'; 33];
        let mut rest = &mut text[..];
        let numbers = [self.entitlement.0.as_u128(), self.period.0.into(), self.part.into(), self.attempt.into()];
        for (number, width) in numbers.into_iter().zip(WIDTHS) {
            let Some((field, after)) = rest.split_at_mut_checked(width) else { break };
            write(field, number);
            rest = after;
        }
        text.into_iter().map(char::from).collect()
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
