//! Reading XML from outside, as a stream and with suspicion: no document type, no entities but the five of XML itself, limits on
//! the whole, on one tag or text and on depth, UTF-8 only. Every fault is an error, none a panic.

use std::io::{BufRead, Read};

use quick_xml::Reader;
use quick_xml::events::Event;
use sha2::{Digest, Sha256};

/// How much is read before a file is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the whole file.
    pub bytes: u64,
    /// Bytes of one tag or text.
    pub piece: usize,
    /// How deep tags may nest.
    pub depth: usize,
}

impl Default for Limits {
    fn default() -> Self {
        // A million entries of a notification are about 1 GiB.
        Limits { bytes: 4 << 30, piece: 64 << 10, depth: 40 }
    }
}

/// Why a file was refused.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// Cannot be read.
    #[error("the file cannot be read: {0}")]
    Input(#[from] std::io::Error),
    /// Not XML.
    #[error("the file is not well-formed XML at byte {at}: {what}")]
    Syntax {
        /// Where.
        at: u64,
        /// What the parser said.
        what: String,
    },
    /// A document type.
    #[error("the file has a document type or an entity of its own: such files are refused")]
    Doctype,
    /// Another encoding.
    #[error("the file is not in UTF-8: have it sent again in UTF-8")]
    Encoding,
    /// Past a limit.
    #[error("the file is past the limit of {limit} {what}: have it sent in parts")]
    TooLarge {
        /// Of what.
        what: &'static str,
        /// The limit.
        limit: u64,
    },
    /// It ends in the middle.
    #[error("the file ends in the middle of <{0}>: it was cut off; have it sent again")]
    CutOff(String),
    /// Another message.
    #[error("the file is {0:?}: expected pain.002.001.03 to .14 or camt.054.001.02 to .13")]
    OtherMessage(String),
    /// No number.
    #[error("the file has no message number (MsgId), so it cannot be told whether it came before")]
    NoNumber,
}

/// What comes next.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Node {
    /// A tag opened; the path includes it.
    Open,
    /// The text of the element at the path, when it closes. Then the element closes.
    Close(String),
    /// The end of the file.
    End,
}

/// Counts and hashes what passes, and stops at the limits.
struct Gate<R> {
    inner: R,
    limits: Limits,
    total: u64,
    piece: usize,
    hash: Sha256,
}

impl<R: BufRead> Read for Gate<R> {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let from = self.fill_buf()?;
        let count = from.len().min(into.len());
        if let (Some(to), Some(from)) = (into.get_mut(..count), from.get(..count)) {
            to.copy_from_slice(from);
        }
        self.consume(count);
        Ok(count)
    }
}

/// Marks our own refusals among the errors of reading.
const PAST: &str = "past the limit";

impl<R: BufRead> BufRead for Gate<R> {
    fn fill_buf(&mut self) -> std::io::Result<&[u8]> {
        if self.total > self.limits.bytes || self.piece > self.limits.piece {
            return Err(std::io::Error::other(PAST));
        }
        let rest = self.limits.piece.saturating_sub(self.piece).saturating_add(1);
        let buffer = self.inner.fill_buf()?;
        Ok(buffer.get(..rest.min(buffer.len())).unwrap_or(buffer))
    }

    fn consume(&mut self, count: usize) {
        if let Ok(buffer) = self.inner.fill_buf() {
            self.hash.update(buffer.get(..count).unwrap_or(buffer));
        }
        self.total = self.total.saturating_add(count as u64);
        self.piece = self.piece.saturating_add(count);
        self.inner.consume(count);
    }
}

/// A file being read.
pub(crate) struct Scan<R: BufRead> {
    reader: Reader<Gate<R>>,
    limits: Limits,
    buffer: Vec<u8>,
    /// `Document/CstmrPmtStsRpt/GrpHdr`.
    path: String,
    depth: usize,
    text: String,
    /// Attribute `Ccy` of the innermost tag.
    currency: Option<String>,
    /// Attribute `xmlns` of the outermost tag.
    namespace: Option<String>,
    /// A tag that closed in itself and has to be told as closed.
    empty: bool,
    seen_root: bool,
}

impl<R: BufRead> Scan<R> {
    pub(crate) fn new(input: R, limits: Limits) -> Self {
        let gate = Gate { inner: input, limits, total: 0, piece: 0, hash: Sha256::new() };
        Scan {
            reader: Reader::from_reader(gate),
            limits,
            buffer: Vec::new(),
            path: String::new(),
            depth: 0,
            text: String::new(),
            currency: None,
            namespace: None,
            empty: false,
            seen_root: false,
        }
    }

    pub(crate) fn path(&self) -> &str {
        &self.path
    }

    pub(crate) fn currency(&self) -> Option<&str> {
        self.currency.as_deref()
    }

    pub(crate) fn namespace(&self) -> Option<&str> {
        self.namespace.as_deref()
    }

    /// SHA-256 of everything read so far.
    pub(crate) fn digest(&mut self) -> String {
        hex::encode(self.reader.get_ref().hash.clone().finalize())
    }

    /// Leaves the innermost tag. Called after [`Node::Close`] was dealt with.
    fn leave(&mut self) {
        let end = self.path.rfind('/').unwrap_or(0);
        self.path.truncate(end);
        self.depth = self.depth.saturating_sub(1);
        self.text.clear();
    }

