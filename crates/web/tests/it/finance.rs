//! A month's money as finance officers meet it: a run opened, signed and released by two persons, its bank file, what the
//! bank answers, a recovery, and the ledger; on both engines.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use guard::Role;
use jiff::civil::date;
use kernel::{CaseId, Currency, DecisionId, PersonId};
use payment::account::{self, Details, New};
use payment::grant;
use payment::model::{Form, Grant, PayRule, Per, RecoveryLimits, Slice, Subject};
use payment::run::Payer;
use store::transact;
use web::{AppState, Config, Session};

use crate::birth::{Browser, couple, session};
use crate::state::{installation, keep, send};

const SCHEMAS: &[store::Schema] =
    &[store::SCHEMA, guard::account::SCHEMA, registry::SCHEMA, casework::SCHEMA, payment::SCHEMA, referral::SCHEMA];

/// The same installation on each engine at hand.
async fn installations() -> Vec<(AppState, tempfile::TempDir)> {
    let mut all = Vec::new();
    for db in store::testing::databases(SCHEMAS).await.expect("databases") {
        let (state, folder) = installation().await;
        let payer = Payer { name: "Treasury".into(), account: "110123456789".into(), bank: "088".into() };
        let config = Config { payer: Some(payer), ..(*state.config).clone() };
        all.push((AppState { db, config: Arc::new(config), ..state }, folder));
    }
    all
}

fn desk(state: &AppState) -> payment::Desk<'_> {
    payment::Desk { keys: state.guard.keys(), ids: &*state.ids, now: state.now(), today: state.today() }
}

/// A verified account.
async fn account(state: &AppState, person: PersonId, number: &str) {
    let details = Details { number: number.into(), bank: "004".into(), holder: "Holder".into() };
    let new = New::Own { form: Form::Cash, details };
    let (desk, by) = (desk(state), session(state, Role::Finance, None, "x").who.account);
    transact!(state.db, account::Fault, |tx| {
        let id = account::set(tx, &desk, person, &new, by).await?;
        account::verify(tx, &desk, person, id, "name check", None).await
    })
    .expect("an account");
}

pub(crate) fn monthly(state: &AppState, payee: PersonId, minor: i64) -> Grant {
    let from = date(2026, 11, 1);
    Grant {
        decision: DecisionId::new(&*state.ids, state.now()),
        supersedes: None,
        subject: Subject::Person(payee),
        case: CaseId::new(&*state.ids, state.now()),
        programme: "child_allowance".into(),
        agency: "mohw".into(),
        payee,
        form: Form::Cash,
        per: Per::Month,
        currency: Currency::KRW,
        slices: vec![Slice { from, until: None, minor }],
        effective_from: from,
        effective_until: None,
        pay: PayRule::Monthly { day: 25 },
        recovery: RecoveryLimits { set_off_percent: 20, waive_up_to_minor: 0 },
        law: "Act, article 1".into(),
    }
}

pub(crate) async fn grant(state: &AppState, grant: &Grant) {
    let desk = desk(state);
    transact!(state.db, grant::Fault, |tx| grant::run(tx, &desk, grant).await).expect("granted");
}

fn officer<'a>(app: &'a Router, state: &AppState, name: &str) -> Browser<'a> {
    Browser { app, session: session(state, Role::Finance, None, name), cookie: String::new(), language: "en" }
}

/// Where an answer leads, without what was done.
async fn led(browser: &Browser<'_>, path: &str, fields: &[(&str, &str)]) -> String {
    use tower::ServiceExt;
    let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    let request = Request::post(path).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    let request = browser.request(request, Body::from(body));
    let response = browser.app.clone().oneshot(request).await.expect("the router answers");
    assert_eq!(response.status(), StatusCode::SEE_OTHER, "{path} {fields:?}");
    let to = response.headers()[header::LOCATION].to_str().expect("an address");
    to.split('?').next().unwrap_or_default().to_owned()
}

