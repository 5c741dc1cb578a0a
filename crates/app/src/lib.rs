//! The binary `hearth`: configuration, wiring, commands. Everything it does is done by another room.

pub mod town;
