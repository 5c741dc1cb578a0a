//! A nurse's week: worked cases as data, what holds for every week, and how one is kept in the database.

use std::collections::{BTreeMap, BTreeSet};

use catalogue::model::{Spot, Visiting};
use guard::{Action, Role};
use jiff::ToSpan as _;
use kernel::{AccountId, Date};
use proptest::prelude::*;
use registry::protection::{NewProtection, ProtectionError};
use serde::Deserialize;
use store::transact;
use uuid::Uuid;
use visit::week::{self, Candidate, Fault, Hours, Plan, Put, Weight, Why, plan};

use crate::office::{Eyes, Office, allowed, keys, open, setting, thing, who};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    id: String,
    why: String,
    days: Vec<Date>,
    most_a_day: u32,
    visits: BTreeMap<String, Visit>,
    expect: Expect,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Visit {
    lon: f64,
    from: Option<Date>,
    until: Option<Date>,
    weight: Option<String>,
    put: Option<PutOn>,
    #[serde(default)]
    out: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PutOn {
    day: Date,
    place: u32,
}

/// What must be so: whole days in their order, rounds made on some day in one or the other direction, visits before others on one
/// day, a visit on a day, and visits on none with the reason. A visit that is not named in `out` is on some day.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Expect {
    days: BTreeMap<Date, Vec<String>>,
    rounds: Vec<Vec<String>>,
    before: Vec<Vec<String>>,
    on: BTreeMap<String, Date>,
    out: BTreeMap<String, String>,
}

fn hours(days: Vec<Date>, most_a_day: u32) -> Hours {
    let visiting = Visiting {
        from: 9 * 60,
        until: 17 * 60,
        most_a_day,
        between: 10,
        detour_percent: 100,
        km_per_hour: 60,
        near_metres: 0,
    };
    Hours { visiting, office: Some(Spot { lat: 0.0, lon: 0.0 }), days }
}

fn candidate(days: &[Date], v: &Visit) -> Candidate {
    let whole = (Date::constant(2026, 11, 23), *days.last().unwrap());
    Candidate {
        minutes: 60,
        days: (v.from.unwrap_or(whole.0), v.until.unwrap_or(whole.1)),
        weight: match v.weight.as_deref() {
            Some("last") => Weight::Last,
            Some("may_wait") => Weight::MayWait,
            None | Some("best") => Weight::Best,
            Some(other) => panic!("no weight {other}"),
        },
        point: Some(Spot { lat: 0.0, lon: v.lon }),
        put: if v.out { Some(Put::Out) } else { v.put.as_ref().map(|p| Put::On(p.day, p.place)) },
    }
}

fn word(why: Why) -> &'static str {
    match why {
        Why::PutOut => "put_out",
        Why::Away => "away",
        Why::TooFar => "too_far",
        Why::Full => "full",
    }
}

#[test]
fn the_worked_weeks_hold() {
    let cases: Vec<Case> = serde_saphyr::from_str(include_str!("../data/weeks.yaml")).unwrap();
    assert!(cases.len() >= 8);
    for case in cases {
        let names: Vec<&String> = case.visits.keys().collect();
        let all: Vec<Candidate> = case.visits.values().map(|v| candidate(&case.days, v)).collect();
        let made = plan(&hours(case.days.clone(), case.most_a_day), &all);
        let order = |day: &week::Day| day.stops.iter().map(|s| names[s.candidate].clone()).collect::<Vec<_>>();
        let days: BTreeMap<Date, Vec<String>> = made.days.iter().map(|d| (d.date, order(d))).collect();
        let out: BTreeMap<String, String> =
            made.left_out.iter().map(|(n, why)| (names[*n].clone(), word(*why).to_owned())).collect();
        let told = format!("{} ({}): {days:?}, out {out:?}", case.id, case.why);
        assert_eq!(out, case.expect.out, "{told}");
        for (day, order) in &case.expect.days {
            assert_eq!(days.get(day), Some(order), "{told}");
        }
        for round in &case.expect.rounds {
            let back: Vec<String> = round.iter().rev().cloned().collect();
            assert!(days.values().any(|d| d == round || *d == back), "{told}");
        }
        for pair in &case.expect.before {
            let day = days.values().find(|d| d.contains(&pair[0])).unwrap();
            let kept: Vec<&String> = day.iter().filter(|n| pair.contains(n)).collect();
            assert_eq!(kept, pair.iter().collect::<Vec<_>>(), "{told}");
        }
        for (visit, day) in &case.expect.on {
            assert!(days[day].contains(visit), "{told}");
        }
    }
}

