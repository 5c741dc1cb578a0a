//! What a catalogue declares and the compiler reads: items, code lists, parameters, definitions, programmes.
//!
//! Plain data. Every text that can be wrong carries its [`Origin`], so that a fault names file, line and column.

use std::sync::Arc;

use kernel::{Currency, Date};

/// Where a text stands in a pack.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Default)]
pub struct Origin {
    /// Path as the official knows it, relative to the pack's folder.
    pub file: Arc<str>,
    /// 1-based.
    pub line: u32,
    /// 1-based, in characters.
    pub column: u32,
}

/// An expression as written, not yet parsed.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Expr {
    /// The source text.
    pub text: String,
    /// Where its first character stands.
    pub origin: Origin,
}

/// Whom an item, definition or programme is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Entity {
    /// One member of the household.
    Person,
    /// The household as a whole.
    Household,
}

/// The time to which money belongs, as part of its unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Per {
    /// A stock or a single payment.
    Once,
    /// A flow by month.
    Month,
    /// A flow by year.
    Year,
    /// By use (a discount on a ticket).
    Use,
}

/// A declared type with its unit.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Type {
    /// Three-valued truth.
    Boolean,
    /// A whole number; the unit (`years`, `months`, `days`, `persons`, `hours`, `percent`) or empty.
    Integer(Arc<str>),
    /// A decimal number of up to 34 significant digits, with the same units.
    Decimal(Arc<str>),
    /// A dimensionless share, 0.3 for 30 %.
    Ratio,
    /// Whole minor units of the pack's currency.
    Money(Per),
    /// A civil date.
    Date,
    /// Free text: may be compared, never decides by pattern.
    Text,
    /// A code of the named list.
    Code(Arc<str>),
}

/// A value as a fact carries it.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(tag = "type", content = "value", rename_all = "snake_case")]
pub enum Value {
    /// Truth.
    Boolean(bool),
    /// A whole number.
    Integer(i64),
    /// A decimal as text, exactly as recorded.
    Decimal(String),
    /// Minor units of the pack's currency.
    Money(i64),
    /// A civil date.
    Date(Date),
    /// Free text.
    Text(String),
    /// A code.
    Code(String),
}

/// One list of codes.
#[derive(Clone, Debug)]
pub struct CodeList {
    /// Its id.
    pub id: Arc<str>,
    /// Its codes in order.
    pub codes: Vec<Arc<str>>,
    /// Where it is declared.
    pub origin: Origin,
}

/// One item of the data dictionary.
#[derive(Clone, Debug)]
pub struct Item {
    /// Its id, unique within the entity together with the definitions.
    pub id: Arc<str>,
    /// Whom it is about.
    pub entity: Entity,
    /// Type and unit.
    pub ty: Type,
    /// What no entry means, where the owner's register is complete; `None`: no entry means unknown.
    pub absent: Option<Value>,
    /// Where it is declared.
    pub origin: Origin,
}

/// One key of a parameter table.
#[derive(Clone, Debug)]
pub struct Key {
    /// Its name, for messages.
    pub name: Arc<str>,
    /// Integer or code.
    pub ty: Type,
    /// Whether the row with the largest key not above the asked one applies (a band).
    pub floor: bool,
}

/// One dated row of a parameter table.
#[derive(Clone, Debug)]
pub struct Row {
    /// First day.
    pub valid_from: Date,
    /// Last day, inclusive; `None` is open.
    pub valid_to: Option<Date>,
    /// One value a key.
    pub keys: Vec<Value>,
    /// The value, of the table's type.
    pub value: Value,
    /// Where it stands.
    pub origin: Origin,
}

/// A dated table, as published.
#[derive(Clone, Debug)]
pub struct Table {
    /// Its id: the name in expressions.
    pub id: Arc<str>,
    /// Type of the values.
    pub ty: Type,
    /// Its keys; none for a single dated value.
    pub keys: Vec<Key>,
    /// The rows.
    pub rows: Vec<Row>,
    /// Where it is declared.
    pub origin: Origin,
}

/// A value valid over a range of days.
#[derive(Clone, Debug)]
pub struct Dated<T> {
    /// First day; `None`: since ever.
    pub valid_from: Option<Date>,
    /// Last day, inclusive; `None`: open.
    pub valid_to: Option<Date>,
    /// The thing.
    pub it: T,
}

/// A named value worked out from items.
#[derive(Clone, Debug)]
pub struct Definition {
    /// Its id, unique within the entity together with the items.
    pub id: Arc<str>,
    /// Whom it is about.
    pub entity: Entity,
    /// The unit it claims, checked against the expression; `None`: whatever comes out.
    pub ty: Option<Type>,
    /// Whether a recorded fact of this id wins over the computation.
    pub may_be_stated: bool,
    /// How it is worked out, by date.
    pub versions: Vec<Dated<Logic>>,
    /// Where it is declared.
    pub origin: Origin,
}

/// How a named value is worked out.
#[derive(Clone, Debug)]
pub enum Logic {
    /// By an expression.
    Formula(Expr),
    /// By a decision table.
    Table(Arc<DecisionTable>),
}

