//! Runs: equal to the explaining evaluator household by household, and the same whoever runs them and however often they
//! stop.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Mutex;

use catalogue::Pack;
use kernel::Date;
use population::findings;
use population::frame::{Award, Cell, Family, Reader, Shape};
use population::run::{Identity, Kind, Opened, Order, RunError, Site, Summary, findings_of, run};
use rules::Household;
use rules::combine::Standing;
use rules::outcome::{Answer, ProgrammeResult, Subject};
use rules::schema::Entity;

use crate::town::{ON, households, key, korea, number, write_with};

/// Programme and subject.
type Whose = (String, Subject);

/// What is paid: mostly what is due, with less, more, nothing and what is not due among it.
fn paid(pack: &Pack, household: &Household, n: usize) -> BTreeMap<Whose, Option<i64>> {
    let mut chance = fastrand::Rng::with_seed(n as u64);
    let results = pack.program().explain_today(household, ON, ON).results;
    let known = results.iter().filter(|r| pack.programmes().get(&r.programme).is_some());
    let mut paid = BTreeMap::new();
    for r in known {
        let wanted = match r.answer {
            Answer::Yes => 70,
            Answer::CannotTell => 8,
            _ => 3,
        };
        if chance.u32(0..100) < wanted {
            let due = r.amount.as_ref().and_then(|a| a.minor);
            let off = chance.choice([0, 0, 0, -7, 7]).unwrap_or(0);
            paid.insert((r.programme.clone(), r.subject.clone()), due.and_then(|d| d.checked_add(off)).or(Some(5)));
        }
    }
    paid
}

fn awards(pack: &Pack, shape: &Shape, family: &mut Family, paid: &BTreeMap<Whose, Option<i64>>) {
    for ((programme, subject), minor) in paid {
        let per = pack.programmes().get(programme).and_then(|p| {
            p.versions.iter().find(|v| v.covers(ON)).and_then(|v| v.amount.as_ref()).map(|(_, per)| *per)
        });
        let member = if let Subject::Person(n) = subject { Some(*n) } else { None };
        let programme = shape.programme(programme).unwrap();
        let from = Date::constant(2020, 1, 1);
        family.award(Award { member, programme, amount: minor.zip(per), from, until: None, place: None }).unwrap();
    }
}

/// The expected findings of a household, worked out without columns and without any short way.
fn expected(
    pack: &Pack,
    household: &Household,
    paid: &BTreeMap<Whose, Option<i64>>,
) -> BTreeMap<Whose, (Kind, Option<i64>)> {
    let whose = |r: &ProgrammeResult| (r.programme.clone(), r.subject.clone());
    let (explained, held) = pack.evaluate_among(household, ON, ON, &|r| paid.contains_key(&whose(r)));
    let single = pack.program().explain_today(household, ON, ON).results;
    let mut out = BTreeMap::new();
    let died = |s: &Subject| match s {
        Subject::Person(n) => matches!(
            household.stated(Entity::Person, "death_date", Some(*n)),
            Some(Some(rules::schema::Value::Date(d))) if *d <= ON
        ),
        Subject::Household => false,
    };
    for (of, before) in paid {
        let n = explained.results.iter().position(|r| whose(r) == *of);
        let one = single.iter().find(|r| whose(r) == *of);
        let has_sum = one.is_some_and(|r| r.amount.is_some());
        let combined = n.map(|n| &held.results[n]);
        let after = combined.and_then(|c| c.amount.as_ref()).and_then(|a| a.minor);
        let found = match one.map_or(Answer::No, |r| r.answer) {
            _ if died(&of.1) => Some((Kind::Dead, None)),
            Answer::No => Some((Kind::NoLonger, None)),
            Answer::CannotTell | Answer::Error => Some((Kind::CannotTell, None)),
            Answer::Yes => match combined.unwrap().standing {
                Standing::Dropped | Standing::Choice => Some((Kind::Forbidden, after)),
                _ if !has_sum => None,
                _ => match (before, after) {
                    (Some(b), Some(a)) if a < *b => Some((Kind::Down, after)),
                    (Some(b), Some(a)) if a > *b => Some((Kind::Up, after)),
                    (Some(_), None) => Some((Kind::CannotTell, None)),
                    _ => None,
                },
            },
        };
        out.extend(found.map(|f| (of.clone(), f)));
    }
    let (could, best) = pack.evaluate_today(household, ON);
    for (r, c) in could.results.iter().zip(&best.results) {
        let claim = pack.version(&r.programme, r.version).is_some_and(|v| v.claim.is_some());
        if r.answer != Answer::Yes || !claim || paid.contains_key(&whose(r)) || died(&r.subject) {
            continue;
        }
        let rivals = pack.combinations().iter().map(|x| &x.rule).filter(|x| c.by.contains(&x.id));
        let side = |id: &String| rules::combine::Side::Programme(id.clone());
        let mut held = rivals.filter(|rule| {
            paid.keys().any(|(p, _)| *p != r.programme && (rule.a == Some(side(p)) || rule.b == Some(side(p))))
        });
        if c.standing == Standing::Dropped || (c.standing == Standing::Choice && held.next().is_some()) {
            continue;
        }
        out.insert(whose(r), (Kind::Unclaimed, c.amount.as_ref().and_then(|a| a.minor)));
    }
    out
}

