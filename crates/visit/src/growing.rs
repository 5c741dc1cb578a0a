//! What is due as a child grows: doses of the country's calendar, and the milestones to look at.

use catalogue::Pack;
use catalogue::model::{ImmunisationDose, Milestone};
use jiff::Span;
use jiff::civil::Date;

/// Full months of age; `None` before birth.
pub fn months(born: Date, on: Date) -> Option<u32> {
    let years = i32::from(on.year()) - i32::from(born.year());
    let turned = years * 12 + i32::from(on.month()) - i32::from(born.month());
    // jiff adds a month to the 31st of January as the last of February; its differences between days do not.
    let last = born.saturating_add(Span::new().try_months(turned).ok()?);
    u32::try_from(if last > on { turned - 1 } else { turned }).ok()
}

/// Doses whose time it is on a day, in the order of the calendar. Age as lived: immunisations are not put off for a child born early.
pub fn immunisations(pack: &Pack, born: Date, on: Date) -> Vec<&ImmunisationDose> {
    let Some(age) = months(born, on) else { return Vec::new() };
    let due = |d: &&ImmunisationDose| d.from_months <= age && d.to_months.is_none_or(|to| age <= to);
    pack.immunisations().iter().filter(due).collect()
}

/// The milestones to look at on a day: those of the highest age that the child has reached, corrected where it was born early.
pub fn milestones(pack: &Pack, born: Date, on: Date) -> Vec<&Milestone> {
    let Some(age) = months(born, on) else { return Vec::new() };
    let reached = pack.milestones().iter().filter(|m| m.age_months <= age).map(|m| m.age_months).max();
    pack.milestones().iter().filter(|m| Some(m.age_months) == reached).collect()
}
