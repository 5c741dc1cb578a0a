//! Tokens into a tree: precedence climbing, with messages that say what was expected.

use crate::ast::{Ast, Binary, Cmp, Kind, Span};
use crate::lexer::{Tok, Token, lex};

/// Why a text is not an expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ParseError {
    /// Where.
    pub(crate) span: Span,
    /// What is wrong.
    pub(crate) message: String,
    /// What was expected.
    pub(crate) expected: String,
}

/// Built-in functions whose names have spaces.
pub(crate) const SPACED: [&str; 13] = [
    "years between",
    "months between",
    "days between",
    "start of month",
    "end of month",
    "round half up",
    "round down",
    "round up",
    "is known",
    "amount of",
    "any entitled",
    "per year",
    "per month",
];

const KEYWORDS: [&str; 16] = [
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
    "not",
    "at",
];

/// Deeper trees are refused: nobody can read them, and they would exhaust the stack.
const MAX_DEPTH: u16 = 100;

type Parsed = Result<Ast, ParseError>;

/// Reads one whole expression.
pub(crate) fn parse(text: &str) -> Parsed {
    let mut p = Parser { tokens: lex(text), at: 0, nesting: 0 };
    let ast = p.expression()?;
    match p.peek() {
        Tok::End => Ok(ast),
        Tok::Sign("<" | "<=" | ">" | ">=" | "=" | "!=") => {
            p.fail("comparisons cannot be chained", "`a < b and b < c`, or `b in [a..c]`")
        }
        _ => p.unexpected("the end of the expression or an operator"),
    }
}

/// A unary test of a decision table's cell.
#[derive(Clone, Debug)]
pub(crate) enum Test {
    /// `5`, `< 5`
    Compare(Cmp, Ast),
    /// `[1..5)`; the flags say whether the ends are inside.
    Range(Ast, bool, Ast, bool),
}

/// The unary tests of a cell: one of them must hold, or none where negated. No tests: every value passes.
#[derive(Clone, Debug)]
pub(crate) struct Cell {
    pub(crate) negated: bool,
    pub(crate) tests: Vec<Test>,
}

/// Reads the cell of a decision table.
pub(crate) fn parse_cell(text: &str) -> Result<Cell, ParseError> {
    let mut p = Parser { tokens: lex(text), at: 0, nesting: 0 };
    if matches!((p.peek(), p.peek_at(1)), (Tok::End, _) | (Tok::Sign("-"), Tok::End)) {
        return Ok(Cell { negated: false, tests: Vec::new() });
    }
    let negated = p.word("not");
    if negated {
        p.need_sign("(")?;
    }
    let mut tests = vec![p.test()?];
    while p.sign(",") {
        tests.push(p.test()?);
    }
    if negated {
        p.need_sign(")")?;
    }
    match p.peek() {
        Tok::End => Ok(Cell { negated, tests }),
        _ => p.unexpected("the end of the cell or `,`"),
    }
}

struct Parser {
    tokens: Vec<Token>,
    at: usize,
    nesting: u16,
}

impl Parser {
    fn peek_at(&self, ahead: usize) -> &Tok {
        self.tokens.get(self.at + ahead).map_or(&Tok::End, |t| &t.tok)
    }

    fn peek(&self) -> &Tok {
        self.peek_at(0)
    }

    fn span(&self) -> Span {
        self.tokens.get(self.at).or(self.tokens.last()).map(|t| t.span).unwrap_or_default()
    }

    fn next(&mut self) -> Tok {
        let tok = self.peek().clone();
        self.at += 1;
        tok
    }

    fn since(&self, start: usize) -> Span {
        let end = self.at.checked_sub(1).and_then(|i| self.tokens.get(i)).map_or(start, |t| t.span.end);
        Span { start, end: end.max(start) }
    }

    fn fail<T>(&self, message: impl Into<String>, expected: impl Into<String>) -> Result<T, ParseError> {
        Err(ParseError { span: self.span(), message: message.into(), expected: expected.into() })
    }

    fn unexpected<T>(&self, expected: &str) -> Result<T, ParseError> {
        let message = match self.peek() {
            Tok::Bad(why) => why.clone(),
            Tok::End => "the expression ends too early".into(),
            Tok::Number(n) => format!("did not expect the number {n} here"),
            Tok::Text(t) => format!("did not expect the text {t:?} here"),
            Tok::Word(w) => format!("did not expect `{w}` here"),
            Tok::Sign(s) => format!("did not expect `{s}` here"),
        };
        self.fail(message, expected)
    }

    fn sign(&mut self, sign: &'static str) -> bool {
        let hit = *self.peek() == Tok::Sign(sign);
        self.at += usize::from(hit);
        hit
    }

    fn word(&mut self, word: &str) -> bool {
        let hit = self.is_word(0, word);
        self.at += usize::from(hit);
        hit
    }

