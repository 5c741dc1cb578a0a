//! Pages for families: what may I get, my family, my offers, who looked.

pub mod cases;
pub mod check;
pub(crate) mod check_handlers;
pub mod family;
pub(crate) mod handlers;
pub mod home;
pub mod life_event;
pub(crate) mod life_event_handlers;
pub mod looked;
pub mod offers;
pub mod question;
