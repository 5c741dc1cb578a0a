//! Text into tokens, each with its place. Never fails: what it does not know becomes [`Tok::Bad`], which the parser reports.

use crate::ast::Span;

/// A token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Tok {
    /// A number as written.
    Number(String),
    /// A text without its quotes.
    Text(String),
    /// A name or keyword.
    Word(String),
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
    /// What.
    pub(crate) tok: Tok,
    /// Where.
    pub(crate) span: Span,
}

/// Longest first.
const SIGNS: [&str; 21] =
    ["@", "..", "**", "<=", ">=", "!=", "<", ">", "=", "+", "-", "*", "/", "(", ")", "[", "]", ",", ".", "{", "}"];

/// Cuts a text into tokens; the last is [`Tok::End`].
pub(crate) fn lex(text: &str) -> Vec<Token> {
    let mut out = Vec::new();
    let mut at = 0;
    while let Some(rest) = text.get(at..) {
        let Some(first) = rest.chars().next() else { break };
        let (tok, length) = if first.is_whitespace() {
            at += first.len_utf8();
            continue;
        } else if rest.starts_with("//") {
            at += rest.find('\n').unwrap_or(rest.len());
            continue;
        } else if first.is_ascii_digit() {
            number(rest)
        } else if first == '"' {
            quoted(rest)
        } else if first.is_alphabetic() || first == '_' {
            let length = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
            (Tok::Word(rest.get(..length).unwrap_or("").to_owned()), length)
        } else if let Some(sign) = SIGNS.into_iter().find(|s| rest.starts_with(s)) {
            (Tok::Sign(sign), sign.len())
        } else {
            (Tok::Bad(format!("the sign {first:?} has no meaning here")), first.len_utf8())
        };
        out.push(Token { tok, span: Span { start: at, end: at + length } });
        at += length;
    }
    out.push(Token { tok: Tok::End, span: Span { start: text.len(), end: text.len() } });
    out
}

fn number(rest: &str) -> (Tok, usize) {
    let digits = |s: &str| s.find(|c: char| !c.is_ascii_digit()).unwrap_or(s.len());
    let mut length = digits(rest);
    if let Some(fraction) = rest.get(length..).and_then(|r| r.strip_prefix('.')) {
        let more = digits(fraction);
        if more > 0 {
            length += 1 + more;
        }
    }
    (Tok::Number(rest.get(..length).unwrap_or("").to_owned()), length)
}

fn quoted(rest: &str) -> (Tok, usize) {
    let mut value = String::new();
    let mut escaped = false;
    for (i, c) in rest.char_indices().skip(1) {
        match c {
            _ if escaped => {
                value.push(if c == 'n' { '\n' } else { c });
                escaped = false;
            }
            '\\' => escaped = true,
            '"' => return (Tok::Text(value), i + 1),
            c => value.push(c),
        }
    }
    (Tok::Bad("the text has no closing quotation mark".into()), rest.len())
}
