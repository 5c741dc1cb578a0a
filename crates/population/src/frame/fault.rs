//! What can be wrong with a snapshot, by name and place.

use std::fmt;
use std::path::PathBuf;

use rules::columns::ColumnsError;

/// Why a snapshot cannot be written or read.
#[derive(Debug, thiserror::Error)]
pub enum FrameError {
    /// A file cannot be read or written.
    #[error("{}: {why}", .file.display())]
    File {
        /// Which.
        file: PathBuf,
        /// What the system or the format says.
        why: String,
    },
    /// The folder holds a snapshot already.
    #[error("{}: there is a snapshot here already; choose a new folder", .0.display())]
    Taken(PathBuf),
    /// The folder was written by another version of the format.
    #[error("{}: format {found}, this program reads format {expected}; make the snapshot anew", .file.display())]
    Format {
        /// The manifest.
        file: PathBuf,
        /// What it says.
        found: u32,
        /// What is read here.
        expected: u32,
    },
    /// Columns that the rules need and the snapshot lacks, or holds as something else.
    #[error("{}: it does not serve the rules:\n{}", .file.display(), lines(.misfits))]
    Misfits {
        /// The manifest.
        file: PathBuf,
        /// All of them.
        misfits: Vec<Misfit>,
    },
    /// A file is not the one that was written.
    #[error("{}: its content has hash {found}, the manifest says {expected}: it was changed after it was written", .file.display())]
    Changed {
        /// Which.
        file: PathBuf,
        /// Of the file.
        found: String,
        /// Of the manifest.
        expected: String,
    },
    /// A file has other columns than the manifest says.
    #[error("{}: column `{column}`: expected {expected}, found {found}", .file.display())]
    Column {
        /// Which.
        file: PathBuf,
        /// The column.
        column: String,
        /// What the manifest says.
        expected: String,
        /// What is there.
        found: String,
    },
    /// Rows without the household they belong to, or households without their members.
    #[error("{}: {found} rows where {households} households of {size} have {expected}: orphans cannot be told apart", .file.display())]
    Orphans {
        /// Which.
        file: PathBuf,
        /// Rows there are.
        found: usize,
        /// Rows there should be.
        expected: usize,
        /// Households of the part.
        households: usize,
        /// Members of each.
        size: usize,
    },
    /// A household cannot be written.
    #[error("household {key}: {fault}")]
    Family {
        /// Its pseudonym, hex.
        key: String,
        /// What is wrong.
        fault: FamilyFault,
    },
    /// More households than blocks can be numbered.
    #[error("{}: more households than a snapshot can hold", .0.display())]
    TooLarge(PathBuf),
    /// Two writers with one number, or one that was never given back.
    #[error("the part {0} was written twice: give each writer of a folder a number of its own")]
    TwiceWritten(String),
    /// The rules cannot run in columns.
    #[error(transparent)]
    Columns(#[from] ColumnsError),
}

fn lines(misfits: &[Misfit]) -> String {
    misfits.iter().map(|m| format!("  {m}")).collect::<Vec<_>>().join("\n")
}

/// A column that does not serve the rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misfit {
    /// `person` or `household`.
    pub entity: &'static str,
    /// The item.
    pub item: String,
    /// What the rules expect.
    pub expected: String,
    /// What there is; `None`: no such column.
    pub found: Option<String>,
}

impl fmt::Display for Misfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.found {
            None => write!(f, "{}.{}: missing; expected {}", self.entity, self.item, self.expected),
            Some(found) => write!(f, "{}.{}: expected {}, found {found}", self.entity, self.item, self.expected),
        }
    }
}

/// What is wrong with one household. The household is set aside and counted; nobody loses anything by it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FamilyFault {
    /// Nobody lives in it.
    #[error("it has no members")]
    Empty,
    /// More members than a snapshot can number.
    #[error("it has more than {} members", u16::MAX)]
    TooMany,
    /// A member that is not there.
    #[error("there is no member number {0}")]
    NoMember(usize),
    /// Somebody is their own relative.
    #[error("member {0} is named as their own relative")]
    OwnRelative(usize),
    /// A spouse whose spouse is another, or nobody.
    #[error("members {0} and {1} do not name each other as spouses")]
    OneSided(usize, usize),
    /// An ancestor of oneself.
    #[error("member {0} is their own ancestor")]
    Cycle(usize),
    /// One person twice in a household.
    #[error("members {0} and {1} are the same person")]
    SamePerson(usize, usize),
    /// One person in two households.
    #[error("member {slot} is a member of another household too: {other}")]
    TwoHomes {
        /// Slot of the member.
        slot: usize,
        /// Where else.
        other: String,
    },
    /// A value of another kind.
    #[error("`{item}` holds {expected}")]
    WrongKind {
        /// The item.
        item: String,
        /// What it holds.
        expected: &'static str,
    },
    /// No such column.
    #[error("there is no column number {0}")]
    NoColumn(usize),
    /// A place of a list that has no code there.
    #[error("`{item}` of {}: there is no code at place {place} of its list", member(.slot))]
    NoCode {
        /// The item.
        item: String,
        /// Of whom; `None`: of the household.
        slot: Option<usize>,
        /// The place.
        place: u16,
    },
    /// A count below 0.
    #[error("`{item}` of {} is {value}: a count is never below 0", member(.slot))]
    Negative {
        /// The item.
        item: String,
        /// Of whom; `None`: of the household.
        slot: Option<usize>,
        /// As found.
        value: i64,
    },
    /// No day of the years 1 to 9999.
    #[error("`{item}` of {}: day {number} since 1970 is not in the years 1 to 9999", member(.slot))]
    NoDay {
        /// The item.
        item: String,
        /// Of whom; `None`: of the household.
        slot: Option<usize>,
        /// As found.
        number: i32,
    },
    /// A birth or death after the day of the snapshot.
    #[error("`{item}` of member {slot} is {day}, after the day of the snapshot")]
    Future {
        /// The item.
        item: String,
        /// Of whom.
        slot: usize,
        /// As found.
        day: String,
    },
    /// A number that a column cannot hold exactly.
    #[error("`{item}` cannot hold {value}: up to twelve digits before the point and six after")]
    TooFine {
        /// The item.
        item: String,
        /// As given.
        value: String,
    },
    /// An award of a programme or for a member that is not there.
    #[error("an award names {0}")]
    Award(String),
    /// A place that is not in the list of places.
    #[error("there is no place number {0}")]
    NoPlace(u16),
}

fn member(slot: &Option<usize>) -> String {
    slot.map_or_else(|| "the household".to_owned(), |n| format!("member {n}"))
}

/// A household that was set aside, and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Where {
    /// The file.
    pub file: String,
    /// Row group of the household's row, from 0.
    pub group: usize,
    /// Row of the household in the part, from 0.
    pub row: usize,
    /// What is wrong.
    pub fault: FamilyFault,
}

impl fmt::Display for Where {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: row group {}, row {}: {}", self.file, self.group, self.row, self.fault)
    }
}
