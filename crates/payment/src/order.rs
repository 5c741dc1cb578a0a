//! Things, services and discounts: an order to another agency instead of money, sent and answered.
//!
//! Whoever carries the order (the room of connectors) takes the message [`PLACED`] from the outbox, sends it, and tells
//! what came back through [`sent`], [`confirmed`] and [`refused`].

use kernel::{CaseId, Date, EntitlementId, Money, OrderId, PersonId};
use serde::{Deserialize, Serialize};
use store::{AsConflict, Row, StoreError, Tx, params};

use crate::desk::Desk;
use crate::model::{Entitlement, Form, Per, Slice, words};
use crate::reference::derived;

/// Topic of the message that an order is to be sent; its payload is [`Order`].
pub const PLACED: &str = "payment.order_placed";

/// Topic of the message that the other agency refused; its payload is [`Order`].
pub const REFUSED: &str = "payment.order_refused";

words! {
    /// How an order stands.
    OrderStatus as "order status" {
        /// Waits to be sent.
        Placed = "placed",
        /// The other agency has it.
        Sent = "sent",
        /// The other agency gives it.
        Confirmed = "confirmed",
        /// The other agency cannot; somebody has to look.
        Refused = "refused",
        /// A later order took its place before it was sent.
        Replaced = "replaced",
    }
}

/// An order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// Its id: also the key that keeps the other side from doing it twice.
    pub id: OrderId,
    /// The entitlement.
    pub entitlement: EntitlementId,
    /// The version it follows from.
    pub version: u32,
    /// `start`, `change` or `stop`.
    pub action: String,
    /// The programme.
    pub programme: String,
    /// The agency asked.
    pub agency: String,
    /// For whom.
    pub person: PersonId,
    /// In what form.
    pub form: Form,
    /// First day.
    pub valid_from: Date,
    /// First day outside.
    pub valid_until: Option<Date>,
    /// How it stands.
    pub status: OrderStatus,
    /// The other agency's number for it.
    pub reference: Option<String>,
    /// Why it was refused.
    pub reason: Option<String>,
}

/// Why nothing was noted.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// No such order.
    #[error("there is no such order")]
    NoOrder,
    /// It ended before.
    #[error("the order is {0}: a later answer changes nothing")]
    Closed(OrderStatus),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl AsConflict for Fault {
    fn is_conflict(&self) -> bool {
        matches!(self, Fault::Store(e) if e.is_conflict())
    }
}

store::sql! {
    ADD = "insert into benefit_order (subject_id, order_id, entitlement_id, version, action, programme, agency, person_id, form, valid_from, valid_until, status, made_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)";
    BY_ID = "select subject_id, order_id, entitlement_id, version, action, programme, agency, person_id, form, valid_from, valid_until, status, reference, reason
        from benefit_order where order_id = $1";
    OF = "select subject_id, order_id, entitlement_id, version, action, programme, agency, person_id, form, valid_from, valid_until, status, reference, reason
        from benefit_order where subject_id = $1 order by made_at, order_id";
    BY_STATUS = "select subject_id, order_id, entitlement_id, version, action, programme, agency, person_id, form, valid_from, valid_until, status, reference, reason
        from benefit_order where status = $1 and order_id > $2 order by order_id limit $3";
    TERMS = "select e.case_id, e.currency, e.per, v.slices from entitlement e
        join entitlement_version v on v.subject_id = e.subject_id and v.entitlement_id = e.entitlement_id and v.version = $2 where e.entitlement_id = $1";
    EARLIER = "select order_id from benefit_order where entitlement_id = $1 and version < $2 and status in ('sent', 'confirmed') order by version desc limit 1";
    REPLACE = "update benefit_order set status = 'replaced', closed_at = $3 where subject_id = $1 and entitlement_id = $2 and status = 'placed'";
    SENT = "update benefit_order set status = 'sent', sent_at = $3, reference = coalesce($4, reference) where subject_id = $1 and order_id = $2 and status = 'placed'";
    CLOSE = "update benefit_order set status = $3, closed_at = $4, reference = coalesce($5, reference), reason = $6 where subject_id = $1 and order_id = $2";
}

pub(crate) fn order(row: &Row) -> Result<Order, StoreError> {
    Ok(Order {
        id: row.get("order_id")?,
        entitlement: row.get("entitlement_id")?,
        version: row.get("version")?,
        action: row.get("action")?,
        programme: row.get("programme")?,
        agency: row.get("agency")?,
        person: row.get("person_id")?,
        form: row.parse("form")?,
        valid_from: row.get("valid_from")?,
        valid_until: row.maybe("valid_until")?,
        status: row.parse("status")?,
        reference: row.maybe("reference")?,
        reason: row.maybe("reason")?,
    })
}

