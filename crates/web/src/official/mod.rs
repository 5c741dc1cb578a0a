//! Pages for counter officials and caseworkers.

pub(crate) mod complaint_handlers;
pub mod complaints;
pub(crate) mod duplicate_handlers;
pub mod duplicates;
pub mod event;
pub(crate) mod event_handlers;
pub(crate) mod handlers;
pub mod household;
pub mod key_in;
pub(crate) mod key_in_handlers;
pub mod mending;
pub(crate) mod mending_handlers;
pub mod protection;
pub(crate) mod protection_handlers;
pub mod search;
pub mod work;
pub mod work_acts;
pub mod work_case;
pub(crate) mod work_case_handlers;
pub(crate) mod work_deeds;
mod work_extend;
pub(crate) mod work_handlers;
mod work_looks;
pub mod work_office;
pub mod work_review;
pub(crate) mod work_view;
