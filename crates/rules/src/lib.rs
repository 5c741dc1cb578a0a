//! The rule language: typed FEEL, three-valued, explained.
//!
//! [`compile`] reads a [`schema::Schema`] (items, code lists, dated tables, definitions, programmes) and gives a [`Program`]
//! or every fault with file, line, column and hint. A [`Household`] is filled through [`Program::household`];
//! [`Program::explain`] says for every programme and subject yes, no, cannot tell or error, and why.
//!
//! [`columns`] runs the same program over many households at once, with the same values.
//!
//! text → `lexer` → `parser` → `ast` → `lower`, `check`, `calls`, `ranges` → [`ir`] → `eval` → `record` (`trace`, `reasons`, `steps`, `nearest`) → `words`

mod ahead;
mod apply;
mod ast;
mod calls;
mod check;
pub mod columns;
pub mod combine;
mod compile;
mod days;
mod dec;
mod decide;
mod declare;
mod eval;
mod explain;
mod facts;
mod faults;
mod grounds;
mod hash;
pub mod ir;
mod lexer;
mod lists;
mod lower;
mod nearest;
pub mod outcome;
mod parser;
mod print;
mod program;
mod ranges;
mod reasons;
mod record;
mod refer;
mod relevant;
pub mod schema;
pub mod sql;
mod steps;
mod tables;
mod trace;
mod turns;
mod types;
mod value;
mod words;

pub use ast::Cmp;
pub use compile::{Compiled, compile};
pub use dec::{Dec, Rounding};
pub use explain::{Named, Short};
pub use facts::{Column, FactError, Household, HouseholdBuilder, Layout, Member};
pub use program::{ConditionIr, DecisionTableIr, DefinitionIr, Description, Program, ProgrammeIr, VersionIr};
pub use record::Record;
pub use tables::ParamTable;
pub use types::{Ty, Unit};
pub use value::{Bounds, Trouble, TroubleKind, Val};
pub use words::ResultOf;

/// An expression brought into canonical form: single spaces, no needless brackets. `None` if it does not parse.
pub fn canonical(expression: &str) -> Option<String> {
    parser::parse(expression).ok().map(|ast| print::print(&ast))
}

/// The values of a list such as `"a", "b"` in canonical form. `None` if it is no such list.
pub fn listed(values: &str) -> Option<Vec<String>> {
    let cell = parser::parse_cell(values).ok()?;
    let one = |test: &parser::Test| match test {
        parser::Test::Compare(Cmp::Eq, ast) => Some(print::print(ast)),
        _ => None,
    };
    if cell.negated { None } else { cell.tests.iter().map(one).collect() }
}
