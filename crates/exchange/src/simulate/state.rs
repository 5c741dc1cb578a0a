//! What the simulation remembers.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::body::Bytes;
use ed25519_dalek::SigningKey;
use kernel::{Clock, Instant};

use super::{Behaviour, Holdings, SimulationSettings, drawn};
use crate::wire::{OrderWire, QuestionWire};

/// What an agency has done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Tokens given.
    pub tokens: u32,
    /// Calls with a valid token: questions and orders posted.
    pub posts: u32,
    /// Calls with a valid token: questions and orders looked at.
    pub looks: u32,
    /// Questions answered; the same one counts once, however often it comes.
    pub answered: u32,
    /// Orders carried out, each once.
    pub carried_out: BTreeSet<String>,
    /// HTTP status of each answer pushed; 0 when nobody was there.
    pub pushed: Vec<u16>,
}

/// All the simulation shares.
pub(super) struct Shared {
    pub(super) settings: SimulationSettings,
    pub(super) holdings: Arc<dyn Holdings>,
    pub(super) clock: Arc<dyn Clock>,
    state: Mutex<State>,
}

/// What changes.
#[derive(Default)]
pub(super) struct State {
    roles: BTreeMap<String, Role>,
    /// Token → agency and end.
    pub(super) tokens: BTreeMap<String, (String, Instant)>,
    pub(super) tokens_given: u64,
}

/// One agency.
#[derive(Default)]
pub(super) struct Role {
    pub(super) behaviour: Behaviour,
    /// By item or service.
    pub(super) items: BTreeMap<String, Behaviour>,
    /// Calls failed on purpose since the behaviour was set.
    pub(super) misses: u32,
    /// Calls so far, for flaky links.
    pub(super) calls: u64,
    /// Questions and orders by collection and id.
    pub(super) entries: BTreeMap<(&'static str, String), Entry>,
    pub(super) stats: Stats,
}

/// A question or order taken in.
pub(super) struct Entry {
    pub(super) asked: Arc<Asked>,
    /// The body as it came, to tell the same from another.
    pub(super) body: Bytes,
    /// Calls after the first.
    pub(super) looks: u32,
    /// What was answered; answered once and kept.
    pub(super) answer: Option<Bytes>,
    /// Whether a push is under way.
    pub(super) pushing: bool,
}

/// What was asked.
pub(super) enum Asked {
    Question(QuestionWire),
    Order(OrderWire),
}

impl Asked {
    pub(super) fn collection(&self) -> &'static str {
        match self {
            Asked::Question(_) => "questions",
            Asked::Order(_) => "orders",
        }
    }

    pub(super) fn id(&self) -> &str {
        match self {
            Asked::Question(q) => &q.request_id,
            Asked::Order(o) => &o.order_id,
        }
    }

    fn names(&self) -> Vec<&str> {
        match self {
            Asked::Question(q) => q.items.iter().map(|i| i.item.as_str()).collect(),
            Asked::Order(o) => vec![&o.service],
        }
    }
}

impl Role {
    /// Takes a question or order in; false when its id was used for something else.
    pub(super) fn take_in(&mut self, asked: Arc<Asked>, body: Bytes) -> bool {
        let place = (asked.collection(), asked.id().to_owned());
        match self.entries.get_mut(&place) {
            Some(entry) if entry.body != body => return false,
            Some(entry) => entry.looks = entry.looks.saturating_add(1),
            None => {
                let entry = Entry { asked, body, looks: 0, answer: None, pushing: false };
                self.entries.insert(place, entry);
            }
        }
        true
    }

    /// How the agency behaves for what was asked: as its first item with a behaviour of its own says. A contradiction
    /// concerns its one item and leaves the rest alone.
    pub(super) fn behaviour_for(&self, asked: &Asked) -> Behaviour {
        let own = asked.names().into_iter().filter_map(|name| self.items.get(name));
        own.into_iter().find(|b| !matches!(b, Behaviour::Contradicts { .. })).unwrap_or(&self.behaviour).clone()
    }

    /// How it contradicts itself on one item, if it does.
    pub(super) fn contradiction(&self, item: &str) -> Option<Behaviour> {
        let behaviour = self.items.get(item).unwrap_or(&self.behaviour);
        matches!(behaviour, Behaviour::Contradicts { .. }).then(|| behaviour.clone())
    }
}

impl Shared {
    pub(super) fn new(settings: SimulationSettings, holdings: Arc<dyn Holdings>, clock: Arc<dyn Clock>) -> Self {
        Shared { settings, holdings, clock, state: Mutex::default() }
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes an agency, making it if it is new.
    pub(super) fn role<T>(&self, agency: &str, change: impl FnOnce(&mut Role) -> T) -> T {
        change(self.state().roles.entry(agency.to_owned()).or_default())
    }

    /// Changes an agency, if there is one.
    pub(super) fn known<T>(&self, agency: &str, change: impl FnOnce(&mut Role) -> T) -> Option<T> {
        self.state().roles.get_mut(agency).map(change)
    }

    pub(super) fn signing_key(&self, agency: &str) -> SigningKey {
        SigningKey::from_bytes(&drawn(self.settings.seed, "signing", agency, 0))
    }
}
