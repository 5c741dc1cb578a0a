//! Pages, forms and API. A page is a function from a [`components::frame::Frame`] and a view model to HTML; handlers
//! turn requests into use cases of the domain crates and their results into view models.

pub mod account;
pub mod admin;
pub mod analyst;
pub mod api;
pub mod assets;
pub mod changed;
pub mod citizen;
pub mod civil;
pub mod components;
pub mod contact;
pub mod demo;
pub mod error;
pub(crate) mod explain;
pub mod fhir;
pub mod finance;
pub mod form;
pub mod group;
mod household;
pub mod indicators;
mod intake_file;
pub mod official;
pub mod plan;
pub mod privacy;
pub mod provider;
pub mod referral;
pub mod requalify;
pub mod request;
mod router;
pub mod safety;
pub mod sign_in;
pub mod sign_in_page;
pub mod state;
pub mod study;
pub mod survey;
pub mod team;
mod viewer;
pub mod visits;
mod whereabouts;

pub use admin::account_acts::{duty as official_job, make as official_account};
pub use request::Session;
pub use router::router;
pub use state::{AppState, Config, Packs};

#[cfg(test)]
mod samples;
