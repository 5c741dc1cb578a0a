//! Findings of a run as CSV, by pseudonym: for a score against a known truth, and for whoever holds the key.

use std::io::Write;
use std::path::Path;

use catalogue::Pack;

use crate::frame::{FamilyFault, Manifest, Reader, key_text};
use crate::run::{Identity, RunError, findings_of};

/// Persons looked at together when those with two homes are sought: 256 MB.
const AT_ONCE: usize = 8 << 20;

/// Writes `household,person,programme,kind,before,after,per`; the person is empty where the entitlement is the household's. A
/// household with somebody who stands in another one too is `two_homes`.
pub fn findings(results: &Path, pack: &Pack, to: &mut dyn Write) -> Result<(), RunError> {
    let identity = Identity::read(results)?;
    let manifest = Manifest::read(&identity.snapshot)?;
    let reader = Reader::open(&identity.snapshot, pack)?;
    let homes = reader.two_homes(AT_ONCE)?;
    let mut writer = csv::Writer::from_writer(to);
    let fault = |e: csv::Error| RunError::file(results, &e);
    writer.write_record(["household", "person", "programme", "kind", "before", "after", "per"]).map_err(fault)?;
    for (n, entry) in manifest.parts.iter().enumerate() {
        let found = findings_of(results, &entry.name)?;
        let mut left = found.iter().peekable();
        let mut part = reader.keys_of_part(n)?;
        while let Some(chunk) = part.next_chunk()? {
            let span = chunk.first()..chunk.first() + chunk.rows();
            let key = |row: usize| chunk.key(row - span.start).map(|k| key_text(&k)).unwrap_or_default();
            let twice = homes.get(n).into_iter().flatten().filter(|w| span.contains(&w.row));
            for place in twice.filter(|w| matches!(w.fault, FamilyFault::TwoHomes { .. })) {
                writer.write_record([&key(place.row), "", "", "two_homes", "", "", ""]).map_err(fault)?;
            }
            while let Some(f) = left.next_if(|f| f.row < span.end) {
                let person = f.slot.and_then(|slot| chunk.person_key(f.row - span.start, slot));
                let person = person.map(|k| key_text(&k)).unwrap_or_default();
                let programme = identity.programmes.get(f.programme).cloned().unwrap_or_default();
                let minor = |n: Option<i64>| n.map(|n| n.to_string()).unwrap_or_default();
                let per = f.per.map(|p| p.to_string()).unwrap_or_default();
                let row =
                    [key(f.row), person, programme, f.kind.word().to_owned(), minor(f.before), minor(f.after), per];
                writer.write_record(row).map_err(fault)?;
            }
        }
    }
    writer.flush().map_err(|e| RunError::file(results, &e))
}
