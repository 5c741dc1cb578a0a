//! What the rules did, told result by result and rule by rule.

use super::choice::is;
use super::component::{Slice, Solved, value};
use super::links::{Links, Lowering, fact_refs};
use super::{
    Alternative, Choose, Combined, CombinedResult, Effect, Kind, Rule, Side, Standing, Stretch, Ties, What, meets,
};
use crate::outcome::{Amount, Answer, FactRef, ProgrammeResult};

/// Puts together everything that is told.
pub(super) fn told(
    rules: &[&Rule],
    results: &[ProgrammeResult],
    ties: &Ties<'_>,
    links: &Links,
    solved: &[Solved],
) -> Combined {
    let mut combined: Vec<CombinedResult> = results.iter().enumerate().map(|(n, r)| single(n, r)).collect();
    let mut effects = Vec::new();
    let mut alternatives = Vec::new();
    let mut yearly = 0_i64;
    for group in solved {
        let choices = open_choices(links, group);
        for n in &group.nodes {
            place(results, links, group, *n, &choices, &mut combined);
        }
        conflicts(rules, links, group, &choices, &mut effects);
        lowerings(rules, links, group, &mut effects);
        ceilings(rules, links, group, &mut effects);
        let result = |n: &usize| links.nodes.get(*n).map(|node| node.result);
        alternatives.extend(group.others.iter().map(|other| Alternative {
            take: other.take.iter().filter_map(result).collect(),
            give_up: other.give_up.iter().filter_map(result).collect(),
            yearly: other.yearly,
            yearly_chosen: other.yearly_chosen,
        }));
        let today = group.slices.iter().find(|s| s.from <= ties.on && ties.on < s.until);
        yearly = yearly.saturating_add(today.map_or(0, |slice| value(links, &group.nodes, &slice.sums)));
    }
    barred(rules, links, &mut effects);
    open_ceilings(rules, links, &mut effects);
    for rule in rules {
        explained(rule, results, ties, &mut effects);
    }
    effects.sort_by(|a, b| (&a.rule, a.loser, a.winner, a.what).cmp(&(&b.rule, b.loser, b.winner, b.what)));
    effects.dedup();
    mark(&effects, &mut combined);
    Combined { results: combined, effects, alternatives, yearly }
}

fn single(n: usize, result: &ProgrammeResult) -> CombinedResult {
    CombinedResult {
        result: n,
        standing: Standing::Single,
        amount: result.amount.clone(),
        periods: vec![Stretch { from: result.from, until: result.until }],
        by: Vec::new(),
        check: false,
    }
}

/// Nodes between which the family chooses: each is out only because of a rule that leaves it the choice.
fn open_choices(links: &Links, group: &Solved) -> Vec<usize> {
    let asks = |n: usize, other: usize| {
        let between = links.conflicts.iter().filter(|c| c.other(n) == Some(other));
        let mut kinds = between.map(|c| c.choose).peekable();
        kinds.peek().is_some() && kinds.all(|choose| choose == Choose::Family)
    };
    let mut out = Vec::new();
    for slice in &group.slices {
        for n in group.nodes.iter().copied().filter(|n| runs(links, *n, slice) && !is(&slice.chosen, *n)) {
            let beaten_by: Vec<usize> =
                links.conflicts.iter().filter_map(|c| c.other(n)).filter(|other| is(&slice.chosen, *other)).collect();
            if !beaten_by.is_empty() && beaten_by.iter().all(|other| asks(n, *other)) {
                out.push(n);
                out.extend(beaten_by);
            }
        }
    }
    out.sort_unstable();
    out.dedup();
    out
}

fn runs(links: &Links, n: usize, slice: &Slice) -> bool {
    links.nodes.get(n).is_some_and(|node| node.barred.is_none() && node.runs(slice.from, slice.until))
}

/// The stretches on which the node runs, joined, with the single result's own ends.
fn periods(links: &Links, group: &Solved, n: usize, single: &ProgrammeResult) -> Vec<Stretch> {
    let Some(node) = links.nodes.get(n) else { return Vec::new() };
    let mut out: Vec<(kernel::Date, kernel::Date)> = Vec::new();
    for slice in group.slices.iter().filter(|s| is(&s.chosen, n)) {
        match out.last_mut() {
            Some(last) if last.1 == slice.from => last.1 = slice.until,
            _ => out.push((slice.from, slice.until)),
        }
    }
    let stretch = |(from, until): (kernel::Date, kernel::Date)| Stretch {
        from: if from == node.start { single.from } else { Some(from) },
        until: if until == node.end { single.until } else { Some(until) },
    };
    out.into_iter().map(stretch).collect()
}

