//! Findings of a run, grouped by cause; and one household opened.

use std::collections::BTreeMap;
use std::path::Path;

use catalogue::Pack;
use rules::Household;
use rules::columns::{Columns, Deciding, Machine};
use rules::outcome::{Answer, Explanation, Subject};
use rules::schema::Per;

use crate::frame::{Chunk, FrameError, Key, Manifest, Reader};
use crate::run::{Finding, Identity, Judge, Kind, RunError, Said, findings_of, said};

/// Why so many findings are as they are: officials settle those of one cause together.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cause {
    /// What they say.
    pub kind: Kind,
    /// The programme's id.
    pub programme: String,
    /// The condition that decided, by its id in the pack; `applies` and `amount` for what is no condition.
    pub condition: Option<String>,
    /// The combination rules, by id, with spaces between.
    pub rules: Option<String>,
    /// The facts missing or too old, with spaces between.
    pub facts: Option<String>,
}

/// All findings of one cause.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Group {
    /// How many.
    pub count: u64,
    /// Minor units paid, by period.
    pub before: BTreeMap<Per, i128>,
    /// Minor units due, by period.
    pub after: BTreeMap<Per, i128>,
    /// Where the first of them stands: part and row.
    pub first: Option<(String, usize)>,
}

/// Groups the findings of a run by cause.
pub fn groups(out: &Path, pack: &Pack) -> Result<BTreeMap<Cause, Group>, RunError> {
    let identity = Identity::read(out)?;
    let manifest = Manifest::read(&identity.snapshot)?;
    let mut groups: BTreeMap<Cause, Group> = BTreeMap::new();
    for part in &manifest.parts {
        for finding in findings_of(out, &part.name)? {
            let group = groups.entry(cause(&identity, pack, &finding)).or_default();
            group.count += 1;
            for (sums, minor) in [(&mut group.before, finding.before), (&mut group.after, finding.after)] {
                if let (Some(per), Some(minor)) = (finding.per, minor) {
                    *sums.entry(per).or_default() += i128::from(minor);
                }
            }
            group.first.get_or_insert_with(|| (part.name.clone(), finding.row));
        }
    }
    Ok(groups)
}

/// The cause of a finding.
pub fn cause(identity: &Identity, pack: &Pack, finding: &Finding) -> Cause {
    let programme = identity.programmes.get(finding.programme).cloned().unwrap_or_default();
    let versions = pack.programmes().get(&programme).map(|p| &p.versions);
    let version = versions.and_then(|v| v.iter().find(|v| v.covers(identity.on)));
    let condition = finding.deciding.map(|deciding| match deciding {
        Deciding::Applies => "applies".to_owned(),
        Deciding::Amount => "amount".to_owned(),
        Deciding::Condition(n) => {
            version.and_then(|v| v.conditions.get(usize::from(n))).map(|c| c.id.clone()).unwrap_or_default()
        }
    });
    Cause { kind: finding.kind, programme, condition, rules: finding.rules.clone(), facts: finding.facts.clone() }
}

/// A finding under the pseudonyms of those it is about, for whoever holds the keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// The household.
    pub household: Key,
    /// The member whose entitlement it is; `None`: the household.
    pub subject: Option<Key>,
    /// The household's first member.
    pub first: Key,
    /// Where it lives, as the place's id.
    pub place: Option<String>,
    /// The cause.
    pub cause: Cause,
    /// What is paid, in minor units.
    pub before: Option<i64>,
    /// What is due, in minor units.
    pub after: Option<i64>,
    /// The period of both.
    pub per: Option<Per>,
}

/// The findings of the n-th part of a run under their pseudonyms, in the order of its households.
pub fn named(out: &Path, pack: &Pack, n: usize) -> Result<Vec<Named>, RunError> {
    let identity = Identity::read(out)?;
    let reader = Reader::open(&identity.snapshot, pack)?;
    let mut part = reader.keys_of_part(n)?;
    let mut findings = findings_of(out, &part.entry().name)?;
    findings.sort_by_key(|f| f.row);
    let mut findings = findings.into_iter().peekable();
    let mut all = Vec::new();
    while let Some(chunk) = part.next_chunk()? {
        while let Some(f) = findings.next_if(|f| f.row < chunk.first() + chunk.rows()) {
            let row = f.row.saturating_sub(chunk.first());
            let subject = f.slot.and_then(|slot| chunk.person_key(row, slot));
            let (Some(household), Some(first)) = (chunk.key(row), chunk.person_key(row, 0)) else { continue };
            let place = chunk.place_of(row).and_then(|p| reader.manifest().shape.places.get(usize::from(p)));
            let cause = cause(&identity, pack, &f);
            let Finding { before, after, per, .. } = f;
            all.push(Named { household, subject, first, place: place.cloned(), cause, before, after, per });
        }
    }
    Ok(all)
}

