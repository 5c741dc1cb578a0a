//! Building blocks of pages: functions from values to [`maud::Markup`], each following a proven accessible pattern.

pub mod entitlement;
pub mod field;
pub mod frame;
pub mod icon;
pub mod list;
pub mod message;
pub mod value;
