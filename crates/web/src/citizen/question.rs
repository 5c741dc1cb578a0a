//! A question derived from an item of the pack, as a form field.

use catalogue::Pack;
use catalogue::model::{AccountFault, Form as BenefitForm, Item, PaymentAccount, masked};
use kernel::{Currency, Words};
use maud::{Markup, html};
use rules::schema::{Per, Type, Value};
use text::Text;

use crate::components::field::{self, Look};
use crate::form::{Form, parse_amount, parse_date, parse_sum};

/// What kind of answer is expected.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// Yes or no.
    Truth,
    /// An amount of money, for this time.
    Amount(Per, Currency),
    /// A whole number with its unit.
    Number(String),
    /// A share or a decimal.
    Decimal,
    /// A date.
    Date,
    /// One of a list: code and words.
    Choice(Vec<(String, Words)>),
    /// Words.
    Text,
    /// The account money goes to: bank, number and holder in three fields, one answer.
    Account {
        /// What an account has to look like.
        rule: PaymentAccount,
        /// The banks: code and words.
        banks: Vec<(String, Words)>,
        /// The name put down before anything is typed; may be empty.
        holder: String,
    },
}

impl Kind {
    /// The kind for an item of the pack; `holder` is the name an account is likely to have.
    pub fn of_item(pack: &Pack, item: &Item, holder: &str) -> Self {
        let codes = |list: &str| {
            let list = pack.code_lists().get(list);
            list.map(|l| l.codes.iter().map(|c| (c.id.clone(), c.name.clone())).collect()).unwrap_or_default()
        };
        match pack.account_item(item.entity, &item.id) {
            Some(rule) => Kind::Account { rule: rule.clone(), banks: codes(&rule.banks), holder: holder.to_owned() },
            None => Kind::of(&item.ty, pack.currency(), codes),
        }
    }

    /// The kind for a declared type; `codes` gives the list of a code type.
    pub fn of(ty: &Type, currency: Currency, codes: impl FnOnce(&str) -> Vec<(String, Words)>) -> Self {
        match ty {
            Type::Boolean => Kind::Truth,
            Type::Integer(unit) => Kind::Number(unit.to_string()),
            Type::Decimal(_) | Type::Ratio => Kind::Decimal,
            Type::Money(per) => Kind::Amount(*per, currency),
            Type::Date => Kind::Date,
            Type::Code(list) => Kind::Choice(codes(list)),
            Type::Text => Kind::Text,
        }
    }
}

/// A question to a person.
#[derive(Clone, Debug, PartialEq)]
pub struct Question {
    /// The field's name in the form.
    pub field: String,
    /// The question in the pack's words.
    pub ask: Words,
    /// About whom, when not the household.
    pub whose: Option<String>,
    /// The answer expected.
    pub kind: Kind,
    /// What the answer decides.
    pub decides: Vec<Words>,
}

/// What a question asks, for the summary of what is wrong.
pub fn asked<'q>(t: Text, questions: impl IntoIterator<Item = &'q Question>, field: &str) -> Option<String> {
    let question = questions.into_iter().find(|q| q.field == field)?;
    let ask = question.ask.get(t.lang()).trim_end_matches('?').to_owned();
    Some(question.whose.as_ref().map_or(ask.clone(), |whose| format!("{ask} ({whose})")))
}

/// The field for a question. Leaving it empty means *I do not know*.
pub fn show(t: Text, form: &Form, q: &Question) -> Markup {
    let lang = t.lang();
    let ask = q.ask.get(lang);
    let label = ask.to_owned();
    let hint = decides(t, &q.decides);
    let look = |keyboard, width, unit| Look { hint: &hint, keyboard, width, unit, autocomplete: "" };
    match &q.kind {
        Kind::Truth => field::radios(
            form,
            &q.field,
            &label,
            &hint,
            &[
                ("yes".to_owned(), t.t("yes").into_owned()),
                ("no".to_owned(), t.t("no").into_owned()),
                (String::new(), t.t("do-not-know").into_owned()),
            ],
        ),
        Kind::Choice(options) => {
            let options: Vec<_> =
                options.iter().map(|(code, words)| (code.clone(), words.get(lang).to_owned())).collect();
            field::select(form, &q.field, &label, &hint, &t.t("do-not-know"), &options)
        }
        Kind::Amount(per, currency) => {
            let key = match per {
                Per::Once => "amount-unit-once",
                Per::Month => "amount-unit-month",
                Per::Year => "amount-unit-year",
                Per::Use => "amount-unit-use",
            };
            let unit = t.with(key, &[("currency", t.currency(*currency).into())]);
            field::line(form, &q.field, &label, look("numeric", "w-m", &unit))
        }
        Kind::Number(unit) => field::line(form, &q.field, &label, look("numeric", "w-s", &unit_words(t, unit))),
        Kind::Decimal => field::line(form, &q.field, &label, look("decimal", "w-s", "")),
        Kind::Date => {
            let hint = format!("{} {hint}", t.t("date-hint"));
            field::line(
                form,
                &q.field,
                &label,
                Look { hint: hint.trim(), keyboard: "numeric", width: "w-m", ..Look::default() },
            )
        }
        Kind::Text => field::line(form, &q.field, &label, look("", "", "")),
        Kind::Account { rule, banks, holder } => account(t, form, &q.field, (&label, &hint), (rule, banks), holder),
    }
}

