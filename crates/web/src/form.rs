//! What somebody typed into a form: kept as typed, with what is wrong beside the field it is wrong in.

use axum::extract::{FromRequest, Request};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use kernel::{Currency, Date};
use text::Text;

use crate::request::lang;
use crate::state::AppState;

/// The fields of a form in the order they came.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Form {
    pairs: Vec<(String, String)>,
    errors: Vec<(String, String)>,
}

/// The most fields a form may have: more is an attack or a fault, not a family.
const MOST_FIELDS: usize = 2_000;

impl Form {
    /// From names and values.
    pub fn of(pairs: impl IntoIterator<Item = (impl Into<String>, impl Into<String>)>) -> Self {
        Form { pairs: pairs.into_iter().map(|(n, v)| (n.into(), v.into())).collect(), errors: Vec::new() }
    }

    /// From the query of an address, without the characters that are no text; nothing of it is wrong yet.
    pub fn of_query(query: Option<&str>) -> Self {
        let pairs = url::form_urlencoded::parse(query.unwrap_or_default().as_bytes());
        Form::of(pairs.map(|(name, value)| (plain(&name), plain(&value))))
    }

    /// From a form that was sent. Characters that are no text are told at their field and go no further: no database keeps them,
    /// and whoever sent them is not understood by a use case that does not look.
    pub(crate) fn sent(t: Text, pairs: Vec<(String, String)>) -> Self {
        let odd: Vec<String> = pairs.iter().filter(|(_, v)| !is_plain(v)).map(|(name, _)| plain(name)).collect();
        let mut form = Form::of(pairs.into_iter().map(|(name, value)| (plain(&name), plain(&value))));
        for name in odd {
            form.refuse(&name, t.t("error-field-control"));
        }
        form
    }

    /// The first value of `name`, trimmed; empty when absent.
    pub fn get(&self, name: &str) -> &str {
        self.pairs.iter().find(|(n, _)| n == name).map_or("", |(_, v)| v.trim())
    }

    /// All values of `name`.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.pairs.iter().filter(move |(n, _)| n == name).map(|(_, v)| v.trim())
    }

    /// Whether `name` was sent at all (a pressed button, a ticked box).
    pub fn has(&self, name: &str) -> bool {
        self.pairs.iter().any(|(n, _)| n == name)
    }

    /// Every field.
    pub fn pairs(&self) -> &[(String, String)] {
        &self.pairs
    }

    /// Replaces `name`, or adds it.
    pub fn set(&mut self, name: &str, value: impl Into<String>) {
        let value = value.into();
        match self.pairs.iter_mut().find(|(n, _)| n == name) {
            Some((_, old)) => *old = value,
            None => self.pairs.push((name.to_owned(), value)),
        }
    }

    /// Keeps only the fields that `keep` accepts.
    pub fn retain(&mut self, keep: impl Fn(&str) -> bool) {
        self.pairs.retain(|(n, _)| keep(n));
    }

    /// Says what is wrong with a field, in the person's language.
    pub fn refuse(&mut self, name: &str, why: impl Into<String>) {
        if self.error(name).is_none() {
            self.errors.push((name.to_owned(), why.into()));
        }
    }

    /// What is wrong with `name`.
    pub fn error(&self, name: &str) -> Option<&str> {
        self.errors.iter().find(|(n, _)| n == name).map(|(_, why)| why.as_str())
    }

    /// Everything that is wrong, in the order found.
    pub fn errors(&self) -> &[(String, String)] {
        &self.errors
    }

    /// Whether nothing is wrong.
    pub fn is_fine(&self) -> bool {
        self.errors.is_empty()
    }

    /// The status of a page that shows the form: whether what was sent could be taken.
    pub fn status(&self) -> StatusCode {
        if self.is_fine() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY }
    }

    /// A value that must be there, at most `most` characters.
    pub fn required(&mut self, t: Text, name: &str, most: usize) -> String {
        let value = self.get(name).to_owned();
        if value.is_empty() {
            self.refuse(name, t.t("error-field-empty"));
        }
        self.not_too_long(t, name, &value, most);
        value
    }

    /// A value that may be left out, at most `most` characters.
    pub fn optional(&mut self, t: Text, name: &str, most: usize) -> Option<String> {
        let value = self.get(name).to_owned();
        self.not_too_long(t, name, &value, most);
        (!value.is_empty()).then_some(value)
    }

    fn not_too_long(&mut self, t: Text, name: &str, value: &str, most: usize) {
        if value.chars().count() > most {
            self.refuse(name, t.with("error-field-long", &[("most", most.into())]));
        } else if !is_plain(value) {
            self.refuse(name, t.t("error-field-control"));
        }
    }

    /// A date that must be there.
    pub fn date(&mut self, t: Text, name: &str) -> Option<Date> {
        if self.get(name).is_empty() {
            self.refuse(name, t.t("error-date-empty"));
            return None;
        }
        self.date_if_any(t, name)
    }

    /// A date that may be left out; none where the field is refused already: what is left without its odd characters nobody wrote.
    pub fn date_if_any(&mut self, t: Text, name: &str) -> Option<Date> {
        let value = self.get(name).to_owned();
        if value.is_empty() {
            return None;
        }
        let date = parse_date(&value);
        if date.is_none() {
            self.refuse(name, t.t("error-date-form"));
        }
        date.filter(|_| self.error(name).is_none())
    }

    /// A whole number that must be there.
    pub fn number(&mut self, t: Text, name: &str) -> Option<u32> {
        let number = self.get(name).parse().ok();
        if number.is_none() {
            self.refuse(name, t.t("team-error-number"));
        }
        number.filter(|_| self.error(name).is_none())
    }

    /// A typed id that must be there and well formed.
    pub fn id<T: std::str::FromStr>(&mut self, t: Text, name: &str) -> Option<T> {
        let parsed = self.get(name).parse().ok();
        if parsed.is_none() {
            self.refuse(name, t.t("error-choose"));
        }
        parsed
    }
}

