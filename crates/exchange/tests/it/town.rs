//! A clock, a played agency or two, and an exchange connected to them.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use exchange::simulate::{Behaviour, HeldFact, Register, Running, Simulation, SimulationSettings, Stats};
use exchange::{
    Agencies, AgencySettings, Exchange, Identifier, ItemAsked, Outcome, Question, SubjectAsked, SubjectKind, ValueKind,
};
use kernel::{Clock as _, Date, FixedClock, Ids as _, Instant, RequestId, SeededIds};
use serde_json::{Value, json};

pub(crate) const SECRET: &str = "s3cret of the town: +&%";
pub(crate) const NUMBER: &str = "900101-2000001";
pub(crate) const NAME: &str = "Han Sae-byeok";
pub(crate) const INCOME: i64 = 2_718_281;
/// The agency under test, and another that always works.
pub(crate) const TAX: &str = "tax";
pub(crate) const LAND: &str = "land";

pub(crate) struct Town {
    pub(crate) clock: Arc<FixedClock>,
    pub(crate) simulation: Simulation,
    pub(crate) running: Running,
    pub(crate) exchange: Exchange,
    pub(crate) secret_file: PathBuf,
    ids: SeededIds,
    _folder: tempfile::TempDir,
}

pub(crate) fn now() -> Instant {
    Instant::start_of(Date::constant(2026, 11, 22)).plus_seconds(9 * 3600)
}

pub(crate) fn number(value: &str) -> Identifier {
    Identifier { scheme: "resident".into(), value: value.into() }
}

pub(crate) fn person() -> SubjectAsked {
    SubjectAsked {
        key: "p1".into(),
        kind: SubjectKind::Person,
        identifier: Some(number(NUMBER)),
        birth_date: Some(Date::constant(1990, 1, 1)),
        name: Some(NAME.into()),
    }
}

pub(crate) fn asks(item: &str, kind: ValueKind) -> ItemAsked {
    ItemAsked { subject: "p1".into(), item: item.into(), kind }
}

pub(crate) fn held(value: Value) -> HeldFact {
    HeldFact { value, valid_from: Date::constant(2026, 1, 1), valid_to: None }
}

pub(crate) fn register() -> Register {
    let mut register = Register::default();
    let who = number(NUMBER);
    register.put(&who, "income", held(json!(INCOME)));
    register.put(&who, "insured", held(json!(true)));
    register.put(&who, "since", held(json!("2020-02-29")));
    register
}

pub(crate) fn write_secret(path: &Path, text: &str) {
    std::fs::write(path, text).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
}

impl Town {
    pub(crate) async fn new() -> Town {
        Town::with(|_| {}).await
    }

    /// A town whose settings for the agency under test are changed first.
    pub(crate) async fn with(change: impl FnOnce(&mut AgencySettings)) -> Town {
        Town::seeded(7, change).await
    }

    pub(crate) async fn seeded(seed: u64, change: impl FnOnce(&mut AgencySettings)) -> Town {
        let clock = Arc::new(FixedClock::at(now()));
        let settings = SimulationSettings {
            seed,
            client_id: "hearth".into(),
            client_secret: SECRET.into(),
            token_seconds: 600,
            callback_tokens: BTreeMap::from([(TAX.to_owned(), "push-token".to_owned())]),
        };
        let simulation = Simulation::new(settings, Arc::new(register()), clock.clone());
        simulation.behave(TAX, Behaviour::Prompt);
        simulation.behave(LAND, Behaviour::Prompt);
        let running = simulation.serve("127.0.0.1:0".parse().unwrap()).await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let secret_file = folder.path().join("secret");
        write_secret(&secret_file, SECRET);
        let mut tax = simulation.settings_for(TAX, running.address, &secret_file);
        // Long enough for a machine with much to do; tests of time-outs say so.
        tax.timeout_seconds = 10;
        change(&mut tax);
        let land = simulation.settings_for(LAND, running.address, &secret_file);
        let agencies = Agencies(BTreeMap::from([(TAX.to_owned(), tax), (LAND.to_owned(), land)]));
        let exchange = Exchange::new(agencies, clock.clone()).unwrap();
        Town { clock, simulation, running, exchange, secret_file, ids: SeededIds::new(seed), _folder: folder }
    }

    pub(crate) fn behave(&self, behaviour: Behaviour) {
        self.simulation.behave(TAX, behaviour);
    }

    pub(crate) fn stats(&self) -> Stats {
        self.simulation.stats(TAX)
    }

    /// A fresh question of the usual kind.
    pub(crate) fn question(&self) -> Question {
        Question {
            request_id: RequestId(self.ids.uuid(self.clock.now())),
            agency: TAX.into(),
            subjects: vec![person()],
            items: vec![
                asks("income", ValueKind::Money),
                asks("insured", ValueKind::Boolean),
                asks("since", ValueKind::Date),
                asks("pension", ValueKind::Money),
            ],
            purpose: "benefit".into(),
            law: "Act on Benefits, art. 7".into(),
            case_reference: "2026-1".into(),
            reply_by: now().plus_seconds(86_400),
        }
    }

    pub(crate) async fn ask(&self, question: &Question) -> Outcome {
        self.exchange.ask(question).await.unwrap()
    }

    pub(crate) async fn ask_fresh(&self) -> Outcome {
        self.ask(&self.question()).await
    }

    pub(crate) fn pass(&self, seconds: i64) {
        self.clock.set(self.clock.now().plus_seconds(seconds));
    }
}
