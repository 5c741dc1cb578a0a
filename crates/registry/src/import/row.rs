//! A line's cells into typed values, with faults in plain words. Pure.

use kernel::{Date, Lang, Period};

use super::IdentifierCheck;
use super::sheet::Line;
use crate::fact::FactValue;
use crate::person::{Detail, Identifier, Name, NewPerson, Script, Sex};
use crate::time::BEGINNING;

/// The first day anybody living today can have been born.
const EARLIEST_BIRTH: Date = Date::constant(1850, 1, 1);

/// A date, strictly `2026-01-31`.
pub(crate) fn date(line: &Line, column: &str) -> Result<Option<Date>, String> {
    let text = line.get(column);
    if text.is_empty() {
        return Ok(None);
    }
    let bad = |hint: &str| Err(format!("{column}: {:?} is not a date such as 2026-01-31{hint}", short(text)));
    let bytes = text.as_bytes();
    let shape = bytes.len() == 10
        && bytes.iter().enumerate().all(|(i, b)| if i == 4 || i == 7 { *b == b'-' } else { b.is_ascii_digit() });
    if !shape {
        let serial = text.len() <= 6 && text.bytes().all(|b| b.is_ascii_digit());
        let hint =
            if serial { ": it looks like a spreadsheet's number of a day; format the column as text" } else { "" };
        return bad(hint);
    }
    match text.parse::<Date>() {
        Ok(day) => Ok(Some(day)),
        Err(_) => bad(": the calendar has no such day"),
    }
}

/// The period of the columns `from` and `until`.
pub(crate) fn period(line: &Line) -> Result<Period, String> {
    let from = date(line, "from")?.unwrap_or(BEGINNING);
    let until = date(line, "until")?;
    match until {
        Some(until) if until <= from => {
            Err(format!("until: {until} does not lie after from ({from}); until is the first day outside"))
        }
        _ => Ok(Period { from, until }),
    }
}

/// A word of a closed set.
pub(crate) fn word<T: std::str::FromStr>(line: &Line, column: &str) -> Result<T, String>
where
    T::Err: std::fmt::Display,
{
    line.get(column).parse().map_err(|e: T::Err| format!("{column}: {e}"))
}

/// A person.
pub(crate) fn person(line: &Line, today: Date, fits: IdentifierCheck<'_>) -> Result<NewPerson, String> {
    let text = |column| line.get(column).to_owned();
    let (family, given, full) = (text("family"), text("given"), text("full_name"));
    let script = if line.get("script").is_empty() {
        Script::of(&format!("{family}{given}{full}"))
    } else {
        word(line, "script")?
    };
    let mut names = Vec::new();
    if !family.is_empty() || !given.is_empty() {
        let name = Name::new(script, family, given);
        names.push(if full.is_empty() { name } else { Name { full, ..name } });
    } else if !full.is_empty() {
        names.push(Name::whole(script, full));
    }
    if !line.get("latin_family").is_empty() || !line.get("latin_given").is_empty() {
        names.push(Name::new(Script::Latn, text("latin_family"), text("latin_given")));
    }
    if names.is_empty() {
        return Err("family: give family and given name, or full_name".to_owned());
    }
    let mut details = Vec::new();
    let birth = date(line, "birth_date")?.ok_or("birth_date: must be filled")?;
    if birth > today {
        return Err(format!("birth_date: {birth} lies in the future"));
    }
    if birth < EARLIEST_BIRTH {
        return Err(format!("birth_date: {birth} lies too far back: expected {EARLIEST_BIRTH} or later"));
    }
    details.push(Detail::BirthDate(birth));
    if let Some(death) = date(line, "death_date")? {
        if death < birth || death > today {
            return Err(format!("death_date: {death} must lie between the birth date {birth} and today"));
        }
        details.push(Detail::DeathDate(death));
    }
    if !line.get("sex").is_empty() {
        details.push(Detail::Sex(word::<Sex>(line, "sex")?));
    }
    if !line.get("language").is_empty() {
        details.push(Detail::Language(word::<Lang>(line, "language")?));
    }
    details.extend(contact(line)?);
    Ok(NewPerson { names, identifier: identifier(line, fits)?, details })
}

