//! Payment: what a ministry decided by itself is paid by us; it reads what became of every instalment.

use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use casework::case::view;
use casework::model::Subject;
use guard::Action;
use kernel::{CaseId, DecisionId, EntitlementId, PersonId};
use payment::model::{Form, Grant, PayRule, Per, RecoveryLimits, Slice};
use payment::{alone, grant};
use serde::{Deserialize, Serialize};
use store::transact;
use utoipa::ToSchema;
use uuid::Uuid;

use super::body::{Body, Short};
use super::call::{Call, Once};
use super::payments::pay_desk;
use super::problem::{Code, Fault};
use super::stages;
use super::stages_determination::{SliceWire, slices};
use super::wire::{SubjectWire, day, read_day};
use crate::state::AppState;

/// In what form an entitlement comes.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum FormWire {
    /// Money.
    Cash,
    /// Money that can be spent for one thing.
    Voucher,
    /// A lower price, given by another agency on our order.
    Discount,
    /// Somebody does something, on our order.
    Service,
    /// A thing, on our order.
    InKind,
    /// A standing; nothing is paid or ordered.
    Status,
}

impl From<FormWire> for Form {
    fn from(form: FormWire) -> Form {
        match form {
            FormWire::Cash => Form::Cash,
            FormWire::Voucher => Form::Voucher,
            FormWire::Discount => Form::Discount,
            FormWire::Service => Form::Service,
            FormWire::InKind => Form::InKind,
            FormWire::Status => Form::Status,
        }
    }
}

/// What one amount covers.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum PerWire {
    /// One payment in all.
    Once,
    /// Each calendar month.
    Month,
    /// Each calendar year.
    Year,
    /// Each time it is used.
    Use,
}

impl From<PerWire> for Per {
    fn from(per: PerWire) -> Per {
        match per {
            PerWire::Once => Per::Once,
            PerWire::Month => Per::Month,
            PerWire::Year => Per::Year,
            PerWire::Use => Per::Use,
        }
    }
}

/// When the money of a period is due: exactly one of the two.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PayRuleWire {
    /// On this day of the month, the last day where the month is shorter.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 31)]
    monthly_day: Option<u8>,
    /// Whether that day, when banks do not work, moves to the working day after it instead of the one before.
    #[serde(default)]
    after_day_off: bool,
    /// With the next run, at the latest so many working days after the decision.
    #[serde(default)]
    #[schema(minimum = 0, maximum = 366)]
    within_working_days: Option<u32>,
}

/// A decision of a ministry's own, to be paid.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PaymentWire {
    /// The ministry's number of the decision: its key. Told twice is once.
    decision: Uuid,
    /// The decision it replaces, back-dated both ways.
    #[serde(default)]
    supersedes: Option<Uuid>,
    /// The ministry's number of the case: one entitlement a case.
    case: Uuid,
    /// Whose entitlement.
    subject: SubjectWire,
    /// Who gets the money.
    payee: Uuid,
    /// The programme: one of the caller's own.
    #[schema(value_type = String, min_length = 1, max_length = 100)]
    programme: Short<100>,
    /// In what form.
    form: FormWire,
    /// What one amount covers.
    per: PerWire,
    /// The amounts, in order, without overlap; none: nothing is due any more.
    #[schema(max_items = 120)]
    slices: Vec<SliceWire>,
    /// First day of the entitlement.
    #[schema(format = Date)]
    from: String,
    /// First day outside; left out: open.
    #[serde(default)]
    #[schema(format = Date)]
    until: Option<String>,
    /// When it is paid.
    pay: PayRuleWire,
    /// The law.
    #[schema(value_type = String, min_length = 3, max_length = 300)]
    law: Short<300>,
}

/// What became of it.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct GrantedWire {
    /// The entitlement.
    entitlement: Uuid,
    /// Its version now.
    #[schema(minimum = 1)]
    version: u32,
    /// Whether the same was told before, so that nothing was done.
    repeated: bool,
}

/// The stage of payment alone: a decision made elsewhere becomes an entitlement that the next runs pay.
#[utoipa::path(post, path = "/api/stages/payment", tag = "stages", request_body = PaymentWire,
    params(("idempotency-key" = String, Header, description = "A fresh key for every change.", min_length = 8, max_length = 200, pattern = "^[!-~]{8,200}$")),
    responses((status = 201, body = GrantedWire), (status = 200, description = "Told before.", body = GrantedWire), super::Faults))]