fn place(
    results: &[ProgrammeResult],
    links: &Links,
    group: &Solved,
    n: usize,
    choices: &[usize],
    combined: &mut [CombinedResult],
) {
    let Some(node) = links.nodes.get(n) else { return };
    let (Some(single), Some(out)) = (results.get(node.result), combined.get_mut(node.result)) else { return };
    out.check |= !group.exact && links.conflicts.iter().any(|c| c.other(n).is_some());
    if node.start >= node.end && node.barred.is_none() {
        out.standing = Standing::Kept; // its time is over: nothing to decide
        return;
    }
    let own: Vec<&Slice> = group.slices.iter().filter(|s| runs(links, n, s)).collect();
    let kept = own.iter().filter(|s| is(&s.chosen, n)).count();
    out.standing = match () {
        () if choices.contains(&n) => Standing::Choice,
        () if kept == 0 => Standing::Dropped,
        () if kept < own.len() => Standing::Shortened,
        () => Standing::Kept,
    };
    if out.standing == Standing::Choice {
        return;
    }
    out.periods = periods(links, group, n, single);
    let first = own.iter().find(|s| is(&s.chosen, n)).and_then(|s| s.sums.get(n).copied().flatten());
    out.amount = match (out.standing, &single.amount, first) {
        (Standing::Dropped, ..) => None,
        (_, Some(amount), Some(minor)) => {
            Some(Amount { minor: Some(minor), per: amount.per, missing: Vec::new(), tables: Vec::new() })
        }
        (_, amount, _) => amount.clone(),
    };
}

fn effect(rule: &Rule, what: What) -> Effect {
    Effect {
        rule: rule.id.clone(),
        kind: rule.kind,
        what,
        winner: None,
        loser: None,
        fact: None,
        before: None,
        after: None,
        from: None,
        uncertain: false,
    }
}

fn conflicts(rules: &[&Rule], links: &Links, group: &Solved, choices: &[usize], effects: &mut Vec<Effect>) {
    for conflict in links.conflicts.iter().filter(|c| group.nodes.contains(&c.a)) {
        for (winner, loser) in [(conflict.a, conflict.b), (conflict.b, conflict.a)] {
            let pushes = |s: &&Slice| runs(links, loser, s) && is(&s.chosen, winner) && !is(&s.chosen, loser);
            let here = links.nodes.get(winner).zip(links.nodes.get(loser)).zip(rules.get(conflict.rule));
            let ((Some(first), Some(((stays, goes), rule))), true) =
                ((group.slices.iter().find(pushes), here), conflict.may_win(winner))
            else {
                continue;
            };
            let anywhere = group.slices.iter().any(|s| is(&s.chosen, loser));
            let open = choices.contains(&loser) && conflict.choose == Choose::Family;
            effects.push(Effect {
                winner: Some(stays.result),
                loser: Some(goes.result),
                before: goes.sum.map(|(minor, _)| minor),
                after: if open { goes.sum.map(|(minor, _)| minor) } else { Some(0).filter(|_| goes.sum.is_some()) },
                from: (first.from > goes.start).then_some(first.from),
                uncertain: (stays.unknown || goes.unknown) && conflict.choose == Choose::Best,
                ..effect(
                    rule,
                    if open {
                        What::Choice
                    } else if anywhere {
                        What::Shortened
                    } else {
                        What::Dropped
                    },
                )
            });
        }
    }
}

fn lowerings(rules: &[&Rule], links: &Links, group: &Solved, effects: &mut Vec<Effect>) {
    for offset in links.offsets.iter().filter(|o| group.nodes.contains(&o.lowered)) {
        let acts = |s: &&Slice| {
            is(&s.chosen, offset.lowered)
                && match &offset.by {
                    Lowering::Node(by) => is(&s.chosen, *by),
                    Lowering::Fact(..) => true,
                }
        };
        let found = group.slices.iter().find(acts).zip(links.nodes.get(offset.lowered)).zip(rules.get(offset.rule));
        let Some(((slice, node), rule)) = found else { continue };
        let before = node.sum.map(|(minor, _)| minor);
        let after = slice.sums.get(offset.lowered).copied().flatten();
        let (winner, fact) = match &offset.by {
            Lowering::Node(by) => (links.nodes.get(*by).map(|n| n.result), None),
            Lowering::Fact(fact, ..) => (None, Some(fact.clone())),
        };
        let comparable = before != after || before == Some(0);
        effects.push(Effect {
            winner,
            loser: Some(node.result),
            fact,
            before,
            after,
            from: (slice.from > node.start).then_some(slice.from),
            uncertain: before.is_none() || winner_unknown(links, &offset.by),
            ..effect(rule, if comparable { What::Lowered } else { What::Check })
        });
    }
}

fn winner_unknown(links: &Links, by: &Lowering) -> bool {
    matches!(by, Lowering::Node(n) if links.nodes.get(*n).is_some_and(|node| node.unknown))
}

fn ceilings(rules: &[&Rule], links: &Links, group: &Solved, effects: &mut Vec<Effect>) {
    for ceiling in links.ceilings.iter().filter(|c| c.nodes.iter().any(|n| group.nodes.contains(n))) {
        let Some(rule) = rules.get(ceiling.rule) else { continue };
        for n in &ceiling.nodes {
            let Some(node) = links.nodes.get(*n) else { continue };
            let before = node.sum.map(|(minor, _)| minor);
            let cut = |s: &&Slice| is(&s.chosen, *n) && s.sums.get(*n).copied().flatten() != before;
            let Some(slice) = group.slices.iter().find(cut) else { continue };
            effects.push(Effect {
                loser: Some(node.result),
                before,
                after: slice.sums.get(*n).copied().flatten(),
                from: (slice.from > node.start).then_some(slice.from),
                ..effect(rule, What::Lowered)
            });
        }
    }
}