    fn is_word(&self, ahead: usize, word: &str) -> bool {
        matches!(self.peek_at(ahead), Tok::Word(w) if w == word)
    }

    fn need_sign(&mut self, sign: &'static str) -> Result<(), ParseError> {
        if self.sign(sign) { Ok(()) } else { self.unexpected(&format!("`{sign}`")) }
    }

    fn need_word(&mut self, word: &str) -> Result<(), ParseError> {
        if self.word(word) { Ok(()) } else { self.unexpected(&format!("`{word}`")) }
    }

    fn make(&self, kind: Kind, start: usize) -> Parsed {
        let ast = Ast::new(kind, self.since(start));
        if ast.depth > MAX_DEPTH { self.too_deep() } else { Ok(ast) }
    }

    fn too_deep<T>(&self) -> Result<T, ParseError> {
        self.fail("the expression is nested too deeply", "at most 100 levels: give parts a name as definitions")
    }

    fn expression(&mut self) -> Parsed {
        self.nesting += 1;
        if self.nesting > MAX_DEPTH {
            return self.too_deep();
        }
        let start = self.span().start;
        let ast = if self.word("if") {
            let condition = self.expression()?;
            self.need_word("then")?;
            let yes = self.expression()?;
            self.need_word("else")?;
            let no = self.expression()?;
            self.make(Kind::If(condition.into(), yes.into(), no.into()), start)
        } else if self.is_word(0, "some") || self.is_word(0, "every") || self.is_word(0, "for") {
            self.quantified(start)
        } else {
            self.binary(0)
        }?;
        self.nesting -= 1;
        Ok(ast)
    }

    fn quantified(&mut self, start: usize) -> Parsed {
        let Tok::Word(which) = self.next() else { return self.unexpected("`some`, `every` or `for`") };
        let name = self.name("a name for the member, such as `m`")?;
        self.need_word("in")?;
        let list = Box::new(self.expression()?);
        self.need_word(if which == "for" { "return" } else { "satisfies" })?;
        let body = Box::new(self.expression()?);
        let kind = match which.as_str() {
            "some" => Kind::Some(name, list, body),
            "every" => Kind::Every(name, list, body),
            _ => Kind::For(name, list, body),
        };
        self.make(kind, start)
    }

    fn name(&mut self, expected: &str) -> Result<String, ParseError> {
        match self.peek() {
            Tok::Word(w) if !KEYWORDS.contains(&w.as_str()) => {
                let name = w.clone();
                self.at += 1;
                Ok(name)
            }
            _ => self.unexpected(expected),
        }
    }

