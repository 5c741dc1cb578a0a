//! `pack.toml`

use std::sync::Arc;

use kernel::{Currency, Lang};
use rules::schema::Roles;

use crate::identifier::{CHECKS, Check, IdentifierScheme};
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
    let identifier = root.table("identifier").and_then(|table| scheme(&table, &complete, faults));
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
        identifier,
    };
    Some((manifest, roles))
}

/// The national identifier.
fn scheme(table: &Table<'_>, complete: &[Lang], faults: &Faults) -> Option<IdentifierScheme> {
    let scheme = table.need_text("scheme");
    let shape = table.need_text("shape");
    let rule = table.need_text("check");
    let weights = table.text("weights");
    let name = table.need_words("name", complete);
    table.finish();
    let (scheme, shape, rule) = (scheme?, shape?, rule?);
    let digits = shape.it.chars().filter(|c| *c == '0').count();
    if digits == 0 || shape.it.chars().any(|c| c.is_ascii_digit() && c != '0') || shape.it.chars().count() > 40 {
        let message = format!("\"{}\" is no shape of an identifier", shown(&shape.it));
        faults.error("bad-value", &shape.at, message, "0 for each digit, and separators, at most 40 characters", "");
        return None;
    }
    let check = match rule.it.as_str() {
        "none" => None,
        "weighted_mod_11" => {
            let numbers = weights.as_ref().map(|w| w.it.split(' ').map(str::parse).collect::<Result<Vec<u32>, _>>());
            match numbers {
                Some(Ok(numbers)) if numbers.len() + 1 == digits => Some(Check::WeightedMod11(numbers)),
                _ => {
                    let at = weights.as_ref().map_or(&rule.at, |w| &w.at);
                    let expected =
                        format!("weights = \"…\" with {} whole numbers, parted by one blank", digits.saturating_sub(1));
                    faults.error("bad-value", at, "the weights do not fit the shape".to_owned(), expected, "");
                    return None;
                }
            }
        }
        "mod_11_rounds" => {
            let row = |row: &str| row.split_whitespace().map(str::parse).collect::<Result<Vec<u32>, _>>();
            let rows = weights.as_ref().map(|w| w.it.split(';').map(row).collect::<Result<Vec<_>, _>>());
            match rows {
                Some(Ok(rows)) if rows.iter().all(|row| row.len() + 1 == digits) => Some(Check::Mod11Rounds(rows)),
                _ => {
                    let at = weights.as_ref().map_or(&rule.at, |w| &w.at);
                    let each = digits.saturating_sub(1);
                    let expected =
                        format!("weights = \"…; …\", each round with {each} whole numbers, parted by blanks");
                    faults.error("bad-value", at, "the weights do not fit the shape".to_owned(), expected, "");
                    return None;
                }
            }
        }
        other => {
            let message = format!("\"{}\" is no rule for a check digit", shown(other));
            faults.error("bad-value", &rule.at, message, one_of(CHECKS), "");
            return None;
        }
    };
    Some(IdentifierScheme { scheme: scheme.it, shape: shape.it, check, name })
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
