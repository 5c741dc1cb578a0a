//! What several addresses send and take: subjects, names, values, cursors.

use casework::household::PersonRef;
use casework::model::{Needed, NeededFor, OfferContent, Place, Prefilled, Subject, Sum, Touch};
use catalogue::Pack;
use kernel::{Date, HouseholdId, Instant, PersonId};
use registry::person::{Identifier, Name, Script, Sex};
use rules::schema::{Entity, Per, Type, Value};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use utoipa::ToSchema;
use uuid::Uuid;

use super::body::Short;
use super::problem::{Code, Fault};

/// Whom something is about: exactly one of the two.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SubjectWire {
    /// A person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) person: Option<Uuid>,
    /// A household.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) household: Option<Uuid>,
}

impl From<Subject> for SubjectWire {
    fn from(subject: Subject) -> Self {
        match subject {
            Subject::Person(id) => SubjectWire { person: Some(id.0), household: None },
            Subject::Household(id) => SubjectWire { person: None, household: Some(id.0) },
        }
    }
}

impl SubjectWire {
    pub(crate) fn subject(&self, pointer: &str) -> Result<Subject, Fault> {
        match (self.person, self.household) {
            (Some(id), None) => Ok(Subject::Person(PersonId(id))),
            (None, Some(id)) => Ok(Subject::Household(HouseholdId(id))),
            _ => Err(Fault::field(Code::Invalid, pointer, "expected exactly one of person and household")),
        }
    }
}

/// A name in one script: family and given, or the full name where there is no such division.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NameWire {
    /// `hang`, `latn`, `cyrl`, `hani` or `zyyy`.
    pub(crate) script: ScriptWire,
    /// Family name.
    #[serde(default)]
    #[schema(max_length = 100)]
    pub(crate) family: String,
    /// Given name.
    #[serde(default)]
    #[schema(max_length = 100)]
    pub(crate) given: String,
    /// The whole name; made from the two parts when left out.
    #[serde(default)]
    #[schema(max_length = 200)]
    pub(crate) full: String,
}

/// A script, by its ISO 15924 code.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ScriptWire {
    Hang,
    Latn,
    Cyrl,
    Hani,
    Zyyy,
}

impl NameWire {
    pub(crate) fn name(&self, pointer: &str) -> Result<Name, Fault> {
        let script = match self.script {
            ScriptWire::Hang => Script::Hang,
            ScriptWire::Latn => Script::Latn,
            ScriptWire::Cyrl => Script::Cyrl,
            ScriptWire::Hani => Script::Hani,
            ScriptWire::Zyyy => Script::Zyyy,
        };
        let long = |text: &str, most: usize| text.chars().count() > most;
        if long(&self.family, 100) || long(&self.given, 100) || long(&self.full, 200) {
            return Err(Fault::field(Code::Invalid, pointer, "expected at most 100 characters a part, 200 in all"));
        }
        let mut name = Name::new(script, self.family.trim(), self.given.trim());
        if !self.full.trim().is_empty() {
            name.full = self.full.trim().to_owned();
        }
        if name.full.trim().is_empty() {
            return Err(Fault::field(Code::Invalid, pointer, "the name is empty: give family and given name, or full"));
        }
        Ok(name)
    }
}

impl From<&Name> for NameWire {
    fn from(name: &Name) -> Self {
        let script = match name.script {
            Script::Hang => ScriptWire::Hang,
            Script::Latn => ScriptWire::Latn,
            Script::Cyrl => ScriptWire::Cyrl,
            Script::Hani => ScriptWire::Hani,
            Script::Zyyy => ScriptWire::Zyyy,
        };
        NameWire { script, family: name.family.clone(), given: name.given.clone(), full: name.full.clone() }
    }
}

/// All names, with pointers.
pub(crate) fn names(wire: &[NameWire], pointer: &str) -> Result<Vec<Name>, Fault> {
    wire.iter().enumerate().map(|(n, name)| name.name(&format!("{pointer}/{n}"))).collect()
}

