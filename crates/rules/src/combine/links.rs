//! Which entitlements meet under which rules.

use kernel::Date;

use super::{Choose, Kind, Rule, Side, Ties, meets};
use crate::outcome::{Answer, FactRef, ProgrammeResult, Subject};
use crate::schema::{Entity, Per};

/// One entitlement that is certain.
#[derive(Clone, Debug)]
pub(super) struct Node {
    /// Index of the single result.
    pub(super) result: usize,
    /// First day, not before the day asked about.
    pub(super) start: Date,
    /// First day outside.
    pub(super) end: Date,
    /// Its sum, when it has one and it is known; never negative.
    pub(super) sum: Option<(i64, Per)>,
    /// Whether it has a sum that is not known yet.
    pub(super) unknown: bool,
    /// The rule and fact that bar it altogether.
    pub(super) barred: Option<(usize, FactRef)>,
}

impl Node {
    /// Whether it can only be had whole.
    pub(super) fn once(&self) -> bool {
        matches!(self.sum, Some((_, Per::Once)))
    }

    /// Whether it runs throughout the stretch, which was cut at its ends.
    pub(super) fn runs(&self, from: Date, until: Date) -> bool {
        self.start <= from && until <= self.end
    }
}

/// Two entitlements that may not be had on the same day.
#[derive(Clone, Copy, Debug)]
pub(super) struct Conflict {
    pub(super) rule: usize,
    pub(super) a: usize,
    pub(super) b: usize,
    pub(super) choose: Choose,
}

impl Conflict {
    /// The other side, if `node` is one.
    pub(super) fn other(&self, node: usize) -> Option<usize> {
        match () {
            () if self.a == node => Some(self.b),
            () if self.b == node => Some(self.a),
            () => None,
        }
    }

    /// Whether the rule lets `winner` push its other side out.
    pub(super) fn may_win(&self, winner: usize) -> bool {
        match self.choose {
            Choose::Best | Choose::Family => true,
            Choose::A => winner == self.a,
            Choose::B => winner == self.b,
        }
    }
}

/// `lowered` loses what `by` gives.
#[derive(Clone, Debug)]
pub(super) struct Offset {
    pub(super) rule: usize,
    pub(super) lowered: usize,
    pub(super) by: Lowering,
}

/// What lowers an amount.
#[derive(Clone, Debug)]
pub(super) enum Lowering {
    /// Another entitlement.
    Node(usize),
    /// A fact with a sum.
    Fact(FactRef, i64, Per),
}

/// Entitlements that together may not exceed a limit; the last is cut first.
#[derive(Clone, Debug)]
pub(super) struct Ceiling {
    pub(super) rule: usize,
    pub(super) nodes: Vec<usize>,
    pub(super) limit: i64,
    pub(super) per: Per,
}

/// Everything that ties entitlements together.
#[derive(Clone, Debug, Default)]
pub(super) struct Links {
    pub(super) nodes: Vec<Node>,
    pub(super) conflicts: Vec<Conflict>,
    pub(super) offsets: Vec<Offset>,
    pub(super) ceilings: Vec<Ceiling>,
    /// Ceilings whose limit is not known: rule and nodes.
    pub(super) open_ceilings: Vec<(usize, Vec<usize>)>,
}

impl Links {
    /// Finds all ties of one household.
    pub(super) fn between(rules: &[&Rule], results: &[ProgrammeResult], ties: &Ties<'_>) -> Links {
        let nodes = results.iter().enumerate().filter(|(_, r)| r.answer == Answer::Yes);
        let mut links = Links { nodes: nodes.map(|(n, r)| node(n, r, ties.on)).collect(), ..Links::default() };
        for (n, rule) in rules.iter().enumerate() {
            match rule.kind {
                Kind::Exclusive | Kind::EitherOr => links.exclude(n, rule, rule.choose, results, ties),
                Kind::Succession => links.exclude(n, rule, Choose::B, results, ties),
                Kind::Offset => links.lower(n, rule, results, ties),
                Kind::Ceiling => links.limit(n, rule, results, ties),
                _ => {}
            }
        }
        links
    }

