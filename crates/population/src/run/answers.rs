//! The answers of a run as bitmaps: for each batch, programme and member slot the rows that are entitled, are not, are open,
//! and those whose rule could not be worked out.

use std::path::Path;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{UInt16Type, UInt32Type};
use arrow_array::{Array, ArrayRef, BinaryArray, RecordBatch, UInt16Array, UInt32Array};
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use rules::columns::{Bits, Results};
use rules::outcome::Answer;
use rules::schema::Entity;

use super::RunError;
use super::done::{in_results, result_file};
use crate::frame::Sheet;

fn schema() -> SchemaRef {
    let mut fields = vec![
        Field::new("first", DataType::UInt32, false),
        Field::new("programme", DataType::UInt16, false),
        Field::new("slot", DataType::UInt16, true),
    ];
    fields.extend(["yes", "no", "open", "error"].map(|name| Field::new(name, DataType::Binary, false)));
    Arc::new(Schema::new(fields))
}

/// Answers on their way to disk.
pub(crate) struct Answers {
    sheet: Sheet,
}

impl Answers {
    pub(crate) fn create(out: &Path, part: &str) -> Result<Answers, RunError> {
        let sheet = Sheet::create(result_file(out, part, "answers"), schema(), 1 << 16).map_err(in_results)?;
        Ok(Answers { sheet })
    }

    /// Adds a batch, without the households that are set aside.
    pub(crate) fn add(&mut self, first: usize, results: &Results, good: &Bits) -> Result<(), RunError> {
        let small = |n: usize| u16::try_from(n).ok();
        let mut keys = (Vec::new(), Vec::new());
        let mut bits: [Vec<Vec<u8>>; 4] = Default::default();
        for p in results.programmes() {
            for (slot, columns) in p.slots.iter().enumerate() {
                keys.0.push(small(p.programme));
                keys.1.push(small(slot).filter(|_| p.subject == Entity::Person));
                let open = columns.open();
                for (to, from) in bits.iter_mut().zip([&columns.yes, &columns.no, &open, &columns.error]) {
                    to.push(bytes(from, good));
                }
            }
        }
        let first = u32::try_from(first).unwrap_or(u32::MAX);
        let mut columns: Vec<ArrayRef> = vec![
            Arc::new(UInt32Array::from(vec![first; keys.0.len()])),
            Arc::new(UInt16Array::from(keys.0)),
            Arc::new(UInt16Array::from(keys.1)),
        ];
        for list in &bits {
            columns.push(Arc::new(list.iter().map(|b| Some(b.as_slice())).collect::<BinaryArray>()));
        }
        let batch = RecordBatch::try_new(schema(), columns).map_err(|e| in_results(self.sheet.fault(&e)))?;
        self.sheet.write(&batch).map_err(in_results)
    }

    pub(crate) fn close(self) -> Result<String, RunError> {
        self.sheet.close().map_err(in_results)
    }
}

/// Bits as bytes, without the empty end.
fn bytes(bits: &Bits, good: &Bits) -> Vec<u8> {
    let words = bits.words().iter().zip(good.words());
    let mut out: Vec<u8> = words.flat_map(|(w, good)| (w & good).to_le_bytes()).collect();
    out.truncate(out.iter().rposition(|b| *b != 0).map_or(0, |n| n + 1));
    out
}

/// What a run said of one household.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Said {
    /// The programme, by its number in [`super::Identity::programmes`].
    pub programme: usize,
    /// The member; `None`: the household.
    pub slot: Option<usize>,
    /// The single result.
    pub answer: Answer,
}

/// All single results of a household, by its row in the part; nothing for a household that was set aside.
pub fn said(out: &Path, part: &str, row: usize) -> Result<Vec<Said>, RunError> {
    let file = result_file(out, part, "answers");
    let fault = |e: &dyn std::fmt::Display| RunError::file(&file, e);
    let bytes = std::fs::read(&file).map_err(|e| fault(&e))?;
    let builder = ParquetRecordBatchReaderBuilder::try_new(bytes::Bytes::from(bytes)).map_err(|e| fault(&e))?;
    if builder.schema().fields() != schema().fields() {
        return Err(fault(&"these are not the columns of answers"));
    }
    let mut out = Vec::new();
    for batch in builder.build().map_err(|e| fault(&e))? {
        let batch = batch.map_err(|e| fault(&e))?;
        let (first, programme) =
            (batch.column(0).as_primitive::<UInt32Type>(), batch.column(1).as_primitive::<UInt16Type>());
        let slot = batch.column(2).as_primitive::<UInt16Type>();
        for n in 0..batch.num_rows() {
            let Some(at) = row.checked_sub(first.value(n) as usize).filter(|at| *at < crate::frame::BATCH) else {
                continue;
            };
            let answers = [Answer::Yes, Answer::No, Answer::CannotTell, Answer::Error];
            let has = |(k, _): &(usize, &Answer)| {
                let bits = batch.column(3 + k).as_binary::<i32>().value(n);
                bits.get(at / 8).is_some_and(|b| b >> (at % 8) & 1 == 1)
            };
            if let Some((_, answer)) = answers.iter().enumerate().find(has) {
                let slot = slot.is_valid(n).then(|| usize::from(slot.value(n)));
                out.push(Said { programme: usize::from(programme.value(n)), slot, answer: *answer });
            }
        }
    }
    out.sort_unstable();
    Ok(out)
}
