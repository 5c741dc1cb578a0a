//! Numbers, money, dates and times as each language writes them.

use std::cell::RefCell;

use icu_decimal::DecimalFormatter;
use icu_decimal::input::Decimal;
use icu_decimal::options::DecimalFormatterOptions;
use kernel::{Currency, Date, Instant, Lang, Money, Period};

use crate::Text;

thread_local! {
    // A formatter is cheap to use and dear to make; it may not cross threads.
    static FORMATTERS: RefCell<Vec<(Lang, DecimalFormatter)>> = const { RefCell::new(Vec::new()) };
}

/// `value` × 10^-`decimals`, grouped as `lang` does.
fn grouped(lang: Lang, value: i64, decimals: u32) -> String {
    let mut decimal = Decimal::from(value);
    decimal.multiply_pow10(-i16::try_from(decimals).unwrap_or(0));
    FORMATTERS.with_borrow_mut(|formatters| {
        if !formatters.iter().any(|(l, _)| *l == lang) {
            let locale = icu_locale_core::Locale::try_from_str(lang.tag()).unwrap_or(icu_locale_core::Locale::UNKNOWN);
            if let Ok(formatter) = DecimalFormatter::try_new((&locale).into(), DecimalFormatterOptions::default()) {
                formatters.push((lang, formatter));
            }
        }
        formatters
            .iter()
            .find(|(l, _)| *l == lang)
            .map_or_else(|| decimal.to_string(), |(_, formatter)| formatter.format(&decimal).to_string())
    })
}

/// How many characters a person sees: for widths of fields and cut texts.
pub fn shown_length(words: &str) -> usize {
    words.chars().count()
}

impl Text {
    /// A whole number, grouped.
    pub fn number(self, value: i64) -> String {
        grouped(self.lang(), value, 0)
    }

    /// A decimal as recorded (`0.35`), grouped; comes back unchanged when it is not a decimal.
    pub fn decimal(self, text: &str) -> String {
        let Ok(decimal) = Decimal::try_from_str(text) else { return text.to_owned() };
        let places = text.split_once('.').map_or(0, |(_, fraction)| fraction.len());
        let digits = text.replace('.', "");
        match (digits.parse::<i64>(), u32::try_from(places)) {
            (Ok(value), Ok(places)) => grouped(self.lang(), value, places),
            _ => decimal.to_string(),
        }
    }

    /// Money with its sign where the language puts it: `1,000,000원`, `₩1,000,000`.
    pub fn money(self, money: Money) -> String {
        // A whole sum is written without its empty decimals, as people write it.
        let (decimals, unit) = (money.currency.decimals(), money.currency.unit());
        let amount = if money.minor % unit == 0 {
            grouped(self.lang(), money.minor / unit, 0)
        } else {
            grouped(self.lang(), money.minor, decimals)
        };
        self.signed(amount, money.currency)
    }

    fn signed(self, amount: String, currency: Currency) -> String {
        let code = currency.code();
        let key = format!("money-{code}");
        if self.has(&key) {
            self.with(&key, &[("amount", amount.into())]).into_owned()
        } else {
            self.with("money-other", &[("amount", amount.into()), ("code", code.into())]).into_owned()
        }
    }

    /// Money that may have parts of a minor unit, from the text of a decimal number of minor units.
    pub fn money_exact(self, minor: &str, currency: Currency) -> String {
        let amount = self.decimal(&currency.plain_exact(minor));
        self.signed(amount, currency)
    }

    /// What people call the currency's own unit beside a field: `원`, `won`, `тенге`; its code where there is no word.
    pub fn currency(self, currency: Currency) -> String {
        let key = format!("currency-{}", currency.code());
        if self.has(&key) { self.t(&key).into_owned() } else { currency.code().to_owned() }
    }

    /// A date in words: `2026년 11월 21일`, `21 November 2026`.
    pub fn date(self, date: Date) -> String {
        let (year, month, day) = (date.year().to_string(), i64::from(date.month()), i64::from(date.day()));
        self.with("date-long", &[("year", year.into()), ("month", month.into()), ("day", day.into())]).into_owned()
    }

    /// A moment in the office's zone, to the minute, in words.
    pub fn moment(self, moment: Instant, offset_hours: i8) -> String {
        let date = self.date(moment.date(offset_hours));
        let local =
            moment.plus_seconds(i64::from(offset_hours) * 3600).micros().rem_euclid(86_400_000_000) / 60_000_000;
        let clock = format!("{:02}:{:02}", local / 60, local % 60);
        self.with("date-time", &[("date", date.into()), ("time", clock.into())]).into_owned()
    }

    /// From the first day to the last day inside, in words. (Inside, a period ends with its first day outside.)
    pub fn period(self, period: Period) -> String {
        let from = self.date(period.from);
        match period.until.and_then(|outside| outside.yesterday().ok()) {
            Some(last) => {
                self.with("period-closed", &[("from", from.into()), ("to", self.date(last).into())]).into_owned()
            }
            None => self.with("period-open", &[("from", from.into())]).into_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_stands_as_each_language_writes_it() {
        let won = Money::new(1_234_567, Currency::KRW);
        let tenge = Money::new(-123_456, Currency::KZT);
        assert_eq!(Text::new(Lang::Ko).money(won), "1,234,567원");
        assert_eq!(Text::new(Lang::En).money(won), "₩1,234,567");
        assert_eq!(Text::new(Lang::Ru).money(won).replace('\u{a0}', " "), "1 234 567 ₩");
        assert_eq!(Text::new(Lang::En).money(tenge), "₸-1,234.56");
        assert_eq!(Text::new(Lang::Kk).money(Money::new(2_491_200, Currency::KZT)).replace('\u{a0}', " "), "24 912 ₸");
        assert_eq!(
            Text::new(Lang::Ru).money(Money::new(2_945_325, Currency::KZT)).replace('\u{a0}', " "),
            "29 453,25 ₸"
        );
        assert_eq!(Text::new(Lang::En).money_exact("3559570.5", Currency::KZT), "₸35,595.705");
        assert_eq!(Text::new(Lang::Ko).money_exact("1234", Currency::KRW), "1,234원");
        assert_eq!(Text::new(Lang::En).money(Money::new(5, "XYZ".parse().unwrap())), "0.05 XYZ");
    }

    #[test]
    fn dates_and_times_are_words() {
        let date = jiff::civil::date(2026, 3, 5);
        assert_eq!(Text::new(Lang::Ko).date(date), "2026년 3월 5일");
        assert_eq!(Text::new(Lang::En).date(date), "5 March 2026");
        assert_eq!(Text::new(Lang::Ru).date(date), "5 марта 2026 г.");
        let late = Instant::start_of(date).plus_seconds(15 * 3600 + 61);
        assert_eq!(Text::new(Lang::En).moment(late, 9), "6 March 2026, 00:01");
    }

    #[test]
    fn a_period_is_told_by_its_last_day_inside() {
        let t = Text::new(Lang::En);
        let from = jiff::civil::date(2025, 1, 1);
        let until = Some(jiff::civil::date(2026, 1, 1));
        assert_eq!(t.period(Period { from, until }), "1 January 2025 to 31 December 2025");
        assert_eq!(t.period(Period { from, until: None }), "from 1 January 2025");
    }

    #[test]
    fn decimals_keep_their_digits() {
        assert_eq!(Text::new(Lang::En).decimal("1234.50"), "1,234.50");
        assert_eq!(Text::new(Lang::En).decimal("not a number"), "not a number");
    }
}
