//! Families come, are visited, assessed, decided on, move and go.

use guard::{Action, Role};
use kernel::{Date, PersonId};
use registry::change::{Kind, Notice};
use registry::pregnancy::{self, Outcome as Ended};
use registry::residence::{self, Address};
use registry::{Origin, Pen};
use store::{StoreError, params, transact};
use visit::model::{AlertStatus, Refusal, Source};
use visit::schedule::State;
use visit::submit::Outcome;
use visit::{Desk, assess, assign, enrol, follow, read, tier};

use crate::office::{DISTRICT, Eyes, Office, TODAY, allowed, keys, open, setting, who};
use crate::sending::{answers, assessment};

const DUE: Date = Date::constant(2027, 1, 20);

#[tokio::test]
async fn a_mother_asks_for_visits_herself_and_twice_is_told_so() {
    for office in Office::all(1).await {
        let family = office.family(DUE).await;
        let me = guard::Who { person: Some(family.mother), ..who(Role::Citizen) };
        let may = allowed(Role::Citizen, Action::JoinVisits, &[family.mother]);
        let desk = office.desk();
        let join = async |consent| {
            transact!(office.db, enrol::Fault, |tx| enrol::run(tx, &desk, &me, &may, family.mother, consent).await)
        };
        assert!(matches!(join(false).await, Err(enrol::Fault::NoConsent)));
        let id = join(true).await.unwrap();
        assert!(matches!(join(true).await, Err(enrol::Fault::Already(known)) if known == id));
        let eyes = Eyes::of(who(Role::VisitSupervisor));
        let (setting, mut tx) = (setting(), office.db.read().await.unwrap());
        let lines = open(&read::families(&mut tx, &desk, &eyes.sight(&setting)).await.unwrap());
        assert_eq!(lines.len(), 1);
        let line = &lines[0];
        assert_eq!((line.enrolment.source, line.enrolment.nurse, line.name.as_str()), (Source::Own, None, "한지우"));
        assert_eq!((line.enrolment.place.as_str(), line.enrolment.protocol.as_str()), (DISTRICT, "universal@2026.1"));
        // Another district's supervisor sees nothing of her.
        let other = Eyes::of(guard::Who { jurisdiction: Some("kr-26-350".into()), ..who(Role::VisitSupervisor) });
        assert!(open(&read::families(&mut tx, &desk, &other.sight(&setting)).await.unwrap()).is_empty());
        // What she answers herself is hers to answer; nobody else's, and nothing that is asked alone.
        drop(tx);
        let own = assessment(&office, id, "perinatal-risk@2026.1", answers(&[("smoking", "true"), ("age", "22")]));
        let send = async |input: &assess::Input, me: &guard::Who| {
            transact!(office.db, visit::submit::Fault, |tx| assess::run(tx, &desk, me, Some(&may), input).await)
        };
        assert_eq!(send(&own, &me).await.unwrap(), Outcome::Taken);
        let alone = assess::Input {
            alone: true,
            ..assessment(&office, id, "home-safety@2026.1", answers(&[("afraid", "true")]))
        };
        assert!(matches!(send(&alone, &me).await, Err(visit::submit::Fault::NotAllowed)));
        let stranger = guard::Who { person: Some(PersonId(uuid::Uuid::from_u128(77))), ..me.clone() };
        assert!(matches!(send(&own, &stranger).await, Err(visit::submit::Fault::NotAllowed)));
    }
}

