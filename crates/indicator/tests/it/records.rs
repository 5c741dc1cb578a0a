//! From records in a database to figures in a table.

use std::collections::BTreeMap;

use indicator::period::Period;
use indicator::read::{self, Told};
use indicator::round;
use kernel::{Date, Ids, Instant, SeededIds};
use serde_json::json;
use store::{Db, Schema, StoreError, Tx, params, transact};
use testing::{keys, pack};
use uuid::Uuid;
use visit::Desk;

pub(crate) const SCHEMAS: &[Schema] = &[store::SCHEMA, visit::SCHEMA, referral::SCHEMA, indicator::SCHEMA];

const FAMILY: &str = "insert into visit_enrolment (person_id, enrolment_id, protocol, source, entered_on, consented_at, organisation, place, dates, revision, recorded_at)
    values ($1, $2, 'universal@2026.1', 'own', $3, $4, 'health_centre', $5, $6, 1, 0)";
const SUBMISSION: &str = "insert into visit_submission (person_id, submission_id, enrolment_id, kind, subject, made_on, ending, status, content, replaced_by, account_id, received_at)
    values ($1, $2, $3, $4, 'newborn', $5, $6, $7, $8, $9, $1, 0)";
const LEVEL: &str =
    "insert into visit_tier (person_id, tier_id, enrolment_id, from_on, protocol, content, account_id, recorded_at)
    values ($1, $2, $3, $4, 'sustained@2026.1', '{}', $1, 0)";
const REFERRAL: &str = "insert into referral (person_id, referral_id, service, agency, need, reason, shares, agreed_by, agreed_on, sensitive, discreet, clocks, from_agency, from_place, account_id, status, revision, steps, since, reminded, requested_at, ended_at)
    values ($1, $2, 's', 'a', 'n', 'r', '[]', $1, $3, $4, false, '{}', 'health_centre', $5, $1, $6, 1, 1, $3, false, $7, $8)";

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

struct Records<'a> {
    ids: &'a SeededIds,
    tx: Tx,
}

impl Records<'_> {
    fn id(&self) -> Uuid {
        self.ids.uuid(Instant::from_micros(0))
    }

    /// A family with a child born on 10 July; its person and enrolment.
    async fn family(&mut self, place: &str, agreed: bool) -> (Uuid, Uuid) {
        let (person, family, child) = (self.id(), self.id(), self.id());
        let dates = json!({ "due": "2026-07-12", "lost": null, "children": [
            { "person": child, "born": "2026-07-10", "female": true, "discharged": null, "died": null }] });
        let agreed = agreed.then(|| Instant::start_of(day("2026-05-01")));
        self.tx
            .execute(FAMILY, params![person, family, day("2026-05-01"), agreed, place, dates.to_string()])
            .await
            .unwrap();
        (person, family)
    }

    /// A visit that took place, with an answer about feeding; `kept`: it was not taken in; `corrected`: another took its place.
    async fn visit(&mut self, (person, family): (Uuid, Uuid), on: &str, fed: &str, (kept, corrected): (bool, bool)) {
        let content = json!({ "visit": "newborn", "ending": "done", "minutes": 60, "next_steps": null, "note": "words", "why": null,
            "forms": [["baby-check@2026.1", { "b_feeding": fed }]] });
        let status = if kept { "refused" } else { "accepted" };
        let replaced = corrected.then(|| self.id());
        let values =
            params![person, self.id(), family, "visit", day(on), "done", status, content.to_string(), replaced]
                .to_vec();
        self.tx.execute(SUBMISSION, &values).await.unwrap();
    }

    async fn screened(&mut self, (person, family): (Uuid, Uuid), on: &str, code: &str) {
        let answers: serde_json::Map<String, serde_json::Value> =
            (1..=9).map(|n| (format!("phq9_{n}"), json!(code))).collect();
        let content =
            json!({ "instrument": "phq9@2026.1", "answers": answers, "rule": "phq9_total@2026.1", "points": 9 });
        let values = params![
            person,
            self.id(),
            family,
            "assessment",
            day(on),
            None::<&str>,
            "accepted",
            content.to_string(),
            None::<Uuid>
        ]
        .to_vec();
        self.tx.execute(SUBMISSION, &values).await.unwrap();
    }

    async fn referral(&mut self, sensitive: bool, completed: Option<&str>) {
        let (person, id) = (self.id(), self.id());
        let at = |text: &str| Instant::start_of(day(text));
        let status = if completed.is_some() { "completed" } else { "expired" };
        let ended = at(completed.unwrap_or("2026-06-01"));
        let sent = day("2026-05-04");
        let values = params![person, id, sent, sensitive, "kr-11-680", status, Instant::start_of(sent), ended].to_vec();
        self.tx.execute(REFERRAL, &values).await.unwrap();
    }
}

