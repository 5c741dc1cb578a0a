//! From the request to the closed loop, and everything that goes wrong on the way.

use guard::{Action, Disclosed, PurposeKind, Relation, Role, Spent, Who};
use kernel::{Date, PersonId, ReferralId};
use referral::link::Link;
use referral::model::{Act, By, Clock, Outcome, Reason, Referral, Status};
use referral::{change, measure, read, request};
use registry::sight::Seen;
use registry::{Origin, Pen};
use store::{StoreError, transact};
use uuid::Uuid;

use crate::desk::{Office, TODAY, decide, keys, sight, to_mental_health, who};

fn day(n: u8) -> Date {
    Date::constant(2026, 11, 21).saturating_add(jiff::Span::new().days(i64::from(n)))
}

/// What is made wrong in a good request.
type Change = &'static dyn Fn(&mut request::Input);

/// What is inside, for a machine's comparison.
fn inside<T: Clone>(seen: &Seen<T>) -> T {
    let basis = guard::Processing::new(PurposeKind::Casework, "test").unwrap();
    seen.sealed.process(&basis, Clone::clone)
}

async fn whole(office: &Office, who: &Who, on: Date, id: ReferralId) -> Option<read::Whole> {
    let mut tx = office.db.read().await.unwrap();
    let found = read::one(&mut tx, &office.desk(on), &sight(who, on), id).await.unwrap();
    found.map(|(seen, _)| inside(&seen))
}

async fn stands(office: &Office, on: Date, id: ReferralId) -> Referral {
    whole(office, &who(Role::Nurse), on, id).await.unwrap().named.referral
}

