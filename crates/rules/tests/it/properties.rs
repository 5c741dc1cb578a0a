//! Properties that must hold for every rule: logic, knowledge that only grows, what is missing, text and tree, bad input.

use kernel::Date;
use proptest::prelude::*;
use rules::outcome::{Answer, FactRef, ProgrammeResult, Subject};
use rules::schema::{Entity, Schema, Value};
use rules::{Household, Program, canonical, compile};

use crate::support::{self, ON, programme};

/// How many days ahead a change is looked for.
const AHEAD: i64 = 9_131;

/// The unknown facts that generated rules speak of: item and some values it may have.
fn domain(item: &str) -> Vec<Value> {
    match item {
        "savings" | "wage" => [-1_000, -1, 0, 4, 5, 6, 9, 10, 11, 1_000].map(Value::Money).to_vec(),
        "score" => [-1_000, -3, 0, 4, 5, 6, 9, 10, 11, 1_000].map(Value::Integer).to_vec(),
        "disabled" | "owns_home" => [true, false].map(Value::Boolean).to_vec(),
        "region" => ["seoul", "busan", "rural"].map(|c| Value::Code(c.into())).to_vec(),
        "birth_date" => (2005..2026).map(|y| Value::Date(Date::constant(y, 6, 16))).collect(),
        other => panic!("{other}"),
    }
}

/// The same, every number and age on either side of a threshold that is generated, and numbers far beyond all the others,
/// which decide whatever sums they stand in.
fn wide(item: &str) -> Vec<Value> {
    let mut values = domain(item);
    let far = [-1_000_000_000_000, -1_000_000_000, 1_000_000_000, 1_000_000_000_000];
    let numbers = (-1..=12).chain(far);
    match values[0] {
        Value::Money(_) => values.extend(numbers.map(Value::Money)),
        Value::Integer(_) => values.extend(numbers.map(Value::Integer)),
        Value::Date(_) => {
            values.extend((0..=21).map(|years| Value::Date(ON.saturating_sub(jiff::Span::new().years(years)))))
        }
        _ => {}
    }
    values
}

const FACTS: [(Entity, &str); 7] = [
    (Entity::Household, "savings"),
    (Entity::Household, "region"),
    (Entity::Household, "owns_home"),
    (Entity::Person, "wage"),
    (Entity::Person, "score"),
    (Entity::Person, "disabled"),
    (Entity::Person, "birth_date"),
];

fn number() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("household.savings".to_owned()),
        Just("once(person.wage)".to_owned()),
        Just("sum(for m in household.members return once(m.wage))".to_owned()),
        Just("max(household.savings, 0)".to_owned()),
        (0..12i32).prop_map(|n| n.to_string()),
        Just("(if person.disabled then 4 else 10)".to_owned()),
    ];
    leaf.prop_recursive(2, 6, 2, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a} + {b})")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a} - {b})")),
            inner.clone().prop_map(|a| format!("({a} * 0.5)")),
            (inner.clone(), inner).prop_map(|(a, b)| format!("min({a}, {b})")),
        ]
    })
}

fn comparison(a: impl Strategy<Value = String>, b: impl Strategy<Value = String>) -> impl Strategy<Value = String> {
    (a, prop::sample::select(vec!["<", "<=", ">", ">=", "=", "!="]), b).prop_map(|(a, op, b)| format!("{a} {op} {b}"))
}

/// Single facts held against written values.
fn direct() -> impl Strategy<Value = String> {
    prop_oneof![
        comparison(
            Just("household.savings".to_owned()),
            prop::sample::select(vec!["0", "5", "10"]).prop_map(str::to_owned)
        ),
        (0..12i32).prop_map(|n| format!("person.score < {n}")),
        Just("person.disabled".to_owned()),
        Just("household.owns_home".to_owned()),
        Just("household.region in (\"seoul\", \"busan\")".to_owned()),
        Just("household.region = \"seoul\"".to_owned()),
        (1..20i32).prop_map(|n| format!("person.age_years >= {n}")),
    ]
}

fn atom() -> impl Strategy<Value = String> {
    prop_oneof![
        direct(),
        (0..2i32).prop_map(|n| format!("count(household.members[disabled]) > {n}")),
        Just("(some m in household.members satisfies m.score > 5)".to_owned()),
        Just("(every m in household.members satisfies m.disabled)".to_owned()),
        (0..12i32).prop_map(|n| format!("sum(household.members[disabled].score) <= {n}")),
    ]
}

fn combined(atom: impl Strategy<Value = String> + 'static) -> impl Strategy<Value = String> {
    atom.prop_recursive(3, 10, 2, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a} and {b})")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a} or {b})")),
            inner.clone().prop_map(|a| format!("not({a})")),
            (inner.clone(), inner.clone(), inner).prop_map(|(a, b, c)| format!("(if {a} then {b} else {c})")),
        ]
    })
}

fn truth() -> impl Strategy<Value = String> {
    combined(prop_oneof![atom(), comparison(number(), number())])
}

