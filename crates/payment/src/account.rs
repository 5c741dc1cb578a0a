//! Where people's money goes: account numbers under seal, verified or not, redirected to a guardian. History stays.

use std::collections::HashMap;

use guard::KeyError;
use kernel::{AccountId, PayAccountId, PersonId, iban_adds_up};
use serde::{Deserialize, Serialize};
use store::{AsConflict, InList, Row, StoreError, Tx, params};
use uuid::Uuid;

use crate::desk::Desk;
use crate::model::{Form, words};
use crate::run;

words! {
    /// What kind of account.
    AccountKind as "kind of account" {
        /// At a bank.
        Bank = "bank",
        /// A voucher that an issuer credits.
        Voucher = "voucher",
        /// Another person's account: a guardian's.
        Redirect = "redirect",
    }
}

/// Number, bank and holder in clear. `Debug` does not show them.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Details {
    /// The number as the bank writes it: an IBAN or the country's own; spaces and hyphens do not matter.
    pub number: String,
    /// The bank: a BIC or the clearing system's code.
    pub bank: String,
    /// The holder's name as the bank knows it.
    pub holder: String,
}

impl std::fmt::Debug for Details {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Details(hidden)")
    }
}

/// Why no account was recorded.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// A field that cannot be.
    #[error("the {what} cannot be: expected {expected}")]
    Senseless {
        /// Which.
        what: &'static str,
        /// What would do.
        expected: &'static str,
    },
    /// A redirect to oneself, or to somebody whose own money is redirected.
    #[error("money cannot be redirected to {0}: name a guardian with an account of their own")]
    Circle(&'static str),
    /// No reason or law for a redirect.
    #[error("a redirect takes money out of a person's own hands: say why and name the law")]
    NoLaw,
    /// No such account.
    #[error("there is no such account")]
    NoAccount,
    /// Already ended.
    #[error("this account was replaced: verify the one in force")]
    Ended,
    /// Keys.
    #[error(transparent)]
    Keys(#[from] KeyError),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl AsConflict for Fault {
    fn is_conflict(&self) -> bool {
        matches!(self, Fault::Store(e) if e.is_conflict())
    }
}

store::sql! {
    ADD = "insert into pay_account (person_id, pay_account_id, kind, slot, sealed, hint, redirect_to, verified_at, reason, law, account_id, from_at)
        values ($1, $2, $3, $4, $5, $6, $7, null, $8, $9, $10, $11)";
    END = "update pay_account set slot = null, ended_at = $3, ended_reason = $4 where person_id = $1 and slot = $2";
    VERIFY = "update pay_account set verified_at = $3, verified_by = $4, verification = $5 where person_id = $1 and pay_account_id = $2 and slot is not null";
    ONE = "select person_id, pay_account_id, kind, slot, hint, redirect_to, verified_at from pay_account where person_id = $1 and pay_account_id = $2";
    OF_PERSON = "select person_id, pay_account_id, kind, slot, hint, redirect_to, verified_at, reason, from_at, ended_at, ended_reason
        from pay_account where person_id = $1 order by from_at desc, pay_account_id desc";
    STANDS = "select pay_account_id, kind, sealed from pay_account where person_id = $1 and slot = $2";
    SLOT = "select kind from pay_account where person_id = $1 and slot = $2";
    REACHES = "select person_id from pay_account where redirect_to = $1 and slot is not null";
    PAID_TO = "select entitlement_id from entitlement where payee_id = $1";
}

/// Current accounts of people, for one form.
pub(crate) static CURRENT: InList = InList::new(
    "ACCOUNT_CURRENT",
    "select person_id, pay_account_id, kind, redirect_to, verified_at from pay_account where slot = $1 and person_id in ({ids})",
    1,
);

/// The place of the account: one for money, one for vouchers.
pub(crate) fn slot(form: Form) -> &'static str {
    if form == Form::Voucher { "voucher" } else { "cash" }
}

impl Details {
    fn tidy(&self) -> Result<Details, Fault> {
        let number: String = self.number.chars().filter(|c| !c.is_whitespace() && *c != '-').collect();
        let fits = (4..=34).contains(&number.len()) && number.chars().all(|c| c.is_ascii_alphanumeric());
        if !fits {
            let expected = "4 to 34 letters and digits";
            return Err(Fault::Senseless { what: "account number", expected });
        }
        if looks_like_iban(&number) && !iban_adds_up(&number) {
            return Err(Fault::Senseless { what: "account number", expected: "an IBAN whose check digits are right" });
        }
        let bank = self.bank.trim().to_owned();
        if !(2..=35).contains(&bank.len()) || !bank.chars().all(|c| c.is_ascii_alphanumeric()) {
            let expected = "a BIC or the clearing code, 2 to 35 letters and digits";
            return Err(Fault::Senseless { what: "bank", expected });
        }
        let holder = self.holder.trim().to_owned();
        let length = holder.chars().count();
        if length == 0 || length > 140 || holder.chars().any(char::is_control) {
            return Err(Fault::Senseless { what: "holder", expected: "the name on the account, 1 to 140 characters" });
        }
        Ok(Details { number, bank, holder })
    }
}

