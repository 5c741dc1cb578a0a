//! One part of a snapshot, batch by batch.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;

use arrow_array::cast::AsArray;
use arrow_array::types::{Date32Type, Decimal64Type, Int64Type, UInt8Type, UInt16Type, UInt32Type};
use arrow_array::{Array, RecordBatch, UInt16Array};
use arrow_schema::{DataType, SchemaRef};
use kernel::Date;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};
use rules::columns::{Batch, Columns, Lender, Lent, Packed, Values};
use rules::schema::{Entity, Per, Value};
use rules::{FactError, Household, Program};

use super::fault::{FamilyFault, FrameError, Where};
use super::manifest::PartEntry;
use super::read::Reader;
use super::shape::{Kind, Shape, awards};
use super::{BATCH, GROUP, Key, MILLION, check, key_text};

/// What of a part is read.
pub(crate) struct Wanted {
    pub(crate) keys: bool,
    /// Places and fifths of income.
    pub(crate) groups: bool,
    /// Columns of households and persons; `None`: all.
    pub(crate) facts: Option<[Vec<usize>; 2]>,
}

/// An award in force as the snapshot has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GivenAward {
    /// The household's row in the part.
    pub row: usize,
    /// The member; `None`: the household.
    pub slot: Option<usize>,
    /// The programme, by its number in [`Shape::programmes`].
    pub programme: u16,
    /// Minor units and their period.
    pub amount: Option<(i64, Per)>,
    /// First day.
    pub from: Date,
    /// First day after it; `None`: open.
    pub until: Option<Date>,
    /// The place that pays, by its number in [`Shape::places`].
    pub place: Option<u16>,
}

/// Households of one size, read batch by batch.
pub struct Part<'r> {
    reader: &'r Reader,
    entry: &'r PartEntry,
    tables: [Source; 2],
    awards: Vec<GivenAward>,
    stray_awards: Vec<Where>,
    first: usize,
}

/// A Parquet file being read, and where its columns are in what comes out.
struct Source {
    file: PathBuf,
    batches: ParquetRecordBatchReader,
    at: HashMap<usize, usize>,
}

/// The columns of one file for one batch.
#[derive(Debug)]
pub(crate) struct Table {
    batch: RecordBatch,
    /// By field of the file: the column of the batch.
    at: HashMap<usize, usize>,
}

/// A batch of households of one size.
#[derive(Debug)]
pub struct Chunk<'r> {
    reader: &'r Reader,
    file: String,
    first: usize,
    rows: usize,
    size: usize,
    pub(crate) tables: [Table; 2],
    spouses: UInt16Array,
    parents: (Vec<i32>, Vec<u16>),
    /// By entity and column: places of which it is stated that nothing is known.
    unknown: [HashMap<usize, Vec<u32>>; 2],
    texts: [HashMap<usize, Vec<u32>>; 2],
    aside: Vec<Where>,
}

pub(crate) fn nth(entity: Entity) -> usize {
    usize::from(entity == Entity::Person)
}

pub(crate) fn day(number: i32) -> Date {
    let span = jiff::Span::new().try_days(number).unwrap_or_default();
    Date::constant(1970, 1, 1).saturating_add(span)
}

impl Source {
    fn open(
        reader: &Reader,
        (file, hash): (PathBuf, &str),
        schema: &SchemaRef,
        batch: usize,
        roots: Option<Vec<usize>>,
    ) -> Result<(Source, usize), FrameError> {
        let fault = |why: String| FrameError::File { file: file.clone(), why };
        let builder = ParquetRecordBatchReaderBuilder::try_new(reader.bytes(&file, hash)?);
        let builder = builder.map_err(|e| fault(e.to_string()))?;
        check_columns(&file, schema, builder.schema())?;
        let rows = builder.metadata().file_metadata().num_rows();
        let roots = roots.unwrap_or_else(|| (0..schema.fields().len()).collect());
        let mask = ProjectionMask::roots(builder.parquet_schema(), roots.iter().copied());
        let at = roots.iter().enumerate().map(|(n, root)| (*root, n)).collect();
        let batches = builder.with_projection(mask).with_batch_size(batch).build();
        let batches = batches.map_err(|e| fault(e.to_string()))?;
        Ok((Source { file, batches, at }, usize::try_from(rows).unwrap_or(0)))
    }

