use std::collections::BTreeSet;

use jiff::civil::date;
use kernel::Date;
use proptest::prelude::*;

use super::*;
use crate::outcome::Answer;

const ON: Date = Date::constant(2025, 6, 15);

fn result(
    programme: &str,
    subject: Subject,
    sum: Option<(i64, Per)>,
    period: (Option<Date>, Option<Date>),
) -> ProgrammeResult {
    ProgrammeResult {
        programme: programme.to_owned(),
        version: 0,
        subject,
        answer: Answer::Yes,
        amount: sum.map(|(minor, per)| Amount { minor: Some(minor), per, missing: Vec::new(), tables: Vec::new() }),
        from: period.0,
        until: period.1,
        claim_opens: None,
        claim_closes: None,
        conditions: Vec::new(),
        missing: Vec::new(),
        nearest: None,
        error: None,
    }
}

fn child(programme: &str, month: i64) -> ProgrammeResult {
    result(programme, Subject::Person(0), Some((month, Per::Month)), (None, None))
}

fn rule(id: &str, kind: Kind, a: &str, b: &str, choose: Choose) -> Rule {
    let side = |s: &str| match s.strip_prefix("fact:") {
        Some(item) => Side::Fact { entity: crate::schema::Entity::Person, item: item.to_owned() },
        None => Side::Programme(s.to_owned()),
    };
    Rule {
        id: id.to_owned(),
        kind,
        a: Some(side(a)),
        b: Some(side(b)),
        members: Vec::new(),
        limit_per: Per::Month,
        scope: Scope::SamePerson,
        choose,
    }
}

fn exclusive(id: &str, a: &str, b: &str) -> Rule {
    rule(id, Kind::Exclusive, a, b, Choose::Best)
}

fn run(rules: &[Rule], results: &[ProgrammeResult]) -> Combined {
    let fact = |fact: &FactRef| FactSide {
        holds: match fact.item.as_str() {
            "true" | "sum" => Some(true),
            "false" => Some(false),
            _ => None,
        },
        amount: (fact.item == "sum").then_some((30, Per::Month)),
    };
    let limit = |_: &str| Some(100);
    combine(rules, results, &Ties { on: ON, spouses: &[Some(1), Some(0), None], fact: &fact, limit: &limit })
}

fn standings(combined: &Combined) -> Vec<Standing> {
    combined.results.iter().map(|r| r.standing).collect()
}

fn sums(combined: &Combined) -> Vec<Option<i64>> {
    combined.results.iter().map(|r| r.amount.as_ref().and_then(|a| a.minor)).collect()
}

use Standing::{Choice as Open, Dropped, Kept, Shortened};

#[test]
fn the_larger_stays_and_the_smaller_is_the_alternative() {
    let out = run(&[exclusive("I1", "x", "y")], &[child("x", 100), child("y", 250)]);
    assert_eq!(standings(&out), [Dropped, Kept]);
    assert_eq!(out.results[0].by, ["I1"]);
    assert_eq!(out.alternatives, [Alternative { take: vec![0], give_up: vec![1], yearly: 1200, yearly_chosen: 3000 }]);
    assert_eq!(out.yearly, 3000);
    let tie = run(&[exclusive("I1", "y", "x")], &[child("x", 100), child("y", 100)]);
    assert_eq!(standings(&tie), [Dropped, Kept], "of equal ones the a side stays");
}

#[test]
fn a_greedy_choice_would_be_wrong() {
    // the largest single one excludes two that together give more
    let rules = [exclusive("I1", "big", "left"), exclusive("I2", "big", "right")];
    let out = run(&rules, &[child("big", 100), child("left", 60), child("right", 60)]);
    assert_eq!(standings(&out), [Dropped, Kept, Kept]);
    assert_eq!(out.alternatives[0].take, [0]);
    assert_eq!(out.alternatives[0].give_up, [1, 2]);
}

#[test]
fn the_law_may_put_one_first_though_it_gives_less() {
    let out = run(&[rule("I1", Kind::Exclusive, "x", "y", Choose::A)], &[child("x", 1), child("y", 250)]);
    assert_eq!(standings(&out), [Kept, Dropped]);
    assert!(out.alternatives.is_empty(), "there is no lawful way to the other");
    // what was itself pushed out pushes nobody
    let rules = [rule("I1", Kind::Exclusive, "x", "y", Choose::A), rule("I2", Kind::Exclusive, "z", "x", Choose::A)];
    assert_eq!(standings(&run(&rules, &[child("x", 1), child("y", 2), child("z", 3)])), [Dropped, Kept, Kept]);
}

