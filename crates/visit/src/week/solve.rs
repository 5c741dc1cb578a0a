//! Which visit on which day, in which order: a vehicle-routing problem, whose vehicle is a day. `vrp-core` says what fits where and
//! what it costs; visits are put in one after the other where they cost least.
//!
//! The library's own search goes through hash maps by address and never comes to the same plan twice. So its construction is begun anew a fixed number of
//! times, each with ways that are a little off, by numbers that follow from the start alone, and the best is taken: the same
//! week always has the same plan.

use std::collections::BTreeSet;
use std::sync::Arc;

use vrp_core::construction::heuristics::{
    AllJobSelector, AllRouteSelector, BestResultSelector, InsertionHeuristic, LegSelection,
};
use vrp_core::models::common::{Distance, Duration, Location, Profile, TimeWindow};
use vrp_core::models::problem::{JobIdDimension, TravelTime, VehicleIdDimension};
use vrp_core::models::solution::Route;
use vrp_core::prelude::{
    CapacityFeatureBuilder, DefaultRandom, Demand, Environment, GenericResult, GoalContextBuilder, InsertionContext,
    Job, MinimizeUnassignedBuilder, ProblemBuilder, SingleBuilder, SingleDimLoad, Solution, TransportCost,
    TransportFeatureBuilder, Vehicle, VehicleBuilder, VehicleDetailBuilder,
};
use vrp_core::rosomaxa::utils::Parallelism;

use super::model::{Candidate, Hours, Plan, Put, Timed, Weight, Why, timed};

/// How often construction begins anew.
const STARTS: u64 = 96;
/// The most visits that are looked at: more than any week holds. Those that matter most first.
const MOST: usize = 80;
/// Minutes of a day.
const DAY: u32 = 24 * 60;

/// Plans a week. What somebody put on a day stays there, in its order; the rest is laid around it.
pub fn plan(hours: &Hours, all: &[Candidate]) -> Plan {
    let mut looked: Vec<usize> =
        (0..all.len()).filter(|n| all.get(*n).is_some_and(|c| c.put != Some(Put::Out))).collect();
    let matters = |n: &usize| all.get(*n).map(|c| (c.put.is_none(), std::cmp::Reverse(c.weight), c.days.1));
    looked.sort_by_key(matters);
    let chosen = chosen(hours, all, &looked);
    looked.retain(|n| chosen.contains(n));
    let week = Week::new(hours, all, looked);
    let best = (0..STARTS).filter_map(|start| week.built(start).ok()).min_by(|a, b| a.cost.cmp(&b.cost));
    let orders = best.map_or_else(|| vec![Vec::new(); hours.days.len()], |built| built.days);
    let days: Vec<_> = hours
        .days
        .iter()
        .zip(orders)
        .map(|(date, order)| timed(hours, all, *date, &in_order(hours, all, *date, order)))
        .collect();
    let inside = |n: usize| days.iter().any(|d| d.stops.iter().any(|s| s.candidate == n));
    let left_out = (0..all.len()).filter(|n| !inside(*n)).filter_map(|n| Some((n, why(hours, all.get(n)?)))).collect();
    Plan { days, left_out }
}

/// Which visits are looked at: of each day its share, so that what is urgent on one day does not keep the others empty.
fn chosen(hours: &Hours, all: &[Candidate], sorted: &[usize]) -> BTreeSet<usize> {
    let share = MOST.div_ceil(hours.days.len().max(1));
    let mut chosen = BTreeSet::new();
    for day in &hours.days {
        let fits = |n: &usize| {
            all.get(*n).is_some_and(|c| match put_on(hours, c) {
                Some((put, _)) => put == *day,
                None => (c.days.0..=c.days.1).contains(day),
            })
        };
        let fresh: Vec<usize> = sorted.iter().copied().filter(|n| !chosen.contains(n) && fits(n)).take(share).collect();
        chosen.extend(fresh);
    }
    chosen
}

/// Where somebody put a visit, if she works on that day and it may still be made then: a corrected birth date moves windows.
fn put_on(hours: &Hours, c: &Candidate) -> Option<(kernel::Date, u32)> {
    match c.put {
        Some(Put::On(day, place)) if hours.days.contains(&day) && (c.days.0..=c.days.1).contains(&day) => {
            Some((day, place))
        }
        _ => None,
    }
}

