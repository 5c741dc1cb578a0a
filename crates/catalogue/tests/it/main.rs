//! The catalogue as a whole, on packs on disk.

mod loading;