async fn upload(browser: &Browser<'_>, file: &str) -> crate::state::Answer {
    let body = format!(
        "--edge\r\ncontent-disposition: form-data; name=\"file\"; filename=\"b.xml\"\r\ncontent-type: text/xml\r\n\r\n{file}\r\n--edge--\r\n"
    );
    let request = Request::post("/finance/returns").header(header::CONTENT_TYPE, "multipart/form-data; boundary=edge");
    send(browser.app, browser.request(request, Body::from(body))).await
}

/// A notification: payments booked, and those that came back with a reason.
fn camt(number: &str, entries: &[(&str, &str, Option<&str>)]) -> String {
    let entry = |(name, amount, back): &(&str, &str, Option<&str>)| {
        let side = if back.is_some() { "CRDT" } else { "DBIT" };
        let why = back.map(|c| format!("<RtrInf><Rsn><Cd>{c}</Cd></Rsn></RtrInf>")).unwrap_or_default();
        format!(
            "<Ntry><Amt Ccy=\"KRW\">{amount}</Amt><CdtDbtInd>{side}</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>\n<BookgDt><Dt>2026-11-25</Dt></BookgDt>\
            <NtryDtls><TxDtls><Refs><EndToEndId>{name}</EndToEndId></Refs><Amt Ccy=\"KRW\">{amount}</Amt><CdtDbtInd>{side}</CdtDbtInd>{why}</TxDtls></NtryDtls></Ntry>"
        )
    };
    let entries: String = entries.iter().map(entry).collect();
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.054.001.08\"><BkToCstmrDbtCdtNtfctn>\
        <GrpHdr><MsgId>{number}</MsgId><CreDtTm>2026-11-25T18:00:00+09:00</CreDtTm></GrpHdr><Ntfctn><Id>1</Id>{entries}</Ntfctn></BkToCstmrDbtCdtNtfctn></Document>"
    )
}

/// What stands between two tags, in order.
fn between<'a>(text: &'a str, open: &str) -> Vec<&'a str> {
    text.split(open).skip(1).filter_map(|rest| rest.split('<').next()).collect()
}

fn revision(page: &str) -> String {
    let rest = page.split("name=\"revision\" value=\"").nth(1).expect("a revision");
    rest.split('"').next().unwrap_or_default().to_owned()
}

