//! Pages that need no account.

use axum::http::StatusCode;

use crate::state::{get, installation, post};

#[tokio::test(flavor = "multi_thread")]
async fn public_pages_answer_in_the_language_asked_for() {
    let (state, _folder) = installation().await;
    let first = state.packs.current().programmes().iter().next().expect("a programme").id.clone();
    let app = web::router(state);
    for path in ["/", "/check", "/programmes", "/analyst/parameters", &format!("/programmes/{first}")] {
        let answer = get(&app, path).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
        assert!(answer.body.contains("<html lang=\"ko\">"), "{path}");
        assert!(!answer.body.contains(text::MISSING_MARK), "{path}");
        let russian = get(&app, &format!("{path}?lang=ru")).await;
        assert!(russian.body.contains("<html lang=\"ru\">"), "{path}");
    }
    let lost = get(&app, "/nowhere").await;
    assert_eq!(lost.status, StatusCode::NOT_FOUND);
    assert!(lost.body.contains("<h1>"));
    assert_eq!(get(&app, "/programmes/no_such").await.status, StatusCode::NOT_FOUND);
    let many: Vec<(&str, &str)> = vec![("x", "y"); 2_001];
    let flooded = post(&app, "/check/place", &many).await;
    assert_eq!(flooded.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert!(flooded.body.contains("<h1>"), "a refusal is a page");
}

const FAMILY: [(&str, &str); 9] = [
    ("place", "kr-11-680"),
    ("count", "3"),
    ("m0-born", "19950302"),
    ("m1-rel", "spouse"),
    ("m1-born", "1993.7.1"),
    ("m2-rel", "child"),
    ("m2-born", "2026-11-20"),
    ("m0-due", ""),
    ("do", "next"),
];

#[tokio::test(flavor = "multi_thread")]
async fn a_family_without_account_learns_what_it_may_get() {
    let (state, _folder) = installation().await;
    let app = web::router(state);
    let questions = post(&app, "/check/people", &FAMILY).await;
    assert_eq!(questions.status, StatusCode::OK);
    assert!(questions.body.contains("/check/result"), "{}", questions.body);
    let result = post(&app, "/check/result", &FAMILY[..8]).await;
    assert_eq!(result.status, StatusCode::OK);
    crate::state::keep("flow-check-result.en.html", &result.body);
    crate::state::keep("flow-check-more.en.html", &questions.body);
    // No register was asked, so its silence is no answer: the birth may be registered or not.
    let voucher = "<h3>First-meeting voucher</h3>";
    assert!(
        !result.body.contains(voucher) && result.body.contains("First-meeting voucher · Child born 20 November 2026")
    );
    let mut told = FAMILY[..8].to_vec();
    told.push(("m2-birth_registered", "yes"));
    let sure = post(&app, "/check/result", &told).await;
    assert!(sure.body.contains(voucher), "the voucher is certain once the birth is registered");
    assert!(!result.body.contains(text::MISSING_MARK));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_typed_wrong_is_said_at_its_field_and_all_is_kept() {
    let (state, _folder) = installation().await;
    let app = web::router(state);
    let mut family = FAMILY;
    family[2] = ("m0-born", "1995-02-30");
    let answer = post(&app, "/check/people", &family).await;
    assert!(
        answer.body.contains("href=\"#f-m0-born\"") && answer.body.contains("value=\"1995-02-30\""),
        "{}",
        answer.body
    );
    assert!(answer.body.contains("value=\"1993.7.1\""));
    for hostile in ["<script>", "' or 1=1 --", "\u{0}", "999999999999999999999", "💥", "../../etc"] {
        for field in
            ["place", "count", "m0-born", "m1-rel", "h-monthly_rent", "m0-wage", "m99-wage", "do", "drop", "lang"]
        {
            let mut fields = FAMILY.to_vec();
            fields.retain(|(name, _)| *name != field);
            fields.push((field, hostile));
            for page in ["/check/place", "/check/people", "/check/more", "/check/result"] {
                let answer = post(&app, page, &fields).await;
                assert!(answer.status.is_success(), "{page} {field} {hostile}: {}", answer.status);
                assert!(!answer.body.contains("<script>"), "{page} {field}");
            }
        }
    }
}

/// A clock that notes where it was sent.
#[derive(Default)]
struct Noted(std::sync::atomic::AtomicU32);

impl web::demo::Hands for Noted {
    fn goes_to(&self) -> Option<kernel::Instant> {
        None
    }
    fn send(&self, seconds: u32) -> std::io::Result<()> {
        self.0.store(seconds, std::sync::atomic::Ordering::SeqCst);
        Ok(())
    }
    fn step(&self) -> std::io::Result<bool> {
        Ok(false)
    }
}

#[tokio::test]
async fn the_clock_moves_in_a_demonstration_alone_and_never_back() {
    let (state, _folder) = installation().await;
    let app = web::router(state.clone());
    for answer in [get(&app, "/demo/time").await, post(&app, "/demo/time", &[("do", "week")]).await] {
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "people are real, or nobody said otherwise");
    }
    assert!(!get(&app, "/check").await.body.contains("/demo/time"));
    let clock = std::sync::Arc::new(Noted::default());
    let config = web::Config { travel: Some(web::demo::Travel(clock.clone())), ..(*state.config).clone() };
    let app = web::router(web::AppState { config: std::sync::Arc::new(config), ..state });
    assert!(get(&app, "/check").await.body.contains("/demo/time"), "on every page");
    let sent = || clock.0.swap(0, std::sync::atomic::Ordering::SeqCst);
    for (fields, days) in [
        (&[("do", "day")][..], 1),
        (&[("do", "week")], 7),
        (&[("do", "month")], 30),
        (&[("do", "date"), ("date", "2028-11-21")], 731),
        (&[("do", "date"), ("date", "2026-11-22")], 1),
    ] {
        assert_eq!(post(&app, "/demo/time", fields).await.status, StatusCode::SEE_OTHER, "{fields:?}");
        assert_eq!(sent(), days * 86_400, "{fields:?}");
    }
    for date in ["2026-11-21", "2026-11-20", "1999-01-01", "2029-11-22", "9999-12-31", "", "soon"] {
        let answer = post(&app, "/demo/time", &[("do", "date"), ("date", date)]).await;
        assert_eq!((answer.status, sent()), (StatusCode::UNPROCESSABLE_ENTITY, 0), "{date}");
    }
}

/// What left for two telephones.
struct Two;

impl web::demo::phones::Phones for Two {
    fn sent(&self) -> std::io::Result<Vec<web::demo::phones::Sent>> {
        let one = |to: &str, who: Option<&str>, text: &str| web::demo::phones::Sent {
            to: to.to_owned(),
            who: who.map(str::to_owned),
            lang: kernel::Lang::Ko,
            text: text.to_owned(),
            at: kernel::Instant::from_micros(0),
        };
        let link = "어떠셨나요? http://127.0.0.1:8080/s/a.1.2.3";
        Ok(vec![one("010-0000-0012", Some("mother-1"), link), one("010-0000-0099", None, "<b>11월 23일</b>")])
    }
}

#[tokio::test]
async fn telephones_are_read_in_a_demonstration_alone_and_by_a_part_of_the_name() {
    let (state, _folder) = installation().await;
    let app = web::router(state.clone());
    assert_eq!(get(&app, "/demo/messages").await.status, StatusCode::NOT_FOUND, "people are real");
    let post = Some(web::demo::phones::Post(std::sync::Arc::new(Two)));
    let config = web::Config { post, ..(*state.config).clone() };
    let app = web::router(web::AppState { config: std::sync::Arc::new(config), ..state });
    let all = get(&app, "/demo/messages").await;
    assert_eq!(all.status, StatusCode::OK);
    assert!(all.body.contains("href=\"http://127.0.0.1:8080/s/a.1.2.3\"") && all.body.contains("mother-1"));
    assert!(all.body.contains("&lt;b&gt;11월 23일&lt;/b&gt;"), "what a message says is text");
    for (who, first, second) in [("Mother-1", true, false), ("0099", false, true), ("nobody", false, false)] {
        let some = get(&app, &format!("/demo/messages?who={who}")).await.body;
        assert_eq!((some.contains("010-0000-0012"), some.contains("010-0000-0099")), (first, second), "{who}");
    }
}
