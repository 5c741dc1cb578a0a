//! What the parser makes of brackets and of the words that open a form: ranges, lists, contexts, iterations, functions.

use std::sync::Arc;

use crate::ast::{Domain, Expr, FunctionExpr, Kind, Param, RangeExpr};
use crate::lexer::{Span, Tok};
use crate::parser::{Parsed, Parser};
use crate::types::TypeName;

impl Parser<'_> {
    pub(crate) fn bracketed(&mut self) -> Parsed {
        let start = self.span();
        self.at += 1;
        let inner = self.test()?;
        if *self.peek() == Tok::Sign("..") {
            return self.range_from(inner, false, start);
        }
        self.need_sign(")")?;
        Ok(Expr { span: self.since(start), ..inner })
    }

    /// The rest of a range after its lower end.
    pub(crate) fn range_from(&mut self, low: Expr, low_in: bool, start: Span) -> Parsed {
        self.need_sign("..")?;
        let high = self.expression()?;
        let high_in = match self.peek() {
            Tok::Sign("]") => true,
            Tok::Sign(")" | "[") => false,
            _ => return self.unexpected("`]` or `)` at the end of the range"),
        };
        self.at += 1;
        let range = RangeExpr { low: Some(low.into()), low_in, high: Some(high.into()), high_in };
        Ok(Expr::new(Kind::Range(range), self.since(start)))
    }

    pub(crate) fn list_or_range(&mut self) -> Parsed {
        let start = self.span();
        self.at += 1;
        let mut items = Vec::new();
        if self.sign("]") {
            return Ok(Expr::new(Kind::List(items), self.since(start)));
        }
        loop {
            items.push(self.test()?);
            if *self.peek() == Tok::Sign("..")
                && items.len() == 1
                && let Some(low) = items.pop()
            {
                return self.range_from(low, true, start);
            }
            if self.sign("]") {
                return Ok(Expr::new(Kind::List(items), self.since(start)));
            }
            if !self.sign(",") {
                return self.unexpected("`,` or `]`");
            }
        }
    }

    pub(crate) fn context(&mut self) -> Parsed {
        let start = self.span();
        self.at += 1;
        let mut entries: Vec<(Arc<str>, Expr)> = Vec::new();
        if self.sign("}") {
            return Ok(Expr::new(Kind::Context(entries), self.since(start)));
        }
        loop {
            let name = match self.peek().clone() {
                Tok::Text(t) => {
                    self.at += 1;
                    self.names.add(&t);
                    t
                }
                _ => self.new_name(|p| *p.peek() == Tok::Sign(":"), "a name or a text in quotes, then `:`")?,
            };
            if entries.iter().any(|(n, _)| *n == name) {
                return self.fail(format!("the context has two entries `{name}`"), "give each entry a name of its own");
            }
            self.need_sign(":")?;
            entries.push((name, self.expression()?));
            if self.sign("}") {
                return Ok(Expr::new(Kind::Context(entries), self.since(start)));
            }
            if !self.sign(",") {
                return self.unexpected("`,` or `}`");
            }
        }
    }

    pub(crate) fn iteration(&mut self, start: Span) -> Parsed {
        let which = self.piece(0).unwrap_or("");
        self.at += 1;
        let mut over = Vec::new();
        loop {
            let name = self.new_name(|p| p.is_word(0, "in"), "a name for the member, then `in`")?;
            self.need_word("in")?;
            let first = self.expression()?;
            let domain = if self.sign("..") { Domain::Steps(first, self.expression()?) } else { Domain::List(first) };
            over.push((name, domain));
            if !self.sign(",") {
                break;
            }
        }
        self.need_word(if which == "for" { "return" } else { "satisfies" })?;
        let body = Box::new(self.expression()?);
        let kind = match which {
            "for" => Kind::For(over, body),
            "some" => Kind::Some(over, body),
            _ => Kind::Every(over, body),
        };
        Ok(Expr::new(kind, self.since(start)))
    }

    pub(crate) fn function(&mut self, start: Span) -> Parsed {
        self.at += 1;
        self.need_sign("(")?;
        let mut params = Vec::new();
        while !self.sign(")") {
            if !params.is_empty() {
                self.need_sign(",")?;
            }
            let ends = |p: &Self| matches!(p.peek(), Tok::Sign(":" | "," | ")"));
            let name = self.new_name(ends, "a parameter's name")?;
            let ty = if self.sign(":") { self.type_name()? } else { TypeName::any() };
            params.push(Param { name, ty });
        }
        let external = self.word("external");
        let body = self.expression()?;
        let function = FunctionExpr { params, body, result: None, external };
        Ok(Expr::new(Kind::Function(Arc::new(function)), self.since(start)))
    }
}