/// Opens a run of the day and gives its address.
async fn run_of(first: &Browser<'_>, day: &str) -> String {
    let run = led(first, "/finance/runs", &[("pay_date", day), ("form", "cash"), ("agency", "")]).await;
    for _ in 0..100 {
        if !first.get(&run).await.body.contains("being prepared") {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    run
}

async fn released(first: &Browser<'_>, second: &Browser<'_>, run: &str) {
    let shown = revision(&first.get(run).await.body);
    led(first, run, &[("do", "sign"), ("revision", &shown)]).await;
    led(second, run, &[("do", "release"), ("revision", &shown)]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_persons_let_a_run_go_and_what_the_bank_says_comes_back() {
    for (state, _folder) in installations().await {
        let (_, mother, father) = couple(&state).await;
        account(&state, mother, "111-222-333").await;
        grant(&state, &monthly(&state, mother, 100_000)).await;
        grant(&state, &monthly(&state, father, 70_000)).await;
        let app = web::router(state.clone());
        let (first, second) = (officer(&app, &state, "First"), officer(&app, &state, "Second"));

        let empty = first.get("/finance/runs").await;
        assert!(empty.status == StatusCode::OK && empty.body.contains("There has been no run"), "{}", empty.body);
        for (day, word) in [("2026-11-22", "28"), ("tomorrow", "error"), ("2020-01-02", "far away")] {
            let refused = first.post("/finance/runs", &[("pay_date", day), ("form", "cash")]).await;
            assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{day}");
            assert!(refused.body.contains("href=\"#f-pay_date\""), "{word}: {}", refused.body);
        }
        let run = run_of(&first, "2026-11-25").await;
        let page = first.get(&run).await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.body);
        keep("flow-finance-run.en.html", &page.body);
        assert!(page.body.contains("김하윤") && page.body.contains("₩100,000"), "{}", page.body);
        let held = first.get(&format!("{run}?show=held")).await;
        assert!(held.body.contains("No account is known") && held.body.contains("₩70,000"), "{}", held.body);

        // One person alone lets nothing go, and not what changed since.
        let shown = revision(&page.body);
        let early = second.post(&run, &[("do", "release"), ("revision", &shown)]).await;
        assert!(early.status == StatusCode::UNPROCESSABLE_ENTITY && early.body.contains("To be signed"));
        let old = first.post(&run, &[("do", "sign"), ("revision", "7")]).await;
        assert!(old.status == StatusCode::UNPROCESSABLE_ENTITY && old.body.contains("changed after you saw it"));
        assert_eq!(led(&first, &run, &[("do", "sign"), ("revision", &shown)]).await, run);
        let alone = first.post(&run, &[("do", "release"), ("revision", &shown)]).await;
        assert_eq!(alone.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(alone.body.contains("A second person has to do this"), "{}", alone.body);
        assert_eq!(first.get(&format!("{run}/file")).await.status, StatusCode::CONFLICT, "no file before release");
        let mut weak = officer(&app, &state, "Weak");
        weak.session.who.strong = false;
        let weak = weak.post(&run, &[("do", "release"), ("revision", &shown)]).await;
        assert_eq!(weak.status, StatusCode::FORBIDDEN, "without a second factor");
        led(&second, &run, &[("do", "release"), ("revision", &shown)]).await;
        assert_eq!(
            second.post(&run, &[("do", "release"), ("revision", &shown)]).await.status,
            StatusCode::UNPROCESSABLE_ENTITY,
            "released twice"
        );

        let file = second.get(&format!("{run}/file")).await;
        assert_eq!(file.status, StatusCode::OK, "{}", file.body);
        assert_eq!(file.body, second.get(&format!("{run}/file")).await.body, "the same bytes each time");
        assert!(file.body.contains("pain.001.001.09") && file.body.contains("111222333"), "{}", file.body);
        assert_eq!(between(&file.body, "<CtrlSum>").first(), Some(&"100000"));
        let name = between(&file.body, "<EndToEndId>")[0].to_owned();

        // Faults of a file are told with their place, and nothing is applied.
        let broken = upload(&first, &camt("B1", &[(&name, "100000", None)]).replace("</Ntry>", "</Wrong>")).await;
        assert_eq!(broken.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", broken.body);
        assert!(broken.body.contains("Line 3 "), "{}", broken.body);
        let other = upload(&first, &file.body).await;
        assert!(other.status == StatusCode::UNPROCESSABLE_ENTITY && other.body.contains("pain.002"), "{}", other.body);
        assert_eq!(upload(&first, "").await.status, StatusCode::UNPROCESSABLE_ENTITY);

        let answer = camt("B2", &[(&name, "100000", Some("AC04")), ("NONSENSE", "5", None), ("NONSENSE", "6", None)]);
        let read = upload(&first, &answer).await;
        assert_eq!(read.status, StatusCode::OK, "{}", read.body);
        for sure in ["<dt>Applied</dt><dd>1</dd>", "none of ours", "The bank’s code AC04"] {
            assert!(read.body.contains(sure), "{sure}: {}", read.body);
        }
        keep("flow-finance-returns.en.html", &read.body);
        let again = upload(&first, &answer).await;
        assert!(again.body.contains("<dt>Told before</dt><dd>3</dd>"), "{}", again.body);

        settles_an_entry(&first, &read.body).await;
        waiting_by_api(&first, &browser_of(&app, session(&state, Role::Citizen, Some(mother), "김하윤")), mother).await;
        pays_again(&first, &second, &read.body).await;
        ledger_balances(&first).await;
    }
}

/// The entry that fitted nothing is settled once.
async fn settles_an_entry(first: &Browser<'_>, page: &str) {
    let href = page.split("href=\"/finance/returns/entry?").nth(1).and_then(|r| r.split('"').next());
    let query = href.expect("an entry to settle").replace("&amp;", "&");
    let form = first.get(&format!("/finance/returns/entry?{query}")).await;
    assert_eq!(form.status, StatusCode::OK, "{}", form.body);
    let named: Vec<(String, String)> = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    let mut fields: Vec<(&str, &str)> = named.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    let silent = first.post("/finance/returns/entry", &fields).await;
    assert_eq!(silent.status, StatusCode::UNPROCESSABLE_ENTITY, "it needs words");
    fields.push(("resolution", "a test payment of the bank"));
    assert_eq!(led(first, "/finance/returns/entry", &fields).await, "/finance/returns");
    assert_eq!(first.post("/finance/returns/entry", &fields).await.status, StatusCode::NOT_FOUND, "settled");
}

fn browser_of(app: &Router, session: Session) -> Browser<'_> {
    Browser { app, session, cookie: String::new(), language: "en" }
}

/// What waits, by programs: listed, another account given and confirmed, refused where it cannot be; an entry settled.
async fn waiting_by_api(first: &Browser<'_>, mother: &Browser<'_>, payee: PersonId) {
    use serde_json::json;
    let call = async |who: &Browser<'_>, method: &str, path: &str, key: &str, body: serde_json::Value| {
        api(first.app, &who.session, method, path, key, body).await
    };
    let (status, list) = call(first, "GET", "/api/payments?stand=returned", "", json!(null)).await;
    let one = &list["payments"][0];
    assert_eq!((status, &one["minor"], &one["reason"]), (200, &json!(100_000), &json!("AC04")), "{list}");
    assert_eq!(one["payee"], json!(payee), "{list}");
    assert_eq!(call(mother, "GET", "/api/payments", "", json!(null)).await.0, 403);
    for wrong in ["stand=lost", "after=there", "limit=0"] {
        assert_eq!(call(first, "GET", &format!("/api/payments?{wrong}"), "", json!(null)).await.0, 422, "{wrong}");
    }
    let path = format!("/api/payments/{}/acts", one["payment"].as_str().unwrap());
    let act = |act: &str| json!({ "act": act, "reason": "the bank asked for it" });
    assert_eq!(call(first, "POST", &path, "wait-0001", act("burn")).await.0, 422);
    assert_eq!(call(first, "POST", &path, "wait-0002", act("let_go")).await.0, 409, "nobody held it");
    assert_eq!(call(mother, "POST", &path, "wait-0003", act("pay_again")).await.0, 403);
    assert_eq!(call(first, "POST", "/api/payments/nothing/acts", "wait-0004", act("pay_again")).await.0, 404);

    let account = format!("/api/persons/{payee}/account");
    let own = |bank: &str, number: &str| json!({ "form": "cash", "own": { "bank": bank, "number": number, "holder": "김하윤" } });
    let (status, told) = call(first, "POST", &account, "account-1", own("999", "123456789012")).await;
    assert_eq!((status, &told["errors"][0]["pointer"]), (422, &json!("/own/bank")), "{told}");
    assert_eq!(call(first, "POST", &account, "account-2", json!({ "form": "cash" })).await.0, 422, "whose?");
    let (status, told) = call(mother, "POST", &account, "account-3", own("004", "123456789012")).await;
    assert_eq!(status, 200, "{told}");
    let confirmed = json!({ "account": told["account"], "how": "the bank said so" });
    let confirm = format!("{account}/confirmation");
    assert_eq!(call(mother, "POST", &confirm, "account-4", confirmed.clone()).await.0, 403, "not by herself");
    assert_eq!(call(first, "POST", &confirm, "account-5", confirmed).await.0, 200);
    let herself = json!({ "form": "cash", "guardian": { "to": payee, "reason": "a court said so", "law": "art. 9" } });
    assert_eq!(call(mother, "POST", &account, "account-6", herself.clone()).await.0, 403, "an officer's to say");
    let (status, told) = call(first, "POST", &account, "account-7", herself).await;
    assert_eq!((status, &told["errors"][0]["pointer"]), (422, &json!("/guardian/to")), "{told}");

    let (status, list) = call(first, "GET", "/api/bank-entries", "", json!(null)).await;
    assert_eq!((status, list["entries"].as_array().map(Vec::len)), (200, Some(1)), "{list}");
    let mut settled = json!({ "resolution": "a test payment of the bank" });
    for field in ["message", "entry", "digest"] {
        settled[field] = list["entries"][0][field].clone();
    }
    let path = "/api/bank-entries/settlement";
    assert_eq!(call(mother, "POST", path, "entry-0001", settled.clone()).await.0, 403);
    assert_eq!(call(first, "POST", path, "entry-0002", settled.clone()).await.0, 200);
    assert_eq!(call(first, "POST", path, "entry-0002", settled.clone()).await.0, 200, "told twice is told once");
    assert_eq!(call(first, "POST", path, "entry-0003", settled).await.0, 404, "settled");
}

/// What came back goes out again after another account.
async fn pays_again(first: &Browser<'_>, second: &Browser<'_>, page: &str) {
    let href = page.split("href=\"/finance/payment/").nth(1).and_then(|r| r.split('"').next()).expect("a payment");
    let path = format!("/finance/payment/{href}");
    let shown = first.get(&path).await;
    assert!(shown.status == StatusCode::OK && shown.body.contains("김하윤"), "{}", shown.body);
    assert!(shown.body.contains("박민준"), "the husband could be a guardian: {}", shown.body);
    keep("flow-finance-payment.en.html", &shown.body);
    let bad = [("do", "account"), ("bank", "004"), ("number", "<1>"), ("holder", "Holder")];
    assert_eq!(first.post(&path, &bad).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    led(first, &path, &[("do", "account"), ("bank", "004"), ("number", "999888777"), ("holder", "Holder")]).await;
    let shown = first.get(&path).await;
    let id = shown.body.split("name=\"account\" value=\"").nth(1).and_then(|r| r.split('"').next()).expect("an id");
    led(first, &path, &[("do", "verify"), ("account", id), ("how", "passbook seen")]).await;
    let next = run_of(first, "2026-11-26").await;
    released(first, second, &next).await;
    let file = first.get(&format!("{next}/file")).await;
    assert!(file.body.contains("999888777") && !file.body.contains("111222333"), "{}", file.body);
    let name = between(&file.body, "<EndToEndId>")[0].to_owned();
    let read = upload(first, &camt("B3", &[(&name, "100000", None)])).await;
    assert!(read.body.contains("<dt>Applied</dt><dd>1</dd>"), "{}", read.body);
}

async fn ledger_balances(first: &Browser<'_>) {
    let ledger = first.get("/finance/ledger?check=yes").await;
    assert_eq!(ledger.status, StatusCode::OK, "{}", ledger.body);
    keep("flow-finance-ledger.en.html", &ledger.body);
    assert!(ledger.body.contains("Everything adds up"), "{}", ledger.body);
    assert!(ledger.body.contains("₩200,000 in files = ₩100,000 confirmed + ₩0 at the bank + ₩100,000 came back"));
}

/// One call of a program; what came back is read as JSON.
async fn api(
    app: &Router,
    who: &Session,
    method: &str,
    path: &str,
    key: &str,
    body: serde_json::Value,
) -> (u16, serde_json::Value) {
    let request = Request::builder().method(method).uri(path);
    let request = request.header(header::CONTENT_TYPE, "application/json").header("idempotency-key", key);
    let request = request.header("hearth-reason", "a%20test");
    let text = if body.is_null() { String::new() } else { body.to_string() };
    let mut request = request.body(Body::from(text)).expect("a request");
    request.extensions_mut().insert(who.clone());
    let answer = send(app, request).await;
    (answer.status.as_u16(), serde_json::from_str(&answer.body).unwrap_or_default())
}

/// The recovery of which ₩30,000 is left, by programs: read, planned with set-off, repaid, waived by two.
async fn recoveries_by_api(app: &Router, [first, second, nobody]: [&Session; 3], id: &str) {
    use serde_json::{Value, json};
    let call = async |who: &Session, method: &str, path: &str, key: &str, body: Value| {
        api(app, who, method, path, key, body).await
    };
    let path = format!("/api/recoveries/{id}");
    let post = async |who: &Session, what: &str, key: &str, body: Value| {
        call(who, "POST", &format!("{path}/{what}"), key, body).await
    };
    let (status, list) = call(first, "GET", "/api/recoveries?status=open&limit=10", "", Value::Null).await;
    assert_eq!((status, &list["recoveries"][0]["owed"]), (200, &json!(30_000)), "{list}");
    let (_, none) = call(nobody, "GET", "/api/recoveries", "", Value::Null).await;
    assert!(none["recoveries"].as_array().is_none_or(Vec::is_empty), "{none}");
    assert_eq!(call(nobody, "GET", &path, "", Value::Null).await.0, 403);
    assert_eq!(call(first, "GET", "/api/recoveries?status=lost", "", Value::Null).await.0, 422);
    let (status, read) = call(first, "GET", &path, "", Value::Null).await;
    assert_eq!((status, &read["recovery"]["recovered"]), (200, &json!(10_000)), "{read}");

    for (what, key, body, expected) in [
        ("plan", "plan-0001", json!({ "parts": 99, "first": "2026-12-25", "by_set_off": true }), 422),
        ("plan", "plan-0002", json!({ "parts": 3, "first": "2020-12-25", "by_set_off": true }), 422),
        ("repayment", "paid-0001", json!({ "minor": 0, "receipt": "R7" }), 422),
        ("repayment", "paid-0002", json!({ "minor": 30_001, "receipt": "R7" }), 409),
        ("waiver", "waive-001", json!({ "minor": 10_000, "reason": "x", "law": "art. 5" }), 422),
        ("waiver-grant", "grant-001", json!({ "proposal": uuid::Uuid::from_u128(1) }), 422),
    ] {
        let (status, told) = post(first, what, key, body).await;
        assert_eq!(status, expected, "{what}: {told}");
    }
    let plan = json!({ "parts": 3, "first": "2026-12-25", "by_set_off": true });
    assert_eq!(post(nobody, "plan", "plan-0003", plan.clone()).await.0, 403);
    let (status, told) = post(first, "plan", "plan-0004", plan).await;
    assert_eq!((status, &told["outcome"]), (200, &json!("planned")), "{told}");
    let receipt = json!({ "minor": 10_000, "receipt": "R7" });
    assert_eq!(post(first, "repayment", "paid-0003", receipt.clone()).await.1["outcome"], "repaid");
    assert_eq!(post(first, "repayment", "paid-0004", receipt).await.1["outcome"], "repeated");
    let waiver = json!({ "minor": 20_000, "reason": "hardship", "law": "art. 5" });
    let (status, told) = post(first, "waiver", "waive-002", waiver.clone()).await;
    assert_eq!((status, &told["outcome"]), (200, &json!("proposed")), "{told}");
    assert_eq!(post(first, "waiver", "waive-002", waiver).await.1, told, "told twice is told once");
    let grant = json!({ "proposal": told["proposal"] });
    assert_eq!(post(first, "waiver-grant", "grant-002", grant.clone()).await.0, 403, "a second person has to agree");
    assert_eq!(post(second, "waiver-grant", "grant-003", grant).await.0, 200);
    let (_, read) = call(first, "GET", &path, "", Value::Null).await;
    let it = &read["recovery"];
    assert_eq!((&it["owed"], &it["status"], &it["by_set_off"]), (&json!(0), &json!("closed"), &json!(true)), "{read}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recovery_is_repaid_planned_and_waived_by_two() {
    for (state, _folder) in installations().await {
        let (_, mother, _) = couple(&state).await;
        account(&state, mother, "111222333").await;
        let before = monthly(&state, mother, 100_000);
        grant(&state, &before).await;
        let app = web::router(state.clone());
        let (first, second) = (officer(&app, &state, "First"), officer(&app, &state, "Second"));
        let run = run_of(&first, "2026-11-25").await;
        released(&first, &second, &run).await;
        let later = Grant {
            decision: DecisionId::new(&*state.ids, state.now()),
            supersedes: Some(before.decision),
            slices: before.slices.iter().map(|s| Slice { minor: 40_000, ..*s }).collect(),
            ..before.clone()
        };
        grant(&state, &later).await;

        let list = first.get("/finance/recoveries").await;
        assert!(list.body.contains("김하윤") && list.body.contains("₩60,000"), "{}", list.body);
        let href = list.body.split("href=\"/finance/recoveries/").nth(1).and_then(|r| r.split('"').next());
        let path = format!("/finance/recoveries/{}", href.expect("a recovery"));
        assert_eq!(first.get(&path).await.status, StatusCode::OK);
        let refused = [
            vec![("do", "repaid"), ("repaid", "60,001"), ("receipt", "R1")],
            vec![("do", "repaid"), ("repaid", "0"), ("receipt", "R1")],
            vec![("do", "repaid"), ("repaid", "much"), ("receipt", "R1")],
            vec![("do", "plan"), ("parts", "99"), ("first", "2026-12-25")],
            vec![("do", "plan"), ("parts", "3"), ("first", "2020-12-25")],
            vec![("do", "waive"), ("waived", "10,000"), ("waive_reason", ""), ("waive_law", "")],
        ];
        for fields in refused {
            let answer = first.post(&path, &fields).await;
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{fields:?}");
            assert!(answer.body.contains("summary-error"), "{fields:?}");
        }
        let receipt = [("do", "repaid"), ("repaid", "10,000"), ("receipt", "R1")];
        led(&first, &path, &receipt).await;
        led(&first, &path, &receipt).await;
        led(&first, &path, &[("do", "plan"), ("parts", "3"), ("first", "2026-12-25")]).await;
        let waiver = [("do", "waive"), ("waived", "20,000"), ("waive_reason", "hardship"), ("waive_law", "art. 5")];
        led(&first, &path, &waiver).await;
        let page = first.get(&path).await;
        let proposal = page.body.split("name=\"proposal\" value=\"").nth(1).and_then(|r| r.split('"').next());
        let proposal = proposal.expect("a second person has to agree");
        let own = first.post(&path, &[("do", "grant"), ("proposal", proposal)]).await;
        assert!(own.status == StatusCode::UNPROCESSABLE_ENTITY && own.body.contains("A second person"), "{}", own.body);
        led(&second, &path, &[("do", "grant"), ("proposal", proposal)]).await;
        let page = first.get(&path).await;
        // 60,000 less 10,000 booked once and 20,000 waived.
        assert!(page.body.contains("<strong class=\"num\">₩30,000</strong>"), "{}", page.body);
        let (one, two) = (&first.session, &second.session);
        recoveries_by_api(&app, [one, two, &session(&state, Role::Analyst, None, "Nobody")], href.expect("one")).await;
        keep("flow-finance-recovery.en.html", &page.body);
        let ledger = first.get("/finance/ledger?check=yes").await;
        assert!(ledger.body.contains("Everything adds up"), "{}", ledger.body);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_else_enters_and_people_of_another_place_stay_nameless() {
    for (state, _folder) in installations().await {
        let (_, mother, _) = couple(&state).await;
        account(&state, mother, "111222333").await;
        grant(&state, &monthly(&state, mother, 100_000)).await;
        let app = web::router(state.clone());
        let mut far = officer(&app, &state, "Far");
        far.session.who.jurisdiction = Some("kr-26-350".to_owned());
        let run = run_of(&far, "2026-11-25").await;
        let page = far.get(&run).await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.body);
        assert!(page.body.contains("₩100,000") && page.body.contains("Not shown to you"), "{}", page.body);
        assert!(!page.body.contains("김하윤") && !page.body.contains("•••"), "{}", page.body);
        let cancelled = far.post(&run, &[("do", "cancel"), ("cancel_reason", "")]).await;
        assert_eq!(cancelled.status, StatusCode::UNPROCESSABLE_ENTITY);
        led(&far, &run, &[("do", "cancel"), ("cancel_reason", "opened by mistake")]).await;
        let roles = [Role::Citizen, Role::Caseworker, Role::Approver, Role::CounterOfficial, Role::PrivacyOfficer];
        for role in roles {
            let stranger = Browser { session: session(&state, role, None, "x"), ..officer(&app, &state, "x") };
            for path in ["/finance/runs", "/finance/returns", "/finance/recoveries", "/finance/ledger", run.as_str()] {
                assert_eq!(stranger.get(path).await.status, StatusCode::FORBIDDEN, "{role:?} {path}");
            }
        }
        for path in ["/finance/runs/x", "/finance/payment/x", "/finance/recoveries/x", "/finance/returns/entry"] {
            assert_eq!(far.get(path).await.status, StatusCode::NOT_FOUND, "{path}");
        }
    }
}
