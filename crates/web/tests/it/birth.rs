//! The one flow as people meet it: a birth at the counter, the family's offers, two accepted, and every look to be seen.

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use guard::{Role, Who};
use kernel::{AccountId, Instant, PersonId, SessionId};
use registry::household::MemberRole;
use registry::intake::{self, IntakeError, NewHousehold, NewMember, Stated};
use registry::person::{Detail, Name, NewPerson, Script, Sex};
use registry::residence::Address;
use registry::{FactValue, Origin, Pen};
use web::{AppState, Session};

use crate::state::{Answer, installation, keep, send};

const PLACE: &str = "kr-11-680";
const MOTHER: &str = "1995-03-02";

fn member(
    family: &str,
    given: &str,
    latin: &str,
    born: &str,
    sex: Sex,
    role: MemberRole,
    spouse: Option<usize>,
) -> NewMember {
    let born = born.parse().expect("a date");
    let fact = |item: &str, value| Stated {
        item: item.to_owned(),
        value,
        origin: Origin::new("nts", "", "test"),
        from: jiff::civil::date(2026, 1, 1),
    };
    NewMember {
        person: NewPerson {
            names: vec![Name::new(Script::Hang, family, given), Name::whole(Script::Latn, latin)],
            identifier: None,
            details: vec![Detail::BirthDate(born), Detail::Sex(sex)],
        },
        role,
        parents: Vec::new(),
        spouse,
        facts: if role == MemberRole::Spouse {
            vec![fact("wage_nhis", FactValue::Money(2_400_000))]
        } else {
            Vec::new()
        },
    }
}

/// A couple without children: the household, the mother and the father.
pub(crate) async fn couple(state: &AppState) -> (kernel::HouseholdId, PersonId, PersonId) {
    let new = NewHousehold {
        since: jiff::civil::date(2022, 5, 1),
        address: Address::new(PLACE, "은행나무로 12, 304호", ""),
        members: vec![
            member("김", "하윤", "Hayun Kim", MOTHER, Sex::Female, MemberRole::Head, None),
            member("박", "민준", "Minjun Park", "1993-07-01", Sex::Male, MemberRole::Spouse, Some(0)),
        ],
        facts: Vec::new(),
    };
    let origin = Origin::new("mois", "", "test");
    let now = state.now();
    let (home, people) = store::transact!(state.db, IntakeError, |tx| {
        let pen = Pen::new(&*state.ids, state.guard.keys(), now, &origin);
        intake::run(tx, pen, &|_: &registry::Subject, _: &str, _: &FactValue| Ok(()), &new).await
    })
    .expect("a family");
    (home, people[0], people[1])
}

pub(crate) fn session(state: &AppState, role: Role, person: Option<PersonId>, name: &str) -> Session {
    let now = Instant::from_micros(0);
    let who = Who {
        account: AccountId::new(&*state.ids, now),
        session: SessionId::new(&*state.ids, now),
        role,
        organisation: if role == Role::Citizen { String::new() } else { "mohw".to_owned() },
        jurisdiction: (role != Role::Citizen).then(|| PLACE.to_owned()),
        person,
        strong: true,
        suspended: false,
        break_glass: false,
    };
    Session { who, name: name.to_owned(), others: Vec::new() }
}

pub(crate) struct Browser<'a> {
    pub(crate) app: &'a Router,
    pub(crate) session: Session,
    pub(crate) cookie: String,
    pub(crate) language: &'static str,
}

impl Browser<'_> {
    pub(crate) fn request(&self, request: axum::http::request::Builder, body: Body) -> Request<Body> {
        let request = request.header(header::COOKIE, &self.cookie).header(header::ACCEPT_LANGUAGE, self.language);
        let mut request = request.header("sec-fetch-site", "same-origin").body(body).expect("a request");
        request.extensions_mut().insert(self.session.clone());
        request
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        send(self.app, self.request(Request::get(path), Body::empty())).await
    }

    pub(crate) async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let request = Request::post(path).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        send(self.app, self.request(request, Body::from(body))).await
    }
}

