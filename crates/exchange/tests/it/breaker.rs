//! The circuit breaker by itself.

use exchange::{Breaker, BreakerSettings, Link};
use kernel::Instant;

fn at(second: i64) -> Instant {
    Instant::from_micros(0).plus_seconds(second)
}

fn breaker() -> Breaker {
    Breaker::new(BreakerSettings {
        failures: 3,
        window_seconds: 60,
        pause_seconds: 10,
        longest_pause_seconds: 35,
        try_seconds: 5,
    })
}

fn fail(breaker: &mut Breaker, second: i64) {
    let pass = breaker.may_pass(at(second)).expect("a pass");
    breaker.failed(pass, at(second), None);
}

fn work(breaker: &mut Breaker, second: i64) {
    let pass = breaker.may_pass(at(second)).expect("a pass");
    breaker.worked(pass, at(second));
}

#[test]
fn so_many_failures_open_it_and_the_pause_doubles_up_to_its_limit() {
    let mut b = breaker();
    fail(&mut b, 0);
    fail(&mut b, 1);
    assert_eq!(b.link(at(1)), Link::Closed);
    fail(&mut b, 2);
    let mut open_until = 12;
    for pause in [20, 35, 35] {
        assert_eq!(b.may_pass(at(open_until - 1)), Err(at(open_until)));
        assert_eq!(b.link(at(open_until - 1)), Link::Open { until: at(open_until) });
        fail(&mut b, open_until);
        open_until += pause;
    }
    work(&mut b, open_until);
    assert_eq!(b.link(at(open_until)), Link::Closed);
    // And all is forgotten: three failures again, and the first pause again.
    fail(&mut b, open_until + 1);
    fail(&mut b, open_until + 1);
    fail(&mut b, open_until + 1);
    assert_eq!(b.link(at(open_until + 1)), Link::Open { until: at(open_until + 11) });
}

#[test]
fn old_failures_do_not_count() {
    let mut b = breaker();
    for second in [0, 31, 62, 93, 124] {
        fail(&mut b, second);
        assert_eq!(b.link(at(second)), Link::Closed, "at {second}");
    }
}

#[test]
fn a_busy_link_with_few_failures_stays() {
    let mut b = breaker();
    for _ in 0..20 {
        work(&mut b, 0);
    }
    for _ in 0..10 {
        fail(&mut b, 1);
    }
    assert_eq!(b.link(at(1)), Link::Closed);
    for _ in 0..20 {
        fail(&mut b, 2);
        if b.link(at(2)) != Link::Closed {
            return;
        }
    }
    panic!("half of all results failed and it stayed closed");
}

#[test]
fn one_try_at_a_time_and_an_abandoned_one_does_not_block_for_ever() {
    let mut b = breaker();
    (0..3).for_each(|_| fail(&mut b, 0));
    let lost = b.may_pass(at(10)).expect("one try");
    assert_eq!(b.link(at(11)), Link::Trying);
    assert_eq!(b.may_pass(at(11)), Err(at(15)), "no second one beside it");
    let second = b.may_pass(at(15)).expect("the first was never heard of again");
    b.failed(lost, at(16), None);
    assert_eq!(b.link(at(16)), Link::Trying, "its late result changes nothing");
    b.worked(second, at(17));
    assert_eq!(b.link(at(17)), Link::Closed);
}

#[test]
fn results_of_calls_made_before_it_opened_change_nothing() {
    let mut b = breaker();
    let (slow, slower) = (b.may_pass(at(0)).unwrap(), b.may_pass(at(0)).unwrap());
    (0..3).for_each(|_| fail(&mut b, 0));
    let open = Link::Open { until: at(10) };
    b.failed(slow, at(1), None);
    assert_eq!(b.link(at(1)), open);
    b.worked(slower, at(2));
    assert_eq!(b.link(at(2)), open);
}

#[test]
fn an_agency_that_names_a_time_is_left_alone_until_then_within_reason() {
    let mut b = breaker();
    let pass = b.may_pass(at(0)).unwrap();
    b.failed(pass, at(0), Some(at(7)));
    assert_eq!(b.may_pass(at(6)), Err(at(7)));
    let pass = b.may_pass(at(7)).unwrap();
    b.failed(pass, at(7), Some(at(1_000_000)));
    assert_eq!(b.link(at(8)), Link::Open { until: at(42) }, "at most the longest pause");
    let mut b = breaker();
    let pass = b.may_pass(at(5)).unwrap();
    b.failed(pass, at(5), Some(at(1)));
    assert_eq!(b.link(at(5)), Link::Closed, "a time that is over says nothing");
}