/// What the parts of an account, or of a card onto which vouchers are loaded, are called.
pub(crate) struct AccountKeys {
    /// The bank, or who issued the card.
    pub(crate) bank: &'static str,
    /// The number.
    pub(crate) number: &'static str,
    /// How the number is written.
    pub(crate) hint: &'static str,
    /// The keyboard of a telephone for it.
    pub(crate) keyboard: &'static str,
    /// Whose it has to be.
    pub(crate) words: &'static str,
}

impl AccountKeys {
    pub(crate) fn of(rule: &PaymentAccount) -> AccountKeys {
        let (bank, number, words) = ("pay-account-bank-name", "pay-account-number", "pay-account-words");
        match (rule.form, rule.iban.is_some()) {
            (BenefitForm::Voucher, _) => AccountKeys {
                bank: "pay-card-issuer",
                number: "pay-card-number",
                hint: "pay-card-number-hint",
                keyboard: "numeric",
                words: "pay-card-words",
            },
            (_, true) => AccountKeys { bank, number, hint: "pay-account-iban-hint", keyboard: "", words },
            (_, false) => AccountKeys { bank, number, hint: "pay-account-number-hint", keyboard: "numeric", words },
        }
    }
}

/// The fields beside the number of an account.
fn parts(field: &str) -> (String, String) {
    (format!("{field}-bank"), format!("{field}-holder"))
}

fn account(
    t: Text,
    form: &Form,
    field: &str,
    (label, hint): (&str, &str),
    (rule, banks): (&PaymentAccount, &[(String, Words)]),
    holder: &str,
) -> Markup {
    let (bank_field, holder_field) = parts(field);
    let mut form = form.clone();
    // An answer given before stands in one piece, bank and hidden number.
    let given = form.get(field).split_once(' ').map(|(bank, number)| (bank.to_owned(), number.to_owned()));
    if let Some((bank, number)) = given.filter(|_| !form.has(&bank_field)) {
        form.set(field, number);
        form.set(&bank_field, bank);
    }
    if !form.has(&holder_field) {
        form.set(&holder_field, holder);
    }
    let banks: Vec<_> = banks.iter().map(|(code, words)| (code.clone(), words.get(t.lang()).to_owned())).collect();
    let keys = AccountKeys::of(rule);
    let number = Look { hint: &t.t(keys.hint), keyboard: keys.keyboard, ..Look::default() };
    html! {
        fieldset {
            legend { (label) }
            @if !hint.is_empty() { p.hint { (hint) } }
            (field::select(&form, &bank_field, &t.t(keys.bank), "", &t.t("choose"), &banks))
            (field::line(&form, field, &t.t(keys.number), number))
            (field::line(&form, &holder_field, &t.t("pay-account-holder"), Look { autocomplete: "name", ..Look::default() }))
            p.hint { (t.t(keys.words)) }
        }
    }
}

/// The account typed into three fields, as one answer; what is wrong is said at the field it is wrong in.
fn read_account(
    t: Text,
    form: &mut Form,
    field: &str,
    rule: &PaymentAccount,
    banks: &[(String, Words)],
) -> Option<Value> {
    let (bank_field, holder_field) = parts(field);
    let (bank, number) = (form.get(&bank_field).to_owned(), form.get(field).to_owned());
    if bank.is_empty() && number.is_empty() {
        return None;
    }
    if masked(&number) {
        return Some(Value::Text(format!("{bank} {number}")));
    }
    let known = |code: &str| banks.iter().any(|(known, _)| known == code);
    match rule.check(&bank, &number, form.get(&holder_field), known) {
        Ok(it) => return Some(Value::Text(format!("{} {} {}", it.bank, it.number, it.holder))),
        Err(fault) => refuse_account(t, form, &fault, (field, &bank_field, &holder_field)),
    }
    None
}

