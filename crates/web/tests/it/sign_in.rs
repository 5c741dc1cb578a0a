//! Signing in as a browser does it, over real connections: our pages, the provider's, back with a code, a session, out.

use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::sync::Arc;

use axum::Router;
use axum::middleware;
use axum::routing::get;
use guard::Role;
use guard::account::{self, AccountError, Duty, NewLocal};
use guard::log::Trust;
use kernel::{Clock, Instant};
use registry::person::{self, Detail, Identifier, Name, NewPerson, PersonError, Script};
use reqwest::header::{COOKIE, LOCATION, SET_COOKIE};
use reqwest::{Client, Response, StatusCode};
use store::transact;
use web::provider::{DemoPerson, IDENTIFIER_CLAIM, Provider, ProviderError};
use web::safety::{Limits, protect};
use web::sign_in::{OidcSettings, SignIn, attach, routes};
use web::{AppState, Session};

/// Tokens are checked against the true time, so this test needs it.
struct TrueClock;

impl Clock for TrueClock {
    #[expect(clippy::disallowed_methods, reason = "tokens are checked against the true time")]
    fn now(&self) -> Instant {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970");
        Instant::from_micros(i64::try_from(since.as_micros()).expect("fits"))
    }
}

struct Site {
    app: AppState,
    root: String,
    http: Client,
    account: kernel::AccountId,
    _folder: tempfile::TempDir,
}

async fn who(session: Option<Session>) -> String {
    session.map_or("nobody".to_owned(), |s| format!("{} {} {}", s.name, s.who.role, s.who.strong))
}

/// Of the Korean scheme: a mother, somebody who died, somebody in no register.
const MOTHER: &str = "950302-2000001";
const DEAD: &str = "880715-1000001";
const ABSENT: &str = "900101-2000001";

/// Whom the provider knows by a national identifier.
fn newcomer(subject: &str, number: &str) -> DemoPerson {
    let identifier = Some(number.to_owned());
    DemoPerson { subject: subject.into(), name: subject.into(), what: "a person".into(), strong: true, identifier }
}

async fn site(limits: Limits) -> Site {
    let (mut app, folder) = crate::state::installation().await;
    app.clock = Arc::new(TrueClock);
    app.db
        .migrate(&[store::SCHEMA, registry::SCHEMA, casework::SCHEMA, account::SCHEMA])
        .await
        .expect("tables of accounts");
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let root = format!("http://{}", listener.local_addr().expect("an address"));
    app.config = Arc::new(web::Config { public_url: root.clone(), ..web::Config::default() });
    let person = DemoPerson {
        subject: "official".into(),
        name: "An Official".into(),
        what: "counter".into(),
        strong: true,
        identifier: None,
    };
    let stranger = DemoPerson {
        subject: "stranger".into(),
        name: "A Stranger".into(),
        what: "none".into(),
        strong: true,
        identifier: None,
    };
    let provider = Provider::new(
        &root,
        "hearth",
        vec![
            person,
            stranger,
            newcomer("mother", MOTHER),
            newcomer("dead", DEAD),
            newcomer("absent", ABSENT),
            newcomer("hacker", "1' or 1=1"),
            newcomer("clerk", MOTHER),
            newcomer("clerk-again", MOTHER),
        ],
        app.clock.clone(),
    )
    .expect("loopback");
    let duty = Duty { role: Role::CounterOfficial, organisation: "office".into(), jurisdiction: Some("1".into()) };
    let (ids, now) = (app.ids.clone(), app.now());
    let account = transact!(app.db, AccountError, |tx| {
        let id = account::create(tx, &*ids, now, "An Official", None, std::slice::from_ref(&duty)).await?;
        account::link(tx, provider.issuer(), "official", id).await?;
        Ok(id)
    })
    .expect("an account");
    let settings = OidcSettings {
        issuer: provider.issuer().to_owned(),
        client_id: "hearth".into(),
        client_secret: None,
        redirect: format!("{root}/sign-in/return"),
        always_strong: false,
        identifier_claim: Some(IDENTIFIER_CLAIM.into()),
        scopes: vec!["profile".into()],
    };
    let sign_in = SignIn::new(app.clone(), Some(settings), Vec::new()).expect("settings");
    let router = Router::new()
        .route("/who", get(who))
        .merge(routes(sign_in.clone()))
        .merge(provider.routes())
        .layer(middleware::from_fn_with_state(sign_in, attach));
    let service = protect(router, false, limits).into_make_service_with_connect_info::<SocketAddr>();
    tokio::spawn(async move { axum::serve(listener, service).await });
    let http = Client::builder().redirect(reqwest::redirect::Policy::none()).build().expect("a client");
    Site { app, root, http, account, _folder: folder }
}

