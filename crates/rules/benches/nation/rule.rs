//! A rule written once and said in three languages: FEEL for us, Python for OpenFisca, SQL for DuckDB.

/// Of whom a fact is.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Of {
    Household,
    Person,
}

/// An expression over whole numbers and truths.
#[derive(Clone)]
pub(crate) enum E {
    Num(i64),
    /// A fact or named value.
    Fact(Of, &'static str),
    /// A published table by a household's value; the second name is the table's.
    Table(&'static str, Box<E>),
    /// Two operands and a sign that all three languages share.
    Sign(&'static str, Box<E>, Box<E>),
    Same(Box<E>, Box<E>),
    /// So many hundredths, rounded down.
    Share(Box<E>, i64),
    Max(Box<E>, Box<E>),
    Min(Box<E>, Box<E>),
    And(Vec<E>),
    Or(Vec<E>),
    Not(Box<E>),
    If(Box<E>, Box<E>, Box<E>),
    /// The code is one of these.
    In(&'static str, Vec<usize>),
    /// Members for whom it holds.
    Count(Box<E>),
    Sum(Box<E>),
    Any(Box<E>),
    /// An earlier programme of households.
    Entitled(usize),
    Amount(usize),
}

/// A programme: all conditions must hold.
pub(crate) struct Programme {
    pub(crate) of: Of,
    pub(crate) conditions: Vec<E>,
    pub(crate) amount: E,
}

fn list(all: &[E], between: &str, say: impl Fn(&E) -> String) -> String {
    format!("({})", all.iter().map(say).collect::<Vec<_>>().join(between))
}

/// In our language. `person`: how a person's fact is called here.
pub(crate) fn feel(e: &E, person: &str) -> String {
    let say = |e: &E| feel(e, person);
    match e {
        E::Num(n) => n.to_string(),
        E::Fact(Of::Household, name) => format!("household.{name}"),
        E::Fact(Of::Person, name) => format!("{person}{name}"),
        E::Table(name, key) => format!("{name}({})", say(key)),
        E::Sign(sign, a, b) => format!("({} {sign} {})", say(a), say(b)),
        E::Same(a, b) => format!("({} = {})", say(a), say(b)),
        E::Share(a, p) => format!("floor({} * {p} / 100)", say(a)),
        E::Max(a, b) => format!("max({}, {})", say(a), say(b)),
        E::Min(a, b) => format!("min({}, {})", say(a), say(b)),
        E::And(all) => list(all, " and ", say),
        E::Or(all) => list(all, " or ", say),
        E::Not(a) => format!("not({})", say(a)),
        E::If(c, a, b) => format!("(if {} then {} else {})", say(c), say(a), say(b)),
        E::In(name, codes) => {
            let codes: Vec<String> = codes.iter().map(|c| format!("\"{name}{c}\"")).collect();
            format!("household.{name} in ({})", codes.join(", "))
        }
        E::Count(a) if matches!(**a, E::Num(_)) => "count(household.members)".into(),
        E::Count(a) => format!("count(household.members[{}])", feel(a, "")),
        E::Sum(a) => format!("sum(for m in household.members return {})", feel(a, "m.")),
        E::Any(a) => format!("(some m in household.members satisfies {})", feel(a, "m.")),
        E::Entitled(n) => format!("entitled(\"p{n}\")"),
        E::Amount(n) => format!("amount of(\"p{n}\")"),
    }
}

/// As a formula of OpenFisca for `who`: `h` the household, `p` a person, `h.members` its members.
pub(crate) fn python(e: &E, who: &str) -> String {
    let say = |e: &E| python(e, who);
    let household = |name: &str| match who {
        "p" => format!("p.household('{name}', period)"),
        _ => format!("h('{name}', period)"),
    };
    match e {
        E::Num(n) => n.to_string(),
        E::Fact(Of::Household, name) => household(name),
        E::Fact(Of::Person, name) if who == "h" => format!("h.members('{name}', period)"),
        E::Fact(Of::Person, name) => format!("{who}('{name}', period)"),
        E::Table(name, key) => format!("{}[{}]", name.to_uppercase(), say(key)),
        E::Sign(sign, a, b) => format!("({} {sign} {})", say(a), say(b)),
        E::Same(a, b) => format!("({} == {})", say(a), say(b)),
        E::Share(a, p) => format!("({} * {p} // 100)", say(a)),
        E::Max(a, b) => format!("max_({}, {})", say(a), say(b)),
        E::Min(a, b) => format!("min_({}, {})", say(a), say(b)),
        E::And(all) => list(all, " & ", say),
        E::Or(all) => list(all, " | ", say),
        E::Not(a) => format!("(~{})", say(a)),
        E::If(c, a, b) => format!("where({}, {}, {})", say(c), say(a), say(b)),
        E::In(name, codes) => {
            let codes: Vec<String> = codes.iter().map(|c| format!("({} == {c})", household(name))).collect();
            format!("({})", codes.join(" | "))
        }
        E::Count(a) if matches!(**a, E::Num(_)) => "h.nb_persons()".into(),
        E::Count(a) | E::Sum(a) => format!("h.sum({})", say(a)),
        E::Any(a) => format!("h.any({})", say(a)),
        E::Entitled(n) => format!("h('p{n}_ok', period)"),
        E::Amount(n) => format!("h('p{n}', period)"),
    }
}

/// In SQL. What is gathered over members becomes a column of its own, noted in `gathered`.
pub(crate) fn sql(e: &E, gathered: &mut Vec<String>) -> String {
    let gather = |text: String, gathered: &mut Vec<String>| {
        let at = gathered.iter().position(|g| *g == text).unwrap_or_else(|| {
            gathered.push(text);
            gathered.len() - 1
        });
        format!("g{at}")
    };
    let mut inner = Vec::new();
    match e {
        E::Num(n) => n.to_string(),
        E::Fact(_, name) => (*name).into(),
        E::Table(name, key) => format!("{}[{} + 1]", tables_as_lists(name), sql(key, gathered)),
        E::Sign(sign, a, b) => format!("({} {sign} {})", sql(a, gathered), sql(b, gathered)),
        E::Same(a, b) => format!("({} = {})", sql(a, gathered), sql(b, gathered)),
        E::Share(a, p) => format!("({} * {p} // 100)", sql(a, gathered)),
        E::Max(a, b) => format!("greatest({}, {})", sql(a, gathered), sql(b, gathered)),
        E::Min(a, b) => format!("least({}, {})", sql(a, gathered), sql(b, gathered)),
        E::And(all) => {
            format!("({})", all.iter().map(|e| sql(e, gathered)).collect::<Vec<_>>().join(" and "))
        }
        E::Or(all) => format!("({})", all.iter().map(|e| sql(e, gathered)).collect::<Vec<_>>().join(" or ")),
        E::Not(a) => format!("(not {})", sql(a, gathered)),
        E::If(c, a, b) => {
            let [c, a, b] = [c, a, b].map(|e| sql(e, gathered));
            format!("(case when {c} then {a} else {b} end)")
        }
        E::In(name, codes) => {
            format!("{name} in ({})", codes.iter().map(usize::to_string).collect::<Vec<_>>().join(", "))
        }
        E::Count(a) if matches!(**a, E::Num(_)) => gather("count(*)::integer".into(), gathered),
        E::Count(a) => gather(format!("count(*) filter (where {})::integer", sql(a, &mut inner)), gathered),
        E::Sum(a) => gather(format!("sum({})::integer", sql(a, &mut inner)), gathered),
        E::Any(a) => gather(format!("bool_or({})", sql(a, &mut inner)), gathered),
        E::Entitled(n) => format!("e{n}"),
        E::Amount(n) => format!("a{n}"),
    }
}

/// A table as a list written in the query.
fn tables_as_lists(name: &str) -> String {
    format!("{:?}", crate::town::table(name))
}
