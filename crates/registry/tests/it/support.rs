//! What every test here needs: databases, a pen, a family.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use guard::{Keys, Policies, Processing, Purpose, PurposeKind, Role, Who};
use kernel::{AccountId, Date, Instant, Period, PersonId, SeededIds, SessionId};
use registry::person::{Detail, Identifier, Name, NewPerson, Script, Sex};
use registry::{FactValue, Origin, Pen, Setting, Sight, Subject};

/// The schemas under test.
pub(crate) const SCHEMAS: &[store::Schema] = &[store::SCHEMA, guard::account::SCHEMA, registry::SCHEMA];

/// A day, from its ISO text.
pub(crate) fn day(text: &str) -> Date {
    text.parse().unwrap()
}

/// Noon of the first day of the tests, plus `n` seconds.
pub(crate) fn at(n: i64) -> Instant {
    Instant::start_of(day("2026-11-21")).plus_seconds(43_200 + n)
}

/// From a day on.
pub(crate) fn since(text: &str) -> Period {
    Period { from: day(text), until: None }
}

/// One key folder for the whole run.
pub(crate) fn keys() -> &'static Keys {
    static KEYS: OnceLock<Keys> = OnceLock::new();
    KEYS.get_or_init(|| Keys::open(&std::env::temp_dir().join(format!("hearth_keys_{}", std::process::id()))).unwrap())
}

/// The civil register.
pub(crate) fn origin() -> &'static Origin {
    static ORIGIN: OnceLock<Origin> = OnceLock::new();
    ORIGIN.get_or_init(|| Origin::new("civil_register", "Family Registration Act art. 44", "tester"))
}

/// Ids that repeat.
pub(crate) fn ids() -> SeededIds {
    SeededIds::new(7)
}

/// A pen at `n` seconds.
pub(crate) fn pen(ids: &SeededIds, n: i64) -> Pen<'_> {
    Pen::new(ids, keys(), at(n), origin())
}

/// Accepts every item.
pub(crate) fn any(_: &Subject, _: &str, _: &FactValue) -> Result<(), String> {
    Ok(())
}

/// The ground on which tests read whole records.
pub(crate) fn basis() -> Processing {
    Processing::new(PurposeKind::Casework, "Social Security Act art. 1").unwrap()
}

/// A person with a Hangul and a Latin name.
pub(crate) fn person(family: &str, given: &str, latin: (&str, &str), sex: Sex, born: &str, number: &str) -> NewPerson {
    NewPerson {
        names: vec![Name::new(Script::Hang, family, given), Name::new(Script::Latn, latin.0, latin.1)],
        identifier: (!number.is_empty()).then(|| Identifier::new("resident_number", number)),
        details: vec![Detail::Sex(sex), Detail::BirthDate(day(born))],
    }
}

/// Who asks: role, person, jurisdiction, with a second factor.
pub(crate) fn who(role: Role, person: Option<PersonId>, jurisdiction: &str) -> Who {
    let ids = SeededIds::new(99);
    Who {
        account: AccountId::new(&ids, at(0)),
        session: SessionId::new(&ids, at(0)),
        role,
        organisation: "office".into(),
        jurisdiction: (!jurisdiction.is_empty()).then(|| jurisdiction.to_owned()),
        person,
        strong: true,
        suspended: false,
        break_glass: false,
    }
}

/// The policies built in.
pub(crate) fn policies() -> &'static Policies {
    static POLICIES: OnceLock<Policies> = OnceLock::new();
    POLICIES.get_or_init(|| Policies::built_in().unwrap())
}

/// A country in which a place lies within another when its id begins like it, and where schools and offices tell a place.
pub(crate) fn setting() -> &'static Setting<'static> {
    static SETTING: Setting<'static> = Setting {
        within: &|place, office| place.starts_with(office),
        tells_place: &|word| word.contains("school") || word.contains("office"),
        grace_days: 30,
        adult_age: 19,
    };
    &SETTING
}

/// A viewer with everything a sight borrows.
pub(crate) struct Viewer {
    pub(crate) who: Who,
    pub(crate) purpose: Purpose,
    pub(crate) cases: BTreeSet<PersonId>,
}

impl Viewer {
    pub(crate) fn new(who: Who, purpose: PurposeKind) -> Viewer {
        let purpose = Purpose::new(purpose, "application at the counter");
        Viewer { who, purpose, cases: BTreeSet::new() }
    }

    pub(crate) fn with_case(mut self, person: PersonId) -> Viewer {
        self.cases.insert(person);
        self
    }

    pub(crate) fn sight(&self) -> Sight<'_> {
        Sight {
            who: &self.who,
            purpose: &self.purpose,
            policies: policies(),
            open_cases: &self.cases,
            setting: setting(),
            today: day("2026-11-21"),
        }
    }
}
