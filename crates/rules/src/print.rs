//! A tree back into text: canonical FEEL, with no more brackets than needed. What is printed parses to the same tree.

use crate::ast::{Ast, Binary, Kind};

/// How tightly a part binds: as an operand of what, it needs brackets.
fn power(ast: &Ast) -> u8 {
    match &ast.kind {
        Kind::If(..) | Kind::Some(..) | Kind::Every(..) | Kind::For(..) => 0,
        Kind::Binary(op, ..) => operator(*op).1,
        Kind::InRange(..) | Kind::InList(..) => 3,
        Kind::Negate(_) => 7,
        _ => 8,
    }
}

fn operator(op: Binary) -> (&'static str, u8) {
    match op {
        Binary::Or => ("or", 1),
        Binary::And => ("and", 2),
        Binary::Compare(c) => (c.sign(), 3),
        Binary::Add => ("+", 4),
        Binary::Sub => ("-", 4),
        Binary::Mul => ("*", 5),
        Binary::Div => ("/", 5),
        Binary::Pow => ("**", 6),
    }
}

/// Prints a tree.
pub(crate) fn print(ast: &Ast) -> String {
    let mut out = String::new();
    write(ast, &mut out);
    out
}

fn inner(ast: &Ast, least: u8, out: &mut String) {
    if power(ast) < least {
        out.push('(');
        write(ast, out);
        out.push(')');
    } else {
        write(ast, out);
    }
}

fn quoted(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            c => out.push(c),
        }
    }
    out.push('"');
}

fn listed(items: &[Ast], out: &mut String) {
    for (i, item) in items.iter().enumerate() {
        if i > 0 {
            out.push_str(", ");
        }
        write(item, out);
    }
}

fn write(ast: &Ast, out: &mut String) {
    match &ast.kind {
        Kind::Bool(b) => out.push_str(if *b { "true" } else { "false" }),
        Kind::Number(n) => out.push_str(n),
        Kind::Text(t) => quoted(t, out),
        Kind::Name(n) => out.push_str(n),
        Kind::Path(a, name) => {
            inner(a, 8, out);
            out.push('.');
            out.push_str(name);
        }
        Kind::Filter(a, condition) => {
            inner(a, 8, out);
            out.push('[');
            write(condition, out);
            out.push(']');
        }
        Kind::Call(name, args) => {
            out.push_str(name);
            out.push('(');
            listed(args, out);
            out.push(')');
        }
        Kind::At(name, args) => {
            out.push_str(name);
            out.push_str(" at (");
            listed(args, out);
            out.push(')');
        }
        Kind::Negate(a) => {
            out.push('-');
            inner(a, 7, out);
        }
        Kind::Not(a) => {
            out.push_str("not(");
            write(a, out);
            out.push(')');
        }
        Kind::Binary(op, a, b) => {
            let (sign, power) = operator(*op);
            // Comparisons do not chain; everything else groups to the left.
            inner(a, if power == 3 { 4 } else { power }, out);
            out.push(' ');
            out.push_str(sign);
            out.push(' ');
            inner(b, power + 1, out);
        }
        Kind::InRange(x, lo, lo_in, hi, hi_in) => {
            inner(x, 4, out);
            out.push_str(if *lo_in { " in [" } else { " in (" });
            inner(lo, 4, out);
            out.push_str("..");
            inner(hi, 4, out);
            out.push(if *hi_in { ']' } else { ')' });
        }
        Kind::InList(x, list) => {
            inner(x, 4, out);
            out.push_str(" in (");
            for (i, item) in list.iter().enumerate() {
                if i > 0 {
                    out.push_str(", ");
                }
                inner(item, 4, out);
            }
            out.push(')');
        }
        Kind::If(c, a, b) => {
            out.push_str("if ");
            write(c, out);
            out.push_str(" then ");
            write(a, out);
            out.push_str(" else ");
            write(b, out);
        }
        Kind::Some(name, list, body) => quantified("some", name, list, "satisfies", body, out),
        Kind::Every(name, list, body) => quantified("every", name, list, "satisfies", body, out),
        Kind::For(name, list, body) => quantified("for", name, list, "return", body, out),
    }
}

fn quantified(word: &str, name: &str, list: &Ast, then: &str, body: &Ast, out: &mut String) {
    out.push_str(word);
    out.push(' ');
    out.push_str(name);
    out.push_str(" in ");
    write(list, out);
    out.push(' ');
    out.push_str(then);
    out.push(' ');
    write(body, out);
}
