//! How applications are worked on: stages, deadlines, who must decide, when it is paid. All of it is content of a pack.

use std::collections::BTreeMap;

use kernel::{Date, Words, iban_adds_up};
use serde::Serialize;

use super::{Confidence, Form};

/// One step on the way of an application.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Somebody asks.
    Application,
    /// What is not known is asked of those who know.
    Investigation,
    /// The rules say what is due.
    Determination,
    /// Yes or no, with a notice.
    Decision,
    /// The money goes out.
    Payment,
}

/// What the first or last month of an entitlement is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PartMonth {
    /// The whole sum, however many days.
    Whole,
    /// The sum times days inside by days of the month.
    ByDay,
    /// Nothing when a day of it lies outside.
    Nothing,
}

/// Where a day of payment goes that is no working day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum OnHoliday {
    /// The last working day before.
    Before,
    /// The first working day after.
    After,
}

/// How the days of a time limit are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Counted {
    /// Every day of the calendar.
    Days,
    /// Neither days of the weekend nor holidays.
    WorkingDays,
}

/// How too much paid comes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Recovery {
    /// The largest part of a running payment that may be kept back for it, in percent, 0 to 100.
    pub set_off_percent: u8,
    /// The largest number of monthly instalments, 1 or more.
    pub most_instalments: u32,
    /// Up to this sum in minor units nothing is asked back.
    pub waive_up_to_minor: i64,
}

/// How applications for a programme are worked on: the pack's defaults with what the programme itself says over them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Process {
    /// The law of the procedure.
    pub law: String,
    /// The stages used, in their order; a ministry may bring its own for the others.
    pub stages: Vec<Stage>,
    /// Whether a yes that is certain in everything needs no official.
    pub automatic: bool,
    /// Above this sum in minor units (of one payment) two people decide; `None`: never because of the sum.
    pub four_eyes_over: Option<i64>,
    /// Whether a no needs a second person.
    pub four_eyes_on_denial: bool,
    /// Days the law gives for the decision, when the claim of the version names none.
    pub decision_days: u32,
    /// Days in all when the enquiry needs longer and the family has been told why; `None`: the law knows no longer time.
    pub decision_days_extended: Option<u32>,
    /// Days an agency has to answer before the question becomes an official's task.
    pub reply_days: u32,
    /// How [`Process::reply_days`] are counted.
    pub reply_counted: Counted,
    /// Days a person has to speak before a worse decision.
    pub hearing_days: u32,
    /// Days to object after the notice.
    pub objection_days: u32,
    /// Days for the review of an objection.
    pub review_days: u32,
    /// Days for the review of a second objection, at the office above; `None`: there is none.
    pub second_review_days: Option<u32>,
    /// The agency that reviews a first objection; `None`: the one that decided.
    pub first_review: Option<String>,
    /// The agency that reviews a second objection; `None`: the one responsible for the programme.
    pub second_review: Option<String>,
    /// What the first month is worth.
    pub first_month: PartMonth,
    /// What the last month is worth.
    pub last_month: PartMonth,
    /// Day of the month, 1 to 28, on which it is paid; `None`: each period within [`Process::pay_within_days`] of the
    /// decision, or of its own first day when that is later.
    pub pay_day: Option<u8>,
    /// Where that day goes when it is no working day.
    pub pay_on_holiday: OnHoliday,
    /// Working days within which what is not paid on a day of the month goes out.
    pub pay_within_days: u32,
    /// Days the family has to give what only it can give; after that an official goes on.
    pub supplement_days: u32,
    /// Days before an end on which the family is reminded.
    pub reminder_days: u32,
    /// How too much paid comes back.
    pub recovery: Recovery,
    /// The office to which one objects.
    pub objection_to: Option<Words>,
    /// The office to which one objects a second time.
    pub second_objection_to: Option<Words>,
    /// Ids of the consents it needs: those it names, those that name it, and those bound to an item of its evidence.
    pub consents: Vec<String>,
    /// Ids of sources.csv.
    pub sources: Vec<String>,
    /// How sure.
    pub confidence: Option<Confidence>,
    /// What is simplified or ours.
    pub note: Option<Words>,
    /// Keys of this process whose values no source gives: set for illustration.
    pub illustrative: Vec<String>,
}

