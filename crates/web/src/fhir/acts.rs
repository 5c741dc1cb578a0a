//! What is written: each resource that was sent becomes the input of a use case that pages use too, the guard is asked, and then all of a
//! transaction is done in one.

use fhir::bundle::{Answered, Issue, outcome};
use fhir::family::{self as families, sent};
use fhir::{person, referral as map};
use guard::{Action, Allowed, Resource, Role, Tier};
use kernel::{PersonId, ReferralId, SubmissionId};
use referral::model::{Act as ReferralAct, By, Shares};
use referral::{change, request};
use registry::person::NewPerson;
use registry::{Origin, Pen};
use serde_json::Value;
use store::Tx;
use uuid::Uuid;
use visit::model::Visit;
use visit::submit::{About, Fault as VisitFault, Outcome};
use visit::{assess, record};

use super::calls::Asked;
use super::{family, people, read};
use crate::api::problem::{Code, Fault};
use crate::viewer::Viewer;
use crate::visits::act_handlers::may_record;
use crate::visits::{desk, standing};

/// One resource that was sent, and what is to be done with it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sent<'a> {
    pub(super) kind: &'a str,
    /// The id of what is changed; `None`: it is new.
    pub(super) id: Option<&'a str>,
    pub(super) resource: &'a Value,
    pub(super) if_match: Option<&'a str>,
    pub(super) if_none_exist: Option<&'a str>,
}

/// Something that may be done, if nothing goes wrong with the rest.
pub(super) enum Act<'a> {
    /// A visit with its parts.
    Visit { about: About, visit: Box<Visit>, allowed: Option<Allowed>, shown: (Uuid, usize) },
    /// An assessment.
    Assess { input: assess::Input, person: Option<PersonId>, allowed: Option<Allowed>, shown: (Uuid, usize) },
    /// A new referral.
    Refer { input: request::Input, allowed: Allowed, viewer: Box<Viewer<'a>> },
    /// What somebody does to a referral.
    Answer { id: ReferralId, revision: u32, act: ReferralAct, allowed: Allowed },
    /// A person to be registered.
    Register { new: NewPerson },
    /// Nothing: it was there before.
    There { kind: &'static str, id: String },
}

/// The version in an `If-Match`.
fn matched(sent: &Sent<'_>) -> Result<usize, Fault> {
    let text = sent.if_match.unwrap_or_default().trim();
    let text = text.strip_prefix("W/").unwrap_or(text).trim_matches('"');
    text.parse().map_err(|_| {
        Fault::field(Code::Precondition, "http.if-match", "expected the version that was read, such as W/\"1\"")
    })
}

/// The id a new record was given by its sender, in the resource or in `If-None-Exist`.
fn named(sent: &Sent<'_>, own: Option<Uuid>) -> Result<Option<Uuid>, Fault> {
    let Some(text) = sent.if_none_exist else { return Ok(own) };
    let wrong = || {
        let expected =
            format!("expected identifier={}|urn:uuid:… with the identifier of the resource", fhir::datatype::URI);
        Fault::field(Code::Invalid, "http.if-none-exist", expected)
    };
    let decoded = url::form_urlencoded::parse(text.trim_start_matches('?').as_bytes()).into_owned().collect::<Vec<_>>();
    let [(name, value)] = decoded.as_slice() else { return Err(wrong()) };
    let id = value.split_once('|').filter(|(system, _)| name == "identifier" && *system == fhir::datatype::URI);
    let id = id.and_then(|(_, value)| fhir::read::own_id(value)).ok_or_else(wrong)?;
    if own.is_some_and(|own| own != id) { Err(wrong()) } else { Ok(Some(id)) }
}

/// Prepares what was sent; `parts` are the Observations and QuestionnaireResponses of an Encounter.
pub(super) async fn prepare<'a>(asked: &'a Asked<'_>, sent: Sent<'_>, parts: &[&Value]) -> Result<Act<'a>, Fault> {
    match (sent.kind, sent.id) {
        ("Encounter", _) => visit(asked, &sent, parts).await,
        ("QuestionnaireResponse", _) => assessment(asked, &sent).await,
        ("Observation", None) => Err(Fault::field(
            Code::Invalid,
            "Observation.encounter",
            "a measurement is part of a visit, which is one submission: send it in a transaction with its Encounter",
        )),
        ("ServiceRequest", None) => refer(asked, &sent).await,
        ("Task", Some(id)) => answer(asked, &sent, id).await,
        ("Patient", None) => register(asked, &sent).await,
        (kind, _) => {
            read::kind_of(kind)?;
            Err(Fault::told(Code::WrongMethod, "This kind of resource is not written this way: see metadata."))
        }
    }
}