#[tokio::test]
async fn the_registry_puts_families_on_the_list_and_moves_them_between_districts() {
    for office in Office::all(2).await {
        let family = office.family(DUE).await;
        let notice =
            Notice { households: vec![family.household], persons: vec![], kinds: vec![Kind::Pregnancy], items: vec![] };
        let told =
            async || transact!(office.db, StoreError, |tx| follow::registry_changed(tx, &office.desk(), &notice).await);
        told().await.unwrap();
        told().await.unwrap();
        let eyes = Eyes::of(who(Role::VisitSupervisor));
        let setting = setting();
        let lines = async || {
            let mut tx = office.db.read().await.unwrap();
            open(&read::families(&mut tx, &office.desk(), &eyes.sight(&setting)).await.unwrap())
        };
        let on_list = lines().await;
        assert_eq!(on_list.len(), 1, "told twice is once");
        let e = &on_list[0].enrolment;
        assert_eq!((e.source, e.consented_at, e.dates.due), (Source::Registry, None, Some(DUE)));
        // Nobody visits a family that was not asked.
        let may = allowed(Role::VisitSupervisor, Action::ManageVisits, &[family.mother]);
        let (lead, nurse) = (who(Role::VisitSupervisor), Some(who(Role::Nurse).account));
        let give = async || {
            transact!(office.db, assign::Fault, |tx| assign::give(tx, &office.desk(), &lead, &may, e.id, nurse).await)
        };
        assert!(matches!(give().await, Err(assign::Fault::NoConsent)));
        let id =
            transact!(office.db, enrol::Fault, |tx| enrol::run(tx, &office.desk(), &lead, &may, family.mother, true)
                .await)
            .unwrap();
        assert_eq!(id, e.id, "the family on the list is the one that agrees");
        give().await.unwrap();
        // She moves to Busan: the nurse is out, the new district's list has her.
        let origin = Origin::new("mois", "", "test");
        transact!(office.db, residence::MoveError, |tx| {
            let pen = Pen::new(&office.ids, keys(), office.desk().now, &origin);
            let to = Address::new("kr-26-350", "해운대로 1", "48000");
            residence::move_household(tx, pen, family.household, &to, TODAY).await
        })
        .unwrap();
        told().await.unwrap();
        assert!(lines().await.is_empty());
        let there = Eyes::of(guard::Who { jurisdiction: Some("kr-26-350".into()), ..who(Role::VisitSupervisor) });
        let mut tx = office.db.read().await.unwrap();
        let moved = open(&read::families(&mut tx, &office.desk(), &there.sight(&setting)).await.unwrap());
        assert_eq!((moved.len(), moved[0].enrolment.nurse), (1, None));
    }
}

#[tokio::test]
async fn after_a_loss_every_visit_ends_and_one_is_made_to_be_with_her() {
    for office in Office::all(3).await {
        let family = office.family(DUE).await;
        let id = office.visited(&family).await;
        let origin = Origin::new("hospital", "", "test");
        transact!(office.db, pregnancy::PregnancyError, |tx| {
            let pen = Pen::new(&office.ids, keys(), office.desk().now, &origin);
            pregnancy::end(tx, pen, family.mother, family.pregnancy, TODAY, Ended::Miscarriage).await
        })
        .unwrap();
        let notice =
            Notice { households: vec![], persons: vec![family.mother], kinds: vec![Kind::Pregnancy], items: vec![] };
        transact!(office.db, StoreError, |tx| follow::registry_changed(tx, &office.desk(), &notice).await).unwrap();
        let file = file(&office, id, Role::Nurse).await;
        assert_eq!(file.enrolment.dates.lost, Some(TODAY));
        let open: Vec<&str> =
            file.schedule.iter().filter(|p| p.state == State::Due).map(|p| p.visit.as_str()).collect();
        assert_eq!(open, ["after_loss"]);
        assert!(file.schedule.iter().all(|p| p.visit == "after_loss" || matches!(p.state, State::NotNeeded(_))));
    }
}

pub(crate) async fn file(office: &Office, id: kernel::EnrolmentId, role: Role) -> read::File {
    let (eyes, setting) = (Eyes::of(who(role)), setting());
    let mut tx = office.db.read().await.unwrap();
    open(&read::file(&mut tx, &office.desk(), &eyes.sight(&setting), id).await.unwrap().unwrap())
}

#[tokio::test]
async fn a_decision_on_need_keeps_score_rule_evidence_override_and_who() {
    for office in Office::all(4).await {
        let family = office.family(DUE).await;
        let id = office.visited(&family).await;
        let nurse = who(Role::Nurse);
        let may = allowed(Role::Nurse, Action::RecordVisit, &[family.mother]);
        let desk = office.desk();
        let input =
            assessment(&office, id, "perinatal-risk@2026.1", answers(&[("low_income", "true"), ("single", "true")]));
        let made =
            transact!(office.db, visit::submit::Fault, |tx| assess::run(tx, &desk, &nurse, Some(&may), &input).await);
        assert_eq!(made.unwrap(), Outcome::Taken);
        let decide = async |input: tier::Input| {
            let desk = Desk { now: desk.now.plus_seconds(i64::from(input.reason.is_some())), ..desk };
            transact!(office.db, tier::Fault, |tx| tier::run(tx, &desk, &nurse, &may, &input).await)
        };
        let up = tier::Input {
            enrolment: id,
            submission: Some(input.about.id),
            protocol: Some("sustained".into()),
            tier: None,
            from: TODAY,
            reason: None,
        };
        decide(up.clone()).await.unwrap();
        let now = file(&office, id, Role::Nurse).await;
        assert_eq!((now.enrolment.protocol.as_str(), now.enrolment.entered_on), ("sustained@2026.1", TODAY));
        let grounds = &now.tiers[0].grounds;
        assert_eq!((grounds.points, grounds.overridden), (Some(2), false));
        assert_eq!(grounds.rule, Some(("perinatal-risk@2026.1".into(), "perinatal_risk_score@2026.1".into())));
        assert_eq!(grounds.counted.iter().map(|c| c.item.as_str()).collect::<Vec<_>>(), ["low_income", "single"]);
        assert_eq!(now.tiers[0].account, nurse.account);
        // Otherwise than proposed: only with a reason, and it is kept.
        let down = tier::Input { protocol: Some("universal".into()), ..up };
        assert!(matches!(decide(down.clone()).await, Err(tier::Fault::NoReason)));
        decide(tier::Input { reason: Some("Her mother moved in and helps.".into()), ..down.clone() }).await.unwrap();
        let now = file(&office, id, Role::Nurse).await;
        assert_eq!(now.tiers.len(), 2, "the earlier decision stays");
        assert!(now.tiers[1].grounds.overridden && now.tiers[1].grounds.reason.is_some());
        let unknown = tier::Input { protocol: Some("other".into()), ..down.clone() };
        assert!(matches!(decide(unknown).await, Err(tier::Fault::NoProtocol(_))));
        let early = tier::Input { from: Date::constant(2026, 1, 1), ..down };
        assert!(matches!(decide(early).await, Err(tier::Fault::BadDay(_))));
    }
}