impl FromRequest<AppState> for Form {
    type Rejection = Response;

    async fn from_request(request: Request, state: &AppState) -> Result<Self, Response> {
        let (parts, body) = request.into_parts();
        let t = Text::new(lang(&parts, state));
        let request = Request::from_parts(parts, body);
        let axum::Form(pairs) = axum::Form::<Vec<(String, String)>>::from_request(request, state)
            .await
            .map_err(IntoResponse::into_response)?;
        if pairs.len() > MOST_FIELDS {
            return Err(axum::http::StatusCode::PAYLOAD_TOO_LARGE.into_response());
        }
        Ok(Form::sent(t, pairs))
    }
}

/// Whether a text holds nothing but characters and ends of lines: no database keeps the rest, and nobody means it.
pub(crate) fn is_plain(text: &str) -> bool {
    !text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t'))
}

/// The same text without them.
fn plain(text: &str) -> String {
    text.chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\r' | '\t')).collect()
}

/// A date as people type it: `1995-03-02`, `1995.3.2`, `1995/3/2`, `1995년 3월 2일`, `19950302`.
pub fn parse_date(text: &str) -> Option<Date> {
    let groups: Vec<&str> = text.split(|c: char| !c.is_ascii_digit()).filter(|g| !g.is_empty()).collect();
    let (year, month, day) = match groups.as_slice() {
        [all] if all.len() == 8 => (all.get(..4)?, all.get(4..6)?, all.get(6..)?),
        [year, month, day] if year.len() == 4 && month.len() <= 2 && day.len() <= 2 => (*year, *month, *day),
        _ => return None,
    };
    let date = Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok()?;
    (date.year() >= 1850 && date.year() <= 2200).then_some(date)
}

/// A whole amount as people type it: `1,200,000`, `1 200 000`, `₩1,200,000`, `1200000원`, `120만`, `1억 2000만`.
pub fn parse_amount(text: &str) -> Option<i64> {
    let (mut total, mut digits, mut seen) = (0_i64, None::<i64>, false);
    for c in text.chars() {
        match c {
            '0'..='9' => {
                let digit = i64::from(c.to_digit(10)?);
                digits = Some(digits.unwrap_or(0).checked_mul(10)?.checked_add(digit)?);
                seen = true;
            }
            '만' => total = total.checked_add(digits.take()?.checked_mul(10_000)?)?,
            '억' => total = total.checked_add(digits.take()?.checked_mul(100_000_000)?)?,
            ',' | ' ' | '\u{a0}' | '\u{202f}' | '₩' | '₸' | '원' | '_' => {}
            _ => return None,
        }
    }
    seen.then(|| total.checked_add(digits.unwrap_or(0))).flatten()
}

