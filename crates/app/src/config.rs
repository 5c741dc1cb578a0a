//! Configuration: a TOML file, then environment variables, then nothing else. Unknown keys are refused.

use std::path::{Path, PathBuf};

use serde::Deserialize;

/// The pack where nobody names one.
pub const PACK: &str = "packs/korea";

/// How Hearth is run at one place.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Address and port to listen on.
    pub listen: String,
    /// The address people see, without a slash at the end. Cookies are `Secure` when it begins with https.
    pub public_url: String,
    /// `sqlite:PATH` or `postgres://USER@HOST/NAME`. A relative SQLite path lies in the data folder.
    pub database: String,
    /// Folder for keys, the disclosure log, accepted packs and the SQLite file.
    pub data: PathBuf,
    /// Folder of the pack in force.
    pub pack: PathBuf,
    /// Where people sign in.
    pub oidc: Oidc,
    /// Whether this process also does the work that waits in the outbox and the job queue. Off where `hearth work` runs.
    pub worker: bool,
    /// Requests a second that one client address may send; bursts of four times as many.
    pub requests_per_second: u32,
    /// How other agencies are reached, by their ids in the pack (docs/exchange.md).
    pub agencies: exchange::Agencies,
    /// Who looks through uploaded papers; without it papers wait unseen by nobody: they are taken as they are.
    pub scanner: Option<ScannerSettings>,
    /// How messages to families leave; without it they wait, and people find them on their own pages.
    pub messages: Messages,
    /// The account from which is paid, as bank files name it.
    pub payer: Option<payment::run::Payer>,
    /// The population over which changed rules are compared.
    pub population: Population,
    /// Looks that are kept from whom they are about for a time, where a law allows it.
    pub withhold: Vec<Withhold>,
    /// The small sign-in provider for demonstrations. Refused on an address that is not loopback.
    pub demo_provider: bool,
}

/// The OpenID provider.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Oidc {
    /// Issuer address; empty means the demo provider.
    pub issuer: String,
    /// Our name there.
    pub client_id: String,
    /// A file that holds our secret there; never the secret itself in the configuration.
    pub client_secret_file: Option<PathBuf>,
    /// Whether the provider asks everybody for a second factor although its tokens do not say so.
    pub always_strong: bool,
    /// The claim of its tokens that holds the national identifier: whoever has it and is in the register gets an account of their
    /// own at the first sign-in. Empty: only accounts that were made before are let in.
    pub identifier_claim: String,
    /// What to ask for beside `openid`, so that the provider tells that claim.
    pub scopes: Vec<String>,
}

/// Officials' looks for a purpose that are kept from people for a time.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Withhold {
    /// The purpose, such as `case_review`.
    pub purpose: String,
    /// For how many days, at most a year.
    pub days: u16,
    /// The law that allows it.
    pub law: String,
}

impl Withhold {
    /// As the guard knows it; what is wrong with it.
    fn read(&self) -> Result<guard::Withholding, ConfigError> {
        let wrong = |key, value: &str, expected| ConfigError::Value { key, value: value.to_owned(), expected };
        let purpose: guard::PurposeKind = self.purpose.parse().map_err(|_| {
            wrong("[[withhold]] purpose", &self.purpose, "the purpose of an official's look, such as case_review")
        })?;
        if !(1..=366).contains(&self.days) {
            return Err(wrong("[[withhold]] days", &self.days.to_string(), "1 to 366"));
        }
        if self.law.trim().is_empty() {
            return Err(wrong("[[withhold]] law", &self.law, "the law that allows it"));
        }
        Ok(guard::Withholding { purpose, days: self.days, law: self.law.clone() })
    }
}

/// A snapshot of everybody, for comparisons of changed rules.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Population {
    /// The folder of the snapshot (docs/population.md); without one nothing can be compared.
    pub snapshot: Option<PathBuf>,
    /// Threads of a comparison; one when left out, so that the server's requests keep theirs.
    pub threads: Option<usize>,
    /// How many people are invented there when the folder does not exist: only where all people are.
    pub invent: Option<u64>,
}

/// How messages to families leave.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Messages {
    /// The folder from which whoever sends text messages takes them, a file a message (docs/operation.md); nothing leaves without it.
    pub spool: Option<PathBuf>,
}

/// A scanner that speaks as `clamd` does.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScannerSettings {
    /// `host:port`.
    pub address: String,
    /// For one file.
    #[serde(default = "half_a_minute")]
    pub timeout_seconds: u16,
}

fn half_a_minute() -> u16 {
    30
}

impl Default for Config {
    fn default() -> Self {
        Config {
            listen: "127.0.0.1:8080".into(),
            public_url: "http://127.0.0.1:8080".into(),
            database: "sqlite:hearth.sqlite".into(),
            data: "hearth-data".into(),
            pack: PACK.into(),
            oidc: Oidc::default(),
            worker: true,
            requests_per_second: 100,
            agencies: exchange::Agencies::default(),
            scanner: None,
            messages: Messages::default(),
            payer: None,
            population: Population::default(),
            withhold: Vec::new(),
            demo_provider: false,
        }
    }
}

impl Default for Oidc {
    fn default() -> Self {
        Oidc {
            issuer: String::new(),
            client_id: "hearth".into(),
            client_secret_file: None,
            always_strong: false,
            identifier_claim: String::new(),
            scopes: Vec::new(),
        }
    }
}

