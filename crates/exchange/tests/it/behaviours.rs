//! Every behaviour of an agency, and what comes of a question.

use std::time::{Duration, Instant as Stopwatch};

use exchange::simulate::Behaviour;
use exchange::{Answer, FaultKind, Outcome};
use kernel::Clock as _;
use serde_json::{Value, json};

use crate::town::{INCOME, LAND, TAX, Town, now};

fn answer(outcome: Outcome) -> Answer {
    match outcome {
        Outcome::Answered(answer) => answer,
        other => panic!("expected an answer, got {other:?}"),
    }
}

fn value<'a>(answer: &'a Answer, item: &str) -> &'a Value {
    &answer.facts.iter().find(|f| f.item == item).unwrap().value
}

#[tokio::test]
async fn a_prompt_agency_answers_at_once_and_once_however_often_it_is_asked() {
    let town = Town::new().await;
    let question = town.question();
    let first = answer(town.ask(&question).await);
    assert_eq!(value(&first, "income"), &json!(INCOME));
    assert_eq!(value(&first, "since"), &json!("2020-02-29"));
    assert_eq!(first.no_entry.iter().map(|i| i.item.as_str()).collect::<Vec<_>>(), ["pension"]);
    town.pass(30);
    let again = answer(town.ask(&question).await);
    let looked = answer(town.exchange.look(&question).await.unwrap());
    assert_eq!((&again, &looked), (&first, &first), "the same answer, to the byte (its hash is equal)");
    let stats = town.stats();
    assert_eq!((stats.posts, stats.looks, stats.answered), (2, 1, 1));
}

#[tokio::test]
async fn a_question_asked_by_eight_workers_at_once_is_answered_once() {
    let town = Town::new().await;
    let question = town.question();
    let all = futures_util::future::join_all((0..8).map(|_| town.ask(&question))).await;
    let hashes: std::collections::BTreeSet<_> = all.into_iter().map(|o| answer(o).hash).collect();
    assert_eq!(hashes.len(), 1);
    assert_eq!((town.stats().posts, town.stats().answered), (8, 1));
}

#[tokio::test]
async fn the_same_id_for_something_else_is_not_answered() {
    let town = Town::new().await;
    let mut question = town.question();
    answer(town.ask(&question).await);
    question.items.pop();
    let outcome = town.ask(&question).await;
    assert!(matches!(&outcome, Outcome::Unavailable { words, .. } if words.contains("409")), "{outcome:?}");
}

#[tokio::test]
async fn somebody_an_agency_does_not_know_is_unknown_and_not_without_entry() {
    let town = Town::new().await;
    let mut question = town.question();
    question.subjects[0].identifier = Some(crate::town::number("880808-1000008"));
    let said = answer(town.ask(&question).await);
    assert_eq!((said.facts.len(), said.no_entry.len(), said.unknown.len()), (0, 0, 4));
}

#[tokio::test]
async fn a_slow_agency_is_waited_for() {
    let town = Town::new().await;
    town.behave(Behaviour::Slow { millis: 300 });
    let watch = Stopwatch::now();
    answer(town.ask_fresh().await);
    assert!(watch.elapsed() >= Duration::from_millis(300));
}

#[tokio::test]
async fn a_pending_question_is_answered_when_looked_at_often_enough() {
    let town = Town::new().await;
    town.behave(Behaviour::Pending { looks: 2 });
    let question = town.question();
    let first = town.ask(&question).await;
    assert_eq!(first, Outcome::Pending { look_again_at: town.clock.now().plus_seconds(2) });
    assert_eq!(town.exchange.look(&question).await.unwrap().word(), "pending");
    answer(town.exchange.look(&question).await.unwrap());
    assert_eq!((town.stats().posts, town.stats().looks, town.stats().answered), (1, 2, 1));
}

