//! Names with spaces: which tokens form one name depends on the names that are known at that place.

use std::collections::HashMap;
use std::sync::Arc;

use crate::lexer::{Tok, lex};

/// A name as it is compared: single spaces, none around `.` `/` `-` `'` `+` `*`.
pub fn normal(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for word in pieces(name) {
        let joined = out.chars().next_back().is_none_or(special) || word.chars().next().is_none_or(special);
        if !joined {
            out.push(' ');
        }
        out.push_str(&word);
    }
    if out.is_empty() { name.trim().to_owned() } else { out }
}

fn special(c: char) -> bool {
    matches!(c, '.' | '/' | '-' | '\'' | '+' | '*')
}

/// A name's tokens as they stand in an expression.
fn pieces(name: &str) -> Vec<String> {
    lex(name)
        .into_iter()
        .filter(|t| t.tok != Tok::End)
        .map(|t| name.get(t.span.start as usize..t.span.end as usize).unwrap_or("").to_owned())
        .collect()
}

/// A name of more than one token.
#[derive(Clone, Debug)]
struct Long {
    pieces: Vec<String>,
    name: Arc<str>,
    /// A name of the model with an operator's sign, not known to be in scope: it counts only after a `.`, for elsewhere `a-b`
    /// may be a difference.
    only_after_dot: bool,
}

/// Names known where an expression stands.
#[derive(Clone, Debug, Default)]
pub struct Names {
    long: Arc<HashMap<String, Vec<Long>>>,
}

impl Names {
    /// Nothing known but what every expression knows.
    pub fn new() -> Names {
        let mut names = Names::default();
        for name in crate::builtins::names().chain(PROPERTIES) {
            names.add(name);
        }
        names
    }

    /// Makes a name known as one in scope. One-word names need not be: every word may be a name.
    pub fn add(&mut self, name: &str) {
        self.put(name, true);
    }

    /// Makes a name known that stands somewhere in the model: a component, a column, an input of another decision.
    pub fn add_of_model(&mut self, name: &str) {
        self.put(name, false);
    }

    fn put(&mut self, name: &str, in_scope: bool) {
        let pieces = pieces(name);
        if pieces.len() < 2 {
            return;
        }
        let Some(first) = pieces.first().cloned() else { return };
        let only_after_dot = !in_scope && pieces.iter().any(|p| p.chars().all(special));
        if self
            .long
            .get(&first)
            .is_some_and(|all| all.iter().any(|l| l.pieces == pieces && (!l.only_after_dot || only_after_dot)))
        {
            return;
        }
        let list = Arc::make_mut(&mut self.long).entry(first).or_default();
        list.retain(|l| l.pieces != pieces);
        list.push(Long { pieces, name: normal(name).into(), only_after_dot });
        list.sort_by_key(|l| std::cmp::Reverse(l.pieces.len()));
    }

    /// The longest known name that begins at a place, with its number of tokens. `piece` gives the text of a token ahead.
    pub(crate) fn longest<'t>(
        &self,
        after_dot: bool,
        piece: impl Fn(usize) -> Option<&'t str>,
    ) -> Option<(Arc<str>, usize)> {
        let candidates = self.long.get(piece(0)?)?;
        let fits = |l: &&Long| {
            (after_dot || !l.only_after_dot)
                && l.pieces.iter().enumerate().all(|(i, p)| piece(i).is_some_and(|t| t == p))
        };
        candidates.iter().find(fits).map(|l| (l.name.clone(), l.pieces.len()))
    }
}

/// Properties with spaces in their names.
const PROPERTIES: [&str; 3] = ["time offset", "start included", "end included"];
