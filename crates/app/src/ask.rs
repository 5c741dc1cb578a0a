//! Questions to other agencies: opened as a disclosure to the agency asked, sent, and the reply taken in one transaction
//! with the end of the job. No transaction is open while an agency is waited for.

use casework::Desk;
use casework::investigate::RequestStatus;
use casework::investigate::answer::{self, Effect, Reply, Said};
use casework::investigate::ask::{self, Asked, Question, Send};
use casework::model::Subject;
use catalogue::Pack;
use exchange::{ExchangeError, Identifier, ItemAsked, Outcome, SubjectAsked, SubjectKind, ValueKind};
use guard::{Processing, PurposeKind};
use kernel::{Instant, RequestId};
use rules::schema::{Entity, Type};
use store::{JobRow, transact};

use crate::machine;
use crate::runtime::Runtime;
use crate::work::Failed;

/// Sends one question, or looks whether it was answered meanwhile.
pub(crate) async fn send(runtime: &Runtime, job: &JobRow) -> Result<(), Failed> {
    let Send { request } = serde_json::from_str(&job.payload).map_err(|e| Failed::Payload(e.to_string()))?;
    let Some(question) = open(runtime, request).await? else {
        // It ended meanwhile: by a callback, or because nobody needs the answer any more.
        return transact!(runtime.state.db, Failed, |tx| Ok(tx.job_done(job.id).await?));
    };
    let pack = runtime.state.packs.current();
    let (reply, again) = match wire(&pack, runtime, &question) {
        Err(words) => (Reply::Refused { words }, None),
        Ok(asked) => {
            let said = match question.request.status {
                RequestStatus::Pending => runtime.exchange.look(&asked).await,
                _ => runtime.exchange.ask(&asked).await,
            };
            understood(&pack, &question, said)
        }
    };
    let state = &runtime.state;
    let desk = Desk { pack: &pack, keys: &runtime.keys, ids: &*state.ids, now: state.now() };
    transact!(state.db, Failed, |tx| {
        let effect = answer::run(tx, &desk, request, reply.clone()).await?;
        match again.filter(|_| effect == Effect::StaysOpen) {
            Some(at) => Ok(tx.job_again(job.id, at).await?),
            None => Ok(tx.job_done(job.id).await?),
        }
    })
}

/// The question, opened for the agency it goes to; `None` when it has ended. What leaves for an agency the first time is in
/// the disclosure log as that agency's look before it leaves; the same question to the same agency again is no other look.
async fn open(runtime: &Runtime, request: RequestId) -> Result<Option<Question>, Failed> {
    let state = &runtime.state;
    let pack = state.packs.current();
    let desk = Desk { pack: &pack, keys: &runtime.keys, ids: &*state.ids, now: state.now() };
    let mut tx = state.db.read().await?;
    let Some(sealed) = ask::question(&mut tx, &desk, request).await? else { return Ok(None) };
    let basis = Processing::new(PurposeKind::DataExchange, format!("question {request}"))?;
    let of = sealed.process(&basis, |q| q.request.clone());
    if of.attempts > 0 || !runtime.exchange.answers(&of.agency) {
        // Told before, or told to nobody.
        return Ok(Some(sealed.process(&basis, Question::clone)));
    }
    let case = sealed.process(&basis, |q| q.cases.first().copied());
    let who = machine::agency(runtime, &of.agency);
    let purpose = machine::purpose("asked for what a decision needs", case, &of.law);
    let about = machine::in_a_case(&mut tx, runtime, &who, &purpose, sealed.persons()).await?;
    drop(tx);
    let items = of.items.iter().map(|(_, item)| item.clone()).collect();
    let told = machine::tell(runtime, &who, &purpose, about, items, sealed).await?;
    Ok(Some(told.into_inner()))
}