impl Site {
    async fn get(&self, path: &str, cookie: &str) -> Response {
        let address = if path.starts_with("http") { path.to_owned() } else { format!("{}{path}", self.root) };
        self.http.get(address).header(COOKIE, cookie).send().await.expect("an answer")
    }

    async fn who(&self, cookie: &str) -> String {
        self.get("/who", cookie).await.text().await.expect("text")
    }

    /// From our page to the provider and back as far as the address with the code: the flow cookie and that address.
    async fn to_the_provider(&self, hint: &str) -> (String, String) {
        let begun = self.get(&format!("/sign-in/go?hint={hint}&next=/who"), "").await;
        let flow = cookie(&begun, "hearth_sign_in");
        let back = self.get(&location(&begun), "").await;
        (flow, location(&back))
    }
}

fn location(answer: &Response) -> String {
    answer.headers().get(LOCATION).expect("a redirect").to_str().expect("text").to_owned()
}

/// `name=value` of a cookie that was set.
fn cookie(answer: &Response, name: &str) -> String {
    let all = answer.headers().get_all(SET_COOKIE).iter().map(|v| v.to_str().expect("text"));
    let one = all.into_iter().find(|v| v.starts_with(name)).expect("the cookie");
    assert!(one.contains("HttpOnly") && one.contains("SameSite=Lax"), "{one}");
    one.split(';').next().expect("a pair").to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_official_signs_in_and_out_and_every_step_is_in_the_log() {
    let site = site(Limits::default()).await;
    let (flow, back) = site.to_the_provider("official").await;
    let entered = site.get(&back, &flow).await;
    assert_eq!((entered.status(), location(&entered).as_str()), (StatusCode::SEE_OTHER, "/who"));
    let session = cookie(&entered, "hearth_session");
    assert_eq!(site.who(&session).await, "An Official counter_official true");
    assert_eq!(site.who("hearth_session=guessed").await, "nobody");
    // The same code again.
    assert_ne!(site.get(&back, &flow).await.status(), StatusCode::SEE_OTHER);
    let out = |origin: &str| {
        let ask = site.http.post(format!("{}/sign-out", site.root)).header(COOKIE, session.clone());
        ask.header("sec-fetch-site", origin.to_owned()).send()
    };
    assert_eq!(out("cross-site").await.expect("an answer").status(), StatusCode::FORBIDDEN);
    assert_eq!(site.who(&session).await, "An Official counter_official true");
    assert_eq!(out("same-origin").await.expect("an answer").status(), StatusCode::SEE_OTHER);
    assert_eq!(site.who(&session).await, "nobody");
    let verified = site.app.guard.log().verify(Trust::default()).await.expect("runs").expect("whole");
    assert_eq!(verified.entries(), 3, "signed in, failed, signed out");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_belongs_to_the_browser_that_began_it() {
    let site = site(Limits::default()).await;
    let (flow, back) = site.to_the_provider("official").await;
    let (other_flow, _) = site.to_the_provider("official").await;
    for cookie in ["", "hearth_sign_in=AAAA", other_flow.as_str()] {
        let refused = site.get(&back, cookie).await;
        assert_eq!(refused.status(), StatusCode::BAD_REQUEST, "{cookie:?}");
        assert!(refused.headers().get(SET_COOKIE).is_none());
    }
    let changed = back.replace("state=", "state=x");
    assert_eq!(site.get(&changed, &flow).await.status(), StatusCode::BAD_REQUEST);
    assert_eq!(site.get(&back, &flow).await.status(), StatusCode::SEE_OTHER);
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_the_provider_knows_and_we_do_not_gets_no_session() {
    let site = site(Limits::default()).await;
    let (flow, back) = site.to_the_provider("stranger").await;
    let refused = site.get(&back, &flow).await;
    assert_eq!(refused.status(), StatusCode::FORBIDDEN);
    assert!(refused.headers().get(SET_COOKIE).is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_providers_page_offers_its_people_and_takes_no_other_client() {
    let site = site(Limits::default()).await;
    let begun = site.get("/sign-in/go?next=//evil.example", "").await;
    let address = location(&begun);
    let page = site.get(&address, "").await.text().await.expect("text");
    assert!(page.contains("An Official") && page.contains("name=\"code_challenge\""));
    let other = address.replace("client_id=hearth", "client_id=other");
    assert_eq!(site.get(&other, "").await.status(), StatusCode::BAD_REQUEST);
    // Nobody is sent elsewhere afterwards.
    let back = site.get(&format!("{address}&person=official"), "").await;
    let entered = site.get(&location(&back), &cookie(&begun, "hearth_sign_in")).await;
    assert_eq!(location(&entered), "/");
    assert!(matches!(
        Provider::new("https://hearth.example", "hearth", Vec::new(), site.app.clock.clone()),
        Err(ProviderError::NotLoopback(_))
    ));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_break_glass_form_asks_for_all_three_and_slows_down() {
    let site = site(Limits::default()).await;
    let (account, keys) = (site.account, site.app.guard.keys());
    let new = NewLocal { account, login: "duty", password: "correct horse battery" };
    let secret =
        transact!(site.app.db, AccountError, |tx| account::create_local(tx, keys, &new).await).expect("an account");
    let send = |password: &'static str, code: String| {
        let body = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("login", "duty")
            .append_pair("password", password)
            .append_pair("code", &code)
            .finish();
        let ask = site.http.post(format!("{}/sign-in/local", site.root));
        ask.header("content-type", "application/x-www-form-urlencoded").body(body).send()
    };
    let code = || secret.code_at(site.app.now()).expect("a code");
    assert_eq!(send("wrong wrong wrong", code()).await.expect("an answer").status(), StatusCode::UNPROCESSABLE_ENTITY);
    let entered = send("correct horse battery", code()).await.expect("an answer");
    assert_eq!(entered.status(), StatusCode::SEE_OTHER);
    assert_eq!(site.who(&cookie(&entered, "hearth_session")).await, "An Official counter_official true");
    for _ in 0..3 {
        let again = send("wrong wrong wrong", "000000".into()).await.expect("an answer");
        assert_eq!(again.status(), StatusCode::UNPROCESSABLE_ENTITY);
    }
    let slowed = send("correct horse battery", code()).await.expect("an answer");
    assert_eq!(slowed.status(), StatusCode::TOO_MANY_REQUESTS);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_carries_the_headers_and_floods_are_turned_away() {
    let few = NonZeroU32::new(3).expect("not zero");
    let site = site(Limits { per_second: few, burst: few, ..Limits::default() }).await;
    let page = site.get("/sign-in", "").await;
    let header = |name: &str| page.headers().get(name).map_or("", |v| v.to_str().unwrap_or(""));
    assert!(header("content-security-policy").contains("default-src 'none'"));
    assert!(!header("content-security-policy").contains("unsafe"));
    assert_eq!(
        ["x-content-type-options", "x-frame-options", "referrer-policy", "cache-control"].map(header),
        ["nosniff", "DENY", "same-origin", "no-store"]
    );
    let mut seen = Vec::new();
    for _ in 0..6 {
        seen.push(site.get("/who", "").await.status());
    }
    assert!(seen.contains(&StatusCode::TOO_MANY_REQUESTS), "{seen:?}");
}

impl Site {
    /// Signs in at the provider: the answer of our way back.
    async fn enter(&self, hint: &str) -> Response {
        let (flow, back) = self.to_the_provider(hint).await;
        self.get(&back, &flow).await
    }

    /// The account of an official whom the provider knows by a name.
    async fn official(&self, subject: &str, role: Role) -> kernel::AccountId {
        let duty = Duty { role, organisation: "office".into(), jurisdiction: None };
        let (app, issuer) = (&self.app, format!("{}/provider", self.root));
        transact!(app.db, AccountError, |tx| {
            let id = account::create(tx, &*app.ids, app.now(), "A Clerk", None, std::slice::from_ref(&duty)).await?;
            account::link(tx, &issuer, subject, id).await?;
            Ok(id)
        })
        .expect("an account")
    }

    async fn suspend(&self, id: kernel::AccountId) {
        transact!(self.app.db, AccountError, |tx| account::suspend(tx, id, true).await).expect("suspended");
    }

    /// Asks to act in another role.
    async fn act_as(&self, cookie: &str, role: &str) -> Response {
        let ask = self.http.post(format!("{}/sign-in/role", self.root)).header(COOKIE, cookie);
        let ask = ask.header("content-type", "application/x-www-form-urlencoded").body(format!("role={role}"));
        ask.send().await.expect("an answer")
    }

    /// Somebody in the register, by name and number.
    async fn registered(&self, family: &str, number: &str, died: Option<&str>) -> kernel::PersonId {
        let origin = registry::Origin::new("mois", "", "test");
        let app = &self.app;
        let mut details = vec![Detail::BirthDate("1988-07-15".parse().expect("a day"))];
        details.extend(died.map(|day| Detail::DeathDate(day.parse().expect("a day"))));
        let new = NewPerson {
            names: vec![Name::new(Script::Hang, family, "하윤")],
            identifier: Some(Identifier::new("rrn", number)),
            details,
        };
        transact!(app.db, PersonError, |tx| {
            let pen = registry::Pen::new(&*app.ids, app.guard.keys(), app.now(), &origin);
            person::create(tx, pen, &new).await
        })
        .expect("registered")
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_in_the_register_gets_an_account_of_their_own_at_the_first_sign_in() {
    let site = site(Limits::default()).await;
    let mother = site.registered("김", MOTHER, None).await;
    site.registered("박", DEAD, Some("2020-01-01")).await;
    for (who, status) in [
        ("absent", StatusCode::FORBIDDEN),
        ("dead", StatusCode::FORBIDDEN),
        ("stranger", StatusCode::FORBIDDEN),
        ("hacker", StatusCode::SERVICE_UNAVAILABLE),
    ] {
        let refused = site.enter(who).await;
        assert_eq!(refused.status(), status, "{who}");
        assert!(refused.headers().get(SET_COOKIE).is_none(), "{who}");
        let page = refused.text().await.expect("a page");
        assert!(!page.contains(DEAD) && !page.contains(ABSENT), "no number is told: {page}");
    }
    let mut seen = Vec::new();
    // The same person under another name of the provider's is the same account.
    for who in ["mother", "mother", "clerk"] {
        let entered = site.enter(who).await;
        assert_eq!(entered.status(), StatusCode::SEE_OTHER, "{who}");
        assert_eq!(site.who(&cookie(&entered, "hearth_session")).await, "김하윤 citizen true");
        let (mut tx, issuer) = (site.app.db.read().await.expect("a read"), format!("{}/provider", site.root));
        let found = account::of_subject(&mut tx, &issuer, who).await;
        seen.extend(found.expect("a row").map(|a| (a.id, a.person)));
    }
    assert_eq!(seen.len(), 3);
    assert!(seen.iter().all(|one| *one == seen[0] && one.1 == Some(mother)), "{seen:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_officials_account_learns_whose_record_is_theirs() {
    let site = site(Limits::default()).await;
    let id = site.official("clerk", Role::Caseworker).await;
    let person = async || {
        account::by_id(&mut site.app.db.read().await.expect("a read"), id).await.expect("read").expect("there").person
    };
    // Not in this register yet: let in, and known by nobody's record.
    assert_eq!(site.enter("clerk").await.status(), StatusCode::SEE_OTHER);
    assert_eq!(person().await, None);
    let mother = site.registered("김", MOTHER, None).await;
    assert_eq!(site.enter("clerk").await.status(), StatusCode::SEE_OTHER);
    assert_eq!(person().await, Some(mother));
    // By another name of the provider's she does not get the job: that was given to this one.
    let entered = site.enter("mother").await;
    assert_eq!(site.who(&cookie(&entered, "hearth_session")).await, "김하윤 citizen true");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_official_who_is_a_mother_looks_after_her_own_affairs_as_a_citizen() {
    let site = site(Limits::default()).await;
    site.official("clerk", Role::CounterOfficial).await;
    site.registered("김", MOTHER, None).await;
    let work = cookie(&site.enter("clerk").await, "hearth_session");
    assert_eq!(site.who(&work).await, "A Clerk counter_official true");
    for role in ["finance", "nobody", ""] {
        let refused = site.act_as(&work, role).await;
        assert_eq!(refused.status(), StatusCode::FORBIDDEN, "{role:?}");
        assert!(refused.headers().get(SET_COOKIE).is_none(), "{role:?}");
    }
    assert_eq!(site.act_as("", "citizen").await.headers().get(LOCATION).expect("sent on"), "/sign-in");
    assert_eq!(site.who(&work).await, "A Clerk counter_official true");
    let changed = site.act_as(&work, "citizen").await;
    assert_eq!(changed.status(), StatusCode::SEE_OTHER);
    let home = cookie(&changed, "hearth_session");
    assert_eq!(site.who(&home).await, "A Clerk citizen true");
    assert_eq!(site.who(&work).await, "nobody", "one session, one role");
    let back = cookie(&site.act_as(&home, "counter_official").await, "hearth_session");
    assert_eq!(site.who(&back).await, "A Clerk counter_official true");
    let over = site.act_as(&home, "counter_official").await;
    assert_eq!(over.headers().get(LOCATION).expect("sent on"), "/sign-in", "that session is over");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_works_under_two_accounts() {
    let site = site(Limits::default()).await;
    let first = site.official("clerk", Role::Caseworker).await;
    site.official("clerk-again", Role::Approver).await;
    site.registered("김", MOTHER, None).await;
    let at_work = cookie(&site.enter("clerk").await, "hearth_session");
    // With this one she could sign what she prepared with the other.
    let refused = site.enter("clerk-again").await;
    assert_eq!(refused.status(), StatusCode::FORBIDDEN);
    assert!(refused.headers().get(SET_COOKIE).is_none());
    assert_eq!(site.who(&at_work).await, "A Clerk caseworker true");
    // She moved on: the first is shut, and stays shut to her while she works under the second.
    site.suspend(first).await;
    let entered = site.enter("clerk-again").await;
    assert_eq!(site.who(&cookie(&entered, "hearth_session")).await, "A Clerk approver true");
}
