//! One text file and the way from a byte to line and column.

use std::sync::Arc;

use rules::schema::Origin;

use super::fault::Faults;
use super::files::Files;

/// A text file of a pack.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    /// Path relative to the pack.
    pub(crate) file: Arc<str>,
    /// Its text, without a byte-order mark.
    pub(crate) text: String,
    starts: Vec<usize>,
}

impl Source {
    /// A text with its lines counted.
    pub(crate) fn new(file: &str, text: &str) -> Source {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text).to_owned();
        let starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Source { file: Arc::from(file), text, starts }
    }

    /// The file at `path`; a fault when it is missing or no UTF-8.
    pub(crate) fn open(files: &Files, path: &str, faults: &Faults) -> Option<Source> {
        let at = |line, column| Origin { file: Arc::from(path), line, column };
        let Some(bytes) = files.get(path) else {
            let hint = "create it; docs/pack-format.md says what belongs in it";
            faults.error("missing-file", &at(1, 1), format!("the file {path} is missing"), "this file", hint);
            return None;
        };
        match std::str::from_utf8(bytes) {
            Ok(text) => Some(Source::new(path, text)),
            Err(why) => {
                let good = String::from_utf8_lossy(bytes.get(..why.valid_up_to()).unwrap_or_default()).into_owned();
                let place = Source::new(path, &good).origin(good.len());
                let hint = "save the file as UTF-8";
                faults.error("not-utf8", &place, "a byte here is not UTF-8 text", "UTF-8", hint);
                None
            }
        }
    }

    /// Line and column (in characters) of the byte `at`.
    pub(crate) fn origin(&self, at: usize) -> Origin {
        let line = self.starts.partition_point(|start| *start <= at).max(1);
        let start = self.starts.get(line - 1).copied().unwrap_or(0);
        let mut end = at.clamp(start, self.text.len().max(start));
        while !self.text.is_char_boundary(end) {
            end -= 1;
        }
        let column = self.text.get(start..end).map_or(0, |before| before.chars().count()) + 1;
        Origin { file: self.file.clone(), line: small(line), column: small(column) }
    }

    /// The very start.
    pub(crate) fn top(&self) -> Origin {
        Origin { file: self.file.clone(), line: 1, column: 1 }
    }
}

fn small(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}
