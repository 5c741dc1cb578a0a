//! Schedules in a person's language.

use catalogue::model::Protocol;
use jiff::civil::Date;
use kernel::Lang;
use text::{Arg, Text};

use crate::schedule::{DoseState, Ending, Fidelity, NotNeeded, Planned, State, Why};

/// What speaks of one protocol.
#[derive(Clone, Copy, Debug)]
pub struct Speaker<'a> {
    /// The protocol.
    pub protocol: &'a Protocol,
    /// The language.
    pub lang: Lang,
}

impl Speaker<'_> {
    fn say(&self, key: &str, args: &[(&str, Arg<'_>)]) -> String {
        Text::new(self.lang).with(key, args).into_owned()
    }

    fn day(&self, day: Date) -> Arg<'static> {
        Text::new(self.lang).date(day).into()
    }

    /// Name and version of the protocol, and the day looked at.
    pub fn title(&self, on: Date) -> String {
        let protocol = self.protocol.name.get(self.lang).into();
        let version = (&self.protocol.version).into();
        self.say("visit-title", &[("protocol", protocol), ("version", version), ("date", self.day(on))])
    }

    /// The name of a visit.
    pub fn name(&self, planned: &Planned) -> String {
        let id = planned.visit.split('/').next().unwrap_or(&planned.visit);
        self.protocol.visit_name(id).map_or_else(|| id.to_owned(), |words| words.get(self.lang).to_owned())
    }

    /// From when to when.
    pub fn window(&self, planned: &Planned) -> String {
        let w = planned.window;
        let args = [("opens", self.day(w.opens)), ("closes", self.day(w.closes)), ("target", self.day(w.target))];
        self.say("visit-window", &args)
    }

    /// Why then.
    pub fn why(&self, planned: &Planned) -> String {
        match &planned.why {
            Why::PregnancyWeek { week, due } => {
                self.say("visit-why-pregnancy-week", &[("week", i64::from(*week).into()), ("due", self.day(*due))])
            }
            Why::Birth { born, expected } => {
                let key = if *expected { "visit-why-birth-expected" } else { "visit-why-birth" };
                self.say(key, &[("born", self.day(*born))])
            }
            Why::Corrected { due, born } => {
                self.say("visit-why-corrected", &[("due", self.day(*due)), ("born", self.day(*born))])
            }
            Why::Discharge { discharged, expected } => {
                let key = if *expected { "visit-why-discharge-expected" } else { "visit-why-discharge" };
                self.say(key, &[("day", self.day(*discharged))])
            }
            Why::Tier { tier, since, every_days } => {
                let days = i64::from(*every_days).into();
                self.say("visit-why-tier", &[("tier", tier.into()), ("since", self.day(*since)), ("days", days)])
            }
            Why::Loss { since } => self.say("visit-why-loss", &[("since", self.day(*since))]),
        }
    }

    /// That the day is an example of ours, where it is not published.
    pub fn illustrative(&self, planned: &Planned) -> Option<String> {
        let id = planned.visit.split('/').next().unwrap_or(&planned.visit);
        let visit = self.protocol.visits.iter().any(|v| v.id == id && v.illustrative);
        let rhythm = self.protocol.rhythms.iter().any(|r| r.id == id && r.illustrative);
        (visit || rhythm).then(|| self.say("visit-why-illustrative", &[]))
    }

    /// How it stands.
    pub fn state(&self, planned: &Planned) -> String {
        match &planned.state {
            State::Ahead => self.say("visit-state-ahead", &[]),
            State::Due => self.say("visit-state-due", &[]),
            State::Late { until } => self.say("visit-state-late", &[("until", self.day(*until))]),
            State::Done { on, in_window } => {
                let key = if *in_window { "visit-state-done" } else { "visit-state-done-outside" };
                self.say(key, &[("on", self.day(*on))])
            }
            State::Missed { last } => self.say(
                match last {
                    Some(Ending::NoAccess) => "visit-state-missed-no-access",
                    Some(Ending::Refused) => "visit-state-missed-refused",
                    Some(Ending::NurseAway) => "visit-state-missed-nurse-away",
                    Some(Ending::Done) | None => "visit-state-missed",
                },
                &[],
            ),
            State::NotNeeded(reason) => self.say(
                match reason {
                    NotNeeded::EnteredLater => "visit-not-needed-entered-later",
                    NotNeeded::AlreadyBorn => "visit-not-needed-already-born",
                    NotNeeded::Loss => "visit-not-needed-loss",
                    NotNeeded::Left => "visit-not-needed-left",
                    NotNeeded::Over => "visit-not-needed-over",
                },
                &[],
            ),
        }
    }

    /// What it is about: its own topics, and those carried over; `None` where there are none.
    pub fn topics(&self, planned: &Planned) -> [Option<String>; 2] {
        let list = |key: &str, ids: &[String]| {
            let name = |id: &String| {
                let topic = self.protocol.topics.iter().find(|t| t.id == *id);
                topic.map_or_else(|| id.clone(), |t| t.name.get(self.lang).to_owned())
            };
            let names: Vec<String> = ids.iter().map(name).collect();
            (!names.is_empty()).then(|| self.say(key, &[("topics", names.join(", ").into())]))
        };
        [list("visit-topics", &planned.topics), list("visit-carried", &planned.carried)]
    }

    /// What came of the promise, in one line, and how the dose stands.
    pub fn fidelity(&self, fidelity: &Fidelity) -> [Option<String>; 2] {
        let count = |n: u32| i64::from(n).into();
        let counts = [
            ("planned", count(fidelity.planned)),
            ("in_window", count(fidelity.in_window)),
            ("outside", count(fidelity.out_of_window)),
            ("open", count(fidelity.open)),
            ("missed", count(fidelity.missed.values().sum())),
            ("ahead", count(fidelity.ahead)),
        ];
        let dose = fidelity.doses.keys().next().map(|dose| match dose {
            DoseState::Reached => "visit-dose-reached",
            DoseState::OnTheWay => "visit-dose-on-the-way",
            DoseState::OutOfReach => "visit-dose-out-of-reach",
        });
        [Some(self.say("visit-fidelity", &counts)), dose.map(|key| self.say(key, &[]))]
    }
}
