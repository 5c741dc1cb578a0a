//! The configuration, as an operator writes it.

use std::os::unix::fs::PermissionsExt as _;
use std::sync::Arc;

use exchange::simulate::{Register, Simulation, SimulationError, SimulationSettings};
use exchange::{Agencies, Exchange};
use kernel::FixedClock;

use crate::town::write_secret;

#[derive(serde::Deserialize)]
struct File {
    agencies: Agencies,
}

fn read(text: &str) -> Result<Exchange, String> {
    let file: File = toml::from_str(text).map_err(|e| e.to_string())?;
    Exchange::new(file.agencies, Arc::new(FixedClock::default())).map_err(|e| e.to_string())
}

#[test]
fn what_is_wrong_is_named_with_its_section_and_key() {
    let folder = tempfile::tempdir().unwrap();
    let secret = folder.path().join("secret");
    write_secret(&secret, "xyz");
    let open = folder.path().join("open");
    std::fs::write(&open, "xyz").unwrap();
    std::fs::set_permissions(&open, std::fs::Permissions::from_mode(0o644)).unwrap();
    let empty = folder.path().join("empty");
    write_secret(&empty, " \n");
    let no_certificate = folder.path().join("no_certificate.pem");
    std::fs::write(&no_certificate, "-----BEGIN CERTIFICATE-----\neHl6\n-----END CERTIFICATE-----\n").unwrap();
    let good = format!(
        "[agencies.tax]\nbase = \"https://tax.example/hearth\"\ntoken_url = \"https://login.example/token\"\n\
         client_id = \"hearth\"\nsecret_file = \"{}\"\n",
        secret.display()
    );
    let exchange = read(&good).unwrap();
    assert!(exchange.answers("tax"));
    let shown = |p: &std::path::Path| p.display().to_string();
    let with = |key: &str, value: &str| {
        let lines = good.lines().filter(|l| !l.starts_with(&format!("{key} ")));
        format!("{}\n{key} = {value}\n", lines.collect::<Vec<_>>().join("\n"))
    };
    let cases = [
        (with("base", "\"http://tax.example/hearth\""), "[agencies.tax] base", "https is needed"),
        (with("base", "\"http://127.0.0.1.example/\""), "[agencies.tax] base", "https is needed"),
        (with("base", "\"http://10.0.0.1/\""), "[agencies.tax] base", "https is needed"),
        (with("base", "\"file:///etc/passwd\""), "[agencies.tax] base", "https is needed"),
        (with("base", "\"tax.example\""), "[agencies.tax] base", "no address"),
        (with("base", "\"https://me:pw@tax.example/\""), "[agencies.tax] base", "no user"),
        (with("token_url", "\"http://login.example/\""), "[agencies.tax] token_url", "https is needed"),
        (with("callback", "\"http://hearth.example/\""), "[agencies.tax] callback", "https is needed"),
        (with("client_id", "\"\""), "[agencies.tax] client_id", "is empty"),
        (with("timeout_seconds", "0"), "[agencies.tax] timeout_seconds", "1 to 300"),
        (with("failures", "1000"), "[agencies.tax] failures", "1 to 32"),
        (with("longest_pause_seconds", "5"), "[agencies.tax] longest_pause_seconds", "30 to"),
        (with("public_key", "\"AAAA\""), "[agencies.tax] public_key", "44 characters"),
        (with("secret_file", "\"nowhere/secret\""), "[agencies.tax] secret_file", "nowhere/secret"),
        (with("secret_file", &format!("{:?}", shown(&open))), "[agencies.tax] secret_file", "chmod 600"),
        (with("secret_file", &format!("{:?}", shown(&empty))), "[agencies.tax] secret_file", "on one line"),
        (with("ca_file", "\"nowhere/ca.pem\""), "[agencies.tax] ca_file", "nowhere/ca.pem"),
        (with("ca_file", &format!("{:?}", shown(&secret))), "[agencies.tax] ca_file", "holds no certificate"),
        (with("ca_file", &format!("{:?}", shown(&no_certificate))), "[agencies.tax] ca_file", "ca_file"),
        (with("time_out", "3"), "time_out", "unknown field"),
        (good.replace("client_id", "client"), "client", "unknown field"),
        (good.replace("agencies.tax", "agencies.\"Tax Office\""), "[agencies.Tax Office] id", "small letters"),
    ];
    for (text, place, words) in cases {
        let said = read(&text).expect_err(&text);
        assert!(said.contains(place) && said.contains(words), "{text}\n{said}");
        assert!(!said.contains("xyz") && !said.contains("pw@"), "{said}");
    }
    for loopback in ["http://127.0.0.1:1/x", "http://[::1]:1/x", "http://localhost:1/x"] {
        read(&with("base", &format!("{loopback:?}"))).unwrap();
    }
}

#[tokio::test]
async fn played_agencies_are_not_shown_to_the_world() {
    let settings = SimulationSettings {
        seed: 1,
        client_id: "hearth".into(),
        client_secret: "xyz".into(),
        token_seconds: 60,
        callback_tokens: Default::default(),
    };
    assert!(!format!("{settings:?}").contains("xyz"));
    let simulation = Simulation::new(settings, Arc::new(Register::default()), Arc::new(FixedClock::default()));
    let refused = simulation.serve("0.0.0.0:0".parse().unwrap()).await;
    assert!(matches!(refused, Err(SimulationError::NotLoopback(_))));
}

#[test]
fn a_register_is_read_from_a_file_or_refused() {
    let good = r#"[
        {"identifier": {"scheme": "resident", "value": "900101-2000001"},
         "facts": [{"item": "income", "value": 5, "valid_from": "2026-01-01"}]},
        {"birth_date": "2026-11-20", "name": "Bom", "facts": []}
    ]"#;
    assert!(Register::from_json(good).is_ok());
    for bad in ["{}", r#"[{"facts": []}]"#, r#"[{"identifier": {"scheme": "a", "value": "b"}, "fact": []}]"#] {
        assert!(Register::from_json(bad).is_err(), "{bad}");
    }
}
