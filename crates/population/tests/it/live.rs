//! A snapshot of the registry, on both engines: what it holds, who answers for it, and that nobody waits for it.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use guard::log::{Log, Tree, Trust, leaf_hash, verify};
use guard::{Denied, Guard, Keys, Policies, Role, Who};
use kernel::{AccountId, CaseId, Currency, Date, DecisionId, FixedClock, Ids, PersonId, SeededIds};
use payment::model::{Form, Grant, PayRule, Per, RecoveryLimits, Slice, Subject};
use population::frame::{Manifest, Reader};
use population::live::{LiveError, Order, Taken, Warrant, snapshot};
use registry::AsOf;
use registry::person::{Detail, Name, NewPerson, Script};
use store::transact;
use uuid::Uuid;

use crate::office::{Office, TODAY, child_of, family, pack, tell, who};

/// A guard with a log and keys of its own.
fn guard_in(dir: &Path, office: &Office) -> Guard {
    let keys = Arc::new(Keys::open(&dir.join("keys")).unwrap());
    let log = Log::open(&dir.join("log"), Arc::clone(&keys)).unwrap();
    let clock = Arc::new(FixedClock::at(office.desk().now));
    Guard::new(Policies::built_in().unwrap(), log, keys, clock, Arc::new(SeededIds::new(5)))
}

fn person(role: Role, n: u128) -> Who {
    Who { account: AccountId(Uuid::from_u128(n)), ..who(role) }
}

const LAW: &str = "the act, article 9";

fn order<'a>(dir: &'a Path, (who, approver): (&'a Who, &'a Who)) -> Order<'a> {
    let warrant = Warrant { who, approver, reason: "yearly check of all recipients", law: LAW, grace_days: 180 };
    Order { warrant, day: TODAY, out: dir, earlier: None }
}

async fn take(office: &Office, guard: &Guard, dir: &Path, pair: (&Who, &Who)) -> Result<Taken, LiveError> {
    snapshot(&office.db, guard, &office.desk(), order(dir, pair)).await
}

/// An award of a programme of the pack to a person.
async fn award(office: &Office, person: PersonId, programme: &str, minor: i64) {
    award_on(office, person, programme, minor, TODAY).await;
}

/// The same, decided on a day.
async fn award_on(office: &Office, person: PersonId, programme: &str, minor: i64, day: Date) {
    let from = Date::constant(2026, 2, 1);
    let uuid = || office.ids.uuid(office.desk().now);
    let grant = Grant {
        decision: DecisionId(uuid()),
        supersedes: None,
        subject: Subject::Person(person),
        case: CaseId(uuid()),
        programme: programme.to_owned(),
        agency: "municipality".into(),
        payee: person,
        form: Form::Cash,
        per: Per::Month,
        currency: Currency::KRW,
        slices: vec![Slice { from, until: None, minor }],
        effective_from: from,
        effective_until: None,
        pay: PayRule::Monthly { day: 25 },
        recovery: RecoveryLimits { set_off_percent: 20, waive_up_to_minor: 0 },
        law: "the act, article 1".into(),
    };
    let desk = office.desk_on(day);
    let desk = payment::Desk { keys: desk.keys, ids: desk.ids, now: desk.now, today: day };
    transact!(office.db, payment::grant::Fault, |tx| payment::grant::run(tx, &desk, &grant).await).unwrap();
}

/// Somebody who lives in no household.
async fn outsider(office: &Office) -> PersonId {
    let desk = office.desk();
    let origin = registry::Origin::new("mois", "the act", "test");
    let new = NewPerson {
        names: vec![Name::new(Script::Hang, "한", "가람")],
        identifier: None,
        details: vec![Detail::BirthDate(Date::constant(1950, 5, 5))],
    };
    transact!(office.db, registry::person::PersonError, |tx| {
        registry::person::create(tx, registry::Pen::new(desk.ids, desk.keys, desk.now, &origin), &new).await
    })
    .unwrap()
}

