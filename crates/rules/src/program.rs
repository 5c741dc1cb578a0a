//! A compiled rule set: the arena of nodes, and which of them are whose conditions, amounts and dates.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use crate::facts::{HouseholdBuilder, Layout};
use crate::grounds::Grounds;
use crate::ir::{Arena, Id, Op};
use crate::schema::{Entity, Expr, Per};
use crate::tables::ParamTable;
use crate::value::{Bounds, Val};

/// One condition, compiled.
#[derive(Clone, Debug)]
pub struct ConditionIr {
    /// Its id in the pack.
    pub id: Arc<str>,
    /// Its node.
    pub node: Id,
    /// As canonical FEEL.
    pub text: String,
}

/// One version of a programme, compiled.
#[derive(Clone, Debug)]
pub struct VersionIr {
    /// First day (day number; `i64::MIN`: since ever).
    pub from: i64,
    /// Last day, inclusive (`i64::MAX`: open).
    pub to: i64,
    /// Whose entitlement it is.
    pub subject: Entity,
    /// For whom the question makes sense.
    pub applies: Option<Id>,
    /// The conditions in the pack's order.
    pub conditions: Vec<ConditionIr>,
    /// All of them together, with `applies`.
    pub verdict: Id,
    /// The sum and its period.
    pub amount: Option<(Id, Per)>,
    /// First day of the entitlement.
    pub starts: Option<Id>,
    /// First day after the entitlement.
    pub until: Option<Id>,
    /// First day of the claim window.
    pub claim_opens: Option<Id>,
    /// Last day of the claim window.
    pub claim_closes: Option<Id>,
    /// Canonical FEEL of everything but the conditions, by name: `applies`, `amount`, `from`, `until`, `claim_opens`, `claim_closes`.
    pub texts: BTreeMap<&'static str, String>,
}

/// A programme, compiled.
#[derive(Clone, Debug)]
pub struct ProgrammeIr {
    /// Its id.
    pub id: Arc<str>,
    /// Versions by date.
    pub versions: Vec<VersionIr>,
    /// Whether there is an entitlement, by date.
    pub entitled: Option<Id>,
    /// The sum by date; 0 where there is no entitlement. `None` when no version has one.
    pub amount: Option<Id>,
}

/// A definition, for names in explanations.
#[derive(Clone, Debug)]
pub struct DefinitionIr {
    /// Its id.
    pub id: Arc<str>,
    /// Whom it is about.
    pub entity: Entity,
    /// Canonical FEEL, by version in the pack's order; of a decision table its rules.
    pub texts: Vec<String>,
    /// The decision tables among the versions.
    pub tables: Vec<DecisionTableIr>,
}

/// A decision table, for telling which of its rules matched.
#[derive(Clone, Debug)]
pub struct DecisionTableIr {
    /// Its name.
    pub name: Arc<str>,
    /// First day (day number; `i64::MIN`: since ever).
    pub from: i64,
    /// Last day, inclusive (`i64::MAX`: open).
    pub to: i64,
    /// Whether only the first that matches counts.
    pub first: bool,
    /// Number of the rule, its line in the file, and whether it matches.
    pub rules: Vec<(u32, u32, Id)>,
}

/// A compiled rule set. Immutable; share it in an [`Arc`].
#[derive(Debug)]
pub struct Program {
    pub(crate) arena: Arena,
    pub(crate) layout: Arc<Layout>,
    pub(crate) tables: Vec<ParamTable>,
    pub(crate) programmes: Vec<ProgrammeIr>,
    pub(crate) definitions: Vec<DefinitionIr>,
    /// Whether a definition is a decision table.
    pub(crate) has_tables: bool,
    pub(crate) expressions: Vec<Expr>,
    pub(crate) hash: String,
    pub(crate) items_of: HashMap<Arc<str>, Vec<(Entity, Arc<str>)>>,
    pub(crate) programmes_of: HashMap<(Entity, Arc<str>), Vec<Arc<str>>>,
    /// Definitions and items by name.
    pub(crate) named_nodes: HashMap<(Entity, Arc<str>), Id>,
    slots: Vec<u32>,
    pub(crate) household_slots: usize,
    pub(crate) person_slots: usize,
    /// For each node the columns it reads, directly or through others: `words` words of bits.
    reads: Vec<u64>,
    pub(crate) words: usize,
    /// First days of versions and table rows, sorted: days on which the law changes.
    new_law: Vec<i64>,
    /// For each node which of these days it or what it reads is changed on: a set of bits.
    touched_by: Vec<u64>,
    hot: Vec<Hot>,
    /// The values written in rules.
    pub(crate) written: Vec<Val>,
    /// What explanations of each node are made of.
    pub(crate) grounds: Grounds,
    /// How many results and conditions a household has at most, and how many each member.
    pub(crate) most: [(usize, usize); 2],
}

