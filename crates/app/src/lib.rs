//! The binary `hearth`: configuration, wiring, commands. Everything it does is done by another room.

mod account;
mod adopt;
mod agency;
#[doc(hidden)]
pub mod ask;
pub mod backup;
pub mod cli;
#[cfg(feature = "cluster")]
mod cluster;
pub mod config;
pub mod demo;
pub mod demo_clock;
mod grant;
mod growth;
#[doc(hidden)]
pub mod indicators;
mod machine;
mod messages;
pub mod model;
pub mod operator;
mod order;
pub mod pack;
mod parked;
pub mod played;
pub mod population;
#[doc(hidden)]
pub mod referrals;
pub mod reload;
pub mod reminders;
mod replay;
pub mod requalify;
pub mod runtime;
mod scenario;
mod secret;
pub mod serve;
pub mod site;
mod snapshot;
#[doc(hidden)]
pub mod studies;
pub mod surveys;
pub mod synth;
pub mod tools;
pub mod town;
mod visits;
mod what_if;
pub mod work;