/// Whether it has the form of an IBAN: two letters, two digits, 11 or more characters.
pub(crate) fn looks_like_iban(number: &str) -> bool {
    let bytes = number.as_bytes();
    let head = bytes.first_chunk::<4>();
    let shaped = head.is_some_and(|[a, b, c, d]| {
        a.is_ascii_uppercase() && b.is_ascii_uppercase() && c.is_ascii_digit() && d.is_ascii_digit()
    });
    shaped && (15..=34).contains(&bytes.len())
}

/// What is recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum New {
    /// An account of the person's own. Not used before it is verified.
    Own {
        /// For money or for vouchers.
        form: Form,
        /// Number, bank, holder.
        details: Details,
    },
    /// The money goes to another person's account: a guardian of a child, of somebody who cannot act.
    Redirect {
        /// For money or for vouchers.
        form: Form,
        /// The guardian.
        to: PersonId,
        /// Why.
        reason: String,
        /// The law.
        law: String,
    },
}

/// The topic under which other rooms are told that a person has an account of their own for money.
pub const SET: &str = "payment.account";

/// An account of a person's own was recorded. The number is not told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Known {
    /// Whose.
    pub person: PersonId,
    /// Which.
    pub account: PayAccountId,
    /// The bank: a BIC or the clearing system's code.
    pub bank: String,
    /// The number with all but its last characters hidden.
    pub hint: String,
    /// What goes there.
    #[serde(default = "cash")]
    pub form: Form,
}

/// What was told before vouchers had an account of their own.
fn cash() -> Form {
    Form::Cash
}

/// Records where a person's money goes from now on; the account before stays in the history. Lines of runs that were
/// prepared with the old one and not released are taken out of them. The account that stands already, given again, stays
/// as it is: verified, and in the runs it is in.
pub async fn set(
    tx: &mut Tx,
    desk: &Desk<'_>,
    person: PersonId,
    new: &New,
    by: AccountId,
) -> Result<PayAccountId, Fault> {
    let id = PayAccountId::new(desk.ids, desk.now);
    let none = Option::<String>::None;
    let (form, row) = match new {
        New::Own { form, details } => {
            let details = details.tidy()?;
            if let Some((same, _)) = standing(tx, desk, person, *form).await?.filter(|(_, d)| *d == details) {
                return Ok(same);
            }
            let sealed = seal(desk, id, &details)?;
            let kind = if *form == Form::Voucher { AccountKind::Voucher } else { AccountKind::Bank };
            let hint = hint(&details.number);
            let nobody = Option::<PersonId>::None;
            (*form, params![person, id, kind, slot(*form), sealed, hint, nobody, none, none, by, desk.now].to_vec())
        }
        New::Redirect { form, to, reason, law } => {
            if reason.trim().chars().count() < 3 || law.trim().is_empty() {
                return Err(Fault::NoLaw);
            }
            no_circle(tx, person, *to, *form).await?;
            let (kind, sealed) = (AccountKind::Redirect, Option::<Vec<u8>>::None);
            (*form, params![person, id, kind, slot(*form), sealed, "", *to, reason, law, by, desk.now].to_vec())
        }
    };
    drop_prepared(tx, desk, person).await?;
    tx.execute(END, params![person, slot(form), desk.now, "replaced"]).await?;
    tx.execute(ADD, &row).await?;
    if let New::Own { form, details } = new {
        let Details { number, bank, .. } = details.tidy()?;
        let known = Known { person, account: id, bank, hint: hint(&number), form: *form };
        tx.emit(desk.ids, desk.now, SET, &known).await?;
    }
    Ok(id)
}

/// The account of a person's own that is in force, opened.
async fn standing(
    tx: &mut Tx,
    desk: &Desk<'_>,
    person: PersonId,
    form: Form,
) -> Result<Option<(PayAccountId, Details)>, Fault> {
    let Some(row) = tx.maybe(STANDS, params![person, slot(form)]).await? else { return Ok(None) };
    let Some(sealed) = row.maybe::<Vec<u8>>("sealed")? else { return Ok(None) };
    let id = row.get("pay_account_id")?;
    Ok(Some((id, unseal(desk.keys, id, &sealed)?)))
}

