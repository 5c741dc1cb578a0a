//! The catalogue as a whole, on packs on disk.

mod cases;
mod explaining;
mod loading;
mod versions;
