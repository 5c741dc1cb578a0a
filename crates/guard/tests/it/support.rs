//! What several tests need.

use std::path::Path;
use std::sync::Arc;

use guard::log::{Body, Class, Entry, Log};
use guard::{Guard, Keys, Policies, Role, Tier, Who};
use kernel::{AccountId, FixedClock, Instant, PersonId, SeededIds, SessionId};
use uuid::Uuid;

pub(crate) fn noon() -> Instant {
    Instant::start_of(kernel::Date::constant(2026, 11, 21)).plus_seconds(12 * 3600)
}

pub(crate) fn person(n: u128) -> PersonId {
    PersonId(Uuid::from_u128(n))
}

pub(crate) fn who(role: Role) -> Who {
    Who {
        account: AccountId(Uuid::from_u128(900)),
        session: SessionId(Uuid::from_u128(901)),
        role,
        organisation: "office-of-a-district".into(),
        jurisdiction: Some("11010".into()),
        person: Some(person(999)),
        strong: true,
        suspended: false,
        break_glass: false,
    }
}

pub(crate) fn open_log(dir: &Path) -> Log {
    let keys = Arc::new(Keys::open(&dir.join("keys")).unwrap());
    Log::open(&dir.join("log"), keys).unwrap()
}

pub(crate) fn guard_in(dir: &Path) -> Guard {
    let keys = Arc::new(Keys::open(&dir.join("keys")).unwrap());
    let log = Log::open(&dir.join("log"), Arc::clone(&keys)).unwrap();
    let (clock, ids) = (Arc::new(FixedClock::at(noon())), Arc::new(SeededIds::new(7)));
    Guard::new(Policies::built_in().unwrap(), log, keys, clock, ids)
}

pub(crate) fn entry(n: u128, subjects: &[u128]) -> Entry {
    Entry {
        look: Uuid::from_u128(n),
        at: noon().plus_seconds(n as i64),
        class: Class::View,
        tier: Tier::Benefits,
        subjects: subjects.iter().map(|p| person(*p)).collect(),
        body: Body { organisation: format!("office {n}"), allowed: true, ..Body::default() },
    }
}

/// Small repeatable randomness for tests.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }
}
