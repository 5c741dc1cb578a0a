//! Keys: one root in a file readable by its owner alone, and everything else derived from it or wrapped by it.
//!
//! Field encryption binds a value to its table, column and row, so that a ciphertext moved to another row does not open.
//! The blind index finds a national identifier without storing it; whoever stole its key could reverse it, so it
//! is never used for values that can be guessed by frequency (sex, birth date).

use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::aes::Aes256;
use aes_gcm::aes::cipher::{BlockCipherDecrypt, BlockCipherEncrypt};
use aes_gcm::{Aes256Gcm, Nonce};
use ed25519_dalek::SigningKey;
use hmac::{Hmac, Mac};
use sha2::Sha256;
use uuid::Uuid;
use zeroize::Zeroizing;

/// A secret of 32 bytes, wiped when dropped.
pub(crate) type Secret = Zeroizing<[u8; 32]>;

/// The version byte in front of every encrypted field.
const FIELD_V1: u8 = 1;
const NONCE: usize = 12;

/// What can go wrong with keys and what they protect.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// A key file could not be read or written.
    #[error("key file {path}: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A key file others may read.
    #[error(
        "key file {0} can be read by other users: make it readable by its owner alone (chmod 600) and replace the key"
    )]
    Open(PathBuf),
    /// A key file of a wrong form.
    #[error("key file {path} is damaged: {what}; restore it from the key backup, nothing can be read without it")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        what: &'static str,
    },
    /// The operating system gave no randomness.
    #[error("the operating system gave no randomness, so no key can be made")]
    NoRandomness,
    /// A value that does not open: other key, other row, or changed.
    #[error(
        "{table}.{column} of row {row} does not open: it was changed, moved from another row, or belongs to other keys"
    )]
    DoesNotOpen {
        /// The table.
        table: String,
        /// The column.
        column: String,
        /// The row.
        row: Uuid,
    },
}

/// The keys of one installation.
pub struct Keys {
    root: Secret,
    dir: PathBuf,
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keys(hidden)")
    }
}

impl Keys {
    /// Opens the key folder, making it and a fresh root key if there is none. Back this folder up apart from the
    /// data: a backup holding both undoes erasure.
    pub fn open(dir: &Path) -> Result<Self, KeyError> {
        let failed = |source| KeyError::File { path: dir.to_owned(), source };
        std::fs::create_dir_all(dir).map_err(failed)?;
        let path = dir.join("root.key");
        let root = if path.exists() { read_root(&path)? } else { make_root(&path)? };
        sync_dir(dir).map_err(failed)?;
        Ok(Keys { root, dir: dir.to_owned() })
    }

    /// The folder, for key files kept beside the root.
    pub(crate) fn dir(&self) -> &Path {
        &self.dir
    }

    /// The key for one purpose. Purposes are listed here and nowhere reused.
    pub(crate) fn derive(&self, purpose: &str) -> Secret {
        Zeroizing::new(hmac(&*self.root, &[b"hearth key v1", purpose.as_bytes()]))
    }

    /// The key that signs the log's checkpoints.
    pub(crate) fn log_signing_key(&self) -> SigningKey {
        SigningKey::from_bytes(&self.derive("log checkpoint ed25519"))
    }

    /// Encrypts a field under AES-256-GCM, bound to its table, column and row.
    pub fn seal_field(&self, table: &str, column: &str, row: Uuid, plaintext: &[u8]) -> Result<Vec<u8>, KeyError> {
        let nonce: [u8; NONCE] = random()?;
        let key = self.derive("field aes-256-gcm");
        let text = seal(&key, &nonce, plaintext, &field_context(table, column, row)).ok_or(KeyError::NoRandomness)?;
        Ok([&[FIELD_V1][..], &nonce, &text].concat())
    }

