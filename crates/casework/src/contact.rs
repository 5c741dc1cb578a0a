//! How a person is reached, and in which language: told by themselves, or by whoever they told it to at the counter.

use guard::{Action, Allowed, Who};
use kernel::{Lang, Period, PersonId};
use registry::Origin;
use registry::person::{Detail, PersonError, set_detail, withdraw_details};
use store::{AsConflict, StoreError, Tx};

use crate::desk::Desk;

/// The longest telephone number as people write it, with spaces and signs.
const LONGEST_PHONE: usize = 30;
/// Digits of a telephone number: with less nobody is reached; fifteen are the most of ITU-T E.164.
const DIGITS: std::ops::RangeInclusive<usize> = 7..=15;
/// The longest e-mail address (RFC 5321, 4.5.3.1).
const LONGEST_EMAIL: usize = 254;

/// What becomes of one way to reach somebody.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Change {
    /// It stays as it is.
    #[default]
    Keep,
    /// It is this from now on.
    Set(String),
    /// There is none any more; what was said stays readable in the history.
    Clear,
}

/// What changes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// The telephone number.
    pub phone: Change,
    /// The e-mail address.
    pub email: Change,
    /// The language Hearth speaks to the person.
    pub language: Option<Lang>,
}

/// Why it was not changed.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The guard's decision was not about this.
    #[error("the permission does not cover this person")]
    NotAllowed,
    /// No telephone number.
    #[error(
        "this is no telephone number: 7 to 15 digits, with spaces, hyphens, brackets and a leading + where you like"
    )]
    Phone,
    /// No e-mail address.
    #[error("this is no e-mail address: expected a name, an @ and the name of a host, such as name@example.org")]
    Email,
    /// The registry.
    #[error(transparent)]
    Registry(#[from] PersonError),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl AsConflict for Fault {
    fn is_conflict(&self) -> bool {
        match self {
            Fault::Registry(PersonError::Store(e)) | Fault::Store(e) => e.is_conflict(),
            _ => false,
        }
    }
}

/// A telephone number as somebody wrote it, without what stands around it.
pub fn phone(text: &str) -> Result<String, Fault> {
    let text = text.trim();
    let digits = text.chars().filter(char::is_ascii_digit).count();
    let written = |c: char| c.is_ascii_digit() || matches!(c, ' ' | '-' | '(' | ')' | '.');
    let plain = text.strip_prefix('+').unwrap_or(text).chars().all(written);
    let fits = plain && DIGITS.contains(&digits) && text.chars().count() <= LONGEST_PHONE;
    if fits { Ok(text.to_owned()) } else { Err(Fault::Phone) }
}

/// An e-mail address; whether anybody reads it only a message can tell.
pub fn email(text: &str) -> Result<String, Fault> {
    let text = text.trim();
    let halves = text.rsplit_once('@');
    let host = |h: &str| {
        let label = |l: &str| !l.is_empty() && l.chars().all(|c| c.is_alphanumeric() || c == '-');
        h.contains('.') && h.split('.').all(label)
    };
    let name = |n: &str| {
        !n.is_empty() && !n.chars().any(|c| c.is_whitespace() || c.is_control() || "<>()[],;:\\\"@".contains(c))
    };
    let fits = halves.is_some_and(|(n, h)| name(n) && host(h)) && text.chars().count() <= LONGEST_EMAIL;
    if fits { Ok(text.to_owned()) } else { Err(Fault::Email) }
}

/// Records what changes, from today on. Nothing to change is nothing done.
pub async fn change(
    tx: &mut Tx,
    desk: &Desk<'_>,
    who: &Who,
    allowed: &Allowed,
    person: PersonId,
    changes: &Changes,
) -> Result<(), Fault> {
    if allowed.action() != Action::EditPerson || !allowed.covers(person) {
        return Err(Fault::NotAllowed);
    }
    let origin = Origin::new("self", "", format!("account {}", who.account));
    let pen = desk.pen(&origin);
    let valid = Period { from: desk.today(), until: None };
    let mut details = Vec::new();
    match &changes.phone {
        Change::Keep => {}
        Change::Set(text) => details.push(Detail::Phone(phone(text)?)),
        Change::Clear => withdraw_details(tx, pen, person, "phone").await.map(drop)?,
    }
    match &changes.email {
        Change::Keep => {}
        Change::Set(text) => details.push(Detail::Email(email(text)?)),
        Change::Clear => withdraw_details(tx, pen, person, "email").await.map(drop)?,
    }
    details.extend(changes.language.map(Detail::Language));
    for detail in &details {
        set_detail(tx, pen, person, detail, valid).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{email, phone};

    #[test]
    fn what_people_write_is_taken_and_what_reaches_nobody_is_not() {
        for good in ["010-1234-5678", "+7 (701) 123 45 67", " 02.123.4567 "] {
            assert_eq!(phone(good).expect(good), good.trim());
        }
        for bad in ["", "12345", "call me", "010-1234-5678 ext 9", "+", "1234567890123456", "010\u{0}1234567"] {
            assert!(phone(bad).is_err(), "{bad:?}");
        }
        for good in ["a@example.org", " hayun.kim+town@mail.example.kr ", "иван@почта.рф"] {
            assert_eq!(email(good).expect(good), good.trim());
        }
        for bad in ["", "a", "a@", "@b.kr", "a@b", "a b@c.kr", "a@b..kr", "a@b.kr, c@d.kr", "<a@b.kr>", "a@-\u{7f}.kr"]
        {
            assert!(email(bad).is_err(), "{bad:?}");
        }
    }
}
