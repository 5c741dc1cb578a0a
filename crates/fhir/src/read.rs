//! A resource that was sent, taken apart element by element. What is not expected is refused with its place, so that nothing is
//! silently dropped; `meta`, `text` and `language` say nothing we keep and are passed over.

use kernel::Date;
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::Resource;
use crate::datatype::{URI, extension, whole};

/// What is wrong with what was sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {what}")]
pub struct Fault {
    /// Where, as FHIRPath: `Encounter.period.start`.
    pub place: String,
    /// What is wrong and what was expected.
    pub what: String,
}

impl Fault {
    pub(crate) fn new(place: impl Into<String>, what: impl Into<String>) -> Fault {
        Fault { place: place.into(), what: what.into() }
    }
}

/// Elements that every resource may have and that change nothing.
const PASSED_OVER: [&str; 5] = ["resourceType", "id", "meta", "text", "language"];

/// A part of what was sent, with its place.
#[derive(Clone, Debug)]
pub struct Part<'a> {
    value: &'a Value,
    place: String,
}

impl<'a> Part<'a> {
    /// A whole resource of this kind.
    ///
    /// # Errors
    /// Another kind, or no resource.
    pub fn resource(value: &'a Value, kind: &str) -> Result<Part<'a>, Fault> {
        let part = Part { value, place: kind.to_owned() };
        let found = value.get("resourceType").and_then(Value::as_str);
        if found != Some(kind) {
            return Err(Fault::new(format!("{kind}.resourceType"), format!("expected {kind}")));
        }
        if value.get("modifierExtension").is_some() {
            return Err(part.at("modifierExtension", "nothing is understood here that changes the meaning of the rest"));
        }
        Ok(part)
    }

    /// A fault at this place.
    pub fn fault(&self, what: impl Into<String>) -> Fault {
        Fault::new(self.place.clone(), what)
    }

    /// A fault at an element of it.
    pub fn at(&self, name: &str, what: &str) -> Fault {
        Fault::new(format!("{}.{name}", self.place), what)
    }

    fn map(&self) -> Result<&'a Map<String, Value>, Fault> {
        self.value.as_object().ok_or_else(|| self.fault("expected an object"))
    }

    /// Refuses any element but these.
    ///
    /// # Errors
    /// The first other element.
    pub fn known(&self, names: &[&str]) -> Result<(), Fault> {
        let other = self.map()?.keys().find(|k| !names.contains(&k.as_str()) && !PASSED_OVER.contains(&k.as_str()));
        other.map_or(Ok(()), |name| {
            let name: String = name.chars().take(60).collect();
            Err(self.at(&name, "is not kept here: leave it out, so that nothing you send is lost unseen"))
        })
    }

    /// Refuses any element that differs from the resource as it stands, but for these.
    ///
    /// # Errors
    /// The first element that differs.
    pub fn unchanged(&self, now: &Resource, but: &[&str]) -> Result<(), Fault> {
        let map = self.map()?;
        let fits = |name: &str, sent: Option<&Value>| but.contains(&name) || sent == now.get(name);
        let sent = map.iter().find(|(name, value)| !fits(name, Some(value)));
        sent.map_or(Ok(()), |(name, _)| {
            let name: String = name.chars().take(60).collect();
            Err(self.at(&name, "cannot be changed: send it as it was read"))
        })
    }

