//! Reading a snapshot for the rules of a pack.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use catalogue::Pack;
use rules::Layout;
use rules::columns::Columns;
use rules::schema::Entity;
use sha2::{Digest, Sha256};

use super::fault::{FrameError, Misfit};
use super::manifest::Manifest;
use super::part::{Part, Wanted};
use super::shape::{Kind, Shape};

/// Where a column of the rules' layout stands in the snapshot.
#[derive(Clone, Debug)]
pub(crate) struct Bound {
    /// Number of the column in the snapshot.
    pub(crate) column: usize,
    /// For codes: the number in the layout of each code of the snapshot's list; [`u32::MAX`] for one that the pack no longer has.
    pub(crate) codes: Vec<u32>,
}

/// A snapshot that serves the rules of a pack.
#[derive(Debug)]
pub struct Reader {
    dir: PathBuf,
    manifest: Manifest,
    pub(crate) layout: Arc<Layout>,
    /// By entity (household, person), then by column of the layout.
    bound: [Vec<Option<Bound>>; 2],
    /// Columns of the snapshot that cannot lie after its day: births and deaths.
    pub(crate) past: Vec<usize>,
}

impl Reader {
    /// Opens a snapshot for a pack, which need not be the one it was written under: every column that its rules read must
    /// be there, with the kind they expect. All that does not serve is told at once.
    pub fn open(dir: &Path, pack: &Pack) -> Result<Reader, FrameError> {
        let manifest = Manifest::read(dir)?;
        let layout = pack.program().layout().clone();
        let wanted = Shape::of(pack);
        let mut misfits = Vec::new();
        let mut bind = |entity: Entity| -> Vec<Option<Bound>> {
            let mut bound = vec![None; layout.columns(entity).len()];
            for column in wanted.columns(entity) {
                let found = manifest.shape.column(entity, &column.item);
                let there = found.and_then(|n| manifest.shape.columns(entity).get(n));
                match (found, there) {
                    (Some(n), Some(c)) if c.kind.serves(&column.kind) => {
                        let at = layout.column(entity, &column.item).map(|(n, _)| n as usize);
                        if let Some(slot) = at.and_then(|at| bound.get_mut(at)) {
                            *slot = Some(Bound { column: n, codes: codes(&layout, &c.kind) });
                        }
                    }
                    _ => misfits.push(Misfit {
                        entity: if entity == Entity::Person { "person" } else { "household" },
                        item: column.item.clone(),
                        expected: column.kind.words().to_owned(),
                        found: there.map(|c| c.kind.words().to_owned()),
                    }),
                }
            }
            bound
        };
        let bound = [bind(Entity::Household), bind(Entity::Person)];
        if !misfits.is_empty() {
            return Err(FrameError::Misfits { file: dir.join(Manifest::FILE), misfits });
        }
        let roles = &pack.schema().roles;
        let past = [&roles.birth_date, &roles.death_date];
        let past = past.into_iter().flatten().filter_map(|i| manifest.shape.column(Entity::Person, i)).collect();
        Ok(Reader { dir: dir.to_owned(), manifest, layout, bound, past })
    }

    /// What it is of.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Opens the n-th part, with what these rules read, for running them over it. The files must be those that were written.
    pub fn part(&self, n: usize, columns: &Columns<'_>) -> Result<Part<'_>, FrameError> {
        Part::open(self, n, &self.wanted(columns, false))
    }

    /// The same with places and fifths of income.
    pub(crate) fn grouped_part(&self, n: usize, columns: &Columns<'_>) -> Result<Part<'_>, FrameError> {
        Part::open(self, n, &self.wanted(columns, true))
    }

    fn wanted(&self, columns: &Columns<'_>, groups: bool) -> Wanted {
        let of = |entity: Entity| {
            let reads = columns.reads(entity).iter();
            reads.filter_map(|c| self.bound(entity, *c)).map(|b| b.column).collect()
        };
        Wanted { keys: false, groups, facts: Some([of(Entity::Household), of(Entity::Person)]) }
    }

    /// Opens the n-th part with all that it says.
    pub fn whole_part(&self, n: usize) -> Result<Part<'_>, FrameError> {
        Part::open(self, n, &Wanted { keys: true, groups: true, facts: None })
    }

    /// Opens the n-th part with pseudonyms and kinship only.
    pub(crate) fn keys_of_part(&self, n: usize) -> Result<Part<'_>, FrameError> {
        Part::open(self, n, &Wanted { keys: true, groups: true, facts: Some([Vec::new(), Vec::new()]) })
    }

    pub(crate) fn bound(&self, entity: Entity, column: u32) -> Option<&Bound> {
        self.all_bound(entity).get(column as usize)?.as_ref()
    }

    pub(crate) fn all_bound(&self, entity: Entity) -> &[Option<Bound>] {
        let [household, person] = &self.bound;
        if entity == Entity::Household { household } else { person }
    }

    /// A file's bytes, if they are those that were written.
    pub(crate) fn bytes(&self, file: &Path, hash: &str) -> Result<Bytes, FrameError> {
        let bytes = fs::read(file).map_err(|e| FrameError::File { file: file.to_owned(), why: e.to_string() })?;
        let found = hex::encode(Sha256::digest(&bytes));
        if found == hash {
            Ok(Bytes::from(bytes))
        } else {
            Err(FrameError::Changed { file: file.to_owned(), found, expected: hash.to_owned() })
        }
    }

    pub(crate) fn file(&self, part: &str, what: &str) -> PathBuf {
        self.dir.join(format!("{part}.{what}.parquet"))
    }
}

fn codes(layout: &Layout, kind: &Kind) -> Vec<u32> {
    match kind {
        Kind::Code { list, codes } => codes.iter().map(|c| layout.code(list, c).unwrap_or(u32::MAX)).collect(),
        _ => Vec::new(),
    }
}