/// A day whose order somebody fixed keeps it, whole; what was added goes where the day is over soonest, if it still fits.
fn in_order(hours: &Hours, all: &[Candidate], date: kernel::Date, built: Vec<usize>) -> Vec<usize> {
    let put =
        |n: usize| all.get(n).and_then(|c| put_on(hours, c)).filter(|(day, _)| *day == date).map(|(_, place)| place);
    let mut fixed: Vec<usize> = (0..all.len()).filter(|n| put(*n).is_some()).collect();
    if fixed.is_empty() {
        return built;
    }
    fixed.sort_by_key(|n| put(*n));
    let added: Vec<usize> = built.into_iter().filter(|n| put(*n).is_none()).collect();
    for one in added {
        let with = |at: usize| {
            let mut order = fixed.clone();
            order.insert(at, one);
            order
        };
        let back = |order: &Vec<usize>| timed(hours, all, date, order).back;
        let best = (0..=fixed.len()).map(with).min_by_key(back);
        let most = usize::try_from(hours.visiting.most_a_day).unwrap_or(usize::MAX);
        fixed = best.filter(|order| order.len() <= most && back(order) <= hours.visiting.until).unwrap_or(fixed);
    }
    fixed
}

/// Why a visit is in none of the days.
fn why(hours: &Hours, c: &Candidate) -> Why {
    let there = hours.way(hours.office, c.point).minutes * 2 + hours.visiting.between + c.minutes;
    match c.put {
        Some(Put::Out) => Why::PutOut,
        _ if !hours.days.iter().any(|day| (c.days.0..=c.days.1).contains(day)) => Why::Away,
        _ if there > hours.length() => Why::TooFar,
        _ => Why::Full,
    }
}

/// What a start came to, the less the better: weights left out, then minutes until everybody is back.
struct Built {
    cost: (u64, u32, u64),
    days: Vec<Vec<usize>>,
}

/// The week as the library wants it: place 0 is the office, then one place a visit.
struct Week<'a> {
    hours: &'a Hours,
    all: &'a [Candidate],
    looked: Vec<usize>,
    minutes: Arc<Vec<f64>>,
}

impl<'a> Week<'a> {
    fn new(hours: &'a Hours, all: &'a [Candidate], looked: Vec<usize>) -> Self {
        let points: Vec<_> =
            std::iter::once(hours.office).chain(looked.iter().map(|n| all.get(*n).and_then(|c| c.point))).collect();
        let way = |from: usize, to: usize| {
            let (a, b) = (points.get(from).copied().flatten(), points.get(to).copied().flatten());
            match (from == to, to) {
                (true, _) => 0.0,
                (_, 0) => f64::from(hours.way(a, b).minutes),
                _ => f64::from(hours.way(a, b).minutes + hours.visiting.between),
            }
        };
        let size = points.len();
        let minutes = (0..size * size).map(|n| way(n / size, n % size)).collect();
        Week { hours, all, looked, minutes: Arc::new(minutes) }
    }

    fn built(&self, start: u64) -> GenericResult<Built> {
        let size = self.looked.len() + 1;
        let ways: Arc<dyn TransportCost> = Arc::new(Ways { minutes: self.minutes.clone(), size, start });
        let jobs =
            self.looked.iter().enumerate().map(|(at, n)| self.job(at + 1, *n)).collect::<GenericResult<Vec<_>>>()?;
        let vehicles = (0..self.hours.days.len()).map(|day| self.vehicle(day)).collect::<GenericResult<Vec<_>>>()?;
        let weights: Vec<f64> = self.looked.iter().map(|n| self.weight(*n)).collect();
        let matters = MinimizeUnassignedBuilder::new("left out")
            .set_job_estimator(move |_, job| {
                number(job).and_then(|n| weights.get(n.checked_sub(1)?)).copied().unwrap_or(1.0)
            })
            .build()?;
        let travel = TransportFeatureBuilder::new("ways").set_transport_cost(ways.clone()).build_minimize_distance()?;
        let most = CapacityFeatureBuilder::<SingleDimLoad>::new("most a day").build()?;
        let problem = ProblemBuilder::default()
            .with_logger(Arc::new(|_| ()))
            .add_jobs(jobs.into_iter())
            .add_vehicles(vehicles.into_iter())
            .with_goal(GoalContextBuilder::with_features(&[matters, travel, most])?.build()?)
            .with_transport_cost(ways)
            .build()?;
        let random = Arc::new(DefaultRandom::new_repeatable());
        let quiet = Environment::new(random, None, Parallelism::new_with_cpus(1), Arc::new(|_| ()), false);
        let empty = InsertionContext::new(Arc::new(problem), Arc::new(quiet));
        let (jobs, routes, best) =
            (AllJobSelector::default(), AllRouteSelector::default(), BestResultSelector::default());
        let built = InsertionHeuristic::default().process(empty, &jobs, &routes, &LegSelection::Exhaustive, &best);
        Ok(self.read(built.into(), start))
    }

    fn weight(&self, n: usize) -> f64 {
        let Some(c) = self.all.get(n) else { return 1.0 };
        match (put_on(self.hours, c), c.weight) {
            (Some(_), _) => 10_000.0,
            (_, Weight::Last) => 400.0,
            (_, Weight::Best) => 20.0,
            (_, Weight::MayWait) => 1.0,
        }
    }

