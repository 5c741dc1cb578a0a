//! Agencies that answer now and then, in this process: they live on while the server is killed.

use std::net::{Ipv4Addr, SocketAddr};
use std::os::unix::fs::PermissionsExt as _;
use std::sync::Arc;

use app::runtime::SystemClock;
use exchange::simulate::{Behaviour, Held, HeldFact, Holdings, Running, Simulation, SimulationSettings};
use exchange::{Agencies, ItemAsked, SubjectAsked, ValueKind};
use kernel::Date;
use serde_json::json;

use crate::harness::town::Place;

/// Everybody is known and registered, and a first child; of numbers there are none, and of codes, dates and texts no entry.
struct Registers;

impl Holdings for Registers {
    fn held(&self, _agency: &str, subject: &SubjectAsked, item: &ItemAsked) -> Held {
        let value = match (&*item.item, item.kind) {
            ("birth_registered" | "resident_registered", _) => json!(true),
            ("nationality", _) => json!("korean"),
            ("child_order", _) => json!(1),
            (_, ValueKind::Boolean) => json!(false),
            (_, ValueKind::Integer | ValueKind::Money) => json!(0),
            (_, ValueKind::Decimal | ValueKind::Code | ValueKind::Date | ValueKind::Text) => return Held::NoEntry,
        };
        let long_ago = Date::constant(2020, 1, 1);
        Held::Facts(vec![HeldFact { value, valid_from: subject.birth_date.unwrap_or(long_ago), valid_to: None }])
    }
}

/// What stands in the server's configuration: whom to ask, and the account to pay from.
#[derive(serde::Serialize)]
struct Settings {
    payer: payment::run::Payer,
    agencies: Agencies,
}

/// Plays every agency of the pack, each failing in a fifth of all calls, and writes the server's configuration.
pub(crate) async fn play(place: &Place) -> Running {
    let secret = place.home().join("agencies.secret");
    std::fs::write(&secret, "between us").expect("a file");
    std::fs::set_permissions(&secret, std::fs::Permissions::from_mode(0o600)).expect("a file of our own");
    let settings = SimulationSettings {
        seed: 20_261_122,
        client_id: "hearth".into(),
        client_secret: "between us".into(),
        token_seconds: 600,
        callback_tokens: Default::default(),
    };
    let simulation = Simulation::new(settings, Arc::new(Registers), Arc::new(SystemClock));
    let running = simulation.serve(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await.expect("a port");
    let text = std::fs::read_to_string(place.pack().join("agencies.csv")).expect("the pack's agencies");
    let mut agencies = Agencies::default();
    for id in text.lines().skip(1).filter_map(|line| line.split(',').next()).filter(|id| *id != "self") {
        simulation.behave(id, Behaviour::Flaky { percent: 20 });
        let mut settings = simulation.settings_for(id, running.address, &secret);
        // The next try comes while the harness still looks.
        (settings.failures, settings.pause_seconds, settings.longest_pause_seconds) = (32, 1, 2);
        agencies.0.insert(id.to_owned(), settings);
    }
    let payer = payment::run::Payer { name: "Office".into(), account: "1234567890".into(), bank: "004".into() };
    let config = toml::to_string(&Settings { payer, agencies }).expect("settings as TOML");
    std::fs::write(place.config(), config).expect("a configuration");
    running
}