    /// Decrypts what [`Keys::seal_field`] made for the same table, column and row.
    pub fn open_field(
        &self,
        table: &str,
        column: &str,
        row: Uuid,
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, KeyError> {
        let refused = || KeyError::DoesNotOpen { table: table.to_owned(), column: column.to_owned(), row };
        let (version, rest) = sealed.split_first().ok_or_else(refused)?;
        let (nonce, text) = rest.split_first_chunk::<NONCE>().ok_or_else(refused)?;
        if *version != FIELD_V1 {
            return Err(refused());
        }
        let key = self.derive("field aes-256-gcm");
        open(&key, nonce, text, &field_context(table, column, row)).map(Zeroizing::new).ok_or_else(refused)
    }

    /// The keyed fingerprint under which an identifier of `kind` is found; `normalised` must be the one canonical spelling.
    pub fn blind_index(&self, kind: &str, normalised: &str) -> [u8; 32] {
        hmac(&*self.derive("blind index"), &[kind.as_bytes(), normalised.as_bytes()])
    }

    /// The keyed fingerprint of what somebody searched for, as the disclosure log keeps it.
    pub fn query_hash(&self, query: &str) -> [u8; 32] {
        hmac(&*self.derive("search query"), &[query.as_bytes()])
    }

    /// The pseudonym under which a person or household stands outside: the id as one block of AES-256 under a key of its own.
    /// Ids never repeat, so nothing but equality shows, and equal is what the same person in two snapshots shall be. Whoever
    /// holds the keys turns it back ([`Keys::of_pseudonym`]); nobody else can, nor find the pseudonym of a known id.
    pub fn pseudonym(&self, id: Uuid) -> [u8; 16] {
        let mut block = (*id.as_bytes()).into();
        self.pseudonym_cipher().encrypt_block(&mut block);
        block.into()
    }

    /// The id behind a pseudonym. Any 16 bytes give some id; that of nobody where the pseudonym is of other keys.
    pub fn of_pseudonym(&self, pseudonym: [u8; 16]) -> Uuid {
        let mut block = pseudonym.into();
        self.pseudonym_cipher().decrypt_block(&mut block);
        Uuid::from_bytes(block.into())
    }

    fn pseudonym_cipher(&self) -> Aes256 {
        Aes256::new(&(*self.derive("population pseudonym")).into())
    }

    /// Names the key that makes the pseudonyms, without giving it away.
    pub fn pseudonym_key(&self) -> String {
        let name = hmac(&*self.derive("population pseudonym"), &[b"the name of the key"]);
        hex::encode(name.first_chunk::<8>().copied().unwrap_or_default())
    }

    /// The signature of a link that is sent to somebody without an account; `what` says what the link is for.
    pub fn link_signature(&self, what: &str, link: &str) -> [u8; 32] {
        hmac(&*self.derive("signed link"), &[what.as_bytes(), link.as_bytes()])
    }

    /// The keyed fingerprint under which a session or other bearer token is stored.
    pub fn token_hash(&self, token: &str) -> [u8; 32] {
        hmac(&*self.derive("bearer token"), &[token.as_bytes()])
    }
}

/// HMAC-SHA-256 over parts, each preceded by its length so that no two lists of parts look alike.
pub(crate) fn hmac(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    // A key of any length is accepted by HMAC; the empty result cannot happen and would open nothing.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return [0; 32] };
    for part in parts {
        mac.update(&(part.len() as u64).to_be_bytes());
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

/// AES-256-GCM; `None` only for contents beyond the cipher's limit of 64 GiB.
pub(crate) fn seal(key: &Secret, nonce: &[u8; NONCE], text: &[u8], context: &[u8]) -> Option<Vec<u8>> {
    let cipher = Aes256Gcm::new_from_slice(&**key).ok()?;
    cipher.encrypt(&Nonce::from(*nonce), Payload { msg: text, aad: context }).ok()
}

/// The way back; `None` for anything changed.
pub(crate) fn open(key: &Secret, nonce: &[u8; NONCE], text: &[u8], context: &[u8]) -> Option<Vec<u8>> {
    let cipher = Aes256Gcm::new_from_slice(&**key).ok()?;
    cipher.decrypt(&Nonce::from(*nonce), Payload { msg: text, aad: context }).ok()
}

/// Random bytes from the operating system.
pub(crate) fn random<const N: usize>() -> Result<[u8; N], KeyError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|_| KeyError::NoRandomness)?;
    Ok(bytes)
}

/// Makes a folder's entries durable.
pub(crate) fn sync_dir(dir: &Path) -> std::io::Result<()> {
    File::open(dir)?.sync_all()
}

/// Opens (or makes) a file that only its owner may read and write.
pub(crate) fn private_file(path: &Path) -> std::io::Result<File> {
    OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(path)
}

fn field_context(table: &str, column: &str, row: Uuid) -> Vec<u8> {
    let mut context = Vec::with_capacity(64);
    for part in [table.as_bytes(), column.as_bytes(), row.as_bytes()] {
        context.extend((part.len() as u64).to_be_bytes());
        context.extend(part);
    }
    context
}

fn read_root(path: &Path) -> Result<Secret, KeyError> {
    use std::os::unix::fs::PermissionsExt;
    let failed = |source| KeyError::File { path: path.to_owned(), source };
    let mut file = File::open(path).map_err(failed)?;
    if file.metadata().map_err(failed)?.permissions().mode() & 0o077 != 0 {
        return Err(KeyError::Open(path.to_owned()));
    }
    let mut text = Zeroizing::new(String::new());
    file.read_to_string(&mut text).map_err(failed)?;
    let mut root = Zeroizing::new([0u8; 32]);
    hex::decode_to_slice(text.trim(), &mut *root)
        .map_err(|_| KeyError::Damaged { path: path.to_owned(), what: "expected 64 hexadecimal digits" })?;
    Ok(root)
}

/// Writes a fresh root beside its place and moves it there, so that a crash leaves none or a whole one.
fn make_root(path: &Path) -> Result<Secret, KeyError> {
    let failed = |source| KeyError::File { path: path.to_owned(), source };
    let root: Secret = Zeroizing::new(random()?);
    let fresh = path.with_extension("new");
    let mut file = private_file(&fresh).map_err(failed)?;
    file.set_len(0).map_err(failed)?;
    file.write_all(Zeroizing::new(hex::encode(*root)).as_bytes()).map_err(failed)?;
    file.sync_all().map_err(failed)?;
    std::fs::rename(&fresh, path).map_err(failed)?;
    Ok(root)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_field_opens_only_in_its_own_place_and_unchanged() {
        let dir = tempfile::tempdir().unwrap();
        let keys = Keys::open(dir.path()).unwrap();
        let (row, other) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let sealed = keys.seal_field("person", "national_id", row, b"850101-2345678").unwrap();
        assert_eq!(&**keys.open_field("person", "national_id", row, &sealed).unwrap(), b"850101-2345678");
        assert!(keys.open_field("person", "national_id", other, &sealed).is_err());
        assert!(keys.open_field("person", "phone", row, &sealed).is_err());
        assert!(keys.open_field("persons", "national_id", row, &sealed).is_err());
        for i in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[i] ^= 0x40;
            assert!(keys.open_field("person", "national_id", row, &changed).is_err(), "byte {i}");
            assert!(keys.open_field("person", "national_id", row, &sealed[..i]).is_err(), "cut at {i}");
        }
        assert_ne!(sealed, keys.seal_field("person", "national_id", row, b"850101-2345678").unwrap());
    }

    #[test]
    fn keys_survive_a_restart_and_refuse_a_file_others_can_read() {
        let dir = tempfile::tempdir().unwrap();
        let first = Keys::open(dir.path()).unwrap();
        let index = first.blind_index("resident-number", "8501012345678");
        assert_eq!(Keys::open(dir.path()).unwrap().blind_index("resident-number", "8501012345678"), index);
        assert_ne!(first.blind_index("passport", "8501012345678"), index);
        let path = dir.path().join("root.key");
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
        assert!(matches!(Keys::open(dir.path()), Err(KeyError::Open(_))));
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        std::fs::write(&path, "abc").unwrap();
        assert!(matches!(Keys::open(dir.path()), Err(KeyError::Damaged { .. })));
    }

    #[test]
    fn secrets_do_not_show_in_debug() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(format!("{:?}", Keys::open(dir.path()).unwrap()), "Keys(hidden)");
    }
}