/// The question as it crosses the border; the words say why it cannot be asked.
pub fn wire(pack: &Pack, runtime: &Runtime, question: &Question) -> Result<exchange::Question, String> {
    let request = &question.request;
    if !runtime.exchange.answers(&request.agency) {
        return Err("no connection to this agency".to_owned());
    }
    let mut asked = exchange::Question {
        request_id: request.id,
        agency: request.agency.clone(),
        subjects: Vec::new(),
        items: Vec::new(),
        purpose: request.purpose.clone(),
        law: request.law.clone(),
        case_reference: question.cases.first().map(ToString::to_string).unwrap_or_default(),
        reply_by: request.reply_by,
    };
    for (number, one) in question.asked.iter().enumerate() {
        let key = key(number);
        for (_, item) in request.items.iter().filter(|(subject, _)| *subject == one.subject) {
            let known = pack.item(entity(one.subject), item);
            let kind = known.map(|i| kind(&i.ty)).ok_or_else(|| format!("{item} is no item of the pack any more"))?;
            // What the agency is not connected for stays open; an official asks for it.
            if runtime.exchange.answers_item(&request.agency, item) {
                asked.items.push(ItemAsked { subject: key.clone(), item: item.clone(), kind });
            }
        }
        if asked.items.iter().any(|i| i.subject == key) {
            asked.subjects.push(subject(one, key));
        }
    }
    if asked.items.is_empty() { Err("this agency answers none of it".to_owned()) } else { Ok(asked) }
}

/// Our name for a subject within one question.
fn key(number: usize) -> String {
    format!("s{}", number + 1)
}

fn subject(asked: &Asked, key: String) -> SubjectAsked {
    let kind = match asked.subject {
        Subject::Person(_) => SubjectKind::Person,
        Subject::Household(_) => SubjectKind::Household,
    };
    SubjectAsked {
        key,
        kind,
        identifier: identifier(&asked.identifiers),
        birth_date: asked.birth_date,
        name: asked.name.clone(),
    }
}

/// The number both sides know, if there is one.
pub(crate) fn identifier(all: &[registry::person::Identifier]) -> Option<Identifier> {
    all.first().map(|i| Identifier { scheme: i.scheme.clone(), value: i.number.clone() })
}

fn entity(subject: Subject) -> Entity {
    match subject {
        Subject::Person(_) => Entity::Person,
        Subject::Household(_) => Entity::Household,
    }
}

fn kind(ty: &Type) -> ValueKind {
    match ty {
        Type::Boolean => ValueKind::Boolean,
        Type::Integer(_) => ValueKind::Integer,
        Type::Decimal(_) | Type::Ratio => ValueKind::Decimal,
        Type::Money(_) => ValueKind::Money,
        Type::Date => ValueKind::Date,
        Type::Text => ValueKind::Text,
        Type::Code(_) => ValueKind::Code,
    }
}

/// What came back as casework takes it, and when to go on if it stays open.
pub fn understood(pack: &Pack, question: &Question, said: Result<Outcome, ExchangeError>) -> (Reply, Option<Instant>) {
    match said {
        Err(error) => (Reply::Refused { words: error.to_string() }, None),
        Ok(Outcome::Pending { look_again_at }) => (Reply::Pending, Some(look_again_at)),
        Ok(Outcome::Unavailable { retry_at, words }) => (Reply::Unreached { words }, Some(retry_at)),
        Ok(Outcome::Refused { code, words }) => (Reply::Refused { words: format!("{code}: {words}") }, None),
        Ok(Outcome::Faulty(fault)) => (Reply::Refused { words: fault.to_string() }, None),
        Ok(Outcome::Answered(said)) => match answered(pack, question, &said) {
            Ok(reply) => (reply, None),
            Err(words) => (Reply::Refused { words }, None),
        },
    }
}

fn answered(pack: &Pack, question: &Question, said: &exchange::Answer) -> Result<Reply, String> {
    let subject_of = |name: &str| {
        let found = question.asked.iter().enumerate().find(|(number, _)| key(*number) == name);
        found.map(|(_, asked)| asked.subject).ok_or_else(|| format!("{name} is no subject of the question"))
    };
    let mut facts = Vec::new();
    for fact in &said.facts {
        let subject = subject_of(&fact.subject)?;
        let value = answer::value_of(pack, subject, &fact.item, &fact.value)?;
        let (from, until) = (Some(fact.valid_from), fact.valid_to);
        facts.push(Said { subject, item: fact.item.clone(), value, from, until });
    }
    let mut unknown = Vec::new();
    for none in &said.no_entry {
        let subject = subject_of(&none.subject)?;
        // The register is complete, and the data dictionary says what no entry in it means.
        match pack.item(entity(subject), &none.item).and_then(|i| i.absent.clone()) {
            Some(value) => facts.push(Said { subject, item: none.item.clone(), value, from: None, until: None }),
            None => unknown.push((subject, none.item.clone())),
        }
    }
    for open in &said.unknown {
        unknown.push((subject_of(&open.subject)?, open.item.clone()));
    }
    Ok(Reply::Answered { facts, unknown, hash: said.hash.clone() })
}