async fn visit<'a>(asked: &'a Asked<'_>, sent: &Sent<'_>, parts: &[&Value]) -> Result<Act<'a>, Fault> {
    let it = sent::encounter(sent.resource)?;
    let (mut visit, state) = (it.visit, asked.state);
    for part in parts {
        match part.get("resourceType").and_then(Value::as_str) {
            Some("QuestionnaireResponse") => {
                let answered = sent::answers(part, &asked.country())?;
                visit.forms.push((answered.instrument, answered.answers));
            }
            _ => sent::observation(part, &mut visit)?,
        }
    }
    let (mut replaces, mut shown) = (None, None);
    if let Some(id) = sent.id {
        let file = family::file_of(asked, "Encounter", id).await?;
        let id = fhir::datatype::whole(id).ok_or_else(|| Fault::new(Code::NotFound))?;
        let (newest, number) = families::newest(&file, SubmissionId(id)).ok_or_else(|| Fault::new(Code::NotFound))?;
        unmoved(matched(sent)?, number)?;
        // A correction stands for the whole visit: what is not sent again stays as it was.
        if let Some((_, visit::read::Content::Visit(old))) = file.submission(newest) {
            if visit.measured.is_empty() {
                visit.measured.clone_from(&old.measured);
            }
            visit.forms.extend(
                old.forms
                    .iter()
                    .filter(|(key, _)| !visit.forms.iter().any(|(k, _)| k == key))
                    .cloned()
                    .collect::<Vec<_>>(),
            );
        }
        (replaces, shown) = (Some(newest), Some((id, number + 1)));
    }
    let viewer = asked.viewer();
    let enrolment = it.enrolment.to_string();
    let allowed = may_record(&viewer, &enrolment).await?;
    if allowed.is_some() {
        let (known, _) = standing(&viewer, &enrolment).await?.ok_or_else(|| Fault::new(Code::NotFound))?;
        if known.person != it.subject {
            return Err(Fault::field(Code::Invalid, "Encounter.subject", "expected the person of the episode of care"));
        }
    }
    let id = match replaces {
        Some(_) => SubmissionId::new(&*state.ids, viewer.now),
        None => SubmissionId(named(sent, it.id)?.unwrap_or_else(|| state.ids.uuid(viewer.now))),
    };
    let about = About { id, enrolment: it.enrolment, on: it.on, replaces };
    Ok(Act::Visit { about, visit: Box::new(visit), allowed, shown: shown.unwrap_or((id.0, 1)) })
}

/// The version that was read must be the newest.
fn unmoved(read: usize, newest: usize) -> Result<(), Fault> {
    if read == newest {
        Ok(())
    } else {
        Err(Fault::field(Code::Precondition, "http.if-match", format!("the newest version is {newest}")))
    }
}

async fn assessment<'a>(asked: &'a Asked<'_>, sent: &Sent<'_>) -> Result<Act<'a>, Fault> {
    if sent::encounter_of(sent.resource).is_some() {
        let what =
            "is part of a visit: send it in a transaction with its Encounter, a correction with PUT of the Encounter";
        return Err(Fault::field(Code::Invalid, "QuestionnaireResponse.encounter", what));
    }
    let it = sent::answers(sent.resource, &asked.country())?;
    let viewer = asked.viewer();
    let state = asked.state;
    let (mut replaces, mut shown) = (None, None);
    let (enrolment, person, allowed) = if asked.call.who.role == Role::Citizen {
        let me = asked.me().await?;
        let mut tx = state.db.read().await?;
        let running = visit::care::read::running(&mut tx, me).await?.ok_or_else(|| Fault::new(Code::NotFound))?;
        let about = asked.call.about(state, &mut tx, [me]).await?;
        drop(tx);
        if it.person != me {
            return Err(Fault::field(Code::Invalid, "QuestionnaireResponse.subject", "expected yourself"));
        }
        let resource = Resource::people(about).at(Tier::Sensitive).showing(["visits"]);
        let allowed = state.guard.permit(&asked.call.who, Action::JoinVisits, &resource, &asked.call.purpose).await?;
        (running, Some(me), Some(allowed))
    } else {
        let enrolment = family::of_person(asked, it.person).await?;
        (enrolment, None, may_record(&viewer, &enrolment.to_string()).await?)
    };
    if let Some(id) = sent.id {
        let file = family::file_of(asked, "QuestionnaireResponse", id).await?;
        let id = id.parse::<SubmissionId>().map_err(|_| {
            Fault::field(
                Code::Invalid,
                "QuestionnaireResponse.id",
                "belongs to a visit: correct the Encounter, with this in the same transaction",
            )
        })?;
        let (newest, number) = families::newest(&file, id).ok_or_else(|| Fault::new(Code::NotFound))?;
        unmoved(matched(sent)?, number)?;
        (replaces, shown) = (Some(newest), Some((id.0, number + 1)));
    }
    let id = match replaces {
        Some(_) => SubmissionId::new(&*state.ids, viewer.now),
        None => SubmissionId(named(sent, it.id)?.unwrap_or_else(|| state.ids.uuid(viewer.now))),
    };
    // What she answers herself, she answers today.
    let on = it.on.filter(|_| person.is_none()).unwrap_or_else(|| viewer.today());
    let about = About { id, enrolment, on, replaces };
    // What is asked alone is not asked through a client that keeps what passes through it.
    let input = assess::Input { about, instrument: it.instrument, answers: it.answers, alone: false };
    Ok(Act::Assess { input, person, allowed, shown: shown.unwrap_or((id.0, 1)) })
}