/// For each fact of two members (household facts twice): known with the value of this index, or unknown.
type Knowledge = Vec<Option<usize>>;

fn knowledge() -> impl Strategy<Value = Knowledge> {
    (0..FACTS.len() * 2).map(|n| prop::option::of(0..domain(FACTS[n % FACTS.len()].1).len())).collect::<Vec<_>>()
}

fn schema(conditions: &[(&str, &str)]) -> Schema {
    let mut schema = support::schema();
    schema.programmes = vec![programme("p", Entity::Person, conditions, None)];
    schema
}

fn household(program: &Program, known: &Knowledge) -> Household {
    let mut b = program.household();
    for name in ["a", "b"] {
        b.member(name).unwrap();
    }
    for (n, pick) in known.iter().enumerate() {
        let (entity, item) = FACTS[n % FACTS.len()];
        let values = wide(item);
        let value = pick.map(|p| values[p % values.len()].clone());
        match entity {
            Entity::Household if n < FACTS.len() => b.household_fact(item, value, None).unwrap(),
            Entity::Household => {}
            Entity::Person => b.person_fact(n / FACTS.len(), item, value, None).unwrap(),
        }
    }
    b.build()
}

fn result(program: &Program, known: &Knowledge) -> ProgrammeResult {
    program.explain(&household(program, known), ON, ON).results.swap_remove(0)
}

fn place(fact: &FactRef) -> usize {
    let item = FACTS.iter().position(|(_, i)| *i == fact.item).unwrap();
    match fact.subject {
        Subject::Household => item,
        Subject::Person(p) => p * FACTS.len() + item,
    }
}

/// Whether `fact` turns the answer, or is needed to settle it, for some value of `other`.
fn matters(program: &Program, filled: &Knowledge, fact: usize, other: usize) -> bool {
    let values = |place: usize| 0..wide(FACTS[place % FACTS.len()].1).len();
    let answer = |f: Option<usize>, o: usize| {
        let mut known = filled.clone();
        (known[fact], known[other]) = (f, Some(o));
        program.answers(&household(program, &known), ON, ON)[0].answer
    };
    values(other).any(|o| {
        let first = answer(Some(0), o);
        answer(None, o) == Answer::CannotTell || values(fact).any(|f| answer(Some(f), o) != first)
    })
}

