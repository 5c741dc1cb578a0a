//! Reading TOML, CSV and YAML so that every fault knows file, line and column.

pub(crate) mod fault;
pub(crate) mod files;
pub(crate) mod sheet;
pub(crate) mod source;
pub(crate) mod toml_doc;
pub(crate) mod value;
pub(crate) mod yaml;