fn order<'a>(pack: &'a Pack, snapshot: &'a Path, out: &'a Path, threads: usize) -> Order<'a> {
    Order { snapshot, pack, on: ON, out, threads }
}

#[test]
fn the_findings_of_a_run_are_those_worked_out_one_by_one() {
    let pack = korea();
    let dir = tempfile::tempdir().unwrap();
    let (snapshot, out) = (dir.path().join("snapshot"), dir.path().join("out"));
    let all = households(&pack, 21, 2_500);
    let shape = Shape::of(&pack);
    let (manifest, _) = write_with(&snapshot, &pack, &all, &|family, n| {
        awards(&pack, &shape, family, &paid(&pack, &all[n], n));
    });
    let summary = run(&order(&pack, &snapshot, &out, 2), &|_| {}).unwrap();
    assert_eq!(summary.failed, Vec::<String>::new());
    assert_eq!(summary.households, manifest.households);
    let identity = Identity::read(&out).unwrap();
    let reader = Reader::open(&snapshot, &pack).unwrap();
    let (mut kinds, mut households) = (BTreeMap::<Kind, u64>::new(), 0);
    for (n, part) in manifest.parts.iter().enumerate() {
        let found = findings_of(&out, &part.name).unwrap();
        let mut whole = reader.whole_part(n).unwrap();
        while let Some(chunk) = whole.next_chunk().unwrap() {
            let aside: Vec<usize> = chunk.aside().iter().map(|w| w.row).collect();
            for row in (0..chunk.rows()).filter(|r| !aside.contains(&(chunk.first() + r))) {
                households += 1;
                let n = number(chunk.key(row).unwrap());
                let here = found.iter().filter(|f| f.row == chunk.first() + row);
                let ours: BTreeMap<Whose, (Kind, Option<i64>)> = here
                    .map(|f| {
                        let whose = f.slot.map_or(Subject::Household, Subject::Person);
                        ((identity.programmes[f.programme].clone(), whose), (f.kind, f.after))
                    })
                    .collect();
                let theirs = expected(&pack, &all[n], &paid(&pack, &all[n], n));
                assert_eq!(ours, theirs, "household {n}");
                theirs.values().for_each(|(kind, _)| *kinds.entry(*kind).or_default() += 1);
            }
        }
    }
    println!("{households} households, {} explained one by one: {kinds:?}", summary.explained);
    assert_eq!(summary.households - summary.aside, households);
    assert_eq!(summary.findings, kinds);
    for kind in Kind::ALL.into_iter().filter(|k| *k != Kind::Moved) {
        assert!(kinds.get(&kind).is_some_and(|n| *n > 5), "too few {kind:?}: {kinds:?}");
    }
    for n in (0..all.len()).step_by(97) {
        let Some(opened) = findings::open(&out, &pack, key(n, 0)).unwrap() else { continue };
        assert_eq!(opened.differences(&identity), Vec::<String>::new(), "household {n}");
    }
    let groups = findings::groups(&out, &pack).unwrap();
    assert_eq!(groups.values().map(|g| g.count).sum::<u64>(), kinds.values().sum::<u64>());
}

