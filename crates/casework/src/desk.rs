//! What every use case of this room works with: the pack in force, keys, ids and the moment.

use catalogue::Pack;
use guard::{Keys, Processing, PurposeKind};
use kernel::{Date, Ids, Instant};
use registry::{FactValue, Origin, Pen};
use rules::HouseholdBuilder;
use rules::schema::{Entity, Per, Value};

use crate::application::questions::entity;
use crate::model::{Cause, Subject};

/// The desk at which events are registered and offers worked out.
#[derive(Clone, Copy)]
pub struct Desk<'a> {
    /// The pack in force.
    pub pack: &'a Pack,
    /// Keys, for identifiers.
    pub keys: &'a Keys,
    /// Where new ids come from.
    pub ids: &'a dyn Ids,
    /// The moment.
    pub now: Instant,
}

impl<'a> Desk<'a> {
    /// The civil day in the country of the pack.
    pub fn today(&self) -> Date {
        self.day_of(self.now)
    }

    /// The civil day of a moment in the country of the pack.
    pub fn day_of(&self, at: Instant) -> Date {
        at.date(self.pack.manifest().utc_offset_hours)
    }

    /// Days the law gives for the decision: what the claim says, or else the programme's process.
    pub fn decision_days(&self, programme: &str, on: Date) -> u32 {
        let known = self.pack.programmes().get(programme);
        let version = known.and_then(|p| p.versions.iter().find(|v| v.covers(on)));
        let claim = version.and_then(|v| v.claim.as_ref()).and_then(|c| c.decision_days);
        claim.unwrap_or(self.pack.process(programme).decision_days)
    }

    /// By what the programme pays today, as far as its law says.
    pub(crate) fn per(&self, programme: &str) -> Option<Per> {
        let versions = &self.pack.programmes().get(programme)?.versions;
        versions.iter().find(|v| v.covers(self.today()))?.amount.as_ref().map(|(_, per)| *per)
    }

    /// The moment from which an agency that is asked today is late: the start of the day after the last it may answer on.
    pub(crate) fn reply_by(&self, process: &catalogue::model::Process) -> Instant {
        let last = process.reply_until(self.pack.calendar(), self.today());
        Instant::start_of(last.tomorrow().unwrap_or(last))
    }

    /// The place of the office that works for people at `place`: the district around it, or the place itself.
    pub fn office_of(&self, place: &str) -> String {
        self.pack.district(place).to_owned()
    }

    /// The registry's pen for statements of this origin.
    pub(crate) fn pen(&self, origin: &'a Origin) -> Pen<'a> {
        Pen::new(self.ids, self.keys, self.now, origin)
    }

    /// The ground on which a machine reads a household when this happened: the law the pack names for the event.
    pub(crate) fn basis(&self, cause: Cause) -> Result<Processing, guard::NoLaw> {
        let event = self.pack.events().get(cause.word());
        let law = event.map(|e| e.law.clone()).filter(|law| !law.trim().is_empty());
        let manifest = self.pack.manifest();
        let otherwise = || format!("{} {}", manifest.id, manifest.version);
        Processing::new(PurposeKind::Casework, law.unwrap_or_else(otherwise))
    }

    /// Whether the rules can take this value for this item; the message says what was expected.
    pub fn check_value(&self, subject: Subject, item: &str, value: &Value) -> Result<(), String> {
        crate::application::account::may_be_kept(self, entity(subject), item, value)?;
        let mut builder: HouseholdBuilder = self.pack.program().household();
        let refused = |e: rules::FactError| e.to_string();
        match subject {
            Subject::Household(_) => builder.household_fact(item, Some(value.clone()), None).map_err(refused),
            Subject::Person(_) => {
                let member = builder.member("it").map_err(refused)?;
                builder.person_fact(member, item, Some(value.clone()), None).map_err(refused)
            }
        }
    }

    /// A value of the rules as the registry records it.
    pub fn statement(value: &Value) -> FactValue {
        fact_value(value)
    }

    /// The check the registry asks for before it records a fact.
    pub fn check(&self, subject: &registry::Subject, item: &str, value: &FactValue) -> Result<(), String> {
        self.check_value(subject_of(*subject), item, &rules_value(value))
    }

    /// Whether the data dictionary of the pack has this item.
    pub(crate) fn has(&self, entity: Entity, item: &str) -> bool {
        self.pack.item(entity, item).is_some()
    }
}

/// The registry's subject as ours.
pub(crate) fn subject_of(subject: registry::Subject) -> Subject {
    match subject {
        registry::Subject::Person(id) => Subject::Person(id),
        registry::Subject::Household(id) => Subject::Household(id),
    }
}

/// Our subject as the registry's.
pub(crate) fn registry_subject(subject: Subject) -> registry::Subject {
    match subject {
        Subject::Person(id) => registry::Subject::Person(id),
        Subject::Household(id) => registry::Subject::Household(id),
    }
}

/// A recorded value as the rules know it.
pub(crate) fn rules_value(value: &FactValue) -> Value {
    match value.clone() {
        FactValue::Boolean(v) => Value::Boolean(v),
        FactValue::Integer(v) => Value::Integer(v),
        FactValue::Decimal(v) => Value::Decimal(v),
        FactValue::Money(v) => Value::Money(v),
        FactValue::Date(v) => Value::Date(v),
        FactValue::Text(v) => Value::Text(v),
        FactValue::Code(v) => Value::Code(v),
    }
}

/// A value of the rules as the registry records it.
pub(crate) fn fact_value(value: &Value) -> FactValue {
    match value.clone() {
        Value::Boolean(v) => FactValue::Boolean(v),
        Value::Integer(v) => FactValue::Integer(v),
        Value::Decimal(v) => FactValue::Decimal(v),
        Value::Money(v) => FactValue::Money(v),
        Value::Date(v) => FactValue::Date(v),
        Value::Text(v) => FactValue::Text(v),
        Value::Code(v) => FactValue::Code(v),
    }
}