#[test]
fn rules_that_beat_each_other_in_a_circle_ask_an_official() {
    let first = |id: &str, a: &str, b: &str| rule(id, Kind::Exclusive, a, b, Choose::A);
    let out = run(
        &[first("1", "x", "y"), first("2", "y", "z"), first("3", "z", "x")],
        &[child("x", 1), child("y", 2), child("z", 3)],
    );
    assert_eq!(standings(&out).iter().filter(|s| **s == Kept).count(), 1);
    assert!(out.results.iter().all(|r| r.check));
}

#[test]
fn the_family_chooses_where_the_law_lets_it() {
    let out = run(&[rule("I1", Kind::EitherOr, "x", "y", Choose::Family)], &[child("x", 100), child("y", 250)]);
    assert_eq!(standings(&out), [Open, Open]);
    assert_eq!(sums(&out), [Some(100), Some(250)]);
    assert_eq!(out.effects[0].what, What::Choice);
}

#[test]
fn days_that_do_not_meet_do_not_collide_and_part_of_a_period_is_kept() {
    let x = |from, until| result("x", Subject::Person(0), Some((100, Per::Month)), (from, until));
    let y = |from, until| result("y", Subject::Person(0), Some((200, Per::Month)), (from, until));
    let rules = [exclusive("I1", "x", "y")];
    let turn = Some(date(2025, 9, 1));
    assert_eq!(standings(&run(&rules, &[x(None, turn), y(turn, None)])), [Kept, Kept]);
    let out = run(&rules, &[x(Some(date(2024, 1, 1)), None), y(turn, Some(date(2026, 1, 1)))]);
    assert_eq!(standings(&out), [Shortened, Kept]);
    let kept =
        [Stretch { from: Some(date(2024, 1, 1)), until: turn }, Stretch { from: Some(date(2026, 1, 1)), until: None }];
    assert_eq!(out.results[0].periods, kept);
    assert_eq!(out.effects[0].from, turn);
}

#[test]
fn a_single_sum_is_had_whole_or_not_at_all() {
    let once = result("once", Subject::Person(0), Some((1000, Per::Once)), (None, None));
    let month = |minor| result("m", Subject::Person(0), Some((minor, Per::Month)), (Some(date(2025, 9, 1)), None));
    let rules = [exclusive("I1", "once", "m")];
    assert_eq!(standings(&run(&rules, &[once.clone(), month(50)])), [Kept, Dropped]);
    assert_eq!(standings(&run(&rules, &[once, month(500)])), [Dropped, Kept]);
}

#[test]
fn succession_lets_the_earlier_give_way() {
    let x = result("x", Subject::Person(0), Some((500, Per::Month)), (Some(date(2024, 1, 1)), Some(date(2026, 1, 1))));
    let y = result("y", Subject::Person(0), Some((100, Per::Month)), (Some(date(2025, 12, 1)), None));
    let out = run(&[rule("I1", Kind::Succession, "x", "y", Choose::Best)], &[x, y]);
    assert_eq!(standings(&out), [Shortened, Kept]);
    assert_eq!(out.results[0].periods[0].until, Some(date(2025, 12, 1)));
}

#[test]
fn off_sets_lower_never_below_nothing_and_across_months_and_years() {
    let offset = |b: &str| rule("O1", Kind::Offset, "x", b, Choose::Best);
    let year = result("y", Subject::Person(0), Some((1205, Per::Year)), (None, None));
    assert_eq!(sums(&run(&[offset("y")], &[child("x", 1000), year])), [Some(900), Some(1205)]);
    assert_eq!(sums(&run(&[offset("y")], &[child("x", 10), child("y", 99)])), [Some(0), Some(99)]);
    assert_eq!(sums(&run(&[offset("fact:sum")], &[child("x", 100)])), [Some(70)]);
    let once = result("y", Subject::Person(0), Some((5, Per::Once)), (None, None));
    let out = run(&[offset("y")], &[child("x", 10), once]);
    assert_eq!((sums(&out), out.effects[0].what), (vec![Some(10), Some(5)], What::Check));
}

#[test]
fn an_off_set_counts_in_the_choice() {
    // y alone is larger than z, but y costs x what z does not
    let rules = [exclusive("I1", "y", "z"), rule("O1", Kind::Offset, "x", "y", Choose::Best)];
    let out = run(&rules, &[child("x", 100), child("y", 110), child("z", 90)]);
    assert_eq!(standings(&out), [Kept, Dropped, Kept]);
    assert_eq!(sums(&out), [Some(100), None, Some(90)]);
}

