//! What FEEL's own functions take and give. One line a function: overloads behind `|`; `?` behind a type: may be left out; `*`: any
//! number of these. A letter is any type, the same wherever it stands.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use crate::types::Type;

const TEXTS: &str = "
date: text -> date | when -> date | number number number -> date
date and time: text -> moment | when -> moment | when time -> moment | number number number number number number span? -> moment | number number number number number number text -> moment
time: text -> time | when -> time | time -> time | number number number span? -> time
years and months duration: when when -> months
number: text -> number | text text? text? -> number
string: any -> text
not: boolean -> boolean
substring: text number number? -> text
string length: text -> number
upper case: text -> text
lower case: text -> text
substring before: text text -> text
substring after: text text -> text
replace: text text text text? -> text
contains: text text -> boolean
starts with: text text -> boolean
ends with: text text -> boolean
matches: text text text? -> boolean
split: text text -> list<text>
string join: list<text> text? -> text
list contains: list<a> a -> boolean
count: list<any> -> number
min: list<o> -> o | o* -> o
max: list<o> -> o | o* -> o
sum: list<number> -> number | number* -> number | list<span> -> span | list<months> -> months
product: list<number> -> number | number* -> number
mean: list<number> -> number | number* -> number | list<span> -> span | list<months> -> months
median: list<number> -> number | number* -> number
stddev: list<number> -> number | number* -> number
mode: list<number> -> list<number> | number* -> list<number>
all: list<boolean> -> boolean | boolean* -> boolean
any: list<boolean> -> boolean | boolean* -> boolean
sublist: list<a> number number? -> list<a>
append: list<a> a* -> list<a>
concatenate: list<a>* -> list<a>
insert before: list<a> number a -> list<a>
remove: list<a> number -> list<a>
list replace: list<a> number a -> list<a> | list<a> function a -> list<a>
reverse: list<a> -> list<a>
index of: list<a> a -> list<number>
union: list<a>* -> list<a>
distinct values: list<a> -> list<a>
sort: list<a> function? -> list<a>
decimal: number number -> number
floor: number number? -> number
ceiling: number number? -> number
round up: number number -> number
round down: number number -> number
round half up: number number -> number
round half down: number number -> number
abs: number -> number | span -> span | months -> months
modulo: number number -> number
sqrt: number -> number
log: number -> number
exp: number -> number
odd: number -> boolean
even: number -> boolean
is: a a -> boolean
before: a a -> boolean | a range<a> -> boolean | range<a> a -> boolean | range<a> range<a> -> boolean
after: a a -> boolean | a range<a> -> boolean | range<a> a -> boolean | range<a> range<a> -> boolean
meets: range<a> range<a> -> boolean
met by: range<a> range<a> -> boolean
overlaps: range<a> range<a> -> boolean
overlaps before: range<a> range<a> -> boolean
overlaps after: range<a> range<a> -> boolean
finishes: a range<a> -> boolean | range<a> range<a> -> boolean
finished by: range<a> a -> boolean | range<a> range<a> -> boolean
includes: range<a> a -> boolean | range<a> range<a> -> boolean
during: a range<a> -> boolean | range<a> range<a> -> boolean
starts: a range<a> -> boolean | range<a> range<a> -> boolean
started by: range<a> a -> boolean | range<a> range<a> -> boolean
coincides: a a -> boolean | range<a> range<a> -> boolean
day of year: when -> number
day of week: when -> text
month of year: when -> text
week of year: when -> number
now: -> moment
today: -> date
";

/// A parameter's or result's type.
#[derive(Clone, Debug, PartialEq)]
enum Shape {
    Any,
    /// A date, or a date and time.
    When,
    Function,
    Plain(Basic),
    /// The same type wherever the letter stands; `o` has an order.
    Letter(char),
    List(Box<Shape>),
    Range(Box<Shape>),
}

/// FEEL's basic types.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Basic {
    Text,
    Number,
    Boolean,
    Date,
    Time,
    Moment,
    Span,
    Months,
}

impl Basic {
    fn ty(self) -> Type {
        match self {
            Basic::Text => Type::Text,
            Basic::Number => Type::Number,
            Basic::Boolean => Type::Boolean,
            Basic::Date => Type::Date,
            Basic::Time => Type::Time,
            Basic::Moment => Type::DateTime,
            Basic::Span => Type::DaysTime,
            Basic::Months => Type::YearsMonths,
        }
    }
}

struct Form {
    /// Type, may be left out, any number.
    params: Vec<(Shape, bool, bool)>,
    result: Shape,
}

