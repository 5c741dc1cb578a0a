//! A DMN model as its file has it: what `read` makes and `write` takes. Texts of expressions are still texts.

/// A line of the file, or a column in it; two models are equal wherever they stood.
#[derive(Clone, Copy, Debug, Default)]
pub struct Line(pub u32);

impl PartialEq for Line {
    fn eq(&self, _: &Line) -> bool {
        true
    }
}

/// One model.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Definitions {
    /// Its name.
    pub name: String,
    /// Its namespace, by which other models import it.
    pub namespace: String,
    /// What it is about.
    pub description: Option<String>,
    /// Other models it uses.
    pub imports: Vec<Import>,
    /// Types.
    pub items: Vec<ItemDefinition>,
    /// Inputs.
    pub inputs: Vec<InputData>,
    /// Decisions.
    pub decisions: Vec<Decision>,
    /// Business knowledge models.
    pub knowledge: Vec<KnowledgeModel>,
    /// Decision services.
    pub services: Vec<DecisionService>,
}

/// Another model's names under a name of this one.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Import {
    /// The name in front of everything imported; empty: no name is needed.
    pub name: String,
    /// The other model's namespace.
    pub namespace: String,
    /// Where the file may lie.
    pub location: Option<String>,
    /// What it is: the address of the DMN version, or of something that is no model.
    pub kind: String,
}

/// A type of the model.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ItemDefinition {
    /// Its name, or the component's.
    pub name: String,
    /// The type it is or narrows.
    pub type_ref: Option<String>,
    /// Unary tests each value must pass.
    pub allowed: Option<Text>,
    /// Unary tests the whole collection must pass (DMN 1.5).
    pub constraint: Option<Text>,
    /// The entries of a context.
    pub components: Vec<ItemDefinition>,
    /// Whether it is a list of these.
    pub collection: bool,
    /// A function's parameters and result.
    pub function: Option<FunctionItem>,
}

/// The type of a function.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FunctionItem {
    /// Names and types of the parameters.
    pub params: Vec<Variable>,
    /// The type of the result.
    pub result: Option<String>,
}

/// A text of FEEL with the line on which it begins.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Text {
    /// The text.
    pub text: String,
    /// Where it begins.
    pub line: Line,
    /// Where in that line, in characters.
    pub column: Line,
}

/// A name with a type.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Variable {
    /// The name.
    pub name: String,
    /// The type, if one is declared.
    pub type_ref: Option<String>,
}

/// An input.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct InputData {
    /// By which others refer to it.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its name and type in expressions.
    pub variable: Variable,
}

/// What an element needs, by `#id` or `namespace#id`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Requirements {
    /// Inputs and decisions.
    pub information: Vec<Required>,
    /// Business knowledge models and services.
    pub knowledge: Vec<String>,
}

/// A required input or decision.
#[derive(Clone, Debug, PartialEq)]
pub enum Required {
    /// An input.
    Input(String),
    /// A decision.
    Decision(String),
}

impl Required {
    /// The reference.
    pub fn href(&self) -> &str {
        match self {
            Required::Input(href) | Required::Decision(href) => href,
        }
    }
}

/// A decision.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Decision {
    /// By which others refer to it.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What it is about.
    pub description: Option<String>,
    /// The question it answers.
    pub question: Option<String>,
    /// The answers there are.
    pub allowed_answers: Option<String>,
    /// The name and type of its result.
    pub variable: Variable,
    /// What it needs.
    pub requires: Requirements,
    /// How it is made.
    pub logic: Option<Expression>,
    /// Where it stands.
    pub line: Line,
}

/// A function that decisions share.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct KnowledgeModel {
    /// By which others refer to it.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What it is about.
    pub description: Option<String>,
    /// Its name and type in expressions.
    pub variable: Variable,
    /// The function.
    pub logic: Option<FunctionDefinition>,
    /// What it needs.
    pub requires: Requirements,
    /// Where it stands.
    pub line: Line,
}

/// Decisions offered as one function.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DecisionService {
    /// By which others refer to it.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What it is about.
    pub description: Option<String>,
    /// Its name and type in expressions.
    pub variable: Variable,
    /// What it gives.
    pub outputs: Vec<String>,
    /// Decisions made inside.
    pub encapsulated: Vec<String>,
    /// Decisions whose results are given.
    pub input_decisions: Vec<String>,
    /// Inputs that are given.
    pub input_data: Vec<String>,
}

/// A boxed expression.
#[derive(Clone, Debug, PartialEq)]
pub struct Expression {
    /// The declared type of its value.
    pub type_ref: Option<String>,
    /// What it is.
    pub logic: Logic,
}

