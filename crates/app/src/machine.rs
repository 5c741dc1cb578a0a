//! Another agency as the guard sees it: whose look it is when something about a person leaves for it or comes from it.

use guard::{Action, Denied, Disclosed, Purpose, PurposeKind, Relation, Resource, Role, Sealed, Who};
use kernel::{AccountId, CaseId, PersonId, SessionId};
use registry::sight::{Setting, Sight, relations};
use store::{StoreError, Tx};

use crate::runtime::Runtime;

/// The agency's system, as the viewer of what is sent to it.
pub(crate) fn agency(runtime: &Runtime, organisation: &str) -> Who {
    let (ids, now) = (&*runtime.state.ids, runtime.state.now());
    Who {
        account: AccountId::new(ids, now),
        session: SessionId::new(ids, now),
        role: Role::AgencySystem,
        organisation: organisation.to_owned(),
        jurisdiction: None,
        person: None,
        strong: true,
        suspended: false,
        break_glass: false,
    }
}

/// Exchange of data with an agency under a law, in a case.
pub(crate) fn purpose(what: &str, case: Option<CaseId>, law: &str) -> Purpose {
    let purpose = Purpose::new(PurposeKind::DataExchange, what).with_law(law);
    match case {
        Some(case) => purpose.with_case(case.to_string()),
        None => purpose,
    }
}

/// These people as an agency that is asked about them in a case stands to them.
pub(crate) async fn in_a_case(
    tx: &mut Tx,
    runtime: &Runtime,
    who: &Who,
    purpose: &Purpose,
    persons: &[PersonId],
) -> Result<Vec<(PersonId, Relation)>, StoreError> {
    let all = relations_to(tx, runtime, who, purpose, persons).await?;
    Ok(all.into_iter().map(|(id, relation)| (id, Relation { open_case: true, ..relation })).collect())
}

/// These people as they stand to somebody who has no case of theirs.
pub(crate) async fn relations_to(
    tx: &mut Tx,
    runtime: &Runtime,
    who: &Who,
    purpose: &Purpose,
    persons: &[PersonId],
) -> Result<Vec<(PersonId, Relation)>, StoreError> {
    let state = &runtime.state;
    let pack = state.packs.current();
    let within = |place: &str, around: &str| pack.within(place, around);
    let setting = Setting {
        within: &within,
        tells_place: &|_| true,
        grace_days: state.config.grace_days,
        adult_age: state.config.adult_age,
    };
    let nobody = std::collections::BTreeSet::new();
    let sight = Sight {
        who,
        purpose,
        policies: state.guard.policies(),
        open_cases: &nobody,
        setting: &setting,
        today: state.today(),
    };
    Ok(relations(tx, &sight, persons.iter().copied()).await?.into_iter().collect())
}

/// Opens what an agency is to be told about people: logged as that agency's look before anything leaves.
pub(crate) async fn tell<T>(
    runtime: &Runtime,
    who: &Who,
    purpose: &Purpose,
    about: Vec<(PersonId, Relation)>,
    items: Vec<String>,
    sealed: Sealed<T>,
) -> Result<Disclosed<T>, Denied> {
    let resource = Resource::people(about).showing(["identifier", "name", "birth_date"]).showing(items);
    runtime.state.guard.reveal(who, Action::ViewPerson, &resource, purpose, sealed).await
}
