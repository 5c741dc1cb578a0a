//! Writing a snapshot: households one by one in, Parquet parts out; memory stays that of one row group a size.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::{Date32Array, Int64Array, RecordBatch, UInt8Array, UInt16Array, UInt32Array};
use arrow_schema::SchemaRef;
use catalogue::Pack;
use kernel::{Date, Instant};
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::schema::types::ColumnPath;
use rules::schema::{Entity, Per};
use sha2::{Digest, Sha256};

use super::bucket::{Bucket, day_number};
use super::family::{Award, Family};
use super::fault::{FamilyFault, FrameError};
use super::manifest::{Block, FORMAT, Manifest, PartEntry};
use super::shape::{Shape, awards};
use super::{GROUP, PART, key_text};

/// What a snapshot is of.
#[derive(Debug)]
pub struct Header<'a> {
    /// The pack whose rules will read it.
    pub pack: &'a Pack,
    /// The civil day of the facts.
    pub day: Date,
    /// The instant as of which it is consistent.
    pub as_of: Instant,
    /// Which key made the pseudonyms.
    pub keys: String,
    /// Where the households come from, in words.
    pub origin: String,
}

/// A folder that becomes a snapshot when its manifest is written. Share it between threads.
#[derive(Debug)]
pub struct Folder {
    dir: PathBuf,
    shape: Arc<Shape>,
    manifest: Manifest,
}

/// Writes households into parts of its own.
#[derive(Debug)]
pub struct Writer {
    dir: PathBuf,
    shape: Arc<Shape>,
    number: u16,
    open: BTreeMap<usize, OpenPart>,
    written: Vec<PartEntry>,
    parts: usize,
}

impl Folder {
    /// Makes the folder, which must not hold a snapshot yet.
    pub fn create(dir: &Path, header: Header<'_>) -> Result<Folder, FrameError> {
        let fault = |e: io::Error| FrameError::File { file: dir.to_owned(), why: e.to_string() };
        fs::create_dir_all(dir).map_err(fault)?;
        if dir.join(Manifest::FILE).exists() {
            return Err(FrameError::Taken(dir.to_owned()));
        }
        let shape = Arc::new(Shape::of(header.pack));
        let manifest = Manifest {
            format: FORMAT,
            pack: header.pack.content_hash().to_owned(),
            origin: header.origin,
            as_of: header.as_of,
            day: header.day,
            keys: header.keys,
            households: 0,
            persons: 0,
            awards: 0,
            shape: Shape::clone(&shape),
            grace_days: None,
            blocks: Vec::new(),
            parts: Vec::new(),
        };
        Ok(Folder { dir: dir.to_owned(), shape, manifest })
    }

    /// The columns.
    pub fn shape(&self) -> &Shape {
        &self.shape
    }

    /// An empty household to fill.
    pub fn family(&self) -> Family {
        Family::new(self.shape.clone())
    }

    /// A writer; each of a folder has a number of its own, which is part of the names of its files.
    pub fn writer(&self, number: u16) -> Writer {
        Writer {
            dir: self.dir.clone(),
            shape: self.shape.clone(),
            number,
            open: BTreeMap::new(),
            written: Vec::new(),
            parts: 0,
        }
    }

    /// Whether parts of an earlier snapshot say in this one what they said there: same keys, pack and columns.
    pub(crate) fn continues(&self, earlier: &Manifest) -> bool {
        let same = |m: &Manifest| (m.keys.clone(), m.pack.clone(), m.shape.clone());
        same(earlier) == same(&self.manifest)
    }

    /// Takes parts of an earlier snapshot over: their files are linked, or copied where that cannot be.
    pub(crate) fn take_over(&self, from: &Path, parts: Vec<PartEntry>) -> Result<Vec<PartEntry>, FrameError> {
        for part in &parts {
            for what in ["households", "persons", "awards"] {
                let name = format!("{}.{what}.parquet", part.name);
                let (old, new) = (from.join(&name), self.dir.join(&name));
                let fault = |e: io::Error| FrameError::File { file: old.clone(), why: e.to_string() };
                fs::hard_link(&old, &new).or_else(|_| fs::copy(&old, &new).map(drop)).map_err(fault)?;
            }
        }
        Ok(parts)
    }

