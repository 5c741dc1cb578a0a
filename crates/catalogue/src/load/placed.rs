//! Puts faults inside expressions at their very column. In a text with escapes (`"P2Y"` written as `\"P2Y\"`) what the
//! compiler reads is shorter than what stands in the file.

use std::collections::HashMap;

use rules::schema::Fault;

use crate::read::files::Files;

/// The same faults, those on a line with escapes moved right by the escapes before them.
pub(crate) fn placed(files: &Files, faults: Vec<Fault>) -> Vec<Fault> {
    let mut lines: HashMap<String, Vec<String>> = HashMap::new();
    faults
        .into_iter()
        .map(|fault| {
            if !fault.file.ends_with(".toml") {
                return fault;
            }
            let text = lines.entry(fault.file.clone()).or_insert_with(|| {
                let bytes = files.get(&fault.file).unwrap_or_default();
                String::from_utf8_lossy(bytes).lines().map(str::to_owned).collect()
            });
            let line = usize::try_from(fault.line.saturating_sub(1)).ok().and_then(|n| text.get(n));
            let column = line.map_or(fault.column, |line| moved(line, fault.column));
            Fault { column, ..fault }
        })
        .collect()
}

/// The column in the file of what stands in column `column` when each escape within a basic string counts as one.
fn moved(line: &str, column: u32) -> u32 {
    // only `key = "…"` on one line can hold escapes: in '…' there are none, and in """…""" quotes need none
    let is_value = |start: &usize| {
        let before = line.get(..*start).unwrap_or_default().trim_end();
        before.ends_with('=') && line.get(*start..).is_some_and(|rest| !rest.starts_with("\"\"\""))
    };
    let Some(start) = line.find('"').filter(is_value) else { return column };
    let opening = line.get(..start).map_or(0, |before| before.chars().count()) + 1;
    let (mut read, mut file) = (opening, opening);
    let mut chars = line.chars().skip(opening);
    while read + 1 < column as usize {
        let Some(c) = chars.next() else { break };
        file += 1;
        read += 1;
        if c == '\\' && chars.next().is_some() {
            file += 1;
        }
    }
    if opening >= column as usize || read + 1 < column as usize {
        return column;
    }
    u32::try_from(file + 1).unwrap_or(column)
}
