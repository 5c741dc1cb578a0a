//! The counter: several children of one birth, an event told wrongly, what was known before; an administrator's import; refusals
//! before anybody is known.

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use guard::Role;
use web::safety::{Limits, protect};

use crate::birth::{Browser, couple, session};
use crate::state::{installation, keep, send};

#[tokio::test(flavor = "multi_thread")]
async fn twins_are_registered_at_once_and_a_wrong_event_is_corrected_and_withdrawn() {
    let (state, _folder) = installation().await;
    let (home, mother, father) = couple(&state).await;
    let app = web::router(state.clone());
    let official = Browser {
        app: &app,
        session: session(&state, Role::CounterOfficial, None, "박서준"),
        cookie: "hearth_purpose=counter_service.birth".to_owned(),
        language: "en",
    };
    let path = format!("/official/households/{home}");
    let births = format!("{path}/events/birth");
    let (mother, father) = (mother.to_string(), father.to_string());
    let one = [
        ("key", "01890a5d-ac96-774b-bcce-b302099a8057"),
        ("mother", mother.as_str()),
        ("second", father.as_str()),
        ("name", "First Twin"),
        ("sex", "female"),
        ("born", "2026-11-20"),
        ("of", "1"),
    ];
    let mut adding = one.to_vec();
    adding.push(("do", "add"));
    let more = official.post(&births, &adding).await;
    assert_eq!(more.status, StatusCode::OK, "{}", more.body);
    assert!(more.body.contains("name=\"name-2\"") && more.body.contains("value=\"First Twin\""), "{}", more.body);
    keep("flow-twins.en.html", &more.body);
    let mut both = one.to_vec();
    both[6] = ("of", "2");
    both.push(("name-2", "Second Twin"));
    let refused = official.post(&births, &both).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "the second has no sex yet");
    assert!(refused.body.contains("href=\"#f-sex-2\">Sex (2): "), "{}", refused.body);
    both.push(("sex-2", "male"));
    let told = official.post(&births, &both).await;
    assert_eq!(told.status, StatusCode::SEE_OTHER, "{}", told.body);
    assert_eq!(official.post(&births, &both).await.status, StatusCode::SEE_OTHER, "sent twice");
    let screen = official.get(&path).await;
    for child in ["First Twin</th>", "Second Twin</th>"] {
        assert_eq!(screen.body.matches(child).count(), 1, "{child}");
    }

    let moving = [("place", "kr-11-680"), ("street", "Wrong Street 1"), ("on", "2026-11-02"), ("key", "12345678-move")];
    assert_eq!(official.post(&format!("{path}/events/move"), &moving).await.status, StatusCode::SEE_OTHER);
    let screen = official.get(&path).await;
    assert!(screen.body.contains("Wrong Street 1"));
    // The clock stands still here, so the move may be listed before or after the births.
    let the_move = async |screen: &str| {
        let links = screen.split("href=\"/official/happened/").skip(1).filter_map(|r| r.split('"').next());
        for link in links {
            let form = official.get(&format!("/official/happened/{link}")).await;
            assert_eq!(form.status, StatusCode::OK, "{}", form.body);
            if form.body.contains("name=\"street\"") {
                return (format!("/official/happened/{link}"), form.body);
            }
        }
        panic!("no move can be mended in {screen}");
    };
    assert_eq!(screen.body.matches("href=\"/official/happened/").count(), 3, "two births and a move");
    let (mend, form) = the_move(&screen.body).await;
    keep("flow-mend-move.en.html", &form);
    let nothing = official.post(&mend, &[("reason", "misheard"), ("do", "correct")]).await;
    assert_eq!(nothing.status, StatusCode::UNPROCESSABLE_ENTITY);
    let right =
        [("reason", "misheard"), ("do", "correct"), ("place", "kr-11-680"), ("street", "Right Street 2"), ("on", "")];
    let done = official.post(&mend, &right).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.body);
    let screen = official.get(&format!("{path}?done=corrected")).await;
    assert!(screen.body.contains("Right Street 2") && !screen.body.contains("Wrong Street 1"), "{}", screen.body);
    let (mend, _) = the_move(&screen.body).await;
    let done = official.post(&mend, &[("reason", "another family"), ("do", "withdraw")]).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.body);
    let screen = official.get(&path).await;
    assert!(screen.body.contains("은행나무로 12"), "they live where they lived: {}", screen.body);
    assert_eq!(official.get(&mend).await.status, StatusCode::NOT_FOUND, "what was withdrawn is settled");

    for (value, on, key) in [("1,000,000", "2026-01-01", "12345678-a"), ("2,000,000", "2026-06-01", "12345678-b")] {
        let fields = [
            ("person", mother.as_str()),
            ("item", "person.wage"),
            ("value", value),
            ("on", on),
            ("key", key),
            ("told", mother.as_str()),
        ];
        let told = official.post(&format!("{path}/events/income"), &fields).await;
        assert_eq!(told.status, StatusCode::SEE_OTHER, "{}", told.body);
    }
    let screen = official.get(&path).await;
    assert!(screen.body.contains("One earlier value") && screen.body.contains("1,000,000"), "{}", screen.body);
    assert!(screen.body.contains("told by Hayun Kim at the counter"), "{}", screen.body);
    keep("flow-history.en.html", &screen.body);

    // Nothing is entered on nobody's word, and a finding says what was seen.
    let base = [("person", mother.as_str()), ("item", "person.wage"), ("value", "3,000,000"), ("on", "2026-09-01")];
    let enter = async |more: &[(&str, &str)]| {
        official.post(&format!("{path}/events/income"), &[&base[..], more].concat()).await
    };
    let refused = enter(&[("key", "12345678-c")]).await;
    assert!(
        refused.status == StatusCode::UNPROCESSABLE_ENTITY && refused.body.contains("f-told-error"),
        "{}",
        refused.body
    );
    let refused = enter(&[("key", "12345678-d"), ("told", "office")]).await;
    assert!(refused.body.contains("f-evidence-error"), "{}", refused.body);
    let found = enter(&[("key", "12345678-e"), ("told", "office"), ("evidence", "the pay slip of August")]).await;
    assert_eq!(found.status, StatusCode::SEE_OTHER, "{}", found.body);
    let screen = official.get(&path).await;
    assert!(screen.body.contains("found by the office: the pay slip of August"), "{}", screen.body);
    let mut tx = state.db.read().await.expect("a read");
    let sql = "select source from person_fact where item = 'wage' order by recorded_at, fact_id";
    let sources: Vec<String> =
        tx.all(sql, &[]).await.expect("rows").iter().map(|r| r.get("source").expect("one")).collect();
    assert_eq!(sources, ["self", "self", official.session.who.organisation.as_str()]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_checked_then_imported_and_every_refused_row_is_told() {
    let (state, _folder) = installation().await;
    let app = web::router(state.clone());
    let admin = Browser {
        app: &app,
        session: session(&state, Role::Administrator, None, "정하린"),
        cookie: String::new(),
        language: "en",
    };
    let form = admin.get("/admin/import").await;
    assert_eq!(form.status, StatusCode::OK, "{}", form.body);
    let upload = async |dry: bool, file: &str| {
        let part = |name: &str, value: &str| {
            format!("--edge\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
        };
        let file = format!(
            "--edge\r\ncontent-disposition: form-data; name=\"file\"; filename=\"p.csv\"\r\ncontent-type: text/csv\r\n\r\n{file}\r\n--edge--\r\n"
        );
        let dry = if dry { part("dry", "yes") } else { String::new() };
        let body = part("table", "persons") + &part("source", "mois") + &part("law", "") + &dry + &file;
        let request = Request::post("/admin/import").header(header::CONTENT_TYPE, "multipart/form-data; boundary=edge");
        send(&app, admin.request(request, Body::from(body))).await
    };
    let rows = "ref,family,given,birth_date\nP1,서,하나,1990-01-02\nP2,서,둘,tomorrow\n";
    for (dry, taken) in [(true, 1), (false, 1), (false, 0)] {
        let report = upload(dry, rows).await;
        assert_eq!(report.status, StatusCode::OK, "{}", report.body);
        assert!(report.body.contains("tomorrow") && report.body.contains("<code>P2</code>"), "{}", report.body);
        assert!(report.body.contains(&format!("<dt>Taken over</dt><dd>{taken}</dd>")), "{}", report.body);
        keep("flow-import.en.html", &report.body);
    }
    assert_eq!(upload(true, "").await.status, StatusCode::UNPROCESSABLE_ENTITY);
    let wrong = upload(true, "name;born\n").await;
    assert!(wrong.status == StatusCode::UNPROCESSABLE_ENTITY && wrong.body.contains("semicolons"), "{}", wrong.body);
    let other = Browser { session: session(&state, Role::CounterOfficial, None, "x"), ..admin };
    assert_eq!(other.get("/admin/import").await.status, StatusCode::FORBIDDEN);
}

#[tokio::test(flavor = "multi_thread")]
async fn refusals_before_anybody_is_known_are_pages_and_problems() {
    let (state, _folder) = installation().await;
    let one = std::num::NonZeroU32::MIN;
    let limits = Limits { per_second: one, burst: one, ..Limits::default() };
    let app = protect(web::router(state.clone()), false, limits);
    let ask = async |path: &str, method: &str| {
        let request = Request::builder().method(method).uri(path).header(header::ACCEPT_LANGUAGE, "ko");
        send(&app, request.body(Body::empty()).expect("a request")).await
    };
    assert_eq!(ask("/", "GET").await.status, StatusCode::OK);
    let page = ask("/", "GET").await;
    assert_eq!(page.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(page.body.contains("<html lang=\"ko\">") && page.body.contains("<h1>"), "{}", page.body);
    let problem = ask("/api/programmes", "GET").await;
    assert!(problem.body.contains("urn:hearth:problem:too-many"), "{}", problem.body);

    let app = protect(web::router(state), false, Limits::default());
    for (path, sign) in [("/offers", "<h1>"), ("/api/persons", "urn:hearth:problem:forbidden")] {
        let request =
            Request::post(path).header("sec-fetch-site", "cross-site").header("origin", "https://other.example");
        let refused = send(&app, request.body(Body::empty()).expect("a request")).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN);
        assert!(refused.body.contains(sign), "{path}: {}", refused.body);
    }
}