#[tokio::test]
async fn a_snapshot_says_what_the_registry_says_and_one_entry_of_the_log_names_all_of_it() {
    let mut hashes = Vec::new();
    for office in Office::all(31).await {
        office.db.migrate(&[payment::SCHEMA]).await.unwrap();
        let mut families = Vec::new();
        for n in 0..12 {
            let family = family(&office, 100 + n).await;
            if n % 3 != 0 {
                let born = Date::constant(2026, 3, 1);
                tell(&office, &office.desk(), &family, child_of(&family, &format!("b{n}"), born)).await.unwrap();
            }
            families.push(family);
        }
        let programme = &pack().programmes().iter().next().unwrap().id;
        award(&office, families[0].mother, programme, 70_000).await;
        let alone = outsider(&office).await;
        award(&office, alone, programme, 70_000).await;
        let dir = tempfile::tempdir().unwrap();
        let guard = guard_in(dir.path(), &office);
        let out = dir.path().join("snapshot");
        let (analyst, chief) = (person(Role::Analyst, 1), person(Role::Analyst, 2));
        let taken = take(&office, &guard, &out, (&analyst, &chief)).await.unwrap();
        assert_eq!(taken.faults, vec![]);
        assert_eq!((taken.manifest.households, taken.manifest.persons, taken.manifest.awards), (13, 33, 2));

        // Every household of the snapshot is answered for as the registry's own.
        let program = pack().program();
        let mut registry = BTreeMap::new();
        let mut tx = office.db.read().await.unwrap();
        for family in &families {
            let whole = casework::household::at(&mut tx, &office.desk(), family.household, AsOf::latest(TODAY)).await;
            let whole = whole.unwrap();
            let household = whole.unwrap().for_rules(program.household());
            let key = guard.keys().pseudonym(family.household.0);
            assert_eq!(guard.keys().of_pseudonym(key), family.household.0);
            registry.insert(key, program.answers(&household, TODAY, TODAY));
        }
        let whole = casework::household::alone(&mut tx, &office.desk(), alone, AsOf::latest(TODAY)).await.unwrap();
        let household = whole.unwrap().for_rules(program.household());
        registry.insert(guard.keys().pseudonym(alone.0), program.answers(&household, TODAY, TODAY));
        let mut everybody =
            registry::census::everybody(&mut tx, office.desk().now, PersonId(Uuid::nil()), 1_000).await.unwrap();
        drop(tx);
        let reader = Reader::open(&out, pack()).unwrap();
        for n in 0..taken.manifest.parts.len() {
            let mut part = reader.whole_part(n).unwrap();
            while let Some(chunk) = part.next_chunk().unwrap() {
                assert_eq!(chunk.aside(), []);
                for row in 0..chunk.rows() {
                    let household = chunk.household(program, row).unwrap();
                    let expected = registry.remove(&chunk.key(row).unwrap()).unwrap();
                    assert_eq!(program.answers(&household, TODAY, TODAY), expected);
                }
            }
        }
        assert!(registry.is_empty());

        // One entry, durable, with the root over everybody.
        everybody.sort();
        let mut tree = Tree::default();
        everybody.iter().for_each(|p| tree.push(leaf_hash(p.0.as_bytes())));
        let mut crown = guard::log::Crown::default();
        everybody.iter().for_each(|p| crown.push(leaf_hash(p.0.as_bytes())));
        assert_eq!(crown.root(), tree.root());
        assert!(taken.manifest.origin.contains(&taken.look.to_string()));
        drop(guard);
        assert_eq!(verify(&dir.path().join("log"), &Trust::default()).unwrap().entries(), 1);
        hashes.push(sizes(&taken.manifest));
    }
    assert!(hashes.windows(2).all(|h| h[0] == h[1]), "the engines differ: {hashes:?}");
}

fn sizes(manifest: &Manifest) -> Vec<(usize, usize, usize)> {
    manifest.parts.iter().map(|p| (p.size, p.households, p.awards)).collect()
}

