//! Which agencies are connected and how: `[agencies.<id>]` in the configuration.

use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use ed25519_dalek::VerifyingKey;
use reqwest::Certificate;
use serde::{Deserialize, Serialize};
use url::Url;
use zeroize::Zeroizing;

use crate::breaker::BreakerSettings;
use crate::signature::public_key;

/// The longest secret, in bytes.
const LONGEST_SECRET: usize = 4_096;

/// All connected agencies, by their ids in the pack.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Agencies(pub BTreeMap<String, AgencySettings>);

/// How one agency is reached.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AgencySettings {
    /// The address under which `questions` and `orders` lie.
    pub base: String,
    /// Where tokens are had (OAuth2 client credentials).
    pub token_url: String,
    /// Our name there.
    pub client_id: String,
    /// A file with our secret there, readable by its owner alone. Read for every new token, so it may be changed at any
    /// time.
    pub secret_file: PathBuf,
    /// A file with the certificates (PEM) of whoever may vouch for the agency. With it nobody else may; without it
    /// whomever the system trusts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ca_file: Option<PathBuf>,
    /// The scope to ask for, if the agency wants one.
    #[serde(default)]
    pub scope: Option<String>,
    /// How long one call may take, in seconds, with its token.
    #[serde(default = "twenty")]
    pub timeout_seconds: u32,
    /// The agency's Ed25519 key, 32 bytes in base64. With it, whatever is not signed is not used.
    #[serde(default)]
    pub public_key: Option<String>,
    /// The items it can answer; all its own when absent.
    #[serde(default)]
    pub items: Option<BTreeSet<String>>,
    /// Our address for pushed answers; the question's id is added. Without it the agency is asked again.
    #[serde(default)]
    pub callback: Option<String>,
    /// The largest answer, in bytes.
    #[serde(default = "one_megabyte")]
    pub largest_answer: usize,
    /// Calls at the same time.
    #[serde(default = "four")]
    pub at_once: usize,
    /// So many failures within `window_seconds` let the link rest.
    #[serde(default = "five")]
    pub failures: usize,
    /// See `failures`.
    #[serde(default = "sixty")]
    pub window_seconds: u32,
    /// The first rest, in seconds; doubled after each failed try.
    #[serde(default = "thirty")]
    pub pause_seconds: u32,
    /// The longest rest, in seconds.
    #[serde(default = "quarter_hour")]
    pub longest_pause_seconds: u32,
}

fn four() -> usize {
    4
}
fn five() -> usize {
    5
}
fn twenty() -> u32 {
    20
}
fn thirty() -> u32 {
    30
}
fn sixty() -> u32 {
    60
}
fn quarter_hour() -> u32 {
    900
}
fn one_megabyte() -> usize {
    1 << 20
}

/// What is wrong with the settings of an agency.
#[derive(Debug, thiserror::Error)]
#[error("[agencies.{agency}] {key}: {what}")]
pub struct SettingsError {
    /// The agency.
    pub agency: String,
    /// The key in its section.
    pub key: &'static str,
    /// What is wrong and what would be right.
    pub what: String,
}

/// Settings that were checked.
pub(crate) struct Checked {
    pub(crate) base: Url,
    pub(crate) token_url: Url,
    pub(crate) key: Option<VerifyingKey>,
    /// Those who alone may vouch for the agency; `None`: whomever the system trusts.
    pub(crate) vouching: Option<Vec<Certificate>>,
}

impl AgencySettings {
    /// Settings with the usual limits.
    pub fn new(base: impl Into<String>, token_url: impl Into<String>, client_id: &str, secret_file: &Path) -> Self {
        AgencySettings {
            base: base.into(),
            token_url: token_url.into(),
            client_id: client_id.to_owned(),
            secret_file: secret_file.to_owned(),
            ca_file: None,
            scope: None,
            timeout_seconds: twenty(),
            public_key: None,
            items: None,
            callback: None,
            largest_answer: one_megabyte(),
            at_once: four(),
            failures: five(),
            window_seconds: sixty(),
            pause_seconds: thirty(),
            longest_pause_seconds: quarter_hour(),
        }
    }

