//! FEEL's types: names as written, what they mean, and whether a value belongs to one.

use std::fmt;
use std::sync::Arc;

use crate::ast::Expr;
use crate::lexer::Tok;
use crate::parser::{Parsed, Parser};
use crate::value::Value;

/// Built-in types whose names have spaces, longest first. The short names are those of DMN 1.1.
pub(crate) const SPACED_TYPES: [&str; 3] = ["years and months duration", "days and time duration", "date and time"];

/// A type.
#[derive(Clone, Debug)]
pub enum Type {
    /// Every value.
    Any,
    /// Only null.
    Null,
    /// `true`, `false`
    Boolean,
    /// Numbers.
    Number,
    /// Texts.
    Text,
    /// Days.
    Date,
    /// Times of day.
    Time,
    /// Days with times.
    DateTime,
    /// Durations of days and time.
    DaysTime,
    /// Durations of years and months.
    YearsMonths,
    /// Lists of one type.
    List(Arc<Type>),
    /// Contexts that have at least these entries.
    Context(Vec<(Arc<str>, Arc<Type>)>),
    /// Ranges of one type.
    Range(Arc<Type>),
    /// Functions by parameters and result.
    Function(Vec<Arc<Type>>, Arc<Type>),
    /// A type of the model, which may narrow another by tests.
    Defined(Arc<Defined>),
}

/// An item definition.
#[derive(Debug)]
pub struct Defined {
    /// Its name.
    pub name: Arc<str>,
    /// What it narrows.
    pub base: Type,
    /// The unary tests a value must pass.
    pub(crate) tests: Option<Expr>,
}

/// Where the names of a model's types are known.
pub trait Known {
    /// The type under a name, which may be qualified by an import's name.
    fn find(&self, name: &str) -> Option<Type>;
}

/// No types but FEEL's own.
pub struct NoTypes;

impl Known for NoTypes {
    fn find(&self, _: &str) -> Option<Type> {
        None
    }
}

/// A type as written, with what it means; `None` where nothing has that name.
#[derive(Clone, Debug)]
pub(crate) struct TypeName {
    pub(crate) text: String,
    pub(crate) ty: Option<Type>,
}

impl TypeName {
    pub(crate) fn any() -> TypeName {
        TypeName { text: "Any".into(), ty: Some(Type::Any) }
    }
}

/// A built-in type by its name.
pub(crate) fn built_in(name: &str) -> Option<Type> {
    Some(match name {
        "Any" => Type::Any,
        "Null" => Type::Null,
        "boolean" => Type::Boolean,
        "number" => Type::Number,
        "string" => Type::Text,
        "date" => Type::Date,
        "time" => Type::Time,
        "date and time" | "dateTime" => Type::DateTime,
        "days and time duration" | "dayTimeDuration" => Type::DaysTime,
        "years and months duration" | "yearMonthDuration" => Type::YearsMonths,
        "list" => Type::List(Arc::new(Type::Any)),
        "context" => Type::Context(Vec::new()),
        "function" => Type::Function(Vec::new(), Arc::new(Type::Any)),
        _ => return None,
    })
}

impl Parser<'_> {
    /// `number`, `list<string>`, `context<a: number>`, `function<number> -> string`, `tLoan`, `lib.tLoan`
    pub(crate) fn type_name(&mut self) -> Parsed<TypeName> {
        self.deeper()?;
        let outer = self.type_words()?;
        let inner = *self.peek() == Tok::Sign("<");
        let out = match outer.as_str() {
            "list" | "range" if inner => {
                self.at += 1;
                let of = self.type_name()?;
                self.need_sign(">")?;
                let wrap = |t: Type| if outer == "list" { Type::List(Arc::new(t)) } else { Type::Range(Arc::new(t)) };
                TypeName { text: format!("{outer}<{}>", of.text), ty: of.ty.map(wrap) }
            }
            "context" if inner => self.context_type()?,
            "function" if inner => self.function_type()?,
            name => TypeName { text: name.to_owned(), ty: built_in(name).or_else(|| self.types.find(name)) },
        };
        self.shallower();
        Ok(out)
    }

    fn context_type(&mut self) -> Parsed<TypeName> {
        self.at += 1;
        let (mut entries, mut texts) = (Some(Vec::new()), Vec::new());
        while !self.sign(">") {
            if !texts.is_empty() {
                self.need_sign(",")?;
            }
            let name = self.new_name(|p| *p.peek() == Tok::Sign(":"), "an entry's name and `:`")?;
            self.need_sign(":")?;
            let ty = self.type_name()?;
            texts.push(format!("{name}: {}", ty.text));
            entries = entries.zip(ty.ty).map(|(mut all, ty)| {
                all.push((name, Arc::new(ty)));
                all
            });
        }
        Ok(TypeName { text: format!("context<{}>", texts.join(", ")), ty: entries.map(Type::Context) })
    }

    fn function_type(&mut self) -> Parsed<TypeName> {
        self.at += 1;
        let (mut params, mut texts) = (Some(Vec::new()), Vec::new());
        while !self.sign(">") {
            if !texts.is_empty() {
                self.need_sign(",")?;
            }
            let ty = self.type_name()?;
            texts.push(ty.text);
            params = params.zip(ty.ty).map(|(mut all, ty)| {
                all.push(Arc::new(ty));
                all
            });
        }
        self.need_sign("->")?;
        let result = self.type_name()?;
        let text = format!("function<{}> -> {}", texts.join(", "), result.text);
        Ok(TypeName { text, ty: params.zip(result.ty).map(|(p, r)| Type::Function(p, Arc::new(r))) })
    }
}

