//! XML into a small tree with lines, under limits. No document type, so no entities but XML's own five.

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

/// A file larger than this is refused.
const MAX_BYTES: usize = 32 << 20;
const MAX_DEPTH: usize = 150;
const MAX_ELEMENTS: usize = 1_000_000;
const MAX_ATTRIBUTES: usize = 200;
/// `<![CDATA[`
const CDATA: usize = 9;

/// Why a file is not what it should be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {message}")]
pub struct XmlError {
    /// The line, from 1.
    pub line: u32,
    /// What is wrong.
    pub message: String,
}

/// An element.
#[derive(Clone, Debug, Default)]
pub(crate) struct Element {
    /// Its name without a prefix.
    pub(crate) name: String,
    /// The prefix of its name.
    prefix: String,
    attributes: Vec<(String, String)>,
    pub(crate) children: Vec<Element>,
    /// The text directly inside.
    pub(crate) text: String,
    /// Line and column at which that text begins, white space before it not counted.
    pub(crate) text_line: u32,
    pub(crate) text_column: u32,
    pub(crate) line: u32,
}

impl Element {
    /// An attribute by its name without a prefix.
    pub(crate) fn attribute(&self, name: &str) -> Option<&str> {
        let exact = self.attributes.iter().find(|(n, _)| n == name);
        let prefixed =
            || self.attributes.iter().find(|(n, _)| n.split_once(':').is_some_and(|(p, l)| p != "xmlns" && l == name));
        exact.or_else(prefixed).map(|(_, v)| v.as_str())
    }

    /// The address its own prefix stands for, if this element says so.
    pub(crate) fn namespace(&self) -> Option<&str> {
        self.prefix_address(&self.prefix)
    }

    /// The address a prefix stands for, if this element says so.
    pub(crate) fn prefix_address(&self, prefix: &str) -> Option<&str> {
        let wanted = if prefix.is_empty() { "xmlns".to_owned() } else { format!("xmlns:{prefix}") };
        self.attributes.iter().find(|(n, _)| *n == wanted).map(|(_, v)| v.as_str())
    }

    /// The prefixes this element declares, with their addresses.
    pub(crate) fn prefixes(&self) -> impl Iterator<Item = (&str, &str)> {
        self.attributes.iter().filter_map(|(n, v)| Some((n.strip_prefix("xmlns:")?, v.as_str())))
    }

    pub(crate) fn child(&self, name: &str) -> Option<&Element> {
        self.children.iter().find(|c| c.name == name)
    }

    pub(crate) fn all<'e>(&'e self, name: &'e str) -> impl Iterator<Item = &'e Element> {
        self.children.iter().filter(move |c| c.name == name)
    }

    /// Whether the name has the prefix of the root, so belongs to the same vocabulary.
    pub(crate) fn of_vocabulary(&self, root: &Element) -> bool {
        self.prefix == root.prefix && self.namespace().is_none_or(|n| Some(n) == root.namespace())
    }

    pub(crate) fn error(&self, message: impl Into<String>) -> XmlError {
        XmlError { line: self.line, message: message.into() }
    }
}

