//! Answers pushed to us.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use exchange::simulate::Behaviour;
use exchange::{FaultKind, Outcome, SIGNATURE_HEADER};

use crate::town::{TAX, Town};

type Inbox = Arc<Mutex<Vec<(String, Option<String>, HeaderMap, Bytes)>>>;

/// A place for callbacks; it fails the first `failing` of them.
async fn inbox(failing: usize) -> (Inbox, String) {
    let inbox = Inbox::default();
    let take = move |State(inbox): State<Inbox>, uri: Uri, headers: HeaderMap, body: Bytes| async move {
        let mut inbox = inbox.lock().unwrap();
        let signature = headers.get(SIGNATURE_HEADER).map(|v| v.to_str().unwrap().to_owned());
        inbox.push((uri.path().to_owned(), signature, headers, body));
        if inbox.len() <= failing { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK }
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = Router::new().fallback(take).with_state(inbox.clone());
    tokio::spawn(async move { axum::serve(listener, router).await });
    (inbox, format!("http://{address}/answers/"))
}

async fn wait_for(inbox: &Inbox, count: usize) {
    for _ in 0..300 {
        if inbox.lock().unwrap().len() >= count {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("{} callbacks came, not {count}", inbox.lock().unwrap().len());
}

#[tokio::test]
async fn a_pushed_answer_is_checked_like_any_other_and_says_the_same_each_time() {
    let (inbox, address) = inbox(0).await;
    let town = Town::with(|tax| tax.callback = Some(address)).await;
    town.behave(Behaviour::Callback { after_millis: 50, times: 3 });
    let question = town.question();
    assert_eq!(town.ask(&question).await.word(), "pending");
    assert_eq!(town.ask(&question).await.word(), "pending", "asked again before it came");
    wait_for(&inbox, 3).await;
    let pushed = inbox.lock().unwrap().clone();
    let mut hashes = std::collections::BTreeSet::new();
    for (path, signature, headers, body) in &pushed {
        assert_eq!(path, &format!("/answers/{}", question.request_id));
        assert_eq!(headers["authorization"], "Bearer push-token");
        assert_eq!(headers["idempotency-key"], question.request_id.to_string());
        let outcome = town.exchange.check_callback(&question, signature.as_deref(), body).unwrap();
        let Outcome::Answered(answer) = outcome else { panic!("{outcome:?}") };
        hashes.insert(answer.hash);
    }
    assert_eq!(hashes.len(), 1);
    assert_eq!((pushed.len(), town.stats().answered), (3, 1));
    let Outcome::Answered(looked) = town.exchange.look(&question).await.unwrap() else { panic!("no answer") };
    assert!(hashes.contains(&looked.hash), "looked at, it is the one that was pushed");

    // The same bytes for another question, with another signature, with none, or changed.
    let (_, signature, _, body) = &pushed[0];
    let kind = |question: &exchange::Question, signature: Option<&str>, body: &[u8]| match town
        .exchange
        .check_callback(question, signature, body)
        .unwrap()
    {
        Outcome::Faulty(fault) => fault.kind,
        other => panic!("{other:?}"),
    };
    assert_eq!(kind(&town.question(), signature.as_deref(), body), FaultKind::WrongQuestion);
    assert_eq!(kind(&question, None, body), FaultKind::Signature);
    assert_eq!(kind(&question, Some("ed25519 AAAA"), body), FaultKind::Signature);
    let mut changed = body.to_vec();
    let at = changed.len() - 5;
    changed[at] ^= 1;
    assert_eq!(kind(&question, signature.as_deref(), &changed), FaultKind::Signature);
    let long = vec![b' '; (1 << 20) + 1];
    assert_eq!(kind(&question, signature.as_deref(), &long), FaultKind::TooLarge);
}

#[tokio::test]
async fn a_push_nobody_took_comes_again() {
    let (inbox, address) = inbox(2).await;
    let town = Town::with(|tax| tax.callback = Some(address)).await;
    town.behave(Behaviour::Callback { after_millis: 0, times: 1 });
    town.ask_fresh().await;
    wait_for(&inbox, 3).await;
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!(town.stats().pushed, [503, 503, 200]);
}

#[tokio::test]
async fn what_is_pushed_is_an_answer_or_a_refusal() {
    let town = Town::with(|tax| tax.public_key = None).await;
    let question = town.question();
    let id = question.request_id;
    let check = |body: String| town.exchange.check_callback(&question, None, body.as_bytes()).unwrap();
    let refused = check(format!(r#"{{"status":"refused","id":"{id}","code":"closed","words":"moved away"}}"#));
    assert_eq!(refused, Outcome::Refused { code: "closed".into(), words: "moved away".into() });
    let kind = |outcome| match outcome {
        Outcome::Faulty(fault) => fault.kind,
        other => panic!("{other:?}"),
    };
    assert_eq!(kind(check(format!(r#"{{"status":"pending","id":"{id}"}}"#))), FaultKind::Schema);
    assert_eq!(kind(check(r#"{"status":"refused","id":"x","code":"c","words":"w"}"#.into())), FaultKind::WrongQuestion);
    assert_eq!(kind(check(String::new())), FaultKind::Schema);
}

/// A training server must not be turned against another machine.
#[tokio::test]
async fn played_agencies_push_to_loopback_alone() {
    let town = Town::with(|tax| tax.callback = Some("https://192.0.2.1/answers".into())).await;
    town.behave(Behaviour::Callback { after_millis: 0, times: 1 });
    assert_eq!(town.ask_fresh().await.word(), "pending");
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert!(town.simulation.stats(TAX).pushed.is_empty());
}
