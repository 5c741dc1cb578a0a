//! One binary: FEEL by data files, hostile input, models.

mod feel;
mod hostile;
mod models;