/// The values of an attribute after a text, in order.
pub(crate) fn values<'a>(page: &'a str, after: &str) -> Vec<&'a str> {
    page.split(after).skip(1).filter_map(|rest| rest.split('"').next()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_birth_becomes_offers_that_are_accepted_and_every_look_is_seen() {
    let (state, _folder) = installation().await;
    let (home, mother, father) = couple(&state).await;
    let app = web::router(state.clone());
    let official = Browser {
        app: &app,
        session: session(&state, Role::CounterOfficial, None, "박서준"),
        cookie: "hearth_purpose=counter_service.birth".to_owned(),
        language: "ko",
    };
    let no_reason =
        official.post("/official/search", &[("purpose", "counter_service"), ("reason", ""), ("q", "김하윤")]).await;
    assert_eq!(no_reason.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(no_reason.body.contains("href=\"#f-reason\""));
    let found = official
        .post("/official/search", &[("purpose", "counter_service"), ("reason", "출생 신고"), ("q", "김하윤")])
        .await;
    assert_eq!(found.status, StatusCode::OK, "{}", found.body);
    let path = format!("/official/households/{home}");
    assert!(found.body.contains(&path), "{}", found.body);
    keep("flow-search.ko.html", &found.body);

    let (mother_id, father_id) = (mother.to_string(), father.to_string());
    let birth = [
        ("key", "01890a5d-ac96-774b-bcce-b302099a8057"),
        ("mother", mother_id.as_str()),
        ("second", father_id.as_str()),
        ("name", "박서아"),
        ("born", "2026.11.20"),
        ("sex", "female"),
        ("order", "1"),
    ];
    let events = format!("{path}/events/birth");
    let form = official.get(&events).await;
    assert_eq!(form.status, StatusCode::OK, "{}", form.body);
    let mut wrong = birth;
    wrong[4] = ("born", "tomorrow");
    let refused = official.post(&events, &wrong).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.body.contains("value=\"박서아\"") && refused.body.contains("value=\"tomorrow\""));
    let told = official.post(&events, &birth).await;
    assert_eq!(told.status, StatusCode::SEE_OTHER, "{}", told.body);
    assert_eq!(official.post(&events, &birth).await.status, StatusCode::SEE_OTHER, "sent twice");
    let screen = official.get(&format!("{path}?done=5")).await;
    assert_eq!(screen.status, StatusCode::OK, "{}", screen.body);
    assert_eq!(screen.body.matches("박서아</th>").count(), 1, "the child stands once among the members");
    keep("flow-household.ko.html", &screen.body);
    let past = official.get(&format!("{path}?on=2026-11-01")).await;
    assert_eq!(past.status, StatusCode::OK);
    keep("flow-household-past.ko.html", &past.body);

    let family = Browser {
        app: &app,
        session: session(&state, Role::Citizen, Some(mother), "김하윤"),
        cookie: String::new(),
        language: "ko",
    };
    let offers = family.get("/offers").await;
    assert_eq!(offers.status, StatusCode::OK, "{}", offers.body);
    keep("flow-offers.ko.html", &offers.body);
    let mine: Vec<&str> = values(&offers.body, "name=\"offer\" value=\"");
    assert!(mine.len() >= 3, "{} offers", mine.len());
    let revisions: Vec<(String, &str)> = mine
        .iter()
        .map(|id| {
            let rev = values(&offers.body, &format!("name=\"rev-{id}\" value=\""));
            (format!("rev-{id}"), rev.first().copied().unwrap_or(""))
        })
        .collect();
    let mut tapped = Vec::new();
    for (id, rev) in mine.iter().zip(&revisions) {
        let answered = family.post("/offers", &[("accept", id), (rev.0.as_str(), rev.1)]).await;
        if answered.status == StatusCode::SEE_OTHER {
            tapped.push(*id);
        }
        if tapped.len() == 2 {
            break;
        }
    }
    assert_eq!(tapped.len(), 2, "two offers can be accepted");
    let after = family.get(&format!("/offers?accepted={}&accepted={}", tapped[0], tapped[1])).await;
    assert_eq!(values(&after.body, "name=\"offer\" value=\"").len(), mine.len() - 2, "{}", after.body);
    keep("flow-offers-done.ko.html", &after.body);
    let nothing = family.post("/offers", &[("do", "accept-chosen")]).await;
    assert_eq!(nothing.status, StatusCode::UNPROCESSABLE_ENTITY);

    for page in ["/family", "/looked"] {
        let answer = family.get(page).await;
        assert_eq!(answer.status, StatusCode::OK, "{page}: {}", answer.body);
        assert!(!answer.body.contains(text::MISSING_MARK), "{page}");
        keep(&format!("flow{}.ko.html", page.replace('/', "-")), &answer.body);
    }
    let looked = family.get("/looked").await;
    for sure in ["창구 담당", "찾기 결과에 나옴", "생애 사건 기록 또는 신원 정보 정정", "본인"]
    {
        assert!(looked.body.contains(sure), "{sure} is not in {}", looked.body);
    }

    let stranger = Browser { session: session(&state, Role::Analyst, None, "x"), language: "ko", ..family };
    for page in [path.as_str(), "/offers", "/family", "/looked", "/privacy/log"] {
        let stranger = Browser { cookie: official.cookie.clone(), session: stranger.session.clone(), ..stranger };
        assert!(stranger.get(page).await.status.is_client_error(), "{page}");
    }
    let officer = Browser {
        app: &app,
        session: session(&state, Role::PrivacyOfficer, None, "최지우"),
        cookie: String::new(),
        language: "ko",
    };
    let log = officer.get("/privacy/log").await;
    assert_eq!(log.status, StatusCode::OK, "{}", log.body);
    keep("flow-log.ko.html", &log.body);
    let one = values(&log.body, "href=\"/privacy/log/").into_iter().next().expect("an entry").to_owned();
    assert_eq!(officer.get(&format!("/privacy/log/{one}")).await.status, StatusCode::OK);
    let mine = officer.post("/privacy/log", &[("person", mother_id.as_str())]).await;
    assert!(mine.body.contains("href=\"/privacy/log/"), "{}", mine.body);
    let sound = officer.post("/privacy/verify", &[]).await;
    assert!(sound.body.contains("온전합니다"), "{}", sound.body);
}