async fn refer<'a>(asked: &'a Asked<'_>, sent: &Sent<'_>) -> Result<Act<'a>, Fault> {
    let it = map::asked(sent.resource, &asked.country())?;
    let viewer = asked.viewer_of(it.person).await?;
    let setting = viewer.setting();
    let mut tx = asked.state.db.read().await?;
    let about = registry::sight::relations(&mut tx, &viewer.sight(&setting), [it.person]).await?;
    drop(tx);
    if about.is_empty() {
        return Err(Fault::new(Code::NotFound));
    }
    let service = viewer.pack.services().get(&it.service);
    let sensitive = service.is_some_and(|s| s.sensitive || s.discreet);
    let tier = if sensitive { Tier::Sensitive } else { Tier::Benefits };
    let resource = Resource::people(about).at(tier).showing(["referral"]);
    let allowed = asked.state.guard.permit(&asked.call.who, Action::Refer, &resource, &asked.call.purpose).await?;
    let id = named(sent, it.id)?.unwrap_or_else(|| asked.state.ids.uuid(viewer.now));
    let input = request::Input {
        id: ReferralId(id),
        person: it.person,
        service: it.service,
        need: it.need,
        reason: it.reason,
        contact: it.contact,
        shares: Shares { name: it.shares.0, birth_date: it.shares.1 },
        agreed_by: it.agreed_by,
        instead_of: it.instead_of.map(ReferralId),
    };
    Ok(Act::Refer { input, allowed, viewer: Box::new(viewer) })
}

/// On which side a role acts on a referral.
fn side(role: Role) -> (By, Action) {
    match role {
        Role::AgencySystem => (By::Partner, Action::AnswerReferral),
        Role::Citizen => (By::Family, Action::RefuseReferral),
        Role::Approver | Role::VisitSupervisor => (By::Supervisor, Action::Refer),
        _ => (By::Referrer, Action::Refer),
    }
}

async fn answer<'a>(asked: &'a Asked<'_>, sent: &Sent<'_>, id: &str) -> Result<Act<'a>, Fault> {
    let now = read::find(asked, read::kind_of("Task")?, id).await?;
    let revision = matched(sent)?;
    let newest: usize = now.version().parse().unwrap_or_default();
    unmoved(revision, newest)?;
    let id = id.parse::<ReferralId>().map_err(|_| Fault::new(Code::NotFound))?;
    let (by, action) = side(asked.call.who.role);
    let act = map::answer(sent.resource, &now, by)?;
    let absent = || Fault::new(Code::NotFound);
    let mut tx = asked.state.db.read().await?;
    let (person, _) = referral::read::about(&mut tx, id).await?.ok_or_else(absent)?;
    drop(tx);
    let viewer = asked.viewer_of(person).await?;
    let setting = viewer.setting();
    let (desk, sight) = (crate::referral::desk(&viewer), viewer.sight(&setting));
    let mut tx = asked.state.db.read().await?;
    let resource = if by == By::Partner {
        let (seen, tier) = referral::read::for_partner(&mut tx, &desk, &sight, id).await?.ok_or_else(absent)?;
        referral::read::resource(&seen, tier)
    } else {
        let (seen, tier) = referral::read::one(&mut tx, &desk, &sight, id).await?.ok_or_else(absent)?;
        referral::read::resource(&seen, tier)
    };
    drop(tx);
    let allowed = asked.state.guard.permit(&asked.call.who, action, &resource, &asked.call.purpose).await?;
    Ok(Act::Answer { id, revision: u32::try_from(revision).unwrap_or(u32::MAX), act, allowed })
}

