//! Clients: what they ask for, what they were told, and asking again after a kill.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use kernel::{ApplicationId, EventId, OfferId, PersonId};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::harness::http::{Answer, send};
use crate::harness::server::Server;
use crate::harness::town::Place;

/// A request with its key.
#[derive(Clone, Debug)]
pub(crate) struct Ask {
    path: String,
    key: String,
    body: String,
    /// Header that shows who asks: name and value.
    who: (&'static str, String),
    /// Whose trail must show it.
    pub(crate) mother: usize,
}

/// What an acknowledged request did.
#[derive(Clone, Debug)]
pub(crate) enum Effect {
    /// A birth, its child and the offers made.
    Birth { event: EventId, child: PersonId, number: String, offers: Vec<OfferId> },
    /// An offer accepted.
    Accepted { offer: OfferId, application: ApplicationId },
}

/// A request that was answered.
#[derive(Clone, Debug)]
pub(crate) struct Done {
    ask: Ask,
    body: String,
    pub(crate) effect: Effect,
}

impl Done {
    pub(crate) fn mother(&self) -> usize {
        self.ask.mother
    }
}

#[derive(Default)]
struct Book {
    /// Answered.
    done: Vec<Done>,
    /// Sent, never answered: done or not, nobody knows.
    open: Vec<Ask>,
    /// Numbers of all births ever asked for.
    numbers: HashSet<String>,
    /// Mother and day, so that each birth is another one.
    days: HashSet<(usize, u64)>,
    /// Offers a mother was told are not hers to accept.
    denied: Vec<(OfferId, PersonId)>,
    wrong: Vec<String>,
    asked: usize,
    refused: usize,
    repeated: usize,
}

struct People {
    mothers: Vec<(PersonId, Option<PersonId>, String)>,
    token: String,
}

/// What the clients know, shared.
#[derive(Clone)]
pub(crate) struct Told(Arc<(Mutex<Book>, People)>);

impl Told {
    pub(crate) fn new(place: &Place) -> Told {
        let mothers = place.mothers.iter().map(|m| (m.id, m.father, m.cookie.clone())).collect();
        Told(Arc::new((Mutex::default(), People { mothers, token: place.token.clone() })))
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.0.0.lock().expect("no client panicked")
    }

    fn people(&self) -> &People {
        &self.0.1
    }

    /// Everything answered so far.
    pub(crate) fn done(&self) -> Vec<Done> {
        self.book().done.clone()
    }

    pub(crate) fn denied(&self) -> Vec<(OfferId, PersonId)> {
        self.book().denied.clone()
    }

    pub(crate) fn numbers(&self) -> HashSet<String> {
        self.book().numbers.clone()
    }

    /// How many acceptances were acknowledged.
    pub(crate) fn accepted(&self) -> usize {
        self.book().done.iter().filter(|d| matches!(d.effect, Effect::Accepted { .. })).count()
    }

    /// What clients saw that may not be; taken out.
    pub(crate) fn wrong(&self) -> Vec<String> {
        std::mem::take(&mut self.book().wrong)
    }