impl Process {
    /// What holds where a pack says nothing: nothing by machine, a second person at a no, nothing kept back.
    pub const PLAIN: Process = Process {
        law: String::new(),
        stages: Vec::new(),
        automatic: false,
        four_eyes_over: None,
        four_eyes_on_denial: true,
        decision_days: 30,
        decision_days_extended: None,
        reply_days: 14,
        reply_counted: Counted::Days,
        hearing_days: 14,
        objection_days: 90,
        review_days: 30,
        second_review_days: None,
        first_review: None,
        second_review: None,
        first_month: PartMonth::Whole,
        last_month: PartMonth::Whole,
        pay_day: None,
        pay_on_holiday: OnHoliday::Before,
        pay_within_days: 14,
        supplement_days: 30,
        reminder_days: 30,
        recovery: Recovery { set_off_percent: 0, most_instalments: 12, waive_up_to_minor: 0 },
        objection_to: None,
        second_objection_to: None,
        consents: Vec::new(),
        sources: Vec::new(),
        confidence: None,
        note: None,
        illustrative: Vec::new(),
    };

    /// The last day on which an agency may answer what it is asked on `asked`; the day of the question does not count.
    pub fn reply_until(&self, calendar: &Calendar, asked: Date) -> Date {
        match self.reply_counted {
            Counted::Days => asked.saturating_add(jiff::Span::new().days(i64::from(self.reply_days))),
            Counted::WorkingDays => (0..self.reply_days)
                .fold(asked, |at, _| at.tomorrow().map_or(at, |next| calendar.working_day(next, OnHoliday::After))),
        }
    }

    /// Whether it uses the stage.
    pub fn uses(&self, stage: Stage) -> bool {
        self.stages.contains(&stage)
    }
}

impl Stage {
    /// All stages in their order.
    pub const ALL: [Stage; 5] =
        [Stage::Application, Stage::Investigation, Stage::Determination, Stage::Decision, Stage::Payment];
}

/// [`Process::PLAIN`] with all stages.
impl Default for Process {
    fn default() -> Self {
        Process { stages: Stage::ALL.to_vec(), ..Process::PLAIN }
    }
}

/// What a person agrees to, so that an office may look.
#[derive(Clone, Debug)]
pub struct Consent {
    /// Its id.
    pub id: String,
    /// The law that asks for it.
    pub law: String,
    /// What the person agrees to, in plain words.
    pub words: Words,
    /// Whether every grown member of the household must agree, not the applicant alone.
    pub all_members: bool,
    /// Programmes that need it, beside those that ask for [`Consent::item`].
    pub programmes: Vec<String>,
    /// The item of evidence that is this consent, if there is one.
    pub item: Option<String>,
    /// Agencies that hold what is asked with this consent alone: before it stands, and after it is taken back, they are asked
    /// nothing. Such a consent has an [`Consent::item`], by which whoever has not agreed is asked.
    pub covers: Vec<String>,
    /// From which age a member agrees for themselves, where all must; `None`: from the installation's age of majority.
    pub from_age: Option<u8>,
    /// Ids of sources.csv.
    pub sources: Vec<String>,
    /// How sure.
    pub confidence: Option<Confidence>,
}

/// The item of the data dictionary in which a person says where money, or a voucher, is to go.
///
/// It is answered as one text, `BANK NUMBER HOLDER` (`088 110-222-333333 Kim Hana`), so that no half of an account is ever
/// kept. What is written into facts, drafts and decisions is its hidden form ([`GivenAccount::masked`]) instead; the number itself travels under seal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaymentAccount {
    /// What goes there: cash, or vouchers.
    pub form: Form,
    /// The item, of a person, of type text, of the person's own telling.
    pub item: String,
    /// The code list of banks.
    pub banks: String,
    /// The fewest digits of a number.
    pub least_digits: u32,
    /// The most digits of a number.
    pub most_digits: u32,
    /// The country whose IBANs (ISO 13616) numbers are, where they are; then the digits are not counted.
    pub iban: Option<String>,
    /// From this age on, in years, money goes to a person's own account; before, a parent's does.
    pub own_from_age: u32,
    /// Whether an account counts as checked when its holder has the name under which the payee stands in the register. If
    /// not, an official or the bank checks it.
    pub holder_is_payee: bool,
    /// The law.
    pub law: String,
    /// Ids of sources.csv.
    pub sources: Vec<String>,
    /// How sure.
    pub confidence: Option<Confidence>,
}