    /// Checks everything that can be checked without calling anybody.
    pub(crate) fn check(&self, agency: &str) -> Result<Checked, SettingsError> {
        let wrong = |key, what: String| SettingsError { agency: agency.to_owned(), key, what };
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '_' | '-');
        if agency.is_empty() || agency.len() > 64 || !agency.chars().all(plain) {
            return Err(wrong("id", "expected 1 to 64 small letters, digits, _ or -".into()));
        }
        let base = address(&self.base).map_err(|e| wrong("base", e))?;
        let token_url = address(&self.token_url).map_err(|e| wrong("token_url", e))?;
        if let Some(callback) = &self.callback {
            address(callback).map_err(|e| wrong("callback", e))?;
        }
        if self.client_id.is_empty() {
            return Err(wrong("client_id", "is empty; the agency gives one with the secret".into()));
        }
        let key = match &self.public_key {
            None => None,
            Some(text) => Some(public_key(text).ok_or_else(|| {
                wrong("public_key", "is no Ed25519 public key: expected 32 bytes in base64 (44 characters)".into())
            })?),
        };
        let ranges = [
            ("timeout_seconds", u64::from(self.timeout_seconds), 1, 300),
            ("largest_answer", self.largest_answer as u64, 1_024, 64 << 20),
            ("at_once", self.at_once as u64, 1, 1_000),
            ("failures", self.failures as u64, 1, 32),
            ("window_seconds", u64::from(self.window_seconds), 1, 86_400),
            ("pause_seconds", u64::from(self.pause_seconds), 1, 86_400),
            ("longest_pause_seconds", u64::from(self.longest_pause_seconds), u64::from(self.pause_seconds), 86_400),
        ];
        for (name, value, least, most) in ranges {
            if value < least || value > most {
                return Err(wrong(name, format!("{value} is out of range: expected {least} to {most}")));
            }
        }
        read_secret(&self.secret_file).map_err(|e| wrong("secret_file", e))?;
        let vouching = self.ca_file.as_deref().map(read_certificates).transpose().map_err(|e| wrong("ca_file", e))?;
        Ok(Checked { base, token_url, key, vouching })
    }

    pub(crate) fn breaker(&self) -> BreakerSettings {
        BreakerSettings {
            failures: self.failures,
            window_seconds: self.window_seconds.into(),
            pause_seconds: self.pause_seconds.into(),
            longest_pause_seconds: self.longest_pause_seconds.into(),
            // Waiting for one's turn and the call each have the time-out.
            try_seconds: i64::from(self.timeout_seconds) * 2 + 1,
        }
    }
}

/// An address we may call: https, or http on this machine; nothing in it that could carry a secret or mislead.
fn address(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|e| format!("{text:?} is no address ({e}); expected https://host/path"))?;
    if !url.username().is_empty() || url.password().is_some() || url.query().is_some() || url.fragment().is_some() {
        return Err("an address here has no user, password, query or fragment".into());
    }
    match url.scheme() {
        "https" if url.host_str().is_some() => Ok(url),
        "http" if is_loopback(&url) => Ok(url),
        _ => Err(format!("{url}: https is needed, except on loopback")),
    }
}

/// Whether an address is one of this machine.
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
        Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

/// Reads certificates.
fn read_certificates(path: &Path) -> Result<Vec<Certificate>, String> {
    let shown = path.display();
    let expected = "expected one or more certificates in PEM (-----BEGIN CERTIFICATE-----)";
    let text = std::fs::read(path).map_err(|e| format!("{shown}: {e}; {expected}"))?;
    let found = Certificate::from_pem_bundle(&text).unwrap_or_default();
    if found.is_empty() { Err(format!("{shown} holds no certificate: {expected}")) } else { Ok(found) }
}

/// Reads a secret. The words of an error never hold it.
pub(crate) fn read_secret(path: &Path) -> Result<Zeroizing<String>, String> {
    let shown = path.display();
    let failed = |e: std::io::Error| format!("{shown}: {e}; put the secret that the agency gave into this file");
    let mode = std::fs::metadata(path).map_err(failed)?.permissions().mode();
    if mode & 0o077 != 0 {
        return Err(format!("{shown} can be read by other users: make it readable by its owner alone (chmod 600)"));
    }
    let text = Zeroizing::new(std::fs::read_to_string(path).map_err(failed)?);
    let secret = text.trim();
    if secret.is_empty() || secret.len() > LONGEST_SECRET || secret.chars().any(char::is_control) {
        return Err(format!("{shown}: expected the secret on one line, 1 to {LONGEST_SECRET} bytes"));
    }
    Ok(Zeroizing::new(secret.to_owned()))
}
