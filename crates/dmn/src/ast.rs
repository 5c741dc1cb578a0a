//! What the parser makes of a text, and what a boxed expression is brought into.

use std::sync::Arc;

use crate::lexer::Span;
use crate::table::Table;
use crate::types::{Type, TypeName};
use crate::value::Value;

/// A part of an expression with its place.
#[derive(Clone, Debug)]
pub struct Expr {
    pub(crate) kind: Kind,
    pub(crate) span: Span,
}

/// A comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cmp {
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
}

impl Cmp {
    pub(crate) fn sign(self) -> &'static str {
        match self {
            Cmp::Eq => "=",
            Cmp::Ne => "!=",
            Cmp::Lt => "<",
            Cmp::Le => "<=",
            Cmp::Gt => ">",
            Cmp::Ge => ">=",
        }
    }
}

/// An operator between two things.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Binary {
    Or,
    And,
    Compare(Cmp),
    Add,
    Sub,
    Mul,
    Div,
    Pow,
}

/// The arguments of a call.
#[derive(Clone, Debug)]
pub(crate) enum Args {
    Positional(Vec<Expr>),
    Named(Vec<(Arc<str>, Expr)>),
}

/// What a variable of `for` runs through.
#[derive(Clone, Debug)]
pub(crate) enum Domain {
    /// A list, or one value.
    List(Expr),
    /// A list; anything else has no elements. Boxed `for` alone.
    OnlyList(Expr),
    /// `from..to`, up or down.
    Steps(Expr, Expr),
}

/// A parameter of a function with its declared type.
#[derive(Clone, Debug)]
pub(crate) struct Param {
    pub(crate) name: Arc<str>,
    pub(crate) ty: TypeName,
}

/// An entry of a boxed context: named, or the last one, which is the result.
#[derive(Clone, Debug)]
pub(crate) struct BoxedEntry {
    pub(crate) name: Option<Arc<str>>,
    pub(crate) ty: Arc<Type>,
    pub(crate) value: Expr,
}

/// A range as written; a missing end is unbounded.
#[derive(Clone, Debug)]
pub(crate) struct RangeExpr {
    pub(crate) low: Option<Box<Expr>>,
    pub(crate) low_in: bool,
    pub(crate) high: Option<Box<Expr>>,
    pub(crate) high_in: bool,
}

/// The kinds of parts.
#[derive(Clone, Debug)]
pub(crate) enum Kind {
    /// `null`, `true`, a number, a text
    Literal(Value),
    /// `@"2026-11-26"`; the text as written and what it means (null if nothing).
    At(Arc<str>, Value),
    Name(Arc<str>),
    /// `?`: the value a unary test is about
    Input,
    Path(Box<Expr>, Arc<str>),
    Filter(Box<Expr>, Box<Expr>),
    Call(Box<Expr>, Args),
    Negate(Box<Expr>),
    Binary(Binary, Box<Expr>, Box<Expr>),
    Between(Box<Expr>, Box<Expr>, Box<Expr>),
    /// `x in test` and `x in (test, test)`
    In(Box<Expr>, Vec<Expr>),
    InstanceOf(Box<Expr>, TypeName),
    If(Box<Expr>, Box<Expr>, Box<Expr>),
    For(Vec<(Arc<str>, Domain)>, Box<Expr>),
    Some(Vec<(Arc<str>, Domain)>, Box<Expr>),
    Every(Vec<(Arc<str>, Domain)>, Box<Expr>),
    List(Vec<Expr>),
    Context(Vec<(Arc<str>, Expr)>),
    Range(RangeExpr),
    /// `= 5`, `!= 5` as a test of its own
    EqualTo(Cmp, Box<Expr>),
    Function(Arc<FunctionExpr>),
    /// Unary tests: `-` is none of them and true, `not(…)` turns them.
    Tests {
        negated: bool,
        any: bool,
        tests: Vec<Expr>,
    },
    // What only boxed expressions have:
    /// A conditional: if, then, else. Unlike in FEEL, a condition that is neither boolean nor null is an error.
    Choose(Box<[Expr; 3]>),
    /// A boxed context.
    Boxed(Vec<BoxedEntry>),
    /// A boxed filter. Unlike in FEEL, one value that does not pass is an error, not an empty list.
    BoxedFilter(Box<Expr>, Box<Expr>),
    /// A decision table.
    Table(Arc<Table>),
    /// A value brought to a declared type, or null.
    Typed(Box<Expr>, Arc<Type>),
    /// An expression that could not be read; evaluated, it is null for this reason.
    Fault(String),
    /// An expression of its own in a model: its text, for the places in messages.
    Source(Arc<Source>, Box<Expr>),
}

/// A function as written.
#[derive(Debug)]
pub struct FunctionExpr {
    pub(crate) params: Vec<Param>,
    pub(crate) body: Expr,
    /// The declared type of the result.
    pub(crate) result: Option<Arc<Type>>,
    /// Java or PMML: Hearth never calls out of a model.
    pub(crate) external: bool,
}

/// Where an expression of a model comes from.
#[derive(Debug, Default)]
pub struct Source {
    /// The decision, table cell, … it stands in.
    pub place: String,
    /// The whole text.
    pub text: String,
    /// The line of the model on which the text begins; 0 if it is not from a file.
    pub line: u32,
}

impl Expr {
    pub(crate) fn new(kind: Kind, span: Span) -> Expr {
        Expr { kind, span }
    }

    /// A part with no place of its own.
    pub(crate) fn bare(kind: Kind) -> Expr {
        Expr { kind, span: Span::default() }
    }

    pub(crate) fn literal(value: Value) -> Expr {
        Expr::bare(Kind::Literal(value))
    }

    /// The value, where it is written down and needs no evaluation.
    pub(crate) fn constant(&self) -> Option<Value> {
        match &self.kind {
            Kind::Literal(v) => Some(v.clone()),
            Kind::At(_, v) if !v.is_null() => Some(v.clone()),
            Kind::Negate(e) => match e.constant()? {
                Value::Number(n) => Some(Value::Number(n.negated())),
                _ => None,
            },
            Kind::Source(_, e) => e.constant(),
            _ => None,
        }
    }
}