/// One household of a run, worked out again by the explaining evaluator.
#[derive(Debug)]
pub struct Opened {
    /// The part in which it stands.
    pub part: String,
    /// Its row there.
    pub row: usize,
    /// Why it was set aside, if it was.
    pub aside: Option<String>,
    /// What the run said.
    pub said: Vec<Said>,
    /// What the run found.
    pub found: Vec<Finding>,
    /// What the run finds now.
    pub found_now: Vec<Finding>,
    /// The explanation.
    pub explanation: Explanation,
    /// The household as the rules see it.
    pub household: Household,
}

impl Opened {
    /// Programmes and subjects of which the run and the explaining evaluator do not say the same; none, unless something is
    /// wrong with the program.
    pub fn differences(&self, identity: &Identity) -> Vec<String> {
        if self.aside.is_some() {
            return Vec::new();
        }
        let subject = |slot: Option<usize>| slot.map_or(Subject::Household, Subject::Person);
        let id = |n: usize| identity.programmes.get(n).map_or("", String::as_str);
        let mut said: BTreeMap<(&str, Subject), Answer> =
            self.said.iter().map(|s| ((id(s.programme), subject(s.slot)), s.answer)).collect();
        let mut out = Vec::new();
        for result in &self.explanation.results {
            let ours = said.remove(&(result.programme.as_str(), result.subject.clone()));
            if ours != Some(result.answer) {
                let name = (&result.programme, &result.subject);
                out.push(format!("{name:?}: the run said {ours:?}, the evaluator says {:?}", result.answer));
            }
        }
        out.extend(said.iter().map(|(name, answer)| format!("{name:?}: only the run said {answer:?}")));
        if self.found != self.found_now {
            out.push("the findings of the run are not those of today".to_owned());
        }
        out
    }
}

/// Opens a household of a run by its pseudonym; `None`: there is none of that name.
pub fn open(out: &Path, pack: &Pack, key: Key) -> Result<Option<Opened>, RunError> {
    let identity = Identity::read(out)?;
    let reader = Reader::open(&identity.snapshot, pack)?;
    let Some((n, row)) = seek(&reader, key)? else { return Ok(None) };
    let mut part = reader.whole_part(n)?;
    let name = part.entry().name.clone();
    while let Some(chunk) = part.next_chunk()? {
        if row < chunk.first() + chunk.rows() {
            let awards: Vec<_> = part.awards().iter().filter(|a| a.row == row).copied().collect();
            return opened(out, pack, &identity, &reader, (&name, row), &chunk, &awards).map(Some);
        }
    }
    Ok(None)
}

fn seek(reader: &Reader, key: Key) -> Result<Option<(usize, usize)>, FrameError> {
    for n in 0..reader.manifest().parts.len() {
        let mut part = reader.keys_of_part(n)?;
        while let Some(chunk) = part.next_chunk()? {
            let found = (0..chunk.rows()).find(|row| {
                chunk.key(*row) == Some(key) || (0..chunk.size()).any(|s| chunk.person_key(*row, s) == Some(key))
            });
            if let Some(row) = found {
                return Ok(Some((n, chunk.first() + row)));
            }
        }
    }
    Ok(None)
}

fn opened(
    out: &Path,
    pack: &Pack,
    identity: &Identity,
    reader: &Reader,
    (part, row): (&str, usize),
    chunk: &Chunk<'_>,
    awards: &[crate::frame::GivenAward],
) -> Result<Opened, RunError> {
    let columns = Columns::compile(pack.program(), identity.on, identity.on).map_err(FrameError::from)?;
    let results = Machine::new(&columns).run(&chunk.batch(&columns)?).map_err(FrameError::from)?;
    let at = row - chunk.first();
    let judge = Judge::new(pack, reader, identity.on);
    let unreadable = |e: rules::FactError| RunError::file(&out.join(part), &e);
    let household = chunk.household(pack.program(), at).map_err(unreadable)?;
    let mut found = findings_of(out, part)?;
    found.retain(|f| f.row == row);
    let said = said(out, part, row)?;
    // What was set aside because of others cannot be seen from this household alone.
    let elsewhere = said.is_empty().then(|| "set aside: see the faults of the run".to_owned());
    let aside = chunk.aside().iter().find(|w| w.row == row).map(ToString::to_string).or(elsewhere);
    let found_now = match aside {
        None => judge.household(chunk, &results, at, awards)?.0,
        Some(_) => Vec::new(),
    };
    Ok(Opened {
        part: part.to_owned(),
        row,
        aside,
        said,
        found,
        found_now,
        explanation: pack.program().explain(&household, identity.on, identity.on),
        household,
    })
}