#[tokio::test]
async fn two_people_answer_for_a_snapshot_and_without_them_nothing_is_read() {
    for office in Office::all(32).await {
        office.db.migrate(&[payment::SCHEMA]).await.unwrap();
        family(&office, 1).await;
        let dir = tempfile::tempdir().unwrap();
        let guard = guard_in(dir.path(), &office);
        let out = dir.path().join("snapshot");
        let (analyst, worker) = (person(Role::Analyst, 1), person(Role::Caseworker, 2));
        let weak = Who { strong: false, ..person(Role::Analyst, 3) };
        assert!(matches!(take(&office, &guard, &out, (&analyst, &analyst)).await, Err(LiveError::SamePerson)));
        for pair in [(&analyst, &worker), (&worker, &analyst), (&analyst, &weak)] {
            let told = take(&office, &guard, &out, pair).await;
            assert!(matches!(told, Err(LiveError::Denied(Denied::Refused(_)))), "{told:?}");
        }
        let other = person(Role::Analyst, 4);
        let wanted = order(&out, (&analyst, &other));
        let nameless = Order { warrant: Warrant { law: " ", ..wanted.warrant }, ..wanted };
        let told = snapshot(&office.db, &guard, &office.desk(), nameless).await;
        assert!(matches!(told, Err(LiveError::NoLaw)));
        assert!(!out.exists());
        drop(guard);
        // The three refusals are in the log.
        assert_eq!(verify(&dir.path().join("log"), &Trust::default()).unwrap().entries(), 3);
    }
}

#[tokio::test]
async fn writers_go_on_while_a_snapshot_stays_as_of_its_instant() {
    for office in Office::all(33).await {
        office.db.migrate(&[payment::SCHEMA]).await.unwrap();
        let mut families = Vec::new();
        for n in 0..30 {
            families.push(family(&office, 200 + n).await);
        }
        let dir = tempfile::tempdir().unwrap();
        let guard = guard_in(dir.path(), &office);
        let out = dir.path().join("snapshot");
        let (analyst, chief) = (person(Role::Administrator, 1), person(Role::Administrator, 2));
        let births = async {
            for (n, family) in families.iter().enumerate() {
                let born = Date::constant(2026, 3, 1);
                tell(&office, &office.desk(), family, child_of(family, &format!("w{n}"), born)).await.unwrap();
            }
        };
        let desk = office.desk();
        let wanted = order(&out, (&analyst, &chief));
        let (taken, ()) = tokio::join!(snapshot(&office.db, &guard, &desk, wanted), births);
        let manifest = taken.unwrap().manifest;
        // As many people in the households as the log was told of, whatever was born meanwhile.
        assert!(manifest.origin.starts_with(&format!("{} persons", manifest.persons)), "{manifest:?}");
        assert_eq!(manifest.households, 30);
    }
}

