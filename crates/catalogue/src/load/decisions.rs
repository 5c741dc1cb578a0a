//! Decision tables drawn in a DMN modeller: `[definition.table]` names a `.dmn` file of the pack, and what its inputs are here.

use std::sync::Arc;

use dmn::model::{self, Aggregation, Definitions, Logic, Text};
use rules::schema::{DecisionRule, DecisionTable, Expr, HitPolicy, Origin};

use super::context::Context;
use crate::read::fault::{did_you_mean, one_of, shown};
use crate::read::source::Source;
use crate::read::toml_doc::{Located, Table};

/// A table of a model under the name it can be asked for.
pub(crate) struct FoundTable<'m> {
    /// The decision's, or the business knowledge model's.
    pub(crate) name: &'m str,
    id: &'m str,
    pub(crate) table: &'m model::DecisionTable,
}

impl FoundTable<'_> {
    /// Whether it is asked for by this name or id.
    pub(crate) fn is(&self, asked: &str) -> bool {
        self.name == asked || (!self.id.is_empty() && self.id == asked)
    }
}

/// All decision tables of a model.
pub(crate) fn tables(model: &Definitions) -> Vec<FoundTable<'_>> {
    fn found<'m>(name: &'m str, id: &'m str, logic: Option<&'m model::Expression>) -> Option<FoundTable<'m>> {
        match &logic?.logic {
            Logic::Table(table) => Some(FoundTable { name, id, table }),
            _ => None,
        }
    }
    let decisions = model.decisions.iter().map(|d| found(&d.name, &d.id, d.logic.as_ref()));
    let knowledge =
        model.knowledge.iter().map(|k| found(&k.name, &k.id, k.logic.as_ref().and_then(|f| f.body.as_ref())));
    decisions.chain(knowledge).flatten().collect()
}

/// Reads `[definition.table]` and the table it names.
pub(crate) fn read(cx: &mut Context<'_>, entry: &Table<'_>) -> Option<Arc<DecisionTable>> {
    let file = entry.need_text("file");
    let decision = entry.text("decision");
    let output = entry.text("output");
    let inputs = entry.table("inputs").map(|t| t.exprs()).unwrap_or_default();
    entry.finish();
    let file = file?;
    if !file.it.ends_with(".dmn") || cx.files.get(&file.it).is_none() {
        let known: Vec<&str> = cx.files.iter().map(|(path, _)| path).filter(|p| p.ends_with(".dmn")).collect();
        let message = format!("there is no model \"{}\" in the pack", shown(&file.it));
        let hint = did_you_mean(&file.it, known.iter().copied());
        cx.faults.error("missing-file", &file.at, message, "a .dmn file, its path from the pack's folder", hint);
        return None;
    }
    let source = cx.open(&file.it)?;
    let model = match dmn::read(&source.text) {
        Ok(model) => model,
        Err(error) => {
            let at = Origin { file: source.file.clone(), line: error.line, column: 1 };
            cx.faults.error("syntax", &at, error.message, "a model of DMN 1.1 to 1.5", "");
            return None;
        }
    };
    let found = chosen(cx, &tables(&model), &file, decision.as_ref()).map(|f| (f.name.to_owned(), f.table.clone()))?;
    let reader = Reader { cx, source: &source, at: &entry.at, name: found.0, table: &found.1 };
    reader.typed(output.as_ref(), &inputs)
}

/// The table asked for; the only one when none is.
fn chosen<'t>(
    cx: &Context<'_>,
    tables: &'t [FoundTable<'t>],
    file: &Located<String>,
    asked: Option<&Located<String>>,
) -> Option<&'t FoundTable<'t>> {
    let names = || tables.iter().map(|t| t.name);
    match (asked, tables) {
        (None, [one]) => Some(one),
        (None, _) => {
            let message = format!("the model has {} decision tables", tables.len());
            cx.faults.error("missing-key", &file.at, message, format!("`decision`: {}", one_of(names())), "");
            None
        }
        (Some(asked), _) => {
            let found = tables.iter().find(|t| t.is(&asked.it));
            if found.is_none() {
                let message = format!("the model has no decision table \"{}\"", shown(&asked.it));
                let hint = did_you_mean(&asked.it, names());
                cx.faults.error("unknown-decision", &asked.at, message, one_of(names()), hint);
            }
            found
        }
    }
}

/// One table on the way into the pack's rules.
struct Reader<'a> {
    cx: &'a Context<'a>,
    source: &'a Source,
    /// Where the pack names it.
    at: &'a Origin,
    name: String,
    table: &'a model::DecisionTable,
}

