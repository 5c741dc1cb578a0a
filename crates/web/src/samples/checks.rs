//! What must be true of every page in every language.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use kernel::Lang;

use super::all;

/// Opening tags `<name …>` in order: name and the text of its attributes.
fn tags(html: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for part in html.split('<').skip(1) {
        let Some((inside, _)) = part.split_once('>') else { continue };
        if inside.starts_with(['/', '!']) {
            continue;
        }
        let (name, attributes) = inside.split_once(' ').unwrap_or((inside, ""));
        found.push((name.to_owned(), attributes.to_owned()));
    }
    found
}

fn attribute<'a>(attributes: &'a str, name: &str) -> Option<&'a str> {
    let start = format!("{name}=\"");
    let at = attributes.find(&start).filter(|at| *at == 0 || attributes.as_bytes()[at - 1] == b' ')?;
    attributes[at + start.len()..].split('"').next()
}

fn check(page: &str, lang: Lang, html: &str) -> Vec<String> {
    let mut faults = Vec::new();
    let mut fault = |what: String| faults.push(format!("{page} {lang}: {what}"));
    let tags = tags(html);
    let count = |name: &str| tags.iter().filter(|(n, _)| n == name).count();
    if count("h1") != 1 {
        fault(format!("{} h1", count("h1")));
    }
    if count("main") != 1 || count("title") != 1 {
        fault("needs one main and one title".to_owned());
    }
    if !html.contains(&format!("<html lang=\"{}\">", lang.tag())) {
        fault("lang is not said".to_owned());
    }
    if html.contains(text::MISSING_MARK) || html.contains("{ $") {
        fault(format!("a message is missing: {:?}", html.split(text::MISSING_MARK).nth(1)));
    }
    let mut ids = BTreeSet::new();
    for (_, attributes) in &tags {
        if let Some(id) = attribute(attributes, "id")
            && !ids.insert(id.to_owned())
        {
            fault(format!("id {id} stands twice"));
        }
        if attributes.contains("style=\"") || attributes.contains(" onclick") {
            fault("inline style or script".to_owned());
        }
    }
    let labelled: BTreeSet<&str> =
        tags.iter().filter(|(n, _)| n == "label").filter_map(|(_, a)| attribute(a, "for")).collect();
    for (name, attributes) in &tags {
        for pointer in ["aria-describedby", "aria-labelledby"] {
            for id in attribute(attributes, pointer).unwrap_or_default().split_whitespace() {
                if !ids.contains(id) {
                    fault(format!("{pointer} points to {id}, which is not there"));
                }
            }
        }
        if let Some(id) = attribute(attributes, "href").and_then(|to| to.strip_prefix('#'))
            && !ids.contains(id)
        {
            fault(format!("a link leads to #{id}, which is not there"));
        }
        let field = matches!(name.as_str(), "select" | "textarea")
            || (name == "input" && attribute(attributes, "type") != Some("hidden"));
        if field && !attribute(attributes, "id").is_some_and(|id| labelled.contains(id)) {
            fault(format!("a field without label: {attributes}"));
        }
    }
    for name in
        ["div", "form", "ul", "li", "section", "article", "table", "tr", "fieldset", "details", "p", "a", "button"]
    {
        let (open, close) = (count(name), html.matches(&format!("</{name}>")).count());
        if open != close {
            fault(format!("{open} <{name}> and {close} </{name}>"));
        }
    }
    let mut level = 0;
    for (name, _) in &tags {
        if let Some(next) = name.strip_prefix('h').and_then(|n| n.parse::<u32>().ok()) {
            if next > level + 1 && level > 0 {
                fault(format!("heading jumps from h{level} to h{next}"));
            }
            level = next;
        }
    }
    faults
}

#[test]
fn every_page_in_every_language_is_sound() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../target/pages");
    std::fs::create_dir_all(folder.join("assets")).unwrap();
    let style = crate::assets::style_path().trim_start_matches('/');
    std::fs::write(folder.join(style), crate::assets::style()).unwrap();
    let mut faults = Vec::new();
    let mut names = BTreeSet::new();
    for (name, render) in all() {
        assert!(names.insert(name), "two samples are called {name}");
        for lang in Lang::ALL {
            let html = render(lang).into_string();
            faults.extend(check(name, lang, &html));
            let relative = html.replace("href=\"/assets/", "href=\"assets/");
            std::fs::write(folder.join(format!("{name}.{lang}.html")), relative).unwrap();
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn the_check_finds_what_it_should() {
    let bad =
        "<html lang=\"en\"><main><title></title><h1>a</h1><h3>b</h3><input name=x><p>⟦missing⟧k⟦missing⟧</p></main>";
    let faults = check("bad", Lang::En, bad).join("\n");
    for expected in ["a message is missing", "a field without label", "heading jumps"] {
        assert!(faults.contains(expected), "{expected} in {faults}");
    }
}

fn sources(folder: &Path, into: &mut String) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, into);
        } else if path.extension().is_some_and(|e| e == "rs") {
            into.push_str(&std::fs::read_to_string(&path).unwrap());
        }
    }
}

/// Message keys are written as whole literals, so a search of the sources finds every use.
#[test]
fn every_message_is_used_and_every_used_message_exists() {
    let mut code = String::new();
    for room in std::fs::read_dir(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..")).unwrap() {
        let folder = room.unwrap().path().join("src");
        if folder.is_dir() {
            sources(&folder, &mut code);
        }
    }
    // Whatever stands between two quotation marks: every literal, and what is between literals, which is no key.
    let quoted: BTreeSet<&str> = code.split('"').collect();
    // `format!("api-{code}")`: whoever builds keys names their common beginning.
    let beginnings: BTreeSet<&str> =
        quoted.iter().filter_map(|literal| literal.split_once("-{")).map(|(beginning, _)| beginning).collect();
    let formats = include_str!("../../../text/locales/en/formats.ftl");
    let t = text::Text::new(Lang::En);
    let unused: Vec<String> = text::keys(Lang::En)
        .into_iter()
        .filter(|key| !formats.contains(&format!("{key} =")) && !quoted.contains(key.as_str()))
        .filter(|key| !key.match_indices('-').any(|(at, _)| beginnings.contains(&key[..at])))
        .collect();
    assert!(unused.is_empty(), "messages nobody uses: {unused:?}");
    let missing: BTreeSet<&str> = [".t(\"", ".with(\""]
        .into_iter()
        .flat_map(|call| code.split(call).skip(1))
        .filter_map(|rest| rest.split('"').next())
        .filter(|key| !t.has(key))
        .collect();
    assert!(missing.is_empty(), "messages that do not exist: {missing:?}");
}