#[tokio::test]
async fn what_did_not_change_is_taken_over_and_what_did_is_read_again() {
    for office in Office::all(34).await {
        office.db.migrate(&[payment::SCHEMA]).await.unwrap();
        let mut families = Vec::new();
        for n in 0..8 {
            families.push(family(&office, 300 + n).await);
        }
        let dir = tempfile::tempdir().unwrap();
        let guard = guard_in(dir.path(), &office);
        let (analyst, chief) = (person(Role::Approver, 1), person(Role::Administrator, 2));
        let folder = |name: &str| dir.path().join(name);
        // Long after the last change.
        let later = |days: i64| TODAY.saturating_add(jiff::Span::new().days(days));
        let taken = async |name: &str, earlier: Option<&str>, day: Date| {
            let (out, earlier) = (folder(name), earlier.map(folder));
            let wanted = Order { day, earlier: earlier.as_deref(), ..order(&out, (&analyst, &chief)) };
            snapshot(&office.db, &guard, &office.desk_on(day), wanted).await.unwrap()
        };
        let first = taken("first", None, later(1)).await;
        assert_eq!(first.reused, 0);
        let same = taken("same", Some("first"), later(2)).await;
        assert_eq!((same.reused, &same.manifest.parts), (1, &first.manifest.parts));
        assert!(Reader::open(&folder("same"), pack()).unwrap().whole_part(0).is_ok());
        // A child: one household of the block changed, so the block is written anew and says what a fresh reading says.
        let born = later(2);
        tell(&office, &office.desk_on(later(3)), &families[3], child_of(&families[3], "n", born)).await.unwrap();
        let changed = taken("changed", Some("same"), later(3)).await;
        let fresh = taken("fresh", None, later(3)).await;
        assert_eq!((changed.reused, &changed.manifest.parts), (0, &fresh.manifest.parts));
        assert_eq!(changed.manifest.persons, first.manifest.persons + 1);
        // Being paid something else is a change too.
        // What was written minutes before a snapshot is looked at once more by the next, for clocks differ.
        assert_eq!(taken("soon", Some("fresh"), later(4)).await.reused, 0);
        assert_eq!(taken("again", Some("soon"), later(5)).await.reused, 1);
        award_on(&office, families[0].mother, &pack().programmes().iter().next().unwrap().id, 1_000, later(6)).await;
        let paid = taken("paid", Some("again"), later(6)).await;
        assert_eq!((paid.reused, paid.manifest.awards), (0, 1));
    }
}

#[tokio::test]
async fn a_protected_family_gives_no_place_away_and_its_rules_say_the_same() {
    for office in Office::all(35).await {
        office.db.migrate(&[payment::SCHEMA]).await.unwrap();
        let (open, hidden) = (family(&office, 401).await, family(&office, 402).await);
        let desk = office.desk();
        let origin = registry::Origin::new("police", "the act, article 3", "test");
        let pen = registry::Pen::new(desk.ids, desk.keys, desk.now, &origin);
        let protection = registry::protection::NewProtection {
            victim: hidden.mother,
            perpetrators: vec![],
            valid: kernel::Period { from: Date::constant(2026, 1, 1), until: None },
            reason: "order 7".into(),
        };
        transact!(office.db, registry::protection::ProtectionError, |tx| {
            registry::protection::protect(tx, pen, &protection).await
        })
        .unwrap();
        let dir = tempfile::tempdir().unwrap();
        let guard = guard_in(dir.path(), &office);
        let out = dir.path().join("snapshot");
        take(&office, &guard, &out, (&person(Role::Analyst, 1), &person(Role::Analyst, 2))).await.unwrap();
        let reader = Reader::open(&out, pack()).unwrap();
        let mut part = reader.whole_part(0).unwrap();
        let chunk = part.next_chunk().unwrap().unwrap();
        let mut said = Vec::new();
        for row in 0..chunk.rows() {
            let place = chunk.place_of(row);
            let is = |f: &crate::office::Family| chunk.key(row) == Some(guard.keys().pseudonym(f.household.0));
            assert_eq!((is(&open), is(&hidden)), (place.is_some(), place.is_none()));
            said.push(pack().program().answers(&chunk.household(pack().program(), row).unwrap(), TODAY, TODAY));
        }
        assert_eq!(said[0], said[1]);
    }
}