    fn next(&mut self) -> Result<Option<Table>, FrameError> {
        let batch = self.batches.next().transpose();
        let batch = batch.map_err(|e| FrameError::File { file: self.file.clone(), why: e.to_string() })?;
        Ok(batch.map(|batch| Table { batch, at: self.at.clone() }))
    }
}

fn check_columns(file: &std::path::Path, expected: &SchemaRef, found: &SchemaRef) -> Result<(), FrameError> {
    let kind = |t: &DataType| format!("{t}");
    for (n, field) in expected.fields().iter().enumerate() {
        let there = found.fields().get(n);
        if there.is_none_or(|f| f.name() != field.name() || f.data_type() != field.data_type()) {
            return Err(FrameError::Column {
                file: file.to_owned(),
                column: field.name().clone(),
                expected: kind(field.data_type()),
                found: there.map_or("no such column".to_owned(), |f| format!("{} {}", f.name(), kind(f.data_type()))),
            });
        }
    }
    Ok(())
}

impl<'r> Part<'r> {
    pub(crate) fn open(reader: &'r Reader, n: usize, wanted: &Wanted) -> Result<Part<'r>, FrameError> {
        let manifest = reader.manifest();
        let Some(entry) = manifest.parts.get(n) else {
            let why = format!("the snapshot has {} parts, there is no number {n}", manifest.parts.len());
            return Err(FrameError::File { file: reader.file("", "households"), why });
        };
        let [households, persons, paid] = &entry.hashes;
        let roots = |entity: Entity| wanted.roots(entity, &reader.past);
        let file = |what: &str| reader.file(&entry.name, what);
        let open = |entity: Entity, what: &str, hash: &str, batch: usize| {
            let schema = manifest.shape.arrow(entity);
            Source::open(reader, (file(what), hash), &schema, batch, roots(entity))
        };
        let (of_households, found) = open(Entity::Household, "households", households, BATCH)?;
        let orphans = |what: &str, found: usize, expected: usize| {
            let (households, size) = (entry.households, entry.size);
            Err(FrameError::Orphans { file: file(what), found, expected, households, size })
        };
        if found != entry.households {
            return orphans("households", found, entry.households);
        }
        let batch = BATCH.saturating_mul(entry.size);
        let (of_persons, found) = open(Entity::Person, "persons", persons, batch)?;
        if entry.size == 0 || found != entry.households * entry.size {
            return orphans("persons", found, entry.households * entry.size);
        }
        let (awards, stray_awards) = given_awards(reader, entry, (file("awards"), paid))?;
        Ok(Part { reader, entry, tables: [of_households, of_persons], awards, stray_awards, first: 0 })
    }

    /// What the manifest says of it.
    pub fn entry(&self) -> &PartEntry {
        self.entry
    }

    /// Its awards in force, by row; those that name nobody are among [`Part::stray_awards`].
    pub fn awards(&self) -> &[GivenAward] {
        &self.awards
    }

    /// Awards that name a household, member or programme that is not there.
    pub fn stray_awards(&self) -> &[Where] {
        &self.stray_awards
    }

    /// The next batch; `None` at the end.
    pub fn next_chunk(&mut self) -> Result<Option<Chunk<'r>>, FrameError> {
        let [households, persons] = &mut self.tables;
        let (Some(h), Some(p)) = (households.next()?, persons.next()?) else { return Ok(None) };
        let chunk = Chunk::new(self.reader, self.entry, self.first, [h, p]);
        self.first += chunk.rows;
        Ok(Some(chunk))
    }
}