/// Compiles generated conditions; a rule that can never hold is refused and not looked at.
fn program(conditions: &[String]) -> Option<Program> {
    let named: Vec<(&str, &str)> = conditions.iter().zip(["c", "d", "e"]).map(|(c, id)| (id, c.as_str())).collect();
    match compile(&schema(&named)) {
        Ok(c) => Some(c.program),
        Err(faults) => {
            assert!(
                faults.iter().all(|f| ["never-holds", "never-fails"].contains(&f.code)),
                "{faults:?} {conditions:?}"
            );
            None
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn learning_a_fact_never_turns_an_answer(conditions in prop::collection::vec(truth(), 1..3), some in knowledge(), more in knowledge()) {
        let Some(program) = program(&conditions) else { return Ok(()) };
        let before = result(&program, &some);
        let all: Knowledge = some.iter().zip(&more).map(|(s, m)| s.or(*m).or(Some(0))).collect();
        let after = result(&program, &all);
        prop_assert_ne!(after.answer, Answer::CannotTell, "everything is known: {:?}", conditions);
        if matches!(before.answer, Answer::Yes | Answer::No) {
            prop_assert_eq!(before.answer, after.answer, "{:?}", conditions);
            prop_assert!(before.missing.is_empty());
        }
    }

    #[test]
    fn the_missing_facts_settle_it(conditions in prop::collection::vec(truth(), 1..3), some in knowledge(), more in knowledge()) {
        let Some(program) = program(&conditions) else { return Ok(()) };
        let open = result(&program, &some);
        if open.answer != Answer::CannotTell {
            return Ok(());
        }
        prop_assert!(!open.missing.is_empty());
        let places: Vec<usize> = open.missing.iter().map(place).collect();
        prop_assert!(places.iter().all(|p| some[*p].is_none()), "only unknown facts are missing");
        let mut filled = some.clone();
        for p in &places {
            filled[*p] = more[*p].or(Some(0));
        }
        let settled = result(&program, &filled);
        prop_assert_ne!(settled.answer, Answer::CannotTell, "{:?} missing {:?}", conditions, open.missing);
    }

    #[test]
    fn each_missing_fact_can_matter(conditions in prop::collection::vec(combined(direct()), 1..3), some in knowledge()) {
        let Some(program) = program(&conditions) else { return Ok(()) };
        let open = result(&program, &some);
        // With two facts missing all their values are tried: each turns the answer, or leaves it open when left out.
        let places: Vec<usize> = open.missing.iter().map(place).collect();
        if let [a, b] = places[..] {
            let (one, other) = (matters(&program, &some, a, b), matters(&program, &some, b, a));
            prop_assert!(one && other, "{:?} missing {:?}: {one} {other}", conditions, open.missing);
        }
    }

    #[test]
    fn short_answers_are_the_explained_ones(conditions in prop::collection::vec(truth(), 1..3), some in knowledge()) {
        let Some(program) = program(&conditions) else { return Ok(()) };
        let household = household(&program, &some);
        let long: Vec<Answer> = program.explain(&household, ON, ON).results.into_iter().map(|r| r.answer).collect();
        let short: Vec<Answer> = program.answers(&household, ON, ON).into_iter().map(|r| r.answer).collect();
        prop_assert_eq!(long, short);
    }

    #[test]
    fn kleene_laws(a in truth(), b in truth(), c in truth(), some in knowledge()) {
        let laws = [
            (format!("{a} and {b}"), format!("{b} and {a}")),
            (format!("not({a} and {b})"), format!("not({a}) or not({b})")),
            (format!("not({a} or {b})"), format!("not({a}) and not({b})")),
            (format!("{a} and ({b} or {c})"), format!("({a} and {b}) or ({a} and {c})")),
            (format!("not(not({a}))"), a.clone()),
            (format!("{a} or {a}"), a.clone()),
        ];
        for (left, right) in laws {
            if let (Some(l), Some(r)) = (program(std::slice::from_ref(&left)), program(std::slice::from_ref(&right))) {
                let (l, r) = (result(&l, &some).answer, result(&r, &some).answer);
                // One side may see by its ranges what the other cannot; they never contradict each other.
                let agree = l == r || l == Answer::CannotTell || r == Answer::CannotTell;
                prop_assert!(agree, "{left} is {l:?}, {right} is {r:?}");
            }
        }
    }

    #[test]
    fn the_day_a_no_turns_is_the_first(conditions in prop::collection::vec(truth(), 1..2), some in knowledge()) {
        let Some(program) = program(&conditions) else { return Ok(()) };
        let household = household(&program, &some);
        let answer = |on: Date| program.answers(&household, on, on)[0].answer;
        if let Some(next) = program.next_change(&household, ON) {
            let mut day = ON;
            for _ in 0..400 {
                day = day.tomorrow().unwrap();
                if day >= next {
                    break;
                }
                prop_assert_eq!(answer(day), answer(ON), "{} before {}: {:?}", day, next, conditions);
            }
        } else {
            for years in 1..25i16 {
                let day = Date::new(2025 + years, 6, 17).unwrap();
                prop_assert_eq!(answer(day), answer(ON), "{:?}", conditions);
            }
        }
    }

    #[test]
    fn the_search_finds_the_day_that_going_through_all_days_finds(conditions in prop::collection::vec(truth(), 1..3), some in knowledge()) {
        let Some(program) = program(&conditions) else { return Ok(()) };
        let household = household(&program, &some);
        let now = result(&program, &some);
        if now.answer != Answer::No {
            return Ok(());
        }
        let found = match now.nearest {
            Some(rules::outcome::NearestChange::Day { on }) => Some(on),
            _ => None,
        };
        let open = |on: Date| !matches!(program.answers(&household, on, on)[0].answer, Answer::No | Answer::Error);
        let days = (1..=AHEAD).map(|n| ON.saturating_add(jiff::Span::new().days(n)));
        prop_assert_eq!(found, days.into_iter().find(|day| open(*day)), "{:?}", conditions);
    }

    #[test]
    fn what_is_printed_parses_to_the_same(text in truth()) {
        let once = canonical(&text).unwrap();
        prop_assert_eq!(canonical(&once), Some(once.clone()));
        let (a, b) = (program(&[text]), program(&[once]));
        prop_assert_eq!(a.map(|p| p.rule_set().to_owned()), b.map(|p| p.rule_set().to_owned()));
    }

    #[test]
    fn any_text_is_an_expression_or_a_fault(text in "\\PC*") {
        let _ = compile(&schema(&[("c", &text)]));
    }

    #[test]
    fn any_pieces_are_an_expression_or_a_fault(pieces in prop::collection::vec(prop::sample::select(vec![
        "household", "person", ".", "members", "[", "]", "(", ")", "wage", "age_years", "if", "then", "else", "and", "or", "not", "some", "m", "in",
        "satisfies", "for", "return", "..", ",", "+", "-", "*", "/", "**", "<", "<=", "=", "1", "0", "9223372036854775807", "0.5", "\"seoul\"", "date(",
        "duration(", "\"P1Y\"", "\"2024-02-29\"", "sum(", "count(", "min(", "line(", "line", "at", "between", "years between(", "start of month(", "today",
        "floor(", "is known(", "entitled(", "amount of(", "\"p\"", "region", "children", "spouse", "\n", "true", "99999999999999999999999999999999999999999",
    ]), 0..24)) {
        let text = pieces.join(" ");
        if let Ok(c) = compile(&schema(&[("c", &text)])) {
            let household = household(&c.program, &vec![None; FACTS.len() * 2]);
            c.program.explain(&household, ON, ON);
            c.program.next_change(&household, ON);
        }
    }
}
