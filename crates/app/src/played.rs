//! The agencies of the demonstration, played on loopback: they answer from what the synthetic town's registers hold, each
//! in the part that the pack's `demo/agencies.toml` gives it.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;
use std::sync::{Arc, OnceLock, RwLock};

use exchange::simulate::{Held, HeldFact, Holdings, Running, Scenario, Simulation, SimulationSettings};
use exchange::{ItemAsked, SubjectAsked, SubjectKind};
use guard::{Processing, PurposeKind};
use kernel::{Clock, HouseholdId, PersonId};
use registry::person::Identifier;
use registry::{AsOf, Fact, FactValue, Origin, Pen};
use serde::Deserialize;
use serde_json::Value;
use store::{StoreError, transact};

use crate::cli::Failure;
use crate::config::Config;
use crate::runtime::Runtime;

/// The parts, as the pack writes them.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Parts {
    seed: u64,
    #[serde(default)]
    agencies: Scenario,
    #[serde(default)]
    holds: BTreeMap<String, toml::Value>,
    #[serde(default)]
    said: Vec<SaidOfThemselves>,
    #[serde(default)]
    account: Vec<PayAccount>,
}

/// What a family said of itself, and what a register may hold otherwise.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct SaidOfThemselves {
    who: String,
    whom: Whom,
    item: String,
    said: toml::Value,
    held: Option<toml::Value>,
}

/// About whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Whom {
    /// The one who signs in.
    Herself,
    /// The youngest of the household.
    Newborn,
}

/// A verified account.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct PayAccount {
    who: String,
    form: payment::model::Form,
    number: String,
    bank: String,
}

/// The agencies while they are played; they stop when this is dropped.
pub struct Played {
    parts: Parts,
    town: Arc<Town>,
    _running: Running,
}

/// Where the played agencies look things up, once the installation is open.
#[derive(Default)]
struct Town {
    runtime: OnceLock<Arc<Runtime>>,
    holds: BTreeMap<String, Value>,
    differs: RwLock<BTreeMap<(PersonId, String), Value>>,
}

/// Starts the agencies of the pack, which go by the demonstration's clock, and puts their addresses into the configuration; `None` where the pack gives no parts.
pub async fn start(config: &mut Config, clock: Arc<dyn Clock>) -> Result<Option<Played>, Failure> {
    let path = config.pack.join("demo").join("agencies.toml");
    if !path.exists() {
        return Ok(None);
    }
    let text = std::fs::read_to_string(&path)?;
    let parts: Parts = toml::from_str(&text).map_err(|e| format!("{}: {e}", path.display()))?;
    let secret_file = config.data.join("demo-agencies.secret");
    let secret = secret(&secret_file)?;
    let holds = parts.holds.iter().filter_map(|(item, value)| Some((item.clone(), json(value)?))).collect();
    let town = Arc::new(Town { holds, ..Town::default() });
    let settings = SimulationSettings {
        seed: parts.seed,
        client_id: "hearth".to_owned(),
        client_secret: secret,
        token_seconds: 3600,
        callback_tokens: BTreeMap::new(),
    };
    let simulation = Simulation::new(settings, town.clone(), clock);
    let running = simulation.serve(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await?;
    for agency in agencies(&config.pack)? {
        simulation.behave(&agency, exchange::simulate::Behaviour::Prompt);
        let mut settings = simulation.settings_for(&agency, running.address, &secret_file);
        // A visitor does not wait as long as an office does.
        (settings.pause_seconds, settings.longest_pause_seconds) = (5, 20);
        config.agencies.0.entry(agency).or_insert(settings);
    }
    simulation.play(parts.agencies.clone());
    Ok(Some(Played { parts, town, _running: running }))
}

/// Every agency of the pack.
fn agencies(pack: &Path) -> Result<Vec<String>, Failure> {
    let text = std::fs::read_to_string(pack.join("agencies.csv"))?;
    let ids = text.lines().skip(1).filter_map(|line| line.split(',').next());
    Ok(ids.filter(|id| !id.is_empty() && *id != "self").map(str::to_owned).collect())
}

/// The secret between us and the played agencies: made once, readable by its owner alone.
fn secret(path: &Path) -> Result<String, Failure> {
    if path.exists() {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))?;
        return Ok(std::fs::read_to_string(path)?.trim().to_owned());
    }
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let mut bytes = [0_u8; 16];
    getrandom::fill(&mut bytes).map_err(|_| "the operating system gives no randomness")?;
    let secret: String = bytes.iter().map(|b| format!("{b:02x}")).collect();
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    std::io::Write::write_all(&mut file, secret.as_bytes())?;
    Ok(secret)
}