#[test]
fn many_urgent_visits_of_one_day_do_not_keep_the_others_empty() {
    let days: Vec<Date> = (23..28).map(|day| Date::constant(2026, 11, day)).collect();
    let one = |weight, day: Date| Candidate {
        minutes: 60,
        days: (day, day),
        weight,
        point: Some(Spot { lat: 0.0, lon: 0.01 }),
        put: None,
    };
    let mut all = vec![one(Weight::Last, days[0]); 120];
    all.extend([one(Weight::MayWait, days[1]), one(Weight::MayWait, days[4])]);
    let made = plan(&hours(days, 4), &all);
    assert_eq!(made.days.iter().map(|d| d.stops.len()).collect::<Vec<_>>(), [4, 1, 0, 0, 1]);
    assert!(made.left_out.len() == 116 && made.left_out.iter().all(|(_, why)| *why == Why::Full));
}

fn any_candidate() -> impl Strategy<Value = Candidate> {
    let monday = Date::constant(2026, 11, 23);
    let day = move |n: i64| monday.saturating_add(n.days());
    let weight = prop_oneof![Just(Weight::Last), Just(Weight::Best), Just(Weight::MayWait)];
    let put = prop_oneof![
        5 => Just(None),
        1 => Just(Some(Put::Out)),
        2 => (0_i64..5, 0_u32..9).prop_map(move |(n, place)| Some(Put::On(day(n), place))),
    ];
    let point = proptest::option::weighted(0.8, (-1.5_f64..1.5, -1.5_f64..1.5));
    (20_u32..120, 0_i64..5, 0_i64..5, weight, point, put).prop_map(move |(minutes, from, more, weight, point, put)| {
        let point = point.map(|(lat, lon)| Spot { lat, lon });
        Candidate { minutes, days: (day(from), day((from + more).min(4))), weight, point, put }
    })
}

fn any_days() -> impl Strategy<Value = Vec<Date>> {
    let monday = Date::constant(2026, 11, 23);
    proptest::sample::subsequence(vec![0_i64, 1, 2, 3, 4], 0..=5)
        .prop_map(move |all| all.into_iter().map(|n| monday.saturating_add(n.days())).collect())
}

fn check(hours: &Hours, all: &[Candidate], made: &Plan) {
    let mut seen = BTreeSet::new();
    for day in &made.days {
        assert!(hours.days.contains(&day.date));
        let put = |n: usize| matches!(all[n].put, Some(Put::On(on, _)) if on == day.date);
        let (mut now, mut places) = (hours.visiting.from, Vec::new());
        for stop in &day.stops {
            let c = &all[stop.candidate];
            assert!(seen.insert(stop.candidate), "no visit twice");
            assert!((c.days.0..=c.days.1).contains(&day.date), "inside its window, whoever put it there");
            assert!(c.put != Some(Put::Out));
            assert!(stop.arrives >= now + hours.visiting.between && stop.leaves == stop.arrives + c.minutes);
            now = stop.leaves;
            if let (true, Some(Put::On(_, place))) = (put(stop.candidate), c.put) {
                places.push(place);
            }
        }
        assert!(places.is_sorted(), "the order that was wanted");
        let only_put = day.stops.iter().all(|s| put(s.candidate));
        assert!(only_put || day.back <= hours.visiting.until, "working time is kept");
        assert!(only_put || day.stops.len() <= hours.visiting.most_a_day as usize);
    }
    for (n, c) in all.iter().enumerate() {
        if let Some(Put::On(on, _)) = c.put
            && hours.days.contains(&on)
            && (c.days.0..=c.days.1).contains(&on)
        {
            assert!(made.days.iter().any(|d| d.date == on && d.stops.iter().any(|s| s.candidate == n)), "it stays");
        }
    }
    assert!(made.left_out.iter().all(|(n, _)| seen.insert(*n)));
    assert_eq!(seen.len(), all.len(), "each visit is on a day or told why not");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn whatever_the_week_it_can_be_walked_and_is_the_same_again(
        all in proptest::collection::vec(any_candidate(), 0..14), days in any_days(), most in 1_u32..7,
    ) {
        let hours = hours(days, most);
        let made = plan(&hours, &all);
        check(&hours, &all, &made);
        prop_assert_eq!(plan(&hours, &all), made);
    }
}