    /// As [`Folder::finish`], with the blocks and the patience by which a later snapshot can go on from this one.
    pub(crate) fn finish_blocks(
        mut self,
        parts: Vec<PartEntry>,
        blocks: Vec<Block>,
        grace_days: u32,
    ) -> Result<Manifest, FrameError> {
        (self.manifest.blocks, self.manifest.grace_days) = (blocks, Some(grace_days));
        self.finish(parts)
    }

    /// Writes the manifest over the parts of all writers. Households come in the order of part names, whoever was done first.
    pub fn finish(mut self, mut parts: Vec<PartEntry>) -> Result<Manifest, FrameError> {
        parts.sort_by(|a, b| a.name.cmp(&b.name));
        if let Some([twice, _]) = parts.windows(2).find(|p| matches!(p, [a, b] if a.name == b.name)) {
            return Err(FrameError::TwiceWritten(twice.name.clone()));
        }
        let sum = |f: &dyn Fn(&PartEntry) -> usize| parts.iter().map(|p| f(p) as u64).sum();
        self.manifest.households = sum(&|p| p.households);
        self.manifest.persons = sum(&|p| p.households * p.size);
        self.manifest.awards = sum(&|p| p.awards);
        self.manifest.parts = parts;
        self.manifest.write(&self.dir)?;
        Ok(self.manifest)
    }
}

impl Writer {
    /// Adds a household. A faulty one is refused, and the writer can go on with the next.
    pub fn push(&mut self, family: &Family) -> Result<(), FrameError> {
        let size = family.size();
        if size == 0 {
            return Err(FrameError::Family { key: key_text(&family.key), fault: FamilyFault::Empty });
        }
        if !self.open.contains_key(&size) {
            let name = format!("{size:03}-{:03}-{:05}", self.number, self.parts);
            self.parts += 1;
            self.open.insert(size, OpenPart::create(&self.dir, &self.shape, name, size)?);
        }
        let Some(part) = self.open.get_mut(&size) else { return Ok(()) };
        part.push(family)?;
        if part.households == PART
            && let Some(part) = self.open.remove(&size)
        {
            self.written.push(part.close()?);
        }
        Ok(())
    }

    /// Closes all files and gives the parts, for [`Folder::finish`].
    pub fn finish(mut self) -> Result<Vec<PartEntry>, FrameError> {
        for (_, part) in std::mem::take(&mut self.open) {
            self.written.push(part.close()?);
        }
        Ok(self.written)
    }
}

/// A part being written.
#[derive(Debug)]
struct OpenPart {
    name: String,
    bucket: Bucket,
    households: usize,
    awards: usize,
    waiting: Vec<(u32, Award)>,
    files: [Sheet; 3],
}

impl OpenPart {
    fn create(dir: &Path, shape: &Arc<Shape>, name: String, size: usize) -> Result<OpenPart, FrameError> {
        let sheet = |what: &str, schema: SchemaRef, rows: usize| {
            Sheet::create(dir.join(format!("{name}.{what}.parquet")), schema, rows)
        };
        let files = [
            sheet("households", shape.arrow(Entity::Household), GROUP)?,
            sheet("persons", shape.arrow(Entity::Person), GROUP * size)?,
            sheet("awards", awards(), GROUP)?,
        ];
        Ok(OpenPart { bucket: Bucket::new(shape, size), households: 0, awards: 0, waiting: Vec::new(), files, name })
    }