/// A value as it crosses the border.
fn json(value: &toml::Value) -> Option<Value> {
    match value {
        toml::Value::Boolean(v) => Some(Value::from(*v)),
        toml::Value::Integer(v) => Some(Value::from(*v)),
        toml::Value::String(v) => Some(Value::from(v.clone())),
        toml::Value::Datetime(v) => Some(Value::from(v.to_string())),
        _ => None,
    }
}

fn fact_json(value: &FactValue) -> Value {
    match value {
        FactValue::Boolean(v) => Value::from(*v),
        FactValue::Integer(v) | FactValue::Money(v) => Value::from(*v),
        FactValue::Date(v) => Value::from(v.to_string()),
        FactValue::Decimal(v) | FactValue::Text(v) | FactValue::Code(v) => Value::from(v.clone()),
    }
}

impl Played {
    /// Opens the registers: from now on the agencies know the town. `signed` names the sign-ins and who they are.
    pub(crate) async fn know(&self, runtime: &Arc<Runtime>, signed: &[(String, PersonId)]) -> Result<(), Failure> {
        for said in &self.parts.said {
            let Some(held) = &said.held else { continue };
            let Some(person) = self.whom(runtime, said, signed).await? else { continue };
            let held = json(held).ok_or_else(|| format!("said: {} cannot be held", said.item))?;
            if let Ok(mut all) = self.town.differs.write() {
                all.insert((person, said.item.clone()), held);
            }
        }
        // Set once; a second time changes nothing.
        let _ = self.town.runtime.set(runtime.clone());
        Ok(())
    }

    /// What families said of themselves and where their money goes: written when the town is made.
    pub(crate) async fn settle(&self, runtime: &Arc<Runtime>, signed: &[(String, PersonId)]) -> Result<(), Failure> {
        let state = &runtime.state;
        let pack = state.packs.current();
        for said in &self.parts.said {
            let Some(person) = self.whom(runtime, said, signed).await? else { continue };
            let known = pack.item(rules::schema::Entity::Person, &said.item);
            let value = known.and_then(|item| crate::town::stated(&pack, &item.ty, &said.said));
            let value = value.ok_or_else(|| format!("said: {} is no such item or value", said.item))?;
            let origin = Origin::new("self", "", "demo");
            let pen = Pen::new(&*state.ids, &runtime.keys, state.now(), &origin);
            let check = |_: &registry::Subject, _: &str, _: &FactValue| Ok(());
            let from = born(runtime, person).await?.unwrap_or(state.today());
            let new = registry::NewFact {
                subject: registry::Subject::Person(person),
                item: said.item.clone(),
                value,
                valid: kernel::Period { from, until: None },
                corrects: None,
            };
            transact!(state.db, registry::fact::FactError, |tx| registry::fact::record(tx, pen, &check, new.clone())
                .await)?;
        }
        for account in &self.parts.account {
            let Some((_, person)) = signed.iter().find(|(subject, _)| *subject == account.who) else { continue };
            let holder = name(runtime, *person).await?;
            let (number, bank) = (account.number.clone(), account.bank.clone());
            let new = payment::account::New::Own {
                form: account.form,
                details: payment::account::Details { number, bank, holder },
            };
            let by = kernel::AccountId::new(&*state.ids, state.now());
            let desk = runtime.payment_desk();
            transact!(state.db, payment::account::Fault, |tx| {
                let id = payment::account::set(tx, &desk, *person, &new, by).await?;
                payment::account::verify(tx, &desk, *person, id, "demo", None).await
            })?;
        }
        Ok(())
    }

    async fn whom(
        &self,
        runtime: &Runtime,
        said: &SaidOfThemselves,
        signed: &[(String, PersonId)],
    ) -> Result<Option<PersonId>, Failure> {
        let Some((_, person)) = signed.iter().find(|(subject, _)| *subject == said.who) else { return Ok(None) };
        if said.whom == Whom::Herself {
            return Ok(Some(*person));
        }
        let state = &runtime.state;
        let mut tx = state.db.read().await?;
        let as_of = AsOf::latest(state.today());
        let Some(home) = registry::read::household_of(&mut tx, *person, as_of).await? else { return Ok(None) };
        let whole = registry::read::household(&mut tx, home, as_of).await?;
        let basis = basis()?;
        let youngest = whole.and_then(|w| {
            w.process(&basis, |h| h.members.iter().max_by_key(|m| m.person.birth_date).map(|m| m.person.id))
        });
        Ok(youngest)
    }
}

