//! DMN 1.1 to 1.5 and the whole of FEEL, as the standard has them: the compatibility mode for imported models and tests.
//!
//! [`Program::strictly`] holds a model against its declared types instead, as programmes are.
//!
//! Programmes are written in the typed language of `rules`, where a mistake does not compile. Here a mistake is null, as DMN
//! wants it, and the reason is kept ([`Note`]). No model reaches outside of itself: there is no I/O, no clock but the one
//! given, no external function.
//!
//! file → `xml` → `read` → [`model`] → `compile` (`items`, `lower`, `parser`) → [`Program`] → `eval`, `table`, `builtins`

mod ast;
mod builtins;
mod call;
mod compile;
mod duration;
mod eval;
mod forms;
mod function;
mod items;
mod iterate;
pub mod kit;
mod lexer;
mod lower;
pub mod model;
mod names;
mod number;
mod operate;
mod parser;
mod precise;
mod print;
mod program;
mod read;
mod strict;
mod table;
mod temporal;
mod types;
mod value;
mod walk;
mod write;
mod xml;

pub use ast::{Expr, Source};
pub use compile::compile;
pub use duration::{DaysTime, YearsMonths};
pub use eval::{Eval, Note};
pub use function::{Env, Function};
pub use lexer::Span;
pub use names::{Names, normal};
pub use number::{Number, Rounding};
pub use parser::{ParseError, parse, parse_tests};
pub use program::{Fault, InvocableKind, Outcome, Program, position};
pub use read::read;
pub use strict::Strict;
pub use temporal::{Date, DateTime, Time, Zone};
pub use types::{Known, NoTypes, Type};
pub use value::{Context, Form, Range, Value};
pub use write::write;
pub use xml::XmlError;