impl Wanted {
    fn roots(&self, entity: Entity, past: &[usize]) -> Option<Vec<usize>> {
        let facts = self.facts.as_ref()?.get(nth(entity))?;
        // Kinship and what is stated to be unknown, and births and deaths, are always looked at.
        let mut roots = if entity == Entity::Person { vec![1, 2, 3] } else { vec![3] };
        if self.keys {
            roots.extend([0, 4]);
        }
        if self.keys || self.groups {
            roots.extend([1, 2].iter().filter(|_| entity == Entity::Household));
        }
        let past = past.iter().filter(|_| entity == Entity::Person);
        roots.extend(facts.iter().chain(past).map(|c| Shape::BEFORE + c));
        roots.sort_unstable();
        roots.dedup();
        Some(roots)
    }
}

fn given_awards(
    reader: &Reader,
    entry: &PartEntry,
    file: (PathBuf, &String),
) -> Result<(Vec<GivenAward>, Vec<Where>), FrameError> {
    let shape = &reader.manifest().shape;
    let (mut source, _) = Source::open(reader, (file.0, file.1), &awards(), GROUP, None)?;
    let (mut out, mut stray) = (Vec::new(), Vec::new());
    while let Some(table) = source.next()? {
        let column = |n: usize| table.batch.column(n);
        let (row, slot) = (column(0).as_primitive::<UInt32Type>(), column(1).as_primitive::<UInt16Type>());
        let programme = column(2).as_primitive::<UInt16Type>();
        let (amount, per) = (column(3).as_primitive::<Int64Type>(), column(4).as_primitive::<UInt8Type>());
        let (from, until) = (column(5).as_primitive::<Date32Type>(), column(6).as_primitive::<Date32Type>());
        let place = column(7).as_primitive::<UInt16Type>();
        for n in 0..table.batch.num_rows() {
            let some = |is: bool| Some(n).filter(|_| is);
            let award = GivenAward {
                row: row.value(n) as usize,
                slot: some(slot.is_valid(n)).map(|n| usize::from(slot.value(n))),
                programme: programme.value(n),
                amount: some(amount.is_valid(n) && per.is_valid(n)).map(|n| (amount.value(n), per_of(per.value(n)))),
                from: day(from.value(n)),
                until: some(until.is_valid(n)).map(|n| day(until.value(n))),
                place: some(place.is_valid(n)).map(|n| place.value(n)),
            };
            let nobody = match award {
                a if a.row >= entry.households => Some("a household that is not in its part".to_owned()),
                a if a.slot.is_some_and(|s| s >= entry.size) => Some("a member that is not there".to_owned()),
                a if usize::from(a.programme) >= shape.programmes.len() => {
                    Some(format!("programme number {}, which there is not", a.programme))
                }
                _ => None,
            };
            match nobody {
                None => out.push(award),
                Some(what) => stray.push(Where {
                    file: format!("{}.awards.parquet", entry.name),
                    group: award.row / GROUP,
                    row: award.row,
                    fault: FamilyFault::Award(what),
                }),
            }
        }
    }
    out.sort_by_key(|a| (a.row, a.slot, a.programme, a.from));
    Ok((out, stray))
}

pub(crate) fn per_of(number: u8) -> Per {
    match number {
        1 => Per::Month,
        2 => Per::Year,
        3 => Per::Use,
        _ => Per::Once,
    }
}

impl Table {
    /// A field of the file, if it was read.
    pub(crate) fn field(&self, n: usize) -> Option<&dyn Array> {
        let at = self.at.get(&n)?;
        self.batch.columns().get(*at).map(AsRef::as_ref)
    }

    /// A column of items, if it was read.
    pub(crate) fn item(&self, column: usize) -> Option<&dyn Array> {
        self.field(Shape::BEFORE + column)
    }

    /// A list of small numbers at a place.
    fn list(&self, field: usize, at: usize) -> Vec<u16> {
        let Some(list) = self.field(field).and_then(|a| a.as_list_opt::<i32>()) else { return Vec::new() };
        if at >= list.len() {
            return Vec::new();
        }
        list.value(at).as_primitive_opt::<UInt16Type>().map(|l| l.values().to_vec()).unwrap_or_default()
    }
}

