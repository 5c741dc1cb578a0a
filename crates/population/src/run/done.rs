//! What came of one part, on disk: its note and its findings.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{Int64Type, UInt8Type, UInt16Type, UInt32Type};
use arrow_array::{Array, ArrayRef, Int64Array, RecordBatch, StringArray, UInt8Array, UInt16Array, UInt32Array};
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use rules::columns::Deciding;
use serde::{Deserialize, Serialize};

use super::judge::{Finding, Kind};
use super::{RunError, read_json, write_json};
use crate::frame::{Sheet, Where, per_number, per_of};

/// The note that a part is done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Done {
    /// The part.
    pub part: String,
    /// Households looked at.
    pub households: u64,
    /// Households set aside.
    pub aside: u64,
    /// Households explained one by one.
    pub explained: u64,
    /// Findings by kind.
    pub findings: BTreeMap<Kind, u64>,
    /// By programme.
    pub programmes: BTreeMap<String, Tally>,
    /// Faults by name and place, as many as are worth reading.
    pub faults: Vec<String>,
    /// SHA-256 of the answers and of the findings, hex.
    pub hashes: [String; 2],
}

/// One programme's answers, counted by subject.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// Entitled, before combination rules.
    pub yes: u64,
    /// Not entitled.
    pub no: u64,
    /// Open, for want of facts.
    pub open: u64,
    /// The rule could not be worked out: neither a grant nor a denial.
    pub error: u64,
    /// Minor units due to those entitled, in the programme's own period.
    pub sum: i128,
}

impl Tally {
    pub(crate) fn add(&mut self, other: &Tally) {
        self.yes += other.yes;
        self.no += other.no;
        self.open += other.open;
        self.error += other.error;
        self.sum += other.sum;
    }
}

impl Done {
    pub(crate) fn new(part: &str) -> Done {
        Done {
            part: part.to_owned(),
            households: 0,
            aside: 0,
            explained: 0,
            findings: BTreeMap::new(),
            programmes: BTreeMap::new(),
            faults: Vec::new(),
            hashes: Default::default(),
        }
    }

    fn file(out: &Path, part: &str) -> PathBuf {
        out.join(format!("{part}.done.json"))
    }

    /// The note of a part, if it is done and its files are there.
    pub(crate) fn of(out: &Path, part: &str) -> Option<Done> {
        let there = ["answers", "findings"].iter().all(|what| result_file(out, part, what).exists());
        read_json(&Done::file(out, part)).ok().filter(|_| there)
    }

    pub(crate) fn write(&self, out: &Path) -> Result<(), RunError> {
        write_json(&Done::file(out, &self.part), self)
    }

    pub(crate) fn fault(&mut self, place: &Where) {
        /// More of one part nobody reads.
        const MOST: usize = 100;
        if self.faults.len() < MOST {
            self.faults.push(place.to_string());
        }
    }
}

/// A file of results.
pub(crate) fn result_file(out: &Path, part: &str, what: &str) -> PathBuf {
    out.join(format!("{part}.{what}.parquet"))
}

fn schema() -> SchemaRef {
    let field = |name: &str, ty: DataType, null: bool| Field::new(name, ty, null);
    Arc::new(Schema::new(vec![
        field("row", DataType::UInt32, false),
        field("slot", DataType::UInt16, true),
        field("programme", DataType::UInt16, false),
        field("kind", DataType::UInt8, false),
        field("before", DataType::Int64, true),
        field("after", DataType::Int64, true),
        field("per", DataType::UInt8, true),
        field("deciding", DataType::UInt8, true),
        field("rules", DataType::Utf8, true),
        field("facts", DataType::Utf8, true),
    ]))
}

/// Findings on their way to disk.
pub(crate) struct FindingSheet {
    sheet: Sheet,
    waiting: Vec<Finding>,
}

impl FindingSheet {
    pub(crate) fn create(out: &Path, part: &str) -> Result<FindingSheet, RunError> {
        let sheet = Sheet::create(result_file(out, part, "findings"), schema(), 1 << 16);
        Ok(FindingSheet { sheet: sheet.map_err(in_results)?, waiting: Vec::new() })
    }

    pub(crate) fn add(&mut self, finding: Finding) {
        self.waiting.push(finding);
    }

    pub(crate) fn flush(&mut self) -> Result<(), RunError> {
        if self.waiting.is_empty() {
            return Ok(());
        }
        let batch = columns(&self.waiting).map_err(|e| in_results(self.sheet.fault(&e)))?;
        self.waiting.clear();
        self.sheet.write(&batch).map_err(in_results)
    }

