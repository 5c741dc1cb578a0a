//! Families that nurses visit, for programs: a mother asks for visits; the office takes the family in, gives it to a nurse, ends
//! its visits; what visits it needs is decided.

use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use guard::{Action, Role};
use kernel::{AccountId, EnrolmentId, PersonId, SubmissionId};
use serde::{Deserialize, Serialize};
use store::{StoreError, transact};
use utoipa::ToSchema;
use uuid::Uuid;
use visit::model::LeftWhy;
use visit::{assign, enrol, take_in, tier};

use super::body::{Body, Short};
use super::call::{Call, Once};
use super::problem::{Code, Fault};
use super::wire::read_day;
use crate::state::AppState;
use crate::visits::join_handlers::{Failed, Permitted};
use crate::visits::{act_handlers, desk, handlers, join_handlers, need_handlers, open};

/// A mother asks for visits.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct VisitsWanted {
    /// That she agrees to be visited; without it nobody comes.
    consent: bool,
    /// The day the child is due, where no pregnancy and no young child is registered yet.
    #[serde(default)]
    #[schema(format = Date)]
    due: Option<String>,
}

/// One thing done with a family: exactly one of these.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct FamilyActWire {
    /// `true`: the family was asked and agrees to visits.
    #[serde(default)]
    agreed: Option<bool>,
    /// It is given to a nurse, its open referrals with it, or taken from her.
    #[serde(default)]
    give: Option<FamilyGiven>,
    /// The submission that was kept aside and comes into the file.
    #[serde(default)]
    take_in: Option<Uuid>,
    /// Its visits end.
    #[serde(default)]
    end: Option<FamilyEnd>,
}

/// Whose family it is from now on.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct FamilyGiven {
    /// The account of a nurse who works where the family lives; null: nobody's yet.
    #[schema(required = true)]
    nurse: Option<Uuid>,
}

/// The end of visits.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct FamilyEnd {
    /// The last day.
    #[schema(format = Date)]
    on: String,
    /// `moved`, `declined` or `graduated`.
    #[schema(max_length = 20)]
    why: String,
}

/// What visits a family needs.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NeedWire {
    /// The protocol of the pack, without its version; left out: the one it is under.
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 100)]
    protocol: Option<Short<100>>,
    /// The level within it; left out: no more than every family.
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 100)]
    tier: Option<Short<100>>,
    /// From when on: today, or at most 30 days back.
    #[schema(format = Date)]
    from: String,
    /// Why, where it is not what the rule proposes.
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 1_000)]
    reason: Option<Short<1_000>>,
}

/// The family it is about.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct FamilyTouched {
    /// Its enrolment.
    enrolment: Uuid,
}

fn touched(id: EnrolmentId) -> FamilyTouched {
    FamilyTouched { enrolment: id.0 }
}

/// What is done with a family, read.
enum Act {
    Agreed(bool),
    Give(Option<AccountId>),
    TakeIn(SubmissionId),
    End(kernel::Date, LeftWhy),
}

impl FamilyActWire {
    fn read(self) -> Result<Act, Fault> {
        Ok(match (self.agreed, self.give, self.take_in, self.end) {
            (Some(agreed), None, None, None) => Act::Agreed(agreed),
            (None, Some(it), None, None) => Act::Give(it.nurse.map(AccountId)),
            (None, None, Some(it), None) => Act::TakeIn(SubmissionId(it)),
            (None, None, None, Some(it)) => {
                let why = it.why.parse();
                let told = |_| Fault::field(Code::Invalid, "/end/why", "expected moved, declined or graduated");
                Act::End(read_day(&it.on, "/end/on")?, why.map_err(told)?)
            }
            _ => return Err(Fault::field(Code::Invalid, "", "expected exactly one of agreed, give, take_in, end")),
        })
    }
}