    /// The next node; after `Close` the path still names the element that closed until the next call.
    pub(crate) fn next(&mut self, closed: &mut bool) -> Result<Node, Fault> {
        if std::mem::take(closed) {
            self.leave();
        }
        if std::mem::take(&mut self.empty) {
            *closed = true;
            return Ok(Node::Close(String::new()));
        }
        loop {
            self.buffer.clear();
            self.reader.get_mut().piece = 0;
            let at = self.reader.buffer_position();
            let limits = self.limits;
            let event = match self.reader.read_event_into(&mut self.buffer) {
                Ok(event) => event,
                Err(quick_xml::Error::Io(error)) if error.to_string() == PAST => {
                    return Err(past(self.reader.get_ref(), limits));
                }
                Err(quick_xml::Error::Io(error)) => {
                    return Err(Fault::Input(std::io::Error::new(error.kind(), error.to_string())));
                }
                Err(error) => return Err(Fault::Syntax { at, what: error.to_string() }),
            };
            match event {
                Event::Start(tag) | Event::Empty(tag) if self.depth >= limits.depth => {
                    drop(tag);
                    return Err(Fault::TooLarge { what: "nested tags", limit: limits.depth as u64 });
                }
                Event::Start(tag) => {
                    let seen = enter(&tag, &mut self.path, at)?;
                    self.keep(seen)?;
                    return Ok(Node::Open);
                }
                Event::Empty(tag) => {
                    let seen = enter(&tag, &mut self.path, at)?;
                    self.keep(seen)?;
                    self.empty = true;
                    return Ok(Node::Open);
                }
                Event::End(_) => {
                    *closed = true;
                    return Ok(Node::Close(std::mem::take(&mut self.text)));
                }
                Event::Text(text) => add(&mut self.text, &text, limits)?,
                Event::CData(text) => add(&mut self.text, &text, limits)?,
                Event::GeneralRef(reference) => {
                    let known = match reference.resolve_char_ref() {
                        Ok(Some(c)) => Some(c.to_string()),
                        Ok(None) => std::str::from_utf8(&reference)
                            .ok()
                            .and_then(quick_xml::escape::resolve_xml_entity)
                            .map(str::to_owned),
                        Err(error) => return Err(Fault::Syntax { at, what: error.to_string() }),
                    };
                    let known = known.ok_or(Fault::Doctype)?;
                    add(&mut self.text, known.as_bytes(), limits)?;
                }
                Event::DocType(_) => return Err(Fault::Doctype),
                Event::Decl(declaration) => match declaration.encoding() {
                    Some(Ok(name)) if !name.eq_ignore_ascii_case(b"utf-8") => return Err(Fault::Encoding),
                    Some(Err(error)) => return Err(Fault::Syntax { at, what: error.to_string() }),
                    _ => {}
                },
                Event::Comment(_) | Event::PI(_) => {}
                Event::Eof if self.depth > 0 => {
                    let open = self.path.rsplit('/').next().unwrap_or_default().to_owned();
                    return Err(Fault::CutOff(open));
                }
                Event::Eof if !self.seen_root => {
                    return Err(Fault::Syntax { at, what: "there is no element in it".to_owned() });
                }
                Event::Eof => return Ok(Node::End),
            }
        }
    }

    fn keep(&mut self, (currency, namespace): (Option<String>, Option<String>)) -> Result<(), Fault> {
        if self.depth == 0 {
            if self.seen_root {
                let at = self.reader.buffer_position();
                return Err(Fault::Syntax { at, what: "a second document follows the first".to_owned() });
            }
            self.namespace = namespace;
            self.seen_root = true;
        }
        self.depth += 1;
        self.text.clear();
        self.currency = currency;
        Ok(())
    }
}

fn past<R>(gate: &Gate<R>, limits: Limits) -> Fault {
    if gate.total > limits.bytes {
        Fault::TooLarge { what: "bytes", limit: limits.bytes }
    } else {
        Fault::TooLarge { what: "bytes in one piece", limit: limits.piece as u64 }
    }
}

/// Adds the tag to the path; gives its attributes `Ccy` and `xmlns` (of its own prefix).
fn enter(
    tag: &quick_xml::events::BytesStart<'_>,
    path: &mut String,
    at: u64,
) -> Result<(Option<String>, Option<String>), Fault> {
    let utf8 = |bytes: &[u8]| std::str::from_utf8(bytes).map(str::to_owned).map_err(|_| Fault::Encoding);
    let syntax = |what: String| Fault::Syntax { at, what };
    let (mut currency, mut namespace) = (None, None);
    let own = match tag.name().prefix() {
        Some(prefix) => [b"xmlns:", prefix.as_ref()].concat(),
        None => b"xmlns".to_vec(),
    };
    for attribute in tag.attributes() {
        let attribute = attribute.map_err(|e| syntax(e.to_string()))?;
        if attribute.key.as_ref() == b"Ccy" {
            currency = Some(utf8(&attribute.value)?);
        } else if attribute.key.as_ref() == own {
            namespace = Some(utf8(&attribute.value)?);
        }
    }
    if !path.is_empty() {
        path.push('/');
    }
    path.push_str(&utf8(tag.local_name().as_ref())?);
    Ok((currency, namespace))
}

fn add(text: &mut String, bytes: &[u8], limits: Limits) -> Result<(), Fault> {
    let piece = std::str::from_utf8(bytes).map_err(|_| Fault::Encoding)?;
    if text.len() + piece.len() > limits.piece {
        return Err(Fault::TooLarge { what: "bytes in one piece", limit: limits.piece as u64 });
    }
    text.push_str(piece);
    Ok(())
}