    fn job(&self, at: Location, n: usize) -> GenericResult<Job> {
        let c = self.all.get(n).ok_or("no such visit")?;
        let fits = |day: &kernel::Date| match put_on(self.hours, c) {
            Some((put, _)) => *day == put,
            None => (c.days.0..=c.days.1).contains(day),
        };
        let days = self.hours.days.iter().enumerate().filter(|(_, day)| fits(day));
        let begin = |day: usize| f64::from(u32::try_from(day).unwrap_or(0) * DAY + self.hours.visiting.from);
        let windows: Vec<TimeWindow> =
            days.map(|(day, _)| TimeWindow::new(begin(day), begin(day) + f64::from(self.hours.length()))).collect();
        // A visit with no day has a time at which nobody works: the library wants one.
        let windows = if windows.is_empty() { vec![TimeWindow::new(-2.0, -1.0)] } else { windows };
        SingleBuilder::default()
            .id(&at.to_string())
            .demand(Demand::delivery(1))
            .location(at)?
            .duration(f64::from(c.minutes))?
            .times(windows)?
            .build_as_job()
    }

    fn vehicle(&self, day: usize) -> GenericResult<Vehicle> {
        let begin = f64::from(u32::try_from(day).unwrap_or(0) * DAY + self.hours.visiting.from);
        let detail = VehicleDetailBuilder::default()
            .set_start_location(0)
            .set_start_time(begin)
            .set_end_location(0)
            .set_end_time(begin + f64::from(self.hours.length()))
            .build()?;
        let most = i32::try_from(self.hours.visiting.most_a_day).unwrap_or(i32::MAX);
        VehicleBuilder::default()
            .id(&day.to_string())
            // A profile of its own, so that no two days are alike to the library, which would choose among them by chance.
            .set_profile_idx(day)
            .add_detail(detail)
            .capacity(SingleDimLoad::new(most))
            .build()
    }

    fn read(&self, solution: Solution, start: u64) -> Built {
        let mut days = vec![Vec::new(); self.hours.days.len()];
        for route in &solution.routes {
            let day = route.actor.vehicle.dimens.get_vehicle_id().and_then(|id| id.parse::<usize>().ok());
            let Some(order) = day.and_then(|day| days.get_mut(day)) else { continue };
            let visits = route.tour.all_activities().filter_map(|a| a.job.as_ref()?.dimens.get_job_id()?.parse().ok());
            order.extend(visits.filter_map(|at: usize| self.looked.get(at.checked_sub(1)?)).copied());
        }
        let left = self.looked.iter().filter(|n| !days.iter().any(|d| d.contains(n)));
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "weights are small whole numbers")]
        let left: u64 = left.map(|n| self.weight(*n) as u64).sum();
        let length = |(date, order): (&kernel::Date, &Vec<usize>)| {
            let day = timed(self.hours, self.all, *date, order);
            let on_the_way: u32 = day.stops.iter().map(|s: &Timed| s.way.minutes).sum();
            on_the_way + day.back - day.stops.last().map_or(day.back, |s| s.leaves)
        };
        let minutes = self.hours.days.iter().zip(&days).map(length).sum();
        Built { cost: (left, minutes, start), days }
    }
}

/// The number a job was given.
fn number(job: &Job) -> Option<usize> {
    job.dimens().get_job_id()?.parse().ok()
}

/// Minutes between places; what they cost is a little off, otherwise for each start, day and way, so that no two costs are the same.
struct Ways {
    minutes: Arc<Vec<f64>>,
    size: usize,
    start: u64,
}

impl TransportCost for Ways {
    fn duration_approx(&self, _: &Profile, from: Location, to: Location) -> Duration {
        self.minutes.get(from * self.size + to).copied().unwrap_or(0.0)
    }

    fn distance_approx(&self, day: &Profile, from: Location, to: Location) -> Distance {
        let seed = ((self.start << 8) + day.index as u64) << 24 | (from * self.size + to) as u64;
        #[expect(clippy::cast_precision_loss, reason = "sixteen steps")]
        let most = 0.001 + 0.04 * (self.start % 16) as f64;
        (self.duration_approx(day, from, to) + 1.0) * (1.0 + most * off(seed))
    }

    fn duration(&self, route: &Route, from: Location, to: Location, _: TravelTime) -> Duration {
        self.duration_approx(&route.actor.vehicle.profile, from, to)
    }

    fn distance(&self, route: &Route, from: Location, to: Location, _: TravelTime) -> Distance {
        self.distance_approx(&route.actor.vehicle.profile, from, to)
    }
}

/// A number from 0 to 1 that follows from the seed (SplitMix64).
fn off(seed: u64) -> f64 {
    let mut z = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    #[expect(clippy::cast_precision_loss, reason = "53 bits")]
    let number = ((z ^ (z >> 31)) >> 11) as f64;
    number / (1_u64 << 53) as f64
}