/// The few facts about a node that every visit needs, kept together: nodes themselves are large.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Hot {
    pub(crate) slot: u32,
    /// Of a leaf, its column or its place among the written values.
    pub(crate) at: u32,
    pub(crate) need: u8,
    pub(crate) dated: bool,
    pub(crate) leaf: Leaf,
}

/// What nothing has to be worked out for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Leaf {
    #[default]
    No,
    Written,
    Household,
    Person,
}

/// A version of a programme as analysts read it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Description {
    /// Whose entitlement it is.
    pub subject: Entity,
    /// Canonical FEEL of `applies`, `amount`, `from`, `until`, `claim_opens`, `claim_closes` where given.
    pub parts: BTreeMap<&'static str, String>,
    /// Conditions: id and canonical FEEL.
    pub conditions: Vec<(Arc<str>, String)>,
}

impl Program {
    pub(crate) fn assemble(
        arena: Arena,
        layout: Layout,
        tables: Vec<ParamTable>,
        programmes: Vec<ProgrammeIr>,
        definitions: Vec<DefinitionIr>,
        expressions: Vec<Expr>,
    ) -> Program {
        let (mut household_slots, mut person_slots) = (0, 0);
        let mut slots = Vec::with_capacity(arena.nodes().len());
        for node in arena.nodes() {
            let counter = if node.need == 0 { &mut household_slots } else { &mut person_slots };
            slots.push(u32::try_from(*counter).unwrap_or(u32::MAX));
            *counter += 1;
        }
        let grounds = Grounds::of_rules(&arena);
        let mut most = [(0, 0); 2];
        for programme in &programmes {
            for (entity, (results, conditions)) in [Entity::Household, Entity::Person].into_iter().zip(&mut most) {
                let of = programme.versions.iter().filter(|v| v.subject == entity).map(|v| v.conditions.len()).max();
                *results += usize::from(of.is_some());
                *conditions += of.unwrap_or(0);
            }
        }
        let mut program = Program {
            arena,
            layout: Arc::new(layout),
            tables,
            programmes,
            has_tables: definitions.iter().any(|d| !d.tables.is_empty()),
            definitions,
            expressions,
            hash: String::new(),
            items_of: HashMap::new(),
            programmes_of: HashMap::new(),
            named_nodes: HashMap::new(),
            slots,
            household_slots,
            person_slots,
            reads: Vec::new(),
            words: 0,
            new_law: Vec::new(),
            touched_by: Vec::new(),
            hot: Vec::new(),
            written: Vec::new(),
            grounds,
            most,
        };
        program.index_reads();
        program.index_items();
        program.index_names();
        program.index_new_law();
        program.index_hot();
        program.hash = crate::hash::content(&program);
        program
    }

    /// The columns a node reads, as a set of bits.
    #[inline]
    pub(crate) fn reads(&self, id: Id) -> &[u64] {
        let at = id.0 as usize * self.words;
        self.reads.get(at..at + self.words).unwrap_or(&[])
    }

    /// Where a column stands in the sets of [`Program::reads`]: word and bit. Columns of persons come after the household's.
    pub(crate) fn column_bit(&self, of_person: bool, column: u32) -> (usize, u64) {
        let n = column as usize + if of_person { self.layout.household.len() } else { 0 };
        (n / 64, 1 << (n % 64))
    }

    /// Operands come before what uses them, so one pass collects what each node reads.
    fn index_reads(&mut self) {
        self.words = (self.layout.household.len() + self.layout.person.len()).div_ceil(64);
        let words = self.words;
        self.reads = Vec::with_capacity(self.arena.nodes().len() * words);
        for node in self.arena.nodes() {
            let start = self.reads.len();
            self.reads.resize(start + words, 0);
            let fact = match node.op {
                Op::HouseholdFact(c) => Some(self.column_bit(false, c)),
                Op::PersonFact(c) => Some(self.column_bit(true, c)),
                _ => None,
            };
            if let Some((word, bit)) = fact
                && let Some(w) = self.reads.get_mut(start + word)
            {
                *w |= bit;
            }
            let (before, own) = self.reads.split_at_mut(start);
            node.op.each_child(|child| {
                let at = child.0 as usize * words;
                let theirs = before.get(at..at + words).unwrap_or(&[]);
                own.iter_mut().zip(theirs).for_each(|(w, t)| *w |= t);
            });
        }
    }