impl<'r> Chunk<'r> {
    fn new(reader: &'r Reader, entry: &PartEntry, first: usize, tables: [Table; 2]) -> Chunk<'r> {
        let [households, persons] = &tables;
        let rows = households.batch.num_rows().min(persons.batch.num_rows() / entry.size.max(1));
        let spouses = persons.field(1).and_then(|a| a.as_primitive_opt::<UInt16Type>()).cloned();
        let spouses = spouses.unwrap_or_else(|| UInt16Array::new_null(rows * entry.size));
        let parents = persons.field(2).and_then(|a| a.as_list_opt::<i32>()).and_then(|list| {
            let values = list.values().as_primitive_opt::<UInt16Type>()?.values().to_vec();
            Some((list.value_offsets().to_vec(), values))
        });
        let mut chunk = Chunk {
            reader,
            file: format!("{}.persons.parquet", entry.name),
            first,
            rows,
            size: entry.size,
            spouses,
            parents: parents.unwrap_or_default(),
            unknown: [stated_unknown(households), stated_unknown(persons)],
            texts: [HashMap::new(), HashMap::new()],
            aside: Vec::new(),
            tables,
        };
        chunk.texts = [Entity::Household, Entity::Person].map(|entity| chunk.intern(entity));
        let mut aside = check::chunk(&chunk, &reader.past, reader.manifest());
        aside.sort_by_key(|w| w.0);
        let mut seen = HashSet::new();
        aside.retain(|(row, _)| seen.insert(*row));
        chunk.aside = aside.into_iter().map(|(row, fault)| chunk.place(row, fault)).collect();
        chunk
    }

    fn place(&self, row: usize, fault: FamilyFault) -> Where {
        let row = self.first + row;
        Where { file: self.file.clone(), group: row / GROUP, row, fault }
    }

    /// Texts as numbers: those that rules name first.
    fn intern(&self, entity: Entity) -> HashMap<usize, Vec<u32>> {
        let mut out = HashMap::new();
        let mut own: HashMap<&str, usize> = self.reader.layout.texts.iter().map(AsRef::as_ref).zip(0..).collect();
        let Some(table) = self.tables.get(nth(entity)) else { return out };
        for (n, column) in self.reader.manifest().shape.columns(entity).iter().enumerate() {
            let texts = table.item(n).filter(|_| column.kind == Kind::Text).and_then(|a| a.as_string_opt::<i32>());
            let Some(texts) = texts else { continue };
            let number = |text: Option<&'_ str>| text.unwrap_or_default().to_owned();
            let mut numbers = Vec::with_capacity(texts.len());
            for text in texts {
                let next = own.len();
                let known = own.get(number(text).as_str()).copied();
                numbers.push(u32::try_from(known.unwrap_or(next)).unwrap_or(u32::MAX));
                if let (None, Some(text)) = (known, text) {
                    own.insert(text, next);
                }
            }
            out.insert(n, numbers);
        }
        out
    }

    /// The file of its members, for messages.
    pub(crate) fn file(&self) -> &str {
        &self.file
    }

    /// The first household's row in the part.
    pub fn first(&self) -> usize {
        self.first
    }

    /// How many households.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// How many members each has.
    pub fn size(&self) -> usize {
        self.size
    }

    /// Households that are set aside, because something is wrong with them: one fault each.
    pub fn aside(&self) -> &[Where] {
        &self.aside
    }

    /// The households' columns for the machine: those set aside are among them, and what comes of them counts for nothing.
    pub fn batch(&self, columns: &Columns<'_>) -> Result<Batch, FrameError> {
        Ok(columns.take(self.rows, self.size, self)?)
    }

    /// The pseudonym of a household; `None` when pseudonyms were not read.
    pub fn key(&self, row: usize) -> Option<Key> {
        let [households, _] = &self.tables;
        key(households, row)
    }

    /// The pseudonym of a member.
    pub fn person_key(&self, row: usize, slot: usize) -> Option<Key> {
        let [_, persons] = &self.tables;
        key(persons, slot * self.rows + row)
    }

    /// The place where a household lives, by its number in [`Shape::places`].
    pub fn place_of(&self, row: usize) -> Option<u16> {
        let [households, _] = &self.tables;
        let places = households.field(1)?.as_primitive_opt::<UInt16Type>()?;
        Some(places).filter(|p| row < p.len() && p.is_valid(row)).map(|p| p.value(row))
    }

    /// The fifth of income (1 to 5) of a household; `None`: not known.
    pub fn income_fifth(&self, row: usize) -> Option<u8> {
        let [households, _] = &self.tables;
        let fifths = households.field(2)?.as_primitive_opt::<UInt8Type>()?;
        Some(fifths).filter(|f| row < f.len() && f.is_valid(row)).map(|f| f.value(row))
    }

    /// Items older than their law allows, of a household or one of its members.
    pub fn stale(&self, row: usize, slot: Option<usize>) -> Vec<String> {
        let [households, persons] = &self.tables;
        let (entity, list) = match slot {
            None => (Entity::Household, households.list(4, row)),
            Some(slot) => (Entity::Person, persons.list(4, slot * self.rows + row)),
        };
        let columns = self.reader.manifest().shape.columns(entity);
        list.iter().filter_map(|n| columns.get(usize::from(*n)).map(|c| c.item.clone())).collect()
    }

    /// One household as the explaining evaluator reads it, with pseudonyms for keys. All columns must have been read.
    pub fn household(&self, program: &Program, row: usize) -> Result<Household, FactError> {
        let mut builder = program.household();
        for slot in 0..self.size {
            let name = self.person_key(row, slot).map_or_else(|| format!("member {slot}"), |k| key_text(&k));
            builder.member(&name)?;
        }
        for slot in 0..self.size {
            let at = slot * self.rows + row;
            for parent in self.parents(at) {
                builder.parent(slot, usize::from(*parent))?;
            }
            if let Some(spouse) = self.spouse(at).filter(|s| *s > slot) {
                builder.spouses(slot, spouse)?;
            }
        }
        for (n, column) in self.reader.manifest().shape.household.iter().enumerate() {
            if let Some(value) = self.value(Entity::Household, n, row) {
                taken(builder.household_fact(&column.item, value, None))?;
            }
        }
        for slot in 0..self.size {
            for (n, column) in self.reader.manifest().shape.person.iter().enumerate() {
                if let Some(value) = self.value(Entity::Person, n, slot * self.rows + row) {
                    taken(builder.person_fact(slot, &column.item, value, None))?;
                }
            }
        }
        Ok(builder.build())
    }

    /// What is recorded at a place of a column: nothing, that it is not known, or a value.
    pub(crate) fn value(&self, entity: Entity, column: usize, at: usize) -> Option<Option<Value>> {
        let n = nth(entity);
        let place = u32::try_from(at).unwrap_or(u32::MAX);
        if self.unknown.get(n)?.get(&column).is_some_and(|l| l.binary_search(&place).is_ok()) {
            return Some(None);
        }
        let array = self.tables.get(n)?.item(column).filter(|a| at < a.len() && a.is_valid(at))?;
        let about = self.reader.manifest().shape.columns(entity).get(column)?;
        Some(Some(match &about.kind {
            Kind::Truth => Value::Boolean(array.as_boolean_opt()?.value(at)),
            Kind::Whole { .. } => {
                let n = array.as_primitive_opt::<Int64Type>()?.value(at);
                match self.reader.layout.column(entity, &about.item)?.1.ty {
                    rules::schema::Type::Money(_) => Value::Money(n),
                    _ => Value::Integer(n),
                }
            }
            Kind::Decimal { .. } => Value::Decimal(decimal(array.as_primitive_opt::<Decimal64Type>()?.value(at))),
            Kind::Date => Value::Date(day(array.as_primitive_opt::<Date32Type>()?.value(at))),
            Kind::Text => Value::Text(array.as_string_opt::<i32>()?.value(at).to_owned()),
            Kind::Code { codes, .. } => {
                Value::Code(codes.get(usize::from(array.as_primitive_opt::<UInt16Type>()?.value(at)))?.clone())
            }
        }))
    }
}

/// A fact that the pack no longer knows, or knows with another type, is unknown to its rules.
fn taken(it: Result<(), FactError>) -> Result<(), FactError> {
    match it {
        Err(FactError::UnknownItem { .. } | FactError::BadCode { .. }) => Ok(()),
        it => it,
    }
}

fn decimal(millionths: i64) -> String {
    let (sign, n) = (if millionths < 0 { "-" } else { "" }, millionths.unsigned_abs());
    let million = MILLION.unsigned_abs();
    let text = format!("{sign}{}.{:06}", n / million, n % million);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn key(table: &Table, at: usize) -> Option<Key> {
    let keys = table.field(0)?.as_fixed_size_binary_opt()?;
    if at < keys.len() { keys.value(at).try_into().ok() } else { None }
}

fn stated_unknown(table: &Table) -> HashMap<usize, Vec<u32>> {
    let mut out: HashMap<usize, Vec<u32>> = HashMap::new();
    let Some(list) = table.field(3).and_then(|a| a.as_list_opt::<i32>()) else { return out };
    let Some(values) = list.values().as_primitive_opt::<UInt16Type>() else { return out };
    if values.is_empty() {
        return out;
    }
    for (at, span) in (0_u32..).zip(list.value_offsets().windows(2)) {
        let [from, to] = span else { continue };
        let span = usize::try_from(*from).unwrap_or(0)..usize::try_from(*to).unwrap_or(0);
        for column in values.values().get(span).unwrap_or(&[]) {
            out.entry(usize::from(*column)).or_default().push(at);
        }
    }
    out
}

impl Lender for Chunk<'_> {
    fn column(&self, entity: Entity, column: u32) -> Option<Lent<'_>> {
        let bound = self.reader.bound(entity, column)?;
        let n = nth(entity);
        let array = self.tables.get(n)?.item(bound.column)?;
        let unknown = self.unknown.get(n)?.get(&bound.column).map_or(&[][..], Vec::as_slice);
        let nulls = array.nulls().filter(|n| n.null_count() > 0);
        let known = nulls.map(|n| Packed { bytes: n.validity(), first: n.offset() });
        let values = match array.data_type() {
            DataType::Boolean => {
                let bits = array.as_boolean_opt()?.values();
                Values::Truths(Packed { bytes: bits.values(), first: bits.offset() })
            }
            DataType::Int64 => Values::Whole(array.as_primitive_opt::<Int64Type>()?.values()),
            DataType::Decimal64(..) => Values::Over(array.as_primitive_opt::<Decimal64Type>()?.values(), MILLION),
            DataType::Date32 => Values::Days(array.as_primitive_opt::<Date32Type>()?.values()),
            DataType::UInt16 => Values::Codes(array.as_primitive_opt::<UInt16Type>()?.values(), &bound.codes),
            _ => Values::Texts(self.texts.get(n)?.get(&bound.column)?),
        };
        Some(Lent { values, known, unknown })
    }

    fn spouse(&self, at: usize) -> Option<usize> {
        Some(at)
            .filter(|at| *at < self.spouses.len() && self.spouses.is_valid(*at))
            .map(|at| usize::from(self.spouses.value(at)))
    }

    fn parents(&self, at: usize) -> &[u16] {
        let (offsets, values) = &self.parents;
        let offset = |n: usize| offsets.get(n).and_then(|o| usize::try_from(*o).ok()).unwrap_or(0);
        values.get(offset(at)..offset(at + 1)).unwrap_or(&[])
    }
}
