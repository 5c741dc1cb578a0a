//! Pages for families: what may I get, my family, my offers, who looked.

pub mod check;
pub mod family;
pub mod home;
pub mod looked;
pub mod offers;
pub mod question;