#[tokio::test]
async fn declined_escalated_and_closed_by_another_service() {
    for office in Office::all(1).await {
        let family = office.family(1).await;
        let mother = family.mother;
        let sent = office.send(TODAY, &to_mental_health(1, mother)).await.unwrap();
        assert!(!sent.already);
        assert!(office.send(TODAY, &to_mental_health(1, mother)).await.unwrap().already, "sent twice is one");
        let id = sent.id;
        assert_eq!(stands(&office, TODAY, id).await.now.due, Some((Clock::Receive, day(1))));
        // The day it is due somebody is reminded, once; the day after, the supervisor knows.
        let rung = office.night(TODAY).await;
        assert_eq!((rung.reminded, rung.escalated), (1, 0));
        assert_eq!(office.night(day(1)).await.reminded, 0);
        // The family is told once, until the day it is about.
        let told = async |on: Date| {
            let mut tx = office.db.read().await.unwrap();
            referral::deliver::waiting(&mut tx, &office.desk(on), 10).await.unwrap()
        };
        let waits = told(day(1)).await;
        assert_eq!(waits.iter().map(|m| (m.person, m.due)).collect::<Vec<_>>(), [(mother, day(1))]);
        assert!(told(day(2)).await.is_empty(), "a reminder of yesterday is no news");
        let desk = office.desk(day(1));
        let sent = async || transact!(office.db, StoreError, |tx| referral::deliver::sent(tx, &desk, &waits[0]).await);
        assert!(sent().await.unwrap());
        assert!(!sent().await.unwrap(), "once");
        assert!(told(day(1)).await.is_empty());
        assert_eq!(office.night(day(2)).await.escalated, 1);
        // The office's approver, and she who leads the nurses, see the same.
        let seen_by = async |role: Role, on: Date| {
            let (lead, desk) = (who(role), office.desk(on));
            let mut tx = office.db.read().await.unwrap();
            let (seen, _) =
                read::of_office(&mut tx, &desk, &sight(&lead, on), read::Which::Escalated, 10).await.unwrap();
            inside(&seen).len()
        };
        let escalated = async |on: Date| {
            let both = [seen_by(Role::Approver, on).await, seen_by(Role::VisitSupervisor, on).await];
            assert_eq!(both[0], both[1]);
            both[0]
        };
        assert_eq!(escalated(day(2)).await, 1);
        // An answer takes it off the supervisor's list.
        let partner = who(Role::AgencySystem);
        let words = "There is no room before spring.".to_owned();
        let decline = Act::Decline { reason: Reason::Full, words };
        let done = office.act(day(3), &partner, mother, id, Some(1), decline.clone()).await.unwrap();
        assert_eq!((done.status, done.already), (Status::Declined, false));
        assert_eq!(escalated(day(3)).await, 0);
        // The same answer again is no news; another is refused with what stands.
        assert!(office.act(day(3), &partner, mother, id, Some(1), decline).await.unwrap().already);
        let second = office.act(day(3), &partner, mother, id, Some(1), Act::Accept).await;
        assert!(matches!(second, Err(change::Fault::Moved(Status::Declined))));
        // The referrer does not look at it: after the clock the supervisor does.
        assert_eq!(stands(&office, day(3), id).await.now.due, Some((Clock::Close, day(8))));
        assert_eq!(office.night(day(8)).await.escalated, 0);
        assert_eq!(office.night(day(9)).await.escalated, 1);
        assert_eq!(escalated(day(9)).await, 1);
        // Sent on to the national line instead: that closes the first, with the way to the second.
        let other = request::Input {
            service: "mental_health_line".into(),
            instead_of: Some(id),
            reason: "The centre is full; please call her.".into(),
            ..to_mental_health(2, mother)
        };
        let next = office.send(day(9), &other).await.unwrap().id;
        assert_eq!(escalated(day(9)).await, 0);
        let nurse = who(Role::Nurse);
        let line = Who { organisation: "mohw".into(), ..partner.clone() };
        office.act(day(9), &line, mother, next, Some(1), Act::Accept).await.unwrap();
        office.act(day(10), &line, mother, next, Some(2), Act::Start).await.unwrap();
        let met = Act::Complete { outcome: Outcome::Met, words: "Three calls; she sleeps again.".into() };
        office.act(day(20), &line, mother, next, Some(3), met).await.unwrap();
        let close = Act::Close { words: "Spoke with her: better.".into(), next: None };
        let elsewhere = Who { jurisdiction: Some("kr-47-730".into()), ..who(Role::VisitSupervisor) };
        let refused = office.act(day(21), &elsewhere, mother, next, None, close.clone()).await;
        assert!(matches!(refused, Err(change::Fault::NotAllowed)), "{refused:?}");
        office.act(day(21), &nurse, mother, next, None, close.clone()).await.unwrap();
        let again = office.act(day(21), &nurse, mother, next, None, close).await;
        assert!(matches!(again, Err(change::Fault::Wrong(_))), "closed once");
        // Everything that was done is there, in order, with its side.
        let mut tx = office.db.read().await.unwrap();
        let sql = "select act, by_whom, after from referral_step where referral_id = $1 order by number";
        let rows = tx.all(sql, store::params![id]).await.unwrap();
        let sides: Vec<By> = rows.iter().map(|r| r.parse("by_whom").unwrap()).collect();
        let clock = By::Clock;
        assert_eq!(sides, [By::Referrer, clock, clock, By::Partner, clock, clock, By::Referrer]);
        let last: Option<Act> = rows[6].json("act").unwrap();
        assert!(matches!(last, Some(Act::Close { next: Some(n), .. }) if n == next));
        let open = "select count(*) as n from referral where closed_at is null or due_on is not null";
        assert_eq!(tx.one(open, &[]).await.unwrap().get::<i64>("n").unwrap(), 0);
    }
}

