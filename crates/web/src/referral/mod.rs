//! Referrals: the referrer's and the supervisor's lists, one referral, a new one from the directory, the partner's answer by a
//! signed link, and the family's own view.

pub mod family;
pub(crate) mod handlers;
pub mod new;
pub(crate) mod new_handlers;
pub mod partner;
pub(crate) mod partner_handlers;
pub mod work;

use catalogue::Pack;
use catalogue::model::NEED;
use guard::{PurposeKind, Role};
use kernel::Lang;
use referral::model::{Clock, Standing, Status};
use text::Text;

use crate::components::list::{Mark, tag};
use crate::viewer::Viewer;

/// For which purpose officials in this role work on referrals; `None`: they do not.
pub(crate) fn purpose_kind(role: Role) -> Option<PurposeKind> {
    match role {
        Role::Nurse | Role::VisitSupervisor => Some(PurposeKind::HomeVisit),
        Role::Caseworker => Some(PurposeKind::Casework),
        Role::Approver => Some(PurposeKind::Approval),
        _ => None,
    }
}

/// The desk of referrals.
pub(crate) fn desk<'a>(v: &'a Viewer<'_>) -> referral::Desk<'a> {
    referral::Desk { pack: &v.pack, ids: &*v.state.ids, now: v.now }
}

/// The name of a service; its id when the pack in force no longer has it.
pub(crate) fn service(pack: &Pack, id: &str, lang: Lang) -> String {
    pack.services().get(id).map_or_else(|| id.to_owned(), |s| s.name.get(lang).to_owned())
}

/// The name of a need.
pub(crate) fn need(pack: &Pack, id: &str, lang: Lang) -> String {
    pack.code(NEED, id).map_or_else(|| id.to_owned(), |c| c.name.get(lang).to_owned())
}

/// The name of an office: agency and place.
pub(crate) fn office(pack: &Pack, from: &(String, String), lang: Lang) -> String {
    let agency = pack.agencies().get(&from.0).map_or(from.0.as_str(), |a| a.name.get(lang));
    match pack.jurisdictions().get(&from.1) {
        Some(place) => format!("{agency} ({})", place.name.get(lang)),
        None => agency.to_owned(),
    }
}

/// How a referral stands, as a tag.
pub(crate) fn status_tag(t: Text, now: &Standing) -> maud::Markup {
    let mark = match now.status {
        Status::Requested | Status::Received | Status::Waiting => Mark::Open,
        Status::Accepted | Status::InProgress => Mark::Plain,
        Status::Completed => Mark::Yes,
        Status::Declined | Status::Refused | Status::Withdrawn => Mark::No,
        Status::Expired => Mark::Fault,
    };
    tag(mark, &t.t(status_key(now.status)))
}

pub(crate) fn status_key(status: Status) -> &'static str {
    match status {
        Status::Requested => "referral-status-requested",
        Status::Received => "referral-status-received",
        Status::Accepted => "referral-status-accepted",
        Status::Waiting => "referral-status-waiting",
        Status::InProgress => "referral-status-in-progress",
        Status::Completed => "referral-status-completed",
        Status::Declined => "referral-status-declined",
        Status::Refused => "referral-status-refused",
        Status::Withdrawn => "referral-status-withdrawn",
        Status::Expired => "referral-status-expired",
    }
}

pub(crate) fn clock_key(clock: Clock) -> &'static str {
    match clock {
        Clock::Receive => "referral-clock-receive",
        Clock::Answer => "referral-clock-answer",
        Clock::Finish => "referral-clock-finish",
        Clock::Close => "referral-clock-close",
    }
}

/// The message for an act that was not done, and the field it belongs to.
pub(crate) fn fault_key(fault: &referral::change::Fault) -> Option<&'static str> {
    use referral::change::Fault as F;
    Some(match fault {
        F::Moved(_) | F::Wrong(_) => "referral-fault-moved",
        F::NoWords => "referral-fault-words",
        F::TooLong(_) => "referral-fault-long",
        F::BadDay => "referral-fault-day",
        F::NotAllowed => "referral-fault-not-yours",
        F::Nothing | F::Store(_) => return None,
    })
}