/// Sex as registered.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum SexWire {
    Female,
    Male,
    Other,
}

impl From<SexWire> for Sex {
    fn from(sex: SexWire) -> Sex {
        match sex {
            SexWire::Female => Sex::Female,
            SexWire::Male => Sex::Male,
            SexWire::Other => Sex::Other,
        }
    }
}

impl From<Sex> for SexWire {
    fn from(sex: Sex) -> SexWire {
        match sex {
            Sex::Female => SexWire::Female,
            Sex::Male => SexWire::Male,
            Sex::Other => SexWire::Other,
        }
    }
}

/// A national identifier.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct IdentifierWire {
    /// Which kind of number, as the installation calls it.
    #[schema(value_type = String, min_length = 1, max_length = 40)]
    pub(crate) scheme: Short<40>,
    /// The number; hyphens and spaces do not matter.
    #[schema(value_type = String, min_length = 1, max_length = 60)]
    pub(crate) number: Short<60>,
}

impl IdentifierWire {
    /// The identifier; one of the pack's own scheme must have its shape and its check digit, as at the counter.
    pub(crate) fn identifier(self, pack: &Pack, at: &str) -> Result<Identifier, Fault> {
        pack.identifier_fits(&self.scheme.0, &self.number.0)
            .map_err(|words| Fault::field(Code::Invalid, format!("{at}/number"), words))?;
        Ok(Identifier::new(self.scheme.0, self.number.0))
    }
}

/// Names a person: by id, or by identifier; exactly one of the two.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PersonRefWire {
    /// Our id.
    #[serde(default)]
    #[schema(nullable = false)]
    pub(crate) id: Option<Uuid>,
    /// A national identifier.
    #[serde(default)]
    pub(crate) identifier: Option<IdentifierWire>,
}

impl PersonRefWire {
    pub(crate) fn reference(self, pack: &Pack, pointer: &str) -> Result<PersonRef, Fault> {
        match (self.id, self.identifier) {
            (Some(id), None) => Ok(PersonRef::Id(PersonId(id))),
            (None, Some(identifier)) => {
                Ok(PersonRef::Identifier(identifier.identifier(pack, &format!("{pointer}/identifier"))?))
            }
            _ => Err(Fault::field(Code::Invalid, pointer, "expected exactly one of id and identifier")),
        }
    }
}

/// A fact about one person, by item of the pack.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ItemValue {
    /// The item's id.
    #[schema(value_type = String, min_length = 1, max_length = 100)]
    pub(crate) item: Short<100>,
    /// The value: true or false, a whole number, or a text (dates as 2026-01-31, decimals and codes as text).
    #[schema(value_type = Scalar)]
    pub(crate) value: Json,
}

/// A value: true or false, a whole number, or a text.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(untagged)]
#[allow(dead_code, reason = "describes the wire; values are read by the item's type")]
pub(crate) enum Scalar {
    Truth(bool),
    Number(i64),
    Text(String),
}

/// The value as the rules know it, by the item's type in the data dictionary.
pub(crate) fn value(pack: &Pack, entity: Entity, item: &str, json: &Json) -> Result<Value, String> {
    let known = pack.item(entity, item).map(|i| &i.ty);
    let ty = known
        .or_else(|| pack.definition(entity, item).filter(|d| d.may_be_stated).and_then(|d| d.ty.as_ref()))
        .ok_or_else(|| "is not an item of the pack that can be told".to_owned())?;
    match (ty, json) {
        (Type::Boolean, Json::Bool(v)) => Ok(Value::Boolean(*v)),
        (Type::Boolean, _) => Err("expected true or false".to_owned()),
        (Type::Integer(_), _) => json.as_i64().map(Value::Integer).ok_or_else(|| "expected a whole number".to_owned()),
        (Type::Money(_), _) => {
            json.as_i64().map(Value::Money).ok_or_else(|| "expected a whole number of minor units".to_owned())
        }
        (Type::Decimal(_) | Type::Ratio, Json::String(v)) => Ok(Value::Decimal(v.clone())),
        (Type::Decimal(_) | Type::Ratio, Json::Number(v)) if v.is_i64() => Ok(Value::Decimal(v.to_string())),
        (Type::Decimal(_) | Type::Ratio, _) => Err("expected a decimal as text".to_owned()),
        (Type::Date, Json::String(v)) => {
            v.parse().map(Value::Date).map_err(|_| "expected a date such as 2026-01-31".to_owned())
        }
        (Type::Text, Json::String(v)) if v.chars().count() <= 2000 => Ok(Value::Text(v.clone())),
        (Type::Code(_), Json::String(v)) => Ok(Value::Code(v.chars().take(100).collect())),
        _ => Err("expected a text".to_owned()),
    }
}

