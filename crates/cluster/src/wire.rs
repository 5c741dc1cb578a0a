//! What goes over the wire: the program that the operator carries, the parts that it is asked for, and what it gives back.

use std::sync::{Arc, LazyLock};

use catalogue::{Files, Pack};
use datafusion::arrow::array::{ArrayRef, AsArray, BinaryArray, RecordBatch, StringArray, UInt32Array};
use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef, UInt32Type};
use datafusion::error::{DataFusionError, Result};
use population::run::{Identity, Left, Made};

/// The program of a run and what it is of, as every task carries it. Numbers of fields are never used again for something else.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Program {
    /// Version of Hearth that asks.
    #[prost(string, tag = "1")]
    pub(crate) version: String,
    /// [`Identity`] as JSON.
    #[prost(string, tag = "2")]
    pub(crate) identity: String,
    /// All files of the pack.
    #[prost(message, repeated, tag = "3")]
    pub(crate) files: Vec<File>,
}

/// A file of the pack.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct File {
    #[prost(string, tag = "1")]
    pub(crate) path: String,
    #[prost(bytes = "vec", tag = "2")]
    pub(crate) bytes: Vec<u8>,
}

impl Program {
    pub(crate) fn new(version: &str, identity: &Identity, pack: &Pack) -> Result<Program> {
        let files = pack.files().iter().map(|(path, bytes)| File { path: path.to_owned(), bytes: bytes.to_vec() });
        let identity = serde_json::to_string(identity).map_err(|e| DataFusionError::External(e.into()))?;
        Ok(Program { version: version.to_owned(), identity, files: files.collect() })
    }

    pub(crate) fn files(&self) -> Files {
        Files::from_entries(self.files.iter().map(|f| (f.path.clone(), f.bytes.clone())))
    }
}

static ASKED: LazyLock<SchemaRef> = LazyLock::new(|| {
    let field = |name: &str| Field::new(name, DataType::Utf8, false);
    Arc::new(Schema::new(vec![field("part"), field("homes")]))
});

static GIVEN: LazyLock<SchemaRef> = LazyLock::new(|| {
    Arc::new(Schema::new(vec![
        Field::new("part", DataType::Utf8, false),
        Field::new("what", DataType::Utf8, false),
        Field::new("piece", DataType::UInt32, false),
        Field::new("pieces", DataType::UInt32, false),
        Field::new("bytes", DataType::Binary, false),
    ]))
});

/// Columns of the parts that are asked for.
pub(crate) fn asked() -> SchemaRef {
    ASKED.clone()
}

/// Columns of what comes back.
pub(crate) fn given() -> SchemaRef {
    GIVEN.clone()
}

/// A part as a row.
pub(crate) fn ask(left: &Left) -> Result<RecordBatch> {
    let homes = serde_json::to_string(&left.homes).map_err(|e| DataFusionError::External(e.into()))?;
    let column = |text: &str| -> ArrayRef { Arc::new(StringArray::from(vec![text])) };
    Ok(RecordBatch::try_new(asked(), vec![column(&left.part), column(&homes)])?)
}

/// Rows as parts.
pub(crate) fn asked_of(batch: &RecordBatch) -> Result<Vec<Left>> {
    let (parts, homes) = (batch.column(0).as_string::<i32>(), batch.column(1).as_string::<i32>());
    let rows = parts.iter().zip(homes.iter());
    rows.map(|(part, homes)| {
        let homes = serde_json::from_str(homes.unwrap_or("[]")).map_err(|e| DataFusionError::External(e.into()))?;
        Ok(Left { part: part.unwrap_or_default().to_owned(), homes })
    })
    .collect()
}

/// Bytes of a row: well below what a message may have.
const PIECE: usize = 1 << 20;

/// A file of results in rows.
pub(crate) fn pieces(part: &str, what: &str, bytes: &[u8]) -> Result<Vec<RecordBatch>> {
    let all: Vec<&[u8]> = if bytes.is_empty() { vec![bytes] } else { bytes.chunks(PIECE).collect() };
    let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    let rows = all.iter().enumerate().map(|(n, piece)| {
        let columns: Vec<ArrayRef> = vec![
            Arc::new(StringArray::from(vec![part])),
            Arc::new(StringArray::from(vec![what])),
            Arc::new(UInt32Array::from(vec![number(n)])),
            Arc::new(UInt32Array::from(vec![number(all.len())])),
            Arc::new(BinaryArray::from(vec![*piece])),
        ];
        Ok(RecordBatch::try_new(given(), columns)?)
    });
    rows.collect()
}

/// Rows on their way to become files again, in whatever order they come.
#[derive(Debug, Default)]
pub(crate) struct Arriving {
    /// By part and file, pieces by number.
    files: std::collections::BTreeMap<String, std::collections::BTreeMap<String, Pieces>>,
}

#[derive(Debug, Default)]
struct Pieces {
    of: u32,
    there: std::collections::BTreeMap<u32, Vec<u8>>,
}

/// A part that has arrived whole.
pub(crate) enum Arrived {
    /// Worked out.
    Made(Box<Made>),
    /// The executor could not read it, and why.
    Unread(String, String),
}

impl Arriving {
    /// Takes rows and gives the parts that are whole with them.
    pub(crate) fn add(&mut self, batch: &RecordBatch) -> Result<Vec<Arrived>> {
        let (parts, whats) = (batch.column(0).as_string::<i32>(), batch.column(1).as_string::<i32>());
        let numbers = [2, 3].map(|n| batch.column(n).as_primitive::<UInt32Type>());
        let bytes = batch.column(4).as_binary::<i32>();
        for n in 0..batch.num_rows() {
            let files = self.files.entry(parts.value(n).to_owned()).or_default();
            let pieces = files.entry(whats.value(n).to_owned()).or_default();
            let [piece, of] = numbers.map(|column| column.value(n));
            pieces.of = of;
            pieces.there.insert(piece, bytes.value(n).to_vec());
        }
        let mut arrived = Vec::new();
        for part in parts.iter().flatten() {
            arrived.extend(self.whole(part)?);
        }
        Ok(arrived)
    }

    fn whole(&mut self, part: &str) -> Result<Option<Arrived>> {
        let Some(files) = self.files.get(part) else { return Ok(None) };
        let file = |what: &str| {
            let pieces = files.get(what).filter(|p| p.there.len() == p.of as usize)?;
            Some(pieces.there.values().flatten().copied().collect::<Vec<u8>>())
        };
        let arrived = match (file("unread"), file("note"), file("answers"), file("findings")) {
            (Some(why), ..) => Arrived::Unread(part.to_owned(), String::from_utf8_lossy(&why).into_owned()),
            (None, Some(note), Some(answers), Some(findings)) => {
                let done = serde_json::from_slice(&note).map_err(|e| DataFusionError::External(e.into()))?;
                Arrived::Made(Box::new(Made { done, answers, findings }))
            }
            _ => return Ok(None),
        };
        self.files.remove(part);
        Ok(Some(arrived))
    }
}
