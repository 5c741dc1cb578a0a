//! One failed link never stops the rest.

use std::time::{Duration, Instant as Stopwatch};

use exchange::simulate::Behaviour;
use exchange::{Health, Link, Outcome};
use kernel::Clock as _;

use crate::town::{LAND, TAX, Town, now};

fn health(town: &Town, agency: &str) -> Health {
    town.exchange.health().into_iter().find(|h| h.agency == agency).unwrap()
}

#[tokio::test]
async fn a_link_that_fails_rests_and_recovers() {
    let town = Town::with(|tax| (tax.failures, tax.pause_seconds) = (3, 30)).await;
    town.behave(Behaviour::Fails { times: 4, status: 502 });
    for _ in 0..3 {
        assert_eq!(town.ask_fresh().await.word(), "unavailable");
    }
    let until = now().plus_seconds(30);
    assert_eq!(health(&town, TAX).link, Link::Open { until });
    assert_eq!(town.stats().posts, 3);
    for _ in 0..5 {
        let words = "the link rests after failures".to_owned();
        assert_eq!(town.ask_fresh().await, Outcome::Unavailable { retry_at: until, words });
    }
    assert_eq!(town.stats().posts, 3, "a resting agency is not called");

    town.pass(30);
    let Outcome::Unavailable { retry_at, .. } = town.ask_fresh().await else { panic!("the try works already") };
    assert_eq!(retry_at, town.clock.now().plus_seconds(60), "the pause doubled");
    town.pass(60);
    assert_eq!(town.ask_fresh().await.word(), "answered");
    let seen = health(&town, TAX);
    assert_eq!(seen.link, Link::Closed);
    assert_eq!((seen.counts.unavailable, seen.counts.answered), (9, 1));
    assert_eq!(seen.last_worked, Some(town.clock.now()));
    assert!(seen.last_trouble.unwrap().1.contains("502"));
}

#[tokio::test]
async fn an_agency_that_is_not_there_at_all_rests_too() {
    let town = Town::with(|tax| {
        // The discard port: nobody listens.
        tax.base = "http://127.0.0.1:9/tax".into();
        tax.failures = 2;
    })
    .await;
    for _ in 0..2 {
        let outcome = town.ask_fresh().await;
        assert!(
            matches!(&outcome, Outcome::Unavailable { words, .. } if words.contains("no connection")),
            "{outcome:?}"
        );
    }
    assert!(matches!(health(&town, TAX).link, Link::Open { .. }));
}

#[tokio::test]
async fn an_agency_that_asks_for_time_gets_it() {
    let town = Town::new().await;
    town.behave(Behaviour::Throttled { times: 1, retry_after_seconds: 120 });
    let retry_at = now().plus_seconds(120);
    let outcome = town.ask_fresh().await;
    assert!(
        matches!(&outcome, Outcome::Unavailable { retry_at: at, words } if *at == retry_at && words.contains("429"))
    );
    town.pass(119);
    assert_eq!(town.ask_fresh().await.word(), "unavailable");
    assert_eq!(town.stats().posts, 1);
    town.pass(1);
    assert_eq!(town.ask_fresh().await.word(), "answered");
}

#[tokio::test]
async fn an_agency_that_hangs_delays_nobody_else() {
    let town = Town::with(|tax| (tax.timeout_seconds, tax.at_once) = (20, 2)).await;
    town.behave(Behaviour::NeverAnswers);
    let hanging = async { futures_util::future::join_all((0..2).map(|_| town.ask_fresh())).await };
    let others = async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        assert_eq!(health(&town, TAX).under_way, 2);
        for _ in 0..20 {
            let mut question = town.question();
            question.agency = LAND.into();
            assert_eq!(town.ask(&question).await.word(), "answered");
        }
    };
    tokio::select! {
        _ = hanging => panic!("the others waited for the one that hangs"),
        () = others => {}
    }
}