    fn index_hot(&mut self) {
        let mut written = Vec::new();
        let one = |(node, slot): (&crate::ir::Node, &u32)| {
            let (leaf, at) = match &node.op {
                Op::Const(v) => {
                    written.push(*v);
                    (Leaf::Written, u32::try_from(written.len() - 1).unwrap_or(u32::MAX))
                }
                Op::HouseholdFact(c) => (Leaf::Household, *c),
                Op::PersonFact(c) => (Leaf::Person, *c),
                _ => (Leaf::No, 0),
            };
            Hot { slot: *slot, at, need: node.need, dated: node.dated, leaf }
        };
        self.hot = self.arena.nodes().iter().zip(&self.slots).map(one).collect();
        self.written = written;
    }

    /// What is asked of a node each time it is met.
    #[inline]
    pub(crate) fn hot(&self, id: Id) -> Hot {
        self.hot.get(id.0 as usize).copied().unwrap_or_default()
    }

    /// Which items each programme can read, through definitions and other programmes.
    fn index_items(&mut self) {
        for programme in &self.programmes {
            let mut items = BTreeSet::new();
            let mut seen = vec![false; self.arena.nodes().len()];
            let mut todo: Vec<Id> = programme.versions.iter().flat_map(VersionIr::roots).collect();
            while let Some(id) = todo.pop() {
                let Some(mark) = seen.get_mut(id.0 as usize).filter(|m| !**m) else { continue };
                *mark = true;
                let node = self.arena.node(id);
                let fact = match node.op {
                    Op::HouseholdFact(c) => Some((Entity::Household, c)),
                    Op::PersonFact(c) => Some((Entity::Person, c)),
                    _ => None,
                };
                if let Some((entity, c)) = fact
                    && let Some(column) = self.layout.columns(entity).get(c as usize)
                {
                    items.insert((entity, column.id.clone()));
                }
                node.op.each_child(|child| todo.push(child));
            }
            for item in &items {
                self.programmes_of.entry(item.clone()).or_default().push(programme.id.clone());
            }
            self.items_of.insert(programme.id.clone(), items.into_iter().collect());
        }
    }

    /// Days on which the law changes, and for each node those that touch it: operands come before what uses them.
    fn index_new_law(&mut self) {
        let spans = |op: &Op| -> Vec<(i64, i64)> {
            match op {
                Op::Define { versions, .. } | Op::Entitled { versions, .. } | Op::AmountOf { versions, .. } => {
                    versions.iter().map(|v| (v.from, v.to)).collect()
                }
                Op::Param { table, .. } => match self.tables.get(*table as usize) {
                    Some(t) => t.rows.iter().map(|r| (r.from, r.to)).collect(),
                    None => Vec::new(),
                },
                _ => Vec::new(),
            }
        };
        let mut own: Vec<Vec<i64>> = Vec::with_capacity(self.arena.nodes().len());
        for node in self.arena.nodes() {
            let days = spans(&node.op).into_iter().flat_map(|(from, to)| [from, to.saturating_add(1)]);
            own.push(days.filter(|d| *d != i64::MIN && *d != i64::MAX).collect());
        }
        self.new_law = own.iter().flatten().copied().collect();
        self.new_law.sort_unstable();
        self.new_law.dedup();
        let words = self.new_law.len().div_ceil(64);
        self.touched_by = Vec::with_capacity(own.len() * words);
        for (node, days) in self.arena.nodes().iter().zip(&own) {
            let start = self.touched_by.len();
            self.touched_by.resize(start + words, 0);
            let (before, here) = self.touched_by.split_at_mut(start);
            for n in days.iter().filter_map(|d| self.new_law.binary_search(d).ok()) {
                if let Some(w) = here.get_mut(n / 64) {
                    *w |= 1 << (n % 64);
                }
            }
            node.op.each_child(|child| {
                let at = child.0 as usize * words;
                let theirs = before.get(at..at + words).unwrap_or(&[]);
                here.iter_mut().zip(theirs).for_each(|(w, t)| *w |= t);
            });
        }
    }