impl Reader<'_> {
    fn origin(&self, text: &Text) -> Origin {
        Origin { file: self.source.file.clone(), line: text.line.0, column: text.column.0 }
    }

    fn expr(&self, text: &Text) -> Expr {
        Expr { text: text.text.clone(), origin: self.origin(text) }
    }

    fn fault(&self, at: &Origin, message: String, expected: &str, hint: &str) {
        self.cx.faults.error("table-policy", at, message, expected, hint);
    }

    fn typed(&self, output: Option<&Located<String>>, given: &[(Located<String>, Expr)]) -> Option<Arc<DecisionTable>> {
        let table = self.table;
        let output = self.output(output)?;
        let policy = self.policy()?;
        let inputs = self.inputs(given);
        let mut rules = Vec::new();
        for (number, rule) in (1u32..).zip(&table.rules) {
            let first = rule.inputs.first().or(rule.outputs.first());
            let origin = first.map_or_else(|| self.source.top(), |text| self.origin(text));
            let Some(result) = rule.outputs.get(output).filter(|_| rule.inputs.len() == table.inputs.len()) else {
                let message =
                    format!("rule {number} has {} inputs and {} outputs", rule.inputs.len(), rule.outputs.len());
                let expected = format!("{} inputs and {} outputs", table.inputs.len(), table.outputs.len());
                self.fault(&origin, message, &expected, "");
                return None;
            };
            let cells = rule.inputs.iter().map(|cell| self.expr(cell)).collect();
            rules.push(DecisionRule { number, cells, output: self.expr(result), origin });
        }
        if table.policy == model::HitPolicy::Priority {
            let ranks = self.ranks()?;
            rules.sort_by_key(|rule| ranks.get(rule.number.saturating_sub(1) as usize).cloned().unwrap_or_default());
        }
        let default = table.outputs.get(output).and_then(|o| o.default.as_ref()).map(|d| self.expr(d));
        let name = Arc::from(format!("{} ({})", self.name, self.source.file));
        let first = table.inputs.first().map(|i| self.origin(&i.expression));
        let origin = first.unwrap_or_else(|| self.at.clone());
        Some(Arc::new(DecisionTable { name, policy, inputs, rules, default, origin }))
    }

    /// Which output column is meant.
    fn output(&self, asked: Option<&Located<String>>) -> Option<usize> {
        let outputs = &self.table.outputs;
        let names = || outputs.iter().filter_map(|o| o.name.as_deref());
        match asked {
            None if outputs.len() == 1 => Some(0),
            None => {
                let message = format!("the table has {} outputs", outputs.len());
                self.fault(
                    self.at,
                    message,
                    &format!("`output`: {}", one_of(names())),
                    "one definition for each output",
                );
                None
            }
            Some(asked) => {
                let found = outputs.iter().position(|o| o.name.as_deref() == Some(asked.it.as_str()));
                if found.is_none() {
                    let message = format!("the table has no output \"{}\"", shown(&asked.it));
                    self.fault(&asked.at, message, &one_of(names()), &did_you_mean(&asked.it, names()));
                }
                found
            }
        }
    }

    fn policy(&self) -> Option<HitPolicy> {
        use model::HitPolicy as P;
        Some(match (self.table.policy, self.table.aggregation) {
            (P::Unique, _) => HitPolicy::Unique,
            (P::Any, _) => HitPolicy::Any,
            (P::First | P::Priority, _) => HitPolicy::First,
            (P::Collect, Some(Aggregation::Sum)) => HitPolicy::Sum,
            (P::Collect, Some(Aggregation::Count)) => HitPolicy::Count,
            (P::Collect, Some(Aggregation::Min)) => HitPolicy::Least,
            (P::Collect, Some(Aggregation::Max)) => HitPolicy::Greatest,
            (policy, _) => {
                let message = format!("the hit policy {} gives a list of results", policy.word());
                let expected = "UNIQUE, ANY, PRIORITY, FIRST, or COLLECT with SUM, COUNT, MIN or MAX";
                self.fault(
                    self.at,
                    message,
                    expected,
                    "a rule of a pack gives one value: choose how the results become one",
                );
                return None;
            }
        })
    }

    /// What the columns test: what the pack says for an input, else the input's own expression.
    fn inputs(&self, given: &[(Located<String>, Expr)]) -> Vec<Expr> {
        let same = |a: &str, b: &str| a.split_whitespace().eq(b.split_whitespace());
        let texts = || self.table.inputs.iter().map(|i| i.expression.text.as_str());
        for (name, _) in given.iter().filter(|(name, _)| !texts().any(|t| same(t, &name.it))) {
            let message = format!("the table has no input \"{}\"", shown(&name.it));
            self.fault(&name.at, message, &one_of(texts()), &did_you_mean(&name.it, texts()));
        }
        let of = |clause: &model::InputClause| {
            let said = given.iter().find(|(name, _)| same(&name.it, &clause.expression.text));
            said.map_or_else(|| self.expr(&clause.expression), |(_, expr)| expr.clone())
        };
        self.table.inputs.iter().map(of).collect()
    }

    /// For each rule where its outputs stand in the lists of output values, which PRIORITY orders by.
    fn ranks(&self) -> Option<Vec<Vec<usize>>> {
        let canonical = |text: &str| rules::canonical(text).unwrap_or_else(|| text.trim().to_owned());
        let mut orders = Vec::new();
        for output in &self.table.outputs {
            let Some(values) = &output.values else {
                let message = "the hit policy PRIORITY has no order of outputs".to_owned();
                self.fault(self.at, message, "output values, the most important first", "or use the hit policy FIRST");
                return None;
            };
            let Some(order) = rules::listed(&values.text) else {
                let message = format!("{} is no list of values", shown(&values.text));
                self.fault(&self.origin(values), message, "values such as \"a\", \"b\"", "");
                return None;
            };
            orders.push(order);
        }
        let mut ranks = Vec::new();
        for rule in &self.table.rules {
            let mut rank = Vec::new();
            for (cell, order) in rule.outputs.iter().zip(&orders) {
                let Some(at) = order.iter().position(|value| *value == canonical(&cell.text)) else {
                    let message = format!("{} is not among the output values", shown(&cell.text));
                    self.fault(&self.origin(cell), message, &one_of(order.iter().map(String::as_str)), "");
                    return None;
                };
                rank.push(at);
            }
            ranks.push(rank);
        }
        Some(ranks)
    }
}