#[tokio::test]
async fn no_more_calls_at_once_than_allowed() {
    let town = Town::with(|tax| (tax.at_once, tax.timeout_seconds) = (1, 20)).await;
    // A token first, so that only the questions count.
    town.ask_fresh().await;
    town.behave(Behaviour::Slow { millis: 150 });
    let watch = Stopwatch::now();
    let all = futures_util::future::join_all((0..4).map(|_| town.ask_fresh())).await;
    assert!(all.iter().all(|o| o.word() == "answered"));
    assert!(watch.elapsed() >= Duration::from_millis(600), "one after the other: {:?}", watch.elapsed());
}

#[tokio::test]
async fn whoever_waits_too_long_for_a_turn_comes_back_later_and_the_link_is_not_blamed() {
    let town = Town::with(|tax| (tax.at_once, tax.failures, tax.timeout_seconds) = (1, 2, 2)).await;
    town.ask_fresh().await;
    town.behave(Behaviour::Slow { millis: 1_200 });
    let all = futures_util::future::join_all((0..6).map(|_| town.ask_fresh())).await;
    let crowded = |o: &&Outcome| matches!(o, Outcome::Unavailable { words, .. } if words.contains("wait already"));
    assert!(all.iter().filter(crowded).count() >= 3, "{all:?}");
    assert_eq!(health(&town, TAX).link, Link::Closed);
    assert_eq!(health(&town, TAX).under_way, 0);
}

/// A job that is cancelled in the middle (its lease ran out) must leave nothing behind.
#[tokio::test]
async fn a_question_given_up_in_the_middle_frees_its_turn_and_does_not_block_the_try() {
    let town = Town::with(|tax| {
        (tax.at_once, tax.failures, tax.pause_seconds, tax.timeout_seconds) = (1, 1, 10, 5);
    })
    .await;
    town.behave(Behaviour::Fails { times: 1, status: 500 });
    town.ask_fresh().await;
    town.behave(Behaviour::NeverAnswers);
    town.pass(10);
    let given_up = tokio::time::timeout(Duration::from_millis(300), town.ask_fresh()).await;
    assert!(given_up.is_err());
    assert_eq!(health(&town, TAX).under_way, 0);
    town.behave(Behaviour::Prompt);
    assert_eq!(town.ask_fresh().await.word(), "unavailable", "the try still counts as under way");
    town.pass(11);
    assert_eq!(town.ask_fresh().await.word(), "answered");
}

/// A worker runs questions as tasks, on any thread.
#[tokio::test(flavor = "multi_thread")]
async fn questions_may_be_asked_from_any_thread() {
    let town = std::sync::Arc::new(Town::with(|tax| tax.timeout_seconds = 20).await);
    let tasks: Vec<_> = (0..16)
        .map(|_| {
            let town = town.clone();
            tokio::spawn(async move { town.ask_fresh().await.word() })
        })
        .collect();
    for task in tasks {
        assert_eq!(task.await.unwrap(), "answered");
    }
    assert_eq!((town.stats().tokens, town.stats().answered), (1, 16));
}

#[tokio::test]
async fn only_connected_agencies_are_asked_and_only_their_items() {
    let town = Town::with(|tax| tax.items = Some(["income".to_owned()].into())).await;
    assert!(town.exchange.answers(TAX) && !town.exchange.answers("moon"));
    assert!(town.exchange.answers_item(TAX, "income") && !town.exchange.answers_item(TAX, "insured"));
    assert!(town.exchange.answers_item(LAND, "anything") && !town.exchange.answers_item("moon", "income"));
    let mut question = town.question();
    let said = town.exchange.ask(&question).await.unwrap_err().to_string();
    assert!(said.contains("does not answer insured"), "{said}");
    question.agency = "moon".into();
    let said = town.exchange.ask(&question).await.unwrap_err().to_string();
    assert!(said.contains("moon is not connected") && said.contains("[agencies.moon]"), "{said}");
    assert_eq!(town.stats().posts, 0);
}
