//! `population/facts.toml`: how facts are drawn, step by step. A condition sees what was drawn before it.

use std::sync::Arc;

use rules::schema::{Entity, Per, Type};

use super::kinds::sources;
use super::{Context, choice, conditions, fact, number_of, share, unit, whole};
use crate::load::key;
use crate::model::population::{Draw, DrawRule, DrawnFact, How, Part, Population, Shape, Source, Split, Step, What};
use crate::read::fault::{did_you_mean, shown};
use crate::read::toml_doc::{Located, Table, document};

/// Ways of drawing a value.
const WAYS: [&str; 8] = ["value", "share", "choice", "between", "median", "days", "times", "from"];

/// Reads the file.
pub(super) fn read(cx: &mut Context<'_>, it: &mut Population) {
    let Some(source) = cx.open("population/facts.toml") else { return };
    let faults = cx.faults;
    document(&source, faults, |root| {
        // Known from the start: conditions ask for them before anything is drawn.
        if let Some(birth) = root.need_text("birth_date") {
            let _ = declared(cx, it, &birth);
        }
        if let Some(table) = root.table("sex") {
            sex(cx, it, &table);
            table.finish();
        }
        for table in root.tables("trait") {
            declare_trait(cx, it, &table);
            table.finish();
        }
        for table in root.tables("draw") {
            step(cx, it, &table);
            table.finish();
        }
    });
}

fn sex(cx: &Context<'_>, it: &mut Population, table: &Table<'_>) {
    let fact = table.need_text("fact").and_then(|t| declared(cx, it, &t));
    let (woman, man) = (table.need_text("woman"), table.need_text("man"));
    let (Some(n), Some(woman), Some(man)) = (fact, woman, man) else { return };
    let Some(fact) = it.facts.get(n) else { return };
    if let (Some(woman), Some(man)) = (number_of(cx, fact, &woman), number_of(cx, fact, &man)) {
        it.sex = Some((n, woman, man));
    }
}

/// What only the drawing knows: `[[trait]] id = "person.work"` with codes, with `money = true`, or a number.
fn declare_trait(cx: &Context<'_>, it: &mut Population, table: &Table<'_>) {
    let codes = table.texts("codes");
    let Some(id) = table.need_text("id") else { return };
    let (entity, name) = match id.it.split_once('.') {
        Some(("person", name)) => (Entity::Person, name),
        Some(("household", name)) => (Entity::Household, name),
        _ => {
            cx.faults.error(
                "bad-id",
                &id.at,
                format!("\"{}\" is no trait", shown(&id.it)),
                "person.… or household.…",
                "",
            );
            return;
        }
    };
    if cx.content.items.get(&id.it).is_some() || it.facts.iter().any(|f| key(f.entity, &f.id) == id.it) {
        return cx.twice("fact", &id.it, &id.at);
    }
    let ty = match (codes.is_empty(), table.flag("money")) {
        (false, _) => Type::Code(Arc::from("")),
        (true, true) => Type::Money(Per::Once),
        (true, false) => Type::Integer(Arc::from("")),
    };
    let codes = codes.into_iter().map(|c| Arc::from(c.it)).collect();
    it.facts.push(DrawnFact { entity, id: Arc::from(name), ty, codes, item: false });
}

/// The fact of that name, declared now when it is an item that was not drawn before.
fn declared(cx: &Context<'_>, it: &mut Population, name: &Located<String>) -> Option<usize> {
    if let Some(n) = it.facts.iter().position(|f| key(f.entity, &f.id) == name.it) {
        return Some(n);
    }
    let Some(item) = cx.content.items.get(&name.it) else {
        let known: Vec<String> = cx.content.items.iter().map(|i| key(i.entity, &i.id)).collect();
        let message = format!("there is no item or trait \"{}\"", shown(&name.it));
        let hint = did_you_mean(&name.it, known.iter().map(String::as_str));
        cx.faults.error(
            "unknown-item",
            &name.at,
            message,
            "person.… or household.… of items.csv, or a [[trait]]",
            hint,
        );
        return None;
    };
    if matches!(item.ty, Type::Decimal(_) | Type::Ratio | Type::Text) {
        let message = format!("\"{}\" cannot be drawn", shown(&name.it));
        let expected = "an item that is true or false, a whole number, money, a date or a code";
        cx.faults.error("bad-value", &name.at, message, expected, "");
        return None;
    }
    let codes = match &item.ty {
        Type::Code(list) => cx.content.code_lists.get(list).map(|l| &l.codes),
        _ => None,
    };
    let codes = codes.into_iter().flatten().map(|c| Arc::from(c.id.as_str())).collect();
    let (entity, id) = (item.entity, Arc::from(item.id.as_str()));
    it.facts.push(DrawnFact { entity, id, ty: item.ty.clone(), codes, item: true });
    Some(it.facts.len() - 1)
}