#[tokio::test]
async fn a_look_at_a_question_the_agency_lost_asks_it_anew() {
    let town = Town::new().await;
    answer(town.exchange.look(&town.question()).await.unwrap());
    assert_eq!((town.stats().looks, town.stats().posts), (1, 1));
}

#[tokio::test]
async fn a_late_agency_answers_after_its_time() {
    let town = Town::new().await;
    town.behave(Behaviour::Late { seconds: 3_600 });
    let question = town.question();
    assert_eq!(town.ask(&question).await.word(), "pending");
    town.clock.set(question.reply_by);
    assert_eq!(town.exchange.look(&question).await.unwrap().word(), "pending");
    town.clock.set(question.reply_by.plus_seconds(3_600));
    let said = answer(town.exchange.look(&question).await.unwrap());
    assert!(said.answered_at > question.reply_by, "whoever asked sees that it came too late");
}

#[tokio::test]
async fn an_agency_that_fails_twice_works_the_third_time() {
    let town = Town::new().await;
    town.behave(Behaviour::Fails { times: 2, status: 503 });
    let question = town.question();
    for _ in 0..2 {
        let outcome = town.ask(&question).await;
        let Outcome::Unavailable { retry_at, words } = outcome else { panic!("{outcome:?}") };
        assert!(words.contains("503") && retry_at > now());
    }
    answer(town.ask(&question).await);
    assert_eq!((town.stats().posts, town.stats().answered), (3, 1));
}

#[tokio::test]
async fn an_agency_that_contradicts_is_believed_to_have_said_it() {
    let town = Town::new().await;
    town.simulation.behave_for(TAX, "income", Behaviour::Contradicts { value: None });
    let said = answer(town.ask_fresh().await);
    assert_ne!(value(&said, "income"), &json!(INCOME));
    assert_eq!(value(&said, "insured"), &json!(true), "the other items stay");
    town.simulation.behave_for(TAX, "income", Behaviour::Contradicts { value: Some(json!(5)) });
    assert_eq!(value(&answer(town.ask_fresh().await), "income"), &json!(5));
    town.behave(Behaviour::Contradicts { value: None });
    let said = answer(town.ask_fresh().await);
    assert_eq!((value(&said, "insured"), value(&said, "since")), (&json!(false), &json!("2020-03-31")));
}

#[tokio::test]
async fn a_refusal_is_a_refusal_with_words_fit_to_show() {
    let town = Town::new().await;
    town.behave(Behaviour::Refuses { code: "no <b>law".into(), words: "art. 7 does\nnot allow it\u{7}".into() });
    let expected = Outcome::Refused { code: "noblaw".into(), words: "art. 7 does not allow it".into() };
    assert_eq!(town.ask_fresh().await, expected);
    // A refusal is the link working.
    for _ in 0..10 {
        assert_eq!(town.ask_fresh().await.word(), "refused");
    }
}

/// An answer that must not be used is a fault and never an answer, by asking and by looking.
#[tokio::test]
async fn wrong_answers_are_faults() {
    use Behaviour::*;
    let town = Town::new().await;
    let cases = [
        (WrongPerson, FaultKind::WrongSubject),
        (WrongQuestion, FaultKind::WrongQuestion),
        (WrongSchema, FaultKind::Schema),
        (NotAsked, FaultKind::NotAsked),
        (Incomplete, FaultKind::Incomplete),
        (FutureDated { days: 1 }, FaultKind::FutureDated),
        (Contradicts { value: Some(json!("much")) }, FaultKind::Schema),
        (Oversized, FaultKind::TooLarge),
        (Unsigned, FaultKind::Signature),
        (WronglySigned, FaultKind::Signature),
    ];
    for (behaviour, kind) in cases {
        town.behave(behaviour.clone());
        let question = town.question();
        for outcome in [town.ask(&question).await, town.exchange.look(&question).await.unwrap()] {
            let Outcome::Faulty(fault) = outcome else { panic!("{behaviour:?}: {outcome:?}") };
            assert_eq!(fault.kind, kind, "{behaviour:?}: {fault}");
        }
    }
}

