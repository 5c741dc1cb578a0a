//! The clock of a demonstration: the machine's, moved forward as far as visitors sent it. It goes there a day at a time, each when everything that was due
//! on the day before is done, so that deadlines, visits and surveys come in their order. It never goes back: what was recorded,
//! decided and logged on a later day would lie in the future, and nothing could be said of it.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use kernel::{Clock, Instant};
use serde::{Deserialize, Serialize};

use crate::runtime::SystemClock;

/// A day, in seconds.
const DAY: i64 = 86_400;

/// How far the clock was moved, as it lies in the data folder.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
struct Hands {
    /// Seconds ahead of the machine's clock.
    ahead: i64,
    /// Seconds ahead at which it will stop.
    goal: i64,
}

/// The clock.
pub struct DemoClock {
    file: PathBuf,
    hands: Mutex<Hands>,
}

/// Where the hands are kept.
fn file(data: &Path) -> PathBuf {
    data.join("demo-clock.json")
}

/// Whether the clock of this folder was ever moved: then only the demonstration may go on with it.
pub(crate) fn moved(data: &Path) -> bool {
    file(data).exists()
}

impl DemoClock {
    /// The clock as the folder has it.
    ///
    /// # Errors
    /// The file cannot be read, or is none of ours.
    pub fn open(data: &Path) -> std::io::Result<DemoClock> {
        let file = file(data);
        let hands = match std::fs::read(&file) {
            Ok(bytes) => serde_json::from_slice(&bytes)?,
            Err(why) if why.kind() == std::io::ErrorKind::NotFound => Hands::default(),
            Err(why) => return Err(why),
        };
        Ok(DemoClock { file, hands: Mutex::new(hands) })
    }

    fn hands(&self) -> Hands {
        *self.hands.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the hands; they are in the folder before anybody reads the new time.
    fn change(&self, change: impl FnOnce(&mut Hands)) -> std::io::Result<()> {
        let mut hands = self.hands.lock().unwrap_or_else(PoisonError::into_inner);
        let mut next = *hands;
        change(&mut next);
        let part = self.file.with_extension("part");
        std::fs::write(&part, serde_json::to_vec(&next)?)?;
        std::fs::rename(&part, &self.file)?;
        *hands = next;
        Ok(())
    }
}

impl Clock for DemoClock {
    fn now(&self) -> Instant {
        SystemClock.now().plus_seconds(self.hands().ahead)
    }
}

impl web::demo::Hands for DemoClock {
    fn goes_to(&self) -> Option<Instant> {
        let hands = self.hands();
        (hands.goal > hands.ahead).then(|| SystemClock.now().plus_seconds(hands.goal))
    }

    fn send(&self, seconds: u32) -> std::io::Result<()> {
        self.change(|hands| hands.goal = hands.goal.max(hands.ahead.saturating_add(seconds.into())))
    }

    fn step(&self) -> std::io::Result<bool> {
        let hands = self.hands();
        if hands.goal <= hands.ahead {
            return Ok(false);
        }
        self.change(|hands| hands.ahead = hands.goal.min(hands.ahead.saturating_add(DAY)))?;
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use web::demo::Hands as _;

    #[test]
    fn it_goes_forward_a_day_at_a_time_and_stays_where_it_was_taken() {
        let home = tempfile::tempdir().unwrap();
        assert!(!moved(home.path()));
        let clock = DemoClock::open(home.path()).unwrap();
        assert!(!clock.step().unwrap(), "nobody sent it");
        clock.send(2 * 86_400 + 60).unwrap();
        // A shorter way said meanwhile does not call it back.
        clock.send(5).unwrap();
        let ahead = |clock: &DemoClock| clock.now().micros() - SystemClock.now().micros();
        let near = |clock: &DemoClock, seconds: i64| (ahead(clock) - seconds * 1_000_000).abs() < 5_000_000;
        for seconds in [86_400, 2 * 86_400, 2 * 86_400 + 60] {
            assert!(clock.goes_to().is_some() && clock.step().unwrap());
            assert!(near(&clock, seconds), "{} of {seconds}", ahead(&clock));
        }
        assert!(clock.goes_to().is_none() && !clock.step().unwrap());
        assert!(near(&DemoClock::open(home.path()).unwrap(), 2 * 86_400 + 60), "the next start goes on from there");
        assert!(moved(home.path()));
        std::fs::write(home.path().join("demo-clock.json"), "soon").unwrap();
        assert!(DemoClock::open(home.path()).is_err());
    }
}