impl From<Expr> for Logic {
    fn from(expr: Expr) -> Logic {
        Logic::Formula(expr)
    }
}

impl Logic {
    /// Where it stands.
    pub fn origin(&self) -> &Origin {
        match self {
            Logic::Formula(expr) => &expr.origin,
            Logic::Table(table) => &table.origin,
        }
    }

    /// The texts of all expressions in it.
    pub fn texts(&self) -> Vec<&str> {
        match self {
            Logic::Formula(expr) => vec![&expr.text],
            Logic::Table(table) => {
                let rules = table.rules.iter().flat_map(|rule| rule.cells.iter().chain([&rule.output]));
                table.inputs.iter().chain(rules).chain(&table.default).map(|expr| expr.text.as_str()).collect()
            }
        }
    }
}

/// A decision table with one output, as DMN has it.
#[derive(Clone, Debug)]
pub struct DecisionTable {
    /// Its name, for explanations.
    pub name: Arc<str>,
    /// Which of the matching rules count.
    pub policy: HitPolicy,
    /// What the columns test.
    pub inputs: Vec<Expr>,
    /// Its rules, for `First` in the order in which they count.
    pub rules: Vec<DecisionRule>,
    /// What it gives where no rule matches.
    pub default: Option<Expr>,
    /// Where it stands.
    pub origin: Origin,
}

/// A row of a decision table.
#[derive(Clone, Debug)]
pub struct DecisionRule {
    /// Its number as the table shows it, from 1.
    pub number: u32,
    /// Unary tests, one a column: `-`, `< 5`, `[1..5)`, `"a", "b"`, `not("a")`.
    pub cells: Vec<Expr>,
    /// What the rule gives.
    pub output: Expr,
    /// Where it stands.
    pub origin: Origin,
}

/// Which of the matching rules of a table count. DMN's `Priority` is `First` with the rules in the order of their outputs; its lists
/// of results have no type here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HitPolicy {
    /// One: the compiler proves that no two can match together.
    Unique,
    /// Several that give the same: the compiler proves that they do.
    Any,
    /// The first.
    First,
    /// All, added up.
    Sum,
    /// How many.
    Count,
    /// The smallest result.
    Least,
    /// The largest result.
    Greatest,
}

/// One condition of a programme. All must hold.
#[derive(Clone, Debug)]
pub struct Condition {
    /// Unique within the version.
    pub id: Arc<str>,
    /// A boolean expression.
    pub when: Expr,
    /// Where it is declared.
    pub origin: Origin,
}

/// What a programme says over a range of days.
#[derive(Clone, Debug)]
pub struct Version {
    /// Whose entitlement it is.
    pub subject: Entity,
    /// For whom the question makes sense; `None`: everyone.
    pub applies: Option<Expr>,
    /// The conditions in order.
    pub conditions: Vec<Condition>,
    /// The sum and its period; `None` for a status or a service.
    pub amount: Option<(Expr, Per)>,
    /// First day of the entitlement.
    pub from: Option<Expr>,
    /// First day after the entitlement.
    pub until: Option<Expr>,
    /// First day of the claim window.
    pub claim_opens: Option<Expr>,
    /// Last day of the claim window, inclusive.
    pub claim_closes: Option<Expr>,
    /// Where it is declared.
    pub origin: Origin,
}

/// A programme with all its dated versions.
#[derive(Clone, Debug)]
pub struct Programme {
    /// Its id.
    pub id: Arc<str>,
    /// By date, not overlapping.
    pub versions: Vec<Dated<Version>>,
    /// Where it is declared.
    pub origin: Origin,
}

/// Items that the engine knows by role.
#[derive(Clone, Debug, Default)]
pub struct Roles {
    /// person, date
    pub birth_date: Option<Arc<str>>,
    /// person, date
    pub death_date: Option<Arc<str>>,
    /// person, date: a current pregnancy
    pub due_date: Option<Arc<str>>,
}

/// Everything the compiler reads.
#[derive(Clone, Debug)]
pub struct Schema {
    /// The currency of all money.
    pub currency: Currency,
    /// Items known by role.
    pub roles: Roles,
    /// Code lists.
    pub code_lists: Vec<CodeList>,
    /// Data items.
    pub items: Vec<Item>,
    /// Parameter tables.
    pub tables: Vec<Table>,
    /// Definitions.
    pub definitions: Vec<Definition>,
    /// Programmes.
    pub programmes: Vec<Programme>,
}

/// How bad a fault is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// The pack is refused.
    Error,
    /// The pack works, and somebody should look.
    Warning,
}

/// Something wrong with a pack, told so that an official can mend it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, serde::Serialize)]
pub struct Fault {
    /// Error or warning.
    pub severity: Severity,
    /// A stable code such as `unknown-name`, `wrong-type`, `unit-mismatch`, `cycle`, `overlap`, `never-holds`, `never-fails`.
    pub code: &'static str,
    /// File relative to the pack.
    pub file: String,
    /// 1-based.
    pub line: u32,
    /// 1-based.
    pub column: u32,
    /// What is wrong.
    pub message: String,
    /// What was expected.
    pub expected: String,
    /// What to do; may be empty.
    pub hint: String,
}
