//! FHIR R4 as clients meet it: a nurse's tablet sends a visit and its correction, a service answers a referral to its end, a mother reads
//! her own; and what must never leave. Every resource that is served here and every one that is sent is kept for the validators.

mod door;
mod export;
mod indicators;
mod people;
mod plans;
mod referrals;
mod visits;

use axum::body::Body;
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use guard::{Action, Purpose, Relation, Resource, Role};
use kernel::{Period, PersonId};
use registry::household::MemberRole;
use registry::intake::{self, IntakeError, NewHousehold, NewMember};
use registry::person::{Detail, Name, NewPerson, Script, Sex};
use registry::protection::NewProtection;
use registry::residence::Address;
use registry::{FactValue, Origin, Pen};
use serde_json::{Value, json};
use tower::ServiceExt;
use visit::enrol;
use web::AppState;
use web::request::Session;

use crate::birth::{Browser, session, values};
use crate::stages::client;
use crate::state::installation;
use crate::visits::{field, staff};

pub(super) const URI: &str = "urn:ietf:rfc:3986";
pub(super) const JSON: &str = "application/fhir+json";

/// An answer of the server.
pub(super) struct Got {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    pub(super) body: Value,
}

impl Got {
    pub(super) fn etag(&self) -> String {
        self.headers.get(header::ETAG).expect("an etag").to_str().expect("text").to_owned()
    }

    /// The resources of a searchset.
    pub(super) fn found(&self) -> Vec<Value> {
        assert_eq!((self.status, &self.body["resourceType"]), (200, &json!("Bundle")), "{}", self.body);
        self.body["entry"].as_array().cloned().unwrap_or_default().into_iter().map(|e| e["resource"].clone()).collect()
    }

    /// Places and words of an OperationOutcome.
    pub(super) fn refused(&self, status: u16, place: &str) {
        assert_eq!((self.status, &self.body["resourceType"]), (status, &json!("OperationOutcome")), "{}", self.body);
        let issue = &self.body["issue"][0];
        let found = issue["expression"][0].as_str().unwrap_or_default();
        assert_eq!(found, place, "{}", self.body);
    }
}

/// Who calls: a signed-in person, or a machine by its token.
pub(super) enum Caller {
    Person(Session),
    Machine(String),
}

pub(super) struct Client<'a> {
    pub(super) app: &'a axum::Router,
    pub(super) caller: Caller,
}

impl Client<'_> {
    pub(super) async fn call(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<(&str, String)>,
    ) -> Got {
        let mut request = Request::builder().method(method).uri(format!("/fhir/R4{path}"));
        request = request.header("hearth-reason", "a%20test");
        if !headers.iter().any(|(name, _)| *name == "accept-language") {
            request = request.header(header::ACCEPT_LANGUAGE, "en");
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Caller::Machine(token) = &self.caller {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        let (kind, body) = body.unwrap_or((JSON, String::new()));
        let mut request = request.header(header::CONTENT_TYPE, kind).body(Body::from(body)).expect("a request");
        if let Caller::Person(session) = &self.caller {
            request.extensions_mut().insert(session.clone());
        }
        let response = self.app.clone().oneshot(request).await.expect("the router answers");
        let (parts, body) = response.into_parts();
        let bytes = axum::body::to_bytes(body, 16 << 20).await.expect("a body");
        let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        let got = Got { status: parts.status.as_u16(), headers: parts.headers, body };
        keep(&got.body);
        got
    }

    pub(super) async fn get(&self, path: &str) -> Got {
        self.call(Method::GET, path, &[], None).await
    }

    pub(super) async fn send(&self, method: Method, path: &str, headers: &[(&str, &str)], body: &Value) -> Got {
        let got = self.call(method, path, headers, Some((JSON, body.to_string()))).await;
        // What was refused may be anything.
        if got.status < 300 {
            keep(body);
        }
        got
    }

    pub(super) async fn post(&self, path: &str, body: &Value) -> Got {
        self.send(Method::POST, path, &[], body).await
    }
}

/// Keeps what was sent and served, one file each, for the two validators of `cargo xtask test`.
pub(super) fn keep(resource: &Value) {
    let Some(kind) = resource["resourceType"].as_str() else { return };
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/fhir");
    std::fs::create_dir_all(&folder).expect("a folder");
    let text = serde_json::to_string_pretty(resource).expect("JSON");
    let print: u64 = text.bytes().fold(0xcbf2_9ce4_8422_2325, |h, b| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3));
    std::fs::write(folder.join(format!("{kind}-{print:016x}.json")), text).expect("a file");
}

