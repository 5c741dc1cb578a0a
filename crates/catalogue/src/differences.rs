//! What is different between two versions of a pack, in words an analyst reads.

use kernel::{Currency, Date, Lang, Words};
use rules::schema::Value;
use serde::Serialize;
use text::Text;

use crate::model::{Parameter, ParameterRow, Process, Programme, Register, Version};
use crate::pack::Pack;
use crate::read::value;

/// What happened to a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Happened {
    /// New.
    Added,
    /// Gone.
    Removed,
    /// Otherwise than before.
    Changed,
}

/// Which part of a pack.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// A programme.
    Programme,
    /// A dated version of a programme.
    Version,
    /// A condition.
    Condition,
    /// Another expression of a programme: amount, applies, from, until, opens, closes.
    Formula,
    /// Words for people.
    Words,
    /// A definition.
    Definition,
    /// A dated value.
    Parameter,
    /// A data item.
    Item,
    /// A combination rule.
    Combination,
    /// A life event.
    Event,
    /// A version of a visit protocol.
    Protocol,
}

/// One difference.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Change {
    /// What happened.
    pub happened: Happened,
    /// To what.
    pub part: Part,
    /// The id of the programme, definition, table, item, rule or event.
    pub id: String,
    /// Its name.
    pub name: Words,
    /// Where in it: the first day of the version, the condition, the keys.
    pub place: String,
    /// What stood there.
    pub old: Option<String>,
    /// What stands there now.
    pub new: Option<String>,
}

impl Change {
    /// One line for a person.
    pub fn text(&self, lang: Lang) -> String {
        let t = Text::new(lang);
        let kind = match self.happened {
            Happened::Added => "change-kind-added",
            Happened::Removed => "change-kind-removed",
            Happened::Changed => "change-kind-changed",
        };
        let part = match self.part {
            Part::Programme => "change-part-programme",
            Part::Version => "change-part-version",
            Part::Condition => "change-part-condition",
            Part::Formula => "change-part-formula",
            Part::Words => "change-part-words",
            Part::Definition => "change-part-definition",
            Part::Parameter => "change-part-parameter",
            Part::Item => "change-part-item",
            Part::Combination => "change-part-combination",
            Part::Event => "change-part-event",
            Part::Protocol => "change-part-protocol",
        };
        let name = Some(self.name.get(lang)).filter(|n| !n.is_empty()).unwrap_or(&self.id);
        let about = [
            ("part", t.t(part).into()),
            ("kind", t.t(kind).into()),
            ("name", name.into()),
            ("place", self.place.as_str().into()),
        ];
        let line = t.with("change-line", &about).trim_end().to_owned();
        match (&self.old, &self.new) {
            (Some(old), Some(new)) => {
                let about = [("line", line.into()), ("old", old.into()), ("new", new.into())];
                t.with("change-old-new", &about).into_owned()
            }
            (None, Some(new)) => t.with("change-new", &[("line", line.into()), ("new", new.into())]).into_owned(),
            (Some(old), None) => t.with("change-old", &[("line", line.into()), ("old", old.into())]).into_owned(),
            (None, None) => line,
        }
    }
}

/// A named thing both packs are asked for.
struct Thing<'a> {
    part: Part,
    id: &'a str,
    name: &'a Words,
}

impl Thing<'_> {
    fn change(&self, place: &str, old: Option<String>, new: Option<String>) -> Option<Change> {
        let happened = match (&old, &new) {
            (Some(old), Some(new)) if old == new => return None,
            (Some(_), Some(_)) => Happened::Changed,
            (None, Some(_)) => Happened::Added,
            (Some(_), None) => Happened::Removed,
            (None, None) => return None,
        };
        let (part, id, name) = (self.part, self.id.to_owned(), self.name.clone());
        Some(Change { happened, part, id, name, place: place.to_owned(), old, new })
    }

    fn whole(&self, happened: Happened) -> Change {
        let (part, id, name) = (self.part, self.id.to_owned(), self.name.clone());
        Change { happened, part, id, name, place: String::new(), old: None, new: None }
    }
}