/// The kinds of boxed expressions.
#[derive(Clone, Debug, PartialEq)]
pub enum Logic {
    /// FEEL.
    Literal(Literal),
    /// A decision table.
    Table(Box<DecisionTable>),
    /// Named expressions; the last may have no name and is then the result.
    Context(Vec<ContextEntry>),
    /// A list.
    List(Vec<Expression>),
    /// A table of values: columns, rows.
    Relation(Vec<Variable>, Vec<Vec<Expression>>),
    /// A call: the function, and its arguments by name.
    Invocation(Box<Expression>, Vec<(Variable, Option<Expression>)>),
    /// A function.
    Function(Box<FunctionDefinition>),
    /// If, then, else.
    Conditional(Box<[Expression; 3]>),
    /// A variable that runs through a list.
    Iterator(Box<Iteration>),
    /// The list, and what an element must meet.
    Filter(Box<[Expression; 2]>),
}

/// An expression's text.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Literal {
    /// The text.
    pub text: Text,
    /// Its language, if it is not the model's.
    pub language: Option<String>,
}

/// Which iteration it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IterationKind {
    /// `for … return`
    For,
    /// `some … satisfies`
    Some,
    /// `every … satisfies`
    Every,
}

/// A variable that runs through a list.
#[derive(Clone, Debug, PartialEq)]
pub struct Iteration {
    /// What is done.
    pub kind: IterationKind,
    /// The variable.
    pub variable: String,
    /// What it runs through.
    pub over: Expression,
    /// What is worked out for each.
    pub body: Expression,
}

/// An entry of a boxed context.
#[derive(Clone, Debug, PartialEq)]
pub struct ContextEntry {
    /// Its name and type; the result has none.
    pub variable: Option<Variable>,
    /// Its value.
    pub value: Expression,
}

/// The language of a function.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum FunctionKind {
    /// FEEL.
    #[default]
    Feel,
    /// Java, which Hearth does not run.
    Java,
    /// PMML, which Hearth does not run.
    Pmml,
}

/// A boxed function.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FunctionDefinition {
    /// Its language.
    pub kind: FunctionKind,
    /// Its parameters.
    pub params: Vec<Variable>,
    /// The declared type.
    pub type_ref: Option<String>,
    /// Its body.
    pub body: Option<Expression>,
}

/// Which of the matching rules count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HitPolicy {
    /// One at most.
    #[default]
    Unique,
    /// Several that agree.
    Any,
    /// The one whose output is most important.
    Priority,
    /// The first.
    First,
    /// All, in any order, or put together.
    Collect,
    /// All in the order of the rules.
    RuleOrder,
    /// All in the order of importance.
    OutputOrder,
}

impl HitPolicy {
    /// As the file writes it.
    pub fn word(self) -> &'static str {
        match self {
            HitPolicy::Unique => "UNIQUE",
            HitPolicy::Any => "ANY",
            HitPolicy::Priority => "PRIORITY",
            HitPolicy::First => "FIRST",
            HitPolicy::Collect => "COLLECT",
            HitPolicy::RuleOrder => "RULE ORDER",
            HitPolicy::OutputOrder => "OUTPUT ORDER",
        }
    }

    /// All policies.
    pub const ALL: [HitPolicy; 7] = [
        HitPolicy::Unique,
        HitPolicy::Any,
        HitPolicy::Priority,
        HitPolicy::First,
        HitPolicy::Collect,
        HitPolicy::RuleOrder,
        HitPolicy::OutputOrder,
    ];
}

/// How collected results are put together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Aggregation {
    /// The sum.
    Sum,
    /// How many.
    Count,
    /// The smallest.
    Min,
    /// The largest.
    Max,
}

impl Aggregation {
    /// As the file writes it.
    pub fn word(self) -> &'static str {
        match self {
            Aggregation::Sum => "SUM",
            Aggregation::Count => "COUNT",
            Aggregation::Min => "MIN",
            Aggregation::Max => "MAX",
        }
    }

    /// All ways.
    pub const ALL: [Aggregation; 4] = [Aggregation::Sum, Aggregation::Count, Aggregation::Min, Aggregation::Max];
}

/// A decision table.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DecisionTable {
    /// Which rules count.
    pub policy: HitPolicy,
    /// How results are put together.
    pub aggregation: Option<Aggregation>,
    /// The name of its output, if it has one only.
    pub output_label: Option<String>,
    /// Input columns.
    pub inputs: Vec<InputClause>,
    /// Output columns.
    pub outputs: Vec<OutputClause>,
    /// Rows.
    pub rules: Vec<Rule>,
}

/// An input column.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct InputClause {
    /// What is tested.
    pub expression: Text,
    /// Its type.
    pub type_ref: Option<String>,
    /// Unary tests every value must pass.
    pub values: Option<Text>,
}

/// An output column.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OutputClause {
    /// Its name, if there are several.
    pub name: Option<String>,
    /// Its type.
    pub type_ref: Option<String>,
    /// The values it may have, most important first.
    pub values: Option<Text>,
    /// What it is where no rule matches.
    pub default: Option<Text>,
}

/// A row.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rule {
    /// A cell for each input.
    pub inputs: Vec<Text>,
    /// A cell for each output.
    pub outputs: Vec<Text>,
}