    /// The days around one on which the law that the node reads is the same, as far as they lie within `days`.
    pub(crate) fn same_law(&self, id: Id, day: i64, days: Bounds) -> Bounds {
        let words = self.new_law.len().div_ceil(64);
        let touched = |n: &usize| {
            let word = self.touched_by.get(id.0 as usize * words + n / 64).copied().unwrap_or(0);
            word & (1 << (n % 64)) != 0
        };
        let next = self.new_law.partition_point(|d| *d <= day);
        let on = |n: usize| self.new_law.get(n).copied();
        let lo = (0..next).rev().find(touched).and_then(on).unwrap_or(days.lo);
        let hi = (next..self.new_law.len()).find(touched).and_then(on).map_or(days.hi, |d| d - 1);
        Bounds { lo: lo.max(days.lo), hi: hi.min(days.hi) }
    }

    fn index_names(&mut self) {
        // Definitions come later in the arena than the facts that may be stated for them, and win.
        for (n, node) in (0u32..).zip(self.arena.nodes()) {
            let key = match &node.op {
                Op::HouseholdFact(c) => {
                    self.layout.household.get(*c as usize).map(|c| (Entity::Household, c.id.clone()))
                }
                Op::PersonFact(c) => self.layout.person.get(*c as usize).map(|c| (Entity::Person, c.id.clone())),
                Op::Define { definition, .. } => {
                    self.definitions.get(*definition as usize).map(|d| (d.entity, d.id.clone()))
                }
                _ => None,
            };
            if let Some(key) = key {
                self.named_nodes.insert(key, Id(n));
            }
        }
    }

    /// Content hash of the rule set, hex: the same for the same rules however they are formatted and in whatever order
    /// their files were read.
    pub fn rule_set(&self) -> &str {
        &self.hash
    }

    /// By programme a hash of what it says, with all that it reads: where two rule sets agree on it, they agree on its
    /// results for the same facts.
    pub fn hashes_of_programmes(&self) -> BTreeMap<String, String> {
        crate::hash::programmes(self)
    }

    /// An empty household to fill with facts.
    pub fn household(&self) -> HouseholdBuilder {
        HouseholdBuilder::with_layout(self.layout.clone())
    }

    /// Items, codes and texts as laid out for households.
    pub fn layout(&self) -> &Arc<Layout> {
        &self.layout
    }

    /// The nodes.
    pub fn arena(&self) -> &Arena {
        &self.arena
    }

    /// The programmes in the pack's order.
    pub fn programmes(&self) -> &[ProgrammeIr] {
        &self.programmes
    }

    /// The definitions in the pack's order.
    pub fn definitions(&self) -> &[DefinitionIr] {
        &self.definitions
    }

    /// The parameter tables in the pack's order.
    pub fn tables(&self) -> &[ParamTable] {
        &self.tables
    }

    /// The expressions that nodes' sources point into.
    pub fn expressions(&self) -> &[Expr] {
        &self.expressions
    }

    /// Whether any rule reads the item in this column of the layout.
    pub fn is_read(&self, entity: Entity, column: u32) -> bool {
        self.arena.nodes().iter().any(|node| match node.op {
            Op::HouseholdFact(c) => entity == Entity::Household && c == column,
            Op::PersonFact(c) => entity == Entity::Person && c == column,
            _ => false,
        })
    }

    /// The items a programme can read, sorted; empty for an unknown programme.
    pub fn items_of(&self, programme: &str) -> &[(Entity, Arc<str>)] {
        self.items_of.get(programme).map_or(&[], Vec::as_slice)
    }

    /// The programmes that can read an item, in the pack's order: those whose results a change of the item may touch.
    pub fn programmes_of(&self, entity: Entity, item: &str) -> &[Arc<str>] {
        self.programmes_of.get(&(entity, Arc::from(item))).map_or(&[], Vec::as_slice)
    }

    /// A version of a programme in canonical FEEL.
    pub fn describe(&self, programme: &str, version: usize) -> Option<Description> {
        let programme = self.programmes.iter().find(|p| p.id.as_ref() == programme)?;
        let v = programme.versions.get(version)?;
        let conditions = v.conditions.iter().map(|c| (c.id.clone(), c.text.clone())).collect();
        Some(Description { subject: v.subject, parts: v.texts.clone(), conditions })
    }

    /// A definition's versions in canonical FEEL.
    pub fn describe_definition(&self, entity: Entity, id: &str) -> Option<&[String]> {
        self.definitions.iter().find(|d| d.entity == entity && d.id.as_ref() == id).map(|d| d.texts.as_slice())
    }
}

impl VersionIr {
    /// All nodes this version starts from.
    pub fn roots(&self) -> impl Iterator<Item = Id> {
        let dates = [self.starts, self.until, self.claim_opens, self.claim_closes].into_iter().flatten();
        std::iter::once(self.verdict).chain(self.amount.map(|a| a.0)).chain(dates).collect::<Vec<_>>().into_iter()
    }
}