/// An account of a person's own, if it is in force: what goes there, opened.
async fn in_force(
    tx: &mut Tx,
    desk: &Desk<'_>,
    person: PersonId,
    id: PayAccountId,
) -> Result<Option<(Form, Details)>, Fault> {
    let Some(row) = tx.maybe(ONE, params![person, id]).await? else { return Ok(None) };
    let slot_of: Option<String> = row.maybe("slot")?;
    let Some(form) = [Form::Cash, Form::Voucher].into_iter().find(|f| slot_of.as_deref() == Some(slot(*f))) else {
        return Ok(None);
    };
    let stands = standing(tx, desk, person, form).await?.filter(|(stands, _)| *stands == id);
    Ok(stands.map(|(_, details)| (form, details)))
}

/// The account, or card, a person gave in an application. It does not stand in for a guardian to whom the money is redirected: who
/// redirected it takes that back. Says which account is in force, `None` when the guardian's stays.
pub async fn given(
    tx: &mut Tx,
    desk: &Desk<'_>,
    person: PersonId,
    (form, details): (Form, &Details),
    by: AccountId,
) -> Result<Option<PayAccountId>, Fault> {
    let stands = tx.maybe(SLOT, params![person, slot(form)]).await?;
    if stands.is_some_and(|row| row.get::<String>("kind").is_ok_and(|k| k == AccountKind::Redirect.word())) {
        return Ok(None);
    }
    let new = New::Own { form, details: details.clone() };
    set(tx, desk, person, &new, by).await.map(Some)
}

/// What came of holding the holder of an account against who is paid.
#[derive(Clone, PartialEq, Eq)]
pub enum Holder {
    /// The names agree: the account is verified.
    Agrees,
    /// They do not: nothing was done. The holder as given.
    Differs(String),
    /// The account is not in force, or was verified before.
    Settled,
}

/// Verifies the account in force when `bears` says that its holder is who is paid.
pub async fn verify_holder(
    tx: &mut Tx,
    desk: &Desk<'_>,
    person: PersonId,
    id: PayAccountId,
    bears: impl Fn(&str) -> bool,
    how: &str,
) -> Result<Holder, Fault> {
    let Some((_, details)) = in_force(tx, desk, person, id).await? else { return Ok(Holder::Settled) };
    let row = tx.one(ONE, params![person, id]).await?;
    if row.maybe::<i64>("verified_at")?.is_some() {
        return Ok(Holder::Settled);
    }
    if !bears(&details.holder) {
        return Ok(Holder::Differs(details.holder));
    }
    verify(tx, desk, person, id, how, None).await?;
    Ok(Holder::Agrees)
}

/// An official said whether the account is the payee's: it is verified, or it ends. One that was replaced meanwhile is left
/// as it is.
pub async fn settle_holder(
    tx: &mut Tx,
    desk: &Desk<'_>,
    person: PersonId,
    id: PayAccountId,
    theirs: bool,
    words: &str,
    by: AccountId,
) -> Result<(), Fault> {
    let Some((form, _)) = in_force(tx, desk, person, id).await? else { return Ok(()) };
    match theirs {
        true => verify(tx, desk, person, id, words, Some(by)).await,
        false => end(tx, desk, person, form, words).await.map(drop),
    }
}

async fn no_circle(tx: &mut Tx, person: PersonId, to: PersonId, form: Form) -> Result<(), Fault> {
    if person == to {
        return Err(Fault::Circle("the same person"));
    }
    let theirs = tx.maybe(SLOT, params![to, slot(form)]).await?;
    if theirs.is_some_and(|row| row.get::<String>("kind").is_ok_and(|k| k == AccountKind::Redirect.word())) {
        return Err(Fault::Circle("somebody whose own money goes to another"));
    }
    if form_reaches(tx, person).await? {
        return Err(Fault::Circle("another while somebody else's money comes here"));
    }
    Ok(())
}

async fn form_reaches(tx: &mut Tx, person: PersonId) -> Result<bool, StoreError> {
    Ok(!tx.all(REACHES, params![person]).await?.is_empty())
}

/// Ends the account in force: closed by the bank, the holder died, entered for the wrong person. Instalments are held
/// until there is another.
pub async fn end(tx: &mut Tx, desk: &Desk<'_>, person: PersonId, form: Form, reason: &str) -> Result<bool, Fault> {
    drop_prepared(tx, desk, person).await?;
    Ok(tx.execute(END, params![person, slot(form), desk.now, reason]).await? == 1)
}

/// Notes that the account was verified, and how: the bank's answer to a name check, a passbook seen at the counter.
pub async fn verify(
    tx: &mut Tx,
    desk: &Desk<'_>,
    person: PersonId,
    id: PayAccountId,
    how: &str,
    by: Option<AccountId>,
) -> Result<(), Fault> {
    tx.maybe(ONE, params![person, id]).await?.ok_or(Fault::NoAccount)?;
    if tx.execute(VERIFY, params![person, id, desk.now, by, how]).await? != 1 {
        return Err(Fault::Ended);
    }
    Ok(())
}