impl PaymentAccount {
    /// Takes `BANK NUMBER HOLDER` apart and holds it against the rule; `known` says whether the list has a bank.
    pub fn read(&self, text: &str, known: impl FnOnce(&str) -> bool) -> Result<GivenAccount, AccountFault> {
        let mut parts = text.trim().splitn(3, char::is_whitespace).map(str::trim);
        let (Some(bank), Some(number), Some(holder)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(AccountFault::Shape);
        };
        self.check(bank, number, holder, known)
    }

    /// The same from three fields. Spaces and hyphens in the number do not matter.
    pub fn check(
        &self,
        bank: &str,
        number: &str,
        holder: &str,
        known: impl FnOnce(&str) -> bool,
    ) -> Result<GivenAccount, AccountFault> {
        if !known(bank) {
            return Err(AccountFault::Bank(self.banks.clone()));
        }
        let number: String = number.chars().filter(|c| *c != '-' && !c.is_whitespace()).collect();
        if let Some(country) = &self.iban {
            let number = number.to_ascii_uppercase();
            let shaped = (15..=34).contains(&number.len()) && number.chars().all(|c| c.is_ascii_alphanumeric());
            if !shaped || !number.starts_with(country.as_str()) || !iban_adds_up(&number) {
                return Err(AccountFault::Iban(country.clone()));
            }
            return self.held_by(bank, number, holder);
        }
        let length = u32::try_from(number.len()).unwrap_or(u32::MAX);
        let fits = (self.least_digits..=self.most_digits).contains(&length);
        if !fits || !number.chars().all(|c| c.is_ascii_digit()) {
            return Err(AccountFault::Number(self.least_digits, self.most_digits));
        }
        self.held_by(bank, number, holder)
    }

    fn held_by(&self, bank: &str, number: String, holder: &str) -> Result<GivenAccount, AccountFault> {
        let holder = holder.trim();
        let length = holder.chars().count();
        if length == 0 || length > 140 || holder.chars().any(char::is_control) {
            return Err(AccountFault::Holder);
        }
        Ok(GivenAccount { bank: bank.to_owned(), number, holder: holder.to_owned() })
    }
}

/// What stands for a hidden character of an account number.
pub(crate) const HIDDEN: char = '•';

/// An account as somebody gave it. `Debug` does not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct GivenAccount {
    /// A code of [`PaymentAccount::banks`].
    pub bank: String,
    /// Without spaces and hyphens.
    pub number: String,
    /// The name on it.
    pub holder: String,
}

impl std::fmt::Debug for GivenAccount {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("GivenAccount(hidden)")
    }
}

impl GivenAccount {
    /// The bank's code and the last three digits: what is shown, and written where facts are written.
    pub fn masked(&self) -> String {
        let hidden = self.number.chars().count().saturating_sub(3);
        let digit = |(n, c)| if n < hidden { HIDDEN } else { c };
        format!("{} {}", self.bank, self.number.chars().enumerate().map(digit).collect::<String>())
    }
}

/// What is wrong with an account.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AccountFault {
    /// Not three parts.
    #[error("expected bank, number and holder with a space between: BANK NUMBER HOLDER")]
    Shape,
    /// No bank of the list.
    #[error("the bank is none of the code list {0}: expected one of its codes")]
    Bank(String),
    /// Too short, too long, or no digits.
    #[error("the account number has to be {0} to {1} digits; hyphens do not matter")]
    Number(u32, u32),
    /// No IBAN of the country, or one that does not add up.
    #[error("the account number has to be an IBAN that begins with {0} and whose check digits are right")]
    Iban(String),
    /// No name, or one too long.
    #[error("the holder has to be the name on the account, 1 to 140 characters")]
    Holder,
    /// A hidden number that was not given before.
    #[error("a hidden number stands for one given before, and there is none: give the whole number")]
    Hidden,
}

/// Whether a text is an account already hidden.
pub fn masked(text: &str) -> bool {
    text.contains(HIDDEN)
}

/// Days on which nothing is paid or decided.
#[derive(Clone, Debug, Default)]
pub struct Calendar {
    /// Public holidays in order of time.
    pub(crate) holidays: Vec<Date>,
    pub(crate) names: BTreeMap<Date, Words>,
    /// Days of the week off, by jiff's count: Monday 1 to Sunday 7.
    pub(crate) weekend: Vec<i8>,
}

