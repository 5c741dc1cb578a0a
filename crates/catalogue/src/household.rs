//! Households as files and forms give them: facts by item, members by id. The same format serves `hearth explain` and
//! the worked cases.

use std::collections::BTreeMap;
use std::sync::Arc;

use kernel::Date;
use rules::outcome::Provenance;
use rules::schema::{Entity, Fault, Origin, Type, Value};

use crate::load::Content;
use crate::pack::Pack;
use crate::read::fault::{Faults, did_you_mean, shown};
use crate::read::source::Source;
use crate::read::value;
use crate::read::yaml::{self, Node};

/// A household before the rules see it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct HouseholdFile {
    /// A jurisdiction; its attributes and those of the places around it hold where the household has no own fact.
    pub place: Option<String>,
    /// Facts of the household, by item.
    pub facts: BTreeMap<String, GivenFact>,
    /// The members, in order.
    pub members: Vec<MemberFile>,
}

/// One member.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MemberFile {
    /// Unique within the household.
    pub id: String,
    /// The spouse's id.
    pub spouse: Option<String>,
    /// The parents' ids.
    pub parents: Vec<String>,
    /// Facts, by item.
    pub facts: BTreeMap<String, GivenFact>,
}

/// One fact with its origin.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct GivenFact {
    /// `None`: stated to be unknown, even where a register's silence would answer.
    pub value: Option<Value>,
    /// Where it comes from.
    pub provenance: Option<Provenance>,
}

/// What a household file changes in another one.
#[derive(Clone, Debug, Default)]
pub(crate) struct HouseholdEdit {
    /// The case whose household is the starting point, and where it is named.
    pub(crate) same_as: Option<(String, Origin)>,
    /// Members taken out.
    pub(crate) without: Vec<String>,
    /// What is put in its place.
    pub(crate) own: HouseholdFile,
    /// Where its members stand.
    pub(crate) places: BTreeMap<String, Origin>,
}

impl HouseholdFile {
    /// Reads a file that holds `household: …`. Faults name the file as `name`.
    pub fn parse(pack: &Pack, name: &str, text: &str) -> Result<HouseholdFile, Vec<Fault>> {
        let faults = Faults::default();
        let source = Source::new(name, text);
        let file = yaml::parse(&source, &faults).and_then(|root| {
            let keys = Node::root(&source, &faults, &root).keys();
            let household = keys.need("household").map(|node| read(pack.content(), &node));
            keys.finish();
            household
        });
        if let Some(HouseholdEdit { same_as: Some((_, at)), .. }) = &file {
            faults.error("bad-value", at, "same_as works in worked cases only", "place, facts and members", "");
        }
        if let Some(edit) = &file {
            check_relations(&edit.own, &faults, &edit.places);
        }
        match file {
            Some(edit) if !faults.refuse() => Ok(edit.own),
            _ => Err(faults.sorted()),
        }
    }

    /// The facts of the household with those that the place and the places around it lend.
    pub fn with_place(&self, pack: &Pack) -> BTreeMap<String, GivenFact> {
        let mut facts = self.facts.clone();
        for place in pack.ancestors(self.place.as_deref().unwrap_or_default()) {
            for (item, value) in &place.attributes {
                facts.entry(item.clone()).or_insert_with(|| GivenFact {
                    value: Some(value.clone()),
                    provenance: Some(Provenance {
                        source: pack.item(Entity::Household, item).and_then(|i| i.owner.clone()).unwrap_or_default(),
                        ..Provenance::default()
                    }),
                });
            }
        }
        facts
    }

    /// Applies an edit of a worked case.
    pub(crate) fn edited(mut self, edit: HouseholdEdit) -> HouseholdFile {
        self.members.retain(|m| !edit.without.contains(&m.id));
        self.place = edit.own.place.or(self.place);
        self.facts.extend(edit.own.facts);
        for member in edit.own.members {
            match self.members.iter_mut().find(|m| m.id == member.id) {
                Some(old) => {
                    old.spouse = member.spouse.or(old.spouse.take());
                    if !member.parents.is_empty() {
                        old.parents = member.parents;
                    }
                    old.facts.extend(member.facts);
                }
                None => self.members.push(member),
            }
        }
        let ids: Vec<String> = self.members.iter().map(|m| m.id.clone()).collect();
        for member in &mut self.members {
            member.spouse.take_if(|s| edit.without.contains(s));
            member.parents.retain(|p| ids.contains(p) || !edit.without.contains(p));
        }
        self
    }
}