#[tokio::test]
async fn a_week_is_proposed_kept_and_planned_around_days_away() {
    for office in Office::all(61).await {
        let family = office.family(Date::constant(2027, 1, 20)).await;
        let id = office.visited(&family).await;
        let (nurse, setting) = (who(Role::Nurse), setting());
        let eyes = Eyes::of(nurse.clone());
        let mut tx = office.db.read().await.unwrap();
        let lines = open(&visit::read::families(&mut tx, &office.desk(), &eyes.sight(&setting)).await.unwrap());
        drop(tx);
        let window = lines[0].next.as_ref().unwrap().window;
        let monday = week::monday(window.target).max(week::monday(window.opens).saturating_add(7.days()));
        let desk = office.desk_on(monday.saturating_sub(3.days()));
        let see = async |eyes: &Eyes| {
            let mut tx = office.db.read().await.unwrap();
            week::gather(&mut tx, &desk, &eyes.sight(&setting), (nurse.account, monday), &[])
                .await
                .unwrap()
                .unwrap()
                .planned()
        };
        let on = |week: &week::Week| {
            let all = week.days.iter().flat_map(|d| d.stops.iter().map(|s| (d.date, s.kept, s.way.is_some())));
            all.collect::<Vec<_>>()
        };
        let (day, kept, way) = on(&open(&see(&eyes).await))[0];
        assert!(!kept && way);
        let other = open(&see(&eyes).await).days.iter().map(|d| d.date).find(|d| *d != day && *d <= window.closes);
        let other = other.unwrap();
        let may = allowed(Role::Nurse, Action::RecordVisit, &[family.mother]);
        let keep = async |me: &guard::Who, may: &guard::Allowed, put: Put| {
            let (eyes, key) = (Eyes::of(me.clone()), (nurse.account, monday));
            let sight = eyes.sight(&setting);
            transact!(office.db, Fault, |tx| week::keep(tx, &desk, &sight, may, key, &vec![(id, put)]).await)
        };
        // Another day, and twice is the same; outside of the window and by others it cannot be.
        for _ in 0..2 {
            keep(&nurse, &may, Put::On(other, 1)).await.unwrap();
            assert_eq!(on(&open(&see(&eyes).await)), [(other, true, true)]);
        }
        // Nobody works on a Sunday, though the window holds it.
        let sunday = monday.saturating_add(6.days());
        assert!(matches!(keep(&nurse, &may, Put::On(sunday, 1)).await, Err(Fault::BadDay(d)) if d == sunday));
        let late = monday.saturating_add(20.days());
        assert!(matches!(keep(&nurse, &may, Put::On(late, 1)).await, Err(Fault::BadDay(d)) if d == late));
        let colleague = guard::Who { account: AccountId(Uuid::from_u128(7)), ..nurse.clone() };
        assert!(matches!(keep(&colleague, &may, Put::Out).await, Err(Fault::NotAllowed)));
        let look = allowed(Role::Nurse, Action::ViewVisits, &[family.mother]);
        assert!(matches!(keep(&nurse, &look, Put::Out).await, Err(Fault::NotAllowed)));
        let nobody = allowed(Role::Nurse, Action::RecordVisit, &[kernel::PersonId(Uuid::from_u128(5))]);
        assert!(matches!(keep(&nurse, &nobody, Put::Out).await, Err(Fault::NotAllowed)));
        // Her supervisor sees the same week; a colleague's eyes see no family in it.
        assert_eq!(on(&open(&see(&Eyes::of(who(Role::VisitSupervisor))).await)), [(other, true, true)]);
        assert!(on(&open(&see(&Eyes::of(colleague.clone())).await)).is_empty());
        // Away on that day: it is proposed for another, and comes back with her.
        let lead = who(Role::VisitSupervisor);
        let away = async |me: &guard::Who, days: &[Date]| {
            let days = days.iter().copied().collect();
            let action = if me.role == Role::Nurse { Action::ViewTeam } else { Action::ManageTeam };
            let may = thing(me.role, action);
            transact!(office.db, Fault, |tx| week::away(tx, &desk, me, &may, (nurse.account, monday), &days).await)
        };
        assert!(matches!(away(&colleague, &[other]).await, Err(Fault::NotAllowed)));
        assert!(matches!(away(&lead, &[late]).await, Err(Fault::BadDay(_))));
        away(&lead, &[other]).await.unwrap();
        let moved = on(&open(&see(&eyes).await));
        assert!(moved.len() == 1 && moved[0].0 != other && !moved[0].1, "{moved:?}");
        away(&lead, &[]).await.unwrap();
        assert_eq!(on(&open(&see(&eyes).await)), [(other, true, true)]);
        // Put out, with the reason; proposed anew.
        keep(&nurse, &may, Put::Out).await.unwrap();
        let out = open(&see(&eyes).await);
        assert!(on(&out).is_empty() && out.left_out.len() == 1 && out.left_out[0].1 == Why::PutOut);
        let own = thing(Role::Nurse, Action::ViewTeam);
        transact!(office.db, Fault, |tx| week::anew(tx, &nurse, &own, nurse.account, monday).await).unwrap();
        assert_eq!(on(&open(&see(&eyes).await)), [(day, false, true)]);
        // Protected: the visit stands, and no way tells how far away she lives; neither to the nurse nor to her supervisor.
        protect(&office, family.mother).await;
        for role in [Role::Nurse, Role::VisitSupervisor] {
            assert_eq!(on(&open(&see(&Eyes::of(who(role))).await)), [(day, false, false)]);
        }
    }
}