pub(crate) async fn payment(
    State(state): State<AppState>,
    call: Call,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Fault> {
    let body = Body::<PaymentWire>::read(request, &state).await?;
    let once = Once::new(&headers, &call, "stage-payment", &body.hash)?;
    let viewer = call.viewer(&state);
    stages::own(&call, &viewer.pack, &body.it.programme.0, "/programme")?;
    let subject = body.it.subject.subject("/subject")?;
    let payee = PersonId(body.it.payee);
    let mut persons = vec![(payee, "/payee".to_owned())];
    persons.extend(subject.person().map(|p| (p, "/subject/person".to_owned())));
    let told = grant_of(&call, &viewer.pack, body.it, subject)?;
    transact!(state.db, Fault, |tx| {
        match once.begin(tx, viewer.now).await? {
            Some(again) => Ok(again),
            None => {
                let mut persons = persons.clone();
                if let Subject::Household(home) = subject {
                    let members = casework::household::member_ids(tx, &viewer.desk(), home).await?;
                    if members.is_empty() {
                        return Err(Fault::field(
                            Code::Invalid,
                            "/subject/household",
                            "is no household of the registry",
                        ));
                    }
                    persons.extend(members.into_iter().map(|p| (p, "/subject/household".to_owned())));
                }
                let _allowed = stages::permit(&state, &call, tx, &persons, "payment").await?;
                // What we decided ourselves is paid already; a ministry's numbers are its own.
                let ours = view::bare(tx, told.case).await?.is_some()
                    || view::case_of_decision(tx, told.decision).await?.is_some();
                if ours {
                    let words = "this case or decision is one of ours and is paid already: use a number of your own";
                    return Err(Fault::told(Code::Conflict, words));
                }
                let done = grant::run(tx, &pay_desk(&state), &told).await.map_err(grant_fault)?;
                let wire =
                    GrantedWire { entitlement: done.entitlement.0, version: done.version, repeated: done.repeated };
                let status = if done.repeated { StatusCode::OK } else { StatusCode::CREATED };
                once.end(tx, status, &wire).await
            }
        }
    })
}

fn grant_of(call: &Call, pack: &catalogue::Pack, it: PaymentWire, subject: Subject) -> Result<Grant, Fault> {
    let pay = match (it.pay.monthly_day, it.pay.within_working_days) {
        (Some(day), None) => i8::try_from(day)
            .ok()
            .filter(|d| (1..=31).contains(d))
            .map(|day| if it.pay.after_day_off { PayRule::MonthlyAfter { day } } else { PayRule::Monthly { day } }),
        (None, Some(days)) if days <= 366 => Some(PayRule::Within { working_days: days }),
        _ => None,
    };
    let expected = "expected exactly one of monthly_day (1 to 31) and within_working_days (0 to 366)";
    let pay = pay.ok_or_else(|| Fault::field(Code::Invalid, "/pay", expected))?;
    let limits = &pack.process(&it.programme.0).recovery;
    let slices = slices(&it.slices, "/slices")?;
    Ok(Grant {
        decision: DecisionId(it.decision),
        supersedes: it.supersedes.map(DecisionId),
        subject: match subject {
            Subject::Person(id) => payment::model::Subject::Person(id),
            Subject::Household(id) => payment::model::Subject::Household(id),
        },
        case: CaseId(it.case),
        programme: it.programme.0,
        agency: call.who.organisation.clone(),
        payee: PersonId(it.payee),
        form: it.form.into(),
        per: it.per.into(),
        currency: pack.currency(),
        slices: slices.iter().map(|s| Slice { from: s.from, until: s.until, minor: s.minor }).collect(),
        effective_from: read_day(&it.from, "/from")?,
        effective_until: it.until.as_ref().map(|d| read_day(d, "/until")).transpose()?,
        pay,
        recovery: RecoveryLimits {
            set_off_percent: limits.set_off_percent,
            waive_up_to_minor: limits.waive_up_to_minor,
        },
        law: it.law.0,
    })
}

fn grant_fault(error: grant::Fault) -> Fault {
    use grant::Fault as G;
    let words = error.to_string();
    match error {
        G::Store(inner) => inner.into(),
        G::Senseless(_) => Fault::field(Code::Invalid, "", words),
        G::NoEntitlement => Fault::new(Code::NotFound),
        G::NoReason => Fault::field(Code::Invalid, "/law", words),
        _ => Fault::told(Code::Conflict, words),
    }
}

/// A payment to come.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NextWire {
    /// The period, as `2026-11`.
    period: String,
    /// The day its money is due, before it moves for days off.
    #[schema(format = Date)]
    due_on: String,
    /// Minor units.
    minor: i64,
}

