//! Strict JSON bodies: UTF-8, no duplicate keys, no unknown fields, no deep nesting; every fault names its field.

use std::fmt;

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::header;
use serde::Deserialize;
use serde::de::value::{MapDeserializer, SeqDeserializer};
use serde::de::{
    self, DeserializeOwned, DeserializeSeed, Deserializer, IntoDeserializer, MapAccess, SeqAccess, Visitor,
};
use serde_json::{Map, Value};

use super::problem::{Code, Fault};

/// How deep arrays and objects may nest.
const DEPTH: u8 = 16;

/// The bytes of a body together with what was read from it.
#[derive(Debug)]
pub(crate) struct Body<T> {
    /// What it says.
    pub(crate) it: T,
    /// SHA-256 of the bytes, hex: what an idempotency key is bound to.
    pub(crate) hash: String,
}

impl<T: DeserializeOwned> Body<T> {
    /// Reads a request's body.
    pub(crate) async fn read<S: Send + Sync>(request: Request, state: &S) -> Result<Body<T>, Fault> {
        let kind = request.headers().get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
        let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        if kind != "application/json" {
            return Err(Fault::field(Code::MediaType, "header:content-type", "expected application/json"));
        }
        let bytes = raw(request, state).await?;
        let it = parse(&bytes)?;
        Ok(Body { it, hash: hash(&bytes) })
    }

    /// The same, bound to the thing the address names too: a key used for one offer is another key for the next.
    pub(crate) fn about(mut self, id: impl fmt::Display) -> Body<T> {
        self.hash = hash(format!("{id} {}", self.hash).as_bytes());
        self
    }
}

/// The bytes of a body, if they are not too many.
pub(crate) async fn raw<S: Send + Sync>(request: Request, state: &S) -> Result<Bytes, Fault> {
    Bytes::from_request(request, state).await.map_err(|rejection| match rejection.status().as_u16() {
        413 => Fault::new(Code::TooLarge),
        _ => Fault::told(Code::BadRequest, "The body could not be read."),
    })
}

/// SHA-256, hex.
pub(crate) fn hash(bytes: &[u8]) -> String {
    use sha2::Digest;
    hex::encode(sha2::Sha256::digest(bytes))
}

/// Reads strict JSON into a type, naming the field at fault.
pub(crate) fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Fault> {
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value = Strict(DEPTH).deserialize(&mut reader).map_err(|e| Fault::field(Code::BadJson, "", told(&e)))?;
    reader.end().map_err(|e| Fault::field(Code::BadJson, "", told(&e)))?;
    serde_path_to_error::deserialize(Shaped(value)).map_err(|e| {
        let pointer = pointer(e.path());
        Fault::field(Code::Invalid, pointer, told(e.inner()))
    })
}

/// The message without what a person typed: serde repeats values only in short, and the pointer says where.
fn told(error: &serde_json::Error) -> String {
    error.to_string().chars().take(300).collect()
}

fn pointer(path: &serde_path_to_error::Path) -> String {
    use serde_path_to_error::Segment;
    let mut pointer = String::new();
    for segment in path {
        match segment {
            Segment::Seq { index } => pointer.push_str(&format!("/{index}")),
            Segment::Map { key } => pointer.push_str(&format!("/{}", key.replace('~', "~0").replace('/', "~1"))),
            Segment::Enum { .. } | Segment::Unknown => {}
        }
    }
    pointer
}

/// Reads any JSON, refusing duplicate keys and nesting deeper than its number.
struct Strict(u8);

