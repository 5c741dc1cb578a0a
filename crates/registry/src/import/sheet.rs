//! Reading the file cell by cell, trusting nothing; writing the report of refused rows.

use std::fs::File;
use std::path::{Path, PathBuf};

use csv::{ByteRecord, ReaderBuilder, StringRecord};

use super::{ImportError, Table};

/// The longest cell taken over.
const LONGEST: usize = 2_000;

/// The columns added to a report; passed over when a corrected report is imported.
const ADDED: [&str; 2] = ["line", "reason"];

/// An open file with its header understood.
pub(crate) struct Sheet {
    reader: csv::Reader<Rest>,
    pub(crate) header: Vec<String>,
    pub(crate) total: u64,
    skipped: u64,
    pub(crate) table: Table,
}

/// One line: its cells by column, or what is wrong with it.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    /// The line's number in the file.
    pub(crate) number: u64,
    /// The cells as text for the report.
    pub(crate) cells: Vec<String>,
    /// Column name and cell, in the order of [`Table::columns`].
    pub(crate) values: Vec<(&'static str, String)>,
    /// Why the line cannot be read.
    pub(crate) fault: Option<String>,
}

impl Line {
    /// The trimmed cell of a column; empty when there is none.
    pub(crate) fn get(&self, column: &str) -> &str {
        self.values.iter().find(|(c, _)| *c == column).map_or("", |(_, v)| v.trim())
    }

    /// The content in one spelling, whatever the order of the columns.
    pub(crate) fn canonical(&self) -> String {
        self.values.iter().map(|(c, v)| format!("{c}={}\u{1f}", v.trim())).collect()
    }
}

/// A file from which the byte order mark was taken.
type Rest = std::io::Chain<std::io::Cursor<Vec<u8>>, Box<dyn std::io::Read + Send + Sync>>;

impl Sheet {
    /// Opens the file and checks the header.
    pub(crate) fn open(path: &Path, table: Table) -> Result<Sheet, ImportError> {
        let failed = |source| ImportError::File { path: path.to_owned(), source };
        let total = std::fs::metadata(path).map_err(failed)?.len();
        let file = File::open(path).map_err(failed)?;
        Sheet::of(path, Box::new(file), total, table)
    }

    /// Reads from `file`, which is called `path`, and checks the header.
    pub(crate) fn of(
        path: &Path,
        mut file: Box<dyn std::io::Read + Send + Sync>,
        total: u64,
        table: Table,
    ) -> Result<Sheet, ImportError> {
        let failed = |source| ImportError::File { path: path.to_owned(), source };
        let bad = |reason: String| ImportError::Header { path: path.to_owned(), table, reason };
        let mut head = vec![0u8; 3];
        let read = std::io::Read::read(&mut file, &mut head).map_err(failed)?;
        head.truncate(read);
        let skipped = if head == [0xEF, 0xBB, 0xBF] {
            head.clear();
            3
        } else {
            0
        };
        if head.starts_with(&[0xFF, 0xFE]) || head.starts_with(&[0xFE, 0xFF]) {
            return Err(bad("the file is in UTF-16: save it as UTF-8".to_owned()));
        }
        let rest = std::io::Read::chain(std::io::Cursor::new(head), file);
        let mut reader = ReaderBuilder::new().has_headers(false).flexible(true).from_reader(rest);
        let mut first = ByteRecord::new();
        reader.read_byte_record(&mut first).map_err(|e| bad(e.to_string()))?;
        let header =
            StringRecord::from_byte_record(first).map_err(|_| bad("the first line is not UTF-8 text".to_owned()))?;
        let header: Vec<String> = header.iter().map(|c| c.trim().to_lowercase()).collect();
        check_header(&header, table).map_err(bad)?;
        Ok(Sheet { reader, header, total, skipped, table })
    }

    /// Bytes read so far.
    pub(crate) fn position(&self) -> u64 {
        (self.reader.position().byte() + self.skipped).min(self.total)
    }

    /// The next lines; none at the end of the file.
    pub(crate) fn portion(&mut self, most: usize) -> Vec<Line> {
        let mut lines = Vec::with_capacity(most);
        while lines.len() < most {
            let mut record = ByteRecord::new();
            let number = self.reader.position().line();
            match self.reader.read_byte_record(&mut record) {
                Ok(false) => break,
                Ok(true) => lines.push(self.line(number, &record)),
                Err(error) => {
                    let fault = Some(format!("the line cannot be read: {error}"));
                    lines.push(Line { number, cells: Vec::new(), values: Vec::new(), fault });
                    // After a failure to read the file itself there is no way on.
                    break;
                }
            }
        }
        lines
    }

