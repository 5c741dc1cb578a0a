//! FEEL text into tokens with their places. Never fails: what belongs to no expression becomes [`Tok::Bad`].
//!
//! A FEEL name may hold spaces and the signs `.` `/` `-` `'` `+` `*`. Which tokens form one name depends on what is in scope, so
//! the parser joins them (`names`).

use std::sync::Arc;

/// Byte offsets into an expression's text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Span {
    /// First byte.
    pub start: u32,
    /// First byte outside.
    pub end: u32,
}

/// A token.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Tok {
    /// A number as written.
    Number,
    /// A text, its escapes resolved.
    Text(Arc<str>),
    /// One word of a name, or a keyword.
    Word,
    /// An operator or bracket.
    Sign(&'static str),
    /// Something that belongs to no expression, with the reason.
    Bad(String),
    /// The end of the text.
    End,
}

/// A token with its place.
#[derive(Clone, Debug)]
pub(crate) struct Token {
    pub(crate) tok: Tok,
    pub(crate) span: Span,
}

/// Longest first.
const SIGNS: [&str; 26] = [
    "..", "**", "<=", ">=", "!=", "->", "==", "<", ">", "=", "+", "-", "*", "/", "(", ")", "[", "]", "{", "}", ",",
    ".", ":", "@", "'", ";",
];

fn name_start(c: char) -> bool {
    c.is_alphabetic()
        || c == '_'
        || c == '?'
        || ('\u{2070}'..='\u{218F}').contains(&c)
        || (c as u32 >= 0x1_0000 && !c.is_whitespace())
}

pub(crate) fn name_part(c: char) -> bool {
    name_start(c)
        || c.is_numeric()
        || c == '\u{B7}'
        || ('\u{300}'..='\u{36F}').contains(&c)
        || ('\u{203F}'..='\u{2040}').contains(&c)
}

pub(crate) fn is_space(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\u{180E}' | '\u{200B}' | '\u{FEFF}')
}

/// Cuts a text into tokens; the last is [`Tok::End`].
pub(crate) fn lex(text: &str) -> Vec<Token> {
    let mut out = Vec::new();
    let mut at = 0;
    while let Some(rest) = text.get(at..) {
        let Some(first) = rest.chars().next() else { break };
        if is_space(first) {
            at += first.len_utf8();
            continue;
        }
        if rest.starts_with("//") {
            at += rest.find(['\n', '\r']).unwrap_or(rest.len());
            continue;
        }
        let (tok, length) = if rest.starts_with("/*") {
            match rest.find("*/") {
                Some(end) => {
                    at += end + 2;
                    continue;
                }
                None => (Tok::Bad("the comment has no closing `*/`".into()), rest.len()),
            }
        } else {
            token(rest, first)
        };
        out.push(Token { tok, span: span(at, at + length) });
        at += length;
    }
    out.push(Token { tok: Tok::End, span: span(text.len(), text.len()) });
    out
}

fn span(start: usize, end: usize) -> Span {
    let short = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    Span { start: short(start), end: short(end) }
}

fn token(rest: &str, first: char) -> (Tok, usize) {
    let digit_follows = |at: usize| rest.get(at..).is_some_and(|r| r.starts_with(|c: char| c.is_ascii_digit()));
    if first.is_ascii_digit() || (first == '.' && digit_follows(1)) {
        (Tok::Number, number(rest))
    } else if first == '"' {
        quoted(rest)
    } else if name_start(first) {
        (Tok::Word, rest.find(|c: char| !name_part(c)).unwrap_or(rest.len()))
    } else if let Some(sign) = SIGNS.into_iter().find(|s| rest.starts_with(s)) {
        (Tok::Sign(sign), sign.len())
    } else {
        (Tok::Bad(format!("the sign {first:?} has no meaning here")), first.len_utf8())
    }
}

fn number(rest: &str) -> usize {
    let digits = |from: usize| {
        let tail = rest.get(from..).unwrap_or("");
        from + tail.find(|c: char| !c.is_ascii_digit()).unwrap_or(tail.len())
    };
    let starts = |at: usize, set: &[char]| rest.get(at..).is_some_and(|r| r.starts_with(set));
    let mut end = digits(0);
    if starts(end, &['.']) && digits(end + 1) > end + 1 {
        end = digits(end + 1);
    }
    if starts(end, &['e', 'E']) {
        let from = end + 1 + usize::from(starts(end + 1, &['+', '-']));
        if digits(from) > from {
            end = digits(from);
        }
    }
    end
}

fn quoted(rest: &str) -> (Tok, usize) {
    let mut value = String::new();
    let mut chars = rest.char_indices().skip(1);
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return (Tok::Text(value.into()), at + 1),
            '\\' => match chars.next() {
                Some((_, 'n')) => value.push('\n'),
                Some((_, 'r')) => value.push('\r'),
                Some((_, 't')) => value.push('\t'),
                Some((_, c @ ('"' | '\\' | '\''))) => value.push(c),
                Some((escape, letter @ ('u' | 'U'))) => {
                    let width = if letter == 'u' { 4 } else { 6 };
                    let code = |from: usize| rest.get(from..from + width).and_then(|h| u32::from_str_radix(h, 16).ok());
                    let Some(mut found) = code(escape + 1) else {
                        value.push('\\');
                        value.push(letter);
                        continue;
                    };
                    let mut used = width;
                    // A pair of surrogates is one character.
                    if (0xD800..0xDC00).contains(&found)
                        && rest.get(escape + 5..escape + 7) == Some("\\u")
                        && let Some(low) = code(escape + 7).filter(|l| (0xDC00..0xE000).contains(l))
                    {
                        found = 0x1_0000 + ((found - 0xD800) << 10) + (low - 0xDC00);
                        used = 10;
                    }
                    match char::from_u32(found) {
                        Some(c) => value.push(c),
                        None => return (Tok::Bad("this escape is half of a surrogate pair".into()), at + 2),
                    }
                    for _ in 0..used {
                        chars.next();
                    }
                }
                Some((_, c)) => {
                    value.push('\\');
                    value.push(c);
                }
                None => break,
            },
            c => value.push(c),
        }
    }
    (Tok::Bad("the text has no closing quotation mark".into()), rest.len())
}
