//! Keys and tokens of the demonstration's provider.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use openidconnect::core::{CoreEdDsaPrivateSigningKey, CoreJsonWebKey, CoreJwsSigningAlgorithm};
use openidconnect::{JsonWebKeyId, PrivateSigningKey};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// The name of the one key.
const KEY_ID: &str = "demonstration";
/// What PKCS #8 writes in front of an Ed25519 seed (RFC 8410, section 7).
const PKCS8_HEAD: [u8; 16] = [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];

/// A fresh signing key.
pub(super) fn fresh_key() -> Result<CoreEdDsaPrivateSigningKey, String> {
    let mut seed = [0u8; 32];
    getrandom::fill(&mut seed).map_err(|e| e.to_string())?;
    let body = STANDARD.encode([&PKCS8_HEAD[..], &seed].concat());
    let pem = format!("-----BEGIN PRIVATE KEY-----\n{body}\n-----END PRIVATE KEY-----\n");
    CoreEdDsaPrivateSigningKey::from_ed25519_pem(&pem, Some(JsonWebKeyId::new(KEY_ID.to_owned())))
}

/// The public half, as a JSON web key.
pub(super) fn public_key(key: &CoreEdDsaPrivateSigningKey) -> CoreJsonWebKey {
    key.as_verification_key()
}

/// A signed JSON web token.
pub(super) fn sign(key: &CoreEdDsaPrivateSigningKey, claims: &Value) -> Option<String> {
    let head = json!({ "alg": "EdDSA", "typ": "JWT", "kid": KEY_ID });
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let text = format!("{}.{}", part(&head), part(claims));
    let signature = key.sign(&CoreJwsSigningAlgorithm::EdDsa, text.as_bytes()).ok()?;
    Some(format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature)))
}

/// The S256 challenge of a PKCE verifier.
pub(super) fn challenge(verifier: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()))
}

/// A word nobody guesses.
pub(super) fn random_word() -> Option<String> {
    let mut bytes = [0u8; 32];
    getrandom::fill(&mut bytes).ok()?;
    Some(URL_SAFE_NO_PAD.encode(bytes))
}
