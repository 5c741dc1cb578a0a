//! What changes in the registry moves the families under a protocol: a birth, a loss, a corrected day, a move.

use kernel::PersonId;
use registry::change::{Kind, Notice};
use serde_json::json;
use store::{StoreError, Tx};

use crate::desk::Desk;
use crate::enrol;
use crate::model::{Dates, Enrolment, LeftWhy};
use crate::rows;

/// Looks at everybody in the households of a notice. New families are put on the office's list, others follow.
pub async fn registry_changed(tx: &mut Tx, desk: &Desk<'_>, notice: &Notice) -> Result<(), StoreError> {
    let mut people: Vec<PersonId> = notice.persons.clone();
    for household in &notice.households {
        people.extend(registry::read::members(tx, *household, desk.today()).await?);
    }
    people.sort_unstable();
    people.dedup();
    // Only what tells of a pregnancy or a birth puts a family on the list; everything else is for those who are on it.
    let tells = notice.kinds.iter().any(|kind| matches!(kind, Kind::Pregnancy | Kind::Kin));
    for person in people {
        let mut any = false;
        for mut enrolment in rows::of_person(tx, person).await? {
            any = true;
            if enrolment.left.is_none() {
                refresh(tx, desk, &mut enrolment).await?;
            }
        }
        if !any && tells {
            enrol::told(tx, desk, person).await?;
        }
    }
    Ok(())
}

async fn refresh(tx: &mut Tx, desk: &Desk<'_>, e: &mut Enrolment) -> Result<(), StoreError> {
    let Some(found) = enrol::found(tx, desk, e.person).await? else { return Ok(()) };
    let dates = merged(&e.dates, found.dates, desk.today());
    if dates != e.dates {
        let content = json!({ "before": e.dates, "now": dates });
        e.dates = dates;
        rows::keep(tx, desk, e, "dates", &content, None).await?;
    }
    let district = found.place.map(|place| desk.district(&place));
    if let Some(district) = district.filter(|d| *d != e.place) {
        let content = json!({ "why": LeftWhy::Moved.word() });
        // The new district's supervisor finds the family on her list and gives it to a nurse; the former nurse is out at once.
        (e.nurse, e.next) = (None, None);
        e.place = district;
        rows::keep(tx, desk, e, "moved", &content, None).await?;
    }
    Ok(())
}

/// What the registry says now, with what only nurses know (the day a child left hospital), and with a loss where a pregnancy ended
/// and nobody was born of it.
fn merged(before: &Dates, mut now: Dates, today: kernel::Date) -> Dates {
    for child in &mut now.children {
        let known = before.children.iter().find(|c| c.person == child.person);
        child.discharged = known.and_then(|c| c.discharged);
    }
    if now.due.is_none() && now.children.is_empty() && before.due.is_some() {
        now.lost = before.lost.or(Some(today));
    }
    now.due = now.due.or(before.due);
    if now.children.is_empty() && !before.children.is_empty() {
        now.children.clone_from(&before.children);
    }
    now
}
