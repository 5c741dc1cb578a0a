//! FEEL tokens into a tree: precedence climbing, with messages that say what was expected.

use std::sync::Arc;

use crate::ast::{Args, Binary, Cmp, Expr, Kind, RangeExpr};
use crate::builtins::at_literal;
use crate::lexer::{Span, Tok, Token, lex};
use crate::names::{Names, normal};
use crate::number::Number;
use crate::types::Known;
use crate::value::Value;

/// Why a text is not an expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseError {
    /// Where.
    pub span: Span,
    /// What is wrong.
    pub message: String,
    /// What was expected, or what to do.
    pub hint: String,
}

/// Nested more deeply than this, nobody can read it, and it would exhaust the stack.
const MAX_NESTING: u32 = 100;
/// Operators in one row (`a + b + …`).
const MAX_CHAIN: usize = 500;
/// A text longer than this is no expression.
const MAX_LENGTH: usize = 1_000_000;

pub(crate) const KEYWORDS: [&str; 18] = [
    "and",
    "or",
    "if",
    "then",
    "else",
    "some",
    "every",
    "satisfies",
    "for",
    "in",
    "return",
    "between",
    "true",
    "false",
    "null",
    "instance",
    "function",
    "external",
];

pub(crate) type Parsed<T = Expr> = Result<T, ParseError>;

/// Reads one whole expression.
///
/// # Errors
/// With place, reason and remedy where the text is none.
pub fn parse(text: &str, names: &Names, types: &dyn Known) -> Parsed {
    let mut p = Parser::new(text, names, types)?;
    let expr = p.expression()?;
    p.end()?;
    Ok(expr)
}

/// Reads the unary tests of a table's cell: `-`, `< 5, 7`, `not("a", "b")`, `? > 3`.
///
/// # Errors
/// With place, reason and remedy where the text is none.
pub fn parse_tests(text: &str, names: &Names, types: &dyn Known) -> Parsed {
    let mut p = Parser::new(text, names, types)?;
    let start = p.span();
    if *p.peek() == Tok::Sign("-") && *p.peek_at(1) == Tok::End {
        return Ok(Expr::new(Kind::Tests { negated: false, any: true, tests: Vec::new() }, start));
    }
    let negated = p.is_word(0, "not") && *p.peek_at(1) == Tok::Sign("(") && p.closes_at_end(1);
    p.at += if negated { 2 } else { 0 };
    let mut tests = vec![p.test()?];
    while p.sign(",") {
        tests.push(p.test()?);
    }
    if negated {
        p.need_sign(")")?;
    }
    p.end()?;
    Ok(Expr::new(Kind::Tests { negated, any: false, tests }, p.since(start)))
}

pub(crate) struct Parser<'a> {
    text: &'a str,
    tokens: Vec<Token>,
    pub(crate) at: usize,
    nesting: u32,
    pub(crate) names: Names,
    pub(crate) types: &'a dyn Known,
}