/// A sum as people type it, in minor units: as [`parse_amount`], and where the currency has decimals also `29453.25` or
/// `29 453,25`.
pub fn parse_sum(text: &str, currency: Currency) -> Option<i64> {
    let digits = text.trim_end_matches(|c: char| !c.is_ascii_digit());
    let sign = text.get(digits.len()..).unwrap_or_default();
    let places = |part: &str| part.len() <= currency.decimals() as usize && part.bytes().all(|b| b.is_ascii_digit());
    match digits.rsplit_once(['.', ',']).filter(|(_, part)| !part.is_empty() && places(part)) {
        Some((whole, part)) => {
            let whole = parse_amount(&format!("{whole}{sign}"))?.checked_mul(currency.unit())?;
            whole.checked_add(currency.minor(&format!("0.{part}"))?)
        }
        None => parse_amount(text)?.checked_mul(currency.unit()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn dates_are_read_as_people_type_them() {
        for text in ["1995-03-02", "1995.3.2", "1995/03/02", "19950302", "1995년 3월 2일", "1995 3 2"] {
            assert_eq!(parse_date(text), Some(date(1995, 3, 2)), "{text}");
        }
        for text in ["", "1995-02-30", "95-03-02", "3/2/1995", "19953", "1995-13-01", "0000-01-01", "9999999999999"] {
            assert_eq!(parse_date(text), None, "{text}");
        }
    }

    #[test]
    fn amounts_are_read_as_people_type_them() {
        for (text, amount) in [
            ("1,200,000", 1_200_000),
            ("₩1 200 000", 1_200_000),
            ("1200000원", 1_200_000),
            ("120만", 1_200_000),
            ("120만원", 1_200_000),
            ("1억 2000만", 120_000_000),
            ("0", 0),
        ] {
            assert_eq!(parse_amount(text), Some(amount), "{text}");
        }
        for text in ["", "abc", "-5", "1.5", "만", "99999999999999999999", "999999999999억"] {
            assert_eq!(parse_amount(text), None, "{text}");
        }
        for (text, currency, minor) in [
            ("1,200,000원", Currency::KRW, Some(1_200_000)),
            ("1.5", Currency::KRW, None),
            ("120만", Currency::KRW, Some(1_200_000)),
            ("29 453,25 ₸", Currency::KZT, Some(2_945_325)),
            ("29453.5", Currency::KZT, Some(2_945_350)),
            ("1,200,000", Currency::KZT, Some(120_000_000)),
            ("24 912 ₸", Currency::KZT, Some(2_491_200)),
            ("24 912 words", Currency::KZT, None),
            ("-5", Currency::KZT, None),
            ("a lot", Currency::KZT, None),
        ] {
            assert_eq!(parse_sum(text, currency), minor, "{text} {currency}");
        }
    }

    #[test]
    fn what_is_no_text_is_told_at_its_field_and_goes_no_further() {
        let t = Text::new(kernel::Lang::En);
        let pairs = [("venue", "a\u{0}b\u{7}c"), ("words", "one\r\ntwo\tthree"), ("re\u{0}v", "1")];
        let form = Form::sent(t, pairs.map(|(n, v)| (n.to_owned(), v.to_owned())).to_vec());
        assert_eq!((form.get("venue"), form.get("words"), form.get("rev")), ("abc", "one\r\ntwo\tthree", "1"));
        assert!(!form.is_fine() && form.error("venue").is_some() && form.error("words").is_none());
        assert_eq!(Form::of_query(Some("q=a%00b")).get("q"), "ab");
    }

    #[test]
    fn the_first_error_of_a_field_stands() {
        let t = Text::new(kernel::Lang::En);
        let mut form = Form::of([("name", "x\u{0}y"), ("date", "soon")]);
        assert_eq!(form.date(t, "date"), None);
        form.required(t, "name", 2);
        assert_eq!(form.errors().len(), 2);
        assert_eq!(form.get("date"), "soon");
    }
}
