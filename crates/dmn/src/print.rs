//! An expression as FEEL text in one canonical form: single spaces, brackets only where they are needed.

use std::fmt::{self, Display, Formatter, Write};

use crate::ast::{Args, Binary, Domain, Expr, Kind, RangeExpr};
use crate::names::normal;
use crate::value::quote;

/// How tightly each kind binds; what binds looser than its place wants is put in brackets.
fn power(kind: &Kind) -> u8 {
    match kind {
        Kind::If(..) | Kind::Choose(_) | Kind::For(..) | Kind::Some(..) | Kind::Every(..) | Kind::Function(_) => 0,
        Kind::Binary(Binary::Or, ..) => 1,
        Kind::Binary(Binary::And, ..) => 2,
        Kind::Binary(Binary::Compare(_), ..) | Kind::Between(..) | Kind::In(..) => 3,
        Kind::Binary(Binary::Add | Binary::Sub, ..) => 4,
        Kind::Binary(Binary::Mul | Binary::Div, ..) => 5,
        Kind::Binary(Binary::Pow, ..) => 6,
        Kind::Negate(_) => 7,
        Kind::InstanceOf(..) => 8,
        // An open range takes all that follows.
        Kind::Range(RangeExpr { low, high, .. }) if low.is_none() || high.is_none() => 0,
        Kind::EqualTo(..) => 0,
        Kind::Source(_, e) | Kind::Typed(e, _) => power(&e.kind),
        _ => 9,
    }
}

fn sign(op: Binary) -> &'static str {
    match op {
        Binary::Or => "or",
        Binary::And => "and",
        Binary::Compare(cmp) => cmp.sign(),
        Binary::Add => "+",
        Binary::Sub => "-",
        Binary::Mul => "*",
        Binary::Div => "/",
        Binary::Pow => "**",
    }
}

/// Writes a part, in brackets if it binds looser than `least`.
fn part(f: &mut Formatter<'_>, e: &Expr, least: u8) -> fmt::Result {
    if power(&e.kind) < least { write!(f, "({e})") } else { write!(f, "{e}") }
}

fn list<'e>(f: &mut Formatter<'_>, items: impl IntoIterator<Item = &'e Expr>) -> fmt::Result {
    for (i, e) in items.into_iter().enumerate() {
        f.write_str(if i > 0 { ", " } else { "" })?;
        write!(f, "{e}")?;
    }
    Ok(())
}

/// A name as a context's key: in quotes where it would not be read as a name.
fn key(f: &mut Formatter<'_>, name: &str) -> fmt::Result {
    let tokens = crate::lexer::lex(name);
    let plain = tokens.first().is_some_and(|t| t.tok == crate::lexer::Tok::Word)
        && tokens.iter().all(|t| {
            use crate::lexer::Tok;
            matches!(t.tok, Tok::Word | Tok::Number | Tok::End | Tok::Sign("." | "/" | "-" | "'" | "+" | "*" | "**"))
        });
    if plain && normal(name) == name { f.write_str(name) } else { quote(f, name) }
}

fn iteration(f: &mut Formatter<'_>, word: &str, over: &[(std::sync::Arc<str>, Domain)]) -> fmt::Result {
    write!(f, "{word} ")?;
    for (i, (name, domain)) in over.iter().enumerate() {
        write!(f, "{}{name} in ", if i > 0 { ", " } else { "" })?;
        match domain {
            Domain::List(e) | Domain::OnlyList(e) => write!(f, "{e}")?,
            Domain::Steps(a, b) => {
                write!(f, "{a}..")?;
                write!(f, "{b}")?;
            }
        }
    }
    Ok(())
}

fn range(f: &mut Formatter<'_>, r: &RangeExpr) -> fmt::Result {
    match (&r.low, &r.high) {
        (None, Some(high)) => {
            f.write_str(if r.high_in { "<= " } else { "< " })?;
            part(f, high, 4)
        }
        (Some(low), None) => {
            f.write_str(if r.low_in { ">= " } else { "> " })?;
            part(f, low, 4)
        }
        (Some(low), Some(high)) => {
            f.write_char(if r.low_in { '[' } else { '(' })?;
            write!(f, "{low}..{high}")?;
            f.write_char(if r.high_in { ']' } else { ')' })
        }
        (None, None) => f.write_str("null"),
    }
}