/// A mother asks for visits herself: the pregnancy, where nobody told of it yet, and her consent, in one transaction.
#[utoipa::path(post, path = "/api/persons/{id}/visits", tag = "visits", request_body = VisitsWanted,
    params(("id" = Uuid, Path, description = "The person."), ("idempotency-key" = String, Header, description = "A fresh key for every change.", min_length = 8, max_length = 200, pattern = "^[!-~]{8,200}$")),
    responses((status = 200, body = FamilyTouched), super::Faults))]
pub(crate) async fn ask(
    State(state): State<AppState>,
    call: Call,
    Path(id): Path<String>,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Fault> {
    let person = PersonId(super::id(&id)?);
    let body = Body::<VisitsWanted>::read(request, &state).await?.about(person);
    let once = Once::new(&headers, &call, "visits", &body.hash)?;
    if call.who.role != Role::Citizen || call.who.person != Some(person) {
        return Err(Fault::new(Code::Forbidden));
    }
    if !body.it.consent {
        return Err(Fault::field(Code::Invalid, "/consent", enrol::Fault::NoConsent.to_string()));
    }
    let due = body.it.due.as_deref().map(|day| read_day(day, "/due")).transpose()?;
    let v = call.viewer(&state);
    let permitted = Permitted::ask(&v).await?;
    transact!(state.db, Fault, |tx| {
        if let Some(again) = once.begin(tx, v.now).await? {
            return Ok(again);
        }
        let id = join_handlers::take(tx, &v, &permitted, due).await.map_err(not_joined)?;
        once.end(tx, StatusCode::OK, &touched(id)).await
    })
}

fn not_joined(fault: Failed) -> Fault {
    match fault {
        Failed::Store(why) => why.into(),
        Failed::Pregnancy(casework::register::Fault::Store(why)) => why.into(),
        Failed::Pregnancy(why) => Fault::field(Code::Invalid, "/due", why.to_string()),
        Failed::Enrol(why) => not_enrolled(why),
    }
}

fn not_enrolled(fault: enrol::Fault) -> Fault {
    use enrol::Fault as F;
    let words = fault.to_string();
    match fault {
        F::Store(why) => why.into(),
        F::NotAllowed | F::NoPerson => Fault::new(Code::NotFound),
        F::NoConsent => Fault::field(Code::Invalid, "/agreed", words),
        F::NoPregnancy | F::NoProtocol | F::OutsideEntry | F::Already(_) | F::NoPlace => {
            Fault::told(Code::Conflict, words)
        }
    }
}

/// A family is taken in, given to a nurse, its kept submission taken in, its visits ended: as the supervisor of its district.
#[utoipa::path(post, path = "/api/enrolments/{id}/acts", tag = "visits", request_body = FamilyActWire,
    params(("id" = Uuid, Path, description = "The family's enrolment."), ("idempotency-key" = String, Header, description = "A fresh key for every change.", min_length = 8, max_length = 200, pattern = "^[!-~]{8,200}$")),
    responses((status = 200, body = FamilyTouched), super::Faults))]