#[tokio::test]
async fn what_she_tells_alone_stands_nowhere_in_clear_and_its_alert_commits_with_it() {
    for office in Office::all(5).await {
        let family = office.family(DUE).await;
        let id = office.visited(&family).await;
        let (nurse, desk) = (who(Role::Nurse), office.desk());
        let may = allowed(Role::Nurse, Action::RecordVisit, &[family.mother]);
        let told =
            answers(&[("afraid", "true"), ("hurt", "true"), ("strangle", "true"), ("kill", "true"), ("worse", "true")]);
        let not_alone = assessment(&office, id, "home-safety@2026.1", told);
        let send = async |input: &assess::Input| {
            transact!(office.db, visit::submit::Fault, |tx| assess::run(tx, &desk, &nurse, Some(&may), input).await)
        };
        assert!(matches!(send(&not_alone).await, Err(visit::submit::Fault::NotAlone)));
        let alone = assess::Input { alone: true, ..not_alone };
        assert_eq!(send(&alone).await.unwrap(), Outcome::Taken);
        assert_eq!(send(&alone).await.unwrap(), Outcome::Again, "the same twice is once");
        // The family's file says nothing of it, neither that it was asked.
        let file = file(&office, id, Role::Nurse).await;
        assert!(file.submissions.is_empty() && file.tiers.is_empty());
        let mut tx = office.db.read().await.unwrap();
        let canaries = ["strangle", "unsafe_home", "home-safety", "afraid", "helpline"];
        for (table, column) in [("visit_kept", "sealed"), ("visit_alert", "sealed")] {
            let rows = tx.all(if table == "visit_kept" { ALL_KEPT } else { ALL_ALERTS }, params![]).await.unwrap();
            assert_eq!(rows.len(), 1, "{table}: one danger is one alert, one assessment one row");
            let bytes: Vec<u8> = rows[0].get(column).unwrap();
            let text = String::from_utf8_lossy(&bytes).into_owned();
            assert!(canaries.iter().all(|c| !text.contains(c)), "{table}");
        }
        for sql in [ALL_CHANGES, ALL_SUBMISSIONS] {
            let rows = tx.all(sql, params![]).await.unwrap();
            let all: Vec<String> = rows.iter().map(|r| r.get("content").unwrap()).collect();
            assert!(canaries.iter().all(|c| !all.join(" ").contains(c)), "{all:?}");
        }
        // The supervisor's list says whom and until when; the rest opens apart, and to another district not at all.
        let setting = setting();
        let eyes = Eyes::of(who(Role::VisitSupervisor));
        let lines = open(&visit::alert::of_office(&mut tx, &desk, &eyes.sight(&setting)).await.unwrap());
        assert_eq!((lines.len(), lines[0].name.as_str()), (1, "한지우"));
        assert_eq!(lines[0].due_at, desk.now.plus_seconds(4 * 3600), "the shorter time of the two");
        let other = Eyes::of(guard::Who { jurisdiction: Some("kr-26-350".into()), ..who(Role::VisitSupervisor) });
        assert!(open(&visit::alert::of_office(&mut tx, &desk, &other.sight(&setting)).await.unwrap()).is_empty());
        let one = visit::alert::one(&mut tx, &desk, &eyes.sight(&setting), family.mother, lines[0].id).await.unwrap();
        let (seen, _) = one.unwrap();
        assert!(seen.about[0].1.open_case);
        assert_eq!(open(&seen).subject.kind, "unsafe_home");
        let kept = read::kept(&mut tx, &desk, &eyes.sight(&setting), id).await.unwrap().unwrap();
        assert_eq!(open(&kept)[0].assessment.points, Some(3));
        drop(tx);
        // Taken by one, closed with what was done; a second hand is told so.
        let lead = who(Role::VisitSupervisor);
        let see = allowed(Role::VisitSupervisor, Action::ViewKept, &[family.mother]);
        let key = (family.mother, lines[0].id);
        let take = async || {
            transact!(office.db, visit::alert::Fault, |tx| visit::alert::take(tx, &desk, &lead, &see, key).await)
        };
        take().await.unwrap();
        assert!(matches!(take().await, Err(visit::alert::Fault::NotOpen)));
        let close = async |words: &str| {
            transact!(office.db, visit::alert::Fault, |tx| visit::alert::close(tx, &desk, &lead, &see, key, words)
                .await)
        };
        assert!(matches!(close(" ").await, Err(visit::alert::Fault::NoWords)));
        close("She is at her sister's; the helpline knows.").await.unwrap();
        assert!(matches!(close("again and again").await, Err(visit::alert::Fault::NotOpen)));
        // Told to a nurse who has the family no longer: kept for the supervisor, and the alert goes out all the same.
        let dark = assessment(&office, id, "phq9@2026.1", answers(&[("phq9_9", "LA6569-3")]));
        let kept = transact!(office.db, visit::submit::Fault, |tx| assess::run(tx, &desk, &nurse, None, &dark).await);
        assert_eq!(kept.unwrap(), Outcome::Kept(Refusal::NotYours));
        let mut tx = office.db.read().await.unwrap();
        let open_ones = open(&visit::alert::of_office(&mut tx, &desk, &eyes.sight(&setting)).await.unwrap());
        assert_eq!(open_ones.iter().filter(|l| l.status == AlertStatus::Open).count(), 1);
        drop(tx);
        // A nurse's right to record opens nothing of this.
        let record = allowed(Role::Nurse, Action::RecordVisit, &[family.mother]);
        let denied =
            transact!(office.db, visit::alert::Fault, |tx| visit::alert::take(tx, &desk, &nurse, &record, key).await);
        assert!(matches!(denied, Err(visit::alert::Fault::NotAllowed)));
    }
}

