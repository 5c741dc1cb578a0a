//! `matches`, `replace`, `split`: patterns as XPath and XQuery Functions 3.1 has them, run by the regex crate, which takes time
//! linear in the text whatever the pattern. Back-references, which cannot be linear, are refused.

use regex::{Regex, RegexBuilder};

use super::{arg, text};
use crate::eval::Eval;
use crate::operate::R;
use crate::value::Value;

/// Compiled patterns may take no more memory than this.
const SIZE: usize = 1 << 20;

fn compile(pattern: &str, flags: &str) -> Result<Regex, String> {
    let has = |flag| flags.contains(flag);
    if let Some(odd) = flags.chars().find(|c| !"smixq".contains(*c)) {
        return Err(format!("there is no flag `{odd}`; flags are s, m, i, x and q"));
    }
    let pattern = if has('q') { regex::escape(pattern) } else { translate(pattern, has('x'), has('s'))? };
    RegexBuilder::new(&pattern)
        .case_insensitive(has('i'))
        .multi_line(has('m'))
        .dot_matches_new_line(has('s'))
        .size_limit(SIZE)
        .build()
        .map_err(|_| format!("{pattern:?} is no pattern this machine knows"))
}

/// Whitespace outside of classes means nothing under `x`, not even behind a `\`.
fn without_space(pattern: &str) -> String {
    let mut depth = 0i32;
    pattern
        .chars()
        .filter(|c| {
            depth += i32::from(*c == '[') - i32::from(*c == ']');
            depth > 0 || !c.is_whitespace()
        })
        .collect()
}

/// XPath's writing to the regex crate's: no whitespace under `x`, class subtraction `-[…]`, `\i` and `\c`, blocks.
fn translate(pattern: &str, spaced: bool, dot_is_all: bool) -> Result<String, String> {
    let mut out = String::with_capacity(pattern.len());
    let pattern = if spaced { without_space(pattern) } else { pattern.to_owned() };
    let mut depth = 0u32;
    let mut chars = pattern.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some(d) if d.is_ascii_digit() => return Err("back-references are not supported".into()),
                Some('i') => out.push_str(if depth > 0 { "\\p{L}_:" } else { "[\\p{L}_:]" }),
                Some('I') => out.push_str("[^\\p{L}_:]"),
                Some('c') => out.push_str(if depth > 0 { "\\p{L}\\p{N}_:.\\-" } else { "[\\p{L}\\p{N}_:.\\-]" }),
                Some('C') => out.push_str("[^\\p{L}\\p{N}_:.\\-]"),
                Some(p @ ('p' | 'P')) => {
                    let mut name = String::new();
                    if chars.next_if_eq(&'{').is_some() {
                        for c in chars.by_ref().take_while(|c| *c != '}') {
                            name.push(c);
                        }
                    }
                    match name.strip_prefix("Is") {
                        Some(block) => block_of(block, p == 'P', depth > 0, &mut out)?,
                        None => out.push_str(&format!("\\{p}{{{name}}}")),
                    }
                }
                Some(other) => {
                    out.push('\\');
                    out.push(other);
                }
                None => return Err("the pattern ends in a lone `\\`".into()),
            },
            '[' if depth > 0 && out.ends_with('-') => {
                out.push_str("-[");
                depth += 1;
            }
            '[' if depth > 0 => out.push_str("\\["),
            '[' => {
                out.push('[');
                depth += 1;
                if let Some(c) = chars.next_if_eq(&'^') {
                    out.push(c);
                }
            }
            ']' if depth > 0 => {
                out.push(']');
                depth -= 1;
            }
            '&' | '~' if depth > 0 => {
                out.push('\\');
                out.push(c);
            }
            // Without the flag `s` a dot is neither end of line.
            '.' if depth == 0 && !dot_is_all => out.push_str("[^\\n\\r]"),
            c => out.push(c),
        }
    }
    Ok(out)
}

/// Unicode blocks XML Schema names and people use; the rest is refused by name.
fn block_of(name: &str, not: bool, inside: bool, out: &mut String) -> Result<(), String> {
    let range = match name {
        "BasicLatin" => r"\x{0}-\x{7F}",
        "Latin-1Supplement" => r"\x{80}-\x{FF}",
        "LatinExtended-A" => r"\x{100}-\x{17F}",
        "LatinExtended-B" => r"\x{180}-\x{24F}",
        "Greek" | "GreekandCoptic" => r"\x{370}-\x{3FF}",
        "Cyrillic" => r"\x{400}-\x{4FF}",
        "Hebrew" => r"\x{590}-\x{5FF}",
        "Arabic" => r"\x{600}-\x{6FF}",
        "HangulJamo" => r"\x{1100}-\x{11FF}",
        "GeneralPunctuation" => r"\x{2000}-\x{206F}",
        "CurrencySymbols" => r"\x{20A0}-\x{20CF}",
        "Hiragana" => r"\x{3040}-\x{309F}",
        "Katakana" => r"\x{30A0}-\x{30FF}",
        "HangulCompatibilityJamo" => r"\x{3130}-\x{318F}",
        "CJKUnifiedIdeographs" => r"\x{4E00}-\x{9FFF}",
        "HangulSyllables" => r"\x{AC00}-\x{D7AF}",
        _ => return Err(format!("the block `Is{name}` is not known")),
    };
    out.push_str(&match (not, inside) {
        (false, true) => range.to_owned(),
        (false, false) => format!("[{range}]"),
        (true, _) => format!("[^{range}]"),
    });
    Ok(())
}

fn flags(args: &[Value], at: usize) -> Result<String, String> {
    match arg(args, at) {
        Value::Null => Ok(String::new()),
        _ => Ok(text(args, at)?.to_string()),
    }
}

pub(super) fn matches(_: &Eval<'_>, args: &[Value]) -> R {
    let pattern = compile(&text(args, 1)?, &flags(args, 2)?)?;
    Ok(pattern.is_match(&text(args, 0)?).into())
}

pub(super) fn replace(_: &Eval<'_>, args: &[Value]) -> R {
    let flags = flags(args, 3)?;
    let pattern = compile(&text(args, 1)?, &flags)?;
    let (input, replacement) = (text(args, 0)?, text(args, 2)?);
    if flags.contains('q') {
        return Ok(Value::text(pattern.replace_all(&input, regex::NoExpand(&replacement)).into_owned()));
    }
    let replacement = expand(&replacement, pattern.captures_len());
    Ok(Value::text(pattern.replace_all(&input, replacement.as_str()).into_owned()))
}

/// `$1` with as many digits as there are groups; `\$` and `\\` are the signs themselves.
fn expand(replacement: &str, groups: usize) -> String {
    let mut out = String::new();
    let mut chars = replacement.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some('$') => out.push_str("$$"),
                Some(other) => out.push(other),
                None => out.push('\\'),
            },
            '$' => {
                let mut number = String::new();
                while let Some(d) = chars.peek().filter(|d| d.is_ascii_digit()).copied() {
                    let longer = format!("{number}{d}");
                    if !number.is_empty() && longer.parse::<usize>().is_ok_and(|n| n >= groups) {
                        break;
                    }
                    number = longer;
                    chars.next();
                }
                if number.is_empty() {
                    out.push_str("$$");
                } else {
                    out.push_str(&format!("${{{number}}}"));
                }
            }
            c => out.push(c),
        }
    }
    out
}

pub(super) fn split(_: &Eval<'_>, args: &[Value]) -> R {
    let input = text(args, 0)?;
    let pattern = compile(&text(args, 1)?, "")?;
    Ok(Value::list(pattern.split(&input).map(Value::text).collect()))
}
