//! The pages as a browser meets them: requests through the whole router, over a real database, log and pack.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test that fails says so by panicking"
)]

mod accounts;
mod api;
mod applications_api;
mod birth;
mod cases;
mod cases_api;
mod civil;
mod complaints;
mod contact;
mod counter;
mod fhir;
mod finance;
mod groups;
mod indicators;
mod key_in;
mod oversight_api;
mod parity;
mod plans;
mod powers;
mod protection;
mod public;
mod referrals;
mod scenarios;
mod scenarios_api;
mod sign_in;
mod stages;
mod state;
mod surveys;
mod team;
mod visits;
mod week;
mod work;
