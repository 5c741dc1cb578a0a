//! Mothers' groups: for the office that runs them, for whoever leads one, and for a mother herself.

pub(crate) mod acts;
pub mod list;
pub mod office;
pub(crate) mod office_handlers;
pub mod own;
pub(crate) mod own_handlers;

use group::model::Status;
use text::Text;

/// What a field of these pages is called.
fn field_name(t: Text, name: &str) -> Option<String> {
    let key = match name {
        "kind" => "group-kind",
        "venue" => "group-venue",
        "facilitator" => "group-facilitator",
        "seats" => "group-seats-field",
        "held_on" => "group-held-on",
        "starts" => "group-starts",
        "topic" => "group-topic",
        "family" => "group-ask-whom",
        "points" => "group-points",
        _ => return None,
    };
    Some(t.t(key).into_owned())
}

/// The message of how somebody stands to a group.
fn status_key(status: Status) -> &'static str {
    match status {
        Status::Invited => "group-invited",
        Status::Joined => "group-joined",
        Status::Declined => "group-declined",
        Status::Left => "group-left",
    }
}