#[tokio::test]
async fn whoever_signs_nothing_is_taken_without_only_when_no_key_is_configured() {
    let town = Town::with(|tax| tax.public_key = None).await;
    town.behave(Behaviour::Unsigned);
    answer(town.ask_fresh().await);
    let other = Town::seeded(8, |_| {}).await;
    let key = other.simulation.public_key(TAX);
    let town = Town::with(|tax| tax.public_key = Some(key)).await;
    let Outcome::Faulty(fault) = town.ask_fresh().await else { panic!("signed by another agency's key") };
    assert_eq!(fault.kind, FaultKind::Signature);
    // Refusals and «not yet» are held to it as well.
    town.behave(Behaviour::Refuses { code: "no".into(), words: "no".into() });
    assert_eq!(town.ask_fresh().await.word(), "faulty");
    town.behave(Behaviour::Pending { looks: 9 });
    assert_eq!(town.ask_fresh().await.word(), "faulty");
}

/// Nothing comes, soon: the agency hangs, drips, breaks off, or points elsewhere.
#[tokio::test]
async fn nothing_usable_is_unavailable_within_the_time() {
    let cases = [
        (Behaviour::NeverAnswers, "within 1 second"),
        (Behaviour::Slow { millis: 30_000 }, "within 1 second"),
        (Behaviour::Drips { millis: 20 }, "within 1 second"),
        (Behaviour::Truncated, "broke off"),
        (Behaviour::Fails { times: 1, status: 500 }, "500"),
        (Behaviour::Fails { times: 1, status: 408 }, "408"),
        (Behaviour::Fails { times: 1, status: 404 }, "404 without the agreed words"),
        (Behaviour::Fails { times: 2, status: 401 }, "does not take our token"),
    ];
    for (behaviour, expected) in cases {
        let hangs = expected == "within 1 second";
        let town = Town::with(|tax| tax.timeout_seconds = if hangs { 1 } else { 10 }).await;
        town.behave(behaviour.clone());
        let watch = Stopwatch::now();
        let outcome = town.ask_fresh().await;
        let Outcome::Unavailable { retry_at, words } = outcome else { panic!("{behaviour:?}: {outcome:?}") };
        assert!(words.contains(expected), "{behaviour:?}: {words}");
        assert!(retry_at > town.clock.now());
        assert!(watch.elapsed() < Duration::from_secs(9), "{behaviour:?} took {:?}", watch.elapsed());
    }
}

#[tokio::test]
async fn an_answer_that_drips_but_arrives_in_time_is_one() {
    let town = Town::with(|tax| tax.timeout_seconds = 30).await;
    town.behave(Behaviour::Drips { millis: 0 });
    answer(town.ask_fresh().await);
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let town = Town::new().await;
    town.behave(Behaviour::Redirects { to: format!("http://{}/{LAND}/questions", town.running.address) });
    let outcome = town.ask_fresh().await;
    assert!(matches!(&outcome, Outcome::Unavailable { words, .. } if words.contains("not followed")), "{outcome:?}");
    assert_eq!(town.simulation.stats(LAND), Default::default(), "nobody else heard of it");
}

#[tokio::test]
async fn a_flaky_link_fails_the_same_way_for_the_same_seed() {
    async fn pattern(seed: u64) -> String {
        let town = Town::seeded(seed, |tax| (tax.failures, tax.window_seconds) = (32, 1)).await;
        town.behave(Behaviour::Flaky { percent: 50 });
        let mut said = String::new();
        for _ in 0..24 {
            town.pass(2);
            said.push(if town.ask_fresh().await.word() == "answered" { '.' } else { 'x' });
        }
        said
    }
    let (first, same, other) = (pattern(1).await, pattern(1).await, pattern(2).await);
    assert_eq!(first, same);
    assert_ne!(first, other);
    assert!(first.contains('.') && first.contains('x'), "{first}");
}
