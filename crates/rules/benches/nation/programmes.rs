//! Twenty kinds of programme as welfare states have them; every further twenty are the same kinds with other ages, lines and
//! sums. Rules are shallow: real packs are deeper.

use crate::rule::{E, Of, Programme};

fn h(name: &'static str) -> E {
    E::Fact(Of::Household, name)
}

fn p(name: &'static str) -> E {
    E::Fact(Of::Person, name)
}

fn n(n: i64) -> E {
    E::Num(n)
}

fn sign(a: E, sign: &'static str, b: E) -> E {
    E::Sign(sign, Box::new(a), Box::new(b))
}

fn count(e: E) -> E {
    E::Count(Box::new(e))
}

fn any(e: E) -> E {
    E::Any(Box::new(e))
}

fn share(e: E, percent: i64) -> E {
    E::Share(Box::new(e), percent)
}

fn max(a: E, b: E) -> E {
    E::Max(Box::new(a), Box::new(b))
}

fn min(a: E, b: E) -> E {
    E::Min(Box::new(a), Box::new(b))
}

fn not(e: E) -> E {
    E::Not(Box::new(e))
}

fn choose(c: E, a: E, b: E) -> E {
    E::If(Box::new(c), Box::new(a), Box::new(b))
}

fn table(name: &'static str, key: E) -> E {
    E::Table(name, Box::new(key))
}

fn both(a: E, b: E) -> E {
    E::And(vec![a, b])
}

fn plus(a: E, b: E) -> E {
    sign(a, "+", b)
}

/// Named values: of whom, name, how it is worked out.
pub(crate) fn definitions() -> Vec<(Of, &'static str, E)> {
    let sum = |e: E| E::Sum(Box::new(e));
    let goods = plus(plus(h("savings"), h("home_value")), h("car_value"));
    let free = plus(h("debt"), table("basic_property", h("region")));
    vec![
        (Of::Person, "own_income", plus(plus(p("wage"), p("business")), p("pension"))),
        (Of::Household, "size", count(n(1))),
        (Of::Household, "children", count(sign(p("age"), "<", n(18)))),
        (Of::Household, "earned", sum(p("wage"))),
        (Of::Household, "income", plus(share(h("earned"), 70), sum(plus(p("business"), p("pension"))))),
        (Of::Household, "assets", max(sign(goods, "-", free), n(0))),
        (Of::Household, "recognised", plus(h("income"), share(h("assets"), 4))),
        (Of::Household, "median_income", table("median", h("size"))),
    ]
}

/// The first so many programmes.
pub(crate) fn programmes(count: usize) -> Vec<Programme> {
    (0..count).map(|at| programme(at, i64::try_from(at / 20).unwrap_or(0))).collect()
}