#[tokio::test]
async fn what_cannot_wait_for_a_sick_nurse_goes_to_a_colleague_with_room_and_the_family_stays_hers() {
    for office in Office::all(62).await {
        let (family, sister, hidden) = (
            office.family(Date::constant(2027, 1, 20)).await,
            office.family(Date::constant(2027, 1, 20)).await,
            office.family(Date::constant(2027, 1, 20)).await,
        );
        let mut ids = Vec::new();
        for f in [&family, &sister, &hidden] {
            ids.push(office.visited(f).await);
        }
        let (nurse, lead, setting) = (who(Role::Nurse), Eyes::of(who(Role::VisitSupervisor)), setting());
        let mut tx = office.db.read().await.unwrap();
        let lines = open(&visit::read::families(&mut tx, &office.desk(), &lead.sight(&setting)).await.unwrap());
        drop(tx);
        let closes = lines[0].next.as_ref().unwrap().window.closes;
        let monday = week::monday(closes);
        let desk = office.desk_on(monday.saturating_sub(3.days()));
        protect(&office, hidden.mother).await;
        // One colleague is a mother of these families herself, one is free; both are nurses of the office.
        let colleague = |n: u128, person| week::Colleague { account: AccountId(Uuid::from_u128(n)), person };
        let (own, free) = (colleague(7, Some(sister.mother)), colleague(8, None));
        let see = async |eyes: &Eyes, nurse: AccountId, team: &[week::Colleague]| {
            let mut tx = office.db.read().await.unwrap();
            let laid = week::gather(&mut tx, &desk, &eyes.sight(&setting), (nurse, monday), team).await.unwrap();
            open(&laid.unwrap().planned())
        };
        let proposed = |week: &week::Week| {
            let all = week.proposals.iter().map(|p| (p.line.enrolment.person, p.to));
            all.collect::<BTreeMap<_, _>>()
        };
        // While she is there nobody else is asked.
        assert!(proposed(&see(&lead, nurse.account, &[own, free]).await).is_empty());
        let days: BTreeSet<Date> = (0..5).map(|n| monday.saturating_add(n.days())).collect();
        let may = thing(Role::VisitSupervisor, Action::ManageTeam);
        let boss = who(Role::VisitSupervisor);
        let key = (nurse.account, monday);
        transact!(office.db, Fault, |tx| week::away(tx, &desk, &boss, &may, key, &days).await).unwrap();
        let found = proposed(&see(&lead, nurse.account, &[own, free]).await);
        assert_eq!(found.get(&sister.mother), Some(&free.account), "her own family is not hers to visit");
        assert!(found.contains_key(&family.mother) && !found.contains_key(&hidden.mother), "{found:?}");
        assert!(proposed(&see(&lead, nurse.account, &[]).await).is_empty());
        assert!(!proposed(&see(&lead, nurse.account, &[own]).await).contains_key(&sister.mother));

        // The supervisor's word, about a family that may be given, to whom may have it, on a day that fits.
        let only = see(&lead, nurse.account, &[free]).await;
        let on = only.proposals.iter().find(|p| p.line.enrolment.id == ids[0]).unwrap().on;
        let manages =
            allowed(Role::VisitSupervisor, Action::ManageVisits, &[family.mother, sister.mother, hidden.mother]);
        let give = async |eyes: &Eyes, may: &guard::Allowed, n: usize, to: Option<(week::Colleague, Date)>| {
            let (sight, key) = (eyes.sight(&setting), (nurse.account, ids[n]));
            transact!(office.db, Fault, |tx| week::cover::run(tx, &desk, &sight, may, key, to).await)
        };
        assert!(matches!(give(&lead, &manages, 1, Some((own, on))).await, Err(Fault::NotFree)));
        assert!(matches!(give(&lead, &manages, 2, Some((free, on))).await, Err(Fault::Protected)));
        let sunday = monday.saturating_add(6.days());
        assert!(matches!(give(&lead, &manages, 0, Some((free, sunday))).await, Err(Fault::BadDay(_))));
        let me = Eyes::of(nurse.clone());
        assert!(matches!(give(&me, &manages, 0, Some((free, on))).await, Err(Fault::NotAllowed)));
        let stands = Eyes::of(guard::Who { account: free.account, ..nurse.clone() });
        assert!(see(&stands, free.account, &[]).await.days.iter().all(|d| d.stops.is_empty()));
        for _ in 0..2 {
            give(&lead, &manages, 0, Some((free, on))).await.unwrap();
        }
        // It is in the colleague's week on that day, and in her hands; the family is still its nurse's, who sees who goes.
        let theirs = see(&stands, free.account, &[]).await;
        let stops: Vec<_> =
            theirs.days.iter().flat_map(|d| d.stops.iter().map(|s| (d.date, s.line.enrolment.id))).collect();
        assert_eq!(stops, [(on, ids[0])]);
        let hers = see(&me, nurse.account, &[]).await;
        assert_eq!(
            hers.covered.iter().map(|(l, c)| (l.enrolment.id, c.nurse)).collect::<Vec<_>>(),
            [(ids[0], free.account)]
        );
        assert_eq!(hers.covered[0].0.enrolment.nurse_on(on), Some(nurse.account));
        let reads = async |eyes: &Eyes, day: Date| {
            let mut tx = office.db.read().await.unwrap();
            let about = visit::read::standing(&mut tx, &office.desk_on(day), &eyes.sight(&setting), ids[0]).await;
            about.unwrap().unwrap().1.iter().all(|(_, r)| r.open_case)
        };
        assert!(reads(&stands, on).await && reads(&me, on).await);
        assert!(!reads(&stands, on.saturating_add(4.days())).await && reads(&me, on.saturating_add(4.days())).await);
        // What was told alone stays with the family's own nurse.
        let mut tx = office.db.read().await.unwrap();
        let kept = visit::read::kept(&mut tx, &desk, &stands.sight(&setting), ids[0]).await.unwrap().unwrap();
        assert!(kept.about.iter().all(|(_, r)| !r.open_case));
        drop(tx);
        // Nor is how much the family needs hers to decide.
        let decision = visit::tier::Input {
            enrolment: ids[0],
            submission: None,
            protocol: None,
            tier: None,
            from: on,
            reason: Some("as I see it".to_owned()),
        };
        let records = allowed(Role::Nurse, Action::RecordVisit, &[family.mother]);
        let decides = async |who: &guard::Who| {
            let desk = office.desk_on(on);
            transact!(office.db, visit::tier::Fault, |tx| visit::tier::run(tx, &desk, who, &records, &decision).await)
        };
        let stranger = guard::Who { account: free.account, ..nurse.clone() };
        assert!(matches!(decides(&stranger).await, Err(visit::tier::Fault::NotAllowed)));
        decides(&nurse).await.unwrap();
        // Given back, it is hers alone.
        give(&lead, &manages, 0, None).await.unwrap();
        assert!(!reads(&stands, on).await);
        assert!(see(&stands, free.account, &[]).await.days.iter().all(|d| d.stops.is_empty()));
    }
}

async fn protect(office: &Office, victim: kernel::PersonId) {
    let origin = registry::Origin::new("police", "Act 1", "test");
    let valid = kernel::Period { from: Date::constant(2026, 11, 1), until: None };
    let new = NewProtection { victim, perpetrators: vec![], valid, reason: "violence".to_owned() };
    transact!(office.db, ProtectionError, |tx| {
        let pen = registry::Pen::new(&office.ids, keys(), office.desk().now, &origin);
        registry::protection::protect(tx, pen, &new).await
    })
    .unwrap();
}
