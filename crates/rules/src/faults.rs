//! Faults with their place in the official's file.

use crate::ast::Span;
use crate::schema::{Expr, Fault, Origin, Severity};

/// The place of a byte of an expression in its file.
pub(crate) fn place(expr: &Expr, offset: usize) -> Origin {
    let before = expr.text.get(..offset).unwrap_or(&expr.text);
    let count = |s: &str| u32::try_from(s.chars().count()).unwrap_or(u32::MAX);
    match before.rsplit_once('\n') {
        None => Origin { column: expr.origin.column.saturating_add(count(before)), ..expr.origin.clone() },
        Some((lines, last)) => {
            let more = u32::try_from(lines.matches('\n').count()).unwrap_or(u32::MAX).saturating_add(1);
            Origin {
                file: expr.origin.file.clone(),
                line: expr.origin.line.saturating_add(more),
                column: count(last) + 1,
            }
        }
    }
}

/// Everything found so far.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    pub(crate) all: Vec<Fault>,
}

impl Faults {
    pub(crate) fn at(
        &mut self,
        origin: &Origin,
        severity: Severity,
        code: &'static str,
        message: String,
        expected: String,
        hint: String,
    ) {
        let fault = Fault {
            severity,
            code,
            file: origin.file.to_string(),
            line: origin.line,
            column: origin.column,
            message,
            expected,
            hint,
        };
        if !self.all.contains(&fault) {
            self.all.push(fault);
        }
    }

    pub(crate) fn error(
        &mut self,
        origin: &Origin,
        code: &'static str,
        message: impl Into<String>,
        expected: impl Into<String>,
        hint: impl Into<String>,
    ) {
        self.at(origin, Severity::Error, code, message.into(), expected.into(), hint.into());
    }

    pub(crate) fn in_expr(
        &mut self,
        expr: &Expr,
        span: Span,
        code: &'static str,
        message: impl Into<String>,
        expected: impl Into<String>,
        hint: impl Into<String>,
    ) {
        self.error(&place(expr, span.start), code, message, expected, hint);
    }
}

/// The candidate most like a misspelt name, if one is like it at all.
pub(crate) fn nearest_name<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    candidates
        .into_iter()
        .map(|c| (c, strsim::jaro_winkler(name, c)))
        .filter(|(_, score)| *score > 0.82)
        .max_by(|a, b| a.1.total_cmp(&b.1))
        .map(|(c, _)| c)
}