fn barred(rules: &[&Rule], links: &Links, effects: &mut Vec<Effect>) {
    for node in &links.nodes {
        let Some((rule, fact)) = &node.barred else { continue };
        let Some(rule) = rules.get(*rule) else { continue };
        effects.push(Effect {
            loser: Some(node.result),
            fact: Some(fact.clone()),
            before: node.sum.map(|(minor, _)| minor),
            after: node.sum.map(|_| 0),
            ..effect(rule, What::Dropped)
        });
    }
}

fn open_ceilings(rules: &[&Rule], links: &Links, effects: &mut Vec<Effect>) {
    for (rule, nodes) in &links.open_ceilings {
        let Some(rule) = rules.get(*rule) else { continue };
        for node in nodes.iter().filter_map(|n| links.nodes.get(*n)) {
            effects.push(Effect { loser: Some(node.result), uncertain: true, ..effect(rule, What::Pending) });
        }
    }
}

/// What is told of rules that act elsewhere, that are unclear, or that may still act.
fn explained(rule: &Rule, results: &[ProgrammeResult], ties: &Ties<'_>, effects: &mut Vec<Effect>) {
    let of = |side: &Option<Side>| -> Vec<usize> {
        let Some(Side::Programme(id)) = side else { return Vec::new() };
        results.iter().enumerate().filter(|(_, r)| r.programme == *id).map(|(n, _)| n).collect()
    };
    let answer = |n: usize| results.get(n).map(|r| r.answer);
    let meet = |a: usize, b: usize| {
        let (Some(a), Some(b)) = (results.get(a), results.get(b)) else { return false };
        meets(rule.scope, &a.subject, &b.subject, ties.spouses)
    };
    for a in of(&rule.a) {
        let others: Vec<usize> = of(&rule.b).into_iter().filter(|b| *b != a && meet(a, *b)).collect();
        let facts = facts_of(&rule.b, rule, results, a, ties);
        let fact_is = |wanted: Option<bool>| facts.iter().find(|f| (ties.fact)(f).holds == wanted);
        match rule.kind {
            Kind::Exclusive | Kind::EitherOr | Kind::Succession | Kind::Offset => {
                let open = |x: Option<Answer>, y: Option<Answer>| {
                    matches!((x, y), (Some(Answer::Yes), Some(Answer::CannotTell)))
                };
                for b in others.iter().copied().filter(|b| open(answer(a), answer(*b)) || open(answer(*b), answer(a))) {
                    effects.push(Effect { winner: Some(a), loser: Some(b), ..effect(rule, What::Pending) });
                }
                if let (Some(Answer::Yes), Some(fact)) = (answer(a), fact_is(None)) {
                    effects.push(Effect { loser: Some(a), fact: Some(fact.clone()), ..effect(rule, What::Pending) });
                }
            }
            Kind::Ceiling => {}
            _ if answer(a) != Some(Answer::Yes) => {}
            Kind::Check => {
                for b in others.iter().copied().filter(|b| answer(*b) == Some(Answer::Yes)) {
                    effects.push(Effect { winner: Some(a), loser: Some(b), ..effect(rule, What::Check) });
                }
                if let Some(fact) = fact_is(Some(true)) {
                    effects.push(Effect { loser: Some(a), fact: Some(fact.clone()), ..effect(rule, What::Check) });
                }
            }
            _ => {
                let fact = fact_is(Some(true)).or_else(|| fact_is(None)).cloned();
                let concerns = rule.b.is_none() || rule.a == rule.b || !others.is_empty() || fact.is_some();
                if concerns {
                    let winner = others.first().copied();
                    effects.push(Effect { winner, loser: Some(a), fact, ..effect(rule, What::Explained) });
                }
            }
        }
    }
}

fn facts_of(side: &Option<Side>, rule: &Rule, results: &[ProgrammeResult], n: usize, ties: &Ties<'_>) -> Vec<FactRef> {
    match (side, results.get(n)) {
        (Some(Side::Fact { entity, item }), Some(result)) => fact_refs(*entity, item, &result.subject, rule, ties),
        _ => Vec::new(),
    }
}

/// Writes on each result which rules changed it and whether somebody must look.
fn mark(effects: &[Effect], combined: &mut [CombinedResult]) {
    for effect in effects {
        let sides = [effect.loser, effect.winner];
        if effect.what == What::Check {
            for n in sides.iter().flatten() {
                combined.iter_mut().skip(*n).take(1).for_each(|out| out.check = true);
            }
        }
        let touched: &[Option<usize>] = match effect.what {
            What::Dropped | What::Shortened | What::Lowered => &[effect.loser],
            What::Choice | What::Check => &sides,
            What::Pending | What::Explained => &[],
        };
        for n in touched.iter().flatten() {
            if let Some(out) = combined.get_mut(*n).filter(|out| !out.by.contains(&effect.rule)) {
                out.by.push(effect.rule.clone());
            }
        }
    }
}