    pub(crate) fn close(self) -> Result<String, RunError> {
        self.sheet.close().map_err(in_results)
    }
}

/// What goes wrong while results are written concerns the results, not the snapshot.
pub(crate) fn in_results(e: crate::frame::FrameError) -> RunError {
    match e {
        crate::frame::FrameError::File { file, why } => RunError::File { file, why },
        e => RunError::Frame(e),
    }
}

fn deciding_number(deciding: Deciding) -> u8 {
    match deciding {
        Deciding::Condition(n) => n,
        Deciding::Applies => 254,
        Deciding::Amount => 255,
    }
}

fn columns(list: &[Finding]) -> Result<RecordBatch, arrow_schema::ArrowError> {
    let small = |n: usize| u16::try_from(n).unwrap_or(u16::MAX);
    let kind = |k: Kind| Kind::ALL.iter().position(|x| *x == k).and_then(|n| u8::try_from(n).ok());
    let columns: Vec<ArrayRef> = vec![
        Arc::new(list.iter().map(|f| u32::try_from(f.row).ok()).collect::<UInt32Array>()),
        Arc::new(list.iter().map(|f| f.slot.map(small)).collect::<UInt16Array>()),
        Arc::new(list.iter().map(|f| Some(small(f.programme))).collect::<UInt16Array>()),
        Arc::new(list.iter().map(|f| kind(f.kind)).collect::<UInt8Array>()),
        Arc::new(list.iter().map(|f| f.before).collect::<Int64Array>()),
        Arc::new(list.iter().map(|f| f.after).collect::<Int64Array>()),
        Arc::new(list.iter().map(|f| f.per.map(per_number)).collect::<UInt8Array>()),
        Arc::new(list.iter().map(|f| f.deciding.map(deciding_number)).collect::<UInt8Array>()),
        Arc::new(list.iter().map(|f| f.rules.as_deref()).collect::<StringArray>()),
        Arc::new(list.iter().map(|f| f.facts.as_deref()).collect::<StringArray>()),
    ];
    RecordBatch::try_new(schema(), columns)
}

/// The findings of a part, in the order of its households.
pub fn findings_of(out: &Path, part: &str) -> Result<Vec<Finding>, RunError> {
    let file = result_file(out, part, "findings");
    let fault = |e: &dyn std::fmt::Display| RunError::file(&file, e);
    let bytes = std::fs::read(&file).map_err(|e| fault(&e))?;
    let builder = ParquetRecordBatchReaderBuilder::try_new(bytes::Bytes::from(bytes)).map_err(|e| fault(&e))?;
    if builder.schema().fields() != schema().fields() {
        return Err(fault(&"these are not the columns of findings"));
    }
    let mut out = Vec::new();
    for batch in builder.build().map_err(|e| fault(&e))? {
        read(&batch.map_err(|e| fault(&e))?, &mut out);
    }
    Ok(out)
}

fn read(batch: &RecordBatch, out: &mut Vec<Finding>) {
    let column = |n: usize| batch.column(n);
    let (row, slot) = (column(0).as_primitive::<UInt32Type>(), column(1).as_primitive::<UInt16Type>());
    let (programme, kind) = (column(2).as_primitive::<UInt16Type>(), column(3).as_primitive::<UInt8Type>());
    let (before, after) = (column(4).as_primitive::<Int64Type>(), column(5).as_primitive::<Int64Type>());
    let (per, deciding) = (column(6).as_primitive::<UInt8Type>(), column(7).as_primitive::<UInt8Type>());
    let (rules, facts) = (column(8).as_string::<i32>(), column(9).as_string::<i32>());
    for n in 0..batch.num_rows() {
        let Some(kind) = Kind::ALL.get(usize::from(kind.value(n))).copied() else { continue };
        out.push(Finding {
            row: row.value(n) as usize,
            slot: slot.is_valid(n).then(|| usize::from(slot.value(n))),
            programme: usize::from(programme.value(n)),
            kind,
            before: before.is_valid(n).then(|| before.value(n)),
            after: after.is_valid(n).then(|| after.value(n)),
            per: per.is_valid(n).then(|| per_of(per.value(n))),
            deciding: deciding.is_valid(n).then(|| match deciding.value(n) {
                254 => Deciding::Applies,
                255 => Deciding::Amount,
                n => Deciding::Condition(n),
            }),
            rules: rules.is_valid(n).then(|| rules.value(n).to_owned()),
            facts: facts.is_valid(n).then(|| facts.value(n).to_owned()),
        });
    }
}
