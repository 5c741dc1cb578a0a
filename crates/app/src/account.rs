//! From an account somebody gave to one that payments use, and back: what payments know is not asked again.

use casework::Desk;
use casework::application::account::{self as given, Told};
use casework::follow::holder;
use casework::model::Subject;
use catalogue::model::PaymentAccount;
use guard::{Processing, PurposeKind};
use kernel::PersonId;
use payment::account::{self, Details, Holder, Known};
use payment::model::Form;
use registry::person::Name;
use rules::schema::Entity;
use store::{Message, StoreError, Tx};

use crate::grant::payee_of;
use crate::work::Failed;

/// How an account came to be verified when the pack takes the holder's name for enough.
const BY_NAME: &str = "the holder has the payee's name in the register";

fn law(desk: &Desk<'_>, rule: &PaymentAccount) -> String {
    if rule.law.trim().is_empty() { desk.pack.manifest().id.clone() } else { rule.law.clone() }
}

/// What goes to an account of the pack, in the words of payments.
fn form_of(rule: &PaymentAccount) -> Form {
    if rule.form == catalogue::model::Form::Voucher { Form::Voucher } else { Form::Cash }
}

/// An account was given with an application: it becomes the account of whoever will be paid, and is emptied where it lay.
pub(crate) async fn given(
    tx: &mut Tx,
    desk: &Desk<'_>,
    pay: &payment::Desk<'_>,
    adult_age: u8,
    message: &Message,
) -> Result<(), Failed> {
    let told: Told = serde_json::from_str(&message.payload).map_err(|e| Failed::Payload(e.to_string()))?;
    let Some((account, by)) = given::open(tx, desk.keys, &told).await? else { return Ok(()) };
    let details = Details { number: account.number, bank: account.bank, holder: account.holder };
    let rule = desk.pack.account_item(Entity::Person, &told.item);
    let form = rule.map_or(Form::Cash, form_of);
    for payee in payees(tx, desk, adult_age, &told).await? {
        account::given(tx, pay, payee, (form, &details), by).await?;
    }
    Ok(given::taken(tx, &told, desk.now).await?)
}

/// Who is paid in the cases: of a case about another grown person, they with the account they gave; of all others, whoever is
/// paid for the child or the household.
async fn payees(tx: &mut Tx, desk: &Desk<'_>, adult_age: u8, told: &Told) -> Result<Vec<PersonId>, Failed> {
    let mut payees = Vec::new();
    for id in &told.cases {
        let Some(case) = casework::case::view::bare(tx, *id).await? else { continue };
        let payee = payee_of(tx, desk, &case, adult_age).await?;
        let own = case.subject == Subject::Person(payee);
        if (!own || case.subject == told.subject) && !payees.contains(&payee) {
            payees.push(payee);
        }
    }
    Ok(payees)
}

/// Payments have an account of this person: it is verified if the pack says that its holder's name is enough, or an official
/// looks where the names differ; and it is written,
/// hidden, where the next application looks, so that it is not asked again.
pub(crate) async fn known(
    tx: &mut Tx,
    desk: &Desk<'_>,
    pay: &payment::Desk<'_>,
    message: &Message,
) -> Result<(), Failed> {
    let told: Known = serde_json::from_str(&message.payload).map_err(|e| Failed::Payload(e.to_string()))?;
    let Some(rule) = desk.pack.accounts().find(|rule| form_of(rule) == told.form) else { return Ok(()) };
    let as_of = registry::AsOf::latest(desk.today());
    let basis = Processing::new(PurposeKind::Payment, law(desk, rule))?;
    let whole = registry::read::person(tx, told.person, as_of).await?.ok_or(StoreError::NotFound)?;
    let names: Vec<Name> = whole.process(&basis, |p| p.names.clone());
    let masked = format!("{} {}", told.bank, told.hint);
    if rule.holder_is_payee {
        let bears = |holder: &str| names.iter().any(|name| name.is_written(holder));
        match account::verify_holder(tx, pay, told.person, told.account, bears, BY_NAME).await? {
            Holder::Agrees => holder::agrees(tx, desk, told.person, &rule.item).await?,
            Holder::Differs(holder) => {
                let names = names.into_iter().map(|n| n.full).collect();
                let (person, account, item, masked) = (told.person, told.account, rule.item.clone(), masked.clone());
                let it = holder::Differs { person, account, item, masked, holder, names };
                holder::differs(tx, desk, &it).await?;
            }
            Holder::Settled => {}
        }
    }
    if desk.pack.code(&rule.banks, &told.bank).is_some() {
        casework::application::account::known(tx, desk, told.person, rule, &masked).await?;
    }
    Ok(())
}

/// An official said whether an account is the payee's.
pub(crate) async fn settled(tx: &mut Tx, pay: &payment::Desk<'_>, message: &Message) -> Result<(), Failed> {
    let said: holder::Settled = serde_json::from_str(&message.payload).map_err(|e| Failed::Payload(e.to_string()))?;
    account::settle_holder(tx, pay, said.person, said.account, said.theirs, &said.words, said.by).await?;
    Ok(())
}