#[test]
fn a_run_says_the_same_with_any_threads_and_after_any_stop() {
    let pack = korea();
    let dir = tempfile::tempdir().unwrap();
    let snapshot = dir.path().join("snapshot");
    let all = households(&pack, 22, 1_500);
    let shape = Shape::of(&pack);
    write_with(&snapshot, &pack, &all, &|family, n| awards(&pack, &shape, family, &paid(&pack, &all[n], n)));
    let run_in = |out: &str, threads: usize| -> (Summary, Vec<String>) {
        let told = Mutex::new(Vec::new());
        let out = dir.path().join(out);
        let summary = run(&order(&pack, &snapshot, &out, threads), &|d| told.lock().unwrap().push(d.part.clone()));
        (summary.unwrap(), told.into_inner().unwrap())
    };
    let (one, parts) = run_in("one", 1);
    assert!(parts.len() > 5 && one.findings.values().sum::<u64>() > 500, "{one:?}");
    assert_eq!(run_in("two", 2).0, one);
    assert_eq!(run_in("three", 3).0, one);
    // A crash: one part half written, two not begun.
    let out = dir.path().join("two");
    for part in &parts[..3] {
        fs::remove_file(out.join(format!("{part}.done.json"))).unwrap();
    }
    for part in &parts[1..3] {
        fs::remove_file(out.join(format!("{part}.answers.parquet"))).unwrap();
        fs::remove_file(out.join(format!("{part}.findings.parquet"))).unwrap();
    }
    fs::write(out.join(format!("{}.findings.parquet", parts[0])), b"PAR1 and no more").unwrap();
    fs::remove_file(out.join("summary.json")).unwrap();
    let untouched = out.join(format!("{}.findings.parquet", parts[4]));
    let before = fs::metadata(&untouched).unwrap().modified().unwrap();
    assert_eq!(run_in("two", 2).0, one);
    assert_eq!(fs::metadata(&untouched).unwrap().modified().unwrap(), before, "a part that was done is done again");
}

#[test]
fn one_bad_part_leaves_the_rest_and_a_folder_belongs_to_one_run() {
    let pack = korea();
    let dir = tempfile::tempdir().unwrap();
    let (snapshot, out) = (dir.path().join("snapshot"), dir.path().join("out"));
    let all = households(&pack, 23, 300);
    let (manifest, _) = write_with(&snapshot, &pack, &all, &|_, _| {});
    let file = snapshot.join(format!("{}.persons.parquet", manifest.parts[1].name));
    let bytes = fs::read(&file).unwrap();
    fs::write(&file, &bytes[..bytes.len() - 9]).unwrap();
    let summary = run(&order(&pack, &snapshot, &out, 2), &|_| {}).unwrap();
    assert_eq!(summary.failed.len(), 1);
    assert!(summary.failed[0].contains("was changed after it was written"), "{:?}", summary.failed);
    assert_eq!(summary.households, manifest.households - manifest.parts[1].households as u64);
    // Mended, the run goes on.
    fs::write(&file, bytes).unwrap();
    let whole = run(&order(&pack, &snapshot, &out, 2), &|_| {}).unwrap();
    assert_eq!((whole.failed.len(), whole.households), (0, manifest.households));
    let other = Order { on: ON.tomorrow().unwrap(), ..order(&pack, &snapshot, &out, 1) };
    assert!(matches!(run(&other, &|_| {}), Err(RunError::Foreign(_))));
}

