//! Births from a file of the civil register: CSV in UTF-8, one birth a row, the register's own number in each. Reading
//! is pure; each row is then registered in a transaction of its own, so that a faulty row keeps no other out, and sending the
//! file again registers nothing twice.
//!
//! Columns (in any order): `register_number, birth_date, family_name, given_name` must be there; `sex` (female | male |
//! other), `script` (by its letters when left out), `latin_name, identifier, registered_on, registered_at, place, order, number, of`,
//! `scheme` (of the parents' and the child's identifiers), `mother, father, parent` (identifiers) may be; every other
//! column is called `fact:ITEM` and holds the value of that item of the pack.

use csv::StringRecord;
use kernel::Date;
use registry::person::{Identifier, Name, Script, Sex};
use rules::schema::{Entity, Type, Value};
use serde::{Deserialize, Serialize};

use crate::birth::{Input, ParentRole};
use crate::desk::Desk;
use crate::household::PersonRef;
use crate::register::Teller;

/// Most rows one file may have.
pub const MOST: usize = 10_000;

const COLUMNS: [&str; 17] = [
    "register_number",
    "birth_date",
    "family_name",
    "given_name",
    "sex",
    "script",
    "latin_name",
    "identifier",
    "registered_on",
    "registered_at",
    "place",
    "number",
    "of",
    "scheme",
    "mother",
    "father",
    "order",
];

/// Why the whole file was refused.
#[derive(Debug, thiserror::Error)]
pub enum FileFault {
    /// Not a CSV with a first line.
    #[error("the file is not CSV in UTF-8 with a line of column names: {0}")]
    NotCsv(String),
    /// A column that must be there.
    #[error("the column {0} is missing")]
    Missing(&'static str),
    /// A column nobody knows.
    #[error("the column {0:?} is not known: expected one of {1}, or fact:ITEM")]
    Unknown(String, String),
    /// Too many rows.
    #[error("the file has more than {MOST} rows: send it in parts")]
    TooMany,
}

/// A row that was refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused {
    /// Line in the file, the first line being 1.
    pub line: u64,
    /// The column at fault, if it is one.
    pub column: Option<String>,
    /// What is wrong and what was expected.
    pub reason: String,
}

/// What came of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// Births registered.
    pub registered: u32,
    /// Births that had been registered before.
    pub already: u32,
    /// Rows refused.
    pub refused: Vec<Refused>,
}

/// One row: its line, and the birth or why it was refused.
pub type Row = (u64, Result<Input, Refused>);

/// Reads the file. `source` is the agency it comes from, `scheme` that of identifiers where the file names none.
pub fn read(desk: &Desk<'_>, file: &[u8], source: &str, scheme: &str) -> Result<Vec<Row>, FileFault> {
    let file = file.strip_prefix(b"\xef\xbb\xbf").unwrap_or(file);
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).flexible(false).from_reader(file);
    let header = reader.headers().map_err(|e| FileFault::NotCsv(e.to_string()))?.clone();
    let known = |c: &str| COLUMNS.contains(&c) || c == "parent" || c.starts_with("fact:");
    if let Some(odd) = header.iter().find(|c| !known(c)) {
        return Err(FileFault::Unknown(odd.chars().take(40).collect(), COLUMNS.join(", ")));
    }
    for must in ["register_number", "birth_date", "family_name", "given_name"] {
        if !header.iter().any(|c| c == must) {
            return Err(FileFault::Missing(must));
        }
    }
    let mut rows = Vec::new();
    for (n, record) in reader.records().enumerate() {
        if n >= MOST {
            return Err(FileFault::TooMany);
        }
        let line = n as u64 + 2;
        let row = match record {
            Ok(record) => Cells { header: &header, record: &record, line }.birth(desk, source, scheme),
            Err(e) => Err(Refused { line, column: None, reason: e.to_string() }),
        };
        rows.push((line, row));
    }
    Ok(rows)
}

struct Cells<'a> {
    header: &'a StringRecord,
    record: &'a StringRecord,
    line: u64,
}

