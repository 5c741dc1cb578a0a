//! Indicators over a million visits: into columns, counted, what may be told; and the page that shows them.

use std::time::Instant;

use catalogue::Pack;
use catalogue::model::{Level, Measure};
use guard::Role;
use guard::account::Duty;
use indicator::columns::{Builder, Columns, Family};
use indicator::count::count;
use indicator::round;
use jiff::ToSpan as _;
use kernel::{AccountId, Date};
use store::{StoreError, transact};
use uuid::Uuid;
use visit::instrument::{Answer, Answers};
use visit::model::EndingWord;
use visit::whole::Contact;

use crate::page::{get, signed_in};
use crate::table::{Table, median, shown, spread};
use crate::town::Place;

/// Families, each with as many visits as a sustained protocol has: a million visits together.
const FAMILIES: u32 = 40_000;
const VISITS: u32 = 25;
/// Looks at the page a round.
const LOOKS: usize = 10;

fn day(today: Date, back: u32) -> Date {
    today.saturating_sub(i64::from(back).days())
}

/// A family of a city: born over the last three years, seen every month from before birth.
fn family(n: u32, place: &str, today: Date, (protocol, answers): (&str, &(String, Answers))) -> Family {
    let born = day(today, n * 7 % 1_100);
    let contact = |v: u32| {
        let on = born.saturating_sub(60.days()).saturating_add(i64::from(v * 28 + n % 9).days());
        let ending = if (n + v).is_multiple_of(11) { EndingWord::NoAccess } else { EndingWord::Done };
        (on <= today).then(|| Contact {
            on,
            ending: Some(ending),
            minutes: Some(45 + n % 40),
            account: AccountId(Uuid::from_u128(u128::from(n / 200))),
            topics: vec!["feeding".to_owned()],
            answers: vec![answers.clone()],
        })
    };
    // Those whose visits lie ahead have them at the beginning instead: there are a million.
    let contacts = (0..VISITS).filter_map(|v| contact(v).or_else(|| contact(v % 2)));
    let mut contacts: Vec<Contact> = contacts.collect();
    contacts.sort_by_key(|c| c.on);
    Family {
        place: place.to_owned(),
        protocol: protocol.to_owned(),
        entered: born.saturating_sub(100.days()),
        agreed: Some(born.saturating_sub(100.days())),
        due: Some(born),
        children: vec![(born, None)],
        levels: vec![(born.saturating_sub(30.days()), protocol.to_owned(), None)],
        contacts,
        ..Family::default()
    }
}

fn columns(pack: &Pack, today: Date) -> Columns {
    let indicators = pack.indicators().expect("the pack has indicators");
    let districts: Vec<&str> =
        pack.jurisdictions().iter().filter(|j| j.level == Level::District).map(|j| j.id.as_str()).collect();
    let mut builder = Builder::new(pack, indicators);
    let protocol = &pack.protocols().iter().max_by_key(|p| p.visits.len()).expect("the pack has a protocol").key;
    let answered = indicators.all.iter().find_map(|i| match &i.measure {
        Measure::Answered { instrument, question, codes, .. } => {
            let answers: Answers = [(question.clone(), Answer::Text(codes.first()?.clone()))].into();
            Some((pack.instrument(instrument)?.key.clone(), answers))
        }
        _ => None,
    });
    let answered = answered.expect("an indicator of answers");
    for n in 0..FAMILIES {
        let place = districts.get(n as usize % districts.len()).expect("districts");
        builder.family(&family(n, place, today, (protocol, &answered)));
    }
    builder.columns()
}

/// Without a database, on one core.
pub(crate) fn alone(table: &mut Table, place: &Place, rounds: usize) -> Columns {
    let (pack, today) = (place.runtime.state.packs.current(), place.runtime.state.today());
    let indicators = pack.indicators().expect("the pack has indicators");
    let start = Instant::now();
    let columns = columns(&pack, today);
    let made = start.elapsed();
    let visits = columns.visits.day.len();
    let (mut counted, mut told) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        let start = Instant::now();
        let all = count(&columns, indicators, today.saturating_sub(4.years()), today);
        counted.push(start.elapsed());
        assert_eq!(all.len(), indicators.all.len());
        let start = Instant::now();
        let figures: usize = round::figures(&pack, &columns, today).iter().map(|(_, f)| f.len()).sum();
        told.push(start.elapsed());
        assert!(figures > 1_000, "{figures} figures");
    }
    let words = format!(
        "{visits} visits, {} districts, {} indicators, one core; made in {}",
        columns.places.len(),
        indicators.all.len(),
        shown(made)
    );
    table.row("indicators: counted", spread(&counted), words, "< 1 s");
    table.row("indicators: counted and small numbers kept back", spread(&told), "the same", "< 1 s");
    columns
}

/// The page of all indicators of the country, and of one with its map.
pub(crate) async fn pages(table: &mut Table, place: &Place, columns: &Columns, rounds: usize) {
    let state = &place.runtime.state;
    let pack = state.packs.current();
    let desk = visit::Desk { pack: &pack, keys: &place.runtime.keys, ids: &*state.ids, now: state.now() };
    let start = Instant::now();
    for (indicator, figures) in round::figures(&pack, columns, desk.today()) {
        transact!(state.db, StoreError, |tx| round::keep(tx, &desk, &indicator.id, &figures).await).expect("rows");
    }
    let kept = start.elapsed();
    let duty = Duty { role: Role::Analyst, organisation: "statistics".to_owned(), jurisdiction: None };
    let cookies = signed_in(place, duty, None).await;
    for (path, words) in
        [("/visits/indicators", "all of a place"), ("/visits/indicators/coverage_4w", "one, map and tables")]
    {
        let mut looks = Vec::new();
        for _ in 0..rounds * LOOKS {
            looks.push(get(place, &cookies, path).await);
        }
        let words = format!("{words}; median {}; counted anew and written in {}", shown(median(&looks)), shown(kept));
        table.row(&format!("{}: {path}", place.engine), spread(&looks), words, "< 1 s");
    }
}