fn step(cx: &Context<'_>, it: &mut Population, table: &Table<'_>) {
    let confidence = sources(cx, table);
    if let Some(of) = table.text("split") {
        if let Some(split) = split(cx, it, table, &of) {
            it.steps.push(Step::Split(split));
        }
        return;
    }
    let name = table.need_text("fact");
    let unknown = share(cx, table.number("unknown"), &table.place("unknown"));
    let Some(fact) = name.and_then(|name| declared(cx, it, &name)) else { return };
    let mut rules = Vec::new();
    if table.has("rules") {
        for rule in table.tables("rules") {
            rules.extend(draw_rule(cx, it, fact, &rule));
            rule.finish();
        }
    } else {
        rules.extend(draw_rule(cx, it, fact, table));
    }
    it.steps.push(Step::Draw(Draw { fact, unknown, rules, confidence }));
}

fn draw_rule(cx: &Context<'_>, it: &Population, n: usize, table: &Table<'_>) -> Option<DrawRule> {
    let fact = it.facts.get(n)?;
    let when = table.text("when").map(|t| conditions::read(cx, it, fact.entity, &t)).unwrap_or_default();
    let unit = unit(cx, fact);
    let ways = [
        constant(cx, fact, table),
        table.number("share").map(|s| How::Share(share(cx, Some(s), &table.place("share")))),
        table.weights("choice").and_then(|weights| {
            let all = weights.iter().map(|(name, w)| Some((number_of(cx, fact, name)?, *w)));
            all.collect::<Option<Vec<_>>>().map(|all| How::Choice(choice(all)))
        }),
        table.numbers::<2>("between").map(|[a, b]| {
            let least = whole(a * unit);
            How::Between(least, whole(b * unit).max(least), shape(table, unit))
        }),
        table.number("median").map(|median| How::LogNormal {
            median: median.max(0.0) * unit,
            sigma: table.number("sigma").unwrap_or(0.0).max(0.0),
            shape: shape(table, unit),
        }),
        table.numbers::<2>("days").map(|[a, b]| How::Days(whole(a), whole(b).max(whole(a)))),
        times(cx, it, fact, table),
        table.text("from").and_then(|word| {
            let words = [
                ("youngest_birth", How::YoungestBirth),
                ("youngest_count", How::YoungestCount),
                ("birth_order", How::BirthOrder),
                ("nothing", How::Nothing),
            ];
            let named: Vec<(&str, usize)> = words.iter().enumerate().map(|(n, (word, _))| (*word, n)).collect();
            cx.choice(&word, &named).and_then(|n| words.into_iter().nth(n)).map(|(_, how)| how)
        }),
    ];
    if WAYS.iter().filter(|way| table.has(way)).count() != 1 {
        let expected = format!("one of {}", WAYS.join(", "));
        let message = "how is it drawn? Exactly one way must stand here";
        cx.faults.error("bad-value", &table.at, message, expected, "");
        return None;
    }
    let how = ways.into_iter().flatten().next()?;
    let fits = match (&how, &fact.ty) {
        (How::Share(_), ty) => *ty == Type::Boolean,
        (How::Days(..) | How::YoungestBirth, ty) => *ty == Type::Date,
        (How::Nothing | How::Constant(_) | How::Choice(_), _) => true,
        (How::Times { .. }, Type::Date) => true,
        (_, ty) => matches!(ty, Type::Integer(_) | Type::Money(_)),
    };
    if !fits {
        let message = format!("\"{}\" cannot be drawn in this way", fact.id);
        cx.faults.error(
            "wrong-type",
            &table.at,
            message,
            "share for true or false, days for a date, choice for a code",
            "",
        );
    }
    Some(DrawRule { when, how })
}

