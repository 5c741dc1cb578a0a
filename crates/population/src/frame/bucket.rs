//! Up to a batch of households of one size, on their way from rows to columns.

use std::collections::HashMap;
use std::sync::Arc;

use arrow_array::builder::{ListBuilder, UInt16Builder};
use arrow_array::{
    ArrayRef, BooleanArray, Date32Array, Decimal64Array, FixedSizeBinaryArray, Int64Array, RecordBatch, StringArray,
    UInt8Array, UInt16Array,
};
use arrow_buffer::{BooleanBuffer, Buffer, NullBuffer};
use arrow_schema::ArrowError;
use kernel::Date;
use rules::schema::Entity;

use super::family::{Cell, Family};
use super::shape::{Kind, Shape, list_field};
use super::{BATCH, Key};

/// The values of one column; person columns have [`BATCH`] places a slot.
#[derive(Debug)]
struct Lane {
    values: Vec<i64>,
    known: Vec<bool>,
    some: bool,
}

/// Households of one size.
#[derive(Debug)]
pub(crate) struct Bucket {
    shape: Arc<Shape>,
    size: usize,
    rows: usize,
    keys: Vec<Key>,
    places: Vec<Option<u16>>,
    fifths: Vec<Option<u8>>,
    persons: Vec<Key>,
    spouses: Vec<Option<u16>>,
    parents: Vec<Vec<u16>>,
    lanes: [Vec<Lane>; 2],
    /// For households and persons: what is stated to be unknown, and what is stale.
    unknown: [Vec<Vec<u16>>; 2],
    stale: [Vec<Vec<u16>>; 2],
    texts: Vec<String>,
    numbers: HashMap<String, i64>,
}

/// Days since 1970-01-01.
pub(crate) fn day_number(date: Date) -> i32 {
    (date - Date::constant(1970, 1, 1)).get_days()
}

impl Lane {
    fn new(places: usize) -> Lane {
        Lane { values: vec![0; places], known: vec![false; places], some: false }
    }

    fn put(&mut self, at: usize, value: Option<i64>) {
        if let (Some(v), Some(k)) = (self.values.get_mut(at), self.known.get_mut(at)) {
            (*v, *k) = (value.unwrap_or(0), value.is_some());
        }
        self.some |= value.is_some();
    }

    fn array(&self, kind: &Kind, places: &[usize], texts: &[String]) -> Result<ArrayRef, ArrowError> {
        let known = |n: usize| places.get(n).and_then(|at| self.known.get(*at)).copied().unwrap_or(false);
        let value = |at: &usize| self.values.get(*at).copied().unwrap_or(0);
        let nulls = match self.some {
            true => BooleanBuffer::collect_bool(places.len(), known),
            false => BooleanBuffer::new_unset(places.len()),
        };
        let nulls = Some(NullBuffer::new(nulls)).filter(|n| n.null_count() > 0);
        let values = || places.iter().map(value);
        Ok(match kind {
            Kind::Truth => {
                let bits =
                    BooleanBuffer::collect_bool(places.len(), |n| places.get(n).is_some_and(|at| value(at) != 0));
                Arc::new(BooleanArray::new(bits, nulls))
            }
            Kind::Whole { .. } => Arc::new(Int64Array::new(values().collect::<Vec<_>>().into(), nulls)),
            Kind::Decimal { .. } => {
                let array = Decimal64Array::new(values().collect::<Vec<_>>().into(), nulls);
                Arc::new(array.with_precision_and_scale(18, 6)?)
            }
            Kind::Date => {
                let days = values().map(|d| i32::try_from(d).unwrap_or(0)).collect::<Vec<_>>();
                Arc::new(Date32Array::new(days.into(), nulls))
            }
            Kind::Code { .. } => {
                let codes = values().map(|c| u16::try_from(c).unwrap_or(0)).collect::<Vec<_>>();
                Arc::new(UInt16Array::new(codes.into(), nulls))
            }
            Kind::Text => {
                let text = |n: usize| {
                    let at = places.get(n).filter(|_| known(n)).map(value)?;
                    texts.get(usize::try_from(at).ok()?).map(String::as_str)
                };
                Arc::new((0..places.len()).map(text).collect::<StringArray>())
            }
        })
    }
}

impl Bucket {
    pub(crate) fn new(shape: &Arc<Shape>, size: usize) -> Bucket {
        let lanes = |n: usize, places: usize| (0..n).map(|_| Lane::new(places)).collect();
        let lists = |places: usize| vec![Vec::new(); places];
        Bucket {
            size,
            rows: 0,
            keys: vec![Key::default(); BATCH],
            places: vec![None; BATCH],
            fifths: vec![None; BATCH],
            persons: vec![Key::default(); size * BATCH],
            spouses: vec![None; size * BATCH],
            parents: lists(size * BATCH),
            lanes: [lanes(shape.household.len(), BATCH), lanes(shape.person.len(), size * BATCH)],
            unknown: [lists(BATCH), lists(size * BATCH)],
            stale: [lists(BATCH), lists(size * BATCH)],
            texts: Vec::new(),
            numbers: HashMap::new(),
            shape: shape.clone(),
        }
    }