pub(crate) async fn act_on(
    State(state): State<AppState>,
    call: Call,
    Path(id): Path<String>,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Fault> {
    let id = EnrolmentId(super::id(&id)?);
    let body = Body::<FamilyActWire>::read(request, &state).await?.about(id);
    let once = Once::new(&headers, &call, "family", &body.hash)?;
    if call.who.role != Role::VisitSupervisor {
        return Err(Fault::new(Code::Forbidden));
    }
    let act = body.it.read()?;
    let v = call.viewer(&state);
    let opened = open(&v, &id.to_string()).await?;
    let allowed = opened.permit(&v, Action::ManageVisits).await?;
    let e = &opened.file.enrolment;
    if let Act::Give(Some(nurse)) = act {
        let mut tx = state.db.read().await?;
        if handlers::nurses(&mut tx, &v, &e.place).await?.iter().all(|(known, _)| *known != nurse.to_string()) {
            return Err(Fault::field(
                Code::Invalid,
                "/give/nurse",
                "expected a nurse who works where the family lives",
            ));
        }
    }
    transact!(state.db, Fault, |tx| {
        if let Some(again) = once.begin(tx, v.now).await? {
            return Ok(again);
        }
        let desk = desk(&v);
        match act {
            Act::Agreed(agreed) => {
                enrol::run(tx, &desk, v.who, &allowed, e.person, agreed).await.map(drop).map_err(not_enrolled)?;
            }
            Act::Give(nurse) => act_handlers::hand(tx, &v, &allowed, e, nurse).await.map_err(not_assigned)?,
            Act::TakeIn(kept) => take_in::run(tx, &desk, v.who, &allowed, id, kept).await.map_err(not_taken_in)?,
            Act::End(on, why) => {
                assign::end(tx, &desk, v.who, &allowed, id, (on, why)).await.map_err(not_assigned)?;
            }
        }
        once.end(tx, StatusCode::OK, &touched(id)).await
    })
}

fn not_assigned(fault: assign::Fault) -> Fault {
    use assign::Fault as F;
    let words = fault.to_string();
    match fault {
        F::Store(why) => why.into(),
        F::NotAllowed | F::NoEnrolment => Fault::new(Code::NotFound),
        F::Ahead(_) => Fault::field(Code::Invalid, "/end/on", words),
        F::NoConsent | F::Left | F::CaseOpen => Fault::told(Code::Conflict, words),
    }
}

fn not_taken_in(fault: take_in::Fault) -> Fault {
    use take_in::Fault as F;
    let words = fault.to_string();
    match fault {
        F::Store(why) => why.into(),
        F::Key(why) => StoreError::Driver(why.to_string()).into(),
        F::NotAllowed | F::Nothing => Fault::new(Code::NotFound),
        F::NothingToCorrect | F::NotTheirChild => Fault::told(Code::Conflict, words),
    }
}

/// Decides what visits a family needs, on its last assessment that decides, as its nurse or her supervisor.
#[utoipa::path(post, path = "/api/enrolments/{id}/need", tag = "visits", request_body = NeedWire,
    params(("id" = Uuid, Path, description = "The family's enrolment."), ("idempotency-key" = String, Header, description = "A fresh key for every change.", min_length = 8, max_length = 200, pattern = "^[!-~]{8,200}$")),
    responses((status = 200, body = FamilyTouched), super::Faults))]
pub(crate) async fn decide(
    State(state): State<AppState>,
    call: Call,
    Path(id): Path<String>,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Fault> {
    let id = EnrolmentId(super::id(&id)?);
    let body = Body::<NeedWire>::read(request, &state).await?.about(id);
    let once = Once::new(&headers, &call, "need", &body.hash)?;
    if !matches!(call.who.role, Role::Nurse | Role::VisitSupervisor) {
        return Err(Fault::new(Code::Forbidden));
    }
    let v = call.viewer(&state);
    let opened = open(&v, &id.to_string()).await?;
    let it = body.it;
    let input = tier::Input {
        enrolment: id,
        submission: need_handlers::deciding(&v, &opened).map(|(submission, _)| submission.id),
        protocol: it.protocol.map(|word| word.0),
        tier: it.tier.map(|word| word.0),
        from: read_day(&it.from, "/from")?,
        reason: it.reason.map(|words| words.0),
    };
    let allowed = opened.permit(&v, Action::RecordVisit).await?;
    transact!(state.db, Fault, |tx| {
        if let Some(again) = once.begin(tx, v.now).await? {
            return Ok(again);
        }
        tier::run(tx, &desk(&v), v.who, &allowed, &input).await.map_err(not_decided)?;
        once.end(tx, StatusCode::OK, &touched(id)).await
    })
}

fn not_decided(fault: tier::Fault) -> Fault {
    use tier::Fault as F;
    let words = fault.to_string();
    let at = match fault {
        F::Store(why) => return why.into(),
        F::NotAllowed | F::NoAssessment => return Fault::new(Code::NotFound),
        F::NoEnrolment => return Fault::told(Code::Conflict, words),
        F::NoProtocol(_) => "/protocol",
        F::NoTier(_) => "/tier",
        F::NoReason => "/reason",
        F::BadDay(_) => "/from",
    };
    Fault::field(Code::Invalid, at, words)
}
