//! Mothers' groups.

use kernel::Words;

/// A kind of mothers' group.
#[derive(Clone, Debug)]
pub struct GroupKind {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: Words,
    /// What it is, as mothers read it.
    pub about: Words,
    /// The most who can take part in one.
    pub seats: u32,
    /// How it was is told of no fewer answers than this.
    pub suppress_below: u32,
    /// Ids of sources.csv.
    pub sources: Vec<String>,
}
