//! Agencies without a network say what they say over one.

use exchange::simulate::{Behaviour, Scenario};
use exchange::{Order, OrderAction, OrderKind, Outcome};
use kernel::{Clock as _, Date, OrderId};
use serde_json::json;

use crate::town::{TAX, Town, person};

fn behaviours() -> Vec<Behaviour> {
    use Behaviour::*;
    vec![
        Prompt,
        Slow { millis: 1 },
        Pending { looks: 1 },
        Callback { after_millis: 0, times: 1 },
        Late { seconds: 0 },
        Fails { times: 1, status: 503 },
        Throttled { times: 1, retry_after_seconds: 60 },
        Flaky { percent: 50 },
        NeverAnswers,
        Truncated,
        Oversized,
        Redirects { to: "http://127.0.0.1:9/".into() },
        Contradicts { value: Some(json!(1)) },
        WrongPerson,
        WrongQuestion,
        WrongSchema,
        NotAsked,
        Incomplete,
        FutureDated { days: 3 },
        Unsigned,
        WronglySigned,
        Refuses { code: "no".into(), words: "never".into() },
    ]
}

/// One word and, for faults, the kind: the words for an operator may differ.
fn gist(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Faulty(fault) => format!("faulty {:?}", fault.kind),
        Outcome::Answered(answer) => format!("answered {}", answer.hash),
        Outcome::Unavailable { .. } => "unavailable".into(),
        other => format!("{other:?}"),
    }
}

#[tokio::test]
async fn the_same_over_the_network_and_without_one() {
    for behaviour in behaviours() {
        let hangs = matches!(behaviour, Behaviour::NeverAnswers | Behaviour::Drips { .. });
        let wired = Town::with(|tax| tax.timeout_seconds = if hangs { 1 } else { 10 }).await;
        let local = Town::new().await;
        wired.behave(behaviour.clone());
        local.behave(behaviour.clone());
        let (q, same) = (wired.question(), local.question());
        assert_eq!(q, same);
        // Three times, the clock moving past any rest of the link.
        for round in 0..3 {
            let (over, without) = (wired.ask(&q).await, local.simulation.outcome(&q));
            assert_eq!(gist(&over), gist(&without), "{behaviour:?}, round {round}");
            wired.pass(120);
            local.pass(120);
        }
        let (a, b) = (wired.stats(), local.stats());
        assert_eq!((a.posts, a.answered), (b.posts, b.answered), "{behaviour:?}");
    }
}

#[tokio::test]
async fn a_scenario_is_data() {
    let scenario: Scenario = toml::from_str(
        "[tax]\nbehaviour = { does = \"fails\", times = 1, status = 503 }\n\
         [tax.items]\nincome = { does = \"contradicts\", value = 7 }\n\
         [moon]\nbehaviour = { does = \"refuses\", code = \"far\", words = \"too far\" }\n",
    )
    .unwrap();
    let town = Town::new().await;
    town.simulation.play(scenario);
    let mut question = town.question();
    assert_eq!(town.simulation.outcome(&question).word(), "unavailable");
    let Outcome::Answered(answer) = town.simulation.outcome(&question) else { panic!("no answer") };
    assert!(answer.facts.iter().any(|f| f.item == "income" && f.value == json!(7)));
    question.agency = "moon".into();
    assert_eq!(town.simulation.outcome(&question).word(), "refused");
    question.agency = "mars".into();
    assert_eq!(town.simulation.outcome(&question).word(), "unavailable", "nobody plays it");
    assert!(toml::from_str::<Scenario>("[tax]\nbehaviour = { does = \"fail\" }").is_err());
}

#[tokio::test]
async fn a_pushed_answer_comes_when_called_for_and_stays_the_same() {
    let town = Town::new().await;
    town.behave(Behaviour::Callback { after_millis: 0, times: 1 });
    let question = town.question();
    assert_eq!(town.simulation.pushed(&question), None, "never asked");
    assert_eq!(town.simulation.outcome(&question).word(), "pending");
    let first = town.simulation.pushed(&question).unwrap();
    assert_eq!(first.word(), "answered");
    town.clock.set(town.clock.now().plus_seconds(60));
    assert_eq!(town.simulation.pushed(&question).unwrap(), first);
    assert_eq!(town.stats().answered, 1);
}

#[tokio::test]
async fn orders_too() {
    let town = Town::new().await;
    let order = Order {
        order_id: OrderId(uuid::Uuid::from_bytes([1; 16])),
        agency: TAX.into(),
        action: OrderAction::Start,
        kind: OrderKind::InKind,
        service: "box".into(),
        subject: person(),
        from: Date::constant(2026, 12, 1),
        until: None,
        amount: None,
        amount_per: None,
        earlier: None,
        law: "art. 9".into(),
        case_reference: "1".into(),
    };
    let first = town.simulation.order_outcome(&order);
    assert_eq!(first.word(), "confirmed");
    assert_eq!(town.exchange.order(&order).await.unwrap(), first);
    assert_eq!(town.stats().carried_out.len(), 1);
}
