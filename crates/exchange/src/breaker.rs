//! The circuit breaker of one agency: after too many failures the link rests, then one try decides. Pure; the clock is an
//! argument.

use std::collections::VecDeque;

use kernel::Instant;
use serde::Serialize;

/// How many results a breaker remembers at most.
const REMEMBERED: usize = 64;
/// The most doublings of the pause; past that only the longest pause counts.
const MOST_DOUBLINGS: u32 = 20;

/// When a breaker opens and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BreakerSettings {
    /// So many failures within the window open it, if they are at least half of all results there.
    pub failures: usize,
    /// The window, in seconds.
    pub window_seconds: i64,
    /// The first pause, in seconds; doubled each time the try after it fails.
    pub pause_seconds: i64,
    /// The longest pause, in seconds.
    pub longest_pause_seconds: i64,
    /// How long the one try may take, in seconds, before another may be made.
    pub try_seconds: i64,
}

/// The state of a link, for an operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "link")]
pub enum Link {
    /// Calls pass.
    Closed,
    /// Calls are held back.
    Open {
        /// When one try will be made.
        until: Instant,
    },
    /// One try is on its way.
    Trying,
}

/// The right to make one call. Its result counts only while the breaker is in the state that gave it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pass(u64);

#[derive(Debug)]
enum State {
    Closed,
    Open { until: Instant },
    Trying { until: Instant },
}

/// A circuit breaker.
#[derive(Debug)]
pub struct Breaker {
    settings: BreakerSettings,
    state: State,
    /// Counts changes of state, so that a late result of an earlier state changes nothing.
    era: u64,
    /// Pauses since the link last worked.
    pauses: u32,
    /// Results within the window: when, and whether it worked.
    results: VecDeque<(Instant, bool)>,
}

impl Breaker {
    /// A closed breaker.
    pub fn new(settings: BreakerSettings) -> Self {
        Breaker { settings, state: State::Closed, era: 0, pauses: 0, results: VecDeque::new() }
    }

    /// Asks to make a call; when the link rests, says until when.
    pub fn may_pass(&mut self, now: Instant) -> Result<Pass, Instant> {
        match self.state {
            State::Closed => {}
            State::Open { until } | State::Trying { until } if now < until => return Err(until),
            State::Open { .. } | State::Trying { .. } => {
                let until = now.plus_seconds(self.settings.try_seconds);
                self.change(State::Trying { until });
            }
        }
        Ok(Pass(self.era))
    }

    /// The call worked.
    pub fn worked(&mut self, pass: Pass, now: Instant) {
        if pass.0 != self.era {
            return;
        }
        if matches!(self.state, State::Trying { .. }) {
            self.change(State::Closed);
            self.results.clear();
            self.pauses = 0;
        }
        self.remember(now, true);
    }

    /// The call failed. `not_before` is when the agency itself asked to be left alone until, if it did; it is heeded up
    /// to the longest pause.
    pub fn failed(&mut self, pass: Pass, now: Instant, not_before: Option<Instant>) {
        if pass.0 != self.era {
            return;
        }
        self.remember(now, false);
        let asked = not_before.map(|t| t.min(now.plus_seconds(self.settings.longest_pause_seconds)));
        let trying = matches!(self.state, State::Trying { .. });
        if trying || self.too_many() {
            let until = now.plus_seconds(self.pause()).max(asked.unwrap_or(now));
            self.pauses = self.pauses.saturating_add(1);
            self.change(State::Open { until });
        } else if let Some(until) = asked.filter(|t| *t > now) {
            self.change(State::Open { until });
        }
    }

    /// The state now.
    pub fn link(&self, now: Instant) -> Link {
        match self.state {
            State::Closed => Link::Closed,
            State::Open { until } => Link::Open { until },
            State::Trying { until } if now < until => Link::Trying,
            State::Trying { until } => Link::Open { until },
        }
    }

    fn pause(&self) -> i64 {
        let factor = 1_i64 << self.pauses.min(MOST_DOUBLINGS);
        self.settings.pause_seconds.saturating_mul(factor).min(self.settings.longest_pause_seconds)
    }

    fn too_many(&self) -> bool {
        let failures = self.results.iter().filter(|(_, worked)| !worked).count();
        failures >= self.settings.failures && failures * 2 >= self.results.len()
    }

    fn remember(&mut self, now: Instant, worked: bool) {
        let oldest = now.plus_seconds(-self.settings.window_seconds);
        self.results.retain(|(at, _)| *at > oldest);
        if self.results.len() == REMEMBERED {
            self.results.pop_front();
        }
        self.results.push_back((now, worked));
    }

    fn change(&mut self, state: State) {
        self.state = state;
        self.era += 1;
    }
}
