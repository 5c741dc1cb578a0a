//! A detached Ed25519 signature over a body. The body names its question, so an old one does not fit a new question.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};

use crate::model::{Fault, FaultKind};

/// The header that carries it: `ed25519 ` and the 64 bytes in base64.
pub const SIGNATURE_HEADER: &str = "body-signature";

const SCHEME: &str = "ed25519 ";

/// Reads a public key: 32 bytes in base64.
pub(crate) fn public_key(text: &str) -> Option<VerifyingKey> {
    let bytes = BASE64.decode(text.trim()).ok()?;
    VerifyingKey::from_bytes(bytes.as_slice().try_into().ok()?).ok().filter(|key| !key.is_weak())
}

/// Writes a public key as [`public_key`] reads it.
pub(crate) fn public_key_text(key: &SigningKey) -> String {
    BASE64.encode(key.verifying_key().as_bytes())
}

/// The header's value for a body.
pub(crate) fn sign(key: &SigningKey, body: &[u8]) -> String {
    format!("{SCHEME}{}", BASE64.encode(key.sign(body).to_bytes()))
}

/// Checks a body. Without a key nothing is asked of it.
pub(crate) fn check(key: Option<&VerifyingKey>, header: Option<&str>, body: &[u8]) -> Result<(), Fault> {
    let Some(key) = key else { return Ok(()) };
    let Some(header) = header else {
        return Err(Fault::new(FaultKind::Signature, "it is not signed, and this agency signs"));
    };
    let signature = header.strip_prefix(SCHEME).and_then(|text| BASE64.decode(text).ok());
    let signature = signature.and_then(|bytes| Signature::from_slice(&bytes).ok());
    match signature {
        Some(signature) if key.verify_strict(body, &signature).is_ok() => Ok(()),
        _ => Err(Fault::new(FaultKind::Signature, "its signature is not this agency's")),
    }
}