/// The value of a stated item; the fault points at the item or at the value below `at`.
pub(crate) fn stated(pack: &Pack, entity: Entity, item: &str, json: &Json, at: &str) -> Result<Value, Fault> {
    let known = pack.item(entity, item).is_some() || pack.definition(entity, item).is_some_and(|d| d.may_be_stated);
    let part = if known { "value" } else { "item" };
    value(pack, entity, item, json).map_err(|message| Fault::field(Code::Invalid, format!("{at}/{part}"), message))
}

/// Item values, with pointers.
pub(crate) fn facts(pack: &Pack, wire: &[ItemValue], pointer: &str) -> Result<Vec<(String, Value)>, Fault> {
    let one = |(n, fact): (usize, &ItemValue)| {
        let value = stated(pack, Entity::Person, &fact.item.0, &fact.value, &format!("{pointer}/{n}"))?;
        Ok((fact.item.0.clone(), value))
    };
    wire.iter().enumerate().map(one).collect()
}

/// A value on its way out.
pub(crate) fn scalar(value: &Value) -> Json {
    match value {
        Value::Boolean(v) => Json::from(*v),
        Value::Integer(v) | Value::Money(v) => Json::from(*v),
        Value::Decimal(v) | Value::Text(v) | Value::Code(v) => Json::from(v.clone()),
        Value::Date(v) => Json::from(v.to_string()),
    }
}

/// A sum and its period.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SumWire {
    /// Minor units; null while facts for it are missing.
    pub(crate) minor: Option<i64>,
    /// ISO 4217.
    #[schema(pattern = "^[A-Z]{3}$")]
    pub(crate) currency: String,
    /// `once`, `month`, `year` or `use`.
    pub(crate) per: String,
}

pub(crate) fn per(per: Per) -> &'static str {
    match per {
        Per::Once => "once",
        Per::Month => "month",
        Per::Year => "year",
        Per::Use => "use",
    }
}

impl From<Sum> for SumWire {
    fn from(sum: Sum) -> SumWire {
        SumWire { minor: sum.minor, currency: sum.currency.to_string(), per: per(sum.per).to_owned() }
    }
}

/// An answer that is there already, with its origin.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AnswerWire {
    /// Whom it is about.
    pub(crate) subject: SubjectWire,
    /// The item.
    pub(crate) item: String,
    /// The value.
    #[schema(value_type = Scalar)]
    pub(crate) value: Json,
    /// The agency it comes from; null when a complete register's silence is the answer.
    pub(crate) source: Option<String>,
    /// Since when it is true.
    #[schema(format = Date)]
    pub(crate) valid_from: Option<String>,
    /// When it was recorded.
    #[schema(format = DateTime)]
    pub(crate) recorded: Option<String>,
    /// Under which law it is held.
    pub(crate) law: Option<String>,
}

impl From<&Prefilled> for AnswerWire {
    fn from(a: &Prefilled) -> AnswerWire {
        AnswerWire {
            subject: a.subject.into(),
            item: a.item.clone(),
            value: scalar(&a.value),
            source: a.source.clone(),
            valid_from: day(a.valid_from),
            recorded: a.recorded.clone(),
            law: a.law.clone(),
        }
    }
}

