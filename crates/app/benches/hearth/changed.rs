//! One changed fact: working a household out again, only what the fact touches against everything; to a commit.

use std::time::{Duration, Instant};

use casework::model::Cause;
use casework::recompute::{self, Fault};
use registry::change::Whose;
use rules::schema::Entity;
use store::transact;

use crate::table::{Table, spread};
use crate::town::Place;

/// Households looked at in one round.
const A_ROUND: usize = 20;

/// How many families a run of so many rounds needs.
pub(crate) fn families(rounds: usize) -> usize {
    rounds * A_ROUND
}

pub(crate) async fn run(table: &mut Table, place: &Place, rounds: usize) {
    let state = &place.runtime.state;
    let pack = state.packs.current();
    let items: Vec<(Whose, String)> = pack
        .items()
        .iter()
        .filter(|i| !pack.program().programmes_of(i.entity, &i.id).is_empty())
        .filter(|i| pack.touched(&[(i.entity, i.id.clone())]).is_some())
        .map(|i| (if i.entity == Entity::Person { Whose::Person } else { Whose::Household }, i.id.clone()))
        .collect();
    let (mut some, mut all): (Vec<Duration>, Vec<Duration>) = (Vec::new(), Vec::new());
    for n in 0..rounds * A_ROUND {
        let household = place.any(n).household;
        let desk = casework::Desk { pack: &pack, keys: &place.runtime.keys, ids: &*state.ids, now: state.now() };
        let everything = async || {
            transact!(state.db, Fault, |tx| {
                recompute::household(tx, &desk, household, Cause::FactChange, None).await
            })
        };
        // Worked out today, so that the rest stands.
        everything().await.expect("worked out");
        let changed = items.get(n * 7 % items.len()).cloned().expect("an item that rules read");
        let start = Instant::now();
        let touched = std::slice::from_ref(&changed);
        transact!(state.db, Fault, |tx| recompute::touched(tx, &desk, household, touched).await).expect("worked out");
        some.push(start.elapsed());
        let start = Instant::now();
        everything().await.expect("worked out");
        all.push(start.elapsed());
    }
    let engine = place.engine;
    let words = format!("{} households, one item each of {}", some.len(), items.len());
    table.row(&format!("{engine}: one changed fact worked out again"), spread(&some), words, "< 5 ms");
    table.row(&format!("{engine}: the same, every programme"), spread(&all), String::new(), "");
}