#[test]
fn a_ceiling_cuts_the_last_first() {
    let ceiling = Rule {
        members: vec!["x".into(), "y".into(), "z".into()],
        a: None,
        b: None,
        ..rule("L", Kind::Ceiling, "", "", Choose::Best)
    };
    let out = run(std::slice::from_ref(&ceiling), &[child("z", 50), child("y", 60), child("x", 30)]);
    assert_eq!(sums(&out), [Some(10), Some(60), Some(30)]);
    assert_eq!(out.results[0].by, ["L"]);
    let year = result("y", Subject::Person(0), Some((1205, Per::Year)), (None, None));
    assert_eq!(sums(&run(&[ceiling], &[child("x", 30), year])), [Some(30), Some(840)], "70 a month are left");
}

#[test]
fn a_fact_pushes_out_and_an_unknown_one_waits() {
    let by = |item: &str| run(&[exclusive("F", "x", item)], &[child("x", 100)]);
    assert_eq!(standings(&by("fact:true")), [Dropped]);
    assert_eq!(standings(&by("fact:false")), [Kept]);
    let open = by("fact:unknown");
    assert_eq!((standings(&open), open.effects[0].what), (vec![Kept], What::Pending));
}

#[test]
fn scopes_say_who_meets_whom() {
    let of = |programme: &str, n| result(programme, Subject::Person(n), Some((10, Per::Month)), (None, None));
    let meets = |scope, a: ProgrammeResult, b: ProgrammeResult| {
        let out = run(&[Rule { scope, ..exclusive("I", "x", "y") }], &[a, b]);
        standings(&out).contains(&Dropped)
    };
    assert!(!meets(Scope::SamePerson, of("x", 0), of("y", 1)));
    assert!(meets(Scope::Couple, of("x", 0), of("y", 1)));
    assert!(!meets(Scope::Couple, of("x", 0), of("y", 2)));
    assert!(meets(Scope::Household, of("x", 0), of("y", 2)));
    let house = result("y", Subject::Household, Some((10, Per::Month)), (None, None));
    assert!(meets(Scope::SamePerson, of("x", 0), house));
}

#[test]
fn what_is_not_certain_is_left_alone_and_said() {
    let open = ProgrammeResult { answer: Answer::CannotTell, ..child("y", 900) };
    let out = run(&[exclusive("I1", "x", "y")], &[child("x", 100), open]);
    assert_eq!(standings(&out), [Kept, Standing::Single]);
    assert_eq!(out.effects[0].what, What::Pending);
}

#[test]
fn unclear_and_explained_rules_change_nothing() {
    let results = [child("x", 100), child("y", 200)];
    let check = run(&[rule("C", Kind::Check, "x", "y", Choose::Best)], &results);
    assert_eq!(standings(&check), [Kept, Kept]);
    assert!(check.results.iter().all(|r| r.check));
    let told = run(&[rule("E", Kind::Independent, "x", "y", Choose::Best)], &results);
    assert_eq!((standings(&told), told.effects[0].what), (vec![Kept, Kept], What::Explained));
    assert!(told.results.iter().all(|r| r.by.is_empty()));
}

// ---- properties ----

const NAMES: [&str; 6] = ["p0", "p1", "p2", "p3", "p4", "p5"];

fn some_results() -> impl Strategy<Value = Vec<ProgrammeResult>> {
    let one = (0_i64..300, 0_u8..3, 0_i8..4, 1_i8..8, any::<bool>());
    prop::collection::vec(one, 1..=6).prop_map(|all| {
        let made = all.into_iter().enumerate().map(|(n, (sum, per, start, length, bounded))| {
            let per = if per == 0 { Per::Year } else { Per::Month };
            let from = date(2025, 6 + start, 1);
            let until = from.checked_add(jiff::Span::new().months(length)).unwrap();
            let period = if bounded { (Some(from), Some(until)) } else { (None, None) };
            result(NAMES[n], Subject::Person(0), Some((sum, per)), period)
        });
        made.collect()
    })
}

fn some_rules() -> impl Strategy<Value = Vec<Rule>> {
    let one = (0_usize..6, 0_usize..6, 0_u8..8);
    prop::collection::vec(one, 0..9).prop_map(|all| {
        let made = all.into_iter().enumerate().filter(|(_, (a, b, _))| a < b).map(|(n, (a, b, kind))| {
            let id = format!("R{n}");
            match kind {
                0 => rule(&id, Kind::Offset, NAMES[a], NAMES[b], Choose::Best),
                1 => rule(&id, Kind::Exclusive, NAMES[a], NAMES[b], Choose::A),
                _ => exclusive(&id, NAMES[a], NAMES[b]),
            }
        });
        made.collect()
    })
}