/// Everything that is different in `new`.
pub fn differences(old: &Pack, new: &Pack) -> Vec<Change> {
    let mut out = Vec::new();
    each(old.programmes(), new.programmes(), |p| (&p.id, &p.name), Part::Programme, &mut out, programme);
    for programme in new.programmes().iter().filter(|p| old.programmes().get(&p.id).is_some()) {
        let thing = Thing { part: Part::Programme, id: &programme.id, name: &programme.name };
        process(&thing, old.process(&programme.id), new.process(&programme.id), &mut out);
    }
    each(
        old.parameters(),
        new.parameters(),
        |p| (&p.id, &p.name),
        Part::Parameter,
        &mut out,
        |thing, a, b, out| {
            parameter(thing, new.currency(), a, b, out);
        },
    );
    each(
        old.definitions(),
        new.definitions(),
        |d| (&d.id, &d.name),
        Part::Definition,
        &mut out,
        |thing, a, b, out| {
            let all = |d: &crate::model::Definition| {
                let texts = d.versions.iter().map(|(from, _, text)| match from {
                    Some(from) => format!("{from}: {text}"),
                    None => text.clone(),
                });
                texts.collect::<Vec<_>>().join("; ")
            };
            out.extend(thing.change("", Some(all(a)), Some(all(b))));
        },
    );
    each(
        old.items(),
        new.items(),
        |i| (&i.id, &i.name),
        Part::Item,
        &mut out,
        |thing, a, b, out| {
            let told =
                |i: &crate::model::Item| format!("{:?}, {}, {}", i.ty, i.owner.as_deref().unwrap_or("self"), i.law);
            out.extend(thing.change("", Some(told(a)), Some(told(b))));
        },
    );
    each(
        old.combinations(),
        new.combinations(),
        |c| (&c.rule.id, &c.words),
        Part::Combination,
        &mut out,
        |thing, a, b, out| {
            let told = |c: &crate::model::Combination| format!("{:?}", c.rule);
            if told(a) != told(b) {
                out.push(Change { happened: Happened::Changed, ..thing.whole(Happened::Changed) });
            }
            out.extend(thing.change("law", Some(a.law.clone()), Some(b.law.clone())));
        },
    );
    each(
        old.events(),
        new.events(),
        |e| (&e.id, &e.name),
        Part::Event,
        &mut out,
        |thing, a, b, out| {
            let told = |e: &crate::model::LifeEvent| format!("{e:?}");
            if told(a) != told(b) {
                out.push(thing.whole(Happened::Changed));
            }
        },
    );
    each(
        old.protocols(),
        new.protocols(),
        |p| (&p.key, &p.name),
        Part::Protocol,
        &mut out,
        |thing, a, b, out| {
            let told = |p: &crate::model::Protocol| format!("{p:?}");
            if told(a) != told(b) {
                out.push(thing.whole(Happened::Changed));
            }
        },
    );
    out
}