/// Reads a whole document.
pub(crate) fn read(text: &str) -> Result<Element, XmlError> {
    if text.len() > MAX_BYTES {
        return Err(XmlError { line: 1, message: format!("the file is larger than {} MiB", MAX_BYTES >> 20) });
    }
    let mut reader = Reader::from_str(text);
    let mut lines = Lines { text, at: 0, line: 1 };
    let mut open: Vec<Element> = Vec::new();
    let mut root = None;
    let mut count = 0usize;
    loop {
        let at = usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX);
        let event = reader.read_event();
        let after = usize::try_from(reader.error_position()).unwrap_or(at).max(at);
        let event =
            event.map_err(|e| XmlError { line: lines.of(after), message: format!("not well-formed XML: {e}") })?;
        let line = lines.of(at);
        let fail = |message: &str| XmlError { line, message: message.to_owned() };
        match event {
            Event::Start(tag) | Event::Empty(tag) if open.len() >= MAX_DEPTH || count >= MAX_ELEMENTS => {
                let name = String::from_utf8_lossy(tag.name().as_ref()).into_owned();
                return Err(fail(&format!("<{name}>: more than {MAX_DEPTH} levels or {MAX_ELEMENTS} elements")));
            }
            Event::Start(tag) => {
                count += 1;
                open.push(element(&tag, line)?);
            }
            Event::Empty(tag) => {
                count += 1;
                let element = element(&tag, line)?;
                close(&mut open, &mut root, element);
            }
            Event::End(_) => match open.pop() {
                Some(element) => close(&mut open, &mut root, element),
                None => return Err(fail("an element ends that did not begin")),
            },
            Event::Text(t) => add(&mut open, &t.decode().map_err(|e| fail(&e.to_string()))?, place(text, at, line)),
            Event::CData(t) => {
                add(&mut open, &t.decode().map_err(|e| fail(&e.to_string()))?, place(text, at + CDATA, line))
            }
            Event::GeneralRef(reference) => {
                let name = reference.decode().map_err(|e| fail(&e.to_string()))?;
                match reference.resolve_char_ref() {
                    Ok(Some(c)) => add(&mut open, c.encode_utf8(&mut [0; 4]), place(text, at, line)),
                    _ => match quick_xml::escape::resolve_xml_entity(&name) {
                        Some(known) => add(&mut open, known, place(text, at, line)),
                        None => return Err(fail(&format!("the entity &{name}; is not allowed"))),
                    },
                }
            }
            Event::DocType(_) => return Err(fail("a document type is not allowed: remove <!DOCTYPE …>")),
            Event::Decl(_) | Event::Comment(_) | Event::PI(_) => {}
            Event::Eof => break,
        }
    }
    match (root, open.pop()) {
        (Some(root), None) => Ok(root),
        (_, Some(open)) => Err(open.error(format!("<{}> is never closed", open.name))),
        (None, None) => Err(XmlError { line: 1, message: "there is no element".into() }),
    }
}

fn element(tag: &BytesStart<'_>, line: u32) -> Result<Element, XmlError> {
    let fail = |message: String| XmlError { line, message };
    let full = String::from_utf8_lossy(tag.name().as_ref()).into_owned();
    let (prefix, name) = full.split_once(':').unwrap_or(("", &full));
    let mut out = Element { name: name.to_owned(), prefix: prefix.to_owned(), line, ..Element::default() };
    for (n, attribute) in tag.attributes().enumerate() {
        // Each is held against those before it: very many would take very long.
        if n >= MAX_ATTRIBUTES {
            return Err(fail(format!("<{full}>: more than {MAX_ATTRIBUTES} attributes")));
        }
        let attribute = attribute.map_err(|e| fail(format!("<{full}>: {e}")))?;
        let key = String::from_utf8_lossy(attribute.key.as_ref()).into_owned();
        let raw = String::from_utf8_lossy(&attribute.value).into_owned();
        let value = quick_xml::escape::unescape(&raw).map_err(|e| fail(format!("attribute {key}: {e}")))?.into_owned();
        out.attributes.push((key, value));
    }
    Ok(out)
}

fn close(open: &mut [Element], root: &mut Option<Element>, element: Element) {
    match open.last_mut() {
        Some(parent) => parent.children.push(element),
        None => *root = root.take().or(Some(element)),
    }
}

fn add(open: &mut [Element], text: &str, (line, column): (u32, u32)) {
    if let Some(element) = open.last_mut() {
        if element.text.trim().is_empty() && !text.trim().is_empty() {
            (element.text_line, element.text_column) = (line, column);
        }
        element.text.push_str(text);
    }
}

/// Where the first sign behind white space stands, from a position on a line.
fn place(text: &str, at: usize, line: u32) -> (u32, u32) {
    let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    let rest = text.get(at..).unwrap_or("");
    let blank = rest.len() - rest.trim_start().len();
    let lines = rest.get(..blank).unwrap_or("").matches('\n').count();
    let before = text.get(..at + blank).unwrap_or("");
    let own = before.rsplit_once('\n').map_or(before, |(_, own)| own);
    (line.saturating_add(count(lines)), count(own.chars().count()).saturating_add(1))
}

/// Lines by position, counted once.
struct Lines<'t> {
    text: &'t str,
    at: usize,
    line: u32,
}

impl Lines<'_> {
    fn of(&mut self, at: usize) -> u32 {
        let passed = self.text.as_bytes().get(self.at..at.min(self.text.len())).unwrap_or_default();
        self.line += u32::try_from(passed.iter().filter(|b| **b == b'\n').count()).unwrap_or(0);
        self.at = self.at.max(at.min(self.text.len()));
        self.line
    }
}
