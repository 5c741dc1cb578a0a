//! What holds of every sequence of acts.

use catalogue::model::Clocks;
use kernel::{Date, Instant};
use proptest::prelude::*;
use referral::model::{Act, Outcome, Reason, Standing, Status};

const CLOCKS: Clocks = Clocks { receive: 2, answer: 5, finish: 60, close: 5, remind: 1, expire: 14 };

fn act() -> impl Strategy<Value = Act> {
    let words = || "some words".to_owned();
    prop_oneof![
        Just(Act::Receive),
        Just(Act::Accept),
        Just(Act::Wait { expected_on: None }),
        Just(Act::Decline { reason: Reason::Full, words: words() }),
        Just(Act::Start),
        Just(Act::Complete { outcome: Outcome::Met, words: words() }),
        Just(Act::Refuse { words: words() }),
        Just(Act::Withdraw { words: words() }),
        Just(Act::Close { words: words(), next: None }),
    ]
}

fn start() -> Date {
    Date::constant(2026, 11, 21)
}

proptest! {
    /// Whatever is done, in whatever order, with time going by: what is over stays over, an open loop always has a day by which
    /// somebody must act, and left alone it comes to a supervisor within its days.
    #[test]
    fn an_open_loop_is_never_forgotten(acts in prop::collection::vec((act(), 0i64..20), 0..12)) {
        let mut now = Standing::requested(start(), &CLOCKS);
        let mut today = start();
        for (act, wait) in acts {
            today = today.saturating_add(jiff::Span::new().days(wait));
            for _ in 0..3 {
                let Some(rung) = now.tick(&CLOCKS, today) else { break };
                now = now.after(&rung, &CLOCKS, Instant::start_of(today), today).unwrap();
            }
            prop_assert!(now.tick(&CLOCKS, today).is_none(), "three things a night are enough");
            let before = now.clone();
            match now.after(&act, &CLOCKS, Instant::start_of(today), today) {
                Ok(next) => {
                    prop_assert!(!before.status.is_over() || next.status == before.status, "{before:?} {act:?}");
                    prop_assert_eq!(next.steps, before.steps + 1);
                    prop_assert_eq!(next.revision > before.revision, next.status != before.status || matches!(act, Act::Wait { .. }));
                    now = next;
                }
                Err(wrong) => prop_assert_eq!(wrong.status, before.status),
            }
            prop_assert_eq!(now.due.is_none(), now.closed_at.is_some());
            prop_assert_eq!(now.ended_at.is_some(), now.status.is_over());
        }
        if let Some((_, due)) = now.due {
            let late = due.saturating_add(jiff::Span::new().days(1));
            let told = now.escalated_at.is_some() || matches!(now.tick(&CLOCKS, late), Some(Act::Escalate { .. } | Act::Expire));
            prop_assert!(told, "{now:?}");
        }
    }
}

#[test]
fn every_state_has_its_words_in_fhir() {
    let statuses: Vec<_> = Status::ALL.iter().map(|s| s.fhir()).collect();
    let of_r4 = ["requested", "received", "accepted", "in-progress", "completed", "rejected", "cancelled", "failed"];
    assert!(statuses.iter().all(|(task, _, _)| of_r4.contains(task)));
    let mut told_apart: Vec<_> = statuses.iter().map(|(task, business, _)| (task, business)).collect();
    told_apart.sort_unstable();
    told_apart.dedup();
    assert_eq!(told_apart.len(), Status::ALL.len(), "no two states are the same to others");
}