/// Takes this person's lines, and those of people whose money comes here, out of runs that were not released.
async fn drop_prepared(tx: &mut Tx, desk: &Desk<'_>, person: PersonId) -> Result<(), StoreError> {
    let mut people = vec![person];
    for row in tx.all(REACHES, params![person]).await? {
        people.push(row.get("person_id")?);
    }
    for payee in people {
        for row in tx.all(PAID_TO, params![payee]).await? {
            run::drop_lines(tx, desk, row.get("entitlement_id")?).await?;
        }
    }
    Ok(())
}

/// The last three characters, the rest hidden: enough for the holder to know it.
fn hint(number: &str) -> String {
    let hidden = number.chars().count().saturating_sub(3);
    number.chars().enumerate().map(|(n, c)| if n < hidden { '•' } else { c }).collect()
}

fn seal(desk: &Desk<'_>, id: PayAccountId, details: &Details) -> Result<Vec<u8>, Fault> {
    let text = crate::rows::json(details)?;
    Ok(desk.keys.seal_field("pay_account", "sealed", id.0, text.as_bytes())?)
}

/// Opens what [`seal`] shut: for the bank file alone.
pub(crate) fn unseal(keys: &guard::Keys, id: PayAccountId, sealed: &[u8]) -> Result<Details, Fault> {
    let text = keys.open_field("pay_account", "sealed", id.0, sealed)?;
    let odd = |e: serde_json::Error| StoreError::Inconsistent { column: "sealed".into(), detail: e.to_string() };
    Ok(serde_json::from_slice(&text).map_err(odd)?)
}

/// An account a run may look at.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Current {
    pub(crate) id: PayAccountId,
    pub(crate) verified: bool,
    pub(crate) redirected: bool,
}

/// The accounts of people, or why there is none to use.
pub(crate) type Accounts = HashMap<PersonId, Result<Current, crate::model::Hold>>;

/// What a row says of the account in force of one person.
pub(crate) enum Own {
    /// There is none.
    None,
    /// One of their own.
    Account(Current),
    /// Another person's.
    Redirect,
}

/// Reads the account beside an entitlement; null where there is none.
pub(crate) fn own_account(row: &Row) -> Result<Own, StoreError> {
    let Some(id) = row.maybe("pay_account_id")? else { return Ok(Own::None) };
    if row.maybe::<PersonId>("redirect_to")?.is_some() {
        return Ok(Own::Redirect);
    }
    let verified = row.maybe::<i64>("verified_at")?.is_some();
    Ok(Own::Account(Current { id, verified, redirected: false }))
}

/// The accounts in force of people, redirects followed. A redirect to somebody without an account gives nothing but is
/// told apart.
pub(crate) async fn current(tx: &mut Tx, form: Form, people: &[Uuid]) -> Result<Accounts, StoreError> {
    let own = [store::ToValue::to_value(&slot(form))];
    let mut found = HashMap::with_capacity(people.len());
    let mut redirects: Vec<(PersonId, PersonId)> = Vec::new();
    for row in CURRENT.all(tx, &own, people).await? {
        let person: PersonId = row.get("person_id")?;
        match row.maybe::<PersonId>("redirect_to")? {
            Some(to) => redirects.push((person, to)),
            None => {
                if let Own::Account(it) = own_account(&row)? {
                    found.insert(person, Ok(it));
                }
            }
        }
    }
    let guardians: Vec<Uuid> = redirects.iter().map(|(_, to)| to.0).collect();
    let mut theirs = HashMap::new();
    for row in CURRENT.all(tx, &own, &guardians).await? {
        if row.maybe::<PersonId>("redirect_to")?.is_none() {
            let verified = row.maybe::<i64>("verified_at")?.is_some();
            let it = Current { id: row.get("pay_account_id")?, verified, redirected: true };
            theirs.insert(row.get::<PersonId>("person_id")?, it);
        }
    }
    for (person, to) in redirects {
        found.insert(person, theirs.get(&to).copied().ok_or(crate::model::Hold::NoGuardianAccount));
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ibans_are_checked_and_other_numbers_taken_as_they_are() {
        let details = |number: &str| Details { number: number.into(), bank: "004".into(), holder: "A".into() };
        assert!(details("KZ86 125K ZT50 0410 0100").tidy().is_ok());
        assert!(details("KZ87 125K ZT50 0410 0100").tidy().is_err(), "one digit wrong");
        assert_eq!(details("123-456-789012").tidy().unwrap().number, "123456789012");
        assert!(details("12").tidy().is_err());
        assert!(details("<12345>").tidy().is_err());
        assert_eq!(hint("123456789012"), "•••••••••012");
        assert_eq!(format!("{:?}", details("123456")), "Details(hidden)");
    }
}
