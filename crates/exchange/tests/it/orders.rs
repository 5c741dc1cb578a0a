//! Orders to other bodies.

use std::collections::BTreeSet;

use exchange::simulate::Behaviour;
use exchange::{AmountPer, FaultKind, Order, OrderAction, OrderKind, OrderOutcome};
use kernel::{Currency, Date, Money, OrderId};

use crate::town::{TAX, Town, person};

fn order(n: u8) -> Order {
    Order {
        order_id: OrderId(uuid::Uuid::from_bytes([n; 16])),
        agency: TAX.into(),
        action: OrderAction::Start,
        kind: OrderKind::Discount,
        service: "heating".into(),
        subject: person(),
        from: Date::constant(2026, 12, 1),
        until: None,
        amount: Some(Money::new(16_000, Currency::KRW)),
        amount_per: Some(AmountPer::Month),
        earlier: None,
        law: "art. 9".into(),
        case_reference: "2026-1".into(),
    }
}

#[tokio::test]
async fn an_order_sent_again_is_carried_out_once() {
    let town = Town::new().await;
    town.behave(Behaviour::Fails { times: 2, status: 500 });
    let order = order(1);
    let mut said = Vec::new();
    for _ in 0..4 {
        said.push(town.exchange.order(&order).await.unwrap());
    }
    assert_eq!(
        said.iter().map(OrderOutcome::word).collect::<Vec<_>>(),
        ["unavailable", "unavailable", "confirmed", "confirmed"]
    );
    assert_eq!(said[2], said[3]);
    assert_eq!(said[3], town.exchange.look_at_order(&order).await.unwrap());
    assert_eq!(town.stats().carried_out, BTreeSet::from([order.order_id.to_string()]));
}

#[tokio::test]
async fn an_order_is_looked_at_until_it_is_confirmed_and_sent_anew_when_lost() {
    let town = Town::new().await;
    town.simulation.behave_for(TAX, "heating", Behaviour::Pending { looks: 1 });
    let order = order(2);
    assert_eq!(town.exchange.order(&order).await.unwrap().word(), "pending");
    assert_eq!(town.exchange.look_at_order(&order).await.unwrap().word(), "confirmed");
    let lost = self::order(3);
    assert_eq!(town.exchange.look_at_order(&lost).await.unwrap().word(), "pending");
    assert_eq!(town.stats().posts, 2);
}

#[tokio::test]
async fn only_a_right_confirmation_confirms() {
    use Behaviour::*;
    let town = Town::new().await;
    let cases = [
        (WrongPerson, FaultKind::WrongSubject),
        (WrongQuestion, FaultKind::WrongQuestion),
        (WrongSchema, FaultKind::Schema),
        (FutureDated { days: 2 }, FaultKind::FutureDated),
        (Oversized, FaultKind::TooLarge),
        (Unsigned, FaultKind::Signature),
        (WronglySigned, FaultKind::Signature),
    ];
    for (n, (behaviour, kind)) in (10..).zip(cases) {
        town.behave(behaviour.clone());
        let outcome = town.exchange.order(&order(n)).await.unwrap();
        let OrderOutcome::Faulty(fault) = outcome else { panic!("{behaviour:?}: {outcome:?}") };
        assert_eq!(fault.kind, kind, "{behaviour:?}: {fault}");
    }
    town.behave(Refuses { code: "no_meter".into(), words: "no meter at this address".into() });
    let expected = OrderOutcome::Refused { code: "no_meter".into(), words: "no meter at this address".into() };
    assert_eq!(town.exchange.order(&order(9)).await.unwrap(), expected);
}

#[tokio::test]
async fn impossible_orders_are_not_sent() {
    let town = Town::new().await;
    type Change = fn(&mut Order);
    let cases: [(Change, &str); 5] = [
        (|o| o.until = Some(o.from), "ends before it begins"),
        (|o| o.action = OrderAction::End, "names the earlier one"),
        (|o| o.earlier = Some(o.order_id), "names no earlier one"),
        (|o| (o.subject.identifier, o.subject.name) = (None, None), "somebody else"),
        (|o| o.agency = "moon".into(), "not connected"),
    ];
    for (change, words) in cases {
        let mut order = order(1);
        change(&mut order);
        let said = town.exchange.order(&order).await.expect_err(words).to_string();
        assert!(said.contains(words), "{said}");
    }
    assert_eq!(town.stats().posts, 0);
}