/// Reads the value under `household:`.
pub(crate) fn read(content: &Content, node: &Node<'_>) -> HouseholdEdit {
    let keys = node.keys();
    let same_as = keys.get("same_as").and_then(|n| Some((n.text()?.to_owned(), n.at())));
    let without = keys.get("without").map(|n| texts(&n)).unwrap_or_default();
    let place = keys.get("place").and_then(|n| place(content, &n));
    let facts = keys.get("facts").map(|n| facts(content, &n, Entity::Household)).unwrap_or_default();
    let members = keys.get("members").map(|n| n.list()).unwrap_or_default();
    keys.finish();
    let mut own = HouseholdFile { place, facts, members: Vec::new() };
    let mut places = BTreeMap::new();
    for entry in members {
        let Some(member) = member(content, &entry) else { continue };
        if member.id == "household" || own.members.iter().any(|m| m.id == member.id) {
            let message = format!("the member id \"{}\" is taken", shown(&member.id));
            entry.fault("duplicate-id", message, "an id of its own for each member", "");
            continue;
        }
        places.insert(member.id.clone(), entry.at());
        own.members.push(member);
    }
    HouseholdEdit { same_as, without, own, places }
}

fn texts(node: &Node<'_>) -> Vec<String> {
    node.list().iter().filter_map(|n| n.text().map(str::to_owned)).collect()
}

fn place(content: &Content, node: &Node<'_>) -> Option<String> {
    let id = node.text()?;
    if content.jurisdictions.get(id).is_none() {
        let hint = did_you_mean(id, content.jurisdictions.ids());
        let message = format!("there is no place \"{}\"", shown(id));
        node.fault("unknown-jurisdiction", message, "the id of a place in jurisdictions.csv", hint);
        return None;
    }
    Some(id.to_owned())
}

fn member(content: &Content, node: &Node<'_>) -> Option<MemberFile> {
    let keys = node.keys();
    let id = keys.need("id").and_then(|n| n.text());
    let spouse = keys.get("spouse").filter(|n| !n.is_null()).and_then(|n| n.text().map(str::to_owned));
    let parents = keys.get("parents").map(|n| texts(&n)).unwrap_or_default();
    let facts = keys.get("facts").map(|n| facts(content, &n, Entity::Person)).unwrap_or_default();
    keys.finish();
    Some(MemberFile { id: id?.to_owned(), spouse, parents, facts })
}

fn facts(content: &Content, node: &Node<'_>, entity: Entity) -> BTreeMap<String, GivenFact> {
    let mut out = BTreeMap::new();
    for (value, item) in node.entries() {
        let Some(ty) = type_of(content, entity, item) else {
            unknown_item(content, &value, entity, item);
            continue;
        };
        if let Some(fact) = fact(content, &value, &ty) {
            out.insert(item.to_owned(), fact);
        }
    }
    out
}

/// The type of an item, or of a definition that may be stated.
fn type_of(content: &Content, entity: Entity, id: &str) -> Option<Type> {
    let key = crate::load::key(entity, id);
    if let Some(item) = content.items.get(&key) {
        return Some(item.ty.clone());
    }
    content.definitions.get(&key).filter(|d| d.may_be_stated).and_then(|d| d.ty.clone())
}

fn unknown_item(content: &Content, node: &Node<'_>, entity: Entity, item: &str) {
    let other = if entity == Entity::Person { Entity::Household } else { Entity::Person };
    let word = |e| if e == Entity::Person { "person" } else { "household" };
    let known = content.items.iter().filter(|i| i.entity == entity).map(|i| i.id.as_str());
    let hint = match type_of(content, other, item) {
        Some(_) => format!("it is an item of the {}: move it there", word(other)),
        None if content.definitions.get(&crate::load::key(entity, item)).is_some() => {
            "it is worked out, not given: give the facts it rests on".to_owned()
        }
        None => did_you_mean(item, known),
    };
    let message = format!("\"{}\" is no item of a {}", shown(item), word(entity));
    node.fault("unknown-item", message, "an item of items.csv, or a definition that may be stated", hint);
}

/// A bare value, or `{ value: …, source: …, valid_from: … }`.
fn fact(content: &Content, node: &Node<'_>, ty: &Type) -> Option<GivenFact> {
    if !node.is_map() {
        return Some(GivenFact { value: given(content, node, ty)?, provenance: None });
    }
    let keys = node.keys();
    let value = keys.need("value").and_then(|n| given(content, &n, ty));
    let source = keys.get("source").and_then(|n| agency(content, &n)).unwrap_or_default();
    let valid_from = keys.get("valid_from").and_then(|n| date(&n));
    let recorded = keys.get("recorded").and_then(|n| n.text().map(str::to_owned));
    let law = keys.get("law").and_then(|n| n.text().map(str::to_owned));
    keys.finish();
    Some(GivenFact { value: value?, provenance: Some(Provenance { source, valid_from, recorded, law }) })
}