    fn push(&mut self, family: &Family) -> Result<(), FrameError> {
        let row = u32::try_from(self.households).unwrap_or(u32::MAX);
        self.waiting.extend(family.awards.iter().map(|a| (row, *a)));
        self.bucket.push(family);
        self.households += 1;
        self.awards += family.awards.len();
        if self.bucket.is_full() { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> Result<(), FrameError> {
        let [households, persons, awards] = &mut self.files;
        if self.bucket.rows() > 0 {
            let (h, p) = self.bucket.take().map_err(|e| households.fault(&e))?;
            households.write(&h)?;
            persons.write(&p)?;
        }
        if !self.waiting.is_empty() {
            let batch = award_columns(&self.waiting).map_err(|e| awards.fault(&e))?;
            awards.write(&batch)?;
            self.waiting.clear();
        }
        Ok(())
    }

    fn close(mut self) -> Result<PartEntry, FrameError> {
        self.flush()?;
        let [households, persons, awards] = self.files;
        let hashes = [households.close()?, persons.close()?, awards.close()?];
        let size = self.bucket.size();
        Ok(PartEntry { name: self.name, size, households: self.households, awards: self.awards, hashes })
    }
}

/// The number by which an award's period is written.
pub(crate) fn per_number(per: Per) -> u8 {
    match per {
        Per::Once => 0,
        Per::Month => 1,
        Per::Year => 2,
        Per::Use => 3,
    }
}

fn award_columns(list: &[(u32, Award)]) -> Result<RecordBatch, arrow_schema::ArrowError> {
    let of = || list.iter().map(|(_, a)| a);
    RecordBatch::try_new(
        awards(),
        vec![
            Arc::new(list.iter().map(|(row, _)| Some(*row)).collect::<UInt32Array>()),
            Arc::new(of().map(|a| a.member.and_then(|m| u16::try_from(m).ok())).collect::<UInt16Array>()),
            Arc::new(of().map(|a| Some(a.programme)).collect::<UInt16Array>()),
            Arc::new(of().map(|a| a.amount.map(|(minor, _)| minor)).collect::<Int64Array>()),
            Arc::new(of().map(|a| a.amount.map(|(_, per)| per_number(per))).collect::<UInt8Array>()),
            Arc::new(of().map(|a| Some(day_number(a.from))).collect::<Date32Array>()),
            Arc::new(of().map(|a| a.until.map(day_number)).collect::<Date32Array>()),
            Arc::new(of().map(|a| a.place).collect::<UInt16Array>()),
        ],
    )
}

/// One Parquet file being written, and the hash of what went into it.
#[derive(Debug)]
pub(crate) struct Sheet {
    file: PathBuf,
    writer: ArrowWriter<Hashed>,
}

#[derive(Debug)]
struct Hashed {
    to: BufWriter<File>,
    hash: Sha256,
}

impl Write for Hashed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let n = self.to.write(bytes)?;
        self.hash.update(bytes.get(..n).unwrap_or(bytes));
        Ok(n)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

impl Sheet {
    pub(crate) fn create(file: PathBuf, schema: SchemaRef, group: usize) -> Result<Sheet, FrameError> {
        let fault = |why: String| FrameError::File { file: file.clone(), why };
        let to = BufWriter::new(File::create(&file).map_err(|e| fault(e.to_string()))?);
        let properties = WriterProperties::builder()
            .set_compression(Compression::LZ4_RAW)
            .set_max_row_group_row_count(Some(group))
            .set_statistics_enabled(EnabledStatistics::None)
            // Pseudonyms never repeat and never compress.
            .set_column_dictionary_enabled(ColumnPath::from("_key"), false)
            .set_column_compression(ColumnPath::from("_key"), Compression::UNCOMPRESSED)
            .set_created_by(format!("hearth {}", env!("CARGO_PKG_VERSION")))
            .build();
        let to = Hashed { to, hash: Sha256::new() };
        let writer = ArrowWriter::try_new(to, schema, Some(properties)).map_err(|e| fault(e.to_string()))?;
        Ok(Sheet { file, writer })
    }

    pub(crate) fn fault(&self, why: &dyn std::fmt::Display) -> FrameError {
        FrameError::File { file: self.file.clone(), why: why.to_string() }
    }

    pub(crate) fn write(&mut self, batch: &RecordBatch) -> Result<(), FrameError> {
        self.writer.write(batch).map_err(|e| FrameError::File { file: self.file.clone(), why: e.to_string() })
    }

    /// Closes the file durably and gives its hash.
    pub(crate) fn close(self) -> Result<String, FrameError> {
        let fault = |why: &dyn std::fmt::Display| FrameError::File { file: self.file.clone(), why: why.to_string() };
        let hashed = self.writer.into_inner().map_err(|e| fault(&e))?;
        let file = hashed.to.into_inner().map_err(|e| fault(&e))?;
        file.sync_all().map_err(|e| fault(&e))?;
        Ok(hex::encode(hashed.hash.finalize()))
    }
}
