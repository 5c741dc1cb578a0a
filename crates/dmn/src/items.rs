//! Item definitions into types.

use std::collections::HashMap;
use std::sync::Arc;

use crate::model::{Definitions, FunctionItem, ItemDefinition, Text};
use crate::names::{Names, normal};
use crate::parser::parse_tests;
use crate::program::Fault;
use crate::types::{Defined, Known, NoTypes, Type, built_in};

/// The types of one model, those of imported models included.
#[derive(Debug, Default)]
pub(crate) struct ModelTypes {
    own: HashMap<String, Type>,
    /// The import's name, and the types of that model.
    pub(crate) imported: Vec<(String, Arc<ModelTypes>)>,
}

impl Known for ModelTypes {
    fn find(&self, name: &str) -> Option<Type> {
        if let Some(ty) = self.own.get(name) {
            return Some(ty.clone());
        }
        self.imported.iter().find_map(|(import, types)| {
            let rest = if import.is_empty() { name } else { name.strip_prefix(import.as_str())?.strip_prefix('.')? };
            types.find(rest)
        })
    }
}

/// Builds the types of a model. `imported` are those of the models it imports, already built.
pub(crate) fn build(
    model: &Definitions,
    imported: Vec<(String, Arc<ModelTypes>)>,
    names: &Names,
    faults: &mut Vec<Fault>,
) -> ModelTypes {
    let items = model.items.iter().map(|i| (normal(&i.name), i)).collect();
    let mut b =
        Builder { model, items, open: Vec::new(), names, faults, out: ModelTypes { own: HashMap::new(), imported } };
    for item in &model.items {
        b.named(&normal(&item.name));
    }
    b.out
}

struct Builder<'a> {
    model: &'a Definitions,
    items: HashMap<String, &'a ItemDefinition>,
    /// Names being built, to find a type that holds itself.
    open: Vec<String>,
    names: &'a Names,
    faults: &'a mut Vec<Fault>,
    out: ModelTypes,
}

impl Builder<'_> {
    fn fault(&mut self, place: &str, message: String, hint: &str) {
        self.faults.push(Fault {
            model: self.model.name.clone(),
            place: place.to_owned(),
            line: 0,
            column: 0,
            message,
            hint: hint.to_owned(),
        });
    }

    fn named(&mut self, name: &str) -> Option<Type> {
        if let Some(ty) = built_in(name).or_else(|| self.out.find(name)) {
            return Some(ty);
        }
        let item = self.items.get(name).copied()?;
        if self.open.iter().any(|n| n == name) || self.open.len() > 60 {
            self.fault(name, format!("the type {name} holds itself"), "a type is made of types before it");
            return Some(Type::Any);
        }
        self.open.push(name.to_owned());
        let ty = self.item(item);
        self.open.pop();
        self.out.own.insert(name.to_owned(), ty.clone());
        Some(ty)
    }

    fn reference(&mut self, place: &str, name: Option<&str>) -> Type {
        let Some(name) = name else { return Type::Any };
        match self.named(&normal(name)) {
            Some(ty) => ty,
            None => {
                self.fault(
                    place,
                    format!("there is no type {name}"),
                    "define it as an item definition, or use a type of FEEL",
                );
                Type::Any
            }
        }
    }

    fn item(&mut self, item: &ItemDefinition) -> Type {
        let place = item.name.clone();
        let base = if !item.components.is_empty() {
            let entries =
                item.components.iter().map(|c| (Arc::from(normal(&c.name)), Arc::new(self.item(c)))).collect();
            Type::Context(entries)
        } else if let Some(function) = &item.function {
            self.function(&place, function)
        } else {
            self.reference(&place, item.type_ref.as_deref())
        };
        let tests = self.tests(&place, item.allowed.as_ref());
        // What is allowed is said of each element of a collection, also where the referred type is one.
        let narrowed = match (tests, &base) {
            (None, _) => base,
            (tests, Type::List(of)) => Type::List(Arc::new(self.defined(item, (**of).clone(), tests))),
            (tests, _) => self.defined(item, base, tests),
        };
        let whole = if item.collection { Type::List(Arc::new(narrowed)) } else { narrowed };
        let constraint = self.tests(&place, item.constraint.as_ref());
        self.defined(item, whole, constraint)
    }

    fn defined(&self, item: &ItemDefinition, base: Type, tests: Option<crate::ast::Expr>) -> Type {
        Type::Defined(Arc::new(Defined { name: normal(&item.name).into(), base, tests }))
    }

    fn function(&mut self, place: &str, function: &FunctionItem) -> Type {
        let params = function.params.iter().map(|p| Arc::new(self.reference(place, p.type_ref.as_deref()))).collect();
        Type::Function(params, Arc::new(self.reference(place, function.result.as_deref())))
    }

    fn tests(&mut self, place: &str, text: Option<&Text>) -> Option<crate::ast::Expr> {
        let text = text?;
        match parse_tests(&text.text, self.names, &NoTypes) {
            Ok(tests) => Some(tests),
            Err(error) => {
                self.faults.push(Fault::of(&self.model.name, &format!("{place}, allowed values"), text, &error));
                None
            }
        }
    }
}
