//! Orders to other agencies: a discount, a service, a thing, sent and confirmed like questions.

use casework::follow::refused::Refused;
use exchange::{AmountPer, ExchangeError, OrderAction, OrderKind, OrderOutcome, SubjectAsked, SubjectKind};
use guard::{Processing, PurposeKind, Sealed};
use kernel::{Instant, Money, OrderId};
use payment::model::{Form, Per};
use payment::order::{self, Order, OrderStatus};
use serde::{Deserialize, Serialize};
use store::{JobRow, Message, StoreError, Tx, transact};

use crate::ask::identifier;
use crate::machine;
use crate::runtime::Runtime;
use crate::work::Failed;

/// The job that sends one order; its key is the order's id.
pub(crate) const SEND: &str = "agency.order";
/// Behind questions, in front of everything that nobody waits for.
const PRIORITY: i32 = 20;

#[derive(Clone, Copy, Serialize, Deserialize)]
struct ToSend {
    order: OrderId,
}

/// A placed order becomes a job that sends it.
pub(crate) async fn placed(tx: &mut Tx, desk: &payment::Desk<'_>, message: &Message) -> Result<(), Failed> {
    let order: Order = serde_json::from_str(&message.payload).map_err(|e| Failed::Payload(e.to_string()))?;
    tx.queue(desk.ids, desk.now, SEND, &order.id.to_string(), PRIORITY, &ToSend { order: order.id }).await?;
    Ok(())
}

/// A refused order becomes an official's task in the case that decided it.
pub(crate) async fn refused(tx: &mut Tx, desk: &casework::Desk<'_>, message: &Message) -> Result<(), Failed> {
    let order: Order = serde_json::from_str(&message.payload).map_err(|e| Failed::Payload(e.to_string()))?;
    let Some(case) = order::case_of(tx, &order).await? else { return Ok(()) };
    let words = order.reason.as_deref().unwrap_or_default();
    let it = Refused { order: order.id.to_string(), agency: &order.agency, words };
    Ok(casework::follow::refused::order(tx, desk, case, &it).await?)
}

/// What is told to the agency beside the order itself.
struct Ready {
    order: Order,
    earlier: Option<OrderId>,
    amount: Option<(Money, Per)>,
    subject: SubjectAsked,
}

/// Sends one order, or looks whether it was carried out meanwhile.
pub(crate) async fn send(runtime: &Runtime, job: &JobRow) -> Result<(), Failed> {
    let ToSend { order } = serde_json::from_str(&job.payload).map_err(|e| Failed::Payload(e.to_string()))?;
    let Some(ready) = open(runtime, order).await? else {
        return transact!(runtime.state.db, Failed, |tx| Ok(tx.job_done(job.id).await?));
    };
    let said = match wire(runtime, &ready) {
        None => Said::Confirmed(None),
        Some(wired) if ready.order.status == OrderStatus::Sent => said(runtime.exchange.look_at_order(&wired).await),
        Some(wired) => said(runtime.exchange.order(&wired).await),
    };
    let state = &runtime.state;
    let desk = runtime.payment_desk();
    transact!(state.db, Failed, |tx| {
        match &said {
            Said::Confirmed(reference) => {
                let _first = order::confirmed(tx, &desk, order, reference.as_deref()).await?;
            }
            Said::No(words) => {
                let _first = order::refused(tx, &desk, order, words).await?;
            }
            Said::Taken(at) => {
                let _first = order::sent(tx, &desk, order, None).await?;
                return Ok(tx.job_again(job.id, *at).await?);
            }
            Said::Later(at) => return Ok(tx.job_again(job.id, *at).await?),
        }
        Ok(tx.job_done(job.id).await?)
    })
}

/// What became of it.
enum Said {
    Confirmed(Option<String>),
    Taken(Instant),
    Later(Instant),
    No(String),
}

fn said(outcome: Result<OrderOutcome, ExchangeError>) -> Said {
    match outcome {
        Ok(OrderOutcome::Confirmed { reference, .. }) => Said::Confirmed(Some(reference)),
        Ok(OrderOutcome::Pending { look_again_at }) => Said::Taken(look_again_at),
        Ok(OrderOutcome::Unavailable { retry_at, .. }) => Said::Later(retry_at),
        Ok(OrderOutcome::Refused { code, words }) => Said::No(format!("{code}: {words}")),
        Ok(OrderOutcome::Faulty(fault)) => Said::No(fault.to_string()),
        Err(ExchangeError::NotConnected(_)) => Said::No("no connection to this agency".to_owned()),
        Err(error) => Said::No(error.to_string()),
    }
}

