//! Names and values in a person's language.

use kernel::{Lang, Money};
use rules::Household;
use rules::outcome::{Amount, FactRef, FactUsed, Subject};
use rules::schema::{Entity, Per, Type, Value};
use text::Text;

use crate::pack::Pack;
use crate::read::value;

/// What is needed to put results into words.
#[derive(Clone, Copy)]
pub(super) struct Speaker<'a> {
    pub(super) pack: &'a Pack,
    pub(super) household: &'a Household,
    pub(super) lang: Lang,
    pub(super) t: Text,
}

impl Speaker<'_> {
    /// `household`, or the member's id.
    pub(super) fn subject_id(&self, subject: &Subject) -> String {
        match subject {
            Subject::Household => "household".to_owned(),
            Subject::Person(n) => self.household.members().get(*n).map_or_else(|| n.to_string(), |m| m.key.clone()),
        }
    }

    /// The subject for a sentence.
    pub(super) fn subject(&self, subject: &Subject) -> String {
        match subject {
            Subject::Household => self.t.t("report-household").into_owned(),
            Subject::Person(_) => self.subject_id(subject),
        }
    }

    /// The name of a programme.
    pub(super) fn programme(&self, id: &str) -> String {
        self.pack.programmes().get(id).map_or_else(|| id.to_owned(), |p| p.name.get(self.lang).to_owned())
    }

    /// The name of an item or definition.
    pub(super) fn item(&self, fact: &FactRef) -> String {
        let words = self.pack.name_of(entity(&fact.subject), &fact.item);
        words.map_or_else(|| fact.item.clone(), |w| w.get(self.lang).to_owned())
    }

    /// A fact with whom it is about.
    pub(super) fn fact(&self, fact: &FactRef) -> String {
        match fact.subject {
            Subject::Household => self.item(fact),
            Subject::Person(_) => format!("{} ({})", self.item(fact), self.subject_id(&fact.subject)),
        }
    }

    /// The name of a step: an item, a definition, a parameter with its keys, or another programme's result.
    pub(super) fn step(&self, name: &str, subject: &Subject) -> String {
        let (head, keys) = name.split_once('(').unwrap_or((name, ""));
        let keys = keys.trim_end_matches(')');
        if let Some(parameter) = self.pack.parameters().get(head) {
            let words = parameter.name.get(self.lang);
            return if keys.is_empty() { words.to_owned() } else { format!("{words} ({keys})") };
        }
        if head == "entitled" || head == "amount of" {
            return self.programme(keys);
        }
        self.item(&FactRef { subject: subject.clone(), item: name.to_owned() })
    }

    /// The type of what a step names.
    pub(super) fn type_of(&self, name: &str, subject: &Subject) -> Option<&Type> {
        let head = name.split('(').next().unwrap_or(name);
        let entity = entity(subject);
        let item = self.pack.item(entity, head).map(|i| &i.ty);
        let item = item.or_else(|| self.pack.definition(entity, head).and_then(|d| d.ty.as_ref()));
        item.or_else(|| self.pack.parameters().get(head).map(|p| &p.ty))
    }

    /// A value for a sentence.
    pub(super) fn value(&self, value: Option<&Value>, ty: Option<&Type>) -> String {
        let Some(value) = value else { return self.t.t("report-unknown").into_owned() };
        match (value, ty) {
            (Value::Money(minor), Some(Type::Money(per))) => self.sum(*minor, *per),
            (Value::Money(minor), _) => self.money(*minor),
            (Value::Boolean(truth), _) => self.t.t(if *truth { "yes" } else { "no" }).into_owned(),
            (Value::Date(date), _) => self.t.date(*date),
            (Value::Integer(n), Some(Type::Integer(unit))) if !unit.is_empty() => {
                self.t.with(&format!("unit-{unit}"), &[("count", (*n).into())]).into_owned()
            }
            (Value::Integer(n), _) => self.t.number(*n),
            (Value::Decimal(minor), Some(Type::Money(per))) => {
                self.over(self.t.money_exact(minor, self.pack.currency()), *per)
            }
            (Value::Decimal(text), _) => self.t.decimal(text),
            (Value::Code(code), Some(Type::Code(list))) => {
                let words = self.pack.code(list, code).map(|c| c.name.get(self.lang));
                words.unwrap_or(code).to_owned()
            }
            (other, _) => value::plain(other, self.pack.currency()),
        }
    }

    /// Money without a period.
    pub(super) fn money(&self, minor: i64) -> String {
        self.t.money(Money::new(minor, self.pack.currency()))
    }

    /// Money and its period. A stock needs no period.
    pub(super) fn sum(&self, minor: i64, per: Per) -> String {
        self.over(self.money(minor), per)
    }

    fn over(&self, amount: String, per: Per) -> String {
        match per {
            Per::Once => amount,
            per => self.t.with(&format!("per-{}", value::per_word(per)), &[("amount", amount.into())]).into_owned(),
        }
    }

    /// The amount of a result.
    pub(super) fn amount(&self, amount: &Amount) -> String {
        let Some(minor) = amount.minor else { return self.t.t("report-sum-unknown").into_owned() };
        let words = match amount.per {
            Per::Once => self.t.with("per-once", &[("amount", self.money(minor).into())]).into_owned(),
            per => self.sum(minor, per),
        };
        self.t.with("report-sum", &[("sum", words.into())]).into_owned()
    }

    /// The name of an agency, or of the person who said it.
    pub(super) fn agency(&self, id: &str) -> String {
        match id {
            "" => self.t.t("report-no-source").into_owned(),
            "self" => self.t.t("report-self").into_owned(),
            id => self.pack.agencies().get(id).map_or_else(|| id.to_owned(), |a| a.name.get(self.lang).to_owned()),
        }
    }

    /// Who holds an item: an agency, or the person.
    pub(super) fn owner(&self, fact: &FactRef) -> String {
        let item = self.pack.item(entity(&fact.subject), &fact.item);
        self.agency(item.and_then(|i| i.owner.as_deref()).unwrap_or("self"))
    }

    /// The question put to the person for an item, if there is one.
    pub(super) fn question(&self, fact: &FactRef) -> Option<&str> {
        self.pack.item(entity(&fact.subject), &fact.item)?.ask.as_ref().map(|w| w.get(self.lang))
    }

    /// Where a fact comes from.
    pub(super) fn origin(&self, used: &FactUsed) -> String {
        let Some(provenance) = &used.provenance else { return self.t.t("report-no-source").into_owned() };
        let source = self.agency(&provenance.source);
        match provenance.valid_from {
            Some(since) => {
                let date = self.t.date(since);
                self.t.with("report-since", &[("source", source.into()), ("date", date.into())]).into_owned()
            }
            None => source,
        }
    }
}

/// Whom a subject's items are looked up under.
pub(super) fn entity(subject: &Subject) -> Entity {
    match subject {
        Subject::Household => Entity::Household,
        Subject::Person(_) => Entity::Person,
    }
}
