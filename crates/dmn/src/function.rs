//! FEEL's functions, and the names in force where an expression is evaluated.

use std::fmt;
use std::sync::Arc;

use crate::ast::{FunctionExpr, Param};
use crate::builtins::Builtin;
use crate::types::Type;
use crate::value::{Context, Value};

/// A function as a value.
#[derive(Debug)]
pub enum Function {
    /// One of FEEL's own.
    Builtin(&'static Builtin),
    /// Written in FEEL, or a boxed function; it remembers the names where it was made.
    Written {
        /// Parameters and body.
        code: Arc<FunctionExpr>,
        /// Where it was made.
        env: Env,
    },
    /// A business knowledge model or decision service, by its number in the program.
    Invocable(Invocable),
}

/// What of a model can be called.
#[derive(Debug)]
pub struct Invocable {
    /// Its number.
    pub(crate) index: usize,
    /// Its name.
    pub(crate) name: Arc<str>,
    /// Its parameters.
    pub(crate) params: Vec<Param>,
    /// The declared type of its result.
    pub(crate) result: Option<Type>,
}

impl Function {
    /// The parameters of a function that was written down.
    pub(crate) fn params(&self) -> &[Param] {
        match self {
            Function::Builtin(_) => &[],
            Function::Written { code, .. } => &code.params,
            Function::Invocable(i) => &i.params,
        }
    }

    /// Whether it takes these parameters and gives this result. An undeclared type is `Any`.
    pub(crate) fn is_of(&self, params: &[Arc<Type>], result: &Type) -> bool {
        // What a built-in takes and gives is not declared; its number of parameters is.
        if let Function::Builtin(builtin) = self {
            return (params.is_empty() && matches!(result, Type::Any)) || builtin.check_count(params.len()).is_ok();
        }
        let mine = self.params();
        let declared = match self {
            Function::Written { code, .. } => code.result.as_deref().cloned(),
            Function::Invocable(i) => i.result.clone(),
            Function::Builtin(_) => None,
        };
        mine.len() == params.len()
            && params
                .iter()
                .zip(mine)
                .all(|(theirs, mine)| mine.ty.ty.as_ref().is_some_and(|mine| theirs.conforms(mine)))
            && declared.unwrap_or(Type::Any).conforms(result)
    }
}

impl fmt::Display for Function {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Function::Builtin(b) => write!(f, "{}", b.name),
            Function::Invocable(i) => write!(f, "{}", i.name),
            Function::Written { code, .. } => {
                f.write_str("function(")?;
                for (i, p) in code.params.iter().enumerate() {
                    write!(f, "{}{}", if i > 0 { ", " } else { "" }, p.name)?;
                }
                f.write_str(") …")
            }
        }
    }
}

/// Names and their values, innermost first.
#[derive(Clone, Debug, Default)]
pub struct Env(Option<Arc<Frame>>);

#[derive(Debug)]
struct Frame {
    vars: Vars,
    parent: Env,
}

#[derive(Debug)]
enum Vars {
    One(Arc<str>, Value),
    Many(Vec<(Arc<str>, Value)>),
    Context(Arc<Context>),
    /// `?`
    Input(Value),
}

impl Env {
    fn push(&self, vars: Vars) -> Env {
        Env(Some(Arc::new(Frame { vars, parent: self.clone() })))
    }

    /// With one more name.
    pub(crate) fn with(&self, name: Arc<str>, value: Value) -> Env {
        self.push(Vars::One(name, value))
    }

    /// With more names.
    pub(crate) fn with_all(&self, vars: Vec<(Arc<str>, Value)>) -> Env {
        self.push(Vars::Many(vars))
    }

    /// With the entries of a context as names.
    pub(crate) fn with_context(&self, context: Arc<Context>) -> Env {
        self.push(Vars::Context(context))
    }

    /// With the value unary tests are about.
    pub(crate) fn with_input(&self, value: Value) -> Env {
        self.push(Vars::Input(value))
    }

    /// The value under a name.
    pub(crate) fn get(&self, name: &Arc<str>) -> Option<&Value> {
        let mut at = self.0.as_deref();
        while let Some(frame) = at {
            let hit = match &frame.vars {
                Vars::One(n, v) => (n == name).then_some(v),
                Vars::Many(all) => all.iter().rev().find(|(n, _)| n == name).map(|(_, v)| v),
                Vars::Context(c) => c.get(name),
                Vars::Input(_) => None,
            };
            if hit.is_some() {
                return hit;
            }
            at = frame.parent.0.as_deref();
        }
        None
    }

    /// The value unary tests are about.
    pub(crate) fn input(&self) -> Option<&Value> {
        let mut at = self.0.as_deref();
        while let Some(frame) = at {
            if let Vars::Input(v) = &frame.vars {
                return Some(v);
            }
            at = frame.parent.0.as_deref();
        }
        None
    }

    /// Every name in force, for hints.
    pub(crate) fn names(&self) -> Vec<Arc<str>> {
        let mut out = Vec::new();
        let mut at = self.0.as_deref();
        while let Some(frame) = at {
            match &frame.vars {
                Vars::One(n, _) => out.push(n.clone()),
                Vars::Many(all) => out.extend(all.iter().map(|(n, _)| n.clone())),
                Vars::Context(c) => out.extend(c.iter().map(|(n, _)| n.clone())),
                Vars::Input(_) => {}
            }
            at = frame.parent.0.as_deref();
        }
        out
    }
}