impl<'de> DeserializeSeed<'de> for Strict {
    type Value = Value;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl Strict {
    fn deeper<E: de::Error>(&self) -> Result<Strict, E> {
        self.0.checked_sub(1).map(Strict).ok_or_else(|| E::custom(format!("nested deeper than {DEPTH} levels")))
    }
}

impl<'de> Visitor<'de> for Strict {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }
    fn visit_bool<E>(self, v: bool) -> Result<Value, E> {
        Ok(Value::Bool(v))
    }
    fn visit_i64<E>(self, v: i64) -> Result<Value, E> {
        Ok(Value::from(v))
    }
    fn visit_u64<E>(self, v: u64) -> Result<Value, E> {
        Ok(Value::from(v))
    }
    fn visit_f64<E>(self, v: f64) -> Result<Value, E> {
        Ok(Value::from(v))
    }
    fn visit_str<E: de::Error>(self, v: &str) -> Result<Value, E> {
        // PostgreSQL keeps no NUL in a text, and no name or reason has one.
        if v.contains('\0') { Err(E::custom("a text holds a NUL character")) } else { Ok(Value::from(v)) }
    }
    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = seq.next_element_seed(self.deeper()?)? {
            list.push(item);
        }
        Ok(Value::Array(list))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some(key) = access.next_key::<String>()? {
            if key.contains('\0') {
                return Err(de::Error::custom("a key holds a NUL character"));
            }
            let value = access.next_value_seed(self.deeper()?)?;
            let shown: String = key.chars().take(60).collect();
            if map.insert(key, value).is_some() {
                return Err(de::Error::custom(format!("the key {shown:?} stands twice")));
            }
        }
        Ok(Value::Object(map))
    }
}

/// Gives JSON to serde and holds objects to their shape: of itself serde takes a list for an object, its values in the order
/// of the fields.
struct Shaped(Value);

impl<'de> IntoDeserializer<'de, serde_json::Error> for Shaped {
    type Deserializer = Shaped;
    fn into_deserializer(self) -> Shaped {
        self
    }
}

impl<'de> Deserializer<'de> for Shaped {
    type Error = serde_json::Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        match self.0 {
            Value::Array(list) => visitor.visit_seq(SeqDeserializer::new(list.into_iter().map(Shaped))),
            Value::Object(map) => {
                visitor.visit_map(MapDeserializer::new(map.into_iter().map(|(key, value)| (key, Shaped(value)))))
            }
            plain => plain.deserialize_any(visitor),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        self.deserialize_map(visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        if self.0.is_object() { self.deserialize_any(visitor) } else { Err(de::Error::custom("expected an object")) }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        if self.0.is_null() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Self::Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        self.0.deserialize_enum(name, variants, visitor)
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct identifier ignored_any
    }
}

/// A text that may not be empty and has a largest length, in characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Short<const MOST: usize>(pub(crate) String);

impl<'de, const MOST: usize> Deserialize<'de> for Short<MOST> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let length = text.chars().count();
        if length == 0 || length > MOST || text.trim().is_empty() {
            return Err(de::Error::custom(format!("expected a text of 1 to {MOST} characters")));
        }
        Ok(Short(text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Inner {
        #[allow(dead_code)]
        role: u8,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Outer {
        #[allow(dead_code)]
        parents: Vec<Inner>,
    }

    #[test]
    fn faults_name_the_field_and_hostile_json_is_refused() {
        let cases = [
            (r#"{"parents":[{"role":1},{"role":"x"}]}"#, "/parents/1/role"),
            (r#"{"parents":[{"role":1,"extra":2}]}"#, "/parents/0/extra"),
            // A list where an object is expected, its values in the order of the fields.
            (r#"{"parents":[[1]]}"#, "/parents/0"),
            (r#"[[]]"#, ""),
            (r#"{"parents":[],"parents":[]}"#, ""),
            (r#"{"parents":[{"role":1,"role":1}]}"#, ""),
            (r#"{"parents":[]} x"#, ""),
            ("{\"parents\":[{\"role\":\"a\\u0000\"}]}", ""),
            ("\u{0}", ""),
        ];
        for (text, at) in cases {
            let fault = parse::<Outer>(text.as_bytes()).unwrap_err();
            assert_eq!(fault.errors[0].pointer, at, "{text}");
        }
        let deep = format!("{{\"parents\":{}{}}}", "[".repeat(60), "]".repeat(60));
        assert!(parse::<Outer>(deep.as_bytes()).unwrap_err().errors[0].message.contains("nested"));
        assert!(parse::<Outer>(br#"{"parents":[{"role":1}]}"#).is_ok());
        assert!(parse::<Outer>(b"\xff\xfe").is_err());
    }
}
