//! Making a whole country: a snapshot for `population`, the truth to score findings against, and the survey.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use kernel::Instant;
use population::frame::{self, Family, Folder, Header, PartEntry, Shape};
use rules::schema::{Entity, Per, Type};

use crate::awards::{Block, Truth, block};
use crate::calendar::date;
use crate::chance::pseudonym;
use crate::country::{Country, SynthError};
use crate::house::{Cell, House};
use crate::law::Law;
use crate::survey::Survey;

/// Households made together: their rules run in columns.
const BLOCK: u64 = 4_096;
/// Households of a stretch, which one thread writes into parts of its own: the files do not depend on the number of threads.
const STRETCH: u64 = 32 * BLOCK;
/// Persons have keys apart from households.
const HOUSEHOLDS: u64 = 1 << 63;

/// The file of what a comparison must find.
pub const TRUTH: &str = "truth.csv";
/// The file of margins beside their targets.
pub const MARGINS: &str = "margins.csv";

/// What was made.
#[derive(Debug)]
pub struct Made {
    /// What was drawn, held against what was published.
    pub survey: Survey,
    /// Households of the snapshot.
    pub households: u64,
    /// Persons of the snapshot.
    pub persons: u64,
    /// Awards in force.
    pub awards: u64,
    /// By what is to be said and why: how often.
    pub truths: BTreeMap<(&'static str, &'static str), u64>,
    /// The hash of all that the snapshot says.
    pub hash: String,
}

/// What one stretch comes to.
struct Stretch {
    parts: Vec<PartEntry>,
    survey: Survey,
    truths: BTreeMap<(&'static str, &'static str), u64>,
    rows: Vec<u8>,
}

/// How a drawn value stands in the snapshot.
struct Columns {
    /// Filling, column of the snapshot, and for codes their places there.
    of: Vec<(usize, usize, Vec<u16>)>,
    places: Vec<Option<u16>>,
    programmes: Vec<Option<u16>>,
}

fn unwritten(why: impl std::fmt::Display) -> SynthError {
    SynthError::Write(why.to_string())
}

/// Makes a country of at least `persons` people in the folder `out`, on so many threads; `done` is told of households made.
pub fn make(
    country: &Country<'_>,
    persons: u64,
    out: &Path,
    threads: usize,
    done: &(dyn Fn(u64) + Sync),
) -> Result<Made, SynthError> {
    let law = Law::new(country)?;
    let households = country.households(persons);
    let folder = Folder::create(out, header(country)).map_err(unwritten)?;
    let columns = columns(&law, folder.shape());
    let stretches = households.div_ceil(STRETCH);
    let next = AtomicU64::new(0);
    let made: Mutex<BTreeMap<u64, Stretch>> = Mutex::default();
    let fault: Mutex<Option<SynthError>> = Mutex::default();
    std::thread::scope(|scope| {
        for _ in 0..threads.max(1) {
            scope.spawn(|| {
                let mut machine = law.machine();
                loop {
                    let n = next.fetch_add(1, Ordering::Relaxed);
                    if n >= stretches || fault.lock().is_ok_and(|f| f.is_some()) {
                        break;
                    }
                    let range = n * STRETCH..((n + 1) * STRETCH).min(households);
                    match stretch(country, &law, &mut machine, &folder, &columns, n, range, done) {
                        Ok(it) => drop(made.lock().map(|mut made| made.insert(n, it))),
                        Err(why) => drop(fault.lock().map(|mut fault| fault.get_or_insert(why).clone())),
                    }
                }
            });
        }
    });
    if let Ok(Some(why)) = fault.into_inner() {
        return Err(why);
    }
    finish(country, folder, out, made.into_inner().unwrap_or_default())
}

fn finish(country: &Country<'_>, folder: Folder, out: &Path, made: BTreeMap<u64, Stretch>) -> Result<Made, SynthError> {
    let mut file = fs::File::create(out.join(TRUTH)).map_err(unwritten)?;
    file.write_all(b"household,person,programme,says,because,paid,due\n").map_err(unwritten)?;
    let mut survey = Survey::new(country.population());
    let mut truths = BTreeMap::new();
    let mut parts = Vec::new();
    for stretch in made.into_values() {
        file.write_all(&stretch.rows).map_err(unwritten)?;
        survey.add(&stretch.survey);
        for (what, count) in stretch.truths {
            *truths.entry(what).or_default() += count;
        }
        parts.extend(stretch.parts);
    }
    file.sync_all().map_err(unwritten)?;
    let manifest = folder.finish(parts).map_err(unwritten)?;
    survey.write(country.population(), &out.join(MARGINS)).map_err(unwritten)?;
    let (households, persons, awards) = (manifest.households, manifest.persons, manifest.awards);
    Ok(Made { survey, households, persons, awards, truths, hash: manifest.content_hash() })
}

fn header<'a>(country: &Country<'a>) -> Header<'a> {
    Header {
        pack: country.pack(),
        day: country.on(),
        as_of: Instant::start_of(country.on()),
        keys: format!("synthetic, seed {}", country.seed()),
        origin: format!("a synthetic country of the pack {}: nobody in it exists", country.pack().manifest().id),
    }
}