/// The order with the person it is for, told to the agency as its look the first time; `None` when nothing is to be sent.
async fn open(runtime: &Runtime, id: OrderId) -> Result<Option<Ready>, Failed> {
    let state = &runtime.state;
    let mut tx = state.db.read().await?;
    let Some(order) = order::by_id(&mut tx, id).await? else { return Ok(None) };
    if !matches!(order.status, OrderStatus::Placed | OrderStatus::Sent) {
        return Ok(None);
    }
    let earlier = order::earlier(&mut tx, &order).await?;
    let amount = order::amount(&mut tx, &order).await?;
    let law = law(runtime, &order);
    let basis = Processing::new(PurposeKind::DataExchange, law.clone())?;
    let as_of = registry::AsOf::latest(state.today());
    let whole = registry::read::person(&mut tx, order.person, as_of).await?.ok_or(StoreError::NotFound)?;
    let (birth_date, name) = whole.process(&basis, |p| (p.birth_date, p.names.first().map(|n| n.full.clone())));
    let numbers = registry::read::identifiers(&mut tx, &runtime.keys, order.person).await?;
    let identifier = numbers.process(&basis, |all| identifier(all));
    let subject = SubjectAsked { key: "s1".into(), kind: SubjectKind::Person, identifier, birth_date, name };
    let (person, agency, again) = (order.person, order.agency.clone(), order.status == OrderStatus::Sent);
    let sealed = Sealed::new(Ready { order, earlier, amount, subject }, [person]);
    if again || !runtime.exchange.answers(&agency) {
        return Ok(Some(sealed.process(&basis, |r| Ready {
            order: r.order.clone(),
            earlier: r.earlier,
            amount: r.amount,
            subject: r.subject.clone(),
        })));
    }
    let who = machine::agency(runtime, &agency);
    let purpose = machine::purpose("ordered to give what was decided", None, &law);
    let about = machine::in_a_case(&mut tx, runtime, &who, &purpose, &[person]).await?;
    drop(tx);
    let told = machine::tell(runtime, &who, &purpose, about, vec!["order".to_owned()], sealed).await?;
    Ok(Some(told.into_inner()))
}

/// The order as it crosses the border; `None` when the other side never heard of what would be ended.
fn wire(runtime: &Runtime, ready: &Ready) -> Option<exchange::Order> {
    let Ready { order, earlier, amount, subject } = ready;
    let action = match (order.action.as_str(), earlier) {
        ("stop", None) => return None,
        ("stop", Some(_)) => OrderAction::End,
        (_, Some(_)) => OrderAction::Change,
        (_, None) => OrderAction::Start,
    };
    let kind = match order.form {
        Form::Discount => OrderKind::Discount,
        Form::Voucher => OrderKind::Voucher,
        Form::Service => OrderKind::Service,
        Form::Cash | Form::InKind | Form::Status => OrderKind::InKind,
    };
    Some(exchange::Order {
        order_id: order.id,
        agency: order.agency.clone(),
        action,
        kind,
        service: order.programme.clone(),
        subject: subject.clone(),
        from: order.valid_from,
        // An order that ends on its first day was never given.
        until: order.valid_until.filter(|until| *until > order.valid_from),
        amount: amount.map(|(money, _)| money),
        amount_per: amount.map(|(_, per)| match per {
            Per::Once => AmountPer::Once,
            Per::Month => AmountPer::Month,
            Per::Year => AmountPer::Year,
            Per::Use => AmountPer::Use,
        }),
        earlier: *earlier,
        law: law(runtime, order),
        case_reference: order.entitlement.to_string(),
    })
}

/// The law of what is ordered, as the pack names it.
fn law(runtime: &Runtime, order: &Order) -> String {
    let pack = runtime.state.packs.current();
    let known = pack.programmes().get(&order.programme);
    let version = known.and_then(|p| p.versions.iter().rfind(|v| v.covers(order.valid_from)).or(p.versions.last()));
    version.map_or_else(|| pack.process(&order.programme).law.clone(), |v| v.law.clone())
}