/// An instalment.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct InstalmentWire {
    /// The period, as `2026-11`; empty for a single payment.
    period: String,
    /// 0, or the number of the supplement.
    part: u32,
    /// What was due, in minor units.
    minor: i64,
    /// What of it was or will be kept back for money paid too much.
    kept_back: i64,
    /// The day it was due.
    #[schema(format = Date)]
    due_on: String,
    /// `due`, `held`, `in_run`, `sent`, `paid`, `returned` or `cancelled`.
    status: String,
    /// Why it waits or came back.
    reason: Option<String>,
    /// The day on which its run pays.
    #[schema(format = Date)]
    pay_date: Option<String>,
}

/// An entitlement with its instalments.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PaidWire {
    /// Its id.
    entitlement: Uuid,
    /// The case.
    case: Uuid,
    /// The decision in force.
    decision: Uuid,
    /// 1, 2, 3 …
    #[schema(minimum = 1)]
    version: u32,
    /// The programme.
    programme: String,
    /// Who gets the money.
    payee: Uuid,
    /// `cash`, `voucher`, `discount`, `service`, `in_kind` or `status`.
    form: String,
    /// `once`, `month`, `year` or `use`.
    per: String,
    /// ISO 4217.
    #[schema(pattern = "^[A-Z]{3}$")]
    currency: String,
    /// `active`, `suspended` or `ended`.
    standing: String,
    /// Why, when it does not run.
    reason: Option<String>,
    /// First day.
    #[schema(format = Date)]
    from: String,
    /// First day outside.
    #[schema(format = Date)]
    until: Option<String>,
    /// The next payments.
    next: Vec<NextWire>,
    /// Instalments, the latest first.
    instalments: Vec<InstalmentWire>,
}

impl From<&alone::Alone> for PaidWire {
    fn from(it: &alone::Alone) -> PaidWire {
        let e = &it.shown.entitlement;
        let next = |n: &payment::read::Next| NextWire {
            period: n.period.clone(),
            due_on: n.due_on.to_string(),
            minor: n.minor,
        };
        PaidWire {
            entitlement: e.id.0,
            case: e.case.0,
            decision: e.decision.0,
            version: e.version,
            programme: e.programme.clone(),
            payee: e.payee.0,
            form: e.form.word().to_owned(),
            per: e.terms.per.word().to_owned(),
            currency: e.currency.to_string(),
            standing: e.standing.word().to_owned(),
            reason: e.standing_reason.clone(),
            from: e.effective_from.to_string(),
            until: day(e.effective_until),
            next: it.shown.next.iter().map(next).collect(),
            instalments: it.instalments.iter().map(Into::into).collect(),
        }
    }
}

impl From<&payment::read::InstalmentShown> for InstalmentWire {
    fn from(i: &payment::read::InstalmentShown) -> InstalmentWire {
        InstalmentWire {
            period: i.period.clone(),
            part: i.part,
            minor: i.minor,
            kept_back: i.kept_back,
            due_on: i.due_on.to_string(),
            status: i.status.word().to_owned(),
            reason: i.reason.clone(),
            pay_date: day(i.pay_date),
        }
    }
}

/// An entitlement the caller pays through us, with the state of every instalment.
#[utoipa::path(get, path = "/api/stages/payment/{entitlement}", tag = "stages",
    params(("entitlement" = Uuid, Path, description = "The entitlement.")),
    responses((status = 200, body = PaidWire), super::Faults))]
pub(crate) async fn paid(
    State(state): State<AppState>,
    call: Call,
    Path(id): Path<String>,
) -> Result<axum::Json<PaidWire>, Fault> {
    let id = EntitlementId(super::id(&id)?);
    let viewer = call.viewer(&state);
    let setting = viewer.setting();
    let mut tx = state.db.read().await?;
    let seen = alone::one(&mut tx, &viewer.sight(&setting), &call.who.organisation, id).await?;
    drop(tx);
    let seen = seen.ok_or_else(|| Fault::new(Code::NotFound))?;
    let resource = seen.resource().showing(["payments"]);
    let open = state.guard.reveal(&call.who, Action::RunStage, &resource, &call.purpose, seen.sealed).await?;
    open.as_ref().map(Into::into).ok_or_else(|| Fault::new(Code::NotFound)).map(axum::Json)
}