/// Something still needed.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NeededWire {
    /// `answer`, `amount` or `claim`.
    pub(crate) purpose: String,
    /// Whom it is about.
    pub(crate) subject: SubjectWire,
    /// The item.
    pub(crate) item: String,
}

impl From<&Needed> for NeededWire {
    fn from(n: &Needed) -> NeededWire {
        let purpose = match n.purpose {
            NeededFor::Answer => "answer",
            NeededFor::Amount => "amount",
            NeededFor::Claim => "claim",
        };
        NeededWire { purpose: purpose.to_owned(), subject: n.subject.into(), item: n.item.clone() }
    }
}

/// A combination rule that touches an offer.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TouchWire {
    /// The rule.
    pub(crate) rule: String,
    /// The other programme.
    pub(crate) other: Option<String>,
    /// Whether both may not be had at once.
    pub(crate) excludes: bool,
}

impl From<&Touch> for TouchWire {
    fn from(t: &Touch) -> TouchWire {
        TouchWire { rule: t.rule.clone(), other: t.other.clone(), excludes: t.excludes }
    }
}

/// What an offer or application says.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ContentWire {
    /// `yes` or `cannot_tell`.
    pub(crate) result: String,
    /// The sum after the combination rules.
    pub(crate) amount: Option<SumWire>,
    /// First day of the entitlement.
    #[schema(format = Date)]
    pub(crate) from: Option<String>,
    /// First day outside.
    #[schema(format = Date)]
    pub(crate) until: Option<String>,
    /// First day of the claim window.
    #[schema(format = Date)]
    pub(crate) claim_opens: Option<String>,
    /// Last day of the claim window.
    #[schema(format = Date)]
    pub(crate) claim_closes: Option<String>,
    /// The agency responsible.
    pub(crate) agency: String,
    /// The agency that decides.
    pub(crate) decided_by: String,
    /// What is known already.
    pub(crate) answers: Vec<AnswerWire>,
    /// What is still needed, and nothing else.
    pub(crate) needed: Vec<NeededWire>,
    /// `recommended`, `alternative`, `family_chooses` or `official_looks`.
    pub(crate) place: String,
    /// Combination rules that touch it.
    pub(crate) touches: Vec<TouchWire>,
}

impl From<&OfferContent> for ContentWire {
    fn from(c: &OfferContent) -> ContentWire {
        let place = match c.choice.place {
            Place::Recommended => "recommended",
            Place::Alternative => "alternative",
            Place::FamilyChooses => "family_chooses",
            Place::OfficialLooks => "official_looks",
        };
        ContentWire {
            result: answer_word(c.result).to_owned(),
            amount: c.amount.map(Into::into),
            from: day(c.from),
            until: day(c.until),
            claim_opens: day(c.claim_opens),
            claim_closes: day(c.claim_closes),
            agency: c.agency.clone(),
            decided_by: c.decided_by.clone(),
            answers: c.answers.iter().map(Into::into).collect(),
            needed: c.needed.iter().map(Into::into).collect(),
            place: place.to_owned(),
            touches: c.choice.touches.iter().map(Into::into).collect(),
        }
    }
}

pub(crate) fn answer_word(answer: rules::outcome::Answer) -> &'static str {
    use rules::outcome::Answer;
    match answer {
        Answer::Yes => "yes",
        Answer::No => "no",
        Answer::CannotTell => "cannot_tell",
        Answer::Error => "error",
    }
}

pub(crate) fn day(day: Option<Date>) -> Option<String> {
    day.map(|d| d.to_string())
}

pub(crate) fn moment(at: Instant) -> String {
    at.rfc3339()
}

/// A day in a body.
pub(crate) fn read_day(text: &str, pointer: &str) -> Result<Date, Fault> {
    text.parse().map_err(|_| Fault::field(Code::Invalid, pointer, "expected a date such as 2026-01-31"))
}
