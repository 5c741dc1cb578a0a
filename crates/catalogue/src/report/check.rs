//! Faults of a pack in the style of a compiler.

use std::fmt::Write as _;

use rules::schema::{Fault, Severity};

use crate::read::files::Files;

/// All faults with the line they stand in; the last line counts them. `files` are those of the pack, for the lines; without
/// them only places are told.
pub fn check_report(faults: &[Fault], files: Option<&Files>) -> String {
    let mut out = String::new();
    for fault in faults {
        one(&mut out, fault, files);
    }
    let count = |severity| faults.iter().filter(|f| f.severity == severity).count();
    let _ = writeln!(out, "{} errors, {} warnings", count(Severity::Error), count(Severity::Warning));
    out
}

fn one(out: &mut String, fault: &Fault, files: Option<&Files>) {
    let severity = if fault.severity == Severity::Error { "error" } else { "warning" };
    let Fault { code, file, line, column, message, .. } = fault;
    let _ = writeln!(out, "{severity}[{code}]: {file}:{line}:{column}: {message}");
    let text = files.and_then(|files| files.get(file)).and_then(|bytes| line_of(bytes, *line));
    if let Some(text) = text {
        let margin = " ".repeat(line.to_string().len());
        let _ = writeln!(out, "{margin} |\n{line} | {}", shown(&text, *column).0);
        let _ = writeln!(out, "{margin} | {}^", " ".repeat(shown(&text, *column).1));
    }
    if !fault.expected.is_empty() {
        let _ = writeln!(out, "  expected: {}", fault.expected);
    }
    if !fault.hint.is_empty() {
        let _ = writeln!(out, "  hint: {}", fault.hint);
    }
    out.push('\n');
}

fn line_of(bytes: &[u8], line: u32) -> Option<String> {
    let line = usize::try_from(line.checked_sub(1)?).ok()?;
    let raw = bytes.split(|b| *b == b'\n').nth(line)?;
    Some(String::from_utf8_lossy(raw).trim_end_matches('\r').to_owned())
}

/// The part of the line around the column, and how many cells stand before the caret: Hangul and Han take two cells.
fn shown(text: &str, column: u32) -> (String, usize) {
    const WIDTH: usize = 110;
    let at = usize::try_from(column.saturating_sub(1)).unwrap_or(0);
    let skip = if at > WIDTH - 20 { at - 40 } else { 0 };
    let part: String =
        text.chars().skip(skip).take(WIDTH).map(|c| if c == '\t' || c.is_control() { ' ' } else { c }).collect();
    let before = part.chars().take(at - skip).map(cells).sum::<usize>();
    (if skip > 0 { format!("…{part}") } else { part }, before + usize::from(skip > 0))
}

/// How many cells of a terminal a character takes.
fn cells(c: char) -> usize {
    match c {
        '\u{1100}'..='\u{115f}'
        | '\u{2e80}'..='\u{a4cf}'
        | '\u{ac00}'..='\u{d7a3}'
        | '\u{f900}'..='\u{faff}'
        | '\u{fe30}'..='\u{fe6f}'
        | '\u{ff00}'..='\u{ff60}'
        | '\u{ffe0}'..='\u{ffe6}' => 2,
        _ => 1,
    }
}