/// A family with a child of three weeks: mother, father, child.
pub(super) async fn family(state: &AppState) -> [PersonId; 3] {
    let member = |family: &str, given: &str, born: &str, sex, role, parents: &[usize], spouse| NewMember {
        person: NewPerson {
            names: vec![Name::new(Script::Hang, family, given)],
            identifier: None,
            details: vec![
                Detail::BirthDate(born.parse().expect("a day")),
                Detail::Sex(sex),
                Detail::Phone("010-2222-3333".to_owned()),
            ],
        },
        role,
        parents: parents.to_vec(),
        spouse,
        facts: Vec::new(),
    };
    let new = NewHousehold {
        since: jiff::civil::date(2022, 5, 1),
        address: Address::new("kr-11-680", "은행나무로 12, 304호", "06000"),
        members: vec![
            member("김", "하윤", "1995-03-02", Sex::Female, MemberRole::Head, &[], Some(1)),
            member("박", "민준", "1993-07-01", Sex::Male, MemberRole::Spouse, &[], None),
            member("박", "하늘", "2026-10-30", Sex::Female, MemberRole::Child, &[0, 1], None),
        ],
        facts: Vec::new(),
    };
    let origin = Origin::new("mois", "", "test");
    let (_, people) = store::transact!(state.db, IntakeError, |tx| {
        let pen = Pen::new(&*state.ids, state.guard.keys(), state.now(), &origin);
        intake::run(tx, pen, &|_: &registry::Subject, _: &str, _: &FactValue| Ok(()), &new).await
    })
    .expect("a family");
    people.try_into().expect("three")
}

/// A family that is visited, its people, and everybody's sessions.
pub(super) struct Town {
    pub(super) state: AppState,
    pub(super) app: axum::Router,
    pub(super) mother: PersonId,
    pub(super) father: PersonId,
    pub(super) child: PersonId,
    pub(super) nurse: Session,
    pub(super) colleague: Session,
    pub(super) lead: Session,
    _folder: tempfile::TempDir,
}

impl Town {
    pub(super) async fn new() -> Town {
        let (state, folder) = installation().await;
        let [mother, father, child] = family(&state).await;
        let app = web::router(state.clone());
        let nurse = staff(&state, Role::Nurse, "정은지").await;
        let colleague = staff(&state, Role::Nurse, "오세나").await;
        let lead = staff(&state, Role::VisitSupervisor, "한지민").await;
        let town = Town { state, app, mother, father, child, nurse, colleague, lead, _folder: folder };
        town.enrol().await;
        let lead = town.browser(town.lead.clone());
        let page = town.page(&lead).await;
        let to = town.nurse.who.account.to_string();
        assert_eq!(lead.post(&page, &[("do", "give"), ("nurse", &to)]).await.status, StatusCode::SEE_OTHER);
        town
    }

    /// The mother asks for visits.
    pub(super) async fn enrol(&self) {
        let me = self.citizen(self.mother).who;
        let resource = Resource::person(self.mother, Relation { own: true, ..Relation::default() });
        let allowed = self.state.guard.permit(&me, Action::JoinVisits, &resource, &Purpose::own_affairs()).await;
        let allowed = allowed.expect("she may");
        let pack = self.state.packs.current();
        let (keys, ids, now) = (self.state.guard.keys(), &*self.state.ids, self.state.now());
        let desk = visit::Desk { pack: &pack, keys, ids, now };
        let done = store::transact!(self.state.db, enrol::Fault, |tx| {
            enrol::run(tx, &desk, &me, &allowed, self.mother, true).await
        });
        done.expect("enrolled");
    }

    pub(super) fn citizen(&self, person: PersonId) -> Session {
        session(&self.state, Role::Citizen, Some(person), "김하윤")
    }

    pub(super) fn browser(&self, session: Session) -> Browser<'_> {
        Browser { app: &self.app, session, cookie: String::new(), language: "en" }
    }

    /// The page of the family.
    pub(super) async fn page(&self, who: &Browser<'_>) -> String {
        format!("/visits/family/{}", values(&who.get("/visits/families").await.body, "href=\"/visits/family/")[0])
    }

    pub(super) fn person(&self, session: &Session) -> Client<'_> {
        Client { app: &self.app, caller: Caller::Person(session.clone()) }
    }

    pub(super) async fn machine(&self, agency: &str) -> Client<'_> {
        Client { app: &self.app, caller: Caller::Machine(client(&self.state, agency).await) }
    }
}