impl<'a> Parser<'a> {
    fn new(text: &'a str, names: &Names, types: &'a dyn Known) -> Parsed<Parser<'a>> {
        let mut p = Parser { text, tokens: Vec::new(), at: 0, nesting: 0, names: names.clone(), types };
        if text.len() > MAX_LENGTH {
            return p.fail("the expression is longer than a million bytes", "split it into decisions");
        }
        p.tokens = lex(text);
        Ok(p)
    }

    pub(crate) fn peek_at(&self, ahead: usize) -> &Tok {
        self.tokens.get(self.at + ahead).map_or(&Tok::End, |t| &t.tok)
    }

    pub(crate) fn peek(&self) -> &Tok {
        self.peek_at(0)
    }

    pub(crate) fn piece(&self, ahead: usize) -> Option<&'a str> {
        let token = self.tokens.get(self.at + ahead).filter(|t| t.tok != Tok::End)?;
        self.text.get(token.span.start as usize..token.span.end as usize)
    }

    pub(crate) fn span(&self) -> Span {
        self.tokens.get(self.at).or(self.tokens.last()).map(|t| t.span).unwrap_or_default()
    }

    pub(crate) fn since(&self, start: Span) -> Span {
        let end = self.at.checked_sub(1).and_then(|i| self.tokens.get(i)).map_or(start.end, |t| t.span.end);
        Span { start: start.start, end: end.max(start.start) }
    }

    pub(crate) fn fail<T>(&self, message: impl Into<String>, hint: impl Into<String>) -> Parsed<T> {
        Err(ParseError { span: self.span(), message: message.into(), hint: hint.into() })
    }

    pub(crate) fn unexpected<T>(&self, hint: &str) -> Parsed<T> {
        let message = match self.peek() {
            Tok::Bad(why) => why.clone(),
            Tok::End => "the expression ends too early".into(),
            _ => format!("did not expect `{}` here", self.piece(0).unwrap_or("")),
        };
        self.fail(message, format!("expected {hint}"))
    }

    fn end(&self) -> Parsed<()> {
        if *self.peek() == Tok::End { Ok(()) } else { self.unexpected("the end of the expression or an operator") }
    }

    pub(crate) fn is_word(&self, ahead: usize, word: &str) -> bool {
        *self.peek_at(ahead) == Tok::Word && self.piece(ahead) == Some(word)
    }

    pub(crate) fn sign(&mut self, sign: &'static str) -> bool {
        let hit = *self.peek() == Tok::Sign(sign);
        self.at += usize::from(hit);
        hit
    }

    pub(crate) fn word(&mut self, word: &str) -> bool {
        let hit = self.is_word(0, word);
        self.at += usize::from(hit);
        hit
    }

    pub(crate) fn need_sign(&mut self, sign: &'static str) -> Parsed<()> {
        if self.sign(sign) { Ok(()) } else { self.unexpected(&format!("`{sign}`")) }
    }

    pub(crate) fn need_word(&mut self, word: &str) -> Parsed<()> {
        if self.word(word) { Ok(()) } else { self.unexpected(&format!("`{word}`")) }
    }

    /// Whether the bracket opened at `ahead` is the last thing in the text.
    fn closes_at_end(&self, ahead: usize) -> bool {
        let mut open = 0u32;
        for i in ahead.. {
            match self.peek_at(i) {
                Tok::Sign("(") => open += 1,
                Tok::Sign(")") if open <= 1 => return *self.peek_at(i + 1) == Tok::End,
                Tok::Sign(")") => open -= 1,
                Tok::End => return false,
                _ => {}
            }
        }
        false
    }

    pub(crate) fn deeper(&mut self) -> Parsed<()> {
        self.nesting += 1;
        if self.nesting > MAX_NESTING {
            return self.fail("the expression is nested too deeply", "at most 100 levels: give parts a name");
        }
        Ok(())
    }

    pub(crate) fn shallower(&mut self) {
        self.nesting -= 1;
    }

    pub(crate) fn expression(&mut self) -> Parsed {
        self.deeper()?;
        let expr = self.binary(1)?;
        self.shallower();
        Ok(expr)
    }

    fn operator(&self) -> Option<(Binary, u8)> {
        Some(match self.peek() {
            Tok::Word if self.is_word(0, "or") => (Binary::Or, 1),
            Tok::Word if self.is_word(0, "and") => (Binary::And, 2),
            Tok::Sign("=") => (Binary::Compare(Cmp::Eq), 3),
            Tok::Sign("!=") => (Binary::Compare(Cmp::Ne), 3),
            Tok::Sign("<") => (Binary::Compare(Cmp::Lt), 3),
            Tok::Sign("<=") => (Binary::Compare(Cmp::Le), 3),
            Tok::Sign(">") => (Binary::Compare(Cmp::Gt), 3),
            Tok::Sign(">=") => (Binary::Compare(Cmp::Ge), 3),
            Tok::Sign("+") => (Binary::Add, 4),
            Tok::Sign("-") => (Binary::Sub, 4),
            Tok::Sign("*") => (Binary::Mul, 5),
            Tok::Sign("/") => (Binary::Div, 5),
            Tok::Sign("**") => (Binary::Pow, 6),
            _ => return None,
        })
    }

    /// Operators that bind at least as tightly as `least`.
    pub(crate) fn binary(&mut self, least: u8) -> Parsed {
        let start = self.span();
        let mut left = self.unary()?;
        for _ in 0..MAX_CHAIN {
            if least <= 3 && (self.is_word(0, "in") || self.is_word(0, "between")) {
                left = self.membership(left, start)?;
                continue;
            }
            let Some((op, power)) = self.operator().filter(|(_, power)| *power >= least) else { return Ok(left) };
            self.at += 1;
            let right = self.binary(power + 1)?;
            left = Expr::new(Kind::Binary(op, left.into(), right.into()), self.since(start));
        }
        self.fail("more than 500 operators in one row", "split the expression, or use `sum` or `string join`")
    }

    fn membership(&mut self, left: Expr, start: Span) -> Parsed {
        if self.word("between") {
            let low = self.binary(4)?;
            self.need_word("and")?;
            let high = self.binary(4)?;
            return Ok(Expr::new(Kind::Between(left.into(), low.into(), high.into()), self.since(start)));
        }
        self.need_word("in")?;
        let mut tests = Vec::new();
        if *self.peek() == Tok::Sign("(") {
            let open = self.span();
            self.at += 1;
            let first = self.test()?;
            if *self.peek() == Tok::Sign("..") {
                tests.push(self.range_from(first, false, open)?);
            } else {
                tests.push(first);
                while self.sign(",") {
                    tests.push(self.test()?);
                }
                self.need_sign(")")?;
            }
        } else {
            tests.push(if self.comparison_ahead() { self.test()? } else { self.binary(4)? });
        }
        Ok(Expr::new(Kind::In(left.into(), tests), self.since(start)))
    }

    fn comparison_ahead(&self) -> bool {
        matches!(self.peek(), Tok::Sign("<" | "<=" | ">" | ">=" | "=" | "!="))
    }

    /// A positive unary test.
    pub(crate) fn test(&mut self) -> Parsed {
        if self.comparison_ahead() {
            self.open_test()
        } else if self.listed_tests_ahead() {
            let start = self.span();
            self.deeper()?;
            self.at += 1;
            let mut tests = vec![self.test()?];
            while self.sign(",") {
                tests.push(self.test()?);
            }
            self.need_sign(")")?;
            self.shallower();
            Ok(Expr::new(Kind::List(tests), self.since(start)))
        } else {
            self.expression()
        }
    }

    /// Whether `("a", "b")` follows: tests in brackets.
    fn listed_tests_ahead(&self) -> bool {
        if *self.peek() != Tok::Sign("(") {
            return false;
        }
        let mut open = 0u32;
        for i in 0.. {
            // The commas of `(for x in a, y in b return …)` divide no tests, nor those of `(function(x) for …)`.
            if open == 1 && ["for", "some", "every"].iter().any(|word| self.is_word(i, word)) {
                return false;
            }
            match self.peek_at(i) {
                Tok::Sign("(" | "[" | "{") => open += 1,
                Tok::Sign(")" | "]" | "}") if open <= 1 => return false,
                Tok::Sign(")" | "]" | "}") => open -= 1,
                Tok::Sign(",") if open == 1 => return true,
                Tok::End => return false,
                _ => {}
            }
        }
        false
    }

    /// `< 5`, `>= 5`, `= 5`, `!= 5`: a test without its left side.
    fn open_test(&mut self) -> Parsed {
        let start = self.span();
        self.deeper()?;
        let Tok::Sign(sign) = *self.peek() else { return self.unexpected("a comparison") };
        self.at += 1;
        let end = Box::new(self.binary(4)?);
        self.shallower();
        let (below, closed) = match sign {
            "<" => (true, false),
            "<=" => (true, true),
            ">" => (false, false),
            ">=" => (false, true),
            sign => {
                let cmp = if sign == "=" { Cmp::Eq } else { Cmp::Ne };
                return Ok(Expr::new(Kind::EqualTo(cmp, end), self.since(start)));
            }
        };
        let range = if below {
            RangeExpr { low: None, low_in: false, high: Some(end), high_in: closed }
        } else {
            RangeExpr { low: Some(end), low_in: closed, high: None, high_in: false }
        };
        Ok(Expr::new(Kind::Range(range), self.since(start)))
    }

    fn unary(&mut self) -> Parsed {
        let start = self.span();
        if self.sign("-") {
            self.deeper()?;
            let inner = self.unary()?;
            self.shallower();
            return Ok(Expr::new(Kind::Negate(inner.into()), self.since(start)));
        }
        let mut expr = self.postfix(start)?;
        while self.is_word(0, "instance") && self.is_word(1, "of") {
            self.at += 2;
            let ty = self.type_name()?;
            expr = Expr::new(Kind::InstanceOf(expr.into(), ty), self.since(start));
        }
        Ok(expr)
    }

    fn postfix(&mut self, start: Span) -> Parsed {
        let mut expr = self.primary()?;
        for _ in 0..MAX_CHAIN {
            expr = if self.sign(".") {
                let name = self.path_name()?;
                Expr::new(Kind::Path(expr.into(), name), self.since(start))
            } else if *self.peek() == Tok::Sign("[") && self.begins_expression(1) {
                self.at += 1;
                let filter = self.expression()?;
                self.need_sign("]")?;
                Expr::new(Kind::Filter(expr.into(), filter.into()), self.since(start))
            } else if *self.peek() == Tok::Sign("(") {
                self.at += 1;
                let args = self.arguments()?;
                Expr::new(Kind::Call(expr.into(), args), self.since(start))
            } else {
                return Ok(expr);
            };
        }
        self.fail("more than 500 steps in one path", "split the path")
    }

    /// Whether an expression can begin there. If not, a `[` before it closes an open range: `[1..10[`.
    fn begins_expression(&self, ahead: usize) -> bool {
        match self.peek_at(ahead) {
            Tok::Number | Tok::Text(_) | Tok::Bad(_) => true,
            Tok::Sign(sign) => ["(", "[", "]", "{", "-", "@", "<", "<=", ">", ">="].contains(sign),
            Tok::Word => {
                let ends = ["and", "or", "then", "else", "satisfies", "in", "return", "between", "instance"];
                self.piece(ahead).is_some_and(|w| !ends.contains(&w))
            }
            Tok::End => false,
        }
    }

    fn primary(&mut self) -> Parsed {
        let start = self.span();
        let simple = |p: &mut Self, value| {
            p.at += 1;
            Ok(Expr::new(Kind::Literal(value), start))
        };
        match self.peek().clone() {
            Tok::Number => {
                let Some(n) = self.piece(0).and_then(Number::parse) else {
                    return self.fail("this number is outside of what a decimal128 holds", "at most 10^6144");
                };
                simple(self, n.into())
            }
            Tok::Text(t) => simple(self, Value::Text(t)),
            Tok::Sign("@") => {
                self.at += 1;
                let Tok::Text(t) = self.peek().clone() else { return self.unexpected("a text in quotes after `@`") };
                self.at += 1;
                let value = at_literal(&t);
                Ok(Expr::new(Kind::At(t, value), self.since(start)))
            }
            Tok::Sign("(") => self.bracketed(),
            Tok::Sign("[") => self.list_or_range(),
            Tok::Sign("]") => {
                self.at += 1;
                let low = self.expression()?;
                self.range_from(low, false, start)
            }
            Tok::Sign("{") => self.context(),
            Tok::Sign("<" | "<=" | ">" | ">=") => self.open_test(),
            Tok::Word => match self.known_name(false) {
                Some((name, tokens)) => {
                    self.at += tokens;
                    Ok(Expr::new(Kind::Name(name), self.since(start)))
                }
                None => self.keyword_or_name(start),
            },
            _ => self.unexpected("a value, a name or `(`"),
        }
    }

    fn keyword_or_name(&mut self, start: Span) -> Parsed {
        let word = self.piece(0).unwrap_or("");
        match word {
            "null" | "true" | "false" => {
                self.at += 1;
                let value = if word == "null" { Value::Null } else { Value::Boolean(word == "true") };
                Ok(Expr::new(Kind::Literal(value), start))
            }
            "if" => {
                self.at += 1;
                let condition = self.expression()?;
                self.need_word("then")?;
                let yes = self.expression()?;
                self.need_word("else")?;
                let no = self.expression()?;
                Ok(Expr::new(Kind::If(condition.into(), yes.into(), no.into()), self.since(start)))
            }
            "for" | "some" | "every" => self.iteration(start),
            "function" => self.function(start),
            "?" => {
                self.at += 1;
                Ok(Expr::new(Kind::Input, start))
            }
            word if KEYWORDS.contains(&word) => self.unexpected("a value, a name or `(`"),
            word => {
                self.at += 1;
                Ok(Expr::new(Kind::Name(word.into()), start))
            }
        }
    }

    /// The longest known name of several tokens that begins here.
    fn known_name(&self, after_dot: bool) -> Option<(Arc<str>, usize)> {
        self.names.longest(after_dot, |ahead| self.piece(ahead))
    }

    /// The name after `.`: any name of the model may follow.
    fn path_name(&mut self) -> Parsed<Arc<str>> {
        if let Some((name, tokens)) = self.known_name(true) {
            self.at += tokens;
            return Ok(name);
        }
        match (self.peek(), self.piece(0)) {
            (Tok::Word, Some(word)) => {
                self.at += 1;
                Ok(word.into())
            }
            _ => self.unexpected("a name after `.`"),
        }
    }

    /// A name that is made here, whatever it holds, up to a sign or word that ends it. It is known from now on.
    pub(crate) fn new_name(&mut self, stop: impl Fn(&Self) -> bool, hint: &str) -> Parsed<Arc<str>> {
        let start = self.span();
        if *self.peek() != Tok::Word || stop(self) {
            return self.unexpected(hint);
        }
        while !stop(self) {
            match self.peek() {
                Tok::Word | Tok::Number | Tok::Sign("." | "/" | "-" | "'" | "+" | "*" | "**") => self.at += 1,
                _ => return self.unexpected(hint),
            }
        }
        let span = self.since(start);
        let name = normal(self.text.get(span.start as usize..span.end as usize).unwrap_or(""));
        self.names.add(&name);
        Ok(name.into())
    }

    fn arguments(&mut self) -> Parsed<Args> {
        let mut positional = Vec::new();
        let mut named = Vec::new();
        if self.sign(")") {
            return Ok(Args::Positional(positional));
        }
        let by_name = self.named_argument_ahead();
        loop {
            if by_name {
                let name = self.new_name(|p| *p.peek() == Tok::Sign(":"), "a parameter's name and `:`")?;
                self.need_sign(":")?;
                named.push((name, self.expression()?));
            } else {
                positional.push(self.expression()?);
            }
            if self.sign(")") {
                return Ok(if by_name { Args::Named(named) } else { Args::Positional(positional) });
            }
            if !self.sign(",") {
                return self.unexpected("`,` or `)`");
            }
        }
    }

    fn named_argument_ahead(&self) -> bool {
        for i in 0.. {
            match self.peek_at(i) {
                Tok::Word => {}
                Tok::Number | Tok::Sign("." | "/" | "-" | "'" | "+" | "*") if i > 0 => {}
                Tok::Sign(":") => return i > 0,
                _ => return false,
            }
        }
        false
    }

    /// The words of a type's name as long as they form one; see `types`.
    pub(crate) fn type_words(&mut self) -> Parsed<String> {
        let known = crate::types::SPACED_TYPES
            .into_iter()
            .find(|name| name.split(' ').enumerate().all(|(i, w)| self.is_word(i, w)));
        if let Some(name) = known {
            self.at += name.split(' ').count();
            return Ok(name.to_owned());
        }
        let mut out = String::new();
        loop {
            let start = self.span();
            match self.known_name(true) {
                Some((_, tokens)) => self.at += tokens,
                None if *self.peek() == Tok::Word => self.at += 1,
                None => return self.unexpected("a type"),
            }
            let span = self.since(start);
            out.push_str(&normal(self.text.get(span.start as usize..span.end as usize).unwrap_or("")));
            if *self.peek() == Tok::Sign(".") && *self.peek_at(1) == Tok::Word {
                self.at += 1;
                out.push('.');
            } else {
                return Ok(out);
            }
        }
    }
}