#[tokio::test]
async fn what_cannot_be_is_told_by_name_and_the_rest_is_there() {
    for office in Office::all(36).await {
        office.db.migrate(&[payment::SCHEMA]).await.unwrap();
        let mut families = Vec::new();
        for n in 0..5 {
            families.push(family(&office, 500 + n).await);
        }
        let programme = &pack().programmes().iter().next().unwrap().id;
        // Somebody in two households, as only a damaged database has it; a member without a record; a payment to nobody.
        let ghost = PersonId(Uuid::from_u128(77));
        award(&office, ghost, programme, 5).await;
        let mut tx = office.db.begin().await.unwrap();
        for (person, household, table) in [
            (families[0].mother, families[1].household, "person_membership"),
            (PersonId(Uuid::from_u128(78)), families[2].household, "membership"),
        ] {
            let sql = if table == "membership" { MEMBER } else { MIRROR };
            tx.execute(sql, store::params![household, Uuid::from_u128(9), person]).await.unwrap();
        }
        tx.commit().await.unwrap();
        let dir = tempfile::tempdir().unwrap();
        let guard = guard_in(dir.path(), &office);
        let out = dir.path().join("snapshot");
        let pair = (person(Role::Analyst, 1), person(Role::Analyst, 2));
        let taken = take(&office, &guard, &out, (&pair.0, &pair.1)).await.unwrap();
        let key = |id: Uuid| hex::encode(guard.keys().pseudonym(id));
        let mut expected = vec![
            format!(
                "{}: its member {} is a member of another household too",
                key(families[0].household.0),
                key(families[0].mother.0)
            ),
            format!(
                "{}: its member {} is a member of another household too",
                key(families[1].household.0),
                key(families[0].mother.0)
            ),
            format!("{}: there is no record of one of its members", key(families[2].household.0)),
            format!("{}: something is paid for them, and there is no such person", key(ghost.0)),
        ];
        let mut told: Vec<String> = taken.faults.iter().map(ToString::to_string).collect();
        expected.sort();
        told.sort();
        assert_eq!(told, expected);
        assert_eq!(taken.manifest.households, 2);
    }
}

const MEMBER: &str = "insert into membership (household_id, membership_id, person_id, role, valid_from, recorded_at, source, law, recorded_by)
    values ($1, $2, $3, 'other', '2026-01-01', 1, '', '', '')";
const MIRROR: &str = "insert into person_membership (household_id, membership_id, person_id, role, valid_from, recorded_at, source, law, recorded_by)
    values ($1, $2, $3, 'other', '2026-01-01', 1, '', '', '')";

/// The pack with one programme more, whose rule divides by a fact.
fn dividing(dir: &Path) -> catalogue::Pack {
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packs/korea");
    let mut todo = vec![(from, dir.to_owned())];
    while let Some((from, to)) = todo.pop() {
        std::fs::create_dir_all(&to).unwrap();
        for entry in std::fs::read_dir(&from).unwrap().flatten() {
            let (from, to) = (entry.path(), to.join(entry.file_name()));
            if from.is_dir() {
                todo.push((from, to));
            } else {
                std::fs::copy(from, to).unwrap();
            }
        }
    }
    let words = |what: &str| ["ko", "en", "kk", "ru"].map(|lang| format!("{what}.{lang} = \"share\"")).join("\n");
    let text = format!(
        r#"id = "share_of_days"
agency = "mohw"
decided_by = "municipality"
{}
{}
events = ["birth"]

[[version]]
valid_from = 2020-01-01
subject = "person"
law = "the act, article 1"
sources = ["illustrative"]
confidence = "low"

[[version.condition]]
id = "share"
law = "the act, article 2"
{}
when = "100 / person.days_abroad < 10"

[version.amount]
value = "50000"
per = "month"
[version.benefit]
form = "cash"
[version.claim]
who = ["person"]
decision_days = 30
"#,
        words("name"),
        words("summary"),
        words("words")
    );
    std::fs::write(dir.join("programmes/share_of_days.toml"), text).unwrap();
    catalogue::Pack::load(dir).unwrap_or_else(|faults| panic!("{faults:#?}")).pack
}