/// Things added and removed, and for those in both what `inner` finds.
fn each<T>(
    old: &Register<T>,
    new: &Register<T>,
    about: impl Fn(&T) -> (&String, &Words),
    part: Part,
    out: &mut Vec<Change>,
    inner: impl Fn(&Thing<'_>, &T, &T, &mut Vec<Change>),
) {
    let find = |register: &Register<T>, id: &str| register.iter().position(|t| about(t).0 == id);
    for (n, thing) in new.iter().enumerate() {
        let (id, name) = about(thing);
        let named = Thing { part, id, name };
        // ids are unique within an entity only: the same id is met in the same order
        match old.iter().nth(find(old, id).unwrap_or(usize::MAX)).filter(|_| find(new, id) == Some(n)) {
            Some(before) => inner(&named, before, thing, out),
            None if find(old, id).is_none() => out.push(named.whole(Happened::Added)),
            None => {}
        }
    }
    for thing in old.iter().filter(|t| find(new, about(t).0).is_none()) {
        let (id, name) = about(thing);
        out.push(Thing { part, id, name }.whole(Happened::Removed));
    }
}

fn programme(thing: &Thing<'_>, old: &Programme, new: &Programme, out: &mut Vec<Change>) {
    let words = Thing { part: Part::Words, ..*thing };
    for lang in Lang::ALL {
        let say = |w: &Words| w.0.get(&lang).cloned();
        out.extend(words.change(&format!("name ({lang})"), say(&old.name), say(&new.name)));
        out.extend(words.change(&format!("summary ({lang})"), say(&old.summary), say(&new.summary)));
    }
    let dates = Thing { part: Part::Version, ..*thing };
    let find = |p: &'_ Programme, from: Option<Date>| p.versions.iter().position(|v| v.valid_from == from);
    for after in &new.versions {
        match find(old, after.valid_from).and_then(|n| old.versions.get(n)) {
            Some(before) => version(thing, before, after, out),
            None => out.extend(dates.change("", None, Some(span(after)))),
        }
    }
    for before in old.versions.iter().filter(|v| find(new, v.valid_from).is_none()) {
        out.extend(dates.change("", Some(span(before)), None));
    }
}

/// How it is worked on: each key of the process that is otherwise.
fn process(thing: &Thing<'_>, old: &Process, new: &Process, out: &mut Vec<Change>) {
    if old == new {
        return;
    }
    let keys = |p: &Process| match serde_json::to_value(p) {
        Ok(serde_json::Value::Object(keys)) => keys,
        _ => serde_json::Map::new(),
    };
    let before = keys(old);
    for (key, value) in keys(new) {
        let text = |v: &serde_json::Value| v.as_str().map_or_else(|| v.to_string(), str::to_owned);
        out.extend(thing.change(&key, before.get(&key).map(text), Some(text(&value))));
    }
}

fn span(v: &Version) -> String {
    let day = |d: Option<Date>| d.map_or("…".to_owned(), |d| d.to_string());
    format!("{} – {}", day(v.valid_from), day(v.valid_to))
}

fn version(thing: &Thing<'_>, old: &Version, new: &Version, out: &mut Vec<Change>) {
    let since = new.valid_from.map_or(String::new(), |d| d.to_string());
    let place = |what: &str| format!("{since} {what}").trim().to_owned();
    out.extend(Thing { part: Part::Version, ..*thing }.change(&since, Some(span(old)), Some(span(new))));
    let formula = Thing { part: Part::Formula, ..*thing };
    let amount = |v: &Version| v.amount.as_ref().map(|(text, per)| format!("{text} / {}", value::per_word(*per)));
    let claim = |v: &Version, closes: bool| {
        v.claim.as_ref().and_then(|c| if closes { c.closes.clone() } else { c.opens.clone() })
    };
    let formulas = [
        ("amount", amount(old), amount(new)),
        ("applies", old.applies.clone(), new.applies.clone()),
        ("from", old.from.clone(), new.from.clone()),
        ("until", old.until.clone(), new.until.clone()),
        ("claim opens", claim(old, false), claim(new, false)),
        ("claim closes", claim(old, true), claim(new, true)),
    ];
    for (what, before, after) in formulas {
        out.extend(formula.change(&place(what), before, after));
    }
    let condition = Thing { part: Part::Condition, ..*thing };
    let find = |v: &Version, id: &str| v.conditions.iter().find(|c| c.id == id).map(|c| c.when.clone());
    let gone = old.conditions.iter().filter(|c| find(new, &c.id).is_none());
    for c in new.conditions.iter().chain(gone) {
        out.extend(condition.change(&place(&c.id), find(old, &c.id), find(new, &c.id)));
    }
    let said = |v: &Version, id: &str, lang: Lang| {
        v.conditions.iter().find(|c| c.id == id).and_then(|c| c.words.0.get(&lang).cloned())
    };
    let words = Thing { part: Part::Words, ..*thing };
    for c in new.conditions.iter().filter(|c| find(old, &c.id).is_some()) {
        for lang in Lang::ALL {
            let what = place(&format!("{} ({lang})", c.id));
            out.extend(words.change(&what, said(old, &c.id, lang), said(new, &c.id, lang)));
        }
    }
}

fn parameter(thing: &Thing<'_>, currency: Currency, old: &Parameter, new: &Parameter, out: &mut Vec<Change>) {
    let plain = |v: &Value| value::plain(v, currency);
    let place = |row: &ParameterRow| {
        let keys: Vec<String> = row.keys.iter().map(plain).collect();
        let to = row.valid_to.map_or(String::new(), |d| d.to_string());
        let keys = if keys.is_empty() { String::new() } else { format!("({}) ", keys.join(", ")) };
        format!("{keys}{} – {to}", row.valid_from).trim_end().to_owned()
    };
    let find = |p: &Parameter, row: &ParameterRow| {
        let same = |r: &&ParameterRow| r.valid_from == row.valid_from && r.keys == row.keys;
        p.rows.iter().find(same).map(|r| plain(&r.value))
    };
    for row in &new.rows {
        out.extend(thing.change(&place(row), find(old, row), Some(plain(&row.value))));
    }
    for row in old.rows.iter().filter(|row| find(new, row).is_none()) {
        out.extend(thing.change(&place(row), Some(plain(&row.value)), None));
    }
}
