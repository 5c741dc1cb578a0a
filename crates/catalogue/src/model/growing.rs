//! What happens while a child grows: immunisations and milestones.

use kernel::Words;

/// One dose of the country's calendar.
#[derive(Clone, Debug)]
pub struct Dose {
    /// Its id.
    pub id: String,
    /// The vaccine.
    pub name: Words,
    /// Which dose of it.
    pub dose: u32,
    /// From this age in months on.
    pub from_months: u32,
    /// To this age in months, the whole month included; `None`: again and again.
    pub to_months: Option<u32>,
}

/// What most children can do at an age.
#[derive(Clone, Debug)]
pub struct Milestone {
    /// Its id.
    pub id: String,
    /// The words.
    pub name: Words,
    /// The age in months.
    pub age_months: u32,
}