async fn register<'a>(asked: &'a Asked<'_>, sent: &Sent<'_>) -> Result<Act<'a>, Fault> {
    let new = person::registered(sent.resource, &asked.country())?;
    if let Some(condition) = sent.if_none_exist {
        let pairs: Vec<(String, String)> =
            url::form_urlencoded::parse(condition.trim_start_matches('?').as_bytes()).into_owned().collect();
        let search = fhir::search::Search::read(read::kind_of("Patient")?, &pairs)?;
        let (found, more) = people::search(asked, &search).await?;
        match (found.as_slice(), more) {
            ([], _) => {}
            ([one], None) => return Ok(Act::There { kind: "Patient", id: one.id().to_owned() }),
            _ => return Err(Fault::field(Code::Precondition, "http.if-none-exist", "more than one person fits")),
        }
    }
    // A person nobody knows yet stands to nobody: the permission is about the office's own place.
    let resource = Resource::people([]).showing(["person"]);
    let _allowed =
        asked.state.guard.permit(&asked.call.who, Action::RegisterEvent, &resource, &asked.call.purpose).await?;
    Ok(Act::Register { new })
}

impl Act<'_> {
    /// Does it, in the transaction of the whole.
    pub(super) async fn run(&self, tx: &mut Tx, asked: &Asked<'_>) -> Result<Answered, Fault> {
        let viewer = asked.viewer();
        let who = &asked.call.who;
        match self {
            Act::Visit { about, visit, allowed, shown } => {
                let done = record::run(tx, &desk(&viewer), who, allowed.as_ref(), *about, visit).await;
                Ok(submitted(asked, "Encounter", *shown, &done.map_err(not_taken)?))
            }
            Act::Assess { input, person, allowed, shown } => {
                let who = guard::Who { person: person.or(who.person), ..who.clone() };
                let done = assess::run(tx, &desk(&viewer), &who, allowed.as_ref(), input).await;
                Ok(submitted(asked, "QuestionnaireResponse", *shown, &done.map_err(not_taken)?))
            }
            Act::Refer { input, allowed, viewer } => {
                let setting = viewer.setting();
                let desk = crate::referral::desk(viewer);
                let sent = request::run(tx, &desk, &viewer.sight(&setting), allowed, input).await.map_err(not_sent)?;
                let status = if sent.already { "200 OK" } else { "201 Created" };
                Ok(at(status, "ServiceRequest", &sent.id.to_string(), 1))
            }
            Act::Answer { id, revision, act, allowed } => {
                let desk = crate::referral::desk(&viewer);
                change::run(tx, &desk, who, allowed, *id, Some(*revision), act).await.map_err(not_answered)?;
                let moves = !matches!(act, ReferralAct::Close { .. });
                let version = usize::try_from(*revision).unwrap_or_default() + usize::from(moves);
                Ok(at("200 OK", "Task", &id.to_string(), version))
            }
            Act::Register { new } => {
                let source =
                    Some(who.organisation.clone()).filter(|o| !o.is_empty()).unwrap_or_else(|| "self".to_owned());
                let origin = Origin::new(source, "", who.account.to_string());
                let pen = Pen::new(&*asked.state.ids, asked.state.guard.keys(), viewer.now, &origin);
                let id = registry::person::create(tx, pen, new).await.map_err(not_registered)?;
                registry::duplicate::find(tx, pen, id).await?;
                Ok(Answered { location: Some(format!("Patient/{id}")), ..plain("201 Created") })
            }
            Act::There { kind, id } => Ok(Answered { location: Some(format!("{kind}/{id}")), ..plain("200 OK") }),
        }
    }
}

fn plain(status: &str) -> Answered {
    Answered { status: status.to_owned(), location: None, etag: None, outcome: None, resource: None }
}

fn at(status: &str, kind: &str, id: &str, version: usize) -> Answered {
    Answered {
        location: Some(format!("{kind}/{id}/_history/{version}")),
        etag: Some(format!("W/\"{version}\"")),
        ..plain(status)
    }
}

