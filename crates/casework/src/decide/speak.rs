//! Names, values and sums in the words of a notice.

use catalogue::Pack;
use kernel::{Lang, Money};
use rules::schema::{Entity, Per, Type, Value};
use text::Text;

use super::way;
use crate::model::Subject;

/// One pack in one language.
#[derive(Clone, Copy)]
pub(crate) struct Speech<'a> {
    pub(crate) pack: &'a Pack,
    pub(crate) lang: Lang,
    pub(crate) t: Text,
}

impl<'a> Speech<'a> {
    pub(crate) fn new(pack: &'a Pack, lang: Lang) -> Self {
        Speech { pack, lang, t: Text::new(lang) }
    }

    pub(crate) fn programme(&self, id: &str) -> String {
        self.pack.programmes().get(id).map_or_else(|| id.to_owned(), |p| p.name.get(self.lang).to_owned())
    }

    pub(super) fn agency(&self, id: &str) -> String {
        match id {
            "self" => self.t.t("report-self").into_owned(),
            id => self.pack.agencies().get(id).map_or_else(|| id.to_owned(), |a| a.name.get(self.lang).to_owned()),
        }
    }

    /// The office to which one objects at a level; `None`: there is none.
    pub(crate) fn objection_office(&self, programme: &str, level: u8) -> Option<String> {
        let process = self.pack.process(programme);
        let agencies = self.pack.programmes().get(programme).map(|p| (p.decided_by.as_str(), p.agency.as_str()));
        let (words, agency) = match level {
            1 => (&process.objection_to, process.first_review.as_deref().or(agencies.map(|(decides, _)| decides))),
            way::LAST if process.second_review_days.is_some() => {
                let answers = agencies.map(|(_, answers)| answers);
                (&process.second_objection_to, process.second_review.as_deref().or(answers))
            }
            _ => return None,
        };
        let named = words.as_ref().map(|words| words.get(self.lang).to_owned());
        Some(named.unwrap_or_else(|| self.agency(agency.unwrap_or_default())))
    }

    pub(super) fn item(&self, subject: Subject, item: &str) -> String {
        let words = self.pack.name_of(entity(subject), item);
        words.map_or_else(|| item.to_owned(), |w| w.get(self.lang).to_owned())
    }

    pub(super) fn money(&self, minor: i64) -> String {
        self.t.money(Money::new(minor, self.pack.currency()))
    }

    /// A sum with its period.
    pub(super) fn sum(&self, minor: i64, per: Option<Per>) -> String {
        self.over(self.money(minor), per)
    }

    fn over(&self, amount: String, per: Option<Per>) -> String {
        let key = match per {
            Some(Per::Month) => "per-month",
            Some(Per::Year) => "per-year",
            Some(Per::Use) => "per-use",
            Some(Per::Once) => "per-once",
            None => return amount,
        };
        self.t.with(key, &[("amount", amount.into())]).into_owned()
    }

    /// The value of a fact.
    pub(super) fn value(&self, subject: Subject, item: &str, value: &Value) -> String {
        let ty = self.pack.item(entity(subject), item).map(|i| &i.ty);
        self.typed(value, ty)
    }

    /// A named value on the way: its name and what it is.
    pub(super) fn step(&self, name: &str, value: &Value) -> (String, String) {
        let head = name.split('(').next().unwrap_or(name);
        if let Some(parameter) = self.pack.parameters().get(head) {
            return (parameter.name.get(self.lang).to_owned(), self.typed(value, Some(&parameter.ty)));
        }
        for entity in [Entity::Household, Entity::Person] {
            let Some(words) = self.pack.name_of(entity, head) else { continue };
            let ty = self.pack.item(entity, head).map(|i| &i.ty);
            let ty = ty.or_else(|| self.pack.definition(entity, head).and_then(|d| d.ty.as_ref()));
            return (words.get(self.lang).to_owned(), self.typed(value, ty));
        }
        (name.to_owned(), self.typed(value, None))
    }

    fn typed(&self, value: &Value, ty: Option<&Type>) -> String {
        match (value, ty) {
            (Value::Money(minor), Some(Type::Money(Per::Once)) | None) => self.money(*minor),
            (Value::Money(minor), Some(Type::Money(per))) => self.sum(*minor, Some(*per)),
            (Value::Money(minor), _) => self.money(*minor),
            (Value::Boolean(truth), _) => self.t.t(if *truth { "yes" } else { "no" }).into_owned(),
            (Value::Date(date), _) => self.t.date(*date),
            (Value::Integer(n), Some(Type::Integer(unit))) if !unit.is_empty() => {
                self.t.with(&format!("unit-{unit}"), &[("count", (*n).into())]).into_owned()
            }
            (Value::Integer(n), _) => self.t.number(*n),
            (Value::Decimal(minor), Some(Type::Money(per))) => {
                let amount = self.t.money_exact(minor, self.pack.currency());
                self.over(amount, Some(*per).filter(|per| *per != Per::Once))
            }
            (Value::Decimal(text), _) => self.t.decimal(text),
            (Value::Code(code), Some(Type::Code(list))) => {
                self.pack.code(list, code).map_or(code.as_str(), |c| c.name.get(self.lang)).to_owned()
            }
            (Value::Code(words) | Value::Text(words), _) => words.clone(),
        }
    }
}

fn entity(subject: Subject) -> Entity {
    match subject {
        Subject::Household(_) => Entity::Household,
        Subject::Person(_) => Entity::Person,
    }
}