fn agency(content: &Content, node: &Node<'_>) -> Option<String> {
    let id = node.text()?;
    if id != "self" && content.agencies.get(id).is_none() {
        let hint = did_you_mean(id, content.agencies.ids());
        let message = format!("there is no agency \"{}\"", shown(id));
        node.fault("unknown-agency", message, "an agency of agencies.csv, or self", hint);
        return None;
    }
    Some(id.to_owned())
}

/// A civil date, or a fault.
pub(crate) fn date(node: &Node<'_>) -> Option<Date> {
    let text = node.text()?;
    let date = value::date(text);
    if date.is_none() {
        node.fault("bad-value", format!("\"{}\" is not a civil date", shown(text)), "a date such as 2025-01-31", "");
    }
    date
}

/// A value of the type; `unknown` is `Some(None)`; a fault is `None`.
fn given(content: &Content, node: &Node<'_>, ty: &Type) -> Option<Option<Value>> {
    let text = node.text()?;
    if text == "unknown" {
        return Some(None);
    }
    let value = value::parse(text, ty, content.manifest.currency).filter(|v| match (v, ty) {
        (Value::Code(code), Type::Code(list)) => {
            content.code_lists.get(list).is_some_and(|l| l.codes.iter().any(|c| c.id == *code))
        }
        _ => true,
    });
    if value.is_none() {
        let hint = match ty {
            Type::Code(list) => {
                let codes = content.code_lists.get(list).into_iter().flat_map(|l| &l.codes);
                did_you_mean(text, codes.map(|c| c.id.as_str()))
            }
            _ => String::new(),
        };
        let message = format!("\"{}\" does not fit", shown(text));
        node.fault("bad-value", message, format!("{}, or unknown", value::looks_like(ty)), hint);
    }
    value.map(Some)
}

/// Spouses and parents must be members, nobody is their own, and a spouse has one spouse. Members that another case
/// declares have no place here and are told there.
pub(crate) fn check_relations(file: &HouseholdFile, faults: &Faults, places: &BTreeMap<String, Origin>) {
    let ids = || file.members.iter().map(|m| m.id.as_str());
    for (member, at) in file.members.iter().filter_map(|m| Some((m, places.get(&m.id)?))) {
        for other in member.spouse.iter().chain(&member.parents) {
            if *other == member.id {
                let message = format!("{} is named as their own relative", shown(&member.id));
                faults.error("bad-value", at, message, "another member", "");
            } else if !ids().any(|id| id == other) {
                let message = format!("{} names \"{}\", who is no member", shown(&member.id), shown(other));
                faults.error("unknown-member", at, message, "the id of a member", did_you_mean(other, ids()));
            }
        }
        let back = |other: &MemberFile| other.spouse.as_ref().is_some_and(|s| *s != member.id);
        let spouse = file.members.iter().find(|m| Some(&m.id) == member.spouse.as_ref());
        if spouse.is_some_and(back) {
            let message = format!("the spouse of {} has another spouse", shown(&member.id));
            faults.error("bad-value", at, message, "two members who name each other", "");
        }
    }
}

impl HouseholdFile {
    /// The household as the pack's rules see it.
    pub fn build(&self, pack: &Pack) -> Result<rules::Household, rules::FactError> {
        let mut builder = pack.program().household();
        for (item, fact) in self.with_place(pack) {
            builder.household_fact(&item, fact.value, fact.provenance.map(Arc::new))?;
        }
        let mut index = BTreeMap::new();
        for member in &self.members {
            let n = builder.member(&member.id)?;
            index.insert(member.id.as_str(), n);
            for (item, fact) in &member.facts {
                builder.person_fact(n, item, fact.value.clone(), fact.provenance.clone().map(Arc::new))?;
            }
        }
        let find = |key: &String| {
            let unknown = || rules::FactError::UnknownMember { key: key.clone() };
            index.get(key.as_str()).copied().ok_or_else(unknown)
        };
        for (n, member) in self.members.iter().enumerate() {
            if let Some(spouse) = &member.spouse {
                builder.spouses(n, find(spouse)?)?;
            }
            for parent in &member.parents {
                builder.parent(n, find(parent)?)?;
            }
        }
        Ok(builder.build())
    }
}