#[tokio::test]
async fn a_rule_that_divides_by_zero_for_three_families_cuts_nobody_and_the_rest_is_worked_out() {
    for office in Office::all(37).await {
        office.db.migrate(&[payment::SCHEMA]).await.unwrap();
        let dir = tempfile::tempdir().unwrap();
        let other = dividing(&dir.path().join("pack"));
        let mut mothers = Vec::new();
        for n in 0..8 {
            let family = family(&office, 600 + n).await;
            // Three families have no day abroad, the rest has been away: 100 / 0 and 100 / 50.
            let days = if n < 3 { 0 } else { 50 };
            abroad(&office, family.mother, days).await;
            abroad(&office, family.father, 50).await;
            award(&office, family.mother, "share_of_days", 50_000).await;
            mothers.push(family);
        }
        // Two families that cannot be: a child of one's child, and a birth to come.
        let mut tx = office.db.begin().await.unwrap();
        let (cycle, ahead) = (&mothers[6], &mothers[7]);
        for (n, (person, parent)) in
            [(cycle.mother, cycle.father), (cycle.father, cycle.mother)].into_iter().enumerate()
        {
            let kin = Uuid::from_u128(900 + n as u128);
            tx.execute(PARENT, store::params![person, kin, parent]).await.unwrap();
        }
        tx.execute(UNBORN, store::params![ahead.mother, Uuid::from_u128(950)]).await.unwrap();
        tx.commit().await.unwrap();

        let guard = guard_in(dir.path(), &office);
        let (out, results) = (dir.path().join("snapshot"), dir.path().join("results"));
        let desk = casework::Desk { pack: &other, ..office.desk() };
        let pair = (person(Role::Analyst, 1), person(Role::Analyst, 2));
        let taken = snapshot(&office.db, &guard, &desk, order(&out, (&pair.0, &pair.1))).await.unwrap();
        assert_eq!((taken.faults, taken.manifest.households), (vec![], 8));
        let wanted = population::run::Order { snapshot: &out, pack: &other, on: TODAY, out: &results, threads: 1 };
        let summary = population::run::run(&wanted, &|_| {}).unwrap();
        let tally = summary.programmes["share_of_days"];
        assert_eq!((summary.households, summary.aside, tally.error), (8, 2, 3), "{summary:#?}");
        assert!(summary.faults.iter().any(|f| f.contains("is their own ancestor")), "{:?}", summary.faults);
        assert!(summary.faults.iter().any(|f| f.contains("after the day of the snapshot")), "{:?}", summary.faults);
        let mut said = BTreeMap::new();
        for n in 0..taken.manifest.parts.len() {
            for f in population::findings::named(&results, &other, n).unwrap() {
                if f.cause.programme == "share_of_days" && f.before.is_some() {
                    said.insert(guard.keys().of_pseudonym(f.household), f.cause.kind);
                }
            }
        }
        // Where it cannot be worked out nobody can tell, and nobody is cut; of the others the rule says what it says.
        let expected: BTreeMap<Uuid, population::run::Kind> = mothers[..6]
            .iter()
            .enumerate()
            .filter(|(n, _)| *n < 3)
            .map(|(_, f)| (f.household.0, population::run::Kind::CannotTell))
            .collect();
        assert_eq!(said, expected);
    }
}

async fn abroad(office: &Office, person: PersonId, days: i64) {
    let desk = office.desk();
    let origin = registry::Origin::new("moj", "the act", "test");
    let pen = registry::Pen::new(desk.ids, desk.keys, desk.now, &origin);
    transact!(office.db, registry::fact::FactError, |tx| {
        let new = registry::NewFact {
            subject: registry::Subject::Person(person),
            item: "days_abroad".into(),
            value: registry::FactValue::Integer(days),
            valid: kernel::Period { from: Date::constant(2026, 1, 1), until: None },
            corrects: None,
        };
        registry::fact::record(tx, pen, &|_, _, _| Ok(()), new).await
    })
    .unwrap();
}

const PARENT: &str =
    "insert into kin (person_id, kin_id, other_id, relation, valid_from, recorded_at, source, law, recorded_by)
    values ($1, $2, $3, 'parent', '2026-01-01', 1, '', '', '')";
const UNBORN: &str =
    "insert into person_detail (person_id, detail_id, kind, value, valid_from, recorded_at, source, law, recorded_by)
    values ($1, $2, 'birth_date', '2027-05-05', '0001-01-01', 1780000000000000, '', '', '')";