#[test]
fn who_moved_and_what_is_stale_is_told_as_such_and_takes_nothing() {
    let pack = korea();
    let dir = tempfile::tempdir().unwrap();
    let (snapshot, out) = (dir.path().join("snapshot"), dir.path().join("out"));
    let shape = Shape::of(&pack);
    let towns: Vec<&catalogue::model::Jurisdiction> = {
        let root = &pack.manifest().root_jurisdiction;
        pack.jurisdictions().iter().filter(|j| j.parent.as_ref() == Some(root)).take(2).collect()
    };
    let (here, there) = (shape.place(&towns[0].id).unwrap(), shape.place(&towns[1].id).unwrap());
    // Somebody grown up: whatever is paid for a small child is not due.
    let adult = || {
        let mut b = pack.program().household();
        let m = b.member("m").unwrap();
        let born = rules::schema::Value::Date(Date::constant(1990, 1, 1));
        b.person_fact(m, "birth_date", Some(born), None).unwrap();
        b.build()
    };
    let all = [adult(), adult(), adult(), adult()];
    let single = pack.program().explain_today(&all[0], ON, ON).results;
    let is_asked = |id: &str| single.iter().any(|r| r.programme == *id && r.answer != Answer::No);
    let of_person = |id: &str| pack.program().items_of(id).iter().find(|(e, _)| *e == Entity::Person);
    let in_force = pack.programmes().iter().filter(|p| {
        p.versions.iter().any(|v| v.covers(ON) && v.subject == Entity::Person) && of_person(&p.id).is_some()
    });
    let lost = in_force.map(|p| p.id.clone()).find(|id| !is_asked(id)).expect("a programme not for grown people");
    let programme = shape.programme(&lost).unwrap();
    let read = of_person(&lost).unwrap();
    let stale = shape.column(Entity::Person, &read.1).unwrap();
    let death = shape.column(Entity::Person, "death_date").unwrap();
    let award = |place| Award {
        member: Some(0),
        programme,
        amount: None,
        from: Date::constant(2020, 1, 1),
        until: None,
        place,
    };
    write_with(&snapshot, &pack, &all, &|family, n| {
        family.live_in(here).unwrap();
        family.award(award(if n == 0 { Some(there) } else { Some(here) })).unwrap();
        match n {
            1 => family.stale(Some(0), stale).unwrap(),
            2 => family.set(Some(0), death, Cell::Date(ON)).unwrap(),
            _ => {}
        }
    });
    run(&order(&pack, &snapshot, &out, 1), &|_| {}).unwrap();
    let mut found = findings_of(&out, "001-000-00000").unwrap();
    found.retain(|f| f.kind != Kind::Unclaimed);
    let kinds: Vec<(usize, Kind)> = found.iter().map(|f| (f.row, f.kind)).collect();
    assert_eq!(kinds, [(0, Kind::Moved), (1, Kind::CannotTell), (2, Kind::Dead), (3, Kind::NoLonger)]);
    assert_eq!(found[1].facts.as_deref(), Some(format!("person.{}", read.1).as_str()));
}

#[test]
fn parts_worked_out_elsewhere_are_the_same_bytes() {
    let pack = korea();
    let dir = tempfile::tempdir().unwrap();
    let [snapshot, here, there] = ["snapshot", "here", "there"].map(|name| dir.path().join(name));
    // Many live in another household, too; some of these cannot be written for other reasons.
    let all = households(&pack, 24, 400);
    let shape = Shape::of(&pack);
    let (manifest, _) = write_with(&snapshot, &pack, &all, &|family, n| {
        awards(&pack, &shape, family, &paid(&pack, &all[n], n));
        if n % 10 == 9 {
            family.member(key(n - 1, 1)).unwrap();
        }
    });
    let summary = run(&order(&pack, &snapshot, &here, 2), &|_| {}).unwrap();
    let order = order(&pack, &snapshot, &there, 1);
    let opened = Opened::open(&order).unwrap();
    let site = Site::open(korea(), &snapshot, ON).unwrap();
    assert_eq!(site.identity(), opened.identity());
    let left = opened.left();
    assert_eq!(left.len(), manifest.parts.len());
    assert!(left.iter().map(|l| l.homes.len()).sum::<usize>() > 5, "{left:?}");
    for (n, left) in left.iter().enumerate() {
        let scratch = dir.path().join(format!("scratch-{n}"));
        fs::create_dir(&scratch).unwrap();
        let made = site.part(left, &scratch).unwrap();
        let mut bad = made.clone();
        bad.findings.push(0);
        let refused = opened.receive(&bad).unwrap_err().to_string();
        assert!(refused.contains("its note says"), "{refused}");
        opened.receive(&made).unwrap();
    }
    assert_eq!(opened.left(), []);
    assert_eq!(opened.finish(&|_| {}).unwrap(), summary);
    let files = |dir: &Path| -> BTreeMap<String, Vec<u8>> {
        let entries = fs::read_dir(dir).unwrap().map(|e| e.unwrap().path());
        entries.map(|f| (f.file_name().unwrap().to_string_lossy().into_owned(), fs::read(&f).unwrap())).collect()
    };
    assert_eq!(files(&here), files(&there));
}