/// The ground of everything here: the people are invented.
fn basis() -> Result<Processing, StoreError> {
    let basis = Processing::new(PurposeKind::DataExchange, "demonstration with invented people");
    basis.map_err(|e| StoreError::Driver(e.to_string()))
}

async fn born(runtime: &Runtime, person: PersonId) -> Result<Option<kernel::Date>, StoreError> {
    let mut tx = runtime.state.db.read().await?;
    let whole = registry::read::person(&mut tx, person, AsOf::latest(runtime.state.today())).await?;
    let basis = basis()?;
    Ok(whole.and_then(|w| w.process(&basis, |p| p.birth_date)))
}

async fn name(runtime: &Runtime, person: PersonId) -> Result<String, StoreError> {
    let mut tx = runtime.state.db.read().await?;
    let whole = registry::read::person(&mut tx, person, AsOf::latest(runtime.state.today())).await?;
    let basis = basis()?;
    let name = whole.and_then(|w| w.process(&basis, |p| p.names.first().map(|n| n.full.clone())));
    Ok(name.unwrap_or_default())
}

impl Holdings for Town {
    fn held(&self, _agency: &str, subject: &SubjectAsked, item: &ItemAsked) -> Held {
        let Some(runtime) = self.runtime.get() else { return Held::Unknown };
        // The simulation asks from within its server; looking into the town's database takes a moment.
        let looked = tokio::task::block_in_place(|| {
            tokio::runtime::Handle::current().block_on(self.look(runtime, subject, &item.item))
        });
        looked.unwrap_or_else(|error| {
            tracing::error!(%error, "a played agency could not look into the town");
            Held::Unknown
        })
    }
}

impl Town {
    async fn look(&self, runtime: &Runtime, subject: &SubjectAsked, item: &str) -> Result<Held, StoreError> {
        let state = &runtime.state;
        let mut tx = state.db.read().await?;
        let mut person = None;
        if let Some(number) = &subject.identifier {
            let number = Identifier::new(&number.scheme, &number.value);
            person = registry::newborn::by_identifier(&mut tx, &runtime.keys, &number).await?;
        }
        let (as_of, basis) = (AsOf::latest(state.today()), basis()?);
        let mut found = None;
        if let Some(person) = person {
            if let Some(held) = self.differs.read().ok().and_then(|all| all.get(&(person, item.to_owned())).cloned()) {
                return Ok(Held::Facts(vec![HeldFact { value: held, valid_from: since(subject), valid_to: None }]));
            }
            found = match subject.kind {
                SubjectKind::Person => registry::read::person(&mut tx, person, as_of)
                    .await?
                    .and_then(|w| w.process(&basis, |p| fact(&p.facts, item))),
                SubjectKind::Household => {
                    let home: Option<HouseholdId> = registry::read::household_of(&mut tx, person, as_of).await?;
                    match home {
                        Some(home) => registry::read::household(&mut tx, home, as_of)
                            .await?
                            .and_then(|w| w.process(&basis, |h| fact(&h.facts, item))),
                        None => None,
                    }
                }
            };
        }
        let assumed = || {
            self.holds.get(item).map(|value| HeldFact {
                value: value.clone(),
                valid_from: since(subject),
                valid_to: None,
            })
        };
        Ok(found.or_else(assumed).map_or(Held::NoEntry, |fact| Held::Facts(vec![fact])))
    }
}

/// Since when a register holds what nobody told it the day of.
fn since(subject: &SubjectAsked) -> kernel::Date {
    subject.birth_date.unwrap_or(kernel::Date::constant(2020, 1, 1))
}

fn fact(facts: &[Fact], item: &str) -> Option<HeldFact> {
    let fact = facts.iter().find(|f| f.item == item)?;
    let from = fact.stamp.valid.from.max(kernel::Date::constant(1900, 1, 1));
    Some(HeldFact { value: fact_json(&fact.value), valid_from: from, valid_to: fact.stamp.valid.until })
}
