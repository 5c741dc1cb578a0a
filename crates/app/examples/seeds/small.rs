//! A pack cut down to a few programmes, so that a thousand lives fit into minutes: what is tested is the core, not the content.

use std::fs;
use std::io;
use std::path::Path;

/// What families accept when it is offered: money of every kind of payment, things and services, by machine and by hand.
pub(crate) const PROGRAMMES: [&str; 6] =
    ["child_allowance", "parent_benefit", "first_meeting", "electricity_birth", "diaper_formula", "infant_checkup"];

/// Copies the pack with these programmes alone. What names another is left out, and nobody is entitled to another.
pub(crate) fn write(from: &Path, to: &Path) -> io::Result<()> {
    let mut gone = Vec::new();
    for entry in fs::read_dir(from.join("programmes"))? {
        let path = entry?.path();
        let id = path.file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
        if !PROGRAMMES.contains(&id.as_str()) {
            gone.push(id);
        }
    }
    folder(from, to, &gone)
}

fn folder(from: &Path, to: &Path, gone: &[String]) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let path = entry?.path();
        let Some(name) = path.file_name().map(|n| n.to_string_lossy().into_owned()) else { continue };
        if path.is_dir() {
            if !matches!(name.as_str(), "cases" | "visit-cases" | "demo" | "population") {
                folder(&path, &to.join(&name), gone)?;
            }
            continue;
        }
        let within = from.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        let id = name.strip_suffix(".toml").unwrap_or_default();
        if within == "programmes" && gone.iter().any(|g| g == id) {
            continue;
        }
        if !name.ends_with(".toml") {
            fs::copy(&path, to.join(&name))?;
            continue;
        }
        let text = fs::read_to_string(&path)?;
        let text = match within.as_str() {
            "programmes" | "definitions" => nobody(&text, gone),
            "events" => blocks(&text, gone),
            _ if matches!(id, "combinations" | "process") => blocks(&text, gone),
            _ => text,
        };
        fs::write(to.join(&name), text)?;
    }
    Ok(())
}

/// The text without the tables of a list that name one of these.
fn blocks(text: &str, gone: &[String]) -> String {
    let mut blocks = vec![String::new()];
    for line in text.split_inclusive('\n') {
        let head = line.split(']').next().unwrap_or_default();
        if head.starts_with("[[") && !head.contains('.') {
            blocks.push(String::new());
        }
        if let Some(block) = blocks.last_mut() {
            block.push_str(line);
        }
    }
    // A rule between a programme and a fact is one that no programme left here reads.
    let names = |block: &String| {
        block.contains("\"fact:")
            || gone.iter().any(|g| block.contains(&format!("\"{g}\"")) || block.contains(&format!("\"{g}.")))
    };
    let mut first = true;
    blocks.retain(|block| std::mem::take(&mut first) || !names(block));
    blocks.concat()
}

/// The text with `false` where it asks whether somebody is entitled to one of these.
fn nobody(text: &str, gone: &[String]) -> String {
    const ASKS: &str = "entitled(\"";
    let mut whole = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(ASKS) {
        let (before, asks) = rest.split_at(at);
        let inside = asks.strip_prefix(ASKS).unwrap_or_default();
        let name = inside.split('"').next().unwrap_or_default();
        let end = asks.find(')').map_or(asks.len(), |n| n + 1);
        let (call, after) = asks.split_at(end);
        if gone.iter().any(|g| g == name) {
            whole.push_str(before.strip_suffix("any ").unwrap_or(before));
            whole.push_str("false");
        } else {
            whole.push_str(before);
            whole.push_str(call);
        }
        rest = after;
    }
    whole.push_str(rest);
    whole
}
