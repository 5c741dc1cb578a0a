//! `pack.toml`

use std::sync::Arc;

use kernel::{Currency, Lang};
use rules::schema::Roles;

use crate::model::Manifest;
use crate::read::fault::{Faults, one_of, shown};
use crate::read::files::Files;
use crate::read::source::Source;
use crate::read::toml_doc::{Table, document};

/// What the pack says about itself, and the items known by role.
pub(crate) fn read(files: &Files, faults: &Faults) -> Option<(Manifest, Roles)> {
    let source = Source::open(files, "pack.toml", faults)?;
    document(&source, faults, |root| manifest(root, faults)).flatten()
}

fn manifest(root: &Table<'_>, faults: &Faults) -> Option<(Manifest, Roles)> {
    let complete = languages(root, faults);
    let id = root.need_text("id");
    let version = root.need_text("version");
    let root_jurisdiction = root.need_text("root_jurisdiction");
    let name = root.need_words("name", &complete);
    let utc_offset_hours = root.small("utc_offset_hours").unwrap_or(0);
    let roles = root.table("roles").map(|table| roles(&table)).unwrap_or_default();
    let currency = root.need_text("currency").and_then(|text| match text.it.parse::<Currency>() {
        Ok(currency) => Some(currency),
        Err(why) => {
            faults.error("bad-value", &text.at, why.to_string(), "three capital letters of ISO 4217", "");
            None
        }
    })?;
    let manifest = Manifest {
        id: id?.it,
        version: version?.it,
        currency,
        complete,
        utc_offset_hours,
        root_jurisdiction: root_jurisdiction?.it,
        name,
    };
    Some((manifest, roles))
}

fn languages(root: &Table<'_>, faults: &Faults) -> Vec<Lang> {
    let mut out = Vec::new();
    for text in root.texts("complete") {
        match Lang::ALL.into_iter().find(|lang| lang.tag() == text.it) {
            Some(lang) => out.push(lang),
            None => {
                let message = format!("\"{}\" is not a language of this system", shown(&text.it));
                faults.error("bad-value", &text.at, message, one_of(Lang::ALL.map(Lang::tag)), "");
            }
        }
    }
    out
}

fn roles(table: &Table<'_>) -> Roles {
    let role = |key| table.text(key).map(|t| Arc::from(t.it));
    let roles = Roles { birth_date: role("birth_date"), death_date: role("death_date"), due_date: role("due_date") };
    table.finish();
    roles
}