/// What is wrong with a configuration.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("{path}: {why}")]
    Unreadable {
        /// The file.
        path: String,
        /// What the system said.
        why: std::io::Error,
    },
    /// The file is not what we expect.
    #[error("{path}: {why}")]
    Wrong {
        /// The file.
        path: String,
        /// Line, column, what was expected.
        why: Box<toml::de::Error>,
    },
    /// A variable or key holds an impossible value.
    #[error("{key} = {value:?}: expected {expected}")]
    Value {
        /// The key.
        key: &'static str,
        /// What it holds.
        value: String,
        /// What would be right.
        expected: &'static str,
    },
}

impl Config {
    /// Reads the file if one is named, then lets the environment win.
    pub fn read(file: Option<&Path>) -> Result<Config, ConfigError> {
        let mut config = match file {
            None => Config::default(),
            Some(path) => {
                let shown = path.display().to_string();
                let text = std::fs::read_to_string(path)
                    .map_err(|why| ConfigError::Unreadable { path: shown.clone(), why })?;
                toml::from_str(&text).map_err(|why| ConfigError::Wrong { path: shown, why: Box::new(why) })?
            }
        };
        config.environment(|name| std::env::var(name).ok())?;
        config.check()?;
        Ok(config)
    }

    fn environment(&mut self, variable: impl Fn(&str) -> Option<String>) -> Result<(), ConfigError> {
        let texts: [(&str, &mut String); 5] = [
            ("HEARTH_LISTEN", &mut self.listen),
            ("HEARTH_PUBLIC_URL", &mut self.public_url),
            ("HEARTH_DATABASE", &mut self.database),
            ("HEARTH_OIDC_ISSUER", &mut self.oidc.issuer),
            ("HEARTH_OIDC_CLIENT_ID", &mut self.oidc.client_id),
        ];
        for (name, slot) in texts {
            if let Some(value) = variable(name) {
                *slot = value;
            }
        }
        for (name, slot) in [("HEARTH_DATA", &mut self.data), ("HEARTH_PACK", &mut self.pack)] {
            if let Some(value) = variable(name) {
                *slot = value.into();
            }
        }
        if let Some(value) = variable("HEARTH_OIDC_CLIENT_SECRET_FILE") {
            self.oidc.client_secret_file = Some(value.into());
        }
        if let Some(value) = variable("HEARTH_REQUESTS_PER_SECOND") {
            self.requests_per_second = value.parse().map_err(|_| ConfigError::Value {
                key: "HEARTH_REQUESTS_PER_SECOND",
                value,
                expected: "a whole number such as 100",
            })?;
        }
        if let Some(value) = variable("HEARTH_WORKER") {
            self.worker = match value.as_str() {
                "on" | "true" | "1" => true,
                "off" | "false" | "0" => false,
                _ => return Err(ConfigError::Value { key: "HEARTH_WORKER", value, expected: "on or off" }),
            };
        }
        Ok(())
    }

    fn check(&self) -> Result<(), ConfigError> {
        let address: std::net::SocketAddr = self.listen.parse().map_err(|_| ConfigError::Value {
            key: "listen",
            value: self.listen.clone(),
            expected: "an address and port such as 127.0.0.1:8080",
        })?;
        if self.demo_provider && !address.ip().is_loopback() {
            return Err(ConfigError::Value {
                key: "demo_provider",
                value: "true".into(),
                expected: "false unless listen is a loopback address: anybody could sign in as anybody",
            });
        }
        self.withholdings()?;
        if !(self.public_url.starts_with("http://") || self.public_url.starts_with("https://")) {
            return Err(ConfigError::Value {
                key: "public_url",
                value: self.public_url.clone(),
                expected: "an address that begins with http:// or https://",
            });
        }
        Ok(())
    }

    /// The looks that are kept from people for a time.
    pub fn withholdings(&self) -> Result<Vec<guard::Withholding>, ConfigError> {
        self.withhold.iter().map(Withhold::read).collect()
    }

    /// The database's address, with a relative SQLite path put into the data folder.
    pub fn database_url(&self) -> String {
        match self.database.strip_prefix("sqlite:") {
            Some(path) if !Path::new(path).is_absolute() => format!("sqlite:{}", self.data.join(path).display()),
            _ => self.database.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_environment_wins_and_nonsense_is_refused_by_name() {
        let mut config = Config::default();
        let set = |name: &str| (name == "HEARTH_DATABASE").then(|| "postgres://hearth@127.0.0.1/x".to_owned());
        config.environment(set).unwrap();
        assert_eq!(config.database_url(), "postgres://hearth@127.0.0.1/x");
        let bad = config.environment(|name| (name == "HEARTH_WORKER").then(|| "maybe".to_owned()));
        assert!(bad.unwrap_err().to_string().contains("HEARTH_WORKER"));
        let config = Config { listen: "here".into(), ..Config::default() };
        assert!(config.check().unwrap_err().to_string().contains("127.0.0.1:8080"));
    }

    #[test]
    fn the_demo_provider_never_listens_on_the_open_network() {
        let config = Config { listen: "0.0.0.0:80".into(), demo_provider: true, ..Config::default() };
        assert!(config.check().is_err());
        assert!(toml::from_str::<Config>("listne = 'x'").is_err());
    }
}