    pub(crate) fn counts(&self) -> String {
        let book = self.book();
        let births = book.done.iter().filter(|d| matches!(d.effect, Effect::Birth { .. })).count();
        format!(
            "{} asked, {births} births and {} acceptances acknowledged, {} asked again, {} refused, {} never answered",
            book.asked,
            book.done.len() - births,
            book.repeated,
            book.refused,
            book.open.len()
        )
    }
}

/// Starts clients that ask until nobody answers, each with a pause after every birth.
pub(crate) fn load(server: &Server, told: &Told, clients: usize, pause: Duration) -> JoinSet<()> {
    let port = server.port;
    let mut all = JoinSet::new();
    for _ in 0..clients {
        let told = told.clone();
        all.spawn(async move {
            while let Some((offers, mother)) = birth(port, &told).await {
                // Any of them: some are decided by machine at once, some wait for agencies or officials.
                if let Some(offer) = fastrand::choice(&offers).filter(|_| fastrand::bool())
                    && !accept(port, &told, *offer, mother).await
                {
                    break;
                }
                tokio::time::sleep(pause).await;
            }
        });
    }
    all
}

/// Registers a birth; `None` when nobody answers any more.
async fn birth(port: u16, told: &Told) -> Option<(Vec<OfferId>, usize)> {
    let (mother, day, number) = {
        let mut book = told.book();
        let (mother, day) = loop {
            let pair = (fastrand::usize(0..told.people().mothers.len()), fastrand::u64(3..300));
            if book.days.insert(pair) {
                break pair;
            }
        };
        book.asked += 1;
        let number = format!("crash-{}", book.asked);
        book.numbers.insert(number.clone());
        (mother, day, number)
    };
    let (id, father, _) = told.people().mothers.get(mother)?;
    let now = kernel::Clock::now(&app::runtime::SystemClock);
    let born = now.plus_seconds(-i64::try_from(day).ok()? * 86_400).date(0);
    let mut parents = vec![json!({ "person": { "id": id }, "role": "mother" })];
    parents.extend(father.map(|f| json!({ "person": { "id": f }, "role": "father" })));
    let body = json!({
        "names": [{ "script": "latn", "family": "Crash", "given": number }],
        "sex": if fastrand::bool() { "female" } else { "male" },
        "birth_date": born.to_string(),
        "parents": parents,
        "teller": { "register_number": number },
    });
    let ask = Ask {
        path: "/api/events/birth".to_owned(),
        key: format!("key-{number}"),
        body: body.to_string(),
        who: ("authorization", told.people().token.clone()),
        mother,
    };
    match put(port, told, ask).await? {
        Some(Effect::Birth { offers, .. }) => Some((offers, mother)),
        _ => Some((vec![], mother)),
    }
}

/// Accepts an offer as the mother; false when nobody answers any more.
async fn accept(port: u16, told: &Told, offer: OfferId, mother: usize) -> bool {
    let Some((_, _, cookie)) = told.people().mothers.get(mother) else { return true };
    told.book().asked += 1;
    let ask = Ask {
        path: format!("/api/offers/{offer}/accept"),
        key: format!("key-{offer}"),
        body: json!({ "revision": 1 }).to_string(),
        who: ("cookie", cookie.clone()),
        mother,
    };
    put(port, told, ask).await.is_some()
}

/// Sends a request and notes what came of it. `None`: nobody answered.
async fn put(port: u16, told: &Told, ask: Ask) -> Option<Option<Effect>> {
    let headers = [(ask.who.0, ask.who.1.as_str()), ("idempotency-key", ask.key.as_str())];
    let Some(answer) = send(port, "POST", &ask.path, &headers, &ask.body).await else {
        told.book().open.push(ask);
        return None;
    };
    Some(note(told, ask, &answer))
}

fn note(told: &Told, ask: Ask, answer: &Answer) -> Option<Effect> {
    let mut book = told.book();
    let accepting = ask.path.ends_with("/accept");
    match (answer.status, effect(&ask, &answer.json())) {
        (200 | 201, Some(effect)) => {
            book.done.push(Done { ask, body: answer.body.clone(), effect: effect.clone() });
            Some(effect)
        }
        // Busy: ask again later.
        (429 | 503, _) => {
            book.open.push(ask);
            None
        }
        // An offer that excludes another, closed its window or was revised meanwhile is rightly refused.
        (409 | 422, _) if accepting => {
            book.refused += 1;
            None
        }
        // A birth brings offers to everybody in the household, a grown brother's among them. Whose this was is looked up later.
        (403, _) if accepting => {
            let offer = ask.key.trim_start_matches("key-").parse();
            let mother = told.people().mothers.get(ask.mother);
            book.denied.extend(offer.ok().zip(mother.map(|m| m.0)));
            None
        }
        (status, _) => {
            let line = format!("{} answered {status}: {}", ask.path, answer.body);
            book.wrong.push(line.chars().take(400).collect());
            None
        }
    }
}

fn effect(ask: &Ask, body: &Value) -> Option<Effect> {
    let id = |value: &Value| value.as_str().map(str::to_owned);
    if ask.path.ends_with("/accept") {
        let item = body.get("items")?.get(0)?;
        return Some(Effect::Accepted {
            offer: id(item.get("offer")?)?.parse().ok()?,
            application: id(item.get("application")?)?.parse().ok()?,
        });
    }
    let offers = body.get("offers_made")?.as_array()?;
    Some(Effect::Birth {
        event: id(body.get("event")?)?.parse().ok()?,
        child: id(body.get("person")?)?.parse().ok()?,
        number: ask.key.trim_start_matches("key-").to_owned(),
        offers: offers.iter().filter_map(|o| id(o)?.parse().ok()).collect(),
    })
}

/// After a restart: everything never answered once more, and some of what was answered. The answer must be the same.
pub(crate) async fn ask_again(server: &Server, told: &Told) {
    let open = std::mem::take(&mut told.book().open);
    for ask in open {
        put(server.port, told, ask).await;
    }
    let known = told.done();
    for _ in 0..2.min(known.len()) {
        let Some(done) = known.get(fastrand::usize(0..known.len())) else { return };
        let ask = &done.ask;
        let headers = [(ask.who.0, ask.who.1.as_str()), ("idempotency-key", ask.key.as_str())];
        let answer = send(server.port, "POST", &ask.path, &headers, &ask.body).await;
        let mut book = told.book();
        book.repeated += 1;
        match answer {
            Some(answer) if answer.body == done.body => {}
            Some(answer) => {
                let line = format!("{} {} was answered {} and now {}", ask.path, ask.key, done.body, answer.body);
                book.wrong.push(line);
            }
            None => book.wrong.push(format!("{} {}: a server that was left alone did not answer", ask.path, ask.key)),
        }
    }
}
