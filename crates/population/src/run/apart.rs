//! Parts of a run worked out elsewhere: what the others need to know, what they make of it, and how it comes back.
//!
//! The results of a part are two files and a note, whoever makes them; so a folder of results is the same, byte by byte,
//! whether its parts were worked out here or on many machines.

use std::fs;
use std::path::Path;

use catalogue::Pack;
use kernel::Date;
use rules::columns::Columns;
use sha2::{Digest, Sha256};

use super::done::result_file;
use super::{Done, Identity, Judge, Opened, RunError, Worker};
use crate::frame::{FrameError, Reader, TwoHomes};

/// A part that is not done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Left {
    /// Its name.
    pub part: String,
    /// Its households to set aside because of other parts.
    pub homes: Vec<TwoHomes>,
}

/// What came of a part: the bytes of its two files, and its note.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Made {
    /// The note.
    pub done: Done,
    /// `NAME.answers.parquet`.
    pub answers: Vec<u8>,
    /// `NAME.findings.parquet`.
    pub findings: Vec<u8>,
}

impl Opened<'_> {
    /// The parts that are not done.
    pub fn left(&self) -> Vec<Left> {
        let parts = self.reader.manifest().parts.iter().zip(&self.homes);
        let left = parts.filter(|(part, _)| Done::of(self.order.out, &part.name).is_none());
        left.map(|(part, homes)| Left {
            part: part.name.clone(),
            homes: homes.iter().filter_map(TwoHomes::of).collect(),
        })
        .collect()
    }

    /// Puts what was made elsewhere where it would stand if it had been made here.
    pub fn receive(&self, made: &Made) -> Result<(), RunError> {
        let (done, out) = (&made.done, self.order.out);
        if !self.reader.manifest().parts.iter().any(|p| p.name == done.part) {
            return Err(RunError::file(out, &format!("there is no part `{}` in this snapshot", done.part)));
        }
        for ((what, bytes), hash) in
            [("answers", &made.answers), ("findings", &made.findings)].into_iter().zip(&done.hashes)
        {
            let file = result_file(out, &done.part, what);
            let found = hex::encode(Sha256::digest(bytes));
            if found != *hash {
                let why = format!("arrived with hash {found}, its note says {hash}");
                return Err(RunError::file(&file, &why));
            }
            let written = fs::write(&file, bytes).and_then(|()| fs::File::open(&file)?.sync_all());
            written.map_err(|e| RunError::file(&file, &e))?;
        }
        done.write(out)
    }
}

/// Somewhere else: the rules and the snapshot, ready for any part.
#[derive(Debug)]
pub struct Site {
    pack: Pack,
    reader: Reader,
    identity: Identity,
}

impl Site {
    /// Opens the snapshot for the rules of a day.
    pub fn open(pack: Pack, snapshot: &Path, on: Date) -> Result<Site, RunError> {
        let reader = Reader::open(snapshot, &pack)?;
        let identity = Identity::of(snapshot, &pack, on, &reader);
        Ok(Site { pack, reader, identity })
    }

    /// What is worked out here: to be held against the run's own identity before a part is.
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// Works one part out. `scratch` is an empty folder that takes the files until they are read.
    pub fn part(&self, left: &Left, scratch: &Path) -> Result<Made, RunError> {
        let at = self.reader.manifest().parts.iter().position(|p| p.name == left.part);
        let n = at.ok_or_else(|| RunError::file(scratch, &format!("there is no part `{}`", left.part)))?;
        let on = self.identity.on;
        let columns = Columns::compile(self.pack.program(), on, on).map_err(FrameError::from)?;
        let judge = Judge::new(&self.pack, &self.reader, on);
        let homes: Vec<_> = left.homes.iter().map(|h| h.place(&left.part)).collect();
        let done = Worker::new(&self.reader, &columns, &judge, scratch).part(n, &homes)?;
        let bytes = |what: &str| {
            let file = result_file(scratch, &left.part, what);
            fs::read(&file).map_err(|e| RunError::file(&file, &e))
        };
        Ok(Made { answers: bytes("answers")?, findings: bytes("findings")?, done })
    }
}