    fn operator(&self) -> Option<(Binary, u8)> {
        Some(match self.peek() {
            Tok::Word(w) if w == "or" => (Binary::Or, 1),
            Tok::Word(w) if w == "and" => (Binary::And, 2),
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
    fn binary(&mut self, least: u8) -> Parsed {
        let start = self.span().start;
        let mut left = self.unary()?;
        loop {
            if least <= 3 && (self.is_word(0, "in") || self.is_word(0, "between")) {
                left = self.membership(left, start)?;
                continue;
            }
            let Some((op, power)) = self.operator() else { return Ok(left) };
            if power < least {
                return Ok(left);
            }
            self.at += 1;
            let right = match self.peek() {
                Tok::Word(w) if power <= 2 && ["if", "some", "every"].contains(&w.as_str()) => self.expression()?,
                _ => self.binary(power + 1)?,
            };
            left = self.make(Kind::Binary(op, left.into(), right.into()), start)?;
            if power == 3 && matches!(self.operator(), Some((Binary::Compare(_), _))) {
                return self.fail("comparisons cannot be chained", "`a < b and b < c`, or `b in [a..c]`");
            }
        }
    }

    /// `5`, `< 5`, `[1..5)`, `(1..5]`
    fn test(&mut self) -> Result<Test, ParseError> {
        if let Some((Binary::Compare(cmp), _)) = self.operator() {
            self.at += 1;
            return Ok(Test::Compare(cmp, self.binary(4)?));
        }
        let start = self.at;
        if let open @ Tok::Sign("[" | "]" | "(") = self.next() {
            let low = self.binary(4)?;
            if self.sign("..") {
                let high = self.binary(4)?;
                let closed = self.range_end()?;
                return Ok(Test::Range(low, open == Tok::Sign("["), high, closed));
            }
        }
        self.at = start;
        Ok(Test::Compare(Cmp::Eq, self.binary(4)?))
    }

    /// The bracket that ends a range: whether the end is inside.
    fn range_end(&mut self) -> Result<bool, ParseError> {
        match self.next() {
            Tok::Sign("]") => Ok(true),
            Tok::Sign(")" | "[") => Ok(false),
            _ => {
                self.at -= 1;
                self.unexpected("`]` or `)` at the end of the range")
            }
        }
    }

    fn membership(&mut self, left: Ast, start: usize) -> Parsed {
        if self.word("between") {
            let low = self.binary(4)?;
            self.need_word("and")?;
            let high = self.binary(4)?;
            return self.make(Kind::InRange(left.into(), low.into(), true, high.into(), true), start);
        }
        self.need_word("in")?;
        let open = self.next();
        if !matches!(open, Tok::Sign("[" | "]" | "(")) {
            self.at -= 1;
            return self.unexpected("a range `[a..b]` or a list `(a, b, c)`");
        }
        let first = self.binary(4)?;
        if self.sign("..") {
            let high = self.binary(4)?;
            let closed = self.range_end()?;
            return self
                .make(Kind::InRange(left.into(), first.into(), open == Tok::Sign("["), high.into(), closed), start);
        }
        if open == Tok::Sign("]") {
            return self.unexpected("`..` and the end of the range");
        }
        let mut list = vec![first];
        while self.sign(",") {
            list.push(self.binary(4)?);
        }
        self.need_sign(if open == Tok::Sign("(") { ")" } else { "]" })?;
        self.make(Kind::InList(left.into(), list), start)
    }

    fn unary(&mut self) -> Parsed {
        let start = self.span().start;
        if self.sign("-") {
            self.nesting += 1;
            if self.nesting > MAX_DEPTH {
                return self.too_deep();
            }
            let inner = self.unary()?;
            self.nesting -= 1;
            return self.make(Kind::Negate(inner.into()), start);
        }
        let mut ast = self.primary()?;
        loop {
            if self.sign(".") {
                let name = self.name("the name of an item, definition or relation after `.`")?;
                ast = self.make(Kind::Path(ast.into(), name), start)?;
            } else if self.sign("[") {
                let condition = self.expression()?;
                self.need_sign("]")?;
                ast = self.make(Kind::Filter(ast.into(), condition.into()), start)?;
            } else {
                return Ok(ast);
            }
        }
    }

    fn primary(&mut self) -> Parsed {
        let start = self.span().start;
        match self.peek().clone() {
            Tok::Number(n) => {
                self.at += 1;
                self.make(Kind::Number(n), start)
            }
            Tok::Text(t) => {
                self.at += 1;
                self.make(Kind::Text(t), start)
            }
            Tok::Sign("@") => self.at_literal(start),
            Tok::Sign("(") => {
                self.at += 1;
                let inner = self.expression()?;
                self.need_sign(")")?;
                Ok(Ast { span: self.since(start), ..inner })
            }
            Tok::Word(w) if w == "true" || w == "false" => {
                self.at += 1;
                self.make(Kind::Bool(w == "true"), start)
            }
            Tok::Word(w) if w == "not" => {
                self.at += 1;
                self.need_sign("(")?;
                let inner = self.expression()?;
                self.need_sign(")")?;
                self.make(Kind::Not(inner.into()), start)
            }
            Tok::Word(_) => self.named(start),
            _ => self.unexpected("a value, a name or `(`"),
        }
    }

    /// `@"2026-01-31"`, `@"P2Y"`: the same as `date("2026-01-31")`, `duration("P2Y")`.
    fn at_literal(&mut self, start: usize) -> Parsed {
        self.at += 1;
        let at = self.span().start;
        let Tok::Text(text) = self.next() else {
            self.at -= 1;
            return self.unexpected("a date or a duration in quotes after `@`");
        };
        let function = if text.trim_start_matches('-').starts_with('P') { "duration" } else { "date" };
        let text = self.make(Kind::Text(text), at)?;
        self.make(Kind::Call(function.into(), vec![text]), start)
    }

    /// A name, a call, or a table at another day.
    fn named(&mut self, start: usize) -> Parsed {
        if let Some(name) = self.spaced_name() {
            let args = self.arguments()?;
            return self.make(Kind::Call(name.into(), args), start);
        }
        let name = self.name("a value or a name")?;
        if *self.peek() == Tok::Sign("(") {
            let args = self.arguments()?;
            return self.make(Kind::Call(name, args), start);
        }
        if self.is_word(0, "at") && *self.peek_at(1) == Tok::Sign("(") {
            self.at += 1;
            let args = self.arguments()?;
            return self.make(Kind::At(name, args), start);
        }
        self.make(Kind::Name(name), start)
    }

    fn spaced_name(&mut self) -> Option<&'static str> {
        let name = SPACED.into_iter().find(|name| {
            let words = name.split(' ').count();
            name.split(' ').enumerate().all(|(i, w)| self.is_word(i, w)) && *self.peek_at(words) == Tok::Sign("(")
        })?;
        self.at += name.split(' ').count();
        Some(name)
    }

    fn arguments(&mut self) -> Result<Vec<Ast>, ParseError> {
        self.need_sign("(")?;
        let mut args = Vec::new();
        if self.sign(")") {
            return Ok(args);
        }
        loop {
            args.push(self.expression()?);
            if self.sign(")") {
                return Ok(args);
            }
            if !self.sign(",") {
                return self.unexpected("`,` or `)`");
            }
        }
    }
}