/// What came of a visit or assessment. One that was kept for the supervisor is told so, with the reason and nothing else.
fn submitted(asked: &Asked<'_>, kind: &str, (id, version): (Uuid, usize), done: &Outcome) -> Answered {
    let t = text::Text::new(asked.lang);
    match done {
        Outcome::Taken => at(if version == 1 { "201 Created" } else { "200 OK" }, kind, &id.to_string(), version),
        Outcome::Again => Answered {
            outcome: Some(told("information", "duplicate", t.t("fhir-taken-before").into_owned())),
            ..at("200 OK", kind, &id.to_string(), version)
        },
        Outcome::Kept(why) => {
            let words = t.with("fhir-kept", &[("reason", why.word().into())]);
            Answered { outcome: Some(told("warning", "business-rule", words.into_owned())), ..plain("202 Accepted") }
        }
    }
}

fn told(severity: &'static str, code: &'static str, text: String) -> Value {
    outcome(&[Issue { severity, code, text, diagnostics: None, expression: None }])
}

fn not_taken(error: VisitFault) -> Fault {
    use VisitFault as V;
    let words = error.to_string();
    let invalid = |place: &str| Fault::field(Code::Invalid, place, words.clone());
    match error {
        V::Store(inner) => inner.into(),
        V::Key(why) => {
            tracing::error!(%why, "what is kept apart could not be sealed");
            Fault::new(Code::Internal)
        }
        V::NotAllowed => Fault::told(Code::Forbidden, words),
        V::NoEnrolment => Fault::new(Code::NotFound),
        V::NoConsent | V::OtherContent => Fault::told(Code::Conflict, words),
        V::NothingToCorrect => Fault::told(Code::Precondition, words),
        V::Ahead(_) => invalid("Encounter.period.start"),
        V::NoInstrument(_) | V::NotAlone => invalid("QuestionnaireResponse.questionnaire"),
        V::Answers(_) => invalid("QuestionnaireResponse.item"),
        V::Impossible { .. } => invalid("Observation.valueQuantity"),
        V::NotTheirChild => invalid("Observation.subject"),
        V::NoReason | V::TooLong => invalid("Encounter.extension"),
        V::Minutes => invalid("Encounter.length"),
    }
}

fn not_sent(error: request::Fault) -> Fault {
    use request::Fault as R;
    let words = error.to_string();
    let invalid = |place: &str| Fault::field(Code::Invalid, format!("ServiceRequest.{place}"), words.clone());
    match error {
        R::Store(inner) => inner.into(),
        R::Nobody => Fault::new(Code::NotFound),
        R::NotAllowed => Fault::told(Code::Forbidden, words),
        R::NoService(_) | R::OutOfArea(_) => invalid("performer"),
        R::NotItsNeed { .. } => invalid("code"),
        R::NotAgreed | R::AgreedByStranger | R::Protected => invalid("extension"),
        R::NoWords | R::TooLong(_) => invalid("reasonCode"),
        R::OtherReferral | R::Instead(_) => Fault::told(Code::Conflict, words),
    }
}

fn not_answered(error: change::Fault) -> Fault {
    use change::Fault as C;
    let words = error.to_string();
    match error {
        C::Store(inner) => inner.into(),
        C::Nothing => Fault::new(Code::NotFound),
        C::NotAllowed => Fault::told(Code::Forbidden, words),
        C::Moved(_) => Fault::told(Code::Precondition, words),
        C::Wrong(_) => Fault::field(Code::Conflict, "Task.status", words),
        C::NoWords | C::TooLong(_) => Fault::field(Code::Invalid, "Task.statusReason.text", words),
        C::BadDay => Fault::field(Code::Invalid, "Task.executionPeriod.start", words),
    }
}

fn not_registered(error: registry::person::PersonError) -> Fault {
    use registry::person::PersonError as P;
    let words = error.to_string();
    match error {
        P::Store(inner) => inner.into(),
        P::NoPerson => Fault::new(Code::NotFound),
        P::NoName => Fault::field(Code::Invalid, "Patient.name", words),
        P::EmptyIdentifier => Fault::field(Code::Invalid, "Patient.identifier", words),
        P::IdentifierTaken => Fault::field(Code::Conflict, "Patient.identifier", words),
        P::Date(_) => Fault::field(Code::Invalid, "Patient.birthDate", words),
        P::Keys(why) => {
            tracing::error!(%why, "an identifier could not be sealed");
            Fault::new(Code::Internal)
        }
    }
}