impl Type {
    /// The type without its narrowing tests.
    pub(crate) fn plain(&self) -> &Type {
        match self {
            Type::Defined(d) => d.base.plain(),
            plain => plain,
        }
    }

    /// Whether a value belongs to the type by its structure; narrowing tests are the evaluator's (`coerce`). Null belongs to
    /// `Null` and `Any` alone.
    pub(crate) fn admits(&self, value: &Value) -> bool {
        match (self, value) {
            (Type::Any, _) => true,
            (Type::Defined(d), _) => d.base.admits(value),
            (Type::Null, Value::Null)
            | (Type::Boolean, Value::Boolean(_))
            | (Type::Number, Value::Number(_))
            | (Type::Text, Value::Text(_))
            | (Type::Date, Value::Date(_))
            | (Type::Time, Value::Time(_))
            | (Type::DateTime, Value::DateTime(_))
            | (Type::DaysTime, Value::DaysTime(_))
            | (Type::YearsMonths, Value::YearsMonths(_)) => true,
            (Type::List(of), Value::List(items)) => items.iter().all(|v| v.is_null() || of.admits(v)),
            (Type::Context(entries), Value::Context(context)) => {
                entries.iter().all(|(name, ty)| context.get(name).is_some_and(|v| v.is_null() || ty.admits(v)))
            }
            (Type::Range(of), Value::Range(range)) => range.low.iter().chain(&range.high).all(|v| of.admits(v)),
            (Type::Function(params, result), Value::Function(function)) => function.is_of(params, result),
            _ => false,
        }
    }

    /// Whether every value of this type belongs to the other one.
    pub(crate) fn conforms(&self, other: &Type) -> bool {
        match (self.plain(), other.plain()) {
            (_, Type::Any) | (Type::Null, _) => true,
            (Type::List(a), Type::List(b)) | (Type::Range(a), Type::Range(b)) => a.conforms(b),
            (Type::Context(a), Type::Context(b)) => {
                b.iter().all(|(name, ty)| a.iter().any(|(n, t)| n == name && t.conforms(ty)))
            }
            (Type::Function(a, x), Type::Function(b, y)) => {
                a.len() == b.len() && b.iter().zip(a).all(|(b, a)| b.conforms(a)) && x.conforms(y)
            }
            (a, b) => std::mem::discriminant(a) == std::mem::discriminant(b),
        }
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Type::Any => f.write_str("Any"),
            Type::Null => f.write_str("Null"),
            Type::Boolean => f.write_str("boolean"),
            Type::Number => f.write_str("number"),
            Type::Text => f.write_str("string"),
            Type::Date => f.write_str("date"),
            Type::Time => f.write_str("time"),
            Type::DateTime => f.write_str("date and time"),
            Type::DaysTime => f.write_str("days and time duration"),
            Type::YearsMonths => f.write_str("years and months duration"),
            Type::List(of) => write!(f, "list<{of}>"),
            Type::Range(of) => write!(f, "range<{of}>"),
            Type::Context(entries) => {
                f.write_str("context<")?;
                for (i, (name, ty)) in entries.iter().enumerate() {
                    write!(f, "{}{name}: {ty}", if i > 0 { ", " } else { "" })?;
                }
                f.write_str(">")
            }
            Type::Function(params, result) => {
                f.write_str("function<")?;
                for (i, ty) in params.iter().enumerate() {
                    write!(f, "{}{ty}", if i > 0 { ", " } else { "" })?;
                }
                write!(f, "> -> {result}")
            }
            Type::Defined(d) => f.write_str(&d.name),
        }
    }
}