async fn counted(db: &Db, ids: &SeededIds, on: &str, indicator: &str) -> BTreeMap<(Period, String), Told> {
    let now = Instant::start_of(day(on)).plus_seconds(3 * 3600);
    let desk = Desk { pack: pack(), keys: keys(), ids, now };
    let mut tx = db.read().await.unwrap();
    let (columns, unasked) = round::load(&mut tx, &desk, pack().indicators().unwrap()).await.unwrap();
    drop(tx);
    // Nobody has looked at the income of anybody.
    assert_eq!(unasked.len(), columns.families.place.len());
    assert!(columns.families.fifth.iter().all(|n| *n == 0));
    for (indicator, figures) in round::figures(pack(), &columns, desk.today()) {
        transact!(db, StoreError, |tx| round::keep(tx, &desk, &indicator.id, &figures).await).unwrap();
    }
    let mut tx = db.read().await.unwrap();
    assert_eq!(read::counted_at(&mut tx).await.unwrap().get(indicator), Some(&now));
    read::figures(&mut tx, indicator).await.unwrap()
}

fn of(told: &BTreeMap<(Period, String), Told>, period: &str, place: &str) -> Option<Told> {
    told.get(&(period.parse::<Period>().unwrap(), place.to_owned())).copied()
}

#[tokio::test]
async fn records_become_figures_and_nothing_else_is_kept() {
    for db in store::testing::databases(SCHEMAS).await.unwrap() {
        let ids = SeededIds::new(31);
        let mut r = Records { ids: &ids, tx: db.begin().await.unwrap() };
        for n in 0..12 {
            let family = r.family("kr-11-680", true).await;
            // Six in time; six of which the visit was not taken in, or corrected to a later day.
            match n {
                0..=5 => r.visit(family, "2026-07-20", "breast", (false, false)).await,
                6..=8 => r.visit(family, "2026-07-20", "breast", (true, false)).await,
                _ => {
                    r.visit(family, "2026-07-20", "breast", (false, true)).await;
                    r.visit(family, "2026-08-20", "mixed", (false, false)).await;
                }
            }
            r.screened(family, "2026-06-20", if n < 5 { "LA6571-9" } else { "LA6568-5" }).await;
            if n < 6 {
                let values = params![family.0, r.id(), family.1, day("2026-05-20")].to_vec();
                r.tx.execute(LEVEL, &values).await.unwrap();
            }
        }
        for _ in 0..9 {
            r.family("kr-11-680", false).await;
        }
        for n in 0..6 {
            let family = r.family("kr-26-350", true).await;
            r.visit(family, if n < 5 { "2026-08-07" } else { "2026-08-08" }, "breast", (false, false)).await;
        }
        for n in 0..12 {
            r.referral(n >= 10, Some(if n < 5 { "2026-06-01" } else { "2026-09-01" })).await;
        }
        r.tx.commit().await.unwrap();

        // Too early: nothing. Then the whole month, with one district of few and, with it, the other.
        let told = counted(&db, &ids, "2026-09-11", "coverage_4w").await;
        assert_eq!(of(&told, "2026-07", "kr"), None);
        let told = counted(&db, &ids, "2026-09-12", "coverage_4w").await;
        assert_eq!(of(&told, "2026-07", "kr"), Some(Some((11, 27))));
        // One of six was not: few. Its province is no more than it, and the country less Seoul would be it too.
        for place in ["kr-26-350", "kr-26", "kr-11", "kr-11-680"] {
            assert_eq!(of(&told, "2026-07", place), Some(None), "{place}");
        }
        let told = counted(&db, &ids, "2026-10-20", "screen_before").await;
        assert_eq!(of(&told, "2026-Q2", "kr-11-680"), Some(Some((5, 12))));
        let told = counted(&db, &ids, "2026-10-20", "sustained").await;
        assert_eq!(of(&told, "2026-05", "kr"), Some(Some((6, 18))), "the others have not agreed");
        // Ten were sent openly, five of them closed in time; of the discreet two nobody may know.
        let told = counted(&db, &ids, "2026-10-20", "referrals").await;
        assert_eq!(of(&told, "2026-Q2", "kr-11-680"), Some(Some((5, 10))));
        // Counted again, nothing stands twice.
        let again = counted(&db, &ids, "2026-10-20", "referrals").await;
        assert_eq!(again, told);
    }
}