fn runs_on(out: &CombinedResult, day: Date) -> bool {
    let inside = |s: &Stretch| s.from.is_none_or(|f| f <= day) && s.until.is_none_or(|u| day < u);
    !matches!(out.standing, Dropped) && out.periods.iter().any(inside)
}

fn days() -> impl Iterator<Item = Date> {
    (0..14).map(|n| ON.checked_add(jiff::Span::new().months(n)).unwrap())
}

proptest! {
    #[test]
    fn the_order_of_rules_does_not_matter(results in some_results(), rules in some_rules(), turn in 0_usize..9) {
        let mut other = rules.clone();
        other.reverse();
        if !other.is_empty() {
            let by = turn % other.len();
            other.rotate_left(by);
        }
        prop_assert_eq!(run(&rules, &results), run(&other, &results));
    }

    #[test]
    fn no_forbidden_pair_survives_and_no_sum_is_negative(results in some_results(), rules in some_rules()) {
        let out = run(&rules, &results);
        for r in rules.iter().filter(|r| r.kind == Kind::Exclusive) {
            let find = |side: &Option<Side>| out.results.iter().find(|c| Some(Side::Programme(results[c.result].programme.clone())) == *side);
            if let (Some(a), Some(b)) = (find(&r.a), find(&r.b)) {
                for day in days() {
                    prop_assert!(!(runs_on(a, day) && runs_on(b, day)), "{} on {day}", r.id);
                }
            }
        }
        prop_assert!(sums(&out).into_iter().flatten().all(|sum| sum >= 0));
        prop_assert!(out.results.iter().all(|r| r.amount.is_none() || r.standing != Dropped));
    }

    #[test]
    fn no_lawful_set_gives_more(results in some_results(), rules in some_rules()) {
        // where every rule lets the family have the better one
        let rules: Vec<Rule> = rules.into_iter().map(|r| Rule { choose: Choose::Best, ..r }).collect();
        let out = run(&rules, &results);
        let value = |set: &BTreeSet<usize>| -> i64 {
            // worked out independently: what is lowered is lowered by what remains of the other
            let remains = |n: usize| remains(&rules, &results, set, n);
            set.iter().map(|n| { let per = results[*n].amount.as_ref().unwrap().per; yearly(remains(*n), per) }).sum()
        };
        for day in days() {
            let active: Vec<usize> = (0..results.len()).filter(|n| {
                let r = &results[*n];
                r.from.is_none_or(|f| f <= day) && r.until.is_none_or(|u| day < u)
            }).collect();
            let taken: BTreeSet<usize> = active.iter().copied().filter(|n| runs_on(&out.results[*n], day)).collect();
            for bits in 0_u32..(1 << active.len()) {
                let set: BTreeSet<usize> = active.iter().enumerate().filter(|(i, _)| bits >> i & 1 == 1).map(|(_, n)| *n).collect();
                let forbidden = |a: usize, b: usize| {
                    let is = |side: &Option<Side>, n: usize| *side == Some(Side::Programme(results[n].programme.clone()));
                    rules.iter().any(|r| r.kind == Kind::Exclusive && ((is(&r.a, a) && is(&r.b, b)) || (is(&r.a, b) && is(&r.b, a))))
                };
                let together = set.iter().all(|a| !set.iter().any(|b| forbidden(*a, *b)));
                // nothing is given up without something had that forbids it: one sum may lower two others and still be due
                let reasons = active.iter().all(|n| set.contains(n) || set.iter().any(|m| forbidden(*n, *m)));
                let lawful = together && reasons;
                prop_assert!(!lawful || value(&set) <= value(&taken), "{set:?} gives more than {taken:?} on {day}");
            }
        }
    }
}

/// Rules of these tests lower only programmes by later ones, so this ends.
fn remains(rules: &[Rule], results: &[ProgrammeResult], set: &BTreeSet<usize>, n: usize) -> i64 {
    let amount = results[n].amount.as_ref().unwrap();
    let mut left = amount.minor.unwrap();
    for r in
        rules.iter().filter(|r| r.kind == Kind::Offset && r.a == Some(Side::Programme(results[n].programme.clone())))
    {
        let by = set.iter().copied().find(|m| r.b == Some(Side::Programme(results[*m].programme.clone())));
        if let Some(by) = by {
            let less = remains(rules, results, set, by);
            left -= match (results[by].amount.as_ref().unwrap().per, amount.per) {
                (Per::Year, Per::Month) => less / 12,
                (Per::Month, Per::Year) => less * 12,
                _ => less,
            };
        }
    }
    left.max(0)
}
