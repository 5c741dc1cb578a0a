//! The pages as a browser meets them: requests through the whole router, over a real database, log and pack.

mod api;
mod birth;
mod public;
mod sign_in;
mod state;