#[tokio::test]
async fn what_the_pack_no_longer_has_is_forgotten() {
    for db in store::testing::databases(SCHEMAS).await.unwrap() {
        let ids = SeededIds::new(32);
        let desk = Desk { pack: pack(), keys: keys(), ids: &ids, now: Instant::start_of(day("2026-10-20")) };
        for id in ["of_yesterday", "coverage_4w"] {
            transact!(db, StoreError, |tx| round::keep(tx, &desk, id, &[]).await).unwrap();
        }
        transact!(db, StoreError, |tx| round::forget_others(tx, pack()).await).unwrap();
        let mut tx = db.read().await.unwrap();
        let left: Vec<String> = read::counted_at(&mut tx).await.unwrap().into_keys().collect();
        assert_eq!(left, ["coverage_4w"]);
        drop(tx);
        // Once a day, however often it is asked for.
        assert!(transact!(db, StoreError, |tx| round::queue(tx, &desk).await).unwrap());
        assert!(!transact!(db, StoreError, |tx| round::queue(tx, &desk).await).unwrap());
    }
}

#[tokio::test]
async fn a_family_is_asked_for_its_income_once_and_the_sum_is_nowhere() {
    for db in store::testing::databases(SCHEMAS).await.unwrap() {
        let ids = SeededIds::new(33);
        let mut r = Records { ids: &ids, tx: db.begin().await.unwrap() };
        for n in 0..24 {
            let family = r.family("kr-11-680", true).await;
            if n % 2 == 0 {
                r.visit(family, "2026-07-20", "breast", (false, false)).await;
            }
        }
        r.tx.commit().await.unwrap();
        let now = Instant::start_of(day("2026-09-12")).plus_seconds(3 * 3600);
        let desk = Desk { pack: pack(), keys: keys(), ids: &ids, now };
        let load = async || {
            let mut tx = db.read().await.unwrap();
            round::load(&mut tx, &desk, pack().indicators().unwrap()).await.unwrap()
        };
        let (_, unasked) = load().await;
        assert_eq!(unasked.len(), 24);
        for it in &unasked {
            let fifth = if it.row < 12 { Some(1) } else { Some(5) };
            transact!(db, StoreError, |tx| indicator::income::keep(tx, it, fifth, now).await).unwrap();
            // A second answer changes nothing.
            transact!(db, StoreError, |tx| indicator::income::keep(tx, it, Some(3), now).await).unwrap();
        }
        let (columns, unasked) = load().await;
        assert_eq!(unasked, []);
        assert_eq!((columns.families.fifth[0], columns.families.fifth[23]), (1, 5));
        for (indicator, figures) in round::figures(pack(), &columns, desk.today()) {
            transact!(db, StoreError, |tx| round::keep(tx, &desk, &indicator.id, &figures).await).unwrap();
        }
        let mut tx = db.read().await.unwrap();
        let parts = read::parts(&mut tx, "coverage_4w", "kr").await.unwrap();
        let of = |n| parts.get(&("2026-07".parse().unwrap(), indicator::publish::fifth(n))).copied();
        // Rows come by id, which is chance: of twelve visited families some are in one fifth and the rest in the other.
        let (Some(Some((low, 12))), None, Some(Some((high, 12)))) = (of(1), of(3), of(5)) else {
            panic!("{:?} {:?} {:?}", of(1), of(3), of(5));
        };
        assert_eq!(low + high, 12);
    }
}