    /// An element, if it is there.
    pub fn maybe(&self, name: &str) -> Option<Part<'a>> {
        let value = self.value.get(name)?;
        Some(Part { value, place: format!("{}.{name}", self.place) })
    }

    /// An element that must be there.
    ///
    /// # Errors
    /// It is missing.
    pub fn required(&self, name: &str) -> Result<Part<'a>, Fault> {
        self.maybe(name).ok_or_else(|| self.at(name, "is missing"))
    }

    /// The parts of a repeating element; none when it is missing.
    ///
    /// # Errors
    /// It is no list.
    pub fn list(&self, name: &str) -> Result<Vec<Part<'a>>, Fault> {
        let Some(part) = self.maybe(name) else { return Ok(Vec::new()) };
        let list = part.value.as_array().ok_or_else(|| part.fault("expected a list"))?;
        Ok(list.iter().enumerate().map(|(n, value)| Part { value, place: format!("{}[{n}]", part.place) }).collect())
    }

    /// Text.
    ///
    /// # Errors
    /// It is none, or empty.
    pub fn text(&self) -> Result<String, Fault> {
        let text = self.value.as_str().filter(|t| !t.trim().is_empty());
        text.map(str::to_owned).ok_or_else(|| self.fault("expected a text"))
    }

    /// A whole number from zero on.
    ///
    /// # Errors
    /// It is none.
    pub fn count(&self) -> Result<u32, Fault> {
        let count = self.value.as_f64().filter(|n| n.fract() == 0.0 && (0.0..=f64::from(u32::MAX)).contains(n));
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "held within its bounds above")]
        count.map(|n| n as u32).ok_or_else(|| self.fault("expected a whole number"))
    }

    /// A number.
    ///
    /// # Errors
    /// It is none.
    pub fn number(&self) -> Result<f64, Fault> {
        self.value.as_f64().filter(|n| n.is_finite()).ok_or_else(|| self.fault("expected a number"))
    }

    /// True or false.
    ///
    /// # Errors
    /// It is neither.
    pub fn truth(&self) -> Result<bool, Fault> {
        self.value.as_bool().ok_or_else(|| self.fault("expected true or false"))
    }

    /// The civil day of a date or a moment, as written.
    ///
    /// # Errors
    /// It is none, or only a year or month.
    pub fn date(&self) -> Result<Date, Fault> {
        let text = self.value.as_str().unwrap_or_default();
        let (day, rest) = text.split_at_checked(10).unwrap_or((text, ""));
        let fits = rest.is_empty() || rest.starts_with('T');
        let day = day.parse().ok().filter(|_| fits);
        day.ok_or_else(|| self.fault("expected a day such as 2026-01-31"))
    }

    /// The value as it was sent.
    pub fn value(&self) -> &'a Value {
        self.value
    }

    /// The code of this system in a CodeableConcept; `None`: it has no coding of it.
    ///
    /// # Errors
    /// It is no concept.
    pub fn code(&self, system: &str) -> Result<Option<String>, Fault> {
        for coding in self.list("coding")? {
            if coding.maybe("system").is_some_and(|s| s.value == system) {
                return coding.required("code")?.text().map(Some);
            }
        }
        Ok(None)
    }

    /// Kind and id of a literal reference, without a version.
    ///
    /// # Errors
    /// It is none.
    pub fn reference(&self) -> Result<(&'a str, &'a str), Fault> {
        let it = self.required("reference")?;
        let text = it.value.as_str().unwrap_or_default();
        let text = text.split("/_history/").next().unwrap_or_default();
        let mut parts = text.rsplit('/');
        match (parts.next(), parts.next()) {
            (Some(id), Some(kind)) if !id.is_empty() && !kind.is_empty() => Ok((kind, id)),
            _ => Err(it.fault("expected a reference such as Patient/01890a5d-ac96-774b-bcce-b302099a8057")),
        }
    }

    /// The id of a reference to a kind whose ids are ours.
    ///
    /// # Errors
    /// It is none to that kind.
    pub fn id_of(&self, kind: &str) -> Result<Uuid, Fault> {
        let (found, id) = self.reference()?;
        let id = whole(id).filter(|_| found == kind);
        id.ok_or_else(|| self.fault(format!("expected a reference to a {kind} of this server")))
    }

    /// The extension of ours with this name.
    ///
    /// # Errors
    /// Extensions that are no list.
    pub fn extension(&self, name: &str) -> Result<Option<Part<'a>>, Fault> {
        let url = extension(name);
        Ok(self.list("extension")?.into_iter().find(|e| e.maybe("url").is_some_and(|u| u.value == url.as_str())))
    }

    /// Refuses extensions with any other name than these.
    ///
    /// # Errors
    /// The first other one.
    pub fn extensions(&self, names: &[&str]) -> Result<(), Fault> {
        for part in self.list("extension")? {
            let url = part.required("url")?;
            if !names.iter().any(|name| url.value == extension(name).as_str()) {
                return Err(url.fault("this extension is not kept here: leave it out"));
            }
        }
        Ok(())
    }

    /// The id that the sender gave to a new record: an identifier `urn:uuid:…` of the system of URIs. Sent twice, it is one record.
    ///
    /// # Errors
    /// An identifier of another system, or one that is no UUID.
    pub fn own_id(&self) -> Result<Option<Uuid>, Fault> {
        let mut id = None;
        // QuestionnaireResponse has one identifier, every other kind a list of them.
        let one = self.maybe("identifier").filter(|i| i.value.is_object());
        let all = match one {
            Some(one) => vec![one],
            None => self.list("identifier")?,
        };
        for part in all {
            let system = part.required("system")?;
            if system.value != URI {
                return Err(system.fault(format!("only identifiers of the system {URI} are kept, urn:uuid:… in value")));
            }
            let value = part.required("value")?;
            id = Some(own_id(&value.text()?).ok_or_else(|| value.fault("expected urn:uuid: and a UUID"))?);
        }
        Ok(id)
    }
}

/// The UUID of `urn:uuid:…`.
pub fn own_id(text: &str) -> Option<Uuid> {
    text.strip_prefix("urn:uuid:").and_then(|id| Uuid::try_parse(id).ok())
}