fn contact(line: &Line) -> Result<Vec<Detail>, String> {
    let mut details = Vec::new();
    let phone = line.get("phone");
    if !phone.is_empty() {
        let digits = phone.chars().filter(char::is_ascii_digit).count();
        let allowed = phone.chars().all(|c| c.is_ascii_digit() || " +-()./".contains(c));
        if !allowed || !(5..=15).contains(&digits) {
            return Err(format!("phone: {:?} is not a telephone number: expected 5 to 15 digits", short(phone)));
        }
        details.push(Detail::Phone(phone.to_owned()));
    }
    let email = line.get("email");
    if !email.is_empty() {
        let parts = email.split_once('@');
        let good =
            parts.is_some_and(|(a, b)| !a.is_empty() && b.contains('.') && !b.contains('@')) && !email.contains(' ');
        if !good {
            return Err(format!("email: {:?} is not an e-mail address such as name@example.org", short(email)));
        }
        details.push(Detail::Email(email.to_owned()));
    }
    Ok(details)
}

fn identifier(line: &Line, fits: IdentifierCheck<'_>) -> Result<Option<Identifier>, String> {
    let (scheme, number) = (line.get("identifier_scheme"), line.get("identifier"));
    match (scheme.is_empty(), number.is_empty()) {
        (true, true) => Ok(None),
        (true, false) => Err("identifier_scheme: must be filled when there is an identifier".to_owned()),
        (false, true) => Ok(None),
        (false, false) => {
            let identifier = Identifier::new(scheme, number);
            // The number is not repeated: reports are passed around.
            if !(4..=40).contains(&identifier.canonical().len()) {
                return Err("identifier: expected 4 to 40 letters and digits".to_owned());
            }
            fits(scheme, number).map_err(|wrong| format!("identifier: {wrong}"))?;
            Ok(Some(identifier))
        }
    }
}

/// The value of a fact, by the column `type`.
pub(crate) fn value(line: &Line) -> Result<FactValue, String> {
    let text = line.get("value");
    let whole = |what: &str| {
        text.parse::<i64>().map_err(|_| {
            format!("value: {:?} is not {what}: expected digits without separators, such as 1200000", short(text))
        })
    };
    match line.get("type") {
        "boolean" => match text {
            "true" => Ok(FactValue::Boolean(true)),
            "false" => Ok(FactValue::Boolean(false)),
            _ => Err(format!("value: {:?} is neither true nor false", short(text))),
        },
        "integer" => whole("a whole number").map(FactValue::Integer),
        "money" => whole("an amount in minor units").map(FactValue::Money),
        "decimal" => {
            let digits = text.strip_prefix('-').unwrap_or(text);
            let (int, frac) = digits.split_once('.').unwrap_or((digits, "0"));
            let good = |part: &str| !part.is_empty() && part.len() <= 30 && part.bytes().all(|b| b.is_ascii_digit());
            if good(int) && good(frac) {
                Ok(FactValue::Decimal(text.to_owned()))
            } else {
                Err(format!("value: {:?} is not a decimal number such as 12.5", short(text)))
            }
        }
        "date" => date(line, "value")?.map(FactValue::Date).ok_or_else(|| "value: must be filled".to_owned()),
        "text" => Ok(FactValue::Text(text.to_owned())),
        "code" => Ok(FactValue::Code(text.to_owned())),
        other => Err(format!(
            "type: {:?} is not a type: expected boolean, integer, decimal, money, date, text or code",
            short(other)
        )),
    }
}

/// The beginning of a text, to be repeated in a message.
pub(crate) fn short(text: &str) -> String {
    text.chars().take(40).collect()
}
