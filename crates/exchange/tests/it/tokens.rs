//! Tokens.

use exchange::Outcome;

use crate::town::{SECRET, Town, write_secret};

#[tokio::test]
async fn one_token_serves_until_shortly_before_its_end() {
    let town = Town::new().await;
    futures_util::future::join_all((0..6).map(|_| town.ask_fresh())).await;
    assert_eq!(town.stats().tokens, 1, "six questions at once fetched one");
    town.pass(569);
    assert_eq!(town.ask_fresh().await.word(), "answered");
    assert_eq!(town.stats().tokens, 1);
    town.pass(1);
    assert_eq!(town.ask_fresh().await.word(), "answered");
    assert_eq!(town.stats().tokens, 2, "thirty seconds before its end it is not used any more");
}

#[tokio::test]
async fn a_token_the_agency_forgot_is_replaced_once() {
    let town = Town::new().await;
    town.ask_fresh().await;
    town.simulation.revoke_tokens();
    let all = futures_util::future::join_all((0..4).map(|_| town.ask_fresh())).await;
    assert!(all.iter().all(|o| o.word() == "answered"), "{all:?}");
    assert_eq!(town.stats().tokens, 2, "four that were refused fetched one");
}

#[tokio::test]
async fn a_wrong_secret_is_unavailability_and_a_changed_file_is_read() {
    let town = Town::new().await;
    write_secret(&town.secret_file, "not it");
    let outcome = town.ask_fresh().await;
    let Outcome::Unavailable { words, .. } = &outcome else { panic!("{outcome:?}") };
    assert!(words.contains("401 invalid_client") && !words.contains("not it"), "{words}");
    write_secret(&town.secret_file, &format!("{SECRET}\n"));
    assert_eq!(town.ask_fresh().await.word(), "answered");
}

#[tokio::test]
async fn a_secret_that_is_gone_is_unavailability_with_the_reason() {
    let town = Town::new().await;
    std::fs::remove_file(&town.secret_file).unwrap();
    let outcome = town.ask_fresh().await;
    assert!(matches!(&outcome, Outcome::Unavailable { words, .. } if words.contains("put the secret")), "{outcome:?}");
}
