//! What the parser makes of a text: a tree that still knows where every part stood.

use std::cmp::Ordering;

/// Byte offsets into the expression's text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub(crate) struct Span {
    /// First byte.
    pub(crate) start: usize,
    /// First byte outside.
    pub(crate) end: usize,
}

/// An operator between two things.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Binary {
    /// `or`
    Or,
    /// `and`
    And,
    /// `=`, `<` …
    Compare(Cmp),
    /// `+`
    Add,
    /// `-`
    Sub,
    /// `*`
    Mul,
    /// `/`
    Div,
    /// `**`
    Pow,
}

/// A comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Cmp {
    /// `=`
    Eq,
    /// `!=`
    Ne,
    /// `<`
    Lt,
    /// `<=`
    Le,
    /// `>`
    Gt,
    /// `>=`
    Ge,
}

impl Cmp {
    /// As written.
    pub fn sign(self) -> &'static str {
        match self {
            Cmp::Eq => "=",
            Cmp::Ne => "!=",
            Cmp::Lt => "<",
            Cmp::Le => "<=",
            Cmp::Gt => ">",
            Cmp::Ge => ">=",
        }
    }

    /// Whether the comparison holds for two values in this order.
    pub fn holds(self, order: Ordering) -> bool {
        match self {
            Cmp::Eq => order.is_eq(),
            Cmp::Ne => order.is_ne(),
            Cmp::Lt => order.is_lt(),
            Cmp::Le => order.is_le(),
            Cmp::Gt => order.is_gt(),
            Cmp::Ge => order.is_ge(),
        }
    }

    /// The same comparison with its sides exchanged.
    pub fn turned(self) -> Cmp {
        match self {
            Cmp::Lt => Cmp::Gt,
            Cmp::Le => Cmp::Ge,
            Cmp::Gt => Cmp::Lt,
            Cmp::Ge => Cmp::Le,
            same => same,
        }
    }

    /// The comparison that holds where this one does not.
    pub fn negated(self) -> Cmp {
        match self {
            Cmp::Eq => Cmp::Ne,
            Cmp::Ne => Cmp::Eq,
            Cmp::Lt => Cmp::Ge,
            Cmp::Le => Cmp::Gt,
            Cmp::Gt => Cmp::Le,
            Cmp::Ge => Cmp::Lt,
        }
    }
}

/// A part of an expression with its place.
#[derive(Clone, Debug)]
pub(crate) struct Ast {
    /// What it is.
    pub(crate) kind: Kind,
    /// Where it stands.
    pub(crate) span: Span,
    /// How deep the tree below is, to refuse what would exhaust the stack.
    pub(crate) depth: u16,
}

/// The kinds of parts.
#[derive(Clone, Debug)]
pub(crate) enum Kind {
    /// `true`, `false`
    Bool(bool),
    /// A number as written.
    Number(String),
    /// A text in quotes, without them.
    Text(String),
    /// A name.
    Name(String),
    /// `a.b`
    Path(Box<Ast>, String),
    /// `list[condition]`
    Filter(Box<Ast>, Box<Ast>),
    /// `name(arguments)`
    Call(String, Vec<Ast>),
    /// `table at (date, keys…)`
    At(String, Vec<Ast>),
    /// `-a`
    Negate(Box<Ast>),
    /// `not(a)`
    Not(Box<Ast>),
    /// `a op b`
    Binary(Binary, Box<Ast>, Box<Ast>),
    /// `x in [lo..hi]`; the flags say whether the ends are inside. `between` is the same with both inside.
    InRange(Box<Ast>, Box<Ast>, bool, Box<Ast>, bool),
    /// `x in (a, b)`
    InList(Box<Ast>, Vec<Ast>),
    /// `if c then a else b`
    If(Box<Ast>, Box<Ast>, Box<Ast>),
    /// `some x in list satisfies p`
    Some(String, Box<Ast>, Box<Ast>),
    /// `every x in list satisfies p`
    Every(String, Box<Ast>, Box<Ast>),
    /// `for x in list return e`
    For(String, Box<Ast>, Box<Ast>),
}

impl Ast {
    /// Builds a node and measures its depth.
    pub(crate) fn new(kind: Kind, span: Span) -> Ast {
        let mut deepest = 0;
        each_child(&kind, |c| deepest = deepest.max(c.depth));
        Ast { kind, span, depth: deepest.saturating_add(1) }
    }
}

/// Equality of meaning: the places do not count.
impl PartialEq for Ast {
    fn eq(&self, other: &Ast) -> bool {
        self.kind == other.kind
    }
}

impl PartialEq for Kind {
    fn eq(&self, other: &Kind) -> bool {
        use Kind as K;
        match (self, other) {
            (K::Bool(a), K::Bool(b)) => a == b,
            (K::Number(a), K::Number(b)) | (K::Text(a), K::Text(b)) | (K::Name(a), K::Name(b)) => a == b,
            (K::Path(a, x), K::Path(b, y)) => x == y && a == b,
            (K::Filter(a, x), K::Filter(b, y)) => a == b && x == y,
            (K::Call(a, x), K::Call(b, y)) | (K::At(a, x), K::At(b, y)) => a == b && x == y,
            (K::Negate(a), K::Negate(b)) | (K::Not(a), K::Not(b)) => a == b,
            (K::Binary(o, a, x), K::Binary(p, b, y)) => o == p && a == b && x == y,
            (K::InRange(a, l, i, h, j), K::InRange(b, m, k, n, o)) => a == b && l == m && i == k && h == n && j == o,
            (K::InList(a, x), K::InList(b, y)) => a == b && x == y,
            (K::If(a, b, c), K::If(x, y, z)) => a == x && b == y && c == z,
            (K::Some(n, a, b), K::Some(m, x, y))
            | (K::Every(n, a, b), K::Every(m, x, y))
            | (K::For(n, a, b), K::For(m, x, y)) => n == m && a == x && b == y,
            _ => false,
        }
    }
}

/// Calls `f` for each direct part.
pub(crate) fn each_child<'a>(kind: &'a Kind, mut f: impl FnMut(&'a Ast)) {
    match kind {
        Kind::Bool(_) | Kind::Number(_) | Kind::Text(_) | Kind::Name(_) => {}
        Kind::Path(a, _) | Kind::Negate(a) | Kind::Not(a) => f(a),
        Kind::Filter(a, b) | Kind::Binary(_, a, b) => {
            f(a);
            f(b);
        }
        Kind::Call(_, args) | Kind::At(_, args) => args.iter().for_each(f),
        Kind::InRange(a, l, _, h, _) => {
            f(a);
            f(l);
            f(h);
        }
        Kind::InList(a, list) => {
            f(a);
            list.iter().for_each(f);
        }
        Kind::If(a, b, c) => {
            f(a);
            f(b);
            f(c);
        }
        Kind::Some(_, a, b) | Kind::Every(_, a, b) | Kind::For(_, a, b) => {
            f(a);
            f(b);
        }
    }
}