/// Orders what a version of an entitlement gives, when it is no money. What was placed and not sent is replaced.
pub(crate) async fn follow(tx: &mut Tx, desk: &Desk<'_>, e: &Entitlement, action: &str) -> Result<(), StoreError> {
    if !e.form.is_ordered() {
        return Ok(());
    }
    let version = e.version.to_be_bytes();
    let order = Order {
        id: OrderId(derived(&[b"order", e.id.0.as_bytes(), &version])),
        entitlement: e.id,
        version: e.version,
        action: action.to_owned(),
        programme: e.programme.clone(),
        agency: e.agency.clone(),
        person: e.payee,
        form: e.form,
        valid_from: e.effective_from,
        valid_until: e.effective_until,
        status: OrderStatus::Placed,
        reference: None,
        reason: None,
    };
    tx.execute(REPLACE, params![e.subject.uuid(), e.id, desk.now]).await?;
    let row = params![
        e.subject.uuid(),
        order.id,
        order.entitlement,
        order.version,
        order.action,
        order.programme,
        order.agency,
        order.person,
        order.form,
        order.valid_from,
        order.valid_until,
        order.status,
        desk.now
    ];
    tx.execute(ADD, row).await?;
    tx.emit(desk.ids, desk.now, PLACED, &order).await?;
    Ok(())
}

/// One order, for the machine that sends it.
pub async fn by_id(tx: &mut Tx, id: OrderId) -> Result<Option<Order>, StoreError> {
    tx.maybe(BY_ID, params![id]).await?.as_ref().map(order).transpose()
}

/// How much is to be given by this order and for what time, where the decision says a sum: that of its first day. `None` for
/// what has no sum, and for an order that stops.
pub async fn amount(tx: &mut Tx, order: &Order) -> Result<Option<(Money, Per)>, StoreError> {
    let Some(row) = tx.maybe(TERMS, params![order.entitlement, order.version]).await? else { return Ok(None) };
    let slices: Vec<Slice> = row.json("slices")?;
    let first = slices.iter().find(|s| s.until.is_none_or(|until| until > order.valid_from));
    let minor = first.map_or(0, |s| s.minor);
    let given = minor > 0 && order.action != "stop";
    Ok(if given { Some((Money::new(minor, row.parse("currency")?), row.parse("per")?)) } else { None })
}

/// The case whose decision an order carries out.
pub async fn case_of(tx: &mut Tx, order: &Order) -> Result<Option<CaseId>, StoreError> {
    tx.maybe(TERMS, params![order.entitlement, order.version]).await?.map(|row| row.get("case_id")).transpose()
}

/// The order that this one changes or stops: the latest before it that the other agency has. None: it never heard of any.
pub async fn earlier(tx: &mut Tx, order: &Order) -> Result<Option<OrderId>, StoreError> {
    let row = tx.maybe(EARLIER, params![order.entitlement, order.version]).await?;
    row.map(|row| row.get("order_id")).transpose()
}

/// Orders of one status for the machine that sends them, after the last one seen.
pub async fn by_status(tx: &mut Tx, status: OrderStatus, after: OrderId, most: u32) -> Result<Vec<Order>, StoreError> {
    tx.all(BY_STATUS, params![status, after, most]).await?.iter().map(order).collect()
}

/// The other agency has it. A second time changes nothing; says whether it was the first.
pub async fn sent(tx: &mut Tx, desk: &Desk<'_>, id: OrderId, reference: Option<&str>) -> Result<bool, Fault> {
    let row = tx.maybe(BY_ID, params![id]).await?.ok_or(Fault::NoOrder)?;
    Ok(tx.execute(SENT, params![row.get::<uuid::Uuid>("subject_id")?, id, desk.now, reference]).await? == 1)
}

/// The other agency gives it.
pub async fn confirmed(tx: &mut Tx, desk: &Desk<'_>, id: OrderId, reference: Option<&str>) -> Result<bool, Fault> {
    close(tx, desk, id, OrderStatus::Confirmed, reference, None).await
}

/// The other agency cannot give it; the message [`REFUSED`] tells the room of cases.
pub async fn refused(tx: &mut Tx, desk: &Desk<'_>, id: OrderId, reason: &str) -> Result<bool, Fault> {
    close(tx, desk, id, OrderStatus::Refused, None, Some(reason)).await
}

async fn close(
    tx: &mut Tx,
    desk: &Desk<'_>,
    id: OrderId,
    status: OrderStatus,
    reference: Option<&str>,
    reason: Option<&str>,
) -> Result<bool, Fault> {
    let row = tx.maybe(BY_ID, params![id]).await?.ok_or(Fault::NoOrder)?;
    let mut order = order(&row)?;
    match order.status {
        now if now == status => return Ok(false),
        OrderStatus::Placed | OrderStatus::Sent => {}
        closed => return Err(Fault::Closed(closed)),
    }
    let subject: uuid::Uuid = row.get("subject_id")?;
    tx.execute(CLOSE, params![subject, id, status, desk.now, reference, reason]).await?;
    if status == OrderStatus::Refused {
        order.status = status;
        order.reason = reason.map(str::to_owned);
        tx.emit(desk.ids, desk.now, REFUSED, &order).await?;
    }
    Ok(true)
}