fn programme(at: usize, c: i64) -> Programme {
    let line = |percent: i64| sign(h("recognised"), "<=", share(h("median_income"), percent + c));
    let young = |age: i64| count(sign(p("age"), "<", n(age)));
    let aged = |from: i64, to: i64| both(sign(p("age"), ">=", n(from)), sign(p("age"), "<", n(to)));
    let some = |e: E| sign(e, ">=", n(1));
    let first = at - at % 20;
    let (of, conditions, amount) = match at % 20 {
        0 => {
            let age = 3 + c % 12;
            (Of::Household, vec![some(young(age)), line(120)], sign(young(age), "*", n(100_000 + 1_000 * c)))
        }
        1 => {
            let gap = sign(share(h("median_income"), 32 + c), "-", h("recognised"));
            (Of::Household, vec![line(32)], max(gap, n(0)))
        }
        2 => {
            let severe = any(both(p("disabled"), sign(p("grade"), "<=", n(1 + c % 4))));
            (Of::Household, vec![E::Or(vec![line(40), severe])], sign(h("size"), "*", n(30_000 + c)))
        }
        3 => {
            let most = plus(table("rent_line", h("region")), n(1_000 * c));
            (Of::Household, vec![not(h("owns_home")), line(48)], min(h("rent"), most))
        }
        4 => {
            let pupils = count(aged(6, 15 + c % 5));
            (Of::Household, vec![some(pupils.clone()), line(50)], sign(pupils, "*", n(40_000 + c)))
        }
        5 => {
            let alone = E::Same(Box::new(sign(h("size"), "-", h("children"))), Box::new(n(1)));
            let amount = sign(h("children"), "*", n(200_000 + c));
            (Of::Household, vec![alone, some(h("children")), line(63)], amount)
        }
        6 => {
            let amount = choose(sign(p("age"), ">=", n(65)), n(90_000 + c), n(330_000 + c));
            let low = sign(p("own_income"), "<=", n(1_300_000 + 10_000 * c));
            (
                Of::Person,
                vec![p("disabled"), sign(p("grade"), "<=", n(2)), sign(p("age"), ">=", n(18 + c % 3)), low],
                amount,
            )
        }
        7 => {
            let who = count(both(p("disabled"), sign(p("age"), "<", n(16 + c % 8))));
            (Of::Household, vec![some(who.clone()), line(65)], sign(who, "*", n(220_000 + c)))
        }
        8 => {
            let conditions = vec![sign(p("age"), ">=", n(62 + c)), line(70)];
            (Of::Person, conditions, max(sign(n(342_000 + c), "-", share(p("pension"), 30)), n(34_000)))
        }
        9 => (Of::Person, vec![p("pregnant"), not(p("student")), line(150)], n(1_000_000 + c)),
        10 => {
            let amount = choose(sign(h("children"), ">=", n(2)), n(1_500_000 + c), n(1_000_000 + c));
            (Of::Household, vec![some(young(1 + c % 4))], amount)
        }
        11 => {
            let age = sign(p("age"), ">=", n(60 + c));
            let weak = any(E::Or(vec![age, sign(p("age"), "<", n(7)), p("disabled"), p("pregnant")]));
            let amount = plus(n(150_000), sign(min(h("size"), n(4)), "*", n(30_000 + c)));
            (Of::Household, vec![E::In("energy", vec![1, 2]), weak, line(40)], amount)
        }
        12 => {
            let turn = usize::try_from(c).unwrap_or(0);
            let regions = vec![turn % 17, (turn + 5) % 17, (turn + 9) % 17];
            (
                Of::Household,
                vec![E::In("region", regions), any(sign(p("age"), "<", n(1)))],
                table("rent_line", h("region")),
            )
        }
        13 => {
            let low = sign(p("own_income"), "<=", n(2_000_000 + 10_000 * c));
            (Of::Person, vec![p("veteran"), sign(p("age"), ">=", n(60 + c)), not(p("disabled")), low], n(120_000 + c))
        }
        14 => {
            let conditions = vec![h("crisis"), line(75), sign(h("savings"), "<=", n(6_000_000 + 10_000 * c))];
            (Of::Household, conditions, share(h("median_income"), 30 + c))
        }
        15 => {
            let students = count(both(p("student"), aged(18, 24 + c)));
            (Of::Household, vec![some(students.clone()), line(90)], sign(students, "*", n(400_000 + c)))
        }
        16 => {
            let conditions = vec![any(p("carer")), not(E::Entitled(first + 11)), line(100)];
            (Of::Household, conditions, n(300_000 + c))
        }
        17 => {
            let low = sign(p("own_income"), "<=", n(2_500_000 + 10_000 * c));
            (
                Of::Person,
                vec![aged(19, 30 + c), low, not(p("student"))],
                min(share(p("own_income"), 13 + c), n(300_000)),
            )
        }
        18 => {
            let rise = share(h("income"), 40 + c);
            let fall = max(sign(n(1_650_000), "-", share(sign(h("income"), "-", n(4_000_000)), 18 + c)), n(0));
            let amount = choose(sign(h("income"), "<", n(4_000_000)), min(rise, n(1_650_000)), fall);
            let small = sign(h("assets"), "<=", n(200_000_000 + 100_000 * c));
            (Of::Household, vec![sign(h("income"), ">", n(0)), small], amount)
        }
        _ => {
            let others = plus(E::Amount(first + 1), E::Amount(first + 3));
            let amount = sign(n(300_000 + 1_000 * c), "-", others.clone());
            (Of::Household, vec![line(60), sign(others, "<", n(300_000 + 1_000 * c))], amount)
        }
    };
    Programme { of, conditions, amount }
}