    pub(crate) fn size(&self) -> usize {
        self.size
    }

    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    pub(crate) fn is_full(&self) -> bool {
        self.rows == BATCH
    }

    /// Takes a household of this size; the bucket must not be full.
    pub(crate) fn push(&mut self, family: &Family) {
        let row = self.rows;
        put(&mut self.keys, row, family.key);
        put(&mut self.places, row, family.place);
        put(&mut self.fifths, row, family.fifth);
        self.facts(Entity::Household, row, &family.facts, &family.stale, family);
        for (slot, person) in family.people().iter().enumerate() {
            let at = slot * BATCH + row;
            put(&mut self.persons, at, person.key);
            put(&mut self.spouses, at, person.spouse);
            if let Some(list) = self.parents.get_mut(at) {
                list.clone_from(&person.parents);
            }
            self.facts(Entity::Person, at, family.cells(slot), &person.stale, family);
        }
        self.rows += 1;
    }

    fn facts(&mut self, entity: Entity, at: usize, cells: &[Cell], stale: &[u16], family: &Family) {
        let [of_household, of_person] = &mut self.lanes;
        let lanes = if entity == Entity::Household { of_household } else { of_person };
        let n = usize::from(entity == Entity::Person);
        let (Some(unknown), Some(old)) =
            (self.unknown.get_mut(n).and_then(|u| u.get_mut(at)), self.stale.get_mut(n).and_then(|s| s.get_mut(at)))
        else {
            return;
        };
        unknown.clear();
        old.clear();
        old.extend_from_slice(stale);
        for (column, (cell, lane)) in (0_u16..).zip(cells.iter().zip(lanes)) {
            let value = match *cell {
                Cell::Silent => None,
                Cell::Unknown => {
                    unknown.push(column);
                    None
                }
                Cell::Truth(b) => Some(i64::from(b)),
                Cell::Whole(n) | Cell::Millionths(n) => Some(n),
                Cell::Date(d) => Some(i64::from(day_number(d))),
                Cell::Code(c) => Some(i64::from(c)),
                Cell::Text(t) => family.texts.get(t as usize).map(|text| match self.numbers.get(text) {
                    Some(n) => *n,
                    None => {
                        let n = i64::try_from(self.texts.len()).unwrap_or(i64::MAX);
                        self.texts.push(text.clone());
                        self.numbers.insert(text.clone(), n);
                        n
                    }
                }),
            };
            lane.put(at, value);
        }
    }

    /// The columns of households and persons; the bucket is empty then.
    pub(crate) fn take(&mut self) -> Result<(RecordBatch, RecordBatch), ArrowError> {
        let rows: Vec<usize> = (0..self.rows).collect();
        let places: Vec<usize> =
            (0..self.size).flat_map(|slot| (0..self.rows).map(move |row| slot * BATCH + row)).collect();
        let mut households = vec![keys(&self.keys, &rows)?];
        households.push(Arc::new(pick(&self.places, &rows).collect::<UInt16Array>()));
        households.push(Arc::new(pick(&self.fifths, &rows).collect::<UInt8Array>()));
        let mut persons = vec![keys(&self.persons, &places)?];
        persons.push(Arc::new(pick(&self.spouses, &places).collect::<UInt16Array>()));
        persons.push(lists(&self.parents, &places));
        let batch = |entity: Entity, mut columns: Vec<ArrayRef>, at: &[usize]| {
            let n = usize::from(entity == Entity::Person);
            columns.extend([&self.unknown, &self.stale].map(|of| lists(of.get(n).map_or(&[], Vec::as_slice), at)));
            for (lane, column) in self.lanes.get(n).into_iter().flatten().zip(self.shape.columns(entity)) {
                columns.push(lane.array(&column.kind, at, &self.texts)?);
            }
            RecordBatch::try_new(self.shape.arrow(entity), columns)
        };
        let out = (batch(Entity::Household, households, &rows)?, batch(Entity::Person, persons, &places)?);
        self.rows = 0;
        self.texts.clear();
        self.numbers.clear();
        self.lanes.iter_mut().flatten().for_each(|lane| lane.some = false);
        Ok(out)
    }
}

fn put<T>(list: &mut [T], at: usize, it: T) {
    if let Some(slot) = list.get_mut(at) {
        *slot = it;
    }
}

fn pick<'a, T: Copy + Default>(list: &'a [T], places: &'a [usize]) -> impl Iterator<Item = T> + 'a {
    places.iter().map(|at| list.get(*at).copied().unwrap_or_default())
}

fn keys(keys: &[Key], places: &[usize]) -> Result<ArrayRef, ArrowError> {
    let bytes: Vec<u8> = pick(keys, places).flatten().collect();
    Ok(Arc::new(FixedSizeBinaryArray::try_new(16, Buffer::from_vec(bytes), None)?))
}

fn lists(lists: &[Vec<u16>], places: &[usize]) -> ArrayRef {
    let mut builder = ListBuilder::new(UInt16Builder::new()).with_field(list_field());
    for at in places {
        builder.values().append_slice(lists.get(*at).map_or(&[], Vec::as_slice));
        builder.append(true);
    }
    Arc::new(builder.finish())
}