impl Cells<'_> {
    /// The cell of a column, if there is something in it.
    fn cell(&self, column: &str) -> Option<&str> {
        let place = self.header.iter().position(|c| c == column)?;
        self.record.get(place).filter(|text| !text.is_empty())
    }

    fn refuse(&self, column: &str, reason: impl Into<String>) -> Refused {
        Refused { line: self.line, column: Some(column.to_owned()), reason: reason.into() }
    }

    fn must(&self, column: &str) -> Result<&str, Refused> {
        self.cell(column).ok_or_else(|| self.refuse(column, "is empty"))
    }

    fn parsed<T: std::str::FromStr>(&self, column: &str, expected: &str) -> Result<Option<T>, Refused> {
        let Some(text) = self.cell(column) else { return Ok(None) };
        let short: String = text.chars().take(40).collect();
        text.parse().map(Some).map_err(|_| self.refuse(column, format!("{short:?} is not {expected}")))
    }

    fn birth(&self, desk: &Desk<'_>, source: &str, scheme: &str) -> Result<Input, Refused> {
        let day = "a date such as 2026-01-31";
        let birth_date: Date = self.parsed("birth_date", day)?.ok_or_else(|| self.refuse("birth_date", "is empty"))?;
        let (family, given) = (self.must("family_name")?, self.must("given_name")?);
        let script = self.parsed::<Script>("script", "a script such as hang or latn")?;
        let mut names = vec![Name::new(script.unwrap_or_else(|| Script::of(given)), family, given)];
        names.extend(self.cell("latin_name").map(|full| Name::whole(Script::Latn, full)));
        let scheme = self.cell("scheme").unwrap_or(scheme);
        let identifier = |column: &str| -> Result<Option<Identifier>, Refused> {
            let Some(number) = self.cell(column) else { return Ok(None) };
            desk.pack.identifier_fits(scheme, number).map_err(|words| self.refuse(column, words))?;
            Ok(Some(Identifier::new(scheme, number)))
        };
        let roles = [("mother", ParentRole::Mother), ("father", ParentRole::Father), ("parent", ParentRole::Parent)];
        let mut parents = Vec::new();
        for (column, role) in roles {
            parents.extend(identifier(column)?.map(|number| (PersonRef::Identifier(number), role)));
        }
        if parents.is_empty() {
            return Err(self.refuse("mother", "neither mother nor father nor parent is given"));
        }
        Ok(Input {
            names,
            sex: self.parsed::<Sex>("sex", "female, male or other")?,
            birth_date,
            identifier: identifier("identifier")?,
            parents,
            number: self.parsed("number", "a whole number")?.unwrap_or(1),
            of: self.parsed("of", "a whole number")?.unwrap_or(1),
            order: self.parsed("order", "a whole number")?,
            place: self.cell("place").map(str::to_owned),
            registered_at: self.cell("registered_at").map(str::to_owned),
            registered_on: self.parsed("registered_on", day)?,
            facts: self.facts(desk)?,
            teller: Teller {
                source: source.to_owned(),
                register_number: Some(self.must("register_number")?.to_owned()),
            },
        })
    }

    fn facts(&self, desk: &Desk<'_>) -> Result<Vec<(String, Value)>, Refused> {
        let mut facts = Vec::new();
        for column in self.header.iter() {
            let (Some(item), Some(text)) = (column.strip_prefix("fact:"), self.cell(column)) else { continue };
            let value = value(desk, Entity::Person, item, text).map_err(|reason| self.refuse(column, reason))?;
            facts.push((item.to_owned(), value));
        }
        Ok(facts)
    }
}

/// The value a text stands for, by the item's type in the data dictionary.
pub fn value(desk: &Desk<'_>, entity: Entity, item: &str, text: &str) -> Result<Value, String> {
    let known = desk.pack.item(entity, item).ok_or_else(|| "is not an item of the pack".to_owned())?;
    let short: String = text.chars().take(40).collect();
    let wrong = |expected: &str| format!("{short:?} is not {expected}");
    match &known.ty {
        Type::Boolean => text.parse().map(Value::Boolean).map_err(|_| wrong("true or false")),
        Type::Integer(_) => text.parse().map(Value::Integer).map_err(|_| wrong("a whole number")),
        Type::Money(_) => text.parse().map(Value::Money).map_err(|_| wrong("a whole number of minor units")),
        Type::Decimal(_) | Type::Ratio => Ok(Value::Decimal(text.to_owned())),
        Type::Date => text.parse().map(Value::Date).map_err(|_| wrong("a date such as 2026-01-31")),
        Type::Text => Ok(Value::Text(text.to_owned())),
        Type::Code(_) => Ok(Value::Code(text.to_owned())),
    }
}