const ALL_KEPT: &str = "select sealed from visit_kept";
const ALL_ALERTS: &str = "select sealed from visit_alert";
const ALL_CHANGES: &str = "select content from visit_change";
const ALL_SUBMISSIONS: &str = "select content from visit_submission";

#[tokio::test]
async fn a_new_version_of_a_protocol_tells_for_whom_what_would_change_and_moves_nobody() {
    for office in Office::all(63).await {
        let family = office.family(DUE).await;
        let id = office.visited(&family).await;
        let old = crate::office::pack().universal_protocol(TODAY).unwrap();
        let (eyes, setting) = (Eyes::of(who(Role::VisitSupervisor)), setting());
        let see = async |to: &catalogue::model::Protocol| {
            let mut tx = office.db.read().await.unwrap();
            open(&read::compared(&mut tx, &office.desk(), &eyes.sight(&setting), to).await.unwrap())
        };
        assert!(see(old).await.is_empty(), "who is on it is not compared with it");
        let mut new = old.clone();
        new.key = format!("{}@2099.1", old.id);
        let same = see(&new).await;
        assert_eq!((same.len(), same[0].id, same[0].changes.len()), (1, id, 0), "the same windows change nothing");
        new.visits[0].late_days -= 7;
        let changed = see(&new).await;
        let [change] = changed[0].changes.as_slice() else { panic!("{changed:?}") };
        let (before, after) = (change.before.as_ref().unwrap().window, change.after.as_ref().unwrap().window);
        assert_eq!((after.opens, (before.closes - after.closes).get_days()), (before.opens, 7));
        new.visits.clear();
        let gone = see(&new).await;
        assert!(matches!(gone[0].changes.as_slice(), [c] if c.before.is_some() && c.after.is_none()), "{gone:?}");
        // Another protocol's families are not spoken of, nor anybody to a nurse without families; the family is where it was.
        new.id = "another".to_owned();
        assert!(see(&new).await.is_empty());
        let mut tx = office.db.read().await.unwrap();
        let (e, _) = read::standing(&mut tx, &office.desk(), &eyes.sight(&setting), id).await.unwrap().unwrap();
        assert_eq!(e.protocol, old.key);
    }
}
