//! Rules that keep the schema distributable (Citus and its like) from the first day, checked on the step texts.
//!
//! Counter-example that the rules prevent: a table distributed by household refuses to move a person, because
//! «modifying the partition value of rows is not allowed», and people change households.

use crate::Schema;

/// Everything wrong with the schema, one sentence each; empty when it can be distributed as it says.
///
/// Each `create table` is preceded by `-- distribution: key(COLUMN)` (the key is part of every primary and unique key),
/// `lookup(COLUMN)` (a global uniqueness table, distributed by that value), `reference` (copied everywhere) or `local`
/// (stays on one node, such as a queue).
pub fn lint(schema: &Schema) -> Vec<String> {
    let mut faults = Vec::new();
    for step in schema.steps {
        let place = format!("{}/{}", schema.room, step.version);
        let code: String =
            step.sql.lines().filter(|l| !l.trim_start().starts_with("--")).collect::<Vec<_>>().join("\n");
        for word in [
            "serial",
            "create trigger",
            "create sequence",
            "create type",
            "on update cascade",
            "generated always",
            "autoincrement",
        ] {
            if code.to_lowercase().contains(word) {
                faults.push(format!("{place}: «{word}» cannot be distributed; make ids and effects in the program"));
            }
        }
        tables(step.sql, &place, &mut faults);
    }
    faults
}

fn tables(sql: &str, place: &str, faults: &mut Vec<String>) {
    let mut distribution: Option<String> = None;
    let mut lines = sql.lines();
    while let Some(line) = lines.next() {
        if let Some(rule) = line.trim().strip_prefix("-- distribution:") {
            distribution = Some(rule.trim().to_owned());
        }
        let Some(rest) = line.trim().strip_prefix("create table ") else { continue };
        let name = rest.trim_end_matches(['(', ' ']).to_owned();
        let body: Vec<&str> = lines.by_ref().take_while(|l| !l.trim().starts_with(')')).collect();
        match distribution.take() {
            None => faults.push(format!("{place}: table {name} lacks a line «-- distribution: …» before it")),
            Some(rule) => table(&name, &rule, &body, place, faults),
        }
    }
}

fn table(name: &str, rule: &str, body: &[&str], place: &str, faults: &mut Vec<String>) {
    let key = rule.strip_prefix("key(").or_else(|| rule.strip_prefix("lookup(")).and_then(|r| r.strip_suffix(')'));
    if key.is_none() && rule != "reference" && rule != "local" {
        faults.push(format!("{place}: table {name}: «{rule}» is not key(…), lookup(…), reference or local"));
    }
    if !body.iter().any(|l| l.trim().starts_with("primary key") || l.contains(" primary key")) {
        faults.push(format!("{place}: table {name} has no primary key"));
    }
    let Some(key) = key else { return };
    for line in body.iter().map(|l| l.trim()) {
        let unique = line.starts_with("primary key") || line.starts_with("unique");
        let columns = line.split_once('(').and_then(|(_, c)| c.split_once(')')).map_or("", |(c, _)| c);
        if unique && !columns.split(',').any(|c| c.trim() == key) {
            faults.push(format!("{place}: table {name}: «{line}» does not contain the distribution key {key}"));
        }
        if line.contains(" references ") && !line.contains(key) && !line.contains("-- reference table") {
            faults.push(format!("{place}: table {name}: «{line}» reaches outside the key {key}"));
        }
    }
}
