//! What is said to be wrong is what the explaining evaluator finds wrong, and nothing else is.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;

use catalogue::Pack;
use catalogue::model::population::ErrorKind;
use rules::combine::Standing;
use rules::outcome::{Answer, Subject};
use synth::{Because, Block, Grant, House, Law, Paid, Says, Truth, block, score};

use crate::{ON, country, packs};

/// What a household is due, asked of the explaining evaluator alone.
fn due(pack: &Pack, law: &Law<'_>, house: &House) -> Vec<Grant> {
    let household = law.household(house).unwrap();
    let (explanation, combined) = pack.evaluate_today(&household, ON);
    let mut out = Vec::new();
    for (result, after) in explanation.results.iter().zip(&combined.results) {
        if result.answer != Answer::Yes || matches!(after.standing, Standing::Dropped | Standing::Choice) {
            continue;
        }
        let Some(programme) = pack.programmes().iter().position(|p| p.id == result.programme) else { continue };
        let member = match result.subject {
            Subject::Household => None,
            Subject::Person(n) => Some(n),
        };
        let amount = after.amount.as_ref().or(result.amount.as_ref()).and_then(|a| a.minor);
        out.push(Grant { programme, member, amount });
    }
    out
}

type Place = (Option<usize>, Option<usize>);

/// Where paid and due differ, in programmes that people receive.
fn different(pack: &Pack, paid: &[Paid], due: &[Grant]) -> BTreeSet<Place> {
    let received = |p: usize| pack.population().unwrap().awards.iter().any(|a| a.programme == p);
    let of = |p: &Paid| due.iter().find(|g| (g.programme, g.member) == (p.programme, p.member));
    let wrong = |p: &&Paid| of(p).is_none_or(|g| p.amount.zip(g.amount).is_some_and(|(a, b)| a != b));
    let mut out: BTreeSet<Place> = paid.iter().filter(wrong).map(|p| (Some(p.programme), p.member)).collect();
    let missing = due.iter().filter(|g| received(g.programme));
    let missing = missing.filter(|g| !paid.iter().any(|p| (p.programme, p.member) == (g.programme, g.member)));
    out.extend(missing.map(|g| (Some(g.programme), g.member)));
    out
}

fn blocks(pack: &Pack, seed: u64, households: u64) -> Block {
    let country = country(pack, seed);
    let law = Law::new(&country).unwrap();
    block(&country, &law, &mut law.machine(), 0, households).unwrap()
}

#[test]
fn truths_are_what_the_explaining_evaluator_finds_and_no_other() {
    for pack in packs() {
        let country = country(&pack, 21);
        let law = Law::new(&country).unwrap();
        let block = block(&country, &law, &mut law.machine(), 0, 6_000).unwrap();
        let mut compared = 0;
        for (n, (house, paid)) in block.houses.iter().zip(&block.paid).enumerate() {
            let truths: Vec<&Truth> = block.truths.iter().filter(|t| t.house == n).collect();
            // All with an error that was put in, and every eighth of the others.
            let planted = truths.iter().any(|t| t.because != Because::TakeUp);
            if truths.iter().any(|t| t.says == Says::TwoHomes) || !(planted || n % 8 == 0) {
                continue;
            }
            let found = different(&pack, paid, &due(&pack, &law, house));
            // To the dead and by other places something may be due all the same; it is wrong by itself.
            let said = |t: &&&Truth| !matches!(t.says, Says::Dead | Says::Moved);
            let all: BTreeSet<Place> = truths.iter().map(|t| (t.programme, t.member)).collect();
            let by_rules: BTreeSet<Place> = truths.iter().filter(said).map(|t| (t.programme, t.member)).collect();
            let dead = |p: &Place| truths.iter().any(|t| t.says == Says::Dead && t.member == p.1);
            assert!(by_rules.is_subset(&found), "{n}: {truths:#?} {found:?}");
            assert!(found.iter().all(|p| all.contains(p) || dead(p)), "{n}: {truths:#?} {found:?}");
            compared += 1;
        }
        assert!(compared > 700, "{compared}");
    }
}

#[test]
fn every_kind_of_error_is_planted() {
    for pack in packs() {
        let block = blocks(&pack, 4, 60_000);
        let planted: BTreeSet<ErrorKind> = block
            .truths
            .iter()
            .filter_map(|t| match t.because {
                Because::Planted(kind) => Some(kind),
                _ => None,
            })
            .collect();
        let wanted: BTreeSet<ErrorKind> = pack.population().unwrap().errors.iter().map(|e| e.kind).collect();
        assert_eq!(planted, wanted, "{pack:?}");
        assert!(block.truths.iter().any(|t| t.because == Because::TakeUp && t.says == Says::Unclaimed));
        // A person in two households is the same in both.
        let twice = block.truths.iter().filter(|t| t.says == Says::TwoHomes && t.member.is_some());
        for (house, member) in twice.map(|t| (t.house, t.member.unwrap())) {
            let key = block.houses[house].members[member].key;
            assert!(block.houses[house - 1].members.iter().any(|p| p.key == key));
        }
    }
}

#[test]
fn findings_are_scored() {
    let pack = packs().remove(0);
    let dir = tempfile::tempdir().unwrap();
    synth::make(&country(&pack, 9), 20_000, dir.path(), 1, &|_| {}).unwrap();
    let truth = dir.path().join(synth::TRUTH);
    let text = fs::read_to_string(&truth).unwrap();
    let mut findings = "household,person,programme,kind\n".to_owned();
    let mut lines = text.lines().skip(1);
    let left_out = lines.next().unwrap();
    for (n, line) in lines.enumerate() {
        let f: Vec<&str> = line.split(',').collect();
        let kind = if n == 0 { "down" } else { f[3] };
        writeln!(findings, "{},{},{},{kind}", f[0], f[1], f[2]).unwrap();
    }
    let programme = left_out.split(',').nth(2).unwrap();
    writeln!(findings, "00ff,,{programme},no_longer").unwrap();
    let file = dir.path().join("findings.csv");
    fs::write(&file, findings).unwrap();
    let score = score(&file, &truth).unwrap();
    assert_eq!(score.there(), text.lines().count() as u64 - 1);
    assert_eq!((score.found(), score.otherwise(), score.beyond), (score.there() - 1, 1, 1));
    fs::write(&file, "household,person\n").unwrap();
    let fault = synth::score(&file, &truth).unwrap_err().to_string();
    assert!(fault.contains("findings.csv") && fault.contains("programme"), "{fault}");
}

#[test]
fn a_run_finds_all_that_is_wrong_in_a_country() {
    for pack in packs() {
        let dir = tempfile::tempdir().unwrap();
        let (snapshot, out) = (dir.path().join("country"), dir.path().join("run"));
        synth::make(&country(&pack, 12), 6_000, &snapshot, 2, &|_| {}).unwrap();
        let order = population::run::Order { snapshot: &snapshot, pack: &pack, on: ON, out: &out, threads: 2 };
        population::run::run(&order, &|_| {}).unwrap();
        let file = dir.path().join("findings.csv");
        let mut csv = fs::File::create(&file).unwrap();
        population::export::findings(&out, &pack, &mut csv).unwrap();
        let score = score(&file, &snapshot.join(synth::TRUTH)).unwrap();
        assert!(score.there() > 30, "{pack:?}: {score:?}");
        assert_eq!((score.found(), score.otherwise()), (score.there(), 0), "{pack:?}: {score:?}");
        assert!(score.beyond * 100 <= score.there(), "{pack:?}: {score:?}");
    }
}
