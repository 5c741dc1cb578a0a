//! A decision table drawn in a DMN modeller into a pack: the model as it is, and a definition that names it.

use kernel::Words;
use rules::schema::{Entity, Fault, Origin};

use crate::load::{Content, FoundTable, key, tables};
use crate::pack::Pack;
use crate::read::fault::{Faults, one_of, shown};
use crate::read::files::Files;

/// What is to be brought, as far as the model does not say it.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// The decision, by name or id; `None`: the only one with a table.
    pub decision: Option<String>,
    /// The output column, where there are several.
    pub output: Option<String>,
    /// The definition's id; `None`: made of the decision's name or id.
    pub id: Option<String>,
    /// Whom the definition is about.
    pub entity: Entity,
    /// Its unit as in `definitions/*.toml`; `None`: by the output's type, which knows no money.
    pub unit: Option<String>,
    /// What the model's inputs are in the pack: `Age` is `person.age_years`. Others are looked for by name.
    pub inputs: Vec<(String, String)>,
    /// The law the table is from.
    pub law: String,
}

/// The pack with the table in it.
#[derive(Debug)]
pub struct Brought {
    /// All files.
    pub files: Files,
    /// The paths of the new ones.
    pub written: [String; 2],
    /// What somebody should look at.
    pub warnings: Vec<Fault>,
}

/// Puts a model (`name` without ending, `text`) into a pack and a definition for its table beside it.
///
/// # Errors
/// All faults of the pack as it would be; nothing is written anywhere.
pub fn bring(files: &Files, name: &str, text: &str, wanted: &Wanted) -> Result<Brought, Vec<Fault>> {
    let before = Pack::from_files(files.clone())?;
    let path = format!("tables/{name}.dmn");
    let refuse = |line: u32, code, message: String, expected: String, hint: &str| {
        let faults = Faults::default();
        let at = Origin { file: path.as_str().into(), line, column: 1 };
        faults.error(code, &at, message, expected, hint);
        faults.sorted()
    };
    let model = match dmn::read(text) {
        Ok(model) => model,
        Err(e) => return Err(refuse(e.line, "syntax", e.message, "a model of DMN 1.1 to 1.5".into(), "")),
    };
    let all = tables(&model);
    let found = match &wanted.decision {
        None if all.len() == 1 => all.first(),
        None => None,
        Some(asked) => all.iter().find(|t| t.is(asked)),
    };
    let Some(found) = found else {
        let message = format!("the model has {} decision tables", all.len());
        let names = one_of(all.iter().map(|t| t.name));
        return Err(refuse(1, "unknown-decision", message, names, "say which: --decision NAME"));
    };
    let Some(id) = wanted.id.clone().or_else(|| id_of(found.name)).or_else(|| id_of(name)) else {
        let message = format!("\"{}\" makes no id", shown(found.name));
        return Err(refuse(1, "bad-id", message, "lower-case letters, digits and _".into(), "say it: --id my_table"));
    };
    let definition = format!("definitions/{id}.toml");
    for (path, new) in [(&path, Some(text)), (&definition, None)] {
        if files.get(path).is_some_and(|old| Some(old) != new.map(str::as_bytes)) {
            let message = format!("there is a file {path} already");
            return Err(refuse(1, "duplicate-id", message, "a new file".into(), "another --id, or rename the model"));
        }
    }
    let toml = definition_text(before.pack.content(), &id, &path, found, wanted);
    let mut files = files.clone();
    files.put(path.clone(), text);
    files.put(definition.clone(), toml);
    let loaded = Pack::from_files(files.clone())?;
    Ok(Brought { files, written: [path, definition], warnings: loaded.warnings })
}

/// `Home care rate` as `home_care_rate`.
fn id_of(name: &str) -> Option<String> {
    let words = name.split(|c: char| !c.is_ascii_alphanumeric()).filter(|w| !w.is_empty());
    let id = words.collect::<Vec<_>>().join("_").to_ascii_lowercase();
    (name.is_ascii() && id.starts_with(|c: char| c.is_ascii_lowercase())).then_some(id)
}

fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

fn definition_text(content: &Content, id: &str, path: &str, found: &FoundTable<'_>, wanted: &Wanted) -> String {
    let entity = if wanted.entity == Entity::Person { "person" } else { "household" };
    let unit = wanted.unit.clone().unwrap_or_else(|| unit_of(found, wanted.output.as_deref()).to_owned());
    let names: String =
        (content.manifest.complete.iter()).map(|lang| format!("name.{lang} = {}\n", quoted(found.name))).collect();
    let inputs: Vec<String> = (found.table.inputs.iter())
        .filter_map(|input| {
            let name = input.expression.text.as_str();
            let said = wanted.inputs.iter().find(|(n, _)| n == name).map(|(_, it)| it.clone());
            let it = said.or_else(|| named(content, wanted.entity, name))?;
            Some(format!("{} = {}", quoted(name), quoted(&it)))
        })
        .collect();
    let output = wanted.output.as_ref().map(|o| format!("output = {}\n", quoted(o))).unwrap_or_default();
    format!(
        "[[definition]]\nid = {}\nentity = \"{entity}\"\nunit = {}\nlaw = {}\n{names}\n[definition.table]\nfile = {}\n\
         decision = {}\n{output}inputs = {{ {} }}\n",
        quoted(id),
        quoted(&unit),
        quoted(&wanted.law),
        quoted(path),
        quoted(found.name),
        inputs.join(", "),
    )
}

/// The unit that the output's type or, without one, its values tell.
fn unit_of(found: &FoundTable<'_>, output: Option<&str>) -> &'static str {
    let outputs = &found.table.outputs;
    let at = outputs.iter().position(|o| output.is_some() && o.name.as_deref() == output).unwrap_or(0);
    let cells = || found.table.rules.iter().filter_map(|r| r.outputs.get(at)).map(|c| c.text.as_str());
    match outputs.get(at).and_then(|o| o.type_ref.as_deref()) {
        Some("boolean") => "boolean",
        Some("string") => "text",
        Some("date") => "date",
        None if cells().all(|c| c == "true" || c == "false") => "boolean",
        None if cells().all(|c| c.starts_with('"')) => "text",
        _ if cells().any(|c| c.contains('.')) => "decimal",
        _ => "integer",
    }
}

/// The item or definition that is called so, by id or in words: of the entity first, then of the household.
fn named(content: &Content, entity: Entity, name: &str) -> Option<String> {
    let entities = match entity {
        Entity::Person => vec![Entity::Person, Entity::Household],
        Entity::Household => vec![Entity::Household],
    };
    let said = |words: &Words| words.0.values().any(|w| w.to_lowercase() == name.to_lowercase());
    let id = id_of(name);
    entities.into_iter().find_map(|entity| {
        let items = content.items.iter().filter(|i| i.entity == entity).map(|i| (&i.id, &i.name));
        let definitions = content.definitions.iter().filter(|d| d.entity == entity).map(|d| (&d.id, &d.name));
        let mut all = items.chain(definitions);
        all.find(|(own, words)| Some(*own) == id.as_ref() || said(words)).map(|(own, _)| key(entity, own))
    })
}