fn columns(law: &Law<'_>, shape: &Shape) -> Columns {
    let mut of = Vec::new();
    for (n, filling) in law.fillings().iter().enumerate() {
        // What no rule of any day reads has no column.
        let Some(column) = shape.column(filling.entity, &filling.id) else { continue };
        let codes = match &filling.ty {
            Type::Code(list) => law.codes(list),
            _ => Vec::new(),
        };
        let place = |code: &String| shape.code(filling.entity, column, code).unwrap_or(u16::MAX);
        of.push((n, column, codes.iter().map(place).collect()));
    }
    let population = law.population();
    Columns {
        of,
        places: population.places.iter().map(|p| shape.place(&p.place)).collect(),
        programmes: law.programmes().map(|id| shape.programme(id)).collect(),
    }
}

#[allow(clippy::too_many_arguments)] // one call, and all of it is needed
fn stretch(
    country: &Country<'_>,
    law: &Law<'_>,
    machine: &mut rules::columns::Machine<'_>,
    folder: &Folder,
    columns: &Columns,
    n: u64,
    range: std::ops::Range<u64>,
    done: &(dyn Fn(u64) + Sync),
) -> Result<Stretch, SynthError> {
    let number = u16::try_from(n).map_err(|_| unwritten("a country of more than 65,535 stretches"))?;
    let mut writer = folder.writer(number);
    let mut family = folder.family();
    let mut out = Stretch {
        parts: Vec::new(),
        survey: Survey::new(country.population()),
        truths: BTreeMap::new(),
        rows: Vec::new(),
    };
    let mut from = range.start;
    while from < range.end {
        let until = (from + BLOCK).min(range.end);
        let block = block(country, law, machine, from, until)?;
        for (house, paid) in block.houses.iter().zip(&block.paid) {
            let receives = |programme: usize, member: Option<usize>| {
                paid.iter().any(|p| (p.programme, p.member) == (programme, member))
            };
            out.survey.count(country.population(), house, &receives);
            fill(country, law, columns, house, paid, &mut family).map_err(unwritten)?;
            writer.push(&family).map_err(unwritten)?;
        }
        truths(country, law, &block, &mut out)?;
        done(until - from);
        from = until;
    }
    out.parts = writer.finish().map_err(unwritten)?;
    Ok(out)
}

/// Fills a household of the snapshot.
fn fill(
    country: &Country<'_>,
    law: &Law<'_>,
    columns: &Columns,
    house: &House,
    paid: &[crate::awards::Paid],
    family: &mut Family,
) -> Result<(), frame::FamilyFault> {
    family.start(pseudonym(country.seed(), HOUSEHOLDS | house.number));
    if let Some(place) = columns.places.get(house.place).copied().flatten() {
        family.live_in(place)?;
    }
    if let Some(fifth) = country.fifth(house) {
        family.income_fifth(fifth);
    }
    for person in &house.members {
        family.member(pseudonym(country.seed(), person.key))?;
    }
    for (n, person) in house.members.iter().enumerate() {
        if let Some(spouse) = person.spouse.filter(|s| *s > n) {
            family.spouses(n, spouse)?;
        }
        person.parents.iter().flatten().try_for_each(|p| family.parent(n, *p))?;
    }
    for (n, column, codes) in &columns.of {
        let Some(filling) = law.fillings().get(*n) else { continue };
        let person = filling.entity == Entity::Person;
        for slot in 0..if person { house.members.len() } else { 1 } {
            let cell = match filling.cell(house, slot) {
                Cell::Silent => continue,
                Cell::Unknown => frame::Cell::Unknown,
                Cell::Is(value) => match &filling.ty {
                    Type::Boolean => frame::Cell::Truth(value != 0),
                    Type::Date => frame::Cell::Date(date(value)),
                    Type::Code(_) => {
                        let code = usize::try_from(value).ok().and_then(|n| codes.get(n));
                        frame::Cell::Code(code.copied().unwrap_or(u16::MAX))
                    }
                    _ => frame::Cell::Whole(value),
                },
            };
            family.set(person.then_some(slot), *column, cell)?;
        }
    }
    for award in paid {
        let Some(programme) = columns.programmes.get(award.programme).copied().flatten() else { continue };
        let per: Option<Per> = law.per(award.programme);
        family.award(frame::Award {
            member: award.member,
            programme,
            amount: award.amount.zip(per),
            from: date(award.from),
            until: None,
            place: award.place.and_then(|p| columns.places.get(p).copied().flatten()),
        })?;
    }
    Ok(())
}

/// Writes what a comparison must find: keys as the snapshot has them.
fn truths(country: &Country<'_>, law: &Law<'_>, block: &Block, out: &mut Stretch) -> Result<(), SynthError> {
    let mut writer = csv::Writer::from_writer(&mut out.rows);
    let sum = |n: Option<i64>| n.map(|n| n.to_string()).unwrap_or_default();
    for truth in &block.truths {
        let Truth { house, member, programme, says, because, paid, due } = *truth;
        let Some(house) = block.houses.get(house) else { continue };
        let key = |n: u64| hex::encode(pseudonym(country.seed(), n));
        let person = member.and_then(|m| house.members.get(m)).map(|p| key(p.key)).unwrap_or_default();
        let programme = programme.and_then(|p| law.programmes().nth(p)).unwrap_or_default();
        let record = [
            key(HOUSEHOLDS | house.number),
            person,
            programme.to_owned(),
            says.word().to_owned(),
            because.word().to_owned(),
            sum(paid),
            sum(due),
        ];
        writer.write_record(&record).map_err(unwritten)?;
        *out.truths.entry((says.word(), because.word())).or_default() += 1;
    }
    writer.flush().map_err(unwritten)
}
