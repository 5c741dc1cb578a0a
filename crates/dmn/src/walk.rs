//! The parts of a part.

use crate::ast::{Args, Domain, Expr, Kind};

/// Calls `f` for each direct part of an expression as it is written; not for the cells of a table.
pub(crate) fn each_child<'e>(kind: &'e Kind, f: &mut dyn FnMut(&'e Expr)) {
    match kind {
        Kind::Literal(_) | Kind::At(..) | Kind::Name(_) | Kind::Input | Kind::Table(_) | Kind::Fault(_) => {}
        Kind::Path(a, _)
        | Kind::Negate(a)
        | Kind::InstanceOf(a, _)
        | Kind::EqualTo(_, a)
        | Kind::Typed(a, _)
        | Kind::Source(_, a) => {
            f(a);
        }
        Kind::Filter(a, b) | Kind::BoxedFilter(a, b) | Kind::Binary(_, a, b) => {
            f(a);
            f(b);
        }
        Kind::Between(a, b, c) | Kind::If(a, b, c) => {
            f(a);
            f(b);
            f(c);
        }
        Kind::Call(callee, args) => {
            f(callee);
            match args {
                Args::Positional(all) => all.iter().for_each(f),
                Args::Named(all) => all.iter().for_each(|(_, e)| f(e)),
            }
        }
        Kind::In(a, all) => {
            f(a);
            all.iter().for_each(f);
        }
        Kind::For(over, body) | Kind::Some(over, body) | Kind::Every(over, body) => {
            for (_, domain) in over {
                match domain {
                    Domain::List(e) | Domain::OnlyList(e) => f(e),
                    Domain::Steps(a, b) => {
                        f(a);
                        f(b);
                    }
                }
            }
            f(body);
        }
        Kind::Choose(parts) => parts.iter().for_each(f),
        Kind::List(all) | Kind::Tests { tests: all, .. } => all.iter().for_each(f),
        Kind::Context(entries) => entries.iter().for_each(|(_, e)| f(e)),
        Kind::Range(r) => r.low.iter().chain(&r.high).for_each(|e| f(e)),
        Kind::Function(code) => f(&code.body),
        Kind::Boxed(entries) => entries.iter().for_each(|e| f(&e.value)),
    }
}