    fn line(&self, number: u64, record: &ByteRecord) -> Line {
        let mut cells = Vec::with_capacity(record.len());
        let mut fault = None;
        for (place, cell) in record.iter().enumerate() {
            let column = self.header.get(place).map_or("a column beyond the header", String::as_str);
            let text = match std::str::from_utf8(cell) {
                Ok(text) => text,
                Err(_) => {
                    fault.get_or_insert(format!("{column}: not UTF-8 text: save the file as UTF-8"));
                    ""
                }
            };
            if let Err(reason) = check_cell(text) {
                fault.get_or_insert(format!("{column}: {reason}"));
            }
            // The report repeats a monstrous cell only in part.
            cells.push(text.chars().take(LONGEST).collect::<String>());
        }
        if record.len() != self.header.len() {
            let (have, want) = (record.len(), self.header.len());
            fault.get_or_insert(format!(
                "the line has {have} cells and the header {want}: is a comma inside a cell without quotes, or is a quote left open?"
            ));
        }
        let values = self.table.columns().iter().map(|(name, _)| {
            let place = self.header.iter().position(|h| h == name);
            (*name, place.and_then(|p| cells.get(p)).cloned().unwrap_or_default())
        });
        let values: Vec<(&'static str, String)> = values.collect();
        for (name, required) in self.table.columns() {
            let empty = values.iter().any(|(n, v)| n == name && v.trim().is_empty());
            if *required && empty {
                fault.get_or_insert(format!("{name}: must be filled"));
            }
        }
        Line { number, cells, values, fault }
    }
}

fn check_header(header: &[String], table: Table) -> Result<(), String> {
    if let [one] = header
        && (one.contains(';') || one.contains('\t'))
    {
        return Err("the columns are separated by semicolons or tabs: save the file with commas".to_owned());
    }
    for (place, name) in header.iter().enumerate() {
        if !ADDED.contains(&name.as_str()) && !table.columns().iter().any(|(c, _)| c == name) {
            return Err(format!("there is no column {:?}", name.chars().take(40).collect::<String>()));
        }
        if header.iter().skip(place + 1).any(|other| other == name) {
            return Err(format!("the column {name:?} is there twice"));
        }
    }
    match table.columns().iter().find(|(c, required)| *required && !header.iter().any(|h| h == c)) {
        Some((missing, _)) => Err(format!("the column {missing:?} is missing")),
        None => Ok(()),
    }
}

fn check_cell(text: &str) -> Result<(), String> {
    if text.len() > LONGEST {
        return Err(format!("longer than {LONGEST} bytes: shorten it; is a quote left open?"));
    }
    let hidden = |c: char| {
        c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
    };
    match text.chars().find(|c| hidden(*c)) {
        Some(c) => Err(format!("holds the invisible character U+{:04X}: delete it", u32::from(c))),
        None => Ok(()),
    }
}

/// The report of refused rows, written beside the file when there is the first one.
pub(crate) struct Report {
    path: PathBuf,
    header: Vec<String>,
    writer: Option<csv::Writer<File>>,
}

impl Report {
    /// A report beside `path`; an older one of the same name is replaced when a row is refused.
    pub(crate) fn new(path: &Path, header: &[String]) -> Report {
        let stem = path.file_stem().and_then(|s| s.to_str()).unwrap_or("import");
        let header: Vec<String> = header.iter().filter(|h| !ADDED.contains(&h.as_str())).cloned().collect();
        Report { path: path.with_file_name(format!("{stem}.refused.csv")), header, writer: None }
    }

    pub(crate) fn add(&mut self, line: &Line, reason: &str) -> std::io::Result<()> {
        if self.writer.is_none() {
            let mut writer = csv::WriterBuilder::new().flexible(true).from_path(&self.path)?;
            writer.write_record(self.header.iter().map(String::as_str).chain(ADDED))?;
            self.writer = Some(writer);
        }
        let Some(writer) = self.writer.as_mut() else { return Ok(()) };
        // As many cells as the header, so that the reason stands in its column.
        let cells = line.cells.iter().map(String::as_str).chain(std::iter::repeat("")).take(self.header.len());
        let cells = cells.map(harmless).chain([line.number.to_string(), harmless(reason)]);
        writer.write_record(cells)?;
        Ok(())
    }

    /// Closes the report; its path when there is one.
    pub(crate) fn finish(self) -> std::io::Result<Option<PathBuf>> {
        match self.writer {
            Some(mut writer) => {
                writer.flush()?;
                Ok(Some(self.path))
            }
            None => Ok(None),
        }
    }
}

/// A cell no spreadsheet takes for a formula.
fn harmless(cell: &str) -> String {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']) { format!("'{cell}") } else { cell.to_owned() }
}
