//! What the crash harness and the tests of the binary share: a town in a folder, the real server, the least HTTP.
#![allow(dead_code, reason = "each of the programs that take this in uses a part of it")]

pub(crate) mod http;
pub(crate) mod server;
pub(crate) mod town;