fn tests(f: &mut Formatter<'_>, negated: bool, any: bool, all: &[Expr]) -> fmt::Result {
    match (any, negated) {
        (true, _) => f.write_char('-'),
        (false, true) => {
            f.write_str("not(")?;
            list(f, all)?;
            f.write_char(')')
        }
        (false, false) => list(f, all),
    }
}

impl Display for Expr {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match &self.kind {
            Kind::Literal(v) => write!(f, "{v}"),
            Kind::At(text, _) => {
                f.write_char('@')?;
                quote(f, text)
            }
            Kind::Name(name) => f.write_str(name),
            Kind::Input => f.write_char('?'),
            Kind::Path(of, name) => {
                part(f, of, 9)?;
                write!(f, ".{name}")
            }
            Kind::Filter(of, by) | Kind::BoxedFilter(of, by) => {
                part(f, of, 9)?;
                write!(f, "[{by}]")
            }
            Kind::Call(callee, args) => {
                part(f, callee, 9)?;
                f.write_char('(')?;
                match args {
                    Args::Positional(all) => list(f, all)?,
                    Args::Named(all) => {
                        for (i, (name, e)) in all.iter().enumerate() {
                            write!(f, "{}{name}: {e}", if i > 0 { ", " } else { "" })?;
                        }
                    }
                }
                f.write_char(')')
            }
            Kind::Negate(e) => {
                f.write_char('-')?;
                part(f, e, 7)
            }
            Kind::Binary(op, a, b) => {
                let own = power(&self.kind);
                part(f, a, own)?;
                write!(f, " {} ", sign(*op))?;
                part(f, b, own + 1)
            }
            Kind::Between(x, low, high) => {
                part(f, x, 3)?;
                f.write_str(" between ")?;
                part(f, low, 4)?;
                f.write_str(" and ")?;
                part(f, high, 4)
            }
            Kind::In(x, all) => {
                part(f, x, 3)?;
                f.write_str(" in (")?;
                list(f, all)?;
                f.write_char(')')
            }
            Kind::InstanceOf(x, ty) => {
                part(f, x, 8)?;
                write!(f, " instance of {}", ty.text)
            }
            Kind::If(c, yes, no) => write!(f, "if {c} then {yes} else {no}"),
            Kind::Choose(parts) => {
                let [c, yes, no] = &**parts;
                write!(f, "if {c} then {yes} else {no}")
            }
            Kind::For(over, body) => {
                iteration(f, "for", over)?;
                write!(f, " return {body}")
            }
            Kind::Some(over, body) => {
                iteration(f, "some", over)?;
                write!(f, " satisfies {body}")
            }
            Kind::Every(over, body) => {
                iteration(f, "every", over)?;
                write!(f, " satisfies {body}")
            }
            Kind::List(all) => {
                f.write_char('[')?;
                list(f, all)?;
                f.write_char(']')
            }
            Kind::Context(entries) => {
                f.write_char('{')?;
                for (i, (name, e)) in entries.iter().enumerate() {
                    f.write_str(if i > 0 { ", " } else { "" })?;
                    key(f, name)?;
                    write!(f, ": {e}")?;
                }
                f.write_char('}')
            }
            Kind::Range(r) => range(f, r),
            Kind::EqualTo(cmp, e) => {
                write!(f, "{} ", cmp.sign())?;
                part(f, e, 4)
            }
            Kind::Function(code) => {
                f.write_str("function(")?;
                for (i, p) in code.params.iter().enumerate() {
                    write!(f, "{}{}: {}", if i > 0 { ", " } else { "" }, p.name, p.ty.text)?;
                }
                write!(f, "){} {}", if code.external { " external" } else { "" }, code.body)
            }
            Kind::Tests { negated, any, tests: all } => tests(f, *negated, *any, all),
            // What boxed expressions have more than FEEL has no text; this is for messages.
            Kind::Boxed(entries) => {
                f.write_char('{')?;
                for (i, entry) in entries.iter().enumerate() {
                    let name = entry.name.as_deref().unwrap_or("result");
                    write!(f, "{}{name}: {}", if i > 0 { ", " } else { "" }, entry.value)?;
                }
                f.write_char('}')
            }
            Kind::Table(table) => write!(f, "decision table of {} rules", table.rules.len()),
            Kind::Fault(reason) => write!(f, "fault: {reason}"),
            Kind::Typed(e, _) | Kind::Source(_, e) => write!(f, "{e}"),
        }
    }
}
