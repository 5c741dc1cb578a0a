//! Drawing from a seed.

use kernel::Date;

/// Dice that fall the same way for the same seed.
pub(super) struct Dice(fastrand::Rng);

impl Dice {
    pub(super) fn new(seed: u64) -> Self {
        Dice(fastrand::Rng::with_seed(seed))
    }

    /// A number from `low` to `high`, both possible.
    pub(super) fn between(&mut self, low: u32, high: u32) -> u32 {
        self.0.u32(low..=high.max(low))
    }

    /// True with this chance.
    pub(super) fn happens(&mut self, chance: f64) -> bool {
        self.0.f64() < chance
    }

    /// One of the things, by weight; nothing only from an empty list.
    pub(super) fn weighted<'a, T>(&mut self, things: &'a [T], weight: impl Fn(&T) -> u32) -> Option<&'a T> {
        let total: u32 = things.iter().map(&weight).sum();
        let mut at = self.0.u32(0..total.max(1));
        things.iter().find(|thing| {
            let w = weight(thing);
            let here = at < w;
            at = at.saturating_sub(w);
            here
        })
    }

    /// One of the things.
    pub(super) fn one<'a, T>(&mut self, things: &'a [T]) -> Option<&'a T> {
        things.get(self.0.usize(0..things.len().max(1)))
    }

    /// A standard normal number (Box–Muller).
    pub(super) fn normal(&mut self) -> f64 {
        let (u, v) = (self.0.f64().max(1e-12), self.0.f64());
        (-2.0 * u.ln()).sqrt() * (std::f64::consts::TAU * v).cos()
    }

    /// A birth date that makes somebody `years` old on `today`.
    pub(super) fn birth_date(&mut self, today: Date, years: u32) -> Date {
        let days = i64::from(years) * 36525 / 100 + i64::from(self.between(0, 364));
        today.saturating_sub(jiff::Span::new().try_days(days).unwrap_or_default())
    }
}
