//! hearth
fn main() {}