fn shape(text: &str) -> Shape {
    let inside = |start: &str| text.strip_prefix(start).and_then(|t| t.strip_suffix('>')).map(|t| Box::new(shape(t)));
    if let Some(of) = inside("list<") {
        return Shape::List(of);
    }
    if let Some(of) = inside("range<") {
        return Shape::Range(of);
    }
    Shape::Plain(match text {
        "when" => return Shape::When,
        "function" => return Shape::Function,
        "text" => Basic::Text,
        "number" => Basic::Number,
        "boolean" => Basic::Boolean,
        "date" => Basic::Date,
        "time" => Basic::Time,
        "moment" => Basic::Moment,
        "span" => Basic::Span,
        "months" => Basic::Months,
        "any" => return Shape::Any,
        letter => return letter.chars().next().map_or(Shape::Any, Shape::Letter),
    })
}

fn form(text: &str) -> Option<Form> {
    let (params, result) = text.split_once("->")?;
    let param = |t: &str| (shape(t.trim_end_matches(['?', '*'])), t.ends_with('?'), t.ends_with('*'));
    Some(Form { params: params.split_whitespace().map(param).collect(), result: shape(result.trim()) })
}

static FORMS: LazyLock<HashMap<&str, Vec<Form>>> = LazyLock::new(|| {
    let line = |line: &'static str| {
        let (name, forms) = line.split_once(": ").or_else(|| line.split_once(':'))?;
        Some((name, forms.split('|').filter_map(form).collect()))
    };
    TEXTS.lines().filter_map(line).collect()
});

/// Whether the types of a function are said here.
pub(super) fn is_known(name: &str) -> bool {
    FORMS.contains_key(name)
}

/// How the function is called, for messages.
pub(super) fn words(name: &str) -> &'static str {
    let line = TEXTS.lines().find(|l| l.split_once(':').is_some_and(|(n, _)| n == name));
    line.and_then(|l| l.split_once(':')).map_or("", |(_, forms)| forms.trim())
}

/// The type of a call, if its arguments fit one of the overloads.
pub(super) fn result(name: &str, args: &[Type]) -> Option<Type> {
    FORMS.get(name)?.iter().find_map(|form| fit(form, args))
}

fn fit(form: &Form, args: &[Type]) -> Option<Type> {
    let mut letters = HashMap::new();
    let mut given = args.iter();
    for (shape, optional, many) in &form.params {
        match given.next() {
            Some(arg) => fits(shape, arg, &mut letters)?,
            None if *optional => continue,
            None => return None,
        }
        if *many {
            for arg in given.by_ref() {
                fits(shape, arg, &mut letters)?;
            }
        }
    }
    if given.next().is_some() { None } else { Some(made(&form.result, &letters)) }
}

fn fits(shape: &Shape, arg: &Type, letters: &mut HashMap<char, Type>) -> Option<()> {
    let arg = arg.plain();
    let good = match (shape, arg) {
        (Shape::Any, _) => true,
        (Shape::When, Type::Date | Type::DateTime) | (Shape::Function, Type::Function(..)) => true,
        (Shape::List(of), Type::List(elements)) | (Shape::Range(of), Type::Range(elements)) => {
            return fits(of, elements, letters);
        }
        (Shape::Plain(ty), arg) => !matches!(arg, Type::Any | Type::Null) && arg.conforms(&ty.ty()),
        (Shape::Letter('o'), Type::Boolean | Type::List(_) | Type::Context(_) | Type::Function(..) | Type::Any) => {
            false
        }
        (Shape::Letter(_), Type::Any) => false,
        (Shape::Letter(letter), arg) => match letters.get(letter) {
            Some(bound) if arg.conforms(bound) => true,
            Some(bound) if bound.conforms(arg) => {
                letters.insert(*letter, arg.clone());
                true
            }
            Some(_) => false,
            None => {
                letters.insert(*letter, arg.clone());
                true
            }
        },
        _ => false,
    };
    good.then_some(())
}

fn made(shape: &Shape, letters: &HashMap<char, Type>) -> Type {
    match shape {
        Shape::Any | Shape::Function => Type::Any,
        Shape::When => Type::Date,
        Shape::Plain(ty) => ty.ty(),
        Shape::Letter(letter) => letters.get(letter).cloned().unwrap_or(Type::Null),
        Shape::List(of) => Type::List(Arc::new(made(of, letters))),
        Shape::Range(of) => Type::Range(Arc::new(made(of, letters))),
    }
}
