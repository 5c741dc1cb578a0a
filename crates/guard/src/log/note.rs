//! Checkpoints as C2SP signed notes, so that any witness or verifier for transparency logs can read and cosign them.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use sha2::{Digest, Sha256};

use super::tree::Hash;

/// What a checkpoint says: the tree of `origin` had `size` leaves and this root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// The log's name.
    pub origin: String,
    /// Leaves.
    pub size: u64,
    /// Root over them.
    pub root: Hash,
    /// Further signed lines.
    pub extensions: Vec<String>,
}

/// The public key of a log's checkpoints, as a C2SP verifier key: `name+hash+base64`.
///
/// It remembers (by hash, the last thousand or so) the notes it found signed, so that somebody who verifies a log again
/// and again with one key pays for each signature once.
#[derive(Clone, Debug)]
pub struct VerifierKey {
    name: String,
    key: VerifyingKey,
    signed: Arc<Mutex<HashSet<Hash>>>,
}

impl PartialEq for VerifierKey {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name && self.key == other.key
    }
}

impl Eq for VerifierKey {}

/// How many notes a key remembers.
const REMEMBERED: usize = 1024;

impl VerifierKey {
    /// The key that belongs to a signing key under this name.
    pub(super) fn of(name: &str, signing: &SigningKey) -> Self {
        VerifierKey { name: name.to_owned(), key: signing.verifying_key(), signed: Arc::default() }
    }

    /// Reads `name+hash+base64`.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.trim().splitn(3, '+');
        let (name, hash, key) = (parts.next()?, parts.next()?, parts.next()?);
        let bytes = BASE64.decode(key).ok()?;
        let (1, key) = bytes.split_first().map(|(kind, key)| (*kind, key))? else { return None };
        let key = VerifyingKey::from_bytes(key.try_into().ok()?).ok()?;
        let this = VerifierKey { name: name.to_owned(), key, signed: Arc::default() };
        (hex::encode(this.hash()) == hash && !name.is_empty()).then_some(this)
    }

    /// The log's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The key's hash as C2SP defines it: SHA-256 over name, newline, algorithm, key; four bytes of it.
    fn hash(&self) -> [u8; 4] {
        let full: [u8; 32] = Sha256::new()
            .chain_update(self.name.as_bytes())
            .chain_update(b"\n\x01")
            .chain_update(self.key.as_bytes())
            .finalize()
            .into();
        [full[0], full[1], full[2], full[3]]
    }

    /// The checkpoint in a note, if this key signed it.
    pub fn open(&self, note: &str) -> Option<Checkpoint> {
        let hash: Hash = Sha256::digest(note.as_bytes()).into();
        let mut signed = self.signed.lock().unwrap_or_else(PoisonError::into_inner);
        if !signed.contains(&hash) {
            self.check(note)?;
            if signed.len() >= REMEMBERED {
                signed.clear();
            }
            signed.insert(hash);
        }
        read_unsigned(note)
    }

    /// Whether this key signed the note.
    fn check(&self, note: &str) -> Option<()> {
        let (body, signatures) = note.split_once("\n\n")?;
        let body = format!("{body}\n");
        let ours = |line: &str| -> Option<()> {
            let (name, blob) = line.strip_prefix("\u{2014} ")?.split_once(' ')?;
            let blob = BASE64.decode(blob).ok()?;
            let (hash, signature) = blob.split_first_chunk::<4>()?;
            let signature = Signature::from_bytes(signature.try_into().ok()?);
            (name == self.name && *hash == self.hash()).then_some(())?;
            self.key.verify_strict(body.as_bytes(), &signature).ok()
        };
        // Every line must be a signature; others' cosignatures may stand beside ours.
        let lines: Vec<&str> = signatures.strip_suffix('\n')?.split('\n').collect();
        if lines.iter().any(|l| !l.starts_with("\u{2014} ")) || !lines.iter().any(|l| ours(l).is_some()) {
            return None;
        }
        Some(())
    }
}

impl std::fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut key = vec![1u8];
        key.extend(self.key.as_bytes());
        write!(f, "{}+{}+{}", self.name, hex::encode(self.hash()), BASE64.encode(key))
    }
}

/// What a note says, without asking who signed it: for notes bound by hash to one whose signature was checked.
pub(super) fn read_unsigned(note: &str) -> Option<Checkpoint> {
    let (body, _) = note.split_once("\n\n")?;
    read_body(&format!("{body}\n"))
}

fn read_body(body: &str) -> Option<Checkpoint> {
    let mut lines = body.strip_suffix('\n')?.split('\n');
    let (origin, size, root) = (lines.next()?, lines.next()?, lines.next()?);
    // One spelling of a number only, so that no two texts say the same.
    let number: u64 = size.parse().ok()?;
    let root: Hash = BASE64.decode(root).ok()?.try_into().ok()?;
    (number.to_string() == size && !origin.is_empty()).then(|| Checkpoint {
        origin: origin.to_owned(),
        size: number,
        root,
        extensions: lines.map(str::to_owned).collect(),
    })
}

/// The signed note of a checkpoint.
pub(super) fn sign(checkpoint: &Checkpoint, name: &str, key: &SigningKey) -> String {
    let mut body = format!("{}\n{}\n{}\n", checkpoint.origin, checkpoint.size, BASE64.encode(checkpoint.root));
    for line in &checkpoint.extensions {
        body.push_str(line);
        body.push('\n');
    }
    let mut blob = VerifierKey::of(name, key).hash().to_vec();
    blob.extend(key.sign(body.as_bytes()).to_bytes());
    format!("{body}\n\u{2014} {name} {}\n", BASE64.encode(blob))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_opens_with_its_key_and_not_when_any_byte_of_it_changed() {
        let key = SigningKey::from_bytes(&[7; 32]);
        let said = Checkpoint {
            origin: "hearth/2026".into(),
            size: 41,
            root: [3; 32],
            extensions: vec!["previous abc".into()],
        };
        let note = sign(&said, "hearth", &key);
        let verifier = VerifierKey::parse(&VerifierKey::of("hearth", &key).to_string()).unwrap();
        assert_eq!(verifier.open(&note), Some(said));
        let other = VerifierKey::of("hearth", &SigningKey::from_bytes(&[8; 32]));
        assert_eq!(other.open(&note), None);
        for i in 0..note.len() {
            let mut bytes = note.clone().into_bytes();
            bytes[i] ^= 1;
            if let Ok(text) = String::from_utf8(bytes) {
                assert_eq!(verifier.open(&text), None, "byte {i}");
            }
            if note.is_char_boundary(i) {
                assert_eq!(verifier.open(&note[..i]), None, "cut at {i}");
            }
        }
    }
}