#[tokio::test]
async fn of_a_discreet_referral_nobody_writes_to_anybody() {
    for office in Office::all(31).await {
        let mother = office.family(1).await.mother;
        let violence = request::Input {
            service: "women_emergency".into(),
            need: "violence".into(),
            contact: None,
            ..to_mental_health(1, mother)
        };
        let id = office.send(TODAY, &violence).await.unwrap().id;
        assert!(stands(&office, TODAY, id).await.discreet);
        let (_, due) = stands(&office, TODAY, id).await.now.due.unwrap();
        assert_eq!(office.night(due).await.reminded, 1, "the service is reminded all the same");
        let mut tx = office.db.read().await.unwrap();
        assert!(tx.all("select message_id from referral_message", store::params![]).await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn a_request_nobody_answers_expires_and_the_family_may_refuse() {
    for office in Office::all(2).await {
        let mother = office.family(1).await.mother;
        let id = office.send(TODAY, &to_mental_health(1, mother)).await.unwrap().id;
        // Due after a day, gone after fourteen more: the night of the fifteenth day is not yet too late.
        assert_eq!(office.night(day(15)).await.expired, 0);
        assert_eq!(office.night(day(16)).await.expired, 1);
        let gone = stands(&office, day(16), id).await;
        assert_eq!((gone.now.status, gone.now.due), (Status::Expired, Some((Clock::Close, day(21)))));
        assert!(gone.now.escalated_at.is_some());
        let partner = who(Role::AgencySystem);
        let late = office.act(day(16), &partner, mother, id, None, Act::Accept).await;
        assert!(matches!(late, Err(change::Fault::Wrong(_))));

        let id = office.send(day(16), &to_mental_health(2, mother)).await.unwrap().id;
        let wait = Act::Wait { expected_on: Some(day(40)) };
        office.act(day(17), &partner, mother, id, Some(1), wait).await.unwrap();
        assert_eq!(stands(&office, day(17), id).await.now.due, Some((Clock::Finish, day(40))));
        let past = Act::Wait { expected_on: Some(TODAY) };
        assert!(matches!(office.act(day(17), &partner, mother, id, None, past).await, Err(change::Fault::BadDay)));
        let citizen = Who { person: Some(mother), ..who(Role::Citizen) };
        let refuse = Act::Refuse { words: String::new() };
        office.act(day(18), &citizen, mother, id, None, refuse.clone()).await.unwrap();
        assert!(matches!(office.act(day(18), &citizen, mother, id, None, refuse).await, Err(change::Fault::Wrong(_))));
        // The service sees it no more; the referrer is told and closes.
        let mut tx = office.db.read().await.unwrap();
        let found = read::for_partner(&mut tx, &office.desk(day(18)), &sight(&partner, day(18)), id).await.unwrap();
        assert!(found.is_none());
        drop(tx);
        let words = "   ".to_owned();
        let nurse = who(Role::Nurse);
        let short = office.act(day(18), &nurse, mother, id, None, Act::Close { words, next: None }).await;
        assert!(matches!(short, Err(change::Fault::NoWords)));
        let close = Act::Close { words: "Her sister helps.".into(), next: None };
        office.act(day(18), &nurse, mother, id, None, close).await.unwrap();
        // Too few loops to tell figures of.
        let mut tx = office.db.read().await.unwrap();
        let (from, until) = (kernel::Instant::from_micros(0), kernel::Instant::start_of(day(60)));
        let few = measure::loops(&mut tx, ("health_centre", ""), from, until).await.unwrap();
        assert_eq!(few, [measure::Loops { service: "mental_health_gangnam".into(), figures: None }]);
    }
}

#[tokio::test]
async fn five_loops_are_measured() {
    for office in Office::all(3).await {
        let partner = who(Role::AgencySystem);
        for n in 1..=5u8 {
            let mother = office.family(u32::from(n)).await.mother;
            let id = office.send(TODAY, &to_mental_health(u128::from(n), mother)).await.unwrap().id;
            if n < 4 {
                office.act(day(n), &partner, mother, id, None, Act::Accept).await.unwrap();
                let words = "done with it".to_owned();
                let end = Act::Complete { outcome: Outcome::Met, words };
                office.act(day(10 * n), &partner, mother, id, None, end).await.unwrap();
            }
        }
        let mut tx = office.db.read().await.unwrap();
        let (from, until) = (kernel::Instant::from_micros(0), kernel::Instant::start_of(day(60)));
        let loops = measure::loops(&mut tx, ("health_centre", "kr-11-680"), from, until).await.unwrap();
        let figures = measure::Figures { sent: 5, completed: 3, median_days: Some(20), ..measure::Figures::default() };
        assert_eq!(loops[0].figures, Some(figures));
        assert!(measure::loops(&mut tx, ("health_centre", "kr-26-350"), from, until).await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn what_cannot_be_sent_is_refused_with_what_to_do() {
    for office in Office::all(4).await {
        let family = office.family(1).await;
        let mother = family.mother;
        let good = to_mental_health(1, mother);
        let send = async |change: Change| {
            let mut input = good.clone();
            change(&mut input);
            office.send(TODAY, &input).await.unwrap_err().to_string()
        };
        let cases: [(Change, &str); 8] = [
            (&|i| i.agreed_by = None, "has not agreed"),
            (&|i| i.agreed_by = Some(PersonId(Uuid::from_u128(7))), "somebody of the household"),
            (&|i| i.service = "nowhere".into(), "no service \"nowhere\""),
            (&|i| i.need = "housing".into(), "does not help with \"housing\""),
            (&|i| i.service = "mental_health_uiseong".into(), "does not serve the place"),
            (&|i| i.reason = " x ".into(), "at least three letters"),
            (&|i| i.reason = "x".repeat(2001), "2001 characters"),
            (&|i| i.instead_of = Some(ReferralId(Uuid::from_u128(77))), "no such referral"),
        ];
        for (change, expected) in cases {
            let told = send(change).await;
            assert!(told.contains(expected), "{told}");
        }
        let mut tx = office.db.read().await.unwrap();
        let left = tx.one("select count(*) as n from referral", &[]).await.unwrap().get::<i64>("n").unwrap();
        assert_eq!(left, 0, "nothing of what was refused stays");
        drop(tx);
        office.send(TODAY, &good).await.unwrap();
        let same_id = request::Input { need: "depression".into(), reason: "something else".into(), ..good.clone() };
        assert!(matches!(office.send(TODAY, &same_id).await, Err(request::Fault::OtherReferral)));
        // A spouse may agree; a protected address is not handed on.
        let agreed = request::Input { agreed_by: Some(family.father), ..to_mental_health(2, mother) };
        office.send(TODAY, &agreed).await.unwrap();
        let origin = Origin::new("municipality", "가정폭력방지법", "test");
        transact!(office.db, registry::protection::ProtectionError, |tx| {
            let desk = office.desk(TODAY);
            let pen = Pen::new(desk.ids, keys(), desk.now, &origin);
            let valid = kernel::Period { from: TODAY, until: None };
            let new = registry::protection::NewProtection {
                victim: mother,
                perpetrators: vec![],
                valid,
                reason: "order".into(),
            };
            registry::protection::protect(tx, pen, &new).await
        })
        .unwrap();
        assert!(matches!(office.send(TODAY, &to_mental_health(3, mother)).await, Err(request::Fault::Protected)));
        let through_me = request::Input { contact: None, ..to_mental_health(3, mother) };
        office.send(TODAY, &through_me).await.unwrap();
    }
}

#[tokio::test]
async fn each_side_sees_its_part_and_no_more() {
    for office in Office::all(5).await {
        let family = office.family(1).await;
        let mother = family.mother;
        let id = office.send(TODAY, &to_mental_health(1, mother)).await.unwrap().id;
        let partner = who(Role::AgencySystem);
        let of = async |who: &Who| {
            let mut tx = office.db.read().await.unwrap();
            let desk = office.desk(TODAY);
            let (seen, _) = read::to_agency(&mut tx, &desk, &sight(who, TODAY), 10).await.unwrap();
            inside(&seen)
        };
        let list = of(&partner).await;
        assert_eq!((list[0].name.as_deref(), list[0].birth_date), (Some("한지우"), None), "no more than was agreed");
        assert_eq!(list[0].contact.as_deref(), Some("010-0000-1234, mornings"));
        let stranger = Who { organisation: "family_centre".into(), ..partner.clone() };
        assert!(of(&stranger).await.is_empty());
        let found = whole(&office, &stranger, TODAY, id).await;
        assert!(found.is_none(), "another agency learns nothing");
        // A nurse of another district does not see it; a caseworker of the place, to whom nobody told, neither: it is health.
        let far = Who { jurisdiction: Some("kr-26-350".into()), ..who(Role::Nurse) };
        assert!(whole(&office, &far, TODAY, id).await.is_none());
        assert!(whole(&office, &who(Role::Caseworker), TODAY, id).await.is_none());
        // Nor does a colleague at the next desk, before the family is hers; then whoever had it sees it no more.
        let nurse = who(Role::Nurse);
        let colleague = Who { account: kernel::AccountId(uuid::Uuid::from_u128(99)), ..nurse.clone() };
        let sees = async |who: &Who| whole(&office, who, TODAY, id).await.is_some();
        assert_eq!((sees(&nurse).await, sees(&colleague).await), (true, false));
        for (from, to) in [(&nurse, &colleague), (&colleague, &nurse)] {
            store::transact!(office.db, store::StoreError, |tx| {
                change::hand_over(tx, mother, from.account, to.account).await
            })
            .unwrap();
            assert_eq!((sees(from).await, sees(to).await), (false, true));
        }
        let mine = async |person: PersonId, of: PersonId| {
            let citizen = Who { person: Some(person), ..who(Role::Citizen) };
            let mut tx = office.db.read().await.unwrap();
            let desk = office.desk(TODAY);
            let (seen, _) = read::of_person(&mut tx, &desk, &sight(&citizen, TODAY), of, 10).await.unwrap();
            inside(&seen).len()
        };
        assert_eq!((mine(mother, mother).await, mine(family.father, mother).await), (1, 0));
        // No side does the other's part.
        let done = office.act(TODAY, &stranger, mother, id, None, Act::Accept).await;
        assert!(matches!(done, Err(change::Fault::NotAllowed)));
        let close = Act::Withdraw { words: "a mistake".into() };
        assert!(matches!(office.act(TODAY, &partner, mother, id, None, close).await, Err(change::Fault::NotAllowed)));
        let nurse = who(Role::Nurse);
        let done = office.act(TODAY, &nurse, mother, id, None, Act::Accept).await;
        assert!(matches!(done, Err(change::Fault::NotAllowed)));
        assert!(
            decide(&nurse, Action::Refer, mother, Relation { in_jurisdiction: true, ..Relation::default() }).is_none()
        );
    }
}

#[tokio::test]
async fn a_merged_record_goes_on_under_the_one_that_stays() {
    for office in Office::all(6).await {
        let (kept, double) = (office.family(1).await.mother, office.family(2).await.mother);
        let id = office.send(TODAY, &to_mental_health(1, double)).await.unwrap().id;
        let origin = Origin::new("mois", "주민등록법", "test");
        transact!(office.db, registry::merge::MergeError, |tx| {
            let desk = office.desk(TODAY);
            let pen = Pen::new(desk.ids, keys(), desk.now, &origin);
            registry::merge::merge(tx, pen, kept, double, "one human being").await
        })
        .unwrap();
        let mut tx = office.db.read().await.unwrap();
        let desk = office.desk(TODAY);
        let nurse = who(Role::Nurse);
        let (seen, _) = read::of_person(&mut tx, &desk, &sight(&nurse, TODAY), kept, 10).await.unwrap();
        let list = inside(&seen);
        assert_eq!((list.len(), list[0].person), (1, kept));
        assert_eq!(read::about(&mut tx, id).await.unwrap().unwrap().0, kept);
        drop(tx);
        let partner = who(Role::AgencySystem);
        office.act(TODAY, &partner, kept, id, Some(1), Act::Receive).await.unwrap();
        // A new one for the old id is one of the record that stays.
        let next = office.send(TODAY, &to_mental_health(2, double)).await.unwrap().id;
        assert_eq!(stands(&office, TODAY, next).await.person, kept);
    }
}

#[tokio::test]
async fn a_link_is_good_once_for_one_state_and_for_a_time() {
    for office in Office::all(7).await {
        let mother = office.family(1).await.mother;
        let id = office.send(TODAY, &to_mental_health(1, mother)).await.unwrap().id;
        let link = Link::to(&stands(&office, TODAY, id).await).unwrap();
        let follow = async |on: Date, link: &Link| {
            let mut tx = office.db.read().await.unwrap();
            read::follow(&mut tx, &office.desk(on), link).await.unwrap()
        };
        assert_eq!(follow(TODAY, &link).await, read::Led::Good("health_centre".into()));
        assert_eq!(follow(day(14), &link).await, read::Led::Good("health_centre".into()));
        assert_eq!(follow(day(15), &link).await, read::Led::Spent(Spent::Late));
        let nobody = Link { referral: ReferralId(Uuid::from_u128(99)), ..link };
        assert_eq!(follow(TODAY, &nobody).await, read::Led::Nothing);
        let partner = who(Role::AgencySystem);
        office.act(TODAY, &partner, mother, id, Some(link.revision), Act::Accept).await.unwrap();
        assert_eq!(follow(TODAY, &link).await, read::Led::Spent(Spent::Answered));
        let next = Link::to(&stands(&office, TODAY, id).await).unwrap();
        assert!(next.token(keys()) != link.token(keys()));
        assert_eq!(follow(TODAY, &next).await, read::Led::Good("health_centre".into()));
        // A reminder changes nothing for whoever holds the link.
        office.night(day(60)).await;
        assert_eq!(Link::to(&stands(&office, day(60), id).await), Some(next));
    }
}

/// A look through the guard and the log, as pages do it.
#[tokio::test]
async fn the_seal_opens_only_with_the_look_in_the_log() {
    let folder = tempfile::tempdir().unwrap();
    for (n, office) in Office::all(8).await.into_iter().enumerate() {
        let mother = office.family(1).await.mother;
        let id = office.send(TODAY, &to_mental_health(1, mother)).await.unwrap().id;
        let dir = folder.path().join(n.to_string());
        std::fs::create_dir_all(&dir).unwrap();
        let keys = std::sync::Arc::new(guard::Keys::open(&dir.join("keys")).unwrap());
        let log = guard::log::Log::open(&dir.join("log"), keys.clone()).unwrap();
        let clock = std::sync::Arc::new(kernel::FixedClock::at(kernel::Instant::start_of(TODAY)));
        let ids = std::sync::Arc::new(kernel::SeededIds::new(1));
        let guard = guard::Guard::new(guard::Policies::built_in().unwrap(), log, keys, clock, ids);
        for (who, opens) in [(who(Role::AgencySystem), true), (who(Role::Analyst), false)] {
            let mut tx = office.db.read().await.unwrap();
            let found = read::for_partner(&mut tx, &office.desk(TODAY), &sight(&who, TODAY), id).await.unwrap();
            drop(tx);
            let Some((seen, tier)) = found else {
                assert!(!opens);
                continue;
            };
            let resource = read::resource(&seen, tier);
            let purpose = crate::desk::purpose(who.role);
            let open: Result<Disclosed<read::ForPartner>, _> =
                guard.reveal(&who, Action::ViewReferral, &resource, &purpose, seen.sealed).await;
            assert_eq!(open.unwrap().name.as_deref(), Some("한지우"));
        }
    }
}