/// `value = …`: a number, true, or a code.
fn constant(cx: &Context<'_>, fact: &DrawnFact, table: &Table<'_>) -> Option<How> {
    let value = table.expr("value")?;
    number_of(cx, fact, &Located { it: value.text, at: value.origin }).map(How::Constant)
}

/// `times = { of = "wage", factor = 12 }`
fn times(cx: &Context<'_>, it: &Population, fact: &DrawnFact, table: &Table<'_>) -> Option<How> {
    let (entity, unit) = (fact.entity, unit(cx, fact));
    let inner = table.table("times")?;
    let of = inner.need_text("of");
    let add = inner.text("add").and_then(|name| source(cx, it, entity, &name));
    let factor = inner.number("factor").unwrap_or(1.0);
    let plus = inner.number("plus").unwrap_or(0.0) * unit;
    let shape = shape(&inner, unit);
    inner.finish();
    let of = source(cx, it, entity, &of?)?;
    Some(How::Times { of, add, factor, plus, shape })
}

/// `wage`, `household.rent_deposit`, `members.wage`, a variable, `age`, `months` or `size`.
fn source(cx: &Context<'_>, it: &Population, entity: Entity, name: &Located<String>) -> Option<Source> {
    let shape = match (name.it.as_str(), entity) {
        ("age", Entity::Person) => Some(What::Age),
        ("months", Entity::Person) => Some(What::Months),
        ("size", _) => Some(What::Size),
        _ => None,
    };
    if let Some(what) = shape {
        return Some(Source::Shape(what));
    }
    let as_fact = |it_is: String| fact(cx, it, &Located { it: it_is, at: name.at.clone() });
    if let Some(n) = it.variables.iter().position(|v| v.id.as_ref() == name.it) {
        return Some(Source::Variable(n));
    }
    match name.it.split_once('.') {
        Some(("members", id)) => as_fact(format!("person.{id}")).map(Source::Members),
        Some(("household", _)) => as_fact(name.it.clone()).map(Source::Household),
        _ => as_fact(key(entity, &name.it)).map(Source::Own),
    }
}

/// `least`, `most` and `round`, in minor units where they are money.
fn shape(table: &Table<'_>, unit: f64) -> Shape {
    let number = |n: Option<f64>, open: i64| n.map_or(open, |n| whole(n * unit));
    let least = number(table.number("least"), i64::MIN);
    Shape {
        least,
        most: number(table.number("most"), i64::MAX).max(least),
        round: number(table.number("round"), 1).max(1),
    }
}

fn split(cx: &Context<'_>, it: &mut Population, table: &Table<'_>, of: &Located<String>) -> Option<Split> {
    let rest = table.text("rest").and_then(|name| declared(cx, it, &name));
    let mut parts = Vec::new();
    for part in table.tables("parts") {
        let name = part.need_text("fact");
        let weight = part.need_number("weight").unwrap_or(0.0).max(0.0);
        let sigma = part.number("sigma").unwrap_or(0.0).max(0.0);
        let fact = name.and_then(|name| declared(cx, it, &name));
        if let Some((n, fact)) = fact.and_then(|n| Some((n, it.facts.get(n)?))) {
            let shape = shape(&part, unit(cx, fact));
            let shape = Shape { least: shape.least.max(0), ..shape };
            let when = part.text("when").map(|t| conditions::read(cx, it, fact.entity, &t)).unwrap_or_default();
            parts.push(Part { fact: n, when, weight, sigma, shape });
        }
        part.finish();
    }
    let Some(variable) = it.variables.iter().position(|v| v.id.as_ref() == of.it) else {
        let hint = did_you_mean(&of.it, it.variables.iter().map(|v| v.id.as_ref()));
        let message = format!("there is no variable \"{}\"", shown(&of.it));
        cx.faults.error("unknown-fact", &of.at, message, "a variable of population/variables.toml", hint);
        return None;
    };
    Some(Split { of: variable, parts, rest })
}
