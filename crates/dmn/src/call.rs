//! Calling functions, and bringing values to declared types.

use std::sync::Arc;

use crate::ast::{Args, Expr, FunctionExpr, Kind};
use crate::builtins;
use crate::eval::Eval;
use crate::function::{Env, Function};
use crate::lexer::Span;
use crate::operate::R;
use crate::types::Type;
use crate::value::{Context, Value};

impl Eval<'_> {
    pub(crate) fn call(&self, callee: &Expr, args: &Args, env: &Env) -> R {
        // A built-in called by its name needs no function value.
        if let Kind::Name(name) = &callee.kind
            && let Some(builtin) = builtins::find(name).filter(|_| env.get(name).is_none())
        {
            return self.call_builtin(builtin, args, env);
        }
        match self.eval(callee, env) {
            Value::Function(f) => match &*f {
                Function::Builtin(builtin) => self.call_builtin(builtin, args, env),
                _ => {
                    let values = self.arguments(&f, args, env)?;
                    self.invoke(&f, values)
                }
            },
            Value::Null => Err(match &callee.kind {
                Kind::Name(name) => format!("there is no function `{name}`"),
                _ => "what is called here is null".into(),
            }),
            other => Err(format!("{} is no function", other.kind())),
        }
    }

    fn call_builtin(&self, builtin: &'static builtins::Builtin, args: &Args, env: &Env) -> R {
        let values = match args {
            Args::Positional(all) => {
                let values: Vec<Value> = all.iter().map(|e| self.eval(e, env)).collect();
                builtin.check_count(values.len())?;
                values
            }
            Args::Named(all) => {
                let named: Vec<_> = all.iter().map(|(n, e)| (n.clone(), self.eval(e, env))).collect();
                builtin.by_name(&named)?
            }
        };
        values.iter().try_for_each(|v| self.weigh(v))?;
        (builtin.run)(self, &values).map_err(|e| format!("{}: {e}", builtin.name))
    }

    /// The arguments in the order of the parameters.
    fn arguments(&self, f: &Function, args: &Args, env: &Env) -> Result<Vec<Value>, String> {
        let params = f.params();
        match args {
            Args::Positional(all) if all.len() == params.len() => Ok(all.iter().map(|e| self.eval(e, env)).collect()),
            Args::Positional(all) => Err(format!("{f} takes {} arguments, not {}", params.len(), all.len())),
            Args::Named(all) => {
                if let Some((n, _)) = all.iter().find(|(n, _)| params.iter().all(|p| p.name != *n)) {
                    return Err(format!("{f} has no parameter `{n}`"));
                }
                let value =
                    |p: &crate::ast::Param| all.iter().find(|(n, _)| *n == p.name).map(|(_, e)| self.eval(e, env));
                params.iter().map(|p| value(p).ok_or_else(|| format!("{f} needs `{}`", p.name))).collect()
            }
        }
    }

    /// Calls a function with as many values as it has parameters.
    pub(crate) fn invoke(&self, f: &Function, values: Vec<Value>) -> R {
        match f {
            Function::Builtin(builtin) => {
                builtin.check_count(values.len())?;
                (builtin.run)(self, &values)
            }
            Function::Written { code, env } => self.run_written(code, env, values),
            Function::Invocable(invocable) => match self.program {
                Some(program) => program.invoke(self, invocable, values),
                None => Err("the model this function belongs to is not at hand".into()),
            },
        }
    }

    pub(crate) fn run_written(&self, code: &FunctionExpr, env: &Env, values: Vec<Value>) -> R {
        if code.external {
            return Err("external functions (Java, PMML) are not run: a model may not reach outside of itself".into());
        }
        if values.len() != code.params.len() {
            return Err(format!("takes {} arguments, not {}", code.params.len(), values.len()));
        }
        let mut vars = Vec::with_capacity(values.len());
        for (param, value) in code.params.iter().zip(values) {
            let value = match &param.ty.ty {
                // A value that is no parameter makes the whole call null.
                Some(ty) => self.coerce(&value, ty)?,
                None => return Err(format!("there is no type `{}`", param.ty.text)),
            };
            vars.push((param.name.clone(), value));
        }
        let value = self.eval(&code.body, &env.with_all(vars));
        match &code.result {
            Some(ty) => self.coerce(&value, ty),
            None => Ok(value),
        }
    }

    /// Brings a value to a type, or gives null with a note.
    pub(crate) fn coerce_or_note(&self, value: &Value, ty: &Type, span: Span) -> Value {
        self.coerce(value, ty).unwrap_or_else(|reason| {
            self.note(span, reason);
            Value::Null
        })
    }

    /// DMN 1.5, 10.3.2.9.4: a value as a type wants it — a singleton list and its element stand for each other, a date for its
    /// midnight in UTC.
    pub(crate) fn coerce(&self, value: &Value, ty: &Type) -> R {
        if value.is_null() || matches!(ty, Type::Any) {
            return Ok(value.clone());
        }
        self.weigh(value)?;
        if let Some(out) = self.fitted(value, ty) {
            return Ok(out);
        }
        if let Value::List(items) = value {
            if let ([one], false) = (items.as_slice(), matches!(ty.plain(), Type::List(_)))
                && let Some(out) = self.fitted(one, ty)
            {
                return Ok(out);
            }
        } else if matches!(ty.plain(), Type::List(_))
            && let Some(out) = self.fitted(&Value::list(vec![value.clone()]), ty)
        {
            return Ok(out);
        }
        Err(format!("{} {value} does not belong to the type {ty}", value.kind()))
    }

    /// The value as a type's own, if it is one by structure and passes all tests.
    fn fitted(&self, value: &Value, ty: &Type) -> Option<Value> {
        match (ty, value) {
            (_, Value::Null) => Some(Value::Null),
            (Type::Defined(d), _) => {
                let out = self.fitted(value, &d.base)?;
                let allowed = d.tests.as_ref().is_none_or(|t| self.passes(t, &out, &Env::default()) == Some(true));
                allowed.then_some(out)
            }
            (Type::DateTime, Value::Date(d)) => Some(d.at_midnight_utc().into()),
            (Type::List(of), Value::List(items)) => {
                if matches!(**of, Type::Any) {
                    return Some(value.clone());
                }
                items.iter().map(|v| self.fitted(v, of)).collect::<Option<Vec<_>>>().map(Value::list)
            }
            (Type::Context(entries), Value::Context(context)) => {
                let mut out: Context = (**context).clone();
                for (name, ty) in entries {
                    let value = self.coerce(context.get(name)?, ty).ok()?;
                    out.put(name.clone(), value);
                }
                Some(Value::Context(Arc::new(out)))
            }
            _ => ty.admits(value).then(|| value.clone()),
        }
    }

    /// `value instance of type`
    pub(crate) fn is_instance(&self, value: &Value, ty: &Type) -> bool {
        match ty {
            // Which values are allowed makes no other type: 256 is an instance of what allows 0 to 255.
            Type::Defined(d) => self.is_instance(value, &d.base),
            Type::Any => !value.is_null(),
            _ => ty.admits(value),
        }
    }
}
