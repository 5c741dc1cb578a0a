//! How applications are worked on: stages, deadlines, who must decide, when it is paid. All of it is content of a pack.

use std::collections::BTreeMap;

use kernel::{Date, Words};
use serde::Serialize;

use super::Confidence;

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
    /// Days a person has to speak before a worse decision.
    pub hearing_days: u32,
    /// Days to object after the notice.
    pub objection_days: u32,
    /// Days for the review of an objection.
    pub review_days: u32,
    /// Days for the review of a second objection, at the office above; `None`: there is none.
    pub second_review_days: Option<u32>,
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
        hearing_days: 14,
        objection_days: 90,
        review_days: 30,
        second_review_days: None,
        first_month: PartMonth::Whole,
        last_month: PartMonth::Whole,
        pay_day: None,
        pay_on_holiday: OnHoliday::Before,
        pay_within_days: 14,
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
    /// Ids of sources.csv.
    pub sources: Vec<String>,
    /// How sure.
    pub confidence: Option<Confidence>,
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