/// Says what is wrong with an account at the field it is wrong in: number, bank, holder.
pub(crate) fn refuse_account(
    t: Text,
    form: &mut Form,
    fault: &AccountFault,
    (number, bank, holder): (&str, &str, &str),
) {
    match fault {
        AccountFault::Bank(_) => form.refuse(bank, t.t("error-choose")),
        AccountFault::Number(least, most) if least == most => {
            form.refuse(number, t.with("error-account-digits", &[("count", i64::from(*most).into())]));
        }
        AccountFault::Number(least, most) => {
            let bounds = [("least", i64::from(*least).into()), ("most", i64::from(*most).into())];
            form.refuse(number, t.with("error-account-number", &bounds));
        }
        AccountFault::Iban(country) => {
            form.refuse(number, t.with("error-account-iban", &[("country", country.as_str().into())]));
        }
        AccountFault::Holder => form.refuse(holder, t.t("error-account-holder")),
        AccountFault::Hidden => form.refuse(number, t.t("error-account-hidden")),
        AccountFault::Shape => form.refuse(number, t.t("error-field-empty")),
    }
}

fn decides(t: Text, programmes: &[Words]) -> String {
    let names: Vec<&str> = programmes.iter().map(|w| w.get(t.lang())).collect();
    match names.len() {
        0 => String::new(),
        1 | 2 => t.with("question-decides", &[("programmes", names.join(", ").into())]).into_owned(),
        more => t.with("question-decides-more", &[("count", more.into())]).into_owned(),
    }
}

fn unit_words(t: Text, unit: &str) -> String {
    let key = match unit {
        "years" => "unit-name-years",
        "months" => "unit-name-months",
        "days" => "unit-name-days",
        "persons" => "unit-name-persons",
        "hours" => "unit-name-hours",
        "percent" => "unit-name-percent",
        _ => return String::new(),
    };
    t.t(key).into_owned()
}

/// Most characters of an answer in words.
const MOST_TEXT: usize = 500;

/// The answer typed into `field`; `Ok(None)` when left empty. What is wrong is said in the form.
pub fn read(t: Text, form: &mut Form, field: &str, kind: &Kind) -> Option<Value> {
    if let Kind::Account { rule, banks, .. } = kind {
        return read_account(t, form, field, rule, banks);
    }
    if *kind == Kind::Text {
        return form.optional(t, field, MOST_TEXT).filter(|_| form.error(field).is_none()).map(Value::Text);
    }
    let typed = form.get(field).to_owned();
    if typed.is_empty() {
        return None;
    }
    let value = match kind {
        Kind::Truth => match typed.as_str() {
            "yes" => Some(Value::Boolean(true)),
            "no" => Some(Value::Boolean(false)),
            _ => None,
        },
        Kind::Amount(_, currency) => parse_sum(&typed, *currency).map(Value::Money),
        Kind::Number(_) => parse_amount(&typed).map(Value::Integer),
        Kind::Decimal => decimal(&typed).map(Value::Decimal),
        Kind::Date => parse_date(&typed).map(Value::Date),
        Kind::Choice(options) => options.iter().any(|(code, _)| *code == typed).then(|| Value::Code(typed.clone())),
        Kind::Text | Kind::Account { .. } => None,
    };
    if value.is_none() {
        form.refuse(
            field,
            t.t(match kind {
                Kind::Amount(..) => "error-amount-form",
                Kind::Number(_) | Kind::Decimal => "error-number-form",
                Kind::Date => "error-date-form",
                Kind::Truth | Kind::Choice(_) => "error-choose",
                Kind::Text | Kind::Account { .. } => "error-field-control",
            }),
        );
    }
    value
}

/// `0.35` or `0,35`: digits with at most one point.
fn decimal(typed: &str) -> Option<String> {
    let text = typed.replace(',', ".");
    let fine = text.chars().all(|c| c.is_ascii_digit() || c == '.')
        && text.matches('.').count() <= 1
        && text.starts_with(|c: char| c.is_ascii_digit())
        && text.ends_with(|c: char| c.is_ascii_digit())
        && text.len() <= 20;
    fine.then_some(text)
}

/// The fields of several questions, those about one person together under that person's name.
pub fn all(t: Text, form: &Form, questions: &[Question]) -> Markup {
    let mut people: Vec<&Option<String>> = Vec::new();
    for q in questions {
        if !people.contains(&&q.whose) {
            people.push(&q.whose);
        }
    }
    people.sort_by_key(|whose| whose.is_some());
    html! {
        @for whose in people {
            fieldset {
                legend.big { @match whose { Some(name) => (name), None => (t.t("for-household")) } }
                @for q in questions.iter().filter(|q| q.whose == *whose) { (show(t, form, q)) }
            }
        }
    }
}