impl Calendar {
    /// Public holidays in order of time.
    pub fn holidays(&self) -> &[Date] {
        &self.holidays
    }

    /// The name of the holiday.
    pub fn name(&self, day: Date) -> Option<&Words> {
        self.names.get(&day)
    }

    /// Neither a day of the weekend nor a holiday.
    pub fn is_working_day(&self, day: Date) -> bool {
        !self.weekend.contains(&day.weekday().to_monday_one_offset()) && self.holidays.binary_search(&day).is_err()
    }

    /// The day itself or the nearest working day on that side of it. A calendar without any working day gives the day back.
    pub fn working_day(&self, day: Date, side: OnHoliday) -> Date {
        let step = |day: Date| match side {
            OnHoliday::Before => day.yesterday().ok(),
            OnHoliday::After => day.tomorrow().ok(),
        };
        let days = std::iter::successors(Some(day), |d| step(*d)).take(366);
        let found = days.into_iter().find(|d| self.is_working_day(*d));
        found.unwrap_or(day)
    }

    /// The working day that many working days after the day; of 0, the day or the first working day after it.
    pub fn after_working_days(&self, day: Date, count: u32) -> Date {
        let first = self.working_day(day, OnHoliday::After);
        (0..count).fold(first, |at, _| at.tomorrow().map_or(at, |next| self.working_day(next, OnHoliday::After)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn an_agencys_days_are_counted_as_the_pack_says() {
        let calendar = Calendar { holidays: vec![date(2026, 12, 25)], weekend: vec![6, 7], ..Calendar::default() };
        let days = |counted| Process { reply_days: 3, reply_counted: counted, ..Process::PLAIN };
        // Asked on Wednesday 23 December: Thursday, Monday, Tuesday; Friday is a holiday.
        let asked = date(2026, 12, 23);
        assert_eq!(days(Counted::WorkingDays).reply_until(&calendar, asked), date(2026, 12, 29));
        assert_eq!(days(Counted::Days).reply_until(&calendar, asked), date(2026, 12, 26));
        // A question asked on a Saturday begins to run on Monday.
        assert_eq!(days(Counted::WorkingDays).reply_until(&calendar, date(2026, 12, 19)), date(2026, 12, 23));
    }

    #[test]
    fn an_account_is_taken_apart_and_hidden() {
        let rule = PaymentAccount {
            form: Form::Cash,
            item: "account".into(),
            banks: "bank".into(),
            least_digits: 10,
            most_digits: 16,
            iban: None,
            own_from_age: 19,
            holder_is_payee: true,
            law: String::new(),
            sources: vec![],
            confidence: None,
        };
        let read = |text: &str| rule.read(text, |bank| bank == "088");
        let fine = read("088 110-222-333333 Kim Ha Na").unwrap();
        assert_eq!((fine.number.as_str(), fine.holder.as_str()), ("110222333333", "Kim Ha Na"));
        assert_eq!(fine.masked(), "088 •••••••••333");
        assert!(masked(&fine.masked()) && !masked("088 110-222-333333 Kim"));
        assert_eq!(format!("{fine:?}"), "GivenAccount(hidden)");
        assert_eq!(read("110-222-333333"), Err(AccountFault::Shape));
        assert_eq!(read("999 110-222-333333 Kim"), Err(AccountFault::Bank("bank".into())));
        assert_eq!(read("088 110-222-33a333 Kim"), Err(AccountFault::Number(10, 16)));
        assert_eq!(read("088 110222333 Kim"), Err(AccountFault::Number(10, 16)));
        assert_eq!(read("088 11022233333344444 Kim"), Err(AccountFault::Number(10, 16)));
        // The example of the registry of IBANs; and one digit of it mistyped.
        let rule = PaymentAccount { iban: Some("KZ".into()), ..rule };
        let read = |number: &str| rule.check("088", number, "Aigerim", |_| true).map(|it| it.number);
        assert_eq!(read("kz86 125k zt50 0410 0100"), Ok("KZ86125KZT5004100100".to_owned()));
        for bad in ["KZ86125KZT5004100101", "110222333333", "DE89370400440532013000", "KZ"] {
            assert_eq!(read(bad), Err(AccountFault::Iban("KZ".into())), "{bad}");
        }
    }
}