    fn of<'r>(&self, side: &Option<Side>, results: &'r [ProgrammeResult]) -> Vec<(usize, &'r Subject)> {
        let Some(Side::Programme(id)) = side else { return Vec::new() };
        let all = self.nodes.iter().enumerate().filter_map(|(n, node)| Some((n, results.get(node.result)?)));
        all.filter(|(_, r)| r.programme == *id).map(|(n, r)| (n, &r.subject)).collect()
    }

    fn exclude(&mut self, rule_no: usize, rule: &Rule, choose: Choose, results: &[ProgrammeResult], ties: &Ties<'_>) {
        let (left, right) = (self.of(&rule.a, results), self.of(&rule.b, results));
        for (a, subject_a) in &left {
            for (b, subject_b) in &right {
                let mirrored = rule.a == rule.b && b <= a;
                if a != b && !mirrored && meets(rule.scope, subject_a, subject_b, ties.spouses) {
                    self.conflicts.push(Conflict { rule: rule_no, a: *a, b: *b, choose });
                }
            }
        }
        for (side, nodes, wins) in [(&rule.b, left, Choose::A), (&rule.a, right, Choose::B)] {
            let Some(Side::Fact { entity, item }) = side else { continue };
            if choose == wins {
                continue;
            }
            for (n, subject) in nodes {
                let barring = fact_refs(*entity, item, subject, rule, ties)
                    .into_iter()
                    .find(|fact| (ties.fact)(fact).holds == Some(true));
                if let (Some(fact), Some(node)) = (barring, self.nodes.get_mut(n)) {
                    node.barred.get_or_insert((rule_no, fact));
                }
            }
        }
    }

    fn lower(&mut self, rule_no: usize, rule: &Rule, results: &[ProgrammeResult], ties: &Ties<'_>) {
        let by = self.of(&rule.b, results);
        for (lowered, subject) in self.of(&rule.a, results) {
            for (other, other_subject) in &by {
                if *other != lowered && meets(rule.scope, subject, other_subject, ties.spouses) {
                    self.offsets.push(Offset { rule: rule_no, lowered, by: Lowering::Node(*other) });
                }
            }
            let Some(Side::Fact { entity, item }) = &rule.b else { continue };
            for fact in fact_refs(*entity, item, subject, rule, ties) {
                if let Some((sum, per)) = (ties.fact)(&fact).amount {
                    self.offsets.push(Offset { rule: rule_no, lowered, by: Lowering::Fact(fact, sum.max(0), per) });
                }
            }
        }
    }

    fn limit(&mut self, rule_no: usize, rule: &Rule, results: &[ProgrammeResult], ties: &Ties<'_>) {
        let members = rule.members.iter().flat_map(|m| self.of(&Some(Side::Programme(m.clone())), results));
        let members: Vec<(usize, &Subject)> = members.collect();
        let mut groups: Vec<(&Subject, Vec<usize>)> = Vec::new();
        for (n, subject) in &members {
            match groups.iter_mut().find(|(s, _)| meets(rule.scope, s, subject, ties.spouses)) {
                Some((_, group)) => group.push(*n),
                None => groups.push((subject, vec![*n])),
            }
        }
        for (_, nodes) in groups {
            match (ties.limit)(&rule.id) {
                Some(limit) => {
                    self.ceilings.push(Ceiling { rule: rule_no, nodes, limit: limit.max(0), per: rule.limit_per });
                }
                None => self.open_ceilings.push((rule_no, nodes)),
            }
        }
    }

    /// Groups of nodes that no tie crosses, each in the order of the results; nodes without ties alone.
    pub(super) fn components(&self) -> Vec<Vec<usize>> {
        let mut leader: Vec<usize> = (0..self.nodes.len()).collect();
        let mut join = |a: usize, b: usize| {
            let (Some(x), Some(y)) = (leader.get(a).copied(), leader.get(b).copied()) else { return };
            let (low, high) = (x.min(y), x.max(y));
            leader.iter_mut().filter(|l| **l == high).for_each(|l| *l = low);
        };
        self.conflicts.iter().for_each(|c| join(c.a, c.b));
        for offset in &self.offsets {
            if let Lowering::Node(by) = offset.by {
                join(offset.lowered, by);
            }
        }
        for ceiling in &self.ceilings {
            ceiling.nodes.windows(2).for_each(|pair| {
                if let [a, b] = pair {
                    join(*a, *b);
                }
            });
        }
        let mut out: Vec<Vec<usize>> = vec![Vec::new(); self.nodes.len()];
        for (n, l) in leader.iter().enumerate() {
            if let Some(group) = out.get_mut(*l) {
                group.push(n);
            }
        }
        out.retain(|group| !group.is_empty());
        out
    }
}

fn node(result: usize, single: &ProgrammeResult, on: Date) -> Node {
    let sum = single.amount.as_ref().and_then(|a| a.minor.map(|minor| (minor.max(0), a.per)));
    let start = single.from.map_or(on, |from| from.max(on));
    Node {
        result,
        start,
        end: single.until.unwrap_or(Date::MAX).max(start),
        sum,
        unknown: sum.is_none() && single.amount.is_some(),
        barred: None,
    }
}

/// The facts that one side of a rule names for a subject.
pub(super) fn fact_refs(entity: Entity, item: &str, subject: &Subject, rule: &Rule, ties: &Ties<'_>) -> Vec<FactRef> {
    let of = |subject: Subject| FactRef { subject, item: item.to_owned() };
    if entity == Entity::Household {
        return vec![of(Subject::Household)];
    }
    let everyone = (0..ties.spouses.len()).map(Subject::Person);
    everyone.filter(|person| meets(rule.scope, subject, person, ties.spouses)).map(of).collect()
}
